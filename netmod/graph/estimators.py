"""Estimators of functional connectivity by name: one function and one entry each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netmod.errors import ConfigError, DataError, did_you_mean
from netmod.graph import lagged as lags
from netmod.graph import phase
from netmod.graph.connectivity import (
    check_series,
    correlation,
    covariance,
    fisher_z,
    remove_global_signal,
)

COV_ESTIMATORS = ("ledoit_wolf", "empirical")


@dataclass(frozen=True)
class Estimator:
    """A named estimator of functional connectivity.

    Parameters
    ----------
    name, doc : str
        Name and definition in one sentence.
    range : str
        Values that it takes, with unit; ``u`` is the unit of the series.
    source : str
        Author, year, DOI.
    compute : callable
        ``compute(series [T, N], names, **options) -> ndarray [N, N]``.
    needs, takes : tuple of str
        Options that must and may be given.
    """

    name: str
    doc: str
    range: str
    source: str
    compute: Callable[..., NDArray[np.float64]]
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()


class Tangent(NamedTuple):
    """Connectivity of several subjects as deviations from their mean.

    Parameters
    ----------
    deviations : ndarray, shape (S, N, N)
        ``log(G^-½ C_s G^-½)``, symmetric, dimensionless; their mean over subjects is 0.
    reference : ndarray, shape (N, N)
        Geometric mean G of the covariances, in the squared unit of the series.
    """

    deviations: NDArray[np.float64]
    reference: NDArray[np.float64]


def estimate(
    series: ArrayLike,
    kind: str = "pearson",
    *,
    global_signal_regression: bool = False,
    names: Sequence[str] | None = None,
    **options: Any,
) -> NDArray[np.float64]:
    """Return the functional connectivity of one series by a named estimator.

    Parameters
    ----------
    series : array_like, shape (T, N)
        One row per time point, one column per region; any unit.
    kind : str
        Name in :data:`ESTIMATORS`.
    global_signal_regression : bool
        Whether the mean over regions of the z-scored series is regressed out first.
    names : sequence of str, optional
        Region names for messages.
    **options
        What the estimator needs and takes: ``cov_estimator`` (``ledoit_wolf``, as nilearn, or
        ``empirical``) of partial and precision; ``dt_s`` and ``max_lag_s`` of lagged and lead;
        ``dt_s``, ``band_hz``, ``order`` and ``drop`` of the phase ones.

    Returns
    -------
    ndarray, shape (N, N)

    Raises
    ------
    ConfigError
        If the estimator or an option is unknown, or an option is missing or out of range.
    DataError
        If the series is not [time, region], too short, or a region constant or not finite; if
        nothing of a region is left after the regression; if a covariance has no inverse.
    """
    if kind == "tangent":
        raise ConfigError(
            "the tangent space needs several subjects",
            hint="netmod.graph.estimators.tangent takes a list of series",
        )
    if kind not in ESTIMATORS:
        raise ConfigError(
            f"unknown estimator '{kind}'",
            expected=", ".join(ESTIMATORS),
            hint=did_you_mean(kind, ESTIMATORS),
        )
    one = ESTIMATORS[kind]
    unknown = [name for name in options if name not in one.needs + one.takes]
    missing = [name for name in one.needs if name not in options]
    if unknown or missing:
        raise ConfigError(
            f"options of the estimator '{kind}' do not fit",
            expected=", ".join([*one.needs, *(f"[{name}]" for name in one.takes)]) or "none",
            got=", ".join(options) or "none",
            hint=did_you_mean(unknown[0], one.needs + one.takes) if unknown else None,
        )
    series = check_series(series, names)
    if global_signal_regression:
        series = remove_global_signal(series, names)
    return one.compute(series, names, **options)


def tangent(
    subjects: Sequence[ArrayLike],
    cov_estimator: str = "ledoit_wolf",
    names: Sequence[str] | None = None,
) -> Tangent:
    """Return the covariances of several subjects in the tangent space at their geometric mean.

    Parameters
    ----------
    subjects : sequence of array_like, shape (T_s, N)
        Two series or more of the same regions; lengths may differ.
    cov_estimator : str
        ``ledoit_wolf`` or ``empirical``. Both see the series in their own unit.
    names : sequence of str, optional
        Region names for messages.

    Returns
    -------
    Tangent

    Raises
    ------
    ConfigError
        If the estimator is unknown.
    DataError
        If there are fewer than two subjects, regions differ, a series cannot have a connectivity
        or a covariance has no inverse.

    Notes
    -----
    Varoquaux et al. 2010, doi:10.1007/978-3-642-15705-9_25, as in nilearn, which warns where the
    mean has not settled in ten steps. The reference is made from all subjects given: in a
    prediction leave out those that are predicted.
    """
    if len(subjects) < 2:
        raise DataError(
            "the tangent space needs several subjects",
            expected="two or more series",
            got=str(len(subjects)),
        )
    checked = [check_series(series, names) for series in subjects]
    if len({series.shape[1] for series in checked}) > 1:
        raise DataError(
            "subjects must have the same regions",
            expected="as many columns in every series",
            got=", ".join(str(series.shape[1]) for series in checked),
        )
    for series in checked:
        _invertible(series, cov_estimator, names)
    measure = _measure("tangent", cov_estimator)
    deviations = measure.fit_transform(checked)
    return Tangent(deviations, measure.mean_)


def _measure(kind: str, cov_estimator: str) -> Any:
    from nilearn.connectome import ConnectivityMeasure
    from sklearn.covariance import EmpiricalCovariance, LedoitWolf

    own = LedoitWolf if cov_estimator == "ledoit_wolf" else EmpiricalCovariance
    return ConnectivityMeasure(kind=kind, cov_estimator=own(store_precision=False))


def _invertible(series: NDArray, cov_estimator: str, names: Sequence[str] | None) -> None:
    if cov_estimator not in COV_ESTIMATORS:
        raise ConfigError(
            f"unknown estimator of covariance '{cov_estimator}'",
            expected=" or ".join(COV_ESTIMATORS),
            hint=did_you_mean(cov_estimator, COV_ESTIMATORS),
        )
    if cov_estimator == "empirical":
        values = np.linalg.eigvalsh(correlation(covariance(series, names), names))
        if values[0] <= 8 * len(values) * np.finfo(float).eps * values[-1]:
            raise DataError(
                "a covariance without an inverse",
                expected="more time points than regions, and no region the sum of others",
                got=f"{len(series)} time points of {series.shape[1]} regions",
                hint="cov_estimator='ledoit_wolf' shrinks it; regression of the global signal "
                "always takes one dimension",
            )


def _pearson(series: NDArray, names: Sequence[str] | None) -> NDArray:
    return correlation(covariance(series, names), names)


def _spearman(series: NDArray, names: Sequence[str] | None) -> NDArray:
    from scipy.stats import rankdata

    return _pearson(rankdata(series, axis=0), names)


def _partial(
    series: NDArray, names: Sequence[str] | None, cov_estimator: str = "ledoit_wolf"
) -> NDArray:
    _invertible(series, cov_estimator, names)
    # shrinkage goes towards equal variances: the unit of a region must not matter
    z = (series - series.mean(axis=0)) / series.std(axis=0)
    r = _measure("partial correlation", cov_estimator).fit_transform([z])[0]
    r = np.clip((r + r.T) / 2, -1.0, 1.0)
    np.fill_diagonal(r, 1.0)
    return r


def _precision(
    series: NDArray, names: Sequence[str] | None, cov_estimator: str = "ledoit_wolf"
) -> NDArray:
    _invertible(series, cov_estimator, names)
    inverse = _measure("precision", cov_estimator).fit_transform([series])[0]
    return (inverse + inverse.T) / 2


def _lagged(series: NDArray, names: Sequence[str] | None, **options: float) -> NDArray:
    return lags.lagged(series, names=names, **options).r


def _lead(series: NDArray, names: Sequence[str] | None, **options: float) -> NDArray:
    return lags.lagged(series, names=names, **options).lead_s


def _locking(series: NDArray, names: Sequence[str] | None, **options: Any) -> NDArray:
    return phase.phase_locking(phase.analytic_signal(series, names=names, **options))


def _coherence(series: NDArray, names: Sequence[str] | None, **options: Any) -> NDArray:
    return phase.phase_coherence(phase.analytic_signal(series, names=names, **options))


_LEDOIT = "Ledoit & Wolf 2004, doi:10.1016/S0047-259X(03)00096-4 (shrinkage)"
_BISWAL = "Biswal et al. 1995, doi:10.1002/mrm.1910340409"
_MITRA = "Mitra et al. 2014, doi:10.1152/jn.00804.2013"
_PHASE = ("band_hz", "order", "drop")

_ENTRIES = (
    Estimator("pearson", "Pearson correlation of the samples", "-1 to 1", _BISWAL, _pearson),
    Estimator(
        "fisher_z",
        "atanh of Pearson's r; the diagonal is held at 8.4",
        "-8.4 to 8.4",
        "Fisher 1915, doi:10.2307/2331838",
        lambda series, names: fisher_z(_pearson(series, names)),
    ),
    Estimator("covariance", "sample covariance, divisor T - 1", "any, u²", _BISWAL, covariance),
    Estimator(
        "partial",
        "correlation of two regions given all others, from the z-scored series",
        "-1 to 1",
        f"Marrelec et al. 2006, doi:10.1016/j.neuroimage.2005.12.057; {_LEDOIT}",
        _partial,
        takes=("cov_estimator",),
    ),
    Estimator(
        "precision",
        "inverse of the covariance (divisor T), 0 where regions are independent given the others",
        "any, 1/u²",
        f"Varoquaux et al. 2010, doi:10.48550/arXiv.1008.5071; {_LEDOIT}",
        _precision,
        takes=("cov_estimator",),
    ),
    Estimator(
        "spearman",
        "Pearson correlation of ranks, ties sharing their mean rank",
        "-1 to 1",
        "Spearman 1904, doi:10.2307/1412159",
        _spearman,
    ),
    Estimator(
        "lagged",
        "cross-correlation at the lag of largest |r|",
        "-1 to 1",
        _MITRA,
        _lagged,
        needs=("dt_s", "max_lag_s"),
    ),
    Estimator(
        "lead",
        "time by which the column leads the row at that lag, antisymmetric; NaN without a peak",
        "-max_lag_s to max_lag_s, s",
        _MITRA,
        _lead,
        needs=("dt_s", "max_lag_s"),
    ),
    Estimator(
        "phase_locking",
        "modulus of the mean of exp(i phase difference) within a band",
        "0 to 1",
        "Lachaux et al. 1999, doi:10.1002/(SICI)1097-0193(1999)8:4<194::AID-HBM4>3.0.CO;2-C",
        _locking,
        needs=("dt_s",),
        takes=_PHASE,
    ),
    Estimator(
        "phase_coherence",
        "mean cosine of the phase difference within a band",
        "-1 to 1",
        "Deco & Kringelbach 2016, doi:10.1016/j.tins.2016.01.001",
        _coherence,
        needs=("dt_s",),
        takes=_PHASE,
    ),
)

ESTIMATORS: Mapping[str, Estimator] = MappingProxyType({one.name: one for one in _ENTRIES})
