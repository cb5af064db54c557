"""The comparison table of the report: rows of text, grouped by arm."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from netmod.figures.labels import MAIN_METRICS, arm_label, metric_label, reference_arm
from netmod.units import format_time

if TYPE_CHECKING:
    import pandas as pd

    from netmod.study.results import Results

_ALPHA = 0.05


@dataclass(frozen=True)
class _Notes:
    """How each kind of reference is explained."""

    rescan: str
    untreated: str
    baseline: str


_NOTES = {
    "sde": _Notes(
        rescan="a rescan with other noise: what no treatment looks like",
        untreated="the same subjects at the same time, with the same noise",
        baseline="the same subjects before, with other noise",
    ),
    "linear": _Notes(
        rescan="a rescan: zero by construction, as this engine is exact",
        untreated="the same subjects at the same time; exact, no sampling noise",
        baseline="the same subjects before; exact, no sampling noise",
    ),
}


@dataclass(frozen=True)
class Entry:
    """One cell of the table.

    Parameters
    ----------
    difference, interval, p : str
        As printed; ``n/a`` and empty where there is no value.
    sure : bool
        Corrected p below 0.05.
    """

    difference: str
    interval: str
    p: str
    sure: bool


@dataclass(frozen=True)
class Group:
    """The rows of one contrast.

    Parameters
    ----------
    title, note : str
        What is compared with what.
    times : tuple of str
        Heads of the columns.
    rows : tuple of (str, tuple of Entry)
        Metric with unit, and one entry per time.
    n : str
        Pairs or subjects behind the rows.
    """

    title: str
    note: str
    times: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Entry, ...]], ...]
    n: str


def comparison_groups(results: Results) -> list[Group]:
    """Return the contrasts that the report shows, in the order of the arms.

    Parameters
    ----------
    results : Results
        A finished study.

    Returns
    -------
    list of Group
        Untreated against healthy at baseline; untreated against its own baseline (the rescan
        null); every other arm against the untreated arm of its population, or its own baseline
        where there is none.
    """
    table = results.comparisons
    untreated, healthy = results.untreated, results.healthy
    references = {arm: reference_arm(results, arm) for arm in results.arms}
    notes = _NOTES.get(results.engine, _NOTES["sde"])
    groups: list[Group] = []

    def add(arm: str, reference: str, title: str, note: str) -> None:
        rows = table[(table["arm"] == arm) & (table["reference"] == reference)]
        if not rows.empty:
            groups.append(_group(rows, title, note, results.times_h[0]))

    if untreated is not None and healthy is not None:
        title = f"{arm_label(untreated)}, against {arm_label(healthy)}"
        add(untreated, healthy, title, "two groups, at baseline")
    for arm in results.arms:
        # the healthy arm's rescan counts where it is the reference of others
        used = any(other != arm and name == arm for other, name in references.items())
        if arm == untreated or (arm == healthy and used):
            add(arm, "baseline", f"{arm_label(arm)}, against its own baseline", notes.rescan)
    for arm in results.arms:
        if arm in (untreated, healthy):
            continue
        reference = references[arm]
        if reference is not None:
            title = f"{arm_label(arm)}, against {arm_label(reference)}"
            add(arm, reference, title, notes.untreated)
        else:
            add(arm, "baseline", f"{arm_label(arm)}, against its own baseline", notes.baseline)
    return groups


def signed(value: float, decimals: int) -> str:
    """Return a difference with its sign, a true minus, and no sign before zero."""
    if not math.isfinite(value):
        return "n/a"
    text = f"{value:+.{decimals}f}"
    if float(text) == 0:
        text = text[1:]
    return text.replace("-", "−")


def p_text(p: float) -> str:
    """Return a p-value as ``p = 0.012`` or ``p < 0.001``; empty when there is none."""
    if not math.isfinite(p):
        return ""
    if p < 0.001:
        return "p < 0.001"
    return f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"


def _group(table: pd.DataFrame, title: str, note: str, first_h: float) -> Group:
    times = _times(table, first_h)
    rows = []
    for metric in [name for name in MAIN_METRICS if (table["metric"] == name).any()]:
        found = table[table["metric"] == metric].drop_duplicates("time_h").set_index("time_h")
        entries = tuple(_entry(found, time, metric_label(metric).decimals) for time in times)
        if any(entry.interval for entry in entries):
            rows.append((metric_label(metric).axis, entries))
    counts = sorted({int(n) for n in table["n"].dropna()}) if "n" in table.columns else []
    n = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]}–{counts[-1]}" if counts else "n/a"
    return Group(title, note, tuple(format_time(time) for time in times), tuple(rows), n)


def _times(table: pd.DataFrame, first_h: float) -> list[float]:
    # Before any event the arms of a population are the same cells: a column of zeros says nothing.
    times = sorted(table["time_h"].unique())
    first = table[table["time_h"] == first_h]
    same = times[0] == first_h and (first["difference"].dropna() == 0).all()
    return times[1:] if same and len(times) > 1 else times


def _entry(found: pd.DataFrame, time_h: float, decimals: int) -> Entry:
    if time_h not in found.index or not math.isfinite(found.at[time_h, "difference"]):
        return Entry("n/a", "", "", False)
    row = found.loc[time_h]
    low, high = (signed(row[end], decimals) for end in ("ci_low", "ci_high"))
    p = float(row.get("p_corrected", math.nan))
    return Entry(
        signed(row["difference"], decimals), f"[{low}, {high}]", p_text(p), sure=p < _ALPHA
    )
