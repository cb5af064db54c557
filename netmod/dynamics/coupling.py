"""Long-range inputs of all regions: weighted sums of what the others send."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from netmod.dynamics.parameters import Parameters, Sparse
from netmod.dynamics.proportional import Proportional
from netmod.models import Model

Sums = tuple[tuple[Any, ...], ...]
"""For each coupling input the sums over sources, one for each signal of its kind of coupling."""


def signals_of(model: Model, state: Sequence[Any], values: Mapping[str, Any]) -> list[Any]:
    """Return every signal that leaves the regions, those of one transmitted variable together."""
    link = model.link
    return [s for name in model.sent for s in link.send(model.signal(name, state, values), values)]


def inputs_of(
    model: Model,
    sums: Sums,
    strength: Sequence[Any],
    state: Sequence[Any],
    values: Mapping[str, Any],
) -> tuple[Any, ...]:
    """Return the coupling inputs that targets make of the sums.

    Parameters
    ----------
    model : Model
        The neural mass.
    sums : tuple of tuples of arrays
        For each input its sums, one for each signal.
    strength : sequence of arrays
        For each input ``sum_j W_ij``.
    state : sequence of arrays
        The targets' own state.
    values : mapping
        Parameter values.
    """
    link = model.link
    return tuple(
        link.receive(total, model.signal(name, state, values), k, values)
        for name, total, k in zip(model.transmitted, sums, strength, strict=True)
    )


def places_of(model: Model) -> list[list[int]]:
    """Return for each coupling input the places of its signals in :func:`signals_of`."""
    width = model.link.signals
    return [
        [model.sent.index(name) * width + s for s in range(width)] for name in model.transmitted
    ]


def matrices_of(model: Model, matrices: int) -> list[int]:
    """Return for each coupling input the place of its matrix: its own, or the only one."""
    inputs = len(model.coupling_inputs)
    return list(range(inputs)) if matrices > 1 else [0] * inputs


def coupling_of(model: Model, parameters: Parameters, state: Any) -> tuple[Any, ...]:
    """Return the undelayed inputs of one network's state, one array per coupling input.

    Parameters
    ----------
    model : Model
        The neural mass.
    parameters : Parameters
        One network; its delays do not matter.
    state : sequence of arrays, shape (region,)
        State of the regions.
    """
    weights = parameters.weights
    signals = signals_of(model, state, parameters.values)
    if isinstance(weights, Sparse):
        products = [[weights.dot(m, s) for s in signals] for m in range(weights.matrices)]
        row = [weights.strength(m) for m in range(weights.matrices)]
    else:
        products = [[W @ s for s in signals] for W in weights]
        row = [W.sum(axis=-1) for W in weights]
    matrix = matrices_of(model, len(row))
    sums = tuple(
        tuple(products[m][s] for s in places)
        for m, places in zip(matrix, places_of(model), strict=True)
    )
    return inputs_of(model, sums, [row[m] for m in matrix], state, parameters.values)


def _products(tall: Any, signals: Sequence[Any]) -> list[Any]:
    """Return the products of a matrix with several signals, side by side where one serves all."""
    import jax.numpy as jnp

    side = signals[0] if len(signals) == 1 else jnp.concatenate(signals, axis=-1)
    if tall.ndim == 2:
        return jnp.split(tall @ side, len(signals), axis=-1)
    return [jnp.einsum("bij,jb->ib", tall, s) for s in signals]


def dense_sums(model: Model, weights: Any) -> Callable[[Sequence[Any]], Sums]:
    """Return a function from signals ``[region, lane]`` to sums, by as few products as possible.

    Parameters
    ----------
    model : Model
        The neural mass.
    weights : array, shape ([lane,] matrix, target, source)
        One network for each lane, or one for all.
    """
    import jax.numpy as jnp

    if weights.ndim == 4 and weights.shape[0] == 1:
        weights = weights[0]  # a plain product is faster than a batch of one
    matrices, n = weights.shape[-3], weights.shape[-1]
    places = places_of(model)
    width = model.link.signals

    if matrices == 1:

        def one_matrix(signals):
            totals = _products(weights[..., 0, :, :], signals)
            return tuple(tuple(totals[s] for s in place) for place in places)

        return one_matrix

    # the matrices of one signal below one another: one product serves several inputs
    groups = [
        [i for i, name in enumerate(model.transmitted) if name == sent] for sent in model.sent
    ]
    stacks = [
        weights[..., jnp.asarray(group), :, :].reshape(*weights.shape[:-3], -1, n)
        for group in groups
    ]

    def by_signal(signals):
        sums: list[Any] = [None] * len(places)
        for g, group in enumerate(groups):
            totals = _products(stacks[g], signals[g * width : (g + 1) * width])
            for k, i in enumerate(group):
                sums[i] = tuple(t[k * n : (k + 1) * n] for t in totals)
        return tuple(sums)

    return by_signal


def proportional_sums(model: Model, weights: Proportional) -> Callable[[Sequence[Any]], Sums]:
    """Return a function from signals ``[region, lane]`` to sums of two inputs by one product.

    Parameters
    ----------
    model : Model
        With two inputs of one signal.
    weights : Proportional
        One network for each lane, or one for all.
    """
    if weights.tall.ndim == 3 and weights.tall.shape[0] == 1:
        weights = Proportional(*(x[0] for x in weights))
    n, extra = weights.share.shape[-1], weights.onto.shape[-1]

    def beside(x):
        """Return ``[target, lane]``, or of one lane for all."""
        return x[:, None] if x.ndim == 1 else x.T

    share = beside(weights.share)
    onto = [beside(weights.onto[..., k]) for k in range(extra)]

    def both(signals):
        first, second = [], []
        for total in _products(weights.tall, signals):
            first.append(total[:n])
            # term by term: it joins the kernel of the step, and adding 0 leaves every bit
            own = share * total[:n]
            for k in range(extra):
                own = own + onto[k] * total[n + k]
            second.append(own)
        return tuple(first), tuple(second)

    return both


def sparse_sums(model: Model, weights: Sparse) -> Callable[[Sequence[Any]], Sums]:
    """Return a function from signals ``[region, lane]`` to sums over the edges that exist."""
    matrix, places = matrices_of(model, weights.matrices), places_of(model)

    def sums(signals):
        return tuple(
            tuple(weights.dot(m, signals[s].T).T for s in place)
            for m, place in zip(matrix, places, strict=True)
        )

    return sums
