"""The spread over seeds: a published table, and variances that are known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netmod.compare import seed_spread
from netmod.errors import DataError

# four ratings of six targets, table 2 of Shrout & Fleiss 1979
PUBLISHED = np.array([
    [9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7],
]).T  # fmt: skip


def test_published_reliability():
    got = seed_spread(PUBLISHED)
    assert got.reliability == pytest.approx(0.17, abs=0.005)
    assert got.reliability == pytest.approx(0.165742, abs=1e-6)  # pingouin 0.7.0, ICC(1,1)
    # mean squares of the published analysis of variance: 11.24 between, 6.26 within
    assert got.seed_sd**2 == pytest.approx(6.26, abs=0.005)
    assert got.subject_sd**2 == pytest.approx((11.24 - 6.26) / 4, abs=0.005)


def test_effects_by_hand():
    got = seed_spread([[1.0, 3.0], [-1.0, -2.0], [2.0, 4.0]])
    np.testing.assert_array_equal(got.effects, [2.0, -1.5, 3.0])
    assert (got.n_seeds, got.n_subjects, got.low, got.high) == (3, 2, -1.5, 3.0)
    assert got.mean == pytest.approx(3.5 / 3)
    assert got.sd == pytest.approx(np.std([2.0, -1.5, 3.0], ddof=1))
    assert got.same_sign == pytest.approx(2 / 3)


def test_known_variances_are_recovered():
    rng = np.random.default_rng(0)
    person, noise = rng.normal(0.3, 0.5, 400), rng.normal(0.0, 1.2, (30, 400))
    got = seed_spread(person + noise)
    assert got.subject_sd == pytest.approx(0.5, rel=0.1)
    assert got.seed_sd == pytest.approx(1.2, rel=0.03)
    assert got.reliability == pytest.approx(0.25 / (0.25 + 1.44), rel=0.2)
    assert got.sd == pytest.approx(got.seed_sd / np.sqrt(400), rel=0.35)  # noise is independent
    together = seed_spread(person + noise + rng.normal(0.0, 0.5, (30, 1)))
    assert together.sd > 4 * got.sd  # seeds that move everybody are seen


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.1, 10), st.floats(-5, 5))
def test_scale_and_shift(seed, scale, shift):
    table = np.random.default_rng(seed).standard_normal((4, 6))
    one, other = seed_spread(table), seed_spread(scale * table + shift)
    assert other.reliability == pytest.approx(one.reliability, rel=1e-6, abs=1e-9)
    for name in ("sd", "seed_sd"):
        assert getattr(other, name) == pytest.approx(scale * getattr(one, name), rel=1e-6)
    assert other.subject_sd == pytest.approx(scale * one.subject_sd, rel=1e-4, abs=1e-6)
    assert -1 / 3 - 1e-9 <= one.reliability <= 1


def test_few_seeds_few_subjects_and_missing_scans():
    one_seed = seed_spread([[1.0, 2.0]])
    assert (one_seed.mean, one_seed.low) == (1.5, 1.5)
    assert np.isnan([one_seed.sd, one_seed.seed_sd, one_seed.reliability]).all()
    one_subject = seed_spread([[1.0], [2.0]])
    assert one_subject.sd == one_subject.seed_sd == pytest.approx(np.sqrt(0.5))
    assert np.isnan([one_subject.subject_sd, one_subject.reliability]).all()
    lacking = seed_spread([[1.0, np.nan, 3.0], [2.0, 5.0, 4.0]])
    assert lacking.n_subjects == 2
    np.testing.assert_array_equal(lacking.effects, [2.0, 3.0])
    same = seed_spread(np.zeros((3, 4)))
    assert (same.sd, same.subject_sd, same.seed_sd, same.same_sign) == (0.0, 0.0, 0.0, 1.0)
    assert np.isnan(same.reliability)


def test_bad_input():
    with pytest.raises(DataError, match=r"got: shape \[2\]"):
        seed_spread([1.0, 2.0])
    with pytest.raises(DataError, match=r"got: shape \[0, 2\]"):
        seed_spread(np.empty((0, 2)))
    with pytest.raises(DataError, match=r"every seed(.|\n)*got: 2 subjects, 2 seeds"):
        seed_spread([[np.nan, 1.0], [1.0, np.nan]])
