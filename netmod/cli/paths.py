"""Folders and files that a command is given: checked before anything is computed."""

from __future__ import annotations

import os
from pathlib import Path

from netmod.errors import ConfigError


def existing(out: Path) -> Path:
    """Return the folder of a run, refused where there is none."""
    if not out.is_dir():
        what = "not a folder" if out.exists() else "no such folder"
        hint = "'netmod run CONFIG' writes one, out/NAME unless told otherwise"
        raise ConfigError(what, where=str(out), expected="the output of a run", hint=hint)
    return out


def check_picture(path: Path) -> None:
    """Refuse the path of a picture that could not be written, before anything is computed."""
    if path.suffix.lower() != ".png":
        hint = f"write {path.parent / (path.stem or 'plan')}.png"
        raise ConfigError("not the name of a PNG", where=str(path), expected="NAME.png", hint=hint)
    if path.is_dir():
        hint = "name a file in it"
        raise ConfigError("a folder", where=str(path), expected="a file", hint=hint)
    check_writable(path.parent, "choose another folder for the figure")


def check_writable(out: Path, hint: str = "choose another folder with -o") -> None:
    """Refuse an output folder that could not be made, before anything is computed."""
    nearest = next(folder for folder in (out, *out.absolute().parents) if folder.exists())
    if not nearest.is_dir():
        raise ConfigError("not a folder", where=str(nearest), expected="a folder", hint=hint)
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise ConfigError("cannot write here", where=str(nearest), hint=hint)
