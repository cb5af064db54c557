"""The slow layer: rest, bounds, steps, knock-outs, subjects; hours to half a year."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netmod.plasticity import slow
from netmod.plasticity.calcium import CalciumRule, synaptic_change
from netmod.plasticity.events import Dose, Phase, Seizure, Session
from netmod.plasticity.slow import GATES, People, SlowState, evolve
from netmod.treatments import MODIFIERS, TREATMENTS

WEEK = 168.0
STATES = tuple(vars(SlowState.at_rest(1, 1)))
BLOCK = (Phase(10.0, 4.0), Phase(0.0, 26.0))
LOW = (Phase(1.0, 60.0),)


def schedule(name, target="left", **changed):
    declared = TREATMENTS[name].parameters
    return TREATMENTS[name].schedule({k: p.default for k, p in declared.items()} | changed, target)


def same(a, b, rtol=0.0, atol=0.0):
    return all(
        np.allclose(getattr(a, name), getattr(b, name), rtol=rtol, atol=atol) for name in STATES
    )


def sessions(hours, phases=BLOCK, repeats=75, target="left", intensity=1.0):
    return [Session(h, phases, repeats, target, intensity) for h in hours]


@pytest.mark.parametrize("tau_d", [10.0, 49.0, 0.3])
def test_untreated_stays_exactly_at_rest_for_26_weeks(anatomy, constants, three, tau_d):
    constants["tau_brake_d"] = tau_d
    rest = SlowState.at_rest(3, 5)
    for state in evolve([], [0.0, 2.0, 24.0, WEEK, 26 * WEEK], anatomy, constants, three, {}):
        assert same(state, rest)


def test_sham_stays_exactly_at_rest(anatomy, constants, three):
    state = evolve(schedule("sham"), [6 * WEEK], anatomy, constants, three, {})[0]
    assert same(state, SlowState.at_rest(3, 5))


def test_baseline_comes_before_the_first_treatment(anatomy, constants, one):
    for name in TREATMENTS:
        state = evolve(schedule(name), [0.0], anatomy, constants, one, {})[0]
        assert same(state, SlowState.at_rest(1, 5))


def test_a_scan_at_the_time_of_a_session_comes_before_it(anatomy, constants, one):
    before, after = evolve(sessions([24.0]), [24.0, 24.001], anatomy, constants, one, {})
    assert not before.early.any()
    assert after.early[0, 0] == pytest.approx(
        0.25 * synaptic_change(CalciumRule(), BLOCK, 75), rel=1e-3
    )


events = st.lists(
    st.one_of(
        st.builds(
            Session, st.floats(0, 400), st.sampled_from([BLOCK, LOW]), st.just(20),
            st.sampled_from(["left", "right"]), st.sampled_from([0.25, 0.8, 1.0, 1.5]),
        ),
        st.builds(Seizure, st.floats(0, 400), st.just((Phase(3.0, 43.0),))),
        st.builds(Dose, st.floats(0, 400), st.sampled_from(["psilocybin", "escitalopram"]),
                  st.floats(0.1, 4.0)),
    ),
    max_size=25,
)  # fmt: skip


@given(events, st.floats(0.3, 3.0), st.floats(0.3, 2.0))
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_every_state_keeps_its_bounds(anatomy, constants, plan, clearance, induction):
    people = People(np.array([clearance, 1.0]), np.array([induction, 1.0]))
    ceiling = constants["recruited"] * people.induction[:, None] * 1.32
    for state in evolve(plan, [10.0, 100.5, 401.0, 700.0], anatomy, constants, people, {}):
        for name in STATES:
            assert np.isfinite(getattr(state, name)).all(), name
        for name in ("early", "late", "bound"):
            assert (np.abs(getattr(state, name)) <= ceiling + 1e-12).all(), name
        assert ((state.brake > 0) & (state.brake <= 1)).all()
        assert ((state.spines >= 0) & (state.spines <= constants["spine_max"])).all()
        assert ((state.neurogenesis >= 0) & (state.neurogenesis <= 1)).all()
        assert ((state.autoreceptor >= 0) & (state.autoreceptor <= 1)).all()
        assert ((state.occupancy_2a >= 0) & (state.occupancy_2a <= 1)).all()
        assert ((state.tone >= 0) & (state.tone <= 1)).all()
        assert (state.trkb >= 0).all() and (state.seizure_inhibition >= 0).all()


def test_late_never_exceeds_what_the_sessions_offer(anatomy, constants, three):
    plan = sessions(np.arange(0.0, 60 * 24.0, 4.0))
    for state in evolve(plan, [100.0, 700.0, 1440.0], anatomy, constants, three, {}):
        assert (state.late <= state.bound).all()
    assert state.late[:, 0] == pytest.approx(state.bound[:, 0], rel=0.05)


def test_late_stays_bounded_when_sessions_of_opposite_sign_alternate(anatomy, constants, one):
    """A session that hardly takes leaves early efficacy with a bound of the other sign."""
    plan = []
    for k in range(60):
        plan += sessions([12.0 * k], BLOCK) + sessions([12.0 * k + 1e-3], LOW, 60)
    state = evolve(plan, [720.0], anatomy, constants, one, {})[0]
    assert np.abs(state.late).max() <= 0.25 * 1.32


def test_a_session_below_every_threshold_undoes_nothing(anatomy, constants, one):
    active = sessions([0.0])
    both = active + sessions([1.0], intensity=0.25)
    a = evolve(active, [2.0, 48.0], anatomy, constants, one, {})
    b = evolve(both, [2.0, 48.0], anatomy, constants, one, {})
    assert all(same(x, y, rtol=1e-12) for x, y in zip(a, b, strict=True))


@pytest.mark.parametrize("name", ["rtms_10hz", "ect_bl", "psilocybin", "ssri"])
def test_halving_the_step_changes_read_outs_by_less_than_1_percent(
    name, anatomy, constants, three, monkeypatch
):
    found = {}
    for step in (1.0, 0.5, 0.25):
        monkeypatch.setattr(slow, "STEP_H", step)
        found[step] = evolve(schedule(name), [2.0, 24.0, 500.3], anatomy, constants, three, {})
    for coarse, fine in ((1.0, 0.5), (0.5, 0.25)):
        for a, b in zip(found[coarse], found[fine], strict=True):
            for field in STATES:
                x, y = getattr(a, field), getattr(b, field)
                moved = 1.0 - y if field == "brake" else y
                assert np.abs(x - y).max() <= 0.01 * np.abs(moved).max() + 1e-9, field


def test_a_session_between_two_steps_acts_at_its_own_time(anatomy, constants, one):
    offered = constants["recruited"] * synaptic_change(CalciumRule(), BLOCK, 75)
    state = evolve(sessions([3.25]), [3.25, 5.0], anatomy, constants, one, {})
    assert not state[0].early.any()
    decay = np.exp(-(5.0 - 3.25) / constants["tau_early_h"])
    assert state[1].early[0, 0] == pytest.approx(offered * decay, rel=1e-12)
    # shifted by a quarter of an hour, everything is shifted
    a = evolve(sessions([3.0, 27.0]), [51.0], anatomy, constants, one, {})[0]
    b = evolve(sessions([3.25, 27.25]), [51.25], anatomy, constants, one, {})[0]
    assert same(a, b, rtol=1e-3)


@pytest.mark.parametrize("name", ["rtms_10hz", "ect_bl", "psilocybin", "ssri"])
def test_looking_does_not_change_the_path(name, anatomy, constants, three):
    alone = evolve(schedule(name), [30.0, 600.0], anatomy, constants, three, {})
    watched = evolve(
        schedule(name), [0.7, 1.9, 2.0, 30.0, 123.45, 600.0], anatomy, constants, three, {}
    )
    assert same(alone[0], watched[3])
    assert same(alone[1], watched[5])


def test_subjects_together_equal_subjects_alone(anatomy, constants, three):
    plan = schedule("psilocybin") + schedule("rtms_10hz") + schedule("ssri", weeks=2)
    together = evolve(plan, [2.0, 200.0], anatomy, constants, three, {})
    for k in range(3):
        people = People(three.clearance[k : k + 1], three.induction[k : k + 1])
        for a, b in zip(together, evolve(plan, [2.0, 200.0], anatomy, constants, people, {}),
                        strict=True):  # fmt: skip
            assert same(a.of(k), b.of(0))


def test_events_may_come_in_any_order(anatomy, constants, one):
    plan = schedule("rtms_10hz") + schedule("psilocybin")
    a = evolve(plan, [500.0], anatomy, constants, one, {})[0]
    assert same(a, evolve(plan[::-1], [500.0], anatomy, constants, one, {})[0])


def test_spaced_sessions_take_more_than_crowded_ones(anatomy, constants, one):
    early = {}
    for gap in (0.05, 1.0):
        plan = sessions([0.0], LOW, 20) + sessions([gap])
        early[gap] = evolve(plan, [gap + 1e-6], anatomy, constants, one, {})[0].early[0, 0]
    assert early[0.05] < 0 < early[1.0]


def test_the_open_brake_speeds_up_consolidation(anatomy, constants, one):
    late = [
        evolve(plan, [60.0], anatomy, constants, one, {})[0].late[0, 0]
        for plan in (sessions([48.0]), sessions([48.0]) + schedule("psilocybin", doses=1))
    ]
    assert late[1] > 1.5 * late[0] > 0


def gates_of(*modifiers):
    gates = {}
    for name in modifiers:
        gates |= MODIFIERS[name].factors
    return gates


def test_every_modifier_turns_a_known_gate():
    for modifier in MODIFIERS.values():
        assert set(modifier.factors) <= set(GATES)


def test_ketanserin_empties_the_receptor_and_leaves_the_spines(anatomy, constants, one):
    plan = schedule("psilocybin")
    free = evolve(plan, [2.0, 48.0], anatomy, constants, one, {})
    blocked = evolve(plan, [2.0, 48.0], anatomy, constants, one, gates_of("ketanserin"))
    assert free[0].occupancy_2a > 0.6
    assert blocked[0].occupancy_2a == 0.0
    assert blocked[1].spines == pytest.approx(free[1].spines)
    assert (blocked[1].spines > 0.05).all()


@pytest.mark.parametrize("name", ["psilocybin", "ssri"])
def test_trkb_block_stops_spines_and_brake(name, anatomy, constants, one):
    free, blocked = (
        evolve(schedule(name), [8 * WEEK], anatomy, constants, one, gates)[0]
        for gates in ({}, gates_of("trkb_block"))
    )
    assert free.spines.max() > 0.001 and free.brake.min() < 1
    assert blocked.spines.max() < 1e-9
    assert blocked.brake.min() > 1 - 1e-9 if name == "psilocybin" else True


def test_bdnf_block_keeps_early_and_stops_late(anatomy, constants, one):
    plan = schedule("rtms_10hz")
    free = evolve(plan, [1.0, WEEK], anatomy, constants, one, {})
    blocked = evolve(plan, [1.0, WEEK], anatomy, constants, one, gates_of("bdnf_block"))
    assert np.array_equal(blocked[0].early, free[0].early) and free[0].early.max() > 0.05
    assert free[1].late.max() > 0.01
    assert not blocked[1].late.any()


@pytest.mark.parametrize("name", ["rtms_10hz", "ect_bl"])
def test_nmda_block_stops_induction(name, anatomy, constants, one):
    free, blocked = (
        evolve(schedule(name), [1.0, WEEK], anatomy, constants, one, gates)
        for gates in ({}, gates_of("nmda_block"))
    )
    assert np.abs(free[0].early).max() > 0.02
    for state in blocked:
        assert not state.early.any() and not state.late.any()


def test_an_ssri_acts_late_and_in_the_hippocampus(anatomy, constants, one):
    week, month, end = evolve(
        schedule("ssri"), [WEEK, 4 * WEEK, 12 * WEEK], anatomy, constants, one, {}
    )
    last = [state.neurogenesis[0, -1] for state in (week, month, end)]
    assert last[0] < 0.05 * last[2] and last == sorted(last)
    assert week.autoreceptor < month.autoreceptor < end.autoreceptor < 0.9
    assert end.brake[0, 4] < end.brake[0, 0]
    assert end.trkb[0, 4] > 2 * end.trkb[0, 0]


def test_seizures_raise_the_baseline_of_inhibition_and_it_returns(anatomy, constants, one):
    last_h = 24.0 * 23
    now, later = evolve(
        schedule("ect_bl"), [last_h + 0.1, last_h + 24.0 * 60], anatomy, constants, one, {}
    )
    assert now.seizure_inhibition == pytest.approx(0.011, rel=0.2)
    assert later.seizure_inhibition == pytest.approx(now.seizure_inhibition * np.exp(-1), rel=0.01)


def test_single_terms_have_their_analytic_course(anatomy, constants, one):
    """Autoreceptors under constant occupancy; decay of late efficacy after the last session."""
    plan = sessions([0.0])
    a, b = evolve(plan, [72.0, 72.0 + 2400.0], anatomy, constants, one, {})
    decay = np.exp(-2400.0 / (24.0 * constants["tau_late_d"]))
    assert b.late[0, 0] == pytest.approx(a.late[0, 0] * decay, rel=1e-6)
