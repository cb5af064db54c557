"""Pydantic's errors → problems with what, expected, got and a hint, in netmod's words."""

from __future__ import annotations

import re
import typing
from collections.abc import Mapping
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from netmod.errors import did_you_mean
from netmod.scenario.problem import KeyPath, Problem, ProblemsError, listed, shown

_UNITS = ("s", "ms", "h", "hz", "mm", "min", "d", "wk")
_NUMBER_AND_UNIT = re.compile(r"([-+]?\d+(?:\.\d+)?)\s*([a-zA-Z]+)")
_SECONDS = {"ms": 1e-3, "s": 1.0, "sec": 1.0, "min": 60.0, "h": 3600.0}
_T = TypeVar("_T", bound=BaseModel)


def checked(section: type[_T], data: object) -> _T:
    """Validate data against a section.

    Raises
    ------
    ProblemsError
        With every problem found, relative to the section.
    """
    try:
        return section.model_validate(data)
    except ValidationError as error:
        raise ProblemsError(problems_from(error, section)) from None


def problems_from(error: ValidationError, section: type[BaseModel]) -> list[Problem]:
    """Return the problems behind a pydantic error, in pydantic's order.

    Parameters
    ----------
    error : ValidationError
        What validation of ``section`` raised.
    section : type
        The section, for the ranges and meanings of its fields.
    """
    found: list[Problem] = []
    for item in error.errors(include_url=False):
        path: KeyPath = tuple(item["loc"])
        inner = item.get("ctx", {}).get("error")
        if isinstance(inner, ProblemsError):
            found += [problem.under(path) for problem in inner.problems]
        elif item["type"] == "extra_forbidden":
            found.append(_unknown_key(path, section))
        else:
            found.append(_at_field(item, path, section))
    return found


def describe(field: FieldInfo) -> str:
    """Return what a field accepts: kind, range, unit and default."""
    kind = field.annotation
    if typing.get_origin(kind) is Literal:
        words = [str(word) for word in typing.get_args(kind)]
        return words[0] if len(words) == 1 else listed(words)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return "a mapping with " + ", ".join(kind.model_fields)
    if kind in (int, float):
        text = "a whole number" if kind is int else "a number"
        low, high = limits(field)
        if low is not None:
            text += f" from {low:.12g} to {high:.12g}"
        unit = _unit(field)
        if unit not in (None, "1"):
            text += f" {unit}"
        return text if field.is_required() else f"{text} (default {field.default:.12g})"
    return field.description or "text"


def limits(field: FieldInfo) -> tuple[float | None, float | None]:
    """Return the closed range of a number field, (None, None) without one."""
    low = next((m.ge for m in field.metadata if hasattr(m, "ge")), None)
    high = next((m.le for m in field.metadata if hasattr(m, "le")), None)
    return low, high


def _unit(field: FieldInfo) -> str | None:
    extra = field.json_schema_extra
    return extra.get("unit") if isinstance(extra, Mapping) else None


def _field_at(path: KeyPath, section: type[BaseModel]) -> FieldInfo | None:
    field = None
    for part in path:
        field = section.model_fields.get(part) if isinstance(part, str) else None
        if field is None:
            return None
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            section = field.annotation
    return field


def _parent(path: KeyPath, section: type[BaseModel]) -> type[BaseModel]:
    """Return the section that holds the last key of a path."""
    for part in path[:-1]:
        inner = section.model_fields[part].annotation
        section = inner if isinstance(inner, type) else section
    return section


def _unknown_key(path: KeyPath, section: type[BaseModel]) -> Problem:
    word = str(path[-1])
    known = list(_parent(path, section).model_fields)
    hint = (
        _unit_hint(word, known)
        or did_you_mean(word, known)
        or _elsewhere(word, path, section)
        or "remove it"
    )
    return Problem(path, "unknown key", listed(known), f"'{word}'", hint, at_key=True)


def _unit_hint(word: str, known: list[str]) -> str | None:
    """Return a hint when a key differs from a known one by its unit alone."""
    stem, _, last = word.rpartition("_")
    stems = {word} | ({stem} if stem and last in _UNITS else set())
    for name in known:
        base, _, unit = name.rpartition("_")
        if base in stems and unit in _UNITS and name != word:
            return f"write '{name}': a key carries its unit, here {unit}"
    return None


def _elsewhere(word: str, path: KeyPath, top: type[BaseModel]) -> str | None:
    """Return a hint when another part of the same document knows the key."""
    for name, field in top.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel) and word in inner.model_fields:
            return f"'{word}' belongs under '{name}'"
    if len(path) > 1 and word in top.model_fields:
        return f"'{word}' belongs at the top of the file"
    return None


def _at_field(item: Mapping[str, Any], path: KeyPath, section: type[BaseModel]) -> Problem:
    field = _field_at(path, section)
    kind, value = item["type"], item["input"]
    expected = describe(field) if field else None
    if kind == "missing":
        example = _example(field, str(path[-1]))
        return Problem(path, "missing key", expected, None, f"add '{example}'")
    if kind in ("greater_than_equal", "less_than_equal") and field:
        return Problem(path, "out of range", expected, shown(value), _range_hint(value, field))
    if kind == "literal_error" and field:
        words = typing.get_args(field.annotation)
        near = did_you_mean(str(value), [str(word) for word in words])
        hint = near or f"write {' or '.join(str(word) for word in words)}"
        return Problem(path, "not an accepted value", expected, shown(value), hint)
    if kind == "model_type" and field is None:
        expected = "a mapping of names to numbers; " + listed(section.model_fields)
        return Problem(path, "not a mapping", expected, shown(value), "write {name: value}")
    if kind.endswith("_type") or kind in ("int_from_float", "model_attributes_type"):
        return Problem(
            path,
            _wrong_kind(kind),
            expected,
            shown(value),
            _type_hint(value, field),
        )
    if kind == "multiple_of":
        below = int(float(value))
        return Problem(
            path, "not a whole number", expected, shown(value), f"write {below} or {below + 1}"
        )
    hint = "see 'netmod schema' for what is accepted"
    if kind == "string_pattern_mismatch":
        slug = re.sub(r"[^a-z0-9_-]+", "_", str(value).lower()).strip("_-")
        hint = f"write '{slug}'" if slug else "use letters and digits"
        return Problem(path, "not a usable name", expected, shown(value), hint)
    if kind == "string_too_short":
        return Problem(path, "empty", expected, shown(value), "give a value, or remove the key")
    if kind == "string_too_long":
        return Problem(path, "too long", expected, shown(value), "shorten it")
    return Problem(path, item["msg"], expected, shown(value), hint)


def _wrong_kind(kind: str) -> str:
    words = {
        "int_type": "not a whole number",
        "int_from_float": "not a whole number",
        "float_type": "not a number",
        "string_type": "not a text",
        "model_type": "not a mapping",
        "model_attributes_type": "not a mapping",
    }
    return words.get(kind, "wrong type")


def _type_hint(value: object, field: FieldInfo | None) -> str:
    kind = field.annotation if field else None
    if value is None:
        return "give a value, or remove the key"
    if kind in (int, float) and isinstance(value, str):
        match = _NUMBER_AND_UNIT.fullmatch(value.strip())
        if match and field is not None:
            return _without_unit(float(match.group(1)), match.group(2), _unit(field))
        bare = value.strip().replace("_", "")
        if re.fullmatch(r"[-+]?\d+(\.\d+)?", bare):
            return f"write {bare}, without quotes or underscores"
    if kind is int and isinstance(value, float):
        return f"write {round(value)}"
    if kind in (int, float):
        return "write a number"
    if kind is str and isinstance(value, int | float):
        return f"put it in quotes: '{value}'"
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        first = next(iter(kind.model_fields), "key")
        text = (
            f"{{{first}: {value}}}" if isinstance(value, str | int | float) else f"{{{first}: …}}"
        )
        return f"indent its keys below it, or write {text}"
    return "write a single word"


def _without_unit(number: float, given: str, unit: str | None) -> str:
    """Return the hint for a number written with a unit, converted when both units are known."""
    if unit in (None, "1"):
        return f"write {number:g}"
    if given in _SECONDS and unit in _SECONDS:
        number *= _SECONDS[given] / _SECONDS[unit]
    elif given.lower() != unit.lower():
        return f"write the number alone, in {unit}"
    return f"write {number:g}: the unit is fixed, {unit}"


def _range_hint(value: Any, field: FieldInfo) -> str:
    low, high = limits(field)
    unit = _unit(field)
    for factor, other in ((1e-3, "ms"), (1e3, "s")):
        fits = low is not None and high is not None and low <= value * factor <= high
        if fits and unit in ("s", "ms") and unit != other:
            return f"the unit is {unit}; if {value:g} is in {other}, write {value * factor:g}"
    if low is not None and value < low:
        return f"use {low:.12g} or more"
    return f"use {high:.12g} or less"


def _example(field: FieldInfo | None, key: str) -> str:
    examples = field.examples if field else None
    return f"{key}: {examples[0] if examples else '…'}"
