"""tvb-library: reduced Wong-Wang E-I with its BOLD monitor, one simulation after another."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
from lane_processes import LaneProcesses
from tvb.datatypes.connectivity import Connectivity
from tvb.simulator import coupling, integrators, models, monitors, noise, simulator

HOW = "no batch: sequential calls in a process a core, timed on {lanes} of them"
NSIG = 0.5 * 0.01**2 / 1000.0
"""Half the squared noise amplitude per ms, as its noise wants it."""


def prepare(work: SimpleNamespace) -> Callable[[], np.ndarray]:
    """Return a call that simulates lanes on all cores."""
    if work.lanes == 1:
        alone = _one(work, 0)
        return lambda: alone()[None]

    def make(lanes: list[int]) -> Callable[[], np.ndarray]:
        calls = [_one(work, k) for k in lanes]
        return lambda: np.stack([call() for call in calls])

    return LaneProcesses(make, min(work.lanes, work.cores), work.cores)


def _one(work: SimpleNamespace, lane: int) -> Callable[[], np.ndarray]:
    weights = work.personal[lane] if work.kind == "personal" else work.weights
    delayed = work.velocity_m_per_s is not None
    connectivity = Connectivity(
        weights=weights.copy(),
        tract_lengths=work.lengths_mm.copy() if delayed else np.zeros_like(weights),
        region_labels=np.array([f"region {k + 1}" for k in range(work.n)]),
        centres=np.zeros((work.n, 3)),
        speed=np.array([work.velocity_m_per_s or 1.0]),
    )

    sim = simulator.Simulator(
        model=models.ReducedWongWangExcInh(
            G=np.array([work.gains[lane]]),
            J_i=np.array([work.inhibition]),
            lamda=np.array([work.feedforward]),
        ),
        connectivity=connectivity,
        conduction_speed=float(work.velocity_m_per_s or 1.0),
        coupling=coupling.Linear(a=np.array([1.0])),
        integrator=integrators.EulerStochastic(
            dt=work.dt_ms,
            noise=noise.Additive(nsig=np.array([NSIG]), noise_seed=int(work.seeds[lane])),
        ),
        monitors=(monitors.Bold(period=work.tr_s * 1e3),),
        simulation_length=work.duration_s * 1e3,
    )
    sim.configure()

    def call() -> np.ndarray:
        # each run goes on where the last one ended
        ((_, seen),) = sim.run()
        return seen[:, 0, :, 0]

    return call
