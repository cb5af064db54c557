"""The slow layer: bounds, people, order of events, steps, exact terms."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netmod.plasticity import slow
from netmod.plasticity.environment import ENVIRONMENTS, PATTERNS
from netmod.plasticity.events import Dose, Session, Shock, Surroundings
from netmod.plasticity.gates import GATES
from netmod.plasticity.pharmacology import DRUGS, Occupancies
from netmod.plasticity.pulses import PulseTrain
from netmod.plasticity.state import STATES, People

WEEK = 168.0
TRAINS = (
    PulseTrain(10.0, 400, 4.0, 26.0), PulseTrain(1.0, 200), PulseTrain(5.0, 120, 2.0, 8.0, burst=3),
)  # fmt: skip
ALL = (*STATES, "bound", "lessons", "learned", "turnover", "efficacy", "volume")
SLOW = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def heard(people, size=5, seed=2, scale=0.5):
    rng = np.random.default_rng(seed)
    shape = people.stress.size, size
    return {name: tuple(rng.uniform(-scale, scale, shape) for _ in range(3)) for name in PATTERNS}


def value(state, name):
    found = getattr(state, name)
    return np.zeros(1) if found is None else found


def close(a, b, rtol=1e-11, atol=1e-14):
    return all(np.allclose(value(a, n), value(b, n), rtol=rtol, atol=atol) for n in ALL)


hours = st.floats(0, 400).map(lambda h: round(h, 2))
events = st.lists(
    st.one_of(
        st.builds(Session, hours, st.sampled_from(TRAINS), st.sampled_from(["left", "right"]),
                  st.sampled_from([0.25, 1.0, 1.4])),
        st.builds(Shock, hours, st.just("bitemporal")),
        st.builds(Dose, hours, st.sampled_from(sorted(DRUGS)), st.floats(0.0, 4.0)),
        st.builds(Surroundings, hours, st.floats(0.1, 50.0), st.sampled_from(sorted(PATTERNS)),
                  st.floats(0.0, 5.0)),
    ),
    max_size=15,
)  # fmt: skip
gates = st.fixed_dictionaries(
    {}, optional={name: st.sampled_from([0.5, 1.0] if name == "threshold" else [0.0, 0.5, 1.0])
                  for name in GATES}
)  # fmt: skip


# bounds


@given(events, gates, st.floats(0.3, 3.0), st.floats(0.3, 2.0), st.floats(0.0, 1.8),
       st.sampled_from(sorted(ENVIRONMENTS)), st.floats(0.2, 3.0))  # fmt: skip
@SLOW
def test_every_state_keeps_its_bounds(
    lab, constants, plan, gate, clearance, induction, stress, around, activity
):
    people = People(np.array([clearance, 1.0]), np.array([induction, 1.0]),
                    np.array([stress, 1.0]), (1, 2))  # fmt: skip
    offer = constants["recruited"] * people.induction[:, None] * 1.32
    for state in lab.follow(
        plan, [10.0, 100.5, 401.0, 700.0], people, gates=gate, environment=around,
        activity=activity, answers=heard(people, scale=3.0), power=2.0,
    ):  # fmt: skip
        for name in ALL:
            assert np.isfinite(value(state, name)).all(), name
        for name in ("early", "late", "bound"):
            assert (np.abs(getattr(state, name)) <= offer + 1e-12).all(), name
        assert np.abs(value(state, "learned")).max() <= constants["learning_max"]
        for name in ("bdnf", "trkb", "vegf", "rise", "neurons", "glia", "vessels", "stress"):
            assert (getattr(state, name) >= 0).all(), name
        for name in ("mtor", "maturity", "autoreceptor", "tone", "occupancy_2a", "occupancy_nmda"):
            assert ((getattr(state, name) >= 0) & (getattr(state, name) <= 1)).all(), name
        assert ((state.brake > 0) & (state.brake <= 1)).all()
        assert (state.neurogenesis > 0).all()
        assert (state.atrophy <= 0).all()
        highest = 1 + constants["spine_max"] + constants["spine_stress"] * people.stress.max()
        assert ((state.spines > 0) & (state.spines <= highest)).all()
        assert ((state.threshold > 0.5) & (state.threshold < 2)).all()


# people and order


@given(events, st.sampled_from(sorted(ENVIRONMENTS)), st.booleans())
@SLOW
def test_subjects_together_equal_subjects_alone(lab, three, plan, around, alike):
    # a dose is forgotten by all at once, a millionth of it left in the slowest of the group
    accuracy = {"rtol": 1e-11, "atol": 1e-14} if alike else {"rtol": 1e-5, "atol": 1e-6}
    if alike:
        three = replace(three, clearance=np.full(3, 1.1))
    answers = heard(three)
    together = lab.follow(plan, [2.0, 200.0], three, answers=answers, environment=around)
    for k in range(3):
        one = slice(k, k + 1)
        alone = lab.follow(
            plan, [2.0, 200.0],
            People(three.clearance[one], three.induction[one], three.stress[one],
                   three.seeds[one]),
            answers={name: tuple(x[one] for x in found) for name, found in answers.items()},
            environment=around,
        )  # fmt: skip
        for a, b in zip(together, alone, strict=True):
            assert close(a.of(k), b, **accuracy)


@given(events, st.randoms(use_true_random=False))
@SLOW
def test_events_may_come_in_any_order(lab, one, plan, random):
    # two at one time, too, if they are at different places
    plan = list({(e.time_h, getattr(e, "place", "")): e for e in plan}.values())
    shuffled = random.sample(plan, len(plan))
    a, b = (lab.follow(p, [401.0], one, answers=heard(one))[0] for p in (plan, shuffled))
    assert close(a, b)


def test_sessions_at_one_time_may_come_in_any_order(lab, one):
    plan = [Session(0.0, TRAINS[0], "left"), Session(0.0, TRAINS[0], "right"),
            Shock(0.0, "bitemporal")]  # fmt: skip
    a, b = (lab.follow(p, [30.0], one)[0] for p in (plan, plan[::-1]))
    assert all(np.array_equal(value(a, n), value(b, n)) for n in ALL)


# steps

COURSES = {
    "rtms_10hz": {"sessions": 10, "pulses": 400},
    "saint": {"sessions": 20, "pulses": 180},
    "ect_bl": {"sessions": 6},
    "psilocybin": {"gap_d": 7.0},
    "dmt": {},
    "ssri": {"weeks": 3.0},
    "therapy": {"sessions": 3},
}
NODES = [0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 24.0, 48.0, 96.0, WEEK, 2 * WEEK, 3 * WEEK, 6 * WEEK]
SMALL = {"mtor": 1e-4}
"""Errors that are too small to matter beside a range of 1; without one, 1 % of the change counts,
or a millionth of the unit."""


@pytest.mark.parametrize("name", COURSES)
def test_finer_steps_change_no_read_out_by_more_than_1_percent(name, lab, three):
    found = {
        refine: lab.follow(
            lab.schedule(name, **COURSES[name]), NODES, three, answers=heard(three), refine=refine
        )
        for refine in (1, 2, 4)
    }
    for read_out in ALL:
        a, b, c = ([value(s, read_out) for s in found[r]] for r in (1, 2, 4))
        if not a[0].size:
            continue
        moved = max(np.abs(x - c[0]).max() for x in c)
        allowed = 0.01 * moved + SMALL.get(read_out, 1e-6)
        for other in (b, c):
            error = max(np.abs(x - y).max() for x, y in zip(a, other, strict=True))
            assert error <= allowed, read_out


def test_steps_are_of_second_order(lab, three):
    """Halving the step takes the error to about a quarter."""
    plan = [
        Dose(0.0, "psilocybin", 0.5), Dose(0.0, "escitalopram"), Shock(24.0, "bitemporal"),
        Session(48.0, TRAINS[0], "left"),
    ]  # fmt: skip
    found = {
        refine: lab.follow(plan, [4.0, 72.0, WEEK], three, refine=refine) for refine in (2, 4, 8)
    }
    for read_out in ("trkb", "mtor", "spines", "brake", "late", "autoreceptor", "neurogenesis"):
        a, b, c = (np.stack([value(s, read_out) for s in found[r]]) for r in (2, 4, 8))
        ratio = np.linalg.norm(a - b) / np.linalg.norm(b - c)
        assert 3.2 < ratio < 5.0, read_out


# exact terms


@pytest.fixture
def bathed(monkeypatch):
    """Make every drug a constant occupancy."""

    def constant(**held):
        class Bath:
            def __init__(self, doses, clearance, block, route):
                self._n = clearance.size

            def at(self, times_h):
                return Occupancies(**{
                    name: np.full((np.size(times_h), self._n), held.get(name, 0.0))
                    for name in ("ht2a", "sert", "nmda", "trkb")
                })  # fmt: skip

        monkeypatch.setattr(slow, "Exposure", Bath)

    return constant


NO_DOSE = [Dose(0.0, "escitalopram", 0.0)]


def test_autoreceptors_desensitise_as_their_equation_says(bathed, lab, one, constants):
    bathed(sert=0.8)
    days = np.array([1.0, 7.0, 14.0, 60.0])
    states = lab.follow(NO_DOSE, 24.0 * days, one)
    expected = 0.8 * (1 - np.exp(-days / constants["tau_autoreceptor_d"]))
    assert [s.autoreceptor[0] for s in states] == pytest.approx(expected, rel=1e-12)
    share = constants["serotonin_early_share"]
    tone = 0.8 * (share + (1 - share) * expected)
    assert [s.tone[0] for s in states] == pytest.approx(tone, rel=1e-12)


def test_trkb_and_the_brake_under_constant_binding(bathed, lab, healthy, constants):
    bathed(trkb=0.5)
    times = np.array([1.0, 10.0, 48.0, 1344.0])
    states = lab.follow(NO_DOSE, times, healthy)
    tau = constants["tau_trkb_h"]
    trkb = 0.5 * constants["trkb_drug"] * tau * (1 - np.exp(-times / tau))
    assert [s.trkb[0, 0] for s in states] == pytest.approx(trkb, rel=1e-12)
    aim = 1 / (1 + constants["tau_brake_d"] * constants["brake_per_d"] * trkb[-1])
    assert states[-1].brake[0, 0] == pytest.approx(aim, rel=1e-3)
    cubed = trkb[-1] ** 3
    assert states[-1].mtor[0, 0] == pytest.approx(
        cubed / (cubed + constants["trkb_mtor"] ** 3), rel=1e-6
    )


def test_what_a_seizure_releases_decays_exponentially(lab, healthy, constants):
    """In the healthy, whose stress cannot move BDNF."""
    times = np.array([1.0, 24.0, 240.0])
    states = lab.follow([Shock(0.0, "bitemporal")], times, healthy)
    c = constants
    for read_out, first, tau_h in (
        ("bdnf", c["bdnf_seizure"], c["tau_bdnf_h"]),
        ("vegf", c["vegf_seizure"], c["tau_vegf_h"]),
        ("rise", c["seizure_inhibition"], 24 * c["tau_seizure_inhibition_d"]),
    ):
        found = [value(s, read_out)[0, 0] - (read_out == "bdnf") for s in states]
        assert found == pytest.approx(first * np.exp(-times / tau_h), rel=1e-9), read_out
    edges = [s.turnover for s in states]
    decay = np.exp(-239.0 / (24 * c["tau_turnover_d"]))
    assert edges[2] == pytest.approx(edges[0] * decay, rel=1e-9)
    between = edges[0][0][np.triu_indices(5, 1)]
    assert 0.3 < between.std() / c["turnover_seizure"] < 2.0
    # vessels: dV/dt = a G - V / tau_V
    fast, late = 1 / c["tau_vegf_h"], 1 / (24 * c["tau_volume_d"])
    vessels = c["angiogenesis_per_d"] / 24 * (np.exp(-late * times) - np.exp(-fast * times))
    assert [s.vessels[0, 0] for s in states] == pytest.approx(vessels / (fast - late), rel=1e-3)


def test_release_stops_at_saturation(lab, healthy, constants):
    shocks = [Shock(0.001 * k, "bitemporal") for k in range(6)]
    states = lab.follow(shocks, [0.0005, 0.0065], healthy, power=0.5)
    assert states[0].bdnf[0, 0] - 1 == pytest.approx(0.5 * constants["bdnf_seizure"], rel=1e-3)
    assert 0.85 < (states[1].bdnf[0, 0] - 1) / constants["bdnf_saturation"] < 1


def test_late_efficacy_decays_exponentially_once_early_is_gone(lab, one, constants):
    a, b = lab.follow([Session(0.0, TRAINS[0], "left")], [72.0, 2472.0], one)
    decay = np.exp(-2400.0 / (24.0 * constants["tau_late_d"]))
    assert b.late[0, 0, :3] == pytest.approx(a.late[0, 0, :3] * decay, rel=1e-9)


def test_with_stress_off_what_it_took_comes_back_exponentially(lab, one, constants):
    days = np.array([0.0, 7.0, 120.0])
    states = lab.follow([], 24.0 * days, one, gates={"stress": 0.0})
    c = constants
    atrophy = -c["volume_stress"] * np.exp(-days / c["tau_volume_d"])
    assert [s.atrophy[0, 4] for s in states] == pytest.approx(atrophy, rel=1e-12)
    bdnf = 1 - c["bdnf_stress"] * np.exp(-24.0 * days / c["tau_bdnf_h"])
    assert [s.bdnf[0, 0] for s in states] == pytest.approx(bdnf, rel=1e-12)
    first = 1 - c["neurogenesis_stress"] * np.exp(-days / c["tau_neurogenesis_d"])
    assert [s.neurogenesis[0, 0] for s in states] == pytest.approx(first, rel=1e-12)
