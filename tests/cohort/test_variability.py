"""How virtual people's connectomes vary: spreads, what varies together, what stays."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from netmod.cohort import PARAMETERS, variability
from netmod.cohort.subject import draw_subject
from netmod.cohort.variability import GENERATORS, calibrated, edge_sd, independent

MEASURED = Path(__file__).resolve().parents[2] / "atlases" / "variability" / "variability.json"
CONSTANTS = {name: parameter.default for name, parameter in PARAMETERS.items()}
N = 14


def group(n=N, seed=1):
    """Weights over three decades, as a connectome's are, with holes."""
    rng = np.random.default_rng(seed)
    weights = np.triu(10.0 ** rng.uniform(-3, 0, (n, n)) * (rng.random((n, n)) < 0.7), 1)
    return weights + weights.T


def people(weights, count, amplitude, seed=3):
    rng = np.random.default_rng(seed)
    n = len(weights)
    constants = {"connectivity_amplitude": amplitude}
    return np.array(
        [calibrated(weights, rng.standard_normal((n, n)), constants) for _ in range(count)]
    )


def test_each_edge_varies_by_its_own_spread_about_the_group():
    weights = group()
    edges = np.triu(weights, 1) > 0
    ratio = people(weights, 6000, 0.5)[:, edges] / weights[edges]
    sd = 0.5 * edge_sd(weights)[edges]
    assert np.log(ratio).std(axis=0) == pytest.approx(sd, rel=0.05)
    assert np.log(ratio).mean(axis=0) == pytest.approx(-0.5 * sd**2, abs=0.03)
    assert ratio.mean(axis=0) == pytest.approx(np.ones(edges.sum()), abs=0.03)


def test_what_varies_together_is_what_was_measured():
    weights = group()
    ends = np.array(np.nonzero(np.triu(weights, 1)))
    logs = np.log(people(weights, 6000, 0.5)[:, ends[0], ends[1]])
    r = np.corrcoef(logs.T)
    common = np.array([[len({*a} & {*b}) for b in ends.T] for a in ends.T])
    assert r[common == 0].mean() == pytest.approx(variability.SUBJECT_SHARE, abs=0.02)
    one = variability.SUBJECT_SHARE + variability.NODE_SHARE / 2
    assert r[common == 1].mean() == pytest.approx(one, abs=0.02)


def test_the_spread_falls_from_weak_to_strong_edges_as_fitted():
    weights = np.zeros((3, 3))
    weights[0, 1] = weights[1, 0] = 1.0
    strength = 2.0 / 3.0
    sd = edge_sd(weights)
    assert sd[0, 2] == variability.WEAK_EDGE_SD
    share = 1.0 / strength
    expected = variability.WEAK_EDGE_SD / (1 + share / variability.HALF_SPREAD_SHARE)
    assert sd[0, 1] == pytest.approx(expected)
    many = group()
    order = np.argsort(many, axis=None)
    assert (np.diff(edge_sd(many).ravel()[order]) <= 0).all()


@given(st.integers(0, 2**32 - 1), st.floats(0.0, 3.0), st.floats(1e-6, 1e6), st.booleans())
@settings(max_examples=60, deadline=None)
def test_places_symmetry_and_unit_are_kept(seed, amplitude, unit, directed):
    rng = np.random.default_rng(seed)
    weights = group(seed=seed)
    if directed:
        weights = weights * rng.uniform(0.5, 1.5, weights.shape)
    normal = rng.standard_normal((N, N))
    constants = {"connectivity_amplitude": amplitude}
    person = calibrated(weights, normal, constants)
    assert ((person > 0) == (weights > 0)).all()
    assert np.isfinite(person).all()
    if not directed:
        assert np.array_equal(person, person.T)
    # the unit of the weights says nothing
    assert calibrated(unit * weights, normal, constants) == pytest.approx(unit * person)


@given(arrays(float, (5, 5), elements=st.floats(-4, 4)))
@settings(max_examples=30, deadline=None)
def test_no_amplitude_is_the_group(normal):
    weights = group(5)
    assert np.array_equal(calibrated(weights, normal, {"connectivity_amplitude": 0.0}), weights)
    assert np.array_equal(independent(weights, normal, {"connectivity_sd": 0.0}), weights)


def test_half_the_amplitude_is_half_the_deviation():
    weights = group()
    edges = np.triu(weights, 1) > 0
    normal = np.random.default_rng(4).standard_normal((N, N))

    def deviation(amplitude):
        sd = amplitude * edge_sd(weights)
        person = calibrated(weights, normal, {"connectivity_amplitude": amplitude})
        return (np.log(person[edges] / weights[edges]) + 0.5 * sd[edges] ** 2) / amplitude

    assert deviation(0.2) == pytest.approx(deviation(0.8))


def test_an_empty_network_stays_empty():
    nothing = np.zeros((4, 4))
    person = calibrated(nothing, np.ones((4, 4)), {"connectivity_amplitude": 1.0})
    assert not person.any()


def draw(name, kind, seed=7):
    weights = group()
    return draw_subject(name, seed, weights, 0.2, np.zeros((N, N)), CONSTANTS, kind)


@pytest.mark.parametrize("kind", ["independent", "calibrated"])
def test_a_name_and_a_seed_are_a_person(kind):
    first = draw("3", kind)
    assert np.array_equal(first.weights, draw("3", kind).weights)
    assert not np.array_equal(first.weights, draw("4", kind).weights)
    assert not np.array_equal(first.weights, draw("3", kind, seed=8).weights)


def test_only_the_connectome_hangs_on_the_kind_of_variability():
    drawn = {kind: draw("5", kind) for kind in GENERATORS}
    one = drawn["independent"]
    for person in drawn.values():
        assert np.array_equal(person.set_point_hz, one.set_point_hz)
        assert (person.severity, person.clearance, person.induction, person.sensitivity) == (
            one.severity, one.clearance, one.induction, one.sensitivity
        )  # fmt: skip
    assert len({person.weights.tobytes() for person in drawn.values()}) == len(GENERATORS)
    assert np.array_equal(drawn["measured"].weights[0], group())


def test_the_constants_are_those_that_the_script_computed():
    report = json.loads(MEASURED.read_text("utf-8"))
    found = report["structure"]
    for name in ("WEAK_EDGE_SD", "HALF_SPREAD_SHARE", "SUBJECT_SHARE", "NODE_SHARE", "EDGE_SHARE"):
        assert getattr(variability, name) == pytest.approx(found[name.lower()], rel=0.01), name
    shares = variability.SUBJECT_SHARE, variability.NODE_SHARE, variability.EDGE_SHARE
    assert sum(shares) == pytest.approx(1.0, abs=1e-9)
    set_by = report["calibration"]
    assert CONSTANTS["connectivity_amplitude"] == set_by["amplitude"]
    assert set_by["target_sd"] == report["function"]["true_sd"]
    assert set_by["calibrated"]["sd"] == pytest.approx(set_by["target_sd"], rel=0.03)
    assert set_by["calibrated"]["unstable"] == 0
