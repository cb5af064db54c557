"""Derivatives through the fixed point: the implicit function theorem against differences."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.sparse

from netmod.dynamics.fixed_points import solve_fixed_point
from netmod.dynamics.linear import band_covariance, band_nodes, linearise
from netmod.dynamics.parameters import make_parameters

OMEGAS, QUADRATURE = band_nodes(0.01, 0.25, 3)
W = np.array([[0.0, 0.3, 0.1], [0.2, 0.0, 0.4], [0.5, 0.1, 0.0]])
DRIVE = np.array([1.0, -2.0, 0.5])
REST = (np.zeros(3),)


@pytest.fixture(scope="module")
def driven(ou_model):
    """A linear network at rest at ``(1 - W)^-1 DRIVE``, and one that saturates."""

    class Driven(type(ou_model)):
        def drift(self, state, parameters, coupling, stimulus=0.0):
            return super().drift(state, parameters, coupling, DRIVE)

    class Saturating(type(ou_model)):
        def drift(self, state, parameters, coupling, stimulus=0.0):
            return (-state[0] / parameters["tau"] + jnp.tanh(coupling[0] + DRIVE),)

    return Driven(), Saturating()


@pytest.mark.slow
def test_forward_and_reverse_equal_central_differences(balanced_network, rww):
    p, start = balanced_network(n=5, seed=3)
    weigh = np.random.default_rng(8).normal(size=(5, 5))
    theta = tuple(np.asarray(x) for x in (p.values["G"], p.values["J"], p.weights))

    def read(theta):
        G, J, weights = theta
        q = p._replace(values={**p.values, "G": G, "J": J}, weights=weights)
        found, _ = solve_fixed_point(rww, q, start)
        cov = band_covariance(rww, q, linearise(rww, q, found), OMEGAS, QUADRATURE)
        # the state itself, and what is solved there
        return jnp.stack([found[0] @ weigh[0] + found[1] @ weigh[1], 1e6 * (weigh * cov).sum()])

    forward = jax.jit(lambda t, d: jax.jvp(read, (t,), (d,)))
    reverse = jax.jit(lambda t: jax.jacrev(read)(t))
    step = 1e-4
    with jax.enable_x64(True):
        gradient = reverse(theta)
        for only in range(3):
            rng = np.random.default_rng(only)
            change = tuple(
                rng.normal(size=t.shape) * (t != 0) * (k == only) for k, t in enumerate(theta)
            )
            at = [
                np.asarray(
                    forward(tuple(t + k * step * d for t, d in zip(theta, change, strict=True)),
                            change)[0]
                )
                for k in (-2, -1, 1, 2)
            ]  # fmt: skip
            # five points: their own error is of fourth order
            difference = (at[0] - 8 * at[1] + 8 * at[2] - at[3]) / (12 * step)
            assert (np.abs(difference) > 1e-3).all()  # something to find
            np.testing.assert_allclose(forward(theta, change)[1], difference, rtol=1e-6)
            back = np.tensordot(np.asarray(gradient[only]), change[only], change[only].ndim)
            np.testing.assert_allclose(back, difference, rtol=1e-6)


def test_a_linear_network_has_its_closed_form(driven):
    model, _ = driven
    p = make_parameters(model, W)

    def rest(weights):
        return solve_fixed_point(model, p._replace(weights=weights), REST)[0][0]

    @jax.jit
    def everything(weights):
        second = jax.jacfwd(jax.jacrev(lambda g: rest(g * weights)))(1.0)
        return rest(weights), jax.jacfwd(rest)(weights), jax.jacrev(rest)(weights), second

    with jax.enable_x64(True):
        x, forward, reverse, second = map(np.asarray, everything(p.weights))
    inverse = np.linalg.inv(np.eye(3) - W)
    np.testing.assert_allclose(x, inverse @ DRIVE, rtol=1e-13)
    exact = np.einsum("ij,k->ijk", inverse, x)[:, None]  # dx_i / dW_jk
    np.testing.assert_allclose(forward, exact, rtol=1e-12)
    np.testing.assert_allclose(reverse, exact, rtol=1e-12)
    np.testing.assert_allclose(second, 2 * inverse @ W @ inverse @ W @ x, rtol=1e-12)


@pytest.mark.slow
def test_the_start_does_not_matter_and_batches_agree(driven):
    _, model = driven
    p = make_parameters(model, W, {"tau": [1.0, 0.5, 2.0]})

    def total(scale, start):
        state, residual = solve_fixed_point(model, p._replace(weights=scale * p.weights), (start,))
        return state[0] @ DRIVE, residual

    def slopes(scale, start):
        by_scale, by_start = jax.grad(lambda *x: total(*x)[0], (0, 1))(scale, start)
        return by_scale, by_start, jax.grad(lambda s: total(s, start)[1])(scale)

    scales = np.array([1.0, 0.7, 0.3])
    with jax.enable_x64(True):
        near = solve_fixed_point(model, p, REST)[0][0]
        one = jax.jit(slopes)
        each = np.stack([np.asarray(one(s, REST[0])[0]) for s in scales])
        converged, by_start, by_residual = map(np.asarray, one(1.0, near))
        together = jax.jit(jax.vmap(lambda s: slopes(s, REST[0])[0]))(scales)
        in_turn = jax.jit(lambda x: jax.lax.map(lambda s: slopes(s, REST[0])[0], x))(scales)
    assert converged == pytest.approx(each[0], rel=1e-9) and abs(converged) > 1e-3
    assert (by_start == 0).all() and by_residual == 0
    np.testing.assert_allclose(together, each, rtol=1e-9)
    np.testing.assert_allclose(in_turn, each, rtol=1e-9)
    assert abs(each[1] / each[0] - 1) > 1e-2


def test_sparse_weights_and_integer_values(driven):
    _, model = driven
    values = {"tau": [1.0, 0.5, 2.0]}
    dense = make_parameters(model, W, values)
    sparse = make_parameters(model, scipy.sparse.csr_array(W), values)
    sparse = sparse._replace(values={**sparse.values, "noise_sd": 1})

    def total(p):
        return solve_fixed_point(model, p, REST)[0][0] @ DRIVE

    def of_tau(p):
        return lambda tau: total(p._replace(values={**p.values, "tau": tau}))

    def by_edge(value):
        return total(sparse._replace(weights=sparse.weights._replace(value=value)))

    @jax.jit
    def everything(tau, weights, value):
        return (
            jax.grad(of_tau(dense))(tau),
            jax.grad(of_tau(sparse))(tau),
            jax.jacfwd(of_tau(sparse))(tau),
            jax.grad(lambda x: total(dense._replace(weights=x)))(weights),
            jax.grad(by_edge)(value),
        )

    with jax.enable_x64(True):
        known, reverse, forward, by_weight, edges = map(
            np.asarray, everything(dense.values["tau"], dense.weights, sparse.weights.value)
        )
    np.testing.assert_allclose(reverse, known, rtol=1e-9)
    np.testing.assert_allclose(forward, known, rtol=1e-9)
    assert np.abs(known).min() > 1e-3
    m, i, _ = np.indices(edges.shape)
    np.testing.assert_allclose(edges, by_weight[m, i, sparse.weights.source], rtol=1e-9)
