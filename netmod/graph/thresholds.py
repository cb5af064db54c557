"""Thresholded graphs, and measures over a range of them instead of at one.

A measure at one density depends on that density. :func:`over_levels` gives the curve and the
area under it, which depends only on the range.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netmod.errors import DataError, did_you_mean
from netmod.graph.measures.checks import graph_of


def binarise(weights: ArrayLike) -> NDArray[np.float64]:
    """Return 1 for every edge, of whatever sign, and 0 elsewhere, shape (N, N).

    Raises
    ------
    DataError
        If the matrix is not square or not finite.
    """
    return (graph_of(weights, signed=True, directed=True) != 0).astype(float)


def positive(weights: ArrayLike) -> NDArray[np.float64]:
    """Return the positive weights, shape (N, N), with a zero diagonal.

    Raises
    ------
    DataError
        If the matrix is not square or not finite.
    """
    return np.maximum(graph_of(weights, signed=True, directed=True), 0.0)


def negative(weights: ArrayLike) -> NDArray[np.float64]:
    """Return the absolute values of the negative weights, shape (N, N), with a zero diagonal.

    Raises
    ------
    DataError
        If the matrix is not square or not finite.
    """
    return np.maximum(-graph_of(weights, signed=True, directed=True), 0.0)


def absolute(weights: ArrayLike, threshold: float, magnitude: bool = False) -> NDArray[np.float64]:
    """Return the weights above a threshold, 0 elsewhere.

    Parameters
    ----------
    weights : array_like, shape (N, N)
        Directed or not, signed.
    threshold : float
        In the unit of the weights; a weight equal to it goes.
    magnitude : bool
        Compare ``|w|``, so that strong negative weights stay.

    Returns
    -------
    ndarray, shape (N, N)

    Raises
    ------
    DataError
        If the matrix is not square or not finite.
    """
    w = graph_of(weights, signed=True, directed=True)
    return np.where((np.abs(w) if magnitude else w) > threshold, w, 0.0)


def _budget(density: float, size: int) -> int:
    """Return the number of undirected edges of a density."""
    if not 0 < density <= 1:
        raise DataError(
            "a density must be a fraction of the possible edges",
            expected="above 0, at most 1",
            got=f"{density}",
        )
    return round(density * size * (size - 1) / 2)


def _ranked(w: NDArray) -> tuple[NDArray, NDArray]:
    """Return the pairs of positive weight, strongest first; ties in the order of the matrix."""
    row, column = np.triu_indices(w.shape[0], 1)
    order = np.argsort(-w[row, column], kind="stable")
    order = order[w[row[order], column[order]] > 0]
    return row[order], column[order]


def _keep(w: NDArray, row: NDArray, column: NDArray) -> NDArray[np.float64]:
    out = np.zeros_like(w)
    out[row, column] = out[column, row] = w[row, column]
    return out


def proportional(weights: ArrayLike, density: float) -> NDArray[np.float64]:
    """Return the strongest positive weights, as many as a density asks for.

    Parameters
    ----------
    weights : array_like, shape (N, N)
        Undirected, signed; negative weights are never kept.
    density : float
        Fraction of all pairs, in (0, 1], rounded to whole edges. Fewer are kept when fewer are
        positive; ties go by the order of the matrix.

    Returns
    -------
    ndarray, shape (N, N)

    Raises
    ------
    DataError
        If the matrix is not one of an undirected graph, or the density is out of range.

    Notes
    -----
    van Wijk et al. 2010, doi:10.1371/journal.pone.0013701, on what equal density does to
    comparisons: it removes differences of mean connectivity, and adds weak edges where that is
    low (van den Heuvel et al. 2017, doi:10.1016/j.neuroimage.2017.02.005).
    """
    w = graph_of(weights, signed=True)
    row, column = _ranked(w)
    count = _budget(density, w.shape[0])
    return _keep(w, row[:count], column[:count])


def spanning_tree(weights: ArrayLike) -> NDArray[np.float64]:
    """Return the maximum spanning tree (forest, when disconnected) of the positive weights.

    Parameters
    ----------
    weights : array_like, shape (N, N)
        Undirected, signed.

    Returns
    -------
    ndarray, shape (N, N)
        N − 1 edges for a connected graph.

    Raises
    ------
    DataError
        If the matrix is not one of an undirected graph.

    Notes
    -----
    Kruskal 1956, doi:10.1090/S0002-9939-1956-0078686-7.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import minimum_spanning_tree

    w = graph_of(weights, signed=True)
    row, column = _ranked(w)
    # ranks instead of weights: ties fall as in the other thresholds, and none is 0
    rank = csr_array((np.arange(1.0, row.size + 1), (row, column)), shape=w.shape)
    tree = minimum_spanning_tree(rank).tocoo()
    return _keep(w, tree.row, tree.col)


def tree_proportional(weights: ArrayLike, density: float) -> NDArray[np.float64]:
    """Return the maximum spanning tree and the strongest other weights up to a density.

    The graph stays connected at low densities where :func:`proportional` falls apart.

    Parameters
    ----------
    weights, density
        As there; never fewer edges than the tree.

    Returns
    -------
    ndarray, shape (N, N)

    Raises
    ------
    DataError
        As there.

    Notes
    -----
    Alexander-Bloch et al. 2010, doi:10.3389/fnsys.2010.00147; Hagmann et al. 2008,
    doi:10.1371/journal.pbio.0060159.
    """
    w = graph_of(weights, signed=True)
    tree = spanning_tree(w)
    row, column = _ranked(w)
    in_tree = tree[row, column] > 0
    first = np.argsort(~in_tree, kind="stable")  # the tree, then the rest by weight
    count = max(_budget(density, w.shape[0]), int(in_tree.sum()))
    return _keep(w, row[first[:count]], column[first[:count]])


FAMILIES = {"proportional": proportional, "tree": tree_proportional, "absolute": absolute}
"""Ways to cut a graph at one level: a density for the first two, a weight for the last."""


@dataclass(frozen=True)
class Curve:
    """A measure over levels of a threshold.

    Parameters
    ----------
    levels : ndarray, shape (L,)
        Densities or weights, rising.
    values : ndarray, shape (L,) or (L, N)
        The measure at each.
    """

    levels: NDArray
    values: NDArray

    @property
    def area(self) -> float | NDArray:
        """Area under the curve by the trapezoid rule; not finite when a value is not."""
        return np.trapezoid(self.values, self.levels, axis=0)

    @property
    def mean(self) -> float | NDArray:
        """Area over the range of levels: the mean of the measure."""
        return self.area / (self.levels[-1] - self.levels[0])


def over_levels(
    measure: Callable[[NDArray], float | NDArray],
    weights: ArrayLike,
    levels: ArrayLike,
    family: str = "proportional",
) -> Curve:
    """Return a measure at every level of a family of thresholds.

    Parameters
    ----------
    measure : callable
        ``measure(weights)`` → float or array of shape (N,).
    weights : array_like, shape (N, N)
        Undirected.
    levels : array_like, shape (L,)
        Two or more, rising: densities, or weights for ``absolute``.
    family : str
        A key of :data:`FAMILIES`.

    Returns
    -------
    Curve

    Raises
    ------
    DataError
        If the family is unknown, levels do not rise, or the matrix does not fit.

    Notes
    -----
    Area over densities: Ginestet et al. 2011, doi:10.1371/journal.pone.0021570.
    """
    if family not in FAMILIES:
        raise DataError(
            f"unknown family of thresholds '{family}'",
            expected=", ".join(FAMILIES),
            hint=did_you_mean(family, FAMILIES),
        )
    levels = np.asarray(levels, dtype=float)
    if levels.ndim != 1 or levels.size < 2 or not (np.diff(levels) > 0).all():
        raise DataError(
            "a curve needs rising levels",
            expected="two or more, each above the one before",
            got=f"{levels.tolist()}",
        )
    cut = FAMILIES[family]
    return Curve(levels, np.array([measure(cut(weights, level)) for level in levels]))
