"""Give a cortical atlas the subcortex of another one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from netmod.atlas.atlas import KINDS, Atlas
from netmod.atlas.derive import derived
from netmod.atlas.lengths import RULE, lengths_from_distance
from netmod.atlas.surface import read_surface
from netmod.atlas.targets import target_notes
from netmod.errors import ConfigError, did_you_mean

SHARING = {
    "overlap": "by the share of its vertices that lie in each parcel on the fsaverage5 surface; "
    "a donor parcel without such vertices gives all to the nearest centroid of its hemisphere",
    "nearest": "evenly among the parcels whose nearest donor centroid (same hemisphere) is its "
    "own; a donor parcel that is nobody's nearest gives all to the parcel nearest to it",
}
"""How a donor's cortical parcel shares its connections among the parcels of the atlas."""


def add_subcortex(
    atlas: Atlas,
    donor: Atlas,
    *,
    rule: str | None = None,
    kinds: Sequence[str] = ("subcortex",),
    maps: Sequence[str] = (),
) -> Atlas:
    """Append the subcortical regions of another atlas with their connections.

    With S the share of each donor parcel (row, sum 1) that falls to each parcel of the atlas, the
    weights between subcortex and cortex are ``W S`` and lengths are means weighted by the parts of
    the weights. All that comes from the donor is multiplied by one factor: the sum of the atlas's
    cortico-cortical weights over that of the donor's (``S.T W S``), over the ordered pairs that are
    connected in both. The connections inside the atlas stay as they are.

    Parameters
    ----------
    atlas : Atlas
        Must have no region of those kinds.
    donor : Atlas
        Its subcortical regions are taken; its streamlines may have another unit.
    rule : str, optional
        A key of :data:`SHARING`; ``overlap`` where both atlases have a surface, else ``nearest``.
    kinds : sequence of str
        Kinds of regions to take.
    maps : sequence of str
        Maps of the atlas whose values for the new regions come from the donor's map of that name,
        as they are; the others are not available there.

    Returns
    -------
    Atlas
        The atlas's regions, then the donor's. FC with the new regions is NaN. Targets of the
        donor that consist of regions taken come along where the atlas has none of that name.

    Raises
    ------
    ConfigError
        If the rule cannot be used, names collide, the donor has no such regions, a hemisphere of
        the donor's cortex has no counterpart, or no pair is connected in both.
    """
    rule = _checked_rule(atlas, donor, rule)
    own, taken = _checked_regions(atlas, donor, kinds, maps)
    donor_cortex = np.flatnonzero(donor.cortex)
    share = np.zeros((donor_cortex.size, atlas.n_regions))
    share[:, own] = (_overlap if rule == "overlap" else _nearest)(atlas, donor, own, donor_cortex)

    among = donor.weights[np.ix_(donor_cortex, donor_cortex)]
    resampled = share.T @ among @ share
    both = (atlas.weights > 0.0) & (resampled > 0.0)
    if not both.any():
        raise ConfigError(
            "no cortico-cortical pair is connected in both atlases",
            where=f"add_subcortex: '{atlas.name}' and '{donor.name}'",
            expected="weights to compare the units by",
        )
    factor = float(atlas.weights[both].sum() / resampled[both].sum())

    n, k = atlas.n_regions, len(taken)
    centroids = np.vstack([atlas.centroids_mm, donor.centroids_mm[taken]])
    # A pair without streamlines has no measured length, and its weight of 0 needs none.
    lengths, _ = lengths_from_distance(centroids)
    weights = np.zeros((n + k, n + k))
    weights[:n, :n], lengths[:n, :n] = atlas.weights, atlas.lengths_mm
    inner = np.ix_(taken, taken)
    weights[n:, n:], lengths[n:, n:] = factor * donor.weights[inner], donor.lengths_mm[inner]

    def resampled_links(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        into = matrix[np.ix_(taken, donor_cortex)] @ share
        return into, share.T @ matrix[np.ix_(donor_cortex, taken)]

    links = resampled_links(donor.weights)
    counted = resampled_links(donor.weights * donor.lengths_mm)
    old, new = slice(0, n), slice(n, None)
    for block, link, count in zip(((new, old), (old, new)), links, counted, strict=True):
        weights[block] = factor * link
        np.divide(count, link, out=lengths[block], where=link > 0.0)

    place = {int(old): n + new for new, old in enumerate(taken)}
    brought = {
        name: tuple(place[i] for i in members)
        for name, members in donor.targets.items()
        if name not in atlas.targets and all(i in place for i in members)
    }
    fc = None
    if atlas.fc is not None:
        fc = np.full((n + k, n + k), np.nan)
        fc[:n, :n] = atlas.fc
        np.fill_diagonal(fc[n:, n:], 1.0)
    record = {
        "operation": "add_subcortex",
        "donor": {"name": donor.name, "sha256": donor.sha256},
        "regions": [donor.region[i] for i in taken],
        "sharing": {"rule": rule, "what": SHARING[rule]},
        "factor": factor,
        "pairs_compared": int(both.sum()),
        "lengths_without_streamlines": RULE,
        "maps_taken": list(maps),
        "targets_taken": list(brought),
        "fc": "not available for the new regions",
    }
    texts = ("region", "label", "hemisphere", "network", "kind")
    return derived(
        atlas,
        record,
        target_notes(donor),
        **{
            name: (*getattr(atlas, name), *(getattr(donor, name)[i] for i in taken))
            for name in texts
        },
        centroids_mm=centroids,
        weights=weights,
        lengths_mm=lengths,
        fc=fc,
        maps={
            name: np.append(values, donor.maps[name][taken] if name in maps else np.full(k, np.nan))
            for name, values in atlas.maps.items()
        },
        targets={**atlas.targets, **brought},
        licence=atlas.licence
        if atlas.licence == donor.licence
        else f"{atlas.licence}; subcortex: {donor.licence}",
        citation=f"{atlas.citation}\n{donor.citation}".strip(),
    )


def _checked_rule(atlas: Atlas, donor: Atlas, rule: str | None) -> str:
    if rule is not None and rule not in SHARING:
        raise ConfigError(
            f"unknown rule '{rule}'",
            where="add_subcortex.rule",
            expected=f"one of {', '.join(SHARING)}",
            got=repr(rule),
            hint=did_you_mean(rule, SHARING),
        )
    if rule == "nearest":
        return rule
    flat = [one.name for one in (atlas, donor) if read_surface(one) is None]
    if rule == "overlap" and flat:
        raise ConfigError(
            "vertices cannot be compared",
            where="add_subcortex.rule",
            expected="surface.tsv in the folders of both atlases",
            got=f"none in {' and '.join(flat)}",
            hint="use rule='nearest', or operate on the surface-bearing atlas before any other",
        )
    return "nearest" if flat else "overlap"


def _checked_regions(
    atlas: Atlas, donor: Atlas, kinds: Sequence[str], maps: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the cortex of the atlas and the regions taken from the donor, as indices."""
    where = f"add_subcortex: '{atlas.name}' and '{donor.name}'"

    def refuse(what: str, expected: str, names: Sequence[str]) -> None:
        listed = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
        raise ConfigError(what, where=where, expected=expected, got=listed or "none")

    wrong = [kind for kind in kinds if kind not in KINDS or kind == "cortex"]
    if wrong:
        refuse("not a kind of region to take", "subcortex or cerebellum", wrong)
    held = [name for name, kind in zip(atlas.region, atlas.kind, strict=True) if kind in kinds]
    if held:
        refuse("the atlas has such regions already", "none; take a subset of cortex first", held)
    taken = np.flatnonzero(np.isin(donor.kind, list(kinds)))
    if not taken.size:
        refuse("the donor has no such regions", f"regions of kind {', '.join(kinds)}", [])
    twice = [donor.region[i] for i in taken if donor.region[i] in atlas.region]
    if twice:
        refuse("regions of both atlases have the same names", "names of their own", twice)
    lost = [name for name in maps if name not in atlas.maps or name not in donor.maps]
    if lost:
        refuse("not a map of both atlases", "names of maps that both have", lost)
    sides = {donor.hemisphere[i] for i in np.flatnonzero(donor.cortex)}
    own = np.flatnonzero(atlas.cortex)
    missing = sorted(sides - {atlas.hemisphere[i] for i in own})
    if missing or not sides:
        refuse("the cortex of the donor has no counterpart", "the same hemispheres", missing)
    return own, taken


def _nearest(atlas: Atlas, donor: Atlas, own: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Return the shares [donor parcel, parcel] by nearest centroid; ties go to the first."""
    distance = _distance(atlas, donor, own, theirs)
    claimed = np.zeros_like(distance)
    reachable = np.isfinite(distance).any(axis=0)
    claimed[distance.argmin(axis=0)[reachable], np.flatnonzero(reachable)] = 1.0
    return _shares(claimed, distance)


def _overlap(atlas: Atlas, donor: Atlas, own: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Return the shares [donor parcel, parcel] by common vertices."""
    ours, donors = read_surface(atlas), read_surface(donor)
    counts = np.zeros((donor.n_regions, atlas.n_regions))
    for side in ("L", "R"):
        common = (ours[side] >= 0) & (donors[side] >= 0)
        np.add.at(counts, (donors[side][common], ours[side][common]), 1.0)
    return _shares(counts[np.ix_(theirs, own)], _distance(atlas, donor, own, theirs))


def _shares(counts: np.ndarray, distance: np.ndarray) -> np.ndarray:
    empty = np.flatnonzero(counts.sum(axis=1) == 0.0)
    counts[empty, distance[empty].argmin(axis=1)] = 1.0
    return counts / counts.sum(axis=1, keepdims=True)


def _distance(atlas: Atlas, donor: Atlas, own: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    apart = donor.centroids_mm[theirs][:, None] - atlas.centroids_mm[own][None]
    distance = np.linalg.norm(apart, axis=-1)
    sides = np.array(donor.hemisphere)[theirs][:, None] != np.array(atlas.hemisphere)[own][None]
    distance[sides] = np.inf
    return distance
