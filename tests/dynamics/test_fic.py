"""Feedback inhibition control holds every region at its set-point, exactly."""

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netmod.dynamics.fic import TARGET_RATE_HZ, balance, excitatory_current
from netmod.dynamics.parameters import make_parameters


def check(scalar_network, p, target_hz, J, state):
    """Every rate at its target and no drift, by the independent scalar network."""
    network = scalar_network(p.replace(J=np.asarray(J)))
    S_E, S_I = ([float(x) for x in s] for s in state)
    inputs = network.inputs(S_E)
    target = np.broadcast_to(target_hz, (network.n,))
    for i in range(network.n):
        rate, _ = network.rates(i, S_E[i], S_I[i], inputs[0][i], inputs[1][i])
        assert rate == pytest.approx(target[i], abs=1e-9)
    drift = np.array(network.drift(S_E, S_I, inputs))
    assert np.abs(drift).max() < 1e-9


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"gain": np.linspace(-0.3, 0.4, 6)},
        {"excitation": np.linspace(-0.2, 0.3, 6)},
        {"I_ext": np.linspace(-0.01, 0.02, 6), "G": np.full(6, 1.7)},
    ],
    ids=["plain", "gain", "excitation", "drive"],
)
@pytest.mark.parametrize(
    "target_hz", [TARGET_RATE_HZ, np.geomspace(0.4, 18.0, 6)], ids=["one", "each"]
)
def test_rates_are_at_target(random_network, balance_compiled, scalar_network, values, target_hz):
    p = random_network(n=6, seed=11, strength=0.9, inhibition=0.4, **values)
    J, state = balance_compiled(p, target_hz)
    check(scalar_network, p, target_hz, J, state)


def test_feedforward_inhibition_needs_less_local_inhibition(
    random_network, balance_compiled, scalar_network
):
    p = random_network(n=6, seed=12, inhibition=0.6)
    without = p.replace(weights=p.weights * np.array([1.0, 0.0])[:, None, None])
    J, state = balance_compiled(p)
    J_without, state_without = balance_compiled(without)
    check(scalar_network, p, TARGET_RATE_HZ, J, state)
    assert (np.asarray(J) < np.asarray(J_without)).all()
    np.testing.assert_array_equal(state[0], state_without[0])  # S_E follows from the rate alone


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.1, 40.0))
def test_any_network_balances(rww, balance_compiled, scalar_network, seed, target_hz):
    rng = np.random.default_rng(seed)
    p = make_parameters(rww, rng.exponential(0.2, (2, 6, 6)), {"gain": rng.uniform(-0.4, 0.4, 6)})
    J, state = balance_compiled(p, target_hz)
    check(scalar_network, p, target_hz, J, state)


@pytest.mark.parametrize("rate_hz", [1e-3, 0.1, 1.0, 4.999, 5.0, 6.25, 30.0, 200.0])
def test_current_of_a_rate_inverts_the_transfer(rww, rate_hz):
    values = {"a_E": 310.0, "b_E": 125.0, "d_E": 0.16, "gain": 0.2}
    with jax.enable_x64(True):
        current = float(excitatory_current(rate_hz, values))
    x = 1.2 * (310.0 * current - 125.0)
    assert x / -np.expm1(-0.16 * x) == pytest.approx(rate_hz, rel=1e-10)


def test_inhibition_is_differentiable_in_the_weights(random_network):
    p = random_network(n=4, seed=13)
    target, source = 1, 3

    @jax.jit
    def inhibition(delta):
        weights = jax.numpy.asarray(p.weights).at[0, target, source].add(delta)
        weights = weights.at[1, target, source].add(0.5 * delta)
        return balance(p.replace(weights=weights), TARGET_RATE_HZ)[0][target]

    with jax.enable_x64(True):
        slope = float(jax.grad(inhibition)(0.0))
        numeric = float((inhibition(1e-5) - inhibition(-1e-5)) / 2e-5)
    assert slope == pytest.approx(numeric, rel=1e-8)


def test_inhibition_that_would_have_to_be_negative_is_reported_as_such(rww, balance_compiled):
    # without recurrence, hardly any input reaches the region: no inhibition is small enough
    p = make_parameters(rww, np.zeros((2, 6, 6)), {"w_plus": 0.0})
    J, _ = balance_compiled(p, 30.0)
    assert (J < 0).all()
