"""Brains inside a page: a glass brain of edges, cortex coloured by parcels or by dots."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from netmod.figures import surfaces
from netmod.figures.atlas_numbers import side_means
from netmod.figures.style import INK, Sheet, network_colour

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from netmod.atlas import Atlas

_OUTLINE_PT = 0.5
_BADGE_PT = 4.6


def glass_brain(
    figure: Figure,
    axes: Axes,
    atlas: Atlas,
    edges: np.ndarray,
    targets: Sequence[Sequence[int]],
) -> None:
    """Draw edges and regions from left, above and right, with numbered targets.

    Parameters
    ----------
    figure, axes
        Where to draw.
    atlas : Atlas
        With MNI centroids.
    edges : ndarray, shape (N, N)
        Symmetric, 0 to 1; darker and thicker where larger.
    targets : sequence of sequence of int
        Regions of each target; its number stands at their mean in each hemisphere.
    """
    from nilearn.plotting import plot_connectome

    strength = np.asarray(atlas.weights).sum(axis=1)
    share = strength / strength.max() if strength.max() > 0 else strength
    smallest = 4.0 if atlas.n_regions <= 150 else 2.0
    display = plot_connectome(
        edges,
        np.asarray(atlas.centroids_mm),
        node_color=[network_colour(network) for network in atlas.network],
        node_size=smallest * (1.0 + 5.0 * np.sqrt(share)),
        edge_cmap="Greys",
        edge_vmin=-0.35,
        edge_vmax=1.2,
        edge_kwargs={"linewidth": 0.7},
        node_kwargs={"edgecolors": INK, "linewidths": 0.25},
        display_mode="lzr",
        figure=figure,
        axes=axes,
        annotate=False,
        colorbar=False,
    )
    display.annotate(size=7, positions=False)
    for view in display.axes.values():
        for patch in view.ax.patches:
            patch.set_linewidth(_OUTLINE_PT)
            patch.set_alpha(0.5)
        places = [
            (number, point)
            for number, regions in enumerate(targets, start=1)
            for point in side_means(np.asarray(atlas.centroids_mm)[list(regions)])
            if view.direction == "z" or (point[0] <= 0) == (view.direction == "l")
        ]
        _badges(view.ax, view.direction, places)


def _badges(axes: Axes, direction: str, places: Sequence[tuple[int, np.ndarray]]) -> None:
    across, up = (0, 1) if direction == "z" else (1, 2)
    if not places:
        return
    points = np.array([[point[across], point[up]] for _, point in places])
    for (number, _), (x, y) in zip(places, apart(points, 10.0), strict=True):
        axes.text(x, y, str(number), zorder=2000, **_BADGE)


def apart(points: np.ndarray, distance: float, rounds: int = 60) -> np.ndarray:
    """Push points apart until no two are nearer than a distance, each as little as needed.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
        Wished places.
    distance : float
        Least distance.
    rounds : int
        Most sweeps over all pairs.

    Returns
    -------
    ndarray, shape (n, 2)
    """
    moved = points.astype(float).copy()
    for _ in range(rounds):
        still = True
        for i in range(len(moved)):
            for j in range(i):
                gap = moved[i] - moved[j]
                size = float(np.hypot(*gap))
                if size >= distance - 1e-9:
                    continue
                # Two at one place part along a direction that depends on their numbers alone.
                way = gap / size if size > 1e-9 else np.array([np.cos(i + j), np.sin(i + j)])
                moved[i] += way * (distance - size) / 2
                moved[j] -= way * (distance - size) / 2
                still = False
        if still:
            break
    return moved


_BADGE = {
    "fontsize": _BADGE_PT,
    "ha": "center",
    "va": "center_baseline",
    "color": "white",
    "bbox": {"boxstyle": "circle,pad=0.22", "facecolor": INK, "edgecolor": "white",
             "linewidth": 0.4},
}  # fmt: skip


def badge(sheet: Sheet, x: float, y: float, text: str) -> None:
    """Draw the number of a target at a place of the page."""
    sheet.text(x, y, text, **_BADGE)


def cortex(
    sheet: Sheet,
    box: tuple[float, float, float, float],
    atlas: Atlas,
    colours: np.ndarray,
    surface: dict[str, np.ndarray] | None,
) -> None:
    """Draw regions in colours: parcels of an inflated cortex, or dots in a brain.

    Parameters
    ----------
    sheet : Sheet
        The page.
    box : tuple of float
        Left, top, width, height in inches.
    atlas : Atlas
        With MNI centroids.
    colours : ndarray, shape (N, 3)
        Red, green, blue; NaN for regions that are not coloured.
    surface : dict or None
        Region of each vertex of fsaverage5 by hemisphere; None draws dots at the centroids.
    """
    left, top, width, height = box
    views = surfaces.pial_views() if surface is None else surfaces.inflated_views()
    spans = [view.extent_mm[1] - view.extent_mm[0] for view in views]
    tallest = max(view.extent_mm[3] - view.extent_mm[2] for view in views)
    gap = 0.05
    scale = min((width - gap * (len(views) - 1)) / sum(spans), height / tallest)
    for view, span in zip(views, spans, strict=True):
        tall = (view.extent_mm[3] - view.extent_mm[2]) * scale
        axes = sheet.axes(left, top + (height - tall) / 2, span * scale, tall)
        if surface is None:
            surfaces.show(axes, view, surfaces.blank(view))
            _dots(axes, view, atlas, colours)
        else:
            image = surfaces.paint(view, surface[view.hemisphere], colours)
            surfaces.show(axes, view, image)
        left += span * scale + gap


def _dots(axes: Axes, view: surfaces.View, atlas: Atlas, colours: np.ndarray) -> None:
    points = np.asarray(atlas.centroids_mm)
    side = np.asarray(atlas.hemisphere)
    shown = np.isfinite(colours).all(axis=1)
    shown &= (view.hemisphere == "B") | (side == view.hemisphere) | (side == "B")
    seen = view.project(points)
    nearest_last = [place for place in np.argsort(seen[:, 2], kind="stable") if shown[place]]
    size = float(np.clip(900 / max(atlas.n_regions, 1), 1.5, 14.0))
    axes.scatter(
        seen[nearest_last, 0], seen[nearest_last, 1], s=size, c=colours[nearest_last],
        edgecolors=INK, linewidths=0.2, clip_on=False,
    )  # fmt: skip
    low_x, high_x, low_y, high_y = view.extent_mm
    axes.set_xlim(low_x, high_x)
    axes.set_ylim(low_y, high_y)
