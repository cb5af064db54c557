"""Rate of the sde engine with conduction delays, and what the delays cost."""

from __future__ import annotations

from typing import Any

from benchmarks import rates
from benchmarks.measure import Column

VELOCITY_M_PER_S = 6.0
"""Mean myelinated velocity; with dk84's tracts, delays of 2 to 37 ms."""

WORK = {1: 2e6, 32: 2e7}
"""Region-steps of one timed call by lanes: a step with delays costs many times one without."""

COLUMNS = (
    Column("n", "N", "d"), Column("lanes", "lanes", "d"), Column("connectome", "connectome"),
    Column("dt_ms", "dt ms", "g"), *rates.COLUMNS,
    Column("undelayed_m_per_s", "undelayed M/s", ".1f"),
)  # fmt: skip


def cases(quick: bool) -> list[dict[str, Any]]:
    """Return the cases: dk84 (half of the edges) and a dense synthetic network."""
    if quick:
        one = {"n": 10, "lanes": 1, "connectome": "personal", "dt_ms": 1.0}
        return [{**one, "velocity_m_per_s": VELOCITY_M_PER_S, "work": 1e4}]
    return [
        {
            "n": n, "lanes": lanes, "connectome": connectome, "dt_ms": dt_ms,
            "velocity_m_per_s": VELOCITY_M_PER_S,
        }
        for n in (84, 100)
        for dt_ms in (0.1, 1.0)
        for lanes, connectome in ((1, "personal"), (32, "shared"), (32, "personal"))
    ]  # fmt: skip


def measure(case: dict[str, Any], repeats: int) -> dict[str, Any]:
    """Measure one case, and the same without delays."""
    n, lanes, shared = case["n"], case["lanes"], case["connectome"] == "shared"
    duration_s = rates.duration_of(n, lanes, case["dt_ms"], case.get("work", WORK[lanes]))
    scan = rates.scan_of(duration_s, dt_ms=case["dt_ms"])
    velocity = case["velocity_m_per_s"]
    row = rates.rate_of(n, lanes, scan, repeats, shared=shared, velocity_m_per_s=velocity)
    undelayed = rates.rate_of(n, lanes, scan, repeats, shared=shared, ceiling=False)
    return {**row, "undelayed_m_per_s": undelayed["rate_m_per_s"]}
