"""The comparison of a finished study as text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from netmod.study.results import load_results
from netmod.study.run import summary


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
    return summary(results.comparisons, results.times_h, metrics)
