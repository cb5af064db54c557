"""False discovery rate of a family of tests."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netmod.errors import ConfigError, DataError, did_you_mean

METHODS = {"bh": "Benjamini–Hochberg", "by": "Benjamini–Yekutieli"}


def false_discovery(
    p: ArrayLike, method: Literal["bh", "by"] = "bh", families: ArrayLike | None = None
) -> NDArray[np.float64]:
    """Return p adjusted for the false discovery rate.

    Rejecting where the result is at most q keeps the expected share of false alarms among the
    rejected at or below q.

    Parameters
    ----------
    p : array_like, any shape
        Values of p; NaN is no test: it stays NaN and does not count.
    method : {"bh", "by"}
        Benjamini–Hochberg, for independent or positively dependent tests, or
        Benjamini–Yekutieli, for any dependence.
    families : array_like, same shape, optional
        Label of every test; each family is adjusted by itself. All are one when left out.

    Returns
    -------
    ndarray, same shape
        Adjusted p.

    Raises
    ------
    ConfigError
        If the method is unknown.
    DataError
        If a p lies outside 0 to 1, or `families` has another shape.

    Notes
    -----
    Benjamini & Hochberg 1995, doi:10.1111/j.2517-6161.1995.tb02031.x; Benjamini & Yekutieli
    2001, doi:10.1214/aos/1013699998; computed by ``scipy.stats.false_discovery_control``.
    """
    from scipy.stats import false_discovery_control

    if method not in METHODS:
        raise ConfigError(
            f"no false discovery method '{method}'",
            expected=", ".join(f"{name} ({words})" for name, words in METHODS.items()),
            hint=did_you_mean(method, METHODS),
        )
    p = np.asarray(p, dtype=float)
    outside = (p < 0) | (p > 1)
    if outside.any():
        raise DataError(
            "p must lie between 0 and 1", got=", ".join(f"{x:g}" for x in p[outside][:4])
        )
    labels = np.zeros(p.shape, dtype=int) if families is None else np.asarray(families)
    if labels.shape != p.shape:
        raise DataError(
            "every p needs one family",
            expected=f"shape {list(p.shape)}",
            got=f"shape {list(labels.shape)}",
        )
    adjusted = np.full(p.shape, np.nan)
    tested = np.isfinite(p)
    for label in np.unique(labels):
        members = tested & (labels == label)
        if members.any():
            adjusted[members] = false_discovery_control(p[members], method=method)
    return adjusted
