"""Local derivatives of a model at a state, and what a network makes of them.

Regions meet only through the signals they send. With L the local Jacobian of a region (states x
states), B_q its derivative by the weighted sum q, and E_k that of signal k by the states, the
whole Jacobian without delays is ``L + sum_q B_q W^q E_k(q)``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from netmod.dynamics.coupling import inputs_of, matrices_of, places_of, signals_of
from netmod.dynamics.parameters import Parameters, Sparse
from netmod.models import Model


class Linearisation(NamedTuple):
    """Local derivatives of a model at a state.

    Attributes
    ----------
    local : array, shape (region, state, state)
        ``d drift_a / d state_b`` of each region, in 1/s, the weighted sums held.
    inputs : array, shape (sum, region, state)
        ``d drift_a / d sum_q``; the sums of each coupling input follow one another.
    sent : array, shape (signal, region, state)
        ``d signal_k / d state_b``.
    seen : array, shape (region, state)
        ``d observed / d state_b``.
    """

    local: Any
    inputs: Any
    sent: Any
    seen: Any


def links_of(model: Model, matrices: int) -> list[tuple[int, int]]:
    """Return for every weighted sum the place of its matrix and of its signal."""
    return [
        (m, k)
        for m, place in zip(matrices_of(model, matrices), places_of(model), strict=True)
        for k in place
    ]


def weights_of(parameters: Parameters) -> Any:
    """Return the weights as a dense array (matrix, target, source)."""
    import jax.numpy as jnp

    weights = parameters.weights
    return weights.dense() if isinstance(weights, Sparse) else jnp.asarray(weights)


def linearise(model: Model, parameters: Parameters, state: Any) -> Linearisation:
    """Return the local derivatives of the drift at a state (jax forward mode)."""
    import jax
    import jax.numpy as jnp

    values = parameters.values
    weights = weights_of(parameters)
    links = links_of(model, weights.shape[0])
    width = model.link.signals
    strength = [weights[m].sum(axis=-1) for m in matrices_of(model, weights.shape[0])]
    state = tuple(jnp.asarray(s) for s in state)
    signals = signals_of(model, state, values)
    sums = tuple(weights[m] @ signals[k] for m, k in links)
    one = jnp.ones_like(state[0])
    zeros = tuple(jnp.zeros_like(one) for _ in state)
    quiet = tuple(jnp.zeros_like(one) for _ in sums)

    def drift(s, q):
        by_input = tuple(q[i : i + width] for i in range(0, len(q), width))
        return model.drift(s, values, inputs_of(model, by_input, strength, s, values))

    def unit(template, k):
        return (*template[:k], one, *template[k + 1 :])

    def derivative(ds, dq):
        return jnp.stack(jax.jvp(drift, (state, sums), (ds, dq))[1], axis=-1)

    def sending(s):
        seen = model.signal(model.observed, s, values)
        return (*signals_of(model, s, values), jnp.broadcast_to(seen, one.shape))

    local = jnp.stack([derivative(unit(zeros, b), quiet) for b in range(len(state))], axis=-1)
    inputs = jnp.stack([derivative(zeros, unit(quiet, q)) for q in range(len(sums))])
    by_state = [
        jnp.stack(jax.jvp(sending, (state,), (unit(zeros, b),))[1]) for b in range(len(state))
    ]
    out = jnp.stack(by_state, axis=-1)
    return Linearisation(local, inputs, out[:-1], out[-1])


def jacobian(model: Model, parameters: Parameters, linear: Linearisation) -> Any:
    """Return the whole Jacobian without delays, shape (state * region, state * region), in 1/s."""
    import jax.numpy as jnp

    n, states = linear.local.shape[:2]
    weights = weights_of(parameters)
    total = jnp.einsum("iab,ij->aibj", linear.local, jnp.eye(n, dtype=linear.local.dtype))
    for q, (m, k) in enumerate(links_of(model, weights.shape[0])):
        total = total + jnp.einsum("ia,ij,jb->aibj", linear.inputs[q], weights[m], linear.sent[k])
    return total.reshape(states * n, states * n)


def network_matrix(model: Model, weights: Any, response: Any, signals: int, sign: float) -> Any:
    """Return ``1 + sign * sum_q diag(response) W``, shape (signal * region, signal * region).

    The response, ``[sum, signal, region]``, says what a unit of sum q adds to every signal.
    """
    import jax.numpy as jnp

    n = weights.shape[-1]
    blocks = jnp.zeros((signals, n, signals, n), dtype=response.dtype)
    for q, (m, k) in enumerate(links_of(model, weights.shape[0])):
        blocks = blocks.at[:, :, k].add(sign * response[q][..., None] * weights[m])
    return jnp.eye(signals * n, dtype=response.dtype) + blocks.reshape(signals * n, signals * n)
