"""Steps of the slow layer: where they end, and exact relaxation over one of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from netmod.plasticity.events import Dose, Event, Surroundings
from netmod.plasticity.pharmacology import COMPOUNDS, Exposure, Occupancies

AFTER_EVENT_H = (
    0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 20.0, 24.0,
    28.0, 32.0, 36.0, 40.0, 44.0, 48.0, 60.0, 72.0,
)  # fmt: skip
"""Ends of the steps after an event, and after the end of a stretch; then a step a day. BDNF and
TrkB fall by a factor of e in a day, and mTOR goes with the cube of TrkB."""

AFTER_DOSE = (0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1.0, 1.3, 1.6, 2.0, 2.5, 3.0, 4.0, 6.0)
"""Further ones after a dose, in half-lives of the drug."""

AHEAD_H = 168.0
"""How far one can look beyond the last node."""

_NODES, _SHARES = np.polynomial.legendre.leggauss(3)


class MeanExposure:
    """Mean occupancies over steps (Gauss, three nodes), all steps at once."""

    def __init__(self, exposure: Exposure, ends_h: np.ndarray, start_h: float = 0.0) -> None:
        starts = np.concatenate([[start_h], ends_h[:-1]])
        middle, reach = 0.5 * (starts + ends_h), 0.5 * (ends_h - starts)
        times = (middle[:, None] + reach[:, None] * _NODES).ravel()
        met = exposure.at(times)

        def average(values: np.ndarray) -> np.ndarray:
            return np.einsum("tns,n->ts", values.reshape(ends_h.size, 3, -1), 0.5 * _SHARES)

        self._mean = {
            name: average(getattr(met, name)) for name in ("ht2a", "sert", "nmda", "trkb")
        }

    def over(self, step: int) -> Occupancies:
        """Return the means over one step, shape (subject,)."""
        return Occupancies(**{name: values[step] for name, values in self._mean.items()})


def step_ends(events: Sequence[Event], nodes_h: Sequence[float], refine: int) -> np.ndarray:
    """Return the ends of all steps, some way beyond the last node."""
    found = [0.0, *nodes_h]
    for e in events:
        begins = [e.time_h]
        if isinstance(e, Surroundings):
            begins += [e.time_h + e.duration_h]
        elif isinstance(e, Dose):
            half = COMPOUNDS[e.drug].elimination_h
            found += [e.time_h + half * k for k in AFTER_DOSE if half * k < 24.0]
        found += [begin + h for begin in begins for h in (0.0, *AFTER_EVENT_H)]
    last = max([*nodes_h, 0.0]) + AHEAD_H
    found += [24.0 * day for day in range(int(last // 24.0) + 2)]
    ends = np.unique(np.round(found, 9))
    ends = ends[ends <= last + 24.0]
    if refine > 1:
        parts = np.arange(1, refine + 1) / refine
        ends = np.concatenate([[0.0], (ends[:-1, None] + np.diff(ends)[:, None] * parts).ravel()])
    return ends


def towards(value: np.ndarray, aim, step, tau) -> np.ndarray:
    """Return the exact solution of ``dx/dt = (aim - x) / tau`` after a step.

    Written as a change, so that a state at its aim stays there to the last bit.
    """
    return value + (aim - value) * -np.expm1(-step / tau)


def mean(value, aim, step, tau):
    """Return the mean of that solution over the step; it, too, stays at an aim."""
    share = step / tau
    return value + (aim - value) * (1.0 + np.expm1(-share) / share)
