"""The Ornstein-Uhlenbeck model against closed forms: decay, variance, covariance of a pair."""

import math

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

from netmod.models.ornstein_uhlenbeck import OrnsteinUhlenbeck

OU = OrnsteinUhlenbeck()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_drift_equals_the_scalar_equation(seed):
    rng = np.random.default_rng(seed)
    x, to_x, u = rng.normal(0, 3, (3, 5))
    tau, G = rng.uniform(0.1, 5, (2, 5))
    with jax.enable_x64(True):
        (got,) = OU.drift((x,), OU.defaults() | {"tau": tau, "G": G}, (to_x,), u)
    for i in range(5):
        want = math.fsum([-x[i] / tau[i], G[i] * to_x[i], u[i]])
        assert float(got[i]) == pytest.approx(want, rel=1e-12, abs=1e-12)


def _jacobian(C, **values):
    """Columns of the linear drift of a network, by unit states."""
    p = OU.defaults(**values)
    n = len(C)
    return np.stack([OU.drift((e,), p, (C @ e,))[0] for e in np.eye(n)], axis=1)


def test_isolated_region_decays_exponentially():
    A = _jacobian(np.zeros((1, 1)), tau=0.25)
    assert float(expm(0.4 * A)[0, 0]) == pytest.approx(math.exp(-1.6), rel=1e-12)
    assert OU.leak({"tau": 0.25}) == (4.0,)
    assert OU.time_constants(OU.defaults(tau=0.25)) == {"tau": 0.25}


def test_stationary_variance_of_a_region_and_of_a_pair():
    # Euler-Maruyama's second moment, iterated exactly: no random numbers
    def covariance(C, dt=1e-4, **values):
        p = OU.defaults(**values)
        step = np.eye(len(C)) + dt * _jacobian(C, **values)
        moment, increment = np.zeros_like(C), np.eye(len(C)) * p["noise_sd"] ** 2 * dt
        for _ in range(26):  # doubling: 2**26 steps
            moment, increment = moment + 0, increment + step @ increment @ step.T
            step = step @ step
        return increment

    single = covariance(np.zeros((1, 1)), tau=0.2, noise_sd=3.0)[0, 0]
    assert single == pytest.approx(3.0**2 * 0.2 / 2, rel=1e-3)
    # a symmetric pair: sum and difference relax at 1/tau -+ G
    C = np.array([[0.0, 1.0], [1.0, 0.0]])
    pair = covariance(C, tau=0.5, G=1.2, noise_sd=1.0)
    slow, fast = 1 / (2 * (2.0 - 1.2)), 1 / (2 * (2.0 + 1.2))
    assert pair[0, 0] == pytest.approx((slow + fast) / 2, rel=1e-3)
    assert pair[0, 1] == pytest.approx((slow - fast) / 2, rel=1e-3)
