"""What is wrong with the events of an arm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from netmod.errors import ConfigError
from netmod.scenario.problem import KeyPath, Problem, shown, unknown_word
from netmod.treatments import course, safety
from netmod.treatments.declaration import Modifier
from netmod.units import format_time

if TYPE_CHECKING:
    from netmod.plasticity.events import Event
    from netmod.scenario.arms import Arm


def schedule_problems(steps: Sequence[course.Step], paths: Sequence[KeyPath]) -> list[Problem]:
    """Return what cannot be given: impossible pulses, doses of nothing, two sessions at once.

    Parameters
    ----------
    steps : sequence of Step
        Of one arm.
    paths : sequence of tuple
        The key of each step.
    """
    if not steps:
        return []
    try:
        by_step = course.step_events(steps)
    except ConfigError as error:  # pulses that no coil gives
        path = paths[next(i for i, step in enumerate(steps) if not _has_schedule(step))]
        hint = error.hint or "see 'netmod treatments' for the default protocol"
        return [Problem((*path, "parameters"), error.what, error.expected, error.got, hint)]
    problems = [
        problem.under((*path, "treatment"))
        for path, events in zip(paths, by_step, strict=True)
        for problem in _dose_problems(events)
    ]
    return problems + _overlap(by_step, paths) + _crowded(by_step, paths)


def _has_schedule(step: course.Step) -> bool:
    try:
        step.treatment.schedule(step.parameters, step.target)
    except ConfigError:
        return False
    return True


def _dose_problems(events: Sequence[Event]) -> list[Problem]:
    """Return the first dose of no known drug, or of nothing."""
    from netmod.plasticity.events import Dose

    doses = [event for event in events if isinstance(event, Dose)]
    if not doses:
        return []
    from netmod.plasticity.pharmacology import DRUGS

    for dose in doses:
        if dose.drug not in DRUGS:
            see = "add the drug to netmod.plasticity.pharmacology.DRUGS"
            return [unknown_word("drug", dose.drug or None, DRUGS, see=see)]
        if not dose.amount > 0.0:
            what, hint = f"a dose of {dose.drug} without an amount", "give more than 0, or no dose"
            return [Problem((), what, "more than 0", shown(dose.amount), hint)]
    return []


def exchange_problems(steps: Sequence[course.Step], modifiers: Sequence[Modifier]) -> list[Problem]:
    """Return the modifiers of an arm that exchange a drug which it does not give.

    Parameters
    ----------
    steps : sequence of Step
        Of one arm; they can be given.
    modifiers : sequence of Modifier
        Of the arm, in its order.
    """
    if not any(modifier.drugs for modifier in modifiers):
        return []
    from netmod.plasticity.events import Dose

    events = course.events_of(steps)
    given = dict.fromkeys(event.drug for event in events if isinstance(event, Dose))
    what = f"doses of {', '.join(given)}" if given else "no dose"
    return [
        Problem(
            ("modifiers", i),
            "no drug of this arm is exchanged",
            f"doses of {' or '.join(modifier.drugs)}",
            f"'{modifier.name}' with {what}",
            "remove the modifier, or choose a treatment that gives one of these drugs",
        )
        for i, modifier in enumerate(modifiers)
        if modifier.drugs and not given.keys() & modifier.drugs.keys()
    ]


def _overlap(by_step: Sequence[Sequence[Event]], paths: Sequence[KeyPath]) -> list[Problem]:
    """Return the sessions that one coil would have to give at once."""
    pair = course.overlapping(event for events in by_step for event in events)
    if pair is None:
        return []
    first, second = pair
    step = max(i for i, events in enumerate(by_step) if any(event is second for event in events))
    minutes = first.train.duration_s / 60.0
    same = any(event is first for event in by_step[step])
    return [
        Problem(
            (*paths[step], *(("parameters", "sessions_a_day") if same else ())),
            "overlapping sessions of one coil",
            "each session to begin after the one before has ended",
            f"one at {first.time_h:.4g} h of {minutes:.3g} min, the next at {second.time_h:.4g} h",
            "fewer sessions a day, or a shorter gap_min" if same else "begin this step later",
        )
    ]


def _crowded(by_step: Sequence[Sequence[Event]], paths: Sequence[KeyPath]) -> list[Problem]:
    """Return the shocks that follow each other within an hour."""
    pair = course.crowded(event for events in by_step for event in events)
    if pair is None:
        return []
    first, second = pair
    step = max(i for i, events in enumerate(by_step) if any(event is second for event in events))
    return [
        Problem(
            paths[step],
            "two shocks within an hour",
            "at least 1 h from one to the next",
            f"{first.montage} at {first.time_h:.4g} h, {second.montage} at {second.time_h:.4g} h",
            "begin this step later",
        )
    ]


def safety_problems(steps: Sequence[course.Step], paths: Sequence[KeyPath]) -> list[Problem]:
    """Return the steps of an arm that are beyond the limits of magnetic stimulation.

    Parameters
    ----------
    steps : sequence of Step
        Of one arm.
    paths : sequence of tuple
        The key of each step.
    """
    found = []
    for step, path in zip(steps, paths, strict=True):
        if "intensity_rmt" not in step.parameters:
            continue
        events = step.treatment.schedule(step.parameters, step.target)
        train = next((event.train for event in events if hasattr(event, "train")), None)
        beyond = train and safety.excess(train, step.parameters["intensity_rmt"])
        if beyond:
            found.append(
                Problem(
                    (*path, "parameters", "intensity_rmt"),
                    f"beyond safety limits ({safety.SOURCE})",
                    *beyond,
                    "lower intensity_rmt or shorten train_s; to simulate it nevertheless, give "
                    "the arm 'acknowledge: [safety]'",
                )
            )
    return found


def too_late(arm: Arm, last_h: float) -> list[Problem]:
    """Return the steps of an arm that begin only when the last scan is over.

    Parameters
    ----------
    arm : Arm
    last_h : float
        Time of the last scan.
    """
    found = []
    for path, events in zip(arm.step_paths, course.step_events(arm.steps), strict=True):
        first_h = min((event.time_h for event in events), default=0.0)
        if events and first_h >= last_h:
            found.append(
                Problem(
                    ("arms", arm.name, *path),
                    "a schedule after the last scan",
                    f"a first event before the last scan ({format_time(last_h)})",
                    f"arm '{arm.name}' begins at {format_time(first_h)}",
                    "add a later time to 'times', or begin earlier",
                )
            )
    return found
