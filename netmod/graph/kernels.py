"""Formulas of connectivity that NumPy and JAX share: ``xp`` is either array library.

Nothing is checked here, so that a compiler can trace it: a region without variance gives NaN, and
the callers (:mod:`netmod.graph.dynamic`, :mod:`netmod.graph.phase`, :mod:`netmod.graph.batches`)
turn that into an error. Shapes may have leading axes.
"""

from __future__ import annotations

from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from netmod.graph.connectivity import FLAT


def standardised(xp: ModuleType, series, weights=None):
    """Return series [..., T, N] of mean 0 and length 1 under ``weights [T]`` (sum 1)."""
    length = series.shape[-2]
    weights = xp.full((length,), 1.0 / length, series.dtype) if weights is None else weights
    weights = weights[:, None]
    centred = (series - (weights * series).sum(axis=-2, keepdims=True)) * xp.sqrt(weights)
    norm = xp.sqrt((centred**2).sum(axis=-2, keepdims=True))
    rounding = FLAT * xp.finfo(series.dtype).eps
    flat = norm <= rounding * xp.abs(series).max(axis=-2, keepdims=True)
    return centred / xp.where(flat, xp.nan, norm)


def correlation_of(xp: ModuleType, unit):
    """Return the correlations [..., N, N] of standardised series, diagonal exactly 1."""
    r = xp.clip(xp.swapaxes(unit, -1, -2) @ unit, -1.0, 1.0)
    diagonal = xp.eye(r.shape[-1], dtype=bool) & ~xp.isnan(r)
    return xp.where(diagonal, xp.ones((), r.dtype), r)


def windows_of(xp: ModuleType, series, length: int, step: int, weights):
    """Return the correlations [..., W, N, N] within sliding windows of a series [..., T, N]."""
    starts = np.arange(0, series.shape[-2] - length + 1, step)
    within = series[..., starts[:, None] + np.arange(length), :]
    return correlation_of(xp, standardised(xp, within, weights))


def fcd_of(xp: ModuleType, fc):
    """Return the correlations [..., W, W] between the off-diagonal parts of ``fc [..., W, N, N]``.

    Both triangles are alike, so that the sum over both is twice that over one.
    """
    n = fc.shape[-1]
    edge = ~xp.eye(n, dtype=bool)
    held = xp.where(edge, fc, xp.zeros((), fc.dtype))
    mean = held.sum(axis=(-2, -1), keepdims=True) / (n * (n - 1))
    held = xp.where(edge, held - mean, xp.zeros((), fc.dtype))
    held = held.reshape((*fc.shape[:-2], n * n))
    norm = xp.sqrt((held**2).sum(axis=-1, keepdims=True))
    rounding = FLAT * n * xp.finfo(fc.dtype).eps
    unit = held / xp.where(norm <= rounding, xp.nan, norm)
    return correlation_of(xp, xp.swapaxes(unit, -1, -2))


def analytic_of(xp: ModuleType, series, spectrum: NDArray, pad: int):
    """Return the analytic signal [..., T, N] of a series times ``spectrum [T + 2 pad]``.

    The series is continued by its point reflection over ``pad`` samples at both ends.
    """
    series = series - series.mean(axis=-2, keepdims=True)
    if pad:
        first, last = series[..., :1, :], series[..., -1:, :]
        before = 2 * first - series[..., pad:0:-1, :]
        after = 2 * last - series[..., -2 : -pad - 2 : -1, :]
        series = xp.concatenate([before, series, after], axis=-2)
    signal = xp.fft.ifft(xp.fft.fft(series, axis=-2) * spectrum[:, None], axis=-2)
    return signal[..., pad : signal.shape[-2] - pad, :]


def rotor_of(xp: ModuleType, signal):
    """Return ``exp(i phase)`` of an analytic signal."""
    return signal / xp.abs(signal)


def phase_products(xp: ModuleType, rotor):
    """Return the time average of ``exp(i (phase_i − phase_j))``, [..., N, N] complex."""
    return xp.swapaxes(rotor, -1, -2) @ xp.conj(rotor) / rotor.shape[-2]


def order_parameter(xp: ModuleType, rotor):
    """Return the Kuramoto order parameter R(t), [..., T]."""
    return xp.abs(rotor.mean(axis=-1))
