"""Modifiers: which gates they turn, and how several combine."""

import math

import pytest

from netmod.atlas.targets import PUBLISHED
from netmod.errors import ConfigError
from netmod.plasticity.environment import ENVIRONMENTS
from netmod.plasticity.gates import GATES, combined
from netmod.plasticity.pharmacology import CONTROL_COMPOUNDS, DRUGS
from netmod.treatments import MODIFIERS

FACTORS = {
    "bdnf_block": {"potentiation": 0, "consolidation": 0, "bdnf_release": 0},
    "bdnf_block_late": {"consolidation": 0},
    "bdnf_val66met": {"bdnf_release": 0.7},
    "trkb_agonist": {"agonist": 1},
    "trkb_block": {"trkb_signal": 0},
    "mtor_block": {"mtor": 0},
    "nmda_block": {"nmda": 0.5},
    "anaesthesia": {"pre": 0.7, "post": 0.6},
    "prime_low": {"threshold": 0.9},
    "prime_high": {"threshold": 1.1},
    "vegf_off": {"vegf": 0},
    "vegf_rs699947": {"vegf": 0.7},
    "pv_locked": {"pv": 0},
    "ht1a_block": {"ht1a": 0},
    "ht4_block": {"ht4": 0},
    "chain_off": {"neurogenesis": 0},
    "stress_off": {"stress": 0},
    "bcm_frozen": {"bcm": 0},
    "j_frozen": {"homeostasis": 0},
    "ei_frozen": {"ei": 0},
}
EXCHANGED = {
    "trkb_affinity_exchanged": {"psilocybin", "escitalopram"},
    "kinetics_exchanged_lsd": {"psilocybin", "lsd"},
    "kinetics_exchanged_dmt": {"psilocybin", "dmt"},
}
TARGETS = {
    "target_fixed": "beam_f3",
    "target_group": "fox_2012",
    "target_individual": "individual",
    "target_random": "random_prefrontal",
    "target_vertex": "vertex",
    "target_motor": "motor_left",
}


def test_every_modifier_does_what_its_name_says():
    assert {m.name: dict(m.factors) for m in MODIFIERS.values() if m.factors} == FACTORS
    assert {m.name: m.target for m in MODIFIERS.values() if m.target} == TARGETS
    assert {m.name: m.environment for m in MODIFIERS.values() if m.environment} == {
        f"environment_{word}": word for word in ENVIRONMENTS
    }
    given = {m.name: m.dose for m in MODIFIERS.values() if m.dose}
    assert list(given) == ["ketanserin"]
    assert (given["ketanserin"].lead_h, given["ketanserin"].amount) == (1.0, 1.0)
    assert {m.name: set(m.drugs) for m in MODIFIERS.values() if m.drugs} == EXCHANGED
    named = FACTORS.keys() | TARGETS.keys() | EXCHANGED.keys() | given.keys()
    assert set(MODIFIERS) == named | {f"environment_{word}" for word in ENVIRONMENTS}


@pytest.mark.parametrize("name", sorted(MODIFIERS))
def test_a_modifier_changes_exactly_one_kind_of_thing(name):
    modifier = MODIFIERS[name]
    assert modifier.doc and modifier.source
    kinds = [modifier.factors, modifier.target, modifier.environment, modifier.dose]
    kinds += [modifier.drugs]
    assert sum(bool(kind) for kind in kinds) == 1
    assert all(GATES[gate].neutral != by for gate, by in modifier.factors.items())
    if modifier.dose:
        assert {modifier.dose.drug, *modifier.dose.before} <= set(DRUGS)
    assert set(modifier.drugs) <= set(DRUGS)
    assert set(modifier.drugs.values()) <= set(CONTROL_COMPOUNDS)


def test_published_places_are_known():
    assert {"beam_f3", "fox_2012"} <= set(PUBLISHED)


def test_the_psychedelics_are_those_that_activate_5ht2a():
    activating = {name for name, drug in DRUGS.items() if drug.psychedelic}
    assert set(MODIFIERS["ketanserin"].dose.before) == activating


# gates


def test_untouched_gates_are_neutral():
    assert combined([]) == {name: gate.neutral for name, gate in GATES.items()}
    assert {name for name, gate in GATES.items() if gate.neutral == 0.0} == {"agonist"}
    assert all(gate.neutral in (0.0, 1.0) and gate.doc for gate in GATES.values())


def test_factors_multiply_and_amounts_add():
    gates = combined(MODIFIERS[m].factors for m in ("nmda_block", "anaesthesia", "prime_low"))
    gates_twice = combined([{"nmda": 0.5, "agonist": 0.5}, {"nmda": 0.5, "agonist": 0.25}])
    assert (gates["nmda"], gates["pre"], gates["post"], gates["threshold"]) == (0.5, 0.7, 0.6, 0.9)
    assert (gates_twice["nmda"], gates_twice["agonist"]) == (0.25, 0.75)
    order = combined(MODIFIERS[m].factors for m in ("prime_low", "anaesthesia", "nmda_block"))
    assert all(math.isclose(order[name], value) for name, value in gates.items())


def test_an_unknown_gate_is_refused():
    with pytest.raises(ConfigError) as caught:
        combined([{"trkb_signl": 0.0}])
    assert caught.value.hint == "did you mean 'trkb_signal'?"
