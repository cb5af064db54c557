"""The optimiser: greedy moves of nodes and communities, many starts as lanes of one array.

The gain of every (node, community) pair is kept as an array, and all seeded starts of all matrices
of a stack are lanes of the same numpy operations. A level of the classic method (local moves, then
whole communities as nodes) is followed by another round of moves of single nodes, so that it ends
at a partition that no single move of a node or community can improve.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from netmod.graph.modularity.quality import score

_GAIN_TOLERANCE = 1e-10  # a fraction of the total weight; below it, two partitions are equally good
_MAX_ROUNDS = 50
_LOOSE = 0.6  # share of nodes that a perturbation sets free; of 0.3 and 0.6 the better one on FC
_BYTES_TOGETHER = 16e6  # lanes beyond this no longer gain from sharing operations


def all_starts(matrices: NDArray, runs: int, seed: int) -> tuple[NDArray, NDArray]:
    """Return Q [S, runs] and labels [S, runs, N] of seeded starts from single nodes.

    Parameters
    ----------
    matrices : ndarray, shape (S, N, N)
        As of :func:`netmod.graph.modularity.quality_matrix`; every one has the same starts.
    runs, seed : int
        Orders in which the nodes are visited, and their seed.
    """
    orders = _orders(np.random.default_rng(seed), runs, matrices.shape[-1])
    alone = np.broadcast_to(np.arange(matrices.shape[-1]), (*matrices.shape[:1], *orders.shape))
    return _from(matrices, alone, orders)


def perturb(
    matrices: NDArray, q: NDArray, labels: NDArray, runs: int, rounds: int, seed: int
) -> tuple[NDArray, NDArray]:
    """Improve partitions by setting a random share of the nodes free and moving again.

    Parameters
    ----------
    matrices : ndarray, shape (S, N, N)
        As there.
    q, labels : ndarray, shape (S,) and (S, N)
        Where to start from.
    runs, rounds, seed : int
        Perturbations per round; after each round the best partition is kept, old or new.

    Returns
    -------
    q, labels : ndarray, shape (S,) and (S, N)

    Notes
    -----
    Iterated local search: Lourenço, Martin & Stützle 2003, doi:10.1007/0-306-48056-5_11.
    """
    size = matrices.shape[-1]
    rng = np.random.default_rng([seed, 1])
    for _ in range(rounds):
        loose = rng.random((runs, size)) < _LOOSE
        start = np.where(loose, size + np.arange(size), labels[:, None, :])
        start = np.stack([[first_seen(one) for one in lanes] for lanes in start])
        new_q, new = _from(matrices, start, _orders(rng, runs, size))
        q, labels = best_of(
            np.concatenate([q[:, None], new_q], axis=1),
            np.concatenate([labels[:, None], new], axis=1),
        )
    return q, labels


def best_of(q: NDArray, labels: NDArray) -> tuple[NDArray, NDArray]:
    """Return the highest of Q [S, R] with its labels of [S, R, N]; the first of equals."""
    best = np.argmax(np.where(np.isnan(q), -np.inf, q), axis=1)
    stack = np.arange(q.shape[0])
    return q[stack, best], np.stack([first_seen(one) for one in labels[stack, best]])


def first_seen(labels: NDArray) -> NDArray[np.int64]:
    """Renumber the communities by their first region: equal partitions get equal labels."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse].astype(np.int64)


def _orders(rng: np.random.Generator, runs: int, size: int) -> NDArray:
    return rng.permuted(np.tile(np.arange(size), (runs, 1)), axis=1)


def _from(matrices: NDArray, start: NDArray, orders: NDArray) -> tuple[NDArray, NDArray]:
    """Return Q [S, R] and labels [S, R, N] from ``start [S, R, N]``, by orders [R, N]."""
    runs, size = orders.shape
    labels = np.array(start, dtype=np.int64).reshape(-1, size)
    of_lane, of_run = np.divmod(np.arange(len(labels)), runs)
    together = max(1, int(_BYTES_TOGETHER // (size * size * 8)))
    for first in range(0, len(labels), together):
        lanes = slice(first, first + together)
        _optimise(matrices[of_lane[lanes]], orders[of_run[lanes]], labels[lanes])
    labels = labels.reshape(-1, runs, size)
    return np.stack([score(matrices, labels[:, run]) for run in range(runs)], axis=1), labels


def _optimise(matrices: NDArray, orders: NDArray, labels: NDArray) -> None:
    """Maximise Q of every lane from ``labels``, in place.

    Parameters
    ----------
    matrices : ndarray, shape (L, N, N)
        Quality matrices.
    orders : ndarray of int, shape (L, N)
        Order in which the nodes of each lane are visited.
    labels : ndarray of int, shape (L, N)
        Communities between 0 and N − 1.
    """
    running = np.flatnonzero(np.isfinite(matrices[:, 0, 0]))
    for _ in range(_MAX_ROUNDS):
        if running.size == 0:
            break
        matrix, current = matrices[running], labels[running]
        _move_nodes(matrix, current, orders[running])
        merged = _merge(matrix, current)
        labels[running] = current
        running = running[merged]


def _move_nodes(matrices: NDArray, labels: NDArray, orders: NDArray) -> NDArray:
    """Move single nodes to their best community, or out of all, until none gains; in place.

    Returns
    -------
    ndarray of bool, shape (L,)
        Lanes in which a node moved.
    """
    lanes_total, size = labels.shape
    matrices = matrices.copy()
    matrices[:, np.arange(size), np.arange(size)] = 0.0  # a node brings itself along
    changed = np.zeros(lanes_total, dtype=bool)
    active = np.arange(lanes_total)
    while active.size:
        matrix, current, order = matrices[active], labels[active], orders[active]
        count = min(_compact(current) + 1, size)  # one empty community beside the used ones
        if (current == np.arange(size)).all():
            pull = matrix.copy()  # every node alone: the product below without its N³ steps
        else:
            pull = _members(current, count) @ matrix  # [lane, community, node]
        lanes = np.arange(active.size)
        moved = np.zeros(active.size, dtype=bool)
        for nodes in order.T:
            gains = pull[lanes, :, nodes]
            target = gains.argmax(axis=1)
            here = current[lanes, nodes]
            better = np.flatnonzero(gains[lanes, target] > gains[lanes, here] + _GAIN_TOLERANCE)
            if better.size:
                node, new = nodes[better], target[better]
                row = matrix[better, node]
                pull[better, here[better]] -= row
                pull[better, new] += row
                current[better, node] = new
                moved[better] = True
        labels[active] = current
        changed[active] |= moved
        active = active[moved]
    return changed


def _merge(matrices: NDArray, labels: NDArray) -> NDArray:
    """Move whole communities as the next level of the method does; in place.

    Returns
    -------
    ndarray of bool, shape (L,)
        Lanes in which communities joined.
    """
    count = _compact(labels)
    members = _members(labels, count)
    between = members @ matrices @ np.swapaxes(members, 1, 2)
    start = np.tile(np.arange(count), (labels.shape[0], 1))
    community = start.copy()
    joined = _move_nodes(between, community, start)
    labels[:] = np.take_along_axis(community, labels, axis=1)
    return joined


def _members(labels: NDArray, count: int) -> NDArray:
    """Return the indicator [lane, community, node] of labels [lane, node]."""
    return (labels[:, None, :] == np.arange(count)[None, :, None]).astype(float)


def _compact(labels: NDArray) -> int:
    """Renumber the labels of every lane without gaps, in place; return the largest count."""
    used = np.zeros(labels.shape, dtype=bool)
    np.put_along_axis(used, labels, True, axis=1)
    number = np.cumsum(used, axis=1) - 1
    labels[:] = np.take_along_axis(number, labels, axis=1)
    return int(number[:, -1].max()) + 1
