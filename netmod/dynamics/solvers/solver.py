"""What a fixed-step solver is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

State = tuple[Any, ...]
Drift = Callable[[State, float], State]


class Solver(ABC):
    """One step of ``dy = f(y) dt + dw`` with additive noise, for which Ito and Stratonovich agree.

    Attributes
    ----------
    name : str
        The word used in scenarios.
    order : int
        Order of convergence without noise.
    strong_order : float
        Order of convergence of every path with additive noise. No method does better than 1
        from the increments over whole steps alone (Clark and Cameron 1980, Lect Notes Control
        Inf Sci 25:162).
    weak_order : float
        Order of convergence of moments with additive noise.
    """

    name: ClassVar[str]
    order: ClassVar[int]
    strong_order: ClassVar[float]
    weak_order: ClassVar[float]

    @abstractmethod
    def step(self, drift: Drift, y: State, dt: Any, dw: State, leak: State) -> State:
        """Return the state after ``dt``.

        Parameters
        ----------
        drift : callable
            ``drift(y, s)``: time derivative, in 1/s, of a state at the fraction ``s`` of the step,
            a Python float in [0, 1]. What depends on time by itself (delayed inputs,
            stimulation) is read there.
        y : tuple of arrays, each of any one shape
            State.
        dt : float
            Step in s.
        dw : tuple of arrays or 0.0
            Noise increments over the step, already scaled: variance ``sd**2 dt``.
        leak : tuple of arrays or 0.0
            Linear decay rates in 1/s; the drift contains ``-leak * y``. Exponential solvers
            alone use them.
        """

    @property
    def doc(self) -> str:
        """First line of the docstring."""
        return (self.__doc__ or "").strip().splitlines()[0]
