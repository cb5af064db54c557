"""Knock-outs of the slow layer: what each gate takes away, and what it leaves."""

import numpy as np
import pytest

from netmod.plasticity.events import Dose, Session, Shock
from netmod.plasticity.gates import GATES, combined
from netmod.plasticity.pulses import PulseTrain
from netmod.treatments import MODIFIERS

WEEK = 168.0
HIGH = PulseTrain(10.0, 400, 4.0, 26.0)
LOW = PulseTrain(1.0, 200)


def sessions(hours, train=HIGH):
    return [Session(h, train, "left") for h in hours]


def gates_of(*modifiers):
    return combined(MODIFIERS[name].factors for name in modifiers)


@pytest.fixture(scope="module")
def knocked(lab, one):
    """Return states of an arm with and without modifiers."""

    def call(plan, times_h, *modifiers, **options):
        plan = lab.schedule(plan) if isinstance(plan, str) else plan
        return [
            lab.follow(plan, times_h, one, gates=gates, **options)
            for gates in ({}, gates_of(*modifiers))
        ]

    return call


DAILY = sessions([0.0, 24.0, 48.0, 72.0])
SHOCKS = [Shock(h, "bitemporal") for h in (0.0, 48.0, 96.0, 168.0, 216.0)]
PSILOCYBIN = [Dose(0.0, "psilocybin")]
SSRI = [Dose(24.0 * k, "escitalopram") for k in range(56)]


def test_bdnf_block_after_the_session_keeps_early_and_loses_late(knocked):
    free, blocked = knocked(DAILY, [1.0, WEEK], "bdnf_block_late")
    assert np.array_equal(blocked[0].early, free[0].early)
    assert free[0].early.max() > 0.05
    assert free[1].late.max() > 0.01
    assert not blocked[1].late.any()


def test_bdnf_block_during_the_session_stops_potentiation(knocked):
    free, blocked = knocked(DAILY, [1.0, WEEK], "bdnf_block")
    assert free[0].early.max() > 0.05
    assert blocked[0].early.max() <= 0.0
    assert not blocked[1].late.any()


@pytest.mark.parametrize("train", [HIGH, LOW], ids=["10 Hz", "1 Hz"])
def test_half_blocked_nmda_stops_induction_of_either_sign(train, knocked):
    free, blocked = knocked(sessions([0.0, 24.0], train), [1.0, WEEK], "nmda_block")
    assert np.abs(free[0].early).max() > 0.02
    for state in blocked:
        assert not state.efficacy.any()


def test_a_trkb_agonist_turns_depression_into_potentiation_and_needs_the_session(knocked):
    free, helped = knocked(sessions([0.0], LOW), [1.0], "trkb_agonist")
    assert free[0].early[0, 0, 0] < -0.02
    assert helped[0].early[0, 0, 0] > 0.02
    alone = knocked([], [1.0, WEEK], "trkb_agonist")[1]
    assert not alone[1].efficacy.any()
    assert (alone[1].brake < 1).all()


def test_priming_slides_the_threshold(knocked):
    plan = sessions([0.0])
    free, low = knocked(plan, [0.1], "prime_low")
    high = knocked(plan, [0.1], "prime_high")[1]
    early = [s[0].early[0, 0, 0] for s in (high, free, low)]
    assert early[0] < 0 < early[1] < early[2]


def test_anaesthesia_takes_the_potentiation_by_high_frequency(knocked):
    free, asleep = knocked(sessions([0.0]), [0.1], "anaesthesia")
    assert free[0].early[0, 0, 0] > 0.05
    assert asleep[0].early[0, 0, 0] <= 0.0


@pytest.mark.parametrize(
    ("plan", "time_h"), [(PSILOCYBIN, 48.0), (DAILY, 96.0), (SHOCKS, 240.0), (SSRI, 1344.0)],
    ids=["psilocybin", "rtms", "ect", "ssri"],
)  # fmt: skip
def test_trkb_block_stops_spines_and_the_brake_by_any_route(plan, time_h, knocked):
    (free,), (blocked,) = knocked(plan, [time_h], "trkb_block")
    assert free.brake.min() < 0.99
    assert free.mtor.max() > 0
    assert not blocked.trkb.any()
    assert (blocked.brake == 1.0).all()
    assert not blocked.mtor.any()
    assert blocked.spines[0, 0] < free.spines[0, 0]


def test_mtor_block_stops_spines_alone(knocked):
    (free,), (blocked,) = knocked(PSILOCYBIN, [48.0], "mtor_block")
    assert free.spines.min() > 1.05
    assert (blocked.spines == 1.0).all()
    assert np.array_equal(blocked.trkb, free.trkb)
    assert np.array_equal(blocked.brake, free.brake)


def test_without_vegf_volume_grows_less_and_bdnf_is_the_same(knocked):
    (free,), (blocked,) = knocked(SHOCKS, [240.0], "vegf_off")
    (part,) = knocked(SHOCKS, [240.0], "vegf_rs699947")[1]
    assert np.array_equal(blocked.bdnf, free.bdnf)
    assert np.array_equal(blocked.glia, free.glia)
    assert not blocked.vegf.any()
    assert not blocked.vessels.any()
    assert (blocked.volume < part.volume).all()
    assert (part.volume < free.volume).all()
    assert part.vessels == pytest.approx(0.7 * free.vessels)


def test_a_locked_brake_stays_closed(knocked):
    (free,), (locked,) = knocked(PSILOCYBIN, [24.0], "pv_locked")
    assert free.brake.max() < 0.5
    assert (locked.brake == 1.0).all()
    assert np.array_equal(locked.trkb, free.trkb)
    assert np.array_equal(locked.spines, free.spines)


def test_the_open_brake_speeds_up_consolidation_and_a_locked_one_does_not(knocked, constants):
    constants["trkb_threshold"] = 0.0  # TrkB would help induction, and so release BDNF
    late = {}
    for name, plan in (("alone", []), ("after", PSILOCYBIN)):
        found = knocked([*plan, *sessions([30.0])], [60.0], "pv_locked", constants=constants)
        late[name] = [s[0].late[0, 0, 0] / s[0].bound[0, 0, 0] for s in found]
    assert late["after"][0] > 1.4 * late["alone"][0] > 0
    assert late["after"][1] == pytest.approx(late["alone"][1], rel=0.005)


@pytest.mark.parametrize("plan", [SSRI, SHOCKS], ids=["ssri", "ect"])
def test_without_inflow_the_chain_stays_at_rest(plan, knocked):
    (start, free), (first, off) = knocked(plan, [0.0, 1344.0], "chain_off")
    assert (free.neurogenesis > start.neurogenesis * 1.001).all()
    assert np.array_equal(off.neurogenesis, first.neurogenesis)
    assert off.stress.tolist() == [1.0]
    assert not off.neurons.any()
    assert free.neurons[0, 4] > 0
    assert free.stress[0] < 1.0


def test_each_serotonin_receptor_carries_its_part_of_the_chain(knocked):
    (start, free), (_, no_1a) = knocked(SSRI, [0.0, 1344.0], "ht1a_block")
    (_, no_4) = knocked(SSRI, [0.0, 1344.0], "ht4_block")[1]
    (_, none) = knocked(SSRI, [0.0, 1344.0], "ht1a_block", "ht4_block")[1]
    n = {k: s.neurogenesis[0] for k, s in
         {"rest": start, "free": free, "1a": no_1a, "4": no_4, "none": none}.items()}  # fmt: skip
    assert n["rest"][3] < n["1a"][3] < n["free"][3]
    assert n["rest"][3] < n["4"][3] < n["free"][3]
    # proliferation is 5-HT1A's, save what less stress gives back
    assert n["1a"][0] - n["rest"][0] < 0.3 * (n["free"][0] - n["rest"][0])
    # without 5-HT4 the later stages only follow the first
    assert (np.diff(n["4"]) < 0).all()
    assert np.array_equal(n["none"], n["rest"])


def test_without_stress_the_hippocampus_recovers(knocked):
    (start, free), (_, off) = knocked([], [0.0, 26 * WEEK], "stress_off", extra_h=[WEEK])
    assert free.volume[0, 4] == start.volume[0, 4] < 0
    assert 0.6 * start.volume[0, 4] < start.volume[0, 4] * 0.3 < off.volume[0, 4] < 0.001
    assert off.bdnf.min() > start.bdnf.max()
    assert off.spines.min() > 1.0
    assert off.neurogenesis.min() > start.neurogenesis.max()


def test_a_frozen_threshold_stays_at_1(knocked):
    (free,), (frozen,) = knocked(DAILY, [72.1], "bcm_frozen", activity=1.3)
    assert free.threshold.min() > 1.02
    assert free.threshold[0, 0] > free.threshold[0, 3]
    assert (frozen.threshold == 1.0).all()


def test_ketanserin_empties_the_receptor_and_what_it_leaves_hangs_on_the_route(lab, one):
    """Ketanserin an hour before psilocybin."""
    given = [Dose(-1.0, "ketanserin"), *PSILOCYBIN]
    found = {}
    for route in ("trkb", "both", "intracellular_5ht2a"):
        for name, plan in (("free", PSILOCYBIN), ("blocked", given)):
            found[route, name] = lab.follow(plan, [2.0, 48.0], one, route=route)
    assert found["trkb", "free"][0].occupancy_2a > 0.6
    assert found["trkb", "blocked"][0].occupancy_2a < 0.05
    gain = {key: (states[1].spines - 1.0).min() for key, states in found.items()}
    assert gain["trkb", "blocked"] == pytest.approx(gain["trkb", "free"], rel=1e-3)
    assert gain["trkb", "free"] > 0.05
    assert gain["intracellular_5ht2a", "blocked"] < 0.01 < gain["intracellular_5ht2a", "free"]
    assert gain["intracellular_5ht2a", "blocked"] < gain["both", "blocked"] < gain["trkb", "free"]


def test_a_genotype_releases_less_bdnf(knocked):
    (free,), (less,) = knocked(sessions([0.0]), [0.5], "bdnf_val66met")
    released = [s.bdnf[0, 0] - 0.8 for s in (less, free)]
    assert released[0] == pytest.approx(0.7 * released[1], rel=1e-6)


def test_what_the_study_does_with_its_own_gates_is_not_done_here(knocked, lab):
    (free,), (off,) = knocked(lab.mixed, [100.0], "j_frozen", "ei_frozen", activity=1.2)
    assert lab.equal(off, free)


@pytest.mark.parametrize("name", sorted(set(GATES) - {"homeostasis", "ei"}))
def test_every_gate_of_the_slow_layer_changes_something(name, lab, one):
    value = 0.9 if name == "threshold" else 1.0 - GATES[name].neutral
    plan = [e for e in lab.mixed if not isinstance(e, Dose) or e.drug != "ketanserin"]
    free, turned = (
        lab.follow(plan, [26.0, 100.0], one, gates=gates, activity=1.2)
        for gates in ({}, {name: value})
    )
    assert not all(lab.equal(a, b) for a, b in zip(free, turned, strict=True))
