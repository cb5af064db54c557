"""Power of a paired study, and how many subjects it needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from netmod.compare.permutation import sign_flip
from netmod.errors import ConfigError, DataError, did_you_mean

MOST_SUBJECTS = 1_000_000
"""Where the search for a sufficient number of subjects ends."""

_TESTS = ("sign_flip", "t")


@dataclass(frozen=True)
class SimulatedPower:
    """Power by simulation.

    Attributes
    ----------
    n : int
        Subjects of every study.
    power : float
        Share of the studies that find the effect.
    ci_low, ci_high : float
        Its 95 % interval (Wilson), of the simulation alone: it does not contain what the pilot
        leaves open.
    """

    n: int
    power: float
    ci_low: float
    ci_high: float


def paired_power(d_z: float, n: int, *, alpha: float = 0.05, two_sided: bool = True) -> float:
    """Return the power of a paired t test.

    Parameters
    ----------
    d_z : float
        True mean difference over the SD of the differences.
    n : int
        Pairs, at least 2.
    alpha : float
        Level of the test; divided by the number of tests for a Bonferroni correction.
    two_sided : bool
        Whether either sign counts; otherwise only positive differences do.

    Returns
    -------
    float
        Probability of p below `alpha`; `alpha` itself for d_z = 0.

    Raises
    ------
    ConfigError
        If a number is out of range.

    Notes
    -----
    Noncentral t with n − 1 degrees of freedom and noncentrality ``d_z √n`` (Cohen 1988, Statistical
    Power Analysis for the Behavioral Sciences).
    """
    from scipy.stats import nct, t

    _check(d_z, alpha)
    if n < 2:
        raise ConfigError("a paired test needs pairs", expected="2 or more", got=str(n))
    shift = d_z * np.sqrt(n)
    if not two_sided:
        return float(nct.sf(t.isf(alpha, n - 1), n - 1, shift))
    limit = t.isf(alpha / 2, n - 1)
    # the lower tail by its mirror image: scipy's cdf is NaN where that tail is nearly nothing
    return float(nct.sf(limit, n - 1, shift) + nct.sf(limit, n - 1, -shift))


def subjects_needed(
    d_z: float, power: float = 0.8, *, alpha: float = 0.05, two_sided: bool = True
) -> int:
    """Return the fewest pairs with which a paired t test has the wanted power.

    Parameters
    ----------
    d_z, alpha, two_sided
        As for :func:`paired_power`. The d_z of a small pilot that was found significant is too
        large on average: use the lower end of its interval as well.
    power : float
        Wanted probability of finding the effect.

    Returns
    -------
    int
        At least 2.

    Raises
    ------
    ConfigError
        If a number is out of range, or :data:`MOST_SUBJECTS` would not be enough.
    """
    _check(d_z, alpha)
    if not alpha < power < 1:
        raise ConfigError(
            "the power must lie between the level of the test and 1", expected="0.8", got=str(power)
        )

    def enough(n: int) -> bool:
        return paired_power(d_z, n, alpha=alpha, two_sided=two_sided) >= power

    high = 2
    while not enough(high):
        high *= 2
        if high > MOST_SUBJECTS:
            raise ConfigError(
                f"an effect of {d_z:g} needs more than {MOST_SUBJECTS} subjects",
                hint="one-sided tests find positive effects only" if not two_sided else None,
            )
    low = high // 2  # the power grows with n: halve the bracket
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def d_z_interval(d_z: float, n: int, *, level: float = 0.95) -> tuple[float, float]:
    """Return the interval of a standardised mean difference of pairs.

    Parameters
    ----------
    d_z : float
        Observed mean difference over the observed SD of the differences.
    n : int
        Pairs, at least 2.
    level : float
        Confidence level.

    Returns
    -------
    low, high : float
        The true d_z at which an observation as large, or as small, has probability
        ``(1 − level) / 2``.

    Raises
    ------
    ConfigError
        If a number is out of range.

    Notes
    -----
    Noncentral t inverted (Cumming & Finch 2001, doi:10.1177/0013164401614002): the differences
    are taken for normal.
    """
    from scipy.optimize import brentq
    from scipy.stats import nct

    _check(d_z, 1 - level)
    if n < 2:
        raise ConfigError("a paired test needs pairs", expected="2 or more", got=str(n))

    def low_end(t: float) -> float:
        """Return the noncentrality at which t or more has the probability of one tail."""

        def excess(shift: float) -> float:
            return float(nct.sf(t, n - 1, shift)) - (1 - level) / 2

        step = 5.0 + abs(t)
        low = t - step
        while excess(low) > 0:
            low -= step
        return brentq(excess, low, t + step, xtol=1e-10 * step)

    t = d_z * np.sqrt(n)
    return float(low_end(t) / np.sqrt(n)), float(-low_end(-t) / np.sqrt(n))


def simulated_power(
    pilot: ArrayLike,
    n: int,
    *,
    test: Literal["sign_flip", "t"] = "sign_flip",
    alpha: float = 0.05,
    n_studies: int = 2000,
    n_permutations: int = 2000,
    seed: int = 0,
) -> SimulatedPower:
    """Return the power of a study of n subjects like those of a pilot.

    Parameters
    ----------
    pilot : array_like, shape (P,)
        Differences of the pilot's subjects; NaN and infinity are dropped.
    n : int
        Subjects of a study, drawn from the pilot with replacement.
    test : {"sign_flip", "t"}
        Two-sided test of the study.
    alpha : float
        Its level.
    n_studies, n_permutations, seed : int
        Studies, permutations of each (see :func:`netmod.compare.permutation.sign_flip`), seed.

    Returns
    -------
    SimulatedPower
        The pilot's mean is taken for the truth.

    Raises
    ------
    ConfigError
        If a number is out of range or the test is unknown.
    DataError
        If the pilot has fewer than three subjects, or all its differences are equal.

    Notes
    -----
    Deviations are drawn with a factor √(P / (P − 1)), without which the variance of the studies
    would fall short of the pilot's.
    """
    _check(1.0, alpha)
    pilot = np.asarray(pilot, dtype=float).ravel()
    pilot = pilot[np.isfinite(pilot)]
    if pilot.size < 3 or np.ptp(pilot) <= 1e-12 * np.abs(pilot).max():
        raise DataError(
            "a pilot needs three subjects or more whose differences vary",
            got=f"{pilot.size} finite differences" + (", all equal" if pilot.size >= 3 else ""),
        )
    for name, number, least in (("subjects", n, 2), ("studies", n_studies, 1)):
        if number < least:
            raise ConfigError(f"too few {name}", expected=f"{least} or more", got=str(number))
    if test not in _TESTS:
        raise ConfigError(
            f"no test '{test}'", expected=", ".join(_TESTS), hint=did_you_mean(test, _TESTS)
        )
    from scipy.stats import binomtest, ttest_1samp

    spread = (pilot - pilot.mean()) * np.sqrt(pilot.size / (pilot.size - 1))
    rng = np.random.default_rng(seed)
    studies = pilot.mean() + spread[rng.integers(0, pilot.size, (n_studies, n))]
    flat = np.ptp(studies, axis=1) <= 1e-12 * np.abs(studies).max(axis=1)
    if test == "sign_flip":
        p, _ = sign_flip(studies, n_permutations, seed)
    else:
        p = np.zeros(n_studies)  # a study that drew one subject only has an infinite t
        p[~flat] = ttest_1samp(studies[~flat], 0.0, axis=1).pvalue
    found = int(np.sum(p <= alpha))
    interval = binomtest(found, n_studies).proportion_ci(method="wilson")
    return SimulatedPower(n, found / n_studies, float(interval.low), float(interval.high))


def _check(d_z: float, alpha: float) -> None:
    if not np.isfinite(d_z):
        raise ConfigError("the effect must be a number", got=str(d_z))
    if not 0 < alpha < 1:
        raise ConfigError(
            "the level of a test must lie between 0 and 1", expected="0.05", got=str(alpha)
        )
