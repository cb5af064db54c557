"""Dynamics of functional connectivity: sliding windows, FCD and its distribution.

Windows are counted in volumes. The measured FCD of the atlas ``schaefer100`` has windows of 30 s
every 5 s at 0.72 s a volume, which are 43 and 7 volumes (:func:`window_volumes`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netmod.errors import ConfigError, DataError
from netmod.graph import kernels
from netmod.graph.connectivity import check_series, refuse
from netmod.graph.declarations import Quantity

LENGTH, STEP = 30, 5  # volumes: 60 s and 10 s at 2 s; Deco et al. 2018 have 30 and 3
TAPERS = ("none", "hamming")
BIN = 0.01  # width of the bins of Atlas.fcd


def window_volumes(length_s: float, step_s: float, tr_s: float) -> tuple[int, int]:
    """Return length and step of windows in volumes: an even number and the one in the middle.

    Parameters
    ----------
    length_s, step_s : float
        Length and step in s.
    tr_s : float
        Interval of volumes in s.

    Returns
    -------
    length, step : int

    Raises
    ------
    ConfigError
        If a time is not positive, or the step is shorter than half a volume.

    Notes
    -----
    The rule of the toolbox cuBNM 0.1.0, which made the FCD of the atlas ``schaefer100``.
    """
    for name, value in (("length_s", length_s), ("step_s", step_s), ("tr_s", tr_s)):
        if not (math.isfinite(value) and value > 0):
            raise ConfigError(f"{name} must be positive", expected="a time in s", got=f"{value:g}")
    length, step = 2 * round(length_s / (2 * tr_s)) + 1, round(step_s / tr_s)
    if step < 1:
        raise ConfigError(
            "the step of windows is shorter than half a volume",
            expected=f"step_s of {tr_s:g} or more",
            got=f"{step_s:g}",
        )
    return length, step


def taper_weights(length: int, taper: str | ArrayLike = "none") -> NDArray[np.float64]:
    """Return the weights [length] of the volumes of a window, of sum 1.

    Parameters
    ----------
    length : int
        Volumes of a window.
    taper : str or array_like, shape (length,)
        ``none``, ``hamming``, or weights that are not negative.

    Raises
    ------
    ConfigError
        If the taper is unknown, or weights do not fit the window.
    """
    if isinstance(taper, str):
        if taper not in TAPERS:
            raise ConfigError("unknown taper", expected=" or ".join(TAPERS), got=taper)
        weights = np.hamming(length) if taper == "hamming" else np.ones(length)
    else:
        weights = np.asarray(taper, dtype=float)
        fits = weights.shape == (length,) and np.isfinite(weights).all() and (weights >= 0).all()
        if not fits or np.count_nonzero(weights) < 2:
            raise ConfigError(
                "weights of a window do not fit it",
                expected=f"{length} values that are not negative, two of them positive",
                got=f"shape {list(weights.shape)}, {int((weights > 0).sum())} positive",
            )
    return weights / weights.sum()


def check_windows(volumes: int, length: int, step: int) -> None:
    """Refuse windows that a series of ``volumes`` does not hold.

    Raises
    ------
    ConfigError
        If length or step are not integers of at least 3 and 1.
    DataError
        If the series is shorter than one window.
    """
    for name, value, least in (("length", length, 3), ("step", step, 1)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
            raise ConfigError(
                f"the {name} of windows must be an integer number of volumes",
                expected=f"{least} or more",
                got=repr(value),
                hint="netmod.graph.dynamic.window_volumes turns seconds into volumes",
            )
    if volumes < length:
        raise DataError(
            "a series shorter than one window",
            expected=f"{length} volumes or more",
            got=f"{volumes}",
        )


def sliding_windows(
    series: ArrayLike,
    length: int = LENGTH,
    step: int = STEP,
    taper: str | ArrayLike = "none",
    names: Sequence[str] | None = None,
) -> NDArray[np.float64]:
    """Return the Pearson correlations within sliding windows.

    Parameters
    ----------
    series : array_like, shape (T, N)
        One row per volume.
    length, step : int
        Of the windows in volumes; the first begins with the series, none is cut short.
    taper : str or array_like, shape (length,)
        As :func:`taper_weights`; correlations are weighted by it.
    names : sequence of str, optional
        Region names for messages.

    Returns
    -------
    ndarray, shape (W, N, N)
        W = floor((T − length) / step) + 1.

    Raises
    ------
    ConfigError
        As :func:`check_windows` and :func:`taper_weights`.
    DataError
        If the series is too short, not finite, or a region constant in the whole or in a window.

    Notes
    -----
    A window shorter than the period of the slowest component sees fluctuations that are none of
    the connectivity: high-pass at 1 / length first (Leonardi & Van De Ville 2015,
    doi:10.1016/j.neuroimage.2014.09.007).
    """
    series = check_series(series, names)
    check_windows(len(series), length, step)
    with np.errstate(invalid="ignore"):
        fc = kernels.windows_of(np, series, length, step, taper_weights(length, taper))
    bad = np.isnan(np.diagonal(fc, axis1=1, axis2=2))
    first = int(bad.any(axis=1).argmax())
    refuse(bad[first], f"constant series in window {first}", names)
    return fc


def fcd(fc: ArrayLike) -> NDArray[np.float64]:
    """Return functional connectivity dynamics: the correlations between the FC of windows.

    Parameters
    ----------
    fc : array_like, shape (W, N, N)
        FC of windows (:func:`sliding_windows`); correlations themselves, not Fisher z.

    Returns
    -------
    ndarray, shape (W, W)
        Pearson r between the upper triangles.

    Raises
    ------
    DataError
        If the shape is another, there are fewer than three regions or two windows, a value is not
        finite or the FC of a window is the same on all edges.

    Notes
    -----
    Hansen et al. 2015, doi:10.1016/j.neuroimage.2014.11.001. FCD above 0 is no sign of dynamics,
    nor are bands along the diagonal. Independent Gaussian samples of constant correlations ρ give
    about ``(V + s E) / (V + E)``: V is the variance of ρ over edges, E = ⟨(1 − ρ²)²⟩ / length the
    sampling error, s the share of volumes that two windows have in common. Compare with
    stationary surrogates before a value is called dynamic.
    """
    fc = np.asarray(fc, dtype=float)
    if fc.ndim != 3 or fc.shape[1] != fc.shape[2] or fc.shape[0] < 2 or fc.shape[1] < 3:
        raise DataError(
            "FCD needs the FC of windows",
            expected="shape [window, region, region], two windows and three regions or more",
            got=f"shape {list(fc.shape)}",
        )
    off_diagonal = np.where(np.eye(fc.shape[1], dtype=bool), 0.0, fc)
    if not np.allclose(off_diagonal, np.swapaxes(off_diagonal, 1, 2), atol=1e-9):
        raise DataError(
            "the FC of windows must be symmetric and finite",
            got=f"{int((~np.isfinite(off_diagonal)).sum())} values that are not finite",
        )
    with np.errstate(invalid="ignore"):
        result = kernels.fcd_of(np, off_diagonal)
    same = np.flatnonzero(np.isnan(np.diagonal(result)))
    if same.size:
        raise DataError(
            "the FC of a window is the same on all edges, hence no correlation with others",
            expected="edges that differ",
            got=f"windows {', '.join(map(str, same[:8]))}",
        )
    return result


def fcd_values(matrix: ArrayLike, apart: int = 1) -> NDArray[np.float64]:
    """Return the values of FCD of which the distribution is compared.

    Parameters
    ----------
    matrix : array_like, shape (W, W)
        FCD.
    apart : int
        Fewest steps between two windows: 1 takes all pairs, as cuBNM and Deco et al. do;
        ``ceil(length / step)`` only pairs that share no volume.

    Returns
    -------
    ndarray, shape (V,)

    Raises
    ------
    DataError
        If the matrix is not square, or no pair of windows is so far apart.
    """
    matrix = np.asarray(matrix, dtype=float)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise DataError("FCD must be square", got=f"shape {list(matrix.shape)}")
    if not 1 <= apart < len(matrix):
        raise DataError(
            "no two windows are so far apart",
            expected=f"apart from 1 to {len(matrix) - 1}",
            got=str(apart),
            hint="a longer series, or shorter windows",
        )
    return matrix[np.triu_indices(len(matrix), apart)]


def fcd_statistics(values: ArrayLike) -> dict[str, float]:
    """Return mean, SD (of the values, divisor V) and median of FCD values."""
    values = _sample(values)
    return {
        "mean": float(values.mean()),
        "sd": float(values.std()),
        "median": float(np.median(values)),
    }


def fcd_bins(values: ArrayLike, width: float = BIN) -> NDArray[np.float64]:
    """Return the distribution of FCD values in bins from −1 to 1, as ``Atlas.fcd`` holds it.

    Parameters
    ----------
    values : array_like, shape (V,)
        Values of :func:`fcd_values`, of one scan or pooled over scans.
    width : float
        Of a bin; it must divide 2.

    Returns
    -------
    ndarray, shape (B, 3)
        Low edge, high edge, share; bins are closed below, the last one on both sides.

    Raises
    ------
    ConfigError
        If the width does not divide the range.
    DataError
        If there is no value, one is not finite or lies outside [-1, 1].
    """
    count = round(2.0 / width) if width > 0 else 0
    if count < 1 or abs(count * width - 2.0) > 1e-9:
        raise ConfigError("bins must divide the range", expected="2 / width whole", got=f"{width}")
    values = _sample(values)
    if np.abs(values).max() > 1 + 1e-9:
        raise DataError("FCD lies within [-1, 1]", got=f"{np.abs(values).max():g}")
    edges = np.linspace(-1.0, 1.0, count + 1)
    counts = np.histogram(np.clip(values, -1.0, 1.0), bins=edges)[0]
    edges = np.round(edges, 12)
    return np.column_stack([edges[:-1], edges[1:], counts / values.size])


def ks_distance(a: ArrayLike, b: ArrayLike) -> float:
    """Return the Kolmogorov–Smirnov distance of two distributions of FCD.

    Parameters
    ----------
    a, b : array_like, shape (V,) or (B, 3)
        Values, or bins as ``Atlas.fcd``. Two sets of values are compared exactly; once either is
        given in bins, both cumulative shares are read at its edges. That is exact for the bins
        and at most the largest share of a bin below the distance of the values.

    Returns
    -------
    float
        Largest difference of the cumulative shares, 0 to 1.

    Raises
    ------
    DataError
        If a sample is empty or not finite, or bins are not rising, joined and of sum 1.
    """
    a, b = (_bins(x) if np.ndim(x) == 2 else np.sort(_sample(x)) for x in (a, b))
    edges = [x[1:-1, 0] for x in (a, b) if x.ndim == 2]
    if len(edges) == 2 and not (a.shape == b.shape and np.allclose(*edges, rtol=0, atol=1e-9)):
        raise DataError(
            "bins of two distributions must be the same",
            expected=f"the edges of the first, {len(a) - 1} bins from {a[0, 0]:g} to {a[-1, 0]:g}",
            got=f"{len(b) - 1} bins from {b[0, 0]:g} to {b[-1, 0]:g}",
            hint="netmod.graph.dynamic.fcd_bins makes bins of any width from values",
        )
    binned = bool(edges)
    points = edges[0] if binned else np.concatenate([a, b])
    side = "left" if binned else "right"  # bins are closed below
    shares = [
        x[1:-1, 1] if x.ndim == 2 else np.searchsorted(x, points, side) / x.size for x in (a, b)
    ]
    return float(np.abs(shares[0] - shares[1]).max())


def _sample(values: ArrayLike) -> NDArray[np.float64]:
    values = np.asarray(values, dtype=float)
    if values.ndim != 1 or values.size == 0 or not np.isfinite(values).all():
        raise DataError(
            "a distribution needs a list of finite values",
            expected="shape [value], one or more",
            got=f"shape {list(values.shape)}, {int((~np.isfinite(values)).sum())} not finite",
            hint="netmod.graph.dynamic.fcd_values takes them from the FCD matrix",
        )
    return values


def _bins(bins: ArrayLike) -> NDArray[np.float64]:
    """Return [B + 2, 2]: point and share below it, for every edge between bins and both ends."""
    bins = np.asarray(bins, dtype=float)
    if bins.shape[1] != 3 or not np.isfinite(bins).all() or len(bins) < 2:
        raise DataError(
            "bins of a distribution have three columns",
            expected="low edge, high edge, share, in two rows or more",
            got=f"shape {list(bins.shape)}, {int((~np.isfinite(bins)).sum())} not finite",
        )
    low, high, share = bins.T
    joined = np.allclose(low[1:], high[:-1], atol=1e-9) and (high > low).all()
    if not joined or (share < 0).any() or abs(share.sum() - 1) > 1e-4:
        raise DataError(
            "bins of a distribution must be joined and their shares add up to 1",
            got=f"sum {share.sum():g}",
        )
    edges = np.append(low, high[-1])
    return np.column_stack([edges, np.concatenate([[0.0], np.cumsum(share) / share.sum()])])


_HANSEN = "Hansen et al. 2015, doi:10.1016/j.neuroimage.2014.11.001"

DECLARED = (
    Quantity(
        name="sliding_windows",
        unit="1",
        range="[-1, 1]",
        doc="Pearson correlation within windows of time",
        direction_note="as pearson; short windows add error that looks like dynamics",
        source=_HANSEN,
        input="series [T, N]",
        gives="[window, N, N]",
        compute=sliding_windows,
    ),
    Quantity(
        name="fcd",
        unit="1",
        range="[-1, 1]",
        doc="FC dynamics: correlation between the FC of any two windows",
        direction_note="higher: the same pattern at both times; stationary series are above 0 too",
        source=_HANSEN,
        input="FC of windows [W, N, N]",
        gives="[W, W]",
        compute=fcd,
    ),
    Quantity(
        name="fcd_statistics",
        unit="1",
        range="[-1, 1]; SD >= 0",
        doc="mean, SD and median of FCD over pairs of windows",
        direction_note="mean higher: FC keeps its pattern; SD higher: it comes and goes",
        source=_HANSEN,
        input="values of FCD",
        gives="three numbers",
        compute=fcd_statistics,
    ),
    Quantity(
        name="ks_distance",
        unit="1",
        range="[0, 1]",
        doc="largest difference of the cumulative shares of two sets of FCD",
        direction_note="lower: more alike; 0 for the same distribution",
        source="Smirnov 1948, doi:10.1214/aoms/1177730256 (recalled)",
        input="values of FCD, or bins, of two scans",
        gives="a number",
        compute=ks_distance,
    ),
)
