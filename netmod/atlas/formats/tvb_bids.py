"""The folders that The Virtual Brain's BIDS importer reads (an early layout of BEP034).

``sub-*/net/*weights.tsv``, ``*distances.tsv`` and ``*weights.json``, whose ``CoordsRows`` names
the labels and the centres (``tvb.adapters.uploaders.bids_importer``).
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from netmod.atlas.atlas import Atlas
from netmod.atlas.formats.draft import Draft, Format
from netmod.atlas.formats.grid import grid_matrix, grid_text, read_grid
from netmod.atlas.formats.tvb import no_blanks
from netmod.atlas.text import read_json
from netmod.atlas.tsv import format_number
from netmod.atlas.write import json_text
from netmod.errors import DataError


def _recognise(path: Path) -> bool:
    return path.is_dir() and any(
        part.name.endswith("weights.json")
        for pattern in ("net/*", "sub-*/net/*")
        for part in path.glob(pattern)
    )


def _read(path: Path) -> Draft:
    folders = [part for part in (path, *sorted(path.glob("sub-*"))) if (part / "net").is_dir()]
    if len(folders) != 1:
        raise DataError(
            "not one subject of a TVB BIDS dataset", where=str(path),
            expected="one sub-*/net folder", got=f"{len(folders)}",
        )  # fmt: skip
    net = folders[0] / "net"
    one = {}
    for ending in ("weights.tsv", "distances.tsv", "weights.json"):
        parts = sorted(part for part in net.iterdir() if part.name.endswith(ending))
        if len(parts) > 1 or (not parts and ending != "distances.tsv"):
            raise DataError(
                f"not one file …{ending}", where=str(net), expected="one", got=f"{len(parts)}"
            )
        one[ending] = parts[0] if parts else None
    rows = read_json(one["weights.json"]).get("CoordsRows")
    if not isinstance(rows, list) or len(rows) != 2 or not all(isinstance(r, str) for r in rows):
        raise DataError(
            "'CoordsRows' does not name labels and centres", where=str(one["weights.json"]),
            expected="a list of two files", got=repr(rows)[:80],
        )  # fmt: skip
    root = path.resolve()
    tables = []
    for row in rows:
        table = (net / row).with_suffix(".tsv")
        if not table.resolve().is_relative_to(root):
            raise DataError("a file outside the dataset", where=str(one["weights.json"]), got=row)
        tables.append(table)
    weights, _ = grid_matrix(read_grid(one["weights.tsv"]), low=0.0)
    lengths = None
    if one["distances.tsv"]:
        lengths, _ = grid_matrix(read_grid(one["distances.tsv"]), low=0.0)
    labels, centres = (read_grid(table) for table in tables)
    for row, cells in enumerate(centres.rows):
        if len(cells) != 3:
            raise DataError("not x, y, z", where=centres.where(row), got=f"{len(cells)} cells")
    points = [[centres.number(r, c) for c in range(3)] for r in range(len(centres.rows))]
    return Draft(
        str(path),
        weights=weights,
        lengths_mm=lengths,
        region=tuple(row[0] for row in labels.rows),
        centroids_mm=np.array(points),
        files=tuple(part for part in (*one.values(), *tables) if part),
    )


def _write(atlas: Atlas, folder: Path) -> None:
    no_blanks(atlas, atlas.region, "region")
    entity = re.sub(r"[^A-Za-z0-9]", "", atlas.name) or "atlas"
    net, coord = folder / f"sub-{entity}" / "net", folder / f"sub-{entity}" / "coord"
    net.mkdir(parents=True)
    coord.mkdir()
    stem = f"sub-{entity}_desc-netmod"
    numbers = {
        net / f"{stem}_weights.tsv": atlas.weights,
        net / f"{stem}_distances.tsv": atlas.lengths_mm,
        coord / f"{stem}_nodes.tsv": atlas.centroids_mm,
    }
    for path, rows in numbers.items():
        cells = [[format_number(value) for value in row] for row in rows]
        path.write_bytes(grid_text(cells, "\t").encode())
    labels = coord / f"{stem}_labels.tsv"
    labels.write_bytes(grid_text([[name] for name in atlas.region], "\t").encode())
    places = [f"../coord/{stem}_labels.json", f"../coord/{stem}_nodes.json"]
    for name in ("weights", "distances"):
        sidecar = {"NumberOfRows": atlas.n_regions, "NumberOfColumns": atlas.n_regions,
                   "CoordsRows": places, "CoordsColumns": places}  # fmt: skip
        (net / f"{stem}_{name}.json").write_bytes(json_text(sidecar).encode())
    for name in ("labels", "nodes"):
        (coord / f"{stem}_{name}.json").write_bytes(json_text({"Description": name}).encode())


TVB_BIDS = Format(
    name="tvb-bids",
    title="TVB's BIDS layout (net/, coord/)",
    doc="For the BIDS importer of The Virtual Brain; one subject. Names must hold no blanks.",
    suffix="",
    recognise=_recognise,
    read=_read,
    write=_write,
    loses=("label", "hemisphere", "network", "kind", "fc", "fcd", "maps", "targets", "licence",
           "citation"),
)  # fmt: skip
