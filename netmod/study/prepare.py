"""From a scenario to the networks to be simulated: subjects, lesion, slow state, equilibrium."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from netmod.atlas import Atlas, load_effective_connectivity
from netmod.cohort.subject import Subject, draw_subject, lesion, network_of
from netmod.dynamics.fic import balance
from netmod.dynamics.homeostasis import equilibrium
from netmod.dynamics.noise import scan_key
from netmod.dynamics.parameters import Parameters, make_parameters, stack
from netmod.dynamics.wiring import FEEDFORWARD, TOP_DOWN, top_down_weights
from netmod.errors import ConfigError
from netmod.models import MODELS, Model
from netmod.plasticity.anatomy import make_anatomy
from netmod.plasticity.coupling import apply_slow_state
from netmod.plasticity.slow import People, SlowState, evolve
from netmod.scenario.schema import Scenario
from netmod.treatments import MODIFIERS, TREATMENTS
from netmod.units import format_time

NUMERICS = "1"
"""Version of everything that changes numbers; part of every cell's identity."""

_CONVERGED = 1e-6


@dataclass(frozen=True, eq=False)
class Cell:
    """One scan: a subject in an arm at a time, with the network that is scanned.

    Attributes
    ----------
    subject, arm, time_h, time : str, str, float, str
        Which scan it is; ``time`` is the label without spaces.
    parameters : Parameters
        The network.
    start : tuple of arrays, shape (region,)
        Its noise-free fixed point.
    key : array, shape (2,), uint32
        Noise key: subject and scan, never the arm.
    converged : bool
        False when no fixed point was found.
    identity : str
        SHA-256 of all that decides the scan's numbers; equal scans share it.
    """

    subject: str
    arm: str
    time_h: float
    time: str
    parameters: Parameters
    start: tuple[np.ndarray, ...]
    key: np.ndarray
    converged: bool
    identity: str


@dataclass(frozen=True, eq=False)
class Cohort:
    """The subjects, their scans, and the slow states behind them.

    Attributes
    ----------
    subjects : tuple of Subject
        As drawn.
    cells : tuple of Cell
        In the order arm, subject, time.
    states : mapping of arm to list of SlowState
        Slow states at the scan times.
    """

    subjects: tuple[Subject, ...]
    cells: tuple[Cell, ...]
    states: dict[str, list[SlowState]]


def prepare(scenario: Scenario, atlas: Atlas) -> Cohort:
    """Return every network that a study scans.

    FIC is solved once for each subject, healthy; the lesion, the treatment's slow state and acute
    perturbations then act with that inhibition as baseline, and J follows the rates with its own
    time constant. Between scans it is followed in one implicit step.

    Parameters
    ----------
    scenario : Scenario
        A validated scenario.
    atlas : Atlas
        Its atlas.

    Raises
    ------
    ConfigError
        If the atlas has no weights for the model, or no inhibition can hold a region's set-point.
    """
    import jax

    model = MODELS[scenario.model.name]
    subjects = _draw(scenario, atlas)
    with jax.enable_x64(True):
        healthy = _balance(model, subjects, scenario)
        lanes = [(arm, k) for arm in scenario.arms for k in range(len(subjects))]
        states = _slow_states(scenario, atlas, subjects)
        cells = _follow(scenario, atlas, model, subjects, healthy, lanes, states)
    return Cohort(tuple(subjects), tuple(cells), states)


def _draw(scenario: Scenario, atlas: Atlas) -> list[Subject]:
    weights, feedforward, size = _group_weights(scenario, atlas)
    pathway = top_down_weights(atlas, size)
    return [
        draw_subject(
            str(k + 1), scenario.seed, weights, feedforward, pathway, scenario.cohort.parameters
        )
        for k in range(scenario.cohort.subjects)
    ]


def _group_weights(scenario: Scenario, atlas: Atlas) -> tuple[np.ndarray, float, float]:
    if scenario.model.connectivity == "structural":
        radius = np.abs(np.linalg.eigvals(atlas.weights)).max()
        return atlas.weights / radius, FEEDFORWARD, TOP_DOWN
    fitted = load_effective_connectivity(atlas, scenario.model.name)
    return (
        np.asarray(fitted.weights),
        float(fitted.parameters["feedforward"]),
        float(fitted.parameters["top_down"]),
    )


def _balance(model: Model, subjects: list[Subject], scenario: Scenario) -> list[Parameters]:
    """Return each subject's healthy network with its FIC solved exactly."""
    import jax

    values = dict(scenario.model.parameters)
    if values["J"] != model.parameters["J"].default:
        raise ConfigError(
            "J is solved by feedback inhibition control and cannot be set",
            where="model.parameters.J",
            got=f"{values['J']:g}",
            hint="leave J out; the lesion and the slow layer change it",
        )
    solve = jax.jit(lambda p, rate: balance(p, rate)[0])
    networks = []
    for subject in subjects:
        draft = make_parameters(model, subject.weights, values)
        J = np.asarray(solve(draft, subject.set_point_hz))
        if not (np.isfinite(J) & (J > 0)).all():
            region = int(np.argmin(np.where(np.isfinite(J), J, -np.inf)))
            raise ConfigError(
                f"no inhibition holds region {region + 1} of subject {subject.name} at its rate",
                where="model.parameters",
                expected="a positive J in every region",
                got=f"J = {J[region]:.3g} nA",
                hint="lower I_0 or w_plus",
            )
        networks.append(network_of(model, subject, J, values))
    return networks


def _slow_states(
    scenario: Scenario, atlas: Atlas, subjects: list[Subject]
) -> dict[str, list[SlowState]]:
    constants = scenario.plasticity.parameters
    targets = [arm.target for arm in scenario.arms if arm.target]
    anatomy = make_anatomy(atlas, targets, constants)
    people = People(
        np.array([s.clearance for s in subjects]), np.array([s.induction for s in subjects])
    )
    states = {}
    for arm in scenario.arms:
        gates: dict[str, float] = {}
        for name in arm.modifiers:
            for gate, factor in MODIFIERS[name].factors.items():
                gates[gate] = gates.get(gate, 1.0) * factor
        treated = arm.treatment != "none"
        events = TREATMENTS[arm.treatment].schedule(arm.parameters, arm.target) if treated else []
        states[arm.name] = evolve(events, scenario.times_h, anatomy, constants, people, gates)
    return states


def _follow(
    scenario: Scenario,
    atlas: Atlas,
    model: Model,
    subjects: list[Subject],
    healthy: list[Parameters],
    lanes: list,
    states: dict,
) -> list[Cell]:
    """Solve the equilibrium of every lane at every time, J following from one to the next."""
    import jax

    constants = scenario.plasticity.parameters
    anatomy = make_anatomy(atlas, [], constants)
    base = [
        lesion(healthy[k], subjects[k].severity, atlas, scenario.cohort.parameters)
        if arm.population == "mdd"
        else healthy[k]
        for arm, k in lanes
    ]
    set_points = np.stack([subjects[k].set_point_hz for _, k in lanes])
    solve = _equilibrium_program(model.name)
    start = _fic_start(model, base)
    J = np.stack([p.values["J"] for p in base])
    found: dict[tuple[int, int], Cell] = {}
    before = None
    first: list[tuple[Parameters, np.ndarray]] = []
    moved = np.zeros(len(lanes), dtype=bool)
    good = moved
    for t, time_h in enumerate(scenario.times_h):
        # The first scan finds J in equilibrium: an untreated subject is stationary.
        share = (
            1.0
            if before is None
            else 1.0 - np.exp(-(time_h - before) / constants["tau_inhibition_h"])
        )
        before = time_h
        networks, baselines = [], []
        for (arm, k), network in zip(lanes, base, strict=True):
            state = states[arm.name][t].of(k)
            changed, baseline = apply_slow_state(network, state, anatomy, constants)
            networks.append(changed)
            baselines.append(baseline)
        if first:
            # what has not been touched yet stays in its equilibrium, to the last bit
            same = [_equal(a, b) for a, b in zip(zip(networks, baselines, strict=True), first,
                                                 strict=True)]  # fmt: skip
            moved = moved | ~np.array(same)
        else:
            first = list(zip(networks, baselines, strict=True))
        target = (1.0 - share) * J + share * np.stack(baselines)
        follow = np.full(len(lanes), share * constants["homeostasis_nA_per_hz"])
        stacked = stack([p.replace(J=J[i]) for i, p in enumerate(networks)])
        fast, found_J, residual = jax.tree.map(
            np.asarray, solve(stacked, start, target, follow, set_points)
        )
        solved = moved | (t == 0)
        good = np.where(solved, residual < _CONVERGED, good)
        renewed = (good & solved)[:, None]
        J = np.where(renewed, found_J, np.where(solved[:, None], target, J))
        start = tuple(np.where(renewed, new, old) for new, old in zip(fast, start, strict=True))
        label = format_time(time_h).replace(" ", "")
        for i, (arm, k) in enumerate(lanes):
            key = scan_key(scenario.seed, subjects[k].name, label)
            network = networks[i].replace(J=J[i])
            state = tuple(s[i] for s in start)
            found[i, t] = Cell(
                subjects[k].name,
                arm.name,
                time_h,
                label,
                network,
                state,
                key,
                bool(good[i]),
                _identity(scenario, atlas, network, state, key),
            )
    return [found[i, t] for i in range(len(lanes)) for t in range(len(scenario.times_h))]


def _equal(a: tuple[Parameters, np.ndarray], b: tuple[Parameters, np.ndarray]) -> bool:
    """Tell whether two networks and their baselines of J are the same to the last bit."""
    (p, baseline), (q, other) = a, b
    return (
        np.array_equal(baseline, other)
        and np.array_equal(p.weights, q.weights)
        and all(np.array_equal(p.values[name], q.values[name]) for name in p.values)
    )


def _fic_start(model: Model, networks: list[Parameters]) -> tuple[np.ndarray, ...]:
    """Return a state to start Newton from: the published set-point, in every region."""
    lanes, n = len(networks), networks[0].n_regions
    return tuple(np.full((lanes, n), value) for value in model.start)


def _equilibrium_program(model_name: str):
    import jax

    model = MODELS[model_name]

    @jax.jit
    def solve(parameters, start, baseline, follow, set_point):
        one = partial(equilibrium, model)
        return jax.lax.map(lambda x: one(*x), (parameters, start, baseline, follow, set_point))

    return solve


def _identity(
    scenario: Scenario, atlas: Atlas, network: Parameters, state: tuple[np.ndarray, ...], key: Any
) -> str:
    scanner, solver = scenario.scanner, scenario.solver
    digest = hashlib.sha256()
    head = [
        NUMERICS, scenario.engine, atlas.sha256, scenario.model.name, scanner.model_dump_json(),
        solver.model_dump_json() if scenario.engine == "sde" else "",
    ]  # fmt: skip
    digest.update("|".join(head).encode())
    for name in sorted(network.values):
        digest.update(np.ascontiguousarray(network.values[name], "<f8").tobytes())
    for array in (network.weights, *state):
        digest.update(np.ascontiguousarray(array, "<f8").tobytes())
    if scenario.engine == "sde":
        digest.update(np.ascontiguousarray(key, "<u4").tobytes())
    return digest.hexdigest()
