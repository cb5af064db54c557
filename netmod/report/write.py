"""Write the report of a finished study as one HTML file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netmod.errors import DataError, NetmodError
from netmod.figures.catalogue import FIGURES
from netmod.figures.draw import draw_all
from netmod.figures.labels import arm_label
from netmod.report.methods import SOURCES, methods
from netmod.report.pictures import embed
from netmod.report.tables import comparison_groups
from netmod.treatments import MODIFIERS, TREATMENTS
from netmod.units import format_time

if TYPE_CHECKING:
    from collections.abc import Mapping

    from netmod.atlas import Atlas
    from netmod.study.results import Results

TEMPLATE = "report.html.j2"
_MOST_FAILURES = 200


def write_report(out: Path | str, atlas: Atlas | None = None) -> Path:
    """Write ``OUT/report.html``; missing figures are drawn first.

    The page holds everything (pictures as data, no script, no link to the outside) and no
    clock: the same study gives the same bytes.

    Parameters
    ----------
    out : Path or str
        A finished study folder.
    atlas : Atlas, optional
        Its atlas, for figures that have to be drawn; by default loaded by its name.

    Returns
    -------
    Path
        The report.

    Raises
    ------
    DataError
        If the study is unfinished or the folder cannot be written.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    from netmod.study.results import load_results
    from netmod.study.store import write_whole

    results = load_results(out)
    figures = results.folder / "figures"
    if not all((figures / f"{entry.name}.png").is_file() for entry in FIGURES):
        draw_all(out, atlas)
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template(TEMPLATE).render(**_context(results, figures))
    path = results.folder / "report.html"
    try:
        write_whole(path, page)
    except NetmodError as error:
        raise DataError(
            "cannot write the report",
            where=str(path),
            got=error.got,
            hint="free the disk or make the folder writable",
        ) from error
    return path


def _context(results: Results, figures: Path) -> dict[str, Any]:
    pictures = embed([figures / f"{entry.name}.png" for entry in FIGURES])
    return {
        "name": results.name,
        "facts": _facts(results),
        "arms": [_arm(results, arm) for arm in results.arms],
        "groups": comparison_groups(results),
        "figures": [
            {
                "title": entry.title,
                "caption": entry.caption,
                "alt": entry.alt,
                "data": data,
            }
            for entry, data in zip(FIGURES, pictures, strict=True)
        ],
        "methods": methods(results, len(results.region)),
        "sources": SOURCES,
        **_failures(results),
    }


def _facts(results: Results) -> list[tuple[str, str]]:
    facts = [
        ("Engine", results.engine),
        ("Atlas", f"{results.atlas_name} ({len(results.region)} regions)"),
        ("Seed", str(results.seed)),
        ("Virtual subjects", str(len(results.subjects))),
        ("Arms", str(len(results.arms))),
        ("Scans", ", ".join(format_time(time) for time in results.times_h)),
    ]
    version = _version(results.folder / "dataset_description.json")
    return [*facts, ("Written by", f"netmod {version}")] if version else facts


def _version(path: Path) -> str | None:
    try:
        description = json.loads(path.read_text(encoding="utf-8"))
        return str(description["GeneratedBy"][0]["Version"])
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _arm(results: Results, arm: str) -> dict[str, str]:
    details = results.arm_details[arm]
    steps = details["sequence"] or (details,)
    given = [str(step["treatment"]) for step in steps]
    modifiers = [str(word) for word in details["modifiers"]]
    what = [TREATMENTS[word].doc for word in given if word in TREATMENTS]
    what += [MODIFIERS[word].doc for word in modifiers if word in MODIFIERS]
    return {
        "name": arm,
        "label": arm_label(arm),
        "population": str(details["population"]),
        "treatment": ", then ".join(given),
        "modifiers": ", ".join(modifiers) or "–",
        "setting": " | ".join(text for text in map(_setting, steps) if text),
        "what": "; ".join(what),
    }


def _setting(step: Mapping[str, Any]) -> str:
    """Return where, when and how a treatment was given."""
    fixed = [f"{key} {step[key]}" for key in ("target", "start", "after") if step.get(key)]
    numbers = [f"{key} = {_plain(value)}" for key, value in (step["parameters"] or {}).items()]
    return "; ".join([*fixed, *numbers])


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _failures(results: Results) -> dict[str, Any]:
    table = results.signatures
    failed = table[table["status"] != "ok"]
    shown = [
        (str(row.arm), str(row.subject), format_time(row.time_h), str(row.status))
        for row in failed.head(_MOST_FAILURES).itertuples()
    ]
    return {"failed": shown, "n_failed": len(failed), "n_cells": len(table)}
