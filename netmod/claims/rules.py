"""The rules of the ledger: estimates over subjects, and the verdict that follows from them.

Pure functions of numbers. A claim's measure is *reproduced* when the 95 % interval of its effect
excludes 0 in the expected direction, the magnitude lies in the expected range where one is given,
and the interval of effect minus control excludes 0 for every control; *direction only* when the
sign alone is right; *not reproduced* else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from netmod.compare.paired import bootstrap_interval, pair_differences, paired_contrast
from netmod.errors import DataError

REPRODUCED = "reproduced"
DIRECTION_ONLY = "direction only"
NOT_REPRODUCED = "not reproduced"
REPORTED = "reported"
"""Verdict of a measure from which nothing is expected."""

CONTESTED = "contested"
FAILED = "failed"
NOT_COMPUTED = "not computed"

FEWEST = 16
"""Virtual subjects (or draws of the calcium rule) of a verdict that counts."""

RESAMPLES = 5000

Expected = Literal["increase", "decrease", "equal", "report"]
Scale = Literal["value", "g"]


@dataclass(frozen=True)
class Estimate:
    """A statistic over subjects with its interval.

    Attributes
    ----------
    n : int
        Subjects behind it.
    value, low, high : float
        Mean (or correlation) with its 95 % BCa bootstrap interval.
    g : float
        Difference of two conditions over their average SD, small-sample corrected; NaN where
        the effect is no difference.
    """

    n: int
    value: float
    low: float
    high: float
    g: float = float("nan")

    def excludes_zero(self, sign: int) -> bool:
        """Tell whether the interval lies beyond 0 on one side; on either for a sign of 0."""
        above, below = self.low > 0.0, self.high < 0.0
        return above or below if sign == 0 else (above if sign > 0 else below)


@dataclass(frozen=True)
class Judgement:
    """The verdict of one measure, and why it is not better.

    Attributes
    ----------
    verdict : str
        ``reproduced``, ``direction only``, ``not reproduced`` or ``reported``.
    reasons : tuple of str
        What failed, from the numbers; empty when reproduced.
    """

    verdict: str
    reasons: tuple[str, ...] = ()


def estimate_mean(values: ArrayLike, minus: ArrayLike | None = None, seed: int = 0) -> Estimate:
    """Return the mean over subjects, or the mean paired difference, with its interval.

    Parameters
    ----------
    values : array_like, shape (subject,)
        NaN where a subject has no value; such subjects are left out.
    minus : array_like, shape (subject,), optional
        The other condition of the same subjects.
    seed : int
        Of the bootstrap.

    Raises
    ------
    DataError
        If fewer than two subjects have numbers, or the two differ in shape.
    """
    values = np.asarray(values, dtype=float)
    if minus is not None:
        found = paired_contrast(values, minus, seed, RESAMPLES)
        _enough(found.n)
        return Estimate(found.n, found.difference, found.ci_low, found.ci_high, found.hedges_g)
    kept = values[np.isfinite(values)]
    _enough(kept.size)
    low, high = bootstrap_interval([kept], seed, RESAMPLES)
    return Estimate(int(kept.size), float(kept.mean()), low, high)


def estimate_correlation(pairs: ArrayLike, seed: int = 0) -> Estimate:
    """Return the Pearson correlation of two values of each subject, with its interval.

    Parameters
    ----------
    pairs : array_like, shape (subject, 2)
        Subjects with a NaN are left out.
    seed : int
        Of the bootstrap.

    Raises
    ------
    DataError
        If fewer than four subjects have both values, or one of the two does not vary.
    """
    from scipy.stats import bootstrap

    pairs = np.asarray(pairs, dtype=float)
    kept = pairs[np.isfinite(pairs).all(axis=1)]
    _enough(len(kept), 4)
    if (np.ptp(kept, axis=0) <= 1e-12 * np.abs(kept).max(axis=0)).any():
        raise DataError("no correlation: one of the two values is the same in every subject")
    found = bootstrap(
        tuple(kept.T), _pearson, paired=True, vectorized=True, method="BCa",
        n_resamples=RESAMPLES, rng=np.random.default_rng(seed),
    )  # fmt: skip
    low, high = found.confidence_interval
    return Estimate(len(kept), float(_pearson(*kept.T)), float(low), float(high))


def contrast(effect: ArrayLike, control: ArrayLike, seed: int = 0) -> Estimate:
    """Return effect minus control over the same subjects, with its interval.

    Parameters
    ----------
    effect, control : array_like, shape (subject,)
        Each already a difference where the measure is one.
    seed : int
        Of the bootstrap.
    """
    return estimate_mean(effect, control, seed)


def judge(
    effect: Estimate,
    expected: Expected,
    size: tuple[float, float] | None = None,
    scale: Scale = "value",
    margin: float | None = None,
    contrasts: Mapping[str, Estimate] | None = None,
) -> Judgement:
    """Return the verdict of a measure.

    Parameters
    ----------
    effect : Estimate
        What was observed.
    expected : {"increase", "decrease", "equal", "report"}
        Direction; "equal" is equivalence within a margin, "report" expects nothing.
    size : (float, float), optional
        Range of the magnitude, in the expected direction.
    scale : {"value", "g"}
        Whether the range is in the unit of the effect or in average SDs.
    margin : float, optional
        Of equivalence; needed with "equal".
    contrasts : mapping of str to Estimate, optional
        Effect minus control by what the control is.

    Raises
    ------
    DataError
        If equivalence is expected without a margin.
    """
    if expected == "report":
        return Judgement(REPORTED)
    contrasts = dict(contrasts or {})
    if expected == "equal":
        return _judge_equal(effect, margin, contrasts)
    sign = 1 if expected == "increase" else -1
    if not sign * effect.value > 0.0:
        word = "none" if effect.value == 0.0 else "the other sign"
        return Judgement(NOT_REPRODUCED, (f"expected {expected}, found {word}",))
    reasons = []
    if not effect.excludes_zero(sign):
        reasons.append("the interval includes 0")
    magnitude = sign * (effect.value if scale == "value" else effect.g)
    if size is not None and not size[0] <= magnitude <= size[1]:
        unit = "" if scale == "value" else " SD"
        reasons.append(f"magnitude {magnitude:.3g}{unit} outside {size[0]:g} to {size[1]:g}")
    reasons += [
        f"effect minus control ({what}) includes 0 or has the other sign"
        for what, found in contrasts.items()
        if not found.excludes_zero(sign)
    ]
    return Judgement(DIRECTION_ONLY if reasons else REPRODUCED, tuple(reasons))


def _judge_equal(
    effect: Estimate, margin: float | None, contrasts: Mapping[str, Estimate]
) -> Judgement:
    if margin is None:
        raise DataError("equivalence needs a margin", hint="add 'margin: 0.1', in the unit")
    if not abs(effect.value) < margin:
        return Judgement(NOT_REPRODUCED, (f"differs by more than the margin {margin:g}",))
    reasons = []
    # the 95 % interval inside the margin: stricter than two one-sided tests at 5 % each
    if not (-margin < effect.low and effect.high < margin):
        reasons.append(f"the interval is wider than the margin {margin:g}")
    reasons += [
        f"effect minus control ({what}) includes 0"
        for what, found in contrasts.items()
        if not found.excludes_zero(0)
    ]
    return Judgement(DIRECTION_ONLY if reasons else REPRODUCED, tuple(reasons))


def worst(verdicts: Sequence[str]) -> str:
    """Return the verdict of a row: the weakest of its measures that expect something."""
    order = (FAILED, NOT_REPRODUCED, DIRECTION_ONLY, REPRODUCED)
    counted = [verdict for verdict in verdicts if verdict != REPORTED]
    return min(counted, key=order.index) if counted else REPORTED


def difference(values: ArrayLike, minus: ArrayLike | None) -> np.ndarray:
    """Return the effect of each subject; rounding between equal conditions counts as none."""
    values = np.asarray(values, dtype=float)
    return values if minus is None else pair_differences(values, minus)


def _pearson(x: np.ndarray, y: np.ndarray, axis: int = -1) -> np.ndarray:
    x, y = (v - v.mean(axis=axis, keepdims=True) for v in (x, y))
    spread = np.sqrt((x**2).sum(axis=axis) * (y**2).sum(axis=axis))
    with np.errstate(invalid="ignore", divide="ignore"):
        return (x * y).sum(axis=axis) / spread


def _enough(n: int, fewest: int = 2) -> None:
    if n < fewest:
        raise DataError(
            "too few subjects have numbers", expected=f"at least {fewest}", got=str(n),
            hint="scans without numbers are unstable networks or failed simulations",
        )  # fmt: skip
