"""The register of observables: a name, what it reads, and its options.

An observable is a function of evidence and options that returns one value of each subject (or of
each draw of the calcium rule), shape (subject,), or two for a correlation, shape (subject, 2). It
must not know what a row expects of it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from netmod.units import parse_time_h

ARM_OPTIONS = ("arm", "swap", "parts", "without", "other", "healthy", "untreated")
"""Options that name arms of the row, one or a list."""

TIME_OPTIONS = ("at", "until", "other_at")
"""Options that name times of scans, one or a list."""

Reads = Literal["scans", "course", "search", "calcium"]


@dataclass(frozen=True)
class Observable:
    """A registered observable.

    Attributes
    ----------
    name : str
        As rows call it.
    reads : {"scans", "course", "search", "calcium"}
        Scans (and slow states) of a study, slow states alone, a search among plans, or the
        calcium laboratory.
    function : callable
        ``function(evidence, **options)``.
    """

    name: str
    reads: Reads
    function: Callable[..., Any]

    @property
    def doc(self) -> str:
        """First line of its documentation."""
        return (inspect.getdoc(self.function) or "").splitlines()[0]

    @property
    def options(self) -> dict[str, bool]:
        """Its options, and whether each must be given."""
        parameters = list(inspect.signature(self.function).parameters.values())[1:]
        return {p.name: p.default is inspect.Parameter.empty for p in parameters}

    def arms(self, options: Mapping[str, Any]) -> set[str]:
        """Return the arms that a call names."""
        return {arm for name in ARM_OPTIONS for arm in listed(options.get(name))}

    def scans(self, options: Mapping[str, Any]) -> set[tuple[str, float]]:
        """Return the scans that a call looks at; none for other evidence.

        ``arm``, ``swap`` and ``parts`` at ``at`` and ``until``; ``other`` at ``other_at``, else at
        the same times; ``healthy`` and ``untreated`` at baseline.
        """
        if self.reads != "scans":
            return set()

        def pairs(arms: tuple[str, ...], times: tuple[str, ...]) -> set[tuple[str, float]]:
            at = [parse_time_h(time) for name in times for time in listed(options.get(name))]
            return {(arm, t) for name in arms for arm in listed(options.get(name)) for t in at}

        when = ("other_at",) if "other_at" in options else ("at",)
        still = [options.get("healthy"), options.get("untreated")]
        return (
            pairs(("arm", "swap", "parts"), ("at", "until"))
            | pairs(("other",), when)
            | {(arm, 0.0) for arm in still if arm}
        )


OBSERVABLES: dict[str, Observable] = {}
"""Every observable by its name, filled when :mod:`netmod.claims.observables` is imported."""


def observable(reads: Reads) -> Callable[[Callable], Callable]:
    """Return a decorator that registers an observable under its function's name."""

    def register(function: Callable) -> Callable:
        name = function.__name__
        if name in OBSERVABLES:
            raise ValueError(f"two observables are called '{name}'")
        OBSERVABLES[name] = Observable(name, reads, function)
        return function

    return register


def listed(value: Any) -> list:
    """Return one value or several as a list; none for None."""
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]
