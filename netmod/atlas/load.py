"""Find an atlas by name or folder, check it, read it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from netmod.atlas.atlas import HEMISPHERES, KINDS, Atlas
from netmod.atlas.integrity import SUMS_NAME, data_sha256, verify_sums
from netmod.atlas.places import shipped_atlases, user_atlases
from netmod.atlas.text import position, read_json, read_text
from netmod.atlas.tsv import Table, read_matrix, read_table
from netmod.errors import ConfigError, DataError, did_you_mean

REQUIRED_FILES = ("regions.tsv", "weights.tsv", "lengths.tsv")
COORDINATES = ("mni_x_mm", "mni_y_mm", "mni_z_mm")
FCD_COLUMNS = ("low", "high", "share")
_LIMIT_MM = 200.0


def _is_atlas(folder: Path) -> bool:
    try:
        return (folder / "regions.tsv").is_file()
    except OSError:  # a name too long, a folder that may not be entered
        return False


def _is_folder(folder: Path) -> bool:
    try:
        return folder.is_dir()
    except OSError:
        return False


def available_atlases() -> tuple[str, ...]:
    """Return the names of the shipped atlases and of those that the user fetched or imported."""
    names = {
        entry.name
        for root in (*shipped_atlases(), user_atlases())
        if root.is_dir()
        for entry in root.iterdir()
        if entry.is_dir() and _is_atlas(entry)
    }
    return tuple(sorted(names))


def find_atlas(name_or_folder: str | os.PathLike[str]) -> Path:
    """Return the folder of an atlas: an existing folder, or an atlas known by that name.

    Shipped atlases come before those in the user's data folder.

    Raises
    ------
    ConfigError
        If there is neither.
    """
    text = os.fspath(name_or_folder)
    is_path = isinstance(name_or_folder, os.PathLike) or "/" in text or os.sep in text
    folder = Path(text)
    # A bare name means a local folder only when that holds an atlas, so that an output folder
    # which happens to be called dk84 does not hide the shipped one.
    if text and _is_folder(folder) and (is_path or _is_atlas(folder)):
        return folder
    if not is_path and text not in ("", ".", ".."):
        for root in (*shipped_atlases(), user_atlases()):
            if _is_atlas(root / text):
                return root / text
    known = available_atlases()
    if is_path:
        raise ConfigError(
            "not a folder" if os.path.lexists(text) else "no such atlas folder",
            where=text,
            expected=f"a folder with {', '.join(REQUIRED_FILES)}",
            hint=f"atlases known by name: {', '.join(known)}" if known else None,
        )
    raise ConfigError(
        f"unknown atlas '{text}'",
        expected=f"a folder, or one of {', '.join(known)}" if known else "the folder of an atlas",
        got=repr(text),
        hint=did_you_mean(text, known),
    )


def load_atlas(name_or_folder: str | os.PathLike[str]) -> Atlas:
    """Read an atlas and check it.

    Parameters
    ----------
    name_or_folder : str or path
        Name of a shipped, fetched or imported atlas, or a folder with ``regions.tsv``,
        ``weights.tsv`` and ``lengths.tsv``; ``fc.tsv``, ``fcd.tsv``, ``maps.tsv``,
        ``targets.json``, ``description.json``, ``CITATION.bib`` and ``SHA256SUMS`` may be there
        too.

    Returns
    -------
    Atlas
        With ``weights[target, source]``.

    Raises
    ------
    ConfigError
        If there is no such atlas.
    IntegrityError
        If a file does not match ``SHA256SUMS``; a folder without that file is not checked.
    DataError
        If a file is missing or holds what it must not; the message names file:line:col.
    """
    folder = find_atlas(name_or_folder)
    for name in REQUIRED_FILES:
        if not (folder / name).is_file() and not (folder / SUMS_NAME).exists():
            raise DataError(
                f"the atlas has no {name}",
                where=str(folder / name),
                expected=f"a folder with {', '.join(REQUIRED_FILES)}",
            )
    verify_sums(folder)
    description = _optional_json(folder / "description.json")
    table = read_table(folder / "regions.tsv")
    columns = _regions(table)
    region = columns["name"]
    symmetric = _symmetric(folder / "description.json", description)
    weights, lengths_mm = (
        read_matrix(folder / name, region, low=0.0, diagonal=0.0, symmetric=symmetric)
        for name in ("weights.tsv", "lengths.tsv")
    )
    fc = None
    if (folder / "fc.tsv").exists():
        fc = read_matrix(
            folder / "fc.tsv", region,
            low=-1.0, high=1.0, diagonal=1.0, symmetric=True, missing=True,
        )  # fmt: skip
    citation = folder / "CITATION.bib"
    return Atlas(
        name=_text(folder / "description.json", description, "name", folder.resolve().name),
        region=region,
        label=columns["label"],
        hemisphere=columns["hemisphere"],
        network=columns["network"],
        kind=columns["kind"],
        centroids_mm=_centroids(table),
        weights=weights,
        lengths_mm=lengths_mm,
        fc=fc,
        fcd=_fcd(folder / "fcd.tsv"),
        maps=_maps(folder / "maps.tsv", region),
        targets=_targets(folder / "targets.json", region),
        licence=_text(folder / "description.json", description, "licence", "unknown"),
        citation=read_text(citation) if citation.exists() else "",
        sha256=data_sha256(folder),
        folder=folder,
        description=description,
    )


def _optional_json(path: Path) -> dict[str, Any]:
    return read_json(path) if path.exists() else {}


def _text(path: Path, description: dict[str, Any], key: str, default: str) -> str:
    value = description.get(key, default)
    if not isinstance(value, str) or not value.strip():
        raise DataError(
            f"'{key}' is not a text", where=str(path), expected="a text", got=repr(value)
        )
    return value


def _symmetric(path: Path, description: dict[str, Any]) -> bool:
    weights = description.get("weights", {})
    directed = weights.get("directed", True) if isinstance(weights, dict) else None
    if not isinstance(directed, bool):
        raise DataError(
            "'weights' must say whether they are directed",
            where=str(path),
            expected='"weights": {"directed": true or false, …}',
            got=repr(weights),
        )
    return not directed


def _regions(table: Table) -> dict[str, tuple[str, ...]]:
    names = ("name", "label", "hemisphere", "network", "kind")
    columns = {name: table.column(name) for name in names}
    if not table.rows:
        raise DataError("no regions", where=str(table.path), expected="one row for each region")

    def refuse(row: int, name: str, what: str, expected: str, known: tuple[str, ...] = ()) -> None:
        got = columns[name][row]
        raise DataError(
            what,
            where=table.where(row, table.header.index(name)),
            expected=expected,
            got=repr(got),
            hint=did_you_mean(got, known),
        )

    seen: set[str] = set()
    for row, region in enumerate(columns["name"]):
        if not region.strip() or region != region.strip():
            refuse(row, "name", "not a region name", "a name without spaces around it")
        if region in seen:
            refuse(row, "name", f"region '{region}' comes twice", "every region once")
        seen.add(region)
        if columns["hemisphere"][row] not in HEMISPHERES:
            known = ", ".join(HEMISPHERES)
            refuse(row, "hemisphere", f"unknown hemisphere of '{region}'", f"one of {known}")
        if columns["kind"][row] not in KINDS:
            known = ", ".join(KINDS)
            refuse(row, "kind", f"unknown kind of '{region}'", f"one of {known}", KINDS)
        if not columns["network"][row].strip():
            refuse(row, "network", f"'{region}' has no network", "the name of a network")
    return columns


def _centroids(table: Table) -> np.ndarray:
    places = [table.header.index(name) for name in COORDINATES if table.column(name)]
    centroids = np.array([[table.number(r, c) for c in places] for r in range(len(table.rows))])
    outside = np.argwhere(np.abs(centroids) > _LIMIT_MM)
    if outside.size:
        row, axis = (int(i) for i in outside[0])
        raise DataError(
            f"a centroid outside the head (region '{table.rows[row][0]}')",
            where=table.where(row, places[axis]),
            expected=f"MNI coordinates in mm, at most {_LIMIT_MM:g} from the origin",
            got=table.rows[row][places[axis]],
            hint="millimetres, not voxels or micrometres?",
        )
    return centroids


def _fcd(path: Path) -> np.ndarray | None:
    if not path.exists():
        return None
    table = read_table(path)
    places = [table.header.index(name) for name in FCD_COLUMNS if table.column(name)]
    bins = np.array([[table.number(r, c) for c in places] for r in range(len(table.rows))])
    for row, (low, high, share) in enumerate(bins.reshape(-1, 3)):
        follows = row == 0 or low >= bins[row - 1, 1]
        if not (-1.0 <= low < high <= 1.0 and follows and share >= 0.0):
            raise DataError(
                "not a bin of a distribution of correlations",
                where=table.where(row, 0),
                expected="low below high, between -1 and 1, after the row before; a share from 0",
                got=", ".join(table.rows[row]),
            )
    total = float(bins[:, 2].sum()) if bins.size else 0.0
    if not np.isclose(total, 1.0, atol=1e-6):
        raise DataError(
            "the shares do not add up", where=str(path), expected="a sum of 1", got=f"{total:g}"
        )
    return bins


def _maps(path: Path, region: tuple[str, ...]) -> dict[str, np.ndarray]:
    if not path.exists():
        return {}
    table = read_table(path)
    names = tuple(row[0] for row in table.rows)
    if names != region:
        place = next((i for i, (a, b) in enumerate(zip(names, region, strict=False)) if a != b), -1)
        raise DataError(
            "the maps have other regions than regions.tsv",
            where=table.where(place, 0) if place >= 0 else f"{path}:1:1",
            expected=f"'{region[place]}'" if place >= 0 else f"{len(region)} regions",
            got=f"'{names[place]}'" if place >= 0 else f"{len(names)}",
            hint="regions must stand in the order of regions.tsv",
        )
    return {
        name: np.array([table.number(row, column, missing=True) for row in range(len(region))])
        for column, name in enumerate(table.header[1:], start=1)
    }


def _targets(path: Path, region: tuple[str, ...]) -> dict[str, tuple[int, ...]]:
    if not path.exists():
        return {}
    text = read_text(path)
    index = {name: place for place, name in enumerate(region)}
    targets = {}
    for name, entry in read_json(path).items():
        members = entry.get("regions") if isinstance(entry, dict) else None
        if (
            not isinstance(members, list)
            or not members
            or not all(isinstance(member, str) for member in members)
        ):
            raise DataError(
                f"target '{name}' has no regions",
                where=position(path, text, name),
                expected='{"regions": ["…"], "doc": "…", "source": "…"}',
            )
        for place, member in enumerate(members):
            if member not in index:
                raise DataError(
                    f"target '{name}' names an unknown region",
                    where=position(path, text, member),
                    expected="a region of regions.tsv",
                    got=repr(member),
                    hint=did_you_mean(member, region),
                )
            if member in members[:place]:
                raise DataError(
                    f"target '{name}' names region '{member}' twice",
                    where=position(path, text, member, 2),
                )
        targets[name] = tuple(index[member] for member in members)
    return targets
