"""netmod beside other simulators: the same work in living processes of both, in turn."""

from __future__ import annotations

import os
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.measure import Column, table
from benchmarks.networks import FEEDFORWARD, J_NA
from benchmarks.peers import driver
from benchmarks.peers.catalogue import PEERS, peer_of
from benchmarks.peers.driver import Worker, WorkerError
from benchmarks.peers.environments import BuildError, interpreter

STARTS_PROCESSES = True

DT_MS, TR_S = 0.1, 0.1
"""Step and repetition time; the latter is the unit of simulated time, short for slow simulators."""

VELOCITY_M_PER_S = 10.0
CALL_S = 0.8
"""Wall time of one call: its simulated time is chosen for each simulator by itself."""

SCAN_S = 300.0
MEMORY_DT_MS, MEMORY_TR_S = 1.0, 1.0
TRIALS_S = (5.0, 10.0)
"""Simulated times from which memory and time of a whole scan are foretold."""

LONGEST_S = 600.0
"""A whole scan that would take longer is foretold, not run."""

OURSELVES = "netmod"
"""In place of a peer: netmod against itself, which needs no other package and shows the noise."""


class Row(NamedTuple):
    """One kind of work, and what it is to reach.

    Attributes
    ----------
    words : str
        Its name in the tables.
    kind : {"shared", "personal", "delays", "memory"}
        One connectome for all lanes or one for each; conduction delays; memory instead of time.
    n, lanes : int
        Regions and simulations.
    goal : float or None
        Ratio to the best peer; of the memory, MB.
    """

    words: str
    kind: str
    n: int
    lanes: int
    goal: float | None


ROWS = (
    Row("1 simulation", "shared", 100, 1, 3.5),
    Row("32 simulations", "shared", 100, 32, 10.0),
    Row("128 simulations", "shared", 100, 128, 10.0),
    Row("32, a connectome each", "personal", 100, 32, 8.0),
    Row("delays, 1 simulation", "delays", 100, 1, 5.0),
    Row("delays, 32 simulations", "delays", 100, 32, 12.0),
    Row("N = 400, 1 simulation", "shared", 400, 1, None),
    Row("N = 400, 32 simulations", "shared", 400, 32, 5.0),
    Row("memory, 128 scans of 5 min", "memory", 100, 128, 1000.0),
)

COLUMNS = (
    Column("words", "work"), Column("peer", "peer"), Column("peer_m_per_s", "peer M/s", ".2f"),
    Column("our_m_per_s", "netmod M/s", ".1f"), Column("ratio_shown", "ratio (min–max)"),
    Column("peer_memory_mb", "peer MB", ".0f"), Column("our_memory_mb", "netmod MB", ".0f"),
    Column("how", "how the peer ran"),
)  # fmt: skip

SUMMARY = (
    Column("words", "work"), Column("best", "best peer"), Column("best_shown", "peer"),
    Column("our_shown", "netmod"), Column("ratio", "ratio", ".1f"), Column("goal", "goal"),
    Column("reached", "reached"),
)  # fmt: skip

DIFFERENCES = (
    Column("name", "peer"), Column("version", "version"), Column("model", "model"),
    Column("solver", "solver"), Column("noise", "noise"), Column("bold", "BOLD"),
    Column("float", "float"),
)  # fmt: skip


def cases(quick: bool) -> list[dict[str, Any]]:
    """Return the cases: every row with every peer. Quick: netmod beside itself."""
    if quick:
        case = {"kind": "shared", "n": 10, "lanes": 2, "peer": OURSELVES, "call_s": 0.01}
        return [{"words": "2 simulations", **case}]
    return [
        {"words": row.words, "kind": row.kind, "n": row.n, "lanes": row.lanes, "peer": peer}
        for row in ROWS
        for peer in PEERS
    ]


def measure(case: dict[str, Any], repeats: int) -> dict[str, Any]:
    """Measure one case: netmod and the peer in turn, or the memory of both."""
    try:
        return (_memory if case["kind"] == "memory" else _rates)(case, repeats)
    except (WorkerError, BuildError) as reason:
        # what a peer cannot do, or why it could not be had, is a row as well
        return {"not_run": str(reason)}


def finish(rows: Sequence[Mapping[str, Any]], figures: Path | None) -> dict[str, Any]:
    """Print the best peer of each row beside the goal, and in what the peers differ."""
    del figures
    summary = [found for row in ROWS if (found := _best(row, rows))]
    if summary:
        print(f"\n{table(SUMMARY, summary)}")
    versions: dict[str, dict[str, str]] = {}
    for row in rows:
        versions[row["peer"]] = versions.get(row["peer"]) or row.get("versions", {})
    differences = [
        {**peer._asdict(), "version": versions[name].get(name)}
        for name, peer in PEERS.items()
        if name in versions
    ]
    if differences:
        print(f"\n{table(DIFFERENCES, differences)}")
    return {"summary": summary, "differences": differences}


def _work(case: Mapping[str, Any]) -> dict[str, Any]:
    memory = case["kind"] == "memory"
    return {
        "kind": case["kind"],
        "n": case["n"],
        "lanes": case["lanes"],
        "dt_ms": MEMORY_DT_MS if memory else DT_MS,
        "tr_s": MEMORY_TR_S if memory else TR_S,
        "velocity_m_per_s": VELOCITY_M_PER_S if case["kind"] == "delays" else None,
        "feedforward": FEEDFORWARD,
        "inhibition": J_NA,
        "cores": driver.cores(),
    }


def _start(name: str) -> Worker:
    if name == OURSELVES:
        return driver.our_worker()
    peer = peer_of(name)
    return Worker(peer.adapter, interpreter(peer), peer.environment(driver.cores()))


def _rates(case: Mapping[str, Any], repeats: int) -> dict[str, Any]:
    work = _work(case)
    request = {"do": "prepare", "work": work, "call_s": case.get("call_s", CALL_S)}
    with (
        driver.network_file(work) as network,
        _start(case["peer"]) as theirs,
        driver.our_worker() as ours,
    ):
        workers = {"our": ours, "peer": theirs}
        # the peer first: what it cannot do ends the case at once
        ready = {key: workers[key].ask(network=network, **request) for key in reversed([*workers])}
        seconds = driver.in_turn(workers, repeats)
        memory = {key: worker.peak_memory_mb() for key, worker in workers.items()}
    if not ready["our"]["finite"]:
        raise RuntimeError("the benchmark's network diverged: its rate means nothing")
    rates = {key: [_steps(work, ready[key]) / s / 1e6 for s in seconds[key]] for key in workers}
    ratios = [a / b for a, b in zip(rates["our"], rates["peer"], strict=True)]
    ratio = {"median": statistics.median(ratios), "min": min(ratios), "max": max(ratios)}
    row: dict[str, Any] = {
        "ratio": ratio,
        "ratio_shown": "{median:.1f} ({min:.1f}–{max:.1f})".format(**ratio),
        "float": PEERS[case["peer"]].float if case["peer"] in PEERS else "float32",
        "repeats": repeats,
        "versions": ready["peer"]["versions"],
        "cores": work["cores"],
        "how": _how(ready["peer"]),
    }
    for key in workers:
        row |= {
            f"{key}_m_per_s": statistics.median(rates[key]),
            f"{key}_seconds": seconds[key],
            f"{key}_first_s": ready[key]["first_s"],
            f"{key}_duration_s": ready[key]["duration_s"],
            f"{key}_lanes": ready[key]["lanes"],
            f"{key}_memory_mb": memory[key],
        }
    return row


def _steps(work: Mapping[str, Any], ready: Mapping[str, Any]) -> float:
    """Return the region-steps of one call: only the lanes that were asked for count."""
    return work["n"] * ready["lanes"] * round(ready["duration_s"] * 1e3 / work["dt_ms"])


def _how(ready: Mapping[str, Any]) -> str:
    said = ready["how"].format(lanes=ready["lanes"])
    return said if ready["finite"] else f"{said}; left the finite numbers"


def _memory(case: Mapping[str, Any], repeats: int) -> dict[str, Any]:
    """Measure the peak memory of a whole scan, or foretell it from two short ones."""
    del repeats
    work = _work(case)
    row: dict[str, Any] = {"float": PEERS[case["peer"]].float, "dt_ms": work["dt_ms"]}
    with driver.network_file(work) as network:
        for key, name in (("peer", case["peer"]), ("our", OURSELVES)):
            row |= {f"{key}_{k}": v for k, v in _scan_memory(name, work, network).items()}
    row["how"] = f"{row['peer_how']}; dt 1 ms; peer {row['peer_by']}, netmod {row['our_by']}"
    row["versions"] = row["peer_versions"]
    return row


def _scan_memory(name: str, work: dict[str, Any], network: str) -> dict[str, Any]:
    seconds, peaks = [], []

    def run(duration_s: float) -> dict[str, Any]:
        # a process of its own: a peak never falls
        with _start(name) as worker:
            ready = worker.ask(do="prepare", work=work, network=network, duration_s=duration_s)
            peaks.append(worker.peak_memory_mb())
            if duration_s == TRIALS_S[-1]:
                seconds.append(worker.seconds())
        return ready

    for duration_s in TRIALS_S:
        ready = run(duration_s)
    slope = max(0.0, (peaks[1] - peaks[0]) / (TRIALS_S[1] - TRIALS_S[0]))
    foretold_mb = peaks[1] + slope * (SCAN_S - TRIALS_S[1])
    foretold_s = seconds[0] * SCAN_S / TRIALS_S[1]
    by = f"foretold from {TRIALS_S[0]:g} and {TRIALS_S[1]:g} s"
    if foretold_s <= LONGEST_S and foretold_mb <= 0.7 * _machine_mb():
        ready = run(SCAN_S)
        foretold_mb, by = peaks[-1], "measured"
    return {
        "memory_mb": foretold_mb, "by": by, "how": _how(ready), "trials_mb": peaks,
        "versions": ready["versions"],
    }  # fmt: skip


def _machine_mb() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e6


def _best(row: Row, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Return the line of a row in the summary; None where no peer ran it."""
    memory = row.kind == "memory"
    key = "peer_memory_mb" if memory else "ratio"
    ran = [r for r in rows if r["words"] == row.words and key in r]
    if not ran:
        return None
    if memory:
        best = min(ran, key=lambda r: r["peer_memory_mb"])
        ours = max(r["our_memory_mb"] for r in ran)
        return {
            "words": row.words, "best": best["peer"],
            "best_shown": f"{best['peer_memory_mb']:.0f} MB", "our_shown": f"{ours:.0f} MB",
            "goal": f"< {row.goal:.0f} MB", "reached": _word(ours < row.goal),
        }  # fmt: skip
    best = min(ran, key=lambda r: r["ratio"]["median"])
    ratio = best["ratio"]["median"]
    return {
        "words": row.words, "best": best["peer"],
        "best_shown": f"{best['peer_m_per_s']:.1f} M/s",
        "our_shown": f"{best['our_m_per_s']:.1f} M/s", "ratio": ratio,
        "goal": None if row.goal is None else f"≥ {row.goal:g}",
        "reached": None if row.goal is None else _word(ratio >= row.goal),
    }  # fmt: skip


def _word(reached: bool) -> str:
    return "yes" if reached else "no"
