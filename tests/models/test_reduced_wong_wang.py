"""The reduced Wong-Wang model against published values and an independent scalar form."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import fsolve

from netmod.models import MODELS
from netmod.models.transfer import transfer

RWW = MODELS["reduced_wong_wang"]
D_E, D_I = 0.16, 0.087


def transfer_reference(x, d):
    """``x / (1 - exp(-d x))`` in extended precision, by expm1: no series, no threshold."""
    x = np.asarray(x, dtype=np.longdouble)
    u = x * np.longdouble(d)
    with np.errstate(over="ignore"):
        value = np.where(u == 0, 1 / np.longdouble(d), x / -np.expm1(np.where(u == 0, 1, -u)))
    return value


_slope = jax.jit(jax.vmap(jax.grad(transfer), in_axes=(0, None)))
_curvature = jax.jit(jax.vmap(jax.grad(jax.grad(transfer)), in_axes=(0, None)))


def scalar_drift(S_E, S_I, to_E, to_I, stimulus, p):
    """The model's equations once more, with floats: nothing shared with the implementation."""
    excitation = (1 + p["excitation"]) * p["J_N"] * (p["w_plus"] * S_E + p["G"] * to_E)
    I_E = p["W_E"] * p["I_0"] + excitation - p["J"] * S_I + p["I_ext"] + stimulus
    I_I = p["W_I"] * p["I_0"] + p["J_N"] * S_E + p["G"] * p["J_N"] * to_I - S_I
    x_E = (1 + p["gain"]) * (p["a_E"] * I_E - p["b_E"])
    x_I = p["a_I"] * I_I - p["b_I"]
    r_E = x_E / (1 - math.exp(-p["d_E"] * x_E))
    r_I = x_I / (1 - math.exp(-p["d_I"] * x_I))
    dS_E = -S_E / p["tau_E"] + (1 - S_E) * p["gamma_E"] * r_E
    dS_I = -S_I / p["tau_I"] + p["gamma_I"] * r_I
    return dS_E, dS_I, r_E


def test_rate_at_the_target_current():
    with jax.enable_x64(True):
        rate = transfer(jnp.float64(310.0 * (125.0 / 310.0 - 0.026) - 125.0), D_E)
    assert float(rate) == pytest.approx(3.06308542427, abs=5e-12)


def test_isolated_region_rests_at_the_published_fixed_point():
    p = RWW.defaults()

    def drift(y):
        return [float(d) for d in RWW.drift(tuple(map(np.float64, y)), p, (0.0, 0.0))]

    with jax.enable_x64(True):
        # nearer to the rounding of doubles, MINPACK warns that it gains nothing
        open_E, open_I = fsolve(drift, RWW.start, xtol=1e-13)
        rate = float(RWW.rate_hz((open_E, open_I), p, (0.0, 0.0)))
    current = p["I_0"] + 1.4 * 0.15 * open_E - open_I
    rate_I = open_I / 0.01  # S_I = tau_I gamma_I r_I
    assert open_E == pytest.approx(0.1647572075, abs=1e-9)
    assert open_I == pytest.approx(0.0392184486, abs=1e-9)
    assert current == pytest.approx(0.3773805650, abs=1e-9)
    assert rate == pytest.approx(3.0773270642, abs=1e-9)
    assert rate_I == pytest.approx(3.9218448633, abs=1e-9)


@pytest.mark.parametrize("d", [D_E, D_I])
@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(np.float64, 2e-15), (np.float32, 3e-6)], ids=["f64", "f32"]
)
def test_transfer_is_accurate_everywhere(d, dtype, tolerance):
    edge = 0.05 / d  # where the series hands over to the exact form
    magnitudes = np.concatenate(
        [np.geomspace(1e-30, 500.0, 400), edge * (1 + np.linspace(-1e-3, 1e-3, 41))]
    )
    x = np.concatenate([-magnitudes, [0.0], magnitudes]).astype(dtype)
    x = x[d * x > -75.0]
    with jax.enable_x64(dtype == np.float64):
        got = np.asarray(transfer(jnp.asarray(x), dtype(d)))
    assert got.dtype == dtype
    assert np.isfinite(got).all()
    exact = transfer_reference(x, dtype(d))
    # just outside the series, 1 - exp(-u) loses log10(1 / 0.05) digits: hence the tolerances
    factor = 40 if dtype == np.float64 else 1
    assert np.abs(got / exact - 1).max() < factor * tolerance


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_transfer_of_strongly_inhibited_cells_is_a_finite_zero(dtype):
    with jax.enable_x64(dtype == np.float64):
        x = jnp.asarray([-1e3, -1e4, -1e30], dtype=dtype)
        got = np.asarray(transfer(x, dtype(D_E)))
        slope = np.asarray(_slope(x, dtype(D_E)))
    assert np.isfinite(got[:2]).all()
    assert np.abs(got[:2]).max() < 1e-28
    assert np.isfinite(slope[:2]).all()


@settings(max_examples=200, deadline=None)
@given(st.floats(-400.0, 400.0), st.sampled_from([D_E, D_I]))
def test_transfer_is_positive_and_increasing(x, d):
    with jax.enable_x64(True):
        here, above = (float(transfer(jnp.float64(v), d)) for v in (x, x + 1e-3))
    assert 0 < here < above


def test_transfer_gradient_equals_finite_differences():
    x = np.concatenate([np.linspace(-60.0, 60.0, 97), [-1e-3, 0.0, 1e-3, 0.3124, 0.3126]])
    h = np.longdouble(1e-5)
    exact = (transfer_reference(x + h, D_E) - transfer_reference(x - h, D_E)) / (2 * h)
    with jax.enable_x64(True):
        slope, second = (np.asarray(f(jnp.asarray(x), D_E)) for f in (_slope, _curvature))
    assert np.abs(slope - exact).max() < 1e-9
    assert slope[np.flatnonzero(x == 0.0)] == pytest.approx(0.5, abs=1e-12)
    # second derivative at 0 is d/6
    assert second[np.flatnonzero(x == 0.0)] == pytest.approx(D_E / 6, abs=1e-12)
    assert np.isfinite(second).all()


def test_transfer_is_smooth_where_the_series_ends():
    edge = 0.05 / D_E
    with jax.enable_x64(True):
        for sign in (-1.0, 1.0):
            below, above = (sign * edge * (1 + e) for e in (-1e-12, 1e-12))
            value = [float(transfer(jnp.float64(v), D_E)) for v in (below, above)]
            slope = np.asarray(_slope(jnp.array([below, above]), D_E))
            assert value[0] == pytest.approx(value[1], rel=1e-11)
            assert slope[0] == pytest.approx(slope[1], rel=1e-8)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_drift_equals_the_scalar_equations(seed):
    rng = np.random.default_rng(seed)
    n = 5
    p = {
        name: np.full(n, q.default) * rng.uniform(0.8, 1.2, n) for name, q in RWW.parameters.items()
    }
    p["I_ext"] = rng.normal(0, 0.02, n)
    p["gain"], p["excitation"] = rng.uniform(-0.3, 0.5, (2, n))
    S_E, S_I, to_E, to_I = rng.uniform(0, 1, (4, n)) * np.array([[0.4], [0.1], [0.3], [0.3]])
    stimulus = rng.normal(0, 0.05, n)
    with jax.enable_x64(True):
        dS_E, dS_I = RWW.drift((S_E, S_I), p, (to_E, to_I), stimulus)
        rate = RWW.rate_hz((S_E, S_I), p, (to_E, to_I))
    for i in range(n):
        at = {name: float(value[i]) for name, value in p.items()}
        want = scalar_drift(S_E[i], S_I[i], to_E[i], to_I[i], stimulus[i], at)
        quiet = scalar_drift(S_E[i], S_I[i], to_E[i], to_I[i], 0.0, at)
        assert float(dS_E[i]) == pytest.approx(want[0], rel=1e-11, abs=1e-11)
        assert float(dS_I[i]) == pytest.approx(want[1], rel=1e-11, abs=1e-11)
        assert float(rate[i]) == pytest.approx(quiet[2], rel=1e-11)


def test_gating_is_clipped_to_fractions():
    low, high = RWW.clip((np.array([-0.1, 0.5]), np.array([0.2, 1.7])))
    np.testing.assert_array_equal(low, [0.0, 0.5])
    np.testing.assert_array_equal(high, np.float32([0.2, 1.0]))


@pytest.mark.parametrize(
    ("G", "rate_hz"), [(0, 3.077), (0.25, 5.850), (0.5, 19.828), (1, 46.782), (2, 95.123)]
)
def test_uniform_network_without_feedback_inhibition(G, rate_hz):
    # every region of a uniform network of row sum 1 sees its own S_E once more
    p = RWW.defaults(G=float(G))

    def drift(y):
        return [float(d) for d in RWW.drift(tuple(y), p, (y[0], 0.0))]

    with jax.enable_x64(True):
        state = np.array(RWW.start)
        for _ in range(4000):  # relax by time steps: the stable branch, not any root
            state = np.clip(state + 2e-3 * np.array(_fast(state, p)), 0, 1)
        S = fsolve(drift, state, xtol=1e-13)
        assert float(RWW.rate_hz(tuple(S), p, (S[0], 0.0))) == pytest.approx(rate_hz, abs=6e-4)


def _fast(state, p):
    dS_E, dS_I, _ = scalar_drift(state[0], state[1], state[0], 0.0, 0.0, p)
    return dS_E, dS_I
