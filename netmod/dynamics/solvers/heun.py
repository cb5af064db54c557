"""Stochastic Heun."""

from __future__ import annotations

from typing import Any, ClassVar

from netmod.dynamics.solvers.solver import Drift, Solver, State


class Heun(Solver):
    """Stochastic Heun: trapezoidal drift, the same noise in predictor and corrector.

    Kloeden and Platen 1992, doi:10.1007/978-3-662-12616-5.
    """

    name: ClassVar[str] = "heun"
    order: ClassVar[int] = 2
    strong_order: ClassVar[float] = 1.0
    weak_order: ClassVar[float] = 2.0

    def step(self, drift: Drift, y: State, dt: Any, dw: State, leak: State) -> State:
        """Return ``y + dt (f(y, 0) + f(y + dt f(y, 0) + dw, 1)) / 2 + dw``."""
        first = drift(y, 0.0)
        guess = tuple(a + dt * k + n for a, k, n in zip(y, first, dw, strict=True))
        second = drift(guess, 1.0)
        return tuple(
            a + (0.5 * dt) * (k + m) + n for a, k, m, n in zip(y, first, second, dw, strict=True)
        )
