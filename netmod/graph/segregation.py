"""How far networks keep to themselves: segregation, within and between means, integration.

NaN in a matrix (nothing is left of a region) makes NaN of what is computed from it, and so does a
matrix without regions (an atlas without networks). A matrix that is not square or not symmetric,
and regions that it does not have, are errors.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netmod.errors import DataError
from netmod.graph.connectivity import fisher_z
from netmod.graph.declarations import Quantity


def _symmetric(fc: ArrayLike) -> NDArray[np.float64]:
    fc = np.asarray(fc, dtype=float)
    if fc.ndim != 2 or fc.shape[0] != fc.shape[1]:
        raise DataError(
            "a connectivity matrix must be square",
            expected="shape [N, N]",
            got=f"shape {list(fc.shape)}",
        )
    # equal to the bit as a rule, and that is told quickly: every readout of a scan asks
    if np.array_equal(fc, fc.T):
        return fc
    if not np.allclose(fc, fc.T, rtol=1e-8, atol=1e-10, equal_nan=True):
        raise DataError("a functional connectivity must be symmetric", got="fc differs from fc.T")
    return fc


def _labelled(fc: ArrayLike, labels: ArrayLike) -> tuple[NDArray, NDArray]:
    fc, labels = np.asarray(fc, dtype=float), np.asarray(labels)
    if fc.ndim != 2 or fc.shape[0] != fc.shape[1] or labels.shape != fc.shape[:1]:
        raise DataError(
            "networks need one label per region of one square matrix",
            expected="fc [N, N] and labels [N]",
            got=f"fc {list(fc.shape)} and labels {list(labels.shape)}",
        )
    return _symmetric(fc), labels


def _regions(chosen: ArrayLike, size: int) -> NDArray[np.int64]:
    chosen = np.asarray(chosen, dtype=int)
    if chosen.ndim != 1 or (chosen < 0).any() or (chosen >= size).any():
        raise DataError(
            "regions that the matrix does not have",
            expected=f"a list of indexes from 0 to {size - 1}",
            got=str(chosen.tolist()),
        )
    return chosen


def _pairs(fc: ArrayLike, labels: ArrayLike) -> tuple[NDArray, NDArray]:
    """Return the values of the upper triangle and whether both regions share a network."""
    fc, labels = _labelled(fc, labels)
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
        If the shapes do not fit or the matrix is not symmetric.

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
        If the shapes do not fit or the matrix is not symmetric.
    """
    values, same = _pairs(fc, labels)
    return float(values[~same].mean()) if not same.all() else float("nan")


def mean_within(fc: ArrayLike, regions: ArrayLike) -> float:
    """Return the mean r over all pairs among ``regions`` (indexes); NaN for fewer than two."""
    fc = _symmetric(fc)
    regions = _regions(regions, len(fc))
    if regions.size < 2:
        return float("nan")
    block = fc[np.ix_(regions, regions)]
    return float(block[np.triu_indices(regions.size, 1)].mean())


def mean_between(fc: ArrayLike, first: ArrayLike, second: ArrayLike) -> float:
    """Return the mean r over all pairs of two groups of regions (indexes).

    A region in both groups makes no pair with itself. NaN when no pair is left.
    """
    fc = _symmetric(fc)
    first, second = (_regions(one, len(fc)) for one in (first, second))
    pairs = first[:, None] != second[None, :]
    if not pairs.any():
        return float("nan")
    return float(fc[np.ix_(first, second)][pairs].mean())


def global_brain_connectivity(fc: ArrayLike) -> NDArray[np.float64]:
    """Return the mean r of every region with all others, shape (N,); NaN for a single region.

    Notes
    -----
    Cole et al. 2010, doi:10.1016/j.neuroimage.2009.11.001.
    """
    fc = _symmetric(fc)
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
    fc, labels = _labelled(fc, labels)
    weights = np.maximum(fc, 0.0)
    np.fill_diagonal(weights, 0.0)
    networks, index = np.unique(labels, return_inverse=True)
    per_network = weights @ np.eye(networks.size)[index]
    strength = weights.sum(axis=1, keepdims=True)
    share = per_network / np.where(strength > 0, strength, np.nan)
    return 1.0 - (share**2).sum(axis=1)


DECLARED = (
    Quantity(
        name="system_segregation",
        unit="1",
        range="<= 1",
        doc="(mean z within - mean z between networks) / mean z within, negatives as 0",
        direction_note="higher: networks keep to themselves",
        source="Chan et al. 2014, doi:10.1073/pnas.1415122111",
        input="correlations [N, N], labels",
        gives="a number",
        compute=system_segregation,
    ),
    Quantity(
        name="mean_within",
        unit="1",
        range="[-1, 1]",
        doc="mean correlation over all pairs of some regions",
        direction_note="higher: a more coherent network",
        source="networks of Yeo et al. 2011, doi:10.1152/jn.00338.2011",
        input="correlations [N, N], regions",
        gives="a number",
        compute=mean_within,
    ),
    Quantity(
        name="mean_between",
        unit="1",
        range="[-1, 1]",
        doc="mean correlation over all pairs of two sets of regions",
        direction_note="higher: the two sets are joined more",
        source="networks of Yeo et al. 2011, doi:10.1152/jn.00338.2011",
        input="correlations [N, N], two sets of regions",
        gives="a number",
        compute=mean_between,
    ),
    Quantity(
        name="mean_between_networks",
        unit="1",
        range="[-1, 1]",
        doc="mean correlation over all pairs of regions in different networks",
        direction_note="higher: more integration between networks",
        source="networks of Yeo et al. 2011, doi:10.1152/jn.00338.2011",
        input="correlations [N, N], labels",
        gives="a number",
        compute=mean_between_networks,
    ),
)
