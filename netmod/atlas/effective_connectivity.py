"""Effective connectivity: weights fitted to one atlas for one model, refused with any other."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from netmod.atlas.atlas import Atlas
from netmod.atlas.integrity import data_sha256, file_sha256
from netmod.atlas.text import read_json
from netmod.atlas.tsv import format_number, read_matrix, table_text
from netmod.errors import ConfigError, DataError, IntegrityError, did_you_mean

FOLDER_NAME = "effective_connectivity"


@dataclass(frozen=True, eq=False)
class EffectiveConnectivity:
    """Fitted long-range weights and what they were fitted with.

    Attributes
    ----------
    weights : ndarray, shape (N, N)
        ``weights[target, source]``, not negative.
    model : str
        Name of the neural mass that they belong to.
    parameters : mapping
        Parameters held during the fit and fitted beside the weights.
    metadata : mapping
        All else that the fit recorded: its settings and quality (``fit``), checksums.
    """

    weights: np.ndarray
    model: str
    parameters: Mapping[str, Any]
    metadata: Mapping[str, Any]


def _folder(atlas: Atlas) -> Path | None:
    return atlas.folder / FOLDER_NAME if atlas.folder is not None else None


def models_with_effective_connectivity(atlas: Atlas) -> tuple[str, ...]:
    """Return the names of the models for which the atlas holds fitted weights."""
    folder = _folder(atlas)
    if folder is None or not folder.is_dir():
        return ()
    stems = {path.stem for path in folder.glob("*.json")}
    return tuple(sorted(stem for stem in stems if (folder / f"{stem}.tsv").is_file()))


def load_effective_connectivity(atlas: Atlas, model_name: str) -> EffectiveConnectivity:
    """Read the weights that were fitted to an atlas for a model.

    Parameters
    ----------
    atlas : Atlas
        An atlas that was read from a folder.
    model_name : str
        Name of the neural mass.

    Returns
    -------
    EffectiveConnectivity
        Read-only weights in the atlas's region order.

    Raises
    ------
    ConfigError
        If the atlas has no weights for that model, or they were fitted for another one.
    IntegrityError
        If the weights were changed, or were fitted to other figures than the atlas's.
    DataError
        If a file is malformed.
    """
    known = models_with_effective_connectivity(atlas)
    folder = _folder(atlas)
    if folder is None or model_name not in known:
        raise ConfigError(
            f"no effective connectivity for model '{model_name}'",
            where=f"atlas '{atlas.name}'",
            expected=f"one of {', '.join(known)}" if known else "fitted weights in the atlas",
            got=repr(model_name),
            hint=did_you_mean(model_name, known)
            or "fit one, or use the structural weights of the atlas",
        )
    sidecar, table = folder / f"{model_name}.json", folder / f"{model_name}.tsv"
    metadata = read_json(sidecar)
    kinds = {"model": str, "parameters": dict, "fit": dict, "atlas_sha256": str, "sha256": str}
    for key, kind in kinds.items():
        if not isinstance(metadata.get(key), kind):
            raise DataError(
                f"'{key}' is missing or of the wrong type",
                where=str(sidecar),
                expected="an object" if kind is dict else "a text",
                got=repr(metadata.get(key)),
            )
    if metadata["model"] != model_name:
        raise ConfigError(
            "the effective connectivity was fitted for another model",
            where=str(sidecar),
            expected=f"model '{model_name}'",
            got=f"'{metadata['model']}'",
            hint="weights of one model mean nothing in another; fit them again",
        )
    got = file_sha256(table)
    if got != metadata["sha256"]:
        raise IntegrityError(
            f"{table.name} was changed",
            where=str(table),
            expected=f"SHA-256 {metadata['sha256']}",
            got=got,
            hint="restore the file or fit again",
        )
    if metadata["atlas_sha256"] != atlas.sha256:
        raise IntegrityError(
            "the effective connectivity was fitted to other figures than this atlas holds",
            where=str(sidecar),
            expected=f"atlas {atlas.sha256}",
            got=metadata["atlas_sha256"],
            hint="fit again",
        )
    weights = read_matrix(table, atlas.region, low=0.0, diagonal=0.0)
    weights.setflags(write=False)
    return EffectiveConnectivity(
        weights=weights,
        model=model_name,
        parameters=MappingProxyType(metadata["parameters"]),
        metadata=MappingProxyType(
            {key: value for key, value in metadata.items() if key not in ("model", "parameters")}
        ),
    )


def write_effective_connectivity(
    atlas: Atlas,
    model_name: str,
    weights: np.ndarray,
    *,
    parameters: Mapping[str, Any],
    fit: Mapping[str, Any],
    digits: int | None = 9,
) -> Path:
    """Write fitted weights beside the atlas that they were fitted to.

    Parameters
    ----------
    atlas : Atlas
        An atlas that was read from a folder.
    model_name : str
        Name of the neural mass.
    weights : array, shape (N, N)
        ``[target, source]``, not negative, zero diagonal.
    parameters, fit : mapping
        What the weights belong to, and how and how well they were fitted; JSON values.
    digits : int, optional
        Significant digits; the shortest exact text for None.

    Returns
    -------
    Path
        The sidecar ``<folder>/effective_connectivity/<model>.json``.

    Raises
    ------
    ConfigError
        If the atlas has no folder.
    DataError
        If the weights do not fit the atlas.
    """
    folder = _folder(atlas)
    if folder is None:
        raise ConfigError("the atlas has no folder to write to", where=f"atlas '{atlas.name}'")
    matrix = np.asarray(weights, dtype=float)
    n = atlas.n_regions
    if matrix.shape != (n, n) or not np.isfinite(matrix).all() or (matrix < 0).any():
        raise DataError(
            "not an effective connectivity of this atlas",
            where=f"atlas '{atlas.name}'",
            expected=f"finite, non-negative weights of shape ({n}, {n})",
            got=f"shape {matrix.shape}",
        )
    if np.diag(matrix).any():
        raise DataError("self-connections", where=f"atlas '{atlas.name}'", expected="diagonal 0")
    folder.mkdir(parents=True, exist_ok=True)
    rows = [
        [name, *(format_number(value, digits) for value in values)]
        for name, values in zip(atlas.region, matrix, strict=True)
    ]
    table = folder / f"{model_name}.tsv"
    table.write_bytes(table_text(["name", *atlas.region], rows).encode())
    sidecar = folder / f"{model_name}.json"
    content = {
        "model": model_name,
        "parameters": dict(parameters),
        "fit": dict(fit),
        "atlas_sha256": atlas.sha256,
        "sha256": file_sha256(table),
    }
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    sidecar.write_bytes(text.encode())
    return sidecar


def keep_fitted(old: Path, new: Path) -> None:
    """Copy effective connectivity that was fitted to the same figures in another folder.

    What is there already stays; weights fitted to other figures are left behind.
    """
    fitted = old / FOLDER_NAME
    if fitted.is_dir() and data_sha256(old) == data_sha256(new):
        (new / FOLDER_NAME).mkdir(exist_ok=True)
        for path in sorted(fitted.iterdir()):
            if not (new / FOLDER_NAME / path.name).exists():
                shutil.copyfile(path, new / FOLDER_NAME / path.name)
