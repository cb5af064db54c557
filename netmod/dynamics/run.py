"""Run tiles of lanes on all devices: arrays cut into tiles, programs compiled once a shape."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from netmod.dynamics.coupling import DelayLayout, Edges, delayed_edges
from netmod.dynamics.kernel import Lanes, Numerics, Tile, as_tiles, block_of, noisy_states
from netmod.dynamics.parameters import Parameters, Sparse
from netmod.dynamics.solvers import SOLVERS
from netmod.dynamics.stimulation import Stimulus, patterns, waveform_table
from netmod.errors import ConfigError, DataError, did_you_mean
from netmod.models import Model

TILE = 4
"""Lanes that step together with weights of their own: enough to hide the cost of a kernel call,
few enough for the cache."""

SHARED_TILE = 16
"""Lanes that step together on one connectome: one matrix product serves them all."""

PRECISIONS = {"single": np.float32, "double": np.float64}


def tile_width(
    lanes: int,
    devices: int,
    *,
    gpu: bool,
    shared: bool,
    delayed: bool = False,
    own_delays: bool = False,
) -> int:
    """Return how many lanes step together.

    Parameters
    ----------
    lanes, devices : int
        Numbers of them.
    gpu : bool
        Whether the devices are GPUs.
    shared : bool
        Whether the lanes have one connectome.
    delayed, own_delays : bool
        Whether there are delays, and whether they differ between lanes.
    """
    if own_delays:
        return 1  # the lanes of a tile have their delays in common
    if gpu:
        # one tile a device: a GPU hides latency by many lanes, not by a cache
        return max(2, 1 << (-(-lanes // devices) - 1).bit_length())
    if delayed:
        return 1  # or the same lane would be rounded otherwise beside lanes with other delays
    return SHARED_TILE if shared else TILE


class Job(NamedTuple):
    """Several networks, ready to run.

    Attributes
    ----------
    model : Model
        The neural mass.
    numerics : Numerics
        How to integrate.
    lanes : int
        Number of lanes before padding.
    tiles : Lanes
        Arrays ``[tile, lane, ...]``.
    start : tuple of arrays, shape (tile, lane, region)
        Initial state.
    shared_weights : array, Sparse or None
        Weights that all lanes share.
    stimuli : tuple of Stimulus
        What drives the regions from outside.
    """

    model: Model
    numerics: Numerics
    lanes: int
    tiles: Lanes
    start: tuple[np.ndarray, ...]
    shared_weights: Any
    stimuli: tuple[Stimulus, ...]

    @property
    def dtype(self) -> Any:
        """Floating-point type of the run."""
        return PRECISIONS[self.numerics.precision]

    def untile(self, x: Any) -> np.ndarray:
        """Return an array ``[tile, lane, ...]`` as ``[lane, ...]`` without padding."""
        x = np.asarray(x)
        return x.reshape(-1, *x.shape[2:])[: self.lanes]

    def course(self, first_step: int, steps: int) -> np.ndarray | None:
        """Return the step averages of the stimuli, ``[step, stimulus]``; None without any."""
        if not self.stimuli:
            return None
        dt_s = self.numerics.dt_ms * 1e-3
        return waveform_table(self.stimuli, first_step, steps, dt_s).astype(self.dtype)

    def only(self, lane: int) -> Job:
        """Return the job of one lane, which fills a tile on each device."""
        import jax

        shape = self.tiles.key.shape[:2]
        devices = len(jax.devices())

        def alone(x: np.ndarray) -> np.ndarray:
            one = x.reshape(-1, *x.shape[2:])[lane]
            return np.broadcast_to(one, (devices, shape[1], *one.shape)).copy()

        tiles = jax.tree.map(alone, self.tiles._replace(edges=None))
        edges = self.tiles.edges
        if edges is not None:
            tile = lane // shape[1]
            common = (np.broadcast_to(x[tile], (devices, *x.shape[1:])).copy() for x in edges[:3])
            tiles = tiles._replace(edges=Edges(*common, alone(edges.value)))
        return self._replace(lanes=1, tiles=tiles, start=tuple(map(alone, self.start)))

    def step_by_step(self) -> Job:
        """Return the same job with blocks of a single step."""
        delays = self.numerics.delays
        delays = None if delays is None else delays._replace(block=1)
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

    Raises
    ------
    ConfigError
        If the solver or the precision is unknown, or a delay is shorter than the step.
    DataError
        If the initial state does not fit the model.
    """
    import jax

    check_word("solver", solver, SOLVERS)
    check_word("precision", precision, PRECISIONS)
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
    # one width for any number of lanes: another may round a lane's sums otherwise
    tile = SHARED_TILE if shared else TILE
    if devices[0].platform == "gpu":
        # one tile a device: a GPU hides latency by many lanes, not by a cache
        tile = max(2, 1 << (-(-lanes // len(devices)) - 1).bit_length())
    values = parameters.values

    layout, edges = None, []
    if _has_delays(parameters):
        with jax.enable_x64(True):  # or the weights of a run in double precision would be rounded
            dense = np.asarray(weights.dense() if isinstance(weights, Sparse) else weights)
        delays_s = np.asarray(parameters.delays_s)
        if delays_s.ndim == 3 and (delays_s == delays_s[0]).all():
            delays_s = delays_s[0]
        layout, edges, weights = _delays(dense, delays_s, lanes, dt_ms, block_steps)
        # the undelayed rest is dense and small
        shared = False
    tile = tile_width(
        lanes,
        len(devices),
        gpu=devices[0].platform == "gpu",
        shared=shared,
        delayed=layout is not None,
        own_delays=len(edges) > 1,
    )

    def cut(x: Any, kind: Any = dtype) -> np.ndarray:
        return as_tiles(x, tile, len(devices), kind)

    numerics = Numerics(
        dt_ms=dt_ms,
        solver=solver,
        hold_coupling=model.slow_transmission if hold_coupling is None else hold_coupling,
        precision=precision,
        noisy=noisy_states(model, values),
        coloured=bool(np.any(values.get("noise_tau", 0.0) > 0)),
        stimulated=bool(stimuli),
        delays=layout,
    )
    n = parameters.n_regions
    tiles = Lanes(
        values={name: cut(value) for name, value in values.items()},
        weights=None if shared else cut(weights),
        edges=_cut_edges(edges, cut) if edges else None,
        key=cut(keys, np.uint32),
        patterns=cut(patterns(stimuli, lanes, n)) if stimuli else None,
    )  # fmt: skip
    common = None
    if shared:
        common = (
            Sparse(np.asarray(weights.source, np.int32), np.asarray(weights.value, dtype))
            if isinstance(weights, Sparse)
            else np.asarray(weights, dtype)
        )
    return Job(model, numerics, lanes, tiles, tuple(cut(s) for s in start), common, tuple(stimuli))


def _has_delays(parameters: Parameters) -> bool:
    """Tell whether any edge that exists is delayed."""
    delays_s, weights = parameters.delays_s, parameters.weights
    if delays_s is None or not np.any(delays_s > 0):
        return False
    dense = np.asarray(weights.dense() if isinstance(weights, Sparse) else weights)
    return bool(np.any((dense != 0).any(axis=-3) & (np.asarray(delays_s) > 0)))


def _cut_edges(edges: Sequence[Edges], cut: Callable[..., np.ndarray]) -> Edges:
    """Return the edges of all tiles, the delays once a tile."""
    value = cut(np.concatenate([e.value for e in edges]))
    tiles = len(value)

    def each(arrays: list[np.ndarray], kind: Any) -> np.ndarray:
        # one group serves all tiles; else a tile is a lane, and the last fills up the last tiles
        chosen = [arrays[min(k, len(arrays) - 1)] for k in range(tiles)]
        return np.stack(chosen).astype(kind)

    return Edges(
        each([e.source for e in edges], np.int32),
        each([e.steps for e in edges], np.int32),
        each([e.share for e in edges], value.dtype),
        value,
    )


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
) -> tuple[DelayLayout, list[Edges], np.ndarray]:
    """Return the layout, the delayed edges (once, or for each lane) and the undelayed weights."""
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
    width = max(edges.source.shape[1] for edges, *_ in found)

    def padded(x: np.ndarray, fill: int = 0) -> np.ndarray:
        missing = width - x.shape[-1]
        return np.pad(x, [(0, 0)] * (x.ndim - 1) + [(0, missing)], constant_values=fill)

    edges = [
        Edges(padded(e.source), padded(e.steps, shortest), padded(e.share), padded(e.value))
        for e, *_ in found
    ]
    undelayed = np.concatenate([rest for _, rest, *_ in found])
    layout = DelayLayout(
        block=block_of(shortest, block_steps),
        history=max(most for *_, most in found) + 2,
        fractional=any((e.share > 0).any() for e in edges),
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
    from jax.sharding import Mesh, PartitionSpec

    def batch(tiles, carry, shared_weights, common):
        def one(x):
            lanes, carry = x
            tile = Tile(model, numerics, lanes, shared_weights)
            return make_program(tile, *options)(carry, common)

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
    """Compile if need be, run, and return NumPy arrays with a leading tile axis."""
    import jax

    with job.width():
        program = compiled(make_program, job.model, job.numerics, options, tuple(jax.devices()))
        return jax.tree.map(np.asarray, program(job.tiles, carry, job.shared_weights, common))
