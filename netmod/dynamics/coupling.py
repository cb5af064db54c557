"""Long-range inputs of all regions: weighted sums of what the others send, at once or delayed."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from netmod.dynamics.parameters import Parameters, Sparse
from netmod.dynamics.proportional import Proportional
from netmod.dynamics.tiles import VECTOR
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


UNROLL = 4
"""Edges of a target that one turn of the loop over them takes."""


class Edges(NamedTuple):
    """Delayed edges of every target, padded to the largest number of sources.

    Attributes
    ----------
    source : array, shape (target, edge), int32
        Where an edge comes from.
    steps : array, shape (target, edge), int32
        Whole steps of its delay.
    share : array, shape (target, edge)
        What lies beyond the whole steps, as a share of a step: the signal is interpolated
        linearly between two steps.
    value : array, shape (lane, matrix, target, edge)
        Weight; 0 where padded.
    """

    source: Any
    steps: Any
    share: Any
    value: Any


class DelayLayout(NamedTuple):
    """What a compiled program must know of the delays.

    Attributes
    ----------
    block : int
        Steps for which all inputs are known in advance: the shortest delay.
    history : int
        Steps that are kept, up to now.
    spare : int
        Steps after them, which a block of the observer fills before the oldest are dropped.
    fractional : bool
        Whether any delay is not a whole number of steps.
    immediate : bool
        Whether some edges have no delay.
    """

    block: int
    history: int
    spare: int
    fractional: bool
    immediate: bool

    @property
    def length(self) -> int:
        """Steps of the array that holds the history."""
        return self.history + self.spare


def delayed_edges(
    weights: np.ndarray, delays_s: np.ndarray, dt_s: float
) -> tuple[Edges, np.ndarray, int, int]:
    """Split lanes with common delays into their delayed edges and the undelayed rest.

    Parameters
    ----------
    weights : array, shape (lane, matrix, target, source)
        Weights.
    delays_s : array, shape (target, source)
        Delay of every edge in s.
    dt_s : float
        Step in s.

    Returns
    -------
    edges : Edges
        Every edge that any lane has.
    immediate : array, shape (lane, matrix, target, source)
        Weights of the edges without delay.
    shortest, longest : int
        Whole steps of the shortest and the longest delay; 0 without any.
    """
    present = (weights != 0).any(axis=(0, 1))
    delayed = present & (delays_s > 0)
    immediate = np.where(delayed, 0.0, weights)
    in_steps = np.where(delayed, delays_s / dt_s, 0.0)
    # a delay that is a whole number of steps but for rounding is one
    nearest = np.round(in_steps)
    in_steps = np.where(np.abs(in_steps - nearest) < 1e-6, nearest, in_steps)
    width = max(1, int(delayed.sum(axis=1).max()))
    # the edges of a target first, in the order of their sources
    source = np.argsort(~delayed, axis=1, kind="stable")[:, :width].astype(np.int32)
    kept = np.take_along_axis(delayed, source, axis=1)
    lag = np.take_along_axis(in_steps, source, axis=1)
    whole = np.floor(lag)
    value = np.take_along_axis(weights, source[None, None], axis=3) * kept
    found = whole[kept]
    shortest, longest = (int(found.min()), int(found.max())) if found.size else (0, 0)
    # padding reads what is there anyway
    steps = np.where(kept, whole, shortest).astype(np.int32)
    share = np.where(kept, lag - whole, 0.0)
    return Edges(source, steps, share, value), immediate, shortest, longest


def windowed(edges: int) -> int:
    """Return the number of edges of a target with those that fill up the last turn."""
    # at least two turns: XLA would dissolve a loop of one and round what it fuses otherwise
    return max(2, -(-edges // UNROLL)) * UNROLL


class Windows(NamedTuple):
    """Delayed edges of a tile, laid out as the loop over them reads them.

    Attributes
    ----------
    start : array, shape (target, turn, edge), int32
        Where in the flat history what an edge passes on now begins.
    weights : array, shape (target, turn, edge, shift, matrix, 1, lane)
        Weight of the signal there and, if delays are no whole steps, of the signal one step
        before; one lane for all if they do not differ.
    """

    start: Any
    weights: Any

    def strength(self) -> Any:
        """Return the sum of every target's weights, ``[target, matrix, lane]``."""
        return self.weights.sum(axis=(1, 2, 3, 5))


def windows(edges: Edges, layout: DelayLayout, lanes: int) -> Windows:
    """Lay out the edges of a tile.

    Parameters
    ----------
    edges : Edges
        Of one tile of lanes.
    layout : DelayLayout
        Sizes.
    lanes : int
        Lanes of the tile.
    """
    value = np.asarray(edges.value)
    if (value == value[:1]).all():
        value = value[:1]
    n, width = edges.source.shape
    turns = windowed(width) // UNROLL

    def by_turn(x: np.ndarray) -> np.ndarray:
        # what fills up a turn has no weight and reads what is there anyway
        fill = [(0, 0), (0, turns * UNROLL - width)] + [(0, 0)] * (x.ndim - 2)
        return np.pad(x, fill).reshape(n, turns, UNROLL, *x.shape[2:])

    start = (edges.source * layout.length + (layout.history - 1) - edges.steps) * lanes
    value = np.transpose(value, (2, 3, 1, 0))[:, :, None, :, None]
    if layout.fractional:
        share = edges.share[:, :, None, None, None, None]
        value = np.concatenate([(1.0 - share) * value, share * value], axis=2)
    fill = by_turn(np.ones_like(start, bool))
    return Windows(np.where(fill, by_turn(start), lanes).astype(np.int32), by_turn(value))


def delayed_sums(model: Model, edges: Windows, block: int) -> Callable[[Any], Any]:
    """Return a function from the history to the sums at every step of the next block.

    Parameters
    ----------
    model : Model
        The neural mass.
    edges : Windows
        Of one tile of lanes.
    block : int
        Steps for which the sums are known.

    Returns
    -------
    callable
        From the history ``[signal, region, step, lane]`` and the steps by which now lies behind the
        end of what is kept, to ``[input-and-signal, block + 1, region, lane]``: the sums now and
        after each step.
    """
    import jax
    import jax.numpy as jnp

    turns, _, shifts, matrices = edges.weights.shape[1:5]
    alike = edges.weights.shape[-1] == 1
    matrix, places = matrices_of(model, matrices), places_of(model)
    groups = [
        sorted({m for m, place in zip(matrix, places, strict=True) if s in place})
        for s in range(len(model.sent) * model.link.signals)
    ]

    def of_signal(past, late_by, chosen):
        """Return the sums of one signal by some matrices, ``[matrix, step, target, lane]``."""
        lanes = past.shape[-1]
        past = past.reshape(-1)
        length = (block + 1) * lanes
        if alike:
            # one number weighs a whole window: a flat one, of whole vectors
            shape = (-(-length // VECTOR) * VECTOR,)
        else:
            shape = (block + 1, lanes)
        size = math.prod(shape)

        def target(row):
            start, weights = row
            weights = weights[..., 0] if alike else weights

            def turn(k, total):
                for u in range(UNROLL):
                    for shift in range(shifts):
                        # what one edge passes on during the block, all lanes side by side;
                        # sliced anew for each use, it is read in place
                        first = (start[k, u] + (late_by - shift) * lanes,)
                        late = jax.lax.dynamic_slice(past, first, (size,))
                        total = total + weights[k, u, shift] * late.reshape(1, *shape)
                return total

            zero = jnp.zeros((len(chosen), *shape), past.dtype)
            # edge by edge: no [edge, step] table is kept, and the order is fixed
            return jax.lax.fori_loop(0, turns, turn, zero)

        weights = edges.weights
        if len(chosen) < matrices:
            weights = weights[:, :, :, :, jnp.asarray(chosen)]
        sums = jax.lax.map(target, (edges.start, weights))
        if alike:
            sums = sums[..., :length].reshape(*sums.shape[:2], block + 1, lanes)
        return jnp.moveaxis(sums, 0, 2)

    def sums(history, late_by):
        by_signal = [of_signal(history[s], late_by, chosen) for s, chosen in enumerate(groups)]
        return jnp.stack(
            [
                by_signal[s][groups[s].index(m)]
                for m, place in zip(matrix, places, strict=True)
                for s in place
            ]
        )

    return sums


def conduction_delays(lengths_mm: Any, velocity_m_per_s: Any) -> np.ndarray:
    """Return conduction delays in s from tract lengths and velocity.

    Parameters
    ----------
    lengths_mm : array, shape (target, source)
        Tract lengths.
    velocity_m_per_s : float or array, shape (target, source)
        Conduction velocity, of all edges or of each; infinite for no delay.

    Raises
    ------
    ConfigError
        If a velocity is not positive, or a length negative or not finite.
    """
    from netmod.errors import ConfigError, DataError

    lengths = np.asarray(lengths_mm, dtype=float)
    velocity = np.broadcast_to(np.asarray(velocity_m_per_s, dtype=float), lengths.shape)
    bad = np.argwhere(~(velocity > 0))
    if len(bad):
        target, source = (int(i) for i in bad[0])
        raise ConfigError(
            "the conduction velocity is not positive",
            where=f"edge from region {source + 1} to region {target + 1}",
            expected="more than 0 m/s",
            got=f"{velocity[target, source]:g} m/s",
            hint="leave the velocity out, or make it infinite, for no delays",
        )
    bad = np.argwhere(~(np.isfinite(lengths) & (lengths >= 0)))
    if len(bad):
        target, source = (int(i) for i in bad[0])
        raise DataError(
            "a tract length is negative or not finite",
            where=f"edge from region {source + 1} to region {target + 1}",
            expected="a length of at least 0 mm",
            got=f"{lengths[target, source]:g} mm",
        )
    return lengths / velocity * 1e-3
