"""Windows, FCD, its distribution and edge series against explicit loops, scipy and an atlas."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netmod.atlas import load_atlas
from netmod.errors import ConfigError, DataError
from netmod.graph.dynamic import (
    fcd,
    fcd_bins,
    fcd_statistics,
    fcd_values,
    ks_distance,
    sliding_windows,
    taper_weights,
    window_volumes,
)
from netmod.graph.edges import edge_series, event_amplitude


def make_series(seed=0, times=120, regions=6):
    rng = np.random.default_rng(seed)
    slow = rng.standard_normal((times, 2)).cumsum(axis=0) @ rng.standard_normal((2, regions))
    return 0.3 * slow + rng.standard_normal((times, regions)) + 100


def test_windows_equal_numpy():
    series = make_series()
    got = sliding_windows(series, 30, 7)
    starts = range(0, 91, 7)
    assert got.shape == (13, 6, 6) and len(starts) == 13
    for fc, start in zip(got, starts, strict=True):
        np.testing.assert_allclose(fc, np.corrcoef(series[start : start + 30].T), atol=1e-12)
    whole = sliding_windows(series, 120, 1)
    np.testing.assert_allclose(whole[0], np.corrcoef(series.T), atol=1e-12)


def test_tapered_windows_equal_weighted_covariances_of_numpy():
    series = make_series(1)
    own = np.array([0.0, *np.arange(1.0, 20.0)])
    for taper, weights in (("hamming", np.hamming(20)), (own, own)):
        got = sliding_windows(series, 20, 50, taper)
        for k in range(3):
            cov = np.cov(series[50 * k : 50 * k + 20].T, aweights=weights)
            sd = np.sqrt(np.diagonal(cov))
            np.testing.assert_allclose(got[k], cov / np.outer(sd, sd), atol=1e-12)
    assert taper_weights(20, own).sum() == pytest.approx(1.0)


def test_fcd_equals_numpy_on_the_vectors_of_edges():
    fc = sliding_windows(make_series(2), 30, 5)
    i, j = np.triu_indices(6, 1)
    expected = np.corrcoef(fc[:, i, j])
    matrix = fcd(fc)
    np.testing.assert_allclose(matrix, expected, atol=1e-12)
    a, b = np.triu_indices(len(fc), 1)
    np.testing.assert_allclose(fcd_values(matrix), expected[a, b], atol=1e-12)
    apart = fcd_values(matrix, 6)
    assert len(apart) == sum(1 for x, y in zip(a, b, strict=True) if y - x >= 6)
    statistics = fcd_statistics(apart)
    assert statistics == {
        "mean": pytest.approx(apart.mean()),
        "sd": pytest.approx(np.sqrt(((apart - apart.mean()) ** 2).mean())),
        "median": pytest.approx(np.sort(apart)[len(apart) // 2 - 1 :][:2].mean(), abs=0.05),
    }


def test_values_frozen_from_cubnm():
    # calculate_fcd of cubnm 0.1.0 with window_size=42 (it adds the middle one), window_step=7
    t = np.arange(300)[:, None]
    series = np.sin(0.11 * t * np.arange(1, 6)) + np.cos(0.003 * t**2 / np.arange(2, 7))
    values = np.sort(fcd_values(fcd(sliding_windows(series, 43, 7))))
    got = [values[0], values[333], values[-1], values.mean()]
    frozen = [-0.8468438817931115, 0.08091900451113965, 0.9887445609666431, 0.11120865723380699]
    assert len(values) == 666
    np.testing.assert_allclose(got, frozen, atol=1e-10)


def test_seconds_become_the_volumes_of_the_measured_fcd():
    assert window_volumes(30.0, 5.0, 0.72) == (43, 7)
    # 1200 volumes without cut windows: centres from 21 to 1178
    assert len(range(21, 1179, 7)) == (1200 - 43) // 7 + 1
    assert window_volumes(60.0, 10.0, 2.0) == (31, 5)


def test_fcd_of_stationary_samples_has_its_closed_form():
    # (V + s E) / (V + E) of independent Gaussian samples, s the share of volumes in common
    rng = np.random.default_rng(3)
    size, length, step = 30, 30, 10
    mixing = rng.standard_normal((size, 8))
    cov = mixing @ mixing.T + 4 * np.eye(size)
    sd = np.sqrt(np.diagonal(cov))
    rho = (cov / np.outer(sd, sd))[np.triu_indices(size, 1)]
    series = rng.multivariate_normal(np.zeros(size), cov, 6000)
    matrix = fcd(sliding_windows(series, length, step))
    v, e = rho.var(), ((1 - rho**2) ** 2).mean() / length
    for k, share in ((1, 2 / 3), (2, 1 / 3), (3, 0.0), (50, 0.0)):
        expected = (v + share * e) / (v + e)
        assert np.diagonal(matrix, k).mean() == pytest.approx(expected, abs=0.03), k


def test_two_states_are_two_blocks_of_fcd():
    rng = np.random.default_rng(4)
    shared = rng.standard_normal((400, 2))
    first = np.repeat([0, 1], 4)  # pairs of networks, cut differently in either half
    second = np.tile([0, 1], 4)
    own = np.where(np.arange(400)[:, None] < 200, shared[:, first], shared[:, second])
    matrix = fcd(sliding_windows(own + 0.3 * rng.standard_normal((400, 8)), 40, 40))
    same = np.r_[fcd_values(matrix[:5, :5]), fcd_values(matrix[5:, 5:])]
    assert same.min() > 0.85
    assert matrix[:5, 5:].max() < 0.2


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_order_of_regions_and_units_do_not_matter(seed):
    rng = np.random.default_rng(seed)
    series = make_series(seed, 80, 5)
    order = rng.permutation(5)
    moved = series[:, order] * rng.uniform(0.1, 10, 5) - 7
    np.testing.assert_allclose(
        fcd(sliding_windows(moved, 20, 10)), fcd(sliding_windows(series, 20, 10)), atol=1e-9
    )


def test_distances_equal_scipy():
    from scipy.stats import ks_2samp

    rng = np.random.default_rng(5)
    a, b = np.tanh(rng.normal(0.3, 0.3, 400)), np.round(np.tanh(rng.normal(0.5, 0.2, 170)), 2)
    assert ks_distance(a, b) == pytest.approx(ks_2samp(a, b).statistic, abs=1e-12)
    assert ks_distance(b, a) == ks_distance(a, b)
    assert ks_distance(a, a) == 0.0
    assert ks_distance([0.1, 0.2], [0.3]) == 1.0
    # bins lose at most the largest share of one of them
    for pair in ((fcd_bins(a), fcd_bins(b)), (a, fcd_bins(b)), (fcd_bins(a), b)):
        binned = ks_distance(*pair)
        most = max(fcd_bins(a)[:, 2].max(), fcd_bins(b)[:, 2].max())
        assert ks_distance(a, b) - most - 1e-12 <= binned <= ks_distance(a, b) + 1e-12
    assert ks_distance(a, fcd_bins(a)) == pytest.approx(0.0, abs=1e-12)
    edges = [-0.5, 0.0, 0.5, 0.5]  # a value on an edge belongs to the bin above
    assert ks_distance(edges, fcd_bins(edges, 0.5)) == 0.0


def test_bins_are_those_of_the_measured_distribution():
    measured = load_atlas("schaefer100").fcd
    counts = np.round(measured[:, 2] * 13677).astype(int)
    values = np.repeat(measured[:, :2].mean(axis=1), counts)
    np.testing.assert_allclose(fcd_bins(values), measured, atol=1e-7)
    assert ks_distance(values, measured) < 1e-6
    # all of it moved by a tenth: the share between the medians' neighbours, by the bins
    share = np.cumsum(measured[:, 2])
    expected = np.max(share[10:-1] - share[:-11])
    assert ks_distance(np.minimum(values + 0.1, 1.0), measured) == pytest.approx(expected, abs=1e-4)


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=50), st.sampled_from([0.01, 0.05, 0.5, 2]))
def test_bins_hold_every_value_once(values, width):
    bins = fcd_bins(values, width)
    assert bins[:, 2].sum() == pytest.approx(1.0)
    assert (bins[0, 0], bins[-1, 1]) == (-1.0, 1.0)
    np.testing.assert_allclose(np.diff(bins[:, :2]), width, atol=1e-9)
    held = bins[bins[:, 2] > 0]
    assert held[0, 0] - 1e-9 <= min(values) and max(values) <= held[-1, 1] + 1e-9


def test_edge_series_average_to_pearson_and_sum_to_the_amplitude():
    series = make_series(6)
    edges = edge_series(series)
    assert edges.shape == (120, 15)
    i, j = np.triu_indices(6, 1)
    np.testing.assert_allclose(edges.mean(axis=0), np.corrcoef(series.T)[i, j], atol=1e-12)
    np.testing.assert_allclose(event_amplitude(series), np.sqrt((edges**2).sum(axis=1)), atol=1e-10)
    burst = np.random.default_rng(7).standard_normal((200, 6))
    burst[77] = 8.0
    assert event_amplitude(burst).argmax() == 77


def test_bad_series():
    series = make_series()
    late = series.copy()
    late[60:, 4] = 2.0
    with pytest.raises(DataError, match=r"constant series in window 2(.|\n)*got: region fifth"):
        sliding_windows(late, 30, 30, names=["a", "b", "c", "d", "fifth", "f"])
    late[:, 4] = np.nan
    for measure in (sliding_windows, edge_series, event_amplitude):
        with pytest.raises(DataError, match="got: region 4"):
            measure(late)
        with pytest.raises(DataError, match="two time points"):
            measure(series[:1])
    with pytest.raises(DataError, match=r"shorter than one window(.|\n)*got: 29"):
        sliding_windows(series[:29])
    with pytest.raises(ConfigError, match=r"length of windows(.|\n)*got: 30.0"):
        sliding_windows(series, 30.0)
    with pytest.raises(ConfigError, match="step of windows"):
        sliding_windows(series, 30, 0)
    with pytest.raises(ConfigError, match="none or hamming"):
        sliding_windows(series, 30, 5, "hann")
    with pytest.raises(ConfigError, match=r"shape \[30\], 1 positive"):
        taper_weights(30, np.eye(30)[0])
    with pytest.raises(ConfigError, match=r"step_s of 0\.72 or more"):
        window_volumes(30, 0.1, 0.72)
    with pytest.raises(DataError, match="two regions"):
        edge_series(series[:, :1])


def test_bad_matrices_and_distributions():
    fc = sliding_windows(make_series(), 30, 30)
    with pytest.raises(DataError, match="two windows and three regions"):
        fcd(fc[:1])
    with pytest.raises(DataError, match="two windows and three regions"):
        fcd(fc[:, :2, :2])
    with pytest.raises(DataError, match=r"same on all edges(.|\n)*got: windows 1"):
        fcd(np.stack([fc[0], np.full((6, 6), 0.4)]))
    with pytest.raises(DataError, match="symmetric and finite"):
        fcd(fc + np.triu(np.full((6, 6), 0.1), 1))
    broken = fc.copy()
    broken[1, 2, 3] = broken[1, 3, 2] = np.nan
    with pytest.raises(DataError, match="2 values that are not finite"):
        fcd(broken)
    with pytest.raises(DataError, match=r"so far apart(.|\n)*1 to 3"):
        fcd_values(fcd(fc), 4)
    with pytest.raises(DataError, match="square"):
        fcd_values(np.ones((2, 3)))
    for values in ([], [0.1, np.nan]):
        with pytest.raises(DataError, match="finite values"):
            fcd_bins(values)
        with pytest.raises(DataError, match="finite values"):
            ks_distance(values, [0.1])
    with pytest.raises(DataError, match=r"within \[-1, 1\](.|\n)*got: 1.5"):
        fcd_bins([1.5])
    with pytest.raises(ConfigError, match="whole"):
        fcd_bins([0.5], 0.3)
    bins = fcd_bins([0.1, 0.3], 0.5)
    with pytest.raises(DataError, match=r"must be the same(.|\n)*got: 200 bins"):
        ks_distance(bins, fcd_bins([0.1]))
    with pytest.raises(DataError, match="add up to 1"):
        ks_distance(bins * [1, 1, 2], [0.1])
    with pytest.raises(DataError, match="joined"):
        ks_distance(bins[[0, 2, 1, 3]], [0.1])
    with pytest.raises(DataError, match="three columns"):
        ks_distance(bins[:, :2], [0.1])
