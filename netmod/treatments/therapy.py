"""Psychotherapy as hours of demanding, supportive surroundings."""

from __future__ import annotations

from collections.abc import Mapping

from netmod.models.declaration import Parameter
from netmod.treatments.declaration import Treatment
from netmod.treatments.weekdays import course, session_hours

_P = "proposal"


def contacts(parameters: Mapping[str, float], target: str | None) -> list:
    """Return sessions of the pattern ``task``.

    Parameters
    ----------
    parameters : mapping
        Those that `meetings` declares.
    target
        Nothing is aimed.
    """
    from netmod.plasticity.events import Surroundings

    first_h = 24.0 * parameters["first_day"]
    return [
        Surroundings(first_h + time_h, parameters["duration_h"], "task", parameters["strength"])
        for time_h in session_hours(int(parameters["sessions"]), int(parameters["days_a_week"]))
    ]


def meetings(sessions: int, strength: float) -> dict[str, Parameter]:
    """Return the declared parameters of weekly meetings.

    Parameters
    ----------
    sessions, strength : float
        Defaults.
    """
    return {
        **course(sessions, 1, _P),
        "first_day": Parameter(0.0, "d", 0.0, 365.0, "Day of the first session", _P),
        "duration_h": Parameter(1.0, "h", 0.1, 12.0, "Length of a session", _P),
        "strength": Parameter(
            strength, "1", 0.0, 5.0, "Drive relative to the pattern's reference", _P
        ),
    }


THERAPY = Treatment(
    name="therapy",
    doc="psychotherapy: a session of one hour a week, twelve weeks",
    mechanism="the session drives control regions; an activity-dependent rule makes weights of "
    "it, the faster the more the PV brake is open",
    source="proposal; length of a usual course of cognitive therapy, recalled: DeRubeis et al. "
    "2005, doi:10.1001/archpsyc.62.4.409",
    schedule=contacts,
    parameters=meetings(12, 1.0),
)
