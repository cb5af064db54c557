"""Recorded traces: signals of the neural model, sampled or averaged over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from netmod.dynamics.divergence import Divergence, locate_all, trace_program
from netmod.dynamics.memory import check_memory, sizes_of
from netmod.dynamics.noise import check_counter
from netmod.dynamics.parameters import Parameters
from netmod.dynamics.run import execute, prepare
from netmod.dynamics.simulate import check_positive, check_step, whole_steps
from netmod.dynamics.stimulation import Stimulus
from netmod.errors import ConfigError, did_you_mean
from netmod.models import Model


class Traces(NamedTuple):
    """Signals of several networks over time.

    Attributes
    ----------
    time_s : array, shape (time,)
        End of each sample.
    values : array, shape (lane, time, signal, region)
        In the model's units.
    signals : tuple of str
        Names along the signal axis.
    divergences : tuple of Divergence
        Where and when lanes left the finite numbers.
    """

    time_s: np.ndarray
    values: np.ndarray
    signals: tuple[str, ...]
    divergences: tuple[Divergence, ...] = ()

    def __getitem__(self, key: Any) -> Any:
        """Return one signal ``[lane, time, region]`` by its name."""
        if isinstance(key, str):
            if key not in self.signals:
                raise ConfigError(
                    f"signal '{key}' was not recorded",
                    expected=", ".join(self.signals),
                    got=key,
                    hint=did_you_mean(key, self.signals),
                )
            return self.values[:, :, self.signals.index(key)]
        return tuple.__getitem__(self, key)


def record(
    model: Model,
    parameters: Parameters,
    start: Sequence[np.ndarray],
    keys: np.ndarray,
    *,
    duration_s: float,
    dt_ms: float = 0.1,
    every_ms: float | None = None,
    signals: Sequence[str] | None = None,
    average: bool = False,
    solver: str = "heun",
    hold_coupling: bool | None = False,
    precision: str = "single",
    noise: str = "gaussian",
    stimuli: Sequence[Stimulus] = (),
    chunk_s: float | None = None,
) -> Traces:
    """Simulate several networks and keep traces of their signals.

    Parameters
    ----------
    model : Model
        A neural mass.
    parameters : Parameters
        Stacked along a leading lane axis; the weights may be shared (without that axis).
    start : sequence of arrays, shape (lane, region)
        Initial state; with delays the regions have rested there before time 0.
    keys : array, shape (lane, 2), uint32
        Noise keys (:func:`netmod.dynamics.noise.scan_key`).
    duration_s : float
        Length; a multiple of ``every_ms``.
    dt_ms : float
        Step.
    every_ms : float, optional
        Sampling interval, a multiple of ``dt_ms``; every step by default.
    signals : sequence of str, optional
        States, or signals that the model computes (:meth:`netmod.models.Model.signal`); what the
        model observes by default.
    average : bool
        Mean over each interval instead of its last step.
    solver, hold_coupling, precision, noise
        As in :class:`netmod.dynamics.simulate.Scan`.
    stimuli : sequence of Stimulus
        What drives the regions from outside.
    chunk_s : float, optional
        Simulate piece by piece; every number is the same to the last bit.

    Returns
    -------
    Traces

    Raises
    ------
    ConfigError
        If the steps do not fit, a signal is unknown, or dt is too large.
    NetmodError
        If the run would not fit into memory (:func:`netmod.dynamics.memory.check_memory`).
    """
    every_ms = dt_ms if every_ms is None else every_ms
    if signals is None or isinstance(signals, str):
        signals = (signals or model.observed,)
    signals = tuple(signals)
    stimuli = (stimuli,) if isinstance(stimuli, Stimulus) else tuple(stimuli)
    for what, value in (("duration_s", duration_s), ("dt_ms", dt_ms), ("every_ms", every_ms)):
        check_positive(what, value)
    for name in signals:
        _check_signal(model, name)
    check_step(model, parameters.values, dt_ms, solver)
    steps = whole_steps(every_ms, dt_ms, "every_ms")
    samples = whole_steps(duration_s * 1e3, every_ms, "duration_s in ms")
    if samples * steps >= 2**32:
        raise ConfigError(
            "the run is too long for one noise counter",
            expected="fewer than 2**32 steps",
            got=f"{samples * steps} steps",
            hint="shorten duration_s or raise dt_ms",
        )
    chunk = samples if chunk_s is None else whole_steps(chunk_s * 1e3, every_ms, "chunk_s in ms")
    check_counter(parameters.n_regions, len(model.states))
    sizes = sizes_of(
        model, parameters, len(keys), dt_ms=dt_ms, block_steps=steps, samples=samples,
        piece=min(chunk, samples), sample_steps=steps, signals=len(signals),
        precision=precision, stimuli=len(stimuli), solver=solver,
        hold_coupling=hold_coupling, noise=noise,
    )  # fmt: skip
    check_memory(sizes, every_ms * 1e-3)
    job = prepare(
        model, parameters, start, keys, dt_ms=dt_ms, block_steps=steps, solver=solver,
        hold_coupling=hold_coupling, precision=precision, stimuli=stimuli, noise=noise,
    )  # fmt: skip
    carry: Any = job.start
    pieces = []
    for first in range(0, samples, chunk):
        count = min(chunk, samples - first)
        course = job.course(first * steps, count * steps)
        if course is not None:
            course = course.reshape(count, steps, -1)
        options = (first == 0, count, steps, signals, average)
        carry, traces = execute(job, trace_program, options, carry, course)
        pieces.append(job.layout.join(traces))
    bad_block = job.layout.join_lanes(carry.bad_block)
    divergences = locate_all(job, bad_block, steps)
    time_s = np.arange(1, samples + 1) * (every_ms * 1e-3)
    return Traces(time_s, np.concatenate(pieces, axis=1), signals, divergences)


def _check_signal(model: Model, name: str) -> None:
    try:
        model.signal(name, model.start, model.defaults())
    except ValueError:
        known = dict.fromkeys((*model.states, *model.transmitted, model.observed))
        raise ConfigError(
            f"model '{model.name}' has no state or signal '{name}'",
            expected=", ".join(known),
            got=str(name),
            hint=did_you_mean(str(name), known),
        ) from None
