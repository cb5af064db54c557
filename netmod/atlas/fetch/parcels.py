"""Regions of fetched connectomes: names, places, networks and targets from what netmod ships."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from netmod.atlas.load import load_atlas
from netmod.atlas.places import shipped_atlases
from netmod.atlas.targets import PUBLISHED, Published
from netmod.atlas.text import read_json
from netmod.atlas.tsv import read_table
from netmod.errors import DataError

# The first that occurs in a name or label decides: 'hippocampal' also holds 'pal'.
_STEMS = ("hippo", "amyg", "accumb", "thal", "caud", "put", "pal")

_DMPFC = Published(
    (0.0, 52.0, 26.0),
    "dorsomedial prefrontal cortex, away from the subgenual target",
    "Andrews-Hanna et al. 2010",
    "10.1016/j.neuron.2010.02.005",
    recalled=True,
)
SITES = {
    "dlpfc_left": (PUBLISHED["fox_2012"], "L"),
    "dlpfc_right": (PUBLISHED["fox_2012"], "R"),
    "sgacc": (PUBLISHED["sgacc_fox_2012"], "LR"),
    "mpfc": (_DMPFC, "LR"),
    "vertex": (PUBLISHED["vertex_cz"], "LR"),
    "motor_left": (PUBLISHED["motor_hand_left"], "L"),
}
"""Targets by a published point, and the hemispheres in which it (mirrored) is sought."""


class _Regions(Protocol):
    region: Sequence[str]
    label: Sequence[str]
    hemisphere: Sequence[str]
    kind: Sequence[str]


@dataclass(frozen=True)
class Parcels:
    """Columns of ``regions.tsv``, as :func:`netmod.atlas.write_atlas` takes them."""

    region: tuple[str, ...]
    label: tuple[str, ...]
    hemisphere: tuple[str, ...]
    network: tuple[str, ...]
    kind: tuple[str, ...]
    centroids_mm: np.ndarray

    def columns(self) -> dict[str, Any]:
        """Return the columns by name."""
        return dict(vars(self))


def structure(name: str) -> str | None:
    """Return the stem of the subcortical structure that a name or label speaks of, or None."""
    return next((stem for stem in _STEMS if stem in name.lower()), None)


def gyrus(label: str) -> str:
    """Return a FreeSurfer-like name of a Desikan-Killiany label: ``left pars orbitalis``."""
    words = re.sub(r"^(left|right) ", "", label)
    return words.replace(" ", "").replace("banksofthesuperiortemporalsulcus", "bankssts")


def anatomy(regions: _Regions) -> dict[tuple[str, str], int]:
    """Return the index of each region by hemisphere and anatomical name."""
    rows = zip(regions.region, regions.label, regions.hemisphere, regions.kind, strict=True)
    found = {}
    for place, (name, label, side, kind) in enumerate(rows):
        deep = structure(f"{name} {label}") if kind == "subcortex" else None
        found[side, deep or gyrus(label)] = place
    return found


def surface_parcels(table: str) -> Parcels:
    """Return the cortical parcels of a surface parcellation from the table that netmod ships.

    Parameters
    ----------
    table : str
        ``schaefer_100`` … ``schaefer_400``, ``glasser_360``.

    Returns
    -------
    Parcels
        In the order of the labels; Schaefer's names stand without ``7Networks_``.

    Raises
    ------
    DataError
        If netmod ships no such table, or it is malformed.
    """
    places = [root / "centroids" / f"{table}.tsv" for root in shipped_atlases()]
    path = next((place for place in places if place.is_file()), places[-1])
    rows = read_table(path)
    axes = [rows.header.index(axis) for axis in "xyz" if rows.column(axis)]
    return Parcels(
        region=rows.column("name"),
        label=rows.column("name"),
        hemisphere=rows.column("hemisphere"),
        network=rows.column("network"),
        kind=("cortex",) * len(rows.rows),
        centroids_mm=np.array([[rows.number(r, c) for c in axes] for r in range(len(rows.rows))]),
    )


def dk_parcels(names: Sequence[str]) -> Parcels:
    """Return parcels that the shipped ``dk84`` has too, by anatomical name.

    Parameters
    ----------
    names : sequence of str
        ``L_bankssts`` (cortex) or ``Lthal`` (subcortex).

    Raises
    ------
    DataError
        If a name has no counterpart.
    """
    atlas = load_atlas("dk84")
    known = anatomy(atlas)
    places = []
    for name in names:
        key = name[2:] if name[1:2] == "_" else structure(name[1:])
        place = known.get((name[:1], key or ""))
        if place is None:
            raise DataError(f"'{name}' is no region of dk84", expected="L_bankssts, Lthal, …")
        places.append(place)
    columns = {
        column: tuple(getattr(atlas, column)[place] for place in places)
        for column in ("label", "hemisphere", "network", "kind")
    }
    return Parcels(region=tuple(names), centroids_mm=atlas.centroids_mm[places], **columns)


def joined(first: Parcels, second: Parcels) -> Parcels:
    """Return the parcels of both, one after the other."""
    columns = {
        name: getattr(first, name) + getattr(second, name)
        for name in ("region", "label", "hemisphere", "network", "kind")
    }
    return Parcels(centroids_mm=np.vstack([first.centroids_mm, second.centroids_mm]), **columns)


def carried_targets(reference: str, parcels: Parcels) -> dict[str, dict[str, Any]]:
    """Return the targets of a shipped atlas whose every region has a counterpart here.

    Counterparts have the same name or the same anatomical name.
    """
    atlas = load_atlas(reference)
    here = anatomy(parcels)
    counterpart = {name: name for name in parcels.region}
    for key, place in anatomy(atlas).items():
        if key in here:
            counterpart.setdefault(atlas.region[place], parcels.region[here[key]])
    targets = {}
    for name, entry in read_json(Path(str(atlas.folder)) / "targets.json").items():
        regions = [counterpart.get(region) for region in entry["regions"]]
        if all(regions):
            targets[name] = {**entry, "regions": regions}
    return targets


def placed_targets(parcels: Parcels) -> dict[str, dict[str, Any]]:
    """Return targets at published points: in each hemisphere asked for, the nearest parcel.

    Hippocampus and amygdala are taken by name.
    """
    side, kind = np.array(parcels.hemisphere), np.array(parcels.kind)
    targets: dict[str, dict[str, Any]] = {}
    for name, (site, sides) in SITES.items():
        point = np.array(site.mni_mm)
        regions = []
        for hemisphere in sides:
            mirrored = np.array([abs(point[0]) * (-1 if hemisphere == "L" else 1), *point[1:]])
            away = np.linalg.norm(parcels.centroids_mm - mirrored, axis=1)
            away[(side != hemisphere) | (kind != "cortex")] = np.inf
            regions.append(parcels.region[int(away.argmin())])
        targets[name] = {
            "regions": regions,
            "doc": f"Parcel whose centroid is nearest to {site.mni_mm} mm: "
            f"{site.doc}; mirrored where the other hemisphere is asked for.",
            "source": f"{site.source}; choice of this project",
        }
    for name, stem in (("hippocampus", "hippo"), ("amygdala", "amyg")):
        regions = [region for region in parcels.region if stem in region]
        if regions:
            targets[name] = {
                "regions": regions,
                "doc": f"{name.capitalize()}, both hemispheres.",
                "source": "names of the source",
            }
    return targets


def square(text: str, n: int, where: str, delimiter: str | None = ",") -> np.ndarray:
    """Read a square matrix without header.

    Raises
    ------
    DataError
        If it is not `n` by `n`, symmetric and finite, with a zero diagonal.
    """
    matrix = np.loadtxt(text.splitlines(), delimiter=delimiter, ndmin=2)
    sound = (
        matrix.shape == (n, n)
        and np.isfinite(matrix).all()
        and np.array_equal(matrix, matrix.T)
        and not np.diag(matrix).any()
    )
    if not sound:
        raise DataError(
            "not the matrix that the recipe was written for",
            where=where,
            expected=f"{n} x {n}, symmetric, finite, zero diagonal",
            got=f"shape {matrix.shape}",
        )
    return matrix


def summary(weights: np.ndarray) -> Mapping[str, float]:
    """Return density, smallest positive, median positive and largest weight."""
    upper = weights[np.triu_indices(len(weights), 1)]
    positive = upper[upper > 0]
    return {
        "density": round(positive.size / upper.size, 4),
        "smallest": float(positive.min()),
        "median": float(np.median(positive)),
        "largest": float(positive.max()),
    }
