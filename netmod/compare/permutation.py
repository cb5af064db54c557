"""Permutation p of a family of contrasts, alone and corrected by the largest statistic.

Every permutation is applied to all rows of the family at once (the same subjects change sign, or
change group), so that the correlation between metrics, arms and times is kept and the largest
``|t|`` of the permuted family is what a single false alarm would look like.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import combinations, islice
from math import comb

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netmod.errors import DataError

EXACT_UP_TO = 2**16
_CHUNK = 2048
_AT_ONCE = 2**21  # statistics held at one time, 16 MB
_RESIDUE = 1e-9  # floor of the residual share 1 − u², so that a perfect effect has a finite t
_TIE = 1e-6  # relative; permutations this near to the observed statistic count against it


def sign_flip(
    differences: ArrayLike, n_permutations: int = 10000, seed: int = 0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return two-sided p of paired differences, by flipping the signs of whole subjects.

    Parameters
    ----------
    differences : array_like, shape (R, S)
        One row per contrast of the family, one column per subject; NaN for a missing pair.
    n_permutations : int
        Random sign patterns when there are too many to try all.
    seed : int
        Their seed.

    Returns
    -------
    p, p_corrected : ndarray, shape (R,)
        Alone, and against the largest ``|t|`` of the family (Westfall–Young, single step). NaN
        for a row with fewer than two pairs, 1 for one without any difference.

    Raises
    ------
    DataError
        If the differences are not a table, or there is no permutation.

    Notes
    -----
    Exact over all patterns when 2^S ≤ 2^16, otherwise Monte Carlo with the observed pattern
    counted (Phipson & Smyth 2010, doi:10.2202/1544-6115.1585). Nichols & Holmes 2002,
    doi:10.1002/hbm.1058. The smallest p of S subjects is 2^(1−S). Without an effect the
    differences must be symmetric about 0, which two scans of one person exchanged make true; with
    skewed ones of another origin 6 to 8 % of null studies fall below 5 %
    (``benchmarks/calibration.py``).
    """
    table = _table(differences)
    valid = np.isfinite(table).sum(axis=1) >= 2
    statistic = paired_t(table[valid])
    patterns, exact = sign_patterns(table.shape[1], n_permutations, seed)
    observed = statistic(np.ones((1, table.shape[1])))[0]
    permuted = (np.abs(statistic(some)) for some in in_parts(patterns, observed.size))
    return _tail(np.abs(observed), permuted, valid, exact)


def group_shuffle(
    values: ArrayLike, reference: ArrayLike, n_permutations: int = 10000, seed: int = 0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return two-sided p of a difference of groups, by exchanging subjects between them.

    Parameters
    ----------
    values : array_like, shape (R, S)
        One row per contrast, one column per subject of the first group; NaN where missing.
    reference : array_like, shape (R, U)
        The same for the group of reference.
    n_permutations, seed : int
        As for :func:`sign_flip`; exact when there are at most 2^16 divisions.

    Returns
    -------
    p, p_corrected : ndarray, shape (R,)
        As for :func:`sign_flip`, on the pooled-variance ``|t|``.

    Raises
    ------
    DataError
        If the two tables differ in rows, or there is no permutation.

    Notes
    -----
    Exchanging subjects tests whether both groups have one distribution. With groups of different
    size a difference of variance alone may be found, or hide a difference of means.
    """
    first, second = _table(values), _table(reference)
    if first.shape[0] != second.shape[0]:
        raise DataError(
            "both groups need the same contrasts",
            got=f"{first.shape[0]} and {second.shape[0]} rows",
        )
    table = np.hstack([first, second])
    valid = (np.isfinite(first).sum(axis=1) >= 2) & (np.isfinite(second).sum(axis=1) >= 2)
    statistic = group_t(table[valid])
    size, total = first.shape[1], table.shape[1]
    patterns, exact = member_patterns(size, total, n_permutations, seed)
    observed = statistic((np.arange(total) < size).astype(float)[None])[0]
    permuted = (np.abs(statistic(some)) for some in in_parts(patterns, observed.size))
    return _tail(np.abs(observed), permuted, valid, exact)


def paired_t(table: NDArray) -> Callable[[NDArray], NDArray]:
    """Return the function from sign patterns to t of every row.

    Parameters
    ----------
    table : ndarray, shape (R, S)
        Differences, one column per subject; NaN are left out of their row.

    Returns
    -------
    callable
        ``signs [P, S] → t [P, R]``; 0 for a row without any difference, large but finite for one
        whose differences are all equal.
    """
    present = np.isfinite(table)
    n = present.sum(axis=1)
    x = np.where(present, table, 0.0)
    norm = np.sqrt(n * (x**2).sum(axis=1))
    norm = np.where(norm > 0, norm, np.inf)
    return lambda signs: _t(signs @ x.T / norm, n - 1)


def group_t(table: NDArray) -> Callable[[NDArray], NDArray]:
    """Return the function from memberships to the pooled-variance t of every row.

    Parameters
    ----------
    table : ndarray, shape (R, S)
        Values of both groups together, one column per subject; NaN are left out of their row.

    Returns
    -------
    callable
        ``member [P, S]``, 1 for the first group and 0 for the other, ``→ t [P, R]``; 0 for a row
        that does not vary.
    """
    present = np.isfinite(table)
    mask = present.astype(float)
    n = mask.sum(axis=1)
    filled = np.where(present, table, 0.0)
    x = filled - mask * (filled.sum(axis=1) / n)[:, None]
    squares = (x**2).sum(axis=1)
    nothing = squares <= (1e-12 * np.abs(filled).max(axis=1)) ** 2
    x[nothing] = 0.0
    squares = np.where(nothing, np.inf, squares)

    def statistic(member: NDArray) -> NDArray:
        inside = member @ mask.T
        outside = n - inside
        both = (inside > 0) & (outside > 0)
        # the share of all squares that lies between the groups is u², as for one sample
        harmonic = np.where(both, n / np.maximum(inside * outside, 1.0), 0.0)
        return _t(member @ x.T * np.sqrt(harmonic / squares), n - 2)

    return statistic


def _table(values: ArrayLike) -> NDArray[np.float64]:
    table = np.asarray(values, dtype=float)
    if table.ndim != 2:
        raise DataError(
            "permutation needs a table of contrasts by subjects",
            expected="shape [contrast, subject]",
            got=f"shape {list(table.shape)}",
        )
    return table


def _t(u: NDArray, df: NDArray) -> NDArray:
    """Return t from the cosine u between the data and the effect."""
    return u * np.sqrt(df / np.maximum(1.0 - u**2, _RESIDUE))


def _tail(
    observed: NDArray, permuted: Iterator[NDArray], valid: NDArray, exact: bool
) -> tuple[NDArray, NDArray]:
    """Count permutations at least as extreme as the observed, alone and by the largest."""
    level = observed * (1.0 - _TIE)
    alone, largest = np.zeros(observed.size), np.zeros(observed.size)
    total = 0
    for statistics in permuted:
        total += statistics.shape[0]
        alone += (statistics >= level).sum(axis=0)
        if observed.size:
            tops = np.sort(statistics.max(axis=1))
            largest += tops.size - np.searchsorted(tops, level, side="left")
    added = 0 if exact else 1
    results = []
    for count in (alone, largest):
        p = np.full(valid.size, np.nan)
        p[valid] = np.where(observed > 0, (count + added) / (total + added), 1.0)
        results.append(p)
    return results[0], results[1]


def sign_patterns(size: int, n_permutations: int, seed: int) -> tuple[Iterator[NDArray], bool]:
    """Return sign patterns in chunks, and whether they are all there are.

    Parameters
    ----------
    size : int
        S, subjects.
    n_permutations, seed : int
        As for :func:`sign_flip`.

    Returns
    -------
    patterns : iterator of ndarray, shape (P, S)
        Signs, 1 or -1. Where all are tried the first subject keeps its sign: a pattern and its
        opposite give the same two-sided statistic, and half of them are enough.
    exact : bool
        True when all are tried; otherwise the observed pattern is not among them.
    """
    _check_permutations(n_permutations)
    if 2**size <= EXACT_UP_TO:
        codes = np.arange(2 ** max(size - 1, 0))[:, None]
        bits = (codes >> np.arange(size)[None, :]) & 1
        bits = np.roll(bits, 1, axis=1)  # the highest bit, always 0, is the first subject
        return iter(np.array_split(1.0 - 2.0 * bits, -(-len(codes) // _CHUNK))), True
    rng = np.random.default_rng(seed)
    return (
        1.0 - 2.0 * rng.integers(0, 2, (count, size)) for count in _chunks(n_permutations)
    ), False


def member_patterns(
    size: int, total: int, n_permutations: int, seed: int
) -> tuple[Iterator[NDArray], bool]:
    """Return memberships of the first group in chunks, and whether they are all there are.

    Parameters
    ----------
    size, total : int
        Subjects of the first group, and S of both.
    n_permutations, seed : int
        As for :func:`group_shuffle`.

    Returns
    -------
    patterns : iterator of ndarray, shape (P, S)
        1 for a subject in the first group, otherwise 0.
    exact : bool
        True when all divisions are tried; otherwise the observed one is not among them.
    """
    _check_permutations(n_permutations)
    if comb(total, size) <= EXACT_UP_TO:
        return _all_members(size, total), True
    rng = np.random.default_rng(seed)
    start = (np.arange(total) < size).astype(float)
    return (
        rng.permuted(np.tile(start, (count, 1)), axis=1) for count in _chunks(n_permutations)
    ), False


def in_parts(patterns: Iterable[NDArray], rows: int) -> Iterator[NDArray]:
    """Yield patterns in parts small enough to hold the statistics of all rows in memory.

    Parameters
    ----------
    patterns : iterable of ndarray, shape (P, S)
        From :func:`sign_patterns` or :func:`member_patterns`.
    rows : int
        Contrasts, or edges.

    Yields
    ------
    ndarray, shape (Q, S)
        The same patterns in their order.
    """
    step = max(1, _AT_ONCE // max(rows, 1))
    for some in patterns:
        for start in range(0, len(some), step):
            yield some[start : start + step]


def _all_members(size: int, total: int) -> Iterator[NDArray]:
    divisions = combinations(range(total), size)
    while chunk := list(islice(divisions, _CHUNK)):
        member = np.zeros((len(chunk), total))
        np.put_along_axis(member, np.array(chunk, dtype=int).reshape(len(chunk), size), 1.0, axis=1)
        yield member


def _check_permutations(number: int) -> None:
    if number < 1:
        raise DataError(
            "a permutation test needs permutations", expected="1 or more", got=str(number)
        )


def _chunks(total: int) -> Iterator[int]:
    for start in range(0, total, _CHUNK):
        yield min(_CHUNK, total - start)
