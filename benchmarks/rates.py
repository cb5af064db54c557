"""The rate of the sde engine for one case, beside the same program without noise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.measure import Column, interleaved, peak_memory_mb, ratio
from benchmarks.networks import batch, noise_free, reduced_wong_wang
from netmod.dynamics.simulate import Scan, simulate

WORK = 1e8
"""Region-steps of one timed call for up to 100 regions; fewer where a step costs more."""

SHORTEST_S = 0.5
"""Shortest simulated time, and its unit."""

COLUMNS = (
    Column("rate_m_per_s", "M/s", ".1f"),
    Column("rate_min", "min", ".1f"),
    Column("rate_max", "max", ".1f"),
    Column("ceiling_m_per_s", "ceiling M/s", ".1f"),
    Column("ceiling_share", "share", ".0%"),
    Column("compile_s", "compile s", ".1f"),
    Column("peak_memory_mb", "peak MB", ".0f"),
)


def duration_of(n: int, lanes: int, dt_ms: float, work: float = WORK) -> float:
    """Return the simulated time in s that makes a call long enough to time."""
    steps = work * min(1.0, 100.0 / n) / (n * lanes)
    return max(SHORTEST_S, round(steps * dt_ms * 1e-3 / SHORTEST_S) * SHORTEST_S)


def scan_of(duration_s: float, **options: Any) -> Scan:
    """Return a scan without warm-up, so that every simulated step is counted."""
    return Scan(duration_s=duration_s, tr_s=SHORTEST_S, warmup_s=0.0, **options)


def rate_of(
    n: int,
    lanes: int,
    scan: Scan,
    repeats: int,
    *,
    shared: bool,
    velocity_m_per_s: float | None = None,
    ceiling: bool = True,
) -> dict[str, Any]:
    """Measure one case: rate in million region-steps per wall second, ceiling, compile time.

    Returns
    -------
    dict
        ``rate_m_per_s``: regions x neural steps x lanes / median wall s / 10^6, BOLD included.
        ``ceiling_m_per_s``: the same program of a model without noise, run in turn.
        ``ceiling_share``: median over the pairs of runs.
    """
    model = reduced_wong_wang()
    parameters, start, keys = batch(n, lanes, shared=shared, velocity_m_per_s=velocity_m_per_s)
    before = peak_memory_mb()

    def run(chosen: Any) -> Callable[[], None]:
        def call() -> None:
            if not simulate(chosen, parameters, start, keys, scan).finite.all():
                raise RuntimeError("the benchmark's network diverged: its rate means nothing")

        return call

    work = {"noise": run(model)}
    if ceiling:
        work["quiet"] = run(noise_free(model))
    times = interleaved(work, repeats)
    region_steps = n * lanes * round(scan.duration_s * 1e3 / scan.dt_ms)
    noise = times["noise"]
    row = {
        **noise.row(),
        "duration_s": scan.duration_s,
        "region_steps": region_steps,
        "rate_m_per_s": region_steps / noise.median_s / 1e6,
        "rate_min": region_steps / max(noise.seconds) / 1e6,
        "rate_max": region_steps / min(noise.seconds) / 1e6,
        "memory_before_mb": before,
        "float": "float32",
    }
    if ceiling:
        quiet = times["quiet"]
        row["ceiling_m_per_s"] = region_steps / quiet.median_s / 1e6
        row["ceiling_share"] = ratio(quiet, noise)["median"]
    return row
