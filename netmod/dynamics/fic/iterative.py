"""Feedback inhibition control by trial and error, as published."""

from __future__ import annotations

import numpy as np

from netmod.dynamics.coupling import coupling_of
from netmod.dynamics.fic.exact import excitatory_current
from netmod.dynamics.noise import scan_key
from netmod.dynamics.parameters import Parameters, stack
from netmod.dynamics.record import record
from netmod.models import Model

TOLERANCE_NA = 0.005
"""Accepted deviation of the mean current from its target, nA."""

_FIRST_STEP_NA, _LAST_STEP_NA, _SHRINK_NA = 0.02, 0.001, 0.001
_START = 0.001


def balance_by_iteration(
    model: Model,
    parameters: Parameters,
    target_rate_hz: np.ndarray,
    *,
    seed: int,
    rounds: int,
    duration_s: float,
    dt_ms: float,
    solver: str,
) -> tuple[np.ndarray, bool, int, np.ndarray]:
    """Simulate and nudge every J until the mean current on E is where it belongs.

    Every round simulates with fresh noise from S = 0.001 and takes the mean of I_E after 1 s.
    Where it is more than 0.005 nA below its target (b/a - 0.026 nA for 3.063 Hz) J falls by a
    step that shrinks from 0.02 to 0.001 nA; where it is more than that above, J grows by the
    region's step.

    The current is linear in the states and the coupling, so its mean is that of the mean states;
    with delays this leaves out what a delay shifts over the ends of the window.

    Parameters
    ----------
    model : Model
        Reduced Wong-Wang with linear or diffusive coupling.
    parameters : Parameters
        One network, with the J to start from (1 in the publication).
    target_rate_hz : array, shape (region,)
        Rates whose currents are sought.
    seed : int
        Of the noise.
    rounds : int
        Most simulations.
    duration_s : float
        Length of each, in whole seconds; 10 s in the publication.
    dt_ms, solver
        As in :class:`netmod.dynamics.simulate.Scan`.

    Returns
    -------
    J : array, shape (region,)
        Of the last round, nA.
    converged : bool
        Whether all regions were within the tolerance in the last round.
    rounds : int
        Simulations made.
    off_nA : array, shape (region,)
        Deviation of the mean current from its target in the last round.

    References
    ----------
    Deco et al. 2014, doi:10.1523/JNEUROSCI.5068-13.2014; the steps as in the authors' program
    (github.com/dagush/WholeBrain, Balance_DecoEtAl2014).
    """
    import jax

    with jax.enable_x64(True):
        aim = np.asarray(excitatory_current(target_rate_hz, parameters.values))
    n = parameters.n_regions
    J = np.array(parameters.values["J"], dtype=float)
    step = np.full(n, _FIRST_STEP_NA)
    start = tuple(np.full((1, n), _START) for _ in model.states)
    for k in range(1, rounds + 1):
        trial = parameters.replace(J=J)
        traces = record(
            model, stack([trial]), start, scan_key(seed, "fic", "iterative", k)[None],
            duration_s=duration_s, dt_ms=dt_ms, every_ms=1e3, signals=model.states, average=True,
            solver=solver, hold_coupling=None,
        )  # fmt: skip
        mean = tuple(traces.values[0, 1:].mean(axis=0, dtype=float))
        with jax.enable_x64(True):
            inputs = coupling_of(model, trial, mean)
            current = np.asarray(model.currents(mean, trial.values, inputs)[0])
        off = current - aim
        below, above = off < -TOLERANCE_NA, off > TOLERANCE_NA
        if not (below | above).any():
            return J, True, k, off
        if k < rounds:
            J = J - np.where(below, step, 0.0) + np.where(above, step, 0.0)
            step = np.where(below, np.maximum(step - _SHRINK_NA, _LAST_STEP_NA), step)
    return J, False, rounds, off
