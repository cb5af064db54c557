"""HRF kernels against densities, nilearn and analytic cases of the convolution."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from netmod.errors import ConfigError, DataError
from netmod.observe.hrf import RESPONSES, convolve, hrf_kernel

NAMES = tuple(RESPONSES)
# nilearn 0.14.1, t_r = 1, oversampling = 1: first eight samples, which sum to 1 with the others
NILEARN = {
    "glover": [0.0, 3.517579020598222e-11, 0.004498217296553861, 0.06655306655468617,
               0.20416249424895166, 0.3249497723529712, 0.35669592724920085, 0.30140066256796705],
    "canonical": [0.0, 3.4920266433775576e-10, 0.004867918142763625, 0.051408668808228426,
                  0.13552632975791384, 0.20081669360640236, 0.21656685502126133,
                  0.19074691646166936],
}  # fmt: skip


def density(t, shape, scale):
    return t ** (shape - 1) * math.exp(-t / scale) / (math.gamma(shape) * scale**shape)


def response(name, t):
    h = RESPONSES[name]
    return density(t, h.peak_shape, h.peak_scale_s) - h.ratio * density(
        t, h.undershoot_shape, h.undershoot_scale_s
    )


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dt_s", [0.5, 2.0, 0.72])
def test_averages_equal_quadrature(name, dt_s):
    kernel = hrf_kernel(name, dt_s)
    areas = [
        quad(lambda t: response(name, t), k * dt_s, (k + 1) * dt_s, epsabs=1e-13)[0]
        for k in range(kernel.size)
    ]
    np.testing.assert_allclose(kernel * dt_s, np.array(areas) / sum(areas), atol=1e-12)
    assert kernel.sum() * dt_s == pytest.approx(1.0, rel=1e-14)


@pytest.mark.parametrize(
    ("name", "peak_s", "trough_s", "ratio"),
    [("glover", 5.006, 12.27, -0.2617), ("canonical", 4.999, 15.75, -0.0891)],
)
def test_peak_and_undershoot(name, peak_s, trough_s, ratio):
    dt_s = 0.001
    kernel = hrf_kernel(name, dt_s)
    time_s = (np.arange(kernel.size) + 0.5) * dt_s
    assert time_s[kernel.argmax()] == pytest.approx(peak_s, abs=0.002)
    assert time_s[kernel.argmin()] == pytest.approx(trough_s, abs=0.01)
    assert kernel.min() / kernel.max() == pytest.approx(ratio, abs=1e-4)
    # gone at the end
    assert abs(kernel[-1]) < 1e-3 * kernel.max()


def at_nilearns_samples(name, count, dt_s):
    """Return our response where nilearn samples it: a stretched grid, and one step late."""
    fine = hrf_kernel(name, 0.001)
    where = np.linspace(0.0, 32.0, count) - dt_s
    sampled = np.interp(where, (np.arange(fine.size) + 0.5) * 0.001, fine, left=0.0)
    return sampled / sampled.sum()


@pytest.mark.parametrize("name", NAMES)
def test_frozen_values_of_nilearn(name):
    got = at_nilearns_samples(name, 32, 1.0)[:8]
    np.testing.assert_allclose(got, NILEARN[name], atol=2e-7)


@pytest.mark.slow  # importing nilearn takes longer than all the rest
@pytest.mark.parametrize("name", NAMES)
def test_nilearn_itself(name):
    from nilearn.glm.first_level import glover_hrf, spm_hrf

    theirs = {"glover": glover_hrf, "canonical": spm_hrf}[name](0.1, oversampling=1)
    got = at_nilearns_samples(name, theirs.size, 0.1)
    np.testing.assert_allclose(got, theirs, atol=1e-6 * theirs.max())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("factor", [1, 4])
def test_an_impulse_gives_the_kernel(name, factor):
    dt_s = 0.25
    kernel = hrf_kernel(name, dt_s)
    activity = np.zeros((200, 2))
    activity[0, 1] = 1 / dt_s
    got = convolve(activity, dt_s, factor * dt_s, kernel)
    expected = np.zeros(200)
    expected[: kernel.size] = kernel
    # bold at the end of step m has seen the kernel up to m - 1
    np.testing.assert_allclose(got[:, 1], expected[factor - 1 :: factor], rtol=1e-14)
    assert not got[:, 0].any()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 5))
def test_equals_numpys_convolution_and_is_linear(seed, factor):
    rng = np.random.default_rng(seed)
    x, y = rng.standard_normal((2, 90, 3))
    a, b = rng.normal(size=2)
    kernel = hrf_kernel("canonical", 0.8)
    got = convolve(x, 0.8, factor * 0.8, kernel)
    full = np.stack([np.convolve(column, kernel)[:90] * 0.8 for column in x.T], axis=1)
    np.testing.assert_allclose(got, full[factor - 1 :: factor], atol=1e-13)
    both = convolve(a * x + b * y, 0.8, factor * 0.8, kernel)
    other = convolve(y, 0.8, factor * 0.8, kernel)
    np.testing.assert_allclose(both, a * got + b * other, atol=1e-12)


def test_steady_activity_gives_as_much_bold_from_the_first_volume():
    rest = np.array([0.2, 0.0, -1.0])
    activity = np.broadcast_to(rest, (400, 3))
    kernel = hrf_kernel("glover", 0.1)
    got = convolve(activity, 0.1, 2.0, kernel, before=rest)
    np.testing.assert_allclose(got, np.broadcast_to(rest, (20, 3)), atol=1e-14)
    # from nothing it is there after the kernel's 32 s
    cold = convolve(activity, 0.1, 2.0, kernel)
    np.testing.assert_allclose(cold[15:], np.broadcast_to(rest, (5, 3)), atol=1e-13)
    assert abs(cold[0, 0]) < 0.05 * rest[0]


def test_coarser_steps_of_a_held_activity_give_the_same_bold():
    held = np.random.default_rng(0).standard_normal((60, 2))
    coarse = convolve(held, 1.0, 2.0, hrf_kernel("glover", 1.0))
    fine = convolve(np.repeat(held, 20, axis=0), 0.05, 2.0, hrf_kernel("glover", 0.05))
    np.testing.assert_allclose(coarse, fine, atol=1e-12)


def test_an_incomplete_volume_is_left_out():
    assert convolve(np.ones((19, 1)), 0.5, 2.0, hrf_kernel("glover", 0.5)).shape == (4, 1)


@pytest.mark.parametrize(
    ("make", "kind", "message"),
    [
        (lambda: hrf_kernel("glovr", 1.0), ConfigError,
         "no HRF 'glovr'\n  expected: glover, canonical\n  got: glovr\n"
         "  hint: did you mean 'glover'?"),
        (lambda: hrf_kernel("glover", math.nan), ConfigError,
         "hrf_kernel.dt_s: the step of an HRF is out of range\n"
         "  expected: above 0, at most 32 s\n  got: nan"),
        (lambda: convolve(np.ones((9, 2)), 0.3, 1.0, np.ones(3)), ConfigError,
         "tr_s must be a whole multiple of dt_s\n"
         "  expected: a multiple of 0.3 s\n  got: 1 s"),
        (lambda: convolve(np.ones((3, 2)), 0.5, 2.0, np.ones(3)), DataError,
         "convolve.activity: not an activity of at least one TR\n"
         "  expected: shape [time, region], 4 steps or more\n  got: shape [3, 2]"),
        (lambda: convolve(np.ones((3, 2)), 0.5, 0.5, np.ones((3, 1))), DataError,
         "convolve.kernel: not a kernel\n  expected: shape [lag]\n  got: shape [3, 1]"),
        (lambda: convolve(np.ones((3, 2)), 0.5, 0.5, np.ones(3), np.ones(3)), DataError,
         "convolve.before: activity before the start that does not fit\n"
         "  expected: one number, or shape [2]\n  got: shape [3]"),
    ],
)  # fmt: skip
def test_messages(make, kind, message):
    with pytest.raises(kind) as caught:
        make()
    assert str(caught.value) == message
