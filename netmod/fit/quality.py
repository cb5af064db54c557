"""What the linear engine predicts from a set of weights."""

from __future__ import annotations

import numpy as np

from netmod.dynamics.fic import TARGET_RATE_HZ, balance
from netmod.dynamics.linear import band_covariance, band_nodes, leading_eigenvalue, linearise
from netmod.dynamics.parameters import make_parameters
from netmod.dynamics.wiring import Wiring, long_range_weights
from netmod.fit.effective_connectivity import BAND_HZ
from netmod.graph.connectivity import correlation
from netmod.models import Model


def predicted_fc(
    model: Model, weights: np.ndarray, wiring: Wiring, **values: float
) -> tuple[np.ndarray, complex]:
    """Return the FC of the balanced network with some weights, and its leading eigenvalue.

    Parameters
    ----------
    model : Model
        A model that FIC can balance.
    weights : array, shape (target, source)
        Effective connectivity.
    wiring : Wiring
        Weights onto inhibition.
    **values : float
        Model parameters other than their defaults.

    Returns
    -------
    fc : array, shape (region, region)
        Band-averaged (0.01 to 0.09 Hz) correlation of the transmitted state.
    eigenvalue : complex
        Of largest real part, in 1/s; negative for a stable network.
    """
    import jax

    with jax.enable_x64(True):
        parameters = make_parameters(model, np.asarray(long_range_weights(weights, wiring)), values)
        J, state = balance(parameters, TARGET_RATE_HZ)
        parameters = parameters.replace(J=J)
        linear = linearise(model, parameters, state)
        cov = np.asarray(band_covariance(model, parameters, linear, *band_nodes(*BAND_HZ)))
        return correlation(cov), leading_eigenvalue(model, parameters, linear)
