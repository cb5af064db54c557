"""What a treatment can do to the slow layer: sessions of pulses, seizures, doses."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Phase:
    """Regular synaptic activation for a time: one pre- and one postsynaptic spike a pulse.

    Attributes
    ----------
    rate_hz : float
        Pulses per second; 0 is a pause.
    duration_s : float
        How long it lasts.
    """

    rate_hz: float
    duration_s: float


@dataclass(frozen=True)
class Session:
    """Magnetic stimulation of one place.

    Attributes
    ----------
    time_h : float
        Start, hours from the first treatment.
    phases : tuple of Phase
        One block, repeated ``repeats`` times (train and pause).
    repeats : int
        Number of blocks.
    target : str
        Name of the stimulated target in the atlas.
    intensity : float
        Field at the target relative to active stimulation; scales the calcium of each pulse.
    """

    time_h: float
    phases: tuple[Phase, ...]
    repeats: int
    target: str
    intensity: float = 1.0


@dataclass(frozen=True)
class Seizure:
    """A generalised seizure: the same synaptic rule, driven in every region.

    Attributes
    ----------
    time_h : float
        Start, hours from the first treatment.
    phases : tuple of Phase
        Discharge pattern from onset to end.
    """

    time_h: float
    phases: tuple[Phase, ...]


@dataclass(frozen=True)
class Dose:
    """One oral dose.

    Attributes
    ----------
    time_h : float
        Hours from the first treatment.
    drug : str
        Name in :data:`netmod.plasticity.pharmacology.DRUGS`.
    amount : float
        Relative to the drug's reference dose.
    """

    time_h: float
    drug: str
    amount: float = 1.0


Event = Session | Seizure | Dose
