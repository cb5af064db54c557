"""What to look at before an atlas is used: findings, never an error for its content."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from netmod.atlas.atlas import Atlas
from netmod.atlas.integrity import data_sha256, verify_sums
from netmod.errors import NetmodError

# Bounding box of the MNI152 template, mm (recalled: SPM's -90 -126 -72 to 90 90 108).
_BOX_MM = np.array([[-90.0, -126.0, -72.0], [90.0, 90.0, 108.0]])
_MIDLINE_MM = 5.0
# Lengths of association fibres lie between 20 and 200 mm; none is as long as half a metre.
_LONGEST_MM = 400.0
_SHORTEST_MAXIMUM_MM = 30.0
_SHOWN = 5


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes
    ----------
    level : str
        ``ok``, ``note`` (good to know) or ``problem`` (look at it before use).
    what : str
        What was looked at, in a few words.
    detail : str
        What was found.
    hint : str
        What to do; empty where there is nothing to do.
    """

    level: Literal["ok", "note", "problem"]
    what: str
    detail: str
    hint: str = ""


def check_atlas(atlas: Atlas) -> tuple[Finding, ...]:
    """Look an atlas over.

    Parameters
    ----------
    atlas : Atlas
        Any atlas.

    Returns
    -------
    tuple of Finding
        In a fixed order; nothing is raised for the content.
    """
    parts = (_direction, _density, _components, _scale, _lengths, _names, _coordinates, _sides,
             _units, _fc, _dynamics, _maps, _targets, _rights, _import, _files)  # fmt: skip
    with np.errstate(all="ignore"):  # figures of any size
        return tuple(finding for part in parts for finding in part(atlas))


def _some(names: Sequence[str]) -> str:
    rest = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")


def _direction(atlas: Atlas) -> Iterator[Finding]:
    weights = atlas.weights
    stated = atlas.description.get("weights")
    directed = stated.get("directed") if isinstance(stated, dict) else None
    scale = max(float(np.abs(weights).max(initial=0.0)), 1e-300)
    asymmetry = float(np.abs(weights - weights.T).max(initial=0.0)) / scale
    symmetric = asymmetry <= 1e-9
    halves = (np.triu(weights, 1).any(), np.tril(weights, -1).any())
    if atlas.n_regions > 2 and not symmetric and not all(halves):
        yield Finding(
            "problem", "direction", "weights fill one triangle only",
            "half of a symmetric matrix? Import it as 'mrtrix', or mirror it",
        )  # fmt: skip
    elif symmetric and directed:
        yield Finding("note", "direction", "symmetric weights, although declared directed")
    elif not symmetric and directed is False:
        yield Finding(
            "problem", "direction", "asymmetric weights, although declared undirected",
            "declare them directed, or make them symmetric",
        )  # fmt: skip
    elif symmetric:
        yield Finding("ok", "direction", "symmetric weights")
    else:
        share = float(np.corrcoef(_off(weights), _off(weights.T))[0, 1]) if scale else 0.0
        yield Finding(
            "note", "direction",
            f"directed weights; they correlate with their mirror at {share:.2f}",
            "rows must be targets and columns sources",
        )  # fmt: skip


def _off(matrix: np.ndarray) -> np.ndarray:
    return matrix[~np.eye(len(matrix), dtype=bool)]


def _density(atlas: Atlas) -> Iterator[Finding]:
    pairs = _off(atlas.weights)
    density = float((pairs > 0).mean()) if pairs.size else 0.0
    detail = f"{density:.1%} of pairs are connected"
    if density == 0.0:
        yield Finding("problem", "density", "no connection at all")
    elif density < 0.05:
        yield Finding("note", "density", detail, "sparse: simulated FC will follow few edges")
    else:
        yield Finding("ok", "density", detail)


def _components(atlas: Atlas) -> Iterator[Finding]:
    from scipy.sparse.csgraph import connected_components

    count, of = connected_components(atlas.weights > 0, directed=False)
    sizes = np.bincount(of, minlength=count)
    apart = [name for name, i in zip(atlas.region, of, strict=True) if i != sizes.argmax()]
    if count > 1:
        yield Finding(
            "problem", "components", f"{count} parts without a connection: {_some(apart)}",
            "take these regions out, or give them weights",
        )  # fmt: skip
    else:
        yield Finding("ok", "components", "every region is reached")


def _scale(atlas: Atlas) -> Iterator[Finding]:
    present = atlas.weights[atlas.weights > 0]
    if not present.size:
        return
    largest = float(present.max())
    radius = largest * float(np.abs(np.linalg.eigvals(atlas.weights / largest)).max())
    spread = np.log10(present.max() / present.min())
    detail = (
        f"{present.min():.3g} to {present.max():.3g}, median {np.median(present):.3g}, "
        f"spectral radius {radius:.3g}, {spread:.1f} decades"
    )
    hint = "" if 0.1 <= radius <= 10 else "scale them before use (netmod does, unless told not to)"
    yield Finding("note" if hint else "ok", "weights", detail, hint)


def _lengths(atlas: Atlas) -> Iterator[Finding]:
    there = atlas.weights > 0
    lost = there & (atlas.lengths_mm <= 0)
    if lost.any():
        yield Finding(
            "problem", "lengths", f"no length for {int(lost.sum())} connections",
            "their delay is zero; give lengths",
        )  # fmt: skip
    distance = np.linalg.norm(atlas.centroids_mm[:, None] - atlas.centroids_mm[None], axis=-1)
    short = there & (atlas.lengths_mm > 0) & (atlas.lengths_mm < distance * (1 - 1e-6))
    if short.any():
        share = short.sum() / there.sum()
        # Centroids are not where fibres end: a few short ones are usual (dk84: 6 %).
        yield Finding(
            "note" if share < 0.2 else "problem", "lengths",
            f"{share:.1%} of lengths are shorter than the straight line between the centroids",
            "" if share < 0.2 else "other units or another space than the coordinates?",
        )  # fmt: skip
    if not lost.any() and not short.any():
        yield Finding("ok", "lengths", "every connection has one, none below the straight line")


def _names(atlas: Atlas) -> Iterator[Finding]:
    for what, names in (("names", atlas.region), ("labels", atlas.label)):
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            level = "problem" if what == "names" else "note"
            yield Finding(level, what, f"more than once: {_some(twice)}", "make them unique")
        else:
            yield Finding("ok", what, "unique")


def _coordinates(atlas: Atlas) -> Iterator[Finding]:
    low, high = _BOX_MM
    outside = ((atlas.centroids_mm < low) | (atlas.centroids_mm > high)).any(axis=1)
    _, first, count = np.unique(atlas.centroids_mm, axis=0, return_index=True, return_counts=True)
    same = [atlas.region[i] for i in first[count > 1]]
    if outside.any():
        names = [atlas.region[i] for i in np.flatnonzero(outside)]
        yield Finding(
            "problem", "coordinates", f"outside the MNI template: {_some(names)}",
            "millimetres in MNI space, x to the right?",
        )  # fmt: skip
    if same:
        yield Finding("problem", "coordinates", f"places that regions share: {_some(same)}")
    if not outside.any() and not same:
        yield Finding("ok", "coordinates", "inside the MNI template")


def _sides(atlas: Atlas) -> Iterator[Finding]:
    x = atlas.centroids_mm[:, 0]
    wrong = [
        name
        for name, side, place in zip(atlas.region, atlas.hemisphere, x, strict=True)
        if (side == "L" and place > _MIDLINE_MM) or (side == "R" and place < -_MIDLINE_MM)
    ]
    if len(wrong) > atlas.n_regions / 2:
        yield Finding(
            "problem", "hemispheres", "left lies right: x is mirrored",
            "radiological coordinates? x must grow to the right",
        )  # fmt: skip
    elif wrong:
        yield Finding("problem", "hemispheres", f"on the other side of the midline: {_some(wrong)}")
    else:
        yield Finding("ok", "hemispheres", "agree with x")


def _units(atlas: Atlas) -> Iterator[Finding]:
    points, lengths = atlas.centroids_mm, atlas.lengths_mm[atlas.lengths_mm > 0]
    reach = float(np.abs(points).max(initial=0.0))
    if atlas.n_regions > 2 and reach < 1.0:
        yield Finding("problem", "units", f"coordinates reach {reach:.3g}", "metres? give mm")
    elif atlas.n_regions > 2 and reach < 20.0:
        yield Finding("problem", "units", f"coordinates reach {reach:.3g}", "centimetres? give mm")
    elif atlas.n_regions > 2 and (points >= 0).all():
        yield Finding("problem", "units", "no coordinate is negative", "voxel indices? give mm")
    if not lengths.size:
        return
    longest = float(lengths.max())
    if longest < 1.0 or longest < _SHORTEST_MAXIMUM_MM:
        unit = "metres" if longest < 1.0 else "centimetres"
        yield Finding("problem", "units", f"the longest tract is {longest:.3g}", f"{unit}? give mm")
    elif longest > _LONGEST_MM:
        yield Finding(
            "problem", "units", f"the longest tract is {longest:.3g} mm", "micrometres or steps?"
        )


def _fc(atlas: Atlas) -> Iterator[Finding]:
    if atlas.fc is None:
        yield Finding("note", "FC", "none", "fits and targets that need FC will refuse")
        return
    values = _off(atlas.fc)
    measured = values[np.isfinite(values)]
    if not measured.size:
        yield Finding("problem", "FC", "not measured anywhere")
        return
    coverage = measured.size / values.size
    detail = (
        f"{coverage:.1%} measured, {measured.min():.2f} to {measured.max():.2f}, "
        f"mean {measured.mean():.2f}"
    )
    if np.abs(measured).max() > 1.0:
        yield Finding("problem", "FC", detail, "correlations lie within -1 and 1")
    elif coverage < 1.0:
        yield Finding("note", "FC", detail, "fits leave out what is missing")
    else:
        yield Finding("ok", "FC", detail)


def _dynamics(atlas: Atlas) -> Iterator[Finding]:
    if atlas.fcd is not None:
        total = float(atlas.fcd[:, 2].sum())
        level = "ok" if abs(total - 1.0) < 1e-6 else "problem"
        yield Finding(level, "FCD", f"{len(atlas.fcd)} bins, shares add up to {total:.3g}")


def _maps(atlas: Atlas) -> Iterator[Finding]:
    for name, values in atlas.maps.items():
        there = np.isfinite(values)
        detail = f"{int(there.sum())} of {there.size} regions"
        if not there.any():
            yield Finding("problem", f"map {name}", "empty")
        elif np.ptp(values[there]) == 0:
            yield Finding("note", f"map {name}", f"{detail}, all {values[there][0]:g}")
        else:
            yield Finding("ok" if there.all() else "note", f"map {name}", detail)


def _targets(atlas: Atlas) -> Iterator[Finding]:
    if atlas.targets:
        yield Finding("ok", "targets", f"{len(atlas.targets)}: {_some(tuple(atlas.targets))}")
    else:
        yield Finding("note", "targets", "none", "name regions or coordinates in the scenario")


def _rights(atlas: Atlas) -> Iterator[Finding]:
    if atlas.licence.strip().lower() in ("", "unknown"):
        yield Finding(
            "note", "licence", "not stated", "write it into description.json before you share it"
        )
    else:
        yield Finding("ok", "licence", atlas.licence)
    if atlas.citation.strip():
        yield Finding("ok", "citation", "there")
    else:
        yield Finding("note", "citation", "none", "add CITATION.bib with the sources")


def _import(atlas: Atlas) -> Iterator[Finding]:
    record = atlas.description.get("import")
    if not isinstance(record, dict):
        return
    filled, flags = record.get("filled"), record.get("flags")
    for name, rule in filled.items() if isinstance(filled, dict) else ():
        text = rule.get("rule") if isinstance(rule, dict) else rule
        yield Finding("note", f"filled in: {name}", str(text))
    for flag in flags if isinstance(flags, list) else ():
        yield Finding("note", "import", str(flag))


def _files(atlas: Atlas) -> Iterator[Finding]:
    if atlas.folder is None:
        yield Finding("note", "checksums", "the atlas was not read from a folder")
        return
    try:
        sealed = verify_sums(atlas.folder)
        changed = data_sha256(atlas.folder) != atlas.sha256
    except NetmodError as error:
        yield Finding("problem", "checksums", str(error).splitlines()[0], "restore the files")
        return
    if changed:
        yield Finding("problem", "checksums", "files changed since the atlas was read")
    elif sealed:
        yield Finding("ok", "checksums", "all files agree")
    else:
        yield Finding("note", "checksums", "no SHA256SUMS: changes cannot be noticed")
