"""Agreement of partitions against scikit-learn, all permutations and axioms; consensus."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netmod.errors import ConfigError, DataError
from netmod.graph.communities import (
    AGREEMENTS,
    agreement_matrix,
    chance_agreement,
    consensus,
    mean_agreement,
    normalised_mutual_information,
    variation_of_information,
    z_rand,
)
from netmod.graph.modularity import louvain_partitions, modularity_of

labels_of = st.lists(st.integers(0, 4), min_size=6, max_size=6)


def random_partitions(seed, count, regions=30, groups=4):
    return np.random.default_rng(seed).integers(0, groups, (count, regions))


@pytest.mark.parametrize("seed", range(5))
def test_mutual_information_equals_scikit_learn(seed):
    from sklearn.metrics import mutual_info_score, normalized_mutual_info_score

    a, b = random_partitions(seed, 2)
    b[:15] = a[:15]
    assert normalised_mutual_information(a, b) == pytest.approx(
        normalized_mutual_info_score(a, b), abs=1e-12
    )
    entropies = mutual_info_score(a, a) + mutual_info_score(b, b)
    expected = entropies - 2 * mutual_info_score(a, b)
    assert variation_of_information(a, b) == pytest.approx(expected, abs=1e-12)
    assert variation_of_information(a, b, normalised=True) == pytest.approx(
        expected / np.log(30), abs=1e-12
    )


@given(labels_of, labels_of, labels_of)
def test_variation_of_information_is_a_metric(a, b, c):
    ab, bc, ac = (variation_of_information(*pair) for pair in ((a, b), (b, c), (a, c)))
    assert ab >= 0
    assert ab == pytest.approx(variation_of_information(b, a), abs=1e-12)
    assert ac <= ab + bc + 1e-12
    same = normalised_mutual_information(a, b) == pytest.approx(1.0)
    assert same == (ab == pytest.approx(0.0, abs=1e-12))
    assert variation_of_information(a, b, normalised=True) <= 1 + 1e-12


@given(labels_of, labels_of, st.permutations(range(5)))
def test_names_do_not_matter(a, b, names):
    renamed = np.array(names)[a]
    for measure in AGREEMENTS.values():
        np.testing.assert_allclose(measure(renamed, b), measure(a, b), atol=1e-12)


def test_known_values():
    apart, halves = [0, 1, 2, 3], [0, 0, 1, 1]
    assert variation_of_information(apart, halves) == pytest.approx(np.log(2))
    assert variation_of_information(apart, [0] * 4, normalised=True) == pytest.approx(1.0)
    assert normalised_mutual_information(halves, [0, 1, 0, 1]) == pytest.approx(0.0)
    assert normalised_mutual_information([7] * 4, ["x"] * 4) == 1.0
    assert variation_of_information([1], [2], normalised=True) == 0.0


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ([0, 0, 1, 1], [0, 0, 1, 1]),
        ([0, 0, 0, 1, 1], [0, 1, 1, 2, 2]),
        ([0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 1, 1]),
        ([0, 0, 1, 1, 2, 2, 3], [0, 0, 0, 0, 1, 1, 1]),
    ],
)
def test_z_rand_is_the_z_score_over_all_permutations(first, second):
    def together(a, b):
        a, b = np.array(a), np.array(b)
        same = (a[:, None] == a) & (b[:, None] == b)
        return (same.sum() - len(a)) / 2

    values = np.array([together(first, order) for order in permutations(second)])
    expected = (together(first, second) - values.mean()) / values.std()
    assert z_rand(first, second) == pytest.approx(expected, abs=1e-10)


def test_z_rand_without_spread_is_not_a_number():
    assert np.isnan(z_rand([0, 0, 1], [0, 1, 1]))
    assert np.isnan(z_rand([0] * 6, [0, 0, 0, 1, 1, 1]))
    assert np.isnan(z_rand(range(6), [0, 0, 0, 1, 1, 1]))


def test_agreement_by_hand():
    partitions = [[0, 0, 1], [5, 5, 5], [0, 1, 1], [0, 1, 2]]
    expected = np.array([[4, 2, 1], [2, 4, 2], [1, 2, 4]]) / 4
    np.testing.assert_array_equal(agreement_matrix(partitions), expected)
    pairs = mean_agreement(partitions[:2])
    assert pairs["vi"] == variation_of_information(*partitions[:2])
    several = random_partitions(0, 3)
    expected = np.mean([z_rand(several[i], several[j]) for i, j in ((0, 1), (0, 2), (1, 2))])
    assert mean_agreement(several)["z_rand"] == pytest.approx(expected)


def test_chance_agreement_is_the_mean_over_permutations():
    partitions = random_partitions(1, 6, regions=20)
    rng = np.random.default_rng(2)
    draws = []
    for _ in range(400):
        shuffled = agreement_matrix(rng.permuted(partitions, axis=1))
        draws.append(shuffled[np.triu_indices(20, 1)].mean())
    assert chance_agreement(partitions) == pytest.approx(np.mean(draws), abs=1e-12)
    assert chance_agreement([[0, 0, 0, 1]]) == pytest.approx(0.5)


def test_equal_partitions_are_their_consensus():
    got = consensus([[4, 4, 2, 2], [0, 0, 1, 1]], seed=0)
    assert got.labels.tolist() == [0, 0, 1, 1]
    assert got.rounds == 0


@pytest.mark.parametrize("threshold", [None, 0.5])
def test_consensus_of_noisy_copies_is_the_original(threshold):
    rng = np.random.default_rng(3)
    own = np.repeat(np.arange(4), 8)
    noisy = np.where(rng.random((30, 32)) < 0.25, rng.integers(0, 4, (30, 32)), own)
    got = consensus(noisy, seed=1, threshold=threshold)
    np.testing.assert_array_equal(got.labels, own)
    np.testing.assert_array_equal(got.agreement, agreement_matrix(noisy))
    assert got.rounds >= 1
    # and it agrees more with the copies than they do with each other
    gain = np.mean([normalised_mutual_information(got.labels, one) for one in noisy])
    assert gain > mean_agreement(noisy)["nmi"]


def test_consensus_of_louvain_runs_keeps_the_quality():
    rng = np.random.default_rng(4)
    signals = rng.standard_normal((80, 5))[:, np.arange(40) % 5]
    fc = np.corrcoef((rng.standard_normal((80, 40)) + 0.5 * signals).T)
    q, labels = louvain_partitions(fc, 20, 0)
    got = consensus(labels, seed=0)
    assert got.labels[0] == 0
    assert modularity_of(fc, got.labels) >= np.median(q) - 0.01
    again = consensus(labels[::-1], seed=0)
    np.testing.assert_array_equal(again.agreement, got.agreement)


def test_a_region_that_agrees_with_none_stays_alone():
    partitions = [[0, 0, 0, 1, 1, 1, 0], [0, 0, 0, 1, 1, 1, 1], [0, 0, 0, 1, 1, 1, 2]]
    assert consensus(partitions, 0, threshold=0.6).labels.tolist() == [0, 0, 0, 1, 1, 1, 2]


def test_bad_input():
    with pytest.raises(DataError, match="one length"):
        z_rand([0, 1], [0, 1, 2])
    with pytest.raises(DataError, match="one length"):
        variation_of_information([], [])
    for call in (agreement_matrix, mean_agreement):
        with pytest.raises(DataError, match="none for region 1, 3"):
            call([[0, np.nan, 1, 1], [0, 0, 1, np.nan]])
    with pytest.raises(DataError, match="none for region 2"):
        z_rand([0, 0, 1, 1], [0, 0, None, 1])
    with pytest.raises(DataError, match=r"P ≥ 2(.|\n)*\[1, 3\]"):
        mean_agreement([[0, 1, 2]])
    with pytest.raises(DataError, match="partitions as rows"):
        agreement_matrix([0, 1, 2])
    with pytest.raises(DataError, match="pairs of regions"):
        chance_agreement([[0]])
    with pytest.raises(ConfigError, match="0 ≤ τ ≤ 1"):
        consensus([[0, 1]], 0, threshold=1.5)
    with pytest.raises(DataError, match="no consensus"):
        consensus([[0, 0, 1], [0, 1, 1]], 0, max_rounds=0)
