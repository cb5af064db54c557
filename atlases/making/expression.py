"""Gene-expression maps of the Allen Human Brain Atlas, parcellated by imaging-transcriptomics."""

from __future__ import annotations

import csv
import io

import numpy as np

from making.sources import TRANSCRIPTOMICS, Sources

GENES = ("HTR2A", "HTR1A", "HTR4", "PVALB", "SST", "BDNF", "NTRK2", "VEGFA")
CORTEX_ONLY = ("HTR2A",)
ROOM = "imaging-transcriptomics-1.1.15/imaging_transcriptomics/data/atlases"


def table(sources: Sources, parcellation: str) -> tuple[list[str], list[list[str]]]:
    """Return header and rows of the table of ``DK`` or ``Schaefer_100``."""
    member = f"{ROOM}/{parcellation}/atlas-{parcellation}_gene_expression_data.csv"
    text = sources.read(TRANSCRIPTOMICS, member).decode("utf-8-sig")
    header, *rows = csv.reader(io.StringIO(text))
    return header, rows


def by_name(sources: Sources, parcellation: str, names: list[str]) -> dict[str, np.ndarray]:
    """Return each gene's values of the named rows, NaN where the table has no row or value."""
    header, rows = table(sources, parcellation)
    row_of = {row[1]: row for row in rows}
    maps = {}
    for gene in GENES:
        column = header.index(gene)
        cells = [row_of[name][column] if name in row_of else "nan" for name in names]
        maps[gene] = np.array([float(cell) for cell in cells])
    return maps


def subcortical(sources: Sources, names: list[str]) -> dict[str, np.ndarray]:
    """Return each gene's values of structures of the DK table, on their own scale there.

    `names` are those of the DK table (``L_hippocampus``) or empty for a structure it lacks; a
    gene of `CORTEX_ONLY` is NaN.
    """
    maps = by_name(sources, "DK", names)
    return {
        gene: np.full(len(names), np.nan) if gene in CORTEX_ONLY else values
        for gene, values in maps.items()
    }


def describe(sources: Sources) -> dict[str, float]:
    """Return what shows how the DK table treats hemispheres and structures, over all genes."""
    header, rows = table(sources, "DK")
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
