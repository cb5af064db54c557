"""The slow layer: states of regions over hours to months, driven by events.

No term contains the healthy state or a target: an untreated subject, healthy or not, stays where it
is. Efficacies are relative changes of synapses, 0 when untouched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from netmod.plasticity.calcium import CalciumRule, synaptic_change
from netmod.plasticity.events import Dose, Event, Seizure, Session
from netmod.plasticity.pharmacology import DRUGS

STEP_H = 0.5
"""Step of the slow layer; every decay within a step is exact."""

GATES: Mapping[str, str] = {
    "ht2a": "5-HT2A occupancy that acts on the network",
    "ht1a": "5-HT1A current",
    "trkb": "TrkB potentiation by drugs",
    "consolidation": "early to late efficacy (BDNF)",
    "nmda": "NMDA-borne calcium in induction",
    "neurogenesis": "proliferation",
}
"""Pathways that a modifier can scale: 1 intact, 0 blocked."""


@dataclass(frozen=True)
class Anatomy:
    """What the slow layer needs to know of the regions.

    Attributes
    ----------
    field : mapping of str to array, shape (region,)
        Magnetic field of each stimulation target, 1 at the target.
    ht2a, ht1a : array, shape (region,)
        Receptor maps, maximum 1; 0 where unknown.
    hippocampus : array, shape (region,), bool
        Where neurogenesis acts.
    """

    field: Mapping[str, np.ndarray]
    ht2a: np.ndarray
    ht1a: np.ndarray
    hippocampus: np.ndarray


@dataclass(frozen=True)
class Person:
    """How one subject answers, each 1 in the typical person.

    Attributes
    ----------
    clearance : float
        Elimination of drugs.
    induction : float
        Inducibility of synapses.
    """

    clearance: float = 1.0
    induction: float = 1.0


@dataclass
class SlowState:
    """State of one subject in one arm at one time.

    Attributes
    ----------
    early, late : array, shape (region,)
        Relative change of a region's outgoing synapses, before and after consolidation.
    trkb : array, shape (region,)
        TrkB potentiation above 0.
    brake : array, shape (region,)
        PV brake, 1 when closed.
    spines : array, shape (region,)
        Relative gain of spine density.
    neurogenesis : array, shape (4,)
        Stages of the chain, each 0 to 1.
    autoreceptor : float
        Desensitisation of 5-HT1A autoreceptors, 0 to 1.
    seizure_inhibition : float
        Relative rise of the baseline of J.
    occupancy_2a, tone : float
        5-HT2A occupancy and 5-HT tone at this time.
    """

    early: np.ndarray
    late: np.ndarray
    trkb: np.ndarray
    brake: np.ndarray
    spines: np.ndarray
    neurogenesis: np.ndarray = field(default_factory=lambda: np.zeros(4))
    autoreceptor: float = 0.0
    seizure_inhibition: float = 0.0
    occupancy_2a: float = 0.0
    tone: float = 0.0

    @classmethod
    def at_rest(cls, n_regions: int) -> SlowState:
        """Return the untouched state."""
        zero = np.zeros(n_regions)
        return cls(zero, zero.copy(), zero.copy(), np.ones(n_regions), zero.copy())

    def copy(self) -> SlowState:
        """Return an independent copy."""
        arrays = {
            name: value.copy() if isinstance(value, np.ndarray) else value
            for name, value in vars(self).items()
        }
        return SlowState(**arrays)


def evolve(
    events: Sequence[Event],
    times_h: Sequence[float],
    anatomy: Anatomy,
    constants: Mapping[str, float],
    person: Person,
    gates: Mapping[str, float],
    rule: CalciumRule | None = None,
) -> list[SlowState]:
    """Return the slow state at each of some times.

    Events start just after time 0, so the state at 0 is the state before treatment.

    Parameters
    ----------
    events : sequence of Event
        The treatment, in any order.
    times_h : sequence of float
        Increasing times in h, the first at or after 0.
    anatomy : Anatomy
        Fields and receptor maps.
    constants : mapping
        Values of :data:`netmod.plasticity.PARAMETERS`.
    person : Person
        The subject's own factors.
    gates : mapping
        Factors of :data:`GATES`; absent means 1.
    rule : CalciumRule, optional
        Induction rule.
    """
    gate = {name: gates.get(name, 1.0) for name in GATES}
    rule = rule or CalciumRule()
    n = anatomy.ht2a.size
    state = SlowState.at_rest(n)
    instants = sorted((e for e in events if not isinstance(e, Dose)), key=lambda e: e.time_h)
    drugs = _Exposure([e for e in events if isinstance(e, Dose)], person, gate)
    inducibility = _Inducibility(constants["tau_refractory_h"])
    result, done = [], 0
    now = 0.0
    for until in times_h:
        while now < until - 1e-9:
            while done < len(instants) and instants[done].time_h <= now + 1e-9:
                _induce(state, instants[done], anatomy, constants, person, gate, rule, inducibility)
                done += 1
            following = instants[done].time_h if done < len(instants) else np.inf
            step = min(STEP_H, until - now, max(following - now, 1e-6))
            _relax(state, step, drugs.at(now + 0.5 * step), anatomy, constants, gate)
            now += step
        snapshot = state.copy()
        exposure = drugs.at(until)
        snapshot.occupancy_2a = exposure.occupancy_2a
        snapshot.tone = _tone(exposure, state, constants)
        result.append(snapshot)
    return result


@dataclass(frozen=True)
class _Now:
    occupancy_2a: float
    occupancy_sert: float
    trkb: float


class _Exposure:
    """Concentrations of all drugs given to one person."""

    def __init__(self, doses: Sequence[Dose], person: Person, gate: Mapping[str, float]) -> None:
        self._times = {
            name: (
                np.array([d.time_h for d in doses if d.drug == name]),
                np.array([d.amount for d in doses if d.drug == name]),
            )
            for name in {d.drug for d in doses}
        }
        self._clearance = person.clearance
        self._gate = gate

    def at(self, time_h: float) -> _Now:
        occupied = {"5-HT2A": 0.0, "SERT": 0.0}
        trkb = 0.0
        for name in sorted(self._times):
            times, amounts = self._times[name]
            drug = DRUGS[name]
            given = times < time_h
            level = (drug.concentration(time_h - times, self._clearance) * amounts)[given].sum()
            occupancy = float(drug.occupancy(level))
            occupied[drug.receptor] = max(occupied[drug.receptor], occupancy)
            trkb += drug.trkb * occupancy
        return _Now(
            occupied["5-HT2A"] * self._gate["ht2a"], occupied["SERT"], trkb * self._gate["trkb"]
        )


class _Inducibility:
    """How much of a session takes, by the time since the one before."""

    def __init__(self, tau_h: float) -> None:
        self._tau = tau_h
        self._last = -np.inf

    def take(self, time_h: float) -> float:
        since, self._last = time_h - self._last, time_h
        return 1.0 - np.exp(-since / self._tau) if self._tau > 0 else 1.0


def _induce(state, event, anatomy, constants, person, gate, rule, inducibility) -> None:
    if isinstance(event, Session):
        reach = anatomy.field[event.target]
        used = rule.scaled(event.intensity, gate["nmda"])
        change = synaptic_change(used, event.phases, event.repeats)
    elif isinstance(event, Seizure):
        reach = np.ones_like(state.early)
        change = synaptic_change(rule.scaled(1.0, gate["nmda"]), event.phases)
        state.seizure_inhibition += constants["seizure_inhibition"]
    ceiling = constants["recruited"] * person.induction * change * reach
    state.early += inducibility.take(event.time_h) * (ceiling - state.early) * (reach > 0)


def _relax(state, step_h, exposure, anatomy, c, gate) -> None:
    """Advance every state by one step; each is linear in itself while the others are held."""
    day = step_h / 24.0
    # late efficacy moves towards what early efficacy offers, and leaks
    window = 1.0 + c["brake_learning"] * (1.0 - state.brake)
    rate = c["consolidation_per_h"] * gate["consolidation"] * window * (np.abs(state.early) > 1e-12)
    leak = 1.0 / (24.0 * c["tau_late_d"])
    presence = np.exp(-step_h / c["tau_early_h"])
    total = rate + leak
    decay = np.exp(-total * step_h)
    state.late = state.late * decay + (rate * state.early / total) * (1.0 - decay)
    state.early = state.early * presence

    source = np.where(anatomy.hippocampus, 1.0, 0.0) * state.neurogenesis[-1]
    drive = c["trkb_psilocin"] * exposure.trkb + c["trkb_neurogenesis"] * source
    keep = np.exp(-step_h / c["tau_trkb_h"])
    state.trkb = state.trkb * keep + drive * c["tau_trkb_h"] * (1.0 - keep)

    opening = c["brake_per_d"] * state.trkb
    rate = opening + 1.0 / c["tau_brake_d"]
    rest = (1.0 / c["tau_brake_d"]) / rate
    state.brake = rest + (state.brake - rest) * np.exp(-rate * day)

    growth = state.trkb**3 / (state.trkb**3 + c["trkb_spines"] ** 3) * c["spine_per_d"]
    rate = growth / c["spine_max"] + 1.0 / c["tau_spine_d"]
    state.spines = growth / rate + (state.spines - growth / rate) * np.exp(-rate * day)

    tone = _tone(exposure, state, c)
    keep = np.exp(-day / c["tau_autoreceptor_d"])
    state.autoreceptor = state.autoreceptor * keep + exposure.occupancy_sert * (1.0 - keep)
    inflow = gate["neurogenesis"] * tone
    keep = np.exp(-day / c["tau_neurogenesis_d"])
    for stage in range(state.neurogenesis.size):
        before = state.neurogenesis[stage]
        state.neurogenesis[stage] = before * keep + inflow * (1.0 - keep)
        inflow = before
    state.seizure_inhibition *= np.exp(-day / c["tau_seizure_inhibition_d"])


def _tone(exposure: _Now, state: SlowState, c: Mapping[str, float]) -> float:
    """Return the 5-HT tone: transporter block, held back until autoreceptors desensitise."""
    early = c["serotonin_early_share"]
    return exposure.occupancy_sert * (early + (1.0 - early) * state.autoreceptor)
