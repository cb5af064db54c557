"""What a scan of some minutes shows of a correlation that the linear engine knows exactly."""

from __future__ import annotations

import numpy as np

from netmod.dynamics.linear import band_nodes
from netmod.observe.balloon import HEMODYNAMICS, linear_response
from netmod.scenario.schema import Scanner
from netmod.study.spectrum import HIGHEST_HZ, LOWEST_HZ, NODES


def independent_volumes(scanner: Scanner) -> int:
    """Return how many independent volumes a scan is worth.

    A band-limited signal of length ``T`` has ``2 B T`` degrees of freedom, with the equivalent
    bandwidth ``B = (integral of P)^2 / integral of P^2`` of its power spectrum (Bartlett; Bendat
    and Piersol 2010, doi:10.1002/9781118032428, recalled). ``P`` is the power gain of the
    hemodynamic response; that neural spectra are flat beside it is a simplification.

    Parameters
    ----------
    scanner : Scanner
        Its length, repetition time and hemodynamics.
    """
    omegas, weights = band_nodes(LOWEST_HZ, HIGHEST_HZ, NODES)
    power = np.abs(linear_response(omegas, HEMODYNAMICS[scanner.hemodynamics])) ** 2
    over_hz = weights / 2.0  # the weights count both signs of a frequency
    bandwidth_hz = (over_hz @ power) ** 2 / (over_hz @ power**2)
    most = scanner.duration_s / scanner.tr_s
    return round(min(2.0 * bandwidth_hz * scanner.duration_s, most))


def scanned(correlation: np.ndarray, volumes: int, key: np.ndarray) -> np.ndarray:
    """Return the correlation that a scan finds where another one is true.

    The noise belongs to the key alone and enters smoothly: two networks of one person under one
    key share it, as two simulated scans of one key do.

    Parameters
    ----------
    correlation : array, shape (region, region)
        The true one.
    volumes : int
        Independent volumes, at least 3.
    key : array of uint32
        Of the scan.

    Returns
    -------
    array, shape (region, region)
    """
    noise = np.random.default_rng(key).standard_normal((volumes, len(correlation)))
    values, vectors = np.linalg.eigh(np.asarray(correlation, dtype=float))
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    return np.corrcoef(noise @ root, rowvar=False)
