"""A finished run without simulation: made-up scans, read out and compared as every run is."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np

from netmod.atlas import load_atlas
from netmod.scenario import load_scenario
from netmod.study import seal_study
from netmod.study.group import write_group
from netmod.study.store import frame_text, matrix_text

ARMS = ("healthy", "mdd", "sham", "psilocybin")
PLANTED = (1, 5, 6)
"""Regions whose connections psilocybin raises."""


class MadeStore:
    """What the study reads scans from: a matrix for each cell."""

    def __init__(self, folder: Path, scans: dict) -> None:
        self.folder, self._scans = folder, scans

    def label(self, subject: str) -> str:
        return subject.zfill(2)

    def read(self, cell):
        return self._scans[cell.identity]


def write_run(
    folder: Path,
    atlas_folder: Path,
    arms=ARMS,
    subjects: int = 8,
    times: str = "[baseline, 2 h, 1 d]",
    failed=(),
) -> Path:
    """Write a run; ``failed`` names (arm, subject, time in h) without numbers."""
    config = folder.with_name(f"{folder.name}.yaml")
    config.write_text(
        f"schema_version: 1\nname: made\nseed: 5\natlas: {atlas_folder}\n"
        "model: {connectivity: structural}\n"
        f"cohort: {{subjects: {subjects}}}\ntimes: {times}\narms: [{', '.join(arms)}]\n"
        "readout: {louvain_runs: 2, bootstrap: 200, permutations: 200}\n"
    )
    scenario = load_scenario(config)
    atlas = load_atlas(scenario.atlas)
    cells, scans = [], {}
    for arm in arms:
        for number in range(1, subjects + 1):
            for time_h in scenario.times_h:
                name = f"{arm} {number} {time_h}"
                lost = (arm, number, time_h) in failed
                fc = scan(atlas, arm, number, time_h)
                scans[name] = (
                    np.full_like(fc, np.nan) if lost else fc,
                    np.linspace(2.0, 4.0, len(fc)) + 0.1 * number + 0.2 * (arm == "healthy"),
                    "failed" if lost else "ok",
                )
                cells.append(
                    SimpleNamespace(identity=name, arm=arm, subject=str(number), time_h=time_h)
                )
    store = MadeStore(folder, scans)
    write_group(scenario, atlas, cells, store)
    (folder / "code").mkdir()
    (folder / "code/scenario.resolved.yaml").write_text(scenario.to_yaml())
    (folder / "sub-01").mkdir()
    matrix = folder / "sub-01/sub-01_task-rest_stat-pearsoncorrelation_relmat.tsv"
    matrix.write_text(matrix_text(atlas.region, np.eye(len(atlas.region))))
    (folder / "group/slow_states.tsv").write_text(frame_text(_slow_states(arms)))
    seal_study(folder)
    return folder


def write_lone_run(folder: Path, atlas_folder: Path) -> Path:
    """Write a run in which one of two subjects has no numbers at all."""
    failed = {(arm, 2, time_h) for arm in ARMS for time_h in (0.0, 2.0, 24.0)}
    return write_run(folder, atlas_folder, subjects=2, failed=failed)


def scan(atlas, arm: str, number: int, time_h: float) -> np.ndarray:
    """FC of one scan: arms of a subject share the noise of a time."""
    person = np.random.default_rng([7, number])
    n = len(atlas.region)
    mixing = np.eye(n) + 0.25 * atlas.weights / atlas.weights.max() + person.uniform(0, 0.1, (n, n))
    series = np.random.default_rng([8, number, int(time_h)]).normal(size=(120, n)) @ mixing
    if arm == "healthy":
        series[:, 2:4] += 0.4 * series[:, 7:9]
    if arm == "psilocybin" and time_h > 0:
        strength = 0.5 + 0.3 * person.uniform()
        series[:, PLANTED] += strength * series[:, PLANTED].mean(axis=1, keepdims=True)
    fc = np.corrcoef(series.T).astype(np.float32)
    return np.maximum(fc, fc.T)


def _slow_states(arms):
    import pandas as pd

    rows = [(arm, 0.0, "bdnf", "cortex", 1.0, 0.1) for arm in arms]
    return pd.DataFrame(rows, columns=["arm", "time_h", "state", "where", "mean", "sd"])
