"""Compounds made as controls: each is a drug with one property of another, by parts."""

import numpy as np
import pytest

from netmod.plasticity.events import Dose
from netmod.plasticity.pharmacology import COMPOUNDS, CONTROL_COMPOUNDS, DRUGS, Exposure
from netmod.treatments import MODIFIERS

HOURS = np.linspace(0.02, 60.0, 400)
ONE = np.ones(1)
PARTS = {name: (name.split("_")[0], name.split("_")[1], name.split("_")[-1])
         for name in CONTROL_COMPOUNDS}  # fmt: skip
TIMED = [name for name, (_, part, _) in PARTS.items() if part == "kinetics"]
BOUND = [name for name, (_, part, _) in PARTS.items() if part == "trkb"]


def at(name, hours=HOURS, **options):
    return Exposure([Dose(0.0, name)], ONE, **options).at(hours)


def acute_h(name):
    """Hours at or above half of the peak of 5-HT2A occupancy."""
    held = at(name, np.linspace(0.001, 40.0, 40_001)).ht2a[:, 0]
    return 0.001 * (held >= 0.5 * held.max()).sum()


def test_there_are_three_exchanges_each_both_ways():
    assert len(TIMED) == 4 and len(BOUND) == 2
    pairs = {(own, part, other) for own, part, other in PARTS.values()}
    assert pairs == {(other, part, own) for own, part, other in pairs}
    exchanged = [dict(m.drugs) for m in MODIFIERS.values() if m.drugs]
    assert sorted(c for drugs in exchanged for c in drugs.values()) == sorted(CONTROL_COMPOUNDS)
    for drugs in exchanged:
        # what one gets of the other, the other gets of the one
        assert {(PARTS[c][0], PARTS[c][2]) for c in drugs.values()} == {
            (drug, other) for drug in drugs for other in drugs if other != drug
        }
        assert all(PARTS[compound][0] == drug for drug, compound in drugs.items())


def test_no_compound_hides_a_drug():
    assert set(COMPOUNDS) == set(DRUGS) | set(CONTROL_COMPOUNDS)
    assert not set(DRUGS) & set(CONTROL_COMPOUNDS)
    assert all(COMPOUNDS[name] is drug for name, drug in DRUGS.items())


@pytest.mark.parametrize("name", sorted(CONTROL_COMPOUNDS))
def test_one_property_is_another_s_and_the_rest_its_own(name):
    own, part, other = PARTS[name]
    made, drug, source = CONTROL_COMPOUNDS[name], DRUGS[own], DRUGS[other]
    assert made.peak_nm == drug.peak_nm
    assert made.psychedelic == drug.psychedelic
    assert set(made.binding) == set(drug.binding)
    kinetics = source if part == "kinetics" else drug
    assert (made.uptake, made.elimination_h) == (kinetics.uptake, kinetics.elimination_h)
    for receptor, binding in made.binding.items():
        taken = part == "trkb" and receptor == "TrkB"
        assert binding == (source if taken else drug).binding[receptor]
    assert own in made.source and other in made.source


@pytest.mark.parametrize("name", TIMED)
def test_kinetics_are_the_other_s_and_occupancy_at_a_level_its_own(name):
    own, _, other = PARTS[name]
    clearance = np.array([0.6, 1.0, 1.8])
    level, as_other = (
        Exposure([Dose(0.0, drug)], clearance).concentration(drug, HOURS) for drug in (name, other)
    )
    assert np.array_equal(level, as_other)
    peak_nm = DRUGS[own].peak_nm
    held, bound = (DRUGS[own].binding[r].ec50_nm for r in ("5-HT2A", "TrkB"))
    found = Exposure([Dose(0.0, name)], clearance).at(HOURS)
    assert found.ht2a == pytest.approx(peak_nm * level / (peak_nm * level + held))
    assert found.trkb == pytest.approx(peak_nm * level / (peak_nm * level + bound))


def test_exchanged_kinetics_turn_the_order_of_durations_round():
    for one, sign in (("lsd", 1.0), ("dmt", -1.0)):
        as_psilocybin, as_one = f"{one}_kinetics_of_psilocybin", f"psilocybin_kinetics_of_{one}"
        assert sign * (acute_h(one) - acute_h("psilocybin")) > 1.0
        assert sign * (acute_h(as_psilocybin) - acute_h(as_one)) < -1.0


@pytest.mark.parametrize("name", BOUND)
def test_an_affinity_is_the_other_s_and_everything_else_stays(name):
    own, _, other = PARTS[name]
    found, plain = at(name), at(own)
    assert np.array_equal(found.ht2a, plain.ht2a)
    assert np.array_equal(found.sert, plain.sert)
    nm = DRUGS[own].peak_nm * DRUGS[own].concentration(HOURS)
    ec50_nm = DRUGS[other].binding["TrkB"].ec50_nm
    assert found.trkb[:, 0] == pytest.approx(nm / (nm + ec50_nm))


def test_the_route_concerns_a_compound_as_its_own_drug():
    for name, (own, _, _) in PARTS.items():
        both = [at(name, route=route).trkb for route in ("trkb", "intracellular_5ht2a")]
        assert np.array_equal(*both) == (not DRUGS[own].psychedelic)


def test_ketanserin_competes_with_a_compound_too():
    alone = at("psilocybin_kinetics_of_lsd")
    doses = [Dose(-1.0, "ketanserin"), Dose(0.0, "psilocybin_kinetics_of_lsd")]
    both = Exposure(doses, ONE).at(HOURS)
    assert both.ht2a.max() < 0.1 * alone.ht2a.max()
    assert np.array_equal(both.trkb, alone.trkb)


def test_exchanged_affinities_turn_growth_of_spines_round(lab):
    """Row P3 in the slow layer: what grows spines goes with the affinity, not with the drug."""

    def grown(drug):
        (state,) = lab.follow([Dose(0.0, drug)], [24.0])
        return float(state.spines.mean() - 1.0)

    psilocybin, ssri = grown("psilocybin"), grown("escitalopram")
    assert psilocybin > 20.0 * abs(ssri)
    assert grown("escitalopram_trkb_of_psilocybin") > 0.2 * psilocybin
    assert abs(grown("psilocybin_trkb_of_escitalopram")) < 0.05 * psilocybin
