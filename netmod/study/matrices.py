"""The stored connectivity of a finished study, looked at again: other seeds, other analyses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from netmod.compare import agreement, multiverse, seed_spread
from netmod.compare.paired import pair_differences, paired_contrast
from netmod.compare.permutation import sign_flip
from netmod.errors import ConfigError, DataError
from netmod.graph import METRICS, NetworkMasks
from netmod.graph.connectivity import correlation, fisher_z, regress_global_signal
from netmod.graph.modularity import louvain
from netmod.graph.signatures import TOGETHER, Readout
from netmod.graph.thresholds import proportional
from netmod.study.reading import SCENARIO_FILE, problem
from netmod.study.results import Results
from netmod.study.statistics import KEYS

if TYPE_CHECKING:
    import pandas as pd

LOUVAIN = {"modularity": "raw", "modularity_gsr": "gsr"}
"""Metrics with random starts, and the signal that each is computed from."""

_THRESHOLDED = {"signal": ("raw", "gsr"), "density": ("all", 0.1, 0.2, 0.3)}
_AVERAGED = {"signal": ("raw", "gsr"), "average": ("r", "z")}
ANALYSES: Mapping[str, Mapping[str, Sequence]] = MappingProxyType(
    {
        "modularity": {**_THRESHOLDED, "resolution": (1.0, 1.25, 1.5)},
        "segregation": _THRESHOLDED,
        "participation": _THRESHOLDED,
        **dict.fromkeys(
            ("gbc", "between", "dmn_within", "dmn_fpn", "sgacc_dmn", "dlpfc_sgacc"), _AVERAGED
        ),
    }
)
"""Metric → choices of its analysis, the one of ``signatures.tsv`` first (proposal).

``signal``: as scanned, or after regression of the cortical global signal; ``density``: share of
pairs kept, the strongest positive ones; ``resolution``: γ of the modularity, never below 1, where
dense correlations fall into one community and Q is a constant; ``average``: of r or of Fisher z.
"""


class Scans:
    """The cortical connectivity of the scans of a study.

    Parameters
    ----------
    results : Results
        A finished study.

    Raises
    ------
    DataError
        If the atlas at hand is not that of the study, or its scenario lacks the readout.
    """

    def __init__(self, results: Results) -> None:
        from netmod.atlas import load_atlas

        atlas = load_atlas(results.atlas_name)
        if tuple(atlas.region) != results.region:
            raise DataError(
                "the study has other regions than its atlas has now",
                where=results.atlas_name,
                expected=f"{len(results.region)} regions, as in {results.folder}",
                got=f"{len(atlas.region)} regions",
            )
        try:
            self.runs = int(results.scenario["readout"]["louvain_runs"])
        except (KeyError, TypeError, ValueError) as error:
            what = "no readout.louvain_runs"
            raise problem(results.folder, SCENARIO_FILE, what) from error
        self.results = results
        self.masks = NetworkMasks.from_atlas(atlas)
        self._cells = cache(results.cells)

    def of(self, row: Mapping[str, Any]) -> tuple[list[int], list[int]]:
        """Return the scans of arm and reference of a row, of the same subjects, as indexes."""
        return partners(
            self._cells, row["arm"], row["time_h"], row["reference"], row["noise"]
        )  # fmt: skip

    def signal(self, name: str, scans: Sequence[int]) -> NDArray[np.float64]:
        """Return correlations of cortex, shape (scan, M, M), ``raw`` or ``gsr``.

        NaN for a scan in which a region is nothing but global signal.
        """
        cortex = np.asarray(self.masks.cortex)
        names = [self.results.region[k] for k in cortex]
        fc = self.results.fc[np.asarray(scans)][:, cortex[:, None], cortex].astype(float)
        fc = correlation(fc, names)
        if name == "raw":
            return fc
        left = regress_global_signal(fc, names)
        whole = (np.diagonal(left, axis1=-2, axis2=-1) > 0).all(axis=-1)
        fc = np.full_like(fc, np.nan)
        fc[whole] = correlation(left[whole], names)
        return fc

    def modularity(
        self, fc: NDArray[np.float64], seed: int, resolution: float = 1.0
    ) -> NDArray[np.float64]:
        """Return Q of every matrix, as the study computes it."""
        parts = [fc[first : first + TOGETHER] for first in range(0, len(fc), TOGETHER)]
        q = [louvain(np.nan_to_num(part), self.runs, seed, resolution)[0] for part in parts]
        return np.concatenate(q)

    def once(
        self, scans: Iterable[int], measure: Callable[[list[int]], NDArray]
    ) -> dict[int, NDArray]:
        """Return a measure by scan, computed once for scans that are the same bytes."""
        scans = sorted(set(scans))
        first: dict[bytes, int] = {}
        same = {scan: first.setdefault(self.results.fc[scan].tobytes(), scan) for scan in scans}
        distinct = list(first.values())
        values = dict(zip(distinct, measure(distinct), strict=True)) if distinct else {}
        return {scan: values[other] for scan, other in same.items()}


def partners(
    cells: Callable[[str, float], Mapping[str, int]],
    arm: str,
    time_h: float,
    reference: str,
    noise: str,
) -> tuple[list[int], list[int]]:
    """Return the usable scans of an arm and its reference, of the same subjects, as indexes."""
    here = cells(arm, time_h)
    there = cells(arm, 0.0) if noise == "independent" else cells(reference, time_h)
    both = [subject for subject in here if subject in there]
    return [here[subject] for subject in both], [there[subject] for subject in both]


def seed_sd(results: Results, rows: pd.DataFrame, n_seeds: int) -> NDArray[np.float64]:
    """Return for every row the SD of its difference over seeds of Louvain's starts.

    Parameters
    ----------
    results : Results
        A finished study.
    rows : DataFrame
        From :func:`netmod.study.statistics.select_rows`.
    n_seeds : int
        The study's own seed and as many following ones; with one there is no spread.

    Returns
    -------
    ndarray, shape (rows,)
        In the unit of the metric. NaN for metrics without random starts. Noise of the scans is
        not in it: that is what the rescan shows.

    Raises
    ------
    DataError
        As :class:`Scans`.
    """
    spread = np.full(len(rows), np.nan)
    records = rows.to_dict("records")
    if n_seeds < 2 or not any(row["metric"] in LOUVAIN for row in records):
        return spread
    scans = Scans(results)
    seeds = range(results.seed, results.seed + n_seeds)
    for metric, signal in LOUVAIN.items():
        wanted = {k: scans.of(row) for k, row in enumerate(records) if row["metric"] == metric}

        def by_seed(some: list[int], signal: str = signal) -> NDArray:
            fc = scans.signal(signal, some)
            return np.stack([scans.modularity(fc, seed) for seed in seeds], axis=1)

        q = scans.once((scan for pair in wanted.values() for one in pair for scan in one), by_seed)
        for k, (here, there) in wanted.items():
            if here:
                change = [q[a] - q[b] for a, b in zip(here, there, strict=True)]
                spread[k] = seed_spread(np.transpose(change)).sd
    return spread


def analyses(
    results: Results, rows: pd.DataFrame, n_bootstrap: int = 2000
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Repeat every row under each choice of its analysis (:data:`ANALYSES`).

    Parameters
    ----------
    results : Results
        A finished study.
    rows : DataFrame
        From :func:`netmod.study.statistics.select_rows` with ``paired``.
    n_bootstrap : int
        Resamples of every interval.

    Returns
    -------
    summary : DataFrame
        A row for every one of `rows`: :data:`netmod.study.statistics.KEYS`; n, difference, ci_low,
        ci_high, hedges_g, p of the analysis of the study; p_corrected, that p corrected by the
        largest ``|t|`` over all analyses; what :func:`netmod.compare.agreement` says of all.
    table : DataFrame
        Every analysis: the same keys, the choices, and what
        :func:`netmod.compare.multiverse` says of each, with p and p_corrected.

    Raises
    ------
    ConfigError
        If a metric has no other analysis.
    DataError
        As :class:`Scans`.
    """
    import pandas as pd

    for metric in dict.fromkeys(rows["metric"]):
        if metric not in ANALYSES:
            raw = metric.removesuffix("_gsr")
            hint = f"'{raw}' is analysed with and without regression of the global signal"
            raise ConfigError(
                f"no choice of analysis for '{metric}'",
                expected=", ".join(ANALYSES),
                hint=hint if raw in ANALYSES else None,
            )
    scans = Scans(results)
    records = rows.to_dict("records")
    used = {scan for row in records for one in scans.of(row) for scan in one}

    @cache
    def values(metric: str, choice: tuple) -> dict[int, float]:
        return scans.once(used, lambda some: _measured(scans, metric, some, **dict(choice)))

    summaries, tables = [], []
    for row in records:
        here, there = scans.of(row)
        differences: list[NDArray] = []

        def measure(_row=row, _here=here, _there=there, _to=differences, **choice):
            of_scan = values(_row["metric"], tuple(choice.items()))
            pair = np.array([[of_scan[k] for k in side] for side in (_here, _there)])
            _to.append(pair_differences(*pair))
            return paired_contrast(*pair, results.seed, n_bootstrap)

        table = multiverse(ANALYSES[row["metric"]], measure)
        p, corrected = sign_flip(np.stack(differences), seed=results.seed)
        table = table.assign(p=p, p_corrected=corrected)
        keys = {name: row[name] for name in KEYS}
        main = table.iloc[0]
        shown = ("n", "difference", "ci_low", "ci_high", "hedges_g", "p", "p_corrected")
        summaries.append(
            keys
            | {name: main[name] for name in shown}
            | agreement(table).iloc[0].drop(["choice", "level"]).to_dict()
        )
        tables.append(pd.DataFrame([keys] * len(table)).join(table))
    table = pd.concat(tables, ignore_index=True)
    choices = [name for name in ("signal", "density", "average", "resolution") if name in table]
    others = [name for name in table.columns if name not in (*KEYS, *choices)]
    summary = pd.DataFrame(summaries)
    summary["left_out"] = len(results.subjects) - summary["n"]
    return summary, table[[*KEYS, *choices, *others]]


def _measured(
    scans: Scans,
    metric: str,
    some: Sequence[int],
    signal: str,
    density: str | float = "all",
    average: str = "r",
    resolution: float = 1.0,
) -> NDArray[np.float64]:
    fc = scans.signal(signal, some)
    values, whole = np.full(len(fc), np.nan), np.isfinite(fc).all(axis=(1, 2))
    fc = fc[whole]
    if not len(fc):
        return values
    if density != "all":
        fc = np.stack([proportional(one, density) for one in fc])
    if average == "z":
        fc = fisher_z(fc)
    if metric == "modularity":
        values[whole] = scans.modularity(fc, scans.results.seed, resolution)
        return values
    rates, compute = np.full(scans.masks.size, np.nan), METRICS[metric].compute
    values[whole] = [
        compute(Readout(one, one, rates, np.nan, np.nan, scans.masks)) for one in fc
    ]  # fmt: skip
    return values
