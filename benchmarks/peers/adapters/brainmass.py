"""brainmass: Wong-Wang E-I network driven by its Simulator, then its balloon model."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import brainmass
import brainstate
import brainunit as u
import jax
import jax.numpy as jnp
import numpy as np

HOW = "one: jit; many: vmap; XLA's own threads"
SIGMA = 0.01 / np.sqrt(1000.0)
"""0.01 per square root of a second, in its unit of a millisecond."""

BALLOON_DT_S = 1e-3


def prepare(work: SimpleNamespace) -> Callable[[], np.ndarray]:
    """Return a call that simulates all lanes."""
    n, dt = work.n, work.dt_ms * u.ms
    brainstate.environ.set(dt=dt)
    # noise is part of the derivative here: a step of it must have the variance of a step
    sigma = SIGMA / np.sqrt(work.dt_ms)
    node = brainmass.WongWangExcInhStep(
        n,
        G=1.0,
        J_i=work.inhibition,
        lamda=work.feedforward,
        noise_e=brainmass.GaussianNoise(n, sigma=sigma),
        noise_i=brainmass.GaussianNoise(n, sigma=sigma),
    )
    delayed = work.velocity_m_per_s is not None
    weights = np.asarray(work.weights, np.float32)
    network = brainmass.Network(
        node,
        conn=weights,
        # a plain quotient is taken as milliseconds
        distance=work.lengths_mm if delayed else None,
        speed=work.velocity_m_per_s if delayed else None,
        coupling="additive",
        coupled_var="S_e",
    )
    simulator = brainmass.Simulator(network, dt=dt)
    # its convolution with 20 s of HRF would weigh as much as the short runs that are timed
    bold = brainmass.BOLDSignal(n)
    a_ms, every = round(1.0 / work.dt_ms), round(work.tr_s * 1e3)

    def observe(activity: jax.Array) -> jax.Array:
        bold.update(activity)
        return bold.bold()

    def run(gain: jax.Array, own: jax.Array) -> jax.Array:
        network.coupling.k.set_value(gain)
        network.coupling.conn.set_value(own)
        found = simulator.run(
            work.duration_s * 1e3 * u.ms, monitors=lambda m: m.node.S_e.value, jit=False
        )
        activity = found["output"].reshape(-1, a_ms, n).mean(axis=1)
        with brainstate.environ.context(dt=BALLOON_DT_S):
            bold.init_state()
            return brainstate.transform.for_loop(observe, activity)[every - 1 :: every]

    gains = jnp.asarray(work.gains, jnp.float32)
    if work.lanes == 1:
        one = brainstate.transform.jit(run)
        return lambda: np.asarray(one(gains[0], weights))[None]
    personal = work.kind == "personal"
    own = jnp.asarray(work.personal if personal else work.weights, jnp.float32)
    axes = (0, 0 if personal else None)
    many = brainstate.transform.jit(brainstate.transform.vmap(run, in_axes=axes))
    return lambda: np.asarray(many(gains, own))
