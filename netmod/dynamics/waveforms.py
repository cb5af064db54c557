"""Waveforms of stimulation, known by their exact integrals."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netmod.errors import ConfigError, DataError

Array = NDArray[np.float64]


class Waveform(ABC):
    """A course of peak amplitude 1; times count from the start of the simulation."""

    @abstractmethod
    def integral(self, start_s: ArrayLike, stop_s: ArrayLike) -> Array:
        """Return the integral over intervals, in s: float64, shape of the broadcast arguments."""

    def mean(self, start_s: ArrayLike, stop_s: ArrayLike) -> Array:
        """Return the exact average over the intervals from ``start_s`` to ``stop_s``.

        Parameters
        ----------
        start_s, stop_s : array_like
            Limits that broadcast, start before stop.

        Returns
        -------
        ndarray, float64
        """
        length_s = np.subtract(stop_s, start_s, dtype=float)
        if not (length_s > 0).all():
            raise ConfigError(
                "an interval must have a length", expected="start_s before stop_s, both finite"
            )
        return self.integral(start_s, stop_s) / length_s


@dataclass(frozen=True)
class Pulse(Waveform):
    """One rectangular pulse.

    Parameters
    ----------
    onset_s, width_s : float
        First instant and length.
    """

    onset_s: float
    width_s: float

    def __post_init__(self) -> None:
        _check(self, positive=("width_s",))

    def integral(self, start_s: ArrayLike, stop_s: ArrayLike) -> Array:
        """Return the overlap of the pulse with the intervals, s."""
        return _inside(stop_s, self.onset_s, self.width_s) - _inside(
            start_s, self.onset_s, self.width_s
        )


@dataclass(frozen=True)
class PulseTrain(Waveform):
    """Trains of rectangular pulses.

    A train lasts ``pulses / frequency_hz`` from its first onset, its last interval included; the
    next one starts ``gap_s`` later. So 10 Hz, 40 pulses and a gap of 26 s is "4 s on, 26 s off".

    Parameters
    ----------
    onset_s : float
        First instant of the first pulse.
    frequency_hz : float
        Pulses per second within a train.
    pulses : int
        Pulses a train.
    width_s : float
        Length of a pulse, at most ``1 / frequency_hz``.
    trains : int
        Number of trains.
    gap_s : float
        Pause between trains.
    """

    onset_s: float
    frequency_hz: float
    pulses: int
    width_s: float
    trains: int = 1
    gap_s: float = 0.0

    def __post_init__(self) -> None:
        _check(self, positive=("frequency_hz", "width_s"), not_negative=("gap_s",))
        for name in ("pulses", "trains"):
            check_count(f"PulseTrain.{name}", getattr(self, name), 1)
        # a width that fills the interval may exceed 1/f by a rounding
        if self.width_s > (1 + 1e-12) / self.frequency_hz:
            raise ConfigError(
                "pulses overlap",
                where="PulseTrain.width_s",
                expected=f"at most 1/frequency_hz = {1 / self.frequency_hz:g} s",
                got=f"{self.width_s:g}",
                hint="is the width in seconds?",
            )

    def integral(self, start_s: ArrayLike, stop_s: ArrayLike) -> Array:
        """Return the total overlap of the pulses with the intervals, s."""
        (before, begun), (after, ended) = self._delivered(start_s), self._delivered(stop_s)
        # whole pulses are counted, so that no digits are lost after hours of them
        return (after - before) * self.width_s + (ended - begun)

    def _delivered(self, time_s: ArrayLike) -> tuple[Array, Array]:
        """Return how many pulses ended before the current one, and how much of it is delivered."""
        since = np.subtract(time_s, self.onset_s, dtype=float)
        cycle_s = self.pulses / self.frequency_hz + self.gap_s
        # a time on an edge may count to either side: delivered charge is the same for both
        train = np.clip(np.floor(since / cycle_s), 0, self.trains - 1)
        since = since - train * cycle_s
        pulse = np.clip(np.floor(since * self.frequency_hz), 0, self.pulses - 1)
        return train * self.pulses + pulse, _inside(since, pulse / self.frequency_hz, self.width_s)


@dataclass(frozen=True)
class Constant(Waveform):
    """A plateau of 1 with linear ramps, which are part of its duration.

    Parameters
    ----------
    onset_s, duration_s : float
        First instant and whole length.
    ramp_s : float
        Length of the ramp at each end, at most half the duration.
    """

    onset_s: float
    duration_s: float
    ramp_s: float = 0.0

    def __post_init__(self) -> None:
        _check(self, positive=("duration_s",), not_negative=("ramp_s",))
        _check_ramp(self)

    def integral(self, start_s: ArrayLike, stop_s: ArrayLike) -> Array:
        """Return the integral of the envelope over the intervals, s."""
        total = np.zeros(np.broadcast_shapes(np.shape(start_s), np.shape(stop_s)))
        for part in _envelope(self, start_s, stop_s):
            total += 2 * part.half_s * part.height
        return total


@dataclass(frozen=True)
class Sinusoid(Waveform):
    """``sin(2 pi f (t - onset) + phase)`` under an envelope with linear ramps.

    Parameters
    ----------
    frequency_hz : float
        Frequency.
    onset_s, duration_s : float
        First instant and whole length, ramps included.
    phase_rad : float
        Phase at the onset.
    ramp_s : float
        Length of the ramp at each end, at most half the duration.
    """

    frequency_hz: float
    onset_s: float
    duration_s: float
    phase_rad: float = 0.0
    ramp_s: float = 0.0

    def __post_init__(self) -> None:
        _check(self, positive=("frequency_hz", "duration_s"), not_negative=("ramp_s",))
        _check_ramp(self)

    def integral(self, start_s: ArrayLike, stop_s: ArrayLike) -> Array:
        """Return the integral over the intervals, s."""
        total = np.zeros(np.broadcast_shapes(np.shape(start_s), np.shape(stop_s)))
        for part in _envelope(self, start_s, stop_s):
            # about the middle of a part the envelope is height + slope u, and the integral a sum
            # of an even and an odd half without the cancellation of cos(a) - cos(b)
            cycles = np.remainder(part.middle_s * self.frequency_hz, 1.0)
            angle = 2 * np.pi * cycles + self.phase_rad
            x = 2 * np.pi * self.frequency_hz * part.half_s
            even = 2 * part.half_s * part.height * np.sinc(x / np.pi)
            odd = 2 * part.half_s**2 * part.slope * _bessel_1(x)
            total += even * np.sin(angle) + odd * np.cos(angle)
        return total


@dataclass(frozen=True, eq=False)
class Sampled(Waveform):
    """Any course: straight lines between samples, 0 before the first and after the last.

    Parameters
    ----------
    samples : array_like, shape (sample,)
        At least two values, used as they are (not scaled to a peak of 1).
    dt_s : float
        Interval between samples.
    onset_s : float
        Time of the first sample.
    """

    samples: ArrayLike
    dt_s: float
    onset_s: float = 0.0

    def __post_init__(self) -> None:
        _check(self, positive=("dt_s",))
        values = np.array(self.samples, dtype=float)
        if values.ndim != 1 or values.size < 2 or not np.isfinite(values).all():
            raise DataError(
                "a sampled waveform needs finite values",
                where="Sampled.samples",
                expected="at least two finite numbers in one dimension",
                got=describe(values),
            )
        values.setflags(write=False)
        object.__setattr__(self, "samples", values)

    def integral(self, start_s: ArrayLike, stop_s: ArrayLike) -> Array:
        """Return the integral of the straight lines over the intervals, s."""
        # not kept on the object, whose fields are all there is to it
        whole = np.concatenate([[0.0], np.cumsum(self.samples[1:] + self.samples[:-1]) / 2])

        def until(time_s: ArrayLike) -> tuple[Array, Array]:
            last = self.samples.size - 1
            x = np.clip(np.subtract(time_s, self.onset_s, dtype=float) / self.dt_s, 0, last)
            i = np.minimum(x.astype(int), last - 1)
            u = x - i
            left, right = self.samples[i], self.samples[i + 1]
            return whole[i], u * (left + u * (right - left) / 2)

        (start, begun), (stop, ended) = until(start_s), until(stop_s)
        return self.dt_s * ((stop - start) + (ended - begun))


@dataclass(frozen=True)
class _Part:
    """What intervals have in common with one straight piece of an envelope."""

    middle_s: Array  # from the onset
    half_s: Array
    height: Array
    slope: float


def _envelope(waveform: Constant | Sinusoid, start_s: ArrayLike, stop_s: ArrayLike) -> list[_Part]:
    """Cut intervals at the corners of an envelope: rise, plateau, fall. Times from the onset."""
    start = np.subtract(start_s, waveform.onset_s, dtype=float)
    stop = np.subtract(stop_s, waveform.onset_s, dtype=float)
    end, ramp = waveform.duration_s, waveform.ramp_s
    parts = []
    for low, high, level, slope, origin in (
        (0.0, ramp, 0.0, 1.0, 0.0),
        (ramp, end - ramp, 1.0, 0.0, 0.0),
        (end - ramp, end, 0.0, -1.0, end),
    ):
        if high <= low:
            continue
        slope = slope / ramp if slope else 0.0
        a, b = np.clip(start, low, high), np.clip(stop, low, high)
        middle, half = (a + b) / 2, (b - a) / 2
        height = level + slope * (middle - origin)
        parts.append(_Part(middle, half, height, slope))
    return parts


def _bessel_1(x: Array) -> Array:
    """Return the spherical Bessel function j1, whose closed form cancels near 0."""
    small = np.abs(x) < 0.2
    safe = np.where(small, 1.0, x)
    square = np.where(small, x, 0.0) ** 2
    series = 1 - square / 10 * (1 - square / 28 * (1 - square / 54 * (1 - square / 88)))
    return np.where(small, x / 3 * series, (np.sin(safe) - safe * np.cos(safe)) / safe**2)


def _inside(time_s: ArrayLike, onset_s: ArrayLike, width_s: float) -> Array:
    return np.clip(np.subtract(time_s, onset_s, dtype=float), 0.0, width_s)


def _check(
    waveform: Waveform, positive: tuple[str, ...] = (), not_negative: tuple[str, ...] = ()
) -> None:
    """Refuse numbers that are not finite, and times and frequencies below their limit."""
    for field in fields(waveform):
        name, value = field.name, getattr(waveform, field.name)
        if name == "samples":
            continue
        number = isinstance(value, int | float | np.integer | np.floating)
        ok = number and not isinstance(value, bool) and math.isfinite(value)
        if name in positive:
            wanted, ok = "a positive, finite number", ok and value > 0
        elif name in not_negative:
            wanted, ok = "a finite number, 0 or more", ok and value >= 0
        else:
            wanted = "a finite number"
        if not ok:
            raise ConfigError(
                f"a waveform's {name} is out of range",
                where=f"{type(waveform).__name__}.{name}",
                expected=wanted,
                got=f"{value}",
            )


def _check_ramp(waveform: Constant | Sinusoid) -> None:
    if 2 * waveform.ramp_s > waveform.duration_s:
        raise ConfigError(
            "the ramps do not fit",
            where=f"{type(waveform).__name__}.ramp_s",
            expected=f"at most half the duration, {waveform.duration_s / 2:g} s",
            got=f"{waveform.ramp_s:g}",
        )


def check_count(name: str, value: int, least: int) -> None:
    """Refuse what is no integer, or too small, with a ConfigError."""
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole or value < least:
        raise ConfigError(
            f"{name} must be an integer", expected=f"{least} or more", got=repr(value)
        )


def describe(values: Array) -> str:
    """Return shape and number of non-finite entries, for messages."""
    bad = values.size - int(np.isfinite(values).sum())
    return f"shape {list(values.shape)}" + (f", {bad} not finite" if bad else "")
