"""Susceptibility and the complexity of responses."""

import numpy as np
import pytest

from netmod.errors import DataError
from netmod.graph.perturbation import (
    information_capability,
    order_susceptibility,
    perturbational_complexity,
    significant_response,
    susceptibility,
)


def test_susceptibility_by_hand():
    assert susceptibility([0.5, 0.9], [0.4, 0.5]) == pytest.approx(0.25)
    assert information_capability([0.5, 0.9], [0.4, 0.5]) == pytest.approx(0.15)
    assert order_susceptibility([0.2, 0.4], 100) == pytest.approx(1.0)
    assert order_susceptibility([0.3] * 5, 10) == pytest.approx(0.0)
    with pytest.raises(DataError, match=r"\[2\] and \[1\]"):
        susceptibility([1, 2], [1])
    with pytest.raises(DataError, match="run 1"):
        information_capability([1, np.nan], [1, 2])
    with pytest.raises(DataError, match="two time points"):
        order_susceptibility([0.5], 4)


def test_false_responses_are_as_rare_as_asked_for():
    rng = np.random.default_rng(0)
    baseline, other = rng.standard_normal((2, 4000, 20)) * 3 + 5
    found = significant_response(other, baseline, alpha=0.05)
    assert found.any(axis=1).mean() == pytest.approx(0.05, abs=0.02)
    other[100:110, 3] += 60.0
    found = significant_response(other, baseline, alpha=0.05)
    assert found[100:110, 3].all()
    scaled = significant_response(other * 10, baseline * 10, 0.05)
    np.testing.assert_array_equal(scaled, found)


def test_complexity_of_responses():
    rng = np.random.default_rng(1)
    assert perturbational_complexity(np.zeros((50, 10))) == 0.0
    assert perturbational_complexity(np.ones((50, 10))) == 0.0
    random = rng.random((400, 40)) < 0.3
    alike = np.repeat(rng.random((400, 1)) < 0.3, 40, axis=1)
    local = np.zeros((400, 40), dtype=int)
    local[:40, :2] = 1
    assert perturbational_complexity(random) == pytest.approx(1.0, abs=0.1)
    assert perturbational_complexity(alike) < 0.2
    assert perturbational_complexity(local) < perturbational_complexity(random)
    order = rng.permutation(40)
    activity = random.sum(axis=0)
    if np.unique(activity).size == 40:  # without ties the order of regions cannot matter
        assert perturbational_complexity(random[:, order]) == perturbational_complexity(random)


def test_complexity_by_hand():
    # sorted by activity and read row by row: 0011 four times, 0 · 01 · 10 · and a copy to the end
    got = perturbational_complexity(np.tile([1, 0, 1, 0], (4, 1)))
    assert got == pytest.approx(4 * np.log2(16) / 16)


def test_bad_input():
    baseline = np.random.default_rng(0).standard_normal((20, 3))
    with pytest.raises(DataError, match="same regions"):
        significant_response(np.ones((5, 2)), baseline)
    broken = np.ones((5, 3))
    broken[2, 1] = np.nan
    with pytest.raises(DataError, match="region 1"):
        significant_response(broken, baseline)
    baseline[:, 2] = 1.0
    with pytest.raises(DataError, match=r"constant series(.|\n)*region 2\n"):
        significant_response(np.ones((5, 3)), baseline)
    with pytest.raises(DataError, match="matrix of 0 and 1"):
        perturbational_complexity(np.full((3, 3), 0.5))
