"""Complexity and gradients: NGSC, Lempel–Ziv, diffusion maps, response to perturbation."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netmod.errors import DataError
from netmod.graph.connectivity import covariance
from netmod.graph.declarations import Quantity
from netmod.graph.measures.checks import graph_of

_NEGATIVE = 1e-9  # of the largest eigenvalue; below −this, the matrix is no covariance


def spectral_complexity(cov: ArrayLike) -> float:
    """Return normalised global spatial complexity, ``−Σ p ln p / ln N``, of a covariance.

    ``p`` are the eigenvalues over their sum: how evenly activity is spread over N spatial
    patterns.

    Parameters
    ----------
    cov : array_like, shape (N, N)
        Covariance or correlation (the two differ: state which). A series shorter than N has
        fewer patterns than N, and so a value well below 1.

    Returns
    -------
    float
        In [0, 1]: 0 for one pattern, 1 for independent regions of equal variance.

    Raises
    ------
    DataError
        If the matrix is smaller than 2, not finite, asymmetric, has no variance, or a negative
        eigenvalue beyond rounding.

    Notes
    -----
    NGSC, Siegel et al. 2024, doi:10.1038/s41586-024-07624-5. There: of vertex series of a scan,
    each of unit variance (recalled).
    """
    cov = np.asarray(cov, dtype=float)
    graph_of(cov, signed=True)
    diagonal = np.diagonal(cov)
    if cov.shape[0] < 2 or not np.isfinite(diagonal).all() or not diagonal.sum() > 0:
        raise DataError(
            "spatial complexity needs a covariance of two regions or more with variance",
            expected="finite variances, some above 0",
            got=f"shape {list(cov.shape)}, sum of variances {diagonal.sum():g}",
        )
    value = np.linalg.eigvalsh(cov)
    if value[0] < -_NEGATIVE * value[-1]:
        raise DataError(
            "a covariance has no negative eigenvalues",
            expected="a covariance or correlation of one series",
            got=f"{value[0]:g} beside {value[-1]:g}",
            hint="averages of Fisher z or thresholded correlations are no covariances",
        )
    p = value[value > 0] / value[value > 0].sum()
    return float(max(-(p * np.log(p)).sum() / np.log(value.size), 0.0))


def lempel_ziv_count(symbols: bytes) -> int:
    """Return the number of phrases of a sequence in the parsing of Lempel and Ziv (1976).

    A phrase is the shortest stretch that does not occur before its own last symbol. A last,
    unfinished phrase counts.

    Parameters
    ----------
    symbols : bytes
        One byte per symbol.

    Returns
    -------
    int
        0 for an empty sequence.

    Notes
    -----
    Lempel & Ziv 1976, doi:10.1109/TIT.1976.1055501; counts as Kaspar & Schuster 1987,
    doi:10.1103/PhysRevA.36.842.
    """
    edges, first = _automaton(symbols)
    count = state = 0
    for end, symbol in enumerate(symbols):
        state = edges[state][symbol]
        if first[state] == end:  # never seen before: the phrase is complete
            count, state = count + 1, 0
    return count + (state != 0)


def _automaton(symbols: bytes) -> tuple[list[dict[int, int]], list[int]]:
    """Return the suffix automaton of a sequence: edges, and where each state first ends.

    A state is a set of stretches that end at the same places. Linear in length: Blumer et al.
    1985, doi:10.1016/0304-3975(85)90157-4.
    """
    edges: list[dict[int, int]] = [{}]
    link, length, first = [-1], [0], [-1]

    def state(out: dict[int, int], longest: int, end: int, suffix: int) -> int:
        edges.append(out)
        length.append(longest)
        first.append(end)
        link.append(suffix)
        return len(edges) - 1

    last = 0
    for end, symbol in enumerate(symbols):
        at, last = last, state({}, end + 1, end, 0)
        while at >= 0 and symbol not in edges[at]:
            edges[at][symbol] = last
            at = link[at]
        if at < 0:
            continue
        to = edges[at][symbol]
        if length[to] > length[at] + 1:
            # only the shorter stretches of this state have just occurred again: part them
            longer = to
            to = state(dict(edges[to]), length[at] + 1, first[to], link[to])
            link[longer] = to
            while at >= 0 and edges[at].get(symbol) == longer:
                edges[at][symbol] = to
                at = link[at]
        link[last] = to
    return edges, first


def amplitude_symbols(series: ArrayLike) -> NDArray[np.uint8]:
    """Return whether the Hilbert amplitude of every region exceeds its mean over time.

    Parameters
    ----------
    series : array_like, shape (T, N)
        The linear trend is taken off first.

    Returns
    -------
    ndarray of uint8, shape (T, N)
        0 or 1.

    Raises
    ------
    DataError
        If a region's series is constant or not finite.

    Notes
    -----
    Schartner et al. 2015, doi:10.1371/journal.pone.0133532.
    """
    from scipy.signal import detrend, hilbert

    series = np.asarray(series, dtype=float)
    covariance(series)  # refuses constant and broken series, naming their regions
    amplitude = np.abs(hilbert(detrend(series, axis=0), axis=0))
    return (amplitude > amplitude.mean(axis=0)).astype(np.uint8)


def lempel_ziv(series: ArrayLike, seed: int, shuffles: int = 10) -> float:
    """Return Lempel–Ziv complexity of a multivariate series, relative to shuffled symbols.

    Symbols of all regions at the first time point come first, then of the second, and so on. The
    count of phrases is divided by its mean over shuffles of all symbols.

    Parameters
    ----------
    series : array_like, shape (T, N)
        Band-passed or raw; the sampling rate matters for the value.
    seed, shuffles : int
        Of the reference.

    Returns
    -------
    float
        Near 0 for regular series, about 1 for random ones.

    Raises
    ------
    DataError
        If a region's series is constant or not finite, or ``shuffles`` is below 1.

    Notes
    -----
    Schartner et al. 2015, doi:10.1371/journal.pone.0133532; phrases of LZ76 where their code
    counts words of a growing dictionary, one shuffle there (recalled).
    """
    if shuffles < 1:
        raise DataError("no shuffle to compare with", expected="1 or more", got=f"{shuffles}")
    symbols = amplitude_symbols(series).ravel()
    rng = np.random.default_rng(seed)
    reference = [lempel_ziv_count(rng.permutation(symbols).tobytes()) for _ in range(shuffles)]
    return lempel_ziv_count(symbols.tobytes()) / float(np.mean(reference))


class Gradients(NamedTuple):
    """Axes of a connectivity matrix: coordinates ``maps [N, K]`` and eigenvalues ``[K]``."""

    maps: NDArray[np.float64]
    eigenvalues: NDArray[np.float64]


def gradients(
    fc: ArrayLike, components: int = 3, sparsity: float = 0.9, alpha: float = 0.5
) -> Gradients:
    """Return the diffusion map of a connectivity matrix.

    Every row keeps its strongest values; the cosine similarity of rows, negative values as 0, is
    normalised by density to the power α, turned into a random walk, and its eigenvectors are
    scaled by ``λ / (1 − λ)``: diffusion over all times.

    Parameters
    ----------
    fc : array_like, shape (N, N)
        Undirected, such as correlations.
    components : int
        K, fewer than N.
    sparsity : float
        Fraction of every row set to 0, in [0, 1).
    alpha : float
        0: graph Laplacian; 1: Laplace–Beltrami; 0.5: Fokker–Planck.

    Returns
    -------
    Gradients
        Largest eigenvalue first. Signs are arbitrary: the entry of largest size is positive.
        Order and sign may differ between subjects, so align before comparing regions.

    Raises
    ------
    DataError
        If the matrix is not one of an undirected graph, a setting is out of range, or the
        similarities fall into parts without a connection.

    Notes
    -----
    Coifman & Lafon 2006, doi:10.1016/j.acha.2006.04.006; Margulies et al. 2016,
    doi:10.1073/pnas.1608282113; settings of BrainSpace, Vos de Wael et al. 2020,
    doi:10.1038/s42003-020-0794-7, whose values differ a little: it gives the walk, which is not
    symmetric, to a solver of symmetric matrices.
    """
    from scipy.sparse.csgraph import connected_components

    w = graph_of(fc, signed=True)
    np.fill_diagonal(w, np.diagonal(np.asarray(fc, dtype=float)))
    size = w.shape[0]
    if not (0 < components < size and 0 <= sparsity < 1):
        raise DataError(
            "gradients out of range",
            expected=f"1 to {size - 1} components and a sparsity in [0, 1)",
            got=f"{components} components, sparsity {sparsity}",
        )
    kept = max(1, int((1 - sparsity) * size + 1e-9))  # 0.2 · 40 may fall short of 8
    w = np.where(w >= np.sort(w, axis=1)[:, size - kept, None], w, 0.0)
    norm = np.linalg.norm(w, axis=1, keepdims=True)
    rows = np.divide(w, norm, out=np.zeros_like(w), where=norm > 0)
    affinity = np.maximum(rows @ rows.T, 0.0)
    parts = connected_components(affinity > 0, directed=False)[0]
    if parts > 1:
        raise DataError(
            "gradients are not defined for a disconnected graph",
            expected="similarities that connect all regions",
            got=f"{parts} parts",
            hint="lower the sparsity, or leave out silent regions",
        )
    density = affinity.sum(axis=1) ** -alpha
    kernel = affinity * density[:, None] * density[None, :]
    root = np.sqrt(kernel.sum(axis=1))
    # the random walk is similar to a symmetric matrix, whose eigenvectors are exact
    value, vector = np.linalg.eigh(kernel / (root[:, None] * root[None, :]))
    value, vector = value[::-1], vector[:, ::-1] / root[:, None]
    maps = vector[:, 1 : components + 1] / vector[:, :1]
    value = value[1 : components + 1] / (1.0 - value[1 : components + 1])
    maps = maps * value
    top = maps[np.abs(maps).argmax(axis=0), np.arange(components)]
    return Gradients(maps * np.sign(top), value)


def gradient_range(fc: ArrayLike, sparsity: float = 0.9, alpha: float = 0.5) -> float:
    """Return the largest less the smallest coordinate of the first gradient.

    Smaller: the axis from unimodal to transmodal cortex is contracted, as reported under
    psychedelics.

    Parameters
    ----------
    fc, sparsity, alpha
        As in :func:`gradients`.

    Returns
    -------
    float
        Above 0.

    Raises
    ------
    DataError
        As there.

    Notes
    -----
    Margulies et al. 2016, doi:10.1073/pnas.1608282113; contraction: Girn et al. 2022,
    doi:10.1016/j.neuroimage.2022.119220.
    """
    return float(np.ptp(gradients(fc, 1, sparsity, alpha).maps[:, 0]))


DECLARED = (
    Quantity(
        name="spectral_complexity",
        unit="1",
        range="[0, 1]",
        doc="NGSC: entropy of the eigenvalues of a covariance over ln N",
        direction_note=(
            "higher: activity spreads over more patterns; reported to rise under psilocybin"
        ),
        source="Siegel et al. 2024, doi:10.1038/s41586-024-07624-5",
        input="covariance or correlation [N, N]",
        gives="a number",
        compute=spectral_complexity,
    ),
    Quantity(
        name="lempel_ziv",
        unit="1",
        range=">= 0",
        doc="phrases of the binarised series of all regions over those of shuffled symbols",
        direction_note=(
            "higher: less compressible; 1 for random; reported to rise under psychedelics"
        ),
        source="Schartner et al. 2015, doi:10.1371/journal.pone.0133532",
        input="series [T, N], seed",
        gives="a number",
        compute=lempel_ziv,
    ),
    Quantity(
        name="gradients",
        unit="1",
        range="real",
        doc="diffusion map: coordinates of regions along the main axes of FC",
        direction_note="near places: alike in their connections; signs are arbitrary",
        source="Margulies et al. 2016, doi:10.1073/pnas.1608282113",
        input="symmetric matrix, negative weights allowed",
        gives="[N, axis]",
        compute=gradients,
    ),
    Quantity(
        name="gradient_range",
        unit="1",
        range="> 0",
        doc="length of the first gradient of FC",
        direction_note=(
            "lower: the axis from unimodal to transmodal cortex is contracted, as under "
            "psychedelics"
        ),
        source="Margulies et al. 2016, doi:10.1073/pnas.1608282113",
        input="symmetric matrix, negative weights allowed",
        gives="a number",
        compute=gradient_range,
    ),
)
