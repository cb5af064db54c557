"""The networks that suites run on: dk84 as shipped, and seeded synthetic ones of any size."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from netmod.atlas import load_atlas, load_effective_connectivity
from netmod.dynamics.delays import conduction_delays
from netmod.dynamics.noise import scan_key
from netmod.dynamics.parameters import Parameters, make_parameters
from netmod.models import MODELS, Model

SEED = 20240229
FEEDFORWARD = 0.2
"""Share of every weight that reaches inhibition, as in the shipped wiring."""

J_NA = 1.6
"""Local inhibition, nA: keeps both networks near rest. The cost does not hang on it."""

RADIUS = 0.5
"""Spectral radius of synthetic weights."""


@lru_cache(maxsize=4)
def connectome(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return weights and tract lengths in mm, both ``[target, source]``.

    84 is the shipped effective connectivity of dk84. Any other size is synthetic and dense: regions
    uniform in an ellipsoid of 140 x 170 x 120 mm, symmetric log-normal weights (sigma 1.5) of
    spectral radius 0.5, lengths 1.2 times the distance and at least 10 mm.
    """
    if n == 84:
        atlas = load_atlas("dk84")
        weights = load_effective_connectivity(atlas, "reduced_wong_wang").weights
        return np.asarray(weights), np.asarray(atlas.lengths_mm)
    rng = np.random.default_rng([SEED, n])
    weights = np.triu(rng.lognormal(0.0, 1.5, (n, n)), 1)
    weights = weights + weights.T
    weights *= RADIUS / np.abs(np.linalg.eigvalsh(weights)).max()
    place = rng.normal(size=(n, 3))
    place *= rng.uniform(size=(n, 1)) ** (1 / 3) / np.linalg.norm(place, axis=1, keepdims=True)
    place *= np.array([70.0, 85.0, 60.0])
    lengths = np.linalg.norm(place[:, None] - place[None], axis=-1) * 1.2
    lengths = np.where(np.eye(n, dtype=bool), 0.0, np.maximum(lengths, 10.0))
    return weights, lengths


def batch(
    n: int, lanes: int, *, shared: bool, velocity_m_per_s: float | None = None
) -> tuple[Parameters, tuple[np.ndarray, ...], np.ndarray]:
    """Return parameters stacked over lanes, initial states and noise keys.

    Parameters
    ----------
    n, lanes : int
        Regions and simulations.
    shared : bool
        One connectome for all lanes; otherwise each has its own, a few per cent apart.
    velocity_m_per_s : float, optional
        Conduction velocity; without it nothing is delayed.
    """
    model = reduced_wong_wang()
    C, lengths_mm = connectome(n)
    delays_s = None
    if velocity_m_per_s is not None:
        delays_s = conduction_delays(lengths_mm, velocity_m_per_s)
    one = make_parameters(model, np.stack([C, FEEDFORWARD * C]), {"J": J_NA}, delays_s)
    weights: Any = one.weights
    if not shared:
        # in the width of the run and without a list of copies: this is the largest array there is
        weights = np.empty((lanes, *one.weights.shape), np.float32)
        rng = np.random.default_rng([SEED, n, lanes])
        for lane in range(lanes):
            weights[lane] = one.weights * rng.uniform(0.95, 1.05, (n, n))
    values = {name: np.broadcast_to(value, (lanes, n)) for name, value in one.values.items()}
    if delays_s is not None:
        delays_s = np.broadcast_to(delays_s, (lanes, n, n))
    start = tuple(np.full((lanes, n), value) for value in model.start)
    keys = np.stack([scan_key(1, str(k), "benchmark") for k in range(lanes)])
    return Parameters(values, weights, delays_s), start, keys


def reduced_wong_wang() -> Model:
    """Return the model that all suites run."""
    return MODELS["reduced_wong_wang"]


@lru_cache(maxsize=4)
def noise_free(model: Model) -> Model:
    """Return the same model with noise on no state: its program draws no random numbers at all."""
    quiet = type(f"NoiseFree{type(model).__name__}", (type(model),), {"noise_on": ()})
    return quiet()
