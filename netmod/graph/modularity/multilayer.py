"""Communities over windows or conditions: modularity of layers that hold on to each region."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netmod.errors import ConfigError, DataError
from netmod.graph.declarations import Quantity
from netmod.graph.modularity.moves import all_starts, first_seen
from netmod.graph.modularity.quality import excess_and_total, symmetric

_MOST_NODES = 6000  # regions × layers; the matrix is dense: 288 MB, some copies of it at work


@dataclass(frozen=True)
class MultilayerPartitions:
    """Every run of a multilayer optimisation.

    Parameters
    ----------
    q : ndarray, shape (runs,)
        Multilayer modularity.
    labels : ndarray of int, shape (runs, T, N)
        Community of every region in every layer. A number means the same community in all layers
        of a run, and nothing across runs.
    """

    q: NDArray[np.float64]
    labels: NDArray[np.int64]

    @property
    def best(self) -> NDArray[np.int64]:
        """Labels [T, N] of the run with the highest Q."""
        return self.labels[int(np.argmax(self.q))]


def multilayer_modularity(
    layers: ArrayLike,
    runs: int,
    seed: int,
    gamma: float = 1.0,
    omega: float = 1.0,
    *,
    coupling: Literal["ordinal", "categorical"] = "ordinal",
    quality: str = "newman",
) -> MultilayerPartitions:
    """Return seeded partitions of coupled layers, for instance of sliding-window FC.

    ``Q = 1/2μ Σ [(w_ijs − γ k_is k_js / 2m_s) δ_sr + δ_ij ω_sr] δ(c_is, c_jr)`` with
    ``2μ = Σ_s 2m_s + Σ ω``.

    Parameters
    ----------
    layers : array_like, shape (T, N, N)
        Functional connectivity of every layer.
    runs, seed : int
        Seeded Louvain starts, all returned: measures of change are averaged over them (Bassett
        2013 took 100).
    gamma : float
        Resolution within layers.
    omega : float
        Weight that ties a region to itself, in units of the layers' weights; 0 parts the layers.
    coupling : {"ordinal", "categorical"}
        To the neighbouring layers (time), or to all others (conditions, subjects).
    quality : str
        Quality of a layer, a name of :data:`QUALITIES` that needs no ``samples``. A layer without
        weight that could be normalised is tied to the others and adds nothing else.

    Returns
    -------
    MultilayerPartitions

    Raises
    ------
    DataError
        If a layer is not square, symmetric and finite, there are no layers, no layer has weight,
        or regions × layers exceed 6000.
    ConfigError
        If ``runs`` < 1, ω is negative or not finite, or coupling, quality or resolution unknown.

    Notes
    -----
    Mucha et al. 2010, doi:10.1126/science.1184819; γ = ω = 1 in Bassett et al. 2011,
    doi:10.1073/pnas.1018985108.
    """
    if runs < 1:
        raise ConfigError("Louvain needs at least one run", expected="runs ≥ 1", got=str(runs))
    if not (np.isfinite(omega) and omega >= 0):
        raise ConfigError("a coupling of layers must be ≥ 0", expected="ω ≥ 0", got=str(omega))
    fc = symmetric(layers)
    if fc.ndim != 3 or len(fc) < 1 or fc.shape[0] * fc.shape[1] > _MOST_NODES:
        raise DataError(
            "layers that cannot be cut together",
            expected=f"shape [T, N, N] with T ≥ 1 and T × N ≤ {_MOST_NODES}",
            got=f"shape {list(fc.shape)}",
            hint="take longer steps between windows" if fc.ndim == 3 and len(fc) > 1 else None,
        )
    excess, total = excess_and_total(fc, quality, gamma, None)
    if not (total > 0).any():
        raise DataError("layers without weight", expected="positive weights", got="none")
    times, size, _ = fc.shape
    ties = omega * _ties(times, coupling)
    matrix = np.einsum("st,ij->sitj", ties, np.eye(size))
    matrix[np.arange(times), :, np.arange(times), :] += excess
    scale = total[total > 0].sum() + size * ties.sum()
    matrix = matrix.reshape(1, times * size, times * size) / scale
    q, labels = all_starts(matrix, runs, seed)
    labels = np.stack([first_seen(one) for one in labels[0]])
    return MultilayerPartitions(q[0], labels.reshape(runs, times, size))


def _ties(times: int, coupling: str) -> NDArray[np.float64]:
    """Return which layers are tied, [T, T]."""
    if coupling == "ordinal":
        return np.eye(times, k=1) + np.eye(times, k=-1)
    if coupling == "categorical":
        return np.ones((times, times)) - np.eye(times)
    raise ConfigError(
        "unknown coupling of layers", expected="ordinal or categorical", got=repr(coupling)
    )


DECLARED = (
    Quantity(
        name="multilayer_modularity",
        unit="1",
        range="[-0.5, 1)",
        doc="modularity of layers (windows, conditions) that hold on to each region",
        direction_note="higher: communities hold together within layers and across them",
        source="Mucha et al. 2010, doi:10.1126/science.1184819",
        input="FC of layers [T, N, N], runs, seed",
        gives="q [run], labels [run, T, N]",
        compute=multilayer_modularity,
    ),
)
