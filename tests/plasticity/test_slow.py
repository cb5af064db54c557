"""The slow layer: rest, scans, coil places, and what comes when in each treatment."""

from dataclasses import fields, replace

import numpy as np
import pytest

from netmod.plasticity.events import Dose, Session, Shock, Surroundings
from netmod.plasticity.pulses import PulseTrain
from netmod.plasticity.state import STATES, People, SlowState
from netmod.treatments import TREATMENTS

WEEK = 168.0
HIGH = PulseTrain(10.0, 400, 4.0, 26.0)
LOW = PulseTrain(1.0, 200)
EDGES = ("learned", "turnover")


def sessions(hours, train=HIGH, place="left", intensity=1.0):
    return [Session(h, train, place, intensity) for h in hours]


# rest

NOTHING = {
    "no event at all": ([], {}),
    "a gate of the study's": ([], {"gates": {"homeostasis": 0.0, "ei": 0.0}}),
    "a dose of nothing": ([Dose(3.0, "psilocybin", 0.0), Dose(9.0, "escitalopram", 0.0)], {}),
    "sham sessions": (sessions([0.0, 24.0, 25.0], intensity=0.0), {}),
    "weak sham sessions": (sessions([0.0, 24.0, 25.0], intensity=0.25), {}),
    "shocks below threshold": ([Shock(0.0, "bitemporal"), Shock(48.0, "bitemporal")],
                               {"power": 0.0}),
    "surroundings of no strength": ([Surroundings(5.0, 4000.0, "threat", 0.0)], {}),
}  # fmt: skip


@pytest.mark.parametrize("name", NOTHING)
def test_untreated_stay_at_rest_to_the_last_bit_for_26_weeks(name, lab, three):
    events, options = NOTHING[name]
    rest, *later = lab.follow(
        events, [0.0, 1.0, 30.0, WEEK, 26 * WEEK], three, extra_h=[WEEK * 13], **options
    )
    for state in later:
        assert lab.equal(state, rest)
    assert rest.brake.tolist() == np.ones((3, 5)).tolist()
    assert rest.stress.tolist() == three.stress.tolist()


def test_a_patient_of_stress_0_is_healthy_and_stays_so_in_surroundings_that_drive_nothing(
    lab, healthy
):
    rest, later = lab.follow([], [0.0, 26 * WEEK], healthy, environment="adverse",
                             extra_h=[WEEK])  # fmt: skip
    assert lab.equal(later, rest)
    assert not rest.atrophy.any()
    assert rest.bdnf.tolist() == np.ones((1, 5)).tolist()


def test_chronic_stress_costs_bdnf_neurons_and_hippocampal_volume_at_rest(lab, three, constants):
    (rest,) = lab.follow([], [0.0], three)
    s = three.stress
    assert rest.bdnf[:, 0] == pytest.approx(1 - constants["bdnf_stress"] * s)
    assert rest.neurogenesis[:, 3] == pytest.approx(1 - constants["neurogenesis_stress"] * s)
    assert rest.volume[:, 4] == pytest.approx(-constants["volume_stress"] * s)
    assert not rest.volume[:, :4].any()


@pytest.mark.parametrize("name", TREATMENTS)
def test_baseline_comes_before_the_first_event(name, lab, one):
    (untreated,) = lab.follow([], [0.0], one)
    state = lab.course(lab.schedule(name), [0.0], one).advance(0.0, *lab.rest(one))
    before = lab.course(lab.schedule(name), [0.0], one).state
    pools = ("early", "late", "bound", "lessons")
    for f in fields(SlowState):
        if f.name not in (*pools, *EDGES):
            assert np.array_equal(getattr(state, f.name), getattr(untreated, f.name)), f.name
    assert not any(getattr(state, pool).any() for pool in pools)
    assert lab.equal(state, before)


# scans, nodes and steps


def test_a_scan_at_the_time_of_a_session_comes_before_it(lab, one):
    before, after = lab.follow(sessions([24.0]), [24.0, 24.001], one)
    assert not before.early.any()
    assert after.early[0, 0, 0] > 0.1


def test_an_event_between_two_nodes_acts_at_its_own_time(lab, one, constants):
    at, later = lab.follow(sessions([3.25]), [3.25, 5.0], one)
    assert not at.early.any()
    decay = np.exp(-1.75 / constants["tau_early_h"])
    assert later.early == pytest.approx(later.bound * decay, rel=1e-12)
    # shifted by a third of an hour, everything is shifted
    a = lab.follow(sessions([3.0, 27.0]), [51.0], one)[0]
    b = lab.follow(sessions([3.0 + 1 / 3, 27.0 + 1 / 3]), [51.0 + 1 / 3], one)[0]
    assert lab.equal(a, b, rtol=1e-3, atol=1e-7)


ANSWERS = {"task": (0.2, 0.3, -0.1), "threat": (-0.2, 0.1, 0.2)}


def answers(people, size=5):
    shape = people.stress.size, size
    rng = np.random.default_rng(2)
    return {
        name: tuple(k * rng.uniform(0.5, 1.5, shape) for k in kinds)
        for name, kinds in ANSWERS.items()
    }


def test_looking_aside_changes_nothing_and_asks_for_no_seizure_twice(lab, three):
    from types import SimpleNamespace

    asked = {True: [], False: []}
    found = {}
    nodes = [0.0, 8.0, 24.0, 48.0, 120.0, WEEK]
    activity, heard = lab.rest(three)[0], answers(three)
    for looks in (True, False):

        def discharge(shock, looks=looks):
            asked[looks].append(shock.time_h)
            return SimpleNamespace(power=np.full((3, 5), 20.0 + 5.0 * len(asked[looks])))

        course = lab.course(lab.mixed, nodes, three, discharge=discharge, environment="supportive")
        for h, nxt in zip(nodes, [*nodes[1:], 250.0], strict=True):
            found[looks] = course.advance(h, activity, heard)
            if looks:
                for share in (1e-6, 0.3, 0.9, 1.0):
                    course.aside(h + share * (nxt - h), activity, heard)
    assert lab.equal(found[True], found[False])
    assert asked[True] == asked[False] == [24.0, 96.0]


def test_a_look_aside_sees_what_a_node_there_would_see(lab, three):
    activity, heard = lab.rest(three)[0], answers(three)
    for h in (25.0, 33.0, 47.9):
        looking, going = (
            lab.course(lab.mixed, [0.0, 24.0, 96.0], three),
            lab.course(lab.mixed, [0.0, 24.0, h, 96.0], three),
        )
        for course in (looking, going):
            course.advance(0.0, activity, heard)
            course.advance(24.0, activity, heard)
        aside, node = looking.aside(h, activity, heard), going.advance(h, activity, heard)
        assert lab.equal(aside, node, rtol=1e-12)


def test_one_can_look_a_week_beyond_the_last_node(lab, one):
    course = lab.course(sessions([0.0, 100.0]), [0.0, 48.0], one)
    for h in (0.0, 48.0):
        course.advance(h, *lab.rest(one))
    far = course.aside(48.0 + WEEK, *lab.rest(one))
    (node,) = lab.follow(sessions([0.0, 100.0]), [48.0 + WEEK], one)
    assert lab.equal(far, node, rtol=1e-12)


def test_a_time_that_is_no_node_is_refused(lab, one):
    course = lab.course(sessions([0.0]), [0.0, 48.0], one)
    with pytest.raises(ValueError, match="no node"):
        course.advance(5.1234, *lab.rest(one))


def test_a_trace_is_what_nodes_there_would_see_and_looks_aside_leave_it(lab, three):
    """What is due at the time of an event comes before it."""
    due, nodes = [0.0, 24.0, 33.3, 96.0], [0.0, 48.0, 120.0]
    course = lab.course(lab.mixed, nodes, three, trace_h=due)
    for h in nodes:
        course.advance(h, *lab.rest(three))
        course.aside(h + 20.0, *lab.rest(three))
    seen = lab.follow(lab.mixed, due, three, extra_h=nodes)
    assert [h for h, _ in course.trace] == due
    for (_, kept), node in zip(course.trace, seen, strict=True):
        # what was felt becomes edges at nodes alone, and a trace has no edges
        assert lab.equal(replace(kept, lessons=node.lessons), node.without_edges(), rtol=1e-12)
    untreated = lab.course([], [0.0, WEEK], three, trace_h=due)
    untreated.advance(WEEK, *lab.rest(three))
    assert [h for h, _ in untreated.trace] == due


def test_more_nodes_far_away_change_nothing(lab, three):
    near = lab.follow(lab.mixed, [0.0, 24.0, WEEK], three)[-1]
    far = lab.follow(lab.mixed, [0.0, 24.0, WEEK, 2 * WEEK, 20 * WEEK], three)[2]
    assert lab.equal(near, far)


def test_a_state_is_copied_picked_and_stripped(lab, three):
    (state,) = lab.follow(lab.mixed, [100.0], three, answers=answers(three))
    twin, kept = state.copy(), state.early.copy()
    twin.early += 1.0
    twin.brake *= 0.5
    assert np.array_equal(state.early, kept)
    assert (state.brake != twin.brake).any()
    single = state.of(2)
    assert np.array_equal(single.efficacy[0], state.efficacy[2])
    assert np.array_equal(single.learned[0], state.learned[2])
    assert single.early.shape == (2, 1, 5)
    assert single.neurogenesis.shape == (1, 4)
    bare = state.without_edges()
    assert bare.learned is None
    assert bare.turnover is None
    assert np.array_equal(bare.brake, state.brake)
    assert all(np.isfinite(getattr(state, name)).all() for name in STATES)


# coil places and spacing


def test_two_coil_places_do_not_overwrite_each_other(lab, one):
    left = sessions([0.0])
    both = [*left, *sessions([0.5], LOW, "right")]
    alone, together = (lab.follow(plan, [2.0], one)[0] for plan in (left, both))
    assert together.early[0] == pytest.approx(alone.early[0], rel=1e-12)
    assert (together.early[1, 0, :4] < 0).all()
    assert together.efficacy == pytest.approx(together.early.sum(0) + together.late.sum(0))


def test_a_session_below_every_threshold_undoes_nothing(lab, one):
    active = sessions([0.0])
    a, b = (
        lab.follow(plan, [48.0], one, extra_h=[2.0])[0]
        for plan in (active, active + sessions([1.0], intensity=0.25))
    )
    assert lab.equal(a, b, rtol=2e-3, atol=1e-7)  # the second session only adds steps
    assert np.array_equal(a.bound, b.bound)


def test_late_stays_within_the_offer_when_sessions_of_opposite_sign_alternate(lab, one, constants):
    plan = []
    for k in range(40):
        plan += sessions([12.0 * k]) + sessions([12.0 * k + 0.01], LOW)
    for state in lab.follow(plan, [50.0, 480.0], one):
        assert np.abs(state.late).max() <= constants["recruited"] * 1.32


def test_daily_sessions_fill_late_efficacy_up_to_what_they_offer(lab, one):
    (state,) = lab.follow(sessions(np.arange(0.0, 40 * 24.0, 6.0)), [960.0], one)
    late, bound = state.late[0, 0, :3], state.bound[0, 0, :3]
    assert (late <= bound).all()
    assert late == pytest.approx(bound, rel=0.1)


def test_spaced_sessions_take_more_than_crowded_ones(lab, one):
    early = {}
    for gap in (0.05, 1.0):
        plan = sessions([0.0], LOW) + sessions([gap])
        early[gap] = lab.follow(plan, [gap + 1e-3], one)[0].early[0, 0, 0]
    assert early[0.05] < 0 < early[1.0]


def test_shocks_remodel_edges_alike_in_every_arm_and_differently_in_every_person(lab, three):
    shocks = [Shock(48.0 * k, "bitemporal") for k in range(3)]
    a, b = (lab.follow(plan, [97.0], three)[0] for plan in (shocks, [*shocks, *sessions([1.0])]))
    assert a.turnover == pytest.approx(b.turnover, rel=1e-12)
    assert np.array_equal(a.turnover, a.turnover.swapaxes(1, 2))
    assert abs(np.corrcoef(a.turnover[0].ravel(), a.turnover[1].ravel())[0, 1]) < 0.9
    twins = People(*(np.ones(2),) * 3, seeds=(7, 7))
    (same,) = lab.follow(shocks, [97.0], twins)
    assert np.array_equal(same.turnover[0], same.turnover[1])


# what comes when


def test_psilocybin_acts_within_hours_and_opens_the_brake_everywhere(lab, one):
    two, day, month = lab.follow([Dose(0.0, "psilocybin")], [2.0, 24.0, 28 * 24.0], one)
    assert two.occupancy_2a > 0.5
    assert day.occupancy_2a < 0.01
    assert two.trkb.min() > 0.5
    assert day.brake.max() < 0.3
    assert day.brake.max() < month.brake.min() < 1
    assert 1.05 < day.spines.min() < 1.18


def test_an_ssri_acts_after_weeks_and_most_in_the_hippocampus(lab, one):
    plan = lab.schedule("ssri")
    days = np.arange(0, 85)
    # without the little that the drug itself binds of TrkB: what the chain of neurogenesis does
    path = lab.follow(plan, 24.0 * days, one, gates={"trkb": 0.0})
    chain = np.array([s.neurogenesis[0] for s in path]) - path[0].neurogenesis[0]
    half = [np.interp(0.5 * c[-1], c, days) for c in chain.T]
    assert (np.diff(half) > 3).all()  # each stage days after the one before
    assert half[0] > 7
    assert half[3] > 28
    opened = np.array([1.0 - s.brake[0] for s in path])
    assert opened[7, 4] < 0.1 * opened[-1, 4]
    assert opened[-1, 4] > 1.2 * opened[-1, 0] > 0
    assert path[-1].trkb[0, 4] > 1.5 * path[-1].trkb[0, 0] > 0
    assert path[1].brake.min() > 0.99
    tone = [path[d].tone[0] for d in (1, 7, 28, 84)]
    assert tone == sorted(tone)
    assert tone[0] < 0.5 * tone[-1] < 0.5
    maturity = [path[d].maturity[0] for d in (0, 14, 84)]
    assert maturity == sorted(maturity, reverse=True)


def test_a_thousandfold_affinity_keeps_the_direct_trkb_drive_of_an_ssri_small(lab, one):
    drug, ssri = (lab.follow([Dose(0.0, name)], [24.0], one)[0].trkb.max()
                  for name in ("psilocybin", "escitalopram"))  # fmt: skip
    assert drug > 50 * ssri > 0


def test_seizures_raise_bdnf_vegf_inhibition_and_volume_and_all_of_it_returns(lab, one, constants):
    before, after, end, later = lab.follow(
        lab.schedule("ect_bl"), [0.0, 0.01, 24.0 * 23, 26 * WEEK], one, extra_h=[24.0 * 30]
    )
    assert after.bdnf - before.bdnf == pytest.approx(constants["bdnf_seizure"], rel=1e-2)
    assert after.vegf == pytest.approx(constants["vegf_seizure"], rel=1e-2)
    assert (end.rise > 5 * constants["seizure_inhibition"]).all()
    assert (end.volume > before.volume + 0.01).all()
    assert (end.glia > 0).all()
    assert (end.vessels > 0).all()
    assert (end.brake < 0.7).all()
    assert later.vegf.max() < 1e-12
    assert later.rise.max() < 0.15 * end.rise.max()
    assert (later.volume < 0.5 * end.volume).all()


def test_high_frequency_releases_bdnf_where_the_field_is_low_frequency_and_coils_no_vegf(lab, one):
    high, low = (lab.follow(sessions([0.0], t), [0.01], one)[0] for t in (HIGH, LOW))
    assert high.bdnf[0, 0] > 0.85 > 0.81 > high.bdnf[0, 4]
    assert low.bdnf == pytest.approx(0.8)
    assert not high.vegf.any()


def test_ketamine_releases_bdnf_while_it_blocks_nmda_receptors(lab, one):
    before, two, day, week = lab.follow(
        [Dose(0.0, "ketamine")], [0.0, 2.0, 24.0, WEEK], one, extra_h=[1.0]
    )
    assert two.occupancy_nmda > 0.1
    assert day.occupancy_nmda < 0.01
    assert (two.bdnf > before.bdnf + 0.02).all()
    assert (day.brake < 1).all()
    assert week.bdnf == pytest.approx(before.bdnf, abs=0.01)
    (blocked,) = lab.follow([Dose(0.0, "ketamine")], [2.0], one, gates={"bdnf_release": 0.0})
    assert blocked.bdnf == pytest.approx(before.bdnf, rel=1e-6)


def test_a_higher_rate_raises_bdnf_and_the_threshold(lab, one, constants):
    (usual, high) = (lab.follow([Dose(0.0, "dmt", 0.0)], [WEEK], one, activity=a)[0]
                     for a in (1.0, 1.5))  # fmt: skip
    assert high.bdnf - usual.bdnf == pytest.approx(0.5 * constants["bdnf_activity"], rel=1e-2)
    rise = 0.5 * constants["threshold_activity"]
    assert high.threshold == pytest.approx(1 + rise, rel=1e-6)
