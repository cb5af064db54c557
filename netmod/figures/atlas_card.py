"""The picture of an atlas: its matrices, its strongest edges, networks and maps on the cortex."""

from __future__ import annotations

import io
import math
import re
import string
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from netmod.figures import brain_panels
from netmod.figures.atlas_numbers import AtlasNumbers, measure
from netmod.figures.labels import title_lines
from netmod.figures.matrices import NAMES_MARGIN_IN, draw_coloured, name_networks, off_diagonal
from netmod.figures.regions import order_regions
from netmod.figures.style import (
    DIVERGING,
    DPI,
    INK,
    MUTED,
    NETWORK_COLOURS,
    RC,
    SMALL_PT,
    TEXT_PT,
    WIDTH_IN,
    Sheet,
    network_colour,
    network_label,
    nice_limit,
    save,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from netmod.atlas import Atlas

SEQUENTIAL = "magma_r"
MOST_MAPS = 6
FIRST_MAP = "HTR2A"  # where psychedelics act
EDGES = 150
_MATRIX_IN, _MATRIX_GAP_IN = 1.78, 0.22
_COLUMN_IN = (WIDTH_IN - 0.3) / 2
_BRAINS_IN, _NETWORKS_IN, _MAP_ROW_IN = 0.72, 0.92, 0.94
_MOST_TARGETS = 10
_LEGEND_ROWS = 5
_HATCH = {"hatch": "//////", "facecolor": "white", "edgecolor": "#c8c8c8", "linewidth": 0.0}


def write_atlas_card(atlas: Atlas, path: Path, dpi: float = DPI) -> Path:
    """Write the picture of an atlas as PNG; the same atlas gives the same bytes.

    Parameters
    ----------
    atlas : Atlas
        Any atlas, from a folder or made.
    path : Path
        The file; its folder is made if missing.
    dpi : float
        Pixels per inch; the page is 7.2 inches wide.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    NetmodError
        If it cannot be written, or the surface of the atlas is malformed.
    """
    import matplotlib

    from netmod.study.store import write_whole

    picture = io.BytesIO()
    with matplotlib.rc_context(RC):
        save(draw(atlas), picture, dpi)
    write_whole(path, picture.getvalue())
    return path


def draw(atlas: Atlas) -> Figure:
    """Draw one page: matrices, edges and targets, networks, maps, distributions.

    Parameters
    ----------
    atlas : Atlas
        What it does not have is left out; FC that was not measured is hatched.

    Returns
    -------
    Figure
        As high as its parts.
    """
    from netmod.atlas.surface import read_surface

    numbers = measure(atlas)
    surface = read_surface(atlas)
    maps = chosen_maps(atlas)
    blocks: list[tuple[float, Callable[..., None], tuple[Any, ...]]] = [
        (0.5, _title, (atlas, numbers)),
        (2.65, _matrices, (atlas, numbers)),
        (2.2, _edges, (atlas,)),
        (1.3, _networks, (atlas, numbers, surface)),
    ]
    rows = math.ceil(len(maps) / 2)
    if rows:
        blocks.append((rows * _MAP_ROW_IN + 0.3, _maps, (atlas, maps, surface)))
    blocks.append((1.45, _distributions, (atlas, numbers)))
    sheet = Sheet(WIDTH_IN, sum(height for height, _, _ in blocks))
    top, letters = 0.0, iter(string.ascii_lowercase)
    for height, part, arguments in blocks:
        part(sheet, top, letters, *arguments)
        top += height
    return sheet.figure


def chosen_maps(atlas: Atlas) -> tuple[str, ...]:
    """Return the maps that are drawn: that of 5-HT2A first, then in the atlas's order.

    Parameters
    ----------
    atlas : Atlas
        Any atlas.

    Returns
    -------
    tuple of str
        At most six, each with a value in cortex.
    """
    cortex = atlas.cortex
    names = [name for name, values in atlas.maps.items() if np.isfinite(values[cortex]).any()]
    names.sort(key=lambda name: name != FIRST_MAP)  # stable
    return tuple(names[:MOST_MAPS])


def _title(sheet: Sheet, top: float, _: Any, atlas: Atlas, numbers: AtlasNumbers) -> None:
    title = str(atlas.description.get("title", ""))
    name = title_lines(atlas.name, 26, lines=1)
    sheet.text(0.06, top + 0.1, name, fontsize=11, fontweight="bold", va="top")
    kinds = ", ".join(f"{count} {kind}" for kind, count in numbers.kinds.items())
    facts = [f"{numbers.n_regions} regions: {kinds}", f"density {numbers.density:.2f}"]
    facts.append(f"{numbers.n_homologues} pairs of homologues")
    if np.isfinite(numbers.r_weights_fc):
        facts.append(f"r(log weight, FC) {numbers.r_weights_fc:.2f}".replace("-", "−"))
    lines = [title_lines(title, 90, lines=1)] if title else []
    sheet.text(
        WIDTH_IN - 0.06, top + 0.1, "\n".join([*lines, " · ".join(facts)]),
        fontsize=SMALL_PT, color=MUTED, va="top", ha="right", linespacing=1.4,
    )  # fmt: skip


def _matrices(sheet: Sheet, top: float, letters: Any, atlas: Atlas, numbers: AtlasNumbers) -> None:
    import matplotlib
    from matplotlib.colors import LogNorm, Normalize

    order = order_regions(atlas.network, atlas.hemisphere)
    plain = matplotlib.colormaps[SEQUENTIAL].with_extremes(bad="white")
    low, _, high = numbers.weight_range
    positive = np.where(atlas.weights > 0, atlas.weights, np.nan)
    direction = "" if numbers.symmetric else ", to row from column"
    unit = _unit(atlas, "weights")
    panels: list[tuple[str, np.ndarray, dict[str, Any], str]] = []
    if np.isfinite(low):
        norm = LogNorm(low, high) if high > low else Normalize(0.0, high)
        look = {"cmap": plain, "norm": norm}
        panels.append((f"Weights{direction}", positive, look, unit))
    longest = float(atlas.lengths_mm.max()) or 1.0
    look = {"cmap": plain, "norm": Normalize(0.0, longest)}
    told = np.where(atlas.lengths_mm > 0, atlas.lengths_mm, np.nan)
    panels.append(("Lengths", told, look, "mm"))
    fc = np.full(atlas.weights.shape, np.nan) if atlas.fc is None else np.asarray(atlas.fc)
    limit = min(1.0, nice_limit([off_diagonal(fc)]))
    clear = matplotlib.colormaps[DIVERGING].with_extremes(bad=(0, 0, 0, 0))
    share = "" if numbers.fc_share == 1 else f", {numbers.fc_share:.0%} of pairs measured"
    share = share if numbers.fc_share else ": not in this atlas"
    look = {"cmap": clear, "norm": Normalize(-limit, limit)}
    panels.append((f"FC{share}", fc, look, "Pearson r" if numbers.fc_share else ""))
    for place, (title, matrix, look, label) in enumerate(panels):
        left = NAMES_MARGIN_IN + place * (_MATRIX_IN + _MATRIX_GAP_IN)
        axes = sheet.axes(left, top + 0.28, _MATRIX_IN, _MATRIX_IN)
        if title.startswith("FC") and numbers.fc_share < 1:
            axes.patch.set(**_HATCH)
        image = draw_coloured(axes, matrix, order, _MATRIX_IN, **look)
        _lettered(sheet, left, top + 0.18, next(letters), title)
        if place == 0:
            name_networks(axes, order, _MATRIX_IN)
        if label:
            box = (left, top + 0.28 + _MATRIX_IN + 0.14, _MATRIX_IN, 0.06)
            _flat_bar(sheet, box, image, label)


def _unit(atlas: Atlas, key: str) -> str:
    """Return the unit that the description gives, without what explains it."""
    entry = atlas.description.get(key)
    unit = str(entry.get("unit", "")) if isinstance(entry, dict) else ""
    short = re.split(r"[,;:(]| of | as ", unit)[0].strip()
    return title_lines(short, 34, lines=1) if short else "unit not told"


def _edges(sheet: Sheet, top: float, letters: Any, atlas: Atlas) -> None:
    edges, count = strongest_edges(np.asarray(atlas.weights))
    width = 5.0
    axes = sheet.axes(0.06, top + 0.24, width, 1.88)
    axes.set_axis_off()
    targets = list(atlas.targets.items())[:_MOST_TARGETS]
    marked = " and targets" if targets else ""
    _lettered(sheet, 0.06, top + 0.14, next(letters), f"The {count} strongest edges{marked}")
    brain_panels.glass_brain(sheet.figure, axes, atlas, edges, [place for _, place in targets])
    lines = []
    for number, (name, regions) in enumerate(targets, start=1):
        names = ", ".join(atlas.region[region] for region in regions)
        folded = textwrap.wrap(f"{name}: {names}", 38, max_lines=3, placeholder=" …")
        lines.append((f"{number}", "\n".join(folded)))
    line = top + 0.3
    for number, text in lines:
        brain_panels.badge(sheet, width + 0.16, line + 0.045, number)
        sheet.text(width + 0.27, line, text, fontsize=6.0, va="top", linespacing=1.15)
        line += 0.1 * (text.count("\n") + 1) + 0.055
    more = len(atlas.targets) - len(targets)
    if more > 0:
        sheet.text(width + 0.27, line, f"and {more} more", fontsize=6.0, va="top", color=MUTED)


def strongest_edges(weights: np.ndarray, most: int = EDGES) -> tuple[np.ndarray, int]:
    """Return the strongest pairs of a connectome, averaged over the two directions.

    Parameters
    ----------
    weights : ndarray, shape (N, N)
        Not negative.
    most : int
        Most pairs.

    Returns
    -------
    edges : ndarray, shape (N, N)
        Symmetric: rank over the number of pairs kept (strongest 1), else 0.
    count : int
        Pairs kept.
    """
    upper = np.triu_indices(len(weights), k=1)
    values = (weights + weights.T)[upper] / 2
    # Stable order: equal edges are taken in the order of the atlas on every machine.
    kept = np.argsort(-values, kind="stable")[:most]
    kept = kept[values[kept] > 0]
    edges = np.zeros_like(weights)
    edges[upper[0][kept], upper[1][kept]] = 1.0 - np.arange(len(kept)) / max(len(kept), 1)
    return edges + edges.T, len(kept)


def _networks(
    sheet: Sheet,
    top: float,
    letters: Any,
    atlas: Atlas,
    numbers: AtlasNumbers,
    surface: dict[str, np.ndarray] | None,
) -> None:
    from matplotlib.colors import to_rgb

    _lettered(sheet, 0.06, top + 0.14, next(letters), "Networks")
    colours = np.array([to_rgb(network_colour(name)) for name in atlas.network])
    box = (0.06, top + 0.24, 4.45, _NETWORKS_IN)
    brain_panels.cortex(sheet, box, atlas, colours, surface)
    shown = {name: count for name, count in numbers.networks.items() if name in NETWORK_COLOURS}
    others = {name: count for name, count in numbers.networks.items() if name not in shown}
    # Networks of the user's own share one grey, and so one entry when they are several.
    shown |= {"Others": sum(others.values())} if len(others) > 1 else others
    for place, (name, count) in enumerate(shown.items()):
        column, row = divmod(place, _LEGEND_ROWS)
        x, y = 4.72 + 1.3 * column, top + 0.3 + 0.165 * row
        sheet.patch(x, y, 0.14, 0.085, network_colour(name))
        label = f"{title_lines(network_label(name), 17, lines=1)}  {count}"
        sheet.text(x + 0.2, y + 0.043, label, fontsize=SMALL_PT, va="center")


def _maps(
    sheet: Sheet,
    top: float,
    letters: Any,
    atlas: Atlas,
    maps: tuple[str, ...],
    surface: dict[str, np.ndarray] | None,
) -> None:
    import matplotlib
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    cortex = atlas.cortex
    _lettered(sheet, 0.06, top + 0.14, next(letters), "Maps")
    for place, name in enumerate(maps):
        row, column = divmod(place, 2)
        x = 0.06 + column * (_COLUMN_IN + 0.1)
        y = top + 0.22 + row * _MAP_ROW_IN
        values = np.where(cortex, atlas.maps[name], np.nan)
        known = values[np.isfinite(values)]
        signed = known.min() < 0 < known.max()
        limit = nice_limit([known], 98.0) if signed else 0.0
        low, high = (-limit, limit) if signed else np.percentile(known, [2, 98])
        norm = Normalize(low, high if high > low else low + 1.0)
        scale = ScalarMappable(norm, matplotlib.colormaps[DIVERGING if signed else "viridis"])
        colours = np.where(np.isfinite(values)[:, None], scale.to_rgba(values)[:, :3], np.nan)
        width = _COLUMN_IN - 0.55
        brain_panels.cortex(sheet, (x, y + 0.2, width, _BRAINS_IN), atlas, colours, surface)
        told = f"{len(known)} of {int(cortex.sum())} cortical regions"
        below = int(np.isfinite(atlas.maps[name][~cortex]).sum())
        told += f"; {below} below cortex not drawn" if below else ""
        label = title_lines(name, 20, lines=1)
        sheet.text(x, y + 0.14, label, fontsize=SMALL_PT, fontstyle="italic")
        sheet.text(x + width, y + 0.14, told, fontsize=6.0, color=MUTED, ha="right")
        extend = _extend(known, norm)
        _upright_bar(sheet, (x + width + 0.06, y + 0.25, 0.06, _BRAINS_IN - 0.1), scale, extend)


def _extend(values: np.ndarray, norm: Any) -> str:
    below, above = values.min() < norm.vmin, values.max() > norm.vmax
    return {(True, True): "both", (True, False): "min", (False, True): "max"}.get(
        (bool(below), bool(above)), "neither"
    )


def _distributions(
    sheet: Sheet, top: float, letters: Any, atlas: Atlas, numbers: AtlasNumbers
) -> None:
    weights, lengths = np.asarray(atlas.weights), np.asarray(atlas.lengths_mm)
    present = weights > 0
    panels = [
        ("Weights", "log10 weight", np.log10(weights[present]), "pairs"),
        ("Lengths of connections", "mm", lengths[present], "pairs"),
        ("Strength", "summed weight of a region, log10", _log10(weights.sum(axis=1)), "regions"),
    ]
    width = (WIDTH_IN - 0.5 - 2 * 0.5 - 0.1) / 3
    for place, (title, label, values, what) in enumerate(panels):
        left = 0.5 + place * (width + 0.5)
        axes = sheet.axes(left, top + 0.26, width, 0.72)
        _lettered(sheet, left - 0.4, top + 0.14, next(letters), title)
        counted = 2 if what == "pairs" and numbers.symmetric else 1
        _histogram(axes, values, counted, what)
        axes.set_xlabel(label, fontsize=SMALL_PT)


def _log10(values: np.ndarray) -> np.ndarray:
    return np.log10(values[values > 0])


def _histogram(axes: Axes, values: np.ndarray, counted: int, what: str) -> None:
    """Draw how often values occur; each pair is counted once."""
    if not values.size:
        axes.text(0.5, 0.5, "none", transform=axes.transAxes, ha="center", color=MUTED)
        axes.set_yticks([])
        return
    bins = int(np.clip(np.sqrt(values.size / counted), 8, 40))
    heights, edges = np.histogram(values, bins=bins)
    axes.stairs(heights / counted, edges, fill=True, color="#9db4c8")
    axes.axvline(float(np.median(values)), color=INK, linewidth=0.8)
    axes.set_ylabel(what, fontsize=SMALL_PT)
    axes.locator_params(axis="y", nbins=3)
    axes.locator_params(axis="x", nbins=5)


def _lettered(sheet: Sheet, x: float, y: float, letter: str, title: str) -> None:
    sheet.text(x, y, letter, fontsize=TEXT_PT, fontweight="bold")
    sheet.text(x + 0.13, y, title, fontsize=TEXT_PT)


def _flat_bar(sheet: Sheet, box: tuple[float, float, float, float], image: Any, label: str) -> None:
    from matplotlib.colors import LogNorm
    from matplotlib.ticker import LogLocator, NullFormatter

    axes = sheet.axes(*box)
    bar = sheet.figure.colorbar(image, cax=axes, orientation="horizontal")
    bar.outline.set_linewidth(0.4)
    if isinstance(image.norm, LogNorm):
        axes.xaxis.set_major_locator(LogLocator(numticks=5))
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.minorticks_off()
        axes.xaxis.set_major_formatter(lambda value, _: _power(value))
    else:
        axes.locator_params(axis="x", nbins=5)
    axes.tick_params(length=2, pad=1.5, labelsize=6.0)
    bar.set_label(label, fontsize=SMALL_PT, labelpad=1.5)


def _power(value: float) -> str:
    """Return a power of ten in few characters."""
    exponent = round(math.log10(value))
    digits = str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"10{digits}" if not 0 <= exponent <= 2 else f"{value:g}"


def _upright_bar(
    sheet: Sheet, box: tuple[float, float, float, float], scale: Any, extend: str
) -> None:
    axes = sheet.axes(*box)
    bar = sheet.figure.colorbar(scale, cax=axes, extend=extend, extendfrac=0.06)
    bar.outline.set_linewidth(0.4)
    low, high = scale.norm.vmin, scale.norm.vmax
    ticks = [low, (low + high) / 2, high]
    bar.set_ticks(ticks, labels=[f"{tick:.2g}".replace("-", "−") for tick in ticks])
    axes.tick_params(length=2, pad=1.5, labelsize=6.0)
