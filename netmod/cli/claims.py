"""``netmod claims``: the ledger of what the simulator must show."""

from __future__ import annotations

import argparse
import functools
from pathlib import Path
from typing import Any

from netmod.cli.output import print_written
from netmod.cli.paths import check_writable
from netmod.cli.words import add_command, positive


def add_commands(commands: Any) -> None:
    """Add the command to the parser's commands."""
    claims = functools.partial(add_command, commands)(
        "claims", run, "compute the ledger of claims: effect, control and verdict of every row"
    )
    claims.add_argument("ids", nargs="*", metavar="ID", help="only these rows, e.g. R11 P5")
    claims.add_argument(
        "-o", "--out", type=Path, default=Path("out/claims"), metavar="OUT",
        help="folder of the ledger (default out/claims); arms computed there are kept",
    )  # fmt: skip
    claims.add_argument("--engine", choices=["sde", "linear"], help="instead of the study's")
    claims.add_argument(
        "--subjects", type=positive, metavar="N", help="virtual subjects (default 16)"
    )
    claims.add_argument(
        "--robust", nargs="*", metavar="ID",
        help="repeat the verdict of these rows with every chosen constant halved and doubled; "
        "rows of the calcium rule when none is named (others take hours, and can be resumed)",
    )  # fmt: skip
    claims.add_argument(
        "--changes", type=positive, metavar="N",
        help="with --robust: only N of a study's changes, a fair sample",
    )  # fmt: skip
    claims.add_argument(
        "--no-second-mass", action="store_true",
        help="do not judge the network again in a second neural mass",
    )  # fmt: skip
    claims.add_argument("--jobs", type=positive, metavar="N", help="processes (default: chosen)")


def run(args: argparse.Namespace) -> int:
    """Compute rows, write and draw the ledger; the exit code does not depend on verdicts."""
    check_writable(args.out)
    from netmod.claims.run import run_claims

    code = run_claims(
        args.ids, args.out, args.engine, args.subjects, robust=args.robust,
        changes=args.changes, second_mass=not args.no_second_mass, jobs=args.jobs,
    )  # fmt: skip
    from netmod.figures.claims_page import draw_claims

    print_written(draw_claims(args.out))
    return code
