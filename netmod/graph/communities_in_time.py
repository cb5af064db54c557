"""How regions change communities over layers, and with whom they stay together."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netmod.errors import DataError
from netmod.graph.declarations import Quantity
from netmod.graph.modularity.quality import complete

_ROUNDING = 1e-9  # of an average of allegiances


def flexibility(labels: ArrayLike) -> NDArray[np.float64]:
    """Return the share of steps from layer to layer at which a region changes its community.

    Parameters
    ----------
    labels : array_like, shape (..., T, N)
        Communities of T ordered layers, numbered across layers, as
        :func:`netmod.graph.modularity.multilayer_modularity` gives them.

    Returns
    -------
    ndarray, shape (..., N)
        0 to 1; average over runs.

    Raises
    ------
    DataError
        If there are fewer than two layers.

    Notes
    -----
    Bassett et al. 2011, doi:10.1073/pnas.1018985108.
    """
    labels = _layers(labels, 2)
    return (labels[..., 1:, :] != labels[..., :-1, :]).mean(axis=-2)


def promiscuity(labels: ArrayLike) -> NDArray[np.float64]:
    """Return the share of all communities of a run that a region visits at least once.

    Parameters
    ----------
    labels : array_like, shape (..., T, N)
        As for :func:`flexibility`; one layer is enough.

    Returns
    -------
    ndarray, shape (..., N)
        Above 0, at most 1.

    Raises
    ------
    DataError
        If there is no layer.

    Notes
    -----
    Papadopoulos et al. 2016, doi:10.1103/PhysRevE.94.032908.
    """
    labels = _layers(labels, 1)
    lead, (times, size) = labels.shape[:-2], labels.shape[-2:]
    shares = np.empty((int(np.prod(lead)), size))
    for row, run in zip(shares, labels.reshape(-1, times, size), strict=True):
        known = np.unique(run)
        visited = np.zeros((size, known.size), dtype=bool)
        visited[np.arange(size), np.searchsorted(known, run)] = True
        row[:] = visited.mean(axis=1)
    return shares.reshape(*lead, size)


def allegiance(labels: ArrayLike) -> NDArray[np.float64]:
    """Return the share of layers (and runs) in which two regions share a community, diagonal 1.

    Parameters
    ----------
    labels : array_like, shape (..., T, N)
        As for :func:`flexibility`; all leading axes are averaged.

    Returns
    -------
    ndarray, shape (N, N)

    Raises
    ------
    DataError
        If there is no layer.

    Notes
    -----
    Bassett et al. 2015, doi:10.1038/nn.3993.
    """
    labels = _layers(labels, 1)
    rows = labels.reshape(-1, labels.shape[-1])
    together = np.zeros((rows.shape[1], rows.shape[1]))
    for row in rows:
        together += row[:, None] == row[None, :]
    return together / len(rows)


def recruitment(shares: ArrayLike, networks: ArrayLike) -> NDArray[np.float64]:
    """Return the mean allegiance of a region with the other regions of its network.

    Parameters
    ----------
    shares : array_like, shape (N, N)
        Of :func:`allegiance`.
    networks : array_like, shape (N,)
        Network of every region, fixed beforehand.

    Returns
    -------
    ndarray, shape (N,)
        0 to 1; NaN for a network of one region. A region is not counted with itself.

    Raises
    ------
    DataError
        If the shapes do not fit or the shares are none.

    Notes
    -----
    Bassett et al. 2015, doi:10.1038/nn.3993.
    """
    shares, networks = _allegiance(shares, networks)
    same = networks[:, None] == networks[None, :]
    np.fill_diagonal(same, False)
    return _mean_over(shares, same)


def integration(shares: ArrayLike, networks: ArrayLike) -> NDArray[np.float64]:
    """Return the mean allegiance of a region with the regions of all other networks.

    Parameters
    ----------
    shares, networks
        As for :func:`recruitment`.

    Returns
    -------
    ndarray, shape (N,)
        0 to 1; NaN when there is one network.

    Raises
    ------
    DataError
        If the shapes do not fit or the shares are none.

    Notes
    -----
    Bassett et al. 2015, doi:10.1038/nn.3993.
    """
    shares, networks = _allegiance(shares, networks)
    return _mean_over(shares, networks[:, None] != networks[None, :])


def network_allegiance(
    shares: ArrayLike, networks: ArrayLike, relative: bool = False
) -> tuple[NDArray, NDArray[np.float64]]:
    """Return the mean allegiance within and between networks.

    Parameters
    ----------
    shares, networks
        As for :func:`recruitment`.
    relative : bool
        Divide what is between networks k and l by ``√(I_kk I_ll)``; the diagonal is 1.

    Returns
    -------
    names : ndarray, shape (K,)
        Networks in sorted order.
    interaction : ndarray, shape (K, K)
        Diagonal: recruitment; off it: integration of two networks. Pairs of a region with itself
        do not count; NaN within a network of one region, and where relative values divide by 0.

    Raises
    ------
    DataError
        If the shapes do not fit or the shares are none.

    Notes
    -----
    Mattar et al. 2015, doi:10.1371/journal.pcbi.1004533.
    """
    shares, networks = _allegiance(shares, networks)
    names, index = np.unique(networks, return_inverse=True)
    members = np.eye(names.size)[index]
    sums = members.T @ (shares - np.diag(np.diagonal(shares))) @ members
    counts = members.sum(axis=0)
    pairs = np.outer(counts, counts) - np.diag(counts)
    mean = sums / np.where(pairs > 0, pairs, np.nan)
    if relative:
        within = np.sqrt(np.outer(np.diagonal(mean), np.diagonal(mean)))
        mean = mean / np.where(within > 0, within, np.nan)
    return names, mean


def _mean_over(shares: NDArray, chosen: NDArray) -> NDArray[np.float64]:
    count = chosen.sum(axis=1)
    return np.where(chosen, shares, 0.0).sum(axis=1) / np.where(count > 0, count, np.nan)


def _layers(labels: ArrayLike, least: int) -> NDArray:
    labels = complete(labels)
    if labels.ndim < 2 or labels.shape[-2] < least or labels.shape[-1] < 1 or labels.size == 0:
        raise DataError(
            "communities of layers are needed",
            expected=f"labels [..., T, N] with T ≥ {least}",
            got=f"shape {list(labels.shape)}",
        )
    return labels


def _allegiance(shares: ArrayLike, networks: ArrayLike) -> tuple[NDArray, NDArray]:
    shares, networks = np.asarray(shares, dtype=float), complete(networks)
    if shares.ndim != 2 or networks.ndim != 1 or shares.shape != 2 * networks.shape:
        raise DataError(
            "allegiance and networks do not fit",
            expected="shares [N, N] and networks [N]",
            got=f"shares {list(shares.shape)} and networks {list(networks.shape)}",
        )
    within = (shares >= -_ROUNDING).all() and (shares <= 1 + _ROUNDING).all()
    if not within or not np.allclose(shares, shares.T, rtol=0, atol=_ROUNDING):
        raise DataError(
            "an allegiance is a symmetric matrix of shares",
            expected="values in [0, 1], none of them NaN, and shares[i, j] equal to shares[j, i]",
            got=f"{shares.min():g} to {shares.max():g}" if not within else "an asymmetric matrix",
            hint="netmod.graph.communities_in_time.allegiance makes it from labels",
        )
    return shares, networks


DECLARED = (
    Quantity(
        name="flexibility",
        unit="1",
        range="[0, 1]",
        doc="share of steps from layer to layer at which a region changes its community",
        direction_note="higher: changes its company more often",
        source="Bassett et al. 2011, doi:10.1073/pnas.1018985108",
        input="labels [..., T, N]",
        gives="[..., N]",
        compute=flexibility,
    ),
    Quantity(
        name="promiscuity",
        unit="1",
        range="(0, 1]",
        doc="share of all communities that a region visits",
        direction_note="higher: has been in more communities",
        source="Papadopoulos et al. 2016, doi:10.1103/PhysRevE.94.032908",
        input="labels [..., T, N]",
        gives="[..., N]",
        compute=promiscuity,
    ),
    Quantity(
        name="allegiance",
        unit="1",
        range="[0, 1]",
        doc="share of layers in which two regions share a community",
        direction_note="higher: more often together",
        source="Bassett et al. 2015, doi:10.1038/nn.3993",
        input="labels [..., T, N]",
        gives="[N, N]",
        compute=allegiance,
    ),
    Quantity(
        name="recruitment",
        unit="1",
        range="[0, 1]",
        doc="mean allegiance of a region with its own network",
        direction_note="higher: stays with its network",
        source="Bassett et al. 2015, doi:10.1038/nn.3993",
        input="allegiance [N, N], networks",
        gives="[N]",
        compute=recruitment,
    ),
    Quantity(
        name="integration",
        unit="1",
        range="[0, 1]",
        doc="mean allegiance of a region with other networks",
        direction_note="higher: joins other networks more often",
        source="Bassett et al. 2015, doi:10.1038/nn.3993",
        input="allegiance [N, N], networks",
        gives="[N]",
        compute=integration,
    ),
)
