"""The shipped configs against the shipped registries and atlas."""

from pathlib import Path

import pytest

from netmod.cli import main
from netmod.scenario import load_scenario
from netmod.scenario.template import write_template

FOLDER = Path(__file__).parents[2] / "configs"
MAIN_ARMS = ("healthy", "mdd", "sham", "rtms_10hz", "ect_bl", "psilocybin", "ssri")


@pytest.mark.parametrize("name", ["treatments", "quickstart", "controls"])
def test_a_shipped_config_is_valid(name, capsys):
    assert main(["validate", str(FOLDER / f"{name}.yaml")]) == 0
    assert "a valid scenario" in capsys.readouterr().out


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
