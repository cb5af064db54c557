"""The Wilson-Cowan populations against hand-derived stability and a scalar form."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from netmod.models.wilson_cowan import WilsonCowan

MODEL = WilsonCowan()
DEFAULTS = MODEL.defaults()


def sigma(u):
    return 1 / (1 + math.exp(-u))


def scalar_drift(E, I, to_E, stimulus, p):  # noqa: E741
    x_E = p["c_EE"] * E - p["c_IE"] * I + p["G"] * to_E + p["I_ext"] + stimulus
    x_I = p["c_EI"] * E - p["c_II"] * I + p["I_inh"]
    dE = (-E + (1 - E) * sigma(p["a_E"] * (x_E - p["mu_E"]))) / p["tau_E"]
    dI = (-I + (1 - I) * sigma(p["a_I"] * (x_I - p["mu_I"]))) / p["tau_I"]
    return dE, dI


def rest(E):
    """The fixed point of activity E and the input that holds it, from the nullclines."""
    p = DEFAULTS

    def idle(I):  # noqa: E741
        return (1 - I) * sigma(p["a_I"] * (p["c_EI"] * E - p["c_II"] * I - p["mu_I"])) - I

    I = brentq(idle, 0.0, 1.0, xtol=1e-15)  # noqa: E741
    active = E / (1 - E)
    u = p["mu_E"] + math.log(active / (1 - active)) / p["a_E"]
    return I, u - p["c_EE"] * E + p["c_IE"] * I


def jacobian_by_hand(E, I):  # noqa: E741
    """Derivatives at a fixed point, where each sigmoid is X / (1 - X)."""
    p = DEFAULTS
    s_E, s_I = E / (1 - E), I / (1 - I)
    slope_E = p["a_E"] * s_E * (1 - s_E) * (1 - E)
    slope_I = p["a_I"] * s_I * (1 - s_I) * (1 - I)
    return np.array(
        [
            [(-1 - s_E + slope_E * p["c_EE"]) / p["tau_E"], -slope_E * p["c_IE"] / p["tau_E"]],
            [slope_I * p["c_EI"] / p["tau_I"], (-1 - s_I - slope_I * p["c_II"]) / p["tau_I"]],
        ]
    )


_drift = jax.jit(lambda s, p, c=0.0: jnp.stack(MODEL.drift(tuple(s), p, (c,))))
_jacobian = jax.jit(jax.jacfwd(_drift))


def test_defaults_are_the_constants_of_neurolib():
    published = {
        "tau_E": 0.0025, "tau_I": 0.00375, "c_EE": 16.0, "c_EI": 15.0, "c_IE": 12.0, "c_II": 3.0,
        "a_E": 1.5, "a_I": 1.5, "mu_E": 3.0, "mu_I": 3.0, "I_ext": 0.0, "I_inh": 0.0, "G": 0.6,
    }  # fmt: skip
    assert {name: DEFAULTS[name] for name in published} == published


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_drift_equals_the_scalar_equations(seed):
    rng = np.random.default_rng(seed)
    n = 6
    p = {k: q.default * rng.uniform(0.8, 1.2, n) for k, q in MODEL.parameters.items()}
    p["I_ext"], p["I_inh"] = rng.normal(0, 1, (2, n))
    E, I, to_E = rng.uniform(0, 1, (3, n))  # noqa: E741
    stimulus = rng.normal(0, 1, n)
    with jax.enable_x64(True):
        got = np.asarray(MODEL.drift((E, I), p, (to_E,), stimulus))
    each = [{k: float(v[i]) for k, v in p.items()} for i in range(n)]
    want = np.array([scalar_drift(E[i], I[i], to_E[i], stimulus[i], each[i]) for i in range(n)]).T
    # the difference of gain and decay, each up to 1 / tau
    np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-12 / 0.0025)


@pytest.mark.parametrize("E", [0.0112, 0.05, 0.13, 0.23, 0.45])
def test_jacobian_at_rest_equals_the_one_by_hand(E):
    I, I_ext = rest(E)  # noqa: E741
    with jax.enable_x64(True):
        p = DEFAULTS | {"I_ext": I_ext}
        np.testing.assert_allclose(_drift(np.array([E, I]), p), 0.0, atol=1e-10)
        found = np.asarray(_jacobian(np.array([E, I]), p))
    np.testing.assert_allclose(found, jacobian_by_hand(E, I), rtol=1e-10)


def test_start_is_the_silent_rest():
    E = brentq(lambda e: rest(e)[1], 1e-3, 0.03)
    assert (E, rest(E)[0]) == pytest.approx((0.0112254, 0.0131267), abs=1e-6)  # measured
    assert MODEL.start == pytest.approx((E, rest(E)[0]), abs=1e-4)


def _crossing(f, low, high):
    return brentq(f, low, high, xtol=1e-14)


def test_oscillation_starts_at_a_hopf_point():
    """Where the trace vanishes: once by hand, once by the eigenvalues of the model."""
    by_hand = _crossing(lambda E: np.trace(jacobian_by_hand(E, rest(E)[0])), 0.05, 0.15)
    assert np.linalg.det(jacobian_by_hand(by_hand, rest(by_hand)[0])) > 0

    def growth(E):
        I, I_ext = rest(E)  # noqa: E741
        with jax.enable_x64(True):
            found = _jacobian(np.array([E, I]), DEFAULTS | {"I_ext": I_ext})
        return np.linalg.eigvals(np.asarray(found)).real.max()

    assert _crossing(growth, 0.05, 0.15) == pytest.approx(by_hand, abs=1e-10)
    assert rest(by_hand)[1] == pytest.approx(0.783394, abs=1e-5)  # measured


def test_active_state_appears_at_a_fold():
    """Where the determinant vanishes the branch turns; beyond, the active state is stable."""

    def determinant(E):
        return np.linalg.det(jacobian_by_hand(E, rest(E)[0]))

    folds = [_crossing(determinant, *ends) for ends in ((0.33, 0.40), (0.42, 0.47))]
    for E in folds:
        h = 1e-4
        assert abs(rest(E + h)[1] - rest(E - h)[1]) / (2 * h) < 1e-4
    assert [rest(E)[1] for E in folds] == pytest.approx([2.83928, 2.70346], abs=1e-4)  # measured
    E = folds[1] + 0.01
    with jax.enable_x64(True):
        found = _jacobian(np.array([E, rest(E)[0]]), DEFAULTS | {"I_ext": rest(E)[1]})
    assert np.linalg.eigvals(np.asarray(found)).real.max() < 0


@pytest.mark.parametrize(
    ("I_ext", "frequency_hz", "swing"),
    [(0.0, None, 0.0), (1.0, 54.337, 0.26390), (2.0, 66.977, 0.38328), (3.0, None, 0.0)],
)
def test_limit_cycle_between_silent_and_active_state(I_ext, frequency_hz, swing):
    p = DEFAULTS | {"I_ext": I_ext}
    dt, steps = 1e-4, 10000

    def step(y, _):
        k1 = _drift(y, p)
        k2 = _drift(y + dt / 2 * k1, p)
        k3 = _drift(y + dt / 2 * k2, p)
        k4 = _drift(y + dt * k3, p)
        return y + dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4), y[0]

    with jax.enable_x64(True):
        run = jax.jit(lambda y: jax.lax.scan(step, y, None, length=steps)[1])
        E = np.asarray(run(jnp.array([0.2, 0.1])))[steps // 2 :]
    # measured, by the scalar equations and an adaptive eighth-order method
    assert np.ptp(E) == pytest.approx(swing, abs=1e-4)
    if frequency_hz is None:
        return
    up = np.flatnonzero((E[:-1] < E.mean()) & (E[1:] >= E.mean()))
    crossing = up + (E.mean() - E[up]) / (E[up + 1] - E[up])
    found = (len(crossing) - 1) / ((crossing[-1] - crossing[0]) * dt)
    assert found == pytest.approx(frequency_hz, rel=1e-4)


def test_more_inhibition_lowers_the_drift_of_excitation():
    assert MODEL.inhibition == "c_IE"
    weak, strong = (MODEL.drift((0.2, 0.2), MODEL.defaults(c_IE=c), (0.0,)) for c in (12.0, 13.0))
    assert strong[0] < weak[0] and strong[1] == weak[1]


def test_activity_stays_a_fraction():
    low, high = MODEL.clip((np.array([-0.1, 0.5]), np.array([0.2, 1.7])))
    np.testing.assert_array_equal(low, [0.0, 0.5])
    np.testing.assert_array_equal(high, np.float32([0.2, 1.0]))
    # without noise the unit square is never left
    at_0, at_1 = (MODEL.drift((E, 0.5), DEFAULTS, (0.0,))[0] for E in (0.0, 1.0))
    assert at_0 > 0 > at_1
    assert MODEL.leak(DEFAULTS) == pytest.approx((400.0, 1 / 0.00375))
    assert MODEL.time_constants(DEFAULTS) == {"tau_E": 0.0025, "tau_I": 0.00375}


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_drift_and_slope_are_finite_over_the_declared_ranges(seed, double):
    rng = np.random.default_rng(seed)
    with jax.enable_x64(double):
        cast = jnp.float64 if double else jnp.float32
        p = {k: cast(rng.uniform(q.low, q.high)) for k, q in MODEL.parameters.items()}
        state = jnp.asarray(rng.uniform(0, 1, 2), cast)
        found = _value_and_slope(state, p, cast(rng.uniform(0, 1)))
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(found))


# the slope of the sum: a derivative that is not finite is not finite in the sum either
_value_and_slope = jax.jit(
    lambda s, p, c: (_drift(s, p, c), jax.grad(lambda *at: _drift(*at).sum(), (0, 1))(s, p, c))
)
