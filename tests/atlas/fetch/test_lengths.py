"""Lengths from distances: the fit is that of the shipped atlas."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from netmod.atlas import load_atlas
from netmod.atlas.lengths import INTERCEPT_MM, RULE, SLOPE, lengths_from_distance
from netmod.errors import DataError


def pairs(name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return distance, length and weight of the connected pairs of an atlas."""
    atlas = load_atlas(name)
    i, j = np.nonzero(np.triu((atlas.weights > 0) & (atlas.lengths_mm > 0), 1))
    distance = np.linalg.norm(atlas.centroids_mm[i] - atlas.centroids_mm[j], axis=1)
    return distance, atlas.lengths_mm[i, j], atlas.weights[i, j]


def test_the_rule_is_the_least_squares_line_of_dk84():
    distance, lengths, weights = pairs("dk84")
    assert len(distance) == 3486
    slope, intercept = np.polyfit(distance, lengths, 1, w=weights**0.25)  # polyfit squares w
    assert pytest.approx(intercept, abs=0.005) == INTERCEPT_MM
    assert pytest.approx(slope, abs=0.0005) == SLOPE
    assert np.corrcoef(distance, lengths)[0, 1] == pytest.approx(0.76, abs=0.005)
    error = INTERCEPT_MM + SLOPE * distance - lengths
    assert np.average(error**2, weights=weights) ** 0.5 == pytest.approx(24, abs=0.5)


@pytest.mark.parametrize("name", ["schaefer100", "glasser379"])
def test_the_rule_holds_in_atlases_it_was_not_fitted_to(name):
    """Over streamlines it is right within a few mm; the line of all pairs alike is 20 mm off."""
    distance, lengths, weights = pairs(name)
    error = INTERCEPT_MM + SLOPE * distance - lengths
    assert abs(np.average(error, weights=weights)) < 4.0
    straight, measured, _ = pairs("dk84")
    slope, intercept = np.polyfit(straight, measured, 1)
    alike = intercept + slope * distance - lengths
    assert np.average(alike, weights=weights) > 15.0


def test_two_places():
    lengths, rule = lengths_from_distance(np.array([[0.0, 0, 0], [30, 40, 0]]))
    far = 5.08 + 1.431 * 50
    assert lengths == pytest.approx(np.array([[0, far], [far, 0]]))
    assert rule == RULE


@given(arrays(float, st.tuples(st.integers(1, 8), st.just(3)), elements=st.floats(-90, 90)))
def test_symmetric_and_longer_than_the_straight_line(centroids):
    lengths, _ = lengths_from_distance(centroids)
    assert np.array_equal(lengths, lengths.T)
    assert not np.diag(lengths).any()
    straight = np.linalg.norm(centroids[:, None] - centroids[None], axis=-1)
    assert (lengths >= straight).all()


@pytest.mark.parametrize("bad", [np.zeros((3, 2)), np.zeros(3), np.full((2, 3), np.nan)])
def test_refused(bad):
    with pytest.raises(DataError, match="finite centroids"):
        lengths_from_distance(bad)
