"""Stability over one or two parameters: how many states a network has, and which of them hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from netmod.dynamics.fixed_points import FixedPoint, search_fixed_points
from netmod.dynamics.parameters import make_parameters
from netmod.errors import ConfigError
from netmod.models import Model


class StabilityMap(NamedTuple):
    """Fixed points over a grid of one or two parameters.

    Attributes
    ----------
    leading_per_s : array, shape (a,) or (a, b)
        Smallest real part, over the fixed points found, of the leading eigenvalue: below 0 some
        state is stable. NaN where no fixed point was found.
    fixed_points : array of int, same shape
        Fixed points found.
    stable : array of int, same shape
        How many of them are stable.
    names : tuple of str
        Parameters along the axes.
    values : tuple of arrays
        Their values.
    """

    leading_per_s: np.ndarray
    fixed_points: np.ndarray
    stable: np.ndarray
    names: tuple[str, ...]
    values: tuple[np.ndarray, ...]


def stability_map(
    model: Model,
    weights: Any,
    name_a: str,
    values_a: Sequence[float],
    name_b: str | None = None,
    values_b: Sequence[float] | None = None,
    *,
    values: Mapping[str, Any] | None = None,
    delays_s: Any = None,
    starts: Sequence[Sequence[Any]] | None = None,
    count: int = 8,
    seed: int = 0,
) -> StabilityMap:
    """Return the stability of a network over one or two parameters.

    Every grid point is searched from the same starts and from the solutions of its neighbours,
    forth and then back over the grid, so that a branch is followed to both its ends. One program
    is compiled for the grid.

    Parameters
    ----------
    model : Model
        The neural mass.
    weights : array, shape (target, source) or (matrix, target, source)
        Long-range weights.
    name_a, name_b : str
        Parameters to vary, the same in all regions; the second is optional.
    values_a, values_b : sequence of float
        Their values.
    values : mapping, optional
        Other parameters (:func:`netmod.dynamics.parameters.make_parameters`).
    delays_s : array, shape (target, source), optional
        Conduction delays in s.
    starts, count, seed
        As in :func:`netmod.dynamics.fixed_points.fixed_points`.

    Returns
    -------
    StabilityMap

    Raises
    ------
    ConfigError
        If a parameter is unknown or a value out of its range, or only one of ``name_b`` and
        ``values_b`` is given.
    """
    if (name_b is None) != (values_b is None):
        raise ConfigError(
            "half of a second parameter",
            expected="name_b and values_b, or neither",
            got="name_b alone" if values_b is None else "values_b alone",
        )
    names = (name_a,) if name_b is None else (name_a, name_b)
    axes = tuple(np.asarray(v, dtype=float) for v in (values_a, values_b) if v is not None)
    shape = tuple(len(axis) for axis in axes)
    leading = np.full(shape, np.nan)
    found, stable = np.zeros(shape, dtype=int), np.zeros(shape, dtype=int)
    given = list(starts or ())
    # every point before any search: a wrong value is told at once
    grid = {
        place: make_parameters(
            model,
            weights,
            {**(values or {}), **{n: a[k] for n, a, k in zip(names, axes, place, strict=True)}},
            delays_s,
        )
        for place in np.ndindex(shape)
    }
    known: dict[tuple[int, ...], list[FixedPoint]] = {}
    for forth in (True, False):
        places = list(grid) if forth else list(grid)[::-1]
        for place in places:
            beside = [
                point.state
                for axis in range(len(shape))
                for point in known.get(_stepped(place, axis, -1 if forth else 1), [])
            ]
            if not forth:
                # all random starts were tried on the way there
                beside += [point.state for point in known[place]]
            known[place] = search_fixed_points(
                model,
                grid[place],
                [*given, *beside],
                count=count if forth else 0,
                seed=seed,
            )
    for place, points in known.items():
        found[place], stable[place] = len(points), sum(p.stable for p in points)
        if points:
            leading[place] = min(p.leading_eigenvalue.real for p in points)
    return StabilityMap(leading, found, stable, names, axes)


def _stepped(place: tuple[int, ...], axis: int, step: int) -> tuple[int, ...]:
    return (*place[:axis], place[axis] + step, *place[axis + 1 :])
