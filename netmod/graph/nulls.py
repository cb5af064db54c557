"""Null graphs and null series: what a measure would be without the structure in question.

Every null graph comes with its :class:`~netmod.graph.rewiring.Mixing`: one that could not be
rewired is a copy of the original and says so. All are seeded; several come from several seeds.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netmod.errors import DataError
from netmod.graph.connectivity import covariance
from netmod.graph.measures.checks import graph_of
from netmod.graph.rewiring import Connected, EdgeChain, NullGraph, Seed, SignChain


def maslov_sneppen(
    weights: ArrayLike,
    seed: Seed,
    swaps_per_edge: float = 10.0,
    connected: bool = False,
    directed: bool = False,
) -> NullGraph:
    """Return a graph of the same degrees and weights whose edges join random regions.

    Parameters
    ----------
    weights : array_like, shape (N, N)
        Signed or not, with pairs that have no edge; weights travel with their edges.
    seed : int or sequence of int
        Of the swaps.
    swaps_per_edge : float
        Length of the chain.
    connected : bool
        Refuse swaps that disconnect the graph; undirected only.
    directed : bool
        Keep input and output degrees apart, and the input strength of every region exactly.

    Returns
    -------
    NullGraph
        Frozen when nothing can be swapped, as in a complete graph; use
        :func:`strength_preserving` there.

    Raises
    ------
    DataError
        If the matrix is not one of such a graph, or ``connected`` is asked of a graph that is
        disconnected or directed.

    Notes
    -----
    Maslov & Sneppen 2002, doi:10.1126/science.1065103. Ten swaps per edge: Milo et al. 2003,
    arXiv:cond-mat/0312028, find 100 ample (recalled); read the overlap.
    """
    w = graph_of(weights, signed=True, directed=directed)
    chain = EdgeChain(w, seed, directed)
    mixing = chain.run(swaps_per_edge, Connected(w, directed) if connected else None)
    return NullGraph(chain.now, mixing, _strength_r(w, chain.now))


def lattice(weights: ArrayLike, seed: Seed, swaps_per_edge: float = 50.0) -> NullGraph:
    """Return a graph of the same degrees and weights whose edges join near places on a ring.

    Regions are put on a ring in random order; a swap is accepted when it does not lengthen the
    weighted sum of distances along the ring.

    Parameters
    ----------
    weights : array_like, shape (N, N)
        Undirected, not negative.
    seed : int or sequence of int
        Of the order and the swaps.
    swaps_per_edge : float
        Length of the chain.

    Returns
    -------
    NullGraph

    Raises
    ------
    DataError
        If the matrix is not one of such a graph.

    Notes
    -----
    Sporns & Zwi 2004, doi:10.1385/NI:2:2:145.
    """
    w = graph_of(weights)
    chain = EdgeChain(w, seed)
    place = chain.rng.permutation(len(w))
    gap = np.abs(place[:, None] - place[None, :])
    ring = np.minimum(gap, len(w) - gap).tolist()

    def nearer(w: list, a: int, b: int, c: int, d: int) -> bool:
        first, second = w[a][b], w[c][d]
        before = first * ring[a][b] + second * ring[c][d]
        return first * ring[a][d] + second * ring[c][b] <= before

    mixing = chain.run(swaps_per_edge, nearer)
    return NullGraph(chain.now, mixing, _strength_r(w, chain.now))


def distance_preserving(
    weights: ArrayLike,
    distance: ArrayLike,
    seed: Seed,
    bins: int = 10,
    swaps_per_edge: float = 200.0,
) -> NullGraph:
    """Return a graph of the same degrees whose edges keep their lengths, within bins.

    An edge is only moved to a pair of regions whose distance lies in the same bin, weight and
    all: the joint distribution of weights and binned distances is exactly that of the original.

    Parameters
    ----------
    weights : array_like, shape (N, N)
        Undirected, signed or not, with pairs that have no edge.
    distance : array_like, shape (N, N)
        Distances between regions (mm), symmetric.
    seed : int or sequence of int
        Of the swaps.
    bins : int
        Bins with the same number of edges each, up to the longest edge. With more bins lengths
        are kept more closely, and fewer swaps are possible: read the overlap.
    swaps_per_edge : float
        Length of the chain; nearly all swaps are refused, so it is long.

    Returns
    -------
    NullGraph

    Raises
    ------
    DataError
        If a matrix is not one of an undirected graph, shapes differ, or ``bins`` is below 1.

    Notes
    -----
    Betzel & Bassett 2018, doi:10.1073/pnas.1720186115; aim as Roberts et al. 2016,
    doi:10.1016/j.neuroimage.2015.09.009, whose surrogates keep strengths instead.
    """
    w, far = graph_of(weights, signed=True), graph_of(distance)
    if w.shape != far.shape or bins < 1:
        raise DataError(
            "distances do not fit the graph",
            expected=f"shape {list(w.shape)} and one bin or more",
            got=f"shape {list(far.shape)} and {bins} bins",
        )
    chain = EdgeChain(w, seed)
    own = far[w != 0]
    # the last bin ends at the longest edge: what is longer is in a bin without edges
    ends = np.quantile(own, np.arange(1, bins + 1) / bins) if own.size else []
    group = np.searchsorted(ends, far, side="left").tolist()

    def as_long(w: list, a: int, b: int, c: int, d: int) -> bool:
        return group[a][b] == group[a][d] and group[c][d] == group[c][b]

    mixing = chain.run(swaps_per_edge, as_long)
    return NullGraph(chain.now, mixing, _strength_r(w, chain.now))


def strength_preserving(
    weights: ArrayLike,
    seed: Seed,
    swaps_per_edge: float = 10.0,
    sorts: float = 0.1,
    polish: float = 20.0,
) -> NullGraph:
    """Return a random graph of the same weights and degrees, and nearly the same strengths.

    Signs are swapped between pairs of regions, so that every region keeps its number of positive
    and negative edges. The weights of either sign are then given out by rank: the strongest to
    the pair of the largest product of strengths not yet used up, in random order. Last, weights
    of random edges are exchanged wherever that brings strengths nearer to the original.

    Parameters
    ----------
    weights : array_like, shape (N, N)
        Undirected, signed or not, complete (a correlation matrix) or not.
    seed : int or sequence of int
        Of all steps.
    swaps_per_edge : float
        Swaps of signs per pair of all signs but the most frequent, zero among them.
    sorts : float
        Pairs are sorted anew once per ``1 / sorts`` weights, in (0, 1]; 1 is the slowest and best.
    polish : float
        Exchanges tried per edge; 0 leaves them out, as the source does.

    Returns
    -------
    NullGraph
        ``strength_r`` tells how well strengths are kept. ``mixing`` is that of the signs: frozen
        in a complete graph of one sign, where only the weights are given out anew.

    Raises
    ------
    DataError
        If the matrix is not one of an undirected graph, or ``sorts`` is out of range.

    Notes
    -----
    Rubinov & Sporns 2011, doi:10.1016/j.neuroimage.2011.03.069; exchanges of weights towards the
    strengths: Milisav et al. 2025, doi:10.1038/s43588-024-00735-z, here without temperature.
    """
    if not 0 < sorts <= 1:
        raise DataError("pairs are never sorted", expected="sorts in (0, 1]", got=f"{sorts}")
    w = graph_of(weights, signed=True)
    chain = SignChain(w, seed)
    mixing = chain.run(swaps_per_edge)
    null = np.zeros_like(w)
    for sign in (1.0, -1.0):
        part = np.maximum(sign * w, 0.0)
        row, column = np.nonzero(np.triu(chain.now == sign, 1))
        values = _by_rank(part, row, column, chain.rng, max(1, round(1 / sorts)))
        values = _polished(part.sum(axis=1), row, column, values, chain.rng, polish)
        null[row, column] = null[column, row] = sign * values
    return NullGraph(null, mixing, _strength_r(w, null))


def _by_rank(
    part: NDArray, row: NDArray, column: NDArray, rng: np.random.Generator, period: int
) -> NDArray[np.float64]:
    """Return the weights of ``part``, each given to one of the pairs by rank of expectation."""
    weights = np.sort(part[np.triu_indices(len(part), 1)])
    weights = weights[weights > 0]
    left = part.sum(axis=1)
    values, open_pairs = np.zeros(row.size), np.arange(row.size)
    while open_pairs.size:
        expected = left[row[open_pairs]] * left[column[open_pairs]]
        order = np.argsort(expected, kind="stable")
        place = rng.choice(open_pairs.size, min(period, open_pairs.size), replace=False)
        pair = open_pairs[order[place]]
        values[pair] = weights[place]
        np.subtract.at(left, row[pair], weights[place])
        np.subtract.at(left, column[pair], weights[place])
        left = np.maximum(left, 0.0)
        open_pairs, weights = np.delete(open_pairs, order[place]), np.delete(weights, place)
    return values


def _polished(
    target: NDArray,
    row: NDArray,
    column: NDArray,
    values: NDArray,
    rng: np.random.Generator,
    tries: float,
) -> NDArray[np.float64]:
    """Return the values after exchanges that each bring strengths nearer to the target."""
    count = values.size
    attempts = round(tries * count) if count > 1 else 0
    error = np.bincount(row, values, target.size) + np.bincount(column, values, target.size)
    error, values = (error - target).tolist(), values.tolist()
    row, column = row.tolist(), column.tolist()
    for first, second in rng.integers(0, max(count, 1), (attempts, 2)).tolist():
        change = values[second] - values[first]
        i, j, k, m = row[first], column[first], row[second], column[second]
        if change == 0.0 or i in (k, m) or j in (k, m):
            continue
        # of Σ error²: 2 δ (e_i + e_j − e_k − e_m) + 4 δ²
        if change * (error[i] + error[j] - error[k] - error[m]) + 2.0 * change**2 < 0.0:
            values[first], values[second] = values[second], values[first]
            error[i] += change
            error[j] += change
            error[k] -= change
            error[m] -= change
    return np.array(values)


def ensemble(
    make: Callable[..., NullGraph], weights: ArrayLike, count: int, seed: int, **settings: object
) -> list[NullGraph]:
    """Return several null graphs of independent seeds.

    Parameters
    ----------
    make : callable
        A function of this module, ``make(weights, seed=, **settings)``.
    weights : array_like, shape (N, N)
        The graph.
    count, seed : int
        How many, and their common seed; the first of many are those of few.
    **settings
        Passed on.

    Returns
    -------
    list of NullGraph

    Raises
    ------
    DataError
        As the function, or if ``count`` is below 1.
    """
    if count < 1:
        raise DataError("no null graph asked for", expected="1 or more", got=f"{count}")
    return [make(weights, seed=(seed, k), **settings) for k in range(count)]


def phase_randomised(series: ArrayLike, seed: Seed) -> NDArray[np.float64]:
    """Return a series of the same spectra and cross-spectra with random phases.

    The same random phases are added to all regions: covariance and lagged covariances (circular)
    are exactly those of the original, and all that is not linear or not stationary is gone.

    Parameters
    ----------
    series : array_like, shape (T, N)
        Any unit.
    seed : int or sequence of int
        Of the phases.

    Returns
    -------
    ndarray, shape (T, N)
        With the means of the original.

    Raises
    ------
    DataError
        If a region's series is constant or not finite, or there are fewer than two time points.

    Notes
    -----
    Prichard & Theiler 1994, doi:10.1103/PhysRevLett.73.951. First and last values should meet:
    a jump between them adds power at all frequencies.
    """
    series = np.asarray(series, dtype=float)
    covariance(series)  # refuses constant and broken series, naming their regions
    times = len(series)
    spectrum = np.fft.rfft(series, axis=0)
    phase = np.random.default_rng(seed).uniform(0.0, 2 * np.pi, len(spectrum))
    phase[0] = 0.0  # the mean
    if times % 2 == 0:
        phase[-1] = 0.0  # the highest frequency has no phase to give
    return np.fft.irfft(spectrum * np.exp(1j * phase)[:, None], times, axis=0)


def _strength_r(w: NDArray, null: NDArray) -> float:
    values = []
    for sign in (1.0, -1.0):
        a, b = (np.maximum(sign * x, 0.0).sum(axis=1) for x in (w, null))
        if np.ptp(a) > 1e-12 * max(a.max(), 1e-300) and np.ptp(b) > 0:
            values.append(np.corrcoef(a, b)[0, 1])
    return float(min(values)) if values else float("nan")
