"""Shortest paths: distances, path length, efficiency, closeness, integration.

The length of an edge is the reciprocal of its weight, in its unit to the power −1; with ``binary``
every edge has length 1. ``distances[i, j]`` is the shortest way from region j to region i.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netmod.errors import DataError
from netmod.graph.declarations import Measure
from netmod.graph.measures.checks import choice, graph_of

DEFINITIONS = ("subgraph", "rubinov")
_CACHED = 2**15  # numbers worked on at once


def lengths(weights: ArrayLike, binary: bool = False, directed: bool = False) -> NDArray:
    """Return the lengths of edges, shape (N, N); infinite where there is none, 0 on the diagonal.

    Raises
    ------
    DataError
        If the matrix has negative weights or is not one of such a graph.
    """
    w = graph_of(weights, directed=directed)
    edges = w > 0
    out = np.full(w.shape, np.inf)
    out[edges] = 1.0 if binary else 1.0 / w[edges]
    np.fill_diagonal(out, 0.0)
    return out


def shortest(length: NDArray) -> NDArray[np.float64]:
    """Return shortest distances of matrices of lengths ``[..., N, N]``; infinite is no edge.

    All pairs of all matrices advance together, which beats a compiled search graph by graph at
    the sizes of atlases; time grows with N³.
    """
    d = np.array(length)
    way = np.empty_like(d)
    for k in range(d.shape[-1]):
        np.add(d[..., :, k, None], d[..., k, None, :], out=way)
        np.minimum(d, way, out=d)
    return d


def distances(
    weights: ArrayLike, binary: bool = False, directed: bool = False
) -> NDArray[np.float64]:
    """Return the shortest distances between all regions.

    Parameters
    ----------
    weights : array_like, shape (N, N)
        Not negative.
    binary : bool
        Count edges instead of adding lengths ``1 / w``.
    directed : bool
        Whether paths follow the direction of edges.

    Returns
    -------
    ndarray, shape (N, N)
        From column to row; infinite where there is no path, 0 on the diagonal.

    Raises
    ------
    DataError
        If the matrix is not one of such a graph.

    Notes
    -----
    Floyd 1962, doi:10.1145/367766.368168.
    """
    return shortest(lengths(weights, binary, directed))


def _pairs(d: NDArray) -> NDArray[np.float64]:
    return d[~np.eye(d.shape[0], dtype=bool)]


def path_length(
    weights: ArrayLike,
    binary: bool = False,
    directed: bool = False,
    reachable_only: bool = False,
) -> float:
    """Return the characteristic path length, the mean distance over pairs of regions.

    Parameters
    ----------
    weights, binary, directed
        As in :func:`distances`.
    reachable_only : bool
        Leave out pairs without a path. If not, one such pair makes the mean infinite.

    Returns
    -------
    float
        NaN when there is no pair left.

    Raises
    ------
    DataError
        If the matrix is not one of such a graph.

    Notes
    -----
    Watts & Strogatz 1998, doi:10.1038/30918.
    """
    d = _pairs(distances(weights, binary, directed))
    if reachable_only:
        d = d[np.isfinite(d)]
    return float(d.mean()) if d.size else float("nan")


def eccentricity(
    weights: ArrayLike, binary: bool = False, directed: bool = False
) -> NDArray[np.float64]:
    """Return the longest of the shortest distances from every region, shape (N,).

    Its largest value is the diameter and its smallest the radius. Infinite when a region cannot
    be reached, 0 for a single region.

    Raises
    ------
    DataError
        If the matrix is not one of such a graph.
    """
    return distances(weights, binary, directed).max(axis=0)


def closeness(
    weights: ArrayLike, binary: bool = False, directed: bool = False
) -> NDArray[np.float64]:
    """Return closeness centrality, the reciprocal of the mean distance to a region.

    With r regions that reach it, ``(r / (N−1)) · r / Σ d``: the first factor (Wasserman & Faust)
    makes values of disconnected graphs comparable. igraph leaves it out, networkx has it.

    Parameters
    ----------
    weights, binary, directed
        As in :func:`distances`; distances to the region are taken when directed.

    Returns
    -------
    ndarray, shape (N,)
        0 for a region that none reaches; NaN for a single region.

    Raises
    ------
    DataError
        If the matrix is not one of such a graph.

    Notes
    -----
    Freeman 1978, doi:10.1016/0378-8733(78)90021-7; Wasserman & Faust 1994,
    doi:10.1017/CBO9780511815478.
    """
    d = distances(weights, binary, directed)
    size = d.shape[0]
    if size < 2:
        return np.full(size, np.nan)
    finite = np.isfinite(d)
    reached = finite.sum(axis=1) - 1.0
    total = np.where(finite, d, 0.0).sum(axis=1)
    return np.divide(reached**2, total * (size - 1), out=np.zeros(size), where=total > 0)


def global_efficiency(weights: ArrayLike, binary: bool = False, directed: bool = False) -> float:
    """Return the mean reciprocal distance over pairs of regions; pairs without a path count 0.

    Parameters
    ----------
    weights, binary, directed
        As in :func:`distances`.

    Returns
    -------
    float
        In the unit of the weights, at most the largest; in [0, 1] when binary. NaN for a single
        region.

    Raises
    ------
    DataError
        If the matrix is not one of such a graph.

    Notes
    -----
    Latora & Marchiori 2001, doi:10.1103/PhysRevLett.87.198701. Not divided by the efficiency of
    the complete graph, as in Rubinov & Sporns 2010, doi:10.1016/j.neuroimage.2009.10.003.
    """
    d = _pairs(distances(weights, binary, directed))
    return float((1.0 / d).mean()) if d.size else float("nan")


def local_efficiency(
    weights: ArrayLike, binary: bool = False, definition: str = "subgraph"
) -> NDArray[np.float64]:
    """Return the efficiency among the neighbours of every region, paths through them only.

    Parameters
    ----------
    weights : array_like, shape (N, N)
        Undirected, not negative.
    binary : bool
        Count edges instead of adding lengths; both definitions then agree.
    definition : {"subgraph", "rubinov"}
        ``subgraph``: the global efficiency of the graph of the neighbours (Latora & Marchiori),
        in the unit of the weights. ``rubinov``: every pair j, h of neighbours counts with
        ``(w_ij w_ih / d_jh)^(1/3)``, weights relative to the largest (Rubinov & Sporns 2010), an
        analogue of Onnela's clustering. Toolboxes call the second "original"; their newer third
        form (Wang et al. 2016), which takes cube roots of the weights before the paths, is not
        offered.

    Returns
    -------
    ndarray, shape (N,)
        0 for a region with fewer than two neighbours.

    Raises
    ------
    DataError
        If the matrix is not one of such a graph.

    Notes
    -----
    Latora & Marchiori 2001, doi:10.1103/PhysRevLett.87.198701; Rubinov & Sporns 2010,
    doi:10.1016/j.neuroimage.2009.10.003.
    """
    choice(definition, DEFINITIONS, "definition of local efficiency")
    w = graph_of(weights)
    relative = definition == "rubinov" and not binary and w.any()
    if relative:
        w = w / w.max()
    length = lengths(w, binary)
    count = (w > 0).sum(axis=1)
    out = np.zeros(len(w))
    # neighbourhoods of about the same size go together, as many as fit into the cache
    order = np.argsort(count, kind="stable")[int((count < 2).sum()) :]
    while order.size:
        widest = count[order[-1]]
        some, order = np.split(order[::-1], [max(1, _CACHED // widest**2)])
        order = order[::-1]
        near = np.argsort(w[some] == 0, axis=1, kind="stable")[:, :widest]
        own = np.take_along_axis(w[some], near, axis=1)
        member = own > 0
        inside = np.where(
            member[:, :, None] & member[:, None, :],
            length[near[:, :, None], near[:, None, :]],
            np.inf,
        )
        d = shortest(inside)
        d[:, np.arange(widest), np.arange(widest)] = np.inf
        value = 1.0 / d
        if relative:
            value = np.cbrt(own[:, :, None] * own[:, None, :] * value)
        out[some] = value.sum(axis=(1, 2)) / (count[some] * (count[some] - 1))
    return out


def integration(weights: ArrayLike, low: float = 0.0, high: float = 1.0) -> float:
    """Return the mean over thresholds of the share of regions in the largest component.

    The share of the graph of all weights above a threshold is averaged over thresholds from
    ``low`` to ``high``. The integral is exact: the share only falls at the weights of the maximum
    spanning tree. The source adds it up over a grid of thresholds, which tends to this value.

    Parameters
    ----------
    weights : array_like, shape (N, N)
        Undirected, signed, such as correlations or phase-locking values.
    low, high : float
        Range of thresholds in the unit of the weights.

    Returns
    -------
    float
        In [1/N, 1].

    Raises
    ------
    DataError
        If the matrix is not one of an undirected graph, or the range is empty.

    Notes
    -----
    Deco et al. 2015, doi:10.1038/nrn3963 (recalled).
    """
    w = graph_of(weights, signed=True)
    if not high > low:
        raise DataError("no range of thresholds", expected="low < high", got=f"{low}, {high}")
    size = w.shape[0]
    cuts, largest = _largest_component(w)
    # the share is the one of the k-th merge between its weight and that of the next
    edges = np.clip(np.concatenate([[high], cuts, [low]]), low, high)
    share = np.concatenate([[1], largest]) / size
    return float(np.sum(share * -np.diff(edges)) / (high - low))


def _largest_component(w: NDArray) -> tuple[NDArray, NDArray]:
    """Return the weights of the maximum spanning tree, falling, and the largest component each."""
    from scipy.cluster.hierarchy import linkage
    from scipy.spatial.distance import squareform

    if w.shape[0] < 2:
        return np.empty(0), np.empty(0)
    # single linkage of the gap to the largest weight merges components in the order of the tree
    top = w.max()
    tree = linkage(squareform(top - w, checks=False), "single")
    return top - tree[:, 2], np.maximum.accumulate(tree[:, 3])


_LATORA = "Latora & Marchiori 2001, doi:10.1103/PhysRevLett.87.198701"

DECLARED = (
    Measure(
        name="path_length",
        unit="1/w",
        range="> 0 or infinite",
        doc="mean shortest distance, lengths 1/w",
        direction_note="higher: less integrated; infinite as soon as one pair is not joined",
        source="Watts & Strogatz 1998, doi:10.1038/30918",
        compute=path_length,
    ),
    Measure(
        name="global_efficiency",
        unit="w",
        range=">= 0",
        doc="mean reciprocal distance, lengths 1/w",
        direction_note="higher: more integrated; grows with the mean weight",
        source=_LATORA,
        compute=global_efficiency,
    ),
    Measure(
        name="local_efficiency",
        unit="w",
        range=">= 0",
        doc="global efficiency of the graph of a region's neighbours",
        direction_note="higher: neighbours stay joined without the region",
        source=_LATORA,
        compute=local_efficiency,
        per_region=True,
    ),
    Measure(
        name="local_efficiency_rubinov",
        unit="1",
        range="[0, 1]",
        doc="pairs of neighbours weighed by the cube root of both edges over their distance",
        direction_note="higher: neighbours stay joined without the region; strong ones count more",
        source="Rubinov & Sporns 2010, doi:10.1016/j.neuroimage.2009.10.003",
        compute=partial(local_efficiency, definition="rubinov"),
        per_region=True,
    ),
    Measure(
        name="eccentricity",
        unit="1/w",
        range=">= 0 or infinite",
        doc="longest of the shortest distances",
        direction_note="higher: more peripheral",
        source="Harary 1969, Graph Theory (recalled)",
        compute=eccentricity,
        per_region=True,
    ),
    Measure(
        name="closeness",
        unit="w",
        range=">= 0",
        doc="reciprocal mean distance, times the share that is reached",
        direction_note="higher: nearer to all others",
        source="Freeman 1978, doi:10.1016/0378-8733(78)90021-7",
        compute=closeness,
        per_region=True,
    ),
    Measure(
        name="integration",
        unit="1",
        range="[1/N, 1]",
        doc="mean share of the largest component over thresholds 0 to 1",
        direction_note="higher: regions hold together up to higher thresholds",
        source="Deco et al. 2015, doi:10.1038/nrn3963",
        compute=integration,
        signed=True,
    ),
)
