"""Virtual people: reproducible, varied as declared, and the lesion that depression lays on them."""

from types import SimpleNamespace

import numpy as np
import pytest

from netmod.cohort import PARAMETERS
from netmod.cohort.subject import draw_subject, lesion
from netmod.dynamics.fic import TARGET_RATE_HZ
from netmod.dynamics.parameters import make_parameters
from netmod.models import MODELS

CONSTANTS = {name: parameter.default for name, parameter in PARAMETERS.items()}
N = 12
ATLAS = SimpleNamespace(targets={"sgacc": (0, 1), "dlpfc_left": (2,), "dlpfc_right": (3, 4)})


def group(n=N):
    rng = np.random.default_rng(1)
    weights = np.triu(rng.uniform(0.1, 1.0, (n, n)), 1)
    pathway = np.zeros((n, n))
    pathway[np.ix_([0, 1], [2, 3, 4])] = 0.1
    return weights + weights.T, pathway


def draw(name="1", seed=7, **changed):
    weights, pathway = group()
    return draw_subject(name, seed, weights, 0.2, pathway, CONSTANTS | changed)


@pytest.fixture
def healthy():
    rng = np.random.default_rng(2)
    J = rng.uniform(1, 2, N)
    return make_parameters(MODELS["reduced_wong_wang"], draw().weights, {"J": J})


def equal(a, b):
    return np.array_equal(a.weights, b.weights) and all(
        np.array_equal(a.values[name], b.values[name]) for name in a.values
    )


def test_a_name_and_a_seed_are_a_person():
    first = {name: draw(name) for name in "123456789"}
    again = {name: draw(name) for name in "9731"}
    for name, person in again.items():
        assert np.array_equal(person.weights, first[name].weights)
        assert np.array_equal(person.set_point_hz, first[name].set_point_hz)
        assert person.severity == first[name].severity
    assert len({person.severity for person in first.values()}) == 9
    assert draw("1", seed=8).severity != draw("1").severity


def test_edges_vary_symmetrically_and_keep_their_places():
    person = draw()
    C, inhibition = person.weights
    weights, pathway = group()
    assert np.array_equal(C, C.T)
    assert not np.diagonal(C).any()
    assert ((C > 0) == (weights > 0)).all()
    rest = inhibition - 0.2 * C
    assert ((rest > 1e-12) == (pathway > 0)).all()
    # a source varies as a whole
    assert rest[0, [2, 3, 4]] == pytest.approx(rest[1, [2, 3, 4]])


def test_draws_have_the_declared_means_and_spreads():
    weights, _ = group()
    people = [draw(str(k)) for k in range(1500)]
    n = len(people)
    upper = np.triu_indices(N, 1)
    edges = np.array([(p.weights[0] / np.where(weights, weights, 1))[upper] for p in people])
    paths = np.array([(p.weights[1] - 0.2 * p.weights[0])[0, 2:5] / 0.1 for p in people])
    points = np.array([p.set_point_hz / TARGET_RATE_HZ for p in people])
    reactions = np.array([[p.clearance, p.induction] for p in people])
    for values, sd in (
        (edges, "connectivity_sd"),
        (paths, "top_down_sd"),
        (points, "setpoint_sd"),
        (reactions, "reaction_sd"),
    ):
        declared = CONSTANTS[sd]
        assert values.mean() == pytest.approx(1.0, abs=5 * declared / np.sqrt(n)), sd
        assert np.log(values).std(axis=0).mean() == pytest.approx(declared, rel=0.05), sd
    severity = np.array([p.severity for p in people])
    assert severity.mean() == pytest.approx(1.0, abs=0.03)
    assert severity.std() == pytest.approx(CONSTANTS["severity_sd"], rel=0.06)
    assert severity.min() >= 0.0
    # what a person is in one respect says nothing about another
    together = np.corrcoef(np.column_stack([severity, reactions, edges[:, 0], paths[:, 0]]).T)
    assert np.abs(together[np.triu_indices(5, 1)]).max() < 0.1


def test_without_spread_everyone_is_the_group():
    still = {name: 0.0 for name in CONSTANTS if name.endswith("_sd")}
    person = draw(**still)
    weights, pathway = group()
    assert person.weights == pytest.approx(np.stack([weights, 0.2 * weights + pathway]))
    assert person.set_point_hz == pytest.approx(np.full(N, TARGET_RATE_HZ))
    assert (person.severity, person.clearance, person.induction) == (1.0, 1.0, 1.0)


def test_no_severity_is_no_lesion(healthy):
    assert equal(lesion(healthy, 0.0, ATLAS, CONSTANTS), healthy)


def test_the_lesion_touches_its_places_alone(healthy):
    ill = lesion(healthy, 1.5, ATLAS, CONSTANTS)
    w = healthy.values["w_plus"]
    assert np.array_equal(ill.values["w_plus"][:2], w[:2])
    assert ill.values["J"][:2] == pytest.approx(
        healthy.values["J"][:2] * (1 + 1.5 * CONSTANTS["sgacc_inhibition"])
    )
    assert np.array_equal(ill.values["J"][5:], healthy.values["J"][5:])
    assert ill.values["w_plus"][2:5] == pytest.approx(
        w[2:5] * (1 + 1.5 * CONSTANTS["dlpfc_excitability"])
    )
    assert np.array_equal(ill.values["w_plus"][5:], w[5:])
    assert ill.values["J"][2:5] == pytest.approx(
        healthy.values["J"][2:5] * (1 + 1.5 * CONSTANTS["dlpfc_inhibition"])
    )
    ratio = ill.weights / np.where(healthy.weights, healthy.weights, 1)
    expected = np.where(healthy.weights, 1.0, 0.0)
    expected[1, :2, 2:5] = 1 + 1.5 * CONSTANTS["top_down"]
    assert ratio == pytest.approx(expected)
    for name in set(healthy.values) - {"w_plus", "J"}:
        assert np.array_equal(ill.values[name], healthy.values[name])


def test_a_negative_severity_reverses_every_term(healthy):
    ill, reverse = (lesion(healthy, s, ATLAS, CONSTANTS) for s in (1.0, -1.0))
    for name in ("w_plus", "J"):
        assert ill.values[name] + reverse.values[name] == pytest.approx(2 * healthy.values[name])
    assert ill.weights + reverse.weights == pytest.approx(2 * healthy.weights)


def test_the_pathway_cannot_turn_negative(healthy):
    ill = lesion(healthy, 100.0, ATLAS, CONSTANTS)
    assert ill.weights.min() == 0.0


def test_an_atlas_without_targets_stays_as_it_is(healthy):
    assert equal(lesion(healthy, 1.0, SimpleNamespace(targets={}), CONSTANTS), healthy)


def test_the_healthy_network_is_not_written_on(healthy):
    before = healthy.weights.copy(), healthy.values["J"].copy()
    lesion(healthy, 1.0, ATLAS, CONSTANTS)
    assert np.array_equal(healthy.weights, before[0])
    assert np.array_equal(healthy.values["J"], before[1])
