"""Estimates and verdicts: the rules as a table, and what must hold for any numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netmod.claims import rules
from netmod.claims.rules import Estimate, estimate_correlation, estimate_mean, judge, worst
from netmod.compare.paired import paired_contrast
from netmod.errors import DataError

UP, UP_WIDE, DOWN, NONE = (
    Estimate(16, 2.0, 1.0, 3.0, 0.5),
    Estimate(16, 2.0, -1.0, 5.0, 0.5),
    Estimate(16, -2.0, -3.0, -1.0, -0.5),
    Estimate(16, 0.0, 0.0, 0.0, 0.0),
)
GOOD, BAD = "reproduced", "not reproduced"
HALF = "direction only"


@pytest.mark.parametrize(
    ("effect", "expected", "options", "verdict"),
    [
        (UP, "increase", {}, GOOD),
        (DOWN, "decrease", {}, GOOD),
        (UP, "decrease", {}, BAD),
        (DOWN, "increase", {}, BAD),
        (NONE, "increase", {}, BAD),
        (NONE, "decrease", {}, BAD),
        (UP_WIDE, "increase", {}, HALF),
        (UP, "increase", {"size": (1.5, 2.5)}, GOOD),
        (UP, "increase", {"size": (2.5, 9.0)}, HALF),
        (UP, "increase", {"size": (0.0, 1.5)}, HALF),
        (DOWN, "decrease", {"size": (1.5, 2.5)}, GOOD),
        (UP, "increase", {"size": (0.0, 1.0), "scale": "g"}, GOOD),
        (UP, "increase", {"size": (0.6, 1.0), "scale": "g"}, HALF),
        (UP, "increase", {"contrasts": {"c": UP}}, GOOD),
        (UP, "increase", {"contrasts": {"c": UP, "d": UP_WIDE}}, HALF),
        (UP, "increase", {"contrasts": {"c": DOWN}}, HALF),
        (UP, "increase", {"contrasts": {"c": NONE}}, HALF),
        (UP, "decrease", {"contrasts": {"c": UP}}, BAD),
        (Estimate(16, 0.1, -0.2, 0.3), "equal", {"margin": 0.4}, GOOD),
        (Estimate(16, 0.1, -0.2, 0.5), "equal", {"margin": 0.4}, HALF),
        (Estimate(16, 0.5, 0.4, 0.6), "equal", {"margin": 0.4}, BAD),
        (NONE, "equal", {"margin": 0.4, "contrasts": {"c": DOWN}}, GOOD),
        (NONE, "equal", {"margin": 0.4, "contrasts": {"c": NONE}}, HALF),
        (UP, "report", {"size": (9.0, 10.0), "contrasts": {"c": DOWN}}, "reported"),
    ],
)
def test_the_verdict_follows_from_interval_range_and_control(effect, expected, options, verdict):
    found = judge(effect, expected, **options)
    assert found.verdict == verdict
    assert bool(found.reasons) == (verdict in (HALF, BAD))


def test_a_reason_names_the_control_and_the_range():
    found = judge(UP, "increase", (3.0, 4.0), contrasts={"ketanserin": UP_WIDE})
    assert "2 outside 3 to 4" in found.reasons[0]
    assert "ketanserin" in found.reasons[1]


def test_equivalence_needs_a_margin():
    with pytest.raises(DataError, match="margin"):
        judge(NONE, "equal")


@pytest.mark.parametrize(
    ("verdicts", "row"),
    [
        ([GOOD, GOOD], GOOD),
        ([GOOD, HALF, GOOD], HALF),
        ([HALF, BAD], BAD),
        ([GOOD, "failed", BAD], "failed"),
        ([GOOD, "reported"], GOOD),
        (["reported"], "reported"),
    ],
)
def test_a_row_is_as_good_as_its_weakest_measure(verdicts, row):
    assert worst(verdicts) == row


def test_a_paired_estimate_is_that_of_the_comparison_of_arms():
    rng = np.random.default_rng(3)
    a, b = rng.normal(1.0, 1.0, 16), rng.normal(0.0, 1.0, 16)
    found, known = estimate_mean(a, b, 7), paired_contrast(a, b, 7, rules.RESAMPLES)
    assert (found.n, found.value, found.g) == (16, known.difference, known.hedges_g)
    assert (found.low, found.high) == (known.ci_low, known.ci_high)
    single = estimate_mean(a - b, seed=7)
    assert (single.low, single.high) == pytest.approx((found.low, found.high), abs=1e-9)


def test_subjects_without_a_value_are_left_out_and_too_few_are_refused():
    assert estimate_mean([1.0, np.nan, 3.0]).n == 2
    assert estimate_mean([1.0, 2.0, 3.0], [0.0, np.nan, 0.0]).value == 2.0
    with pytest.raises(DataError, match="too few"):
        estimate_mean([1.0, np.nan])
    with pytest.raises(DataError, match="too few"):
        estimate_correlation(np.ones((3, 2)))


def test_equal_conditions_differ_by_nothing_even_after_rounding():
    values = np.array([0.1 + 0.2, 1.0, 2.0])
    found = estimate_mean(values, np.array([0.3, 1.0, 2.0]))
    assert (found.value, found.low, found.high) == (0.0, 0.0, 0.0)
    assert (rules.difference(values, np.array([0.3, 1.0, 2.0])) == 0.0).all()


def test_a_correlation_is_pearsons_with_an_interval_that_holds_it():
    rng = np.random.default_rng(5)
    x = rng.normal(size=16)
    pairs = np.column_stack([x, x + rng.normal(scale=0.5, size=16)])
    found = estimate_correlation(pairs)
    assert found.value == pytest.approx(np.corrcoef(pairs.T)[0, 1], abs=1e-12)
    assert 0 < found.low < found.value < found.high < 1
    with pytest.raises(DataError, match="same in every subject"):
        estimate_correlation(np.column_stack([x, np.full(16, 2.0)]))


@given(
    st.floats(-5, 5), st.floats(0.01, 5), st.floats(0.01, 5),
    st.sampled_from(["increase", "decrease"]),
)  # fmt: skip
def test_a_mirrored_effect_has_the_verdict_of_the_mirrored_claim(value, below, above, expected):
    effect = Estimate(16, value, value - below, value + above, value)
    mirrored = Estimate(16, -value, -value - above, -value + below, -value)
    other = {"increase": "decrease", "decrease": "increase"}[expected]
    size = (0.5, 3.0)
    assert judge(effect, expected, size).verdict == judge(mirrored, other, size).verdict


@given(st.floats(-5, 5), st.floats(0.01, 5))
def test_no_control_can_make_a_verdict_better(value, width):
    order = [BAD, HALF, GOOD]
    effect = Estimate(16, value, value - width, value + width)
    alone = judge(effect, "increase").verdict
    for control in (UP, UP_WIDE, DOWN):
        with_it = judge(effect, "increase", contrasts={"c": control}).verdict
        assert order.index(with_it) <= order.index(alone)
