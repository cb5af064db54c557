"""Run tiles of lanes on all devices: arrays cut into tiles, programs compiled once a shape."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from netmod.dynamics.delays import (
    DelayLayout,
    Edges,
    Windows,
    blocks_of,
    by_block,
    delayed_edges,
    windows,
)
from netmod.dynamics.hosts import by_process, gather, spread
from netmod.dynamics.increments import NOISES, noisy_states
from netmod.dynamics.kernel import Lanes, Numerics, Tile, spare_of
from netmod.dynamics.parameters import Parameters, Sparse
from netmod.dynamics.proportional import Proportional, proportional, rows_of
from netmod.dynamics.solvers import SOLVERS
from netmod.dynamics.stimulation import Stimulus, patterns, waveform_table
from netmod.dynamics.tiles import Tiles, pad_targets, pad_weights, tile_width
from netmod.errors import ConfigError, DataError, did_you_mean
from netmod.models import Model

PRECISIONS = {"single": np.float32, "double": np.float64}


class Job(NamedTuple):
    """Several networks, ready to run.

    Attributes
    ----------
    model : Model
        The neural mass.
    numerics : Numerics
        How to integrate.
    layout : Tiles
        Where the lanes lie.
    tiles : Lanes
        Arrays with a leading axis of tiles.
    start : tuple of arrays, shape (tile, region, lane)
        Initial state.
    shared_weights : array, Sparse, Proportional or None
        Weights that all lanes share.
    stimuli : tuple of Stimulus
        What drives the regions from outside.
    """

    model: Model
    numerics: Numerics
    layout: Tiles
    tiles: Lanes
    start: tuple[np.ndarray, ...]
    shared_weights: Any
    stimuli: tuple[Stimulus, ...]

    @property
    def dtype(self) -> Any:
        """Floating-point type of the run."""
        return PRECISIONS[self.numerics.precision]

    def course(self, first_step: int, steps: int) -> np.ndarray | None:
        """Return the step averages of the stimuli, ``[step, stimulus]``; None without any."""
        if not self.stimuli:
            return None
        dt_s = self.numerics.dt_ms * 1e-3
        return waveform_table(self.stimuli, first_step, steps, dt_s).astype(self.dtype)

    def only(self, lane: int) -> Job:
        """Return the job of one lane, which fills a tile on each device."""
        import jax

        place, within = self.layout.place(lane)
        devices, tile = self.layout.devices, self.layout.tile

        def alone(x: np.ndarray, axis: int) -> np.ndarray:
            one = np.take(x[place], [within] * tile, axis=axis)
            return np.stack([one] * devices)

        tiles = self.tiles
        tiles = Lanes(
            values={name: alone(x, -1) for name, x in tiles.values.items()},
            weights=jax.tree.map(lambda x: alone(x, 0), tiles.weights),
            edges=None,
            key=alone(tiles.key, 0),
            patterns=None if tiles.patterns is None else alone(tiles.patterns, -1),
            alive=np.ones(devices, bool),
        )

        def of_lane(edges: Windows) -> Windows:
            shared = edges.weights.shape[-1] == 1
            weights = (
                np.stack([edges.weights[place]] * devices) if shared else alone(edges.weights, -1)
            )
            start, turns = (np.stack([x[place]] * devices) for x in (edges.start, edges.turns))
            return Windows(start, weights, turns)

        if self.tiles.edges is not None:
            tiles = tiles._replace(edges=tuple(map(of_lane, self.tiles.edges)))
        start = tuple(alone(x, -1) for x in self.start)
        return self._replace(layout=self.layout._replace(lanes=1, room=0), tiles=tiles, start=start)

    def step_by_step(self) -> Job:
        """Return the same job with blocks of a single step."""
        delays = self.numerics.delays
        if delays is not None:
            delays = delays._replace(blocks=(1,) * len(delays.blocks))
        return self._replace(numerics=self.numerics._replace(delays=delays))

    def width(self) -> Any:
        """Return a context in which JAX computes with the run's precision."""
        import jax

        return jax.enable_x64(True) if self.numerics.precision == "double" else nullcontext()


def prepare(
    model: Model,
    parameters: Parameters,
    start: Sequence[np.ndarray],
    keys: np.ndarray,
    *,
    dt_ms: float,
    block_steps: int,
    solver: str,
    hold_coupling: bool | None,
    precision: str,
    stimuli: Sequence[Stimulus],
    noise: str = "gaussian",
    room: int = 0,
) -> Job:
    """Check the pieces of a run and cut them into tiles.

    Parameters
    ----------
    model : Model
        A neural mass.
    parameters : Parameters
        Stacked along a leading lane axis; the weights may be shared (without that axis).
    start : sequence of arrays, shape (lane, region)
        Initial state.
    keys : array, shape (lane, 2), uint32
        Noise keys.
    dt_ms : float
        Step.
    block_steps : int
        Steps that an observer sees as one.
    solver, hold_coupling, precision
        As in :class:`netmod.dynamics.simulate.Scan`.
    stimuli : sequence of Stimulus
        What drives the regions from outside.
    noise
        As in :class:`netmod.dynamics.simulate.Scan`.
    room : int
        Lanes that there are places for, if more.

    Raises
    ------
    ConfigError
        If the solver, the precision or the noise is unknown, or a delay is shorter than the step.
    DataError
        If the initial state does not fit the model.
    """
    import jax

    check_word("solver", solver, SOLVERS)
    check_word("precision", precision, PRECISIONS)
    check_word("noise", noise, NOISES)
    if len(start) != len(model.states):
        raise DataError(
            f"the initial state does not fit model '{model.name}'",
            expected=f"one array [lane, region] for each of {', '.join(model.states)}",
            got=f"{len(start)} arrays",
        )
    dtype = PRECISIONS[precision]
    weights = parameters.weights
    shared = isinstance(weights, Sparse) or np.ndim(weights) == 3
    devices = jax.devices()
    lanes = len(keys)
    values = parameters.values

    delays, edges = None, []
    if _has_delays(parameters):
        with jax.enable_x64(True):  # or the weights of a run in double precision would be rounded
            dense = np.asarray(weights.dense() if isinstance(weights, Sparse) else weights)
        delays_s = np.asarray(parameters.delays_s)
        if delays_s.ndim == 3 and (delays_s == delays_s[0]).all():
            delays_s = delays_s[0]
        delays, edges, weights = _delays(dense, delays_s, lanes, dt_ms, block_steps)
        # the undelayed rest is dense and small
        shared = False
    dense = delays is None and not isinstance(weights, Sparse)
    rows = rows_of(model, weights) if dense else None
    n = parameters.n_regions
    tile = tile_width(
        max(lanes, room),
        len(devices),
        gpu=devices[0].platform == "gpu",
        shared=shared,
        delayed=delays is not None,
        own_delays=bool(edges) and len(edges[0]) > 1,
    )
    layout = Tiles(lanes, n, tile, len(devices), room)
    numerics = Numerics(
        dt_ms=dt_ms,
        solver=solver,
        hold_coupling=model.slow_transmission if hold_coupling is None else hold_coupling,
        precision=precision,
        regions=n,
        noisy=noisy_states(model, values),
        coloured=bool(np.any(values.get("noise_tau", 0.0) > 0)),
        stimulated=bool(stimuli),
        delays=delays,
        noise=noise,
    )
    tiles = Lanes(
        values={name: layout.cut(value, dtype) for name, value in values.items()},
        weights=None if shared else _cut_weights(weights, rows, layout, dtype),
        edges=tuple(_cut_edges(e, delays, layout, dtype) for e in edges) if edges else None,
        key=layout.cut_lanes(keys, np.uint32),
        patterns=layout.cut(patterns(stimuli, lanes, n), dtype) if stimuli else None,
        alive=layout.alive,
    )
    common = None
    if isinstance(weights, Sparse):
        source = pad_targets(weights.source, layout.length, 1).astype(np.int32)
        common = Sparse(source, pad_targets(weights.value, layout.length, 1).astype(dtype))
    elif shared and rows is not None:
        whole = proportional(weights, rows, layout.length)
        common = Proportional(*(x.astype(dtype) for x in whole))
    elif shared:
        common = pad_weights(weights, layout.length).astype(dtype)
    begin = tuple(layout.cut(s, dtype) for s in start)
    return Job(model, numerics, layout, tiles, begin, common, tuple(stimuli))


def _cut_weights(weights: np.ndarray, rows: int | None, layout: Tiles, dtype: Any) -> Any:
    """Return the weights of all tiles, by one matrix where that is possible."""
    if rows is None:
        return layout.cut_lanes(pad_weights(weights, layout.length), dtype)
    whole = proportional(weights, rows, layout.length)
    return Proportional(*(layout.cut_lanes(x, dtype) for x in whole))


def _has_delays(parameters: Parameters) -> bool:
    """Tell whether any edge that exists is delayed."""
    delays_s, weights = parameters.delays_s, parameters.weights
    if delays_s is None or not np.any(delays_s > 0):
        return False
    dense = np.asarray(weights.dense() if isinstance(weights, Sparse) else weights)
    return bool(np.any((dense != 0).any(axis=-3) & (np.asarray(delays_s) > 0)))


def _cut_edges(edges: Sequence[Edges], delays: DelayLayout, layout: Tiles, dtype: Any) -> Windows:
    """Return the edges of all tiles that one block takes, each laid out on its own."""
    value = layout.cut_lanes(np.concatenate([e.value for e in edges]), dtype)
    if (value == value[:1, :1]).all():
        value = value[:, :1]
    tiles = []
    for place, tile in enumerate(layout.order):
        # one group serves all tiles; else a tile is a lane, and the last fills up the last tiles
        some = edges[min(tile, len(edges) - 1)]._replace(value=value[place])
        some = Edges(*(pad_targets(x, layout.length, -2) for x in some))
        tiles.append(windows(some, delays, layout.tile))
    starts, weights, turns = zip(*tiles, strict=True)
    lanes = max(w.shape[-1] for w in weights)
    weights = [np.broadcast_to(w, (*w.shape[:-1], lanes)) for w in weights]
    return Windows(np.stack(starts), np.stack(weights).astype(dtype), np.stack(turns))


def check_word(what: str, word: str, known: Any) -> None:
    """Refuse a word that is not known, with the nearest as a hint."""
    if word not in known:
        raise ConfigError(
            f"no {what} '{word}'",
            expected=", ".join(known),
            got=str(word),
            hint=did_you_mean(str(word), known),
        )


def _delays(
    weights: np.ndarray, delays_s: np.ndarray, lanes: int, dt_ms: float, block_steps: int
) -> tuple[DelayLayout, list[list[Edges]], np.ndarray]:
    """Return the layout, the delayed edges of each block (once, or for each lane) and the rest.

    The rest are the undelayed weights.
    """
    weights = np.broadcast_to(weights, (lanes, *weights.shape[-3:]))
    groups = [weights] if delays_s.ndim == 2 else [W[None] for W in weights]
    each_delay = [delays_s] if delays_s.ndim == 2 else list(delays_s)
    found = [delayed_edges(W, tau, dt_ms * 1e-3) for W, tau in zip(groups, each_delay, strict=True)]
    shortest = min((least for e, _, least, _ in found if e.value.any()), default=0)
    if shortest < 1:
        least_ms = 1e3 * min(
            tau[(W != 0).any(axis=(0, 1)) & (tau > 0)].min(initial=np.inf)
            for W, tau in zip(groups, each_delay, strict=True)
        )
        raise ConfigError(
            "dt_ms is too large for the shortest delay",
            expected=f"at most {least_ms:g} ms",
            got=f"{dt_ms:g} ms",
            hint="lower dt_ms or the velocity; or set delays of less than a step to 0",
        )
    longest = max(most for *_, most in found)
    history = longest + 2
    blocks = blocks_of(shortest, longest, block_steps)
    edges = by_block([e for e, *_ in found], blocks, history)
    undelayed = np.concatenate([rest for _, rest, *_ in found])
    layout = DelayLayout(
        blocks=blocks,
        history=history,
        spare=spare_of(block_steps),
        fractional=any((e.share > 0).any() for e, *_ in found),
        immediate=bool((undelayed != 0).any()),
    )
    return layout, edges, undelayed


@lru_cache(maxsize=32)
def compiled(
    make_program: Callable[..., Callable[..., Any]],
    model: Model,
    numerics: Numerics,
    options: tuple[Any, ...],
    devices: tuple[Any, ...],
) -> Callable[..., Any]:
    """Return a compiled program over tiles: a loop on each device, nothing exchanged.

    Parameters
    ----------
    make_program : callable
        From a :class:`Tile` and the options to a function of (carry, common arguments).
    model, numerics
        What runs.
    options : tuple
        Further static arguments.
    devices : tuple
        JAX devices.

    Returns
    -------
    callable
        Of (tiles, carry, shared weights, common), the first two with a leading tile axis.
    """
    import jax
    import jax.numpy as jnp
    from jax.sharding import Mesh, PartitionSpec

    def batch(tiles, carry, shared_weights, common):
        def one(x):
            lanes, carry = x

            def run():
                tile = Tile(model, numerics, lanes, shared_weights)
                return make_program(tile, *options)(carry, common)

            def skip():
                return jax.tree.map(lambda a: jnp.zeros(a.shape, a.dtype), jax.eval_shape(run))

            # what only fills up a shape costs nothing
            return jax.lax.cond(lanes.alive, run, skip)

        return jax.lax.map(one, (tiles, carry))

    if len(devices) == 1:
        return jax.jit(batch)
    split, whole = PartitionSpec("lanes"), PartitionSpec()
    mesh = Mesh(np.array(devices), ("lanes",))
    return jax.jit(
        jax.shard_map(
            batch,
            mesh=mesh,
            in_specs=(split, split, whole, whole),
            out_specs=split,
            check_vma=False,
        )
    )


def execute(
    job: Job, make_program: Callable[..., Any], options: tuple[Any, ...], carry: Any, common: Any
) -> Any:
    """Compile if need be, run, and return NumPy arrays with a leading tile axis.

    Of several processes each calls with the same arrays, and each gets all of the result.
    """
    import jax

    devices = by_process(jax.devices())
    lanes, shared = (job.tiles, carry), (job.shared_weights, common)
    with job.width():
        program = compiled(make_program, job.model, job.numerics, options, devices)
        if jax.process_count() == 1:
            return jax.tree.map(np.asarray, program(*lanes, *shared))
        lanes, shared = spread(lanes, devices, "lanes"), spread(shared, devices, None)
        return gather(program(*lanes, *shared), devices)
