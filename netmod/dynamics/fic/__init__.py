"""Feedback inhibition control: the local inhibition that holds every region at its set-point."""

from __future__ import annotations

from netmod.dynamics.fic.by_simulation import Refinement, refine_by_simulation
from netmod.dynamics.fic.exact import TARGET_RATE_HZ, balance, excitatory_current
from netmod.dynamics.fic.interface import METHODS, Balanced, balance_inhibition

__all__ = [
    "METHODS",
    "TARGET_RATE_HZ",
    "Balanced",
    "Refinement",
    "balance",
    "balance_inhibition",
    "excitatory_current",
    "refine_by_simulation",
]
