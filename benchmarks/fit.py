"""A gradient step of the effective connectivity: FIC, fixed point and spectrum, and back."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from benchmarks.measure import Column, Timing, peak_memory_mb
from benchmarks.networks import connectome, reduced_wong_wang
from netmod.atlas import load_atlas
from netmod.dynamics.parameters import make_parameters
from netmod.dynamics.wiring import FEEDFORWARD, TOP_DOWN, Wiring, top_down_weights
from netmod.fit.effective_connectivity import fit_effective_connectivity

COLUMNS = (
    Column("network", "network"), Column("n", "N", "d"), Column("step_ms", "ms a step", ".1f"),
    Column("min_ms", "min", ".1f"), Column("max_ms", "max", ".1f"),
    Column("steps_per_s", "steps/s", ".2f"), Column("compile_s", "compile s", ".1f"),
    Column("peak_memory_mb", "peak MB", ".0f"),
)  # fmt: skip


def cases(quick: bool) -> list[dict[str, Any]]:
    """Return the cases."""
    if quick:
        return [{"network": "synthetic", "n": 8}]
    return [
        {"network": "dk84", "n": 84},
        {"network": "synthetic", "n": 100},
        {"network": "synthetic", "n": 379},
    ]


def measure(case: dict[str, Any], repeats: int) -> dict[str, Any]:
    """Measure one case: every Adam step but the first, which compiles, is one repeat."""
    model, n = reduced_wong_wang(), case["n"]
    if case["network"] == "dk84":
        atlas = load_atlas("dk84")
        structure, fc = np.asarray(atlas.weights), np.asarray(atlas.fc)
        top_down = np.asarray(top_down_weights(atlas, TOP_DOWN))
        homotopic = list(atlas.homologues())
    else:
        structure, _ = connectome(n)
        fc, top_down, homotopic = _synthetic_fc(structure), np.zeros((n, n)), []
    values = make_parameters(model, np.zeros((2, n, n))).values
    before = peak_memory_mb()
    ticks = [time.perf_counter()]
    fit_effective_connectivity(
        model, values, structure, fc, Wiring(FEEDFORWARD, top_down), homotopic,
        steps=repeats + 1, progress=lambda *_: ticks.append(time.perf_counter()),
    )  # fmt: skip
    first, *later = np.diff(ticks).tolist()
    timing = Timing(first, tuple(later))
    return {
        **timing.row(),
        "step_ms": timing.median_s * 1e3,
        "min_ms": min(later) * 1e3,
        "max_ms": max(later) * 1e3,
        "steps_per_s": 1.0 / timing.median_s,
        "memory_before_mb": before,
        "float": "float64",
    }


def _synthetic_fc(structure: np.ndarray) -> np.ndarray:
    """Return a correlation matrix that follows the structure: a target to take gradients at."""
    scaled = structure / np.abs(np.linalg.eigvalsh(structure)).max()
    spread = np.linalg.inv(np.eye(len(scaled)) - 0.8 * scaled)
    cov = spread @ spread.T
    sd = np.sqrt(np.diag(cov))
    fc = cov / np.outer(sd, sd)
    return (fc + fc.T) / 2
