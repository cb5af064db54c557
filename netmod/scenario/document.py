"""YAML text → plain data and the place of every key, within hard limits.

Only YAML's core schema is read: mappings with text keys, lists, text, numbers, booleans and null.
Anchors, aliases, tags, several documents, duplicate keys and non-finite numbers are refused, so a
small file can neither grow in memory nor build an object. The text is consumed as a stream of
parser events: a deep or endless document stops at its limit and never recurses.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml import events as ev
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from netmod.errors import ConfigError
from netmod.scenario.positions import FaultError, Positions
from netmod.scenario.problem import KeyPath, dotted, shown
from netmod.scenario.source import NOT_PRINTABLE, check_printable, read_text

MAX_DEPTH = 32
MAX_NODES = 20_000
MAX_DIGITS = 40

_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_WORDS = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
_WORDS |= {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}

_SYNTAX_HINTS = {
    "cannot start any token": "quote a value that begins with a special sign; indent with spaces",
    "mapping values are not allowed": "quote a value that contains ': ', and align the keys",
    "could not find expected ':'": "every key needs a colon and a space: 'key: value'",
    "expected ',' or": "close the bracket, and put commas between the entries",
    "but found '<block mapping start>'": "align this key with the keys above it",
    "while scanning a quoted scalar": "close the quotation mark",
    "unexpected end of stream": "close the quotation mark or the bracket",
}


def read_document(path: str | Path) -> tuple[dict[str, Any], Positions]:
    """Read a configuration file.

    Parameters
    ----------
    path : str or Path
        A YAML 1.2 file of at most 1 MiB.

    Returns
    -------
    data : dict
        Plain mappings, lists, text, numbers, booleans and None.
    positions : Positions
        The place of every key.

    Raises
    ------
    ConfigError
        If the file is missing, not a text file, or not plain YAML with a mapping at its top.
    """
    text = read_text(Path(path))
    positions = Positions(str(path))
    try:
        data = _build(text, positions)
        if data is None:
            raise FaultError(
                1,
                1,
                (),
                "the file is empty",
                expected="a scenario",
                hint="write one to start from with 'netmod init'",
            )
        if not isinstance(data, dict):
            raise FaultError(
                *positions.values[()],
                (),
                "the top of the file is not a mapping",
                expected="keys with values, as in 'name: treatments'",
                got=shown(data),
                hint="write one to start from with 'netmod init'",
            )
    except FaultError as fault:
        label = f": {dotted(fault.path)}" if fault.path else ""
        where = f"{path}:{fault.line}:{fault.col}{label}"
        raise ConfigError(fault.what, where=where, **fault.details) from None
    return data, positions


def read_value(text: str, where: str) -> Any:
    """Return the value of an option, read as YAML under the same limits.

    Raises
    ------
    ConfigError
        If the text is no plain YAML value; ``where`` names the option.
    """
    try:
        check_printable(text)
        return _build(text, Positions(where))
    except FaultError as fault:
        raise ConfigError(fault.what, where=where, **fault.details) from None


@dataclass
class _Frame:
    """A mapping or list under construction."""

    container: Any
    path: KeyPath
    key: str | None = None


def _events(text: str) -> Iterator[Any]:
    """Yield parser events; every failure of the parser becomes a fault with its place."""
    try:
        yield from YAML(typ="safe", pure=True).parse(io.StringIO(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, col = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        said = " ".join(str(part) for part in (error.context, error.problem) if part)
        hint = next((h for sign, h in _SYNTAX_HINTS.items() if sign in said), None)
        raise FaultError(
            line,
            col,
            (),
            f"not valid YAML: {error.problem or error.context}",
            hint=hint or "check the indentation, quotes and brackets just before this place",
        ) from None
    except (YAMLError, ValueError, OverflowError, IndexError, AttributeError, TypeError) as error:
        # the parser leaks such errors for a few malformed escapes and directives
        raise FaultError(
            1,
            1,
            (),
            f"not valid YAML ({type(error).__name__} in the parser)",
            hint="check escapes such as \\x in quoted text, and % at the start of a line",
        ) from None


def _build(text: str, positions: Positions) -> Any:
    """Return the data of one document and fill in the positions; an empty text is None."""
    root: Any = None
    frames: list[_Frame] = []
    documents = nodes = 0
    for event in _events(text):
        line, col = event.start_mark.line + 1, event.start_mark.column + 1
        path = _path_of(frames)
        if isinstance(event, ev.DocumentStartEvent):
            documents += 1
            _check_document(event, documents, line, col)
        elif isinstance(event, ev.AliasEvent) or getattr(event, "anchor", None):
            raise FaultError(
                line,
                col,
                path,
                "anchors and aliases (& and *) are not read",
                expected="every value written out",
                hint="write the value again, or quote it if the sign is part of it",
            )
        elif isinstance(event, ev.ScalarEvent | ev.MappingStartEvent | ev.SequenceStartEvent):
            nodes += 1
            if nodes > MAX_NODES:
                raise FaultError(
                    line,
                    col,
                    (),
                    "too many entries",
                    expected=f"at most {MAX_NODES}",
                    hint="is it data? a scenario is a page of text",
                )
            if event.tag is not None:
                raise FaultError(
                    line,
                    col,
                    path,
                    "tags (!) are not read",
                    expected="a plain value",
                    got=shown(str(event.tag)),
                    hint="remove the tag, or quote the value",
                )
            top = frames[-1] if frames else None
            if top is not None and isinstance(top.container, dict) and top.key is None:
                top.key = _key(event, top, positions, line, col)
                continue
            value = _value(event, path, line, col)
            if isinstance(event, ev.ScalarEvent) and not event.value and event.style is None:
                # a value left out is reported at its key; the parser is at the next token
                line, col = positions.keys.get(path) or positions.values.get(path[:-1], (1, 1))
            positions.values[path] = (line, col)
            if top is None:
                root = value
            elif isinstance(top.container, dict):
                top.container[top.key] = value
                top.key = None
            else:
                top.container.append(value)
            if not isinstance(event, ev.ScalarEvent):
                if len(frames) >= MAX_DEPTH:
                    raise FaultError(
                        line,
                        col,
                        (),
                        "nested too deeply",
                        expected=f"at most {MAX_DEPTH} levels",
                        hint="a scenario needs four",
                    )
                frames.append(_Frame(value, path))
        elif isinstance(event, ev.MappingEndEvent | ev.SequenceEndEvent):
            frames.pop()
    return root


def _check_document(event: Any, documents: int, line: int, col: int) -> None:
    if documents > 1:
        raise FaultError(
            line,
            col,
            (),
            "more than one document",
            expected="one scenario per file",
            hint="remove this '---' or split the file",
        )
    if event.tags or event.version not in (None, (1, 2)):
        raise FaultError(
            line,
            col,
            (),
            "YAML directives (%) are not read",
            expected="YAML 1.2",
            hint="remove the line that begins with %",
        )


def _path_of(frames: list[_Frame]) -> KeyPath:
    """Return the path of the value that comes next."""
    if not frames:
        return ()
    top = frames[-1]
    if isinstance(top.container, list):
        return (*top.path, len(top.container))
    return (*top.path, top.key) if top.key is not None else top.path


def _key(event: Any, top: _Frame, positions: Positions, line: int, col: int) -> str:
    if not isinstance(event, ev.ScalarEvent):
        raise FaultError(
            line,
            col,
            top.path,
            "a key must be a word",
            got="a list or mapping",
            hint="write 'key: value'; quote a value that begins with [ or {",
        )
    word = _value(event, top.path, line, col)
    if not isinstance(word, str) or not word:
        raise FaultError(
            line,
            col,
            top.path,
            "a key must be a word",
            got=shown(word),
            hint="write 'key: value', the key beginning with a letter",
        )
    path = (*top.path, word)
    if word in top.container:
        first, first_col = positions.keys[path]
        raise FaultError(
            line,
            col,
            path,
            "duplicate key",
            expected="every key once",
            got=f"'{word}' on line {first} and again on line {line}",
            hint=f"remove one of them; the first is at {first}:{first_col}",
        )
    positions.keys[path] = (line, col)
    return word


def _value(event: Any, path: KeyPath, line: int, col: int) -> Any:
    """Return a new container, or a scalar under YAML 1.2's core schema."""
    if isinstance(event, ev.MappingStartEvent):
        return {}
    if isinstance(event, ev.SequenceStartEvent):
        return []
    text = event.value
    if event.style is not None:
        found = NOT_PRINTABLE.search(text)
        if found:
            raise FaultError(
                line,
                col,
                path,
                "a control character in quoted text",
                got=f"character U+{ord(found.group()):04X}",
                hint="remove the escape",
            )
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _NOT_FINITE.fullmatch(text):
        return _finite(text, math.inf, path, line, col)
    if _INT.fullmatch(text):
        if len(text) > MAX_DIGITS:
            return _finite(text, math.inf, path, line, col)
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    if _FLOAT.fullmatch(text):
        return _finite(text, float(text), path, line, col)
    return text


def _finite(text: str, value: float, path: KeyPath, line: int, col: int) -> float:
    if not math.isfinite(value):
        raise FaultError(
            line,
            col,
            path,
            "not a finite number",
            expected="a finite number",
            got=shown(text),
            hint="write a number; leave the key out for its default",
        )
    return value
