"""One contrast of two conditions: mean difference, bootstrap interval, effect sizes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netmod.errors import DataError

# arms that share every random number may still differ by rounding: that is no difference
_SAME = 1e-12


@dataclass(frozen=True)
class Contrast:
    """The numbers of one contrast; NaN where it cannot be computed.

    Parameters
    ----------
    n : int
        Pairs; for a contrast of two groups, both groups together.
    mean, mean_reference, difference : float
        Means of both conditions and their difference, in the metric's unit.
    ci_low, ci_high : float
        95 % bootstrap interval of the difference.
    hedges_g : float
        Difference over the average SD (paired) or pooled SD (groups), small-sample corrected;
        NaN for two pairs, where the correction leaves nothing.
    d_z : float
        Difference over the SD of the differences; NaN for groups.
    """

    n: int
    mean: float = np.nan
    mean_reference: float = np.nan
    difference: float = np.nan
    ci_low: float = np.nan
    ci_high: float = np.nan
    hedges_g: float = np.nan
    d_z: float = np.nan


def pair_differences(values: ArrayLike, reference: ArrayLike) -> NDArray[np.float64]:
    """Return ``values − reference`` with differences at the size of rounding set to 0.

    Shapes broadcast; a missing partner (NaN) gives NaN.
    """
    values, reference = np.asarray(values, dtype=float), np.asarray(reference, dtype=float)
    difference = values - reference
    scale = np.maximum(np.abs(values), np.abs(reference))
    return np.where(np.abs(difference) <= _SAME * scale, 0.0, difference)


def finite_pairs(values: ArrayLike, reference: ArrayLike) -> tuple[NDArray, NDArray]:
    """Return both values of every subject who has both, shapes (S,); NaN and infinity are none.

    Raises
    ------
    DataError
        If the two are not lists of the same length.
    """
    values, reference = np.asarray(values, dtype=float), np.asarray(reference, dtype=float)
    if values.ndim != 1 or values.shape != reference.shape:
        raise DataError(
            "a paired statistic needs one value per subject in both conditions",
            expected="two arrays of the same length",
            got=f"shapes {list(values.shape)} and {list(reference.shape)}",
        )
    kept = np.isfinite(values) & np.isfinite(reference)
    return values[kept], reference[kept]


def paired_contrast(
    values: ArrayLike, reference: ArrayLike, seed: int = 0, n_bootstrap: int = 5000
) -> Contrast:
    """Compare two conditions of the same subjects.

    Parameters
    ----------
    values, reference : array_like, shape (S,)
        One value per subject in the same order; pairs with a NaN or infinity are dropped.
    seed, n_bootstrap : int
        Resamples of subjects and their seed.

    Returns
    -------
    Contrast
        With ``n`` only, when fewer than two pairs are left.

    Raises
    ------
    DataError
        If the two differ in shape.
    """
    values, reference = finite_pairs(values, reference)
    n = int(values.size)
    if n < 2:
        return Contrast(n)
    differences = pair_differences(values, reference)
    difference = float(differences.mean())
    low, high = bootstrap_interval([differences], seed, n_bootstrap)
    average_sd = (values.std(ddof=1) + reference.std(ddof=1)) / 2
    return Contrast(
        n,
        float(values.mean()),
        float(reference.mean()),
        difference,
        low,
        high,
        _corrected(_ratio(difference, average_sd, reference), n - 1),
        _ratio(difference, differences.std(ddof=1), differences),
    )


def group_contrast(
    values: ArrayLike, reference: ArrayLike, seed: int = 0, n_bootstrap: int = 5000
) -> Contrast:
    """Compare two groups of different subjects.

    Parameters
    ----------
    values : array_like, shape (S,)
        One value per subject of the first group; NaN and infinity are dropped.
    reference : array_like, shape (R,)
        The same for the group of reference.
    seed, n_bootstrap : int
        Resamples within either group and their seed.

    Returns
    -------
    Contrast
        With ``n`` only, when a group has fewer than two subjects.
    """
    values, reference = np.asarray(values, dtype=float), np.asarray(reference, dtype=float)
    values, reference = values[np.isfinite(values)], reference[np.isfinite(reference)]
    n = int(values.size + reference.size)
    if min(values.size, reference.size) < 2:
        return Contrast(n)
    difference = float(pair_differences(values.mean(), reference.mean()))
    low, high = bootstrap_interval([values, reference], seed, n_bootstrap)
    squares = values.var(ddof=1) * (values.size - 1) + reference.var(ddof=1) * (reference.size - 1)
    pooled_sd = np.sqrt(squares / (n - 2))
    return Contrast(
        n,
        float(values.mean()),
        float(reference.mean()),
        difference,
        low,
        high,
        _corrected(_ratio(difference, pooled_sd, reference), n - 2),
    )


def small_sample_factor(df: int) -> float:
    """Return Hedges' correction ``1 − 3 / (4 df − 1)`` of a standardised difference.

    Parameters
    ----------
    df : int
        Degrees of freedom of the SD.

    Returns
    -------
    float
        NaN below 2, where a standardised difference has no expectation to be corrected.

    Notes
    -----
    Hedges 1981, doi:10.3102/10769986006002107; ``g_av`` divides by the average SD of both
    conditions (Lakens 2013, doi:10.3389/fpsyg.2013.00863), so that a high correlation of the
    pairs, which noise shared by the arms makes, does not inflate it as it does ``d_z``.
    """
    return 1.0 - 3.0 / (4.0 * df - 1.0) if df >= 2 else float("nan")


def bootstrap_interval(
    samples: list[NDArray], seed: int = 0, n_bootstrap: int = 5000, level: float = 0.95
) -> tuple[float, float]:
    """Return the BCa bootstrap interval of a mean, or of a difference of two means.

    Parameters
    ----------
    samples : list of ndarray
        One sample (its mean), or two (mean of the first minus mean of the second), each of at
        least two finite values; every sample is resampled by itself.
    seed, n_bootstrap : int
        Seed and number of resamples. Equal sizes are resampled alike in every contrast.
    level : float
        Confidence level.

    Returns
    -------
    low, high : float
        Bias-corrected and accelerated; plain percentiles where the correction is undefined (all
        resamples on one side); the single value twice when nothing varies.

    Raises
    ------
    DataError
        If there is no resample.

    Notes
    -----
    Efron 1987, doi:10.1080/01621459.1987.10478410. Same resamples and formula as
    ``scipy.stats.bootstrap(method="BCa", rng=default_rng(seed))``, which is the oracle of the
    tests; written for means, where resampling is a product with a matrix of counts. Of 95 %
    intervals of normal data it holds the true mean in 88 % with 8 subjects, 92 % with 16,
    94 % with 32 (``benchmarks/calibration.py``).
    """
    from scipy.special import ndtr, ndtri

    if n_bootstrap < 1:
        raise DataError("a bootstrap needs resamples", expected="1 or more", got=str(n_bootstrap))
    counts = _resample_counts(tuple(sample.size for sample in samples), seed, n_bootstrap)
    centres = [sample.mean() for sample in samples]
    sign = (1.0, -1.0)
    theta = sum(s * c for s, c in zip(sign, centres, strict=False))
    if all(np.ptp(sample) <= _SAME * np.abs(sample).max() for sample in samples):
        return float(theta), float(theta)
    means = [
        weights @ (sample - centre)
        for weights, sample, centre in zip(counts, samples, centres, strict=True)
    ]
    shift = sum(s * m for s, m in zip(sign, means, strict=False))  # resampled minus observed
    rounding = 1e-13 * max(np.ptp(sample) for sample in samples)
    below, equal = np.mean(shift < -rounding), np.mean(np.abs(shift) <= rounding)
    tail = (1.0 - level) / 2
    quantiles = np.array([tail, 1.0 - tail])
    z0 = ndtri(below + equal / 2)
    influence = [
        s * (sample - centre) / sample.size
        for s, sample, centre in zip(sign, samples, centres, strict=False)
    ]
    cubes, squares = (sum((u**k).sum() for u in influence) for k in (3, 2))
    with np.errstate(invalid="ignore"):
        acceleration = cubes / (6.0 * squares**1.5)
        z = z0 + ndtri(quantiles)
        corrected = ndtr(z0 + z / (1.0 - acceleration * z))
    if np.isfinite(z0) and np.isfinite(corrected).all():
        quantiles = corrected
    low, high = np.quantile(shift, quantiles)
    return float(theta + low), float(theta + high)


@lru_cache(maxsize=32)
def _resample_counts(
    sizes: tuple[int, ...], seed: int, n_bootstrap: int
) -> tuple[NDArray[np.float64], ...]:
    """Return for every sample how often each value is drawn, over its size: [resample, value]."""
    rng = np.random.default_rng(seed)
    counts = []
    for size in sizes:
        drawn = rng.integers(0, size, (n_bootstrap, size))
        flat = (drawn + np.arange(n_bootstrap)[:, None] * size).ravel()
        tally = np.bincount(flat, minlength=n_bootstrap * size).reshape(n_bootstrap, size)
        counts.append(tally / size)
    return tuple(counts)


def _corrected(size: float, df: int) -> float:
    # no difference is no effect, also where too few subjects leave the correction undefined
    return small_sample_factor(df) * size if size else size


def _ratio(difference: float, sd: float, scale_of: NDArray) -> float:
    """Return difference / SD; 0 for no difference at all, NaN when only the SD is nothing."""
    if difference == 0.0:
        return 0.0
    tiny = _SAME * np.abs(scale_of).max(initial=0.0)
    return float(difference / sd) if sd > tiny else float("nan")
