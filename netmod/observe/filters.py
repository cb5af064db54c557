"""Filters of series: a band without phase shift, and the regression of the global signal."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netmod.errors import ConfigError, DataError

_SHOWN = 8  # regions named in one message


def band_pass(
    x: ArrayLike,
    dt_s: float,
    low_hz: float | None,
    high_hz: float | None,
    order: int = 2,
) -> NDArray[np.float64]:
    """Return a series within a band, filtered forwards and backwards by a Butterworth filter.

    The two passes cancel each other's phase and square the gain: at the limits it is 1/2. Near
    both ends the filter sees the series continued by its point reflection; a stretch of about
    ``1 / low_hz`` there is less sure than the rest.

    Parameters
    ----------
    x : array_like, shape (time, ...)
        Series.
    dt_s : float
        Interval of the samples.
    low_hz, high_hz : float or None
        Limits of the band, below half the sampling rate; without one a low- or high-pass. Usual
        for BOLD: 0.008 to 0.09 Hz.
    order : int
        Order of one pass.

    Returns
    -------
    ndarray, shape (time, ...), float64

    Raises
    ------
    ConfigError
        If the limits, their order, dt or the filter's order are out of range.
    DataError
        If the series is too short, or not finite.

    Notes
    -----
    Butterworth 1930, On the theory of filter amplifiers, Wireless Engineer 7:536 (recalled).
    """
    if not (math.isfinite(dt_s) and dt_s > 0):
        raise ConfigError("dt_s must be positive", expected="a finite time in s", got=f"{dt_s:g}")
    if isinstance(order, bool) or not isinstance(order, int | np.integer) or order < 1:
        raise ConfigError(
            "the order of a filter must be an integer", expected="1 or more", got=repr(order)
        )
    limits = [f for f in (low_hz, high_hz) if f is not None]
    nyquist_hz = 0.5 / dt_s
    rising = len(limits) < 2 or limits[0] < limits[1]
    if not limits or not rising or not all(0 < f < nyquist_hz for f in limits):
        raise ConfigError(
            "the limits of the band are out of range",
            expected=f"0 < low_hz < high_hz < {nyquist_hz:g} Hz, half the sampling rate",
            got=f"low_hz = {low_hz}, high_hz = {high_hz}",
            hint="None leaves one side open" if not limits or 0 in limits else None,
        )
    from scipy.signal import butter, sosfiltfilt

    kind = "bandpass" if len(limits) == 2 else "highpass" if high_hz is None else "lowpass"
    sections = butter(
        order, limits if len(limits) == 2 else limits[0], kind, False, "sos", 1 / dt_s
    )
    edge = 3 * (2 * len(sections) + 1)
    x = np.asarray(x, dtype=float)
    if x.ndim < 1 or len(x) <= edge:
        raise DataError(
            "a series too short to be filtered",
            expected=f"shape [time, ...] with more than {edge} samples",
            got=f"shape {list(x.shape)}",
        )
    if not np.isfinite(x).all():
        raise DataError(
            "a series that is not finite cannot be filtered",
            expected="finite values",
            got=f"{int((~np.isfinite(x)).sum())} values that are not",
        )
    return sosfiltfilt(sections, x, axis=0, padlen=edge)


def global_signal_regression(
    x: ArrayLike, names: Sequence[str] | None = None
) -> NDArray[np.float64]:
    """Return what is left of every region when the global signal is regressed out.

    The global signal is the mean over regions of the z-scored series, so that no region counts
    for more because its unit or its noise is larger. The covariance of the result is that of
    :func:`netmod.graph.connectivity.regress_global_signal`, which needs no series.

    Parameters
    ----------
    x : array_like, shape (time, region)
        Series in any unit.
    names : sequence of str, optional
        Region names for messages.

    Returns
    -------
    ndarray, shape (time, region)
        Residuals of mean 0, in the unit of ``x``.

    Raises
    ------
    DataError
        If the shape is another, or a region is constant or not finite.
    """
    x = np.asarray(x, dtype=float)
    if x.ndim != 2 or len(x) < 2 or x.shape[1] < 1:
        raise DataError(
            "a regression needs a series of at least two time points",
            expected="shape [time, region] with two rows or more",
            got=f"shape {list(x.shape)}",
        )
    _refuse(~np.isfinite(x).all(axis=0), "a series that is not finite", names)
    flat = np.ptp(x, axis=0) <= 8 * np.finfo(float).eps * np.abs(x).max(axis=0)
    _refuse(flat, "constant series", names)
    centred = x - x.mean(axis=0)
    z = centred / centred.std(axis=0)
    signal = z.mean(axis=1)
    power = signal @ signal
    # series that cancel have no global signal: nothing to regress
    if power <= len(x) * x.shape[1] * np.finfo(float).eps:
        return centred
    return centred - np.outer(signal, signal @ centred / power)


def _refuse(bad: NDArray[np.bool_], what: str, names: Sequence[str] | None) -> None:
    index = np.flatnonzero(bad)
    if index.size == 0:
        return
    shown = [str(names[i]) if names is not None else str(i) for i in index[:_SHOWN]]
    more = f" and {index.size - _SHOWN} more" if index.size > _SHOWN else ""
    word = "region" if index.size == 1 else "regions"
    raise DataError(
        f"{word} with {what}",
        expected="finite, varying activity in every region",
        got=f"{word} {', '.join(shown)}{more}",
    )
