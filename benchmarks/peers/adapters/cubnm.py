"""cuBNM on the CPU: rWW in C++, one OpenMP thread a core over the simulations of a group."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
from cubnm import sim

HOW = "one rWWSimGroup, an OpenMP thread a core over its simulations"
SIGMA = 0.01
NOISE_SEGMENT_S = 30.0
"""Its default: so much noise is drawn, then repeated with regions and times shuffled."""


def prepare(work: SimpleNamespace) -> Callable[[], np.ndarray]:
    """Return a call that simulates all lanes."""
    delays = work.velocity_m_per_s is not None
    # rows are sources in cubnm
    sc = work.personal.transpose(0, 2, 1) if work.kind == "personal" else work.weights.T
    group = sim.rWWSimGroup(
        # milliseconds must be whole in the decimal expansion of a binary number
        duration=str(work.duration_s),
        TR=work.tr_s,
        sc=np.ascontiguousarray(sc if sc.ndim == 2 else sc[0]),
        sc_dist=np.ascontiguousarray(work.lengths_mm.T) if delays else None,
        dt=str(work.dt_ms),
        do_fic=False,
        do_fc=False,
        do_fcd=False,
        gof_terms=[],
        bold_remove_s=0,
        noise_segment_length=_noise_s(work),
        sim_seed=1,
        force_cpu=True,
    )
    group.N = work.lanes
    if work.kind == "personal":
        group.sc = np.ascontiguousarray(sc)
        group.sc_indices = np.arange(work.lanes)
    group.param_lists["G"] = work.gains.astype(float)
    group._set_default_params()
    group.param_lists["wIE"] = np.full((work.lanes, work.n), work.inhibition)
    group.param_lists["sigma"] = np.full((work.lanes, work.n), SIGMA)
    if delays:
        group.param_lists["v"] = np.full(work.lanes, float(work.velocity_m_per_s))

    def call() -> np.ndarray:
        group.run()
        return group.sim_bold

    return call


def _noise_s(work: SimpleNamespace) -> float:
    # a short timed run needs no more; of memory, what a whole scan holds is asked
    return NOISE_SEGMENT_S if work.kind == "memory" else min(NOISE_SEGMENT_S, work.duration_s)
