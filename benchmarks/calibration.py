"""How often the tests of ``netmod.compare`` are wrong: false alarms, and coverage of intervals.

    python benchmarks/calibration.py [--studies N]

Every study is made up, so that the truth is known. Differences are normal, or skewed (gamma of
shape 2, centred); for the sign flip, which takes a symmetric distribution for granted when there
is no effect, the second shows what a violation costs. The Monte Carlo error of a share of N
studies is about 0.005 at N = 2000.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from netmod.compare.paired import bootstrap_interval
from netmod.compare.permutation import group_shuffle, sign_flip

SIZES = (8, 16, 32, 64)
FAMILY = 12  # rows of a family; any two correlate by 0.5, as readouts of one scan do
ALPHA = 0.05

Draw = Callable[[np.random.Generator, tuple[int, ...]], NDArray[np.float64]]
DRAWS: dict[str, Draw] = {
    "normal": lambda rng, shape: rng.standard_normal(shape),
    "skewed": lambda rng, shape: (rng.gamma(2.0, 1.0, shape) - 2.0) / np.sqrt(2.0),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--studies", type=int, default=2000)
    studies = parser.parse_args().studies
    columns = ("subjects", "sign flip", "its family", "group shuffle", "BCa coverage", "t coverage")
    for name, draw in DRAWS.items():
        print(f"\n{name}, {studies} studies\n")
        print("| " + " | ".join(columns) + " |")
        print("|" + " --- |" * len(columns))
        for size in SIZES:
            shares = (
                sign_flip_alarms(draw, size, studies),
                family_alarms(draw, size, studies),
                shuffle_alarms(draw, size, studies),
                *coverage(draw, size, studies),
            )
            print(
                f"| {size} | " + " | ".join(f"{share:.3f}" for share in shares) + " |", flush=True
            )
    return 0


def sign_flip_alarms(draw: Draw, size: int, studies: int) -> float:
    """Return the share of null studies with p at most 5 %; each study is a row by itself."""
    p, _ = sign_flip(draw(np.random.default_rng(1), (studies, size)), 2000)
    return float(np.mean(p <= ALPHA))


def family_alarms(draw: Draw, size: int, studies: int) -> float:
    """Return the share of null studies with any corrected p at most 5 %."""
    rng, alarms = np.random.default_rng(2), 0
    for _ in range(studies):
        rows = (draw(rng, (1, size)) + draw(rng, (FAMILY, size))) / np.sqrt(2.0)
        alarms += np.min(sign_flip(rows, 1000)[1]) <= ALPHA
    return alarms / studies


def shuffle_alarms(draw: Draw, size: int, studies: int) -> float:
    """Return the share of null studies of two groups, of half the subjects each, below 5 %."""
    rng = np.random.default_rng(3)
    p, _ = group_shuffle(draw(rng, (studies, size // 2)), draw(rng, (studies, size // 2)), 2000)
    return float(np.mean(p <= ALPHA))


def coverage(draw: Draw, size: int, studies: int) -> tuple[float, float]:
    """Return how often the 95 % BCa interval holds the true mean 0, and how often that of t."""
    from scipy.stats import t

    samples = draw(np.random.default_rng(4), (studies, size))
    ends = np.array([bootstrap_interval([sample]) for sample in samples])
    half = t.ppf(1 - ALPHA / 2, size - 1) * samples.std(axis=1, ddof=1) / np.sqrt(size)
    inside = (ends[:, 0] <= 0.0) & (ends[:, 1] >= 0.0)
    return float(inside.mean()), float(np.mean(np.abs(samples.mean(axis=1)) <= half))


if __name__ == "__main__":
    raise SystemExit(main())
