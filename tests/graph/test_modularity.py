"""Modularity against networkx, exhaustive search and invariances."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netmod.errors import ConfigError, DataError
from netmod.graph.modularity import louvain, modularity_of


def fc_like(seed, regions=68, times=150, networks=7):
    """A dense correlation matrix with overlapping networks and a common signal."""
    rng = np.random.default_rng(seed)
    own = rng.integers(0, networks, regions)
    signals = rng.standard_normal((times, networks))
    series = (
        rng.standard_normal((times, regions))
        + rng.uniform(0.3, 1.0) * signals[:, own]
        + rng.standard_normal((times, 6)) @ (0.3 * rng.standard_normal((6, regions)))
        + rng.uniform(0.0, 0.9) * rng.standard_normal((times, 1))
    )
    return np.corrcoef(series.T)


def networkx_q(fc, labels, resolution=1.0):
    weights = np.maximum(fc, 0)
    np.fill_diagonal(weights, 0)
    parts = [set(np.flatnonzero(labels == one).tolist()) for one in np.unique(labels)]
    graph = nx.from_numpy_array(weights)
    return nx.community.modularity(graph, parts, weight="weight", resolution=resolution)


@pytest.mark.parametrize("resolution", [0.6, 1.0, 1.7])
def test_q_of_a_partition_equals_networkx(resolution):
    fc = fc_like(0)
    labels = np.random.default_rng(1).integers(0, 5, 68)
    assert modularity_of(fc, labels, resolution) == pytest.approx(
        networkx_q(fc, labels, resolution), abs=1e-12
    )


def test_q_of_two_cliques_is_one_half():
    fc = np.kron(np.eye(2), np.ones((4, 4)))
    assert modularity_of(fc, [0] * 4 + [1] * 4) == pytest.approx(0.5)
    q, labels = louvain(fc, runs=2, seed=0)
    assert q == pytest.approx(0.5)
    assert labels.tolist() == [0] * 4 + [1] * 4
    assert modularity_of(fc, ["Default"] * 8) == pytest.approx(0.0)


def test_the_karate_club_reaches_its_known_maximum():
    # Q = 0.41979 is the proven optimum of the unweighted graph (Brandes et al. 2008)
    graph = nx.to_numpy_array(nx.karate_club_graph(), weight=None)
    assert louvain(graph, runs=20, seed=0)[0] == pytest.approx(0.41979, abs=1e-5)


def partitions(size):
    """Every partition of ``size`` nodes as restricted growth strings."""
    stack = [(0,)]
    while stack:
        one = stack.pop()
        if len(one) == size:
            yield one
        else:
            stack += [(*one, label) for label in range(max(one) + 2)]


@pytest.mark.parametrize("seed", range(4))
def test_small_graphs_reach_the_exhaustive_maximum(seed):
    fc = fc_like(seed, regions=7, networks=3)
    best = max(modularity_of(fc, one) for one in partitions(7))
    assert louvain(fc, runs=10, seed=0)[0] == pytest.approx(best, abs=1e-12)


def test_at_least_as_good_as_networkx():
    # the lanes take 20 starts in a fraction of the time of networkx's 10
    matrices = [fc_like(seed) for seed in range(25)]
    own = louvain(np.stack(matrices), runs=20, seed=3)[0]
    reference = np.array([louvain(fc, 10, 3, method="networkx")[0] for fc in matrices])
    assert (own >= reference - 1e-9).mean() >= 0.95
    assert own.mean() >= reference.mean()


@pytest.mark.slow
def test_at_least_as_good_as_networkx_on_a_hundred_matrices():
    matrices = [fc_like(seed, networks=4 + seed % 6) for seed in range(100)]
    own = np.array([louvain(fc, runs=20, seed=3)[0] for fc in matrices])
    reference = np.array([louvain(fc, 10, 3, method="networkx")[0] for fc in matrices])
    assert (own >= reference - 1e-9).mean() >= 0.95
    assert own.mean() >= reference.mean()


@pytest.mark.parametrize("method", ["lanes", "networkx"])
def test_the_value_returned_is_that_of_the_partition_returned(method):
    fc = fc_like(2)
    q, labels = louvain(fc, runs=3, seed=1, method=method)
    assert q == pytest.approx(networkx_q(fc, labels), abs=1e-12)
    assert labels[0] == 0
    assert set(labels.tolist()) == set(range(labels.max() + 1))


def test_no_move_of_a_single_region_improves_the_result():
    fc = fc_like(3)
    q, labels = louvain(fc, runs=2, seed=1)
    for region in range(68):
        for label in range(labels.max() + 2):
            other = labels.copy()
            other[region] = label
            assert modularity_of(fc, other) <= q + 1e-9


def test_same_seed_same_answer_and_a_stack_is_its_members():
    stack = np.stack([fc_like(seed, regions=30) for seed in range(4)])
    q, labels = louvain(stack, runs=5, seed=9)
    for index, fc in enumerate(stack):
        alone_q, alone = louvain(fc, runs=5, seed=9)
        assert alone_q == q[index]
        np.testing.assert_array_equal(alone, labels[index])
    assert isinstance(alone_q, float)
    assert (louvain(stack, runs=20, seed=9)[0] >= louvain(stack, runs=1, seed=9)[0] - 1e-12).all()


def test_higher_resolution_gives_more_communities():
    fc = fc_like(5)
    counts = [louvain(fc, 10, 0, resolution=g)[1].max() for g in (0.5, 1.0, 1.5)]
    assert counts[0] < counts[1] < counts[2]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 15))
def test_bounds_and_invariance_to_order_and_names(seed, regions):
    rng = np.random.default_rng(seed)
    fc = np.corrcoef(rng.standard_normal((regions + 3, regions)).T)
    if not (fc[np.triu_indices(regions, 1)] > 0).any():
        return
    labels = rng.integers(0, 4, regions)
    q = modularity_of(fc, labels)
    assert -0.5 - 1e-12 <= q < 1.0
    order = rng.permutation(regions)
    assert modularity_of(fc[np.ix_(order, order)], labels[order]) == pytest.approx(q, abs=1e-12)
    assert modularity_of(fc, np.array(list("wxyz"))[labels]) == pytest.approx(q, abs=1e-12)
    assert modularity_of(3.0 * fc, labels) == pytest.approx(q, abs=1e-12)
    assert louvain(fc, 5, 0)[0] >= max(q, 0.0) - 1e-9


def test_without_positive_weights_there_is_no_modularity():
    q, labels = louvain(-np.ones((2, 4, 4)), runs=2, seed=0)
    assert np.isnan(q).all()
    assert labels.shape == (2, 4)
    assert np.isnan(modularity_of(np.eye(3), [0, 1, 2]))
    mixed = np.stack([np.eye(8), np.kron(np.eye(2), np.ones((4, 4)))])
    np.testing.assert_allclose(louvain(mixed, 2, 0)[0], [np.nan, 0.5])


def test_bad_input():
    with pytest.raises(DataError, match=r"square(.|\n)*got: shape \[2, 3\]"):
        louvain(np.ones((2, 3)), 1, 0)
    with pytest.raises(DataError, match="2 of 4 are NaN"):
        louvain([[1, np.nan], [np.nan, 1]], 1, 0)
    with pytest.raises(DataError, match="symmetric"):
        louvain([[1, 0.5], [0.2, 1]], 1, 0)
    with pytest.raises(DataError, match="one label per region"):
        modularity_of(np.eye(3), [0, 1])
    with pytest.raises(ConfigError, match="at least one run"):
        louvain(np.eye(3), 0, 0)
    with pytest.raises(ConfigError, match="expected: lanes or networkx"):
        louvain(np.eye(3), 1, 0, method="leiden")
