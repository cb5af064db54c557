"""Every estimator against its definition in NumPy, known graphical models and limits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netmod.errors import ConfigError, DataError
from netmod.graph.connectivity import correlation, covariance, regress_global_signal
from netmod.graph.estimators import ESTIMATORS, estimate, tangent

OPTIONS = {"dt_s": 2.0, "max_lag_s": 6.0}


def needed(kind):
    return {name: OPTIONS[name] for name in ESTIMATORS[kind].needs}


def make_series(seed=0, times=120, regions=6):
    rng = np.random.default_rng(seed)
    mixing = np.eye(regions) + 0.4 * rng.standard_normal((regions, regions))
    return rng.standard_normal((times, regions)) @ mixing * rng.uniform(0.1, 20, regions) + 3


def ledoit_wolf(series):
    """Ledoit & Wolf 2004, equations of their section 3.3."""
    x = series - series.mean(axis=0)
    n, p = x.shape
    s = x.T @ x / n
    mean = np.trace(s) / p
    spread = ((s - mean * np.eye(p)) ** 2).sum() / p
    error = sum(((np.outer(row, row) - s) ** 2).sum() for row in x) / n**2 / p
    share = min(error, spread) / spread
    return (1 - share) * s + share * mean * np.eye(p)


def partial_of(cov):
    inverse = np.linalg.inv(cov)
    sd = np.sqrt(np.diagonal(inverse))
    r = -inverse / np.outer(sd, sd)
    np.fill_diagonal(r, 1.0)
    return r


def test_moments_equal_numpy():
    series = make_series()
    r = np.corrcoef(series.T)
    np.testing.assert_allclose(estimate(series), r, atol=1e-14)
    np.testing.assert_array_equal(estimate(series), correlation(covariance(series)))
    np.testing.assert_allclose(estimate(series, "covariance"), np.cov(series.T), rtol=1e-12)
    z = estimate(series, "fisher_z")
    off = ~np.eye(6, dtype=bool)
    np.testing.assert_allclose(z[off], np.arctanh(r[off]), atol=1e-12)
    np.testing.assert_allclose(np.diagonal(z), np.arctanh(1 - 1e-7))


def test_spearman_equals_scipy_with_ties():
    from scipy.stats import spearmanr

    series = np.round(make_series(1) / 5)
    np.testing.assert_allclose(
        estimate(series, "spearman"), spearmanr(series).statistic, atol=1e-12
    )


def test_partial_is_the_correlation_of_what_the_others_do_not_explain():
    series = make_series(2)
    got = estimate(series, "partial", cov_estimator="empirical")
    rest = np.column_stack([np.ones(len(series)), series[:, 2:]])
    left = series[:, :2] - rest @ np.linalg.lstsq(rest, series[:, :2], rcond=None)[0]
    assert got[0, 1] == pytest.approx(np.corrcoef(left.T)[0, 1], abs=1e-10)
    np.testing.assert_allclose(got, partial_of(np.cov(series.T)), atol=1e-10)


def test_shrunk_estimators_equal_the_formulas_of_ledoit_and_wolf():
    series = make_series(3, times=20)
    z = (series - series.mean(0)) / series.std(0)
    np.testing.assert_allclose(estimate(series, "partial"), partial_of(ledoit_wolf(z)), atol=1e-10)
    np.testing.assert_allclose(
        estimate(series, "precision"), np.linalg.inv(ledoit_wolf(series)), rtol=1e-9, atol=1e-12
    )
    np.testing.assert_allclose(
        estimate(series, "precision", cov_estimator="empirical"),
        np.linalg.inv(np.cov(series.T, bias=True)),
        rtol=1e-9,
        atol=1e-12,
    )


def test_partial_recovers_a_chain_that_correlation_blurs():
    truth = np.eye(6) + 0.45 * (np.eye(6, k=1) + np.eye(6, k=-1))
    precision = 2 * np.eye(6) - truth
    cov = np.linalg.inv(precision)
    series = np.random.default_rng(4).multivariate_normal(np.zeros(6), cov, 20_000)
    error = 4 / np.sqrt(20_000)
    got = estimate(series, "partial")
    np.testing.assert_allclose(got, truth, atol=error)
    np.testing.assert_allclose(estimate(series, "precision"), precision, atol=1.5 * error)
    np.testing.assert_allclose(estimate(series), correlation(cov), atol=error)
    assert correlation(cov)[0, 2] > 10 * error  # two steps apart: correlated, not connected


def test_spearman_of_a_gaussian_pair_is_the_arcsine_of_pearson():
    # rho_s = 6 / pi asin(r / 2), Pearson 1907
    cov = [[1.0, 0.6], [0.6, 1.0]]
    series = np.random.default_rng(5).multivariate_normal([0, 0], cov, 40_000)
    expected = 6 / np.pi * np.arcsin(0.3)
    assert estimate(series, "spearman")[0, 1] == pytest.approx(expected, abs=0.015)
    warped = np.column_stack([np.exp(series[:, 0]), series[:, 1] ** 3])
    np.testing.assert_array_equal(estimate(warped, "spearman"), estimate(series, "spearman"))


@pytest.mark.parametrize("kind", ["pearson", "covariance"])
def test_regression_of_the_global_signal_is_the_one_of_the_covariance(kind):
    series = make_series(6)
    left = regress_global_signal(covariance(series))
    expected = correlation(left) if kind == "pearson" else left
    scale = np.abs(expected).max()
    got = estimate(series, kind, global_signal_regression=True)
    np.testing.assert_allclose(got / scale, expected / scale, atol=1e-11)


@pytest.mark.parametrize("kind", sorted(set(ESTIMATORS) - {"covariance", "precision"}))
def test_units_do_not_matter_and_results_are_symmetric_where_they_should_be(kind):
    series = make_series(7)
    got = estimate(series, kind, **needed(kind))
    moved = series * np.array([1e-3, 2, 5, 1, 40, 1e3]) + np.arange(6)
    np.testing.assert_allclose(estimate(moved, kind, **needed(kind)), got, atol=1e-7)
    sign = -1 if kind == "lead" else 1
    np.testing.assert_array_equal(got, sign * got.T)
    order = np.random.default_rng(0).permutation(6)
    np.testing.assert_allclose(
        estimate(series[:, order], kind, **needed(kind)), got[np.ix_(order, order)], atol=1e-10
    )


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 7))
def test_correlations_stay_in_their_range(seed, regions):
    series = make_series(seed, 40, regions)
    for kind in ("pearson", "spearman", "lagged", "phase_locking", "phase_coherence"):
        got = estimate(series, kind, **needed(kind))
        low = 0.0 if kind == "phase_locking" else -1.0
        assert got.min() >= low and got.max() <= 1.0, kind
        assert (np.diagonal(got) == 1.0).all(), kind


def test_tangent_of_two_subjects_has_a_closed_form():
    a, b = make_series(8), make_series(9, times=90)
    cov_a, cov_b = (np.cov(x.T, bias=True) for x in (a, b))

    def root(matrix, power):
        values, vectors = np.linalg.eigh(matrix)
        return (vectors * values**power) @ vectors.T

    half, back = root(cov_a, 0.5), root(cov_a, -0.5)
    mean = half @ root(back @ cov_b @ back, 0.5) @ half
    got = tangent([a, b], "empirical")
    np.testing.assert_allclose(got.reference, mean, rtol=1e-4, atol=1e-4 * mean.max())
    white = root(mean, -0.5) @ cov_a @ root(mean, -0.5)
    values, vectors = np.linalg.eigh(white)
    expected = (vectors * np.log(values)) @ vectors.T
    np.testing.assert_allclose(got.deviations[0], expected, atol=1e-4)
    np.testing.assert_allclose(got.deviations[1], -got.deviations[0], atol=1e-4)


def test_tangent_of_equal_subjects_is_nought():
    series = make_series(10)
    deviations, reference = tangent([series, series, series])
    np.testing.assert_allclose(deviations, 0, atol=1e-9)
    np.testing.assert_allclose(reference, ledoit_wolf(series), rtol=1e-9, atol=1e-9)


def test_bad_series_are_named_whatever_the_estimator():
    for kind in ESTIMATORS:
        broken = make_series(11)
        broken[5, 3] = np.nan
        with pytest.raises(DataError, match="got: region c3"):
            estimate(broken, kind, names=[f"c{i}" for i in range(6)], **needed(kind))
        broken[:, 3] = 7.0
        with pytest.raises(DataError, match=r"constant series(.|\n)*got: region 3"):
            estimate(broken, kind, **needed(kind))
        with pytest.raises(DataError, match=r"two time points(.|\n)*got: shape \[1, 6\]"):
            estimate(broken[:1], kind, **needed(kind))
    same = np.outer(np.random.default_rng(0).standard_normal(30), [1.0, 2.0])
    with pytest.raises(DataError, match="regions 0, 1"):
        estimate(same, global_signal_regression=True)


def test_covariances_without_inverse():
    wide = make_series(12, times=6)
    with pytest.raises(DataError, match=r"without an inverse(.|\n)*ledoit_wolf"):
        estimate(wide, "partial", cov_estimator="empirical")
    with pytest.raises(DataError, match="without an inverse"):
        estimate(
            make_series(), "precision", global_signal_regression=True, cov_estimator="empirical"
        )
    assert np.isfinite(estimate(wide, "partial")).all()
    with pytest.raises(DataError, match="without an inverse"):
        tangent([wide, wide], "empirical")


def test_bad_requests():
    series = make_series()
    with pytest.raises(ConfigError, match=r"'pearsn'(.|\n)*did you mean 'pearson'"):
        estimate(series, "pearsn")
    with pytest.raises(ConfigError, match="several subjects"):
        estimate(series, "tangent")
    with pytest.raises(ConfigError, match=r"expected: dt_s, max_lag_s\n  got: dt_s$"):
        estimate(series, "lagged", dt_s=2.0)
    with pytest.raises(ConfigError, match=r"expected: none(.|\n)*got: dt_s"):
        estimate(series, dt_s=2.0)
    with pytest.raises(ConfigError, match=r"'ledoit'(.|\n)*did you mean 'ledoit_wolf'"):
        estimate(series, "partial", cov_estimator="ledoit")
    with pytest.raises(DataError, match=r"two or more(.|\n)*got: 1"):
        tangent([series])
    with pytest.raises(DataError, match="got: 6, 5"):
        tangent([series, series[:, :5]])


def test_every_estimator_declares_itself():
    for name, one in ESTIMATORS.items():
        assert name == one.name
        assert one.doc and one.range
        assert "doi:" in one.source
