"""Thresholds by hand, and curves over densities."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netmod.errors import DataError
from netmod.graph.measures.paths import global_efficiency
from netmod.graph.measures.strength import density
from netmod.graph.thresholds import (
    Curve,
    absolute,
    binarise,
    negative,
    over_levels,
    positive,
    proportional,
    spanning_tree,
    tree_proportional,
)

W = np.array(
    [
        [1.0, 0.8, 0.1, -0.9],
        [0.8, 1.0, 0.3, 0.05],
        [0.1, 0.3, 1.0, 0.2],
        [-0.9, 0.05, 0.2, 1.0],
    ]
)


def edges(w):
    return {(int(i), int(j)) for i, j in zip(*np.nonzero(np.triu(w, 1)), strict=True)}


def correlation_like(seed, size=10):
    return np.corrcoef(np.random.default_rng(seed).standard_normal((size, 2 * size)))


def test_by_hand():
    assert edges(absolute(W, 0.2)) == {(0, 1), (1, 2)}
    assert edges(absolute(W, 0.2, magnitude=True)) == {(0, 1), (1, 2), (0, 3)}
    assert absolute(W, 0.2, magnitude=True)[0, 3] == -0.9
    assert edges(proportional(W, 0.5)) == {(0, 1), (1, 2), (2, 3)}
    assert edges(proportional(W, 1.0)) == edges(positive(W))  # no negative one fills it up
    assert edges(spanning_tree(W)) == {(0, 1), (1, 2), (2, 3)}
    assert edges(negative(W)) == {(0, 3)}
    np.testing.assert_array_equal(positive(W) - negative(W), W - np.eye(4))
    np.testing.assert_array_equal(binarise(W), np.ones((4, 4)) - np.eye(4))
    assert W[0, 0] == 1.0


def test_the_tree_keeps_a_graph_together_where_the_density_alone_does_not():
    w = np.kron(np.eye(2), np.full((4, 4), 0.9)) + 0.05
    assert not nx.is_connected(nx.from_numpy_array(proportional(w, 0.4)))
    joined = tree_proportional(w, 0.4)
    assert nx.is_connected(nx.from_numpy_array(joined))
    assert density(joined) == pytest.approx(11 / 28)
    assert len(edges(tree_proportional(w, 0.01))) == 7  # the tree is the least


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 12), st.floats(0.05, 1.0))
def test_properties(seed, size, level):
    w = np.abs(correlation_like(seed, size))
    count = round(level * size * (size - 1) / 2)
    kept = proportional(w, level)
    assert len(edges(kept)) == count
    rest = (kept == 0) & ~np.eye(size, dtype=bool)
    if count and rest.any():
        assert kept[kept > 0].min() >= w[rest].max()
    tree = spanning_tree(w)
    expected = nx.maximum_spanning_tree(nx.from_numpy_array(w - np.diag(np.diag(w))))
    assert edges(tree) == {tuple(sorted(pair)) for pair in expected.edges}
    both = tree_proportional(w, level)
    assert edges(tree) <= edges(both)
    assert len(edges(both)) == max(count, size - 1)
    np.testing.assert_array_equal(both, both.T)


def test_ties_and_disconnected_graphs():
    w = np.kron(np.eye(2), np.ones((3, 3)))
    assert len(edges(spanning_tree(w))) == 4  # a forest
    assert edges(proportional(np.ones((4, 4)), 0.5)) == {(0, 1), (0, 2), (0, 3)}
    assert not proportional(-np.ones((3, 3)), 0.5).any()
    assert not spanning_tree(-np.ones((3, 3))).any()


def test_area_under_a_curve():
    levels = np.array([0.1, 0.2, 0.4])
    curve = over_levels(density, correlation_like(1, 21), levels)
    np.testing.assert_allclose(curve.values, levels)
    assert curve.area == pytest.approx((0.4**2 - 0.1**2) / 2)
    assert curve.mean == pytest.approx(0.25)
    w = np.abs(correlation_like(2))
    for family, cut in (("tree", tree_proportional), ("absolute", absolute)):
        curve = over_levels(global_efficiency, w, [0.2, 0.3], family)
        values = [global_efficiency(cut(w, level)) for level in (0.2, 0.3)]
        assert curve.mean == pytest.approx(np.mean(values))
    per_region = over_levels(lambda x: x.sum(axis=1), w, [0.2, 0.5, 1.0])
    assert per_region.values.shape == (3, 10)
    assert per_region.area.shape == (10,)
    assert Curve(np.array([0.0, 1.0]), np.array([1.0, np.inf])).area == np.inf


def test_bad_input():
    with pytest.raises(DataError, match="above 0, at most 1"):
        proportional(W, 0.0)
    with pytest.raises(DataError, match="above 0, at most 1"):
        tree_proportional(W, 1.5)
    with pytest.raises(DataError, match="asymmetric"):
        proportional(np.triu(W), 0.5)
    with pytest.raises(DataError, match="not finite"):
        absolute([[0, np.nan], [0, 0]], 0.1)
    with pytest.raises(DataError, match="rising levels"):
        over_levels(density, W, [0.5, 0.2])
    with pytest.raises(DataError, match="rising levels"):
        over_levels(density, W, [0.5])
    with pytest.raises(DataError, match="did you mean 'proportional'"):
        over_levels(density, W, [0.1, 0.2], "proportion")
