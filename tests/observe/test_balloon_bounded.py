"""Inflow is bounded where volume and oxygen see it: no drive, however negative, gives NaN."""

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netmod.observe.balloon import HEMODYNAMICS, LEAST_INFLOW, bold, drift, steady


def course(activity, h, dt_s=0.01):
    """Integrate from rest by Heun's method."""
    y = (0.0, 1.0, 1.0, 1.0)
    states = []
    for a in activity:
        first = drift(y, a, h)
        second = drift(tuple(x + dt_s * k for x, k in zip(y, first, strict=True)), a, h)
        y = tuple(x + 0.5 * dt_s * (k + m) for x, k, m in zip(y, first, second, strict=True))
        states.append(y)
    return np.array(states, dtype=float)


@pytest.mark.parametrize("name", HEMODYNAMICS)
@pytest.mark.parametrize("depth", [1.5, 100.0])
def test_a_negative_drive_stays_finite_and_returns_to_rest(name, depth):
    h = HEMODYNAMICS[name]
    states = course([-depth * h.gamma] * 500 + [0.0] * 3000, h)
    _, f, v, q = states.T
    signal = bold(tuple(states.T), h)
    assert np.isfinite(states).all() and np.isfinite(signal).all()
    assert f.min() < LEAST_INFLOW  # or the test means nothing
    assert v.min() > 0.99 * LEAST_INFLOW**h.alpha and q.min() > 0
    assert abs(signal).max() < 1
    np.testing.assert_allclose(states[-1], (0.0, 1.0, 1.0, 1.0), atol=1e-3 * (1 + depth))


@settings(deadline=None, derandomize=True, max_examples=60)
@given(activity=st.floats(-100.0, 2.0), name=st.sampled_from(list(HEMODYNAMICS)))
def test_the_steady_state_is_one_for_every_drive(activity, name):
    h = HEMODYNAMICS[name]
    state = steady(activity, h)
    assert np.isfinite(bold(state, h))
    np.testing.assert_allclose(drift(state, activity, h), 0.0, atol=1e-12 * (1 + abs(activity)))


def test_below_the_bound_volume_and_oxygen_stand_still():
    h = HEMODYNAMICS["friston2003"]
    below, far = (np.array(steady(a, h)) for a in (-0.41 * 0.96, -0.41 * 9.0))
    np.testing.assert_array_equal(below[2:], far[2:])
    np.testing.assert_allclose(below[2], 0.05**0.32, rtol=1e-12)
    # but the inflow itself is a free oscillator: its restoring force keeps growing
    np.testing.assert_allclose((below[1], far[1]), (0.04, -8.0), rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_physical_range_keeps_its_bits(dtype):
    h = HEMODYNAMICS["friston2003"]
    rng = np.random.default_rng(8)
    s, f, v, q, a = rng.uniform(0.06, 3.0, (5, 500)).astype(dtype)
    outflow = v ** (1.0 / h.alpha)
    extraction = 1.0 - (1.0 - h.rho) ** (1.0 / f)
    unbounded = (
        a - h.kappa * s - h.gamma * (f - 1.0),
        s,
        (f - outflow) / h.tau,
        (f * extraction / h.rho - outflow * q / v) / h.tau,
    )
    for got, want in zip(drift((s, f, v, q), a, h), unbounded, strict=True):
        assert got.dtype == dtype
        np.testing.assert_array_equal(got, want)


def test_traced_arrays_are_bounded_alike_and_nan_stays_nan():
    h = HEMODYNAMICS["friston2003"]
    f = np.array([-3.0, 0.01, 0.05, 0.5, np.nan], dtype=np.float32)
    one = np.ones_like(f)
    want = drift((0 * one, f, one, one), 0 * one, h)
    got = drift(tuple(jnp.asarray(x) for x in (0 * one, f, one, one)), jnp.asarray(0 * one), h)
    assert all(np.isfinite(np.asarray(x)[:4]).all() for x in got)
    assert np.isnan(np.asarray(got[3])[4])
    for x, y in zip(got, want, strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-5, atol=1e-6)
