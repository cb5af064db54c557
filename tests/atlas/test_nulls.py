"""Nulls of maps: permutations that are some, likeness kept, errors at their nominal rate."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import nnls

from netmod.atlas import Atlas, load_atlas
from netmod.atlas.nulls import (
    _fit,
    _Variogram,
    distance_surrogates,
    label_permutations,
    p_value,
    spin_permutations,
)
from netmod.atlas.surface import read_surface
from netmod.errors import ConfigError, DataError

DK = load_atlas("dk84")
CORTEX = DK.cortex


def cortical(points: np.ndarray, side: tuple[str, ...]) -> Atlas:
    n = len(points)
    return Atlas(
        name="ball",
        region=tuple(f"r{i}" for i in range(n)),
        label=("",) * n,
        hemisphere=side,
        network=("Default",) * n,
        kind=("cortex",) * n,
        centroids_mm=points,
        weights=np.zeros((n, n)),
        lengths_mm=np.zeros((n, n)),
    )


def ball(half: int = 40) -> Atlas:
    """Return two mirrored hemispheres, each a Fibonacci sphere of parcels."""
    k = np.arange(half) + 0.5
    z, turn = 1 - 2 * k / half, np.pi * (1 + 5**0.5) * k
    sphere = np.stack([np.cos(turn) * np.sqrt(1 - z**2), np.sin(turn) * np.sqrt(1 - z**2), z], 1)
    left = 30.0 * sphere + [-40.0, 0.0, 0.0]
    return cortical(np.vstack([left, left * [-1, 1, 1]]), ("L",) * half + ("R",) * half)


def distances(points: np.ndarray) -> np.ndarray:
    return np.linalg.norm(points[:, None] - points[None], axis=-1)


def smooth_maps(distance: np.ndarray, reach: float, n: int, rng: np.random.Generator) -> np.ndarray:
    """Return maps [n, N] of an exponential covariance."""
    root = np.linalg.cholesky(np.exp(-distance / reach) + 1e-9 * np.eye(len(distance)))
    return rng.standard_normal((n, len(distance))) @ root.T


def morans_i(maps: np.ndarray, distance: np.ndarray) -> np.ndarray:
    """Return Moran's I of maps [n, N] with inverse distances as weights."""
    weight = np.divide(1.0, distance, out=np.zeros_like(distance), where=distance > 0)
    centred = maps - maps.mean(axis=1, keepdims=True)
    top = ((centred @ weight) * centred).sum(axis=1) / weight.sum()
    return top / (centred**2).mean(axis=1)


def variogram(maps: np.ndarray, distance: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return half the mean squared difference in bins of distance, by counting."""
    i, j = np.triu_indices(len(distance), 1)
    place = np.digitize(distance[i, j], edges) - 1
    half = 0.5 * (maps[:, i] - maps[:, j]) ** 2
    return np.stack([half[:, place == b].mean(axis=1) for b in range(len(edges) - 1)], axis=1)


# permutations


def test_spins_are_permutations_that_keep_hemispheres():
    spins = spin_permutations(DK, 50, 1)
    assert spins.shape == (50, 68)
    np.testing.assert_array_equal(np.sort(spins, axis=1), np.tile(np.arange(68), (50, 1)))
    side = np.array([s for s, c in zip(DK.hemisphere, CORTEX, strict=True) if c])
    assert (side[spins] == side).all()
    assert len({tuple(row) for row in spins}) == 50
    np.testing.assert_array_equal(spins, spin_permutations(DK, 50, 1))
    assert not np.array_equal(spins, spin_permutations(DK, 50, 2))


def test_mirrored_hemispheres_turn_together():
    spins = spin_permutations(ball(), 30, 3)
    np.testing.assert_array_equal(spins[:, 40:], spins[:, :40] + 40)


def test_spins_are_near_rotations():
    atlas = ball(100)
    centre = np.where(np.arange(200) < 100, -40.0, 40.0)[:, None] * [1.0, 0.0, 0.0]
    sphere = (atlas.centroids_mm - centre) / 30.0
    for row in spin_permutations(atlas, 10, 4):
        moved = sphere[row]
        # the best rotation of the left half (Kabsch) brings each parcel near its new place
        u, _, vt = np.linalg.svd(moved[:100].T @ sphere[:100])
        turn = u @ np.diag([1, 1, np.sign(np.linalg.det(u @ vt))]) @ vt
        error = np.linalg.norm(moved[:100] @ turn - sphere[:100], axis=1)
        assert np.sqrt((error**2).mean()) < 0.2  # parcels lie 0.35 apart


def test_spins_turn_the_surface_where_there_is_one():
    from nilearn.datasets import load_fsaverage

    atlas = load_atlas("schaefer100")
    surface, sphere = read_surface(atlas), load_fsaverage("fsaverage5")["sphere"].parts
    where = np.vstack(
        [
            np.asarray(sphere[part].coordinates)[surface[side] == region].mean(axis=0)
            for side, part in (("L", "left"), ("R", "right"))
            for region in np.flatnonzero(atlas.cortex & (np.array(atlas.hemisphere) == side))
        ]
    )
    where /= np.linalg.norm(where, axis=1, keepdims=True)
    for row in spin_permutations(atlas, 20, 6):
        for half in (slice(0, 50), slice(50, 100)):
            # a turned coordinate is a linear function of the places, but where the medial wall
            # comes to lie, whose hole the nearest parcels must fill
            design = np.column_stack([where[half], np.ones(50)])
            left_over = np.linalg.lstsq(design, where[row][half], rcond=None)[1].sum()
            assert left_over < 0.25 * ((where[row][half] - where[half].mean(axis=0)) ** 2).sum()
    flat = dataclasses.replace(atlas, folder=None)
    assert not np.array_equal(spin_permutations(flat, 1, 6), spin_permutations(atlas, 1, 6))


def test_rotations_are_drawn_evenly():
    # where the pole goes is even over the sphere: mean 0 and second moments 1/3
    atlas = ball(60)
    sphere = (atlas.centroids_mm[:60] + np.array([40.0, 0.0, 0.0])) / 30.0
    moved = sphere[spin_permutations(atlas, 800, 5)[:, 7]]
    np.testing.assert_allclose(moved.mean(axis=0), 0.0, atol=0.08)
    np.testing.assert_allclose(moved.T @ moved / 800, np.eye(3) / 3, atol=0.05)


def test_spins_need_hemispheres_with_regions():
    few = cortical(np.eye(4)[:, :3] * 10.0, ("L", "L", "L", "R"))
    with pytest.raises(ConfigError, match="R: 1"):
        spin_permutations(few, 5, 0)
    with pytest.raises(ConfigError, match="n of at least 1"):
        spin_permutations(DK, 0, 0)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=10, deadline=None)
def test_labels_are_permuted_within_hemisphere_and_kind(seed):
    drawn = label_permutations(DK, 3, seed)
    np.testing.assert_array_equal(np.sort(drawn, axis=1), np.tile(np.arange(84), (3, 1)))
    group = np.array([f"{s}{k}" for s, k in zip(DK.hemisphere, DK.kind, strict=True)])
    assert (group[drawn] == group).all()
    np.testing.assert_array_equal(drawn, label_permutations(DK, 3, seed))


# surrogates


@pytest.mark.parametrize("reach", [25.0, 40.0, 80.0])
def test_surrogates_have_the_variogram_and_moran_of_their_maps(reach):
    distance = distances(ball(60).centroids_mm[:60])
    rng = np.random.default_rng(11)
    maps = smooth_maps(distance, reach, 20, rng)
    made = np.vstack([distance_surrogates(x, distance, 30, k) for k, x in enumerate(maps)])
    shuffled = np.vstack([[rng.permutation(x) for _ in range(30)] for x in maps])
    edges = np.quantile(distance[np.triu_indices(60, 1)], np.linspace(0.0, 0.25, 6))
    own, kept, lost = (variogram(x, distance, edges).mean(axis=0) for x in (maps, made, shuffled))
    # one map's bins are jagged: the means over maps agree, within what two terms can follow
    np.testing.assert_allclose(kept, own, rtol=0.2)
    assert lost[0] > 1.5 * own[0]
    # beyond the matched distances the surrogates level off higher, hence a little above the maps
    moran = morans_i(maps, distance).mean()
    assert 0.7 * moran < morans_i(made, distance).mean() < moran + 0.05
    assert morans_i(shuffled, distance).mean() < 0.0
    np.testing.assert_allclose(made.mean(axis=1), 0.0, atol=1e-12)


def test_maps_without_likeness_get_surrogates_without():
    distance = distances(ball(60).centroids_mm[:60])
    maps = np.random.default_rng(1).standard_normal((20, 60))
    made = np.vstack([distance_surrogates(x, distance, 30, k) for k, x in enumerate(maps)])
    # chance slopes of a variogram are followed upwards only, hence a little above 0
    assert -0.02 < morans_i(made, distance).mean() < 0.04
    assert made.var(axis=1).mean() == pytest.approx(maps.var(), rel=0.25)


def test_the_variogram_and_its_fit_are_those_of_the_equations():
    rng = np.random.default_rng(3)
    distance = distances(rng.uniform(-50, 50, (15, 3)))
    x = rng.standard_normal(15)
    pairs = [(i, j) for i in range(15) for j in range(i)]
    apart = [distance[p] for p in pairs]
    near = [p for p, d in zip(pairs, apart, strict=True) if d <= np.percentile(apart, 25)]
    low, high = min(apart), max(distance[p] for p in near)
    step = (high - low) / 24
    expected = []
    for h in low + step * np.arange(25):
        weight = [np.exp(-((2.68 * (distance[p] - h) / (3 * step)) ** 2) / 2) for p in near]
        half = [(x[i] - x[j]) ** 2 / 2 for i, j in near]
        expected.append(np.dot(weight, half) / sum(weight))
    np.testing.assert_allclose(_Variogram(distance).of(x[None])[0], expected, rtol=1e-9)
    found, target = rng.uniform(0.1, 2.0, (40, 25)), rng.uniform(0.1, 2.0, 25)
    found[:10] += 3 * target  # slopes of both signs, offsets of both signs
    found[10:20] = np.abs(target - rng.uniform(0.0, 0.3, (10, 1)))
    slope, offset, residual = _fit(found, target)
    for row, s, o, r in zip(found, slope, offset, residual, strict=True):
        best, norm = nnls(np.stack([row, np.ones(25)], axis=1), target)
        np.testing.assert_allclose([s, o, r], [*best, norm**2], atol=1e-9)


def test_kept_values_are_the_very_values():
    values = DK.map("PVALB")
    distance = distances(DK.centroids_mm)
    made = distance_surrogates(values, distance, 20, 3, keep_values=True)
    held = np.isfinite(values)
    assert not held.all()
    assert np.isnan(made[:, ~held]).all()
    for row in made[:, held]:
        np.testing.assert_array_equal(np.sort(row), np.sort(values[held]))
    assert morans_i(made[:, held], distance[np.ix_(held, held)]).mean() > 0.0


def test_surrogates_follow_the_seed_and_not_the_number():
    values, distance = DK.map("BDNF")[CORTEX], distances(DK.centroids_mm[CORTEX])
    one = distance_surrogates(values, distance, 5, 7)
    np.testing.assert_array_equal(one, distance_surrogates(values, distance, 5, 7))
    assert not np.array_equal(one, distance_surrogates(values, distance, 5, 8))
    assert len({tuple(row) for row in distance_surrogates(values, distance, 70, 7)}) == 70


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_surrogates_scale_with_the_map_and_not_with_the_unit_of_distance(scale):
    values, distance = DK.map("SST")[CORTEX], distances(DK.centroids_mm[CORTEX])
    made = distance_surrogates(values, distance, 5, 7)
    np.testing.assert_allclose(
        distance_surrogates(values * scale, distance / 10.0, 5, 7), made * scale, rtol=1e-6,
        atol=1e-9 * scale,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("values", "distance", "match"),
    [
        (np.arange(20.0), np.ones((19, 19)), "do not fit"),
        (np.arange(20.0), np.zeros((20, 20)), "not distances"),
        (np.arange(20.0), np.triu(np.ones((20, 20)), 1), "not distances"),
        (np.full(20, 2.0), np.ones((20, 20)), "without a variogram"),
        (np.where(np.arange(20) < 9, 1.0, np.nan), np.ones((20, 20)), "without a variogram"),
    ],
)
def test_what_has_no_surrogates_is_told(values, distance, match):
    with pytest.raises(DataError, match=match):
        distance_surrogates(values, distance, 5, 0)
    with pytest.raises(ConfigError):
        distance_surrogates(np.arange(20.0), np.ones((20, 20)), 0, 0)


# errors of the first kind


def standard(maps: np.ndarray) -> np.ndarray:
    centred = maps - maps.mean(axis=1, keepdims=True)
    return centred / np.linalg.norm(centred, axis=1, keepdims=True)


def correlate(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return (standard(first) * standard(second)).sum(axis=1)


def share_below_5_percent(first, second, nulls) -> float:
    """Return how often p <= 0.05 when nulls of each first map meet its second one."""
    observed = correlate(first, second)
    found = [
        p_value(r, correlate(nulls(k, x), y[None]))
        for k, (x, y, r) in enumerate(zip(first, second, observed, strict=True))
    ]
    return float(np.mean(np.array(found) <= 0.05))


def test_false_alarms_are_near_nominal_with_nulls_that_keep_likeness():
    """Correlate pairs of smooth maps that have nothing to do with each other, at p <= 0.05."""
    atlas = ball(50)
    half = distances(atlas.centroids_mm)[:50, :50]
    rng = np.random.default_rng(21)
    first, second = (smooth_maps(half, 40.0, 200, rng) for _ in range(2))
    # both hemispheres alike, as brains are: the right one mirrors the left one
    pair = np.tile(first, 2), np.tile(second, 2)
    spins, shuffles = spin_permutations(atlas, 199, 22), label_permutations(atlas, 199, 23)

    def surrogates(seed: int, x: np.ndarray) -> np.ndarray:
        return distance_surrogates(x, half, 99, seed)

    shuffled = share_below_5_percent(*pair, lambda _, x: x[shuffles])
    assert shuffled > 0.3
    # 200 draws at 0.05: within 2.6 standard errors
    assert 0.01 <= share_below_5_percent(*pair, lambda _, x: x[spins]) <= 0.09
    assert 0.01 <= share_below_5_percent(first, second, surrogates) <= 0.09
    # and what is there is found
    first, related = first[:50], (0.8 * first + 0.6 * second)[:50]
    pair = np.tile(first, 2), np.tile(related, 2)
    assert share_below_5_percent(*pair, lambda _, x: x[spins]) > 0.8
    assert share_below_5_percent(first, related, surrogates) > 0.8


# p


EIGHTHS = st.integers(-40, 40).map(lambda k: k / 8)


@given(st.lists(EIGHTHS, min_size=1, max_size=50), EIGHTHS, st.booleans())
def test_p_counts_the_observed_one_too(null, observed, two_sided):
    p = p_value(observed, null, two_sided=two_sided)
    count = sum(abs(x) >= abs(observed) if two_sided else x >= observed for x in null)
    assert p == (count + 1) / (len(null) + 1)
    assert 1 / (len(null) + 1) <= p <= 1


def test_a_tie_by_rounding_is_a_tie():
    assert p_value(0.1 + 0.2, [0.3], two_sided=False) == 1.0
    assert p_value(-0.3, [0.1 + 0.2 - 1e-16, 0.0]) == pytest.approx(2 / 3)


@pytest.mark.parametrize(("observed", "null"), [(0.0, []), (np.nan, [1.0]), (0.0, [np.nan])])
def test_p_of_nothing_is_refused(observed, null):
    with pytest.raises(DataError):
        p_value(observed, null)
