"""Segregation and its relatives on matrices worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netmod.errors import DataError
from netmod.graph.segregation import (
    global_brain_connectivity,
    mean_between,
    mean_between_networks,
    mean_within,
    participation,
    system_segregation,
)

FC = np.array(
    [
        [1.0, 0.6, 0.1, -0.4],
        [0.6, 1.0, 0.2, 0.0],
        [0.1, 0.2, 1.0, 0.3],
        [-0.4, 0.0, 0.3, 1.0],
    ]
)
LABELS = ["Default", "Default", "Visual", "Visual"]


def test_segregation_by_hand():
    within = (np.arctanh(0.6) + np.arctanh(0.3)) / 2
    between = (np.arctanh(0.1) + np.arctanh(0.2) + 0 + 0) / 4  # the negative one counts as 0
    assert system_segregation(FC, LABELS) == pytest.approx((within - between) / within)


def test_means_by_hand():
    assert mean_between_networks(FC, LABELS) == pytest.approx((0.1 - 0.4 + 0.2 + 0.0) / 4)
    assert mean_within(FC, [0, 1, 2]) == pytest.approx((0.6 + 0.1 + 0.2) / 3)
    assert mean_between(FC, [0], [2, 3]) == pytest.approx(-0.15)
    assert mean_between(FC, [0, 1], [1, 3]) == pytest.approx((0.6 - 0.4 + 0.0) / 3)
    np.testing.assert_allclose(
        global_brain_connectivity(FC), [0.1, 0.8 / 3, 0.2, -0.1 / 3], atol=1e-15
    )


def test_participation_by_hand():
    got = participation(FC, LABELS)
    np.testing.assert_allclose(got[0], 1 - (0.6 / 0.7) ** 2 - (0.1 / 0.7) ** 2)
    np.testing.assert_allclose(got[3], 0.0)
    assert FC[0, 0] == 1.0  # the argument is left as it was


def test_limits():
    blocks = np.kron(np.eye(2), np.full((3, 3), 0.5))
    assert system_segregation(blocks, [0] * 3 + [1] * 3) == pytest.approx(1.0)
    assert system_segregation(np.full((6, 6), 0.5), [0] * 3 + [1] * 3) == pytest.approx(0.0)


def test_what_cannot_be_computed_is_nan():
    assert np.isnan(system_segregation(FC, ["a"] * 4))
    assert np.isnan(system_segregation(FC, list("abcd")))
    assert np.isnan(system_segregation(-np.abs(FC), LABELS))
    assert np.isnan(mean_between_networks(FC, ["a"] * 4))
    assert np.isnan(mean_within(FC, [2]))
    assert np.isnan(mean_between(FC, [], [1]))
    assert np.isnan(mean_between(FC, [1], [1]))
    assert np.isnan(global_brain_connectivity(np.eye(1))).all()
    assert np.isnan(participation(np.eye(2), ["a", "b"])).all()


@given(st.integers(0, 2**32 - 1))
def test_order_of_regions_and_names_of_networks_do_not_matter(seed):
    rng = np.random.default_rng(seed)
    fc = np.corrcoef(rng.standard_normal((20, 10)).T)
    labels = rng.permutation(np.repeat([0, 1, 2], [4, 3, 3]))
    order = rng.permutation(10)
    shuffled = fc[np.ix_(order, order)]
    for measure in (system_segregation, mean_between_networks):
        value = measure(fc, labels)
        assert measure(shuffled, labels[order]) == pytest.approx(value, abs=1e-12)
        assert measure(fc, np.array(["x", "y", "z"])[labels]) == pytest.approx(value)
    assert system_segregation(fc, labels) <= 1.0
    np.testing.assert_allclose(
        global_brain_connectivity(shuffled), global_brain_connectivity(fc)[order]
    )


def test_shapes_that_do_not_fit():
    with pytest.raises(DataError, match=r"got: fc \[4, 4\] and labels \[3\]"):
        system_segregation(FC, ["a"] * 3)
    with pytest.raises(DataError, match=r"labels \[5\]"):
        participation(FC, ["a"] * 5)
    with pytest.raises(DataError, match=r"square(.|\n)*got: shape \[2, 4\]"):
        mean_within(FC[:2], [0, 1])


def test_a_matrix_without_regions_gives_nan():
    empty = np.empty((0, 0))
    assert np.isnan(system_segregation(empty, [])) and np.isnan(mean_between_networks(empty, []))
    assert np.isnan(mean_within(empty, [])) and np.isnan(mean_between(empty, [], []))
    assert participation(empty, []).shape == global_brain_connectivity(empty).shape == (0,)


def test_regions_that_the_matrix_does_not_have():
    with pytest.raises(DataError, match=r"indexes from 0 to 3(.|\n)*got: \[0, 4\]"):
        mean_within(FC, [0, 4])
    with pytest.raises(DataError, match=r"got: \[-1\]"):
        mean_between(FC, [0], [-1])


def test_asymmetry_is_refused_and_nan_stays_nan():
    asymmetric, gap = FC.copy(), FC.copy()
    asymmetric[0, 1] = 0.5
    gap[2, :] = gap[:, 2] = np.nan
    for measure, *inputs in (
        (system_segregation, LABELS),
        (mean_between_networks, LABELS),
        (participation, LABELS),
        (global_brain_connectivity,),
        (mean_within, [1, 2]),
        (mean_between, [1], [2]),
    ):
        with pytest.raises(DataError, match="must be symmetric"):
            measure(asymmetric, *inputs)
        assert np.isnan(measure(gap, *inputs)).any()
    assert mean_within(gap, [0, 1]) == pytest.approx(0.6)
