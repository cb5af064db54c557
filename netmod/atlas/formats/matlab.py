"""MATLAB files of version 5 (``save -v6`` and ``-v7``); v7.3 is HDF5 and refused with a hint."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from netmod.atlas.archive import LARGEST_BYTES
from netmod.atlas.atlas import Atlas
from netmod.atlas.formats.arrays import arrays_of, draft_of_arrays
from netmod.atlas.formats.draft import Draft, Format
from netmod.errors import DataError

_COMPRESSED = 15
_HEADER_BYTES = 128
_HDF5 = b"\x89HDF\r\n\x1a\n"


def _read(
    path: Path, weights: str | None = None, lengths: str | None = None, fc: str | None = None
) -> Draft:
    from scipy.io import loadmat

    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError("cannot read the file", where=str(path), got=error.strerror) from None
    _check_elements(data, path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            content = loadmat(io.BytesIO(data), chars_as_strings=True)
    except Exception as error:  # a damaged file ends in errors of any kind inside the reader
        raise DataError(
            "not a readable MATLAB file", where=str(path), got=str(error)[:100],
            hint="write it again with save -v7",
        ) from None  # fmt: skip
    arrays = {
        key: _plain(value, f"{path}: {key}")
        for key, value in content.items()
        if not key.startswith("__")
    }
    return draft_of_arrays(arrays, path, weights, lengths, fc)


def _check_elements(data: bytes, path: Path) -> None:
    """Walk the top-level elements: all there, and together not above the limit when expanded."""
    if data.startswith(_HDF5) or data[:116].startswith(b"MATLAB 7.3"):
        raise DataError(
            "a MATLAB file of version 7.3", where=str(path), expected="version 5 (-v6 or -v7)",
            hint="in MATLAB: save('file.mat', '-v7')",
        )  # fmt: skip
    mark = data[126:128]
    if len(data) < _HEADER_BYTES or mark not in (b"IM", b"MI"):
        raise DataError(
            "not a MATLAB file of version 5", where=str(path), expected="save -v7",
            got=f"{len(data)} bytes", hint="the file may be cut off",
        )  # fmt: skip
    order = "<" if mark == b"IM" else ">"
    place, total = _HEADER_BYTES, 0
    while place < len(data):
        if place + 8 > len(data):
            raise DataError("the file is cut off", where=str(path), got=f"{len(data)} bytes")
        kind, size = struct.unpack_from(f"{order}II", data, place)
        element = data[place + 8 : place + 8 + size]
        if len(element) < size:
            raise DataError(
                "the file is cut off", where=str(path), expected=f"{place + 8 + size} bytes",
                got=f"{len(data)} bytes",
            )  # fmt: skip
        total += _expanded(element, LARGEST_BYTES - total, path) if kind == _COMPRESSED else size
        if total > LARGEST_BYTES:
            raise DataError(
                "the file expands to too much", where=str(path),
                expected=f"at most {LARGEST_BYTES} bytes",
            )  # fmt: skip
        place += 8 + size


def _expanded(element: bytes, limit: int, path: Path) -> int:
    engine, total, step = zlib.decompressobj(), 0, 1 << 20
    try:
        while not engine.eof and total <= limit:
            piece = engine.decompress(element, step)
            total += len(piece)
            element = engine.unconsumed_tail
            if not piece and not element:
                raise DataError("a compressed array is cut off", where=str(path))
    except zlib.error as error:
        raise DataError("a damaged array", where=str(path), got=str(error)) from None
    return total


def _plain(value: Any, where: str) -> np.ndarray:
    """Return a variable as an array of numbers [r, c] or of texts: cells and structs opened."""
    if hasattr(value, "toarray"):  # sparse
        if np.prod(value.shape, dtype=float) * 8 > LARGEST_BYTES:
            raise DataError("a sparse array too large to open", where=where, got=str(value.shape))
        return np.asarray(value.toarray())
    if value.dtype.names is not None:
        raise DataError(
            "a struct", where=where, expected="plain matrices",
            hint="save its fields: save('file.mat', '-struct', 'name', '-v7')",
        )  # fmt: skip
    if value.dtype.kind == "U":
        return np.char.rstrip(value.ravel())
    if value.dtype.kind != "O":
        return value
    texts = []
    for cell in value.ravel(order="F"):
        text = np.asarray(cell)
        if text.size and text.dtype.kind != "U":
            raise DataError(
                "a cell that is no text", where=where, expected="a cell array of texts",
                got=str(text.dtype),
            )  # fmt: skip
        texts.append(str(text.ravel()[0]) if text.size else "")
    cells = np.array(texts, dtype=str)
    return cells.reshape(value.shape, order="F") if min(value.shape, default=0) > 1 else cells


def _write(atlas: Atlas, path: Path) -> None:
    from scipy.io import savemat

    content = {}
    for name, array in arrays_of(atlas).items():
        if array.dtype.kind == "U":
            content[name] = np.empty(array.shape if array.ndim > 1 else (array.size, 1), object)
            content[name][...] = array.reshape(content[name].shape)
        else:
            content[name] = array
    stream = io.BytesIO()
    savemat(stream, content, do_compression=True)
    # SciPy puts the time of day into the free text of the header; the same atlas gives the same
    # bytes here.
    title = b"MATLAB 5.0 MAT-file, written by netmod".ljust(116)
    path.write_bytes(title + stream.getvalue()[116:])


MAT = Format(
    name="mat",
    title="MATLAB file (.mat, version 5)",
    doc="Keys as in npz, in any case (SC, Cmat, Dmat, FC …); names as a cell array of texts. "
    "Options weights=, lengths=, fc= name other keys.",
    suffix=".mat",
    recognise=lambda path: path.is_file() and path.suffix.lower() == ".mat",
    read=_read,
    write=_write,
    loses=("licence", "citation"),
)
