"""Newman modularity of a functional connectivity: fixed partitions and a fast seeded Louvain.

The optimiser keeps the gain of every (node, community) pair as an array and runs all seeded starts
of all matrices of a stack as lanes of the same numpy operations; a level of the classic method
(local moves, then whole communities as nodes) is followed by another round of moves of single
nodes, so that it ends at a partition that no single move of a node or community can improve.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netmod.errors import ConfigError, DataError

METHODS = ("lanes", "networkx")
_GAIN_TOLERANCE = 1e-10  # a fraction of the total weight; below it, two partitions are equally good
_MAX_ROUNDS = 50


def positive_weights(fc: ArrayLike) -> NDArray[np.float64]:
    """Return the positive part of ``fc [..., N, N]`` with a zero diagonal: the graph that is cut.

    Raises
    ------
    DataError
        If the matrix is not square, not symmetric or not finite.
    """
    weights = np.array(fc, dtype=float)
    if weights.ndim < 2 or weights.shape[-1] != weights.shape[-2] or weights.shape[-1] == 0:
        raise DataError(
            "a connectivity matrix must be square",
            expected="shape [..., N, N]",
            got=f"shape {list(weights.shape)}",
        )
    if not np.isfinite(weights).all():
        raise DataError(
            "a connectivity matrix with values that are not numbers",
            expected="finite values",
            got=f"{int((~np.isfinite(weights)).sum())} of {weights.size} are NaN or infinite",
        )
    if not np.allclose(weights, np.swapaxes(weights, -1, -2), rtol=1e-8, atol=1e-10):
        raise DataError("a functional connectivity must be symmetric", got="fc differs from fc.T")
    np.maximum(weights, 0.0, out=weights)
    diagonal = np.arange(weights.shape[-1])
    weights[..., diagonal, diagonal] = 0.0
    return weights


def modularity_of(fc: ArrayLike, labels: ArrayLike, resolution: float = 1.0) -> float:
    """Return Newman's Q of a given partition, on positive weights without the diagonal.

    ``Q = 1/2m Σ_ij (w_ij − γ k_i k_j / 2m) δ(c_i, c_j)``.

    Parameters
    ----------
    fc : array_like, shape (N, N)
        Functional connectivity; negative values count as no edge.
    labels : array_like, shape (N,)
        Community of every region: any values, for example network names.
    resolution : float
        γ; 1 is Newman's Q.

    Returns
    -------
    float
        Q in [-0.5, 1) for γ = 1; NaN when no weight is positive.

    Raises
    ------
    DataError
        For a matrix that is not square, symmetric and finite, or labels of another length.

    Notes
    -----
    Newman 2006, doi:10.1073/pnas.0601602103.
    """
    weights = positive_weights(fc)
    labels = np.asarray(labels)
    if weights.ndim != 2 or labels.shape != weights.shape[:1]:
        raise DataError(
            "a partition needs one label per region",
            expected=f"{weights.shape[-1]} labels for one [N, N] matrix",
            got=f"labels of shape {list(labels.shape)}, matrix of shape {list(weights.shape)}",
        )
    _, index = np.unique(labels, return_inverse=True)
    return float(_quality(_modularity_matrix(weights[None], resolution), index[None])[0])


def louvain(
    fc: ArrayLike,
    runs: int,
    seed: int,
    resolution: float = 1.0,
    method: Literal["lanes", "networkx"] = "lanes",
) -> tuple[NDArray[np.float64] | float, NDArray[np.int64]]:
    """Return the best modularity of several seeded Louvain runs, with its partition.

    Parameters
    ----------
    fc : array_like, shape (..., N, N)
        Functional connectivity; negative values count as no edge, the diagonal is left out. Every
        matrix of a stack gives the same result as alone.
    runs : int
        Seeded starts (orders in which nodes are visited); the best is kept.
    seed : int
        Seed of those orders.
    resolution : float
        γ of the null model; 1 is Newman's Q.
    method : {"lanes", "networkx"}
        The optimiser of this module, or ``networkx.community.louvain_communities`` as reference.

    Returns
    -------
    q : float or ndarray, shape (...)
        Best Q; NaN when no weight is positive.
    labels : ndarray of int, shape (..., N)
        Communities 0, 1, …, numbered in the order of their first region.

    Raises
    ------
    DataError
        If a matrix is not square, symmetric and finite.
    ConfigError
        If ``runs`` < 1 or the method is unknown.

    Notes
    -----
    Blondel et al. 2008, doi:10.1088/1742-5468/2008/10/P10008; refinement by single nodes after
    each level as in Rotta & Noack 2011, doi:10.1145/1963190.1970376.
    """
    if runs < 1:
        raise ConfigError("Louvain needs at least one run", expected="runs ≥ 1", got=str(runs))
    if method not in METHODS:
        raise ConfigError(
            "unknown Louvain method", expected=" or ".join(METHODS), got=repr(str(method))
        )
    weights = positive_weights(fc)
    size = weights.shape[-1]
    stack = weights.reshape(-1, size, size)
    excess = _modularity_matrix(stack, resolution)
    if method == "networkx":
        found = np.stack([_networkx_labels(one, runs, seed, resolution) for one in stack])
    else:
        orders = np.random.default_rng(seed).permuted(np.tile(np.arange(size), (runs, 1)), axis=1)
        found = _optimise(
            np.repeat(excess, runs, axis=0), np.tile(orders, (stack.shape[0], 1))
        ).reshape(-1, runs, size)
    q = np.stack([_quality(excess, found[:, run]) for run in range(runs)], axis=1)
    best = np.argmax(np.where(np.isnan(q), -np.inf, q), axis=1)
    lanes = np.arange(stack.shape[0])
    labels = np.stack([_first_seen(one) for one in found[lanes, best]])
    q = q[lanes, best].reshape(weights.shape[:-2])
    return (float(q) if q.ndim == 0 else q), labels.reshape(weights.shape[:-1])


def _modularity_matrix(weights: NDArray, resolution: float) -> NDArray:
    """Return ``(w − γ k kᵀ / 2m) / 2m`` of a stack; NaN where there is no weight."""
    degree = weights.sum(axis=-1)
    total = degree.sum(axis=-1)[:, None, None]
    total = np.where(total > 0, total, np.nan)
    expected = degree[:, :, None] * degree[:, None, :] / total
    return (weights - resolution * expected) / total


def _quality(excess: NDArray, labels: NDArray) -> NDArray:
    """Return Q [L] of labels [L, N] given the modularity matrices [L, N, N]."""
    same = labels[:, :, None] == labels[:, None, :]
    return np.where(same, excess, 0.0).sum(axis=(1, 2)) + 0.0 * excess[:, 0, 0]


def _first_seen(labels: NDArray) -> NDArray[np.int64]:
    """Renumber the communities by their first region: equal partitions get equal labels."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse].astype(np.int64)


def _optimise(excess: NDArray, orders: NDArray) -> NDArray:
    """Maximise Q of every lane from singletons.

    Parameters
    ----------
    excess : ndarray, shape (L, N, N)
        Modularity matrices.
    orders : ndarray of int, shape (L, N)
        Order in which the nodes of each lane are visited.

    Returns
    -------
    ndarray of int, shape (L, N)
    """
    size = excess.shape[-1]
    labels = np.tile(np.arange(size), (excess.shape[0], 1))
    running = np.flatnonzero(np.isfinite(excess[:, 0, 0]))
    for _ in range(_MAX_ROUNDS):
        if running.size == 0:
            break
        matrix, current = excess[running], labels[running]
        _move_nodes(matrix, current, orders[running])
        merged = _merge(matrix, current)
        labels[running] = current
        running = running[merged]
    return labels


def _move_nodes(excess: NDArray, labels: NDArray, orders: NDArray) -> NDArray:
    """Move single nodes to their best community, or out of all, until none gains; in place.

    Returns
    -------
    ndarray of bool, shape (L,)
        Lanes in which a node moved.
    """
    lanes_total, size = labels.shape
    excess = excess.copy()
    excess[:, np.arange(size), np.arange(size)] = 0.0  # a node brings itself along
    changed = np.zeros(lanes_total, dtype=bool)
    active = np.arange(lanes_total)
    while active.size:
        matrix, current, order = excess[active], labels[active], orders[active]
        count = min(_compact(current) + 1, size)  # one empty community beside the used ones
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


def _merge(excess: NDArray, labels: NDArray) -> NDArray:
    """Move whole communities as the next level of the method does; in place.

    Returns
    -------
    ndarray of bool, shape (L,)
        Lanes in which communities joined.
    """
    count = _compact(labels)
    members = _members(labels, count)
    between = members @ excess @ np.swapaxes(members, 1, 2)
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


def _networkx_labels(weights: NDArray, runs: int, seed: int, resolution: float) -> NDArray:
    """Return labels [runs, N] of networkx's Louvain."""
    import networkx as nx

    graph = nx.from_numpy_array(weights)
    labels = np.zeros((runs, weights.shape[0]), dtype=np.int64)
    if not weights.any():
        labels[:] = np.arange(weights.shape[0])
        return labels
    seeds = np.random.SeedSequence(seed).generate_state(runs)
    for run in range(runs):
        parts = nx.community.louvain_communities(
            graph, weight="weight", resolution=resolution, seed=int(seeds[run])
        )
        for number, part in enumerate(parts):
            labels[run, list(part)] = number
    return labels
