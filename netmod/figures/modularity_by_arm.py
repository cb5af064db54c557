"""Modularity of every subject over time, one panel per arm."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from netmod.figures.labels import arm_label, metric_label, title_lines
from netmod.figures.lines import mean_line, shared_limits, time_axis, turned_room
from netmod.figures.style import INK, TEXT_PT, Page, arm_colours, page_to_width

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from netmod.atlas import Atlas
    from netmod.study.results import Results

METRIC = "modularity"


def draw(results: Results, atlas: Atlas) -> Figure:
    """Draw subjects as thin lines, the cohort's mean and 95 % interval bold.

    Parameters
    ----------
    results : Results
        A finished study.
    atlas : Atlas
        Its atlas (not used here; every figure has the same signature).

    Returns
    -------
    Figure
        Panels in the order of the arms, with one vertical axis.
    """
    arms = results.arms
    columns = min(4, len(arms))
    rows = math.ceil(len(arms) / columns)
    page = page_to_width(
        columns,
        rows,
        aspect=0.95,
        left=0.55,
        right=0.1,
        top=0.25,
        bottom=0.62 + turned_room(results.times_h),
        gap_x=0.16,
        gap_y=0.32,
    )
    figure = page.figure()
    colours = arm_colours(arms)
    tables = {arm: results.values(METRIC, arm) for arm in arms}
    limits = shared_limits(tables.values())
    steps = np.arange(len(results.times_h))
    reference = results.untreated
    for place, arm in enumerate(arms):
        row, column = divmod(place, columns)
        axes = figure.add_axes(page.box(row, column))
        for subject in tables[arm]:
            axes.plot(
                steps,
                subject,
                color=colours[arm],
                linewidth=0.5,
                alpha=0.4,
                marker="o",
                markersize=1.6,
                markeredgewidth=0,
            )
        if reference is not None and arm != reference:
            mean = _column_means(tables[reference])
            axes.plot(steps, mean, color=INK, linewidth=0.9, linestyle=(0, (4, 2)), zorder=3)
        mean_line(axes, tables[arm], results.seed, colours[arm])
        axes.set_ylim(limits)
        axes.locator_params(axis="y", nbins=6)
        lowest = place + columns >= len(arms)
        time_axis(axes, results.times_h, labelled=lowest)
        if column:
            axes.set_yticklabels([])
        axes.set_title(title_lines(arm_label(arm), int(page.panel_w * 14), lines=1))
    _frame(figure, page, arms, reference)
    return figure


def _column_means(values: np.ndarray) -> np.ndarray:
    present = np.isfinite(values)
    count = present.sum(axis=0)
    total = np.where(present, values, 0.0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _frame(figure: Figure, page: Page, arms: Sequence[str], reference: str | None) -> None:
    from matplotlib.lines import Line2D

    middle = page.left + (page.width - page.left - page.right) / 2
    figure.text(
        middle / page.width,
        0.30 / page.height,
        "Time since the first treatment (one step per scan)",
        ha="center",
        va="center",
        fontsize=TEXT_PT,
    )
    figure.text(
        0.10 / page.width,
        0.5 + (page.bottom - page.top) / 2 / page.height,
        metric_label(METRIC).axis,
        rotation=90,
        ha="center",
        va="center",
        fontsize=TEXT_PT,
    )
    handles = [
        Line2D([], [], color="#777777", linewidth=0.5, marker="o", markersize=1.6),
        Line2D([], [], color="#777777", linewidth=1.5, marker="o", markersize=3.2),
    ]
    names = ["one subject", "mean, 95 % interval"]
    if reference is not None and len(arms) > 1:
        handles.append(Line2D([], [], color=INK, linewidth=0.9, linestyle=(0, (4, 2))))
        names.append(f"mean of {arm_label(reference)}")
    figure.legend(
        handles,
        names,
        loc="center",
        bbox_to_anchor=(middle / page.width, 0.12 / page.height),
        ncols=len(names),
        columnspacing=1.5,
        handlelength=2.2,
        borderpad=0,
    )
