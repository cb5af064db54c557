"""``netmod plan --figure``: the picture, and paths that cannot be."""

from pathlib import Path
from types import SimpleNamespace

import pytest

import netmod.atlas
from netmod.cli import main

TEXT = "schema_version: 1\nname: small\nseed: 1\narms: [mdd, rtms_10hz]\ntimes: [baseline, 6 wk]\n"
TEXT += "model: {connectivity: structural}\n"


@pytest.fixture
def config(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    atlas = SimpleNamespace(
        name="tiny", region=("a", "b"), targets={"dlpfc_left": (0,)}, n_regions=2
    )
    monkeypatch.setattr(netmod.atlas, "load_atlas", lambda name: atlas)
    Path("c.yaml").write_text(TEXT, encoding="utf-8")
    return "c.yaml"


def test_the_picture_is_written_and_named(config, capsys):
    assert main(["plan", config, "--figure", "plan.png"]) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[-1] == "plan.png"
    assert "30 x session" in out
    assert Path("plan.png").read_bytes().startswith(b"\x89PNG")


def test_without_it_nothing_is_drawn(config, monkeypatch):
    monkeypatch.setattr("netmod.figures.write_timeline", None)
    assert main(["plan", config]) == 0
    assert [path.name for path in Path().iterdir()] == ["c.yaml"]


@pytest.mark.parametrize(
    ("path", "what", "hint"),
    [
        ("plan.pdf", "plan.pdf: not the name of a PNG", "write plan.png"),
        ("plan", "plan: not the name of a PNG", "write plan.png"),
        (".", ".: not the name of a PNG", "write plan.png"),
        ("folder.png", "folder.png: a folder", "name a file in it"),
        ("c.yaml/plan.png", "c.yaml: not a folder", "choose another folder for the figure"),
    ],
)
def test_bad_paths_are_refused_before_anything_is_read(config, capsys, path, what, hint):
    Path("folder.png").mkdir()
    assert main(["plan", "no_such.yaml", "--figure", path]) == 2
    caught = capsys.readouterr()
    assert caught.out == ""
    assert f"netmod: error: {what}" in caught.err
    assert f"hint: {hint}" in caught.err


def test_a_folder_that_may_not_be_written(config, capsys, monkeypatch):
    monkeypatch.setattr("netmod.cli.os.access", lambda *words: False)
    assert main(["plan", config, "--figure", "plan.png"]) == 2
    assert "cannot write here" in capsys.readouterr().err


def test_the_option_needs_a_path(config, capsys):
    assert main(["plan", config, "--figure"]) == 2
    assert "expected one argument" in capsys.readouterr().err
