"""What a finished study leaves, with both engines, on an atlas that does not ship."""

import json

import numpy as np
import pandas as pd
import pytest
from study_lab import ARMS, MATRIX, SERIES, SIDECAR, SUBJECTS, TIMES, cell_path, digests, finish

from netmod.graph import METRICS
from netmod.scenario import load_scenario
from netmod.study import load_results, run_study

REQUIRED = (
    "modularity", "segregation", "gbc", "dmn_within", "dmn_fpn", "dlpfc_sgacc", "dlpfc_sgacc_gsr",
    "sgacc_rate_hz", "fc_distance", "healthy_distance", "status",
)  # fmt: skip


def table(path):
    return pd.read_csv(path, sep="\t", na_values="n/a", keep_default_na=False)


def test_the_folder_is_as_documented(study, request):
    sde = "sde" in request.node.name
    found = {path.name for path in study.iterdir()}
    assert found == {
        "dataset_description.json", "participants.tsv", "participants.json", "code", "group",
        "README", "CITATION.bib", ".bidsignore", "logs", "SHA256SUMS",
        *(f"sub-{k:02d}" for k in range(1, SUBJECTS + 1)),
    }  # fmt: skip
    expected = {
        cell_path(study, arm, k, time, end)
        for arm in ARMS
        for k in range(1, SUBJECTS + 1)
        for time in TIMES
        for end in (MATRIX, SIDECAR, *([SERIES] if sde else []))
    }
    assert set(study.glob("sub-*/*")) == expected
    assert {path.name for path in (study / "group").iterdir()} == {
        "signatures.tsv", "signatures.json", "comparisons.tsv", "comparisons.json",
        "connectivity.npz", "slow_states.tsv", "slow_states.json", "seizures.tsv", "seizures.json",
    }  # fmt: skip
    description = json.loads((study / "dataset_description.json").read_text())
    assert description["DatasetType"] == "derivative"
    assert description["GeneratedBy"][0]["Name"] == "netmod"
    assert "not medical advice" in description["Note"]
    assert "not medical advice" in (study / "README").read_text()
    people = table(study / "participants.tsv")
    assert people["participant_id"].tolist() == ["sub-01", "sub-02", "sub-03"]


def test_signatures_have_every_arm_subject_and_time(study):
    rows = table(study / "group/signatures.tsv")
    assert len(rows) == len(ARMS) * SUBJECTS * len(TIMES)
    assert not rows.duplicated(["arm", "subject", "time_h"]).any()
    assert tuple(rows["arm"].unique()) == ARMS
    assert set(rows["time_h"]) == {0, 2, 24}
    assert (rows["status"] == "ok").all()
    assert set(REQUIRED) <= set(rows)
    assert np.isfinite(rows[["modularity", "segregation", "gbc", "sgacc_rate_hz"]]).all(axis=None)
    columns = json.loads((study / "group/signatures.json").read_text())
    assert set(rows.columns) <= set(columns)


def test_the_slow_layer_has_every_arm(study):
    rows = table(study / "group/slow_states.tsv")
    assert tuple(rows["arm"].unique()) == ARMS
    assert {0, 2, 24} <= set(rows["time_h"]) and rows["time_h"].max() == 24
    start = rows[rows["time_h"] == 0].set_index(["state", "where", "arm"])["mean"].unstack()
    for arm in ARMS[2:]:  # the treated begin as the untreated
        assert np.array_equal(start[arm], start["mdd"]), arm
    still = rows[rows["arm"].isin(["healthy", "mdd"])].groupby(["arm", "state", "where"])["mean"]
    assert (still.nunique() == 1).all()
    last = rows[rows["time_h"] == 24].set_index(["state", "where", "arm"])["mean"]
    assert last["late", "dlpfc_left", "rtms_10hz"] != 0
    assert last["spines", "cortex", "psilocybin"] > 1
    shocks = table(study / "group/seizures.tsv")
    assert set(shocks["arm"]) == {"ect_bl"}
    assert len(shocks) % SUBJECTS == 0 and (shocks["duration_s"] >= 0).all()


def test_comparisons_have_every_arm(study):
    rows = table(study / "group/comparisons.tsv")
    against = rows[rows["noise"] == "shared"]
    assert set(against["reference"]) == {"mdd"}
    assert set(against["arm"]) == set(ARMS) - {"healthy", "mdd"}
    assert set(rows[rows["noise"] == "independent"]["arm"]) == set(ARMS)
    assert set(rows[rows["noise"] == "between"]["arm"]) == {"mdd"}
    assert set(rows["metric"]) <= set(METRICS)
    sham = against[against["arm"] == "sham"]
    assert (sham["difference"].dropna() == 0).all()
    assert (against[against["arm"] == "psilocybin"]["difference"].abs() > 0).any()


def test_sham_and_untreated_are_the_same_bytes(study):
    for k in range(1, SUBJECTS + 1):
        for time in TIMES:
            sham, mdd = (cell_path(study, arm, k, time, MATRIX) for arm in ("sham", "mdd"))
            assert sham.read_bytes() == mdd.read_bytes()


def test_all_arms_of_a_patient_start_alike(study):
    first = {cell_path(study, a, 1, "baseline", MATRIX).read_bytes() for a in ARMS[1:]}
    assert len(first) == 1
    assert cell_path(study, "healthy", 1, "baseline", MATRIX).read_bytes() not in first


def test_rescans_repeat_only_without_noise(linear_study, sde_study):
    for out, same in ((linear_study, True), (sde_study, False)):
        first, second = (cell_path(out, "mdd", 1, t, MATRIX).read_bytes() for t in TIMES[:2])
        assert (first == second) is same


def test_a_cell_is_symmetric_and_sealed(study):
    path = cell_path(study, "ect_bl", 2, "1d", MATRIX)
    matrix = pd.read_csv(path, sep="\t", index_col=0)
    assert tuple(matrix.index) == tuple(matrix.columns)
    values = matrix.to_numpy()
    assert np.array_equal(values, values.T)
    assert np.diagonal(values) == pytest.approx(1.0)
    sidecar = json.loads(cell_path(study, "ect_bl", 2, "1d", SIDECAR).read_text())
    assert sidecar["Arm"] == "ect_bl" and sidecar["TimeHours"] == 24
    assert sidecar["Status"] == "ok" and len(sidecar["RatesHz"]) == 10
    assert path.name in sidecar["Checksums"]


def test_the_matrix_is_the_correlation_of_the_series(sde_study):
    series = pd.read_csv(cell_path(sde_study, "ssri", 1, "2h", SERIES), sep="\t")
    assert series.shape == (30, 10)
    matrix = pd.read_csv(cell_path(sde_study, "ssri", 1, "2h", MATRIX), sep="\t", index_col=0)
    assert np.corrcoef(series.to_numpy().T) == pytest.approx(matrix.to_numpy(), abs=1e-5)


def test_the_stack_holds_the_cells(study):
    results = load_results(study)
    assert results.fc.shape == (63, 10, 10)
    rows = results.signatures
    k = rows.index[
        (rows["arm"] == "rtms_10hz") & (rows["subject"] == "02") & (rows["time_h"] == 24)
    ]
    stored = pd.read_csv(cell_path(study, "rtms_10hz", 2, "1d", MATRIX), sep="\t", index_col=0)
    assert results.fc[k[0]] == pytest.approx(stored.to_numpy(), abs=1e-7)


def test_the_resolved_scenario_runs_again_to_the_same_bytes(study, tmp_path):
    again = load_scenario(study / "code/scenario.resolved.yaml")
    assert digests(finish(again, tmp_path / "again")) == digests(study)


def test_a_finished_study_is_not_computed_again(linear_study, scenario_of, capsys, monkeypatch):
    from netmod.study import engines

    monkeypatch.setattr(engines, "_run_linear", None)
    before = digests(linear_study)
    stamps = {p: p.stat().st_mtime_ns for p in linear_study.glob("sub-*/*")}
    assert run_study(scenario_of("linear"), linear_study, jobs=1) == 0
    assert digests(linear_study) == before
    assert {p: p.stat().st_mtime_ns for p in linear_study.glob("sub-*/*")} == stamps
    assert "63 of 63 scans are there already" in capsys.readouterr().err
