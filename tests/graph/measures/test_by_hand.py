"""Analytic values, limits and invariances of the graph measures."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netmod.graph.measures import MEASURES, measure
from netmod.graph.measures.centrality import betweenness, eigenvector_centrality
from netmod.graph.measures.clustering import clustering, signed_clustering, transitivity
from netmod.graph.measures.core import core_number, core_periphery, coreness
from netmod.graph.measures.hierarchy import trophic_incoherence, trophic_levels
from netmod.graph.measures.mixing import normalised_rich_club, rich_club, weighted_rich_club
from netmod.graph.measures.modules import diversity, signed_participation, within_module_z
from netmod.graph.measures.paths import (
    closeness,
    distances,
    eccentricity,
    global_efficiency,
    integration,
    local_efficiency,
    path_length,
)
from netmod.graph.measures.resilience import attack, robustness
from netmod.graph.measures.smallworld import (
    small_world_omega,
    small_world_sigma,
    small_world_transitivity_sigma,
)
from netmod.graph.measures.strength import (
    degree,
    density,
    normalised_strength,
    signed_strength,
    strength,
)


def ring(size, reach=1):
    offset = np.abs(np.subtract.outer(np.arange(size), np.arange(size)))
    gap = np.minimum(offset, size - offset)
    return ((gap > 0) & (gap <= reach)).astype(float)


def complete(size):
    return np.ones((size, size)) - np.eye(size)


def chain(size):
    """Region k sends to region k + 1."""
    w = np.zeros((size, size))
    w[np.arange(1, size), np.arange(size - 1)] = 1.0
    return w


def correlation_like(seed, size=12):
    return np.corrcoef(np.random.default_rng(seed).standard_normal((size, 2 * size)))


def test_signed_strength_by_hand():
    w = np.array([[9.0, 0.5, -0.2], [0.5, 9.0, 0.0], [-0.2, 0.0, 9.0]])
    positive, negative = signed_strength(w)
    np.testing.assert_allclose(positive, [0.5, 0.5, 0.0])
    np.testing.assert_allclose(negative, [0.2, 0.0, 0.2])
    np.testing.assert_allclose(strength(w), [0.3, 0.5, -0.2])
    np.testing.assert_array_equal(degree(w), [2, 1, 1])
    np.testing.assert_allclose(
        normalised_strength(w), [(0.5 - 0.2 / 0.7 * 0.2) / 2, 0.25, -0.1], atol=1e-15
    )
    assert density(w) == pytest.approx(2 / 3)


def test_direction_of_edges_is_that_of_the_atlas():
    w = chain(3)
    np.testing.assert_array_equal(degree(w, True, "in"), [0, 1, 1])
    np.testing.assert_array_equal(degree(w, True, "out"), [1, 1, 0])
    np.testing.assert_array_equal(degree(w, True), [1, 2, 1])
    d = distances(2 * w, directed=True)
    assert d[2, 0] == 1.0  # two edges of length 1/2, from the first region to the last
    assert d[0, 2] == np.inf
    np.testing.assert_array_equal(trophic_levels(w).round(12), [0, 1, 2])


@pytest.mark.parametrize("size", [3, 6, 11])
def test_complete_graph(size):
    w = 0.3 * complete(size)
    np.testing.assert_allclose(clustering(w), 1.0)
    np.testing.assert_allclose(signed_clustering(w), 1.0)
    np.testing.assert_allclose(signed_clustering(-w), -1.0)  # three negative signs
    assert transitivity(w) == pytest.approx(1.0)
    assert global_efficiency(w) == pytest.approx(0.3)
    assert path_length(w) == pytest.approx(1 / 0.3)
    np.testing.assert_allclose(closeness(w), 0.3)
    np.testing.assert_allclose(local_efficiency(w), 0.3)
    np.testing.assert_allclose(local_efficiency(w, definition="rubinov"), 1.0)
    np.testing.assert_array_equal(betweenness(w), 0.0)
    np.testing.assert_allclose(eigenvector_centrality(w), 1 / np.sqrt(size))
    np.testing.assert_allclose(core_number(w), size - 1)
    np.testing.assert_allclose(core_number(w, binary=False), 0.3 * (size - 1))
    np.testing.assert_allclose(rich_club(w), 1.0)
    np.testing.assert_allclose(weighted_rich_club(w), 1.0)
    assert integration(w) == pytest.approx(0.3 + 0.7 / size)


def test_star():
    w = np.zeros((6, 6))
    w[0, 1:] = w[1:, 0] = 1.0
    np.testing.assert_allclose(betweenness(w), [1, 0, 0, 0, 0, 0], atol=1e-15)
    np.testing.assert_allclose(betweenness(w, normalised=False)[0], 10)
    np.testing.assert_array_equal(eccentricity(w), [1, 2, 2, 2, 2, 2])
    np.testing.assert_allclose(closeness(w), [1] + [5 / 9] * 5)
    assert measure(w, "assortativity_binary") == pytest.approx(-1.0)
    np.testing.assert_array_equal(core_number(w), 1.0)


def test_weighted_paths_take_the_detour():
    w = np.array([[0, 0.1, 0.5], [0.1, 0, 0.5], [0.5, 0.5, 0]])
    assert distances(w)[0, 1] == 4.0  # 2 + 2 instead of 10
    assert distances(w, binary=True)[0, 1] == 1.0
    np.testing.assert_allclose(betweenness(w), [0, 0, 1])


def test_the_two_local_efficiencies_by_hand():
    w = np.array([[0, 1.0, 1.0], [1.0, 0, 0.125], [1.0, 0.125, 0]])
    np.testing.assert_allclose(local_efficiency(w)[0], 0.125)
    np.testing.assert_allclose(local_efficiency(w, definition="rubinov")[0], 0.5)


@pytest.mark.parametrize("size", [5, 40])
def test_local_efficiency_is_that_of_the_graph_of_the_neighbours(size):
    rng = np.random.default_rng(size)
    w = np.maximum(correlation_like(6, size), 0.0) * (rng.random((size, size)) < 0.9)
    w = np.minimum(w, w.T)
    np.fill_diagonal(w, 0.0)
    assert np.unique((w > 0).sum(axis=1)).size > 1
    expected = np.zeros((2, size))
    for i in range(size):
        near = np.flatnonzero(w[i])
        if near.size > 1:
            inside = w[np.ix_(near, near)]
            expected[0, i] = global_efficiency(inside)
            d = distances(inside / w.max())
            np.fill_diagonal(d, np.inf)
            pair = np.cbrt(np.outer(w[i, near], w[i, near]) / w.max() ** 2 / d)
            expected[1, i] = pair.sum() / (near.size * (near.size - 1))
    np.testing.assert_allclose(local_efficiency(w), expected[0], atol=1e-12)
    np.testing.assert_allclose(local_efficiency(w, definition="rubinov"), expected[1], atol=1e-12)


def test_disconnected_pairs():
    w = np.kron(np.eye(2), complete(3))
    assert path_length(w) == np.inf
    assert path_length(w, reachable_only=True) == 1.0
    assert global_efficiency(w) == pytest.approx(12 / 30)
    np.testing.assert_allclose(closeness(w), 2 / 5)
    assert integration(w) == pytest.approx(0.5)


def test_integration_is_the_limit_of_a_grid_of_thresholds():
    import networkx as nx

    w = np.abs(correlation_like(3))
    np.fill_diagonal(w, 0.0)
    grid = (np.arange(4000) + 0.5) / 4000
    share = [
        max(map(len, nx.connected_components(nx.from_numpy_array((w > level) * 1)))) / 12
        for level in grid
    ]
    assert integration(w) == pytest.approx(np.mean(share), abs=12 / 4000)
    assert integration(-w - 0.1) == pytest.approx(1 / 12)
    assert integration(w, 0.0, 0.5) == pytest.approx(np.mean(share[:2000]), abs=12 / 2000)


def test_attack():
    import networkx as nx

    star = np.zeros((5, 5))
    star[0, 1:] = star[1:, 0] = 1.0
    np.testing.assert_allclose(attack(star), [1, 0.2, 0.2, 0.2, 0.2, 0])
    np.testing.assert_allclose(attack(star, [4, 3, 2, 1, 0]), [1, 0.8, 0.6, 0.4, 0.2, 0])
    assert robustness(star) == pytest.approx(0.16)
    assert robustness(complete(8)) == pytest.approx(7 / 16)
    for seed in range(5):
        rng = np.random.default_rng(seed)
        w = np.triu(rng.random((15, 15)) * (rng.random((15, 15)) < 0.15), 1)
        w = w + w.T
        order, graph = rng.permutation(15), nx.from_numpy_array(w)
        for removed, share in zip(order, attack(w, order), strict=False):
            assert share == pytest.approx(max(map(len, nx.connected_components(graph))) / 15)
            graph.remove_node(removed)


def test_roles_in_communities():
    w = np.kron(np.eye(2), complete(4))
    labels = list("aaaabbbb")
    np.testing.assert_allclose(signed_participation(w, labels)[0], 0.0)
    np.testing.assert_allclose(diversity(w, labels)[0], 0.0, atol=1e-15)
    np.testing.assert_array_equal(within_module_z(w, labels), 0.0)  # all alike
    even = complete(8) + np.kron(np.eye(2), np.eye(4))
    np.testing.assert_allclose(signed_participation(even, labels)[0], 1 - (9 + 16) / 49)
    assert np.isnan(signed_participation(even, labels)[1]).all()
    assert np.isnan(diversity(even, ["a"] * 8)[0]).all()


def test_signs_of_roles_change_places():
    w, labels = correlation_like(1), np.arange(12) % 3
    for role in (signed_participation, diversity):
        np.testing.assert_allclose(role(w, labels), role(-w, labels)[::-1])


@pytest.mark.parametrize("gamma", [0.7, 1.0, 1.3])
def test_core_is_the_best_of_all_divisions(gamma):
    for seed in range(6):
        w = np.random.default_rng(seed).random((8, 8)) ** 3
        if seed % 2:
            w = w + w.T
        np.fill_diagonal(w, 0)
        best = max(coreness(w, core, gamma) for core in itertools.product([False, True], repeat=8))
        division = core_periphery(w, gamma)
        assert division.coreness == pytest.approx(best, abs=1e-12)


def test_coreness_by_its_definition():
    w = np.random.default_rng(0).random((7, 7))
    np.fill_diagonal(w, 0)
    core = np.array([True, True, False, True, False, False, True])
    other = w - 0.8 * w.sum() / 42
    np.fill_diagonal(other, 0)
    expected = other[np.ix_(core, core)].sum() - other[np.ix_(~core, ~core)].sum()
    assert coreness(w, core, 0.8) == pytest.approx(expected / w.sum())


def test_trophic_limits():
    assert trophic_incoherence(chain(5)) == pytest.approx(0.0, abs=1e-12)
    cycle = np.roll(np.eye(5), 1, axis=0)
    assert trophic_incoherence(cycle) == pytest.approx(1.0)
    np.testing.assert_allclose(trophic_levels(cycle), 0.0, atol=1e-12)
    assert trophic_incoherence(complete(4)) == pytest.approx(1.0)
    # feed-forward triangle: levels 0, 2/3, 4/3, incoherence (2 (1/3)² + (1/3)²) / 3 = 1/9
    triangle = chain(3)
    triangle[2, 0] = 1.0
    np.testing.assert_allclose(trophic_levels(triangle), [0, 2 / 3, 4 / 3], atol=1e-12)
    assert trophic_incoherence(triangle) == pytest.approx(1 / 9)
    apart = np.zeros((5, 5))
    apart[:3, :3], apart[3:, 3:] = chain(3), chain(2)
    np.testing.assert_allclose(trophic_levels(apart), [0, 1, 2, 0, 1], atol=1e-12)


def test_trophic_levels_minimise_what_they_say():
    from scipy.optimize import minimize

    w = np.random.default_rng(2).random((5, 5))
    np.fill_diagonal(w, 0)

    def loss(h):
        return (w * (h[:, None] - h[None, :] - 1) ** 2).sum()

    found = minimize(loss, np.zeros(5), tol=1e-12).x
    np.testing.assert_allclose(trophic_levels(w), found - found.min(), atol=1e-5)


def test_small_world_of_rewired_rings():
    rng = np.random.default_rng(0)
    lattice = ring(40, 3)
    # some shortcuts keep the clustering and shorten the paths
    small = lattice.copy()
    for i, j in rng.integers(0, 40, (12, 2)):
        if i != j:
            small[i, j] = small[j, i] = 1.0
    random = np.triu(rng.random((3, 40, 40)) < 6.5 / 39, 1).astype(float)
    random = random + random.transpose(0, 2, 1)
    for sigma in (small_world_sigma, small_world_transitivity_sigma):
        assert sigma(small, random) > 1.5
        assert sigma(random[0], random[:1]) == pytest.approx(1.0)
    values = [small_world_omega(w, random, [lattice]) for w in (lattice, small, random[0])]
    assert values[0] < -0.3
    assert values[0] < values[1] < values[2]
    assert small_world_omega(lattice, [lattice], [lattice]) == pytest.approx(0.0)
    by_hand = (clustering(small).mean() / clustering(random[0]).mean()) / (
        path_length(small) / path_length(random[0])
    )
    assert small_world_sigma(small, random[:1]) == pytest.approx(by_hand)
    assert np.isnan(small_world_sigma(np.kron(np.eye(2), complete(4)), [complete(8)]))


def test_rich_club_over_itself_is_one():
    w = np.maximum(correlation_like(5), 0) * (np.abs(correlation_like(5)) > 0.1)
    own = normalised_rich_club(w, [w, w])
    np.testing.assert_allclose(own[np.isfinite(own)], 1.0)
    assert np.isfinite(own).any()
    binary = normalised_rich_club(w, [w], binary=True)
    np.testing.assert_allclose(binary[np.isfinite(binary)], 1.0)


def inputs_of(name, w):
    """Return a matrix that a measure accepts, made of any other, and its inputs."""
    entry = MEASURES[name]
    if not entry.signed:
        w = np.abs(w)
    if not entry.directed:
        w = (w + w.T) / 2
    extra = {"labels": np.arange(len(w)) % 3, "random": None, "lattice": None}
    return w, {key: extra[key] for key in entry.needs}


SINGLE = [name for name, one in MEASURES.items() if "random" not in one.needs]


@pytest.mark.parametrize("name", SINGLE)
def test_order_of_regions_does_not_matter(name):
    rng = np.random.default_rng(11)
    w = rng.uniform(-1, 1, (9, 9)) * (rng.random((9, 9)) < 0.7)
    w, extra = inputs_of(name, w)
    before = w.copy()
    value = measure(w, name, **extra)
    np.testing.assert_array_equal(w, before)  # the argument is left as it was
    order = rng.permutation(9)
    moved = measure(w[np.ix_(order, order)], name, **{k: v[order] for k, v in extra.items()})
    expected = value[order] if MEASURES[name].per_region else value
    np.testing.assert_allclose(moved, expected, atol=1e-10)
    assert np.ndim(value) == (1 if MEASURES[name].per_region else 0)


@pytest.mark.parametrize("name", [n for n in SINGLE if n != "integration"])
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), size=st.integers(3, 9), scale=st.sampled_from([0.25, 8.0]))
def test_unit_and_range(name, seed, size, scale):
    rng = np.random.default_rng(seed)
    w, extra = inputs_of(name, rng.uniform(-1, 1, (size, size)))
    value, scaled = measure(w, name, **extra), measure(scale * w, name, **extra)
    factor = {"1": 1.0, "w": scale, "1/w": 1.0 / scale}[MEASURES[name].unit]
    np.testing.assert_allclose(scaled, factor * np.asarray(value), rtol=1e-9, atol=1e-9)
    lowest, highest = {
        "[0, 1]": (0, 1),
        "[-1, 1]": (-1, 1),
        "[0, N-1]": (0, size - 1),
        "real": (-np.inf, np.inf),
        "0 or 1": (0, 1),
    }.get(MEASURES[name].range, (0, np.inf))
    value = np.asarray(value)[np.isfinite(value)]
    assert (value >= lowest - 1e-12).all()
    assert (value <= highest + 1e-12).all()
