"""Filling in what a source does not say, by stated rules, each recorded; and refusing the rest.

The rules, in order: a known atlas that has every name (exactly) gives coordinates, sides, networks
and kinds; else names and coordinates themselves; else a value that says it is not known. No rule
touches the weights off their diagonal.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from netmod.atlas.formats.draft import Draft
from netmod.atlas.formats.naming import kind_by_name, network_by_name, sides_by_name
from netmod.atlas.lengths import INTERCEPT_MM, SLOPE, lengths_from_distance
from netmod.atlas.load import COORDINATES, available_atlases, find_atlas
from netmod.atlas.tsv import read_table
from netmod.errors import DataError, NetmodError

UNKNOWN_NETWORK = "Unknown"
_LIMIT_MM = 200.0
_MIDLINE_MM = 3.0  # proposal: nearer to the midline than a voxel or two, a region has no side
_SYMMETRY = 1e-9  # as in the atlas's own files
_ROUNDING = 1e-6


@dataclass
class Record:
    """What was filled in, by which rule, and what a user should look at.

    Attributes
    ----------
    filled : dict
        Rule (a mapping with ``rule`` and its figures) by field.
    flags : list of str
        Remarks for :func:`netmod.atlas.check.check_atlas`.
    """

    filled: dict[str, dict[str, Any]] = field(default_factory=dict)
    flags: list[str] = field(default_factory=list)

    def fill(self, name: str, rule: str, **figures: Any) -> None:
        """Record that a field was filled in."""
        self.filled[name] = {"rule": rule, **figures}


def complete(draft: Draft) -> tuple[Draft, Record]:
    """Fill in what a draft lacks for an atlas.

    Parameters
    ----------
    draft : Draft
        With weights.

    Returns
    -------
    draft : Draft
        With every field that :func:`netmod.atlas.write.write_atlas` needs.
    record : Record
        What was done.

    Raises
    ------
    DataError
        If there are no weights, if figures are negative, missing or out of range, if names are
        empty or come twice, or if there is neither a coordinate nor a length for any rule.
    """
    if draft.weights is None:
        raise DataError(
            "no structural weights", where=draft.source, expected="a matrix of weights",
            got="FC alone" if draft.fc is not None else "none",
            hint="functional connectivity is given beside weights (fc=…)",
        )  # fmt: skip
    record = Record(flags=list(draft.notes))
    n = len(draft.weights)
    named = draft.region is not None
    if not named:
        record.fill("region", "R001, R002 … in the order of the source")
    width = max(3, len(str(n)))
    region = draft.region or tuple(f"R{i + 1:0{width}d}" for i in range(n))
    _check_names(region, draft.source)
    draft = dataclasses.replace(draft, region=region)
    draft = _complete_matrices(draft, record)
    draft = _from_known_atlas(draft, record) if named else draft
    draft = _complete_kind(draft, record)
    draft, anatomical = _complete_centroids(draft, record)
    draft = _complete_hemisphere(draft, record, anatomical=anatomical)
    draft = _complete_network(draft, record)
    draft = _complete_lengths(draft, record)
    label = draft.label or region
    filled = tuple(text or name for text, name in zip(label, region, strict=True))
    if filled != draft.label:
        record.fill("label", "the region's name")
    return dataclasses.replace(draft, label=filled), record


def _check_names(region: Sequence[str], source: str) -> None:
    seen: set[str] = set()
    for place, name in enumerate(region):
        if not name or name != name.strip() or set(name) & set("\t\r\n\0"):
            raise DataError(
                "not a region name", where=source, got=repr(name),
                expected="a name without blanks around it", hint=f"region {place + 1}",
            )  # fmt: skip
        if name in seen:
            raise DataError(
                f"region '{name}' comes twice", where=source, expected="every region once",
                hint=f"regions {region.index(name) + 1} and {place + 1}",
            )  # fmt: skip
        seen.add(name)


def _refuse_where(bad: np.ndarray, matrix: np.ndarray, what: str, draft: Draft, hint: str) -> None:
    if bad.any():
        row, column = (int(i) for i in np.argwhere(bad)[0])
        raise DataError(
            f"{what} (row '{draft.region[row]}', column '{draft.region[column]}')",
            where=draft.source,
            got=f"{matrix[row, column]:g}" + (f"; {int(bad.sum())} such" if bad.sum() > 1 else ""),
            hint=hint,
        )


def _complete_matrices(draft: Draft, record: Record) -> Draft:
    """Judge the matrices, clear their diagonals, and say whether they are directed."""
    given: dict[str, Any] = {}
    for name in ("weights", "lengths_mm"):
        matrix = getattr(draft, name)
        if matrix is None:
            continue
        what = "weight" if name == "weights" else "length"
        _refuse_where(
            ~np.isfinite(matrix), matrix, f"a {what} that is not finite", draft,
            "write 0 where there is no connection",
        )  # fmt: skip
        _refuse_where(
            matrix < 0, matrix, f"a negative {what}", draft,
            "structural weights count fibres; is this FC, or the logarithm of counts?"
            if what == "weight" else "lengths are in mm, 0 where there is no connection",
        )  # fmt: skip
        if np.diag(matrix).any():
            record.flags.append(f"{name}: the diagonal was set to 0")
        given[name] = np.where(np.eye(len(matrix), dtype=bool), 0.0, matrix) + 0.0
    directed = any(not _symmetric(matrix) for matrix in given.values())
    if not _symmetric(given["weights"]):
        record.flags.append("weights are not symmetric: read as weights[target, source]")
        triangles = (np.triu(given["weights"], 1), np.tril(given["weights"], -1))
        if len(draft.region) > 2 and not all(half.any() for half in triangles):
            record.flags.append(
                "weights fill one triangle only: half of a symmetric matrix? Import it as 'mrtrix'"
            )
    elif directed:
        record.flags.append("lengths are not symmetric although weights are")
    if draft.fc is not None:
        given["fc"] = _complete_fc(draft, record)
    return dataclasses.replace(draft, **given, directed=directed or bool(draft.directed))


def _symmetric(matrix: np.ndarray) -> bool:
    scale = max(float(np.abs(matrix).max(initial=0.0)), 1e-300)
    return bool((np.abs(matrix - matrix.T) <= _SYMMETRY * scale).all())


def _complete_fc(draft: Draft, record: Record) -> np.ndarray:
    fc = draft.fc + 0.0
    off = ~np.eye(len(fc), dtype=bool)
    diagonal = np.diag(fc)
    if not (diagonal == 1.0).all():
        record.flags.append("fc: the diagonal was set to 1")
        np.fill_diagonal(fc, 1.0)
    _refuse_where(np.isinf(fc), fc, "an infinite correlation", draft, "r, not Fisher's z?")
    _refuse_where(
        off & (np.abs(fc) > 1 + _ROUNDING), fc, "a correlation outside -1 to 1", draft,
        "if these are Fisher's z, give r = tanh(z)",
    )  # fmt: skip
    lost = np.isnan(fc)
    uneven = (lost != lost.T) | (np.abs(fc - fc.T) > _ROUNDING)
    _refuse_where(uneven, fc, "the FC is not symmetric", draft, "correlations have no direction")
    if not np.array_equal(fc, fc.T, equal_nan=True):
        record.flags.append("fc: halves that differ by rounding were averaged")
        fc = (fc + fc.T) / 2
    return np.clip(fc, -1.0, 1.0)


@functools.cache
def _known_regions(path: Path, stamp: int) -> dict[str, dict[str, str]]:
    table = read_table(path)
    return {row[0]: dict(zip(table.header, row, strict=True)) for row in table.rows}


def _from_known_atlas(draft: Draft, record: Record) -> Draft:
    wanted = [
        name
        for name in ("label", "hemisphere", "network", "kind")
        if getattr(draft, name) is None or "" in getattr(draft, name)
    ]
    if not wanted and draft.centroids_mm is not None:
        return draft
    for name in available_atlases():
        try:
            table = find_atlas(name) / "regions.tsv"
            known = _known_regions(table, table.stat().st_mtime_ns)
            rows = [known[region] for region in draft.region]
            given: dict[str, Any] = {}
            for column in wanted:
                own = getattr(draft, column) or ("",) * len(rows)
                given[column] = tuple(
                    text or row[column] for text, row in zip(own, rows, strict=True)
                )
            if draft.centroids_mm is None:
                points = [[float(row[axis]) for axis in COORDINATES] for row in rows]
                given["centroids_mm"] = np.array(points)
        except (KeyError, ValueError, OSError, NetmodError):
            continue  # other regions, or an atlas that cannot be read
        for column in given:
            record.fill(column, "from an atlas that has every name", atlas=name)
        return dataclasses.replace(draft, **given)
    return draft


def _complete_kind(draft: Draft, record: Record) -> Draft:
    own = draft.kind or ("",) * len(draft.region)
    if all(own):
        return draft
    # TVB marks the cortex and no more: what is not marked is something else then.
    other = "subcortex" if set(own) == {"cortex", ""} else "cortex"
    kinds = []
    for given, name, text in zip(own, draft.region, draft.label or draft.region, strict=True):
        kinds.append(given or kind_by_name(name, text) or other)
    record.fill("kind", f"names of known structures; else {other}")
    return dataclasses.replace(draft, kind=tuple(kinds))


def _complete_hemisphere(draft: Draft, record: Record, *, anatomical: bool) -> Draft:
    own = draft.hemisphere or ("",) * len(draft.region)
    if all(own):
        return draft
    sides, count = [], {"name": 0, "x": 0, "unknown": 0}
    names = sides_by_name(draft.region)
    for given, by_name, x in zip(own, names, draft.centroids_mm[:, 0], strict=True):
        if given:
            sides.append(given)
            continue
        if by_name:
            rule, side = "name", by_name
        elif anatomical:
            rule, side = "x", "B" if abs(x) <= _MIDLINE_MM else "L" if x < 0 else "R"
        else:
            rule, side = "unknown", "B"
        count[rule] += 1
        sides.append(side)
    rule = f"by name; else by the sign of x; B within {_MIDLINE_MM:g} mm of the midline"
    record.fill("hemisphere", rule, regions=count)
    if count["unknown"]:
        record.flags.append(f"hemisphere of {count['unknown']} regions is not known; B stands")
    return dataclasses.replace(draft, hemisphere=tuple(sides))


def _complete_network(draft: Draft, record: Record) -> Draft:
    own = draft.network or ("",) * len(draft.region)
    if all(own):
        return draft
    other = {"subcortex": "Subcortex", "cerebellum": "Cerebellum"}
    networks = []
    for given, name, kind in zip(own, draft.region, draft.kind, strict=True):
        networks.append(given or other.get(kind) or network_by_name(name) or UNKNOWN_NETWORK)
    unknown = networks.count(UNKNOWN_NETWORK)
    record.fill(
        "network", "Subcortex and Cerebellum by kind; Schaefer's names; else Unknown",
        unknown=unknown,
    )  # fmt: skip
    if unknown:
        record.flags.append(f"network of {unknown} regions is not known")
    return dataclasses.replace(draft, network=tuple(networks))


def _complete_centroids(draft: Draft, record: Record) -> tuple[Draft, bool]:
    points = draft.centroids_mm
    if points is not None:
        far = ~(np.abs(points) <= _LIMIT_MM)
        if far.any():
            row = int(np.argwhere(far)[0][0])
            raise DataError(
                f"a coordinate outside the head (region '{draft.region[row]}')",
                where=draft.source,
                expected=f"MNI coordinates in mm, at most {_LIMIT_MM:g} from the origin",
                got=", ".join(f"{x:g}" for x in points[row]),
                hint="millimetres, not voxels or micrometres?",
            )
        return draft, True
    if draft.lengths_mm is None or not draft.lengths_mm.any():
        raise DataError(
            "no coordinates and no lengths", where=draft.source,
            expected="coordinates of the regions, or the lengths of their connections",
            hint="give a table of regions with name, x, y, z (--regions PATH or regions=…)",
        )  # fmt: skip
    points, kept = _scaled(draft)
    record.fill(
        "centroids_mm",
        "classical multidimensional scaling of the lengths (shortest paths where there is none), "
        "three dimensions; Torgerson 1952, doi:10.1007/BF02288916; not anatomical",
        share_of_variance=round(kept, 3),
    )
    record.flags.append("coordinates are not anatomical: distances only, no place in the brain")
    return dataclasses.replace(draft, centroids_mm=points), False


def _scaled(draft: Draft) -> tuple[np.ndarray, float]:
    """Return coordinates [N, 3] whose distances follow the lengths, and their share of variance."""
    from scipy.sparse.csgraph import shortest_path

    lengths = np.maximum(draft.lengths_mm, draft.lengths_mm.T)
    paths = shortest_path(lengths, directed=False)
    direct = lengths > 0
    distance = np.where(direct, lengths, paths)
    if not np.isfinite(distance).all():
        row = int(np.argwhere(~np.isfinite(distance))[0][0])
        raise DataError(
            "no coordinates, and lengths that do not join all regions", where=draft.source,
            got=f"region '{draft.region[row]}' is apart from others",
            hint="give a table of regions with name, x, y, z (--regions PATH or regions=…)",
        )  # fmt: skip
    n = len(distance)
    centre = np.eye(n) - 1.0 / n
    values, vectors = np.linalg.eigh(-0.5 * centre @ distance**2 @ centre)
    order = np.argsort(values)[::-1][:3]
    lead = np.maximum(values[order], 0.0)
    points = np.zeros((n, 3))
    points[:, : len(order)] = vectors[:, order] * np.sqrt(lead)
    # Axes have no sign: the largest entry is positive. Where names tell the sides, the axis that
    # parts them best is x, left below zero.
    for axis in range(3):
        points[:, axis] *= np.sign(points[np.abs(points[:, axis]).argmax(), axis]) or 1.0
    side = np.array([{"L": -1.0, "R": 1.0, "": 0.0}[x] for x in sides_by_name(draft.region)])
    agreement = side @ points
    if agreement.any():
        best = int(np.abs(agreement).argmax())
        points[:, [0, best]] = points[:, [best, 0]]
        points[:, 0] *= np.sign(agreement[best])
    if np.abs(points).max() > _LIMIT_MM:
        raise DataError(
            "lengths too long for a head", where=draft.source, expected="mm",
            got=f"{draft.lengths_mm.max():g}", hint="lengths in mm?",
        )  # fmt: skip
    total = float(np.maximum(values, 0.0).sum())
    return points + 0.0, float(lead.sum()) / total if total else 1.0


def _complete_lengths(draft: Draft, record: Record) -> Draft:
    if draft.lengths_mm is not None:
        return draft
    lengths, rule = lengths_from_distance(draft.centroids_mm)
    record.fill("lengths_mm", rule, intercept_mm=INTERCEPT_MM, slope=SLOPE)
    record.flags.append("lengths are estimates from distances, not measured")
    return dataclasses.replace(draft, lengths_mm=lengths)
