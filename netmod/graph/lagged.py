"""Lagged connectivity: cross-correlation, its peak, and who leads.

Matrices follow the rest of the project: row is the target (later), column the source (earlier).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netmod.errors import ConfigError, DataError
from netmod.graph.connectivity import check_series

LEAST_OVERLAP = 3  # samples that two shifted series must share


class Lagged(NamedTuple):
    """Where the cross-correlation of every pair of regions is strongest.

    Parameters
    ----------
    r : ndarray, shape (N, N)
        Cross-correlation at the lag of largest ``|r|``; symmetric, diagonal 1.
    lead_s : ndarray, shape (N, N)
        ``lead_s[i, j]``: time in s by which j leads i, antisymmetric. NaN where the strongest lag
        is the largest one allowed: the peak lies outside, if there is one.
    """

    r: NDArray[np.float64]
    lead_s: NDArray[np.float64]

    def lead_of_regions(self) -> NDArray[np.float64]:
        """Return the mean time in s by which each region leads the others, shape (N,).

        Pairs without a peak are left out; NaN for a region that has none. The lag projection of
        Mitra et al. 2014 with the opposite sign: positive is early.
        """
        lead = np.where(np.eye(len(self.lead_s), dtype=bool), np.nan, self.lead_s)
        count = np.isfinite(lead).sum(axis=0)
        return np.where(count > 0, np.nansum(lead, axis=0) / np.maximum(count, 1), np.nan)


def cross_correlation(
    series: ArrayLike, lags: Sequence[int], names: Sequence[str] | None = None
) -> NDArray[np.float64]:
    """Return Pearson correlations of series shifted against each other.

    Parameters
    ----------
    series : array_like, shape (T, N)
        Any unit.
    lags : sequence of int, length K
        Shifts in samples, of either sign.
    names : sequence of str, optional
        Region names for messages.

    Returns
    -------
    ndarray, shape (K, N, N)
        ``r[k, i, j] = corr(x_i(t + lags[k]), x_j(t))`` over the T − |lag| times that both have;
        ``r(−lag)`` is the transpose of ``r(lag)``. Of a first-order autoregression
        ``x(t + 1) = A x(t) + noise`` it gives back A as ``D r(1) r(0)⁻¹ D⁻¹``, D the SD.

    Raises
    ------
    ConfigError
        If a lag is not an integer.
    DataError
        If the series cannot have a connectivity, or too few times are left at a lag.
    """
    series = check_series(series, names)
    lags = np.asarray(lags)
    if lags.ndim != 1 or lags.size == 0 or not np.issubdtype(lags.dtype, np.integer):
        raise ConfigError("lags must be whole samples", expected="a list of int", got=repr(lags))
    largest = int(np.abs(lags).max())
    if len(series) - largest < LEAST_OVERLAP:
        raise DataError(
            "a series too short for its lags",
            expected=f"{largest + LEAST_OVERLAP} samples or more",
            got=f"{len(series)}",
        )
    found = {}
    for lag in np.unique(np.abs(lags)):
        count = len(series) - int(lag)
        later, earlier = (_unit(x, names) for x in (series[lag:], series[:count]))
        found[int(lag)] = np.clip(later.T @ earlier, -1.0, 1.0)
    r = np.stack([found[abs(int(lag))] if lag >= 0 else found[-int(lag)].T for lag in lags])
    index = np.arange(series.shape[1])
    for k in np.flatnonzero(lags == 0):
        r[k] = (r[k] + r[k].T) / 2
        r[k, index, index] = 1.0
    return r


def lagged(
    series: ArrayLike, dt_s: float, max_lag_s: float, names: Sequence[str] | None = None
) -> Lagged:
    """Return the strongest cross-correlation within a range of lags, and who leads.

    The time of the peak is refined by the parabola through it and its neighbours.

    Parameters
    ----------
    series : array_like, shape (T, N)
        Any unit.
    dt_s : float
        Interval of the samples in s.
    max_lag_s : float
        Largest lag in s, of one sample or more; for BOLD a few seconds.
    names : sequence of str, optional
        Region names for messages.

    Returns
    -------
    Lagged

    Raises
    ------
    ConfigError
        If dt is not positive or the range holds no lag.
    DataError
        As :func:`cross_correlation`.

    Notes
    -----
    Mitra et al. 2014, doi:10.1152/jn.00804.2013. The maximum over lags is biased away from 0:
    independent series have a larger ``|r|`` than at lag 0. A lead is an order in time, not a
    cause; BOLD leads also differ with the haemodynamics of regions.
    """
    if not (math.isfinite(dt_s) and dt_s > 0):
        raise ConfigError("dt_s must be positive", expected="a finite time in s", got=f"{dt_s:g}")
    if not (math.isfinite(max_lag_s) and max_lag_s >= dt_s):
        raise ConfigError(
            "the range of lags is shorter than a sample",
            expected=f"max_lag_s of {dt_s:g} s or more",
            got=f"{max_lag_s:g}",
        )
    most = math.floor(max_lag_s / dt_s * (1 + 1e-12))
    r = cross_correlation(series, range(-most, most + 1), names)
    size = r.shape[-1]
    i, j = np.triu_indices(size, 1)
    course = r[:, i, j]
    # of equal peaks the one nearest to lag 0
    near = np.argsort(np.abs(np.arange(-most, most + 1)), kind="stable")
    peak = near[np.abs(course[near]).argmax(axis=0)]
    inside = (peak > 0) & (peak < 2 * most)
    pair = np.arange(i.size)
    height = course[peak, pair]
    below = course[np.maximum(peak - 1, 0), pair] * np.sign(height)
    above = course[np.minimum(peak + 1, 2 * most), pair] * np.sign(height)
    bend = below - 2 * np.abs(height) + above
    shift = np.divide((below - above) / 2, bend, out=np.zeros_like(bend), where=bend < 0)
    lead = np.where(inside, (peak - most + shift) * dt_s, np.nan)
    strongest, lead_s = np.eye(size), np.zeros((size, size))
    strongest[i, j] = strongest[j, i] = height
    lead_s[i, j], lead_s[j, i] = lead, -lead
    return Lagged(strongest, lead_s)


def _unit(part: NDArray, names: Sequence[str] | None) -> NDArray[np.float64]:
    part = check_series(part, names)  # a region may be constant in what a lag leaves
    centred = part - part.mean(axis=0)
    return centred / np.sqrt((centred**2).sum(axis=0))
