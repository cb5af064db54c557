"""The role of regions in given communities: participation, within-module z, diversity.

For signed weights every measure is computed on positive and on negative weights apart.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netmod.graph.declarations import Measure
from netmod.graph.measures.checks import communities_of, graph_of


def _to_modules(w: NDArray, module: NDArray) -> NDArray[np.float64]:
    """Return the strength of every region to every community, shape (N, M)."""
    return w @ np.eye(module.max() + 1)[module]


def _shares(w: NDArray, module: NDArray) -> NDArray[np.float64]:
    """Return the share of a region's strength in every community; NaN without edges."""
    per_module = _to_modules(w, module)
    total = per_module.sum(axis=1, keepdims=True)
    return per_module / np.where(total > 0, total, np.nan)


def signed_participation(
    weights: ArrayLike, labels: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return participation coefficients ``1 − Σ_s (k_is / k_i)²`` of positive and negative weights.

    Parameters
    ----------
    weights : array_like, shape (N, N)
        Undirected, signed.
    labels : array_like, shape (N,)
        Community of every region.

    Returns
    -------
    positive, negative : ndarray, shape (N,)
        In [0, 1 − 1/M]. NaN for a region without edges of that sign, where toolboxes return 0,
        which would mean that all its edges stay in one community.

    Raises
    ------
    DataError
        If the matrix is not one of an undirected graph, or labels do not fit.

    Notes
    -----
    Guimerà & Amaral 2005, doi:10.1038/nature03288; signs apart as Rubinov & Sporns 2011,
    doi:10.1016/j.neuroimage.2011.03.069.
    """
    w = graph_of(weights, signed=True)
    module = communities_of(labels, w.shape[0])
    positive, negative = (_shares(np.maximum(s * w, 0.0), module) for s in (1.0, -1.0))
    return 1.0 - (positive**2).sum(axis=1), 1.0 - (negative**2).sum(axis=1)


def within_module_z(weights: ArrayLike, labels: ArrayLike) -> NDArray[np.float64]:
    """Return the z-score of a region's strength to its own community among that community.

    Parameters
    ----------
    weights : array_like, shape (N, N)
        Undirected, signed; signs add up. Give the positive part for positive edges alone.
    labels : array_like, shape (N,)
        Community of every region.

    Returns
    -------
    ndarray, shape (N,)
        With the population SD of the community; 0 where all its regions are alike.

    Raises
    ------
    DataError
        If the matrix is not one of an undirected graph, or labels do not fit.

    Notes
    -----
    Guimerà & Amaral 2005, doi:10.1038/nature03288. MATLAB toolboxes divide by the sample SD.
    """
    w = graph_of(weights, signed=True)
    module = communities_of(labels, w.shape[0])
    own = _to_modules(w, module)[np.arange(module.size), module]
    size = np.bincount(module)
    mean = np.bincount(module, own) / size
    deviation = own - mean[module]
    sd = np.sqrt(np.bincount(module, deviation**2) / size)[module]
    alike = sd <= 1e-12 * np.abs(own).max(initial=0.0)
    return np.divide(deviation, sd, out=np.zeros_like(sd), where=~alike)


def diversity(
    weights: ArrayLike, labels: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the entropy of a region's strength over communities, relative to the largest.

    ``−Σ_s p_is ln p_is / ln M`` with ``p_is = k_is / k_i``, positive and negative weights apart.

    Parameters
    ----------
    weights : array_like, shape (N, N)
        Undirected, signed.
    labels : array_like, shape (N,)
        Community of every region.

    Returns
    -------
    positive, negative : ndarray, shape (N,)
        In [0, 1]. NaN for a region without edges of that sign, and for all with one community.

    Raises
    ------
    DataError
        If the matrix is not one of an undirected graph, or labels do not fit.

    Notes
    -----
    Rubinov & Sporns 2011, doi:10.1016/j.neuroimage.2011.03.069.
    """
    w = graph_of(weights, signed=True)
    module = communities_of(labels, w.shape[0])
    communities = module.max() + 1
    if communities < 2:
        return np.full(module.size, np.nan), np.full(module.size, np.nan)

    def entropy(part: NDArray) -> NDArray:
        p = _shares(part, module)
        logs = np.log(p, out=np.zeros_like(p), where=p > 0)
        return -(p * logs).sum(axis=1) / np.log(communities)

    return entropy(np.maximum(w, 0.0)), entropy(np.maximum(-w, 0.0))


_GUIMERA = "Guimerà & Amaral 2005, doi:10.1038/nature03288"
_RS_SIGNED = "Rubinov & Sporns 2011, doi:10.1016/j.neuroimage.2011.03.069"

DECLARED = (
    Measure(
        name="participation_positive",
        unit="1",
        range="[0, 1]",
        doc="spread of positive strength over communities",
        direction_note="higher: a connector of communities; 0: joined to one alone",
        source=_GUIMERA,
        compute=lambda weights, labels: signed_participation(weights, labels)[0],
        per_region=True,
        signed=True,
        needs=("labels",),
    ),
    Measure(
        name="participation_negative",
        unit="1",
        range="[0, 1]",
        doc="spread of negative strength over communities",
        direction_note="higher: anticorrelated with many communities",
        source=_RS_SIGNED,
        compute=lambda weights, labels: signed_participation(weights, labels)[1],
        per_region=True,
        signed=True,
        needs=("labels",),
    ),
    Measure(
        name="within_module_z",
        unit="1",
        range="real",
        doc="z-score of the strength to a region's own community",
        direction_note="higher: a hub of its own community",
        source=_GUIMERA,
        compute=within_module_z,
        per_region=True,
        signed=True,
        needs=("labels",),
    ),
    Measure(
        name="diversity_positive",
        unit="1",
        range="[0, 1]",
        doc="entropy of positive strength over communities",
        direction_note="higher: joined evenly to all communities",
        source=_RS_SIGNED,
        compute=lambda weights, labels: diversity(weights, labels)[0],
        per_region=True,
        signed=True,
        needs=("labels",),
    ),
    Measure(
        name="diversity_negative",
        unit="1",
        range="[0, 1]",
        doc="entropy of negative strength over communities",
        direction_note="higher: anticorrelated evenly with all communities",
        source=_RS_SIGNED,
        compute=lambda weights, labels: diversity(weights, labels)[1],
        per_region=True,
        signed=True,
        needs=("labels",),
    ),
)
