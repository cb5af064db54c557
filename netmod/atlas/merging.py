"""One hemisphere of both: homologous regions become one."""

from __future__ import annotations

import re
import warnings

import numpy as np

from netmod.atlas.atlas import Atlas
from netmod.atlas.derive import derived
from netmod.errors import ConfigError

_SIDE = re.compile(r"^(?:lh|rh|left|right|[lr])[._\- ]|[._\- ](?:lh|rh|left|right|[lr])$", re.I)


def merge_homologues(atlas: Atlas, *, limit_mm: float = 20.0) -> Atlas:
    """Merge each pair of homologous regions into one region of hemisphere ``B``.

    For a brain whose halves mirror each other, the merged network has the mean dynamics of the
    whole one: a merged region receives the mean over its two halves of their summed input (the
    quotient of an equitable partition). Towards an unpaired midline region both halves add up, so
    that the weights become directed there.

    The pairs are those, one to one within each kind, whose mirrored centroids have the least sum
    of squared distances within the limit. Where a parcellation has homologues by name these are
    the same pairs; one whose halves were drawn apart (Schaefer) has none, and is refused unless
    the limit allows what is nearest.

    Parameters
    ----------
    atlas : Atlas
        Every left and right region must find a partner; regions of hemisphere ``B`` stay.
    limit_mm : float
        Largest distance of a pair after mirroring (the default as for
        :meth:`netmod.atlas.Atlas.homologues`).

    Returns
    -------
    Atlas
        In the order of the left and midline regions. Lengths are means weighted by the weights;
        FC is that of the mean of both halves' signals, each of unit variance; maps are means of
        what is available; centroids are means with the right one mirrored, and so lie on the left;
        label and network are the left one's. Connections inside a pair have no place in a network
        without self-connections and are dropped, as is the distribution of FC dynamics. The
        record holds the pairs, the largest distance of a pair, the share of weight dropped, and
        the left regions of pairs whose networks differ.

    Raises
    ------
    ConfigError
        If a left or right region finds no partner within the limit, or there is no pair.
    """
    distance = _pairs(atlas, limit_mm)
    pairs = dict(distance.keys())
    paired = {*pairs, *pairs.values()}
    alone = [
        name
        for i, name in enumerate(atlas.region)
        if atlas.hemisphere[i] != "B" and i not in paired
    ]
    if alone or not pairs:
        raise ConfigError(
            "regions without a homologue cannot be merged" if alone else "no homologous regions",
            where=f"atlas '{atlas.name}'",
            expected=f"a mirrored partner within {limit_mm:g} mm for every left and right region",
            got=", ".join(alone[:12]) + (", …" if len(alone) > 12 else "") or None,
            hint="take a subset without them first, or allow a larger limit_mm" if alone else None,
        )
    groups = [
        (i, pairs[i]) if i in pairs else (i,)
        for i in range(atlas.n_regions)
        if i in pairs or i not in paired
    ]
    n = len(groups)
    total = np.zeros((n, atlas.n_regions))  # sums a group's regions
    for place, group in enumerate(groups):
        total[place, list(group)] = 1.0
    mean = total / total.sum(axis=1, keepdims=True)

    weights = mean @ atlas.weights @ total.T
    inside = float(np.trace(total @ atlas.weights @ total.T) / max(atlas.weights.sum(), 1e-300))
    np.fill_diagonal(weights, 0.0)
    counted = mean @ (atlas.weights * atlas.lengths_mm) @ total.T
    plain = mean @ atlas.lengths_mm @ mean.T
    lengths = np.divide(counted, weights, out=plain, where=weights > 0.0)
    np.fill_diagonal(lengths, 0.0)

    mirrored = atlas.centroids_mm.copy()
    for right in pairs.values():
        mirrored[right, 0] *= -1.0
    place = {i: row for row, group in enumerate(groups) for i in group}
    first = [group[0] for group in groups]
    differ = [
        atlas.region[left]
        for left, right in pairs.items()
        if atlas.network[left] != atlas.network[right]
    ]
    record = {
        "operation": "merge_homologues",
        "pairs": [[atlas.region[left], atlas.region[right]] for left, right in pairs.items()],
        "largest_distance_mm": max(distance.values()),
        "weight_inside_pairs_dropped": inside,
        "networks_differ": differ,
        "fcd": "none" if atlas.fcd is None else "dropped: it was measured over both hemispheres",
    }
    return derived(
        atlas,
        record,
        region=_names(atlas, groups),
        label=tuple(atlas.label[i] for i in first),
        hemisphere=("B",) * n,
        network=tuple(atlas.network[i] for i in first),
        kind=tuple(atlas.kind[i] for i in first),
        centroids_mm=mean @ mirrored,
        weights=weights,
        lengths_mm=lengths,
        fc=None if atlas.fc is None else _merged_fc(atlas.fc, mean),
        fcd=None,
        maps={name: _available_mean(values, groups) for name, values in atlas.maps.items()},
        targets={
            name: tuple(dict.fromkeys(place[i] for i in members))
            for name, members in atlas.targets.items()
        },
    )


def _pairs(atlas: Atlas, limit_mm: float) -> dict[tuple[int, int], float]:
    """Return the distance after mirroring of each pair (left, right), in the atlas's order."""
    from scipy.optimize import linear_sum_assignment

    side, kind = np.array(atlas.hemisphere), np.array(atlas.kind)
    found = {}
    for one in dict.fromkeys(atlas.kind):
        left, right = (np.flatnonzero((side == s) & (kind == one)) for s in "LR")
        mirrored = atlas.centroids_mm[right] * np.array([-1.0, 1.0, 1.0])
        apart = np.linalg.norm(atlas.centroids_mm[left][:, None] - mirrored[None], axis=-1)
        # As many pairs as the limit allows; beyond it all are alike, so that a region without a
        # partner does not pull others apart.
        beyond = (len(left) + 1) * limit_mm**2
        cost = np.where(apart <= limit_mm, apart**2, beyond)
        for i, j in zip(*linear_sum_assignment(cost), strict=True):
            if apart[i, j] <= limit_mm:
                found[int(left[i]), int(right[j])] = float(apart[i, j])
    return dict(sorted(found.items()))


def _merged_fc(fc: np.ndarray, mean: np.ndarray) -> np.ndarray:
    # A missing correlation must reach its own group only, which a product with 0 would not keep.
    missing = np.isnan(fc)
    covariance = mean @ np.where(missing, 0.0, fc) @ mean.T
    covariance[(mean @ missing @ mean.T) > 0.0] = np.nan
    sd = np.sqrt(np.diag(covariance))
    merged = np.clip(covariance / np.outer(sd, sd), -1.0, 1.0)
    merged = (merged + merged.T) / 2.0
    np.fill_diagonal(merged, 1.0)
    return merged


def _available_mean(values: np.ndarray, groups: list[tuple[int, ...]]) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Mean of empty slice", RuntimeWarning)
        return np.array([np.nanmean(values[list(group)]) for group in groups])


def _names(atlas: Atlas, groups: list[tuple[int, ...]]) -> tuple[str, ...]:
    own = [atlas.region[group[0]] for group in groups]
    short = [
        _SIDE.sub("", name, count=1) if len(group) == 2 else name
        for name, group in zip(own, groups, strict=True)
    ]
    unique = all(short) and len(set(short)) == len(short)
    return tuple(short if unique else own)
