"""Slow and fast layer together: the networks of all arms over hours and weeks.

The slow layer is moved on from node to node. At a node, and at a scan, its state changes the fast
network, J follows, and the fixed point is found anew; a node hands back the rates, and how the
network answers to its surroundings. Scans look aside: adding one changes no other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from netmod.atlas import Atlas
from netmod.cohort.subject import Subject
from netmod.dynamics.coupling import coupling_of
from netmod.dynamics.fixed_points import solve_fixed_point
from netmod.dynamics.noise import scan_key
from netmod.dynamics.parameters import Parameters, stack
from netmod.models import MODELS, Model
from netmod.plasticity.anatomy import Anatomy, make_anatomy
from netmod.plasticity.coupling import apply_slow_state
from netmod.plasticity.declaration import SEIZURE
from netmod.plasticity.environment import pattern_of
from netmod.plasticity.events import Session, Shock
from netmod.plasticity.field import electrode_field
from netmod.plasticity.induction import CalciumRule, induction_of
from netmod.plasticity.seizure import Seizures, simulate_seizures
from netmod.plasticity.slow import Answers, Course, induction_factors
from netmod.plasticity.state import People, SlowState
from netmod.scenario.arms import Arm
from netmod.scenario.load import PERSONAL
from netmod.scenario.schema import Scenario
from netmod.study.inhibition import CONVERGED, Inhibition, grid_until
from netmod.study.targeting import personal_fields

SENSITIVITIES = 0.6, 1.6
"""Range within which a person's seizures were checked; rarer ones count as its ends."""

TRACE_H = (
    *(0.5 * k for k in range(9)), 6.0, 8.0, 12.0, 16.0, *(24.0 * day for day in range(1, 14)),
    # always at the same hour, or what a day's session or dose does would zigzag
    *(168.0 * week + 24.0 * day for week in range(2, 521) for day in (0, 3)),
)  # fmt: skip
"""When the slow state is written down."""


@dataclass(frozen=True)
class Lane:
    """A subject in an arm."""

    arm: Arm
    subject: int


@dataclass(frozen=True)
class Stop:
    """All lanes at the time of a scan.

    Attributes
    ----------
    time_h : float
        Hours from the first treatment.
    networks : list of Parameters
        Of each lane, with J.
    state : tuple of arrays, shape (lane, region)
        Fixed points.
    converged : array, shape (lane,), bool
        False where none was found.
    """

    time_h: float
    networks: list[Parameters]
    state: tuple[np.ndarray, ...]
    converged: np.ndarray


@dataclass(frozen=True)
class Courses:
    """What happened to all lanes.

    Attributes
    ----------
    lanes : tuple of Lane
        In the order arm, subject.
    stops : tuple of Stop
        At every scan.
    trace : tuple of (float, str, SlowState)
        Time in h, arm and slow state (without edges), in the order of time, at :data:`TRACE_H`.
    seizures : mapping of str to tuple of Seizures
        Of each arm with shocks, one entry a shock.
    """

    lanes: tuple[Lane, ...]
    stops: tuple[Stop, ...]
    trace: tuple[tuple[float, str, SlowState], ...]
    seizures: Mapping[str, tuple[Seizures, ...]]


Discharges = Mapping[tuple[str, float], Seizures]
"""Seizures of all subjects by placement and charge."""


def foresee(scenario: Scenario, atlas: Atlas, subjects: Sequence[Subject]) -> Discharges:
    """Simulate the seizures that arms will ask for, and tabulate the induction of their sessions.

    Neither depends on the networks, so that both can be had while FIC is being compiled. One
    seizure is simulated for each subject, placement and charge: sessions and arms that are alike
    share it, since two of them would differ by their noise alone, by a few per cent of power.

    Parameters
    ----------
    scenario : Scenario
        Arms and constants.
    atlas : Atlas
        Its atlas.
    subjects : sequence of Subject
        As drawn.
    """
    import jax

    c = scenario.plasticity.parameters
    shocks, sessions = set(), set()
    for arm in scenario.arms:
        factors = induction_factors(arm.gates())
        for event in arm.events():
            if isinstance(event, Shock):
                shocks.add((event.montage, event.charge))
            elif isinstance(event, Session):
                sessions.add((event.train, event.intensity, factors))
    for session in sessions:
        induction_of(*session, CalciumRule())
    keys = np.stack([scan_key(scenario.seed, s.name, "seizure") for s in subjects])
    sensitivity = np.clip([s.sensitivity for s in subjects], *SENSITIVITIES)
    with jax.enable_x64(False):
        return {
            (montage, charge): simulate_seizures(
                atlas, electrode_field(atlas, montage), np.full(len(subjects), charge),
                sensitivity, keys, {name: c[name] for name in SEIZURE},
            )
            for montage, charge in sorted(shocks)
        }  # fmt: skip


def follow(
    scenario: Scenario,
    atlas: Atlas,
    model: Model,
    subjects: Sequence[Subject],
    untreated: Callable[[Arm, int], Parameters],
    discharges: Callable[[], Discharges],
) -> Courses:
    """Treat every subject in every arm.

    Parameters
    ----------
    scenario : Scenario
        Arms, times and constants.
    atlas : Atlas
        Its atlas.
    model : Model
        The neural mass.
    subjects : sequence of Subject
        With the rates that J is balanced for.
    untreated : callable
        ``untreated(arm, subject)``: the network before treatment.
    discharges : callable
        Gives what :func:`foresee` returns; asked when the first shock acts.
    """
    c = scenario.plasticity.parameters
    lanes = tuple(Lane(arm, k) for arm in scenario.arms for k in range(len(subjects)))
    before = [untreated(lane.arm, lane.subject) for lane in lanes]
    grid = grid_until(scenario.times_h[-1])
    traced = [t for t in TRACE_H if t <= scenario.times_h[-1]]
    teams = {
        arm.name: _Team(arm, scenario, atlas, subjects, grid, traced, discharges)
        for arm in scenario.arms
    }
    gates = {name: team.gates for name, team in teams.items()}
    inhibition = Inhibition(
        model,
        np.stack([p.values["J"] for p in before]),
        np.stack([subjects[lane.subject].set_point_hz for lane in lanes]),
        c,
        np.array([gates[lane.arm.name]["homeostasis"] for lane in lanes]),
    )
    stops: list[Stop] = []
    last, resting, known = 0.0, None, None
    for time_h in sorted({*grid, *scenario.times_h}):
        node = time_h in grid
        final = time_h == scenario.times_h[-1]
        states = {name: team.at(time_h, node, final) for name, team in teams.items()}
        networks, baselines = zip(
            *(
                apply_slow_state(
                    network, states[lane.arm.name], lane.subject, teams[lane.arm.name].anatomy, c,
                    gates[lane.arm.name],
                )
                for lane, network in zip(lanes, before, strict=True)
            ),
            strict=True,
        )  # fmt: skip
        now = inhibition
        if node:
            inhibition.advance(networks, baselines, time_h - last)
            last = time_h
        else:
            now = inhibition.aside(networks, baselines, time_h - last)
        held = [p.replace(J=J) for p, J in zip(networks, now.J, strict=True)]
        if time_h in scenario.times_h:
            stops.append(Stop(time_h, held, now.state, now.converged))
        if node:
            rates = np.asarray(_rates(model.name)(stack(held), now.state))
            if resting is None:
                resting, known = rates, now.converged
            found = now.converged & known
            for name, team in teams.items():
                mine = [i for i, lane in enumerate(lanes) if lane.arm.name == name]
                own = [held[i] for i in mine]
                team.heard(
                    # no activity is known where there is no fixed point: it counts as unchanged
                    np.where(found[mine, None], rates[mine] / resting[mine], 1.0),
                    model, own, tuple(s[mine] for s in now.state), found[mine],
                )  # fmt: skip
    seizures = {name: tuple(team.seizures) for name, team in teams.items() if team.seizures}
    trace = [(t, name, state) for name, team in teams.items() for t, state in team.trace]
    return Courses(lanes, tuple(stops), tuple(sorted(trace, key=lambda x: x[0])), seizures)


class _Team:
    """All subjects of one arm."""

    def __init__(
        self,
        arm: Arm,
        scenario: Scenario,
        atlas: Atlas,
        subjects: Sequence[Subject],
        grid: Sequence[float],
        traced: Sequence[float],
        discharges: Callable[[], Discharges],
    ) -> None:
        c = scenario.plasticity.parameters
        self._scenario, self._atlas = scenario, atlas
        self._discharges = discharges
        self.gates = arm.gates()
        events = arm.events()
        places = {e.place for e in events if isinstance(e, Session)}
        self.anatomy: Anatomy = make_anatomy(
            atlas, places - set(PERSONAL), c, scenario.plasticity.ht2a_map, scenario.seed
        )
        self._names = [subject.name for subject in subjects]
        # where that is depends on each network, known at the first node, before any session
        self._personal = sorted(places & set(PERSONAL))
        blank = {name: np.ones((len(subjects), atlas.n_regions)) for name in self._personal}
        self.anatomy = replace(self.anatomy, field={**self.anatomy.field, **blank})
        self.seizures: list[Seizures] = []
        self._course = Course(
            events,
            _people(scenario, arm, subjects),
            self.anatomy,
            c,
            self.gates,
            arm.environment,
            nodes_h=grid,
            trace_h=traced,
            route=scenario.plasticity.route,
            discharge=self._discharge,
        )
        self._current = {
            name: c["environment_current_nA"] * pattern_of(atlas, name)
            for name in self._course.patterns
        }
        self._activity = np.ones((len(subjects), atlas.n_regions))
        self._answers: Answers = {}

    @property
    def trace(self) -> list[tuple[float, SlowState]]:
        """Slow states so far, at the times that are traced."""
        return self._course.trace

    def at(self, time_h: float, node: bool, final: bool) -> SlowState:
        """Return the slow state at a node, or aside at a scan."""
        if node:
            return self._course.advance(time_h, self._activity, self._answers)
        return self._course.aside(time_h, self._activity, self._answers, last=final)

    def heard(
        self,
        activity: np.ndarray,
        model: Model,
        networks: Sequence[Parameters],
        state: tuple[np.ndarray, ...],
        found: np.ndarray,
    ) -> None:
        """Take what the fast layer says at a node; ``found`` tells who has a fixed point."""
        self._activity = activity
        if self._current:
            self._answers = {
                name: _answer(model, networks, state, current, found)
                for name, current in self._current.items()
            }
        while self._personal:
            place = self._personal.pop()
            self.anatomy.field[place][...] = personal_fields(
                self._scenario, self._atlas, place, self._names, networks, state, found
            )

    def _discharge(self, shock: Shock) -> Seizures:
        """Return the subjects' seizures, and keep what shocks led to."""
        self.seizures.append(self._discharges()[shock.montage, shock.charge])
        return self.seizures[-1]


def _people(scenario: Scenario, arm: Arm, subjects: Sequence[Subject]) -> People:
    share = scenario.cohort.parameters["stress"] if arm.population == "mdd" else 0.0
    return People(
        clearance=np.array([s.clearance for s in subjects]),
        induction=np.array([s.induction for s in subjects]),
        stress=share * np.maximum([s.severity for s in subjects], 0.0),
        seeds=tuple(
            int.from_bytes(hashlib.sha256(f"{scenario.seed}|{s.name}|edges".encode()).digest()[:8])
            for s in subjects
        ),
    )


def _answer(
    model: Model,
    networks: Sequence[Parameters],
    state: tuple[np.ndarray, ...],
    current: np.ndarray,
    known: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return how sending, excitatory and inhibitory activity change under a drive, J held.

    Not at all where a fixed point is missing, with the drive or without.
    """
    driven = stack([p.replace(I_ext=p.values["I_ext"] + current) for p in networks])
    there, residual = _settled(model.name)(driven, state)
    found = (known & (np.asarray(residual) < CONVERGED))[:, None]
    excited, inhibited = (
        np.where(found, np.asarray(new) / old - 1.0, 0.0)
        for new, old in zip(there, state, strict=True)
    )
    return excited, excited, inhibited


@lru_cache(maxsize=4)
def _settled(model_name: str):
    import jax

    model = MODELS[model_name]
    return jax.jit(lambda p, start: jax.lax.map(lambda x: solve_fixed_point(model, *x), (p, start)))


@lru_cache(maxsize=4)
def _rates(model_name: str):
    import jax

    model = MODELS[model_name]

    def one(x):
        p, state = x
        return model.rate_hz(state, p.values, coupling_of(model, p, state))

    return jax.jit(lambda p, state: jax.lax.map(one, (p, state)))
