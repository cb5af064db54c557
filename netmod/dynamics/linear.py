"""The linear engine: a model's linear-noise spectrum at its fixed point, exact and differentiable.

Regions meet only through the signals they send, so the equations of all states reduce to one
complex system of N unknowns for each signal (one for reduced Wong-Wang) at each frequency:

    (i w - L_i) x_i = n_i + sum_q B_iq sum_j W^q_ij exp(-i w tau_ij) u^k(q)_j
    u^k_i = E_ik x_i

with L the local Jacobian of a region (states x states), B_q its derivative by the weighted sum q,
E_k that of signal k by the states, and tau the conduction delays
(:mod:`netmod.dynamics.linearisation`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from netmod.dynamics.coupling import coupling_of
from netmod.dynamics.fixed_points import FixedPoint, fixed_points, solve_fixed_point
from netmod.dynamics.kernel import noisy_states
from netmod.dynamics.linearisation import (
    Linearisation,
    jacobian,
    linearise,
    links_of,
    network_matrix,
    weights_of,
)
from netmod.dynamics.parameters import Parameters
from netmod.dynamics.stability import has_delays, leading_eigenvalue
from netmod.dynamics.stability_map import StabilityMap, stability_map
from netmod.errors import ConfigError, NetmodError
from netmod.models import Model

__all__ = [
    "FixedPoint",
    "Linearisation",
    "StabilityMap",
    "band_covariance",
    "band_nodes",
    "coupling_of",
    "covariance",
    "cross_spectrum",
    "fixed_points",
    "jacobian",
    "leading_eigenvalue",
    "linearise",
    "noise_covariance",
    "solve_fixed_point",
    "stability_map",
]


def noise_covariance(model: Model, parameters: Parameters) -> Any:
    """Return the intensity of the white noise of every state, shape (state, region), per s."""
    import jax.numpy as jnp

    values = parameters.values
    noisy = noisy_states(model, values)
    common = jnp.asarray(values["noise_sd"])
    return jnp.stack(
        [
            jnp.asarray(values.get(f"noise_sd_{s}", common)) ** 2 if on else jnp.zeros_like(common)
            for s, on in zip(model.states, noisy, strict=True)
        ]
    )


def cross_spectrum(model: Model, parameters: Parameters, linear: Linearisation, omega: Any) -> Any:
    """Return the cross-spectral density of the observed signal at one angular frequency.

    Parameters
    ----------
    omega : float
        Angular frequency in rad/s.

    Returns
    -------
    array, shape (region, region), complex
        ``E[x(w) x(w)^H]`` per unit of time, in (signal unit)^2 s.
    """
    import jax.numpy as jnp

    n, states = linear.local.shape[:2]
    signals = len(linear.sent)
    weights = weights_of(parameters)
    if parameters.delays_s is not None:
        weights = weights * jnp.exp(-1j * omega * jnp.asarray(parameters.delays_s))
    variance = noise_covariance(model, parameters)
    tau = parameters.values.get("noise_tau")
    if tau is not None:
        variance = variance / (1.0 + (omega * jnp.asarray(tau)) ** 2)

    R = jnp.linalg.inv(1j * omega * jnp.eye(states) - linear.local)
    response = jnp.einsum("iab,qib->qia", R, linear.inputs)
    reach = jnp.einsum("kia,qia->qki", linear.sent, response)
    network = network_matrix(model, weights, reach, signals, -1.0)
    # u = F n with F = network^-1 E R; the observed signal adds its own local part
    into = jnp.zeros((n, signals, n), dtype=network.dtype)
    for q, (m, k) in enumerate(links_of(model, weights.shape[0])):
        gain = jnp.einsum("ia,ia->i", linear.seen, response[q])
        into = into.at[:, k].add(gain[:, None] * weights[m])
    spread = into.reshape(n, signals * n) @ jnp.linalg.inv(network)
    spread = spread.reshape(n, signals, n)
    own = jnp.einsum("ia,ias->si", linear.seen, R)
    sent = jnp.einsum("kia,ias->ski", linear.sent, R)
    total = jnp.zeros((n, n), dtype=network.dtype)
    for s in range(states):
        gain = jnp.einsum("jki,ki->ji", spread, sent[s]) + jnp.diag(own[s])
        total = total + (gain * variance[s][None, :]) @ gain.conj().T
    return total


def band_covariance(
    model: Model,
    parameters: Parameters,
    linear: Linearisation,
    omegas: Any,
    weights: Any,
) -> Any:
    """Return the covariance of the observed state in a band: a weighted sum of cross-spectra.

    Parameters
    ----------
    omegas : array, shape (frequency,)
        Angular frequencies in rad/s (:func:`band_nodes`).
    weights : array, shape (frequency,)
        Quadrature weight of each, times the power gain of the hemodynamic response.

    Returns
    -------
    array, shape (region, region)
    """
    import jax
    import jax.numpy as jnp

    def add(total, node):
        omega, weight = node
        S = cross_spectrum(model, parameters, linear, omega)
        return total + weight * S.real, None

    n = linear.local.shape[0]
    start = jnp.zeros((n, n), dtype=linear.local.dtype)
    return jax.lax.scan(add, start, (jnp.asarray(omegas), jnp.asarray(weights)))[0]


def band_nodes(low_hz: float, high_hz: float, count: int = 12) -> tuple[np.ndarray, np.ndarray]:
    """Return Gauss-Legendre angular frequencies (rad/s) and weights over a band given in Hz.

    The weights integrate over frequency in Hz and count both signs, so that a flat spectrum S
    gives the variance ``2 S (high - low)``.
    """
    nodes, weights = np.polynomial.legendre.leggauss(count)
    half = 0.5 * (high_hz - low_hz)
    return 2 * np.pi * (half * nodes + 0.5 * (high_hz + low_hz)), 2.0 * half * weights


def covariance(
    model: Model, parameters: Parameters, linear: Linearisation, *, observed: bool = False
) -> np.ndarray:
    """Return the stationary covariance of all states: the Lyapunov equation, on the host.

    ``A P + P A' + Q = 0``, with A the Jacobian and Q the noise. Coloured noise joins the states:
    its own process has the covariance that drives the others. The integral of
    :func:`cross_spectrum` over all frequencies is the same, and the only way with delays.

    Parameters
    ----------
    model : Model
        The neural mass.
    parameters : Parameters
        One network, without delays.
    linear : Linearisation
        At a stable fixed point.
    observed : bool
        Covariance of the observed signal instead.

    Returns
    -------
    array, shape (state * region, state * region), or (region, region) if ``observed``
        All regions of the first state, then those of the second.

    Raises
    ------
    ConfigError
        If there are delays: a delayed system has no such finite equation.
    NetmodError
        If the fixed point is not stable: fluctuations then grow without limit.

    Notes
    -----
    Bartels RH, Stewart GW (1972). Solution of the matrix equation AX + XB = C. Commun ACM
    15:820, doi:10.1145/361573.361582.
    """
    import jax
    from scipy.linalg import solve_continuous_lyapunov

    if has_delays(parameters):
        raise ConfigError(
            "the Lyapunov equation has no delays",
            expected="parameters without delays_s",
            got=f"delays up to {np.max(parameters.delays_s):g} s",
            hint="band_covariance integrates the spectrum with delays",
        )
    with jax.enable_x64(True):
        A = np.asarray(jacobian(model, parameters, linear), dtype=float)
        Q = np.asarray(noise_covariance(model, parameters), dtype=float).reshape(-1)
    size = len(A)
    leading = np.linalg.eigvals(A).real.max()
    if not leading < 0:
        raise NetmodError(
            "the covariance at an unstable state is infinite",
            expected="a leading eigenvalue with a negative real part",
            got=f"{leading:g} 1/s",
            hint="fixed_points lists the states and tells which are stable",
        )
    regions, states = linear.local.shape[:2]
    tau = np.broadcast_to(np.asarray(parameters.values.get("noise_tau", 0.0), float), (regions,))
    tau = np.tile(tau, states)
    slow = np.flatnonzero((tau > 0) & (Q > 0))
    if len(slow):
        # tau dz = -z dt + sd dW, and z drives its state
        whole = np.zeros((size + len(slow), size + len(slow)))
        whole[:size, :size] = A
        whole[slow, size + np.arange(len(slow))] = 1.0
        whole[size:, size:] = np.diag(-1.0 / tau[slow])
        intensity = np.concatenate([Q, Q[slow] / tau[slow] ** 2])
        intensity[slow] = 0.0
        A, Q = whole, intensity
    P = solve_continuous_lyapunov(A, -np.diag(Q))[:size, :size]
    P = 0.5 * (P + P.T)
    if not observed:
        return P
    seen = np.asarray(linear.seen, dtype=float)
    return np.einsum("ia,aibj,jb->ij", seen, P.reshape(states, regions, states, regions), seen)
