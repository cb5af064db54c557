"""Estimators of functional connectivity by name: one function and one entry each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from netmod.graph.declarations import Estimator, by_name

COV_ESTIMATORS = ("ledoit_wolf", "empirical")


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

ESTIMATORS: Mapping[str, Estimator] = by_name(
    Estimator(
        name="pearson",
        unit="1",
        range="[-1, 1]",
        doc="Pearson correlation of the samples",
        direction_note="higher: the two rise and fall together, by a connection or by common input",
        source=_BISWAL,
        compute=_pearson,
    ),
    Estimator(
        name="fisher_z",
        unit="1",
        range="[-8.4, 8.4]",
        doc="atanh of Pearson's r; the diagonal is held at 8.4",
        direction_note=(
            "as pearson; means and tests are taken of it, as its error hardly depends on r"
        ),
        source="Fisher 1915, doi:10.2307/2331838",
        compute=lambda series, names: fisher_z(_pearson(series, names)),
    ),
    Estimator(
        name="covariance",
        unit="u²",
        range="real",
        doc="sample covariance, divisor T - 1",
        direction_note="higher: together and with large fluctuations",
        source=_BISWAL,
        compute=covariance,
    ),
    Estimator(
        name="partial",
        unit="1",
        range="[-1, 1]",
        doc="correlation of two regions given all others, from the z-scored series",
        direction_note="away from 0: joined beyond what all other regions explain",
        source=f"Marrelec et al. 2006, doi:10.1016/j.neuroimage.2005.12.057; {_LEDOIT}",
        compute=_partial,
        takes=("cov_estimator",),
    ),
    Estimator(
        name="precision",
        unit="1/u²",
        range="real",
        doc=(
            "inverse of the covariance (divisor T), 0 where regions are independent given the "
            "others"
        ),
        direction_note=(
            "below 0: joined beyond what all other regions explain (the sign is opposite)"
        ),
        source=f"Varoquaux et al. 2010, doi:10.48550/arXiv.1008.5071; {_LEDOIT}",
        compute=_precision,
        takes=("cov_estimator",),
    ),
    Estimator(
        name="spearman",
        unit="1",
        range="[-1, 1]",
        doc="Pearson correlation of ranks, ties sharing their mean rank",
        direction_note="as pearson; outliers count less",
        source="Spearman 1904, doi:10.2307/1412159",
        compute=_spearman,
    ),
    Estimator(
        name="lagged",
        unit="1",
        range="[-1, 1]",
        doc="cross-correlation at the lag of largest |r|",
        direction_note="as pearson; larger by chance, as the best of many lags",
        source=_MITRA,
        compute=_lagged,
        needs=("dt_s", "max_lag_s"),
    ),
    Estimator(
        name="lead",
        unit="s",
        range="[-max_lag_s, max_lag_s]",
        doc="time by which the column leads the row at that lag, antisymmetric; NaN without a peak",
        direction_note="above 0: the column is ahead; an order in time, not a cause",
        source=_MITRA,
        compute=_lead,
        needs=("dt_s", "max_lag_s"),
        directed=True,
    ),
    Estimator(
        name="phase_locking",
        unit="1",
        range="[0, 1]",
        doc="modulus of the mean of exp(i phase difference) within a band",
        direction_note="higher: a steadier phase difference; independent series are above 0",
        source="Lachaux et al. 1999, doi:10.1002/(SICI)1097-0193(1999)8:4<194::AID-HBM4>3.0.CO;2-C",
        compute=_locking,
        needs=("dt_s",),
        takes=_PHASE,
    ),
    Estimator(
        name="phase_coherence",
        unit="1",
        range="[-1, 1]",
        doc="mean cosine of the phase difference within a band",
        direction_note="higher: in phase; -1: in antiphase; 0 for a quarter of a period too",
        source="Deco & Kringelbach 2016, doi:10.1016/j.tins.2016.01.001",
        compute=_coherence,
        needs=("dt_s",),
        takes=_PHASE,
    ),
)
