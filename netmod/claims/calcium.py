"""The laboratory of the calcium rule: one stimulated site, many draws of the rule's constants.

Claims about induction vary over the constants of the rule instead of over people: the site is
the same, every constant is drawn around its published value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from netmod.errors import DataError
from netmod.plasticity.anatomy import Anatomy
from netmod.plasticity.events import Session
from netmod.plasticity.induction import HIPPOCAMPUS, CalciumRule, Factors, outcome_of
from netmod.plasticity.pulses import PulseTrain
from netmod.plasticity.slow import Course, induction_factors
from netmod.plasticity.state import People, SlowState
from netmod.scenario import Arm

SPREAD = 0.05
"""SD of the logarithm of each constant over draws (proposal)."""

VARIED = (
    "tau_calcium_s", "delay_s", "c_pre", "c_post", "theta_p", "gamma_d", "gamma_p", "tau_s",
    "tau_m_s", "m_0", "k",
)  # fmt: skip
"""Constants that are drawn; ``theta_d`` is the unit of calcium."""


def draw_rules(count: int, seed: int) -> tuple[CalciumRule, ...]:
    """Return draws of the calcium rule, each constant log-normal around its default.

    Parameters
    ----------
    count : int
        Number of draws; the first ones do not depend on it.
    seed : int
        Of the draws.
    """
    rules = []
    for k in range(count):
        rng = np.random.default_rng([seed, k])
        factors = np.exp(SPREAD * rng.standard_normal(len(VARIED)))
        drawn = {n: getattr(HIPPOCAMPUS, n) * f for n, f in zip(VARIED, factors, strict=True)}
        rules.append(replace(HIPPOCAMPUS, **drawn))
    return tuple(rules)


@dataclass(eq=False)
class CalciumLab:
    """Arms given to a single site under every draw of the rule.

    Attributes
    ----------
    arms : mapping of str to Arm
        In the words of a scenario; modifiers act through their gates.
    rules : tuple of CalciumRule
        The draws.
    constants : mapping of str to float
        Values of :data:`netmod.plasticity.PARAMETERS`.
    """

    arms: Mapping[str, Arm]
    rules: tuple[CalciumRule, ...]
    constants: Mapping[str, float]
    _courses: dict = field(default_factory=dict, repr=False)

    def change(
        self,
        arm: str,
        rule: Mapping[str, float] | None = None,
        factors: Mapping[str, float] | None = None,
        train: Mapping[str, float] | None = None,
    ) -> np.ndarray:
        """Return the relative change of the mean synapse by an arm's first session.

        Parameters
        ----------
        arm : str
            Name of an arm; without a session nothing changes.
        rule : mapping, optional
            Constants of the rule that replace those drawn.
        factors : mapping, optional
            Fields of :class:`netmod.plasticity.induction.Factors` that replace the arm's.
        train : mapping, optional
            Fields of :class:`netmod.plasticity.pulses.PulseTrain` that replace the arm's.

        Returns
        -------
        ndarray, shape (draw,)
            New over old mean strength, minus 1.
        """
        found = self._arm(arm)
        session = next((e for e in found.events() if isinstance(e, Session)), None)
        if session is None:
            return np.zeros(len(self.rules))
        gates = found.gates()
        given = replace(
            induction_factors(gates), intensity=session.intensity, threshold=gates["threshold"]
        )
        given = replace(given, **(factors or {}))
        pulses = replace(session.train, **(train or {}))
        shift = self.constants["trkb_threshold"] * min(gates["agonist"] * gates["trkb_signal"], 1.0)
        return self._changes(pulses, given, shift, rule)

    def _changes(
        self, train: PulseTrain, factors: Factors, shift: float, rule: Mapping[str, float] | None
    ) -> np.ndarray:
        own = [replace(drawn, **(rule or {})) for drawn in self.rules]
        return np.array([float(outcome_of(train, factors, r, trkb_shift=shift).change)
                         for r in own])  # fmt: skip

    def state(
        self, arm: str, name: str, time_h: float, gates: Mapping[str, float] | None = None
    ) -> np.ndarray:
        """Return a slow state of the site at a time, shape (draw,).

        Parameters
        ----------
        arm : str
            Name of an arm.
        name : str
            An attribute of :class:`netmod.plasticity.state.SlowState` by region.
        time_h : float
            Hours from the first treatment.
        gates : mapping, optional
            Gates that replace those of the arm's modifiers.
        """
        key = arm, time_h, tuple(sorted((gates or {}).items()))
        if key not in self._courses:
            found = self._arm(arm)
            own = found.gates() | dict(gates or {})
            self._courses[key] = [self._followed(found, own, rule, time_h) for rule in self.rules]
        values = [getattr(state, name) for state in self._courses[key]]
        # pools of several coil places add up
        return np.array([(v.sum(axis=0) if v.ndim == 3 else v)[0, 0] for v in values])

    def _followed(
        self, arm: Arm, gates: Mapping[str, float], rule: CalciumRule, time_h: float
    ) -> SlowState:
        events = [event for event in arm.events() if event.time_h < time_h]
        places = {event.place for event in events if isinstance(event, Session)}
        one = np.ones(1)
        site = Anatomy(dict.fromkeys(places, one), one, one, np.array([False]))
        course = Course(
            events, People(one, one, one, (1,)), site, self.constants, gates,
            nodes_h=[time_h], rule=rule,
        )  # fmt: skip
        return course.advance(time_h, np.ones((1, 1)), {})

    def _arm(self, name: str) -> Arm:
        if name not in self.arms:
            raise DataError(f"no arm '{name}' in this row", expected=", ".join(self.arms))
        return self.arms[name]
