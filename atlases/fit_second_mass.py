"""Choose the constants of the second neural mass on the measured FC of healthy people alone.

    python atlases/fit_second_mass.py

Prints what a synapse onto inhibition takes away in an isolated reduced Wong-Wang region at its
set-point; then, for each atlas, how near the second mass comes to the measured FC over its global
coupling, with the healthy group's weights as they were fitted for reduced Wong-Wang. The constants
of ``netmod/claims/second_mass.py`` are those of the first atlas, rounded. Seconds on one core.
"""

from __future__ import annotations

import argparse

import numpy as np

from netmod.atlas import Atlas, load_atlas, load_effective_connectivity
from netmod.claims.second_mass import HOPF, Hopf, hopf_covariance, hopf_matrix
from netmod.dynamics.fic import TARGET_RATE_HZ, balance
from netmod.dynamics.linear import linearise
from netmod.dynamics.parameters import make_parameters
from netmod.dynamics.wiring import Wiring, long_range_weights, top_down_weights
from netmod.graph.connectivity import correlation
from netmod.models import MODELS

GRID = np.round(np.arange(0.1, 2.01, 0.1), 2)
"""Global couplings in 1/s."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("atlas", nargs="*", default=["dk84", "schaefer100", "glasser379"])
    options = parser.parse_args()
    inhibition = inhibition_of_a_region()
    print(f"inhibition {inhibition:.4f} (used: {HOPF.inhibition:g})")
    print("atlas\tG\tr\trmse\tmean FC\tmeasured")
    for name in options.atlas:
        atlas = load_atlas(name)
        weights = group_weights(atlas)
        rows = [(G, *quality(atlas, weights, G)) for G in map(float, GRID)]
        best = min(rows, key=lambda row: row[2])
        used = (HOPF.G, *quality(atlas, weights, HOPF.G))
        for word, row in (("nearest", best), ("used", used)):
            print("\t".join([f"{name} {word}", *(f"{value:.3f}" for value in row)]))
    return 0


def inhibition_of_a_region() -> float:
    """Return how much an input onto inhibition lowers S_E, over how much the other raises it."""
    import jax

    model = MODELS["reduced_wong_wang"]
    with jax.enable_x64(True):
        parameters = make_parameters(model, np.zeros((2, 1, 1)))
        J, state = balance(parameters, TARGET_RATE_HZ)
        linear = linearise(model, parameters.replace(J=J), state)
        inputs = np.asarray(linear.inputs)[:, 0]
        raised, lowered = (np.linalg.solve(np.asarray(linear.local)[0], b)[0] for b in inputs)
    return float(-lowered / raised)


def group_weights(atlas: Atlas) -> np.ndarray:
    """Return the weights of the healthy group, shape (2, target, source)."""
    fitted = load_effective_connectivity(atlas, "reduced_wong_wang")
    given = fitted.parameters
    wiring = Wiring(given["feedforward"], top_down_weights(atlas, given["top_down"]))
    return np.asarray(long_range_weights(np.asarray(fitted.weights), wiring))


def quality(atlas: Atlas, weights: np.ndarray, G: float) -> tuple[float, float, float, float]:
    """Return r and RMSE against the measured FC, the model's mean FC and the measured one."""
    rates = np.full(atlas.n_regions, TARGET_RATE_HZ)
    matrix = hopf_matrix(weights, rates, Hopf(G=G))
    pairs = np.triu_indices(atlas.n_regions, 1)
    model, measured = correlation(hopf_covariance(matrix))[pairs], np.asarray(atlas.fc)[pairs]
    known = np.isfinite(measured)
    model, measured = model[known], measured[known]
    r = np.corrcoef(model, measured)[0, 1]
    rmse = np.sqrt(np.mean((model - measured) ** 2))
    return float(r), float(rmse), float(model.mean()), float(measured.mean())


if __name__ == "__main__":
    raise SystemExit(main())
