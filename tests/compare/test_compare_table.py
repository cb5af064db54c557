"""The table of comparisons of a small made-up study."""

import numpy as np
import pandas as pd
import pytest

from netmod.compare import COLUMNS, compare_arms, format_table
from netmod.compare.paired import group_contrast, paired_contrast
from netmod.errors import ConfigError, DataError

METRICS = ["modularity", "gbc"]
TIMES = [0.0, 2.0, 24.0]
REFERENCES = {"healthy": None, "mdd": "mdd", "sham": "mdd", "psilocybin": "mdd"}
FAST = {"n_bootstrap": 400, "n_permutations": 500}
FULL = {"references": REFERENCES, "groups": ("mdd", "healthy"), **FAST}


def make_study(subjects=8, effect=0.5, seed=0):
    """Arms share noise at a time; psilocybin lowers modularity after baseline."""
    rng = np.random.default_rng(seed)
    person = rng.standard_normal((subjects, 2))
    noise = 0.3 * rng.standard_normal((subjects, len(TIMES), 2))
    rows = []
    for arm in ("healthy", "mdd", "sham", "psilocybin"):
        for s in range(subjects):
            for t, time_h in enumerate(TIMES):
                value = person[s] + noise[s, t] - 2.0 * (arm == "healthy")
                if arm == "psilocybin" and time_h > 0:
                    value = value - [effect * (1 + 0.1 * s), 0.0]
                rows.append(
                    {"arm": arm, "subject": f"{s:02d}", "time_h": time_h, "status": "ok"}
                    | dict(zip(METRICS, value, strict=True))
                )
    return pd.DataFrame(rows)


STUDY = make_study()
TABLE = compare_arms(STUDY, **FULL)


def column(study, arm, time_h, metric="modularity"):
    rows = study[(study.arm == arm) & (study.time_h == time_h)].sort_values("subject")
    return rows[metric].to_numpy()


def pick(table, **where):
    for name, value in where.items():
        table = table[table[name] == value]
    assert len(table) == 1
    return table.iloc[0]


def test_rows_and_columns():
    assert list(TABLE.columns) == list(COLUMNS)
    kinds = TABLE.groupby(["reference", "noise"]).size().to_dict()
    assert kinds == {
        ("mdd", "shared"): 2 * 2 * 3,
        ("baseline", "independent"): 2 * 4 * 2,
        ("healthy", "between"): 2,
    }
    assert (TABLE["family"] == TABLE["reference"] + ", " + TABLE["noise"]).all()


def test_numbers_are_those_of_the_single_contrasts():
    for reference, other in (("mdd", ("mdd", 2.0)), ("baseline", ("psilocybin", 0.0))):
        got = pick(TABLE, metric="modularity", arm="psilocybin", time_h=2.0, reference=reference)
        one = paired_contrast(column(STUDY, "psilocybin", 2.0), column(STUDY, *other), 0, 400)
        for name in ("n", "mean", "mean_reference", "difference", "ci_low", "hedges_g", "d_z"):
            assert got[name] == pytest.approx(getattr(one, name)), name
    got = pick(TABLE, metric="modularity", reference="healthy")
    one = group_contrast(column(STUDY, "mdd", 0.0), column(STUDY, "healthy", 0.0), 0, 400)
    assert (got.arm, got.n, got.hedges_g) == ("mdd", 16, pytest.approx(one.hedges_g))
    assert np.isnan(got.d_z)


def test_the_effect_is_found_and_nothing_else():
    marked = TABLE[TABLE.p_corrected < 0.05]
    treated = marked[marked.reference == "mdd"]
    assert set(zip(treated.metric, treated.arm, treated.time_h, strict=True)) == {
        ("modularity", "psilocybin", 2.0),
        ("modularity", "psilocybin", 24.0),
    }
    sham = TABLE[(TABLE.arm == "sham") & (TABLE.reference == "mdd")]
    assert (sham[["difference", "ci_low", "ci_high", "hedges_g"]] == 0).all(axis=None)
    assert (sham[["p", "p_corrected"]] == 1).all(axis=None)
    assert (TABLE.p_corrected >= TABLE.p - 1e-12).all()


def test_the_order_of_rows_does_not_matter():
    shuffled = STUDY.sample(frac=1.0, random_state=3)
    keys = ["metric", "reference", "arm", "time_h"]
    other = compare_arms(shuffled, **FULL).sort_values(keys, ignore_index=True)
    pd.testing.assert_frame_equal(TABLE.sort_values(keys, ignore_index=True), other)


def test_failed_scans_drop_out_in_pairs():
    study = STUDY.copy()
    study.loc[(study.arm == "mdd") & (study.subject == "03") & (study.time_h == 2.0), "status"] = (
        "diverged"
    )
    table = compare_arms(study, **FULL)
    where = {"metric": "gbc", "arm": "psilocybin", "reference": "mdd"}
    assert pick(table, time_h=2.0, **where).n == 7
    assert pick(table, time_h=24.0, **where).n == 8
    kept = study[(study.subject != "03")]
    one = paired_contrast(
        column(kept, "psilocybin", 2.0, "gbc"), column(kept, "mdd", 2.0, "gbc"), 0, 400
    )
    assert pick(table, time_h=2.0, **where).hedges_g == pytest.approx(one.hedges_g)


def test_one_subject_gives_empty_values_not_an_error():
    table = compare_arms(make_study(subjects=1), **FULL)
    assert (table.loc[table.reference == "mdd", "n"] == 1).all()
    assert table[["difference", "ci_low", "hedges_g", "p", "p_corrected"]].isna().all(axis=None)
    assert "n/a" in format_table(table, METRICS, [2.0])


def test_replicates_are_averaged():
    doubled = pd.concat([STUDY, STUDY.assign(modularity=STUDY.modularity + 2.0)])
    got = pick(
        compare_arms(doubled, **FULL),
        metric="modularity",
        arm="psilocybin",
        time_h=2.0,
        reference="mdd",
    )
    old = pick(TABLE, metric="modularity", arm="psilocybin", time_h=2.0, reference="mdd")
    assert got.n == 8
    assert got.difference == pytest.approx(old.difference)
    assert got["mean"] == pytest.approx(old["mean"] + 1.0)


def test_without_a_reference_only_the_own_baseline_is_left():
    alone = STUDY[STUDY.arm.isin(["sham", "psilocybin"])]
    table = compare_arms(alone, {"sham": None, "psilocybin": None}, **FAST)
    assert set(table.reference) == {"baseline"}
    table = compare_arms(STUDY[STUDY.arm != "healthy"], REFERENCES, **FAST)
    assert set(table.reference) == {"mdd", "baseline"}


def test_every_arm_is_paired_with_the_untreated_of_its_population():
    # the names say nothing: "sham" plays a treated healthy arm, "plain" the untreated patients
    study = STUDY.replace({"arm": {"mdd": "plain"}})
    references = {"healthy": "healthy", "plain": "plain", "sham": "healthy", "psilocybin": "plain"}
    table = compare_arms(study, references, groups=("plain", "healthy"), **FAST)
    shared = table[table.noise == "shared"]
    pairs = set(zip(shared.arm, shared.reference, strict=True))
    assert pairs == {("sham", "healthy"), ("psilocybin", "plain")}
    got = pick(shared, metric="gbc", arm="sham", time_h=2.0)
    one = paired_contrast(
        column(study, "sham", 2.0, "gbc"), column(study, "healthy", 2.0, "gbc"), 0, 400
    )
    assert got.difference == pytest.approx(one.difference) == pytest.approx(2.0)
    between = table[table.noise == "between"]
    assert set(zip(between.arm, between.reference, strict=True)) == {("plain", "healthy")}
    # one reference, two kinds of contrast: corrected apart
    assert set(table.loc[table.reference == "healthy", "family"]) == {
        "healthy, shared", "healthy, between",
    }  # fmt: skip
    alone = compare_arms(study[study.arm.isin(["plain", "psilocybin"])], references, **FAST)
    mine = shared[shared.arm == "psilocybin"].reset_index(drop=True)
    same = alone[alone.noise == "shared"].reset_index(drop=True)
    pd.testing.assert_frame_equal(mine, same)  # a second population costs the first nothing
    text = format_table(table, ["gbc"], [0.0, 2.0])
    labels = [line.split("  ")[0] for line in text.splitlines() if " − " in line]
    assert labels == [
        "plain − healthy",
        "sham − healthy",
        "psilocybin − plain",
        "healthy − baseline",
        "plain − baseline",
    ]


def test_false_alarms_of_the_rescan():
    alarms = 0
    for seed in range(100):
        study = make_study(subjects=6, effect=0.0, seed=seed)
        table = compare_arms(study[study.arm == "mdd"], REFERENCES, n_bootstrap=20)
        alarms += (table.p_corrected <= 0.05).any()
    assert alarms <= 14  # binomial(100, 0.05) exceeds 14 once in 10 000


def test_text_table():
    text = format_table(TABLE, ["modularity"], [0.0, 2.0])
    lines = text.splitlines()
    assert lines[-1] == "Research simulator: not medical advice."
    assert lines[0].split() == ["baseline", "modularity"]
    labels = [line.split("  ")[0] for line in lines if " − " in line]
    assert labels == [
        "mdd − healthy",
        "sham − mdd",
        "psilocybin − mdd",
        "healthy − baseline",
        "mdd − baseline",
    ]
    marked = [line for line in lines[:-2] if "*" in line]
    assert len(marked) == 2  # mdd against healthy is 2 SD apart here
    row = pick(TABLE, metric="modularity", arm="psilocybin", time_h=2.0, reference="mdd")
    assert f"{row.difference:+.2f} [{row.ci_low:+.2f}, {row.ci_high:+.2f}]*" in text
    assert max(map(len, format_table(TABLE, METRICS, [2.0]).splitlines())) <= 100


def test_small_values_keep_three_digits():
    small = STUDY.assign(modularity=STUDY.modularity / 1000)
    text = format_table(compare_arms(small, **FULL), ["modularity"], [2.0])
    row = pick(TABLE, metric="modularity", arm="psilocybin", time_h=2.0, reference="mdd")
    assert f"{row.difference / 1000:+.5f}" in text


def test_bad_input():
    with pytest.raises(DataError, match=r"no column 'subject'(.|\n)*did you mean 'subjects'"):
        compare_arms(STUDY.rename(columns={"subject": "subjects"}), REFERENCES)
    with pytest.raises(DataError, match="nothing to compare"):
        compare_arms(STUDY[STUDY.arm == "none"], REFERENCES)
    with pytest.raises(DataError, match="nothing to compare"):
        compare_arms(STUDY.drop(columns=METRICS), REFERENCES)
    with pytest.raises(DataError, match="no reference is given for arm 'sham'"):
        compare_arms(STUDY, {"healthy": None, "mdd": None})
    with pytest.raises(DataError, match=r"no arm 'mmd' to compare(.|\n)*did you mean 'mdd'"):
        compare_arms(STUDY, REFERENCES | {"sham": "mmd"})
    with pytest.raises(DataError, match="no arm 'well' to compare"):
        compare_arms(STUDY, REFERENCES, groups=("mdd", "well"))
    with pytest.raises(ConfigError, match=r"no metric 'modularty'(.|\n)*did you mean 'modularity'"):
        format_table(TABLE, ["modularty"], [2.0])
    with pytest.raises(ConfigError, match=r"no time '6 wk'(.|\n)*expected: baseline, 2 h, 1 d"):
        format_table(TABLE, ["modularity"], [1008.0])
