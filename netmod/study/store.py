"""Cells on disk: BIDS-like files, written whole or not at all, found again on resume."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from netmod.errors import ConfigError, NetmodError
from netmod.study.engines import Reading
from netmod.study.prepare import Cell

if TYPE_CHECKING:
    import pandas as pd

DISCLAIMER = "Research simulator: not medical advice."
_OWN_NAME = re.compile(
    r"sub-[A-Za-z0-9]+_task-rest_desc-[A-Za-z0-9]+_time-[A-Za-z0-9]+_atlas-[A-Za-z0-9]+"
    r"_stat-(pearsoncorrelation_relmat\.(tsv|json)|mean_timeseries\.tsv)"
)


@dataclass(frozen=True)
class CellFiles:
    """Where the files of one cell stand."""

    matrix: Path
    series: Path
    sidecar: Path


class Store:
    """The cells of one study folder.

    Parameters
    ----------
    folder : Path
        The study folder.
    atlas_name : str
        Entity of the file names.
    region : sequence of str
        Row and column names.
    width : int
        Digits of a subject's label.
    """

    def __init__(self, folder: Path, atlas_name: str, region: Sequence[str], width: int) -> None:
        self.folder = folder
        self._atlas = _entity(atlas_name)
        self._region = tuple(region)
        self._width = width
        self._texts: tuple[str, str, str | None] = ("", "", None)

    def label(self, subject: str) -> str:
        """Return a subject's label with leading zeros."""
        return subject.zfill(self._width)

    def files(self, cell: Cell) -> CellFiles:
        """Return the paths of a cell's files."""
        subject = f"sub-{self.label(cell.subject)}"
        stem = (
            f"{subject}_task-rest_desc-{_entity(cell.arm)}_time-{_entity(cell.time)}"
            f"_atlas-{self._atlas}"
        )
        base = self.folder / subject
        return CellFiles(
            base / f"{stem}_stat-pearsoncorrelation_relmat.tsv",
            base / f"{stem}_stat-mean_timeseries.tsv",
            base / f"{stem}_stat-pearsoncorrelation_relmat.json",
        )

    def finished(self, cell: Cell) -> bool:
        """Tell whether a cell's files are there, whole, and of this very computation."""
        files = self.files(cell)
        try:
            sidecar = json.loads(files.sidecar.read_text("utf-8"))
            seal = sidecar.pop("SidecarSHA256")
            return (
                sidecar["CellId"] == cell.identity
                and seal == _seal(sidecar)
                and files.matrix.name in sidecar["Checksums"]
                and all(
                    _sha256(files.sidecar.parent / name) == digest
                    for name, digest in sidecar["Checksums"].items()
                )
            )
        except (OSError, ValueError, LookupError, AttributeError, TypeError):
            return False

    def write(self, cell: Cell, reading: Reading, details: dict[str, Any]) -> None:
        """Write a cell; its sidecar comes last and makes it count.

        Raises
        ------
        NetmodError
            If the folder cannot be written.
        """
        files = self.files(cell)
        if self._texts[0] != cell.identity:
            # equal scans of several arms come one after the other: format them once
            series = None if reading.bold is None else table_text(self._region, reading.bold)
            self._texts = cell.identity, matrix_text(self._region, reading.fc), series
        _, matrix, series = self._texts
        texts = {files.matrix: matrix}
        if series is not None:
            texts[files.series] = series
        sidecar = {
            "CellId": cell.identity,
            "Arm": cell.arm,
            "Subject": self.label(cell.subject),
            "TimeHours": cell.time_h,
            "Status": reading.status,
            "RelationshipMeasure": "Pearson correlation of simulated BOLD",
            "Directed": False,
            "Weighted": True,
            "ValidDiagonal": False,
            "NonNegative": False,
            "Software": "netmod",
            "RatesHz": [_number(x) for x in reading.rate_hz],
            **details,
            "Checksums": {
                path.name: hashlib.sha256(text.encode()).hexdigest() for path, text in texts.items()
            },
            "Note": DISCLAIMER,
        }
        sidecar["SidecarSHA256"] = _seal(sidecar)
        for path, text in texts.items():
            write_whole(path, text)
        write_whole(files.sidecar, json.dumps(sidecar, indent=1) + "\n")

    def remove_others(self, cells: Iterable[Cell]) -> int:
        """Remove the files of scans that are none of these cells, as another scenario left them.

        Parameters
        ----------
        cells : iterable of Cell
            All cells of the study, finished.

        Returns
        -------
        int
            Files removed. Only files named as this store names them; a folder of a subject that
            is empty then goes as well.

        Raises
        ------
        NetmodError
            If a file cannot be removed.
        """
        kept: set[Path] = set()
        for cell in cells:
            files = self.files(cell)
            sidecar = json.loads(files.sidecar.read_text("utf-8"))
            # the sidecar says whether a series belongs to the scan: the other engine's does not
            kept |= {files.sidecar, *(files.sidecar.parent / name for name in sidecar["Checksums"])}
        others = [
            path
            for path in sorted(self.folder.glob("sub-*/*"))
            if path not in kept and _OWN_NAME.fullmatch(_finished_name(path.name))
        ]
        try:
            for path in others:
                path.unlink()
        except OSError as error:
            raise NetmodError(
                "cannot remove a scan of another scenario",
                where=str(error.filename),
                got=error.strerror,
                hint="remove it by hand, or choose another folder with -o",
            ) from error
        for folder in {path.parent for path in others}:
            with contextlib.suppress(OSError):  # what holds something else stays
                folder.rmdir()
        return len(others)

    def read(self, cell: Cell) -> tuple[np.ndarray, np.ndarray, str]:
        """Return (FC, rates in Hz, status) of a finished cell."""
        files = self.files(cell)
        sidecar = json.loads(files.sidecar.read_text("utf-8"))
        rows = files.matrix.read_text("utf-8").splitlines()[1:]
        fc = np.array([row.replace("n/a", "nan").split("\t")[1:] for row in rows], dtype=np.float32)
        rates = np.array(
            [np.nan if value is None else value for value in sidecar["RatesHz"]], dtype=float
        )
        return fc, rates, str(sidecar["Status"])


def check_names(arms: Sequence[str]) -> None:
    """Refuse arms that would share their files: underscores do not count in a BIDS entity.

    Raises
    ------
    ConfigError
        With the two names.
    """
    seen: dict[str, str] = {}
    for arm in arms:
        other = seen.setdefault(_entity(arm), arm)
        if other != arm:
            raise ConfigError(
                "two arms have the same name but for underscores",
                where="arms",
                got=f"'{other}' and '{arm}'",
                hint="rename one: file names keep letters and digits only",
            )


def _entity(text: str) -> str:
    """Return a BIDS entity value: letters and digits only, p for a decimal point."""
    return re.sub(r"[^A-Za-z0-9]", "", re.sub(r"(?<=\d)\.(?=\d)", "p", text))


def _finished_name(name: str) -> str:
    """Return the name under which an unfinished file would have stood; others as they are."""
    return name[1:-5] if name.startswith(".") and name.endswith(".part") else name


def _seal(sidecar: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(sidecar, sort_keys=True).encode()).hexdigest()


def _number(value: float) -> float | None:
    return float(f"{float(value):.9g}") if np.isfinite(value) else None


def _rows(values: np.ndarray) -> list[str]:
    """Return rows of tab-separated numbers; nine digits keep float32 exactly, n/a is missing."""
    template = "\t".join(["%.9g"] * values.shape[1])
    rows = [template % tuple(row) for row in values.tolist()]
    if not np.isfinite(values).all():
        rows = [re.sub(r"-?\b(nan|inf)\b", "n/a", row) for row in rows]
    return rows


def matrix_text(region: Sequence[str], matrix: np.ndarray) -> str:
    """Return a matrix as TSV with region names in its first row and column."""
    lines = [f"{name}\t{row}" for name, row in zip(region, _rows(matrix), strict=True)]
    return "\n".join(["\t".join(["region", *region]), *lines]) + "\n"


def table_text(columns: Sequence[str], rows: np.ndarray) -> str:
    """Return rows as TSV under a header."""
    return "\n".join(["\t".join(columns), *_rows(rows)]) + "\n"


def frame_text(table: pd.DataFrame) -> str:
    """Return a table of names and numbers as TSV; the same numbers give the same bytes."""
    return table.to_csv(
        sep="\t", index=False, na_rep="n/a", float_format="%.8g", lineterminator="\n"
    )


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file under its name only once it is complete and on disk.

    Raises
    ------
    NetmodError
        If it cannot be written.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as stream:
            stream.write(content.encode() if isinstance(content, str) else content)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise NetmodError(
            "cannot write",
            where=str(path),
            got=error.strerror or str(error),
            hint="check space and permissions; what is finished stays, run again to go on",
        ) from error


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
