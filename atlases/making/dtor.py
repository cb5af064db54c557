"""The HCP-MMP1 network of the dTOR tractogram in tvbo: 360 cortical areas and 19 structures."""

from __future__ import annotations

from dataclasses import dataclass

import h5py
import numpy as np
from ruamel.yaml import YAML

from making.sources import TVBO, Sources

_ROOM = "tvbo/database/networks/tpl-MNI152NLin2009bAsym_cohort-HCPYA_rec-"
NETWORK = _ROOM + "dTOR_atlas-HCPMMP1_desc-SC_relmat"
POSITIONS = _ROOM + "avgMatrix_atlas-HCPMMP1_desc-SCFC_relmat.yaml"
"""The same regions with documented centroids: midthickness surface and MNI152 2 mm voxels. The
network's own file puts R_Cerebellum and six right medial areas on the midline, up to 29 mm off."""
MISPLACED_MM = 12.0

STRUCTURES = {
    "Thalamus": ("thalamus", "thalamusproper"),
    "Caudate": ("caudate", "caudate"),
    "Putamen": ("putamen", "putamen"),
    "Pallidum": ("pallidum", "pallidum"),
    "Hippocampus": ("hippocampus", "hippocampus"),
    "Amygdala": ("amygdala", "amygdala"),
    "Accumbens": ("nucleus accumbens", "accumbensarea"),
    "Cerebellum": ("cerebellar cortex", ""),
    "VentralDC": ("ventral diencephalon", ""),
    "Brain-Stem": ("brain stem", "brainstem"),
}
"""Long name and name in the DK expression table of each structure outside cortex."""


@dataclass(frozen=True)
class Network:
    """Names, MNI centroids (mm), streamline counts and mean lengths (mm) of the 379 regions.

    `misplaced` names the regions that the network's own file places far off the centroids.
    """

    name: list[str]
    centroids_mm: np.ndarray
    weights: np.ndarray
    lengths_mm: np.ndarray
    misplaced: list[str]


def read_network(sources: Sources) -> Network:
    """Read the network; stop where its files contradict each other."""
    names, own = _nodes(sources, NETWORK + ".yaml")
    same, centroids = _nodes(sources, POSITIONS)
    if same != names:
        raise SystemExit("two networks of tvbo order the HCP-MMP1 regions otherwise")
    with h5py.File(sources.stream(TVBO, NETWORK + ".h5")) as file:
        weights, lengths = (
            file[f"edges/{name}/data"][()].astype(float) for name in ("weight", "length")
        )
    for matrix in (weights, lengths):
        if not np.array_equal(matrix, matrix.T) or np.diag(matrix).any():
            raise SystemExit("the dTOR network is not symmetric with a zero diagonal")
    if not np.array_equal(weights, np.round(weights)):
        raise SystemExit("the dTOR weights are no counts")
    off = np.linalg.norm(own - centroids, axis=1) > MISPLACED_MM
    return Network(names, centroids, weights, lengths, [names[i] for i in np.flatnonzero(off)])


def _nodes(sources: Sources, member: str) -> tuple[list[str], np.ndarray]:
    nodes = YAML(typ="safe").load(sources.read(TVBO, member))["nodes"]
    positions = [[float(node["position"][axis]) for axis in "xyz"] for node in nodes]
    return [node["label"] for node in nodes], np.array(positions)


def split(name: str) -> tuple[str, str]:
    """Return hemisphere and stem of a structure's name: ``L_Thalamus`` is L and Thalamus."""
    return ("B", name) if name == "Brain-Stem" else (name[0], name[2:])


def structure_label(name: str) -> str:
    """Return the long name of a structure."""
    side, stem = split(name)
    return {"L": "left ", "R": "right ", "B": ""}[side] + STRUCTURES[stem][0]


def expression_name(name: str) -> str:
    """Return a structure's name in the DK expression table, empty where it has none."""
    side, stem = split(name)
    known = STRUCTURES[stem][1]
    return known if side == "B" or not known else f"{side}_{known}"
