"""EEG and MEG from regional activity, through a lead field that the user brings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netmod.atlas.tsv import Table, read_table
from netmod.errors import ConfigError, DataError, did_you_mean


class LeadField(NamedTuple):
    """What every sensor sees of a unit source in every region.

    Attributes
    ----------
    sensors, region : tuple of str
        Names of rows and columns.
    gain : array, shape (sensor, region)
        Sensor unit per source unit, as in the file.
    """

    sensors: tuple[str, ...]
    region: tuple[str, ...]
    gain: NDArray[np.float64]


def project(
    activity: ArrayLike, lead_field: LeadField | ArrayLike, reference: str | None = None
) -> NDArray[np.float64]:
    """Return what sensors record of the activity of sources.

    Parameters
    ----------
    activity : array_like, shape (time, region)
        Source strengths, such as the difference of the postsynaptic potentials of a Jansen-Rit
        mass.
    lead_field : LeadField or array_like, shape (sensor, region)
        Gains, in the same order of regions.
    reference : {"average"} or None
        ``average`` subtracts the mean over sensors at each time, as usual for EEG; None leaves
        the values as the lead field gives them (MEG, or an EEG reference that it contains).

    Returns
    -------
    ndarray, shape (time, sensor)

    Raises
    ------
    ConfigError
        If there is no such reference.
    DataError
        If the shapes do not fit, or a gain is not finite.
    """
    if reference not in (None, "average"):
        raise ConfigError(
            f"no reference '{reference}'",
            expected="average, or None for none",
            got=str(reference),
            hint=did_you_mean(str(reference), ["average"]),
        )
    gain = lead_field.gain if isinstance(lead_field, LeadField) else lead_field
    gain, x = np.asarray(gain, dtype=float), np.asarray(activity, dtype=float)
    if gain.ndim != 2 or gain.size == 0 or not np.isfinite(gain).all():
        raise DataError(
            "not a lead field",
            expected="finite gains, shape [sensor, region]",
            got=f"shape {list(gain.shape)}, {int((~np.isfinite(gain)).sum())} not finite",
        )
    if x.ndim != 2 or x.shape[1] != gain.shape[1]:
        raise DataError(
            "the activity does not fit the lead field",
            expected=f"shape [time, {gain.shape[1]}]",
            got=f"shape {list(x.shape)}",
        )
    if reference == "average":
        gain = gain - gain.mean(axis=0)
    return x @ gain.T


def load_lead_field(path: str | Path, region: Sequence[str] | None = None) -> LeadField:
    """Read a lead field: a TSV with region names in the header and sensor names in column one.

    Parameters
    ----------
    path : path
        File: one header line, then one line for every sensor; the first cell of the header is
        free.
    region : sequence of str, optional
        Regions of the network. Columns may stand in any order: they are returned in this one.

    Returns
    -------
    LeadField

    Raises
    ------
    DataError
        If the file cannot be read, a name is empty, twice there, unknown or missing, or a gain is
        no finite number; with ``file:line:column``.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError(
            "no such lead field", where=str(path), expected="a file of tab-separated values"
        )
    table = read_table(path)
    columns, sensors = table.header[1:], tuple(cells[0] for cells in table.rows)
    if not columns or not sensors:
        raise DataError(
            "a lead field needs regions and sensors",
            where=f"{path}:1:1",
            expected="region names in the header, one line for every sensor, separated by tabs",
            got=f"{len(columns)} regions and {len(sensors)} sensors",
        )
    _check_names(table, columns, sensors)
    order = _order(table, columns, tuple(region)) if region is not None else range(len(columns))
    gain = np.array(
        [[table.number(row, place + 1) for place in order] for row in range(len(sensors))]
    )
    return LeadField(sensors, tuple(columns[place] for place in order), gain)


def _check_names(table: Table, columns: tuple[str, ...], sensors: tuple[str, ...]) -> None:
    for place, name in enumerate(columns):
        if not name.strip():
            raise DataError("a region without a name", where=table.where(-1, place + 1))
    for row, name in enumerate(sensors):
        if not name.strip():
            raise DataError("a sensor without a name", where=table.where(row, 0))
        if name in sensors[:row]:
            raise DataError(f"sensor '{name}' comes twice", where=table.where(row, 0))


def _order(table: Table, columns: tuple[str, ...], region: tuple[str, ...]) -> list[int]:
    """Return the place of every wanted region among the columns."""
    for place, name in enumerate(columns):
        if name not in region:
            raise DataError(
                f"the network has no region '{name}'",
                where=table.where(-1, place + 1),
                expected=f"the {len(region)} regions of the network",
                got=f"'{name}'",
                hint=did_you_mean(name, region),
            )
    missing = [name for name in region if name not in columns]
    if missing:
        more = f" and {len(missing) - 8} more" if len(missing) > 8 else ""
        raise DataError(
            "the lead field lacks regions of the network",
            where=f"{table.path}:1:1",
            expected=f"{len(region)} regions",
            got=f"{len(columns)}, without {', '.join(missing[:8])}{more}",
        )
    return [columns.index(name) for name in region]
