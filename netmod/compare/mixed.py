"""Linear mixed model of all scans of a study: arm × time, with subjects as random."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from netmod.errors import ConfigError, DataError, did_you_mean
from netmod.units import format_time

if TYPE_CHECKING:
    import pandas as pd

_KEYS = ("arm", "subject", "time_h")
_LEVEL = 0.95
# a gradient for precision; a search without one where a variance is 0, at which gradients get
# stuck: of both the fit with the larger likelihood
_METHODS = ("bfgs", "powell")


@dataclass(frozen=True, eq=False)
class MixedEffects:
    """A fitted mixed model.

    Attributes
    ----------
    effects : DataFrame
        Fixed effects: term, estimate, ci_low, ci_high, se, z, p, in the metric's unit. The terms
        are the intercept (reference arm at the first time), every other arm at the first time,
        every later time in the reference arm, and ``arm × time``: by how much more the arm has
        changed since the first time than the reference has.
    n_subjects, n_scans : int
        What entered; several rows of one subject, arm and time are averaged first.
    subject_sd, scan_sd, residual_sd : float
        SD of the random parts; ``scan_sd`` is NaN unless it was asked for.
    converged : bool
        Whether the optimiser found a maximum. If not, no number here can be relied upon.
    notes : tuple of str
        What the fit complained about, such as a random part whose variance is 0.
    """

    effects: pd.DataFrame
    n_subjects: int
    n_scans: int
    subject_sd: float
    scan_sd: float
    residual_sd: float
    converged: bool
    notes: tuple[str, ...]


def mixed_effects(
    table: pd.DataFrame, metric: str, reference: str, *, scan_noise: bool = False
) -> MixedEffects:
    """Fit ``metric ~ arm × time`` with a random intercept for every subject.

    Parameters
    ----------
    table : DataFrame
        Columns ``arm``, ``subject``, ``time_h``, the metric, and ``status`` if some scans failed.
        Arms may be unbalanced: a missing scan is left out, not its subject. An arm without scans
        at a time has no term for it.
    metric : str
        Column to explain. Time is a factor, not a slope.
    reference : str
        Arm that the others are compared with.
    scan_noise : bool
        Add a random intercept for every subject and time, which the arms share. It belongs where
        all arms of a subject have the same noise at a time; without it their shared noise counts
        as error. Leave out times at which such arms are the very same scan.

    Returns
    -------
    MixedEffects
        By restricted maximum likelihood. Intervals and p are Wald's, from the normal
        distribution: too narrow with few subjects. Prefer the bootstrap interval of a single
        contrast there.

    Raises
    ------
    ConfigError
        If statsmodels is not installed.
    DataError
        If a column or the reference arm is missing, there are fewer than two subjects, nothing to
        compare, effects that cannot be told apart, or no residual to judge them by.

    Notes
    -----
    Laird & Ware 1982, doi:10.2307/2529876; computed by statsmodels' ``MixedLM``.
    """
    import pandas as pd

    model = _mixed_lm()
    scans = _scans(table, metric, reference)
    subjects = scans["subject"].to_numpy()
    design, terms = _design(scans, reference)
    value = scans[metric].to_numpy(dtype=float)
    _check_design(design, value, subjects, metric)
    # in units of its own SD, so that the optimiser's tolerances fit every metric
    centre, scale = value.mean(), value.std()
    components = _shared_scans(scans) if scan_noise else None
    prepared = model(
        (value - centre) / scale,
        design,
        groups=subjects,
        exog_re=np.ones((len(value), 1)),
        exog_vc=components,
    )
    try:
        fit, notes = max((_fit(prepared, method) for method in _METHODS), key=_likelihood)
    except np.linalg.LinAlgError as error:
        raise DataError(
            f"the mixed model of '{metric}' cannot be fitted",
            got=str(error),
            hint="leave out times at which arms are the same scan, or the scan noise",
        ) from error
    estimate, se = np.asarray(fit.fe_params) * scale, np.asarray(fit.bse_fe) * scale
    estimate[0] += centre
    return MixedEffects(
        effects=pd.DataFrame({"term": terms} | _wald(estimate, se)),
        n_subjects=len(set(subjects)),
        n_scans=len(value),
        subject_sd=float(np.sqrt(np.asarray(fit.cov_re)[0, 0]) * scale),
        scan_sd=float(np.sqrt(fit.vcomp[0]) * scale) if scan_noise else float("nan"),
        residual_sd=float(np.sqrt(fit.scale) * scale),
        converged=bool(fit.converged),
        notes=notes,
    )


def _fit(model: Any, method: str) -> tuple[Any, tuple[str, ...]]:
    """Return the fit by one optimiser, and what it complained about."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fit = model.fit(reml=True, method=[method])
    return fit, tuple(dict.fromkeys(str(one.message) for one in caught))


def _likelihood(found: tuple[Any, tuple[str, ...]]) -> float:
    value = float(found[0].llf)
    return value if np.isfinite(value) else -np.inf


def _wald(estimate: NDArray, se: NDArray) -> dict[str, NDArray]:
    from scipy.special import ndtr, ndtri

    half, z = ndtri(0.5 + _LEVEL / 2) * se, estimate / se
    return {
        "estimate": estimate,
        "ci_low": estimate - half,
        "ci_high": estimate + half,
        "se": se,
        "z": z,
        "p": 2.0 * ndtr(-np.abs(z)),
    }


def _mixed_lm() -> Any:
    try:
        from statsmodels.regression.mixed_linear_model import MixedLM
    except ImportError as error:
        raise ConfigError(
            "mixed models need statsmodels, which is not installed",
            hint="pip install 'netmod[statistics]'",
        ) from error
    return MixedLM


def _scans(table: pd.DataFrame, metric: str, reference: str) -> pd.DataFrame:
    """Return one finite value per subject, arm and time, sorted by these."""
    known = [str(column) for column in table.columns]
    for column in (*_KEYS, metric):
        if column not in known:
            raise DataError(
                f"the table has no column '{column}'",
                expected=", ".join((*_KEYS, metric)),
                got=", ".join(known),
                hint=did_you_mean(column, known),
            )
    kept = np.isfinite(table[metric].to_numpy(dtype=float))
    if "status" in known:
        kept &= (table["status"] == "ok").to_numpy()
    keys = ["subject", "time_h", "arm"]
    scans = table.loc[kept, [*keys, metric]].groupby(keys, sort=True, as_index=False).mean()
    arms = sorted(set(scans["arm"]))
    if reference not in arms:
        raise DataError(
            f"no scan of the reference arm '{reference}'",
            expected=", ".join(arms) or "rows with a finite value",
            hint=did_you_mean(reference, arms),
        )
    subjects = scans["subject"].nunique()
    if subjects < 2 or (len(arms) < 2 and scans["time_h"].nunique() < 2):
        raise DataError(
            "a mixed model needs two subjects and two arms or times, or more",
            got=f"{subjects} subjects, {len(arms)} arms, {scans['time_h'].nunique()} times",
        )
    return scans


def _design(scans: pd.DataFrame, reference: str) -> tuple[NDArray, list[str]]:
    """Return the columns of the fixed effects in treatment coding, and their names."""
    arm, time = scans["arm"].to_numpy(), scans["time_h"].to_numpy(dtype=float)
    arms = [one for one in sorted(set(arm)) if one != reference]
    times = sorted(set(time))[1:]
    columns = [("intercept", np.ones(len(scans)))]
    columns += [(str(one), (arm == one) * 1.0) for one in arms]
    columns += [(format_time(float(t)), (time == t) * 1.0) for t in times]
    columns += [
        (f"{one} × {format_time(float(t))}", (arm == one) * (time == t) * 1.0)
        for one in arms
        for t in times
    ]
    filled = [(name, column) for name, column in columns if column.any()]
    return np.stack([column for _, column in filled], axis=1), [name for name, _ in filled]


def _check_design(design: NDArray, value: NDArray, subjects: NDArray, metric: str) -> None:
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise DataError(
            "effects of arm and time that cannot be told apart",
            expected="scans of every arm at the first time, and of the reference arm at all times",
            hint="leave out the arms or times that lack scans",
        )
    dummies = (subjects[:, None] == np.unique(subjects)[None, :]) * 1.0
    everything = np.hstack([design, dummies])
    left = value - everything @ np.linalg.lstsq(everything, value, rcond=None)[0]
    scale = np.abs(value).max()
    free = len(value) - np.linalg.matrix_rank(everything)
    if free < 1 or np.abs(left).max() <= 1e-10 * scale:
        raise DataError(
            f"nothing of '{metric}' is left that the effects could be judged by",
            expected="values that vary within subjects beyond arm and time",
            got=f"{len(value)} scans, {free} degrees of freedom",
        )


def _shared_scans(scans: pd.DataFrame) -> Any:
    """Return the variance component of every subject and time."""
    from statsmodels.regression.mixed_linear_model import VCSpec

    names, columns = [], []
    for _, own in scans.groupby("subject", sort=True):
        times = own["time_h"].to_numpy()
        known = np.unique(times)
        names.append([str(t) for t in known])
        columns.append((times[:, None] == known[None, :]) * 1.0)
    return VCSpec(["scan"], [names], [columns])
