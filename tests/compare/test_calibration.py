"""How often the tests are wrong on studies whose truth is known."""

import numpy as np
import pytest

from netmod.compare.paired import bootstrap_interval
from netmod.compare.permutation import group_shuffle, sign_flip

FAMILY = 12


def family_rate(studies, subjects, effects=0):
    """Return the share of studies with a false alarm among correlated rows."""
    rng, alarms = np.random.default_rng(2), 0
    for _ in range(studies):
        shared = rng.standard_normal((1, subjects))
        rows = (shared + rng.standard_normal((FAMILY, subjects))) / np.sqrt(2.0)
        rows[:effects] += 1.5
        alarms += np.min(sign_flip(rows, 1000)[1][effects:]) <= 0.05
    return alarms / studies


def coverage(studies, subjects, n_bootstrap):
    samples = np.random.default_rng(4).normal(0.4, 1.0, (studies, subjects))
    ends = np.array([bootstrap_interval([one], 0, n_bootstrap) for one in samples])
    return np.mean((ends[:, 0] <= 0.4) & (ends[:, 1] >= 0.4))


@pytest.mark.parametrize("subjects", [10, 24])
def test_sign_flip_of_2000_null_studies(subjects):
    p, _ = sign_flip(np.random.default_rng(1).standard_normal((2000, subjects)), 2000)
    assert 0.04 < np.mean(p <= 0.05) < 0.06
    assert np.mean(p <= 0.5) == pytest.approx(0.5, abs=0.04)


def test_group_shuffle_of_2000_null_studies():
    rng = np.random.default_rng(3)
    p, _ = group_shuffle(rng.standard_normal((2000, 7)), rng.standard_normal((2000, 6)))
    assert 0.04 < np.mean(p <= 0.05) < 0.06


def test_family_of_2000_null_studies():
    assert 0.04 < family_rate(2000, 10) < 0.06


def test_true_effects_in_the_family_make_no_more_false_alarms():
    # strong control: the correction holds for the rows without effect
    assert family_rate(600, 10, effects=4) < 0.07


def test_coverage_with_32_subjects():
    assert 0.93 < coverage(1500, 32, 2000) < 0.97


@pytest.mark.slow
@pytest.mark.parametrize("subjects", [10, 16, 24])
def test_sign_flip_of_20000_null_studies(subjects):
    rates = []
    for seed in range(4):
        d = np.random.default_rng(seed).standard_normal((5000, subjects))
        rates.append(np.mean(sign_flip(d, 2000, seed)[0] <= 0.05))
    assert np.mean(rates) == pytest.approx(0.05, abs=0.005)  # 3 standard errors


@pytest.mark.slow
def test_family_of_10000_null_studies():
    assert family_rate(10000, 10) == pytest.approx(0.05, abs=0.0065)


@pytest.mark.slow
def test_coverage_by_size():
    shares = {size: coverage(4000, size, 5000) for size in (8, 16, 32, 64)}
    print("coverage of 95 % intervals:", {size: f"{share:.3f}" for size, share in shares.items()})
    assert 0.93 <= shares[32] <= 0.97
    assert 0.93 <= shares[64] <= 0.97
    # too narrow with few subjects, as documented: not to be mended by moving these bounds
    assert shares[8] == pytest.approx(0.88, abs=0.02)
    assert shares[16] == pytest.approx(0.92, abs=0.02)
