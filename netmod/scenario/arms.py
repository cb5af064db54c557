"""Arms: population × treatment × modifiers, by one word or written out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import Field, ValidationInfo, field_validator, model_validator

from netmod import cohort, treatments
from netmod.scenario.messages import checked
from netmod.scenario.numbers import Numbers, Section, declared_numbers
from netmod.scenario.problem import Problem, ProblemsError, listed, shown, unknown_word
from netmod.treatments.declaration import Treatment

NONE = "none"
"""The treatment of an untreated arm."""

MOST_ARMS = 200

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
        A name of `netmod.treatments.TREATMENTS`, or ``none``.
    modifiers : tuple of str
        Names of `netmod.treatments.MODIFIERS`, each once.
    target : str or None
        Stimulation target: the one given, else that of a modifier, else the treatment's own;
        None when the treatment is not aimed.
    parameters : Numbers
        Every parameter of the treatment, in its declared unit.
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
    target: str | None = Field(None, description="the name of a target of the atlas")
    parameters: Numbers = Field(Numbers(), description="parameters of the treatment")

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
        if value is None:
            return NONE
        if not isinstance(value, str) or value not in _treatment_names():
            see = "see 'netmod treatments' for all of them"
            raise ProblemsError([unknown_word("treatment", value, _treatment_names(), see=see)])
        return value

    @field_validator("modifiers", mode="before")
    @classmethod
    def _modifiers(cls, value: object) -> object:
        if value is None:
            return ()
        if not isinstance(value, list | tuple):
            hint = f"write [{value}]" if isinstance(value, str) else "write [name, name]"
            expected = listed(treatments.MODIFIERS)
            raise ProblemsError([Problem((), "not a list", expected, shown(value), hint)])
        problems = []
        for i, word in enumerate(value):
            if not isinstance(word, str) or word not in treatments.MODIFIERS:
                see = "see 'netmod treatments' for all of them"
                problem = unknown_word("modifier", word, treatments.MODIFIERS, see=see)
                problems.append(problem.under((i,)))
            elif word in value[:i]:
                problems.append(
                    Problem((i,), "modifier given twice", "each once", shown(word), "remove one")
                )
        if problems:
            raise ProblemsError(problems)
        return tuple(value)

    @field_validator("target", mode="before")
    @classmethod
    def _target(cls, value: object, info: ValidationInfo) -> object:
        if value is not None and (not isinstance(value, str) or not value.strip()):
            hint = "write the name of a target, e.g. dlpfc_left"
            raise ProblemsError([Problem((), "not the name of a target", None, shown(value), hint)])
        if "treatment" not in info.data or "modifiers" not in info.data:
            return value
        treatment = treatment_of(info.data["treatment"])
        own = treatment.target if treatment else None
        if value is not None and own is None:
            hint = "remove the target, or choose a treatment that is aimed"
            got = f"'{value}' with treatment '{info.data['treatment']}'"
            raise ProblemsError([Problem((), "nothing is aimed here", "no target", got, hint)])
        moved = [treatments.MODIFIERS[word].target for word in info.data["modifiers"]]
        return value or next((target for target in moved if target), None) or own

    @field_validator("parameters", mode="before")
    @classmethod
    def _parameters(cls, value: object, info: ValidationInfo) -> object:
        if "treatment" not in info.data:
            return Numbers()
        name = info.data["treatment"]
        treatment = treatment_of(name)
        if treatment is None and value:
            hint = "add 'treatment: …', or remove the parameters"
            raise ProblemsError(
                [Problem((), "this arm has no treatment", None, shown(value), hint)]
            )
        declared = treatment.parameters if treatment else {}
        return declared_numbers(f"Parameters of {name}", declared, value)

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
        treatment = treatment_of(self.treatment)
        if aiming and (treatment is None or treatment.target is None):
            problem = Problem(
                ("modifiers", aiming[0]),
                "nothing is aimed here",
                "a modifier that moves no target",
                f"'{self.modifiers[aiming[0]]}' with treatment '{self.treatment}'",
                "remove the modifier, or choose a treatment that is aimed",
            )
            raise ProblemsError([problem])
        if len(aiming) > 1:
            words = " and ".join(f"'{self.modifiers[i]}'" for i in aiming)
            problem = Problem(
                ("modifiers", aiming[1]), "two targets", "one at most", words, "keep one of them"
            )
            raise ProblemsError([problem])
        return self

    def summary(self) -> str:
        """Return the arm in a few words, with the parameters that are not at their default."""
        if self.treatment == NONE:
            text = f"{self.population}, untreated"
        else:
            text = f"{self.population} × {self.treatment}"
        text += f" at {self.target}" if self.target else ""
        text += "".join(f" + {word}" for word in self.modifiers)
        treatment = treatment_of(self.treatment)
        declared = treatment.parameters if treatment else {}
        changed = [
            f"{name} {value:g}"
            for name, value in self.parameters.items()
            if value != declared[name].default
        ]
        return text + (f" ({', '.join(changed)})" if changed else "")

    def canonical(self) -> dict[str, Any]:
        """Return every field but the name as plain YAML data."""
        return {
            "population": self.population,
            "treatment": self.treatment,
            "modifiers": list(self.modifiers),
            "target": self.target,
            "parameters": dict(self.parameters),
        }


def treatment_of(name: str) -> Treatment | None:
    """Return a registered treatment; None for an untreated arm's ``none`` that is not one."""
    return treatments.TREATMENTS.get(name)


def _treatment_names() -> list[str]:
    return list(dict.fromkeys([NONE, *treatments.TREATMENTS]))


def arm_words() -> list[str]:
    """Return every word that is an arm by itself: populations, then treatments."""
    return list(dict.fromkeys([*cohort.POPULATIONS, *treatments.TREATMENTS]))


def resolve_arms(value: object) -> tuple[Arm, ...]:
    """Return the arms behind a list of names or a mapping of names to what they are.

    A name that is a population means that population untreated; one that is a treatment means
    ``mdd`` with it. In a mapping, keys left out keep what the name means; other names begin
    from ``mdd`` untreated.

    Parameters
    ----------
    value : list of str, mapping of str to mapping or None, or tuple of Arm

    Raises
    ------
    ProblemsError
        With every problem of every arm.
    """
    if isinstance(value, Mapping):
        entries = [((name,), name, spec) for name, spec in value.items()]
    elif isinstance(value, list | tuple):
        entries = [((i,), entry, None) for i, entry in enumerate(value)]
    else:
        hint = f"write [{value}]" if isinstance(value, str) else "write [healthy, mdd, rtms_10hz]"
        expected = "a list of names, or a mapping of names to arms"
        raise ProblemsError([Problem((), "not a list of arms", expected, shown(value), hint)])
    if not 1 <= len(entries) <= MOST_ARMS:
        problem = Problem(
            (),
            "wrong number of arms",
            f"1 to {MOST_ARMS} arms",
            str(len(entries)),
            "write [healthy, mdd, rtms_10hz]" if not entries else "split the study",
        )
        raise ProblemsError([problem])
    arms: list[Arm] = []
    problems: list[Problem] = []
    for path, name, spec in entries:
        try:
            arm = name if isinstance(name, Arm) else _arm(name, spec)
        except ProblemsError as error:
            problems += [problem.under(path) for problem in error.problems]
            continue
        if any(arm.name == other.name for other in arms):
            problems.append(
                Problem(path, "arm given twice", "each once", shown(arm.name), "remove one of them")
            )
        arms.append(arm)
    if problems:
        raise ProblemsError(problems)
    return tuple(arms)


def _arm(name: object, spec: object) -> Arm:
    if not isinstance(name, str):
        hint = "write 'arms:' as a mapping to describe an arm: 'arms: {name: {treatment: …}}'"
        raise ProblemsError([Problem((), "not the name of an arm", "a word", shown(name), hint)])
    if spec is not None and not isinstance(spec, Mapping):
        hint = "write {treatment: …}, or {} for what the name means by itself"
        expected = "a mapping with population, treatment, modifiers, target, parameters"
        raise ProblemsError([Problem((), "not a mapping", expected, shown(spec), hint)])
    given: dict[str, Any] = dict(spec or {})
    if "name" in given:
        hint = "remove it: the key above is the name"
        raise ProblemsError([Problem(("name",), "unknown key", None, "'name'", hint, at_key=True)])
    if name in cohort.POPULATIONS:
        given.setdefault("population", name)
    elif name in treatments.TREATMENTS:
        given.setdefault("treatment", name)
    elif not given and name != BASELINE:
        see = f"say what it is: 'arms: {{{name[:40]}: {{treatment: …}}}}'"
        raise ProblemsError([replace(unknown_word("arm", name, arm_words(), see=see), at_key=True)])
    try:
        return checked(Arm, {**given, "name": name})
    except ProblemsError as error:
        # the name is the key itself: its problem stands at the arm, not at a key 'name'
        raise ProblemsError(
            replace(p, path=(), at_key=True) if p.path == ("name",) else p for p in error.problems
        ) from None
