"""The calcium-control rule: its curves, a plain integration, and its order of protocols."""

from math import exp

import numpy as np
import pytest

from netmod.plasticity.induction import CalciumRule, Factors
from netmod.plasticity.induction.calcium import contributions
from netmod.plasticity.induction.shouval import REST_WEIGHT, ShouvalRule, weight_after
from netmod.plasticity.pulses import PulseTrain

RULE = ShouvalRule()


def test_levels_and_rate_have_their_limits():
    low, middle, high = RULE.level(np.array([0.0, 0.45, 1.0]))
    assert low == pytest.approx(0.25, abs=1e-9)
    assert middle == pytest.approx(0.0, abs=1e-3)
    assert high == pytest.approx(1.0, abs=1e-9)
    assert 1.0 / RULE.rate(0.0) == pytest.approx(0.1 / 1e-5 + 1.0)
    assert RULE.rate(1.0) == pytest.approx(1.0 / (0.1 / 1.00001 + 1.0))


def test_the_weight_equals_a_plain_integration():
    train = PulseTrain(20.0, 20)
    times, sizes = contributions(train, CalciumRule())
    tau, step = CalciumRule().tau_calcium_s, 5e-5
    weight, calcium, arrived = REST_WEIGHT, 0.0, 0
    for n in range(round((times[-1] + 10 * tau) / step)):
        while arrived < times.size and times[arrived] <= n * step:
            calcium += sizes[arrived]
            arrived += 1
        level = calcium * RULE.unit
        weight += step * float(RULE.rate(level) * (RULE.level(level) - weight))
        calcium *= exp(-step / tau)
    assert weight != pytest.approx(REST_WEIGHT, abs=0.01)
    assert weight_after(train) == pytest.approx(weight, abs=1e-4)


def test_a_finer_step_changes_nothing():
    train = PulseTrain(20.0, 40, 2.0, 8.0)
    assert weight_after(train, step_s=2.5e-4) == pytest.approx(weight_after(train), abs=1e-4)


def test_low_rates_depress_and_high_rates_potentiate():
    assert weight_after(PulseTrain(1.0, 300)) < 0.6 * REST_WEIGHT
    assert weight_after(PulseTrain(20.0, 300, 2.0, 28.0)) > 1.5 * REST_WEIGHT
    # no calcium above either threshold: nothing but the drift, and at rest there is none
    assert weight_after(PulseTrain(1.0, 300), Factors(nmda=0.3)) == pytest.approx(0.25, abs=1e-3)
    assert weight_after(PulseTrain(1.0, 300), Factors(intensity=0.0)) == pytest.approx(0.25)
