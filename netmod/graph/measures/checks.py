"""What a graph measure accepts: one clean matrix, or an error that says what is wrong with it."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netmod.errors import DataError

_SHOWN = 8  # regions named in one message
_ASYMMETRY = 1e-9  # of the largest weight; more is a directed graph, less is rounding


def graph_of(
    weights: ArrayLike, *, signed: bool = False, directed: bool = False
) -> NDArray[np.float64]:
    """Return a clean copy of a weight matrix: float64, finite, zero diagonal.

    Parameters
    ----------
    weights : array_like, shape (N, N)
        ``weights[target, source]``; 0 is no edge. The diagonal (self-loops) is ignored.
    signed : bool
        Whether negative weights are meant.
    directed : bool
        Whether an asymmetric matrix is meant. If not, rounding is symmetrised.

    Returns
    -------
    ndarray, shape (N, N)

    Raises
    ------
    DataError
        If the matrix is empty, not square, not finite off the diagonal (regions named by index),
        asymmetric or negative where that is not meant.
    """
    w = np.array(weights, dtype=float)
    if w.ndim != 2 or w.shape[0] != w.shape[1] or w.size == 0:
        raise DataError(
            "a graph measure needs one square matrix",
            expected="shape [region, region]",
            got=f"shape {list(w.shape)}",
        )
    np.fill_diagonal(w, 0.0)
    bad = ~np.isfinite(w)
    if bad.any():
        # a broken region fills its row and its column: name the fewest regions that explain all
        rows = np.flatnonzero(bad.sum(axis=1) >= max(w.shape[0] - 1, 1))
        index = rows if rows.size else np.flatnonzero(bad.any(axis=1))
        more = f" and {index.size - _SHOWN} more" if index.size > _SHOWN else ""
        raise DataError(
            "a weight matrix with values that are not finite",
            expected="finite weights between all regions, 0 for no edge",
            got=f"{int(bad.sum())} NaN or infinite weights, at regions "
            f"{', '.join(map(str, index[:_SHOWN]))}{more}",
            hint="a region without activity has no correlation: leave it out of the matrix",
        )
    if not directed:
        difference = np.abs(w - w.T)
        if difference.max() > _ASYMMETRY * np.abs(w).max():
            i, j = np.unravel_index(difference.argmax(), w.shape)
            raise DataError(
                "this measure is defined for undirected graphs, and the matrix is asymmetric",
                expected="weights[i, j] equal to weights[j, i]",
                got=f"{w[i, j]:g} at [{i}, {j}] and {w[j, i]:g} at [{j}, {i}]",
                hint="average the matrix with its transpose, or use a measure of directed graphs",
            )
        w = (w + w.T) / 2
    if not signed and (w < 0).any():
        i, j = np.unravel_index(w.argmin(), w.shape)
        raise DataError(
            "this measure is defined for weights that are not negative",
            expected="weights >= 0",
            got=f"{int((w < 0).sum())} negative weights, the lowest {w[i, j]:g} at [{i}, {j}]",
            hint="keep the positive part (netmod.graph.thresholds), or use a signed measure",
        )
    return w


def communities_of(labels: ArrayLike, size: int) -> NDArray[np.intp]:
    """Return labels as integers 0 … M − 1.

    Parameters
    ----------
    labels : array_like, shape (N,)
        Community of every region, of any type.
    size : int
        N.

    Returns
    -------
    ndarray of int, shape (N,)

    Raises
    ------
    DataError
        If there is not one label per region.
    """
    labels = np.asarray(labels)
    if labels.shape != (size,):
        raise DataError(
            "communities need one label per region",
            expected=f"shape [{size}]",
            got=f"shape {list(labels.shape)}",
        )
    return np.unique(labels, return_inverse=True)[1]


def choice(value: str, allowed: tuple[str, ...], what: str) -> str:
    """Return ``value`` when it is one of ``allowed``; raise a DataError that lists them if not."""
    if value not in allowed:
        raise DataError(f"unknown {what}", expected=" or ".join(allowed), got=repr(value))
    return value
