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

from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from netmod.dynamics.coupling import coupling_of
from netmod.dynamics.fixed_points import FixedPoint, fixed_points, solve_fixed_point
from netmod.dynamics.increments import noisy_states
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
from netmod.models import Coupling, Model

__all__ = [
    "BandCovariance",
    "FixedPoint",
    "Linearisation",
    "StabilityMap",
    "adaptive_band_covariance",
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
    gain, power = _gains(model, parameters, linear, omega)
    return (gain * power) @ gain.conj().T


def _gains(
    model: Model, parameters: Parameters, linear: Linearisation, omega: Any
) -> tuple[Any, Any]:
    """Return how the observed signal answers independent noises, and the power of each.

    Shapes (region, noise) and (noise,): a noise for each region, or for each state of each region.
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
    # the signals u obey network u = E R noise
    network = network_matrix(model, weights, reach, signals, -1.0)
    inverse = jnp.linalg.inv(network)
    sent = jnp.einsum("kia,ias->ski", linear.sent, R)
    if signals == 1 and sends_what_is_seen(model):
        # what is observed is the signal itself, and what enters a region leaves it by one way
        loudness = sent[:, 0].real ** 2 + sent[:, 0].imag ** 2
        return inverse, (loudness * variance).sum(axis=0)
    # else the observed signal adds its own local part to what arrives
    into = jnp.zeros((n, signals, n), dtype=network.dtype)
    for q, (m, k) in enumerate(links_of(model, weights.shape[0])):
        gain = jnp.einsum("ia,ia->i", linear.seen, response[q])
        into = into.at[:, k].add(gain[:, None] * weights[m])
    spread = (into.reshape(n, signals * n) @ inverse).reshape(n, signals, n)
    own = jnp.einsum("ia,ias->si", linear.seen, R)
    gains = [jnp.einsum("jki,ki->ji", spread, sent[s]) + jnp.diag(own[s]) for s in range(states)]
    return jnp.concatenate(gains, axis=1), variance.reshape(-1)


def sends_what_is_seen(model: Model) -> bool:
    """Tell whether a model's observed signal is its only one to leave a region, unchanged."""
    return model.sent == (model.observed,) and type(model.link).send is Coupling.send


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
        gain, power = _gains(model, parameters, linear, omega)
        # the real part of gain power gain^H, by half of the operations
        parts = jnp.concatenate([gain.real, gain.imag], axis=1)
        return total + (parts * (weight * jnp.concatenate([power, power]))) @ parts.T, None

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


class BandCovariance(NamedTuple):
    """The covariance in a band, integrated until it is known.

    Attributes
    ----------
    covariance : array, shape (region, region)
        Of the observed signal.
    error : float
        By how much the last bisections changed it, summed over panels, relative to the standard
        deviations of the two regions: far above the true error, since Gauss rules converge
        geometrically.
    panels : int
        Panels evaluated, of 12 frequencies each.
    converged : bool
        False where the limit was reached first, or the spectrum is not finite.
    """

    covariance: np.ndarray
    error: float
    panels: int
    converged: bool


def adaptive_band_covariance(
    panel: Callable[[np.ndarray, np.ndarray], Any],
    low_hz: float,
    high_hz: float,
    *,
    power_gain: Callable[[np.ndarray], Any] | None = None,
    rtol: float = 1e-6,
    limit: int = 1000,
) -> BandCovariance:
    """Integrate a spectrum over a band, with as many frequencies as its peaks ask for.

    The band is bisected where bisection changes the covariance: narrow resonances, which 12
    nodes miss, cost some panels more; smooth spectra cost three to seven. On the host; every panel
    has 12 nodes, so that one compiled program serves all.

    Parameters
    ----------
    panel : callable
        From angular frequencies in rad/s and weights, both of shape (12,), to the weighted sum of
        cross-spectra, shape (region, region): :func:`band_covariance` of a network.
    low_hz, high_hz : float
        The band.
    power_gain : callable, optional
        From angular frequencies to the factor on the power there: the hemodynamic response's
        squared modulus.
    rtol : float
        Largest change of an entry by a bisection that is accepted, relative to the standard
        deviations of its two regions.
    limit : int
        Most panels; where it is reached the result says so (``converged``).

    Returns
    -------
    BandCovariance

    Raises
    ------
    ConfigError
        If the band is not an interval of frequencies from 0, or the tolerance is not positive.
    """
    if not (np.isfinite([low_hz, high_hz]).all() and 0 <= low_hz < high_hz):
        raise ConfigError(
            "the band is not an interval of frequencies",
            expected="two finite frequencies in Hz, the lower first, none below 0",
            got=f"{low_hz:g} to {high_hz:g}",
        )
    if not rtol > 0:
        raise ConfigError("a tolerance must be positive", where="rtol", got=f"{rtol:g}")

    def over(low, high):
        omegas, weights = band_nodes(low, high)
        if power_gain is not None:
            weights = weights * np.asarray(power_gain(omegas))
        return np.asarray(panel(omegas, weights))

    whole = over(low_hz, high_hz)
    panels, settled = 1, True
    total, change = whole, np.zeros_like(whole)
    # breadth first: what all panels say so far sets the scale before the small ones are judged
    waiting = deque([(low_hz, high_hz, whole)])
    while waiting:
        if panels + 2 > limit or not np.isfinite(total).all():
            settled = False
            break
        low, high, coarse = waiting.popleft()
        middle = 0.5 * (low + high)
        left, right = over(low, middle), over(middle, high)
        panels += 2
        moved = left + right - coarse
        total = total + moved
        sd = np.sqrt(np.diag(total))
        if (np.abs(moved) <= rtol * sd[:, None] * sd).all():
            change += np.abs(moved)
        else:
            waiting += [(low, middle, left), (middle, high, right)]
    sd = np.sqrt(np.diag(total))
    scale = np.where(sd > 0, sd, 1.0)
    error = float((change / (scale[:, None] * scale)).max()) if settled else float("inf")
    return BandCovariance(total, error, panels, settled)


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
