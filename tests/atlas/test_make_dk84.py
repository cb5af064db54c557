"""The script that makes dk84: the same sources give the committed bytes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CACHE = os.environ.get("NETMOD_DK84_CACHE")


@pytest.mark.slow
@pytest.mark.skipif(CACHE is None, reason="NETMOD_DK84_CACHE names no folder of source packages")
def test_the_script_makes_the_committed_bytes(tmp_path):
    script = ROOT / "atlases" / "make_dk84.py"
    command = [sys.executable, str(script), "--cache", str(CACHE), "--out", str(tmp_path / "dk84")]
    subprocess.run(command, check=True, capture_output=True)
    made = {path.name: path.read_bytes() for path in (tmp_path / "dk84").iterdir()}
    committed = {
        path.name: path.read_bytes()
        for path in (ROOT / "atlases" / "dk84").iterdir()
        if path.is_file()
    }
    assert made == committed


def test_a_changed_package_is_refused(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "atlases"))
    from dk84_make.sources import TVBOPTIM, Sources

    (tmp_path / TVBOPTIM.file).write_bytes(b"PK not the package")
    with pytest.raises(SystemExit, match="SHA-256 is"):
        Sources(tmp_path).read(TVBOPTIM, "tvboptim/data/connectivity/dk_average/data.npz")
