"""Centrality: betweenness on shortest paths, and the leading eigenvector."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netmod.errors import DataError
from netmod.graph.declarations import Measure
from netmod.graph.measures.checks import graph_of
from netmod.graph.measures.paths import lengths, shortest

_SAME_LENGTH = 1e-12  # relative; two paths that differ by less are equally short
_DEGENERATE = 1e-9  # relative gap under which the two largest eigenvalues are one


def betweenness(
    weights: ArrayLike,
    binary: bool = False,
    directed: bool = False,
    normalised: bool = True,
) -> NDArray[np.float64]:
    """Return the share of shortest paths between other regions that pass through each region.

    All sources are worked on at once: with the distances known, the regions of every source are
    visited by rank of distance, out to count paths and back to add up dependencies.

    Parameters
    ----------
    weights : array_like, shape (N, N)
        Not negative; lengths are ``1 / w``.
    binary, directed
        As in :func:`netmod.graph.measures.paths.distances`.
    normalised : bool
        Divide by the number of pairs of others, (N − 1)(N − 2), halved when undirected. If not,
        undirected pairs count once, as in networkx; the brain-connectivity toolbox counts twice.

    Returns
    -------
    ndarray, shape (N,)
        In [0, 1] when normalised, 0 for fewer than three regions.

    Raises
    ------
    DataError
        If the matrix is not one of such a graph.

    Notes
    -----
    Freeman 1977, doi:10.2307/3033543; the accumulation of Brandes 2001,
    doi:10.1080/0022250X.2001.9990249.
    """
    length = lengths(weights, binary, directed)
    size = length.shape[0]
    if size < 3:
        return np.zeros(size)
    distance = shortest(length).T.copy()  # [source, region]
    np.fill_diagonal(length, np.inf)  # [region, region before]
    order = np.argsort(distance, axis=1, kind="stable")
    source = np.arange(size)

    def before(target: NDArray) -> NDArray:
        """Return whether u is the last stop before the source's target, shape (source, u)."""
        to_target = distance[source, target][:, None]
        through = distance + length[target]
        close = np.abs(through - to_target) <= _SAME_LENGTH * to_target
        return close & np.isfinite(to_target)

    with np.errstate(invalid="ignore"):  # inf − inf of regions out of reach is no path
        paths = np.eye(size)
        for rank in range(1, size):
            target = order[:, rank]
            paths[source, target] = (paths * before(target)).sum(axis=1)
        dependency = np.zeros((size, size))
        for rank in range(size - 1, 0, -1):
            target = order[:, rank]
            count = paths[source, target]
            share = np.divide(
                1.0 + dependency[source, target], count, where=count > 0, out=np.zeros(size)
            )
            dependency += paths * before(target) * share[:, None]
    np.fill_diagonal(dependency, 0.0)
    through = dependency.sum(axis=0)
    if normalised:
        return through / ((size - 1) * (size - 2))
    return through if directed else through / 2


def eigenvector_centrality(weights: ArrayLike) -> NDArray[np.float64]:
    """Return the eigenvector of the largest eigenvalue, not negative and of length 1.

    Parameters
    ----------
    weights : array_like, shape (N, N)
        Undirected, not negative.

    Returns
    -------
    ndarray, shape (N,)
        0 outside the component that has the largest eigenvalue.

    Raises
    ------
    DataError
        If the matrix is not one of such a graph, has no edges, or two components share the
        largest eigenvalue, so that the vector is not defined.

    Notes
    -----
    Bonacich 1972, doi:10.1080/0022250X.1972.9989806.
    """
    w = graph_of(weights)
    if not w.any():
        raise DataError("eigenvector centrality needs edges", expected="a weight above 0", got="0")
    value, vector = np.linalg.eigh(w / w.max())
    if value.size > 1 and value[-1] - value[-2] <= _DEGENERATE * value[-1]:
        raise DataError(
            "eigenvector centrality is not defined: two components have the same eigenvalue",
            expected="one largest eigenvalue",
            got=f"{value[-2]:.12g} and {value[-1]:.12g}",
            hint="take the largest component, or use strength or closeness",
        )
    lead = vector[:, -1]
    # Perron: one sign; what is left of the other is rounding
    return np.maximum(lead * np.sign(lead.sum()), 0.0)


DECLARED = (
    Measure(
        name="betweenness",
        unit="1",
        range="[0, 1]",
        doc="share of shortest paths between others through a region",
        direction_note=(
            "higher: more shortest paths need the region; paths along correlations are contested"
        ),
        source="Freeman 1977, doi:10.2307/3033543",
        compute=betweenness,
        per_region=True,
    ),
    Measure(
        name="betweenness_directed",
        unit="1",
        range="[0, 1]",
        doc="betweenness along the direction of edges",
        direction_note="higher: more shortest paths need the region",
        source="Freeman 1977, doi:10.2307/3033543",
        compute=partial(betweenness, directed=True),
        per_region=True,
        directed=True,
    ),
    Measure(
        name="eigenvector_centrality",
        unit="1",
        range="[0, 1]",
        doc="eigenvector of the largest eigenvalue, length 1",
        direction_note="higher: joined to regions that are central themselves",
        source="Bonacich 1972, doi:10.1080/0022250X.1972.9989806",
        compute=eigenvector_centrality,
        per_region=True,
    ),
)
