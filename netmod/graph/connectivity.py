"""Covariance, correlation, Fisher z and the regression of the global signal."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netmod.errors import DataError

_SHOWN = 8  # regions named in one message
MAX_R = 1.0 - 1e-7  # |r| = 1 would be infinite in Fisher z; this is z = 8.4


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
    series = np.asarray(series, dtype=float)
    if series.ndim != 2 or series.shape[0] < 2 or series.shape[1] < 1:
        raise DataError(
            "a covariance needs a series of at least two time points",
            expected="shape [time, region] with two rows or more",
            got=f"shape {list(series.shape)}",
        )
    _refuse(~np.isfinite(series).all(axis=0), "a series that is not finite", names)
    flat = np.ptp(series, axis=0) <= 8 * np.finfo(float).eps * np.abs(series).max(axis=0)
    _refuse(flat, "constant series, hence no correlation", names)
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
    _refuse(
        bad if bad.any() else (~finite).any(axis=(*lead, -1)),
        "a covariance that is not finite",
        names,
    )
    _refuse((diagonal <= 0).any(axis=lead), "no variance, hence no correlation", names)
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


def _square(cov: ArrayLike) -> NDArray[np.float64]:
    cov = np.asarray(cov, dtype=float)
    if cov.ndim < 2 or cov.shape[-1] != cov.shape[-2] or cov.shape[-1] == 0:
        raise DataError(
            "a covariance must be square",
            expected="shape [..., region, region]",
            got=f"shape {list(cov.shape)}",
        )
    return cov


def _refuse(bad: NDArray, what: str, names: Sequence[str] | None) -> None:
    """Raise a DataError that names the regions marked in ``bad [N]``."""
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
