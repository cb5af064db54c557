"""Who connects with whom: assortativity and the rich club."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netmod.errors import DataError
from netmod.graph.declarations import Measure, Quantity
from netmod.graph.measures.checks import graph_of


def assortativity(weights: ArrayLike, binary: bool = False) -> float:
    """Return the correlation of the strengths (degrees when binary) at the two ends of edges.

    Every edge counts once whatever its weight, as in the brain-connectivity toolbox; with
    ``binary`` this is networkx's degree assortativity.

    Parameters
    ----------
    weights : array_like, shape (N, N)
        Undirected, not negative.
    binary : bool
        Degrees instead of strengths.

    Returns
    -------
    float
        In [-1, 1]; NaN without edges or when all ends are alike (a regular graph).

    Raises
    ------
    DataError
        If the matrix is not one of such a graph.

    Notes
    -----
    Newman 2002, doi:10.1103/PhysRevLett.89.208701; Leung & Chau 2007,
    doi:10.1016/j.physa.2006.12.022.
    """
    w = graph_of(weights)
    value = ((w > 0) if binary else w).sum(axis=1)
    row, column = np.nonzero(w)  # both directions: the correlation is that of unordered pairs
    if row.size == 0 or np.ptp(value[row]) <= 1e-12 * value.max():
        return float("nan")
    return float(np.corrcoef(value[row], value[column])[0, 1])


def rich_club(weights: ArrayLike) -> NDArray[np.float64]:
    """Return the density among regions of degree above k, for k = 0, 1, … (binary).

    Parameters
    ----------
    weights : array_like, shape (N, N)
        Undirected, not negative.

    Returns
    -------
    ndarray, shape (K,)
        K is the largest degree; NaN where fewer than two regions are left (networkx ends there).

    Raises
    ------
    DataError
        If the matrix is not one of such a graph.

    Notes
    -----
    Colizza et al. 2006, doi:10.1038/nphys209.
    """
    edges = graph_of(weights) > 0
    degree = edges.sum(axis=1)
    out = np.full(int(degree.max()), np.nan)
    for k in range(out.size):
        club = degree > k
        size = int(club.sum())
        if size > 1:
            out[k] = edges[np.ix_(club, club)].sum() / (size * (size - 1))
    return out


def weighted_rich_club(weights: ArrayLike) -> NDArray[np.float64]:
    """Return the weight among regions of degree above k over that of as many strongest edges.

    Parameters
    ----------
    weights : array_like, shape (N, N)
        Undirected, not negative.

    Returns
    -------
    ndarray, shape (K,)
        For k = 0, 1, … below the largest degree, in [0, 1]; NaN where no edge is left. The
        brain-connectivity toolbox lists levels from 1 with degree ``>= k``, which is the same row.

    Raises
    ------
    DataError
        If the matrix is not one of such a graph.

    Notes
    -----
    Opsahl et al. 2008, doi:10.1103/PhysRevLett.101.168702; van den Heuvel & Sporns 2011,
    doi:10.1523/JNEUROSCI.3539-11.2011.
    """
    w = graph_of(weights)
    degree = (w > 0).sum(axis=1)
    ranked = np.sort(w[np.triu_indices(w.shape[0], 1)])[::-1]
    strongest = np.concatenate([[0.0], np.cumsum(ranked)])
    out = np.full(int(degree.max()), np.nan)
    for k in range(out.size):
        club = degree > k
        inside = w[np.ix_(club, club)]
        count = int((inside > 0).sum()) // 2
        if count:
            out[k] = inside.sum() / 2 / strongest[count]
    return out


def normalised_rich_club(weights: ArrayLike, nulls: ArrayLike, binary: bool = False) -> NDArray:
    """Return the rich-club coefficients over their mean in null graphs of the same degrees.

    Parameters
    ----------
    weights : array_like, shape (N, N)
        Undirected, not negative.
    nulls : array_like, shape (R, N, N)
        Such as :func:`netmod.graph.nulls.maslov_sneppen` returns.
    binary : bool
        :func:`rich_club` instead of :func:`weighted_rich_club`.

    Returns
    -------
    ndarray, shape (K,)
        Above 1: a rich club. NaN where either is not defined.

    Raises
    ------
    DataError
        If a matrix is not one of such a graph, or the degrees of a null differ.
    """
    measure = rich_club if binary else weighted_rich_club
    own = measure(weights)
    reference = [measure(null) for null in np.asarray(nulls, dtype=float)]
    if not reference or any(one.shape != own.shape for one in reference):
        raise DataError(
            "a rich club is compared with graphs of the same degrees",
            expected=f"one null or more with the largest degree {own.size}",
            got=f"largest degrees {sorted({one.size for one in reference})}",
        )
    mean = np.mean(reference, axis=0)
    return np.divide(own, mean, out=np.full_like(own, np.nan), where=mean > 0)


DECLARED = (
    Measure(
        name="assortativity",
        unit="1",
        range="[-1, 1]",
        doc="correlation of the strengths at both ends of edges",
        direction_note="above 0: strong regions join strong ones; below 0: hubs join the periphery",
        source="Newman 2002, doi:10.1103/PhysRevLett.89.208701",
        compute=assortativity,
    ),
    Measure(
        name="assortativity_binary",
        unit="1",
        range="[-1, 1]",
        doc="correlation of the degrees at both ends of edges",
        direction_note="above 0: hubs join hubs; below 0: hubs join the periphery",
        source="Newman 2002, doi:10.1103/PhysRevLett.89.208701",
        compute=partial(assortativity, binary=True),
    ),
    Quantity(
        name="rich_club",
        unit="1",
        range="[0, 1]",
        doc="density among regions of degree above k",
        direction_note="higher: hubs are joined among themselves; compare with null graphs",
        source="Colizza et al. 2006, doi:10.1038/nphys209",
        input="symmetric matrix, no negative weights",
        gives="[k]",
        compute=rich_club,
    ),
    Quantity(
        name="weighted_rich_club",
        unit="1",
        range="[0, 1]",
        doc="weight among regions of degree above k over that of as many strongest edges",
        direction_note="higher: the strongest edges lie among hubs",
        source="Opsahl et al. 2008, doi:10.1103/PhysRevLett.101.168702",
        input="symmetric matrix, no negative weights",
        gives="[k]",
        compute=weighted_rich_club,
    ),
    Quantity(
        name="normalised_rich_club",
        unit="1",
        range=">= 0",
        doc="rich-club coefficients over their mean in null graphs of the same degrees",
        direction_note="above 1: a rich club",
        source="Colizza et al. 2006, doi:10.1038/nphys209",
        input="symmetric matrix, null graphs",
        gives="[k]",
        compute=normalised_rich_club,
    ),
)
