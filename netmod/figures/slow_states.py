"""States of the slow layer over hours and weeks: one panel per state, one line per arm."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from netmod.figures.labels import arm_label, tick_time, title_lines
from netmod.figures.style import (
    INK,
    MUTED,
    SMALL_PT,
    TEXT_PT,
    Page,
    arm_colours,
    arm_dashes,
    page_to_width,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from netmod.atlas import Atlas
    from netmod.study.results import Results

_COLUMNS = 4
_TICKS_H = (0.0, 2.0, 24.0, 168.0, 1008.0, 8736.0)
_LEAST_SPAN = 0.02
"""A change that is smaller is drawn flat: a panel must not make much of nothing."""

_FEW_ARMS = 8
_LEGEND_COLUMNS = 4
_LEGEND_ROW_IN = 0.13


@dataclass(frozen=True)
class Panel:
    """What one panel shows.

    Parameters
    ----------
    state, where : str
        Of the table of slow states.
    title, unit : str
        Words above the panel.
    """

    state: str
    where: str
    title: str
    unit: str


_PLACES = {
    "dlpfc_left": "L DLPFC",
    "hippocampus": "hippocampus",
    "cortex": "cortex",
    "person": "person",
}
PANELS = (
    Panel("efficacy", "dlpfc_left", "Synaptic efficacy", "rel. change"),
    Panel("early", "dlpfc_left", "Early efficacy", "rel. change"),
    Panel("late", "dlpfc_left", "Late efficacy", "rel. change"),
    Panel("threshold", "dlpfc_left", "BCM threshold", "1 at rest"),
    Panel("bdnf", "dlpfc_left", "BDNF", "1 unstressed"),
    Panel("trkb", "dlpfc_left", "TrkB potentiation", "0 at rest"),
    Panel("mtor", "dlpfc_left", "mTOR activity", "0 to 1"),
    Panel("vegf", "hippocampus", "VEGF", "ref. seizures"),
    Panel("brake", "dlpfc_left", "PV brake", "1 closed"),
    Panel("spines", "cortex", "Spine density", "1 untreated"),
    Panel("rise", "cortex", "Inhibition", "rel. rise"),
    Panel("volume", "hippocampus", "Volume", "rel. change"),
    Panel("neurogenesis_1", "person", "New cells", "1 unstressed"),
    Panel("neurogenesis_4", "person", "Matured cells", "1 unstressed"),
    Panel("maturity", "person", "Granule maturity", "1 at rest"),
    Panel("stress", "person", "Stress load", "1 typical patient"),
    Panel("autoreceptor", "person", "5-HT1A desens.", "0 to 1"),
    Panel("tone", "person", "5-HT tone", "0 to 1"),
    Panel("occupancy_2a", "person", "5-HT2A occupancy", "0 to 1"),
    Panel("occupancy_nmda", "person", "NMDA occupancy", "0 to 1"),
)
"""States where treatments act on them; the rest stands in ``group/slow_states.tsv``."""


def shown_panels(results: Results) -> list[Panel]:
    """Return the panels that the study's atlas has regions for."""
    known = set(zip(results.slow_states["state"], results.slow_states["where"], strict=True))
    return [panel for panel in PANELS if (panel.state, panel.where) in known]


def place_of(time_h: np.ndarray | float) -> np.ndarray:
    """Return where hours stand on the axis: even below one hour, logarithmic far above."""
    return np.arcsinh(time_h)


def draw(results: Results, atlas: Atlas) -> Figure:
    """Draw the mean course of every state in every arm, with a band of one SD over subjects.

    Parameters
    ----------
    results : Results
        A finished study.
    atlas : Atlas
        Its atlas (not used here; every figure has the same signature).

    Returns
    -------
    Figure
        Panels in the order of :data:`PANELS`; states of regions that the atlas lacks are left
        out.
    """
    panels = shown_panels(results)
    columns = min(_COLUMNS, len(panels))
    legend_rows = math.ceil(len(results.arms) / _LEGEND_COLUMNS)
    page = page_to_width(
        columns,
        math.ceil(len(panels) / columns),
        aspect=0.62,
        left=0.42,
        right=0.1,
        top=0.4,
        bottom=0.55 + legend_rows * _LEGEND_ROW_IN,
        gap_x=0.42,
        gap_y=0.5,
    )
    figure = page.figure()
    for k, panel in enumerate(panels):
        axes = figure.add_axes(page.box(*divmod(k, columns)))
        _lines(axes, results, panel)
        _time_axis(axes, results, labelled=k + columns >= len(panels))
        axes.set_title(panel.title, loc="left", pad=13.0)
        axes.annotate(
            f"{_PLACES[panel.where]}, {panel.unit}", (0, 1), (0, 3), xycoords="axes fraction",
            textcoords="offset points", fontsize=SMALL_PT, color=MUTED,
        )  # fmt: skip
    _frame(figure, page, results.arms, legend_rows)
    return figure


def _lines(axes: Axes, results: Results, panel: Panel) -> None:
    colours, dashes = arm_colours(results.arms), arm_dashes(results.arms)
    many = len(results.arms) > _FEW_ARMS
    edges = []
    for arm in results.arms:
        time_h, mean, sd = results.slow_course(panel.state, panel.where, arm)
        spread = np.nan_to_num(sd)
        place = place_of(time_h)
        low, high = mean - spread, mean + spread
        axes.fill_between(
            place, low, high, color=colours[arm], alpha=0.05 if many else 0.13, linewidth=0,
            zorder=1,
        )  # fmt: skip
        axes.plot(
            place, mean, color=colours[arm], linestyle=dashes[arm], linewidth=1.0 if many else 1.2,
            marker="o" if len(place) == 1 else None, markersize=2.5, zorder=2,
        )  # fmt: skip
        edges += [low, high]
    axes.set_ylim(_limits(np.concatenate(edges)))
    axes.locator_params(axis="y", nbins=4, steps=[1, 2, 5, 10])
    axes.ticklabel_format(axis="y", style="plain", useOffset=False)


def _limits(values: np.ndarray) -> tuple[float, float]:
    values = values[np.isfinite(values)]
    low, high = (values.min(), values.max()) if values.size else (0.0, 0.0)
    missing = max(0.0, _LEAST_SPAN - (high - low))
    margin = 0.06 * max(high - low, _LEAST_SPAN) + missing / 2
    return low - margin, high + margin


def _time_axis(axes: Axes, results: Results, labelled: bool) -> None:
    last_h = float(results.slow_states["time_h"].max())
    ticks = [time_h for time_h in _TICKS_H if time_h <= last_h]
    if len(ticks) == 1 and last_h > 0:
        ticks.append(last_h)
    axes.set_xticks([float(place_of(time_h)) for time_h in ticks])
    axes.set_xticklabels([tick_time(time_h) for time_h in ticks] if labelled else [])
    margin = 0.03 * max(float(place_of(last_h)), 1.0)
    axes.set_xlim(-margin, float(place_of(last_h)) + margin)


def _frame(figure: Figure, page: Page, arms: Sequence[str], legend_rows: int) -> None:
    from matplotlib.lines import Line2D

    middle = (page.left + page.width - page.right) / 2 / page.width
    legend_in = legend_rows * _LEGEND_ROW_IN
    figure.text(
        middle, (legend_in + 0.2) / page.height,
        "Time since the first treatment (logarithmic from some hours on)",
        ha="center", va="center", fontsize=TEXT_PT, color=INK,
    )  # fmt: skip
    colours, dashes = arm_colours(arms), arm_dashes(arms)
    handles = [
        Line2D([], [], color=colours[arm], linestyle=dashes[arm], linewidth=1.2) for arm in arms
    ]
    figure.legend(
        handles,
        [title_lines(arm_label(arm), 20, lines=1) for arm in arms],
        loc="lower center",
        bbox_to_anchor=(middle, 0.04 / page.height),
        ncols=min(_LEGEND_COLUMNS, len(arms)),
        columnspacing=1.2,
        handlelength=2.4,
        handletextpad=0.5,
        labelspacing=0.25,
        borderpad=0,
    )
