"""From a scenario to the networks to be simulated: subjects, lesion, slow state, equilibrium."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from netmod.atlas import Atlas, load_effective_connectivity
from netmod.cohort.individuals import personal_lengths, personal_weights, read_individuals, survey
from netmod.cohort.subject import Subject, draw_subject, lesion, network_of
from netmod.dynamics.coupling import coupling_of
from netmod.dynamics.delays import conduction_delays
from netmod.dynamics.fic import balance, refine_by_simulation
from netmod.dynamics.linear import solve_fixed_point
from netmod.dynamics.noise import scan_key
from netmod.dynamics.parameters import Parameters, make_parameters, stack
from netmod.dynamics.simulate import Scan
from netmod.dynamics.wiring import FEEDFORWARD, TOP_DOWN, top_down_weights
from netmod.errors import ConfigError, IntegrityError
from netmod.models import MODELS, Model
from netmod.scenario.arms import Arm
from netmod.scenario.schema import Scenario
from netmod.study.courses import Courses, follow, foresee
from netmod.units import format_time

NUMERICS = "4"
"""Version of everything that changes numbers; part of every cell's identity."""

DELAYED = "2"
"""The same of what changes numbers of simulated networks with delays alone."""


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
    courses : Courses
        What happened to them: slow states, seizures.
    """

    subjects: tuple[Subject, ...]
    cells: tuple[Cell, ...]
    courses: Courses


def prepare(scenario: Scenario, atlas: Atlas) -> Cohort:
    """Return every network that a study scans.

    FIC is solved once for each subject, healthy; the lesion, the treatment's slow state and acute
    perturbations then act with that inhibition as baseline, and J follows the rates with its own
    time constant, on a grid of times that does not depend on the scans.

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
    DataError
        If a real person's matrices cannot be used.
    IntegrityError
        If real people's files are no longer those that the scenario was written for.
    """
    import jax

    model = MODELS[scenario.model.name]
    subjects = subjects_of(scenario, atlas)
    # what hangs on no network is computed while XLA compiles FIC
    with ThreadPoolExecutor(1) as aside, jax.enable_x64(True):
        foreseen = aside.submit(foresee, scenario, atlas, subjects)
        healthy, balanced = _balance(model, subjects, scenario, atlas)

        def untreated(arm: Arm, k: int) -> Parameters:
            if arm.population != "mdd":
                return healthy[k]
            return lesion(healthy[k], balanced[k].severity, atlas, scenario.cohort.parameters)

        courses = follow(scenario, atlas, model, balanced, untreated, foreseen.result)
    cells = _cells(scenario, atlas, balanced, courses)
    return Cohort(tuple(subjects), tuple(cells), courses)


def subjects_of(scenario: Scenario, atlas: Atlas) -> list[Subject]:
    """Return the people of a study before any lesion: virtual ones, or those of a folder.

    Parameters
    ----------
    scenario : Scenario
    atlas : Atlas
        Its atlas.

    Raises
    ------
    ConfigError
        If the atlas has no weights for the model.
    DataError, IntegrityError
        As `prepare` does.
    """
    weights, feedforward, size = _group_weights(scenario, atlas)
    pathway = top_down_weights(atlas, size)
    cohort = scenario.cohort

    def drawn(name: str, weights: np.ndarray, variability: str) -> Subject:
        return draw_subject(
            name, scenario.seed, weights, feedforward, pathway, cohort.parameters, variability
        )

    if cohort.folder is None:
        names = (str(k + 1) for k in range(cohort.subjects))
        return [drawn(name, weights, cohort.variability) for name in names]
    people = survey(cohort.folder)
    if people.sha256 != cohort.people_sha256:
        raise IntegrityError(
            "the people's files were changed", where=cohort.folder,
            expected=f"SHA-256 {cohort.people_sha256}", got=people.sha256,
            hint="load the scenario again, or restore the files",
        )  # fmt: skip
    individuals = read_individuals(people, atlas)
    mean = np.mean([person.weights for person in individuals], axis=0)
    subjects = []
    for person in individuals[: cohort.subjects]:
        own = personal_weights(weights, person.weights, mean)
        subject = drawn(person.label, own, "measured")
        given = {} if person.severity is None else {"severity": person.severity}
        lengths_mm = personal_lengths(person.lengths_mm, atlas.lengths_mm)
        subjects.append(replace(subject, lengths_mm=lengths_mm, **given))
    return subjects


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


def _balance(
    model: Model, subjects: list[Subject], scenario: Scenario, atlas: Atlas
) -> tuple[list[Parameters], list[Subject]]:
    """Return each subject's healthy network, and the subjects with the rates J is balanced for."""
    values = dict(scenario.model.parameters)
    velocity = scenario.model.velocity_m_per_s
    solve = _balance_program()
    networks, states = [], []
    for subject in subjects:
        draft = make_parameters(model, subject.weights, values)
        J, state = solve(draft, subject.set_point_hz)
        J = np.asarray(J)
        if not (np.isfinite(J) & (J > 0)).all():
            region = int(np.argmin(np.where(np.isfinite(J), J, -np.inf)))
            raise ConfigError(
                f"no inhibition holds region {region + 1} of subject {subject.name} at its rate",
                where="model.parameters",
                expected="a positive J in every region",
                got=f"J = {J[region]:.3g} nA",
                hint="raise I_0 or w_plus: even without inhibition the rate is too low",
            )
        lengths_mm = atlas.lengths_mm if subject.lengths_mm is None else subject.lengths_mm
        delays_s = None if velocity is None else conduction_delays(lengths_mm, velocity)
        networks.append(network_of(model, subject, J, values, delays_s))
        states.append(state)
    if scenario.model.fic == "exact":
        return networks, subjects
    return _refine(model, subjects, scenario, networks, states)


def _refine(
    model: Model,
    subjects: list[Subject],
    scenario: Scenario,
    networks: list[Parameters],
    states: list[Any],
) -> tuple[list[Parameters], list[Subject]]:
    """Correct J by simulation; J is then balanced for the noise-free rates that go with it."""
    import jax

    start = tuple(np.stack(s) for s in zip(*states, strict=True))
    keys = np.stack([scan_key(scenario.seed, s.name, "fic") for s in subjects])
    scan = Scan(
        duration_s=60.0, warmup_s=10.0, dt_ms=scenario.solver.dt_ms, solver=scenario.solver.name,
        noise=scenario.solver.noise,
    )  # fmt: skip
    with jax.enable_x64(False):
        found = refine_by_simulation(
            model, stack(networks), start, np.stack([s.set_point_hz for s in subjects]), keys,
            scan=scan,
        )  # fmt: skip
    networks = [p.replace(J=J) for p, J in zip(networks, found.J, strict=True)]
    rates = _rate_program(model.name)(stack(networks), start)
    subjects = [
        replace(subject, set_point_hz=np.asarray(rate))
        for subject, rate in zip(subjects, rates, strict=True)
    ]
    return networks, subjects


@lru_cache(maxsize=1)
def _balance_program():
    import jax

    return jax.jit(balance)


@lru_cache(maxsize=4)
def _rate_program(model_name: str):
    """Return the compiled noise-free rates of several networks."""
    import jax

    model = MODELS[model_name]

    def one(x):
        p, start = x
        state, _ = solve_fixed_point(model, p, start)
        return model.rate_hz(state, p.values, coupling_of(model, p, state))

    return jax.jit(lambda p, start: jax.lax.map(one, (p, start)))


def _cells(
    scenario: Scenario, atlas: Atlas, subjects: Sequence[Subject], courses: Courses
) -> list[Cell]:
    """Return the cells of all arms, subjects and times."""
    found = []
    for i, lane in enumerate(courses.lanes):
        name = subjects[lane.subject].name
        for stop in courses.stops:
            label = format_time(stop.time_h).replace(" ", "")
            key = scan_key(scenario.seed, name, label)
            start = tuple(s[i] for s in stop.state)
            found.append(
                Cell(
                    subject=name,
                    arm=lane.arm.name,
                    time_h=stop.time_h,
                    time=label,
                    parameters=stop.networks[i],
                    start=start,
                    key=key,
                    converged=bool(stop.converged[i]),
                    identity=_identity(scenario, atlas, stop.networks[i], start, key),
                )
            )
    return found


def version_of(scenario: Scenario) -> str:
    """Return the version of everything that changes the numbers of a scenario."""
    delayed = scenario.engine == "sde" and scenario.model.velocity_m_per_s is not None
    return f"{NUMERICS} {DELAYED}" if delayed else NUMERICS


def _identity(
    scenario: Scenario, atlas: Atlas, network: Parameters, state: tuple[np.ndarray, ...], key: Any
) -> str:
    scanner, solver = scenario.scanner, scenario.solver
    digest = hashlib.sha256()
    head = [
        version_of(scenario), scenario.engine, atlas.sha256, scenario.model.name,
        scanner.model_dump_json(),
        solver.model_dump_json() if scenario.engine == "sde" else "",
        *([scenario.cohort.people_sha256] if scenario.cohort.people_sha256 else []),
    ]  # fmt: skip
    digest.update("|".join(head).encode())
    for name in sorted(network.values):
        digest.update(np.ascontiguousarray(network.values[name], "<f8").tobytes())
    delays = () if network.delays_s is None else (network.delays_s,)
    for array in (network.weights, *delays, *state):
        digest.update(np.ascontiguousarray(array, "<f8").tobytes())
    if scenario.engine == "sde":
        digest.update(np.ascontiguousarray(key, "<u4").tobytes())
    return digest.hexdigest()
