"""Order of regions on matrix axes: by network, hemispheres inside a network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from netmod.errors import DataError
from netmod.figures.style import NETWORK_COLOURS

if TYPE_CHECKING:
    from netmod.atlas import Atlas
    from netmod.study.results import Results


@dataclass(frozen=True)
class RegionOrder:
    """Regions sorted by network, with the extent of each network.

    Parameters
    ----------
    index : ndarray, shape (N,)
        Region of the atlas at each place.
    spans : tuple of (str, int, int)
        Network, first place, place after the last.
    """

    index: np.ndarray
    spans: tuple[tuple[str, int, int], ...]

    def apply(self, matrix: np.ndarray) -> np.ndarray:
        """Return rows and columns of a matrix [N, N] in this order."""
        return matrix[np.ix_(self.index, self.index)]


def order_regions(network: Sequence[str], hemisphere: Sequence[str]) -> RegionOrder:
    """Sort regions by network (canonical order, then others by name), then left and right.

    Parameters
    ----------
    network, hemisphere : sequence of str
        One label per region.

    Returns
    -------
    RegionOrder
        The order inside a network and hemisphere is the atlas's own.
    """
    canonical = list(NETWORK_COLOURS)
    others = sorted(set(network) - set(canonical))
    rank = {name: place for place, name in enumerate([*canonical, *others])}
    side = {"L": 0, "R": 1}
    index = sorted(
        range(len(network)),
        key=lambda region: (rank[network[region]], side.get(hemisphere[region], 2), region),
    )
    spans = []
    start = 0
    for place in range(1, len(index) + 1):
        if place == len(index) or network[index[place]] != network[index[start]]:
            spans.append((network[index[start]], start, place))
            start = place
    return RegionOrder(np.array(index, dtype=int), tuple(spans))


def spread(centres: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Move labels apart until neighbours are `gap` from each other, as little as possible.

    Parameters
    ----------
    centres : sequence of float
        Wished places, increasing.
    gap : float
        Least distance of two labels.
    low, high : float
        Range to stay in where the labels fit in it.

    Returns
    -------
    list of float
        Places in the same order.
    """
    # Pool adjacent violators: after subtracting place × gap the wish is an isotonic regression.
    blocks: list[list[float]] = []
    for place, centre in enumerate(centres):
        blocks.append([centre - place * gap, 1.0])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            value, weight = blocks.pop()
            before, weight_before = blocks[-1]
            total = weight + weight_before
            blocks[-1] = [(value * weight + before * weight_before) / total, total]
    flat = [value for value, weight in blocks for _ in range(round(weight))]
    ceiling = high - (len(flat) - 1) * gap
    return [max(low, min(value, ceiling)) + place * gap for place, value in enumerate(flat)]


def check_atlas(results: Results, atlas: Atlas) -> None:
    """Refuse an atlas whose regions are not those of the study.

    Raises
    ------
    DataError
        If names or their order differ.
    """
    if tuple(atlas.region) == results.region:
        return
    pairs = zip(atlas.region, results.region, strict=False)
    differ = next(
        (
            f"region {place}: atlas '{ours}', study '{theirs}'"
            for place, (ours, theirs) in enumerate(pairs, start=1)
            if ours != theirs
        ),
        f"{len(atlas.region)} regions in the atlas, {len(results.region)} in the study",
    )
    raise DataError(
        f"atlas '{atlas.name}' is not the one that this study was run on",
        where=str(results.folder),
        got=differ,
        hint="use the atlas of the study, or run the study again",
    )
