"""Inhibition corrected by simulation holds the rates that noise had moved."""

import jax
import numpy as np
import pytest

from netmod.dynamics.fic import balance, refine_by_simulation
from netmod.dynamics.noise import scan_key
from netmod.dynamics.parameters import make_parameters, stack
from netmod.dynamics.simulate import Scan, simulate
from netmod.models import MODELS

MODEL = MODELS["reduced_wong_wang"]
LANES, N = 2, 5
SCAN = Scan(duration_s=40.0, warmup_s=6.0, dt_ms=2.0)


@pytest.fixture(scope="module")
def noisy():
    rng = np.random.default_rng(5)
    C = rng.random((N, N)) * (1 - np.eye(N)) / N
    targets = np.tile(np.linspace(2.6, 3.6, N), (LANES, 1))
    with jax.enable_x64(True):
        p = make_parameters(MODEL, np.stack([C, 0.2 * C]), {"noise_sd": 0.316})
        J, state = balance(p, targets[0])
    networks = stack([p.replace(J=np.asarray(J))] * LANES)
    start = tuple(np.tile(np.asarray(s), (LANES, 1)) for s in state)
    keys = np.stack([scan_key(3, str(k), "fic") for k in range(LANES)])
    return networks, start, targets, keys


def test_refinement_meets_its_targets(noisy):
    networks, start, targets, keys = noisy
    found = refine_by_simulation(MODEL, networks, start, targets, keys, scan=SCAN)
    assert found.error_hz[0] > 0.4  # the published noise moves the rates
    assert found.error_hz[-1] < 0.02
    rate = simulate(MODEL, networks.replace(J=found.J), start, keys, SCAN).rate_hz
    assert rate == pytest.approx(targets, abs=0.03)
    # and on noise that it has not seen, within what 40 s of noise allow
    other = np.stack([scan_key(4, str(k), "other") for k in range(LANES)])
    rate = simulate(MODEL, networks.replace(J=found.J), start, other, SCAN).rate_hz
    assert abs(rate - targets).max() < 0.4


def test_without_noise_nothing_is_left_to_correct(noisy):
    networks, start, targets, keys = noisy
    quiet = networks.replace(noise_sd=np.full((LANES, N), 1e-4))
    found = refine_by_simulation(MODEL, quiet, start, targets, keys, scan=SCAN, rounds=2)
    assert pytest.approx(networks.values["J"], rel=1e-4) == found.J
