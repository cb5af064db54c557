"""Response to perturbation: susceptibility, information capability, complexity of a response."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netmod.errors import DataError
from netmod.graph.connectivity import covariance
from netmod.graph.declarations import Quantity
from netmod.graph.spectral import lempel_ziv_count


def _differences(perturbed: ArrayLike, unperturbed: ArrayLike) -> NDArray[np.float64]:
    perturbed, unperturbed = (np.asarray(x, dtype=float) for x in (perturbed, unperturbed))
    if perturbed.ndim != 1 or perturbed.shape != unperturbed.shape or perturbed.size == 0:
        raise DataError(
            "a susceptibility needs pairs of runs",
            expected="two lists of the same length",
            got=f"shapes {list(perturbed.shape)} and {list(unperturbed.shape)}",
        )
    difference = perturbed - unperturbed
    if not np.isfinite(difference).all():
        raise DataError(
            "a run without a finite value",
            expected="finite values",
            got=f"run {np.flatnonzero(~np.isfinite(difference))[0]}",
        )
    return difference


def susceptibility(perturbed: ArrayLike, unperturbed: ArrayLike) -> float:
    """Return the mean change of a readout under perturbation.

    Parameters
    ----------
    perturbed, unperturbed : array_like, shape (R,)
        A readout, such as the Kuramoto order, of R pairs of runs with the same noise.

    Returns
    -------
    float
        In the unit of the readout.

    Raises
    ------
    DataError
        If the lists do not pair or hold values that are not finite.

    Notes
    -----
    Escrichs et al. 2022, doi:10.1038/s42003-022-03576-6 (recalled).
    """
    return float(_differences(perturbed, unperturbed).mean())


def information_capability(perturbed: ArrayLike, unperturbed: ArrayLike) -> float:
    """Return the SD over runs of the change of a readout under perturbation (divisor R).

    Parameters, errors and source as :func:`susceptibility`.
    """
    return float(_differences(perturbed, unperturbed).std())


def order_susceptibility(order: ArrayLike, size: int) -> float:
    """Return the fluctuations of an order parameter, ``N (⟨R²⟩ − ⟨R⟩²)``.

    Parameters
    ----------
    order : array_like, shape (T,)
        Kuramoto order over time, in [0, 1].
    size : int
        N, number of regions.

    Returns
    -------
    float
        Not negative; largest near the onset of synchrony.

    Raises
    ------
    DataError
        If there are fewer than two time points or a value is not finite.

    Notes
    -----
    Hong et al. 2015, doi:10.1103/PhysRevE.92.022122 (recalled).
    """
    order = np.asarray(order, dtype=float)
    if order.ndim != 1 or order.size < 2 or not np.isfinite(order).all():
        raise DataError(
            "fluctuations need a finite series of two time points or more",
            expected="shape [time]",
            got=f"shape {list(order.shape)}, {int((~np.isfinite(order)).sum())} not finite",
        )
    return float(size * order.var())


def significant_response(
    response: ArrayLike, baseline: ArrayLike, alpha: float = 0.01
) -> NDArray[np.uint8]:
    """Return where a response leaves the range of its baseline.

    Both are z-scored by every region's baseline. A value is significant when |z| exceeds the
    1 − α quantile over baseline time points of the largest |z| over regions, which corrects for
    the number of regions.

    Parameters
    ----------
    response : array_like, shape (T, N)
        Mean evoked activity.
    baseline : array_like, shape (T₀, N)
        The same before the pulse.
    alpha : float
        Share of baseline time points with a false response.

    Returns
    -------
    ndarray of uint8, shape (T, N)

    Raises
    ------
    DataError
        If regions differ, or a baseline is constant or not finite.

    Notes
    -----
    After Casali et al. 2013, doi:10.1126/scitranslmed.3006294, who bootstrap over trials.
    """
    response, baseline = np.asarray(response, dtype=float), np.asarray(baseline, dtype=float)
    variance = np.diagonal(covariance(baseline))
    if response.ndim != 2 or response.shape[1] != baseline.shape[1]:
        raise DataError(
            "response and baseline must have the same regions",
            expected=f"[time, {baseline.shape[1]}]",
            got=f"shape {list(response.shape)}",
        )
    if not np.isfinite(response).all():
        raise DataError(
            "a response that is not finite",
            expected="finite values",
            got=f"region {np.flatnonzero(~np.isfinite(response).all(axis=0))[0]}",
        )
    mean, sd = baseline.mean(axis=0), np.sqrt(variance)
    limit = np.quantile(np.abs((baseline - mean) / sd).max(axis=1), 1.0 - alpha)
    return (np.abs((response - mean) / sd) > limit).astype(np.uint8)


def perturbational_complexity(significant: ArrayLike) -> float:
    """Return the Lempel–Ziv complexity of a pattern of significant responses, PCI-like.

    ``c log₂ L / (L H)`` with c phrases of L symbols whose source entropy is H bits: the count
    relative to that of random symbols of the same rate. Regions are sorted by their activity and
    read time point by time point, as one sequence; the published index parses the matrix in two
    dimensions, so values are alike but not the same.

    Parameters
    ----------
    significant : array_like, shape (T, N)
        0 or 1, such as :func:`significant_response` gives.

    Returns
    -------
    float
        0 without any response, or when all is response; about 1 for random symbols (above it in
        short ones).

    Raises
    ------
    DataError
        If the matrix is not of 0 and 1.

    Notes
    -----
    Casali et al. 2013, doi:10.1126/scitranslmed.3006294.
    """
    significant = np.asarray(significant)
    if significant.ndim != 2 or significant.size == 0 or not np.isin(significant, (0, 1)).all():
        raise DataError(
            "complexity of a response needs a matrix of 0 and 1",
            expected="shape [time, region]",
            got=f"shape {list(significant.shape)}",
        )
    rate = significant.mean()
    if rate in (0.0, 1.0):
        return 0.0
    order = np.argsort(significant.sum(axis=0), kind="stable")
    symbols = significant[:, order].astype(np.uint8).ravel()
    entropy = -rate * np.log2(rate) - (1 - rate) * np.log2(1 - rate)
    return float(
        lempel_ziv_count(symbols.tobytes()) * np.log2(symbols.size) / (symbols.size * entropy)
    )


DECLARED = (
    Quantity(
        name="susceptibility",
        unit="any",
        range="real",
        doc="mean change of a readout from runs to the same runs perturbed",
        direction_note="higher: the perturbation raises the readout",
        source="Escrichs et al. 2022, doi:10.1038/s42003-022-03576-6 (recalled)",
        input="readout of pairs of runs",
        gives="a number",
        compute=susceptibility,
    ),
    Quantity(
        name="information_capability",
        unit="any",
        range=">= 0",
        doc="SD over runs of the change of a readout under perturbation",
        direction_note="higher: the answer depends more on the state that is perturbed",
        source="Escrichs et al. 2022, doi:10.1038/s42003-022-03576-6 (recalled)",
        input="readout of pairs of runs",
        gives="a number",
        compute=information_capability,
    ),
    Quantity(
        name="order_susceptibility",
        unit="1",
        range=">= 0",
        doc="N times the variance of the Kuramoto order over time",
        direction_note="higher: nearer to the onset of synchrony",
        source="Hong et al. 2015, doi:10.1103/PhysRevE.92.022122 (recalled)",
        input="Kuramoto order [T], N",
        gives="a number",
        compute=order_susceptibility,
    ),
    Quantity(
        name="perturbational_complexity",
        unit="1",
        range=">= 0",
        doc="PCI-like: Lempel-Ziv complexity of a pattern of responses over that of noise",
        direction_note="higher: an answer both widespread and varied; lower in unconsciousness",
        source="Casali et al. 2013, doi:10.1126/scitranslmed.3006294",
        input="significant responses [T, N] of 0 and 1",
        gives="a number",
        compute=perturbational_complexity,
    ),
)
