"""Name a place in the brain: a target, a region, a published site, a point in MNI space."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netmod.atlas.atlas import Atlas
from netmod.atlas.text import read_json
from netmod.errors import ConfigError, did_you_mean

FARTHEST_MM = 30.0
"""A point farther than this from every cortical centroid is no place in the brain (proposal:
about the radius of the largest parcels of a coarse atlas)."""

WIDTH_MM = 12.0
"""SD of the neighbourhood of a point (proposal: that of a figure-of-eight coil in this model)."""

_LEAST = 0.01  # share of the nearest region's weight below which a region is no neighbour


class Published(NamedTuple):
    """A site from the literature.

    Attributes
    ----------
    mni_mm : tuple of float
        Point in MNI space, x to the right.
    doc : str
        What it is.
    citation, doi : str
        Where it is from.
    recalled : bool
        Whether the numbers were not re-read in the original.
    """

    mni_mm: tuple[float, float, float]
    doc: str
    citation: str
    doi: str
    recalled: bool = False

    @property
    def source(self) -> str:
        """Citation with DOI, and ``recalled`` where that holds."""
        return f"{'recalled: ' if self.recalled else ''}{self.citation}, doi:{self.doi}"


_FOX = ("Fox et al. 2012", "10.1016/j.biopsych.2012.04.028")
_OKAMOTO = ("Okamoto et al. 2004", "10.1016/j.neuroimage.2003.08.026")

PUBLISHED: Mapping[str, Published] = MappingProxyType(
    {
        "fox_2012": Published(
            (-38.0, 44.0, 26.0),
            "left DLPFC, group site of strongest anticorrelation with the sgACC",
            *_FOX,
        ),
        "sgacc_fox_2012": Published(
            (6.0, 16.0, -10.0), "subgenual anterior cingulate, seed of that site", *_FOX
        ),
        "fox_2013": Published(
            (-42.0, 44.0, 30.0),
            "left DLPFC, group peak of anticorrelation with the sgACC",
            "Fox, Liu and Pascual-Leone 2013",
            "10.1016/j.neuroimage.2012.10.082",
            recalled=True,
        ),
        "ba9_fox_2012": Published(
            (-36.0, 39.0, 43.0), "left DLPFC, centre of BA9", *_FOX, recalled=True
        ),
        "ba46_fox_2012": Published(
            (-44.0, 40.0, 29.0), "left DLPFC, centre of BA46", *_FOX, recalled=True
        ),
        "f3_fox_2012": Published(
            (-37.0, 26.0, 49.0), "left DLPFC, site below F3 as compared there", *_FOX, recalled=True
        ),
        "five_cm_rule": Published(
            (-41.0, 16.0, 54.0), "mean site of the 5-cm rule", *_FOX, recalled=True
        ),
        "fitzgerald_2009": Published(
            (-46.0, 45.0, 38.0),
            "left DLPFC, junction of BA9 and BA46, for navigated stimulation",
            "Fitzgerald et al. 2009",
            "10.1038/npp.2008.233",
            recalled=True,
        ),
        "beam_f3": Published(
            (-41.5, 41.1, 33.4),
            "mean site of the Beam F3 method",
            "Trapp et al. 2020",
            "10.1016/j.brs.2020.01.010",
            recalled=True,
        ),
        "eeg_f3": Published((-35.5, 49.4, 32.4), "cortex below F3", *_OKAMOTO),
        "vertex_cz": Published((0.8, -14.7, 73.9), "cortex below Cz", *_OKAMOTO),
        "motor_hand_left": Published(
            (-37.0, -21.0, 58.0),
            "left primary motor cortex, hand; the original may be in Talairach space",
            "Mayka et al. 2006",
            "10.1016/j.neuroimage.2006.02.004",
            recalled=True,
        ),
    }
)
"""Published sites by name."""


class Target(NamedTuple):
    """Regions that a place stands for.

    Attributes
    ----------
    regions : ndarray of int, shape (k,)
        Region indices: in the order of the target's list, or by distance from the point.
    weights : ndarray, shape (k,)
        Share of each region; they add up to 1.
    distance_mm : ndarray, shape (k,)
        Distance of each centroid from the point; 0 for regions that were named.
    doc, source : str
        What the place is, and where it is from.
    """

    regions: NDArray[np.int64]
    weights: NDArray[np.float64]
    distance_mm: NDArray[np.float64]
    doc: str
    source: str


def resolve_target(atlas: Atlas, place: str | ArrayLike, *, width_mm: float = WIDTH_MM) -> Target:
    """Return the regions that a place stands for.

    A text is looked up as a target of the atlas, a region's name, a region's label (whatever its
    case), a key of :data:`PUBLISHED`, and is else read as ``x,y,z``. Named regions share the
    weight evenly. A point takes the cortical regions around it with weights
    ``exp(-d**2 / (2 width_mm**2))`` of the distance d to their centroids, nearest first, down to
    1 % of the nearest one's weight (proposal); regions at the same distance keep the atlas's
    order.

    Parameters
    ----------
    atlas : Atlas
        Regions, centroids and targets.
    place : str or array_like, shape (3,)
        Name, or a point in MNI space in mm.
    width_mm : float
        SD of the neighbourhood of a point.

    Returns
    -------
    Target

    Raises
    ------
    ConfigError
        If nothing has that name, several regions have that label, the point is farther than 30 mm
        from every cortical centroid, or the width is not positive.
    """
    if not (math.isfinite(width_mm) and width_mm > 0.0):
        raise ConfigError(
            "the width of a target is out of range",
            where="resolve_target.width_mm",
            expected="a positive, finite number of mm",
            got=f"{width_mm}",
        )
    if isinstance(place, str):
        named = _named(atlas, place.strip())
        if named is not None:
            return named
        if place.strip() in PUBLISHED:
            site = PUBLISHED[place.strip()]
            return _around(atlas, np.array(site.mni_mm), width_mm, site.doc, site.source)
    return _around(atlas, _point(atlas, place), width_mm, "a point in MNI space", "given")


def target_notes(atlas: Atlas) -> dict[str, dict[str, str]]:
    """Return ``doc`` and ``source`` of the atlas's targets, as far as it tells them.

    Parameters
    ----------
    atlas : Atlas
        Read from a folder (``targets.json``), or derived from such a one, which carries the notes
        under ``targets`` in its description.

    Returns
    -------
    dict of str to dict
        By the name of the target.

    Raises
    ------
    DataError
        If ``targets.json`` can no longer be read.
    """
    entries = atlas.description.get("targets", {})
    path = atlas.folder / "targets.json" if atlas.folder is not None else None
    if path is not None and path.is_file():
        entries = read_json(path)
    return {
        name: {key: str(entries[name][key]) for key in ("doc", "source") if key in entries[name]}
        for name in atlas.targets
        if isinstance(entries.get(name), Mapping)
    }


def _named(atlas: Atlas, text: str) -> Target | None:
    if text in atlas.targets:
        note = target_notes(atlas).get(text, {})
        own = f"target of atlas '{atlas.name}'"
        return _even(atlas.targets[text], note.get("doc", text), note.get("source", own))
    if text in atlas.region:
        index = atlas.region.index(text)
        return _even([index], atlas.label[index], f"region of atlas '{atlas.name}'")
    same = [i for i, label in enumerate(atlas.label) if label.casefold() == text.casefold()]
    if len(same) > 1:
        raise ConfigError(
            f"{len(same)} regions have the label '{text}'",
            where=f"atlas '{atlas.name}'",
            expected="the name of one region",
            got=", ".join(atlas.region[i] for i in same),
        )
    if same:
        return _even(same, atlas.label[same[0]], f"region of atlas '{atlas.name}'")
    return None


def _even(regions: Sequence[int], doc: str, source: str) -> Target:
    k = len(regions)
    return Target(np.array(regions, dtype=int), np.full(k, 1.0 / k), np.zeros(k), doc, source)


def _around(atlas: Atlas, point: np.ndarray, width_mm: float, doc: str, source: str) -> Target:
    cortex = np.flatnonzero(atlas.cortex)
    distance = np.linalg.norm(atlas.centroids_mm[cortex] - point, axis=1)
    order = np.argsort(distance, kind="stable")
    cortex, distance = cortex[order], distance[order]
    if not cortex.size or distance[0] > FARTHEST_MM:
        nearest = (
            f"the nearest region is {atlas.region[cortex[0]]}, {distance[0]:.0f} mm away"
            if cortex.size
            else "the atlas has no cortex"
        )
        raise ConfigError(
            "the point lies outside the cortex of the atlas",
            where=f"atlas '{atlas.name}'",
            expected=f"a point in MNI space within {FARTHEST_MM:g} mm of a cortical centroid",
            got=",".join(f"{x:g}" for x in point),
            hint=f"{nearest}; name a deep region by its name",
        )
    # Relative to the nearest, so that a narrow width leaves that one and not nothing.
    share = np.exp((distance[0] ** 2 - distance**2) / (2.0 * width_mm**2))
    kept = share >= _LEAST
    where = ",".join(f"{x:g}" for x in point)
    return Target(
        cortex[kept],
        share[kept] / share[kept].sum(),
        distance[kept],
        f"{doc} at ({where}) mm, {distance[0]:.1f} mm from the centroid of "
        f"{atlas.region[cortex[0]]}",
        source,
    )


def _point(atlas: Atlas, place: str | ArrayLike) -> np.ndarray:
    if isinstance(place, str) and "," not in place:
        names = (*atlas.targets, *PUBLISHED)
        raise ConfigError(
            f"unknown place '{place}'",
            where=f"atlas '{atlas.name}'",
            expected=f"one of {', '.join(names)}; a region; or x,y,z in MNI mm",
            got=f"'{place}'",
            hint=did_you_mean(place.strip(), (*names, *atlas.region, *atlas.label)),
        )
    try:
        point = np.array(place.split(",") if isinstance(place, str) else place, dtype=float)
    except (TypeError, ValueError):
        point = np.array([])
    if point.shape != (3,) or not np.isfinite(point).all():
        raise ConfigError(
            "not a point in space",
            where=f"atlas '{atlas.name}'",
            expected="three finite numbers, x,y,z in MNI mm, e.g. -38,44,26",
            got=f"'{place}'" if isinstance(place, str) else f"{place}",
        )
    return point
