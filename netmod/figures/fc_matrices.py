"""Cohort-mean functional connectivity of every arm, regions ordered by network."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from netmod.figures.labels import arm_label, tick_time, title_lines
from netmod.figures.matrices import (
    NAMES_MARGIN_IN,
    draw_matrix,
    extend_of,
    name_networks,
    off_diagonal,
)
from netmod.figures.regions import order_regions
from netmod.figures.style import colour_bar, nice_limit, page_to_width

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from netmod.atlas import Atlas
    from netmod.study.results import Results


def draw(results: Results, atlas: Atlas) -> Figure:
    """Draw one matrix per arm at its last time, with one colour scale.

    Parameters
    ----------
    results : Results
        A finished study.
    atlas : Atlas
        Its atlas.

    Returns
    -------
    Figure
        Panels in the order of the arms; the colour bar is the last axes.
    """
    order = order_regions(atlas.network, atlas.hemisphere)
    last = results.times_h[-1]
    matrices = [results.mean_fc(arm, last) for arm in results.arms]
    columns = min(4, max(2, math.ceil(math.sqrt(len(matrices)))))
    rows = math.ceil(len(matrices) / columns)
    page = page_to_width(
        columns,
        rows,
        aspect=1.0,
        left=NAMES_MARGIN_IN,
        right=0.75,
        top=0.28,
        bottom=0.16,
        gap_x=0.2,
        gap_y=0.4,
    )
    figure = page.figure()
    beside = [off_diagonal(matrix) for matrix in matrices]
    limit = min(1.0, nice_limit(beside))
    image = None
    for place, (arm, matrix) in enumerate(zip(results.arms, matrices, strict=True)):
        row, column = divmod(place, columns)
        axes = figure.add_axes(page.box(row, column))
        image = draw_matrix(axes, matrix, order, limit, page.panel_w)
        title = f"{arm_label(arm)}, {tick_time(last)}"
        axes.set_title(title_lines(title, int(page.panel_w * 15), lines=1))
        if column == 0:
            name_networks(axes, order, page.panel_h)
    box = page.fraction(
        page.width - page.right + 0.12,
        page.height - page.top - page.panel_h,
        0.09,
        page.panel_h,
    )
    colour_bar(figure, box, image, limit, "FC (Pearson r)", extend_of(beside, limit))
    return figure
