"""Cells of text tables of any usual separator, with file:line:col for every complaint."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from netmod.atlas.text import read_text
from netmod.errors import DataError

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_MISSING = frozenset({"n/a", "nan", "na", ""})
# A cell in quotes (a doubled quote inside stands for one), or anything up to the separator.
_CELLS = {
    mark: re.compile(rf'[^\S\t]*"((?:[^"]|"")*)"[^\S\t]*(?:{mark}|$)|([^{mark}]*)(?:{mark}|$)')
    for mark in ("\t", ",", ";")
}
# What stands above a column of names whose names may be numbers.
_CORNERS = frozenset({"name", "names", "node", "nodes", "region", "regions", "label", "labels",
                      "roi", "rois", "parcel", "id", "index"})  # fmt: skip
_WORDS = re.compile(r'"((?:[^"]|"")*)"(?=\s|$)|(\S+)')


@dataclass(frozen=True)
class Grid:
    """Rows of cells of one text file; comment lines (``#``) and empty lines left out.

    Attributes
    ----------
    name : str
        What messages call the file.
    rows : tuple of tuple of str
        Cells.
    lines, starts : tuple
        Line number of each row, and column of each of its cells, from 1.
    """

    name: str
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    starts: tuple[tuple[int, ...], ...]

    def where(self, row: int, column: int = 0) -> str:
        """Return ``file:line:col`` of a cell."""
        starts = self.starts[row]
        start = starts[min(column, len(starts) - 1)] if starts else 1
        return f"{self.name}:{self.lines[row]}:{start}"

    def number(self, row: int, column: int, *, missing: bool = False) -> float:
        """Return a cell as a finite number; NaN for ``n/a`` and alike where that is allowed.

        Raises
        ------
        DataError
            If the cell is no finite decimal number.
        """
        cell = self.rows[row][column]
        if missing and cell.lower() in _MISSING:
            return math.nan
        value = float(cell) if is_number(cell) else math.nan
        if not math.isfinite(value):
            comma = re.fullmatch(r"[+-]?\d+,\d+", cell) is not None
            raise DataError(
                "not a finite number",
                where=self.where(row, column),
                expected="a finite decimal number" + (" or n/a" if missing else ""),
                got=repr(cell[:60]),
                hint="write decimals with a point" if comma else None,
            )
        return value


def is_number(cell: str) -> bool:
    """Tell whether a cell is a decimal number."""
    return _NUMBER.fullmatch(cell) is not None


def read_grid(path: Path) -> Grid:
    """Read a text table: tabs, semicolons, commas or blanks, found from its first line.

    Raises
    ------
    DataError
        If the file cannot be read, is not UTF-8 or holds nothing but comments.
    """
    return parse_grid(read_text(path), str(path), tabs=path.suffix.lower() == ".tsv")


def parse_grid(text: str, name: str, *, tabs: bool = False) -> Grid:
    """Split a text into cells, as :func:`read_grid`; `tabs` fixes the separator."""
    rows, lines, starts = [], [], []
    separator = ""
    for number, line in enumerate(text.split("\n"), start=1):
        line = line.rstrip("\r")
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        separator = separator or _separator(line, tabs=tabs)
        cells, places = _split(line, separator)
        rows.append(cells)
        lines.append(number)
        starts.append(places)
    if not rows:
        raise DataError("no figures", where=f"{name}:1:1", expected="a table", got="only comments")
    return Grid(name, tuple(rows), tuple(lines), tuple(starts))


def _separator(line: str, *, tabs: bool) -> str:
    if tabs:  # names may hold blanks and commas; a line of bare figures is no name
        return "\t" if "\t" in line or not all(map(is_number, line.split())) else " "
    words = line.split()
    if len(words) > 2 and sum(not is_number(word) for word in words) < 2:
        return " "  # a name, whatever is in it, and its figures
    bare = re.sub(r'"(?:[^"]|"")*"', "", line)
    return next((mark for mark in "\t;," if mark in bare), " ")


def _split(line: str, separator: str) -> tuple[tuple[str, ...], tuple[int, ...]]:
    cells, starts, place = [], [], 0
    if separator == " ":
        for match in _WORDS.finditer(line):
            quoted, plain = match.groups()
            cells.append(plain if quoted is None else quoted.replace('""', '"'))
            starts.append(match.start() + 1)
        return tuple(cells), tuple(starts)
    if '"' not in line:
        for cell in line.split(separator):
            cells.append(cell.strip())
            starts.append(place + 1)
            place += len(cell) + 1
        return tuple(cells), tuple(starts)
    while place <= len(line):
        match = _CELLS[separator].match(line, place)
        quoted, plain = match.groups()
        cells.append(plain.strip() if quoted is None else quoted.replace('""', '"'))
        starts.append(place + 1)
        if match.end() == len(line) and not match.group(0).endswith(separator):
            break
        place = match.end()
    return tuple(cells), tuple(starts)


def grid_matrix(
    grid: Grid,
    *,
    low: float = -math.inf,
    high: float = math.inf,
    missing: bool = False,
) -> tuple[np.ndarray, tuple[str, ...] | None]:
    """Return the square matrix of a table, and its region names where the table has them.

    Names may stand in a header line, in a first column, or in both.

    Parameters
    ----------
    grid : Grid
        The table.
    low, high : float
        Closed range of the entries.
    missing : bool
        Whether entries may be missing (``n/a``, ``nan``, empty); they become NaN.

    Returns
    -------
    matrix : ndarray, shape (N, N)
    names : tuple of str, or None

    Raises
    ------
    DataError
        If it is not square, an entry is no number or out of range, or names disagree.
    """
    header, side = _frame(grid)
    first = 1 if header else 0
    rows = grid.rows[first:]
    skip = 1 if side else 0
    across = grid.rows[0][len(grid.rows[0]) - (len(rows[0]) - skip) :] if header and rows else None
    down = tuple(row[0] for row in rows) if side else None
    n = len(rows)
    for place, row in enumerate(rows):
        if len(row) - skip != n:
            short = len(row) - skip < n
            last = short and place == n - 1
            raise DataError(
                "the matrix is not square",
                where=grid.where(place + first, len(row) - 1),
                expected=f"{n} figures in each of {n} rows",
                got=f"{len(row) - skip} figures",
                hint="the file may be cut off" if last else None,
            )
    if across is not None and down is not None and across != down:
        place = next(i for i, (a, b) in enumerate(zip(across, down, strict=True)) if a != b)
        raise DataError(
            "rows and columns have different names",
            where=grid.where(place + first, 0),
            expected=f"'{across[place]}' as in column {place + 1}",
            got=f"'{down[place]}'",
            hint="rows and columns must stand in the same order",
        )
    matrix = np.array([_numbers(grid, i + first, skip, missing) for i in range(n)], dtype=float)
    for bad, problem, expected in (
        (matrix < low, "a negative value" if low == 0 else "a value is too small", low),
        (matrix > high, "a value is too large", high),
    ):
        if bad.any():
            row, column = (int(i) for i in np.argwhere(bad)[0])
            names = across or down
            at = f" (row '{names[row]}', column '{names[column]}')" if names else ""
            raise DataError(
                problem + at,
                where=grid.where(row + first, column + skip),
                expected=f"at {'least' if expected == low else 'most'} {expected:g}",
                got=grid.rows[row + first][column + skip],
            )
    return matrix, across or down


def _frame(grid: Grid) -> tuple[bool, bool]:
    """Return whether the first row, and the first column, hold names."""
    rows, first = len(grid.rows), grid.rows[0]
    width = max((len(row) for row in grid.rows[1:]), default=len(first))
    if len(first) == width - 1 and rows == width:  # as R writes it: no corner above the names
        return True, True
    if rows == width + 1 and len(first) == width:
        return _named(first), False
    if width == rows + 1 and len(first) == width:
        return False, _named([row[0] for row in grid.rows])
    if rows == width:
        # Numbers may be names only below a corner that says so: else a broken first figure of a
        # symmetric matrix would make names of its first row and column.
        corner, names = first[0], first[1:]
        told = corner.lower() in _CORNERS or (corner == "" and _named(names))
        framed = bool(names) and (told or (not is_number(corner) and _words(names)))
        return framed, framed
    named = not all(_figure(cell) for cell in first)
    return named, any(not _figure(row[0]) for row in grid.rows[1:])


def _words(cells: Sequence[str]) -> bool:
    return sum(not _figure(cell) for cell in cells) > len(cells) / 2


def _named(cells: Sequence[str]) -> bool:
    """Return whether cells are names: mostly words, or numbered from 0 or 1 on."""
    count = [list(map(str, range(start, start + len(cells)))) for start in (0, 1)]
    return _words(cells) or (len(cells) > 2 and list(cells) in count)


def _figure(cell: str) -> bool:
    return is_number(cell) or cell.lower() in _MISSING


def _numbers(grid: Grid, row: int, skip: int, missing: bool) -> list[float]:
    # A whole row in one float() per cell; the slow, located check only where that is in doubt.
    cells = grid.rows[row][skip:]
    joined = "".join(cells)
    if joined.isascii() and "_" not in joined and " " not in joined:
        try:
            values = [float(cell) for cell in cells]
        except ValueError:
            values = [math.nan]
        if all(map(math.isfinite, values)):
            return values
    return [grid.number(row, column + skip, missing=missing) for column in range(len(cells))]


def quoted(cell: str, separator: str) -> str:
    """Return a cell as text that :func:`parse_grid` gives back unchanged."""
    # The separator of a .csv is found from its first line: no other one may stand bare in it.
    marks = separator if separator == "\t" else "\t;,"
    plain = cell == cell.strip() and not cell.startswith("#") and '"' not in cell
    if plain and not set(cell) & set(marks):
        return cell
    return '"' + cell.replace('"', '""') + '"'


def grid_text(rows: Sequence[Sequence[str]], separator: str = ",") -> str:
    """Return rows of cells as text with Unix line ends."""
    return "".join(
        separator.join(quoted(cell, separator) for cell in row) + "\n" for row in rows
    )  # fmt: skip
