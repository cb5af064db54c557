"""The named readouts of a scan, and the row of all of them.

A new readout is one function of a :class:`Readout` and one entry in :data:`METRICS`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netmod.errors import DataError
from netmod.graph import segregation
from netmod.graph.connectivity import correlation, regress_global_signal
from netmod.graph.declarations import Metric, by_name
from netmod.graph.masks import NetworkMasks
from netmod.graph.modularity import louvain

DEFAULT_MODE, FRONTOPARIETAL = "Default", "Frontoparietal"
DLPFC_LEFT, SGACC = "dlpfc_left", "sgacc"


@dataclass(frozen=True)
class Readout:
    """What a metric may look at: one scan, cut to cortex.

    Parameters
    ----------
    fc, fc_gsr : ndarray, shape (M, M)
        Correlations of the M cortical regions, raw and after global-signal regression. The
        second is NaN where a region is nothing but global signal.
    rates_hz : ndarray, shape (N,)
        Mean excitatory rates of all regions.
    q, q_gsr : float
        Best Louvain modularity of either matrix.
    masks : NetworkMasks
        The regions of networks and targets.
    """

    fc: NDArray
    fc_gsr: NDArray
    rates_hz: NDArray
    q: float
    q_gsr: float
    masks: NetworkMasks


def _segregation(fc: NDArray, masks: NetworkMasks) -> float:
    kept = masks.labelled()
    return segregation.system_segregation(
        fc[np.ix_(kept, kept)], np.asarray(masks.networks, dtype=str)[kept]
    )


def _between(scan: Readout) -> float:
    kept = scan.masks.labelled()
    return segregation.mean_between_networks(
        scan.fc[np.ix_(kept, kept)], np.asarray(scan.masks.networks, dtype=str)[kept]
    )


def _participation(scan: Readout) -> float:
    kept = scan.masks.labelled()
    if kept.size < 2:
        return float("nan")
    values = segregation.participation(
        scan.fc[np.ix_(kept, kept)], np.asarray(scan.masks.networks, dtype=str)[kept]
    )
    values = values[np.isfinite(values)]
    return float(values.mean()) if values.size else float("nan")


def _dmn_fpn(scan: Readout) -> float:
    masks = scan.masks
    return segregation.mean_between(
        scan.fc, masks.network(DEFAULT_MODE), masks.network(FRONTOPARIETAL)
    )


def _sgacc_dmn(scan: Readout) -> float:
    # the subgenual proxy may itself carry the default-mode label: it is not its own partner
    sgacc = scan.masks.target(SGACC)
    rest = np.setdiff1d(scan.masks.network(DEFAULT_MODE), sgacc)
    return segregation.mean_between(scan.fc, sgacc, rest)


def _dlpfc_sgacc(fc: NDArray, masks: NetworkMasks) -> float:
    return segregation.mean_between(fc, masks.target(DLPFC_LEFT), masks.target(SGACC))


def _sgacc_rate(scan: Readout) -> float:
    regions = list(scan.masks.targets.get(SGACC, ()))
    return float(scan.rates_hz[regions].mean()) if regions else float("nan")


_GSR = " after regression of the cortical global signal"
_CHAN = "Chan et al. 2014, doi:10.1073/pnas.1415122111"
_LISTON = "Liston et al. 2014, doi:10.1016/j.biopsych.2014.01.023"
_NEWMAN = (
    "Newman 2006, doi:10.1073/pnas.0601602103; Blondel 2008, doi:10.1088/1742-5468/2008/10/P10008"
)
_YEO = "networks of Yeo et al. 2011, doi:10.1152/jn.00338.2011"

METRICS: Mapping[str, Metric] = by_name(
    Metric(
        name="modularity",
        unit="1",
        range="[0, 1)",
        doc="Louvain modularity Q of positive cortical FC, best of the seeded runs",
        direction_note="higher: networks cut apart more easily; reported to fall after psilocybin",
        source=_NEWMAN,
        compute=lambda scan: scan.q,
    ),
    Metric(
        name="modularity_gsr",
        unit="1",
        range="[0, 1)",
        doc="modularity" + _GSR,
        direction_note="as modularity; regression removes the common signal and raises Q",
        source=_NEWMAN,
        compute=lambda scan: scan.q_gsr,
    ),
    Metric(
        name="segregation",
        unit="1",
        range="<= 1",
        doc="(mean z within − mean z between networks) / mean z within, negatives as 0",
        direction_note=(
            "higher: networks keep to themselves; reported to fall acutely under psychedelics"
        ),
        source=_CHAN,
        compute=lambda scan: _segregation(scan.fc, scan.masks),
    ),
    Metric(
        name="segregation_gsr",
        unit="1",
        range="<= 1",
        doc="segregation" + _GSR,
        direction_note=(
            "as segregation; nearer to 1 because most correlations between networks turn negative"
        ),
        source=_CHAN,
        compute=lambda scan: _segregation(scan.fc_gsr, scan.masks),
    ),
    Metric(
        name="gbc",
        unit="1",
        range="[-1, 1]",
        doc="global brain connectivity: mean r of a cortical region with all others, over regions",
        direction_note="higher: more global integration, or more common signal",
        source="Cole et al. 2010, doi:10.1016/j.neuroimage.2009.11.001",
        compute=lambda scan: float(segregation.global_brain_connectivity(scan.fc).mean()),
    ),
    Metric(
        name="between",
        unit="1",
        range="[-1, 1]",
        doc="mean r over all pairs of cortical regions in different networks",
        direction_note="higher: more integration between networks",
        source=_YEO,
        compute=_between,
    ),
    Metric(
        name="participation",
        unit="1",
        range="[0, 1)",
        doc="participation coefficient of positive FC over networks, mean over regions",
        direction_note="higher: connections spread over more networks",
        source="Guimerà & Amaral 2005, doi:10.1038/nature03288",
        compute=_participation,
    ),
    Metric(
        name="dmn_within",
        unit="1",
        range="[-1, 1]",
        doc="mean r over all pairs within the default-mode network",
        direction_note="raised in depression in early studies, lowered in the largest: contested",
        source=_YEO,
        compute=lambda scan: segregation.mean_within(scan.fc, scan.masks.network(DEFAULT_MODE)),
    ),
    Metric(
        name="dmn_within_gsr",
        unit="1",
        range="[-1, 1]",
        doc="dmn_within" + _GSR,
        direction_note=(
            "default-mode integrity beyond the common signal; falls acutely under psychedelics"
        ),
        source=_YEO,
        compute=lambda scan: segregation.mean_within(scan.fc_gsr, scan.masks.network(DEFAULT_MODE)),
    ),
    Metric(
        name="dmn_fpn",
        unit="1",
        range="[-1, 1]",
        doc="mean r over pairs of a default-mode with a frontoparietal region",
        direction_note="the distance to the healthy arm counts, not the sign: contested",
        source=_YEO,
        compute=_dmn_fpn,
    ),
    Metric(
        name="sgacc_dmn",
        unit="1",
        range="[-1, 1]",
        doc="mean r over pairs of the subgenual proxy with the rest of the default-mode network",
        direction_note="higher in depression in the meta-analysis named",
        source="Hamilton et al. 2015, doi:10.1016/j.biopsych.2015.02.020",
        compute=_sgacc_dmn,
    ),
    Metric(
        name="dlpfc_sgacc",
        unit="1",
        range="[-1, 1]",
        doc="mean r over pairs of left dorsolateral prefrontal cortex with the subgenual proxy",
        direction_note=(
            "lower: stronger top-down suppression; positive without regression in this connectome"
        ),
        source=_LISTON,
        compute=lambda scan: _dlpfc_sgacc(scan.fc, scan.masks),
    ),
    Metric(
        name="dlpfc_sgacc_gsr",
        unit="1",
        range="[-1, 1]",
        doc="dlpfc_sgacc" + _GSR,
        direction_note="negative values after regression are in part made by it",
        source=_LISTON,
        compute=lambda scan: _dlpfc_sgacc(scan.fc_gsr, scan.masks),
    ),
    Metric(
        name="sgacc_rate_hz",
        unit="Hz",
        range=">= 0",
        doc="mean excitatory firing rate of the subgenual proxy",
        direction_note="higher: the hyperactive node of the modelled depression",
        source="Mayberg et al. 2005, doi:10.1016/j.neuron.2005.02.014 (metabolism, not rate)",
        compute=_sgacc_rate,
    ),
    Metric(
        name="fc_distance",
        unit="1",
        range=">= 0",
        doc=(
            "root-mean-square difference of Fisher z to the same subject's baseline of the same arm"
        ),
        direction_note=(
            "higher: more changed; a rescan with other noise is not 0, so read it against untreated"
        ),
        source="Siegel et al. 2024, doi:10.1038/s41586-024-07624-5",
    ),
    Metric(
        name="healthy_distance",
        unit="SD",
        range=">= 0",
        doc="root-mean-square z-score of five fixed features against the healthy arm at baseline",
        direction_note=(
            "lower: nearer to the healthy arm; a distance between networks, not a clinical score"
        ),
        source="proposal",
    ),
)


def signature_row(
    cov: ArrayLike,
    rates_hz: ArrayLike,
    masks: NetworkMasks,
    louvain_runs: int = 20,
    seed: int = 0,
) -> dict[str, float]:
    """Return every readout that one scan gives.

    Parameters
    ----------
    cov : array_like, shape (N, N)
        Covariance of the observed signal (BOLD), simulated or exact; its unit does not matter.
    rates_hz : array_like, shape (N,)
        Mean excitatory rates.
    masks : NetworkMasks
        Regions of the atlas.
    louvain_runs, seed : int
        Starts of the modularity and their seed.

    Returns
    -------
    dict of str to float
        Metric → value, in the order of :data:`METRICS`; NaN where the atlas lacks a network or
        target, or where nothing is left after regression.

    Raises
    ------
    DataError
        If a shape does not fit the atlas, or a cortical region has no finite variance.
    """
    return signature_rows([cov], [rates_hz], masks, louvain_runs, seed)[0]


TOGETHER = 8
"""Scans whose modularity is sought at once: more no longer fit into the cache."""


def signature_rows(
    covs: Sequence[ArrayLike],
    rates_hz: Sequence[ArrayLike],
    masks: NetworkMasks,
    louvain_runs: int = 20,
    seed: int = 0,
) -> list[dict[str, float]]:
    """Return :func:`signature_row` of several scans.

    Parameters
    ----------
    covs : sequence of array_like, shape (N, N)
        Covariances.
    rates_hz : sequence of array_like, shape (N,)
        Mean excitatory rates, as many.
    masks, louvain_runs, seed
        As there; every scan has the same starts.

    Raises
    ------
    DataError
        As there.
    """
    scans = [_readout(cov, rates, masks) for cov, rates in zip(covs, rates_hz, strict=True)]
    rows = []
    for first in range(0, len(scans), TOGETHER):
        some = scans[first : first + TOGETHER]
        q = louvain(
            np.stack([fc for scan in some for fc in (scan.fc, np.nan_to_num(scan.fc_gsr))]),
            louvain_runs,
            seed,
        )[0]
        for k, scan in enumerate(some):
            scan = replace(scan, q=float(q[2 * k]), q_gsr=float(q[2 * k + 1]))
            rows.append(
                {
                    name: float(metric.compute(scan))
                    for name, metric in METRICS.items()
                    if metric.compute is not None
                }
            )
    return rows


def _readout(cov: ArrayLike, rates_hz: ArrayLike, masks: NetworkMasks) -> Readout:
    """Return a scan without its modularity; NaN where nothing is left after regression."""
    cov, rates_hz = np.asarray(cov, dtype=float), np.asarray(rates_hz, dtype=float)
    if cov.shape != (masks.size, masks.size) or rates_hz.shape != (masks.size,):
        raise DataError(
            "covariance and rates do not fit the atlas",
            expected=f"cov [{masks.size}, {masks.size}] and rates [{masks.size}]",
            got=f"cov {list(cov.shape)} and rates {list(rates_hz.shape)}",
        )
    cortex = np.asarray(masks.cortex)
    names = [str(region) for region in cortex]  # messages name regions by their row in the atlas
    cortical = cov[np.ix_(cortex, cortex)]
    fc = correlation(cortical, names)
    left = regress_global_signal(cortical, names)
    regressed = (np.diagonal(left) > 0).all()
    fc_gsr = correlation(left, names) if regressed else np.full_like(fc, np.nan)
    return Readout(fc, fc_gsr, rates_hz, np.nan, np.nan, masks)
