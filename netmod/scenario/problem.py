"""One problem of a configuration, by its key path, before it is tied to a place in a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from netmod.errors import did_you_mean

KeyPath = tuple[str | int, ...]
"""Keys and list indices from the top of the document, e.g. ``("scanner", "tr_s")``."""

_LONGEST_GOT = 60


@dataclass(frozen=True)
class Problem:
    """What is wrong at one key.

    Parameters
    ----------
    path : tuple of str or int
        The key concerned.
    what : str
        The problem in a few words.
    expected, got, hint : str, optional
        As in `netmod.errors.NetmodError`.
    at_key : bool
        The key itself is wrong, not its value: point at the key.
    """

    path: KeyPath
    what: str
    expected: str | None = None
    got: str | None = None
    hint: str | None = None
    at_key: bool = False

    def under(self, prefix: KeyPath) -> Problem:
        """Return the same problem with its path below a prefix."""
        return replace(self, path=(*prefix, *self.path))


class ProblemsError(ValueError):
    """Several problems found by one check; pydantic carries it through as a ``value_error``.

    Parameters
    ----------
    problems : iterable of Problem
        In the order found, with paths relative to the value checked.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{dotted(p.path)}: {p.what}" for p in self.problems))


def dotted(path: KeyPath) -> str:
    """Return a path as the user writes it for ``--set``: ``scanner.tr_s``, ``times.2``."""
    return ".".join(str(part) for part in path)


def shown(value: object) -> str:
    """Return a short one-line form of a value that came, as the user wrote it in YAML."""
    if value is None:
        return "nothing (null)"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        text = "a mapping with " + (", ".join(str(key) for key in value) or "no keys")
    elif isinstance(value, list | tuple):
        text = f"a list of {len(value)}"
    else:
        text = repr(value)
    return text if len(text) <= _LONGEST_GOT else text[: _LONGEST_GOT - 1] + "…"


def listed(words: Iterable[str], most: int = 40) -> str:
    """Return words as ``one of: a, b, c``, cut when there are many."""
    words = [str(word) for word in words]
    if not words:
        return "nothing (none is declared)"
    rest = f", … ({len(words) - most} more)" if len(words) > most else ""
    return "one of: " + ", ".join(words[:most]) + rest


def unknown_word(
    kind: str, word: object, known: Iterable[str], *, see: str | None = None
) -> Problem:
    """Return the problem of a word that is not in a registry.

    Parameters
    ----------
    kind : str
        What the word should name, e.g. ``treatment``.
    word : object
        What came.
    known : iterable of str
        The registered words.
    see : str, optional
        Hint when no known word is near.
    """
    known = list(known)
    if not isinstance(word, str):
        return Problem((), f"not the name of a {kind}", listed(known), shown(word), see)
    return Problem(
        (), f"unknown {kind}", listed(known), shown(word), did_you_mean(word, known) or see
    )
