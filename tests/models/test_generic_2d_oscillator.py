"""Generic two-dimensional oscillator: rest, cycle and bistability of its published settings."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netmod.models.fitzhugh_nagumo import FitzHughNagumo
from netmod.models.generic_2d_oscillator import Generic2dOscillator

G2D = Generic2dOscillator()
QUIET = (0.0,)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_drift_equals_the_scalar_equations(seed):
    rng = np.random.default_rng(seed)
    n = 4
    p = {k: np.full(n, q.default) * rng.uniform(0.7, 1.3, n) for k, q in G2D.parameters.items()}
    p["I"], p["c"], p["g"] = rng.normal(0, 1, (3, n))
    V, W, c, u = rng.normal(0, 2, (4, n))
    with jax.enable_x64(True):
        got = G2D.drift((V, W), p, (c,), u)
    for i in range(n):
        q = {k: float(x[i]) for k, x in p.items()}
        terms = [
            q["alpha"] * W[i],
            -q["f"] * math.pow(V[i], 3),
            q["e"] * math.pow(V[i], 2),
            q["g"] * V[i],
            q["gamma"] * q["I"],
            q["gamma"] * q["G"] * c[i],
            q["gamma"] * u[i],
        ]
        scale = q["d"] / q["time_unit"]
        dV = scale * q["tau"] * math.fsum(terms)
        terms = [q["a"], q["b"] * V[i], q["c"] * math.pow(V[i], 2), -q["beta"] * W[i]]
        dW = scale / q["tau"] * math.fsum(terms)
        assert float(got[0][i]) == pytest.approx(dV, rel=1e-12, abs=1e-11)
        assert float(got[1][i]) == pytest.approx(dW, rel=1e-12, abs=1e-11)


def test_defaults_are_the_excitable_configuration():
    published = {"tau": 1, "I": 0, "a": -2, "b": -10, "c": 0, "d": 0.02, "e": 3, "f": 1, "g": 0}
    published |= {"alpha": 1, "beta": 1, "gamma": 1}
    assert {k: G2D.defaults()[k] for k in published} == published


def test_start_is_a_stable_focus():
    # V solves V^3 - 3 V^2 + 10 V + 2 = 0 and W = a + b V
    roots = np.roots([1.0, -3.0, 10.0, 2.0])
    V = roots[np.abs(roots.imag) < 1e-12].real
    assert len(V) == 1
    assert G2D.start == pytest.approx((V[0], -2 - 10 * V[0]), abs=1e-5)
    with jax.enable_x64(True):
        p = G2D.defaults()
        f = jax.jit(jax.jacfwd(lambda y: jnp.stack(G2D.drift(tuple(y), p, QUIET))))
        eigenvalues = np.linalg.eigvals(np.asarray(f(jnp.array(G2D.start))))
    # trace and determinant of the analytic Jacobian, in 1/s
    slope = 6 * V[0] - 3 * V[0] ** 2
    assert eigenvalues.sum().real == pytest.approx(20 * (slope - 1), rel=1e-4)
    assert np.prod(eigenvalues).real == pytest.approx(400 * (10 - slope), rel=1e-4)
    assert eigenvalues.real.max() < 0 < eigenvalues.imag.max()


def test_it_contains_fitzhugh_nagumo():
    # v' = v - v^3/3 - w + I, w' = (v + a - b w) / tau: as alpha = -1, e = 0, f = 1/3, g = 1, with
    # d tau_g = 1 for v and d / tau_g = 1 / tau for w
    fhn = FitzHughNagumo()
    tau_g = math.sqrt(12.5)
    p = G2D.defaults(a=0.7, b=1.0, d=1 / tau_g, e=0.0, f=1 / 3, g=1.0, alpha=-1.0, beta=0.8)
    p |= {"tau": tau_g, "I": 0.4}
    state, u = (0.3, -0.7), 0.25
    want = fhn.drift(state, fhn.defaults(I=0.4), QUIET, u)
    assert G2D.drift(state, p, QUIET, u) == pytest.approx(want, rel=1e-12)


@jax.jit
def _end(values, start):
    """States of the last of 4 s, by RK4 at 1 ms; one setting or start a column."""
    dt = 1e-3

    def f(y):
        return jnp.stack(G2D.drift(tuple(y), values, QUIET))

    def step(y, _):
        a = f(y)
        b = f(y + dt / 2 * a)
        c = f(y + dt / 2 * b)
        y = y + dt / 6 * (a + 2 * b + 2 * c + f(y + dt * c))
        return y, y[0]

    return jax.lax.scan(step, start, length=4000)[1][3000:]


def test_published_settings_rest_cycle_and_are_bistable():
    settings = [{}, {"a": 2.0}, *[{"a": 1.0, "b": 0.0, "c": -5.0}] * 2]
    with jax.enable_x64(True):
        rows = [G2D.defaults(**s) for s in settings]
        values = {k: jnp.array([row[k] for row in rows]) for k in rows[0]}
        start = jnp.array([[-1.0, 0.5, -1.7, 1.0], [0.0, 0.0, -12.0, 0.0]])
        V = np.asarray(_end(values, start))
    swing = V.max(axis=0) - V.min(axis=0)
    assert swing[0] < 1e-6
    assert swing[1] > 1.0, "a = 2 is a limit cycle"
    # bistable: the node where 1 - 2 V^2 - V^3 = 0 at minus the golden ratio, and a cycle
    assert swing[2] < 1e-4 and V[-1, 2] == pytest.approx(-(1 + math.sqrt(5)) / 2, abs=1e-5)
    assert swing[3] > 1.0
