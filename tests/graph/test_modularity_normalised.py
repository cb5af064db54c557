"""Modularity beside null networks whose modularity is known."""

import numpy as np
import pytest

from netmod.errors import ConfigError, DataError
from netmod.graph.modularity import louvain, modularity_of, normalised_modularity


def two_cliques():
    return np.kron(np.eye(2), np.ones((4, 4)))


def permuted_weights(fc, seed):
    """The same weights at random places."""
    upper = np.triu_indices(len(fc), 1)
    null = np.zeros_like(fc)
    null[upper] = np.random.default_rng(seed).permutation(fc[upper])
    return null + null.T


def test_nulls_of_known_modularity():
    # seeds tell which null network is due: k joined cliques of 4 have Q = 1 − 1 / k
    asked = []

    def cliques(fc, seed):
        asked.append(seed)
        k = 2 if len(asked) % 2 else 4
        return np.kron(np.eye(k), np.ones((8 // k, 8 // k)))

    got = normalised_modularity(two_cliques(), cliques, count=4, runs=2)
    np.testing.assert_allclose(got.null_q, [0.5, 0.75, 0.5, 0.75])
    assert got.q == pytest.approx(0.5)
    assert got.labels.tolist() == [0] * 4 + [1] * 4
    assert got.mean == pytest.approx(0.625)
    assert got.sd == pytest.approx(0.125 * np.sqrt(4 / 3))
    assert got.z == pytest.approx(-np.sqrt(3 / 4))
    assert got.ratio == pytest.approx(0.8)
    assert len(set(asked)) == 4


def test_communities_stand_out_and_noise_does_not():
    rng = np.random.default_rng(0)
    noise = np.corrcoef(rng.standard_normal((24, 60)))
    planted = noise + 0.4 * np.kron(np.eye(4), np.ones((6, 6)))
    options = {"count": 30, "runs": 5, "seed": 1}
    assert normalised_modularity(planted, permuted_weights, **options).z > 10
    assert abs(normalised_modularity(noise, permuted_weights, **options).z) < 3


def test_same_seed_same_nulls_and_the_effort_of_louvain():
    fc = np.corrcoef(np.random.default_rng(3).standard_normal((12, 20)))
    first = normalised_modularity(fc, permuted_weights, 5, 4, seed=8, quality="q_star")
    again = normalised_modularity(fc, permuted_weights, 5, 4, seed=8, quality="q_star")
    np.testing.assert_array_equal(first.null_q, again.null_q)
    assert first.q == louvain(fc, 4, 8, quality="q_star")[0]
    assert modularity_of(fc, first.labels, quality="q_star") == pytest.approx(first.q)
    other = normalised_modularity(fc, permuted_weights, 5, 4, seed=9, quality="q_star")
    assert (first.null_q != other.null_q).any()


def test_nulls_that_do_not_differ_have_no_z():
    got = normalised_modularity(two_cliques(), lambda fc, seed: fc, count=3, runs=1)
    assert np.isnan(got.z)
    assert got.ratio == pytest.approx(1.0)
    complete = normalised_modularity(
        two_cliques(), lambda fc, seed: np.ones((8, 8)) - np.eye(8), count=2, runs=1
    )
    assert complete.mean == pytest.approx(0.0)


def test_bad_input():
    with pytest.raises(ConfigError, match="count ≥ 2"):
        normalised_modularity(two_cliques(), permuted_weights, count=1)
    with pytest.raises(DataError, match="one network at a time"):
        normalised_modularity(np.ones((2, 4, 4)), permuted_weights)
    with pytest.raises(DataError, match="null network 0 does not fit"):
        normalised_modularity(two_cliques(), lambda fc, seed: np.eye(3), count=2)
    with pytest.raises(DataError, match="none in null network 0"):
        normalised_modularity(two_cliques(), lambda fc, seed: -fc, count=2)
    with pytest.raises(DataError, match="none in the network"):
        normalised_modularity(-two_cliques(), lambda fc, seed: -fc, count=2)
