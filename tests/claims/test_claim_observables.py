"""Observables on evidence made up by hand: what each must come to, by arithmetic."""

import numpy as np
import pytest

from netmod.claims.observables import OBSERVABLES
from netmod.claims.observables.rtms import _crossing
from netmod.claims.observables.ssri import pseudo_values
from netmod.errors import DataError
from netmod.graph.distance import HEALTHY_FEATURES


def call(evidence, observable, **options):
    return OBSERVABLES[observable].function(evidence, **options)


def test_a_metric_is_that_of_the_scan_and_an_unknown_one_is_refused(made_up):
    made_up.add_scans("mdd", 0.0, gbc=[0.1, 0.2])
    assert call(made_up, "metric", name="gbc", arm="mdd", at="baseline").tolist() == [0.1, 0.2]
    with pytest.raises(DataError, match="no metric"):
        call(made_up, "metric", name="gbz", arm="mdd", at="baseline")


def test_rates_are_those_of_a_target_and_changes_are_set_against_theirs(made_up):
    before, after = np.full((2, 6), 3.0), np.full((2, 6), 3.0)
    after[:, 0] = [2.5, 2.0]
    made_up.add_scans("mdd", 0.0, rates=before, gbc=[0.5, 0.5])
    made_up.add_scans("a", 24.0, rates=after, gbc=[0.3, 0.1])
    options = {"arm": "a", "at": "1 d", "target": "dlpfc_left"}
    assert call(made_up, "rate", **options).tolist() == [2.5, 2.0]
    found = call(made_up, "per_rate_change", name="gbc", untreated="mdd", **options)
    # -0.3 in the mean over 0.75 Hz in the mean, whatever the sign of the rate's change
    assert found == pytest.approx(pseudo_values(np.array([-0.2, -0.4]), np.array([0.5, 1.0])))
    assert np.mean(found) == pytest.approx(-0.4)


def test_a_state_is_averaged_over_target_side_or_cortex(made_up):
    spines = np.arange(12.0).reshape(1, 2, 6)
    made_up.add_course("a", [24.0], spines=spines, maturity=[[0.5, 0.6]],
                       neurogenesis=[[[1, 2, 3, 4], [5, 6, 7, 8]]])  # fmt: skip

    def state(**options):
        return call(made_up, "state", arm="a", at="1 d", **options).tolist()

    assert state(name="spines") == [1.5, 7.5]
    assert state(name="spines", target="hippocampus") == [4.5, 10.5]
    assert state(name="spines", target="hippocampus", side="R") == [5.0, 11.0]
    assert state(name="maturity") == [0.5, 0.6]
    assert state(name="neurogenesis") == [4.0, 8.0]
    assert state(name="neurogenesis", stage=1) == [1.0, 5.0]
    with pytest.raises(DataError, match="no slow state"):
        call(made_up, "state", name="spines", arm="a", at="2 d")
    with pytest.raises(DataError, match="no target"):
        state(name="spines", target="amygdala")


def test_growth_is_in_percent_of_the_patients_own_volume_and_its_parts_add_up(made_up):
    still, part = np.zeros((2, 2, 6)), np.zeros((2, 2, 6))
    part[1] = 0.02
    atrophy = np.full((2, 2, 6), -0.04)
    made_up.add_course(
        "a", [0.0, 24.0], neurons=still, glia=part, vessels=2 * part, atrophy=atrophy
    )
    options = {"arm": "a", "at": "1 d", "target": "hippocampus"}
    whole = call(made_up, "growth", **options)
    assert whole == pytest.approx([100 * 0.06 / 0.96] * 2)
    assert call(made_up, "growth", part="glia", **options) == pytest.approx(whole / 3)
    assert call(made_up, "volume", **options) == pytest.approx([2.0, 2.0])
    assert call(made_up, "site_growth", **options) == pytest.approx([6.0, 6.0])
    made_up.add_course("no_glia", [0.0, 24.0], neurons=still, glia=still, vessels=2 * part,
                       atrophy=atrophy)  # fmt: skip
    made_up.add_course("no_vessels", [0.0, 24.0], neurons=still, glia=part, vessels=still,
                       atrophy=atrophy)  # fmt: skip
    left = call(made_up, "unaccounted", without=["no_glia", "no_vessels"], **options)
    assert left == pytest.approx([0.0, 0.0], abs=1e-9)
    assert call(made_up, "unaccounted", without=["no_glia"], **options) == pytest.approx(
        [200 / 3] * 2
    )
    beyond = call(made_up, "beyond", other="no_glia", other_at="1 d", other_target="hippocampus",
                  times=2.0, **options)  # fmt: skip
    assert beyond == pytest.approx([6.0 - 2 * 4.0] * 2)


def test_changed_weights_count_edges_beyond_the_threshold_that_were_there(made_up):
    before = np.ones((2, 2, 6, 6))
    before[:, :, 5, :] = 0.0  # no edge: cannot change
    after = before.copy()
    after[0, 0, 0, :] = 1.1
    after[1, 0, 0, 1] = 0.96
    made_up.add_scans("mdd", 0.0, weights=before)
    made_up.add_scans("a", 24.0, weights=after)
    options = {"arm": "a", "at": "1 d", "other": "mdd", "other_at": "baseline"}
    assert call(made_up, "changed_weights", **options) == pytest.approx([6 / 30, 0.0])
    found = call(made_up, "changed_weights", threshold=0.02, **options)
    assert found == pytest.approx([6 / 30, 1 / 30])
    # edges that touch a target: row and column of region 0 without those from region 5's row
    found = call(made_up, "changed_weights", target="dlpfc_left", **options)
    assert found == pytest.approx([6 / 10, 0.0])
    with np.errstate(all="raise"):
        assert call(made_up, "changed_weights", arm="mdd", at="baseline", other="mdd",
                    other_at="baseline").tolist() == [0.0, 0.0]  # fmt: skip


def test_near_over_far_is_the_log_ratio_of_mean_changes(made_up):
    before, after = np.ones((2, 2, 6, 6)), np.ones((2, 2, 6, 6))
    after[:, 0] = 1.01
    after[:, 0, :4, :] = after[:, 0, :, :4] = 1.08  # within 30 mm of region 0, steps of 10 mm
    made_up.add_scans("mdd", 0.0, weights=before)
    made_up.add_scans("a", 24.0, weights=after)
    options = {"of": "weights", "at": "1 d", "other": "mdd", "other_at": "baseline"}
    found = call(made_up, "near_over_far", arm="a", target="dlpfc_left", **options)
    assert found == pytest.approx([np.log(8.0)] * 2, rel=1e-4)
    options["at"] = "baseline"
    found = call(made_up, "near_over_far", arm="mdd", target="dlpfc_left", **options)
    assert np.isnan(found).all()  # nothing changed: no ratio


def with_fc(r):
    """Two subjects with one pair of cortical regions correlated."""
    fc = np.stack([np.eye(6)] * 2)
    fc[:, 0, 1] = fc[:, 1, 0] = r
    return fc


def test_the_size_of_a_change_of_fc_is_its_rms_in_fisher_z(made_up):
    made_up.add_scans("mdd", 0.0, fc=with_fc(0.0))
    made_up.add_scans("a", 24.0, fc=with_fc(0.5), ok=(True, False))
    found = call(
        made_up, "fc_change", arm="a", at="1 d", other="mdd", other_at="baseline", gsr=False
    )
    assert found[0] == pytest.approx(np.arctanh(0.5) / np.sqrt(6))
    assert np.isnan(found[1])


def test_hours_to_a_share_lie_on_the_line_between_scans(made_up):
    made_up.add_scans("mdd", 0.0, fc=with_fc(0.0))
    for hours, z in ((24.0, 0.1), (168.0, 0.4), (336.0, 0.2)):
        made_up.add_scans("slow", hours, fc=with_fc(np.tanh(z)))
        made_up.add_scans("quick", hours, fc=with_fc(np.tanh(0.2)))
    options = {"at": ["1 d", "1 wk", "2 wk"], "untreated": "mdd"}
    # sizes are compared after regression of the global signal; half of the last is reached
    slow = call(made_up, "hours_to_share", arm="slow", share=0.5, **options)
    quick = call(made_up, "hours_to_share", arm="quick", share=0.5, **options)
    assert (quick == pytest.approx([12.0, 12.0], rel=1e-3)) and (slow > quick).all()
    mixed = call(made_up, "hours_to_share", arm="slow", swap="quick", share=0.5, **options)
    assert mixed.tolist() == [slow[0], quick[1]]
    made_up.given = {"quick": [0.0, 10.0, 12.5, 30.0]}
    counted = call(made_up, "events_to_share", arm="quick", share=0.5, **options)
    assert counted.tolist() == [2, 2]


def test_distance_and_gain_over_the_sum(made_up):
    def scan(arm, time_h, shift):
        values = {name: np.array([0.0, 1.0]) + shift for name in HEALTHY_FEATURES}
        made_up.add_scans(arm, time_h, **values)

    scan("healthy", 0.0, 0.0)
    scan("mdd", 0.0, 2.0)
    for arm, shift in (("one", 1.5), ("two", 1.0), ("both", 0.6)):
        scan(arm, 24.0, shift)
    sd, mean = np.sqrt(0.5), 0.5
    far = call(made_up, "healthy_distance", arm="mdd", at="baseline", healthy="healthy")
    assert far == pytest.approx(np.array([2.0 - mean, 3.0 - mean]) / sd)
    gain = call(made_up, "gain_over_sum", arm="both", parts=["one", "two"], at="1 d",
                healthy="healthy", untreated="mdd")  # fmt: skip
    relief = {arm: far - call(made_up, "healthy_distance", arm=arm, at="1 d", healthy="healthy")
              for arm in ("one", "two", "both")}  # fmt: skip
    assert gain == pytest.approx(relief["both"] - relief["one"] - relief["two"])


def test_taught_is_the_relative_change_of_edges_onto_inhibition_alone(made_up):
    before, after = np.ones((2, 2, 6, 6)), np.ones((2, 2, 6, 6))
    after[:, 0] = 5.0
    after[:, 1] = 1.5
    made_up.add_scans("once", 24.0, weights=before)
    made_up.add_scans("a", 24.0, weights=after)
    assert call(made_up, "taught", arm="a", at="1 d", other="once").tolist() == [0.5, 0.5]


def test_openings_are_what_the_brake_leaves(made_up):
    brake = np.ones((1, 2, 6))
    brake[0, 0] = [0.7, 1.0, 1.0, 1.0, 0.4, 0.4]
    made_up.add_course("a", [24.0], brake=brake)
    assert call(made_up, "opened", arm="a", at="1 d") == pytest.approx([0.3 / 4, 0.0])
    assert call(made_up, "opened_share", arm="a", at="1 d") == pytest.approx([0.5, 0.0])
    found = call(made_up, "opening_over_cortex", arm="a", at="1 d")
    assert found == pytest.approx([0.6 - 0.3 / 4, 0.0])


def test_acute_hours_are_those_above_a_share_of_the_peak(made_up):
    hours = np.arange(0.0, 49.0)
    occupancy = np.zeros((49, 2))
    occupancy[:, 0] = np.clip(1.0 - np.abs(hours - 8.0) / 8.0, 0.0, 1.0)  # a triangle of 16 h
    made_up.add_course("a", [0.0], trace_h=hours, personal={"occupancy_2a": occupancy})
    assert call(made_up, "acute_hours", arm="a") == pytest.approx([8.0, 0.0], abs=0.02)


def test_likeness_is_one_for_the_same_map_and_missing_without_one(made_up):
    rng = np.random.default_rng(2)
    first = np.stack([np.corrcoef(rng.normal(size=(6, 40))) for _ in range(2)])
    made_up.add_scans("mdd", 0.0, fc=with_fc(0.0))
    made_up.add_scans("a", 2.0, fc=first)
    options = {"at": "2 h", "other_at": "2 h", "untreated": "mdd"}
    assert call(made_up, "likeness", arm="a", other="a", **options) == pytest.approx([1.0, 1.0])
    made_up.add_scans("none", 2.0, fc=with_fc(0.0))
    assert np.isnan(call(made_up, "likeness", arm="none", other="a", **options)).all()


def test_seizures_are_summed_up_over_shocks_and_missing_ones_are_refused(made_up):
    durations = {"duration_s": np.array([[30.0, 40.0], [50.0, 20.0]])}
    made_up.add_course("ect", [0.0], seizures=durations)
    made_up.add_course("ssri", [0.0])
    for over, expected in (("mean", [40, 30]), ("min", [30, 20]), ("max", [50, 40])):
        assert (
            call(made_up, "seizure", name="duration_s", arm="ect", over=over).tolist() == expected
        )
    with pytest.raises(DataError, match="no 'duration_s'"):
        call(made_up, "seizure", name="duration_s", arm="ssri")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ([-1.0, -1.0, 1.0, 1.0], 7.5),
        ([-1.0, -3.0, 1.0, 1.0], 8.75),
        ([1.0, 1.0, 1.0, 1.0], np.nan),
        ([-1.0, -1.0, -1.0, -1.0], np.nan),
        ([-1.0, 1.0, -1.0, 1.0], np.nan),
    ],
)
def test_a_crossover_is_where_the_sign_turns_once(change, expected):
    found = _crossing(np.array([1.0, 5.0, 10.0, 20.0]), np.array(change))
    np.testing.assert_allclose(found, expected)


def test_pseudo_values_average_to_the_corrected_ratio_of_means():
    rng = np.random.default_rng(4)
    below = rng.uniform(1.0, 3.0, 12)
    above = 0.4 * below
    assert pseudo_values(above, below) == pytest.approx([0.4] * 12)
    noisy = above + rng.normal(scale=0.1, size=12)
    n = 12
    left_out = [np.delete(noisy, k).mean() / np.delete(below, k).mean() for k in range(n)]
    expected = n * noisy.mean() / below.mean() - (n - 1) * np.mean(left_out)
    assert pseudo_values(noisy, below).mean() == pytest.approx(expected)
    below[0] = np.nan
    assert np.isnan(pseudo_values(noisy, below)).tolist() == [True] + [False] * 11


def test_a_biomarker_is_found_where_one_is_planted_and_not_where_states_are_exchanged(made_up):
    rng = np.random.default_rng(6)
    arms, times = ["a", "b", "c", "d"], ["1 d", "1 wk", "2 wk"]
    made_up.add_scans("mdd", 0.0, good=[0.0, 0.0], bad=[0.0, 0.0])
    for arm in arms:
        brakes = []
        for hours in (24.0, 168.0, 336.0):
            hidden = rng.uniform(0.0, 1.0)
            brakes.append(np.full((2, 6), 1.0 - hidden))
            made_up.add_scans(arm, hours, good=-2.0 * hidden + rng.normal(scale=0.02, size=2),
                              bad=rng.normal(size=2))  # fmt: skip
        made_up.add_course(arm, [24.0, 168.0, 336.0], brake=brakes)
    options = {"arm": arms, "at": times, "metrics": ["good", "bad"], "untreated": "mdd"}
    assert (call(made_up, "biomarker", **options) > 0.95).all()
    assert (call(made_up, "biomarker", shuffles=20, **options) < 0.3).all()
