"""Electroconvulsive seizures: an ODE solver as oracle, analytic rests, threshold, end, sides."""

import math
import subprocess
import sys

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from netmod.atlas import Atlas, load_atlas
from netmod.dynamics.noise import scan_key
from netmod.errors import ConfigError, DataError, NetmodError
from netmod.plasticity.declaration import SEIZURE
from netmod.plasticity.field import electrode_field
from netmod.plasticity.seizure import (
    QUIET_S,
    SAMPLE_S,
    WATCH_S,
    Course,
    measure_seizures,
    seizure_course,
    simulate_seizures,
)

CONSTANTS = {name: p.default for name, p in SEIZURE.items()}
QUIET = CONSTANTS | {"seizure_noise": 0.0}
HALF = 4
MIRROR = np.r_[HALF : 2 * HALF, :HALF]


def keys(lanes, scan="shock"):
    return np.stack([scan_key(3, f"subject {i}", scan) for i in range(lanes)])


def two_sides(across=0.1):
    """Two chains of regions, left and right, joined at every region; spectral radius 1."""
    chain = np.eye(HALF, k=1) + np.eye(HALF, k=-1)
    weights = np.kron(np.eye(2), chain) + across * np.kron([[0, 1], [1, 0]], np.eye(HALF))
    return weights / np.abs(np.linalg.eigvalsh(weights)).max()


def small():
    """The same as an atlas."""
    n = 2 * HALF
    return Atlas(
        name="small",
        region=tuple(f"a{i}" for i in range(n)),
        label=("",) * n,
        hemisphere=("L",) * HALF + ("R",) * HALF,
        network=("Default",) * n,
        kind=("cortex",) * n,
        centroids_mm=np.arange(3.0 * n).reshape(n, 3),
        weights=7.0 * two_sides(),
        lengths_mm=np.zeros((n, n)),
        targets={},
    )


# --- an ODE solver, in the frame that rotates, as the oracle of the course


def solved(weights, push, values, stimulus_s, start, total_s):
    """``|z|^2`` of all regions at the ends of 10 ms; values are those of the model."""
    n = len(push)
    strength = weights.sum(axis=1)

    def drift(t, y, u):
        z, w = y[:n] + 1j * y[n : 2 * n], y[2 * n :]
        square = np.abs(z) ** 2
        growth = values["kappa"] * (values["lambda_0"] - w + u + 2 * square - square**2)
        dz = (growth + 6j * math.pi) * z + values["G"] * (weights @ z - strength * z)
        return np.r_[dz.real, dz.imag, (values["k"] * square - w) / values["tau_fatigue"]]

    y, pieces = np.r_[np.full(n, start), np.zeros(2 * n)], []
    for begin, end, u in ((0.0, stimulus_s, push), (stimulus_s, total_s, 0.0 * push)):
        times = np.linspace(begin, end, round((end - begin) / 0.01) + 1)
        found = solve_ivp(
            drift, (begin, end), y, t_eval=times, args=(u,), method="DOP853", rtol=1e-8, atol=1e-12
        )
        pieces.append(found.y[:, 1:] if pieces else found.y)
        y = found.y[:, -1]
    y = np.concatenate(pieces, axis=1)
    return (y[:n] ** 2 + y[n : 2 * n] ** 2).T


ROW_20 = {
    "seizure_speed": 3.0,
    "seizure_depth": -0.4,
    "seizure_fatigue": 1.0,
    "tau_seizure_fatigue_s": 60.0,
    "seizure_stimulus_s": 6.0,
    "seizure_noise": 0.0,
}
CHAIN = np.array([[0.0, 0.9, 0.2], [0.7, 0.0, 0.4], [0.1, 0.5, 0.0]])


@pytest.mark.parametrize(
    ("weights", "push", "coupling"),
    [(np.zeros((1, 1)), [2.0], 0.0), (CHAIN, [2.0, 0.3, 0.0], 1.5)],
    ids=["row 20, isolated", "three regions"],
)
def test_the_course_is_that_of_an_ode_solver_in_the_rotating_frame(weights, push, coupling):
    constants = ROW_20 | {"seizure_coupling": coupling}
    course = seizure_course(
        weights, [push], np.ones(1), keys(1), constants, quiet_s=0.0, start=0.01
    )
    values = {"kappa": 3.0, "lambda_0": -0.4, "k": 1.0, "tau_fatigue": 60.0, "G": coupling}
    want = solved(weights, np.array(push), values, 6.0, 0.01, 50.0)
    got = course.power[0, :500] * (1 + math.sqrt(0.6))
    assert course.power[0, 500:].max() < 1e-3
    means = (want[:-1] + want[1:]).reshape(len(got), -1, len(push)).mean(axis=1) / 2
    length_s = (got > 0.09).sum(axis=0) * SAMPLE_S
    assert length_s == pytest.approx((means > 0.09).sum(axis=0) * SAMPLE_S, abs=0.11)
    if coupling == 0.0:
        assert length_s == pytest.approx([34.3], abs=0.15)
    # rising and falling edges may lie a few ms apart
    assert np.abs(got - means).mean() < 2e-3
    assert got.sum(axis=0) == pytest.approx(means.sum(axis=0), rel=2e-3)


# --- rest, with noise: known variances


def test_rest_has_the_variance_of_a_linear_oscillator():
    alone = CONSTANTS | {"seizure_coupling": 0.0}
    for sensitivity in (1.0, 0.6):
        course = seizure_course(
            two_sides(), np.zeros((16, 8)), np.full(16, sensitivity), keys(16), alone
        )
        depth = CONSTANTS["seizure_depth"] / sensitivity
        variance = CONSTANTS["seizure_noise"] ** 2 / (CONSTANTS["seizure_speed"] * -depth)
        full = 1 + math.sqrt(1 + depth)
        assert course.power[:, 50:].mean() * full == pytest.approx(variance, rel=0.03)


def test_fatigue_deepens_rest_by_what_it_was_at_the_end():
    ones = np.ones(16)
    found = simulate_seizures(small(), np.ones(8), 2 * ones, ones, keys(16), CONSTANTS)
    depth = -CONSTANTS["seizure_depth"]
    # the cycle ends where lambda is -1; fatigue then decays for 3 to 15 s; coupling does not matter
    left = (1 - depth) * math.exp(-9.0 / CONSTANTS["tau_seizure_fatigue_s"])
    want = math.sqrt(depth / (depth + left)) - 1
    assert want < -0.45
    assert found.suppression.mean() == pytest.approx(want, abs=0.06)
    assert (found.suppression < -0.15).all()


# --- measures, on courses made by hand


def made(lanes=1, regions=4):
    count = round((QUIET_S + CONSTANTS["seizure_stimulus_s"] + WATCH_S) / SAMPLE_S)
    return Course(np.full((lanes, count, regions), 4e-4), np.full((lanes, count), 0.02))


def place(seconds):
    return round((QUIET_S + CONSTANTS["seizure_stimulus_s"] + seconds) / SAMPLE_S)


def test_measures_of_a_made_course():
    power, amplitude = course = made(lanes=3)
    power[0, place(-4.0) : place(20.0), :3] = 1.0
    power[0, place(20.0) : place(25.0), 0] = 0.5  # one region discharges longer
    amplitude[0, place(20.0) :] = 0.3
    amplitude[0, place(28.0) : place(40.0)] = 0.01
    power[1, place(-1.0) : place(10.0), 0] = 0.5  # stays local: a mean of 0.125
    found = measure_seizures(course, CONSTANTS)
    assert found.duration_s == pytest.approx([20.0, 0.0, 0.0])
    assert found.spread == pytest.approx([0.75, 0.25, 0.0])
    assert found.suppression == pytest.approx([-0.5, 0.0, 0.0])
    assert found.power[0] == pytest.approx([26.5, 24.0, 24.0, 0.0])
    assert found.power[1] == pytest.approx([5.5, 0.0, 0.0, 0.0])
    assert (found.power[2] == 0.0).all()


def test_what_recurs_counts_as_one_seizure_that_ends_with_its_last_part():
    power, amplitude = course = made()
    power[:, place(1.0) : place(6.0)] = 1.0
    power[:, place(30.0) : place(40.0)] = 1.0
    amplitude[:, place(40.0) :] = 0.01
    found = measure_seizures(course, CONSTANTS)
    assert found.duration_s == pytest.approx([15.0])
    assert found.suppression == pytest.approx([-0.5])


def test_a_seizure_that_does_not_end_is_refused():
    power, _ = course = made(lanes=2)
    power[1, place(0.0) : place(105.0) + 1] = 1.0
    with pytest.raises(NetmodError) as caught:
        measure_seizures(course, CONSTANTS)
    assert str(caught.value) == (
        "lane 2: a seizure does not end\n"
        "  expected: less than 105 s\n"
        "  hint: raise seizure_fatigue to above 1, or seizure_coupling if slow waves wander"
    )
    power[1, place(105.0) :] = 0.0
    assert measure_seizures(course, CONSTANTS).duration_s == pytest.approx([0.0, 105.0])


# --- a small network


def test_lanes_do_not_know_of_each_other():
    field = np.linspace(0.5, 1.5, 8)
    charge, sensitivity = np.linspace(0.5, 2.0, 5), np.linspace(0.7, 1.5, 5)
    together = simulate_seizures(small(), field, charge, sensitivity, keys(5), CONSTANTS)
    again = simulate_seizures(small(), field, charge, sensitivity, keys(5), CONSTANTS)
    some = [3, 1]
    apart = simulate_seizures(
        small(), field, charge[some], sensitivity[some], keys(5)[some], CONSTANTS
    )
    for a, b, c in zip(together, again, apart, strict=True):
        np.testing.assert_array_equal(a, b)
        np.testing.assert_array_equal(a[some], c)
    assert len(set(together.duration_s)) > 1


def test_half_the_step_gives_the_same_seizure():
    field, ones = np.linspace(0.3, 2.0, 8), np.ones(16)
    coarse, fine = (
        simulate_seizures(small(), field, ones, ones, keys(16), CONSTANTS, dt_ms=dt)
        for dt in (5.0, 2.5)
    )
    # the noise is another: means over 16 lanes
    assert coarse.duration_s.mean() == pytest.approx(fine.duration_s.mean(), rel=0.02)
    assert coarse.power.mean() == pytest.approx(fine.power.mean(), rel=0.02)
    assert coarse.spread.mean() == pytest.approx(fine.spread.mean(), abs=0.02)


def test_charge_raises_spread_from_nothing_to_all():
    charge = np.array([0.0, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4])
    # weak coupling, or a discharge spreads everywhere once it has begun
    weak = CONSTANTS | {"seizure_coupling": 0.2}
    field = np.geomspace(0.3, 2.0, 8)
    found = simulate_seizures(small(), field, charge, np.ones(8), keys(1).repeat(8, 0), weak)
    assert (np.diff(found.spread) >= 0).all()
    assert found.spread[0] == 0.0
    assert ((found.spread > 0) & (found.spread < 1)).any()
    assert found.spread[-1] == 1.0
    for values in found:
        assert (values[0] == 0.0).all()


def test_the_sensitive_have_longer_seizures_and_a_lower_threshold():
    sensitivity = np.repeat([0.6, 1.0, 1.6], 5)
    found = simulate_seizures(
        small(), np.ones(8), np.full(15, 1.5), sensitivity, keys(15), CONSTANTS
    )
    mean = found.duration_s.reshape(3, 5).mean(axis=1)
    assert mean[0] + 4 < mean[1] < mean[2] - 4
    low = simulate_seizures(
        small(), np.ones(8), np.full(15, 0.85), sensitivity, keys(15), CONSTANTS
    )
    assert (np.diff(low.spread.reshape(3, 5).mean(axis=1)) >= 0).all()
    assert low.spread[:5].mean() < low.spread[10:].mean()


def test_the_side_comes_from_the_field_alone():
    # without noise, a mirrored field on mirrored tracts gives the mirrored seizure
    field = np.r_[np.full(HALF, 0.4), np.full(HALF, 1.5)] * np.tile([1.0, 0.8, 1.1, 0.9], 2)
    push = 1.8 * np.stack([field, field[MIRROR]])
    course = seizure_course(two_sides(), push, np.ones(2), keys(2), QUIET, start=0.3)
    right, left = measure_seizures(course, QUIET).power
    assert right == pytest.approx(left[MIRROR], rel=1e-4)
    assert right[:HALF].mean() < right[HALF:].mean()


# --- the whole brain

DK84 = load_atlas("dk84")
LEFT = np.array([side == "L" for side in DK84.hemisphere])
PEOPLE = 16


@pytest.fixture(scope="module")
def shocks():
    """Sixteen people, each with a bilateral, a unilateral and a bilateral shock of charge 0.2."""
    sensitivity = np.exp(0.25 * np.random.default_rng(5).standard_normal(PEOPLE))
    fields = [electrode_field(DK84, m) for m in ("bitemporal", "right_unilateral", "bitemporal")]
    strong = np.linspace(1.0, 2.0, PEOPLE)
    charge = np.r_[strong, strong, np.full(PEOPLE, 0.2)]
    found = simulate_seizures(
        DK84,
        np.repeat(fields, PEOPLE, axis=0),
        charge,
        np.tile(sensitivity, 3),
        keys(3 * PEOPLE),
        CONSTANTS,
    )
    return [type(found)(*(x[i : i + PEOPLE] for x in found)) for i in range(0, len(charge), PEOPLE)]


def test_generalised_seizures_end_by_themselves_and_are_followed_by_suppression(shocks):
    for found in shocks[:2]:
        assert ((found.duration_s > 15.0) & (found.duration_s < 75.0)).all()
        assert found.duration_s.std() > 3.0
        assert (found.spread > 0.85).all()
        assert (found.suppression < -0.1).all()
        assert np.median(found.suppression) < -0.4


def test_nothing_follows_a_stimulus_below_threshold(shocks):
    for values in shocks[2]:
        assert (values == 0.0).all()


def test_unilateral_seizures_are_weaker_on_the_left(shocks):
    bilateral, unilateral = shocks[:2]
    left, right = DK84.targets["hippocampus"]
    assert LEFT[left] and not LEFT[right]
    # by a few percent only: what generalises runs its course everywhere
    both = bilateral.power[:, left] / bilateral.power[:, right]
    one = unilateral.power[:, left] / unilateral.power[:, right]
    assert both.mean() == pytest.approx(1.0, abs=0.02)
    assert one.mean() < both.mean()
    sides = unilateral.power[:, LEFT].mean(axis=1) / unilateral.power[:, ~LEFT].mean(axis=1)
    assert (sides < 1.0).all()


# --- messages


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        (
            {"charge": np.ones(3)},
            "simulate_seizures.charge: there is not one charge for each lane\n"
            "  expected: shape [2], as many as noise keys\n"
            "  got: shape [3]",
        ),
        (
            {"charge": np.array([1.0, -0.5])},
            "simulate_seizures.charge: a charge is out of range\n"
            "  expected: a finite number, 0 or more\n"
            "  got: -0.5",
        ),
        (
            {"sensitivity": np.array([0.0, 1.0])},
            "simulate_seizures.sensitivity: a sensitivity is out of range\n"
            "  expected: a finite number, above 0\n"
            "  got: 0",
        ),
        (
            {"charge": np.array([1.0, 40.0])},
            "simulate_seizures: the stimulus is too strong for the step\n"
            "  expected: dt_ms of at most 2.8\n"
            "  got: 5 ms and a push on lambda of 24\n"
            "  hint: lower the charge or the field",
        ),
    ],
)
def test_bad_input_is_named(changes, text):
    given = {"charge": np.ones(2), "sensitivity": np.ones(2)} | changes
    with pytest.raises(ConfigError) as caught:
        simulate_seizures(small(), np.ones(8), **given, keys=keys(2), constants=CONSTANTS)
    assert str(caught.value) == text


def test_a_field_of_another_atlas_is_refused():
    with pytest.raises(DataError, match="does not fit the network"):
        simulate_seizures(small(), np.ones(7), np.ones(2), np.ones(2), keys(2), CONSTANTS)


def test_a_run_that_leaves_the_numbers_says_so():
    with pytest.raises(NetmodError, match="left the finite numbers"):
        simulate_seizures(
            small(),
            np.ones(8),
            np.ones(1),
            np.ones(1),
            keys(1),
            CONSTANTS | {"seizure_noise": 10.0},
        )


def test_constants_are_read_without_jax():
    code = "import sys, netmod.plasticity.seizure; assert 'jax' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_defaults_lie_within_their_ranges():
    for parameter in SEIZURE.values():
        assert parameter.low <= parameter.default <= parameter.high
