"""Weights of two inputs of which one is a share of the other: one matrix does for both.

Feed-forward inhibition is a share of excitation, so that the second matrix repeats the first. The
sums over sources are what a step reads most memory for; half of it is enough. A region whose second
input is no share of its first, such as the target of a pathway of its own, keeps a row of its own.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from netmod.dynamics.tiles import pad_targets, pad_weights
from netmod.models import Model

ROWS = 8
"""Rows that may be kept beside the first matrix; one size, so that few programs are compiled."""

_ROUNDING = 16
"""Deviation from a share, in units of the last place of a row's largest weight, that is none."""


class Proportional(NamedTuple):
    """Weights of two inputs by one matrix.

    The first input is ``y = tall[:N] @ x``, the second ``share * y + onto @ (tall[N:] @ x)``.

    Attributes
    ----------
    tall : array, shape ([lane,] N + K, source)
        The first matrix, and under it the rows of the second that are no share of it.
    share : array, shape ([lane,] target)
        Second input as a share of the first.
    onto : array, shape ([lane,] target, K)
        Which region has which of those rows: zeros and ones.
    """

    tall: Any
    share: Any
    onto: Any

    @property
    def matrices(self) -> int:
        """Number of inputs."""
        return 2

    def strength(self, matrix: int) -> Any:
        """Return the row sums of one of the two matrices."""
        n = self.share.shape[-1]
        rows = self.tall.sum(axis=-1)
        if matrix == 0:
            return rows[..., :n]
        return self.share * rows[..., :n] + (self.onto * rows[..., None, n:]).sum(axis=-1)


def rows_of(model: Model, weights: Any) -> int | None:
    """Return how many rows some networks need beside one matrix: 0 or :data:`ROWS`.

    Parameters
    ----------
    model : Model
        The neural mass.
    weights : array, shape ([lane,] matrix, target, source)
        One network, or several.

    Returns
    -------
    int or None
        None where one matrix does not do for all of them: the model has other inputs than two of
        one signal, or too many regions have a second input that is no share of the first.
    """
    one_signal = len(model.transmitted) == 2 and len(set(model.transmitted)) == 1
    if not one_signal or np.shape(weights)[-3] != 2:
        return None
    weights = np.asarray(weights)
    networks = weights if weights.ndim == 4 else weights[None]
    most = 0
    for pair in networks:
        most = max(most, int((~_split(pair)[1]).sum()))
        if most > min(ROWS, pair.shape[-1] // 4):
            return None
    return ROWS if most else 0


def proportional(weights: Any, rows: int, length: int) -> Proportional:
    """Lay out networks by one matrix, filled up as :func:`netmod.dynamics.tiles.pad_weights` does.

    Parameters
    ----------
    weights : array, shape ([lane,] 2, target, source)
        Weights for which :func:`rows_of` has returned ``rows``.
    rows : int
        Rows beside the first matrix.
    length : int
        Regions with those that fill up a vector.
    """
    weights = np.asarray(weights)
    networks = weights if weights.ndim == 4 else weights[None]
    lanes, _, n, _ = networks.shape
    tall = np.zeros((lanes, length + rows, length), weights.dtype)
    tall[:, :length] = pad_weights(networks[:, 0], length)
    share, onto = np.zeros((lanes, n)), np.zeros((lanes, n, rows))
    for k, pair in enumerate(networks):
        share[k], fits = _split(pair)
        for row, region in enumerate(np.flatnonzero(~fits)):
            tall[k, length + row, :n] = pair[1, region]
            onto[k, region, row] = 1.0
    found = Proportional(tall, pad_targets(share, length, 1), pad_targets(onto, length, 1))
    return found if weights.ndim == 4 else Proportional(*(x[0] for x in found))


def _split(pair: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the share of every target, 0 where there is none, and where there is one."""
    first, second = pair
    place = np.abs(first).argmax(axis=1)[:, None]
    largest = np.take_along_axis(first, place, axis=1)[:, 0]
    there = np.take_along_axis(second, place, axis=1)[:, 0]
    share = np.divide(there, largest, out=np.zeros_like(there), where=largest != 0)
    error = _ROUNDING * np.finfo(second.dtype).eps * np.abs(second).max(axis=1)
    fits = (np.abs(second - share[:, None] * first) <= error[:, None]).all(axis=1)
    return np.where(fits, share, 0.0), fits
