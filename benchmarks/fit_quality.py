"""How well the effective connectivity of dk84 reproduces the measured FC, in both engines.

    python benchmarks/fit_quality.py [--enigma FOLDER]

Linear engine, and simulation of 5 min x 8 seeds at TR 2 s. With a folder that holds the ENIGMA
toolbox's ``funcMatrix_with_sctx.csv`` and ``funcLabels_with_sctx.csv`` the same r is printed for
that FC, beside the r of the two measured matrices: both rest on the same people, so that it is no
validation either.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

SEEDS = 8


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--enigma", type=Path)
    options = parser.parse_args()

    from netmod.dynamics.devices import prepare_devices

    prepare_devices()
    from netmod.atlas import load_atlas, load_effective_connectivity
    from netmod.dynamics.wiring import Wiring, top_down_weights
    from netmod.fit.quality import predicted_fc
    from netmod.models import MODELS

    atlas = load_atlas("dk84")
    model = MODELS["reduced_wong_wang"]
    fitted = load_effective_connectivity(atlas, model.name)
    wiring = Wiring(
        fitted.parameters["feedforward"], top_down_weights(atlas, fitted.parameters["top_down"])
    )
    linear, _ = predicted_fc(model, fitted.weights, wiring)
    rows = {
        "measured": atlas.fc,
        "linear": linear,
        "sde": simulated_fc(model, atlas, fitted.weights, wiring),
    }
    others = {"measured": atlas.fc}
    if options.enigma:
        others["enigma"] = enigma_fc(atlas, options.enigma)
    header = ["FC", *(f"r with {name}" for name in others), "segregation", "Q", "L-DLPFC-sgACC"]
    print(" | ".join([*header, "after GSR"]))
    for name, fc in rows.items():
        values = [correlate(atlas, fc, other) for other in others.values()]
        values += describe(atlas, fc)
        print(" | ".join([name, *(f"{value:.3f}" for value in values)]))
    return 0


def simulated_fc(model, atlas, weights, wiring) -> np.ndarray:
    """Return the FC of the balanced network, averaged as Fisher z over seeds."""
    import jax

    from netmod.dynamics.fic import TARGET_RATE_HZ, balance
    from netmod.dynamics.noise import scan_key
    from netmod.dynamics.parameters import make_parameters, stack
    from netmod.dynamics.simulate import Scan, simulate
    from netmod.dynamics.wiring import long_range_weights
    from netmod.graph.connectivity import correlation, covariance, fisher_z

    with jax.enable_x64(True):
        network = make_parameters(model, np.asarray(long_range_weights(weights, wiring)))
        J, state = balance(network, TARGET_RATE_HZ)
    lanes = stack([network.replace(J=np.asarray(J))] * SEEDS)
    start = tuple(np.tile(np.asarray(s), (SEEDS, 1)) for s in state)
    keys = np.stack([scan_key(k, "group", "fit") for k in range(SEEDS)])
    bold = simulate(model, lanes, start, keys, Scan()).bold
    z = np.mean([fisher_z(correlation(covariance(b.astype(float)))) for b in bold], axis=0)
    fc = np.tanh(z)
    np.fill_diagonal(fc, 1.0)
    return fc


def describe(atlas, fc: np.ndarray) -> list[float]:
    """Return segregation, Q, and the DLPFC-sgACC pair raw and after GSR."""
    from netmod.graph import NetworkMasks, signature_row

    masks = NetworkMasks.from_atlas(atlas)
    row = signature_row(fc, np.ones(atlas.n_regions), masks, louvain_runs=100)
    return [row[k] for k in ("segregation", "modularity", "dlpfc_sgacc", "dlpfc_sgacc_gsr")]


def correlate(atlas, fc: np.ndarray, other: np.ndarray) -> float:
    """Return r over the upper triangle, of the regions that the other matrix has."""
    has = np.isfinite(other).any(axis=0)
    upper = np.triu_indices(int(has.sum()), 1)
    cut = np.ix_(has, has)
    return float(np.corrcoef(fc[cut][upper], other[cut][upper])[0, 1])


def enigma_fc(atlas, folder: Path) -> np.ndarray:
    """Return the toolbox's FC in the order of the atlas, NaN outside cortex."""
    names = (folder / "funcLabels_with_sctx.csv").read_text().strip().split(",")
    z = np.genfromtxt(folder / "funcMatrix_with_sctx.csv", delimiter=",")
    place = {name.lower(): k for k, name in enumerate(names)}
    fc = np.full((atlas.n_regions, atlas.n_regions), np.nan)
    found = {}
    for k, (label, side) in enumerate(zip(atlas.label, atlas.hemisphere, strict=True)):
        words = label.split(" ", 1)[1].replace("the ", "").replace(" ", "")
        key = f"{side}_{words}".lower().replace("banksofsuperiortemporalsulcus", "bankssts")
        if atlas.cortex[k] and key in place:
            found[k] = place[key]
    if len(found) < atlas.cortex.sum():
        raise SystemExit(f"only {len(found)} regions found in {folder}")
    mine, theirs = list(found), list(found.values())
    fc[np.ix_(mine, mine)] = np.tanh(z[np.ix_(theirs, theirs)])
    return fc


if __name__ == "__main__":
    raise SystemExit(main())
