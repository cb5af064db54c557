"""Permutation p against scipy and hand counts, and its false alarms."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from netmod.compare import permutation
from netmod.compare.permutation import group_shuffle, sign_flip
from netmod.errors import DataError


def t_statistic(d):
    return abs(d.mean()) / (d.std(ddof=1) / np.sqrt(d.size))


def test_all_of_one_sign_is_the_smallest_p():
    p, corrected = sign_flip(np.array([[1.0, 2.0, 3.0, 4.0, 5.0]]))
    assert p[0] == corrected[0] == 2 / 2**5


@pytest.mark.parametrize("seed", range(4))
def test_exact_sign_flip_equals_scipy(seed):
    d = np.random.default_rng(seed).normal(0.5, 1.0, 9)
    expected = stats.permutation_test(
        (d,), lambda x, axis=-1: x.mean(axis=axis), permutation_type="samples", vectorized=True
    ).pvalue
    assert sign_flip(d[None])[0][0] == pytest.approx(expected, abs=1e-12)


def test_correction_by_explicit_enumeration():
    table = np.random.default_rng(5).normal(0.4, 1.0, (3, 6))
    observed = np.array([t_statistic(row) for row in table])
    tops, alone = [], []
    for code in range(2**6):
        signs = np.array([1.0 - 2.0 * (code >> bit & 1) for bit in range(6)])
        permuted = np.array([t_statistic(signs * row) for row in table])
        alone.append(permuted >= observed - 1e-9)
        tops.append(permuted.max() >= observed - 1e-9)
    p, corrected = sign_flip(table)
    np.testing.assert_allclose(p, np.mean(alone, axis=0))
    np.testing.assert_allclose(corrected, np.mean(tops, axis=0))


@pytest.mark.parametrize("seed", range(3))
def test_exact_shuffle_equals_scipy(seed):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(0.8, 1.0, 6), rng.normal(0.0, 1.0, 5)
    expected = stats.permutation_test(
        (a, b),
        lambda x, y, axis=-1: np.abs(stats.ttest_ind(x, y, axis=axis).statistic),
        permutation_type="independent",
        alternative="greater",
        vectorized=True,
    ).pvalue
    assert group_shuffle(a[None], b[None])[0][0] == pytest.approx(expected, abs=1e-12)


def test_monte_carlo_agrees_with_the_t_test_and_never_says_zero():
    rng = np.random.default_rng(2)
    d = rng.normal(0.35, 1.0, (4, 40))
    p, _ = sign_flip(d, n_permutations=20000, seed=1)
    np.testing.assert_allclose(p, stats.ttest_1samp(d, 0, axis=1).pvalue, atol=0.015)
    strong, corrected = sign_flip(d + 50, n_permutations=999, seed=1)
    assert (strong == 1 / 1000).all()
    assert (corrected == 1 / 1000).all()
    a, b = rng.normal(0.4, 1.0, (3, 30)), rng.normal(0.0, 1.0, (3, 25))
    p, _ = group_shuffle(a, b, n_permutations=20000, seed=1)
    np.testing.assert_allclose(p, stats.ttest_ind(a, b, axis=1).pvalue, atol=0.015)


def test_missing_pairs_take_part_with_what_they_have():
    table = np.random.default_rng(3).normal(0.8, 1.0, (2, 8))
    table[1, [0, 5]] = np.nan
    p, _ = sign_flip(table)
    assert p[1] == sign_flip(table[1:, ~np.isnan(table[1])])[0][0]
    a, b = np.random.default_rng(4).normal(0.5, 1.0, (2, 3, 5))
    a[2, 1] = np.nan
    p, _ = group_shuffle(a, b)
    assert p[0] == group_shuffle(a[:1], b[:1])[0][0]
    assert 0 < p[2] <= 1


def test_rows_without_pairs_or_without_difference():
    table = np.array([[np.nan, np.nan, 1.0], [0.0, 0.0, 0.0], [1.0, 2.0, 3.0]])
    p, corrected = sign_flip(table)
    np.testing.assert_array_equal(p, [np.nan, 1.0, 0.25])
    np.testing.assert_array_equal(corrected, [np.nan, 1.0, 0.25])
    p, corrected = sign_flip(np.full((2, 3), np.nan))
    assert np.isnan([p, corrected]).all()
    p, _ = group_shuffle(np.ones((1, 3)), np.ones((1, 3)))
    assert p[0] == 1.0
    assert np.isnan(group_shuffle(np.ones((1, 1)), np.ones((1, 3)))[0][0])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 9), st.integers(1, 5))
def test_sign_scale_and_order_do_not_matter(seed, subjects, rows):
    rng = np.random.default_rng(seed)
    table = rng.standard_normal((rows, subjects))
    p, corrected = sign_flip(table)
    assert (corrected >= p - 1e-12).all()
    assert ((p > 0) & (p <= 1)).all()
    order = rng.permutation(subjects)
    scale = rng.uniform(0.1, 10, (rows, 1)) * rng.choice([-1.0, 1.0], (rows, 1))
    other = sign_flip(scale * table[:, order])
    np.testing.assert_allclose(other[0], p)
    np.testing.assert_allclose(other[1], corrected)


def test_false_alarms_alone_and_in_the_family():
    rng = np.random.default_rng(8)
    studies, alone, family = 400, 0, 0
    for _ in range(studies):
        shared = rng.standard_normal(10)
        p, corrected = sign_flip(0.6 * shared + rng.standard_normal((12, 10)))
        alone += p[0] <= 0.05
        family += corrected.min() <= 0.05
    # one-sided binomial bound at 1 in 10 000 for a true rate of 5 %
    bound = stats.binom.ppf(1 - 1e-4, studies, 0.05)
    assert alone <= bound
    assert 0.01 * studies <= family <= bound


def test_the_same_seed_gives_the_same_p():
    table = np.random.default_rng(6).standard_normal((3, 20))
    np.testing.assert_array_equal(sign_flip(table, 500, 4), sign_flip(table, 500, 4))
    assert not np.array_equal(sign_flip(table, 500, 4)[0], sign_flip(table, 500, 5)[0])


def test_shapes_that_do_not_fit():
    with pytest.raises(DataError, match=r"got: shape \[3\]"):
        sign_flip([1.0, 2.0, 3.0])
    with pytest.raises(DataError, match="2 and 1 rows"):
        group_shuffle(np.ones((2, 3)), np.ones((1, 3)))


def test_ties_and_zeros_against_explicit_enumeration():
    d = np.array([1.0, 1.0, 0.0, -1.0, 2.0, 0.0])
    sums = [abs(np.dot(1.0 - 2.0 * (code >> np.arange(6) & 1), d)) for code in range(2**6)]
    assert sign_flip(d[None])[0][0] == np.mean(np.array(sums) >= abs(d.sum()))


def test_one_subject_has_no_p():
    assert np.isnan(sign_flip([[1.0], [2.0]])).all()


def test_no_permutations():
    with pytest.raises(DataError, match=r"needs permutations(.|\n)*got: 0"):
        sign_flip(np.ones((1, 30)), 0)
    with pytest.raises(DataError, match="needs permutations"):
        group_shuffle(np.ones((1, 30)), np.ones((1, 30)), -1)


def test_many_rows_at_once_are_tested_as_each_alone(monkeypatch):
    table = np.random.default_rng(2).normal(0.3, 1.0, (40, 9))
    whole = sign_flip(table)
    groups = group_shuffle(table[:, :4], table[:, 4:])
    monkeypatch.setattr(permutation, "_AT_ONCE", 100)  # patterns come in parts of two
    np.testing.assert_array_equal(sign_flip(table), whole)
    np.testing.assert_array_equal(group_shuffle(table[:, :4], table[:, 4:]), groups)
    parts = list(permutation.in_parts(iter([np.ones((5, 9)), np.zeros((2, 9))]), 40))
    assert [part.shape[0] for part in parts] == [2, 2, 1, 2]
