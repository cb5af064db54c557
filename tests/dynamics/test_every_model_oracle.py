"""Every model in a network against a scalar program: one region, one edge, one number at a time.

The scalar program knows the equations of the network (coupling, delays, stimulation, noise,
solvers) but takes the local drift from the model, whose own scalar oracles stand in tests/models.
It starts every sample from what production reached at the sample before, so that nothing but one
sample's own error is compared. One production run holds all lanes: with and without stimulation,
times no delays, delays on all edges, and delays mixed with none.
"""

import importlib
import importlib.util
import pkgutil
import sys
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np
import pytest
import scipy.sparse

import netmod.models
from netmod.dynamics.noise import scan_key
from netmod.dynamics.parameters import make_parameters, stack
from netmod.dynamics.record import record
from netmod.dynamics.solvers import SOLVERS
from netmod.dynamics.stimulation import Pulse, Sinusoid, Stimulus
from netmod.models import MODELS, Model

# test files are not on the path (importlib mode): this one is known by its name
_spec = importlib.util.spec_from_file_location(
    "scalar_step", Path(__file__).with_name("scalar_step.py")
)
sys.modules["scalar_step"] = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(sys.modules["scalar_step"])
from scalar_step import N, Scalar  # noqa: E402

LANES = 6
RTOL = 1e-12  # a step
STIMULATED = (0, 1, 1, 0, 1, 0)
DELAYED = ("none", "none", "all", "all", "mixed", "mixed")


def every_model():
    """Models by name: the registry, and any file beside it."""
    found = dict(MODELS)
    for file in pkgutil.iter_modules(netmod.models.__path__):
        module = importlib.import_module(f"netmod.models.{file.name}")
        for thing in vars(module).values():
            if isinstance(thing, type) and issubclass(thing, Model) and hasattr(thing, "name"):
                found.setdefault(thing.name, thing())
    return found


EVERY = every_model()


class Case(NamedTuple):
    """What one compiled program is."""

    model: str
    kind: str
    solver: str
    delays: bool
    steps: int  # of a sample; the shortest delay then allows 1, 2 and 3 steps ahead
    coloured: bool
    weights: str
    matrices: str
    hold: bool
    extra_noise: bool

    def __str__(self):
        flags = [
            "delays" if self.delays else "",
            "coloured" if self.coloured else "",
            self.weights,
            self.matrices,
            "hold" if self.hold else "",
        ]
        return "-".join([self.model, self.kind, self.solver, f"{self.steps}", *filter(None, flags)])


CHOICES = {
    "solver": ("heun", "euler", "exponential", "rk4"),
    "delays": (True, False),
    "steps": (1, 3, 4),
    "coloured": (False, True),
    "weights": ("lanes", "shared", "sparse"),
    "matrices": ("one", "each"),
    "hold": (False, True),
    "extra_noise": (False, True),
}
OTHER_KINDS = ("diffusive", "sigmoidal", "sigmoidal_source", "sine")
REPRESENTATIVE = ("montbrio_pazo_roxin", "reduced_wong_wang")


def pairs_of(row):
    return {(i, row[i], j, row[j]) for i in range(len(row)) for j in range(i + 1, len(row))}


def design():
    """Every model with its own coupling and delays; two with every kind; all pairs of choices."""
    rng = np.random.default_rng(7)
    rows = [(EVERY[name], EVERY[name].coupling, True) for name in sorted(EVERY)]
    rows += [
        (EVERY[name], kind, k % 2 == r)
        for r, name in enumerate(REPRESENTATIVE)
        for k, kind in enumerate(OTHER_KINDS)
    ]
    seen, cases = set(), []
    for model, kind, delays in rows:
        candidates = []
        for _ in range(60):
            row = {name: values[rng.integers(len(values))] for name, values in CHOICES.items()}
            row["delays"] = delays
            if len(model.coupling_inputs) == 1:
                row["matrices"] = "one"
            if len(model.states) > 5 and row["solver"] == "rk4":
                continue  # it compiles for long, and the solver does not know the model
            candidates.append(tuple(row.values()))
        best = max(candidates, key=lambda row: len(pairs_of(row) - seen))
        seen |= pairs_of(best)
        cases.append(Case(model.name, kind, *best))
    return cases, seen


CASES, SEEN = design()


def test_the_design_covers_every_pair_of_choices():
    names = list(CHOICES)
    wanted = {
        (i, a, j, b)
        for i in range(len(names))
        for j in range(i + 1, len(names))
        for a in CHOICES[names[i]]
        for b in CHOICES[names[j]]
    }
    assert wanted == SEEN
    assert {c.model for c in CASES} >= set(MODELS)
    assert all(c.delays for c in CASES[: len(EVERY)])
    kinds = {(c.model, c.kind) for c in CASES}
    assert kinds >= {(m, k) for m in REPRESENTATIVE for k in OTHER_KINDS}


class Setting(NamedTuple):
    """A case's numbers."""

    model: Model
    dt_ms: float
    start: tuple  # [state][lane, region]
    weights: np.ndarray  # [lane, matrix, target, source]
    lag_ms: np.ndarray  # [lane, target, source]
    values: list  # by lane, arrays [region]
    keys: np.ndarray
    pulse: tuple  # onset and width, s
    wave: tuple  # frequency, onset, duration, phase
    sizes: np.ndarray  # [stimulus, lane, region]


def setting(case, seed):
    model = EVERY[case.model].coupled(case.kind)
    rng = np.random.default_rng(seed)
    fastest_ms = 1e3 * min(float(t) for t in model.time_constants(model.defaults()).values())
    dt_ms = float(f"{fastest_ms / 25:.1g}")
    dt_s = dt_ms * 1e-3

    start = []
    for s in model.start:
        near = s * rng.uniform(0.9, 1.1, (LANES, N))
        start.append(near if s else rng.normal(0.0, 0.1, (LANES, N)))

    count = len(model.coupling_inputs) if case.matrices == "each" else 1
    weights = rng.uniform(0.2, 1.0, (LANES, count, N, N)) * (rng.random((LANES, 1, N, N)) < 0.8)
    if case.weights != "lanes":
        weights[:] = weights[0]

    shortest = {1: 1.0, 3: 3.0, 4: 2.3}[case.steps]
    lag = shortest + rng.uniform(0.0, 4.5, (LANES, N, N))
    whole = rng.random((LANES, N, N)) < 0.3
    lag[whole] = np.round(lag[whole] + 0.5)
    lag[:, 1, 2] = lag[:, 2, 1] = shortest
    weights[:, :, 1, 2] = weights[:, :, 2, 1] = 0.7
    for lane, which in enumerate(DELAYED):
        if which == "none" or not case.delays:
            lag[lane] = 0.0
        elif which == "mixed":
            lag[lane][rng.random((N, N)) < 0.4] = 0.0
            lag[lane, 1, 2], lag[lane, 2, 3] = shortest, 0.0

    values = []
    for _ in range(LANES):
        chosen = {}
        for name, p in model.parameters.items():
            if not p.whole:
                near = p.default * rng.uniform(0.97, 1.03, N)
                chosen[name] = np.clip(near, p.low, p.high)
                if p.default == 0 and name != "noise_tau":
                    chosen[name] = rng.uniform(0.0, 0.1 * min(p.high, 1.0), N)
        for name, low, high in (
            ("coupling_amplitude", 0.5, 2.0),
            ("coupling_midpoint", -0.5, 0.5),
            ("coupling_slope", 0.5, 2.0),
            ("coupling_lag", -0.5, 0.5),
        ):
            if name in chosen:
                chosen[name] = rng.uniform(low, high, N)
        if case.coloured:
            chosen["noise_tau"] = rng.uniform(5.0, 30.0, N) * dt_s * np.array([1, 0, 1, 1])
        if case.extra_noise:
            chosen[f"noise_sd_{model.states[-1]}"] = rng.uniform(0.01, 0.1, N)
        values.append(chosen)
    sizes = rng.uniform(0.02, 0.1, (2, LANES, N)) * np.array(STIMULATED)[:, None]
    return Setting(
        model, dt_ms, tuple(start), weights, lag * dt_ms, values,
        np.stack([scan_key(seed, str(lane), "oracle") for lane in range(LANES)]),
        (2.3 * dt_s, 4.9 * dt_s), (0.03 / dt_s, 1.6 * dt_s, 6.7 * dt_s, 0.4), sizes,
    )  # fmt: skip


def production(case, s):
    """Traces ``[lane, sample, state, region]`` of the kernel."""
    shape = {"sparse": lambda W: [scipy.sparse.csr_array(w) for w in W]}.get(case.weights)
    lanes = [
        make_parameters(
            s.model,
            shape(s.weights[lane]) if shape else s.weights[lane],
            s.values[lane],
            s.lag_ms[lane] * 1e-3 if case.delays else None,
        )
        for lane in range(LANES)
    ]
    samples = -(-9 // case.steps)
    return record(
        s.model, stack(lanes, shared=case.weights == "shared"), s.start, s.keys,
        duration_s=samples * case.steps * s.dt_ms * 1e-3, dt_ms=s.dt_ms,
        every_ms=case.steps * s.dt_ms, signals=s.model.states, solver=case.solver,
        hold_coupling=case.hold, precision="double",
        stimuli=(
            Stimulus(Pulse(*s.pulse), s.sizes[0]),
            Stimulus(Sinusoid(*s.wave), s.sizes[1]),
        ),
    )  # fmt: skip


def error(got, want, size):
    """Largest error in units of what one step may err by, up to 1."""
    return float(np.max(np.abs(got - want) / (RTOL * np.maximum(np.abs(want), 0.1 * size))))


def quick(case):
    """A case as a test: every model once, and every kind of coupling for one of them."""
    again = case.model == REPRESENTATIVE[1] and case.kind != EVERY[case.model].coupling
    return pytest.param(case, id=str(case), marks=[pytest.mark.slow] if again else [])


@pytest.mark.parametrize("case", [quick(case) for case in CASES])
def test_every_step_equals_the_scalar_program(case):
    s = setting(case, 100 + CASES.index(case))
    traces = production(case, s)
    got = traces.values
    assert got.dtype == np.float64 and traces.divergences == ()
    assert got.shape == (LANES, -(-9 // case.steps), len(s.model.states), N)
    size = np.abs(got).max(axis=(0, 1, 3))[:, None]
    with jax.enable_x64(True):
        lanes = [Scalar(case, s, lane) for lane in range(LANES)]
        for lane, scalar in enumerate(lanes):
            want = scalar.follow(got[lane], case.steps)
            assert error(got[lane], want, size) < case.steps, f"lane {lane}"

        # the comparison sees every part of the program: another one is another answer
        lane = 2 if case.delays else 1
        for part, change in CHANGES.items():
            other = Scalar(case, s, lane)
            if change(other, case):
                want = other.last(lanes[lane].past, len(got[lane]), case.steps)
                assert error(got[lane][-1], want, size) > 1e3 * case.steps, part


def _no_coupling(other, case):
    other.W = 0.5 * other.W
    return True


def _later(other, case):
    other.lag = other.lag + 0.25 * (other.lag > 0)
    return case.delays


def _no_stimulus(other, case):
    # the pulse is over before the last sample; the wave is not
    other.wave = (*other.wave[:3], other.wave[3] + 0.1)
    return True


def _other_noise(other, case):
    other.key = other.key + np.uint32(1)
    other.draw()
    return True


def _whiter(other, case):
    for q in other.p:
        q["noise_tau"] *= 0.5
    other.draw()
    return case.coloured


def _other_solver(other, case):
    names = list(SOLVERS)
    other.solver = names[(names.index(case.solver) + 1) % len(names)]
    leaks = any(float(x) != 0 for q in other.p for x in other.model.leak(q))
    return leaks or {case.solver, other.solver} != {"heun", "exponential"}


CHANGES = {
    "coupling": _no_coupling,
    "delays": _later,
    "stimulus": _no_stimulus,
    "noise": _other_noise,
    "colour": _whiter,
    "solver": _other_solver,
}
