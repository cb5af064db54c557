"""What a neural mass, treatment or other extension declares about itself, without jax."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Parameter:
    """One declared number: default, unit, accepted range, meaning and source.

    Parameters
    ----------
    default : float
        Value when nothing else is said.
    unit : str
        Unit, ``1`` when dimensionless.
    low, high : float
        Closed range that is accepted.
    doc : str
        Meaning in one sentence.
    source : str
        Author, year, DOI; or ``proposal`` for a choice of this project; ``recalled`` marks a
        published value that was not re-read.
    whole : bool
        Whether only whole numbers are accepted.
    """

    default: float
    unit: str
    low: float
    high: float
    doc: str
    source: str
    whole: bool = False
