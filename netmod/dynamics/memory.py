"""Memory of a run, estimated from its sizes and refused before anything is compiled.

With w bytes a number, N regions (filled up to whole vectors), M matrices (of two inputs one, with
a few rows, where that does: :mod:`netmod.dynamics.proportional`), T lanes a tile on each of D
devices and P lanes in all (with those that fill up the shapes), a run holds

- inputs, twice (for NumPy and for JAX): a lane's parameters, initial state and patterns,
  ``(values + states + stimuli) N w``; weights ``M N² w`` for each lane, or once a device if they
  are shared; for delays each tile's edges and each lane's weights on them; the course of the
  stimuli over a piece of the run, on each device;
- outputs: for each of P lanes the samples of a piece, and the state from which the run goes on
  (delays: with the history), which with several pieces is there twice;
- temporaries, for each of D tiles in flight: the noise of a block (``2 N T w`` bytes a step for a
  pair of states, of three-point noise ``N T / 2``) unless it is drawn step by step, a tile's
  samples, its weights twice, its delayed edges, history and inputs of every block of these;
- results: every sample of every lane, twice while the pieces are joined.

A run that keeps co-moments holds ``(N + 2) N w`` bytes of them in the state of each lane instead
of samples: its memory grows with its length by the course of the stimuli alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from netmod.dynamics.available_memory import available_bytes, shown
from netmod.dynamics.delays import blocks_of, windowed
from netmod.dynamics.increments import noisy_states
from netmod.dynamics.kernel import draws_each_step, spare_of
from netmod.dynamics.parameters import Parameters, Sparse
from netmod.dynamics.proportional import rows_of
from netmod.dynamics.three_point import STEPS
from netmod.dynamics.tiles import Tiles, tile_width
from netmod.errors import NetmodError
from netmod.models import Model

_BALLOON_STATES = 4


class Delays(NamedTuple):
    """Sizes of delayed inputs.

    Attributes
    ----------
    edges : tuple of int
        Largest number of delayed sources of a target, for every block.
    history : int
        Steps that are kept.
    blocks : tuple of int
        Steps that are known in advance (:func:`netmod.dynamics.delays.blocks_of`).
    own : bool
        Whether lanes differ in their delays.
    immediate : bool
        Whether some edges have no delay; else the compiled program leaves their weights out.
    alike : bool
        Whether all lanes have the same weights.
    fractional : bool
        Whether any delay is not a whole number of steps: then an edge has two weights.
    """

    edges: tuple[int, ...]
    history: int
    blocks: tuple[int, ...]
    own: bool
    immediate: bool
    alike: bool
    fractional: bool


class Sizes(NamedTuple):
    """What decides how much memory a run takes.

    Attributes
    ----------
    lanes, regions, states, values, matrices, stimuli : int
        Numbers of them.
    width : int
        Bytes of a number: 4 or 8.
    shared : bool
        Whether all lanes have the same weights.
    entries : int
        Weights that a network stores: matrix by target by source, or by edge if sparse.
    drawn : int
        Numbers that are drawn for a region in a step: two for a pair of states.
    coloured : bool
        Whether the noise has a correlation time.
    drawn_ahead : bool
        Whether the noise of a block is drawn at once.
    sent, received : int
        Signals that leave a region, and sums that reach it.
    block_steps : int
        Steps of a block.
    samples, piece : int
        Samples of the run, and of the longest piece of it.
    sample_steps : int
        Steps of a sample.
    signals : int
        Numbers that a sample holds of a region.
    delays : Delays or None
        Sizes of delayed inputs.
    comoments : bool
        Whether the co-moments of the first signal are kept instead of samples.
    noise : {"gaussian", "three_point"}
        Law of the noise.
    rows : int or None
        Rows beside the first matrix, where one matrix does for two inputs
        (:mod:`netmod.dynamics.proportional`).
    """

    lanes: int
    regions: int
    states: int
    values: int
    matrices: int
    stimuli: int
    width: int
    shared: bool
    entries: int
    drawn: int
    coloured: bool
    drawn_ahead: bool
    sent: int
    received: int
    block_steps: int
    samples: int
    piece: int
    sample_steps: int
    signals: int
    delays: Delays | None
    comoments: bool = False
    noise: str = "gaussian"
    rows: int | None = None


class Estimate(NamedTuple):
    """Bytes of a run; ``total`` is the largest amount held at one time on the CPU.

    Attributes
    ----------
    inputs, outputs, temporaries : int
        Arguments, results and scratch of the compiled program, on all devices.
    host : int
        NumPy's own arrays beside them.
    """

    inputs: int
    outputs: int
    temporaries: int
    host: int

    @property
    def program(self) -> int:
        """What the compiled program itself holds."""
        return self.inputs + self.outputs + self.temporaries

    @property
    def total(self) -> int:
        """The program and NumPy."""
        return self.program + self.host


def sizes_of(
    model: Model,
    parameters: Parameters,
    lanes: int,
    *,
    dt_ms: float,
    block_steps: int,
    samples: int,
    piece: int,
    sample_steps: int,
    signals: int,
    precision: str,
    stimuli: int,
    solver: str = "heun",
    hold_coupling: bool | None = None,
    comoments: bool = False,
    noise: str = "gaussian",
) -> Sizes:
    """Return the sizes of a run; nothing of its size is made.

    Parameters
    ----------
    model : Model
        The neural mass.
    parameters : Parameters
        Stacked along a leading lane axis; the weights may be shared (without that axis).
    lanes : int
        Number of networks.
    dt_ms : float
        Step.
    block_steps, samples, piece, sample_steps, signals, stimuli, comoments
        As in :class:`Sizes`.
    precision : {"single", "double"}
        Width of the numbers.
    solver, hold_coupling, noise
        As in :class:`netmod.dynamics.simulate.Scan`.
    """
    weights = parameters.weights
    n = parameters.n_regions
    sparse = isinstance(weights, Sparse)
    noisy = noisy_states(model, parameters.values)
    matrices = weights.matrices if sparse else weights.shape[-3]
    coloured = bool(np.any(parameters.values.get("noise_tau", 0.0) > 0))
    hold = model.slow_transmission if hold_coupling is None else hold_coupling
    delays = _delays_of(parameters, dt_ms, block_steps)
    late = delays is not None and not delays.immediate
    return Sizes(
        lanes=lanes,
        regions=n,
        states=len(model.states),
        values=len(parameters.values),
        matrices=matrices,
        stimuli=stimuli,
        width=8 if precision == "double" else 4,
        shared=sparse or np.ndim(weights) == 3,
        entries=weights.value.size if sparse else matrices * n * n,
        drawn=sum(len(pair) for k in range(0, len(noisy), 2) if any(pair := noisy[k : k + 2])),
        coloured=coloured,
        drawn_ahead=not draws_each_step(model, solver, hold, coloured, late, noise),
        sent=len(model.sent) * model.link.signals,
        received=len(model.transmitted) * model.link.signals,
        block_steps=block_steps,
        samples=samples,
        piece=piece,
        sample_steps=sample_steps,
        signals=signals,
        delays=delays,
        comoments=comoments,
        noise=noise,
        rows=rows_of(model, weights) if delays is None and not sparse else None,
    )


def _delays_of(parameters: Parameters, dt_ms: float, block_steps: int) -> Delays | None:
    delays_s = parameters.delays_s
    if delays_s is None or not np.any(delays_s > 0):
        return None
    weights = parameters.weights
    dense = np.asarray(weights.dense() if isinstance(weights, Sparse) else weights)
    present = (dense != 0).any(axis=-3)
    delayed = present & (np.asarray(delays_s) > 0)
    if not delayed.any():
        return None
    own = np.ndim(delays_s) == 3 and not (delays_s == delays_s[0]).all()
    each = np.broadcast_to(delays_s, delayed.shape)
    lags = np.where(delayed, each * (1e3 / dt_ms), 0.0)
    nearest = np.round(lags)
    fractional = bool((np.abs(lags - nearest) >= 1e-6).any())
    whole = np.where(np.abs(lags - nearest) < 1e-6, nearest, np.floor(lags)).astype(int)
    shortest, longest = int(whole[delayed].min()), int(whole.max())
    blocks = blocks_of(max(1, shortest), longest, block_steps)
    if not own and delayed.ndim == 3:  # edges that any lane has
        delayed, whole = delayed.any(axis=0), whole.max(axis=0)
    edges, above = [], np.inf
    for block in blocks:
        edges.append(int((delayed & (whole >= block) & (whole < above)).sum(axis=-1).max()))
        above = block
    return Delays(
        edges=tuple(edges),
        history=longest + 2,
        blocks=blocks,
        own=bool(own),
        immediate=bool((present & ~delayed).any()),
        alike=bool(dense.ndim == 3 or (dense == dense[:1]).all()),
        fractional=fractional,
    )


def estimate_bytes(sizes: Sizes, devices: int = 1, gpu: bool = False) -> Estimate:
    """Return the bytes of a run (the module's text has the formula).

    Parameters
    ----------
    sizes : Sizes
        From :func:`sizes_of`.
    devices : int
        JAX devices that share the lanes.
    gpu : bool
        Whether they are GPUs, where a tile holds all lanes of a device.
    """
    s, w = sizes, sizes.width
    delays = s.delays
    shared = s.shared and delays is None
    tile = tile_width(
        s.lanes, devices, gpu=gpu, shared=shared,
        delayed=delays is not None, own_delays=delays is not None and delays.own,
    )  # fmt: skip
    layout = Tiles(s.lanes, s.regions, tile, devices)
    n, tiles = layout.length, layout.count
    lanes = tiles * tile
    unused = 0
    dense = s.matrices * n * n * w
    if s.rows is not None:
        dense = ((n + s.rows) * n + n + n * s.rows) * w
    sparse = s.entries < s.matrices * s.regions**2

    lane = (s.values + s.states + s.stimuli) * n * w + 8
    if shared:
        tile_weights = 0
        common = devices * (s.entries * n // s.regions * (w + 4) if sparse else dense)
    else:
        tile_weights = tile * dense
        common = 0
    edges = history = sums = 0
    if delays is not None:
        each = (1 + delays.fractional) * s.matrices * (1 if delays.alike else tile) * w
        edges = n * sum(map(windowed, delays.edges)) * (4 + each)
        history = s.sent * n * (delays.history + spare_of(s.block_steps)) * w
        if not delays.immediate:
            unused, tile_weights = tile_weights, 0
        sums = s.received * sum(block + 1 for block in delays.blocks) * n * w * tile
    course = s.piece * s.sample_steps * s.stimuli * w * devices
    inputs = lanes * lane + tiles * (tile_weights + edges) + common + course

    moments = (n + s.signals) * n * w if s.comoments else 0
    carry = (s.states * (1 + s.coloured) + _BALLOON_STATES) * n * w + history + moments
    sample = 0 if s.comoments else s.signals * n * w
    pieces = 1 if s.piece >= s.samples else 2
    outputs = lanes * (s.piece * sample + pieces * carry)

    step_draws = s.drawn * w if s.noise == "gaussian" else -(-s.drawn // 2) / STEPS
    draws = (s.block_steps if s.drawn_ahead else 0) * step_draws * n * tile
    # state, drift and noise of a step and of the solver's stages
    step = 20 * s.states * n * w * tile
    flight = draws + s.piece * sample * tile + 2 * tile_weights + edges + (history + moments) * tile
    temporaries = devices * (flight + sums + step) + common

    results = s.lanes * (2 * s.samples * sample + moments)
    if devices > 1:
        results += lanes * (s.piece * sample + moments)
    # double precision on the way: times and integrals of a waveform, weights split by delay
    table = s.piece * s.sample_steps * (s.stimuli + 4) * 8 if s.stimuli else 0
    split = 0 if delays is None else 5 * s.lanes * s.matrices * n * n * 8
    program = inputs + outputs + temporaries
    host = inputs + tiles * unused + max(results, table + split - program)
    return Estimate(int(inputs), int(outputs), int(temporaries), int(host))


def check_memory(sizes: Sizes, sample_s: float, *, keeps_fc: bool = False) -> None:
    """Refuse a run that would not fit into memory.

    Parameters
    ----------
    sizes : Sizes
        From :func:`sizes_of`.
    sample_s : float
        Length of a sample, to say how long a piece may be.
    keeps_fc : bool
        Whether the run could keep the FC alone, to say so where that would fit.

    Raises
    ------
    NetmodError
        If the estimate is more than what is available, with what would fit.
    """
    import jax

    available = available_bytes()
    if available is None:
        return
    devices = jax.devices()
    gpu = devices[0].platform != "cpu"

    def needed(request: Sizes) -> int:
        estimate = estimate_bytes(request, len(devices), gpu)
        # each GPU has a memory of its own, which NumPy's arrays do not fill; a host holds the
        # programs of its own devices, and NumPy's arrays for all
        own = estimate.program * (1 if gpu else jax.local_device_count()) // len(devices)
        return own if gpu else own + estimate.host

    estimate = needed(sizes)
    if estimate <= available:
        return
    lanes = _most(lambda k: needed(sizes._replace(lanes=k)) <= available, sizes.lanes)
    piece = _most(lambda k: needed(sizes._replace(piece=k)) <= available, sizes.piece)
    hints = []
    if lanes:
        hints.append(f"simulate at most {lanes} lanes at once")
    if piece:
        hints.append(f"set chunk_s to at most {piece * sample_s:g}")
    if keeps_fc and not sizes.comoments and needed(sizes._replace(comoments=True)) <= available:
        hints.append('set keep="fc" if the series is not needed')
    hints.append("shorten the run" if lanes else "shorten the run or take fewer regions")
    raise NetmodError(
        "the run does not fit into memory",
        where=f"{sizes.lanes} lanes of {sizes.regions} regions, {sizes.samples} samples",
        expected=f"at most {shown(available)} (NETMOD_MEMORY_LIMIT sets another limit)",
        got=f"about {shown(estimate)}",
        hint=", or ".join(hints),
    )


def _most(fits: Callable[[int], bool], beyond: int) -> int:
    """Return the largest count below one that is too large; 0 if none fits."""
    low, high = 0, beyond
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low
