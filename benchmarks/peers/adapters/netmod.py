"""netmod's own sde engine, as every other suite times it."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np

from benchmarks.networks import batch, reduced_wong_wang
from netmod.dynamics.devices import prepare_devices
from netmod.dynamics.simulate import Scan, simulate

prepare_devices("cpu")

HOW = "all lanes in one call, a JAX device a core"


def prepare(work: SimpleNamespace) -> Callable[[], np.ndarray]:
    """Return a call that simulates all lanes."""
    parameters, start, keys = batch(
        work.n,
        work.lanes,
        # a single simulation has its own connectome either way
        shared=work.kind != "personal" and work.lanes > 1,
        velocity_m_per_s=work.velocity_m_per_s,
    )
    # one product a step and delays of whole steps, as all peers have them
    parameters = parameters._replace(weights=parameters.weights[..., :1, :, :])
    if work.velocity_m_per_s is not None:
        step_s = work.dt_ms * 1e-3
        parameters = parameters._replace(
            delays_s=np.round(np.asarray(parameters.delays_s) / step_s) * step_s
        )
    scan = Scan(
        duration_s=work.duration_s,
        tr_s=work.tr_s,
        warmup_s=0.0,
        dt_ms=work.dt_ms,
        solver="euler",
    )
    model = reduced_wong_wang()

    def call() -> np.ndarray:
        return simulate(model, parameters, start, keys, scan).bold

    return call
