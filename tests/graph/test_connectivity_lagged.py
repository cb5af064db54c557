"""Lagged correlation against shifted series, autoregressions and delayed copies."""

import numpy as np
import pytest

from netmod.errors import ConfigError, DataError
from netmod.graph.lagged import cross_correlation, lagged


def autoregression(A, times, seed=0):
    rng = np.random.default_rng(seed)
    x = np.zeros((times, len(A)))
    for t in range(1, times):
        x[t] = A @ x[t - 1] + rng.standard_normal(len(A))
    return x


def test_every_lag_equals_numpy_on_the_shifted_series():
    series = np.random.default_rng(0).standard_normal((60, 4)).cumsum(axis=0)
    lags = [-7, -1, 0, 3]
    got = cross_correlation(series, lags)
    for r, lag in zip(got, lags, strict=True):
        for i in range(4):
            for j in range(4):
                later = series[lag:, i] if lag >= 0 else series[:lag, i]
                now = series[: 60 - lag, j] if lag >= 0 else series[-lag:, j]
                assert r[i, j] == pytest.approx(np.corrcoef(later, now)[0, 1], abs=1e-12)
    np.testing.assert_array_equal(got[1], cross_correlation(series, [1])[0].T)


def test_an_autoregression_gives_back_its_directed_weights():
    A = np.array([[0.5, 0.4, 0.0], [0.0, 0.6, 0.0], [0.0, -0.3, 0.4]])  # A[target, source]
    series = autoregression(A, 20_000)
    now, after = cross_correlation(series, [0, 1])
    sd = series.std(axis=0)
    got = sd[:, None] * (after @ np.linalg.inv(now)) / sd
    np.testing.assert_allclose(got, A, atol=0.025)
    assert after[0, 1] > after[1, 0] + 0.1  # the source goes before


def test_a_delayed_copy_leads_by_its_delay():
    signal = np.random.default_rng(1).standard_normal(203)
    series = np.column_stack([signal[3:], signal[:-3], -signal[1:-2]])
    got = lagged(series, dt_s=0.5, max_lag_s=2.5)
    np.testing.assert_allclose(got.r, [[1, 1, -1], [1, 1, -1], [-1, -1, 1]], atol=1e-12)
    # region 1 shows at t + 3 what region 0 shows at t
    assert got.lead_s[1, 0] == pytest.approx(1.5, abs=0.05)
    assert got.lead_s[2, 0] == pytest.approx(1.0, abs=0.05)
    np.testing.assert_array_equal(got.lead_s, -got.lead_s.T)
    np.testing.assert_allclose(got.lead_of_regions(), [1.25, -1.0, -0.25], atol=0.05)


def test_leads_are_finer_than_a_sample():
    t = np.arange(4000) * 0.5
    delay_s = np.array([0.0, 0.8, 1.7])
    series = np.sin(2 * np.pi * 0.02 * (t[:, None] - delay_s))
    got = lagged(series, 0.5, 10.0)
    np.testing.assert_allclose(got.lead_s, delay_s[:, None] - delay_s, atol=0.01)


def test_no_peak_within_the_range_is_no_lead():
    signal = np.random.default_rng(2).standard_normal(210).cumsum()
    series = np.column_stack([signal[10:], signal[:-10]])
    got = lagged(series, 1.0, 4.0)
    assert np.isnan(got.lead_s[0, 1]) and np.isnan(got.lead_s[1, 0])
    assert np.isnan(got.lead_of_regions()).all()
    assert got.lead_s[0, 0] == 0.0


def test_equal_series_lead_by_nothing_and_the_maximum_is_never_below_lag_nought():
    series = autoregression(0.5 * np.eye(4), 150)
    same = lagged(np.repeat(series[:, :1], 3, axis=1), 1.0, 5.0)
    np.testing.assert_allclose(same.r, 1.0)
    np.testing.assert_allclose(same.lead_s, 0.0, atol=0.05)
    strongest = np.abs(lagged(series, 1.0, 5.0).r)
    assert (strongest >= np.abs(np.corrcoef(series.T)) - 1e-12).all()


def test_bad_input():
    series = autoregression(0.5 * np.eye(2), 20)
    with pytest.raises(ConfigError, match=r"max_lag_s of 2 s or more(.|\n)*got: 1"):
        lagged(series, 2.0, 1.0)
    with pytest.raises(ConfigError, match="dt_s must be positive"):
        lagged(series, 0.0, 1.0)
    with pytest.raises(DataError, match=r"too short(.|\n)*expected: 22 samples"):
        cross_correlation(series, [-19])
    with pytest.raises(ConfigError, match="whole samples"):
        cross_correlation(series, [0.5])
    late = series.copy()
    late[:-5, 1] = 4.0  # constant in what is left at some lag
    with pytest.raises(DataError, match="got: region 1\n"):
        lagged(late, 1.0, 6.0)
