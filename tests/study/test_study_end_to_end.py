"""The whole command line on a small atlas: run, verify, compare, cite."""

import re

import pytest
from study_lab import config

from netmod.cli import main
from netmod.figures import FIGURES


@pytest.fixture(scope="module")
def done(ten, tmp_path_factory):
    """A study that ``netmod run`` has finished."""
    folder = tmp_path_factory.mktemp("whole_line")
    path = folder / "small.yaml"
    path.write_text(config(ten, "linear", ("healthy", "mdd", "sham", "rtms_10hz")))
    out = folder / "out"
    assert main(["run", str(path), "-o", str(out), "--jobs", "1"]) == 0
    return out


def test_run_leaves_everything(done):
    assert {path.stem for path in (done / "figures").iterdir()} == {f.name for f in FIGURES}
    assert all(path.read_bytes()[:4] == b"\x89PNG" for path in (done / "figures").iterdir())
    page = (done / "report.html").read_text(encoding="utf-8")
    assert page.count("data:image/png;base64,") == len(FIGURES)
    assert "rTMS 10 Hz, against MDD, untreated" in page
    assert "zero by construction" in page
    sealed = {line.split("  ", 1)[1] for line in (done / "SHA256SUMS").read_text().splitlines()}
    found = {path.relative_to(done).as_posix() for path in done.rglob("*") if path.is_file()}
    assert sealed == {name for name in found if name != "SHA256SUMS" and "logs/" not in name}


def test_verify_then_damage(done, capsys):
    assert main(["verify", str(done)]) == 0
    assert re.fullmatch(r"\d+ files match\n", capsys.readouterr().out)
    report = done / "report.html"
    content = report.read_bytes()
    report.write_bytes(content + b" ")
    try:
        assert main(["verify", str(done)]) == 4
    finally:
        report.write_bytes(content)
    assert "changed: report.html" in capsys.readouterr().err


def test_compare(done, capsys):
    assert main(["compare", str(done)]) == 0
    text = capsys.readouterr().out
    assert "rtms_10hz − mdd" in text and "mdd − healthy" in text
    assert "not medical advice" in text
    assert main(["compare", str(done), "--metric", "gbc"]) == 0
    assert capsys.readouterr().out.split()[:2] == ["baseline", "gbc"]


def test_cite(done, capsys):
    assert main(["cite", str(done)]) == 0
    text = capsys.readouterr().out
    assert "@software{netmod," in text and "@misc{ten," in text
