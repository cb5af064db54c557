"""The linear engine on linear processes, whose covariance is a Lyapunov solution."""

from functools import partial

import jax
import numpy as np
import pytest
from scipy.linalg import solve_continuous_lyapunov

from netmod.dynamics.linear import (
    band_covariance,
    band_nodes,
    cross_spectrum,
    jacobian,
    leading_eigenvalue,
    linearise,
    solve_fixed_point,
)
from netmod.dynamics.parameters import make_parameters


def all_frequencies(count=1200):
    """Quadrature over every frequency: w = tan(t) maps a finite interval onto the line."""
    nodes, weights = np.polynomial.legendre.leggauss(count)
    t = np.pi / 4 * (nodes + 1)
    # covariance = integral over (-inf, inf) of S dw / 2 pi, both signs from the positive half
    return np.tan(t), np.pi / 4 * weights / np.cos(t) ** 2 / np.pi


@partial(jax.jit, static_argnums=0)
def _solve(model, p, start, omegas, weights):
    linear = linearise(model, p, start)
    return jacobian(model, p, linear), band_covariance(model, p, linear, omegas, weights)


def covariance_of(model, p):
    with jax.enable_x64(True):
        start = tuple(np.zeros(p.n_regions) for _ in model.states)
        A, P = _solve(model, p, start, *all_frequencies())
        return np.asarray(A), np.asarray(P)


@pytest.mark.parametrize("w", [-0.6, 0.0, 0.3, 0.9])
def test_two_coupled_nodes_correlate_by_their_weight(ou_model, w):
    p = make_parameters(ou_model, [[[0.0, w], [w, 0.0]]])
    A, P = covariance_of(ou_model, p)
    np.testing.assert_allclose(A, [[-1.0, w], [w, -1.0]], atol=1e-14)
    assert P[0, 1] / np.sqrt(P[0, 0] * P[1, 1]) == pytest.approx(w, abs=1e-9)
    # and the variance of this pair is 1 / (2 (1 - w^2))
    assert P[0, 0] == pytest.approx(0.5 / (1 - w**2), rel=1e-8)


def test_directed_network_solves_the_lyapunov_equation(ou_model):
    rng = np.random.default_rng(3)
    n = 7
    W = rng.normal(0, 0.25, (1, n, n))
    values = {"tau": rng.uniform(0.5, 1.5, n), "noise_sd": rng.uniform(0.2, 2.0, n)}
    p = make_parameters(ou_model, W, values)
    A, P = covariance_of(ou_model, p)
    np.testing.assert_allclose(A, W[0] - np.diag(1 / values["tau"]), atol=1e-14)
    exact = solve_continuous_lyapunov(A, -np.diag(values["noise_sd"] ** 2))
    np.testing.assert_allclose(P, exact, rtol=1e-7, atol=1e-9)


def test_observed_state_that_is_not_the_transmitted_one(two_stage):
    rng = np.random.default_rng(4)
    n = 5
    W = rng.normal(0, 0.2, (2, n, n))
    noise = rng.uniform(0.5, 1.5, n)
    p = make_parameters(two_stage, W, {"noise_sd": noise})
    A, P = covariance_of(two_stage, p)
    by_hand = np.block(
        [[W[0] - np.eye(n), 0.3 * np.eye(n)], [0.7 * np.eye(n) + W[1], -2.0 * np.eye(n)]]
    )
    np.testing.assert_allclose(A, by_hand, atol=1e-14)
    exact = solve_continuous_lyapunov(by_hand, -np.diag(np.tile(noise**2, 2)))
    np.testing.assert_allclose(P, exact[n:, n:], rtol=1e-7, atol=1e-9)


def test_spectrum_of_one_process_is_lorentzian(ou_model):
    p = make_parameters(ou_model, np.zeros((1, 1, 1)), {"tau": 0.4, "noise_sd": 1.7})
    with jax.enable_x64(True):
        linear = linearise(ou_model, p, (np.zeros(1),))
        for omega in (0.0, 0.3, 2.5, 40.0):
            density = complex(np.asarray(cross_spectrum(ou_model, p, linear, omega))[0, 0])
            assert density == pytest.approx(1.7**2 / (omega**2 + 2.5**2), rel=1e-13)


def test_band_of_a_flat_spectrum_is_its_width(ou_model):
    # tau so small that the spectrum is flat, 2 S (high - low)
    p = make_parameters(ou_model, np.zeros((1, 1, 1)), {"tau": 1e-6})
    with jax.enable_x64(True):
        linear = linearise(ou_model, p, (np.zeros(1),))
        power = float(band_covariance(ou_model, p, linear, *band_nodes(0.01, 0.25))[0, 0])
    assert power == pytest.approx(2 * 1e-12 * 0.24, rel=1e-9)


def test_fixed_point_of_a_linear_system_takes_one_step(ou_model):
    rng = np.random.default_rng(5)
    p = make_parameters(ou_model, rng.normal(0, 0.2, (1, 4, 4)))
    with jax.enable_x64(True):
        state, residual = solve_fixed_point(ou_model, p, (rng.normal(size=4),), steps=1)
    assert np.abs(np.asarray(state)).max() < 1e-14
    assert float(residual) < 1e-14


def test_leading_eigenvalue_is_that_of_the_matrix(ou_model):
    rng = np.random.default_rng(6)
    W = rng.normal(0, 0.4, (1, 6, 6))
    p = make_parameters(ou_model, W)
    with jax.enable_x64(True):
        found = leading_eigenvalue(ou_model, p, linearise(ou_model, p, (np.zeros(6),)))
    values = np.linalg.eigvals(W[0] - np.eye(6))
    assert found.real == pytest.approx(values.real.max(), abs=1e-12)
