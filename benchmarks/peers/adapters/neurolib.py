"""neurolib: Wong-Wang E-I in numba with its BOLD, one simulation after another in each process."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
from lane_processes import LaneProcesses
from neurolib.models.bold import BOLDModel
from neurolib.models.ww import WWModel

HOW = "no batch: sequential calls in a process a core, timed on {lanes} of them"
SIGMA = 0.001
EACH = 2
"""Simulations of one process in a call: one after another, so that more would change no rate."""


def prepare(work: SimpleNamespace) -> Callable[[], np.ndarray]:
    """Return a call that simulates lanes on all cores."""
    # compiled once, before the processes part
    compiled = _one(work, 0, work.tr_s)
    compiled()
    if work.lanes == 1:
        alone = _one(work, 0, work.duration_s)
        return lambda: alone()[None]

    def make(lanes: list[int]) -> Callable[[], np.ndarray]:
        calls = [_one(work, k, work.duration_s) for k in lanes]
        return lambda: np.stack([call() for call in calls])

    return LaneProcesses(make, min(work.lanes, EACH * work.cores), work.cores)


def _one(work: SimpleNamespace, lane: int, duration_s: float) -> Callable[[], np.ndarray]:
    weights = work.personal[lane] if work.kind == "personal" else work.weights
    model = WWModel(Cmat=weights.copy(), Dmat=work.lengths_mm.copy(), seed=int(work.seeds[lane]))
    model.params["dt"] = work.dt_ms
    model.params["duration"] = duration_s * 1e3
    # 0 stands for no delays
    model.params["signalV"] = work.velocity_m_per_s or 0.0
    model.params["K_gl"] = float(work.gains[lane])
    model.params["J_I"] = work.inhibition
    model.params["sigma_ou"] = SIGMA
    every = round(work.tr_s * 1e3 / work.dt_ms)

    def call() -> np.ndarray:
        model.run()
        # run(bold=True) samples it every 2 s: the same model, read as often as the others'
        bold = BOLDModel(work.n, work.dt_ms)
        bold.samplingRate_NDt = every
        bold.run(1e3 * model.r_exc)
        return bold.BOLD.T

    return call
