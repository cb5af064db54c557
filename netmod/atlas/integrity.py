"""Checksums of an atlas: SHA256SUMS in the format of ``sha256sum``."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from netmod.atlas.text import read_text
from netmod.errors import DataError, IntegrityError

SUMS_NAME = "SHA256SUMS"
DATA_FILES = (
    "regions.tsv",
    "weights.tsv",
    "lengths.tsv",
    "fc.tsv",
    "fcd.tsv",
    "maps.tsv",
    "targets.json",
)
"""The files that hold numbers; their digest is the identity of an atlas."""

_LINE = re.compile(r"([0-9a-f]{64}) [ *](.+)")


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal.

    Raises
    ------
    DataError
        If the file is missing or unreadable.
    """
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise DataError("cannot read the file", where=str(path), got=reason) from None


def sums_text(folder: Path, names: list[str]) -> str:
    """Return the text of SHA256SUMS for some files of a folder, sorted by name."""
    return "".join(f"{file_sha256(folder / name)}  {name}\n" for name in sorted(names))


def data_sha256(folder: Path) -> str:
    """Return the digest of the files that hold numbers: SHA-256 of their SHA256SUMS text."""
    present = [name for name in DATA_FILES if (folder / name).is_file()]
    return hashlib.sha256(sums_text(folder, present).encode()).hexdigest()


def verify_sums(folder: Path) -> bool:
    """Check every file that SHA256SUMS names.

    Returns
    -------
    bool
        False when the folder has no SHA256SUMS (an atlas of the user), True when all agree.

    Raises
    ------
    IntegrityError
        If a file is missing or differs, or a file with numbers is not covered.
    DataError
        If SHA256SUMS itself cannot be read.
    """
    sums = folder / SUMS_NAME
    if not sums.exists():
        return False
    listed: dict[str, str] = {}
    for number, line in enumerate(read_text(sums).splitlines(), start=1):
        match = _LINE.fullmatch(line)
        if not match:
            raise DataError(
                "not a line of checksums",
                where=f"{sums}:{number}:1",
                expected="64 hexadecimal digits, two spaces, a file name",
                got=repr(line[:80]),
            )
        digest, name = match.groups()
        if name in (".", "..") or "/" in name or "\\" in name:
            raise DataError(
                "a checksum of a file outside the atlas",
                where=f"{sums}:{number}:67",
                expected="a file name without folders",
                got=repr(name),
            )
        listed[name] = digest
    for name, digest in listed.items():
        path = folder / name
        if not path.is_file():
            raise IntegrityError(
                f"{name} is missing, but {SUMS_NAME} names it",
                where=str(path),
                hint="restore the atlas from its source",
            )
        got = file_sha256(path)
        if got != digest:
            raise IntegrityError(
                f"{name} was changed",
                where=str(path),
                expected=f"SHA-256 {digest}",
                got=got,
                hint=f"restore the file; for an atlas of your own, copy it without {SUMS_NAME}",
            )
    for name in DATA_FILES:
        if name not in listed and (folder / name).is_file():
            raise IntegrityError(
                f"{name} is not covered by {SUMS_NAME}",
                where=str(folder / name),
                hint="restore the atlas from its source",
            )
    return True
