"""Where a run left the finite numbers: the first bad step, found by running its lane once more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from netmod.dynamics.kernel import Neural, Tile, unpack
from netmod.dynamics.run import Job, execute

LOCATED = 3
"""Lanes that are run once more to find their first bad step; of others the block is named."""


class Divergence(NamedTuple):
    """The first state of a lane that is not finite.

    Attributes
    ----------
    lane, step : int
        Lane, and number of steps after which the state is not finite.
    time_s : float
        The same as a time.
    region : int
        Index of the region; -1 where only the time was sought.
    state : str
        Name of the state; empty likewise.
    """

    lane: int
    step: int
    time_s: float
    region: int
    state: str

    def describe(self, regions: Sequence[str] | None = None) -> str:
        """Return one line that names all of it, counted from 1, with names of regions if given."""
        if self.region < 0:
            return f"lane {self.lane + 1} diverged by step {self.step} ({self.time_s:g} s)"
        region = f"region {self.region + 1}" if regions is None else regions[self.region]
        return (
            f"lane {self.lane + 1} diverged: {self.state} of {region} is not "
            f"finite after step {self.step} ({self.time_s:g} s)"
        )

    def __str__(self) -> str:
        """Return :meth:`describe`."""
        return self.describe()


def locate_all(job: Job, bad_block: np.ndarray, steps: int) -> tuple[Divergence, ...]:
    """Return where every lane diverged: the first few exactly, the others to their block.

    Parameters
    ----------
    job : Job
        The run.
    bad_block : array, shape (lane,)
        First bad block of every lane; negative where there is none.
    steps : int
        Steps of a block.
    """
    lanes = [int(lane) for lane in np.flatnonzero(bad_block >= 0)]
    exact = [locate(job, lane, int(bad_block[lane]), steps) for lane in lanes[:LOCATED]]
    rest = []
    for lane in lanes[LOCATED:]:
        count = (int(bad_block[lane]) + 1) * steps
        rest.append(Divergence(lane, count, count * job.numerics.dt_ms * 1e-3, -1, ""))
    return (*exact, *rest)


def trace_program(
    tile: Tile, fresh: bool, blocks: int, steps: int, signals: tuple[str, ...], average: bool
) -> Any:
    """Return a function from the state of a tile to the state after some blocks, and traces.

    Parameters
    ----------
    tile : Tile
        What runs.
    fresh : bool
        Whether the run begins here.
    blocks, steps : int
        Samples, and steps for each.
    signals : tuple of str
        What to keep, ``[time, signal, region, lane]``.
    average : bool
        Mean of a block instead of its last step.
    """
    import jax
    import jax.numpy as jnp

    def block(neural, course):
        neural, means = tile.run_block(neural, steps, course, signals if average else ())
        if average:
            return neural, jnp.stack(means)
        if not signals:
            return neural, None
        state, values = tile.state_of(neural), tile.lanes.values
        return neural, jnp.stack([tile.model.signal(s, state, values) for s in signals])

    def run(carry, course):
        neural = tile.start(carry) if fresh else carry
        return jax.lax.scan(block, neural, course, length=blocks)

    return run


def locate(job: Job, lane: int, bad_block: int, steps: int) -> Divergence:
    """Run one lane again to its first bad block, and step by step from there.

    Parameters
    ----------
    job : Job
        The run.
    lane : int
        The lane that diverged.
    bad_block : int
        Its first block with a state that is not finite.
    steps : int
        Steps of a block.
    """
    alone = job.only(lane)
    carry: Any = alone.start
    if bad_block:
        course = alone.course(0, bad_block * steps)
        if course is not None:
            course = course.reshape(bad_block, steps, -1)
        carry, _ = execute(alone, trace_program, (True, bad_block, steps, (), False), carry, course)
    single = alone.step_by_step()
    course = single.course(bad_block * steps, steps)
    if course is not None:
        course = course[:, None]
    options = (not bad_block, steps, 1, job.model.states, False)
    _, traces = execute(single, trace_program, options, carry, course)
    traces = traces[0, ..., : job.layout.regions, 0]
    bad = ~np.isfinite(traces)
    # run alone a lane may be rounded otherwise and leave a block later: then its last step is named
    step = int(np.argmax(bad.any(axis=(1, 2)))) if bad.any() else steps - 1
    before = traces[step - 1] if step else _first_state(alone, carry)
    # an overflow inside a step spreads to every region at once: the largest before was the first
    among = bad[step] if bad.any() else np.ones_like(bad[step])
    size = np.where(among, np.abs(before), -1.0)
    state, region = (int(i) for i in np.unravel_index(np.argmax(size), size.shape))
    count = bad_block * steps + step + 1
    return Divergence(
        lane, count, count * job.numerics.dt_ms * 1e-3, region, job.model.states[state]
    )


def _first_state(job: Job, carry: Any) -> np.ndarray:
    """Return the state from which a lane starts or goes on, shape (state, region)."""
    if isinstance(carry, Neural):
        states = unpack(carry.packed, len(job.model.states))
    else:
        states = carry
    return np.stack([s[0, : job.layout.regions, 0] for s in states])
