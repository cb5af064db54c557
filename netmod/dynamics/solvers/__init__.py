"""Fixed-step solvers for additive noise: one file each, registered here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from netmod.dynamics.solvers.euler import Euler
from netmod.dynamics.solvers.exponential import Exponential
from netmod.dynamics.solvers.heun import Heun
from netmod.dynamics.solvers.runge_kutta_4 import RungeKutta4
from netmod.dynamics.solvers.solver import Solver

SOLVERS: Mapping[str, Solver] = MappingProxyType(
    {s.name: s for s in (Euler(), Heun(), RungeKutta4(), Exponential())}
)
"""Every solver by its name."""

__all__ = ["SOLVERS", "Euler", "Exponential", "Heun", "RungeKutta4", "Solver"]
