"""Degree, strength and density.

Everywhere ``weights[target, source]``: rows receive and columns send, as in an atlas. The input of
a region is its row and its output its column.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netmod.graph.declarations import Measure
from netmod.graph.measures.checks import choice, graph_of
from netmod.graph.segregation import global_brain_connectivity

DIRECTIONS = ("all", "in", "out")


def _total(w: NDArray, direction: str) -> NDArray[np.float64]:
    """Return the sums of a matrix per region over its input, output or both."""
    choice(direction, DIRECTIONS, "direction of edges")
    if direction == "in":
        return w.sum(axis=1)
    if direction == "out":
        return w.sum(axis=0)
    return w.sum(axis=0) + w.sum(axis=1)


def degree(
    weights: ArrayLike, directed: bool = False, direction: str = "all"
) -> NDArray[np.float64]:
    """Return the number of edges of every region, of whatever sign.

    Parameters
    ----------
    weights : array_like, shape (N, N)
        Weights, signed.
    directed : bool
        Whether the graph is directed; ``direction`` then counts ``in``, ``out`` or ``all`` edges.
    direction : str
        Ignored when undirected.

    Returns
    -------
    ndarray, shape (N,)

    Raises
    ------
    DataError
        If the matrix is not one of such a graph.

    Notes
    -----
    Rubinov & Sporns 2010, doi:10.1016/j.neuroimage.2009.10.003.
    """
    edges = (graph_of(weights, signed=True, directed=directed) != 0).astype(float)
    return _total(edges, direction if directed else "in")


def strength(
    weights: ArrayLike, directed: bool = False, direction: str = "all"
) -> NDArray[np.float64]:
    """Return the sum of the weights of every region, in the unit of the weights.

    Negative weights count with their sign; :func:`signed_strength` keeps them apart.

    Parameters
    ----------
    weights : array_like, shape (N, N)
        Weights, signed.
    directed, direction
        As in :func:`degree`.

    Returns
    -------
    ndarray, shape (N,)

    Raises
    ------
    DataError
        If the matrix is not one of such a graph.

    Notes
    -----
    Rubinov & Sporns 2010, doi:10.1016/j.neuroimage.2009.10.003.
    """
    w = graph_of(weights, signed=True, directed=directed)
    return _total(w, direction if directed else "in")


def signed_strength(
    weights: ArrayLike, directed: bool = False, direction: str = "all"
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the strengths of positive and of negative weights, both as numbers >= 0.

    Parameters
    ----------
    weights : array_like, shape (N, N)
        Weights, signed.
    directed, direction
        As in :func:`degree`.

    Returns
    -------
    positive, negative : ndarray, shape (N,)

    Raises
    ------
    DataError
        If the matrix is not one of such a graph.

    Notes
    -----
    Rubinov & Sporns 2011, doi:10.1016/j.neuroimage.2011.03.069.
    """
    w = graph_of(weights, signed=True, directed=directed)
    direction = direction if directed else "in"
    return _total(np.maximum(w, 0.0), direction), _total(np.maximum(-w, 0.0), direction)


def normalised_strength(weights: ArrayLike) -> NDArray[np.float64]:
    """Return how far positive outweighs negative strength, ``s⁺/(N−1) − (s⁻/(s⁺+s⁻)) s⁻/(N−1)``.

    Parameters
    ----------
    weights : array_like, shape (N, N)
        Undirected, signed.

    Returns
    -------
    ndarray, shape (N,)
        NaN for a single region, 0 for a region without edges.

    Raises
    ------
    DataError
        If the matrix is not one of an undirected graph.

    Notes
    -----
    Rubinov & Sporns 2011, doi:10.1016/j.neuroimage.2011.03.069, eq. of s* (recalled).
    """
    positive, negative = signed_strength(weights)
    if positive.size < 2:
        return np.full(positive.size, np.nan)
    total = positive + negative
    share = np.divide(negative, total, out=np.zeros_like(total), where=total > 0)
    return (positive - share * negative) / (positive.size - 1)


def density(weights: ArrayLike, directed: bool = False) -> float:
    """Return the fraction of possible edges that exist, of whatever sign.

    Parameters
    ----------
    weights : array_like, shape (N, N)
        Weights, signed.
    directed : bool
        Whether the two directions of a pair are two edges.

    Returns
    -------
    float
        In [0, 1]; NaN for a single region.

    Raises
    ------
    DataError
        If the matrix is not one of such a graph.
    """
    w = graph_of(weights, signed=True, directed=directed)
    size = w.shape[0]
    return float((w != 0).sum() / (size * (size - 1))) if size > 1 else float("nan")


def _gbc(weights: ArrayLike) -> NDArray[np.float64]:
    return global_brain_connectivity(graph_of(weights, signed=True))


_RS = "Rubinov & Sporns 2010, doi:10.1016/j.neuroimage.2009.10.003"
_RS_SIGNED = "Rubinov & Sporns 2011, doi:10.1016/j.neuroimage.2011.03.069"

DECLARED = (
    Measure(
        name="density",
        unit="1",
        range="[0, 1]",
        doc="fraction of possible edges that exist",
        direction_note=(
            "higher: more pairs are joined; of a thresholded FC it is a choice, not a finding"
        ),
        source=_RS,
        compute=density,
        signed=True,
    ),
    Measure(
        name="degree",
        unit="1",
        range="[0, N-1]",
        doc="number of edges of any sign",
        direction_note="higher: a hub; on thresholded FC it depends on the threshold",
        source=_RS,
        compute=degree,
        per_region=True,
        signed=True,
    ),
    Measure(
        name="strength",
        unit="w",
        range="real",
        doc="sum of weights",
        direction_note="higher: more connection in all; negative weights take away",
        source=_RS,
        compute=strength,
        per_region=True,
        signed=True,
    ),
    Measure(
        name="strength_positive",
        unit="w",
        range=">= 0",
        doc="sum of positive weights",
        direction_note="higher: more positive connection",
        source=_RS_SIGNED,
        compute=lambda weights: signed_strength(weights)[0],
        per_region=True,
        signed=True,
    ),
    Measure(
        name="strength_negative",
        unit="w",
        range=">= 0",
        doc="absolute sum of negative weights",
        direction_note=(
            "higher: more anticorrelation, part of which regression of the global signal makes"
        ),
        source=_RS_SIGNED,
        compute=lambda weights: signed_strength(weights)[1],
        per_region=True,
        signed=True,
    ),
    Measure(
        name="strength_normalised",
        unit="w",
        range="real",
        doc="positive strength less negative strength in its share, over N − 1",
        direction_note="higher: positive outweighs negative connection",
        source=_RS_SIGNED,
        compute=normalised_strength,
        per_region=True,
        signed=True,
    ),
    Measure(
        name="gbc",
        unit="w",
        range="real",
        doc="mean weight with all other regions",
        direction_note="higher: more global integration, or more common signal",
        source="Cole et al. 2010, doi:10.1016/j.neuroimage.2009.11.001",
        compute=_gbc,
        per_region=True,
        signed=True,
    ),
)
