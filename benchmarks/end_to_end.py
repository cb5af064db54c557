"""Whole commands, each in a process of its own: from the words to the finished folder."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.measure import Column, Timing, interleaved, peak_memory_mb

ROOT = Path(__file__).parents[1]
COMMANDS = {
    "help": ["--help"],
    "validate quickstart": ["validate", "configs/quickstart.yaml"],
    "run quickstart": ["run", "configs/quickstart.yaml"],
    "run treatments": ["run", "configs/treatments.yaml"],
}

STARTS_PROCESSES = True
"""The measuring process itself stays free of JAX."""

COLUMNS = (
    Column("command", "command"), Column("median_s", "s", ".2f"), Column("min_s", "min", ".2f"),
    Column("max_s", "max", ".2f"), Column("first_s", "first s", ".2f"),
    Column("child_memory_mb", "peak MB of a process", ".0f"),
)  # fmt: skip


def cases(quick: bool) -> list[dict[str, Any]]:
    """Return the cases."""
    return [{"command": name} for name in (("help",) if quick else COMMANDS)]


def measure(case: dict[str, Any], repeats: int) -> dict[str, Any]:
    """Measure one command.

    The first call compiles into an empty cache, the later ones find it filled, as a user's do.
    """
    words = COMMANDS[case["command"]]
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    options = []
    if words[0] == "run":
        options = ["--device", case["device"]]
        options += ["--jobs", str(case["jobs"])] if case["jobs"] else []

    def call(cache: str) -> None:
        with tempfile.TemporaryDirectory() as folder:
            out = ["-o", str(Path(folder) / "out")] if words[0] == "run" else []
            environment = {
                **os.environ, "PYTHONPATH": path,
                "JAX_ENABLE_COMPILATION_CACHE": "true", "JAX_COMPILATION_CACHE_DIR": cache,
            }  # fmt: skip
            subprocess.run(
                [sys.executable, "-m", "netmod", *words, *options, *out],
                cwd=ROOT, env=environment, check=True,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip

    with tempfile.TemporaryDirectory() as cache:
        timing: Timing = interleaved({"command": lambda: call(cache)}, repeats)["command"]
    return {
        **timing.row(),
        "first_s": timing.first_s,
        "child_memory_mb": peak_memory_mb(resource.RUSAGE_CHILDREN),
        "memory_before_mb": peak_memory_mb(),
        "float": "as configured",
    }
