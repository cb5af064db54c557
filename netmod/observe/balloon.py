"""Balloon-Windkessel hemodynamics: from synaptic activity to BOLD."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np


class Hemodynamics(NamedTuple):
    """Constants of the balloon model.

    Attributes
    ----------
    kappa, gamma : float
        Decay and elimination of the vasodilatory signal, 1/s.
    tau : float
        Transit time, s.
    alpha : float
        Grubb exponent.
    rho : float
        Resting oxygen extraction.
    v0 : float
        Resting blood volume fraction.
    k1, k2, k3 : float
        Weights of the BOLD equation.
    source : str
        Where the constants come from.
    """

    kappa: float
    gamma: float
    tau: float
    alpha: float
    rho: float
    v0: float
    k1: float
    k2: float
    k3: float
    source: str


LEAST_INFLOW = 0.05
"""Smallest blood inflow, as a fraction of rest, that the volume and the oxygen see (proposal).

A vessel does not flow backwards, and the equations have no meaning at an inflow below 0, where a
strongly negative drive would lead them. Inflow in the physical range is untouched."""


def _stephan(theta0: float = 40.3, r0: float = 25.0, te: float = 0.04, epsilon: float = 0.34):
    return 4.3 * theta0 * 0.4 * te, epsilon * r0 * 0.4 * te, 1.0 - epsilon


HEMODYNAMICS: Mapping[str, Hemodynamics] = MappingProxyType(
    {
        "friston2003": Hemodynamics(
            0.65, 0.41, 0.98, 0.32, 0.34, 0.02, 7 * 0.34, 2.0, 2 * 0.34 - 0.2,
            "Friston et al. 2003, doi:10.1016/S1053-8119(03)00202-7",
        ),
        "stephan2007": Hemodynamics(
            0.64, 0.32, 2.0, 0.32, 0.4, 0.04, *_stephan(),
            "Stephan et al. 2007, doi:10.1016/j.neuroimage.2007.07.040 (partly recalled)",
        ),
        "deco_legacy": Hemodynamics(
            1 / 0.65, 1 / 0.41, 0.98, 0.32, 0.34, 0.02, 7 * 0.34, 2.0, 2 * 0.34 - 0.2,
            "inverted kappa and gamma, as in code of the Deco lineage; only to reproduce it",
        ),
    }
)  # fmt: skip


def _inflow(f: Any) -> Any:
    """Return the inflow, at least :data:`LEAST_INFLOW`; NaN stays NaN."""
    if isinstance(f, (float, int, np.ndarray, np.generic)):
        return np.maximum(f, LEAST_INFLOW)
    import jax.numpy as jnp

    return jnp.maximum(f, LEAST_INFLOW)


def steady(activity: Any, h: Hemodynamics) -> tuple[Any, ...]:
    """Return the steady state (s, f, v, q) under a constant activity.

    Volume and oxygen follow an inflow of at least :data:`LEAST_INFLOW`.

    Parameters
    ----------
    activity : array
        Neural drive.
    h : Hemodynamics
        Constants.
    """
    f = 1.0 + activity / h.gamma
    inflow = _inflow(f)
    v = inflow**h.alpha
    return 0.0 * activity, f, v, v * (1.0 - (1.0 - h.rho) ** (1.0 / inflow)) / h.rho


def drift(state: tuple[Any, ...], activity: Any, h: Hemodynamics) -> tuple[Any, ...]:
    """Return the time derivative of (signal, inflow, volume, deoxyhemoglobin), in 1/s.

    Volume and oxygen see an inflow of at least :data:`LEAST_INFLOW`. The inflow itself is not
    held there, so that it comes back as the linear oscillator that it is.

    Parameters
    ----------
    state : tuple of arrays
        (s, f, v, q).
    activity : array
        Neural drive (dimensionless), relative to none.
    h : Hemodynamics
        Constants.
    """
    s, f, v, q = state
    outflow = v ** (1.0 / h.alpha)
    inflow = _inflow(f)
    extraction = 1.0 - (1.0 - h.rho) ** (1.0 / inflow)
    return (
        activity - h.kappa * s - h.gamma * (f - 1.0),
        s,
        (inflow - outflow) / h.tau,
        (inflow * extraction / h.rho - outflow * q / v) / h.tau,
    )


def bold(state: tuple[Any, ...], h: Hemodynamics) -> Any:
    """Return the BOLD signal as a fraction of the resting signal."""
    _, _, v, q = state
    return h.v0 * (h.k1 * (1.0 - q) + h.k2 * (1.0 - q / v) + h.k3 * (1.0 - v))


def linear_response(omega: Any, h: Hemodynamics) -> np.ndarray:
    """Return the complex transfer function from activity to BOLD around rest.

    Parameters
    ----------
    omega : array, shape (frequency,)
        Angular frequency in rad/s.
    h : Hemodynamics
        Constants.

    Returns
    -------
    array, shape (frequency,), complex
    """
    omega = np.asarray(omega, dtype=float)
    i_omega = 1j * omega
    flow = 1.0 / (i_omega**2 + h.kappa * i_omega + h.gamma)
    slope = 1.0 / h.alpha
    volume = flow / (h.tau * i_omega + slope)
    # d/df of f E(f)/rho at f = 1
    extraction = 1.0 + (1.0 - h.rho) * np.log(1.0 - h.rho) / h.rho
    deoxy = (extraction * flow - (slope - 1.0) * volume) / (h.tau * i_omega + 1.0)
    return h.v0 * (-(h.k1 + h.k2) * deoxy + (h.k2 - h.k3) * volume)
