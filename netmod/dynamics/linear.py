"""The linear engine: a model's linear-noise spectrum at its fixed point, exact and differentiable.

Long-range coupling enters every region through the transmitted state alone, so the 2N (or more)
equations reduce to one N x N complex system at each frequency:

    (i w - L_i) x_i = n_i + sum_c B_ic sum_j W^c_ij x^T_j
    (I - sum_c diag(h_c) W^c) x^T = R_T n,   R = (i w - L)^-1,   h_c = (R B_c)_T

with L the local Jacobian of a region (states x states) and B_c the derivative by coupling input c.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from netmod.dynamics.parameters import Parameters
from netmod.models import Model

ENOUGH = 1e-11
"""Residual drift in 1/s at which Newton stops: the rounding of double precision."""


class Linearisation(NamedTuple):
    """Local derivatives of a model at a state.

    Attributes
    ----------
    local : array, shape (region, state, state)
        ``d drift_a / d state_b`` of each region, in 1/s.
    inputs : array, shape (coupling_input, region, state)
        ``d drift_a / d coupling_c``.
    """

    local: Any
    inputs: Any


def coupling_of(model: Model, parameters: Parameters, state: Any) -> tuple[Any, ...]:
    """Return the long-range inputs ``sum_j W_ij x_j`` of a state, one array per coupling input."""
    sent = state[model.states.index(model.transmitted)]
    return tuple(parameters.weights[c] @ sent for c in range(len(model.coupling_inputs)))


def linearise(model: Model, parameters: Parameters, state: Any) -> Linearisation:
    """Return the local derivatives of the drift at a state (jax forward mode)."""
    import jax
    import jax.numpy as jnp

    coupling = coupling_of(model, parameters, state)
    one = jnp.ones_like(state[0])
    zeros = tuple(jnp.zeros_like(one) for _ in state)
    quiet = tuple(jnp.zeros_like(one) for _ in coupling)

    def drift(s, c):
        return model.drift(s, parameters.values, c)

    def unit(template, k):
        return (*template[:k], one, *template[k + 1 :])

    def derivative(ds, dc):
        return jnp.stack(jax.jvp(drift, (tuple(state), coupling), (ds, dc))[1], axis=-1)

    local = jnp.stack([derivative(unit(zeros, b), quiet) for b in range(len(state))], axis=-1)
    inputs = jnp.stack([derivative(zeros, unit(quiet, c)) for c in range(len(coupling))])
    return Linearisation(local, inputs)


def jacobian(model: Model, parameters: Parameters, linear: Linearisation) -> Any:
    """Return the whole Jacobian, shape (state * region, state * region), in 1/s."""
    import jax.numpy as jnp

    states = linear.local.shape[1]
    sent = model.states.index(model.transmitted)
    rows = []
    for a in range(states):
        row = []
        for b in range(states):
            block = jnp.diag(linear.local[:, a, b])
            if b == sent:
                block = block + jnp.einsum("ci,cij->ij", linear.inputs[:, :, a], parameters.weights)
            row.append(block)
        rows.append(jnp.concatenate(row, axis=1))
    return jnp.concatenate(rows, axis=0)


def solve_fixed_point(
    model: Model, parameters: Parameters, start: Any, steps: int = 40
) -> tuple[Any, Any]:
    """Find the noise-free fixed point by damped Newton from a start.

    Parameters
    ----------
    model : Model
        The neural mass.
    parameters : Parameters
        One network.
    start : tuple of arrays, shape (region,)
        Where to start: the healthy FIC state.
    steps : int
        Most Newton steps; each takes the best of seven lengths, from whole to 1/64.

    Returns
    -------
    state : tuple of arrays
        The last iterate.
    residual : array, scalar
        Largest absolute drift there, in 1/s; below 1e-11 when converged in double precision.
    """
    import jax
    import jax.numpy as jnp

    sent = model.states.index(model.transmitted)
    n = start[0].shape[0]

    def drift(y):
        state = tuple(y)
        return jnp.stack(
            model.drift(state, parameters.values, coupling_of(model, parameters, state))
        )

    fractions = 0.5 ** jnp.arange(7)

    def newton(carry):
        y, _, step = carry
        # The Newton system is the linear response at zero frequency: N x N, whatever the states.
        local, inputs = linearise(model, parameters, tuple(y))
        inverse = jnp.linalg.inv(local)
        own = jnp.einsum("iab,bi->ai", inverse, drift(y))
        response = jnp.einsum("iab,cib->cai", inverse, inputs)
        network = jnp.eye(n) + jnp.einsum("ci,cij->ij", response[:, sent], parameters.weights)
        through = jnp.einsum("cij,j->ci", parameters.weights, jnp.linalg.solve(network, own[sent]))
        move = own - jnp.einsum("cai,ci->ai", response, through)
        trials = y[None] - fractions[:, None, None] * move[None]
        sizes = jax.vmap(lambda t: jnp.abs(drift(t)).max())(trials)
        sizes = jnp.where(jnp.isfinite(sizes), sizes, jnp.inf)
        best = jnp.argmin(sizes)
        return trials[best], sizes[best], step + 1

    def unfinished(carry):
        _, size, step = carry
        return (size > ENOUGH) & (step < steps)

    y = jnp.stack(start)
    y, size, _ = jax.lax.while_loop(unfinished, newton, (y, jnp.abs(drift(y)).max(), 0))
    return tuple(y), size


def cross_spectrum(model: Model, parameters: Parameters, linear: Linearisation, omega: Any) -> Any:
    """Return the cross-spectral density of the observed state at one angular frequency.

    Parameters
    ----------
    omega : float
        Angular frequency in rad/s.

    Returns
    -------
    array, shape (region, region), complex
        ``E[x(w) x(w)^H]`` per unit of time, in (state unit)^2 s.
    """
    import jax.numpy as jnp

    n, states = linear.local.shape[0], linear.local.shape[1]
    sent = model.states.index(model.transmitted)
    seen = model.states.index(model.observed)
    noisy = jnp.asarray([float(s in model.noise_on) for s in model.states])
    variance = (parameters.values["noise_sd"] ** 2)[:, None] * noisy

    R = jnp.linalg.inv(1j * omega * jnp.eye(states) - linear.local)
    response = jnp.einsum("iab,cib->cia", R, linear.inputs)
    network = jnp.eye(n) - jnp.einsum("ci,cij->ij", response[:, :, sent], parameters.weights)
    # x_T = F n with F = network^-1 R_T; the observed state adds its own local part
    inverse = jnp.linalg.inv(network)
    spread = jnp.einsum("ci,cij->ij", response[:, :, seen], parameters.weights) @ inverse
    total = jnp.zeros((n, n), dtype=inverse.dtype)
    for s in range(states):
        gain = spread * R[:, sent, s][None, :] + jnp.diag(R[:, seen, s])
        total = total + (gain * variance[:, s][None, :]) @ gain.conj().T
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


def leading_eigenvalue(model: Model, parameters: Parameters, linear: Linearisation) -> complex:
    """Return the Jacobian's eigenvalue of largest real part, in 1/s (NumPy, on the host)."""
    values = np.linalg.eigvals(np.asarray(jacobian(model, parameters, linear)))
    return complex(values[np.argmax(values.real)])
