"""Leiden by igraph: an optional oracle, and what it gave, for the optimiser of our own."""

import random
import sys

import networkx as nx
import numpy as np
import pytest

from netmod.errors import ConfigError, DataError
from netmod.graph.modularity import leiden, louvain, modularity_of


def fixed_fc(phase, regions=40):
    """A signed matrix with a diagonal of 1, without random numbers."""
    i = np.arange(regions)
    fc = np.cos(phase * i[:, None] * i[None, :]) * np.exp(-np.abs(i[:, None] - i[None, :]) / 6)
    return (fc + fc.T) / 2 * (1 - np.eye(regions)) + np.eye(regions)


# best of 50 runs of igraph 1.0.0 to a stable iteration
FROZEN = {
    (0.3, "newman"): 0.3779353924749065,
    (0.3, "q_star"): 0.34678103527641174,
    (1.7, "newman"): 0.4161375037485276,
    (1.7, "q_star"): 0.34999796063486166,
    (2.9, "newman"): 0.3859098003392686,
    (2.9, "q_star"): 0.34017058565458924,
}


@pytest.mark.parametrize(("phase", "quality"), FROZEN)
def test_louvain_reaches_the_frozen_values_of_leiden(phase, quality):
    q = louvain(fixed_fc(phase), 20, 0, quality=quality, perturbations=2)[0]
    assert q >= FROZEN[phase, quality] - 1e-9


def igraph():
    return pytest.importorskip("igraph", reason="igraph is the optional extra `communities`")


@pytest.mark.parametrize(("phase", "quality"), FROZEN)
def test_leiden_gives_its_frozen_values(phase, quality):
    igraph()
    q, labels = leiden(fixed_fc(phase), 50, 0, quality=quality)
    assert q == pytest.approx(FROZEN[phase, quality], abs=1e-6)
    assert modularity_of(fixed_fc(phase), labels, quality=quality) == pytest.approx(q, abs=1e-12)


def test_the_karate_club_reaches_its_known_maximum():
    igraph()
    graph = nx.to_numpy_array(nx.karate_club_graph(), weight=None)
    q, labels = leiden(graph, 10, 0)
    assert q == pytest.approx(0.41979, abs=1e-5)
    for one in range(labels.max() + 1):
        part = nx.from_numpy_array(graph).subgraph(np.flatnonzero(labels == one).tolist())
        assert nx.is_connected(part)


def test_resolution_and_potts():
    igraph()
    fc = np.full((8, 8), 0.2)
    fc[:4, :4] = fc[4:, 4:] = 0.5
    assert leiden(fc, 3, 0, 0.3, quality="potts")[1].tolist() == [0] * 4 + [1] * 4
    assert leiden(fc, 3, 0, 0.6, quality="potts")[1].tolist() == list(range(8))
    assert leiden(fc, 3, 0, 0.5)[1].tolist() == [0] * 8
    assert leiden(fc, 3, 0, 3.0)[1].max() > 1


def test_seeds_stacks_and_matrices_without_weight():
    module = igraph()
    stack = np.stack([fixed_fc(1.7), -np.ones((40, 40)), fixed_fc(0.3)])
    state = random.getstate()
    q, labels = leiden(stack, 3, 7)
    assert random.getstate() == state  # the generator of the process is left alone
    module.Graph.Erdos_Renyi(9, 0.5)
    assert random.getstate() != state  # and igraph draws from it again
    assert np.isnan(q[1])
    np.testing.assert_array_equal(labels[1], np.arange(40))
    again_q, again = leiden(stack[2], 3, 7)
    assert again_q == q[2]
    np.testing.assert_array_equal(again, labels[2])


def test_bad_input():
    igraph()
    with pytest.raises(ConfigError, match="at least one run"):
        leiden(np.eye(3), 0, 0)
    with pytest.raises(DataError, match="square"):
        leiden(np.ones((2, 3)), 1, 0)


def test_the_extra_is_named_when_it_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "igraph", None)
    with pytest.raises(ConfigError, match=r"needs the package igraph(.|\n)*netmod\[communities\]"):
        leiden(np.eye(3), 1, 0)
