"""Leading eigenvalues with delays against closed forms and the argument principle."""

from itertools import pairwise

import jax
import numpy as np
import pytest
import scipy.sparse.linalg
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import lambertw

from netmod.dynamics.linear import Linearisation, leading_eigenvalue, linearise
from netmod.dynamics.parameters import make_parameters
from netmod.dynamics.stability import (
    characteristic,
    delayed_system,
    generator_eigenvalues,
    growth_rate,
    pulse_response,
)
from netmod.errors import ConfigError, NetmodError


def at_rest(model, p):
    with jax.enable_x64(True):
        linear = linearise(model, p, tuple(np.zeros(p.n_regions) for _ in model.states))
        return Linearisation(*(np.asarray(part) for part in linear))


@pytest.fixture(scope="module")
def scalar(ou_model):
    """``x' = a x + b x(t - tau)``: its network, and its derivatives (the same but for a)."""
    template = at_rest(ou_model, make_parameters(ou_model, [[1.0]]))

    def build(a, b, tau):
        p = make_parameters(ou_model, [[b]], {}, [[tau]])
        return p, template._replace(local=np.full((1, 1, 1), float(a)))

    return build


def closed_form(a, b, tau):
    return a + lambertw(b * tau * np.exp(-a * tau)) / tau


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.floats(-8, 1), st.floats(-8, 8).filter(lambda b: abs(b) > 0.05), st.floats(0.02, 2.0))
def test_one_delay_is_lambert_w(ou_model, scalar, a, b, tau):
    # at the branch point two roots meet and neither is known to more than the root of rounding
    if abs(b * tau * np.exp(-a * tau) + np.exp(-1)) < 1e-2:
        return
    found = leading_eigenvalue(ou_model, *scalar(a, b, tau))
    want = closed_form(a, b, tau)
    assert found.real == pytest.approx(want.real, abs=1e-9)
    assert abs(found.imag) == pytest.approx(abs(want.imag), abs=1e-9)


@pytest.mark.parametrize("theta", [1.2, np.pi / 2, 2.0, 2.6])
def test_boundary_of_hayes(ou_model, scalar, theta):
    # Hayes 1950, doi:10.1112/jlms/s1-25.3.226: with tau = 1 a pair +- i theta stands on the axis
    # at a = theta cot theta, b = -theta / sin theta
    a, b = theta / np.tan(theta), -theta / np.sin(theta)
    on = leading_eigenvalue(ou_model, *scalar(a, b, 1.0))
    assert on.real == pytest.approx(0.0, abs=1e-10)
    assert abs(on.imag) == pytest.approx(theta, abs=1e-10)
    assert leading_eigenvalue(ou_model, *scalar(a, 1.02 * b, 1.0)).real > 1e-3
    assert leading_eigenvalue(ou_model, *scalar(a, 0.98 * b, 1.0)).real < -1e-3


def test_error_falls_geometrically_with_the_nodes(ou_model, scalar):
    p, linear = scalar(-1.0, -0.5, 1.0)
    system, want = delayed_system(ou_model, p, linear), closed_form(-1.0, -0.5, 1.0).real
    errors = [
        abs(generator_eigenvalues(system, nodes).real.max() - want) for nodes in (4, 6, 8, 10, 14)
    ]
    assert errors[0] > 1e-4  # a coarse mesh is wrong
    assert all(b < a / 50 for a, b in pairwise(errors[:4]))
    assert errors[4] < 1e-13


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_every_edge_has_its_own_delay(ou_model, sign):
    # a ring of three: (lambda + 1)^3 = w exp(-lambda T), with T the sum of all delays
    W, tau = np.zeros((3, 3)), np.full((3, 3), 9.0)
    edges, delays = [(1, 0), (2, 1), (0, 2)], [0.1, 0.75, 0.31]
    for (i, j), d, w in zip(edges, delays, (0.5, 0.9, sign), strict=True):
        W[i, j], tau[i, j] = w, d
    p = make_parameters(ou_model, W, {}, tau)
    T = sum(delays)
    third = (sign * 0.45 + 0j) ** (1 / 3) * np.exp(2j * np.pi * np.arange(3) / 3)
    roots = np.concatenate(
        [-1 + 3 / T * lambertw(third * T / 3 * np.exp(T / 3), k) for k in (-1, 0, 1)]
    )
    want = roots[np.argmax(roots.real)]
    found = leading_eigenvalue(ou_model, p, at_rest(ou_model, p))
    assert found.real == pytest.approx(want.real, abs=1e-11)
    assert abs(found.imag) == pytest.approx(abs(want.imag), abs=1e-11)


@pytest.fixture(scope="module")
def cascade(two_stage):
    """A network of two states and two matrices; a third of its edges without delay."""
    rng = np.random.default_rng(11)
    n = 5
    W = rng.normal(0, 0.5, (2, n, n))
    delays = rng.uniform(0.05, 0.8, (n, n)) * (rng.random((n, n)) < 0.7)
    return make_parameters(two_stage, W, {}, delays)


def test_zero_delays_are_no_delays(two_stage, cascade):
    linear = at_rest(two_stage, cascade)
    plain = leading_eigenvalue(two_stage, cascade._replace(delays_s=None), linear)
    still = cascade._replace(delays_s=np.zeros_like(cascade.delays_s))
    assert leading_eigenvalue(two_stage, still, linear) == plain
    short = cascade._replace(delays_s=1e-7 * cascade.delays_s)
    found = leading_eigenvalue(two_stage, short, linear)
    assert found.real == pytest.approx(plain.real, abs=1e-5)
    assert abs(leading_eigenvalue(two_stage, cascade, linear).real - plain.real) > 1e-2


@pytest.mark.slow
def test_no_root_lies_further_right(two_stage, cascade):
    # argument principle: around a large box right of the root det has no zero, and with the
    # root's pair or the root alone inside it has them
    linear = at_rest(two_stage, cascade)
    system = delayed_system(two_stage, cascade, linear)
    root = leading_eigenvalue(two_stage, cascade, linear)

    def zeros(left, right=12.0, height=30.0, count=4000):
        s = np.linspace(0, 1, count)[:-1]
        corners = np.array([left - height * 1j, right - height * 1j, right + height * 1j])
        corners = np.append(corners, [left + height * 1j, left - height * 1j])
        path = np.concatenate([a + (b - a) * s for a, b in pairwise(corners)])
        values = np.array([np.linalg.slogdet(characteristic(system, z))[0] for z in path])
        turns = np.angle(np.roll(values, -1) / values)
        assert np.abs(turns).max() < 2.0
        return round(turns.sum() / (2 * np.pi))

    assert np.linalg.svd(characteristic(system, root), compute_uv=False)[-1] < 1e-11
    assert zeros(root.real + 0.05) == 0
    assert zeros(root.real - 0.05) == (1 if abs(root.imag) < 1e-9 else 2)


def test_a_long_delay_takes_more_nodes_by_itself(ou_model, scalar):
    a, b, tau = -1.0, -30.0, 6.0
    found = leading_eigenvalue(ou_model, *scalar(a, b, tau))
    want = [closed_form(a, b, tau), a + lambertw(b * tau * np.exp(-a * tau), 1) / tau]
    assert found.real == pytest.approx(max(w.real for w in want), abs=1e-9)


def test_too_large_or_too_coarse_is_said(ou_model, scalar):
    p, linear = scalar(-1.0, 0.5, 1.0)
    with pytest.raises(ConfigError, match="too few nodes"):
        leading_eigenvalue(ou_model, p, linear, nodes=1)
    with pytest.raises(NetmodError, match="too large") as told:
        leading_eigenvalue(ou_model, p, linear, nodes=6000)
    assert "6001: 1 regions of 1 states, 6000 nodes" in str(told.value)


@pytest.mark.parametrize("size", [50, 401, 600])
@pytest.mark.parametrize("shift", [-30.0, -20.3, 5.0])
def test_growth_rate_is_the_largest_real_part(size, shift):
    rng = np.random.default_rng(size)
    # a disc of complex eigenvalues of radius about 20, far from normal
    matrix = rng.standard_normal((size, size)) * 20 / np.sqrt(size) + shift * np.eye(size)
    matrix[0] += 3.0
    expected = np.linalg.eigvals(matrix).real.max()
    assert growth_rate(matrix) == pytest.approx(expected, rel=1e-6, abs=1e-9)


def test_growth_rate_near_zero_is_computed_in_full(monkeypatch):
    rng = np.random.default_rng(3)
    matrix = rng.standard_normal((450, 450)) / np.sqrt(450)
    matrix -= (np.linalg.eigvals(matrix).real.max() - 1e-4) * np.eye(450)
    full = []
    eigvals = np.linalg.eigvals
    monkeypatch.setattr(np.linalg, "eigvals", lambda m: full.append(1) or eigvals(m))
    assert growth_rate(matrix) == pytest.approx(1e-4, abs=1e-9)
    assert growth_rate(matrix - 10.0 * np.eye(450)) < -9 and len(full) == 1


def test_growth_rate_where_arnoldi_does_not_converge(monkeypatch):
    def give_up(*_, **__):
        raise scipy.sparse.linalg.ArpackNoConvergence("no", np.array([]), np.array([]))

    monkeypatch.setattr(scipy.sparse.linalg, "eigs", give_up)
    matrix = np.diag(np.linspace(-500.0, -1.0, 500))
    assert growth_rate(matrix) == pytest.approx(-1.0)


def test_a_pulse_is_heard_for_as_long_as_its_exponentials_last():
    """A lone region, x' = -a x: the integral of exp(-2 a t) is 1 / (2 a)."""
    assert pulse_response(np.diag([-4.0, -10.0]), [0], 2) == pytest.approx(1 / 8)
    assert pulse_response(np.diag([-4.0, -10.0]), [0, 1], 2) == pytest.approx((1 / 8 + 1 / 20) / 2)


def test_a_pulse_response_is_the_integral_of_the_squared_first_state():
    rng = np.random.default_rng(1)
    matrix = rng.standard_normal((8, 8)) - 4.0 * np.eye(8)
    step = 1e-3
    forward, state = scipy.linalg.expm(step * matrix), np.zeros(8)
    state[[1, 2]] = np.sqrt(0.5)
    heard = []
    for _ in range(20001):
        heard.append((state[:4] ** 2).sum())  # regions' first state, not the second
        state = forward @ state
    assert pulse_response(matrix, [1, 2], 4) == pytest.approx(
        scipy.integrate.simpson(heard, dx=step), rel=1e-6
    )


def test_an_unstable_network_has_no_pulse_response():
    assert np.isnan(pulse_response(np.diag([-1.0, 0.5]), [0], 2))
    assert np.isnan(pulse_response(np.diag([-1.0, np.nan]), [0], 2))
