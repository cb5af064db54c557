"""What a partition is scored by: Newman's modularity, its signed forms, Potts, random matrices.

Every quality is a sum over the pairs of regions that share a community,
``Q = Σ_ij B_ij δ(c_i, c_j)``. A new one is one function that gives B and one entry in
:data:`QUALITIES`; every optimiser of this room then maximises it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netmod.errors import ConfigError, DataError, did_you_mean

_SHOWN = 8  # regions named in one message


@dataclass(frozen=True)
class Quality:
    """A quality of partitions.

    Parameters
    ----------
    name : str
        Its name in ``quality=``.
    doc : str
        Definition; ``w`` weight, ``s`` strength, ``v`` total strength, ± the positive and the
        negative part (as absolute values), γ the resolution.
    source : str
        Author, year, DOI; or ``proposal``.
    excess : callable
        ``excess(fc [L, N, N], γ, samples) -> (matrix [L, N, N], total [L])``: weights beyond
        the null model, and what normalises their sum.
    has_resolution, needs_samples : bool
        Whether γ may differ from 1, and whether the number of time points must be given.
    """

    name: str
    doc: str
    source: str
    excess: Callable[[NDArray, float, int | None], tuple[NDArray, NDArray]]
    has_resolution: bool = True
    needs_samples: bool = False


def symmetric(fc: ArrayLike) -> NDArray[np.float64]:
    """Return a copy of ``fc [..., N, N]`` as float64, checked.

    Raises
    ------
    DataError
        If the matrix is not square, not symmetric or not finite.
    """
    fc = np.array(fc, dtype=float)
    if fc.ndim < 2 or fc.shape[-1] != fc.shape[-2] or fc.shape[-1] == 0:
        raise DataError(
            "a connectivity matrix must be square",
            expected="shape [..., N, N]",
            got=f"shape {list(fc.shape)}",
        )
    bad = ~np.isfinite(fc)
    if bad.any():
        # a region without signal fills its row and column: it has more gaps than its neighbours
        counts = bad.sum(axis=-1).reshape(-1, fc.shape[-1]).max(axis=0)
        worst = np.flatnonzero(counts == counts.max())
        more = ", …" if worst.size > _SHOWN else ""
        raise DataError(
            "a connectivity matrix with values that are not numbers",
            expected="finite values",
            got=f"{int(bad.sum())} of {fc.size} are NaN or infinite",
            hint=f"most of them in region {', '.join(map(str, worst[:_SHOWN]))}{more}; "
            "leave out the regions without signal",
        )
    if not np.allclose(fc, np.swapaxes(fc, -1, -2), rtol=1e-8, atol=1e-10):
        raise DataError("a functional connectivity must be symmetric", got="fc differs from fc.T")
    return fc


def complete(labels: ArrayLike) -> NDArray:
    """Return labels [..., N] as an array, checked for regions without one.

    Raises
    ------
    DataError
        If a label is NaN or None: regions without network are left out, not a community.
    """
    labels = np.asarray(labels)
    if labels.dtype.kind == "O":
        flat = [one is None or one != one for one in labels.ravel()]
        missing = np.array(flat, dtype=bool).reshape(labels.shape)
    else:
        missing = labels != labels  # NaN alone is unlike itself
    if labels.ndim and missing.any():
        regions = np.flatnonzero(missing.reshape(-1, labels.shape[-1]).any(axis=0))
        more = ", …" if regions.size > _SHOWN else ""
        raise DataError(
            "regions without community",
            expected="a label for every region",
            got=f"none for region {', '.join(map(str, regions[:_SHOWN]))}{more}",
            hint="leave these regions out of the matrix and the labels",
        )
    return labels


def positive_weights(fc: ArrayLike) -> NDArray[np.float64]:
    """Return the positive part of ``fc [..., N, N]`` with a zero diagonal: the graph that is cut.

    Raises
    ------
    DataError
        If the matrix is not square, not symmetric or not finite.
    """
    return _part(symmetric(fc), 1.0)


def _part(fc: NDArray, sign: float) -> NDArray:
    """Return the part of one sign as weights ≥ 0 with a zero diagonal."""
    weights = np.maximum(sign * fc, 0.0)
    diagonal = np.arange(fc.shape[-1])
    weights[..., diagonal, diagonal] = 0.0
    return weights


def _beyond_strengths(weights: NDArray, resolution: float) -> tuple[NDArray, NDArray]:
    """Return ``w − γ s sᵀ / v`` and v; the first is 0 where there is no weight."""
    degree = weights.sum(axis=-1)
    total = degree.sum(axis=-1)
    scale = np.where(total > 0, total, 1.0)[:, None, None]
    return weights - resolution * (degree[:, :, None] * degree[:, None, :] / scale), total


def _newman(fc: NDArray, resolution: float, samples: int | None) -> tuple[NDArray, NDArray]:
    return _beyond_strengths(_part(fc, 1.0), resolution)


def _q_star(fc: NDArray, resolution: float, samples: int | None) -> tuple[NDArray, NDArray]:
    positive, v = _beyond_strengths(_part(fc, 1.0), resolution)
    negative, u = _beyond_strengths(_part(fc, -1.0), resolution)
    # Q⁺ has the weight 1 and Q⁻ the weight v⁻ / (v⁺ + v⁻); without v⁺ only Q⁻ is left
    total = np.where(v > 0, v, u)
    share = total / np.where(u + v > 0, u + v, 1.0)
    return positive - share[:, None, None] * negative, total


def _gomez(fc: NDArray, resolution: float, samples: int | None) -> tuple[NDArray, NDArray]:
    positive, v = _beyond_strengths(_part(fc, 1.0), resolution)
    negative, u = _beyond_strengths(_part(fc, -1.0), resolution)
    return positive - negative, v + u


def _potts(fc: NDArray, resolution: float, samples: int | None) -> tuple[NDArray, NDArray]:
    off = 1.0 - np.eye(fc.shape[-1])
    return (fc - resolution) * off, np.abs(fc * off).sum(axis=(-1, -2))


def _uniform(fc: NDArray, resolution: float, samples: int | None) -> tuple[NDArray, NDArray]:
    weights = _part(fc, 1.0)
    total = weights.sum(axis=(-1, -2))
    off = 1.0 - np.eye(fc.shape[-1])
    mean = total / max(off.sum(), 1.0)
    return weights - resolution * mean[:, None, None] * off, total


def _modes(fc: NDArray, samples: int, without_leading: bool) -> tuple[NDArray, NDArray]:
    """Return the correlations in the modes above random ones, and the sum of all."""
    diagonal = np.diagonal(fc, axis1=-2, axis2=-1)
    if not np.allclose(diagonal, 1.0, atol=1e-8):
        raise DataError(
            "the null model of random correlations needs correlations",
            expected="a diagonal of 1",
            got=f"diagonal from {diagonal.min():.4g} to {diagonal.max():.4g}",
        )
    total = fc.sum(axis=(-1, -2))
    if (total <= 0).any():
        raise DataError(
            "correlations that cancel cannot normalise this modularity",
            expected="a sum of all correlations above 0",
            got=f"{total.min():.4g}",
            hint="after global-signal regression use quality='q_star' or 'newman'",
        )
    values, vectors = np.linalg.eigh(fc)
    edge = (1.0 + np.sqrt(fc.shape[-1] / samples)) ** 2
    kept = np.where(values > edge, values, 0.0)
    if without_leading:
        kept[:, -1] = 0.0
    return (vectors * kept[:, None, :]) @ np.swapaxes(vectors, -1, -2), total


def _random_modes(fc: NDArray, resolution: float, samples: int | None) -> tuple[NDArray, NDArray]:
    return _modes(fc, samples, without_leading=False)


def _group_modes(fc: NDArray, resolution: float, samples: int | None) -> tuple[NDArray, NDArray]:
    return _modes(fc, samples, without_leading=True)


_MACMAHON = "MacMahon & Garlaschelli 2015, doi:10.1103/PhysRevX.5.021006"
_ENTRIES = (
    Quality(
        "newman",
        "Σ (w⁺ − γ s⁺s⁺/v⁺) δ / v⁺; negative weights count as no edge",
        "Newman 2006, doi:10.1073/pnas.0601602103",
        _newman,
    ),
    Quality(
        "q_star",
        "Σ (w⁺ − γ s⁺s⁺/v⁺) δ / v⁺ − Σ (w⁻ − γ s⁻s⁻/v⁻) δ / (v⁺ + v⁻): negative weights count, "
        "but less (negative asymmetric)",
        "Rubinov & Sporns 2011, doi:10.1016/j.neuroimage.2011.03.069",
        _q_star,
    ),
    Quality(
        "gomez",
        "[Σ (w⁺ − γ s⁺s⁺/v⁺) δ − Σ (w⁻ − γ s⁻s⁻/v⁻) δ] / (v⁺ + v⁻): both signs alike "
        "(negative symmetric)",
        "Gómez, Jensen & Arenas 2009, doi:10.1103/PhysRevE.80.016114",
        _gomez,
    ),
    Quality(
        "potts",
        "Σ (w − γ) δ / Σ |w|, signed weights, no diagonal: constant Potts model; γ is a weight "
        "(of a correlation: 0.1 to 0.5, 1 leaves every region alone) and free of the resolution "
        "limit",
        "Traag, Van Dooren & Nesterov 2011, doi:10.1103/PhysRevE.84.016114",
        _potts,
    ),
    Quality(
        "uniform",
        "Σ (w⁺ − γ mean w⁺) δ / v⁺: the null model of equal weights",
        "Reichardt & Bornholdt 2006, doi:10.1103/PhysRevE.74.016110",
        _uniform,
    ),
    Quality(
        "random_modes",
        "Σ (C − C_random) δ / Σ C with the diagonal: eigenmodes up to the Marchenko–Pastur edge "
        "(1 + √(N/T))² are the null model",
        _MACMAHON,
        _random_modes,
        has_resolution=False,
        needs_samples=True,
    ),
    Quality(
        "group_modes",
        "as random_modes, and the leading mode belongs to the null model as well: for a signal "
        "that all regions share, when no global-signal regression was done",
        _MACMAHON,
        _group_modes,
        has_resolution=False,
        needs_samples=True,
    ),
)

QUALITIES: Mapping[str, Quality] = MappingProxyType({one.name: one for one in _ENTRIES})
"""Name → quality."""


def excess_and_total(
    stack: NDArray, quality: str, resolution: float, samples: int | None
) -> tuple[NDArray, NDArray]:
    """Return what :class:`Quality` calls ``excess`` of a checked stack ``[L, N, N]``.

    Raises
    ------
    ConfigError
        If the quality is unknown, the resolution is negative or cannot be chosen, or
        ``samples`` is missing.
    """
    known = QUALITIES.get(quality)
    if known is None:
        raise ConfigError(
            "unknown quality of partitions",
            expected=", ".join(QUALITIES),
            got=repr(quality),
            hint=did_you_mean(str(quality), QUALITIES),
        )
    if not (np.isfinite(resolution) and resolution >= 0):
        raise ConfigError("a resolution must be ≥ 0", expected="γ ≥ 0", got=str(resolution))
    if not known.has_resolution and resolution != 1.0:
        raise ConfigError(
            f"quality '{quality}' has no resolution", expected="resolution 1", got=str(resolution)
        )
    if known.needs_samples and (samples is None or samples < 2):
        raise ConfigError(
            f"quality '{quality}' needs the number of time points behind the correlations",
            expected="samples ≥ 2",
            got=str(samples),
        )
    return known.excess(stack, resolution, samples)


def quality_matrix(
    fc: ArrayLike,
    resolution: float = 1.0,
    *,
    quality: str = "newman",
    samples: int | None = None,
) -> NDArray[np.float64]:
    """Return B with ``Q = Σ_ij B_ij δ(c_i, c_j)``.

    Parameters
    ----------
    fc : array_like, shape (..., N, N)
        Functional connectivity.
    resolution : float
        γ; more and smaller communities when higher.
    quality : str
        A name of :data:`QUALITIES`.
    samples : int, optional
        Time points T behind correlations, for the qualities that need it.

    Returns
    -------
    ndarray, shape (..., N, N)
        Symmetric; NaN where nothing normalises: no positive weight for ``newman`` and
        ``uniform``, no weight at all for ``q_star``, ``gomez`` and ``potts``.

    Raises
    ------
    DataError
        If a matrix is not square, symmetric and finite, or not a correlation where one is meant.
    ConfigError
        For an unknown quality, or a resolution or ``samples`` that it cannot use.
    """
    fc = symmetric(fc)
    excess, total = excess_and_total(fc.reshape(-1, *fc.shape[-2:]), quality, resolution, samples)
    excess = excess / np.where(total > 0, total, np.nan)[:, None, None]
    return excess.reshape(fc.shape)


def score(matrices: NDArray, labels: NDArray) -> NDArray[np.float64]:
    """Return Q [L] of labels [L, N] given the matrices B [L, N, N]."""
    same = labels[:, :, None] == labels[:, None, :]
    return np.where(same, matrices, 0.0).sum(axis=(1, 2)) + 0.0 * matrices[:, 0, 0]


def modularity_of(
    fc: ArrayLike,
    labels: ArrayLike,
    resolution: float = 1.0,
    *,
    quality: str = "newman",
    samples: int | None = None,
) -> float:
    """Return the quality of a given partition, by default Newman's Q on positive weights.

    ``Q = 1/2m Σ_ij (w_ij − γ k_i k_j / 2m) δ(c_i, c_j)``.

    Parameters
    ----------
    fc : array_like, shape (N, N)
        Functional connectivity; how negative values count depends on the quality.
    labels : array_like, shape (N,)
        Community of every region: any values, for example network names. An empty name is a
        name; leave regions without network out beforehand.
    resolution, quality, samples
        As for :func:`quality_matrix`.

    Returns
    -------
    float
        For Newman's Q with γ = 1 in [-0.5, 1); NaN as said there.

    Raises
    ------
    DataError
        For a matrix that is not square, symmetric and finite, or labels of another length.
    ConfigError
        As :func:`quality_matrix`.

    Notes
    -----
    Newman 2006, doi:10.1073/pnas.0601602103.
    """
    matrix = quality_matrix(fc, resolution, quality=quality, samples=samples)
    labels = complete(labels)
    if matrix.ndim != 2 or labels.shape != matrix.shape[:1]:
        raise DataError(
            "a partition needs one label per region",
            expected=f"{matrix.shape[-1]} labels for one [N, N] matrix",
            got=f"labels of shape {list(labels.shape)}, matrix of shape {list(matrix.shape)}",
        )
    _, index = np.unique(labels, return_inverse=True)
    return float(score(matrix[None], index[None])[0])
