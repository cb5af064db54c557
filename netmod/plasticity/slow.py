"""The slow layer: one documented system of states over hours to months, driven by events.

No term contains the healthy state or a target: an untreated subject, healthy or not, stays where it
is, to the last bit. Every step is exact for each state by itself and takes the others at their mean
over the step, which makes the whole second order in the step. In h, per region i (bars: gates that
a modifier can close, left out here):

.. code-block:: text

    induction   E_p += q (r v c(train, Theta, T) reach_p - E_p)      at a session in place p,
                v: the person's inducibility, q = 1 - exp(-since the last one / tau_refractory)
    early       dE/dt = -E / tau_early
    late        dL/dt = k BDNF (1 + g (1 - P)) (E - |E| L / |bound|) - L / tau_late
    threshold   dTheta/dt = (1 + a_Theta (A - 1) - Theta) / tau_Theta
    BDNF        B = B_tonic + B_released,  dB_released/dt = b_N NMDA - B_released / tau_B
                dB_tonic/dt = (1 - b_s s + b_A (A - 1) - B_tonic) / tau_B
    TrkB        dT/dt = d binding + e B_released + n (N4 - N_rest)+ - T / tau_T
    mTOR        dm/dt = (T^3 / (T^3 + K^3) - m) / tau_m
    spines      dD/dt = g m (1 - (D - D_inf) / D_max) - (D - D_inf) / tau_D,
                D_inf = 1 - d_s (s - s_0)
    PV brake    dP/dt = (1 - P) / tau_P - k_P T P
    VEGF        dG/dt = -G / tau_G
    neurons     N1 <- (1 + 5-HT1A tone) (1 - n_s s), N2 <- (1 + 5-HT4 tone) N1,
                N3 <- N2, N4 <- (1 + 5-HT4 tone) N3,  each with tau_N
    maturity    dM/dt = (1 - h tone - M) / tau_M
    receptors   dR/dt = (SERT - R) / tau_R,  tone = SERT (e + (1 - e) R)
    stress      s = s_0 (1 + x environment) exp(-b (N4 / N_rest - 1))
    volume      dV/dt = glia B_released , vessels G , neurons (N1 - N_rest)+ , -s;  - V / tau_V
    turnover    X_ij += sigma sqrt(z_i z_j) xi_ij at a seizure of power z;  dX/dt = -X / tau_X
    learning    dM_ij/dt = u eta_i a_i a_j (1 - sign(a_i a_j) M / M_max) - M / tau_M,
                eta_i = eta B (1 + g (1 - P_i)) (1 + k_M (1 - M_DG) in the hippocampus),
                a: relative changes of S_E (of S_I where an inhibitory population receives)
                when a pattern of surroundings drives the network at strength 1; u: its strength

Sessions and seizures add to what is released. A is the region's rate over its untreated one, given
by the fast model at its nodes. Sessions, shocks and doses act at their times; inhibition J has its
own equation in :mod:`netmod.study.inhibition`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import numpy as np

from netmod.plasticity.anatomy import Anatomy
from netmod.plasticity.environment import ENVIRONMENTS, PATTERNS, STRESSING, learned
from netmod.plasticity.events import Dose, Event, Session, Shock, Surroundings
from netmod.plasticity.gates import GATES
from netmod.plasticity.induction import CalciumRule, Factors, induction_of
from netmod.plasticity.pharmacology import Exposure, Occupancies
from netmod.plasticity.state import People, SlowState, at_rest, unstressed
from netmod.plasticity.stepping import MeanExposure, mean, step_ends, towards

_SAME_H = 1e-9


class Discharge(Protocol):
    """What a shock leads to; ``power`` is 0 where no seizure follows."""

    power: np.ndarray
    """Full discharge in s, shape (subject, region)."""


Answers = Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray]]
"""Of each pattern of surroundings: relative changes, shape (subject, region), of what a region
sends, of its excitatory and of its inhibitory population."""


def induction_factors(gates: Mapping[str, float]) -> Factors:
    """Return what gates change of the calcium rule, the same in every session of an arm."""
    return Factors(
        nmda=gates["nmda"], potentiation=gates["potentiation"], pre=gates["pre"],
        post=gates["post"],
    )  # fmt: skip


class Course:
    """The slow states of one arm's subjects, moved on from node to node.

    Nodes are where the fast model is solved anew and hands back its rates; between them they are
    held. A scan looks aside (:meth:`aside`) and changes nothing.

    Parameters
    ----------
    events : sequence of Event
        The treatment, in any order.
    people : People
        The subjects.
    anatomy : Anatomy
        Fields of all places used, receptor maps.
    constants : mapping
        Values of :data:`netmod.plasticity.PARAMETERS`.
    gates : mapping
        Values of :data:`netmod.plasticity.gates.GATES`; absent means neutral.
    environment : str
        Surroundings day and night, a name of
        :data:`netmod.plasticity.environment.ENVIRONMENTS`.
    route : str
        How drugs reach plasticity (:class:`netmod.plasticity.pharmacology.Exposure`).
    nodes_h : sequence of float
        Times that end a step besides those of the events: all nodes, so that steps do not depend
        on how far one asks.
    trace_h : sequence of float
        Times at which the state is kept in :attr:`trace`; they end a step, too.
    discharge : callable, optional
        What a shock does; needed if the events have one.
    rule : CalciumRule, optional
        Induction rule.
    refine : int
        Number of parts of every step, to check convergence.

    Attributes
    ----------
    state : SlowState
        Now.
    now_h : float
        Time of that state; an event at this very time has not acted yet.
    trace : list of (float, SlowState)
        Time in h and state without edges, as far as it has come.
    """

    def __init__(
        self,
        events: Sequence[Event],
        people: People,
        anatomy: Anatomy,
        constants: Mapping[str, float],
        gates: Mapping[str, float] | None = None,
        environment: str = "neutral",
        route: str = "trkb",
        nodes_h: Sequence[float] = (),
        trace_h: Sequence[float] = (),
        discharge: Callable[[Shock], Discharge] | None = None,
        rule: CalciumRule | None = None,
        refine: int = 1,
    ) -> None:
        given = dict(gates or {})
        self._gate = {name: given.get(name, gate.neutral) for name, gate in GATES.items()}
        self._people, self._anatomy, self._c = people, anatomy, constants
        self._rule = rule or CalciumRule()
        self._discharge = discharge
        self._around = [e for e in events if isinstance(e, Surroundings)]
        self._background = ENVIRONMENTS[environment]
        self._instants = sorted(
            (e for e in events if isinstance(e, Session | Shock)),
            # events of one time always act in the same order, however they are listed
            key=lambda e: (e.time_h, repr(e)),
        )
        self._places = sorted({e.place for e in events if isinstance(e, Session)})
        driven = {e.pattern for e in self._around} | set(self._background)
        self.patterns = tuple(name for name in PATTERNS if name in driven)
        block = {
            receptor: self._gate[name] for receptor, name in (("5-HT2A", "ht2a"), ("TrkB", "trkb"))
        }
        doses = [e for e in events if isinstance(e, Dose)]
        self._exposure = Exposure(doses, people.clearance, block, route)
        self._pool = self._pools()
        self._last = {k: np.full(people.clearance.size, -np.inf) for k in set(self._pool.values())}
        self._done = 0
        self._shocks = 0
        self._discharges: list[Discharge] = []
        self._still = not events and not self._background and self._gate == {
            name: gate.neutral for name, gate in GATES.items()
        }  # fmt: skip
        self._ends = step_ends(events, [*nodes_h, *trace_h], refine)
        self._due = sorted(trace_h)
        self.trace: list[tuple[float, SlowState]] = []
        self._step, self._met = 0, MeanExposure(self._exposure, self._ends)
        self.now_h = 0.0
        self.state = at_rest(people, anatomy, constants, len(self._places), len(self.patterns))
        self._rest = self.state.copy()

    def advance(self, until_h: float, activity: np.ndarray, answers: Answers) -> SlowState:
        """Move on to a node and return the state there.

        Parameters
        ----------
        until_h : float
            A node, not before :attr:`now_h`.
        activity : array, shape (subject, region)
            Rates over untreated ones, held from the last node on.
        answers : mapping
            To each pattern of :attr:`patterns`, from the last node on.
        """
        if self._still:
            self.now_h = until_h
            self._keep(until_h)
            return self.state
        while self.now_h < until_h - _SAME_H:
            self._keep(self.now_h)
            self._act()
            end = self._ends[self._step]
            if end > until_h + _SAME_H:
                raise ValueError(f"{until_h} h is no node")
            if end > self.now_h + _SAME_H:
                self._relax(self.state, self.now_h, end, self._met.over(self._step), activity)
                self.now_h = float(end)
            self._step += 1
        self._keep(until_h)
        self._learn(self.state, answers)
        self._look(self.state, until_h)
        return self.state

    def _keep(self, until_h: float) -> None:
        """Write down the state if that is due; only where nothing moves, it may be late."""
        while self._due and self._due[0] <= until_h + _SAME_H:
            time_h = self._due.pop(0)
            state = self.state.copy()
            self._look(state, time_h)
            self.trace.append((time_h, state.without_edges()))

    def aside(
        self, until_h: float, activity: np.ndarray, answers: Answers, last: bool = False
    ) -> SlowState:
        """Return the state at a time until the next node, and stay where this is.

        With ``last``, nothing comes after it: what is due for the trace until then is kept.
        """
        here = self.state, dict(self._last), self._done, self._shocks, self._step, self.now_h
        self.state = self.state.copy()
        try:
            while not self._still and self.now_h < until_h - _SAME_H:
                if last:
                    self._keep(self.now_h)
                self._act()
                end = min(self._ends[self._step], until_h)
                if end > self.now_h + _SAME_H:
                    met = MeanExposure(self._exposure, np.array([end]), self.now_h).over(0)
                    self._relax(self.state, self.now_h, end, met, activity)
                    self.now_h = float(end)
                self._step += 1
            if last:
                self._keep(until_h)
            self._learn(self.state, answers)
            self._look(self.state, until_h)
            return self.state
        finally:
            self.state, self._last, self._done, self._shocks, self._step, self.now_h = here

    def _pools(self) -> dict[str, int]:
        """Return the pool of synapses of each place; two names of one place share theirs."""
        pools: dict[str, int] = {}
        for k, place in enumerate(self._places):
            field = self._anatomy.field[place]
            alike = (p for p in pools if np.array_equal(self._anatomy.field[p], field))
            pools[place] = pools.get(next(alike, ""), k)
        return pools

    # what happens at an instant

    def _act(self) -> None:
        """Let all events up to now act."""
        while (
            self._done < len(self._instants)
            and self._instants[self._done].time_h <= self.now_h + _SAME_H
        ):
            event = self._instants[self._done]
            self._done += 1
            if isinstance(event, Session):
                self._stimulate(event)
            else:
                self._shock(event)

    def _stimulate(self, event: Session) -> None:
        state, c, gate = self.state, self._c, self._gate
        reach = np.broadcast_to(self._anatomy.field[event.place], state.bdnf.shape)
        # the state of a session's place: the mean over what its field reaches
        weight = reach / reach.sum(axis=1, keepdims=True)
        threshold = (weight * state.threshold).sum(axis=1) * gate["threshold"]
        trkb = (weight * self._signal(state.trkb)).sum(axis=1)
        table = induction_of(event.train, event.intensity, induction_factors(gate), self._rule)
        shift = c["trkb_threshold"] * np.minimum(trkb, 1.0)
        change = table.change(threshold, shift)[:, None]
        driven = -np.expm1(-table.up_s(threshold, shift) / c["bdnf_calcium_s"])[:, None]
        # calcium that stays below both thresholds induces nothing and undoes nothing
        acts = change != 0.0
        k = self._pool[event.place]
        since, tau = event.time_h - self._last[k], c["tau_refractory_h"]
        self._last[k] = np.where(acts[:, 0], event.time_h, self._last[k])
        taken = -np.expm1(-since / tau)[:, None] if tau > 0 else 1.0
        offered = c["recruited"] * change * self._people.induction[:, None] * reach
        early, bound = state.early.copy(), state.bound.copy()
        early[k] = np.where(acts, early[k] + taken * (offered - early[k]), early[k])
        bound[k] = np.where(acts, offered, bound[k])
        state.early, state.bound = early, bound
        state.threshold = state.threshold + gate["bcm"] * c["threshold_session"] * driven * reach
        self._release(c["bdnf_session"] * driven * reach)

    def _shock(self, event: Shock) -> None:
        state, c, gate = self.state, self._c, self._gate
        if self._shocks == len(self._discharges):  # a look aside may have met this shock before
            self._discharges.append(self._discharge(event))
        power = self._discharges[self._shocks].power / c["seizure_reference_s"]
        self._release(c["bdnf_seizure"] * power)
        state.vegf = state.vegf + gate["vegf"] * c["vegf_seizure"] * power
        state.rise = state.rise + c["seizure_inhibition"] * power
        born = state.neurogenesis.copy()
        site = self._anatomy.hippocampus
        mean = power[:, site].mean(axis=1) if site.any() else 0.0
        born[:, 0] += gate["neurogenesis"] * c["proliferation_seizure"] * mean
        state.neurogenesis = born
        # remodelling has no direction: which edges gain is drawn, the same in every arm
        drawn = np.stack([_symmetric_normal(seed, self._shocks, power.shape[1])
                          for seed in self._people.seeds])  # fmt: skip
        size = np.sqrt(power[:, :, None] * power[:, None, :])
        before = 0.0 if state.turnover is None else state.turnover
        state.turnover = before + c["turnover_seizure"] * size * drawn
        self._shocks += 1

    def _release(self, amount: np.ndarray) -> None:
        """Release BDNF: less, the more there is."""
        state, c = self.state, self._c
        room = 1.0 - state.released / c["bdnf_saturation"]
        amount = amount * self._gate["bdnf_release"] * np.clip(room, 0.0, 1.0)
        state.bdnf = state.bdnf + amount
        state.released = state.released + amount

    # what happens over a step

    def _relax(
        self, state: SlowState, start_h: float, end_h: float, met: Occupancies, activity: np.ndarray
    ) -> None:
        c, gate, rest = self._c, self._gate, self._rest
        step_h = end_h - start_h
        day = step_h / 24.0
        strength = self._strength(0.5 * (start_h + end_h))

        before, tau = state.autoreceptor, c["tau_autoreceptor_d"]
        state.autoreceptor = towards(before, met.sert, day, tau)
        tone = _tone(met.sert, mean(before, met.sert, day, tau), c)
        ht1a, ht4 = gate["ht1a"] * tone, gate["ht4"] * tone
        state.maturity = towards(
            state.maturity, 1.0 - c["dematurity_tone"] * tone, day, c["tau_dematurity_d"]
        )

        born = rest.neurogenesis[:, 0]
        survival = 1.0 + gate["neurogenesis"] * c["survival_tone"] * ht4
        old, tau = state.neurogenesis, c["tau_neurogenesis_d"]
        # halfway through the step, as what sets stress and is set by it goes round in a circle
        midway = towards(old[:, 3], survival * old[:, 2], 0.5 * day, tau)
        stress = self._stress(midway, strength)
        fresh = (1.0 + c["proliferation_tone"] * ht1a) * unstressed(stress, c)
        inflow = born + gate["neurogenesis"] * (fresh - born)
        chain, means = np.empty_like(old), []
        for stage, factor in enumerate((1.0, survival, 1.0, survival)):
            aim = inflow * factor
            chain[:, stage] = towards(old[:, stage], aim, day, tau)
            inflow = mean(old[:, stage], aim, day, tau)
            means.append(inflow)
        young, mature = means[0] - born, means[-1] - born
        state.neurogenesis = chain
        stress = stress[:, None]

        aim = 1.0 - c["bdnf_stress"] * stress
        aim = aim + gate["bdnf_release"] * c["bdnf_activity"] * (activity - 1.0)
        tonic, tau = state.bdnf - state.released, c["tau_bdnf_h"]
        freed = gate["bdnf_release"] * c["bdnf_nmda"] * met.nmda[:, None] * tau
        released = mean(state.released, freed, step_h, tau)
        bdnf = mean(tonic, aim, step_h, tau) + released
        state.released = towards(state.released, freed, step_h, tau)
        state.bdnf = towards(tonic, aim, step_h, tau) + state.released

        aim = 1.0 + gate["bcm"] * c["threshold_activity"] * (activity - 1.0)
        state.threshold = towards(state.threshold, aim, step_h, c["tau_threshold_h"])

        site = np.where(self._anatomy.hippocampus, 1.0, c["neurogenesis_elsewhere"])
        drive = c["trkb_drug"] * met.trkb[:, None] + c["trkb_bdnf"] * released
        drive = drive + c["trkb_neurogenesis"] * site * np.maximum(mature, 0.0)[:, None]
        tau = c["tau_trkb_h"]
        aim = gate["trkb_signal"] * drive * tau
        trkb = self._signal(mean(state.trkb, aim, step_h, tau))
        state.trkb = towards(state.trkb, aim, step_h, tau)

        cubed = trkb**3
        aim = gate["mtor"] * cubed / (cubed + c["trkb_mtor"] ** 3)
        growth = c["spine_per_d"] * mean(state.mtor, aim, step_h, c["tau_mtor_h"])
        state.mtor = towards(state.mtor, aim, step_h, c["tau_mtor_h"])
        floor = 1.0 - c["spine_stress"] * (stress - self._rest.stress[:, None])
        rate = growth / c["spine_max"] + 1.0 / c["tau_spine_d"]
        state.spines = towards(state.spines, floor + growth / rate, day, 1.0 / rate)

        # written so that a closed brake stays exactly 1 without TrkB
        load = 1.0 + gate["pv"] * c["tau_brake_d"] * c["brake_per_d"] * trkb
        tau = c["tau_brake_d"] / load
        open_ = 1.0 - mean(state.brake, 1.0 / load, day, tau)
        state.brake = towards(state.brake, 1.0 / load, day, tau)

        before = state.vegf
        state.vegf = before * np.exp(-step_h / c["tau_vegf_h"])
        vegf = (before - state.vegf) * c["tau_vegf_h"] / step_h
        state.rise = state.rise * np.exp(-day / c["tau_seizure_inhibition_d"])
        if state.turnover is not None:
            state.turnover = state.turnover * np.exp(-day / c["tau_turnover_d"])

        tau = c["tau_volume_d"]
        where = self._anatomy.hippocampus
        state.glia = towards(state.glia, c["gliogenesis_per_d"] * released * tau, day, tau)
        state.vessels = towards(state.vessels, c["angiogenesis_per_d"] * vegf * tau, day, tau)
        new = c["neurogenesis_volume_per_d"] * np.maximum(young, 0.0)[:, None] * where
        state.neurons = towards(state.neurons, new * tau, day, tau)
        state.atrophy = towards(state.atrophy, -c["volume_stress"] * stress * where, day, tau)

        self._consolidate(state, step_h, bdnf, open_)
        rate = c["learning_per_d"] * bdnf * (1.0 + c["brake_gain"] * open_)
        immature = c["dematurity_learning"] * (1.0 - state.maturity)[:, None] * where
        rate = rate * (1.0 + immature)
        if self.patterns:
            state.lessons = state.lessons + day * np.stack(
                [strength.get(name, 0.0) * rate for name in self.patterns]
            )
        if state.learned is not None:
            state.learned = state.learned * np.exp(-day / c["tau_learning_d"])

    def _consolidate(
        self, state: SlowState, step_h: float, bdnf: np.ndarray, open_: np.ndarray
    ) -> None:
        """Advance early and late efficacy: dL/dt = k (E - |E| L/|bound|) - L/tau."""
        c = self._c
        keep = np.exp(-step_h / c["tau_early_h"])
        early = state.early * (1.0 - keep) * c["tau_early_h"] / step_h
        rate = c["consolidation_per_h"] * self._gate["consolidation"]
        offer = rate * bdnf * (1.0 + c["brake_gain"] * open_) * early
        filling = np.divide(
            np.abs(offer), np.abs(state.bound), out=np.zeros_like(offer), where=state.bound != 0
        )
        rate = filling + 1.0 / (24.0 * c["tau_late_d"])
        state.late = towards(state.late, offer / rate, step_h, 1.0 / rate)
        state.early = state.early * keep

    def _learn(self, state: SlowState, answers: Answers) -> None:
        """Turn what was felt since the last node into changes of edges."""
        if not self.patterns or not state.lessons.any():
            return
        largest = self._c["learning_max"]
        n, size = state.bdnf.shape
        change = np.zeros((n, 2, size, size)) if state.learned is None else state.learned
        for name, dose in zip(self.patterns, state.lessons, strict=True):
            sent, excited, inhibited = answers[name]
            change = np.stack(
                [
                    learned(change[:, k], answer, sent, dose, largest)
                    for k, answer in enumerate((excited, inhibited))
                ],
                axis=1,
            )
        state.learned = change
        state.lessons = np.zeros_like(state.lessons)

    def _look(self, state: SlowState, time_h: float) -> None:
        """Set what holds at this very moment."""
        met = self._exposure.at(np.array([time_h]))
        state.occupancy_2a, state.occupancy_nmda = met.ht2a[0], met.nmda[0]
        state.tone = _tone(met.sert[0], state.autoreceptor, self._c)
        state.stress = self._stress(state.neurogenesis[:, -1], self._strength(time_h))

    def _signal(self, trkb: np.ndarray) -> np.ndarray:
        return trkb + self._gate["agonist"] * self._gate["trkb_signal"]

    def _strength(self, time_h: float) -> dict[str, float]:
        """Return how strongly each pattern drives the brain at a time."""
        found = dict(self._background)
        for e in self._around:
            if e.time_h < time_h <= e.time_h + e.duration_h:
                found[e.pattern] = found.get(e.pattern, 0.0) + e.strength
        return found

    def _stress(self, mature: np.ndarray, strength: Mapping[str, float]) -> np.ndarray:
        """Return the stress load: what surroundings add, less what new neurons take."""
        c = self._c
        usual = ENVIRONMENTS["adverse"]["threat"]
        pressure = sum(STRESSING[name] * s / usual for name, s in strength.items())
        around = 1.0 + c["environment_stress"] * float(np.clip(pressure, -1.0, 1.0))
        grown = mature / self._rest.neurogenesis[:, -1] - 1.0
        load = self._gate["stress"] * self._people.stress * around
        return load * np.exp(-c["stress_buffer"] * grown)


def _tone(sert: np.ndarray, autoreceptor: np.ndarray, c: Mapping[str, float]) -> np.ndarray:
    """Return the 5-HT tone: transporter block, held back until autoreceptors desensitise."""
    early = c["serotonin_early_share"]
    return sert * (early + (1.0 - early) * autoreceptor)


def _symmetric_normal(seed: int, count: int, size: int) -> np.ndarray:
    """Return standard normal numbers, one for both directions of an edge."""
    drawn = np.triu(np.random.default_rng([seed, count]).standard_normal((size, size)), 1)
    return drawn + drawn.T
