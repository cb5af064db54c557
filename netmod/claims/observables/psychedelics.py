"""Observables of psychedelics: how long they act, and how alike they are."""

from __future__ import annotations

import numpy as np

from netmod.claims.evidence import Evidence
from netmod.claims.observables.common import metric, moved
from netmod.claims.observables.patient import rate
from netmod.claims.observables.registry import observable


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
def matched_change(
    evidence: Evidence, name: str, arm: str, at: str, other: str, other_at: str, untreated: str,
    target: str, side: str = "LR",
) -> np.ndarray:  # fmt: skip
    """Return the change of a metric by a dose that moves a target's rate as much as another arm.

    Changes are against untreated patients at baseline, and taken as proportional to the dose: the
    mean change times the ratio of the sizes of the mean changes of rate, jackknifed by subject.
    """
    metrics, rates, others = (
        read(a, t) - read(untreated, "baseline")
        for a, t, read in (
            (arm, at, lambda a, t: metric(evidence, name, a, t)),
            (arm, at, lambda a, t: rate(evidence, a, t, target, side)),
            (other, other_at, lambda a, t: rate(evidence, a, t, target, side)),
        )
    )
    if (arm, at) == (other, other_at):
        return metrics

    def scaled(kept: np.ndarray) -> float:
        return metrics[kept].mean() * abs(others[kept].mean() / rates[kept].mean())

    found = np.full(metrics.shape, np.nan)
    known = np.flatnonzero(np.isfinite(metrics + rates + others))
    whole, n = scaled(known), known.size
    for k in known:
        found[k] = n * whole - (n - 1) * scaled(known[known != k])
    return found


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    if not (np.isfinite(a).all() and np.isfinite(b).all()) or np.ptp(a) == 0 or np.ptp(b) == 0:
        return float("nan")  # no map to compare
    return float(np.corrcoef(a, b)[0, 1])
