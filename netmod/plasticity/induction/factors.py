"""What drugs, states and the field change of the calcium rule, as numbers beside 1."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from netmod.errors import ConfigError


@dataclass(frozen=True)
class Factors:
    """Multipliers of the calcium rule; 1 (and a shift of 0) leaves it as published.

    Attributes
    ----------
    nmda : float
        Open share of NMDA receptors: scales the presynaptic calcium.
    potentiation : float
        Scales the rate of potentiation; 0 is a block of BDNF during induction.
    trkb_shift : float
        TrkB activity lowers the potentiation threshold by so much, never below that of
        depression.
    pre, post : float
        Scale the pre- and postsynaptic calcium (anaesthesia; 0 leaves one side out).
    threshold : float
        Prior activity: scales both thresholds (Bienenstock-Cooper-Munro metaplasticity).
    intensity : float
        Field relative to active stimulation: scales all calcium.

    Raises
    ------
    ConfigError
        If a factor is negative or not finite, or the threshold is 0.
    """

    nmda: float = 1.0
    potentiation: float = 1.0
    trkb_shift: float = 0.0
    pre: float = 1.0
    post: float = 1.0
    threshold: float = 1.0
    intensity: float = 1.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not 0.0 <= value < math.inf or (field.name == "threshold" and value == 0.0):
                least = "above 0" if field.name == "threshold" else "of at least 0"
                raise ConfigError(
                    f"{field.name} is out of range",
                    where=f"Factors.{field.name}",
                    expected=f"a finite number {least}",
                    got=repr(value),
                )


INTACT = Factors()
"""Nothing changed."""
