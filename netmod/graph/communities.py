"""Partitions beside each other: how much they agree, and the consensus of many runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netmod.errors import ConfigError, DataError
from netmod.graph.declarations import Quantity
from netmod.graph.modularity import louvain_partitions
from netmod.graph.modularity.quality import complete


def _pair(first: ArrayLike, second: ArrayLike) -> NDArray[np.float64]:
    """Return the contingency table of two partitions of the same regions."""
    first, second = complete(first), complete(second)
    if first.ndim != 1 or first.shape != second.shape or first.size < 1:
        raise DataError(
            "two partitions of the same regions are compared",
            expected="two label arrays of one length ≥ 1",
            got=f"shapes {list(first.shape)} and {list(second.shape)}",
        )
    _, a = np.unique(first, return_inverse=True)
    _, b = np.unique(second, return_inverse=True)
    table = np.zeros((a.max() + 1, b.max() + 1))
    np.add.at(table, (a, b), 1.0)
    return table


def _entropies(table: NDArray) -> tuple[float, float, float]:
    """Return the entropies of both partitions and of their overlap, nats."""
    share = table / table.sum()
    parts = (share.sum(axis=1), share.sum(axis=0), share[share > 0])
    first, second, joint = (float(-np.sum(p * np.log(p))) for p in parts)
    return first, second, joint


def normalised_mutual_information(first: ArrayLike, second: ArrayLike) -> float:
    """Return ``2 I / (H₁ + H₂)`` of two partitions.

    Parameters
    ----------
    first, second : array_like, shape (N,)
        Community of every region, any values.

    Returns
    -------
    float
        1 for equal partitions (two trivial ones of one community as well), 0 for independent.

    Raises
    ------
    DataError
        If the shapes differ.

    Notes
    -----
    Danon et al. 2005, doi:10.1088/1742-5468/2005/09/P09008.
    """
    h1, h2, joint = _entropies(_pair(first, second))
    return max(2.0 * (h1 + h2 - joint) / (h1 + h2), 0.0) if h1 + h2 > 0 else 1.0


def variation_of_information(
    first: ArrayLike, second: ArrayLike, normalised: bool = False
) -> float:
    """Return ``H₁ + H₂ − 2 I``: a metric, 0 for equal partitions.

    Parameters
    ----------
    first, second : array_like, shape (N,)
        Community of every region, any values.
    normalised : bool
        Divide by ``ln N``, the largest possible value.

    Returns
    -------
    float
        In nats, or 0 to 1.

    Raises
    ------
    DataError
        If the shapes differ.

    Notes
    -----
    Meilă 2007, doi:10.1016/j.jmva.2006.11.013.
    """
    table = _pair(first, second)
    h1, h2, joint = _entropies(table)
    value = max(2.0 * joint - h1 - h2, 0.0)
    if normalised:
        return value / np.log(table.sum()) if table.sum() > 1 else 0.0
    return value


def z_rand(first: ArrayLike, second: ArrayLike) -> float:
    """Return the z-score of the pairs that both partitions keep together.

    Against all permutations of the labels, which keep the sizes of the communities.

    Parameters
    ----------
    first, second : array_like, shape (N,)
        Community of every region, any values.

    Returns
    -------
    float
        0 on average for unrelated partitions; grows with N for related ones. NaN when chance
        leaves no spread: fewer than four regions, one community, or all regions alone.

    Raises
    ------
    DataError
        If the shapes differ.

    Notes
    -----
    Traud, Kelsic, Mucha & Porter 2011, doi:10.1137/080734315.
    """
    table = _pair(first, second)
    n = table.sum()
    if n < 4:
        return float("nan")
    pairs = n * (n - 1) / 2
    sizes = table.sum(axis=1), table.sum(axis=0)
    m1, m2 = (np.sum(s * (s - 1)) / 2 for s in sizes)
    c1, c2 = (
        n * (n * n - 3 * n - 2) - 8 * (n + 1) * m + 4 * np.sum(s**3)
        for m, s in zip((m1, m2), sizes, strict=True)
    )
    a1, a2 = 4 * m1 - 2 * pairs, 4 * m2 - 2 * pairs
    variance = (
        pairs / 16
        - (a1 * a2 / pairs) ** 2 / 256
        + c1 * c2 / (16 * n * (n - 1) * (n - 2))
        + (a1**2 - 4 * c1 - 4 * pairs)
        * (a2**2 - 4 * c2 - 4 * pairs)
        / (64 * n * (n - 1) * (n - 2) * (n - 3))
    )
    if min(m1, m2) == 0 or max(m1, m2) == pairs or variance <= 1e-12 * pairs:
        return float("nan")
    return float((np.sum(table * (table - 1)) / 2 - m1 * m2 / pairs) / np.sqrt(variance))


AGREEMENTS: Mapping[str, Callable[[ArrayLike, ArrayLike], float]] = MappingProxyType(
    {
        "z_rand": z_rand,
        "nmi": normalised_mutual_information,
        "vi": variation_of_information,
    }
)
"""Name → measure of two partitions."""


def mean_agreement(partitions: ArrayLike) -> dict[str, float]:
    """Return every measure of :data:`AGREEMENTS`, averaged over all pairs of partitions.

    Parameters
    ----------
    partitions : array_like, shape (P, N)
        At least two partitions of N regions.

    Returns
    -------
    dict of str to float
        A measure that is NaN for any pair is NaN.

    Raises
    ------
    DataError
        If there are fewer than two partitions.
    """
    partitions = _several(partitions, least=2)
    pairs = list(zip(*np.triu_indices(len(partitions), 1), strict=True))
    return {
        name: float(np.mean([measure(partitions[i], partitions[j]) for i, j in pairs]))
        for name, measure in AGREEMENTS.items()
    }


def agreement_matrix(partitions: ArrayLike) -> NDArray[np.float64]:
    """Return the share of partitions that put two regions together, diagonal 1.

    Parameters
    ----------
    partitions : array_like, shape (P, N)
        Partitions of N regions: runs, subjects or layers.

    Returns
    -------
    ndarray, shape (N, N)
        Within [0, 1].

    Raises
    ------
    DataError
        If the array is not two-dimensional or empty.
    """
    partitions = _several(partitions, least=1)
    together = np.zeros((partitions.shape[1], partitions.shape[1]))
    for labels in partitions:
        together += labels[:, None] == labels[None, :]
    return together / len(partitions)


def chance_agreement(partitions: ArrayLike) -> float:
    """Return the mean of :func:`agreement_matrix` off the diagonal if labels were permuted.

    ``Σ_c n_c (n_c − 1) / N (N − 1)``, averaged over partitions: exact, no draws. As a threshold
    of :func:`consensus` it is the mean of the permuted null model of Bassett et al. 2013,
    doi:10.1063/1.4790830.

    Parameters
    ----------
    partitions : array_like, shape (P, N)
        Partitions of N ≥ 2 regions.

    Raises
    ------
    DataError
        If the array is not two-dimensional or empty, or there is one region.
    """
    partitions = _several(partitions, least=1)
    n = partitions.shape[1]
    if n < 2:
        raise DataError("chance needs pairs of regions", expected="N ≥ 2", got=f"N = {n}")
    sizes = [np.unique(labels, return_counts=True)[1] for labels in partitions]
    return float(np.mean([np.sum(s * (s - 1)) / (n * (n - 1)) for s in sizes]))


@dataclass(frozen=True)
class Consensus:
    """The partition that many runs agree on.

    Parameters
    ----------
    labels : ndarray of int, shape (N,)
        Communities 0, 1, …, numbered in the order of their first region.
    agreement : ndarray, shape (N, N)
        Share of the given partitions that put two regions together.
    rounds : int
        Rounds of clustering until all runs were equal; 0 if they were so from the start.
    """

    labels: NDArray[np.int64]
    agreement: NDArray[np.float64]
    rounds: int


def consensus(
    partitions: ArrayLike,
    seed: int,
    threshold: float | None = None,
    runs: int | None = None,
    max_rounds: int = 50,
) -> Consensus:
    """Return the consensus of several partitions.

    The agreement matrix, without values below the threshold, is cut again and again by Louvain
    until all runs give the same partition.

    Parameters
    ----------
    partitions : array_like, shape (P, N)
        For example of :func:`netmod.graph.modularity.louvain_partitions`.
    seed : int
        Seed of the Louvain runs.
    threshold : float, optional
        τ in [0, 1]; :func:`chance_agreement` of the partitions of each round by default
        (proposal). A region that never reaches it with any other stays alone.
    runs : int, optional
        Louvain runs in each round; as many as partitions by default, at least 10.
    max_rounds : int
        Rounds before it counts as failed.

    Returns
    -------
    Consensus

    Raises
    ------
    DataError
        If the partitions are not [P, N], or no consensus is reached in ``max_rounds``.
    ConfigError
        If the threshold is outside [0, 1].

    Notes
    -----
    Lancichinetti & Fortunato 2012, doi:10.1038/srep00336.
    """
    if threshold is not None and not 0 <= threshold <= 1:
        raise ConfigError("a share as threshold", expected="0 ≤ τ ≤ 1", got=str(threshold))
    given = current = _several(partitions, least=1)
    runs = max(10, len(given)) if runs is None else runs
    seeds = np.random.SeedSequence(seed).generate_state(max_rounds)
    for done in range(max_rounds + 1):
        shares = agreement_matrix(current)
        if np.isin(shares, (0.0, 1.0)).all():
            # all runs are equal: the first of them, numbered by first region
            _, first, index = np.unique(current[0], return_index=True, return_inverse=True)
            labels = np.argsort(np.argsort(first))[index].astype(np.int64)
            return Consensus(labels, agreement_matrix(given), done)
        if done == max_rounds:
            break
        limit = chance_agreement(current) if threshold is None else threshold
        kept = np.where(shares >= limit, shares, 0.0)
        current = louvain_partitions(kept, runs, int(seeds[done]))[1]
    raise DataError(
        "no consensus of the partitions",
        expected=f"equal runs within {max_rounds} rounds",
        got="still several partitions",
        hint="raise the threshold or the number of runs",
    )


def _several(partitions: ArrayLike, least: int) -> NDArray:
    partitions = complete(partitions)
    if partitions.ndim != 2 or partitions.shape[0] < least or partitions.shape[1] < 1:
        raise DataError(
            "partitions as rows are needed",
            expected=f"shape [P, N] with P ≥ {least}",
            got=f"shape {list(partitions.shape)}",
        )
    return partitions


DECLARED = (
    Quantity(
        name="normalised_mutual_information",
        unit="1",
        range="[0, 1]",
        doc="information that two partitions share, over their mean entropy",
        direction_note="1: the same partition; above 0 by chance when there are many communities",
        source="Danon et al. 2005, doi:10.1088/1742-5468/2005/09/P09008",
        input="two partitions [N]",
        gives="a number",
        compute=normalised_mutual_information,
    ),
    Quantity(
        name="variation_of_information",
        unit="nat",
        range=">= 0",
        doc="information that two partitions do not share",
        direction_note="lower: more alike; 0: the same partition",
        source="Meilă 2007, doi:10.1016/j.jmva.2006.11.013",
        input="two partitions [N]",
        gives="a number",
        compute=variation_of_information,
    ),
    Quantity(
        name="z_rand",
        unit="1",
        range="real",
        doc="pairs that both partitions keep together, as z-score against permuted labels",
        direction_note="higher: more alike than by chance; grows with N",
        source="Traud et al. 2011, doi:10.1137/080734315",
        input="two partitions [N]",
        gives="a number",
        compute=z_rand,
    ),
    Quantity(
        name="agreement_matrix",
        unit="1",
        range="[0, 1]",
        doc="share of partitions that put two regions together",
        direction_note="higher: a pair that stays together over runs or subjects",
        source="Lancichinetti & Fortunato 2012, doi:10.1038/srep00336",
        input="partitions [P, N]",
        gives="[N, N]",
        compute=agreement_matrix,
    ),
    Quantity(
        name="consensus",
        unit="1",
        range="0, 1, 2, ...",
        doc="partition that many runs agree on",
        direction_note="none: labels have no order",
        source="Lancichinetti & Fortunato 2012, doi:10.1038/srep00336",
        input="partitions [P, N], seed",
        gives="labels [N]",
        compute=consensus,
    ),
)
