"""docs/slow_layer.md says what the declarations say, and every constant is told where from."""

import subprocess
import sys
from pathlib import Path

from netmod.plasticity import PARAMETERS
from netmod.treatments import MODIFIERS, TREATMENTS

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "slow_layer.md"


def test_page_is_what_the_declarations_say():
    command = [sys.executable, "docs/make_slow_layer.py", "--check"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout + found.stderr


def test_page_holds_every_constant_treatment_and_modifier():
    text = PAGE.read_text("utf-8")
    for name in (*PARAMETERS, *TREATMENTS, *MODIFIERS):
        assert f"| `{name}` |" in text, name


def test_every_constant_has_a_source():
    assert all(len(p.source) > 4 and p.doc for p in PARAMETERS.values())
