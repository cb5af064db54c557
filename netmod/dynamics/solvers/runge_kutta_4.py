"""The classical Runge-Kutta method of order four."""

from __future__ import annotations

from typing import Any, ClassVar

from netmod.dynamics.solvers.solver import Drift, Solver, State


class RungeKutta4(Solver):
    """Classical Runge-Kutta 4: the noise is a constant force over each step.

    Kutta 1901, Z Math Phys 46:435. The noise of a step is spread evenly, as ``dw / dt`` added to
    the drift. A straight line has less variance between its ends than the path it stands for, and
    a curved drift sees that: the mean is wrong by ``dt f'' sd**2 / 12`` per s, so that moments
    converge with order 1, behind Heun's 2. This is a solver for little or no noise.
    Stimuli, averaged over each step, and delays, interpolated linearly, hold it (as every solver)
    to order 2 at most.
    """

    name: ClassVar[str] = "rk4"
    order: ClassVar[int] = 4
    strong_order: ClassVar[float] = 1.0
    weak_order: ClassVar[float] = 1.0

    def step(self, drift: Drift, y: State, dt: Any, dw: State, leak: State) -> State:
        """Return the classical step for ``f + dw / dt``, at fractions 0, 1/2, 1/2 and 1."""
        # dw / dt itself is never formed: its rounding would be that of a number 1 / dt larger
        half = 0.5 * dt
        k1 = drift(y, 0.0)
        k2 = drift(tuple(a + half * k + 0.5 * n for a, k, n in zip(y, k1, dw, strict=True)), 0.5)
        k3 = drift(tuple(a + half * k + 0.5 * n for a, k, n in zip(y, k2, dw, strict=True)), 0.5)
        k4 = drift(tuple(a + dt * k + n for a, k, n in zip(y, k3, dw, strict=True)), 1.0)
        return tuple(
            a + (dt / 6.0) * (p + 2.0 * (q + r) + s) + n
            for a, p, q, r, s, n in zip(y, k1, k2, k3, k4, dw, strict=True)
        )
