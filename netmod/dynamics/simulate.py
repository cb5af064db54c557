"""The sde engine: stochastic simulation of many networks and their BOLD, compiled once a shape.

The time loop stands inside a map over tiles of lanes: one lane's weights then stay in cache for
the whole run, and a lane's numbers do not depend on which others share the batch, as long as one
matrix serves both inputs for all of them or for none (:mod:`netmod.dynamics.proportional`): sums
are rounded otherwise. Studies group their networks by that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from netmod.dynamics.comoments import CoMoments, pearson
from netmod.dynamics.divergence import Divergence, locate_all
from netmod.dynamics.kernel import Tile, pack, unpack
from netmod.dynamics.memory import check_memory, sizes_of
from netmod.dynamics.noise import check_counter
from netmod.dynamics.parameters import Parameters
from netmod.dynamics.run import check_word, execute, prepare
from netmod.dynamics.stimulation import Stimulus
from netmod.errors import ConfigError
from netmod.models import Model
from netmod.observe import balloon
from netmod.observe.balloon import HEMODYNAMICS

__all__ = ["BALLOON_DT_MS", "KEPT", "Recording", "Scan", "check_scan", "check_step", "simulate"]

BALLOON_DT_MS = 10.0
"""Step of the hemodynamic model; its fastest time constant is near a second."""

KEPT = ("bold", "fc")
"""What a scan may leave behind: the series, or nothing but its correlation."""


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
    hold_coupling : bool or None
        Sum undelayed long-range input once a step instead of once a solver stage; None leaves it
        to the model. It saves a matrix product; for reduced Wong-Wang what is transmitted (NMDA
        gating, 100 ms) hardly moves within a step of 1 ms. A solver's order beyond 1 holds for
        the long-range input only without it.
    precision : {"single", "double"}
        Width of the numbers; the noise is the same for both.
    noise : {"gaussian", "three_point"}
        Law of the noise increments: normal, or with three values, which is weakly of order 2 like
        the solvers and cheaper (:mod:`netmod.dynamics.three_point`).
    """

    duration_s: float = 300.0
    tr_s: float = 2.0
    warmup_s: float = 30.0
    dt_ms: float = 1.0
    solver: str = "heun"
    hemodynamics: str = "friston2003"
    hold_coupling: bool | None = None
    precision: str = "single"
    noise: str = "gaussian"


class Recording(NamedTuple):
    """What the simulation of several networks gives.

    Attributes
    ----------
    bold : array, shape (lane, time, region), or None
        BOLD at each TR, as a fraction of rest; None where only the correlation is kept.
    rate_hz : array, shape (lane, region)
        Mean excitatory rate over the recorded time; NaN for a model without rates.
    finite : array, shape (lane,), bool
        False where the run left the finite numbers.
    divergences : tuple of Divergence
        Where and when each of those lanes did.
    fc : array, shape (lane, region, region), or None
        Pearson correlation of the unfiltered BOLD, where only that is kept; NaN for a lane that is
        not finite and for a region without variance.
    """

    bold: np.ndarray | None
    rate_hz: np.ndarray
    finite: np.ndarray
    divergences: tuple[Divergence, ...] = ()
    fc: np.ndarray | None = None


def check_scan(
    model: Model, scan: Scan, values: Mapping[str, Any] | None = None
) -> tuple[int, int, int, int]:
    """Return (warm-up volumes, volumes, balloon steps a volume, neural steps a balloon step).

    Parameters
    ----------
    model : Model
        The neural mass.
    scan : Scan
        Steps and lengths.
    values : mapping, optional
        Parameter values, whose time constants limit the step; the defaults when left out.

    Raises
    ------
    ConfigError
        If the steps do not fit into one another, or dt is too large for the model.
    """
    check_positive("tr_s", scan.tr_s)
    check_positive("dt_ms", scan.dt_ms)
    for name in ("duration_s", "warmup_s"):
        if not 0 <= getattr(scan, name) < np.inf:
            raise ConfigError(f"{name} is negative or not finite", got=f"{getattr(scan, name):g}")
    check_word("hemodynamics", scan.hemodynamics, HEMODYNAMICS)
    check_step(model, model.defaults() if values is None else values, scan.dt_ms, scan.solver)
    neural = whole_steps(BALLOON_DT_MS, scan.dt_ms, "the hemodynamic step of 10 ms")
    per_volume = whole_steps(scan.tr_s * 1e3, BALLOON_DT_MS, "tr_s in ms")
    volumes = whole_steps(scan.duration_s, scan.tr_s, "duration_s")
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


def check_step(model: Model, values: Mapping[str, Any], dt_ms: float, solver: str = "heun") -> None:
    """Refuse a step that does not resolve the fastest time constant among some values.

    An exponential solver takes linear leaks out exactly: their time constants do not limit it.

    Raises
    ------
    ConfigError
        If dt is more than half of it.
    """
    constants = {name: np.asarray(v, float) for name, v in model.time_constants(values).items()}
    if solver == "exponential":
        leaks = [np.asarray(leak, float) for leak in model.leak(values)]
        constants = {
            name: tau
            for name, tau in constants.items()
            if not any(np.allclose(tau * leak, 1.0) for leak in leaks)
        }
    if not constants:
        return
    fastest_ms = 1e3 * min(float(tau.min()) for tau in constants.values())
    if dt_ms > 0.5 * fastest_ms:
        raise ConfigError(
            "dt_ms is too large for the model's fastest time constant",
            expected=f"at most {0.5 * fastest_ms:g} ms for {model.name}",
            got=f"{dt_ms:g} ms",
        )


def check_positive(name: str, value: float) -> None:
    """Refuse a length of time that is not positive and finite."""
    if not 0 < value < np.inf:
        raise ConfigError(f"{name} is not a positive number", got=f"{value:g}")


def whole_steps(value: float, step: float, what: str) -> int:
    """Return how many steps make a length of time.

    Raises
    ------
    ConfigError
        If it is no whole number of at least one.
    """
    count = round(value / step)
    if count < 1 or abs(count * step - value) > 1e-6 * max(value, step):
        raise ConfigError(f"{what} must be a whole multiple of {step:g}", got=f"{value:g}")
    return count


def simulate(
    model: Model,
    parameters: Parameters,
    start: Sequence[np.ndarray],
    keys: np.ndarray,
    scan: Scan,
    *,
    stimuli: Sequence[Stimulus] = (),
    chunk_s: float | None = None,
    keep: str = "bold",
    room: int = 0,
) -> Recording:
    """Simulate several networks and observe their BOLD.

    Parameters
    ----------
    model : Model
        A neural mass.
    parameters : Parameters
        Stacked along a leading lane axis (:func:`netmod.dynamics.parameters.stack`).
    start : sequence of arrays, shape (lane, region)
        Initial state; with delays the regions have rested there before time 0.
    keys : array, shape (lane, 2), uint32
        Noise keys (:func:`netmod.dynamics.noise.scan_key`).
    scan : Scan
        Steps and lengths.
    stimuli : sequence of Stimulus
        What drives the regions from outside; time 0 is the start of the warm-up.
    chunk_s : float, optional
        Simulate piece by piece, so that memory does not grow with the length of the run; every
        number is the same to the last bit. A multiple of ``tr_s``.
    keep : {"bold", "fc"}
        The series, or only its correlation, from running co-moments
        (:mod:`netmod.dynamics.comoments`): memory then does not grow with the length of the run,
        but for the course of stimuli, which ``chunk_s`` cuts. It is the correlation of unfiltered
        BOLD: a zero-phase filter needs the series.
    room : int
        Lanes to compile for, if more than are given: calls with fewer then share one program, and
        whole tiles that are left over cost no time.

    Returns
    -------
    Recording

    Raises
    ------
    ConfigError
        If the steps do not fit (:func:`check_scan`), a word is unknown, or a delay is shorter
        than a step.
    NetmodError
        If the run would not fit into memory (:func:`netmod.dynamics.memory.check_memory`).
    """
    check_word("keep", keep, KEPT)
    stimuli = (stimuli,) if isinstance(stimuli, Stimulus) else tuple(stimuli)
    values = None if parameters is None else parameters.values
    warmup, volumes, per_volume, neural = check_scan(model, scan, values)
    if keep == "fc" and volumes < 2:
        raise ConfigError(
            "a correlation needs at least two volumes",
            expected=f"duration_s of at least {2 * scan.tr_s:g}",
            got=f"{scan.duration_s:g}",
        )
    total = warmup + volumes
    uncounted = warmup if keep == "fc" else None
    chunk = total if chunk_s is None else max(1, round(chunk_s / scan.tr_s))
    if chunk_s is not None and abs(chunk * scan.tr_s - chunk_s) > 1e-6 * chunk_s:
        raise ConfigError(f"chunk_s must be a whole multiple of {scan.tr_s:g}", got=f"{chunk_s:g}")
    check_counter(parameters.n_regions, len(model.states))
    sizes = sizes_of(
        model, parameters, max(len(keys), room), dt_ms=scan.dt_ms, block_steps=neural,
        samples=total, piece=min(chunk, total), sample_steps=per_volume * neural, signals=2,
        precision=scan.precision, stimuli=len(stimuli),
        solver=scan.solver, hold_coupling=scan.hold_coupling, comoments=keep == "fc",
        noise=scan.noise,
    )  # fmt: skip
    check_memory(sizes, scan.tr_s, keeps_fc=True)
    job = prepare(
        model, parameters, start, keys, dt_ms=scan.dt_ms, block_steps=neural, solver=scan.solver,
        hold_coupling=scan.hold_coupling, precision=scan.precision, stimuli=stimuli,
        noise=scan.noise, room=room,
    )  # fmt: skip

    carry: Any = job.start
    pieces = []
    for first in range(0, total, chunk):
        count = min(chunk, total - first)
        course = job.course(first * per_volume * neural, count * per_volume * neural)
        if course is not None:
            course = course.reshape(count, per_volume, neural, -1)
        options = (scan.hemodynamics, first == 0, count, per_volume, neural, uncounted)
        carry, seen = execute(job, _bold_program, options, carry, course)
        if seen is not None:
            pieces.append([job.layout.join(x) for x in seen])
    neural_state, _, moments = carry
    bad_block = job.layout.join_lanes(neural_state.bad_block)
    finite = bad_block < 0
    series = fc = None
    if moments is None:
        series, rate = (np.concatenate(x, axis=1)[:, warmup:] for x in zip(*pieces, strict=True))
        mean_rate = rate.mean(axis=1)
        finite &= np.isfinite(series).all(axis=(1, 2))
    else:
        mean_rate = job.layout.join(moments.rate_hz)
        finite &= np.isfinite(job.layout.join(moments.mean)).all(axis=1)
        fc = pearson(job.layout.join(moments.products)[:, : job.layout.regions])
    if _has_rates(model):
        finite &= np.isfinite(mean_rate).all(axis=1)
    if fc is not None:
        fc[~finite] = np.nan
    divergences = locate_all(job, bad_block, neural)
    return Recording(series, mean_rate, finite, divergences, fc)


def _has_rates(model: Model) -> bool:
    """Tell whether a model says how fast its regions fire; nothing is computed."""
    import jax

    inputs = (0.0,) * len(model.coupling_inputs)
    rate = jax.eval_shape(lambda: model.rate_hz(model.start, model.defaults(), inputs))
    return rate is not None


def _bold_program(
    tile: Tile,
    hemodynamics: str,
    fresh: bool,
    volumes: int,
    per_volume: int,
    neural_steps: int,
    uncounted: int | None,
) -> Any:
    """Return a function from the state of a tile to the state after some volumes, and these.

    If the first volumes are ``uncounted``, the co-moments of all others are kept instead of them.
    """
    import jax
    import jax.numpy as jnp

    model, values = tile.model, tile.lanes.values
    hemo = HEMODYNAMICS[hemodynamics]

    def balloon_step(carry, course):
        neural, vessels, rate_sum = carry
        neural, (activity,) = tile.run_block(neural, neural_steps, course, (model.observed,))
        now = () if course is None else (tile.stimulus(course[-1]),)
        activity = model.drive(activity)
        rate = model.rate_hz(tile.state_of(neural), values, tile.inputs(neural), *now)
        rate_sum = jnp.full_like(rate_sum, jnp.nan) if rate is None else rate_sum + rate
        dt_s = activity.dtype.type(BALLOON_DT_MS * 1e-3)
        y = unpack(vessels, 4)
        first = balloon.drift(y, activity, hemo)
        guess = tuple(a + dt_s * k for a, k in zip(y, first, strict=True))
        second = balloon.drift(guess, activity, hemo)
        y = tuple(a + 0.5 * dt_s * (k + m) for a, k, m in zip(y, first, second, strict=True))
        return (neural, pack(y), rate_sum), None

    def volume(carry, course):
        neural, vessels, moments = carry
        zero = jnp.zeros_like(neural.packed[0].real)
        (neural, vessels, rate_sum), _ = jax.lax.scan(
            balloon_step, (neural, vessels, zero), course, length=per_volume
        )
        seen = balloon.bold(unpack(vessels, 4), hemo), rate_sum / per_volume
        if moments is None:
            return (neural, vessels, None), seen
        return (neural, vessels, moments.add(*seen)), None

    def run(carry, course):
        if fresh:
            activity = model.drive(model.signal(model.observed, carry, values))
            moments = None if uncounted is None else CoMoments.start(activity, uncounted)
            carry = (tile.start(carry), pack(balloon.steady(activity, hemo)), moments)
        return jax.lax.scan(volume, carry, course, length=volumes)

    return run
