"""Numbers that describe an atlas: counts, scale of its weights, how structure and FC agree."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from netmod.atlas import Atlas


@dataclass(frozen=True)
class AtlasNumbers:
    """What is computed from the arrays of an atlas; NaN where nothing can be.

    Parameters
    ----------
    n_regions, n_homologues : int
        Regions, and pairs of left and right homologues.
    kinds, hemispheres, networks : dict of str to int
        Regions of each kind, side and network, in the order of the atlas's own vocabulary.
    symmetric : bool
        Whether the weights equal their transpose.
    n_edges : int
        Positive weights: pairs if symmetric, else directed pairs.
    density : float
        Share of possible connections that are there.
    weight_range : tuple of float
        Smallest, median and largest positive weight, in the atlas's unit.
    spectral_radius : float
        Largest modulus of the eigenvalues of the weights.
    strength_mean, strength_cv : float
        Mean and coefficient of variation (SD over mean) of the summed input of a region.
    length_range_mm : tuple of float
        Smallest, median and largest length of the connections that are there.
    fc_share : float
        Share of pairs of regions with a measured FC; 0 without FC.
    fc_mean : float
        Mean of the measured FC beside the diagonal.
    r_weights_fc : float
        Pearson correlation of log10 weight and FC over pairs that have both (weights averaged
        over the two directions).
    """

    n_regions: int
    n_homologues: int
    kinds: dict[str, int]
    hemispheres: dict[str, int]
    networks: dict[str, int]
    symmetric: bool
    n_edges: int
    density: float
    weight_range: tuple[float, float, float]
    spectral_radius: float
    strength_mean: float
    strength_cv: float
    length_range_mm: tuple[float, float, float]
    fc_share: float
    fc_mean: float
    r_weights_fc: float


def measure(atlas: Atlas) -> AtlasNumbers:
    """Compute the numbers of an atlas.

    Parameters
    ----------
    atlas : Atlas
        Any atlas.

    Returns
    -------
    AtlasNumbers
    """
    weights = np.asarray(atlas.weights)
    n = len(weights)
    present = weights > 0
    symmetric = bool(np.array_equal(weights, weights.T))
    pairs = np.triu_indices(n, k=1)
    eigenvalues = np.linalg.eigvalsh(weights) if symmetric else np.linalg.eigvals(weights)
    strength = weights.sum(axis=1)
    mean = float(strength.mean())
    fc = _pairs_of(atlas.fc, n)
    measured = np.isfinite(fc)
    both_ways = (weights + weights.T)[pairs] / 2
    kept = measured & (both_ways > 0)
    edges = int(present.sum())
    return AtlasNumbers(
        n_regions=n,
        n_homologues=len(atlas.homologues()),
        kinds=_counted(atlas.kind, ("cortex", "subcortex", "cerebellum")),
        hemispheres=_counted(atlas.hemisphere, ("L", "R", "B")),
        networks=_counted(atlas.network, atlas.network_names),
        symmetric=symmetric,
        n_edges=edges // 2 if symmetric else edges,
        density=edges / (n * (n - 1)) if n > 1 else np.nan,
        weight_range=_range(weights[present]),
        spectral_radius=float(np.abs(eigenvalues).max()),
        strength_mean=mean,
        strength_cv=float(strength.std()) / mean if mean > 0 else np.nan,
        length_range_mm=_range(np.asarray(atlas.lengths_mm)[present]),
        fc_share=fc_share(atlas.fc),
        fc_mean=float(fc[measured].mean()) if measured.any() else np.nan,
        r_weights_fc=_correlation(np.log10(both_ways[kept]), fc[kept]),
    )


def fc_share(fc: np.ndarray | None) -> float:
    """Return the share of pairs of regions whose FC was measured; 0 without FC."""
    if fc is None or len(fc) < 2:
        return 0.0
    return float(np.isfinite(_pairs_of(fc, len(fc))).mean())


def side_means(points_mm: np.ndarray) -> list[np.ndarray]:
    """Return the mean of points [n, 3] left of and right of the midline, as far as there are."""
    left = points_mm[:, 0] <= 0
    return [points_mm[side].mean(axis=0) for side in (left, ~left) if side.any()]


def _pairs_of(fc: np.ndarray | None, n: int) -> np.ndarray:
    """Return the FC of every pair once, NaN where there is none."""
    pairs = np.triu_indices(n, k=1)
    return np.full(len(pairs[0]), np.nan) if fc is None else np.asarray(fc)[pairs]


def _counted(values: tuple[str, ...], order: tuple[str, ...]) -> dict[str, int]:
    found = Counter(values)
    return {name: found[name] for name in order if found[name]}


def _range(values: np.ndarray) -> tuple[float, float, float]:
    if not values.size:
        return (np.nan, np.nan, np.nan)
    return float(values.min()), float(np.median(values)), float(values.max())


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    if len(a) < 3 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return np.nan
    return float(np.corrcoef(a, b)[0, 1])
