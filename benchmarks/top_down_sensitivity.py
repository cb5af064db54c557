"""How much hangs on the size of the prefrontal to subgenual pathway.

    python benchmarks/top_down_sensitivity.py

Refits the effective connectivity of dk84 for several sizes of the pathway, lays on the lesion of
the typical patient, lets every outgoing synapse of the stimulated region grow by a tenth, E->E and
E->I alike, and draws what changes at left DLPFC and at the vertex. Linear engine; some minutes.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "atlases"))
from fit_effective_connectivity import SETTINGS, emphasis_of

from netmod.atlas import load_atlas
from netmod.cohort import PARAMETERS as COHORT
from netmod.cohort.subject import lesion
from netmod.dynamics.fic import TARGET_RATE_HZ, balance
from netmod.dynamics.homeostasis import equilibrium
from netmod.dynamics.linear import band_covariance, band_nodes, coupling_of, linearise
from netmod.dynamics.parameters import make_parameters
from netmod.dynamics.wiring import FEEDFORWARD, Wiring, long_range_weights, top_down_weights
from netmod.fit.effective_connectivity import BAND_HZ, fit_effective_connectivity
from netmod.graph.connectivity import correlation
from netmod.models import MODELS
from netmod.plasticity import PARAMETERS as PLASTICITY
from netmod.plasticity.field import field_of

SOURCES = 4
"""Prefrontal regions of dk84 that share the pathway; sizes here are of one connection."""

SIZES = (0.0, 0.05, 0.1, 0.15)
GROWTH = 0.1


def main() -> int:
    import jax

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--figures", type=Path, default=Path("docs/figures"))
    options = parser.parse_args()
    atlas, model = load_atlas("dk84"), MODELS["reduced_wong_wang"]
    n = atlas.n_regions
    pair = np.ix_(atlas.target("dlpfc_left"), atlas.target("sgacc"))
    sgacc = list(atlas.target("sgacc"))
    constants = {name: p.default for name, p in COHORT.items()}
    follow = PLASTICITY["homeostasis_nA_per_hz"].default
    width = PLASTICITY["field_mm"].default

    def measure(network, baseline, start):
        state, J, _ = equilibrium(model, network, start, baseline, follow, TARGET_RATE_HZ)
        network = network.replace(J=np.asarray(J))
        linear = linearise(model, network, state)
        cov = np.asarray(band_covariance(model, network, linear, *band_nodes(*BAND_HZ)))
        rate = model.rate_hz(state, network.values, coupling_of(model, network, state))
        return correlation(cov)[pair].mean(), float(np.asarray(rate)[sgacc].mean())

    rows = []
    print("     w  fit r  healthy pair  patient pair, rate  left DLPFC: pair, rate  vertex: ...")
    for size in SIZES:
        wiring = Wiring(FEEDFORWARD, top_down_weights(atlas, SOURCES * size))
        values = make_parameters(model, np.zeros((2, n, n))).values
        fit = fit_effective_connectivity(
            model, values, atlas.weights, atlas.fc, wiring, list(atlas.homologues()),
            emphasis=emphasis_of(atlas), **{**SETTINGS, "steps": 500},
        )  # fmt: skip
        with jax.enable_x64(True):
            healthy = make_parameters(model, np.asarray(long_range_weights(fit.weights, wiring)))
            J, start = balance(healthy, TARGET_RATE_HZ)
            healthy = healthy.replace(J=np.asarray(J))
            patient = lesion(healthy, 1.0, atlas, constants)
            row = {"size": size, "r": fit.correlation[-1]}
            row["healthy"] = measure(healthy, healthy.values["J"], start)
            row["patient"] = measure(patient, patient.values["J"], start)
            for target in ("dlpfc_left", "vertex"):
                grown = 1.0 + GROWTH * field_of(atlas, target, width)
                treated = patient.replace(weights=patient.weights * grown[None, None, :])
                row[target] = measure(treated, patient.values["J"], start)
        rows.append(row)
        change = {t: np.subtract(row[t], row["patient"]) for t in ("dlpfc_left", "vertex")}
        print(
            f"{size:6.2f} {row['r']:6.3f} {row['healthy'][0]:12.3f} {row['patient'][0]:12.3f}"
            f" {row['patient'][1]:6.3f} {change['dlpfc_left'][0]:+14.4f}"
            f" {change['dlpfc_left'][1]:+8.4f} {change['vertex'][0]:+14.4f}"
            f" {change['vertex'][1]:+8.4f}",
            flush=True,
        )
    options.figures.mkdir(parents=True, exist_ok=True)
    _draw(rows, float(atlas.fc[pair].mean()), options.figures / "top_down_sensitivity.png")
    return 0


def _draw(rows, measured: float, path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    sizes = [row["size"] for row in rows]
    figure, axes = plt.subplots(1, 3, figsize=(10, 3.0), layout="constrained")
    axes[0].axhline(measured, color="0.5", lw=0.8, label="measured")
    for who, colour in (("healthy", "#0072B2"), ("patient", "#D55E00")):
        axes[0].plot(sizes, [row[who][0] for row in rows], "o-", color=colour, label=who)
    axes[0].set(ylabel="FC (L-DLPFC, sgACC), r", title="Before treatment")
    for panel, (index, label) in enumerate(
        ((0, "change of FC, r"), (1, "change of sgACC rate, Hz"))
    ):
        axis = axes[panel + 1]
        for target, colour in (("dlpfc_left", "#009E73"), ("vertex", "0.4")):
            change = [row[target][index] - row["patient"][index] for row in rows]
            axis.plot(sizes, change, "o-", color=colour, label=target)
        axis.axhline(0.0, color="0.7", lw=0.6)
        axis.set(ylabel=label, title="Outgoing synapses + 10 %")
    for axis in axes:
        axis.set_xlabel("weight of the pathway")
        axis.spines[["top", "right"]].set_visible(False)
        axis.legend(frameon=False, fontsize=8)
    figure.savefig(path, dpi=200, metadata={"Software": None})


if __name__ == "__main__":
    raise SystemExit(main())
