"""Connectomes as named arrays: the keys that people use, and what the arrays must be."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from netmod.atlas.atlas import Atlas
from netmod.atlas.formats.draft import Draft
from netmod.atlas.formats.regions import kind_of, side_of
from netmod.errors import ConfigError, DataError, did_you_mean

KEYS = {
    "weights": ("weights", "weight", "sc", "connectivity", "connectome", "structural", "cmat",
                "conn", "w", "c"),
    "lengths_mm": ("lengths_mm", "lengths", "length", "tract_lengths", "dmat", "distances",
                   "dist", "len", "length_mat", "d", "l"),
    "fc": ("fc", "functional", "functional_connectivity", "fcmat"),
    "fcd": ("fcd",),
    "region": ("region", "regions", "region_labels", "labels", "names", "roi_names", "regionnames"),
    "label": ("label", "long_names"),
    "hemisphere": ("hemisphere", "hemispheres", "hemi"),
    "network": ("network", "networks"),
    "kind": ("kind", "kinds"),
    "centroids_mm": ("centroids_mm", "centroids", "centres", "centers", "coords", "coordinates",
                     "mni", "xyz", "pos"),
    "maps": ("maps",),
    "map_names": ("map_names",),
    "targets": ("targets",),
}  # fmt: skip
"""Names of each field, tried without regard to case."""

_TEXTS = ("region", "label", "hemisphere", "network", "kind")


def draft_of_arrays(
    arrays: Mapping[str, np.ndarray],
    path: Path,
    weights: str | None = None,
    lengths: str | None = None,
    fc: str | None = None,
) -> Draft:
    """Return the draft that named arrays make.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        Numbers or texts.
    path : Path
        Their file, for messages.
    weights, lengths, fc : str, optional
        Keys to take for these fields, where they have unusual names.

    Returns
    -------
    Draft
        A single square matrix of any name is taken as the weights.

    Raises
    ------
    DataError
        If an array has the wrong type or shape, or two keys mean the same field.
    ConfigError
        If there is no array of a key that was asked for.
    """
    chosen = {"weights": weights, "lengths_mm": lengths, "fc": fc}
    found = {field: key for field, key in chosen.items() if key is not None}
    for key in found.values():
        if key not in arrays:
            raise ConfigError(
                f"no array '{key}'",
                where=str(path),
                expected=f"one of {', '.join(arrays)}",
                hint=did_you_mean(key, arrays),
            )
    meaning = {alias: field for field, aliases in KEYS.items() for alias in aliases}
    for key in arrays:
        field = meaning.get(key.lower())
        if field is None or key in found.values() or chosen.get(field) is not None:
            continue
        if field in found:
            raise DataError(
                f"two arrays for the {field}",
                where=str(path),
                got=f"'{found[field]}' and '{key}'",
                hint="name the one to take",
            )
        found[field] = key
    if not {"weights", "lengths_mm", "fc"} & found.keys():
        found["weights"] = _only_square(arrays, path)
    left_out = [key for key in arrays if key not in found.values()]
    return _draft({field: arrays[key] for field, key in found.items()}, found, path, left_out)


def _only_square(arrays: Mapping[str, np.ndarray], path: Path) -> str:
    square = [
        key
        for key, array in arrays.items()
        if array.ndim == 2 and array.shape[0] == array.shape[1] and array.dtype.kind in "fiub"
    ]
    if len(square) != 1:
        raise DataError(
            "no matrix is known by its name",
            where=str(path),
            expected="'weights', 'lengths', 'fc', or a single square matrix",
            got=", ".join(arrays) or "no arrays",
            hint="name the array to take as weights",
        )
    return square[0]


def _draft(
    fields: dict[str, np.ndarray], keys: Mapping[str, str], path: Path, left_out: list[str]
) -> Draft:
    where = {field: f"{path}: {key}" for field, key in keys.items()}
    given: dict[str, Any] = {}
    for field in ("weights", "lengths_mm", "fc", "fcd", "centroids_mm"):
        if field in fields:
            given[field] = numbers(fields[field], where[field], 2)
    for field in _TEXTS:
        if field in fields:
            given[field] = _texts(fields[field], where[field])
    for field, translate in (("hemisphere", side_of), ("kind", kind_of)):
        if field in given:
            given[field] = tuple(_word(x, translate, where[field]) for x in given[field])
    maps, targets = {}, {}
    if "maps" in fields and "map_names" in fields:
        names = _texts(fields["map_names"], where["map_names"])
        values = numbers(fields["maps"], where["maps"], 2)
        if len(names) != len(values) or len(set(names)) != len(names):
            raise DataError(
                "the maps do not fit their names", where=where["maps"],
                expected=f"{len(set(names))} rows", got=f"{len(values)} rows",
            )  # fmt: skip
        maps = dict(zip(names, values, strict=True))
    if "targets" in fields:
        targets = _targets(fields["targets"], where["targets"])
    notes = (f"left out: {', '.join(left_out)}",) if left_out else ()
    return Draft(str(path), **given, maps=maps, targets=targets, files=(path,), notes=notes)


def _word(cell: str, translate: Any, where: str) -> str:
    found = translate(cell) if cell.strip() else ""
    if found is None:
        raise DataError("an unknown word", where=where, got=repr(cell))
    return found


def numbers(array: np.ndarray, where: str, ndim: int) -> np.ndarray:
    """Return an array of real numbers as float64.

    Raises
    ------
    DataError
        If it holds anything else, has other dimensions, or infinite figures.
    """
    if array.dtype.kind not in "fiub" or array.ndim != ndim:
        raise DataError(
            "not a matrix of real numbers",
            where=where,
            expected=f"{ndim} dimensions of real numbers",
            got=f"{array.dtype}, shape {array.shape}",
        )
    values = array.astype(float)
    if np.isinf(values).any():
        place = tuple(int(i) + 1 for i in np.argwhere(np.isinf(values))[0])
        raise DataError("an infinite figure", where=where, got=f"at {place}, counted from 1")
    return values


def _texts(array: np.ndarray, where: str) -> tuple[str, ...]:
    if array.dtype.kind != "U" or array.ndim != 1:
        raise DataError(
            "not a list of texts", where=where, expected="one text for each region",
            got=f"{array.dtype}, shape {array.shape}",
        )  # fmt: skip
    return tuple(str(text) for text in array)


def _targets(array: np.ndarray, where: str) -> dict[str, list[str]]:
    if array.shape == (2,):  # MATLAB knows no row of a matrix apart from a vector
        array = array[None]
    if array.dtype.kind != "U" or array.ndim != 2 or array.shape[1] != 2:
        raise DataError(
            "not a list of targets", where=where, expected="rows of target and region",
            got=f"{array.dtype}, shape {array.shape}",
        )  # fmt: skip
    targets: dict[str, list[str]] = {}
    for name, region in array:
        targets.setdefault(str(name), []).append(str(region))
    return targets


def arrays_of(atlas: Atlas) -> dict[str, np.ndarray]:
    """Return an atlas as named arrays; what it does not have is left out."""
    arrays = {
        "weights": atlas.weights,
        "lengths_mm": atlas.lengths_mm,
        "fc": atlas.fc,
        "fcd": atlas.fcd,
        "centroids_mm": atlas.centroids_mm,
        **{name: np.array(getattr(atlas, name), dtype=str) for name in _TEXTS},
    }
    if atlas.maps:
        arrays["map_names"] = np.array(list(atlas.maps), dtype=str)
        arrays["maps"] = np.stack(list(atlas.maps.values()))
    if atlas.targets:
        pairs = [(name, atlas.region[i]) for name, places in atlas.targets.items() for i in places]
        arrays["targets"] = np.array(pairs, dtype=str)
    return {name: array for name, array in arrays.items() if array is not None}
