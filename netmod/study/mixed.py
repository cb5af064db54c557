"""The mixed models of a finished study: arm × time, subjects as random."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from netmod.compare import MixedEffects, mixed_effects
from netmod.errors import DataError
from netmod.study.results import Results

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class MixedModel:
    """The mixed model of one metric.

    Attributes
    ----------
    metric, reference : str
        What is explained, and the untreated arm that others are compared with.
    left_out : int
        Scans without value.
    fit : MixedEffects or None
        None where it cannot be fitted.
    note : str
        Why not; otherwise empty.
    """

    metric: str
    reference: str
    left_out: int
    fit: MixedEffects | None
    note: str = ""


def mixed_models(results: Results, rows: pd.DataFrame) -> list[MixedModel]:
    """Fit arm × time with subjects as random, for every metric and untreated arm of the rows.

    Parameters
    ----------
    results : Results
        A finished study.
    rows : DataFrame
        From :func:`netmod.study.statistics.select_rows`; those with shared noise are fitted.

    Returns
    -------
    list of MixedModel
        Scans after baseline: at baseline arms are the same scan, which no residual describes.
        Noise that the arms of a subject share at a time is a random part where there are two
        times or more.

    Raises
    ------
    ConfigError
        If statsmodels is not installed.
    DataError
        If no row has an untreated arm, or no model can be fitted.
    """
    shared = rows[rows["noise"] == "shared"]
    if shared.empty:
        raise DataError(
            "a mixed model compares treated arms with an untreated one",
            where=str(results.folder),
            expected="a treated arm after baseline, and the untreated arm of its population",
        )
    models, errors = [], []
    for (metric, reference), part in shared.groupby(["metric", "reference"], sort=False):
        table = results.signatures
        table = table[
            table["arm"].isin({reference, *part["arm"]}) & table["time_h"].isin(part["time_h"])
        ]
        finite = np.isfinite(table[metric].to_numpy(dtype=float)) & (table["status"] == "ok")
        left_out, fit, note = int((~finite).sum()), None, ""
        try:
            fit = mixed_effects(
                table, metric, reference, scan_noise=part["time_h"].nunique() > 1
            )  # fmt: skip
        except DataError as error:
            errors.append(error)
            note = error.what
        models.append(MixedModel(str(metric), str(reference), left_out, fit, note))
    if all(model.fit is None for model in models):
        raise errors[0]
    return models


def mixed_table(models: Sequence[MixedModel]) -> pd.DataFrame:
    """Return the effects of all models as one table: metric, reference, n, scans, term, numbers."""
    import pandas as pd

    parts = []
    for model in models:
        if model.fit is not None:
            head = {
                "metric": model.metric,
                "reference": model.reference,
                "n": model.fit.n_subjects,
                "scans": model.fit.n_scans,
                "left_out": model.left_out,
            }
            parts.append(pd.DataFrame([head] * len(model.fit.effects)).join(model.fit.effects))
    return pd.concat(parts, ignore_index=True)
