"""Glass brains: the edges that change most in each arm."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from netmod.figures.delta_fc import mean_change, shown_arms, shown_times
from netmod.figures.labels import arm_label, tick_time, title_lines
from netmod.figures.style import (
    DIVERGING,
    INK,
    MUTED,
    NETWORK_COLOURS,
    TEXT_PT,
    TITLE_PT,
    Page,
    colour_bar,
    network_colour,
    network_label,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from netmod.atlas import Atlas
    from netmod.study.results import Results

EDGES = 60
NO_CHANGE = 1e-6
_OUTLINE_PT = 0.5


@dataclass(frozen=True)
class StrongestChange:
    """The time of the largest change of an arm, and its strongest edges.

    Parameters
    ----------
    time_h : float
        Time with the largest root-mean-square change in cortex.
    edges : ndarray, shape (N, N)
        Mean differences of Fisher z of the strongest edges, else 0; symmetric.
    changed : bool
        Whether any edge changes at all.
    """

    time_h: float
    edges: np.ndarray
    changed: bool


def strongest_change(
    results: Results, arm: str, cortex: np.ndarray, n_edges: int = EDGES
) -> StrongestChange:
    """Find when an arm's cortical FC differs most, and its strongest edges then.

    Parameters
    ----------
    results : Results
        A finished study.
    arm : str
        Name of an arm.
    cortex : ndarray of int
        Cortical regions.
    n_edges : int
        Most edges.

    Returns
    -------
    StrongestChange
        Over the cortical regions alone.
    """
    times = shown_times(results)
    changes = [mean_change(results, arm, time)[np.ix_(cortex, cortex)] for time in times]
    upper = np.triu_indices(len(cortex), k=1)
    sizes = [float(np.sqrt(np.mean(np.nan_to_num(change[upper]) ** 2))) for change in changes]
    best = int(np.argmax(sizes))
    change = np.nan_to_num(changes[best])
    values = change[upper]
    edges = np.zeros_like(change)
    # Stable order: equal edges are taken in the order of the atlas on every machine.
    kept = np.argsort(-np.abs(values), kind="stable")[:n_edges]
    kept = kept[np.abs(values[kept]) > NO_CHANGE]
    edges[upper[0][kept], upper[1][kept]] = values[kept]
    edges += edges.T
    return StrongestChange(times[best], edges, bool(kept.size))


def draw(results: Results, atlas: Atlas) -> Figure:
    """Draw the strongest changes of each arm as a glass brain from left, above and right.

    Parameters
    ----------
    results : Results
        A finished study.
    atlas : Atlas
        Its atlas, with MNI centroids.

    Returns
    -------
    Figure
        One panel per arm; an arm without any change says so.
    """
    kind = np.asarray(atlas.kind)
    cortex = np.flatnonzero(kind == "cortex")
    if cortex.size < 2:
        cortex = np.arange(len(kind))
    arms = shown_arms(results)
    found = {arm: strongest_change(results, arm, cortex) for arm in arms}
    columns = 2 if len(arms) > 1 else 1
    rows = math.ceil(len(arms) / columns)
    page = Page(columns, rows, 3.08, 1.15, 0.08, 0.85, 0.26, 0.56, 0.1, 0.3)
    figure = page.figure()
    networks = [atlas.network[region] for region in cortex]
    centroids = np.asarray(atlas.centroids_mm, dtype=float)[cortex]
    for place, (arm, change) in enumerate(found.items()):
        axes = figure.add_axes(page.box(*divmod(place, columns)))
        axes.set_axis_off()
        largest = float(np.abs(change.edges).max())
        told = f", {tick_time(change.time_h)}: |ΔFC| ≤ {largest:.2g}" if change.changed else ""
        label = title_lines(arm_label(arm), 24, lines=1)
        axes.set_title(f"{label}{told}", fontsize=TITLE_PT)
        if not change.changed:
            axes.text(
                0.5, 0.5, "no change", transform=axes.transAxes, ha="center", va="center",
                fontsize=TEXT_PT, color=MUTED,
            )  # fmt: skip
            continue
        # Arms differ tenfold: on one scale the weak would show nothing of their pattern.
        _glass_brain(figure, axes, change.edges / largest, centroids, networks)
    _scale(figure, page)
    _legend(figure, page, networks)
    return figure


def _glass_brain(
    figure: Figure,
    axes: Axes,
    edges: np.ndarray,
    centroids: np.ndarray,
    networks: list[str],
) -> None:
    from nilearn.plotting import plot_connectome

    degree = (edges != 0).sum(axis=0)
    display = plot_connectome(
        edges,
        centroids,
        node_color=[network_colour(network) for network in networks],
        node_size=3 + 6 * np.sqrt(degree),
        edge_cmap=DIVERGING,
        edge_vmin=-1.0,
        edge_vmax=1.0,
        edge_kwargs={"linewidth": 0.9},
        node_kwargs={"edgecolors": INK, "linewidths": 0.25},
        display_mode="lzr",
        figure=figure,
        axes=axes,
        annotate=False,
        colorbar=False,
    )
    display.annotate(size=7, positions=False)
    # The outlines are made for a full page; at this size they would hide the edges.
    for view in display.axes.values():
        for patch in view.ax.patches:
            patch.set_linewidth(_OUTLINE_PT)
            patch.set_alpha(0.5)


def _scale(figure: Figure, page: Page) -> None:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    height = min(1.6, page.height - page.top - page.bottom)
    box = page.fraction(
        page.width - page.right + 0.1, page.height - page.top - height, 0.09, height
    )
    colours = ScalarMappable(Normalize(-1, 1), DIVERGING)
    colour_bar(figure, box, colours, 1.0, "ΔFC / largest |ΔFC| of the arm", "neither")


def _legend(figure: Figure, page: Page, networks: list[str]) -> None:
    from matplotlib.lines import Line2D

    known = [network for network in NETWORK_COLOURS if network in networks]
    known += sorted(set(networks) - set(known))
    handles = [
        Line2D(
            [],
            [],
            linestyle="none",
            marker="o",
            markersize=4.5,
            markerfacecolor=network_colour(network),
            markeredgecolor=INK,
            markeredgewidth=0.25,
        )
        for network in known
    ]
    figure.legend(
        handles,
        [network_label(network) for network in known],
        loc="center",
        bbox_to_anchor=(0.5, 0.24 / page.height),
        ncols=4,
        columnspacing=1.4,
        handletextpad=0.3,
        borderpad=0,
    )
