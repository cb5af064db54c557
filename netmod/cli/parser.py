"""The words of the command line: commands, arguments, options."""

from __future__ import annotations

import argparse
import functools
from pathlib import Path

from netmod import __version__
from netmod.cli import atlas, claims, compare, listings, studies
from netmod.cli.words import EPILOG, Parser, add_command, positive, seed


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    parser = Parser(
        prog="netmod",
        description="Simulate how treatments of depression change a whole-brain network model.",
        epilog=EPILOG,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"netmod {__version__}")
    parser.add_argument("--debug", action="store_true", help="show tracebacks")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=Parser)
    command = functools.partial(add_command, commands)
    run = command(
        "run", studies.run, "simulate every arm and print the comparison; resumes by itself"
    )
    _config_arguments(run)
    run.add_argument("-o", "--out", metavar="OUT", help="output folder (default out/NAME)")
    run.add_argument("--engine", choices=["sde", "linear"], help="instead of the file's")
    run.add_argument(
        "--device", choices=["auto", "cpu", "gpu"], default="auto", help="auto: a GPU if there is"
    )
    run.add_argument("--jobs", type=positive, metavar="N", help="processes (default: chosen)")
    run.add_argument("--fresh", action="store_true", help="discard what an earlier run left")
    _config_arguments(command("validate", studies.validate, "check a scenario without running it"))
    plan = command(
        "plan", studies.plan, "show arms, schedule, cells, memory and time without running"
    )
    _config_arguments(plan)
    plan.add_argument(
        "--figure", type=Path, metavar="PATH.png", help="draw the schedule as a timeline, too"
    )
    search = command(
        "search", studies.search, "best plan for each subject, judged on held-out scans"
    )
    _config_arguments(search)
    search.add_argument("-o", "--out", metavar="OUT", help="folder (default out/NAME_search)")
    search.add_argument("--engine", choices=["sde", "linear"], help="instead of the file's")
    search.add_argument(
        "--judge", choices=["sde", "linear"], help="engine of the held-out scans (default: same)"
    )
    search.add_argument("--budget", type=positive, metavar="N", help="most plans (default 256)")
    search.add_argument("--seed", type=seed, metavar="N", help="of search and held-out noise")
    search.add_argument("--jobs", type=positive, metavar="N", help="processes (default: chosen)")
    compare.add_commands(commands)
    _out_argument(command("figures", studies.draw_figures, "draw the pictures of a finished run"))
    _out_argument(command("report", studies.write_report, "write a finished run as one HTML page"))
    for name, call in (
        ("models", listings.models),
        ("treatments", listings.treatments),
        ("metrics", listings.metrics),
    ):
        listing = command(name, call, f"{name} with parameters, units, ranges and sources")
        listing.add_argument("names", nargs="*", metavar="NAME", help="only these")
    claims.add_commands(commands)
    atlas.add_commands(commands)
    command("schema", listings.schema, "print the JSON Schema of a scenario file")
    init = command("init", studies.init, "write a commented scenario to start from")
    init.add_argument("name", nargs="?", default="scenario", metavar="NAME")
    _out_argument(command("verify", studies.verify, "check stored files against their checksums"))
    _out_argument(command("cite", studies.cite, "print BibTeX of what a run used"))
    return parser


def _config_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("config", metavar="CONFIG", help="scenario file (YAML)")
    parser.add_argument(
        "--set",
        nargs="+",
        action="extend",
        default=[],
        metavar="KEY=VALUE",
        help="replace a value, e.g. scanner.duration_s=600",
    )


def _out_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("out", type=Path, metavar="OUT", help="folder that a run has written")
