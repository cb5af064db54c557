"""netmod's own atlas folder."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from netmod.atlas.atlas import Atlas
from netmod.atlas.formats.draft import Draft, Format
from netmod.atlas.integrity import SUMS_NAME
from netmod.atlas.load import COORDINATES, REQUIRED_FILES, load_atlas
from netmod.atlas.text import read_json, read_text
from netmod.atlas.tsv import read_table
from netmod.atlas.write import write_atlas

_OWN_COLUMNS = {"name", "label", "hemisphere", "network", "kind",
                "mni_x_mm", "mni_y_mm", "mni_z_mm"}  # fmt: skip
# The files that the fields of a draft hold; all other text goes along as it is.
_HELD = {"regions.tsv", "weights.tsv", "lengths.tsv", "fc.tsv", "fcd.tsv", "maps.tsv",
         "targets.json", "description.json", SUMS_NAME}  # fmt: skip
_TEXT_SUFFIXES = ("", ".md", ".bib", ".txt", ".tsv")


def _recognise(path: Path) -> bool:
    if not path.is_dir() or not all((path / name).is_file() for name in REQUIRED_FILES):
        return False
    with (path / "regions.tsv").open("rb") as stream:  # an export as tsv has the same file names
        return COORDINATES[0].encode() in stream.readline(10_000)


def _read(folder: Path) -> Draft:
    atlas = load_atlas(folder)
    table = read_table(folder / "regions.tsv")
    targets = folder / "targets.json"
    listed = [path for path in sorted(folder.iterdir()) if path.is_file() and not path.is_symlink()]
    return Draft(
        str(folder),
        weights=atlas.weights,
        lengths_mm=atlas.lengths_mm,
        fc=atlas.fc,
        fcd=atlas.fcd,
        region=atlas.region,
        label=atlas.label,
        hemisphere=atlas.hemisphere,
        network=atlas.network,
        kind=atlas.kind,
        centroids_mm=atlas.centroids_mm,
        maps=atlas.maps,
        targets=read_json(targets) if targets.exists() else {},
        directed=atlas.description.get("weights", {}).get("directed", True),
        licence=atlas.licence,
        citation=atlas.citation,
        description=atlas.description,
        columns={name: table.column(name) for name in table.header if name not in _OWN_COLUMNS},
        texts={
            path.name: read_text(path)
            for path in listed
            if path.name not in _HELD and path.suffix in _TEXT_SUFFIXES
        },
        files=tuple(listed),
    )


def _write(atlas: Atlas, folder: Path) -> None:
    if atlas.folder is not None:  # whole: licence, surface, fitted weights, sources of targets
        shutil.copytree(atlas.folder, folder, dirs_exist_ok=True)
        return
    description: dict[str, Any] = {
        **atlas.description,
        "name": atlas.name,
        "licence": atlas.licence,
    }
    write_atlas(
        folder,
        region=atlas.region,
        label=atlas.label,
        hemisphere=atlas.hemisphere,
        network=atlas.network,
        kind=atlas.kind,
        centroids_mm=atlas.centroids_mm,
        weights=atlas.weights,
        lengths_mm=atlas.lengths_mm,
        fc=atlas.fc,
        fcd=atlas.fcd,
        maps=atlas.maps,
        targets={name: [atlas.region[i] for i in places] for name, places in atlas.targets.items()},
        description=description,
        texts={"CITATION.bib": atlas.citation} if atlas.citation else None,
    )


NETMOD = Format(
    name="netmod",
    title="netmod atlas folder",
    doc="regions.tsv, weights.tsv, lengths.tsv and the rest; nothing is lost.",
    suffix="",
    recognise=_recognise,
    read=_read,
    write=_write,
)
