"""Where the noise is small, the simulation shows what the linear engine predicts."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from netmod.dynamics.linear import band_covariance, band_nodes, linearise
from netmod.dynamics.noise import scan_key
from netmod.dynamics.parameters import stack
from netmod.dynamics.simulate import Scan, simulate
from netmod.graph.connectivity import correlation
from netmod.observe import balloon
from netmod.observe.balloon import HEMODYNAMICS, linear_response

LANES = 20
SCAN = Scan(duration_s=300.0, tr_s=2.0, warmup_s=30.0, dt_ms=2.0)
H = HEMODYNAMICS["friston2003"]


def response_at(activity, omega):
    """The balloon's transfer function around a constant activity, by differentiation."""

    def drift(y, a):
        return jnp.stack(balloon.drift(tuple(y), a, H))

    y = jnp.stack(balloon.steady(jnp.float64(activity), H))
    A, b = jax.jit(jax.jacfwd(drift, argnums=(0, 1)))(y, jnp.float64(activity))
    c = jax.jit(jax.grad(lambda z: balloon.bold(tuple(z), H)))(y)
    inverse = np.linalg.inv(1j * omega[:, None, None] * np.eye(4) - np.asarray(A))
    return np.einsum("a,fab,b->f", np.asarray(c), inverse, np.asarray(b))


@partial(jax.jit, static_argnums=0)
def _covariance(model, p, state, omegas, weights):
    return band_covariance(model, p, linearise(model, p, state), omegas, weights)


def predict(model, p, state, low_hz, high_hz, count, at_rest):
    """Covariance of BOLD in a band: the response either at rest or at the working point."""
    omegas, weights = band_nodes(low_hz, high_hz, count)
    with jax.enable_x64(True):
        gain = linear_response(omegas, H) if at_rest else response_at(state[0].mean(), omegas)
        weights = weights * np.abs(gain) ** 2
        return np.asarray(_covariance(model, p, state, omegas, weights))


@pytest.fixture(scope="module")
def network(balanced_network):
    p, state = balanced_network(n=6, seed=61, strength=1.15, inhibition=0.2)
    return p.replace(noise_sd=np.linspace(0.003, 0.007, 6)), state


@pytest.fixture(scope="module")
def simulated(rww, network):
    p, state = network
    keys = np.stack([scan_key(1, "small", "noise", k) for k in range(LANES)])
    start = tuple(np.tile(s, (LANES, 1)) for s in state)
    got = simulate(rww, stack([p] * LANES), start, keys, SCAN)
    assert got.finite.all()
    return got


def test_response_around_rest_is_the_derivative_of_the_model():
    omegas = 2 * np.pi * np.array([0.0, 0.03, 0.2, 1.0])
    with jax.enable_x64(True):
        np.testing.assert_allclose(response_at(0.0, omegas), linear_response(omegas, H), rtol=1e-9)


def test_rates_stay_at_the_target(simulated):
    # small noise: what curvature adds to the mean is of second order
    np.testing.assert_allclose(simulated.rate_hz.mean(axis=0), 3.063, rtol=5e-3)


def test_variance_of_bold(rww, network, simulated):
    p, state = network
    # sampling folds all frequencies into the series; the mean is taken out of 300 s
    exact = predict(rww, p, state, 1e-6, 1.5, 60, at_rest=False)
    variances = simulated.bold.astype(float).var(axis=1, ddof=1)  # [lane, region]
    error = variances.mean(axis=0) / np.diag(exact) - 1
    spread = variances.std(axis=0, ddof=1) / np.diag(exact) / np.sqrt(LANES)
    assert spread.max() < 0.05
    assert (np.abs(error) < 4 * spread + 0.02).all()


@pytest.mark.parametrize("at_rest", [False, True], ids=["working point", "the engine's"])
def test_functional_connectivity(rww, network, simulated, at_rest):
    p, state = network
    band = (1e-6, 1.5, 60) if not at_rest else (0.01, 0.25, 12)
    predicted = correlation(predict(rww, p, state, *band, at_rest))
    upper = np.triu_indices(6, 1)
    each = np.array([np.corrcoef(b.T)[upper] for b in simulated.bold.astype(float)])
    error = each.mean(axis=0) - predicted[upper]
    spread = each.std(axis=0, ddof=1) / np.sqrt(LANES)
    assert spread.max() < 0.03
    assert np.ptp(predicted[upper]) > 0.3
    assert (np.abs(error) < 4 * spread + 0.005).all()
    assert np.corrcoef(each.mean(axis=0), predicted[upper])[0, 1] > 0.98
