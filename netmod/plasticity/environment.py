"""Surroundings as a pattern of input, and what an activity-dependent rule makes of it.

Nothing here knows a healthy network. Surroundings drive some regions; the network answers with
changes of its rates; synapses between regions that change together grow, others shrink.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from netmod.atlas import Atlas

PATTERNS: Mapping[str, str] = {
    "task": "demanding, supportive surroundings: the dorsolateral prefrontal cortex is driven",
    "threat": "adverse surroundings: subgenual cortex and amygdala are driven",
}
"""Patterns of input by name."""

_REGIONS = {"task": ("dlpfc_left", "dlpfc_right"), "threat": ("sgacc", "amygdala")}

ENVIRONMENTS: Mapping[str, Mapping[str, float]] = {
    "supportive": {"task": 0.1},
    "neutral": {},
    "adverse": {"threat": 0.1},
}
"""Background strength of each pattern, day and night (proposal)."""

STRESSING: Mapping[str, float] = {"task": -1.0, "threat": 1.0}
"""How a pattern at its background strength changes stress, in units of ``environment_stress``; a
stronger one changes it no more, so that an hour of placebo's contact relieves as one of therapy."""


def pattern_of(atlas: Atlas, name: str) -> np.ndarray:
    """Return where a pattern drives the brain: 1 there, 0 elsewhere, shape (region,).

    A pattern whose regions the atlas lacks drives nothing.
    """
    found = np.zeros(atlas.n_regions)
    for target in _REGIONS[name]:
        found[list(atlas.targets.get(target, ()))] = 1.0
    return found


def learned(
    change: np.ndarray, answer: np.ndarray, sender: np.ndarray, dose: np.ndarray, largest: float
) -> np.ndarray:
    """Return the relative change of edges after a stretch of Hebbian learning.

    Parameters
    ----------
    change : array, shape (..., target, source)
        Relative change of each edge so far.
    answer : array, shape (..., target)
        Relative change of the receiving population's activity under the pattern.
    sender : array, shape (..., source)
        The same of the sending region's excitatory population.
    dose : array, shape (..., target)
        Learning rate of the receiving region, integrated over the stretch.
    largest : float
        Bound of the change: what is left to it slows growth (soft bound).
    """
    push = (dose * answer)[..., :, None] * sender[..., None, :]
    room = np.where(push > 0, largest - change, largest + change) / largest
    # exact for a constant push: the change approaches its bound and never passes it
    rate = np.abs(push) / largest
    return change + np.sign(push) * largest * room * -np.expm1(-rate)
