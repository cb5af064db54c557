"""Cost and memory against regions, lanes, length, delays: fitted exponents and a figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks import rates
from benchmarks.measure import Column

FIGURE = "scaling.png"


class Sweep(NamedTuple):
    """One thing varied, everything else held.

    Attributes
    ----------
    label, x_label : str
        For the figure.
    x : str
        Key of what varies.
    values : tuple
        Its values.
    base : mapping
        What is held: ``n``, ``lanes``, ``shared``, ``duration_s``, ``dt_ms``, ``velocity_m_per_s``.
    """

    label: str
    x_label: str
    x: str
    values: tuple[float, ...]
    base: Mapping[str, Any]


_BASE = {"n": 100, "lanes": 32, "shared": True, "duration_s": 4.0, "dt_ms": 1.0}
_DELAYED = {"n": 100, "lanes": 8, "duration_s": 0.5, "dt_ms": 0.1, "velocity_m_per_s": 6.0}
SWEEPS: dict[str, Sweep] = {
    "regions": Sweep(
        "32 lanes, one connectome", "regions", "n", (25, 50, 100, 200, 400, 800), _BASE
    ),
    "regions_personal": Sweep(
        "8 lanes, a connectome each", "regions", "n", (25, 50, 100, 200, 400),
        {**_BASE, "lanes": 8, "shared": False},
    ),
    "regions_delayed": Sweep(
        "8 lanes, delays, 0.1 ms", "regions", "n", (25, 50, 100, 200), {**_BASE, **_DELAYED}
    ),
    "lanes": Sweep(
        "100 regions, one connectome", "lanes", "lanes", (1, 2, 4, 8, 16, 32, 64, 128, 256, 512),
        _BASE,
    ),
    "lanes_personal": Sweep(
        "100 regions, a connectome each", "lanes", "lanes", (1, 2, 4, 8, 16, 32, 64, 128, 256, 512),
        {**_BASE, "shared": False},
    ),
    "length": Sweep(
        "100 regions, 32 lanes", "simulated s", "duration_s", (1.0, 4.0, 16.0, 64.0, 256.0), _BASE
    ),
    "delay": Sweep(
        "100 regions, 8 lanes, 0.1 ms", "longest delay, ms", "velocity_m_per_s",
        (24.0, 12.0, 6.0, 3.0, 1.5), {**_BASE, **_DELAYED},
    ),
}  # fmt: skip

COLUMNS = (
    Column("sweep", "sweep"), Column("x_name", "against"), Column("x", "x", "g"),
    Column("median_s", "s", ".3f"), Column("min_s", "min", ".3f"), Column("max_s", "max", ".3f"),
    *rates.COLUMNS[:1], *rates.COLUMNS[-2:],
)  # fmt: skip


def cases(quick: bool) -> list[dict[str, Any]]:
    """Return the cases: every value of every sweep."""
    if quick:
        base = {**_BASE, "n": 8, "lanes": 2}
        return [{"sweep": "length", **base, "duration_s": value} for value in (0.5, 1.0)]
    return [
        {"sweep": name, **sweep.base, sweep.x: value}
        for name, sweep in SWEEPS.items()
        for value in sweep.values
    ]


def measure(case: dict[str, Any], repeats: int) -> dict[str, Any]:
    """Measure one case; the ceiling is the suite ``simulate``'s matter."""
    velocity = case.get("velocity_m_per_s")
    scan = rates.scan_of(case["duration_s"], dt_ms=case["dt_ms"])
    row = rates.rate_of(
        case["n"], case["lanes"], scan, repeats, shared=case["shared"], velocity_m_per_s=velocity,
        ceiling=False,
    )  # fmt: skip
    sweep = SWEEPS[case["sweep"]]
    x = case[sweep.x]
    if sweep.x == "velocity_m_per_s":
        from benchmarks.networks import connectome

        x = float(connectome(case["n"])[1].max() / x)
    return {**row, "x_name": sweep.x_label, "x": x}


def finish(rows: Sequence[Mapping[str, Any]], figures: Path | None) -> dict[str, Any]:
    """Fit cost and memory of every sweep, print the fits, and draw the figure."""
    fits = {}
    for name in dict.fromkeys(row["sweep"] for row in rows):
        mine = [row for row in rows if row["sweep"] == name]
        x = np.array([row["x"] for row in mine], float)
        seconds = np.array([row["median_s"] for row in mine])
        memory = np.array([row["peak_memory_mb"] for row in mine])
        fits[name] = {
            **power_law(x, seconds),
            "last_exponent": _local(x, seconds),
            "memory_mb_per_unit": float(np.polyfit(x, memory, 1)[0]) if len(x) > 1 else None,
        }
    print("\n| sweep | exponent | SE | exponent, last two points | MB per unit |")
    print("|---|---:|---:|---:|---:|")
    for name, fit in fits.items():
        cells = [fit["exponent"], fit["se"], fit["last_exponent"], fit["memory_mb_per_unit"]]
        shown = ["–" if c is None else f"{c:.3g}" for c in cells]
        print(f"| {name} | " + " | ".join(shown) + " |")
    if figures is not None:
        _draw(rows, fits, figures / FIGURE)
    return {"fits": fits}


def power_law(x: np.ndarray, y: np.ndarray) -> dict[str, float | None]:
    """Fit ``y = c x^k`` by least squares of the logarithms.

    Returns
    -------
    dict
        ``exponent`` k, its standard error ``se`` (None with fewer than three points), and
        ``factor`` c.
    """
    if len(x) < 2:
        return {"exponent": None, "se": None, "factor": None}
    u, v = np.log(x), np.log(y)
    slope, offset = np.polyfit(u, v, 1)
    se = None
    if len(x) > 2:
        left = v - slope * u - offset
        se = float(np.sqrt((left**2).sum() / (len(x) - 2) / ((u - u.mean()) ** 2).sum()))
    return {"exponent": float(slope), "se": se, "factor": float(np.exp(offset))}


def _local(x: np.ndarray, y: np.ndarray) -> float | None:
    """Return the exponent between the two largest x: overheads hide it at the small ones."""
    if len(x) < 2:
        return None
    a, b = np.argsort(x)[-2:]
    return float(np.log(y[b] / y[a]) / np.log(x[b] / x[a]))


def _draw(rows: Sequence[Mapping[str, Any]], fits: Mapping[str, Any], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    from matplotlib.ticker import FixedLocator, NullLocator

    from netmod.figures.style import RC

    labels = list(dict.fromkeys(SWEEPS[name].x_label for name in fits))
    colours = ("#0072B2", "#D55E00", "#009E73")
    with plt.rc_context({**RC, "text.parse_math": True}):  # for powers of ten
        figure, axes = plt.subplots(
            2, len(labels), figsize=(2.4 * len(labels) + 0.4, 4.8), layout="constrained",
            squeeze=False, sharex="col",
        )  # fmt: skip
        for column, label in enumerate(labels):
            names = [name for name in fits if SWEEPS[name].x_label == label]
            for name, colour in zip(names, colours, strict=False):
                mine = sorted((row for row in rows if row["sweep"] == name), key=lambda r: r["x"])
                x = [row["x"] for row in mine]
                middle = np.array([row["median_s"] for row in mine])
                spread = [
                    middle - [row["min_s"] for row in mine],
                    np.array([row["max_s"] for row in mine]) - middle,
                ]
                text = SWEEPS[name].label
                if fits[name]["exponent"] is not None:
                    text += f"\nk = {fits[name]['exponent']:.2f}, at the end "
                    text += f"{fits[name]['last_exponent']:.2f}"
                axes[0, column].errorbar(
                    x, middle, spread, fmt="o-", ms=3, color=colour, label=text
                )
                peak = [row["peak_memory_mb"] for row in mine]
                axes[1, column].plot(x, peak, "o-", ms=3, color=colour)
            axes[0, column].set(xscale="log", yscale="log")
            low, high = axes[0, column].get_ylim()
            # room for the legend above the curves
            axes[0, column].set_ylim(low, high * (high / low) ** 0.8)
            axes[0, column].legend(fontsize=6, loc="upper left")
            seen = sorted({row["x"] for row in rows if row["sweep"] in names})
            ticks = seen if len(seen) < 8 else seen[::3]
            axes[0, column].xaxis.set_major_locator(FixedLocator(ticks))
            axes[0, column].xaxis.set_major_formatter(lambda value, _: f"{value:.3g}")
            axes[0, column].xaxis.set_minor_locator(NullLocator())
            axes[1, column].set(xlabel=label, ylim=(0, 1.1 * axes[1, column].dataLim.y1))
        axes[0, 0].set_ylabel("wall time, s")
        axes[1, 0].set_ylabel("peak memory, MB")
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=200, metadata={"Software": None})
        plt.close(figure)
