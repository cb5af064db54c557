"""What feedback inhibition control holds: a rate, or the observed signal of a model without."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from netmod.dynamics.parameters import Parameters
from netmod.dynamics.record import record
from netmod.dynamics.simulate import Scan, simulate
from netmod.models import Model


def activity(
    model: Model, state: Sequence[Any], values: Mapping[str, Any], coupling: Sequence[Any]
) -> Any:
    """Return the excitatory rate in Hz, or the observed signal where a model has no rates."""
    rate = model.rate_hz(state, values, coupling)
    return model.signal(model.observed, state, values) if rate is None else rate


def activity_unit(model: Model) -> str:
    """Return the unit of :func:`activity` for messages; empty where it has none."""
    nothing = (0.0,) * len(model.coupling_inputs)
    return "" if model.rate_hz(model.start, model.defaults(), nothing) is None else " Hz"


def mean_activity(
    model: Model,
    parameters: Parameters,
    start: Sequence[np.ndarray],
    keys: np.ndarray,
    scan: Scan,
) -> np.ndarray:
    """Simulate several networks and return their mean activity after the warm-up.

    Parameters
    ----------
    model : Model
        A neural mass.
    parameters : Parameters
        Stacked along a leading lane axis.
    start : sequence of arrays, shape (lane, region)
        Initial state.
    keys : array, shape (lane, 2), uint32
        Noise keys.
    scan : Scan
        Steps and lengths.

    Returns
    -------
    array, shape (lane, region)
        In Hz, or in the unit of the model's observed signal.
    """
    if activity_unit(model):
        return simulate(model, parameters, start, keys, scan).rate_hz
    warmup = int(np.ceil(scan.warmup_s / scan.tr_s - 1e-9))
    traces = record(
        model, parameters, start, keys, duration_s=scan.duration_s + warmup * scan.tr_s,
        dt_ms=scan.dt_ms, every_ms=scan.tr_s * 1e3, average=True, solver=scan.solver,
        hold_coupling=scan.hold_coupling, precision=scan.precision, noise=scan.noise,
    )  # fmt: skip
    return traces[model.observed][:, warmup:].mean(axis=1)
