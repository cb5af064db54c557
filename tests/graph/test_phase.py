"""Phases against closed forms of sinusoids, scipy's filters and explicit sums."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netmod.errors import ConfigError, DataError
from netmod.graph.phase import (
    analytic_signal,
    band_spectrum,
    metastability,
    order_parameter,
    phase_coherence,
    phase_fcd,
    phase_locking,
    phases,
    synchrony,
)

BAND = (0.04, 0.07)


def noise(seed=0, times=300, regions=6):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((times, regions)) + rng.standard_normal((times, 1))


def rotors(seed=0, times=40, regions=7):
    rng = np.random.default_rng(seed)
    return rng.uniform(0.5, 2, (times, regions)) * np.exp(
        1j * rng.uniform(-np.pi, np.pi, (times, regions))
    )


def test_without_a_band_it_is_the_hilbert_transform_of_scipy():
    from scipy.signal import hilbert

    for times in (100, 101):
        series = noise(times=times)
        expected = hilbert(series - series.mean(0), axis=0)
        got = analytic_signal(series, 2.0, None, drop=0)
        np.testing.assert_allclose(got, expected, atol=1e-12)
        np.testing.assert_allclose(
            analytic_signal(series, 2.0, None, drop=7), expected[7:-7], atol=1e-12
        )


def test_away_from_the_ends_the_band_is_that_of_a_butterworth_filter_run_both_ways():
    from scipy.signal import butter, hilbert, sosfiltfilt

    series = noise(1, 600)
    sections = butter(2, BAND, "bandpass", output="sos", fs=0.5)
    expected = hilbert(sosfiltfilt(sections, series, axis=0), axis=0)
    got = analytic_signal(series, 2.0, BAND, drop=0)
    middle = slice(100, -100)  # 200 s, eight periods
    size = np.abs(expected).mean()
    assert np.abs(got - expected)[middle].max() < 0.03 * size
    assert np.abs(got - expected).max() > 0.2 * size  # what `drop` is for


def test_beyond_its_ends_a_series_is_its_point_reflection():
    series = noise(3, 90) + 0.1 * np.arange(90)[:, None]
    spectrum, pad = band_spectrum(90, 2.0, BAND)
    centred = series - series.mean(axis=0)
    longer = np.pad(centred, ((pad, pad), (0, 0)), "reflect", reflect_type="odd")
    expected = np.fft.ifft(np.fft.fft(longer, axis=0) * spectrum[:, None], axis=0)[pad:-pad]
    got = analytic_signal(series, 2.0, BAND, drop=0)
    np.testing.assert_allclose(got, expected, atol=1e-10)


def test_gain_is_one_half_at_the_limits_and_nought_for_negative_frequencies():
    spectrum, pad = band_spectrum(400, 2.0, BAND)
    f = np.fft.fftfreq(len(spectrum), 2.0)
    assert pad == 399 and len(spectrum) == 400 + 2 * pad
    assert not spectrum[(f < 0) & (f > -0.25)].any() and spectrum[0] < 1e-12
    near = [np.abs(f - limit).argmin() for limit in BAND]
    np.testing.assert_allclose(spectrum[near] / 2, 0.5, atol=0.03)
    assert spectrum.max() == pytest.approx(2.0, abs=1e-2)


def test_a_fixed_lag_is_locked_whatever_it_is_and_coherent_as_its_cosine():
    t = np.arange(200) * 2.0
    lag = np.array([0.0, 0.3, np.pi / 2, np.pi])
    amplitude = np.array([1.0, 7.0, 0.2, 3.0])
    series = amplitude * np.cos(2 * np.pi * 0.05 * t[:, None] - lag)  # 20 whole periods
    signal = analytic_signal(series, 2.0, None, drop=0)
    np.testing.assert_allclose(np.abs(signal), np.tile(amplitude, (200, 1)), rtol=1e-10)
    expected = np.angle(np.exp(1j * (2 * np.pi * 0.05 * t[:, None] - lag)))
    assert np.abs(np.angle(np.exp(1j * (phases(signal) - expected)))).max() < 1e-10
    np.testing.assert_allclose(phase_locking(signal), 1.0, atol=1e-12)
    np.testing.assert_allclose(phase_coherence(signal), np.cos(lag[:, None] - lag), atol=1e-12)


def test_two_frequencies_beat():
    # R = |cos(beat / 2)|: mean 2 / pi, variance 1/2 - 4 / pi²; locking 0 over whole beats
    t = np.arange(20_000)
    signal = np.exp(2j * np.pi * np.outer(t, [30 / 20_000, 37 / 20_000]))
    assert synchrony(signal) == pytest.approx(2 / np.pi, abs=1e-5)
    assert metastability(signal) == pytest.approx(np.sqrt(0.5 - 4 / np.pi**2), abs=1e-5)
    assert phase_locking(signal)[0, 1] == pytest.approx(0.0, abs=1e-12)


def test_independent_phases():
    signal = rotors(2, 4000, 60)
    assert synchrony(signal) == pytest.approx(np.sqrt(np.pi / 240), rel=0.03)
    assert metastability(signal) == pytest.approx(np.sqrt((1 - np.pi / 4) / 60), rel=0.05)
    off = np.triu_indices(60, 1)
    assert phase_locking(signal)[off].mean() == pytest.approx(np.sqrt(np.pi / 16_000), rel=0.05)
    assert abs(phase_coherence(signal)[off].mean()) < 0.002


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 8), st.integers(2, 20))
def test_matrices_by_explicit_sums_and_their_tie_to_the_order_parameter(seed, regions, times):
    signal = rotors(seed, times, regions)
    phi = np.angle(signal)
    difference = phi[:, :, None] - phi[:, None, :]
    np.testing.assert_allclose(phase_coherence(signal), np.cos(difference).mean(0), atol=1e-12)
    np.testing.assert_allclose(
        phase_locking(signal), np.abs(np.exp(1j * difference).mean(0)), atol=1e-12
    )
    r = order_parameter(signal)
    np.testing.assert_allclose(r, np.hypot(np.cos(phi).mean(1), np.sin(phi).mean(1)), atol=1e-12)
    assert (r**2).mean() == pytest.approx(phase_coherence(signal).mean(), abs=1e-12)
    turned = signal * np.exp(1j * np.random.default_rng(seed).uniform(0, 6, (times, 1)))
    np.testing.assert_allclose(phase_locking(turned), phase_locking(signal), atol=1e-12)


@pytest.mark.parametrize("average", [1, 3])
def test_phase_fcd_by_explicit_patterns(average):
    phi = np.angle(rotors(3))
    i, j = np.triu_indices(7, 1)
    pattern = np.cos(phi[:, i] - phi[:, j])
    held = [pattern[t : t + average].mean(0) for t in range(41 - average)]
    expected = [[a @ b / np.linalg.norm(a) / np.linalg.norm(b) for b in held] for a in held]
    np.testing.assert_allclose(phase_fcd(rotors(3), average), expected, atol=1e-12)


def test_phase_fcd_tells_two_patterns_apart():
    lag = np.where(np.arange(60)[:, None] < 30, [0, 0, 1, 1], [0, 1, 0, 1]) * np.pi
    matrix = phase_fcd(np.exp(1j * (np.arange(60)[:, None] + lag)))
    np.testing.assert_allclose(matrix[:28, :28], 1.0)
    np.testing.assert_allclose(matrix[:28, 30:], -1 / 3)  # 2 of 6 pairs alike, 4 opposed


def test_bad_input():
    series = noise(times=40)
    with pytest.raises(DataError, match=r"too short for phases(.|\n)*expected: 22 samples"):
        analytic_signal(series[:21], 2.0)
    with pytest.raises(DataError, match=r"expected: 25 samples(.|\n)*got: 24"):
        analytic_signal(series[:24], 1.0, drop=0)
    with pytest.raises(ConfigError, match=r"0 < low < high < 0.25 Hz"):
        analytic_signal(series, 2.0, (0.04, 0.3))
    with pytest.raises(ConfigError, match="dt_s must be positive"):
        analytic_signal(series, -1.0)
    with pytest.raises(ConfigError, match="drop must be"):
        analytic_signal(series, 2.0, drop=-1)
    with pytest.raises(ConfigError, match="order of a filter"):
        analytic_signal(series, 2.0, order=0)
    series[:, 2] = 1.0
    with pytest.raises(DataError, match="got: region b"):
        analytic_signal(series, 2.0, names=list("xyb012"))
    for measure in (phase_locking, phase_coherence, order_parameter, phase_fcd, phases):
        with pytest.raises(DataError, match=r"analytic signal(.|\n)*got: float64"):
            measure(series)
    silent = rotors()
    silent[3, 2] = 0.0
    with pytest.raises(DataError, match=r"without a phase(.|\n)*1 values in regions 2"):
        synchrony(silent)
    with pytest.raises(ConfigError, match=r"expected: 1 to 39"):
        phase_fcd(rotors(), 40)
    with pytest.raises(DataError, match="two regions"):
        phase_fcd(rotors(regions=1))
    quarter = np.exp(0.5j * np.pi * np.arange(2)) * np.ones((5, 1))
    with pytest.raises(DataError, match="pattern of phase differences vanishes"):
        phase_fcd(quarter)


def test_one_time_point_has_no_metastability():
    signal = np.exp(1j * np.arange(4.0))[None, :]
    assert 0 < synchrony(signal) < 1
    with pytest.raises(DataError, match=r"two time points(.|\n)*got: 1"):
        metastability(signal)
