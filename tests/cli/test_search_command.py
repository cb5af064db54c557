"""``netmod search``: what it hands over, and what it refuses before anything is computed."""

from __future__ import annotations

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from netmod import study
from netmod.cli import main
from netmod.scenario import json_schema

CONFIG = str(Path(__file__).parents[2] / "configs" / "search.yaml")


@pytest.fixture
def handed(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    calls = []

    def run_search(scenario, out, **options):
        calls.append((scenario, out, options))
        return 3

    monkeypatch.setattr(study, "run_search", run_search, raising=False)
    return calls


def test_it_hands_over_what_was_asked_for(handed):
    words = ["-o", "there", "--budget", "40", "--seed", "9", "--judge", "sde", "--jobs", "1"]
    assert main(["search", CONFIG, *words, "--engine", "sde"]) == 3
    ((scenario, out, options),) = handed
    assert scenario.name == "search" and scenario.engine == "sde"
    assert scenario.search.arm == "rtms"
    assert out == Path("there")
    assert options == {"budget": 40, "seed": 9, "judge": "sde", "jobs": 1}


def test_what_is_left_out_is_left_to_the_search(handed):
    assert main(["search", CONFIG]) == 3
    ((_, out, options),) = handed
    assert out == Path("out/search_search")
    assert options == {"seed": None, "judge": None, "jobs": None}


def test_a_config_without_a_search_is_refused(handed, tmp_path, capsys):
    path = tmp_path / "c.yaml"
    path.write_text("schema_version: 1\nname: small\nseed: 1\narms: [healthy, mdd]\n")
    assert main(["search", str(path)]) == 2
    assert "nothing to search for" in capsys.readouterr().err
    assert not handed


@pytest.mark.parametrize(
    "words", [["--budget", "0"], ["--seed", "-1"], ["--seed", str(2**32)], ["--judge", "dice"]]
)
def test_bad_options_are_refused(handed, words, capsys):
    assert main(["search", CONFIG, *words]) == 2
    assert words[0] in capsys.readouterr().err
    assert not handed


def test_a_search_has_a_published_schema():
    wanted = YAML(typ="safe", pure=True).load(Path(CONFIG).read_text("utf-8"))["search"]
    published = json_schema()["properties"]["search"]
    assert wanted.keys() <= published["properties"].keys()
    assert wanted["over"].keys() <= published["properties"]["over"]["properties"].keys()
    assert published["required"] == ["arm", "time", "over"]
