"""Epileptor: rest of a healthy region, seizures of an epileptogenic one, branch by branch."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netmod.models.epileptor import Epileptor

EP = Epileptor()
QUIET = (0.0, 0.0)


def scalar_drift(state, to_x1, to_x2, u, q):
    x1, y1, z, x2, y2, g = state
    if x1 < 0:
        f1 = q["a"] * math.pow(x1, 3) - q["b"] * math.pow(x1, 2)
    else:
        f1 = (x2 - 0.6 * math.pow(z - 4, 2) - q["slope"]) * x1
    f2 = q["aa"] * (x2 + 0.25) if x2 >= -0.25 else 0.0
    seventh = 0.1 * math.pow(z, 7) if z < 0 else 0.0
    fast = q["Kvf"] * q["G"] * to_x1
    fast_2 = q["Kf"] * q["G"] * to_x2
    slow = q["Ks"] * q["G"] * to_x1
    return [
        d / q["time_unit"]
        for d in (
            math.fsum([y1, -f1, -z, q["Iext1"], u, fast]),
            math.fsum([q["c"], -q["d"] * math.pow(x1, 2), -y1]),
            q["r"] * math.fsum([q["s"] * x1, -q["s"] * q["x0"], -z, -seventh, slow]),
            math.fsum([x2 - y2, -math.pow(x2, 3), q["Iext2"], q["bb"] * g, -0.3 * z, 1.05, fast_2]),
            (f2 - y2) / q["tau"],
            0.001 * x1 - 0.01 * g,
        )
    ]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_drift_equals_the_scalar_equations(seed):
    rng = np.random.default_rng(seed)
    n = 4
    p = {k: q.default * rng.uniform(0.8, 1.2, n) for k, q in EP.parameters.items()}
    p["slope"], p["Kvf"], p["Kf"], p["Ks"] = rng.uniform(0, 2, (4, n))
    # on both sides of every branch: x1 = 0, z = 0, x2 = -0.25
    state = rng.uniform(-1, 1, (6, n)) * np.array([2.0, 10.0, 3.0, 1.0, 2.0, 1.0])[:, None]
    to_x1, to_x2, u = rng.normal(0, 1, (3, n))
    with jax.enable_x64(True):
        got = EP.drift(tuple(state), p, (to_x1, to_x2), u)
    for i in range(n):
        q = {k: float(x[i]) for k, x in p.items()}
        want = scalar_drift(state[:, i], to_x1[i], to_x2[i], u[i], q)
        # 1e-12 of the largest terms, some ten per ms
        assert [float(d[i]) for d in got] == pytest.approx(want, rel=1e-12, abs=5e-11)


def test_defaults_are_the_published_constants():
    published = {
        "a": 1.0, "b": 3.0, "c": 1.0, "d": 5.0, "r": 3.5e-4, "s": 4.0, "x0": -1.6, "Iext1": 3.1,
        "slope": 0.0, "Iext2": 0.45, "tau": 10.0, "aa": 6.0, "bb": 2.0,
        "Kvf": 0.0, "Kf": 0.0, "Ks": 0.0,
    }  # fmt: skip
    assert {name: EP.defaults()[name] for name in published} == published


@jax.jit
def _jacobian(state, p):
    return jax.jacfwd(lambda y: jnp.stack(EP.drift(tuple(y), p, QUIET)))(state)


def test_drift_is_finite_with_its_gradient_at_the_branches():
    with jax.enable_x64(False):
        p = EP.defaults()
        corner = jnp.array([0.0, 0.0, 0.0, -0.25, 0.0, 0.0])
        far = jnp.array([0.0, 0.0, 1e4, 0.0, 0.0, 0.0])  # where 0.1 z^7 itself would be 1e27
        for state in (corner, far):
            assert np.isfinite(np.asarray(_jacobian(state, p))).all()
    assert float(EP.signal("lfp", (1.0, 0, 0, 3.0, 0, 0), p)) == 2.0


@jax.jit
def _run(x0):
    """States every 1 ms for 7 s, one epileptogenicity a column; RK4 at 0.05 ms."""
    p = EP.defaults() | {"x0": x0}
    dt = 5e-5

    def f(y):
        return jnp.stack(EP.drift(tuple(y), p, QUIET))

    def step(y, _):
        a = f(y)
        b = f(y + dt / 2 * a)
        c = f(y + dt / 2 * b)
        return y + dt / 6 * (a + 2 * b + 2 * c + f(y + dt * c)), None

    def block(y, _):
        y, _ = jax.lax.scan(step, y, length=20)
        return y, y

    start = jnp.array(EP.start)[:, None] * jnp.ones_like(x0)
    return jax.lax.scan(block, start, length=7000)[1]


def test_healthy_region_rests_and_epileptogenic_region_has_seizures():
    with jax.enable_x64(True):
        y = np.asarray(_run(jnp.array([-2.2, -1.6])))
    # x0 = -2.2: the fixed point, found independently: y1 = 1 - 5 x1^2, z = 4 (x1 - x0),
    # y2 = 0, g = x1 / 10; x1 from y1 - x1^3 + 3 x1^2 - z + 3.1 = 0
    roots = np.roots([-1.0, 3.0 - 5.0, -4.0, 1.0 - 4 * 2.2 + 3.1])
    x1 = roots[np.abs(roots.imag) < 1e-12].real
    assert len(x1) == 1
    rest = y[-1, :, 0]
    assert rest[0] == pytest.approx(x1[0], abs=1e-6)
    assert rest[[1, 2, 4, 5]] == pytest.approx(
        [1 - 5 * x1[0] ** 2, 4 * (x1[0] + 2.2), 0.0, x1[0] / 10], abs=1e-5
    )
    assert y[:, 0, 0].max() < -1.0, "no discharge"

    # x0 = -1.6: discharges that stop and return
    discharge = np.convolve(y[:, 0, 1] > -0.5, np.ones(400), "same") > 0.5
    onset = np.flatnonzero(discharge[1:] & ~discharge[:-1]) * 1e-3
    end = np.flatnonzero(~discharge[1:] & discharge[:-1]) * 1e-3
    assert len(onset) >= 4 and len(end) >= 3
    assert np.diff(onset)[1:] == pytest.approx(1.933, abs=0.02)
    assert (end[1:3] - onset[1:3]) == pytest.approx(1.362, abs=0.03)
    # permittivity z rises within a seizure and falls between two
    z = y[:, 2, 1]
    at_onset, at_end = (z[np.round(t * 1e3).astype(int)] for t in (onset[1:3], end[1:3]))
    assert (at_end > at_onset).all()


def test_rest_is_lost_at_the_critical_epileptogenicity():
    def growth(x0):
        coefficients = [-1.0, -2.0, -4.0, 4.1 + 4 * x0]
        roots = np.roots(coefficients)
        (x1,) = roots[np.abs(roots.imag) < 1e-12].real
        z, g = 4 * (x1 - x0), x1 / 10
        cubic = [-1.0, 0.0, 1.0, 0.45 + 2 * g - 0.3 * (z - 3.5)]
        x2 = min(np.roots(cubic).real)
        p = EP.defaults(x0=x0)
        state = jnp.array([x1, 1 - 5 * x1**2, z, x2, 0.0, g])
        J = _jacobian(state, p)
        assert np.abs(np.asarray(EP.drift(tuple(state), p, QUIET))).max() < 1e-9
        return np.linalg.eigvals(np.asarray(J)).real.max()

    with jax.enable_x64(True):
        assert growth(-2.07) < 0 < growth(-2.05)
