"""The block ``search``: read back as written, and every mistake at its place."""

from __future__ import annotations

import pytest

from netmod.errors import ConfigError
from netmod.fit.search import Choice, Span
from netmod.scenario import load_scenario
from netmod.scenario.load import check_against_atlas
from netmod.scenario.problem import ProblemsError
from netmod.scenario.search import plan_text, varied

pytestmark = pytest.mark.usefixtures("shipped_registries")

TEXT = """\
schema_version: 1
name: test
seed: 7
engine: linear
times: [baseline, 1 wk, 6 wk]
arms:
  healthy: {}
  drug: {treatment: ssri}
  both:
    sequence:
      - {treatment: rtms_10hz, parameters: {sessions: 20}}
      - {treatment: therapy, after: 1 d}
search:
  arm: both
  time: 42 d
  over:
    target: [dlpfc_left, [-38, 44, 26]]
    treatment: [rtms_10hz, itbs_6wk]
    sessions: {low: 10, high: 30}
    gap_min: {low: 5, high: 60}
    therapy_day: [0, 2.5]
"""


@pytest.fixture
def both(write):
    return load_scenario(write(TEXT)).arms[2]


def test_it_reads_back_as_it_was_written(write):
    scenario = load_scenario(write(TEXT))
    found = scenario.search
    assert (found.arm, found.time, found.metric, found.towards) == (
        "both", "6 wk", "healthy_distance", "lower",
    )  # fmt: skip
    assert found.over == (
        Choice("target", ("dlpfc_left", "-38,44,26")),
        Choice("treatment", ("rtms_10hz", "itbs_6wk")),
        Span("sessions", 10, 30, whole=True),
        Span("gap_min", 5, 60),
        Choice("therapy_day", (0, 2.5)),
    )
    again = load_scenario(write(scenario.to_yaml(), "again.yaml"))
    assert again == scenario and hash(again) == hash(scenario)
    assert again.sha256 == scenario.sha256


def test_without_it_a_scenario_is_as_before(write):
    bare = load_scenario(write(TEXT[: TEXT.index("search:")]))
    assert bare.search is None and "search" not in bare.canonical()
    assert load_scenario(write(TEXT, "b.yaml")).model_copy(update={"search": None}) == bare
    empty = load_scenario(write(TEXT[: TEXT.index("search:")] + "search:\n", "c.yaml"))
    assert empty == bare


def test_a_field_file_stands_beside_the_config(write, tmp_path):
    text = TEXT.replace("[-38, 44, 26]", "fields/a.tsv")
    (tmp_path / "sub").mkdir()
    write(text, "sub/c.yaml")
    scenario = load_scenario("sub/c.yaml")
    assert scenario.search.over[0].values[1] == str(tmp_path / "sub" / "fields" / "a.tsv")
    write(text, "d.yaml")
    assert load_scenario("d.yaml").sha256 == scenario.sha256
    with pytest.raises(ConfigError, match="no such file"):
        check_against_atlas(scenario)


def test_the_plan_as_written_is_the_arm_itself(both):
    assert varied(both, {"treatment": "rtms_10hz", "target": "dlpfc_left", "sessions": 20}) == both


def test_a_plan_changes_the_first_step_and_the_day_of_therapy(both):
    arm = varied(both, {"target": "vertex", "rate_hz": 5, "train_s": 2, "therapy_day": 2.5})
    first, therapy = arm.sequence
    assert (first.target, first.parameters["rate_hz"], first.parameters["sessions"]) == (
        "vertex", 5, 20,
    )  # fmt: skip
    assert (therapy.start, therapy.after) == ("60 h", None)
    days = {e.time_h / 24 for e in arm.events() if type(e).__name__ == "Surroundings"}
    assert min(days) == 2.5
    assert both.sequence[1].after == "1 d"  # the arm itself is as it was


def test_another_treatment_keeps_what_the_arm_changed(both):
    first = varied(both, {"treatment": "itbs_6wk"}).sequence[0]
    assert first.parameters["sessions"] == 20  # changed
    assert first.parameters["pulses"] == 600  # its own
    right = varied(both, {"treatment": "rtms_1hz"}).sequence[0]
    assert right.target == "dlpfc_right"  # its own place as well
    moved = varied(varied(both, {"target": "vertex"}), {"treatment": "rtms_1hz"})
    assert moved.sequence[0].target == "vertex"
    drug = varied(both, {"treatment": "psilocybin"}).sequence[0]
    assert drug.target is None and "sessions" not in drug.parameters


def test_the_therapy_is_never_the_step_that_is_varied(write):
    turned = TEXT.replace("treatment: therapy, after: 1 d", "treatment: itbs, start: 1 d")
    turned = turned.replace("{treatment: rtms_10hz, parameters: {sessions: 20}}",
                            "{treatment: therapy}")  # fmt: skip
    arm = varied(load_scenario(write(turned)).arms[2], {"therapy_day": 3, "sessions": 4})
    assert [s.parameters["sessions"] for s in arm.sequence] == [12, 4]
    assert [s.start for s in arm.sequence] == ["3 d", "1 d"]


def test_a_plan_that_cannot_be_given_says_why(both):
    with pytest.raises(ProblemsError, match="beyond safety limits"):
        varied(both, {"train_s": 30})
    with pytest.raises(ProblemsError, match="unknown key"):
        varied(both, {"treatment": "psilocybin", "sessions": 3})


def test_plan_text():
    plan = {"target": "vertex", "gap_min": 12.345678, "sessions": 20}
    assert plan_text(plan) == "target vertex, gap_min 12.3457, sessions 20"


@pytest.mark.parametrize(
    ("old", "new", "place", "says"),
    [
        ("arm: both", "arm: boht", "14:8: search.arm", "unknown arm|did you mean 'both'"),
        ("time: 42 d", "time: 5 wk", "15:9: search.time", "no scan to judge by|one of: 1 wk, 6 wk"),
        ("time: 42 d", "time: baseline", "15:9: search.time", "no scan to judge by"),
        ("time: 42 d", "time: 42", "15:9: search.time", "unit"),
        ("time: 42 d", "metric: modularty", "15:11: search.metric", "unknown metric|'modularity'"),
        ("time: 42 d", "towards: up", "15:12: search.towards", "write lower or higher"),
        ("time: 42 d", "tme: 42 d", "15:3: search.tme", "unknown key|did you mean 'time'"),
        ("  arm: both\n", "", "13:1: search.arm", "missing key"),
        ("sessions: {", "sesions: {", "19:5: search.over.sesions", "did you mean 'sessions'"),
        ("therapy_day: [0, 2.5]", "therapy_day: []", "21:18: search.over.therapy_day", "no values"),
        ("[0, 2.5]", "3", "21:18: search.over.therapy_day", r"write \[3\]"),
        ("[0, 2.5]", "[0, 0]", "21:22: search.over.therapy_day.1", "given twice"),
        ("[0, 2.5]", "[-1]", "21:19: search.over.therapy_day.0", "out of range"),
        ("[0, 2.5]", "[true]", "21:19: search.over.therapy_day.0", "not a number"),
        ("{low: 10, high: 30}", "[10.5]", "19:16: search.over.sessions.0", "write 10"),
        ("{low: 10, high: 30}", "{low: 30, high: 10}", "19:15: search.over.sessions", "a range"),
        ("{low: 10, high: 30}", "{low: 10}", "19:15: search.over.sessions", "not a range"),
        ("{low: 10, high: 30}", "{low: 0, high: 9}", "19:21: search.over.sessions.low", "1 to 200"),
        ("rtms_10hz, itbs_6wk]", "{low: 1, high: 2}]", "18:17: search.over.treatment.0", "treat"),
        ("[rtms_10hz, itbs_6wk]", "[itb]", "18:17: search.over.treatment.0", "mean 'itbs'"),
        ("[dlpfc_left,", "[~,", "17:14: search.over.target.0", "not the name of a target"),
        ("[dlpfc_left,", "[dlpfc,", "17:14: search.over.target.0", "no such target"),
        ("gap_min", "dose_mg", "20:5: search.over.dose_mg", "not a parameter of rtms_10hz or itbs"),
        ("  healthy: {}\n", "", "", "nobody to measure the distance from"),
        ("treatment: therapy", "treatment: itbs", "21:5: search.over.therapy_day", "no therapy"),
        ("    treatment: [rtms_10hz, itbs_6wk]", "    treatment: [ssri]",
         "17:5: search.over.target", "nothing is aimed here"),
    ],
)  # fmt: skip
def test_mistakes_name_their_place(write, old, new, place, says):
    assert TEXT.count(old) == 1
    path = write(TEXT.replace(old, new))
    with pytest.raises(ConfigError, match=says) as caught:
        check_against_atlas(*read(path))
    if place:
        assert f"c.yaml:{place}: " in str(caught.value)


def read(path):
    from netmod.scenario import read_scenario

    return read_scenario(path)


@pytest.mark.parametrize("value", ["4", "[1]", "x", "{over: {}}", "{arm: both, time: 6 wk}"])
def test_no_search_at_all(write, value):
    with pytest.raises(ConfigError):
        load_scenario(write(TEXT[: TEXT.index("search:")] + f"search: {value}\n"))
