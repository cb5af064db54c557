"""The batch: bytes do not depend on company, order, chunks or devices; forms of a network agree."""

import os
import subprocess
import sys
from functools import lru_cache
from typing import ClassVar, NamedTuple

import numpy as np
import pytest
import scipy.sparse

from netmod.dynamics import run
from netmod.dynamics.delays import conduction_delays
from netmod.dynamics.divergence import Divergence
from netmod.dynamics.noise import scan_key
from netmod.dynamics.parameters import make_parameters, stack
from netmod.dynamics.record import record
from netmod.dynamics.simulate import Scan, simulate
from netmod.dynamics.stimulation import Pulse, Sinusoid, Stimulus
from netmod.models import Model, Parameter
from netmod.models.jansen_rit import JansenRit
from netmod.models.montbrio_pazo_roxin import MontbrioPazoRoxin
from netmod.models.ornstein_uhlenbeck import OrnsteinUhlenbeck
from netmod.models.reduced_wong_wang import ReducedWongWang
from netmod.models.subcritical_hopf import SubcriticalHopf

LANES, N = 6, 5
DT_MS = {
    "ornstein_uhlenbeck": 10.0,
    "montbrio_pazo_roxin": 0.1,
    "subcritical_hopf": 0.1,
    "jansen_rit": 0.5,
    "reduced_wong_wang": 1.0,
}
MODELS = {
    m.name: m
    for m in (
        OrnsteinUhlenbeck(),
        MontbrioPazoRoxin(),
        SubcriticalHopf(),
        JansenRit(),
        ReducedWongWang(),
    )
}  # 1, 2, 3, 6 and 2 states


def slow(*values):
    """Mark what checks the same as its neighbours and compiles programs of its own."""
    return pytest.param(*values, marks=pytest.mark.slow)


FOUR = ["ornstein_uhlenbeck", slow("montbrio_pazo_roxin"), slow("subcritical_hopf"), "jansen_rit"]


class Batch(NamedTuple):
    """Lanes of one model, each with weights, delays, noise and stimulation of its own."""

    model: Model
    dt_ms: float
    lanes: list
    start: tuple
    keys: np.ndarray
    pattern: np.ndarray

    def chosen(self, lanes):
        """Return another selection of the lanes."""
        lanes = list(lanes)
        return self._replace(
            lanes=[self.lanes[k] for k in lanes],
            start=tuple(s[lanes] for s in self.start),
            keys=self.keys[lanes],
            pattern=self.pattern[lanes],
        )

    def stimuli(self):
        dt_s = self.dt_ms * 1e-3
        return (
            Stimulus(Pulse(2.3 * dt_s, 3.1 * dt_s), self.pattern),
            Stimulus(Sinusoid(0.02 / dt_s, 4.4 * dt_s, 30 * dt_s), 0.5 * self.pattern),
        )

    def record(self, *, steps=20, every=2, shared=False, parameters=None, **options):
        every_ms = every * self.dt_ms
        return record(
            self.model,
            stack(self.lanes, shared=shared) if parameters is None else parameters,
            self.start, self.keys, duration_s=steps * self.dt_ms * 1e-3, dt_ms=self.dt_ms,
            every_ms=every_ms, signals=self.model.states, stimuli=self.stimuli(), **options,
        )  # fmt: skip


@lru_cache
def batch(name, seed=1, *, coloured=True, delayed=True):
    """Lanes with delays of 2 to 6.5 steps, some edges without; lags of one layout in all lanes."""
    model, dt_ms = MODELS[name], DT_MS[name]
    dt_s = dt_ms * 1e-3
    rng = np.random.default_rng(seed)
    lanes = []
    for _ in range(LANES):
        weights = rng.uniform(0.1, 1.0, (len(model.coupling_inputs), N, N)) / N
        weights *= rng.random((N, N)) < 0.7
        lag = rng.uniform(2.0, 6.5, (N, N)) * (rng.random((N, N)) < 0.7)
        lag[0, 1], lag[2, 3], lag[1, 0] = 2.0, 6.5, 0.0
        weights[:, (0, 2, 1), (1, 3, 0)] = 0.2
        values = {
            "noise_sd": model.parameters["noise_sd"].default * rng.uniform(0.5, 1.0, N),
            "noise_tau": rng.uniform(5, 20, N) * dt_s * (np.arange(N) > 0) * coloured,
        }
        lanes.append(make_parameters(model, weights, values, lag * dt_s if delayed else None))
    start = tuple(s + rng.normal(0, 0.01, (LANES, N)) for s in model.start)
    keys = np.stack([scan_key(seed, str(k), model.name) for k in range(LANES)])
    return Batch(model, dt_ms, lanes, start, keys, rng.uniform(0.0, 0.05, (LANES, N)))


def bits(x):
    assert np.isfinite(x).all()
    return x.view({4: np.uint32, 8: np.uint64}[x.itemsize])


def assert_same(got, want):
    np.testing.assert_array_equal(bits(got), bits(want))


@lru_cache
def together(name):
    return batch(name).record().values


COMPANY = [
    [0, 1, 2, 3, 4, 5], [3], [5, 0], [4, 2, 5, 0, 3, 1], range(4), [1] * 7,
    [k % 6 for k in range(17)],
]  # fmt: skip
"""Rerun, one alone, more than there are; in order and not."""


@pytest.mark.parametrize("name", [*FOUR[:3], slow(FOUR[3])])
def test_lanes_know_nothing_of_each_other(name):
    b, want = batch(name), together(name)
    assert want.shape == (LANES, 10, len(b.model.states), N)
    assert len(np.unique(want[:, -1, 0, 0])) == LANES
    for lanes in COMPANY:
        assert_same(b.chosen(lanes).record().values, want[list(lanes)])


@pytest.mark.parametrize("name", ["reduced_wong_wang", slow("jansen_rit")])
def test_undelayed_lanes_are_the_same_bits_in_any_number(name):
    b = batch(name, delayed=False)
    want = b.record().values
    for lanes in COMPANY:
        assert_same(b.chosen(lanes).record().values, want[list(lanes)])


@pytest.mark.parametrize("delayed", [False, True])
def test_lanes_on_shared_weights_know_nothing_of_each_other(delayed):
    b = batch("montbrio_pazo_roxin", 2, delayed=delayed)
    first = b.lanes[0].weights
    b = b._replace(lanes=[p.replace(weights=first) for p in b.lanes])
    want = b.record(shared=True).values
    for lanes in ([2], [5, 3, 1, 0, 2, 4], [4, 4, 1]):
        assert_same(b.chosen(lanes).record(shared=True).values, want[list(lanes)])
    np.testing.assert_allclose(b.record().values, want, rtol=1e-5, atol=1e-5)


def mixed(kind):
    """A batch whose lanes alone would need less: no colour, no delays, whole or longer delays."""
    b = batch("montbrio_pazo_roxin")
    dt_s = b.dt_ms * 1e-3
    first, others = b.lanes[0], b.lanes[1:]
    if kind == "white":
        first = first.replace(noise_tau=np.zeros(N))
    else:
        lag = first.delays_s / dt_s
        lag = {
            "undelayed": 0.0 * lag,
            "whole": np.round(lag),
            "longer": lag + 3.0 * (lag > 0),
            "longest": 5.0 * lag,
        }[kind]
        first = first._replace(delays_s=lag * dt_s)
    return b._replace(lanes=[first, *others])


@pytest.mark.parametrize("shared", [slow(False), True])
def test_delayed_lanes_of_a_wide_tile_are_lanes_alone(monkeypatch, shared):
    """A GPU steps lanes with delays in common together: one weight for all of them, or one each."""
    b = batch("montbrio_pazo_roxin", 2)
    first = b.lanes[0]
    lanes = [p._replace(delays_s=first.delays_s) for p in b.lanes]
    if shared:
        lanes = [p.replace(weights=first.weights) for p in lanes]
    b = b._replace(lanes=lanes)
    alone = b.record(shared=shared, precision="double").values
    monkeypatch.setattr(run, "tile_width", lambda *_, **__: 4)
    together = b.record(shared=shared, precision="double").values
    np.testing.assert_allclose(together, alone, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(
    "kind", [slow("white"), "undelayed", slow("whole"), slow("longer"), slow("longest")]
)
def test_a_lane_is_the_same_beside_lanes_that_need_more(kind):
    """Another program may round otherwise; in double precision that is all it may do."""
    b = mixed(kind)
    both = b.chosen([0, 1]).record(precision="double").values
    for lane in (0, 1):
        alone = b.chosen([lane]).record(precision="double").values[0]
        np.testing.assert_allclose(both[lane], alone, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("name", ["ornstein_uhlenbeck", slow("jansen_rit")])
def test_chunks_of_a_trace_are_the_same_bits(name):
    b = batch(name)
    whole = together(name)
    for samples in (5, 2, 4) if name == "jansen_rit" else (5, 2):
        # 2 chunks, 5 chunks, and 3 of which the last is shorter
        got = b.record(chunk_s=samples * 2 * b.dt_ms * 1e-3)
        assert_same(got.values, whole)
    np.testing.assert_allclose(got.time_s, np.arange(1, 11) * 2 * b.dt_ms * 1e-3)


@pytest.mark.parametrize("name", ["reduced_wong_wang", slow("ornstein_uhlenbeck")])
def test_chunks_of_a_scan_are_the_same_bits(name):
    b = batch(name)
    scan = Scan(0.16, 0.02, 0.04, dt_ms=b.dt_ms)

    def run(chunk_s):
        return simulate(
            b.model, stack(b.lanes), b.start, b.keys, scan, stimuli=b.stimuli(), chunk_s=chunk_s
        )

    whole = run(None)
    assert whole.finite.all() and whole.bold.shape == (LANES, 8, N)
    assert len(np.unique(whole.bold[:, -1, 0])) == LANES
    for chunk_s in (0.1, 0.04):  # 2 chunks, 5 chunks
        got = run(chunk_s)
        assert_same(got.bold, whole.bold)
        np.testing.assert_array_equal(got.rate_hz, whole.rate_hz)


@pytest.mark.parametrize("kind", ["personal", slow("shared"), slow("delayed")])
def test_places_left_over_change_no_bit_of_a_scan(kind):
    b = batch("reduced_wong_wang", 2, delayed=kind == "delayed")
    if kind == "shared":
        b = b._replace(lanes=[p.replace(weights=b.lanes[0].weights) for p in b.lanes])
    scan = Scan(0.16, 0.02, 0.04, dt_ms=b.dt_ms)

    def run(lanes, room):
        some = b.chosen(lanes)
        networks = stack(some.lanes, shared=kind == "shared")
        return simulate(b.model, networks, some.start, some.keys, scan, room=room)

    want = run(range(LANES), LANES)
    for lanes in ([0, 1, 2], [4], [5, 3, 1, 0]):
        got = run(lanes, LANES)
        assert_same(got.bold, want.bold[lanes])
        np.testing.assert_array_equal(got.rate_hz, want.rate_hz[lanes])
        assert got.finite.shape == (len(lanes),) and got.finite.all()


@pytest.mark.parametrize("how", ["zeros", "infinite velocity", "no edges"])
def test_zero_delays_are_the_undelayed_path(how):
    b = batch("montbrio_pazo_roxin", 2, delayed=False)
    delays_s = {
        "zeros": np.zeros((N, N)),
        "infinite velocity": conduction_delays(np.full((N, N), 80.0), np.inf),
        "no edges": np.full((N, N), 1e-6),
    }[how]
    lanes = b.lanes
    if how == "no edges":
        lanes = [p.replace(weights=0.0 * p.weights) for p in lanes]
    delayed = [p._replace(delays_s=delays_s) for p in lanes]
    want = b._replace(lanes=lanes).record().values
    assert_same(b._replace(lanes=delayed).record().values, want)


@pytest.mark.parametrize("precision", [slow("single"), "double"])
@pytest.mark.parametrize("delayed", [False, True])
def test_sparse_equals_dense(delayed, precision):
    b = batch("montbrio_pazo_roxin", 3, delayed=delayed)
    one = b.lanes[0]
    assert (one.weights == 0).any()
    dense = b._replace(lanes=[p.replace(weights=one.weights) for p in b.lanes])
    sparse = [scipy.sparse.csr_array(w) for w in one.weights]
    lanes = [make_parameters(b.model, sparse, p.values, p.delays_s) for p in b.lanes]
    want = dense.record(precision=precision).values
    got = b._replace(lanes=lanes).record(precision=precision).values
    scale = np.abs(want).max(axis=(0, 1, 3), keepdims=True)
    rtol = {"single": 1e-6, "double": 1e-12}[precision]
    assert (np.abs(got - want) / np.maximum(np.abs(want), 0.1 * scale)).max() < rtol * 20


@pytest.mark.parametrize("name", [*FOUR[:3], slow(FOUR[3])])
def test_single_precision_is_near_double_with_the_same_noise(name):
    b = batch(name)
    double = b.record(precision="double").values
    assert double.dtype == np.float64
    scale = np.abs(double).max(axis=(0, 1, 3), keepdims=True)
    # 20 steps, each rounding the state and its increment
    assert (np.abs(together(name) - double) / scale).max() < 20 * 2**-22
    other = b._replace(keys=b.keys[::-1]).record(precision="double").values
    assert (np.abs(other - double) / scale).max() > 1e-3


@pytest.mark.slow
def test_a_sweep_of_velocities_equals_single_runs():
    b = batch("montbrio_pazo_roxin")
    lengths_mm = np.random.default_rng(3).uniform(10.0, 60.0, (N, N))
    lanes = [
        b.lanes[0]._replace(delays_s=conduction_delays(lengths_mm, v)) for v in (30.0, 60.0, 100.0)
    ]
    swept = b.chosen([0, 0, 0])._replace(lanes=lanes)
    got = swept.record(precision="double").values
    assert np.abs(got[0] - got[1]).max() > 1e-8 and np.abs(got[1] - got[2]).max() > 1e-8
    for lane in range(3):
        alone = swept.chosen([lane]).record(precision="double").values[0]
        np.testing.assert_allclose(got[lane], alone, rtol=1e-12, atol=1e-13)


class Cubic(Model):
    """``x' = x**3 + u``, ``y' = -y``: Euler's steps grow without bound from a large start."""

    name = "cubic"
    states = ("y", "x")
    coupling_inputs = ("to_x",)
    transmitted = ("x",)
    noise_on = ()
    observed = "x"
    start = (0.5, 0.1)
    parameters: ClassVar = {"noise_sd": Parameter(0.0, "1/sqrt(s)", 0.0, 1.0, "Noise", "test")}

    def drift(self, state, parameters, coupling, stimulus=0.0):
        y, x = state
        return -y, x * x * x + coupling[0] + stimulus


CUBIC = Cubic()
BAD_LANE, BAD_REGION, X0 = 4, 2, np.float32(12.0)


def scalar_blow_up():
    """Steps after which float32 Euler of ``x' = x**3`` at 1 ms is not finite."""
    x, step = X0, 0
    with np.errstate(over="ignore"):
        while np.isfinite(x):
            x, step = np.float32(x + np.float32(1e-3) * (x * x * x)), step + 1
    return step


def cubic_run(how, *, poisoned=True, delays=False, **options):
    weights = np.full((3, 3), 0.1)
    weights[BAD_REGION] = 0.0  # nothing reaches the region that blows up
    p = make_parameters(CUBIC, weights, None, np.full((3, 3), 3.5e-3) if delays else None)
    start = np.full((7, 3), 0.5), np.random.default_rng(5).uniform(0.05, 0.2, (7, 3))
    if poisoned:
        start[1][BAD_LANE, BAD_REGION] = X0
    keys = np.zeros((7, 2), np.uint32)
    if how == "scan":
        scan = Scan(0.08, 0.02, 0.0, dt_ms=1.0, solver="euler")
        return simulate(CUBIC, stack([p] * 7), start, keys, scan, **options)
    return record(
        CUBIC, stack([p] * 7), start, keys, duration_s=0.08, dt_ms=1.0, every_ms=4.0,
        signals=CUBIC.states, solver="euler", **options,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("how", "options"),
    [
        ("trace", {}),
        slow("trace", {"chunk_s": 0.016}),
        ("trace", {"delays": True}),
        slow("scan", {}),
        ("scan", {"chunk_s": 0.04}),
    ],
    ids=["trace", "trace-chunks", "trace-delays", "scan", "scan-chunks"],
)
def test_a_diverging_lane_is_named_and_harms_no_other(how, options):
    step = scalar_blow_up()
    assert 8 < step < 60 and step % 4
    got, clean = cubic_run(how, **options), cubic_run(how, poisoned=False, **options)
    want = Divergence(BAD_LANE, step, pytest.approx(step * 1e-3), BAD_REGION, "x")
    assert got.divergences == (want,)
    assert str(got.divergences[0]) == (
        f"lane 5 diverged: x of region 3 is not finite after step {step} ({step * 1e-3:g} s)"
    )
    assert clean.divergences == ()
    others = [k for k in range(7) if k != BAD_LANE]
    if how == "scan":
        assert_same(got.bold[others], clean.bold[others])
        assert list(np.flatnonzero(~got.finite)) == [BAD_LANE]
    else:
        assert_same(got.values[others], clean.values[others])
        bad = ~np.isfinite(got.values[BAD_LANE]).all(axis=(1, 2))
        assert int(np.argmax(bad)) == step // 4


def test_a_region_that_overflows_inside_a_step_is_the_one_named():
    """Heun's predictor overflows in a region that sends to no other."""
    weights = np.zeros((3, 3))
    weights[0, 1] = weights[1, 0] = 0.1
    p = make_parameters(CUBIC, weights)
    start = np.full((2, 3), 0.5), np.full((2, 3), 0.1)
    start[1][1, BAD_REGION] = 1e14
    got = record(
        CUBIC, stack([p] * 2), start, np.zeros((2, 2), np.uint32), duration_s=0.08, dt_ms=1.0,
        every_ms=4.0, signals=CUBIC.states, solver="heun",
    )  # fmt: skip
    assert got.divergences == (Divergence(1, 1, pytest.approx(1e-3), BAD_REGION, "x"),)


PROGRAM = """
import hashlib, sys
import numpy as np
from netmod.dynamics.devices import prepare_devices

devices = prepare_devices(jobs=int(sys.argv[1]))
from netmod.dynamics.noise import scan_key
from netmod.dynamics.parameters import make_parameters, stack
from netmod.dynamics.record import record
from netmod.dynamics.stimulation import Pulse, Stimulus
from netmod.models.montbrio_pazo_roxin import MontbrioPazoRoxin

rng = np.random.default_rng(1)
model, n, lanes = MontbrioPazoRoxin(), 5, 11
networks = [
    make_parameters(
        model, rng.uniform(0, 0.3, (2, n, n)), {"noise_tau": rng.uniform(1e-3, 2e-3, n)},
        rng.uniform(2e-4, 1e-3, (n, n)) * (rng.random((n, n)) < 0.8),
    )
    for _ in range(lanes)
]
start = tuple(np.full((lanes, n), s) for s in model.start)
keys = np.stack([scan_key(1, str(k), "t") for k in range(lanes)])
stimuli = (Stimulus(Pulse(0.00042, 0.001), rng.uniform(0, 1, (lanes, n))),)
got = record(
    model, stack(networks), start, keys, duration_s=0.01, dt_ms=0.1, every_ms=0.5,
    signals=model.states, stimuli=stimuli, chunk_s=0.005,
)
assert np.isfinite(got.values).all() and got.divergences == ()
print(len(devices), hashlib.sha256(got.values.tobytes()).hexdigest())
"""


@pytest.mark.slow
def test_two_devices_give_the_bytes_of_one_with_delays_stimuli_and_colour():
    clean = {
        k: v
        for k, v in os.environ.items()
        if k not in {"XLA_FLAGS", "JAX_NUM_CPU_DEVICES", "JAX_PLATFORMS"}
    }

    def run(jobs):
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", PROGRAM, str(jobs)],
            capture_output=True, text=True, check=False, env=clean,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout.split()

    (one, alone), (two, shared) = run(1), run(2)
    assert (one, two) == ("1", "2")
    assert alone == shared
