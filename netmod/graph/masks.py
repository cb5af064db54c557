"""Which regions of an atlas the readouts use: cortex, networks, targets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netmod.errors import DataError

_UNLABELLED = ("", "none", "n/a", "nan")


@dataclass(frozen=True)
class NetworkMasks:
    """The regions that the readouts of an atlas use.

    Parameters
    ----------
    size : int
        N, number of regions of the atlas.
    cortex : tuple of int
        Cortical regions; all connectivity readouts see only these.
    networks : tuple of str
        Network of every cortical region, in the order of ``cortex``.
    targets : mapping of str to tuple of int
        Named targets as indexes into the atlas.
    """

    size: int
    cortex: tuple[int, ...]
    networks: tuple[str, ...]
    targets: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    @classmethod
    def from_atlas(cls, atlas: Any) -> NetworkMasks:
        """Build the masks from ``atlas.network``, ``atlas.kind`` and ``atlas.targets``.

        Raises
        ------
        DataError
            If the atlas has no cortical region, or its columns differ in length.
        """
        kind = [str(k) for k in atlas.kind]
        network = [str(n) for n in atlas.network]
        if len(kind) != len(network):
            raise DataError(
                "an atlas must give kind and network for every region",
                got=f"{len(kind)} kinds and {len(network)} networks",
            )
        cortex = tuple(i for i, k in enumerate(kind) if k == "cortex")
        if not cortex:
            raise DataError(
                "an atlas without cortical regions has no signatures",
                expected="kind 'cortex' for some region",
                got=", ".join(sorted(set(kind))) or "no regions",
            )
        targets = {
            str(name): tuple(int(i) for i in regions) for name, regions in atlas.targets.items()
        }
        return cls(len(kind), cortex, tuple(network[i] for i in cortex), targets)

    def network(self, name: str) -> NDArray[np.int64]:
        """Return the positions within cortex of a network; empty when the atlas has none."""
        return np.flatnonzero(np.asarray(self.networks, dtype=str) == name)

    def target(self, name: str) -> NDArray[np.int64]:
        """Return the positions within cortex of a target; empty when the atlas has none."""
        place = {region: position for position, region in enumerate(self.cortex)}
        found = [place[region] for region in self.targets.get(name, ()) if region in place]
        return np.asarray(found, dtype=np.int64)

    def labelled(self) -> NDArray[np.int64]:
        """Return the positions within cortex that belong to a network at all."""
        return np.array(
            [i for i, name in enumerate(self.networks) if name.lower() not in _UNLABELLED],
            dtype=np.int64,
        )
