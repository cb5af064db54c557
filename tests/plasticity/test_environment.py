"""Surroundings: where they drive, and what the network's own answers are made into."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.integrate import solve_ivp

from netmod.atlas import load_atlas
from netmod.plasticity.environment import ENVIRONMENTS, PATTERNS, STRESSING, learned, pattern_of
from netmod.plasticity.events import Dose, Surroundings
from netmod.treatments import MODIFIERS

WEEK = 168.0
N = 5
POSITIVE = np.array([[0.02, 0.01, 0.03, 0.005, 0.01]])
"""Answers so small that what is learned stays far from its bound."""
ANSWERS = {
    "task": (POSITIVE, POSITIVE, -POSITIVE),
    "threat": (-POSITIVE, POSITIVE * [1, -1, 1, -1, 1], POSITIVE),
}


# where

REGIONS = {"task": ("dlpfc_left", "dlpfc_right"), "threat": ("sgacc", "amygdala")}


@pytest.mark.parametrize("name", PATTERNS)
def test_a_pattern_drives_its_regions_alone(name):
    atlas = load_atlas("dk84")
    expected = sorted(i for target in REGIONS[name] for i in atlas.targets[target])
    found = pattern_of(atlas, name)
    assert np.flatnonzero(found).tolist() == expected
    assert set(found) == {0.0, 1.0}
    assert not pattern_of(replace(atlas, targets={}), name).any()


def test_every_environment_is_made_of_patterns_and_modifiers_name_each():
    assert set(STRESSING) == set(PATTERNS)
    assert all(set(drive) <= set(PATTERNS) for drive in ENVIRONMENTS.values())
    assert {m.environment for m in MODIFIERS.values() if m.environment} == set(ENVIRONMENTS)
    assert not ENVIRONMENTS["neutral"]


# the rule

small = st.floats(-1.0, 1.0)
vectors = arrays(float, N, elements=small)
doses = arrays(float, N, elements=st.floats(0.0, 50.0))
changes = arrays(float, (N, N), elements=st.floats(-0.5, 0.5))


@given(changes, vectors, vectors, doses)
@settings(max_examples=100, deadline=None)
def test_learning_keeps_its_bound_and_follows_the_sign_of_the_product(change, answer, sender, dose):
    after = learned(change, answer, sender, dose, 0.5)
    assert (np.abs(after) <= 0.5).all()
    push = (dose * answer)[:, None] * sender[None, :]
    moved = after - change
    assert (moved * np.sign(push) >= 0).all()
    assert (np.abs(moved) <= np.abs(push) * 2 + 1e-15).all()
    assert not moved[push == 0].any()


@given(changes, vectors, vectors, doses)
@settings(max_examples=100, deadline=None)
def test_learning_prefers_no_sign(change, answer, sender, dose):
    """The mirror image of an answer is learned as the mirror image: nothing pulls anywhere."""
    forth = learned(change, answer, sender, dose, 0.5)
    back = learned(-change, -answer, sender, dose, 0.5)
    assert np.array_equal(back, -forth)
    both = learned(change, -answer, -sender, dose, 0.5)
    assert np.array_equal(both, forth)


@given(changes, vectors, vectors, doses, st.floats(0.0, 1.0))
@settings(max_examples=100, deadline=None)
def test_two_parts_of_a_stretch_teach_what_the_whole_does(change, answer, sender, dose, share):
    whole = learned(change, answer, sender, dose, 0.5)
    half = learned(change, answer, sender, share * dose, 0.5)
    parts = learned(half, answer, sender, (1 - share) * dose, 0.5)
    assert parts == pytest.approx(whole, abs=1e-12)


@pytest.mark.parametrize(("start", "answer"), [(0.0, 0.4), (0.3, -0.6), (-0.2, 0.9)])
def test_learning_saturates_as_its_equation_says(start, answer):
    push, largest = 2.0 * answer * 0.7, 0.5
    room = {True: lambda m: 1 - m / largest, False: lambda m: 1 + m / largest}[push > 0]
    exact = solve_ivp(lambda _, m: push * room(m), (0, 1), [start], rtol=1e-10, atol=1e-12).y[0, -1]
    found = learned(
        np.array([[start]]), np.array([answer]), np.array([0.7]), np.array([2.0]), largest
    )
    assert found[0, 0] == pytest.approx(exact, rel=1e-8)


# in a course


def run(lab, events=(), times_h=(6 * WEEK,), answers=ANSWERS, **options):
    weekly = [WEEK * k for k in range(1, 1 + int(max(times_h) // WEEK))]
    return lab.follow(list(events), times_h, answers=answers, extra_h=weekly, **options)


def test_neutral_surroundings_without_a_drug_teach_nothing(lab):
    (state,) = run(lab)
    assert state.learned is None


def test_a_network_that_does_not_answer_learns_nothing(lab):
    (state,) = run(lab, answers=None, environment="supportive")
    assert not state.learned.any()


@pytest.mark.parametrize("name", ["supportive", "adverse"])
def test_an_environment_is_learned_by_the_sign_of_what_changes_together(name, lab, one):
    (state,) = run(lab, environment=name)
    (pattern,) = ENVIRONMENTS[name]
    sent, excited, inhibited = ANSWERS[pattern]
    for k, answer in enumerate((excited, inhibited)):
        expected = np.sign(answer[0][:, None] * sent[0][None, :])
        assert np.array_equal(np.sign(state.learned[0, k]), expected)
    assert np.abs(state.learned).max() > 1e-5


@pytest.mark.parametrize("name", ["supportive", "adverse"])
def test_an_open_brake_learns_faster_and_a_locked_one_does_not(name, lab, constants):
    drug = [Dose(0.0, "psilocybin")]
    size = {}
    for key, events, gates in (
        ("none", [], {}), ("drug", drug, {}),
        ("none, locked", [], {"pv": 0.0}), ("drug, locked", drug, {"pv": 0.0}),
    ):  # fmt: skip
        (state,) = run(lab, events, (WEEK,), gates=gates, environment=name)
        size[key] = np.abs(state.learned[0, 0, 0, 1])
    # fully open for the whole week would be 1 + gain times as fast
    fastest = 1.0 + constants["brake_gain"]
    assert 0.7 * fastest * size["none"] < size["drug"] < fastest * size["none"]
    assert size["drug, locked"] == pytest.approx(size["none, locked"], rel=1e-3)
    assert size["none, locked"] > 0


def test_learning_needs_bdnf_and_is_faster_in_an_immature_hippocampus(lab, constants):
    def rates(**options):
        (state,) = run(lab, **options)
        return state.learned[0, 0, :, 0] / ANSWERS["task"][1][0]

    usual = rates(environment="supportive")
    quiet = rates(environment="supportive", activity=np.array([[0.5, 1, 1, 1, 1]]))
    assert quiet[0] < 0.99 * usual[0]
    assert quiet[1] == pytest.approx(usual[1], rel=1e-3)
    pills = [Dose(24.0 * k, "escitalopram") for k in range(42)]
    treated = {"environment": "supportive", "events": pills, "gates": {"pv": 0.0}}
    locked = rates(**treated)
    still = rates(**treated, constants={**constants, "dematurity_learning": 0.0})
    assert locked[4] > 1.3 * still[4]
    assert locked[:4] == pytest.approx(still[:4], rel=1e-9)


def test_mirrored_answers_are_learned_as_the_mirror_image(lab):
    mirrored = {k: (-sent, e, i) for k, (sent, e, i) in ANSWERS.items()}
    a, b = (
        run(lab, [Dose(0.0, "lsd")], environment="adverse", answers=x)[0]
        for x in (ANSWERS, mirrored)
    )
    assert np.array_equal(b.learned, -a.learned)
    assert np.array_equal(a.brake, b.brake)
    assert np.array_equal(a.bdnf, b.bdnf)


def test_much_learning_stays_within_its_bound(lab, constants):
    loud = {k: tuple(100 * x for x in v) for k, v in ANSWERS.items()}
    (state,) = run(lab, [Dose(0.0, "psilocybin")], environment="adverse", answers=loud)
    assert np.abs(state.learned).max() <= constants["learning_max"]
    assert np.abs(state.learned).max() > 0.9 * constants["learning_max"]


def test_therapy_teaches_only_while_it_lasts_and_what_it_taught_fades(lab, constants):
    hour = [Surroundings(24.0, 2.0, "task")]
    before, after, later = run(lab, hour, (24.0, 26.0, 26.0 + 8 * WEEK))
    assert before.learned is None
    rate = constants["learning_per_d"] * 2.0 / 24.0
    push = rate * before.bdnf[0, 0] * POSITIVE[0, 0] * POSITIVE[0, 1]
    assert after.learned[0, 0, 0, 1] == pytest.approx(push, rel=0.02)
    fading = np.exp(-8 * 7 / constants["tau_learning_d"])
    assert later.learned == pytest.approx(after.learned * fading, rel=1e-9)


def test_the_strength_of_a_pattern_scales_what_is_learned(lab):
    weak, strong = (
        run(lab, [Surroundings(0.0, 10.0, "task", s)], (10.0,))[0].learned[0, 0, 0, 1]
        for s in (0.1, 0.2)
    )
    assert strong == pytest.approx(2 * weak, rel=0.01)


def test_surroundings_raise_and_lower_stress_within_bounds(lab, one, constants):
    x = constants["environment_stress"]
    for name, factor in (("supportive", 1 - x), ("neutral", 1.0), ("adverse", 1 + x)):
        (state,) = run(lab, [Dose(0.0, "dmt", 0.0)], (1.0,), environment=name)
        assert state.stress == pytest.approx(factor * one.stress, rel=1e-3)
    hours = [Surroundings(10.0, 5.0, "threat", 3.0), Surroundings(12.0, 1.0, "task", 3.0)]
    stress = [s.stress[0] for s in run(lab, hours, (10.0, 11.0, 12.5, 14.0, 15.5))]
    assert stress == pytest.approx([1.0, 1 + x, 1.0, 1 + x, 1.0], rel=1e-3)


def test_adverse_surroundings_cost_bdnf_spines_and_volume_and_supportive_ones_give_them(lab):
    states = {name: run(lab, environment=name)[0] for name in ("supportive", "adverse")}
    (usual,) = run(lab)
    for field in ("bdnf", "spines", "neurogenesis"):
        low, mid, high = (
            getattr(s, field) for s in (states["adverse"], usual, states["supportive"])
        )
        assert (low < mid).all(), field
        assert (mid < high).all(), field
    assert states["adverse"].volume[0, 4] < usual.volume[0, 4] < states["supportive"].volume[0, 4]
