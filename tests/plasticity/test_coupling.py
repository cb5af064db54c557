"""From slow state to fast parameters: what may change, what must not."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from netmod.dynamics.parameters import make_parameters
from netmod.models import MODELS
from netmod.plasticity.anatomy import Anatomy, make_anatomy
from netmod.plasticity.coupling import LEAST, apply_slow_state, flatten, scaled
from netmod.plasticity.state import People, at_rest

N = 5
PEOPLE = People(np.ones(2), np.ones(2), np.array([0.0, 1.2]), (1, 2))
WEIGHTS = arrays(float, (N, N), elements=st.one_of(st.just(0.0), st.floats(1e-6, 10)))


@pytest.fixture(scope="module")
def network():
    rng = np.random.default_rng(5)
    weights = rng.uniform(0.0, 1.0, (2, N, N)) * (rng.random((N, N)) > 0.3)
    weights[:, range(N), range(N)] = 0.0
    return make_parameters(
        MODELS["reduced_wong_wang"], weights, {"J": rng.uniform(1, 2, N), "I_ext": 0.01}
    )


@pytest.fixture
def apply(network, anatomy, constants):
    """Return parameters and baseline of the second subject, with some of its state set."""

    def call(gates=None, **changes):
        state = at_rest(PEOPLE, anatomy, constants, 2, 1)
        for name, value in changes.items():
            old = getattr(state, name)
            value = np.asarray(value, dtype=float)
            if old is None:
                setattr(state, name, np.stack([np.zeros_like(value), value]))
            elif old.ndim == 3:
                old[:, 1] = value
            else:
                old[1] = value
        return apply_slow_state(network, state, 1, anatomy, constants, gates or {})

    return call


def unchanged(network, changed, *but):
    return all(
        np.array_equal(changed.values[k], network.values[k]) for k in set(network.values) - {*but}
    )


@given(WEIGHTS, arrays(float, N, elements=st.floats(0, 1)))
@settings(max_examples=80, deadline=None)
def test_flattening_keeps_row_sums_and_absent_edges(weights, share):
    flat = flatten(weights, share)
    assert flat.sum(axis=1) == pytest.approx(weights.sum(axis=1), rel=1e-12)
    assert ((flat > 0) == (weights > 0)).all()
    assert (flat.std(axis=1) <= weights.std(axis=1) + 1e-12).all()


@given(WEIGHTS, arrays(float, N, elements=st.floats(-3, 0)))
@settings(max_examples=80, deadline=None)
def test_sharpening_keeps_row_sums_and_signs(weights, share):
    sharp = flatten(weights, share)
    assert sharp.sum(axis=1) == pytest.approx(weights.sum(axis=1), rel=1e-12)
    assert (sharp >= 0).all()
    assert not sharp[weights == 0].any()
    assert (sharp.max(axis=1) >= weights.max(axis=1) * (1 - 1e-12)).all()


@given(WEIGHTS, arrays(float, (N, N), elements=st.floats(-2, 3)))
@settings(max_examples=80, deadline=None)
def test_scaling_keeps_row_sums_and_signs(weights, factor):
    after = scaled(weights, factor)
    assert after.sum(axis=1) == pytest.approx(weights.sum(axis=1), rel=1e-12)
    assert (after >= 0).all()
    assert ((after > 0) == (weights > 0)).all()
    # within a row, edges gain in the order of their factors
    ratio = np.divide(after, weights, out=np.full_like(after, np.nan), where=weights > 0)
    for row, of in zip(ratio, np.maximum(factor, LEAST), strict=True):
        held = ~np.isnan(row)
        assert np.allclose(row[held] / of[held], (row[held] / of[held])[:1], rtol=1e-9)


def test_flattening_runs_from_the_weights_to_their_mean():
    weights = np.array([[0.0, 1.0, 3.0], [2.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    assert np.array_equal(flatten(weights, np.zeros(3)), weights)
    assert flatten(weights, np.ones(3)).tolist() == [[0, 2, 2], [2, 0, 0], [0, 0, 0]]
    assert flatten(weights, np.array([0.5, 0, 0]))[0].tolist() == [0, 1.5, 2.5]
    assert flatten(weights, np.array([-0.5, 0, 0]))[0].tolist() == [0, 0.5, 3.5]
    # an edge that would change its sign is gone, and the sum stays
    assert flatten(weights, np.array([-2.0, 0, 0]))[0].tolist() == [0, 0, 4]


def test_at_rest_nothing_changes_to_the_last_bit(network, apply):
    changed, baseline = apply()
    assert np.array_equal(changed.weights, network.weights)
    assert np.array_equal(baseline, network.values["J"])
    assert unchanged(network, changed)


def test_outgoing_synapses_change_alike_onto_excitation_and_inhibition(network, apply, constants):
    changed, baseline = apply(late=[0.1, 0, 0, 0, -0.05], early=[0.05, 0, 0, 0, 0])
    change = np.array([0.3, 0, 0, 0, -0.1])  # two places, both count
    assert changed.weights == pytest.approx(network.weights * (1 + change))
    recurrent = network.values["w_plus"] * (1 + constants["recurrent_share"] * change)
    assert changed.values["w_plus"] == pytest.approx(recurrent)
    assert unchanged(network, changed, "w_plus")
    assert np.array_equal(baseline, network.values["J"])


def test_frozen_synapses_onto_inhibition_do_not_change(network, apply):
    late, learned = [0.2, 0, 0, 0, 0], np.full((2, N, N), 0.3)
    changed, _ = apply({"ei": 0.0}, late=late, learned=learned)
    free, _ = apply(late=late, learned=learned)
    assert np.array_equal(changed.weights[1], network.weights[1])
    assert np.array_equal(changed.weights[0], free.weights[0])
    assert not np.array_equal(free.weights[1], network.weights[1])


def test_what_was_learned_changes_single_edges(network, apply):
    learned = np.zeros((2, N, N))
    learned[0, 1, 2], learned[1, 3, 0] = 0.4, -0.4
    changed, _ = apply(learned=learned)
    grown = network.weights * (1 + learned)
    scale = network.weights.sum(axis=2) / grown.sum(axis=2)
    assert changed.weights == pytest.approx(grown * scale[:, :, None])
    assert changed.weights.sum(axis=2) == pytest.approx(network.weights.sum(axis=2))


def test_remodelling_keeps_the_sum_of_a_regions_inputs(network, apply):
    drawn = np.random.default_rng(3).normal(0.0, 0.4, (N, N))
    changed, _ = apply(turnover=drawn + drawn.T)
    assert not np.allclose(changed.weights, network.weights)
    assert changed.weights.sum(axis=2) == pytest.approx(network.weights.sum(axis=2), rel=1e-12)


@given(
    st.floats(-1.5, 3.0), st.floats(-0.9, 0.9), st.floats(-3, 3), st.floats(0.5, 1.3),
    st.floats(0, 1),
)  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_no_weight_changes_its_sign(network, anatomy, late, learned, turnover, spines, occupancy):
    constants = {
        "psychedelic_relaxation": 1.0, "recurrent_share": 0.05, "psychedelic_gain": 0.0,
        "psychedelic_excitation": 0.0, "psychedelic_noise": 0.0, "serotonin_current_nA": 0.0,
        "brake_inhibition": 0.2, "ketamine_disinhibition": 0.5, "bdnf_stress": 0.2,
        "volume_stress": 0.04, "neurogenesis_stress": 0.3,
    }  # fmt: skip
    state = at_rest(PEOPLE, anatomy, constants, 1, 1)
    state = replace(
        state,
        late=np.full_like(state.late, late),
        learned=np.full((2, 2, N, N), learned),
        turnover=np.full((2, N, N), turnover) * np.tri(N),
        spines=np.full_like(state.spines, spines),
        occupancy_2a=np.full(2, occupancy),
        occupancy_nmda=np.full(2, occupancy),
        brake=np.full_like(state.brake, 0.01),
    )
    changed, baseline = apply_slow_state(network, state, 0, anatomy, constants, {})
    assert np.isfinite(changed.weights).all()
    assert (changed.weights >= 0).all()
    assert not changed.weights[network.weights == 0].any()
    assert (baseline > 0).all()


OPERATORS = {
    "psychedelic_gain": ("gain", lambda old, x: old + x),
    "psychedelic_excitation": ("excitation", lambda old, x: old + x),
    "psychedelic_noise": ("noise_sd", lambda old, x: old * (1 + x)),
}


@pytest.mark.parametrize("operator", OPERATORS)
def test_every_acute_operator_is_one_parameter(operator, network, apply, anatomy, constants):
    constants |= dict.fromkeys((*OPERATORS, "psychedelic_relaxation"), 0.0)
    constants[operator] = 0.2
    changed, baseline = apply(occupancy_2a=0.5)
    name, law = OPERATORS[operator]
    assert changed.values[name] == pytest.approx(law(network.values[name], 0.1 * anatomy.ht2a))
    assert unchanged(network, changed, name)
    assert np.array_equal(changed.weights, network.weights)
    assert np.array_equal(baseline, network.values["J"])


def test_relaxation_flattens_excitation_where_the_receptor_is(network, apply, anatomy, constants):
    changed, _ = apply(occupancy_2a=0.5)
    share = constants["psychedelic_relaxation"] * 0.5 * anatomy.ht2a
    assert changed.weights[0] == pytest.approx(flatten(network.weights[0], share))
    assert np.array_equal(changed.weights[1], network.weights[1])
    assert np.array_equal(changed.weights[0, 4], network.weights[0, 4])  # no receptor there
    assert not np.allclose(changed.weights[0, 0], network.weights[0, 0])


def test_new_spines_fall_evenly_on_the_inputs_and_lost_ones_sharpen_them(network, apply):
    grown, _ = apply(spines=np.full(N, 1.1))
    lost, _ = apply(spines=np.full(N, 0.95))
    spread = network.weights[0].std(axis=1)
    assert grown.weights[0] == pytest.approx(flatten(network.weights[0], np.full(N, 0.1 / 1.1)))
    assert (grown.weights[0].std(axis=1) <= spread).all()
    assert (lost.weights[0].std(axis=1) >= spread).all()
    for changed in (grown, lost):
        assert changed.weights.sum(axis=2) == pytest.approx(network.weights.sum(axis=2), rel=1e-12)
        assert np.array_equal(changed.weights[1], network.weights[1])


def test_serotonin_is_a_current_where_its_receptor_is(network, apply, anatomy, constants):
    changed, _ = apply(tone=0.6)
    current = 0.6 * constants["serotonin_current_nA"] * anatomy.ht1a
    assert changed.values["I_ext"] == pytest.approx(0.01 + current)
    assert (current < 0).any()
    blocked, _ = apply({"ht1a": 0.0}, tone=0.6)
    assert np.array_equal(blocked.values["I_ext"], network.values["I_ext"])


def test_three_things_move_the_baseline_of_inhibition_and_nothing_else(network, apply, constants):
    changed, baseline = apply(rise=0.01, brake=[1, 1, 0.5, 0.5, 0], occupancy_nmda=0.3)
    loss = constants["brake_inhibition"] * np.array([0, 0, 0.5, 0.5, 1])
    drive = 1 - 0.3 * constants["ketamine_disinhibition"]
    assert baseline == pytest.approx(network.values["J"] * 1.01 * (1 - loss) * drive)
    assert np.array_equal(changed.weights, network.weights)
    assert unchanged(network, changed)


def test_a_subject_sees_only_its_own_state(network, anatomy, constants):
    state = at_rest(PEOPLE, anatomy, constants, 1, 1)
    state.late[0, 1], state.brake[1], state.tone[1] = 0.3, 0.2, 0.5
    changed, baseline = apply_slow_state(network, state, 0, anatomy, constants, {})
    assert np.array_equal(changed.weights, network.weights)
    assert np.array_equal(baseline, network.values["J"])
    both = [
        apply_slow_state(network, s, k, anatomy, constants, {})[0].weights
        for s, k in ((state, 1), (state.of(1), 0))
    ]
    assert np.array_equal(*both)


def test_volume_reaches_nothing(network, apply):
    changed, baseline = apply(**dict.fromkeys(("neurons", "glia", "vessels", "atrophy"), 0.1))
    assert np.array_equal(changed.weights, network.weights)
    assert np.array_equal(baseline, network.values["J"])
    assert unchanged(network, changed)


def test_the_anatomy_of_an_atlas(constants):
    from netmod.atlas import load_atlas

    atlas = load_atlas("dk84")
    found = make_anatomy(atlas, ["dlpfc_left", "motor_left", "dlpfc_left"], constants)
    assert isinstance(found, Anatomy)
    assert set(found.field) == {"dlpfc_left", "motor_left"}
    assert all(field[list(atlas.targets[name])] == pytest.approx(1) and (field <= 1).all()
               for name, field in found.field.items())  # fmt: skip
    assert np.flatnonzero(found.hippocampus).tolist() == sorted(atlas.targets["hippocampus"])
    for receptor in (found.ht2a, found.ht1a):
        assert receptor.max() == 1
        assert not receptor[~np.asarray(atlas.cortex)].any()
        for left, right in atlas.homologues():
            assert receptor[left] == receptor[right]
    bare = make_anatomy(replace(atlas, maps={}, targets={}), [], constants)
    assert not bare.ht2a.any()
    assert not bare.ht1a.any()
    assert not bare.hippocampus.any()
