"""NumPy files: ``.npz`` with named arrays, ``.npy`` with one matrix. Pickles are never opened."""

from __future__ import annotations

import io
import math
import tokenize
import warnings
import zipfile
from pathlib import Path
from typing import BinaryIO

import numpy as np

from netmod.atlas.archive import LARGEST_BYTES
from netmod.atlas.atlas import Atlas
from netmod.atlas.formats.arrays import arrays_of, draft_of_arrays
from netmod.atlas.formats.draft import Draft, Format
from netmod.errors import DataError

_KINDS = "fiubU"
# A header of a matrix is about a hundred bytes.
_LONGEST_HEADER = 10_000


def _read_npz(
    path: Path, weights: str | None = None, lengths: str | None = None, fc: str | None = None
) -> Draft:
    arrays: dict[str, np.ndarray] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            total = sum(info.file_size for info in archive.infolist())
            if total > LARGEST_BYTES:
                raise DataError(
                    "the file expands to too much", where=str(path),
                    expected=f"at most {LARGEST_BYTES} bytes", got=f"{total} bytes",
                )  # fmt: skip
            for info in archive.infolist():
                key = info.filename.removesuffix(".npy")
                if key in arrays:
                    raise DataError(f"array '{key}' comes twice", where=str(path))
                with archive.open(info) as stream:
                    arrays[key] = _array(stream, info.file_size, f"{path}: {key}")
    except (zipfile.BadZipFile, OSError, EOFError, RuntimeError, NotImplementedError, ValueError,
            zipfile.zlib.error) as error:  # fmt: skip
        # RuntimeError: an encrypted member; NotImplementedError: an unknown compression.
        raise DataError(
            "not a readable npz file", where=str(path), got=str(error) or type(error).__name__,
            hint="write it again with numpy.savez",
        ) from None  # fmt: skip
    return draft_of_arrays(arrays, path, weights, lengths, fc)


def _read_npy(path: Path) -> Draft:
    try:
        with path.open("rb") as stream:
            array = _array(stream, path.stat().st_size, str(path))
    except (OSError, ValueError, EOFError) as error:
        raise DataError("not a readable npy file", where=str(path), got=str(error)) from None
    return draft_of_arrays({"weights": array}, path)


def _array(stream: BinaryIO, size: int, where: str) -> np.ndarray:
    """Read one array; its header must agree with the bytes that are there before any is read."""
    start = io.BytesIO(stream.read(min(size, _LONGEST_HEADER)))
    try:
        version = np.lib.format.read_magic(start)
        reader = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }[version]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of headers that Python 2 wrote
            shape, fortran, dtype = reader(start)
    except (ValueError, KeyError, EOFError, TypeError, SyntaxError, RecursionError,
            tokenize.TokenError) as error:  # fmt: skip
        raise DataError("not an array of NumPy", where=where, got=str(error)[:100]) from None
    if dtype.kind not in _KINDS:
        raise DataError(
            "an array of objects" if dtype.hasobject else "an array of another type",
            where=where,
            expected="real numbers or texts",
            got=str(dtype),
            hint="pickles can run any code and are never opened; save plain arrays",
        )
    claimed = math.prod(shape) * dtype.itemsize
    if claimed != size - start.tell() or any(length < 0 for length in shape):
        raise DataError(
            "the array is not as long as its header says",
            where=where,
            expected=f"{claimed} bytes for {shape}",
            got=f"{size - start.tell()} bytes",
            hint="the file may be cut off",
        )
    data = start.read() + stream.read()
    return np.frombuffer(data, dtype).reshape(shape, order="F" if fortran else "C")


def _write_npz(atlas: Atlas, path: Path) -> None:
    with path.open("wb") as stream:
        np.savez_compressed(stream, **arrays_of(atlas))


def _write_npy(atlas: Atlas, path: Path) -> None:
    with path.open("wb") as stream:
        np.save(stream, atlas.weights, allow_pickle=False)


NPZ = Format(
    name="npz",
    title="NumPy arrays (.npz)",
    doc="Keys weights, lengths_mm, fc, region, centroids_mm and their usual other names. "
    "Options weights=, lengths=, fc= name other keys.",
    suffix=".npz",
    recognise=lambda path: path.is_file() and path.suffix.lower() == ".npz",
    read=_read_npz,
    write=_write_npz,
    loses=("licence", "citation"),
)

NPY = Format(
    name="npy",
    title="one NumPy matrix (.npy)",
    doc="The weights alone; everything else comes from lengths=, fc= and regions=.",
    suffix=".npy",
    recognise=lambda path: path.is_file() and path.suffix.lower() == ".npy",
    read=_read_npy,
    write=_write_npy,
    loses=(
        "region", "label", "hemisphere", "network", "kind", "centroids_mm", "lengths_mm",
        "fc", "fcd", "maps", "targets", "licence", "citation",
    ),
)  # fmt: skip
