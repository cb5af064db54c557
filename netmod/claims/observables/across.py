"""Observables across treatments: speed, focality, windows, learning, susceptibility."""

from __future__ import annotations

import numpy as np

from netmod.claims.evidence import Evidence
from netmod.claims.observables.common import (
    fc_change,
    healthy_distance,
    moved,
    weights_onto_excitation,
    where,
)
from netmod.claims.observables.registry import observable
from netmod.errors import DataError
from netmod.units import parse_time_h


@observable("scans")
def hours_to_share(
    evidence: Evidence,
    arm: str,
    at: list[str],
    share: float,
    untreated: str,
    swap: str | None = None,
) -> np.ndarray:
    """Return the hours to a share of the change of FC at the last time, between scans linear.

    ``swap`` exchanges labels in every second subject: half of the values are that arm's.
    """
    own = _hours(evidence, arm, at, share, untreated)
    if swap is not None:
        own[1::2] = _hours(evidence, swap, at, share, untreated)[1::2]
    return own


@observable("scans")
def events_to_share(
    evidence: Evidence, arm: str, at: list[str], share: float, untreated: str
) -> np.ndarray:
    """Return how many sessions, shocks or doses are given until a share of the change of FC."""
    given = np.array(evidence.events(arm))
    hours = _hours(evidence, arm, at, share, untreated)
    counted = (given[None, :] <= hours[:, None]).sum(axis=1)
    return np.where(np.isfinite(hours), counted, np.nan)


def _hours(evidence: Evidence, arm: str, at: list[str], share: float, untreated: str) -> np.ndarray:
    hours = np.array([0.0, *(parse_time_h(time) for time in at)])
    course = np.array([fc_change(evidence, arm, time, untreated, "baseline") for time in at])
    found = np.full(course.shape[1], np.nan)
    for k, own in enumerate(course.T):
        if not np.isfinite(own).all():
            continue
        level = share * own[-1]
        sizes = np.concatenate([[0.0], own])
        j = int(np.flatnonzero(sizes >= level)[0])  # the first time that is reached
        before = sizes[j - 1] if j else 0.0
        step = (level - before) / (sizes[j] - before) if j and sizes[j] > before else 0.0
        found[k] = hours[max(j - 1, 0)] + step * (hours[j] - hours[max(j - 1, 0)])
    return found


@observable("scans")
def near_over_far(
    evidence: Evidence, arm: str, at: str, other: str, other_at: str, of: str, target: str,
    within_mm: float = 30.0,
) -> np.ndarray:  # fmt: skip
    """Return the log ratio of change near a target to change far from it, of weights or fc.

    Near are pairs (or edges) that touch a region within so many mm of the target's regions.
    """
    near = _near(evidence, target, within_mm)
    if of == "fc":
        change = np.abs(moved(evidence, arm, at, other, other_at))
        cortex = evidence.cortex
        rows, columns = np.triu_indices(cortex.size, 1)
        touched = near[cortex[rows]] | near[cortex[columns]]
    else:
        own, before = (
            weights_onto_excitation(evidence, a, t) for a, t in ((arm, at), (other, other_at))
        )
        touched = near[:, None] | near[None, :]
        there = (before > 0).all(axis=0)
        ratio = np.divide(own, before, out=np.ones_like(own), where=before > 0)
        change, touched = np.abs(ratio - 1.0)[:, there], touched[there]
    inside, outside = change[:, touched].mean(axis=1), change[:, ~touched].mean(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log(inside / outside)
    return np.where(np.isfinite(ratio), ratio, np.nan)


def _near(evidence: Evidence, target: str, within_mm: float) -> np.ndarray:
    place = np.asarray(evidence.atlas.centroids_mm)
    regions = evidence.regions(target)
    apart = np.linalg.norm(place[:, None] - place[regions][None], axis=-1)
    return apart.min(axis=1) <= within_mm


@observable("course")
def opened(
    evidence: Evidence, arm: str, at: str, target: str | None = None, side: str = "LR"
) -> np.ndarray:
    """Return how far the PV brake is open, over a target or over cortex, 0 to 1."""
    found = 1.0 - evidence.state(arm, "brake", parse_time_h(at))
    return found[:, where(evidence, target, side)].mean(axis=1)


@observable("course")
def opened_share(evidence: Evidence, arm: str, at: str, level: float = 0.2) -> np.ndarray:
    """Return the share of all regions whose PV brake is open further than a level."""
    return (1.0 - evidence.state(arm, "brake", parse_time_h(at)) > level).mean(axis=1)


@observable("scans")
def taught(evidence: Evidence, arm: str, at: str, other: str) -> np.ndarray:
    """Return the relative change of edges onto inhibition against an untaught arm, in rms."""
    own, reference = (
        evidence.scans(name, parse_time_h(at)).weights[:, 1].astype(float) for name in (arm, other)
    )
    ratio = np.divide(own, reference, out=np.ones_like(own), where=reference > 0)
    return np.sqrt(((ratio - 1.0) ** 2).mean(axis=(1, 2)))


@observable("scans")
def growth_rate(evidence: Evidence, arm: str, at: str) -> np.ndarray:
    """Return the largest growth rate of a small disturbance in 1/s: near 0 is susceptible."""
    return evidence.scans(arm, parse_time_h(at)).growth


@observable("scans")
def pulse_response(evidence: Evidence, arm: str, at: str) -> np.ndarray:
    """Return the response of all regions to a pulse at left DLPFC, in s: large is susceptible."""
    return evidence.scans(arm, parse_time_h(at)).pulse


@observable("search")
def held_out(evidence: Evidence, plan: str, arm: str, healthy: str | None = None) -> np.ndarray:
    """Return the loss on held-out scans of a kind of plan that the variant's search found.

    ``own``, ``best_fixed``, ``standard``, ``exchanged``; or ``differs``, 1 where a subject's own
    plan is not the best fixed one. The arm that is varied and the healthy one are only named.
    """
    judged = evidence.judged()
    if plan not in judged:
        raise DataError("no such kind of plan", expected=", ".join(judged), got=plan)
    return judged[plan]


@observable("scans")
def gain_over_sum(
    evidence: Evidence, arm: str, parts: list[str], at: str, healthy: str, untreated: str
) -> np.ndarray:
    """Return the relief by a combination less the sum of that by its parts, in SD."""
    before = healthy_distance(evidence, untreated, "baseline", healthy)
    together, *alone = (
        before - healthy_distance(evidence, name, at, healthy) for name in (arm, *parts)
    )
    return together - sum(alone)


@observable("scans")
def biomarker(
    evidence: Evidence, arm: list[str], at: list[str], metrics: list[str], untreated: str,
    shuffles: int = 0,
) -> np.ndarray:  # fmt: skip
    """Return the correlation of a readout's prediction with hidden plasticity, held out.

    Hidden is the mean opening of the PV brake in cortex. For every arm, readout and line are
    chosen on the other arms in one half of the subjects, and predict that arm in the other half;
    each subject's predictions over all arms and times are correlated with what was hidden.
    With ``shuffles`` the mean over so many exchanges of the hidden states of arms and times.
    """
    pairs = [(name, time) for name in arm for time in at]
    hidden = np.array([opened(evidence, name, time) for name, time in pairs])
    before = evidence.scans(untreated, 0.0).signatures
    changes = np.array([
        [evidence.metric(name, a, parse_time_h(t)) - before[name] for a, t in pairs]
        for name in metrics
    ])  # fmt: skip
    own = np.array([name for name, _ in pairs])
    if not shuffles:
        return _tracked(changes, hidden, own)
    rng = np.random.default_rng(0)
    orders = [rng.permutation(len(pairs)) for _ in range(shuffles)]
    return np.mean([_tracked(changes, hidden[order], own) for order in orders], axis=0)


def _tracked(changes: np.ndarray, hidden: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Return each subject's correlation of predicted with hidden states, shape (subject,)."""
    predicted = np.full(hidden.shape, np.nan)
    half = np.arange(hidden.shape[1]) % 2
    for name in np.unique(own):
        for part in (0, 1):
            seen = np.ix_(own != name, half == part)
            asked = np.ix_(own == name, half != part)
            fits = [_line(values[seen].ravel(), hidden[seen].ravel()) for values in changes]
            best = int(np.argmin([left for *_, left in fits]))
            slope, offset, _ = fits[best]
            predicted[asked] = offset + slope * changes[best][asked]
    return np.array([np.corrcoef(p, h)[0, 1] for p, h in zip(predicted.T, hidden.T, strict=True)])


def _line(x: np.ndarray, y: np.ndarray) -> tuple[float, float, float]:
    """Return slope, offset and mean squared error of a least-squares line; worst where none is."""
    kept = np.isfinite(x) & np.isfinite(y)
    x, y = x[kept], y[kept]
    if x.size < 3 or np.ptp(x) == 0:
        return 0.0, 0.0, np.inf
    slope, offset = np.polyfit(x, y, 1)
    return float(slope), float(offset), float(((offset + slope * x - y) ** 2).mean())
