"""Stimulation: waveforms in time times patterns over regions, averaged exactly over every step.

A simulation sees the average of a waveform over each of its steps, computed from the integral and
never from samples: a pulse delivers its whole charge whatever dt is and wherever its edges fall.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from netmod.dynamics.waveforms import (
    Array,
    Constant,
    Pulse,
    PulseTrain,
    Sampled,
    Sinusoid,
    Waveform,
    check_count,
    describe,
)
from netmod.errors import ConfigError, DataError

__all__ = [
    "Constant",
    "Pulse",
    "PulseTrain",
    "Sampled",
    "Sinusoid",
    "Stimulus",
    "Waveform",
    "dbs",
    "gaussian_pattern",
    "patterns",
    "tacs",
    "tdcs",
    "tms_pulse",
    "tms_train",
    "waveform_table",
]


@dataclass(frozen=True, eq=False)
class Stimulus:
    """A waveform times a pattern over regions.

    Parameters
    ----------
    waveform : Waveform
        Course in time.
    pattern : array_like, shape (region,) or (lane, region)
        Size at each region, in the unit of the model's ``stimulus``.

    Raises
    ------
    ConfigError
        If the waveform is none.
    DataError
        If the pattern has another shape or values that are not finite.
    """

    waveform: Waveform
    pattern: ArrayLike

    def __post_init__(self) -> None:
        if not isinstance(self.waveform, Waveform):
            raise ConfigError(
                "not a waveform",
                where="Stimulus.waveform",
                expected="Pulse, PulseTrain, Constant, Sinusoid or Sampled",
                got=type(self.waveform).__name__,
            )
        values = np.array(self.pattern, dtype=float)
        if values.ndim not in (1, 2) or values.size == 0 or not np.isfinite(values).all():
            raise DataError(
                "a pattern needs a finite size for every region",
                where="Stimulus.pattern",
                expected="finite numbers, shape [region] or [lane, region]",
                got=describe(values),
            )
        values.setflags(write=False)
        object.__setattr__(self, "pattern", values)


def waveform_table(stimuli: Sequence[Stimulus], first_step: int, steps: int, dt_s: float) -> Array:
    """Return the average of every waveform over every step of a stretch of a run.

    Step k lasts from ``k dt_s`` to ``(k + 1) dt_s``, with k counted from the start of the run: the
    bits of a step do not depend on the stretch it is computed in. Summed and multiplied by
    ``dt_s``, the averages give the charge to rounding; an edge is placed to the resolution of the
    time itself in double precision (4e-13 s after an hour).

    Parameters
    ----------
    stimuli : sequence of Stimulus
        May be empty.
    first_step, steps : int
        First step and number of steps.
    dt_s : float
        Step.

    Returns
    -------
    ndarray, shape (step, stimulus), float64

    Raises
    ------
    ConfigError
        If a count is negative or no integer, or dt is not positive.
    """
    check_count("first_step", first_step, 0)
    check_count("steps", steps, 0)
    if not (math.isfinite(dt_s) and dt_s > 0):
        raise ConfigError("dt_s must be positive", expected="a finite time in s", got=f"{dt_s:g}")
    edges_s = np.arange(first_step, first_step + steps + 1, dtype=np.int64) * float(dt_s)
    table = np.zeros((steps, len(stimuli)))
    for column, stimulus in enumerate(stimuli):
        # by dt and not by the difference of two rounded times: the charge is what must be exact
        table[:, column] = stimulus.waveform.integral(edges_s[:-1], edges_s[1:]) / dt_s
    return table


def patterns(stimuli: Sequence[Stimulus], lanes: int, regions: int) -> Array:
    """Return the patterns of all stimuli for every lane; ``[region]`` is shared by all lanes.

    Parameters
    ----------
    stimuli : sequence of Stimulus
        May be empty.
    lanes, regions : int
        What they must fit.

    Returns
    -------
    ndarray, shape (lane, stimulus, region), float64

    Raises
    ------
    DataError
        If a pattern has other lanes or regions.
    """
    table = np.zeros((lanes, len(stimuli), regions))
    for place, stimulus in enumerate(stimuli):
        shape = stimulus.pattern.shape
        if shape not in ((regions,), (lanes, regions)):
            raise DataError(
                "a pattern does not fit the network",
                where=f"stimulus {place}",
                expected=f"shape [{regions}] or [{lanes}, {regions}]",
                got=f"shape {list(shape)}",
                hint="a pattern has one size a region, or a row of them for every lane",
            )
        table[:, place, :] = stimulus.pattern
    return table


def tms_pulse(
    pattern: ArrayLike, onset_s: float, amplitude: float, width_s: float = 0.001
) -> Stimulus:
    """Return one magnetic pulse: a rectangle as in neural-mass models of evoked potentials.

    Parameters
    ----------
    pattern : array_like, shape (region,) or (lane, region)
        Field relative to its peak (:func:`gaussian_pattern`).
    onset_s : float
        First instant.
    amplitude : float
        Size at pattern 1, in the unit of the model's ``stimulus``.
    width_s : float
        Length; 0.5 to 1 ms is the proposal of this project for a neural mass.
    """
    return Stimulus(Pulse(onset_s, width_s), _scaled(pattern, amplitude))


def tms_train(
    pattern: ArrayLike,
    onset_s: float,
    amplitude: float,
    *,
    frequency_hz: float = 10.0,
    pulses: int = 40,
    trains: int = 75,
    gap_s: float = 26.0,
    width_s: float = 0.001,
) -> Stimulus:
    """Return repetitive magnetic stimulation; by default one session of 10 Hz, 4 s on, 26 s off.

    Parameters
    ----------
    pattern, onset_s, amplitude, width_s
        As :func:`tms_pulse`.
    frequency_hz, pulses, trains, gap_s
        As :class:`PulseTrain`.

    References
    ----------
    O'Reardon et al. 2007, doi:10.1016/j.biopsych.2007.01.018 (the default timing, 3000 pulses).
    """
    course = PulseTrain(onset_s, frequency_hz, pulses, width_s, trains, gap_s)
    return Stimulus(course, _scaled(pattern, amplitude))


def tdcs(
    pattern: ArrayLike,
    onset_s: float,
    amplitude: float,
    *,
    duration_s: float = 1800.0,
    ramp_s: float = 30.0,
) -> Stimulus:
    """Return direct-current stimulation: a ramp, a plateau, a ramp.

    Parameters
    ----------
    pattern, onset_s, amplitude
        As :func:`tms_pulse`; negative values are cathodal.
    duration_s, ramp_s : float
        Whole length, and that of each ramp.

    References
    ----------
    Woodham et al. 2023, doi:10.1101/2023.11.27.23299059 (30 min at 2 mA); the ramp is recalled.
    """
    return Stimulus(Constant(onset_s, duration_s, ramp_s), _scaled(pattern, amplitude))


def tacs(
    pattern: ArrayLike,
    onset_s: float,
    amplitude: float,
    *,
    frequency_hz: float = 10.0,
    duration_s: float = 2400.0,
    ramp_s: float = 10.0,
) -> Stimulus:
    """Return alternating-current stimulation, in phase at all regions of a positive pattern.

    Parameters
    ----------
    pattern, onset_s, amplitude
        As :func:`tms_pulse`; the amplitude is half of peak to peak.
    frequency_hz, duration_s, ramp_s : float
        Frequency, whole length, and length of each ramp.

    References
    ----------
    Alexander et al. 2019, doi:10.1038/s41398-019-0439-0 (10 Hz for 40 min); the ramp is recalled.
    """
    course = Sinusoid(frequency_hz, onset_s, duration_s, 0.0, ramp_s)
    return Stimulus(course, _scaled(pattern, amplitude))


def dbs(
    pattern: ArrayLike,
    onset_s: float,
    amplitude: float,
    duration_s: float,
    *,
    frequency_hz: float = 130.0,
    width_s: float = 90e-6,
) -> Stimulus:
    """Return deep brain stimulation, the active phase of its pulses only.

    The recharge phase that balances the charge of a stimulator is left out: in a neural mass,
    which knows no threshold of axons, it would cancel the effect of the pulse.

    Parameters
    ----------
    pattern, onset_s, amplitude
        As :func:`tms_pulse`.
    duration_s : float
        Time stimulated; it holds the nearest whole number of pulses, at least one.
    frequency_hz, width_s : float
        Rate and length of the pulses; 60 to 90 us are the usual short ones in depression
        (Ramasubbu et al. 2018, doi:10.3389/fpsyt.2018.00302).

    References
    ----------
    Khairuddin et al. 2020, doi:10.3390/jcm9103260, table 1 (subcallosal: 130 Hz, 90 us).
    """
    if not (math.isfinite(duration_s) and duration_s > 0):
        raise ConfigError(
            "the duration of stimulation is out of range",
            where="dbs.duration_s",
            expected="a positive, finite number",
            got=f"{duration_s}",
        )
    # a bad frequency is refused, with its place, by the train
    wanted = duration_s * frequency_hz
    pulses = max(1, round(wanted)) if math.isfinite(wanted) else 1
    return Stimulus(PulseTrain(onset_s, frequency_hz, pulses, width_s), _scaled(pattern, amplitude))


def gaussian_pattern(centroids_mm: ArrayLike, centre_mm: ArrayLike, sigma_mm: float) -> Array:
    """Return ``exp(-d**2 / (2 sigma**2))`` with d the distance of each region from a point.

    Parameters
    ----------
    centroids_mm : array_like, shape (region, 3)
        Places of the regions.
    centre_mm : array_like, shape (3,)
        Point in the same space, where the pattern would be 1.
    sigma_mm : float
        SD; 10 to 15 mm is the proposal of this project for a figure-of-eight coil.

    Returns
    -------
    ndarray, shape (region,)

    Raises
    ------
    DataError
        If a place has another shape or is not finite.
    ConfigError
        If sigma is not positive.
    """
    centroids = np.asarray(centroids_mm, dtype=float)
    centre = np.asarray(centre_mm, dtype=float)
    for name, values, fits, expected in (
        ("centroids_mm", centroids, centroids.ndim == 2 and centroids.shape[1] == 3, "[region, 3]"),
        ("centre_mm", centre, centre.shape == (3,), "[3]"),
    ):
        if not fits or not np.isfinite(values).all():
            raise DataError(
                "not places in space",
                where=f"gaussian_pattern.{name}",
                expected=f"finite numbers in mm, shape {expected}",
                got=describe(values),
            )
    if not (math.isfinite(sigma_mm) and sigma_mm > 0):
        raise ConfigError(
            "the width of a pattern is out of range",
            where="gaussian_pattern.sigma_mm",
            expected="a positive, finite number",
            got=f"{sigma_mm}",
        )
    square = ((centroids - centre) ** 2).sum(axis=1)
    return np.exp(-0.5 * square / sigma_mm**2)


def _scaled(pattern: ArrayLike, amplitude: float) -> Array:
    if not math.isfinite(amplitude):
        raise ConfigError(
            "the amplitude is not finite",
            where="stimulus.amplitude",
            expected="a finite number in the unit of the model's stimulus",
            got=f"{amplitude}",
        )
    return amplitude * np.asarray(pattern, dtype=float)
