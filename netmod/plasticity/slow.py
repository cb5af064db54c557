"""The slow layer: states of regions over hours to months, driven by events.

No term contains the healthy state or a target: an untreated subject, healthy or not, stays where it
is. Efficacies are relative changes of synapses, 0 when untouched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from netmod.plasticity.calcium import CalciumRule, synaptic_change
from netmod.plasticity.events import Dose, Event, Session
from netmod.plasticity.pharmacology import DRUGS

STEP_H = 1.0
"""Step of the slow layer; halving it changes no state by more than 1 % (tested)."""

_SAME_H = 1e-9

STAGES = 4
"""Stages of the neurogenesis chain."""

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
class People:
    """How subjects answer, each factor 1 in the typical person.

    Attributes
    ----------
    clearance : array, shape (subject,)
        Elimination of drugs.
    induction : array, shape (subject,)
        Inducibility of synapses.
    """

    clearance: np.ndarray
    induction: np.ndarray


@dataclass
class SlowState:
    """State of all subjects in one arm at one time; arrays ``[subject, region]``.

    Attributes
    ----------
    early, late : array, shape (subject, region)
        Relative change of a region's outgoing synapses, before and after consolidation.
    bound : array, shape (subject, region)
        Change that a region's last session offers: neither stage exceeds it.
    trkb : array, shape (subject, region)
        TrkB potentiation above 0.
    brake : array, shape (subject, region)
        PV brake, 1 when closed.
    spines : array, shape (subject, region)
        Relative gain of spine density.
    neurogenesis : array, shape (subject, 4)
        Stages of the chain, each 0 to 1.
    autoreceptor, seizure_inhibition : array, shape (subject,)
        Desensitisation of 5-HT1A autoreceptors, 0 to 1; relative rise of the baseline of J.
    occupancy_2a, tone : array, shape (subject,)
        5-HT2A occupancy and 5-HT tone at this time.
    """

    early: np.ndarray
    late: np.ndarray
    bound: np.ndarray
    trkb: np.ndarray
    brake: np.ndarray
    spines: np.ndarray
    neurogenesis: np.ndarray
    autoreceptor: np.ndarray
    seizure_inhibition: np.ndarray
    occupancy_2a: np.ndarray
    tone: np.ndarray

    @classmethod
    def at_rest(cls, n_subjects: int, n_regions: int) -> SlowState:
        """Return the untouched state."""
        regions = (n_subjects, n_regions)
        zero = {name: np.zeros(regions) for name in ("early", "late", "bound", "trkb", "spines")}
        scalar = {
            name: np.zeros(n_subjects)
            for name in ("autoreceptor", "seizure_inhibition", "occupancy_2a", "tone")
        }
        stages = np.zeros((n_subjects, STAGES))
        return cls(brake=np.ones(regions), neurogenesis=stages, **zero, **scalar)

    def copy(self) -> SlowState:
        """Return an independent copy."""
        return SlowState(**{name: value.copy() for name, value in vars(self).items()})

    def of(self, subject: int) -> SlowState:
        """Return the state of one subject: arrays without the subject axis."""
        return SlowState(**{name: value[subject] for name, value in vars(self).items()})


def evolve(
    events: Sequence[Event],
    times_h: Sequence[float],
    anatomy: Anatomy,
    constants: Mapping[str, float],
    people: People,
    gates: Mapping[str, float],
    rule: CalciumRule | None = None,
) -> list[SlowState]:
    """Return the slow state of one arm's subjects at each of some times.

    An event acts just after its time, so the state at 0 is the state before treatment. The path
    has its own grid, whole steps and events; a scan looks aside from it and changes nothing.

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
    people : People
        The subjects' own factors.
    gates : mapping
        Factors of :data:`GATES`; absent means 1.
    rule : CalciumRule, optional
        Induction rule.
    """
    if not events:
        rest = SlowState.at_rest(people.clearance.size, anatomy.ht2a.size)
        return [rest.copy() for _ in times_h]
    gate = {name: gates.get(name, 1.0) for name in GATES}
    rule = rule or CalciumRule()
    n = anatomy.ht2a.size
    state = SlowState.at_rest(people.clearance.size, n)
    instants = sorted((e for e in events if not isinstance(e, Dose)), key=lambda e: e.time_h)
    corners = _corners(events)
    drugs = _Exposure([e for e in events if isinstance(e, Dose)], people, gate)
    inducibility = _Inducibility(constants["tau_refractory_h"])
    result, done = [], 0
    now = 0.0
    for until in times_h:
        while now < until - _SAME_H:
            while done < len(instants) and instants[done].time_h <= now + _SAME_H:
                _induce(state, instants[done], anatomy, constants, people, gate, rule, inducibility)
                done += 1
            whole = STEP_H * (np.floor(now / STEP_H + _SAME_H) + 1.0)
            end = min(whole, corners[np.searchsorted(corners, now + _SAME_H, side="right")])
            if end > until + _SAME_H:
                break
            _relax(state, end - now, drugs.over(now, end), anatomy, constants, gate)
            now = end
        snapshot = state.copy()
        if now < until - _SAME_H:
            _relax(snapshot, until - now, drugs.over(now, until), anatomy, constants, gate)
        exposure = drugs.at(until)
        snapshot.occupancy_2a = exposure.occupancy_2a
        snapshot.tone = _tone(exposure, snapshot.autoreceptor, constants)
        result.append(snapshot)
    return result


def _corners(events: Sequence[Event]) -> np.ndarray:
    """Return the times that end a step: events, and quarter steps while a dose is absorbed."""
    fine = STEP_H * 0.25 * np.arange(17)
    corners = [e.time_h + fine if isinstance(e, Dose) else [e.time_h] for e in events]
    return np.unique(np.concatenate([*corners, [np.inf]]))


@dataclass(frozen=True)
class _Now:
    occupancy_2a: np.ndarray
    occupancy_sert: np.ndarray
    trkb: np.ndarray


class _Exposure:
    """Concentrations of all drugs given to one person."""

    def __init__(self, doses: Sequence[Dose], people: People, gate: Mapping[str, float]) -> None:
        self._given = {
            name: [
                np.array([getattr(d, what) for d in doses if d.drug == name])
                for what in ("time_h", "amount")
            ]
            for name in sorted({d.drug for d in doses})
        }
        self._clearance = people.clearance[:, None]
        self._gate = gate

    def over(self, start_h: float, end_h: float) -> _Now:
        """Return the mean over an interval without a dose inside (Gauss, two nodes)."""
        middle, reach = 0.5 * (start_h + end_h), 0.5 * (end_h - start_h) / np.sqrt(3.0)
        first, second = self.at(middle - reach), self.at(middle + reach)
        return _Now(
            0.5 * (first.occupancy_2a + second.occupancy_2a),
            0.5 * (first.occupancy_sert + second.occupancy_sert),
            0.5 * (first.trkb + second.trkb),
        )

    def at(self, time_h: float) -> _Now:
        none = np.zeros(self._clearance.shape[0])
        occupied = {"5-HT2A": none, "SERT": none}
        trkb = none
        for name, (times, amounts) in self._given.items():
            drug = DRUGS[name]
            # what was given twenty half-lives ago is gone
            recent = (times < time_h) & (times > time_h - 20.0 * drug.elimination_h)
            if not recent.any():
                continue
            level = drug.concentration(time_h - times[recent][None], self._clearance)
            occupancy = drug.occupancy((level * amounts[recent]).sum(axis=1))
            occupied[drug.receptor] = np.maximum(occupied[drug.receptor], occupancy)
            trkb = trkb + drug.trkb * occupancy
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


def _induce(state, event, anatomy, c, people, gate, rule, inducibility) -> None:
    if isinstance(event, Session):
        reach = anatomy.field[event.target]
        used = rule.scaled(event.intensity, gate["nmda"])
        change = synaptic_change(used, event.phases, event.repeats)
    else:
        reach = np.ones(state.early.shape[1])
        change = synaptic_change(rule.scaled(1.0, gate["nmda"]), event.phases)
        state.seizure_inhibition += c["seizure_inhibition"]
    if change == 0.0:
        return  # calcium stayed below both thresholds: nothing was induced and nothing undone
    offered = c["recruited"] * change * people.induction[:, None] * reach
    taken = inducibility.take(event.time_h)
    state.early = np.where(reach > 0, state.early + taken * (offered - state.early), state.early)
    state.bound = np.where(reach > 0, offered, state.bound)


def _relax(state, step_h, exposure, anatomy, c, gate) -> None:
    """Advance every state by one step: each exactly, the others at their mean over the step.

    First order would not do: early efficacy lives for an hour and a half, and held at its value
    before a step of 1 h it would consolidate by a third too much.
    """
    day = step_h / 24.0
    before = state.autoreceptor
    keep = np.exp(-day / c["tau_autoreceptor_d"])
    state.autoreceptor = before * keep + exposure.occupancy_sert * (1.0 - keep)
    tone = _tone(exposure, 0.5 * (before + state.autoreceptor), c)

    inflow = gate["neurogenesis"] * tone
    keep = np.exp(-day / c["tau_neurogenesis_d"])
    for stage in range(STAGES):
        before = state.neurogenesis[:, stage].copy()
        state.neurogenesis[:, stage] = before * keep + inflow * (1.0 - keep)
        inflow = 0.5 * (before + state.neurogenesis[:, stage])

    drive = c["trkb_psilocin"] * exposure.trkb[:, None]
    drive = drive + c["trkb_neurogenesis"] * anatomy.hippocampus * inflow[:, None]
    before, keep = state.trkb, np.exp(-step_h / c["tau_trkb_h"])
    state.trkb = before * keep + drive * c["tau_trkb_h"] * (1.0 - keep)
    trkb = 0.5 * (before + state.trkb)

    # written so that a closed brake stays exactly 1 without TrkB
    before, load = state.brake, 1.0 + c["tau_brake_d"] * c["brake_per_d"] * trkb
    state.brake = 1.0 / load + (before - 1.0 / load) * np.exp(-load * day / c["tau_brake_d"])
    brake = 0.5 * (before + state.brake)

    growth = trkb**3 / (trkb**3 + c["trkb_spines"] ** 3) * c["spine_per_d"]
    rate = growth / c["spine_max"] + 1.0 / c["tau_spine_d"]
    state.spines = growth / rate + (state.spines - growth / rate) * np.exp(-rate * day)

    # dL/dt = k (E - |E| L/|bound|) - L/tau, k raised where the PV brake is open
    keep = np.exp(-step_h / c["tau_early_h"])
    early = state.early * (1.0 - keep) * c["tau_early_h"] / step_h
    window = 1.0 + c["brake_learning"] * (1.0 - brake)
    offer = c["consolidation_per_h"] * gate["consolidation"] * window * early
    filling = np.divide(
        np.abs(offer), np.abs(state.bound), out=np.zeros_like(offer), where=state.bound != 0
    )
    rate = filling + 1.0 / (24.0 * c["tau_late_d"])
    state.late = offer / rate + (state.late - offer / rate) * np.exp(-rate * step_h)
    state.early = state.early * keep

    state.seizure_inhibition = state.seizure_inhibition * np.exp(
        -day / c["tau_seizure_inhibition_d"]
    )


def _tone(exposure: _Now, autoreceptor: np.ndarray, c: Mapping[str, float]) -> np.ndarray:
    """Return the 5-HT tone: transporter block, held back until autoreceptors desensitise."""
    early = c["serotonin_early_share"]
    return exposure.occupancy_sert * (early + (1.0 - early) * autoreceptor)
