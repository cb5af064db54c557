"""Covariance, correlation, Fisher z and the regression of the global signal."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netmod.errors import DataError

_SHOWN = 8  # regions named in one message
MAX_R = 1.0 - 1e-7  # |r| = 1 would be infinite in Fisher z; this is z = 8.4
FLAT = 8.0  # a range of so many roundings of the largest value is a constant series


def check_series(
    series: ArrayLike, names: Sequence[str] | None = None, least: int = 2
) -> NDArray[np.float64]:
    """Return a series as an array of floats once it can have a connectivity.

    Parameters
    ----------
    series : array_like, shape (T, N)
        One row per time point, one column per region; any unit.
    names : sequence of str, optional
        Region names for messages; their indexes without.
    least : int
        Fewest time points.

    Returns
    -------
    ndarray, shape (T, N)

    Raises
    ------
    DataError
        If the series is not two-dimensional, has fewer than ``least`` time points, or a region's
        series is constant or holds values that are not finite.
    """
    series = np.asarray(series, dtype=float)
    if series.ndim != 2 or series.shape[0] < least or series.shape[1] < 1:
        number = "two" if least == 2 else str(least)
        raise DataError(
            f"a connectivity needs a series of at least {number} time points",
            expected=f"shape [time, region] with {number} rows or more",
            got=f"shape {list(series.shape)}",
        )
    refuse(~np.isfinite(series).all(axis=0), "a series that is not finite", names)
    flat = np.ptp(series, axis=0) <= FLAT * np.finfo(float).eps * np.abs(series).max(axis=0)
    refuse(flat, "constant series, hence no correlation", names)
    return series


def covariance(series: ArrayLike, names: Sequence[str] | None = None) -> NDArray[np.float64]:
    """Return the sample covariance of a series.

    Parameters
    ----------
    series : array_like, shape (T, N)
        One row per time point, one column per region; any unit ``u``.
    names : sequence of str, optional
        Region names for messages.

    Returns
    -------
    ndarray, shape (N, N)
        Covariance in ``u²``, divisor T − 1.

    Raises
    ------
    DataError
        If the series is not two-dimensional, has fewer than two time points, or a region's series
        is constant or holds values that are not finite.
    """
    series = check_series(series, names)
    centred = series - series.mean(axis=0)
    return centred.T @ centred / (series.shape[0] - 1)


def correlation(cov: ArrayLike, names: Sequence[str] | None = None) -> NDArray[np.float64]:
    """Return Pearson correlations of a covariance, with a diagonal of exactly 1.

    Parameters
    ----------
    cov : array_like, shape (..., N, N)
        Covariances, simulated or exact.
    names : sequence of str, optional
        Region names for messages.

    Returns
    -------
    ndarray, shape (..., N, N)
        Symmetric, within [-1, 1].

    Raises
    ------
    DataError
        If the matrices are not square, or a region has values that are not finite or no variance.
    """
    cov = _square(cov)
    finite = np.isfinite(cov)
    # a NaN in one region fills its row and its column: the diagonal tells which region it was
    diagonal = np.diagonal(cov, axis1=-2, axis2=-1)
    lead = tuple(range(cov.ndim - 2))
    bad = (~np.isfinite(diagonal)).any(axis=lead)
    refuse(
        bad if bad.any() else (~finite).any(axis=(*lead, -1)),
        "a covariance that is not finite",
        names,
    )
    refuse((diagonal <= 0).any(axis=lead), "no variance, hence no correlation", names)
    sd = np.sqrt(diagonal)
    r = cov / (sd[..., :, None] * sd[..., None, :])
    r = np.clip((r + np.swapaxes(r, -1, -2)) / 2, -1.0, 1.0)
    index = np.arange(cov.shape[-1])
    r[..., index, index] = 1.0
    return r


def fisher_z(r: ArrayLike) -> NDArray[np.float64]:
    """Return ``atanh(r)``, with |r| held at 1 − 1e-7 so that identical series stay finite.

    Notes
    -----
    Fisher 1915, doi:10.2307/2331838.
    """
    return np.arctanh(np.clip(np.asarray(r, dtype=float), -MAX_R, MAX_R))


def regress_global_signal(cov: ArrayLike, names: Sequence[str] | None = None) -> NDArray:
    """Return the covariance that is left when the global signal is regressed out of every region.

    The global signal is the mean over regions of the z-scored series. With correlations C it has
    the covariance ``m = C 1 / N`` with the regions and the variance ``v = 1ᵀ C 1 / N²``, so the
    residuals have exactly ``C − m mᵀ / v``: no series is needed, and an exact covariance of a
    linear system is treated as a simulated one is.

    Parameters
    ----------
    cov : array_like, shape (..., N, N)
        Covariances of the regions that share the global signal.
    names : sequence of str, optional
        Region names for messages.

    Returns
    -------
    ndarray, shape (..., N, N)
        Residual covariances in the unit of ``cov``. A region that is nothing but global signal
        has residual variance 0.

    Raises
    ------
    DataError
        As :func:`correlation`.
    """
    cov = _square(cov)
    r = correlation(cov, names)
    size = r.shape[-1]
    with_global = r.mean(axis=-1)
    variance = with_global.mean(axis=-1)[..., None, None]
    rounding = size * np.finfo(float).eps
    # series that cancel have no global signal: nothing to regress
    explained = with_global[..., :, None] * with_global[..., None, :]
    residual = r - np.divide(
        explained,
        variance,
        out=np.zeros_like(explained),
        where=np.broadcast_to(variance > rounding, explained.shape),
    )
    left = np.diagonal(residual, axis1=-2, axis2=-1) > 4 * rounding
    residual = np.where(left[..., :, None] & left[..., None, :], residual, 0.0)
    sd = np.sqrt(np.diagonal(cov, axis1=-2, axis2=-1))
    return residual * sd[..., :, None] * sd[..., None, :]


def remove_global_signal(
    series: ArrayLike, names: Sequence[str] | None = None
) -> NDArray[np.float64]:
    """Return what is left of every region when the global signal is regressed out of its series.

    The covariance of the result is :func:`regress_global_signal` of the covariance. This form is
    for estimators that need the series: ranks, lags, windows, phases.

    Parameters
    ----------
    series : array_like, shape (T, N)
        Any unit.
    names : sequence of str, optional
        Region names for messages.

    Returns
    -------
    ndarray, shape (T, N)
        Residuals of mean 0 in the unit of ``series``; 0 where a region is nothing but global
        signal.

    Raises
    ------
    DataError
        As :func:`check_series`.
    """
    series = check_series(series, names)
    centred = series - series.mean(axis=0)
    sd = centred.std(axis=0)
    signal = (centred / sd).mean(axis=1)
    power = signal @ signal
    rounding = series.size * np.finfo(float).eps
    if power <= rounding:  # series that cancel have no global signal
        return centred
    residual = centred - np.outer(signal, signal @ centred / power)
    left = (residual**2).sum(axis=0) > 4 * rounding * sd**2
    return np.where(left, residual, 0.0)


def _square(cov: ArrayLike) -> NDArray[np.float64]:
    cov = np.asarray(cov, dtype=float)
    if cov.ndim < 2 or cov.shape[-1] != cov.shape[-2] or cov.shape[-1] == 0:
        raise DataError(
            "a covariance must be square",
            expected="shape [..., region, region]",
            got=f"shape {list(cov.shape)}",
        )
    return cov


def refuse(bad: NDArray, what: str, names: Sequence[str] | None = None) -> None:
    """Raise a DataError that names the regions marked in ``bad [N]``, if there are any."""
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
        hint="the simulation diverged or fell silent there; check the parameters of that region",
    )
