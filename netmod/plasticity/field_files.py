"""Fields that a user computed elsewhere: a table by region, or a volume averaged by region."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from netmod.atlas import Atlas
from netmod.atlas.tsv import Table, read_table
from netmod.errors import DataError, did_you_mean


class ParcelField(NamedTuple):
    """A field over regions with its size.

    Attributes
    ----------
    field : ndarray, shape (region,)
        Relative to its peak: the largest value is 1.
    peak : float
        That peak, in the unit of the file; V/m from a simulator of e-fields.
    """

    field: NDArray[np.float64]
    peak: float


def read_parcel_field(path: str | Path, atlas: Atlas) -> ParcelField:
    """Read a field by region from a table with the columns ``region`` and ``field``.

    Parameters
    ----------
    path : path
        Tab-separated values; one line for every region, in any order. Other columns are ignored.
    atlas : Atlas
        Its regions.

    Returns
    -------
    ParcelField

    Raises
    ------
    DataError
        If the file cannot be read, a region is unknown, missing or named twice, a value is
        negative or no finite number, or all are 0; with ``file:line:column``.
    """
    table = _read(path, "field")
    column = table.header.index("field")
    values = np.empty(atlas.n_regions)
    for region, row in enumerate(_rows(table, atlas)):
        values[region] = table.number(row, column)
        if values[region] < 0:
            raise DataError(
                f"a negative field in region '{atlas.region[region]}'",
                where=table.where(row, column),
                expected="a magnitude, at least 0",
                got=table.rows[row][column],
                hint="give the magnitude of the field, not a component",
            )
    return _scaled(values, str(path))


def parcel_field_from_image(
    path: str | Path, labels_path: str | Path, atlas: Atlas, label_table: str | Path
) -> ParcelField:
    """Average a volume of field magnitudes over the voxels of every region.

    The field is resampled to the grid of the label image (nilearn, linear); both must be in the
    same space, and the volume must cover the brain.

    Parameters
    ----------
    path : path
        NIfTI volume, one number a voxel, such as SimNIBS's ``*_magnE.nii.gz``.
    labels_path : path
        NIfTI volume of integer labels, one label a region.
    atlas : Atlas
        Its regions.
    label_table : path
        Tab-separated values with the columns ``region`` and ``label``; one line for every region,
        in any order.

    Returns
    -------
    ParcelField

    Raises
    ------
    DataError
        If a file cannot be read, the volume is not of one finite magnitude a voxel, or a region
        has no label, no voxel or no field.
    """
    from nilearn.image import get_data, new_img_like, resample_to_img

    table = _read(label_table, "label")
    column = table.header.index("label")
    image, labels = _volume(path), _volume(labels_path)
    voxels = np.asarray(image.dataobj, dtype=float)
    if not np.isfinite(voxels).all() or voxels.min() < 0:
        raise DataError(
            "a voxel holds no field magnitude",
            where=str(path),
            expected="finite numbers, at least 0",
            got=f"{voxels[~(voxels >= 0) | ~np.isfinite(voxels)][0]:g}",
            hint="take the magnitude (magnE), with 0 outside the head",
        )
    # As floats: integers would be resampled to integers. Linear: a spline may undershoot 0.
    sampled = get_data(
        resample_to_img(
            new_img_like(image, voxels),
            labels,
            interpolation="linear",
            force_resample=False,
            copy_header=True,
        )
    )
    label_of_voxel = get_data(labels)
    values = np.empty(atlas.n_regions)
    taken: dict[float, str] = {}
    for region, row in enumerate(_rows(table, atlas)):
        name, label = atlas.region[region], table.number(row, column)
        if label in taken:
            raise DataError(
                f"label {label:g} stands for two regions",
                where=table.where(row, column),
                expected="a label of its own for every region",
                got=f"'{taken[label]}' and '{name}'",
            )
        taken[label] = name
        inside = label_of_voxel == label
        if label == 0 or not inside.any():
            raise DataError(
                f"region '{name}' has no voxel",
                where=table.where(row, column),
                expected=f"a label other than 0 in {labels_path}",
                got=f"{label:g}",
            )
        values[region] = sampled[inside].mean()
    empty = np.flatnonzero(values == 0)
    if empty.size:
        raise DataError(
            f"no field in region '{atlas.region[empty[0]]}'",
            where=str(path),
            expected="a volume that covers the brain, in the space of the labels",
            got=f"{empty.size} of {atlas.n_regions} regions without field",
        )
    return _scaled(values, str(path))


def _read(path: str | Path, column: str) -> Table:
    path = Path(path)
    if not path.is_file():
        raise DataError(
            "no such file",
            where=str(path),
            expected=f"a table with the columns region and {column}, separated by tabs",
        )
    table = read_table(path)
    table.column(column)
    return table


def _rows(table: Table, atlas: Atlas) -> list[int]:
    """Return the row of every region, in the order of the atlas."""
    names, column = table.column("region"), table.header.index("region")
    for row, name in enumerate(names):
        if name not in atlas.region:
            raise DataError(
                f"unknown region '{name}'",
                where=table.where(row, column),
                expected=f"a region of atlas '{atlas.name}'",
                got=f"'{name}'",
                hint=did_you_mean(name, atlas.region),
            )
        if name in names[:row]:
            raise DataError(
                f"region '{name}' comes twice",
                where=table.where(row, column),
                expected="one line for every region",
                got=f"lines {names.index(name) + 2} and {row + 2}",
            )
    missing = [name for name in atlas.region if name not in names]
    if missing:
        more = f" and {len(missing) - 8} more" if len(missing) > 8 else ""
        raise DataError(
            "regions are missing",
            where=f"{table.path}:{len(names) + 1}",
            expected=f"the {atlas.n_regions} regions of atlas '{atlas.name}'",
            got=f"{len(names)}, without {', '.join(missing[:8])}{more}",
        )
    return [names.index(name) for name in atlas.region]


def _volume(path: str | Path) -> Any:
    from nibabel import load
    from nibabel.filebasedimages import ImageFileError

    try:
        image = load(path)
    except (OSError, ImageFileError) as error:
        raise DataError(
            "cannot read the image", where=str(path), expected="a NIfTI volume", got=f"{error}"
        ) from None
    if image.ndim != 3:
        raise DataError(
            "not one number a voxel",
            where=str(path),
            expected="a volume of three axes",
            got=f"shape {list(image.shape)}",
        )
    return image


def _scaled(values: NDArray[np.float64], where: str) -> ParcelField:
    peak = float(values.max())
    if peak == 0.0:
        raise DataError(
            "the field is 0 everywhere",
            where=where,
            expected="a positive value in one region at least",
            got="0",
        )
    return ParcelField(values / peak, peak)
