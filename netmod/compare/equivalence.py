"""Equivalence of two conditions: the difference is small, and not merely unproven."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from netmod.compare.paired import finite_pairs, pair_differences
from netmod.errors import ConfigError, DataError, did_you_mean

Scale = Literal["unit", "d_z", "d_av"]
_SCALES = ("unit", "d_z", "d_av")
_SAME = 1e-12


@dataclass(frozen=True)
class Equivalence:
    """Two one-sided tests of one paired difference; NaN where they cannot be computed.

    Attributes
    ----------
    n : int
        Pairs.
    difference : float
        Mean difference, in the metric's unit.
    ci_low, ci_high : float
        Its 1 − 2 alpha interval by Student's t: 90 % for alpha 0.05.
    low, high : float
        Bounds of equivalence in the metric's unit.
    p_low, p_high : float
        One-sided p against a difference of `low` or less, and of `high` or more.
    p : float
        The larger of the two.
    equivalent : bool
        Whether p is below alpha, which is to say that the interval lies within the bounds.
    """

    n: int
    difference: float = np.nan
    ci_low: float = np.nan
    ci_high: float = np.nan
    low: float = np.nan
    high: float = np.nan
    p_low: float = np.nan
    p_high: float = np.nan
    p: float = np.nan
    equivalent: bool = False


def equivalence_paired(
    values: ArrayLike,
    reference: ArrayLike,
    low: float,
    high: float,
    *,
    scale: Scale = "unit",
    alpha: float = 0.05,
) -> Equivalence:
    """Test whether the mean difference of two conditions lies within bounds (TOST).

    Parameters
    ----------
    values, reference : array_like, shape (S,)
        One value per subject in the same order; pairs with a NaN or infinity are dropped.
    low, high : float
        Bounds, chosen before the data are seen.
    scale : {"unit", "d_z", "d_av"}
        Bounds in the metric's unit, in SD of the differences, or in the average SD of both
        conditions (that of Hedges' g of :func:`netmod.compare.paired.paired_contrast`). Under
        noise shared by the arms d_z is large for very small differences: prefer the others.
    alpha : float
        Level of either test.

    Returns
    -------
    Equivalence
        With ``n`` only, when fewer than two pairs are left. Differences that are all equal are
        their own interval, and p is 0 inside the bounds, 1 elsewhere.

    Raises
    ------
    ConfigError
        If the bounds are not finite or not in order, `alpha` is not between 0 and 0.5, or the
        scale is unknown.
    DataError
        If the two arrays differ in shape, or nothing varies that the bounds could be scaled by.

    Notes
    -----
    Schuirmann 1987, doi:10.1007/BF01068419; Lakens 2017, doi:10.1177/1948550617697177. Bounds in
    SD use the SD of this sample, whose own uncertainty p does not contain.
    """
    from scipy.stats import t as student

    _check(low, high, scale, alpha)
    values, reference = finite_pairs(values, reference)
    n = int(values.size)
    if n < 2:
        return Equivalence(n)
    differences = pair_differences(values, reference)
    mean, sd = float(differences.mean()), float(differences.std(ddof=1))
    if sd <= _SAME * np.abs(differences).max():
        sd = 0.0
    unit = {"unit": 1.0, "d_z": sd, "d_av": (values.std(ddof=1) + reference.std(ddof=1)) / 2}[scale]
    if unit == 0.0:
        raise DataError(
            f"bounds in '{scale}' need values that vary",
            got=f"{n} pairs without any spread",
            hint="give the bounds in the unit of the metric: scale='unit'",
        )
    low, high = float(low * unit), float(high * unit)
    error = sd / np.sqrt(n)
    half = float(student.isf(alpha, n - 1) * error)
    if error > 0:
        p_low = float(student.sf((mean - low) / error, n - 1))
        p_high = float(student.cdf((mean - high) / error, n - 1))
    else:
        p_low, p_high = float(mean <= low), float(mean >= high)
    p = max(p_low, p_high)
    return Equivalence(
        n, mean, mean - half, mean + half, low, high, p_low, p_high, p, bool(p < alpha)
    )


def _check(low: float, high: float, scale: str, alpha: float) -> None:
    if not (np.isfinite(low) and np.isfinite(high) and low < high):
        raise ConfigError(
            "the bounds of equivalence must be finite and in order",
            expected="low < high",
            got=f"{low} and {high}",
        )
    if not 0 < alpha < 0.5:
        raise ConfigError(
            "the level of the tests must lie between 0 and 0.5", expected="0.05", got=str(alpha)
        )
    if scale not in _SCALES:
        raise ConfigError(
            f"no scale '{scale}' of the bounds",
            expected=", ".join(_SCALES),
            hint=did_you_mean(scale, _SCALES),
        )
