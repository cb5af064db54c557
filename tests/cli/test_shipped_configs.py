"""The shipped configs against the shipped registries and atlas."""

from pathlib import Path

import pytest

from netmod.cli import main
from netmod.scenario import load_scenario
from netmod.scenario.template import write_template
from netmod.treatments import TREATMENTS

FOLDER = Path(__file__).parents[2] / "configs"
MAIN_ARMS = ("healthy", "mdd", "sham", "rtms_10hz", "ect_bl", "psilocybin", "ssri")


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_shipped_config_is_valid(path, capsys):
    assert main(["validate", str(path)]) == 0
    printed = capsys.readouterr()
    assert "a valid scenario" in printed.out
    assert printed.err == ""
    text = path.read_text("utf-8")
    assert "A research simulator, not medical advice." in text
    assert f"name: {path.stem}\n" in text


def test_all_arms_has_every_treatment():
    names = [arm.treatment for arm in load_scenario(FOLDER / "all_arms.yaml").arms]
    assert sorted(names) == sorted(["none", "none", *TREATMENTS])


def test_the_escitalopram_arm_is_the_trials():
    """10 mg for three weeks, 20 mg for three, and 1 mg of psilocybin on the two dosing days."""
    arms = {a.name: a for a in load_scenario(FOLDER / "psilocybin_vs_escitalopram.yaml").arms}
    events = arms["escitalopram"].events()
    doses = {(e.drug, e.amount): [] for e in events}
    for e in events:
        doses[e.drug, e.amount].append(e.time_h / 24)
    assert doses == {
        ("escitalopram", 0.5): list(range(21)),
        ("escitalopram", 1.0): list(range(21, 42)),
        ("psilocybin", 0.04): [0.0, 21.0],
    }


def test_the_targeting_arms_differ_by_their_place():
    arms = {a.name: a for a in load_scenario(FOLDER / "targeting.yaml").arms}
    itbs = [arms[n] for n in ("guided_itbs", "itbs_f3", "itbs_group", "itbs_vertex")]
    assert [a.target for a in itbs] == ["individual", "beam_f3", "fox_2012", "vertex"]
    assert len({a.parameters for a in itbs}) == 1
    pulses = {name: sum(e.train.pulses for e in a.events()) for name, a in arms.items()}
    assert pulses["guided_itbs"] == pulses["rtms_f3"] == 60_000


def test_the_gap_to_rtms_is_counted_from_the_dose():
    arms = {a.name: a for a in load_scenario(FOLDER / "psilocybin_then_rtms.yaml").arms}
    for days in (1, 7, 21, 60):
        events = arms[f"rtms_after_{days}d"].events()
        assert [e.time_h for e in events[:2]] == [0.0, 24.0 * days]
        assert len(events) == 11
    last = arms["psilocybin_last"].events()[-1]
    assert (last.time_h, last.drug) == (12 * 24.0, "psilocybin")


def test_the_main_job_is_as_documented():
    scenario = load_scenario(FOLDER / "treatments.yaml")
    assert tuple(arm.name for arm in scenario.arms) == MAIN_ARMS
    assert scenario.engine == "sde"
    assert scenario.times_h == (0.0, 2.0, 24.0, 1008.0)
    assert scenario.cohort.subjects == 16
    assert (scenario.scanner.duration_s, scenario.scanner.tr_s) == (300.0, 2.0)
    assert scenario.cells == 448


def test_quickstart_is_the_main_job_by_the_other_engine():
    quick = load_scenario(FOLDER / "quickstart.yaml").canonical()
    main_job = load_scenario(FOLDER / "treatments.yaml").canonical()
    differ = {key for key in quick if quick[key] != main_job[key]}
    assert differ == {"name", "engine", "cohort", "readout"}
    assert quick["engine"] == "linear"
    assert main_job["cohort"] | {"subjects": 6} == quick["cohort"]


def test_controls_differ_from_their_treatment_by_one_modifier():
    arms = {arm.name: arm for arm in load_scenario(FOLDER / "controls.yaml").arms}
    assert arms["rtms_vertex"].parameters == arms["rtms_10hz"].parameters
    assert arms["rtms_vertex"].target != arms["rtms_10hz"].target
    assert arms["psilocybin_ketanserin"].parameters == arms["psilocybin"].parameters
    assert arms["psilocybin_ketanserin"].modifiers == ("ketanserin",)


def test_the_template_is_valid(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["validate", str(write_template("mine"))]) == 0
