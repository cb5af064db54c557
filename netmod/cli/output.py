"""What several commands print, and the names that they accept."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from netmod.errors import ConfigError, did_you_mean


def print_wrapped(text: str, indent: str = "  ") -> None:
    """Print a paragraph under a name; what it is about stands at its beginning, for grep."""
    print(wrapped(text, indent))


def wrapped(text: str, indent: str = "  ") -> str:
    """Return a paragraph of at most 100 characters a line, its further lines set in."""
    return textwrap.fill(text, 100, initial_indent=indent, subsequent_indent=indent + "  ")


def aligned(rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> str:
    """Return rows as lines with columns two blanks apart; columns of `right` end together."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(
            f"{cell:>{width}}" if place in right else f"{cell:<{width}}"
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    return "\n".join(line.rstrip() for line in lines)


def print_written(written: object) -> None:
    """Print the path or paths that a room says it wrote."""
    if isinstance(written, str | Path):
        print(written)
    elif isinstance(written, Iterable):
        for path in written:
            print(path)


def known_names(
    kind: str, names: Sequence[str], known: Mapping[str, Any], listing: str | None = None
) -> Sequence[str]:
    """Return the names asked for, all when none is, and refuse an unknown one."""
    listing = listing or f"netmod {kind.split()[0]}s"
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known) or f"'{listing}' lists them all"
            raise ConfigError(f"unknown {kind}", expected=", ".join(known), got=name, hint=hint)
    return list(names) or list(known)
