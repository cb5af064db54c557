"""Figures of the two reduced Wong-Wang models."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

import netmod
from model_figures.canvas import (
    BLUE,
    GREY,
    INK,
    ORANGE,
    RED,
    branch,
    crossings,
    panels,
    run,
    titled,
)
from netmod.dynamics.noise import scan_key
from netmod.dynamics.parameters import stack
from netmod.dynamics.record import record
from netmod.dynamics.stimulation import Pulse, Stimulus
from netmod.errors import NetmodError
from netmod.models import MODELS


def reduced_wong_wang() -> tuple[Any, str]:
    """Rates with and without feedback inhibition control, and the fit to measured FC."""
    atlas = netmod.load_atlas("dk84")
    brain = netmod.Network.from_atlas(atlas, connectivity="structural")
    G = np.linspace(0.0, 3.0, 31)
    lanes = stack([brain.with_values(G=g, noise_sd=0.0).parameters for g in G])
    start = tuple(np.full((len(G), 84), s) for s in brain.model.start)
    keys = np.stack([scan_key(0, "docs", "rates", k) for k in range(len(G))])
    settled = record(
        brain.model, lanes, start, keys, duration_s=6.0, dt_ms=2.0, every_ms=3000.0,
        signals=("S_E", "S_I"),
    )  # fmt: skip
    state = settled.values[:, -1].astype(float)
    free = np.array([_rates(brain.with_values(G=g), s) for g, s in zip(G, state, strict=True)])

    off = ~np.eye(84, dtype=bool)
    held, fit = [], []
    for g in G:
        balanced = brain.with_values(G=g).balanced()
        held.append(balanced.rate_hz())
        try:
            solved = balanced.solve()
        except NetmodError:  # not a stable fixed point
            fit.append(np.nan)
            continue
        fit.append(np.corrcoef(solved.fc()[off], atlas.fc[off])[0, 1] if g > 0 else np.nan)
    held, fit = np.array(held), np.array(fit)

    figure, (a, b) = panels(1, 1)
    for rates, colour, label in ((free, RED, "J = 1 nA"), (held, BLUE, "J by FIC")):
        a.fill_between(G, rates.min(1), rates.max(1), color=colour, alpha=0.2, lw=0)
        a.plot(G, rates.mean(1), color=colour, label=label)
    a.set(xlabel="global coupling G", ylabel="excitatory rate (Hz)", xlim=(0, 3), yscale="log")
    a.set_yticks([0.1, 1, 10, 100], ["0.1", "1", "10", "100"])
    a.legend(loc="upper left")
    titled(a, "rates over 84 regions")
    best = int(np.nanargmax(fit))
    b.plot(G, fit, color=BLUE)
    b.plot(G[best], fit[best], "o", ms=4, color=BLUE)
    b.set(xlabel="global coupling G", ylabel="r(simulated FC, measured FC)", xlim=(0, 3))
    titled(b, "fit to measured FC, with FIC")
    unstable = G[1:][np.isnan(fit[1:])]
    if len(unstable):
        b.axvspan(unstable[0], 3, color=GREY, alpha=0.2, lw=0)
        b.text(0.5 * (unstable[0] + 3), np.nanmean(fit), "unstable", ha="center", color=INK)
    caption = (
        "Reduced Wong-Wang E-I model on the tractography of dk84 (spectral radius 1). a: mean "
        "(line) and range (band) of the regional rates at the noise-free fixed point over G. With "
        f"J = 1 nA everywhere the mean rises from {free[0].mean():.2f} to {free[-1].mean():.1f} "
        f"Hz, the highest rate to {free[-1].max():.1f} Hz; feedback inhibition control holds every "
        f"region at {held.mean():.2f} Hz (range {held.min():.4f} to {held.max():.4f}). b: "
        "correlation of the linear engine's FC with the measured FC (off-diagonal); largest at "
        f"G = {G[best]:.1f}, r = {fit[best]:.3f}."
    )
    if len(unstable):
        caption += f" The balanced fixed point is unstable from G = {unstable[0]:.1f} on."
    return figure, caption


def _rates(network: netmod.Network, state: np.ndarray) -> np.ndarray:
    from netmod.dynamics.coupling import coupling_of

    coupling = coupling_of(network.model, network.parameters, tuple(state))
    return np.asarray(network.model.rate_hz(tuple(state), network.parameters.values, coupling))


def reduced_wong_wang_single() -> tuple[Any, str]:
    """Bistability of a uniform network in G, and switches by pulses."""
    model = MODELS["reduced_wong_wang_single"]
    d = model.defaults()
    S = np.linspace(0.005, 0.95, 8000)
    # the input that holds S, inverted from H(x) = S / (tau gamma (1 - S))
    wanted = S / (d["tau"] * d["gamma"] * (1 - S))
    current = np.linspace(0.2, 1.2, 200001)
    rate = np.asarray(model.rate_hz((0.0,), {**d, "I_0": current, "w": 0.0, "G": 0.0}, (0.0,)))
    x = np.interp(wanted, rate, current)
    G = (x - d["I_0"]) / (d["J"] * S) - d["w"]
    slope = np.gradient(G, S)
    folds = np.sort(crossings(G, slope))

    G_at = d["G"]
    # a uniform network of row sum 1 is one region whose recurrence is w + G
    stimuli = [Stimulus(Pulse(1.0, 0.3), [0.1]), Stimulus(Pulse(3.0, 0.3), [-0.1])]
    traces = run(
        model, {"w": [d["w"] + G_at], "G": 0.0}, duration_s=5.0, dt_ms=1.0, stimuli=stimuli,
        noise_sd=None, seed=3,
    )  # fmt: skip
    trace = traces["S"][0, :, 0]
    figure, (a, b) = panels(1, 1.2)
    branch(a, G, S, slope > 0)
    for fold in folds:
        a.plot(fold, S[np.argmin(np.abs(G - fold) + 1e3 * (np.abs(slope) > 0.2))], "o", ms=4,
               color=RED)  # fmt: skip
    a.axvline(G_at, color=GREY, lw=0.7, ls=":")
    a.set(xlim=(0, 1.2), ylim=(0, 1.0), xlabel="global coupling G", ylabel="gating S")
    titled(a, "fixed points of a uniform network")
    b.plot(traces.time_s, trace, color=BLUE, lw=0.8)
    b.axvspan(1.0, 1.3, color=ORANGE, alpha=0.35, lw=0)
    b.axvspan(3.0, 3.3, color=GREY, alpha=0.35, lw=0)
    b.text(1.35, 0.95, "+0.1 nA", va="center", color=INK)
    b.text(3.35, 0.95, "−0.1 nA", va="center", color=INK)
    b.set(xlim=(0, 5), ylim=(0, 1.0), xlabel="time (s)", ylabel="gating S")
    titled(b, f"pulses of current at G = {G_at:g}")
    low, high = trace[200:1000].mean(), trace[2000:3000].mean()
    caption = (
        "Reduced Wong-Wang model with one population. a: fixed points of regions of a uniform "
        "network with row sum 1 (solid: stable); both states exist between the folds measured at "
        f"G = {folds[0]:.3f} and {folds[1]:.3f}. b: at G = {G_at:g}, with noise, pulses of 0.3 s "
        f"switch S between means of {low:.3f} and {high:.3f}."
    )
    return figure, caption


FIGURES: Mapping[str, Callable[[], tuple[Any, str]]] = {
    f.__name__: f for f in (reduced_wong_wang, reduced_wong_wang_single)
}
