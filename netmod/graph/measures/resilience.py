"""Resilience: what is left of a graph as regions are taken out."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netmod.errors import DataError
from netmod.graph.declarations import Measure, Quantity
from netmod.graph.measures.checks import graph_of


def attack(weights: ArrayLike, order: ArrayLike | None = None) -> NDArray[np.float64]:
    """Return the share of regions in the largest component as regions are removed one by one.

    Parameters
    ----------
    weights : array_like, shape (N, N)
        Undirected, not negative; any weight connects.
    order : array_like of int, shape (N,), optional
        Regions in the order of removal; by falling strength in the whole graph if not given.

    Returns
    -------
    ndarray, shape (N + 1,)
        After 0, 1, … N removals, as a share of N.

    Raises
    ------
    DataError
        If the matrix is not one of such a graph, or the order is no permutation of the regions.

    Notes
    -----
    Albert et al. 2000, doi:10.1038/35019019.
    """
    w = graph_of(weights)
    size = len(w)
    order = np.argsort(-w.sum(axis=1), kind="stable") if order is None else np.asarray(order)
    if not np.array_equal(np.sort(order), np.arange(size)):
        raise DataError(
            "an attack removes every region once",
            expected=f"the numbers 0 to {size - 1} in some order",
            got=f"{order.tolist()}",
        )
    # backwards: regions come back and join the components of their neighbours
    component, left = np.full(size, -1), np.zeros(size + 1)
    largest = 0
    for removed in range(size - 1, -1, -1):
        region = order[removed]
        joined = np.unique(component[(w[region] > 0) & (component >= 0)])
        component[np.isin(component, joined) & (component >= 0)] = region
        component[region] = region
        largest = max(largest, int((component == region).sum()))
        left[removed] = largest
    return left / size


def robustness(weights: ArrayLike) -> float:
    """Return the mean share of the largest component over an attack on the strongest regions.

    Parameters
    ----------
    weights : array_like, shape (N, N)
        Undirected, not negative.

    Returns
    -------
    float
        Over 1 … N removals: (N − 1)/2N for a complete graph, nearly 1/N for a star.

    Raises
    ------
    DataError
        If the matrix is not one of such a graph.

    Notes
    -----
    Schneider et al. 2011, doi:10.1073/pnas.1009440108; the order is that of strength in the whole
    graph, where they rank anew after each removal.
    """
    return float(attack(weights)[1:].mean())


DECLARED = (
    Measure(
        name="robustness",
        unit="1",
        range="[0, 1]",
        doc="mean share of the largest component as the strongest regions are removed",
        direction_note="higher: falls apart later; below 1/2 in any graph",
        source="Schneider et al. 2011, doi:10.1073/pnas.1009440108",
        compute=robustness,
    ),
    Quantity(
        name="attack",
        unit="1",
        range="[0, 1]",
        doc="share of regions in the largest component as regions are removed one by one",
        direction_note="higher: holds together longer",
        source="Albert et al. 2000, doi:10.1038/35019019",
        input="symmetric matrix, no negative weights",
        gives="[removed]",
        compute=attack,
    ),
)
