"""Null graphs keep what they promise exactly, lose the rest, and say how far they mixed."""

import itertools
from collections import Counter

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netmod.errors import DataError
from netmod.graph.measures.clustering import clustering
from netmod.graph.measures.strength import degree, signed_strength
from netmod.graph.nulls import (
    distance_preserving,
    ensemble,
    lattice,
    maslov_sneppen,
    phase_randomised,
    strength_preserving,
)
from netmod.graph.rewiring import EdgeChain, SignChain


def sparse(seed, size=20, level=0.3, directed=False, signed=False):
    rng = np.random.default_rng(seed)
    w = rng.lognormal(0, 1, (size, size)) * (rng.random((size, size)) < level)
    if signed:
        w *= rng.choice([-1, 1], (size, size))
    np.fill_diagonal(w, 0)
    return w if directed else np.triu(w, 1) + np.triu(w, 1).T


def correlation_like(seed, size=20, common=0.4):
    rng = np.random.default_rng(seed)
    load = rng.uniform(-0.2, 1.2, size)
    w = np.corrcoef(common * load[:, None] * rng.standard_normal(60) + rng.normal(size=(size, 60)))
    np.fill_diagonal(w, 0)
    return (w + w.T) / 2  # correlations of numpy are symmetric up to rounding only


def weights_of(w):
    return np.sort(w[np.triu_indices(len(w), 1)])


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 14), st.booleans())
def test_swaps_keep_degrees_and_weights(seed, size, signed):
    w = sparse(seed, size, signed=signed)
    null = maslov_sneppen(w, seed)
    np.testing.assert_array_equal(null.weights, null.weights.T)
    np.testing.assert_array_equal(degree(null.weights), degree(w))
    np.testing.assert_array_equal(weights_of(null.weights), weights_of(w))
    assert not np.diagonal(null.weights).any()
    assert null.mixing.accepted <= null.mixing.attempted
    assert null.mixing.frozen == (null.mixing.accepted == 0)
    own = w != 0
    if own.any():
        same = (own & (np.sign(null.weights) == np.sign(w))).sum() / own.sum()
        assert null.mixing.overlap[-1] == pytest.approx(same)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(3, 12))
def test_directed_swaps_keep_both_degrees_and_the_input(seed, size):
    w = sparse(seed, size, directed=True)
    null = maslov_sneppen(w, seed, directed=True).weights
    for direction in ("in", "out"):
        np.testing.assert_array_equal(degree(null, True, direction), degree(w, True, direction))
    np.testing.assert_array_equal(np.sort(null, axis=1), np.sort(w, axis=1))


def chi_squared(states, expected_states):
    count = Counter(states)
    assert len(count) == expected_states
    expected = len(states) / expected_states
    return sum((n - expected) ** 2 / expected for n in count.values())


def test_every_graph_of_the_degrees_is_equally_likely():
    # 2-regular graphs of 5 regions are the 12 pentagons; a fair chain visits all alike
    ring = nx.to_numpy_array(nx.cycle_graph(5))
    states = [maslov_sneppen(ring, (7, k), 6).weights.tobytes() for k in range(600)]
    assert chi_squared(states, 12) < 31.3  # 0.1 % of chi-squared with 11 degrees of freedom


def test_every_matrix_of_the_signed_degrees_is_equally_likely():
    w = np.zeros((5, 5))
    w[np.triu_indices(5, 1)] = [1, 1, 0, -1, 0, -1, 1, -1, 0, 1]
    w = w + w.T
    pairs = np.array(list(itertools.product((-1, 0, 1), repeat=10)), dtype=np.int8)
    every = np.zeros((len(pairs), 5, 5), dtype=np.int8)
    every[:, *np.triu_indices(5, 1)] = pairs
    every += every.transpose(0, 2, 1)
    alike = np.ones(len(pairs), dtype=bool)
    for sign in (1, -1):
        alike &= ((every == sign).sum(axis=1) == (w == sign).sum(axis=0)).all(axis=1)
    assert alike.sum() == 15
    states = []
    for k in range(450):
        chain = SignChain(w, (2, k))
        chain.run(20.0)
        states.append(chain.now.tobytes())
    assert chi_squared(states, 15) < 36.1  # 0.1 % with 14 degrees of freedom


@pytest.mark.parametrize("kind", [EdgeChain, SignChain])
def test_the_list_of_a_chain_is_always_that_of_its_matrix(kind):
    w = np.sign(sparse(3, 12, 0.6, signed=True))
    chain = kind(w, 0)
    assert chain.run(15.0).accepted > 20
    row, column = np.nonzero(np.triu(chain.now != chain.background, 1))
    listed = sorted(tuple(sorted(pair)) for pair in chain.edges)
    assert listed == list(zip(row.tolist(), column.tolist(), strict=True))


def test_swaps_lose_the_structure():
    ring = nx.to_numpy_array(nx.watts_strogatz_graph(60, 6, 0.0))
    null = maslov_sneppen(ring, 1)
    assert clustering(ring).mean() == pytest.approx(0.6)
    assert clustering(null.weights).mean() < 0.2
    assert null.mixing.overlap[0] > null.mixing.overlap[-1]
    assert null.mixing.overlap[-1] == pytest.approx(null.mixing.chance, abs=0.07)
    assert null.mixing.chance == pytest.approx(6 / 59)


def test_connected_graphs_stay_connected():
    tree = nx.to_numpy_array(nx.random_labeled_tree(25, seed=3))
    for seed in range(20):
        null = maslov_sneppen(tree, seed, connected=True)
        assert nx.is_connected(nx.from_numpy_array(null.weights))
        np.testing.assert_array_equal(degree(null.weights), degree(tree))
        assert null.mixing.overlap[-1] < 0.6
    free = [maslov_sneppen(tree, seed).weights for seed in range(20)]
    assert not all(nx.is_connected(nx.from_numpy_array(one)) for one in free)


def test_a_graph_that_cannot_be_rewired_says_so():
    complete = np.ones((6, 6)) - np.eye(6)
    null = maslov_sneppen(complete, 0)
    assert null.mixing.frozen
    assert null.mixing.overlap == (1.0,) * 10
    np.testing.assert_array_equal(null.weights, complete)
    for w in (np.zeros((4, 4)), np.zeros((1, 1)), complete[:2, :2]):
        for make in (maslov_sneppen, strength_preserving, lattice):
            null = make(w, 0)
            np.testing.assert_array_equal(null.weights, w)
            assert np.isnan(null.strength_r)


def test_lattices_have_more_clustering_and_the_same_degrees():
    w = sparse(4, 40, 0.2)
    null = lattice(w, 2)
    np.testing.assert_array_equal(degree(null.weights), degree(w))
    np.testing.assert_array_equal(weights_of(null.weights), weights_of(w))
    edges = null.weights != 0
    assert clustering(edges).mean() > 2 * clustering(w != 0).mean()


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 5))
def test_lengths_and_their_weights_are_kept(seed, bins):
    rng = np.random.default_rng(seed)
    place = rng.uniform(0, 100, (18, 3))
    far = np.linalg.norm(place[:, None] - place[None, :], axis=-1)
    w = sparse(seed, 18, 0.3)
    w = w * (np.exp(-far / 60))
    null = distance_preserving(w, far, seed, bins).weights
    np.testing.assert_array_equal(degree(null), degree(w))
    ends = np.quantile(far[w > 0], np.arange(1, bins + 1) / bins)

    def joint(x):
        i, j = np.nonzero(np.triu(x, 1))
        group = np.searchsorted(ends, far[i, j], side="left")
        return sorted(zip(group.tolist(), x[i, j].tolist(), strict=True))

    assert joint(null) == joint(w)
    assert (far * (null > 0)).max() <= far[w > 0].max()


def test_distance_matters_to_the_null():
    rng = np.random.default_rng(0)
    place = rng.uniform(0, 100, (40, 3))
    far = np.linalg.norm(place[:, None] - place[None, :], axis=-1)
    near = np.triu(rng.random((40, 40)) < np.exp(-far / 20), 1)
    w = (near + near.T) * 1.0
    length = {bins: (distance_preserving(w, far, 1, bins).weights * far).sum() for bins in (1, 8)}
    own = (w * far).sum()
    assert length[1] > 1.2 * own
    assert length[8] == pytest.approx(own, rel=0.05)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_signed_nulls_keep_signs_degrees_and_weights(seed, complete):
    w = correlation_like(seed, 14) if complete else sparse(seed, 14, signed=True)
    null = strength_preserving(w, seed).weights
    np.testing.assert_array_equal(null, null.T)
    for sign in (1, -1):
        np.testing.assert_array_equal((sign * null > 0).sum(0), (sign * w > 0).sum(0))
    np.testing.assert_array_equal(weights_of(null), weights_of(w))


def test_strengths_are_kept_and_polishing_helps():
    w = correlation_like(3, 50)
    plain = strength_preserving(w, 1, polish=0.0)
    null = strength_preserving(w, 1)
    assert plain.strength_r > 0.85
    assert null.mixing.overlap[-1] == pytest.approx(null.mixing.chance, abs=0.06)
    assert null.strength_r > 0.98
    for own, other in zip(signed_strength(w), signed_strength(null.weights), strict=True):
        assert np.corrcoef(own, other)[0, 1] >= null.strength_r - 1e-12
    shuffled = w.copy()
    upper = np.triu_indices(50, 1)
    shuffled[upper] = np.random.default_rng(0).permutation(w[upper])
    shuffled = np.triu(shuffled, 1) + np.triu(shuffled, 1).T
    assert np.corrcoef(w.sum(0), shuffled.sum(0))[0, 1] < 0.5
    assert np.corrcoef(w[upper], null.weights[upper])[0, 1] < 0.9


def test_a_complete_graph_of_one_sign_keeps_its_edges_but_not_its_weights():
    w = np.abs(correlation_like(4, 30)) + 0.01
    np.fill_diagonal(w, 0)
    null = strength_preserving(w, 0)
    assert null.mixing.frozen
    assert null.strength_r > 0.95
    upper = np.triu_indices(30, 1)
    assert np.corrcoef(w[upper], null.weights[upper])[0, 1] < 0.9


def test_seeds():
    w = sparse(1)
    for make in (maslov_sneppen, strength_preserving, lattice):
        np.testing.assert_array_equal(make(w, 5).weights, make(w, 5).weights)
        assert (make(w, 5).weights != make(w, 6).weights).any()
    many = ensemble(maslov_sneppen, w, 4, seed=2, swaps_per_edge=3.0)
    few = ensemble(maslov_sneppen, w, 2, seed=2, swaps_per_edge=3.0)
    for one, other in zip(few, many, strict=False):
        np.testing.assert_array_equal(one.weights, other.weights)
    assert len({one.weights.tobytes() for one in many}) == 4
    assert many[0].mixing.attempted == 3 * (w > 0).sum() // 2


@pytest.mark.parametrize("times", [64, 65])
def test_phase_randomisation_keeps_spectra_and_cross_spectra(times):
    rng = np.random.default_rng(times)
    series = np.cumsum(rng.standard_normal((times, 5)), axis=0) @ rng.standard_normal((5, 5))
    other = phase_randomised(series, 3)
    np.testing.assert_allclose(other.mean(0), series.mean(0), atol=1e-12)
    np.testing.assert_allclose(np.cov(other.T), np.cov(series.T), rtol=1e-10, atol=1e-10)
    a, b = np.fft.rfft(series, axis=0), np.fft.rfft(other, axis=0)
    for i in range(5):
        np.testing.assert_allclose(b[:, i] * b.conj()[:, 0], a[:, i] * a.conj()[:, 0], atol=1e-7)
    assert np.abs(other - series).max() > 0.1 * series.std()
    assert (phase_randomised(series, 4) != other).any()
    np.testing.assert_array_equal(phase_randomised(series, 3), other)


def kurtosis(x):
    return ((x - x.mean()) ** 4).mean() / x.var() ** 2


def test_phase_randomisation_makes_series_gaussian():
    bursts = np.random.default_rng(0).standard_t(3, (2048, 2))
    assert kurtosis(bursts[:, 0]) > 6
    assert kurtosis(phase_randomised(bursts, 1)[:, 0]) == pytest.approx(3.0, abs=0.5)


def test_bad_input():
    w = sparse(0)
    with pytest.raises(DataError, match="asymmetric"):
        maslov_sneppen(sparse(0, directed=True), 0)
    with pytest.raises(DataError, match="several components"):
        maslov_sneppen(np.kron(np.eye(2), np.ones((3, 3))), 0, connected=True)
    with pytest.raises(DataError, match="a directed graph"):
        maslov_sneppen(w, 0, connected=True, directed=True)
    with pytest.raises(DataError, match="not negative"):
        lattice(-w, 0)
    with pytest.raises(DataError, match=r"\[3, 3\] and 10 bins"):
        distance_preserving(w, np.ones((3, 3)), 0)
    with pytest.raises(DataError, match="0 bins"):
        distance_preserving(w, w, 0, bins=0)
    with pytest.raises(DataError, match=r"sorts in \(0, 1\]"):
        strength_preserving(w, 0, sorts=0.0)
    with pytest.raises(DataError, match="1 or more"):
        ensemble(maslov_sneppen, w, 0, 0)
    with pytest.raises(DataError, match=r"constant series(.|\n)*region 1\n"):
        phase_randomised(np.column_stack([np.arange(9.0), np.ones(9)]), 0)
