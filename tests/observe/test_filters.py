"""The band-pass against its analytic gain; the global signal against least squares."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netmod.errors import ConfigError, DataError
from netmod.graph.connectivity import correlation, covariance, regress_global_signal
from netmod.observe.filters import band_pass, global_signal_regression

DT_S, LOW_HZ, HIGH_HZ = 2.0, 0.01, 0.09


def two_pass_gain(f, low, high, order):
    """Squared gain of a bilinear Butterworth band, from the analog prototype."""
    warped, a, b = (math.tan(math.pi * x * DT_S) for x in (f, low, high))
    prototype = (warped**2 - a * b) / (warped * (b - a))
    return 1 / (1 + prototype ** (2 * order))


@pytest.mark.parametrize("order", [1, 2, 4])
@pytest.mark.parametrize("f", [0.002, 0.005, 0.01, 0.03, 0.05, 0.09, 0.15, 0.22])
def test_a_sinusoid_keeps_its_phase_and_has_the_analytic_gain(f, order):
    t = np.arange(6000) * DT_S
    got = band_pass(np.cos(2 * np.pi * f * t), DT_S, LOW_HZ, HIGH_HZ, order)
    middle = slice(2000, 4000)  # whole periods of all frequencies; away from the ends
    wave = np.exp(2j * np.pi * f * t[middle])
    size = 2 * np.mean(got[middle] * wave.conj())
    assert size == pytest.approx(two_pass_gain(f, LOW_HZ, HIGH_HZ, order), abs=2e-6)


def test_low_and_high_pass():
    t = np.arange(4000) * DT_S
    slow, fast = np.sin(2 * np.pi * 0.002 * t), np.sin(2 * np.pi * 0.2 * t)
    inner = slice(1000, 3000)
    low = band_pass(slow + fast + 5.0, DT_S, None, 0.03)
    np.testing.assert_allclose(low[inner], (slow + 5.0)[inner], atol=1e-3)
    high = band_pass(slow + fast + 5.0, DT_S, 0.03, None)
    np.testing.assert_allclose(high[inner], fast[inner], atol=1e-3)


def test_a_constant_is_taken_out_and_columns_are_independent():
    x = np.random.default_rng(0).standard_normal((200, 2, 3))
    got = band_pass(x, DT_S, LOW_HZ, HIGH_HZ)
    np.testing.assert_allclose(got[:, 1, 2], band_pass(x[:, 1, 2], DT_S, LOW_HZ, HIGH_HZ))
    np.testing.assert_allclose(band_pass(x + 3.0, DT_S, LOW_HZ, HIGH_HZ), got, atol=1e-12)
    # backwards in time it is the same filter, but for the ends
    back = band_pass(x[::-1], DT_S, 0.03, HIGH_HZ)[::-1]
    ahead = band_pass(x, DT_S, 0.03, HIGH_HZ)
    np.testing.assert_allclose(back[80:120], ahead[80:120], atol=5e-3)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        ({"low_hz": 0.1, "high_hz": 0.05}, ConfigError,
         "the limits of the band are out of range\n"
         "  expected: 0 < low_hz < high_hz < 0.25 Hz, half the sampling rate\n"
         "  got: low_hz = 0.1, high_hz = 0.05"),
        ({"low_hz": 0.0, "high_hz": 0.05}, ConfigError,
         "the limits of the band are out of range\n"
         "  expected: 0 < low_hz < high_hz < 0.25 Hz, half the sampling rate\n"
         "  got: low_hz = 0.0, high_hz = 0.05\n"
         "  hint: None leaves one side open"),
        ({"low_hz": 0.01, "high_hz": 0.25}, ConfigError,
         "the limits of the band are out of range\n"
         "  expected: 0 < low_hz < high_hz < 0.25 Hz, half the sampling rate\n"
         "  got: low_hz = 0.01, high_hz = 0.25"),
        ({"low_hz": 0.01, "high_hz": 0.1, "order": 0}, ConfigError,
         "the order of a filter must be an integer\n  expected: 1 or more\n  got: 0"),
        ({"low_hz": 0.01, "high_hz": 0.1, "dt_s": math.nan}, ConfigError,
         "dt_s must be positive\n  expected: a finite time in s\n  got: nan"),
        ({"low_hz": 0.01, "high_hz": 0.1, "x": np.zeros((15, 2))}, DataError,
         "a series too short to be filtered\n"
         "  expected: shape [time, ...] with more than 15 samples\n  got: shape [15, 2]"),
        ({"low_hz": 0.01, "high_hz": 0.1, "x": np.full(50, np.nan)}, DataError,
         "a series that is not finite cannot be filtered\n"
         "  expected: finite values\n  got: 50 values that are not"),
    ],
)  # fmt: skip
def test_messages_of_the_band(call, kind, message):
    with pytest.raises(kind) as caught:
        band_pass(**{"x": np.zeros(100), "dt_s": DT_S} | call)
    assert str(caught.value) == message


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 9))
def test_global_signal_regression_agrees_with_that_of_the_covariance(seed, regions):
    rng = np.random.default_rng(seed)
    shared = rng.standard_normal((70, 1)) * rng.uniform(0.2, 1.5, regions)
    series = (shared + rng.standard_normal((70, regions))) * rng.uniform(0.1, 50, regions) + 3
    left = global_signal_regression(series)
    scale = np.sqrt(np.outer(*[series.var(axis=0, ddof=1)] * 2))
    got = left.T @ left / 69 / scale
    np.testing.assert_allclose(got, regress_global_signal(covariance(series)) / scale, atol=1e-12)
    if regions > 3:
        np.testing.assert_allclose(
            np.corrcoef(left.T),
            correlation(regress_global_signal(covariance(series))),
            atol=1e-9,
        )


def test_residuals_are_those_of_least_squares():
    series = np.random.default_rng(3).standard_normal((50, 4)) * [1, 5, 0.1, 2] + 7
    z = (series - series.mean(axis=0)) / series.std(axis=0)
    design = np.column_stack([np.ones(50), z.mean(axis=1)])
    beta = np.linalg.lstsq(design, series, rcond=None)[0]
    left = global_signal_regression(series)
    np.testing.assert_allclose(left, series - design @ beta, atol=1e-12)
    np.testing.assert_allclose(left.mean(axis=0), 0.0, atol=1e-12)


def test_series_that_cancel_are_only_centred():
    wave = np.sin(np.arange(40.0))
    series = np.stack([wave, -2 * wave], axis=1)
    np.testing.assert_allclose(
        global_signal_regression(series), series - series.mean(axis=0), atol=1e-14
    )


def test_regions_without_a_signal_are_named():
    series = np.random.default_rng(0).standard_normal((30, 3))
    series[:, 1] = 2.0
    with pytest.raises(DataError) as caught:
        global_signal_regression(series, ["a", "b", "c"])
    assert str(caught.value) == (
        "region with constant series\n"
        "  expected: finite, varying activity in every region\n  got: region b"
    )
    series[3] = np.nan
    with pytest.raises(DataError, match=r"regions with a series that is not finite"):
        global_signal_regression(series)
