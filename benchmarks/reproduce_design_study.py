"""Reproduce the design study of the model on dk84: a table of its numbers beside ours.

    python benchmarks/reproduce_design_study.py [--output docs/design_study.md]

The design study was computed before netmod was written, by other code. Its four parts are run
here with netmod's own rooms: structural weights alone, refits of the effective connectivity,
stochastic simulation against the linear engine, and the top-down pathway onto the subgenual proxy.
Deterministic; some seven minutes on one core.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from netmod.atlas import Atlas, load_atlas, load_effective_connectivity
from netmod.dynamics.devices import prepare_devices
from netmod.dynamics.fic import TARGET_RATE_HZ, balance
from netmod.dynamics.linear import (
    band_covariance,
    band_nodes,
    coupling_of,
    jacobian,
    linearise,
    solve_fixed_point,
)
from netmod.dynamics.noise import scan_key
from netmod.dynamics.parameters import Parameters, make_parameters, stack
from netmod.dynamics.simulate import Scan, simulate
from netmod.dynamics.wiring import (
    FEEDFORWARD,
    TOP_DOWN,
    Wiring,
    long_range_weights,
    top_down_weights,
)
from netmod.fit.effective_connectivity import BAND_HZ, fit_effective_connectivity
from netmod.graph.connectivity import correlation, covariance
from netmod.graph.modularity import louvain
from netmod.graph.segregation import mean_between, mean_within, system_segregation
from netmod.models import MODELS

MODEL = MODELS["reduced_wong_wang"]
SCRIPT_SETTINGS = {"learning_rate": 0.03, "regularisation": 3e-7, "start_radius": 1.25}
"""Those of atlases/fit_effective_connectivity.py, with which the shipped weights were fitted."""
THEIR_REGULARISATION = 1e-5
"""Times the mean (not the sum) over edges of the squared log-deviation."""
FIT_STEPS = 400
SEEDS = 8
NOISE_SD = (0.01, 0.03, 0.1, 0.316)
REST_S = 100.0
PAGE = Path(__file__).with_name("design_study_page.md")
LOUVAIN = {"runs": 50, "seed": 1}

Row = tuple[str, ...]


class Solved(NamedTuple):
    """A network at its fixed point.

    Attributes
    ----------
    parameters : Parameters
        With the inhibition that was solved or held.
    state : tuple of arrays
        Fixed point.
    fc : array, shape (region, region)
        Linear-noise FC from 0.01 to 0.09 Hz.
    rate_hz : array, shape (region,)
        Excitatory rates.
    eigenvalue : float
        Largest real part, 1/s.
    residual : float
        Largest drift at the fixed point, 1/s.
    """

    parameters: Parameters
    state: tuple[np.ndarray, ...]
    fc: np.ndarray
    rate_hz: np.ndarray
    eigenvalue: float
    residual: float


class Engine:
    """The linear engine compiled once: FIC or a fixed point, then the band covariance."""

    def __init__(self) -> None:
        import jax
        import jax.numpy as jnp

        omegas, quadrature = band_nodes(*BAND_HZ)

        def read(p, state, residual):
            linear = linearise(MODEL, p, state)
            cov = band_covariance(MODEL, p, linear, omegas, quadrature)
            rate = MODEL.rate_hz(state, p.values, coupling_of(MODEL, p, state))
            return p, state, cov, rate, jacobian(MODEL, p, linear), residual

        @jax.jit
        def balanced(p):
            J, state = balance(p, TARGET_RATE_HZ)
            return read(p.replace(J=J), state, 0.0)

        @jax.jit
        def frozen(p, start):
            return read(p, *solve_fixed_point(MODEL, p, start))

        @jax.jit
        def drift(p, y):
            state = tuple(y)
            return jnp.stack(MODEL.drift(state, p.values, coupling_of(MODEL, p, state)))

        self._balanced, self._frozen, self._drift = balanced, frozen, drift

    def balanced(self, parameters: Parameters) -> Solved:
        """Solve FIC, then the spectrum."""
        return self._finish(self._balanced, parameters)

    def frozen(self, parameters: Parameters, start: tuple[np.ndarray, ...]) -> Solved:
        """Hold the inhibition: let the noise-free network come to rest, then the spectrum.

        A lesion may annihilate the fixed point next to the healthy one; Newton's method then
        lingers at its ghost, where the network itself moves on to the next attractor.
        """
        import jax
        from scipy.integrate import solve_ivp

        shape = (len(start), parameters.n_regions)
        with jax.enable_x64(True):
            rest = solve_ivp(
                lambda t, y: np.asarray(self._drift(parameters, y.reshape(shape))).ravel(),
                (0.0, REST_S),
                np.concatenate(start),
                method="LSODA",
                rtol=1e-8,
                atol=1e-10,
            ).y[:, -1]
        return self._finish(self._frozen, parameters, tuple(rest.reshape(shape)))

    def _finish(self, program, *arguments) -> Solved:
        import jax

        with jax.enable_x64(True):
            p, state, cov, rate, jac, residual = jax.tree.map(np.asarray, program(*arguments))
        eigenvalue = float(np.linalg.eigvals(jac).real.max())
        return Solved(p, state, correlation(cov), rate, eigenvalue, float(residual))


class Readouts:
    """What the design study read from an FC of this atlas (networks over cortex)."""

    def __init__(self, atlas: Atlas) -> None:
        self.atlas = atlas
        self.upper = np.triu_indices(atlas.n_regions, 1)
        self.cortex = np.flatnonzero(atlas.cortex)
        self.labels = np.array(atlas.network)[self.cortex]
        self.default = np.flatnonzero(atlas.in_network("Default") & atlas.cortex)
        self.sgacc = atlas.target("sgacc")

    def r(self, fc: np.ndarray, other: np.ndarray | None = None) -> float:
        """Correlation of two FC over the upper triangle; with the data by default."""
        other = self.atlas.fc if other is None else other
        return float(np.corrcoef(fc[self.upper], other[self.upper])[0, 1])

    def rmse(self, fc: np.ndarray) -> float:
        """Root mean squared difference from the data."""
        return float(np.sqrt(np.mean((fc - self.atlas.fc)[self.upper] ** 2)))

    def mean(self, fc: np.ndarray) -> float:
        """Mean FC of cortex."""
        return mean_within(fc, self.cortex)

    def segregation(self, fc: np.ndarray) -> float:
        """System segregation of cortex."""
        return system_segregation(fc[np.ix_(self.cortex, self.cortex)], self.labels)

    def q(self, fc: np.ndarray) -> float:
        """Louvain modularity of cortex."""
        return float(louvain(fc[np.ix_(self.cortex, self.cortex)], **LOUVAIN)[0])

    def within_default(self, fc: np.ndarray) -> float:
        """Mean FC within the default-mode network."""
        return mean_within(fc, self.default)

    def default_to_rest(self, fc: np.ndarray) -> float:
        """Mean FC of the default-mode network with the rest of cortex."""
        return mean_between(fc, self.default, np.setdiff1d(self.cortex, self.default))

    def pair(self, fc: np.ndarray, source: str) -> float:
        """Mean FC of a region or target with the subgenual proxy."""
        return mean_between(fc, self.atlas.target(source), self.sgacc)


def structure_alone(atlas: Atlas, read: Readouts, engine: Engine) -> list[Row]:
    """Part 1: structural weights of spectral radius 1, the best coupling G."""
    none = np.zeros_like(atlas.weights)
    rows = []
    forms = (
        ("weights", atlas.weights, "0.59"),
        ("log(1 + weights)", np.log1p(atlas.weights), "0.50"),
        ("square roots", np.sqrt(atlas.weights), "0.58"),
    )
    for name, weights, theirs in forms:
        C = weights / np.abs(np.linalg.eigvalsh(weights)).max()
        pair = np.stack([C, none])
        found = []
        for G in np.arange(0.5, 1.45, 0.05):
            solved = engine.balanced(make_parameters(MODEL, pair, {"G": G}))
            if solved.eigenvalue < 0:
                found.append((read.r(solved.fc), float(G), solved.fc))
        r, G, _ = max(found, key=lambda x: x[0])
        rows.append((f"{name}: best r over G", theirs, f"{r:.3f} at G = {G:.2f}"))
        if name == "weights":
            at = next(x for x in found if abs(x[1] - 1.25) < 1e-6)
            rows.append((f"{name}: r at G = 1.25", "0.59", f"{at[0]:.3f}"))
            rows.append(("segregation at G = 1.25", "0.09", f"{read.segregation(at[2]):.3f}"))
            rows.append(
                (
                    "within-DMN, DMN to rest, at G = 1.25",
                    "about equal",
                    f"{read.within_default(at[2]):.3f}, {read.default_to_rest(at[2]):.3f}",
                )
            )
    rows.append(("segregation of the data", "0.35", f"{read.segregation(atlas.fc):.3f}"))
    return rows


def shipped(atlas: Atlas, read: Readouts, solved: Solved) -> list[Row]:
    """Part 2a: the effective connectivity in the atlas."""
    fc, data = solved.fc, atlas.fc

    def both(readout) -> str:
        return f"{readout(fc):.3f}, {readout(data):.3f}"

    return [
        ("r with the data", "0.98 (0.965)", f"{read.r(fc):.3f}"),
        ("RMSE", "0.029 (0.041)", f"{read.rmse(fc):.3f}"),
        ("leading eigenvalue, 1/s", "-2.0 (-1.26)", f"{solved.eigenvalue:.2f}"),
        ("mean cortical FC: model, data", "0.284, 0.283", both(read.mean)),
        ("segregation: model, data", "0.342, 0.353", both(read.segregation)),
        ("Q: model, data", "0.072, 0.075", both(read.q)),
        ("within-DMN: model, data", "0.369, 0.370", both(read.within_default)),
        (
            "FC(L-DLPFC, sgACC): model, data",
            "data 0.157",
            both(lambda x: read.pair(x, "dlpfc_left")),
        ),
    ]


SOURCES = 4
"""Prefrontal regions that share the pathway; the study gives the size of one connection."""

THEIR_FITS = {
    (0.0, 0.0): ("0.969", "0.038", "-1.16", "0.184"),
    (0.2, 0.0): ("0.962", "0.042", "-1.25", "0.188"),
    (0.0, 0.1): ("0.973", "0.036", "-1.17", "0.117"),
    (0.2, 0.1): ("0.965", "0.041", "-1.26", "0.130"),
}


def refits(atlas: Atlas, read: Readouts, engine: Engine) -> tuple[list[Row], np.ndarray]:
    """Part 2b: symmetric refits; also the weights that were fitted without any E to I."""
    n = atlas.n_regions
    values = make_parameters(MODEL, np.zeros((2, n, n))).values
    structural = atlas.weights > 1e-3 * atlas.weights.max()
    for a, b in atlas.homologues():
        structural[a, b] = structural[b, a] = True
    edges = int(structural[read.upper].sum())
    theirs_as_a_sum = {
        "learning_rate": 0.03,
        "regularisation": THEIR_REGULARISATION / edges,
        "start_radius": 1.0,
    }
    rows, plain = [], None
    for (feedforward, size), theirs in THEIR_FITS.items():
        wiring = Wiring(feedforward, top_down_weights(atlas, SOURCES * size))
        columns = [theirs]
        for settings in (theirs_as_a_sum, SCRIPT_SETTINGS):
            began = time.perf_counter()
            fit = fit_effective_connectivity(
                MODEL, values, atlas.weights, atlas.fc, wiring, list(atlas.homologues()),
                steps=FIT_STEPS, **settings,
            )  # fmt: skip
            _say(f"fit {feedforward:g}, {size:g}: {time.perf_counter() - began:.0f} s")
            if plain is None:
                plain = fit.weights
            solved = engine.balanced(_network(fit.weights, wiring))
            columns.append(
                (
                    f"{read.r(solved.fc):.3f}",
                    f"{read.rmse(solved.fc):.3f}",
                    f"{solved.eigenvalue:.2f}",
                    f"{read.pair(solved.fc, 'L.RMFG'):.3f}",
                )
            )
        cells = (" / ".join(values) for values in zip(*columns, strict=True))
        rows.append((f"{feedforward:g}", f"{size:g}", *cells))
    return rows, plain


def time_domain(read: Readouts, solved: Solved) -> list[Row]:
    """Part 3: the stochastic simulation beside the linear prediction and the data."""
    keys = np.stack([scan_key(1, "group", "design-study", k) for k in range(SEEDS)])
    p = solved.parameters
    networks = [
        p.replace(noise_sd=np.full(p.n_regions, sd)) for sd in NOISE_SD for _ in range(SEEDS)
    ]
    start = tuple(np.tile(s, (len(networks), 1)) for s in solved.state)
    rows = []
    for solver in ("euler", "heun"):
        began = time.perf_counter()
        scan = Scan(duration_s=300.0, tr_s=2.0, dt_ms=1.0, solver=solver)
        got = simulate(MODEL, stack(networks), start, np.tile(keys, (len(NOISE_SD), 1)), scan)
        _say(f"{len(networks)} scans, {solver}: {time.perf_counter() - began:.0f} s")
        for k, sd in enumerate(NOISE_SD):
            lanes = slice(k * SEEDS, (k + 1) * SEEDS)
            if not got.finite[lanes].all():
                rows.append((solver, f"{sd:g}", "diverged", "", ""))
                continue
            one = [correlation(covariance(b.astype(float))) for b in got.bold[lanes]]
            fc = np.mean(one, axis=0)
            rate = float(got.rate_hz[lanes].mean())
            rows.append(
                (
                    solver,
                    f"{sd:g}",
                    f"0.957 / {read.r(fc):.3f}",
                    f"0.975 / {read.r(fc, solved.fc):.3f}",
                    f"{'6.1' if sd > 0.3 else '3.07'} / {rate:.2f}",
                )
            )
    return rows


def top_down(
    atlas: Atlas, read: Readouts, engine: Engine, ecs: Sequence[tuple[np.ndarray, float]]
) -> tuple[list[Row], list[Row]]:
    """Part 4: the pathway's weight, then the lesion and its repair with frozen inhibition."""
    sizes, theirs = (0.0, 0.05, 0.1, 0.2), ("0.165", "0.042", "-0.059", "-0.195")
    sweep, columns = [], []
    for C, feedforward in ecs:
        found = []
        for size in sizes:
            wiring = Wiring(feedforward, top_down_weights(atlas, SOURCES * size))
            fc = engine.balanced(_network(C, wiring)).fc
            found.append(read.pair(fc, "dlpfc_left"))
        columns.append(found)
    for k, size in enumerate(sizes):
        sweep.append((f"{size:g}", theirs[k], *(f"{c[k]:.3f}" for c in columns)))

    conditions = (
        ("healthy", None, "3.06", "-0.06", "0.29"),
        ("lesioned, w × 0.5", 0.5, "5.19", "0.25", "0.58"),
        ("treated, w × 0.8", 0.8, "4.05", "0.086", "0.452"),
        ("treated, w × 1.2", 1.2, "3.15", "-0.050", "0.344"),
        ("treated, w × 1.6", 1.6, "2.56", "-0.125", "0.278"),
    )
    repair = []
    for name, factor, *published in conditions:
        cells: list[str] = []
        for C, feedforward in ecs:
            healthy = engine.balanced(
                _network(C, Wiring(feedforward, top_down_weights(atlas, TOP_DOWN)))
            )
            solved = healthy
            if factor is not None:
                solved = engine.frozen(
                    _lesioned(atlas, C, feedforward, factor, healthy.parameters), healthy.state
                )
            if solved.residual > 1e-6 or solved.eigenvalue >= 0:
                cells.append("no stable fixed point")
                continue
            rate = float(solved.rate_hz[read.sgacc].mean())
            pair = read.pair(solved.fc, "dlpfc_left")
            cells.append(f"{rate:.2f}, {pair:.3f}, {read.within_default(solved.fc):.3f}")
        repair.append((name, ", ".join(published), *cells))
    return sweep, repair


def _lesioned(
    atlas: Atlas, C: np.ndarray, feedforward: float, factor: float, healthy: Parameters
) -> Parameters:
    """Lay the probe's lesion on a healthy network whose inhibition is held."""
    sgacc = atlas.target("sgacc")
    left, right = atlas.target("dlpfc_left"), atlas.target("dlpfc_right")
    prefrontal = np.concatenate([left, right])
    default = np.setdiff1d(np.flatnonzero(atlas.in_network("Default")), sgacc)
    lesioned = C.copy()
    lesioned[np.ix_(sgacc, default)] *= 1.3
    lesioned[np.ix_(default, sgacc)] *= 1.3
    w_plus, J = healthy.values["w_plus"].copy(), healthy.values["J"].copy()
    w_plus[sgacc] *= 1.03
    w_plus[prefrontal] *= 0.97
    J[prefrontal] *= 0.97
    if factor != 0.5:  # a treated network: stimulation also strengthens its own site
        w_plus[left] *= 1.02
    wiring = Wiring(feedforward, top_down_weights(atlas, TOP_DOWN * factor))
    weights = np.asarray(long_range_weights(lesioned, wiring), dtype=float)
    return healthy.replace(weights=weights, w_plus=w_plus, J=J)


def _network(C: np.ndarray, wiring: Wiring) -> Parameters:
    return make_parameters(MODEL, np.stack([C, wiring.feedforward * C + wiring.top_down]))


_MINUS = re.compile(r"(?<![\w.])-(?=\d)")  # the sign of a number, not a hyphen


def _table(head: Row, rows: Iterable[Row]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(re.sub(_MINUS, "−", c) for c in row) + " |" for row in rows]
    return "\n".join(lines)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    """Run the four parts, print the tables and write them as a page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=Path("docs/design_study.md"))
    options = parser.parse_args()
    prepare_devices()

    atlas = load_atlas("dk84")
    read, engine = Readouts(atlas), Engine()
    ec = load_effective_connectivity(atlas, MODEL.name)
    solved = engine.balanced(
        _network(ec.weights, Wiring(FEEDFORWARD, top_down_weights(atlas, TOP_DOWN)))
    )
    part_1 = structure_alone(atlas, read, engine)
    part_2a = shipped(atlas, read, solved)
    part_2b, plain = refits(atlas, read, engine)
    part_3 = time_domain(read, solved)
    sweep, repair = top_down(atlas, read, engine, [(plain, 0.0), (ec.weights, FEEDFORWARD)])
    data_pair = read.pair(atlas.fc, "L.RMFG")

    page = PAGE.read_text(encoding="utf-8").format(
        part_1=_table(("quantity", "theirs", "ours"), part_1),
        part_2a=_table(("quantity", "theirs", "ours"), part_2a),
        steps=ec.metadata["fit"]["steps"],
        emphasis=ec.metadata["fit"]["emphasis"],
        data_pair=f"{data_pair:.3f}",
        part_2b=_table(
            ("λ", "w", "r", "RMSE", "leading eigenvalue, 1/s", "FC(L.RMFG, sgACC)"),
            part_2b,
        ),
        part_3=_table(
            ("solver", "noise, 1/√s", "r with data: theirs / ours", "r with linear", "rate, Hz"),
            part_3,
        ),
        sweep=_table(("w", "theirs", "EC fitted without E→I", "EC as shipped"), sweep),
        repair=_table(
            ("condition", "theirs", "EC fitted without E→I", "EC as shipped"),
            repair,
        ),
    )
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(page, encoding="utf-8")
    print(page)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
