"""From slow state to fast parameters: what may change, what must not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from netmod.dynamics.parameters import make_parameters
from netmod.models import MODELS
from netmod.plasticity.coupling import apply_slow_state, flatten
from netmod.plasticity.slow import SlowState

N = 5


@pytest.fixture
def network():
    rng = np.random.default_rng(5)
    weights = rng.uniform(0.0, 1.0, (2, N, N)) * (rng.random((N, N)) > 0.3)
    weights[:, range(N), range(N)] = 0.0
    return make_parameters(
        MODELS["reduced_wong_wang"], weights, {"J": rng.uniform(1, 2, N), "I_ext": 0.01}
    )


def state_of(**changes):
    state = SlowState.at_rest(1, N).of(0)
    for name, value in changes.items():
        setattr(state, name, np.asarray(value, dtype=float))
    return state


@given(
    arrays(float, (N, N), elements=st.one_of(st.just(0.0), st.floats(1e-6, 10))),
    arrays(float, N, elements=st.floats(0, 1)),
)
@settings(max_examples=80, deadline=None)
def test_flattening_keeps_row_sums_and_absent_edges(weights, share):
    flat = flatten(weights, share)
    assert flat.sum(axis=1) == pytest.approx(weights.sum(axis=1), rel=1e-12)
    assert ((flat > 0) == (weights > 0)).all()
    assert (flat.std(axis=1) <= weights.std(axis=1) + 1e-12).all()


def test_flattening_runs_from_the_weights_to_their_mean():
    weights = np.array([[0.0, 1.0, 3.0], [2.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    assert np.array_equal(flatten(weights, np.zeros(3)), weights)
    assert flatten(weights, np.ones(3)).tolist() == [[0, 2, 2], [2, 0, 0], [0, 0, 0]]
    assert flatten(weights, np.array([0.5, 0, 0]))[0].tolist() == [0, 1.5, 2.5]


def test_at_rest_nothing_changes_to_the_last_bit(network, anatomy, constants):
    changed, baseline = apply_slow_state(network, state_of(), anatomy, constants)
    assert np.array_equal(changed.weights, network.weights)
    assert np.array_equal(baseline, network.values["J"])
    for name, value in network.values.items():
        assert np.array_equal(changed.values[name], value), name


def test_outgoing_synapses_change_alike_onto_excitation_and_inhibition(network, anatomy, constants):
    state = state_of(late=[0.2, 0, 0, 0, -0.1], early=[0.1, 0, 0, 0, 0])
    changed, baseline = apply_slow_state(network, state, anatomy, constants)
    factor = np.array([1.3, 1, 1, 1, 0.9])
    assert changed.weights == pytest.approx(network.weights * factor[None, None, :])
    assert np.array_equal(baseline, network.values["J"])


OPERATORS = {
    "psychedelic_gain": ("gain", lambda old, x: old + x),
    "psychedelic_excitation": ("excitation", lambda old, x: old + x),
    "psychedelic_noise": ("noise_sd", lambda old, x: old * (1 + x)),
}


@pytest.mark.parametrize("operator", OPERATORS)
def test_every_acute_operator_is_one_parameter(operator, network, anatomy, constants):
    constants |= dict.fromkeys((*OPERATORS, "psychedelic_relaxation"), 0.0)
    constants[operator] = 0.2
    state = state_of(occupancy_2a=0.5)
    changed, baseline = apply_slow_state(network, state, anatomy, constants)
    name, law = OPERATORS[operator]
    assert changed.values[name] == pytest.approx(law(network.values[name], 0.1 * anatomy.ht2a))
    others = set(network.values) - {name}
    assert all(np.array_equal(changed.values[k], network.values[k]) for k in others)
    assert np.array_equal(changed.weights, network.weights)
    assert np.array_equal(baseline, network.values["J"])


def test_relaxation_flattens_excitation_where_the_receptor_is(network, anatomy, constants):
    changed, _ = apply_slow_state(network, state_of(occupancy_2a=0.5), anatomy, constants)
    share = constants["psychedelic_relaxation"] * 0.5 * anatomy.ht2a
    assert changed.weights[0] == pytest.approx(flatten(network.weights[0], share))
    assert np.array_equal(changed.weights[1], network.weights[1])
    assert np.array_equal(changed.weights[0, 4], network.weights[0, 4])  # no receptor there


def test_new_spines_fall_evenly_on_the_inputs(network, anatomy, constants):
    changed, _ = apply_slow_state(network, state_of(spines=np.full(N, 0.1)), anatomy, constants)
    grown = flatten(network.weights[0], np.full(N, 0.1 / 1.1))
    assert changed.weights[0] == pytest.approx(grown)


def test_serotonin_is_a_current_where_its_receptor_is(network, anatomy, constants):
    changed, _ = apply_slow_state(network, state_of(tone=0.6), anatomy, constants)
    current = 0.6 * constants["serotonin_current_nA"] * anatomy.ht1a
    assert changed.values["I_ext"] == pytest.approx(0.01 + current)
    assert (current < 0).any()


def test_seizures_and_the_brake_move_the_baseline_of_inhibition_alone(network, anatomy, constants):
    state = state_of(seizure_inhibition=0.01, brake=[1, 1, 0.5, 0.5, 0])
    changed, baseline = apply_slow_state(network, state, anatomy, constants)
    loss = constants["brake_inhibition"] * np.array([0, 0, 0.5, 0.5, 1])
    assert baseline == pytest.approx(network.values["J"] * 1.01 * (1 - loss))
    assert np.array_equal(changed.values["J"], network.values["J"])
