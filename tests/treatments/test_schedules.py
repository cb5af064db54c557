"""Schedules: when, how much, where; and what a treatment may declare."""

import subprocess
import sys

import pytest

from netmod.plasticity.events import Dose, Seizure, Session
from netmod.plasticity.pharmacology import DRUGS
from netmod.treatments import MODIFIERS, TREATMENTS
from netmod.treatments.rtms import weekday_hours


def events(name, target="dlpfc_left", **changed):
    treatment = TREATMENTS[name]
    parameters = {k: p.default for k, p in treatment.parameters.items()}
    return treatment.schedule(parameters | changed, target)


def test_sessions_fall_on_the_days_of_a_week():
    assert weekday_hours(7, (0, 1, 2, 3, 4)) == [24.0 * d for d in (0, 1, 2, 3, 4, 7, 8)]
    assert weekday_hours(4, (0, 2, 4)) == [24.0 * d for d in (0, 2, 4, 7)]
    assert weekday_hours(1, (0, 2, 4)) == [0.0]


def test_the_rtms_course_is_the_published_one():
    course = events("rtms_10hz")
    assert len(course) == 30
    assert all(isinstance(e, Session) and e.target == "dlpfc_left" for e in course)
    assert course[-1].time_h == 24.0 * (5 * 7 + 4)
    train, pause = course[0].phases
    assert train.rate_hz * train.duration_s * course[0].repeats == 3000
    assert course[0].repeats * (train.duration_s + pause.duration_s) == 37.5 * 60
    assert course[0].intensity == 1.0


def test_sham_is_the_same_course_with_a_weaker_field():
    for real, sham in zip(events("rtms_10hz"), events("sham"), strict=True):
        assert (real.time_h, real.phases, real.repeats) == (sham.time_h, sham.phases, sham.repeats)
        assert sham.intensity == 0.25


def test_a_target_moves_the_session():
    assert {e.target for e in events("rtms_10hz", "vertex")} == {"vertex"}


def test_ect_is_three_seizures_a_week():
    course = events("ect_bl")
    assert len(course) == 11
    assert all(isinstance(e, Seizure) for e in course)
    assert [e.time_h / 24 for e in course][:4] == [0, 2, 4, 7]


def test_psilocybin_is_two_doses_three_weeks_apart():
    assert events("psilocybin") == [Dose(0.0, "psilocybin", 1.0), Dose(504.0, "psilocybin", 1.0)]
    assert events("psilocybin", dose_mg=10.0, doses=1) == [Dose(0.0, "psilocybin", 0.4)]


def test_an_ssri_is_daily():
    course = events("ssri")
    assert len(course) == 84
    assert [e.time_h for e in course] == [24.0 * k for k in range(84)]
    assert {(e.drug, e.amount) for e in course} == {("escitalopram", 1.0)}


@pytest.mark.parametrize("name", sorted(TREATMENTS))
def test_a_treatment_declares_itself(name):
    treatment = TREATMENTS[name]
    assert treatment.name == name
    assert treatment.doc and treatment.mechanism and treatment.source
    for label, p in treatment.parameters.items():
        assert p.low <= p.default <= p.high, label
        assert p.unit and p.doc and p.source, label
    for place in ("low", "high"):
        edge = {k: getattr(p, place) for k, p in treatment.parameters.items()}
        course = treatment.schedule(edge, treatment.target)
        assert course and all(e.time_h >= 0 for e in course)
        assert all(e.drug in DRUGS for e in course if isinstance(e, Dose))


def test_only_stimulation_is_aimed():
    aimed = {name for name, treatment in TREATMENTS.items() if treatment.target}
    assert aimed == {"rtms_10hz", "sham"}
    assert {m.target for m in MODIFIERS.values() if m.target} == {"vertex", "motor_left"}


def test_no_treatment_names_an_outcome():
    """An arm sets mechanisms; readouts are not among its words."""
    from netmod.graph import METRICS
    from netmod.plasticity import PARAMETERS

    words = {k for t in TREATMENTS.values() for k in t.parameters} | set(PARAMETERS)
    assert not words & set(METRICS)
    assert not [word for word in words if "healthy" in word]


def test_declarations_import_nothing_heavy():
    code = (
        "import sys, netmod.treatments, netmod.cohort, netmod.plasticity;"
        "print(*[m for m in ('jax', 'scipy', 'numpy', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
