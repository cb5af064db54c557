"""Damage, interruption, other people's files: what a run repairs, refuses and leaves alone."""

import errno
import fcntl
import json
import os
import shutil

import pytest
from study_lab import MATRIX, SIDECAR, cell_path, digests

from netmod.errors import ConfigError, DataError, IntegrityError, NetmodError
from netmod.study import cite_study, run, run_study, seal_study, verify_study

SMALL = ("mdd", "rtms_10hz")


@pytest.fixture
def copy(linear_study, tmp_path):
    return shutil.copytree(linear_study, tmp_path / "copy")


@pytest.fixture(scope="module")
def small(scenario_of):
    """A study of few cells, for what must run from the start."""
    return scenario_of("linear", arms=SMALL, overrides=["times=[baseline, 2 h]"])


@pytest.fixture(scope="module")
def whole(small, tmp_path_factory):
    """That study, finished but not sealed."""
    out = tmp_path_factory.mktemp("whole") / "s"
    assert run_study(small, out, jobs=1) == 0
    return out


def delete(path):
    path.unlink()


def truncate(path):
    path.write_bytes(path.read_bytes()[:100])


def corrupt(path):
    content = path.read_text()
    path.write_text(content.replace("0.", "0.1", 1))


def other_rate(path):
    sidecar = json.loads(path.read_text())
    sidecar["RatesHz"][0] += 1.0
    path.write_text(json.dumps(sidecar))


def no_checksums(path):
    sidecar = json.loads(path.read_text())
    sidecar["Checksums"] = {}
    path.write_text(json.dumps(sidecar))


DAMAGE = {
    "matrix gone": (MATRIX, delete),
    "sidecar gone": (SIDECAR, delete),
    "matrix corrupt": (MATRIX, corrupt),
    "matrix cut": (MATRIX, truncate),
    "sidecar cut": (SIDECAR, truncate),
    "sidecar changed": (SIDECAR, other_rate),
    "sidecar without sums": (SIDECAR, no_checksums),
    "sidecar empty": (SIDECAR, lambda path: path.write_text("")),
    "sidecar a list": (SIDECAR, lambda path: path.write_text("[]")),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_only_a_damaged_cell_is_computed_again(kind, copy, linear_study, scenario_of, capsys):
    end, damage = DAMAGE[kind]
    damage(cell_path(copy, "psilocybin", 2, "2h", end))
    stamps = {p: p.stat().st_mtime_ns for p in copy.glob("sub-*/*") if "psilo" not in p.name}
    assert run_study(scenario_of("linear"), copy, jobs=1) == 0
    assert "62 of 63 scans are there already" in capsys.readouterr().err
    assert digests(copy) == digests(linear_study)
    assert {p: p.stat().st_mtime_ns for p in stamps} == stamps


def test_a_lost_subject_and_group_come_back(copy, linear_study, scenario_of):
    shutil.rmtree(copy / "sub-02")
    shutil.rmtree(copy / "group")
    run_study(scenario_of("linear"), copy, jobs=1)
    assert digests(copy) == digests(linear_study)


def test_a_run_stopped_midway_goes_on(small, whole, tmp_path, monkeypatch):
    stopped = tmp_path / "stopped"
    write, count = run.Store.write, []

    def interrupted(self, *args):
        if len(count) == 4:
            raise KeyboardInterrupt
        count.append(1)
        write(self, *args)

    with monkeypatch.context() as patch:
        patch.setattr(run.Store, "write", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run_study(small, stopped, jobs=1)
    assert len(list(stopped.glob("sub-*/*.json"))) == 4
    assert run_study(small, stopped, jobs=1) == 0
    assert digests(stopped) == digests(whole)


def test_another_scenario_reuses_equal_cells(copy, scenario_of, capsys):
    run_study(scenario_of("linear", arms=SMALL), copy, jobs=1)
    assert "18 of 18 scans are there already" in capsys.readouterr().err
    run_study(scenario_of("linear", arms=SMALL, overrides=["seed=6"]), copy, jobs=1)
    assert "already" not in capsys.readouterr().err


@pytest.mark.parametrize(
    "engines", ["linear linear", pytest.param("sde linear", marks=pytest.mark.slow)]
)
def test_scans_of_another_scenario_are_removed(
    engines, scenario_of, small, whole, tmp_path, capsys
):
    """Fewer arms, times and subjects, in the end the other engine: what is left is what is new."""
    before, after = engines.split()
    assert after == small.engine
    out = tmp_path / "out"
    first = scenario_of(
        before, arms=(*SMALL, "sham"), overrides=["times=[baseline, 2 h, 1 d]", "cohort.subjects=4"]
    )
    assert run_study(first, out, jobs=1) == 0
    assert "removed" not in capsys.readouterr().err
    mine = out / "sub-01/notes.txt"
    mine.write_text("mine")
    (out / "sub-02/.sub-02_task-rest_desc-sham_time-2h_atlas-ten_stat-mean_timeseries.tsv.part"
     ).write_text("half")  # fmt: skip
    assert run_study(small, out, jobs=1) == 0
    stale = (36 - 12) * 2 + 1 + (36 if before == "sde" else 0)
    told = [line for line in capsys.readouterr().err.splitlines() if "removed" in line]
    assert told == [f"removed {stale} files of scans that this scenario does not have"]
    assert mine.read_text() == "mine"
    assert not (out / "sub-04").exists()
    mine.unlink()
    assert digests(out) == digests(whole)


def test_a_folder_that_holds_more_stays(small, scenario_of, tmp_path):
    run_study(small, tmp_path, jobs=1)
    (tmp_path / "sub-03/anat.nii").write_text("mine")
    run_study(scenario_of("linear", arms=SMALL, overrides=["cohort.subjects=2"]), tmp_path, jobs=1)
    assert [path.name for path in (tmp_path / "sub-03").iterdir()] == ["anat.nii"]


def test_fresh_computes_anew_and_keeps_what_is_not_ours(copy, linear_study, scenario_of, capsys):
    ours = digests(linear_study)
    strangers = (
        "sub-01/notes.txt", "code/analysis.py", "figures/mine.png", "group/own.csv", "sub-09/data",
        "notes.md",
    )  # fmt: skip
    for name in strangers:
        (copy / name).parent.mkdir(exist_ok=True)
        (copy / name).write_text("mine")
    stale = cell_path(copy, "gone", 1, "2h", MATRIX)
    stale.write_text("old")
    drawn = copy / "figures/effects.png"
    drawn.write_bytes(b"\x89PNG Software\x00netmod")
    (copy / "report.html").write_text("old")
    assert run_study(scenario_of("linear"), copy, jobs=1, fresh=True) == 0
    assert "already" not in capsys.readouterr().err
    after = digests(copy)
    assert {name for name in after if name not in ours} == set(strangers)
    assert all((copy / name).read_text() == "mine" for name in strangers)
    assert {name: after[name] for name in ours if name != "SHA256SUMS"} == {
        name: digest for name, digest in ours.items() if name != "SHA256SUMS"
    }


OTHER_TOOL = '{"Name": "fMRIPrep", "GeneratedBy": [{"Name": "fMRIPrep"}]}'


@pytest.mark.parametrize("fresh", [False, True])
@pytest.mark.parametrize("description", [None, OTHER_TOOL, "{}", "[1]", "no json", '"x"'])
def test_a_folder_of_somebody_else_is_refused_and_untouched(description, fresh, small, tmp_path):
    (tmp_path / "sub-01").mkdir()
    (tmp_path / "sub-01/anat.nii").write_text("theirs")
    (tmp_path / "code").mkdir()
    if description is not None:
        (tmp_path / "dataset_description.json").write_text(description)
    before = digests(tmp_path)
    with pytest.raises(ConfigError, match="holds something else") as caught:
        run_study(small, tmp_path, jobs=1, fresh=fresh)
    assert "-o" in caught.value.hint
    assert digests(tmp_path) == before
    assert not (tmp_path / "logs").exists()


def test_an_empty_folder_or_one_with_logs_is_fine(small, tmp_path):
    (tmp_path / "logs").mkdir()
    (tmp_path / ".dataset_description.json.part").write_text("{")
    assert run_study(small, tmp_path, jobs=1) == 0
    assert not list(tmp_path.rglob("*.part"))


def test_a_second_run_in_the_same_folder_is_refused(copy, scenario_of):
    before = digests(copy)
    with (copy / "logs/run.lock").open("a+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(ConfigError, match="another run works in this folder"):
            run_study(scenario_of("linear"), copy, jobs=1, fresh=True)
    assert digests(copy) == before
    assert run_study(scenario_of("linear"), copy, jobs=1) == 0  # the lock went with its holder


@pytest.mark.parametrize("below", ["", "deeper/still"])
def test_an_output_that_cannot_be_a_folder_is_one_message(below, small, tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(NetmodError, match="cannot write"):
        run_study(small, tmp_path / "file" / below, jobs=1)
    assert (tmp_path / "file").read_text() == "x"


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes anywhere")
def test_an_unwritable_folder_is_one_message(small, tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(NetmodError, match="cannot write"):
            run_study(small, tmp_path / "out", jobs=1)
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.parametrize("after", [0, 3, 12])
def test_a_full_disk_leaves_no_half_file(after, small, whole, tmp_path, monkeypatch):
    out = tmp_path / "out"
    fsync, calls = os.fsync, []

    def full(handle):
        calls.append(handle)
        if len(calls) > after:
            raise OSError(errno.ENOSPC, "No space left on device")
        fsync(handle)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(NetmodError, match="cannot write") as caught:
            run_study(small, out, jobs=1)
    assert caught.value.got == "No space left on device"
    expected = digests(whole)
    left = digests(out)
    assert len(left) == after
    assert all(expected[name] == digest for name, digest in left.items())
    assert run_study(small, out, jobs=1) == 0
    assert digests(out) == expected


def test_cells_without_numbers_are_counted_and_named(small, tmp_path, monkeypatch, capsys):
    from netmod.study.engines import _failed

    real = run.run_cells

    def failing(scenario, cells, progress):
        bad = {c.identity for c in cells if (c.arm, c.time, c.subject) == ("rtms_10hz", "2h", "2")}
        for identity, reading in real(scenario, cells, progress):
            yield identity, _failed(10, "unstable") if identity in bad else reading

    monkeypatch.setattr(run, "run_cells", failing)
    assert run_study(small, tmp_path / "s", jobs=1) == 3
    assert "1 cells without numbers: rtms_10hz at 2 h (unstable)" in capsys.readouterr().err
    lines = (tmp_path / "s/group/signatures.tsv").read_text().splitlines()
    bad = [line.split("\t") for line in lines if "unstable" in line]
    assert len(bad) == 1
    assert set(bad[0][4:]) == {"n/a"}
    assert bad[0][:3] == ["rtms_10hz", "02", "2"]
    matrix = cell_path(tmp_path / "s", "rtms_10hz", 2, "2h", MATRIX)
    assert "nan" not in matrix.read_text() and "n/a" in matrix.read_text()
    # a failure is a result: it is kept, and said again
    assert run_study(small, tmp_path / "s", jobs=1) == 3


@pytest.mark.parametrize(
    ("engine", "coupling", "status"),
    [
        ("linear", 2, "unstable"),  # a simulation may well leave an unstable fixed point
        ("linear", 6, "no fixed point"),
        ("sde", 2, "ok"),
        ("sde", 6, "no fixed point"),
    ],
)
def test_a_network_beyond_its_range_has_a_status(
    engine, coupling, status, scenario_of, tmp_path, capsys, monkeypatch
):
    # with the whole pathway some of these small networks keep a fixed point
    monkeypatch.setattr("netmod.study.prepare.TOP_DOWN", 0.2)
    wild = scenario_of(
        engine, arms=("mdd",), overrides=[f"model.parameters.G={coupling}", "times=[baseline]"]
    )
    assert run_study(wild, tmp_path / "s", jobs=1) == (0 if status == "ok" else 3)
    assert "nothing to compare" in capsys.readouterr().out
    rows = (tmp_path / "s/group/signatures.tsv").read_text().splitlines()[1:]
    assert [row.split("\t")[3] for row in rows] == [status] * 3


def test_arms_that_would_share_files_are_refused(scenario_of, tmp_path):
    twins = scenario_of(arms=(), overrides=["arms={a_b: {population: mdd}, ab: {treatment: ssri}}"])
    with pytest.raises(ConfigError, match="same name but for underscores"):
        run_study(twins, tmp_path / "s", jobs=1)
    assert not (tmp_path / "s").exists()


def test_times_with_a_decimal_point_have_their_own_files(scenario_of, tmp_path):
    close = scenario_of(arms=("mdd",), overrides=["times=[baseline, 1.5 h, 15 h]"])
    run_study(close, tmp_path / "s", jobs=1)
    assert {p.name.split("time-")[1].split("_")[0] for p in tmp_path.glob("s/sub-01/*.tsv")} == {
        "baseline", "1p5h", "15h",
    }  # fmt: skip


def flip(copy):
    path = cell_path(copy, "mdd", 1, "2h", MATRIX)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    return f"changed: {path.relative_to(copy)}"


def lose(copy):
    (copy / "group/signatures.json").unlink()
    return "missing: group/signatures.json"


def add(copy):
    (copy / "sub-01/extra.tsv").write_text("x")
    return "not listed: sub-01/extra.tsv"


@pytest.mark.parametrize("change", [flip, lose, add])
def test_verify_names_what_does_not_match(change, copy, capsys):
    assert verify_study(copy) == 0
    assert capsys.readouterr().out == f"{len(digests(copy)) - 1} files match\n"
    expected = change(copy)
    with pytest.raises(IntegrityError, match="1 files do not match") as caught:
        verify_study(copy)
    assert caught.value.got == expected
    assert caught.value.exit_code == 4
    (copy / "logs/new.txt").write_text("logs are not sealed")
    seal_study(copy)
    assert verify_study(copy) == 0


def test_verify_and_cite_want_a_study(tmp_path, copy):
    with pytest.raises(DataError, match="no SHA256SUMS here"):
        verify_study(tmp_path)
    with pytest.raises(DataError, match=r"no CITATION\.bib here"):
        cite_study(tmp_path)
    text = cite_study(copy)
    for word in ("@software{netmod,", "deco2014", "graupner2012", "@misc{ten,"):
        assert word in text
