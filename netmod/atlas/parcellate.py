"""Average maps of voxels or vertices by region.

Images and the surface are taken to lie in MNI space. The surface is the fsaverage5 that nilearn
bundles; its vertices are used as MNI coordinates, as is usual, though it was averaged in MNI305,
a few millimetres off.
"""

from __future__ import annotations

import os
import warnings
import zlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from netmod.atlas.atlas import Atlas
from netmod.atlas.surface import VERTICES, read_surface
from netmod.errors import ConfigError, DataError, did_you_mean

if TYPE_CHECKING:
    from nibabel.nifti1 import Nifti1Image

    Image = str | os.PathLike[str] | Nifti1Image

_LEAST_SHARE = 0.5  # of the interpolation weight that must fall on voxels with a value


def parcellate_volume(
    image: Image,
    atlas: Atlas,
    *,
    labels: Image | None = None,
    label_regions: Mapping[int, str] | None = None,
    radius_mm: float = 6.0,
    cortex: Literal["surface", "spheres"] = "surface",
    depth: ArrayLike | None = None,
) -> np.ndarray:
    """Average a volume by region.

    With a label image, a region is the mean over its voxels, to whose grid the volume is brought
    by linear interpolation. Without one, a cortical region is the mean over its vertices, each
    of which is the mean from the pial to the white surface (nilearn ``vol_to_surf``, linear),
    and any other region is the mean over the voxels whose centres lie within a sphere around its
    centroid. Voxels that are not finite hold no value, and zeros are values: where 0 means
    "outside the mask", make it NaN first. An interpolated value counts when at least half of it
    comes from voxels with a value.

    Parameters
    ----------
    image : path or nibabel image
        One number a voxel.
    atlas : Atlas
        Regions; cortex needs a ``surface.tsv`` in its folder.
    labels : path or nibabel image, optional
        Integer labels, 0 for background.
    label_regions : mapping of int to str, optional
        Region of each label; label i is the i-th region when not given. Other labels are ignored.
    radius_mm : float
        Radius of the spheres.
    cortex : {"surface", "spheres"}
        Whether cortical regions are spheres too, for an atlas without a surface.
    depth : array_like, optional
        Depths at which each vertex is sampled, 0 pial to 1 white; ten from 0 to 1 by default.

    Returns
    -------
    ndarray, shape (N,)
        NaN for a region without any voxel or vertex that holds a value.

    Raises
    ------
    DataError
        If an image cannot be read or is no single volume, or the labels do not fit the atlas.
    ConfigError
        If the radius is not positive, or the atlas has cortex and no surface.
    """
    volume = _volume(image)
    if labels is not None:
        return _by_labels(volume, _volume(labels), _label_table(atlas, label_regions))
    if not (np.isfinite(radius_mm) and radius_mm > 0.0):
        raise ConfigError(
            "the radius of the spheres is out of range",
            where="parcellate_volume.radius_mm",
            expected="a positive, finite number of mm",
            got=f"{radius_mm}",
        )
    if cortex not in ("surface", "spheres"):
        raise ConfigError(
            "unknown way to average cortex",
            where="parcellate_volume.cortex",
            expected="'surface' or 'spheres'",
            got=repr(cortex),
        )
    values = np.full(atlas.n_regions, np.nan)
    spheres = np.ones(atlas.n_regions, dtype=bool)
    if cortex == "surface" and atlas.cortex.any():
        spheres = ~atlas.cortex
        surface = _surface(atlas)
        left, right = (_on_surface(volume, side, depth) for side in ("left", "right"))
        values = _by_vertices({"L": left, "R": right}, surface, atlas.n_regions)
    for region in np.flatnonzero(spheres):
        values[region] = _sphere_mean(volume, atlas.centroids_mm[region], radius_mm)
    return values


def parcellate_surface(left: ArrayLike, right: ArrayLike, atlas: Atlas) -> np.ndarray:
    """Average a map on the fsaverage5 surface by region.

    Parameters
    ----------
    left, right : array_like, shape (10242,)
        Values at the vertices of each hemisphere; those not finite hold no value.
    atlas : Atlas
        With a ``surface.tsv`` in its folder.

    Returns
    -------
    ndarray, shape (N,)
        Mean over the vertices of a region; NaN where it has none with a value, as below cortex.

    Raises
    ------
    DataError
        If a hemisphere has another number of vertices.
    ConfigError
        If the atlas has no surface.
    """
    textures = {"L": np.asarray(left, dtype=float), "R": np.asarray(right, dtype=float)}
    for side, values in textures.items():
        if values.shape != (VERTICES,):
            raise DataError(
                f"hemisphere {side} does not lie on fsaverage5",
                expected=f"{VERTICES} values, one a vertex",
                got=f"shape {values.shape}",
                hint="of a denser fsaverage take the first 10242; resample fsLR to fsaverage5",
            )
    return _by_vertices(textures, _surface(atlas), atlas.n_regions)


def _volume(image: Image) -> Nifti1Image:
    import nibabel

    where = os.fspath(image) if isinstance(image, str | os.PathLike) else "image"
    try:
        read = nibabel.load(image) if isinstance(image, str | os.PathLike) else image
        voxels = np.asarray(read.dataobj, dtype=float)
    except (OSError, EOFError, zlib.error, nibabel.filebasedimages.ImageFileError) as error:
        raise DataError(
            "cannot read the image", where=where, expected="a NIfTI volume", got=f"{error}"
        ) from None
    if voxels.ndim == 4 and voxels.shape[3] == 1:
        voxels = voxels[..., 0]
    if voxels.ndim != 3:
        raise DataError(
            "not one number a voxel",
            where=where,
            expected="a volume of three axes",
            got=f"shape {list(voxels.shape)}",
            hint="take one volume, such as the mean over time" if voxels.ndim == 4 else None,
        )
    return nibabel.Nifti1Image(voxels, read.affine)


def _parts(volume: Nifti1Image) -> tuple[Nifti1Image, Nifti1Image]:
    """Return the values with 0 where there is none, and where there are."""
    import nibabel

    voxels = volume.get_fdata()
    held = np.isfinite(voxels)
    values = np.where(held, voxels, 0.0)
    return tuple(nibabel.Nifti1Image(v, volume.affine) for v in (values, held.astype(float)))


def _interpolated(values: np.ndarray, held: np.ndarray) -> np.ndarray:
    enough = held >= _LEAST_SHARE  # False where held is NaN: outside the image
    return np.divide(values, held, out=np.full(values.shape, np.nan), where=enough)


def _on_surface(volume: Nifti1Image, side: str, depth: ArrayLike | None) -> np.ndarray:
    from nilearn.datasets import load_fsaverage
    from nilearn.surface import vol_to_surf

    meshes = load_fsaverage("fsaverage5")
    pial, white = (meshes[name].parts[side] for name in ("pial", "white_matter"))
    steps = None if depth is None else np.atleast_1d(np.asarray(depth, dtype=float))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Mean of empty slice", RuntimeWarning)
        return _interpolated(
            *(vol_to_surf(part, pial, inner_mesh=white, depth=steps) for part in _parts(volume))
        )


def _by_vertices(
    textures: Mapping[str, np.ndarray], surface: Mapping[str, np.ndarray], n: int
) -> np.ndarray:
    total, count = np.zeros(n), np.zeros(n)
    for side, values in textures.items():
        used = (surface[side] >= 0) & np.isfinite(values)
        total += np.bincount(surface[side][used], values[used], minlength=n)
        count += np.bincount(surface[side][used], minlength=n)
    return np.divide(total, count, out=np.full(n, np.nan), where=count > 0)


def _by_labels(volume: Nifti1Image, labels: Nifti1Image, regions: np.ndarray) -> np.ndarray:
    from nilearn.image import resample_to_img

    with warnings.catch_warnings():
        # meant: the share of values in what is interpolated
        warnings.filterwarnings("ignore", "Resampling binary images", UserWarning)
        values, held = (
            resample_to_img(
                part, labels, interpolation="linear", force_resample=False, copy_header=True
            ).get_fdata()
            for part in _parts(volume)
        )
    voxels = _interpolated(values, held)
    label = labels.get_fdata()
    if not np.array_equal(label, np.round(label)):
        raise DataError("the labels are not integers", expected="one integer label a voxel")
    out = np.full(regions.size, np.nan)
    for region, number in enumerate(regions):
        inside = voxels[(label == number) & np.isfinite(voxels)]
        out[region] = inside.mean() if inside.size else np.nan
    return out


def _label_table(atlas: Atlas, label_regions: Mapping[int, str] | None) -> np.ndarray:
    """Return the label of each region; NaN for a region that has none."""
    if label_regions is None:
        return np.arange(1.0, atlas.n_regions + 1.0)
    table = np.full(atlas.n_regions, np.nan)
    for number, name in label_regions.items():
        if name not in atlas.region or number == 0:
            raise DataError(
                f"label {number} does not stand for a region",
                where=f"atlas '{atlas.name}'",
                expected="a label other than 0 for a region of the atlas",
                got=f"'{name}'",
                hint=did_you_mean(name, atlas.region),
            )
        index = atlas.region.index(name)
        if not np.isnan(table[index]):
            raise DataError(
                f"region '{name}' has two labels",
                where=f"atlas '{atlas.name}'",
                expected="one label a region",
                got=f"{table[index]:g} and {number}",
            )
        table[index] = number
    return table


def _sphere_mean(volume: Nifti1Image, centre_mm: np.ndarray, radius_mm: float) -> float:
    inverse = np.linalg.inv(volume.affine)
    centre = inverse[:3, :3] @ centre_mm + inverse[:3, 3]
    # along an axis of the grid, the sphere reaches as far as the row of the inverse is long
    reach = radius_mm * np.linalg.norm(inverse[:3, :3], axis=1)
    low = np.clip(np.ceil(centre - reach), 0, volume.shape).astype(int)
    high = np.clip(np.floor(centre + reach) + 1, 0, volume.shape).astype(int)
    index = np.stack(np.meshgrid(*map(np.arange, low, high), indexing="ij"), axis=-1)
    apart = (index - centre) @ volume.affine[:3, :3].T
    box = volume.get_fdata()[tuple(map(slice, low, high))]
    inside = box[(np.linalg.norm(apart, axis=-1) <= radius_mm) & np.isfinite(box)]
    return float(inside.mean()) if inside.size else float("nan")


def _surface(atlas: Atlas) -> dict[str, Any]:
    surface = read_surface(atlas)
    if surface is None:
        raise ConfigError(
            "the atlas has no surface",
            where=f"atlas '{atlas.name}'",
            expected="surface.tsv in its folder",
            hint="give a label image (labels=), or average cortex in spheres (cortex='spheres')",
        )
    return surface
