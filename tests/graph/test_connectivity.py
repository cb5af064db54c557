"""Covariance, correlation and exact global-signal regression against explicit computations."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netmod.errors import DataError
from netmod.graph.connectivity import (
    correlation,
    covariance,
    fisher_z,
    regress_global_signal,
    remove_global_signal,
)


def make_series(seed, times=120, regions=9):
    rng = np.random.default_rng(seed)
    shared = rng.standard_normal((times, 1)) * rng.uniform(0.2, 1.5, regions)
    return (shared + rng.standard_normal((times, regions))) * rng.uniform(0.01, 50, regions) + 3


def test_covariance_and_correlation_equal_numpy():
    series = make_series(0)
    np.testing.assert_allclose(covariance(series), np.cov(series.T), rtol=1e-12)
    np.testing.assert_allclose(correlation(covariance(series)), np.corrcoef(series.T), atol=1e-14)


def test_correlation_of_a_stack_is_that_of_its_members():
    stack = np.stack([covariance(make_series(seed)) for seed in range(3)])
    got = correlation(stack)
    for one, cov in zip(got, stack, strict=True):
        np.testing.assert_array_equal(one, correlation(cov))
        assert (np.diagonal(one) == 1.0).all()
        assert np.array_equal(one, one.T)


@given(st.integers(0, 2**32 - 1), st.integers(2, 12))
def test_global_signal_regression_equals_least_squares_on_the_series(seed, regions):
    series = make_series(seed, 60, regions)
    z = (series - series.mean(0)) / series.std(0, ddof=1)
    design = np.column_stack([np.ones(len(z)), z.mean(1)])
    beta, *_ = np.linalg.lstsq(design, series, rcond=None)
    residual = series - design @ beta
    expected = residual.T @ residual / (len(z) - 1)
    scale = np.sqrt(np.outer(*[series.var(0, ddof=1)] * 2))
    got = regress_global_signal(covariance(series))
    np.testing.assert_allclose(got / scale, expected / scale, atol=1e-11)


def test_global_signal_regression_equals_nilearn():
    from nilearn.signal import clean

    series = make_series(4)
    z = (series - series.mean(0)) / series.std(0, ddof=1)
    cleaned = clean(z, confounds=z.mean(1)[:, None], standardize=None, detrend=False)
    np.testing.assert_allclose(
        correlation(regress_global_signal(covariance(series))),
        np.corrcoef(cleaned.T),
        atol=1e-8,
    )


def test_residuals_have_no_global_signal_left():
    cov = covariance(make_series(5))
    residual = regress_global_signal(cov)
    sd = np.sqrt(np.diagonal(cov))
    in_z = residual / np.outer(sd, sd)
    np.testing.assert_allclose(in_z.sum(axis=1), 0, atol=1e-12)
    again = regress_global_signal(np.stack([cov, cov * 4.0]))
    np.testing.assert_allclose(again[1], 4 * residual, rtol=1e-10, atol=1e-12)


def test_series_without_global_signal_are_left_alone():
    opposed = np.array([[1.0, -1.0], [-1.0, 1.0]])
    np.testing.assert_array_equal(regress_global_signal(opposed), opposed)


def test_regions_that_are_only_global_signal_keep_nothing():
    assert not regress_global_signal(np.full((4, 4), 2.5)).any()


def test_fisher_z():
    assert fisher_z(0.5) == pytest.approx(0.5 * np.log(3))
    assert np.isfinite(fisher_z([1.0, -1.0])).all()
    assert fisher_z(-0.3) == -fisher_z(0.3)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_finite_name_their_region(value):
    series = make_series(1)
    series[3, 2] = value
    with pytest.raises(DataError) as caught:
        covariance(series, names=[f"region_{i}" for i in range(9)])
    assert str(caught.value) == (
        "region with a series that is not finite\n"
        "  expected: finite, varying activity in every region\n"
        "  got: region region_2\n"
        "  hint: the simulation diverged or fell silent there; check the parameters of that region"
    )


def test_constant_series_name_their_regions():
    series = make_series(1)
    series[:, [1, 6]] = 0.1  # not exact in binary: its mean may differ from it
    with pytest.raises(DataError, match="got: regions 1, 6"):
        covariance(series)


def test_bad_covariances_name_the_region():
    cov = covariance(make_series(2))
    silent = cov.copy()
    silent[4, 4] = 0.0
    with pytest.raises(DataError, match=r"no variance(.|\n)*region 4"):
        correlation(silent)
    broken = cov.copy()
    broken[3, :] = broken[:, 3] = np.nan
    with pytest.raises(DataError, match="got: region 3\n"):
        regress_global_signal(broken)
    with pytest.raises(DataError, match=r"square(.|\n)*\[3, 4\]"):
        correlation(np.ones((3, 4)))
    with pytest.raises(DataError, match="two time points"):
        covariance(np.ones((1, 4)))


@given(st.integers(0, 2**32 - 1), st.integers(2, 9))
def test_removing_the_global_signal_from_series_is_the_regression_of_their_covariance(seed, size):
    from netmod.observe.filters import global_signal_regression

    series = make_series(seed, 60, size)
    residual = remove_global_signal(series)
    scale = series.std(axis=0)
    np.testing.assert_allclose(
        residual / scale, global_signal_regression(series) / scale, atol=1e-12
    )
    expected = regress_global_signal(covariance(series))
    got = residual.T @ residual / (len(series) - 1)
    np.testing.assert_allclose(
        got / np.outer(scale, scale), expected / np.outer(scale, scale), atol=1e-11
    )


def test_series_that_are_only_global_signal_leave_nothing_and_opposed_ones_everything():
    one = np.random.default_rng(0).standard_normal((50, 1))
    np.testing.assert_array_equal(remove_global_signal(one * [1.0, 2.0, 7.0] + 5.0), 0.0)
    opposed = one * [1.0, -1.0]
    np.testing.assert_allclose(remove_global_signal(opposed), opposed - opposed.mean(axis=0))
    with pytest.raises(DataError, match="got: region 1\n"):
        remove_global_signal(np.column_stack([one, np.ones(50)]))
