"""Hierarchy of directed graphs: trophic levels and incoherence."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netmod.graph.declarations import Measure
from netmod.graph.measures.checks import graph_of


def trophic_levels(weights: ArrayLike) -> NDArray[np.float64]:
    """Return the level of every region in the flow from sources to targets.

    Levels h solve ``(diag(u) − W − Wᵀ) h = v`` with the total u and the surplus v of input over
    output: the levels at which edges rise by 1 as nearly as they can, by least squares with the
    weights. The lowest of every weakly connected component is 0.

    Parameters
    ----------
    weights : array_like, shape (N, N)
        ``weights[target, source]``, directed, not negative.

    Returns
    -------
    ndarray, shape (N,)
        Not bounded; 0 for a region without edges.

    Raises
    ------
    DataError
        If the matrix is not one of such a graph.

    Notes
    -----
    MacKay, Johnson & Sansom 2020, doi:10.1098/rsos.201138. Not Levine's (1980) levels, which
    networkx has and which need regions without input.
    """
    from scipy.sparse.csgraph import connected_components

    w = graph_of(weights, directed=True)
    received, sent = w.sum(axis=1), w.sum(axis=0)
    laplacian = np.diag(received + sent) - w - w.T
    # the null space is one constant per component; the shortest solution leaves it out
    level = np.linalg.lstsq(laplacian, received - sent, rcond=None)[0]
    part = connected_components(w != 0, directed=True, connection="weak")[1]
    lowest = np.full(part.max() + 1, np.inf)
    np.minimum.at(lowest, part, level)
    return level - lowest[part]


def trophic_incoherence(weights: ArrayLike) -> float:
    """Return how far edges fall short of rising by one level, ``Σ w (h_t − h_s − 1)² / Σ w``.

    Parameters
    ----------
    weights : array_like, shape (N, N)
        ``weights[target, source]``, directed, not negative.

    Returns
    -------
    float
        In [0, 1]: 0 for a chain of command, 1 for balanced flow (a cycle, an undirected graph).
        NaN without edges.

    Raises
    ------
    DataError
        If the matrix is not one of such a graph.

    Notes
    -----
    MacKay, Johnson & Sansom 2020, doi:10.1098/rsos.201138.
    """
    w = graph_of(weights, directed=True)
    if not w.any():
        return float("nan")
    level = trophic_levels(w)
    rise = level[:, None] - level[None, :]
    return float((w * (rise - 1.0) ** 2).sum() / w.sum())


_MACKAY = "MacKay et al. 2020, doi:10.1098/rsos.201138"

DECLARED = (
    Measure(
        name="trophic_level",
        unit="1",
        range=">= 0",
        doc="level in the flow from sources to targets",
        direction_note="higher: later in the flow",
        source=_MACKAY,
        compute=trophic_levels,
        per_region=True,
        directed=True,
    ),
    Measure(
        name="trophic_incoherence",
        unit="1",
        range="[0, 1]",
        doc="how far edges fall short of rising by one level",
        direction_note="0: strictly feed-forward; 1: no direction as a whole",
        source=_MACKAY,
        compute=trophic_incoherence,
        directed=True,
    ),
)
