r"""The second neural mass of the ledger: the same people and slow states, another fast model.

Lesion and treatments act on reduced Wong-Wang. What they made of a network, its long-range weights
and its rates, is read here as a network of Stuart-Landau oscillators below their Hopf bifurcation,
linearised at rest, whose FC is exact:

.. math::

    dx_i/dt &= a_i x_i - \omega y_i + G \sum_j C_{ij} (x_j - x_i) + \beta \nu\\
    dy_i/dt &= a_i y_i + \omega x_i + G \sum_j C_{ij} (y_j - y_i) + \beta \nu\\
    C &= W^E - \kappa W^I, \qquad a_i = a_0 (1 - s (r_i / r_0 - 1))

With one frequency for all regions ``z = x + i y`` only rotates: in the frame that turns with it
``dz/dt = A z + noise`` with the real matrix ``A = diag(a - G k) + G C``, ``k_i = sum_j C_ij``. So
the covariance of x obeys ``A P + P A' + beta^2 = 0``, whatever the frequency, and its correlation
does not depend on the noise either.

References
----------
Deco G, Kringelbach ML, Jirsa VK, Ritter P (2017). The dynamics of resting fluctuations in the
brain. Sci Rep 7:3095, doi:10.1038/s41598-017-03073-5. Shifts of single regions' bifurcation
parameter as the effect of stimulation, states and drugs: Deco et al. 2019,
doi:10.1073/pnas.1905534116 (recalled); Vohryzek et al. 2024 (recalled).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from netmod.claims.evidence import Evidence, Scans
from netmod.dynamics.fic import TARGET_RATE_HZ
from netmod.dynamics.stability import growth_rate, pulse_response
from netmod.errors import DataError
from netmod.graph import NetworkMasks, signature_rows
from netmod.graph.connectivity import correlation

SITE = "dlpfc_left"
"""Target that is pulsed, as in the first mass."""

_MARGINAL = 1e-9
"""Growth rates in 1/s nearer to 0 than this are rounding: neither stable nor unstable."""


@dataclass(frozen=True)
class Hopf:
    """Constants of the second mass, the same for every arm; none was chosen on a row.

    Attributes
    ----------
    a : float
        Growth rate of a region at the reference rate in 1/s (Deco et al. 2017, recalled).
    G : float
        Global coupling in 1/s: where the FC of the healthy group's weights is nearest to that
        measured in healthy people (``python atlases/fit_second_mass.py``; proposal).
    inhibition : float
        What a synapse onto inhibition takes away, over what one onto excitation adds: that of an
        isolated reduced Wong-Wang region at its set-point (same script).
    slope : float
        By how much of ``a`` a relative rise of a region's rate brings it nearer to its
        bifurcation, which with 1 it reaches at twice the reference rate (proposal).
    reference_hz : float
        Rate at which a region grows by ``a``: the set-point of feedback inhibition, not the rate
        of any arm.
    """

    a: float = -0.02
    G: float = 0.7
    inhibition: float = 0.58
    slope: float = 1.0
    reference_hz: float = TARGET_RATE_HZ


HOPF = Hopf()


def hopf_matrix(weights: np.ndarray, rates_hz: np.ndarray, mass: Hopf = HOPF) -> np.ndarray:
    """Return the matrix A that moves the network in the frame of its rotation.

    Parameters
    ----------
    weights : array, shape (2, target, source)
        Long-range weights onto excitation and inhibition.
    rates_hz : array, shape (region,)
        Firing rates.
    mass : Hopf
        Constants.

    Returns
    -------
    array, shape (region, region)
        In 1/s; its eigenvalues have the real parts of the oscillators' own.

    Raises
    ------
    DataError
        If the shapes do not fit.
    """
    weights, rates_hz = np.asarray(weights, dtype=float), np.asarray(rates_hz, dtype=float)
    if weights.shape != (2, rates_hz.size, rates_hz.size) or rates_hz.ndim != 1:
        raise DataError(
            "weights and rates do not fit", expected="weights [2, N, N] and rates [N]",
            got=f"{list(weights.shape)} and {list(rates_hz.shape)}",
        )  # fmt: skip
    net = weights[0] - mass.inhibition * weights[1]
    a = mass.a * (1.0 - mass.slope * (rates_hz / mass.reference_hz - 1.0))
    return np.diag(a - mass.G * net.sum(axis=1)) + mass.G * net


def hopf_covariance(matrix: np.ndarray) -> np.ndarray:
    """Return the covariance of x over the intensity beta^2 of the noise.

    Parameters
    ----------
    matrix : array, shape (region, region)
        From :func:`hopf_matrix`.

    Returns
    -------
    array, shape (region, region)
        In s; NaN throughout where the network is not stable or not finite.
    """
    from scipy.linalg import solve_continuous_lyapunov

    nothing = np.full(matrix.shape, np.nan)
    if not np.isfinite(matrix).all() or not growth_rate(matrix) < -_MARGINAL:
        return nothing
    found = solve_continuous_lyapunov(matrix, -np.eye(len(matrix)))
    return 0.5 * (found + found.T)


class Reread(ABC):
    """Evidence whose networks are looked at in another way; everything else is as it was."""

    def __init__(self, first: Evidence) -> None:
        self.first = first
        self.memo: dict[tuple, np.ndarray] = {}
        self._found: dict[tuple[str, float], dict[str, Any]] = {}

    def __getattr__(self, name: str) -> Any:
        """Return what does not depend on the fast model from the evidence itself."""
        return getattr(self.first, name)

    def scans(self, arm: str, time_h: float) -> Scans:
        """Return the scans of an arm at a time; each is computed once.

        Raises
        ------
        DataError
            If the evidence has none.
        """
        scans = self.first.scans(arm, time_h)
        if (arm, time_h) not in self._found:
            self._found[arm, time_h] = self._networks(scans)
        return replace(scans, **self._found[arm, time_h])

    def metric(self, name: str, arm: str, time_h: float) -> np.ndarray:
        """Return a metric of every subject, shape (subject,); NaN where it is not defined."""
        return self.scans(arm, time_h).signatures[name]

    @abstractmethod
    def _networks(self, scans: Scans) -> dict[str, Any]:
        """Return the fields of scans that are to be replaced."""


class SecondMass(Reread):
    """Evidence with the FC, signatures and stability of the second neural mass.

    Rates and transmitters are not defined in it and NaN. So is the leading growth rate: under
    diffusive coupling all regions together decay by their mean damping, which is nothing but the
    first mass's rates. Scans of a network that is not stable have no numbers (``ok`` is False).

    Parameters
    ----------
    first : Evidence
        Of the first mass.
    louvain_runs, seed : int
        Of the modularity.
    mass : Hopf
        Constants.
    """

    def __init__(
        self, first: Evidence, louvain_runs: int = 20, seed: int = 0, mass: Hopf = HOPF
    ) -> None:
        super().__init__(first)
        self._louvain, self._mass = (louvain_runs, seed), mass

    def _networks(self, scans: Scans) -> dict[str, Any]:
        site = self.first.atlas.targets.get(SITE, ())
        n = scans.rates.shape[1]
        fc = np.full(scans.fc.shape, np.nan)
        pulse = np.full(len(fc), np.nan)
        for k, (weights, rates) in enumerate(zip(scans.weights, scans.rates, strict=True)):
            matrix = hopf_matrix(weights, rates, self._mass)
            covariance = hopf_covariance(matrix)
            if np.isfinite(covariance).all():
                fc[k] = correlation(covariance)
                pulse[k] = pulse_response(matrix, site, n) if len(site) else np.nan
        ok = np.isfinite(fc).all(axis=(1, 2))
        return {
            **dict.fromkeys(("glutamate", "gaba", "rates"), np.full(scans.rates.shape, np.nan)),
            "growth": np.full(len(fc), np.nan),
            "ok": ok, "fc": fc.astype(np.float32), "pulse": pulse,
            "signatures": self._signatures(fc, ok, scans.signatures),
        }  # fmt: skip

    def _signatures(
        self, fc: np.ndarray, ok: np.ndarray, names: Iterable[str]
    ) -> dict[str, np.ndarray]:
        masks = NetworkMasks.from_atlas(self.first.atlas)
        no_rates = [np.full(masks.size, np.nan)] * int(ok.sum())
        rows = iter(signature_rows(list(fc[ok]), no_rates, masks, *self._louvain))
        each: list[dict[str, float]] = [next(rows) if good else {} for good in ok]
        found = next((row for row in each if row), names)
        return {name: np.array([row.get(name, np.nan) for row in each]) for name in found}


class Unseen(Reread):
    """Evidence without networks: what an observable still says does not depend on the fast model.

    Weights, rates, transmitters and slow states stay.
    """

    def _networks(self, scans: Scans) -> dict[str, Any]:
        nothing = np.full(scans.ok.shape, np.nan)
        return {
            "ok": np.zeros_like(scans.ok), "fc": np.full_like(scans.fc, np.nan),
            "growth": nothing, "pulse": nothing,
            "signatures": dict.fromkeys(scans.signatures, nothing),
        }  # fmt: skip
