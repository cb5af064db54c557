"""Figures of the two models of seizures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from model_figures.canvas import BLUE, GREY, INK, ORANGE, RED, SKY, lettered, panels, run, titled
from netmod.dynamics.stimulation import Pulse, Stimulus
from netmod.models import MODELS


def epileptor() -> tuple[Any, str]:
    """Recurrent seizures in the field potential, and the share of time in seizure over x0."""
    import matplotlib.pyplot as plt

    x0 = np.linspace(-2.4, -1.4, 41)
    values = {"x0": x0, "time_unit": 0.02}
    traces = run("epileptor", values, duration_s=240.0, dt_ms=1.0, every_ms=20.0,
                 signals=("lfp", "z", "x1"))  # fmt: skip
    k = int(np.argmin(np.abs(x0 + 1.6)))
    lfp, z = traces.values[0, :, :2, k].T
    seizure = _smoothed(traces["x1"][0] > -0.9, 150)
    late = traces.time_s > 40.0
    share = seizure[late].mean(axis=0)

    figure = plt.figure(figsize=(6.5, 2.6), layout="constrained")
    grid = figure.add_gridspec(2, 2, width_ratios=(1.7, 1), height_ratios=(1.6, 1))
    top = figure.add_subplot(grid[0, 0])
    below = figure.add_subplot(grid[1, 0], sharex=top)
    right = figure.add_subplot(grid[:, 1])
    top.plot(traces.time_s, lfp, color=BLUE, lw=0.4)
    top.set(ylabel="LFP x2 − x1", xlim=(0, 120))
    top.tick_params(labelbottom=False)
    lettered(top, "a", f"seizures at x0 = −{-x0[k]:.1f}")
    below.plot(traces.time_s, z, color=RED)
    below.set(xlabel="time (s), time_unit = 20 ms", ylabel="z")
    right.plot(x0, 100 * share, "o-", ms=2.5, lw=0.8, color=BLUE)
    right.axvline(-2.06, color=GREY, lw=0.7, ls=":")
    right.set(xlabel="epileptogenicity x0", ylabel="time in seizure (%)", ylim=(-3, 103))
    lettered(right, "b", "rest below −2.06")

    starts, ends = _edges(seizure[:, k])
    starts, ends = starts[1:], ends[1:]
    n = min(len(starts), len(ends))
    length = np.mean([e - s for s, e in zip(starts[:n], ends[:n], strict=True)]) * 0.02
    period = np.mean(np.diff(starts)) * 0.02
    active = x0[share > 0.02]
    caption = (
        "Epileptor without noise, with a published unit of time of 20 ms. a: field potential and "
        f"permittivity z at x0 = {x0[k]:.1f}: seizures of {length:.1f} s every {period:.1f} s. b: "
        "share of time with x1 above -0.9 (within 3 s) from 40 to 240 s; the first x0 of the grid "
        f"with seizures is {active.min():.3f}, dotted is the critical -2.06."
    )
    return figure, caption


def _smoothed(mask: np.ndarray, width: int) -> np.ndarray:
    """Return where a mask holds within some samples before or after."""
    sums = np.cumsum(np.pad(mask.astype(int), ((width, width), (0, 0))), axis=0)
    n = len(mask)
    return sums[2 * width - 1 : 2 * width - 1 + n] - np.pad(sums, ((1, 0), (0, 0)))[:n] > 0


def _edges(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    change = np.diff(mask.astype(int))
    starts, ends = np.flatnonzero(change > 0), np.flatnonzero(change < 0)
    return starts, ends[ends > starts[0]] if len(starts) else ends


def subcritical_hopf() -> tuple[Any, str]:
    """Draw a seizure by a push, ended by fatigue, in time and on the bifurcation diagram."""
    d = MODELS["subcritical_hopf"].defaults()
    push, onset, length, lanes = 2.0, 40.0, 6.0, 16
    options = {"dt_ms": 2.0, "every_ms": 20.0, "signals": ("x", "power", "w")}
    stimuli = [Stimulus(Pulse(onset, length), np.full(lanes, push))]
    traces = run("subcritical_hopf", {"k": np.full(lanes, d["k"])}, duration_s=200.0,
                 noise_sd=None, seed=2, stimuli=stimuli, **options)  # fmt: skip
    x, power, w = traces.values[0, :, :, 0].T
    radius, t = np.sqrt(power), traces.time_s
    # the duration of a seizure is measured without noise, from the same small start
    at_once = [Stimulus(Pulse(0.0, length), [push])]
    durations = {}
    for solver in ("rk4", "euler"):
        found = run("subcritical_hopf", {}, start=(0.01, 0.0, 0.0), duration_s=80.0,
                    stimuli=at_once, solver=solver, **options)["power"][0, :, 0]  # fmt: skip
        durations[solver] = np.count_nonzero(np.sqrt(found) > 0.3) * 0.02
    pushed = (t > onset) & (t <= onset + length)
    lam = d["lambda_0"] - w + push * pushed

    figure, (a, b) = panels(1.5, 1)
    a.plot(t, x, color=BLUE, lw=0.3, label="x")
    a.plot(t, w, color=RED, label="fatigue w")
    a.axvspan(onset, onset + length, color=ORANGE, alpha=0.35, lw=0)
    a.set(xlabel="time (s)", ylabel="x and w", xlim=(0, 200), ylim=(-1.8, 2.2))
    a.text(onset + length + 2, 1.95, f"push of {push:g} for {length:g} s", va="center")
    for handle in a.legend(loc="lower right", ncols=2).legend_handles:
        handle.set_linewidth(1.2)
    titled(a, "a seizure that ends by fatigue")
    grid = np.linspace(-1, 2.2, 801)
    b.plot(grid, np.sqrt(1 + np.sqrt(1 + grid)), color=INK)
    b.plot([-1.6, 0], [0, 0], color=INK)
    b.plot([0, 2.2], [0, 0], color=INK, lw=1.0, ls=(0, (3, 2)))
    lower = grid[grid <= 0]
    b.plot(lower, np.sqrt(1 - np.sqrt(1 + lower)), color=INK, lw=1.0, ls=(0, (3, 2)))
    b.plot(lam, radius, color=SKY, lw=1.0)
    b.set(xlabel="bifurcation parameter λ", ylabel="amplitude |z|", xlim=(-1.6, 2.2))
    titled(b, "the path of λ")
    ended = np.array([np.flatnonzero(lane > 0.09)[-1] for lane in traces["power"][0].T])
    seen = traces["x"][0]
    before = seen[(t > 5) & (t < onset)].std()
    after = np.std([seen[e + 500 : e + 1500, k] for k, e in enumerate(ended)])
    caption = (
        "Seizure as a subcritical Hopf bifurcation with fatigue. a: a push of 2 for 6 s, with the "
        f"default noise; fatigue reaches {w.max():.2f}. Without noise the seizure (|z| above 0.3) "
        f"lasts {durations['rk4']:.1f} s; Euler steps of 2 ms would make it "
        f"{durations['euler']:.1f} s. Over {lanes} regions the SD of x is {before:.4f} before "
        f"and {after:.4f} from 10 to 30 s after it: postictal suppression. b: cycles and rest "
        "(solid: stable) over lambda, and the path of the seizure."
    )
    return figure, caption


FIGURES: Mapping[str, Callable[[], tuple[Any, str]]] = {
    f.__name__: f for f in (epileptor, subcritical_hopf)
}
