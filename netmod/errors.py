"""Errors that a user can act on: what, where, expected, got, hint."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class NetmodError(Exception):
    """A failure that the user can act on; the command line prints it without a traceback.

    Parameters
    ----------
    what : str
        The problem in one sentence.
    where : str, optional
        ``file:line:col: key`` or the object concerned.
    expected, got : str, optional
        What would have been accepted, and what came.
    hint : str, optional
        The likely fix.
    """

    exit_code = 1

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        expected: str | None = None,
        got: str | None = None,
        hint: str | None = None,
    ) -> None:
        self.what = what
        self.where = where
        self.expected = expected
        self.got = got
        self.hint = hint
        super().__init__(str(self))

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        details = [
            f"  {name}: {value}"
            for name, value in (("expected", self.expected), ("got", self.got), ("hint", self.hint))
            if value
        ]
        return "\n".join([head, *details])


class ConfigError(NetmodError):
    """Wrong usage or a wrong configuration (exit code 2)."""

    exit_code = 2


class DataError(NetmodError):
    """An input file that cannot be used: atlas, matrix, series (exit code 2)."""

    exit_code = 2


class IntegrityError(NetmodError):
    """Stored data that do not match their checksum (exit code 4)."""

    exit_code = 4


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """Return a hint naming the nearest known word, or None when nothing is near."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"did you mean '{near[0]}'?" if near else None


def several(errors: Iterable[NetmodError], kind: type[NetmodError] = ConfigError) -> NetmodError:
    """Join several problems found in one pass into one error, in their order."""
    errors = list(errors)
    if len(errors) == 1:
        return errors[0]
    joined = kind(f"{len(errors)} problems\n" + "\n".join(str(error) for error in errors))
    return joined
