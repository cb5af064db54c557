"""Two-substance model of theta-burst after-effects, to check the calcium rule by.

Huang YZ, Rothwell JC, Chen RS, Lu CS, Chuang WL (2011), Clin Neurophysiol 122:1011,
doi:10.1016/j.clinph.2010.08.016, in the revised form, whose published code corrects an index and
fits the four constants of the substances anew. Calcium C_n left at burst n of a train makes a
facilitating substance by its rise and an inhibiting one by its level:

    C_n = C e^{-k d} (1 - e^{-n k d}) / (1 - e^{-k d})
    F_n = (r_f (C_n - C_{n-1}) + F_{n-1}) e^{-f}
    I_n = (r_i C_n + I_{n-1}) e^{-i}

with d the time between bursts; f and i count per burst, not per second. Trains add up while both
substances decay alike in the gaps. The after-effect is their difference. Its unit is that of the
published figures, about a tenth of the per cent change of the motor evoked potential.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from netmod.errors import ConfigError
from netmod.plasticity.pulses import PulseTrain


@dataclass(frozen=True)
class Course:
    """Rise and fall of an after-effect, both Hill functions of time over the peak time.

    Attributes
    ----------
    rise, rise_half : float
        Exponent, and time of half rise over peak time.
    fall, fall_half : float
        Exponent, and time from peak to half over peak time.
    """

    rise: float
    rise_half: float
    fall: float
    fall_half: float


@dataclass(frozen=True)
class HuangRule:
    """Constants of the revised model.

    Attributes
    ----------
    contracted, relaxed : float
        Calcium of a burst after a voluntary contraction, and without.
    k : float
        Decay of calcium between bursts, 1/s.
    r_f, f : float
        Facilitation by the rise of calcium; its decay per burst times calcium.
    r_i, i : float
        Inhibition by the level of calcium, times calcium squared; its decay per burst likewise.
    between : float
        Decay of both substances between trains, 1/s.
    last_s, half_bursts, steepness : float
        Peak time of inhibition for very many bursts, number of bursts that gives half of it,
        exponent.
    earlier : float
        Facilitation peaks so many times earlier.
    inhibition, facilitation : Course
        Time courses.

    Notes
    -----
    A later state of the published code has r_f = 1.44 and r_i = 0.127.
    """

    contracted: float = 1.0
    relaxed: float = 3.0
    k: float = 1.2
    r_f: float = 1.45
    f: float = 0.005
    r_i: float = 0.123
    i: float = 0.07
    between: float = 0.1
    last_s: float = 1800.0
    half_bursts: float = 130.0
    steepness: float = 3.6
    earlier: float = 5.0
    inhibition: Course = Course(rise=2.5, rise_half=0.2, fall=4.0, fall_half=1.1)
    facilitation: Course = Course(rise=3.0, rise_half=0.25, fall=2.0, fall_half=2.0)


def substances(
    train: PulseTrain, contraction: bool = True, rule: HuangRule = HuangRule()
) -> tuple[float, float]:
    """Return facilitation and inhibition at the end of a session of theta bursts.

    Parameters
    ----------
    train : PulseTrain
        Trains of bursts, all of the same length.
    contraction : bool
        Whether the muscle was contracted before, as in most studies.
    rule : HuangRule
        Constants.

    Raises
    ------
    ConfigError
        If the pulses do not come in bursts, or the last train is shorter than the others.
    """
    per_train = train.bursts_a_train
    if train.burst == 1 or train.pulses != train.trains * per_train * train.burst:
        raise ConfigError(
            "the two-substance model needs equal trains of bursts",
            where="PulseTrain",
            expected="burst above 1, and pulses a multiple of those of a train",
            got=f"{train.pulses} pulses, {train.burst} a burst, {per_train} bursts a train",
        )
    peak = rule.contracted if contraction else rule.relaxed
    interval = 1.0 / train.rate_hz - (train.burst - 1) / train.burst_hz
    left = math.exp(-rule.k * interval)
    facilitation = inhibition = before = 0.0
    for n in range(1, per_train + 1):
        calcium = peak * left * (1.0 - left**n) / (1.0 - left)
        rise = rule.r_f * (calcium - before)
        facilitation = (rise + facilitation) * math.exp(-rule.f / peak)
        inhibition = (rule.r_i / peak**2 * calcium + inhibition) * math.exp(-rule.i / peak**2)
        before = calcium
    kept = math.exp(-rule.between * train.pause_s)
    total = sum(kept**n for n in range(train.trains))
    return facilitation * total, inhibition * total


def net_effect(train: PulseTrain, contraction: bool = True, rule: HuangRule = HuangRule()) -> float:
    """Return facilitation minus inhibition; parameters as for :func:`substances`."""
    facilitation, inhibition = substances(train, contraction, rule)
    return facilitation - inhibition


def peak_time_s(
    train: PulseTrain, contraction: bool = True, rule: HuangRule = HuangRule()
) -> float:
    """Return when the after-effect peaks, in s after the session.

    Facilitation after a contraction peaks five times earlier than inhibition; without a
    contraction either sign takes the slow course. Parameters as for :func:`substances`.
    """
    bursts = train.pulses / train.burst
    grown = bursts**rule.steepness
    latest = rule.last_s * grown / (rule.half_bursts**rule.steepness + grown)
    facilitation, inhibition = substances(train, contraction, rule)
    return latest / rule.earlier if _quick(facilitation, inhibition, contraction) else latest


def after_effect(
    train: PulseTrain,
    times_s: np.ndarray,
    contraction: bool = True,
    rule: HuangRule = HuangRule(),
) -> np.ndarray:
    """Return the after-effect at times after the session.

    Parameters
    ----------
    train : PulseTrain
        Trains of bursts, all of the same length.
    times_s : ndarray, shape (time,)
        Times after the end of the session in s, at least 0.
    contraction : bool
        Whether the muscle was contracted before.
    rule : HuangRule
        Constants.

    Returns
    -------
    ndarray, shape (time,)
        Positive is facilitation.
    """
    facilitation, inhibition = substances(train, contraction, rule)
    quick = _quick(facilitation, inhibition, contraction)
    course = rule.facilitation if quick else rule.inhibition
    time = np.asarray(times_s, dtype=float) / peak_time_s(train, contraction, rule)
    risen = np.minimum(time, 1.0) ** course.rise
    since = np.maximum(time - 1.0, 0.0) ** course.fall
    level = risen / (course.rise_half**course.rise + risen)
    return (facilitation - inhibition) * level / (1.0 + since / course.fall_half**course.fall)


def _quick(facilitation: float, inhibition: float, contraction: bool) -> bool:
    return contraction and facilitation > inhibition
