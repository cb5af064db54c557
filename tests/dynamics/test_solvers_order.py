"""Orders of convergence of the solvers, without and with noise."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp

from netmod.dynamics.solvers import SOLVERS


def network_drift(model, p):
    """Drift of a pair of stacked states, with the coupling evaluated at every call."""

    def drift(y):
        coupling = tuple(W @ y[0] for W in p.weights)
        return model.drift(y, p.values, coupling)

    return drift


def integrate(solver, drift, y, duration_s, steps):
    dt = duration_s / steps
    still = tuple(jnp.zeros_like(a) for a in y)

    @jax.jit
    def run(y):
        return jax.lax.fori_loop(0, steps, lambda _, s: solver.step(drift, s, dt, still), y)

    return np.concatenate([np.asarray(a) for a in run(y)])


def exact(drift, y, duration_s):
    n = y[0].size
    slope = jax.jit(lambda z: jnp.concatenate(drift((z[:n], z[n:]))))
    found = solve_ivp(
        lambda t, z: np.asarray(slope(z)),
        (0.0, duration_s),
        np.concatenate(y),
        method="DOP853",
        rtol=1e-12,
        atol=1e-14,
    )
    return found.y[:, -1]


@pytest.mark.parametrize("solver", SOLVERS.values(), ids=lambda s: s.name)
@pytest.mark.parametrize("regions", [1, 6])
def test_order_without_noise(rww, balanced_network, solver, regions):
    p, state = balanced_network(n=6, seed=31)
    if regions == 1:
        p = p.replace(weights=np.zeros_like(p.weights))
        # each region by itself: without its input it needs less inhibition
        p = p.replace(J=p.values["J"] - 0.3)
    y = tuple(s * np.linspace(0.7, 1.4, 6) for s in state)
    duration = 0.08
    with jax.enable_x64(True):
        drift = network_drift(rww, p)
        y = tuple(jnp.asarray(a) for a in y)
        truth = exact(drift, y, duration)
        counts = np.array([640, 1280, 2560])
        errors = [
            np.linalg.norm(integrate(solver, drift, y, duration, int(c)) - truth) for c in counts
        ]
    assert np.abs(truth - np.concatenate([np.asarray(a) for a in y])).max() > 1e-3
    slope = -np.polyfit(np.log(counts), np.log(errors), 1)[0]
    assert slope == pytest.approx(solver.order, abs=0.1)


@pytest.mark.parametrize("solver", SOLVERS.values(), ids=lambda s: s.name)
def test_strong_order_with_additive_noise(solver):
    """Paths of a linear problem, with the same Brownian path at every step size."""
    rng = np.random.default_rng(32)
    A = np.array([[-3.0, 1.0, 0.0], [0.5, -2.0, 0.8], [0.0, -1.0, -4.0]])
    sd, duration, fine, paths = 0.7, 0.5, 4096, 400
    increments = rng.normal(0, np.sqrt(duration / fine), (fine, 3, paths))

    def drift(y):
        return tuple(sum(A[i, j] * y[j] for j in range(3)) for i in range(3))

    def run(steps, method):
        dw = sd * increments.reshape(steps, fine // steps, 3, paths).sum(axis=1)
        y = tuple(np.full(paths, v) for v in (1.0, -0.5, 0.3))
        for k in range(steps):
            y = method.step(drift, y, duration / steps, tuple(dw[k]))
        return np.stack(y)

    truth = run(fine, SOLVERS["heun"])
    counts = np.array([16, 32, 64, 128])
    errors = [np.sqrt(np.mean((run(int(c), solver) - truth) ** 2)) for c in counts]
    slope = -np.polyfit(np.log(counts), np.log(errors), 1)[0]
    assert slope == pytest.approx(solver.strong_order, abs=0.15)


def test_one_step_by_hand():
    def drift(y):
        return (-2.0 * y[0],)

    # y = 1, dt = 0.1, dw = 0.3: Euler 1 - 0.2 + 0.3; Heun 1 - 0.1 (1 + 1.1) + 0.3
    euler = SOLVERS["euler"].step(drift, (1.0,), 0.1, (0.3,))
    heun = SOLVERS["heun"].step(drift, (1.0,), 0.1, (0.3,))
    assert euler == pytest.approx((1.1,))
    assert heun == pytest.approx((1.09,))
