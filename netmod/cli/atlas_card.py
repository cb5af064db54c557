"""An atlas in words: a line of ``netmod atlas list``, the card of ``netmod atlas show``."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from netmod.atlas.effective_connectivity import models_with_effective_connectivity
from netmod.atlas.lengths import lengths_from_distance
from netmod.atlas.places import shipped_atlases
from netmod.atlas.surface import read_surface
from netmod.cli.output import aligned
from netmod.figures.atlas_numbers import fc_share, measure, side_means

if TYPE_CHECKING:
    from netmod.atlas import Atlas

HOLDINGS = ("regions", "where", "lengths", "FC", "FCD", "maps", "targets", "fitted for")
_WIDTH, _KEY = 100, 11
_ROUNDING_MM = 1e-3


def holdings(atlas: Atlas) -> tuple[str, ...]:
    """Return what an atlas holds, in the order of `HOLDINGS`."""
    share = fc_share(atlas.fc)
    return (
        str(atlas.n_regions),
        _where(atlas),
        _kind_of_lengths(atlas),
        "all" if share == 1 else f"{share:.0%}" if share else "-",
        "-" if atlas.fcd is None else "yes",
        str(len(atlas.maps)),
        str(len(atlas.targets)),
        ", ".join(models_with_effective_connectivity(atlas)) or "-",
    )


def _where(atlas: Atlas) -> str:
    shipped = atlas.folder is not None and atlas.folder.parent in shipped_atlases()
    return "shipped" if shipped else "yours"


def _kind_of_lengths(atlas: Atlas) -> str:
    """Return whether lengths are the filler of atlases that come without any."""
    present = np.asarray(atlas.lengths_mm) > 0
    rule, _ = lengths_from_distance(atlas.centroids_mm)
    filled = present.any() and np.allclose(
        atlas.lengths_mm[present], rule[present], rtol=0.0, atol=_ROUNDING_MM
    )
    return "estimated" if filled else "measured"


def card(atlas: Atlas) -> str:
    """Return the card of an atlas as text.

    Parameters
    ----------
    atlas : Atlas
        Any atlas.

    Returns
    -------
    str
        Lines of at most 100 characters, names of regions and targets apart.
    """
    n = measure(atlas)
    title = atlas.description.get("title")
    pairs = "pairs" if n.symmetric else "directed connections"
    sides = {"L": "left", "R": "right", "B": "on the midline"}
    hemispheres = _counts({sides[side]: count for side, count in n.hemispheres.items()})
    lines = [f"{atlas.name}: {title}" if title else atlas.name]
    entries = [
        ("where", "shipped" if _where(atlas) == "shipped" else str(atlas.folder)),
        ("regions", f"{n.n_regions}: {_counts(n.kinds)}; {hemispheres}; "
                    f"{n.n_homologues} pairs of homologues"),
        ("networks", _counts(n.networks, name_first=True)),
        ("weights", f"{n.n_edges} {pairs}, density {n.density:.2f}; {_span(n.weight_range)}; "
                    f"spectral radius {n.spectral_radius:.4g}; strength {n.strength_mean:.4g} "
                    f"on average (SD/mean {n.strength_cv:.2f}); unit: {_unit(atlas)}"),
        ("lengths", f"{_kind_of_lengths(atlas)}; {_span(n.length_range_mm)} mm"),
        ("FC", _fc(n.fc_share, n.fc_mean, n.r_weights_fc)),
        ("FCD", "none" if atlas.fcd is None else f"{len(atlas.fcd)} bins"),
        ("fitted for", ", ".join(models_with_effective_connectivity(atlas)) or "no model"),
        ("surface", "none" if read_surface(atlas) is None else "fsaverage5"),
    ]  # fmt: skip
    record = atlas.description.get("import")
    filled = record.get("filled") if isinstance(record, Mapping) else None
    if filled:
        entries.append(("filled in", f"{', '.join(filled)} (rules in description.json)"))
    lines += [_entry(key, text) for key, text in entries]
    lines += _targets(atlas) + _maps(atlas)
    keys = ", ".join(citation_keys(atlas.citation)) or "nothing recorded"
    lines += [_entry("licence", atlas.licence), _entry("cite", keys)]
    return "\n".join(lines)


def citation_keys(bibtex: str) -> list[str]:
    """Return the keys of the entries of a BibTeX text."""
    return re.findall(r"@\w+\{([^,\s]+)", bibtex)


def _entry(key: str, text: str) -> str:
    indent = " " * (_KEY + 2)
    head = f"  {key:<{_KEY}}"
    return textwrap.fill(
        text, _WIDTH, initial_indent=head, subsequent_indent=indent, break_on_hyphens=False
    )


def _counts(counts: Mapping[str, int], name_first: bool = False) -> str:
    order = "{0} {1}" if name_first else "{1} {0}"
    return ", ".join(order.format(name, count) for name, count in counts.items())


def _span(values: tuple[float, float, float]) -> str:
    if not np.isfinite(values).all():
        return "none"
    low, median, high = (f"{value:.3g}" for value in values)
    return f"{low} to {high}, median {median}"


def _unit(atlas: Atlas) -> str:
    weights = atlas.description.get("weights")
    unit = weights.get("unit") if isinstance(weights, Mapping) else None
    return str(unit) if unit else "not told"


def _fc(share: float, mean: float, r: float) -> str:
    if not share:
        return "none"
    told = "all pairs" if share == 1 else f"{share:.0%} of pairs"
    agree = f"; r with log weight {r:.2f}" if np.isfinite(r) else ""
    return f"{told}, mean {mean:.3f}{agree}"


def _targets(atlas: Atlas) -> list[str]:
    rows = [
        (
            f"    {name}",
            " and ".join(map(_point, side_means(atlas.centroids_mm[list(regions)]))),
            ", ".join(atlas.region[region] for region in regions),
        )
        for name, regions in atlas.targets.items()
    ]
    if not rows:
        return [_entry("targets", "none")]
    return ["  targets (mean centroid on each side, MNI mm; regions)", aligned(rows)]


def _point(place: np.ndarray) -> str:
    return "({})".format(", ".join(str(round(float(x))) for x in place))


def _maps(atlas: Atlas) -> list[str]:
    rows = []
    for name, values in atlas.maps.items():
        known = values[np.isfinite(values)]
        span = f"{known.min():.3g} to {known.max():.3g}" if known.size else "-"
        rows.append((f"    {name}", f"{known.size} of {len(values)} regions", span))
    return ["  maps", aligned(rows)] if rows else [_entry("maps", "none")]
