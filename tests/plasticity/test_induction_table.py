"""The table of a session against direct evaluation."""

from dataclasses import replace

import numpy as np
import pytest

from netmod.plasticity.induction import (
    HIPPOCAMPUS,
    INTACT,
    CalciumRule,
    Factors,
    induction_of,
    outcome_of,
)
from netmod.plasticity.pulses import PulseTrain

ONE = PulseTrain(1.0, 900)
TEN = PulseTrain(10.0, 900, 4.0, 26.0)
ITBS = PulseTrain(5.0, 600, 2.0, 8.0, burst=3)
CTBS = PulseTrain(5.0, 600, burst=3)


@pytest.mark.parametrize("train", [ONE, TEN, ITBS, CTBS], ids=["1 Hz", "10 Hz", "iTBS", "cTBS"])
def test_interpolation_is_close_to_direct_evaluation(train):
    rng = np.random.default_rng(11)
    threshold, shift = rng.uniform(0.7, 1.4, 400), rng.uniform(0.0, 0.25, 400)
    table = induction_of(train)
    direct = outcome_of(train, threshold=threshold, trkb_shift=shift)
    for found, exact, span in (
        (table.change(threshold, shift), direct.change, 1.87),
        (table.rho(threshold, shift), direct.rho, 1.0),
        (table.up_s(threshold, shift), direct.up_s, direct.up_s.max()),
    ):
        error = np.abs(found - exact) / span
        assert np.sqrt(np.mean(error**2)) < 0.003
        assert error.max() < 0.025


def test_the_table_is_exact_at_its_nodes():
    table = induction_of(ITBS)
    node = float(np.exp(table.columns[20])), float(HIPPOCAMPUS.theta_p - np.exp(table.rows[10]))
    exact = outcome_of(ITBS, threshold=node[0], trkb_shift=node[1])
    assert table.change(*node) == pytest.approx(float(exact.change), abs=1e-10)
    assert table.rho(*node) == pytest.approx(float(exact.rho), abs=1e-10)
    assert table.up_s(*node) == pytest.approx(float(exact.up_s), abs=1e-9)


def test_the_factors_of_the_table_combine_with_those_asked_for():
    factors = Factors(threshold=1.05, trkb_shift=0.05, intensity=1.2)
    table = induction_of(ITBS, 0.9, factors)
    whole = Factors(threshold=1.05 * 0.93, trkb_shift=0.05 + 0.11, intensity=1.08)
    exact = outcome_of(ITBS, whole)
    assert table.change(0.93, 0.11) == pytest.approx(float(exact.change), abs=2e-3)
    assert table.up_s(0.93, 0.11) == pytest.approx(float(exact.up_s), rel=5e-3)


@pytest.mark.parametrize(
    "rule",
    [
        replace(HIPPOCAMPUS, theta_d=HIPPOCAMPUS.theta_p, theta_p=HIPPOCAMPUS.theta_d),
        replace(HIPPOCAMPUS, theta_d=0.9, theta_p=1.1),
    ],
)
def test_other_thresholds_and_shifts_to_their_floor_are_tabulated_too(rule):
    table = induction_of(ITBS, rule=rule)
    for state in ((0.7, 0.0), (1.03, 0.08), (1.4, 0.25)):
        exact = outcome_of(ITBS, INTACT, rule, *state)
        assert table.change(*state) == pytest.approx(float(exact.change), abs=3e-3)


def test_states_broadcast_and_are_clipped():
    table = induction_of(TEN)
    values = table.change(np.array([[0.9], [1.0], [1.1]]), np.array([0.0, 0.1]))
    assert values.shape == (3, 2)
    assert values[1, 0] == pytest.approx(table.change())
    assert table.change(0.2, -1.0) == table.change(0.7, 0.0)
    assert table.up_s(3.0, 9.0) == table.up_s(1.4, 0.25)


def test_no_field_changes_exactly_nothing():
    table = induction_of(ITBS, 0.0)
    threshold = np.linspace(0.7, 1.4, 57)
    assert np.all(table.change(threshold, 0.1) == 0.0)
    assert np.all(table.rho(threshold, 0.1) == 0.5)
    assert np.all(table.up_s(threshold, 0.1) == 0.0)


def test_a_threshold_just_out_of_reach_changes_exactly_nothing():
    """Between two nodes of which one is reached, interpolation alone would not give 0."""
    table = induction_of(ONE)
    assert table.change(table.peak - 1e-3) < 0.0
    assert table.change(table.peak + 1e-6) == 0.0
    assert table.rho(table.peak + 1e-6) == 0.5


def test_a_second_call_gives_the_same_read_only_table():
    assert induction_of(ITBS, 0.8) is induction_of(ITBS, 0.8, Factors(), CalciumRule())
    with pytest.raises(ValueError, match="read-only"):
        induction_of(ITBS, 0.8).outcome.change[0, 0] = 1.0
