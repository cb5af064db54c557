"""False discovery rate: a published example, other packages, and its own definition."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr

from netmod.compare import false_discovery
from netmod.errors import ConfigError, DataError

# the 15 tests of Benjamini & Hochberg 1995, section 4.1
PUBLISHED = np.array([
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
    0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.000,
])  # fmt: skip
# statsmodels 0.15.0, multipletests(PUBLISHED, method="fdr_bh" and "fdr_by")
STATSMODELS = {
    "bh": [0.0015, 0.003, 0.0095, 0.035625, 0.0603, 0.06385714, 0.06385714, 0.0645, 0.0765, 0.486],
    "by": [0.00497734, 0.00995469, 0.03152318, 0.11821191, 0.20008921, 0.21189262, 0.21189262],
}


def test_the_published_example_rejects_four():
    assert (false_discovery(PUBLISHED) <= 0.05).sum() == 4


@pytest.mark.parametrize("method", ["bh", "by"])
def test_frozen_numbers_of_statsmodels(method):
    expected = STATSMODELS[method]
    got = false_discovery(PUBLISHED, method)
    np.testing.assert_allclose(got[: len(expected)], expected, atol=5e-9)


@pytest.mark.parametrize("method", ["bh", "by"])
def test_equals_statsmodels(method):
    reason = "the frozen numbers above stand for it"
    multitest = pytest.importorskip("statsmodels.stats.multitest", reason=reason)
    p = np.random.default_rng(0).beta(0.5, 2.0, 60).round(2)  # with ties
    expected = multitest.multipletests(p, method=f"fdr_{method}")[1]
    np.testing.assert_allclose(false_discovery(p, method), expected, rtol=1e-12)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=20), st.floats(0.01, 0.5))
def test_rejects_what_the_step_up_rule_rejects(p, q):
    p, m = np.array(p), len(p)
    ranked = np.sort(p)
    below = np.flatnonzero(ranked <= q * np.arange(1, m + 1) / m)
    limit = ranked[below[-1]] if below.size else -1.0
    adjusted = false_discovery(p)
    clear = np.abs(adjusted - q) > 1e-9
    np.testing.assert_array_equal((adjusted <= q)[clear], (p <= limit)[clear])
    assert (adjusted >= p - 1e-15).all()
    assert (false_discovery(p, "by") >= adjusted - 1e-15).all()


def test_missing_tests_do_not_count_and_families_stand_alone():
    p = np.array([[0.01, np.nan, 0.03], [0.02, 0.5, np.nan]])
    got = false_discovery(p)
    np.testing.assert_array_equal(np.isnan(got), np.isnan(p))
    np.testing.assert_allclose(got[~np.isnan(p)], false_discovery([0.01, 0.03, 0.02, 0.5]))
    apart = false_discovery(p, families=[["a", "a", "a"], ["b", "b", "b"]])
    np.testing.assert_allclose(apart, [[0.02, np.nan, 0.03], [0.04, 0.5, np.nan]])
    assert np.isnan(false_discovery([np.nan, np.nan])).all()
    assert false_discovery([0.2])[0] == 0.2
    assert false_discovery([]).size == 0


def test_share_of_false_alarms_among_the_rejected():
    rng, shares = np.random.default_rng(1), []
    for _ in range(400):
        z = rng.standard_normal(40) + np.repeat([3.0, 0.0], [10, 30])
        rejected = false_discovery(2 * ndtr(-np.abs(z))) <= 0.1
        shares.append(rejected[10:].sum() / max(rejected.sum(), 1))
    # expected q times the share of true nulls: 0.075
    assert 0.06 < np.mean(shares) < 0.09


def test_bad_input():
    with pytest.raises(DataError, match=r"between 0 and 1(.|\n)*got: 1.2, -0.1"):
        false_discovery([0.5, 1.2, -0.1])
    with pytest.raises(DataError, match=r"expected: shape \[2\](.|\n)*got: shape \[1\]"):
        false_discovery([0.1, 0.2], families=["a"])
    with pytest.raises(ConfigError, match="no false discovery method 'holm'"):
        false_discovery([0.1], "holm")
