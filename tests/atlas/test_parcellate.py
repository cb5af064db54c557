"""Averages by region against brute force, linear fields and nilearn's maskers."""

from __future__ import annotations

import dataclasses

import nibabel
import numpy as np
import pytest
from nilearn.datasets import load_fsaverage
from nilearn.maskers import NiftiLabelsMasker, NiftiSpheresMasker

from netmod.atlas import Atlas, load_atlas, write_atlas
from netmod.atlas.parcellate import parcellate_surface, parcellate_volume
from netmod.atlas.surface import VERTICES
from netmod.errors import ConfigError, DataError

AFFINE = np.array([[4.0, 0, 0, -90], [0, 4.0, 0, -126], [0, 0, 4.0, -72], [0, 0, 0, 1]])
SHAPE = (46, 55, 46)
SLOPE = np.array([0.3, -0.2, 0.7])
FSAVERAGE = load_fsaverage("fsaverage5")
PARTS = {"L": "left", "R": "right"}


def positions(affine: np.ndarray = AFFINE, shape: tuple[int, ...] = SHAPE) -> np.ndarray:
    index = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1)
    return index @ affine[:3, :3].T + affine[:3, 3]


def image(voxels: np.ndarray, affine: np.ndarray = AFFINE) -> nibabel.Nifti1Image:
    return nibabel.Nifti1Image(np.asarray(voxels, dtype=float), affine)


LINEAR = image(positions() @ SLOPE + 5.0)


def middle(side: str) -> np.ndarray:
    """Return the vertices [10242, 3] halfway between white and pial."""
    pial, white = (FSAVERAGE[name].parts[PARTS[side]] for name in ("pial", "white_matter"))
    return (np.asarray(pial.coordinates) + np.asarray(white.coordinates)) / 2.0


def vertex_labels() -> dict[str, np.ndarray]:
    """Return three slabs from back to front on each hemisphere; the lowest tenth has none."""
    labels = {}
    for offset, side in ((0, "L"), (3, "R")):
        y, z = middle(side)[:, 1], middle(side)[:, 2]
        slab = np.digitize(y, [-40.0, 0.0]) + offset
        labels[side] = np.where(z < np.quantile(z, 0.1), -1, slab)
    return labels


@pytest.fixture(scope="module")
def atlas(tmp_path_factory) -> Atlas:
    """Return six cortical slabs, two deep regions and a cortical region without vertices."""
    region = ("L0", "L1", "L2", "R0", "R1", "R2", "deep_L", "deep_R", "nowhere")
    labels = vertex_labels()
    rows = ["hemisphere\tfirst\tcount\tregion"]
    for side, label in labels.items():
        starts = np.flatnonzero(np.diff(label, prepend=-9))
        for first, end in zip(starts, np.append(starts[1:], label.size), strict=True):
            name = region[label[first]] if label[first] >= 0 else "n/a"
            rows.append(f"{side}\t{first}\t{end - first}\t{name}")
    centroids = [middle(s)[labels[s] == i].mean(0) for i, s in enumerate("LLLRRR")]
    folder = write_atlas(
        tmp_path_factory.mktemp("atlas") / "slabs",
        region=region,
        hemisphere=(*"LLLRRR", "L", "R", "L"),
        network=("Default",) * 9,
        kind=("cortex",) * 6 + ("subcortex",) * 2 + ("cortex",),
        centroids_mm=np.vstack([centroids, [[-12, -18, 7], [12, -17, 7], [-30, 20, 20]]]),
        weights=np.ones((9, 9)) - np.eye(9),
        lengths_mm=np.ones((9, 9)) - np.eye(9),
        texts={"surface.tsv": "\n".join(rows) + "\n"},
    )
    return load_atlas(folder)


def brute_sphere(voxels: np.ndarray, centre: np.ndarray, radius: float) -> float:
    inside = np.linalg.norm(positions() - centre, axis=-1) <= radius
    return np.nanmean(voxels[inside])


def test_a_linear_field_comes_back_as_the_mean_of_coordinates(atlas):
    got = parcellate_volume(LINEAR, atlas)
    labels = vertex_labels()
    for region, side in enumerate("LLLRRR"):
        where = middle(side)[labels[side] == region].mean(axis=0)
        assert got[region] == pytest.approx(where @ SLOPE + 5.0, abs=1e-4)
    voxels = LINEAR.get_fdata()
    for region in (6, 7):
        expected = brute_sphere(voxels, atlas.centroids_mm[region], 6.0)
        assert got[region] == pytest.approx(expected, rel=1e-12)
    assert np.isnan(got[8])


def test_depth_moves_the_samples_between_the_surfaces(atlas):
    labels = vertex_labels()["L"]
    for depth, name in ((0.0, "pial"), (1.0, "white_matter")):
        where = np.asarray(FSAVERAGE[name].parts["left"].coordinates)[labels == 1].mean(axis=0)
        got = parcellate_volume(LINEAR, atlas, depth=depth)
        assert got[1] == pytest.approx(where @ SLOPE + 5.0, abs=1e-4)


@pytest.mark.parametrize("radius", [5.0, 9.5, 20.0])
def test_spheres_are_those_of_nilearn_and_of_brute_force(atlas, radius):
    rng = np.random.default_rng(0)
    tilted = AFFINE.copy()
    tilted[:3, :3] = AFFINE[:3, :3] @ np.linalg.qr(rng.standard_normal((3, 3)))[0]
    tilted[:3, 3] = -tilted[:3, :3] @ (np.array(SHAPE) / 2.0)
    noise = image(rng.standard_normal(SHAPE), tilted)
    got = parcellate_volume(noise, atlas, radius_mm=radius, cortex="spheres")
    masker = NiftiSpheresMasker(
        [tuple(c) for c in atlas.centroids_mm], radius=radius, allow_overlap=True, standardize=None
    )
    np.testing.assert_allclose(got, np.ravel(masker.fit_transform(noise)), atol=1e-6)
    apart = np.linalg.norm(positions(tilted) - atlas.centroids_mm[6], axis=-1)
    assert got[6] == pytest.approx(noise.get_fdata()[apart <= radius].mean())


def test_voxels_on_the_rim_of_a_sphere_belong_to_it(atlas):
    centres = np.tile([-10.0, -18.0, 8.0], (9, 1))  # a voxel's
    noise = np.random.default_rng(4).standard_normal(SHAPE)
    one = dataclasses.replace(atlas, centroids_mm=centres)
    got = parcellate_volume(image(noise), one, radius_mm=8.0, cortex="spheres")
    assert got[0] == pytest.approx(brute_sphere(noise, centres[0], 8.0))


def test_voxels_without_a_value_are_left_out(atlas):
    holes = LINEAR.get_fdata().copy()
    x = positions()[..., 0]
    holes[x > -6.0] = np.nan
    holes[10, 10, 10] = np.inf
    got = parcellate_volume(image(holes), atlas)
    labels, where = vertex_labels()["L"], middle("L")
    for region in range(3):
        # half of the weight of the last column of voxels with a value ends 2 mm past it
        kept = where[(labels == region) & (where[:, 0] < -4.0)].mean(axis=0)
        assert got[region] == pytest.approx(kept @ SLOPE + 5.0, abs=0.3)
    finite = np.where(np.isfinite(holes), holes, np.nan)
    assert got[6] == pytest.approx(brute_sphere(finite, atlas.centroids_mm[6], 6.0))
    assert np.isnan(got[[3, 4, 5, 7, 8]]).all()
    # zeros are values
    zeros = parcellate_volume(image(np.where(np.isfinite(holes), holes, 0.0)), atlas)
    assert np.isfinite(zeros[[3, 4, 5, 7]]).all() and zeros[7] == 0.0


def test_a_volume_that_ends_early_leaves_the_rest_out(atlas):
    front = AFFINE.copy()
    front[1, 3] = 6.0
    got = parcellate_volume(image(positions(front)[..., 1], front), atlas)
    labels = vertex_labels()["L"]
    y = middle("L")[:, 1]
    assert np.isnan(got[[0, 6, 7]]).all()
    assert got[2] == pytest.approx(y[(labels == 2) & (y > 6.0)].mean(), abs=0.5)


def label_image() -> tuple[nibabel.Nifti1Image, np.ndarray]:
    labels = np.zeros(SHAPE)
    for number in range(1, 9):
        labels[5 * number : 5 * number + 4, 10:40, 10:30] = number
    return image(labels), labels


def test_labels_are_averaged_as_by_nilearn(atlas):
    labels, numbers = label_image()
    noise = np.random.default_rng(1).standard_normal(SHAPE)
    got = parcellate_volume(image(noise), atlas, labels=labels)
    assert np.isnan(got[8])
    masker = NiftiLabelsMasker(labels, standardize=None)
    np.testing.assert_allclose(got[:8], np.ravel(masker.fit_transform(image(noise))), atol=1e-6)
    assert got[3] == pytest.approx(noise[numbers == 4].mean())
    noise[numbers == 4] = np.where(np.arange((numbers == 4).sum()) % 2, np.nan, 7.0)
    assert parcellate_volume(image(noise), atlas, labels=labels)[3] == pytest.approx(7.0)


def test_a_finer_volume_is_brought_to_the_labels(atlas):
    fine = AFFINE.copy()
    fine[:3, :3] /= 2.0
    shape = tuple(2 * s for s in SHAPE)
    labels, numbers = label_image()
    got = parcellate_volume(image(positions(fine, shape) @ SLOPE, fine), atlas, labels=labels)
    for region in range(8):
        where = positions()[numbers == region + 1].mean(axis=0)
        assert got[region] == pytest.approx(where @ SLOPE, abs=1e-6)


def test_labels_by_name(atlas):
    labels, numbers = label_image()
    got = parcellate_volume(LINEAR, atlas, labels=labels, label_regions={5: "deep_R", 2: "L0"})
    assert got[7] == pytest.approx(LINEAR.get_fdata()[numbers == 5].mean())
    assert np.isfinite(got).sum() == 2
    for wrong, match in (
        ({5: "deep_r"}, "did you mean 'deep_R'"),
        ({0: "deep_R"}, "does not stand for a region"),
        ({5: "L0", 6: "L0"}, "two labels"),
    ):
        with pytest.raises(DataError, match=match):
            parcellate_volume(LINEAR, atlas, labels=labels, label_regions=wrong)
    with pytest.raises(DataError, match="not integers"):
        parcellate_volume(LINEAR, atlas, labels=LINEAR)


def test_vertices_are_averaged_by_parcel(atlas):
    rng = np.random.default_rng(2)
    left, right = rng.standard_normal((2, VERTICES))
    left[:4000] = np.nan
    got = parcellate_surface(left, right, atlas)
    labels = vertex_labels()
    for region, (side, values) in enumerate(zip("LLLRRR", [left] * 3 + [right] * 3, strict=True)):
        assert got[region] == pytest.approx(np.nanmean(values[labels[side] == region]))
    assert np.isnan(got[6:]).all()
    assert np.isnan(parcellate_surface(np.full(VERTICES, np.nan), right, atlas)[:3]).all()
    with pytest.raises(DataError, match="hemisphere R does not lie on fsaverage5"):
        parcellate_surface(left, np.zeros(32492), atlas)


def test_paths_and_single_volumes_are_read(atlas, tmp_path):
    path = tmp_path / "map.nii.gz"
    nibabel.save(image(LINEAR.get_fdata()[..., None]), path)
    np.testing.assert_allclose(
        parcellate_volume(path, atlas, cortex="spheres"),
        parcellate_volume(LINEAR, atlas, cortex="spheres"),
    )


def test_what_is_no_volume_is_told(atlas, tmp_path):
    with pytest.raises(DataError, match="mean over time"):
        parcellate_volume(image(np.zeros((4, 4, 4, 3))), atlas)
    with pytest.raises(DataError, match="cannot read"):
        parcellate_volume(tmp_path / "missing.nii", atlas)
    (tmp_path / "text.nii").write_text("no image")
    with pytest.raises(DataError, match="cannot read"):
        parcellate_volume(tmp_path / "text.nii", atlas)
    whole = tmp_path / "whole.nii.gz"
    nibabel.save(LINEAR, whole)
    whole.write_bytes(whole.read_bytes()[:2000])
    with pytest.raises(DataError, match="cannot read"):
        parcellate_volume(whole, atlas)
    for wrong in ({"radius_mm": 0.0}, {"cortex": "volume"}):
        with pytest.raises(ConfigError):
            parcellate_volume(LINEAR, atlas, **wrong)


def test_cortex_without_a_surface_is_refused(folder):
    small = load_atlas(folder)
    with pytest.raises(ConfigError, match="labels="):
        parcellate_volume(LINEAR, small)
    with pytest.raises(ConfigError, match="no surface"):
        parcellate_surface(np.zeros(VERTICES), np.zeros(VERTICES), small)
    assert np.isfinite(parcellate_volume(LINEAR, small, cortex="spheres")).all()
