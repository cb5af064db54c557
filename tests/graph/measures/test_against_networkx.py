"""Five hundred random graphs against networkx, to 1e-10."""

import networkx as nx
import numpy as np
import pytest

from netmod.graph.measures.centrality import betweenness, eigenvector_centrality
from netmod.graph.measures.clustering import clustering, transitivity
from netmod.graph.measures.core import core_number, s_core
from netmod.graph.measures.mixing import assortativity, rich_club
from netmod.graph.measures.paths import (
    closeness,
    distances,
    eccentricity,
    global_efficiency,
    integration,
    local_efficiency,
    path_length,
)
from netmod.graph.measures.strength import degree, density, signed_strength, strength

BLOCK = 50
UNDIRECTED, DIRECTED, SIGNED = 6, 3, 2  # blocks of graphs: 550 in all
CLOSE = {"rtol": 0, "atol": 1e-10}


def listed(values, size):
    return [values[node] for node in range(size)]


def seeds(block):
    return range(block * BLOCK, (block + 1) * BLOCK)


@pytest.mark.parametrize("block", range(UNDIRECTED))
def test_undirected_graphs(make_graph, to_networkx, block):
    for seed in seeds(block):
        w = make_graph(seed)
        size, graph = len(w), to_networkx(w)
        n = range(size)

        np.testing.assert_array_equal(degree(w), [graph.degree[i] for i in n])
        np.testing.assert_allclose(strength(w), [graph.degree(i, "weight") for i in n], **CLOSE)
        assert density(w) == pytest.approx(nx.density(graph), abs=1e-12)

        np.testing.assert_allclose(
            clustering(w), listed(nx.clustering(graph, weight="weight"), size), **CLOSE
        )
        np.testing.assert_allclose(clustering(w, True), listed(nx.clustering(graph), size), **CLOSE)
        assert transitivity(w, binary=True) == pytest.approx(nx.transitivity(graph), abs=1e-10)

        d = distances(w)
        expected = np.full((size, size), np.inf)
        for i, row in nx.all_pairs_dijkstra_path_length(graph, weight="length"):
            expected[list(row), i] = list(row.values())
        np.testing.assert_allclose(d, expected, **CLOSE)
        if nx.is_connected(graph):
            assert path_length(w) == pytest.approx(
                nx.average_shortest_path_length(graph, "length"), abs=1e-10
            )
            np.testing.assert_allclose(
                eccentricity(w, binary=True), listed(nx.eccentricity(graph), size), **CLOSE
            )
        else:
            assert path_length(w) == np.inf
        assert global_efficiency(w, binary=True) == pytest.approx(
            nx.global_efficiency(graph), abs=1e-10
        )
        assert local_efficiency(w, binary=True).mean() == pytest.approx(
            nx.local_efficiency(graph), abs=1e-10
        )
        np.testing.assert_allclose(
            closeness(w), listed(nx.closeness_centrality(graph, distance="length"), size), **CLOSE
        )
        np.testing.assert_allclose(
            betweenness(w),
            listed(nx.betweenness_centrality(graph, weight="length"), size),
            **CLOSE,
        )
        np.testing.assert_allclose(
            betweenness(w, binary=True, normalised=False),
            listed(nx.betweenness_centrality(graph, normalized=False), size),
            **CLOSE,
        )

        np.testing.assert_array_equal(core_number(w), listed(nx.core_number(graph), size))
        if graph.number_of_edges():
            club = nx.rich_club_coefficient(graph, normalized=False)
            own = rich_club(w)
            np.testing.assert_allclose(own[: len(club)], [club[k] for k in sorted(club)], **CLOSE)
        if np.isfinite(assortativity(w, binary=True)):
            assert assortativity(w, binary=True) == pytest.approx(
                nx.degree_assortativity_coefficient(graph), abs=1e-10
            )
        level = np.quantile(strength(w), 0.5)
        inside = core_number(w, binary=False) >= level - 1e-12
        np.testing.assert_array_equal(s_core(w, level - 1e-12), inside)


def test_eigenvector_of_connected_graphs(make_graph, to_networkx):
    done = 0
    for seed in range(UNDIRECTED * BLOCK):
        w = make_graph(seed)
        graph = to_networkx(w)
        if len(w) > 2 and nx.is_connected(graph):
            expected = listed(nx.eigenvector_centrality_numpy(graph, weight="weight"), len(w))
            np.testing.assert_allclose(eigenvector_centrality(w), expected, **CLOSE)
            done += 1
    assert done > 80


@pytest.mark.parametrize("block", range(DIRECTED))
def test_directed_graphs(make_graph, to_networkx, block):
    for seed in seeds(block):
        w = make_graph(seed, directed=True)
        size, graph = len(w), to_networkx(w, True)
        for direction, view in (("in", graph.in_degree), ("out", graph.out_degree)):
            np.testing.assert_array_equal(
                degree(w, True, direction), [view[i] for i in range(size)]
            )
            np.testing.assert_allclose(
                strength(w, True, direction), [view(i, "weight") for i in range(size)], **CLOSE
            )
        assert density(w, directed=True) == pytest.approx(nx.density(graph), abs=1e-12)
        np.testing.assert_allclose(
            clustering(w, directed=True),
            listed(nx.clustering(graph, weight="weight"), size),
            **CLOSE,
        )
        np.testing.assert_allclose(
            betweenness(w, directed=True),
            listed(nx.betweenness_centrality(graph, weight="length"), size),
            **CLOSE,
        )
        np.testing.assert_allclose(
            closeness(w, directed=True),
            listed(nx.closeness_centrality(graph, distance="length"), size),
            **CLOSE,
        )
        d = distances(w, directed=True)
        for source, row in nx.all_pairs_dijkstra_path_length(graph, weight="length"):
            for target in range(size):
                assert d[target, source] == pytest.approx(row.get(target, np.inf), abs=1e-10)


@pytest.mark.parametrize("block", range(SIGNED))
def test_signed_graphs(make_graph, to_networkx, block):
    for seed in seeds(block):
        w = make_graph(seed, signed=True)
        size = len(w)
        positive, negative = signed_strength(w)
        for sign, got in ((1, positive), (-1, negative)):
            part = to_networkx(np.maximum(sign * w, 0.0))
            np.testing.assert_allclose(
                got, [part.degree(i, "weight") for i in range(size)], **CLOSE
            )
        grid = np.linspace(0.0, 1.0, 4001)[:-1] + 1 / 8000
        levels = np.unique(w)
        share = {
            low: max(map(len, nx.connected_components(nx.from_numpy_array((w > low) * 1)))) / size
            for low in levels
        }
        below = levels[np.searchsorted(levels, grid, side="right") - 1]
        expected = np.mean(
            [share[low] if t >= levels[0] else 1.0 for low, t in zip(below, grid, strict=True)]
        )
        # a midpoint grid may misplace each step by half a cell
        assert integration(w) == pytest.approx(expected, abs=size / 8000 + 1e-12)
