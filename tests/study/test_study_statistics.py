"""Statistics of a finished run against numbers taken from its files by other means."""

from __future__ import annotations

import importlib.util
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from netmod.atlas import load_atlas
from netmod.compare import paired_power
from netmod.errors import ConfigError, DataError
from netmod.graph.connectivity import regress_global_signal
from netmod.study import load_results, matrices
from netmod.study.edges import edge_rows
from netmod.study.matrices import ANALYSES, Scans, analyses, seed_sd
from netmod.study.mixed import mixed_models, mixed_table
from netmod.study.statistics import (
    equivalence_rows,
    expect_pairs,
    fdr_rows,
    is_rescan,
    pairs_of,
    power_rows,
    select_rows,
)

spec = importlib.util.spec_from_file_location("made_run", Path(__file__).with_name("made_run.py"))
made = importlib.util.module_from_spec(spec)
spec.loader.exec_module(made)

needs_statsmodels = pytest.mark.skipif(
    importlib.util.find_spec("statsmodels") is None,
    reason="mixed models are the optional extra `statistics`",
)


@pytest.fixture(scope="module")
def folder(ten, tmp_path_factory):
    failed = [("psilocybin", 3, 24.0), ("mdd", 5, 24.0)]
    return made.write_run(tmp_path_factory.mktemp("made") / "s", ten, failed=failed)


@pytest.fixture(scope="module")
def results(folder):
    return load_results(folder)


@pytest.fixture(scope="module")
def scans(folder):
    """Scans as pandas reads them: a row for each subject, columns metric, arm, time."""
    table = pd.read_csv(
        folder / "group/signatures.tsv", sep="\t", na_values="n/a", dtype={"subject": str}
    )
    table = table[table["status"] == "ok"]
    return table.pivot(index="subject", columns=["arm", "time_h"])


def change(scans, metric, arm, time_h, reference="mdd", reference_h=None):
    here = scans[metric, arm, time_h]
    return (
        here - scans[metric, reference, time_h if reference_h is None else reference_h]
    ).dropna()


def treated(results, *asked, **options):
    """The rows asked for without the rescans beside them."""
    rows = select_rows(results, *asked, paired=True, **options)
    return rows[rows["arm"] != "mdd"]


# rows


def test_rows_are_those_of_the_table_with_the_rescan(results):
    rows = select_rows(results, ["segregation", "modularity"])
    assert list(dict.fromkeys(rows["metric"])) == ["segregation", "modularity"]
    one = rows[rows["metric"] == "modularity"]
    assert list(zip(one["arm"], one["time_h"], one["reference"], strict=True)) == [
        ("mdd", 0.0, "healthy"),
        ("sham", 2.0, "mdd"), ("psilocybin", 2.0, "mdd"),
        ("healthy", 2.0, "baseline"), ("mdd", 2.0, "baseline"),
        ("sham", 24.0, "mdd"), ("psilocybin", 24.0, "mdd"),
        ("healthy", 24.0, "baseline"), ("mdd", 24.0, "baseline"),
    ]  # fmt: skip
    nulls = [row["arm"] for row in one.to_dict("records") if is_rescan(results, row)]
    assert nulls == ["healthy", "mdd"] * 2
    pd.testing.assert_frame_equal(rows, results.comparisons.loc[rows.index])


def test_rows_narrowed_and_widened(results):
    rows = select_rows(results, ["gbc"], ["psilocybin"], [2.0], every=True, paired=True)
    told = [("psilocybin", "mdd"), ("mdd", "baseline"), ("psilocybin", "baseline")]
    assert list(zip(rows["arm"], rows["reference"], strict=True)) == told
    assert not select_rows(results, paired=True)["noise"].eq("between").any()


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"metrics": ["modularty"]}, r"no metric 'modularty'(.|\n)*did you mean 'modularity'"),
        ({"arms": ["psilocibin"]}, r"no arm 'psilocibin'(.|\n)*did you mean 'psilocybin'"),
        ({"times_h": [3.0]}, r"no time '3 h'(.|\n)*expected: baseline, 2 h, 1 d"),
    ],
)
def test_what_is_not_there_is_refused(results, asked, message):
    with pytest.raises(ConfigError, match=message):
        select_rows(results, **asked)


def test_nothing_left_is_said(results):
    with pytest.raises(DataError, match="no comparison is left"):
        select_rows(results, arms=["sham"], times_h=[0.0])


def test_pairs_are_of_the_same_subjects(results, scans):
    rows = select_rows(results, ["gbc"], paired=True)
    for row, (here, there) in zip(rows.to_dict("records"), pairs_of(results, rows), strict=True):
        before = row["reference"] == "baseline"
        expected = change(
            scans, "gbc", row["arm"], row["time_h"],
            row["arm"] if before else row["reference"], 0.0 if before else None,
        )  # fmt: skip
        got = here - there
        assert got[np.isfinite(got)] == pytest.approx(expected.to_numpy(), abs=1e-12)
        assert row["n"] == len(expected)


def test_one_subject_is_no_comparison(ten, tmp_path):
    results = load_results(made.write_lone_run(tmp_path / "s", ten))
    with pytest.raises(DataError, match=r"fewer than two pairs(.|\n)*2 subjects, 12 scans"):
        expect_pairs(results, select_rows(results))


# false discovery rate


@pytest.mark.parametrize("method", ["bh", "by"])
def test_q_is_over_the_whole_family_without_shared_baselines(results, method):
    table = results.comparisons
    got = fdr_rows(results, select_rows(results, ["modularity"]), method)
    treated = table[(table["family"] == "mdd, shared") & (table["time_h"] > 0)]
    p = treated["p"].dropna()
    expected = pd.Series(stats.false_discovery_control(p, method=method), index=p.index)
    mine = got[got["family"] == "mdd, shared"]
    assert len(mine) == 4 and len(p) > 40
    np.testing.assert_allclose(mine["q"], expected[mine.index], rtol=1e-12)
    assert list(got["left_out"]) == [0, 0, 0, 0, 0, 1, 2, 0, 1]


# equivalence


def test_equivalence_is_two_t_tests_of_the_stored_scans(results, scans):
    rows = select_rows(results, ["gbc"], ["psilocybin", "mdd"], [24.0], paired=True)
    table = equivalence_rows(results, rows, 0.05)
    d = change(scans, "gbc", "psilocybin", 24.0)
    assert (table["n"].iloc[0], table["left_out"].iloc[0], len(d)) == (6, 2, 6)
    p_low = stats.ttest_1samp(d, -0.05, alternative="greater").pvalue
    p_high = stats.ttest_1samp(d, 0.05, alternative="less").pvalue
    assert table["p_low"].iloc[0] == pytest.approx(p_low, rel=1e-9)
    assert table["p_high"].iloc[0] == pytest.approx(p_high, rel=1e-9)
    assert table["p"].iloc[0] == max(table["p_low"].iloc[0], table["p_high"].iloc[0])
    interval = stats.ttest_1samp(d, 0.0).confidence_interval(0.9)
    assert (table["ci_low"].iloc[0], table["ci_high"].iloc[0]) == pytest.approx(tuple(interval))
    inside = (table["ci_low"] > -0.05) & (table["ci_high"] < 0.05)
    assert list(table["equivalent"]) == list(inside)


def test_sham_is_equivalent_whatever_the_margin(results):
    rows = treated(results, ["gbc"], ["sham"])
    assert equivalence_rows(results, rows, 1e-6)["equivalent"].all()


@pytest.mark.parametrize("margin", [0.0, -1.0, np.nan, np.inf])
def test_a_margin_is_positive(results, margin):
    with pytest.raises(ConfigError, match="must be positive"):
        equivalence_rows(results, select_rows(results, ["gbc"], paired=True), margin)


# power


def test_power_is_that_of_the_stored_differences(results, scans):
    rows = treated(results, ["gbc"], ["psilocybin"], [2.0], every=True)
    table = power_rows(results, rows).set_index("reference")
    for reference, d in (
        ("mdd", change(scans, "gbc", "psilocybin", 2.0)),
        ("baseline", change(scans, "gbc", "psilocybin", 2.0, "psilocybin", 0.0)),
    ):
        row, d_z = table.loc[reference], d.mean() / d.std(ddof=1)
        assert row["d_z"] == pytest.approx(d_z, rel=1e-6)
        assert row["d_z_low"] < d_z < row["d_z_high"]
        assert row["power"] == pytest.approx(paired_power(d_z, 8), rel=1e-6)
        n = int(row["needed"])
        assert paired_power(d_z, n) >= 0.8 and (n == 2 or paired_power(d_z, n - 1) < 0.8)
        assert row["needed_low_end"] >= n
    # noise shared by the arms makes the same change look larger than a rescan would let it
    assert abs(table.loc["mdd", "d_z"]) > abs(table.loc["baseline", "d_z"])


def test_no_difference_needs_no_number_of_subjects(results):
    rows = treated(results, ["gbc"], ["sham"], [2.0])
    row = power_rows(results, rows).iloc[0]
    assert (row["d_z"], row["power"]) == (0.0, pytest.approx(0.05))
    assert np.isinf([row["needed"], row["needed_low_end"]]).all()


# mixed model


@needs_statsmodels
def test_mixed_effects_of_balanced_arms_are_mean_differences(ten, tmp_path):
    results = load_results(made.write_run(tmp_path / "s", ten))
    (model,) = mixed_models(results, select_rows(results, ["gbc"]))
    effects = model.fit.effects.set_index("term")["estimate"]
    wide = results.signatures.pivot(index="subject", columns=["arm", "time_h"], values="gbc")
    first = (wide["psilocybin", 2.0] - wide["mdd", 2.0]).mean()
    later = (wide["psilocybin", 24.0] - wide["mdd", 24.0]).mean()
    assert effects["psilocybin"] == pytest.approx(first, rel=1e-4)
    assert effects["psilocybin × 1 d"] == pytest.approx(later - first, abs=1e-4 * abs(first))
    assert effects["intercept"] == pytest.approx(wide["mdd", 2.0].mean(), rel=1e-4)
    assert effects["1 d"] == pytest.approx((wide["mdd", 24.0] - wide["mdd", 2.0]).mean(), abs=1e-6)
    # scans before treatment are the same in all arms: they are no part of it
    assert (model.fit.n_subjects, model.fit.n_scans, model.left_out) == (8, 8 * 3 * 2, 0)
    assert model.fit.scan_sd > 0
    (alone,) = mixed_models(results, select_rows(results, ["gbc"], times_h=[24.0]))
    assert np.isnan(alone.fit.scan_sd)  # one time: a scan is a subject
    table = mixed_table([model])
    assert list(table["term"]) == list(model.fit.effects["term"])
    assert set(table["n"]) == {8}


@needs_statsmodels
def test_missing_scans_are_counted_and_one_bad_metric_is_noted(results):
    results = replace(results, signatures=results.signatures.assign(segregation=1.0))
    good, bad = mixed_models(results, select_rows(results, ["gbc", "segregation"], ["psilocybin"]))
    assert (good.left_out, good.fit.n_scans, good.note) == (2, 30, "")
    assert bad.fit is None and "nothing of 'segregation' is left" in bad.note
    with pytest.raises(DataError, match="nothing of 'segregation' is left"):
        mixed_models(results, select_rows(results, ["segregation"]))


def test_a_mixed_model_needs_an_untreated_arm(results):
    with pytest.raises(DataError, match="compares treated arms with an untreated one"):
        mixed_models(results, select_rows(results, ["gbc"], ["mdd"]))


# seeds


def test_the_spread_over_seeds_is_that_of_the_differences(results, monkeypatch):
    def louvain(fc, runs, seed, resolution=1.0):
        assert runs == 2
        return seed**2 * fc.mean(axis=(1, 2)), None

    monkeypatch.setattr(matrices, "louvain", louvain)
    rows = treated(results, ["modularity", "gbc"], ["psilocybin"], [24.0])
    got = seed_sd(results, rows, 4)
    here, there = (results.cells(arm, 24.0) for arm in ("psilocybin", "mdd"))
    both = sorted(here.keys() & there.keys())
    assert len(both) == 6
    cortex = [k for k in range(10) if k not in (4, 9)]
    mean = {
        name: np.mean(
            [results.fc[cells[s]][np.ix_(cortex, cortex)].astype(float).mean() for s in both]
        )
        for name, cells in (("here", here), ("there", there))
    }
    expected = abs(mean["here"] - mean["there"]) * np.std([25, 36, 49, 64], ddof=1)
    assert got[0] == pytest.approx(expected, rel=1e-5)
    assert np.isnan(got[1])
    assert np.isnan(seed_sd(results, rows, 1)).all()


def test_the_first_seed_gives_the_stored_modularity(results):
    scans = Scans(results)
    usable = np.flatnonzero(results.signatures["status"] == "ok")[::7]
    for metric, signal in matrices.LOUVAIN.items():
        q = scans.modularity(scans.signal(signal, usable), results.seed)
        stored = results.signatures[metric].to_numpy()[usable]
        np.testing.assert_allclose(q, stored, rtol=1e-7, atol=1e-12)


def test_scans_of_another_atlas_are_refused(results, tmp_path, monkeypatch):
    monkeypatch.setattr("netmod.atlas.load_atlas", lambda name: load_atlas("dk84"))
    with pytest.raises(DataError, match="other regions than its atlas has now"):
        Scans(results)


def test_equal_scans_are_measured_once(results):
    scans, seen = Scans(results), []

    def measure(some):
        seen.extend(some)
        return np.arange(len(some), dtype=float)

    both = [results.cells(arm, 2.0)["02"] for arm in ("mdd", "sham", "psilocybin")]
    values = scans.once(both, measure)
    assert len(seen) == 2
    assert values[both[0]] == values[both[1]] != values[both[2]]
    assert scans.once([], measure) == {}


# multiverse


@pytest.mark.parametrize("metric", list(ANALYSES))
def test_the_first_analysis_is_that_of_the_study(results, metric):
    rows = select_rows(results, [metric], ["psilocybin", "mdd"], [2.0], paired=True)
    summary, table = analyses(results, rows, n_bootstrap=50)
    size = int(np.prod([len(levels) for levels in ANALYSES[metric].values()]))
    assert len(table) == size * len(rows) and set(summary["combinations"]) == {size}
    np.testing.assert_allclose(summary["difference"], rows["difference"], rtol=1e-5, atol=1e-8)
    np.testing.assert_allclose(summary["hedges_g"], rows["hedges_g"], rtol=1e-4)
    np.testing.assert_allclose(summary["p"], rows["p"], atol=1e-12)
    assert (summary["p_corrected"] >= summary["p"]).all()


@pytest.mark.parametrize("metric", ["modularity", "segregation", "dmn_within", "dlpfc_sgacc"])
def test_the_regressed_analysis_is_the_stored_one(results, metric):
    pick = (["psilocybin"], [2.0])
    _, table = analyses(results, treated(results, [metric], *pick), n_bootstrap=50)
    stored = treated(results, [f"{metric}_gsr"], *pick)["difference"].item()
    regressed = table[table["signal"] == "gsr"].iloc[0]
    assert regressed["difference"] == pytest.approx(stored, rel=1e-5)


def test_analyses_by_hand(results):
    rows = treated(results, ["dlpfc_sgacc", "participation"], ["psilocybin"], [24.0])
    _, table = analyses(results, rows, n_bootstrap=50)
    here, there = (results.cells(arm, 24.0) for arm in ("psilocybin", "mdd"))
    both = sorted(here.keys() & there.keys())
    z = [np.arctanh(results.fc[[cells[s] for s in both]].astype(float)[:, 0, [1, 6]]).mean()
         for cells in (here, there)]  # fmt: skip
    of_z = table[
        (table["metric"] == "dlpfc_sgacc") & (table["signal"] == "raw") & (table["average"] == "z")
    ]
    assert of_z["difference"].item() == pytest.approx(z[0] - z[1], rel=1e-6)
    assert of_z["n"].item() == 6

    def participation(fc):
        """Of the regressed graph of the strongest 30 % of 28 pairs."""
        cortex = [k for k in range(10) if k not in (4, 9)]
        left = regress_global_signal(fc[np.ix_(cortex, cortex)].astype(float))
        r = left / np.sqrt(np.outer(np.diag(left), np.diag(left)))
        pairs = sorted(((r[i, j], i, j) for i in range(8) for j in range(i)), reverse=True)[:8]
        network = np.array(["F", "D", "S", "D"] * 2)
        values = []
        for region in range(8):
            ends = [(w, i + j - region) for w, i, j in pairs if region in (i, j) and w > 0]
            total = sum(w for w, _ in ends)
            shares = [sum(w for w, k in ends if network[k] == name) for name in "FDS"]
            if total > 0:
                values.append(1 - sum((share / total) ** 2 for share in shares))
        return np.mean(values)

    cut = table[
        (table["metric"] == "participation")
        & (table["signal"] == "gsr")
        & (table["density"] == 0.3)
    ]
    p = [np.mean([participation(results.fc[cells[s]]) for s in both]) for cells in (here, there)]
    assert cut["difference"].item() == pytest.approx(p[0] - p[1], rel=1e-5)


def test_the_resolution_reaches_louvain(results, monkeypatch):
    def louvain(fc, runs, seed, resolution=1.0):
        assert seed == results.seed
        return resolution**3 * fc.mean(axis=(1, 2)), None

    monkeypatch.setattr(matrices, "louvain", louvain)
    rows = treated(results, ["modularity"], ["psilocybin"], [2.0])
    _, table = analyses(results, rows, n_bootstrap=20)
    wide = table.pivot(index=["signal", "density"], columns="resolution", values="difference")
    for resolution in (1.25, 1.5):
        np.testing.assert_allclose(wide[resolution], wide[1.0] * resolution**3, rtol=1e-9)


def test_a_metric_without_choices_is_refused(results):
    with pytest.raises(ConfigError, match=r"no choice of analysis for 'sgacc_rate_hz'"):
        analyses(results, select_rows(results, ["sgacc_rate_hz"], paired=True))
    with pytest.raises(ConfigError, match="'modularity' is analysed with and without regression"):
        analyses(results, select_rows(results, ["modularity_gsr"], paired=True))


# edges


def test_planted_edges_are_found_and_sham_has_none(results):
    table = edge_rows(results, select_rows(results, paired=True), [4.0])
    assert len(table[table["arm"] == "sham"]) == 2
    sham = table[table["arm"] == "sham"]
    assert (sham["component"] == 0).all() and (sham["single"] == 0).all()
    assert (sham["difference"] == 0).all() and sham["p"].isna().all()
    found = table[
        (table["arm"] == "psilocybin") & (table["time_h"] == 2) & (table["component"] == 1)
    ]
    (row,) = found.to_dict("records")
    assert row["p"] == 2 / 2**8 and row["n"] == 8 and row["single"] > 0
    hubs = {f"{side}{name}" for side, name in (("l", "SG"), ("r", "DL"), ("r", "SG"))}
    assert set(row["hubs"].split(", ")) == hubs
    assert row["mean_difference"] > row["difference"] > 0


def test_the_whole_change_is_the_mean_of_fisher_z(results):
    rows = treated(results, ["gbc"], ["psilocybin"], [24.0])
    (first, second) = edge_rows(results, rows).to_dict("records")
    expected = results.delta_z("psilocybin", 24.0)[np.triu_indices(10, 1)].mean()
    assert first["difference"] == second["difference"] == pytest.approx(expected, rel=1e-5)
    assert (first["n"], first["left_out"]) == (6, 2)
    assert first["ci_low"] < expected < first["ci_high"]
    assert [first["threshold"], second["threshold"]] == pytest.approx(
        stats.t.isf([0.005, 0.0005], 5)
    )


def test_edges_need_two_pairs(ten, tmp_path):
    results = load_results(made.write_lone_run(tmp_path / "s", ten))
    with pytest.raises(DataError, match="no contrast has two pairs of scans"):
        edge_rows(results, select_rows(results, paired=True))


def test_a_run_without_matrices_is_refused(folder, tmp_path):
    copy = shutil.copytree(folder, tmp_path / "s")
    (copy / "group/connectivity.npz").unlink()
    with pytest.raises(DataError, match=r"connectivity\.npz: missing file"):
        load_results(copy)
