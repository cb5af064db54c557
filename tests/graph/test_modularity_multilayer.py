"""Multilayer modularity against its sum over pairs, its limits and exhaustive search."""

import numpy as np
import pytest

from netmod.errors import ConfigError, DataError
from netmod.graph.communities_in_time import flexibility
from netmod.graph.modularity import louvain, modularity_of, multilayer_modularity


def windows(seed, times=4, regions=10):
    """FC of windows: three networks, noise of its own in each window."""
    rng = np.random.default_rng(seed)
    own = np.arange(regions) % 3
    layers = []
    for _ in range(times):
        signals = rng.standard_normal((40, 3))
        layers.append(np.corrcoef((rng.standard_normal((40, regions)) + signals[:, own]).T))
    return np.stack(layers)


def by_definition(layers, labels, gamma, omega, coupling):
    """Mucha 2010, one pair after the other."""
    times, size, _ = layers.shape
    total, scale = 0.0, 0.0
    for s in range(times):
        w = np.maximum(layers[s], 0)
        np.fill_diagonal(w, 0)
        k = w.sum(1)
        scale += k.sum()
        for i in range(size):
            for j in range(size):
                if labels[s, i] == labels[s, j]:
                    total += w[i, j] - gamma * k[i] * k[j] / k.sum()
        for r in range(times):
            if r != s and (coupling == "categorical" or abs(r - s) == 1):
                scale += size * omega
                total += omega * (labels[s] == labels[r]).sum()
    return total / scale


@pytest.mark.parametrize("coupling", ["ordinal", "categorical"])
@pytest.mark.parametrize(("gamma", "omega"), [(1.0, 1.0), (1.3, 0.2), (0.8, 0.0)])
def test_q_is_the_sum_over_pairs(coupling, gamma, omega):
    layers = windows(0)
    got = multilayer_modularity(layers, 3, 0, gamma, omega, coupling=coupling)
    for q, labels in zip(got.q, got.labels, strict=True):
        expected = by_definition(layers, labels, gamma, omega, coupling)
        assert q == pytest.approx(expected, abs=1e-12)


def partitions(size):
    stack = [(0,)]
    while stack:
        one = stack.pop()
        if len(one) == size:
            yield one
        else:
            stack += [(*one, label) for label in range(max(one) + 2)]


@pytest.mark.parametrize("omega", [0.1, 0.5])
def test_two_layers_of_three_regions_reach_the_exhaustive_maximum(omega):
    layers = np.abs(windows(2, times=2, regions=3))
    best = max(
        by_definition(layers, np.reshape(one, (2, 3)), 1.0, omega, "ordinal")
        for one in partitions(6)
    )
    got = multilayer_modularity(layers, 10, 0, omega=omega)
    assert got.q.max() == pytest.approx(best, abs=1e-12)
    assert by_definition(layers, got.best, 1.0, omega, "ordinal") == pytest.approx(best)


def test_one_layer_is_louvain():
    fc = windows(1, times=1, regions=20)
    got = multilayer_modularity(fc, 8, 3)
    q, labels = louvain(fc[0], 8, 3)
    assert got.q.max() == pytest.approx(q, abs=1e-12)
    np.testing.assert_array_equal(got.best[0], labels)


def test_layers_that_are_not_tied_are_cut_alone():
    layers = windows(3)
    got = multilayer_modularity(layers, 20, 0, omega=0.0)
    weights = np.maximum(layers, 0).sum(axis=(1, 2)) - 10
    alone = louvain(layers, 20, 0)[0]
    assert got.q.max() == pytest.approx((weights * alone).sum() / weights.sum(), abs=1e-9)
    # no community reaches over layers
    for s in range(3):
        assert not set(got.best[s]) & set(got.best[s + 1])


def test_tight_ties_hold_one_partition():
    layers = windows(4)
    got = multilayer_modularity(layers, 20, 0, omega=50.0)
    assert (got.labels == got.labels[:, :1]).all()
    # no other partition that is held through all layers is better
    rng = np.random.default_rng(0)
    for _ in range(30):
        other = np.where(rng.random(10) < 0.2, rng.integers(0, 4, 10), got.best[0])
        q = by_definition(layers, np.tile(other, (4, 1)), 1.0, 50.0, "ordinal")
        assert q <= got.q.max() + 1e-12


def test_equal_layers_keep_the_partition_of_one():
    fc = windows(5, times=1, regions=12)[0]
    got = multilayer_modularity(np.stack([fc] * 5), 10, 0, omega=1.0)
    mass = np.maximum(fc, 0).sum() - 12
    ties = 2 * 12 * 4
    alone = modularity_of(fc, got.best[0])
    assert got.q.max() == pytest.approx((5 * mass * alone + ties) / (5 * mass + ties))
    assert (flexibility(got.labels) == 0).all()


def test_a_region_that_changes_sides_is_flexible():
    own = np.array([0] * 6 + [1] * 6)
    layers = []
    for t in range(6):
        labels = own.copy()
        labels[0] = 0 if t < 3 else 1
        layers.append(np.where(labels[:, None] == labels[None, :], 0.8, 0.05))
    got = multilayer_modularity(np.stack(layers), 10, 0, omega=0.5)
    changes = flexibility(got.best)
    assert changes[0] == pytest.approx(1 / 5)
    assert (changes[1:] == 0).all()


def test_signed_layers_and_layers_without_weight():
    layers = windows(6)
    layers[2] = np.eye(10)  # nothing to cut: its regions follow their ties
    got = multilayer_modularity(layers, 5, 0, quality="q_star")
    np.testing.assert_array_equal(got.best[2], got.best[1])
    assert np.isfinite(got.q).all()


def test_same_seed_same_runs():
    layers = windows(7)
    one, two = (multilayer_modularity(layers, 4, 5) for _ in range(2))
    np.testing.assert_array_equal(one.q, two.q)
    np.testing.assert_array_equal(one.labels, two.labels)


def test_bad_input():
    layers = windows(0)
    with pytest.raises(ConfigError, match="at least one run"):
        multilayer_modularity(layers, 0, 0)
    with pytest.raises(ConfigError, match="ω ≥ 0"):
        multilayer_modularity(layers, 1, 0, omega=-1.0)
    with pytest.raises(ConfigError, match="expected: ordinal or categorical"):
        multilayer_modularity(layers, 1, 0, coupling="ring")
    with pytest.raises(ConfigError, match="number of time points"):
        multilayer_modularity(layers, 1, 0, quality="random_modes")
    with pytest.raises(DataError, match=r"T, N, N(.|\n)*got: shape \[10, 10\]"):
        multilayer_modularity(layers[0], 1, 0)
    with pytest.raises(DataError, match="longer steps"):
        multilayer_modularity(np.broadcast_to(np.eye(7), (1000, 7, 7)), 1, 0)
    with pytest.raises(DataError, match="layers without weight"):
        multilayer_modularity(-np.ones((2, 3, 3)), 1, 0)
    with pytest.raises(DataError, match="NaN"):
        multilayer_modularity(np.full((2, 3, 3), np.nan), 1, 0)
