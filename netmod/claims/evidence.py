"""What rows look at: slow states and scans of every arm, computed once and kept on disk.

An arm is computed once, whatever rows ask for it: its files are named by a digest of everything
that decides their numbers (the study's settings, the atlas, the arm without its name), so that a
second call, or another selection of rows, finds them again.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from netmod.errors import DataError
from netmod.graph import NetworkMasks, signature_rows
from netmod.plasticity.state import STATES
from netmod.units import format_time

if TYPE_CHECKING:
    from netmod.atlas import Atlas
    from netmod.scenario import Scenario
    from netmod.study.engines import Reading
    from netmod.study.prepare import Cell, Cohort

FORMAT = 2
"""Of the files; part of their names, so that those of an older format are not found."""

TOGETHER = 24
"""Arms whose networks are followed at once: what fits into memory."""

_PERSONAL = ("stress", "tone", "occupancy_2a", "occupancy_nmda", "maturity", "autoreceptor")
"""States of a person as a whole whose course is kept at every traced time."""


@dataclass(frozen=True, eq=False)
class Course:
    """The slow states of one arm's subjects.

    Attributes
    ----------
    times_h : ndarray, shape (time,)
        Hours of the scans.
    states : mapping of str to ndarray, shape (time, subject, ...)
        States of :data:`netmod.plasticity.state.STATES` at these; pools of several coil places
        added up.
    trace_h : ndarray, shape (moment,)
        Every traced hour.
    personal : mapping of str to ndarray, shape (moment, subject)
        States of a person as a whole at these.
    seizures : mapping of str to ndarray, shape (shock, subject)
        ``duration_s``, ``suppression``, ``spread`` of every shock; empty without shocks.
    """

    times_h: np.ndarray
    states: Mapping[str, np.ndarray]
    trace_h: np.ndarray
    personal: Mapping[str, np.ndarray]
    seizures: Mapping[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class Scans:
    """One arm at one time: the scans and networks of its subjects.

    Attributes
    ----------
    ok : ndarray, shape (subject,), bool
        Whether a scan has numbers.
    fc : ndarray, shape (subject, region, region), float32
        Correlation of BOLD.
    signatures : mapping of str to ndarray, shape (subject,)
        Metrics of :data:`netmod.graph.METRICS` that one scan gives; NaN where not ok.
    weights : ndarray, shape (subject, 2, target, source), float32
        Long-range weights onto excitation and inhibition.
    glutamate, gaba : ndarray, shape (subject, region)
        Proxies: recurrent excitation times excitatory gating (w_plus S_E), inhibition times
        inhibitory gating (J S_I), at the fixed point.
    rates : ndarray, shape (subject, region)
        Firing rates at the fixed point in Hz.
    growth : ndarray, shape (subject,)
        Largest growth rate of a small disturbance in 1/s; NaN with conduction delays.
    pulse : ndarray, shape (subject,)
        Response of all regions to a pulse at left DLPFC
        (:func:`netmod.dynamics.stability.pulse_response`) in s; NaN with conduction delays and
        where an atlas has no such target.
    """

    ok: np.ndarray
    fc: np.ndarray
    signatures: Mapping[str, np.ndarray]
    weights: np.ndarray
    glutamate: np.ndarray
    gaba: np.ndarray
    rates: np.ndarray
    growth: np.ndarray
    pulse: np.ndarray


@dataclass(frozen=True, eq=False)
class Look:
    """What one network's scan comes to; the fields are as in :class:`Scans`."""

    ok: bool
    fc: np.ndarray
    signatures: Mapping[str, float]
    rates: np.ndarray
    growth: float
    pulse: float


class Evidence:
    """Courses and scans of a study's arms.

    Parameters
    ----------
    scenario : Scenario
        All arms that rows may ask for, and their times.
    atlas : Atlas
        Its atlas.
    folder : Path
        Where files are kept.
    known : Path, optional
        Folder of other evidence: a network that was scanned there is not scanned again.
    """

    def __init__(
        self, scenario: Scenario, atlas: Atlas, folder: Path, known: Path | None = None
    ) -> None:
        self.scenario, self.atlas, self.folder = scenario, atlas, folder
        self._known = known
        self._arms = {arm.name: arm for arm in scenario.arms}
        self._times = dict(zip(scenario.times_h, scenario.times, strict=True))
        self._root = _root_digest(scenario, atlas)
        self.memo: dict[tuple, np.ndarray] = {}
        """What observables derive from scans and ask for again, as FC in Fisher z."""

    def events(self, arm: str) -> list[float]:
        """Return the hours of an arm's sessions, shocks, doses and stretches, in order."""
        return [event.time_h for event in self._arms[arm].events()]

    @property
    def cortex(self) -> np.ndarray:
        """Indices of the cortical regions."""
        return np.flatnonzero(self.atlas.cortex)

    def regions(self, target: str, side: str = "LR") -> np.ndarray:
        """Return the regions of a target of the atlas on one side or both.

        Raises
        ------
        DataError
            If the atlas has none.
        """
        own = [i for i in self.atlas.targets.get(target, ()) if self.atlas.hemisphere[i] in side]
        if not own:
            raise DataError(
                f"atlas '{self.atlas.name}' has no target '{target}' on side {side}",
                expected=", ".join(self.atlas.targets),
            )
        return np.array(own)

    def course(self, arm: str) -> Course:
        """Return the slow states of an arm.

        Raises
        ------
        DataError
            If they were not computed, or the arm is none of the study's.
        """
        return _read_course(self._path(arm, None))

    def state(self, arm: str, name: str, time_h: float) -> np.ndarray:
        """Return a slow state of an arm's subjects at a scan, shape (subject, ...).

        ``efficacy`` and ``volume`` are sums of their parts.
        """
        course = self.course(arm)
        at = np.flatnonzero(np.abs(course.times_h - time_h) < 1e-9)
        if at.size == 0:
            raise DataError(
                f"no slow state at {format_time(time_h)}", where=f"arm '{arm}'",
                expected=", ".join(format_time(t) for t in course.times_h),
            )  # fmt: skip
        parts = _SUMS.get(name, (name,))
        return sum(course.states[part][at[0]] for part in parts)

    def scans(self, arm: str, time_h: float) -> Scans:
        """Return the scans of an arm at a time.

        Raises
        ------
        DataError
            If they were not computed, or the arm is none of the study's.
        """
        return _read_scans(self._path(arm, time_h))

    def metric(self, name: str, arm: str, time_h: float) -> np.ndarray:
        """Return a metric of every subject, shape (subject,); NaN where a scan has no numbers."""
        return self.scans(arm, time_h).signatures[name]

    def judged(self) -> Mapping[str, np.ndarray]:
        """Return losses of plans on held-out scans, by columns of ``netmod search``.

        ``own``, ``best_fixed``, ``standard`` and ``exchanged``, each of shape (subject,), and
        ``differs``: 1 where a person's own plan is not the best fixed one.

        Raises
        ------
        ConfigError
            If the study has no block ``search``, or none of its plans can be given.
        """
        from netmod.study.search import find_plans

        arms = {name: arm.canonical() for name, arm in self._arms.items()}
        path = self._named("search", {"arms": arms, "times": list(self.scenario.times)})
        if not path.is_file():
            found = find_plans(self.scenario, self.atlas)
            losses = ("own", "best_fixed", "standard", "exchanged")
            arrays = {name: found.table[name].to_numpy(float) for name in losses}
            arrays["differs"] = np.array([float(p != found.best_fixed) for p in found.plans])
            _write(path, arrays.items())
        return _read(path)

    def gather(
        self, scans: Iterable[tuple[str, float]], courses: Iterable[str], say=lambda text: None
    ) -> None:
        """Compute what is missing, in groups of arms, and keep it.

        Parameters
        ----------
        scans : iterable of (str, float)
            Arms and hours whose scans are needed.
        courses : iterable of str
            Arms whose slow states are needed.
        say : callable
            Told what is being done.
        """
        wanted: dict[str, set[float]] = {arm: set() for arm in courses}
        for arm, time_h in scans:
            wanted.setdefault(arm, set()).add(time_h)
        missing = {}
        for arm, times in wanted.items():
            left = {t for t in times if not self._path(arm, t).is_file()}
            if left or not self._path(arm, None).is_file():
                missing[arm] = left
        names = list(missing)
        for first in range(0, len(names), TOGETHER):
            group = names[first : first + TOGETHER]
            say(f"{len(group)} arms ({first} of {len(names)} done): {', '.join(group)}")
            self._compute({name: missing[name] for name in group}, say)

    def _compute(self, missing: Mapping[str, set[float]], say) -> None:
        from netmod.study.engines import run_cells
        from netmod.study.prepare import prepare

        arms = tuple(self._arms[name] for name in missing)
        scenario = self.scenario.model_copy(update={"arms": arms})
        cohort = prepare(scenario, self.atlas)
        for name in missing:
            if not self._path(name, None).is_file():
                _write(self._path(name, None), _course_arrays(cohort, name, scenario.times_h))
        cells = [cell for cell in cohort.cells if cell.time_h in missing[cell.arm]]
        groups = _by_scan(cells)
        key = {cell.identity: _key(scenario, cell) for cell in cells}
        known = _looks_in(*_scans_in(self._known))
        looks = {identity: known[k] for identity, k in key.items() if k in known}
        say(f"{len(cells)} scans, {len(key) - len(looks)} to be computed")
        last = {cell.identity: group for group, own in groups.items() for cell in own}
        unknown = [cell for cell in cells if cell.identity not in looks]
        found = run_cells(scenario, unknown, lambda count: None)
        readings: dict[str, Reading] = {}
        masks = NetworkMasks.from_atlas(self.atlas)
        site = self.atlas.targets.get("dlpfc_left", ())
        for group, own in groups.items():
            # two people may have one network
            new = {cell.identity: cell for cell in own if cell.identity not in looks}
            while any(identity not in readings for identity in new):
                identity, reading = next(found)
                readings[identity] = reading
            of_new = [readings.pop(identity) for identity in new]
            of_new = _looks(scenario, list(new.values()), of_new, masks, site)
            looks |= zip(new, of_new, strict=True)
            identities = [cell.identity for cell in own]
            arrays = _scan_arrays(own, [key[i] for i in identities], [looks[i] for i in identities])
            _write(self._path(*group), arrays)
            for identity in identities:
                if last[identity] == group:
                    looks.pop(identity, None)

    def _path(self, arm: str, time_h: float | None) -> Path:
        if arm not in self._arms:
            raise DataError(f"no arm '{arm}' in this study", expected=", ".join(self._arms))
        head = {"arm": self._arms[arm].canonical(), "time_h": time_h}
        if time_h is None:  # later scans add states, so those of other times are another file
            head["times_h"] = list(self.scenario.times_h)
        return self._named("course" if time_h is None else "scans", head)

    def _named(self, kind: str, head: Mapping[str, Any]) -> Path:
        text = json.dumps({"root": self._root, **head}, sort_keys=True)
        return self.folder / f"{kind}-{hashlib.sha256(text.encode()).hexdigest()[:24]}.npz"


_SUMS = {"efficacy": ("early", "late"), "volume": ("neurons", "glia", "vessels", "atrophy")}


def _root_digest(scenario: Scenario, atlas: Atlas) -> str:
    """Return a digest of what all arms share and what decides their numbers."""
    from netmod.study.prepare import version_of

    data = scenario.canonical()
    for key in ("name", "arms", "times", "atlas"):
        data.pop(key)
    text = json.dumps([FORMAT, version_of(scenario), atlas.sha256, data], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _by_scan(cells: Sequence[Cell]) -> dict[tuple[str, float], list[Cell]]:
    groups: dict[tuple[str, float], list[Cell]] = {}
    for cell in cells:
        groups.setdefault((cell.arm, cell.time_h), []).append(cell)
    return groups


def _course_arrays(
    cohort: Cohort, arm: str, times_h: Sequence[float]
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the arrays of an arm's course by their name in its file."""
    trace = {time_h: state for time_h, name, state in cohort.courses.trace if name == arm}
    kept = [t for t in times_h if t in trace]
    yield "times_h", np.array(kept)
    for name in STATES:
        values = [getattr(trace[t], name) for t in kept]
        placed = name in ("early", "late")
        stacked = np.stack([v.sum(axis=0) if placed else v for v in values])
        yield f"state_{name}", stacked
    yield "trace_h", np.array(sorted(trace))
    for name in _PERSONAL:
        yield f"personal_{name}", np.stack([getattr(trace[t], name) for t in sorted(trace)])
    shocks = cohort.courses.seizures.get(arm, ())
    for name in ("duration_s", "suppression", "spread") if shocks else ():
        yield f"seizure_{name}", np.stack([np.asarray(getattr(s, name)) for s in shocks])


def _key(scenario: Scenario, cell: Cell) -> str:
    """Return a digest of all that a cell's look hangs on: of no arm, no time, no treatment."""
    text = f"{FORMAT}|{cell.identity}|{scenario.readout.louvain_runs}|{scenario.seed}"
    return hashlib.sha256(text.encode()).hexdigest()


def _scans_in(folder: Path | None) -> list[Path]:
    return [] if folder is None else sorted(folder.glob("scans-*.npz"))


@lru_cache(maxsize=1)
def _looks_in(*paths: Path) -> dict[str, Look]:
    """Return all looks in some files of scans, by their key."""
    found = {}
    for path in paths:
        a = _read(path)
        signatures = _under("metric_", a)
        for k, key in enumerate(a.get("key", ())):
            own = {name: float(values[k]) for name, values in signatures.items()}
            found[str(key)] = Look(
                bool(a["ok"][k]), a["fc"][k], own, a["rates"][k], a["growth"][k], a["pulse"][k]
            )
    return found


def _looks(
    scenario: Scenario,
    cells: Sequence[Cell],
    readings: Sequence[Reading],
    masks: NetworkMasks,
    site: Sequence[int],
) -> list[Look]:
    """Return what the scans of some cells come to; a pulse is given at a site."""
    if not cells:
        return []
    good = [reading for reading in readings if reading.status == "ok"]
    rows = iter(
        signature_rows(
            [reading.fc.astype(float) for reading in good],
            [reading.rate_hz for reading in good],
            masks,
            scenario.readout.louvain_runs,
            scenario.seed,
        )
    )
    found = []
    growth, pulse = _stability(scenario.model.name, cells, site)
    for k, reading in enumerate(readings):
        ok = reading.status == "ok"
        row = next(rows) if ok else {}
        fc = reading.fc.astype(np.float32)
        found.append(Look(ok, fc, row, reading.rate_hz, growth[k], pulse[k]))
    return found


def _scan_arrays(
    cells: Sequence[Cell], keys: Sequence[str], looks: Sequence[Look]
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the arrays of an arm's scans by their name in its file."""
    yield "key", np.array(keys)
    for name in ("ok", "fc", "rates", "growth", "pulse"):
        yield name, np.stack([getattr(look, name) for look in looks])
    for name in next((look.signatures for look in looks if look.ok), {}):
        yield f"metric_{name}", np.array([look.signatures.get(name, np.nan) for look in looks])
    networks = [cell.parameters for cell in cells]
    yield "weights", np.stack([p.weights for p in networks]).astype(np.float32)
    n = networks[0].n_regions
    states = [cell.start for cell in cells]
    for name, weight, part in (("glutamate", "w_plus", 0), ("gaba", "J", 1)):
        pairs = zip(networks, states, strict=True)
        values = [np.broadcast_to(p.values[weight], n) * state[part] for p, state in pairs]
        yield name, np.stack(values)


def _stability(
    model_name: str, cells: Sequence[Cell], site: Sequence[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the growth rate of every cell's network and its response to a pulse at a site."""
    import jax

    from netmod.dynamics.stability import growth_rate, pulse_response

    growth, pulse = np.full((2, len(cells)), np.nan)
    if cells[0].parameters.delays_s is not None:
        return growth, pulse
    program = _jacobian_program(model_name)
    with jax.enable_x64(True):
        for k, cell in enumerate(cells):
            matrix = np.asarray(program(cell.parameters, cell.start))
            growth[k] = growth_rate(matrix)
            if len(site):
                pulse[k] = pulse_response(matrix, site, cell.parameters.n_regions)
    return growth, pulse


@lru_cache(maxsize=4)
def _jacobian_program(model_name: str):
    import jax

    from netmod.dynamics.linear import jacobian, linearise
    from netmod.models import MODELS

    model = MODELS[model_name]
    return jax.jit(lambda p, state: jacobian(model, p, linearise(model, p, state)))


def _write(path: Path, arrays: Iterable[tuple[str, np.ndarray]]) -> None:
    from netmod.study.store import write_whole

    buffer = io.BytesIO()
    np.savez_compressed(buffer, **dict(arrays))
    write_whole(path, buffer.getvalue())


def _read(path: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (OSError, ValueError, EOFError) as error:
        raise DataError(
            "no evidence of an arm that a row asks for", where=str(path),
            hint="a row's 'arms' and the times of its measures say what is computed",
        ) from error  # fmt: skip


@lru_cache(maxsize=64)
def _read_course(path: Path) -> Course:
    arrays = _read(path)
    return Course(
        arrays["times_h"], _under("state_", arrays), arrays["trace_h"],
        _under("personal_", arrays), _under("seizure_", arrays),
    )  # fmt: skip


@lru_cache(maxsize=64)
def _read_scans(path: Path) -> Scans:
    a = _read(path)
    return Scans(
        a["ok"], a["fc"], _under("metric_", a), a["weights"], a["glutamate"], a["gaba"],
        a["rates"], a["growth"], a["pulse"],
    )  # fmt: skip


def _under(prefix: str, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {k.removeprefix(prefix): v for k, v in arrays.items() if k.startswith(prefix)}
