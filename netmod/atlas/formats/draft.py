"""What a file says of a connectome, before anything is filled in; and what a format is."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from netmod.atlas.atlas import Atlas
from netmod.errors import DataError

MATRICES = ("weights", "lengths_mm", "fc")
COLUMNS = ("region", "label", "hemisphere", "network", "kind")


@dataclass(frozen=True, eq=False)
class Draft:
    """A connectome as its source gives it; None where the source is silent.

    Attributes
    ----------
    source : str
        What messages call it: the file or folder.
    format : str
        Key of the format that it was read as.
    weights, lengths_mm, fc : ndarray, shape (N, N), or None
        ``[target, source]``; lengths in mm, FC as Pearson r (NaN where not measured).
    fcd : ndarray, shape (B, 3), or None
        Low and high edge and share of the bins of functional connectivity dynamics.
    region, label, hemisphere, network, kind : tuple of str, length N, or None
        As in :class:`netmod.atlas.Atlas`; an empty cell is not known.
    centroids_mm : ndarray, shape (N, 3), or None
        MNI coordinates in mm.
    maps : mapping of str to ndarray, shape (N,)
        Regional maps.
    targets : mapping
        Region names of each target, or a mapping with ``regions``, ``doc``, ``source``.
    directed : bool or None
        Whether the source says that direction means something.
    licence, citation : str or None
        How the figures may be used, and BibTeX of their sources.
    description : mapping
        Content of an atlas's ``description.json``.
    columns, texts : mapping
        Further columns of the region table, and further text files, of an atlas folder.
    files : tuple of Path
        The files that were read.
    notes : tuple of str
        What the reader did to the figures or left out.

    Raises
    ------
    DataError
        If the parts do not have the same number of regions.
    """

    source: str
    format: str = ""
    weights: np.ndarray | None = None
    lengths_mm: np.ndarray | None = None
    fc: np.ndarray | None = None
    fcd: np.ndarray | None = None
    region: tuple[str, ...] | None = None
    label: tuple[str, ...] | None = None
    hemisphere: tuple[str, ...] | None = None
    network: tuple[str, ...] | None = None
    kind: tuple[str, ...] | None = None
    centroids_mm: np.ndarray | None = None
    maps: Mapping[str, np.ndarray] = field(default_factory=dict)
    targets: Mapping[str, Sequence[str] | Mapping[str, Any]] = field(default_factory=dict)
    directed: bool | None = None
    licence: str | None = None
    citation: str | None = None
    description: Mapping[str, Any] = field(default_factory=dict)
    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    files: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in MATRICES:
            matrix = getattr(self, name)
            if matrix is not None and (matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]):
                raise DataError(
                    f"{name} is not square", where=self.source,
                    expected="one row and one column for each region", got=str(matrix.shape),
                )  # fmt: skip
        lengths = {name: len(value) for name, value in self._parts().items()}
        if len(set(lengths.values())) > 1:
            raise DataError(
                "the parts have different numbers of regions",
                where=self.source,
                expected="the same regions in every file",
                got=", ".join(f"{name} {count}" for name, count in lengths.items()),
            )
        if 0 in lengths.values():
            raise DataError("no regions", where=self.source, expected="at least one region")
        if self.centroids_mm is not None and self.centroids_mm.shape[1:] != (3,):
            raise DataError(
                "coordinates are not x, y, z", where=self.source,
                expected="three columns", got=str(self.centroids_mm.shape),
            )  # fmt: skip

    def _parts(self) -> dict[str, Any]:
        named = {name: getattr(self, name) for name in (*MATRICES, *COLUMNS, "centroids_mm")}
        named.update({f"map '{name}'": values for name, values in self.maps.items()})
        return {name: value for name, value in named.items() if value is not None}

    @property
    def n_regions(self) -> int | None:
        """Number of regions N, None while nothing says it."""
        return next((len(part) for part in self._parts().values()), None)

    def with_regions(self, table: Draft) -> Draft:
        """Return the draft with the region table of another one, matched by name where both name.

        Raises
        ------
        DataError
            If names that the draft has are missing in the table, or the numbers differ.
        """
        order = list(range(table.n_regions or 0))
        if self.region is not None and table.region is not None:
            missing = [name for name in self.region if name not in table.region]
            if missing:
                raise DataError(
                    f"region '{missing[0]}' is not in the region table ({len(missing)} missing)",
                    where=table.source,
                    expected=f"the names of {self.source}",
                    got=", ".join(table.region[:6]) + (", …" if len(order) > 6 else ""),
                )
            order = [table.region.index(name) for name in self.region]
        if self.n_regions is not None and len(order) != self.n_regions:
            raise DataError(
                "the region table has another number of regions",
                where=table.source,
                expected=f"{self.n_regions} as in {self.source}",
                got=str(len(order)),
            )
        given: dict[str, Any] = {
            name: tuple(value[i] for i in order)
            for name in COLUMNS
            if (value := getattr(table, name)) is not None
        }
        if table.centroids_mm is not None:
            given["centroids_mm"] = table.centroids_mm[order]
        maps = {name: values[order] for name, values in table.maps.items()}
        return dataclasses.replace(
            self,
            **given,
            maps={**self.maps, **maps},
            files=(*self.files, *table.files),
            notes=(*self.notes, *table.notes),
        )


@dataclass(frozen=True)
class Format:
    """One way to store a connectome.

    Attributes
    ----------
    name, title, doc : str
        Its name on the command line, its full name, and what to know about it.
    suffix : str
        Ending of an exported file, ``""`` for a folder.
    recognise : callable
        Whether a path (a file, or a folder) looks like this format.
    read : callable
        ``read(path, **options) -> Draft``.
    write : callable
        ``write(atlas, path)`` makes the file, or fills the folder, of an export.
    loses : tuple of str
        Fields of :class:`netmod.atlas.Atlas` that do not survive, in whole or in part.
    directed : bool
        Whether the format can hold asymmetric weights.
    """

    name: str
    title: str
    doc: str
    suffix: str
    recognise: Callable[[Path], bool]
    read: Callable[..., Draft]
    write: Callable[[Atlas, Path], None]
    loses: tuple[str, ...] = ()
    directed: bool = True
