"""Evidence made up by hand, and a small atlas for evidence that is really computed."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from netmod.claims.evidence import Course, Evidence, Scans
from netmod.errors import DataError

HERE = Path(__file__).parent


class MadeUp(Evidence):
    """Evidence of two subjects on six regions (four of cortex) whose arrays a test sets."""

    def __init__(self) -> None:
        self.atlas = SimpleNamespace(
            name="six",
            cortex=np.array([True, True, True, True, False, False]),
            hemisphere=["L", "R", "L", "R", "L", "R"],
            region=tuple("abcdef"),
            targets={"dlpfc_left": (0,), "hippocampus": (4, 5)},
            centroids_mm=np.array([[10.0 * k, 0.0, 0.0] for k in range(6)]),
        )
        self.courses: dict[str, Course] = {}
        self.readings: dict[tuple[str, float], Scans] = {}
        self.given: dict[str, list[float]] = {}
        self.memo = {}

    def course(self, arm):
        if arm not in self.courses:
            raise DataError(f"no course of {arm}")
        return self.courses[arm]

    def scans(self, arm, time_h):
        if (arm, time_h) not in self.readings:
            raise DataError(f"no scan of {arm} at {time_h}")
        return self.readings[arm, time_h]

    def events(self, arm):
        return self.given[arm]

    def add_course(self, arm, times_h, trace_h=(0.0,), personal=None, seizures=None, **states):
        """Add slow states by name, shape (time, subject, region)."""
        arrays = {name: np.asarray(value, float) for name, value in states.items()}
        self.courses[arm] = Course(
            np.asarray(times_h, float), arrays, np.asarray(trace_h, float), personal or {},
            seizures or {},
        )  # fmt: skip

    def add_scans(
        self,
        arm,
        time_h,
        fc=None,
        weights=None,
        growth=None,
        rates=None,
        ok=(True, True),
        **metrics,
    ):
        """Add the scans of two subjects; FC is a unit matrix unless given."""
        fc = np.stack([np.eye(6)] * 2) if fc is None else np.asarray(fc, float)
        weights = np.ones((2, 2, 6, 6)) if weights is None else np.asarray(weights, float)
        values = {name: np.asarray(value, float) for name, value in metrics.items()}
        self.readings[arm, time_h] = Scans(
            np.asarray(ok), fc.astype(np.float32), values, weights.astype(np.float32),
            np.ones((2, 6)), np.ones((2, 6)), np.ones((2, 6)) if rates is None else rates,
            np.zeros(2) if growth is None else np.asarray(growth, float), np.zeros(2),
        )  # fmt: skip


@pytest.fixture
def made_up():
    return MadeUp()


@pytest.fixture(scope="session")
def small_atlas(tmp_path_factory):
    """The atlas of ten regions of the tests of studies."""
    spec = importlib.util.spec_from_file_location(
        "claims_study_lab", HERE.parent / "study" / "study_lab.py"
    )
    sys.modules["claims_study_lab"] = lab = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(lab)
    return lab.write_small_atlas(tmp_path_factory.mktemp("atlas") / "ten")


@pytest.fixture
def rows_folder(tmp_path, small_atlas):
    """A folder with a study of three people on the small atlas, and no row yet."""
    folder = tmp_path / "rows"
    folder.mkdir()
    (folder / "study.yaml").write_text(
        f"schema_version: 1\nname: small\nseed: 5\natlas: {small_atlas}\nengine: linear\n"
        "model: {connectivity: structural, parameters: {G: 0.8}}\ncohort: {subjects: 3}\n"
        "readout: {louvain_runs: 2}\ntimes: [baseline, 2 h, 1 d]\narms: [mdd]\n"
    )
    return folder
