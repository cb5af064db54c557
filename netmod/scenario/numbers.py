"""Declared parameters as pydantic models, and an immutable mapping of their values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, create_model

from netmod.models.declaration import Parameter
from netmod.scenario.messages import checked


class Section(BaseModel):
    """Base of every part of a scenario: frozen, strict, no unknown keys."""

    model_config = ConfigDict(
        frozen=True,
        strict=True,
        extra="forbid",
        validate_default=True,
        arbitrary_types_allowed=True,
        allow_inf_nan=False,
    )


class Numbers(Mapping[str, float]):
    """Immutable, hashable mapping of parameter names to values, in declared order."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, float] | None = None) -> None:
        self._values = dict(values or {})

    def __getitem__(self, name: str) -> float:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __hash__(self) -> int:
        return hash(frozenset(self._values.items()))

    def __repr__(self) -> str:
        return f"Numbers({self._values!r})"


def number(default: Any, unit: str, low: float, high: float, doc: str) -> Any:
    """Return the pydantic field of a number with unit, closed range and meaning.

    Parameters
    ----------
    default : float or int
        Value when nothing is said; ``...`` when it must be given.
    unit : str
        Unit, ``1`` when dimensionless.
    low, high : float
        Closed range.
    doc : str
        Meaning in one sentence.
    """
    return Field(default, ge=low, le=high, description=doc, json_schema_extra={"unit": unit})


def parameter_section(
    name: str, declared: Mapping[str, Parameter], base: type[Section] = Section
) -> type[Section]:
    """Return a section whose keys are declared parameters.

    Parameters
    ----------
    name : str
        Class name, also the title in the JSON Schema.
    declared : mapping of str to Parameter
        Names, defaults, units and ranges.
    base : type
        Section that the new one extends, with its own keys first.
    """
    return _parameter_section(name, tuple(declared.items()), base)


@lru_cache(maxsize=256)
def _parameter_section(
    name: str, declared: tuple[tuple[str, Parameter], ...], base: type[Section]
) -> type[Section]:
    fields: dict[str, Any] = {
        word: (
            float,
            Field(
                float(p.default),
                ge=p.low,
                le=p.high,
                multiple_of=1.0 if p.whole else None,
                description=p.doc,
                json_schema_extra={"unit": p.unit, "source": p.source},
            ),
        )
        for word, p in declared
    }
    return create_model(name, __base__=base, __module__=__name__, **fields)


def declared_numbers(owner: str, declared: Mapping[str, Parameter], value: object) -> Numbers:
    """Return every declared parameter with the values given and the defaults of the rest.

    Parameters
    ----------
    owner : str
        What declares them, for the schema's title.
    declared : mapping of str to Parameter
        The declaration.
    value : mapping or None
        The values given; None is none.

    Raises
    ------
    ProblemsError
        With every unknown name, wrong type and value out of range.
    """
    section = parameter_section(owner, declared)
    given = dict(value) if isinstance(value, Numbers) else value
    values = checked(section, {} if given is None else given)
    return Numbers({name: getattr(values, name) for name in declared})
