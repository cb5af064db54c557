"""The one place that maps slow state and acute perturbation onto the fast model's parameters."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from netmod.dynamics.parameters import Parameters
from netmod.plasticity.anatomy import Anatomy
from netmod.plasticity.state import SlowState

LEAST = 0.05
"""Of its weight, what an edge keeps whatever happens to it."""


def apply_slow_state(
    lesioned: Parameters,
    state: SlowState,
    subject: int,
    anatomy: Anatomy,
    constants: Mapping[str, float],
    gates: Mapping[str, float] = MappingProxyType({}),
) -> tuple[Parameters, np.ndarray]:
    """Return one subject's fast parameters under a slow state, and the baseline of J.

    Outgoing synapses of a region change alike, onto excitation and inhibition, and its recurrent
    ones by a share of it. What surroundings taught and what seizures remodelled changes single
    edges and keeps the sum of a region's inputs (synaptic scaling): without it, what is learned
    would teach more and more. Spine growth and acute
    5-HT2A action both flatten a region's incoming weights onto excitation (pyramidal cells carry
    the spines and the receptor): new contacts and relaxed ones fall evenly on its existing inputs
    while synaptic scaling keeps their sum. Spines lost sharpen them.

    Parameters
    ----------
    lesioned : Parameters
        The subject's network before treatment; ``J`` is its baseline.
    state : SlowState
        At one time.
    subject : int
        Which of its subjects.
    anatomy : Anatomy
        Receptor maps.
    constants : mapping
        Values of :data:`netmod.plasticity.PARAMETERS`.
    gates : mapping
        ``ei``: share of the change in which synapses onto inhibition take part; ``ht1a``: factor of
        the current through that receptor; absent means 1.

    Returns
    -------
    parameters : Parameters
        With J still at the lesioned baseline (:func:`netmod.dynamics.homeostasis.equilibrium`
        solves for it).
    baseline : array, shape (region,)
        Baseline of J in nA, raised by seizures, lowered by an open PV brake and by an NMDA
        antagonist, which takes interneurons' drive.
    """
    c, k = constants, subject
    change = state.efficacy[k]
    onto = np.ones((len(lesioned.weights), 1, 1))
    onto[1:] = gates.get("ei", 1.0)
    factor = np.maximum(1.0 + onto * change[None, None, :], LEAST)
    weights = lesioned.weights * factor
    if state.learned is not None:
        pairs = zip(weights, 1.0 + onto * state.learned[k], strict=True)
        weights = np.stack([scaled(w, by) for w, by in pairs])
    if state.turnover is not None:
        weights = np.stack(
            [scaled(w, 1.0 + share * state.turnover[k])
             for w, share in zip(weights, onto, strict=True)]
        )  # fmt: skip
    occupancy = state.occupancy_2a[k] * anatomy.ht2a
    flat = 1.0 - (1.0 - c["psychedelic_relaxation"] * occupancy) / state.spines[k]
    weights = np.stack([flatten(weights[0], flat), *weights[1:]])
    old = lesioned.values
    values = {
        "w_plus": old["w_plus"] * (1.0 + c["recurrent_share"] * change),
        "gain": old["gain"] + c["psychedelic_gain"] * occupancy,
        "excitation": old["excitation"] + c["psychedelic_excitation"] * occupancy,
        "noise_sd": old["noise_sd"] * (1.0 + c["psychedelic_noise"] * occupancy),
        "I_ext": old["I_ext"]
        + gates.get("ht1a", 1.0) * c["serotonin_current_nA"] * state.tone[k] * anatomy.ht1a,
    }
    baseline = (
        old["J"]
        * (1.0 + state.rise[k])
        * (1.0 - c["brake_inhibition"] * (1.0 - state.brake[k]))
        * (1.0 - c["ketamine_disinhibition"] * state.occupancy_nmda[k])
    )
    return lesioned.replace(weights=weights, **values), baseline


def scaled(weights: np.ndarray, factor: np.ndarray) -> np.ndarray:
    """Scale edges, then each region's inputs back to their old sum.

    Parameters
    ----------
    weights : array, shape (target, source)
        Non-negative weights.
    factor : array, shape (target, source)
        Below :data:`LEAST` it counts as that.
    """
    changed = weights * np.maximum(factor, LEAST)
    before, after = (w.sum(axis=1, keepdims=True) for w in (weights, changed))
    return changed * np.divide(before, after, out=np.ones_like(before), where=after > 0)


def flatten(weights: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Move each region's incoming weights towards their mean, keeping their sum.

    Parameters
    ----------
    weights : array, shape (target, source)
        Non-negative weights; absent edges (0) stay absent.
    share : array, shape (region,)
        How far each target's inputs move, at most 1; below 0 away from their mean, where an edge
        that would change its sign is gone.
    """
    present = weights > 0
    count = np.maximum(present.sum(axis=1, keepdims=True), 1)
    total = weights.sum(axis=1, keepdims=True)
    share = np.asarray(share)[:, None]
    moved = np.where(present, (1.0 - share) * weights + share * total / count, 0.0)
    if (moved >= 0.0).all():
        return moved
    moved = np.maximum(moved, 0.0)
    return moved * total / np.maximum(moved.sum(axis=1, keepdims=True), np.finfo(float).tiny)
