"""Orders of convergence of the solvers: without noise, of paths, and of moments."""

import functools
import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.linalg import expm, solve_continuous_lyapunov, solve_discrete_lyapunov

from netmod.dynamics.noise import scan_key
from netmod.dynamics.parameters import make_parameters, stack
from netmod.dynamics.record import record
from netmod.dynamics.solvers import SOLVERS
from netmod.dynamics.stimulation import Sinusoid, Stimulus
from netmod.models import MODELS

every_solver = pytest.mark.parametrize("solver", SOLVERS.values(), ids=lambda s: s.name)


def order_of(counts, errors):
    """Slope of the log error over the log step."""
    return -np.polyfit(np.log(counts), np.log(errors), 1)[0]


def network_problem(rww, balanced_network, coupled):
    """Six regions of reduced Wong-Wang off their fixed point: (drift(y, t), start, leak)."""
    p, state = balanced_network(n=6, seed=31)
    if not coupled:
        p = p.replace(weights=np.zeros_like(p.weights))
        # each region by itself: without its input it needs less inhibition
        p = p.replace(J=p.values["J"] - 0.3)
    start = tuple(jnp.asarray(s * np.linspace(0.7, 1.4, 6)) for s in state)

    def drift(y, t):
        return rww.drift(y, p.values, tuple(W @ y[0] for W in p.weights))

    return drift, start, rww.leak(p.values)


def van_der_pol():
    """A driven oscillator; the leaks are those of its linear part, and of nothing."""

    def drift(y, t):
        x, v = y
        return v, 1.5 * (1.0 - x * x) * v - x + 0.8 * jnp.sin(3.0 * t)

    return drift, (jnp.array([0.5, -1.2]), jnp.array([1.0, 0.4])), (0.7, jnp.array([2.0, 0.0]))


def integrate(solver, problem, duration, counts):
    """End states for several numbers of steps, ``[count, value]``; compiled once."""
    drift, start, leak = problem
    still = (0.0,) * len(start)

    @jax.jit
    def run(y, dt, steps):
        def body(k, y):
            return solver.step(lambda z, s: drift(z, (k + s) * dt), y, dt, still, leak)

        return jnp.concatenate(jax.lax.fori_loop(0, steps, body, y))

    return np.stack([run(start, duration / c, c) for c in counts])


def exact(problem, duration):
    drift, start, _ = problem
    n = start[0].size
    slope = jax.jit(lambda t, z: jnp.concatenate(drift((z[:n], z[n:]), t)))
    found = solve_ivp(
        lambda t, z: np.asarray(slope(t, z)),
        (0.0, duration),
        np.concatenate(start),
        method="DOP853",
        rtol=1e-12,
        atol=1e-14,
    )
    return found.y[:, -1]


@pytest.fixture(scope="module")
def deterministic(rww, balanced_network):
    """Return a case and its solution, computed once: (problem, duration in s, end)."""

    @functools.cache
    def build(case):
        with jax.enable_x64(True):
            if case == "van_der_pol":
                problem, duration = van_der_pol(), 3.0
            else:
                problem = network_problem(rww, balanced_network, coupled=case == "network")
                duration = 0.08
            end = exact(problem, duration)
        assert np.abs(end - np.concatenate(problem[1])).max() > 1e-3
        return problem, duration, end

    return build


@every_solver
@pytest.mark.parametrize("case", ["van_der_pol", "isolated", "network"])
def test_order_without_noise(deterministic, solver, case):
    problem, duration, truth = deterministic(case)
    counts = np.array([1280, 2560, 5120] if case == "van_der_pol" else [640, 1280, 2560])
    if solver.order == 4:
        # any finer, and rounding is all that is left
        counts = counts * 3 // 20
    with jax.enable_x64(True):
        errors = np.linalg.norm(integrate(solver, problem, duration, counts) - truth, axis=1)
    assert errors.min() > 1e-12
    assert order_of(counts, errors) == pytest.approx(solver.order, abs=0.1)


def test_errors_shrink_with_the_order(deterministic):
    """At one step size: RK4 under 1e-4 of Heun's error, Heun under 1e-2 of Euler's."""
    problem, duration, truth = deterministic("van_der_pol")
    with jax.enable_x64(True):
        error = {
            name: np.linalg.norm(integrate(s, problem, duration, [640]) - truth)
            for name, s in SOLVERS.items()
        }
    assert error["rk4"] < 1e-4 * error["heun"]
    assert max(error["heun"], error["exponential"]) < 1e-2 * error["euler"]


@pytest.mark.slow
def test_against_an_adaptive_solver_in_jax(deterministic):
    import diffrax

    problem, duration, truth = deterministic("network")
    with jax.enable_x64(True):
        found = diffrax.diffeqsolve(
            diffrax.ODETerm(lambda t, y, _: problem[0](y, t)),
            diffrax.Dopri8(),
            0.0,
            duration,
            1e-4,
            problem[1],
            stepsize_controller=diffrax.PIDController(rtol=1e-11, atol=1e-13),
            saveat=diffrax.SaveAt(t1=True),
        )
        adaptive = np.concatenate([np.asarray(a[-1]) for a in found.ys])
        np.testing.assert_allclose(adaptive, truth, rtol=1e-9)
        for solver in SOLVERS.values():
            (got,) = integrate(solver, problem, duration, [2560])
            rtol = {1: 1e-2, 2: 1e-5, 4: 1e-9}[solver.order]
            np.testing.assert_allclose(got, adaptive, rtol=rtol, err_msg=solver.name)


# Brownian paths of the strong tests: increments of a fine grid, summed for the coarser ones
FINE, PATHS, COUNTS = 4096, 400, (16, 32, 64, 128)


def brownian(seed, states, duration):
    rng = np.random.default_rng(seed)
    return rng.normal(0.0, np.sqrt(duration / FINE), (FINE, states, PATHS))


def strong_errors(solver, drift, start, leak, dw, truth, duration):
    """Root mean square error over paths and states, for every number of steps."""
    path = jnp.asarray(np.concatenate([np.zeros_like(dw[:1]), np.cumsum(dw, axis=0)]))

    @jax.jit
    def run(path, steps):
        dt, stride = duration / steps, FINE // steps

        def body(k, y):
            noise = tuple(path[(k + 1) * stride] - path[k * stride])
            return solver.step(lambda z, s: drift(z, (k + s) * dt), y, dt, noise, leak)

        y = tuple(jnp.full(PATHS, v) for v in start)
        return jnp.stack(jax.lax.fori_loop(0, steps, body, y))

    return [np.sqrt(np.mean((np.asarray(run(path, c)) - truth) ** 2)) for c in COUNTS]


@pytest.mark.parametrize(
    ("name", "leak"), [*((name, 1.0) for name in SOLVERS), ("exponential", 4.0)]
)
def test_strong_order_of_a_nonlinear_scalar(name, leak):
    """``dx = (-x + 1.5 sin 2x + cos 5t) dt + 0.8 dw``: two wells and the way between them."""
    solver, sd, duration, x0 = SOLVERS[name], 0.8, 1.0, 0.2
    dw = sd * brownian(51, 1, duration)

    # x - w is smooth in t: the trapezoidal rule for it on the fine grid is the reference
    x, h = np.full(PATHS, x0), duration / FINE
    for k in range(FINE):
        slope = -x + 1.5 * np.sin(2.0 * x) + np.cos(5.0 * k * h)
        ahead = x + h * slope + dw[k, 0]
        slope_ahead = -ahead + 1.5 * np.sin(2.0 * ahead) + np.cos(5.0 * (k + 1) * h)
        x = x + 0.5 * h * (slope + slope_ahead) + dw[k, 0]

    def drift(y, t):
        return (-y[0] + 1.5 * jnp.sin(2.0 * y[0]) + jnp.cos(5.0 * t),)

    with jax.enable_x64(True):
        errors = strong_errors(solver, drift, (x0,), (leak,), dw, x, duration)
    assert order_of(COUNTS, errors) == pytest.approx(solver.strong_order, abs=0.15)


A = np.array([[-3.0, 1.0, 0.0], [0.5, -2.0, 0.8], [0.0, -1.0, -4.0]])
SD = np.array([0.7, 0.3, 0.5])


def linear(y, t):
    return tuple(sum(A[i, j] * y[j] for j in range(3)) for i in range(3))


@every_solver
def test_strong_order_of_a_linear_network(solver):
    duration, start = 0.5, (1.0, -0.5, 0.3)
    dw = SD[:, None] * brownian(32, 3, duration)
    # exact propagator; noise enters in the middle of each fine interval
    whole, half = expm(A * duration / FINE), expm(A * duration / FINE / 2)
    truth = np.tile(np.array(start)[:, None], PATHS)
    for k in range(FINE):
        truth = whole @ truth + half @ dw[k]
    with jax.enable_x64(True):
        errors = strong_errors(solver, linear, start, (3.0, 2.0, 4.0), dw, truth, duration)
    assert order_of(COUNTS, errors) == pytest.approx(solver.strong_order, abs=0.15)


@every_solver
def test_weak_order_of_a_stationary_covariance(solver):
    """A step of a linear system is an affine map, whose stationary covariance needs no paths."""
    zero = (0.0, 0.0, 0.0)
    truth = solve_continuous_lyapunov(A, -np.diag(SD**2))

    def covariance(dt):
        def step(y, dw):
            return np.array(
                solver.step(lambda z, s: linear(z, 0.0), y, dt, dw, (3.0, 2.0, 4.0)), float
            )

        unit = [tuple(row) for row in np.eye(3)]
        M = np.stack([step(e, zero) for e in unit], axis=1)
        B = np.stack([step(zero, e) for e in unit], axis=1)
        return solve_discrete_lyapunov(M, B @ np.diag(SD**2 * dt) @ B.T)

    counts = np.array([64, 128, 256])
    with jax.enable_x64(True):
        errors = [np.linalg.norm(covariance(1.0 / c) - truth) for c in counts]
    # RK4's noise spoils moments through the curvature of the drift only
    nominal = 2.0 if solver.name == "rk4" else solver.weak_order
    assert order_of(counts, errors) == pytest.approx(nominal, abs=0.1)


@pytest.mark.parametrize(
    ("name", "leak"), [*((name, 3.0) for name in SOLVERS), ("exponential", 0.0)]
)
def test_weak_order_of_nonlinear_moments(name, leak):
    """The mean of ``exp(0.7 x)`` after one step, against the generator's expansion.

    ``E g(x(dt)) = g + dt L g + dt^2 L L g / 2 + O(dt^3)`` with ``L g = f g' + sd^2 g'' / 2``:
    a step of weak order q leaves it by a multiple of ``dt^(q + 1)``.
    """
    solver, sd, x0 = SOLVERS[name], 0.9, 0.3
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    weights = weights / weights.sum()

    def f(x):
        return jnp.sin(2.0 * x) - x**3

    def g(x):
        return jnp.exp(0.7 * x)

    def generator(h):
        slope, bend = jax.grad(h), jax.grad(jax.grad(h))
        return lambda x: f(x) * slope(x) + 0.5 * sd**2 * bend(x)

    with jax.enable_x64(True):

        @jax.jit
        def error(dt):
            start = (jnp.full(nodes.size, x0),)
            noise = (sd * jnp.sqrt(dt) * nodes,)
            (x,) = solver.step(lambda y, s: (f(y[0]),), start, dt, noise, (leak,))
            Lg = generator(g)
            expansion = g(x0) + dt * Lg(x0) + 0.5 * dt**2 * generator(Lg)(x0)
            return jnp.abs(weights @ g(x) - expansion)

        counts = np.array([200, 400, 800])
        errors = [float(error(1.0 / c)) for c in counts]
    assert order_of(counts, errors) == pytest.approx(solver.weak_order + 1, abs=0.1)


@pytest.mark.parametrize(("name", "order"), [("euler", 1), ("heun", 2), ("rk4", 2)])
def test_order_with_a_stimulus_averaged_over_steps(name, order):
    """``dx/dt = -x / tau + sin(2 pi f t)`` through ``record``; RK4 sees a step's mean, so order 2.

    From rest the answer is known: ``x = [k sin wt - w cos wt + w exp(-k t)] / (k^2 + w^2)``, with
    ``k = 1 / tau``.
    """
    model = MODELS["ornstein_uhlenbeck"]
    tau_s, frequency_hz, duration_s = 0.05, 7.0, 0.2
    p = make_parameters(model, np.zeros((1, 1)), {"tau": tau_s, "noise_sd": 0.0})
    stimulus = Stimulus(Sinusoid(frequency_hz, 0.0, 1.0), [1.0])
    k, w = 1.0 / tau_s, 2.0 * np.pi * frequency_hz
    counts, errors = np.array([100, 200, 400]), []
    for count in counts:
        found = record(
            model, stack([p]), (np.zeros((1, 1)),), scan_key(1, "a", "b")[None],
            duration_s=duration_s, dt_ms=1e3 * duration_s / count, solver=name,
            precision="double", stimuli=[stimulus],
        )  # fmt: skip
        t = found.time_s
        exact = (k * np.sin(w * t) - w * np.cos(w * t) + w * np.exp(-k * t)) / (k**2 + w**2)
        errors.append(np.abs(found.values[0, :, 0, 0] - exact).max() / np.abs(exact).max())
    assert errors[-1] < {1: 3e-2, 2: 1e-3}[order] and min(errors) > 1e-9
    assert order_of(counts, errors) == pytest.approx(order, abs=0.1)


def test_every_solver_states_its_orders():
    assert {n: (s.order, s.strong_order, s.weak_order) for n, s in SOLVERS.items()} == {
        "euler": (1, 1.0, 1.0),
        "heun": (2, 1.0, 2.0),
        "rk4": (4, 1.0, 1.0),
        "exponential": (2, 1.0, 2.0),
    }
    for a, b in itertools.combinations(SOLVERS.values(), 2):
        assert a.doc != b.doc
    assert all(s.doc.endswith((".", ")")) and len(s.doc) > 40 for s in SOLVERS.values())
