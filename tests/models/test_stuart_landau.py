"""The Stuart-Landau oscillator against its analytic amplitude, frequency and variance."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.linalg import solve_continuous_lyapunov

from netmod.models.coupling import COUPLINGS
from netmod.models.stuart_landau import StuartLandau

MODEL = StuartLandau()


def scalar_drift(x, y, to_x, to_y, stimulus, p):
    omega = 2 * math.pi * p["frequency_hz"]
    dx = (p["a"] - x**2 - y**2) * x - omega * y + p["G"] * to_x + stimulus
    dy = (p["a"] - x**2 - y**2) * y + omega * x + p["G"] * to_y
    return dx, dy


def jacobian(p, state=(0.0, 0.0)):
    with jax.enable_x64(True):
        return np.asarray(
            jax.jacfwd(lambda s: jnp.stack(MODEL.drift(tuple(s), p, (0.0, 0.0))))(jnp.array(state))
        )


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_drift_equals_the_scalar_equations(seed):
    rng = np.random.default_rng(seed)
    n = 6
    p = {k: q.default * rng.uniform(0.5, 1.5, n) for k, q in MODEL.parameters.items()}
    p["a"] = rng.normal(0, 1, n)
    x, y, to_x, to_y, stimulus = rng.normal(0, 1, (5, n))
    with jax.enable_x64(True):
        got = np.asarray(MODEL.drift((x, y), p, (to_x, to_y), stimulus))
    want = np.array(
        [
            scalar_drift(
                x[i], y[i], to_x[i], to_y[i], stimulus[i], {k: float(v[i]) for k, v in p.items()}
            )
            for i in range(n)
        ]
    ).T
    np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-12 * np.abs(want).max())


@pytest.mark.parametrize(("a", "f"), [(0.04, 0.02), (0.5, 0.3), (2.0, 1.0)])
def test_amplitude_above_the_bifurcation_is_the_root_of_a(a, f):
    # the radius obeys dr/dt = (a - r^2) r: from r0 at time t it has a closed form
    r0 = 0.01
    p = MODEL.defaults(a=a, frequency_hz=f)
    with jax.enable_x64(True):
        t = np.array([0.5, 2.0, 5.0, 20.0]) / a
        run = solve_ivp(
            lambda _, s: np.array(MODEL.drift(s, p, (0.0, 0.0))),
            (0, t[-1]),
            [r0, 0.0],
            t_eval=t,
            method="DOP853",
            rtol=1e-10,
            atol=1e-12,
        )
    radius = np.hypot(*run.y)
    closed = np.sqrt(a / (1 + (a / r0**2 - 1) * np.exp(-2 * a * t)))
    np.testing.assert_allclose(radius, closed, rtol=1e-7)
    assert radius[-1] == pytest.approx(math.sqrt(a), rel=1e-7)
    phase = np.arctan2(run.y[1], run.y[0])
    turns = (phase - 2 * np.pi * f * t) / (2 * np.pi)
    np.testing.assert_allclose(turns - np.round(turns), 0.0, atol=1e-6)


@pytest.mark.parametrize(("a", "f"), [(-0.02, 0.05), (-5.0, 40.0), (0.1, 0.04)])
def test_origin_has_eigenvalues_a_plus_minus_i_omega(a, f):
    found = np.sort_complex(np.linalg.eigvals(jacobian(MODEL.defaults(a=a, frequency_hz=f))))
    want = np.sort_complex([a - 2j * math.pi * f, a + 2j * math.pi * f])
    np.testing.assert_allclose(found, want, rtol=1e-12)


@pytest.mark.parametrize("a", [-0.02, -0.1, -3.0])
def test_linear_variance_is_beta_squared_over_twice_the_damping(a):
    p = MODEL.defaults(a=a)
    beta = p["noise_sd"]
    covariance = solve_continuous_lyapunov(jacobian(p), -(beta**2) * np.eye(2))
    np.testing.assert_allclose(covariance, np.eye(2) * beta**2 / (2 * abs(a)), atol=1e-14)


def test_diffusive_network_is_the_published_linear_form():
    """The origin's Jacobian is [[diag(a - G k) + G C, -omega], [omega, same]]."""
    rng = np.random.default_rng(3)
    n = 5
    C = rng.uniform(0, 1, (n, n)) * (1 - np.eye(n))
    strength = C.sum(1)
    p = {**MODEL.defaults(G=0.7), "frequency_hz": rng.uniform(0.04, 0.07, n)}
    link = COUPLINGS[MODEL.coupling]
    assert MODEL.transmitted == ("x", "y")

    def drift(flat):
        x, y = flat.reshape(2, n)
        inputs = tuple(link.receive((C @ v,), v, strength, {}) for v in (x, y))
        return jnp.concatenate(MODEL.drift((x, y), p, inputs))

    with jax.enable_x64(True):
        found = np.asarray(jax.jacfwd(drift)(jnp.zeros(2 * n)))
    block = np.diag(p["a"] - p["G"] * strength) + p["G"] * C
    omega = np.diag(2 * np.pi * p["frequency_hz"])
    np.testing.assert_allclose(found, np.block([[block, -omega], [omega, block]]), atol=1e-14)


def test_time_constant_is_the_inverse_modulus_even_at_criticality():
    assert MODEL.time_constants(MODEL.defaults(a=0.0)) == {
        "1/|a + i omega|": pytest.approx(1 / (0.1 * math.pi), rel=1e-12)
    }
    assert MODEL.time_constants(MODEL.defaults(a=-100.0))["1/|a + i omega|"] < 0.01


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_drift_and_slope_are_finite_over_the_declared_ranges(seed, double):
    rng = np.random.default_rng(seed)
    with jax.enable_x64(double):
        cast = jnp.float64 if double else jnp.float32
        p = {k: cast(rng.uniform(q.low, q.high)) for k, q in MODEL.parameters.items()}
        state, inputs = (jnp.asarray(v, cast) for v in rng.normal(0, 10, (2, 2)))
        found = _value_and_slope(state, p, inputs)
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(found))


def _drift(state, p, inputs):
    return jnp.stack(MODEL.drift(tuple(state), p, tuple(inputs)))


# the slope of the sum: a derivative that is not finite is not finite in the sum either
_value_and_slope = jax.jit(
    lambda s, p, c: (_drift(s, p, c), jax.grad(lambda *at: _drift(*at).sum(), (0, 1))(s, p, c))
)
