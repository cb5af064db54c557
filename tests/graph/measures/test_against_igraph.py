"""igraph: frozen values of version 1.0.0, and 500 random graphs where it is installed."""

import numpy as np
import pytest

from netmod.graph.measures.centrality import betweenness, eigenvector_centrality
from netmod.graph.measures.clustering import clustering, transitivity
from netmod.graph.measures.core import core_number
from netmod.graph.measures.mixing import assortativity
from netmod.graph.measures.paths import (
    closeness,
    distances,
    eccentricity,
    global_efficiency,
    path_length,
)
from netmod.graph.measures.strength import degree, density, strength
from netmod.graph.modularity import modularity_of
from netmod.graph.thresholds import spanning_tree

CLOSE = {"rtol": 0, "atol": 1e-10}
BLOCK = 50

U = np.array(
    [
        [0, 0.9, 0.4, 0, 0, 0.2],
        [0.9, 0, 0.7, 0, 0, 0],
        [0.4, 0.7, 0, 0.5, 0.3, 0],
        [0, 0, 0.5, 0, 0.8, 0.6],
        [0, 0, 0.3, 0.8, 0, 0],
        [0.2, 0, 0, 0.6, 0, 0],
    ]
)
D = np.where(np.triu(np.ones((6, 6)), 1), U, 0.5 * U * (np.arange(6) % 2 == 0))

UNDIRECTED = [0.0, 0.0, 5.0, 6.0, 0.0, 0.0]
DIRECTED = [7.0, 0.0, 13.0, 7.0, 0.0, 0.0]
CLOSENESS = [0.2650957290132548, 0.31762036803629945, 0.38924930491195553,
             0.38924930491195553, 0.2801867911941294, 0.27255029201817005]  # fmt: skip


def test_frozen_values():
    np.testing.assert_allclose(betweenness(U, normalised=False), UNDIRECTED, **CLOSE)
    np.testing.assert_allclose(closeness(U), CLOSENESS, **CLOSE)
    np.testing.assert_array_equal(core_number(U), [2, 2, 2, 2, 2, 2])
    assert transitivity(U, binary=True) == pytest.approx(0.4, abs=1e-12)
    assert modularity_of(U, [0, 0, 0, 1, 1, 1]) == pytest.approx(0.26342975206611574, abs=1e-12)
    np.testing.assert_allclose(betweenness(D, directed=True, normalised=False), DIRECTED, **CLOSE)


@pytest.fixture(scope="module")
def igraph():
    return pytest.importorskip(
        "igraph", reason="igraph is the optional extra `communities`; its values stand above"
    )


def as_igraph(igraph, w, directed=False):
    """Return the graph of ``weights[target, source]`` with weights and lengths on its edges."""
    target, source = np.nonzero(w if directed else np.triu(w))
    graph = igraph.Graph(len(w), list(zip(source, target, strict=True)), directed=directed)
    graph.es["weight"] = w[target, source].tolist()
    graph.es["length"] = (1.0 / w[target, source]).tolist()
    return graph


@pytest.mark.parametrize("block", range(6))
def test_undirected_graphs(make_graph, igraph, block):
    for seed in range(1000 + block * BLOCK, 1000 + (block + 1) * BLOCK):
        w = make_graph(seed)
        graph = as_igraph(igraph, w)
        np.testing.assert_array_equal(degree(w), graph.degree())
        np.testing.assert_allclose(strength(w), graph.strength(weights="weight"), **CLOSE)
        assert density(w) == pytest.approx(graph.density(), abs=1e-12)
        np.testing.assert_allclose(
            clustering(w, binary=True), graph.transitivity_local_undirected(mode="zero"), **CLOSE
        )
        assert transitivity(w, binary=True) == pytest.approx(
            graph.transitivity_undirected(mode="zero"), abs=1e-10
        )
        d = np.array(graph.distances(weights="length"))
        np.testing.assert_allclose(distances(w), d, **CLOSE)
        np.testing.assert_allclose(eccentricity(w), d.max(axis=0), **CLOSE)
        off = ~np.eye(len(w), dtype=bool)
        assert path_length(w) == pytest.approx(d[off].mean(), abs=1e-10)
        assert global_efficiency(w) == pytest.approx((1 / d[off]).mean(), abs=1e-10)
        np.testing.assert_allclose(
            betweenness(w, normalised=False), graph.betweenness(weights="length"), **CLOSE
        )
        # there of the component alone; here times the share that is reached
        reached = np.isfinite(d).sum(axis=0) - 1
        own = np.nan_to_num(graph.closeness(weights="length", normalized=True))
        np.testing.assert_allclose(closeness(w), own * reached / (len(w) - 1), **CLOSE)
        np.testing.assert_array_equal(core_number(w), graph.coreness())
        r = graph.assortativity_degree(directed=False)
        if np.isfinite(r) and np.isfinite(assortativity(w, binary=True)):
            assert assortativity(w, binary=True) == pytest.approx(r, abs=1e-10)
        labels = np.arange(len(w)) % 3
        if w.any():
            assert modularity_of(w, labels) == pytest.approx(
                graph.modularity(labels.tolist(), weights="weight"), abs=1e-10
            )
        tree = graph.spanning_tree(weights=[-one for one in graph.es["weight"]])
        assert spanning_tree(w).sum() / 2 == pytest.approx(sum(tree.es["weight"]), abs=1e-10)
        if len(w) > 2 and graph.is_connected():
            vector = np.array(graph.eigenvector_centrality(weights="weight", scale=False))
            np.testing.assert_allclose(
                eigenvector_centrality(w), vector / np.linalg.norm(vector), rtol=0, atol=1e-9
            )


@pytest.mark.parametrize("block", range(4))
def test_directed_graphs(make_graph, igraph, block):
    for seed in range(1000 + block * BLOCK, 1000 + (block + 1) * BLOCK):
        w = make_graph(seed, directed=True)
        graph = as_igraph(igraph, w, directed=True)
        for direction in ("in", "out", "all"):
            np.testing.assert_array_equal(degree(w, True, direction), graph.degree(mode=direction))
            np.testing.assert_allclose(
                strength(w, True, direction),
                graph.strength(mode=direction, weights="weight"),
                **CLOSE,
            )
        assert density(w, directed=True) == pytest.approx(graph.density(), abs=1e-12)
        d = np.array(graph.distances(weights="length")).T  # [source, target] there
        np.testing.assert_allclose(distances(w, directed=True), d, **CLOSE)
        off = ~np.eye(len(w), dtype=bool)
        assert global_efficiency(w, directed=True) == pytest.approx((1 / d[off]).mean(), abs=1e-10)
        np.testing.assert_allclose(
            betweenness(w, directed=True, normalised=False),
            graph.betweenness(weights="length"),
            **CLOSE,
        )
