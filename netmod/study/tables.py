"""The comparison of a finished study as text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from netmod.study.results import load_results
from netmod.study.run import summary
from netmod.study.statistics import select_rows


def compare_table(
    out: Path,
    metrics: Sequence[str] | None = None,
    arms: Sequence[str] = (),
    times_h: Sequence[float] = (),
) -> str:
    """Return the arms of a finished study side by side.

    Parameters
    ----------
    out : Path
        Study folder.
    metrics : sequence of str, optional
        Columns of ``group/signatures.tsv``; the main ones when None.
    arms : sequence of str
        Only these; all when empty.
    times_h : sequence of float
        Only these, in hours; all when empty.

    Raises
    ------
    DataError
        If the folder is incomplete.
    ConfigError
        If a metric, arm or time is not among the comparisons.
    """
    results = load_results(out)
    if arms or times_h:
        rows = select_rows(results, (), arms, times_h)
        return summary(rows, results.times_h, metrics)
    return summary(results.comparisons, results.times_h, metrics)
