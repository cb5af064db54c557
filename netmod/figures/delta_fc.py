"""Change of functional connectivity against the untreated, arms by times."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from netmod.figures.labels import arm_label, reference_arm, tick_time, title_lines
from netmod.figures.matrices import (
    NAMES_MARGIN_IN,
    draw_matrix,
    extend_of,
    name_networks,
    off_diagonal,
)
from netmod.figures.regions import order_regions
from netmod.figures.style import (
    SMALL_PT,
    TITLE_PT,
    colour_bar,
    nice_limit,
    page_to_width,
)
from netmod.graph.connectivity import fisher_z

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from netmod.atlas import Atlas
    from netmod.study.results import Results

_ROW_TITLE_IN = 0.3
_TALL_ROWS = 8


def shown_times(results: Results) -> tuple[float, ...]:
    """Return the times after the first; the first alone when the study has no other."""
    return results.times_h[1:] or results.times_h


def shown_arms(results: Results) -> tuple[str, ...]:
    """Return the arms that differ from the reference by design."""
    others = tuple(arm for arm in results.arms if arm != results.untreated)
    return others or results.arms


def compared_with(results: Results, arm: str) -> str | None:
    """Return the arm whose FC is subtracted: the untreated of the same population.

    The healthy arm itself is shown against untreated depression. None: the arm's own first scan.
    """
    return results.untreated if arm == results.healthy else reference_arm(results, arm)


def mean_change(results: Results, arm: str, time_h: float) -> np.ndarray:
    """Return the mean paired difference of Fisher z between an arm and what it is compared with.

    Parameters
    ----------
    results : Results
        A finished study.
    arm : str
        Name of an arm.
    time_h : float
        Time of the scan in hours.

    Returns
    -------
    ndarray, shape (N, N)
        Diagonal 0; all NaN when no subject has both scans.

    Raises
    ------
    DataError
        If the study has no such arm or time.
    """
    reference = compared_with(results, arm)
    here = results.cells(arm, time_h)
    if reference is None:
        there = results.cells(arm, results.times_h[0])
    else:
        there = results.cells(reference, time_h)
    both = [subject for subject in here if subject in there]
    if not both:
        return np.full((len(results.region),) * 2, np.nan)
    first, second = (
        fisher_z(results.fc[[cells[subject] for subject in both]].astype(float))
        for cells in (here, there)
    )
    change = (first - second).mean(axis=0)
    np.fill_diagonal(change, 0.0)
    return change


def draw(results: Results, atlas: Atlas) -> Figure:
    """Draw the mean paired difference of Fisher z, arms as rows, times as columns.

    Parameters
    ----------
    results : Results
        A finished study.
    atlas : Atlas
        Its atlas.

    Returns
    -------
    Figure
        Panels row by row; the colour bar is the last axes.
    """
    order = order_regions(atlas.network, atlas.hemisphere)
    arms, times = shown_arms(results), shown_times(results)
    # Many rows: smaller panels keep the page within a length that can be printed.
    largest = 1.5 if len(arms) <= _TALL_ROWS else 1.15
    page = page_to_width(
        len(times),
        len(arms),
        aspect=1.0,
        left=NAMES_MARGIN_IN + _ROW_TITLE_IN,
        right=0.95,
        top=0.3,
        bottom=0.16,
        gap_x=0.16,
        gap_y=0.16,
        largest=largest,
    )
    figure = page.figure()
    changes = {(arm, time): mean_change(results, arm, time) for arm in arms for time in times}
    beside = [off_diagonal(change) for change in changes.values()]
    limit = nice_limit(beside)
    image = None
    for row, arm in enumerate(arms):
        for column, time in enumerate(times):
            axes = figure.add_axes(page.box(row, column))
            image = draw_matrix(axes, changes[arm, time], order, limit, page.panel_w)
            if row == 0:
                axes.set_title(tick_time(time))
            if column == 0:
                name_networks(axes, order, page.panel_h)
                axes.text(
                    -(NAMES_MARGIN_IN + 0.12) / page.panel_w,
                    0.5,
                    title_lines(arm_label(arm), int(page.panel_h * 13)),
                    transform=axes.transAxes,
                    rotation=90,
                    ha="center",
                    va="center",
                    fontsize=TITLE_PT,
                )
    height = min(2.2, page.height - page.top - page.bottom)
    box = page.fraction(
        page.width - page.right + 0.12, page.height - page.top - height, 0.09, height
    )
    against = {compared_with(results, arm) for arm in arms}
    one = against.pop() if len(against) == 1 else ""
    names = {None: "ΔFC to the arm's first scan", "": "ΔFC to the arm's reference"}
    reference = names.get(one, f"ΔFC to {arm_label(one or '')}")
    bar = colour_bar(
        figure,
        box,
        image,
        limit,
        f"{title_lines(reference, int(height * 14), lines=1)}\n(Fisher z)",
        extend_of(beside, limit),
    )
    bar.yaxis.label.set_fontsize(SMALL_PT)
    return figure
