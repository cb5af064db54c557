"""Phases of a band of a series: locking, coherence, synchrony, metastability, phase FCD."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netmod.errors import ConfigError, DataError
from netmod.graph import kernels
from netmod.graph.connectivity import check_series
from netmod.graph.declarations import Quantity

BAND_HZ = (0.04, 0.07)  # of BOLD; Glerean et al. 2012, doi:10.1089/brain.2011.0068
DROP = 10  # volumes dropped at either end, as Deco et al. do


def band_spectrum(
    volumes: int, dt_s: float, band_hz: tuple[float, float] | None, order: int = 2
) -> tuple[NDArray[np.float64], int]:
    """Return what the spectrum of a series is multiplied by for its analytic signal.

    It is the gain of a Butterworth band-pass run forwards and backwards (no phase shift, 1/2 at
    the limits), twice for positive frequencies and 0 for negative ones.

    Parameters
    ----------
    volumes : int
        T, time points of the series.
    dt_s : float
        Their interval in s.
    band_hz : (float, float) or None
        Limits; without a band only the mean is removed, and the result is the plain Hilbert
        transform's.
    order : int
        Of one pass.

    Returns
    -------
    spectrum : ndarray, shape (T + 2 pad,)
    pad : int
        Samples that the series is continued by at both ends: T − 1 with a band, 0 without.

    Raises
    ------
    ConfigError
        If dt, the band or the order are out of range.
    """
    if not (math.isfinite(dt_s) and dt_s > 0):
        raise ConfigError("dt_s must be positive", expected="a finite time in s", got=f"{dt_s:g}")
    if isinstance(order, bool) or not isinstance(order, int | np.integer) or order < 1:
        raise ConfigError("the order of a filter must be an integer of 1 or more", got=repr(order))
    nyquist_hz = 0.5 / dt_s
    if band_hz is not None and not (len(band_hz) == 2 and 0 < band_hz[0] < band_hz[1] < nyquist_hz):
        raise ConfigError(
            "the limits of the band are out of range",
            expected=f"0 < low < high < {nyquist_hz:g} Hz, half the sampling rate",
            got=f"band_hz = {band_hz}",
        )
    pad = 0 if band_hz is None else volumes - 1
    size = volumes + 2 * pad
    f = np.abs(np.fft.fftfreq(size, dt_s))
    sign = np.sign(np.fft.fftfreq(size))
    if size % 2 == 0:
        sign[size // 2] = 0.0  # the highest frequency stands for both signs
    if band_hz is None:
        return 1.0 + sign, pad
    from scipy.signal import butter, sosfreqz

    sections = butter(order, band_hz, "bandpass", output="sos", fs=1.0 / dt_s)
    gain = np.abs(sosfreqz(sections, worN=f, fs=1.0 / dt_s)[1]) ** 2
    return gain * (1.0 + sign), pad


def analytic_signal(
    series: ArrayLike,
    dt_s: float,
    band_hz: tuple[float, float] | None = BAND_HZ,
    *,
    order: int = 2,
    drop: int = DROP,
    names: Sequence[str] | None = None,
) -> NDArray[np.complex128]:
    """Return the analytic signal of every region within a band.

    Parameters
    ----------
    series : array_like, shape (T, N)
        Any unit.
    dt_s : float
        Interval of the samples in s.
    band_hz : (float, float) or None
        Limits of the band; None takes the series as it is, filtered before.
    order : int
        Order of one pass of the Butterworth filter.
    drop : int
        Samples left out at either end. Before the start and after the end the filter sees the
        series continued by its point reflection: amplitude and phase within about
        ``1 / low limit`` of an end are less sure than the rest. The default of 10 samples is the
        literature's and shorter than that for BOLD.
    names : sequence of str, optional
        Region names for messages.

    Returns
    -------
    ndarray, shape (T − 2 drop, N), complex
        Modulus: envelope in the unit of ``series``; argument: phase in rad.

    Raises
    ------
    ConfigError
        As :func:`band_spectrum`.
    DataError
        If the series cannot have a connectivity (constant or not finite regions are named), is
        shorter than one period of the lowest frequency, or nothing is left after ``drop``.
    """
    series = check_series(series, names)
    spectrum, pad = band_spectrum(len(series), dt_s, band_hz, order)
    check_length(len(series), dt_s, band_hz, drop)
    signal = kernels.analytic_of(np, series, spectrum, pad)
    return signal[drop : len(signal) - drop]


def check_length(volumes: int, dt_s: float, band_hz: tuple[float, float] | None, drop: int) -> None:
    """Refuse series too short for their band or for what is dropped at the ends.

    Raises
    ------
    ConfigError
        If ``drop`` is not an integer of 0 or more.
    DataError
        If fewer than two samples are left, or the series is shorter than a period of the band's
        lower limit.
    """
    if isinstance(drop, bool) or not isinstance(drop, int | np.integer) or drop < 0:
        raise ConfigError("drop must be a number of samples", expected="0 or more", got=repr(drop))
    least = 2 * drop + 2
    if band_hz is not None:
        least = max(least, math.ceil(1.0 / (band_hz[0] * dt_s)))
    if volumes < least:
        raise DataError(
            "a series too short for phases",
            expected=f"{least} samples or more: a period of the band, and {drop} dropped per end",
            got=f"{volumes}",
        )


def phases(signal: ArrayLike) -> NDArray[np.float64]:
    """Return the phases in rad, (−π, π], of an analytic signal of the same shape."""
    return np.angle(_rotor(signal))


def phase_locking(signal: ArrayLike) -> NDArray[np.float64]:
    """Return the phase locking values ``|⟨exp(i (φ_i − φ_j))⟩|`` over time.

    Parameters
    ----------
    signal : array_like, shape (T, N), complex
        Analytic signal.

    Returns
    -------
    ndarray, shape (N, N)
        0 to 1; independent phases give about 1 / √(independent samples), not 0.

    Raises
    ------
    DataError
        If the signal is not of this shape, not complex, not finite or 0 somewhere.

    Notes
    -----
    Lachaux et al. 1999, doi:10.1002/(SICI)1097-0193(1999)8:4<194::AID-HBM4>3.0.CO;2-C; the mean
    phase coherence of Mormann et al. 2000, doi:10.1016/S0167-2789(00)00087-7, is the same.
    """
    return _unit_diagonal(np.abs(kernels.phase_products(np, _rotor(signal))), 0.0)


def phase_coherence(signal: ArrayLike) -> NDArray[np.float64]:
    """Return the phase coherence ``⟨cos(φ_i − φ_j)⟩`` over time.

    Unlike :func:`phase_locking` it has a sign and tells a fixed lag of a quarter of a period (0)
    from none (1). Deco & Kringelbach 2016, doi:10.1016/j.tins.2016.01.001 (recalled).

    Parameters
    ----------
    signal : array_like, shape (T, N), complex
        Analytic signal.

    Returns
    -------
    ndarray, shape (N, N)
        -1 to 1.

    Raises
    ------
    DataError
        As :func:`phase_locking`.
    """
    return _unit_diagonal(kernels.phase_products(np, _rotor(signal)).real, -1.0)


def order_parameter(signal: ArrayLike) -> NDArray[np.float64]:
    """Return the Kuramoto order parameter ``R(t) = |⟨exp(i φ)⟩|`` over regions.

    Parameters
    ----------
    signal : array_like, shape (T, N), complex
        Analytic signal.

    Returns
    -------
    ndarray, shape (T,)
        0 to 1. N independent phases have the mean √(π / 4N).

    Raises
    ------
    DataError
        As :func:`phase_locking`.

    Notes
    -----
    Kuramoto 1984, doi:10.1007/978-3-642-69689-3.
    """
    return kernels.order_parameter(np, _rotor(signal))


def synchrony(signal: ArrayLike) -> float:
    """Return the mean over time of :func:`order_parameter`; raises as it does."""
    return float(order_parameter(signal).mean())


def metastability(signal: ArrayLike) -> float:
    """Return the SD over time (divisor T) of :func:`order_parameter`.

    Raises as it does, and for fewer than two time points. Shanahan 2010, doi:10.1063/1.3305451;
    over whole brains Cabral et al. 2011, doi:10.1016/j.neuroimage.2011.04.010.
    """
    order = order_parameter(signal)
    if order.size < 2:
        raise DataError("a spread over time needs two time points", got=f"{order.size}")
    return float(order.std())


def phase_fcd(signal: ArrayLike, average: int = 3) -> NDArray[np.float64]:
    """Return the likeness of the patterns of phase differences at any two times.

    A pattern is ``cos(φ_i − φ_j)`` of all pairs, averaged over ``average`` successive samples;
    likeness is the cosine between two patterns.

    Parameters
    ----------
    signal : array_like, shape (T, N), complex
        Analytic signal.
    average : int
        Samples of a pattern.

    Returns
    -------
    ndarray, shape (T − average + 1, T − average + 1)
        -1 to 1, diagonal 1.

    Raises
    ------
    ConfigError
        If ``average`` is not between 1 and T − 1.
    DataError
        As :func:`phase_locking`, or with fewer than two regions, or if a pattern vanishes.

    Notes
    -----
    Deco et al. 2017, doi:10.1038/s41598-017-03073-5 (recalled). With
    ``C = cos φ, S = sin φ`` the inner product of two patterns follows from products [T, T] over
    regions, so that the pairs are never formed.
    """
    rotor = _rotor(signal)
    count, size = rotor.shape
    if not 1 <= average < count:
        raise ConfigError(
            "a pattern of phases needs an average over fewer samples than there are",
            expected=f"1 to {count - 1}",
            got=str(average),
        )
    if size < 2:
        raise DataError("phase differences need two regions", got=f"{size}")
    # sum over all i, j of cos(i, j at s) cos(i, j at t) = (|a·b*|² + |a·b|²) / 2; i = j gives N
    towards = np.abs(rotor @ rotor.conj().T) ** 2
    against = np.abs(rotor @ rotor.T) ** 2
    pairs = ((towards + against) / 2 - size) / 2
    held = count - average + 1
    inner = sum(pairs[i : i + held, j : j + held] for i in range(average) for j in range(average))
    norm = np.sqrt(np.diagonal(inner))
    if (norm <= 1e-6 * average * np.sqrt(size)).any():
        raise DataError(
            "a pattern of phase differences vanishes",
            got=f"at sample {int(norm.argmin())}",
            hint="fewer samples in the average",
        )
    return _unit_diagonal(inner / np.outer(norm, norm), -1.0)


def _rotor(signal: ArrayLike) -> NDArray[np.complex128]:
    signal = np.asarray(signal)
    if signal.ndim != 2 or min(signal.shape) < 1 or not np.iscomplexobj(signal):
        raise DataError(
            "phases come from an analytic signal",
            expected="a complex array of shape [time, region]",
            got=f"{signal.dtype} of shape {list(signal.shape)}",
            hint="netmod.graph.phase.analytic_signal makes it from a series",
        )
    size = np.abs(signal)
    bad = ~np.isfinite(size) | (size == 0)
    if bad.any():
        regions = np.flatnonzero(bad.any(axis=0))[:8]
        raise DataError(
            "an analytic signal without a phase",
            expected="finite values other than 0",
            got=f"{int(bad.sum())} values in regions {', '.join(map(str, regions))}",
        )
    return kernels.rotor_of(np, signal)


def _unit_diagonal(matrix: NDArray, low: float) -> NDArray[np.float64]:
    matrix = np.clip((matrix + matrix.T) / 2, low, 1.0)
    np.fill_diagonal(matrix, 1.0)
    return matrix


DECLARED = (
    Quantity(
        name="order_parameter",
        unit="1",
        range="[0, 1]",
        doc="Kuramoto order: length of the mean of exp(i phase) over regions",
        direction_note="higher: more regions in phase at this time",
        source="Kuramoto 1984, doi:10.1007/978-3-642-69689-3",
        input="analytic signal [T, N]",
        gives="[T]",
        compute=order_parameter,
    ),
    Quantity(
        name="synchrony",
        unit="1",
        range="[0, 1]",
        doc="mean of the Kuramoto order over time",
        direction_note="higher: more in phase; N independent phases are at about 0.89 / sqrt(N)",
        source="Kuramoto 1984, doi:10.1007/978-3-642-69689-3",
        input="analytic signal [T, N]",
        gives="a number",
        compute=synchrony,
    ),
    Quantity(
        name="metastability",
        unit="1",
        range=">= 0",
        doc="SD of the Kuramoto order over time",
        direction_note="higher: synchrony comes and goes; 0: always or never in phase",
        source="Shanahan 2010, doi:10.1063/1.3305451",
        input="analytic signal [T, N]",
        gives="a number",
        compute=metastability,
    ),
    Quantity(
        name="phase_fcd",
        unit="1",
        range="[-1, 1]",
        doc="cosine between the patterns of phase differences of any two times",
        direction_note="higher: the same pattern at both times",
        source="Deco et al. 2017, doi:10.1038/s41598-017-03073-5",
        input="analytic signal [T, N]",
        gives="[time, time]",
        compute=phase_fcd,
    ),
)
