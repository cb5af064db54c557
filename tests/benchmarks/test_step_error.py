"""The linear theory of the solvers: against the solvers themselves and closed forms."""

import numpy as np
import pytest

from benchmarks import step_error
from benchmarks.networks import batch, connectome, noise_free, reduced_wong_wang
from netmod.dynamics.simulate import Scan, simulate
from netmod.dynamics.solvers import SOLVERS

RNG = np.random.default_rng(7)
LOCAL = np.kron(np.array([[-12.0, -9.0], [15.0, -90.0]]), np.eye(3))
LONG = np.kron(np.array([[1.0, 0.0], [0.4, 0.0]]), RNG.uniform(0, 3, (3, 3)) * (1 - np.eye(3)))
A = LOCAL + LONG
Q = np.array([0.04, 0.04, 0.09, 0.01, 0.02, 0.03])


@pytest.mark.parametrize(("solver", "hold"), [("euler", False), ("heun", False), ("heun", True)])
def test_propagator_is_what_the_solver_does(solver, hold):
    dt_s = 2e-3
    M, B = step_error.propagator(A, LOCAL, dt_s, solver, hold)
    for k, unit in enumerate(np.eye(6)):
        for state, noise, column in ((unit, 0 * unit, M[:, k]), (0 * unit, unit, B[:, k])):

            def drift(y, s, state=state):
                long = LONG @ (state if hold else y[0])
                return (LOCAL @ y[0] + long,)

            leak = (np.zeros(6),)
            (after,) = SOLVERS[solver].step(drift, (state,), dt_s, (noise,), leak)
            np.testing.assert_allclose(after, column, rtol=1e-12, atol=1e-15)


def test_euler_variance_in_closed_form():
    a, q, dt_s = 50.0, 0.3, 4e-3
    M, B = step_error.propagator(np.array([[-a]]), np.array([[-a]]), dt_s, "euler", False)
    found = step_error.stationary_covariance(M, B, np.array([q]), dt_s)
    assert found[0, 0] == pytest.approx(q / (2 * a - a**2 * dt_s), rel=1e-12)
    exact = step_error.exact_covariance(np.array([[-a]]), np.array([q]))
    assert exact[0, 0] == pytest.approx(q / (2 * a), rel=1e-12)


@pytest.mark.parametrize(
    ("solver", "hold", "order"), [("euler", False, 1), ("heun", False, 2), ("heun", True, 1)]
)
def test_covariance_converges_with_the_order_of_the_solver(solver, hold, order):
    exact = step_error.exact_covariance(A, Q)
    errors = []
    for dt_s in (2e-4, 1e-4):
        M, B = step_error.propagator(A, LOCAL, dt_s, solver, hold)
        errors.append(np.abs(step_error.stationary_covariance(M, B, Q, dt_s) - exact).max())
    assert np.log2(errors[0] / errors[1]) == pytest.approx(order, abs=0.1)


def test_spectrum_sums_to_the_covariance():
    # Parseval: all frequencies of a sampled process hold its whole variance
    dt_s, count = 5e-3, 4000
    M, B = step_error.propagator(A, LOCAL, dt_s, "heun", True)
    omegas = 2 * np.pi * np.arange(count) / (count * dt_s)
    found = step_error.band_covariance(M, B, Q, dt_s, omegas, np.full(count, 1 / (count * dt_s)))
    np.testing.assert_allclose(
        found, step_error.stationary_covariance(M, B, Q, dt_s), rtol=1e-8, atol=1e-12
    )


def test_slow_spectrum_hardly_depends_on_the_step():
    omegas, weights = 2 * np.pi * np.array([0.02, 0.1]), np.array([0.1, 0.1])
    exact = step_error.exact_band_covariance(A, Q, omegas, weights)
    for solver, hold in (("euler", False), ("heun", False), ("heun", True)):
        M, B = step_error.propagator(A, LOCAL, 1e-3, solver, hold)
        found = step_error.band_covariance(M, B, Q, 1e-3, omegas, weights)
        np.testing.assert_allclose(found, exact, rtol=2e-3, atol=1e-4 * np.abs(exact).max())


def test_unknown_solver():
    with pytest.raises(ValueError, match="no closed form for solver 'rk4'"):
        step_error.propagator(A, LOCAL, 1e-3, "rk4", False)


def test_the_ceiling_is_the_same_run_without_noise():
    model, scan = reduced_wong_wang(), Scan(duration_s=1.0, tr_s=0.5, warmup_s=0.0)
    parameters, start, keys = batch(6, 2, shared=True)
    quiet = simulate(noise_free(model), parameters, start, keys, scan)
    silent = parameters.replace(noise_sd=0.0 * parameters.values["noise_sd"])
    zero = simulate(model, silent, start, keys, scan)
    np.testing.assert_allclose(quiet.bold, zero.bold, rtol=1e-5, atol=1e-8)
    loud = simulate(model, parameters, start, keys, scan)
    assert np.abs(loud.bold - zero.bold).max() > 1e-5
    assert noise_free(model) is noise_free(model)  # or every run would compile anew


@pytest.mark.parametrize("n", [12, 84])
def test_connectomes_are_seeded_and_well_formed(n):
    weights, lengths = connectome(n)
    assert weights.shape == lengths.shape == (n, n)
    assert (weights >= 0).all()
    assert (np.diag(weights) == 0).all()
    assert lengths[weights > 0].min() >= 10.0
    connectome.cache_clear()
    np.testing.assert_array_equal(connectome(n)[0], weights)


def test_synthetic_connectome_is_dense_with_its_radius():
    weights, lengths = connectome(40)
    assert (weights[~np.eye(40, dtype=bool)] > 0).all()
    assert np.abs(np.linalg.eigvals(weights)).max() == pytest.approx(0.5)
    np.testing.assert_array_equal(lengths, lengths.T)
    assert lengths.max() < 1.2 * 171


def test_personal_connectomes_differ_and_shared_ones_do_not():
    personal, _, keys = batch(12, 3, shared=False)
    assert personal.weights.shape == (3, 2, 12, 12)
    assert not np.array_equal(personal.weights[0], personal.weights[1])
    assert len({tuple(key) for key in keys}) == 3
    assert batch(12, 3, shared=True)[0].weights.shape == (2, 12, 12)
