"""Operations on atlases: each returns a new atlas and records what it did.

The record is the last entry of ``description["operations"]``. A derived atlas has no folder and
the digest of its own content (:mod:`netmod.atlas.derive`); connectivity that was fitted to the
atlas before is refused with it, since weights fitted to other figures mean nothing here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from netmod.atlas.atlas import HEMISPHERES, KINDS, Atlas
from netmod.atlas.derive import derived, save_atlas
from netmod.atlas.merging import merge_homologues
from netmod.atlas.subcortex import add_subcortex
from netmod.errors import ConfigError, did_you_mean

__all__ = [
    "NORMALISATIONS",
    "SYMMETRISATIONS",
    "add_subcortex",
    "merge_homologues",
    "normalise",
    "save_atlas",
    "spectral_radius",
    "subset",
    "symmetrise",
    "threshold",
]

NORMALISATIONS = {
    "spectral_radius": "divided by the largest magnitude of an eigenvalue, which becomes 1",
    "mean_strength": "divided by the mean over regions of the summed input, which becomes 1",
    "max": "divided by the largest weight, which becomes 1",
    "mean_0.01": "scaled so that the mean over all N x N entries, zero diagonal too, is 0.01",
    "row_sum": "every row divided by its sum: each region receives 1 in total",
}
"""Rules of :func:`normalise` and what they do. ``mean_0.01`` is how cubnm's examples scale (seen
in its data: Schaefer-100 then has spectral radius 1.313727)."""

SYMMETRISATIONS = {
    "mean": "mean of both directions; lengths weighted by the weights",
    "max": "the stronger direction, with its length",
    "upper": "the upper triangle (target before source)",
    "lower": "the lower triangle (target after source)",
}
"""Rules of :func:`symmetrise` and what they do."""


def spectral_radius(weights: ArrayLike) -> float:
    """Return the largest magnitude of an eigenvalue of a matrix of shape (N, N)."""
    matrix = np.asarray(weights, dtype=float)
    symmetric = np.array_equal(matrix, matrix.T)
    values = np.linalg.eigvalsh(matrix) if symmetric else np.linalg.eigvals(matrix)
    return float(np.abs(values).max())


def normalise(atlas: Atlas, rule: str) -> Atlas:
    """Scale the weights.

    Parameters
    ----------
    atlas : Atlas
        Weights in any unit.
    rule : str
        A key of :data:`NORMALISATIONS`.

    Returns
    -------
    Atlas
        The record holds the factor (none for ``row_sum``), and the spectral radius and the mean
        strength (mean over regions of the summed input) before and after.

    Raises
    ------
    ConfigError
        If there is no such rule, or what would be divided by is 0; the message names the regions.
    """
    _check_rule("normalise", rule, NORMALISATIONS)
    weights = atlas.weights
    radius, strength = spectral_radius(weights), weights.sum(axis=1)
    scale = {
        "spectral_radius": np.array(radius),
        "mean_strength": strength.mean(),
        "max": weights.max(),
        "mean_0.01": weights.mean() / 0.01,
        "row_sum": strength[:, None],
    }[rule]
    if not (scale > 0.0).all():
        empty = [name for name, total in zip(atlas.region, strength, strict=True) if total == 0.0]
        raise ConfigError(
            f"the weights cannot be scaled by '{rule}'",
            where=f"atlas '{atlas.name}'",
            expected="a positive number to divide by",
            got=f"0; without input: {_listed(empty)}",
        )
    scaled = weights / scale
    record: dict[str, Any] = {
        "operation": "normalise",
        "rule": rule,
        "what": NORMALISATIONS[rule],
        "spectral_radius": {"before": radius, "after": spectral_radius(scaled)},
        "mean_strength": {
            "before": float(strength.mean()),
            "after": float(scaled.sum(axis=1).mean()),
        },
    }
    if rule != "row_sum":
        record["factor"] = float(1.0 / scale)
    kept = {**atlas.description.get("weights", {}), "scaling": NORMALISATIONS[rule]}
    description = {**atlas.description, "weights": kept}
    return derived(atlas, record, weights=scaled, description=description)


def threshold(
    atlas: Atlas,
    *,
    weight: float | None = None,
    density: float | None = None,
    backbone: bool = False,
) -> Atlas:
    """Set weak weights to 0.

    Parameters
    ----------
    atlas : Atlas
        Weights in any unit. Lengths stay.
    weight : float, optional
        Least weight that is kept.
    density : float, optional
        Share, from 0 to 1, of the N (N - 1) directed pairs to keep: the strongest. All weights
        that equal the weakest kept one are kept too, so that neither order nor direction decides;
        an atlas that has fewer connections keeps them all.
    backbone : bool
        Whether the maximum spanning tree (over the stronger direction of each pair) is kept
        whatever its weights, which keeps a connected network connected. Its connections count
        towards the density.

    Returns
    -------
    Atlas
        The record holds the weakest kept weight outside the tree, the number of ties there, and
        the density before and after.

    Raises
    ------
    ConfigError
        If not exactly one of `weight` and `density` is given, or it is out of range.
    """
    if (weight is None) == (density is None):
        raise ConfigError(
            "a threshold needs one rule",
            where="threshold",
            expected="either weight= or density=",
            got="neither" if weight is None else "both",
        )
    value, high = (weight, np.inf) if density is None else (density, 1.0)
    if not (np.isfinite(value) and 0.0 <= value <= high):
        raise ConfigError(
            "the threshold is out of range",
            where="threshold.weight" if density is None else "threshold.density",
            expected="a finite number, at least 0" if density is None else "a share from 0 to 1",
            got=f"{value}",
        )
    weights = atlas.weights
    tree = _spanning_tree(weights) if backbone else np.zeros(weights.shape, dtype=bool)
    candidates = np.sort(weights[(weights > 0.0) & ~tree])[::-1]
    pairs = weights.size - len(weights)
    if density is None:
        cut = float(weight)
    else:
        wanted = max(round(density * pairs) - int(tree.sum()), 0)
        wanted = min(wanted, candidates.size)
        cut = float(candidates[wanted - 1]) if wanted else np.inf
    kept = tree | ((weights >= cut) & (weights > 0.0))
    thinned = np.where(kept, weights, 0.0)
    record = {
        "operation": "threshold",
        "weight": weight,
        "density": density,
        "backbone": backbone,
        "least_kept": float(cut) if np.isfinite(cut) else None,
        "ties": int((candidates == cut).sum()),
        "density_before": int((weights > 0.0).sum()) / max(pairs, 1),
        "density_after": int(kept.sum()) / max(pairs, 1),
    }
    return derived(atlas, record, weights=thinned)


def symmetrise(atlas: Atlas, rule: str = "mean") -> Atlas:
    """Make weights and lengths the same in both directions.

    Parameters
    ----------
    atlas : Atlas
        A directed one.
    rule : str
        A key of :data:`SYMMETRISATIONS`.

    Returns
    -------
    Atlas
        The record holds the largest asymmetry there was, relative to the largest entry.

    Raises
    ------
    ConfigError
        If there is no such rule.
    """
    _check_rule("symmetrise", rule, SYMMETRISATIONS)
    weights, lengths = atlas.weights, atlas.lengths_mm
    before = {
        name: float(np.abs(m - m.T).max() / m.max()) if m.max() > 0.0 else 0.0
        for name, m in (("weights", weights), ("lengths_mm", lengths))
    }
    if rule in ("upper", "lower"):
        half = np.triu if rule == "upper" else np.tril
        weights, lengths = (half(m) + half(m).T for m in (weights, lengths))
    elif rule == "max":
        longer = np.where(weights == weights.T, (lengths + lengths.T) / 2.0, lengths)
        lengths = np.where(weights >= weights.T, longer, longer.T)
        weights = np.maximum(weights, weights.T)
    else:
        total = weights + weights.T
        counted = weights * lengths
        counted = np.divide(counted + counted.T, total, out=np.zeros_like(total), where=total > 0)
        lengths = np.where(total > 0.0, counted, (lengths + lengths.T) / 2.0)
        weights = total / 2.0
    record = {
        "operation": "symmetrise",
        "rule": rule,
        "what": SYMMETRISATIONS[rule],
        "largest_asymmetry": before,
    }
    return derived(atlas, record, weights=weights, lengths_mm=lengths)


def subset(
    atlas: Atlas,
    *,
    names: Sequence[str] | None = None,
    mask: ArrayLike | None = None,
    kind: str | Sequence[str] | None = None,
    network: str | Sequence[str] | None = None,
    hemisphere: str | Sequence[str] | None = None,
) -> Atlas:
    """Keep some regions, in the order of the atlas: those that meet every condition given.

    Parameters
    ----------
    atlas : Atlas
        The whole.
    names : sequence of str, optional
        Region names.
    mask : array of bool, shape (N,), optional
        True where a region is kept.
    kind, network, hemisphere : str or sequence of str, optional
        One or several values of that property.

    Returns
    -------
    Atlas
        FC and maps of the regions kept. The distribution of FC dynamics is dropped, since it was
        measured over all regions; targets are trimmed, and dropped when empty. The record names
        them and the regions left out.

    Raises
    ------
    ConfigError
        If there is no condition, a name is unknown, the mask does not fit, or nothing is left.
    """
    keep = np.ones(atlas.n_regions, dtype=bool)
    conditions: dict[str, Any] = {}
    if mask is not None:
        keep &= _checked_mask(atlas, mask)
        conditions["mask"] = int(keep.sum())
    known = {
        "names": (names, atlas.region, atlas.region),
        "kind": (kind, atlas.kind, KINDS),
        "network": (network, atlas.network, atlas.network_names),
        "hemisphere": (hemisphere, atlas.hemisphere, HEMISPHERES),
    }
    for what, (wanted, values, allowed) in known.items():
        if wanted is None:
            continue
        wanted = [wanted] if isinstance(wanted, str) else list(wanted)
        for value in wanted:
            _check_rule(f"subset of atlas '{atlas.name}'", value, allowed, what)
        keep &= np.isin(values, wanted)
        conditions[what] = wanted
    if not conditions or not keep.any():
        raise ConfigError(
            "no region is left" if conditions else "a subset needs a condition",
            where=f"atlas '{atlas.name}'",
            expected="names, mask, kind, network or hemisphere that fit a region",
            got=", ".join(conditions) or "none",
        )
    index = np.flatnonzero(keep)
    place = {int(old): new for new, old in enumerate(index)}
    inside = {
        name: tuple(place[i] for i in members if i in place)
        for name, members in atlas.targets.items()
    }
    targets = {name: members for name, members in inside.items() if members}
    square = np.ix_(index, index)
    record = {
        "operation": "subset",
        "conditions": conditions,
        "regions": len(index),
        "left_out": [name for name, kept in zip(atlas.region, keep, strict=True) if not kept],
        "targets_dropped": [name for name in inside if name not in targets],
        "targets_trimmed": [
            name for name in targets if len(targets[name]) < len(atlas.targets[name])
        ],
        "fcd": "none" if atlas.fcd is None else "dropped: it was measured over all regions",
    }
    texts = ("region", "label", "hemisphere", "network", "kind")
    return derived(
        atlas,
        record,
        **{name: tuple(getattr(atlas, name)[i] for i in index) for name in texts},
        centroids_mm=atlas.centroids_mm[index],
        weights=atlas.weights[square],
        lengths_mm=atlas.lengths_mm[square],
        fc=None if atlas.fc is None else atlas.fc[square],
        fcd=None,
        maps={name: values[index] for name, values in atlas.maps.items()},
        targets=targets,
    )


def _spanning_tree(weights: np.ndarray) -> np.ndarray:
    """Return the mask [N, N] of the connections of the maximum spanning tree (or forest)."""
    from scipy.sparse.csgraph import minimum_spanning_tree

    strength = np.maximum(weights, weights.T)
    # A monotone cost: the tree depends on the order of the weights only. 1 is the strongest.
    cost = np.divide(strength.max(), strength, out=np.zeros_like(strength), where=strength > 0.0)
    edges = minimum_spanning_tree(cost).toarray() > 0.0
    return (edges | edges.T) & (weights > 0.0)


def _checked_mask(atlas: Atlas, mask: ArrayLike) -> np.ndarray:
    values = np.asarray(mask)
    if values.shape != (atlas.n_regions,) or values.dtype != bool:
        raise ConfigError(
            "not a mask of the regions",
            where=f"subset of atlas '{atlas.name}'",
            expected=f"{atlas.n_regions} values, true or false",
            got=f"shape {values.shape} of {values.dtype}",
        )
    return values


def _check_rule(where: str, value: str, known: Sequence[str], what: str = "rule") -> None:
    if value not in known:
        raise ConfigError(
            f"unknown {what.removesuffix('s')} '{value}'",
            where=where,
            expected=f"one of {_listed(known)}",
            got=repr(value),
            hint=did_you_mean(str(value), known),
        )


def _listed(names: Sequence[str]) -> str:
    names = list(names)
    return ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
