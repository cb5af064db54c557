"""Observables of psychedelics: how long they act, and how alike they are."""

from __future__ import annotations

import numpy as np

from netmod.claims.evidence import Evidence
from netmod.claims.observables.common import metric, moved
from netmod.claims.observables.patient import rate
from netmod.claims.observables.registry import observable
from netmod.claims.observables.ssri import pseudo_values


@observable("course")
def acute_hours(evidence: Evidence, arm: str, level: float = 0.5) -> np.ndarray:
    """Return the hours for which 5-HT2A occupancy stays above a share of its own peak."""
    course = evidence.course(arm)
    occupancy = course.personal["occupancy_2a"]
    first = course.trace_h <= 48.0  # the first dose alone
    hours, occupancy = course.trace_h[first], occupancy[first]
    fine = np.linspace(hours[0], hours[-1], 4801)
    found = []
    for own in occupancy.T:
        level_of = np.interp(fine, hours, own)
        peak = level_of.max()
        found.append((level_of > level * peak).mean() * fine[-1] if peak > 0 else 0.0)
    return np.array(found)


@observable("scans")
def likeness(
    evidence: Evidence, arm: str, at: str, other: str, other_at: str, untreated: str
) -> np.ndarray:
    """Return the correlation over pairs of regions of two arms' changes of FC after GSR."""
    one = moved(evidence, arm, at, untreated, "baseline")
    two = moved(evidence, other, other_at, untreated, "baseline")
    return np.array([_correlation(a, b) for a, b in zip(one, two, strict=True)])


@observable("scans")
def per_rate_change(
    evidence: Evidence, name: str, arm: str, at: str, untreated: str, target: str, side: str = "LR"
) -> np.ndarray:
    """Return the change of a metric over the size of that of a target's rate, jackknifed, in 1/Hz.

    Both against untreated patients at baseline: doses matched by what they do to a site. Where the
    change of rate may be 0 the ratio has no bound, and its interval is only as good as that.
    """
    own, before = (metric(evidence, name, a, t) for a, t in ((arm, at), (untreated, "baseline")))
    here, there = (
        rate(evidence, a, t, target, side) for a, t in ((arm, at), (untreated, "baseline"))
    )
    change = here - there
    return pseudo_values(own - before, change * np.sign(np.nanmean(change)))


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    if not (np.isfinite(a).all() and np.isfinite(b).all()) or np.ptp(a) == 0 or np.ptp(b) == 0:
        return float("nan")  # no map to compare
    return float(np.corrcoef(a, b)[0, 1])
