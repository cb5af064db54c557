"""Blocks of delayed inputs: nested, never ahead of what is known, and the same sums."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netmod.dynamics import memory, run
from netmod.dynamics.delays import Edges, blocks_of, by_block
from netmod.dynamics.noise import scan_key
from netmod.dynamics.parameters import make_parameters, stack
from netmod.dynamics.record import record
from netmod.models.reduced_wong_wang import ReducedWongWang

MODEL, N, DT_MS = ReducedWongWang(), 7, 0.5


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.integers(1, 60), st.integers(0, 300), st.integers(1, 100))
def test_blocks_are_nested_and_the_last_is_known_for_every_edge(shortest, more, steps):
    blocks = blocks_of(shortest, shortest + more, steps)
    assert 1 <= len(blocks) <= 3 and blocks[-1] <= shortest
    for longer, shorter in zip((steps, *blocks), blocks, strict=False):
        assert longer % shorter == 0
    assert len(set(blocks)) == len(blocks) and list(blocks) == sorted(blocks, reverse=True)


def test_long_delays_wait_in_long_blocks():
    assert blocks_of(10, 190, 100) == (100, 20, 10)
    assert blocks_of(2, 19, 10) == (10, 2)
    assert blocks_of(10, 10, 100) == (10,)  # nothing is known for longer
    assert blocks_of(150, 190, 100) == (100,)  # nothing is known for less
    assert blocks_of(25, 90, 100) == (20,)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(0, 2**32 - 1), st.sampled_from([(100, 20, 10), (20, 10), (10,)]))
def test_every_edge_is_in_one_block_that_its_delay_covers(seed, blocks):
    rng = np.random.default_rng(seed)

    def group(width):
        value = rng.uniform(0.1, 1.0, (2, 1, N, width)) * (rng.random((N, width)) < 0.6)
        source = np.argsort(rng.random((N, 12)), axis=1)[:, :width].astype(np.int32)
        steps = rng.integers(10, 190, (N, width)).astype(np.int32)
        return Edges(source, steps, rng.random((N, width)), value)

    groups = [group(9), group(12)]
    levels = by_block(groups, blocks, 192)

    def listed(edges):
        there = (edges.value != 0).any(axis=(0, 1))
        return {
            (t, int(edges.source[t, k]), int(edges.steps[t, k]), edges.share[t, k],
             tuple(edges.value[:, 0, t, k]))
            for t, k in zip(*np.nonzero(there), strict=True)
        }  # fmt: skip

    for g, whole in enumerate(groups):
        parts = [listed(level[g]) for level in levels]
        assert set().union(*parts) == listed(whole)
        assert sum(map(len, parts)) == len(listed(whole))
        for block, part in zip(blocks, parts, strict=True):
            assert all(steps >= block for _, _, steps, *_ in part)
    for level in levels:
        assert level[0].source.shape == level[1].source.shape
        for edges in level:  # what fills up can be read
            assert (edges.steps <= 190).all() and (edges.source < 12).all()


def lane(shortest, longest, seed=3):
    """Return a network with delays of so many steps; region 0 hears late only, region 1 nothing."""
    rng = np.random.default_rng(seed)
    weights = rng.uniform(0, 0.3, (2, N, N)) * (rng.random((N, N)) < 0.7)
    weights[:, 1] = 0.0
    lag = rng.uniform(shortest, longest, (N, N))
    lag[0] = rng.uniform(0.5 * (shortest + longest), longest, N)
    lag[2, 3], lag[3, 2], weights[:, 2, 3], weights[:, 3, 2] = shortest, longest, 0.2, 0.2
    return make_parameters(MODEL, weights, {}, lag * DT_MS * 1e-3)


def pieces(lanes):
    """Return what `record` and `prepare` take: of lane k the noise does not hang on the others."""
    start = tuple(np.full((len(lanes), N), s) for s in MODEL.start)
    keys = np.stack([scan_key(1, str(k), "t") for k in range(len(lanes))])
    return MODEL, stack(lanes), start, keys


def recorded(lanes, precision="double"):
    found = record(
        *pieces(lanes), duration_s=0.12, dt_ms=DT_MS, every_ms=20.0,
        signals=MODEL.states, precision=precision,
    )  # fmt: skip
    assert np.isfinite(found.values).all()
    return found.values


@pytest.mark.parametrize(
    "blocks", [pytest.param((20, 2), marks=pytest.mark.slow), (40, 20, 2)], ids=str
)
def test_any_blocks_give_the_same_run(monkeypatch, blocks):
    """Sums are added in another order; in double precision that is all."""
    found = {}
    for chosen in ((1,), blocks):
        for module in (run, memory):
            monkeypatch.setattr(module, "blocks_of", lambda *_, chosen=chosen: chosen)
        found[chosen] = recorded([lane(2, 45, seed) for seed in (3, 4, 5)])
    np.testing.assert_allclose(found[blocks], found[(1,)], rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(
    "other", [(2, 300), *(pytest.param(o, marks=pytest.mark.slow) for o in [(1, 300), (12, 60)])]
)
def test_delays_of_other_lanes_change_no_bit(other):
    own = lane(2, 45)
    alone, beside = recorded([own], "single"), recorded([own, lane(*other)], "single")
    np.testing.assert_array_equal(beside[0].view(np.uint32), alone[0].view(np.uint32))


def test_step_by_step_is_the_same_run():
    """So a divergence is looked for in the run that diverged."""
    job = run.prepare(
        *pieces([lane(2, 45)]), dt_ms=DT_MS, block_steps=40, solver="heun", hold_coupling=True,
        precision="double", stimuli=(),
    )  # fmt: skip
    assert job.numerics.delays.blocks == (40, 8, 2)

    def program(tile):
        def steps(state, _):
            return tile.run_block(tile.start(state), 40, None, MODEL.states)

        return steps

    def means(job):
        return np.stack(run.execute(job, program, (), job.start, None)[1])

    np.testing.assert_allclose(means(job.step_by_step()), means(job), rtol=1e-12)
