"""FitzHugh-Nagumo: rest, its two Hopf points in the current, and the cycle between them."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netmod.models.fitzhugh_nagumo import FitzHughNagumo

FHN = FitzHughNagumo()
QUIET = (0.0,)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_drift_equals_the_scalar_equations(seed):
    rng = np.random.default_rng(seed)
    n = 4
    p = {k: q.default * rng.uniform(0.7, 1.3, n) for k, q in FHN.parameters.items()}
    p["I"] = rng.normal(0, 0.5, n)
    v, w, c, u = rng.normal(0, 1.5, (4, n))
    with jax.enable_x64(True):
        got = FHN.drift((v, w), p, (c,), u)
    for i in range(n):
        q = {k: float(x[i]) for k, x in p.items()}
        terms = [v[i], -math.pow(v[i], 3) / 3, -w[i], q["I"], q["G"] * c[i], u[i]]
        dv = math.fsum(terms) / q["time_unit"]
        dw = math.fsum([v[i], q["a"], -q["b"] * w[i]]) / q["tau"] / q["time_unit"]
        assert float(got[0][i]) == pytest.approx(dv, rel=1e-12, abs=2e-11)
        assert float(got[1][i]) == pytest.approx(dw, rel=1e-12, abs=2e-12)


@jax.jit
def _jacobian(state, p):
    return jax.jacfwd(lambda y: jnp.stack(FHN.drift(tuple(y), p, QUIET)))(state)


@pytest.mark.parametrize(("sign", "current"), [(-1, 0.33128), (1, 1.41872)])
def test_hopf_points_in_the_current(sign, current):
    a, b, tau, unit = 0.7, 0.8, 12.5, 1e-3
    v = sign * math.sqrt(1 - b / tau)
    w = (v + a) / b
    critical = w - v + v**3 / 3
    assert critical == pytest.approx(current, abs=1e-5)
    with jax.enable_x64(True):
        p = FHN.defaults(I=critical)
        assert np.abs(FHN.drift((v, w), p, QUIET)).max() < 1e-9
        eigenvalues = np.linalg.eigvals(_jacobian(jnp.array([v, w]), p))
    assert np.abs(eigenvalues.real).max() < 1e-9
    frequency = math.sqrt((1 - b * b / tau) / tau) / unit  # square root of the determinant
    assert np.abs(eigenvalues.imag) == pytest.approx(frequency, rel=1e-9)


def test_start_is_the_rest_of_the_defaults():
    with jax.enable_x64(True):
        p = FHN.defaults()
        assert np.abs(FHN.drift(FHN.start, p, QUIET)).max() < 1e-5
        assert np.linalg.eigvals(_jacobian(jnp.array(FHN.start), p)).real.max() < 0


@jax.jit
def _swing(current):
    """Peak to peak of v in the second half of 0.6 s, by RK4 at 0.1 ms."""
    p = FHN.defaults() | {"I": current}
    dt = 1e-4

    def f(y):
        return jnp.stack(FHN.drift(tuple(y), p, QUIET))

    def step(y, _):
        a = f(y)
        b = f(y + dt / 2 * a)
        c = f(y + dt / 2 * b)
        y = y + dt / 6 * (a + 2 * b + 2 * c + f(y + dt * c))
        return y, y[0]

    _, v = jax.lax.scan(step, jnp.array([0.0, 0.0]) + 0 * current, length=6000)
    return v[3000:].max() - v[3000:].min()


def test_cycle_lives_between_the_hopf_points():
    mirror = 2 * 0.7 / 0.8 - 0.5
    with jax.enable_x64(True):
        swing = {c: float(_swing(jnp.asarray(c))) for c in (0.25, 0.5, 1.2, mirror, 1.5)}
    assert swing[0.25] < 1e-3 and swing[1.5] < 1e-3
    assert swing[0.5] > 3.5 and swing[1.2] > 3.5
    # v -> -v, w -> -w, a -> -a, I -> -I is a symmetry: the cycles mirror about I = a / b
    assert swing[0.5] == pytest.approx(swing[mirror], rel=1e-3)
