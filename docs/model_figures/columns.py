"""Figures of cortical columns and populations: Jansen-Rit, Wendling, Wilson-Cowan, MPR."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from model_figures.canvas import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    RED,
    branch,
    crossings,
    hopf_points,
    leading,
    lettered,
    panels,
    peak_hz,
    run,
    titled,
)
from netmod.dynamics.stimulation import Pulse, Stimulus
from netmod.models import MODELS
from netmod.models.wendling import ACTIVITY_TYPES

WENDLING_SEED = 4
"""Sporadic spikes are chance events, 7 in 40 s: with this seed some fall into the figure."""


def jansen_rit() -> tuple[Any, str]:
    """Bifurcation in the input p, and the alpha rhythm."""
    d = MODELS["jansen_rit"].defaults()

    def rate(v):
        return 2 * d["e0"] / (1 + np.exp(d["r"] * (d["v0"] - v)))

    C = d["C"]
    v = np.linspace(-4, 13, 6000)
    y0 = d["A"] / d["a"] * rate(v)
    y2 = d["B"] / d["b"] * d["alpha_4"] * C * rate(d["alpha_3"] * C * y0)
    p = d["a"] / d["A"] * (v + y2) - d["alpha_2"] * C * rate(d["alpha_1"] * C * y0)
    zero = np.zeros_like(v)
    eigen = leading("jansen_rit", (y0, v + y2, y2, zero, zero, zero), {"p": p})
    stable = eigen.real < 0
    folds = crossings(p, np.gradient(p, v))
    hopf = hopf_points(p, eigen)

    inputs = np.linspace(-20, 380, 161)
    # near the Hopf points transients last for seconds
    options = {"duration_s": 14.0, "dt_ms": 1.0}
    above = v > v[np.argmin(np.abs(p - folds.min())) + 1]
    high = np.flatnonzero(above)[np.searchsorted(p[above], inputs).clip(0, above.sum() - 1)]
    start = (y0[high], v[high] + y2[high] + 0.5, y2[high], 0.0, 0.0, 0.0)
    from_high = run("jansen_rit", {"p": inputs}, start=start, **options)["potential"][0, 11000:]
    low = np.searchsorted(p[: np.argmax(p > 113)], np.minimum(inputs, 113.0)) - 1
    start = (y0[low], v[low] + y2[low], y2[low], 0.0, 0.0, 0.0)
    from_low = run("jansen_rit", {"p": inputs}, start=start, **options)["potential"][0, 11000:]

    figure, (a, b) = panels(1.15, 1)
    for trace, colour in ((from_low, ORANGE), (from_high, BLUE)):
        # neither rest nor a slow transient to it
        early, late = (np.ptp(half, axis=0) for half in np.split(trace, 2))
        cycles = (late > 0.05) & (late > 0.95 * early)
        for bound in (trace.min(axis=0), trace.max(axis=0)):
            a.plot(inputs[cycles], bound[cycles], ".", ms=2.5, color=colour)
    branch(a, p, v, stable)
    upper = hopf[hopf > 0]
    a.plot(upper, np.interp(upper, p[above], v[above]), "o", ms=4, color=RED, zorder=4)
    for value in (89.83, 113.59, 315.70):
        a.axvline(value, color=GREY, lw=0.7, ls=":")
    a.set(xlim=(-20, 380), ylim=(-4, 14), xlabel="input p (1/s)", ylabel="potential y1 − y2 (mV)")
    titled(a, "fixed points and cycles")
    a.plot([], [], ".", color=BLUE, label="alpha cycle")
    a.plot([], [], ".", color=ORANGE, label="spike-like cycle")
    a.legend(loc="lower right", handletextpad=0.1)

    rhythm = from_high[:, np.argmin(np.abs(inputs - 220))]
    frequency = peak_hz(rhythm, 1e-3)
    spikes = from_low[:, np.argmin(np.abs(inputs - 125))]
    slow = peak_hz(spikes, 1e-3)
    t = np.arange(1000) * 1e-3
    b.plot(t, spikes[:1000], color=ORANGE)
    b.plot(t, rhythm[:1000], color=BLUE)
    b.set(xlabel="time (s)", ylabel="potential y1 − y2 (mV)", xlim=(0, 1), ylim=(-4, 17))
    b.text(0.98, 0.97, f"p = 220: {frequency:.1f} Hz", color=BLUE, ha="right", va="top",
           transform=b.transAxes)  # fmt: skip
    b.text(0.98, 0.88, f"p = 125: {slow:.1f} Hz", color=ORANGE, ha="right", va="top",
           transform=b.transAxes)  # fmt: skip
    titled(b, "rhythms")
    caption = (
        "Jansen-Rit column without noise. a: fixed points (solid: stable) and extremes of the "
        "cycles over the input p. Hopf points measured at "
        f"{', '.join(f'{h:.2f}' for h in sorted(hopf))} and folds at "
        f"{', '.join(f'{f:.2f}' for f in sorted(folds))} per s; dotted: the published 89.83, "
        "113.59 and 315.70 (Grimbert and Faugeras 2006). "
        f"b: alpha rhythm of {frequency:.2f} Hz at p = 220 and spike-like cycle of {slow:.2f} Hz "
        "at p = 125, per s."
    )
    return figure, caption


def wendling() -> tuple[Any, str]:
    """Six types of activity by three synaptic gains."""
    names = list(ACTIVITY_TYPES)
    gains = {k: np.array([ACTIVITY_TYPES[n][k] for n in names]) for k in ("A", "B", "G_fast")}
    traces = run(
        "wendling",
        gains,
        duration_s=10.0,
        dt_ms=0.5,
        every_ms=2.0,
        seed=WENDLING_SEED,
        noise_sd=None,
    )["potential"][0, 1000:]  # fmt: skip
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(2, 3, figsize=(6.5, 2.6), layout="constrained", sharex=True)
    t = np.arange(len(traces)) * 2e-3
    measured = []
    for k, (ax, name) in enumerate(zip(axes.flat, names, strict=True)):
        trace = traces[:, k]
        power = np.abs(np.fft.rfft((trace - trace.mean()) * np.hanning(len(trace)))) ** 2
        f = np.fft.rfftfreq(len(trace), 2e-3)
        band = (f > 0.5) & (f < 100.0)
        centroid = (f[band] * power[band]).sum() / power[band].sum()
        word = name.replace("_", " ")
        ax.plot(t[::3], trace[::3], color=BLUE, lw=0.6)
        lettered(ax, "abcdef"[k], f"{word} ({gains['A'][k]:g}, {gains['B'][k]:g}, "
                 f"{gains['G_fast'][k]:g})")  # fmt: skip
        ax.set(xlim=(0, t[-1]))
        ax.margins(y=0.12)
        measured.append(f"{word} {np.ptp(trace):.1f} mV, {centroid:.1f} Hz")
    figure.supxlabel("time (s)", fontsize=8)
    figure.supylabel("potential (mV)", fontsize=8)
    caption = (
        "Six types of activity of the Wendling column by its synaptic gains (A, B, G_fast) in mV, "
        "at the default input and noise. Peak to peak and mean frequency of the power "
        "(0.5 to 100 Hz) over 8 s: " + "; ".join(measured) + "."
    )
    return figure, caption


def wilson_cowan() -> tuple[Any, str]:
    """Phase plane of a cycle, and cycles over the input."""
    d = MODELS["wilson_cowan"].defaults()
    inputs = np.linspace(-0.5, 5.0, 111)
    options = {"duration_s": 1.5, "dt_ms": 0.2, "signals": ("E", "I")}
    up = run("wilson_cowan", {"I_ext": inputs}, **options).values[0, 4500:]
    down = run("wilson_cowan", {"I_ext": inputs}, start=(0.5, 0.3), **options).values[0, 4500:]

    def logit(x):
        return np.log(x / (1 - x))

    E = np.linspace(1e-4, 0.4995, 4000)
    # dI/dt = 0 gives E for every I; dE/dt = 0 then gives the input
    grid = np.linspace(1e-4, 0.4995, 4000)
    E_of = (d["mu_I"] + logit(grid / (1 - grid)) / d["a_I"] + d["c_II"] * grid) / d["c_EI"]
    I_rest = np.interp(E, E_of, grid)
    level = d["mu_E"] + logit(E / (1 - E)) / d["a_E"] - d["c_EE"] * E
    I_ext = level + d["c_IE"] * I_rest
    eigen = leading("wilson_cowan", (E, I_rest), {"I_ext": I_ext})
    stable = eigen.real < 0
    hopf = hopf_points(I_ext, eigen)
    folds = crossings(I_ext, np.gradient(I_ext, E))

    chosen = float(inputs[np.argmin(np.abs(inputs - 1.5))])
    k = int(np.argmin(np.abs(inputs - chosen)))
    cycle = up[:, :, k]
    frequency = peak_hz(cycle[:, 0], 2e-4)
    figure, (a, b) = panels(1, 1.2)
    a.plot(E, (chosen - level) / d["c_IE"], color=RED, lw=1.0, label="dE/dt = 0")
    a.plot(E_of, grid, color=GREEN, lw=1.0, label="dI/dt = 0")
    a.plot(*cycle.T, color=BLUE, lw=1.0, label=f"cycle, {frequency:.1f} Hz")
    a.set(xlabel="E (fraction active)", ylabel="I (fraction active)")
    a.set(xlim=(0, 0.5), ylim=(0, 0.5))
    a.legend(loc="lower right")
    titled(a, f"phase plane at I_ext = {chosen:g}")

    for trace in (up, down):
        cycles = np.ptp(trace[:, 0], axis=0) > 1e-3
        for bound in (trace[:, 0].min(axis=0), trace[:, 0].max(axis=0)):
            b.plot(inputs[cycles], bound[cycles], ".", ms=2.5, color=BLUE)
    branch(b, I_ext, E, stable)
    b.set(xlabel="background input I_ext", ylabel="E (fraction active)")
    b.set(xlim=(-0.5, 5.0), ylim=(0, 0.52))
    titled(b, "silent, oscillating and active")
    b.plot([], [], ".", color=BLUE, label="extremes of the cycle")
    b.plot([], [], color=INK, label="fixed points")
    b.legend(loc="lower right", handletextpad=0.4)
    caption = (
        f"Wilson-Cowan populations without noise. a: nullclines and the cycle at I_ext = "
        f"{chosen:g}: {frequency:.2f} Hz, E between {cycle[:, 0].min():.3f} and "
        f"{cycle[:, 0].max():.3f}. b: fixed points (solid: stable) and cycles over the input; "
        f"Hopf points measured at I_ext = {', '.join(f'{h:.3f}' for h in sorted(hopf))}, folds at "
        f"{', '.join(f'{f:.3f}' for f in sorted(folds))}."
    )
    return figure, caption


def montbrio_pazo_roxin() -> tuple[Any, str]:
    """Bistability between two saddle-nodes, and switches by pulses of current."""
    d = MODELS["montbrio_pazo_roxin"].defaults()
    x = np.linspace(0.003, 1.2, 8000)  # tau r
    V = -d["Delta"] / (2 * np.pi * x)
    eta = (np.pi * x) ** 2 - d["J"] * x - V**2
    eigen = leading("montbrio_pazo_roxin", (x / d["tau"], V), {"eta": eta})
    folds = np.sort(crossings(eta, np.gradient(eta, x)))
    rate = x / d["tau"]

    stimuli = [Stimulus(Pulse(0.2, 0.1), [3.0]), Stimulus(Pulse(0.6, 0.1), [-3.0])]
    traces = run("montbrio_pazo_roxin", {"eta": [d["eta"]]}, duration_s=1.0, dt_ms=0.05,
                 every_ms=0.5, start=(0.1 / d["tau"] * 0.9, -1.9), stimuli=stimuli,
                 signals=("r",))  # fmt: skip
    r = traces["r"][0, :, 0]
    figure, (a, b) = panels(1, 1.2)
    branch(a, eta, rate, eigen.real < 0)
    for fold in folds:
        a.plot(fold, np.interp(fold, *_near(eta, rate, fold)), "o", ms=4, color=RED)
    a.axvline(d["eta"], color=GREY, lw=0.7, ls=":")
    a.set(xlim=(-10, 0), ylim=(0, 120), xlabel="centre of excitability η", ylabel="rate r (Hz)")
    titled(a, f"saddle-nodes at J = {d['J']:g}")
    b.plot(traces.time_s, r, color=BLUE)
    b.axvspan(0.2, 0.3, color=ORANGE, alpha=0.35, lw=0)
    b.axvspan(0.6, 0.7, color=GREY, alpha=0.35, lw=0)
    b.set(xlabel="time (s)", ylabel="rate r (Hz)", xlim=(0, 1))
    top = b.get_ylim()[1]
    b.set_ylim(0, top * 1.12)
    b.text(0.25, top * 1.03, "+3", ha="center")
    b.text(0.65, top * 1.03, "−3", ha="center")
    titled(b, f"pulses of current at η = −{-d['eta']:g}")
    rest, active = r[390], r[1190]
    caption = (
        "Montbrio-Pazo-Roxin population without noise. a: rates of the fixed points (solid: "
        f"stable); saddle-nodes measured at eta = {folds[0]:.4f} and {folds[1]:.4f} (analytic: "
        "-5.7435 and -3.1361). b: at eta = -5 a pulse of current of 3 for 0.1 s switches the "
        f"silent state ({rest:.1f} Hz) to the active one ({active:.1f} Hz), a pulse of -3 back."
    )
    return figure, caption


def _near(x: np.ndarray, y: np.ndarray, at: float) -> tuple[np.ndarray, np.ndarray]:
    # a branch that turns is no function of x: the points nearest the turn stand for it
    k = int(np.argmin(np.abs(x - at)))
    return x[k : k + 1], y[k : k + 1]


FIGURES: Mapping[str, Callable[[], tuple[Any, str]]] = {
    f.__name__: f for f in (jansen_rit, wendling, wilson_cowan, montbrio_pazo_roxin)
}
