"""Formats of connectomes: read into a draft, export an atlas; one file each, registered here."""

from __future__ import annotations

import dataclasses
import os
import shutil
import tempfile
from collections.abc import Mapping
from inspect import signature
from pathlib import Path
from types import MappingProxyType
from typing import Any

from netmod.atlas.archive import LARGEST_BYTES, is_archive, unpack
from netmod.atlas.atlas import Atlas
from netmod.atlas.formats.bids import BIDS
from netmod.atlas.formats.draft import Draft, Format
from netmod.atlas.formats.graphml import GRAPHML
from netmod.atlas.formats.matlab import MAT
from netmod.atlas.formats.mrtrix import MRTRIX
from netmod.atlas.formats.netmod_folder import NETMOD
from netmod.atlas.formats.numpy_files import NPY, NPZ
from netmod.atlas.formats.text_matrices import CSV, TSV
from netmod.atlas.formats.tvb import TVB
from netmod.atlas.formats.tvb_bids import TVB_BIDS
from netmod.errors import ConfigError, DataError, NetmodError, did_you_mean

# In the order in which a path is tried: the more particular first.
FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        entry.name: entry
        for entry in (
            NETMOD, TVB, TVB_BIDS, BIDS, MRTRIX, NPZ, NPY, MAT, GRAPHML, CSV, TSV,
        )
    }
)  # fmt: skip
"""Every format by its name."""

__all__ = ["FORMATS", "Draft", "Format", "export_atlas", "read_draft"]


def read_draft(path: str | os.PathLike[str], format: str | None = None, **options: Any) -> Draft:
    """Read a connectome in any of the formats, without filling in anything.

    Parameters
    ----------
    path : str or path
        A file, a folder, or a zip or tar archive of a folder.
    format : str, optional
        Key of :data:`FORMATS`; found from the path when not given.
    **options
        What the format's reader takes (``weights="SC"`` for npz and mat …).

    Returns
    -------
    Draft
        Its `description` is untouched; ``notes`` holds what the reader did or left out.

    Raises
    ------
    ConfigError
        If the format or an option is unknown.
    DataError
        If nothing is there, no format fits, or a file is malformed or hostile.
    """
    path = Path(path)
    if format is not None:
        _format(format)
    if not os.path.lexists(path):
        raise DataError("no such file or folder", where=str(path), expected="a connectome")
    if path.is_file() and path.stat().st_size > LARGEST_BYTES:
        raise DataError(
            "the file is too large", where=str(path), expected=f"at most {LARGEST_BYTES} bytes",
            got=f"{path.stat().st_size}",
        )  # fmt: skip
    if path.suffix.lower() == ".npz" or not is_archive(path):
        return _read(path, format, options)
    with tempfile.TemporaryDirectory(prefix="netmod-") as scratch:
        folder = Path(scratch).resolve() / "archive"
        unpack(path, folder)
        inside = _single(folder)
        try:
            draft = _read(inside, format, options)
        except NetmodError as error:
            raise moved(error, {str(inside): str(path), str(folder): str(path)}) from None
    return dataclasses.replace(draft, source=str(path), files=(path,))


def _single(folder: Path) -> Path:
    """Return the folder inside an archive that holds everything."""
    while True:
        entries = [entry for entry in folder.iterdir() if entry.name != "__MACOSX"]
        if len(entries) != 1 or not entries[0].is_dir() or entries[0].name == "net":
            return folder
        if entries[0].name.startswith("sub-"):
            return folder
        folder = entries[0]


def moved(error: NetmodError, places: Mapping[str, str]) -> NetmodError:
    """Return an error that names the user's path where it named a temporary one."""
    texts = {}
    for name in ("what", "where", "expected", "got", "hint"):
        text = getattr(error, name)
        for old, new in places.items():
            text = text.replace(old, new) if text else text
        texts[name] = text
    return type(error)(texts.pop("what"), **texts)


def _format(name: str) -> Format:
    if name not in FORMATS:
        raise ConfigError(
            f"unknown format '{name}'",
            expected=f"one of {', '.join(FORMATS)}",
            got=repr(name),
            hint=did_you_mean(name, FORMATS),
        )
    return FORMATS[name]


def _read(path: Path, format: str | None, options: Mapping[str, Any]) -> Draft:
    if format is None:
        chosen = next((entry for entry in FORMATS.values() if entry.recognise(path)), None)
        if chosen is None:
            raise DataError(
                "no format fits",
                where=str(path),
                expected=f"one of {', '.join(FORMATS)}",
                got="a folder of other files" if path.is_dir() else f"a file '{path.suffix}'",
                hint="name the format",
            )
    else:
        chosen = _format(format)
    known = list(signature(chosen.read).parameters)[1:]
    for option in options:
        if option not in known:
            raise ConfigError(
                f"unknown option '{option}' of the format {chosen.name}",
                expected=f"one of {', '.join(known)}" if known else "no options",
                hint=did_you_mean(option, known),
            )
    try:
        draft = chosen.read(path, **options)
    except RecursionError:
        raise DataError("nested too deeply", where=str(path)) from None
    except OSError as error:
        raise DataError(
            "cannot read it", where=str(error.filename or path),
            expected=f"a {chosen.title}", got=error.strerror or type(error).__name__,
        ) from None  # fmt: skip
    return dataclasses.replace(draft, format=chosen.name)


def export_atlas(atlas: Atlas, path: str | os.PathLike[str], format: str) -> tuple[Path, ...]:
    """Write an atlas in one of the formats: whole, or not at all.

    Parameters
    ----------
    atlas : Atlas
        The atlas.
    path : str or path
        File or folder to make, as the format has it; must not exist.
    format : str
        Key of :data:`FORMATS`. Its ``loses`` names what the format cannot hold.

    Returns
    -------
    tuple of Path
        The files written.

    Raises
    ------
    ConfigError
        If the format is unknown, or the path exists or cannot be written.
    DataError
        If the format cannot hold this atlas (directed weights, names with blanks).
    """
    chosen, path = _format(format), Path(path)
    if os.path.lexists(path):
        raise ConfigError(
            "the path exists", where=str(path), expected="a new file or folder",
            hint="choose another one, or remove it first",
        )  # fmt: skip
    asymmetric = any((m != m.T).any() for m in (atlas.weights, atlas.lengths_mm))
    if asymmetric and not chosen.directed:
        raise DataError(
            f"the format {format} cannot hold directed weights",
            where=f"atlas '{atlas.name}'",
            expected="symmetric weights and lengths",
            hint="export to tvb, csv, npz or graphml",
        )
    scratch: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
        made = scratch / (path.name or "export")
        if not chosen.suffix:
            made.mkdir()
        chosen.write(atlas, made)
        inside = [made] if made.is_file() else sorted(p for p in made.rglob("*") if p.is_file())
        made.rename(path)
    except OSError as error:
        raise ConfigError(
            "cannot write the export", where=str(path), got=error.strerror or str(error)
        ) from None
    finally:
        if scratch is not None:
            shutil.rmtree(scratch, ignore_errors=True)
    return tuple(path / part.relative_to(made) for part in inside)
