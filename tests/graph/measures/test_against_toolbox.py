"""The brain-connectivity toolbox: frozen values of bctpy 0.6.1, and all graphs where installed."""

import warnings

import numpy as np
import pytest

from netmod.graph.measures.centrality import betweenness, eigenvector_centrality
from netmod.graph.measures.clustering import clustering, signed_clustering, transitivity
from netmod.graph.measures.core import core_periphery, s_core
from netmod.graph.measures.mixing import assortativity, rich_club, weighted_rich_club
from netmod.graph.measures.modules import diversity, signed_participation, within_module_z
from netmod.graph.measures.paths import (
    eccentricity,
    global_efficiency,
    local_efficiency,
    path_length,
)
from netmod.graph.thresholds import proportional, spanning_tree, tree_proportional

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
S = U.copy()
for pair in ((0, 2), (2, 4), (3, 5)):
    S[pair] = S[pair[::-1]] = -S[pair]
D = U.copy()
D[0, 1] = D[3, 2] = D[4, 3] = D[5, 0] = 0.0
D[2, 3] = 0.1
LABELS = [1, 1, 1, 2, 2, 2]
CLOSE = {"rtol": 0, "atol": 1e-10}

ONNELA = [0.2339392443576437, 0.701817733072931, 0.2083108101169874,
          0.1826823758763311, 0.5480471276289933, 0.0]  # fmt: skip


def test_frozen_clustering_and_paths():
    np.testing.assert_allclose(clustering(U), ONNELA, **CLOSE)
    assert transitivity(U) == pytest.approx(0.24997297214038483, abs=1e-12)
    assert global_efficiency(U) == pytest.approx(0.40807205306014205, abs=1e-12)
    # neighbours of every region are joined by direct edges only, which makes both the same here
    np.testing.assert_allclose(local_efficiency(U, definition="rubinov"), ONNELA, **CLOSE)
    assert path_length(U) == pytest.approx(3.2161375661375673, abs=1e-12)
    np.testing.assert_allclose(
        eccentricity(U),
        [5.75, 5.095238095238096, 3.666666666666667, 4.5, 5.75, 5.095238095238096],
        **CLOSE,
    )
    np.testing.assert_allclose(
        clustering(D, directed=True),
        [0.2807270932291724, 0.701817733072931, 0.0957852983699233,
         0.0640999809025515, 0.1602499522563787, 0.0],
        **CLOSE,
    )  # fmt: skip
    np.testing.assert_allclose(
        signed_clustering(S),
        [-0.4516129032258064, -0.4444444444444445, -0.3155216284987278,
         -0.1129943502824859, -0.5555555555555556, 0.0],
        **CLOSE,
    )  # fmt: skip


def test_frozen_centrality_and_mixing():
    np.testing.assert_allclose(2 * betweenness(U, normalised=False), [0, 0, 10, 12, 0, 0], **CLOSE)
    np.testing.assert_allclose(
        eigenvector_centrality(U),
        [0.4396281228792359, 0.4856152764732531, 0.5184438876562671,
         0.404206046239784, 0.3065746562958224, 0.2115426776838217],
        **CLOSE,
    )  # fmt: skip
    assert assortativity(U) == pytest.approx(-0.35, abs=1e-10)
    assert assortativity(U, binary=True) == pytest.approx(-0.4358974358974359, abs=1e-10)
    assert weighted_rich_club(U)[2] == pytest.approx(0.5294117647058824, abs=1e-12)
    division = core_periphery(U)
    assert division.core.tolist() == [True, True, True, True, False, False]
    assert division.coreness == pytest.approx(0.23484848484848497, abs=1e-12)
    assert core_periphery(D).coreness == pytest.approx(0.21666666666666667, abs=1e-12)
    assert [s_core(U, s).sum() for s in (1.0, 1.4, 1.6)] == [5, 0, 0]


def test_frozen_roles_in_communities():
    np.testing.assert_allclose(
        within_module_z(U, LABELS),
        [-0.162221421130762, 1.297771369046101, -1.135549947915337,
         1.372812945967288, -0.3922322702763684, -0.9805806756909208],
        **CLOSE,
    )  # fmt: skip
    positive, negative = signed_participation(S, LABELS)
    np.testing.assert_allclose(
        positive, [0.2975206611570248, 0, 0.486111111111111, 0.4733727810650887, 0, 0], **CLOSE
    )
    np.testing.assert_allclose(negative, [0, np.nan, 0.4897959183673468, 0, 0, 0], **CLOSE)
    positive, negative = diversity(S, LABELS)
    np.testing.assert_allclose(
        positive, [0.6840384356390419, 0, 0.9798687566511527, 0.961236604722876, 0, 0], **CLOSE
    )
    np.testing.assert_allclose(negative, [0, np.nan, 0.9852281360342514, 0, 0, 0], **CLOSE)


def test_frozen_thresholds():
    kept = np.zeros((6, 6))
    for pair in ((0, 1), (1, 2), (2, 3), (3, 4), (3, 5)):
        kept[pair] = kept[pair[::-1]] = U[pair]
    np.testing.assert_array_equal(spanning_tree(U), kept)
    kept[0, 2] = kept[2, 0] = 0.4
    np.testing.assert_array_equal(proportional(U, 0.4), kept)
    kept[2, 4] = kept[4, 2] = 0.3
    np.testing.assert_array_equal(tree_proportional(U, 7 / 15), kept)


@pytest.mark.parametrize(
    "first", [0, *(pytest.param(first, marks=pytest.mark.slow) for first in range(80, 560, 80))]
)
def test_eighty_random_graphs_of_each_kind(make_graph, first):
    bct = pytest.importorskip("bct", reason="bctpy is not a dependency; its values stand above")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for seed in range(first, first + 80):
            check_undirected(bct, make_graph(seed))
            check_signed(bct, make_graph(seed, signed=True))
            y = make_graph(seed, directed=True)
            relative = y / y.max() if y.any() else y
            np.testing.assert_allclose(
                clustering(y, directed=True), bct.clustering_coef_wd(relative), **CLOSE
            )
            reference = bct.transitivity_wd(relative)
            if reference > 0:  # it is 0 there whenever one region has no possible triangle
                assert transitivity(y, directed=True) == pytest.approx(reference, abs=1e-10)


def check_undirected(bct, w):
    edges = (w > 0).astype(float)
    relative = w / w.max() if w.any() else w
    inverse = np.divide(1.0, w, out=np.zeros_like(w), where=w > 0)
    np.testing.assert_allclose(clustering(w), bct.clustering_coef_wu(relative), **CLOSE)
    assert global_efficiency(w) == pytest.approx(bct.efficiency_wei(w), abs=1e-10)
    np.testing.assert_allclose(
        local_efficiency(w, definition="rubinov"), bct.efficiency_wei(relative, "original"), **CLOSE
    )
    np.testing.assert_allclose(
        2 * betweenness(w, normalised=False), bct.betweenness_wei(inverse), **CLOSE
    )
    np.testing.assert_array_equal(s_core(w, 1.5), bct.score_wu(w, 1.5)[0].any(axis=1))
    for own, reference in (
        (transitivity(w), bct.transitivity_wu(relative)),
        (assortativity(w), bct.assortativity_wei(w)),
        (assortativity(w, True), bct.assortativity_bin(edges)),
    ):
        if np.isfinite(reference) and np.isfinite(own):
            assert own == pytest.approx(reference, abs=1e-10)
    if w.any():
        # levels there begin at 1, and a club that is the whole graph is left out of the weighted
        np.testing.assert_allclose(rich_club(w)[1:], bct.rich_club_bu(edges)[0][:-1], **CLOSE)
        weighted = bct.rich_club_wu(w)
        known = np.isfinite(weighted)
        np.testing.assert_allclose(weighted_rich_club(w)[known], weighted[known], **CLOSE)
        assert core_periphery(w).coreness >= bct.core_periphery_dir(w, seed=1)[1] - 1e-10


def check_signed(bct, x):
    labels = np.unique(np.arange(len(x)) % 3, return_inverse=True)[1] + 1
    top = np.abs(x).max() or 1.0
    np.testing.assert_allclose(
        signed_clustering(x),
        np.nan_to_num(bct.clustering_coef_wu_sign(x / top, "costantini")),
        **CLOSE,
    )
    np.testing.assert_allclose(
        np.nan_to_num(signed_participation(x, labels)),
        np.nan_to_num(bct.participation_coef_sign(x, labels)),
        **CLOSE,
    )
    np.testing.assert_allclose(
        np.nan_to_num(diversity(x, labels)),
        np.nan_to_num(bct.diversity_coef_sign(x, labels)),
        **CLOSE,
    )
    np.testing.assert_allclose(
        within_module_z(x, labels), bct.module_degree_zscore(x, labels), **CLOSE
    )
