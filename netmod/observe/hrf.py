"""BOLD by convolution of activity with a hemodynamic response function (HRF)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netmod.errors import ConfigError, DataError, did_you_mean

LENGTH_S = 32.0
"""Length of a kernel; at its end every response has died away to less than 1e-3 of its peak."""


class TwoGammas(NamedTuple):
    """``gamma(t; a1, b1) - ratio gamma(t; a2, b2)``, densities of shape a and scale b.

    Attributes
    ----------
    peak_shape, peak_scale_s : float
        Shape and scale (s) of the response.
    undershoot_shape, undershoot_scale_s : float
        Those of the undershoot.
    ratio : float
        Area of the undershoot relative to that of the response.
    source : str
        Where the constants come from.
    """

    peak_shape: float
    peak_scale_s: float
    undershoot_shape: float
    undershoot_scale_s: float
    ratio: float
    source: str


RESPONSES: Mapping[str, TwoGammas] = MappingProxyType(
    {
        "glover": TwoGammas(
            6.0 / 0.9, 0.9, 12.0 / 0.9, 0.9, 0.48,
            "Glover 1999, doi:10.1006/nimg.1998.0419, with the constants of nilearn 0.14",
        ),
        "canonical": TwoGammas(
            6.0, 1.0, 16.0, 1.0, 0.167,
            "Friston et al. 1998, doi:10.1006/nimg.1997.0306 (recalled), as in SPM, with the "
            "constants of nilearn 0.14",
        ),
    }
)  # fmt: skip


def hrf_kernel(name: str, dt_s: float) -> NDArray[np.float64]:
    """Return an HRF, averaged over each step, of unit area.

    The averages are exact, from the incomplete gamma function, so a convolution is exact for an
    activity that is constant over each step, however large dt is; and constant activity gives a
    BOLD of the same size.

    Parameters
    ----------
    name : str
        ``glover`` or ``canonical``.
    dt_s : float
        Step, at most 32 s.

    Returns
    -------
    ndarray, shape (lag,)
        Averages from ``k dt_s`` to ``(k + 1) dt_s`` after an impulse, in 1/s; their sum is
        ``1 / dt_s``.

    Raises
    ------
    ConfigError
        If there is no such HRF, or dt is out of range.
    """
    if name not in RESPONSES:
        raise ConfigError(
            f"no HRF '{name}'",
            expected=", ".join(RESPONSES),
            got=str(name),
            hint=did_you_mean(str(name), RESPONSES),
        )
    if not 0 < dt_s <= LENGTH_S:
        raise ConfigError(
            "the step of an HRF is out of range",
            where="hrf_kernel.dt_s",
            expected=f"above 0, at most {LENGTH_S:g} s",
            got=f"{dt_s:g}",
        )
    from scipy.special import gammainc

    h = RESPONSES[name]
    edges_s = np.arange(math.ceil(LENGTH_S / dt_s - 1e-9) + 1) * dt_s
    area = gammainc(h.peak_shape, edges_s / h.peak_scale_s) - h.ratio * gammainc(
        h.undershoot_shape, edges_s / h.undershoot_scale_s
    )
    return np.diff(area) / (area[-1] * dt_s)


def convolve(
    activity: ArrayLike,
    dt_s: float,
    tr_s: float,
    kernel: ArrayLike,
    before: ArrayLike = 0.0,
) -> NDArray[np.float64]:
    """Return the BOLD that an activity gives through an HRF, at the end of every TR.

    Parameters
    ----------
    activity : array_like, shape (time, region)
        Averages over steps of ``dt_s``. A last, incomplete TR is left out.
    dt_s, tr_s : float
        Step, and repetition time: a whole multiple of it.
    kernel : array_like, shape (lag,)
        HRF on the same step (:func:`hrf_kernel`).
    before : array_like, shape () or (region,)
        Constant activity before the start. The first 32 s of BOLD remember it.

    Returns
    -------
    ndarray, shape (volume, region)
        BOLD at ``tr_s, 2 tr_s, ...``, in the unit of the activity (for a kernel of unit area).

    Raises
    ------
    ConfigError
        If tr is no whole multiple of dt.
    DataError
        If an array has a wrong shape, or the activity is shorter than a TR.
    """
    x, h = np.asarray(activity, dtype=float), np.asarray(kernel, dtype=float)
    factor = _steps(tr_s, dt_s)
    if x.ndim != 2 or len(x) < factor:
        raise DataError(
            "not an activity of at least one TR",
            where="convolve.activity",
            expected=f"shape [time, region], {factor} steps or more",
            got=f"shape {list(x.shape)}",
        )
    if h.ndim != 1 or h.size == 0:
        raise DataError(
            "not a kernel", where="convolve.kernel", expected="shape [lag]",
            got=f"shape {list(h.shape)}",
        )  # fmt: skip
    rest = np.asarray(before, dtype=float)
    if rest.shape not in ((), (x.shape[1],)):
        raise DataError(
            "activity before the start that does not fit",
            where="convolve.before",
            expected=f"one number, or shape [{x.shape[1]}]",
            got=f"shape {list(rest.shape)}",
        )
    backwards = h[::-1] * dt_s
    # only what a volume sees is summed, so it costs volumes x lags and not time x lags
    stops = np.arange(factor, len(x) + 1, factor)
    bold = np.empty((len(stops), x.shape[1]))
    for volume, stop in enumerate(stops):
        start = max(0, stop - h.size)
        bold[volume] = backwards[start - stop :] @ (x[start:stop] - rest)
    return bold + rest * backwards.sum()


def _steps(tr_s: float, dt_s: float) -> int:
    ok = math.isfinite(tr_s) and math.isfinite(dt_s) and 0 < dt_s <= tr_s * (1 + 1e-9)
    factor = round(tr_s / dt_s) if ok else 0
    if not ok or abs(factor * dt_s - tr_s) > 1e-6 * dt_s:
        raise ConfigError(
            "tr_s must be a whole multiple of dt_s",
            expected=f"a multiple of {dt_s:g} s",
            got=f"{tr_s:g} s",
        )
    return factor
