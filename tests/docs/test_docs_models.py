"""docs/models.md says what the declarations say, and its figures are there."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from netmod.dynamics.solvers import SOLVERS
from netmod.models import COUPLINGS, MODELS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "models.md").read_text("utf-8")
FIGURES = ROOT / "docs" / "figures" / "models"


def section(name):
    """The part of the page under one model's heading."""
    return re.search(rf"^## {name}$(.*?)(?=^## |\Z)", PAGE, re.M | re.S)[1]


def test_page_is_what_the_declarations_say():
    command = [sys.executable, "docs/make_models.py", "--check"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout + found.stderr


def test_check_finds_a_stale_page_and_writes_nothing(tmp_path):
    script = tmp_path / "make_models.py"
    script.write_text((ROOT / "docs" / "make_models.py").read_text("utf-8"), "utf-8")
    stale = PAGE.replace("| `G` | 1 |", "| `G` | 2 |", 1)
    assert stale != PAGE
    (tmp_path / "models.md").write_text(stale, "utf-8")
    (tmp_path / "figures" / "models").mkdir(parents=True)
    captions = (FIGURES / "captions.json").read_text("utf-8")
    (tmp_path / "figures" / "models" / "captions.json").write_text(captions, "utf-8")
    command = [sys.executable, str(script), "--check"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert found.returncode == 1
    assert "-| `G` | 2 |" in found.stdout and "+| `G` | 1 |" in found.stdout
    assert "stale" in found.stderr
    assert (tmp_path / "models.md").read_text("utf-8") == stale


@pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.name)
def test_every_model_has_its_section(model):
    text = section(model.name)
    assert model.doc in text and "**Reference.**" in text and "```math" in text
    for name, declared in model.parameters.items():
        span = re.escape(f"{declared.low:g} to {declared.high:g}")
        row = rf"^\| `{name}` \| {re.escape(f'{declared.default:g}')} \| .* \| {span} \|"
        assert re.search(row, text, re.M), name
    for name in (*model.states, *model.coupling_inputs, model.observed):
        assert f"`{name}`" in text
    assert f"(figures/models/{model.name}.png)" in text


def test_kinds_of_coupling_and_solvers_are_listed():
    for name in (*COUPLINGS, *SOLVERS):
        assert re.search(rf"^\| `{name}` \|", PAGE, re.M), name


def test_every_figure_has_a_caption_with_what_it_measured():
    captions = json.loads((FIGURES / "captions.json").read_text("utf-8"))
    assert list(captions) == list(MODELS)
    for name, caption in captions.items():
        assert re.search(r"\d\.\d", caption), name
        picture = (FIGURES / f"{name}.png").read_bytes()
        assert picture.startswith(b"\x89PNG") and len(picture) < 120_000
        # 6.5 x 2.6 in at 150 dpi
        size = [int.from_bytes(picture[k : k + 4], "big") for k in (16, 20)]
        assert size == [975, 390], name
    assert {path.stem for path in FIGURES.glob("*.png")} == set(MODELS)


def test_lines_of_prose_fit_the_page_and_mathematics_is_closed():
    long = [line for line in PAGE.splitlines() if len(line) > 120 and not line.startswith("|")]
    assert not long
    assert PAGE.count("```math") * 2 == PAGE.count("```")
    assert PAGE.count(r"\begin{aligned}") == PAGE.count(r"\end{aligned}") == PAGE.count("```math")
    assert ":math:" not in PAGE and "\0" not in PAGE
