"""The claims of the review as whole studies: what each arm does, and the control that undoes it.

Three subjects of dk84 with the linear engine, all arms in one study; the second subject is hardly
ill (severity 0.29). A claim that does not come out is an expected failure with what was measured.
"""

from __future__ import annotations

import numpy as np
import pytest
from claims_lab import CORTEX, WEEK, Run, alike, regions, scenario

from netmod.graph.distance import HEALTHY_FEATURES, healthy_distance

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

ARMS = """
  healthy: {}
  mdd: {}
  unstressed: {modifiers: [stress_off]}
  rtms_10hz: {}
  vertex: {treatment: rtms_10hz, modifiers: [target_vertex]}
  motor: {treatment: rtms_10hz, modifiers: [target_motor]}
  rtms_ei: {treatment: rtms_10hz, modifiers: [ei_frozen]}
  rtms_late: {treatment: rtms_10hz, modifiers: [bdnf_block_late]}
  rtms_nmda: {treatment: rtms_10hz, modifiers: [nmda_block]}
  rtms_trkb: {treatment: rtms_10hz, modifiers: [trkb_block]}
  rtms_1hz: {}
  slow_nmda: {treatment: rtms_1hz, modifiers: [nmda_block]}
  itbs: {}
  ctbs: {}
  saint: {}
  itbs_6wk: {}
  psilocybin: {}
  once: {treatment: psilocybin, parameters: {doses: 1}}
  psi_trkb: {treatment: psilocybin, modifiers: [trkb_block]}
  ket_trkb: {treatment: psilocybin, modifiers: [ketanserin, trkb_block]}
  psi_locked: {treatment: psilocybin, modifiers: [pv_locked]}
  ect_bl: {}
  ect_rul: {}
  ect_vegf: {treatment: ect_bl, modifiers: [vegf_off]}
  ect_trkb: {treatment: ect_bl, modifiers: [trkb_block]}
  ect_low: {treatment: ect_bl, parameters: {charge: 0.2}}
  ssri: {}
  ssri_chain: {treatment: ssri, modifiers: [chain_off]}
  ssri_1a: {treatment: ssri, modifiers: [ht1a_block]}
  ssri_4: {treatment: ssri, modifiers: [ht4_block]}
  ssri_trkb: {treatment: ssri, modifiers: [trkb_block]}
  well_rtms_10hz: {population: healthy, treatment: rtms_10hz}
  well_psilocybin: {population: healthy, treatment: psilocybin}
  well_ect_bl: {population: healthy, treatment: ect_bl}
  well_ssri: {population: healthy, treatment: ssri}
  supportive: {treatment: psilocybin, modifiers: [environment_supportive]}
  adverse: {treatment: psilocybin, modifiers: [environment_adverse]}
  supportive_locked: {treatment: psilocybin, modifiers: [environment_supportive, pv_locked]}
  adverse_locked: {treatment: psilocybin, modifiers: [environment_adverse, pv_locked]}
  supportive_alone: {modifiers: [environment_supportive]}
  adverse_alone: {modifiers: [environment_adverse]}
  therapy_1:
    sequence:
      - {treatment: psilocybin, parameters: {doses: 1}}
      - {treatment: therapy, after: 1 d, parameters: {sessions: 5, days_a_week: 5}}
  therapy_42:
    sequence:
      - {treatment: psilocybin, parameters: {doses: 1}}
      - {treatment: therapy, after: 42 d, parameters: {sessions: 5, days_a_week: 5}}
  therapy_alone:
    sequence:
      - {treatment: therapy, start: 1 d, parameters: {sessions: 5, days_a_week: 5}}
"""
DAY = 24.0
AFTER_ECT = 24 * DAY  # a day after the last of eleven sessions
SURROUNDED = ("supportive", "adverse")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return Run.of(
        scenario(
            tmp_path_factory.mktemp("claims"), ARMS, cohort="{subjects: 3}",
            times="[baseline, 2 h, 1 d, 15 d, 6 wk, 8 wk, 12 wk]",
        )
    )  # fmt: skip


def efficacy(run, arm, target, time_h, which="efficacy"):
    """Return the mean change of a target's outgoing synapses, shape (subject,)."""
    value = getattr(run.slow(arm, time_h), which)
    return (value.sum(axis=0) if value.ndim == 3 else value)[:, regions(target)].mean(axis=1)


def opened(run, arm, time_h):
    """Return how far the PV brake is open, shape (subject, region)."""
    return 1.0 - run.slow(arm, time_h).brake


def growth(run, arm, time_h, where):
    """Return the growth of volume in % of the subject's own before treatment."""
    before, after = (run.slow(arm, t).volume[:, where] for t in (0.0, time_h))
    return 100.0 * ((after - before) / (1.0 + before)).mean(axis=1)


def grown_cells(run, arm, time_h):
    """Return what a treatment added to the last stage of the chain, shape (subject,)."""
    return (run.slow(arm, time_h).neurogenesis - run.slow(arm, 0.0).neurogenesis)[:, -1]


def taught(run, arm, time, untaught):
    """Return the relative change of edges onto inhibition, which drugs alone leave as they are."""
    own, reference = (run.weights(name, time)[:, 1] for name in (arm, untaught))
    ratio = np.divide(own, reference, out=np.ones_like(own), where=reference > 0)
    return np.sqrt(((ratio - 1.0) ** 2).mean(axis=(1, 2)))


def far(run, arm, time):
    """Return each subject's distance to the healthy arm; missing where unstable."""
    names = ("healthy", arm)
    rows = {
        "arm": np.repeat(names, 3),
        "subject": np.tile(np.arange(3), 2),
        "time_h": np.repeat([0.0, 1.0], 3),
    }
    for feature in HEALTHY_FEATURES:
        own = run.values(feature, "healthy", "baseline"), run.values(feature, arm, time)
        rows[feature] = np.concatenate(own)
    return healthy_distance(rows)[3:]


# the patient, and what holds for every arm


def test_m3_the_hippocampus_is_small_and_recovers_without_stress(run):
    where = regions("hippocampus")
    first = run.slow("mdd", 0.0).volume[:, where]
    assert (first < 0).all()
    assert np.array_equal(run.slow("mdd", 12 * WEEK).volume[:, where], first)
    assert (run.slow("healthy", 12 * WEEK).volume == 0).all()
    course = [run.slow("unstressed", t * WEEK).volume[:, where] for t in (0, 3, 6, 12)]
    assert (np.diff(course, axis=0) > 0).all() and (course[-1] < 0).all()


def test_weights_stay_positive_and_only_what_should_changes_their_sum(run):
    before = run.weights("mdd", "baseline")
    for cell in run.cohort.cells:
        assert (cell.parameters.weights >= 0).all()
    for arm in ("psilocybin", "ect_bl", "ssri"):  # spines and remodelling scale synapses
        for time in ("2h", "6wk"):
            after = run.weights(arm, time)
            np.testing.assert_allclose(after.sum(axis=3), before.sum(axis=3), rtol=1e-9)
        assert np.abs(after[:, 0] - before[:, 0]).max() > 1e-3


@pytest.mark.parametrize("time", ["2h", "6wk"])
@pytest.mark.parametrize("arm", ["rtms_10hz", "psilocybin", "ect_bl", "ssri"])
def test_an_operator_does_to_the_healthy_what_it_does_to_patients(run, arm, time):
    """An operator that sought the healthy state would leave them alone."""
    # what an SSRI does to patients by way of their stress it cannot do to the unstressed
    patients = "ssri_chain" if arm == "ssri" else arm
    well = run.moved(f"well_{arm}", time, "healthy")
    ill = run.moved(patients, time)
    assert (alike(well, ill) > 0.9).all()
    assert (np.linalg.norm(well, axis=1) > 0.5 * np.linalg.norm(ill, axis=1)).all()


# rTMS


def test_r1_high_frequency_potentiates_and_low_depresses_through_nmda(run):
    assert (efficacy(run, "rtms_10hz", "dlpfc_left", 1.0) > 0).all()
    assert (efficacy(run, "rtms_1hz", "dlpfc_right", 1.0) < 0).all()
    for arm in ("rtms_nmda", "slow_nmda"):
        assert (run.slow(arm, 1.0).efficacy == 0).all()


def test_r17_intermittent_bursts_potentiate_and_continuous_ones_depress(run):
    assert (efficacy(run, "itbs", "dlpfc_left", 1.0) > 0).all()
    assert (efficacy(run, "ctbs", "dlpfc_right", 1.0) < 0).all()


def test_r4_bdnf_carries_maintenance_not_induction(run):
    early, blocked = (
        efficacy(run, arm, "dlpfc_left", 1.0, "early") for arm in ("rtms_10hz", "rtms_late")
    )
    assert np.array_equal(early, blocked) and (early > 0).all()
    assert (efficacy(run, "rtms_10hz", "dlpfc_left", WEEK, "late") > 0).all()
    assert (run.slow("rtms_late", WEEK).late == 0).all()


def test_r11_rtms_weakens_dlpfc_with_sgacc_by_way_of_inhibition(run):
    raw = {arm: run.change("dlpfc_sgacc", arm, "6wk").mean()
           for arm in ("rtms_10hz", "vertex", "motor", "rtms_ei")}  # fmt: skip
    assert raw.pop("rtms_10hz") < 0
    assert min(raw.values()) >= 0, raw
    rtms = run.change("dlpfc_sgacc_gsr", "rtms_10hz", "6wk")
    assert (rtms < 0).all()
    for arm in ("vertex", "motor"):
        assert (np.abs(run.change("dlpfc_sgacc_gsr", arm, "6wk")) < 0.15 * np.abs(rtms)).all()
    assert abs(run.change("dlpfc_sgacc_gsr", "rtms_ei", "6wk").mean()) < 0.15 * abs(rtms.mean())


def test_r12_rtms_calms_sgacc_by_way_of_inhibition(run):
    rtms = run.change("sgacc_rate_hz", "rtms_10hz", "6wk")
    assert (rtms < 0).all()
    for arm in ("vertex", "motor"):
        assert (np.abs(run.change("sgacc_rate_hz", arm, "6wk")) < 0.15 * np.abs(rtms)).all()
    assert (run.change("sgacc_rate_hz", "rtms_ei", "6wk") >= 0).all()


def test_r15_r16_five_days_and_six_weeks_calm_sgacc_alike_in_sign(run):
    day_5 = [efficacy(run, arm, "dlpfc_left", 120.0, "late") for arm in ("saint", "itbs_6wk")]
    assert (day_5[0] > 2.0 * day_5[1]).all()
    for arm in ("saint", "itbs_6wk"):
        assert (efficacy(run, arm, "dlpfc_left", 6 * WEEK, "late") > 0).all()
        assert (run.change("sgacc_rate_hz", arm, "6wk") < 0).all()


# ECT


def test_e2_the_hippocampus_grows_as_published(run):
    """Right 3.0 % is what the constants were calibrated on; left, 3.3 %, is judged."""
    for side in "LR":
        found = growth(run, "ect_bl", AFTER_ECT, regions("hippocampus", side))
        assert 2.2 < found.mean() < 4.4
    assert (growth(run, "ect_bl", AFTER_ECT, regions("amygdala")) > 1.0).all()


@pytest.mark.xfail(
    strict=True,
    reason="the seizure generalises to both sides alike: the left grows by 0.99 of what it grows "
    "bilaterally, published about half (Oltedal et al. 2018)",
)
def test_e2_unilateral_shocks_grow_the_left_hippocampus_less(run):
    left = regions("hippocampus", "L")
    unilateral, bilateral = (growth(run, arm, AFTER_ECT, left) for arm in ("ect_rul", "ect_bl"))
    assert unilateral.mean() < 0.75 * bilateral.mean()


def test_e4_vegf_carries_volume_and_leaves_bdnf(run):
    with_vegf, without = (run.slow(arm, AFTER_ECT) for arm in ("ect_bl", "ect_vegf"))
    where = regions("hippocampus")
    assert (without.volume[:, where] < with_vegf.volume[:, where]).all()
    assert np.array_equal(without.bdnf, with_vegf.bdnf)
    assert (run.slow("rtms_10hz", AFTER_ECT).vegf == 0).all()


def test_e6_without_a_seizure_the_current_changes_nothing(run):
    assert all((shock.duration_s == 0).all() for shock in run.cohort.courses.seizures["ect_low"])
    assert all((shock.duration_s > 0).all() for shock in run.cohort.courses.seizures["ect_bl"])
    for time in ("2h", "1d", "6wk", "12wk"):
        for low, mdd in zip(run.cells("ect_low", time), run.cells("mdd", time), strict=True):
            assert low.identity == mdd.identity


# psychedelics


@pytest.mark.parametrize("metric", ["modularity", "segregation", "dmn_within_gsr"])
def test_p1_ketanserin_takes_the_acute_effect(run, metric):
    """More than nine tenths; spines come by TrkB, which ketanserin leaves: blocked in both."""
    acute, blocked = (run.change(metric, arm, "2h") for arm in ("psi_trkb", "ket_trkb"))
    assert (acute < 0).all()
    assert np.abs(blocked).mean() < 0.1 * np.abs(acute).mean()


@pytest.mark.parametrize("metric", ["modularity", "segregation"])
def test_p5_the_change_on_the_next_day_needs_trkb(run, metric):
    open_, blocked = (run.change(metric, arm, "1d") for arm in ("psilocybin", "psi_trkb"))
    assert (open_ < 0).all()
    assert (np.abs(blocked) < 0.1 * np.abs(open_)).all()


def test_p8_a_window_opens_within_a_day_and_closes_over_weeks(run):
    course = [opened(run, "once", t) for t in (0.0, DAY, WEEK, 2 * WEEK, 3 * WEEK, 6 * WEEK)]
    assert (course[0] == 0).all() and (course[1] > 0.5).all()
    assert (np.diff(course[1:], axis=0) < 0).all() and (course[-1] < 0.1).all()
    for time_h in (DAY, WEEK, 6 * WEEK):
        assert (opened(run, "psi_locked", time_h) == 0).all()


# SSRI


def test_s1_the_chain_needs_weeks_and_stress_falls_by_it(run):
    last = grown_cells(run, "ssri", 12 * WEEK)
    assert (grown_cells(run, "ssri", WEEK) < 0.1 * last).all()
    assert (grown_cells(run, "ssri", 3 * WEEK) < 0.5 * last).all()
    assert (grown_cells(run, "ssri", 6 * WEEK) > 0.5 * last).all()
    assert (run.slow("ssri", 12 * WEEK).stress < 0.6 * run.slow("mdd", 0.0).stress).all()
    assert (grown_cells(run, "ssri_chain", 12 * WEEK) == 0).all()
    assert np.array_equal(run.slow("ssri_chain", 12 * WEEK).stress, run.slow("mdd", 0.0).stress)


def test_s1_what_the_chain_adds_leads_towards_healthy(run):
    gap = run.z("healthy", "baseline") - run.z("mdd", "baseline")
    added = run.z("ssri", "12wk") - run.z("ssri_chain", "12wk")
    assert (gap * added).sum() > 0


def test_s2_either_receptor_carries_its_part_of_the_chain(run):
    for time_h in (3 * WEEK, 12 * WEEK):
        whole = grown_cells(run, "ssri", time_h)
        for arm in ("ssri_1a", "ssri_4"):
            part = grown_cells(run, arm, time_h)
            assert (part < 0.8 * whole).all() and (part > 0).all()


def test_s3_the_hippocampus_opens_further_than_cortex_by_the_chain(run):
    where = regions("hippocampus")
    whole, without = (opened(run, arm, 12 * WEEK) for arm in ("ssri", "ssri_chain"))
    assert (whole[:, where].mean(axis=1) > 1.05 * whole[:, CORTEX].mean(axis=1)).all()
    np.testing.assert_allclose(
        without[:, where].mean(axis=1), without[:, CORTEX].mean(axis=1), rtol=0.01
    )
    maturity = [run.slow("ssri", t * WEEK).maturity for t in (0, 1, 3, 12)]
    assert (np.diff(maturity, axis=0) < 0).all()


# across arms


def test_x4_the_brake_opens_locally_widely_or_gently(run):
    site = regions("dlpfc_left")
    rtms, wide = opened(run, "rtms_10hz", 3 * WEEK), opened(run, "psilocybin", 2 * DAY)
    assert (rtms[:, site].max(axis=1) > 0.3).all()
    assert ((rtms > 0.2).mean(axis=1) < 0.1).all()
    assert (wide > 0.5).all()
    ssri = [opened(run, "ssri", t) for t in (DAY, WEEK, 3 * WEEK, 6 * WEEK, 12 * WEEK)]
    assert (np.diff(ssri, axis=0) > 0).all()  # it opens slowly, and while it is taken
    assert (ssri[0] < 0.1).all() and (ssri[-1] < wide).all()
    assert (opened(run, "psilocybin", 12 * WEEK) < ssri[-1]).all()
    for arm in ("rtms_trkb", "psi_trkb", "ect_trkb", "ssri_trkb"):
        assert (opened(run, arm, 3 * WEEK) == 0).all()


def test_x5_surroundings_decide_what_is_learned_and_the_brake_how_much(run):
    """Day 15; the sum of a region's inputs stays, which of them grow is learned."""
    for arm in SURROUNDED:
        own, untaught = (run.weights(name, "15d").sum(axis=3) for name in (arm, "psilocybin"))
        np.testing.assert_allclose(own, untaught, rtol=1e-12)
        window, locked = (taught(run, name, "15d", "mdd") for name in (arm, f"{arm}_locked"))
        assert (locked < window / 2.5).all()
    supportive, adverse = (run.change("sgacc_rate_hz", arm, "15d") for arm in SURROUNDED)
    assert adverse.mean() > 0 and adverse.mean() > supportive.mean()
    assert (taught(run, "psilocybin", "15d", "mdd") < 1e-12).all()  # neutral: nothing to learn


@pytest.mark.parametrize("arms", ["{}", "{}_locked", "{}_alone"])
def test_x5_adverse_surroundings_are_worse_than_supportive_ones(run, arms):
    """In the mean of the cohort; the mildest patient comes nearer to healthy in adverse ones."""
    supportive, adverse = (far(run, arms.format(name), "12wk") for name in SURROUNDED)
    assert adverse.mean() > supportive.mean() + 0.05
    worse, better = (run.change("sgacc_rate_hz", arms.format(n), "12wk")
                     for n in reversed(SURROUNDED))  # fmt: skip
    assert worse.mean() > better.mean()


def test_x5_the_drug_makes_adverse_surroundings_worse(run):
    adverse, locked = (far(run, arm, "6wk") for arm in ("adverse", "adverse_locked"))
    assert adverse.mean() > locked.mean()


def test_x5_what_is_learned_leaves_every_network_stable(run):
    assert all(run.stable(arm, "12wk").all() for arm in SURROUNDED)


@pytest.mark.xfail(strict=True, reason="mean distance 0.945 SD after psilocybin with supportive "
                   "surroundings, 0.926 with neutral ones")  # fmt: skip
def test_x5_supportive_surroundings_help_more_than_neutral_ones(run):
    supportive, neutral = (far(run, arm, "12wk") for arm in ("supportive", "psilocybin"))
    assert supportive.mean() < neutral.mean()


def test_x6_therapy_teaches_more_inside_the_window(run):
    """Both are read two weeks after the first session; weeks later the window is shut."""
    inside = taught(run, "therapy_1", "15d", "once")
    outside = taught(run, "therapy_42", "8wk", "once")
    no_drug = taught(run, "therapy_alone", "15d", "mdd")
    assert (inside > 3.0 * outside).all()
    assert (inside > 3.0 * no_drug).all()
    assert (no_drug > 0).all() and (outside > 0).all()
