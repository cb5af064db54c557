"""Feedback inhibition control by inhibitory plasticity, simulated with the network."""

from __future__ import annotations

import numpy as np

from netmod.dynamics.fic.adaptive import adaptive
from netmod.dynamics.noise import scan_key
from netmod.dynamics.parameters import Parameters, stack
from netmod.dynamics.record import record
from netmod.models import Model

STEADY = 0.01
"""Relative change of the mean inhibition over the averaged time that counts as settled."""


def balance_by_plasticity(
    model: Model,
    parameters: Parameters,
    target: np.ndarray,
    *,
    seed: int,
    learning_rate: float,
    duration_s: float,
    dt_ms: float,
    solver: str,
) -> tuple[np.ndarray, bool]:
    """Let inhibition learn while the network runs, and average it over the second half.

    The rule is that of :class:`netmod.dynamics.fic.adaptive.AdaptiveInhibition`. It holds the
    mean of ``r_I (r_E - target)`` at 0: noise that moves both rates together leaves r_E below its
    target by their covariance over the mean of r_I.

    Parameters
    ----------
    model : Model
        A mass with ``inhibition`` and ``inhibitory_activity``.
    parameters : Parameters
        One network, with the inhibition to start from.
    target : array, shape (region,)
        Activity that is sought.
    seed : int
        Of the noise.
    learning_rate : float
        Change of inhibition per s and unit of both activities.
    duration_s : float
        Length of the run, in whole seconds.
    dt_ms, solver
        As in :class:`netmod.dynamics.simulate.Scan`.

    Returns
    -------
    inhibition : array, shape (region,)
        Mean over the second half of the run.
    settled : bool
        Whether the means of the last two quarters differ by less than :data:`STEADY`.
    """
    plastic = adaptive(model, presynaptic=True)
    n = parameters.n_regions
    law = {"inhibition_rate": np.full(n, float(learning_rate)), "inhibition_target": target}
    p = parameters._replace(values={**parameters.values, **law})
    start = [np.full(n, value) for value in model.start] + [p.values[model.inhibition]]
    # single precision would swallow the increments of J once r_E is near its target
    traces = record(
        plastic, stack([p]), [s[None] for s in start], scan_key(seed, "fic", "plasticity")[None],
        duration_s=duration_s, dt_ms=dt_ms, every_ms=1e3, signals=(model.inhibition,),
        average=True, solver=solver, hold_coupling=None, precision="double",
    )  # fmt: skip
    course = traces.values[0, :, 0]
    half = course[len(course) // 2 :]
    early, late = half[: len(half) // 2].mean(axis=0), half[len(half) // 2 :].mean(axis=0)
    settled = bool((np.abs(late - early) <= STEADY * np.abs(late)).all())
    return half.mean(axis=0), settled
