"""What a fixed-step solver is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

State = tuple[Any, ...]


class Solver(ABC):
    """One step of ``dy = f(y) dt + dw`` with additive noise, for which Ito and Stratonovich agree.

    Attributes
    ----------
    name : str
        The word used in scenarios.
    order : int
        Order of convergence without noise.
    strong_order : float
        Strong order with additive noise.
    """

    name: ClassVar[str]
    order: ClassVar[int]
    strong_order: ClassVar[float]

    @abstractmethod
    def step(self, drift: Callable[[State], State], y: State, dt: float, dw: State) -> State:
        """Return the state after ``dt``.

        Parameters
        ----------
        drift : callable
            State to time derivative, in 1/s.
        y : tuple of arrays
            State.
        dt : float
            Step in s.
        dw : tuple of arrays
            Noise increments over the step, already scaled.
        """
