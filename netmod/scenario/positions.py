"""Where every key of a document stands, and a fault at one place of its text."""

from __future__ import annotations

from dataclasses import dataclass, field

from netmod.scenario.problem import KeyPath, dotted


@dataclass
class Positions:
    """Where every key and value of a document stands.

    Parameters
    ----------
    source : str
        The file, as the user named it.
    """

    source: str
    keys: dict[KeyPath, tuple[int, int]] = field(default_factory=dict)
    values: dict[KeyPath, tuple[int, int]] = field(default_factory=dict)
    overrides: dict[KeyPath, str] = field(default_factory=dict)

    def where(self, path: KeyPath, *, at_key: bool = False) -> str:
        """Return ``file:line:col: path.to.key``, or the option that set the value.

        A path that is not in the file stands where its nearest ancestor does.
        """
        label = dotted(path)
        for size in range(len(path), 0, -1):
            option = self.overrides.get(path[:size])
            if option is not None:
                return option if size == len(path) else f"{option}: {label}"
        line, col = self._mark(path, at_key)
        return f"{self.source}:{line}:{col}" + (f": {label}" if label else "")

    def order(self, path: KeyPath, *, at_key: bool = False) -> tuple[int, int, int]:
        """Return a sort key: file order first, then the options in the order given."""
        for rank, option in enumerate(self.overrides):
            if path[: len(option)] == option:
                return (1, rank, 0)
        return (0, *self._mark(path, at_key))

    def __contains__(self, path: object) -> bool:
        return path in self.values

    def _mark(self, path: KeyPath, at_key: bool) -> tuple[int, int]:
        if at_key and path in self.keys:
            return self.keys[path]
        for size in range(len(path), -1, -1):
            # a block's value begins at its first key: the name of the block reads better
            known = self.values if size == len(path) else self.keys
            mark = known.get(path[:size]) or self.values.get(path[:size])
            if mark:
                return mark
        return (1, 1)


class FaultError(Exception):
    """A problem of the text itself, at a line and column counted from 1."""

    def __init__(self, line: int, col: int, path: KeyPath, what: str, **details: str | None):
        self.line, self.col, self.path, self.what, self.details = line, col, path, what, details
