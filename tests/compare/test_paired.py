"""Effect sizes by hand, the interval against scipy, its coverage."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from netmod.compare.paired import (
    bootstrap_interval,
    group_contrast,
    pair_differences,
    paired_contrast,
)
from netmod.errors import DataError

A = np.array([3.0, 5.0, 4.0, 8.0, 6.0])
B = np.array([1.0, 4.0, 4.0, 5.0, 2.0])


def test_paired_effect_sizes_by_hand():
    got = paired_contrast(A, B)
    d = A - B
    average_sd = (np.std(A, ddof=1) + np.std(B, ddof=1)) / 2
    assert (got.n, got.mean, got.mean_reference, got.difference) == (5, 5.2, 3.2, 2.0)
    assert got.hedges_g == pytest.approx(2.0 / average_sd * (1 - 3 / (4 * 4 - 1)))
    assert got.d_z == pytest.approx(2.0 / d.std(ddof=1))
    assert got.d_z * np.sqrt(5) == pytest.approx(stats.ttest_rel(A, B).statistic)
    assert got.ci_low < 2.0 < got.ci_high


def test_group_effect_size_by_hand():
    got = group_contrast(A, B[:4])
    pooled = np.sqrt((4 * A.var(ddof=1) + 3 * B[:4].var(ddof=1)) / 7)
    assert got.n == 9
    assert got.hedges_g == pytest.approx((5.2 - 3.5) / pooled * (1 - 3 / (4 * 7 - 1)))
    assert np.isnan(got.d_z)


# smaller samples often resample to exactly their own mean, which scipy's rounding may miss
@pytest.mark.parametrize("size", [12, 16, 30])
@pytest.mark.parametrize("seed", range(3))
def test_interval_equals_scipy(size, seed):
    sample = np.random.default_rng(seed).gamma(1.5, 2.0, size) - 2.0
    expected = stats.bootstrap(
        (sample,), np.mean, method="BCa", n_resamples=999, rng=np.random.default_rng(7)
    ).confidence_interval
    np.testing.assert_allclose(bootstrap_interval([sample], 7, 999), expected, rtol=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_group_interval_equals_scipy(seed):
    rng = np.random.default_rng(seed)
    a, b = rng.gamma(2.0, 1.0, 12), rng.normal(1.0, 3.0, 17)
    expected = stats.bootstrap(
        (a, b),
        lambda x, y, axis=-1: x.mean(axis=axis) - y.mean(axis=axis),
        method="BCa",
        n_resamples=999,
        rng=np.random.default_rng(3),
    ).confidence_interval
    np.testing.assert_allclose(bootstrap_interval([a, b], 3, 999), expected, rtol=1e-9)


def test_equal_differences_give_a_point():
    got = paired_contrast(A, A - 0.25)
    assert (got.difference, got.ci_low, got.ci_high) == (0.25, 0.25, 0.25)
    assert np.isnan(got.d_z)
    same = paired_contrast(A, A * (1 + 1e-15))
    assert (same.difference, same.ci_low, same.ci_high) == (0.0, 0.0, 0.0)
    assert (same.hedges_g, same.d_z) == (0.0, 0.0)
    assert group_contrast([2.0, 2.0], [1.0, 1.0]).ci_low == 1.0


def test_undefined_correction_falls_back_to_percentiles():
    # 2 resamples: all may fall on one side of the mean, where the bias correction is infinite
    sample = np.array([0.0, 0.0, 0.0, 0.0, 10.0])
    for seed in range(20):
        low, high = bootstrap_interval([sample], seed, 2)
        assert 0.0 <= low <= high <= 10.0


def test_missing_partners_drop_out_in_pairs():
    a, b = np.append(A, [np.nan, 9.0]), np.append(B, [1.0, np.nan])
    assert paired_contrast(a, b) == paired_contrast(A, B)
    for few in ([np.nan, 1.0], [np.nan, np.nan]):
        got = paired_contrast(few, [1.0, 2.0])
        assert got.n == np.isfinite(few).sum()
        assert np.isnan([got.mean, got.difference, got.ci_low, got.hedges_g]).all()
    assert np.isnan(group_contrast([1.0], [1.0, 2.0]).difference)


def test_rounding_is_no_difference():
    np.testing.assert_array_equal(
        pair_differences([0.1 + 0.2, 1.0, np.nan], [0.3, 2.0, 1.0]), [0.0, -1.0, np.nan]
    )


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.01, 100.0), st.floats(-5.0, 5.0))
def test_sign_scale_and_shift(seed, scale, shift):
    rng = np.random.default_rng(seed)
    a, b = rng.standard_normal((2, 9))
    one, turned = paired_contrast(a, b, 0, 500), paired_contrast(b, a, 0, 500)
    assert turned.difference == pytest.approx(-one.difference)
    assert turned.hedges_g == pytest.approx(-one.hedges_g)
    assert turned.d_z == pytest.approx(-one.d_z)
    assert (turned.ci_low, turned.ci_high) == pytest.approx((-one.ci_high, -one.ci_low))
    other = paired_contrast(scale * a + shift, scale * b + shift, 0, 500)
    assert other.hedges_g == pytest.approx(one.hedges_g, rel=1e-6, abs=1e-9)
    assert other.ci_low == pytest.approx(scale * one.ci_low, rel=1e-6, abs=1e-8)


def test_coverage_of_the_interval():
    rng = np.random.default_rng(11)
    studies, hits = 500, 0
    for _ in range(studies):
        got = paired_contrast(rng.normal(0.4, 1.0, 24), np.zeros(24), 0, 1000)
        hits += got.ci_low <= 0.4 <= got.ci_high
    # BCa of a mean of 24 covers about 93 %; the bounds are 4 standard errors of 500 trials away
    assert 0.885 <= hits / studies <= 0.985


def test_shapes_that_do_not_fit():
    with pytest.raises(DataError, match=r"got: shapes \[5\] and \[4\]"):
        paired_contrast(A, B[:4])


def test_two_pairs_have_no_corrected_size():
    got = paired_contrast([1.0, 3.0], [0.5, 1.0])
    assert got.difference == 1.25
    assert np.isnan(got.hedges_g)  # the correction is 0 at one degree of freedom
    assert paired_contrast([1.0, 3.0], [1.0, 3.0]).hedges_g == 0.0
    assert np.isfinite(group_contrast([1.0, 3.0], [0.5, 1.0]).hedges_g)


def test_a_bootstrap_needs_resamples():
    with pytest.raises(DataError, match="needs resamples"):
        paired_contrast(A, B, n_bootstrap=0)
