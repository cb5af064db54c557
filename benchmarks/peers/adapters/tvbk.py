"""tvbk: Montbrio-Pazo-Roxin in C++, eight lanes at a time (it has no BOLD)."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import tvbk
from lane_processes import LaneProcesses

HOW = "blocks of 8 lanes (its fewest; only those asked for count), a process a core"
WIDTH = 8
THETA = (10.0, 0.0, 1.0, 15.0, -5.0, 1.0)
"""tau (ms), I, Delta, J, eta and the factor of the input."""

FIRST_RATE = 0.01
SIGMA = 0.001
LEAST_STEPS = 2
"""The second stage of its Heun step reads one step later than the first: 2 steps are the least."""


def prepare(work: SimpleNamespace) -> Callable[[], np.ndarray]:
    """Return a call that simulates all lanes."""

    def make(blocks: list[int]) -> Callable[[], np.ndarray]:
        if work.kind == "personal":
            # the lanes of a block share a connectome: each simulation needs its own block
            calls = [_blocks(work, [k], work.personal[k]) for k in blocks]
            return lambda: np.concatenate([call() for call in calls])
        lanes = [k for b in blocks for k in range(b * WIDTH, min((b + 1) * WIDTH, work.lanes))]
        return _blocks(work, lanes, work.weights)

    count = work.lanes if work.kind == "personal" else -(-work.lanes // WIDTH)
    return LaneProcesses(make, count, work.cores)


def _blocks(work: SimpleNamespace, lanes: list[int], weights: np.ndarray) -> Callable:
    n, blocks = work.n, -(-len(lanes) // WIDTH)
    steps = np.full((n, n), LEAST_STEPS)
    if work.velocity_m_per_s is not None:
        travel_ms = work.lengths_mm / work.velocity_m_per_s
        steps = np.maximum(np.round(travel_ms / work.dt_ms), LEAST_STEPS)
    edges = weights != 0
    conn = tvbk.Conn(n, int(edges.sum()))
    conn.weights[:] = weights[edges]
    conn.indices[:] = np.nonzero(edges)[1]
    conn.indptr[:] = np.concatenate([[0], np.cumsum(edges.sum(1))])
    conn.idelays[:] = steps[edges]
    past = tvbk.Cx8s(n, 1 << int(steps.max() + 2).bit_length(), blocks)

    gains = np.ones(blocks * WIDTH)
    gains[: len(lanes)] = work.gains[lanes]
    theta = np.tile(np.array(THETA, np.float32)[:, None], (blocks, 1, 1, WIDTH))
    theta[:, 0, -1] = gains.reshape(blocks, WIDTH)
    sigma = np.full((blocks, 2, WIDTH), SIGMA * np.sqrt(work.dt_ms), np.float32)
    seeds = np.random.default_rng(work.seeds[lanes[0]]).integers(
        1, 2**63, (blocks, WIDTH, 4), np.uint64
    )
    every = round(work.tr_s * 1e3 / work.dt_ms)
    samples = round(work.duration_s / work.tr_s)

    def call() -> np.ndarray:
        x = np.zeros((blocks, 2, n, WIDTH), np.float32)
        x[:, 0], x[:, 1] = FIRST_RATE, -2.0
        past.buf[:] = FIRST_RATE
        seen = np.empty((samples, blocks, n, WIDTH), np.float32)
        spare, state = np.empty_like(x), seeds.copy()
        for k in range(samples):
            start = k * every
            tvbk.step_mpr(past, conn, x, spare, sigma, theta, start, every, work.dt_ms, state)
            seen[k] = x[:, 0]
        return seen.transpose(1, 3, 0, 2).reshape(-1, samples, n)[: len(lanes)]

    return call
