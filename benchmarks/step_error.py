"""What a finite step does to a linear stochastic network: exact, without a random number.

A solver turns ``dx = A x dt + dW`` into ``x' = M x + B dW``, so that the covariance and the
spectrum of the simulated process are known in closed form and can be set beside the equation's.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import solve_continuous_lyapunov, solve_discrete_lyapunov


def propagator(
    jacobian: np.ndarray, local: np.ndarray, dt_s: float, solver: str, hold: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Return M and B of one step.

    Parameters
    ----------
    jacobian : array, shape (state * region, state * region)
        A, in 1/s.
    local : array, same shape
        The part of A that is evaluated at every stage even if the long-range input is held.
    dt_s : float
        Step, s.
    solver : {"euler", "heun"}
        Of netmod; the noise increment is added to Heun's predictor.
    hold : bool
        Whether long-range input is summed once a step.

    Notes
    -----
    Heun's second slope is ``S (x + dt A x + dW) + (A - S) x`` with S = A, or the local part of A
    if the input is held. Kloeden & Platen 1992, doi:10.1007/978-3-662-12616-5.
    """
    one = np.eye(len(jacobian))
    if solver == "euler":
        return one + dt_s * jacobian, one
    if solver != "heun":
        raise ValueError(f"no closed form for solver '{solver}'")
    staged = local if hold else jacobian
    step = one + dt_s * jacobian + 0.5 * dt_s**2 * staged @ jacobian
    return step, one + 0.5 * dt_s * staged


def stationary_covariance(
    step: np.ndarray, spread: np.ndarray, intensity: np.ndarray, dt_s: float
) -> np.ndarray:
    """Return P with ``P = M P M' + B Q B' dt``; ``intensity`` is the diagonal of Q, per s."""
    noise = (spread * (intensity * dt_s)) @ spread.T
    return solve_discrete_lyapunov(step, noise, method="bilinear")


def exact_covariance(jacobian: np.ndarray, intensity: np.ndarray) -> np.ndarray:
    """Return P with ``A P + P A' + Q = 0``."""
    return solve_continuous_lyapunov(jacobian, -np.diag(intensity))


def band_covariance(
    step: np.ndarray,
    spread: np.ndarray,
    intensity: np.ndarray,
    dt_s: float,
    omegas: np.ndarray,
    weights: np.ndarray,
) -> np.ndarray:
    """Return the covariance of the simulated process in a band, of the same unit as the exact one.

    Parameters
    ----------
    omegas, weights : array, shape (frequency,)
        Nodes in rad/s and weights, as of :func:`netmod.dynamics.linear.band_nodes`.
    """
    total = np.zeros(step.shape)
    for omega, weight in zip(omegas, weights, strict=True):
        response = np.linalg.solve(np.exp(1j * omega * dt_s) * np.eye(len(step)) - step, spread)
        # a sum over steps instead of an integral over time: hence dt twice, once for dW
        response = response * dt_s
        total += weight * ((response * intensity) @ response.conj().T).real
    return total


def exact_band_covariance(
    jacobian: np.ndarray, intensity: np.ndarray, omegas: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Return the covariance of the equation itself in a band."""
    total = np.zeros(jacobian.shape)
    for omega, weight in zip(omegas, weights, strict=True):
        response = np.linalg.inv(1j * omega * np.eye(len(jacobian)) - jacobian)
        total += weight * ((response * intensity) @ response.conj().T).real
    return total
