"""Observables of magnetic stimulation: induction at a site, and what it does to the network."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from netmod.claims.calcium import CalciumLab
from netmod.claims.evidence import Evidence
from netmod.claims.observables.common import fc_change, metric
from netmod.claims.observables.registry import observable
from netmod.claims.observables.ssri import pseudo_values
from netmod.units import parse_time_h


@observable("calcium")
def synaptic_change(
    lab: CalciumLab, arm: str, rule: Mapping[str, float] | None = None,
    factors: Mapping[str, float] | None = None, train: Mapping[str, float] | None = None,
) -> np.ndarray:  # fmt: skip
    """Return the relative change of the mean synapse by an arm's first session."""
    return lab.change(arm, rule, factors, train)


@observable("calcium")
def site_state(
    lab: CalciumLab, name: str, arm: str, hours: float, gates: Mapping[str, float] | None = None
) -> np.ndarray:
    """Return a slow state of the stimulated site so many hours after the first treatment."""
    return lab.state(arm, name, hours, gates)


@observable("calcium")
def crossover_hz(
    lab: CalciumLab, arm: str, rates_hz: list[float], rule: Mapping[str, float] | None = None
) -> np.ndarray:
    """Return the rate at which depression turns into potentiation, if it does so exactly once."""
    table = np.array([lab.change(arm, rule, train={"rate_hz": float(hz)}) for hz in rates_hz])
    return np.array([_crossing(np.array(rates_hz, float), course) for course in table.T])


def _crossing(rates_hz: np.ndarray, change: np.ndarray) -> float:
    """Return where a course rises through 0; NaN if it does not, or more than once."""
    up = np.flatnonzero((change[:-1] <= 0) & (change[1:] > 0))
    down = np.flatnonzero((change[:-1] > 0) & (change[1:] <= 0))
    if up.size != 1 or down.size:
        return float("nan")
    k = up[0]
    share = -change[k] / (change[k + 1] - change[k])
    return float(rates_hz[k] + share * (rates_hz[k + 1] - rates_hz[k]))


@observable("scans")
def relative_size(
    evidence: Evidence, name: str, arm: str, at: str, swap: str, untreated: str
) -> np.ndarray:
    """Return the change of an arm over that of another (swap), less 1, jackknifed by subject.

    The change is that of a metric against untreated patients at baseline, or the size of that of
    FC where the name is ``fc``.
    """
    if name == "fc":
        own, its = (fc_change(evidence, a, at, untreated, "baseline") for a in (arm, swap))
    else:
        before = metric(evidence, name, untreated, "baseline")
        own, its = (metric(evidence, name, a, at) - before for a in (arm, swap))
    return pseudo_values(own, its) - 1.0


@observable("course")
def site_growth(evidence: Evidence, arm: str, at: str, target: str, side: str = "LR") -> np.ndarray:
    """Return the change of volume of a target since baseline, in % of the unstressed volume."""
    regions = evidence.regions(target, side)
    now, before = (evidence.state(arm, "volume", t) for t in (parse_time_h(at), 0.0))
    return 100.0 * (now - before)[:, regions].mean(axis=1)


@observable("course")
def beyond(
    evidence: Evidence, arm: str, at: str, target: str, other: str, other_at: str,
    other_target: str, times: float,
) -> np.ndarray:  # fmt: skip
    """Return growth of a target in % less a multiple of that of another target in another arm."""
    own = site_growth(evidence, arm, at, target)
    return own - times * site_growth(evidence, other, other_at, other_target)
