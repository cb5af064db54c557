"""Rate of the sde engine: regions x lanes, connectomes shared or personal, steps and solvers."""

from __future__ import annotations

from typing import Any

from benchmarks import rates
from benchmarks.measure import Column

REGIONS = (84, 100, 379, 1000)
LANES = (1, 32, 128, 512)
METHODS: dict[str, dict[str, Any]] = {
    "heun 1 ms": {},
    "heun 1 ms, every stage": {"hold_coupling": False},
    "euler 1 ms": {"solver": "euler"},
    "euler 0.1 ms": {"solver": "euler", "dt_ms": 0.1},
    "heun 1 ms, three-point": {"noise": "three_point"},
    "euler 0.1 ms, three-point": {"solver": "euler", "dt_ms": 0.1, "noise": "three_point"},
}
"""How to integrate; Heun at 1 ms with coupling once a step is netmod's default."""

LARGEST_MB = 1500.0
"""Personal connectomes in single precision beyond this are not run: they are held three times."""

COLUMNS = (
    Column("n", "N", "d"), Column("lanes", "lanes", "d"), Column("connectome", "connectome"),
    Column("method", "method"), *rates.COLUMNS,
)  # fmt: skip


def cases(quick: bool) -> list[dict[str, Any]]:
    """Return the cases: N x lanes x connectome at the default, then other methods at N = 100."""
    if quick:
        return [{"n": 10, "lanes": 2, "connectome": "shared", "method": "heun 1 ms", "work": 1e4}]
    found = []
    for n in REGIONS:
        for lanes in LANES:
            # a single simulation has its own connectome either way
            for connectome in ("personal",) if lanes == 1 else ("shared", "personal"):
                case = {"n": n, "lanes": lanes, "connectome": connectome, "method": "heun 1 ms"}
                found.append(case)
    for method in list(METHODS)[1:]:
        for lanes in LANES[:3]:
            connectome = "personal" if lanes == 1 else "shared"
            found.append({"n": 100, "lanes": lanes, "connectome": connectome, "method": method})
    return found


def measure(case: dict[str, Any], repeats: int) -> dict[str, Any]:
    """Measure one case."""
    n, lanes, shared = case["n"], case["lanes"], case["connectome"] == "shared"
    megabytes = lanes * 2 * n * n * 4 / 1e6
    if not shared and megabytes > LARGEST_MB:
        return {"not_run": f"{lanes} connectomes of {n} regions are {megabytes / 1e3:.1f} GB"}
    options = METHODS[case["method"]]
    duration_s = rates.duration_of(
        n, lanes, options.get("dt_ms", 1.0), case.get("work", rates.WORK)
    )
    return rates.rate_of(n, lanes, rates.scan_of(duration_s, **options), repeats, shared=shared)
