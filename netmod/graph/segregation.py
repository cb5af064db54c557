"""How far networks keep to themselves: segregation, within and between means, integration."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netmod.errors import DataError
from netmod.graph.connectivity import fisher_z


def _pairs(fc: ArrayLike, labels: ArrayLike) -> tuple[NDArray, NDArray]:
    """Return the values of the upper triangle and whether both regions share a network."""
    fc, labels = np.asarray(fc, dtype=float), np.asarray(labels)
    if fc.ndim != 2 or fc.shape[0] != fc.shape[1] or labels.shape != fc.shape[:1]:
        raise DataError(
            "networks need one label per region of one square matrix",
            expected="fc [N, N] and labels [N]",
            got=f"fc {list(fc.shape)} and labels {list(labels.shape)}",
        )
    row, column = np.triu_indices(fc.shape[0], 1)
    return fc[row, column], labels[row] == labels[column]


def system_segregation(fc: ArrayLike, labels: ArrayLike) -> float:
    """Return system segregation ``(z̄_w − z̄_b) / z̄_w``.

    Parameters
    ----------
    fc : array_like, shape (N, N)
        Correlations; negative ones are set to 0 as in the source.
    labels : array_like, shape (N,)
        Network of every region.

    Returns
    -------
    float
        1 when nothing joins the networks, 0 when within and between are alike; NaN when there is
        no pair within or between networks, or no positive correlation within.

    Raises
    ------
    DataError
        If the shapes do not fit.

    Notes
    -----
    Chan et al. 2014, doi:10.1073/pnas.1415122111: mean Fisher z over all pairs within and over
    all pairs between networks.
    """
    values, same = _pairs(fc, labels)
    if not same.any() or same.all():
        return float("nan")
    z = fisher_z(np.maximum(values, 0.0))
    within, between = z[same].mean(), z[~same].mean()
    return float((within - between) / within) if within > 0 else float("nan")


def mean_between_networks(fc: ArrayLike, labels: ArrayLike) -> float:
    """Return the mean r over all pairs of regions in different networks; NaN without such a pair.

    Raises
    ------
    DataError
        If the shapes do not fit.
    """
    values, same = _pairs(fc, labels)
    return float(values[~same].mean()) if not same.all() else float("nan")


def mean_within(fc: ArrayLike, regions: ArrayLike) -> float:
    """Return the mean r over all pairs among ``regions`` (indexes); NaN for fewer than two."""
    regions = np.asarray(regions, dtype=int)
    if regions.size < 2:
        return float("nan")
    block = np.asarray(fc, dtype=float)[np.ix_(regions, regions)]
    return float(block[np.triu_indices(regions.size, 1)].mean())


def mean_between(fc: ArrayLike, first: ArrayLike, second: ArrayLike) -> float:
    """Return the mean r over all pairs of two groups of regions (indexes).

    A region in both groups makes no pair with itself. NaN when no pair is left.
    """
    first, second = np.asarray(first, dtype=int), np.asarray(second, dtype=int)
    pairs = first[:, None] != second[None, :]
    if not pairs.any():
        return float("nan")
    return float(np.asarray(fc, dtype=float)[np.ix_(first, second)][pairs].mean())


def global_brain_connectivity(fc: ArrayLike) -> NDArray[np.float64]:
    """Return the mean r of every region with all others, shape (N,); NaN for a single region.

    Notes
    -----
    Cole et al. 2010, doi:10.1016/j.neuroimage.2009.11.001.
    """
    fc = np.asarray(fc, dtype=float)
    size = fc.shape[0]
    if size < 2:
        return np.full(size, np.nan)
    return (fc.sum(axis=1) - np.diagonal(fc)) / (size - 1)


def participation(fc: ArrayLike, labels: ArrayLike) -> NDArray[np.float64]:
    """Return the participation coefficient ``1 − Σ_s (k_is / k_i)²`` on positive weights.

    Parameters
    ----------
    fc : array_like, shape (N, N)
        Correlations; negative ones count as no edge.
    labels : array_like, shape (N,)
        Network of every region.

    Returns
    -------
    ndarray, shape (N,)
        0 for a region whose edges stay in one network; NaN for one without positive edge.

    Notes
    -----
    Guimerà & Amaral 2005, doi:10.1038/nature03288.
    """
    weights = np.maximum(np.asarray(fc, dtype=float), 0.0)
    np.fill_diagonal(weights, 0.0)
    _, index = np.unique(np.asarray(labels), return_inverse=True)
    per_network = weights @ np.eye(index.max() + 1)[index]
    strength = weights.sum(axis=1, keepdims=True)
    share = per_network / np.where(strength > 0, strength, np.nan)
    return 1.0 - (share**2).sum(axis=1)
