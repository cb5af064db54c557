"""Real people: a BIDS-like folder of connectomes, checked on reading.

::

    participants.tsv                                  participant_id, and severity if known
    sub-01/dwi/sub-01_atlas-dk84_desc-weights_relmat.tsv
    sub-01/dwi/sub-01_atlas-dk84_desc-lengths_relmat.tsv                     (optional, mm)
    sub-01/func/sub-01_atlas-dk84_stat-pearsoncorrelation_relmat.tsv         (optional)

``stat-streamlinecount`` means weights too. Folders ``anat``, ``dwi`` and ``func`` may be left out,
and so may the entity ``atlas``; matrices of other atlases are passed over. Rows and columns are the
atlas's regions by name, in any order. Nothing here imports jax.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np

from netmod.atlas import Atlas
from netmod.atlas.integrity import file_sha256
from netmod.atlas.tsv import NOT_AVAILABLE, Table, read_matrix, read_table
from netmod.errors import ConfigError, DataError, did_you_mean

PARTICIPANTS = "participants.tsv"
PLACES = ("", "anat", "dwi", "func")
"""Folders of a person in which matrices are looked for."""

KINDS: Mapping[str, tuple[tuple[str, str], ...]] = MappingProxyType(
    {
        "weights": (("desc", "weights"), ("stat", "streamlinecount")),
        "lengths": (("desc", "lengths"), ("stat", "streamlinelength")),
        "fc": (("stat", "pearsoncorrelation"),),
    }
)
"""Entities of a file's name that say what its matrix is; the first is the one to write."""

LIMITS = (0.25, 4.0)
"""Smallest and largest factor on an effective weight; `proposal`: three SDs of a strong tract,
within which a ratio of streamline counts says something of the person."""

MOST_SEVERE = 5.0

_MATRIX = re.compile(r"(sub-[A-Za-z0-9]+)((?:_[A-Za-z0-9]+-[A-Za-z0-9+]+)*)_relmat\.tsv")
_LABEL = re.compile(r"sub-([A-Za-z0-9]+)")


@dataclass(frozen=True)
class People:
    """Who is in a folder, before any matrix is read.

    Attributes
    ----------
    folder : Path
        The folder.
    label : tuple of str
        Labels in the order of ``participants.tsv``, without ``sub-``.
    severity : tuple of float or None
        Scale of the lesion of each; None where not known.
    matrices : mapping of str to tuple of Path
        Every matrix of a person, of any atlas.
    sha256 : str
        Digest of ``participants.tsv`` and of every matrix, by names relative to the folder.
    """

    folder: Path
    label: tuple[str, ...]
    severity: tuple[float | None, ...]
    matrices: Mapping[str, tuple[Path, ...]]
    sha256: str


@dataclass(frozen=True, eq=False)
class Individual:
    """One real person, in the order of the atlas's regions.

    Attributes
    ----------
    label : str
        Without ``sub-``.
    weights : ndarray, shape (N, N)
        Structural weights ``[target, source]`` in the folder's unit.
    lengths_mm : ndarray, shape (N, N), or None
        Tract lengths; NaN or 0 where there is no tract.
    fc : ndarray, shape (N, N), or None
        Measured functional connectivity (Pearson r). No simulation uses it.
    severity : float or None
        Scale of the lesion when this person is a patient; drawn when None.
    """

    label: str
    weights: np.ndarray
    lengths_mm: np.ndarray | None
    fc: np.ndarray | None
    severity: float | None


def survey(folder: str | os.PathLike[str]) -> People:
    """Return who is in a folder, without reading the matrices.

    Parameters
    ----------
    folder : str or path
        A folder with ``participants.tsv``.

    Raises
    ------
    ConfigError
        If there is no such folder.
    DataError
        If the list of people is malformed, or does not fit the folders of people.
    """
    try:
        if not os.fspath(folder):
            raise ValueError("an empty name")
        folder = Path(folder)
        found = {entry.name for entry in folder.iterdir() if _LABEL.fullmatch(entry.name)}
    except (OSError, ValueError) as error:  # no folder, none that may be read, no path at all
        raise ConfigError(
            "cannot read the folder of people", where=str(folder),
            expected=f"a folder with {PARTICIPANTS} and a folder sub-… for each person",
            got=getattr(error, "strerror", None) or str(error),
        ) from None  # fmt: skip
    path = folder / PARTICIPANTS
    if not path.is_file():
        raise DataError(
            f"the folder has no {PARTICIPANTS}", where=str(path),
            expected="a table with the columns participant_id and, where known, severity",
        )  # fmt: skip
    table = read_table(path)
    labels = _labels(table)
    for row, label in enumerate(labels):
        if f"sub-{label}" not in found:
            raise DataError(
                f"sub-{label} has no folder", where=table.where(row, _id_column(table)),
                expected=str(folder / f"sub-{label}"),
                hint="remove the row of a person without matrices",
            )  # fmt: skip
    extra = sorted(found - {f"sub-{label}" for label in labels})
    if extra:
        raise DataError(
            f"{extra[0]} is not in {PARTICIPANTS}", where=str(folder / extra[0]),
            hint=f"add {extra[0]} to {PARTICIPANTS}, or move its folder elsewhere",
        )  # fmt: skip
    matrices = {label: _matrices(folder / f"sub-{label}") for label in labels}
    files = [path, *(matrix for own in matrices.values() for matrix in own)]
    lines = sorted(f"{p.relative_to(folder).as_posix()}  {file_sha256(p)}\n" for p in files)
    return People(
        folder,
        labels,
        _severities(table),
        MappingProxyType(matrices),
        hashlib.sha256("".join(lines).encode()).hexdigest(),
    )


def read_individuals(
    folder: str | os.PathLike[str] | People, atlas: Atlas
) -> tuple[Individual, ...]:
    """Read every person of a folder.

    Parameters
    ----------
    folder : str, path or People
        The folder, or what `survey` found there.
    atlas : Atlas
        The atlas whose regions the matrices have.

    Returns
    -------
    tuple of Individual
        In the order of ``participants.tsv``.

    Raises
    ------
    ConfigError
        If there is no such folder.
    DataError
        If a matrix is missing, there twice, or holds what it must not; the message names
        file:line:col. If one person's weights are on another scale than the others'.
    """
    people = folder if isinstance(folder, People) else survey(folder)
    found = tuple(
        _read_one(people, label, severity, atlas)
        for label, severity in zip(people.label, people.severity, strict=True)
    )
    typical = float(np.median([person.weights.sum() for person in found]))
    for person in found:
        ratio = person.weights.sum() / typical
        if not LIMITS[0] <= ratio <= LIMITS[1]:
            raise DataError(
                f"the weights of sub-{person.label} are on another scale than the others'",
                where=str(people.folder / f"sub-{person.label}"),
                expected=f"a sum of {LIMITS[0]:g} to {LIMITS[1]:g} times the median one",
                got=f"{ratio:.3g} times",
                hint="use one unit for all people, such as streamlines out of the same number",
            )
    return found


def personal_weights(effective: np.ndarray, own: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Return a person's effective connectivity.

    The group's weight times the person's structural weight over the mean of the folder's people,
    held within :data:`LIMITS`. An edge that tractography shows in nobody (callosal fibres between
    homologues are often missed) stays as in the group. No edge is lost or new. The rule is a
    `proposal`: it takes the ratio of streamlines for the ratio of synaptic weights.

    Parameters
    ----------
    effective, own, mean : array, shape (target, source)
        The group's effective connectivity; structural weights of the person and of all on average.
    """
    ratio = np.divide(own, mean, out=np.ones_like(mean), where=mean > 0)
    return effective * np.clip(ratio, *LIMITS)


def personal_lengths(own: np.ndarray | None, group_mm: np.ndarray) -> np.ndarray:
    """Return a person's tract lengths in mm, the group's where the person has no tract."""
    if own is None:
        return group_mm
    return np.where(own > 0, own, group_mm)  # False for NaN


def _id_column(table: Table) -> int:
    table.column("participant_id")  # complains where there is none
    return table.header.index("participant_id")


def _labels(table: Table) -> tuple[str, ...]:
    column = _id_column(table)
    if not table.rows:
        raise DataError("no people", where=f"{table.path}:1:1", expected="a row for each person")
    seen: dict[str, str] = {}
    for row, cells in enumerate(table.rows):
        match = _LABEL.fullmatch(cells[column])
        if match is None:
            raise DataError(
                "not a person's label", where=table.where(row, column),
                expected="sub- and letters or digits", got=repr(cells[column]),
                hint="write sub-01" if cells[column].isdecimal() else None,
            )  # fmt: skip
        label = match.group(1)
        # a study fills labels up with zeros, and some file systems take a for A
        other = seen.setdefault(label.lstrip("0").lower(), label)
        if len(seen) == row:
            same = f"sub-{label} and sub-{other} differ by zeros or capitals alone"
            raise DataError(
                f"sub-{label} comes twice" if other == label else same,
                where=table.where(row, column), expected="every person once",
            )  # fmt: skip
    return tuple(seen.values())


def _severities(table: Table) -> tuple[float | None, ...]:
    if "severity" not in table.header:
        return (None,) * len(table.rows)
    column = table.header.index("severity")
    values = [table.number(row, column, missing=True) for row in range(len(table.rows))]
    for row, value in enumerate(values):
        if not (np.isnan(value) or 0.0 <= value <= MOST_SEVERE):
            raise DataError(
                "severity out of range", where=table.where(row, column),
                expected=f"0 to {MOST_SEVERE:g}, 1 in the typical patient, or {NOT_AVAILABLE}",
                got=table.rows[row][column], hint="a scale of the lesion, not a clinical score",
            )  # fmt: skip
    return tuple(None if np.isnan(value) else value for value in values)


def _matrices(folder: Path) -> tuple[Path, ...]:
    """Return the files of a person that are named as matrices of this person."""
    found = []
    for place in PLACES:
        for path in sorted((folder / place).glob("*_relmat.tsv")):
            if path.name.startswith("."):  # what a file manager leaves behind
                continue
            match = _MATRIX.fullmatch(path.name)
            if match is None or match.group(1) != folder.name:
                raise DataError(
                    "not the name of a matrix of this person", where=str(path),
                    expected=f"{folder.name}_atlas-NAME_desc-weights_relmat.tsv",
                    hint="entities are letters and digits: _key-value",
                )  # fmt: skip
            found.append(path)
    return tuple(found)


def _read_one(people: People, label: str, severity: float | None, atlas: Atlas) -> Individual:
    paths = _by_kind(people.matrices[label], atlas)
    if "weights" not in paths:
        raise DataError(
            f"sub-{label} has no structural weights",
            where=str(people.folder / f"sub-{label}"),
            expected=f"dwi/sub-{label}_atlas-{_entity(atlas.name)}_desc-weights_relmat.tsv",
            got=", ".join(path.name for path in people.matrices[label]) or "no matrix",
        )
    undirected = bool(np.array_equal(atlas.weights, atlas.weights.T))
    weights = _read(paths["weights"], atlas.region, low=0.0, diagonal=0.0, symmetric=undirected)
    if not weights.any():
        raise DataError("no weight above 0", where=str(paths["weights"]), expected="a connectome")
    lengths, fc = None, None
    if "lengths" in paths:
        lengths = _read(
            paths["lengths"], atlas.region, low=0.0, diagonal=0.0, symmetric=undirected,
            missing=True,
        )  # fmt: skip
    if "fc" in paths:
        fc = _read(
            paths["fc"], atlas.region, low=-1.0, high=1.0, diagonal=1.0, symmetric=True,
            missing=True,
        )  # fmt: skip
    return Individual(label, weights, lengths, fc, severity)


def _by_kind(paths: Sequence[Path], atlas: Atlas) -> dict[str, Path]:
    """Return the matrices of one atlas by what they hold."""
    found: dict[str, Path] = {}
    for path in paths:
        pairs = _MATRIX.fullmatch(path.name).group(2).split("_")[1:]
        entities = dict(pair.split("-") for pair in pairs)
        if entities.get("atlas", _entity(atlas.name)) != _entity(atlas.name):
            continue
        kind = next((k for k, marks in KINDS.items() if set(marks) & entities.items()), None)
        if kind is None:
            continue
        if kind in found:
            raise DataError(
                f"two matrices of {kind} for one person", where=str(path),
                expected="one for each atlas", got=found[kind].name,
            )  # fmt: skip
        found[kind] = path
    return found


def _read(path: Path, region: tuple[str, ...], **rules) -> np.ndarray:
    """Return a matrix in the order of the atlas's regions."""
    table = read_table(path)
    own = table.header[1:]
    for place, name in enumerate(own):
        if name not in region:
            raise DataError(
                "not a region of the atlas", where=table.where(-1, place + 1),
                expected="the names of the atlas's regions", got=repr(name),
                hint=did_you_mean(name, region),
            )  # fmt: skip
    missing = [name for name in region if name not in own]
    if missing:
        raise DataError(
            f"region '{missing[0]}' is missing", where=f"{path}:1:1",
            expected=f"{len(region)} regions", got=f"{len(own)}",
        )  # fmt: skip
    for row, (name, cells) in enumerate(zip(own, table.rows, strict=False)):
        if cells[0] != name:
            raise DataError(
                "the rows have another order than the columns", where=table.where(row, 0),
                expected=repr(name), got=repr(cells[0]),
            )  # fmt: skip
    matrix = read_matrix(path, own, **rules)
    order = [own.index(name) for name in region]
    return matrix[np.ix_(order, order)]


def _entity(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]", "", text)
