"""Leiden by igraph, an optional extra: the reference for communities that hang together."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netmod.errors import ConfigError
from netmod.graph.declarations import Quantity
from netmod.graph.modularity.moves import best_of
from netmod.graph.modularity.quality import positive_weights, quality_matrix, score


def leiden(
    fc: ArrayLike,
    runs: int,
    seed: int,
    resolution: float = 1.0,
    *,
    quality: str = "newman",
    samples: int | None = None,
) -> tuple[NDArray[np.float64] | float, NDArray[np.int64]]:
    """Return the best quality of several seeded Leiden runs, with its partition.

    Each run is iterated until nothing changes. For Newman's Q every community is connected by
    positive weights; the other qualities are maximised on the complete graph of their matrix B.

    Parameters
    ----------
    fc, runs, seed, resolution, quality, samples
        As for :func:`netmod.graph.modularity.louvain`.

    Returns
    -------
    q : float or ndarray, shape (...)
    labels : ndarray of int, shape (..., N)
        As there.

    Raises
    ------
    DataError
        As there.
    ConfigError
        As there, or if igraph is not installed.

    Notes
    -----
    Traag, Waltman & van Eck 2019, doi:10.1038/s41598-019-41695-z.
    """
    igraph = _igraph()
    if runs < 1:
        raise ConfigError("Leiden needs at least one run", expected="runs ≥ 1", got=str(runs))
    matrices = quality_matrix(fc, resolution, quality=quality, samples=samples)
    lead, size = matrices.shape[:-2], matrices.shape[-1]
    matrices = matrices.reshape(-1, size, size)
    newman = quality == "newman"
    weights = positive_weights(fc).reshape(-1, size, size) if newman else matrices
    labels = np.tile(np.arange(size), (len(matrices), runs, 1))
    for index in np.flatnonzero(np.isfinite(matrices[:, 0, 0])):
        row, column = np.nonzero(np.triu(weights[index], 1))
        graph = igraph.Graph(n=size, edges=np.column_stack([row, column]).tolist())
        options = {
            "objective_function": "modularity" if newman else "CPM",
            "resolution": resolution if newman else 0.0,  # B holds the null model already
            "weights": weights[index][row, column].tolist(),
            "n_iterations": -1,
        }
        # igraph draws from one generator of the process: it is lent ours and given back
        igraph.set_random_number_generator(random.Random(seed))  # noqa: S311
        try:
            for run in range(runs):
                labels[index, run] = graph.community_leiden(**options).membership
        finally:
            igraph.set_random_number_generator(random)
    q = np.stack([score(matrices, labels[:, run]) for run in range(runs)], axis=1)
    q, best = best_of(q, labels)
    q = q.reshape(lead)
    return (float(q) if q.ndim == 0 else q), best.reshape(*lead, size)


def _igraph() -> Any:
    try:
        import igraph
    except ModuleNotFoundError as error:
        raise ConfigError(
            "Leiden needs the package igraph",
            hint='pip install "netmod[communities]"',
        ) from error
    return igraph


DECLARED = (
    Quantity(
        name="leiden",
        unit="1",
        range="[0, 1)",
        doc="as louvain by the Leiden algorithm (extra `communities`)",
        direction_note="as louvain",
        source="Traag et al. 2019, doi:10.1038/s41598-019-41695-z",
        input="correlations [N, N], runs, seed",
        gives="a number, labels [N]",
        compute=leiden,
    ),
)
