"""Flexibility, promiscuity, allegiance, recruitment and integration by hand and in limits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netmod.errors import DataError
from netmod.graph.communities_in_time import (
    allegiance,
    flexibility,
    integration,
    network_allegiance,
    promiscuity,
    recruitment,
)

LABELS = np.array([[0, 0, 1, 2], [0, 1, 1, 2], [0, 0, 1, 1]])  # three layers, four regions


def test_by_hand():
    np.testing.assert_allclose(flexibility(LABELS), [0, 1, 0, 1 / 2])
    np.testing.assert_allclose(promiscuity(LABELS), [1 / 3, 2 / 3, 1 / 3, 2 / 3])
    expected = np.array([[3, 2, 0, 0], [2, 3, 1, 0], [0, 1, 3, 1], [0, 0, 1, 3]]) / 3
    np.testing.assert_allclose(allegiance(LABELS), expected)


def test_networks_by_hand():
    shares = allegiance(LABELS)
    networks = ["Vis", "Vis", "Default", "Default"]
    np.testing.assert_allclose(recruitment(shares, networks), [2 / 3, 2 / 3, 1 / 3, 1 / 3])
    np.testing.assert_allclose(integration(shares, networks), [0, 1 / 6, 1 / 6, 0])
    names, mean = network_allegiance(shares, networks)
    assert names.tolist() == ["Default", "Vis"]
    np.testing.assert_allclose(mean, [[1 / 3, 1 / 12], [1 / 12, 2 / 3]])
    _, relative = network_allegiance(shares, networks, relative=True)
    np.testing.assert_allclose(np.diagonal(relative), 1.0)
    assert relative[0, 1] == pytest.approx((1 / 12) / np.sqrt(2 / 9))


def test_runs_are_kept_apart_or_averaged():
    runs = np.stack([LABELS, np.zeros((3, 4), dtype=int)])
    assert flexibility(runs).shape == promiscuity(runs).shape == (2, 4)
    np.testing.assert_array_equal(flexibility(runs)[0], flexibility(LABELS))
    np.testing.assert_array_equal(promiscuity(runs)[1], np.ones(4))
    np.testing.assert_allclose(allegiance(runs), (allegiance(LABELS) + 1) / 2)


@given(st.integers(0, 2**32 - 1), st.integers(2, 8), st.integers(1, 6))
def test_bounds_and_order_of_names(seed, times, regions):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 4, (times, regions))
    names = rng.permutation(4)
    for measure in (flexibility, promiscuity, allegiance):
        got = measure(labels)
        assert ((got >= 0) & (got <= 1)).all()
        np.testing.assert_array_equal(measure(names[labels]), got)
        order = rng.permutation(regions)
        expected = got[np.ix_(order, order)] if got.ndim == 2 else got[order]
        np.testing.assert_array_equal(measure(labels[:, order]), expected)
    # the direction of time does not matter to any of them
    np.testing.assert_array_equal(flexibility(labels[::-1]), flexibility(labels))


def test_limits():
    still = np.tile(np.arange(6) % 3, (5, 1))
    assert (flexibility(still) == 0).all()
    np.testing.assert_allclose(promiscuity(still), 1 / 3)
    shares = allegiance(still)
    np.testing.assert_array_equal(recruitment(shares, np.arange(6) % 3), np.ones(6))
    np.testing.assert_array_equal(integration(shares, np.arange(6) % 3), np.zeros(6))
    restless = np.arange(5)[:, None] * np.ones(6, dtype=int)
    assert (flexibility(restless) == 1).all()
    assert (promiscuity(restless) == 1).all()


def test_what_cannot_be_said_is_not_a_number():
    shares = allegiance(LABELS)
    assert np.isnan(recruitment(shares, [0, 0, 0, 1])[3])
    assert np.isnan(integration(shares, [0] * 4)).all()
    _, mean = network_allegiance(shares, [0, 0, 0, 1])
    assert np.isnan(mean[1, 1])
    assert np.isfinite(mean[0, 1])
    assert np.isnan(network_allegiance(np.eye(4), [0, 0, 1, 1], relative=True)[1]).all()


def test_bad_input():
    with pytest.raises(DataError, match=r"T ≥ 2(.|\n)*\[1, 3\]"):
        flexibility([[0, 1, 2]])
    with pytest.raises(DataError, match="T ≥ 1"):
        promiscuity([0, 1, 2])
    with pytest.raises(DataError, match="T ≥ 1"):
        allegiance(np.zeros((0, 3)))
    for measure in (flexibility, promiscuity, allegiance):
        with pytest.raises(DataError, match="none for region 2"):
            measure([[0, 1, np.nan], [0, 1, 1]])
    with pytest.raises(DataError, match=r"do not fit(.|\n)*networks \[3\]"):
        recruitment(np.eye(4), [0, 1, 1])


def test_what_is_no_allegiance_is_refused():
    shares = allegiance(LABELS)
    for measure in (recruitment, integration, network_allegiance):
        for place, value, said in (
            ((0, 1), 2.0, "got: 0 to 2|got: 0.*to 2"),
            ((0, 1), np.nan, "none of them NaN"),
            ((0, 1), shares[0, 1] / 2 + 0.1, "an asymmetric matrix"),
            ((2, 2), -0.5, r"got: -0.5 to 1"),
        ):
            other = shares.copy()
            other[place] = value
            with pytest.raises(DataError, match=rf"symmetric matrix of shares(.|\n)*({said})"):
                measure(other, [0, 0, 1, 1])
