"""``--set key.path=value``: values laid over the file, checked like the file's own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from netmod.errors import ConfigError
from netmod.scenario.document import read_value
from netmod.scenario.positions import Positions
from netmod.scenario.problem import KeyPath, dotted, shown

_EXPECTED = "--set key.path=value, e.g. --set scanner.duration_s=600"


@dataclass(frozen=True)
class Override:
    """One value from the command line.

    Parameters
    ----------
    where : str
        The option as the user knows it: ``--set scanner.tr_s``, ``--engine``.
    path : tuple of str
        The key it sets.
    value : object
        Plain YAML data.
    """

    where: str
    path: KeyPath
    value: Any

    @classmethod
    def parse(cls, text: str) -> Override:
        """Read ``key.path=value``; the value is YAML: ``2``, ``heun``, ``[baseline, 2 h]``.

        Raises
        ------
        ConfigError
            If the text has no ``=`` or an empty key, or its value is not plain YAML.
        """
        key, sign, value = text.partition("=")
        path = tuple(part.strip() for part in key.split("."))
        where = f"--set {key.strip()}"
        if not sign:
            hint = f"write --set {key}=…"
            raise ConfigError("no value", where=where, expected=_EXPECTED, got=text, hint=hint)
        if not all(path):
            hint = "write the keys from the top of the file, with dots between"
            raise ConfigError("an empty key", where=where, expected=_EXPECTED, got=text, hint=hint)
        return cls(where, path, read_value(value, where))


def apply_overrides(
    data: dict[str, Any], positions: Positions, overrides: Iterable[Override]
) -> None:
    """Lay overrides over a document, in their order, and note them in its positions.

    Sections that the file does not have are made. A list of arm names becomes a mapping when an
    override reaches into one arm by its name.

    Raises
    ------
    ConfigError
        If a path leads through a value that holds no keys.
    """
    for override in overrides:
        path = _apply(data, override)
        # last given, last listed; what an earlier option set below this key is gone
        for below in [p for p in positions.overrides if p[: len(path)] == path]:
            del positions.overrides[below]
        positions.overrides[path] = override.where


def _apply(data: dict[str, Any], override: Override) -> KeyPath:
    """Set the value and return its path, with list entries as numbers."""
    path = override.path
    if path[0] == "arms" and len(path) > 1 and isinstance(data.get("arms"), list):
        names = data["arms"]
        if not str(path[1]).isdigit() and all(isinstance(name, str) for name in names):
            data["arms"] = dict.fromkeys(names)
    holder: Any = data
    taken: list[str | int] = []
    for depth, key in enumerate(path):
        last = depth == len(path) - 1
        if isinstance(holder, list):
            index = _index(holder, key, override)
            taken.append(index)
            if last:
                holder[index] = override.value
            else:
                holder[index] = {} if holder[index] is None else holder[index]
                holder = holder[index]
        elif isinstance(holder, dict):
            taken.append(key)
            if last:
                holder[key] = override.value
            else:
                if holder.get(key) is None:
                    holder[key] = {}
                holder = holder[key]
        else:
            raise ConfigError(
                f"'{dotted(path[:depth])}' holds no keys",
                where=override.where,
                expected="a path through mappings",
                got=shown(holder),
                hint=f"set it as a whole: --set {dotted(path[:depth])}=…",
            )
    return tuple(taken)


def _index(holder: list[Any], key: str | int, override: Override) -> int:
    if not str(key).isdecimal() or int(key) >= len(holder):
        raise ConfigError(
            "no such entry of a list",
            where=override.where,
            expected=f"0 to {len(holder) - 1}",
            got=shown(key),
            hint="count from 0, or set the whole list: --set key=[a, b]",
        )
    return int(key)
