"""The block ``search``: which arm is varied, over what, and by what it is judged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from pydantic import Field, field_validator

from netmod import treatments
from netmod.errors import ConfigError, did_you_mean
from netmod.fit.search import Choice, Plan, Span
from netmod.scenario.arms import NONE, Arm
from netmod.scenario.messages import checked
from netmod.scenario.numbers import Section
from netmod.scenario.problem import Problem, ProblemsError, listed, shown, unknown_word
from netmod.scenario.steps import LATEST_START_H, place_text, treatment_word
from netmod.treatments.declaration import Treatment
from netmod.units import format_time, parse_time_h

TARGET, TREATMENT, THERAPY_DAY = "target", "treatment", "therapy_day"
"""What can be varied besides the parameters of treatments."""

THERAPY = "therapy"
"""The treatment whose step begins on ``therapy_day``."""

NEEDS_HEALTHY = "healthy_distance"
"""The metric that is measured from an untreated healthy arm."""


class Search(Section):
    """What is searched for.

    Parameters
    ----------
    arm : str
        The arm that is varied; as written it is the standard plan.
    time : str
        Time of the scan that judges a plan.
    metric : str
        A name of `netmod.graph.METRICS`.
    towards : {'lower', 'higher'}
        Where the metric is to go.
    over : tuple of Choice or Span
        Axes: ``target``, ``treatment`` and parameters of the arm's treatment, in a sequence of
        its first step that is no therapy; ``therapy_day``, on which the therapy of a sequence
        begins.
    """

    arm: str = Field(description="the arm that is varied", examples=["rtms_10hz"])
    time: str = Field(description="the scan that judges, one of 'times'", examples=["6 wk"])
    metric: str = Field(NEEDS_HEALTHY, description="a metric, see 'netmod metrics'")
    towards: Literal["lower", "higher"] = Field("lower", description="where the metric is to go")
    over: tuple[Choice | Span, ...] = Field(
        description="a mapping of what is varied to its values, or to {low: …, high: …}",
        examples=["{sessions: [20, 30]}"],
    )

    @field_validator("time", mode="before")
    @classmethod
    def _time(cls, value: object) -> object:
        try:
            return format_time(parse_time_h(value))  # type: ignore[arg-type]
        except ConfigError as error:
            hint = error.hint or "write one of 'times', such as 6 wk"
            problem = Problem((), error.what, error.expected, error.got, hint)
            raise ProblemsError([problem]) from None

    @field_validator("metric", mode="before")
    @classmethod
    def _metric(cls, value: object) -> object:
        from netmod.graph import METRICS  # lists and their checks need no network measures

        if not isinstance(value, str) or value not in METRICS:
            see = "see 'netmod metrics' for all of them"
            raise ProblemsError([unknown_word("metric", value, METRICS, see=see)])
        return value

    @field_validator("over", mode="before")
    @classmethod
    def _over(cls, value: object) -> object:
        return _axes(value)

    @property
    def time_h(self) -> float:
        """The time in hours."""
        return parse_time_h(self.time)

    def canonical(self) -> dict[str, Any]:
        """Return every field as plain YAML data."""
        over = {
            axis.name: {"low": axis.low, "high": axis.high}
            if isinstance(axis, Span)
            else list(axis.values)
            for axis in self.over
        }
        names = ("arm", "time", "metric", "towards")
        return {**{name: getattr(self, name) for name in names}, "over": over}


def places_of(search: Any) -> list[Any]:
    """Return the list of places, as plain data, that a search goes over; empty without one."""
    over = search.get("over") if isinstance(search, dict) else None
    places = over.get(TARGET) if isinstance(over, dict) else None
    return places if isinstance(places, list) else []


def varied(arm: Arm, plan: Plan) -> Arm:
    """Return an arm with the values of a plan.

    Another treatment keeps what the arm changes from the defaults of its own, where it has it.

    Parameters
    ----------
    arm : Arm
        As written.
    plan : mapping
        Values of axes by name.

    Raises
    ------
    ProblemsError
        If such an arm cannot be given.
    """
    data = arm.canonical() | {"name": arm.name}
    given = data["sequence"][_varied_step(arm)] if arm.sequence else data
    if TREATMENT in plan:
        _change_treatment(given, plan[TREATMENT])
    for name, value in plan.items():
        if name == TARGET:
            given["target"] = value
        elif name == THERAPY_DAY:
            therapy = next(step for step in data["sequence"] if step["treatment"] == THERAPY)
            therapy.pop("after", None)
            therapy["start"] = f"{value!r} d"
        elif name != TREATMENT:
            given["parameters"][name] = value
    return checked(Arm, data)


def plan_text(plan: Plan) -> str:
    """Return a plan in one line."""
    return ", ".join(
        f"{name} {value:g}" if isinstance(value, int | float) else f"{name} {value}"
        for name, value in plan.items()
    )


def search_problems(search: Search, arms: Iterable[Arm], times_h: Iterable[float]) -> list[Problem]:
    """Return what in a search does not fit the arms and times of its scenario.

    Parameters
    ----------
    search : Search
    arms : iterable of Arm
    times_h : iterable of float
        Times of the scans in hours.
    """
    problems = []
    later = [time_h for time_h in times_h if time_h > 0.0]
    if search.time_h not in later:
        known = listed(format_time(time_h) for time_h in later)
        hint = "add it to 'times', or choose one of them"
        problems.append(Problem(("time",), "no scan to judge by", known, shown(search.time), hint))
    named = {arm.name: arm for arm in arms}
    plain = [a for a in named.values() if a.treatment == NONE and not a.modifiers]
    if search.metric == NEEDS_HEALTHY and "healthy" not in {a.population for a in plain}:
        hint = "add 'healthy: {}' to 'arms', or choose another metric"
        what, expected = "nobody to measure the distance from", "an untreated healthy arm"
        problems.append(Problem(("metric",), what, expected, search.metric, hint))
    if search.arm not in named:
        see = "name one of 'arms'"
        return [*problems, unknown_word("arm", search.arm, named, see=see).under(("arm",))]
    problems += [
        problem.under(("over", axis.name))
        for axis in search.over
        for problem in _axis_problems(axis, named[search.arm], search)
    ]
    return problems


def _axis_problems(axis: Choice | Span, arm: Arm, search: Search) -> list[Problem]:
    """Return why an axis varies nothing in an arm."""
    if axis.name == THERAPY_DAY:
        if any(step.treatment == THERAPY for step in arm.sequence):
            return []
        expected = f"a sequence with a step '{THERAPY}'"
        hint = f"add the step {{treatment: {THERAPY}, start: 0 d}} to the arm"
        return [Problem((), "this arm has no therapy", expected, arm.summary(), hint, at_key=True)]
    words = next((a.points() for a in search.over if a.name == TREATMENT), None)
    if words is None:
        words = [arm.sequence[_varied_step(arm)].treatment if arm.sequence else arm.treatment]
    given = [treatments.TREATMENTS[word] for word in words if word in treatments.TREATMENTS]
    if axis.name == TREATMENT:
        return []
    if axis.name == TARGET:
        if any(treatment.target for treatment in given):
            return []
        hint = "remove it, or choose a treatment that is aimed"
        return [Problem((), "nothing is aimed here", "no target", None, hint, at_key=True)]
    known = list(dict.fromkeys(name for treatment in given for name in treatment.parameters))
    if axis.name in known:
        return []
    what = f"not a parameter of {' or '.join(words)}"
    hint = did_you_mean(axis.name, known) or "remove it, or add a treatment that has it"
    return [Problem((), what, listed(known), shown(axis.name), hint, at_key=True)]


def _varied_step(arm: Arm) -> int:
    """Return the place of the step that is varied: the first that is no therapy."""
    return next((i for i, step in enumerate(arm.sequence) if step.treatment != THERAPY), 0)


def _change_treatment(given: dict[str, Any], name: str) -> None:
    """Give another treatment in an arm or a step."""
    old, new = treatments.TREATMENTS.get(given["treatment"]), treatments.TREATMENTS[name]
    own = old.parameters if old else {}
    given["treatment"] = name
    given["parameters"] = {
        key: value
        for key, value in given["parameters"].items()
        if key in new.parameters and value != own[key].default
    }
    if not new.target or (old and given["target"] == old.target):
        given["target"] = None


def _axes(value: object) -> tuple[Choice | Span, ...]:
    if isinstance(value, tuple) and all(isinstance(axis, Choice | Span) for axis in value):
        return value
    if not isinstance(value, Mapping) or not value:
        expected, hint = "a mapping of names to lists of values", "write {sessions: [20, 30]}"
        raise ProblemsError([Problem((), "nothing to vary", expected, shown(value), hint)])
    axes, problems = [], []
    for name, given in value.items():
        try:
            axes.append(_axis(name, given))
        except ProblemsError as error:
            problems += [problem.under((name,)) for problem in error.problems]
    if problems:
        raise ProblemsError(problems)
    return tuple(axes)


def _axis(name: str, given: object) -> Choice | Span:
    declared = [t for t in treatments.TREATMENTS.values() if name in t.parameters]
    if name not in (TARGET, TREATMENT, THERAPY_DAY) and not declared:
        parameters = dict.fromkeys(k for t in treatments.TREATMENTS.values() for k in t.parameters)
        known = [TARGET, TREATMENT, THERAPY_DAY, *parameters]
        hint = did_you_mean(name, known) or "name a parameter of the arm's treatment"
        raise ProblemsError(
            [Problem((), "unknown key", listed(known), shown(name), hint, at_key=True)]
        )
    if isinstance(given, Mapping):
        return _span(name, given, declared)
    if not isinstance(given, list | tuple) or not given:
        what = "no values" if given in ([], ()) else "not a list of values"
        hint = f"write [{given}]" if isinstance(given, str | int | float) else "write [value, …]"
        expected = "a list of values, or {low: …, high: …}"
        raise ProblemsError([Problem((), what, expected, shown(given), hint)])
    values, problems = [], []
    for i, one in enumerate(given):
        try:
            value = _value(name, one, declared)
        except ProblemsError as error:
            problems += [problem.under((i,)) for problem in error.problems]
            continue
        if value in values:
            problems.append(Problem((i,), "given twice", "each once", shown(one), "remove one"))
        values.append(value)
    if problems:
        raise ProblemsError(problems)
    return Choice(name, tuple(values))


def _span(name: str, given: Mapping[str, Any], declared: list[Treatment]) -> Span:
    expected = "{low: …, high: …}, two numbers, the lower first"
    if name in (TARGET, TREATMENT) or set(given) != {"low", "high"}:
        hint = "write a list of values" if name in (TARGET, TREATMENT) else "write low and high"
        raise ProblemsError([Problem((), "not a range", expected, shown(given), hint)])
    problems, ends = [], []
    for key in ("low", "high"):
        try:
            ends.append(_value(name, given[key], declared))
        except ProblemsError as error:
            problems += [problem.under((key,)) for problem in error.problems]
    if not problems and ends[0] >= ends[1]:
        got = f"{ends[0]:g} to {ends[1]:g}"
        problems = [Problem((), "not a range", expected, got, "write the lower end first")]
    if problems:
        raise ProblemsError(problems)
    whole = all(t.parameters[name].whole for t in declared)  # days are whole as well
    return Span(name, *ends, whole=whole)


def _value(name: str, value: object, declared: list[Treatment]) -> Any:
    """Return a value that at least one treatment accepts."""
    if name == TREATMENT:
        return treatment_word(value, treatments.TREATMENTS)
    if name == TARGET:
        if value is None:
            hint = "write the name of a target"
            raise ProblemsError([Problem((), "not the name of a target", None, None, hint)])
        return place_text(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ProblemsError([Problem((), "not a number", None, shown(value), "write a number")])
    ranges = [(t.parameters[name].low, t.parameters[name].high) for t in declared]
    if name == THERAPY_DAY:
        ranges = [(0.0, LATEST_START_H / 24.0)]
    if not any(low <= value <= high for low, high in ranges):
        expected = " or ".join(dict.fromkeys(f"{low:g} to {high:g}" for low, high in ranges))
        raise ProblemsError(
            [Problem((), "out of range", expected, shown(value), "see 'netmod treatments'")]
        )
    if declared and all(t.parameters[name].whole for t in declared) and value != int(value):
        hint = f"write {round(value)}"
        raise ProblemsError(
            [Problem((), "not a whole number", "a whole number", shown(value), hint)]
        )
    return value
