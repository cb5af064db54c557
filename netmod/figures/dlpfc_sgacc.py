"""The prefrontal–subgenual pathway over time: its FC and the sgACC rate, arm by arm."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from netmod.figures.intervals import bootstrap_mean
from netmod.figures.labels import arm_label, metric_label, title_lines
from netmod.figures.lines import mean_band, mean_line, shared_limits, time_axis, turned_room
from netmod.figures.style import INK, MUTED, TEXT_PT, Page, arm_colours, page_to_width

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from netmod.atlas import Atlas
    from netmod.study.results import Results

METRICS = ("dlpfc_sgacc", "sgacc_rate_hz")
_HEALTHY_GREY = "#9a9a9a"
_PAIR_GAP_IN = 0.14


def draw(results: Results, atlas: Atlas) -> Figure:
    """Draw mean and 95 % interval of each arm against the healthy band and the untreated line.

    Parameters
    ----------
    results : Results
        A finished study.
    atlas : Atlas
        Its atlas (not used here; every figure has the same signature).

    Returns
    -------
    Figure
        For every arm two panels, FC above rate; the vertical axis of a metric is shared.
    """
    healthy, reference = results.healthy, results.untreated
    arms = tuple(arm for arm in results.arms if arm != healthy) or results.arms
    columns = min(6, len(arms))
    blocks = math.ceil(len(arms) / columns)
    page = page_to_width(
        columns,
        2 * blocks,
        aspect=1.15,
        left=0.62,
        right=0.1,
        top=0.4,
        bottom=0.48 + turned_room(results.times_h),
        gap_x=0.14,
        gap_y=0.3,
        largest=1.5,
    )
    figure = page.figure()
    colours = arm_colours(results.arms)
    for level, metric in enumerate(METRICS):
        tables = {arm: results.values(metric, arm) for arm in results.arms}
        limits = shared_limits(_extent(table, results.seed) for table in tables.values())
        for place, arm in enumerate(arms):
            block, column = divmod(place, columns)
            # Rate panels move up towards their FC panel, which leaves room for the next titles.
            x, y, width, height = page.box(2 * block + level, column)
            lift = (page.gap_y - _PAIR_GAP_IN) / page.height if level else 0.0
            axes = figure.add_axes((x, y + lift, width, height))
            if healthy is not None and arm != healthy:
                mean_band(axes, tables[healthy], results.seed, _HEALTHY_GREY)
            if reference is not None and arm != reference:
                mean_line(
                    axes,
                    tables[reference],
                    results.seed,
                    INK,
                    marker="none",
                    linewidth=0.8,
                    linestyle=(0, (4, 2)),
                    elinewidth=0,
                    capsize=0,
                    zorder=3,
                )
            mean_line(axes, tables[arm], results.seed, colours[arm])
            axes.set_ylim(limits)
            axes.locator_params(axis="y", nbins=6)
            lowest = place + columns >= len(arms)
            time_axis(axes, results.times_h, labelled=bool(level) and lowest)
            if column:
                axes.set_yticklabels([])
            else:
                axes.set_ylabel(metric_label(metric).axis)
                axes.yaxis.set_label_coords(-0.46 / page.panel_w, 0.5)
            if level == 0:
                axes.set_title(title_lines(arm_label(arm), int(page.panel_w * 13.5)))
    _frame(figure, page, healthy, reference if len(arms) > 1 else None)
    return figure


def _extent(values: np.ndarray, seed: int) -> np.ndarray:
    return np.stack(bootstrap_mean(values, seed))


def _frame(figure: Figure, page: Page, healthy: str | None, reference: str | None) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    middle = (page.left + (page.width - page.left - page.right) / 2) / page.width
    figure.text(
        middle,
        0.35 / page.height,
        "Time since the first treatment (one step per scan)",
        ha="center",
        va="center",
        fontsize=TEXT_PT,
    )
    handles = [Line2D([], [], color=MUTED, linewidth=1.5, marker="o", markersize=3.2)]
    names = ["arm: mean, 95 % interval"]
    if reference is not None:
        handles.append(Line2D([], [], color=INK, linewidth=0.8, linestyle=(0, (4, 2))))
        names.append(arm_label(reference))
    if healthy is not None:
        handles.append(Patch(color=_HEALTHY_GREY, alpha=0.45, linewidth=0))
        names.append(f"{arm_label(healthy)}: 95 % interval")
    figure.legend(
        handles,
        names,
        loc="center",
        bbox_to_anchor=(middle, 0.12 / page.height),
        ncols=len(names),
        columnspacing=1.5,
        handlelength=2.2,
        borderpad=0,
    )
