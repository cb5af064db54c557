"""A configuration file and the options over it → a validated `Scenario`."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from netmod.errors import ConfigError, NetmodError, did_you_mean, several
from netmod.plasticity import PARAMETERS
from netmod.scenario.arm_list import aims
from netmod.scenario.arms import Arm
from netmod.scenario.document import read_document
from netmod.scenario.messages import checked
from netmod.scenario.overrides import Override, apply_overrides
from netmod.scenario.positions import Positions
from netmod.scenario.problem import KeyPath, Problem, ProblemsError, listed
from netmod.scenario.schema import Scenario, is_folder
from netmod.scenario.search import TARGET, places_of
from netmod.units import format_time

INDIVIDUAL, RANDOM = "individual", "random_prefrontal"
"""Places of the coil that the study finds for each subject: least coupled with subgenual cortex,
or drawn by chance."""

PERSONAL = (INDIVIDUAL, RANDOM)


def load_scenario(path: str | Path, overrides: Iterable[str | Override] = ()) -> Scenario:
    """Read, override and validate a configuration file.

    Parameters
    ----------
    path : str or Path
        YAML, at most 1 MiB.
    overrides : iterable of str or Override
        ``key.path=value``, as for ``--set``.

    Returns
    -------
    Scenario

    Raises
    ------
    ConfigError
        With every problem found, in file order, each as ``file:line:col: key: what`` with what
        was expected, what came and the likely fix.
    """
    return read_scenario(path, overrides)[0]


def read_scenario(
    path: str | Path, overrides: Iterable[str | Override] = ()
) -> tuple[Scenario, Positions]:
    """Return what `load_scenario` does, and the place of every key for later messages."""
    parsed = [o if isinstance(o, Override) else Override.parse(o) for o in overrides]
    data, positions = read_document(path)
    folder = Path(path).parent
    if _typed(parsed, "atlas"):
        folder = Path()  # a path typed in a shell is relative to where it is typed
    apply_overrides(data, positions, parsed)
    _resolve_atlas(data, folder)
    _resolve_people(data, Path() if _typed(parsed, "cohort", "folder") else Path(path).parent)
    for holder in aims(data.get("arms")):
        holder["target"] = _absolute(holder["target"], Path(path).parent)
    places = places_of(data.get("search"))
    for i, place in enumerate(places):
        if isinstance(place, str) and place.endswith(".tsv"):
            places[i] = _absolute(place, Path(path).parent)
    try:
        return checked(Scenario, data), positions
    except ProblemsError as error:
        raise located(error.problems, positions) from None


def located(problems: Iterable[Problem], positions: Positions) -> NetmodError:
    """Return one error that names the place of every problem, in file order."""
    ordered = sorted(problems, key=lambda p: positions.order(p.path, at_key=p.at_key))
    return several(
        ConfigError(
            problem.what,
            where=positions.where(problem.path, at_key=problem.at_key),
            expected=problem.expected,
            got=problem.got,
            hint=problem.hint,
        )
        for problem in ordered
    )


def check_against_atlas(scenario: Scenario, positions: Positions | None = None) -> Any:
    """Check a scenario's words against its atlas and its files, before anything is computed.

    Every coil's place, weights fitted for the model, maps that a control asks for, and names that
    would share their files.

    Parameters
    ----------
    scenario : Scenario
    positions : Positions, optional
        Of the file it came from, for the message.

    Returns
    -------
    Atlas
        The atlas, loaded.

    Raises
    ------
    ConfigError
        If there is no such atlas, a place is unknown, it has no weights fitted for the model
        or no map where those are asked for; if two arms differ by underscores only.
    DataError
        If the atlas, or a real person's matrix, cannot be used.
    IntegrityError
        If its fitted weights were changed.
    """
    from netmod.atlas import load_atlas

    positions = positions or Positions("scenario")
    try:
        atlas = load_atlas(scenario.atlas)
    except ConfigError as error:  # there is no such atlas; a broken one names its own file
        raise ConfigError(
            error.what,
            where=positions.where(("atlas",)),
            expected=error.expected,
            got=f"'{scenario.atlas}'",
            hint=error.hint or "name a shipped atlas, or the folder of one",
        ) from None
    problems = _missing_weights(scenario, atlas, positions) + _shared_files(scenario)
    problems += _missing_places(scenario, atlas, positions) + _missing_map(scenario, atlas)
    if problems:
        raise located(problems, positions)
    if scenario.cohort.folder is not None:
        from netmod.cohort.individuals import read_individuals

        read_individuals(scenario.cohort.folder, atlas)  # a broken matrix names its own place
    return atlas


def warnings_of(scenario: Scenario, positions: Positions) -> list[str]:
    """Return the safety limits that arms knowingly pass, a line each.

    Parameters
    ----------
    scenario : Scenario
    positions : Positions
        Of the file it came from.
    """
    return [
        f"{positions.where((*_arm_key(scenario, arm, positions), *problem.path))}: "
        f"{problem.what}: {problem.got}, acknowledged"
        for arm in scenario.arms
        for problem in arm.unsafe()
    ]


def unseen_events(scenario: Scenario) -> str | None:
    """Return one line on the events that no scan sees; None when there are none."""
    last_h = scenario.times_h[-1]
    counts = [
        f"{arm.name} {sum(event.time_h >= last_h for event in events)} of {len(events)}"
        for arm in scenario.arms
        if (events := arm.events()) and events[-1].time_h >= last_h
    ]
    if not counts:
        return None
    return f"events after the last scan ({format_time(last_h)}): {', '.join(counts)}"


def _arm_key(scenario: Scenario, arm: Arm, positions: Positions) -> KeyPath:
    """Return the key of an arm, which is its name in a mapping and its place in a list."""
    named = ("arms", arm.name)
    return named if named in positions else ("arms", scenario.arms.index(arm))


def _missing_places(scenario: Scenario, atlas: Any, positions: Positions) -> list[Problem]:
    """Return the places of coils that neither the atlas nor a list of coordinates knows."""
    problems = []
    for arm in scenario.arms:
        key = _arm_key(scenario, arm, positions)
        for path, place in arm.places():
            own = "" if (*key, *path) in positions else f", which arm '{arm.name}' aims at"
            problem = _place_problem(place, atlas, own)
            problems += [problem.under((*key, *path))] if problem else []
    for axis in scenario.search.over if scenario.search else ():
        for i, place in enumerate(axis.points()) if axis.name == TARGET else ():
            problem = _place_problem(place, atlas, "")
            problems += [problem.under(("search", "over", TARGET, i))] if problem else []
    return problems


def _place_problem(place: str, atlas: Any, own: str) -> Problem | None:
    if place in atlas.targets or place in atlas.region:
        return None
    if place in PERSONAL and {"sgacc", "dlpfc_left"} <= set(atlas.targets):
        return None
    if place.endswith(".tsv"):
        if Path(place).is_file():
            return _field_problem(place, atlas, own)
        hint = "write the path of a table of fields by region, relative to this file"
        return Problem((), "no such file", "a field by region (.tsv)", f"'{place}'{own}", hint)
    if "," in place:
        return _field_problem(place, atlas, own)
    from netmod.atlas.targets import PUBLISHED

    if place in PUBLISHED:
        return None
    known = (*atlas.targets, *PERSONAL, *PUBLISHED)
    return Problem(
        (),
        f"atlas '{atlas.name}' has no such target",
        f"{listed(known)}; the name of a region; or [x, y, z] in mm",
        f"'{place}'{own}",
        did_you_mean(place, (*known, *atlas.region)) or "choose one of the atlas's targets",
    )


def _field_problem(place: str, atlas: Any, own: str) -> Problem | None:
    """Return why a point or a table of fields cannot be used with the atlas."""
    from netmod.plasticity.field import field_of

    try:
        field_of(atlas, place, PARAMETERS["field_mm"].default)
    except NetmodError as error:
        got = f"{error.got}{own}" if error.got else f"'{place}'{own}"
        where = f" ({error.where})" if error.where and place.endswith(".tsv") else ""
        return Problem((), f"{error.what}{where}", error.expected, got, error.hint)
    return None


def _missing_map(scenario: Scenario, atlas: Any) -> list[Problem]:
    """Return why the control of the receptor's map cannot be made of the atlas's maps."""
    if scenario.plasticity.ht2a_map == "atlas":
        return []
    from netmod.plasticity.anatomy import ht2a_of

    try:
        ht2a_of(atlas, scenario.plasticity.ht2a_map, scenario.seed)
    except ConfigError as error:
        what = f"{error.where}: {error.what}"
        hint = error.hint or "write 'ht2a_map: atlas', or choose another atlas"
        return [Problem(("plasticity", "ht2a_map"), what, error.expected, error.got, hint)]
    return []


def _missing_weights(scenario: Scenario, atlas: Any, positions: Positions) -> list[Problem]:
    """Return the problem of effective connectivity that the atlas does not hold."""
    from netmod.atlas import load_effective_connectivity

    if scenario.model.connectivity != "effective":
        return []
    try:
        load_effective_connectivity(atlas, scenario.model.name)
    except ConfigError as error:
        written = (("model", "connectivity"), ("model",))
        path = next((path for path in written if path in positions), ("atlas",))
        hint = "write 'model: {connectivity: structural}'"
        what = f"atlas '{atlas.name}': {error.what}"
        return [Problem(path, what, error.expected, error.got, hint)]
    return []


def _shared_files(scenario: Scenario) -> list[Problem]:
    """Return the arms that would share their files: BIDS entities hold no underscores."""
    problems = []
    seen: dict[str, str] = {}
    for arm in scenario.arms:
        other = seen.setdefault(arm.name.replace("_", ""), arm.name)
        if other != arm.name:
            what = "two arms have the same name but for underscores"
            got = f"'{other}' and '{arm.name}'"
            hint = "rename one: file names keep letters and digits only"
            problems.append(Problem(("arms", arm.name), what, None, got, hint, at_key=True))
    return problems


def _resolve_atlas(data: dict[str, Any], folder: Path) -> None:
    """Make an atlas folder absolute; a relative one stands beside the file that names it."""
    atlas = data.get("atlas")
    if isinstance(atlas, str) and atlas and is_folder(atlas):
        data["atlas"] = _absolute(atlas, folder)


def _resolve_people(data: dict[str, Any], folder: Path) -> None:
    """Make the folder of real people absolute, as that of an atlas is made."""
    cohort = data.get("cohort")
    if isinstance(cohort, dict) and isinstance(cohort.get("folder"), str) and cohort["folder"]:
        cohort["folder"] = _absolute(cohort["folder"], folder)


def _typed(overrides: Iterable[Override], *path: str) -> bool:
    """Tell whether a key, or the section that holds it, was typed in a shell."""
    return any(path[: len(override.path)] == override.path for override in overrides)


def _absolute(path: str, folder: Path) -> str:
    try:
        absolute = folder / Path(path).expanduser()
    except RuntimeError:  # '~name' of nobody: left as it is, and not found later
        absolute = folder / path
    return os.path.abspath(absolute)  # noqa: PTH100 (resolve() would follow links)
