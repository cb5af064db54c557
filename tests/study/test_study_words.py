"""The plan of a study, the whole chain of the command line, and what tests may not do."""

import os
import socket
import subprocess
import sys

import pytest
from study_lab import config, digests

from netmod.study import plan_study


def test_the_plan_names_arms_schedule_and_cells(scenario_of):
    text = plan_study(scenario_of("sde"))
    for words in (
        "small: engine sde, atlas ", "(10 regions)", "mdd, untreated",
        "mdd × rtms_10hz at dlpfc_left",
        "30 x session, the last on day 39", "11 x seizure, the last on day 23",
        "2 x dose, the last on day 21", "84 x dose, the last on day 83",
        "scans at baseline, 2 h, 1 d; 60 s each", "63 cells at most", "MB of memory", "min at most",
    ):  # fmt: skip
        assert words in text, words
    assert "min at most" not in plan_study(scenario_of("linear"))


def test_a_plan_leaves_nothing(scenario_of, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plan_study(scenario_of("linear"))
    assert not list(tmp_path.iterdir())


def test_the_network_is_blocked():
    # pytest-socket warns before it refuses, and warnings are errors here
    with pytest.raises((RuntimeError, UserWarning), match=r"socket\.socket"):
        socket.socket(socket.AF_INET, socket.SOCK_STREAM)


def test_no_screen_is_needed():
    import matplotlib

    assert matplotlib.get_backend().lower() == "agg"


def netmod(*words, cwd):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    return subprocess.run(
        [sys.executable, "-m", "netmod", *words], cwd=cwd, env=environment, text=True,
        capture_output=True, timeout=280, check=False,
    )  # fmt: skip


@pytest.mark.slow
def test_the_whole_chain_from_the_command_line(ten, tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text(config(ten, "linear", ("healthy", "mdd", "sham", "rtms_10hz", "psilocybin")))
    done = netmod("run", "c.yaml", "-o", "out", "--jobs", "1", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "rtms_10hz − mdd" in done.stdout and "medical advice" in done.stdout
    assert "Traceback" not in done.stderr
    out = tmp_path / "out"
    assert (out / "report.html").is_file() and list((out / "figures").glob("*.png"))
    first = digests(out)
    for command, word in (("verify", "files match"), ("cite", "@software{netmod"),
                          ("compare", "psilocybin − mdd")):  # fmt: skip
        done = netmod(command, "out", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert word in done.stdout
    done = netmod("run", "c.yaml", "-o", "out", "--jobs", "1", cwd=tmp_path)
    assert done.returncode == 0 and "45 of 45 scans are there already" in done.stderr
    assert digests(out) == first
    (out / "sub-01/stranger").write_text("x")
    done = netmod("verify", "out", cwd=tmp_path)
    assert done.returncode == 4 and "not listed: sub-01/stranger" in done.stderr
