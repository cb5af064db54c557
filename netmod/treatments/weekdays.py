"""On which hours the sessions of a course fall."""

from __future__ import annotations

from netmod.models.declaration import Parameter

WEEKDAYS = {
    1: (0,),
    2: (0, 3),
    3: (0, 2, 4),
    4: (0, 1, 3, 4),
    5: (0, 1, 2, 3, 4),
    6: (0, 1, 2, 3, 4, 5),
    7: (0, 1, 2, 3, 4, 5, 6),
}
"""Days of the week, Monday 0, on which so many sessions a week fall."""


def session_hours(
    sessions: int, days_a_week: int, sessions_a_day: int = 1, apart_h: float = 0.0
) -> list[float]:
    """Return the hours at which sessions begin, the first at 0.

    Parameters
    ----------
    sessions : int
        Number of sessions of the course.
    days_a_week : int
        Days with sessions, 1 to 7: see :data:`WEEKDAYS`.
    sessions_a_day : int
        Sessions on such a day.
    apart_h : float
        From the beginning of one session to that of the next on the same day, h.
    """
    days = WEEKDAYS[days_a_week]
    hours = []
    for k in range(sessions):
        day, turn = divmod(k, sessions_a_day)
        week, place = divmod(day, len(days))
        hours.append(24.0 * (7 * week + days[place]) + turn * apart_h)
    return hours


def course(sessions: int, days_a_week: int, source: str, what: str = "sessions") -> dict:
    """Return the parameters of a course of sessions.

    Parameters
    ----------
    sessions, days_a_week : int
        Defaults.
    source : str
        Where they come from.
    what : str
        What is counted.
    """
    return {
        "sessions": Parameter(sessions, "1", 1, 200, f"Number of {what}", source, whole=True),
        "days_a_week": Parameter(
            days_a_week, "1", 1, 7, f"Days of the week with {what}", source, whole=True
        ),
    }
