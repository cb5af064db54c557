"""vbjax: Montbrio-Pazo-Roxin network (it has no reduced Wong-Wang), with its BOLD monitor."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import vbjax as vb

HOW = "one: jit; many: pmap over cores of vmap; noise in chunks of a TR"
SIGMA = 0.001
THETA = vb.mpr_default_theta._replace(tau=10.0)


def prepare(work: SimpleNamespace) -> Callable[[], np.ndarray]:
    """Return a call that simulates all lanes."""
    steps = round(work.tr_s * 1e3 / work.dt_ms)
    chunks = round(work.duration_s / work.tr_s)
    a_ms = round(1.0 / work.dt_ms)
    start, advance = (_instant if work.velocity_m_per_s is None else _delayed)(work, steps)
    monitor, bold_step, bold_sample = vb.make_bold((work.n,), 1e-3, vb.bold_default_theta)
    observe = vb.make_offline(bold_step, bold_sample)

    def run(weights: jax.Array, gain: jax.Array, seed: jax.Array) -> jax.Array:
        def chunk(carry: tuple, key: jax.Array) -> tuple:
            state, seen = carry
            state, rates = advance(state, (gain * weights, THETA), key)
            a_ms_each = rates.reshape(-1, a_ms, work.n).mean(axis=1)
            seen, sample = observe(seen, a_ms_each)
            return (state, seen), sample

        keys = jax.random.split(jax.random.key(seed), chunks)
        return jax.lax.scan(chunk, (start, monitor), keys)[1]

    shared = jnp.asarray(work.weights, jnp.float32)
    gains = jnp.asarray(work.gains, jnp.float32)
    seeds = jnp.asarray(work.seeds)
    if work.lanes == 1:
        one = jax.jit(run)
        return lambda: np.asarray(one(shared, gains[0], seeds[0]))[None]
    if work.kind == "personal":
        axes, weights = (0, 0, 0), jnp.asarray(work.personal, jnp.float32)
        weights = weights.reshape(work.cores, -1, work.n, work.n)
    else:
        axes, weights = (None, 0, 0), shared
    many = jax.pmap(jax.vmap(run, in_axes=axes), in_axes=axes)
    gains, seeds = gains.reshape(work.cores, -1), seeds.reshape(work.cores, -1)

    def call() -> np.ndarray:
        found = np.asarray(many(weights, gains, seeds))
        return found.reshape(work.lanes, chunks, work.n)

    return call


def _first(n: int) -> jax.Array:
    return jnp.stack([jnp.full(n, 0.01), jnp.full(n, -2.0)])


def _instant(work: SimpleNamespace, steps: int) -> tuple:
    def network(x: jax.Array, p: tuple) -> jax.Array:
        weights, theta = p
        return vb.mpr_dfun(x, (weights @ x[0], 0.0), theta)

    _, loop = vb.make_sde(work.dt_ms, network, SIGMA, adhoc=vb.mpr_r_positive)

    def advance(x: jax.Array, p: tuple, key: jax.Array) -> tuple:
        xs = loop(x, vb.randn(steps, 2, work.n, key=key), p)
        return xs[-1], xs[:, 0]

    return _first(work.n), advance


def _delayed(work: SimpleNamespace, steps: int) -> tuple:
    helper = vb.make_delay_helper(
        jnp.asarray(work.weights, jnp.float32),
        jnp.asarray(work.lengths_mm, jnp.float32),
        work.dt_ms,
        work.velocity_m_per_s,
    )
    longest = int(helper.max_lag)

    def network(past: jax.Array, x: jax.Array, t: jax.Array, p: tuple) -> jax.Array:
        weights, theta = p
        arriving = vb.delay_apply(helper._replace(Wt=weights[:, :, None]), t, past[:, :1])
        return vb.mpr_dfun(x, (arriving[0], 0.0), theta)

    _, loop = vb.make_sdde(work.dt_ms, longest, network, SIGMA, adhoc=vb.mpr_r_positive)
    go_on = vb.make_continuation(loop, steps, longest, work.n, 2)

    def advance(past: jax.Array, p: tuple, key: jax.Array) -> tuple:
        past, xs = go_on(past, p, key)
        return past, xs[:, 0]

    past = jnp.broadcast_to(_first(work.n), (longest + 1 + steps, 2, work.n))
    return past, advance
