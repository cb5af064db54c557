"""Lanes cut into tiles: nothing is lost, few shapes, every device has work."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netmod.dynamics.tiles import (
    SHARED_TILE,
    Tiles,
    pad_targets,
    pad_weights,
    padded_count,
    tile_width,
)

sizes = st.builds(
    Tiles,
    lanes=st.integers(1, 70),
    regions=st.integers(1, 20),
    tile=st.sampled_from([1, 4, 16]),
    devices=st.integers(1, 3),
    room=st.sampled_from([0, 32]),
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(sizes)
def test_what_is_cut_is_joined_again(tiles):
    x = np.arange(tiles.lanes * 2 * tiles.regions, dtype=float).reshape(tiles.lanes, 2, -1)
    cut = tiles.cut(x, np.float64)
    assert cut.shape == (tiles.count, 2, tiles.length, tiles.tile)
    np.testing.assert_array_equal(tiles.join(cut), x)
    # what fills up is a twin of the last region
    assert (cut[:, :, tiles.regions :] == cut[:, :, [tiles.regions - 1]]).all()
    lanes = tiles.cut_lanes(x[:, 0, 0], np.float64)
    np.testing.assert_array_equal(tiles.join_lanes(lanes), x[:, 0, 0])
    for lane in {0, tiles.lanes // 2, tiles.lanes - 1}:
        assert lanes[tiles.place(lane)] == x[lane, 0, 0]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(sizes)
def test_devices_share_the_work_evenly_and_skip_what_fills_up(tiles):
    alive = tiles.alive.reshape(tiles.devices, -1).sum(axis=1)
    assert alive.sum() == tiles.filled and alive.max() - alive.min() <= 1


@settings(max_examples=60, deadline=None, derandomize=True)
@given(sizes)
def test_few_lanes_have_the_shape_of_as_many_as_there_is_room_for(tiles):
    if tiles.lanes <= tiles.room:
        assert tiles.count == tiles._replace(lanes=tiles.room, room=0).count
    else:
        assert tiles.count == tiles._replace(room=0).count


def test_few_shapes_serve_all_numbers_of_tiles():
    found = [padded_count(k) for k in range(1, 1025)]
    assert sorted(set(found))[:9] == [1, 2, 3, 4, 6, 8, 12, 16, 24]
    assert len(set(found)) == 20
    assert all(k <= size < 1.5 * k for k, size in enumerate(found, 1))


@pytest.mark.parametrize(
    ("lanes", "words", "width"),
    [
        (1, {"shared": False}, 1),
        (40, {"shared": False}, 1),
        (1, {"shared": True}, SHARED_TILE),
        (3, {"shared": False, "delayed": True}, 1),
        (99, {"shared": True, "delayed": True}, 1),
        (99, {"shared": True, "delayed": True, "own_delays": True}, 1),
    ],
)
def test_widths_on_a_cpu(lanes, words, width):
    assert tile_width(lanes, 2, gpu=False, **words) == width


def test_a_gpu_takes_all_its_lanes_at_once():
    assert tile_width(300, 2, gpu=True, shared=False) == 256
    assert tile_width(1, 1, gpu=True, shared=True) == 2


def test_what_is_added_to_weights_sends_nothing():
    weights = np.arange(9.0).reshape(1, 3, 3)
    got = pad_weights(weights, 8)
    assert got.shape == (1, 8, 8)
    np.testing.assert_array_equal(got[0, :3, :3], weights[0])
    assert not got[..., 3:].any()
    np.testing.assert_array_equal(got[0, 3:, :3], np.repeat(weights[0, 2:], 5, axis=0))
    np.testing.assert_array_equal(pad_targets(np.arange(3), 5, 0), [0, 1, 2, 2, 2])
