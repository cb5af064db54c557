"""Forest plot: difference of every arm from untreated depression, metric by metric."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from netmod.figures.delta_fc import shown_arms, shown_times
from netmod.figures.labels import MAIN_METRICS, arm_label, metric_label, tick_time, title_lines
from netmod.figures.style import FAINT, INK, TEXT_PT, Page, arm_colours

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from netmod.atlas import Atlas
    from netmod.study.results import Results

_ROW_IN = 0.125
_SMALLEST_IN = 0.9
_COLUMNS = 4
_ALPHA = 0.05


def reference_of(results: Results) -> str:
    """Return the reference of the comparisons shown: the untreated arm, else the baseline."""
    return results.untreated if results.untreated is not None else "baseline"


def draw(results: Results, atlas: Atlas) -> Figure:
    """Draw differences with 95 % intervals; filled marks have a corrected p below 0.05.

    Parameters
    ----------
    results : Results
        A finished study.
    atlas : Atlas
        Its atlas (not used here; every figure has the same signature).

    Returns
    -------
    Figure
        One panel per metric; rows are times inside arms, from the top in the order of the arms.
    """
    arms, times = shown_arms(results), shown_times(results)
    table = results.comparisons
    table = table[table["reference"] == reference_of(results)]
    metrics = [metric for metric in MAIN_METRICS if metric in results.signatures.columns]
    metrics = metrics or list(MAIN_METRICS[:1])
    columns = min(_COLUMNS, len(metrics))
    rows = math.ceil(len(metrics) / columns)
    height = max(_SMALLEST_IN, len(arms) * (len(times) + 0.5) * _ROW_IN)
    gap, left, right = 0.18, 1.42, 0.1
    width = (7.2 - left - right - (columns - 1) * gap) / columns
    page = Page(columns, rows, width, height, left, right, 0.28, 0.62, gap, 0.62)
    figure = page.figure()
    colours = arm_colours(results.arms)
    for place, metric in enumerate(metrics):
        row, column = divmod(place, columns)
        axes = figure.add_axes(page.box(row, column))
        chosen = table[table["metric"] == metric].set_index(["arm", "time_h"])
        drawn = _panel(axes, chosen, arms, times, colours)
        if not drawn:
            axes.text(
                0.5, 0.5, "no value\nin this study", transform=axes.transAxes, ha="center",
                va="center", fontsize=TEXT_PT,
            )  # fmt: skip
            axes.set_xticks([])
        label = metric_label(metric)
        axes.set_title(title_lines(label.title, int(page.panel_w * 16), lines=1))
        axes.set_xlabel(f"Difference ({label.unit})" if label.unit else "Difference")
        if column == 0:
            _name_rows(axes, arms, times, page)
        else:
            axes.set_yticks([])
    _legend(figure, page)
    return figure


def _row(arm: int, time: int, n_times: int) -> float:
    return arm * (n_times + 0.5) + time


def _panel(
    axes: Axes,
    table: pd.DataFrame,
    arms: tuple[str, ...],
    times: tuple[float, ...],
    colours: dict[str, str],
) -> bool:
    drawn = False
    for place, arm in enumerate(arms):
        if place % 2 == 0:
            start = _row(place, 0, len(times)) - 0.75
            axes.axhspan(start, start + len(times) + 0.5, color="#f4f4f4", linewidth=0, zorder=0)
        for step, time in enumerate(times):
            if (arm, time) not in table.index:
                continue
            found = table.loc[[(arm, time)]].iloc[0]
            if not np.isfinite(found["difference"]):
                continue
            height = _row(place, step, len(times))
            colour = colours[arm]
            axes.plot([found["ci_low"], found["ci_high"]], [height] * 2, color=colour, linewidth=1)
            sure = "p_corrected" in table.columns and found["p_corrected"] < _ALPHA
            axes.plot(
                found["difference"],
                height,
                marker="o",
                markersize=3.4,
                markeredgewidth=0.8,
                markeredgecolor=colour,
                markerfacecolor=colour if sure else "white",
                zorder=3,
            )
            drawn = True
    axes.axvline(0, color=INK, linewidth=0.6, zorder=1)
    axes.set_ylim(_row(len(arms), 0, len(times)) - 0.75, -0.75)
    axes.locator_params(axis="x", nbins=3)
    axes.margins(x=0.08)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=FAINT, linewidth=0.5)
    axes.set_axisbelow(True)
    return drawn


def _name_rows(axes: Axes, arms: tuple[str, ...], times: tuple[float, ...], page: Page) -> None:
    ticks = [_row(a, t, len(times)) for a in range(len(arms)) for t in range(len(times))]
    axes.set_yticks(ticks, [tick_time(time) for _ in arms for time in times])
    for place, arm in enumerate(arms):
        axes.text(
            -0.4 / page.panel_w,
            _row(place, 0, len(times)) + (len(times) - 1) / 2,
            title_lines(arm_label(arm), 15, lines=2 if len(times) > 1 else 1),
            transform=axes.get_yaxis_transform(),
            ha="right",
            va="center",
            fontsize=TEXT_PT,
        )


def _legend(figure: Figure, page: Page) -> None:
    from matplotlib.lines import Line2D

    look = {"color": INK, "marker": "o", "markersize": 3.4, "linewidth": 1}
    handles = [
        Line2D([], [], markerfacecolor=INK, **look),
        Line2D([], [], markerfacecolor="white", **look),
    ]
    figure.legend(
        handles,
        ["difference and 95 % interval, corrected p < 0.05", "corrected p ≥ 0.05"],
        loc="center",
        bbox_to_anchor=(0.5, 0.12 / page.height),
        ncols=2,
        columnspacing=1.5,
        borderpad=0,
    )


