"""The sde engine: stochastic simulation of many networks and their BOLD, compiled once a shape.

The time loop stands inside a map over lanes: one lane's weights then stay in cache for the whole
run, and a lane's numbers do not depend on which others share the batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from netmod.dynamics.noise import normal_pair
from netmod.dynamics.parameters import Parameters
from netmod.dynamics.solvers import SOLVERS
from netmod.errors import ConfigError
from netmod.models import MODELS, Model
from netmod.observe import balloon
from netmod.observe.balloon import HEMODYNAMICS

BALLOON_DT_MS = 10.0
"""Step of the hemodynamic model; its fastest time constant is near a second."""


TILE = 4
"""Lanes that step together: enough to hide the cost of a kernel call, few enough for the cache."""


class Scan(NamedTuple):
    """What a simulated scan is (hashable: it selects the compiled program).

    Attributes
    ----------
    duration_s, tr_s, warmup_s : float
        Recorded time, repetition time, and the time before it that is thrown away.
    dt_ms : float
        Step of the neural model.
    solver : str
        Name in :data:`netmod.dynamics.solvers.SOLVERS`.
    hemodynamics : str
        Name in :data:`netmod.observe.balloon.HEMODYNAMICS`.
    hold_coupling : bool
        Evaluate the long-range input once a step instead of once a solver stage. It saves a
        matrix product; what is transmitted (NMDA gating, 100 ms) hardly moves within a step of
        1 ms. A solver's order beyond 1 holds for the long-range input only without it.
    """

    duration_s: float = 300.0
    tr_s: float = 2.0
    warmup_s: float = 30.0
    dt_ms: float = 1.0
    solver: str = "heun"
    hemodynamics: str = "friston2003"
    hold_coupling: bool = True


class Recording(NamedTuple):
    """What the simulation of several networks gives.

    Attributes
    ----------
    bold : array, shape (lane, time, region), float32
        BOLD at each TR, as a fraction of rest.
    rate_hz : array, shape (lane, region), float32
        Mean excitatory rate over the recorded time.
    finite : array, shape (lane,), bool
        False where the run left the finite numbers.
    """

    bold: np.ndarray
    rate_hz: np.ndarray
    finite: np.ndarray


def check_scan(model: Model, scan: Scan) -> tuple[int, int, int, int]:
    """Return (warm-up volumes, volumes, balloon steps a volume, neural steps a balloon step).

    Raises
    ------
    ConfigError
        If the steps do not fit into one another, or dt is too large for the model.
    """

    def whole(value: float, step: float, what: str) -> int:
        count = round(value / step)
        if count < 1 or abs(count * step - value) > 1e-6 * max(value, step):
            raise ConfigError(f"{what} must be a whole multiple of {step:g}", got=f"{value:g}")
        return count

    check_step(model, model.defaults(), scan.dt_ms)
    neural = whole(BALLOON_DT_MS, scan.dt_ms, "the hemodynamic step of 10 ms")
    per_volume = whole(scan.tr_s * 1e3, BALLOON_DT_MS, "tr_s in ms")
    volumes = whole(scan.duration_s, scan.tr_s, "duration_s")
    warmup = int(np.ceil(scan.warmup_s / scan.tr_s - 1e-9))
    steps = (warmup + volumes) * per_volume * neural
    if steps >= 2**32:
        raise ConfigError(
            "the run is too long for one noise counter",
            expected="fewer than 2**32 steps",
            got=f"{steps} steps",
            hint="shorten duration_s or raise dt_ms",
        )
    return warmup, volumes, per_volume, neural


def check_step(model: Model, values: Mapping[str, Any], dt_ms: float) -> None:
    """Refuse a step that does not resolve the fastest time constant among some values.

    Raises
    ------
    ConfigError
        If dt is more than half of it.
    """
    fastest_ms = 1e3 * min(
        float(np.min(values[name]))
        for name, p in model.parameters.items()
        if p.unit == "s" and name.startswith("tau")
    )
    if dt_ms > 0.5 * fastest_ms:
        raise ConfigError(
            "dt_ms is too large for the model's fastest time constant",
            expected=f"at most {0.5 * fastest_ms:g} ms for {model.name}",
            got=f"{dt_ms:g} ms",
        )


def simulate(
    model: Model,
    parameters: Parameters,
    start: tuple[np.ndarray, ...],
    keys: np.ndarray,
    scan: Scan,
) -> Recording:
    """Simulate several networks, each with its own weights, and observe their BOLD.

    Parameters
    ----------
    model : Model
        A registered neural mass.
    parameters : Parameters
        Stacked along a leading lane axis (:func:`netmod.dynamics.parameters.stack`).
    start : tuple of arrays, shape (lane, region)
        Initial state.
    keys : array, shape (lane, 2), uint32
        Noise keys (:func:`netmod.dynamics.noise.scan_key`).
    scan : Scan
        Steps and lengths.

    Returns
    -------
    Recording

    Raises
    ------
    ConfigError
        If the steps do not fit (:func:`check_scan`).
    """
    check_scan(model, scan)
    check_step(model, parameters.values, scan.dt_ms)
    import jax

    devices = tuple(jax.devices())
    lanes = keys.shape[0]
    tiles = -(-lanes // (TILE * len(devices))) * len(devices)

    def tiled(x, dtype=np.float32):
        # the last lane fills up the last tiles
        x = np.asarray(x, dtype)
        x = np.concatenate([x, np.repeat(x[-1:], tiles * TILE - lanes, axis=0)])
        return x.reshape(tiles, TILE, *x.shape[1:])

    arguments = (
        {name: tiled(value) for name, value in parameters.values.items()},
        tiled(parameters.weights),
        tuple(tiled(s) for s in start),
        tiled(keys, np.uint32),
    )
    bold, rate = _program(model.name, scan, devices)(arguments)
    # [tile, time, lane, region] -> [lane, time, region]
    bold = np.moveaxis(np.asarray(bold), 1, 2)
    bold = bold.reshape(tiles * TILE, *bold.shape[2:])[:lanes]
    rate = np.asarray(rate).reshape(tiles * TILE, -1)[:lanes]
    finite = np.isfinite(bold).all(axis=(1, 2)) & np.isfinite(rate).all(axis=1)
    return Recording(bold, rate, finite)


@lru_cache(maxsize=16)
def _program(model_name: str, scan: Scan, devices: tuple[Any, ...]):
    import jax
    from jax.sharding import Mesh, PartitionSpec

    tile = _tile_program(MODELS[model_name], scan)

    def batch(arguments):
        return jax.lax.map(lambda x: tile(*x), arguments)

    if len(devices) == 1:
        return jax.jit(batch)
    lanes = PartitionSpec("lanes")
    mesh = Mesh(np.array(devices), ("lanes",))
    # each device runs its own loop over its own tiles: nothing is exchanged
    return jax.jit(
        jax.shard_map(batch, mesh=mesh, in_specs=lanes, out_specs=lanes, check_vma=False)
    )


def _tile_program(model: Model, scan: Scan):
    """Return the simulation of one tile of lanes, arrays ``[lane, region]``."""
    import jax
    import jax.numpy as jnp

    warmup, volumes, per_volume, neural = check_scan(model, scan)
    solver = SOLVERS[scan.solver]
    hemo = HEMODYNAMICS[scan.hemodynamics]
    dt_s = jnp.float32(scan.dt_ms * 1e-3)
    noisy = tuple(state in model.noise_on for state in model.states)
    sent = model.states.index(model.transmitted)
    seen = model.states.index(model.observed)
    balloon_dt = jnp.float32(BALLOON_DT_MS * 1e-3)

    def tile(values, weights, start, key):
        lanes, inputs, n, _ = weights.shape
        flat = jnp.swapaxes(weights.reshape(lanes, inputs * n, n), 1, 2)
        region = jnp.arange(n, dtype=jnp.uint32)
        block = jnp.arange(neural, dtype=jnp.uint32)
        noise_scale = values["noise_sd"] * jnp.sqrt(dt_s)

        def coupling(state):
            total = jnp.einsum("bj,bji->bi", state[sent], flat)
            return tuple(total[:, c * n : (c + 1) * n] for c in range(inputs))

        def balloon_step(carry, _):
            packed, vessels, rate_sum, step = carry
            # drawn block by block: inside the step XLA would draw them once per consumer
            draws = _pack(
                normal_pair((key[:, :1], key[:, 1:]), region, (step + block)[:, None, None])
            )

            def neural_step(k, inner):
                packed, total = inner
                dw = tuple(
                    noise_scale * draw if on else jnp.zeros_like(draw)
                    for draw, on in zip(_unpack(draws[k]), noisy, strict=True)
                )
                state = _unpack(packed)
                held = coupling(state) if scan.hold_coupling else None

                def drift(y):
                    return model.drift(y, values, coupling(y) if held is None else held)

                state = model.clip(solver.step(drift, state, dt_s, dw))
                return _pack(state), total + state[seen]

            start_sum = jnp.zeros((lanes, n), jnp.float32)
            packed, total = jax.lax.fori_loop(0, neural, neural_step, (packed, start_sum))
            state = _unpack(packed)
            rate_sum = rate_sum + model.rate_hz(state, values, coupling(state))
            activity = total / neural
            y = (*_unpack(vessels[0]), *_unpack(vessels[1]))
            first = balloon.drift(y, activity, hemo)
            guess = tuple(a + balloon_dt * k for a, k in zip(y, first, strict=True))
            second = balloon.drift(guess, activity, hemo)
            y = tuple(
                a + 0.5 * balloon_dt * (k + m) for a, k, m in zip(y, first, second, strict=True)
            )
            vessels = (_pack(y[:2]), _pack(y[2:]))
            return (packed, vessels, rate_sum, step + jnp.uint32(neural)), None

        def volume(carry, _):
            packed, vessels, step = carry
            zero = jnp.zeros((lanes, n), jnp.float32)
            (packed, vessels, rate_sum, step), _ = jax.lax.scan(
                balloon_step, (packed, vessels, zero, step), None, length=per_volume
            )
            y = (*_unpack(vessels[0]), *_unpack(vessels[1]))
            return (packed, vessels, step), (balloon.bold(y, hemo), rate_sum / per_volume)

        y = balloon.steady(start[seen], hemo)
        vessels = (_pack(y[:2]), _pack(y[2:]))
        carry = (_pack(start), vessels, jnp.uint32(0))
        _, (bold, rate) = jax.lax.scan(volume, carry, None, length=warmup + volumes)
        return bold[warmup:], rate[warmup:].mean(axis=0)

    return tile


def _pack(pair):
    """Join two real arrays into one complex array: XLA then fuses their update into one kernel."""
    import jax

    return jax.lax.complex(*pair)


def _unpack(packed):
    return packed.real, packed.imag
