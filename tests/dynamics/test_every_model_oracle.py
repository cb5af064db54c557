"""Every model in a network against a scalar program: one region, one edge, one number at a time.

The scalar program knows the equations of the network (coupling, delays, stimulation, noise,
solvers) but takes the local drift from the model, whose own scalar oracles stand in tests/models.
It starts every sample from what production reached at the sample before, so that nothing but one
sample's own error is compared. One production run holds all lanes: with and without stimulation,
times no delays, delays on all edges, and delays mixed with none.
"""

import importlib
import math
import pkgutil
from functools import lru_cache
from typing import NamedTuple

import jax
import numpy as np
import pytest
import scipy.sparse

import netmod.models
from netmod.dynamics.noise import normal_pair, scan_key
from netmod.dynamics.parameters import make_parameters, stack
from netmod.dynamics.record import record
from netmod.dynamics.solvers import SOLVERS
from netmod.dynamics.stimulation import Pulse, Sinusoid, Stimulus
from netmod.models import MODELS, Model

N, LANES = 4, 6
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


# compiled, as in the kernel: the last bit of a single-precision normal depends on it
_pair = jax.jit(normal_pair)


def normals(key, pair, steps):
    """Single-precision normals ``[region][step](first, second)`` of a pair of states."""
    region = np.arange(N, dtype=np.uint32) + np.uint32(pair * 2**24)
    drawn = _pair((key[0], key[1]), region[:, None], np.asarray(steps, np.uint32)[None, :])
    return np.stack([np.asarray(d) for d in drawn], axis=-1).astype(float)


@lru_cache
def local(model):
    """The model's own functions of one region's numbers, compiled only to be quick."""
    return jax.jit(model.drift), jax.jit(model.signal, static_argnums=0)


class Scalar:
    """One lane of a network, with Python loops over regions, edges and states."""

    def __init__(self, case, s, lane):
        self.model, self.kind, self.solver, self.hold = s.model, case.kind, case.solver, case.hold
        self.dt = s.dt_ms * 1e-3
        full = make_parameters(s.model, s.weights[lane], s.values[lane]).values
        self.p = [{k: v[i] for k, v in full.items()} for i in range(N)]
        self.W, self.lag = s.weights[lane], s.lag_ms[lane] / s.dt_ms
        self.pulse, self.wave, self.sizes = s.pulse, s.wave, s.sizes[:, lane]
        self.names = s.model.states
        self.noisy = [
            k for k, n in enumerate(self.names) if n in s.model.noise_on or f"noise_sd_{n}" in full
        ]
        self.key = s.keys[lane]
        self.local_drift, self.local_signal = local(s.model)
        self.known = {}
        # past[k][region] is the state after k steps; before time 0 it was the start
        self.past = {0: [tuple(x[lane, i] for x in s.start) for i in range(N)]}
        self.steps = 40
        self.draw()

    def draw(self):
        """Draw all white noise; start the coloured one."""
        steps = [*range(self.steps), 2**32 - 1]
        z = {pair: normals(self.key, pair, steps) for pair in {k // 2 for k in self.noisy}}
        self.z = [
            [{k: z[k // 2][i, t, k % 2] for k in self.noisy} for i in range(N)]
            for t in range(len(steps))
        ]
        self.colour = {0: [{k: self.stationary(i, k) for k in self.noisy} for i in range(N)]}

    def sd(self, i, k):
        return self.p[i].get(f"noise_sd_{self.names[k]}", self.p[i]["noise_sd"])

    def stationary(self, i, k):
        tau = self.p[i]["noise_tau"]
        return self.sd(i, k) / math.sqrt(2 * tau) * self.z[-1][i][k] if tau > 0 else 0.0

    def increments(self, t):
        """Noise of step t, and the coloured noise after it."""
        dw, after = [[0.0] * len(self.names) for _ in range(N)], [{} for _ in range(N)]
        for i in range(N):
            tau = self.p[i]["noise_tau"]
            for k in self.noisy:
                z, old = self.z[t][i][k], self.colour[t][i][k]
                if tau == 0:
                    dw[i][k], after[i][k] = self.sd(i, k) * math.sqrt(self.dt) * z, 0.0
                    continue
                spread = math.sqrt(-math.expm1(-2 * self.dt / tau) / (2 * tau))
                after[i][k] = math.exp(-self.dt / tau) * old + self.sd(i, k) * spread * z
                dw[i][k] = self.dt * (old + after[i][k]) / 2
        self.colour[t + 1] = after
        return dw

    def stimulus(self, t):
        """Mean over step t of the pulse and of the sine wave, at every region."""
        a, b = t * self.dt, (t + 1) * self.dt
        on, width = self.pulse
        overlap = max(0.0, min(b, on + width) - max(a, on))
        f, on, length, phase = self.wave
        a, b = max(0.0, a - on), min(length, b - on)
        turn = 2 * math.pi * f
        area = (math.cos(turn * a + phase) - math.cos(turn * b + phase)) / turn if b > a else 0.0
        mean = overlap / self.dt, area / self.dt
        return [
            sum(m * size[i] for m, size in zip(mean, self.sizes, strict=True)) for i in range(N)
        ]

    def sent(self, name, j, y):
        """The transmitted variable of region j in a state, as a float."""
        if name in self.names:
            return float(y[self.names.index(name)])
        if (name, j, y) not in self.known:
            self.known[name, j, y] = float(self.local_signal(name, y, self.p[j]))
        return self.known[name, j, y]

    def heard(self, name, i, j, t, s, y, base):
        """The moments of source j that target i hears: (share, its transmitted variable)."""
        lag = self.lag[i, j]
        if lag == 0:
            return [(1.0, self.sent(name, j, base[j] if self.hold else y[j]))]
        # at the fraction s of a step, the straight line between both ends of the step
        moments = []
        for share, end in ((1.0 - s, t), (s, t + 1)):
            when = end - lag
            low = math.floor(when + 1e-9)
            part = when - low if abs(when - low) > 1e-9 else 0.0
            moments += [(share * (1.0 - part), low), (share * part, low + 1)]
        return [
            (share, self.sent(name, j, self.past[max(k, 0)][j])) for share, k in moments if share
        ]

    def gate(self, x, j):
        q = self.p[j]
        e = math.exp(-q["coupling_slope"] * (x - q["coupling_midpoint"]))
        return q["coupling_amplitude"] / (1.0 + e)

    def input(self, c, i, t, s, y, base):
        """Coupling input c of region i."""
        name = self.model.transmitted[c]
        W = self.W[c if len(self.W) > 1 else 0]
        own, total = self.sent(name, i, y[i]), 0.0
        for j in range(N):
            if W[i, j] == 0:
                continue
            for share, x in self.heard(name, i, j, t, s, y, base):
                if self.kind == "diffusive":
                    x = x - own
                elif self.kind == "sigmoidal_source":
                    x = self.gate(x, j)
                elif self.kind == "sine":
                    x = math.sin(x - own - self.p[i]["coupling_lag"])
                total += W[i, j] * share * x
        return self.gate(total, i) if self.kind == "sigmoidal" else total

    def drift(self, y, t, s, base, stimulus):
        slopes = []
        for i in range(N):
            inputs = [
                np.float64(self.input(c, i, t, s, y, base))
                for c in range(len(self.model.transmitted))
            ]
            slopes.append(
                [float(d) for d in self.local_drift(y[i], self.p[i], inputs, stimulus[i])]
            )
        return slopes

    def step(self, t):
        """Append the state after step t."""
        y, dt, S = self.past[t], self.dt, range(len(self.names))
        dw, u = self.increments(t), self.stimulus(t)

        def slope(x, s):
            return self.drift(x, t, s, y, u)

        def moved(parts, noise):
            """``y`` plus weighted slopes plus a share of the noise."""
            return [
                tuple(
                    np.float64(y[i][k] + sum(h * f[i][k] for h, f in parts) + noise * dw[i][k])
                    for k in S
                )
                for i in range(N)
            ]

        first = slope(y, 0.0)
        if self.solver == "euler":
            new = moved([(dt, first)], 1.0)
        elif self.solver == "heun":
            second = slope(moved([(dt, first)], 1.0), 1.0)
            new = moved([(dt / 2, first), (dt / 2, second)], 1.0)
        elif self.solver == "rk4":
            second = slope(moved([(dt / 2, first)], 0.5), 0.5)
            third = slope(moved([(dt / 2, second)], 0.5), 0.5)
            fourth = slope(moved([(dt, third)], 1.0), 1.0)
            new = moved([(dt / 6, first), (dt / 3, second), (dt / 3, third), (dt / 6, fourth)], 1.0)
        else:
            new = self.exponential(y, first, slope, dw)
        self.past[t + 1] = [
            tuple(np.float64(x) for x in self.model.clip(tuple(row))) for row in new
        ]

    def exponential(self, y, first, slope, dw):
        dt, S = self.dt, range(len(self.names))
        leak = [[float(x) for x in self.model.leak(self.p[i])] for i in range(N)]
        rest = [[first[i][k] + leak[i][k] * y[i][k] for k in S] for i in range(N)]
        guess = [
            tuple(
                np.float64(
                    phi(0, -leak[i][k] * dt) * y[i][k]
                    + phi(1, -leak[i][k] * dt) * dt * rest[i][k]
                    + math.sqrt(phi(1, -2 * leak[i][k] * dt)) * dw[i][k]
                )
                for k in S
            )
            for i in range(N)
        ]
        second = slope(guess, 1.0)
        return [
            tuple(
                np.float64(
                    guess[i][k]
                    + phi(2, -leak[i][k] * dt)
                    * dt
                    * (second[i][k] + leak[i][k] * guess[i][k] - rest[i][k])
                )
                for k in S
            )
            for i in range(N)
        ]

    def follow(self, trace, steps):
        """Predict samples ``[sample, state, region]``, each from the trace's one before."""
        predicted = []
        for sample in range(len(trace)):
            last = sample * steps
            if sample:
                self.past[last] = rows(trace[sample - 1])
            for t in range(last, last + steps):
                self.step(t)
            predicted.append(np.array(self.past[last + steps]).T)
        return np.array(predicted)

    def last(self, past, samples, steps):
        """Predict the last sample ``[state, region]`` from what came before."""
        first = (samples - 1) * steps
        self.past = {t: y for t, y in past.items() if t <= first}
        for t in range(first):
            self.increments(t)
        for t in range(first, first + steps):
            self.step(t)
        return np.array(self.past[first + steps]).T


def rows(sample):
    """``[state, region]`` as a list by region of tuples."""
    return [tuple(np.float64(x) for x in sample[:, i]) for i in range(N)]


def phi(order, z):
    """The phi functions by their series."""
    return sum(z**k / math.factorial(k + order) for k in range(30))


def error(got, want, size):
    """Largest error in units of what one step may err by, up to 1."""
    return float(np.max(np.abs(got - want) / (RTOL * np.maximum(np.abs(want), 0.1 * size))))


@pytest.mark.parametrize("case", CASES, ids=str)
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
