"""The Montbrio-Pazo-Roxin mean field against its analytic bifurcations and a scalar form."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from netmod.models.montbrio_pazo_roxin import MontbrioPazoRoxin

MODEL = MontbrioPazoRoxin()
TAU = MODEL.defaults()["tau"]


def scalar_drift(r, V, from_r, from_V, stimulus, p):
    tau = p["tau"]
    coupling = p["G"] * (p["cr"] * tau * from_r + p["cv"] * from_V)
    dr = (p["Delta"] / (math.pi * tau) + 2 * V * r) / tau
    dV = (
        V**2 - (math.pi * tau * r) ** 2 + p["eta"] + p["J"] * tau * r + p["I"] + coupling + stimulus
    ) / tau
    return dr, dV


_drift = jax.jit(lambda s, p, c=(0.0, 0.0): jnp.stack(MODEL.drift(tuple(s), p, tuple(c))))
_jacobian = jax.jit(jax.jacfwd(_drift))


def rest_potential(x, Delta=1.0):
    """The potential at which the rate x = tau r stands still."""
    return -Delta / (2 * math.pi * x)


def states(eta, J=15.0, top=3.0):
    """Every fixed point's x = tau r, by sign changes of the model's dV/dt on dr/dt = 0."""
    x = np.geomspace(0.01, top, 20001)
    with jax.enable_x64(True):
        p = MODEL.defaults(eta=eta, J=J)

        def along(x):
            return np.asarray(_drift(np.array([x / TAU, rest_potential(x)]), p)[1])

        drift = along(x)
        crossed = np.flatnonzero(drift[:-1] * drift[1:] < 0)
        return [brentq(along, x[k], x[k + 1], xtol=1e-14) for k in crossed]


def eigenvalues(x, eta):
    """Eigenvalues in units of 1/tau."""
    with jax.enable_x64(True):
        found = np.asarray(
            _jacobian(np.array([x / TAU, rest_potential(x)]), MODEL.defaults(eta=eta))
        )
    return np.linalg.eigvals(found) * TAU


def test_defaults_are_the_published_constants():
    published = {"Delta": 1.0, "J": 15.0, "eta": -5.0, "I": 0.0, "cr": 1.0, "cv": 0.0, "tau": 0.01}
    defaults = MODEL.defaults()
    assert {name: defaults[name] for name in published} == published


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_drift_equals_the_scalar_equations(seed):
    rng = np.random.default_rng(seed)
    n = 6
    p = {k: q.default * rng.uniform(0.8, 1.2, n) for k, q in MODEL.parameters.items()}
    p["cv"], p["I"] = rng.uniform(0, 1, (2, n))
    r, from_r = rng.uniform(0, 150, (2, n))
    V, from_V, stimulus = rng.normal(0, 2, (3, n))
    with jax.enable_x64(True):
        got = np.asarray(MODEL.drift((r, V), p, (from_r, from_V), stimulus))
    each = [{k: float(v[i]) for k, v in p.items()} for i in range(n)]
    want = np.array(
        [scalar_drift(r[i], V[i], from_r[i], from_V[i], stimulus[i], each[i]) for i in range(n)]
    ).T
    # terms up to J tau r / tau ~ 2e3 and 2 r V / tau ~ 1e5 cancel
    np.testing.assert_allclose(got[0], want[0], rtol=1e-12, atol=1e-12 * 1e5)
    np.testing.assert_allclose(got[1], want[1], rtol=1e-12, atol=1e-12 * 5e3)


def test_form_of_the_virtual_brain_at_unit_time():
    """TVB 2.10.0: tau dV/dt = V2 - (pi tau r)2 + eta + J tau r + I + cr c_r + cv c_V, tau 1."""
    p = MODEL.defaults(tau=1.0, cr=0.7, cv=0.3, I=0.2)
    with jax.enable_x64(True):
        dr, dV = (float(v) for v in MODEL.drift((0.4, -1.1), p, (2.0, -0.5)))
    assert dr == pytest.approx(1 / math.pi - 2 * 1.1 * 0.4, rel=1e-12)
    want = 1.21 - (math.pi * 0.4) ** 2 - 5 + 15 * 0.4 + 0.2 + 0.7 * 2 - 0.3 * 0.5
    assert dV == pytest.approx(want, rel=1e-12)


def test_fixed_points_and_eigenvalues_at_eta_minus_five():
    low, middle, high = states(-5.0)
    assert (low, middle, high) == pytest.approx((0.081134, 0.472980, 1.030597), abs=5e-7)
    assert sorted(eigenvalues(low, -5.0).real) == pytest.approx([-5.398, -2.449], abs=5e-4)
    assert np.abs(eigenvalues(low, -5.0).imag).max() == 0.0
    saddle = eigenvalues(middle, -5.0)
    assert saddle.real.min() < 0 < saddle.real.max()
    focus = max(eigenvalues(high, -5.0), key=lambda e: e.imag)
    assert (focus.real, focus.imag) == pytest.approx((-0.309, 3.319), abs=5e-4)
    assert MODEL.start == pytest.approx((low / TAU, rest_potential(low)), abs=1e-3)


def test_saddle_nodes():
    """The number of states changes at the eta of the analytic branch's folds."""

    def slope(x):  # d eta / dx of eta = (pi x)^2 - J x - V^2, by hand
        return 2 * math.pi**2 * x - 15 + 1 / (2 * math.pi**2 * x**3)

    folds = brentq(slope, 0.1, 0.3, xtol=1e-14), brentq(slope, 0.5, 1.0, xtol=1e-14)
    assert folds == pytest.approx((0.162570, 0.753920), abs=5e-7)
    eta = [(math.pi * x) ** 2 - 15 * x - rest_potential(x) ** 2 for x in folds]
    assert eta == pytest.approx([-3.136134, -5.743527], abs=5e-7)
    counts = [len(states(eta[k] + e)) for k in (0, 1) for e in (-1e-4, 1e-4)]
    assert counts == [3, 1, 1, 3]
    for x, at in zip(folds, eta, strict=True):
        assert np.abs(eigenvalues(x, at)).min() < 1e-6


def test_cusp():
    """Both folds meet at x^4 = 3 / (4 pi^4): J = 7.796217, eta = -sqrt 3."""
    x = (3 / (4 * math.pi**4)) ** 0.25
    J = 2 * math.pi**2 * x + 1 / (2 * math.pi**2 * x**3)
    eta = (math.pi * x) ** 2 - J * x - rest_potential(x) ** 2
    assert (J, eta) == pytest.approx((7.796217, -math.sqrt(3)), abs=5e-7)

    def input_for(x, J):  # the eta that holds x, from the model
        with jax.enable_x64(True):
            p = MODEL.defaults(eta=0.0, J=J)
            return -np.asarray(_drift(np.array([x / TAU, rest_potential(x)]), p)[1]) * TAU

    grid = np.linspace(x - 0.1, x + 0.1, 2001)
    for offset, folds in ((-0.01, 0), (0.01, 2)):
        held = input_for(grid, J + offset)
        assert np.count_nonzero(np.diff(np.sign(np.diff(held)))) == folds
    assert float(input_for(x, J)) == pytest.approx(eta, abs=1e-9)


def test_rate_is_in_hz_and_not_negative():
    assert MODEL.rate_hz((12.0, -1.0), MODEL.defaults(), (0.0, 0.0)) == 12.0
    r, V = MODEL.clip((np.array([-1.0, 2.0]), np.array([-3.0, 1.0])))
    np.testing.assert_array_equal(r, [0.0, 2.0])
    np.testing.assert_array_equal(V, [-3.0, 1.0])
    # a vanished rate always recovers
    assert float(MODEL.drift((0.0, -1.0), MODEL.defaults(), (0.0, 0.0))[0]) > 0


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.001, 1.0))
def test_time_scale_only_stretches_time(seed, tau):
    """In the variables tau r and V the flow is the same for every tau but for its speed."""
    rng = np.random.default_rng(seed)
    x, V, from_x, from_V = rng.uniform(0, 1, 4)
    with jax.enable_x64(True):
        slow, fast = (
            np.array(
                MODEL.drift(
                    (x / t, V), MODEL.defaults(tau=t, cv=0.5), (from_x / t, from_V), stimulus=0.3
                )
            )
            * np.array([t * t, t])
            for t in (1.0, tau)
        )
    np.testing.assert_allclose(fast, slow, rtol=1e-12, atol=1e-12)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_drift_and_slope_are_finite_over_the_declared_ranges(seed, double):
    rng = np.random.default_rng(seed)
    with jax.enable_x64(double):
        cast = jnp.float64 if double else jnp.float32
        p = {k: cast(rng.uniform(q.low, q.high)) for k, q in MODEL.parameters.items()}
        state = jnp.asarray(rng.uniform(0, 1, 2) * [1e3, 50.0], cast)
        found = _value_and_slope(state, p, jnp.asarray(rng.uniform(0, 100, 2), cast))
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(found))


# the slope of the sum: a derivative that is not finite is not finite in the sum either
_value_and_slope = jax.jit(
    lambda s, p, c: (_drift(s, p, c), jax.grad(lambda *at: _drift(*at).sum(), (0, 1))(s, p, c))
)
