"""The linear engine on balanced networks, against dense algebra and other solvers."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import root

from netmod.atlas import load_atlas, load_effective_connectivity
from netmod.dynamics.fic import TARGET_RATE_HZ, balance
from netmod.dynamics.linear import (
    band_covariance,
    band_nodes,
    coupling_of,
    cross_spectrum,
    jacobian,
    linearise,
)
from netmod.dynamics.parameters import Parameters, make_parameters
from netmod.dynamics.wiring import Wiring, long_range_weights, top_down_weights
from netmod.graph.connectivity import correlation
from netmod.observe.balloon import HEMODYNAMICS, linear_response
from netmod.study import spectrum


def whole_drift(model, p):
    """Return the drift of the stacked state [state * region], for dense references."""
    n = p.n_regions

    def drift(y):
        state = tuple(y[k * n : (k + 1) * n] for k in range(len(model.states)))
        coupling = tuple(W @ state[0] for W in p.weights)
        return jnp.concatenate(model.drift(state, p.values, coupling))

    return drift


@partial(jax.jit, static_argnums=0)
def _spectrum(model, p, state, omega):
    linear = linearise(model, p, state)
    return cross_spectrum(model, p, linear, omega), jacobian(model, p, linear)


@partial(jax.jit, static_argnums=0)
def _covariance(model, p, state, omegas, weights):
    return band_covariance(model, p, linearise(model, p, state), omegas, weights)


def test_jacobian_equals_the_differentiated_drift(rww, balanced_network):
    p, state = balanced_network(n=6, seed=1)
    rng = np.random.default_rng(1)
    with jax.enable_x64(True):
        slope = jax.jit(jax.jacfwd(whole_drift(rww, p)))
        for scale in (0.0, 0.02):  # also away from the fixed point
            here = tuple(s + scale * rng.uniform(-1, 1, s.shape) * s for s in state)
            A = np.asarray(_spectrum(rww, p, here, 1.0)[1])
            dense = np.asarray(slope(jnp.concatenate(here)))
            np.testing.assert_allclose(A, dense, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("frequency_hz", [0.0, 0.03, 0.2, 8.0])
def test_cross_spectrum_equals_the_dense_inverse(rww, balanced_network, frequency_hz):
    p, state = balanced_network(n=6, seed=2)
    n, omega = p.n_regions, 2 * np.pi * frequency_hz
    with jax.enable_x64(True):
        S, A = (np.asarray(x) for x in _spectrum(rww, p, state, omega))
    Q = np.diag(np.tile(p.values["noise_sd"] ** 2, 2))
    H = np.linalg.inv(1j * omega * np.eye(2 * n) - A)
    dense = (H @ Q @ H.conj().T)[:n, :n]
    np.testing.assert_allclose(S, dense, rtol=1e-10, atol=1e-14 * np.abs(dense).max())
    np.testing.assert_allclose(S, S.conj().T, atol=1e-14 * np.abs(S).max())
    assert np.linalg.eigvalsh(S).min() > 0


@pytest.mark.parametrize("count", [2, 8, 12])
def test_band_nodes_integrate_polynomials(count):
    low, high = 0.01, 0.25
    omegas, weights = band_nodes(low, high, count)
    f = omegas / (2 * np.pi)
    assert f.min() > low and f.max() < high and (weights > 0).all()
    for power in range(2 * count):
        exact = 2 * (high ** (power + 1) - low ** (power + 1)) / (power + 1)
        assert weights @ f**power == pytest.approx(exact, rel=1e-12)
    # and one degree more is not exact, so the test could fail
    power = 2 * count
    exact = 2 * (high ** (power + 1) - low ** (power + 1)) / (power + 1)
    assert abs(weights @ f**power / exact - 1) > 1e-14


def test_band_covariance_is_the_weighted_sum_of_spectra(rww, balanced_network):
    p, state = balanced_network(n=6, seed=3)
    omegas, weights = band_nodes(0.01, 0.25, 3)
    with jax.enable_x64(True):
        got = np.asarray(_covariance(rww, p, state, omegas, weights))
        spectra = [np.asarray(_spectrum(rww, p, state, w)[0]).real for w in omegas]
    want = sum(w * S for w, S in zip(weights, spectra, strict=True))
    np.testing.assert_allclose(got, want, rtol=1e-13)


def test_fixed_point_agrees_with_scipy(rww, balanced_network, fixed_point):
    p, healthy = balanced_network(n=6, seed=4)
    rng = np.random.default_rng(4)
    perturbed = p.replace(
        I_ext=rng.normal(0, 0.004, 6), w_plus=p.values["w_plus"] * rng.uniform(0.97, 1.02, 6)
    )
    state, residual = fixed_point(rww, perturbed, healthy)
    assert residual < 1e-9
    assert np.abs(np.concatenate(state) - np.concatenate(healthy)).max() > 1e-3
    with jax.enable_x64(True):
        drift = jax.jit(whole_drift(rww, perturbed))
        slope = jax.jit(jax.jacfwd(drift))
        found = root(
            lambda y: np.asarray(drift(y)),
            np.concatenate(healthy),
            jac=lambda y: np.asarray(slope(y)),
            tol=1e-12,
        )
    assert np.abs(found.fun).max() < 1e-10
    np.testing.assert_allclose(np.concatenate(state), found.x, atol=1e-11)


def test_fixed_point_from_far_away_still_converges(rww, balanced_network, fixed_point):
    p, healthy = balanced_network(n=6, seed=5)
    state, residual = fixed_point(rww, p, tuple(1.5 * s for s in healthy))
    assert residual < 1e-9
    np.testing.assert_allclose(np.concatenate(state), np.concatenate(healthy), atol=1e-10)


def test_without_a_nearby_fixed_point_the_residual_says_so(rww, balanced_network, fixed_point):
    p, healthy = balanced_network(n=6, seed=6)
    _, residual = fixed_point(rww, p.replace(I_ext=np.full(6, 0.4)), healthy, steps=2)
    assert residual > 1e-3


def spectrum_fc(model, p, state):
    with jax.enable_x64(True):
        return correlation(np.asarray(_covariance(model, p, state, *band_nodes(0.01, 0.25))))


def test_relabelling_the_regions_relabels_everything(rww, random_network, balance_compiled):
    p = random_network(n=6, seed=7)
    order = np.random.default_rng(7).permutation(6)
    values = {name: value[order] for name, value in p.values.items()}
    moved = Parameters(values, p.weights[:, order][:, :, order])
    J, state = balance_compiled(p)
    J_moved, state_moved = balance_compiled(moved)
    np.testing.assert_allclose(J[order], J_moved, rtol=1e-13)
    fc = spectrum_fc(rww, p.replace(J=J), state)
    again = spectrum_fc(rww, moved.replace(J=J_moved), state_moved)
    np.testing.assert_allclose(fc[np.ix_(order, order)], again, atol=1e-12)


def test_direction_of_weights_is_target_by_source(rww, balance_compiled):
    weights = np.zeros((2, 6, 6))
    weights[0, 2, 0] = 0.5  # region 0 drives region 2
    p = make_parameters(rww, weights)
    with jax.enable_x64(True):
        to_E, to_I = map(np.asarray, coupling_of(rww, p, (np.arange(1.0, 7.0), np.zeros(6))))
    J, _ = balance_compiled(p)
    np.testing.assert_array_equal(to_E, [0.0, 0.0, 0.5, 0.0, 0.0, 0.0])
    np.testing.assert_array_equal(to_I, np.zeros(6))
    assert J[2] > J[0] + 0.1 and J[0] == J[1]


def test_single_precision_is_close(rww, balanced_network):
    p, state = balanced_network(n=6, seed=8)
    exact = spectrum_fc(rww, p, state)
    omegas, weights = (x.astype(np.float32) for x in band_nodes(0.01, 0.25))
    single = Parameters(
        {k: np.float32(v) for k, v in p.values.items()}, p.weights.astype(np.float32)
    )
    got = np.asarray(_covariance(rww, single, tuple(np.float32(s) for s in state), omegas, weights))
    assert got.dtype == np.float32
    np.testing.assert_allclose(correlation(got), exact, atol=2e-4)


def test_nodes_of_the_linear_engine_suffice_on_dk84(rww):
    atlas = load_atlas("dk84")
    ec = load_effective_connectivity(atlas, rww.name)
    wiring = Wiring(
        ec.parameters["feedforward"], top_down_weights(atlas, ec.parameters["top_down"])
    )
    h = HEMODYNAMICS["friston2003"]
    with jax.enable_x64(True):
        p = make_parameters(rww, np.asarray(long_range_weights(ec.weights, wiring)))
        J, state = balance(p, TARGET_RATE_HZ)
        p = p.replace(J=J)

        @jax.jit
        def covariance(omegas, weights):
            return band_covariance(rww, p, linearise(rww, p, state), omegas, weights)

        fc = {}
        for count in (spectrum.NODES, 48, 96):
            omegas, weights = band_nodes(spectrum.LOWEST_HZ, spectrum.HIGHEST_HZ, count)
            weights = weights * np.abs(linear_response(omegas, h)) ** 2
            fc[count] = correlation(np.asarray(covariance(omegas, weights)))
    assert np.abs(fc[48] - fc[96]).max() < 1e-9
    assert np.abs(fc[spectrum.NODES] - fc[48]).max() < 1e-4
