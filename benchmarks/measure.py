"""What every suite measures alike: interleaved timings, peak memory, the machine, a table."""

from __future__ import annotations

import os
import platform
import resource
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

PACKAGES = ("netmod", "jax", "jaxlib", "numpy", "scipy", "networkx", "optax")


class Column(NamedTuple):
    """One column of a suite's table: key of the row, heading, format."""

    key: str
    heading: str
    format: str = ""


class Timing(NamedTuple):
    """Wall times of one piece of work.

    Attributes
    ----------
    first_s : float
        The first call, which traces and compiles.
    seconds : tuple of float
        Later calls.
    """

    first_s: float
    seconds: tuple[float, ...]

    @property
    def median_s(self) -> float:
        """Median of the later calls."""
        return statistics.median(self.seconds)

    def row(self) -> dict[str, Any]:
        """Return the entries that every timed row has."""
        return {
            "median_s": self.median_s,
            "min_s": min(self.seconds),
            "max_s": max(self.seconds),
            "seconds": list(self.seconds),
            "repeats": len(self.seconds),
            "compile_s": max(0.0, self.first_s - self.median_s),
        }


def interleaved(work: Mapping[str, Callable[[], Any]], repeats: int) -> dict[str, Timing]:
    """Time several pieces of work in turn (A B A B), so that drifts of the machine hit all alike.

    Parameters
    ----------
    work : mapping of str to callable
        Each returns only when its result is on the host.
    repeats : int
        Timed calls of each, after a first one that compiles.
    """
    first = {name: _timed(call) for name, call in work.items()}
    later: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(repeats):
        for name, call in work.items():
            later[name].append(_timed(call))
    return {name: Timing(first[name], tuple(later[name])) for name in work}


def ratio(above: Timing, below: Timing) -> dict[str, float]:
    """Return median and extremes of the ratio of wall times, call by call."""
    each = [a / b for a, b in zip(above.seconds, below.seconds, strict=True)]
    return {"median": statistics.median(each), "min": min(each), "max": max(each)}


def _timed(call: Callable[[], Any]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def peak_memory_mb(who: int = resource.RUSAGE_SELF) -> float:
    """Return the largest resident set so far, MB (10^6 bytes), of this process or its children."""
    peak = resource.getrusage(who).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


def device_memory_mb() -> float | None:
    """Return the peak memory of JAX's first device in MB; None where JAX does not know it."""
    import jax

    found = jax.devices()[0].memory_stats()
    return found["peak_bytes_in_use"] / 1e6 if found and "peak_bytes_in_use" in found else None


def environment(devices: Sequence[str]) -> dict[str, Any]:
    """Return what the numbers hang on: versions, machine, devices, how busy it was."""
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:  # a source tree that was not installed
            versions[name] = None
    return {
        "versions": {"python": platform.python_version(), **versions},
        "devices": list(devices),
        "machine": _processor(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "xla_flags": os.environ.get("XLA_FLAGS", ""),
        "load_average": load_average(),
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    }


def load_average() -> float | None:
    """Return the mean number of running processes over the last minute, where known."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def table(columns: Sequence[Column], rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows as a Markdown table; a case that was not run says why in its last column."""
    lines = ["| " + " | ".join(c.heading for c in columns) + " |"]
    lines.append("|" + "|".join("---:" if c.format else "---" for c in columns) + "|")
    for row in rows:
        cells = [_cell(row.get(c.key), c.format) for c in columns]
        if "not_run" in row:
            cells[-1] = f"not run: {row['not_run']}"
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(value: Any, form: str) -> str:
    if value is None:
        return "–"
    return format(value, form) if form else str(value)
