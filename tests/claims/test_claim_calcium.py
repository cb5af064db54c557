"""The laboratory of the calcium rule: draws, arms and their gates, states of the site."""

import numpy as np
import pytest

from netmod.claims.calcium import SPREAD, VARIED, CalciumLab, draw_rules
from netmod.claims.robustness import RULE, _rule_changes, _scaled
from netmod.claims.schema import load_ledger
from netmod.errors import DataError
from netmod.plasticity import PARAMETERS
from netmod.plasticity.induction import HIPPOCAMPUS, Factors, synaptic_change
from netmod.plasticity.pulses import PulseTrain
from netmod.scenario.arm_list import resolve_arms

CONSTANTS = {name: parameter.default for name, parameter in PARAMETERS.items()}
ARMS = {
    "ten": {"treatment": "rtms_10hz", "parameters": {"sessions": 1, "pulses": 400}},
    "ten_nmda": {
        "treatment": "rtms_10hz", "modifiers": ["nmda_block"],
        "parameters": {"sessions": 1, "pulses": 400},
    },
    "one": {"treatment": "rtms_1hz", "parameters": {"sessions": 1, "pulses": 200}},
    "one_agonist": {
        "treatment": "rtms_1hz", "modifiers": ["trkb_agonist"],
        "parameters": {"sessions": 1, "pulses": 200},
    },
    "agonist": {"modifiers": ["trkb_agonist"]},
    "primed": {
        "treatment": "rtms_10hz", "modifiers": ["prime_high"],
        "parameters": {"sessions": 1, "pulses": 400},
    },
}  # fmt: skip
TEN, ONE = PulseTrain(10.0, 400, 4.0, 26.0), PulseTrain(1.0, 200)


@pytest.fixture(scope="module")
def lab():
    arms = {arm.name: arm for arm in resolve_arms(ARMS)}
    return CalciumLab(arms, draw_rules(3, 7), CONSTANTS)


def test_draws_are_seeded_and_the_first_do_not_depend_on_their_number():
    assert draw_rules(2, 7) == draw_rules(5, 7)[:2]
    assert draw_rules(2, 7) != draw_rules(2, 8)


def test_draws_scatter_around_the_published_constants():
    drawn = draw_rules(400, 1)
    for name in VARIED:
        log = np.log([getattr(rule, name) / getattr(HIPPOCAMPUS, name) for rule in drawn])
        assert log.std() == pytest.approx(SPREAD, rel=0.15)
        assert abs(log.mean()) < 4 * SPREAD / 20
    assert {rule.theta_d for rule in drawn} == {HIPPOCAMPUS.theta_d}


def test_an_arms_change_is_that_of_its_session_under_its_gates(lab):
    expected = [synaptic_change(TEN, rule=rule) for rule in lab.rules]
    assert lab.change("ten") == pytest.approx(expected)
    assert (lab.change("ten_nmda") == 0).all()
    high = [synaptic_change(TEN, Factors(threshold=1.1), rule) for rule in lab.rules]
    assert lab.change("primed") == pytest.approx(high)
    shifted = Factors(trkb_shift=CONSTANTS["trkb_threshold"])
    helped = [synaptic_change(ONE, shifted, rule) for rule in lab.rules]
    assert lab.change("one_agonist") == pytest.approx(helped)
    assert (lab.change("agonist") == 0).all()


def test_options_replace_constants_factors_and_pulses(lab):
    frozen = [synaptic_change(TEN, rule=rule.frozen()) for rule in lab.rules]
    assert lab.change("ten", rule={"k": 0.0}) == pytest.approx(frozen)
    assert (lab.change("ten", factors={"intensity": 0.1}) == 0).all()
    slow = [synaptic_change(PulseTrain(5.0, 400, 4.0, 26.0), rule=rule) for rule in lab.rules]
    assert lab.change("ten", train={"rate_hz": 5.0}) == pytest.approx(slow)


def test_the_site_follows_the_slow_layer_with_each_draw(lab):
    early = lab.state("ten", "early", 1.0)
    decayed = np.exp(-1.0 / CONSTANTS["tau_early_h"]) * CONSTANTS["recruited"]
    # the table of a session is interpolated
    assert early == pytest.approx(decayed * lab.change("ten"), abs=0.003)
    assert (lab.state("ten", "threshold", 0.0) == 1.0).all()
    assert lab.state("ten", "released", 1.0)[0] > 0
    assert (lab.state("ten", "released", 1.0, {"post": 0.0}) == 0).all()
    assert (lab.state("agonist", "early", 1.0) == 0).all()


def test_an_unknown_arm_is_refused(lab):
    with pytest.raises(DataError, match="no arm 'nine'"):
        lab.change("nine")


def test_robustness_changes_every_chosen_constant_of_the_mechanism_both_ways():
    row = load_ledger(["R1"]).rows[0]
    found = list(_rule_changes(row))
    assert {name for name, _ in found} == {*RULE, "trkb_threshold"}
    assert ("k", 2.5) in found and ("k", 10.0) in found
    # doubled it would leave its range: it stops at the end
    assert sorted(value for name, value in found if name == "trkb_threshold") == [0.1, 0.25]
    names = {name for name, _ in _rule_changes(load_ledger(["R4"]).rows[0])}
    assert {"consolidation_per_h", "bdnf_session"} <= names
    assert "tau_early_h" not in names  # recalled, not chosen


def test_a_scaled_draw_keeps_its_own_deviation():
    rule = draw_rules(1, 3)[0]
    assert _scaled(rule, "k", 10.0).k == pytest.approx(2.0 * rule.k)
