"""The atlas as the rest of netmod sees it: a frozen record of arrays over regions."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from netmod.errors import ConfigError, DataError, did_you_mean

NETWORK_ORDER = (
    "Visual",
    "Somatomotor",
    "DorsalAttention",
    "VentralAttention",
    "Limbic",
    "Frontoparietal",
    "Default",
    "Subcortex",
    "Cerebellum",
)
"""Canonical order: the seven networks of Yeo et al. 2011 (doi:10.1152/jn.00338.2011), then the
two groups that have no such label."""

HEMISPHERES = ("L", "R", "B")
KINDS = ("cortex", "subcortex", "cerebellum")

# Mirrored homologues of a parcellation lie within a parcel's width of each other.
_HOMOLOGUE_LIMIT_MM = 20.0


@dataclass(frozen=True, eq=False)
class Atlas:
    """One parcellation with its connectivity, maps and named stimulation targets.

    Attributes
    ----------
    name : str
        Name of the atlas.
    region : tuple of str, length N
        Unique region names, in the order of every array.
    label : tuple of str
        Long names.
    hemisphere : tuple of str
        ``L``, ``R`` or ``B`` (both: a midline structure).
    network : tuple of str
        Functional network of each region.
    kind : tuple of str
        ``cortex``, ``subcortex`` or ``cerebellum``.
    centroids_mm : ndarray, shape (N, 3)
        MNI coordinates, x to the right.
    weights : ndarray, shape (N, N)
        ``weights[target, source]``, not negative, zero diagonal, in the source's units.
    lengths_mm : ndarray, shape (N, N)
        Tract lengths, same direction.
    fc : ndarray, shape (N, N), or None
        Measured functional connectivity (Pearson r), symmetric; NaN where not available.
    fcd : ndarray, shape (B, 3), or None
        Measured distribution of functional connectivity dynamics (correlations of the FC of
        sliding windows): low and high edge of each bin, and its share.
    maps : mapping of str to ndarray, shape (N,)
        Regional maps; NaN where not available.
    targets : mapping of str to tuple of int
        Region indices of named targets.
    licence, citation : str
        How the figures may be used, and BibTeX of their sources.
    sha256 : str
        Digest of the files that hold numbers.
    folder : Path or None
        Where the atlas was read from.
    description : mapping
        The content of ``description.json``.

    Raises
    ------
    DataError
        If a shape does not fit the number of regions.
    """

    name: str
    region: tuple[str, ...]
    label: tuple[str, ...]
    hemisphere: tuple[str, ...]
    network: tuple[str, ...]
    kind: tuple[str, ...]
    centroids_mm: np.ndarray
    weights: np.ndarray
    lengths_mm: np.ndarray
    fc: np.ndarray | None = None
    fcd: np.ndarray | None = None
    maps: Mapping[str, np.ndarray] = field(default_factory=dict)
    targets: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    licence: str = "unknown"
    citation: str = ""
    sha256: str = ""
    folder: Path | None = None
    description: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n = len(self.region)
        for name in ("region", "label", "hemisphere", "network", "kind"):
            values = tuple(getattr(self, name))
            self._expect(name, (len(values),), (n,))
            object.__setattr__(self, name, values)
        for name, shape in (("centroids_mm", (n, 3)), ("weights", (n, n)), ("lengths_mm", (n, n))):
            object.__setattr__(self, name, self._frozen(name, getattr(self, name), shape))
        if self.fc is not None:
            object.__setattr__(self, "fc", self._frozen("fc", self.fc, (n, n)))
        if self.fcd is not None:
            bins = self._frozen("fcd", self.fcd, (len(self.fcd), 3))
            object.__setattr__(self, "fcd", bins)
        maps = {key: self._frozen(f"maps['{key}']", v, (n,)) for key, v in self.maps.items()}
        targets = {key: tuple(int(i) for i in v) for key, v in self.targets.items()}
        for key, indices in targets.items():
            if any(not 0 <= index < n for index in indices):
                raise DataError(
                    f"target '{key}' points outside the atlas",
                    where=f"atlas '{self.name}'",
                    expected=f"indices from 0 to {n - 1}",
                    got=str(indices),
                )
        object.__setattr__(self, "maps", MappingProxyType(maps))
        object.__setattr__(self, "targets", MappingProxyType(targets))
        object.__setattr__(self, "description", MappingProxyType(dict(self.description)))

    def _expect(self, name: str, got: tuple[int, ...], expected: tuple[int, ...]) -> None:
        if got != expected:
            raise DataError(
                f"{name} has the wrong shape",
                where=f"atlas '{self.name}'",
                expected=f"{expected} for {len(self.region)} regions",
                got=str(got),
            )

    def _frozen(self, name: str, values: Any, shape: tuple[int, ...]) -> np.ndarray:
        array = np.array(values, dtype=float)
        self._expect(name, array.shape, shape)
        array.setflags(write=False)
        return array

    def __reduce__(self) -> tuple[Any, tuple[()]]:
        # Mapping proxies cannot be sent to a worker process; the constructor makes them again.
        values = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        for name in ("maps", "targets", "description"):
            values[name] = dict(values[name])
        return functools.partial(Atlas, **values), ()

    @property
    def n_regions(self) -> int:
        """Number of regions N."""
        return len(self.region)

    @property
    def cortex(self) -> np.ndarray:
        """Mask [N] of the cortical regions."""
        return np.array([kind == "cortex" for kind in self.kind], dtype=bool)

    @property
    def network_names(self) -> tuple[str, ...]:
        """Networks that occur here: canonical order first, then others by name."""
        present = set(self.network)
        known = [name for name in NETWORK_ORDER if name in present]
        return (*known, *sorted(present.difference(NETWORK_ORDER)))

    def in_network(self, name: str) -> np.ndarray:
        """Return the mask [N] of the regions of one network.

        Raises
        ------
        ConfigError
            If no region belongs to a network of that name.
        """
        if name not in self.network_names:
            raise self._unknown("network", name, self.network_names)
        return np.array([network == name for network in self.network], dtype=bool)

    def target(self, name: str) -> np.ndarray:
        """Return the region indices of a named target, or of one region by its name.

        Raises
        ------
        ConfigError
            If the atlas has neither a target nor a region of that name.
        """
        if name in self.targets:
            return np.array(self.targets[name], dtype=int)
        if name in self.region:
            return np.array([self.region.index(name)], dtype=int)
        raise self._unknown("target", name, tuple(self.targets), also=self.region)

    def index(self, name: str) -> int:
        """Return the index of one region by its name.

        Raises
        ------
        ConfigError
            If the atlas has no region of that name.
        """
        if name not in self.region:
            raise self._unknown("region", name, self.region)
        return self.region.index(name)

    def map(self, name: str) -> np.ndarray:
        """Return a regional map [N], NaN where it is not available.

        Raises
        ------
        ConfigError
            If the atlas has no map of that name.
        """
        if name not in self.maps:
            raise self._unknown("map", name, tuple(self.maps))
        return self.maps[name]

    def homologues(self) -> tuple[tuple[int, int], ...]:
        """Return pairs (left, right) of homologous regions, in the order of the left ones.

        Two regions are homologues when each is the other's nearest after mirroring at the
        midline, among regions of the same kind, and within 20 mm.
        """
        side = np.array(self.hemisphere)
        kind = np.array(self.kind)
        left, right = np.flatnonzero(side == "L"), np.flatnonzero(side == "R")
        if not left.size or not right.size:
            return ()
        mirrored = self.centroids_mm[right] * np.array([-1.0, 1.0, 1.0])
        distance = np.linalg.norm(self.centroids_mm[left][:, None] - mirrored[None], axis=-1)
        distance[kind[left][:, None] != kind[right][None]] = np.inf
        to_right, to_left = distance.argmin(axis=1), distance.argmin(axis=0)
        return tuple(
            (int(left[i]), int(right[j]))
            for i, j in enumerate(to_right)
            if to_left[j] == i and distance[i, j] <= _HOMOLOGUE_LIMIT_MM
        )

    def _unknown(
        self, what: str, name: str, known: tuple[str, ...], also: tuple[str, ...] = ()
    ) -> ConfigError:
        listed = ", ".join(known[:12]) + (", …" if len(known) > 12 else "")
        return ConfigError(
            f"unknown {what} '{name}'",
            where=f"atlas '{self.name}'",
            expected=f"one of {listed}" if listed else f"an atlas with a {what}",
            got=f"'{name}'",
            hint=did_you_mean(name, (*known, *also)),
        )
