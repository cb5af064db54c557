"""Values of the balanced model that are known in closed form or were computed elsewhere."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import brentq

from netmod.dynamics.fic import TARGET_RATE_HZ, balance, excitatory_current
from netmod.dynamics.linear import jacobian, leading_eigenvalue, linearise
from netmod.dynamics.parameters import make_parameters


@partial(jax.jit, static_argnums=0)
def _solve(model, p, rate_hz):
    J, state = balance(p, rate_hz)
    p = p.replace(J=J)
    linear = linearise(model, p, state)
    return p, jnp.stack(state), linear, jacobian(model, p, linear)


def solved(rww, C, rate_hz=TARGET_RATE_HZ, **values):
    """Return (J, state, Jacobian, leading eigenvalue) of a balanced network, in float64."""
    with jax.enable_x64(True):
        p = make_parameters(rww, np.stack([C, np.zeros_like(C)]), values)
        p, state, linear, A = _solve(rww, p, np.full(p.n_regions, rate_hz))
        leading = leading_eigenvalue(rww, p, linear)
        return np.asarray(p.values["J"]), np.asarray(state), np.asarray(A), leading


def ring(n):
    """A directed network whose rows sum to 1."""
    C = np.random.default_rng(1).random((n, n))
    np.fill_diagonal(C, 0.0)
    return C / C.sum(axis=1, keepdims=True)


def test_target_rate_is_the_rate_at_the_target_current():
    with jax.enable_x64(True):
        values = {"a_E": 310.0, "b_E": 125.0, "d_E": 0.16, "gain": 0.0}
        current = float(excitatory_current(TARGET_RATE_HZ, values))
    assert current - 125.0 / 310.0 == pytest.approx(-0.026, abs=1e-13)


def test_state_at_the_target(rww):
    _, (S_E, S_I), _, _ = solved(rww, np.zeros((1, 1)))
    assert S_E[0] == pytest.approx(0.164120, abs=5e-7)
    assert S_I[0] == pytest.approx(0.0391634, abs=5e-8)
    # the inhibitory population: current 0.252855 nA, rate 3.916340 Hz
    assert 0.7 * 0.382 + 0.15 * S_E[0] - S_I[0] == pytest.approx(0.252855, abs=5e-7)
    assert S_I[0] / 0.01 == pytest.approx(3.916340, abs=5e-7)


@pytest.mark.parametrize("G", [0.0, 0.5, 2.0])
def test_inhibition_is_linear_in_the_incoming_strength(rww, G):
    C = np.random.default_rng(2).exponential(0.3, (5, 5))
    J, _, _, _ = solved(rww, C, G=G)
    np.testing.assert_allclose(J, 1.001940 + 0.628597 * G * C.sum(axis=1), atol=1e-5)
    # the two published digits: intercept and slope each to six decimals
    J0, _, _, _ = solved(rww, np.zeros((1, 1)))
    J1, _, _, _ = solved(rww, np.ones((1, 1)))
    assert J0[0] == pytest.approx(1.001940, abs=5e-6)
    assert J1[0] - J0[0] == pytest.approx(0.628597, abs=5e-7)


@pytest.mark.parametrize(
    ("rate_hz", "intercept", "slope"), [(3.0, 1.01073, 0.621620), (3.4, 0.96001, 0.663556)]
)
def test_inhibition_at_other_targets(rww, rate_hz, intercept, slope):
    J = [solved(rww, np.full((1, 1), k), rate_hz)[0][0] for k in (0.0, 1.0)]
    assert J[0] == pytest.approx(intercept, abs=6e-6)
    assert J[1] - J[0] == pytest.approx(slope, abs=6e-7)


def test_jacobian_of_the_isolated_region(rww):
    _, _, A, leading = solved(rww, np.zeros((1, 1)))
    np.testing.assert_allclose(A, [[-1.628, -49.312], [20.350, -235.669]], atol=5.1e-4)
    assert leading.real == pytest.approx(-5.9973, abs=5.1e-5)
    assert leading.imag == 0.0


@pytest.mark.parametrize(("G", "eigenvalue"), [(0.5, -3.6178), (1.0, -1.2109), (1.5, 1.2231)])
def test_leading_eigenvalue_of_a_homogeneous_network(rww, G, eigenvalue):
    for C in (np.ones((1, 1)), ring(5)):
        assert solved(rww, C, G=G)[3].real == pytest.approx(eigenvalue, abs=5.1e-5)


def test_critical_coupling_of_a_homogeneous_network(rww):
    critical = brentq(lambda G: solved(rww, np.ones((1, 1)), G=G)[3].real, 1.0, 1.5, xtol=1e-9)
    assert critical == pytest.approx(1.249437, abs=5.1e-7)
