"""Operations on atlases against arithmetic by hand, networkx and invariants."""

from __future__ import annotations

import dataclasses
import json

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netmod.atlas import Atlas, load_atlas, load_effective_connectivity
from netmod.atlas.derive import content_sha256
from netmod.atlas.operations import (
    NORMALISATIONS,
    add_subcortex,
    merge_homologues,
    normalise,
    save_atlas,
    spectral_radius,
    subset,
    symmetrise,
    threshold,
)
from netmod.atlas.targets import target_notes
from netmod.errors import ConfigError

DK = load_atlas("dk84")


def made(n: int = 8, seed: int = 0, directed: bool = True, **changes) -> Atlas:
    """Return an atlas of n regions: pairs left and right, all cortex."""
    rng = np.random.default_rng(seed)
    weights = rng.uniform(0.1, 5.0, (n, n)) * (rng.random((n, n)) < 0.8)
    lengths = rng.uniform(10.0, 90.0, (n, n))
    if not directed:
        weights, lengths = weights + weights.T, lengths + lengths.T
    for matrix in (weights, lengths):
        np.fill_diagonal(matrix, 0.0)
    half = rng.uniform((-60, -90, -20), (-20, 60, 60), (n // 2, 3))
    fields = {
        "name": "made",
        "region": (*(f"lh_{i}" for i in range(n // 2)), *(f"rh_{i}" for i in range(n // 2))),
        "label": tuple(f"label {i}" for i in range(n)),
        "hemisphere": ("L",) * (n // 2) + ("R",) * (n // 2),
        "network": ("Default", "Visual") * (n // 2),
        "kind": ("cortex",) * n,
        "centroids_mm": np.vstack([half, half * [-1, 1, 1]]),
        "weights": weights,
        "lengths_mm": lengths,
        "fc": np.corrcoef(rng.standard_normal((n, 30))),
        "maps": {"m": rng.standard_normal(n)},
        "targets": {"first": (0, n // 2), "one": (1,)},
    }
    return Atlas(**{**fields, **changes})


def record(atlas: Atlas) -> dict:
    return atlas.description["operations"][-1]


# normalise


@pytest.mark.parametrize(
    ("rule", "measure", "value"),
    [
        ("spectral_radius", lambda w: np.abs(np.linalg.eigvals(w)).max(), 1.0),
        ("mean_strength", lambda w: w.sum() / len(w), 1.0),
        ("max", np.max, 1.0),
        ("mean_0.01", lambda w: w.sum() / w.size, 0.01),
        ("row_sum", lambda w: w.sum(axis=1), np.ones(84)),
    ],
)
def test_normalised_weights_have_what_the_rule_says(rule, measure, value):
    scaled = normalise(DK, rule)
    np.testing.assert_allclose(measure(scaled.weights), value, rtol=1e-10)
    told = record(scaled)
    assert told["spectral_radius"]["after"] == pytest.approx(
        np.abs(np.linalg.eigvals(scaled.weights)).max()
    )
    assert told["mean_strength"]["before"] == pytest.approx(DK.weights.sum() / 84)
    if rule != "row_sum":
        np.testing.assert_allclose(scaled.weights, DK.weights * told["factor"], rtol=1e-12)
        assert scaled.description["weights"]["directed"] is False
    else:
        assert "factor" not in told and scaled.description["weights"]["directed"] is True
    assert scaled.description["weights"]["scaling"] == NORMALISATIONS[rule]


def test_normalising_twice_changes_nothing_more():
    once = normalise(DK, "spectral_radius")
    twice = normalise(once, "spectral_radius")
    np.testing.assert_allclose(twice.weights, once.weights, rtol=1e-12)
    assert [r["operation"] for r in twice.description["operations"]] == ["normalise"] * 2
    assert record(twice)["applied_to"] == {"name": "dk84", "sha256": once.sha256}


def test_what_cannot_be_divided_by_is_named():
    weights = made().weights.copy()
    weights[2] = 0.0
    lonely = made(weights=weights)
    with pytest.raises(ConfigError, match="lh_2"):
        normalise(lonely, "row_sum")
    with pytest.raises(ConfigError, match="cannot be scaled"):
        normalise(made(weights=np.zeros((8, 8))), "max")
    with pytest.raises(ConfigError, match="did you mean 'mean_strength'"):
        normalise(lonely, "mean_strenght")


def test_the_scaling_of_cubnm_gives_the_published_spectral_radius():
    cortex = subset(load_atlas("schaefer100"), kind="cortex")
    told = record(normalise(cortex, "mean_0.01"))
    # computed from cubnm's own matrix, see the atlas's description
    assert told["spectral_radius"]["after"] == pytest.approx(1.313727, abs=5e-6)


def test_spectral_radius_of_a_directed_ring():
    ring = np.roll(np.eye(5), 1, axis=1) * 3.0
    assert spectral_radius(ring) == pytest.approx(3.0)


# threshold


@given(st.integers(0, 10**6), st.floats(0.0, 1.0), st.booleans(), st.booleans())
@settings(max_examples=40, deadline=None)
def test_a_proportional_threshold_keeps_the_strongest(seed, density, backbone, directed):
    atlas = made(10, seed, directed)
    thinned = threshold(atlas, density=density, backbone=backbone).weights
    kept, dropped = thinned > 0, (thinned == 0) & (atlas.weights > 0)
    np.testing.assert_array_equal(thinned[kept], atlas.weights[kept])
    present = int((atlas.weights > 0).sum())
    wanted = min(round(density * 90), present)
    # a symmetric matrix has every weight twice; continuous ones have no other ties
    if not backbone:
        assert wanted <= kept.sum() <= wanted + (0 if directed else 1)
        if kept.any() and dropped.any():
            assert thinned[kept].min() > atlas.weights[dropped].max()
    if not directed:
        np.testing.assert_array_equal(thinned, thinned.T)


def test_ties_at_the_cut_are_all_kept_and_counted():
    weights = np.zeros((8, 8))
    weights[0, 1:5] = [3.0, 2.0, 2.0, 2.0]
    thinned = threshold(made(weights=weights), density=2 / 56)
    assert (thinned.weights > 0).sum() == 4
    assert record(thinned)["ties"] == 3 and record(thinned)["least_kept"] == 2.0
    assert record(thinned)["density_after"] == pytest.approx(4 / 56)


def test_no_weights_have_no_threshold_to_fall_below():
    assert not threshold(made(weights=np.zeros((8, 8))), density=0.5, backbone=True).weights.any()


def test_an_absolute_threshold_is_inclusive():
    cut = float(np.median(DK.weights))
    thinned = threshold(DK, weight=cut)
    np.testing.assert_array_equal(thinned.weights, DK.weights * (DK.weights >= cut))
    np.testing.assert_array_equal(threshold(DK, weight=0.0).weights, DK.weights)
    np.testing.assert_array_equal(thinned.lengths_mm, DK.lengths_mm)


def test_the_backbone_is_the_maximum_spanning_tree():
    bare = threshold(DK, density=0.0, backbone=True).weights
    graph = nx.from_numpy_array(DK.weights)
    tree = nx.to_numpy_array(nx.maximum_spanning_tree(graph), nodelist=range(84))
    np.testing.assert_allclose(bare, tree)
    share = 210 / (84 * 83)
    thin = threshold(DK, density=share, backbone=True).weights
    assert nx.is_connected(nx.from_numpy_array(thin)) and (thin > 0).sum() == 210
    assert (thin[tree > 0] > 0).all()
    assert not nx.is_connected(nx.from_numpy_array(threshold(DK, density=share).weights))


@pytest.mark.parametrize(
    "wrong",
    [{}, {"weight": 1.0, "density": 0.5}, {"density": 1.5}, {"weight": -1.0}, {"weight": np.nan}],
)
def test_a_threshold_needs_one_sound_rule(wrong):
    with pytest.raises(ConfigError):
        threshold(DK, **wrong)


# symmetrise


def test_symmetrised_lengths_count_the_weights():
    weights, lengths = np.zeros((8, 8)), np.zeros((8, 8))
    weights[0, 1], weights[1, 0] = 3.0, 1.0
    lengths[0, 1], lengths[1, 0] = 20.0, 60.0
    lengths[2, 3] = 8.0  # no weight either way
    atlas = made(weights=weights, lengths_mm=lengths)
    both = {rule: symmetrise(atlas, rule) for rule in ("mean", "max", "upper", "lower")}
    got = {rule: (a.weights[1, 0], a.lengths_mm[0, 1]) for rule, a in both.items()}
    assert got == {
        "mean": (2.0, 30.0),
        "max": (3.0, 20.0),
        "upper": (3.0, 20.0),
        "lower": (1.0, 60.0),
    }
    assert both["mean"].lengths_mm[3, 2] == 4.0
    assert record(both["mean"])["largest_asymmetry"]["weights"] == pytest.approx(2 / 3)
    with pytest.raises(ConfigError):
        symmetrise(atlas, "median")


@given(st.integers(0, 10**6), st.sampled_from(["mean", "max", "upper", "lower"]))
@settings(max_examples=20, deadline=None)
def test_symmetrised_is_symmetric_and_stays_so(seed, rule):
    once = symmetrise(made(seed=seed), rule)
    for matrix in (once.weights, once.lengths_mm):
        np.testing.assert_array_equal(matrix, matrix.T)
    assert once.description["weights"]["directed"] is False
    np.testing.assert_allclose(symmetrise(once, rule).weights, once.weights)
    same = symmetrise(made(seed=seed, directed=False), rule)
    np.testing.assert_allclose(same.lengths_mm, made(seed=seed, directed=False).lengths_mm)


# subset


def test_a_subset_takes_everything_of_its_regions():
    fcd = np.array([[0.0, 0.5, 0.4], [0.5, 1.0, 0.6]])
    whole = dataclasses.replace(DK, fcd=fcd)
    part = subset(whole, kind="cortex", hemisphere="L")
    index = [DK.region.index(name) for name in part.region]
    assert len(index) == 34 and index == sorted(index)
    np.testing.assert_array_equal(part.fc, DK.fc[np.ix_(index, index)])
    np.testing.assert_array_equal(part.weights, DK.weights[np.ix_(index, index)])
    np.testing.assert_array_equal(part.map("HTR2A"), DK.map("HTR2A")[index])
    assert part.fcd is None and record(part)["fcd"].startswith("dropped")
    assert [part.region[i] for i in part.targets["sgacc"]] == ["L.MOFG", "L.RACG"]
    assert "hippocampus" not in part.targets
    assert set(record(part)["targets_dropped"]) == {"dlpfc_right", "hippocampus", "amygdala"}
    assert "sgacc" in record(part)["targets_trimmed"]
    assert "dlpfc_left" not in record(part)["targets_trimmed"]
    assert len(record(part)["left_out"]) == 50


def test_conditions_are_joined_by_and():
    both = subset(DK, network=["Default", "Limbic"], hemisphere="R")
    assert set(both.network) == {"Default", "Limbic"} and set(both.hemisphere) == {"R"}
    mask = np.arange(84) < 10
    assert subset(DK, mask=mask, network="Default").region == (
        "L.BSTS", "L.CMFG", "L.IPG", "L.ICG",
    )  # fmt: skip
    assert subset(DK, names=["R.CER", "L.BSTS"]).region == ("L.BSTS", "R.CER")


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({}, "needs a condition"),
        ({"names": ["L.BST"]}, "did you mean 'L.BSTS'"),
        ({"network": "Defaut"}, "did you mean 'Default'"),
        ({"kind": "stem"}, "unknown kind"),
        ({"mask": [1] * 84}, "not a mask"),
        ({"mask": np.ones(3, bool)}, "not a mask"),
        ({"kind": "cerebellum", "network": "Default"}, "no region is left"),
    ],
)
def test_a_wrong_subset_is_told(wrong, match):
    with pytest.raises(ConfigError, match=match):
        subset(DK, **wrong)


# merge_homologues


def mirrored(n: int = 8, seed: int = 1) -> Atlas:
    """Return an atlas whose halves are the same: W = [[A, B], [B, A]]."""
    rng = np.random.default_rng(seed)
    a, b = rng.uniform(0.1, 1.0, (2, n // 2, n // 2))
    np.fill_diagonal(a, 0.0)
    np.fill_diagonal(b, 0.0)
    return made(n, seed, weights=np.block([[a, b], [b, a]]), fc=None)


def test_merging_a_mirrored_brain_keeps_its_mean_dynamics():
    whole = mirrored()
    half = merge_homologues(whole)
    assert half.hemisphere == ("B",) * 4 and half.region == ("0", "1", "2", "3")
    np.testing.assert_allclose(half.weights, whole.weights[:4, :4] + whole.weights[:4, 4:])
    assert spectral_radius(half.weights) == pytest.approx(spectral_radius(whole.weights))
    state = np.arange(1.0, 5.0)
    np.testing.assert_allclose(half.weights @ state, (whole.weights @ np.tile(state, 2))[:4])
    np.testing.assert_allclose(half.centroids_mm, whole.centroids_mm[:4])
    assert half.targets == {"first": (0,), "one": (1,)}


def test_merged_fc_is_that_of_the_mean_signals():
    rng = np.random.default_rng(3)
    signals = rng.standard_normal((8, 50)) + rng.standard_normal(50)
    signals = (signals - signals.mean(1, keepdims=True)) / signals.std(1, keepdims=True)
    merged = merge_homologues(made(fc=np.corrcoef(signals)))
    np.testing.assert_allclose(merged.fc, np.corrcoef(signals[:4] + signals[4:]), atol=1e-12)
    fc = np.corrcoef(signals)
    fc[0, 1] = fc[1, 0] = np.nan
    lost = np.isnan(merge_homologues(made(fc=fc)).fc)
    assert lost[0, 1] and lost[1, 0] and lost.sum() == 2


def test_merging_dk84():
    half = merge_homologues(DK)
    assert half.n_regions == 42 and half.region[0] == "BSTS"
    told = record(half)
    assert len(told["pairs"]) == 42 and ["L.BSTS", "R.BSTS"] in told["pairs"]
    assert 0.0 < told["weight_inside_pairs_dropped"] < 0.5
    assert "L.BSTS" in told["networks_differ"]
    # two halves receive the same weight as one region of twice their mean
    pairs = [DK.target(a)[0] for a, _ in told["pairs"]]
    assert half.weights.sum() == pytest.approx(
        DK.weights.sum() / 2 * (1 - told["weight_inside_pairs_dropped"])
    )
    np.testing.assert_allclose(half.centroids_mm[:, 0] < 0, DK.centroids_mm[pairs, 0] < 0)
    assert np.isfinite(half.lengths_mm).all() and not np.diag(half.lengths_mm).any()


def test_pairs_are_those_of_the_names():
    cortex = subset(load_atlas("glasser379"), kind="cortex")
    pairs = record(merge_homologues(cortex))["pairs"]
    assert len(pairs) == 180 and all(left[2:] == right[2:] for left, right in pairs)
    assert {
        tuple(DK.index(name) for name in pair) for pair in record(merge_homologues(DK))["pairs"]
    } == set(DK.homologues())


def test_halves_that_were_drawn_apart_need_a_wider_limit():
    schaefer = subset(load_atlas("schaefer100"), kind="cortex")
    with pytest.raises(ConfigError, match="limit_mm"):
        merge_homologues(schaefer)
    told = record(merge_homologues(schaefer, limit_mm=30.0))
    assert 20.0 < told["largest_distance_mm"] < 30.0 and len(told["networks_differ"]) > 10


def test_a_midline_region_stays_and_a_lonely_one_is_refused():
    stem = made(8, hemisphere=("B", "L", "L", "L", "B", "R", "R", "R"))
    half = merge_homologues(stem)
    assert half.region == ("lh_0", "1", "2", "3", "rh_0")
    w = stem.weights
    assert half.weights[0, 1] == pytest.approx(w[0, 1] + w[0, 5])
    assert half.weights[1, 0] == pytest.approx((w[1, 0] + w[5, 0]) / 2)
    far = stem.centroids_mm.copy()
    far[5] = (90.0, 90.0, 90.0)
    with pytest.raises(ConfigError, match="lh_1, rh_1"):
        merge_homologues(dataclasses.replace(stem, centroids_mm=far))


# add_subcortex


def with_deep(seed: int = 5, scale: float = 1.0) -> Atlas:
    """Return the regions of made() and two deep ones, weights in another unit."""
    rng = np.random.default_rng(seed)
    whole = made(8, 0, directed=False)
    weights, lengths = np.zeros((10, 10)), rng.uniform(10, 90, (10, 10))
    weights[:8, :8] = whole.weights
    weights[8:, :] = rng.uniform(0.1, 1.0, (2, 10))
    weights = np.triu(weights.T, 1)
    lengths = np.triu(lengths, 1)
    return Atlas(
        name="deep",
        region=(*(f"D{i}" for i in range(8)), "L_deep", "R_deep"),
        label=(*whole.label, "left deep", "right deep"),
        hemisphere=(*whole.hemisphere, "L", "R"),
        network=(*whole.network, "Subcortex", "Subcortex"),
        kind=(*whole.kind, "subcortex", "subcortex"),
        centroids_mm=np.vstack([whole.centroids_mm, [[-10, 0, 0], [10, 0, 0]]]),
        weights=(weights + weights.T) * scale,
        lengths_mm=lengths + lengths.T,
        maps={"m": np.arange(10.0)},
        targets={"deep": (8, 9), "mixed": (0, 8), "one": (8,)},
    )


def test_the_same_cortex_gets_the_donors_links_back():
    donor, atlas = with_deep(scale=7.0), made(8, 0, directed=False)
    whole = add_subcortex(atlas, donor, rule="nearest")
    np.testing.assert_allclose(whole.weights, donor.weights / 7.0)
    np.testing.assert_allclose(whole.lengths_mm[8:, :], donor.lengths_mm[8:, :])
    np.testing.assert_array_equal(whole.lengths_mm[:8, :8], atlas.lengths_mm)
    assert record(whole)["factor"] == pytest.approx(1 / 7)
    assert whole.region[8:] == ("L_deep", "R_deep") and whole.kind[8:] == ("subcortex",) * 2
    assert np.isnan(whole.maps["m"][8:]).all() and np.isnan(whole.fc[8, :8]).all()
    assert whole.fc[9, 9] == 1.0
    assert whole.targets == {**atlas.targets, "deep": (8, 9)}
    assert add_subcortex(atlas, donor, maps=["m"]).maps["m"][8:].tolist() == [8.0, 9.0]


def split(atlas: Atlas) -> Atlas:
    """Return the atlas with its first region cut into two of half the weight each."""
    index = [0, *range(atlas.n_regions)]
    part = np.ones(len(index))
    part[:2] = 0.5
    centroids = atlas.centroids_mm[index] + 0.0
    centroids[0, 2] += 1.0
    weights = atlas.weights[np.ix_(index, index)] * np.outer(part, part)
    texts = ("label", "hemisphere", "network", "kind")
    return Atlas(
        name="split",
        region=("lh_0b", *atlas.region),
        **{name: tuple(getattr(atlas, name)[i] for i in index) for name in texts},
        centroids_mm=centroids,
        weights=weights,
        lengths_mm=atlas.lengths_mm[np.ix_(index, index)],
    )


def test_a_finer_cortex_shares_the_donors_streamlines():
    donor, fine = with_deep(), split(made(8, 0, directed=False))
    whole = add_subcortex(fine, donor, rule="nearest")
    factor = record(whole)["factor"]
    assert factor == pytest.approx(1.0)
    np.testing.assert_allclose(whole.weights[9:, 0], donor.weights[8:, 0] / 2)
    np.testing.assert_allclose(whole.weights[9:, :9].sum(1), donor.weights[8:, :8].sum(1))
    np.testing.assert_allclose(whole.lengths_mm[9:, 1], donor.lengths_mm[8:, 0])
    assert whole.description["weights"]["directed"] is False


def test_a_coarser_cortex_adds_up_and_weighs_the_lengths():
    fine, coarse = with_deep(), subset(made(8, 0, directed=False), names=[
        f"{side}_{i}" for side in ("lh", "rh") for i in range(3)
    ])  # fmt: skip
    whole = add_subcortex(coarse, fine, rule="nearest")
    factor = record(whole)["factor"]
    sums = fine.weights[8:, :8].sum(axis=1)
    np.testing.assert_allclose(whole.weights[6:, :6].sum(1), factor * sums)
    apart = np.linalg.norm(coarse.centroids_mm[:3] - fine.centroids_mm[3], axis=1)
    got = int(apart.argmin())
    w, length = fine.weights[8, [got, 3]], fine.lengths_mm[8, [got, 3]]
    assert whole.weights[6, got] == pytest.approx(factor * w.sum())
    assert whole.lengths_mm[6, got] == pytest.approx((w @ length) / w.sum())


def test_streamlines_stay_in_their_hemisphere():
    donor, atlas = with_deep(), made(8, 0, directed=False)
    medial = donor.centroids_mm.copy()
    medial[2] = atlas.centroids_mm[6]  # a left parcel of the donor right on a right one
    moved = dataclasses.replace(donor, centroids_mm=medial)
    whole = add_subcortex(atlas, moved, rule="nearest")
    factor = record(whole)["factor"]
    np.testing.assert_allclose(whole.weights[8:, 6], factor * donor.weights[8:, 6])
    for half in (slice(0, 4), slice(4, 8)):
        sent = factor * donor.weights[8:, half].sum(axis=1)
        np.testing.assert_allclose(whole.weights[8:, half].sum(axis=1), sent)


def test_shares_by_vertices_agree_with_the_shipped_atlas(tmp_path):
    """The subcortex of schaefer100 was shared from the same donor over another, finer surface."""
    shipped, donor = load_atlas("schaefer100"), load_atlas("glasser379")
    bare = load_atlas(save_atlas(subset(shipped, kind="cortex"), tmp_path / "s", origin=shipped))
    whole = add_subcortex(bare, donor)
    told = record(whole)
    assert told["sharing"]["rule"] == "overlap"
    assert told["factor"] == pytest.approx(
        shipped.description["weights"]["subcortex"]["factor"], rel=0.01
    )
    deep = [name for name in shipped.region if shipped.kind[shipped.index(name)] == "subcortex"]
    rows = [whole.index(name) for name in deep], [shipped.index(name) for name in deep]
    ours, theirs = whole.weights[rows[0], :100], shipped.weights[rows[1], :100]
    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.98
    assert ours.sum() == pytest.approx(theirs.sum(), rel=0.01)
    # nothing is lost or made on the way
    taken = [donor.index(name) for name in deep]
    sent = donor.weights[np.ix_(taken, np.flatnonzero(donor.cortex))].sum()
    assert ours.sum() == pytest.approx(told["factor"] * sent)
    near = add_subcortex(bare, donor, rule="nearest").weights[rows[0], :100]
    assert 0.7 < np.corrcoef(near.ravel(), theirs.ravel())[0, 1] < 0.98


def test_a_wrong_donor_is_told():
    atlas, donor = made(8, 0, directed=False), with_deep()
    with pytest.raises(ConfigError, match="has such regions already"):
        add_subcortex(DK, DK)
    with pytest.raises(ConfigError, match="no such regions"):
        add_subcortex(atlas, made())
    with pytest.raises(ConfigError, match="vertices cannot be compared"):
        add_subcortex(atlas, donor, rule="overlap")
    with pytest.raises(ConfigError, match="unknown rule"):
        add_subcortex(atlas, donor, rule="closest")
    with pytest.raises(ConfigError, match="L_deep"):
        add_subcortex(made(region=("L_deep", *atlas.region[1:])), donor)
    with pytest.raises(ConfigError, match="connected in both"):
        add_subcortex(made(weights=np.zeros((8, 8))), donor)
    with pytest.raises(ConfigError, match="no counterpart"):
        add_subcortex(subset(atlas, hemisphere="L"), donor)
    with pytest.raises(ConfigError, match="map of both"):
        add_subcortex(atlas, donor, maps=["GENE"])


# identity


def test_the_digest_follows_the_content():
    base = made()
    digest = content_sha256(base)
    assert digest == content_sha256(made()) and len(digest) == 64
    weights = base.weights.copy()
    weights[0, 1] = np.nextafter(weights[0, 1], np.inf)
    changed = [
        {"weights": weights},
        {"lengths_mm": base.lengths_mm.T},
        {"fc": None},
        {"fcd": np.array([[-1.0, 1.0, 1.0]])},
        {"maps": {"n": base.maps["m"]}},
        {"maps": {}},
        {"targets": {}},
        {"centroids_mm": base.centroids_mm + 1e-9},
        {"network": base.network[::-1]},
        {"region": base.region[::-1]},
    ]
    digests = {content_sha256(dataclasses.replace(base, **change)) for change in changed}
    assert len(digests | {digest}) == len(changed) + 1
    assert content_sha256(dataclasses.replace(base, description={"a": 1}, name="b")) == digest
    negative = dataclasses.replace(base, weights=np.where(base.weights == 0, -0.0, base.weights))
    assert content_sha256(negative) == digest


def test_a_derived_atlas_has_an_identity_of_its_own_and_no_fitted_weights():
    derived = normalise(DK, "max")
    assert derived.folder is None and derived.sha256 == content_sha256(derived) != DK.sha256
    load_effective_connectivity(DK, "reduced_wong_wang")
    with pytest.raises(ConfigError, match="no effective connectivity"):
        load_effective_connectivity(derived, "reduced_wong_wang")
    assert DK.description.get("operations") is None
    assert target_notes(derived) == target_notes(DK)


@pytest.mark.parametrize(
    "operate",
    [
        lambda a: normalise(a, "row_sum"),
        lambda a: threshold(a, density=0.1, backbone=True),
        lambda a: subset(a, network="Default"),
        merge_homologues,
        lambda a: add_subcortex(subset(a, kind="cortex"), a),
    ],
)
def test_a_derived_atlas_is_saved_and_read_back(operate, tmp_path):
    atlas = operate(DK)
    back = load_atlas(save_atlas(atlas, tmp_path / "new", origin=DK))
    for name in ("weights", "lengths_mm", "fc", "centroids_mm"):
        np.testing.assert_array_equal(getattr(back, name), getattr(atlas, name))
    assert back.targets == dict(atlas.targets) and back.region == atlas.region
    assert target_notes(back) == target_notes(atlas)
    assert json.loads(json.dumps(back.description["operations"])) == back.description["operations"]
    assert content_sha256(back) == content_sha256(atlas) == atlas.sha256
    assert back.licence == atlas.licence and (tmp_path / "new" / "LICENSE").is_file()
    with pytest.raises(ConfigError, match="holds something"):
        save_atlas(atlas, tmp_path / "new")


def test_the_subcortex_of_dk84_returns_to_its_cortex():
    cortex = subset(DK, kind="cortex")
    whole = add_subcortex(cortex, DK, rule="nearest")
    assert record(whole)["factor"] == pytest.approx(1.0)
    back = [whole.region.index(name) for name in DK.region if name in whole.region]
    own = [DK.region.index(name) for name in DK.region if name in whole.region]
    np.testing.assert_allclose(
        whole.weights[np.ix_(back, back)], DK.weights[np.ix_(own, own)], rtol=1e-12
    )
    assert whole.targets["hippocampus"] and target_notes(whole)["amygdala"]["doc"]
