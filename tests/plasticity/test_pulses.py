"""Trains of pulses: counts and times to the pulse, jitter, and what is refused."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netmod.errors import ConfigError
from netmod.plasticity.pulses import PulseTrain

ITBS = PulseTrain(5.0, 600, 2.0, 8.0, burst=3)
CTBS = PulseTrain(5.0, 600, burst=3)
TEN = PulseTrain(10.0, 3000, 4.0, 26.0)


def test_itbs_has_twenty_trains_of_ten_bursts_of_three():
    times = ITBS.times_s()
    assert times.shape == (600,)
    assert (ITBS.trains, ITBS.bursts_a_train) == (20, 10)
    cube = times.reshape(20, 10, 3)
    assert cube[:, 0, 0] == pytest.approx(10.0 * np.arange(20))
    assert np.diff(cube[:, :, 0], axis=1) == pytest.approx(0.2)
    assert np.diff(cube, axis=2) == pytest.approx(0.02)
    assert ITBS.duration_s == pytest.approx(190.0 + 1.8 + 0.04)


def test_ctbs_runs_for_forty_seconds_without_a_pause():
    times = CTBS.times_s()
    assert (times.size, CTBS.trains, CTBS.bursts_a_train) == (600, 1, 200)
    assert np.diff(times[::3]) == pytest.approx(0.2)
    assert CTBS.duration_s == pytest.approx(39.8 + 0.04)


def test_ten_hz_has_forty_pulses_a_train_every_thirty_seconds():
    times = TEN.times_s()
    assert (times.size, TEN.trains, TEN.bursts_a_train) == (3000, 75, 40)
    block = times.reshape(75, 40)
    assert block[:, 0] == pytest.approx(30.0 * np.arange(75))
    assert block - block[:, :1] == pytest.approx(np.tile(np.arange(40) / 10.0, (75, 1)))


def test_one_hz_is_a_pulse_a_second():
    assert PulseTrain(1.0, 1200).times_s() == pytest.approx(np.arange(1200.0))


def test_the_last_train_may_be_shorter():
    train = PulseTrain(10.0, 100, 4.0, 26.0)
    assert (train.times_s().size, train.trains) == (100, 3)
    assert train.duration_s == pytest.approx(60.0 + 1.9)


@given(
    st.floats(0.1, 50.0), st.integers(1, 300), st.floats(0.05, 10.0), st.floats(0.0, 30.0)
)  # fmt: skip
def test_single_pulses_keep_count_order_and_rate(rate_hz, pulses, train_s, pause_s):
    try:
        train = PulseTrain(rate_hz, pulses, train_s, pause_s)
    except ConfigError as error:
        assert "runs into the next" in str(error)
        return
    times = train.times_s()
    assert times.size == pulses
    assert times[0] == 0.0
    gaps = np.diff(times)
    assert np.all(gaps > 0.0)
    within = np.arange(1, pulses) % train.bursts_a_train != 0
    assert gaps[within] == pytest.approx(1.0 / rate_hz, rel=1e-6)


def test_jitter_follows_its_seed_and_size():
    exact = PulseTrain(1.0, 2000)
    noisy = replace(exact, jitter_s=0.01, seed=4)
    assert np.array_equal(noisy.times_s(), noisy.times_s())
    assert not np.array_equal(noisy.times_s(), replace(noisy, seed=5).times_s())
    shift = noisy.times_s() - exact.times_s()
    # SD of 2000 draws: standard error 0.00016
    assert shift.std() == pytest.approx(0.01, abs=6e-4)
    wild = replace(exact, jitter_s=2.0).times_s()
    assert np.all(np.diff(wild) >= 0.0) and wild[0] >= 0.0


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"rate_hz": 0.0}, "rate_hz"),
        ({"rate_hz": -1.0}, "rate_hz"),
        ({"rate_hz": math.nan}, "rate_hz"),
        ({"rate_hz": math.inf}, "rate_hz"),
        ({"pulses": 0}, "pulses"),
        ({"pulses": 2.5}, "pulses"),
        ({"pulses": True}, "pulses"),
        ({"burst": 0}, "burst"),
        ({"burst_hz": 0.0}, "burst_hz"),
        ({"train_s": 0.0}, "train_s"),
        ({"train_s": math.nan}, "train_s"),
        ({"pause_s": -1.0}, "pause_s"),
        ({"pause_s": math.inf}, "pause_s"),
        ({"jitter_s": -0.1}, "jitter_s"),
        ({"seed": -1}, "seed"),
    ],
)
def test_nonsense_is_refused_by_name(wrong, where):
    with pytest.raises(ConfigError, match=rf"PulseTrain\.{where}:"):
        PulseTrain(**{"rate_hz": 10.0, "pulses": 100, **wrong})


def test_bursts_and_trains_may_not_overlap():
    with pytest.raises(ConfigError, match="before the next one begins"):
        PulseTrain(20.0, 600, burst=4, burst_hz=50.0)
    with pytest.raises(ConfigError, match="runs into the next train"):
        PulseTrain(5.0, 60, 0.21, 0.0, burst=3, burst_hz=50.0)
    # one train has no next one
    assert PulseTrain(5.0, 6, 0.21, 0.0, burst=3).trains == 1
