"""Fixed points of a network: damped Newton from a start, and a search from many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from netmod.dynamics.coupling import coupling_of
from netmod.dynamics.linearisation import (
    Linearisation,
    linearise,
    links_of,
    network_matrix,
    weights_of,
)
from netmod.dynamics.parameters import Parameters
from netmod.dynamics.stability import leading_eigenvalue
from netmod.errors import ConfigError, NetmodError
from netmod.models import Model

ENOUGH = 1e-11
"""Residual drift in 1/s at which Newton stops: the rounding of double precision."""

ROUNDING = 1e-10
"""Residual drift that is accepted, as a share of the terms that cancel in it."""

SAME = 1e-6
"""Relative distance below which two solutions are one."""

PAIRS = 32
"""Most pairs of solutions between which others are sought."""


class FixedPoint(NamedTuple):
    """A state at which nothing moves.

    Attributes
    ----------
    state : tuple of arrays, shape (region,)
        In the model's units.
    residual : float
        Largest absolute drift there, in units of a state per s.
    leading_eigenvalue : complex
        Of largest real part, delays included, in 1/s.
    stable : bool
        Whether that real part is negative.
    linear : Linearisation
        The local derivatives there.
    """

    state: tuple[np.ndarray, ...]
    residual: float
    leading_eigenvalue: complex
    stable: bool
    linear: Linearisation


def solve_fixed_point(
    model: Model, parameters: Parameters, start: Any, steps: int = 40, enough: Any = ENOUGH
) -> tuple[Any, Any]:
    """Find the noise-free fixed point by damped Newton from a start.

    Delays do not move it. Its derivatives by the parameters, forward and reverse, are those of
    the implicit function theorem: exact at a converged state, whatever the start and the steps.

    Parameters
    ----------
    model : Model
        The neural mass.
    parameters : Parameters
        One network.
    start : sequence of arrays, shape (region,)
        Where to start: the healthy FIC state.
    steps : int
        Most Newton steps; each takes the best of seven lengths, from whole to 1/64.
    enough : float
        Residual at which to stop, in units of a state per s.

    Returns
    -------
    state : tuple of arrays
        The last iterate.
    residual : array, scalar
        Largest absolute drift there, in 1/s; below 1e-11 when converged in double precision.
        Its derivative is zero, as is that of the state by the start.
    """
    import jax
    import jax.numpy as jnp

    @jax.custom_jvp
    def solve(parameters, y, steps, enough):
        return _newton(model, parameters, y, steps, enough)

    @solve.defjvp
    def tangent(primals, tangents):
        # drift(y(p), p) = 0 for all p, so that J dy + d drift/dp dp = 0
        parameters, _, _, _ = primals
        y, size = solve(*primals)
        _, moved = jax.jvp(lambda p: drift_of(model, p)(y), (parameters,), (tangents[0],))
        return (y, size), (-newton_move(model, parameters, y, moved), jnp.zeros_like(size))

    y, size = solve(parameters, jnp.stack(start), steps, enough)
    return tuple(y), size


def _newton(model: Model, parameters: Parameters, y: Any, steps: Any, enough: Any) -> Any:
    """Return the last iterate ``[state, region]`` and its residual."""
    import jax
    import jax.numpy as jnp

    drift = drift_of(model, parameters)
    fractions = 0.5 ** jnp.arange(7)

    def newton(carry):
        y, _, step = carry
        move = newton_move(model, parameters, y, drift(y))
        trials = y[None] - fractions[:, None, None] * move[None]
        sizes = jax.vmap(lambda t: jnp.abs(drift(t)).max())(trials)
        sizes = jnp.where(jnp.isfinite(sizes), sizes, jnp.inf)
        best = jnp.argmin(sizes)
        return trials[best], sizes[best], step + 1

    def unfinished(carry):
        _, size, step = carry
        return (size > enough) & (step < steps)

    y, size, _ = jax.lax.while_loop(unfinished, newton, (y, jnp.abs(drift(y)).max(), 0))
    return y, size


def drift_of(model: Model, parameters: Parameters) -> Any:
    """Return the noise-free drift of a network without delays, ``[state, region]`` to the same."""
    import jax.numpy as jnp

    def drift(y):
        state = tuple(y)
        return jnp.stack(
            model.drift(state, parameters.values, coupling_of(model, parameters, state))
        )

    return drift


def newton_move(model: Model, parameters: Parameters, y: Any, drift: Any, rate: Any = None) -> Any:
    """Return ``(J - rate)^-1 drift`` at a state, ``[state, region]``.

    The Newton system is the linear response at zero frequency: N unknowns a signal, whatever
    the states. With a rate in 1/s it is that of an implicit Euler step of length 1 / rate.
    """
    import jax.numpy as jnp

    weights = weights_of(parameters)
    links = links_of(model, weights.shape[0])
    n = weights.shape[-1]
    linear = linearise(model, parameters, tuple(y))
    local = linear.local if rate is None else linear.local - rate * jnp.eye(len(y))
    inverse = jnp.linalg.inv(local)
    own = jnp.einsum("iab,bi->ai", inverse, drift)
    response = jnp.einsum("iab,qib->qai", inverse, linear.inputs)
    signals = len(linear.sent)
    reach = jnp.einsum("kia,qai->qki", linear.sent, response)
    network = network_matrix(model, weights, reach, signals, 1.0)
    sent = jnp.einsum("kia,ai->ki", linear.sent, own).reshape(signals * n)
    sent = jnp.linalg.solve(network, sent).reshape(signals, n)
    through = jnp.stack([weights[m] @ sent[k] for m, k in links])
    return own - jnp.einsum("qai,qi->ai", response, through)


def pseudo_transient(
    model: Model, parameters: Parameters, start: Any, steps: int = 200, enough: Any = ENOUGH
) -> Any:
    """Follow the drift to rest by implicit Euler steps that grow as the residual falls.

    It goes where the simulated network would go, and therefore also from where Newton stalls; an
    orbit that never rests stays unfinished.

    Parameters
    ----------
    model, parameters, start, enough
        As in :func:`solve_fixed_point`.
    steps : int
        Most steps.

    Returns
    -------
    tuple of arrays
        The last iterate.

    Notes
    -----
    Kelley CT, Keyes DE (1998). Convergence analysis of pseudo-transient continuation. SIAM J
    Numer Anal 35:508, doi:10.1137/S0036142996304796.
    """
    import jax
    import jax.numpy as jnp

    drift = drift_of(model, parameters)

    def step(carry):
        y, before, rate, k = carry
        moved = y - newton_move(model, parameters, y, before, rate)
        after = drift(moved)
        fine = jnp.isfinite(after).all()
        change = jnp.abs(after).max() / jnp.abs(before).max()
        # a step that leaves the finite numbers is taken again, shorter
        rate = jnp.where(fine, rate * jnp.clip(change, 0.5, 2.0), 10.0 * rate)
        return jnp.where(fine, moved, y), jnp.where(fine, after, before), rate, k + 1

    def unfinished(carry):
        _, f, _, k = carry
        return (jnp.abs(f).max() > enough) & (k < steps)

    y = jnp.stack(start)
    f = drift(y)
    # the first step moves no state by more than about a tenth of its size
    rate = 10.0 * (jnp.abs(f) / (jnp.abs(y) + 1e-2)).max()
    return tuple(jax.lax.while_loop(unfinished, step, (y, f, rate, 0))[0])


@lru_cache(maxsize=32)
def _programs(model: Model) -> tuple[Any, Any, Any]:
    """Return compiled: Newton, pseudo-transient, description of a state.

    The last gives the derivatives, the size of the terms that cancel, and the nearest state
    within the model's limits.
    """
    import jax
    import jax.numpy as jnp

    def newton(parameters, y, enough):
        state, size = solve_fixed_point(model, parameters, tuple(y), enough=enough)
        return jnp.stack(state), size

    def rest(parameters, y, enough):
        return jnp.stack(pseudo_transient(model, parameters, tuple(y), enough=enough))

    def describe(parameters, y):
        linear = linearise(model, parameters, tuple(y))
        terms = jnp.einsum("iab,bi->ai", jnp.abs(linear.local), jnp.abs(y)).max()
        return linear, terms, jnp.stack(model.clip(tuple(y)))

    return jax.jit(newton), jax.jit(rest), jax.jit(describe)


def fixed_points(
    model: Model,
    parameters: Parameters,
    starts: Sequence[Sequence[Any]] | None = None,
    *,
    count: int = 24,
    seed: int = 0,
    box: Mapping[str, tuple[float, float]] | None = None,
) -> list[FixedPoint]:
    """Search the fixed points of a network from many starts.

    From ``model.start``, the given starts and random ones: by Newton, and again by
    :func:`pseudo_transient` and Newton, which also ends where Newton alone stalls; then between
    the states found. More than one stable point
    means multistability: which one a simulation shows depends on its start and its noise. A
    search proves no absence.

    Parameters
    ----------
    model : Model
        The neural mass.
    parameters : Parameters
        One network; delays move no fixed point, but its stability.
    starts : sequence of states, optional
        Each one scalar or array ``[region]`` per state: the FIC state of a balanced network.
    count : int
        Random starts, uniform around the middle of the box within a share of it that is itself
        random (log-uniform, 3 to 100 %); every second is the same in all regions. Seeded.
    seed : int
        Of the random starts.
    box : mapping of str to (low, high), optional
        Limits of the random starts by state; by default ``model.start`` plus and minus ten times
        its size (at least 0.1, so plus and minus 1), inside the model's limits.

    Returns
    -------
    list of FixedPoint
        Distinct solutions within the model's limits, in order of the mean observed signal.

    Raises
    ------
    ConfigError
        If a box names no state, a bound is not finite, or a start has the wrong shape.
    NetmodError
        If none is found.
    """
    found = search_fixed_points(model, parameters, starts, count=count, seed=seed, box=box)
    if not found:
        tried = 1 + len(starts or ()) + count
        raise NetmodError(
            f"no fixed point of model '{model.name}' was found",
            expected=f"a state of {', '.join(model.states)} at which the drift vanishes",
            got=f"none from {tried} starts",
            hint="give starts near it, a box, or a larger count; a network that drifts or "
            "rotates for ever, such as phase oscillators, has none",
        )
    return found


def search_fixed_points(
    model: Model,
    parameters: Parameters,
    starts: Sequence[Sequence[Any]] | None = None,
    *,
    count: int = 24,
    seed: int = 0,
    box: Mapping[str, tuple[float, float]] | None = None,
) -> list[FixedPoint]:
    """Search as :func:`fixed_points` does; the list is empty where none is found."""
    import jax

    n = parameters.n_regions
    with jax.enable_x64(True):
        first = _as_state(model, model.start, n)
        tried = [first, *(_as_state(model, s, n) for s in starts or ())]
        tried += _random_starts(model, n, count, seed, box)
        tried = [np.stack([np.asarray(s) for s in model.clip(tuple(y))]) for y in tried]
        newton, rest, describe = _programs(model)
        enough = ENOUGH + 1e-14 * np.nan_to_num(float(describe(parameters, first)[1]))
        found: list[tuple[float, FixedPoint]] = []

        def keep(y, size):
            y, size = np.asarray(y), float(size)
            if not np.isfinite(y).all() or any(_same(y, np.stack(f.state)) for _, f in found):
                return
            linear, terms, inside = describe(parameters, y)
            if not size <= ENOUGH + ROUNDING * float(terms):
                return
            if not _same(y, np.asarray(inside)):
                return
            linear = Linearisation(*(np.asarray(part) for part in linear))
            leading = leading_eigenvalue(model, parameters, linear)
            point = FixedPoint(tuple(y), size, leading, leading.real < 0, linear)
            seen = model.signal(model.observed, point.state, parameters.values)
            found.append((float(np.mean(np.asarray(seen))), point))

        for start in tried:
            # Newton alone often misses stable states, whatever moves alone all others
            keep(*newton(parameters, start, enough))
            keep(*newton(parameters, rest(parameters, start, enough), enough))
        # between two states there is often a third that parts their basins
        for (_, one), (_, two) in list(combinations(found, 2))[:PAIRS]:
            for y in _between(np.stack(one.state), np.stack(two.state)):
                keep(*newton(parameters, y, enough))
    return [point for _, point in sorted(found, key=lambda pair: pair[0])]


def _same(y: np.ndarray, other: np.ndarray) -> bool:
    return bool((np.abs(y - other) <= SAME * (1e-2 + np.abs(y) + np.abs(other))).all())


def _between(one: np.ndarray, two: np.ndarray) -> list[np.ndarray]:
    """Return starts between two states: midway, and in equal ratios where signs agree."""
    middle = 0.5 * (one + two)
    ratio = one * two > 0
    sizes = np.where(ratio, np.abs(one), 1.0), np.where(ratio, np.abs(two), 1.0)
    return [middle] + [
        np.where(ratio, np.sign(one) * sizes[0] ** (1.0 - k) * sizes[1] ** k, middle)
        for k in (0.25, 0.5, 0.75)
    ]


def _as_state(model: Model, start: Sequence[Any], n: int) -> np.ndarray:
    arrays = [np.asarray(s, dtype=float) for s in start]
    if len(arrays) != len(model.states) or any(a.shape not in ((), (n,)) for a in arrays):
        raise ConfigError(
            "a start has the wrong shape",
            expected=f"for each of {', '.join(model.states)} one number, or one for each of "
            f"{n} regions",
            got=", ".join(str(a.shape) for a in arrays),
        )
    return np.stack([np.broadcast_to(a, (n,)) for a in arrays])


def _random_starts(
    model: Model, n: int, count: int, seed: int, box: Mapping[str, tuple[float, float]] | None
) -> list[np.ndarray]:
    limits = {}
    for name, middle in zip(model.states, model.start, strict=True):
        reach = 10.0 * max(abs(middle), 0.1)
        limits[name] = (middle - reach, middle + reach)
    for name, bounds in (box or {}).items():
        model.state_index(name)
        if len(bounds) != 2 or not np.isfinite(bounds).all() or not bounds[0] < bounds[1]:
            raise ConfigError(
                f"the box of state '{name}' is not an interval",
                expected="two finite numbers, the lower first",
                got=str(tuple(bounds)),
            )
        limits[name] = (float(bounds[0]), float(bounds[1]))
    low, high = np.array(list(limits.values())).T
    rng = np.random.default_rng(seed)
    starts = []
    for k in range(count):
        share = 10.0 ** rng.uniform(-1.5, 0.0)
        draw = rng.uniform(-1.0, 1.0, (len(low), n if k % 2 else 1))
        y = 0.5 * (low + high)[:, None] + 0.5 * share * (high - low)[:, None] * draw
        starts.append(np.broadcast_to(y, (len(low), n)))
    return starts
