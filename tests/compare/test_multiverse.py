"""A multiverse of analyses: its rows, its summary, and what fails in it."""

import numpy as np
import pytest

from netmod.compare import agreement, multiverse
from netmod.compare.paired import Contrast, paired_contrast
from netmod.errors import ConfigError, DataError

BASE = np.random.default_rng(0).normal(0.0, 1.0, 12)
SHIFT = np.linspace(0.5, 1.5, 12)
CHOICES = {"signal": ["raw", "gsr"], "threshold": [0.05, 0.1, 0.2]}


def measure(signal, threshold):
    """The effect turns round after regression at the highest threshold."""
    factor = -1.0 if (signal, threshold) == ("gsr", 0.2) else 1.0
    return paired_contrast(BASE + factor * (1 - threshold) * SHIFT, BASE, n_bootstrap=500)


def test_rows_are_the_single_contrasts_in_order():
    table = multiverse(CHOICES, measure)
    assert list(table.columns[:3]) == ["signal", "threshold", "n"]
    assert list(table["signal"]) == ["raw"] * 3 + ["gsr"] * 3
    assert list(table["threshold"]) == [0.05, 0.1, 0.2] * 2
    for row in table.itertuples():
        one = measure(row.signal, row.threshold)
        assert (row.n, row.difference, row.ci_low, row.ci_high, row.hedges_g, row.d_z) == (
            one.n, one.difference, one.ci_low, one.ci_high, one.hedges_g, one.d_z,
        )  # fmt: skip
    assert list(table["sign"]) == [1, 1, 1, 1, 1, -1]
    assert list(table["agrees"]) == [True] * 5 + [False]
    assert (table["note"] == "").all()


def test_agreement_by_hand():
    summary = agreement(multiverse(CHOICES, measure))
    assert list(summary["choice"]) == ["all", "signal", "signal", *["threshold"] * 3]
    whole, gsr, highest = (summary.iloc[i] for i in (0, 2, 5))
    assert (whole.combinations, whole.computed) == (6, 6)
    assert whole.same_sign == whole.excludes_zero == pytest.approx(5 / 6)
    assert whole.opposite == pytest.approx(1 / 6)
    assert (whole.highest, whole.lowest) == pytest.approx((0.95, -0.8))
    assert gsr.same_sign == pytest.approx(2 / 3)
    assert (highest.level, highest.same_sign) == (0.2, 0.5)


def test_an_interval_with_zero_has_the_sign_but_is_not_clear():
    unclear = Contrast(8, 1.0, 0.0, 1.0, -0.5, 2.0, 0.3, 0.3)
    summary = agreement(multiverse({"level": ["a", "b"]}, lambda level: unclear)).iloc[0]
    assert (summary.same_sign, summary.excludes_zero, summary.opposite) == (1.0, 0.0, 0.0)


def test_levels_may_be_functions():
    ways = {"mean": np.mean, "largest": np.max}
    values = np.random.default_rng(1).normal(1.0, 1.0, (9, 30))

    def over_regions(summary):
        return paired_contrast(summary(values, axis=1), np.zeros(9), n_bootstrap=200)

    table = multiverse({"summary": ways}, over_regions)
    assert list(table["summary"]) == ["mean", "largest"]
    assert table["difference"][1] == pytest.approx(values.max(axis=1).mean())


def test_a_failure_keeps_its_row_and_counts_for_nothing():
    def partly(signal, threshold):
        if threshold == 0.2:
            raise DataError("an empty network", got="0 edges")
        if threshold == 0.1:
            return paired_contrast([1.0], [0.0])
        return measure(signal, threshold)

    table = multiverse(CHOICES, partly)
    assert list(table["note"][:3]) == ["", "no difference from 1 pairs", "an empty network"]
    assert table["agrees"].isna().tolist() == [False, True, True] * 2
    assert table.loc[1:2, ["difference", "ci_low", "sign"]].isna().all(axis=None)
    summary = agreement(table)
    assert (summary["computed"][0], summary["combinations"][0], summary["same_sign"][0]) == (
        2,
        6,
        1,
    )
    nothing = summary[(summary["choice"] == "threshold") & (summary["level"] == 0.2)].iloc[0]
    assert nothing.computed == 0
    assert np.isnan([nothing["median"], nothing.same_sign, nothing.opposite]).all()


def test_without_a_main_analysis_nothing_agrees():
    def without_raw(signal, threshold):
        if signal == "raw":
            raise DataError("no raw scans")
        return measure(signal, threshold)

    table = multiverse(CHOICES, without_raw)
    assert table["agrees"].isna().all()
    assert np.isnan(agreement(table)["same_sign"][0])


def test_other_errors_are_not_hidden():
    with pytest.raises(ZeroDivisionError):
        multiverse({"a": [1]}, lambda a: 1 / 0)


def test_bad_input():
    with pytest.raises(ConfigError, match="needs choices"):
        multiverse({}, measure)
    with pytest.raises(ConfigError, match=r"'signal' needs levels(.|\n)*0 levels"):
        multiverse({"signal": []}, measure)
    with pytest.raises(ConfigError, match=r"2 levels, 1 different"):
        multiverse({"signal": ["raw", "raw"]}, measure)
    with pytest.raises(ConfigError, match="cannot be named 'n'"):
        multiverse({"n": [1, 2]}, measure)
    with pytest.raises(DataError, match=r"must return a contrast(.|\n)*got: float"):
        multiverse({"a": [1]}, lambda a: 0.5)
