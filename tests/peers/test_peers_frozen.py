"""What tvb-library and neurolib computed once, against this package: no peer is needed.

Each case stands in ``cases.json`` with the peer's parameters and ours; ``frozen/`` holds what
``make_frozen.py`` wrote in an environment with the peers alone.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from netmod.dynamics.coupling import coupling_of
from netmod.dynamics.parameters import Parameters, make_parameters, stack
from netmod.dynamics.record import record
from netmod.models import MODELS, Model

HERE = Path(__file__).parent
TRAJECTORY = 1e-9
SLOPE = 1e-12
DIFFERS = 1e-3
LISTED = json.loads((HERE / "cases.json").read_text(encoding="utf-8"))
CASES = LISTED["cases"]
NETWORK = np.array(LISTED["network"]["weights"], float)


def frozen(name: str) -> dict:
    return json.loads((HERE / "frozen" / f"{name}.json").read_text(encoding="utf-8"))


def model_of(ours: dict) -> Model:
    model = MODELS[ours["model"]]
    return model.coupled(ours["coupling"]) if "coupling" in ours else model


def parameters_of(name: str, *, transposed: bool = False, **other) -> Parameters:
    case = CASES[name]
    ours, model = case["netmod"], model_of(case["netmod"])
    weights = NETWORK.T if transposed else NETWORK
    factors = other.get("weights", ours.get("weights"))
    if factors is not None:
        weights = np.array([factor * weights for factor in factors])
    steps = frozen(name)["delay_steps"]
    delays_s = None if steps is None else np.array(steps) * case["dt_ms"] * 1e-3
    if delays_s is not None and transposed:
        delays_s = delays_s.T
    values = {**ours["values"], "noise_sd": 0.0, **other.get("values", {})}
    values = {key: np.array(value) if isinstance(value, list) else value
              for key, value in values.items()}  # fmt: skip
    return make_parameters(model, weights, values, delays_s)


def scale_of(name: str) -> np.ndarray:
    """Return our unit in the peer's for every state, to be broadcast over ``[state, region]``."""
    case = CASES[name]
    return np.array(case["netmod"].get("scale", [1.0] * len(case["start"])), float)[:, None]


@cache
def trajectories(name: str) -> np.ndarray:
    """Return our run, with W transposed, and with what differs: ``[lane, time, state, region]``."""
    case = CASES[name]
    lanes = [parameters_of(name), parameters_of(name, transposed=True)]
    lanes += [parameters_of(name, **d) for d in case["netmod"].get("differs", ())]
    start = scale_of(name) * np.array(list(case["start"].values()), float)
    traces = record(
        model_of(case["netmod"]),
        stack(lanes),
        tuple(np.repeat(s[None], len(lanes), axis=0) for s in start),
        np.zeros((len(lanes), 2), np.uint32),
        duration_s=case["duration_ms"] * 1e-3,
        dt_ms=case["dt_ms"],
        every_ms=case["every_ms"],
        signals=tuple(case["netmod"]["states"]),
        solver=case["solver"],
        # the peer sums inputs once a step, before it
        hold_coupling=True,
        precision="double",
    )
    assert not traces.divergences
    return traces.values


def deviation(name: str, lane: int) -> float:
    """Return the largest difference from the peer, relative to each state's largest value."""
    peer = scale_of(name) * np.array(frozen(name)["trajectory"])
    difference = trajectories(name)[lane] - peer
    size = np.abs(peer).max(axis=(0, 2), keepdims=True)
    if CASES[name]["netmod"].get("angle"):
        difference = np.angle(np.exp(1j * difference))
        size = np.pi
    return float((np.abs(difference) / size).max())


def differing() -> list:
    return [
        pytest.param(name, k, id=f"{name}-{'-'.join(d.get('values', {'weights': 0}))}")
        for name, case in CASES.items()
        for k, d in enumerate(case["netmod"].get("differs", ()))
    ]


@pytest.mark.parametrize("name", CASES)
def test_trajectory_is_the_peer_s(name):
    assert CASES[name]["duration_ms"] >= 1000
    peer = np.array(frozen(name)["trajectory"])
    # a case at rest would show nothing
    assert np.ptp(peer, axis=0).max() > 1e-3 * np.abs(peer).max()
    assert deviation(name, 0) < TRAJECTORY


@pytest.mark.parametrize("name", CASES)
def test_transposed_weights_are_seen(name):
    assert deviation(name, 1) > 1e5 * TRAJECTORY


@pytest.mark.parametrize(("name", "k"), differing())
def test_named_difference_is_real(name, k):
    assert deviation(name, 2 + k) > DIFFERS


@pytest.mark.parametrize("name", [n for n, case in CASES.items() if "range" in case])
def test_right_hand_side_is_the_peer_s_at_random_states(name):
    import jax

    kept = frozen(name)
    model, parameters, scale = model_of(CASES[name]["netmod"]), parameters_of(name), scale_of(name)
    with jax.enable_x64(True):
        for state, slope in zip(kept["random_states"], kept["slopes_per_ms"], strict=True):
            ours = tuple(scale * np.array(state))
            found = model.drift(ours, parameters.values, coupling_of(model, parameters, ours))
            peer = 1e3 * scale * np.array(slope)
            size = np.abs(peer).max(axis=1, keepdims=True)
            assert (np.abs(np.array(found) - peer) / size).max() < SLOPE


def test_every_case_is_frozen_and_nothing_else():
    assert {path.stem for path in (HERE / "frozen").glob("*.json")} == set(CASES)
    assert sum(path.stat().st_size for path in (HERE / "frozen").iterdir()) < 100_000


def test_frozen_numbers_name_the_pinned_peers():
    pinned = dict(
        line.split("==") for line in (HERE / "requirements.txt").read_text(encoding="utf-8").split()
    )
    for name, case in CASES.items():
        package = {"tvb": "tvb-library"}.get(case["peer"], case["peer"])
        versions = frozen(name)["peer"]
        assert {package, "numpy", "numba"} == set(versions)
        assert all(pinned[key] == value for key, value in versions.items())
