"""Matrices as text: one file, or a folder of files with usual names (CSV, TSV, blanks)."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np

from netmod.atlas.atlas import Atlas
from netmod.atlas.formats.draft import Draft, Format
from netmod.atlas.formats.grid import grid_matrix, grid_text, read_grid
from netmod.atlas.formats.regions import read_regions, region_rows
from netmod.atlas.tsv import format_number
from netmod.errors import DataError

SUFFIXES = (".csv", ".tsv", ".txt", ".dat", ".edge")
STEMS = {
    "weights": ("weights", "weight", "sc", "structural", "connectome", "connectivity", "counts"),
    "lengths_mm": ("lengths", "length", "tract_lengths", "distances", "meanlength", "mean_length"),
    "fc": ("fc", "functional", "functional_connectivity", "correlation"),
    "regions": ("regions", "centres", "centers", "centroids", "coordinates", "nodes", "labels",
                "parcels"),
    "maps": ("maps",),
}  # fmt: skip
"""Names of files in a folder, without their ending."""


def read_text_matrix(path: Path, field: str = "weights") -> Draft:
    """Read one matrix of text.

    Parameters
    ----------
    path : Path
        The file.
    field : str
        ``weights``, ``lengths_mm`` (neither may be negative) or ``fc`` (may be missing in places).

    Raises
    ------
    DataError
        With file:line:col.
    """
    fc = field == "fc"
    matrix, names = grid_matrix(read_grid(path), low=-np.inf if fc else 0.0, missing=fc)
    return Draft(str(path), **{field: matrix}, region=names, files=(path,))


def find_files(folder: Path, stems: dict[str, tuple[str, ...]] = STEMS) -> dict[str, Path]:
    """Return the files of a folder by what they hold.

    Raises
    ------
    DataError
        If two files hold the same.
    """
    meaning = {stem: field for field, names in stems.items() for stem in names}
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        field = meaning.get(path.stem.lower())
        if field is None or path.suffix.lower() not in SUFFIXES or not path.is_file():
            continue
        if field in found:
            raise DataError(
                f"two files for the {field}", where=str(folder),
                got=f"{found[field].name} and {path.name}", hint="keep one of them",
            )  # fmt: skip
        found[field] = path
    return found


def read_folder(folder: Path, found: dict[str, Path]) -> Draft:
    """Join the matrices and the region table of a folder into one draft."""
    drafts = [
        (field, read_text_matrix(found[field], field))
        for field in ("weights", "lengths_mm", "fc")
        if field in found
    ]
    if not drafts:
        raise DataError(
            "no matrix is known by its name",
            where=str(folder),
            expected="weights.csv, and lengths.csv, fc.csv, regions.csv where there are",
            got=", ".join(sorted(path.name for path in folder.iterdir())[:8]) or "an empty folder",
        )
    names = next((draft.region for _, draft in drafts if draft.region is not None), None)
    given: dict[str, Any] = {}
    for field, draft in drafts:
        if draft.region is not None and draft.region != names:
            raise DataError(
                "the matrices have different regions", where=draft.source,
                expected=f"the names of {drafts[0][1].source}, in their order",
            )  # fmt: skip
        given[field] = getattr(draft, field)
    files = tuple(path for _, draft in drafts for path in draft.files)
    whole = Draft(str(folder), **given, region=names, files=files)
    if "regions" in found:
        whole = whole.with_regions(read_regions(found["regions"]))
    if "maps" in found:
        whole = dataclasses.replace(
            whole,
            maps=_maps(found["maps"], whole.region),
            files=(*whole.files, found["maps"]),
        )
    return whole


def _maps(path: Path, region: tuple[str, ...] | None) -> dict[str, np.ndarray]:
    grid = read_grid(path)
    header = grid.rows[0]
    for row, cells in enumerate(grid.rows):
        if len(cells) != len(header):
            raise DataError(
                "a row of another length", where=grid.where(row, len(cells) - 1),
                expected=f"{len(header)} cells", got=f"{len(cells)}",
            )  # fmt: skip
    names = tuple(row[0] for row in grid.rows[1:])
    if region is not None and names != region:
        raise DataError("the maps have other regions", where=grid.where(0), hint="in their order")
    return {
        name: np.array([grid.number(row, column, missing=True) for row in range(1, len(grid.rows))])
        for column, name in enumerate(header[1:], start=1)
    }


def _recognise(path: Path) -> bool:
    if path.is_dir():
        found = find_files(path)
        return bool({"weights", "lengths_mm", "fc"} & found.keys())
    return path.suffix.lower() in SUFFIXES


def _read(path: Path) -> Draft:
    return read_folder(path, find_files(path)) if path.is_dir() else read_text_matrix(path)


def matrix_rows(atlas: Atlas, matrix: np.ndarray, corner: str = "name") -> list[list[str]]:
    """Return a matrix as cells with the region names above and beside it."""
    rows = [[corner, *atlas.region]]
    for name, values in zip(atlas.region, matrix, strict=True):
        rows.append([name, *map(format_number, values)])
    return rows


def _write(atlas: Atlas, folder: Path, mark: str, suffix: str) -> None:
    tables = {
        "weights": matrix_rows(atlas, atlas.weights),
        "lengths": matrix_rows(atlas, atlas.lengths_mm),
        "regions": region_rows(atlas),
    }
    if atlas.fc is not None:
        tables["fc"] = matrix_rows(atlas, atlas.fc)
    if atlas.maps:
        columns = zip(*atlas.maps.values(), strict=True)
        tables["maps"] = [
            ["name", *atlas.maps],
            *(
                [name, *map(format_number, values)]
                for name, values in zip(atlas.region, columns, strict=True)
            ),
        ]
    for name, rows in tables.items():
        (folder / f"{name}{suffix}").write_bytes(grid_text(rows, mark).encode())


_LOSES = ("fcd", "targets", "licence", "citation")
_DOC = (
    "One matrix, or a folder of weights, lengths, fc, regions and maps. Commas, semicolons, tabs "
    "or blanks; with or without names. Rows are targets, columns are sources."
)

CSV = Format(
    name="csv",
    title="text matrices, comma-separated",
    doc=_DOC,
    suffix="",
    recognise=_recognise,
    read=_read,
    write=lambda atlas, folder: _write(atlas, folder, ",", ".csv"),
    loses=_LOSES,
)

TSV = Format(
    name="tsv",
    title="text matrices, tab-separated",
    doc=_DOC,
    suffix="",
    recognise=lambda path: False,  # read alike: 'csv' recognises both
    read=_read,
    write=lambda atlas, folder: _write(atlas, folder, "\t", ".tsv"),
    loses=_LOSES,
)
