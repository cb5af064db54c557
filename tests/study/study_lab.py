"""Helpers of these tests: a made-up atlas of ten regions, its scenarios, its files."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from netmod.atlas import write_atlas
from netmod.study import run_study, seal_study

ARMS = ("healthy", "mdd", "sham", "rtms_10hz", "ect_bl", "psilocybin", "ssri")
TIMES = ("baseline", "2h", "1d")
SUBJECTS = 3
REGION = ("lDL", "lSG", "lMO", "lVI", "lHI", "rDL", "rSG", "rMO", "rVI", "rHI")


def write_small_atlas(folder: Path) -> Path:
    """Five regions a side, mirrored; every target and map that the arms need."""
    rng = np.random.default_rng(11)
    n = len(REGION)
    place = np.array(
        [[-38, 35, 30], [-6, 30, -10], [-35, -20, 50], [-15, -85, 0], [-26, -20, -15]], float
    )
    centroids = np.vstack([place, place * [-1, 1, 1]])
    apart = np.linalg.norm(centroids[:, None] - centroids[None], axis=-1)
    weights = np.exp(-apart / 60.0) * rng.uniform(0.5, 1.5, (n, n))
    weights = np.triu(weights, 1) + np.triu(weights, 1).T
    network = ["Frontoparietal", "Default", "Somatomotor", "Default", "Subcortex"] * 2
    htr2a = np.array([0.9, 0.7, 0.4, 0.8, np.nan] * 2)
    return write_atlas(
        folder,
        region=REGION,
        hemisphere=["L"] * 5 + ["R"] * 5,
        network=network,
        kind=["cortex", "cortex", "cortex", "cortex", "subcortex"] * 2,
        centroids_mm=centroids,
        weights=weights,
        lengths_mm=apart,
        maps={"HTR2A": htr2a, "HTR1A": np.linspace(0.1, 1.0, n)},
        targets={
            "dlpfc_left": ["lDL"], "dlpfc_right": ["rDL"], "sgacc": ["lSG", "rSG"],
            "hippocampus": ["lHI", "rHI"], "amygdala": ["lHI"], "vertex": ["lVI", "rVI"],
            "motor_left": ["lMO"],
        },
        description={"name": "ten", "licence": "CC0-1.0",
                     "weights": {"directed": False, "unit": "1"}},
        texts={"CITATION.bib": "@misc{ten, title = {Ten made-up regions}}\n"},
    )  # fmt: skip


def config(atlas: Path, engine: str = "linear", arms=ARMS, **lines: str) -> str:
    extra = "".join(f"{key}: {value}\n" for key, value in lines.items())
    return (
        f"schema_version: 1\nname: small\nseed: 5\natlas: {atlas}\nengine: {engine}\n"
        "model: {connectivity: structural, parameters: {G: 0.8}}\n"
        f"cohort: {{subjects: {SUBJECTS}}}\nscanner: {{duration_s: 60, warmup_s: 10}}\n"
        "readout: {louvain_runs: 2, bootstrap: 100, permutations: 100}\n"
        f"times: [baseline, 2 h, 1 d]\narms: [{', '.join(arms)}]\n{extra}"
    )


def finish(scenario, out: Path) -> Path:
    assert run_study(scenario, out, jobs=1) == 0
    seal_study(out)
    return out


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file but logs, by its path."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.relative_to(folder).parts[0] != "logs"
    }


def cell_path(out: Path, arm: str, subject: int, time: str, end: str) -> Path:
    arm = arm.replace("_", "")
    label = f"sub-{subject:02d}"
    return out / label / f"{label}_task-rest_desc-{arm}_time-{time}_atlas-ten_{end}"


MATRIX = "stat-pearsoncorrelation_relmat.tsv"
SIDECAR = "stat-pearsoncorrelation_relmat.json"
SERIES = "stat-mean_timeseries.tsv"
