"""The statistics of ``netmod compare`` as lines of text: n, effect with interval, then p."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from netmod.cli.output import aligned
from netmod.compare.fdr import METHODS
from netmod.compare.table import NOTICE, decimals
from netmod.graph import METRICS
from netmod.study.statistics import is_rescan
from netmod.units import format_time

if TYPE_CHECKING:
    import pandas as pd

    from netmod.study.mixed import MixedModel
    from netmod.study.results import Results

_LEFT = ("difference [95 %]", "difference [90 %]", "d_z [95 %]", "change [95 %]", "hubs")
_MOST_LEFT_OUT = 6  # contrasts named in one line
_EDGE_DECIMALS = 4

Row = Mapping[str, Any]
Cells = Callable[[Row, int], list[str]]


def fdr_text(results: Results, table: pd.DataFrame, method: str, note: str = "") -> str:
    """Return what :func:`netmod.study.statistics.fdr_rows` gives."""
    head = ["difference [95 %]", "g", "p", "p max-T", "q"]

    def cells(row: Row, digits: int) -> list[str]:
        ps = [_p(row[name]) for name in ("p", "p_corrected", "q")]
        return [_interval(row, digits), _size(row["hedges_g"]), *ps]

    foot = f"p max-T and q ({METHODS[method]}): over all rows of the family of one reference"
    return _page(results, table, head, cells, foot, note)


def equivalence_text(results: Results, table: pd.DataFrame, note: str = "") -> str:
    """Return what :func:`netmod.study.statistics.equivalence_rows` gives of one metric."""
    margin, unit = table["margin"].iloc[0], METRICS[table["metric"].iloc[0]].unit
    head = ["difference [90 %]", "g", "p", "equivalent"]

    def cells(row: Row, digits: int) -> list[str]:
        told = "n/a" if math.isnan(row["p"]) else "yes" if row["equivalent"] else "no"
        return [_interval(row, digits), _size(row["hedges_g"]), _p(row["p"]), told]

    foot = f"two one-sided t tests at .05 against ±{margin:g} (unit {unit}); "
    return _page(results, table, head, cells, foot + "yes: the 90 % interval lies within", note)


def power_text(results: Results, table: pd.DataFrame, note: str = "") -> str:
    """Return what :func:`netmod.study.statistics.power_rows` gives."""
    head = ["difference [95 %]", "d_z [95 %]", "power", "n for 80 %", "at low end", "p"]

    def cells(row: Row, digits: int) -> list[str]:
        return [
            _interval(row, digits),
            _interval(row, 2, "d_z", "d_z_low", "d_z_high"),
            _number(row["power"], 2),
            _count(row["needed"]),
            _count(row["needed_low_end"]),
            _p(row["p"]),
        ]

    foot = (
        "power of a two-sided paired t test at .05 with this n, were d_z the true one; at low end: "
        "of its interval; none: no number is enough\n"
        "arms and their untreated arm share noise, as in no trial; a row against baseline does "
        "not, but has no control"
    )
    return _page(results, table, head, cells, foot, note)


def edges_text(results: Results, table: pd.DataFrame) -> str:
    """Return what :func:`netmod.study.edges.edge_rows` gives."""
    head = ["change [95 %]", "single", "|t| >", "edges", "regions", "mean change", "p", "hubs"]

    def cells(row: Row, _: int) -> list[str]:
        found = row["component"] > 0
        return [
            _interval(row, _EDGE_DECIMALS),
            f"{row['single']:.0f}",
            f"{row['threshold']:.2f}",
            f"{row['edges']:.0f}",
            f"{row['regions']:.0f}",
            _number(row["mean_difference"], _EDGE_DECIMALS, "+") if found else "",
            _p(row["p"]) if found else "",
            row["hubs"],
        ]

    foot = (
        "change: mean difference of Fisher z over all edges; single: edges with p < .05 corrected "
        "over all edges\n"
        "p: of a component, over the network of one arm and time; its mean change is too large, "
        "for it was chosen by it"
    )
    return _page(results, table, head, cells, foot)


def multiverse_text(results: Results, summary: pd.DataFrame, note: str = "") -> str:
    """Return the summary that :func:`netmod.study.matrices.analyses` gives."""
    head = ["difference [95 %]", "g", "p", "p max-T", "analyses", "same sign", "clear", "opposite"]

    def cells(row: Row, digits: int) -> list[str]:
        low, high = (_number(row[name], digits, "+") for name in ("lowest", "highest"))
        return [
            _interval(row, digits),
            _size(row["hedges_g"]),
            _p(row["p"]),
            _p(row["p_corrected"]),
            f"{row['computed']:.0f} of {row['combinations']:.0f}",
            *(_share(row[name]) for name in ("same_sign", "excludes_zero", "opposite")),
            f"{low} … {high}",
        ]

    foot = (
        "difference, p: analysis of the study; p max-T: corrected over all analyses; same sign: "
        "share of the analyses\n"
        "clear: and an interval without 0; opposite: the other sign and such an interval; one set "
        "of scans: no probability"
    )
    return _page(results, summary, [*head, "lowest … highest"], cells, foot, note)


def analyses_text(results: Results, table: pd.DataFrame) -> str:
    """Return every analysis that :func:`netmod.study.matrices.analyses` gives."""
    columns, lines = list(table.columns), []
    choices = columns[columns.index("noise") + 1 : columns.index("n")]
    for metric, part in table.groupby("metric", sort=False):
        records = part.to_dict("records")
        names = [name for name in choices if part[name].notna().any()]
        digits = decimals(records, str(metric))
        rows = [[f"{metric}, {_when(records[0])}", *names, "n", "difference [95 %]", "g", "p", ""]]
        rows += [
            [_marked(results, row), *(str(row[name]) for name in names), str(row["n"]),
             _interval(row, digits), _size(row["hedges_g"]), _p(row["p"]), row["note"]]
            for row in records
        ]  # fmt: skip
        lines += [aligned(rows), ""]
    return "\n".join(lines)


def mixed_text(
    results: Results, models: Sequence[MixedModel], rows: pd.DataFrame, note: str = ""
) -> str:
    """Return what :func:`netmod.study.mixed.mixed_models` gives, beside the rescan's rows."""
    lines: list[str] = []
    records = rows.to_dict("records")
    for model in models:
        own = [row for row in records if row["metric"] == model.metric]
        head = f"{model.metric}, against {model.reference}"
        nulls = [row for row in own if row["arm"] == model.reference and is_rescan(results, row)]
        digits = decimals(own, model.metric)
        body = [[head, "estimate [95 %]", "p"], *_model_rows(model, digits)]
        body += [
            [f"{_marked(results, row)}, {_when(row)}", _interval(row, digits), _p(row["p"])]
            for row in nulls
        ]
        seeds = [row["seed_sd"] for row in own if math.isfinite(row.get("seed_sd", math.nan))]
        lines += [aligned(body, right=(2,)), *_model_notes(model)]
        lines += [f"  seed SD of its differences: at most {max(seeds):.1e}"] if seeds else []
        lines.append("")
    lines.append(
        "restricted maximum likelihood; interval and p by Wald, too narrow with few subjects\n"
        "an arm: its difference at the first time shown; arm × time: how much more it differs then"
    )
    return "\n".join([*lines, *_ending(results, note)])


def _model_rows(model: MixedModel, digits: int) -> Iterator[list[str]]:
    if model.fit is None:
        yield ["not fitted", "n/a", "n/a"]
        return
    for row in model.fit.effects.rename(columns={"estimate": "difference"}).to_dict("records"):
        yield [row["term"], _interval(row, digits), _p(row["p"])]


def _model_notes(model: MixedModel) -> Iterator[str]:
    if model.fit is None:
        yield f"  {model.note}"
        return
    fit = model.fit
    scan = "" if math.isnan(fit.scan_sd) else f", scans {fit.scan_sd:.3g}"
    yield f"  n: {fit.n_subjects} subjects, {fit.n_scans} scans; {model.left_out} left out"
    yield f"  SD: subjects {fit.subject_sd:.3g}{scan}, the rest {fit.residual_sd:.3g}"
    if not fit.converged:
        yield "  not converged: no number of this model can be relied upon"
    yield from (f"  note of the fit: {one}" for one in fit.notes)


def _page(
    results: Results,
    table: pd.DataFrame,
    head: Sequence[str],
    cells: Cells,
    foot: str,
    note: str = "",
) -> str:
    """Return a block of lines for every metric and time, and what is to be said below them."""
    with_metric, with_seeds = "metric" in table, "seed_sd" in table
    head = ["n", *head, *(["seed SD"] if with_seeds else [])]
    lines: list[str] = []
    for _, part in table.groupby(["metric", "time_h"] if with_metric else "time_h", sort=False):
        records = part.to_dict("records")
        metric = str(records[0]["metric"]) if with_metric else ""
        digits = decimals(table.to_dict("records"), metric) if with_metric else 0
        title = f"{metric}, {_when(records[0])}" if with_metric else _when(records[0])
        rows = [[title, *head]]
        for row in records:
            label = _marked(results, row)
            seed = [_seed_sd(row["seed_sd"])] if with_seeds else []
            rows.append([label, f"{row['n']:.0f}", *cells(row, digits), *seed])
        right = [k for k, name in enumerate(rows[0]) if k and name not in _LEFT]
        lines += [aligned(rows, right), ""]
    return "\n".join([*lines, *_left_out(table), foot, *_ending(results, note)])


def _ending(results: Results, note: str) -> Iterator[str]:
    if note:
        yield note
    if results.engine == "linear":
        yield "engine linear: scans have no noise, a rescan is the same scan"
    yield NOTICE


def _left_out(table: pd.DataFrame) -> Iterator[str]:
    lost = table[table["left_out"] > 0].to_dict("records")
    told = dict.fromkeys(f"{r['left_out']:.0f} of {_label(r)} at {_when(r)}" for r in lost)
    if told:
        more = len(told) - _MOST_LEFT_OUT
        named = "; ".join(list(told)[:_MOST_LEFT_OUT]) + (f"; and {more} more" * (more > 0))
        yield f"pairs left out, a scan of which has no value: {named}"


def _label(row: Row) -> str:
    return f"{row['arm']} − {row['reference']}"


def _marked(results: Results, row: Row) -> str:
    return _label(row) + (" (rescan)" if is_rescan(results, row) else "")


def _when(row: Row) -> str:
    return format_time(float(row["time_h"]))


def _interval(
    row: Row, digits: int, middle: str = "difference", low: str = "ci_low", high: str = "ci_high"
) -> str:
    if math.isnan(row[middle]):
        return "n/a"
    ends = ", ".join(_number(row[end], digits, "+") for end in (low, high))
    return f"{_number(row[middle], digits, '+')} [{ends}]"


def _number(value: float, digits: int, sign: str = "") -> str:
    return "n/a" if math.isnan(value) else f"{value:{sign}.{digits}f}"


def _size(value: float) -> str:
    return _number(value, 2, "+")


def _p(value: float) -> str:
    return "<.0001" if value < 1e-4 else _number(value, 4).removeprefix("0")


def _share(value: float) -> str:
    return "n/a" if math.isnan(value) else f"{100 * value:.0f} %"


def _count(value: float) -> str:
    return "none" if math.isinf(value) else _number(value, 0)


def _seed_sd(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.1e}" if value else "0"
