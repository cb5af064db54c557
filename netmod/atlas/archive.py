"""Unpacking archives of strangers: nothing leaves the folder, nothing fills the disk.

Python's ``tarfile`` and ``zipfile`` trust what an archive says of itself (names, sizes, links).
Here every member is judged before the first byte is written, sizes are counted while writing, and
on refusal the folder is removed.
"""

from __future__ import annotations

import bz2
import errno
import gzip
import io
import lzma
import os
import shutil
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from netmod.errors import ConfigError, DataError

LARGEST_BYTES = 2**30
LARGEST_RATIO = 200
LARGEST_MEMBERS = 10_000
# What expands to less than this harms nobody, whatever its ratio: a matrix of zeros does.
_HARMLESS_BYTES = 2**24
_CHUNK = 2**18
# tarfile reads the extended headers of a member (long names) into memory at once.
_LARGEST_HEADER = 2**20
_NOT_THE_ARCHIVE = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS)


@dataclass(frozen=True)
class _Member:
    name: str
    size: int
    open: Callable[[], BinaryIO]


def is_archive(path: Path) -> bool:
    """Tell whether a file is a zip or a tar archive (plain, gz, bz2, xz), by its first bytes."""
    if not path.is_file():
        return False
    try:
        return zipfile.is_zipfile(path) or tarfile.is_tarfile(path)
    except (OSError, EOFError, zlib.error, lzma.LZMAError, ValueError):
        return False


def unpack(
    archive: str | os.PathLike[str],
    folder: str | os.PathLike[str],
    *,
    largest_bytes: int = LARGEST_BYTES,
    largest_ratio: float = LARGEST_RATIO,
    largest_members: int = LARGEST_MEMBERS,
) -> tuple[Path, ...]:
    """Unpack a zip or tar archive into a new folder.

    Parameters
    ----------
    archive : str or path
        The archive.
    folder : str or path
        Made here; must not exist.
    largest_bytes : int
        Bytes that all members together may have.
    largest_ratio : float
        Expanded bytes per byte of the archive, above 16 MiB.
    largest_members : int
        Members that it may have.

    Returns
    -------
    tuple of Path
        The files written, in the order of the archive.

    Raises
    ------
    DataError
        If the archive is damaged, encrypted or no archive; if a member has an absolute name or
        one with ``..``, is a link or a device, or comes twice; or if it expands to too much.
        Nothing is left of the folder then.
    ConfigError
        If the folder exists or cannot be written.
    """
    archive, folder = Path(archive), Path(folder)
    limit = min(largest_bytes, max(largest_ratio * _size(archive), _HARMLESS_BYTES))
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise ConfigError(
            "cannot unpack here", where=str(folder), expected="a folder that can be made",
            got=error.strerror or type(error).__name__,
        ) from None  # fmt: skip
    try:
        if zipfile.is_zipfile(archive):
            return _write(_zip_members(archive, largest_members), archive, folder, limit)
        return _write(_tar_members(archive, largest_members, limit), archive, folder, limit)
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, ValueError,
            RuntimeError, NotImplementedError, OverflowError) as error:  # fmt: skip
        shutil.rmtree(folder)
        raise DataError(
            "not a readable archive", where=str(archive), expected="a sound zip or tar file",
            got=str(error)[:100] or type(error).__name__, hint="the file may be cut off",
        ) from None  # fmt: skip
    except OSError as error:
        shutil.rmtree(folder)
        # Damaged streams and names that no file can have end in OSErrors, too.
        kind = ConfigError if error.errno in _NOT_THE_ARCHIVE else DataError
        raise kind(
            "cannot unpack the archive", where=str(archive), got=error.strerror or str(error)
        ) from None
    except BaseException:
        shutil.rmtree(folder)
        raise


def _size(archive: Path) -> int:
    try:
        return archive.stat().st_size
    except OSError as error:
        raise DataError("cannot read the archive", where=str(archive), got=error.strerror) from None


def _refuse(archive: Path, name: str, what: str, hint: str | None = None) -> DataError:
    return DataError(
        what, where=str(archive), expected="plain files inside the archive",
        got=repr(name[:200]), hint=hint,
    )  # fmt: skip


def _zip_members(archive: Path, largest_members: int) -> Iterator[_Member]:
    with zipfile.ZipFile(archive) as opened:
        infos = opened.infolist()
        _check_count(archive, len(infos), largest_members)
        for info in infos:
            mode = info.external_attr >> 16
            # Only systems that keep a mode can tell a link; a regular file is 0o100000.
            if mode & 0o170000 not in (0, 0o100000, 0o040000):
                raise _refuse(archive, info.filename, "a link or a device in the archive")
            if info.flag_bits & 0x1:
                raise _refuse(archive, info.filename, "an encrypted archive", "decrypt it first")
            # zipfile cuts a name at a NUL: the name that is checked must be the one that is there
            name = info.orig_filename
            if not name.endswith("/"):
                yield _Member(name, info.file_size, lambda info=info: opened.open(info))
            else:
                _parts(archive, name)


def _tar_members(archive: Path, largest_members: int, limit: float) -> Iterator[_Member]:
    count = 0
    with _tar_stream(archive) as stream, tarfile.open(fileobj=stream, mode="r:") as opened:
        for info in opened:
            count += 1
            _check_count(archive, count, largest_members)
            if info.isdir():
                _parts(archive, info.name)
            elif info.isreg() and not info.issparse():
                yield _Member(info.name, info.size, lambda info=info: opened.extractfile(info))
            else:
                raise _refuse(archive, info.name, "a link or a device in the archive")
        # tarfile takes a file cut between two members for a whole one, and reads no further than
        # the last member of a compressed one: the mark at the end and what follows say more.
        stream.seek(opened.offset)
        rest = 0
        while chunk := stream.read(_CHUNK):
            rest += len(chunk)
            if rest > limit:
                raise _refuse(archive, "the end", "the archive expands to too much")
        if not rest:
            raise EOFError("no mark at the end")


class _ShortReads(io.BufferedIOBase):
    """A stream that refuses to read very much at once."""

    def __init__(self, stream: BinaryIO, archive: Path) -> None:
        self._stream = stream
        self._archive = archive

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or not 0 <= size <= _LARGEST_HEADER:
            raise _refuse(self._archive, "a header", "the archive has a header too large")
        return self._stream.read(size)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def close(self) -> None:
        self._stream.close()
        super().close()


def _tar_stream(archive: Path) -> BinaryIO:
    openers = {b"\x1f\x8b": gzip.open, b"BZ": bz2.open, b"\xfd7": lzma.open}
    with archive.open("rb") as file:
        opener = openers.get(file.read(2), open)
    return _ShortReads(opener(archive, "rb"), archive)


def _check_count(archive: Path, count: int, largest: int) -> None:
    if count > largest:
        raise DataError(
            "too many members", where=str(archive), expected=f"at most {largest}", got=f"{count}"
        )


def _parts(archive: Path, name: str) -> tuple[str, ...]:
    """Return the parts of a member's name, all of them plain."""
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    odd = any(ord(letter) < 32 or ord(letter) == 127 for letter in name)
    absolute = name.startswith("/") or (len(name) > 1 and name[1] == ":")
    if absolute or odd or "\\" in name or ".." in parts:
        raise _refuse(archive, name, "a member outside the archive's folder")
    return parts


def _write(
    members: Iterator[_Member], archive: Path, folder: Path, limit: float
) -> tuple[Path, ...]:
    written: list[Path] = []
    seen: set[str] = set()
    total = 0
    for member in members:
        parts = _parts(archive, member.name)
        # On some systems A and a, or two spellings of é, are one file.
        key = unicodedata.normalize("NFC", "/".join(parts)).casefold()
        if not parts or key in seen:
            raise _refuse(archive, member.name, "a member that comes twice or has no name")
        seen.add(key)
        if total + member.size > limit:
            raise DataError(
                "the archive expands to too much", where=str(archive),
                expected=f"at most {int(limit)} bytes", got=f"{total + member.size} and more",
            )  # fmt: skip
        path = folder.joinpath(*parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        with member.open() as source, path.open("xb") as target:
            done = 0
            while chunk := source.read(_CHUNK):
                done += len(chunk)
                total += len(chunk)
                if done > member.size or total > limit:
                    raise _refuse(archive, member.name, "a member is longer than it says")
                target.write(chunk)
        if done != member.size:
            raise _refuse(archive, member.name, "a member is cut off")
        written.append(path)
    return tuple(written)


def expand_bz2(path: Path, *, largest_bytes: int = LARGEST_BYTES) -> bytes:
    """Return the content of a bzip2 file, refused when damaged or too long.

    Raises
    ------
    DataError
        If it cannot be read, is cut off, or expands to more than `largest_bytes`.
    """
    engine = bz2.BZ2Decompressor()
    try:
        content = engine.decompress(path.read_bytes(), largest_bytes + 1)
    except (OSError, ValueError, EOFError) as error:
        raise DataError("not a readable bzip2 file", where=str(path), got=str(error)) from None
    if len(content) > largest_bytes or not engine.eof:
        too_long = len(content) > largest_bytes
        raise DataError(
            "the file expands to too much" if too_long else "the file is cut off", where=str(path),
            expected=f"at most {largest_bytes} bytes" if too_long else "a whole bzip2 file",
        )  # fmt: skip
    return content
