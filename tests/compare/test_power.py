"""Power against statsmodels, published numbers of subjects, and simulated studies."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from netmod.compare import d_z_interval, paired_power, simulated_power, subjects_needed
from netmod.errors import ConfigError, DataError


@pytest.mark.parametrize(
    ("d_z", "n", "two_sided", "expected"),
    [  # statsmodels 0.15.0, TTestPower().power
        (0.5, 34, True, 0.8077775012792737),
        (0.2, 20, True, 0.13595628876736887),
        (-0.8, 12, True, 0.7136600656001074),
        (0.3, 50, False, 0.6725739831252316),
        (-0.3, 50, False, 9.295587540403272e-05),
        (1.5, 10, True, 0.9872769125845403),
    ],
)
def test_frozen_numbers_of_statsmodels(d_z, n, two_sided, expected):
    assert paired_power(d_z, n, two_sided=two_sided) == pytest.approx(expected, rel=1e-9)


def test_equals_statsmodels():
    reason = "the frozen numbers above stand for it"
    power = pytest.importorskip("statsmodels.stats.power", reason=reason).TTestPower()
    for d_z, n, alpha in ((0.35, 17, 0.05), (0.9, 6, 0.01), (0.1, 400, 0.001)):
        assert paired_power(d_z, n, alpha=alpha) == pytest.approx(
            power.power(d_z, n, alpha), rel=1e-9
        )


@pytest.mark.parametrize(("d_z", "n"), [(0.2, 199), (0.5, 34), (0.8, 15), (1.2, 8), (-0.5, 34)])
def test_subjects_for_80_per_cent(d_z, n):
    # as G*Power's tables have them for two-sided paired t tests at 0.05
    assert subjects_needed(d_z) == n
    assert paired_power(d_z, n) >= 0.8 > paired_power(d_z, n - 1)


def test_subjects_for_a_one_sided_test_and_for_a_large_effect():
    # statsmodels 0.15.0, solve_power(0.5, alpha=0.05, power=0.9, alternative="larger") = 35.65
    assert subjects_needed(0.5, 0.9, two_sided=False) == 36
    assert subjects_needed(100.0) == 2


@settings(max_examples=40, deadline=None)
@given(st.floats(-3, 3), st.integers(2, 200))
def test_power_grows_with_effect_and_subjects(d_z, n):
    power = paired_power(d_z, n)
    assert 0.05 - 1e-9 <= power <= 1 + 1e-12
    assert power == pytest.approx(paired_power(-d_z, n), rel=1e-9)
    assert paired_power(d_z * 1.1, n) >= power - 1e-9
    assert paired_power(d_z, n + 1) >= power - 1e-9
    assert paired_power(0.0, n) == pytest.approx(0.05)


def test_power_is_a_number_for_every_effect():
    for n in (2, 3, 5, 10, 22, 60, 200, 1000):
        power = [paired_power(d_z, n) for d_z in np.linspace(0.0, 30.0, 121) / np.sqrt(n)]
        assert np.isfinite(power).all(), n
        assert (np.diff(power) >= -1e-9).all(), n


def test_power_is_the_share_of_studies_that_find_it():
    d = np.random.default_rng(0).normal(0.6, 1.0, (20000, 14))
    share = np.mean(stats.ttest_1samp(d, 0, axis=1).pvalue <= 0.05)
    assert paired_power(0.6, 14) == pytest.approx(share, abs=0.014)  # 4 standard errors


@pytest.mark.parametrize("test", ["t", "sign_flip"])
def test_simulation_agrees_with_the_formula_on_a_normal_pilot(test):
    pilot = stats.norm.ppf((np.arange(200) + 0.5) / 200)
    pilot = 0.6 + pilot / pilot.std(ddof=1)
    got = simulated_power(pilot, 14, test=test, n_studies=2000, seed=1)
    assert got.power == pytest.approx(paired_power(0.6, 14), abs=0.045)
    assert got.ci_low < got.power < got.ci_high
    again = simulated_power(np.append(pilot, np.nan), 14, test=test, n_studies=2000, seed=1)
    assert again == got


def test_studies_vary_as_the_pilot_does():
    # of three subjects: without the correction the variance would be a third too small
    pilot = np.array([-0.5, 0.3, 1.1])
    d_z = pilot.mean() / pilot.std(ddof=1)
    got = simulated_power(pilot, 60, test="t", n_studies=4000)
    assert got.power == pytest.approx(paired_power(d_z, 60), abs=0.025)


def test_without_effect_simulation_gives_the_level_of_the_test():
    pilot = stats.norm.ppf((np.arange(200) + 0.5) / 200)
    got = simulated_power(pilot, 12, n_studies=2000, seed=3)
    assert got.ci_low <= 0.05 <= got.ci_high


def test_bad_input():
    with pytest.raises(DataError, match=r"three subjects or more(.|\n)*got: 2 finite"):
        simulated_power([1.0, 2.0, np.nan], 10)
    with pytest.raises(DataError, match="all equal"):
        simulated_power([1.0, 1.0, 1.0], 10)
    with pytest.raises(ConfigError, match="too few subjects"):
        simulated_power([1.0, 2.0, 4.0], 1)
    with pytest.raises(ConfigError, match="no test 'z'"):
        simulated_power([1.0, 2.0, 4.0], 8, test="z")
    for effect, two_sided in ((0.0, True), (-0.5, False), (1e-5, True)):
        with pytest.raises(ConfigError, match="needs more than 1000000 subjects"):
            subjects_needed(effect, two_sided=two_sided)
    with pytest.raises(ConfigError, match="power must lie between"):
        subjects_needed(0.5, 1.0)
    with pytest.raises(ConfigError, match="2 or more"):
        paired_power(0.5, 1)
    with pytest.raises(ConfigError, match="must be a number"):
        paired_power(np.nan, 10)
    with pytest.raises(ConfigError, match="level of a test"):
        paired_power(0.5, 10, alpha=0.0)


@settings(max_examples=40, deadline=None)
@given(st.floats(-3.0, 3.0), st.integers(3, 80), st.sampled_from([0.8, 0.95]))
def test_the_ends_of_an_interval_make_the_observation_rare(d_z, n, level):
    low, high = d_z_interval(d_z, n, level=level)
    root, tail = np.sqrt(n), (1 - level) / 2
    assert low < d_z < high
    # the definition, by an integral over the SD instead of the noncentral t
    sd = np.sqrt(stats.chi2(n - 1).ppf((np.arange(4000) + 0.5) / 4000) / (n - 1))
    above = stats.norm.sf(d_z * root * sd - low * root).mean()
    below = stats.norm.cdf(d_z * root * sd - high * root).mean()
    assert (above, below) == pytest.approx((tail, tail), rel=2e-3)
    mirrored = d_z_interval(-d_z, n, level=level)
    assert mirrored == pytest.approx((-high, -low), abs=1e-8)


def test_the_interval_excludes_0_exactly_when_p_is_small():
    for seed in range(40):
        d = np.random.default_rng(seed).normal(0.5, 1.0, 12)
        low, high = d_z_interval(d.mean() / d.std(ddof=1), 12)
        assert (low > 0 or high < 0) == (stats.ttest_1samp(d, 0.0).pvalue < 0.05)


def test_an_interval_of_very_large_effects_is_finite():
    low, high = d_z_interval(1e4, 16)
    # the noncentrality no longer matters: only the SD is uncertain
    sd = np.sqrt(stats.chi2(15).ppf([0.025, 0.975]) / 15)
    assert (low, high) == pytest.approx(tuple(1e4 * sd), rel=1e-3)


@pytest.mark.parametrize(("d_z", "n"), [(np.nan, 8), (0.5, 1)])
def test_an_interval_needs_numbers_and_pairs(d_z, n):
    with pytest.raises(ConfigError):
        d_z_interval(d_z, n)
