"""The time loop of one tile of lanes: solver, noise, delays and stimulation, block by block.

A block is what an observer looks at once: 10 ms for the balloon model, one sample for a recorded
trace. Inside it, delayed inputs are summed as many steps ahead as the delays allow
(:mod:`netmod.dynamics.delays`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from netmod.dynamics.coupling import (
    Sums,
    dense_sums,
    inputs_of,
    matrices_of,
    places_of,
    proportional_sums,
    signals_of,
    sparse_sums,
)
from netmod.dynamics.delays import DelayLayout, Windows, delayed_sums
from netmod.dynamics.increments import Increments
from netmod.dynamics.parameters import Sparse
from netmod.dynamics.proportional import Proportional
from netmod.dynamics.solvers import SOLVERS
from netmod.dynamics.tiles import VECTOR
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
    regions : int
        Regions of the network; arrays hold more, which fill up the vectors of the processor.
    noisy : tuple of bool
        Which states have noise.
    coloured : bool
        Whether any noise has a correlation time.
    stimulated : bool
        Whether there are stimuli.
    delays : DelayLayout or None
        Sizes of the delayed inputs.
    noise : {"gaussian", "three_point"}
        Law of the noise.
    """

    dt_ms: float
    solver: str
    hold_coupling: bool
    precision: str
    regions: int
    noisy: tuple[bool, ...]
    coloured: bool
    stimulated: bool
    delays: DelayLayout | None
    noise: str


class Lanes(NamedTuple):
    """What differs between lanes.

    Attributes
    ----------
    values : dict of arrays, shape (region, lane)
        Parameters.
    weights : array, shape (lane, matrix, target, source), or Proportional, or None
        Weights of every lane, if they differ; with delays those of undelayed edges.
    edges : tuple of Windows, or None
        Delayed edges, those of every block; the lanes have the delays in common.
    key : array, shape (lane, 2), uint32
        Noise keys.
    patterns : array, shape (stimulus, region, lane), or None
        Sizes of the stimuli.
    alive : bool
        Whether the tile holds lanes at all; one that only fills up a shape is skipped.
    """

    values: dict[str, Any]
    weights: Any
    edges: tuple[Windows, ...] | None
    key: Any
    patterns: Any
    alive: Any


class Neural(NamedTuple):
    """State of the neural layer of a tile, from which a run continues exactly.

    Attributes
    ----------
    packed : tuple of arrays, shape (region, lane)
        States, two by two as complex numbers, an odd one alone.
    coloured : array, shape (state, region, lane), or None
        Coloured noise.
    history : array, shape (signal, region, step, lane), or None
        What was sent, up to now; what follows is to be overwritten.
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
    shared_weights : array, shape (matrix, target, source), or Sparse, Proportional, or None
        Weights of all lanes, if they do not differ.
    """

    def __init__(self, model: Model, numerics: Numerics, lanes: Lanes, shared_weights: Any) -> None:
        import jax.numpy as jnp

        self.model, self.numerics, self.lanes = model, numerics, lanes
        self._solver = SOLVERS[numerics.solver]
        self._dtype = jnp.float64 if numerics.precision == "double" else jnp.float32
        self._dt_s = self._dtype(numerics.dt_ms * 1e-3)
        self._noise = Increments(
            model, numerics.noisy, lanes.values, lanes.key, numerics.regions, self._dt_s,
            numerics.noise,
        )  # fmt: skip
        self._sums, self._strength = self._undelayed(shared_weights)
        layout = numerics.delays
        blocks = layout.blocks if layout else ()
        edges = lanes.edges or ()
        self._ahead = [delayed_sums(model, *pair) for pair in zip(edges, blocks, strict=True)]
        self._now = [delayed_sums(model, own, 0) for own in edges]

    def start(self, state: Sequence[Any]) -> Neural:
        """Return the state of a tile that has rested in ``state`` before time 0."""
        import jax.numpy as jnp

        lanes = state[0].shape[-1]
        history = None
        if self.numerics.delays:
            history = jnp.repeat(self._sent(state)[:, :, None], self.numerics.delays.length, axis=2)
        coloured = self._noise.stationary() if self.numerics.coloured else None
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
        means : tuple of arrays, shape (region, lane)
            Of the watched signals.
        """
        import jax
        import jax.numpy as jnp

        layout, count = self.numerics.delays, len(self.model.states)
        ahead = steps if layout is None else layout.blocks[-1]
        draws = self._draws(neural.step, steps)
        values = self.lanes.values

        def seen(state):
            return [self.model.signal(name, state, values) for name in watched]

        def advance(first, packed, coloured, totals, ahead_sums):
            def one(k, inner):
                packed, coloured, totals, sent, late = inner
                before = unpack(packed, count)
                # of the state before the step: read from the new one, XLA would step once for each
                totals = tuple(t + s for t, s in zip(totals, seen(before), strict=True))
                if layout is not None:
                    sent = sent.at[:, :, k].set(self._sent(before))
                state, coloured = self._step(
                    before,
                    coloured,
                    draws(first + k),
                    None if course is None else course[first + k],
                    late,
                )
                if layout is not None:
                    # carried, not read where they are needed: XLA would not vectorise the step.
                    # The last step asks for one too many, which JAX clamps and nobody reads
                    late = late[1], ahead_sums[:, k + 2]
                return pack(state), coloured, totals, sent, late

            sent = late = None
            if layout is not None:
                sent = jnp.zeros_like(neural.history[:, :, :ahead])
                late = ahead_sums[:, 0], ahead_sums[:, 1]
            return jax.lax.fori_loop(0, ahead, one, (packed, coloured, totals, sent, late))[:4]

        def delayed(level, first, outer, coarser):
            """Advance by a block of a level; the sums of longer blocks are known."""
            block = layout.blocks[level]
            sums = self._ahead[level](outer[3], first)
            sums = sums if coarser is None else coarser + sums
            if level + 1 < len(layout.blocks):
                finer = layout.blocks[level + 1]

                def one(q, outer):
                    known = jax.lax.dynamic_slice_in_dim(sums, q * finer, finer + 1, axis=1)
                    return delayed(level + 1, first + q * finer, outer, known)

                return jax.lax.fori_loop(0, block // finer, one, outer)
            packed, coloured, totals, history = outer
            packed, coloured, totals, sent = advance(first, packed, coloured, totals, sums)
            now = self._sent(unpack(packed, count))[:, :, None]
            sent = jnp.concatenate([sent, now], axis=2)
            # in place: behind what is kept there is room for the steps of the whole block
            start = (0, 0, first + layout.history - 1, 0)
            return packed, coloured, totals, jax.lax.dynamic_update_slice(history, sent, start)

        # the first step adds the state before the block, which does not belong to it
        totals = tuple(-s for s in seen(self.state_of(neural)))
        history = neural.history
        if layout is None:
            packed, coloured, totals, _ = advance(0, neural.packed, neural.coloured, totals, None)
        else:
            longest = layout.blocks[0]
            packed, coloured, totals, history = jax.lax.fori_loop(
                0,
                steps // longest,
                lambda q, outer: delayed(0, q * longest, outer, None),
                (neural.packed, neural.coloured, totals, history),
            )
            kept = jax.lax.dynamic_slice_in_dim(history, steps, layout.history, axis=2)
            history = jax.lax.dynamic_update_slice_in_dim(history, kept, 0, axis=2)
        finite = jnp.stack([jnp.isfinite(p).all(axis=0) for p in packed]).all(axis=0)
        bad = jnp.where((neural.bad_block < 0) & ~finite, neural.block, neural.bad_block)
        after = Neural(
            packed, coloured, history, neural.step + jnp.uint32(steps), bad, neural.block + 1
        )
        last = seen(self.state_of(after))
        return after, tuple((t + s) / steps for t, s in zip(totals, last, strict=True))

    def state_of(self, neural: Neural) -> tuple[Any, ...]:
        """Return the model's states, arrays ``[region, lane]``."""
        return unpack(neural.packed, len(self.model.states))

    def stimulus(self, course: Any) -> Any:
        """Return the stimulus of one step, ``[region, lane]``, from the averages of all stimuli."""
        # no matrix product: it would be rounded by the number of lanes
        return (course[:, None, None] * self.lanes.patterns).sum(axis=0)

    def inputs(self, neural: Neural) -> tuple[Any, ...]:
        """Return the coupling inputs of now."""
        state, values = self.state_of(neural), self.lanes.values
        sums = None if self._sums is None else self._sums(signals_of(self.model, state, values))
        if self._now:
            late = sum(of_block(neural.history, 0)[:, 0] for of_block in self._now)
            sums = self._joined(sums, late)
        return inputs_of(self.model, sums, self._strength, state, values)

    def _sent(self, state: Sequence[Any]) -> Any:
        """Return all signals that leave the regions, ``[signal, region, lane]``."""
        import jax.numpy as jnp

        return jnp.stack(signals_of(self.model, state, self.lanes.values))

    def _draws(self, first: Any, steps: int) -> Callable[[Any], list[Any]]:
        """Return a function from the place of a step in the block to its normals."""
        import jax.numpy as jnp

        n = self.numerics
        delayed = self._sums is None
        if draws_each_step(self.model, n.solver, n.hold_coupling, n.coloured, delayed, n.noise):
            return lambda k: self._noise.draw(first + jnp.asarray(k).astype(jnp.uint32))
        return self._noise.draw_block(first, steps)

    def _undelayed(self, shared_weights: Any) -> tuple[Any, list[Any]]:
        """Return the function for undelayed sums, and the strength of every input."""
        import jax.numpy as jnp

        layout, lanes = self.numerics.delays, self.lanes
        weights = lanes.weights if shared_weights is None else shared_weights
        if isinstance(weights, Sparse | Proportional):
            count, row = weights.matrices, weights.strength
            sums_of = sparse_sums if isinstance(weights, Sparse) else proportional_sums
            sums = sums_of(self.model, weights)
        else:
            count = weights.shape[-3]
            sums = dense_sums(self.model, weights)

            def row(m):
                return weights[..., m, :, :].sum(axis=-1)

        # [region, lane], or of one lane for all
        strength = [k[:, None] if k.ndim == 1 else k.T for k in map(row, range(count))]
        if layout is not None:
            late = sum(own.strength() for own in lanes.edges)
            strength = [k + late[:, m] for m, k in enumerate(strength)]
            sums = sums if layout.immediate else None
        shape = next(iter(lanes.values.values())).shape
        strength = [jnp.broadcast_to(k, shape) for k in strength]
        return sums, [strength[m] for m in matrices_of(self.model, count)]

    def _joined(self, undelayed: Sums | None, late: Any) -> Sums:
        """Return delayed sums ``[input-and-signal, region, lane]`` with the undelayed added."""
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
        increments, coloured = self._noise.step(draws, coloured, state[0])

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


def draws_each_step(
    model: Model, solver: str, hold_coupling: bool, coloured: bool, delayed: bool, noise: str
) -> bool:
    """Tell whether the normals of a step are drawn in it, not for a block ahead.

    So they are where XLA fuses the whole update of the state into one kernel; several kernels
    would each draw the same numbers anew. Three-point draws always wait in a block: one byte holds
    those of two states and two steps.

    Parameters
    ----------
    model : Model
        The neural mass.
    solver : str
        Name in :data:`netmod.dynamics.solvers.SOLVERS`.
    hold_coupling, coloured : bool
        As in :class:`Numerics`.
    delayed : bool
        Whether all edges are delayed.
    noise : {"gaussian", "three_point"}
        Law of the noise.
    """
    held = hold_coupling or delayed or SOLVERS[solver].order == 1
    return noise == "gaussian" and len(model.states) <= 2 and not coloured and held


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


def spare_of(steps: int) -> int:
    """Return the steps that a history keeps free for a block: its own, and a vector to read."""
    return steps + VECTOR
