"""The linear engine's program: covariance of BOLD and rates of networks at their fixed points."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from netmod.dynamics.coupling import coupling_of
from netmod.dynamics.linear import band_covariance, band_nodes, jacobian, linearise
from netmod.models import MODELS
from netmod.observe.balloon import HEMODYNAMICS, linear_response

LOWEST_HZ = 0.01
"""Lower edge of the linear engine's BOLD band; a 5-minute scan hardly holds slower waves."""

HIGHEST_HZ = 0.25
"""Upper edge: above, the hemodynamic response passes nothing."""

NODES = 12
"""Gauss-Legendre nodes over that band; 48 change no FC value by more than 1e-4 (tested)."""


@lru_cache(maxsize=8)
def linear_program(model_name: str, hemodynamics: str):
    """Return the compiled program ``solve(parameters, states)`` of stacked networks.

    It returns linearisation, Jacobian, covariance of BOLD and rates, each with a leading lane axis.
    """
    import jax

    model = MODELS[model_name]
    omegas, weights = band_nodes(LOWEST_HZ, HIGHEST_HZ, NODES)
    weights = weights * np.abs(linear_response(omegas, HEMODYNAMICS[hemodynamics])) ** 2

    @jax.jit
    def solve(parameters, states):
        def one(x):
            p, state = x
            linear = linearise(model, p, state)
            rate = model.rate_hz(state, p.values, coupling_of(model, p, state))
            cov = band_covariance(model, p, linear, omegas, weights)
            return linear, jacobian(model, p, linear), cov, rate

        return jax.lax.map(one, (parameters, states))

    return solve
