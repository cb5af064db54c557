"""Averages over stretches and every k-th sample."""

import numpy as np
import pytest

from netmod.errors import ConfigError, DataError
from netmod.observe.monitor import subsample, temporal_average


def test_average_by_hand_leaves_the_incomplete_stretch_out():
    x = np.array([[1.0, 0.0], [3.0, 2.0], [5.0, 4.0], [7.0, 8.0], [100.0, 100.0]])
    np.testing.assert_array_equal(temporal_average(x, 2), [[2.0, 1.0], [6.0, 6.0]])
    np.testing.assert_array_equal(temporal_average(x, 1), x)


def test_subsample_takes_the_end_of_every_stretch():
    np.testing.assert_array_equal(subsample(np.arange(11), 3), [2.0, 5.0, 8.0])


def test_any_further_axes_and_integers():
    x = np.random.default_rng(0).integers(0, 9, (12, 2, 3))
    got = temporal_average(x, 4)
    assert got.shape == (3, 2, 3)
    np.testing.assert_allclose(got[1], x[4:8].sum(axis=0) / 4)
    assert subsample(x, 4).shape == (3, 2, 3)


def test_an_average_of_averages_is_the_average():
    x = np.random.default_rng(1).standard_normal((60, 2))
    np.testing.assert_allclose(
        temporal_average(temporal_average(x, 3), 4), temporal_average(x, 12), atol=1e-15
    )


def test_the_result_is_not_a_view():
    x = np.zeros(6)
    subsample(x, 2)[:] = 1.0
    temporal_average(x, 1)[:] = 1.0
    assert not x.any()


@pytest.mark.parametrize("record", [temporal_average, subsample])
@pytest.mark.parametrize("factor", [0, 2.0, True])
def test_a_factor_that_is_none(record, factor):
    with pytest.raises(ConfigError, match="the factor must be an integer"):
        record(np.zeros(5), factor)


@pytest.mark.parametrize("record", [temporal_average, subsample])
def test_a_series_that_is_too_short(record):
    with pytest.raises(DataError) as caught:
        record(np.zeros((2, 4)), 3)
    assert str(caught.value) == (
        "a series shorter than one stretch\n"
        "  expected: shape [time, ...] with 3 samples or more\n  got: shape [2, 4]"
    )
