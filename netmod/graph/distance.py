"""Distances between simulated networks: of two FC matrices, and to the healthy arm."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netmod.errors import DataError, did_you_mean
from netmod.graph.connectivity import fisher_z

HEALTHY_FEATURES = ("sgacc_rate_hz", "dlpfc_sgacc", "sgacc_dmn", "dmn_within", "dmn_fpn")


def fc_distance(fc_a: ArrayLike, fc_b: ArrayLike) -> float:
    """Return the root-mean-square difference of Fisher z over the upper triangle.

    Parameters
    ----------
    fc_a, fc_b : array_like, shape (N, N)
        Correlations of the same regions (cortex, in the signatures).

    Returns
    -------
    float
        Distance in z; NaN when there is no pair of regions or a value is NaN.

    Raises
    ------
    DataError
        If the matrices are not square or differ in shape.

    Notes
    -----
    The Euclidean distance of FC vectors (Siegel et al. 2024, doi:10.1038/s41586-024-07624-5) on
    z, divided by the root of the number of pairs, so that atlases can be compared.
    """
    fc_a, fc_b = np.asarray(fc_a, dtype=float), np.asarray(fc_b, dtype=float)
    if fc_a.ndim != 2 or fc_a.shape[0] != fc_a.shape[1] or fc_a.shape != fc_b.shape:
        raise DataError(
            "a distance needs two square matrices of the same regions",
            expected="two [N, N]",
            got=f"{list(fc_a.shape)} and {list(fc_b.shape)}",
        )
    upper = np.triu_indices(fc_a.shape[0], 1)
    if upper[0].size == 0:
        return float("nan")
    difference = fisher_z(fc_a[upper]) - fisher_z(fc_b[upper])
    return float(np.sqrt(np.mean(difference**2)))


def healthy_distance(
    table: Mapping[str, ArrayLike], healthy_arm: str = "healthy", baseline_h: float = 0.0
) -> NDArray[np.float64]:
    """Return how far every scan of a study lies from its healthy arm at baseline.

    A distance between simulated networks, not a clinical score: the features and their equal
    weights are fixed (:data:`HEALTHY_FEATURES`), never fitted to arms, and no symptom enters.
    It is the root-mean-square over the features of ``(x − mean) / SD``, with the mean and the
    sample SD over the subjects of the healthy arm at baseline.

    Parameters
    ----------
    table : mapping of columns or DataFrame, length R
        ``arm``, ``subject``, ``time_h``, the features, and ``status`` if some rows failed.
    healthy_arm : str
        Name of the arm that is the reference.
    baseline_h : float
        Time of the reference scans in hours.

    Returns
    -------
    ndarray, shape (R,)
        In SD of the healthy arm. NaN for every row when there are fewer than two healthy
        subjects at baseline, and for a row that failed or lacks a feature. Features without
        spread or value in the healthy arm (an atlas without that target) are left out.

    Raises
    ------
    DataError
        If a column is missing.
    """
    known = list(table.keys())
    for column in ("arm", "subject", "time_h", *HEALTHY_FEATURES):
        if column not in known:
            raise DataError(
                f"the table of signatures has no column '{column}'",
                expected=", ".join(("arm", "subject", "time_h", *HEALTHY_FEATURES)),
                hint=did_you_mean(column, known),
            )
    arm, subject = np.asarray(table["arm"]), np.asarray(table["subject"])
    time_h = np.asarray(table["time_h"], dtype=float)
    values = np.column_stack([np.asarray(table[name], dtype=float) for name in HEALTHY_FEATURES])
    ok = np.asarray(table["status"]) == "ok" if "status" in known else np.ones(len(arm), bool)

    reference = ok & (arm == healthy_arm) & (time_h == baseline_h)
    people = np.unique(subject[reference])
    if people.size < 2:
        return np.full(len(arm), np.nan)
    # replicate scans of one person are one observation
    healthy = np.stack([values[reference & (subject == one)].mean(axis=0) for one in people])
    mean, sd = healthy.mean(axis=0), healthy.std(axis=0, ddof=1)
    kept = np.isfinite(sd) & (sd > 1e-12 * np.abs(mean))
    if not kept.any():
        return np.full(len(arm), np.nan)
    score = np.sqrt(np.mean(((values[:, kept] - mean[kept]) / sd[kept]) ** 2, axis=1))
    return np.where(ok, score, np.nan)
