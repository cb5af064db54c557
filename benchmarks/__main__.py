"""``python -m benchmarks SUITE``: run a suite, print its table, write its JSON."""

from __future__ import annotations

import argparse
from pathlib import Path


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("suite", choices=["simulate"])
    parser.add_argument("--device", choices=["cpu", "gpu"], default="cpu")
    parser.add_argument("--jobs", type=int, help="CPU devices; all cores when left out")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("-o", "--out", type=Path, default=Path("out/benchmarks"))
    options = parser.parse_args()

    from netmod.dynamics.devices import prepare_devices

    prepare_devices(options.device, options.jobs)
    from benchmarks.simulate import run

    run(options.device, options.repeats, options.out / f"{options.suite}_{options.device}.json")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
