"""Observables of the untreated patient."""

from __future__ import annotations

import numpy as np

from netmod.claims.evidence import Evidence
from netmod.claims.observables.common import where
from netmod.claims.observables.registry import observable
from netmod.units import parse_time_h


@observable("scans")
def transmitter(
    evidence: Evidence, name: str, arm: str, at: str, target: str, side: str = "LR"
) -> np.ndarray:
    """Return a proxy of glutamate (w_plus S_E) or gaba (J S_I) over a target, in nA or 1."""
    values = getattr(evidence.scans(arm, parse_time_h(at)), name)
    return values[:, where(evidence, target, side)].mean(axis=1)


@observable("scans")
def rate(evidence: Evidence, arm: str, at: str, target: str, side: str = "LR") -> np.ndarray:
    """Return the firing rate of a target in Hz."""
    rates = evidence.scans(arm, parse_time_h(at)).rates
    return rates[:, where(evidence, target, side)].mean(axis=1)


@observable("scans")
def transmitter_change(
    evidence: Evidence, name: str, arm: str, at: str, other: str, other_at: str, target: str,
    side: str = "LR",
) -> np.ndarray:  # fmt: skip
    """Return the change of a transmitter's proxy against another scan, in %."""
    own = transmitter(evidence, name, arm, at, target, side)
    before = transmitter(evidence, name, other, other_at, target, side)
    return 100.0 * (own / before - 1.0)


@observable("course")
def volume(evidence: Evidence, arm: str, at: str, target: str, side: str = "LR") -> np.ndarray:
    """Return the change of a target's volume against the unstressed, in %."""
    found = evidence.state(arm, "volume", parse_time_h(at))
    return 100.0 * found[:, where(evidence, target, side)].mean(axis=1)
