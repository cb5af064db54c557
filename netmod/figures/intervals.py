"""Bootstrap intervals of cohort means for lines and bands."""

from __future__ import annotations

import numpy as np

RESAMPLES = 2000


def bootstrap_mean(
    values: np.ndarray, seed: int, level: float = 0.95
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return mean and percentile bootstrap interval over subjects.

    The same resamples serve every column, so that a line and its band keep their shape.

    Parameters
    ----------
    values : ndarray, shape (subject, time)
        NaN where a cell is missing: a column uses the subjects that it has.
    seed : int
        Seed of the resampling.
    level : float
        Coverage of the interval.

    Returns
    -------
    mean, low, high : ndarray, shape (time,)
        NaN where no subject has a value; ``low == high == mean`` for one subject.

    References
    ----------
    Efron 1979, doi:10.1214/aos/1176344552 (the percentile bootstrap).
    """
    n_subjects, n_times = values.shape
    mean, low, high = (np.full(n_times, np.nan) for _ in range(3))
    draws = np.random.default_rng(seed).random((RESAMPLES, n_subjects))
    for column in range(n_times):
        present = values[np.isfinite(values[:, column]), column]
        if present.size == 0:
            continue
        chosen = (draws[:, : present.size] * present.size).astype(int)
        means = present[chosen].mean(axis=1)
        mean[column] = present.mean()
        low[column], high[column] = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return mean, low, high
