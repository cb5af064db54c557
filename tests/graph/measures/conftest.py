"""Random graphs of every kind that the measures must cope with."""

import networkx as nx
import numpy as np
import pytest


def random_graph(seed, directed=False, signed=False):
    """Return a matrix of 2 to 12 regions: sparse, dense, tied, disconnected, without edges."""
    rng = np.random.default_rng([seed, directed, signed])
    size = int(rng.integers(2, 13))
    w = rng.uniform(0.05, 3.0, (size, size))
    if seed % 3 == 1:
        w = 2.0 ** rng.integers(-2, 3, (size, size))  # many ties, exact in binary
    if seed % 3 == 2:
        w[:] = 1.0
    w[
        rng.random((size, size))
        > rng.choice([0.0, 0.15, 0.3, 0.6, 1.0], p=[0.02, 0.2, 0.3, 0.28, 0.2])
    ] = 0
    if seed % 5 == 0:  # two parts without a path between them
        cut = size // 2
        w[:cut, cut:] = w[cut:, :cut] = 0.0
    if signed:
        w *= rng.choice([-1.0, 1.0], (size, size))
    np.fill_diagonal(w, 0.0)
    return w if directed else np.triu(w, 1) + np.triu(w, 1).T


def as_networkx(w, directed=False):
    """Return the graph of ``weights[target, source]`` with weights and lengths on its edges."""
    graph = nx.from_numpy_array(w.T, create_using=nx.DiGraph if directed else nx.Graph)
    for _, _, data in graph.edges(data=True):
        data["length"] = 1.0 / data["weight"]
    return graph


@pytest.fixture
def make_graph():
    return random_graph


@pytest.fixture
def to_networkx():
    return as_networkx
