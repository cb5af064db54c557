"""Plain recording: averages over stretches of time, and every k-th sample."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netmod.errors import ConfigError, DataError


def temporal_average(x: ArrayLike, factor: int) -> NDArray[np.float64]:
    """Return the averages of consecutive stretches of samples.

    Parameters
    ----------
    x : array_like, shape (time, ...)
        Samples.
    factor : int
        Samples a stretch. A last, incomplete stretch is left out.

    Returns
    -------
    ndarray, shape (time // factor, ...)

    Raises
    ------
    ConfigError
        If the factor is no positive integer.
    DataError
        If there is not one whole stretch.
    """
    x, count = _stretches(x, factor)
    return x[: count * factor].reshape(count, factor, *x.shape[1:]).mean(axis=1)


def subsample(x: ArrayLike, factor: int) -> NDArray[np.float64]:
    """Return the last sample of every stretch, the one at its end; nothing keeps it from aliasing.

    Parameters
    ----------
    x, factor
        As :func:`temporal_average`.

    Returns
    -------
    ndarray, shape (time // factor, ...)

    Raises
    ------
    ConfigError, DataError
        As :func:`temporal_average`.
    """
    x, count = _stretches(x, factor)
    return x[factor - 1 : count * factor : factor].copy()


def _stretches(x: ArrayLike, factor: int) -> tuple[NDArray[np.float64], int]:
    if isinstance(factor, bool) or not isinstance(factor, int | np.integer) or factor < 1:
        raise ConfigError(
            "the factor must be an integer", expected="1 or more samples", got=repr(factor)
        )
    x = np.asarray(x, dtype=float)
    if x.ndim < 1 or len(x) < factor:
        raise DataError(
            "a series shorter than one stretch",
            expected=f"shape [time, ...] with {factor} samples or more",
            got=f"shape {list(x.shape)}",
        )
    return x, len(x) // factor
