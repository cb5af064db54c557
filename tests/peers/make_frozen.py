"""Run the cases of ``cases.json`` in their peers and write what these compute.

Runs inside an environment with the peers alone (``requirements.txt``), never beside netmod: it
imports neither. ``python make_frozen.py cases.json FOLDER [CASE ...]`` writes one JSON a case.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import sys
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

RANDOM_STATES = 3
SEED = 20


def main(arguments: list[str]) -> None:
    cases = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    folder = Path(arguments[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name in arguments[2:] or cases["cases"]:
        case = cases["cases"][name]
        network = {key: np.array(cases["network"][key], float) for key in ("weights", "lengths_mm")}
        # a peer's banner on stdout and its deprecation warnings are not ours to show
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            found = PEERS[case["peer"]](case, network)
        text = json.dumps({"case": name, "peer": _versions(case), **found}, indent=None)
        # one key a line: a change of one number shows as one changed line
        text = text.replace(', "', ',\n"')
        (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def run_tvb(case: dict, network: dict) -> dict[str, Any]:
    from tvb.simulator import coupling, integrators, models, monitors, simulator

    _widen_tvb_history()
    delayed = "velocity_m_per_s" in case
    every = round(case["every_ms"] / case["dt_ms"])
    solvers = {"heun": "HeunDeterministic", "euler": "EulerDeterministic"}

    def prepared(state: np.ndarray) -> Any:
        values = {key: np.atleast_1d(value) for key, value in case["peer_values"].items()}
        link = {k: np.atleast_1d(float(v)) for k, v in case["peer_coupling"]["values"].items()}
        integrator = getattr(integrators, solvers[case["solver"]])(dt=case["dt_ms"])
        sim = simulator.Simulator(
            model=getattr(models, case["peer_model"])(**values),
            connectivity=_tvb_connectivity(case, network),
            coupling=getattr(coupling, case["peer_coupling"]["name"])(**link),
            integrator=integrator,
            monitors=(monitors.TemporalAverage(period=case["every_ms"]),),
            conduction_speed=float(case.get("velocity_m_per_s", 1.0)),
        )
        sim.configure()
        # the regions have rested in their first state for as long as any delay
        rested = np.repeat(state[None, :, :, None], sim.connectivity.horizon, axis=0)
        sim.initial_conditions = rested
        sim.configure()
        return sim

    sim = prepared(_start(case))
    samples = []
    for _ in range(round(case["duration_ms"] / case["every_ms"])):
        for _ in sim(n_steps=every):
            pass
        samples.append(sim.current_state[:, :, 0].copy())
    steps = sim.connectivity.idelays.tolist() if delayed else None

    def slope(state: np.ndarray) -> np.ndarray:
        at_rest = prepared(state)
        arriving = at_rest._loop_compute_node_coupling(1)
        return np.array(at_rest.model.dfun(state[:, :, None], arriving, 0.0))[:, :, 0]

    return {"delay_steps": steps, **_numbers(samples), **_slopes(case, slope)}


def _widen_tvb_history() -> None:
    # TVB keeps weights and past states in single precision, also in a run in double: its inputs
    # are exact to 1e-7 only, which would hide differences that are asked about here
    from tvb.simulator import history

    for owner in (history.BaseHistory, history.DenseHistory, history.SparseHistory):
        for attribute in vars(owner).values():
            if isinstance(attribute, history.NDArray) and attribute.dtype == "f":
                attribute.dtype = "d"


def _tvb_connectivity(case: dict, network: dict) -> Any:
    from tvb.datatypes.connectivity import Connectivity

    n = len(network["weights"])
    delayed = "velocity_m_per_s" in case
    found = Connectivity(
        weights=network["weights"].copy(),
        tract_lengths=network["lengths_mm"].copy() if delayed else np.zeros((n, n)),
        region_labels=np.array([f"region {k + 1}" for k in range(n)]),
        centres=np.zeros((n, 3)),
        speed=np.array([float(case.get("velocity_m_per_s", 1.0))]),
    )
    found.configure()
    return found


def run_neurolib(case: dict, network: dict) -> dict[str, Any]:
    every = round(case["every_ms"] / case["dt_ms"])
    names = list(case["start"])

    def run(state: np.ndarray, dt_ms: float, steps: int) -> tuple[np.ndarray, Any]:
        module = importlib.import_module(f"neurolib.models.{case['peer_module']}")
        model = getattr(module, case["peer_model"])(
            Cmat=network["weights"].copy(), Dmat=network["lengths_mm"].copy()
        )
        # the constructor divides weights by their maximum in some models
        model.params["Cmat"] = network["weights"].copy()
        model.params["lengthMat"] = network["lengths_mm"].copy()
        model.params["signalV"] = float(case.get("velocity_m_per_s", 0.0))
        model.params["sigma_ou"] = 0.0
        model.params["dt"], model.params["duration"] = dt_ms, dt_ms * steps
        for key, value in case["peer_values"].items():
            if key not in model.params:
                raise KeyError(f"neurolib has no parameter {key}")
            model.params[key] = np.array(value) if isinstance(value, list) else value
        for name, first in zip(names, state, strict=True):
            model.params[f"{name}_init"] = first[:, None].copy()
        results = model.integration(model.params)
        # the arrays of states stand where each model puts them; the history stands before time 0
        arrays = [results[k] for k in case["peer_results"]]
        return np.stack([a[:, -steps:] for a in arrays]), model.params["Dmat_ndt"]

    steps = round(case["duration_ms"] / case["dt_ms"])
    course, delay_steps = run(_start(case), case["dt_ms"], steps)
    samples = [course[:, :, k] for k in range(every - 1, steps, every)]

    def slope(state: np.ndarray) -> np.ndarray:
        # no right-hand side can be called: it is what one Euler step of 1 ms adds
        after, _ = run(state, 1.0, 1)
        return after[:, :, 0] - state

    delays = delay_steps.tolist() if "velocity_m_per_s" in case else None
    return {"delay_steps": delays, **_numbers(samples), **_slopes(case, slope)}


def _start(case: dict) -> np.ndarray:
    return np.array([case["start"][name] for name in case["start"]], float)


def _numbers(samples: list[np.ndarray]) -> dict[str, Any]:
    """Return samples as ``[time][state][region]``."""
    return {"trajectory": np.array(samples).tolist()}


def _slopes(case: dict, slope: Any) -> dict[str, Any]:
    """Return derivatives per ms at random states, without delays: ``[draw][state][region]``."""
    if "range" not in case:
        return {}
    rng = np.random.default_rng(SEED)
    low, high = np.array([case["range"][name] for name in case["start"]], float).T
    shape = (RANDOM_STATES, len(low), _start(case).shape[1])
    states = low[:, None] + (high - low)[:, None] * rng.random(shape)
    slopes = np.array([slope(state) for state in states])
    return {"random_states": states.tolist(), "slopes_per_ms": slopes.tolist()}


def _versions(case: dict) -> dict[str, str]:
    package = {"tvb": "tvb-library"}.get(case["peer"], case["peer"])
    return {name: version(name) for name in (package, "numpy", "numba")}


PEERS = {"tvb": run_tvb, "neurolib": run_neurolib}

if __name__ == "__main__":
    main(sys.argv[1:])
