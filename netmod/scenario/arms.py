"""Arms: population × treatments × modifiers, by one word or written out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from netmod import cohort, treatments
from netmod.plasticity.gates import combined
from netmod.scenario.numbers import Numbers, Section
from netmod.scenario.problem import KeyPath, Problem, ProblemsError, listed, shown, unknown_word
from netmod.scenario.schedule import exchange_problems, safety_problems, schedule_problems
from netmod.scenario.steps import (
    SEE,
    Step,
    aimed,
    described,
    parameters_of,
    place_text,
    steps_of,
    treatment_of,
    treatment_word,
)
from netmod.treatments import course
from netmod.treatments.declaration import Modifier

if TYPE_CHECKING:
    from netmod.plasticity.events import Event

NONE = "none"
"""The treatment of an untreated arm."""

SEQUENCE = "sequence"
"""The treatment of an arm whose steps are written out."""

MOST_STEPS = 20

BASELINE = "baseline"
"""No arm may be called so: in a table of comparisons it is every arm's own first scan."""


class Arm(Section):
    """One arm, fully resolved: what happens to every subject of a population.

    Parameters
    ----------
    name : str
        Small letters, digits and ``_``; not ``baseline``, and the name of a population only if
        the arm is that population, untreated.
    population : str
        A name of `netmod.cohort.POPULATIONS`.
    treatment : str
        A name of `netmod.treatments.TREATMENTS`, ``none``, or ``sequence``.
    modifiers : tuple of str
        Names of `netmod.treatments.MODIFIERS`, each once; they hold for every step.
    sequence : tuple of Step
        The steps of treatment ``sequence``, empty otherwise.
    target : str or None
        Place of the coil: the one given, else that of a modifier, else the treatment's own;
        None when the treatment is not aimed, and in a sequence, whose steps have their own.
    parameters : Numbers
        Every parameter of the treatment, in its declared unit.
    acknowledge : tuple of {'safety'}
        Limits that the arm may knowingly pass.
    """

    name: str = Field(
        pattern=r"^[a-z][a-z0-9_]*$",
        max_length=40,
        description="a name of small letters, digits and _",
        examples=["rtms_vertex"],
    )
    population: str = Field("mdd", description="a population", examples=["mdd"])
    treatment: str = Field(NONE, description="a treatment", examples=["rtms_10hz"])
    modifiers: tuple[str, ...] = Field((), description="a list of modifiers")
    sequence: tuple[Step, ...] = Field((), description="a list of treatments in their order")
    target: str | None = Field(None, description="a place of the coil")
    parameters: Numbers = Field(Numbers(), description="parameters of the treatment")
    acknowledge: tuple[Literal["safety"], ...] = Field((), description="limits knowingly passed")

    @model_validator(mode="before")
    @classmethod
    def _sequence_is_the_treatment(cls, data: object) -> object:
        if isinstance(data, Mapping) and data.get("sequence") and data.get("treatment") is None:
            return {**data, "treatment": SEQUENCE}
        return data

    @field_validator("name")
    @classmethod
    def _not_reserved(cls, value: str) -> str:
        if value == BASELINE:
            expected = "any other name: comparisons call every arm's own first scan so"
            hint = "choose another name"
            raise ProblemsError([Problem((), "reserved name", expected, shown(value), hint)])
        return value

    @field_validator("population", mode="before")
    @classmethod
    def _population(cls, value: object) -> object:
        if not isinstance(value, str) or value not in cohort.POPULATIONS:
            raise ProblemsError(
                [unknown_word("population", value, cohort.POPULATIONS, see="write healthy or mdd")]
            )
        return value

    @field_validator("treatment", mode="before")
    @classmethod
    def _treatment(cls, value: object) -> object:
        if value is None or value == SEQUENCE:
            return value or NONE
        return treatment_word(value, _treatment_names())

    @field_validator("modifiers", mode="before")
    @classmethod
    def _modifiers(cls, value: object) -> object:
        return _words("modifier", value, treatments.MODIFIERS, SEE)

    @field_validator("acknowledge", mode="before")
    @classmethod
    def _acknowledged(cls, value: object) -> object:
        return _words("limit", value, ("safety",), "write [safety]")

    @field_validator("sequence", mode="before")
    @classmethod
    def _sequence(cls, value: object, info: ValidationInfo) -> object:
        if value is None:
            return ()
        if not isinstance(value, list | tuple) or value == [] or len(value) > MOST_STEPS:
            expected = f"a list of 1 to {MOST_STEPS} treatments in their order"
            hint = "write [{treatment: psilocybin}, {treatment: rtms_10hz, after: 1 d}]"
            raise ProblemsError([Problem((), "not a sequence", expected, shown(value), hint)])
        if "treatment" not in info.data or "modifiers" not in info.data:
            return ()
        given = info.data["treatment"]
        if value and given != SEQUENCE:
            what, hint = "a treatment and a sequence", "make the treatment a step of the sequence"
            raise ProblemsError([Problem((), what, "one of them", f"'{given}'", hint)])
        return steps_of(value, _moved(info.data["modifiers"]))

    @field_validator("target", mode="before")
    @classmethod
    def _target(cls, value: object, info: ValidationInfo) -> object:
        place = place_text(value)
        if "treatment" not in info.data or "modifiers" not in info.data:
            return place
        return aimed(place, info.data["treatment"], _moved(info.data["modifiers"]))

    @field_validator("parameters", mode="before")
    @classmethod
    def _parameters(cls, value: object, info: ValidationInfo) -> object:
        if "treatment" not in info.data:
            return Numbers()
        name = info.data["treatment"]
        if treatment_of(name) is None and value:
            what, hint = "this arm has no treatment", "add 'treatment: …', or remove the parameters"
            if name == SEQUENCE:
                what, hint = "a sequence has no parameters", "move them into one of its steps"
            raise ProblemsError([Problem((), what, None, shown(value), hint)])
        return parameters_of(name, value)

    @model_validator(mode="after")
    def _named_for_what_it_is(self) -> Arm:
        if self.name not in cohort.POPULATIONS:
            return self
        changed = [
            (("population",), f"population '{self.population}'", self.population != self.name),
            (("treatment",), f"treatment '{self.treatment}'", self.treatment != NONE),
            (("modifiers",), f"modifiers {', '.join(self.modifiers)}", bool(self.modifiers)),
        ]
        problems = [
            Problem(
                path,
                "an arm with the name of a population is something else",
                f"'{self.name}' untreated, without modifiers",
                got,
                "choose another name for this arm",
            )
            for path, got, wrong in changed
            if wrong
        ]
        if problems:
            raise ProblemsError(problems)
        return self

    @model_validator(mode="after")
    def _aimed_once(self) -> Arm:
        aiming = [i for i, m in enumerate(self.modifiers) if treatments.MODIFIERS[m].target]
        if aiming and not any(place for _, place in self.places()):
            problem = Problem(
                ("modifiers", aiming[0]),
                "nothing is aimed here",
                "a modifier that moves no target",
                f"'{self.modifiers[aiming[0]]}' with treatment '{self.treatment}'",
                "remove the modifier, or choose a treatment that is aimed",
            )
            raise ProblemsError([problem])
        return self

    @model_validator(mode="after")
    def _one_of_a_kind(self) -> Arm:
        found = [treatments.MODIFIERS[m] for m in self.modifiers]
        kinds = {"targets": "target", "environments": "environment", "exchanges": "drugs"}
        for what, kind in kinds.items():
            several = [i for i, modifier in enumerate(found) if getattr(modifier, kind)]
            if len(several) > 1:
                words = " and ".join(f"'{self.modifiers[i]}'" for i in several)
                path = ("modifiers", several[1])
                problem = Problem(path, f"two {what}", "one at most", words, "keep one of them")
                raise ProblemsError([problem])
        return self

    @model_validator(mode="after")
    def _can_be_given(self) -> Arm:
        if self.treatment == SEQUENCE and not self.sequence:
            hint = "add 'sequence: [{treatment: …}, …]'"
            raise ProblemsError([Problem(("treatment",), "no sequence", None, None, hint)])
        problems = schedule_problems(self.steps, self.step_paths)
        if not problems:
            problems = exchange_problems(self.steps, self.changes)
        if not problems and "safety" not in self.acknowledge:
            problems = self.unsafe()
        if problems:
            raise ProblemsError(problems)
        return self

    @property
    def steps(self) -> tuple[course.Step, ...]:
        """The treatments of the arm in their order, in hours; none when it is untreated."""
        if self.sequence:
            return tuple(step.resolved() for step in self.sequence)
        treatment = treatment_of(self.treatment)
        return (course.Step(treatment, self.parameters, self.target),) if treatment else ()

    @property
    def step_paths(self) -> tuple[KeyPath, ...]:
        """The key of each step, below the arm."""
        return tuple(("sequence", i) for i in range(len(self.sequence))) or ((),) * len(self.steps)

    @property
    def changes(self) -> tuple[Modifier, ...]:
        """The modifiers themselves."""
        return tuple(treatments.MODIFIERS[word] for word in self.modifiers)

    @property
    def environment(self) -> str:
        """Surroundings, a name of `netmod.plasticity.environment.ENVIRONMENTS`."""
        return next((m.environment for m in self.changes if m.environment), "neutral")

    def events(self) -> tuple[Event, ...]:
        """Return everything that happens in the arm, in the order of time."""
        return course.events_of(self.steps, self.changes)

    def gates(self) -> dict[str, float]:
        """Return the value of every gate of the slow layer under the arm's modifiers."""
        return combined(modifier.factors for modifier in self.changes)

    def unsafe(self) -> list[Problem]:
        """Return the steps beyond the limits of magnetic stimulation."""
        return safety_problems(self.steps, self.step_paths)

    def places(self) -> list[tuple[KeyPath, str]]:
        """Return where the coil is, with the key that says so, below the arm."""
        pairs = zip(self.step_paths, self.steps, strict=True)
        return [((*path, "target"), step.target) for path, step in pairs if step.target]

    def summary(self) -> str:
        """Return the arm in a few words, with the parameters that are not at their default."""
        if self.sequence:
            text = f"{self.population} × " + ", then ".join(s.summary() for s in self.sequence)
        elif self.treatment == NONE:
            text = f"{self.population}, untreated"
        else:
            given = described(self.treatment, self.target, self.parameters)
            text = f"{self.population} × {given}"
        return text + "".join(f" + {word}" for word in self.modifiers)

    def canonical(self) -> dict[str, Any]:
        """Return every field but the name as plain YAML data."""
        steps = [step.canonical() for step in self.sequence]
        return {
            "population": self.population,
            "treatment": self.treatment,
            "modifiers": list(self.modifiers),
            **({"sequence": steps} if steps else {}),
            "target": self.target,
            "parameters": dict(self.parameters),
            **({"acknowledge": list(self.acknowledge)} if self.acknowledge else {}),
        }


def _words(kind: str, value: object, known: Any, see: str) -> tuple[str, ...]:
    """Return a list of known words, each once; nothing is none."""
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        hint = f"write [{value}]" if isinstance(value, str) else "write [name, name]"
        raise ProblemsError([Problem((), "not a list", listed(known), shown(value), hint)])
    problems = []
    for i, word in enumerate(value):
        if not isinstance(word, str) or word not in known:
            problems.append(unknown_word(kind, word, known, see=see).under((i,)))
        elif word in value[:i]:
            what = f"{kind} given twice"
            problems.append(Problem((i,), what, "each once", shown(word), "remove one"))
    if problems:
        raise ProblemsError(problems)
    return tuple(value)


def _moved(modifiers: tuple[str, ...]) -> list[str]:
    """Return the places to which modifiers move the coil."""
    return [place for word in modifiers if (place := treatments.MODIFIERS[word].target)]


def _treatment_names() -> list[str]:
    return list(dict.fromkeys([NONE, *treatments.TREATMENTS]))
