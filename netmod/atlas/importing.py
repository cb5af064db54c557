"""Make a checked atlas folder of someone's connectome: whole, or not at all."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from netmod.atlas.atlas import Atlas
from netmod.atlas.effective_connectivity import keep_fitted
from netmod.atlas.formats import moved, read_draft
from netmod.atlas.formats.completion import Record, complete
from netmod.atlas.formats.draft import Draft
from netmod.atlas.formats.regions import read_regions
from netmod.atlas.formats.text_matrices import SUFFIXES, read_text_matrix
from netmod.atlas.load import load_atlas
from netmod.atlas.places import shipped_atlases, user_atlases
from netmod.atlas.write import write_atlas
from netmod.errors import ConfigError, DataError, NetmodError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def import_atlas(
    path: str | os.PathLike[str],
    name: str,
    *,
    folder: str | os.PathLike[str] | None = None,
    format: str | None = None,
    lengths: str | os.PathLike[str] | None = None,
    regions: str | os.PathLike[str] | None = None,
    fc: str | os.PathLike[str] | None = None,
    transpose: bool = False,
    replace: bool = False,
    **options: Any,
) -> Atlas:
    """Make an atlas of a connectome in any of the known formats.

    What the source does not say is filled in by stated rules
    (:mod:`netmod.atlas.formats.completion`); ``description["import"]`` records the source and its
    SHA-256, each rule used (``filled``), and what to look at (``flags``).

    Parameters
    ----------
    path : str or path
        File, folder or archive.
    name : str
        Name of the new atlas.
    folder : str or path, optional
        Where to make it; in the user's data folder when not given.
    format : str, optional
        Key of :data:`netmod.atlas.formats.FORMATS`; found from the path when not given.
    lengths, fc : str or path, optional
        File with one more matrix: text, npy, npz or mat.
    regions : str or path, optional
        Table of regions, look-up table, or list of names.
    transpose : bool
        Whether the source has ``[source, target]``.
    replace : bool
        Whether an atlas in that folder may be replaced.
    **options
        What the reader of the format takes.

    Returns
    -------
    Atlas
        As read back from its folder, with ``weights[target, source]``.

    Raises
    ------
    ConfigError
        If the name, an option or the folder does not fit, or the folder exists.
    DataError
        If the source cannot be used. Nothing is left of the folder then, and an atlas that was
        to be replaced stays.
    """
    folder = _target(name, folder, replace=replace)
    draft = read_draft(path, format, **options)
    for field, extra in (("lengths_mm", lengths), ("fc", fc)):
        if extra is not None:
            draft = _with_matrix(draft, field, Path(extra))
    if regions is not None:
        draft = draft.with_regions(read_regions(Path(regions)))
    if transpose:
        given = {f: getattr(draft, f) for f in ("weights", "lengths_mm")}
        turned = {f: matrix.T for f, matrix in given.items() if matrix is not None}
        draft = dataclasses.replace(draft, **turned, notes=(*draft.notes, "matrices transposed"))
    whole, record = complete(draft)
    description = _description(whole, record, name, Path(path))
    return _build(whole, description, folder, replace=replace)


def _target(name: str, folder: str | os.PathLike[str] | None, *, replace: bool) -> Path:
    if not _NAME.fullmatch(name):
        raise ConfigError(
            "not a name for an atlas", expected="letters, digits, '_' and '-', at most 64",
            got=repr(name),
        )  # fmt: skip
    if folder is None:
        if any((root / name / "regions.tsv").is_file() for root in shipped_atlases()):
            raise ConfigError(
                f"'{name}' is a shipped atlas", expected="another name", got=repr(name)
            )
        folder = user_atlases() / name
    folder = Path(folder)
    if os.path.lexists(folder) and not replace:
        raise ConfigError(
            "the folder exists", where=str(folder), expected="a new folder",
            hint="allow it to be replaced (--replace), or take another name",
        )  # fmt: skip
    if os.path.lexists(folder) and (folder.is_symlink() or not (folder / "regions.tsv").is_file()):
        raise ConfigError(
            "what is there is not an atlas", where=str(folder),
            expected="a folder with regions.tsv", hint="it is not replaced; remove it yourself",
        )  # fmt: skip
    return folder


def _with_matrix(draft: Draft, field: str, path: Path) -> Draft:
    if path.suffix.lower() in SUFFIXES:
        extra = read_text_matrix(path, field)
    else:
        extra = read_draft(path)
    matrix = getattr(extra, field)
    if matrix is None and extra.weights is not None and len(extra.files) == 1:
        matrix = extra.weights  # the only matrix of the file
    if matrix is None:
        raise DataError(f"no matrix of {field}", where=str(path), expected="one matrix")
    if extra.region is not None and draft.region is not None and extra.region != draft.region:
        if sorted(extra.region) != sorted(draft.region):
            raise DataError(
                "the matrix has other regions", where=str(path),
                expected=f"the regions of {draft.source}",
            )  # fmt: skip
        order = [extra.region.index(name) for name in draft.region]
        matrix = matrix[np.ix_(order, order)]
    names = draft.region or extra.region
    files = (*draft.files, *extra.files)
    return dataclasses.replace(draft, **{field: matrix}, region=names, files=files)


def _description(draft: Draft, record: Record, name: str, source: Path) -> dict[str, Any]:
    weights = draft.weights
    present = weights[weights > 0]
    pairs = weights.size - len(weights)
    described = draft.description.get("weights", {})
    return {
        **draft.description,
        "name": name,
        "licence": draft.licence or "unknown",
        "direction": "weights[target, source]: rows receive, columns send",
        "weights": {"unit": "as in the source", **described, "directed": draft.directed},
        "import": {
            "format": draft.format,
            "source": source.name or source.resolve().name,
            "files": [
                {"name": file.name, "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}
                for file in draft.files
            ],
            "filled": record.filled,
            "flags": record.flags,
            "scale": {
                "smallest": float(present.min()) if present.size else 0.0,
                "median": float(np.quantile(present, 0.5, method="lower")) if present.size else 0.0,
                "largest": float(present.max()) if present.size else 0.0,
                "density": round(present.size / pairs, 6) if pairs else 0.0,
            },
        },
    }


def _build(draft: Draft, description: dict[str, Any], folder: Path, *, replace: bool) -> Atlas:
    """Write and read back beside the folder; rename when all is well."""
    scratch: Path | None = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        texts = dict(draft.texts)
        if draft.citation:
            texts["CITATION.bib"] = draft.citation
        made = write_atlas(
            scratch / "new",
            region=draft.region,
            label=draft.label,
            hemisphere=draft.hemisphere,
            network=draft.network,
            kind=draft.kind,
            centroids_mm=draft.centroids_mm,
            weights=draft.weights,
            lengths_mm=draft.lengths_mm,
            fc=draft.fc,
            fcd=draft.fcd,
            maps=draft.maps,
            targets=draft.targets,
            description=description,
            columns=draft.columns,
            texts=texts,
        )
        atlas = load_atlas(made)
        # weights that were fitted to the same figures come along, from the source or the old one
        for other in (Path(draft.source), folder):
            if (other / "regions.tsv").is_file():
                keep_fitted(other, made)
        if replace and folder.exists():
            folder.rename(scratch / "old")
        try:
            made.rename(folder)
        except BaseException:  # an interrupt too: what was there stays
            if (scratch / "old").exists():
                (scratch / "old").rename(folder)
            raise
    except NetmodError as error:
        error.where = error.where or draft.source
        raise moved(error, {str(scratch / "new"): draft.source} if scratch else {}) from None
    except ValueError as error:  # an infinite figure or half a letter pair in a text
        raise DataError(
            "a text that cannot be written", where=draft.source, got=str(error)[:100]
        ) from None
    except OSError as error:
        raise ConfigError(
            "cannot make the atlas", where=str(folder), got=error.strerror or str(error)
        ) from None
    finally:
        if scratch is not None:
            shutil.rmtree(scratch, ignore_errors=True)
    return dataclasses.replace(atlas, folder=folder)
