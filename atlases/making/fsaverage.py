"""Labels of the fsaverage5 surface, for pictures and for averages of surface maps.

FreeSurfer's annotation files are made on that surface; a parcellation of fsLR-32k is carried over
by the nearest vertex in mm, which is coarser.
"""

from __future__ import annotations

import hashlib
import itertools

import nibabel as nib
import numpy as np
from nilearn.datasets import load_fsaverage
from scipy.spatial import cKDTree

from making.expression import ROOM
from making.sources import TRANSCRIPTOMICS, Sources
from making.vertices import HALF

VERTICES = 10242
ANNOTATIONS = {
    "DK": f"{ROOM}/DK/atlas-DK_fsa5_{{}}h_aparc.annot",
    "Schaefer_100": f"{ROOM}/Schaefer_100/atlas-Schaefer_100_{{}}h_aparc.annot",
}
MNI305_TO_MNI152 = np.array(
    [
        [0.9975, -0.0073, 0.0176, -0.0429],
        [0.0146, 1.0009, -0.0024, 1.5496],
        [-0.0130, -0.0093, 0.9971, 1.1840],
    ]
)
"""FreeSurfer's matrix from fsaverage's space to MNI152 (FreeSurfer wiki, CoordinateSystems;
recalled, and checked: with it more vertices of Schaefer-100 agree with the annotation)."""

_MESHES = "5a9a15b1db850f371d48625db7061082ea56fe7b82732028d746c9ab39cf345a"


def mid_surface() -> np.ndarray:
    """Return the positions [2, vertex, 3] in MNI152 mm of fsaverage5, between white and pial."""
    meshes = load_fsaverage("fsaverage5")
    found = np.array(
        [
            [meshes[kind].parts[side].coordinates for side in ("left", "right")]
            for kind in ("white_matter", "pial")
        ],
        dtype=np.float32,
    )
    got = hashlib.sha256(found.tobytes()).hexdigest()
    if got != _MESHES:
        raise SystemExit(f"nilearn's fsaverage5 has changed: SHA-256 of its coordinates is {got}")
    return found.mean(axis=0) @ MNI305_TO_MNI152[:, :3].T + MNI305_TO_MNI152[:, 3]


def annotation(sources: Sources, parcellation: str, side: str) -> tuple[np.ndarray, list[str]]:
    """Return labels [vertex] and their names of an annotation of fsaverage5."""
    member = ANNOTATIONS[parcellation].format(side.lower())
    path = sources.unpack(TRANSCRIPTOMICS, member)
    labels, _, names = nib.freesurfer.read_annot(path)
    if labels.shape != (VERTICES,):
        raise SystemExit(f"{member} is not on fsaverage5")
    return labels, [name.decode() for name in names]


def by_annotation(
    sources: Sources, parcellation: str, place: dict[tuple[str, str], int]
) -> np.ndarray:
    """Return region indices [2, vertex], −1 without one; `place` goes by hemisphere and name."""
    found = np.full((2, VERTICES), -1)
    for row, side in enumerate("LR"):
        labels, names = annotation(sources, parcellation, side)
        index = np.array([place.get((side, name), -1) for name in names])
        found[row] = np.where(labels >= 0, index[labels], -1)
    return found


def by_distance(points: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the label less one [2, vertex] of the nearest vertex of fsLR-32k; −1 for none.

    Parameters
    ----------
    points : array, shape (64984, 3)
        Positions of fsLR-32k in MNI152 mm.
    labels : array, shape (64984,)
        Parcels from 1; 0 for none.
    """
    halves = zip(points.reshape(2, HALF, 3), labels.reshape(2, HALF), mid_surface(), strict=True)
    return np.array([own[cKDTree(at).query(wanted)[1]] - 1 for at, own, wanted in halves])


def agreement(sources: Sources, points: np.ndarray, labels: np.ndarray) -> float:
    """Return the share of fsaverage5's vertices on which `by_distance` finds the true parcel.

    Measured on Schaefer-100, whose labels on both surfaces are known; the medial wall counts.
    """
    true = [annotation(sources, "Schaefer_100", side)[0] for side in "LR"]
    true[1] = np.where(true[1] > 0, true[1] + 50, 0)
    return float(np.mean(by_distance(points, labels) == np.array(true) - 1))


def table(regions: list[str], index: np.ndarray) -> str:
    """Return ``surface.tsv``: runs of equal labels, left hemisphere then right."""
    lines = ["hemisphere\tfirst\tcount\tregion\n"]
    for side, labels in zip("LR", index, strict=True):
        first = 0
        for label, run in itertools.groupby(labels.tolist()):
            count = len(list(run))
            lines.append(f"{side}\t{first}\t{count}\t{regions[label] if label >= 0 else 'n/a'}\n")
            first += count
    return "".join(lines)
