"""The Virtual Brain's connectivity: weights, tract lengths, centres and more in one zip.

TVB multiplies the weights matrix from the left with the delayed states, "the convention to
distinguish target (k) and source (j) nodes" being ``C[k, j]``, rows *to*, columns *from*
(documentation of ``tvb.simulator.coupling``; Sanz Leon et al. 2013,
doi:10.3389/fninf.2013.00010). That is netmod's ``weights[target, source]``: nothing is transposed.
``hemispheres`` holds 1 for the right, ``cortical`` 1 for the cortex.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

from netmod.atlas.archive import expand_bz2
from netmod.atlas.atlas import Atlas
from netmod.atlas.formats.draft import Draft, Format
from netmod.atlas.formats.grid import Grid, grid_matrix, parse_grid, read_grid
from netmod.atlas.formats.regions import regions_of
from netmod.atlas.text import read_text
from netmod.atlas.tsv import format_number
from netmod.errors import DataError

AREA_MAP = "area_mm2"
_STEMS = {
    "weights": "weights",
    "tract_lengths": "tract_lengths",
    "centres": "centres",
    "centers": "centres",
    "cortical": "cortical",
    "hemispheres": "hemispheres",
    "hemisphere": "hemispheres",
    "areas": "areas",
    "average_orientations": "average_orientations",
    "info": "info",
}


def find_tvb(folder: Path) -> dict[str, Path]:
    """Return the files of a TVB connectivity below a folder, by their role.

    Raises
    ------
    DataError
        If two files have the same role.
    """
    found: dict[str, Path] = {}
    for path in sorted(folder.rglob("*.txt*")):
        name = path.name.lower()
        stem = name.removesuffix(".bz2").removesuffix(".txt")
        if stem not in _STEMS or "__MACOSX" in path.parts or not name.endswith((".txt", ".bz2")):
            continue
        role = _STEMS[stem]
        if role in found:
            raise DataError(
                f"two files for {role}", where=str(folder),
                got=f"{found[role].name} and {path.name}",
            )  # fmt: skip
        found[role] = path
    return found


def _recognise(path: Path) -> bool:
    if not path.is_dir():
        return False
    names = {
        part.name.lower().removesuffix(".bz2")
        for part in path.rglob("*.txt*")
        if "__MACOSX" not in part.parts
    }
    return {"weights.txt"} <= names and bool({"centres.txt", "centers.txt"} & names)


def _grid(path: Path) -> Grid:
    if path.suffix.lower() != ".bz2":
        return read_grid(path)
    data = expand_bz2(path)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError("not UTF-8 text", where=str(path), got=error.reason) from None
    return parse_grid(text, str(path))


def _is_empty(path: Path) -> bool:
    return path.stat().st_size == 0


def _column(path: Path, n: int, *, flags: bool) -> np.ndarray:
    """Return one figure for each region, over however many lines."""
    grid = _grid(path)
    words = {"true": "1", "false": "0"}
    rows = tuple(tuple(words.get(cell.lower(), cell) for cell in row) for row in grid.rows)
    grid = Grid(grid.name, rows, grid.lines, grid.starts)
    values = [grid.number(r, c) for r, row in enumerate(rows) for c in range(len(row))]
    if len(values) != n:
        raise DataError(
            "another number of regions", where=str(path), expected=f"{n}", got=f"{len(values)}"
        )
    array = np.array(values)
    if flags and not np.isin(array, (0.0, 1.0)).all():
        raise DataError("not a column of 0 and 1", where=str(path), got=f"{array.max():g}")
    return array


def _read(folder: Path) -> Draft:
    if not folder.is_dir():
        raise DataError("not a TVB connectivity", where=str(folder), expected="a zip or a folder")
    found = find_tvb(folder)
    for role in ("weights", "centres"):
        if role not in found:
            raise DataError(
                f"no {role}.txt", where=str(folder), expected="a TVB connectivity",
                got=", ".join(sorted(path.name for path in found.values())) or "none of its files",
            )  # fmt: skip
    weights, _ = grid_matrix(_grid(found["weights"]), low=0.0)
    lengths = None
    # TVB allows the file to be empty and takes distances then.
    if "tract_lengths" in found and not _is_empty(found["tract_lengths"]):
        lengths, _ = grid_matrix(_grid(found["tract_lengths"]), low=0.0)
    n = len(weights)
    centres = regions_of(_grid(found["centres"]))
    hemisphere = kind = None
    if "hemispheres" in found:
        right = _column(found["hemispheres"], n, flags=True)
        hemisphere = tuple("R" if side else "L" for side in right)
    if "cortical" in found:
        cortex = _column(found["cortical"], n, flags=True)
        # A region that is no cortex may be cerebellum: its name decides, see completion.
        kind = tuple("cortex" if inside else "" for inside in cortex)
    maps = {AREA_MAP: _column(found["areas"], n, flags=False)} if "areas" in found else {}
    notes = []
    if "average_orientations" in found:
        notes.append("average_orientations.txt left out: netmod has no use for it")
    if "info" in found and not _is_empty(found["info"]):
        notes.append(f"info.txt: {read_text(found['info']).strip()[:500]}")
    return Draft(
        str(folder),
        weights=weights,
        lengths_mm=lengths,
        region=centres.region,
        centroids_mm=centres.centroids_mm,
        hemisphere=hemisphere,
        kind=kind,
        maps=maps,
        files=tuple(found.values()),
        notes=tuple(notes),
    )


def no_blanks(atlas: Atlas, names: tuple[str, ...], what: str) -> None:
    """Refuse names that a format of blanks cannot hold.

    Raises
    ------
    DataError
        If a name holds a blank, a quote or ``#``.
    """
    for name in names:
        if not name or any(letter.isspace() or letter in '"#' for letter in name):
            raise DataError(
                f"{what} '{name}' cannot be written in a table separated by blanks",
                where=f"atlas '{atlas.name}'",
                expected="names without blanks, quotes and #",
                hint="rename the region, or export to another format",
            )


def _write(atlas: Atlas, path: Path) -> None:
    no_blanks(atlas, atlas.region, "region")

    def lines(rows) -> str:
        return "".join(" ".join(map(format_number, row)) + "\n" for row in rows)

    texts = {
        "weights.txt": lines(atlas.weights),
        "tract_lengths.txt": lines(atlas.lengths_mm),
        "centres.txt": "".join(
            f"{name} {' '.join(map(format_number, point))}\n"
            for name, point in zip(atlas.region, atlas.centroids_mm, strict=True)
        ),
        "cortical.txt": lines([float(kind == "cortex")] for kind in atlas.kind),
    }
    if "B" not in atlas.hemisphere:  # TVB knows two sides only
        texts["hemispheres.txt"] = lines([float(side == "R")] for side in atlas.hemisphere)
    areas = atlas.maps.get(AREA_MAP)
    if areas is not None and np.isfinite(areas).all():
        texts["areas.txt"] = lines([area] for area in areas)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in texts.items():
            # A fixed date: the same atlas gives the same bytes.
            archive.writestr(zipfile.ZipInfo(name), text, zipfile.ZIP_DEFLATED)


TVB = Format(
    name="tvb",
    title="The Virtual Brain connectivity (zip)",
    doc="weights.txt, tract_lengths.txt, centres.txt, and cortical, hemispheres, areas where "
    "there. Rows are targets, columns are sources, as in netmod. Names must hold no blanks.",
    suffix=".zip",
    recognise=_recognise,
    read=_read,
    write=_write,
    loses=("label", "hemisphere", "network", "kind", "fc", "fcd", "maps", "targets", "licence",
           "citation"),
)  # fmt: skip
