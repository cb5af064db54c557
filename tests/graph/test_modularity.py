"""Modularity against networkx, exhaustive search and invariances."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netmod.atlas.load import load_atlas
from netmod.errors import ConfigError, DataError
from netmod.graph.modularity import louvain, louvain_partitions, modularity_of


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
    q, labels = louvain(fc, runs=1, seed=0)
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
    matrices = [fc_like(seed) for seed in range(20)]
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


def scanned(fc, seed, times):
    """The FC of a scan of ``times`` volumes of regions whose correlations are ``fc``."""
    values, vectors = np.linalg.eigh(fc)
    root = vectors * np.sqrt(np.maximum(values, 0))
    return np.corrcoef(root @ np.random.default_rng(seed).standard_normal((len(fc), times)))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "count"), [("dk84", 60), ("schaefer100", 40)])
def test_at_least_as_good_as_networkx_on_scans_of_the_shipped_atlases(name, count):
    atlas = load_atlas(name)
    cortex = np.flatnonzero(atlas.cortex)
    fc = atlas.fc[np.ix_(cortex, cortex)]
    matrices = [fc] + [scanned(fc, seed, (120, 300, 1200)[seed % 3]) for seed in range(count - 1)]
    own = louvain(np.stack(matrices), runs=20, seed=3)[0]
    reference = np.array([louvain(one, 10, 3, method="networkx")[0] for one in matrices])
    assert (own >= reference - 1e-9).mean() >= 0.95
    assert own.mean() >= reference.mean()


def test_perturbations_never_lose_and_sometimes_gain():
    stack = np.stack([fc_like(seed, regions=68) for seed in range(8)])
    q, _ = louvain(stack, runs=1, seed=0)
    better, labels = louvain(stack, runs=1, seed=0, perturbations=3)
    assert (better >= q - 1e-12).all()
    assert (better > q + 1e-5).sum() >= 2
    for fc, value, one in zip(stack, better, labels, strict=True):
        assert modularity_of(fc, one) == pytest.approx(value, abs=1e-12)
    alone_q, alone = louvain(stack[7], runs=1, seed=0, perturbations=3)
    assert alone_q == better[7]
    np.testing.assert_array_equal(alone, labels[7])


def test_all_runs_hold_the_best_one():
    stack = np.stack([fc_like(seed, regions=30) for seed in range(3)])
    q, labels = louvain_partitions(stack, runs=6, seed=4)
    assert q.shape == (3, 6)
    assert labels.shape == (3, 6, 30)
    np.testing.assert_array_equal(q.max(axis=1), louvain(stack, 6, 4)[0])
    for run in range(6):
        assert modularity_of(stack[1], labels[1, run]) == pytest.approx(q[1, run], abs=1e-12)
    with pytest.raises(ConfigError, match="at least one run"):
        louvain_partitions(stack, 0, 0)


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


def ring_of_cliques(cliques, size):
    graph = np.kron(np.eye(cliques), 1 - np.eye(size))
    for one in range(cliques):
        end, start = one * size + size - 1, (one + 1) % cliques * size
        graph[end, start] = graph[start, end] = 1
    return graph


def test_the_resolution_limit_of_a_ring_of_cliques():
    # Fortunato & Barthélemy 2007, doi:10.1073/pnas.0605965104: beyond m(m − 1) + 2 cliques of m
    # nodes, pairs of cliques have the higher Q
    cliques, size = 20, 3
    edges = size * (size - 1) + 2
    graph = ring_of_cliques(cliques, size)
    single, pairs = np.arange(60) // 3, np.arange(60) // 6
    assert modularity_of(graph, single) == pytest.approx(1 - 2 / edges - 1 / cliques)
    assert modularity_of(graph, pairs) == pytest.approx(1 - 1 / edges - 2 / cliques)
    q, labels = louvain(graph, 20, 0, perturbations=1)
    assert q >= 1 - 1 / edges - 2 / cliques - 1e-12
    assert labels.max() + 1 < cliques
    # a higher resolution and the constant Potts model bring the cliques back
    for found in (
        louvain(graph, 20, 0, resolution=4.0)[1],
        louvain(graph, 20, 0, resolution=0.5, quality="potts")[1],
    ):
        np.testing.assert_array_equal(found, single)


def test_a_planted_partition_is_found_again():
    rng = np.random.default_rng(0)
    own = rng.permutation(np.arange(60) % 4)
    chance = np.where(own[:, None] == own[None, :], 0.7, 0.1)
    graph = np.triu(rng.random((60, 60)) < chance, 1).astype(float)
    labels = louvain(graph + graph.T, 20, 0)[1]
    assert len(set(zip(own.tolist(), labels.tolist(), strict=True))) == 4
    assert labels.max() == 3


def test_parts_that_are_not_joined_never_share_a_community():
    # triangles of unequal weight, a region without edges
    graph = np.zeros((10, 10))
    for start, weight in ((0, 1.0), (3, 5.0), (6, 0.2)):
        graph[start : start + 3, start : start + 3] = weight * (1 - np.eye(3))
    q, labels = louvain(graph, 5, 0)
    assert labels.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3]
    shares = np.array([1.0, 5.0, 0.2]) / 6.2
    assert q == pytest.approx(1 - (shares**2).sum())


def test_the_order_of_regions_does_not_matter_where_the_optimum_is_reached():
    fc = fc_like(6, regions=24, networks=4)
    order = np.random.default_rng(2).permutation(24)
    q, labels = louvain(fc, 20, 0, perturbations=2)
    moved_q, moved = louvain(fc[np.ix_(order, order)], 20, 0, perturbations=2)
    assert moved_q == pytest.approx(q, abs=1e-12)
    assert len(set(zip(labels[order].tolist(), moved.tolist(), strict=True))) == labels.max() + 1


def test_one_region_has_no_modularity():
    q, labels = louvain([[1.0]], 3, 0)
    assert np.isnan(q)
    assert labels.tolist() == [0]


def test_without_positive_weights_there_is_no_modularity():
    q, labels = louvain(-np.ones((2, 4, 4)), runs=1, seed=0)
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
    silent = np.eye(12)
    silent[3] = silent[:, 3] = np.nan
    with pytest.raises(DataError, match=r"23 of 144 are NaN(.|\n)*most of them in region 3;"):
        louvain(silent, 1, 0)
    with pytest.raises(DataError, match="symmetric"):
        louvain([[1, 0.5], [0.2, 1]], 1, 0)
    with pytest.raises(DataError, match="one label per region"):
        modularity_of(np.eye(3), [0, 1])
    for labels in ([0, np.nan, 1], ["Default", None, "Visual"]):
        with pytest.raises(DataError, match=r"without community(.|\n)*none for region 1\n"):
            modularity_of(np.ones((3, 3)), labels)
    with pytest.raises(ConfigError, match="at least one run"):
        louvain(np.eye(3), 0, 0)
    with pytest.raises(ConfigError, match="expected: lanes or networkx"):
        louvain(np.eye(3), 1, 0, method="leiden")
    with pytest.raises(ConfigError, match="networkx maximises Newman's Q alone"):
        louvain(np.eye(3), 1, 0, method="networkx", quality="q_star")
    with pytest.raises(ConfigError, match="networkx maximises Newman's Q alone"):
        louvain(np.eye(3), 1, 0, method="networkx", perturbations=1)
    with pytest.raises(ConfigError, match="negative number of rounds"):
        louvain(np.eye(3), 1, 0, perturbations=-1)
    with pytest.raises(ConfigError, match="resolution must be"):
        louvain(np.eye(3), 1, 0, resolution=-0.5)
