"""Coloured noise in the simulation: its variance and its white limit, whatever the step."""

import numpy as np
import pytest

from netmod.dynamics.noise import scan_key
from netmod.dynamics.parameters import make_parameters, stack
from netmod.dynamics.record import record
from netmod.models import MODELS

OU = MODELS["ornstein_uhlenbeck"]
LANES, N = 8, 40


def simulated(noise_tau, dt_ms=1.0, tau=0.05, sd=1.3, seconds=20.0):
    values = {"tau": tau, "noise_sd": sd, "noise_tau": noise_tau}
    p = make_parameters(OU, np.zeros((N, N)), values)
    keys = np.stack([scan_key(3, str(k), "colour") for k in range(LANES)])
    got = record(
        OU, stack([p] * LANES), (np.zeros((LANES, N)),), keys, duration_s=seconds, dt_ms=dt_ms,
        every_ms=20.0,
    )  # fmt: skip
    return got["x"][:, 50:]  # twenty time constants after the start


@pytest.mark.parametrize("noise_tau", [0.0, 2e-4, 1e-3, 5e-3, 0.05, 0.2])
def test_variance_is_the_analytic_one(noise_tau):
    tau, sd = 0.05, 1.3
    x = simulated(noise_tau)
    each = (x**2).mean(axis=1).ravel()  # every region of every lane runs by itself
    want = sd**2 * tau**2 / (2 * (tau + noise_tau))
    assert abs(each.mean() - want) < 4 * each.std() / np.sqrt(each.size) + 2e-3 * want


def test_white_noise_is_the_limit():
    white, nearly = simulated(0.0, seconds=4.0), simulated(1e-9, seconds=4.0)
    # they differ by sd sqrt(noise_tau), 4e-5
    np.testing.assert_allclose(nearly, white, atol=2e-3 * white.std())
    assert np.corrcoef(simulated(0.05, seconds=4.0).ravel(), white.ravel())[0, 1] < 0.95
