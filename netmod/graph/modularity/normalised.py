"""Modularity against a null model: communities beyond chance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netmod.errors import ConfigError, DataError
from netmod.graph.declarations import Quantity
from netmod.graph.modularity.louvain import louvain


@dataclass(frozen=True)
class NormalisedModularity:
    """Modularity of one network and of its null networks.

    Parameters
    ----------
    q : float
        Best Q of the network.
    labels : ndarray of int, shape (N,)
        Its communities.
    null_q : ndarray, shape (count,)
        Best Q of every null network, found with the same effort.
    """

    q: float
    labels: NDArray[np.int64]
    null_q: NDArray[np.float64]

    @property
    def mean(self) -> float:
        """Mean Q of the null networks."""
        return float(self.null_q.mean())

    @property
    def sd(self) -> float:
        """Standard deviation of Q over null networks (divisor count − 1)."""
        return float(self.null_q.std(ddof=1))

    @property
    def z(self) -> float:
        """``(Q − mean) / SD``; NaN when the null networks do not differ."""
        return (self.q - self.mean) / self.sd if self.sd > 0 else float("nan")

    @property
    def ratio(self) -> float:
        """``Q / mean``; NaN when the mean is not positive."""
        return self.q / self.mean if self.mean > 0 else float("nan")


def normalised_modularity(
    fc: ArrayLike,
    null: Callable[[NDArray[np.float64], int], ArrayLike],
    count: int = 100,
    runs: int = 20,
    seed: int = 0,
    resolution: float = 1.0,
    *,
    quality: str = "newman",
    samples: int | None = None,
) -> NormalisedModularity:
    """Return the modularity of a network beside that of seeded null networks.

    Parameters
    ----------
    fc : array_like, shape (N, N)
        Functional connectivity.
    null : callable
        ``null(fc, seed) -> [N, N]``: one null network, for example with rewired edges or from
        phase-randomised series. The null model decides what "beyond chance" means.
    count : int
        Null networks, at least 2; 100 as is common.
    runs, seed, resolution, quality, samples
        As for :func:`netmod.graph.modularity.louvain`; null networks get seeds drawn from ``seed``.

    Returns
    -------
    NormalisedModularity
        With ``z`` and ``ratio``.

    Raises
    ------
    DataError
        As :func:`netmod.graph.modularity.louvain`; if ``fc`` is not one matrix, a null network
        has another shape, or a network has no positive weight.
    ConfigError
        As there; if ``count`` < 2.

    Notes
    -----
    Daws et al. 2022, doi:10.1038/s41591-022-01744-z, set modularity against rewired networks
    before they compared scans; that they took the ratio to the mean of the nulls is recalled.
    """
    if count < 2:
        raise ConfigError("too few null networks", expected="count ≥ 2", got=str(count))
    fc = np.asarray(fc, dtype=float)
    if fc.ndim != 2:
        raise DataError("one network at a time", expected="[N, N]", got=f"shape {list(fc.shape)}")
    networks = [fc]
    for number, own in enumerate(np.random.SeedSequence(seed).generate_state(count)):
        one = np.asarray(null(fc.copy(), int(own)), dtype=float)
        if one.shape != fc.shape:
            raise DataError(
                f"null network {number} does not fit the network",
                expected=f"shape {list(fc.shape)}",
                got=f"shape {list(one.shape)}",
            )
        networks.append(one)
    q, labels = louvain(
        np.stack(networks), runs, seed, resolution, quality=quality, samples=samples
    )
    empty = np.flatnonzero(np.isnan(q))
    if empty.size:
        raise DataError(
            "a network without modularity",
            expected="positive weights in the network and every null network",
            got="none in the network" if empty[0] == 0 else f"none in null network {empty[0] - 1}",
        )
    return NormalisedModularity(float(q[0]), labels[0], q[1:])


DECLARED = (
    Quantity(
        name="normalised_modularity",
        unit="1",
        range="real",
        doc="modularity against that of null networks: z-score and ratio",
        direction_note=(
            "z above 2: more modular than the null model; which null decides what that means"
        ),
        source="Daws et al. 2022, doi:10.1038/s41591-022-01744-z",
        input="correlations [N, N], null model",
        gives="z, ratio, labels [N]",
        compute=normalised_modularity,
    ),
)
