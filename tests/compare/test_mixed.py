"""The mixed model against statsmodels' formulas, and against the paired t test that it contains."""

import sys
from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest

from netmod.compare import mixed_effects
from netmod.errors import ConfigError, DataError

needs_statsmodels = pytest.mark.skipif(
    find_spec("statsmodels") is None,
    reason="mixed models are the optional extra `statistics`",
)

TIMES = (0.0, 2.0, 24.0)


def make_study(subjects=10, seed=0):
    """Arms share the noise of a scan; rtms gains 0.4 at every time after the first."""
    rng, rows = np.random.default_rng(seed), []
    for s in range(subjects):
        person = rng.normal(0, 1)
        for t, time_h in enumerate(TIMES):
            scan = rng.normal(0, 0.5)
            for arm in ("mdd", "sham", "rtms"):
                y = 5 + person + scan + 0.3 * rng.normal() + 0.4 * t * (arm == "rtms") + 0.1 * t
                rows.append({"arm": arm, "subject": f"{s:02d}", "time_h": time_h, "y": y})
    return pd.DataFrame(rows)


def unbalanced():
    # some scans of sham and rtms are missing
    study = make_study()
    return study.drop(study.index[[4, 8, 14, 26, 31, 47, 62, 76, 88]])


def without_statsmodels(monkeypatch):
    monkeypatch.setitem(sys.modules, "statsmodels.regression.mixed_linear_model", None)


def test_without_the_extra_the_error_names_it(monkeypatch):
    without_statsmodels(monkeypatch)
    with pytest.raises(ConfigError, match=r"need statsmodels(.|\n)*netmod\[statistics\]"):
        mixed_effects(make_study(), "y", "mdd")


@needs_statsmodels
@pytest.mark.parametrize("scan_noise", [False, True])
def test_equals_the_formula_on_unbalanced_arms(scan_noise):
    import statsmodels.formula.api as smf

    study = unbalanced()
    got = mixed_effects(study, "y", "mdd", scan_noise=scan_noise)
    parts = {"re_formula": "1", "vc_formula": {"scan": "0 + C(time_h)"}} if scan_noise else {}
    formula = "y ~ C(arm, Treatment('mdd')) * C(time_h)"
    fit = smf.mixedlm(formula, study, groups="subject", **parts).fit()
    # the formula orders the interactions by time, here they go by arm
    order = [0, 1, 2, 3, 4, 5, 7, 6, 8]
    np.testing.assert_allclose(got.effects["estimate"], fit.fe_params.to_numpy()[order], atol=1e-4)
    np.testing.assert_allclose(got.effects["se"], fit.bse_fe.to_numpy()[order], rtol=1e-3)
    interval = fit.conf_int().to_numpy()[:9][order]
    np.testing.assert_allclose(got.effects[["ci_low", "ci_high"]], interval, atol=2e-3)
    np.testing.assert_allclose(got.effects["p"], fit.pvalues.to_numpy()[:9][order], atol=2e-3)
    assert got.subject_sd == pytest.approx(np.sqrt(fit.cov_re.iloc[0, 0]), rel=1e-3)
    assert got.residual_sd == pytest.approx(np.sqrt(fit.scale), rel=1e-3)
    assert (got.converged, got.notes) == (True, ())
    assert (got.n_subjects, got.n_scans) == (10, 81)
    if scan_noise:
        assert got.scan_sd == pytest.approx(np.sqrt(fit.vcomp[0]), rel=1e-3)
    else:
        assert np.isnan(got.scan_sd)


@needs_statsmodels
def test_terms_and_the_effect_that_was_put_in():
    got = mixed_effects(unbalanced(), "y", "mdd", scan_noise=True).effects
    assert list(got["term"]) == [
        "intercept", "rtms", "sham", "2 h", "1 d",
        "rtms × 2 h", "rtms × 1 d", "sham × 2 h", "sham × 1 d",
    ]  # fmt: skip
    assert list(got.columns) == ["term", "estimate", "ci_low", "ci_high", "se", "z", "p"]
    row = got.set_index("term").loc["rtms × 1 d"]
    assert row.ci_low < 0.8 < row.ci_high  # the effect that was put in
    assert row.p < 0.001


@needs_statsmodels
def test_two_arms_at_one_time_are_the_paired_t_test():
    study = make_study()
    study = study[(study.time_h == 2.0) & study.arm.isin(["mdd", "rtms"])]
    wide = study.pivot(index="subject", columns="arm", values="y")
    d = wide["rtms"] - wide["mdd"]
    got = mixed_effects(study, "y", "mdd").effects.set_index("term").loc["rtms"]
    assert got.estimate == pytest.approx(d.mean(), rel=1e-9)
    assert got.se == pytest.approx(d.std() / np.sqrt(len(d)), rel=1e-4)
    small = study.assign(y=3e-5 + 1e-6 * study.y)  # another unit changes nothing but the unit
    other = mixed_effects(small, "y", "mdd").effects.set_index("term").loc["rtms"]
    assert other.estimate == pytest.approx(1e-6 * got.estimate, rel=1e-6)
    assert other.z == pytest.approx(got.z, rel=1e-6)


@needs_statsmodels
def test_one_arm_over_time():
    got = mixed_effects(make_study()[lambda t: t.arm == "mdd"], "y", "mdd")
    assert list(got.effects["term"]) == ["intercept", "2 h", "1 d"]


@needs_statsmodels
def test_rows_that_do_not_enter():
    study = make_study()
    failed = study.iloc[[5]].assign(status="diverged", y=1e6, time_h=2.0, arm="mdd")
    lacking = study.iloc[[7]].assign(status="ok", y=np.nan)
    together = pd.concat([study.assign(status="ok"), failed, lacking])
    expected = mixed_effects(study, "y", "mdd")
    for table in (together, together.sample(frac=1.0, random_state=0), pd.concat([study, study])):
        got = mixed_effects(table, "y", "mdd")
        assert got.n_scans == 90  # replicates are averaged, not counted twice
        np.testing.assert_allclose(got.effects["estimate"], expected.effects["estimate"], atol=1e-9)


@needs_statsmodels
def test_an_arm_without_scans_at_a_time_has_no_term_for_it():
    study = make_study()
    got = mixed_effects(study[~((study.arm == "sham") & (study.time_h == 24.0))], "y", "mdd")
    assert "sham × 1 d" not in set(got.effects["term"])
    assert len(got.effects) == 8


@needs_statsmodels
@pytest.mark.parametrize("scan_noise", [False, True])
def test_a_random_part_without_variance_does_not_pass_in_silence(scan_noise):
    study = make_study()
    study["y"] = np.random.default_rng(3).normal(size=len(study))
    study["y"] -= study.groupby("subject")["y"].transform("mean")  # nobody differs from another
    got = mixed_effects(study, "y", "mdd", scan_noise=scan_noise)
    assert got.subject_sd < 0.01
    assert got.converged
    assert any("boundary" in note for note in got.notes)
    # the effects themselves are those of plain means
    means = study.groupby(["arm", "time_h"])["y"].mean()
    row = got.effects.set_index("term")["estimate"]
    assert row["rtms"] == pytest.approx(means["rtms", 0.0] - means["mdd", 0.0], abs=1e-6)


@needs_statsmodels
def test_bad_input():
    study = make_study()
    with pytest.raises(DataError, match=r"no column 'z'"):
        mixed_effects(study, "z", "mdd")
    with pytest.raises(DataError, match=r"reference arm 'mmd'(.|\n)*did you mean 'mdd'"):
        mixed_effects(study, "y", "mmd")
    with pytest.raises(DataError, match="rows with a finite value"):
        mixed_effects(study.assign(y=np.nan), "y", "mdd")
    with pytest.raises(DataError, match=r"two subjects(.|\n)*got: 1 subjects"):
        mixed_effects(study[study.subject == "00"], "y", "mdd")
    with pytest.raises(DataError, match=r"1 arms, 1 times"):
        mixed_effects(study[(study.arm == "mdd") & (study.time_h == 0)], "y", "mdd")
    for arm in ("mdd", "rtms"):
        with pytest.raises(DataError, match="cannot be told apart"):
            mixed_effects(study[~((study.arm == arm) & (study.time_h == 0))], "y", "mdd")
    with pytest.raises(DataError, match="nothing of 'y' is left"):
        mixed_effects(study.assign(y=1.0), "y", "mdd")
