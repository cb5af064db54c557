"""The one place that maps slow state and acute perturbation onto the fast model's parameters."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from netmod.dynamics.parameters import Parameters
from netmod.plasticity.slow import Anatomy, SlowState


def apply_slow_state(
    lesioned: Parameters,
    state: SlowState,
    anatomy: Anatomy,
    constants: Mapping[str, float],
) -> tuple[Parameters, np.ndarray]:
    """Return the fast parameters under a slow state, and the baseline of J.

    Outgoing synapses of a region change alike, onto excitation and inhibition. Spine growth and
    acute 5-HT2A action both flatten a region's incoming weights onto excitation (pyramidal cells
    carry the spines and the receptor): new contacts and relaxed ones fall evenly on its existing
    inputs while synaptic scaling keeps their sum.

    Parameters
    ----------
    lesioned : Parameters
        The subject's network before treatment; ``J`` is its baseline.
    state : SlowState
        At one time.
    anatomy : Anatomy
        Receptor maps.
    constants : mapping
        Values of :data:`netmod.plasticity.PARAMETERS`.

    Returns
    -------
    parameters : Parameters
        With J still at the lesioned baseline (:func:`netmod.dynamics.homeostasis.equilibrium`
        solves for it).
    baseline : array, shape (region,)
        Baseline of J in nA, raised by seizures and lowered by an open PV brake.
    """
    occupancy = state.occupancy_2a * anatomy.ht2a
    weights = lesioned.weights * (1.0 + state.late + state.early)[None, None, :]
    flat = 1.0 - (1.0 - constants["psychedelic_relaxation"] * occupancy) / (1.0 + state.spines)
    weights = np.stack([flatten(weights[0], flat), *weights[1:]])
    old = lesioned.values
    values = {
        "gain": old["gain"] + constants["psychedelic_gain"] * occupancy,
        "excitation": old["excitation"] + constants["psychedelic_excitation"] * occupancy,
        "noise_sd": old["noise_sd"] * (1.0 + constants["psychedelic_noise"] * occupancy),
        "I_ext": old["I_ext"] + constants["serotonin_current_nA"] * state.tone * anatomy.ht1a,
    }
    baseline = (
        old["J"]
        * (1.0 + state.seizure_inhibition)
        * (1.0 - constants["brake_inhibition"] * (1.0 - state.brake))
    )
    return lesioned.replace(weights=weights, **values), baseline


def flatten(weights: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Move each region's incoming weights towards their mean, keeping their sum.

    Parameters
    ----------
    weights : array, shape (target, source)
        Non-negative weights; absent edges (0) stay absent.
    share : array, shape (region,)
        How far each target's inputs move, 0 to 1.
    """
    present = weights > 0
    count = np.maximum(present.sum(axis=1, keepdims=True), 1)
    mean = weights.sum(axis=1, keepdims=True) / count
    share = np.asarray(share)[:, None]
    return np.where(present, (1.0 - share) * weights + share * mean, 0.0)
