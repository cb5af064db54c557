"""The balloon model: published response shapes, rest, and its linear response."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from netmod.observe.balloon import HEMODYNAMICS, bold, drift, linear_response, steady

REST = (0.0, 1.0, 1.0, 1.0)


def scalar_bold(activity, h, times, breaks=()):
    """Integrate the published equations from rest; ``activity(t)`` may jump at ``breaks``.

    Written in its own form: the outflow of deoxyhemoglobin is ``q v^(1/alpha - 1)``.
    """

    def slope(t, y):
        s, f, v, q = y
        extraction = 1 - (1 - h.rho) ** (1 / f)
        return [
            activity(t) - h.kappa * s - h.gamma * (f - 1),
            s,
            (f - v ** (1 / h.alpha)) / h.tau,
            (f * extraction / h.rho - q * v ** (1 / h.alpha - 1)) / h.tau,
        ]

    y, signal, edges = np.array(REST), [], [0.0, *breaks, times[-1]]
    for start, stop in pairwise(edges):
        within = times[(times > start) & (times <= stop)]
        at = np.union1d(within, [stop])
        found = solve_ivp(
            slope, (start, stop), y, t_eval=at, rtol=1e-10, atol=1e-13, method="DOP853"
        )
        y = found.y[:, -1]
        keep = np.isin(at, within)
        _, _, v, q = found.y[:, keep]
        signal.append(h.v0 * (h.k1 * (1 - q) + h.k2 * (1 - q / v) + h.k3 * (1 - v)))
    return np.concatenate(signal)


@pytest.mark.parametrize(
    ("name", "peak_s", "fwhm_s", "undershoot_s", "ratio"),
    [
        ("friston2003", 3.11, 3.92, 9.10, -0.150),
        ("deco_legacy", 1.74, 2.00, 4.63, -0.050),
        ("stephan2007", 4.96, 5.18, 12.96, -0.063),
    ],
)
def test_impulse_response(name, peak_s, fwhm_s, undershoot_s, ratio):
    h = HEMODYNAMICS[name]
    times = np.arange(1, 4001) * 0.01
    signal = scalar_bold(lambda t: 1.0 if t < 0.1 else 0.0, h, times, breaks=(0.1,))
    top = signal.argmax()
    above = times[signal >= signal[top] / 2]
    low = top + signal[top:].argmin()
    assert times[top] == pytest.approx(peak_s, abs=0.02)
    assert above[-1] - above[0] == pytest.approx(fwhm_s, abs=0.02)
    assert times[low] == pytest.approx(undershoot_s, abs=0.02)
    assert signal[low] / signal[top] == pytest.approx(ratio, abs=0.001)


@pytest.mark.parametrize("name", HEMODYNAMICS)
def test_drift_and_bold_equal_the_written_out_equations(name):
    h = HEMODYNAMICS[name]
    rng = np.random.default_rng(1)
    s, f, v, q = rng.normal(0, 0.2, 9), *rng.uniform(0.6, 1.8, (3, 9))
    activity = rng.uniform(0, 0.5, 9)
    ds, df, dv, dq = drift((s, f, v, q), activity, h)
    np.testing.assert_allclose(ds, activity - h.kappa * s - h.gamma * (f - 1), rtol=1e-13)
    np.testing.assert_array_equal(df, s)
    np.testing.assert_allclose(h.tau * dv, f - v ** (1 / h.alpha), rtol=1e-12, atol=1e-13)
    oxygen = f * (1 - (1 - h.rho) ** (1 / f)) / h.rho
    np.testing.assert_allclose(
        h.tau * dq, oxygen - q * v ** (1 / h.alpha - 1), rtol=1e-12, atol=1e-13
    )
    want = h.v0 * (h.k1 * (1 - q) + h.k2 * (1 - q / v) + h.k3 * (1 - v))
    np.testing.assert_allclose(bold((s, f, v, q), h), want, rtol=1e-12, atol=1e-16)


def test_constants_are_the_published_ones():
    classic, legacy = HEMODYNAMICS["friston2003"], HEMODYNAMICS["deco_legacy"]
    assert classic[:6] == (0.65, 0.41, 0.98, 0.32, 0.34, 0.02)
    assert classic[6:9] == pytest.approx((2.38, 2.0, 0.48))
    assert legacy[:2] == pytest.approx((1 / 0.65, 1 / 0.41))
    assert legacy[2:9] == classic[2:9]
    stephan = HEMODYNAMICS["stephan2007"]
    # k1 = 4.3 theta0 E0 TE, k2 = eps r0 E0 TE, k3 = 1 - eps
    assert stephan[6:9] == pytest.approx((4.3 * 40.3 * 0.4 * 0.04, 0.34 * 25 * 0.4 * 0.04, 0.66))


@pytest.mark.parametrize("name", HEMODYNAMICS)
@pytest.mark.parametrize("activity", [0.0, 0.02, 0.16, 0.6])
def test_steady_state_is_steady(name, activity):
    h = HEMODYNAMICS[name]
    y = steady(np.array([activity]), h)
    assert np.abs(np.array(drift(y, np.array([activity]), h))).max() < 1e-13
    # and it is where the nonlinear model ends
    late = scalar_bold(lambda t: activity, h, np.array([100.0, 120.0]))
    np.testing.assert_allclose(late, bold(y, h)[0], atol=1e-8)
    if activity == 0.0:
        assert np.array(y)[:, 0] == pytest.approx(REST, abs=1e-15)
        assert bold(y, h)[0] == pytest.approx(0.0, abs=1e-15)


@pytest.mark.parametrize("name", HEMODYNAMICS)
def test_linear_response_at_rest_is_the_slope_of_the_steady_state(name):
    h, a = HEMODYNAMICS[name], 1e-5
    slope = (bold(steady(a, h), h) - bold(steady(-a, h), h)) / (2 * a)
    gain = linear_response(0.0, h)
    assert gain.imag == 0.0
    assert float(gain.real) == pytest.approx(slope, rel=1e-7)


@pytest.mark.parametrize("name", HEMODYNAMICS)
@pytest.mark.parametrize("frequency_hz", [0.02, 0.1, 0.25])
def test_linear_response_is_that_of_small_sinusoids(name, frequency_hz):
    h, size = HEMODYNAMICS[name], 1e-4
    omega = 2 * np.pi * frequency_hz
    settle = np.ceil(60.0 * frequency_hz) / frequency_hz
    times = settle + np.arange(1, 101) / 100 / frequency_hz  # one whole period
    signal = scalar_bold(lambda t: size * np.sin(omega * t), h, times)
    measured = 2 * np.mean(signal * np.exp(-1j * omega * times)) * 1j / size
    assert measured == pytest.approx(complex(linear_response(omega, h)), rel=2e-3)


def test_linear_response_takes_an_array_of_frequencies():
    h = HEMODYNAMICS["friston2003"]
    omegas = np.array([0.1, 0.5, 1.0])
    each = [complex(linear_response(w, h)) for w in omegas]
    np.testing.assert_array_equal(linear_response(omegas, h), each)
    # a low-pass: what is above 0.25 Hz hardly reaches the scanner
    assert abs(linear_response(2 * np.pi * 0.5, h)) < 0.02 * abs(linear_response(0.2, h))
