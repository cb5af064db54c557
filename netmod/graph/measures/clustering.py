"""Clustering and transitivity: how often the neighbours of a region are neighbours themselves.

Weights enter by the geometric mean of a triangle's three (Onnela), after division by the largest
weight, so that the unit does not matter. The brain-connectivity-toolbox convention leaves that
division to the caller: its values are those of ``weights / weights.max()``.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netmod.graph.declarations import Measure
from netmod.graph.measures.checks import graph_of


def _intensity(w: NDArray, binary: bool) -> NDArray[np.float64]:
    """Return the cube roots of weights relative to the largest; 1 for every edge when binary."""
    if binary:
        return (w != 0).astype(float)
    return np.cbrt(w / w.max()) if w.any() else w


def _triangles(w: NDArray, binary: bool, directed: bool) -> tuple[NDArray, NDArray]:
    """Return per region twice the sum over triangles and twice the number that could be."""
    edges = (w != 0).astype(float)
    root = _intensity(w, binary)
    if directed:
        both = root + root.T
        closed = ((both @ both) * both).sum(axis=1) / 2  # both is symmetric: diag of its cube
        total = edges.sum(axis=0) + edges.sum(axis=1)
        mutual = (edges * edges.T).sum(axis=1)
        return closed, total * (total - 1) - 2 * mutual
    k = edges.sum(axis=1)
    return ((root @ root) * root).sum(axis=1), k * (k - 1)


def clustering(
    weights: ArrayLike, binary: bool = False, directed: bool = False
) -> NDArray[np.float64]:
    """Return the clustering coefficient of every region.

    Parameters
    ----------
    weights : array_like, shape (N, N)
        Not negative.
    binary : bool
        Count triangles (Watts & Strogatz) instead of weighing them (Onnela).
    directed : bool
        Count triangles of all directions (Fagiolo); for a symmetric matrix this is the same.

    Returns
    -------
    ndarray, shape (N,)
        In [0, 1]; 0 for a region with fewer than two neighbours.

    Raises
    ------
    DataError
        If the matrix is not one of such a graph.

    Notes
    -----
    Watts & Strogatz 1998, doi:10.1038/30918; Onnela et al. 2005, doi:10.1103/PhysRevE.71.065103;
    Fagiolo 2007, doi:10.1103/PhysRevE.76.026107. As networkx.
    """
    closed, possible = _triangles(graph_of(weights, directed=directed), binary, directed)
    return np.divide(closed, possible, out=np.zeros_like(closed), where=possible > 0)


def transitivity(weights: ArrayLike, binary: bool = False, directed: bool = False) -> float:
    """Return the ratio of all triangles to all triangles that could be.

    Parameters
    ----------
    weights, binary, directed
        As in :func:`clustering`.

    Returns
    -------
    float
        In [0, 1]; 0 when no region has two neighbours.

    Raises
    ------
    DataError
        If the matrix is not one of such a graph.

    Notes
    -----
    Newman 2003, doi:10.1137/S003614450342480; weighted as Rubinov & Sporns 2010,
    doi:10.1016/j.neuroimage.2009.10.003.
    """
    closed, possible = _triangles(graph_of(weights, directed=directed), binary, directed)
    return float(closed.sum() / possible.sum()) if possible.sum() > 0 else 0.0


def signed_clustering(weights: ArrayLike) -> NDArray[np.float64]:
    """Return the clustering coefficient of signed weights, all signs together.

    ``Σ_jq w_ij w_iq w_jq / Σ_{j≠q} |w_ij w_iq|``: a triangle counts against clustering when the
    product of its signs is negative. Weights are relative to the largest absolute one.

    Parameters
    ----------
    weights : array_like, shape (N, N)
        Undirected, signed.

    Returns
    -------
    ndarray, shape (N,)
        In [-1, 1]; 0 for a region with fewer than two neighbours. Without negative weights this is
        Zhang & Horvath's coefficient.

    Raises
    ------
    DataError
        If the matrix is not one of an undirected graph.

    Notes
    -----
    Costantini & Perugini 2014, doi:10.1371/journal.pone.0088669; Zhang & Horvath 2005,
    doi:10.2202/1544-6115.1128.
    """
    w = graph_of(weights, signed=True)
    if w.any():
        w = w / np.abs(w).max()
    absolute = np.abs(w)
    closed = ((w @ w) * w).sum(axis=1)
    possible = absolute.sum(axis=1) ** 2 - (absolute**2).sum(axis=1)
    several = (w != 0).sum(axis=1) > 1
    return np.divide(closed, possible, out=np.zeros_like(closed), where=several)


DECLARED = (
    Measure(
        name="clustering",
        unit="1",
        range="[0, 1]",
        doc="geometric mean weight of triangles over possible triangles",
        direction_note="higher: neighbours are joined among themselves; compare with null graphs",
        source="Onnela et al. 2005, doi:10.1103/PhysRevE.71.065103",
        compute=clustering,
        per_region=True,
    ),
    Measure(
        name="clustering_binary",
        unit="1",
        range="[0, 1]",
        doc="triangles over possible triangles",
        direction_note="higher: neighbours are joined among themselves; grows with density",
        source="Watts & Strogatz 1998, doi:10.1038/30918",
        compute=partial(clustering, binary=True),
        per_region=True,
    ),
    Measure(
        name="clustering_directed",
        unit="1",
        range="[0, 1]",
        doc="weighted triangles of all directions",
        direction_note="higher: more and stronger triangles",
        source="Fagiolo 2007, doi:10.1103/PhysRevE.76.026107",
        compute=partial(clustering, directed=True),
        per_region=True,
        directed=True,
    ),
    Measure(
        name="clustering_signed",
        unit="1",
        range="[-1, 1]",
        doc="triangles with the product of their signs",
        direction_note=(
            "above 0: triangles with an even number of negative edges outweigh (balance)"
        ),
        source="Costantini & Perugini 2014, doi:10.1371/journal.pone.0088669",
        compute=signed_clustering,
        per_region=True,
        signed=True,
    ),
    Measure(
        name="transitivity",
        unit="1",
        range="[0, 1]",
        doc="weight of all triangles over all possible triangles",
        direction_note=("higher: more triangles; hubs count more than in a mean of clustering"),
        source="Rubinov & Sporns 2010, doi:10.1016/j.neuroimage.2009.10.003",
        compute=transitivity,
    ),
)
