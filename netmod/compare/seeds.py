"""How far an effect hangs on the random numbers of the simulation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netmod.errors import DataError


@dataclass(frozen=True, eq=False)
class SeedSpread:
    """An effect over seeds; NaN where there are too few.

    Attributes
    ----------
    effects : ndarray, shape (K,)
        Mean difference of every seed.
    n_seeds, n_subjects : int
        What entered.
    mean, sd : float
        Mean and SD of `effects`: the SD is what a rerun with another seed would change.
    low, high : float
        Smallest and largest of `effects`.
    same_sign : float
        Share of the seeds whose effect has the sign of the mean.
    subject_sd, seed_sd : float
        SD between subjects without noise, and SD of one subject's difference between seeds.
    reliability : float
        ICC(1,1): share of the variance of one difference that belongs to the subject; below 0
        when subjects differ less than their noise would make them.
    """

    effects: NDArray[np.float64]
    n_seeds: int
    n_subjects: int
    mean: float = np.nan
    sd: float = np.nan
    low: float = np.nan
    high: float = np.nan
    same_sign: float = np.nan
    subject_sd: float = np.nan
    seed_sd: float = np.nan
    reliability: float = np.nan


def seed_spread(differences: ArrayLike) -> SeedSpread:
    """Describe the spread of a paired effect over seeds or replicates.

    Parameters
    ----------
    differences : array_like, shape (K, S)
        One row per seed, one column per subject, in the metric's unit. A subject with a missing
        difference (NaN or infinity) in any seed is left out of all, so that seeds do not differ
        in their subjects; ``n_subjects`` says how many are left.

    Returns
    -------
    SeedSpread
        With one seed the spreads are NaN; with one subject those between subjects are.

    Raises
    ------
    DataError
        If the differences are not a table, or no subject has all seeds.

    Notes
    -----
    One-way analysis of variance with subjects as groups and seeds as repeats (Shrout & Fleiss
    1979, doi:10.1037/0033-2909.86.2.420). If the subjects' noise is independent, the expected
    square of `sd` is ``seed_sd² / S``; a larger `sd` says that seeds move all subjects together.
    The subjects' own sampling error is not in `sd`: no number of seeds replaces subjects.
    """
    table = np.asarray(differences, dtype=float)
    if table.ndim != 2 or table.size == 0:
        raise DataError(
            "the spread over seeds needs a table of differences",
            expected="shape [seed, subject]",
            got=f"shape {list(table.shape)}",
        )
    complete = np.isfinite(table).all(axis=0)
    if not complete.any():
        raise DataError(
            "no subject has a difference in every seed",
            got=f"{table.shape[1]} subjects, {table.shape[0]} seeds",
        )
    table = table[:, complete]
    seeds, subjects = table.shape
    effects = table.mean(axis=1)
    mean = float(effects.mean())
    within = float(table.var(axis=0, ddof=1).mean()) if seeds > 1 else np.nan
    subject_sd = reliability = np.nan
    if seeds > 1 and subjects > 1:
        between = seeds * float(table.mean(axis=0).var(ddof=1))
        subject_sd = float(np.sqrt(max(0.0, (between - within) / seeds)))
        total = between + (seeds - 1) * within
        reliability = (between - within) / total if total > 0 else np.nan
    return SeedSpread(
        effects,
        seeds,
        subjects,
        mean,
        float(effects.std(ddof=1)) if seeds > 1 else np.nan,
        float(effects.min()),
        float(effects.max()),
        float(np.mean(np.sign(effects) == np.sign(mean))),
        subject_sd,
        float(np.sqrt(within)),
        reliability,
    )
