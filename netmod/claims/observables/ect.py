"""Observables of electroconvulsive therapy: seizures, growth, remodelling."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from netmod.claims.evidence import Evidence
from netmod.claims.observables.common import healthy_distance, weights_onto_excitation, where
from netmod.claims.observables.registry import observable
from netmod.errors import DataError
from netmod.units import parse_time_h


@observable("course")
def seizure(evidence: Evidence, name: str, arm: str, over: str = "mean") -> np.ndarray:
    """Return duration_s, suppression or spread of an arm's seizures: mean, min or max of them."""
    found: Mapping[str, np.ndarray] = evidence.course(arm).seizures
    if name not in found:
        raise DataError(f"no '{name}' of seizures in arm '{arm}'", expected=", ".join(found))
    return {"mean": np.mean, "min": np.min, "max": np.max}[over](found[name], axis=0)


@observable("course")
def growth(
    evidence: Evidence, arm: str, at: str, target: str, side: str = "LR", part: str = "volume"
) -> np.ndarray:
    """Return what volume, or a part of it, grew since baseline, in % of the patient's own."""
    own = where(evidence, target, side)
    before = 1.0 + evidence.state(arm, "volume", 0.0)[:, own]
    change = evidence.state(arm, part, parse_time_h(at)) - evidence.state(arm, part, 0.0)
    return 100.0 * (change[:, own] / before).mean(axis=1)


@observable("course")
def unaccounted(
    evidence: Evidence, arm: str, at: str, target: str, without: list[str]
) -> np.ndarray:
    """Return growth less what every pathway's block takes from it, in % of the whole growth."""
    whole = growth(evidence, arm, at, target)
    taken = sum(whole - growth(evidence, other, at, target) for other in without)
    return 100.0 * (1.0 - taken / whole)


@observable("scans")
def changed_weights(
    evidence: Evidence, arm: str, at: str, other: str, other_at: str, threshold: float = 0.05,
    target: str | None = None,
) -> np.ndarray:  # fmt: skip
    """Return the share of effective weights that changed by more than a threshold, relatively."""
    own = weights_onto_excitation(evidence, arm, at)
    before = weights_onto_excitation(evidence, other, other_at)
    there = before > 0
    if target is not None:  # edges that touch the target
        touched = np.zeros(there.shape[1:], dtype=bool)
        regions = where(evidence, target)
        touched[regions, :] = touched[:, regions] = True
        there = there & touched
    ratio = np.divide(own, before, out=np.ones_like(own), where=there)
    changed = (np.abs(ratio - 1.0) > threshold) & there
    return changed.sum(axis=(1, 2)) / there.sum(axis=(1, 2))


@observable("scans")
def volume_against_relief(
    evidence: Evidence, arm: str, at: str, untreated: str, healthy: str, target: str
) -> np.ndarray:
    """Return growth of a target in % and relief, the fall of distance to healthy, (subject, 2)."""
    grown = growth(evidence, arm, at, target)
    before = healthy_distance(evidence, untreated, "baseline", healthy)
    return np.column_stack([grown, before - healthy_distance(evidence, arm, at, healthy)])
