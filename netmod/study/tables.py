"""The comparison of a finished study as text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from netmod.compare import format_table
from netmod.study.results import load_results
from netmod.study.run import TABLE_METRICS


def compare_table(out: Path, metrics: Sequence[str] | None = None) -> str:
    """Return the arms of a finished study side by side.

    Parameters
    ----------
    out : Path
        Study folder.
    metrics : sequence of str, optional
        Columns of ``group/signatures.tsv``; the main ones when None.

    Raises
    ------
    DataError
        If the folder is incomplete or a metric unknown.
    """
    results = load_results(out)
    return format_table(results.comparisons, list(metrics or TABLE_METRICS), results.times_h)
