"""Rate of the sde engine: lanes with a connectome each, dk84, BOLD every 10 ms."""

from __future__ import annotations

import json
import platform
import statistics
import time
from pathlib import Path

import numpy as np

from netmod.atlas import load_atlas, load_effective_connectivity
from netmod.dynamics.noise import scan_key
from netmod.dynamics.parameters import make_parameters, stack
from netmod.dynamics.simulate import Scan, simulate
from netmod.models import MODELS

LANES = (1, 8, 32)
CASES = {
    "heun 1 ms": Scan(duration_s=20.0, warmup_s=0.0),
    "heun 1 ms, coupling every stage": Scan(duration_s=20.0, warmup_s=0.0, hold_coupling=False),
    "euler 1 ms": Scan(duration_s=20.0, warmup_s=0.0, solver="euler"),
    "euler 0.1 ms": Scan(duration_s=2.0, warmup_s=0.0, solver="euler", dt_ms=0.1),
}


def run(device: str, repeats: int, out: Path) -> None:
    """Measure every case and number of lanes; print a table and write JSON."""
    import jax

    atlas = load_atlas("dk84")
    model = MODELS["reduced_wong_wang"]
    fitted = load_effective_connectivity(atlas, model.name).weights
    network = make_parameters(model, np.stack([fitted, 0.2 * fitted]), {"J": 1.6})
    n = atlas.n_regions
    rows = []
    print(f"{'case':<34}{'lanes':>6}{'M/s':>8}{'min':>8}{'max':>8}{'compile s':>11}")
    for case, scan in CASES.items():
        for lanes in LANES:
            stacked = stack([network] * lanes)
            start = tuple(np.full((lanes, n), value) for value in model.start)
            keys = np.stack([scan_key(1, str(k), "benchmark") for k in range(lanes)])
            seconds = []
            for _ in range(repeats + 1):
                began = time.perf_counter()
                simulate(model, stacked, start, keys, scan)
                seconds.append(time.perf_counter() - began)
            steps = scan.duration_s * 1e3 / scan.dt_ms * n * lanes
            rates = [steps / s / 1e6 for s in seconds[1:]]
            row = {
                "case": case, "lanes": lanes, "median": statistics.median(rates),
                "min": min(rates), "max": max(rates),
                "first_call_extra_s": seconds[0] - statistics.median(seconds[1:]),
            }  # fmt: skip
            rows.append(row)
            print(
                f"{case:<34}{lanes:>6}{row['median']:>8.1f}{row['min']:>8.1f}{row['max']:>8.1f}"
                f"{row['first_call_extra_s']:>11.1f}",
                flush=True,
            )
    out.parent.mkdir(parents=True, exist_ok=True)
    about = {
        "unit": "million region-steps per second, noise and BOLD on",
        "device": [str(d) for d in jax.devices()],
        "machine": platform.processor() or platform.machine(),
        "python": platform.python_version(), "jax": jax.__version__, "numpy": np.__version__,
        "float": "float32", "repeats": repeats, "rows": rows,
    }  # fmt: skip
    out.write_text(json.dumps(about, indent=1) + "\n")
    print(f"wrote {out}")
