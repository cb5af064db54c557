import shutil

import numpy as np
import pandas as pd
import pytest

from netmod.errors import DataError
from netmod.study.results import load_results


def test_facts_of_the_study(results, atlas):
    assert results.arms == ("healthy", "mdd", "rtms_10hz")
    assert results.times_h == (0.0, 2.0, 1008.0)
    assert results.subjects == ("01", "02", "03", "04")
    assert results.region == atlas.region
    assert (results.engine, results.seed, results.atlas_name) == ("linear", 7, "fake")
    assert results.fc.shape == (36, 12, 12)
    assert results.untreated == "mdd"
    assert results.healthy == "healthy"
    assert results.arm_details["rtms_10hz"]["treatment"] == "rtms_10hz"
    assert results.arm_details["rtms_10hz"]["population"] == "mdd"


def test_mean_fc_is_the_fisher_average(results):
    table = results.signatures
    rows = np.flatnonzero((table["arm"] == "rtms_10hz") & (table["time_h"] == 1008))
    assert rows.size == 4
    mean = results.mean_fc("rtms_10hz", 1008.0)
    expected = np.tanh(np.mean([np.arctanh(float(results.fc[row, 2, 5])) for row in rows]))
    assert mean[2, 5] == pytest.approx(expected, abs=1e-12)
    assert np.array_equal(np.diag(mean), np.ones(12))
    assert not np.isclose(mean[2, 5], results.fc[rows, 2, 5].mean(), atol=1e-6)


def test_delta_pairs_subjects(results):
    change = results.delta_z("rtms_10hz", 1008.0)
    table = results.signatures
    pick = {
        arm: results.fc[((table["arm"] == arm) & (table["time_h"] == 1008)).to_numpy(), 0, 3]
        for arm in ("rtms_10hz", "mdd")
    }
    expected = np.mean(np.arctanh(pick["rtms_10hz"].astype(float))) - np.mean(
        np.arctanh(pick["mdd"].astype(float))
    )
    assert change[0, 3] == pytest.approx(expected, abs=1e-12)
    assert np.array_equal(np.diag(change), np.zeros(12))
    assert not results.delta_z("mdd", 1008.0).any()


def test_values_by_subject_and_time(results):
    values = results.values("modularity", "mdd")
    table = results.signatures
    row = table[(table["arm"] == "mdd") & (table["subject"] == "03") & (table["time_h"] == 2)]
    assert values.shape == (4, 3)
    assert values[2, 1] == row["modularity"].item()
    assert np.isnan(results.values("no_such_metric", "mdd")).all()


def test_failed_cells_are_left_out(fake, atlas, tmp_path):
    failed = [("mdd", "02", 2), *(("healthy", f"0{s}", 0) for s in range(1, 5))]
    out = fake.write_fake_study(tmp_path / "out", atlas, failed=failed)
    results = load_results(out)
    assert sorted(results.cells("mdd", 2.0)) == ["01", "03", "04"]
    assert np.isfinite(results.delta_z("rtms_10hz", 2.0)).all()
    assert np.isnan(results.values("modularity", "mdd")[1, 1])
    assert np.isnan(results.mean_fc("healthy", 0.0)).all()


def test_unknown_arm_and_time(results):
    with pytest.raises(DataError, match=r"did you mean 'rtms_10hz'\?"):
        results.mean_fc("rtms_1hz", 0.0)
    with pytest.raises(DataError, match="no scan at 5 h"):
        results.mean_fc("mdd", 5.0)


def test_without_untreated_arm_the_reference_is_the_first_scan(fake, atlas, tmp_path):
    results = load_results(fake.write_fake_study(tmp_path / "out", atlas, arms=("sham", "ssri")))
    assert results.untreated is None
    assert results.healthy is None
    assert not results.delta_z("ssri", 0.0).any()
    assert results.delta_z("ssri", 1008.0).any()


def test_arms_by_bare_names(study, tmp_path):
    out = shutil.copytree(study, tmp_path / "out")
    path = out / "code/scenario.resolved.yaml"
    text = path.read_text().split("arms:")[0]
    path.write_text(text + "arms: [healthy, mdd, rtms_10hz]\n")
    details = load_results(out).arm_details
    assert details["healthy"]["population"] == "healthy"
    assert details["mdd"]["treatment"] == "none"
    assert details["rtms_10hz"]["treatment"] == "rtms_10hz"


def _drop(file):
    return lambda out: (out / file).unlink()


def _text(file, text):
    return lambda out: (out / file).write_bytes(text)


def _edit(file, old, new):
    def change(out):
        text = (out / file).read_text()
        assert old in text
        (out / file).write_text(text.replace(old, new))

    return change


def _arrays(**shapes):
    return lambda out: np.savez(
        out / "group/connectivity.npz", **{k: np.zeros(v) for k, v in shapes.items()}
    )


def _pickled(out):
    np.savez(
        out / "group/connectivity.npz", fc=np.array([{}], dtype=object), rates_hz=np.zeros((36, 12))
    )


def _twice(out):
    path = out / "group/signatures.tsv"
    table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
    table.loc[1, "time_h"] = table.loc[0, "time_h"]
    table.to_csv(path, sep="\t", index=False)


SCENARIO, SIGNATURES = "code/scenario.resolved.yaml", "group/signatures.tsv"
SLOW, SEIZURES = "group/slow_states.tsv", "group/seizures.tsv"
COMPARISONS, CONNECTIVITY = "group/comparisons.tsv", "group/connectivity.npz"


@pytest.mark.parametrize(
    ("damage", "where", "what"),
    [
        (_drop(SCENARIO), SCENARIO, "missing file"),
        (_drop(SIGNATURES), SIGNATURES, "missing file"),
        (_drop(COMPARISONS), COMPARISONS, "missing file"),
        (_drop(CONNECTIVITY), CONNECTIVITY, "missing file"),
        (_text(SCENARIO, b"a: [1"), SCENARIO, "not readable as YAML"),
        (_text(SCENARIO, b"\xff\xfe\x00"), SCENARIO, "not readable as YAML"),
        (_text(SCENARIO, b""), SCENARIO, "not a resolved scenario"),
        (_text(SCENARIO, b"name: x\n"), SCENARIO, "engine, seed, atlas, arms"),
        (_edit(SCENARIO, "seed: 7", "seed: seven"), SCENARIO, "seed is not a whole number"),
        (_edit(SCENARIO, "arms:", "arms: 3\nx:"), SCENARIO, "arms are not a list"),
        (_edit(SCENARIO, "'rtms_10hz':", "'other':"), SIGNATURES, "do not fit the scenario"),
        (_text(SIGNATURES, b""), SIGNATURES, "not readable as a table"),
        (_text(SIGNATURES, b"\xff\x00\xfe"), SIGNATURES, "not readable as a table"),
        (_edit(SIGNATURES, "status", "state"), SIGNATURES, "missing column status"),
        (_edit(SIGNATURES, "\t1008\t", "\tlater\t"), SIGNATURES, "time_h is not numeric"),
        (_twice, SIGNATURES, "row twice: arm healthy, subject 01, time_h 0"),
        (_edit(SIGNATURES, "healthy\t02\t", "healthy\tn/a\t"), SIGNATURES, "row without subject"),
        (_drop(SLOW), SLOW, "missing file"),
        (_text(SLOW, b"\xff\x00\xfe"), SLOW, "not readable as a table"),
        (_edit(SLOW, "where", "place"), SLOW, "missing column where"),
        (_edit(SLOW, "mdd\t2.0\tbrake", "mdd\tlate\tbrake"), SLOW, "time_h is not numeric"),
        (
            _edit(SLOW, "mdd\t2.0\tbrake", "mdd\t3.0\tbrake"),
            SLOW,
            "row twice: arm mdd, time_h 3, state brake, where dlpfc_left",
        ),
        (_edit(SLOW, "mdd\t2.0\tbrake", "mdd\tn/a\tbrake"), SLOW, "row without time_h"),
        (_edit(SLOW, "\nrtms_10hz\t", "\nother\t"), SLOW, "do not fit the scenario"),
        (_text(SEIZURES, b"arm\tshock\n"), SEIZURES, "missing column subject, duration_s"),
        (_edit(COMPARISONS, "ci_low", "low"), COMPARISONS, "missing column ci_low"),
        (_text(CONNECTIVITY, b"no archive"), CONNECTIVITY, "not readable as an npz"),
        (_text(CONNECTIVITY, b""), CONNECTIVITY, "not readable as an npz"),
        (_pickled, CONNECTIVITY, "not readable as an npz"),
        (_arrays(fc=(36, 12, 12)), CONNECTIVITY, "missing array"),
        (_arrays(fc=(35, 12, 12), rates_hz=(35, 12)), CONNECTIVITY, "do not fit the table"),
        (_arrays(fc=(36, 12, 11), rates_hz=(36, 12)), CONNECTIVITY, "do not fit the table"),
        (_arrays(fc=(36, 12, 12), rates_hz=(36, 11)), CONNECTIVITY, "do not fit the table"),
        (_arrays(fc=(36, 9, 9), rates_hz=(36, 9)), "relmat.tsv", "9 different names"),
        (lambda out: shutil.rmtree(out / "sub-01"), "relmat.tsv", "no connectivity matrix"),
    ],
)
def test_damage_is_named(study, tmp_path, damage, where, what):
    out = shutil.copytree(study, tmp_path / "out")
    damage(out)
    with pytest.raises(DataError) as caught:
        load_results(out)
    message = str(caught.value)
    assert where in message.splitlines()[0]
    assert what in message
    assert "run `netmod run" in message
    assert "again" in message


def test_slow_course_of_one_arm(results):
    time_h, mean, sd = results.slow_course("brake", "dlpfc_left", "rtms_10hz")
    assert time_h[0] == 0 and time_h[-1] == 1008 and (np.diff(time_h) > 0).all()
    table = results.slow_states
    row = table[
        (table["arm"] == "rtms_10hz") & (table["state"] == "brake") & (table["time_h"] == 24)
    ].iloc[0]
    place = list(time_h).index(24)
    assert (mean[place], sd[place]) == (row["mean"], row["sd"])
    assert results.slow_course("brake", "nowhere", "rtms_10hz")[0].size == 0


def test_seizures_are_read_where_there_were_any(study, results, tmp_path):
    assert results.seizures.empty and "duration_s" in results.seizures
    out = shutil.copytree(study, tmp_path / "out")
    head = list(results.seizures.columns)
    rows = [["rtms_10hz", "1", s, "31.5", "-0.3", "0.9", "n/a", "12"] for s in ("01", "02")]
    text = "".join("\t".join(row) + "\n" for row in (head, *rows))
    (out / SEIZURES).write_text(text)
    found = load_results(out).seizures
    assert found["subject"].tolist() == ["01", "02"]
    assert found["duration_s"].tolist() == [31.5, 31.5]
    assert found["power_left_hippocampus"].isna().all()
    (out / SEIZURES).write_text(text + "\t".join(rows[0]) + "\n")
    with pytest.raises(DataError, match="row twice: arm rtms_10hz, shock 1, subject 01"):
        load_results(out)


def test_message_of_an_unfinished_study(study, tmp_path):
    out = shutil.copytree(study, tmp_path / "out")
    (out / SIGNATURES).unlink()
    with pytest.raises(DataError) as caught:
        load_results(out)
    assert str(caught.value).replace(str(out), "OUT") == (
        "OUT/group/signatures.tsv: missing file: the study is not finished\n"
        "  hint: run `netmod run code/scenario.resolved.yaml -o OUT` again"
    )


def test_no_folder(tmp_path):
    with pytest.raises(DataError, match="no such study folder"):
        load_results(tmp_path / "nowhere")
