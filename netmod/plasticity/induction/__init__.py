"""Induction: from a train of pulses to the change of a synapse."""

from netmod.plasticity.induction.calcium import HIPPOCAMPUS, PAIRING_S, CalciumRule
from netmod.plasticity.induction.efficacy import (
    Outcome,
    efficacy_after,
    outcome_of,
    synaptic_change,
)
from netmod.plasticity.induction.factors import INTACT, Factors
from netmod.plasticity.induction.table import SHIFTS, THRESHOLDS, Induction, induction_of

__all__ = [
    "HIPPOCAMPUS",
    "INTACT",
    "PAIRING_S",
    "SHIFTS",
    "THRESHOLDS",
    "CalciumRule",
    "Factors",
    "Induction",
    "Outcome",
    "efficacy_after",
    "induction_of",
    "outcome_of",
    "synaptic_change",
]
