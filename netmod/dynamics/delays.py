"""Delayed inputs of all regions, for as many steps ahead as the delays allow.

While the shortest delay lasts, all inputs are known in advance: they are summed for a block of
steps at once. An edge with a long delay is known for longer: blocks are nested, and an edge is
summed for the longest that its delay covers. A window of many steps costs little more than one of
few, because finding it takes longer than reading it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from netmod.dynamics.coupling import matrices_of, places_of
from netmod.dynamics.tiles import VECTOR
from netmod.models import Model

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
    blocks : tuple of int
        Steps for which the inputs along some edges are known in advance, the longest first
        (:func:`blocks_of`).
    history : int
        Steps that are kept, up to now.
    spare : int
        Steps after them, which a block of the observer fills before the oldest are dropped.
    fractional : bool
        Whether any delay is not a whole number of steps.
    immediate : bool
        Whether some edges have no delay.
    """

    blocks: tuple[int, ...]
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
    steps = whole.astype(np.int32)
    share = np.where(kept, lag - whole, 0.0)
    return Edges(source, steps, share, value), immediate, shortest, longest


def blocks_of(shortest: int, longest: int, steps: int) -> tuple[int, ...]:
    """Return the blocks for which inputs are summed ahead, the longest first.

    These are a block of the observer, a fifth of it (or less, a whole number of steps), and a part
    of that which no delay falls short of; those are left out that no edge waits in. Which edges
    are summed together thus hangs on the observer alone, not on the delays of other lanes, by
    which a lane would be rounded.

    Parameters
    ----------
    shortest, longest : int
        Whole steps of these delays.
    steps : int
        Steps of a block of the observer.
    """
    middle = _divisor(steps, max(1, steps // 5))
    blocks = [block for block in (steps, middle) if block <= longest]
    if shortest < middle:
        blocks.append(_divisor(middle, shortest))
    elif shortest >= steps:
        blocks = [steps]
    return tuple(dict.fromkeys(blocks))


def _divisor(number: int, most: int) -> int:
    """Return the largest divisor of a number that is not above another."""
    return max(k for k in range(1, min(number, most) + 1) if number % k == 0)


def by_block(found: Sequence[Edges], blocks: Sequence[int], history: int) -> list[list[Edges]]:
    """Split the edges of several groups of lanes by the longest block that their delay covers.

    Parameters
    ----------
    found : sequence of Edges
        Of every group.
    blocks : sequence of int
        From :func:`blocks_of`.
    history : int
        Steps that are kept.

    Returns
    -------
    list of list of Edges
        For every block those of every group, filled up to the same number of edges.
    """
    most = max(e.source.shape[1] for e in found)

    def wide(x: np.ndarray) -> np.ndarray:
        return np.pad(x, [(0, 0)] * (x.ndim - 1) + [(0, most - x.shape[-1])])

    found = [Edges(*map(wide, e)) for e in found]
    levels, above = [], np.inf
    for block in blocks:
        chosen = [
            (e.value != 0).any(axis=(0, 1)) & (e.steps >= block) & (e.steps < above) for e in found
        ]
        width = max(int(own.sum(axis=1).max()) for own in chosen)
        levels.append([_only(e, c, width, history) for e, c in zip(found, chosen, strict=True)])
        above = block
    return levels


def _only(edges: Edges, chosen: np.ndarray, width: int, history: int) -> Edges:
    """Return the chosen edges of every target in their order, filled up to a width."""
    order = np.argsort(~chosen, axis=1, kind="stable")[:, :width]
    kept = np.take_along_axis(chosen, order, axis=1)

    def own(x: np.ndarray, fill: float) -> np.ndarray:
        return np.where(kept, np.take_along_axis(x, order, axis=1), fill)

    # what fills up reads the oldest of the first region, which is there
    steps = own(edges.steps, history - 2).astype(np.int32)
    source = own(edges.source, 0).astype(np.int32)
    value = np.take_along_axis(edges.value, order[None, None], axis=3) * kept
    return Edges(source, steps, own(edges.share, 0.0), value)


def windowed(edges: int) -> int:
    """Return the number of edges of a target with those that fill up the last turn."""
    # at least two turns: of one XLA knows where it begins, and rounds what it fuses otherwise
    return max(2, -(-edges // UNROLL)) * UNROLL


class Windows(NamedTuple):
    """Delayed edges of a tile that are summed for one block, as the loop over them reads them.

    Attributes
    ----------
    start : array, shape (target, turn, edge), int32
        Where in the flat history what an edge passes on now begins.
    weights : array, shape (target, turn, edge, shift, matrix, 1, lane)
        Weight of the signal there and, if delays are no whole steps, of the signal one step
        before; one lane for all if they do not differ.
    turns : array, shape (target,), int32
        Turns that a target has edges for; the rest only fills up the arrays.
    """

    start: Any
    weights: Any
    turns: Any

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
    start = np.where(fill, by_turn(start), lanes).astype(np.int32)
    last = np.where((edges.value != 0).any(axis=(0, 1)), np.arange(1, width + 1), 0)
    taken = -(-last.max(axis=1, initial=0) // UNROLL)
    return Windows(start, by_turn(value), taken.astype(np.int32))


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

    shifts, matrices = edges.weights.shape[3:5]
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
            start, weights, turns = row
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
        sums = jax.lax.map(target, (edges.start, weights, edges.turns))
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
