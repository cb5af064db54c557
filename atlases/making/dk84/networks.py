"""Parcel of each fsLR-32k vertex by the volume, and the Yeo-7 network of each cortical parcel."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np
from scipy.spatial import cKDTree

from making import vertices
from making.dk84.regions import Regions
from making.sources import Sources

TOLERANCE_MM = 3.0


def vertex_regions(sources: Sources, regions: Regions) -> np.ndarray:
    """Return the region index of each vertex [64984], −1 for none.

    The group-average midthickness surface of HCP S1200 lies in MNI space; a vertex belongs to the
    parcel of the nearest labelled cortical voxel of its hemisphere, within 3 mm.
    """
    points = vertices.midthickness(sources)
    place = {int(value): i for i, value in enumerate(regions.codes)}
    found = np.full(points.shape[0], -1)
    for base, half in ((1000, slice(0, vertices.HALF)), (2000, slice(vertices.HALF, None))):
        voxels = np.argwhere((regions.volume > base) & (regions.volume < base + 1000))
        tree = cKDTree(nib.affines.apply_affine(regions.affine, voxels))
        distance, nearest = tree.query(points[half])
        code = regions.volume[tuple(voxels[nearest].T)]
        index = np.array([place.get(int(value), -1) for value in code])
        found[half] = np.where(distance > TOLERANCE_MM, -1, index)
    return found


def assign_networks(sources: Sources, regions: Regions) -> tuple[list[str], list[str]]:
    """Return network and overlap share (text) of every region."""
    other = {"subcortex": "Subcortex", "cerebellum": "Cerebellum", "cortex": ""}
    network = [other[kind] for kind in regions.kind]
    share = ["n/a"] * len(network)
    yeo, region = vertices.yeo7(sources), vertex_regions(sources, regions)
    for place, kind in enumerate(regions.kind):
        if kind == "cortex":
            counts = np.bincount(yeo[region == place], minlength=8)[1:]
            network[place] = vertices.NETWORKS[int(counts.argmax())]
            share[place] = f"{counts.max() / counts.sum():.3f}"
    return network, share


def compare_with_enigma(sources: Sources, regions: Regions, path: Path) -> None:
    """Print how far ENIGMA's fsLR-32k labelling of the same parcels agrees (a check only)."""
    enigma = np.loadtxt(path, dtype=int)
    yeo, region = vertices.yeo7(sources), vertex_regions(sources, regions)
    theirs = np.full(enigma.size, -1)
    # ENIGMA numbers FreeSurfer's parcels 1 to 35 and 36 to 70; the fourth is the corpus callosum.
    order = [number for number in range(1, 36) if number != 4]
    for side, add in (("L", 0), ("R", 35)):
        pairs = zip(regions.hemisphere, regions.kind, strict=True)
        cortex = [i for i, pair in enumerate(pairs) if pair == (side, "cortex")]
        for number, place in zip(order, cortex, strict=True):
            theirs[enigma == number + add] = place
    both = (region >= 0) & (theirs >= 0)
    print(f"ENIGMA: {np.mean(region[both] == theirs[both]):.1%} of {both.sum()} vertices agree")
    for place in sorted(set(region[both])):
        ours, other = (
            np.bincount(yeo[where == place], minlength=8)[1:] for where in (region, theirs)
        )
        if ours.argmax() != other.argmax():
            print(
                f"  {regions.name[place]}: {vertices.NETWORKS[ours.argmax()]}"
                f" {ours.max() / ours.sum():.2f}, by ENIGMA's parcel"
                f" {vertices.NETWORKS[other.argmax()]} {other.max() / other.sum():.2f}"
            )
