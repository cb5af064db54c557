"""Effective connectivity: long-range weights with which the model reproduces a measured FC.

Zero-lag FC cannot identify direction, so the fitted weights are symmetric; what is directed in the
model is the inhibition that prefrontal cortex exerts on the subgenual region, which the fit keeps
inside its loss (:mod:`netmod.dynamics.wiring`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from netmod.dynamics.fic import TARGET_RATE_HZ, balance
from netmod.dynamics.linear import band_covariance, band_nodes, linearise
from netmod.dynamics.parameters import Parameters
from netmod.dynamics.wiring import Wiring, long_range_weights
from netmod.errors import DataError
from netmod.models import Model

BAND_HZ = (0.01, 0.09)


@dataclass(frozen=True)
class Fit:
    """A fitted effective connectivity.

    Attributes
    ----------
    weights : array, shape (target, source)
        Symmetric weights with G = 1.
    loss : array, shape (step,)
        Loss before each step.
    correlation : array, shape (step,)
        Correlation of model and data over the upper triangle, before each step.
    """

    weights: np.ndarray
    loss: np.ndarray
    correlation: np.ndarray


def fit_effective_connectivity(
    model: Model,
    values: dict[str, Any],
    structure: np.ndarray,
    fc: np.ndarray,
    wiring: Wiring,
    homotopic: list[tuple[int, int]],
    *,
    steps: int = 400,
    learning_rate: float = 0.03,
    regularisation: float = 1e-5,
    start_radius: float = 1.0,
    emphasis: np.ndarray | None = None,
    threshold: float = 1e-3,
    largest: float | None = None,
    progress: Callable[[int, float, float], None] | None = None,
) -> Fit:
    """Fit symmetric log-weights by gradient through FIC and the linear-noise spectrum.

    The loss is the mean squared error of the upper-triangle FC plus ``regularisation`` times the
    squared log-deviation from the structural weights. Edges are those with a structural weight
    above a share of the maximum, and the homotopic pairs, whose callosal fibres tractography
    misses. Where FC was not measured nothing is compared: there the structural weights are kept but
    for what the measured pairs, through the network, ask of them.

    Parameters
    ----------
    model : Model
        A model that :func:`netmod.dynamics.fic.balance` can balance.
    values : dict
        Its parameters, arrays ``[region]``.
    structure : array, shape (region, region)
        Structural weights, symmetric, non-negative.
    fc : array, shape (region, region)
        Measured Pearson FC; NaN where not measured.
    wiring : Wiring
        How excitatory weights give the weights onto inhibition.
    homotopic : list of (int, int)
        Homologous pairs of regions.
    steps, learning_rate : int, float
        Adam steps and step size.
    regularisation : float
        Weight of the squared log-deviation.
    start_radius : float
        Spectral radius to which the structural weights are scaled at the start.
    emphasis : array, shape (region, region), optional
        Weight of each FC entry in the error; 1 everywhere when None.
    threshold : float
        Share of the largest structural weight above which there is an edge.
    largest : float, optional
        Bound of every weight, approached smoothly (``largest * tanh(w / largest)``). Without it a
        pair whose FC stands out may be tied together so tightly that it is nearly unstable alone.
    progress : callable, optional
        Called with (step, loss, correlation).

    Raises
    ------
    DataError
        If the matrices do not fit each other, are not symmetric, or no FC was measured.
    """
    import jax
    import jax.numpy as jnp
    import optax

    _check(structure, fc)
    n = structure.shape[0]
    upper = np.triu_indices(n, 1)
    measured = tuple(places[np.isfinite(fc[upper])] for places in upper)
    scaled = structure / np.abs(np.linalg.eigvalsh(structure)).max() * start_radius
    mask = scaled > threshold * scaled.max()
    for a, b in homotopic:
        mask[a, b] = mask[b, a] = True
    edge = np.array([(i, j) for i, j in zip(*upper, strict=True) if mask[i, j]]).T
    floor = np.median(scaled[mask & (scaled > 0)])
    there = scaled[tuple(edge)]
    start = np.log(np.where(there > threshold * scaled.max(), there, floor))

    with jax.enable_x64(True):
        # four nodes know the FC of this band to 1e-8
        omegas, weights = band_nodes(*BAND_HZ, count=4)
        target = jnp.asarray(fc[measured])
        importance = np.ones(len(measured[0])) if emphasis is None else emphasis[measured]
        importance = jnp.asarray(importance / importance.mean())
        start = jnp.asarray(start)

        def matrix(log_weights):
            value = jnp.exp(log_weights)
            if largest is not None:
                value = largest * jnp.tanh(value / largest)
            C = jnp.zeros((n, n)).at[edge[0], edge[1]].set(value)
            return C + C.T

        def predicted(log_weights):
            C = matrix(log_weights)
            p = Parameters(values, long_range_weights(C, wiring))
            J, state = balance(p, TARGET_RATE_HZ)
            p = p.replace(J=J)
            cov = band_covariance(model, p, linearise(model, p, state), omegas, weights)
            sd = jnp.sqrt(jnp.diag(cov))
            return (cov / (sd[:, None] * sd[None, :]))[measured]

        def loss(log_weights):
            found = predicted(log_weights)
            error = jnp.mean(importance * (found - target) ** 2)
            drift = jnp.sum((log_weights - start) ** 2)
            return error + regularisation * drift, jnp.corrcoef(found, target)[0, 1]

        optimiser = optax.adam(learning_rate)

        @jax.jit
        def step(log_weights, memory):
            (value, r), gradient = jax.value_and_grad(loss, has_aux=True)(log_weights)
            updates, memory = optimiser.update(gradient, memory)
            return optax.apply_updates(log_weights, updates), memory, value, r

        log_weights, memory = start, optimiser.init(start)
        history = []
        for k in range(steps):
            log_weights, memory, value, r = step(log_weights, memory)
            history.append((float(value), float(r)))
            if progress is not None:
                progress(k, *history[-1])
        fitted = np.asarray(matrix(log_weights))
    losses, correlations = np.array(history).T
    return Fit(fitted, losses, correlations)


def _check(structure: np.ndarray, fc: np.ndarray) -> None:
    for name, M in (("structure", structure), ("FC", fc)):
        if M.ndim != 2 or M.shape != structure.shape or M.shape[0] != M.shape[1]:
            raise DataError(
                f"{name} must be square and of the same size", got=f"{structure.shape}, {fc.shape}"
            )
        if np.isinf(M).any() or (name == "structure" and np.isnan(M).any()):
            raise DataError(f"{name} is not finite")
        if not np.allclose(M, M.T, atol=1e-8 * max(1.0, np.nanmax(np.abs(M))), equal_nan=True):
            raise DataError(f"{name} is not symmetric")
    if not np.isfinite(fc[np.triu_indices(len(fc), 1)]).any():
        raise DataError("no FC was measured", expected="finite values off the diagonal")
