"""Reading the text and JSON files of an atlas, with complaints that a user can act on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from netmod.errors import DataError


def read_text(path: Path) -> str:
    """Return the text of a file.

    Raises
    ------
    DataError
        If the file is missing, unreadable, empty, binary or not UTF-8.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise DataError("no such file", where=str(path), expected="a file of the atlas") from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise DataError("cannot read the file", where=str(path), got=reason) from None
    if b"\0" in data:
        raise DataError(
            "a binary file", where=str(path), expected="UTF-8 text", got="bytes that are no text"
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        raise DataError(
            "not UTF-8 text",
            where=f"{path}:{line}:{column}",
            expected="UTF-8",
            got=f"byte 0x{data[error.start]:02x}",
            hint="save the file as UTF-8",
        ) from None
    if not text.strip():
        raise DataError("an empty file", where=str(path), expected="UTF-8 text", got="nothing")
    return text


def read_json(path: Path) -> dict[str, Any]:
    """Return the object of a JSON file.

    Raises
    ------
    DataError
        If the file cannot be read, is no JSON, names a key twice, holds NaN or infinity, or is
        no object.
    """
    text = read_text(path)

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        if len(result) != len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for place, name in enumerate(names) if name in names[:place])
            raise DataError(f"key '{twice}' comes twice", where=position(path, text, twice, 2))
        return result

    def no_constant(name: str) -> Any:
        raise DataError("not a JSON number", where=str(path), expected="a number", got=name)

    try:
        value = json.loads(text, object_pairs_hook=unique, parse_constant=no_constant)
    except json.JSONDecodeError as error:
        raise DataError(
            "not valid JSON", where=f"{path}:{error.lineno}:{error.colno}", got=error.msg
        ) from None
    except RecursionError:
        raise DataError("JSON nested too deeply", where=str(path)) from None
    if not isinstance(value, dict):
        raise DataError(
            "not a JSON object", where=f"{path}:1:1", expected="{…}", got=type(value).__name__
        )
    return value


def position(path: Path, text: str, word: str, occurrence: int = 1) -> str:
    """Return ``file:line:col`` of a JSON string in its text, or the file where it is not found."""
    quoted = json.dumps(word, ensure_ascii=False)
    start = -1
    for _ in range(occurrence):
        start = text.find(quoted, start + 1)
        if start < 0:
            return str(path)
    line = text.count("\n", 0, start) + 1
    return f"{path}:{line}:{start - text.rfind(chr(10), 0, start)}"
