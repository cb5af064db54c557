"""Small networks, a linear model with known statistics, and a scalar float64 oracle."""

import math
from typing import ClassVar

import jax
import numpy as np
import pytest

from netmod.dynamics.fic import TARGET_RATE_HZ, balance
from netmod.dynamics.linear import solve_fixed_point
from netmod.dynamics.parameters import make_parameters
from netmod.models import MODELS, Model, Parameter

# compiled once for all tests (one program a shape)
_balance = jax.jit(balance)
_solve_fixed_point = jax.jit(solve_fixed_point, static_argnums=(0, 3))


class OrnsteinUhlenbeck(Model):
    """A linear process: ``dx = (-x / tau + u) dt + noise``, with ``u`` the long-range input."""

    name = "ornstein_uhlenbeck"
    states = ("x",)
    coupling_inputs = ("to_x",)
    transmitted = ("x",)
    noise_on = ("x",)
    observed = "x"
    start = (0.0,)
    parameters: ClassVar = {
        "tau": Parameter(1.0, "s", 1e-9, 100.0, "Decay", "test"),
        "noise_sd": Parameter(1.0, "1/sqrt(s)", 0.0, 10.0, "Noise", "test"),
    }

    def drift(self, state, parameters, coupling, stimulus=0.0):
        return (-state[0] / parameters["tau"] + coupling[0] + stimulus,)

    def rate_hz(self, state, parameters, coupling):
        return state[0]


class TwoStage(Model):
    """A cascade: the first, noisy state leaves the region, the second is what is observed."""

    name = "two_stage"
    states = ("x", "y")
    coupling_inputs = ("to_x", "to_y")
    transmitted = ("x", "x")
    noise_on = ("x", "y")
    observed = "y"
    start = (0.0, 0.0)
    parameters: ClassVar = {
        "a": Parameter(1.0, "1/s", 0.01, 100.0, "Decay of x", "test"),
        "b": Parameter(2.0, "1/s", 0.01, 100.0, "Decay of y", "test"),
        "noise_sd": Parameter(1.0, "1/sqrt(s)", 0.0, 10.0, "Noise", "test"),
    }

    def drift(self, state, parameters, coupling, stimulus=0.0):
        x, y = state
        return (
            -parameters["a"] * x + 0.3 * y + coupling[0],
            -parameters["b"] * y + 0.7 * x + coupling[1],
        )

    def rate_hz(self, state, parameters, coupling):
        return state[0]


@pytest.fixture(scope="session")
def rww():
    return MODELS["reduced_wong_wang"]


@pytest.fixture(scope="session")
def ou_model():
    return OrnsteinUhlenbeck()


@pytest.fixture(scope="session")
def two_stage():
    return TwoStage()


@pytest.fixture(scope="session")
def random_network(rww):
    """Build a directed network with E to E and E to I weights and heterogeneous regions."""

    def build(n=6, seed=0, strength=0.8, inhibition=0.3, **values):
        rng = np.random.default_rng(seed)
        W = rng.exponential(1.0, (2, n, n)) * (rng.random((2, n, n)) < 0.7)
        for k in range(2):
            np.fill_diagonal(W[k], 0.0)
        W[0] *= strength / np.abs(np.linalg.eigvals(W[0])).max()
        W[1] *= inhibition / np.abs(np.linalg.eigvals(W[1])).max()
        chosen = {
            "w_plus": 1.4 * rng.uniform(0.98, 1.02, n),
            "noise_sd": 0.03 * rng.uniform(0.7, 1.3, n),
            **values,
        }
        return make_parameters(rww, W, chosen)

    return build


@pytest.fixture(scope="session")
def balance_compiled():
    """``balance`` in float64 with NumPy results; compiled once a shape."""

    def run(p, target_hz=TARGET_RATE_HZ):
        with jax.enable_x64(True):
            J, state = _balance(p, np.broadcast_to(target_hz, p.n_regions))
            return np.asarray(J), tuple(np.asarray(s) for s in state)

    return run


@pytest.fixture(scope="session")
def balanced_network(random_network, balance_compiled):
    """Build a network and solve its FIC in float64: (parameters with J, state as NumPy)."""

    def build(target_hz=TARGET_RATE_HZ, **options):
        p = random_network(**options)
        J, state = balance_compiled(p, target_hz)
        return p.replace(J=J), state

    return build


@pytest.fixture(scope="session")
def fixed_point():
    """Find a fixed point in float64: (state as NumPy, residual)."""

    def find(model, p, start, steps=40):
        with jax.enable_x64(True):
            state, residual = _solve_fixed_point(model, p, start, steps)
        return tuple(np.asarray(s) for s in state), float(residual)

    return find


class ScalarNetwork:
    """The reduced Wong-Wang network region by region, with Python floats.

    Written from the published equations: no array expression, no series, and none of the names
    or groupings of the implementation.
    """

    def __init__(self, parameters):
        self.weights = np.asarray(parameters.weights, dtype=float)
        self.n = self.weights.shape[-1]
        values = {k: np.broadcast_to(v, (self.n,)) for k, v in parameters.values.items()}
        self.p = [{k: float(v[i]) for k, v in values.items()} for i in range(self.n)]

    def inputs(self, S_E):
        to_E, to_I = [0.0] * self.n, [0.0] * self.n
        for target in range(self.n):
            for source in range(self.n):
                to_E[target] += float(self.weights[0, target, source]) * S_E[source]
                to_I[target] += float(self.weights[1, target, source]) * S_E[source]
        return to_E, to_I

    @staticmethod
    def _response(current, slope, threshold, curvature, gain):
        x = (slope * current - threshold) * (1.0 + gain)
        if abs(x) < 1e-9:
            return 1.0 / curvature
        return x / -math.expm1(-curvature * x)

    def rates(self, i, S_E, S_I, to_E, to_I):
        q = self.p[i]
        recurrent = q["w_plus"] * q["J_N"] * S_E
        distant = q["G"] * q["J_N"] * to_E
        current_E = q["W_E"] * q["I_0"] + (recurrent + distant) * (1.0 + q["excitation"])
        current_E += q["I_ext"] - q["J"] * S_I
        current_I = q["W_I"] * q["I_0"] + q["J_N"] * S_E - S_I + q["G"] * q["J_N"] * to_I
        return (
            self._response(current_E, q["a_E"], q["b_E"], q["d_E"], q["gain"]),
            self._response(current_I, q["a_I"], q["b_I"], q["d_I"], 0.0),
        )

    def drift(self, S_E, S_I, inputs):
        to_E, to_I = inputs
        dE, dI = [0.0] * self.n, [0.0] * self.n
        for i in range(self.n):
            q = self.p[i]
            r_E, r_I = self.rates(i, S_E[i], S_I[i], to_E[i], to_I[i])
            dE[i] = (1.0 - S_E[i]) * q["gamma_E"] * r_E - S_E[i] / q["tau_E"]
            dI[i] = q["gamma_I"] * r_I - S_I[i] / q["tau_I"]
        return dE, dI

    def step(self, S_E, S_I, dt, dw_E, dw_I, solver, hold):
        """One step of Euler-Maruyama or stochastic Heun, then the limits of the gating."""
        n = self.n
        held = self.inputs(S_E)
        first_E, first_I = self.drift(S_E, S_I, held)
        next_E = [S_E[i] + dt * first_E[i] + dw_E[i] for i in range(n)]
        next_I = [S_I[i] + dt * first_I[i] + dw_I[i] for i in range(n)]
        if solver == "heun":
            inputs = held if hold else self.inputs(next_E)
            second_E, second_I = self.drift(next_E, next_I, inputs)
            for i in range(n):
                next_E[i] = S_E[i] + dt * (first_E[i] + second_E[i]) / 2 + dw_E[i]
                next_I[i] = S_I[i] + dt * (first_I[i] + second_I[i]) / 2 + dw_I[i]
        limit = [[min(1.0, max(0.0, s)) for s in state] for state in (next_E, next_I)]
        return limit[0], limit[1]


@pytest.fixture(scope="session")
def scalar_network():
    return ScalarNetwork
