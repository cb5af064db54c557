"""The named graph measures, and how they are evaluated on one matrix.

A new measure is one function in a file of this package, an old or a new one, and its declaration
in ``DECLARED`` of that file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netmod.errors import DataError, did_you_mean
from netmod.graph.declarations import Measure, declared

MEASURES: Mapping[str, Measure] = declared("netmod.graph.measures", Measure)


def measure(weights: ArrayLike, name: str, **inputs: Any) -> float | NDArray[np.float64]:
    """Return one named measure of a graph.

    Parameters
    ----------
    weights : array_like, shape (N, N)
        ``weights[target, source]``.
    name : str
        A key of :data:`MEASURES`.
    **inputs
        What the measure needs besides; others are ignored, so that one call serves many.

    Returns
    -------
    float or ndarray, shape (N,)

    Raises
    ------
    DataError
        If the name is unknown, an input is missing, or the matrix is not one that it accepts.
    """
    if name not in MEASURES:
        raise DataError(
            f"unknown graph measure '{name}'",
            expected=", ".join(MEASURES),
            hint=did_you_mean(name, MEASURES),
        )
    entry = MEASURES[name]
    missing = [one for one in entry.needs if inputs.get(one) is None]
    if missing:
        raise DataError(
            f"the measure '{name}' needs more than the matrix",
            expected=", ".join(entry.needs),
            got=f"no {', '.join(missing)}",
        )
    try:
        return entry.compute(weights, **{one: inputs[one] for one in entry.needs})
    except DataError as error:
        error.where = error.where or f"graph measure '{name}'"
        raise


def measures(
    weights: ArrayLike, names: Iterable[str], **inputs: Any
) -> dict[str, float | NDArray[np.float64]]:
    """Return several named measures of a graph, in the order of ``names``.

    Parameters and errors as :func:`measure`.
    """
    return {name: measure(weights, name, **inputs) for name in names}
