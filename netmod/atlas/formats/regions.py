"""Region tables: names, sides and coordinates as the usual tools write them.

Four shapes are read: a table with a header; a look-up table (``index name R G B A``, of FreeSurfer
and MRtrix3's labelconvert); centres without a header (``name x y z``, of The Virtual Brain); and
names alone, one a line.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from netmod.atlas.atlas import Atlas
from netmod.atlas.formats.draft import Draft
from netmod.atlas.formats.grid import Grid, is_number, read_grid
from netmod.atlas.tsv import format_number
from netmod.errors import DataError

COORDINATES = ("x", "y", "z")
_ALIASES = {
    "region": ("name", "region", "regions", "node", "node_name", "roi", "parcel", "abbreviation"),
    "label": ("label", "long_name", "longname", "full_name", "fullname", "description"),
    "hemisphere": ("hemisphere", "hemi", "side"),
    "network": ("network", "yeo7", "network_label", "community"),
    "kind": ("kind", "structure", "tissue"),
    "x": ("x", "mni_x_mm", "mni_x", "x_mm", "x.mni", "xcoord"),
    "y": ("y", "mni_y_mm", "mni_y", "y_mm", "y.mni", "ycoord"),
    "z": ("z", "mni_z_mm", "mni_z", "z_mm", "z.mni", "zcoord"),
}
_COLUMN = {alias: name for name, aliases in _ALIASES.items() for alias in aliases}
_SIDES = {"l": "L", "lh": "L", "left": "L", "r": "R", "rh": "R", "right": "R",
          "b": "B", "both": "B", "bilateral": "B", "midline": "B", "m": "B"}  # fmt: skip
_KINDS = {"cortex": "cortex", "cortical": "cortex", "ctx": "cortex", "subcortex": "subcortex",
          "subcortical": "subcortex", "cerebellum": "cerebellum",
          "cerebellar": "cerebellum"}  # fmt: skip
HEADER = ("name", "label", "hemisphere", *COORDINATES, "network", "kind")


def side_of(cell: str) -> str | None:
    """Return ``L``, ``R`` or ``B`` for a usual word for it, None for any other."""
    return _SIDES.get(cell.strip().lower())


def kind_of(cell: str) -> str | None:
    """Return the kind of region for a usual word for it, None for any other."""
    return _KINDS.get(cell.strip().lower())


def read_regions(path: Path) -> Draft:
    """Read a region table in any of the four shapes.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    Draft
        Without matrices; rows of look-up tables with index 0 (background) are left out.

    Raises
    ------
    DataError
        If the shape is none of the four, or a cell does not fit; with file:line:col.
    """
    return regions_of(read_grid(path), (path,))


def regions_of(grid: Grid, files: tuple[Path, ...] = ()) -> Draft:
    """Return the draft of a region table that was split into cells."""
    first = [cell.lower() for cell in grid.rows[0]]
    known = [_COLUMN.get(cell) for cell in first]
    names_it = bool({"region", "label"} & {*known}) or {*COORDINATES} <= {*known}
    if names_it and not any(is_number(cell) for cell in first):
        return _headed(grid, known, files)
    width = len(first)
    if width == 4 and all(map(is_number, first[1:])):
        return _named_points(grid, files)
    if width >= 2 and first[0].isdigit():
        return _look_up(grid, files)
    if width == 1:
        return Draft(grid.name, region=tuple(row[0] for row in grid.rows), files=files)
    raise DataError(
        "not a region table",
        where=grid.where(0),
        expected="a header with 'name', a look-up table, 'name x y z', or a name a line",
        got=" | ".join(grid.rows[0])[:80],
    )


def _need_width(grid: Grid, width: int, *, least: bool = False) -> None:
    for row, cells in enumerate(grid.rows):
        if len(cells) < width or (len(cells) > width and not least):
            raise DataError(
                f"a row with {len(cells)} cells",
                where=grid.where(row, len(cells) - 1),
                expected=f"{width} cells",
                got=" | ".join(cells)[:80],
            )


def _headed(grid: Grid, known: Sequence[str | None], files: tuple[Path, ...]) -> Draft:
    _need_width(grid, len(known))
    # Tables of nodes (BEP017, XCP-D) have 'label' for what is the name here.
    if "region" not in known and "label" in known:
        known = ["region" if name == "label" else name for name in known]
    rows = range(1, len(grid.rows))
    place: dict[str, int] = {}
    for column, name in enumerate(known):
        if name in place:
            raise DataError(
                f"two columns for the {name}",
                where=grid.where(0, column),
                got=f"'{grid.rows[0][place[name]]}' and '{grid.rows[0][column]}'",
            )
        if name is not None:
            place[name] = column
    texts = {
        name: tuple(grid.rows[row][place[name]] for row in rows)
        for name in ("region", "label", "hemisphere", "network", "kind")
        if name in place
    }
    for name, translate in (("hemisphere", side_of), ("kind", kind_of)):
        if name in texts:
            texts[name] = tuple(_translated(grid, row, place[name], translate) for row in rows)
    if {*COORDINATES} <= place.keys():
        columns = [place[axis] for axis in COORDINATES]
        points = np.array([[grid.number(row, column) for column in columns] for row in rows])
    else:
        points = None
    if not rows:
        raise DataError("no regions", where=grid.where(0), expected="a row for each region")
    return Draft(grid.name, **texts, centroids_mm=points, files=files)


def _translated(grid: Grid, row: int, column: int, translate) -> str:
    cell = grid.rows[row][column]
    if cell.strip().lower() in ("", "n/a"):
        return ""
    found = translate(cell)
    if found is None:
        raise DataError(
            f"unknown {grid.rows[0][column].lower()}",
            where=grid.where(row, column),
            expected="L, R or B" if translate is side_of else "cortex, subcortex or cerebellum",
            got=repr(cell),
        )
    return found


def _look_up(grid: Grid, files: tuple[Path, ...]) -> Draft:
    _need_width(grid, 2, least=True)
    entries: dict[int, tuple[str, str]] = {}
    for row, cells in enumerate(grid.rows):
        if not cells[0].isdigit():
            raise DataError(
                "not an index of a look-up table", where=grid.where(row), got=repr(cells[0])
            )
        index = int(cells[0])
        if index in entries:
            raise DataError(f"index {index} comes twice", where=grid.where(row))
        # MRtrix3's own tables hold a short and a long name before the colour.
        longer = len(cells) > 2 and not is_number(cells[2])
        if index:
            entries[index] = (cells[1], cells[2] if longer else "")
    names = [entries[index] for index in sorted(entries)]
    label = tuple(long for _, long in names)
    return Draft(
        grid.name,
        region=tuple(short for short, _ in names),
        label=label if any(label) else None,
        files=files,
    )


def _named_points(grid: Grid, files: tuple[Path, ...]) -> Draft:
    _need_width(grid, 4)
    rows = range(len(grid.rows))
    return Draft(
        grid.name,
        region=tuple(row[0] for row in grid.rows),
        centroids_mm=np.array([[grid.number(row, axis) for axis in (1, 2, 3)] for row in rows]),
        files=files,
    )


def region_rows(atlas: Atlas) -> list[list[str]]:
    """Return the region table of an atlas with its header, as :func:`read_regions` reads it."""
    rows = [list(HEADER)]
    for i, name in enumerate(atlas.region):
        point = [format_number(value) for value in atlas.centroids_mm[i]]
        rows.append(
            [name, atlas.label[i], atlas.hemisphere[i], *point, atlas.network[i], atlas.kind[i]]
        )
    return rows
