"""The regions of an atlas on the fsaverage5 surface: ``surface.tsv``, runs of equal labels."""

from __future__ import annotations

import numpy as np

from netmod.atlas.atlas import Atlas
from netmod.atlas.tsv import NOT_AVAILABLE, Table, read_table
from netmod.errors import DataError, did_you_mean

FILE_NAME = "surface.tsv"
VERTICES = 10242
"""Vertices of each hemisphere of fsaverage5 (FreeSurfer; the mesh that nilearn ships)."""

_COLUMNS = ("hemisphere", "first", "count", "region")


def read_surface(atlas: Atlas) -> dict[str, np.ndarray] | None:
    """Read which region each vertex of fsaverage5 belongs to.

    Parameters
    ----------
    atlas : Atlas
        An atlas that was read from a folder.

    Returns
    -------
    dict of str to ndarray, shape (10242,), int, or None
        For ``L`` and ``R`` the region index of each vertex, −1 where there is none (medial wall);
        None when the atlas has no ``surface.tsv``.

    Raises
    ------
    DataError
        If the file is malformed, names a region that the atlas lacks or that lies in the other
        hemisphere, or does not cover every vertex once and in order; the message names
        file:line:col.
    """
    path = atlas.folder / FILE_NAME if atlas.folder is not None else None
    if path is None or not path.exists():
        return None
    table = read_table(path)
    columns = [table.header.index(name) for name in _COLUMNS if table.column(name) is not None]
    index = {name: i for i, name in enumerate(atlas.region)}
    found = {side: np.full(VERTICES, -1) for side in "LR"}
    done = 0
    for row in range(len(table.rows)):
        side, first, count, region = _run(table, row, columns)

        def refuse(what: str, column: str, expected: str, hint: str | None = None) -> None:
            place = columns[_COLUMNS.index(column)]
            where, got = table.where(row, place), repr(table.rows[row][place])  # noqa: B023
            raise DataError(what, where=where, expected=expected, got=got, hint=hint)

        if done == 2 * VERTICES:
            refuse("a run too many", "hemisphere", f"{done} vertices")
        wanted, at = "LR"[done // VERTICES], done % VERTICES
        if side != wanted:
            refuse("a run out of order", "hemisphere", f"hemisphere {wanted}")
        if first != at:
            refuse("the runs leave a gap or overlap", "first", str(at))
        if not 0 < count <= VERTICES - at:
            refuse("a run of the wrong length", "count", f"1 to {VERTICES - at} vertices")
        if region != NOT_AVAILABLE:
            if region not in index:
                hint = did_you_mean(region, atlas.region)
                refuse("an unknown region", "region", "a region of regions.tsv", hint)
            if atlas.hemisphere[index[region]] not in (side, "B"):
                refuse("a region of the other hemisphere", "region", f"one in {side} or B")
            found[side][at : at + count] = index[region]
        done += count
    if done != 2 * VERTICES:
        raise DataError(
            "the surface is not covered",
            where=f"{path}:{len(table.rows) + 1}:1",
            expected=f"{2 * VERTICES} vertices of two hemispheres",
            got=str(done),
        )
    for labels in found.values():
        labels.setflags(write=False)
    return found


def _run(table: Table, row: int, columns: list[int]) -> tuple[str, int, int, str]:
    side, first, count, region = columns
    whole = [0, 0]
    for i, column in enumerate((first, count)):
        value = table.number(row, column)
        if value != int(value):
            raise DataError(
                "not a whole number",
                where=table.where(row, column),
                expected="a whole number",
                got=repr(table.rows[row][column]),
            )
        whole[i] = int(value)
    return table.rows[row][side], whole[0], whole[1], table.rows[row][region]
