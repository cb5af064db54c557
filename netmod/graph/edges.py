"""Edge time series: what every moment adds to the correlation of two regions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netmod.errors import DataError
from netmod.graph.connectivity import check_series
from netmod.graph.declarations import Quantity


def edge_series(series: ArrayLike, names: Sequence[str] | None = None) -> NDArray[np.float64]:
    """Return the edge time series: the product of two z-scored series at every time.

    Parameters
    ----------
    series : array_like, shape (T, N)
        Any unit.
    names : sequence of str, optional
        Region names for messages.

    Returns
    -------
    ndarray, shape (T, P)
        P = N (N − 1) / 2 edges in the order of ``numpy.triu_indices(N, 1)``. z-scores have the
        divisor T, so that the mean over time is Pearson's r.

    Raises
    ------
    DataError
        As :func:`netmod.graph.connectivity.check_series`, or with fewer than two regions.

    Notes
    -----
    Faskowitz et al. 2020, doi:10.1038/s41593-020-00719-y.
    """
    z = _z_scores(series, names)
    i, j = np.triu_indices(z.shape[1], 1)
    return z[:, i] * z[:, j]


def event_amplitude(series: ArrayLike, names: Sequence[str] | None = None) -> NDArray[np.float64]:
    """Return the root of the sum of squares (RSS) of the edge series at every time, shape (T,).

    Computed from sums over regions, without the edges; raises as :func:`edge_series`. High
    amplitudes are the events of Zamani Esfahlani et al. 2020, doi:10.1073/pnas.2005531117.
    """
    square = _z_scores(series, names) ** 2
    return np.sqrt(np.maximum(square.sum(axis=1) ** 2 - (square**2).sum(axis=1), 0.0) / 2)


def _z_scores(series: ArrayLike, names: Sequence[str] | None) -> NDArray[np.float64]:
    series = check_series(series, names)
    if series.shape[1] < 2:
        raise DataError("an edge needs two regions", got=f"shape {list(series.shape)}")
    return (series - series.mean(axis=0)) / series.std(axis=0)


DECLARED = (
    Quantity(
        name="edge_series",
        unit="1",
        range="real",
        doc="product of the z-scores of two regions at every time",
        direction_note=(
            "higher: at this time they add to their correlation, whose mean over time this is"
        ),
        source="Faskowitz et al. 2020, doi:10.1038/s41593-020-00719-y",
        input="series [T, N]",
        gives="[T, pair]",
        compute=edge_series,
    ),
    Quantity(
        name="event_amplitude",
        unit="1",
        range=">= 0",
        doc="root of the sum of squares of the edge series at every time",
        direction_note="peaks are events, which carry much of FC; filtered noise has them too",
        source="Zamani Esfahlani et al. 2020, doi:10.1073/pnas.2005531117",
        input="series [T, N]",
        gives="[T]",
        compute=event_amplitude,
    ),
)
