"""docs/atlases.md says what the folders and the commands say, and its Python runs."""

import importlib.util
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from netmod.atlas import available_atlases, load_atlas
from netmod.atlas.fetch import SOURCES
from netmod.atlas.formats import FORMATS

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
PAGE = ROOT / "docs" / "atlases.md"


def test_page_is_what_the_folders_and_commands_say():
    command = [sys.executable, "docs/make_atlases.py", "--check"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout + found.stderr


def test_page_holds_every_shipped_atlas_source_and_format(monkeypatch, tmp_path):
    monkeypatch.setenv("NETMOD_DATA", str(tmp_path))
    text = PAGE.read_text("utf-8")
    for name in available_atlases():
        assert f"\n## {name}\n" in text
        assert f"(figures/atlas_{name}.png)" in text
        assert f"| {load_atlas(name).n_regions}: " in text
    for name in (*SOURCES, *FORMATS):
        assert f"| `{name}` |" in text, name


def test_every_picture_is_there(monkeypatch, tmp_path):
    monkeypatch.setenv("NETMOD_DATA", str(tmp_path))
    for name in available_atlases():
        picture = (ROOT / "docs" / "figures" / f"atlas_{name}.png").read_bytes()
        assert picture.startswith(b"\x89PNG") and len(picture) < 1_200_000
        assert int.from_bytes(picture[16:20], "big") == 1008  # 7.2 in at 140 dpi


def test_nothing_on_the_page_is_of_one_machine():
    text = PAGE.read_text("utf-8")
    for folder in (ROOT, Path.home(), Path(tempfile.gettempdir())):
        assert f"{folder}/" not in text
    prose = re.sub(r"```.*?```", "", text, flags=re.S).splitlines()
    long = [line for line in prose if len(line) > 120 and not line.startswith("|")]
    assert not long


def test_its_python_runs(tmp_path, monkeypatch, capsys):
    spec = importlib.util.spec_from_file_location("docs_blocks", HERE / "blocks.py")
    blocks = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(blocks)
    monkeypatch.chdir(tmp_path)
    names = blocks.run_page("docs/atlases.md", tmp_path)
    assert "84 (84, 84)" in capsys.readouterr().out
    assert names["problems"] == []
    assert names["cortex"].n_regions == 68
    assert names["dlpfc"].weights.sum() == pytest.approx(1.0)
    assert names["mine"].region == names["atlas"].region
    assert not names["atlas"].weights.flags.writeable
