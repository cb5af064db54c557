"""Calcium-control rule of Shouval, Bear and Cooper, an alternative to check the main rule by.

Shouval HZ, Bear MF, Cooper LN (2002), PNAS 99:10831, doi:10.1073/pnas.152343099:

    dW/dt = eta(c) (Omega(c) - W),   Omega(c) = 1/4 + s(c - alpha_2) - s(c - alpha_1) / 4

with s a logistic function of steepness beta and 1 / eta = P_1 / (P_2 + c^P_3) + P_4. The weight is
pulled to a level that calcium sets, and it has no memory of its own: at rest it drifts back.
All constants are recalled.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from netmod.plasticity.induction.calcium import HIPPOCAMPUS, CalciumRule, trace_of
from netmod.plasticity.induction.factors import INTACT, Factors
from netmod.plasticity.pulses import PulseTrain

REST_WEIGHT = 0.25
"""Level of the weight at rest."""


@dataclass(frozen=True)
class ShouvalRule:
    """Constants of the rule, recalled.

    Attributes
    ----------
    alpha_1, alpha_2 : float
        Calcium above which a synapse depresses, and above which it potentiates, in uM.
    beta : float
        Steepness of both, per uM.
    p_1_s, p_2, p_3, p_4_s : float
        Of the time constant p_1 / (p_2 + c^p_3) + p_4.
    unit : float
        Calcium in uM of 1 in the main rule; puts alpha_2 on its potentiation threshold
        (proposal).
    """

    alpha_1: float = 0.35
    alpha_2: float = 0.55
    beta: float = 80.0
    p_1_s: float = 0.1
    p_2: float = 1e-5
    p_3: float = 3.0
    p_4_s: float = 1.0
    unit: float = 0.55 / 1.3

    def level(self, calcium: np.ndarray) -> np.ndarray:
        """Return Omega, the level that calcium (uM) pulls the weight to."""
        up = expit(self.beta * (calcium - self.alpha_2))
        down = expit(self.beta * (calcium - self.alpha_1))
        return REST_WEIGHT + up - REST_WEIGHT * down

    def rate(self, calcium: np.ndarray) -> np.ndarray:
        """Return eta in 1/s at a calcium in uM."""
        return 1.0 / (self.p_1_s / (self.p_2 + calcium**self.p_3) + self.p_4_s)


def weight_after(
    train: PulseTrain,
    factors: Factors = INTACT,
    rule: ShouvalRule = ShouvalRule(),
    calcium: CalciumRule = HIPPOCAMPUS,
    step_s: float = 1e-3,
) -> float:
    """Return the weight after a session that began at rest (0.25).

    Parameters
    ----------
    train : PulseTrain
        The pulses.
    factors : Factors
        Of them the calcium amplitudes act; the rule has no separate rate of potentiation, and
        ``threshold`` and ``trkb_shift`` are left out.
    rule : ShouvalRule
        Constants.
    calcium : CalciumRule
        Whose calcium is used, scaled to uM.
    step_s : float
        Calcium is held over so long a step.
    """
    trace = trace_of(train, calcium.under(factors))
    steps = np.maximum(1, np.ceil(trace.gap_s / step_s)).astype(int)
    event = np.repeat(np.arange(steps.size), steps)
    length = (trace.gap_s / steps)[event]
    place = np.arange(event.size) - np.repeat(np.cumsum(steps) - steps, steps)
    level = trace.calcium[event] * np.exp(-(place + 0.5) * length / calcium.tau_calcium_s)
    level = level * rule.unit
    moved = rule.rate(level) * length
    # what each step adds, times what the later steps leave of it
    later = np.cumsum(moved[::-1])[::-1] - moved
    pulled = np.sum(-np.expm1(-moved) * rule.level(level) * np.exp(-later))
    return float(REST_WEIGHT * np.exp(-moved.sum()) + pulled)
