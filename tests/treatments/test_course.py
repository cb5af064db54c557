"""Several treatments in one arm: in time, in order, with what modifiers add."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netmod.plasticity.events import Dose, Session, Shock, Surroundings
from netmod.plasticity.pulses import PulseTrain
from netmod.treatments import MODIFIERS, TREATMENTS
from netmod.treatments.course import Step, described, events_of, overlapping, step_events


def step(name, start_h=None, after_h=None, **changed):
    treatment = TREATMENTS[name]
    parameters = {k: p.default for k, p in treatment.parameters.items()} | changed
    return Step(treatment, parameters, treatment.target, start_h, after_h)


def hours(events, kind):
    return [e.time_h for e in events if isinstance(e, kind)]


def test_no_step_is_nothing():
    assert events_of(()) == ()
    assert described(()) == "nothing is given"


def test_a_gap_counts_from_the_last_event():
    events = events_of([step("psilocybin"), step("rtms_10hz", after_h=24.0, sessions=2)])
    assert hours(events, Dose) == [0.0, 504.0]
    assert hours(events, Session) == [528.0, 552.0]


def test_a_start_counts_from_day_0_whatever_came_before():
    events = events_of([step("ssri", weeks=1.0), step("therapy", start_h=48.0, sessions=1)])
    assert hours(events, Surroundings) == [48.0]
    assert len(hours(events, Dose)) == 7
    assert [e.time_h for e in events] == sorted(e.time_h for e in events)


def test_gaps_chain():
    steps = [step("lsd"), step("dmt", after_h=24.0), step("ect_bl", after_h=48.0, sessions=1)]
    assert [own[0].time_h for own in step_events(steps)] == [0.0, 24.0, 72.0]


def test_a_step_without_events_passes_its_beginning_on():
    steps = [step("ssri", start_h=24.0, adherence=0.0), step("lsd", after_h=24.0)]
    assert [len(own) for own in step_events(steps)] == [0, 1]
    assert step_events(steps)[1][0].time_h == 48.0


@given(st.lists(st.floats(0, 1000), min_size=2, max_size=5))
def test_the_order_of_steps_with_a_start_does_not_matter(starts):
    names = ["psilocybin", "ect_rul", "therapy", "ketamine", "lsd"]
    steps = [step(name, start_h=h) for name, h in zip(names, starts, strict=False)]

    def key(event):
        return (event.time_h, str(event))

    assert sorted(events_of(steps), key=key) == sorted(events_of(steps[::-1]), key=key)


def test_ketanserin_comes_an_hour_before_each_psychedelic_dose_only():
    steps = [step("psilocybin"), step("ssri", start_h=0.0, weeks=1.0), step("dmt", start_h=30.0)]
    events = events_of(steps, [MODIFIERS["ketanserin"], MODIFIERS["bdnf_block"]])
    added = [e for e in events if isinstance(e, Dose) and e.drug == "ketanserin"]
    assert [e.time_h for e in added] == [-1.0, 29.0, 503.0]
    assert len(events) == len(events_of(steps)) + 3


def test_an_exchange_changes_what_doses_are_of_and_nothing_else():
    steps = [step("psilocybin"), step("ssri_single", start_h=5.0), step("itbs", start_h=30.0)]
    plain = events_of(steps)
    found = events_of(steps, [MODIFIERS["trkb_affinity_exchanged"]])
    assert [e.time_h for e in found] == [e.time_h for e in plain]
    doses = [(e.time_h, e.drug, e.amount) for e in found if isinstance(e, Dose)]
    assert doses == [
        (0.0, "psilocybin_trkb_of_escitalopram", 1.0),
        (5.0, "escitalopram_trkb_of_psilocybin", 1.0),
        (504.0, "psilocybin_trkb_of_escitalopram", 1.0),
    ]
    others = [[e for e in own if not isinstance(e, Dose)] for own in (plain, found)]
    assert others[0] == others[1] != []


@pytest.mark.parametrize("first", [True, False])
def test_ketanserin_precedes_an_exchanged_psychedelic_in_either_order(first):
    modifiers = [MODIFIERS["ketanserin"], MODIFIERS["kinetics_exchanged_dmt"]]
    steps = [step("dmt"), step("lsd", start_h=48.0)]
    events = events_of(steps, iter(modifiers if first else modifiers[::-1]))
    assert [(e.time_h, e.drug) for e in events] == [
        (-1.0, "ketanserin"), (0.0, "dmt_kinetics_of_psilocybin"),
        (47.0, "ketanserin"), (48.0, "lsd"),
    ]  # fmt: skip


# two sessions at once


def session(time_h, place="dlpfc_left", pulses=3601):
    return Session(time_h, PulseTrain(1.0, pulses), place)


def test_sessions_of_one_coil_may_not_overlap():
    first, second = session(0.0), session(0.5)
    assert overlapping([second, first]) == (first, second)
    assert overlapping([first, session(1.0)])[1].time_h == 1.0
    assert overlapping([first, session(1.01)]) is None


def test_two_places_are_two_coils_and_drugs_overlap_freely():
    assert overlapping([session(0.0), session(0.0, "dlpfc_right")]) is None
    assert overlapping([Dose(0.0, "lsd"), Dose(0.0, "lsd"), session(0.0)]) is None


@pytest.mark.parametrize("name", sorted(TREATMENTS))
def test_no_shipped_course_overlaps(name):
    assert overlapping(events_of([step(name)])) is None


# in words


def test_a_course_is_described_by_kind():
    events = events_of([step("psilocybin", doses=1), step("rtms_10hz", after_h=24.0)])
    assert described(events) == (
        "1 x dose of psilocybin (x 1), day 0; "
        "30 x session of 3000 pulses in 37.1 min at dlpfc_left, days 1 to 40"
    )
    assert described([Shock(0.0, "bitemporal")]) == "1 x shock bitemporal, day 0"
    text = described([Surroundings(0.0, 1.0, "task", 0.2), Surroundings(168.0, 1.0, "task", 0.2)])
    assert text == "2 x stretch of task (1 h, x 0.2), days 0 to 7"
