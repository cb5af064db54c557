"""Derivatives through the fixed point: the implicit function theorem against differences."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.sparse

from netmod.dynamics.fixed_points import solve_fixed_point
from netmod.dynamics.linear import band_covariance, band_nodes, linearise
from netmod.dynamics.parameters import make_parameters

OMEGAS, QUADRATURE = band_nodes(0.01, 0.25, 3)


@pytest.fixture(scope="module")
def network(balanced_network):
    """A balanced network, its state, and a way to change G, J and the weights."""
    p, state = balanced_network(n=5, seed=3)

    def build(theta):
        G, J, W = theta
        return p._replace(values={**p.values, "G": G, "J": J}, weights=W)

    theta = (np.asarray(p.values["G"]), np.asarray(p.values["J"]), np.asarray(p.weights))
    return build, theta, state


@pytest.fixture(scope="module")
def read(network, rww):
    """Numbers that depend on the fixed point: the state itself, and the covariance in the band."""
    build, _, _ = network
    weigh = np.random.default_rng(8).normal(size=(5, 5))

    def state(theta, start):
        found = solve_fixed_point(rww, build(theta), start)[0]
        return found[0] @ weigh[0] + found[1] @ weigh[1]

    def band(theta, start):
        p = build(theta)
        found, _ = solve_fixed_point(rww, p, start)
        cov = band_covariance(rww, p, linearise(rww, p, found), OMEGAS, QUADRATURE)
        return 1e6 * (weigh * cov).sum()

    return {"state": state, "band": band}


def direction(theta, only, seed=1):
    """A random change of G (0), J (1) or the weights (2)."""
    rng = np.random.default_rng(seed)
    return tuple(
        rng.normal(size=t.shape) * (t != 0) * (k == only) for k, t in enumerate(theta)
    )


def moved(theta, change, step):
    return tuple(t + step * d for t, d in zip(theta, change, strict=True))


@pytest.mark.parametrize("readout", ["state", "band"])
def test_forward_and_reverse_equal_central_differences(network, read, readout):
    _, theta, start = network
    f = read[readout]
    step = 1e-4
    with jax.enable_x64(True):
        value = jax.jit(f)
        forward = jax.jit(lambda t, d: jax.jvp(lambda x: f(x, start), (t,), (d,))[1])
        gradient = jax.jit(jax.grad(f))(theta, start)
        for only in range(3):
            change = direction(theta, only)
            sides = [
                (float(value(moved(theta, change, k * step), start))) for k in (-2, -1, 1, 2)
            ]
            # five points: their own error is of fourth order
            difference = (sides[0] - 8 * sides[1] + 8 * sides[2] - sides[3]) / (12 * step)
            assert abs(difference) > 1e-4  # something to find
            assert float(forward(theta, change)) == pytest.approx(difference, rel=1e-6)
            back = sum(
                float((g * d).sum()) for g, d in zip(gradient, change, strict=True)
            )
            assert back == pytest.approx(difference, rel=1e-6)


def test_the_start_does_not_matter(network, read, rww):
    build, theta, start = network
    change = direction(theta, 0)
    far = tuple(np.full(5, s) for s in rww.start)

    @jax.jit
    def forward(begin):
        return jax.jvp(lambda t: read["state"](t, begin), (theta,), (change,))[1]

    with jax.enable_x64(True):
        assert float(forward(far)) == pytest.approx(float(forward(start)), rel=1e-8)
        by_start = jax.jit(jax.grad(read["state"], argnums=1))(theta, far)
        by_residual = jax.grad(lambda t: solve_fixed_point(rww, build(t), start)[1])(theta)
    assert all((np.asarray(g) == 0).all() for g in by_start)
    assert all((np.asarray(g) == 0).all() for g in by_residual)


def test_a_linear_network_has_its_closed_form(ou_model):
    # x = (1/tau - W)^-1 times the drive: here through the derivative at x = 0 of a shifted start
    W = np.array([[0.0, 0.3, 0.1], [0.2, 0.0, 0.4], [0.5, 0.1, 0.0]])
    drive = np.array([1.0, -2.0, 0.5])

    class Driven(type(ou_model)):
        def drift(self, state, parameters, coupling, stimulus=0.0):
            return super().drift(state, parameters, coupling, drive * parameters["noise_sd"])

    model = Driven()
    p = make_parameters(model, W, {"noise_sd": 1.0})

    def rest(weights):
        return solve_fixed_point(model, p._replace(weights=weights), (np.zeros(3),))[0][0]

    with jax.enable_x64(True):
        x = np.asarray(rest(p.weights))
        jacobians = [np.asarray(d(rest)(p.weights)) for d in (jax.jacfwd, jax.jacrev)]
        second = np.asarray(jax.jacfwd(jax.jacrev(lambda g: rest(g * p.weights)))(1.0))
    inverse = np.linalg.inv(np.eye(3) - W)
    np.testing.assert_allclose(x, inverse @ drive, rtol=1e-13)
    exact = np.einsum("ij,k->ijk", inverse, x)[:, None]  # dx_i / dW_jk
    for found in jacobians:
        np.testing.assert_allclose(found, exact, rtol=1e-12)
    np.testing.assert_allclose(second, 2 * inverse @ W @ inverse @ W @ x, rtol=1e-12)


def test_batches_agree_with_one_by_one(network, read):
    _, theta, start = network
    gains = np.stack([theta[0], 0.9 * theta[0], 0.8 * theta[0]])

    def gradient(G):
        return jax.grad(lambda g: read["state"]((g, *theta[1:]), start))(G)

    with jax.enable_x64(True):
        each = np.stack([np.asarray(jax.jit(gradient)(G)) for G in gains])
        together = np.asarray(jax.jit(jax.vmap(gradient))(gains))
        in_turn = np.asarray(jax.jit(lambda g: jax.lax.map(gradient, g))(gains))
    np.testing.assert_allclose(together, each, rtol=1e-9)
    np.testing.assert_allclose(in_turn, each, rtol=1e-12)
    assert np.abs(each[0] / each[1] - 1).max() > 1e-3


def test_sparse_weights_and_no_delays(network, rww):
    build, theta, start = network
    dense = build(theta)
    listed = [scipy.sparse.csr_array(W) for W in theta[2]]
    sparse = make_parameters(rww, listed, dense.values)

    def total(p, G):
        p = p._replace(values={**p.values, "G": G})
        return solve_fixed_point(rww, p, start)[0][0].sum()

    @partial(jax.jit, static_argnums=0)
    def both(mode, p):
        if mode == "reverse":
            return jax.grad(total, argnums=1)(p, p.values["G"])
        return jax.jacfwd(total, argnums=1)(p, p.values["G"])

    with jax.enable_x64(True):
        known = np.asarray(both("reverse", dense))
        for mode in ("forward", "reverse"):
            np.testing.assert_allclose(np.asarray(both(mode, sparse)), known, rtol=1e-9)
        # by the weights of the edges too; where they come from has no derivative
        by_edge = jax.grad(
            lambda v: total(sparse._replace(weights=sparse.weights._replace(value=v)), theta[0])
        )(sparse.weights.value)
        by_weight = jax.grad(lambda W: total(dense._replace(weights=W), theta[0]))(theta[2])
    m, i, _ = np.indices(by_edge.shape)
    real = sparse.weights.value != 0
    picked = np.asarray(by_weight)[m, i, sparse.weights.source]
    np.testing.assert_allclose(np.asarray(by_edge)[real], picked[real], rtol=1e-9)
    # integer values among the parameters have none either
    with jax.enable_x64(True):
        whole = dense.values | {"I_ext": 0}
        found = jax.grad(lambda G: total(dense._replace(values=whole), G))(theta[0])
    np.testing.assert_allclose(np.asarray(found), known, rtol=1e-9)
