"""Figures of the two models with statistics in closed form: Kuramoto, Ornstein-Uhlenbeck."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

import netmod
from model_figures.canvas import BLUE, GREY, INK, ORANGE, RED, panels, titled
from netmod.dynamics.noise import scan_key
from netmod.dynamics.parameters import stack
from netmod.dynamics.record import record


def kuramoto() -> tuple[Any, str]:
    """Order over coupling of a Lorentzian all-to-all network."""
    n, half_width = 256, 1.0
    quantiles = (np.arange(n) + 0.5) / n
    frequency_hz = half_width * np.tan(np.pi * (quantiles - 0.5)) / (2 * np.pi)
    ratio = np.array([0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0])
    brain = netmod.Network(
        np.full((n, n), 1 / n), "kuramoto", frequency_hz=frequency_hz, noise_sd=0.0
    )
    lanes = [brain.with_values(G=2 * half_width * r).parameters for r in ratio]
    start = np.random.default_rng(0).uniform(-np.pi, np.pi, n)
    keys = np.stack([scan_key(0, "docs", "kuramoto", k) for k in range(len(ratio))])
    traces = record(
        brain.model, stack(lanes, shared=True), (np.tile(start, (len(ratio), 1)),), keys,
        duration_s=40.0, dt_ms=2.5, every_ms=100.0, signals=("theta",),
    )  # fmt: skip
    order = np.abs(np.exp(1j * traces["theta"]).mean(axis=2))  # [lane, time]
    mean, spread = order[:, 200:].mean(axis=1), order[:, 200:].std(axis=1)
    theory = np.sqrt(np.maximum(1 - 1 / ratio, 0))
    off = np.abs(mean - theory)[ratio > 1.2].max()

    figure, (a, b) = panels(1, 1.1)
    fine = np.linspace(0, 4, 801)[1:]
    a.plot(fine, np.sqrt(np.maximum(1 - 1 / fine, 0)), color=INK, lw=1.0, label="√(1 − Gc/G)")
    a.errorbar(ratio, mean, spread, fmt="o", ms=3, color=BLUE, lw=0.8, label=f"{n} oscillators")
    a.set(xlabel="coupling G / Gc", ylabel="order r", xlim=(0, 4.2), ylim=(0, 1))
    a.legend(loc="lower right")
    titled(a, "onset of order")
    for value, colour in ((0.5, GREY), (1.5, ORANGE), (3.0, BLUE)):
        k = int(np.argmin(np.abs(ratio - value)))
        b.plot(traces.time_s, order[k], color=colour, label=f"{value:g} Gc")
    b.set(xlabel="time (s)", ylabel="order r", xlim=(0, 40), ylim=(0, 1.15))
    b.legend(loc="upper right", ncols=3)
    titled(b, "from random phases")
    caption = (
        f"Kuramoto oscillators, {n} all to all, angular frequencies Lorentzian with half-width 1 "
        "rad/s, Gc = 2 rad/s, without noise. a: order r (mean and SD over 20 s) beside the limit "
        f"of a large network; at 1.25 Gc and above the largest difference is {off:.3f}. "
        "b: order over time."
    )
    return figure, caption


def ornstein_uhlenbeck() -> tuple[Any, str]:
    """Draw simulated covariance beside the solution of the Lyapunov equation."""
    from scipy.linalg import solve_continuous_lyapunov

    atlas = netmod.load_atlas("dk84")
    brain = netmod.Network.from_atlas(atlas, "ornstein_uhlenbeck", connectivity="structural", G=0.9)
    d = {k: float(v[0]) for k, v in brain.parameters.values.items()}
    W = np.asarray(brain.parameters.weights)[0]
    drift = d["G"] * W - np.eye(84) / d["tau"]
    exact = solve_continuous_lyapunov(drift, -(d["noise_sd"] ** 2) * np.eye(84))
    runs = 32
    traces = brain.record(duration_s=860.0, dt_ms=20.0, every_ms=500.0, runs=runs, seed=1)
    x = traces["x"][:, 120:].astype(float)  # [lane, time, region]
    each = np.einsum("kti,ktj->kij", x, x) / x.shape[1]
    found = each.mean(axis=0)
    error = each.std(axis=0, ddof=1) / np.sqrt(runs)
    upper = np.triu_indices(84)
    inside = np.mean(np.abs(found - exact)[upper] < 4 * error[upper])
    off = np.triu_indices(84, 1)
    r = np.corrcoef(found[off], exact[off])[0, 1]

    figure, (a, b) = panels(1.2, 1)
    hub = int(np.argmax(np.diag(exact)))
    leaf = int(np.argmin(np.diag(exact)))
    t = traces.time_s[120:220] - traces.time_s[120]
    for region, colour in ((hub, BLUE), (leaf, RED)):
        a.plot(t, x[0, :100, region], color=colour, lw=0.8, label=atlas.region[region])
    a.set(xlabel="time (s)", ylabel="x", xlim=(0, t[-1]))
    a.margins(y=0.18)
    a.legend(loc="upper right", ncols=2)
    titled(a, "regions of largest and smallest variance")
    b.plot(exact[off], found[off], ".", ms=2.5, color=GREY, mew=0, label="pairs")
    b.plot(np.diag(exact), np.diag(found), ".", ms=4, color=BLUE, mew=0, label="variances")
    ends = np.array([0, 1.05 * exact.max()])
    b.plot(ends, ends, color=INK, lw=0.8)
    b.set(xlabel="covariance, Lyapunov equation", ylabel="covariance, simulated")
    b.legend(loc="upper left")
    titled(b, "84 regions of dk84")
    caption = (
        f"Ornstein-Uhlenbeck process on the tractography of dk84, G = 0.9 per s. a: two regions. "
        f"b: covariance of {runs} runs of 800 s (Heun, 20 ms) beside the Lyapunov equation: "
        f"{100 * inside:.2f} % of {len(upper[0])} entries lie within 4 standard errors; "
        f"r = {r:.4f} over pairs."
    )
    return figure, caption


FIGURES: Mapping[str, Callable[[], tuple[Any, str]]] = {
    f.__name__: f for f in (kuramoto, ornstein_uhlenbeck)
}
