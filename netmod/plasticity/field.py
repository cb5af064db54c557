"""Stimulation fields over regions: a magnetic coil, a pair of electrodes, a computed e-field."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netmod.atlas import Atlas
from netmod.atlas.targets import FARTHEST_MM, PUBLISHED
from netmod.dynamics.stimulation import gaussian_pattern
from netmod.errors import ConfigError, DataError, did_you_mean
from netmod.plasticity.field_files import read_parcel_field

Array = NDArray[np.float64]
Point = tuple[float, float, float]


class Montage(NamedTuple):
    """Two electrodes on the scalp; which one is the anode does not matter to the magnitude.

    Attributes
    ----------
    first_mm, second_mm : tuple of float
        Centres in MNI space, x to the right.
    source : str
        Where they are from.
    """

    first_mm: Point
    second_mm: Point
    source: str


_1010 = (
    "10-10 positions on the MNI head: Jurcak et al. 2007, doi:10.1016/j.neuroimage.2006.09.024; "
    "their choice for this placement is a proposal"
)

MONTAGES: Mapping[str, Montage] = MappingProxyType(
    {
        "bitemporal": Montage(
            (-76.7, 10.8, -10.3),
            (78.3, 11.1, -10.0),
            f"FT7 and FT8, about 1 cm from 2.5 cm above the line from canthus to tragus; {_1010}",
        ),
        "right_unilateral": Montage(
            (78.3, 11.1, -10.0),
            (24.0, -9.0, 93.0),
            "FT8 and a point 2.5 cm right of Cz towards C2, the placement of d'Elia 1970, "
            f"Acta Psychiatr Scand Suppl 215 (recalled); {_1010}",
        ),
        "bifrontal": Montage(
            (-62.9, 46.0, 16.0),
            (64.3, 46.4, 16.5),
            f"F5 and F6, about 5 cm above the outer canthus (recalled); {_1010}",
        ),
    }
)
"""Electrode placements of electroconvulsive therapy by name."""


def field_of(atlas: Atlas, place: str | ArrayLike, width_mm: float) -> Array:
    """Return the field over regions of a coil at a place, or the one that a file holds.

    Parameters
    ----------
    atlas : Atlas
        Regions and centroids.
    place : str or array_like, shape (3,)
        Path of a table that ends in ``.tsv`` (:func:`netmod.plasticity.field_files.
        read_parcel_field`); else as in :func:`coil_field`.
    width_mm : float
        SD of the Gaussian of a coil; a table does not use it.

    Returns
    -------
    ndarray, shape (region,)
        From 0 to 1.

    Raises
    ------
    ConfigError
        If there is no such place, or the width is not positive.
    DataError
        If the table cannot be used.
    """
    if isinstance(place, str) and place.endswith(".tsv"):
        return read_parcel_field(place, atlas).field
    return coil_field(atlas, place, width_mm)


def coil_field(atlas: Atlas, place: str | ArrayLike, width_mm: float) -> Array:
    """Return the field of a figure-of-eight coil: ``exp(-d**2 / (2 width**2))`` over cortex.

    The direction of the coil does not enter. A target is a set of regions: d is the distance to
    the nearest of their centroids. A position is a point: d is the distance to it. Either way the
    field is scaled to 1 where it is strongest: places compare at the same dose, and how far the
    next centroid happens to lie on a coarse atlas does not weaken a coil.

    Parameters
    ----------
    atlas : Atlas
        Centroids in MNI space.
    place : str or array_like, shape (3,)
        A target or region of the atlas, a key of :data:`netmod.atlas.targets.PUBLISHED`, or a
        point in MNI space, mm (as text ``x,y,z``). The atlas's names come first.
    width_mm : float
        SD of the Gaussian.

    Returns
    -------
    ndarray, shape (region,)
        From 0 to 1. 0 outside cortex, which such a coil hardly reaches; a deep region is 1 only
        where it is itself the named target.

    Raises
    ------
    ConfigError
        If there is no such place, it lies farther than 30 mm from every cortical centroid, or the
        width is not positive.

    References
    ----------
    Deng, Lisanby and Peterchev 2013, doi:10.1016/j.brs.2012.02.005 (focal coils reach 1 to 2 cm
    deep; recalled). The Gaussian is a proposal.
    """
    centres, named = _centres(atlas, place)
    reach = np.max([gaussian_pattern(atlas.centroids_mm, c, width_mm) for c in centres], axis=0)
    reach = np.where(atlas.cortex | named, reach, 0.0)
    return reach / reach.max()


def electrode_field(atlas: Atlas, montage: str, current: float = 1.0) -> Array:
    """Return the field magnitude of electroconvulsive therapy at every region.

    Two point electrodes in an unbounded homogeneous conductor (:func:`dipole_field`). Skull,
    fluid and the size of the electrodes are left out: the field falls off with depth more than in
    a head model, and differs less between people.

    Parameters
    ----------
    atlas : Atlas
        Centroids in MNI space.
    montage : str
        A key of :data:`MONTAGES`.
    current : float
        Relative current; the field is proportional to it.

    Returns
    -------
    ndarray, shape (region,)
        Relative to the mean over all regions with ``bitemporal`` at current 1, so that montages
        compare at the same charge.

    Raises
    ------
    ConfigError
        If there is no such montage, or the current is negative or not finite.
    """
    if montage not in MONTAGES:
        raise ConfigError(
            f"unknown montage '{montage}'",
            where="electrode_field.montage",
            expected=f"one of {', '.join(MONTAGES)}",
            got=f"'{montage}'",
            hint=did_you_mean(montage, MONTAGES),
        )
    if not (math.isfinite(current) and current >= 0):
        raise ConfigError(
            "the current is out of range",
            where="electrode_field.current",
            expected="a finite number, at least 0",
            got=f"{current}",
        )
    field, reference = (
        dipole_field(atlas.centroids_mm, used.first_mm, used.second_mm)
        for used in (MONTAGES[montage], MONTAGES["bitemporal"])
    )
    return current * (field / reference.mean())


def dipole_field(points_mm: ArrayLike, source_mm: ArrayLike, sink_mm: ArrayLike) -> Array:
    r"""Return the field magnitude of a current that enters at one point and leaves at another.

    In an unbounded homogeneous conductor, up to :math:`I / (4 \pi \sigma)`,

    .. math::

        |E| = \left| \frac{r - r_1}{|r - r_1|^3} - \frac{r - r_2}{|r - r_2|^3} \right|

    Parameters
    ----------
    points_mm : array_like, shape (point, 3)
        Where the field is wanted.
    source_mm, sink_mm : array_like, shape (3,)
        :math:`r_1` and :math:`r_2`.

    Returns
    -------
    ndarray, shape (point,)
        In 1/mm².

    Raises
    ------
    DataError
        If a point lies on an electrode, where the field has no bound.

    References
    ----------
    Malmivuo and Plonsey 1995, Bioelectromagnetism, doi:10.1093/acprof:oso/9780195058239.001.0001
    (recalled).
    """
    points = np.asarray(points_mm, dtype=float)
    total = np.zeros_like(points)
    for sign, electrode in ((1.0, source_mm), (-1.0, sink_mm)):
        apart = points - np.asarray(electrode, dtype=float)
        distance = np.linalg.norm(apart, axis=1, keepdims=True)
        if not distance.all():
            raise DataError(
                "a region lies on an electrode",
                where=f"point {int(distance.argmin())}",
                expected="centroids in mm inside the head",
                got=", ".join(f"{x:g}" for x in points[distance.argmin()]),
            )
        total += sign * apart / distance**3
    return np.linalg.norm(total, axis=1)


def _centres(atlas: Atlas, place: str | ArrayLike) -> tuple[Array, NDArray[np.bool_]]:
    """Return the points [point, 3] of a place and the mask [region] of the regions it names."""
    named = np.zeros(atlas.n_regions, dtype=bool)
    if isinstance(place, str) and (place in atlas.targets or place in atlas.region):
        named[atlas.target(place)] = True
        return atlas.centroids_mm[named], named
    if isinstance(place, str) and place in PUBLISHED:
        point = np.array(PUBLISHED[place].mni_mm)
    else:
        point = _point(atlas, place)
    cortex = np.flatnonzero(atlas.cortex)
    distance = np.linalg.norm(atlas.centroids_mm[cortex] - point, axis=1)
    if not (distance <= FARTHEST_MM).any():
        nearest = (
            f"the nearest region is {atlas.region[cortex[distance.argmin()]]}, "
            f"{distance.min():.0f} mm away"
            if cortex.size
            else "the atlas has no cortex"
        )
        raise ConfigError(
            "the coil lies outside the brain",
            where=f"atlas '{atlas.name}'",
            expected=f"a point in MNI space within {FARTHEST_MM:g} mm of a cortical region, in mm",
            got=",".join(f"{x:g}" for x in point),
            hint=f"{nearest}; give the point of cortex below the coil, not of the scalp",
        )
    return point[None], named


def _point(atlas: Atlas, place: str | ArrayLike) -> Array:
    """Return a point [3] from its numbers or its text."""
    if isinstance(place, str) and "," not in place:
        targets = (*atlas.targets, *PUBLISHED)
        raise ConfigError(
            f"unknown place '{place}'",
            where=f"atlas '{atlas.name}'",
            expected=f"one of {', '.join(targets)}; a region; x,y,z in MNI mm; or a .tsv file",
            got=f"'{place}'",
            hint=did_you_mean(place, (*targets, *atlas.region)),
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
