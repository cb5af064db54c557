"""Kuramoto oscillators: locking of two, and the transition of a large Lorentzian network."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netmod.models.coupling import COUPLINGS
from netmod.models.kuramoto import Kuramoto

K = Kuramoto()
SINE = COUPLINGS["sine"]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_network_drift_equals_the_scalar_sum_over_pairs(seed):
    rng = np.random.default_rng(seed)
    n = 4
    theta, u = rng.uniform(-math.pi, math.pi, n), rng.normal(0, 2, n)
    C, frequency = rng.random((n, n)), rng.uniform(0, 20, n)
    G, lag = rng.uniform(0, 5), rng.uniform(-1, 1)
    p = K.defaults() | {"G": G, "frequency_hz": frequency, "coupling_lag": lag}
    with jax.enable_x64(True):
        x = jnp.asarray(theta)
        sums = [jnp.asarray(C) @ s for s in SINE.send(x, p)]
        (got,) = K.drift((x,), p, (SINE.receive(sums, x, C.sum(1), p),), u)
    for i in range(n):
        pairs = [C[i, j] * math.sin(theta[j] - theta[i] - lag) for j in range(n)]
        want = 2 * math.pi * frequency[i] + G * math.fsum(pairs) + u[i]
        assert float(got[i]) == pytest.approx(want, rel=1e-12, abs=1e-12)


def _integrate(frequency_hz, weights, start, dt, steps, keep, G):
    """Phases of a network by RK4, one row every ``keep`` steps; weights None: mean field."""
    p = K.defaults() | {"G": G, "frequency_hz": jnp.asarray(frequency_hz)}

    def drift(x):
        sent = SINE.send(x, p)
        sums = [jnp.mean(s) if weights is None else weights @ s for s in sent]
        return K.drift((x,), p, (SINE.receive(sums, x, 1.0, p),))[0]

    def step(x, _):
        a = drift(x)
        b = drift(x + dt / 2 * a)
        c = drift(x + dt / 2 * b)
        x = x + dt / 6 * (a + 2 * b + 2 * c + drift(x + dt * c))
        return K.clip((x,))[0], None

    def block(x, _):
        x, _ = jax.lax.scan(step, x, length=keep)
        return x, x

    run = jax.jit(lambda x: jax.lax.scan(block, x, length=steps // keep)[1])
    return np.asarray(run(jnp.asarray(start)))


@pytest.mark.parametrize("ratio", [0.3, 0.9, 0.999, 1.05, 1.5])
def test_two_oscillators_lock_up_to_twice_the_coupling(ratio):
    G = 2.0
    difference = ratio * 2 * G  # rad/s
    with jax.enable_x64(True):
        weights = jnp.array([[0.0, 1.0], [1.0, 0.0]])
        frequency = np.array([10.0, 10.0 + difference / (2 * math.pi)])
        theta = _integrate(frequency, weights, [0.0, 0.1], 5e-3, 20_000, 20, G)
    gap = np.unwrap(theta[:, 1] - theta[:, 0])
    if ratio < 1:
        assert gap[-1] == pytest.approx(math.asin(ratio), abs=1e-6)
    else:  # the gap grows at the mean rate sqrt(dw^2 - 4 G^2)
        rate = (gap[-1] - gap[0]) / 99.9
        assert rate == pytest.approx(math.sqrt(difference**2 - 4 * G**2), rel=0.02)


@pytest.mark.parametrize("G", [1.0, 2.5, 4.0])
def test_lorentzian_network_orders_above_twice_its_half_width(G):
    # row 13 of the published values: K_c = 2 gamma, r = sqrt(1 - K_c / K), here with gamma = 1
    n, gamma = 2000, 1.0
    omega = gamma * np.tan(np.pi * ((np.arange(n) + 0.5) / n - 0.5))  # quantiles: no chance
    start = 2 * np.pi * ((np.arange(n) * (math.sqrt(5) - 1) / 2) % 1.0) - np.pi
    start = 0.2 * start if G > 2 else start
    with jax.enable_x64(True):
        theta = _integrate(omega / (2 * math.pi), None, start, 0.05, 1000, 5, G)
    r = np.abs(np.exp(1j * theta).mean(axis=1))[-100:].mean()
    want = math.sqrt(max(0.0, 1 - 2 * gamma / G))
    # below the transition 1/sqrt(N) is left
    assert r == pytest.approx(want, abs=0.01 if want else 1 / math.sqrt(n) * 3)


def test_phase_is_wrapped_and_left_alone_inside():
    inside = np.float32([-math.pi + 1e-6, -1.0, 0.0, 1.0, 3.1415])
    with jax.enable_x64(False):
        np.testing.assert_array_equal(K.clip((jnp.asarray(inside),))[0], inside)
    rng = np.random.default_rng(0)
    x = rng.uniform(-1e3, 1e3, 1000)
    with jax.enable_x64(True):
        wrapped = np.asarray(K.clip((jnp.asarray(x),))[0])
    assert (wrapped >= -math.pi).all() and (wrapped < math.pi).all()
    np.testing.assert_allclose(np.exp(1j * wrapped), np.exp(1j * x), atol=1e-10)
    with jax.enable_x64(True):
        np.testing.assert_allclose(K.signal("sin_theta", (jnp.asarray(x),), {}), np.sin(x))


def test_step_is_limited_by_the_natural_frequency():
    assert K.time_constants(K.defaults()) == {"radian": pytest.approx(1 / (20 * math.pi))}
    assert K.time_constants(K.defaults(frequency_hz=0.0)) == {"radian": 1000.0}
