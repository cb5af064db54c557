"""Drugs: one-compartment kinetics with absorption, and receptor occupancy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np


@dataclass(frozen=True)
class Drug:
    """Kinetics and binding of one drug.

    Attributes
    ----------
    absorption_h, elimination_h : float
        Half-lives of absorption and elimination.
    receptor : {"5-HT2A", "SERT"}
        What it occupies.
    ec50 : float
        Concentration of half occupancy, relative to the peak of one reference dose.
    max_occupancy : float
        Occupancy at saturation.
    trkb : float
        Relative binding to TrkB (1 for psilocin), a share of the receptor's occupancy before any
        antagonist: TrkB is taken to bind with the same ``ec50``.
    source : str
        Where the numbers come from.
    """

    absorption_h: float
    elimination_h: float
    receptor: str
    ec50: float
    max_occupancy: float
    trkb: float
    source: str

    def concentration(self, hours: np.ndarray, clearance: np.ndarray | float = 1.0) -> np.ndarray:
        """Return the concentration after one dose, with the typical person's peak at 1.

        Parameters
        ----------
        hours : array
            Time since the dose in h; negative means not yet given.
        clearance : array or float
            A person's elimination rate relative to the typical one; broadcasts with ``hours``.
        """
        ka = np.log(2.0) / self.absorption_h
        ke = np.log(2.0) / self.elimination_h
        peak_h = np.log(ka / ke) / (ka - ke)
        peak = np.exp(-ke * peak_h) - np.exp(-ka * peak_h)
        k = ke * np.asarray(clearance)
        since = np.maximum(hours, 0.0)
        # (exp(-k t) - exp(-ka t)) / (ka - k), written so that k = ka needs no limit
        apart = np.abs(ka - k) * since
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio = np.where(apart > 0.0, -np.expm1(-apart) / apart, 1.0)
        return np.exp(-np.minimum(k, ka) * since) * since * ratio * (ka - ke) / peak

    def occupancy(self, concentration: np.ndarray) -> np.ndarray:
        """Return the fraction of receptors occupied at a concentration."""
        return self.max_occupancy * concentration / (concentration + self.ec50)


DRUGS: Mapping[str, Drug] = MappingProxyType(
    {
        "psilocybin": Drug(
            0.7, 2.5, "5-HT2A", 0.5, 1.0, 1.0,
            "recalled: psilocin peaks at 1.5 to 2 h, half-life 2 to 3 h, about 0.7 occupancy at "
            "the peak (Madsen et al. 2019, doi:10.1038/s41386-019-0324-9)",
        ),
        "escitalopram": Drug(
            1.5, 30.0, "SERT", 0.4, 1.0, 0.0,
            "recalled: half-life 30 h, SERT occupancy near 0.8 in daily use; TrkB affinity about a "
            "thousandth of psilocin's, here none (Moliner et al. 2023, "
            "doi:10.1038/s41593-023-01316-5)",
        ),
    }
)  # fmt: skip
"""Every drug by its name."""
