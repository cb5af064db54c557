"""Every arm is compared with the untreated arm of its own population, whatever their names."""

import numpy as np
import pandas as pd
import pytest

from netmod.study import load_results, run_study


@pytest.fixture
def study_of(scenario_of, tmp_path):
    def run(arms):
        short = ["times=[baseline, 2 h]", "cohort.subjects=2", "readout.bootstrap=100"]
        scenario = scenario_of("linear", arms=(), overrides=[f"arms={arms}", *short])
        assert run_study(scenario, tmp_path / "s", jobs=1) == 0
        return tmp_path / "s"

    return run


def shared(rows):
    rows = rows[rows["noise"] == "shared"]
    return set(zip(rows["arm"], rows["reference"], strict=True))


def read(out, name):
    return pd.read_csv(out / f"group/{name}.tsv", sep="\t", na_values="n/a", keep_default_na=False)


@pytest.mark.slow
def test_both_populations_treated(study_of, capsys):
    out = study_of(
        "{healthy: {}, mdd: {}, sham: {}, well_sham: {population: healthy, treatment: sham}}"
    )
    rows = read(out, "comparisons")
    assert shared(rows) == {("sham", "mdd"), ("well_sham", "healthy")}
    sham = rows[rows["noise"] == "shared"]["difference"].dropna()
    assert len(sham) and (sham == 0).all()  # against patients healthy sham would differ
    between = rows[rows["noise"] == "between"]
    assert set(zip(between["arm"], between["reference"], strict=True)) == {("mdd", "healthy")}
    text = capsys.readouterr().out
    assert "sham − mdd" in text and "well_sham − healthy" in text
    assert "well_sham − mdd" not in text
    results = load_results(out)
    assert (results.untreated, results.healthy) == ("mdd", "healthy")


def test_names_do_not_decide(study_of):
    # treated arms come first, and a modifier alone makes no untreated arm
    out = study_of(
        "{ill_ssri: {treatment: ssri}, blocked: {modifiers: [bdnf_block]}, patients: {population:"
        " mdd}, well: {population: healthy}, healthy_sham: {population: mdd, treatment: sham}}"
    )
    rows = read(out, "comparisons")
    assert shared(rows) == {
        (arm, "patients") for arm in ("ill_ssri", "blocked", "healthy_sham")
    }  # fmt: skip
    between = rows[rows["noise"] == "between"]
    assert set(zip(between["arm"], between["reference"], strict=True)) == {("patients", "well")}
    signatures = read(out, "signatures")
    first = signatures[signatures["time_h"] == 0].set_index("arm")["healthy_distance"]
    # the distance is to those who are well: two people lie 1/√2 SD from their mean
    assert np.allclose(first["well"], np.sqrt(0.5), atol=1e-5)
    assert not np.allclose(first["healthy_sham"], np.sqrt(0.5), atol=1e-5)


def test_no_plain_arm_of_patients(study_of, capsys):
    out = study_of("{sham: {}, ssri: {}, well_sham: {population: healthy, treatment: sham}}")
    rows = read(out, "comparisons")
    assert set(rows["noise"]) == {"independent"}
    assert set(rows["reference"]) == {"baseline"}
    assert read(out, "signatures")["healthy_distance"].isna().all()
    assert "ssri − baseline" in capsys.readouterr().out
