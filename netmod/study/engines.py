"""Run cells through an engine: every distinct network once, in batches."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from operator import itemgetter

import numpy as np

from netmod.dynamics.linear import Linearisation, leading_eigenvalue
from netmod.dynamics.parameters import make_parameters, stack
from netmod.dynamics.proportional import rows_of
from netmod.dynamics.simulate import Scan, simulate
from netmod.dynamics.stability import growth_rate
from netmod.graph.connectivity import correlation, covariance
from netmod.models import MODELS
from netmod.scenario.schema import Scenario
from netmod.study.prepare import Cell
from netmod.study.spectrum import linear_program

BATCH = 32
"""Networks simulated in one call: one compiled shape for a whole study, and a step of progress."""


MANY = 1.6e6
"""Regions squared times networks from which the linear engine's program is compiled for every
device: below, compiling it once more takes longer than it saves."""


@dataclass(frozen=True, eq=False)
class Reading:
    """What an engine says of one network.

    Attributes
    ----------
    fc : array, shape (region, region), float32
        Pearson correlation of BOLD.
    rate_hz : array, shape (region,)
        Mean excitatory rate.
    bold : array, shape (time, region), float32, or None
        BOLD series; the linear engine has none.
    status : {"ok", "no fixed point", "unstable", "diverged"}
        Why the numbers are missing, if they are.
    """

    fc: np.ndarray
    rate_hz: np.ndarray
    bold: np.ndarray | None
    status: str


def run_cells(
    scenario: Scenario, cells: Sequence[Cell], progress: Callable[[int], None]
) -> Iterator[tuple[str, Reading]]:
    """Yield (identity, reading) of every distinct cell.

    Parameters
    ----------
    scenario : Scenario
        For the engine and its settings.
    cells : sequence of Cell
        Cells to run; those with the same identity run once.
    progress : callable
        Called with the number of networks done since the last call.
    """
    distinct = list({cell.identity: cell for cell in cells}.values())
    run = {"sde": _run_sde, "linear": _run_linear}[scenario.engine]
    batches = [
        group[first : first + BATCH]
        for group in (_alike(scenario, distinct) if scenario.engine == "sde" else [distinct])
        for first in range(0, len(group), BATCH)
    ]
    found = (run(scenario, batch) for batch in batches)
    work = sum(cell.parameters.n_regions**2 for cell in distinct)
    if scenario.engine == "linear" and len(batches) > 1 and work >= MANY:
        found = _on_all_devices(scenario, batches)
    for batch, readings in zip(batches, found, strict=True):
        for cell, reading in zip(batch, readings, strict=True):
            yield cell.identity, reading
        progress(len(batch))


def _alike(scenario: Scenario, cells: Sequence[Cell]) -> list[list[Cell]]:
    """Group networks by how their inputs are summed, so that company changes no bit of any."""
    model = MODELS[scenario.model.name]
    groups: dict[int | None, list[Cell]] = {}
    for cell in cells:
        groups.setdefault(rows_of(model, cell.parameters.weights), []).append(cell)
    return list(groups.values())


def _on_all_devices(
    scenario: Scenario, batches: Sequence[Sequence[Cell]]
) -> Iterator[list[Reading]]:
    """Yield the readings of linear batches in their order, computed on all devices in turn."""
    import jax

    devices = jax.local_devices()

    def one(k: int) -> list[Reading]:
        with jax.default_device(devices[k % len(devices)]):
            return _run_linear(scenario, batches[k])

    # a few ahead of what is asked for, so that readings do not pile up
    ahead = 2 * len(devices)
    with ThreadPoolExecutor(len(devices)) as pool:
        try:
            running = deque(pool.submit(one, k) for k in range(min(ahead, len(batches))))
            for k in range(len(batches)):
                yield running.popleft().result()
                if k + ahead < len(batches):
                    running.append(pool.submit(one, k + ahead))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def scan_of(scenario: Scenario) -> Scan:
    """Return the simulated scan that a scenario asks for."""
    return Scan(
        duration_s=scenario.scanner.duration_s,
        tr_s=scenario.scanner.tr_s,
        warmup_s=scenario.scanner.warmup_s,
        dt_ms=scenario.solver.dt_ms,
        solver=scenario.solver.name,
        hemodynamics=scenario.scanner.hemodynamics,
        noise=scenario.solver.noise,
    )


def _failed(n: int, status: str) -> Reading:
    return Reading(np.full((n, n), np.nan, np.float32), np.full(n, np.nan), None, status)


def _run_sde(scenario: Scenario, batch: Sequence[Cell]) -> list[Reading]:
    start = tuple(np.stack(s) for s in zip(*(cell.start for cell in batch), strict=True))
    recording = simulate(
        MODELS[scenario.model.name],
        stack([cell.parameters for cell in batch]),
        start,
        np.stack([cell.key for cell in batch]),
        scan_of(scenario),
        room=BATCH,
    )
    readings = []
    for k, cell in enumerate(batch):
        if not (cell.converged and recording.finite[k]):
            # without a fixed point the inhibition that the scan starts from is not known
            status = "diverged" if cell.converged else "no fixed point"
            readings.append(_failed(cell.parameters.n_regions, status))
            continue
        bold = recording.bold[k]
        fc = correlation(covariance(bold.astype(float)))
        readings.append(Reading(fc.astype(np.float32), recording.rate_hz[k], bold, "ok"))
    return readings


def warm_up(scenario: Scenario, n_regions: int) -> None:
    """Compile the linear engine's program ahead of its first use; to be run beside other work.

    Parameters
    ----------
    scenario : Scenario
        For the model and the hemodynamics; with another engine nothing is done.
    n_regions : int
        Number of regions.
    """
    import jax

    if scenario.engine != "linear":
        return
    model = MODELS[scenario.model.name]
    inputs = len(model.coupling_inputs)
    delays_s = None
    if scenario.model.velocity_m_per_s is not None:
        delays_s = np.zeros((n_regions, n_regions))
    still = make_parameters(model, np.zeros((inputs, n_regions, n_regions)), delays_s=delays_s)
    states = tuple(np.full((BATCH, n_regions), value) for value in model.start)
    with jax.enable_x64(True):
        solve = linear_program(scenario.model.name, scenario.scanner.hemodynamics)
        jax.block_until_ready(solve(stack([still] * BATCH), states))


def _run_linear(scenario: Scenario, batch: Sequence[Cell]) -> list[Reading]:
    import jax

    padded = [*batch, *[batch[-1]] * (BATCH - len(batch))]
    with jax.enable_x64(True):
        states = tuple(np.stack(s) for s in zip(*(cell.start for cell in padded), strict=True))
        solve = linear_program(scenario.model.name, scenario.scanner.hemodynamics)
        linear, jacobians, cov, rates = jax.tree.map(
            np.asarray, solve(stack([cell.parameters for cell in padded]), states)
        )
    readings = []
    for k, cell in enumerate(batch):
        n = cell.parameters.n_regions
        if not cell.converged:
            readings.append(_failed(n, "no fixed point"))
        elif _growth(scenario, cell, jax.tree.map(itemgetter(k), linear), jacobians[k]) >= 0.0:
            readings.append(_failed(n, "unstable"))
        else:
            readings.append(Reading(correlation(cov[k]).astype(np.float32), rates[k], None, "ok"))
    return readings


def _growth(scenario: Scenario, cell: Cell, linear: Linearisation, jacobian: np.ndarray) -> float:
    """Return the largest growth rate at a cell's fixed point, in 1/s, delays included."""
    if cell.parameters.delays_s is None:
        return growth_rate(jacobian)
    model = MODELS[scenario.model.name]
    return leading_eigenvalue(model, cell.parameters, linear).real
