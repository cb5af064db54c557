"""A configuration file and the options over it → a validated `Scenario`."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from netmod.errors import ConfigError, NetmodError, did_you_mean, several
from netmod.scenario.document import read_document
from netmod.scenario.messages import checked
from netmod.scenario.overrides import Override, apply_overrides
from netmod.scenario.positions import Positions
from netmod.scenario.problem import Problem, ProblemsError, listed
from netmod.scenario.schema import Scenario, is_folder


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
    if any(override.path == ("atlas",) for override in parsed):
        folder = Path()  # a path typed in a shell is relative to where it is typed
    apply_overrides(data, positions, parsed)
    _resolve_atlas(data, folder)
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

    Every arm's target, weights fitted for the model, and names that would share their files.

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
        If there is no such atlas, a target is not one of its own, or it has no weights fitted
        for the model where those are asked for; if two arms differ by underscores only.
    DataError
        If the atlas cannot be used.
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
    for i, arm in enumerate(scenario.arms):
        if arm.target is None or arm.target in atlas.targets or arm.target in atlas.region:
            continue
        key = arm.name if ("arms", arm.name) in positions else i
        own = "" if ("arms", key, "target") in positions else f", which arm '{arm.name}' aims at"
        problems.append(
            Problem(
                ("arms", key, "target"),
                f"atlas '{Path(scenario.atlas).name}' has no such target",
                f"{listed(atlas.targets)}; or the name of a region",
                f"'{arm.target}'{own}",
                did_you_mean(arm.target, (*atlas.targets, *atlas.region))
                or "choose one of the atlas's targets",
            )
        )
    if problems:
        raise located(problems, positions)
    return atlas


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
        try:
            absolute = folder / Path(atlas).expanduser()
        except RuntimeError:  # '~name' of nobody: left as it is, and not found later
            absolute = folder / atlas
        data["atlas"] = os.path.abspath(absolute)  # noqa: PTH100 (resolve() would follow links)
