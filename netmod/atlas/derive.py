"""Atlases made of atlases: what was done is recorded, what no longer holds is dropped."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from netmod.atlas.atlas import Atlas
from netmod.atlas.targets import target_notes
from netmod.atlas.text import read_text
from netmod.atlas.tsv import table_text
from netmod.atlas.write import write_atlas
from netmod.errors import ConfigError

_TEXTS = ("region", "label", "hemisphere", "network", "kind")


def derived(
    atlas: Atlas,
    record: Mapping[str, Any],
    notes: Mapping[str, Mapping[str, str]] | None = None,
    **changes: Any,
) -> Atlas:
    """Return an atlas made of another one by an operation.

    The record joins the list ``description["operations"]`` with the name and digest of the atlas
    that it was applied to. The result has no folder, so that no connectivity fitted to the other
    atlas is taken for its own, and the digest of its own content (:func:`content_sha256`).

    Parameters
    ----------
    atlas : Atlas
        What the operation was applied to.
    record : mapping
        What was done; JSON values.
    notes : mapping, optional
        ``doc`` and ``source`` of targets that the atlas did not have.
    **changes
        Fields of :class:`netmod.atlas.Atlas` that differ.

    Returns
    -------
    Atlas
    """
    description = dict(changes.pop("description", atlas.description))
    made = dataclasses.replace(atlas, **changes, folder=None, sha256="")
    directed = not (_symmetric(made.weights) and _symmetric(made.lengths_mm))
    description["weights"] = {**description.get("weights", {}), "directed": directed}
    notes = {**(notes or {}), **target_notes(atlas)}
    description["targets"] = {name: notes[name] for name in made.targets if name in notes}
    applied = {**record, "applied_to": {"name": atlas.name, "sha256": atlas.sha256}}
    description["operations"] = [*description.get("operations", ()), applied]
    return dataclasses.replace(made, description=description, sha256=content_sha256(made))


def content_sha256(atlas: Atlas) -> str:
    """Return the digest of the content of an atlas that lies in no folder.

    SHA-256 over the names, labels, hemispheres, networks, kinds, targets and the names and shapes
    of the arrays as JSON, then the arrays as little-endian float64, all NaN and all zeros alike.
    It changes with whatever a study reads, and not with the description. It is not the digest of
    the folder that :func:`save_atlas` writes, which goes over the bytes of the files.

    Parameters
    ----------
    atlas : Atlas
        Any atlas.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    arrays = {
        "centroids_mm": atlas.centroids_mm,
        "weights": atlas.weights,
        "lengths_mm": atlas.lengths_mm,
        "fc": atlas.fc,
        "fcd": atlas.fcd,
        **{f"map {name}": atlas.maps[name] for name in sorted(atlas.maps)},
    }
    present = {name: values for name, values in arrays.items() if values is not None}
    head = {
        "format": "netmod-atlas-content-1",
        **{name: getattr(atlas, name) for name in _TEXTS},
        "targets": dict(sorted(atlas.targets.items())),
        "arrays": {name: values.shape for name, values in present.items()},
    }
    digest = hashlib.sha256(json.dumps(head, ensure_ascii=True).encode())
    for values in present.values():
        digest.update((np.where(np.isnan(values), np.nan, values) + 0.0).astype("<f8").tobytes())
    return digest.hexdigest()


def save_atlas(
    atlas: Atlas, folder: str | os.PathLike[str], *, origin: Atlas | None = None
) -> Path:
    """Write an atlas, such as one that an operation made, to a new folder.

    Parameters
    ----------
    atlas : Atlas
        What to write.
    folder : str or path
        Must not exist, or be empty.
    origin : Atlas, optional
        The atlas that it was made of: its licence text comes along, and its surface, on which
        regions that are no more become ``n/a``.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    ConfigError
        If the folder holds something, or cannot be written.
    """
    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError(
            "the folder of the new atlas holds something",
            where=str(folder),
            expected="a new or an empty folder",
        )
    description = {**atlas.description, "name": atlas.name, "licence": atlas.licence}
    description.pop("targets", None)
    notes = target_notes(atlas)
    return write_atlas(
        folder,
        **{name: getattr(atlas, name) for name in _TEXTS},
        centroids_mm=atlas.centroids_mm,
        weights=atlas.weights,
        lengths_mm=atlas.lengths_mm,
        fc=atlas.fc,
        fcd=atlas.fcd,
        maps=atlas.maps,
        targets={
            name: {"regions": [atlas.region[i] for i in members], **notes.get(name, {})}
            for name, members in atlas.targets.items()
        },
        description=description,
        texts=_texts(atlas, origin),
    )


def _symmetric(matrix: np.ndarray) -> bool:
    # the tolerance of the reader
    return bool((np.abs(matrix - matrix.T) <= 1e-9 * np.abs(matrix).max(initial=0.0)).all())


def _texts(atlas: Atlas, origin: Atlas | None) -> dict[str, str]:
    texts = {"CITATION.bib": atlas.citation} if atlas.citation.strip() else {}
    if origin is None or origin.folder is None:
        return texts
    if (origin.folder / "LICENSE").is_file():
        texts["LICENSE"] = read_text(origin.folder / "LICENSE")
    if (origin.folder / "surface.tsv").is_file():
        header, *rows = (
            line.split("\t") for line in read_text(origin.folder / "surface.tsv").splitlines()
        )
        known = set(atlas.region)
        column = header.index("region")
        for row in rows:
            row[column] = row[column] if row[column] in known else "n/a"
        # Merged regions have other names: a surface without any of them says nothing.
        if any(row[column] in known for row in rows):
            texts["surface.tsv"] = table_text(header, rows)
    return texts
