"""Run the cases of a suite, each in a process of its own, and keep what they measured."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from argparse import Namespace
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from benchmarks.measure import environment, load_average, peak_memory_mb, table

SUITES = (
    "simulate", "delays", "linear", "fit", "graph", "slow_layer", "scaling", "accuracy",
    "end_to_end",
)  # fmt: skip
"""Every suite is a module with ``COLUMNS``, ``cases``, ``measure``, and perhaps ``finish``."""

APART = ("peers",)
"""Suites that ``all`` leaves out: they install other packages."""

BUSY = 0.5
"""Load average above which a warning is printed."""


class SuiteError(RuntimeError):
    """A case's process failed; it has said why itself."""

    def __init__(self, code: int) -> None:
        super().__init__(f"a case failed with exit code {code}")
        self.code = code


def suite_of(name: str) -> ModuleType:
    """Return the module of a suite."""
    return import_module(f"benchmarks.{name}")


def run_suite(name: str, options: Namespace) -> Path:
    """Run one suite: a table on stdout, JSON in ``options.out``.

    Parameters
    ----------
    name : str
        One of :data:`SUITES` or :data:`APART`.
    options : Namespace
        ``device``, ``jobs``, ``repeats``, ``quick``, ``only``, ``out``, ``figures``.

    Returns
    -------
    Path
        The JSON file.
    """
    suite = suite_of(name)
    busy = load_average()
    if busy is not None and busy > BUSY and not options.quick:
        print(
            f"benchmarks: load average {busy:.1f}: other work disturbs these numbers",
            file=sys.stderr,
        )
    listed = [
        {**case, "device": options.device, "jobs": options.jobs}
        for case in suite.cases(options.quick)
    ]
    listed = [case for case in listed if all(word in label(case) for word in options.only)]
    out = options.out / f"{name}_{options.device}.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    about = {
        "suite": name, "about": (suite.__doc__ or "").splitlines()[0], "device": options.device,
        "quick": options.quick, "repeats": options.repeats,
        "memory_scope": "all cases" if options.quick else "one case",
        "environment": None, "load_average_before": busy, "cases": len(listed), "rows": [],
    }  # fmt: skip
    rows = about["rows"]
    for k, case in enumerate(listed, 1):
        print(f"{name} {k}/{len(listed)}: {label(case)}", file=sys.stderr, flush=True)
        answer = run_case(name, case, options) if options.quick else _apart(name, case, options)
        about["environment"] = about["environment"] or answer["environment"]
        rows.append(answer["row"])
        # a suite takes up to an hour: what was measured stays if it is stopped
        _write(about, out)
    print(f"\n## {name}, {options.device}\n\n{table(suite.COLUMNS, rows)}")
    if rows and hasattr(suite, "finish"):
        whole = not options.quick and not options.only
        about |= suite.finish(rows, options.figures if whole else None)
    _write(about, out)
    print(f"\nwrote {out}")
    return out


def run_case(name: str, case: dict[str, Any], options: Namespace) -> dict[str, Any]:
    """Measure one case in this process; return its row and the environment."""
    from benchmarks.measure import device_memory_mb
    from netmod.dynamics.devices import prepare_devices

    suite = suite_of(name)
    # on Linux the peak of a new process starts at its parent's: JAX would be counted with it
    light = getattr(suite, "STARTS_PROCESSES", False)
    devices = (options.device,) if light else prepare_devices(options.device, options.jobs)
    row = {**case, **suite.measure(case, options.repeats)}
    row["peak_memory_mb"] = peak_memory_mb()
    row["device_memory_mb"] = None if light else device_memory_mb()
    return {"row": row, "environment": environment(devices)}


def _write(about: dict[str, Any], out: Path) -> None:
    whole = out.with_suffix(".part")
    whole.write_text(json.dumps(about, indent=1) + "\n")
    whole.replace(out)


def label(case: dict[str, Any]) -> str:
    """Return the words of a case: ``n=84 lanes=32 …``."""
    return " ".join(f"{key}={value}" for key, value in case.items() if value is not None)


def _apart(name: str, case: dict[str, Any], options: Namespace) -> dict[str, Any]:
    """Measure one case in a new process, so that its peak memory is its own."""
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer.json"
        words = [
            sys.executable, "-m", "benchmarks", name, "--case", json.dumps(case),
            "--device", options.device, "--repeats", str(options.repeats), "--out", str(answer),
        ]  # fmt: skip
        if options.jobs:
            words += ["--jobs", str(options.jobs)]
        done = subprocess.run(words, check=False, env=os.environ)
        if done.returncode:
            raise SuiteError(done.returncode)
        return json.loads(answer.read_text())
