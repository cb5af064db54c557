"""Every finding on an atlas that was made to have it, and none on one that has not."""

import dataclasses

import numpy as np
import pytest

from netmod.atlas import load_atlas
from netmod.atlas.check import Finding, check_atlas
from netmod.atlas.importing import import_atlas
from netmod.atlas.places import shipped_atlases

SHIPPED = [path.parent for root in shipped_atlases() for path in sorted(root.glob("*/regions.tsv"))]


@pytest.fixture
def atlas(folder):
    """Return a sound atlas whose lengths are 1.2 times the distance."""
    small = load_atlas(folder)
    distance = np.linalg.norm(small.centroids_mm[:, None] - small.centroids_mm[None], axis=-1)
    return dataclasses.replace(small, lengths_mm=1.2 * distance, citation="@misc{x}")


def found(atlas, what, level=None):
    """Return the findings on one matter, of one level."""
    return [f for f in check_atlas(atlas) if f.what == what and level in (None, f.level)]


def changed(atlas, name, places, value):
    array = getattr(atlas, name).copy()
    for place in places:
        array[place] = value
    return dataclasses.replace(atlas, **{name: array})


def test_a_sound_atlas_has_no_problem(atlas):
    assert not [f for f in check_atlas(atlas) if f.level == "problem"]


@pytest.mark.parametrize("folder", SHIPPED, ids=lambda folder: folder.name)
def test_shipped_atlases_have_no_problem(folder):
    assert not [f for f in check_atlas(load_atlas(folder)) if f.level == "problem"]


def test_findings_are_of_three_levels_and_have_texts(atlas):
    for finding in check_atlas(dataclasses.replace(atlas, fc=None)):
        assert isinstance(finding, Finding)
        assert finding.level in ("ok", "note", "problem")
        assert finding.what and finding.detail


def test_direction(atlas):
    assert found(atlas, "direction")[0].level == "ok"
    uneven = changed(atlas, "weights", [(0, 1)], 9.0)
    assert "declared undirected" in found(uneven, "direction", "problem")[0].detail
    free = dataclasses.replace(uneven, description={"weights": {"directed": True}})
    correlation = np.corrcoef(
        free.weights[~np.eye(7, dtype=bool)], free.weights.T[~np.eye(7, dtype=bool)]
    )[0, 1]
    assert f"{correlation:.2f}" in found(free, "direction", "note")[0].detail
    half = dataclasses.replace(free, weights=np.triu(atlas.weights))
    assert "one triangle" in found(half, "direction", "problem")[0].detail


def test_density(atlas):
    assert found(atlas, "density")[0].detail == "100.0% of pairs are connected"
    none = dataclasses.replace(atlas, weights=np.zeros((7, 7)))
    assert found(none, "density", "problem")


def test_regions_apart_are_named(atlas):
    lonely = changed(atlas, "weights", [(2, slice(None)), (slice(None), 2)], 0.0)
    (finding,) = found(lonely, "components", "problem")
    assert "rh_front" in finding.detail and "2 parts" in finding.detail


def test_scale_gives_the_spectral_radius(atlas):
    ones = np.ones((7, 7)) - np.eye(7)
    assert (
        "spectral radius 6," in found(dataclasses.replace(atlas, weights=ones), "weights")[0].detail
    )
    assert found(dataclasses.replace(atlas, weights=1e5 * ones), "weights")[0].level == "note"


def test_lengths(atlas):
    lost = changed(atlas, "lengths_mm", [(0, 1), (1, 0)], 0.0)
    assert "2 connections" in found(lost, "lengths", "problem")[0].detail
    short = changed(atlas, "lengths_mm", [(0, 1), (1, 0)], 1.0)
    assert f"{2 / 42:.1%}" in found(short, "lengths", "note")[0].detail
    assert found(dataclasses.replace(atlas, lengths_mm=atlas.lengths_mm / 2), "lengths", "problem")


def test_names_and_labels_that_come_twice(atlas):
    assert found(dataclasses.replace(atlas, region=("x",) * 7), "names", "problem")
    labels = ("x", "x", *atlas.label[2:])
    assert "x" in found(dataclasses.replace(atlas, label=labels), "labels", "note")[0].detail


def test_coordinates_outside_and_shared(atlas):
    outside = changed(atlas, "centroids_mm", [(1, 2)], 150.0)
    assert "lh_back" in found(outside, "coordinates", "problem")[0].detail
    shared = changed(atlas, "centroids_mm", [0, 1], 10.0)
    assert "lh_front" in found(shared, "coordinates", "problem")[0].detail


def test_sides_against_x(atlas):
    flipped = changed(atlas, "centroids_mm", [(0, 0)], 30.0)
    assert "lh_front" in found(flipped, "hemispheres", "problem")[0].detail
    mirrored = dataclasses.replace(atlas, centroids_mm=atlas.centroids_mm * [-1, 1, 1])
    assert "mirrored" in found(mirrored, "hemispheres", "problem")[0].detail


@pytest.mark.parametrize(
    ("name", "scale", "shift", "unit"),
    [
        ("centroids_mm", 1e-3, 0, "metres"),
        ("centroids_mm", 0.1, 0, "centimetres"),
        ("centroids_mm", 0.5, 100, "voxel"),
        ("lengths_mm", 1e-3, 0, "metres"),
        ("lengths_mm", 0.1, 0, "centimetres"),
        ("lengths_mm", 1e3, 0, "micrometres"),
    ],
)
def test_units(name, scale, shift, unit, atlas):
    odd = dataclasses.replace(atlas, **{name: getattr(atlas, name) * scale + shift})
    assert any(unit in f.hint for f in found(odd, "units", "problem"))
    assert not found(atlas, "units")


def test_fc(atlas):
    assert found(dataclasses.replace(atlas, fc=None), "FC", "note")
    holes = changed(atlas, "fc", [(0, 1), (1, 0)], np.nan)
    assert f"{40 / 42:.1%} measured" in found(holes, "FC", "note")[0].detail
    assert found(changed(atlas, "fc", [(0, 1)], 1.7), "FC", "problem")
    nowhere = dataclasses.replace(atlas, fc=np.full((7, 7), np.nan))
    assert found(nowhere, "FC", "problem")


def test_dynamics(atlas):
    half = dataclasses.replace(atlas, fcd=np.array([[-1.0, 1.0, 0.5]]))
    assert found(half, "FCD", "problem")


def test_maps(atlas):
    assert found(atlas, "map GENE", "note")[0].detail == "5 of 7 regions"
    flat = dataclasses.replace(atlas, maps={"F": np.ones(7), "E": np.full(7, np.nan)})
    assert found(flat, "map F", "note") and found(flat, "map E", "problem")


def test_targets_and_rights(atlas):
    assert "front" in found(atlas, "targets", "ok")[0].detail
    bare = dataclasses.replace(atlas, targets={}, licence="unknown", citation=" ")
    assert all(found(bare, what, "note") for what in ("targets", "licence", "citation"))


def test_files(atlas, folder):
    assert found(atlas, "checksums", "ok")
    assert found(dataclasses.replace(atlas, folder=None), "checksums", "note")
    with (folder / "weights.tsv").open("a") as stream:
        stream.write("\n")
    assert "weights.tsv was changed" in found(atlas, "checksums", "problem")[0].detail
    (folder / "SHA256SUMS").unlink()
    assert "since the atlas was read" in found(atlas, "checksums", "problem")[0].detail


def test_an_atlas_without_sums(user_folder):
    assert found(load_atlas(user_folder), "checksums", "note")


def test_what_an_import_filled_in_is_told(tmp_path):
    np.savez(tmp_path / "x.npz", weights=np.ones((3, 3)), centroids=20 * np.eye(3) - 10)
    made = import_atlas(tmp_path / "x.npz", "x", folder=tmp_path / "x")
    assert found(made, "filled in: lengths_mm", "note")
    assert any("diagonal" in f.detail for f in found(made, "import", "note"))


def test_figures_of_any_size_raise_nothing(atlas):
    for factor in (1e-320, 1e300):
        check_atlas(dataclasses.replace(atlas, weights=atlas.weights * factor))
    check_atlas(dataclasses.replace(atlas, weights=np.triu(np.ones((7, 7)), 1) * 1e308))


def test_one_region_and_an_odd_description_raise_nothing(atlas):
    odd = dataclasses.replace(
        atlas, description={"weights": "x", "import": {"filled": [1], "flags": "y"}}
    )
    check_atlas(odd)
    check_atlas(dataclasses.replace(odd, description={"import": 3}))
    one = dataclasses.replace(
        atlas, region=("a",), label=("a",), hemisphere=("B",), network=("N",), kind=("cortex",),
        centroids_mm=np.zeros((1, 3)), weights=np.zeros((1, 1)), lengths_mm=np.zeros((1, 1)),
        fc=np.ones((1, 1)), maps={}, targets={},
    )  # fmt: skip
    check_atlas(one)
