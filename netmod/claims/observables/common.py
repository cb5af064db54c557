"""Observables that several families use: metrics, slow states, distances."""

from __future__ import annotations

import numpy as np

from netmod.claims.evidence import Evidence
from netmod.claims.observables.registry import observable
from netmod.errors import DataError
from netmod.graph.connectivity import correlation, fisher_z, regress_global_signal
from netmod.graph.distance import HEALTHY_FEATURES
from netmod.graph.distance import healthy_distance as distance_to_healthy
from netmod.units import parse_time_h


@observable("scans")
def metric(evidence: Evidence, name: str, arm: str, at: str) -> np.ndarray:
    """Return a readout of the scan (`netmod metrics`)."""
    signatures = evidence.scans(arm, parse_time_h(at)).signatures
    if name not in signatures:
        raise DataError(f"no metric '{name}' of a scan", expected=", ".join(signatures))
    return signatures[name]


@observable("course")
def state(
    evidence: Evidence, name: str, arm: str, at: str, target: str | None = None, side: str = "LR",
    stage: int | None = None,
) -> np.ndarray:  # fmt: skip
    """Return a slow state, averaged over a target's regions, or over cortex."""
    values = evidence.state(arm, name, parse_time_h(at))
    if name == "neurogenesis":
        return values[:, (stage or values.shape[1]) - 1]
    if values.ndim == 1:
        return values
    return values[:, where(evidence, target, side)].mean(axis=1)


@observable("scans")
def healthy_distance(evidence: Evidence, arm: str, at: str, healthy: str) -> np.ndarray:
    """Return the distance to the healthy arm at baseline, in its SD (see `netmod metrics`)."""
    own = evidence.scans(arm, parse_time_h(at)).signatures
    well = evidence.scans(healthy, 0.0).signatures
    n = own[HEALTHY_FEATURES[0]].size
    table = {
        "arm": np.repeat(["healthy", "own"], n),
        "subject": np.tile(np.arange(n), 2),
        "time_h": np.repeat([0.0, 1.0], n),
        **{name: np.concatenate([well[name], own[name]]) for name in HEALTHY_FEATURES},
    }
    return distance_to_healthy(table)[n:]


@observable("scans")
def fc_change(
    evidence: Evidence, arm: str, at: str, other: str, other_at: str, gsr: bool = True
) -> np.ndarray:
    """Return the root-mean-square change of cortical FC against another scan, in Fisher z."""
    return np.sqrt((moved(evidence, arm, at, other, other_at, gsr) ** 2).mean(axis=1))


def where(evidence: Evidence, target: str | None, side: str = "LR") -> np.ndarray:
    """Return the regions of a target, or the cortex where none is named."""
    return evidence.cortex if target is None else evidence.regions(target, side)


def cortical_z(evidence: Evidence, arm: str, at: str, gsr: bool = True) -> np.ndarray:
    """Return cortical FC in Fisher z, shape (subject, pair); NaN where a scan has no numbers."""
    key = "z", arm, parse_time_h(at), gsr
    if key not in evidence.memo:
        evidence.memo[key] = _cortical_z(evidence, arm, at, gsr)
    return evidence.memo[key]


def _cortical_z(evidence: Evidence, arm: str, at: str, gsr: bool) -> np.ndarray:
    scans = evidence.scans(arm, parse_time_h(at))
    cortex = evidence.cortex
    upper = np.triu_indices(cortex.size, 1)
    names = [evidence.atlas.region[i] for i in cortex]
    found = np.full((scans.ok.size, upper[0].size), np.nan)
    for k in np.flatnonzero(scans.ok):
        fc = scans.fc[k].astype(float)[np.ix_(cortex, cortex)]
        if gsr:
            fc = correlation(regress_global_signal(fc, names), names)
        found[k] = fisher_z(fc[upper])
    return found


def moved(
    evidence: Evidence, arm: str, at: str, other: str, other_at: str, gsr: bool = True
) -> np.ndarray:
    """Return the change of cortical FC of each subject, shape (subject, pair), in Fisher z."""
    own = cortical_z(evidence, arm, at, gsr)
    return own - cortical_z(evidence, other, other_at, gsr)


def weights_onto_excitation(evidence: Evidence, arm: str, at: str) -> np.ndarray:
    """Return long-range weights, shape (subject, target, source)."""
    return evidence.scans(arm, parse_time_h(at)).weights[:, 0].astype(float)
