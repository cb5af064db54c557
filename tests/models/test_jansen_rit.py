"""The Jansen-Rit column against its bifurcations, its rhythms and a scalar form."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.signal import welch

from netmod.models.jansen_rit import JansenRit

MODEL = JansenRit()


def scalar_drift(y, to_E, stimulus, p):
    def S(v):  # noqa: N802 - the published name
        return 2 * p["e0"] / (1 + math.exp(p["r"] * (p["v0"] - v)))

    y0, y1, y2, y3, y4, y5 = y
    C1, C2, C3, C4 = (p[f"alpha_{k}"] * p["C"] for k in (1, 2, 3, 4))
    u = p["p"] + stimulus + p["G"] * to_E
    return (
        y3,
        y4,
        y5,
        p["A"] * p["a"] * S(y1 - y2) - 2 * p["a"] * y3 - p["a"] ** 2 * y0,
        p["A"] * p["a"] * (u + C2 * S(C1 * y0)) - 2 * p["a"] * y4 - p["a"] ** 2 * y1,
        p["B"] * p["b"] * C4 * S(C3 * y0) - 2 * p["b"] * y5 - p["b"] ** 2 * y2,
    )


def _drift(state, p, to_E=0.0):
    return jnp.stack(MODEL.drift(tuple(state), p, (to_E,)))


def rest(v):
    """The fixed point with pyramidal potential v, and the input p that holds it: published form."""

    def S(u):  # noqa: N802 - the published name
        return 5 / (1 + np.exp(0.56 * (6 - u)))

    y0 = 3.25 / 100 * S(v)
    y2 = 22 / 50 * 33.75 * S(33.75 * y0)
    p = 100 / 3.25 * (v + y2) - 108 * S(135 * y0)
    zero = np.zeros_like(v)
    return np.array([y0, v + y2, y2, zero, zero, zero]), p


@pytest.fixture(scope="module")
def spectrum():
    """Return the Jacobian's eigenvalues at the fixed points of many potentials."""
    base = MODEL.defaults()
    jacobian = jax.jit(jax.vmap(jax.jacfwd(lambda s, p: _drift(s, {**base, "p": p})), (1, 0)))

    def at(v):
        state, p = rest(np.atleast_1d(np.asarray(v, float)))
        with jax.enable_x64(True):
            return np.linalg.eigvals(np.asarray(jacobian(state, p)))

    return at


def test_defaults_are_the_published_constants():
    published = {
        "A": 3.25, "B": 22.0, "a": 100.0, "b": 50.0, "e0": 2.5, "v0": 6.0, "r": 0.56, "C": 135.0,
        "alpha_1": 1.0, "alpha_2": 0.8, "alpha_3": 0.25, "alpha_4": 0.25, "p": 220.0,
    }  # fmt: skip
    defaults = MODEL.defaults()
    assert {name: defaults[name] for name in published} == published


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_drift_equals_the_scalar_equations(seed):
    rng = np.random.default_rng(seed)
    n = 5
    p = {k: q.default * rng.uniform(0.8, 1.2, n) for k, q in MODEL.parameters.items()}
    y = rng.normal(0, 1, (6, n)) * np.array([0.1, 20.0, 15.0, 5.0, 500.0, 500.0])[:, None]
    to_E, stimulus = rng.normal(0, 5, n), rng.normal(0, 100, n)
    with jax.enable_x64(True):
        got = np.asarray(MODEL.drift(tuple(y), p, (to_E,), stimulus))
        rate = np.asarray(MODEL.signal("rate", tuple(y), p))
    for i in range(n):
        at = {k: float(v[i]) for k, v in p.items()}
        want = np.array(scalar_drift(y[:, i], to_E[i], stimulus[i], at))
        # a derivative is a small difference of terms near A a C2 S ~ 1e5 mV/s2
        np.testing.assert_allclose(got[:, i], want, rtol=1e-12, atol=1e-12 * 1e5)
        v = y[1, i] - y[2, i]
        assert rate[i] == pytest.approx(
            2 * at["e0"] / (1 + math.exp(at["r"] * (at["v0"] - v))), rel=1e-12
        )


def test_signals():
    p = MODEL.defaults()
    state = (0.1, 20.0, 14.0, 0.0, 0.0, 0.0)
    assert MODEL.signal("potential", state, p) == 6.0
    assert MODEL.signal("y2", state, p) == 14.0
    # half the largest rate at v0
    assert float(MODEL.signal("rate", state, p)) == pytest.approx(2.5)
    assert float(MODEL.rate_hz(state, p, (0.0,))) == pytest.approx(2.5)
    assert MODEL.observed == "potential" and MODEL.sent == ("rate",)


def test_published_fixed_points_are_rest():
    for v in (-2.0, 3.0, 5.0, 7.5, 12.0):
        state, p = rest(v)
        with jax.enable_x64(True):
            drift = _drift(state, MODEL.defaults() | {"p": float(p)})
        assert np.abs(drift).max() < 1e-9


def test_stability_changes_at_the_published_inputs(spectrum):
    """One fold and three Hopf points along the branch (Grimbert and Faugeras 2006)."""
    v = np.linspace(-3.0, 16.0, 3801)
    stable = spectrum(v).real.max(axis=1) < 0
    changes = np.flatnonzero(stable[:-1] != stable[1:])

    def growth(u):
        return spectrum(u)[0].real.max()

    found = [brentq(growth, v[k], v[k + 1], xtol=1e-13) for k in changes]
    inputs = [float(rest(u)[1]) for u in found]
    assert inputs == pytest.approx([113.586, -12.147, 89.829, 315.696], abs=6e-4)
    leading = [max(spectrum(u)[0], key=lambda e: (round(e.real, 6), e.imag)) for u in found]
    frequency_hz = [e.imag / (2 * np.pi) for e in leading]
    assert frequency_hz[0] == pytest.approx(0.0, abs=1e-6)  # a fold: a real eigenvalue
    assert frequency_hz[2:] == pytest.approx([10.377, 11.164], abs=6e-4)


def test_folds_turn_the_branch():
    v = np.linspace(-3.0, 16.0, 38001)
    p = rest(v)[1]
    slope = np.diff(p)
    turns = p[1:-1][slope[:-1] * slope[1:] < 0]
    assert turns == pytest.approx([113.586, -41.301], abs=6e-4)  # the second measured


@pytest.fixture(scope="module")
def step():
    """Return a Runge-Kutta step in 64 bit, written apart from the package's solvers."""

    def advance(y, p, dt):
        k1 = _drift(y, p)
        k2 = _drift(y + dt / 2 * k1, p)
        k3 = _drift(y + dt / 2 * k2, p)
        k4 = _drift(y + dt * k3, p)
        return y + dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4)

    return advance


def test_limit_cycle_frequencies(step):
    inputs = np.array([120.0, 150.0, 200.0, 220.0, 250.0, 300.0])
    # near the Hopf points transients last for seconds
    dt, steps, settle = 1e-3, 25000, 20000
    with jax.enable_x64(True):
        p = MODEL.defaults() | {"p": inputs}
        start = jnp.tile(jnp.array(MODEL.start)[:, None], (1, 6)) * 1.05
        run = jax.jit(
            lambda s: jax.lax.scan(
                lambda y, _: (step(y, p, dt), y[1] - y[2]), s, None, length=steps
            )[1]
        )
        v = np.asarray(run(start))[settle:]
    found = []
    for lane in (v - v.mean(axis=0)).T:
        up = np.flatnonzero((lane[:-1] < 0) & (lane[1:] >= 0))
        crossing = up - lane[up] / (lane[up + 1] - lane[up])
        found.append((len(crossing) - 1) / ((crossing[-1] - crossing[0]) * dt))
    # measured; halving the step twice moves no digit
    settled = [10.4683, 10.6231, 10.8625, 10.9380, 11.0296, 11.1373]
    assert found == pytest.approx(settled, abs=2e-4)
    # of the row as it stands in the plan, whose outer values carry a rest of the transient
    assert found == pytest.approx([10.464, 10.623, 10.863, 10.939, 11.029, 11.135], abs=5e-3)


def test_random_input_gives_the_alpha_rhythm(step):
    """Uniform input between 120 and 320 per s, drawn every ms, as Jansen and Rit: near 10.8 Hz."""
    dt, lanes = 1e-3, 16
    with jax.enable_x64(True):
        base = MODEL.defaults()

        def advance(y, key):
            p = jax.random.uniform(key, (lanes,), minval=120.0, maxval=320.0)
            return step(y, base | {"p": p}, dt), y[1] - y[2]

        start = jnp.tile(jnp.array(MODEL.start)[:, None], (1, lanes))
        keys = jax.random.split(jax.random.key(4), 34000)
        v = np.asarray(jax.jit(lambda s, k: jax.lax.scan(advance, s, k)[1])(start, keys))[2000:]
    f, power = welch(v, fs=1 / dt, nperseg=8000, axis=0, detrend="constant")
    power = power.mean(axis=1)
    near = slice(np.argmax(power) - 4, np.argmax(power) + 5)
    peak = (f * power)[near].sum() / power[near].sum()
    assert peak == pytest.approx(10.8, abs=0.15)
    assert peak == pytest.approx(10.74, abs=0.05)  # measured, over two seeds and four windows


def test_coupling_and_stimulus_enter_as_input():
    state = tuple(np.float32(MODEL.start))
    p = MODEL.defaults(G=10.0)
    plain = MODEL.drift(state, p | {"p": 250.0}, (0.0,))
    np.testing.assert_allclose(MODEL.drift(state, p, (2.0,), 10.0), plain, rtol=1e-6)


def test_leak_is_the_damping_of_the_derivatives():
    p = MODEL.defaults()
    with jax.enable_x64(True):
        diagonal = np.diag(np.asarray(jax.jit(jax.jacfwd(_drift))(jnp.array(MODEL.start), p)))
    np.testing.assert_allclose(-diagonal, MODEL.leak(p), atol=1e-12)
    assert MODEL.time_constants(p) == {"1/a": 0.01, "1/b": 0.02}


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_drift_and_slope_are_finite_over_the_declared_ranges(seed, double):
    rng = np.random.default_rng(seed)
    with jax.enable_x64(double):
        cast = jnp.float64 if double else jnp.float32
        p = {k: cast(rng.uniform(q.low, q.high)) for k, q in MODEL.parameters.items()}
        state = jnp.asarray(rng.normal(0, 300, 6), cast)
        found = _value_and_slope(state, p, cast(rng.uniform(0, 100)))
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(found))


# the slope of the sum: a derivative that is not finite is not finite in the sum either
_value_and_slope = jax.jit(
    lambda s, p, c: (_drift(s, p, c), jax.grad(lambda *at: _drift(*at).sum(), (0, 1))(s, p, c))
)
