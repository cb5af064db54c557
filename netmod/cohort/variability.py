"""How a person's connectivity departs from the group's: two documented generators.

``independent``: every weight times its own log-normal number, one spread for all of them. Simple,
and not how people differ.

``calibrated``: the logarithm of a weight departs from the group's by ``s x`` with ``x`` of unit
variance, the sum of a part common to all weights of a person, a part of each of the two regions and
a part of the edge. Strong connections vary less than weak ones: the spread ``s`` falls with the
connection's share, its weight over the mean strength (summed weight) of a region,

    s = amplitude * WEAK_EDGE_SD / (1 + share / HALF_SPREAD_SHARE).

The form and the shares of variance are those of tractography in seven people. How much people
differ in tractography is mostly a matter of measurement and says little of how much their effective
connectivity differs; the amplitude is therefore set by function: virtual people's connectivity
(FC) differs as much as real people's does once the noise of a scan is taken off.
``atlases/calibrate_variability.py`` computes all of it, ``docs/individuals.md`` explains it.

Both keep the group's weights as the mean of people's, symmetry where the group has it, and the
places of edges: no edge is lost or new.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

WEAK_EDGE_SD = 0.798
"""Between-subject SD of the log weight of the weakest tractography edges; computed by the
script."""

HALF_SPREAD_SHARE = 0.0309
"""Share of a region's mean strength at which the SD is half of that; computed by the script."""

SUBJECT_SHARE, NODE_SHARE, EDGE_SHARE = 0.065, 0.307, 0.628
"""Shares of the variance of log weights: common to a person, of the two regions, of the edge;
computed by the script."""


def edge_sd(weights: np.ndarray) -> np.ndarray:
    """Return the between-subject SD of log weights that tractography shows at each edge.

    Parameters
    ----------
    weights : array, shape (target, source)
        Group weights in any unit, not negative.

    Returns
    -------
    ndarray, shape (target, source)
        Natural-log SD; :data:`WEAK_EDGE_SD` where there is no edge.
    """
    strength = weights.sum(axis=1).mean()
    share = weights / strength if strength > 0 else weights
    return WEAK_EDGE_SD / (1.0 + share / HALF_SPREAD_SHARE)


def independent(
    weights: np.ndarray, normal: np.ndarray, constants: Mapping[str, float]
) -> np.ndarray:
    """Return a person's weights, each edge varied on its own.

    Parameters
    ----------
    weights : array, shape (target, source)
        Group weights.
    normal : array, shape (region, region)
        Standard normal numbers; those above the diagonal are used, for both directions.
    constants : mapping
        ``connectivity_sd``: natural-log SD of every edge.
    """
    sd = constants["connectivity_sd"]
    jitter = np.triu(np.exp(sd * normal - 0.5 * sd**2), 1)
    return weights * (jitter + jitter.T)


def calibrated(
    weights: np.ndarray, normal: np.ndarray, constants: Mapping[str, float]
) -> np.ndarray:
    """Return a person's weights, varied as real people's vary.

    Parameters
    ----------
    weights : array, shape (target, source)
        Group weights.
    normal : array, shape (region, region)
        Standard normal numbers: those above the diagonal are of edges, those on it of regions, the
        one at the lower left of the person.
    constants : mapping
        ``connectivity_amplitude``: spread relative to tractography's.

    Notes
    -----
    Log-normal with mean 1 at every edge; `proposal` in its form, fitted in its numbers.
    """
    node = np.diagonal(normal)
    edge = np.triu(normal, 1)
    deviation = (
        np.sqrt(SUBJECT_SHARE) * normal[-1, 0]
        + np.sqrt(NODE_SHARE / 2) * (node[:, None] + node[None, :])
        + np.sqrt(EDGE_SHARE) * (edge + edge.T)
    )
    sd = constants["connectivity_amplitude"] * edge_sd(weights)
    return weights * np.exp(sd * deviation - 0.5 * sd**2)


def measured(weights: np.ndarray, normal: np.ndarray, constants: Mapping[str, float]) -> np.ndarray:
    """Return weights as they are: those of a real person are not varied."""
    return weights


Generator = Callable[[np.ndarray, np.ndarray, Mapping[str, float]], np.ndarray]

GENERATORS: Mapping[str, Generator] = MappingProxyType(
    {"independent": independent, "calibrated": calibrated, "measured": measured}
)
"""Generators by name; a scenario names one of the first two."""
