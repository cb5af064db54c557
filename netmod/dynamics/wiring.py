"""How excitatory long-range weights reach inhibition: one stated rule and one named pathway."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from netmod.atlas import Atlas

FEEDFORWARD = 0.2
"""Share of every long-range weight that excites the target's inhibition (proposal)."""

TOP_DOWN = 0.4
"""Summed weight from prefrontal cortex onto the inhibition of a subgenual region (proposal)."""


class Wiring(NamedTuple):
    """The rule that gives the weights onto inhibitory populations.

    ``W_EI = feedforward * C + top_down``: every long-range projection also excites inhibition by
    the same share, and prefrontal cortex inhibits the subgenual region in addition.

    Attributes
    ----------
    feedforward : float
        Share of each excitatory weight that reaches the target's inhibitory population.
    top_down : array, shape (target, source)
        The prefrontal to subgenual pathway (:func:`top_down_weights`).
    """

    feedforward: float
    top_down: Any


def long_range_weights(C: Any, wiring: Wiring) -> Any:
    """Return the stacked weights (to_excitatory, to_inhibitory), shape (2, target, source)."""
    inhibition = wiring.feedforward * C + wiring.top_down
    if isinstance(inhibition, np.ndarray):
        return np.stack([C, inhibition])
    import jax.numpy as jnp

    return jnp.stack([C, inhibition])


def top_down_weights(atlas: Atlas, size: float) -> np.ndarray:
    """Return the prefrontal to subgenual pathway of an atlas, zero where it lacks a target.

    Dorsolateral prefrontal axons reach subgenual cortex, directly and by way of area 32, and there
    contact inhibitory neurons in good part (Joyce et al. 2020,
    doi:10.1523/JNEUROSCI.0860-20.2020; macaque). Its size is a proposal.

    Parameters
    ----------
    atlas : Atlas
        For the targets ``dlpfc_left``, ``dlpfc_right`` and ``sgacc``.
    size : float
        What each subgenual region receives, in units of the effective connectivity. The sources
        share it evenly, so that it means the same however finely prefrontal cortex is parcelled.

    Returns
    -------
    array, shape (target, source)
    """
    pathway = np.zeros((atlas.n_regions, atlas.n_regions))
    sources = [*atlas.targets.get("dlpfc_left", ()), *atlas.targets.get("dlpfc_right", ())]
    if sources:
        pathway[np.ix_(list(atlas.targets.get("sgacc", ())), sources)] = size / len(sources)
    return pathway
