"""Euler-Maruyama."""

from __future__ import annotations

from typing import ClassVar

from netmod.dynamics.solvers.solver import Solver


class Euler(Solver):
    """Euler-Maruyama: one drift a step (Maruyama 1955, doi:10.1007/BF02846028)."""

    name: ClassVar[str] = "euler"
    order: ClassVar[int] = 1
    strong_order: ClassVar[float] = 1.0

    def step(self, drift, y, dt, dw):
        """Return ``y + dt f(y) + dw``."""
        return tuple(a + dt * k + n for a, k, n in zip(y, drift(y), dw, strict=True))
