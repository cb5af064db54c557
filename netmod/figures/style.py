"""One look for every figure: type, colours, colour limits, page geometry."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DPI = 200
WIDTH_IN = 7.2  # two columns of a journal page
SMALL_PT, TEXT_PT, TITLE_PT = 7.0, 8.0, 8.5
INK, MUTED, FAINT = "#1a1a1a", "#5f5f5f", "#e6e6e6"
DIVERGING = "RdBu_r"

# DejaVu Sans comes with matplotlib, so that pictures have the same bytes on every machine.
# Names of arms and regions are the user's: "$" must not start mathematics.
RC: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": SMALL_PT,
    "axes.labelsize": TEXT_PT,
    "axes.titlesize": TITLE_PT,
    "axes.titleweight": "normal",
    "axes.titlepad": 4.0,
    "axes.labelpad": 3.0,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "xtick.labelsize": SMALL_PT,
    "ytick.labelsize": SMALL_PT,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "legend.fontsize": SMALL_PT,
    "legend.frameon": False,
    "lines.linewidth": 1.2,
    "text.color": INK,
    "text.parse_math": False,
    "figure.dpi": DPI,
    "savefig.dpi": DPI,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
}

# Okabe & Ito 2008, https://jfly.uni-koeln.de/color/, without its yellow (too pale for lines)
# and with a grey in the place of a second dark colour.
OKABE_ITO = {
    "black": "#000000",
    "orange": "#E69F00",
    "sky": "#56B4E9",
    "green": "#009E73",
    "blue": "#0072B2",
    "vermillion": "#D55E00",
    "purple": "#CC79A7",
    "grey": "#8A8A8A",
}
_ARM_COLOURS = {
    "healthy": "green",
    "mdd": "black",
    "sham": "grey",
    "placebo": "grey",
    "rtms_10hz": "blue",
    "rtms_1hz": "sky",
    "itbs": "sky",
    "itbs_6wk": "sky",
    "ctbs": "sky",
    "saint": "sky",
    "ect_bl": "vermillion",
    "ect_rul": "vermillion",
    "ect_bf": "vermillion",
    "psilocybin": "purple",
    "lsd": "purple",
    "dmt": "purple",
    "psilocybin_rtms": "purple",
    "ketamine": "sky",
    "ssri": "orange",
    "ssri_single": "orange",
    "therapy": "sky",
}
_FREE_COLOURS = ("blue", "vermillion", "purple", "orange", "sky", "green", "grey")
_DASHES = ((), (4.0, 1.5), (1.2, 1.2), (6.0, 1.5, 1.2, 1.5), (2.5, 1.0), (8.0, 2.0))

# Yeo et al. 2011, doi:10.1152/jn.00338.2011: the colours of the published 7-network map.
NETWORK_COLOURS = {
    "Visual": "#781286",
    "Somatomotor": "#4682B4",
    "DorsalAttention": "#00760E",
    "VentralAttention": "#C43AFA",
    "Limbic": "#DCF8A4",
    "Frontoparietal": "#E69422",
    "Default": "#CD3E4E",
    "Subcortex": "#9A9A9A",
    "Cerebellum": "#4D4D4D",
}
NETWORK_LABELS = {
    "DorsalAttention": "Dorsal attention",
    "VentralAttention": "Ventral attention",
}
_OTHER_NETWORK = "#D0D0D0"
_NICE_STEPS = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)


def arm_colours(arms: Sequence[str]) -> dict[str, str]:
    """Return a colour per arm: that of a shipped name, else the first that is still free.

    Related treatments share a colour, which goes to the first of them; no colour comes twice
    before all have come.

    Parameters
    ----------
    arms : sequence of str
        Arms of the study in order.

    Returns
    -------
    dict of str to str
        Hexadecimal colours of the Okabe–Ito palette.
    """
    return {arm: OKABE_ITO[name] for arm, (name, _) in _looks(arms).items()}


def arm_dashes(arms: Sequence[str]) -> dict[str, tuple[int, tuple[float, ...]]]:
    """Return a line style per arm, so that no two of the same colour look alike.

    Parameters
    ----------
    arms : sequence of str
        Arms of the study in order.

    Returns
    -------
    dict of str to (offset, on and off in line widths)
        Solid for the arm that had its colour first.
    """
    return {arm: (0, _DASHES[turn % len(_DASHES)]) for arm, (_, turn) in _looks(arms).items()}


def _looks(arms: Sequence[str]) -> dict[str, tuple[str, int]]:
    """Return the colour of each arm, and how many have had that colour before."""
    looks: dict[str, tuple[str, int]] = {}

    def give(arm: str, colour: str) -> None:
        looks[arm] = (colour, taken.count(colour))
        taken.append(colour)

    taken: list[str] = []
    for arm in arms:
        wished = _ARM_COLOURS.get(arm)
        if wished and wished not in taken:
            give(arm, wished)
    for arm in arms:
        if arm not in looks:
            give(arm, min(_FREE_COLOURS, key=taken.count))
    return {arm: looks[arm] for arm in arms}


def network_colour(network: str) -> str:
    """Return the published colour of a Yeo network, a pale grey for any other label."""
    return NETWORK_COLOURS.get(network, _OTHER_NETWORK)


def network_label(network: str) -> str:
    """Return a network's name in words."""
    return NETWORK_LABELS.get(network, network)


def nice_limit(values: Iterable[np.ndarray], percentile: float = 99.5) -> float:
    """Return a round symmetric colour limit that all given arrays share.

    Parameters
    ----------
    values : iterable of ndarray
        Arrays of any shape; NaN are left out.
    percentile : float
        Share of absolute values that stay inside the limit.

    Returns
    -------
    float
        A round positive number; 0.1 when nothing differs from zero.
    """
    pooled = np.abs(np.concatenate([np.ravel(array) for array in values] or [np.zeros(0)]))
    pooled = pooled[np.isfinite(pooled)]
    bound = float(np.percentile(pooled, percentile)) if pooled.size else 0.0
    if bound < 1e-6:
        return 0.1
    power = 10.0 ** math.floor(math.log10(bound))
    step = next(step for step in _NICE_STEPS if step * power >= bound * (1 - 1e-9))
    return float(f"{step * power:.6g}")


@dataclass(frozen=True)
class Page:
    """A grid of equal panels, measured in inches so that type never collides.

    Parameters
    ----------
    columns, rows : int
        Panels across and down.
    panel_w, panel_h : float
        Size of a panel in inches.
    left, right, top, bottom : float
        Margins in inches.
    gap_x, gap_y : float
        Space between panels in inches.
    """

    columns: int
    rows: int
    panel_w: float
    panel_h: float
    left: float
    right: float
    top: float
    bottom: float
    gap_x: float
    gap_y: float

    @property
    def width(self) -> float:
        """Width of the page in inches."""
        across = self.columns * self.panel_w + (self.columns - 1) * self.gap_x
        return self.left + across + self.right

    @property
    def height(self) -> float:
        """Height of the page in inches."""
        down = self.rows * self.panel_h + (self.rows - 1) * self.gap_y
        return self.top + down + self.bottom

    def figure(self) -> Figure:
        """Return an empty figure of the page's size, outside pyplot's global state."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        figure = Figure(figsize=(self.width, self.height), dpi=DPI)
        FigureCanvasAgg(figure)
        return figure

    def box(self, row: int, column: int) -> tuple[float, float, float, float]:
        """Return left, bottom, width, height of a panel as fractions of the page."""
        x = self.left + column * (self.panel_w + self.gap_x)
        y = self.height - self.top - (row + 1) * self.panel_h - row * self.gap_y
        return self.fraction(x, y, self.panel_w, self.panel_h)

    def fraction(
        self, x: float, y: float, width: float, height: float
    ) -> tuple[float, float, float, float]:
        """Return a rectangle in inches from the lower left corner as fractions of the page."""
        return x / self.width, y / self.height, width / self.width, height / self.height


def page_to_width(
    columns: int,
    rows: int,
    *,
    aspect: float,
    left: float,
    right: float,
    top: float,
    bottom: float,
    gap_x: float,
    gap_y: float,
    largest: float = 2.2,
) -> Page:
    """Return a page of journal width whose panels share it equally.

    Parameters
    ----------
    columns, rows : int
        Panels across and down.
    aspect : float
        Height of a panel over its width.
    left, right, top, bottom, gap_x, gap_y : float
        Margins and gaps in inches.
    largest : float
        Largest width of a panel in inches (few panels make a narrower page).

    Returns
    -------
    Page
    """
    width = (WIDTH_IN - left - right - (columns - 1) * gap_x) / columns
    width = min(width, largest)
    return Page(columns, rows, width, width * aspect, left, right, top, bottom, gap_x, gap_y)


class Sheet:
    """A page whose parts are placed in inches from its upper left corner.

    Parameters
    ----------
    width, height : float
        Size of the page in inches.
    """

    def __init__(self, width: float, height: float) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        self.width, self.height = width, height
        self.figure: Figure = Figure(figsize=(width, height), dpi=DPI)
        FigureCanvasAgg(self.figure)

    def axes(self, left: float, top: float, width: float, height: float) -> Axes:
        """Return new axes, placed in inches."""
        bottom = self.height - top - height
        return self.figure.add_axes(
            (left / self.width, bottom / self.height, width / self.width, height / self.height)
        )

    def text(self, left: float, top: float, text: str, **look: Any) -> None:
        """Write text at a place in inches."""
        self.figure.text(left / self.width, 1.0 - top / self.height, text, **look)

    def patch(self, left: float, top: float, width: float, height: float, colour: str) -> None:
        """Draw a filled rectangle, placed in inches."""
        from matplotlib.patches import Rectangle

        corner = (left / self.width, 1.0 - (top + height) / self.height)
        size = width / self.width, height / self.height
        look = {"facecolor": colour, "edgecolor": INK, "linewidth": 0.25}
        self.figure.add_artist(Rectangle(corner, *size, **look))


def colour_bar(
    figure: Figure,
    box: tuple[float, float, float, float],
    image: Any,
    limit: float,
    label: str,
    extend: str,
) -> Axes:
    """Draw a labelled vertical colour bar with ticks at the limits, the halves and zero."""
    axes = figure.add_axes(box)
    bar = figure.colorbar(image, cax=axes, extend=extend, extendfrac=0.04)
    ticks = [-limit, -limit / 2, 0.0, limit / 2, limit]
    bar.set_ticks(ticks, labels=[f"{tick:.3g}".replace("-", "−") for tick in ticks])
    bar.outline.set_linewidth(0.4)
    axes.tick_params(length=2)
    bar.set_label(label, fontsize=TEXT_PT)
    return axes


def save(figure: Figure, path: Any, dpi: float = DPI) -> None:
    """Write a figure as PNG whose bytes depend on the picture alone (no date, no version)."""
    figure.savefig(path, format="png", dpi=dpi, metadata={"Software": "netmod"})
