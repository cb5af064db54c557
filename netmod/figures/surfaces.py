"""Pictures of the cortical surface: each view is rasterised once and then only coloured.

The mesh is fsaverage5 (Fischl 2012, doi:10.1016/j.neuroimage.2012.01.021, recalled), which nilearn
bundles: 10242 vertices a hemisphere, so that nothing is fetched.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PIXELS_PER_MM = 2.6
_MARGIN_MM = 2.0
_GYRUS, _SULCUS = 0.86, 0.72  # grey of cortex without a value
_DARKEST = 0.62  # of a face seen edge-on
_BORDER = 0.55  # of the colour, where two parcels meet
_BRAIN = 0.93  # grey of a brain without parcels


@dataclass(frozen=True)
class View:
    """A surface seen from one side.

    Parameters
    ----------
    name : str
        Such as ``left, lateral``.
    hemisphere : str
        ``L``, ``R`` or ``B`` (both).
    axes : tuple of (int, int)
        Coordinate and sign to the right, then upwards, then towards the viewer.
    vertex : ndarray of int, shape (height, width)
        Vertex nearest to each pixel, -1 beside the brain; first row on top.
    shade : ndarray, shape (height, width)
        Light, 0 to 1.
    extent_mm : tuple of float
        Left, right, bottom, top of the image in millimetres of the mesh.
    """

    name: str
    hemisphere: str
    axes: tuple[tuple[int, int], tuple[int, int], tuple[int, int]]
    vertex: np.ndarray
    shade: np.ndarray
    extent_mm: tuple[float, float, float, float]

    def project(self, points_mm: np.ndarray) -> np.ndarray:
        """Return points [n, 3] as [n, 3]: to the right, upwards, towards the viewer."""
        return np.stack([sign * points_mm[:, axis] for axis, sign in self.axes], axis=1)


_FROM_LEFT = ((1, -1), (2, 1), (0, -1))
_FROM_RIGHT = ((1, 1), (2, 1), (0, 1))
_FROM_ABOVE = ((0, 1), (1, 1), (2, 1))


@functools.cache
def inflated_views() -> tuple[View, ...]:
    """Return the four usual views: left lateral and medial, right medial and lateral."""
    sides = (
        ("left, lateral", "L", _FROM_LEFT),
        ("left, medial", "L", _FROM_RIGHT),
        ("right, medial", "R", _FROM_LEFT),
        ("right, lateral", "R", _FROM_RIGHT),
    )
    return tuple(_view(name, side, axes, *_mesh("inflated", side)) for name, side, axes in sides)


@functools.cache
def pial_views() -> tuple[View, ...]:
    """Return the brain from the left, from above and from the right, in MNI-like millimetres."""
    left, right = _mesh("pial", "L"), _mesh("pial", "R")
    both = np.vstack([left[0], right[0]]), np.vstack([left[1], right[1] + len(left[0])])
    return (
        _view("left", "L", _FROM_LEFT, *left),
        _view("above", "B", _FROM_ABOVE, *both),
        _view("right", "R", _FROM_RIGHT, *right),
    )


@functools.cache
def _fsaverage() -> dict[str, str]:
    from nilearn.datasets import fetch_surf_fsaverage

    return fetch_surf_fsaverage("fsaverage5")


def _mesh(kind: str, side: str) -> tuple[np.ndarray, np.ndarray]:
    from nilearn.surface import load_surf_mesh

    name = {"inflated": "infl", "pial": "pial"}[kind]
    mesh = load_surf_mesh(_fsaverage()[f"{name}_{_word(side)}"])
    return np.asarray(mesh.coordinates, dtype=float), np.asarray(mesh.faces)


@functools.cache
def _folding(side: str) -> np.ndarray:
    """Return the grey of each vertex of a hemisphere: light on gyri, dark in sulci."""
    from nilearn.surface import load_surf_data

    depth = np.asarray(load_surf_data(_fsaverage()[f"sulc_{_word(side)}"]))
    return np.where(depth > 0, _SULCUS, _GYRUS)


def _word(side: str) -> str:
    return {"L": "left", "R": "right"}[side]


def _view(
    name: str,
    side: str,
    axes: tuple[tuple[int, int], tuple[int, int], tuple[int, int]],
    points: np.ndarray,
    faces: np.ndarray,
) -> View:
    seen = np.stack([sign * points[:, axis] for axis, sign in axes], axis=1)
    low = seen[:, :2].min(axis=0) - _MARGIN_MM
    high = seen[:, :2].max(axis=0) + _MARGIN_MM
    width, height = np.ceil((high - low) * _PIXELS_PER_MM).astype(int)
    seen[:, :2] = (seen[:, :2] - low) * _PIXELS_PER_MM
    vertex, shade = rasterise(seen, faces, int(width), int(height))
    right, top = low + np.array([width, height]) / _PIXELS_PER_MM
    extent = (float(low[0]), float(right), float(low[1]), float(top))
    return View(name, side, axes, vertex[::-1], shade[::-1], extent)


def rasterise(
    points: np.ndarray, faces: np.ndarray, width: int, height: int
) -> tuple[np.ndarray, np.ndarray]:
    """Draw a triangulated surface into pixels, the nearest face on top.

    Parameters
    ----------
    points : ndarray, shape (V, 3)
        In pixels: to the right, upwards, towards the viewer. The centre of the pixel in row
        ``i`` and column ``j`` is at ``(j + 0.5, i + 0.5)``.
    faces : ndarray of int, shape (F, 3)
        Vertices of each face, counter-clockwise seen from outside.
    width, height : int
        Size of the image.

    Returns
    -------
    vertex : ndarray of int, shape (height, width)
        Vertex with the largest barycentric weight at each pixel, -1 where nothing is.
    shade : ndarray, shape (height, width)
        Cosine of the angle between the interpolated normal and the viewer, 0 where nothing is.
    """
    a, b, c = (points[faces[:, k]] for k in range(3))
    face_normals = np.cross(b - a, c - a)
    normals = np.zeros_like(points)
    for k in range(3):
        np.add.at(normals, faces[:, k], face_normals)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)

    front = np.flatnonzero(face_normals[:, 2] > 0)  # twice the area that the viewer sees
    corners = points[faces[front]]
    # Pixels whose centre may lie in the face, all faces in one list.
    limits = np.array([width, height])
    first = np.clip(np.ceil(corners[..., :2].min(axis=1) - 0.5).astype(int), 0, limits)
    last = np.clip(np.floor(corners[..., :2].max(axis=1) - 0.5).astype(int) + 1, 0, limits)
    across, down = np.maximum(last - first, 0).T
    counts = across * down
    face = np.repeat(np.arange(len(front)), counts)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    x = first[face, 0] + within % across[face]
    y = first[face, 1] + within // across[face]

    pa, pb, pc = (corners[face, k] for k in range(3))
    u, v = x + 0.5, y + 0.5
    area = face_normals[front[face], 2]
    wa = ((pb[:, 0] - u) * (pc[:, 1] - v) - (pc[:, 0] - u) * (pb[:, 1] - v)) / area
    wb = ((pc[:, 0] - u) * (pa[:, 1] - v) - (pa[:, 0] - u) * (pc[:, 1] - v)) / area
    share = np.stack([wa, wb, 1.0 - wa - wb], axis=1)
    inside = np.flatnonzero((share >= -1e-9).all(axis=1))
    share, face, x, y = share[inside], face[inside], x[inside], y[inside]
    corner = faces[front[face]]
    near = np.argsort((share * points[corner, 2]).sum(axis=1), kind="stable")
    share, corner, x, y = share[near], corner[near], x[near], y[near]

    # Of pixels written twice the last stays, which is the one nearest to the viewer.
    vertex = np.full((height, width), -1)
    vertex[y, x] = corner[np.arange(len(corner)), share.argmax(axis=1)]
    shade = np.zeros((height, width))
    shade[y, x] = np.clip((share[..., None] * normals[corner]).sum(axis=1)[:, 2], 0.0, 1.0)
    return vertex, shade


def paint(view: View, label: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """Colour a view of an inflated hemisphere by parcels.

    Parameters
    ----------
    view : View
        Of one hemisphere.
    label : ndarray of int, shape (10242,)
        Region of each vertex, -1 for none.
    colours : ndarray, shape (N, 3)
        Red, green, blue of each region; NaN for regions without a value.

    Returns
    -------
    ndarray, shape (height, width, 4)
        Shaded colours with dark borders between parcels; cortex without a value shows its
        folding in grey; beside the brain nothing.
    """
    brain = view.vertex >= 0
    region = np.where(brain, label[view.vertex], -1)
    known = region >= 0
    image = np.repeat(_folding(view.hemisphere)[view.vertex][..., None], 3, axis=-1)
    flat = np.asarray(colours, dtype=float)
    known[known] = np.isfinite(flat[region[known]]).all(axis=1)
    image[known] = flat[region[known]]
    edge = np.zeros_like(brain)
    for axis in (0, 1):
        ahead = np.roll(region, -1, axis=axis)
        edge |= (region != ahead) & brain & np.roll(brain, -1, axis=axis)
    image[edge] *= _BORDER
    return _lit(image, view)


def blank(view: View) -> np.ndarray:
    """Return a view [height, width, 4] of a plain grey brain."""
    return _lit(np.full((*view.vertex.shape, 3), _BRAIN), view)


def _lit(image: np.ndarray, view: View) -> np.ndarray:
    light = _DARKEST + (1.0 - _DARKEST) * np.sqrt(view.shade)
    alpha = (view.vertex >= 0).astype(float)
    return np.concatenate([image * light[..., None], alpha[..., None]], axis=-1)


def show(axes: Axes, view: View, image: np.ndarray) -> None:
    """Draw an image of a view in millimetres, without any frame."""
    axes.imshow(image, extent=view.extent_mm, interpolation="antialiased", aspect="equal")
    axes.set_axis_off()
