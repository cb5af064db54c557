"""Observables of the SSRI: what of the final change is there by a week."""

from __future__ import annotations

import numpy as np

from netmod.claims.evidence import Evidence
from netmod.claims.observables.common import healthy_distance, metric
from netmod.claims.observables.registry import observable
from netmod.units import parse_time_h


@observable("course")
def grown_cells(evidence: Evidence, arm: str, at: str) -> np.ndarray:
    """Return what was added to the last stage of the neurogenesis chain since baseline."""
    now, before = (evidence.state(arm, "neurogenesis", t) for t in (parse_time_h(at), 0.0))
    return (now - before)[:, -1]


@observable("scans")
def relief_share(
    evidence: Evidence, arm: str, at: str, until: str, untreated: str, healthy: str
) -> np.ndarray:
    """Return the mean relief by a time over that at the end of the course, jackknifed by subject.

    Relief is the fall of distance to healthy against untreated patients. Single subjects' shares
    are ratios of small numbers; the pseudo-values of the ratio of means are not.
    """
    before = healthy_distance(evidence, untreated, "baseline", healthy)
    early, late = (before - healthy_distance(evidence, arm, t, healthy) for t in (at, until))
    return pseudo_values(early, late)


@observable("scans")
def gap_to_healthy(evidence: Evidence, name: str, arm: str, at: str, healthy: str) -> np.ndarray:
    """Return the distance of a metric from the same person without the lesion."""
    own = metric(evidence, name, arm, at)
    return np.abs(own - evidence.scans(healthy, 0.0).signatures[name])


@observable("course")
def opening_over_cortex(evidence: Evidence, arm: str, at: str) -> np.ndarray:
    """Return the opening of the PV brake in the hippocampus less that in cortex."""
    opened = 1.0 - evidence.state(arm, "brake", parse_time_h(at))
    return opened[:, evidence.regions("hippocampus")].mean(axis=1) - opened[
        :, evidence.cortex
    ].mean(axis=1)


def pseudo_values(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Return jackknife pseudo-values of a ratio of means, whose mean is the corrected ratio.

    Miller 1974, doi:10.1093/biomet/61.1.1. NaN where either is missing.
    """
    found = np.full(above.shape, np.nan)
    kept = np.isfinite(above) & np.isfinite(below)
    a, b = above[kept], below[kept]
    n = a.size
    if n < 2:
        return found
    left_out = (a.sum() - a) / (b.sum() - b)
    found[kept] = n * a.sum() / b.sum() - (n - 1) * left_out
    return found
