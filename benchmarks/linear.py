"""The linear engine against the sde engine for the same FC: wall times and how near they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import netmod
from benchmarks.measure import Column, interleaved, peak_memory_mb, ratio
from benchmarks.networks import connectome
from netmod.dynamics.network import simulate_networks

NOISE_SD = 0.01
"""Per square root of a second: small enough that the linear FC is the sde engine's own."""

BATCH = 32
"""Networks that the linear engine solves in one call of a sweep."""

COLUMNS = (
    Column("network", "network"), Column("scans", "scans", "d"), Column("minutes", "min each", "g"),
    Column("sde_s", "sde s", ".2f"), Column("linear_ms", "linear ms", ".1f"),
    Column("speed_up", "ratio", ".0f"), Column("spectrum_ms", "batch ms", ".2f"),
    Column("speed_up_batch", "ratio", ".0f"),
    Column("fc_r", "r(FC)", ".3f"), Column("compile_s", "compile s (linear)", ".1f"),
    Column("peak_memory_mb", "peak MB", ".0f"),
)  # fmt: skip


def cases(quick: bool) -> list[dict[str, Any]]:
    """Return the cases: more scans bring the sde engine's FC nearer to the exact one."""
    if quick:
        return [{"network": "synthetic 10", "n": 10, "scans": 1, "minutes": 0.1}]
    return [{"network": "dk84", "n": 84, "scans": k, "minutes": 5.0} for k in (1, 8, 32)]


def measure(case: dict[str, Any], repeats: int) -> dict[str, Any]:
    """Measure one case.

    ``linear_ms`` holds everything that one new network needs (``Network.solve``): the fixed point,
    the linearisation, its leading eigenvalue and the spectrum of BOLD. ``spectrum_ms`` is the time
    a network in a compiled batch whose fixed points are known, as in sweeps and studies:
    linearisation and spectrum. The sde engine's holds the scans, with a warm-up of 30 s; it starts
    from a known fixed point too.
    """
    if case["n"] == 84:
        brain = netmod.Network.from_atlas("dk84").balanced().with_values(noise_sd=NOISE_SD)
    else:
        C, _ = connectome(case["n"])
        brain = netmod.Network(np.stack([C, 0.2 * C]), J=1.6, noise_sd=NOISE_SD)
    upper = np.triu_indices(case["n"], 1)
    found: dict[str, Any] = {}

    def sde() -> None:
        scans = simulate_networks(
            [brain] * case["scans"], seed=1, replicates=range(case["scans"]),
            duration_s=case["minutes"] * 60.0, warmup_s=30.0 if case["minutes"] >= 1 else 2.0,
        )  # fmt: skip
        found["sde"] = np.mean([np.arctanh(scan.fc()[upper]) for scan in scans], axis=0)

    def linear() -> None:
        # a new network each time: what was found before must not be used again
        found["linear"] = np.arctanh(brain.with_values(noise_sd=NOISE_SD).solve().fc()[upper])

    brain.fixed_point()
    before = peak_memory_mb()
    times = interleaved({"linear": linear, "batch": _batch(brain), "sde": sde}, repeats)
    faster, in_batch = ratio(times["sde"], times["linear"]), ratio(times["sde"], times["batch"])
    steps = case["minutes"] * 60e3 + (30e3 if case["minutes"] >= 1 else 2e3)
    return {
        **times["linear"].row(),
        "sde_seconds": list(times["sde"].seconds),
        "sde_s": times["sde"].median_s,
        "sde_m_per_s": steps * case["n"] * case["scans"] / times["sde"].median_s / 1e6,
        "linear_ms": times["linear"].median_s * 1e3,
        "speed_up": faster["median"],
        "speed_up_min": faster["min"],
        "spectrum_ms": times["batch"].median_s * 1e3 / BATCH,
        "batch_seconds": list(times["batch"].seconds),
        "speed_up_batch": in_batch["median"] * BATCH,
        "fc_r": float(np.corrcoef(found["sde"], found["linear"])[0, 1]),
        "noise_sd": NOISE_SD,
        "memory_before_mb": before,
        "float": "linear float64, sde float32",
    }


def _batch(brain: netmod.Network) -> Callable[[], None]:
    """Return a call that solves networks with known fixed points in one compiled program."""
    import jax

    from netmod.dynamics.linear import band_covariance, band_nodes, linearise
    from netmod.dynamics.parameters import stack
    from netmod.observe.balloon import HEMODYNAMICS, linear_response

    omegas, weights = band_nodes(0.01, 0.25)
    weights = weights * np.abs(linear_response(omegas, HEMODYNAMICS["friston2003"])) ** 2
    lanes = stack([brain.parameters] * BATCH)
    states = tuple(np.stack([s] * BATCH) for s in brain.fixed_point())

    @jax.jit
    def solve(parameters, states):
        def one(x):
            linear = linearise(brain.model, *x)
            return band_covariance(brain.model, x[0], linear, omegas, weights)

        return jax.lax.map(one, (parameters, states))

    def call() -> None:
        with jax.enable_x64(True):
            np.asarray(solve(lanes, states))

    return call
