"""Connectivity of many scans at once in JAX: what the NumPy functions give, compiled.

All take ``series [batch, time, region]`` and return NumPy arrays. ``precision`` is 32 or 64 bits;
``together`` is how many scans are on the device at once. jax is imported on the first call.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netmod.errors import ConfigError, DataError
from netmod.graph import dynamic, kernels, phase
from netmod.graph.connectivity import FLAT

TOGETHER = 8


def pearson(series: ArrayLike, *, precision: int = 32, together: int = TOGETHER) -> NDArray:
    """Return the Pearson correlations of every scan.

    Parameters
    ----------
    series : array_like, shape (B, T, N)
        Any unit.
    precision, together : int
        As in the module.

    Returns
    -------
    ndarray, shape (B, N, N)

    Raises
    ------
    ConfigError
        If ``precision`` is neither 32 nor 64, or ``together`` less than 1.
    DataError
        If the shape is another, a value is not finite, or a region of a scan is constant; the
        scans are named.
    """
    return _run(_pearson, series, precision, together)


def windows(
    series: ArrayLike,
    length: int = dynamic.LENGTH,
    step: int = dynamic.STEP,
    taper: str | ArrayLike = "none",
    *,
    precision: int = 32,
    together: int = TOGETHER,
) -> NDArray:
    """Return the correlations within sliding windows, shape (B, W, N, N).

    Arguments and errors as :func:`netmod.graph.dynamic.sliding_windows` and :func:`pearson`.
    """
    dynamic.check_windows(_shape(series)[1], length, step)
    weights = dynamic.taper_weights(length, taper)
    return _run(_windows, series, precision, together, weights, length=length, step=step)


def fcd(
    series: ArrayLike,
    length: int = dynamic.LENGTH,
    step: int = dynamic.STEP,
    taper: str | ArrayLike = "none",
    apart: int = 1,
    *,
    precision: int = 32,
    together: int = TOGETHER,
) -> NDArray:
    """Return the FCD values of every scan, shape (B, V), in the order of ``fcd_values``.

    Arguments and errors as :func:`netmod.graph.dynamic.sliding_windows`,
    :func:`netmod.graph.dynamic.fcd_values` and :func:`pearson`. The FC of windows never leaves
    the device.
    """
    _, volumes, size = _shape(series)
    dynamic.check_windows(volumes, length, step)
    if size < 3:
        raise DataError("FCD needs three regions or more", got=f"{size}")
    count = (volumes - length) // step + 1
    dynamic.fcd_values(np.eye(count), apart)  # refuses windows that are nowhere so far apart
    weights = dynamic.taper_weights(length, taper)
    return _run(_fcd, series, precision, together, weights, length=length, step=step, apart=apart)


def fcd_statistics(values: ArrayLike) -> dict[str, NDArray]:
    """Return mean, SD and median [B] of FCD values [B, V], as in the dynamic module."""
    rows = [dynamic.fcd_statistics(one) for one in np.asarray(values)]
    return {name: np.array([row[name] for row in rows]) for name in ("mean", "sd", "median")}


def phase_locking(
    series: ArrayLike,
    dt_s: float,
    band_hz: tuple[float, float] | None = phase.BAND_HZ,
    *,
    order: int = 2,
    drop: int = phase.DROP,
    precision: int = 32,
    together: int = TOGETHER,
) -> NDArray:
    """Return the phase locking values of every scan, shape (B, N, N).

    Arguments and errors as :func:`netmod.graph.phase.analytic_signal` and :func:`pearson`.
    """
    spectrum, pad = _band(series, dt_s, band_hz, order, drop)
    return _run(_locking, series, precision, together, spectrum, pad=pad, drop=drop)


def order_parameter(
    series: ArrayLike,
    dt_s: float,
    band_hz: tuple[float, float] | None = phase.BAND_HZ,
    *,
    order: int = 2,
    drop: int = phase.DROP,
    precision: int = 32,
    together: int = TOGETHER,
) -> NDArray:
    """Return the Kuramoto order parameter of every scan, shape (B, T − 2 drop).

    Its mean over time is the synchrony and its SD the metastability. Arguments and errors as
    :func:`netmod.graph.phase.analytic_signal` and :func:`pearson`.
    """
    spectrum, pad = _band(series, dt_s, band_hz, order, drop)
    return _run(_order, series, precision, together, spectrum, pad=pad, drop=drop)


def metastability(series: ArrayLike, dt_s: float, **options: Any) -> NDArray:
    """Return the metastability of every scan, shape (B,): SD of :func:`order_parameter`."""
    return order_parameter(series, dt_s, **options).std(axis=1)


def _band(series: ArrayLike, dt_s: float, band_hz: Any, order: int, drop: int) -> tuple:
    volumes = _shape(series)[1]
    band = phase.band_spectrum(volumes, dt_s, band_hz, order)
    phase.check_length(volumes, dt_s, band_hz, drop)
    return band


def _pearson(xp: Any, series: Any) -> Any:
    return kernels.correlation_of(xp, kernels.standardised(xp, series))


def _windows(xp: Any, series: Any, weights: Any, length: int, step: int) -> Any:
    return kernels.windows_of(xp, series, length, step, weights)


def _fcd(xp: Any, series: Any, weights: Any, length: int, step: int, apart: int) -> Any:
    matrix = kernels.fcd_of(xp, kernels.windows_of(xp, series, length, step, weights))
    i, j = np.triu_indices(matrix.shape[-1], apart)
    return matrix[..., i, j]


def _rotor(xp: Any, series: Any, spectrum: Any, pad: int, drop: int) -> Any:
    signal = kernels.analytic_of(xp, series, spectrum, pad)
    return kernels.rotor_of(xp, signal[..., drop : signal.shape[-2] - drop, :])


def _locking(xp: Any, series: Any, spectrum: Any, pad: int, drop: int) -> Any:
    rotor = _rotor(xp, series, spectrum, pad, drop)
    value = xp.minimum(xp.abs(kernels.phase_products(xp, rotor)), 1.0)
    return xp.where(xp.eye(value.shape[-1], dtype=bool) & ~xp.isnan(value), 1.0, value)


def _order(xp: Any, series: Any, spectrum: Any, pad: int, drop: int) -> Any:
    return kernels.order_parameter(xp, _rotor(xp, series, spectrum, pad, drop))


@cache
def _program(formula: Callable, static: tuple[tuple[str, Any], ...]) -> Callable:
    import jax
    import jax.numpy as jnp

    return jax.jit(lambda series, *arrays: formula(jnp, series, *arrays, **dict(static)))


def _run(
    formula: Callable,
    series: ArrayLike,
    precision: int,
    together: int,
    *arrays: NDArray,
    **static: int,
) -> NDArray:
    """Return ``formula`` of every scan; NaN in its result becomes an error that names the scan."""
    if precision not in (32, 64) or together < 1:
        raise ConfigError(
            "precision or number of scans together out of range",
            expected="precision 32 or 64, together 1 or more",
            got=f"{precision} and {together}",
        )
    _shape(series)
    series = np.asarray(series, dtype=float)
    _refuse(~np.isfinite(series).all(axis=(1, 2)), "values that are not finite")
    flat = np.ptp(series, axis=1) <= FLAT * np.finfo(float).eps * np.abs(series).max(axis=1)
    _refuse(flat.any(axis=1), "a region that is constant")
    # no result depends on mean and unit: single precision must not round or overflow them
    series = series - series.mean(axis=1, keepdims=True)
    series /= series.std(axis=1, keepdims=True)
    import jax
    import jax.numpy as jnp

    kind = np.float64 if precision == 64 else np.float32
    with jax.enable_x64(precision == 64), jax.default_matmul_precision("highest"):
        program = _program(formula, tuple(sorted(static.items())))
        arrays = [jnp.asarray(x, kind) for x in arrays]
        parts = []
        for first in range(0, len(series), together):
            part = series[first : first + together]
            # the last part is filled up: one shape, hence one compilation
            filled = np.resize(part, (min(together, len(series)), *part.shape[1:]))
            parts.append(program(jnp.asarray(filled, kind), *arrays)[: len(part)])
        result = np.concatenate([np.asarray(part) for part in parts])
    _refuse(
        np.isnan(result.reshape(len(result), -1)).any(axis=1),
        "a region without variance in a window or in the band",
    )
    return result


def _shape(series: ArrayLike) -> tuple[int, int, int]:
    shape = np.shape(series)
    if len(shape) != 3 or min(shape) < 1 or shape[1] < 2:
        raise DataError(
            "a batch needs scans of at least two time points",
            expected="shape [batch, time, region]",
            got=f"shape {list(shape)}",
        )
    return shape


def _refuse(bad: NDArray[np.bool_], what: str) -> None:
    if bad.any():
        raise DataError(
            f"scans with {what}",
            expected="finite, varying activity in every region",
            got=f"scans {', '.join(map(str, np.flatnonzero(bad)[:8]))}",
            hint="the functions for one scan name the region",
        )
