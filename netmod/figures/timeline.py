"""The schedule of a scenario as a timeline: what every arm is given, and when it is scanned."""

from __future__ import annotations

import io
import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from netmod.figures.labels import arm_label, tick_time, title_lines
from netmod.figures.regions import spread
from netmod.figures.style import (
    FAINT,
    INK,
    MUTED,
    RC,
    SMALL_PT,
    TEXT_PT,
    WIDTH_IN,
    Page,
    arm_colours,
    save,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from netmod.plasticity.events import Event
    from netmod.scenario.schema import Scenario

_LANE_IN = 0.22
_LEFT_IN, _RIGHT_IN, _BOTTOM_IN = 1.4, 1.65, 0.62
_PT_PER_IN = 72.0
_SHADE = "#f4f4f4"
_STEPS_D = (0.25, 0.5, 1, 2, 7, 14, 28, 56, 91, 182, 364)
_MOST_TICKS = 14
_SCANS_FLAT = 10
_HALF = 0.38
"""Half the height of a mark, in lanes."""

_TALL, _MANY_A_DAY = 1.8, 4

_NOUNS = {"Session": "session", "Shock": "shock", "Dose": "dose", "Surroundings": "stretch"}
_PLURALS = {"session": "sessions", "shock": "shocks", "dose": "doses", "stretch": "stretches"}
_EXPLAINED = {
    "session": "magnetic session (those of a day above each other)",
    "shock": "electroconvulsive shock",
    "dose": "dose",
    "stretch": "surroundings",
}


@dataclass(frozen=True)
class Lane:
    """Events of one kind in one arm.

    Parameters
    ----------
    arm : str
        Name of the arm.
    noun, what : str
        The kind, and the place, montage, drug or pattern; empty in an arm without events.
    events : tuple of Event
        In the order of time.
    """

    arm: str
    noun: str
    what: str
    events: tuple[Event, ...]

    @property
    def text(self) -> str:
        """What the lane holds, in words."""
        if not self.events:
            return "no treatment"
        count = len(self.events)
        return f"{count} {self.noun if count == 1 else _PLURALS[self.noun]}, {self.what}"

    @property
    def height(self) -> float:
        """Its height relative to others: many sessions a day need more."""
        days = Counter(int(event.time_h // 24.0) for event in self.events)
        many = self.noun == "session" and max(days.values()) >= _MANY_A_DAY
        return _TALL if many else 1.0


def lanes_of(arm: str, events: Sequence[Event]) -> list[Lane]:
    """Return the lanes of an arm, one for each kind of event, in the order of their beginning.

    Parameters
    ----------
    arm : str
        Its name.
    events : sequence of Event
        In the order of time; none for an untreated arm, which has one empty lane.
    """
    groups: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for event in events:
        groups[_kind(event)].append(event)
    lanes = [Lane(arm, noun, what, tuple(own)) for (noun, what), own in groups.items()]
    return lanes or [Lane(arm, "", "", ())]


def draw(arms: Sequence[tuple[str, Sequence[Event]]], times_h: Sequence[float]) -> Figure:
    """Draw a row per arm with marks for its events, and vertical lines for the scans.

    Parameters
    ----------
    arms : sequence of (str, sequence of Event)
        Name and events of every arm.
    times_h : sequence of float
        Times of the scans in hours.

    Returns
    -------
    Figure
        Days from left to right; arms from the top in their order.
    """
    rows = [lanes_of(name, events) for name, events in arms]
    total = sum(lane.height for lanes in rows for lane in lanes)
    top = 0.36 if len(times_h) <= _SCANS_FLAT else 0.62
    page = Page(
        1, 1, WIDTH_IN - _LEFT_IN - _RIGHT_IN, total * _LANE_IN, _LEFT_IN, _RIGHT_IN, top,
        _BOTTOM_IN, 0.0, 0.0,
    )  # fmt: skip
    figure = page.figure()
    axes = figure.add_axes(page.box(0, 0))
    _days_axis(axes, [event for lanes in rows for lane in lanes for event in lane.events], times_h)
    low, high = axes.get_xlim()
    points_a_day = page.panel_w * _PT_PER_IN / (high - low)
    colours = arm_colours([name for name, _ in arms])
    upper = 0.0
    for k, lanes in enumerate(rows):
        lower = upper + sum(lane.height for lane in lanes)
        if k % 2 == 0:
            axes.axhspan(upper, lower, color=_SHADE, linewidth=0, zorder=0)
        _name_arm(axes, page, lanes, (upper + lower) / 2)
        for lane in lanes:
            middle = upper + lane.height / 2
            _marks(axes, lane, middle, colours[lane.arm], points_a_day)
            axes.text(
                1 + 0.08 / page.panel_w, middle, title_lines(lane.text, 27, lines=1),
                transform=axes.get_yaxis_transform(), va="center", fontsize=SMALL_PT, color=MUTED,
            )  # fmt: skip
            upper += lane.height
    axes.set_ylim(total, 0.0)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    _scans(axes, page, times_h)
    _legend(figure, page, {lane.noun for lanes in rows for lane in lanes if lane.noun})
    return figure


def write_timeline(scenario: Scenario, path: Path) -> Path:
    """Write the timeline of a scenario as PNG; the same scenario gives the same bytes.

    Parameters
    ----------
    scenario : Scenario
        A validated scenario.
    path : Path
        The file; its folder is made if missing.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    NetmodError
        If it cannot be written.
    """
    import matplotlib

    from netmod.study.store import write_whole

    picture = io.BytesIO()
    with matplotlib.rc_context(RC):
        save(draw([(arm.name, arm.events()) for arm in scenario.arms], scenario.times_h), picture)
    write_whole(path, picture.getvalue())
    return path


def _kind(event: Event) -> tuple[str, str]:
    words = {"Session": "place", "Shock": "montage", "Dose": "drug", "Surroundings": "pattern"}
    name = type(event).__name__
    return _NOUNS[name], str(getattr(event, words[name])).replace("_", " ")


def _end_d(event: Event) -> float:
    return (event.time_h + getattr(event, "duration_h", 0.0)) / 24.0


def _days_axis(axes: Axes, events: Sequence[Event], times_h: Sequence[float]) -> None:
    scans = [time_h / 24.0 for time_h in times_h]
    low = min(0.0, *scans, *(event.time_h / 24.0 for event in events))
    high = max(0.25, *scans, *map(_end_d, events))
    margin = 0.02 * (high - low)
    axes.set_xlim(low - margin, high + margin)
    step = next((step for step in _STEPS_D if high / step <= _MOST_TICKS), _STEPS_D[-1])
    axes.set_xticks([step * k for k in range(int(high / step + 1e-9) + 1)])
    axes.xaxis.set_major_formatter(lambda day, _: f"{day:g}")
    axes.set_xlabel("Days since the first treatment", fontsize=TEXT_PT)
    axes.grid(axis="x", color=FAINT, linewidth=0.5)
    axes.set_axisbelow(True)


def _name_arm(axes: Axes, page: Page, lanes: Sequence[Lane], place: float) -> None:
    axes.text(
        -0.1 / page.panel_w,
        place,
        title_lines(arm_label(lanes[0].arm), 18, lines=min(2, len(lanes))),
        transform=axes.get_yaxis_transform(),
        ha="right",
        va="center",
        fontsize=TEXT_PT,
    )


def _marks(axes: Axes, lane: Lane, place: float, colour: str, points_a_day: float) -> None:
    days = [event.time_h / 24.0 for event in lane.events]
    if lane.noun == "session":
        low, high = _stacked(days, _HALF * lane.height)
        width = min(max(0.6 * points_a_day, 0.8), 2.5)
        axes.vlines(
            days, [place + y for y in low], [place + y for y in high], color=colour,
            linewidth=width, zorder=3, snap=False,
        )  # fmt: skip
    elif lane.noun == "stretch":
        lengths = [event.duration_h / 24.0 for event in lane.events]
        # the edge keeps an hour visible among weeks
        axes.barh(
            [place] * len(days), lengths, left=days, height=1.2 * _HALF, color=colour,
            edgecolor=colour, linewidth=1.2, zorder=3, snap=False,
        )  # fmt: skip
    elif lane.events:
        nearest = min((b - a for a, b in pairwise(days)), default=math.inf)
        largest, mark = (5.0, "v") if lane.noun == "shock" else (4.5, "o")
        size = min(max(0.75 * nearest * points_a_day, 1.8), largest)
        axes.plot(
            days, [place] * len(days), linestyle="none", marker=mark, markersize=size,
            markeredgewidth=0, color=colour, zorder=3,
        )  # fmt: skip


def _stacked(days: Sequence[float], half: float) -> tuple[list[float], list[float]]:
    """Return from where to where each session is drawn: those of a day share the lane's height."""
    turns: dict[int, list[int]] = defaultdict(list)
    for k, day in enumerate(days):
        turns[int(day // 1)].append(k)
    low, high = [0.0] * len(days), [0.0] * len(days)
    for own in turns.values():
        slot = 2 * half / len(own)
        for turn, k in enumerate(own):
            low[k] = -half + slot * turn
            high[k] = low[k] + slot * (1.0 if len(own) == 1 else 0.7)
    return low, high


def _scans(axes: Axes, page: Page, times_h: Sequence[float]) -> None:
    """Draw the scans; labels that would collide move apart and keep a line to their scan."""
    flat = len(times_h) <= _SCANS_FLAT
    low, high = axes.get_xlim()
    scale = page.panel_w / (high - low)
    places = [(time_h / 24.0 - low) * scale for time_h in times_h]
    labels = spread(places, 0.36 if flat else 0.14, 0.0, page.panel_w)
    upper = 1 + 0.14 / page.panel_h
    for time_h, place, label in zip(times_h, places, labels, strict=True):
        axes.axvline(time_h / 24.0, color=INK, linewidth=0.6, linestyle=(0, (3, 2)), zorder=2)
        axes.plot(
            [place / page.panel_w, label / page.panel_w], [1.0, upper], color=INK, linewidth=0.4,
            transform=axes.transAxes, clip_on=False,
        )  # fmt: skip
        axes.text(
            label / page.panel_w, upper + 0.03 / page.panel_h, tick_time(time_h),
            transform=axes.transAxes, ha="center", va="bottom", fontsize=SMALL_PT,
            rotation=0 if flat else 90,
        )  # fmt: skip
    axes.text(
        -0.1 / page.panel_w, upper + 0.03 / page.panel_h, "scans", transform=axes.transAxes,
        ha="right", va="bottom", fontsize=SMALL_PT, color=MUTED,
    )  # fmt: skip


def _legend(figure: Figure, page: Page, nouns: set[str]) -> None:
    from matplotlib.lines import Line2D

    looks = {
        "session": {"marker": "|", "markersize": 7, "markeredgewidth": 2},
        "shock": {"marker": "v", "markersize": 5},
        "dose": {"marker": "o", "markersize": 4.5},
        "stretch": {"marker": "s", "markersize": 5},
    }
    known = [noun for noun in looks if noun in nouns]
    handles = [Line2D([], [], linestyle="none", color=MUTED, **looks[noun]) for noun in known]
    handles.append(Line2D([], [], color=INK, linewidth=0.6, linestyle=(0, (3, 2))))
    figure.legend(
        handles,
        [*(_EXPLAINED[noun] for noun in known), "scan"],
        loc="center",
        bbox_to_anchor=(0.5, 0.13 / page.height),
        ncols=len(handles),
        columnspacing=1.4,
        handlelength=1.4,
        borderpad=0,
    )
