"""The slow state of all subjects in one arm, and of how they differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

import numpy as np

STAGES = 4
"""Stages of the neurogenesis chain: proliferation, survival, growth, maturation."""


@dataclass(frozen=True)
class People:
    """How subjects answer, each factor 1 in the typical person.

    Attributes
    ----------
    clearance : array, shape (subject,)
        Elimination of drugs.
    induction : array, shape (subject,)
        Inducibility of synapses.
    stress : array, shape (subject,)
        Chronic stress while untreated, 0 in the healthy and 1 in the typical patient.
    seeds : tuple of int
        Root of each subject's random remodelling by seizures, the same in every arm.
    """

    clearance: np.ndarray
    induction: np.ndarray
    stress: np.ndarray
    seeds: tuple[int, ...]


STATES: Mapping[str, str] = {
    "early": "early change of a region's outgoing synapses, relative",
    "late": "late change of a region's outgoing synapses, relative",
    "threshold": "BCM factor of the calcium thresholds, 1 at rest",
    "bdnf": "BDNF, 1 in the unstressed",
    "released": "part of BDNF that sessions, seizures or disinhibition released, 0 at rest",
    "trkb": "TrkB potentiation, 0 at rest",
    "mtor": "mTOR activity, 0 to 1",
    "vegf": "VEGF, in units of what a reference seizure releases",
    "brake": "PV brake, 1 when closed",
    "spines": "spine density over the untreated one",
    "rise": "relative rise of the baseline of inhibition by seizures",
    "neurons": "volume by new neurons, relative",
    "glia": "volume by glia, relative",
    "vessels": "volume by vessels, relative",
    "atrophy": "volume lost to chronic stress, relative",
    "neurogenesis": "stages of the neurogenesis chain, 1 in the unstressed",
    "maturity": "maturity of granule cells, 1 at rest",
    "autoreceptor": "desensitisation of 5-HT1A autoreceptors, 0 to 1",
    "stress": "stress load, 1 in the typical untreated patient",
    "tone": "5-HT tone, 0 to 1",
    "occupancy_2a": "5-HT2A occupancy by agonists, 0 to 1",
    "occupancy_nmda": "NMDA occupancy, 0 to 1",
}
"""Every state that is reported, with its meaning and unit."""

_PLACED = ("early", "late", "bound", "lessons")


@dataclass
class SlowState:
    """State of all subjects in one arm at one time.

    Attributes
    ----------
    early, late, bound : array, shape (place, subject, region)
        Relative change of a region's outgoing synapses before and after consolidation, and what
        the last session there offered, which neither exceeds. Each coil place drives its own pool
        of synapses, so that sessions elsewhere undo nothing.
    threshold, bdnf, released, trkb, mtor, vegf, brake, spines, rise : array
        As in :data:`STATES`; shape (subject, region).
    neurons, glia, vessels, atrophy : array, shape (subject, region)
        Parts of volume, read out only.
    neurogenesis : array, shape (subject, 4)
        Stages of the chain.
    maturity, autoreceptor : array, shape (subject,)
        As in :data:`STATES`.
    lessons : array, shape (pattern, subject, region)
        Learning rate times strength of each pattern of surroundings, integrated since the last
        learning.
    learned : array, shape (subject, 2, target, source), or None
        Relative change of edges onto excitation and inhibition by learning; None while nothing
        was.
    turnover : array, shape (subject, target, source), or None
        Relative change of edges by seizures; None before the first.
    stress, tone, occupancy_2a, occupancy_nmda : array, shape (subject,)
        What holds at this moment.
    """

    early: np.ndarray
    late: np.ndarray
    bound: np.ndarray
    threshold: np.ndarray
    bdnf: np.ndarray
    released: np.ndarray
    trkb: np.ndarray
    mtor: np.ndarray
    vegf: np.ndarray
    brake: np.ndarray
    spines: np.ndarray
    rise: np.ndarray
    neurons: np.ndarray
    glia: np.ndarray
    vessels: np.ndarray
    atrophy: np.ndarray
    neurogenesis: np.ndarray
    maturity: np.ndarray
    autoreceptor: np.ndarray
    lessons: np.ndarray
    stress: np.ndarray
    tone: np.ndarray
    occupancy_2a: np.ndarray
    occupancy_nmda: np.ndarray
    learned: np.ndarray | None = None
    turnover: np.ndarray | None = None

    @property
    def efficacy(self) -> np.ndarray:
        """Relative change of each region's outgoing synapses, shape (subject, region)."""
        return (self.early + self.late).sum(axis=0)

    @property
    def volume(self) -> np.ndarray:
        """Relative change of regional volume, shape (subject, region)."""
        return self.neurons + self.glia + self.vessels + self.atrophy

    def copy(self) -> SlowState:
        """Return a copy that shares no array which a step changes."""
        # steps make new arrays of edges, so those can be shared
        own = {
            f.name: getattr(self, f.name).copy()
            for f in fields(self)
            if f.name not in ("learned", "turnover")
        }
        return replace(self, **own)

    def without_edges(self) -> SlowState:
        """Return the state without its arrays of edges: what a trace keeps."""
        return replace(self, learned=None, turnover=None)

    def of(self, subject: int) -> SlowState:
        """Return the state of one subject, the subject axis kept with length 1."""
        pick = slice(subject, subject + 1)
        own = {}
        for f in fields(self):
            value = getattr(self, f.name)
            if value is not None:
                own[f.name] = value[:, pick] if f.name in _PLACED else value[pick]
        return replace(self, **own)


def unstressed(stress: np.ndarray, constants: Mapping[str, float]) -> np.ndarray:
    """Return the share of proliferation that stress leaves; a twentieth at least."""
    return np.maximum(1.0 - constants["neurogenesis_stress"] * stress, 0.05)


def at_rest(
    people: People, anatomy, constants: Mapping[str, float], places: int, patterns: int
) -> SlowState:
    """Return the untreated state, in which each subject stays while nothing happens.

    Parameters
    ----------
    people : People
        For their chronic stress.
    anatomy : netmod.plasticity.anatomy.Anatomy
        For the regions.
    constants : mapping
        Values of :data:`netmod.plasticity.PARAMETERS`.
    places, patterns : int
        Number of coil places and of patterns of surroundings.
    """
    c = constants
    stress = np.array(people.stress, dtype=float)
    n, size = stress.size, anatomy.ht2a.size
    pools = np.zeros((places, n, size))
    zero, one = np.zeros((n, size)), np.ones((n, size))
    column = stress[:, None]
    born = unstressed(stress, c)
    return SlowState(
        early=pools,
        late=pools.copy(),
        bound=pools.copy(),
        threshold=one,
        bdnf=(1.0 - c["bdnf_stress"] * column) * one,
        released=zero,
        trkb=zero.copy(),
        mtor=zero.copy(),
        vegf=zero.copy(),
        brake=one.copy(),
        spines=one.copy(),
        rise=zero.copy(),
        neurons=zero.copy(),
        glia=zero.copy(),
        vessels=zero.copy(),
        atrophy=-c["volume_stress"] * column * anatomy.hippocampus,
        neurogenesis=np.repeat(born[:, None], STAGES, axis=1),
        maturity=np.ones(n),
        autoreceptor=np.zeros(n),
        lessons=np.zeros((patterns, n, size)),
        stress=stress.copy(),
        tone=np.zeros(n),
        occupancy_2a=np.zeros(n),
        occupancy_nmda=np.zeros(n),
    )
