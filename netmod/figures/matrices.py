"""One region-by-region matrix as a panel: image, network strips, network names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from netmod.figures.labels import title_lines
from netmod.figures.regions import RegionOrder, spread
from netmod.figures.style import (
    DIVERGING,
    FAINT,
    INK,
    MUTED,
    NETWORK_COLOURS,
    SMALL_PT,
    network_colour,
    network_label,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

_STRIP_IN = 0.05
_STRIP_GAP_IN = 0.02
_LEADER_IN = 0.1
_LABEL_STEP_IN = 0.108
_OWN_NAME = 15  # characters
NAMES_MARGIN_IN = 1.12


def draw_matrix(
    axes: Axes, matrix: np.ndarray, order: RegionOrder, limit: float, panel_in: float
) -> AxesImage:
    """Draw a symmetric matrix in network order with network strips at the left and below.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    matrix : ndarray, shape (N, N)
        In the atlas's order; NaN and the diagonal are drawn pale grey.
    order : RegionOrder
        Order of the regions.
    limit : float
        Colours run from ``-limit`` to ``limit``.
    panel_in : float
        Width of the panel in inches.

    Returns
    -------
    AxesImage
        The image, for a colour bar.
    """
    import matplotlib

    colours = matplotlib.colormaps[DIVERGING].with_extremes(bad=FAINT)
    return draw_coloured(axes, matrix, order, panel_in, cmap=colours, vmin=-limit, vmax=limit)


def draw_coloured(
    axes: Axes, matrix: np.ndarray, order: RegionOrder, panel_in: float, **colours: Any
) -> AxesImage:
    """Draw any matrix in network order with network strips at the left and below.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    matrix : ndarray, shape (N, N)
        In the atlas's order; NaN and the diagonal take the colour map's ``bad`` colour.
    order : RegionOrder
        Order of the regions.
    panel_in : float
        Width of the panel in inches.
    **colours
        ``cmap`` and ``norm`` or limits, for ``imshow``.

    Returns
    -------
    AxesImage
        The image, for a colour bar.
    """
    from matplotlib.patches import Rectangle

    shown = order.apply(np.asarray(matrix, dtype=float)).copy()
    np.fill_diagonal(shown, np.nan)
    image = axes.imshow(
        np.ma.masked_invalid(shown), interpolation="nearest", aspect="auto", **colours
    )
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(True)
        spine.set_linewidth(0.4)
    width, gap = _STRIP_IN / panel_in, _STRIP_GAP_IN / panel_in
    for network, start, stop in order.spans:
        look = {"facecolor": network_colour(network), "edgecolor": "none", "clip_on": False}
        axes.add_patch(
            Rectangle(
                (-gap - width, start - 0.5),
                width,
                stop - start,
                transform=axes.get_yaxis_transform(),
                **look,
            )
        )
        axes.add_patch(
            Rectangle(
                (start - 0.5, -gap - width),
                stop - start,
                width,
                transform=axes.get_xaxis_transform(),
                **look,
            )
        )
        if start:
            for line in (axes.axhline, axes.axvline):
                line(start - 0.5, color=INK, linewidth=0.3, alpha=0.45)
    return image


def name_networks(axes: Axes, order: RegionOrder, panel_in: float) -> None:
    """Write the networks' names left of a matrix, moved apart where networks are small.

    Parameters
    ----------
    axes : Axes
        A panel drawn by `draw_matrix`.
    order : RegionOrder
        The same order.
    panel_in : float
        Height of the panel in inches.
    """
    n_regions = len(order.index)
    centres = [(start + stop - 1) / 2 for _, start, stop in order.spans]
    step = _LABEL_STEP_IN / panel_in * n_regions
    places = spread(centres, step, -0.5 + step / 2, n_regions - 0.5 - step / 2)
    strip = (_STRIP_GAP_IN + _STRIP_IN) / panel_in
    leader = _LEADER_IN / panel_in
    transform = axes.get_yaxis_transform()
    for (network, _, _), centre, place in zip(order.spans, centres, places, strict=True):
        axes.plot(
            [-strip - 0.12 * leader, -strip - leader],
            [centre, place],
            transform=transform,
            color=MUTED,
            linewidth=0.4,
            clip_on=False,
        )
        axes.text(
            -strip - 1.25 * leader,
            place,
            _name(network),
            transform=transform,
            ha="right",
            va="center",
            fontsize=SMALL_PT,
            clip_on=False,
        )


def _name(network: str) -> str:
    """Return a network's name; one of the user's own is cut to what the margin holds."""
    known = network in NETWORK_COLOURS
    return network_label(network) if known else title_lines(network, _OWN_NAME, lines=1)


def extend_of(arrays: list[np.ndarray], limit: float) -> str:
    """Return which ends of a colour bar need an arrow because values lie beyond the limit."""
    highest = max((float(np.nanmax(a)) for a in arrays if np.isfinite(a).any()), default=0.0)
    lowest = min((float(np.nanmin(a)) for a in arrays if np.isfinite(a).any()), default=0.0)
    return {(True, True): "both", (True, False): "max", (False, True): "min"}.get(
        (highest > limit, lowest < -limit), "neither"
    )


def off_diagonal(matrix: np.ndarray) -> np.ndarray:
    """Return the entries beside the diagonal as a vector."""
    return matrix[~np.eye(len(matrix), dtype=bool)]
