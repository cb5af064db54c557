"""Euler-Maruyama."""

from __future__ import annotations

from typing import Any, ClassVar

from netmod.dynamics.solvers.solver import Drift, Solver, State


class Euler(Solver):
    """Euler-Maruyama: one drift a step (Maruyama 1955, doi:10.1007/BF02846028)."""

    name: ClassVar[str] = "euler"
    order: ClassVar[int] = 1
    strong_order: ClassVar[float] = 1.0
    weak_order: ClassVar[float] = 1.0

    def step(self, drift: Drift, y: State, dt: Any, dw: State, leak: State) -> State:
        """Return ``y + dt f(y, 0) + dw``."""
        return tuple(a + dt * k + n for a, k, n in zip(y, drift(y, 0.0), dw, strict=True))
