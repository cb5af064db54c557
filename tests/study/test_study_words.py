"""The plan of a study, the whole chain of the command line, and what tests may not do."""

import os
import shutil
import socket
import subprocess
import sys

import pytest
from study_lab import config, digests

from netmod.errors import DataError, IntegrityError
from netmod.study import cite_study, compare_table, plan_study, verify_study
from netmod.study.results import load_results


def test_the_plan_names_arms_schedule_and_cells(scenario_of):
    text = plan_study(scenario_of("sde"))
    for words in (
        "small: engine sde, atlas ", "(10 regions)", "mdd, untreated",
        "mdd × rtms_10hz at dlpfc_left",
        "30 x session of 3000 pulses in 37.1 min at dlpfc_left, days 0 to 39",
        "11 x shock bitemporal, days 0 to 23", "2 x dose of psilocybin (x 1), days 0 to 21",
        "84 x dose of escitalopram (x 1), days 0 to 83",
        "scans at baseline, 2 h, 1 d; 60 s each", "63 cells at most", "MB of memory", "min at most",
    ):  # fmt: skip
        assert words in text, words
    assert "min at most" not in plan_study(scenario_of("linear"))


def test_a_plan_leaves_nothing(scenario_of, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plan_study(scenario_of("linear"))
    assert not list(tmp_path.iterdir())


@pytest.fixture
def copy(linear_study, tmp_path):
    return shutil.copytree(linear_study, tmp_path / "s")


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: b"\xff\xfe\x00\x01",
        lambda text: b"",
        lambda text: b"no digest\n" + text,
        lambda text: text.replace(b"  ", b" ", 1),
        lambda text: text[1:],
        lambda text: text + text,
        lambda text: text[:70] + b"\xff" + text[70:],
    ],
    ids=["binary", "empty", "words", "one space", "short", "twice", "bad name"],
)
def test_damaged_checksums_are_said(copy, damage):
    assert verify_study(copy) == 0
    sums = copy / "SHA256SUMS"
    sums.write_bytes(damage(sums.read_bytes()))
    with pytest.raises(IntegrityError, match="the list of checksums is damaged") as caught:
        verify_study(copy)
    assert caught.value.where.startswith(f"{sums}:")
    assert caught.value.exit_code == 4


def test_a_binary_bibliography_is_said(copy):
    (copy / "CITATION.bib").write_bytes(b"@misc{\xff}")
    with pytest.raises(DataError, match="not a text file") as caught:
        cite_study(copy)
    assert caught.value.got == "byte 0xff at offset 6"


def _without(path, *columns):
    rows = [line.split("\t") for line in path.read_text().splitlines()]
    keep = [i for i, name in enumerate(rows[0]) if name not in columns]
    assert len(keep) == len(rows[0]) - len(columns)
    path.write_text("".join("\t".join(row[i] for i in keep) + "\n" for row in rows))


@pytest.mark.parametrize("column", ["noise", "p_corrected", "family", "hedges_g", "ci_low"])
def test_comparisons_without_a_column_are_refused(copy, column):
    _without(copy / "group/comparisons.tsv", column)
    for read in (load_results, compare_table):
        with pytest.raises(DataError, match=f"missing column {column}") as caught:
            read(copy)
        assert caught.value.where.endswith("group/comparisons.tsv")


def test_signatures_without_a_compared_metric_are_refused(copy):
    _without(copy / "group/signatures.tsv", "dlpfc_sgacc", "modularity")
    with pytest.raises(DataError, match="missing column modularity, dlpfc_sgacc") as caught:
        load_results(copy)
    assert caught.value.where.endswith("group/signatures.tsv")


def test_signatures_without_any_metric_are_refused(copy):
    from netmod.graph import METRICS

    _without(copy / "group/signatures.tsv", *METRICS)
    comparisons = copy / "group/comparisons.tsv"
    comparisons.write_text(comparisons.read_text().splitlines()[0] + "\n")
    with pytest.raises(DataError, match="no column of any metric"):
        load_results(copy)


@pytest.mark.parametrize(
    ("old", "new", "untreated", "healthy"),
    [
        ("", "", "mdd", "healthy"),
        ("  mdd:\n    population: mdd\n", "  mdd:\n    population: healthy\n", None, "healthy"),
        ("  healthy:\n    population: healthy\n", "  healthy:\n    population: mdd\n", "healthy",
         None),
        ("  mdd:\n    population: mdd\n    treatment: none\n    modifiers: []\n",
         "  mdd:\n    population: mdd\n    treatment: none\n    modifiers: [ketanserin]\n",
         None, "healthy"),
        ("  mdd:\n    population: mdd\n    treatment: none\n",
         "  mdd:\n    population: mdd\n    treatment: ssri\n", None, "healthy"),
    ],
    ids=["plain", "other population", "healthy is mdd", "modified", "treated"],
)  # fmt: skip
def test_a_reference_arm_is_untreated_whatever_its_name(copy, old, new, untreated, healthy):
    path = copy / "code/scenario.resolved.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    results = load_results(copy)
    assert (results.untreated, results.healthy) == (untreated, healthy)


def test_a_report_is_written_whole(copy, monkeypatch):
    from netmod.report import write_report
    from netmod.study import store

    (copy / "report.html").write_text("the old one")
    monkeypatch.setattr("netmod.report.write.draw_all", lambda *words: None)
    monkeypatch.setattr("netmod.report.write.embed", lambda paths: [""] * len(paths))

    def fail(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store.os, "fsync", fail)
    with pytest.raises(DataError, match="cannot write the report") as caught:
        write_report(copy)
    assert caught.value.got == "No space left on device"
    assert (copy / "report.html").read_text() == "the old one"
    assert not list(copy.glob(".report*"))


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
