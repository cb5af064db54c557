"""Which connections differ in a finished study: components of edges, and single edges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from netmod.compare import Component, nbs_paired
from netmod.compare.paired import bootstrap_interval, pair_differences
from netmod.compare.permutation import sign_flip
from netmod.errors import DataError
from netmod.graph.connectivity import fisher_z
from netmod.study.matrices import partners
from netmod.study.results import Results

if TYPE_CHECKING:
    import pandas as pd

EDGE_COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "arm": "arm that is compared",
        "time_h": "time of its scan in hours",
        "reference": "untreated arm at the same time, or its own baseline",
        "noise": "as in the comparisons",
        "n": "pairs of scans",
        "left_out": "subjects without such a pair",
        "difference": "mean over all edges of the difference of Fisher z",
        "ci_low": "lower end of its 95 % bootstrap interval over subjects",
        "ci_high": "its upper end",
        "single": "edges with p < .05 corrected by the largest |t| over all edges",
        "threshold": "|t| beyond which an edge takes part in a component",
        "component": "1 for the largest; 0 where no edge passes the threshold",
        "edges": "its edges",
        "regions": "regions that they join",
        "mean_difference": "mean difference over its edges; too large, for they were chosen by it",
        "p": "share of permutations with a component of as many edges",
        "hubs": "its three regions with the most edges",
    }
)

_HUBS = 3


def default_thresholds(n: int) -> tuple[float, float]:
    """Return the ``|t|`` of n pairs with two-sided p of 0.01 and 0.001 (proposal)."""
    from scipy.stats import t

    return float(t.isf(0.005, n - 1)), float(t.isf(0.0005, n - 1))


def edge_rows(
    results: Results, rows: pd.DataFrame, thresholds: Sequence[float] = (), seed: int | None = None
) -> pd.DataFrame:
    """Return which edges differ: network-based statistic, and max-T over all edges.

    Parameters
    ----------
    results : Results
        A finished study.
    rows : DataFrame
        From :func:`netmod.study.statistics.select_rows` with ``paired``; metrics do not matter.
    thresholds : sequence of float
        ``|t|`` of :func:`netmod.compare.nbs_paired`; :func:`default_thresholds` when empty.
    seed : int, optional
        Of random permutations; the study's when None.

    Returns
    -------
    DataFrame
        Columns :data:`EDGE_COLUMNS`: for every contrast and threshold the components with
        p < .05, or the largest one. All regions take part, as stored.

    Raises
    ------
    ConfigError
        If a threshold is not positive.
    DataError
        If no contrast has two pairs of scans.
    """
    import pandas as pd

    seed = results.seed if seed is None else seed
    cells = cache(results.cells)
    contrasts = rows.drop_duplicates(["arm", "time_h", "reference", "noise"]).to_dict("records")
    found: list[dict[str, Any]] = []
    for row in contrasts:
        head = {name: row[name] for name in ("arm", "time_h", "reference", "noise")}
        here, there = partners(cells, **head)
        head |= {"n": len(here), "left_out": len(results.subjects) - len(here)}
        if len(here) < 2:
            continue
        z = [fisher_z(results.fc[side]) for side in (here, there)]
        i, j = np.triu_indices(z[0].shape[-1], 1)
        change = pair_differences(*(side[:, i, j] for side in z))
        by_subject = change.mean(axis=1)
        low, high = bootstrap_interval([by_subject], seed)
        differs = bool(change.any())  # a sham and its control may be the same scan: nothing to try
        single = sign_flip(change.T, seed=seed)[1] if differs else np.ones(1)
        head |= {"difference": float(by_subject.mean()), "ci_low": low, "ci_high": high,
                 "single": int((single < 0.05).sum())}  # fmt: skip
        for threshold in thresholds or default_thresholds(len(here)):
            components = nbs_paired(*z, threshold, seed=seed).components if differs else ()
            shown = [one for one in components if one.p < 0.05] or components[:1]
            found += [
                head | {"threshold": threshold} | _component(results, number, one)
                for number, one in enumerate(shown, 1)
            ]
            if not components:
                empty = {"component": 0, "edges": 0, "regions": 0, "hubs": ""}
                found.append(head | {"threshold": threshold} | empty)
    if not found:
        raise DataError(
            "no contrast has two pairs of scans",
            where=str(results.folder),
            got=f"{len(results.subjects)} subjects, {len(contrasts)} contrasts",
        )
    return pd.DataFrame(found, columns=list(EDGE_COLUMNS))


def _component(results: Results, number: int, one: Component) -> dict[str, Any]:
    degree = np.bincount(one.edges.ravel(), minlength=len(results.region))
    hubs = np.argsort(-degree, kind="stable")[:_HUBS]
    return {
        "component": number,
        "edges": one.extent,
        "regions": len(one.regions),
        "mean_difference": one.mean_difference,
        "p": one.p,
        "hubs": ", ".join(results.region[k] for k in hubs if degree[k] > 0),
    }
