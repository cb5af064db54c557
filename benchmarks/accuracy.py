"""What each step buys: errors of FC and rates against dt, by theory, without and with noise.

The noise of two steps cannot be paired: it is counted by the step. So the small errors are found
where no noise is needed (linear theory of the solvers, noise-free relaxation), and long simulations
in many lanes bound what is left, beside the difference of two runs of the same step.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np

import netmod
from benchmarks import step_error
from benchmarks.measure import Column, peak_memory_mb
from benchmarks.networks import connectome, noise_free
from netmod.dynamics.linear import band_nodes, jacobian, linearise, noise_covariance
from netmod.dynamics.network import Network, simulate_networks
from netmod.dynamics.parameters import stack
from netmod.dynamics.record import record
from netmod.observe.balloon import HEMODYNAMICS, linear_response

STEPS_MS = (0.1, 0.5, 1.0)
METHODS = {"heun, held": ("heun", True), "heun": ("heun", False), "euler": ("euler", False)}
"""Solver, and whether long-range input is summed once a step; the first is netmod's default."""

REFERENCE_MS = 0.1
LANES, DURATION_S = 64, 120.0

COLUMNS = (
    Column("method", "method"), Column("dt_ms", "dt ms", "g"),
    Column("bold_fc_error", "BOLD FC, theory", ".1e"),
    Column("neural_fc_error", "neural FC, theory", ".1e"),
    Column("neural_sd_error", "neural SD, theory", ".1e"),
    Column("relaxation_error", "relaxation", ".1e"),
    Column("rate_difference_hz", "rate, Hz", "+.4f"), Column("rate_se_hz", "SE", ".4f"),
    Column("fc_difference", "BOLD FC, simulated", ".4f"), Column("fc_se", "SE", ".4f"),
    Column("median_s", "s", ".1f"),
)  # fmt: skip


def cases(quick: bool) -> list[dict[str, Any]]:
    """Return the cases: methods x steps; the default method is also simulated with noise."""
    if quick:
        one = {"method": "heun, held", "dt_ms": 1.0, "n": 8, "simulated": True}
        return [{**one, "lanes": 4, "duration_s": 20.0, "reference_ms": 0.5}]
    size = {"n": 84, "lanes": LANES, "duration_s": DURATION_S, "reference_ms": REFERENCE_MS}
    return [
        {"method": name, "dt_ms": dt_ms, "simulated": name == "heun, held", **size}
        for name in METHODS
        for dt_ms in STEPS_MS
    ]


def measure(case: dict[str, Any], repeats: int) -> dict[str, Any]:
    """Measure one case; nothing is repeated, the standard errors come from the lanes."""
    if case["n"] == 84:
        brain = netmod.Network.from_atlas("dk84").balanced()
    else:
        C, _ = connectome(case["n"])
        brain = netmod.Network(np.stack([C, 0.2 * C]), J=1.6)
    before = peak_memory_mb()
    row = {**_theory(brain, case), "relaxation_error": _relaxation(brain, case)}
    if case["simulated"]:
        row |= _simulated(brain, case)
    return {
        **row,
        "memory_before_mb": before,
        "repeats": 1,
        "float": "theory float64, runs float32",
    }


def _theory(brain: Network, case: dict[str, Any]) -> dict[str, float]:
    """Return root mean square errors of FC and the largest relative error of a neural SD."""
    import jax

    n, dt_s = brain.parameters.n_regions, case["dt_ms"] * 1e-3
    state = brain.fixed_point()
    with jax.enable_x64(True):
        linear = linearise(brain.model, brain.parameters, state)
        A = np.asarray(jacobian(brain.model, brain.parameters, linear))
        intensity = np.asarray(noise_covariance(brain.model, brain.parameters)).ravel()
        local = np.einsum("iab,ij->aibj", np.asarray(linear.local), np.eye(n)).reshape(A.shape)
    M, B = step_error.propagator(A, local, dt_s, *METHODS[case["method"]])
    omegas, weights = band_nodes(0.01, 0.25)
    weights = weights * np.abs(linear_response(omegas, HEMODYNAMICS["friston2003"])) ** 2
    exact = step_error.exact_covariance(A, intensity)[:n, :n]
    found = step_error.stationary_covariance(M, B, intensity, dt_s)[:n, :n]
    band = step_error.exact_band_covariance(A, intensity, omegas, weights)[:n, :n]
    found_band = step_error.band_covariance(M, B, intensity, dt_s, omegas, weights)[:n, :n]
    return {
        "bold_fc_error": _fc_error(found_band, band),
        "neural_fc_error": _fc_error(found, exact),
        "neural_sd_error": float(np.abs(np.sqrt(np.diag(found) / np.diag(exact)) - 1).max()),
    }


def _fc_error(found: np.ndarray, exact: np.ndarray) -> float:
    upper = np.triu_indices(len(exact), 1)
    sd, true_sd = np.sqrt(np.diag(found)), np.sqrt(np.diag(exact))
    difference = found / np.outer(sd, sd) - exact / np.outer(true_sd, true_sd)
    return float(np.sqrt(np.mean(difference[upper] ** 2)))


def _relaxation(brain: Network, case: dict[str, Any]) -> float:
    """Return the largest error of S_E on the noise-free way back to rest, relative to the way.

    From one and a half times the fixed point, over 1 s, in double precision; the reference is
    the classical Runge-Kutta method at 0.05 ms.
    """
    quiet = noise_free(brain.model)
    rest = brain.fixed_point()
    start = tuple(1.5 * s[None] for s in rest)
    solver, hold = METHODS[case["method"]]
    lanes, keys = stack([brain.parameters]), np.zeros((1, 2), np.uint32)

    def trace(dt_ms: float, solver: str, hold: bool) -> np.ndarray:
        return record(
            quiet, lanes, start, keys, duration_s=1.0, dt_ms=dt_ms, every_ms=1.0, solver=solver,
            hold_coupling=hold, precision="double",
        ).values[0, :, 0]  # fmt: skip

    exact = trace(0.05, "rk4", False)
    error = np.abs(trace(case["dt_ms"], solver, hold) - exact).max()
    return float(error / np.abs(0.5 * rest[0]).max())


def _simulated(brain: Network, case: dict[str, Any]) -> dict[str, float]:
    """Return differences to the reference step, each with the standard error that noise leaves.

    The two runs never share noise; where both have the reference step, the difference is chance.
    """
    lanes, upper = case["lanes"], np.triu_indices(brain.parameters.n_regions, 1)
    solver, hold = METHODS[case["method"]]

    def run(dt_ms: float, first: int) -> tuple[np.ndarray, np.ndarray]:
        scans = simulate_networks(
            [brain] * lanes, seed=1, replicates=range(first, first + lanes), dt_ms=dt_ms,
            duration_s=case["duration_s"], warmup_s=20.0 if case["duration_s"] >= 60 else 2.0,
            solver=solver, hold_coupling=hold,
        )  # fmt: skip
        rate = np.array([scan.rate_hz.mean() for scan in scans])
        return rate, np.array([np.arctanh(scan.fc()[upper]) for scan in scans])

    began = time.perf_counter()
    rate, z = run(case["dt_ms"], 0)
    seconds = time.perf_counter() - began
    reference_rate, reference_z = run(case["reference_ms"], lanes)
    se = np.sqrt((z.var(axis=0, ddof=1) + reference_z.var(axis=0, ddof=1)) / lanes)
    rate_se = np.sqrt((rate.var(ddof=1) + reference_rate.var(ddof=1)) / lanes)
    difference = z.mean(axis=0) - reference_z.mean(axis=0)
    return {
        "median_s": seconds,
        "rate_hz": float(rate.mean()),
        "rate_difference_hz": float(rate.mean() - reference_rate.mean()),
        "rate_se_hz": float(rate_se),
        "fc_difference": float(np.sqrt(np.mean(difference**2))),
        "fc_se": float(np.sqrt(np.mean(se**2))),
    }
