"""Tables of an atlas: reading with a position for every complaint, writing the same bytes always.

A table is UTF-8, tab-separated, one header line. Columns of a complaint count characters from 1,
as editors do.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from netmod.atlas.text import read_text
from netmod.errors import DataError, did_you_mean

NOT_AVAILABLE = "n/a"
# float() also takes '1_000', 'infinity' and digits of other scripts; a table of figures does not.
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


@dataclass(frozen=True)
class Table:
    """Cells of a table and where they stand.

    Attributes
    ----------
    path : Path
        The file, for messages.
    header : tuple of str
        Column names.
    rows : tuple of tuple of str
        Cells, as many in each row as the header has.
    """

    path: Path
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def where(self, row: int, column: int) -> str:
        """Return ``file:line:col`` of a cell; row −1 is the header."""
        cells = self.header if row < 0 else self.rows[row]
        start = sum(len(cell) + 1 for cell in cells[:column]) + 1
        return f"{self.path}:{row + 2}:{start}"

    def column(self, name: str) -> tuple[str, ...]:
        """Return the cells of a named column.

        Raises
        ------
        DataError
            If the header has no such column.
        """
        if name not in self.header:
            raise DataError(
                f"no column '{name}'",
                where=f"{self.path}:1:1",
                expected=f"a column '{name}'",
                got=", ".join(self.header),
                hint=did_you_mean(name, self.header),
            )
        place = self.header.index(name)
        return tuple(row[place] for row in self.rows)

    def number(self, row: int, column: int, *, missing: bool = False) -> float:
        """Return one cell as a finite number, or NaN for ``n/a`` where `missing` is allowed.

        Raises
        ------
        DataError
            If the cell is no finite decimal number.
        """
        cell = self.rows[row][column]
        if missing and cell == NOT_AVAILABLE:
            return math.nan
        value = float(cell) if _NUMBER.fullmatch(cell) else math.nan
        if not math.isfinite(value):
            raise DataError(
                f"not a finite number (row '{self.rows[row][0]}', column '{self.header[column]}')",
                where=self.where(row, column),
                expected="a finite decimal number" + (f" or {NOT_AVAILABLE}" if missing else ""),
                got=repr(cell),
            )
        return value


def read_table(path: Path) -> Table:
    """Read a table.

    Raises
    ------
    DataError
        If the file cannot be read, a column is named twice or a row has too few or many cells.
    """
    lines = [line.rstrip("\r") for line in read_text(path).split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    header = tuple(lines[0].split("\t"))
    rows = tuple(tuple(line.split("\t")) for line in lines[1:])
    table = Table(path, header, rows)
    for place, name in enumerate(header):
        if name in header[:place]:
            raise DataError(f"column '{name}' comes twice", where=table.where(-1, place))
    for row, cells in enumerate(rows):
        if len(cells) != len(header):
            short = len(cells) < len(header)
            raise DataError(
                f"row '{cells[0]}' is too {'short' if short else 'long'}",
                where=table.where(row, min(len(cells), len(header))),
                expected=f"{len(header)} cells separated by tabs",
                got=f"{len(cells)}",
                hint="the file may be cut off" if short and row == len(rows) - 1 else None,
            )
    return table


def read_matrix(
    path: Path,
    region: Sequence[str],
    *,
    low: float = -math.inf,
    high: float = math.inf,
    diagonal: float | None = None,
    symmetric: bool = False,
    missing: bool = False,
) -> np.ndarray:
    """Read a square matrix whose header and first column are the regions, in their order.

    Parameters
    ----------
    path : Path
        File of the matrix.
    region : sequence of str, length N
        Region names.
    low, high : float
        Closed range of the entries.
    diagonal : float, optional
        Value that the diagonal must have.
    symmetric : bool
        Whether entries must equal their transposed ones.
    missing : bool
        Whether ``n/a`` is allowed off the diagonal; it reads as NaN.

    Returns
    -------
    ndarray, shape (N, N)
        ``[row, column]`` is ``[target, source]``.

    Raises
    ------
    DataError
        If the file, its names or an entry do not fit; the message holds file:line:col.
    """
    table = read_table(path)
    n = len(region)
    if len(table.rows) != len(table.header) - 1:
        raise DataError(
            "the matrix is not square",
            where=f"{path}:1:1",
            expected=f"{n} rows and {n} columns besides the names",
            got=f"{len(table.rows)} rows and {len(table.header) - 1} columns",
        )
    _check_names(table, region, across=True)
    _check_names(table, region, across=False)
    matrix = _numbers(table, missing)

    def refuse(bad: np.ndarray, problem: str, expected: Callable[[int, int], str]) -> None:
        if bad.any():
            row, column = (int(i) for i in np.argwhere(bad)[0])
            raise DataError(
                f"{problem} (row '{region[row]}', column '{region[column]}')",
                where=table.where(row, column + 1),
                expected=expected(row, column),
                got=table.rows[row][column + 1],
            )

    refuse(
        matrix < low,
        "a negative value" if low == 0 else "a value is too small",
        lambda *_: f"at least {low:g}",
    )
    refuse(matrix > high, "a value is too large", lambda *_: f"at most {high:g}")
    if diagonal is not None:
        off = np.eye(n, dtype=bool) & ~(np.abs(matrix - diagonal) <= 1e-6)
        refuse(off, "wrong value on the diagonal", lambda *_: f"{diagonal:g}")
    if symmetric:
        scale = max(float(np.nanmax(np.abs(matrix), initial=0.0)), 1e-300)
        lost = np.isnan(matrix)
        refuse(
            (np.abs(matrix - matrix.T) > 1e-9 * scale) | (lost != lost.T),
            "the matrix is not symmetric",
            lambda row, column: f"{matrix[column, row]:g}, as in row '{region[column]}'",
        )
    return matrix


def _numbers(table: Table, missing: bool) -> np.ndarray:
    # A matrix has few different cells: zeros, and every value twice. Each is checked and read once.
    cells = list(itertools.chain.from_iterable(row[1:] for row in table.rows))
    different = set(cells)
    value = {cell: float(cell) for cell in different if _NUMBER.fullmatch(cell)}
    if missing:
        value[NOT_AVAILABLE] = math.nan
    shape = (len(table.rows), len(table.header) - 1)
    if different <= value.keys() and math.inf not in map(abs, value.values()):
        return np.fromiter(map(value.__getitem__, cells), float, len(cells)).reshape(shape)
    rows, columns = map(range, shape)
    return np.array([[table.number(r, c + 1, missing=missing) for c in columns] for r in rows])


def _check_names(table: Table, region: Sequence[str], *, across: bool) -> None:
    names = table.header[1:] if across else tuple(row[0] for row in table.rows)
    if names == tuple(region):
        return

    def where(place: int) -> str:
        return table.where(-1, place + 1) if across else table.where(place, 0)

    axis = "column" if across else "row"
    for place, name in enumerate(names):
        if name in names[:place]:
            raise DataError(f"region '{name}' comes twice as a {axis}", where=where(place))
    for place, (name, wanted) in enumerate(zip(names, region, strict=False)):
        if name != wanted:
            raise DataError(
                f"{axis} {place + 1} is not the region of regions.tsv",
                where=where(place),
                expected=f"'{wanted}'",
                got=f"'{name}'",
                hint="regions must stand in the order of regions.tsv",
            )
    raise DataError(
        f"the matrix has other regions than regions.tsv ({axis}s)",
        where=f"{table.path}:1:1",
        expected=f"{len(region)} regions",
        got=f"{len(names)}",
    )


def format_number(value: float, digits: int | None = None) -> str:
    """Return a number as text: the shortest that reads back equal, or with so many digits."""
    number = float(value) + 0.0  # no negative zero
    if math.isnan(number):
        return NOT_AVAILABLE
    text = repr(number) if digits is None else f"{number:.{digits}g}"
    return text.removesuffix(".0")


def table_text(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table as text with Unix line ends."""
    return "".join("\t".join(cells) + "\n" for cells in (header, *rows))
