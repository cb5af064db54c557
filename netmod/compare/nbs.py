"""Network-based statistic: which connected sets of edges differ, corrected over the network."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netmod.compare.paired import pair_differences
from netmod.compare.permutation import (
    group_t,
    in_parts,
    member_patterns,
    paired_t,
    sign_patterns,
)
from netmod.errors import ConfigError, DataError, did_you_mean

Measure = Literal["extent", "intensity"]
Tail = Literal["both", "right", "left"]

_TIE = 1e-6  # relative; components this near to the observed one count against it
_ROUNDING = 1e-9  # relative; a t that equals the threshold does not pass it in any order of sums
_SHOWN = 8  # subjects named in one message


@dataclass(frozen=True, eq=False)
class Component:
    """A connected set of edges beyond the threshold.

    Attributes
    ----------
    edges : ndarray of int, shape (K, 2)
        Pairs of regions, the smaller index first.
    regions : ndarray of int
        Regions that they join.
    extent : int
        K, number of edges.
    intensity : float
        Sum over edges of t beyond the threshold.
    mean_difference : float
        Mean over edges of the difference, in the unit of the matrices.
    p : float
        Share of permutations whose largest component is at least as large.
    """

    edges: NDArray[np.int64]
    regions: NDArray[np.int64]
    extent: int
    intensity: float
    mean_difference: float
    p: float


@dataclass(frozen=True, eq=False)
class NetworkStatistic:
    """Edges that differ, in connected components.

    Attributes
    ----------
    difference, t : ndarray, shape (N, N)
        Mean difference and t of every edge; the diagonal is 0.
    components : tuple of Component
        The largest first; empty when no edge passes the threshold.
    null : ndarray, shape (P,)
        Size of the largest component of every permutation.
    exact : bool
        Whether all permutations were tried.
    """

    difference: NDArray[np.float64]
    t: NDArray[np.float64]
    components: tuple[Component, ...]
    null: NDArray[np.float64]
    exact: bool


def nbs_paired(
    values: ArrayLike,
    reference: ArrayLike,
    threshold: float,
    *,
    measure: Measure = "extent",
    tail: Tail = "both",
    n_permutations: int = 5000,
    seed: int = 0,
) -> NetworkStatistic:
    """Compare the networks of the same subjects in two conditions.

    Parameters
    ----------
    values, reference : array_like, shape (S, N, N)
        One symmetric matrix per subject, in the same order; Fisher z for correlations. The
        diagonal is not read.
    threshold : float
        An edge takes part when its t is beyond this. It decides which components can be seen, not
        how often a null study gives one: report two or more.
    measure : {"extent", "intensity"}
        Size of a component: its edges, or the sum of their t beyond the threshold.
    tail : {"both", "right", "left"}
        ``|t|``, t, or −t is compared with the threshold. With "both" a component may hold edges
        of either sign.
    n_permutations, seed : int
        As for :func:`netmod.compare.permutation.sign_flip`.

    Returns
    -------
    NetworkStatistic
        p holds over the whole network: it speaks for a component, never for one edge in it.

    Raises
    ------
    ConfigError
        If the threshold is not positive, or a word is unknown.
    DataError
        If the matrices do not fit each other, are not symmetric or not finite, or are those of
        fewer than two subjects.

    Notes
    -----
    Zalesky, Fornito & Bullmore 2010, doi:10.1016/j.neuroimage.2010.06.041; signs of whole
    subjects are flipped, as in :func:`netmod.compare.permutation.sign_flip`. Where the differences
    of an edge do not vary its t is large but finite, and 0 when there is none.
    """
    values, reference = _matrices(values, "values"), _matrices(reference, "reference")
    if values.shape != reference.shape:
        raise DataError(
            "a paired network statistic needs both conditions of every subject",
            expected="two arrays of one shape",
            got=f"shapes {list(values.shape)} and {list(reference.shape)}",
        )
    edges = _edges(values.shape[1])
    table = pair_differences(values[:, *edges], reference[:, *edges]).T
    subjects = table.shape[1]
    patterns, exact = sign_patterns(subjects, n_permutations, seed)
    if exact and tail != "both":
        # half of all patterns are listed; to one side a pattern and its opposite differ
        patterns = (np.concatenate([some, -some]) for some in patterns)
    start = np.ones((1, subjects))
    return _statistic(
        paired_t(table), start, patterns, exact, table.mean(axis=1), edges, threshold, measure, tail
    )


def nbs_groups(
    values: ArrayLike,
    reference: ArrayLike,
    threshold: float,
    *,
    measure: Measure = "extent",
    tail: Tail = "both",
    n_permutations: int = 5000,
    seed: int = 0,
) -> NetworkStatistic:
    """Compare the networks of two groups of different subjects.

    Parameters
    ----------
    values : array_like, shape (S, N, N)
        One symmetric matrix per subject of the first group.
    reference : array_like, shape (R, N, N)
        The same for the group of reference.
    threshold, measure, tail, n_permutations, seed
        As for :func:`nbs_paired`; t has the pooled variance, and subjects are exchanged between
        the groups.

    Returns
    -------
    NetworkStatistic
        As there.

    Raises
    ------
    ConfigError, DataError
        As there.
    """
    values, reference = _matrices(values, "values"), _matrices(reference, "reference")
    if values.shape[1:] != reference.shape[1:]:
        raise DataError(
            "both groups need the same regions",
            got=f"shapes {list(values.shape)} and {list(reference.shape)}",
        )
    edges = _edges(values.shape[1])
    table = np.concatenate([values[:, *edges], reference[:, *edges]]).T
    size, total = len(values), table.shape[1]
    patterns, exact = member_patterns(size, total, n_permutations, seed)
    start = (np.arange(total) < size).astype(float)[None]
    difference = table[:, :size].mean(axis=1) - table[:, size:].mean(axis=1)
    return _statistic(
        group_t(table), start, patterns, exact, difference, edges, threshold, measure, tail
    )


def _statistic(
    statistic: Callable[[NDArray], NDArray],
    start: NDArray,
    patterns: Iterable[NDArray],
    exact: bool,
    difference: NDArray,
    edges: tuple[NDArray, NDArray],
    threshold: float,
    measure: Measure,
    tail: Tail,
) -> NetworkStatistic:
    _check_words(threshold, measure, tail)
    size = int(edges[1].max()) + 1
    sided = {"both": np.abs, "right": np.positive, "left": np.negative}[tail]
    t = statistic(start)
    _, observed, found = _components(sided(t), edges, size, threshold, measure)
    null = np.concatenate(
        [
            _components(sided(statistic(some)), edges, size, threshold, measure)[0]
            for some in in_parts(patterns, edges[0].size)
        ]
    )
    added = 0 if exact else 1
    components = []
    for label in np.unique(found):
        kept = np.flatnonzero(found == label) if label >= 0 else ()
        if len(kept) == 0:
            continue
        pairs = np.stack([edges[0][kept], edges[1][kept]], axis=1)
        as_large = np.sum(null >= observed[label] * (1.0 - _TIE))
        components.append(
            Component(
                edges=pairs,
                regions=np.unique(pairs),
                extent=len(kept),
                intensity=float((sided(t)[0, kept] - threshold).sum()),
                mean_difference=float(difference[kept].mean()),
                p=float((as_large + added) / (null.size + added)),
            )
        )
    components.sort(key=lambda one: -getattr(one, measure))
    return NetworkStatistic(
        _square(difference, edges, size), _square(t[0], edges, size), tuple(components), null, exact
    )


def _components(
    t: NDArray, edges: tuple[NDArray, NDArray], size: int, threshold: float, measure: Measure
) -> tuple[NDArray, NDArray, NDArray]:
    """Return the largest size of every pattern, all sizes by label, and the label of every edge.

    The networks of all patterns [pattern, edge] are the blocks of one graph, so that their
    components are sought in a single call. Labels of edges are those of the first pattern; −1
    where the edge does not pass.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    pattern, edge = np.nonzero(t > threshold * (1.0 + _ROUNDING))
    first, second = pattern * size + edges[0][edge], pattern * size + edges[1][edge]
    nodes = len(t) * size
    graph = coo_array((np.ones(edge.size, dtype=np.int8), (first, second)), shape=(nodes, nodes))
    _, label = connected_components(graph, directed=False)
    weight = np.ones(edge.size) if measure == "extent" else t[pattern, edge] - threshold
    sizes = np.bincount(label[first], weight, minlength=nodes)
    largest = np.zeros(len(t))
    np.maximum.at(largest, pattern, sizes[label[first]])
    found = np.full(t.shape[1], -1)
    here = pattern == 0
    found[edge[here]] = label[first[here]]
    return largest, sizes, found


def _edges(size: int) -> tuple[NDArray, NDArray]:
    return np.triu_indices(size, 1)


def _square(values: NDArray, edges: tuple[NDArray, NDArray], size: int) -> NDArray[np.float64]:
    matrix = np.zeros((size, size))
    matrix[edges] = values
    return matrix + matrix.T


def _check_words(threshold: float, measure: str, tail: str) -> None:
    if not (np.isfinite(threshold) and threshold > 0):
        raise ConfigError(
            "the threshold of the network statistic must be positive",
            expected="a value of t, such as 3.0",
            got=str(threshold),
        )
    for name, word, known in (
        ("measure", measure, ("extent", "intensity")),
        ("tail", tail, ("both", "right", "left")),
    ):
        if word not in known:
            raise ConfigError(
                f"no {name} '{word}' of the network statistic",
                expected=", ".join(known),
                hint=did_you_mean(word, known),
            )


def _matrices(stack: ArrayLike, name: str) -> NDArray[np.float64]:
    stack = np.asarray(stack, dtype=float)
    if stack.ndim != 3 or stack.shape[1] != stack.shape[2] or min(stack.shape) < 2:
        raise DataError(
            f"the network statistic needs matrices of two subjects or more in '{name}'",
            expected="shape [subject, region, region], each 2 or more",
            got=f"shape {list(stack.shape)}",
        )
    upper, lower = (
        stack[:, *pair] for pair in (_edges(stack.shape[1]), _edges(stack.shape[1])[::-1])
    )
    _refuse(~(np.isfinite(upper) & np.isfinite(lower)).all(axis=1), "not finite", name)
    scale = np.abs(upper).max()
    _refuse((np.abs(upper - lower) > 1e-8 * scale).any(axis=1), "not symmetric", name)
    return stack


def _refuse(bad: NDArray, what: str, name: str) -> None:
    if bad.any():
        subjects = np.flatnonzero(bad)
        more = f" and {subjects.size - _SHOWN} more" if subjects.size > _SHOWN else ""
        raise DataError(
            f"matrices that are {what} in '{name}'",
            expected="finite, symmetric matrices off the diagonal",
            got="subjects " + ", ".join(str(s) for s in subjects[:_SHOWN]) + more,
            hint="leave these subjects out of both conditions",
        )
