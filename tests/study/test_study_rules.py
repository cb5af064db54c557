"""The rules at the head of the science notes, on the shipped atlas with the linear engine."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from netmod.atlas import load_atlas
from netmod.graph import NetworkMasks, signature_row
from netmod.scenario import load_scenario
from netmod.study import prepare as room
from netmod.study.engines import run_cells
from netmod.study.prepare import prepare

SUBJECTS = 4
ARMS = """
  healthy: {}
  mdd: {}
  sham: {}
  rtms_10hz: {}
  vertex: {treatment: rtms_10hz, modifiers: [target_vertex]}
  psilocybin: {}
  ketanserin: {treatment: psilocybin, modifiers: [ketanserin]}
"""


def scenario(folder: Path, arms: str, **lines):
    lines = {"times": "[baseline, 2 h, 6 wk]", "engine": "linear"} | lines
    text = "schema_version: 1\nname: rules\nseed: 20261\natlas: dk84\n"
    text += "".join(f"{key}: {value}\n" for key, value in lines.items())
    path = folder / "rules.yaml"
    path.write_text(text + "arms:" + arms)
    return load_scenario(path)


@dataclass
class Run:
    """Cells and their readings; times by label."""

    cohort: room.Cohort
    readings: dict
    signatures: dict

    @classmethod
    def of(cls, scenario):
        atlas = load_atlas(scenario.atlas)
        masks = NetworkMasks.from_atlas(atlas)
        cohort = prepare(scenario, atlas)
        readings = dict(run_cells(scenario, cohort.cells, lambda count: None))
        assert {reading.status for reading in readings.values()} == {"ok"}
        signatures = {
            identity: signature_row(r.fc.astype(float), r.rate_hz, masks, 3, 1)
            for identity, r in readings.items()
        }
        return cls(cohort, readings, signatures)

    def cells(self, arm, time):
        return [c for c in self.cohort.cells if (c.arm, c.time) == (arm, time)]

    def values(self, metric, arm, time):
        return np.array([self.signatures[c.identity][metric] for c in self.cells(arm, time)])

    def z(self, arm, time):
        cortex = np.flatnonzero(load_atlas("dk84").cortex)
        upper = np.triu_indices(cortex.size, 1)
        fc = [self.readings[c.identity].fc[np.ix_(cortex, cortex)] for c in self.cells(arm, time)]
        return np.arctanh(np.array([one[upper] for one in fc], dtype=float))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rules")
    return Run.of(scenario(folder, ARMS, cohort=f"{{subjects: {SUBJECTS}}}"))


def test_every_network_has_its_fixed_point(run):
    assert all(cell.converged for cell in run.cohort.cells)


@pytest.mark.parametrize("arm", ["healthy", "mdd", "sham"])
def test_the_untreated_are_stationary(run, arm):
    for first, *later in zip(*(run.cells(arm, t) for t in ("baseline", "2h", "6wk")), strict=True):
        for cell in later:
            assert cell.identity == first.identity
            assert not np.array_equal(cell.key, first.key)  # a rescan has other noise


def test_the_untreated_are_stationary_for_26_weeks(tmp_path):
    late = scenario(
        tmp_path, " [healthy, mdd]", cohort="{subjects: 2}", times="[baseline, 1 d, 12 wk, 26 wk]"
    )
    cells = prepare(late, load_atlas("dk84")).cells
    for arm in ("healthy", "mdd"):
        for subject in "12":
            same = {c.identity for c in cells if (c.arm, c.subject) == (arm, subject)}
            assert len(same) == 1


def test_sham_is_untreated_and_noise_is_shared_across_arms(run):
    for time in ("baseline", "2h", "6wk"):
        for sham, mdd in zip(run.cells("sham", time), run.cells("mdd", time), strict=True):
            assert sham.identity == mdd.identity
        keys = {(c.subject, c.key.tobytes()) for c in run.cohort.cells if c.time == time}
        assert len(keys) == SUBJECTS


def test_a_person_does_not_depend_on_the_cohort(run, tmp_path):
    fewer = scenario(tmp_path, " [rtms_10hz, mdd]", cohort="{subjects: 2}")
    again = {(c.arm, c.subject, c.time): c for c in prepare(fewer, load_atlas("dk84")).cells}
    known = {(c.arm, c.subject, c.time): c for c in run.cohort.cells}
    assert len(again) == 12
    for place, cell in again.items():
        assert cell.identity == known[place].identity


def test_the_noise_key_counts_only_where_there_is_noise(tmp_path):
    few = scenario(tmp_path, " [mdd]", cohort="{subjects: 2}", engine="sde")
    cells = prepare(few, load_atlas("dk84")).cells
    assert len({c.identity for c in cells}) == 6
    assert len({c.parameters.weights.tobytes() for c in cells}) == 2


def test_patients_differ_mildly_in_every_signature(tmp_path):
    pair = Run.of(scenario(tmp_path, " [healthy, mdd]", times="[baseline]"))
    sizes = {}
    for metric in next(iter(pair.signatures.values())):
        well, ill = (pair.values(metric, arm, "baseline") for arm in ("healthy", "mdd"))
        assert len(well) == 16
        spread = np.sqrt(0.5 * (well.var(ddof=1) + ill.var(ddof=1)))
        sizes[metric] = (ill.mean() - well.mean()) / spread
    assert max(map(abs, sizes.values())) <= 1.0, sizes
    assert sizes["sgacc_rate_hz"] > 0.2 and sizes["dlpfc_sgacc"] > 0.2


def test_a_lesion_shows_in_every_patient(run):
    for metric in ("sgacc_rate_hz", "dlpfc_sgacc"):
        ill, well = (run.values(metric, arm, "baseline") for arm in ("mdd", "healthy"))
        assert (ill > well).all(), metric


@pytest.mark.parametrize("metric", ["sgacc_rate_hz", "dlpfc_sgacc"])
def test_rtms_calms_sgacc_more_than_the_same_dose_at_vertex(run, metric):
    untreated = run.values(metric, "mdd", "6wk")
    rtms = run.values(metric, "rtms_10hz", "6wk") - untreated
    vertex = run.values(metric, "vertex", "6wk") - untreated
    assert rtms.mean() < 0
    assert (rtms < vertex).all()
    assert abs(vertex.mean()) < abs(rtms.mean())


@pytest.mark.parametrize("metric", ["modularity", "segregation"])
def test_psilocybin_loosens_networks_and_ketanserin_stops_it(run, metric):
    untreated = run.values(metric, "mdd", "2h")
    psilocybin = run.values(metric, "psilocybin", "2h") - untreated
    blocked = run.values(metric, "ketanserin", "2h") - untreated
    assert (psilocybin < 0).all()
    # what is left are the first spines, which grow through TrkB
    assert (np.abs(blocked) < 0.2 * np.abs(psilocybin)).all()


def test_ketanserin_leaves_what_lasts(run):
    for a, b in zip(run.cells("psilocybin", "6wk"), run.cells("ketanserin", "6wk"), strict=True):
        assert a.parameters.weights == pytest.approx(b.parameters.weights, rel=1e-6)


TREATED = " {mdd: {}, rtms_10hz: {}, psilocybin: {}, ect_bl: {}, ssri: {}, healthy: {}}\n"


@pytest.fixture(scope="module")
def progress(tmp_path_factory):
    """Share of the way to healthy FC by (arm, time): of patients, and with lesions reversed."""
    plan = scenario(tmp_path_factory.mktemp("mirror"), TREATED, cohort="{subjects: 8}")
    draw = room.draw_subject
    runs = [Run.of(plan)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            room,
            "draw_subject",
            lambda *words: replace(draw(*words), severity=-draw(*words).severity),
        )
        runs.append(Run.of(plan))
    found = {}
    for arm, time in CASES:
        for run in runs:
            gap = run.z("healthy", "baseline") - run.z("mdd", "baseline")
            move = run.z(arm, time) - run.z("mdd", "baseline")
            share = ((gap * move).sum(axis=1) / (gap**2).sum(axis=1)).mean()
            found.setdefault((arm, time), []).append(share)
    return found


CASES = [(a, t) for a in ("rtms_10hz", "psilocybin", "ect_bl", "ssri") for t in ("2h", "6wk")]
UNEQUAL = pytest.mark.xfail(strict=True, reason="+0.47 of patients against -0.29 reversed")


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_no_operator_seeks_the_healthy_state(progress, case):
    """With every lesion reversed, what led towards healthy leads away, and the reverse."""
    patients, mirrored = progress[case]
    assert patients * mirrored < 0


@pytest.mark.slow
@pytest.mark.parametrize(
    "case",
    [pytest.param(c, marks=UNEQUAL) if c == ("psilocybin", "6wk") else c for c in CASES],
)
def test_reversed_lesions_reverse_the_size_too(progress, case):
    patients, mirrored = progress[case]
    assert patients == pytest.approx(-mirrored, rel=0.6)


@pytest.mark.slow
def test_a_scan_in_between_changes_no_other(tmp_path):
    """The slow layer and J follow grids of their own: a scan looks aside."""
    few = scenario(tmp_path, " [mdd, psilocybin, ssri, rtms_10hz]", cohort="{subjects: 2}")
    alone = scenario(
        tmp_path, " [mdd, psilocybin, ssri, rtms_10hz]", cohort="{subjects: 2}",
        times="[baseline, 6 wk]",
    )  # fmt: skip
    watched, blind = Run.of(few), Run.of(alone)
    for arm in ("psilocybin", "ssri", "rtms_10hz"):
        assert np.abs(watched.z(arm, "6wk") - blind.z(arm, "6wk")).max() < 1e-9
