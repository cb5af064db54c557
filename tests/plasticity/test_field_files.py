"""Fields of a user's own: tables read back, volumes against means by hand, every message."""

import re
import runpy
import textwrap
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from netmod.atlas import Atlas, load_atlas
from netmod.errors import DataError
from netmod.plasticity.field import field_of
from netmod.plasticity.field_files import parcel_field_from_image, read_parcel_field

PAGE = Path(__file__).resolve().parents[2] / "docs" / "fields.md"
DK84 = load_atlas("dk84")
THREE = Atlas(
    name="three",
    region=("front", "back", "deep"),
    label=("", "", ""),
    hemisphere=("L", "L", "B"),
    network=("Default", "Visual", "Subcortex"),
    kind=("cortex", "cortex", "subcortex"),
    centroids_mm=np.zeros((3, 3)),
    weights=np.zeros((3, 3)),
    lengths_mm=np.zeros((3, 3)),
)


def table(folder, *lines):
    path = folder / "field.tsv"
    path.write_text("".join(line + "\n" for line in lines))
    return path


# ---- tables


@given(
    values=arrays(float, 84, elements=st.floats(0.0, 500.0)).filter(lambda v: v.max() > 1e-300),
    order=st.permutations(range(84)),
)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_what_was_written_is_read(tmp_path, values, order):
    lines = [f"{DK84.region[i]}\t{float(values[i])!r}" for i in order]
    got = read_parcel_field(table(tmp_path, "region\tfield", *lines), DK84)
    assert got.peak == values.max()
    np.testing.assert_array_equal(got.field, values / values.max())
    assert got.field.max() == 1.0 and got.field.min() >= 0.0


def test_columns_may_stand_in_any_order_and_others_are_ignored(tmp_path):
    path = table(tmp_path, "field\tnote\tregion", "2\tx\tdeep", "8\ty\tfront", "0\tz\tback")
    got = read_parcel_field(str(path), THREE)
    np.testing.assert_array_equal(got.field, [1.0, 0.0, 0.25])
    assert got.peak == 8.0


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (
            ("region\tfield", "frond\t1", "back\t1", "deep\t1"),
            "{path}:2:1: unknown region 'frond'\n"
            "  expected: a region of atlas 'three'\n"
            "  got: 'frond'\n"
            "  hint: did you mean 'front'?",
        ),
        (
            ("region\tfield", "front\t1", "back\t1", "front\t2", "deep\t1"),
            "{path}:4:1: region 'front' comes twice\n"
            "  expected: one line for every region\n"
            "  got: lines 2 and 4",
        ),
        (
            ("region\tfield", "front\t1"),
            "{path}:2: regions are missing\n"
            "  expected: the 3 regions of atlas 'three'\n"
            "  got: 1, without back, deep",
        ),
        (
            ("region\tfield", "front\t1", "back\tnan", "deep\t1"),
            "{path}:3:6: not a finite number (row 'back', column 'field')\n"
            "  expected: a finite decimal number\n"
            "  got: 'nan'",
        ),
        (
            ("region\tfield", "front\t1", "back\t-0.5", "deep\t1"),
            "{path}:3:6: a negative field in region 'back'\n"
            "  expected: a magnitude, at least 0\n"
            "  got: -0.5\n"
            "  hint: give the magnitude of the field, not a component",
        ),
        (
            ("region\tfield", "front\t0", "back\t0", "deep\t0"),
            "{path}: the field is 0 everywhere\n"
            "  expected: a positive value in one region at least\n"
            "  got: 0",
        ),
        (
            ("region\tfeld", "front\t1", "back\t1", "deep\t1"),
            "{path}:1:1: no column 'field'\n"
            "  expected: a column 'field'\n"
            "  got: region, feld\n"
            "  hint: did you mean 'feld'?",
        ),
    ],
)
def test_a_table_that_cannot_be_used(tmp_path, lines, text):
    path = table(tmp_path, *lines)
    with pytest.raises(DataError) as caught:
        read_parcel_field(path, THREE)
    assert str(caught.value) == text.format(path=path)


def test_a_table_that_is_not_there(tmp_path):
    with pytest.raises(DataError) as caught:
        read_parcel_field(tmp_path / "none.tsv", THREE)
    assert str(caught.value) == (
        f"{tmp_path / 'none.tsv'}: no such file\n"
        "  expected: a table with the columns region and field, separated by tabs"
    )


def test_many_missing_regions_are_not_all_listed(tmp_path):
    with pytest.raises(DataError, match=r"L\.ICG, L\.LOG and 74 more$"):
        read_parcel_field(table(tmp_path, "region\tfield", "L.BSTS\t1", "L.CACG\t1"), DK84)


# ---- volumes


def save(path, voxels, affine):
    nibabel = pytest.importorskip("nibabel")
    nibabel.save(nibabel.Nifti1Image(voxels, affine), path)
    return path


@pytest.fixture
def labels(tmp_path):
    """A grid of 2 mm: label 7 at low x, 3 at high x, 12 between them; 0 around."""
    voxels = np.zeros((12, 10, 8), dtype=np.int16)
    voxels[2:5, 2:8, 2:6] = 7
    voxels[5:7, 3:6, 2:6] = 12
    voxels[7:10, 2:7, 3:6] = 3
    affine = np.diag([2.0, 2.0, 2.0, 1.0])
    affine[:3, 3] = -10.0
    save(tmp_path / "labels.nii.gz", voxels, affine)
    return voxels, affine


@pytest.fixture
def names(tmp_path):
    return table(tmp_path, "region\tlabel", "front\t3", "back\t7", "deep\t12").rename(
        tmp_path / "labels.tsv"
    )


def averaged(tmp_path, names):
    return parcel_field_from_image(tmp_path / "e.nii.gz", tmp_path / "labels.nii.gz", THREE, names)


def test_a_volume_is_averaged_over_the_voxels_of_each_region(tmp_path, labels, names):
    given_labels, affine = labels
    voxels = np.random.default_rng(1).uniform(0.0, 90.0, given_labels.shape)
    save(tmp_path / "e.nii.gz", voxels, affine)
    by_hand = []
    for label in (3, 7, 12):
        inside = [voxels[i] for i in np.ndindex(voxels.shape) if given_labels[i] == label]
        by_hand.append(sum(inside) / len(inside))
    got = averaged(tmp_path, names)
    assert got.peak == pytest.approx(max(by_hand), rel=1e-6)
    np.testing.assert_allclose(got.field, np.array(by_hand) / max(by_hand), rtol=1e-6)
    assert got.field.max() == 1.0


@pytest.mark.parametrize("dtype", [np.float32, np.int16])
def test_a_finer_grid_is_resampled_to_the_labels(tmp_path, labels, names, dtype):
    """The mean of a field that is linear in space is its value at the region's centre."""
    given_labels, _ = labels
    fine = np.eye(4)
    fine[:3, 3] = -20.25
    slope = np.array([2, -1, 1])
    save(tmp_path / "e.nii.gz", (50 + np.indices((50, 50, 50)).T @ slope).T.astype(dtype), fine)
    expected = []
    for label in (3, 7, 12):
        centre_mm = 2.0 * np.argwhere(given_labels == label).mean(axis=0) - 10.0
        expected.append(50 + (centre_mm + 20.25) @ slope)
    got = averaged(tmp_path, names)
    np.testing.assert_allclose(got.field * got.peak, expected, rtol=1e-6)


def make(tmp_path, labels, change=None, names=("front\t3", "back\t7", "deep\t12")):
    voxels = np.ones(labels[0].shape)
    if change:
        voxels = change(voxels)
    save(tmp_path / "e.nii.gz", voxels, labels[1])
    return table(tmp_path, "region\tlabel", *names)


def negative(voxels):
    voxels[3, 3, 3] = -2.5
    return voxels


def not_a_number(voxels):
    voxels[3, 3, 3] = np.nan
    return voxels


def cut_off(voxels):
    voxels[2:5] = 0.0
    return voxels


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (
            negative,
            "{e}: a voxel holds no field magnitude\n"
            "  expected: finite numbers, at least 0\n"
            "  got: -2.5\n"
            "  hint: take the magnitude (magnE), with 0 outside the head",
        ),
        (
            not_a_number,
            "{e}: a voxel holds no field magnitude\n"
            "  expected: finite numbers, at least 0\n"
            "  got: nan\n"
            "  hint: take the magnitude (magnE), with 0 outside the head",
        ),
        (
            lambda voxels: np.stack([voxels] * 3, axis=-1),
            "{e}: not one number a voxel\n"
            "  expected: a volume of three axes\n"
            "  got: shape [12, 10, 8, 3]",
        ),
        (
            cut_off,
            "{e}: no field in region 'back'\n"
            "  expected: a volume that covers the brain, in the space of the labels\n"
            "  got: 1 of 3 regions without field",
        ),
    ],
)
def test_a_volume_that_cannot_be_used(tmp_path, labels, change, text):
    names = make(tmp_path, labels, change)
    with pytest.raises(DataError) as caught:
        averaged(tmp_path, names)
    assert str(caught.value) == text.format(e=tmp_path / "e.nii.gz")


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (
            ("front\t3", "back\t3", "deep\t12"),
            "{table}:3:6: label 3 stands for two regions\n"
            "  expected: a label of its own for every region\n"
            "  got: 'front' and 'back'",
        ),
        (
            ("front\t3", "back\t8", "deep\t12"),
            "{table}:3:6: region 'back' has no voxel\n"
            "  expected: a label other than 0 in {labels}\n"
            "  got: 8",
        ),
        (
            ("front\t3", "back\t7", "deep\t0"),
            "{table}:4:6: region 'deep' has no voxel\n"
            "  expected: a label other than 0 in {labels}\n"
            "  got: 0",
        ),
    ],
)
def test_labels_that_do_not_fit(tmp_path, labels, names, text):
    path = make(tmp_path, labels, names=names)
    with pytest.raises(DataError) as caught:
        averaged(tmp_path, path)
    assert str(caught.value) == text.format(table=path, labels=tmp_path / "labels.nii.gz")


def test_a_volume_that_is_not_there_or_no_image(tmp_path, labels, names):
    with pytest.raises(DataError, match="cannot read the image") as caught:
        averaged(tmp_path, names)
    assert str(tmp_path / "e.nii.gz") in str(caught.value)
    (tmp_path / "e.nii.gz").write_text("no image")
    with pytest.raises(DataError, match="cannot read the image"):
        averaged(tmp_path, names)


def test_the_recipe_of_the_page_makes_a_place(tmp_path, monkeypatch):
    """The last block of docs/fields.md, on a head with one row of voxels for every region."""
    monkeypatch.chdir(tmp_path)
    voxels = np.arange(1.0, 85.0)[:, None, None] * np.ones((1, 3, 3))
    save("ernie_magnE.nii.gz", voxels, np.eye(4))
    save("aparc+aseg.nii.gz", (1000 + voxels).astype(np.int16), np.eye(4))
    rows = (f"{name}\t{1001 + i}\n" for i, name in enumerate(DK84.region))
    Path("labels.tsv").write_text("region\tlabel\n" + "".join(rows))
    block = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.S)[-1]
    Path("recipe.py").write_text(textwrap.dedent("   " + block.lstrip()))
    made = runpy.run_path("recipe.py")
    assert made["peak"] == pytest.approx(84.0)
    np.testing.assert_allclose(field_of(DK84, "mine.tsv", 12.0), np.arange(1, 85) / 84, rtol=1e-6)
