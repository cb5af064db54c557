r"""Electroconvulsive seizures: what a current through the head makes of the whole brain.

Every region is a subcritical Hopf oscillator with fatigue
(:mod:`netmod.models.subcritical_hopf`), coupled diffusively through the atlas's tracts:

.. math::

    dz_i &= \big[\kappa z_i (\lambda_i + 2|z_i|^2 - |z_i|^4)
        + G \textstyle\sum_j C_{ij} (z_j - z_i)\big] dt + \sigma dW_i\\
    \lambda_i &= \lambda_0 / s - w_i + u_0 q f_i(t),\qquad \tau\, dw_i/dt = k |z_i|^2 - w_i

with the charge q, the electrode field f and a person's sensitivity s, which brings rest nearer to
the bifurcation. C has spectral radius 1. Nothing is told about sides or about an end: regions
that the field does not reach are recruited by their neighbours or not at all, and every region
ends by its own fatigue.

The common rotation of all regions is taken out, ``z -> z exp(-i Omega t)``. Circular noise and
diffusive coupling do not change by it, nor does ``|z|^2``: the frequency of the discharge is no
parameter, and the step need not resolve it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netmod.atlas import Atlas
from netmod.dynamics.parameters import make_parameters, stack
from netmod.dynamics.record import record
from netmod.dynamics.stimulation import Pulse, Stimulus
from netmod.errors import ConfigError, NetmodError
from netmod.models.subcritical_hopf import SubcriticalHopf

Array = NDArray[np.float64]

DT_MS = 5.0
"""Step; half of it changes the mean duration of 16 seizures by 0.5 %, other noise included."""

SAMPLE_S = 0.1
"""Interval over which power is averaged."""

QUIET_S = 20.0
"""Time before the stimulus; all but its first 5 s are the rest that suppression is told by."""

WATCH_S = 120.0
"""Time after the stimulus."""

_SETTLED_S = 5.0
_SUPPRESSION_S = (3.0, 15.0)
_MODEL = SubcriticalHopf()


class Course(NamedTuple):
    """A stimulus and what follows, sampled every :data:`SAMPLE_S`.

    Attributes
    ----------
    power : array, shape (lane, time, region)
        Mean of ``|z|^2``, relative to its value ``1 + sqrt(1 + lambda_0 / s)`` on the cycle of a
        region that is not fatigued.
    amplitude : array, shape (lane, time)
        Of the mean of z over regions: what an electrode far from all of them sees. Diffusive
        coupling along symmetric tracts leaves its noise at rest as it is.
    """

    power: np.ndarray
    amplitude: np.ndarray


class Seizures(NamedTuple):
    """What electroconvulsive stimuli lead to; all 0 where nothing follows.

    Attributes
    ----------
    duration_s : array, shape (lane,)
        Time after the stimulus in which the mean power of all regions exceeds the threshold.
    power : array, shape (lane, region)
        Integral of ``|z|^2`` over the discharge of the region, relative to full discharge: its
        length in s, were it full. The discharge begins with the stimulus; one that stays local
        counts in its region without a duration.
    suppression : array, shape (lane,)
        Relative change of the amplitude (root mean square, of the mean over regions) from before
        the stimulus to 3 to 15 s after the last discharge anywhere.
    spread : array, shape (lane,)
        Share of regions that discharge after the stimulus.
    """

    duration_s: Array
    power: Array
    suppression: Array
    spread: Array


def simulate_seizures(
    atlas: Atlas,
    field: ArrayLike,
    charge: ArrayLike,
    sensitivity: ArrayLike,
    keys: np.ndarray,
    constants: Mapping[str, float],
    *,
    dt_ms: float = DT_MS,
) -> Seizures:
    """Simulate electroconvulsive stimuli on the tracts of an atlas, one for each lane.

    Lanes are independent to the last bit. They are simulated 16 at a time, so that 16 cost as
    much as one.

    Parameters
    ----------
    atlas : Atlas
        Its weights, scaled to spectral radius 1, couple the regions.
    field : array_like, shape (region,) or (lane, region)
        Electrode field, typically 1 (:func:`netmod.plasticity.field.electrode_field`).
    charge : array_like, shape (lane,)
        Stimulus relative to the default.
    sensitivity : array_like, shape (lane,)
        Divides the distance of rest from the bifurcation: above 1 the threshold is lower and
        seizures are longer.
    keys : array, shape (lane, 2), uint32
        Noise keys (:func:`netmod.dynamics.noise.scan_key`).
    constants : mapping
        Values of :data:`netmod.plasticity.declaration.SEIZURE`.
    dt_ms : float
        Step.

    Returns
    -------
    Seizures

    Raises
    ------
    ConfigError
        If a charge or sensitivity is out of range, or the push too strong for the step.
    NetmodError
        If a seizure does not end.
    """
    weights = atlas.weights / np.abs(np.linalg.eigvals(atlas.weights)).max()
    charge = np.asarray(charge, dtype=float)
    _check_lanes(charge, sensitivity, keys)
    push = constants["seizure_push"] * charge[:, None] * np.asarray(field, dtype=float)
    course = seizure_course(weights, push, sensitivity, keys, constants, dt_ms=dt_ms)
    return measure_seizures(course, constants)


def seizure_course(
    weights: ArrayLike,
    push: ArrayLike,
    sensitivity: ArrayLike,
    keys: np.ndarray,
    constants: Mapping[str, float],
    *,
    dt_ms: float = DT_MS,
    quiet_s: float = QUIET_S,
    start: float = 0.0,
) -> Course:
    """Return the activity before, during and for :data:`WATCH_S` after a stimulus.

    Parameters
    ----------
    weights : array_like, shape (target, source)
        Coupling of the regions.
    push : array_like, shape (lane, region)
        What the stimulus adds to lambda.
    sensitivity : array_like, shape (lane,)
        As in :func:`simulate_seizures`.
    keys : array, shape (lane, 2), uint32
        Noise keys.
    constants : mapping
        Values of :data:`netmod.plasticity.declaration.SEIZURE`.
    dt_ms : float
        Step; a divisor of 100 ms.
    quiet_s : float
        Time before the stimulus, a multiple of 0.1 s.
    start : float
        Amplitude ``|z|`` of all regions at time 0; without noise, 0 would last for ever.

    Returns
    -------
    Course

    Raises
    ------
    ConfigError
        If the push is too strong for the step.
    NetmodError
        If the simulation leaves the finite numbers.
    """
    push = np.asarray(push, dtype=float)
    rest = constants["seizure_depth"] / np.asarray(sensitivity, dtype=float)
    _check_step(push, rest, constants["seizure_speed"], dt_ms)
    common = {
        "G": constants["seizure_coupling"],
        "kappa": constants["seizure_speed"],
        "frequency_hz": 0.0,
        "k": constants["seizure_fatigue"],
        "tau_fatigue": constants["tau_seizure_fatigue_s"],
        "noise_sd": constants["seizure_noise"],
    }
    lanes = [make_parameters(_MODEL, weights, {**common, "lambda_0": depth}) for depth in rest]
    x = np.full(push.shape, start)
    stimulus_s = constants["seizure_stimulus_s"]
    samples = math.ceil((quiet_s + stimulus_s + WATCH_S) / SAMPLE_S - 1e-9)
    traces = record(
        _MODEL,
        stack(lanes, shared=True),
        (x, np.zeros_like(x), np.zeros_like(x)),
        keys,
        duration_s=samples * SAMPLE_S,
        dt_ms=dt_ms,
        every_ms=1e3 * SAMPLE_S,
        signals=("power", "x", "y"),
        average=True,
        stimuli=Stimulus(Pulse(quiet_s, stimulus_s), push),
    )
    if traces.divergences:
        raise NetmodError(
            "a seizure left the finite numbers",
            where=str(traces.divergences[0]),
            hint="lower dt_ms, the charge or the noise",
        )
    amplitude = np.hypot(traces["x"].mean(axis=2), traces["y"].mean(axis=2))
    return Course(traces["power"] / _full(rest)[:, None, None], amplitude)


def measure_seizures(course: Course, constants: Mapping[str, float]) -> Seizures:
    """Return duration, regional power, suppression and spread.

    Parameters
    ----------
    course : Course
        From :func:`seizure_course`, with its default time before the stimulus.
    constants : mapping
        Values of :data:`netmod.plasticity.declaration.SEIZURE`.

    Raises
    ------
    NetmodError
        If a seizure has not ended early enough for its suppression to be seen.
    """
    threshold = constants["seizure_threshold"]
    begin = round(QUIET_S / SAMPLE_S)
    end = begin + math.ceil(constants["seizure_stimulus_s"] / SAMPLE_S - 1e-9)
    first, last = (round(t / SAMPLE_S) for t in _SUPPRESSION_S)

    power = course.power
    discharging = power > threshold
    local = discharging[:, end:].any(axis=2)
    if local[:, -last:].any():
        raise NetmodError(
            "a seizure does not end",
            where=f"lane {int(np.argmax(local[:, -last:].any(axis=1))) + 1}",
            expected=f"less than {WATCH_S - _SUPPRESSION_S[1]:g} s",
            hint="raise seizure_fatigue to above 1, or seizure_coupling if slow waves wander",
        )
    duration_s = (power[:, end:].mean(axis=2) > threshold).sum(axis=1) * SAMPLE_S

    over = np.where(local.any(axis=1), local.shape[1] - np.argmax(local[:, ::-1], axis=1), 0)
    window = end + over[:, None] + np.arange(first, last)
    square = course.amplitude.astype(float) ** 2
    after = np.take_along_axis(square, window, axis=1).mean(axis=1)
    before = square[:, round(_SETTLED_S / SAMPLE_S) : begin].mean(axis=1)
    # no rest to compare with where there is no noise
    ratio = np.sqrt(np.divide(after, before, out=np.ones_like(after), where=before > 0.0))
    return Seizures(
        duration_s=duration_s,
        power=(power * discharging)[:, begin:].sum(axis=1, dtype=float) * SAMPLE_S,
        suppression=np.where(duration_s > 0.0, ratio - 1.0, 0.0),
        spread=discharging[:, end:].any(axis=1).mean(axis=1),
    )


def _full(bifurcation: np.ndarray) -> Array:
    """Return the squared radius of the stable cycle, at the fold where there is none."""
    return 1.0 + np.sqrt(np.maximum(1.0 + bifurcation, 0.0))


def _check_step(push: np.ndarray, rest: np.ndarray, speed: float, dt_ms: float) -> None:
    """Refuse a push whose contraction onto its cycle the step does not resolve."""
    square = _full((rest[:, None] + push).max())
    # derivative of kappa r (lambda + 2 r^2 - r^4) on the cycle
    rate = 4.0 * speed * square * (square - 1.0)
    if rate * dt_ms * 1e-3 > 1.0:
        raise ConfigError(
            "the stimulus is too strong for the step",
            where="simulate_seizures",
            expected=f"dt_ms of at most {1e3 / rate:.3g}",
            got=f"{dt_ms:g} ms and a push on lambda of {push.max():.3g}",
            hint="lower the charge or the field",
        )


def _check_lanes(charge: np.ndarray, sensitivity: ArrayLike, keys: np.ndarray) -> None:
    """Refuse numbers of lanes that differ, and values without a meaning."""
    sensitivity = np.asarray(sensitivity, dtype=float)
    lanes = len(keys)
    for name, values in (("charge", charge), ("sensitivity", sensitivity)):
        if values.shape != (lanes,):
            raise ConfigError(
                f"there is not one {name} for each lane",
                where=f"simulate_seizures.{name}",
                expected=f"shape [{lanes}], as many as noise keys",
                got=f"shape {list(values.shape)}",
            )
    for name, values, good in (
        ("charge", charge, charge >= 0.0),
        ("sensitivity", sensitivity, sensitivity > 0.0),
    ):
        good = good & np.isfinite(values)
        if not good.all():
            raise ConfigError(
                f"a {name} is out of range",
                where=f"simulate_seizures.{name}",
                expected="a finite number, " + ("0 or more" if name == "charge" else "above 0"),
                got=f"{values[~good][0]:g}",
            )
