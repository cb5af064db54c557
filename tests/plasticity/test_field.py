"""Coil and electrode fields: closed forms, symmetry, invariances, and every message."""

import dataclasses
import itertools
from math import dist, exp

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from netmod.atlas import Atlas, load_atlas
from netmod.atlas.targets import PUBLISHED
from netmod.errors import ConfigError, DataError
from netmod.plasticity.field import (
    MONTAGES,
    coil_field,
    dipole_field,
    electrode_field,
    field_of,
)

DK84 = load_atlas("dk84")
FRONTAL = ("SFG", "RMFG", "CMFG", "POP", "POR", "PTR", "LOFG", "MOFG", "FP")
TARGETS = "dlpfc_left, dlpfc_right, sgacc, mpfc, hippocampus, amygdala, vertex, motor_left"
SITES = ", ".join(PUBLISHED)

widths = st.floats(1.0, 60.0)
places = st.sampled_from([*DK84.targets, *DK84.region, *PUBLISHED])


def small(centroids, kind=None, targets=None):
    """An atlas of points; the names are a0, a1 and so on."""
    n = len(centroids)
    return Atlas(
        name="small",
        region=tuple(f"a{i}" for i in range(n)),
        label=("",) * n,
        hemisphere=("L",) * n,
        network=("Default",) * n,
        kind=kind or ("cortex",) * n,
        centroids_mm=centroids,
        weights=np.zeros((n, n)),
        lengths_mm=np.zeros((n, n)),
        targets=targets or {},
    )


def permuted(atlas, order):
    place = {old: new for new, old in enumerate(order)}
    words = ("region", "label", "hemisphere", "network", "kind")
    return dataclasses.replace(
        atlas,
        **{name: tuple(getattr(atlas, name)[i] for i in order) for name in words},
        **{name: getattr(atlas, name)[np.ix_(order, order)] for name in ("weights", "lengths_mm")},
        centroids_mm=atlas.centroids_mm[order],
        fc=None,
        maps={},
        targets={name: [place[i] for i in inside] for name, inside in atlas.targets.items()},
    )


def rotation(angles):
    """Rotate about x, y and z in turn."""
    turn = np.eye(3)
    for (a, b), angle in zip(itertools.combinations(range(3), 2), angles, strict=True):
        step = np.eye(3)
        c, s = np.cos(angle), np.sin(angle)
        step[[a, a, b, b], [a, b, a, b]] = c, -s, s, c
        turn = step @ turn
    return turn


# ---- coil


def test_one_width_away_the_field_is_exp_of_minus_a_half():
    line = small([(0.0, 0.0, 0.0), (12.0, 0.0, 0.0), (0.0, 0.0, -24.0)])
    np.testing.assert_allclose(
        coil_field(line, "a0", 12.0), [1.0, exp(-0.5), exp(-2.0)], rtol=1e-14
    )


def test_a_target_is_reached_from_its_nearest_region():
    inside = [DK84.index("L.RMFG"), DK84.index("L.CMFG")]
    got = coil_field(DK84, "dlpfc_left", 15.0)
    for i, (centroid, kind) in enumerate(zip(DK84.centroids_mm, DK84.kind, strict=True)):
        nearest = min(dist(centroid, DK84.centroids_mm[j]) for j in inside)
        expected = exp(-0.5 * (nearest / 15.0) ** 2) if kind == "cortex" else 0.0
        assert got[i] == pytest.approx(expected, rel=1e-12, abs=0.0)
    assert (got[inside] == 1.0).all()


def test_nothing_deep_is_reached_unless_it_is_the_target():
    deep = ~DK84.cortex
    assert (coil_field(DK84, "sgacc", 40.0)[deep] == 0.0).all()
    field = coil_field(DK84, "hippocampus", 40.0)
    reached = {DK84.region[i] for i in np.flatnonzero(deep & (field > 0))}
    assert reached == {"L.HI", "R.HI"}
    assert field[DK84.index("L.HI")] == 1.0


def test_a_position_is_as_strong_as_a_region_and_has_three_spellings():
    point = (-38.0, 44.0, 26.0)
    got = coil_field(DK84, point, 12.0)
    best, other = DK84.index("L.RMFG"), DK84.index("L.SFG")
    near, far = (dist(point, DK84.centroids_mm[i]) / 12.0 for i in (best, other))
    assert got.max() == got[best] == 1.0
    assert got[other] == pytest.approx(exp(-0.5 * (far**2 - near**2)), rel=1e-12)
    for spelling in ("-38,44,26", " -38.0, 44 , 26", "fox_2012", np.array(point)):
        np.testing.assert_array_equal(coil_field(DK84, spelling, 12.0), got)


@pytest.mark.parametrize(
    ("name", "regions"),
    [
        ("beam_f3", {"L.RMFG"}),
        ("eeg_f3", {"L.RMFG"}),
        ("fox_2012", {"L.RMFG"}),
        ("five_cm_rule", {"L.CMFG"}),  # too far back: premotor
        ("vertex_cz", {"L.PaCG", "R.PaCG"}),
        ("motor_hand_left", {"L.PrCG", "L.PoCG"}),
    ],
)
def test_published_sites_reach_the_gyrus_they_are_meant_for(name, regions):
    field = coil_field(DK84, name, 12.0)
    strongest = np.argsort(field)[::-1][: len(regions)]
    assert {DK84.region[i] for i in strongest} == regions
    assert "doi:10." in PUBLISHED[name].source


def test_the_five_cm_rule_lies_behind_the_others_as_published():
    # Trapp et al. 2020: Beam F3 lies 2.6 +- 1.0 cm in front of and beside the 5.5-cm site
    beam, five = PUBLISHED["beam_f3"].mni_mm, PUBLISHED["five_cm_rule"].mni_mm
    assert 16.0 < dist(beam, five) < 36.0
    assert beam[1] > five[1]


def test_names_of_the_atlas_come_before_published_sites():
    taken = small([(0.0, 0.0, 0.0), (40.0, 0.0, 0.0)], targets={"fox_2012": [1]})
    assert coil_field(taken, "fox_2012", 10.0)[1] == 1.0


@given(places, widths)
@settings(max_examples=60, deadline=None)
def test_the_field_lies_between_0_and_1(place, width):
    field = coil_field(DK84, place, width)
    assert field.shape == (84,) and field.dtype == np.float64
    assert ((field >= 0.0) & (field <= 1.0)).all()


@given(places, widths)
@settings(max_examples=60, deadline=None)
def test_a_wider_coil_reaches_no_region_less(place, width):
    assert (coil_field(DK84, place, 1.5 * width) >= coil_field(DK84, place, width)).all()


@given(places, st.permutations(range(84)))
@settings(max_examples=30, deadline=None)
def test_permuting_the_regions_permutes_the_fields(place, order):
    other = permuted(DK84, order)
    np.testing.assert_array_equal(
        coil_field(other, place, 15.0), coil_field(DK84, place, 15.0)[order]
    )
    # the mean of the reference is summed in another order
    np.testing.assert_allclose(
        electrode_field(other, "right_unilateral"),
        electrode_field(DK84, "right_unilateral")[order],
        rtol=1e-13,
    )


@given(st.tuples(*[st.floats(-3.0, 3.0)] * 3))
@settings(max_examples=30, deadline=None)
def test_turning_brain_and_stimulus_together_changes_nothing(angles):
    turn = rotation(angles)
    other = dataclasses.replace(DK84, centroids_mm=DK84.centroids_mm @ turn.T)
    point = np.array(PUBLISHED["fox_2012"].mni_mm)
    np.testing.assert_allclose(
        coil_field(other, turn @ point, 15.0), coil_field(DK84, point, 15.0), atol=1e-12
    )
    one, two = np.array(MONTAGES["right_unilateral"][:2])
    np.testing.assert_allclose(
        dipole_field(other.centroids_mm, turn @ one, turn @ two),
        dipole_field(DK84.centroids_mm, one, two),
        rtol=1e-11,
    )


# ---- electrodes


def test_halfway_between_the_electrodes():
    field = dipole_field([(0.0, 0.0, 0.0)], (-50.0, 0.0, 0.0), (50.0, 0.0, 0.0))
    np.testing.assert_allclose(field, [2 / 50.0**2], rtol=1e-15)


def test_far_away_the_pair_is_a_dipole():
    far = 1e4
    field = dipole_field([(far, 0, 0), (0, far, 0)], (-5.0, 0.0, 0.0), (5.0, 0.0, 0.0))
    np.testing.assert_allclose(field, [2 * 10.0 / far**3, 10.0 / far**3], rtol=1e-5)


def test_the_field_is_the_gradient_of_the_potential():
    one, two = (np.array(p) for p in MONTAGES["right_unilateral"][:2])

    def potential(r):
        return 1 / np.linalg.norm(r - one) - 1 / np.linalg.norm(r - two)

    step = 1e-3
    for r, got in zip(DK84.centroids_mm, dipole_field(DK84.centroids_mm, one, two), strict=True):
        gradient = [
            (potential(r + step * e) - potential(r - step * e)) / (2 * step) for e in np.eye(3)
        ]
        assert got == pytest.approx(np.linalg.norm(gradient), rel=1e-6)


@given(arrays(float, (20, 3), elements=st.floats(-60.0, 60.0)))
@settings(max_examples=30, deadline=None)
def test_a_mirrored_pair_treats_mirrored_points_exactly_alike(points):
    pair = (-77.0, 11.0, -10.0), (77.0, 11.0, -10.0)
    np.testing.assert_allclose(
        dipole_field(points, *pair), dipole_field(points * (-1, 1, 1), *pair), rtol=1e-13
    )


@pytest.mark.parametrize("montage", ["bitemporal", "bifrontal"])
def test_bilateral_montages_treat_both_hemispheres_alike(montage):
    """To a few percent: neither the head nor the atlas's homologues are exact mirror images."""
    one, two = MONTAGES[montage][:2]
    assert dist(one, np.array(two) * (-1, 1, 1)) < 2.0
    field = electrode_field(DK84, montage)
    left, right = np.array(DK84.homologues()).T
    assert field[left].mean() == pytest.approx(field[right].mean(), rel=0.03)
    assert np.median(np.abs(field[left] / field[right] - 1)) < 0.05
    for name in ("HI", "AM"):
        pair = field[[DK84.index(f"L.{name}"), DK84.index(f"R.{name}")]]
        assert pair[0] == pytest.approx(pair[1], rel=0.03)


def test_bitemporal_is_the_unit_and_no_montage_is_stronger_in_the_mean():
    means = {name: electrode_field(DK84, name).mean() for name in MONTAGES}
    assert means.pop("bitemporal") == pytest.approx(1.0, rel=1e-14)
    assert all(0.3 < mean < 1.0 for mean in means.values())


def test_right_unilateral_spares_the_left_hippocampus():
    field = electrode_field(DK84, "right_unilateral")
    both = electrode_field(DK84, "bitemporal")
    left, right = DK84.index("L.HI"), DK84.index("R.HI")
    assert field[right] > 2 * field[left]
    assert field[right] > 0.5 * both[right] and field[left] < 0.5 * both[left]
    assert all(field[r] > field[l] for l, r in DK84.homologues())  # noqa: E741


def test_bifrontal_is_weighted_to_the_front():
    front = np.array([name.split(".")[1] in FRONTAL for name in DK84.region])
    ratio = {}
    for name in MONTAGES:
        field = electrode_field(DK84, name)
        ratio[name] = field[front].mean() / field[~front].mean()
    assert ratio["bifrontal"] > 2 > ratio["bitemporal"]
    assert DK84.region[electrode_field(DK84, "bifrontal").argmax()].split(".")[1] in FRONTAL


@given(st.sampled_from(list(MONTAGES)), st.floats(0.0, 1e3))
@settings(max_examples=40, deadline=None)
def test_the_field_is_linear_in_the_current(montage, current):
    np.testing.assert_array_equal(
        electrode_field(DK84, montage, current), current * electrode_field(DK84, montage)
    )


def test_the_sign_of_the_current_does_not_matter():
    one, two = MONTAGES["right_unilateral"][:2]
    np.testing.assert_array_equal(
        dipole_field(DK84.centroids_mm, one, two), dipole_field(DK84.centroids_mm, two, one)
    )


def test_electrodes_lie_on_the_scalp_outside_every_parcel():
    for montage in MONTAGES.values():
        for electrode in montage[:2]:
            assert np.linalg.norm(DK84.centroids_mm - electrode, axis=1).min() > 20.0
        assert "proposal" in montage.source


# ---- one entry


def test_one_entry_for_every_kind_of_place(tmp_path):
    for place in ("sgacc", "R.RMFG", "beam_f3", "-38,44,26", (-38, 44, 26)):
        np.testing.assert_array_equal(field_of(DK84, place, 9.0), coil_field(DK84, place, 9.0))
    path = tmp_path / "mine.tsv"
    path.write_text(
        "region\tfield\n" + "".join(f"{name}\t{i}\n" for i, name in enumerate(DK84.region))
    )
    np.testing.assert_array_equal(field_of(DK84, str(path), 9.0), np.arange(84) / 83)


# ---- messages


@pytest.mark.parametrize(
    ("place", "text"),
    [
        (
            "dlpfc_lift",
            "atlas 'dk84': unknown place 'dlpfc_lift'\n"
            f"  expected: one of {TARGETS}, {SITES}; a region; x,y,z in MNI mm; or a .tsv file\n"
            "  got: 'dlpfc_lift'\n"
            "  hint: did you mean 'dlpfc_left'?",
        ),
        (
            "beam-f3",
            "atlas 'dk84': unknown place 'beam-f3'\n"
            f"  expected: one of {TARGETS}, {SITES}; a region; x,y,z in MNI mm; or a .tsv file\n"
            "  got: 'beam-f3'\n"
            "  hint: did you mean 'beam_f3'?",
        ),
        (
            "-43,58,80",
            "atlas 'dk84': the coil lies outside the brain\n"
            "  expected: a point in MNI space within 30 mm of a cortical region, in mm\n"
            "  got: -43,58,80\n"
            "  hint: the nearest region is L.SFG, 55 mm away; "
            "give the point of cortex below the coil, not of the scalp",
        ),
        (
            "-38,44",
            "atlas 'dk84': not a point in space\n"
            "  expected: three finite numbers, x,y,z in MNI mm, e.g. -38,44,26\n"
            "  got: '-38,44'",
        ),
        (
            "-38,north,26",
            "atlas 'dk84': not a point in space\n"
            "  expected: three finite numbers, x,y,z in MNI mm, e.g. -38,44,26\n"
            "  got: '-38,north,26'",
        ),
        (
            (1.0, float("nan"), 2.0),
            "atlas 'dk84': not a point in space\n"
            "  expected: three finite numbers, x,y,z in MNI mm, e.g. -38,44,26\n"
            "  got: (1.0, nan, 2.0)",
        ),
    ],
)
def test_a_place_that_is_none(place, text):
    with pytest.raises(ConfigError) as caught:
        field_of(DK84, place, 12.0)
    assert str(caught.value) == text


def test_no_cortex_no_coil():
    deep = small([(0.0, 0.0, 0.0)], kind=("subcortex",))
    with pytest.raises(ConfigError) as caught:
        coil_field(deep, (0, 0, 0), 12.0)
    assert str(caught.value) == (
        "atlas 'small': the coil lies outside the brain\n"
        "  expected: a point in MNI space within 30 mm of a cortical region, in mm\n"
        "  got: 0,0,0\n"
        "  hint: the atlas has no cortex; "
        "give the point of cortex below the coil, not of the scalp"
    )


def test_the_limit_of_30_mm_is_sharp():
    one = small([(0.0, 0.0, 0.0)])
    assert coil_field(one, (30.0, 0.0, 0.0), 15.0)[0] == 1.0
    with pytest.raises(ConfigError, match="outside the brain"):
        coil_field(one, (30.01, 0.0, 0.0), 15.0)


@pytest.mark.parametrize("width", [0.0, -3.0, float("nan"), float("inf")])
def test_a_width_that_is_none(width):
    with pytest.raises(ConfigError, match="the width of a pattern is out of range"):
        coil_field(DK84, "dlpfc_left", width)


def test_a_montage_that_is_none():
    with pytest.raises(ConfigError) as caught:
        electrode_field(DK84, "bitemporel")
    assert str(caught.value) == (
        "electrode_field.montage: unknown montage 'bitemporel'\n"
        "  expected: one of bitemporal, right_unilateral, bifrontal\n"
        "  got: 'bitemporel'\n"
        "  hint: did you mean 'bitemporal'?"
    )


@pytest.mark.parametrize("current", [-1.0, float("nan"), float("inf")])
def test_a_current_that_is_none(current):
    with pytest.raises(ConfigError) as caught:
        electrode_field(DK84, "bifrontal", current)
    assert str(caught.value) == (
        "electrode_field.current: the current is out of range\n"
        "  expected: a finite number, at least 0\n"
        f"  got: {current}"
    )


def test_a_region_on_an_electrode():
    on = small([(0.0, 0.0, 0.0), MONTAGES["bitemporal"].first_mm])
    with pytest.raises(DataError) as caught:
        electrode_field(on, "bitemporal")
    assert str(caught.value) == (
        "point 1: a region lies on an electrode\n"
        "  expected: centroids in mm inside the head\n"
        "  got: -76.7, 10.8, -10.3"
    )
