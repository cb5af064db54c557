"""A small made-up atlas: other N, other names, no symmetry between the hemispheres."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from netmod.atlas import write_atlas

REGION = ("lh_front", "lh_back", "rh_front", "rh_back", "lh_deep", "rh_deep", "stem")


def small_content(seed: int = 7) -> dict:
    rng = np.random.default_rng(seed)
    n = len(REGION)
    weights = rng.uniform(0.1, 2.0, (n, n))
    weights = np.triu(weights, 1) + np.triu(weights, 1).T
    lengths = rng.uniform(10.0, 150.0, (n, n))
    lengths = np.triu(lengths, 1) + np.triu(lengths, 1).T
    return {
        "region": REGION,
        "hemisphere": ("L", "L", "R", "R", "L", "R", "B"),
        "network": (
            "Default",
            "Visual",
            "Default",
            "Visual",
            "Subcortex",
            "Subcortex",
            "Ascending",
        ),
        "kind": ("cortex",) * 4 + ("subcortex",) * 3,
        "centroids_mm": np.array(
            [
                [-30, 40, 20],
                [-20, -80, 5],
                [32, 41, 18],
                [22, -79, 6],
                [-12, -18, 7],
                [12, -17, 7],
                [0, -30, -33],
            ],
            dtype=float,
        ),
        "weights": weights,
        "lengths_mm": lengths,
        "fc": np.corrcoef(rng.standard_normal((n, 40))),
        "maps": {"GENE": np.array([0.1, 0.2, 0.3, 0.4, np.nan, np.nan, 1.5])},
        "targets": {"front": ["lh_front", "rh_front"], "stem_target": ["stem"]},
        "description": {
            "name": "small",
            "licence": "CC0-1.0",
            "weights": {"directed": False, "unit": "1"},
        },
    }


@pytest.fixture
def content() -> dict:
    return small_content()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a sound atlas with checksums."""
    return write_atlas(tmp_path / "small", **small_content())


@pytest.fixture
def user_folder(tmp_path: Path) -> Path:
    """Return a sound atlas without checksums, as a user would have one."""
    return write_atlas(tmp_path / "user", **small_content(), checksums=False)
