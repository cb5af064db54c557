"""Permutation p of a family of contrasts, alone and corrected by the largest statistic.

Every permutation is applied to all rows of the family at once (the same subjects change sign, or
change group), so that the correlation between metrics, arms and times is kept and the largest
``|t|`` of the permuted family is what a single false alarm would look like.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, islice
from math import comb

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netmod.errors import DataError

EXACT_UP_TO = 2**16
_CHUNK = 2048
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
        If the differences are not a table.

    Notes
    -----
    Exact over all patterns when 2^S ≤ 2^16, otherwise Monte Carlo with the observed pattern
    counted (Phipson & Smyth 2010, doi:10.2202/1544-6115.1585). Nichols & Holmes 2002,
    doi:10.1002/hbm.1058. The smallest p of S subjects is 2^(1−S).
    """
    table = _table(differences)
    present = np.isfinite(table)
    n = present.sum(axis=1)
    valid = n >= 2
    x = np.where(present, table, 0.0)[valid]
    n = n[valid]
    norm = np.sqrt(n * (x**2).sum(axis=1))
    norm = np.where(norm > 0, norm, np.inf)

    def statistic(signs: NDArray) -> NDArray:
        return _t(np.abs(signs @ x.T) / norm, n - 1)

    patterns, exact = _sign_patterns(table.shape[1], n_permutations, seed)
    observed = statistic(np.ones((1, table.shape[1])))[0]
    return _tail(observed, map(statistic, patterns), valid, exact)


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
        If the two tables differ in rows.
    """
    first, second = _table(values), _table(reference)
    if first.shape[0] != second.shape[0]:
        raise DataError(
            "both groups need the same contrasts",
            got=f"{first.shape[0]} and {second.shape[0]} rows",
        )
    table = np.hstack([first, second])
    present = np.isfinite(table)
    valid = (np.isfinite(first).sum(axis=1) >= 2) & (np.isfinite(second).sum(axis=1) >= 2)
    mask = present[valid].astype(float)
    n = mask.sum(axis=1)
    x = np.where(present, table, 0.0)[valid]
    x -= mask * (x.sum(axis=1) / n)[:, None]
    squares = (x**2).sum(axis=1)
    nothing = squares <= (1e-12 * np.abs(np.where(present, table, 0.0)[valid]).max(axis=1)) ** 2
    x[nothing] = 0.0
    squares = np.where(nothing, np.inf, squares)

    def statistic(member: NDArray) -> NDArray:
        inside = member @ mask.T
        outside = n - inside
        both = (inside > 0) & (outside > 0)
        # the share of all squares that lies between the groups is u², as for one sample
        harmonic = np.where(both, n / np.maximum(inside * outside, 1.0), 0.0)
        return _t(np.abs(member @ x.T) * np.sqrt(harmonic / squares), n - 2)

    size, total = first.shape[1], table.shape[1]
    patterns, exact = _member_patterns(size, total, n_permutations, seed)
    observed = statistic((np.arange(total) < size).astype(float)[None])[0]
    return _tail(observed, map(statistic, patterns), valid, exact)


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
    """Return ``|t|`` from the cosine u between the data and the effect."""
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


def _sign_patterns(size: int, n_permutations: int, seed: int) -> tuple[Iterator[NDArray], bool]:
    """Yield chunks of sign patterns [pattern, subject]; the first subject keeps its sign.

    A pattern and its opposite give the same two-sided statistic: half of them are enough.
    """
    if 2**size <= EXACT_UP_TO:
        codes = np.arange(2 ** max(size - 1, 0))[:, None]
        bits = (codes >> np.arange(size)[None, :]) & 1
        bits = np.roll(bits, 1, axis=1)  # the highest bit, always 0, is the first subject
        return iter(np.array_split(1.0 - 2.0 * bits, -(-len(codes) // _CHUNK))), True
    rng = np.random.default_rng(seed)
    return (
        1.0 - 2.0 * rng.integers(0, 2, (count, size)) for count in _chunks(n_permutations)
    ), False


def _member_patterns(
    size: int, total: int, n_permutations: int, seed: int
) -> tuple[Iterator[NDArray], bool]:
    """Yield chunks of memberships [pattern, subject] of the first group, 1 or 0."""
    if comb(total, size) <= EXACT_UP_TO:
        return _all_members(size, total), True
    rng = np.random.default_rng(seed)
    start = (np.arange(total) < size).astype(float)
    return (
        rng.permuted(np.tile(start, (count, 1)), axis=1) for count in _chunks(n_permutations)
    ), False


def _all_members(size: int, total: int) -> Iterator[NDArray]:
    divisions = combinations(range(total), size)
    while chunk := list(islice(divisions, _CHUNK)):
        member = np.zeros((len(chunk), total))
        np.put_along_axis(member, np.array(chunk, dtype=int).reshape(len(chunk), size), 1.0, axis=1)
        yield member


def _chunks(total: int) -> Iterator[int]:
    for start in range(0, total, _CHUNK):
        yield min(_CHUNK, total - start)
