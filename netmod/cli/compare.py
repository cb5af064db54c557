"""``netmod compare``: the arms of a finished run, by the statistic that is asked for."""

from __future__ import annotations

import argparse
import functools
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netmod.cli.output import known_names, print_written
from netmod.cli.paths import check_writable, existing
from netmod.cli.words import add_command, positive
from netmod.errors import ConfigError, NetmodError

if TYPE_CHECKING:
    import pandas as pd

    from netmod.study.results import Results

_SEEDS = 5


def add_commands(commands: Any) -> None:
    """Add the command to the parser's commands."""
    compare = functools.partial(add_command, commands)(
        "compare", run, "arms side by side: effect sizes, intervals, p"
    )
    compare.add_argument("out", type=Path, metavar="OUT", help="folder that a run has written")
    for word, name in (("metric", "NAME"), ("arm", "NAME"), ("time", "TIME")):
        compare.add_argument(
            f"--{word}", nargs="+", action="extend", default=[], metavar=name, help="only these"
        )
    one = compare.add_mutually_exclusive_group()
    one.add_argument(
        "--fdr", nargs="?", const="bh", type=_method, metavar="bh|by",
        help="a line each: p, p corrected by max-T, and q of the false discovery rate",
    )  # fmt: skip
    one.add_argument(
        "--equivalent", type=_margin, metavar="MARGIN",
        help="is the difference smaller than MARGIN, in the unit of the one --metric? (TOST)",
    )  # fmt: skip
    one.add_argument(
        "--power", action="store_true", help="power at this n, and subjects needed for 80 %%"
    )
    one.add_argument(
        "--mixed", action="store_true", help="mixed model of arm and time, subjects as random"
    )
    one.add_argument(
        "--edges", nargs="*", type=_threshold, metavar="T",
        help="which connections differ: network-based statistic at |t| > T, and max-T over edges",
    )  # fmt: skip
    one.add_argument(
        "--multiverse", action="store_true",
        help="each difference under every choice of signal, threshold and resolution",
    )  # fmt: skip
    compare.add_argument(
        "--seeds", type=positive, default=_SEEDS, metavar="N",
        help=f"Louvain seeds for the spread of modularity (default {_SEEDS}; 1: none)",
    )  # fmt: skip
    compare.add_argument(
        "-o", dest="table", type=Path, metavar="FILE.tsv", help="write the rows as a table, too"
    )


def run(args: argparse.Namespace) -> None:
    """Print what was asked for; a finished run is never changed."""
    out = existing(args.out)
    if args.metric:
        from netmod.graph import METRICS

        known_names("metric", args.metric, METRICS)
    _check_words(args)
    if args.table is not None:
        _check_table(args.table, out)
    args.times_h = [_time_h(text) for text in args.time]
    mode = next((call for name, call in _MODES.items() if _asked(args, name)), None)
    from netmod import study

    if mode is None:
        narrowed = {"arms": args.arm, "times_h": args.times_h} if args.arm or args.time else {}
        print(study.compare_table(out, args.metric, **narrowed))
    if mode is None and args.table is None:
        return
    table = (mode or _rows)(study.load_results(out), args)
    if args.table is not None:
        from netmod.study.store import frame_text, write_whole

        write_whole(args.table, frame_text(table))
        print_written(args.table)


def _asked(args: argparse.Namespace, name: str) -> bool:
    value = getattr(args, name)
    return value is not None and value is not False


def _rows(results: Results, args: argparse.Namespace, **options: bool) -> pd.DataFrame:
    """Return the comparisons asked for; without --metric the main ones that have values."""
    from netmod.study.run import TABLE_METRICS
    from netmod.study.statistics import select_rows

    metrics = args.metric
    if not metrics:
        valued = set(results.comparisons.loc[results.comparisons["n"] > 0, "metric"])
        metrics = [name for name in TABLE_METRICS if name in valued] or list(TABLE_METRICS)
    return select_rows(results, metrics, args.arm, args.times_h, **options)


def _pairs(results: Results, args: argparse.Namespace, **options: bool) -> pd.DataFrame:
    from netmod.study.statistics import expect_pairs

    rows = _rows(results, args, **options)
    expect_pairs(results, rows)
    return rows


def _with_seeds(
    results: Results, args: argparse.Namespace, table: pd.DataFrame
) -> tuple[pd.DataFrame, str]:
    """Return the table with ``seed_sd`` where a metric has random starts, and what to say of it."""
    from netmod.study.matrices import seed_sd

    try:
        spread = seed_sd(results, table, args.seeds)
    except NetmodError as error:  # an atlas that is no longer there: all else can be told
        return table, f"spread over Louvain seeds not computed: {error.what}"
    if not any(math.isfinite(value) for value in spread):
        return table, ""
    note = f"seed SD: of the difference over {args.seeds} seeds of Louvain's starts"
    return table.assign(seed_sd=spread), note


def _fdr(results: Results, args: argparse.Namespace) -> pd.DataFrame:
    from netmod.cli.compare_text import fdr_text
    from netmod.study.statistics import fdr_rows

    table = fdr_rows(results, _pairs(results, args), args.fdr)
    table, note = _with_seeds(results, args, table)
    print(fdr_text(results, table, args.fdr, note))
    return table


def _equivalent(results: Results, args: argparse.Namespace) -> pd.DataFrame:
    from netmod.cli.compare_text import equivalence_text
    from netmod.study.statistics import equivalence_rows

    table = equivalence_rows(results, _pairs(results, args, paired=True), args.equivalent)
    table, note = _with_seeds(results, args, table)
    print(equivalence_text(results, table, note))
    return table


def _power(results: Results, args: argparse.Namespace) -> pd.DataFrame:
    from netmod.cli.compare_text import power_text
    from netmod.study.statistics import power_rows

    table = power_rows(results, _pairs(results, args, paired=True, every=True))
    table, note = _with_seeds(results, args, table)
    print(power_text(results, table, note))
    return table


def _mixed(results: Results, args: argparse.Namespace) -> pd.DataFrame:
    from netmod.cli.compare_text import mixed_text
    from netmod.study.mixed import mixed_models, mixed_table

    rows = _pairs(results, args, paired=True)
    models = mixed_models(results, rows)
    rows, note = _with_seeds(results, args, rows)
    print(mixed_text(results, models, rows, note))
    return mixed_table(models)


def _edges(results: Results, args: argparse.Namespace) -> pd.DataFrame:
    from netmod.cli.compare_text import edges_text
    from netmod.study.edges import edge_rows

    table = edge_rows(results, _pairs(results, args, paired=True), args.edges)
    print(edges_text(results, table))
    return table


def _multiverse(results: Results, args: argparse.Namespace) -> pd.DataFrame:
    from netmod.cli.compare_text import analyses_text, multiverse_text
    from netmod.study.matrices import ANALYSES, analyses
    from netmod.study.run import TABLE_METRICS

    args.metric = args.metric or [name for name in TABLE_METRICS if name in ANALYSES]
    summary, table = analyses(results, _pairs(results, args, paired=True))
    summary, note = _with_seeds(results, args, summary)
    if len(args.arm) == 1 and len(args.time) == 1:
        print(analyses_text(results, table))
    print(multiverse_text(results, summary, note))
    return table


_MODES = {
    "fdr": _fdr,
    "equivalent": _equivalent,
    "power": _power,
    "mixed": _mixed,
    "edges": _edges,
    "multiverse": _multiverse,
}


def _method(text: str) -> str:
    if text not in ("bh", "by"):
        raise argparse.ArgumentTypeError(f"'{text}' is neither bh nor by; name OUT first")
    return text


def _margin(text: str) -> float:
    return _above_0(text, "a difference above 0 in the unit of the metric")


def _threshold(text: str) -> float:
    return _above_0(text, "a value of t above 0; name OUT first")


def _above_0(text: str, wanted: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0):
        raise argparse.ArgumentTypeError(f"'{text}' is not {wanted}")
    return value


def _check_words(args: argparse.Namespace) -> None:
    if args.equivalent is not None and len(args.metric) != 1:
        raise ConfigError(
            "a margin has the unit of one metric",
            where="--equivalent",
            expected="one --metric",
            got=", ".join(args.metric) or "none",
        )
    if args.edges is not None and args.metric:
        raise ConfigError(
            "edges are compared whatever the metric",
            where="--edges",
            expected="no --metric",
            got=", ".join(args.metric),
        )


def _check_table(path: Path, out: Path) -> None:
    """Refuse a table that could not be written, or would stand in the sealed folder of the run."""
    if path.suffix.lower() != ".tsv":
        raise ConfigError("not the name of a table", where=str(path), expected="NAME.tsv")
    if path.resolve().is_relative_to(out.resolve()):
        raise ConfigError(
            "the folder of a run is sealed",
            where=str(path),
            expected="a file in another folder",
            hint="'netmod verify' would find it not listed",
        )
    if path.is_dir():
        raise ConfigError("a folder", where=str(path), expected="a file", hint="name a file in it")
    check_writable(path.parent)


def _time_h(text: str) -> float:
    from netmod.units import parse_time_h

    try:
        return parse_time_h(text)
    except ConfigError as error:
        raise ConfigError(
            error.what, where="--time", expected=error.expected, got=error.got, hint=error.hint
        ) from None
