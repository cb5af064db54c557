"""The peers themselves, run again: are the frozen numbers still what they compute?

``make test-peers`` builds their environment and names its interpreter in NETMOD_PEERS_PYTHON.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

HERE = Path(__file__).parent
PYTHON = os.environ.get("NETMOD_PEERS_PYTHON")
CASES = json.loads((HERE / "cases.json").read_text(encoding="utf-8"))["cases"]

pytestmark = [
    pytest.mark.peers,
    pytest.mark.skipif(not PYTHON, reason="NETMOD_PEERS_PYTHON names no Python with the peers"),
]


@pytest.fixture(scope="module")
def computed(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("peers")
    done = subprocess.run(
        [PYTHON, str(HERE / "make_frozen.py"), str(HERE / "cases.json"), str(folder)],
        capture_output=True, text=True, timeout=280, check=False,
        cwd=folder, env={**os.environ, "OMP_NUM_THREADS": "1", "HOME": str(folder)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return folder


@pytest.mark.parametrize("name", CASES)
def test_peer_still_computes_the_frozen_numbers(computed, name):
    now = json.loads((computed / f"{name}.json").read_text(encoding="utf-8"))
    kept = json.loads((HERE / "frozen" / f"{name}.json").read_text(encoding="utf-8"))
    assert now.keys() == kept.keys()
    assert now["peer"] == kept["peer"]
    assert now["delay_steps"] == kept["delay_steps"]
    # other processors round exp and tanh otherwise; the comparison with netmod allows as much
    for key, relative in (("trajectory", 1e-9), ("slopes_per_ms", 1e-12)):
        if key in kept:
            old, new = np.array(kept[key]), np.array(now[key])
            size = np.abs(old).max(axis=(0, 2), keepdims=True)
            assert (np.abs(new - old) / size).max() < relative
