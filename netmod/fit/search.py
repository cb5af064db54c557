"""The best plan of a mixed space: every one where that is possible, differential evolution else.

Differential evolution: Storn and Price 1997, doi:10.1023/A:1008202821328.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from netmod.errors import ConfigError

Plan = dict[str, Any]
"""One value of every axis, by its name."""

GENERATIONS = 8
"""Generations that a budget is to last for, the first included (proposal)."""

SMALLEST, LARGEST = 5, 10
"""Individuals of a generation: at least, and at most for each axis (proposal)."""


@dataclass(frozen=True)
class Choice:
    """An axis of separate values, without an order.

    Parameters
    ----------
    name : str
        Key of a plan.
    values : tuple
        Hashable, each once, at least one.

    Raises
    ------
    ConfigError
        If there is no value, or one is given twice.
    """

    name: str
    values: tuple[Any, ...]

    def __post_init__(self) -> None:
        if not self.values or len(set(self.values)) < len(self.values):
            raise ConfigError(
                "not a choice", where=self.name, expected="values, each once", got=str(self.values)
            )

    @property
    def size(self) -> float:
        """Number of its values."""
        return len(self.values)

    def points(self) -> tuple[Any, ...]:
        """Return its values."""
        return self.values

    @property
    def bounds(self) -> tuple[float, float]:
        """First and last place in the list."""
        return 0.0, len(self.values) - 1.0

    def at(self, x: float) -> Any:
        """Return the value at a place in the list."""
        return self.values[round(x)]


@dataclass(frozen=True)
class Span:
    """An axis of numbers from low to high, both included.

    Parameters
    ----------
    name : str
        Key of a plan.
    low, high : float
        Its ends, finite.
    whole : bool
        Whole numbers only.

    Raises
    ------
    ConfigError
        If an end is not finite, or nothing lies between them.
    """

    name: str
    low: float
    high: float
    whole: bool = False

    def __post_init__(self) -> None:
        finite = math.isfinite(self.low) and math.isfinite(self.high)
        if not finite or self.bounds[0] > self.bounds[1]:
            kind = "whole number" if self.whole else "number"
            raise ConfigError(
                "an empty range", where=self.name, expected=f"a {kind} from low to high",
                got=f"{self.low} to {self.high}",
            )  # fmt: skip

    @property
    def size(self) -> float:
        """Number of its values, infinite unless they are whole or one."""
        low, high = self.bounds
        return high - low + 1.0 if self.whole or low == high else math.inf

    def points(self) -> tuple[Any, ...]:
        """Return its values; only of finitely many."""
        low, high = self.bounds
        return tuple(range(int(low), int(high) + 1)) if self.whole else (low,)

    @property
    def bounds(self) -> tuple[float, float]:
        """Lowest and highest value."""
        if self.whole:
            return float(math.ceil(self.low)), float(math.floor(self.high))
        return float(self.low), float(self.high)

    def at(self, x: float) -> Any:
        """Return the value at a number."""
        return round(x) if self.whole else float(np.clip(x, *self.bounds))


@dataclass(frozen=True)
class Found:
    """What a search found.

    Attributes
    ----------
    plan : dict
        The plan of lowest loss; of equal ones the first that was tried.
    loss : float
        Its loss; infinite when no plan tried has a finite one.
    tried : int
        Different plans whose loss was asked for.
    """

    plan: Plan
    loss: float
    tried: int


def size_of(space: Sequence[Choice | Span]) -> float:
    """Return the number of plans in a space; infinite when an axis is continuous.

    Parameters
    ----------
    space : sequence of Choice or Span
        Its axes.
    """
    return math.prod(axis.size for axis in space)


def search(
    loss: Callable[[list[Plan]], Any],
    space: Sequence[Choice | Span],
    budget: int,
    seed: int = 0,
) -> Found:
    """Return the plan of lowest loss.

    A space of at most `budget` plans is tried as a whole, in one batch. Of a larger one
    differential evolution tries as many plans at most, a generation a batch; no plan twice.

    Parameters
    ----------
    loss : callable
        ``loss(plans) -> array, shape (plan,)``; what is not finite counts as infinite.
    space : sequence of Choice or Span
        Axes with different names.
    budget : int
        Most plans whose loss is asked for.
    seed : int
        Of the evolution; an exhaustive search has no chance in it.

    Raises
    ------
    ConfigError
        If two axes share a name, or the budget is too small: less than one plan, or less than
        a generation (:data:`SMALLEST`) where not every plan can be tried.
    """
    names = [axis.name for axis in space]
    if len(set(names)) < len(names):
        raise ConfigError("two axes have the same name", expected="each once", got=", ".join(names))
    exhaustive = size_of(space) <= budget
    least = 1 if exhaustive else SMALLEST
    if budget < least:
        raise ConfigError(
            "the budget is too small", where="budget", expected=f"{least} plans or more",
            got=str(budget),
        )  # fmt: skip
    known: dict[tuple[Any, ...], float] = {}

    def ask(points: list[tuple[Any, ...]]) -> np.ndarray:
        new = list(dict.fromkeys(point for point in points if point not in known))
        if new:
            values = np.asarray(loss([dict(zip(names, p, strict=True)) for p in new]), float)
            known.update(zip(new, np.where(np.isfinite(values), values, np.inf), strict=True))
        return np.array([known[point] for point in points])

    if exhaustive:
        ask(list(product(*(axis.points() for axis in space))))
    else:
        _evolve(ask, space, budget, seed)
    best = min(known, key=known.__getitem__)
    return Found(dict(zip(names, best, strict=True)), float(known[best]), len(known))


def _evolve(
    ask: Callable[[list[tuple[Any, ...]]], np.ndarray],
    space: Sequence[Choice | Span],
    budget: int,
    seed: int,
) -> None:
    from scipy.optimize import differential_evolution

    individuals = max(SMALLEST, min(LARGEST * len(space), budget // GENERATIONS))
    low, high = np.array([axis.bounds for axis in space]).T
    whole = np.array([isinstance(axis, Choice) or axis.whole for axis in space])
    rng = np.random.default_rng(seed)
    # every value of a choice or of whole numbers is as likely as any other
    first = low + rng.random((individuals, len(space))) * (high - low + whole)
    first = np.where(whole, np.minimum(np.floor(first), high), first)
    differential_evolution(
        lambda x: ask([tuple(a.at(v) for a, v in zip(space, one, strict=True)) for one in x.T]),
        np.column_stack([low, high]),
        init=first,
        maxiter=budget // individuals - 1,
        tol=0.0,
        rng=rng,
        polish=False,
        updating="deferred",
        vectorized=True,
        integrality=whole,
    )
