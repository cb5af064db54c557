"""BOLD of every model means something: its drive is of the size that the balloon expects."""

import numpy as np
import pytest

from netmod import Network
from netmod.dynamics.sweep import fitting_step
from netmod.models import MODELS
from netmod.observe.balloon import HEMODYNAMICS, bold, drift, steady

REGIONS = 5
UNIT = {"reduced_wong_wang", "reduced_wong_wang_single"}
"""Models whose observed gating is the drive itself."""

SHORT = dict.fromkeys(("epileptor", "larter_breakspear"), (3.0, 1.0))
"""Recorded time and warm-up, in s, of models whose steps are so small that 28 s take long."""


def network(model, **options):
    rng = np.random.default_rng(5)
    W = rng.uniform(0.0, 1.0, (REGIONS, REGIONS))
    np.fill_diagonal(W, 0.0)
    return Network(W / np.abs(np.linalg.eigvals(W)).max(), model, **options)


@pytest.mark.parametrize("name", MODELS)
def test_bold_is_finite_and_moves(name):
    duration_s, warmup_s = SHORT.get(name, (20.0, 8.0))
    scan = network(name).simulate(duration_s=duration_s, tr_s=0.5, warmup_s=warmup_s, seed=3)
    assert np.isfinite(scan.bold).all()
    spread = scan.bold.std(axis=0)
    rounding = np.finfo(np.float32).eps * abs(scan.bold.mean(axis=0))
    assert (spread > 100 * rounding).all()
    assert (spread > 2e-5).all() and (spread < 0.1).all()


@pytest.mark.parametrize("name", MODELS)
def test_the_drive_is_gain_times_distance_from_rest(name):
    model = MODELS[name]
    x = np.array([-1.3, 0.0, 0.7])
    want = [model.drive_gain * (v - model.drive_rest) for v in x.tolist()]
    np.testing.assert_array_equal(model.drive(x), want)
    assert model.drive(model.drive_rest) == 0.0
    assert model.drive_gain > 0


@pytest.mark.parametrize("name", sorted(UNIT))
def test_the_drive_of_gating_is_the_gating_itself(name):
    x = np.array([0.3])
    assert MODELS[name].drive(x) is x


def test_hand_value():
    # 0.1 per mV above 7.5 mV
    assert MODELS["jansen_rit"].drive(9.0) == pytest.approx(0.15, rel=1e-12)


@pytest.mark.parametrize("name", MODELS)
def test_the_working_point_is_near_rest(name):
    if name in UNIT:
        return
    model = MODELS[name]
    observed = model.signal(model.observed, model.start, model.defaults())
    assert abs(model.drive(float(observed))) < 0.3


@pytest.mark.parametrize("name", ["jansen_rit", "wilson_cowan"])
def test_bold_is_the_balloon_of_the_drive(name):
    """The same noise recorded, averaged over 10 ms, and put through a balloon of its own."""
    net = network(name)
    model, h = net.model, HEMODYNAMICS["friston2003"]
    steps = {"dt_ms": fitting_step([net]), "precision": "double", "seed": 2}
    scan = net.simulate(duration_s=2.0, tr_s=0.5, warmup_s=0.0, **steps)
    observed = net.record(duration_s=2.0, every_ms=10.0, average=True, **steps)[model.observed][0]
    start = float(model.signal(model.observed, model.start, model.defaults()))
    gain, rest = model.drive_gain, model.drive_rest
    y = steady(np.full(REGIONS, gain * (start - rest)), h)
    want = []
    for drive in gain * (observed - rest):
        first = drift(y, drive, h)
        second = drift(tuple(a + 0.01 * k for a, k in zip(y, first, strict=True)), drive, h)
        y = tuple(a + 0.005 * (k + m) for a, k, m in zip(y, first, second, strict=True))
        want.append(bold(y, h))
    np.testing.assert_allclose(scan.bold, np.array(want)[49::50], rtol=1e-8, atol=1e-12)


def test_the_linear_engine_scales_with_the_square_of_the_gain(monkeypatch):
    net = network("ornstein_uhlenbeck")
    base = net.solve().covariance / net.model.drive_gain**2
    monkeypatch.setattr(type(net.model), "drive_gain", 0.3)
    np.testing.assert_allclose(net.solve().covariance, 0.09 * base, rtol=1e-12)


def test_a_large_negative_drive_stays_finite():
    scan = network("ornstein_uhlenbeck", noise_sd=20.0).simulate(
        duration_s=10.0, tr_s=1.0, warmup_s=0.0
    )
    assert np.isfinite(scan.bold).all()
