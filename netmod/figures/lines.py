"""Parts that line plots over time share: an ordinal time axis, limits, the mean with interval."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from netmod.figures.intervals import bootstrap_mean
from netmod.figures.labels import tick_time

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TIMES_UPRIGHT = 5


def turned_room(times_h: Sequence[float]) -> float:
    """Return the inches that labels need below the axis because they are turned upright."""
    return 0.2 if len(times_h) > _TIMES_UPRIGHT else 0.0


def time_axis(axes: Axes, times_h: Sequence[float], labelled: bool) -> None:
    """Set one step per scan: hours and weeks fit on no common linear axis.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    times_h : sequence of float
        Times of the scans in hours.
    labelled : bool
        Whether this panel shows the labels.
    """
    axes.set_xlim(-0.35, len(times_h) - 0.65)
    axes.set_xticks(range(len(times_h)))
    if labelled:
        turned = 90 if turned_room(times_h) else 0
        axes.set_xticklabels([tick_time(time) for time in times_h], rotation=turned)
    else:
        axes.set_xticklabels([])


def shared_limits(arrays: Iterable[np.ndarray]) -> tuple[float, float]:
    """Return limits with a small margin around all finite values."""
    pooled = np.concatenate([np.ravel(array) for array in arrays] or [np.zeros(0)])
    pooled = pooled[np.isfinite(pooled)]
    if not pooled.size:
        return 0.0, 1.0
    low, high = float(pooled.min()), float(pooled.max())
    margin = 0.06 * (high - low) or 0.05 * abs(high) or 0.05
    return low - margin, high + margin


def mean_line(axes: Axes, values: np.ndarray, seed: int, colour: str, **style: Any) -> None:
    """Draw the cohort mean with its 95 % bootstrap interval as bars.

    Parameters
    ----------
    axes : Axes
        Where to draw.
    values : ndarray, shape (subject, time)
        NaN where missing.
    seed : int
        Seed of the bootstrap.
    colour : str
        Colour of line, markers and bars.
    style
        Passed to ``Axes.errorbar``.
    """
    mean, low, high = bootstrap_mean(values, seed)
    look: dict[str, Any] = {
        "marker": "o",
        "markersize": 3.2,
        "linewidth": 1.5,
        "elinewidth": 1.0,
        "capsize": 1.8,
        "capthick": 0.8,
        "zorder": 4,
    }
    spans = np.clip([mean - low, high - mean], 0, None)
    axes.errorbar(np.arange(len(mean)), mean, yerr=spans, color=colour, **(look | style))


def mean_band(axes: Axes, values: np.ndarray, seed: int, colour: str) -> None:
    """Draw the cohort mean as a line in a band of its 95 % bootstrap interval."""
    mean, low, high = bootstrap_mean(values, seed)
    steps = np.arange(len(mean))
    axes.fill_between(steps, low, high, color=colour, alpha=0.3, linewidth=0, zorder=1)
    axes.plot(steps, mean, color=colour, linewidth=0.9, zorder=2)
