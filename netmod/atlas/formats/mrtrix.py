"""MRtrix3: the matrix of ``tck2connectome`` and the look-up table of ``labelconvert``.

``tck2connectome`` writes the upper triangle unless ``-symmetric`` is given (MRtrix3
documentation; Tournier et al. 2019, doi:10.1016/j.neuroimage.2019.116137). Its figures have no
direction.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from netmod.atlas.atlas import Atlas
from netmod.atlas.formats.draft import Draft, Format
from netmod.atlas.formats.grid import grid_text
from netmod.atlas.formats.regions import read_regions
from netmod.atlas.formats.text_matrices import (
    SUFFIXES,
    find_files,
    read_folder,
    read_text_matrix,
)
from netmod.atlas.formats.tvb import no_blanks
from netmod.atlas.tsv import format_number
from netmod.errors import DataError

_STEMS = {
    "weights": ("connectome", "sift2", "streamlines"),
    "lengths_mm": ("meanlength", "mean_length"),
    "regions": ("nodes", "lut", "labels"),
}


def _whole(matrix: np.ndarray, source: str, name: str) -> tuple[np.ndarray, bool]:
    """Return the symmetric matrix that a triangle or a whole matrix stands for."""
    upper, lower = np.triu(matrix, 1), np.tril(matrix, -1)
    if not lower.any() or not upper.any():
        half = upper + lower
        return half + half.T + np.diag(np.diag(matrix)), bool(half.any())
    scale = np.abs(matrix).max()
    if np.abs(matrix - matrix.T).max() > 1e-9 * scale:
        row, column = (int(i) for i in np.argwhere(np.abs(matrix - matrix.T) > 1e-9 * scale)[0])
        raise DataError(
            f"{name} is neither symmetric nor a triangle",
            where=source,
            expected="the matrix of tck2connectome",
            got=f"{matrix[row, column]:g} in row {row + 1}, column {column + 1}, and "
            f"{matrix[column, row]:g} mirrored",
            hint="for directed figures use the format csv",
        )
    return matrix, False


def _read(path: Path, labels: str | Path | None = None) -> Draft:
    if path.is_dir():
        draft = read_folder(path, find_files(path, _STEMS))
    else:
        draft = read_text_matrix(path)
    if labels is not None:
        draft = draft.with_regions(read_regions(Path(labels)))
    notes = list(draft.notes)
    whole = {}
    for name in ("weights", "lengths_mm"):
        matrix = getattr(draft, name)
        if matrix is not None:
            whole[name], mirrored = _whole(matrix, draft.source, name)
            if mirrored:
                notes.append(f"{name}: the upper triangle was mirrored")
    return dataclasses.replace(draft, **whole, directed=False, notes=tuple(notes))


def _recognise(path: Path) -> bool:
    if not path.is_dir():
        return False
    names = {part.stem.lower() for part in path.iterdir() if part.suffix.lower() in SUFFIXES}
    known = [stem for stems in _STEMS.values() for stem in stems]
    return "connectome" in names and names <= set(known)


def _write(atlas: Atlas, folder: Path) -> None:
    no_blanks(atlas, atlas.region, "region")
    for name, matrix in (("connectome", atlas.weights), ("meanlength", atlas.lengths_mm)):
        rows = [[format_number(value) for value in row] for row in matrix]
        (folder / f"{name}.csv").write_bytes(grid_text(rows).encode())
    lines = ["# index name R G B A (colours have no meaning)"]
    for index, name in enumerate(atlas.region, start=1):
        colour = " ".join(str(37 * index * step % 256) for step in (1, 3, 5))
        lines.append(f"{index} {name} {colour} 255")
    (folder / "nodes.txt").write_bytes(("\n".join(lines) + "\n").encode())


MRTRIX = Format(
    name="mrtrix",
    title="MRtrix3 connectome",
    doc="connectome.csv (upper triangle or symmetric), meanlength.csv, nodes.txt (look-up "
    "table); a single matrix with labels=. Undirected.",
    suffix="",
    recognise=_recognise,
    read=_read,
    write=_write,
    loses=("label", "hemisphere", "network", "kind", "centroids_mm", "fc", "fcd", "maps",
           "targets", "licence", "citation"),
    directed=False,
)  # fmt: skip
