"""``python -m benchmarks SUITE``: run suites, print their tables, write their JSON."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from benchmarks.peers.environments import CHOSEN
from benchmarks.runner import APART, SUITES, SuiteError, run_case, run_suite
from netmod.errors import NetmodError


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("suite", nargs="+", choices=[*SUITES, *APART, "all"])
    parser.add_argument("--device", choices=["cpu", "gpu"], default="cpu")
    parser.add_argument(
        "--jobs", type=_positive, metavar="N", help="CPU devices; all cores when left out"
    )
    parser.add_argument(
        "--repeats", type=_positive, metavar="N", help="timed calls after the first; default 5"
    )
    parser.add_argument("--quick", action="store_true", help="one repeat of the smallest case")
    parser.add_argument(
        "--only", action="append", default=[], metavar="TEXT",
        help="only cases whose words hold this, such as lanes=32; may be repeated",
    )  # fmt: skip
    parser.add_argument("-o", "--out", type=Path, default=Path("out/benchmarks"), metavar="FOLDER")
    parser.add_argument("--figures", type=Path, default=Path("docs/figures"), metavar="FOLDER")
    parser.add_argument(
        "--environments", type=Path, metavar="FOLDER",
        help="where `peers` keeps the peers' environments; the user's cache when left out",
    )  # fmt: skip
    parser.add_argument("--case", help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    options.repeats = options.repeats or (1 if options.quick else 5)
    if options.environments:
        os.environ[CHOSEN] = str(options.environments)
    # a program from the cache would make compiling look free; what the user has set stands
    os.environ.setdefault("JAX_ENABLE_COMPILATION_CACHE", "false")
    try:
        if options.case:
            answer = run_case(options.suite[0], json.loads(options.case), options)
            options.out.write_text(json.dumps(answer))
            return 0
        for name in SUITES if "all" in options.suite else dict.fromkeys(options.suite):
            run_suite(name, options)
    except NetmodError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 2
    except SuiteError as error:
        return error.code
    return 0


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("expected a whole number of at least 1")
    return value


if __name__ == "__main__":
    raise SystemExit(main())
