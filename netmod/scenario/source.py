"""A configuration file → its text, or a message that says why it is none."""

from __future__ import annotations

import re
from pathlib import Path

from netmod.errors import ConfigError, did_you_mean
from netmod.scenario.positions import FaultError

MAX_BYTES = 1 << 20

NOT_PRINTABLE = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
"""Characters that YAML does not allow in its text."""


def read_text(path: Path) -> str:
    """Return the text of a UTF-8 file of at most 1 MiB.

    Raises
    ------
    ConfigError
        If it is missing, a folder, too large, unreadable or not text; the hint names files near.
    """
    where = str(path)
    try:
        if path.is_dir():
            raise ConfigError(
                "this is a folder",
                where=where,
                expected="a YAML file",
                got="a folder",
                hint=_nearby_configs(path, None),
            )
        if not path.exists():
            raise ConfigError(
                "no such file",
                where=where,
                expected="a YAML file",
                hint=_nearby_configs(path.parent, path.name),
            )
        if not path.is_file():
            raise ConfigError(
                "not a regular file",
                where=where,
                expected="a YAML file",
                hint="save the scenario as a file first",
            )
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a usable path"
        raise ConfigError(
            f"cannot read the file: {reason}",
            where=where[:200],
            hint="check the path and its permissions",
        ) from None
    if len(raw) > MAX_BYTES:
        raise ConfigError(
            "the file is too large",
            where=where,
            expected="at most 1 MiB of YAML",
            hint="is it data? a scenario is a page of text",
        )
    try:
        text = raw.decode("utf-8-sig")
        check_printable(text)
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line, col = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        raise ConfigError(
            "not a text file",
            where=f"{where}:{line}:{col}",
            expected="YAML in UTF-8",
            got=f"byte 0x{raw[error.start]:02x}",
            hint="save it as UTF-8 text",
        ) from None
    except FaultError as fault:
        raise ConfigError(
            fault.what, where=f"{where}:{fault.line}:{fault.col}", **fault.details
        ) from None
    return text


def _nearby_configs(folder: Path, name: str | None) -> str:
    """Return a hint that names the YAML files of a folder."""
    if not folder.is_dir():
        return f"the folder '{folder}' does not exist either"
    found = sorted(p.name for p in folder.iterdir() if p.suffix in (".yaml", ".yml"))
    near = did_you_mean(name, found) if name else None
    if near:
        return near
    if found:
        return f"'{folder}' holds " + ", ".join(found[:8])
    return "write one to start from with 'netmod init'"


def check_printable(text: str) -> None:
    """Refuse control characters and lone surrogates.

    Raises
    ------
    FaultError
        At the first character that YAML does not allow.
    """
    found = NOT_PRINTABLE.search(text)
    if found:
        before = text[: found.start()]
        raise FaultError(
            before.count("\n") + 1,
            found.start() - before.rfind("\n"),
            (),
            "not a text file",
            expected="YAML in UTF-8",
            got=f"character U+{ord(found.group()):04X}",
            hint="save it as UTF-8 text, without control characters",
        )
