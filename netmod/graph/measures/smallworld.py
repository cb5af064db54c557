"""Small-world indices: clustering and path length against random and regular graphs."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from netmod.errors import DataError
from netmod.graph.declarations import Measure, Quantity
from netmod.graph.measures.clustering import clustering, transitivity
from netmod.graph.measures.paths import path_length


def _mean(measure, graphs: ArrayLike, binary: bool, what: str) -> float:
    """Return the mean of a measure over a stack of graphs."""
    graphs = np.asarray(graphs, dtype=float)
    if graphs.ndim != 3 or graphs.shape[0] == 0:
        raise DataError(
            f"a small-world index needs a stack of {what}",
            expected="shape [graph, region, region], one or more",
            got=f"shape {list(graphs.shape)}",
            hint="netmod.graph.nulls.maslov_sneppen and lattice make them",
        )
    return float(np.mean([measure(one, binary) for one in graphs]))


def _clustering(w: ArrayLike, binary: bool) -> float:
    return float(clustering(w, binary).mean())


def _ratio(a: float, b: float) -> float:
    return a / b if np.isfinite(a) and np.isfinite(b) and b > 0 else float("nan")


def small_world_sigma(weights: ArrayLike, random: ArrayLike, binary: bool = False) -> float:
    """Return ``σ = (C / C_random) / (L / L_random)``.

    Parameters
    ----------
    weights : array_like, shape (N, N)
        Undirected, not negative.
    random : array_like, shape (R, N, N)
        Random graphs of the same degrees, connected ones (``maslov_sneppen(…, connected=True)``);
        their means are taken.
    binary : bool
        Edges alone instead of weights.

    Returns
    -------
    float
        Above 1: small world. Grows with N, so compare graphs of one size and density. NaN when a
        graph is disconnected or the random ones have no triangles.

    Raises
    ------
    DataError
        If a matrix is not one of such a graph, or there is no random graph.

    Notes
    -----
    Humphries & Gurney 2008, doi:10.1371/journal.pone.0002051. C is the mean clustering
    coefficient, L the characteristic path length.
    """
    c = _ratio(_clustering(weights, binary), _mean(_clustering, random, binary, "random graphs"))
    length = _ratio(path_length(weights, binary), _mean(path_length, random, binary, "graphs"))
    return _ratio(c, length)


def small_world_omega(
    weights: ArrayLike, random: ArrayLike, lattice: ArrayLike, binary: bool = False
) -> float:
    """Return ``ω = L_random / L − C / C_lattice``.

    Parameters
    ----------
    weights : array_like, shape (N, N)
        Undirected, not negative.
    random, lattice : array_like, shape (R, N, N)
        Random and regular graphs of the same degrees; their means are taken.
    binary : bool
        Edges alone instead of weights.

    Returns
    -------
    float
        Near 0: small world; towards 1 random, towards −1 regular. NaN when a graph is
        disconnected or the lattice has no triangles.

    Raises
    ------
    DataError
        If a matrix is not one of such a graph, or a stack is empty.

    Notes
    -----
    Telesford et al. 2011, doi:10.1089/brain.2011.0038.
    """
    length = _ratio(
        _mean(path_length, random, binary, "random graphs"), path_length(weights, binary)
    )
    c = _ratio(_clustering(weights, binary), _mean(_clustering, lattice, binary, "lattices"))
    return length - c


def small_world_transitivity_sigma(
    weights: ArrayLike, random: ArrayLike, binary: bool = False
) -> float:
    """Return :func:`small_world_sigma` with transitivity in place of mean clustering.

    Regions with few edges weigh less. Parameters, value and errors as there.

    Notes
    -----
    Humphries & Gurney 2008, doi:10.1371/journal.pone.0002051 (their S^Δ).
    """
    c = _ratio(transitivity(weights, binary), _mean(transitivity, random, binary, "random graphs"))
    length = _ratio(path_length(weights, binary), _mean(path_length, random, binary, "graphs"))
    return _ratio(c, length)


DECLARED = (
    Measure(
        name="small_world_sigma",
        unit="1",
        range=">= 0",
        doc="clustering over path length, both relative to random",
        direction_note="above 1: small world; grows with N, so compare graphs of one size",
        source="Humphries & Gurney 2008, doi:10.1371/journal.pone.0002051",
        compute=small_world_sigma,
        needs=("random",),
    ),
    Measure(
        name="small_world_omega",
        unit="1",
        range="about [-1, 1]",
        doc="random over own path length less own over regular clustering",
        direction_note="near 0: small world; towards 1 random, towards -1 regular",
        source="Telesford et al. 2011, doi:10.1089/brain.2011.0038",
        compute=small_world_omega,
        needs=("random", "lattice"),
    ),
    Quantity(
        name="small_world_transitivity_sigma",
        unit="1",
        range=">= 0",
        doc="small_world_sigma with transitivity in place of clustering",
        direction_note="above 1: small world",
        source="Humphries & Gurney 2008, doi:10.1371/journal.pone.0002051",
        input="symmetric matrix, random graphs",
        gives="a number",
        compute=small_world_transitivity_sigma,
    ),
)
