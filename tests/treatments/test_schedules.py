"""Schedules: when, how much, where; and what a treatment may declare."""

import subprocess
import sys

import pytest

from netmod.errors import ConfigError
from netmod.plasticity.events import Dose, Session, Shock, Surroundings
from netmod.plasticity.pharmacology import DRUGS
from netmod.treatments import MODIFIERS, TREATMENTS
from netmod.treatments.weekdays import session_hours

COILS = {
    "sham", "rtms_10hz", "rtms_1hz", "itbs", "itbs_6wk", "ctbs", "saint", "psilocybin_rtms",
}  # fmt: skip


def events(name, target=None, **changed):
    treatment = TREATMENTS[name]
    parameters = {k: p.default for k, p in treatment.parameters.items()}
    return treatment.schedule(parameters | changed, target or treatment.target)


def days(course):
    return [round(e.time_h / 24, 9) for e in course]


def test_every_treatment_of_the_review_ships():
    assert set(TREATMENTS) == COILS | {
        "ect_bl", "ect_rul", "ect_bf", "psilocybin", "lsd", "dmt", "ketamine", "ssri",
        "ssri_single", "placebo", "therapy",
    }  # fmt: skip


def test_sessions_fall_on_the_days_of_a_week():
    assert session_hours(7, 5) == [24.0 * d for d in (0, 1, 2, 3, 4, 7, 8)]
    assert session_hours(4, 3) == [24.0 * d for d in (0, 2, 4, 7)]
    assert session_hours(3, 2) == [24.0 * d for d in (0, 3, 7)]
    assert session_hours(3, 1) == [24.0 * d for d in (0, 7, 14)]
    assert session_hours(9, 7) == [24.0 * d for d in range(9)]
    assert session_hours(5, 5, 2, 1.5) == [0.0, 1.5, 24.0, 25.5, 48.0]


# magnetic stimulation


def test_the_10_hz_course_is_the_published_one():
    course = events("rtms_10hz")
    assert len(course) == 30
    assert all(isinstance(e, Session) and e.place == "dlpfc_left" for e in course)
    assert days(course) == [7 * week + day for week in range(6) for day in range(5)]
    train = course[0].train
    assert (train.rate_hz, train.train_s, train.pause_s, train.burst) == (10, 4, 26, 1)
    times = train.times_s()
    assert len(times) == 3000
    assert times[39] == pytest.approx(3.9)
    assert times[40] == pytest.approx(30.0)
    assert times[-1] == pytest.approx(74 * 30 + 3.9)
    assert course[0].intensity == 1.0


def test_sham_is_the_same_course_with_a_weaker_field():
    for real, sham in zip(events("rtms_10hz"), events("sham"), strict=True):
        assert (real.time_h, real.train, real.place) == (sham.time_h, sham.train, sham.place)
        assert sham.intensity == 0.25


def test_1_hz_is_continuous_over_the_right():
    course = events("rtms_1hz")
    assert (len(course), course[0].place) == (30, "dlpfc_right")
    times = course[0].train.times_s()
    assert times.tolist() == list(range(1200))


@pytest.mark.parametrize(("name", "sessions"), [("itbs", 1), ("itbs_6wk", 30)])
def test_itbs_is_twenty_trains_of_ten_triplets(name, sessions):
    course = events(name)
    assert len(course) == sessions
    times = course[0].train.times_s()
    assert len(times) == 600
    assert times[:4] == pytest.approx([0.0, 0.02, 0.04, 0.2])
    assert times[29] == pytest.approx(1.84)
    assert times[30] == pytest.approx(10.0)
    assert times[-1] == pytest.approx(190 + 1.84)


def test_ctbs_is_the_same_pulses_without_pause():
    (session,) = events("ctbs")
    assert session.place == "dlpfc_right"
    times = session.train.times_s()
    assert len(times) == 600
    assert times[-1] == pytest.approx(199 * 0.2 + 0.04)


def test_saint_is_ten_hourly_sessions_on_five_days():
    """A session of 1800 pulses lasts ten minutes, the pause fifty."""
    course = events("saint")
    assert [e.time_h for e in course] == pytest.approx(
        [24 * d + k for d in range(5) for k in range(10)]
    )
    assert sum(e.train.pulses for e in course) == 90_000
    massed = events("saint", gap_min=0.0)
    assert massed[1].time_h == pytest.approx(1 / 6)
    assert massed[0].time_h + massed[0].train.duration_s / 3600 < massed[1].time_h


def test_protocol_parameters_reach_the_pulses():
    course = events(
        "rtms_10hz", sessions=4, sessions_a_day=2, days_a_week=1, gap_min=30.0, pulses=100,
        rate_hz=20.0, train_s=2.0, pause_s=8.0, intensity=0.5, jitter_ms=2.0,
    )  # fmt: skip
    # 100 pulses at 20 Hz are three trains of 10 s each
    assert [e.time_h for e in course] == pytest.approx([0, 0.5 + 30 / 3600, 168, 168.5 + 30 / 3600])
    train = course[0].train
    assert (train.pulses, train.rate_hz, train.jitter_s) == (100, 20.0, 0.002)
    assert {e.intensity for e in course} == {0.5}
    assert len({e.train for e in course}) == 1


def test_a_target_moves_the_session():
    assert {e.place for e in events("rtms_10hz", "vertex")} == {"vertex"}


# electricity, drugs, surroundings


@pytest.mark.parametrize(
    ("name", "montage"),
    [("ect_bl", "bitemporal"), ("ect_rul", "right_unilateral"), ("ect_bf", "bifrontal")],
)
def test_ect_is_three_shocks_a_week(name, montage):
    course = events(name, charge=1.5)
    assert len(course) == 11
    assert {(type(e), e.montage, e.charge) for e in course} == {(Shock, montage, 1.5)}
    assert days(course) == [0, 2, 4, 7, 9, 11, 14, 16, 18, 21, 23]


def test_psilocybin_is_two_doses_three_weeks_apart():
    assert events("psilocybin") == [Dose(0.0, "psilocybin", 1.0), Dose(504.0, "psilocybin", 1.0)]
    assert events("psilocybin", dose_mg=10.0, doses=1) == [Dose(0.0, "psilocybin", 0.4)]


def test_single_doses_are_the_reference_doses():
    assert events("lsd") == [Dose(0.0, "lsd", 1.0)]
    assert events("dmt") == [Dose(0.0, "dmt", 1.0)]
    assert events("ssri_single") == [Dose(0.0, "escitalopram", 1.0)]
    assert events("lsd", dose_ug=50.0, doses=2, gap_d=7.0)[1] == Dose(168.0, "lsd", 0.5)


def test_ketamine_is_twice_a_week_for_three_weeks():
    course = events("ketamine", dose_mg_per_kg=1.0)
    assert days(course) == [0, 3, 7, 10, 14, 17]
    assert {(e.drug, e.amount) for e in course} == {("ketamine", 2.0)}


def test_an_ssri_is_daily():
    course = events("ssri")
    assert [e.time_h for e in course] == [24.0 * k for k in range(84)]
    assert {(e.drug, e.amount) for e in course} == {("escitalopram", 1.0)}


def test_missed_doses_are_a_seeded_share():
    whole, kept = events("ssri"), events("ssri", adherence=0.75)
    assert len(kept) == 63
    assert set(kept) < set(whole)
    assert kept == events("ssri", adherence=0.75)
    assert kept != events("ssri", adherence=0.75, adherence_seed=1)
    assert events("ssri", adherence=0.0) == []


def test_therapy_is_weekly_and_can_begin_later():
    course = events("therapy", sessions=3, first_day=10.0, duration_h=2.0, strength=0.5)
    assert course == [Surroundings(24 * d, 2.0, "task", 0.5) for d in (10.0, 17.0, 24.0)]
    strong, weak = events("therapy")[0], events("placebo")[0]
    assert (strong.pattern, weak.pattern) == ("task", "task")
    assert 0 < weak.strength < strong.strength


def test_the_combination_is_its_parts_one_day_apart():
    course = events("psilocybin_rtms", doses=2, gap_d=3.0)
    doses, sessions = course[:2], course[2:]
    assert doses == events("psilocybin")
    assert [e.time_h - 24 * 24 for e in sessions] == [e.time_h for e in events("rtms_10hz")]
    assert [e.train for e in sessions] == [e.train for e in events("rtms_10hz")]


# declarations


@pytest.mark.parametrize("name", sorted(TREATMENTS))
def test_a_treatment_declares_itself(name):
    from netmod.plasticity.environment import PATTERNS
    from netmod.plasticity.field import MONTAGES

    treatment = TREATMENTS[name]
    assert treatment.name == name
    assert treatment.doc and treatment.mechanism and treatment.source
    defaults = {k: p.default for k, p in treatment.parameters.items()}
    for label, p in treatment.parameters.items():
        assert p.low <= p.default <= p.high, label
        assert p.unit and p.doc and p.source, label
        for edge in (p.low, p.high):
            try:
                course = treatment.schedule(defaults | {label: edge}, treatment.target)
            except ConfigError as error:  # each alone is possible, not every pair
                assert label in ("burst", "burst_hz", "rate_hz")
                assert "burst" in error.what
                continue
            assert course or label == "adherence"
            assert all(e.time_h >= 0 for e in course)
            assert all(e.drug in DRUGS for e in course if isinstance(e, Dose))
            assert all(e.montage in MONTAGES for e in course if isinstance(e, Shock))
            assert all(e.pattern in PATTERNS for e in course if isinstance(e, Surroundings))


def test_only_stimulation_is_aimed():
    assert {name for name, treatment in TREATMENTS.items() if treatment.target} == COILS


def test_no_treatment_names_an_outcome():
    """An arm sets mechanisms; readouts are not among its words."""
    from netmod.graph import METRICS
    from netmod.plasticity import PARAMETERS

    words = {k for t in TREATMENTS.values() for k in t.parameters} | set(PARAMETERS)
    words |= {gate for m in MODIFIERS.values() for gate in m.factors}
    assert not words & set(METRICS)
    assert not [word for word in words if "healthy" in word]


def test_declarations_import_nothing_heavy():
    code = (
        "import sys, netmod.treatments, netmod.cohort, netmod.plasticity, netmod.plasticity.gates;"
        "print(*[m for m in ('jax', 'scipy', 'numpy', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
