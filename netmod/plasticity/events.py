"""What a treatment can do to the slow layer: pulse sessions, shocks, doses, surroundings."""

from __future__ import annotations

from dataclasses import dataclass

from netmod.plasticity.pulses import PulseTrain


@dataclass(frozen=True)
class Session:
    """Magnetic stimulation of one place.

    Attributes
    ----------
    time_h : float
        Start, hours from the first treatment.
    train : PulseTrain
        The pulses.
    place : str
        Where the coil is: a key of :attr:`netmod.plasticity.anatomy.Anatomy.field`.
    intensity : float
        Field at the place relative to active stimulation; scales the calcium of each pulse.
    """

    time_h: float
    train: PulseTrain
    place: str
    intensity: float = 1.0


@dataclass(frozen=True)
class Shock:
    """An electroconvulsive stimulus; whether a seizure follows is the fast layer's matter.

    Attributes
    ----------
    time_h : float
        Hours from the first treatment.
    montage : str
        Electrode placement, a name of :data:`netmod.plasticity.field.MONTAGES`.
    charge : float
        Stimulus relative to the default dose of that montage; small ones stay below threshold.
    """

    time_h: float
    montage: str
    charge: float = 1.0


@dataclass(frozen=True)
class Dose:
    """One dose of a drug.

    Attributes
    ----------
    time_h : float
        Hours from the first treatment.
    drug : str
        Name in :data:`netmod.plasticity.pharmacology.COMPOUNDS`.
    amount : float
        Relative to the drug's reference dose.
    """

    time_h: float
    drug: str
    amount: float = 1.0


@dataclass(frozen=True)
class Surroundings:
    """A stretch of time in which the surroundings drive the brain in a pattern.

    Attributes
    ----------
    time_h, duration_h : float
        Start, hours from the first treatment, and length.
    pattern : str
        A name of :data:`netmod.plasticity.environment.PATTERNS`: which regions are driven.
    strength : float
        Relative to the pattern's reference drive.
    """

    time_h: float
    duration_h: float
    pattern: str
    strength: float = 1.0


Event = Session | Shock | Dose | Surroundings
