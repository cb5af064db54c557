"""The rules at the head of the science notes, on the shipped atlas with the linear engine."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from claims_lab import Run, alike, scenario

from netmod.atlas import load_atlas
from netmod.graph import METRICS
from netmod.study.engines import scan_of
from netmod.study.prepare import prepare

SUBJECTS = 4
SIGNATURES = [name for name, metric in METRICS.items() if metric.scope == "scan"]
ARMS = """
  healthy: {}
  mdd: {}
  sham: {}
  rtms_10hz: {}
  vertex: {treatment: rtms_10hz, modifiers: [target_vertex]}
  psilocybin: {}
  ketanserin: {treatment: psilocybin, modifiers: [ketanserin]}
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rules")
    return Run.of(scenario(folder, ARMS, cohort=f"{{subjects: {SUBJECTS}}}"))


def test_every_network_has_its_fixed_point_and_is_stable(run):
    assert all(cell.converged for cell in run.cohort.cells)
    assert all(run.stable(c.arm, c.time).all() for c in run.cohort.cells)


@pytest.mark.parametrize("arm", ["healthy", "mdd", "sham"])
def test_the_untreated_are_stationary(run, arm):
    for first, *later in zip(*(run.cells(arm, t) for t in ("baseline", "2h", "6wk")), strict=True):
        for cell in later:
            assert cell.identity == first.identity
            assert not np.array_equal(cell.key, first.key)  # a rescan has other noise


def test_the_untreated_are_stationary_for_26_weeks(tmp_path):
    """Sham goes through every real step of the slow layer; the others may stand still."""
    late = Run.of(
        scenario(
            tmp_path, " [healthy, mdd, sham]", cohort="{subjects: 2}",
            times="[baseline, 1 d, 12 wk, 26 wk]",
        )
    )  # fmt: skip
    for arm in ("healthy", "mdd", "sham"):
        for metric in SIGNATURES:
            first = late.values(metric, arm, "baseline")
            assert np.isfinite(first).all()
            for time in ("1d", "12wk", "26wk"):
                assert np.array_equal(late.values(metric, arm, time), first), (arm, metric)
        first, last = late.slow(arm, 0.0), late.slow(arm, 26 * 168.0)
        for state in dataclasses.fields(first):
            before, after = getattr(first, state.name), getattr(last, state.name)
            assert np.array_equal(before, after), (arm, state.name)
        for a, b in zip(late.cells(arm, "baseline"), late.cells(arm, "26wk"), strict=True):
            assert np.array_equal(a.parameters.values["J"], b.parameters.values["J"])


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


def test_the_law_of_the_noise_reaches_the_scan_and_the_identity(tmp_path):
    for engine, others in (("sde", 2), ("linear", 1)):
        found = set()
        for law in ("gaussian", "three_point"):
            some = scenario(
                tmp_path, " [mdd]", cohort="{subjects: 2}", engine=engine, times="[baseline]",
                solver=f"{{noise: {law}}}",
            )  # fmt: skip
            assert scan_of(some).noise == law
            found.add(prepare(some, load_atlas("dk84")).cells[0].identity)
        assert len(found) == others


def test_patients_differ_mildly_in_every_signature(tmp_path):
    pair = Run.of(scenario(tmp_path, " [healthy, mdd]", times="[baseline]"))
    sizes = {}
    for metric in SIGNATURES:
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
    # what is left is the share of the receptor that ketanserin cannot take
    assert (np.abs(blocked) < 0.2 * np.abs(psilocybin)).all()


def test_ketanserin_leaves_what_lasts(run):
    """Its doses end steps of the slow layer: spines differ by some 3e-5 for that alone."""
    for a, b, untreated in zip(
        *(run.cells(arm, "6wk") for arm in ("psilocybin", "ketanserin", "mdd")), strict=True
    ):
        changed = np.abs(a.parameters.weights - untreated.parameters.weights).max()
        assert changed > 0
        assert np.abs(a.parameters.weights - b.parameters.weights).max() < 1e-3 * changed


TREATED = " {mdd: {}, rtms_10hz: {}, psilocybin: {}, ect_bl: {}, ssri: {}, healthy: {}}\n"
CASES = [(a, t) for a in ("rtms_10hz", "psilocybin", "ect_bl", "ssri") for t in ("2h", "6wk")]
UNEQUAL = pytest.mark.xfail(
    strict=True,
    reason="+0.38 of patients against -0.23 reversed (8 subjects): the displacement is the same "
    "(cosine 0.99 and more), but it lies across the way to healthy, so that the small share of it "
    "hangs on how the way bends",
)


@pytest.fixture(scope="module")
def mirror(tmp_path_factory):
    """The same people as patients, and as patients whose lesions have the other sign.

    Severity and chronic stress are those of the patients in both.
    """
    folder = tmp_path_factory.mktemp("mirror")
    plan = scenario(folder, TREATED, cohort="{subjects: 8}")
    lesions = ("sgacc_inhibition", "dlpfc_excitability", "top_down", "dlpfc_inhibition")
    own = plan.cohort.parameters
    turned = ", ".join(f"{name}: {-own[name]}" for name in lesions)
    return Run.of(plan), Run.of(scenario(folder, TREATED, cohort=f"{{subjects: 8, {turned}}}"))


def share_of_the_way(run, arm, time):
    """Return the share of the way to healthy FC, mean over subjects."""
    gap = run.z("healthy", "baseline") - run.z("mdd", "baseline")
    return ((gap * run.moved(arm, time)).sum(axis=1) / (gap**2).sum(axis=1)).mean()


@pytest.mark.slow
@pytest.mark.parametrize(("arm", "time"), CASES)
def test_no_operator_seeks_the_healthy_state(mirror, arm, time):
    """With every lesion reversed, what led towards healthy leads away, and the reverse."""
    patients, mirrored = (share_of_the_way(run, arm, time) for run in mirror)
    assert patients * mirrored < 0


@pytest.mark.slow
@pytest.mark.parametrize(("arm", "time"), CASES)
def test_what_a_treatment_does_to_a_network_does_not_ask_for_the_lesion(mirror, arm, time):
    """An operator that sought a state would move these opposite patients in opposite ways."""
    assert (alike(*(run.moved(arm, time) for run in mirror)) > 0.9).all()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arm", "time"),
    [pytest.param(*c, marks=UNEQUAL) if c == ("psilocybin", "6wk") else c for c in CASES],
)
def test_reversed_lesions_reverse_the_size_too(mirror, arm, time):
    patients, mirrored = (share_of_the_way(run, arm, time) for run in mirror)
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
