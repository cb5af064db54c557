"""What an arm amounts to: the events of its steps, in time, with what modifiers add."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from netmod.treatments.declaration import Modifier, Treatment

if TYPE_CHECKING:
    from netmod.plasticity.events import Event, Session, Shock


@dataclass(frozen=True)
class Step:
    """One treatment of an arm.

    Attributes
    ----------
    treatment : Treatment
        What is given.
    parameters : mapping
        Every parameter of it.
    target : str or None
        Place of the coil.
    start_h : float or None
        Hours from day 0.
    after_h : float or None
        Hours from the last event of the step before; `start_h` and this are not both given.
    """

    treatment: Treatment
    parameters: Mapping[str, float]
    target: str | None = None
    start_h: float | None = None
    after_h: float | None = None


def step_events(steps: Sequence[Step]) -> list[list[Event]]:
    """Return the events of each step, hours counted from day 0.

    The last event of a step is where its last session, shock, dose or stretch begins, so that
    a gap in whole days keeps the time of day.

    Parameters
    ----------
    steps : sequence of Step
        In any order of time.
    """
    found: list[list[Event]] = []
    last_h = 0.0
    for step in steps:
        begin_h = step.start_h or 0.0
        if step.after_h is not None:
            begin_h = last_h + step.after_h
        events = list(step.treatment.schedule(step.parameters, step.target))
        if begin_h:
            events = [replace(event, time_h=begin_h + event.time_h) for event in events]
        last_h = max((event.time_h for event in events), default=begin_h)
        found.append(events)
    return found


def events_of(steps: Sequence[Step], modifiers: Iterable[Modifier] = ()) -> tuple[Event, ...]:
    """Return every event of an arm in the order of time.

    Parameters
    ----------
    steps : sequence of Step
        None for an untreated arm.
    modifiers : iterable of Modifier
        A drug that one of them gives before doses of others is added; before a dose on day 0
        that is a negative hour. Doses of a drug that one of them exchanges are then doses of the
        other compound.
    """
    modifiers = tuple(modifiers)
    events = [event for own in step_events(steps) for event in own]
    events += [dose for modifier in modifiers for dose in _before(modifier, events)]
    for modifier in modifiers:
        if modifier.drugs:
            events = [_exchanged(modifier, event) for event in events]
    return tuple(sorted(events, key=lambda event: event.time_h))


def _before(modifier: Modifier, events: Iterable[Event]) -> list[Event]:
    from netmod.plasticity.events import Dose

    given = modifier.dose
    if given is None:
        return []
    return [
        Dose(event.time_h - given.lead_h, given.drug, given.amount)
        for event in events
        if isinstance(event, Dose) and event.drug in given.before
    ]


def _exchanged(modifier: Modifier, event: Event) -> Event:
    from netmod.plasticity.events import Dose

    if isinstance(event, Dose) and event.drug in modifier.drugs:
        return replace(event, drug=modifier.drugs[event.drug])
    return event


def overlapping(events: Iterable[Event]) -> tuple[Session, Session] | None:
    """Return the first two sessions that one coil would have to give at once, or None.

    Parameters
    ----------
    events : iterable of Event
        In any order.
    """
    from netmod.plasticity.events import Session

    sessions = [event for event in events if isinstance(event, Session)]
    lengths_h = {train: train.duration_s / 3600.0 for train in {s.train for s in sessions}}
    latest: dict[str, Session] = {}
    for session in sorted(sessions, key=lambda s: s.time_h):
        before = latest.get(session.place)
        if before and session.time_h <= before.time_h + lengths_h[before.train]:
            return before, session
        latest[session.place] = session
    return None


def crowded(events: Iterable[Event]) -> tuple[Shock, Shock] | None:
    """Return the first two shocks less than an hour apart, or None.

    Parameters
    ----------
    events : iterable of Event
        In any order.
    """
    from netmod.plasticity.events import Shock

    shocks = sorted((e for e in events if isinstance(e, Shock)), key=lambda e: e.time_h)
    return next(((a, b) for a, b in pairwise(shocks) if b.time_h - a.time_h < 1.0), None)


def described(events: Sequence[Event]) -> str:
    """Return events in one line: how many of each kind, of what, and from which day to which.

    Parameters
    ----------
    events : sequence of Event
        In the order of time.
    """
    groups: dict[tuple[str, str], list[float]] = {}
    for event in events:
        groups.setdefault(_kind(event), []).append(event.time_h / 24.0)
    texts = []
    for (noun, what), days in groups.items():
        count = f"{len(days)} x {noun}"
        first, last = f"{days[0]:.3g}", f"{days[-1]:.3g}"
        when = f"days {first} to {last}" if first != last else f"day {first}"
        texts.append(f"{count} {what}, {when}")
    return "; ".join(texts) or "nothing is given"


def _kind(event: Event) -> tuple[str, str]:
    from netmod.plasticity.events import Dose, Session, Shock

    if isinstance(event, Session):
        minutes = event.train.duration_s / 60.0
        return "session", f"of {event.train.pulses} pulses in {minutes:.3g} min at {event.place}"
    if isinstance(event, Shock):
        return "shock", event.montage
    if isinstance(event, Dose):
        return "dose", f"of {event.drug} (x {event.amount:.3g})"
    return "stretch", f"of {event.pattern} ({event.duration_h:g} h, x {event.strength:g})"
