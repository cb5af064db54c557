"""The arms of a scenario: a list of names, or a mapping of names to what they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from netmod import cohort, treatments
from netmod.scenario.arms import BASELINE, SEQUENCE, Arm
from netmod.scenario.messages import checked
from netmod.scenario.problem import Problem, ProblemsError, shown, unknown_word

MOST_ARMS = 200


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
        expected = "a mapping with population, treatment or sequence, modifiers, target, parameters"
        raise ProblemsError([Problem((), "not a mapping", expected, shown(spec), hint)])
    given: dict[str, Any] = dict(spec or {})
    if "name" in given:
        hint = "remove it: the key above is the name"
        raise ProblemsError([Problem(("name",), "unknown key", None, "'name'", hint, at_key=True)])
    if name in cohort.POPULATIONS:
        given.setdefault("population", name)
    elif name in treatments.TREATMENTS:
        given.setdefault("treatment", SEQUENCE if given.get("sequence") else name)
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


def aims(arms: Any) -> list[dict[str, Any]]:
    """Return the arms and steps, as plain data, that name a file with a field as their target."""
    found = []
    for arm in arms.values() if isinstance(arms, dict) else ():
        steps = arm.get("sequence") if isinstance(arm, dict) else None
        for holder in (arm, *(steps if isinstance(steps, list) else ())):
            target = holder.get("target") if isinstance(holder, dict) else None
            if isinstance(target, str) and target.endswith(".tsv"):
                found.append(holder)
    return found
