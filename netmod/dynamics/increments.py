"""Noise of a tile of lanes: the numbers drawn for its states, and what they add in one step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from netmod.dynamics.noise import first_word, normal_pair
from netmod.dynamics.three_point import STEPS, three_point_codes, three_point_pair
from netmod.models import Model

NOISES = ("gaussian", "three_point")
"""Laws of the increments; :mod:`netmod.dynamics.three_point` says what the second keeps."""


class Increments:
    """Noise increments of a tile, arrays ``[region, lane]``.

    Parameters
    ----------
    model : Model
        The neural mass.
    noisy : tuple of bool
        Which of its states have noise.
    values : dict of arrays, shape (region, lane)
        Parameters, with ``noise_sd`` and ``noise_tau``.
    key : array, shape (lane, 2), uint32
        Noise keys.
    regions : int
        Regions of the network; the arrays may be longer.
    dt_s : scalar
        Step, of the type of the run.
    noise : {"gaussian", "three_point"}
        Law of the increments; what coloured noise starts from is normal for both.
    """

    def __init__(
        self,
        model: Model,
        noisy: tuple[bool, ...],
        values: Mapping[str, Any],
        key: Any,
        regions: int,
        dt_s: Any,
        noise: str = "gaussian",
    ) -> None:
        import jax.numpy as jnp

        self.model, self.noisy, self.values, self.dt_s = model, noisy, values, dt_s
        self.noise = noise
        self._key = key[:, 0], key[:, 1]
        # what fills up the vectors is a twin of the last region, down to its noise
        length = next(iter(values.values())).shape[0]
        self._region = jnp.minimum(jnp.arange(length), regions - 1).astype(jnp.uint32)[:, None]

    def draw(self, step: Any) -> list[Any]:
        """Return the normals of a step, ``[region, lane]``, two states in one complex number.

        Parameters
        ----------
        step : uint32 scalar, or array of shape (step, 1, 1)
            Which; with several the arrays have a leading axis.
        """
        return [
            self._join(first, normal_pair(self._key, first_word(first // 2, self._region), step))
            for first in self._pairs
        ]

    def draw_block(self, first: Any, steps: int) -> Callable[[Any], list[Any]]:
        """Draw for a block, and return a function from the place of a step in it to its draws.

        Parameters
        ----------
        first : uint32 scalar
            First step, a multiple of their number.
        steps : int
            Number of steps.
        """
        import jax
        import jax.numpy as jnp

        if self.noise == "gaussian":
            block = self.draw((first + jnp.arange(steps, dtype=jnp.uint32))[:, None, None])
            return lambda k: [d[k] for d in block]
        # a byte holds two steps; of blocks that begin at a multiple of their length none reaches
        # into one byte more
        call = first // jnp.uint32(STEPS)
        calls = call + jnp.arange(-(-steps // STEPS), dtype=jnp.uint32)
        # call by call: XLA would split one large kernel between threads, and they wait longer
        # for each other than it takes
        bytes_ = [
            jax.lax.map(partial(three_point_codes, self._key, word), calls)
            for word in (first_word(state // 2, self._region) for state in self._pairs)
        ]

        def drawn(k: Any) -> list[Any]:
            step = first + jnp.asarray(k).astype(jnp.uint32)
            place = step // jnp.uint32(STEPS) - call
            return [
                self._join(state, three_point_pair(codes[place], step))
                for state, codes in zip(self._pairs, bytes_, strict=True)
            ]

        return drawn

    def stationary(self) -> Any:
        """Return coloured noise drawn from its stationary distribution, ``[state, ...]``."""
        import jax.numpy as jnp

        # a step that no run reaches: 2**32 - 1 is never drawn again
        normals = self._normals(self.draw(jnp.uint32(2**32 - 1)))
        tau = self.values["noise_tau"]
        variance = 1.0 / (2.0 * jnp.where(tau > 0, tau, 1.0))
        return jnp.stack(
            [
                jnp.zeros_like(tau)
                if z is None
                else jnp.where(tau > 0, self._sd(k) * jnp.sqrt(variance) * z, 0.0)
                for k, z in enumerate(normals)
            ]
        )

    def step(self, draws: Sequence[Any], coloured: Any, like: Any) -> tuple[tuple[Any, ...], Any]:
        """Return the increments of all states in one step, and the coloured noise after it.

        Parameters
        ----------
        draws : list of arrays, shape (region, lane)
            From :meth:`draw`.
        coloured : array, shape (state, region, lane), or None
            Coloured noise before the step.
        like : array, shape (region, lane)
            Of the shape and type of a state.
        """
        import jax.numpy as jnp

        normals = self._normals(draws)
        root = jnp.sqrt(self.dt_s)
        white = [
            jnp.zeros_like(like) if z is None else (self._sd(k) * root) * z
            for k, z in enumerate(normals)
        ]
        if coloured is None:
            return tuple(white), None
        tau = self.values["noise_tau"]
        slow = tau > 0
        safe = jnp.where(slow, tau, 1.0)
        rate = self.dt_s / safe
        out, after = [], []
        for k, z in enumerate(normals):
            before = coloured[k]
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
        return tuple(out), jnp.stack(after)

    def _sd(self, k: int) -> Any:
        return self.values.get(f"noise_sd_{self.model.states[k]}", self.values["noise_sd"])

    @property
    def _pairs(self) -> list[int]:
        """First states of the pairs of which any has noise."""
        return [k for k in range(0, len(self.noisy), 2) if any(self.noisy[k : k + 2])]

    def _join(self, first: int, pair: tuple[Any, Any]) -> Any:
        """Return a pair of draws as one complex array; real where the state has no partner."""
        import jax

        pair = [d.astype(self.dt_s.dtype) for d in pair]
        alone = first + 1 == len(self.noisy)
        return pair[0] if alone else jax.lax.complex(*pair)

    def _normals(self, draws: Sequence[Any]) -> list[Any]:
        """Return the normals of every state; None where it has no noise."""
        drawn, normals = iter(draws), []
        for first in range(0, len(self.noisy), 2):
            here = self.noisy[first : first + 2]
            pair = next(drawn) if any(here) else None
            parts = (None, None) if pair is None else (pair.real, pair.imag)
            normals += [part if on else None for part, on in zip(parts, here, strict=False)]
        return normals


def noisy_states(model: Model, values: Mapping[str, Any]) -> tuple[bool, ...]:
    """Tell for every state whether it has noise: by the model, or by a value of its own."""
    return tuple(s in model.noise_on or f"noise_sd_{s}" in values for s in model.states)
