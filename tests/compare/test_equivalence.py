"""Equivalence against statsmodels and pingouin, and against its own interval."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from netmod.compare import equivalence_paired
from netmod.errors import ConfigError, DataError

A = np.array([3.0, 5.0, 4.0, 8.0, 6.0, 7.5])
B = np.array([1.0, 4.0, 4.0, 5.0, 2.0, 8.0])


def test_frozen_numbers_of_statsmodels_and_pingouin():
    # statsmodels 0.15.0, ttost_paired(A, B, -1, 3.5)
    got = equivalence_paired(A, B, -1.0, 3.5)
    assert got.p_low == pytest.approx(0.007543918938366466, rel=1e-12)
    assert got.p_high == got.p == pytest.approx(0.0215989917668778, rel=1e-12)
    assert (got.n, got.difference, got.equivalent) == (6, pytest.approx(1.9 / 1.2), True)
    # pingouin 0.7.0, tost(A, B, bound=4, paired=True)
    assert equivalence_paired(A, B, -4.0, 4.0).p == pytest.approx(0.009686, abs=5e-7)


def test_equals_statsmodels():
    weightstats = pytest.importorskip(
        "statsmodels.stats.weightstats", reason="the frozen numbers above stand for it"
    )
    a, b = np.random.default_rng(0).normal(0.2, 1.0, (2, 25))
    p, (_, p_low, _), (_, p_high, _) = weightstats.ttost_paired(a, b, -0.4, 0.6)
    got = equivalence_paired(a, b, -0.4, 0.6)
    np.testing.assert_allclose([got.p, got.p_low, got.p_high], [p, p_low, p_high], rtol=1e-10)


@settings(max_examples=80, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(2, 30),
    st.floats(0.05, 3.0),
    st.sampled_from([0.05, 0.1]),
)
def test_equivalent_when_the_interval_lies_within_the_bounds(seed, subjects, bound, alpha):
    a, b = np.random.default_rng(seed).normal(0.0, 1.0, (2, subjects))
    got = equivalence_paired(a, b, -bound, bound, alpha=alpha)
    inside = -bound < got.ci_low and got.ci_high < bound
    assert got.equivalent == inside
    interval = stats.ttest_rel(a, b).confidence_interval(1 - 2 * alpha)
    np.testing.assert_allclose([got.ci_low, got.ci_high], interval, rtol=1e-9, atol=1e-12)
    turned = equivalence_paired(b, a, -bound, bound, alpha=alpha)
    assert turned.p == pytest.approx(got.p, rel=1e-9)


def test_bounds_in_standard_deviations():
    d = A - B
    in_d = equivalence_paired(A, B, -1.0, 1.0, scale="d_z")
    sd = d.std(ddof=1)
    assert (in_d.low, in_d.high) == pytest.approx((-sd, sd))
    assert in_d.p == pytest.approx(equivalence_paired(A, B, -sd, sd).p)
    average = (A.std(ddof=1) + B.std(ddof=1)) / 2
    assert equivalence_paired(A, B, -0.5, 1.0, scale="d_av").high == pytest.approx(average)


def test_false_alarms_at_the_bound():
    rng, studies = np.random.default_rng(3), 2000
    # a true difference on the bound: called equivalent in 5 % at most
    alarms = sum(
        equivalence_paired(rng.normal(0.8, 1.0, 30), np.zeros(30), -0.8, 0.8).equivalent
        for _ in range(studies)
    )
    assert 0.04 < alarms / studies < 0.06


def test_equal_differences_missing_pairs_and_one_subject():
    same = equivalence_paired(A, A, -0.1, 0.1)
    assert (same.difference, same.ci_low, same.ci_high, same.p) == (0.0, 0.0, 0.0, 0.0)
    assert same.equivalent
    beyond = equivalence_paired(A + 0.25, A, -0.1, 0.1)
    assert (beyond.ci_low, beyond.p, beyond.equivalent) == (0.25, 1.0, False)
    assert not equivalence_paired(A + 0.25, A, -0.25, 0.25).equivalent  # on the bound is not in it
    with pytest.raises(DataError, match="without any spread"):
        equivalence_paired(A, A, -0.3, 0.3, scale="d_z")
    a, b = np.append(A, [np.nan, 9.0]), np.append(B, [1.0, np.inf])
    assert equivalence_paired(a, b, -1, 3.5) == equivalence_paired(A, B, -1, 3.5)
    one = equivalence_paired([1.0, np.nan], [1.0, 2.0], -1, 1)
    assert (one.n, one.equivalent) == (1, False)
    assert np.isnan([one.difference, one.ci_low, one.p]).all()


def test_bad_input():
    with pytest.raises(DataError, match=r"got: shapes \[6\] and \[5\]"):
        equivalence_paired(A, B[:5], -1, 1)
    for low, high in ((1.0, -1.0), (0.0, 0.0), (-1.0, np.inf), (np.nan, 1.0)):
        with pytest.raises(ConfigError, match="low < high"):
            equivalence_paired(A, B, low, high)
    with pytest.raises(ConfigError, match=r"no scale 'dz'(.|\n)*did you mean 'd_z'"):
        equivalence_paired(A, B, -1, 1, scale="dz")
    with pytest.raises(ConfigError, match=r"between 0 and 0\.5"):
        equivalence_paired(A, B, -1, 1, alpha=0.6)
