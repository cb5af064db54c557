"""Forest plot: difference of every arm from its untreated arm, metric by metric."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from netmod.figures.delta_fc import shown_times
from netmod.figures.labels import (
    MAIN_METRICS,
    arm_label,
    metric_label,
    reference_arm,
    tick_time,
    title_lines,
)
from netmod.figures.style import FAINT, INK, TEXT_PT, WIDTH_IN, Page, arm_colours

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
_SHADE = "#f4f4f4"


@dataclass(frozen=True)
class ForestGroup:
    """The rows of one arm.

    Parameters
    ----------
    arm : str
        Name of the arm.
    times_h : tuple of float
        One row each.
    rows : DataFrame
        Comparisons of the arm, positive when the arm is above its reference.
    top : float
        Place of the first row.
    """

    arm: str
    times_h: tuple[float, ...]
    rows: pd.DataFrame
    top: float

    @property
    def bottom(self) -> float:
        """Place of the last row."""
        return self.top + len(self.times_h) - 1


def reference_of(results: Results, arm: str) -> str:
    """Return what an arm is shown against: the untreated arm of its population, else baseline."""
    reference = reference_arm(results, arm)
    if reference is None or (arm == reference == results.healthy and results.untreated is None):
        return "baseline"
    return reference


def forest_groups(results: Results) -> list[ForestGroup]:
    """Return the arms that have comparisons, with their rows.

    The healthy arm has one row, from the contrast of the two groups at baseline; it shows where
    health lies from untreated depression.

    Parameters
    ----------
    results : Results
        A finished study.

    Returns
    -------
    list of ForestGroup
        In the order of the arms.
    """
    table = results.comparisons
    groups: list[ForestGroup] = []
    top = 0.0
    for arm in results.arms:
        times = shown_times(results)
        rows = table[(table["arm"] == arm) & (table["reference"] == reference_of(results, arm))]
        rows = rows[rows["time_h"].isin(times)]
        if arm == results.healthy and results.untreated is not None:
            rows = _reversed(
                table[(table["arm"] == results.untreated) & (table["reference"] == arm)]
            )
            times = tuple(sorted(rows["time_h"].unique()))
        if rows.empty:
            continue
        groups.append(ForestGroup(arm, times, rows, top))
        top += len(times) + 0.5
    return groups


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
    groups = forest_groups(results)
    metrics = [metric for metric in MAIN_METRICS if metric in results.signatures.columns]
    metrics = metrics or list(MAIN_METRICS[:1])
    columns = min(_COLUMNS, len(metrics))
    n_rows = groups[-1].bottom + 1.5 if groups else 0
    gap, left, right = 0.18, 1.42, 0.1
    page = Page(
        columns,
        math.ceil(len(metrics) / columns),
        (WIDTH_IN - left - right - (columns - 1) * gap) / columns,
        max(_SMALLEST_IN, n_rows * _ROW_IN),
        left,
        right,
        top=0.28,
        bottom=0.62,
        gap_x=gap,
        gap_y=0.62,
    )
    figure = page.figure()
    colours = arm_colours(results.arms)
    for place, metric in enumerate(metrics):
        row, column = divmod(place, columns)
        axes = figure.add_axes(page.box(row, column))
        drawn = _panel(axes, groups, metric, colours)
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
            _name_rows(axes, groups, page)
        else:
            axes.set_yticks([])
    _legend(figure, page)
    return figure


def _reversed(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(
        difference=-rows["difference"], ci_low=-rows["ci_high"], ci_high=-rows["ci_low"]
    )


def _panel(axes: Axes, groups: list[ForestGroup], metric: str, colours: dict[str, str]) -> bool:
    drawn = False
    for place, group in enumerate(groups):
        if place % 2 == 0:
            axes.axhspan(group.top - 0.75, group.bottom + 0.75, color=_SHADE, linewidth=0, zorder=0)
        rows = group.rows[group.rows["metric"] == metric].set_index("time_h")
        for step, time in enumerate(group.times_h):
            if time not in rows.index:
                continue
            found = rows.loc[[time]].iloc[0]
            if not np.isfinite(found["difference"]):
                continue
            _mark(axes, found, group.top + step, colours[group.arm])
            drawn = True
    axes.axvline(0, color=INK, linewidth=0.6, zorder=1)
    if groups:
        axes.set_ylim(groups[-1].bottom + 0.75, -0.75)
    axes.locator_params(axis="x", nbins=3)
    axes.margins(x=0.08)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=FAINT, linewidth=0.5)
    axes.set_axisbelow(True)
    return drawn


def _mark(axes: Axes, found: pd.Series, height: float, colour: str) -> None:
    sure = found.get("p_corrected", np.nan) < _ALPHA
    axes.plot([found["ci_low"], found["ci_high"]], [height] * 2, color=colour, linewidth=1)
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


def _name_rows(axes: Axes, groups: list[ForestGroup], page: Page) -> None:
    rows = [
        (group.top + step, tick_time(time))
        for group in groups
        for step, time in enumerate(group.times_h)
    ]
    axes.set_yticks([place for place, _ in rows], [name for _, name in rows])
    for group in groups:
        axes.text(
            -0.4 / page.panel_w,
            (group.top + group.bottom) / 2,
            title_lines(arm_label(group.arm), 14, lines=2 if len(group.times_h) > 1 else 1),
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
