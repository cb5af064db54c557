"""FIC refined by simulation: the inhibition that holds the mean rate of the noisy network."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from netmod.dynamics.coupling import coupling_of
from netmod.dynamics.fic.activity import activity, mean_activity
from netmod.dynamics.linear import jacobian, linearise, solve_fixed_point
from netmod.dynamics.parameters import Parameters
from netmod.dynamics.simulate import Scan
from netmod.models import Model


class Refinement(NamedTuple):
    """What the refinement found.

    Attributes
    ----------
    J : array, shape (lane, region)
        Inhibition, in nA for reduced Wong-Wang.
    error_hz : array, shape (round,)
        Root mean square deviation of the mean rates from their targets, before each correction.
    """

    J: np.ndarray
    error_hz: np.ndarray


def refine_by_simulation(
    model: Model,
    parameters: Parameters,
    start: tuple[np.ndarray, ...],
    target_rate_hz: np.ndarray,
    keys: np.ndarray,
    *,
    rounds: int = 10,
    scan: Scan | None = None,
) -> Refinement:
    """Correct J until the simulated mean rates meet their targets.

    Noise shifts the mean rate of a nonlinear network, so the J that balances it without noise does
    not balance it with noise. Deco et al. 2014 (doi:10.1523/JNEUROSCI.5068-13.2014) simulate and
    nudge every J by itself; here each round steps along the linear response of all rates to all J,
    which takes ten rounds instead of hundreds.

    Parameters
    ----------
    model : Model
        A mass with ``inhibition``.
    parameters : Parameters
        Stacked along a lane axis, with the noise-free inhibition to start from.
    start : tuple of arrays, shape (lane, region)
        Their noise-free fixed points.
    target_rate_hz : array, shape (lane, region)
        Rates to hold, Hz; of a model without rates its observed signal.
    keys : array, shape (lane, 2), uint32
        Noise keys: the refinement uses the same noise in every round, and no scan's.
    rounds : int
        Number of simulations; the step shrinks from one half to a quarter.
    scan : Scan, optional
        How long each simulates; 60 s at TR 2 s by default.

    Returns
    -------
    Refinement
    """
    import jax

    scan = scan or Scan(duration_s=60.0, warmup_s=10.0)
    invert = _program(model)
    J = np.array(parameters.values[model.inhibition])
    best, smallest, errors = J, np.full(len(J), np.inf), []
    for k in range(rounds):
        trial = parameters.replace(**{model.inhibition: J})
        rate = mean_activity(model, trial, start, keys, scan)
        off = np.nan_to_num(rate - target_rate_hz, nan=50.0)
        size = np.sqrt((off**2).mean(axis=1))
        errors.append(float(np.sqrt((off**2).mean())))
        better = size < smallest
        best = np.where(better[:, None], J, best)
        smallest = np.minimum(size, smallest)
        share = 0.5 if k < rounds // 2 else 0.25
        with jax.enable_x64(True):
            undo = np.asarray(invert(trial, tuple(start)))
        move = -share * np.einsum("lij,lj->li", undo, off)
        # rates run away far above the target; a bounded step keeps the next round near
        J = np.maximum(J + np.clip(move, -0.05 * J, 0.05 * J), 1e-3)
    return Refinement(best, np.array(errors))


@lru_cache(maxsize=8)
def _program(model: Model) -> Callable[..., Any]:
    """Return the compiled dJ / d(rate) of every lane at its fixed point, [lane, region, region]."""
    import jax
    import jax.numpy as jnp

    def one(x):
        p, start = x
        found, residual = solve_fixed_point(model, p, start)
        state = jnp.stack(
            [jnp.where(residual < 1e-6, f, s) for f, s in zip(found, start, strict=True)]
        )
        n = state.shape[1]
        A = jacobian(model, p, linearise(model, p, state))
        J = p.values[model.inhibition]

        def drift(J):
            values = {**p.values, model.inhibition: J}
            return jnp.stack(model.drift(tuple(state), values, coupling_of(model, p, state)))

        def rate(state, J):
            values = {**p.values, model.inhibition: J}
            return activity(model, tuple(state), values, coupling_of(model, p, state))

        # both act region by region on J, and through the network on the state
        push = jax.jvp(drift, (J,), (jnp.ones_like(J),))[1]
        own = jax.jvp(lambda J: rate(state, J), (J,), (jnp.ones_like(J),))[1]
        by_state = jax.jacfwd(rate)(state, J).reshape(n, -1)
        pushes = jnp.concatenate([jnp.diag(row) for row in push])
        return jnp.linalg.inv(jnp.diag(own) - by_state @ jnp.linalg.solve(A, pushes))

    return jax.jit(lambda x, start: jax.lax.map(one, (x, start)))
