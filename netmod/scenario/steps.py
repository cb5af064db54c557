"""One treatment of an arm: its word, its place, its parameters, and when it begins."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field, ValidationInfo, field_validator, model_validator

from netmod import treatments
from netmod.errors import ConfigError
from netmod.scenario.messages import checked
from netmod.scenario.numbers import Numbers, Section, declared_numbers
from netmod.scenario.problem import Problem, ProblemsError, shown, unknown_word
from netmod.treatments import course
from netmod.treatments.declaration import Treatment
from netmod.units import format_time, parse_time_h

FARTHEST_MM = 200.0
"""No coordinate of a head lies farther from its origin."""

LATEST_START_H = 520 * 168.0

SEE = "see 'netmod treatments' for all of them"


class Step(Section):
    """One treatment of a sequence.

    Parameters
    ----------
    treatment : str
        A name of `netmod.treatments.TREATMENTS`.
    start : str or None
        When it begins, counted from day 0: a time with its unit.
    after : str or None
        The same, counted from the last event of the step before.
    target : str or None
        Place of the coil; see `place_text`.
    parameters : Numbers
        Every parameter of the treatment, in its declared unit.
    """

    treatment: str = Field(description="a treatment", examples=["rtms_10hz"])
    start: str | None = Field(None, description="a time with its unit, from day 0")
    after: str | None = Field(
        None, description="a time with its unit, from the last event of the step before"
    )
    target: str | None = Field(None, description="a place of the coil")
    parameters: Numbers = Field(Numbers(), description="parameters of the treatment")

    @field_validator("treatment", mode="before")
    @classmethod
    def _treatment(cls, value: object) -> object:
        return treatment_word(value, treatments.TREATMENTS)

    @field_validator("start", "after", mode="before")
    @classmethod
    def _time(cls, value: object) -> object:
        return None if value is None else _duration(value)

    @field_validator("target", mode="before")
    @classmethod
    def _target(cls, value: object, info: ValidationInfo) -> object:
        place = place_text(value)
        if "treatment" not in info.data:
            return place
        return aimed(place, info.data["treatment"], ())

    @field_validator("parameters", mode="before")
    @classmethod
    def _parameters(cls, value: object, info: ValidationInfo) -> object:
        if "treatment" not in info.data:
            return Numbers()
        return parameters_of(info.data["treatment"], value)

    @model_validator(mode="after")
    def _one_beginning(self) -> Step:
        if self.start is not None and self.after is not None:
            got = f"start {self.start} and after {self.after}"
            hint = "keep one of them"
            raise ProblemsError([Problem(("after",), "two beginnings", "one", got, hint)])
        return self

    def resolved(self) -> course.Step:
        """Return the step with its treatment, in hours."""
        return course.Step(
            treatments.TREATMENTS[self.treatment],
            self.parameters,
            self.target,
            None if self.start is None else parse_time_h(self.start),
            None if self.after is None else parse_time_h(self.after),
        )

    def summary(self) -> str:
        """Return the step in a few words, with the parameters that are not at their default."""
        text = described(self.treatment, self.target, self.parameters)
        if self.after is not None:
            return f"{text} {self.after} later"
        return text if self.start is None else f"{text} from {self.start} on"

    def canonical(self) -> dict[str, Any]:
        """Return every field as plain YAML data."""
        times = {"start": self.start, "after": self.after}
        return {
            "treatment": self.treatment,
            **{key: value for key, value in times.items() if value is not None},
            "target": self.target,
            "parameters": dict(self.parameters),
        }


def treatment_of(name: str) -> Treatment | None:
    """Return a registered treatment; None for a word that is no treatment by itself."""
    return treatments.TREATMENTS.get(name)


def treatment_word(value: object, known: Any) -> str:
    """Return the name of a treatment.

    Raises
    ------
    ProblemsError
        If it is none of the known ones.
    """
    if not isinstance(value, str) or value not in known:
        raise ProblemsError([unknown_word("treatment", value, known, see=SEE)])
    return value


def place_text(value: object) -> str | None:
    """Return where the coil is, as text.

    Parameters
    ----------
    value : str, list of three numbers, or None
        The name of a target, of a region or of a published coordinate; ``individual``; MNI
        coordinates in mm, as ``"x,y,z"`` or a list; the path of a field by region (``.tsv``).

    Raises
    ------
    ProblemsError
        If it is none of these by its form.
    """
    hint = "write the name of a target, e.g. dlpfc_left, or [-38, 44, 26] in mm"
    if value is None:
        return None
    if isinstance(value, list | tuple):
        return _coordinates(list(value), value)
    if not isinstance(value, str) or not value.strip():
        raise ProblemsError([Problem((), "not the name of a target", None, shown(value), hint)])
    if "," in value and not value.endswith(".tsv"):
        return _coordinates(value.split(","), value)
    return value


def _coordinates(parts: list[Any], value: object) -> str:
    try:
        numbers = [float(part) for part in parts if not isinstance(part, bool)]
    except (TypeError, ValueError):
        numbers = []
    inside = all(math.isfinite(x) and abs(x) <= FARTHEST_MM for x in numbers)
    if len(numbers) != 3 or len(parts) != 3 or not inside:
        expected = f"x, y, z in MNI space, each within {FARTHEST_MM:g} mm"
        hint = "write [-38, 44, 26]"
        raise ProblemsError([Problem((), "not a coordinate", expected, shown(value), hint)])
    return ",".join(f"{x:.10g}" for x in numbers)


def aimed(place: str | None, treatment: str, moved: Any) -> str | None:
    """Return the place of a treatment's coil: the one given, else a modifier's, else its own.

    Raises
    ------
    ProblemsError
        If a place is given and nothing is aimed.
    """
    declared = treatment_of(treatment)
    own = declared.target if declared else None
    if place is not None and own is None:
        hint = "remove the target, or choose a treatment that is aimed"
        got = f"'{place}' with treatment '{treatment}'"
        raise ProblemsError([Problem((), "nothing is aimed here", "no target", got, hint)])
    return own and (place or next((target for target in moved if target), None) or own)


def parameters_of(treatment: str, value: object) -> Numbers:
    """Return every parameter of a treatment, defaults filled in.

    Raises
    ------
    ProblemsError
        With every unknown name, wrong type and value out of range.
    """
    declared = treatment_of(treatment)
    return declared_numbers(
        f"Parameters of {treatment}", declared.parameters if declared else {}, value
    )


def steps_of(value: Sequence[Any], moved: Sequence[str]) -> tuple[Step, ...]:
    """Return the steps behind a list, aimed where a modifier says.

    Parameters
    ----------
    value : sequence of mapping or Step
    moved : sequence of str
        Places to which modifiers move the coil.

    Raises
    ------
    ProblemsError
        With every problem of every step.
    """
    steps: list[Step] = []
    problems: list[Problem] = []
    for i, spec in enumerate(value):
        if isinstance(spec, Step):
            steps.append(spec)
            continue
        try:
            step = _step(i, spec)
        except ProblemsError as error:
            problems += [problem.under((i,)) for problem in error.problems]
            continue
        if moved and step.target and spec.get("target") is None:
            step = step.model_copy(update={"target": moved[0]})
        steps.append(step)
    if problems:
        raise ProblemsError(problems)
    return tuple(steps)


def _step(i: int, spec: object) -> Step:
    if not isinstance(spec, Mapping):
        hint = f"write {{treatment: {spec}}}" if isinstance(spec, str) else "write {treatment: …}"
        expected = "a mapping with treatment, start or after, target, parameters"
        raise ProblemsError([Problem((), "not a step", expected, shown(spec), hint)])
    step = checked(Step, dict(spec))
    if i == 0 and step.after is not None:
        what, hint = "nothing comes before the first step", "remove it, or write 'start: …'"
        raise ProblemsError([Problem(("after",), what, "no 'after'", step.after, hint)])
    if i > 0 and step.start is None and step.after is None:
        what = "it is not said when this step begins"
        hint = "add 'after: 1 d' (from the step before) or 'start: 1 d' (from day 0)"
        raise ProblemsError([Problem((), what, "start or after", None, hint)])
    return step


def described(treatment: str, target: str | None, parameters: Mapping[str, float]) -> str:
    """Return a treatment in a few words, with the parameters that are not at their default."""
    declared = treatment_of(treatment)
    defaults = declared.parameters if declared else {}
    changed = [
        f"{name} {value:g}" for name, value in parameters.items() if value != defaults[name].default
    ]
    text = f"{treatment} at {target}" if target else treatment
    return text + (f" ({', '.join(changed)})" if changed else "")


def _duration(value: object) -> str:
    try:
        hours = parse_time_h(value)  # type: ignore[arg-type]
    except ConfigError as error:
        hint = error.hint or "write 0 h, 1 d or 6 wk"
        problem = Problem((), error.what, "a number with min, h, d or wk", error.got, hint)
        raise ProblemsError([problem]) from None
    if hours > LATEST_START_H or 0.0 < hours < 1 / 60:
        expected, hint = "0 h, or 1 min to 520 wk", "begin earlier, or write 0 h"
        problem = Problem((), "time out of range", expected, shown(value), hint)
        raise ProblemsError([problem])
    if hours == 0.0:
        return "0 h"
    label = format_time(hours)
    return label if parse_time_h(label) == hours else f"{hours!r} h"
