"""The table of comparisons of a study, and its short form for the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from netmod.compare.paired import Contrast, group_contrast, pair_differences, paired_contrast
from netmod.compare.permutation import group_shuffle, sign_flip
from netmod.errors import ConfigError, DataError, did_you_mean
from netmod.graph.signatures import METRICS
from netmod.units import format_time

if TYPE_CHECKING:
    import pandas as pd

BASELINE = "baseline"
NOTICE = "Research simulator: not medical advice."
_KEYS = ("arm", "subject", "time_h")

COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "metric": "name of the readout",
        "arm": "arm that is compared",
        "time_h": "time of its scan in hours from baseline",
        "reference": "what it is compared with: the untreated arm of its population at the same "
        "time, its own baseline, or the healthy arm at baseline",
        "noise": "shared: same noise in both scans; independent: other noise, as in a rescan; "
        "between: two groups of subjects; with engine linear no scan has noise",
        "n": "pairs of scans with status ok; for two groups, both together",
        "mean": "mean of the arm over these",
        "mean_reference": "mean of the reference over these",
        "difference": "mean minus mean_reference, in the unit of the metric",
        "ci_low": "lower end of the 95 % BCa bootstrap interval of the difference",
        "ci_high": "its upper end",
        "hedges_g": "difference over the average SD (pooled SD between groups), corrected for "
        "small samples",
        "d_z": "difference over the SD of the differences; large under shared noise, never to be "
        "read as a clinical effect size",
        "p": "two-sided permutation p of this row alone",
        "p_corrected": "p corrected by the largest |t| over all rows of the family",
        "family": "rows corrected together: all metrics, arms and times of one reference "
        "and one kind of noise",
    }
)


def compare_arms(
    signatures: pd.DataFrame,
    references: Mapping[str, str | None],
    seed: int = 0,
    n_bootstrap: int = 5000,
    n_permutations: int = 10000,
    *,
    groups: tuple[str, str] | None = None,
    metrics: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Compare every arm at every time with its untreated arm and with its own baseline.

    Parameters
    ----------
    signatures : DataFrame
        Columns ``arm``, ``subject``, ``time_h``, the metrics, and ``status`` if some scans
        failed: rows whose status is not ``ok`` are left out, and ``n`` says so. Several rows of
        one subject, arm and time (replicates) are averaged first.
    references : mapping of str to str or None
        For every arm the untreated arm of its population; None (or the arm itself) for an arm
        that has no paired contrast with an untreated one.
    seed, n_bootstrap, n_permutations : int
        Seed and number of resamples and permutations.
    groups : tuple of (str, str), optional
        Two untreated arms, depressed and healthy, compared at baseline as two groups of subjects.
    metrics : sequence of str, optional
        Columns to compare; by default all of :data:`netmod.graph.signatures.METRICS` present.

    Returns
    -------
    DataFrame
        Columns as in :data:`COLUMNS`, rows by reference, metric, arm and time:

        - reference an untreated arm (noise shared): its treated arms at every time, one family
          for each untreated arm;
        - reference ``baseline`` (noise independent): every arm at every later time; for an
          untreated arm this is the rescan null;
        - reference the healthy arm (noise between): the depressed one at baseline.

        NaN where fewer than two pairs are left.

    Raises
    ------
    DataError
        If a column is missing, there is no row, an arm has no entry in `references`, or an arm
        named there or in `groups` is not in the table.
    """
    import pandas as pd

    study = _Study.from_table(signatures, _checked_metrics(signatures, metrics))
    _check_references(study.arms, references, groups)
    draws = _Draws(seed, n_bootstrap, n_permutations)
    rows = [
        *_against_untreated(study, references, draws),
        *_against_baseline(study, draws),
        *_against_healthy(study, groups, draws),
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


@dataclass(frozen=True)
class _Draws:
    seed: int
    n_bootstrap: int
    n_permutations: int


def _checked_metrics(signatures: pd.DataFrame, metrics: Sequence[str] | None) -> list[str]:
    known = [str(column) for column in signatures.columns]
    if metrics is None:
        metrics = [name for name in METRICS if name in known]
    for column in (*_KEYS, *metrics):
        if column not in known:
            raise DataError(
                f"the table of signatures has no column '{column}'",
                expected=", ".join((*_KEYS, *metrics)),
                got=", ".join(known),
                hint=did_you_mean(column, known),
            )
    if not metrics or len(signatures) == 0:
        raise DataError(
            "nothing to compare in the table of signatures",
            expected="rows, and at least one column named as a metric",
            got=f"{len(signatures)} rows with columns {', '.join(known)}",
        )
    return list(metrics)


def _check_references(
    arms: Sequence[str], references: Mapping[str, str | None], groups: tuple[str, str] | None
) -> None:
    for arm in arms:
        if arm not in references:
            raise DataError(
                f"no reference is given for arm '{arm}'",
                expected="an untreated arm, or None, for every arm",
                got=", ".join(references),
            )
    named = [references[arm] for arm in arms if references[arm] is not None]
    for arm in (*named, *(groups or ())):
        if arm not in arms:
            raise DataError(
                f"the table of signatures has no arm '{arm}' to compare with",
                expected=", ".join(arms),
                hint=did_you_mean(arm, arms),
            )


@dataclass(frozen=True)
class _Study:
    """Values ``cube [metric, arm, time, subject]``, NaN where no scan is ok."""

    metrics: list[str]
    arms: list[str]
    times: list[float]
    cube: NDArray[np.float64]

    @classmethod
    def from_table(cls, signatures: pd.DataFrame, metrics: list[str]) -> _Study:
        arm, subject = signatures["arm"].to_numpy(), signatures["subject"].to_numpy()
        time = signatures["time_h"].to_numpy(dtype=float)
        arms = list(dict.fromkeys(arm.tolist()))
        # the order of subjects decides which resample means whom: never let it follow the rows
        subjects = sorted(set(subject.tolist()))
        times = sorted(set(time.tolist()))
        ok = np.ones(len(arm), dtype=bool)
        if "status" in signatures.columns:
            ok = signatures["status"].to_numpy() == "ok"
        place = (
            np.array([arms.index(one) for one in arm]),
            np.searchsorted(times, time),
            np.array([subjects.index(one) for one in subject]),
        )
        cube = np.full((len(metrics), len(arms), len(times), len(subjects)), np.nan)
        for number, metric in enumerate(metrics):
            value = signatures[metric].to_numpy(dtype=float)
            kept = ok & np.isfinite(value)
            index = tuple(axis[kept] for axis in place)
            total, count = np.zeros(cube.shape[1:]), np.zeros(cube.shape[1:])
            np.add.at(total, index, value[kept])
            np.add.at(count, index, 1.0)
            np.divide(total, count, out=cube[number], where=count > 0)
        return cls(metrics, [str(one) for one in arms], times, cube)


def _row(metric: str, arm: str, time_h: float, reference: str, noise: str, c: Contrast) -> dict:
    head = {"metric": metric, "arm": arm, "time_h": time_h, "reference": reference, "noise": noise}
    # an arm may be the reference of a group contrast and of paired ones: two families
    family = f"{reference}, {noise}"
    return head | asdict(c) | {"p": np.nan, "p_corrected": np.nan, "family": family}


def _with_p(rows: list[dict], p: NDArray, p_corrected: NDArray) -> list[dict]:
    for row, alone, corrected in zip(rows, p, p_corrected, strict=True):
        row["p"], row["p_corrected"] = float(alone), float(corrected)
    return rows


def _paired_rows(plan: list[tuple], reference: str, noise: str, draws: _Draws) -> list[dict]:
    """Return the rows of one family from (metric, arm, time_h, values, values of reference)."""
    if not plan:
        return []
    rows = [
        _row(
            metric,
            arm,
            time_h,
            reference,
            noise,
            paired_contrast(a, b, draws.seed, draws.n_bootstrap),
        )
        for metric, arm, time_h, a, b in plan
    ]
    differences = np.stack([pair_differences(a, b) for *_, a, b in plan])
    return _with_p(rows, *sign_flip(differences, draws.n_permutations, draws.seed))


def _against_untreated(
    study: _Study, references: Mapping[str, str | None], draws: _Draws
) -> list[dict]:
    rows: list[dict] = []
    for untreated in [arm for arm in study.arms if arm in set(references.values())]:
        reference = study.cube[:, study.arms.index(untreated)]
        plan = [
            (metric, arm, time, study.cube[m, a, t], reference[m, t])
            for m, metric in enumerate(study.metrics)
            for a, arm in enumerate(study.arms)
            if references[arm] == untreated != arm
            for t, time in enumerate(study.times)
        ]
        rows += _paired_rows(plan, untreated, "shared", draws)
    return rows


def _against_baseline(study: _Study, draws: _Draws) -> list[dict]:
    if 0.0 not in study.times:
        return []
    start = study.times.index(0.0)
    plan = [
        (metric, arm, time, study.cube[m, a, t], study.cube[m, a, start])
        for m, metric in enumerate(study.metrics)
        for a, arm in enumerate(study.arms)
        for t, time in enumerate(study.times)
        if time != 0.0
    ]
    return _paired_rows(plan, BASELINE, "independent", draws)


def _against_healthy(study: _Study, groups: tuple[str, str] | None, draws: _Draws) -> list[dict]:
    if groups is None or 0.0 not in study.times:
        return []
    depressed, healthy = groups
    start = study.times.index(0.0)
    ill, well = (study.cube[:, study.arms.index(arm), start] for arm in groups)
    # subjects who are absent from a group altogether are no members that could be exchanged
    ill, well = (group[:, np.isfinite(group).any(axis=0)] for group in (ill, well))
    rows = [
        _row(
            metric,
            depressed,
            0.0,
            healthy,
            "between",
            group_contrast(ill[m], well[m], draws.seed, draws.n_bootstrap),
        )
        for m, metric in enumerate(study.metrics)
    ]
    return _with_p(rows, *group_shuffle(ill, well, draws.n_permutations, draws.seed))


def format_table(comparisons: pd.DataFrame, metrics: Sequence[str], times: Sequence[float]) -> str:
    """Return the comparisons of some metrics and times as plain text.

    Parameters
    ----------
    comparisons : DataFrame
        From :func:`compare_arms`.
    metrics : sequence of str
        One column each: difference with its 95 % interval.
    times : sequence of float
        One block each, in hours. Treated arms are shown against the untreated arm of their
        population; an arm without such a contrast (an untreated arm itself) against its own
        baseline. At 0 h the depressed arm is shown against the healthy one.

    Returns
    -------
    str
        Lines of text; ``*`` marks p < .05 corrected over the whole family.

    Raises
    ------
    ConfigError
        If a metric or time is not in the table.
    """
    _known("metric", metrics, list(dict.fromkeys(comparisons["metric"])), str)
    _known("time", times, sorted(set(comparisons["time_h"])), format_time)
    records = comparisons.to_dict("records")
    digits = {metric: decimals(records, metric) for metric in metrics}
    lines = []
    for time in times:
        here = [r for r in records if r["time_h"] == time and r["metric"] in metrics]
        cells: dict[str, dict[str, str]] = {}
        for wanted in ("shared", "between", "independent"):
            shown = set(cells)
            for record in here:
                # at baseline arms with shared noise are the same scan: nothing to show
                if record["noise"] != wanted or (time == 0.0 and wanted == "shared"):
                    continue
                label = f"{record['arm']} − {record['reference']}"
                if not any(known.startswith(f"{record['arm']} − ") for known in shown):
                    cells.setdefault(label, {})[record["metric"]] = _cell(
                        record, digits[record["metric"]]
                    )
        lines += _block(format_time(float(time)), cells, metrics)
    lines.append("difference [95 % interval]; * p < .05 corrected over all rows of its family")
    lines.append(NOTICE)
    return "\n".join(lines)


def _known(word: str, asked: Sequence, known: list, show) -> None:
    for one in asked:
        if one not in known:
            raise ConfigError(
                f"no {word} '{show(one)}' among the comparisons",
                expected=", ".join(show(k) for k in known),
                hint=did_you_mean(show(one), [show(k) for k in known]),
            )


def decimals(records: Sequence[Mapping], metric: str) -> int:
    """Return the decimals that show three digits of the metric's largest difference."""
    sizes = [abs(r["difference"]) for r in records if r["metric"] == metric]
    largest = max((size for size in sizes if np.isfinite(size)), default=0.0)
    return int(np.clip(2 - np.floor(np.log10(largest)), 2, 6)) if largest > 0 else 3


def _cell(record: Mapping, digits: int) -> str:
    if not np.isfinite(record["difference"]):
        return "n/a"
    mark = "*" if record["p_corrected"] < 0.05 else ""
    low, high = record["ci_low"], record["ci_high"]
    middle = record["difference"]
    return f"{middle:+.{digits}f} [{low:+.{digits}f}, {high:+.{digits}f}]{mark}"


def _block(title: str, cells: Mapping, metrics: Sequence[str]) -> list[str]:
    if not cells:
        return []
    table = [[title, *metrics]]
    table += [[label, *(row.get(m, "n/a") for m in metrics)] for label, row in cells.items()]
    widths = [max(len(line[i]) for line in table) for i in range(len(table[0]))]
    text = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in table
    ]
    return [text[0], "-" * max(map(len, text)), *text[1:], ""]
