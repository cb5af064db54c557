"""tvboptim: its reduced Wong-Wang E-I network, compiled once, run over a space of parameters."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from tvboptim.execution import ParallelExecution
from tvboptim.experimental.network_dynamics import Network
from tvboptim.experimental.network_dynamics import prepare as compile_network
from tvboptim.experimental.network_dynamics.coupling import DelayedLinearCoupling, LinearCoupling
from tvboptim.experimental.network_dynamics.dynamics.tvb import WongWangExcInh
from tvboptim.experimental.network_dynamics.graph import DenseDelayGraph, DenseGraph
from tvboptim.experimental.network_dynamics.noise import AdditiveNoise
from tvboptim.experimental.network_dynamics.solvers import Euler
from tvboptim.observations.tvb_monitors import BalloonWindkesselBold
from tvboptim.types.spaces import DataAxis, Space

HOW = "one: jit; many: ParallelExecution, pmap over cores, vmap of 4; noise in blocks of 1000 steps"
SIGMA = 0.01 / np.sqrt(1000.0)
"""0.01 per square root of a second, in its unit of a millisecond."""

BLOCK = 1000
"""Steps whose noise is drawn at once: faster here than the default of all steps, and smaller."""

VMAP = 4
"""Lanes in a vmap: 1, 4 and 8 are alike, 16 and more slower."""


def prepare(work: SimpleNamespace) -> Callable[[], np.ndarray]:
    """Return a call that simulates all lanes."""
    dynamics = WongWangExcInh(
        G=1.0, J_i=work.inhibition, lamda=work.feedforward, VARIABLES_OF_INTEREST=("S_e",)
    )
    network = Network(dynamics, *_wiring(work), noise=AdditiveNoise(sigma=SIGMA))
    solve, config = compile_network(
        network, Euler(block_size=BLOCK), t0=0.0, t1=work.duration_s * 1e3, dt=work.dt_ms
    )
    bold = BalloonWindkesselBold(period=work.tr_s * 1e3, dt_bw=1.0, voi=0)

    def observed(state: Any) -> jax.Array:
        return bold(solve(state)).ys[:, 0]

    if work.lanes == 1:
        one = jax.jit(observed)
        return lambda: np.asarray(one(config))[None]
    config.dynamics.G = DataAxis(jnp.asarray(work.gains, jnp.float32))
    config.noise.key = DataAxis(jax.vmap(jax.random.key)(jnp.asarray(work.seeds)))
    if work.kind == "personal":
        config.graph.weights = DataAxis(jnp.asarray(work.personal, jnp.float32))
    space = Space(config, mode="zip")
    execution = ParallelExecution(observed, space, n_vmap=VMAP, n_pmap=work.cores)

    def call() -> np.ndarray:
        found = np.asarray(execution.run().results)
        return found.reshape(-1, *found.shape[2:])[: work.lanes]

    return call


def _wiring(work: SimpleNamespace) -> tuple[dict[str, Any], DenseGraph]:
    weights = jnp.asarray(work.weights, jnp.float32)
    if work.velocity_m_per_s is None:
        return {"instant": LinearCoupling(incoming_states="S_e", G=1.0)}, DenseGraph(weights)
    delays = jnp.asarray(work.lengths_mm / work.velocity_m_per_s, jnp.float32)
    # what was faster for one and for many of its three ways to keep the past
    buffer = "roll" if work.lanes == 1 else "preallocated"
    coupling = DelayedLinearCoupling(incoming_states="S_e", G=1.0, buffer_strategy=buffer)
    return {"delayed": coupling}, DenseDelayGraph(weights, delays)
