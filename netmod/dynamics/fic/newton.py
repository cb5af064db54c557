"""The noise-free inhibition of any model: a fixed point of the network with its inhibition."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from netmod.dynamics.coupling import coupling_of
from netmod.dynamics.fic.activity import activity
from netmod.dynamics.fic.adaptive import adaptive
from netmod.dynamics.linear import solve_fixed_point
from netmod.dynamics.parameters import Parameters
from netmod.models import Model

CONVERGED = 1e-8
"""Largest residual accepted, in 1/s: drift, and deviation from the target over the fastest time
constant."""

_STAGES = (1, 16, 64)


def balance_by_newton(
    model: Model, parameters: Parameters, target: np.ndarray
) -> tuple[np.ndarray, tuple[np.ndarray, ...], np.ndarray]:
    """Solve for the inhibition and the state at which every region holds its target.

    Inhibition joins the state with the equation ``activity = target``, and Newton solves for both
    together. If it does not get there from the fixed point at the given inhibition, the target
    moves from the activity there to its own value in 16 stages, and else in 64.

    Parameters
    ----------
    model : Model
        A mass with ``inhibition``.
    parameters : Parameters
        One network; its inhibition is the start.
    target : array, shape (region,)
        In the unit of the activity.

    Returns
    -------
    inhibition : array, shape (region,)
        May be negative: then no inhibition suffices.
    state : tuple of arrays, shape (region,)
        Fixed point.
    residual : array, shape (region,)
        Largest residual of each region; above :data:`CONVERGED` where Newton failed.
    """
    import jax

    with jax.enable_x64(True):
        for stages in _STAGES:
            *state, found, residual = map(
                np.asarray, _program(model)(parameters, np.asarray(target, float), stages)
            )
            if residual.max() < CONVERGED:
                break
    return found, tuple(state), residual


@lru_cache(maxsize=16)
def _program(model: Model) -> Callable[..., Any]:
    import jax
    import jax.numpy as jnp

    joint = adaptive(model, presynaptic=False)

    def solve(parameters, target, stages):
        p = parameters._replace(delays_s=None)
        start = [jnp.full(target.shape, value) for value in model.start]
        rest, residual = solve_fixed_point(model, p, start)
        rest = tuple(jnp.where(residual < 1e-6, r, s) for r, s in zip(rest, start, strict=True))
        own = activity(model, rest, p.values, coupling_of(model, p, rest))

        # the equations of state and target weigh alike when both are as fast as the mass
        fastest = [jnp.min(tau) for tau in model.time_constants(p.values).values()]
        speed = jnp.ones_like(target) / (jnp.min(jnp.stack(fastest)) if fastest else 1.0)

        def on_the_way(share):
            # in equal ratios: near silence, inhibition changes with the logarithm of activity
            near = jnp.where(own > 0, own, target)
            return target * (near / target) ** (1.0 - share)

        def network(share):
            law = {
                "inhibition_rate": speed,
                "inhibition_target": on_the_way(share),
            }
            return p._replace(values={**p.values, **law})

        def stage(k, state):
            return solve_fixed_point(joint, network((k + 1) / stages), state)[0]

        first = (*rest, jnp.asarray(p.values[model.inhibition]))
        state = jax.lax.fori_loop(0, stages, stage, first)
        last = network(1.0)
        drift = jnp.stack(joint.drift(state, last.values, coupling_of(joint, last, state)))
        off = jnp.abs(drift).max(axis=0)
        return (*state, jnp.where(jnp.isfinite(off), off, jnp.inf))

    return jax.jit(solve)
