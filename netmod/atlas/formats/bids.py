"""BIDS derivatives: relationship matrices (``*_relmat.tsv``) with their sidecars.

BEP017 is a draft (bids-specification PR 1902): a matrix with or without names, a JSON sidecar with
``RelationshipMeasure``, and a table of nodes. netmod's own studies and XCP-D write names and the
entity ``stat-``; tvbo writes bare ``relmat.dense.tsv`` and ``meas-``. All are read; the export
follows XCP-D, with the required keys of BEP017.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

from netmod.atlas.atlas import Atlas
from netmod.atlas.formats.draft import Draft, Format
from netmod.atlas.formats.grid import grid_matrix, grid_text, read_grid
from netmod.atlas.formats.regions import read_regions, region_rows
from netmod.atlas.formats.text_matrices import matrix_rows
from netmod.atlas.text import read_json
from netmod.atlas.write import json_text
from netmod.errors import DataError

_MATRIX = re.compile(r".*_relmat(\.dense)?\.tsv", re.IGNORECASE)
_NODES = re.compile(r".*(_nodeindices|_dseg|_nodes)\.tsv", re.IGNORECASE)
_MEASURES = {
    "fc": ("correlation", "bold", "functional"),
    "lengths_mm": ("length", "distance"),
    "weights": ("count", "weight", "streamline", "structural", "sift", "connectivity"),
}
_UNITS = {"weights": "arbitrary", "lengths_mm": "mm", "fc": "1"}
_STATS = {"weights": "weight", "lengths_mm": "length", "fc": "pearsoncorrelation"}


def _matrices(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*_relmat*.tsv") if _MATRIX.fullmatch(path.name))


def _recognise(path: Path) -> bool:
    return bool(_matrices(path)) if path.is_dir() else bool(_MATRIX.fullmatch(path.name))


def _sidecar(path: Path) -> Path:
    return path.with_name(re.sub(r"(\.dense)?\.tsv$", ".json", path.name, flags=re.IGNORECASE))


def _field(path: Path, sidecar: dict[str, Any]) -> str:
    stated = str(sidecar.get("RelationshipMeasure", "")).lower()
    entity = re.search(r"_(?:stat|meas)-([a-zA-Z0-9]+)", path.name)
    for words in (entity.group(1).lower() if entity else "", stated):
        for field, parts in _MEASURES.items():
            if any(part in words for part in parts):
                return field
    raise DataError(
        "a matrix of an unknown measure", where=str(path),
        expected="an entity stat- or meas-, or RelationshipMeasure in the sidecar",
        got=repr(stated),
    )  # fmt: skip


def _read(path: Path) -> Draft:
    folder = path if path.is_dir() else path.parent
    found: dict[str, tuple[Path, dict[str, Any]]] = {}
    for matrix in _matrices(path) if path.is_dir() else [path]:
        sidecar = read_json(_sidecar(matrix)) if _sidecar(matrix).exists() else {}
        field = _field(matrix, sidecar)
        if field in found:
            raise DataError(
                f"two matrices for the {field}", where=str(folder),
                got=f"{found[field][0].name} and {matrix.name}",
                hint="name the file of one subject and arm",
            )  # fmt: skip
        found[field] = matrix, sidecar
    if not found:
        raise DataError("no *_relmat.tsv", where=str(path), expected="a BEP017 folder")
    given: dict[str, Any] = {}
    names, files = None, []
    for field, (matrix, sidecar) in found.items():
        fc = field == "fc"
        low = -np.inf if fc else 0.0
        given[field], own = grid_matrix(read_grid(matrix), low=low, missing=fc)
        if own is not None and names is not None and own != names:
            raise DataError("the matrices have different regions", where=str(matrix))
        names = names or own
        files += [matrix, *([_sidecar(matrix)] if sidecar else [])]
    directed = found["weights"][1].get("Directed") if "weights" in found else None
    draft = Draft(
        str(path),
        **given,
        region=names,
        directed=directed if isinstance(directed, bool) else None,
        files=tuple(files),
        licence=_licence(folder),
    )
    table = _nodes(folder)
    if table is not None:
        draft = draft.with_regions(table)
    return draft


def _licence(folder: Path) -> str | None:
    path = folder / "dataset_description.json"
    licence = read_json(path).get("License") if path.exists() else None
    return licence if isinstance(licence, str) and licence.strip() else None


def _nodes(folder: Path) -> Draft | None:
    tables = sorted(part for part in folder.iterdir() if _NODES.fullmatch(part.name))
    if len(tables) > 1:
        raise DataError(
            "several tables of nodes", where=str(folder),
            got=", ".join(table.name for table in tables), hint="keep one of them",
        )  # fmt: skip
    return read_regions(tables[0]) if tables else None


def _write(atlas: Atlas, folder: Path) -> None:
    from netmod import __version__

    entity = re.sub(r"[^A-Za-z0-9]", "", atlas.name) or "atlas"
    nodes = f"atlas-{entity}_nodeindices.tsv"
    matrices = {"weights": atlas.weights, "lengths_mm": atlas.lengths_mm, "fc": atlas.fc}
    for field, matrix in matrices.items():
        if matrix is None:
            continue
        stem = f"atlas-{entity}_stat-{_STATS[field]}_relmat"
        text = grid_text(matrix_rows(atlas, matrix, "Node"), "\t")
        (folder / f"{stem}.tsv").write_bytes(text.encode())
        symmetric = bool(np.array_equal(matrix, matrix.T, equal_nan=True))
        sidecar = {
            "RelationshipMeasure": _STATS[field],
            "MeasureUnits": _UNITS[field],
            "Directed": not symmetric,
            "Weighted": True,
            "ValidDiagonal": False,
            "NonNegative": field != "fc",
            "Software": f"netmod {__version__}",
            "Axes": [
                {"Name": name, "Size": atlas.n_regions, "NodeFile": nodes}
                for name in ("target", "source")
            ],
        }
        (folder / f"{stem}.json").write_bytes(json_text(sidecar).encode())
    header, *rows = region_rows(atlas)
    table = [["index", *header], *([str(i), *row] for i, row in enumerate(rows))]
    (folder / nodes).write_bytes(grid_text(table, "\t").encode())
    dataset = {
        "Name": atlas.name,
        "BIDSVersion": "1.10.0",
        "DatasetType": "derivative",
        "License": atlas.licence,
        "GeneratedBy": [{"Name": "netmod", "Version": __version__}],
    }
    (folder / "dataset_description.json").write_bytes(json_text(dataset).encode())
    (folder / ".bidsignore").write_bytes(b"*_relmat.*\n*_nodeindices.tsv\n")


BIDS = Format(
    name="bids",
    title="BIDS relationship matrices (BEP017, draft)",
    doc="*_relmat.tsv with sidecars and a table of nodes, as netmod, XCP-D and tvbo write them.",
    suffix="",
    recognise=_recognise,
    read=_read,
    write=_write,
    loses=("fcd", "maps", "targets", "citation"),
)
