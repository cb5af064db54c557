"""Single steps of the solvers: formulas by hand, exact cases, stiffness, precision."""

import decimal
import functools
import math
from decimal import Decimal

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netmod.dynamics.solvers import SOLVERS
from netmod.dynamics.solvers.exponential import NEAR, phi

every_solver = pytest.mark.parametrize("solver", SOLVERS.values(), ids=lambda s: s.name)
exponential, heun = SOLVERS["exponential"], SOLVERS["heun"]


def scalar_step(name, f, y, dt, dw, leak):
    """One step of a scalar equation as in the textbooks, with Python floats."""
    if name == "euler":
        return y + f(y, 0.0) * dt + dw
    if name == "heun":
        ahead = y + f(y, 0.0) * dt + dw
        return y + dw + (f(y, 0.0) + f(ahead, 1.0)) * dt / 2
    if name == "rk4":
        k1 = f(y, 0.0) + dw / dt
        k2 = f(y + dt * k1 / 2, 0.5) + dw / dt
        k3 = f(y + dt * k2 / 2, 0.5) + dw / dt
        k4 = f(y + dt * k3, 1.0) + dw / dt
        return y + dt * (k1 + 2 * k2 + 2 * k3 + k4) / 6
    # Cox and Matthews, equations 20 to 22, in terms of c h rather than of phi functions
    c = -leak
    grown = math.exp(c * dt)
    n = f(y, 0.0) - c * y
    noise = dw * math.sqrt((1.0 - math.exp(2 * c * dt)) / (-2 * c * dt))
    a = y * grown + n * (grown - 1) / c + noise
    n_a = f(a, 1.0) - c * a
    return a + (n_a - n) * (grown - 1 - dt * c) / (dt * c * c)


@functools.cache
def sine_step(name):
    """The same step by the solver, compiled once."""

    @jax.jit
    def step(y, dt, dw, leak):
        def drift(z, s):
            return (jnp.sin(2.0 * z[0]) - leak * z[0] + 0.5 * s * s,)

        return SOLVERS[name].step(drift, (y,), dt, (dw,), (leak,))[0]

    return step


@every_solver
@given(
    y=st.floats(-2.0, 2.0),
    dt=st.floats(0.01, 0.3),
    dw=st.floats(-1.0, 1.0),
    leak=st.floats(0.5, 40.0),
)
@settings(max_examples=30, deadline=None, derandomize=True)
def test_a_step_equals_the_textbook(solver, y, dt, dw, leak):
    def f(x, s):
        return math.sin(2.0 * x) - leak * x + 0.5 * s * s

    with jax.enable_x64(True):
        got = sine_step(solver.name)(y, dt, dw, leak)
    # the largest intermediate sets the rounding
    scale = 1.0 + (1.0 + leak * dt) ** solver.order
    assert float(got) == pytest.approx(
        scalar_step(solver.name, f, y, dt, dw, leak), rel=1e-12, abs=1e-13 * scale
    )


def test_one_step_by_hand():
    def drift(y, s):
        return (-2.0 * y[0],)

    def step(name):
        return SOLVERS[name].step(drift, (1.0,), 0.1, (0.3,), (0.0,))

    # y = 1, dt = 0.1, dw = 0.3: Euler 1 - 0.2 + 0.3; Heun 1 - 0.1 (1 + 1.1) + 0.3
    assert step("euler") == pytest.approx((1.1,))
    assert step("heun") == pytest.approx((1.09,))
    # slopes -2, -2.1, -2.09, -2.182: 1 - (2 + 2 (2.1 + 2.09) + 2.182) / 60 + 0.3
    assert step("rk4") == pytest.approx((1.3 - 12.562 / 60,))
    assert step("exponential") == step("heun")


@pytest.mark.parametrize(
    ("name", "fractions"),
    [
        ("euler", [0.0]),
        ("heun", [0.0, 1.0]),
        ("rk4", [0.0, 0.5, 0.5, 1.0]),
        ("exponential", [0.0, 1.0]),
    ],
)
def test_fractions_of_the_step_that_are_asked_for(name, fractions):
    asked = []

    def drift(y, s):
        asked.append(s)
        return (-y[0],)

    SOLVERS[name].step(drift, (1.0,), 0.1, (0.0,), (1.0,))
    assert asked == fractions
    assert all(type(s) is float for s in asked)


@every_solver
def test_absent_noise_and_leak_are_plain_zeros(solver):
    """A quiet state beside a noisy one: 0.0 and an array of zeros mean the same."""
    rng = np.random.default_rng(1)
    y = tuple(rng.normal(size=(2, 5)))
    noise, zero = rng.normal(size=5), np.zeros(5)

    def drift(z, s):
        return -2.0 * z[0] + jnp.tanh(z[1]), z[0] - z[1]

    with jax.enable_x64(True):
        short, full = jax.jit(
            lambda y: (
                solver.step(drift, y, 0.01, (0.0, noise), (0.0, 1.0)),
                solver.step(drift, y, 0.01, (zero, noise), (zero, np.ones(5))),
            )
        )(y)
    for a, b in zip(short, full, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-14)


@every_solver
@pytest.mark.parametrize(
    ("dtype", "x64"), [(np.float32, False), (np.float32, True), (np.float64, True)]
)
def test_precision_stays_that_of_the_state(solver, dtype, x64):
    with jax.enable_x64(x64):
        y = (jnp.linspace(0.1, 1.0, 4, dtype=dtype), jnp.ones((3, 4), dtype))
        leak = (jnp.array([0.0, 1e-3, 10.0, 1e3], dtype), 0.0)
        noise = (0.0, jnp.full((3, 4), 0.1, dtype))

        def drift(z, s):
            return -leak[0] * z[0] + s, z[0] - z[1]

        def step(y):
            return solver.step(drift, y, dtype(1e-3), noise, leak)

        after = jax.eval_shape(step, y)
    assert [(a.dtype, a.shape) for a in after] == [(dtype, (4,)), (dtype, (3, 4))]


@every_solver
def test_compiled_equals_uncompiled(solver):
    rate = np.array([0.0, 1e-3, 10.0, 900.0])

    def step(y):
        def drift(z, s):
            return (-rate * z[0] + jnp.tanh(z[0]) + s,)

        return solver.step(drift, (y,), 1e-3, (0.1 * y,), (rate,))[0]

    with jax.enable_x64(True):
        y = jnp.linspace(0.1, 1.0, 4)
        np.testing.assert_allclose(step(y), jax.jit(step)(y), rtol=1e-14)


@every_solver
def test_float32_is_near_float64(solver):
    rng = np.random.default_rng(2)
    y, noise = rng.normal(size=(2, 7)), 0.1 * rng.normal(size=(2, 7))
    rate = np.array([0.0, 1e-6, 1e-2, 1.0, 30.0, 300.0, 600.0])

    def run(dtype):
        leak = (jnp.asarray(rate, dtype), jnp.asarray(2.0 * rate, dtype))

        def drift(z, s):
            return -leak[0] * z[0] + jnp.tanh(z[1]), -leak[1] * z[1] + jnp.sin(z[0]) + s

        start = tuple(jnp.asarray(a, dtype) for a in y)
        dw = tuple(jnp.asarray(a, dtype) for a in noise)
        return jax.jit(lambda y: jnp.stack(solver.step(drift, y, dtype(1e-3), dw, leak)))(start)

    with jax.enable_x64(True):
        np.testing.assert_allclose(run(np.float32), run(np.float64), rtol=2e-6, atol=2e-7)


# --- the phi functions -----------------------------------------------------------------------

POINTS = [
    0.0, -1e-30, -1e-12, -1e-8, 1e-8, -1e-4, -1e-3, -0.02, -0.1, 0.1, -0.3, -NEAR * (1 - 1e-12),
    -NEAR, -0.51, 0.51, NEAR * (1 - 1e-12), -0.9, -1.0, -2.5, 2.0, -7.0, -40.0, -800.0, -1e5,
]  # fmt: skip


def decimal_phi(z):
    """(exp, phi_1, phi_2) with 120 digits: enough for the cancellation at any point above."""
    with decimal.localcontext(decimal.Context(prec=120, Emin=-(10**8), Emax=10**8)):
        z = Decimal(z)
        if z == 0:
            return 1.0, 1.0, 0.5
        grown = z.exp()
        return tuple(float(v) for v in (grown, (grown - 1) / z, (grown - 1 - z) / (z * z)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_phi_is_accurate_everywhere(dtype):
    with jax.enable_x64(True):
        z = np.asarray(POINTS, dtype)
        got = phi(z)
    want = np.array([decimal_phi(float(v)) for v in z]).T
    eps = np.finfo(dtype).eps
    for name, a, b in zip(got._fields, got, want, strict=True):
        assert a.dtype == dtype
        np.testing.assert_allclose(a, b, rtol=16 * eps, atol=1e-37, err_msg=name)


def test_phi_is_smooth_through_zero():
    """Derivatives at 0 are 1/2 and 1/6; nowhere do they jump or turn nan."""
    with jax.enable_x64(True):
        one = jax.jit(jax.vmap(jax.grad(lambda z: phi(z).one)))
        two = jax.jit(jax.vmap(jax.grad(lambda z: phi(z).two)))
        assert float(one(jnp.zeros(1))[0]) == pytest.approx(1 / 2, rel=1e-15)
        assert float(two(jnp.zeros(1))[0]) == pytest.approx(1 / 6, rel=1e-15)
        z = jnp.array([-NEAR * (1 + 1e-9), -NEAR * (1 - 1e-9)])
        assert np.diff(one(z)) == pytest.approx(0, abs=1e-8)
        assert np.diff(two(z)) == pytest.approx(0, abs=1e-8)
        far = jnp.array([-1e4, -50.0, -1.0, -1e-9, 0.0])
        assert np.isfinite(one(far)).all() and np.isfinite(two(far)).all()


# --- the exponential solver: where it is exact, and where Heun fails --------------------------


@jax.jit
def ramp_step(leak, dt, y, forcing, ramp):
    def drift(z, s):
        return (-leak * z[0] + forcing + ramp * s,)

    return exponential.step(drift, (y,), dt, (0.0,), (leak,))[0]


@given(
    leak=st.one_of(st.just(0.0), st.floats(1e-9, 1e4)),
    dt=st.floats(1e-4, 10.0),
    y=st.floats(-5.0, 5.0),
    forcing=st.floats(-5.0, 5.0),
    ramp=st.floats(-5.0, 5.0),
)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_leak_under_a_ramp_is_solved_exactly(leak, dt, y, forcing, ramp):
    """``dy/dt = -l y + a + b t / dt`` over any step, in closed form."""

    with jax.enable_x64(True):
        got = ramp_step(leak, dt, y, forcing, ramp)
    grown, one, two = decimal_phi(-leak * dt)
    want = y * grown + dt * (one * forcing + two * ramp)
    # the drift holds leak * y, which is added again: what that rounds away is 1e-16 of y
    size = abs(y) + dt * (abs(forcing) + abs(ramp))
    assert float(got) == pytest.approx(want, rel=1e-12, abs=4e-15 * size + 1e-300)


@pytest.mark.parametrize("leak", [1e-3, 1.0, 30.0, 400.0])
def test_an_ornstein_uhlenbeck_process_is_exact_for_any_step(leak):
    """Mean and variance of one step, read from the affine map that a step is."""
    dt = 0.1

    def drift(y, s):
        return (-leak * y[0],)

    with jax.enable_x64(True):
        (shrink,) = exponential.step(drift, (1.0,), dt, (0.0,), (leak,))
        (noise,) = exponential.step(drift, (0.0,), dt, (1.0,), (leak,))
    assert float(shrink) == pytest.approx(math.exp(-leak * dt), rel=1e-12, abs=1e-15)
    variance = -math.expm1(-2.0 * leak * dt) / (2.0 * leak)
    assert float(noise) ** 2 * dt == pytest.approx(variance, rel=1e-13)


def test_sampled_ornstein_uhlenbeck_has_its_covariance():
    """Paths at a step of two time constants: variance and lag-one correlation within 4 errors."""
    leak, sd, dt, paths, steps = 4.0, 0.8, 0.5, 4000, 40
    rng = np.random.default_rng(3)
    dw = sd * np.sqrt(dt) * rng.normal(size=(steps, paths))

    def drift(y, s):
        return (-leak * (y[0] - 1.0),)

    with jax.enable_x64(True):

        @jax.jit
        def run(dw):
            def body(y, n):
                (y,) = exponential.step(drift, (y,), dt, (n,), (leak,))
                return y, y

            return jax.lax.scan(body, jnp.ones(paths), dw)[1]

        x = np.asarray(run(dw))[20:]
    variance = sd**2 / (2.0 * leak)
    correlation = math.exp(-leak * dt)
    count = x.size * (1 - correlation) / (1 + correlation)
    assert x.mean() == pytest.approx(1.0, abs=4 * math.sqrt(variance / count))
    assert x.var() == pytest.approx(variance, rel=4 * math.sqrt(2 / count))
    lagged = np.mean((x[1:] - 1.0) * (x[:-1] - 1.0)) / variance
    assert lagged == pytest.approx(correlation, abs=4 / math.sqrt(x[1:].size))


@given(seed=st.integers(0, 2**16), dt=st.floats(1e-4, 0.5))
@settings(max_examples=20, deadline=None, derandomize=True)
@pytest.mark.parametrize("array", [False, True])
def test_without_leak_it_is_heun(array, seed, dt):
    rng = np.random.default_rng(seed)
    y, dw = rng.normal(size=(2, 3)), rng.normal(size=(2, 3))

    def drift(z, s):
        return z[1] - z[0] ** 3 + s, jnp.sin(z[0]) * z[1]

    with jax.enable_x64(True):
        leak = (jnp.zeros(3), jnp.zeros(3)) if array else (0.0, 0.0)
        got = np.stack(exponential.step(drift, tuple(y), dt, tuple(dw), leak))
        want = np.stack(heun.step(drift, tuple(y), dt, tuple(dw), leak))
    np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-12 * np.abs(want).max())


def test_a_stiff_leak_stops_heun_but_not_the_exponential():
    """A leak of 2000/s at steps of 5 ms, beside a slow oscillator it follows and drives."""
    stiff, dt, duration = 2000.0, 5e-3, 4.0

    def drift(y, s):
        x, u, v = y
        fast = -stiff * x + stiff * jnp.tanh(u)
        return fast, v + 0.5 * x, -4.0 * u - 0.5 * v * jnp.abs(v)

    start = (jnp.zeros(1), jnp.ones(1), jnp.zeros(1))
    leak = (jnp.array([stiff]), 0.0, 0.0)

    def run(solver, dt):
        def body(_, y):
            return solver.step(drift, y, dt, (0.0, 0.0, 0.0), leak)

        return np.stack(jax.jit(lambda y: jax.lax.fori_loop(0, round(duration / dt), body, y))(y))

    with jax.enable_x64(True):
        y = tuple(jnp.asarray(a, float) for a in start)
        truth = run(heun, 1e-4)
        blown = run(heun, dt)
        got = run(exponential, dt)
    assert np.isfinite(truth).all() and np.abs(truth[1:]).max() > 0.1
    assert not np.isfinite(blown).all()
    np.testing.assert_allclose(got, truth, atol=2e-3)


def test_gradient_through_a_step_reaches_the_leak():
    """At no leak, a small and a large one; against central differences."""
    with jax.enable_x64(True):

        @jax.jit
        def end(leak):
            def drift(y, s):
                return (-leak * y[0] + jnp.sin(y[0]),)

            (y,) = exponential.step(drift, (jnp.full(3, 0.7),), 0.1, (0.05,), (leak,))
            return y.sum()

        leak, h = jnp.array([0.0, 1.0, 90.0]), 1e-5
        got = jax.jit(jax.grad(end))(leak)
        want = [(end(leak + h * e) - end(leak - h * e)) / (2 * h) for e in jnp.eye(3)]
    np.testing.assert_allclose(got, want, rtol=1e-6)
