"""Put a fetched atlas in its place: whole or not at all, with licence, citation and checksums."""

from __future__ import annotations

import contextlib
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from netmod.atlas.effective_connectivity import (
    load_effective_connectivity,
    models_with_effective_connectivity,
    write_effective_connectivity,
)
from netmod.atlas.fetch.source import Ingredients
from netmod.atlas.integrity import SUMS_NAME, sums_text
from netmod.atlas.load import load_atlas
from netmod.atlas.tsv import format_number, table_text
from netmod.atlas.write import json_text, write_atlas
from netmod.errors import ConfigError

DIGITS = 9
_COPIED = (
    "regions.tsv",
    "weights.tsv",
    "lengths.tsv",
    "fc.tsv",
    "fcd.tsv",
    "targets.json",
    "surface.tsv",
)


@contextlib.contextmanager
def building(target: Path, *, replace: bool) -> Iterator[Path]:
    """Yield a folder to fill; it becomes `target` when the block ends well, else nothing does.

    Raises
    ------
    ConfigError
        If `target` exists and is not to be replaced, or cannot be written.
    """
    there = ConfigError(
        f"'{target.name}' is there already",
        where=str(target),
        hint="use it by its name, or ask for its replacement (--replace)",
    )
    if target.exists() and not replace:
        raise there
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        holder = tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent)
        with holder as room:
            new, old = Path(room) / target.name, Path(room) / "replaced"
            yield new
            if replace and target.exists():
                target.rename(old)
            try:
                new.rename(target)
            except BaseException as error:  # an interrupt too: what was there stays
                if old.exists():
                    old.rename(target)
                elif isinstance(error, OSError) and target.exists():  # another fetch was first
                    raise there from None
                raise
    except OSError as error:
        raise ConfigError(
            "cannot install",
            where=str(target),
            got=error.strerror or type(error).__name__,
            hint="make room or set NETMOD_DATA to a folder that you may write to",
        ) from None


def write_fetched(
    ingredients: Ingredients, description: Mapping[str, Any], licence: str, **content: Any
) -> None:
    """Write an atlas of its own with its texts.

    Parameters
    ----------
    ingredients : Ingredients
        What the recipe got.
    description : mapping
        Keys of ``description.json`` beside name, title, licence, sources.
    licence : str
        Text of the publisher's licence.
    content : mapping
        Arrays and columns for :func:`netmod.atlas.write_atlas`.
    """
    source = ingredients.source
    write_atlas(
        ingredients.folder,
        description={
            "name": ingredients.name,
            "title": source.title,
            "licence": source.licence,
            "species": "Homo sapiens",
            "direction": "weights[target, source]: rows receive, columns send",
            **description,
            "sources": ingredients.records(),
            "made_by": f"netmod atlas fetch {source.name}",
        },
        texts={
            "LICENSE": _licence(ingredients, licence),
            "CITATION.bib": source.citation,
            "README.md": _card(ingredients, source.doc),
        },
        digits=DIGITS,
        **content,
    )


def extend_atlas(
    ingredients: Ingredients,
    maps: Mapping[str, np.ndarray],
    records: Mapping[str, Mapping[str, Any]],
    licence: str,
) -> None:
    """Write a copy of the base atlas that has further maps.

    All other figures are copied byte for byte. Effective connectivity is copied too and stamped
    with the new identity: the figures that it was fitted to are the same.

    Parameters
    ----------
    ingredients : Ingredients
        What the recipe got; with a base.
    maps : mapping of str to array, shape (N,)
        Maps by name; NaN where not available.
    records : mapping of str to mapping
        What each map is, for ``description.json``.
    licence : str
        Text of the publisher's licence.

    Raises
    ------
    ConfigError
        If the base has a map of the same name already.
    """
    source, folder, base = ingredients.source, ingredients.folder, ingredients.base_atlas
    home = Path(str(base.folder))
    for name in maps:
        if name in base.maps:
            raise ConfigError(
                f"the base has a map '{name}' already",
                where=f"atlas '{base.name}'",
                hint="start from an atlas without these maps",
            )
    folder.mkdir(parents=True)
    for name in _COPIED:
        if (home / name).is_file():
            shutil.copyfile(home / name, folder / name)
    every = {**base.maps, **maps}
    rows = [
        [region, *(format_number(values[place], DIGITS) for values in every.values())]
        for place, region in enumerate(base.region)
    ]
    described = dict(base.description)
    old_licence = home / "LICENSE"
    texts = {
        "maps.tsv": table_text(["name", *every], rows),
        "description.json": json_text(
            {
                **described,
                "name": ingredients.name,
                "title": f"{described.get('title', base.name)}; with {source.title}",
                "licence": f"{base.licence}; added maps: {source.licence}",
                "base": {"name": base.name, "sha256": base.sha256},
                "added_maps": {**described.get("added_maps", {}), **records},
                "sources": [*described.get("sources", []), *ingredients.records()],
                "made_by": f"netmod atlas fetch {source.name} --atlas {base.name}",
            }
        ),
        "LICENSE": (
            (old_licence.read_text(encoding="utf-8") + "\n" if old_licence.is_file() else "")
            + _licence(ingredients, licence)
        ),
        "CITATION.bib": merged_citations(base.citation, source.citation),
        "README.md": _card(
            ingredients,
            f"A copy of the atlas `{base.name}` (sha256 {base.sha256}) with the further maps "
            f"{', '.join(f'`{name}`' for name in maps)}.\n\n{source.doc}",
        ),
    }
    for name, text in texts.items():
        (folder / name).write_bytes(text.encode())
    names = sorted(path.name for path in folder.iterdir())
    (folder / SUMS_NAME).write_bytes(sums_text(folder, names).encode())

    atlas = load_atlas(folder)
    for model in models_with_effective_connectivity(base):
        fitted = load_effective_connectivity(base, model)
        write_effective_connectivity(
            atlas,
            model,
            fitted.weights,
            parameters=fitted.parameters,
            fit={**fitted.metadata["fit"], "fitted_to": f"{base.name} {base.sha256}"},
            digits=None,
        )


def merged_citations(*texts: str) -> str:
    """Return BibTeX entries of several texts, each key once, in their order."""
    entries: dict[str, str] = {}
    for text in texts:
        for entry in re.split(r"(?m)^(?=@)", text):
            match = re.match(r"@\w+\{([^,\s]+),", entry)
            if match:
                entries.setdefault(match[1], entry.strip() + "\n")
    return "\n".join(entries.values())


def _licence(ingredients: Ingredients, text: str) -> str:
    source = ingredients.source
    places = sorted({f"{file.repository} at {file.commit}" for file in source.files})
    return (
        f"{source.title}\n{'=' * len(source.title)}\n\n{source.licence}\n"
        f"From {'; '.join(places)}.\n\n{source.terms}\n"
        f"The publisher's licence:\n\n{text.strip()}\n"
    )


def _card(ingredients: Ingredients, doc: str) -> str:
    source = ingredients.source
    return (
        f"# {ingredients.name}\n\n{source.title}. For research; not medical advice.\n\n"
        f"{doc.strip()}\n\n"
        f"Licence: {source.licence}.\n"
        "See `LICENSE`, `CITATION.bib` and `description.json` (sources with checksums).\n"
    )
