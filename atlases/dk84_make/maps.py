"""Gene-expression maps of the Allen Human Brain Atlas, parcellated by imaging-transcriptomics."""

from __future__ import annotations

import csv
import io

import numpy as np

from dk84_make.regions import Regions
from dk84_make.sources import TRANSCRIPTOMICS, Sources

GENES = ("HTR2A", "HTR1A", "HTR4", "PVALB", "SST", "BDNF", "NTRK2", "VEGFA")
CORTEX_ONLY = ("HTR2A",)
_TABLE = (
    "imaging-transcriptomics-1.1.15/imaging_transcriptomics/data/atlases/DK/"
    "atlas-DK_gene_expression_data.csv"
)


def _table(sources: Sources) -> tuple[list[str], list[list[str]]]:
    text = sources.read(TRANSCRIPTOMICS, _TABLE).decode("utf-8-sig")
    header, *rows = csv.reader(io.StringIO(text))
    return header, rows


def read_maps(sources: Sources, regions: Regions) -> dict[str, np.ndarray]:
    """Return one map [N] for each gene, NaN where the table has no region."""
    header, rows = _table(sources)
    by_name = {row[1]: row for row in rows}
    keys = [f"{h}_{s}" for h, s in zip(regions.hemisphere, regions.stem, strict=True)]
    without = {key for key in keys if key not in by_name}
    if without != {"L_cerebellumcortex", "R_cerebellumcortex"}:
        raise SystemExit(f"regions without expression: {sorted(without)}")
    maps = {}
    for gene in GENES:
        column = header.index(gene)
        values = np.array([float(by_name[k][column]) if k in by_name else np.nan for k in keys])
        if gene in CORTEX_ONLY:
            values[[kind != "cortex" for kind in regions.kind]] = np.nan
        maps[gene] = values
    return maps


def describe(sources: Sources) -> dict[str, float]:
    """Return what shows how hemispheres and structures were treated, over all genes."""
    header, rows = _table(sources)
    values = np.array([[float(cell) for cell in row[2:]] for row in rows])
    names = [row[1] for row in rows]
    left = [i for i, name in enumerate(names) if name.startswith("L_")]
    right = [names.index(f"R_{names[i][2:]}") for i in left]
    cortex = slice(0, 34)
    centred = [values[side] - values[side].mean(axis=0) for side in (left[cortex], right[cortex])]
    product = (centred[0] * centred[1]).sum(axis=0)
    norms = np.sqrt((centred[0] ** 2).sum(axis=0) * (centred[1] ** 2).sum(axis=0))
    means = [values[[*left[part], *right[part]]].mean(axis=0) for part in (cortex, slice(34, 41))]
    spread = values[right[cortex]].std(axis=0) / values[left[cortex]].std(axis=0)
    drd2 = header.index("DRD2") - 2
    caudate = names.index("L_caudate")
    return {
        "genes": len(header) - 2,
        "share_of_values_equal_left_and_right": float(np.mean(values[left] == values[right])),
        "median_correlation_of_left_and_right_cortical_maps": round(
            float(np.median(product / norms)), 3
        ),
        "median_spread_of_right_over_left_cortical_maps": round(float(np.median(spread)), 3),
        "median_gap_between_cortical_and_subcortical_mean": round(
            float(np.median(np.abs(means[0] - means[1]))), 3
        ),
        "drd2_cortical_mean": round(float(means[0][drd2]), 3),
        "drd2_left_caudate": round(float(values[caudate, drd2]), 3),
    }
