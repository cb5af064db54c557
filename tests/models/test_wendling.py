"""The Wendling column: its six rhythms, its kinship with Jansen-Rit, a scalar form."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import welch

from netmod.models.jansen_rit import JansenRit
from netmod.models.wendling import ACTIVITY_TYPES, Wendling

MODEL = Wendling()
# y0, y1, y2 and their derivatives are the columns that Jansen and Rit have too
SHARED = (0, 1, 2, 5, 6, 7)


def scalar_drift(y, to_E, stimulus, p):
    def S(v):  # noqa: N802 - the published name
        return 2 * p["e0"] / (1 + math.exp(p["r"] * (p["v0"] - v)))

    C1, C2, C3, C4, C5, C6, C7 = (p[f"alpha_{k}"] * p["C"] for k in range(1, 8))

    def block(gain, rate, source, potential, slope):
        return gain * rate * source - 2 * rate * slope - rate**2 * potential

    u = p["p"] + stimulus + p["G"] * to_E
    return (
        *y[5:],
        block(p["A"], p["a"], S(y[1] - y[2] - y[3]), y[0], y[5]),
        block(p["A"], p["a"], u + C2 * S(C1 * y[0]), y[1], y[6]),
        block(p["B"], p["b"], C4 * S(C3 * y[0]), y[2], y[7]),
        block(p["G_fast"], p["g"], C7 * S(C5 * y[0] - C6 * y[4]), y[3], y[8]),
        block(p["B"], p["b"], S(C3 * y[0]), y[4], y[9]),
    )


def _drift(state, p, to_E=0.0):
    return jnp.stack(MODEL.drift(tuple(state), p, (to_E,)))


def test_defaults_are_the_published_constants():
    published = {
        "A": 5.0, "B": 50.0, "G_fast": 15.0, "a": 100.0, "b": 50.0, "g": 500.0, "C": 135.0,
        "e0": 2.5, "v0": 6.0, "r": 0.56, "p": 90.0, "alpha_1": 1.0, "alpha_2": 0.8,
        "alpha_3": 0.25, "alpha_4": 0.25, "alpha_5": 0.3, "alpha_6": 0.1, "alpha_7": 0.8,
    }  # fmt: skip
    defaults = MODEL.defaults()
    assert {name: defaults[name] for name in published} == published


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_drift_equals_the_scalar_equations(seed):
    rng = np.random.default_rng(seed)
    n = 4
    p = {k: q.default * rng.uniform(0.8, 1.2, n) for k, q in MODEL.parameters.items()}
    size = np.array([0.1, 20.0, 15.0, 5.0, 0.5, 5.0, 500.0, 500.0, 500.0, 20.0])
    y = rng.normal(0, 1, (10, n)) * size[:, None]
    to_E, stimulus = rng.normal(0, 5, n), rng.normal(0, 100, n)
    with jax.enable_x64(True):
        got = np.asarray(MODEL.drift(tuple(y), p, (to_E,), stimulus))
        rate = np.asarray(MODEL.rate_hz(tuple(y), p, (to_E,)))
    for i in range(n):
        at = {k: float(v[i]) for k, v in p.items()}
        want = np.array(scalar_drift(y[:, i], to_E[i], stimulus[i], at))
        # a derivative is a small difference of terms near G_fast g C7 S ~ 1e6 mV/s2
        np.testing.assert_allclose(got[:, i], want, rtol=1e-12, atol=1e-12 * 1e6)
        v = y[1, i] - y[2, i] - y[3, i]
        pyramidal = 2 * at["e0"] / (1 + math.exp(at["r"] * (at["v0"] - v)))
        assert rate[i] == pytest.approx(pyramidal, rel=1e-12)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_without_fast_inhibition_it_is_jansen_rit_bit_for_bit(seed):
    rng = np.random.default_rng(seed)
    other = JansenRit()
    p = other.defaults()
    y = rng.normal(0, 1, 10) * np.array([0.1, 20, 15, 0, 0.5, 5, 500, 500, 0, 20])
    with jax.enable_x64(True):
        mine = MODEL.defaults(**{k: p[k] for k in p if k in MODEL.parameters}, G_fast=0.0)
        got = np.asarray(MODEL.drift(tuple(y), mine, (3.0,), 7.0))
        want = np.asarray(other.drift(tuple(y[list(SHARED)]), p, (3.0,), 7.0))
        rates = [float(m.signal("rate", s, p)) for m, s in ((MODEL, y), (other, y[list(SHARED)]))]
    np.testing.assert_array_equal(got[list(SHARED)], want)
    assert got[3] == got[8] == 0.0
    assert rates[0] == rates[1]


def test_start_is_the_rest_of_background_activity():
    with jax.enable_x64(True):
        p = MODEL.defaults()
        state = jnp.array(MODEL.start)
        jacobian = jax.jit(jax.jacfwd(_drift))
        for _ in range(20):
            state = state - jnp.linalg.solve(jacobian(state, p), _drift(state, p))
        np.testing.assert_allclose(state, MODEL.start, atol=2e-3)
        leading = np.linalg.eigvals(np.asarray(jacobian(state, p))).real.max()
    assert leading == pytest.approx(-26.0, abs=0.1)  # measured


@pytest.fixture(scope="module")
def rhythms():
    """Return the six types of activity under published input: amplitude, peak and centroid.

    Input of mean 90 and standard deviation 30 per s drawn every ms, which is held for the two
    Runge-Kutta steps of a ms.
    """
    with jax.enable_x64(True):
        p = {k: np.full(6, v) for k, v in MODEL.defaults().items()}
        for k in ("A", "B", "G_fast"):
            p[k] = np.array([gains[k] for gains in ACTIVITY_TYPES.values()])
        dt = 5e-4

        def advance(y, key):
            q = p | {"p": 90.0 + 30.0 * jax.random.normal(key, (6,))}
            for _ in range(2):
                k1 = _drift(y, q)
                k2 = _drift(y + dt / 2 * k1, q)
                k3 = _drift(y + dt / 2 * k2, q)
                k4 = _drift(y + dt * k3, q)
                y = y + dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
            return y, y[1] - y[2] - y[3]

        keys = jax.random.split(jax.random.key(1), 42000)
        run = jax.jit(lambda k: jax.lax.scan(advance, jnp.zeros((10, 6)), k)[1])
        v = np.asarray(run(keys))[2000:]
    f, power = welch(v, fs=1e3, nperseg=4000, axis=0, detrend="constant")
    band = (f > 0.5) & (f < 100.0)
    f, power = f[band], power[band]
    return {
        name: {
            "mean": v[:, i].mean(),
            "sd": v[:, i].std(),
            "range": np.ptp(v[:, i]),
            "peak": f[power[:, i].argmax()],
            "centroid": (f * power[:, i]).sum() / power[:, i].sum(),
            "spikes": np.count_nonzero(np.diff((v[:, i] > v[:, i].mean() + 4.0).astype(int)) > 0),
        }
        for i, name in enumerate(ACTIVITY_TYPES)
    }


def test_background_is_small_and_slow(rhythms):
    found = rhythms["background"]
    assert found["spikes"] == 0
    assert found["sd"] == pytest.approx(0.24, abs=0.03)  # measured, mV
    assert found["peak"] < 8.0


def test_weaker_slow_inhibition_gives_sporadic_then_sustained_spikes(rhythms):
    sporadic, sustained = rhythms["sporadic_spikes"], rhythms["sustained_spikes"]
    assert 1 <= sporadic["spikes"] <= 30  # measured: 7 in 40 s, a chance event each
    assert sporadic["range"] > 10 * rhythms["background"]["range"]
    assert sustained["spikes"] / 40.0 == pytest.approx(4.475, abs=0.2)  # measured, 1/s
    assert sustained["peak"] == pytest.approx(4.4, abs=0.25)  # measured; published 3-6 Hz
    assert sustained["sd"] == pytest.approx(5.385, abs=0.1)  # measured, mV


def test_weak_slow_inhibition_gives_an_alpha_like_rhythm_without_spikes(rhythms):
    found = rhythms["slow_rhythm"]
    assert found["spikes"] == 0
    assert found["peak"] == pytest.approx(10.4, abs=1.2)  # measured: a broad peak
    assert found["sd"] == pytest.approx(0.254, abs=0.03)  # measured, mV


def test_strong_fast_and_lost_slow_inhibition_give_low_voltage_fast_activity(rhythms):
    found = rhythms["fast_activity"]
    others = [r for name, r in rhythms.items() if name != "fast_activity"]
    assert found["centroid"] > max(r["centroid"] for r in others) + 2.0
    assert found["sd"] < min(r["sd"] for r in others)
    # measured; the resonance is broad (a pair at 17.8 Hz that decays within 15 ms)
    assert found["centroid"] == pytest.approx(16.43, abs=0.5)
    assert found["sd"] == pytest.approx(0.182, abs=0.02)


def test_without_fast_inhibition_the_rhythm_is_nearly_a_sine(rhythms):
    found = rhythms["quasi_sinusoidal"]
    assert found["peak"] == pytest.approx(11.0, abs=0.25)  # measured
    assert found["centroid"] == pytest.approx(found["peak"], abs=0.2)
    assert found["range"] == pytest.approx(2 * math.sqrt(2) * found["sd"], rel=0.25)


def test_resonance_of_fast_activity():
    with jax.enable_x64(True):
        p = MODEL.defaults(**ACTIVITY_TYPES["fast_activity"])
        state = jnp.array([0.2347, 31.5, 12.5808, 8.0495, 0.3728] + [0.0] * 5)
        jacobian = jax.jit(jax.jacfwd(_drift))
        for _ in range(20):
            state = state - jnp.linalg.solve(jacobian(state, p), _drift(state, p))
        found = np.linalg.eigvals(np.asarray(jacobian(state, p)))
    assert found.real.max() < 0
    pair = max((e for e in found if e.imag > 1.0), key=lambda e: e.real)
    assert pair.imag / (2 * np.pi) == pytest.approx(17.8, abs=0.1)  # measured


def test_leak_is_the_damping_of_the_derivatives():
    p = MODEL.defaults()
    with jax.enable_x64(True):
        diagonal = np.diag(np.asarray(jax.jit(jax.jacfwd(_drift))(jnp.array(MODEL.start), p)))
    np.testing.assert_allclose(-diagonal, MODEL.leak(p), atol=1e-12)
    assert MODEL.time_constants(p) == {"1/a": 0.01, "1/b": 0.02, "1/g": 0.002}


def test_signals():
    p = MODEL.defaults()
    state = (0.1, 20.0, 10.0, 4.0) + (0.0,) * 6
    assert MODEL.signal("potential", state, p) == 6.0
    assert MODEL.signal("y3", state, p) == 4.0
    assert float(MODEL.signal("rate", state, p)) == pytest.approx(2.5)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_drift_and_slope_are_finite_over_the_declared_ranges(seed, double):
    rng = np.random.default_rng(seed)
    with jax.enable_x64(double):
        cast = jnp.float64 if double else jnp.float32
        p = {k: cast(rng.uniform(q.low, q.high)) for k, q in MODEL.parameters.items()}
        state = jnp.asarray(rng.normal(0, 300, 10), cast)
        found = _value_and_slope(state, p, cast(rng.uniform(0, 100)))
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(found))


# the slope of the sum: a derivative that is not finite is not finite in the sum either
_value_and_slope = jax.jit(
    lambda s, p, c: (_drift(s, p, c), jax.grad(lambda *at: _drift(*at).sum(), (0, 1))(s, p, c))
)
