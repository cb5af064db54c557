"""Cores: k-core, s-core, and the division into core and periphery."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netmod.errors import DataError
from netmod.graph.declarations import Measure
from netmod.graph.measures.checks import graph_of


def core_number(weights: ArrayLike, binary: bool = True) -> NDArray[np.float64]:
    """Return the largest k (s) of a k-core (s-core) to which every region belongs.

    A k-core is the largest subgraph in which every region has k edges or more; an s-core the
    same for strength.

    Parameters
    ----------
    weights : array_like, shape (N, N)
        Undirected, not negative.
    binary : bool
        k-cores by degree; if not, s-cores by strength, in the unit of the weights.

    Returns
    -------
    ndarray, shape (N,)

    Raises
    ------
    DataError
        If the matrix is not one of such a graph.

    Notes
    -----
    Seidman 1983, doi:10.1016/0378-8733(83)90028-X; Eidsaa & Almaas 2013,
    doi:10.1103/PhysRevE.88.062819.
    """
    w = graph_of(weights)
    if binary:
        w = (w > 0).astype(float)
    left = w.sum(axis=1)
    out, level = np.zeros(left.size), 0.0
    for _ in range(left.size):
        first = int(left.argmin())
        level = max(level, left[first])
        out[first] = level
        left = left - w[first]
        left[first] = np.inf  # peeled
        w[:, first] = 0.0
    return out


def s_core(weights: ArrayLike, s: float) -> NDArray[np.bool_]:
    """Return which regions belong to the largest subgraph of strengths of at least ``s``.

    Parameters
    ----------
    weights : array_like, shape (N, N)
        Undirected, not negative.
    s : float
        In the unit of the weights.

    Returns
    -------
    ndarray of bool, shape (N,)

    Raises
    ------
    DataError
        If the matrix is not one of such a graph.

    Notes
    -----
    Eidsaa & Almaas 2013, doi:10.1103/PhysRevE.88.062819.
    """
    w = graph_of(weights)
    kept = np.ones(w.shape[0], dtype=bool)
    while True:
        weak = kept & (w[:, kept].sum(axis=1) < s)
        if not weak.any():
            return kept
        kept &= ~weak


@dataclass(frozen=True)
class CorePeriphery:
    """A division into core and periphery.

    Parameters
    ----------
    core : ndarray of bool, shape (N,)
        Whether a region belongs to the core.
    coreness : float
        Quality of the division; 0 when all regions are on one side.
    """

    core: NDArray[np.bool_]
    coreness: float


def coreness(weights: ArrayLike, core: ArrayLike, gamma: float = 1.0) -> float:
    """Return the quality of a division into core and periphery.

    ``Q = 1/v (Σ_{i,j core} (w_ij − γ w̄) − Σ_{i,j periphery} (w_ij − γ w̄))`` with the total weight
    v and the mean weight w̄, over pairs of different regions.

    Parameters
    ----------
    weights : array_like, shape (N, N)
        Directed or not, not negative.
    core : array_like of bool, shape (N,)
        Membership of the core.
    gamma : float
        Above 1: a small core; below 1: a large one.

    Returns
    -------
    float
        NaN without edges.

    Raises
    ------
    DataError
        If the matrix is not one of such a graph, or the membership does not fit.

    Notes
    -----
    Borgatti & Everett 2000, doi:10.1016/S0378-8733(99)00019-2; in the form of Rubinov et al.
    2015, doi:10.1073/pnas.1420315112. Their mean weight is over pairs.
    """
    w = graph_of(weights, directed=True)
    core = np.asarray(core, dtype=bool)
    if core.shape != w.shape[:1]:
        raise DataError(
            "a core needs one mark per region",
            expected=f"shape [{w.shape[0]}]",
            got=f"shape {list(core.shape)}",
        )
    b = _excess(w, gamma)
    # core and periphery terms together: Σ_ij b_ij (x_i + x_j) / 2 with x = ±1
    return float((b.sum(axis=1) * np.where(core, 1.0, -1.0)).sum()) if w.any() else float("nan")


def _excess(w: NDArray, gamma: float) -> NDArray[np.float64]:
    """Return ``(w − γ w̄) / v``, made symmetric, with a zero diagonal."""
    size, total = w.shape[0], w.sum()
    if size < 2 or total == 0:
        return np.zeros_like(w)
    b = (w + w.T) / 2 - gamma * total / (size * (size - 1))
    np.fill_diagonal(b, 0.0)
    return b / total


def core_periphery(weights: ArrayLike, gamma: float = 1.0) -> CorePeriphery:
    """Return the division into core and periphery of the highest :func:`coreness`.

    The sum of the two terms is linear in the membership, ``Σ_i x_i Σ_j b_ij`` with x = ±1, for
    pairs that straddle the border cancel. The optimum is therefore known: the core is every
    region whose mean weight exceeds γ times that of the graph. No search is needed.

    Parameters
    ----------
    weights : array_like, shape (N, N)
        Directed or not, not negative.
    gamma : float
        Above 1: a small core; below 1: a large one.

    Returns
    -------
    CorePeriphery

    Raises
    ------
    DataError
        If the matrix is not one of such a graph.

    Notes
    -----
    As :func:`coreness`.
    """
    w = graph_of(weights, directed=True)
    core = _excess(w, gamma).sum(axis=1) > 0
    return CorePeriphery(core, coreness(w, core, gamma))


DECLARED = (
    Measure(
        name="k_core",
        unit="1",
        range="[0, N-1]",
        doc="largest k of a k-core with the region",
        direction_note="higher: within a more densely joined core",
        source="Seidman 1983, doi:10.1016/0378-8733(83)90028-X",
        compute=core_number,
        per_region=True,
    ),
    Measure(
        name="s_core",
        unit="w",
        range=">= 0",
        doc="largest s of an s-core with the region",
        direction_note="higher: within a more strongly joined core",
        source="Eidsaa & Almaas 2013, doi:10.1103/PhysRevE.88.062819",
        compute=partial(core_number, binary=False),
        per_region=True,
    ),
    Measure(
        name="coreness",
        unit="1",
        range=">= 0",
        doc="quality of the best division into core and periphery",
        direction_note="higher: core and periphery are parted more clearly",
        source="Borgatti & Everett 2000, doi:10.1016/S0378-8733(99)00019-2",
        compute=lambda weights: core_periphery(weights).coreness,
        directed=True,
    ),
    Measure(
        name="core",
        unit="1",
        range="0 or 1",
        doc="membership of the core",
        direction_note="1: in the core, 0: in the periphery",
        source="Borgatti & Everett 2000, doi:10.1016/S0378-8733(99)00019-2",
        compute=lambda weights: core_periphery(weights).core.astype(float),
        per_region=True,
        directed=True,
    ),
)
