"""What the figures of models share: their look, uncoupled regions in a run, and eigenvalues."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from netmod.dynamics.noise import scan_key
from netmod.dynamics.parameters import make_parameters, stack
from netmod.dynamics.record import Traces, record
from netmod.figures.style import INK, MUTED, OKABE_ITO, RC
from netmod.models import MODELS, Model

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH_IN, HEIGHT_IN, DPI = 6.5, 2.6, 150
BLUE, RED, GREEN, ORANGE, SKY, GREY = (
    OKABE_ITO[name] for name in ("blue", "vermillion", "green", "orange", "sky", "grey")
)
STYLE = {
    **RC,
    "figure.dpi": DPI,
    "savefig.dpi": DPI,
    "axes.titlelocation": "left",
    "text.parse_math": True,
}

__all__ = ["BLUE", "GREEN", "GREY", "INK", "MUTED", "ORANGE", "RED", "SKY"]


def panels(*widths: float, **options: Any) -> tuple[Figure, Sequence[Axes]]:
    """Return a figure with panels in a row, lettered."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(
        1,
        len(widths),
        figsize=(WIDTH_IN, HEIGHT_IN),
        layout="constrained",
        width_ratios=widths,
        **options,
    )
    for letter, ax in zip("abcdef", np.atleast_1d(axes), strict=False):
        lettered(ax, letter)
    return figure, np.atleast_1d(axes)


def lettered(ax: Axes, letter: str, title: str = "") -> None:
    """Write a panel's letter, and its title if it has one."""
    ax.set_title(f"{letter}  {title}" if title else letter, fontsize=8.5)


def titled(ax: Axes, title: str) -> None:
    """Add a title behind a panel's letter."""
    lettered(ax, ax.get_title(loc="left")[:1], title)


def save(figure: Figure, path: Path) -> None:
    """Write a picture in the same bytes on every run, with a palette of 256 colours."""
    import matplotlib.pyplot as plt
    from PIL import Image

    figure.canvas.draw()
    picture = Image.fromarray(np.asarray(figure.canvas.buffer_rgba())).convert("RGB")
    picture.quantize(256, dither=Image.Dither.NONE).save(path, dpi=(DPI, DPI), optimize=True)
    plt.close(figure)


def run(
    model: str | Model,
    values: Mapping[str, Any],
    *,
    duration_s: float,
    dt_ms: float,
    every_ms: float | None = None,
    start: Sequence[Any] | None = None,
    signals: Sequence[str] | None = None,
    seed: int = 0,
    noise_sd: float | None = 0.0,
    **options: Any,
) -> Traces:
    """Record uncoupled regions, one for each value of a parameter; without noise by default.

    Parameters
    ----------
    model : str or Model
        A neural mass.
    values : mapping
        Parameters, scalars or arrays ``[region]``.
    start : sequence, optional
        A scalar or array ``[region]`` for each state; the model's start by default.
    noise_sd : float or None
        Noise; None for the model's default.
    """
    from scipy.sparse import csr_array

    model = MODELS[model] if isinstance(model, str) else model
    start = model.start if start is None else start
    n = max(np.size(value) for value in (*values.values(), *start))
    noise = {} if noise_sd is None else {"noise_sd": noise_sd}
    parameters = make_parameters(model, csr_array((n, n)), {**values, **noise})
    state = tuple(np.broadcast_to(np.asarray(s, float), (1, n)) for s in start)
    key = scan_key(seed, "docs", model.name, 0)[None]
    options = {"solver": "rk4" if noise_sd == 0.0 else "heun", "precision": "double", **options}
    return record(
        model, stack([parameters]), state, key,
        duration_s=duration_s, dt_ms=dt_ms, every_ms=every_ms, signals=signals, **options,
    )  # fmt: skip


def leading(model: str, states: Sequence[Any], values: Mapping[str, Any]) -> np.ndarray:
    """Return the eigenvalue of largest real part, 1/s, of an uncoupled region at many states.

    Parameters
    ----------
    states : sequence of arrays, shape (point,)
        One for each state.
    values : mapping
        Parameters that are not at their default, scalars or arrays ``[point]``.
    """
    import jax
    import jax.numpy as jnp

    mass = MODELS[model]
    nothing = (0.0,) * len(mass.coupling_inputs)
    n = np.size(states[0])
    with jax.enable_x64(True):
        p = {**mass.defaults(), **values}
        p = {k: jnp.broadcast_to(jnp.asarray(v, float), (n,)) for k, v in p.items()}
        y = jnp.stack([jnp.broadcast_to(jnp.asarray(s, float), (n,)) for s in states], axis=1)

        def drift(y, p):
            return jnp.stack(mass.drift(tuple(y), p, nothing, 0.0))

        jacobians = np.asarray(jax.jit(jax.vmap(jax.jacfwd(drift)))(y, p))
    found = np.linalg.eigvals(jacobians)
    return np.take_along_axis(found, found.real.argmax(axis=1)[:, None], axis=1)[:, 0]


def crossings(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return where y changes its sign, by linear interpolation in x."""
    at = np.flatnonzero(np.sign(y[1:]) * np.sign(y[:-1]) < 0)
    return x[at] - y[at] * (x[at + 1] - x[at]) / (y[at + 1] - y[at])


def hopf_points(x: np.ndarray, eigenvalues: np.ndarray) -> np.ndarray:
    """Return where a pair of complex eigenvalues crosses the imaginary axis along a branch."""
    found = crossings(x, np.where(np.abs(eigenvalues.imag) > 1e-6, eigenvalues.real, np.nan))
    return np.sort(found)


def branch(ax: Axes, x: np.ndarray, y: np.ndarray, stable: np.ndarray, colour: str = INK) -> None:
    """Draw fixed points: solid where they are stable, dashed where they are not."""
    ax.plot(x, np.where(stable, y, np.nan), color=colour, lw=1.4)
    # a point beside a change belongs to both lines, so that they meet
    shaky = ~stable
    shaky[1:] |= shaky[:-1].copy()
    shaky[:-1] |= ~stable[1:]
    ax.plot(x, np.where(shaky, y, np.nan), color=colour, lw=1.0, ls=(0, (3, 2)))


def peak_hz(trace: np.ndarray, dt_s: float) -> float:
    """Return the frequency of a periodic trace from its upward crossings of the mean."""
    t = np.arange(len(trace)) * dt_s
    level = trace - 0.5 * (trace.max() + trace.min())
    up = np.flatnonzero((level[:-1] < 0) & (level[1:] >= 0))
    if len(up) < 2:
        return 0.0
    times = t[up] - level[up] * dt_s / (level[up + 1] - level[up])
    return float((len(times) - 1) / (times[-1] - times[0]))
