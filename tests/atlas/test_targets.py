"""Places by name, by published site and by coordinate."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netmod.atlas import load_atlas
from netmod.atlas.targets import FARTHEST_MM, PUBLISHED, resolve_target, target_notes
from netmod.errors import ConfigError

DK = load_atlas("dk84")


def names(target) -> list[str]:
    return [DK.region[i] for i in target.regions]


def test_a_target_keeps_its_list_and_tells_its_source():
    found = resolve_target(DK, "sgacc")
    assert names(found) == ["L.MOFG", "R.MOFG", "L.RACG", "R.RACG"]
    np.testing.assert_array_equal(found.weights, 0.25)
    np.testing.assert_array_equal(found.distance_mm, 0.0)
    assert found.doc.startswith("Proxy of the subgenual") and "Fox et al. 2012" in found.source


@pytest.mark.parametrize("text", ["L.PrCG", "left precentral", "Left Precentral", " L.PrCG "])
def test_a_region_by_name_or_label(text):
    found = resolve_target(DK, text)
    assert names(found) == ["L.PrCG"] and found.weights.tolist() == [1.0]
    assert found.doc == "left precentral"


def test_the_group_site_lies_in_the_rostral_middle_frontal_gyrus():
    found = resolve_target(DK, "fox_2012")
    # by hand from regions.tsv: (-33.5028, 46.3926, 17.8395) against (-38, 44, 26)
    assert names(found)[0] == "L.RMFG"
    assert found.distance_mm[0] == pytest.approx(9.6199, abs=1e-3)
    assert "10.1016/j.biopsych.2012.04.028" in found.source
    assert "recalled" in resolve_target(DK, "five_cm_rule").source


@pytest.mark.parametrize(
    "place", ["-38,44,26", " -38, 44 ,26.0", (-38, 44, 26), np.array([-38, 44, 26.0])]
)
def test_a_coordinate_in_every_form(place):
    found, site = resolve_target(DK, place), resolve_target(DK, "fox_2012")
    np.testing.assert_array_equal(found.regions, site.regions)
    np.testing.assert_array_equal(found.weights, site.weights)


@given(
    point=st.tuples(st.floats(-60, 60), st.floats(-90, 65), st.floats(-30, 70)),
    width=st.floats(1.0, 60.0),
)
def test_the_neighbourhood_of_a_point_is_gaussian_and_complete(point, width):
    distance = np.linalg.norm(DK.centroids_mm - point, axis=1)
    distance[~DK.cortex] = np.inf
    if distance.min() > FARTHEST_MM:
        with pytest.raises(ConfigError, match="outside the cortex"):
            resolve_target(DK, point, width_mm=width)
        return
    found = resolve_target(DK, point, width_mm=width)
    assert found.weights.sum() == pytest.approx(1.0)
    assert found.regions[0] == distance.argmin()
    assert (np.diff(found.distance_mm) >= 0).all()
    np.testing.assert_allclose(found.distance_mm, distance[found.regions])
    # log weights fall with the square of the distance, by 1 / (2 width^2)
    np.testing.assert_allclose(
        np.log(found.weights[0] / found.weights) * 2 * width**2,
        found.distance_mm**2 - found.distance_mm[0] ** 2,
        rtol=1e-6, atol=1e-6 * width**2,
    )  # fmt: skip
    left_out = np.setdiff1d(np.flatnonzero(DK.cortex), found.regions)
    assert (np.exp((distance.min() ** 2 - distance[left_out] ** 2) / (2 * width**2)) < 0.01).all()


def test_ties_keep_the_order_of_the_atlas():
    far = np.random.default_rng(0).random(DK.n_regions) < 0.5
    places = np.where(far[:, None], [0.0, 11.0, 0.0], [10.0, 0.0, 0.0])
    tied = dataclasses.replace(DK, centroids_mm=places)
    expected = [*np.flatnonzero(DK.cortex & ~far), *np.flatnonzero(DK.cortex & far)]
    assert resolve_target(tied, (0, 0, 0)).regions.tolist() == expected


def test_published_sites_lie_in_cortex_and_have_a_source():
    for name, site in PUBLISHED.items():
        assert resolve_target(DK, name).distance_mm[0] < FARTHEST_MM
        assert site.doi.startswith("10.") and ("recalled" in site.source) == site.recalled
    assert PUBLISHED["sgacc_fox_2012"].mni_mm == (6.0, 16.0, -10.0)


@pytest.mark.parametrize(
    ("place", "match"),
    [
        ("dlpfc_lft", "did you mean 'dlpfc_left'"),
        ("fox2012", "did you mean 'fox_2012'"),
        ("L.PrGC", "did you mean 'L.PrCG'"),
        ("1,2", "not a point in space"),
        ("1,2,x", "not a point in space"),
        ((1.0, np.nan, 2.0), "not a point in space"),
        ("-38,44,126", "the nearest region is"),
    ],
)
def test_what_cannot_be_found_is_told(place, match):
    with pytest.raises(ConfigError, match=match):
        resolve_target(DK, place)


@pytest.mark.parametrize("width", [0.0, -1.0, np.inf, np.nan])
def test_a_width_must_be_positive(width):
    with pytest.raises(ConfigError, match="width"):
        resolve_target(DK, "fox_2012", width_mm=width)


def test_a_label_of_several_regions_is_no_name():
    twins = dataclasses.replace(DK, label=("twin", "Twin", *DK.label[2:]))
    with pytest.raises(ConfigError, match="2 regions have the label"):
        resolve_target(twins, "twin")


def test_an_atlas_without_cortex_has_no_places():
    deep = dataclasses.replace(DK, kind=("subcortex",) * DK.n_regions)
    with pytest.raises(ConfigError, match="no cortex"):
        resolve_target(deep, "-38,44,26")


def test_notes_come_from_the_folder():
    notes = target_notes(DK)
    assert set(notes) == set(DK.targets)
    assert notes["vertex"]["doc"].startswith("Vertex (Cz)")
    assert target_notes(dataclasses.replace(DK, folder=None)) == {}
