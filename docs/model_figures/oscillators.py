"""Figures of planar oscillators and of the chaotic Larter-Breakspear model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

import netmod
from model_figures.canvas import (
    BLUE,
    GREEN,
    GREY,
    INK,
    RED,
    crossings,
    leading,
    panels,
    peak_hz,
    run,
    titled,
)
from netmod.dynamics.stimulation import Pulse, Stimulus
from netmod.models import MODELS


def stuart_landau() -> tuple[Any, str]:
    """Amplitude over a, and the spectrum below the bifurcation."""
    import jax
    from scipy.signal import welch

    from netmod.dynamics.linear import cross_spectrum, linearise

    growth = np.linspace(-2.0, 6.0, 33)
    x = run("stuart_landau", {"a": growth, "frequency_hz": 10.0}, start=(1.0, 0.0),
            duration_s=12.0, dt_ms=2.0)["x"][0, -1000:]  # fmt: skip
    amplitude = 0.5 * np.ptp(x, axis=0)
    far = growth > 0.3
    error = np.abs(amplitude[far] / np.sqrt(growth[far]) - 1).max()

    values = {"a": -5.0, "frequency_hz": 10.0}
    noisy = run("stuart_landau", values | {"a": np.full(64, -5.0)}, duration_s=64.0, dt_ms=2.0,
                every_ms=4.0, noise_sd=0.02, seed=1)["x"][0, 500:]  # fmt: skip
    f, power = welch(noisy, fs=250.0, nperseg=1024, axis=0)
    power = power.mean(axis=1)
    network = netmod.Network(np.zeros((1, 1)), "stuart_landau", **values)
    shown = (f > 2) & (f < 20)
    with jax.enable_x64(True):
        linear = linearise(network.model, network.parameters, network.fixed_point())
        spectrum = jax.jit(
            jax.vmap(lambda w: cross_spectrum(network.model, network.parameters, linear, w))
        )
        theory = 2 * np.asarray(spectrum(2 * np.pi * f[shown]))[:, 0, 0].real
    off = np.abs(power[shown] / theory - 1).mean()
    peak = f[shown][theory.argmax()]

    figure, (a, b) = panels(1, 1.1)
    fine = np.linspace(-2, 6, 801)
    a.plot(fine, np.sqrt(np.maximum(fine, 0)), color=INK, lw=1.0, label="√a for a > 0")
    a.plot(growth, amplitude, "o", ms=3, color=BLUE, label="simulated")
    a.set(xlabel="growth rate a (1/s)", ylabel="amplitude of x", xlim=(-2, 6), ylim=(-0.1, 2.6))
    a.legend(loc="upper left")
    titled(a, "supercritical Hopf bifurcation")
    b.semilogy(f[shown], power[shown], "o", ms=2.5, color=BLUE, label="simulated")
    b.semilogy(f[shown], theory, color=INK, lw=1.0, label="linear engine")
    b.set(xlabel="frequency (Hz)", ylabel="power of x (1/Hz)", xlim=(2, 20))
    b.legend(loc="upper right")
    titled(b, "noise below the bifurcation, a = −5")
    caption = (
        "Stuart-Landau oscillator. a: amplitude of the 10 Hz cycle without noise; for a above 0.3 "
        f"it is within {100 * error:.2g} % of the square root of a. b: spectrum (Welch, 64 regions "
        f"of 62 s) with noise_sd 0.02 beside the linear engine's: peak at {peak:.1f} Hz, mean "
        f"deviation {100 * off:.1f} %."
    )
    return figure, caption


def generic_2d_oscillator() -> tuple[Any, str]:
    """Excitable, oscillating and bistable configurations in the phase plane."""
    d = MODELS["generic_2d_oscillator"].defaults()
    configurations = {
        "excitable": ({}, [(0.9, 0.5)]),
        "oscillating": ({"a": 2.0}, [(0.0, 1.0)]),
        "bistable": ({"a": 1.0, "b": 0.0, "c": -5.0}, [(0.2, 0.2), (-1.9, -9.0)]),
    }
    figure, axes = panels(1, 1, 1)
    measured = []
    for ax, (name, (values, starts)) in zip(axes, configurations.items(), strict=True):
        p = d | values
        V = np.linspace(-3, 5, 1601)
        cubic = -(p["I"] + p["g"] * V + p["e"] * V**2 - p["f"] * V**3) / p["alpha"]
        parabola = (p["a"] + p["b"] * V + p["c"] * V**2) / p["beta"]
        start = tuple(np.array(s) for s in zip(*starts, strict=True))
        lanes = {k: np.full(len(starts), v) for k, v in values.items()}
        paths = run("generic_2d_oscillator", lanes, start=start, duration_s=6.0, dt_ms=0.5,
                    signals=("V", "W")).values[0]  # fmt: skip
        low = paths.min(axis=(0, 2))
        high = paths.max(axis=(0, 2))
        room = 0.15 * (high - low)
        ax.plot(V, cubic, color=RED, lw=0.9, label="dV/dt = 0")
        ax.plot(V, parabola, color=GREEN, lw=0.9, label="dW/dt = 0")
        for k in range(len(starts)):
            ax.plot(paths[:, 0, k], paths[:, 1, k], color=BLUE, lw=1.0)
            ax.plot(start[0][k], start[1][k], "o", ms=3, mfc="white", mec=BLUE)
        ax.set(
            xlim=(low[0] - room[0], high[0] + room[0]), ylim=(low[1] - room[1], high[1] + room[1])
        )
        ax.set(xlabel="V", ylabel="W" if ax is axes[0] else "")
        titled(ax, name)
        measured.append(f"{name}: " + " and ".join(_ending(lane) for lane in paths[-6000:, 0].T))
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2)
    caption = (
        "Generic two-dimensional oscillator: nullclines and orbits (circles: starts) without noise "
        "in three configurations of the parabola; where they end: " + "; ".join(measured) + "."
    )
    return figure, caption


def _ending(V: np.ndarray) -> str:
    """Return in words where an orbit ends."""
    if np.ptp(V) < 0.05:
        return f"rest at V = {V[-1]:.3f}"
    return f"a cycle of {peak_hz(V, 5e-4):.2f} Hz"


def fitzhugh_nagumo() -> tuple[Any, str]:
    """Nullclines with an excited spike, and frequency over current."""
    d = MODELS["fitzhugh_nagumo"].defaults()
    stimuli = [Stimulus(Pulse(0.005, 0.001), [0.4, 0.8])]
    paths = run("fitzhugh_nagumo", {"I": np.zeros(2)}, duration_s=0.1, dt_ms=0.05,
                signals=("v", "w"), stimuli=stimuli).values[0]  # fmt: skip
    current = np.linspace(0.2, 1.6, 141)
    v = run("fitzhugh_nagumo", {"I": current}, start=(-1.0, 0.0), duration_s=3.0, dt_ms=0.1)
    v = v["v"][0, 15000:]
    cycles = np.ptp(v, axis=0) > 0.5
    frequency = np.array([peak_hz(column, 1e-4) for column in v.T])
    V = np.linspace(-1.2, 1.2, 2001)
    W = (V + d["a"]) / d["b"]
    I = W - V + V**3 / 3  # noqa: E741 - the field's symbol
    hopf = crossings(I, leading("fitzhugh_nagumo", (V, W), {"I": I}).real)

    figure, (a, b) = panels(1, 1.1)
    fine = np.linspace(-2.4, 2.4, 401)
    a.plot(fine, fine - fine**3 / 3, color=RED, lw=0.9, label="dv/dt = 0")
    a.plot(fine, (fine + d["a"]) / d["b"], color=GREEN, lw=0.9, label="dw/dt = 0")
    for k, (colour, size) in enumerate(((GREY, 0.4), (BLUE, 0.8))):
        a.plot(paths[:, 0, k], paths[:, 1, k], color=colour, label=f"pulse of {size:g}")
    a.set(xlim=(-2.4, 2.4), ylim=(-1.8, 1.6), xlabel="v", ylabel="w")
    a.legend(loc="lower right", bbox_to_anchor=(0.94, 0), ncols=2, borderaxespad=0.0)
    titled(a, "excitable at I = 0")
    b.plot(current[cycles], frequency[cycles], ".", ms=3, color=BLUE)
    for point in hopf:
        b.axvline(point, color=GREY, lw=0.7, ls=":")
    b.set(xlabel="current I", ylabel="frequency (Hz)", xlim=(0.2, 1.6))
    b.set_ylim(0, 1.15 * frequency[cycles].max())
    titled(b, "frequency of the cycle")
    small, large = np.ptp(paths[:, 0], axis=0)
    caption = (
        "FitzHugh-Nagumo oscillator without noise. a: nullclines at I = 0 and responses to "
        f"pulses of current of 1 ms: 0.4 moves v by {small:.2f}, 0.8 makes a spike of {large:.2f}. "
        f"b: frequency of the cycle, {frequency[cycles].min():.1f} to "
        f"{frequency[cycles].max():.1f} Hz (published unit of time taken as 1 ms); dotted: "
        f"Hopf points measured at I = {', '.join(f'{h:.4f}' for h in np.sort(hopf))}."
    )
    return figure, caption


def larter_breakspear() -> tuple[Any, str]:
    """Draw a cycle, chaos, and the maxima of V over the spread of the threshold."""
    spread = np.linspace(0.52, 0.70, 145)
    fixed = {"C": 0.0, "g_Ca": 1.0, "a_ee": 0.36}
    values = fixed | {"d_V": spread, "d_Z": spread}
    traces = run("larter_breakspear", values, duration_s=2.8, dt_ms=0.04, every_ms=0.4,
                 solver="heun", signals=("V", "Z")).values[0, 2500:]  # fmt: skip
    V, Z = traces[:, 0], traces[:, 1]
    figure, (a, b, c) = panels(1, 1, 1.35)
    measured = []
    for ax, at, title in ((a, 0.60, "cycle"), (b, 0.65, "chaos")):
        k = int(np.argmin(np.abs(spread - at)))
        ax.plot(V[:, k], Z[:, k], color=BLUE, lw=0.35 if title == "chaos" else 1.0)
        ax.set(xlabel="V", ylabel="Z" if ax is a else "")
        titled(ax, f"{title}, d_V = {spread[k]:.2f}")
        measured.append(len(np.unique(np.round(_maxima(V[:, k]), 2))))
        ax.margins(0.1)
        ax.locator_params(nbins=4)
    points = [(s, peak) for s, column in zip(spread, V.T, strict=True) for peak in _maxima(column)]
    x, y = np.array(points).T
    c.plot(x, y, ".", ms=1.1, color=INK, mew=0, rasterized=True)
    c.set(xlabel="spread d_V = d_Z", ylabel="maxima of V", xlim=(0.52, 0.70))
    titled(c, "route through chaos")
    moving = spread[np.ptp(V[-2000:], axis=0) > 0.02]
    caption = (
        "Larter-Breakspear region on its own, without noise (C = 0, g_Ca = 1, a_ee = 0.36, "
        f"d_Z = d_V). a, b: orbits over 1.8 s; their maxima of V take {measured[0]} and "
        f"{measured[1]} different values (to 0.01). c: all maxima of V; the region rests below "
        f"d_V = {moving.min():.4f}."
    )
    return figure, caption


def _maxima(trace: np.ndarray) -> np.ndarray:
    inner = trace[1:-1]
    return inner[(inner > trace[:-2] + 1e-7) & (inner >= trace[2:])]


FIGURES: Mapping[str, Callable[[], tuple[Any, str]]] = {
    f.__name__: f
    for f in (stuart_landau, generic_2d_oscillator, fitzhugh_nagumo, larter_breakspear)
}
