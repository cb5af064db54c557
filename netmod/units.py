"""Durations with units, as users write them: ``2 h``, ``1 d``, ``6 wk``."""

from __future__ import annotations

import re

from netmod.errors import ConfigError

HOURS_PER_UNIT = {"min": 1 / 60, "h": 1.0, "d": 24.0, "wk": 168.0}
_DURATION = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]*)\s*$")


def parse_time_h(text: str | int | float) -> float:
    """Return a time in hours from ``baseline`` or a number with its unit.

    Parameters
    ----------
    text : str or number
        ``baseline`` (0 h) or a number followed by ``min``, ``h``, ``d`` or ``wk``.

    Returns
    -------
    float
        The time in hours.

    Raises
    ------
    ConfigError
        If the unit is missing or unknown, or the text is no duration.
    """
    if text == "baseline":
        return 0.0
    match = _DURATION.match(str(text))
    if not match or isinstance(text, bool):
        raise ConfigError(
            "not a time", expected="baseline, or a number with min, h, d or wk", got=repr(text)
        )
    number, unit = match.groups()
    if unit not in HOURS_PER_UNIT:
        raise ConfigError(
            "a time needs a unit" if not unit else "unknown unit of time",
            expected="min, h, d or wk",
            got=repr(text),
            hint=f"write '{number} h', '{number} d' or '{number} wk'",
        )
    return float(number) * HOURS_PER_UNIT[unit]


def format_time(time_h: float) -> str:
    """Return the shortest label of a time: ``baseline``, ``2 h``, ``1 d``, ``6 wk``."""
    if time_h == 0:
        return "baseline"
    for unit in ("wk", "d", "h"):
        value = time_h / HOURS_PER_UNIT[unit]
        if value >= 1 and abs(value - round(value)) < 1e-9:
            return f"{round(value)} {unit}"
    if time_h >= 1:
        return f"{time_h:g} h"
    return f"{time_h * 60:g} min"
