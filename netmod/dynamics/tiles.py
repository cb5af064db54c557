"""Lanes cut into tiles that step together, and tiles spread over devices.

Inside a tile arrays are ``[region, lane]``: one matrix product serves all lanes that share a
connectome, and a single lane is a plain vector.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

SHARED_TILE = 16
"""Lanes that step together on one connectome: one matrix product serves them all."""

VECTOR = 8
"""Numbers of a vector. Regions and delayed inputs are filled up to whole ones: a rest would be
computed number by number."""


def tile_width(
    lanes: int,
    devices: int,
    *,
    gpu: bool,
    shared: bool,
    delayed: bool = False,
    own_delays: bool = False,
) -> int:
    """Return how many lanes step together.

    Parameters
    ----------
    lanes, devices : int
        Numbers of them.
    gpu : bool
        Whether the devices are GPUs.
    shared : bool
        Whether the lanes have one connectome.
    delayed, own_delays : bool
        Whether there are delays, and whether they differ between lanes.
    """
    if own_delays:
        return 1  # the lanes of a tile have their delays in common
    if gpu:
        # one tile a device: a GPU hides latency by many lanes, not by a cache
        return max(2, 1 << (-(-lanes // devices) - 1).bit_length())
    if delayed:
        return 1  # or a lane would be rounded by the number of lanes beside it
    # a connectome of its own stays in the cache for the whole run of a lane
    return SHARED_TILE if shared else 1


def padded_count(count: int) -> int:
    """Return the next of 1, 2, 3, 4, 6, 8, 12, 16, ...: few shapes, so that few are compiled."""
    power = 1 << (count - 1).bit_length()
    return 3 * power // 4 if power >= 4 and 3 * power // 4 >= count else power


class Tiles(NamedTuple):
    """Where the lanes of a run lie.

    Attributes
    ----------
    lanes, regions : int
        Numbers of them.
    tile : int
        Lanes of a tile.
    devices : int
        Devices that share the tiles.
    room : int
        Lanes that there are places for, if more: a shape that was compiled for them serves again.
    """

    lanes: int
    regions: int
    tile: int
    devices: int
    room: int = 0

    @property
    def length(self) -> int:
        """Regions with those that fill up a vector: twins of the last, to which nobody listens."""
        return -(-self.regions // VECTOR) * VECTOR

    @property
    def filled(self) -> int:
        """Tiles that hold lanes."""
        return -(-self.lanes // self.tile)

    @property
    def count(self) -> int:
        """Tiles with those that are skipped."""
        places = max(self.filled, -(-self.room // self.tile))
        return self.devices * padded_count(-(-places // self.devices))

    @property
    def order(self) -> np.ndarray:
        """Tile at each place; neighbours lie on different devices, so that all have work."""
        return np.arange(self.count).reshape(-1, self.devices).T.ravel()

    @property
    def alive(self) -> np.ndarray:
        """Whether the tile at each place holds lanes."""
        return self.order < self.filled

    def cut(self, x: Any, dtype: Any) -> np.ndarray:
        """Return ``[lane, ..., region]`` as ``[place, ..., region, lane]``."""
        x = np.asarray(x, dtype)
        fill = [(0, 0)] * (x.ndim - 1) + [(0, self.length - self.regions)]
        return np.moveaxis(self.cut_lanes(np.pad(x, fill, mode="edge"), dtype), 1, -1).copy()

    def cut_lanes(self, x: Any, dtype: Any) -> np.ndarray:
        """Return ``[lane, ...]`` as ``[place, lane, ...]``; the last lane fills up its tile."""
        lane = self.order[:, None] * self.tile + np.arange(self.tile)
        return np.asarray(x, dtype)[np.minimum(lane, self.lanes - 1)]

    def join(self, x: Any) -> np.ndarray:
        """Return ``[place, ..., region, lane]`` as ``[lane, ..., region]``."""
        return self.join_lanes(np.moveaxis(x, -1, 1))[..., : self.regions]

    def join_lanes(self, x: Any) -> np.ndarray:
        """Return ``[place, lane, ...]`` as ``[lane, ...]``."""
        x = np.asarray(x)[np.argsort(self.order)]
        return x.reshape(-1, *x.shape[2:])[: self.lanes]

    def place(self, lane: int) -> tuple[int, int]:
        """Return the place of a lane's tile, and its own in the tile."""
        tile, within = divmod(lane, self.tile)
        return int(np.flatnonzero(self.order == tile)[0]), within


def pad_targets(x: Any, length: int, axis: int) -> np.ndarray:
    """Repeat the last target along an axis up to a length."""
    x = np.asarray(x)
    fill = [(0, 0)] * x.ndim
    fill[axis] = (0, length - x.shape[axis])
    return np.pad(x, fill, mode="edge")


def pad_weights(x: Any, length: int) -> np.ndarray:
    """Fill up ``[..., target, source]``: what is added receives like the last and sends nothing."""
    x = pad_targets(x, length, -2)
    return np.pad(x, [(0, 0)] * (x.ndim - 1) + [(0, length - x.shape[-1])])
