"""Statistics of a finished study beyond its own table: FDR, equivalence, power."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from netmod.compare import (
    d_z_interval,
    equivalence_paired,
    false_discovery,
    paired_power,
    subjects_needed,
)
from netmod.errors import ConfigError, DataError, did_you_mean
from netmod.study.results import Results
from netmod.units import format_time

if TYPE_CHECKING:
    import pandas as pd

KEYS = ("metric", "arm", "time_h", "reference", "noise")
"""What names a row of comparisons."""

WANTED_POWER = 0.8


def select_rows(
    results: Results,
    metrics: Sequence[str] = (),
    arms: Sequence[str] = (),
    times_h: Sequence[float] = (),
    *,
    paired: bool = False,
    every: bool = False,
) -> pd.DataFrame:
    """Return the comparisons of a study that say something, or those asked for.

    Parameters
    ----------
    results : Results
        A finished study.
    metrics, arms, times_h : sequence
        Only these; all when empty. Times in hours. The rescan of the untreated arm of an arm
        stands beside it, asked for or not.
    paired : bool
        Leave out contrasts of two groups.
    every : bool
        Show an arm against its own baseline also where it has an untreated arm.

    Returns
    -------
    DataFrame
        Rows of `results.comparisons` under their index there, ordered by metric and time. Treated
        arms against the untreated arm of their population, but not at baseline, where arms that
        share their noise are the same scan; arms without such a contrast against their own
        baseline: for an untreated arm this is the rescan null.

    Raises
    ------
    ConfigError
        If a metric, arm or time is not among the comparisons.
    DataError
        If nothing is compared.
    """
    table = results.comparisons
    if table.empty:
        raise DataError(
            "nothing to compare",
            where=str(results.folder),
            expected="two arms, or two times",
            got="one untreated arm at one time",
        )
    known = list(dict.fromkeys(table["metric"]))
    _expect("metric", metrics, known)
    _expect("arm", arms, [arm for arm in results.arms if (table["arm"] == arm).any()])
    shown_times = [format_time(time_h) for time_h in sorted(set(table["time_h"]))]
    _expect("time", [format_time(time_h) for time_h in times_h], shown_times)
    keep = _shown(table, every)
    if paired:
        keep &= table["noise"] != "between"
    for column, asked in (("metric", metrics), ("time_h", times_h)):
        if asked:
            keep &= table[column].isin(list(asked))
    if arms:
        wanted = table["arm"].isin(list(arms))
        untreated = set(table.loc[wanted & (table["noise"] == "shared"), "reference"])
        null = table["arm"].isin(untreated) & (table["noise"] == "independent")
        keep &= wanted | null
    rows = table[keep]
    if rows.empty:
        raise DataError(
            "no comparison is left",
            where=str(results.folder),
            expected="a treated arm after baseline, or an untreated one",
            got="; ".join(", ".join(map(str, asked)) for asked in (metrics, arms) if asked) or None,
        )
    place = rows["metric"].map((list(metrics) or known).index)
    return rows.assign(_place=place).sort_values(["_place", "time_h"], kind="stable").drop(
        columns="_place"
    )  # fmt: skip


def _shown(table: pd.DataFrame, every: bool) -> pd.Series:
    shared = (table["noise"] == "shared") & (table["time_h"] != 0)
    if every:
        return shared | (table["noise"] != "shared")
    has_untreated = set(table.loc[table["noise"] == "shared", "arm"])
    return shared | (table["noise"] == "between") | (
        (table["noise"] == "independent") & ~table["arm"].isin(has_untreated)
    )  # fmt: skip


def _expect(word: str, asked: Sequence[str], known: Sequence[str]) -> None:
    for one in asked:
        if one not in known:
            raise ConfigError(
                f"no {word} '{one}' among the comparisons",
                expected=", ".join(known),
                hint=did_you_mean(one, known),
            )


def expect_pairs(results: Results, rows: pd.DataFrame) -> None:
    """Refuse rows of which none has two pairs of scans.

    Raises
    ------
    DataError
        With what to look at.
    """
    if rows["difference"].isna().all():
        failed = int((results.signatures["status"] != "ok").sum())
        raise DataError(
            "fewer than two pairs of scans in every comparison",
            where=str(results.folder),
            expected="two subjects or more with scans in both conditions",
            got=f"{len(results.subjects)} subjects, {failed} scans without numbers",
            hint="run more subjects: 'cohort: {subjects: 16}'",
        )


def is_rescan(results: Results, row: pd.Series) -> bool:
    """Tell whether a row is an untreated arm against its own baseline: what a rescan changes."""
    details = results.arm_details[row["arm"]]
    untreated = details["treatment"] == "none" and not details["modifiers"]
    return untreated and row["noise"] == "independent"


def pairs_of(results: Results, rows: pd.DataFrame) -> Iterator[tuple[NDArray, NDArray]]:
    """Yield the values of arm and reference of every row, by subject, shapes (S,); NaN: missing.

    Parameters
    ----------
    results : Results
        A finished study.
    rows : DataFrame
        From :func:`select_rows` with ``paired``.
    """
    values, column = cache(results.values), {t: k for k, t in enumerate(results.times_h)}
    for row in rows.to_dict("records"):
        here = values(row["metric"], row["arm"])[:, column[row["time_h"]]]
        if row["noise"] == "independent":
            yield here, values(row["metric"], row["arm"])[:, column[0.0]]
        else:
            yield here, values(row["metric"], row["reference"])[:, column[row["time_h"]]]


def with_left_out(results: Results, rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows with ``left_out``: subjects whose scans cannot be paired, or are missing."""
    groups = np.where(rows["noise"] == "between", 2, 1)
    return rows.assign(left_out=groups * len(results.subjects) - rows["n"].to_numpy(dtype=int))


def fdr_rows(
    results: Results, rows: pd.DataFrame, method: Literal["bh", "by"] = "bh"
) -> pd.DataFrame:
    """Return rows with ``q``, p adjusted for the false discovery rate of their family.

    Parameters
    ----------
    results : Results
        A finished study.
    rows : DataFrame
        From :func:`select_rows`.
    method : {"bh", "by"}
        As for :func:`netmod.compare.false_discovery`.

    Returns
    -------
    DataFrame
        Families are those of the correction by the largest ``|t|``: all metrics, arms and times
        of one reference, shown or not. Scans at baseline that arms share are no tests.

    Raises
    ------
    ConfigError
        If the method is unknown.
    """
    table = results.comparisons
    same_scan = (table["noise"] == "shared") & (table["time_h"] == 0)
    q = false_discovery(table["p"].mask(same_scan), method, table["family"])
    place = table.index.get_indexer(rows.index)
    return with_left_out(results, rows).assign(q=q[place])


def equivalence_rows(results: Results, rows: pd.DataFrame, margin: float) -> pd.DataFrame:
    """Return for every row whether its mean difference is smaller than a margin (TOST).

    Parameters
    ----------
    results : Results
        A finished study.
    rows : DataFrame
        From :func:`select_rows` with ``paired``.
    margin : float
        Bounds are ``±margin``, in the unit of the metric.

    Returns
    -------
    DataFrame
        Columns :data:`KEYS`, n, left_out, difference, ci_low and ci_high (90 %), hedges_g, margin,
        p_low, p_high, p, equivalent; NaN and False where fewer than two pairs are left.

    Raises
    ------
    ConfigError
        If the margin is not positive.
    """
    if not (np.isfinite(margin) and margin > 0):
        raise ConfigError(
            "a margin of equivalence must be positive",
            expected="a difference in the unit of the metric",
            got=f"{margin:g}",
        )
    found = [equivalence_paired(*pair, -margin, margin) for pair in pairs_of(results, rows)]
    numbers = {
        name: [getattr(one, name) for one in found]
        for name in ("difference", "ci_low", "ci_high", "p_low", "p_high", "p", "equivalent")
    }
    table = with_left_out(results, rows[[*KEYS, "n", "hedges_g"]]).assign(margin=margin, **numbers)
    return table[
        [*KEYS, "n", "left_out", "difference", "ci_low", "ci_high", "hedges_g", "margin",
         "p_low", "p_high", "p", "equivalent"]
    ]  # fmt: skip


def power_rows(results: Results, rows: pd.DataFrame, alpha: float = 0.05) -> pd.DataFrame:
    """Return for every row the power of a paired t test, were its d_z the true one.

    Parameters
    ----------
    results : Results
        A finished study.
    rows : DataFrame
        From :func:`select_rows` with ``paired`` and ``every``.
    alpha : float
        Two-sided level of the test.

    Returns
    -------
    DataFrame
        Columns :data:`KEYS`, n, left_out, difference, ci_low, ci_high, d_z with d_z_low and
        d_z_high (95 %), power at n, needed (pairs for 80 %), needed_low_end (for the end of the
        interval that is nearer to 0), p. ``inf`` where no number is enough; NaN where there is
        no d_z.

    Notes
    -----
    Power at the observed effect is a function of p alone (Hoenig & Heisey 2001,
    doi:10.1198/000313001300339897): it plans the next study and says nothing more about this one.
    """
    table = with_left_out(results, rows)
    found = [
        _power(float(d_z), int(n), alpha)
        for d_z, n in zip(table["d_z"], table["n"], strict=True)
    ]  # fmt: skip
    names = ("d_z_low", "d_z_high", "power", "needed", "needed_low_end")
    table = table.assign(**dict(zip(names, np.transpose(found), strict=True)))
    return table[
        [*KEYS, "n", "left_out", "difference", "ci_low", "ci_high", "d_z", *names, "p"]
    ]  # fmt: skip


def _power(d_z: float, n: int, alpha: float) -> tuple[float, float, float, float, float]:
    if n < 2 or not np.isfinite(d_z):
        return (np.nan,) * 5
    low, high = d_z_interval(d_z, n)
    nearest = 0.0 if low <= 0 <= high else min(abs(low), abs(high))
    return (
        low,
        high,
        paired_power(d_z, n, alpha=alpha),
        _needed(d_z, alpha),
        _needed(nearest, alpha),
    )


def _needed(d_z: float, alpha: float) -> float:
    try:
        return float(subjects_needed(d_z, WANTED_POWER, alpha=alpha))
    except ConfigError:  # more than netmod.compare.power.MOST_SUBJECTS
        return np.inf
