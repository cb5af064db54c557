"""Write an atlas folder: the same content gives the same bytes."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from netmod.atlas.integrity import DATA_FILES, SUMS_NAME, sums_text
from netmod.atlas.load import COORDINATES, FCD_COLUMNS
from netmod.atlas.tsv import format_number, table_text
from netmod.errors import ConfigError, DataError


def write_atlas(
    folder: str | os.PathLike[str],
    *,
    region: Sequence[str],
    hemisphere: Sequence[str],
    network: Sequence[str],
    kind: Sequence[str],
    centroids_mm: np.ndarray,
    weights: np.ndarray,
    lengths_mm: np.ndarray,
    fc: np.ndarray | None = None,
    fcd: np.ndarray | None = None,
    label: Sequence[str] | None = None,
    maps: Mapping[str, np.ndarray] | None = None,
    targets: Mapping[str, Sequence[str] | Mapping[str, Any]] | None = None,
    description: Mapping[str, Any] | None = None,
    columns: Mapping[str, Sequence[str]] | None = None,
    texts: Mapping[str, str] | None = None,
    digits: int | None = None,
    checksums: bool = True,
) -> Path:
    """Write an atlas that :func:`netmod.atlas.load_atlas` reads.

    Parameters
    ----------
    folder : str or path
        Made when missing; files of an earlier atlas in it are replaced.
    region, hemisphere, network, kind, label : sequence of str, length N
        As in :class:`netmod.atlas.Atlas`; `label` is `region` when not given.
    centroids_mm : array, shape (N, 3)
        MNI coordinates.
    weights, lengths_mm : array, shape (N, N)
        ``[target, source]``.
    fc : array, shape (N, N), optional
        Pearson r, diagonal 1; NaN is written as ``n/a``.
    fcd : array, shape (B, 3), optional
        Bins of the distribution of functional connectivity dynamics: low, high, share.
    maps : mapping of str to array, shape (N,), optional
        NaN is written as ``n/a``.
    targets : mapping, optional
        Region names of each target, or a mapping with ``regions``, ``doc`` and ``source``.
    description : mapping, optional
        Content of ``description.json`` (``name``, ``licence``, ``weights: {directed}`` …).
    columns : mapping of str to sequence of str, optional
        Further columns of ``regions.tsv``.
    texts : mapping of str to str, optional
        Further text files by name (``LICENSE``, ``CITATION.bib``, ``README.md``).
    digits : int, optional
        Significant digits of numbers; the shortest exact text when not given.
    checksums : bool
        Whether to write ``SHA256SUMS`` over all the files written.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    DataError
        If a shape does not fit, or a cell holds a tab or a line end.
    ConfigError
        If the folder cannot be written.
    """
    n = len(region)
    shapes = {"centroids_mm": (n, 3), "weights": (n, n), "lengths_mm": (n, n), "fc": (n, n)}
    arrays = {"centroids_mm": centroids_mm, "weights": weights, "lengths_mm": lengths_mm, "fc": fc}
    for name, values in arrays.items():
        if values is not None:
            _expect(name, np.shape(values), shapes[name])
    text_columns = {
        "name": region,
        "label": region if label is None else label,
        "hemisphere": hemisphere,
        "network": network,
        "kind": kind,
        **(columns or {}),
    }
    if fcd is not None:
        _expect("fcd", np.shape(fcd), (len(fcd), 3))
    for name, cells in text_columns.items():
        _expect(name, (len(cells),), (n,))
        for cell in cells:
            if set(cell) & set("\t\r\n"):
                raise DataError(f"a cell of '{name}' holds a tab or a line end", got=repr(cell))
    for name, values in (maps or {}).items():
        _expect(f"maps['{name}']", np.shape(values), (n,))

    files: dict[str, str] = dict(texts or {})
    files["regions.tsv"] = _regions_text(text_columns, np.asarray(centroids_mm), digits)
    files["weights.tsv"] = _matrix_text(region, weights, digits)
    files["lengths.tsv"] = _matrix_text(region, lengths_mm, digits)
    if fc is not None:
        files["fc.tsv"] = _matrix_text(region, fc, digits)
    if fcd is not None:
        bins = [[format_number(value, digits) for value in row] for row in np.asarray(fcd)]
        files["fcd.tsv"] = table_text(FCD_COLUMNS, bins)
    if maps:
        rows = [
            [name, *(format_number(values[place], digits) for values in maps.values())]
            for place, name in enumerate(region)
        ]
        files["maps.tsv"] = table_text(["name", *maps], rows)
    if targets:
        entries = {
            name: dict(entry) if isinstance(entry, Mapping) else {"regions": list(entry)}
            for name, entry in targets.items()
        }
        files["targets.json"] = json_text(entries)
    if description is not None:
        files["description.json"] = json_text(dict(description))
    return _write(Path(folder), files, checksums=checksums)


def json_text(value: Mapping[str, Any]) -> str:
    """Return a mapping as JSON text, keys in their order."""
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _expect(name: str, got: tuple[int, ...], expected: tuple[int, ...]) -> None:
    if tuple(got) != expected:
        raise DataError(f"{name} has the wrong shape", expected=str(expected), got=str(tuple(got)))


def _regions_text(
    columns: Mapping[str, Sequence[str]], centroids_mm: np.ndarray, digits: int | None
) -> str:
    before = ("name", "label", "hemisphere")
    after = [name for name in columns if name not in before]
    rows = [
        [
            *(columns[name][place] for name in before),
            *(format_number(value, digits) for value in centroids_mm[place]),
            *(columns[name][place] for name in after),
        ]
        for place in range(len(columns["name"]))
    ]
    return table_text([*before, *COORDINATES, *after], rows)


def _matrix_text(region: Sequence[str], matrix: np.ndarray, digits: int | None) -> str:
    rows = [
        [name, *(format_number(value, digits) for value in values)]
        for name, values in zip(region, np.asarray(matrix), strict=True)
    ]
    return table_text(["name", *region], rows)


def _write(folder: Path, files: Mapping[str, str], *, checksums: bool) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in (*DATA_FILES, "description.json", SUMS_NAME):
            if name not in files:
                (folder / name).unlink(missing_ok=True)
        for name, text in files.items():
            (folder / name).write_bytes(text.encode())
        if checksums:
            (folder / SUMS_NAME).write_bytes(sums_text(folder, list(files)).encode())
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ConfigError("cannot write the atlas", where=str(folder), got=reason) from None
    return folder
