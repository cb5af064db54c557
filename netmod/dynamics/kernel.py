"""The time loop of one tile of lanes: solver, noise, delays and stimulation, block by block.

A block is what an observer looks at once: 10 ms for the balloon model, one sample for a recorded
trace. Inside it, delayed inputs are computed for as many steps ahead as the shortest delay allows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from netmod.dynamics.coupling import (
    DelayLayout,
    Edges,
    Sums,
    delayed_sums,
    dense_sums,
    inputs_of,
    matrices_of,
    places_of,
    signals_of,
    sparse_sums,
)
from netmod.dynamics.noise import first_word, normal_pair
from netmod.dynamics.parameters import Sparse
from netmod.dynamics.solvers import SOLVERS
from netmod.models import Model


class Numerics(NamedTuple):
    """How a tile is integrated (hashable: it selects the compiled program).

    Attributes
    ----------
    dt_ms : float
        Step.
    solver : str
        Name in :data:`netmod.dynamics.solvers.SOLVERS`.
    hold_coupling : bool
        Whether undelayed inputs are summed once a step instead of once a solver stage.
    precision : {"single", "double"}
        Width of the numbers; the noise is drawn in single precision for both.
    noisy : tuple of bool
        Which states have noise.
    coloured : bool
        Whether any noise has a correlation time.
    stimulated : bool
        Whether there are stimuli.
    delays : DelayLayout or None
        Sizes of the delayed inputs.
    """

    dt_ms: float
    solver: str
    hold_coupling: bool
    precision: str
    noisy: tuple[bool, ...]
    coloured: bool
    stimulated: bool
    delays: DelayLayout | None


class Lanes(NamedTuple):
    """What differs between lanes; every array but the delays has a leading lane axis.

    Attributes
    ----------
    values : dict of arrays, shape (lane, region)
        Parameters.
    weights : array, shape (lane, matrix, target, source), or None
        Weights of every lane, if they differ; with delays those of undelayed edges.
    edges : Edges or None
        Delayed edges; the lanes have the delays in common.
    key : array, shape (lane, 2), uint32
        Noise keys.
    patterns : array, shape (lane, stimulus, region), or None
        Sizes of the stimuli.
    """

    values: dict[str, Any]
    weights: Any
    edges: Edges | None
    key: Any
    patterns: Any


class Neural(NamedTuple):
    """State of the neural layer of a tile, from which a run continues exactly.

    Attributes
    ----------
    packed : tuple of arrays, shape (lane, region)
        States, two by two as complex numbers, an odd one alone.
    coloured : array, shape (lane, state, region), or None
        Coloured noise.
    history : array, shape (signal, region, step, lane), or None
        What was sent, up to now.
    step : uint32
        Steps so far: the noise counter.
    bad_block : array, shape (lane,), int32
        First block after which a state was not finite; -1 if none.
    block : int32
        Blocks so far.
    """

    packed: tuple[Any, ...]
    coloured: Any
    history: Any
    step: Any
    bad_block: Any
    block: Any


class Tile:
    """The integration of one tile: ``start`` makes its state, ``run_block`` advances it.

    Parameters
    ----------
    model : Model
        The neural mass.
    numerics : Numerics
        How to integrate.
    lanes : Lanes
        The tile's own arrays.
    shared_weights : array, shape (matrix, target, source), or Sparse, or None
        Weights of all lanes, if they do not differ.
    """

    def __init__(self, model: Model, numerics: Numerics, lanes: Lanes, shared_weights: Any) -> None:
        import jax.numpy as jnp

        self.model, self.numerics, self.lanes = model, numerics, lanes
        self._solver = SOLVERS[numerics.solver]
        self._dtype = jnp.float64 if numerics.precision == "double" else jnp.float32
        self._dt_s = self._dtype(numerics.dt_ms * 1e-3)
        self._sums, self._strength = self._undelayed(shared_weights)
        layout = numerics.delays
        self._ahead = delayed_sums(model, lanes.edges, layout) if layout else None
        self._now = delayed_sums(model, lanes.edges, layout._replace(block=0)) if layout else None

    def start(self, state: Sequence[Any]) -> Neural:
        """Return the state of a tile that has rested in ``state`` before time 0."""
        import jax.numpy as jnp

        lanes, n = state[0].shape
        history = None
        if self.numerics.delays:
            sent = jnp.stack(signals_of(self.model, state, self.lanes.values))
            sent = jnp.swapaxes(sent, 1, 2)[:, :, None]
            history = jnp.repeat(sent, self.numerics.delays.history, axis=2)
        coloured = None
        if self.numerics.coloured:
            coloured = self._stationary_noise(n)
        return Neural(
            pack(state),
            coloured,
            history,
            jnp.uint32(0),
            jnp.full((lanes,), -1, jnp.int32),
            jnp.int32(0),
        )

    def run_block(
        self, neural: Neural, steps: int, course: Any, watched: Sequence[str]
    ) -> tuple[Neural, tuple[Any, ...]]:
        """Advance by one block.

        Parameters
        ----------
        neural : Neural
            State before.
        steps : int
            Steps of the block.
        course : array, shape (step, stimulus), or None
            Step averages of the stimuli.
        watched : sequence of str
            Signals to average over the block.

        Returns
        -------
        neural : Neural
            State after.
        means : tuple of arrays, shape (lane, region)
            Of the watched signals.
        """
        import jax
        import jax.numpy as jnp

        layout = self.numerics.delays
        ahead = steps if layout is None else layout.block
        draws = self._draws(neural.step, steps)
        zero = jnp.zeros_like(neural.packed[0].real)

        def advance(first, packed, coloured, totals, ahead_sums):
            def one(k, inner):
                packed, coloured, totals, sent = inner
                state, coloured = self._step(
                    unpack(packed, len(self.model.states)),
                    coloured,
                    [d[first + k] for d in draws],
                    None if course is None else course[first + k],
                    None if ahead_sums is None else (ahead_sums[:, k], ahead_sums[:, k + 1]),
                )
                values = self.lanes.values
                totals = tuple(
                    total + self.model.signal(name, state, values)
                    for total, name in zip(totals, watched, strict=True)
                )
                if sent is not None:
                    now = jnp.stack(signals_of(self.model, state, values))
                    sent = sent.at[:, :, k].set(jnp.swapaxes(now, 1, 2))
                return pack(state), coloured, totals, sent

            sent = None if layout is None else jnp.zeros_like(neural.history[:, :, :ahead])
            return jax.lax.fori_loop(0, ahead, one, (packed, coloured, totals, sent))

        def delayed(q, outer):
            packed, coloured, totals, history = outer
            packed, coloured, totals, sent = advance(
                q * ahead, packed, coloured, totals, self._ahead(history)
            )
            history = jnp.concatenate([history[:, :, ahead:], sent], axis=2)
            return packed, coloured, totals, history

        totals = (zero,) * len(watched)
        history = neural.history
        if layout is None:
            packed, coloured, totals, _ = advance(0, neural.packed, neural.coloured, totals, None)
        else:
            outer = (neural.packed, neural.coloured, totals, history)
            packed, coloured, totals, history = jax.lax.fori_loop(0, steps // ahead, delayed, outer)
        finite = jnp.stack([jnp.isfinite(p).all(axis=1) for p in packed]).all(axis=0)
        bad = jnp.where((neural.bad_block < 0) & ~finite, neural.block, neural.bad_block)
        after = Neural(
            packed, coloured, history, neural.step + jnp.uint32(steps), bad, neural.block + 1
        )
        return after, tuple(total / steps for total in totals)

    def state_of(self, neural: Neural) -> tuple[Any, ...]:
        """Return the model's states, arrays ``[lane, region]``."""
        return unpack(neural.packed, len(self.model.states))

    def stimulus(self, course: Any) -> Any:
        """Return the stimulus of one step, ``[lane, region]``, from the averages of all stimuli."""
        import jax.numpy as jnp

        return jnp.einsum("p,bpn->bn", course, self.lanes.patterns)

    def inputs(self, neural: Neural) -> tuple[Any, ...]:
        """Return the coupling inputs of now."""
        state, values = self.state_of(neural), self.lanes.values
        sums = None if self._sums is None else self._sums(signals_of(self.model, state, values))
        if self._now is not None:
            sums = self._joined(sums, self._now(neural.history)[:, 0])
        return inputs_of(self.model, sums, self._strength, state, values)

    def _undelayed(self, shared_weights: Any) -> tuple[Any, list[Any]]:
        """Return the function for undelayed sums, and the strength of every input."""
        import jax.numpy as jnp

        layout, lanes = self.numerics.delays, self.lanes
        weights = lanes.weights if shared_weights is None else shared_weights
        if isinstance(weights, Sparse):
            count, row = weights.matrices, weights.strength
            sums = sparse_sums(self.model, weights)
        else:
            count = weights.shape[-3]
            sums = dense_sums(self.model, weights)

            def row(m):
                return weights[..., m, :, :].sum(axis=-1)

        strength = [row(m) for m in range(count)]
        if layout is not None:
            late = lanes.edges.value.sum(axis=-1)
            strength = [k + late[:, m] for m, k in enumerate(strength)]
            sums = sums if layout.immediate else None
        strength = [jnp.broadcast_to(k, (lanes.key.shape[0], k.shape[-1])) for k in strength]
        return sums, [strength[m] for m in matrices_of(self.model, count)]

    def _joined(self, undelayed: Sums | None, late: Any) -> Sums:
        """Return delayed sums ``[input-and-signal, lane, region]`` with the undelayed added."""
        joined, k = [], 0
        for i, place in enumerate(places_of(self.model)):
            total = [late[k + s] for s in range(len(place))]
            if undelayed is not None:
                total = [a + b for a, b in zip(total, undelayed[i], strict=True)]
            joined.append(tuple(total))
            k += len(place)
        return tuple(joined)

    def _step(self, state, coloured, draws, course, late):
        """Return state and coloured noise after one step."""
        model, values = self.model, self.lanes.values
        stimulus = 0.0 if course is None else self.stimulus(course)
        increments, coloured = self._increments(draws, coloured, state[0])

        def undelayed(y):
            return None if self._sums is None else self._sums(signals_of(model, y, values))

        hold = self.numerics.hold_coupling
        held = undelayed(state) if hold else None

        def drift(y, s):
            sums = held if hold else undelayed(y)
            if late is not None:
                before, after = late
                between = (
                    before if s == 0.0 else after if s == 1.0 else ((1.0 - s) * before + s * after)
                )
                sums = self._joined(sums, between)
            # sources and target at one time: else differences would not vanish in synchrony
            own = state if hold else y
            inputs = inputs_of(model, sums, self._strength, own, values)
            return model.drift(y, values, inputs, stimulus)

        moved = self._solver.step(drift, state, self._dt_s, increments, model.leak(values))
        return model.clip(moved), coloured

    def _draws(self, step: Any, steps: int) -> list[Any]:
        """Return the normals of a block, ``[step, lane, region]`` two states in one complex.

        Drawn before the steps: inside one XLA would draw them once for each consumer.
        """
        import jax.numpy as jnp

        noisy = self.numerics.noisy
        key = self.lanes.key
        n = next(iter(self.lanes.values.values())).shape[-1]
        region = jnp.arange(n, dtype=jnp.uint32)
        counts = (step + jnp.arange(steps, dtype=jnp.uint32))[:, None, None]
        pairs = []
        for first in range(0, len(noisy), 2):
            if any(noisy[first : first + 2]):
                pair = normal_pair((key[:, :1], key[:, 1:]), first_word(first // 2, region), counts)
                pairs.append(pack(tuple(d.astype(self._dtype) for d in pair))[0])
        return pairs

    def _sd(self, k: int) -> Any:
        values = self.lanes.values
        return values.get(f"noise_sd_{self.model.states[k]}", values["noise_sd"])

    def _increments(self, draws, coloured, like):
        """Return the noise increments of one step, and the coloured noise after it."""
        import jax.numpy as jnp

        noisy, draws = self.numerics.noisy, iter(draws)
        normals: list[Any] = []
        for first in range(0, len(noisy), 2):
            pair = next(draws) if any(noisy[first : first + 2]) else None
            for k in range(first, min(first + 2, len(noisy))):
                part = None if pair is None else pair.imag if k % 2 else pair.real
                normals.append(part if noisy[k] else None)
        root = jnp.sqrt(self._dt_s)
        white = [
            jnp.zeros_like(like) if z is None else (self._sd(k) * root) * z
            for k, z in enumerate(normals)
        ]
        if coloured is None:
            return tuple(white), None
        tau = self.lanes.values["noise_tau"]
        slow = tau > 0
        safe = jnp.where(slow, tau, 1.0)
        rate = self._dt_s / safe
        out, after = [], []
        for k, z in enumerate(normals):
            before = coloured[:, k]
            if z is None:
                out.append(white[k])
                after.append(before)
                continue
            # the process exactly; its integral follows from tau dz = -z dt + sd dW, with the step's
            # own dW: exact where slow noise acts, and white noise itself as tau goes to 0
            sd = self._sd(k) / jnp.sqrt(2.0 * safe)
            change = sd * jnp.sqrt(-jnp.expm1(-2.0 * rate)) * z + jnp.expm1(-rate) * before
            new = before + change
            out.append(jnp.where(slow, white[k] - tau * change, white[k]))
            after.append(jnp.where(slow, new, 0.0))
        return tuple(out), jnp.stack(after, axis=1)

    def _stationary_noise(self, n: int) -> Any:
        """Return coloured noise drawn from its stationary distribution."""
        import jax.numpy as jnp

        # a step that no run reaches: 2**32 - 1 is never drawn again
        draws = self._draws(jnp.uint32(2**32 - 1), 1)
        tau = self.lanes.values["noise_tau"]
        zeros = jnp.zeros_like(tau)
        normals = []
        pairs = iter(draws)
        for first in range(0, len(self.numerics.noisy), 2):
            pair = next(pairs)[0] if any(self.numerics.noisy[first : first + 2]) else None
            for k in range(first, min(first + 2, len(self.numerics.noisy))):
                part = None if pair is None else pair.imag if k % 2 else pair.real
                if part is None or not self.numerics.noisy[k]:
                    normals.append(zeros)
                else:
                    sd = self._sd(k) / jnp.sqrt(2.0 * jnp.where(tau > 0, tau, 1.0))
                    normals.append(jnp.where(tau > 0, sd * part, 0.0))
        return jnp.stack(normals, axis=1)


def noisy_states(model: Model, values: Mapping[str, Any]) -> tuple[bool, ...]:
    """Tell for every state whether it has noise: by the model, or by a value of its own."""
    return tuple(s in model.noise_on or f"noise_sd_{s}" in values for s in model.states)


def pack(state: Sequence[Any]) -> tuple[Any, ...]:
    """Join real arrays two by two into complex ones: XLA then fuses their update into one kernel.

    An odd one stays real.
    """
    import jax

    pairs = [jax.lax.complex(*state[k : k + 2]) for k in range(0, len(state) - 1, 2)]
    return (*pairs, *state[len(state) - len(state) % 2 :])


def unpack(packed: Sequence[Any], states: int) -> tuple[Any, ...]:
    """Undo :func:`pack`."""
    split = [part for p in packed[: states // 2] for part in (p.real, p.imag)]
    return (*split, *packed[states // 2 :])


def block_of(longest: int, steps: int) -> int:
    """Return the largest number of steps that divides a block and is not longer than a delay."""
    return max(k for k in range(1, min(longest, steps) + 1) if steps % k == 0)


def as_tiles(x: Any, tile: int, devices: int, dtype: Any) -> np.ndarray:
    """Cut the lanes of an array into tiles; the last lane fills up the last tiles."""
    x = np.asarray(x, dtype)
    tiles = -(-len(x) // (tile * devices)) * devices
    x = np.concatenate([x, np.repeat(x[-1:], tiles * tile - len(x), axis=0)])
    return x.reshape(tiles, tile, *x.shape[1:])
