"""FIC refined by simulation: the inhibition that holds the mean rate of the noisy network."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from netmod.dynamics.linear import coupling_of, jacobian, linearise, solve_fixed_point
from netmod.dynamics.parameters import Parameters
from netmod.dynamics.simulate import Scan, simulate
from netmod.models import MODELS, Model


class Refinement(NamedTuple):
    """What the refinement found.

    Attributes
    ----------
    J : array, shape (lane, region)
        Inhibition in nA.
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
        Reduced Wong-Wang.
    parameters : Parameters
        Stacked along a lane axis, with the noise-free J to start from.
    start : tuple of arrays, shape (lane, region)
        Their noise-free fixed points.
    target_rate_hz : array, shape (lane, region)
        Rates to hold, Hz.
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
    invert = _program(model.name)
    J = np.array(parameters.values["J"])
    best, smallest, errors = J, np.full(len(J), np.inf), []
    for k in range(rounds):
        trial = parameters.replace(J=J)
        rate = simulate(model, trial, start, keys, scan).rate_hz
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


@lru_cache(maxsize=4)
def _program(model_name: str):
    """Return the compiled dJ / d(rate) of every lane at its fixed point, [lane, region, region]."""
    import jax
    import jax.numpy as jnp

    model = MODELS[model_name]

    def one(x):
        p, start = x
        found, residual = solve_fixed_point(model, p, start)
        state = tuple(jnp.where(residual < 1e-6, f, s) for f, s in zip(found, start, strict=True))
        n = state[0].size
        A = jacobian(model, p, linearise(model, p, state))
        coupling = coupling_of(model, p, state)

        def drift(J):
            return model.drift(state, {**p.values, "J": J}, coupling)[0]

        J = p.values["J"]
        push = jax.jvp(drift, (J,), (jnp.ones_like(J),))[1]
        shift = -jnp.linalg.inv(A)[:n, :n] * push[None, :]
        # stationary S_E = g r / (1 + g r), with g = gamma tau
        slope = 1.0 / (p.values["gamma_E"] * p.values["tau_E"] * (1.0 - state[0]) ** 2)
        return jnp.linalg.inv(slope[:, None] * shift)

    return jax.jit(lambda x, start: jax.lax.map(one, (x, start)))
