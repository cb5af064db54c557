"""What a named graph measure declares about itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from numpy.typing import NDArray


@dataclass(frozen=True)
class Measure:
    """A named measure of one graph.

    Parameters
    ----------
    name, unit : str
        Key in the registry; ``1`` when dimensionless, ``w`` in the unit of the weights.
    range : str
        Values that it can take.
    doc : str
        Definition in one sentence.
    source : str
        Author, year, DOI; or ``proposal``.
    compute : callable
        ``compute(weights, **inputs)`` → float or array of shape (N,).
    per_region : bool
        Whether it gives one value per region.
    signed, directed : bool
        Whether negative weights, and asymmetric ones, are meant; if not they are refused.
    needs : tuple of str
        Keyword inputs besides the matrix: ``labels``, ``random``, ``lattice``.
    """

    name: str
    unit: str
    range: str
    doc: str
    source: str
    compute: Callable[..., float | NDArray]
    per_region: bool = False
    signed: bool = False
    directed: bool = False
    needs: tuple[str, ...] = ()
