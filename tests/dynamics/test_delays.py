"""Conduction delays: exact solutions, the history before time 0, and what is refused."""

import math
from typing import ClassVar

import numpy as np
import pytest

from netmod.dynamics.delays import conduction_delays
from netmod.dynamics.noise import scan_key
from netmod.dynamics.parameters import make_parameters, stack
from netmod.dynamics.record import record
from netmod.errors import ConfigError, DataError, NetmodError
from netmod.models import Model, Parameter


class Relaxation(Model):
    """``x' = -u``: with weight 1 from a region to itself, ``x'(t) = -x(t - tau)``."""

    name = "relaxation"
    states = ("x",)
    coupling_inputs = ("to_x",)
    transmitted = ("x",)
    noise_on = ()
    observed = "x"
    start = (1.0,)
    parameters: ClassVar = {"noise_sd": Parameter(0.0, "1/sqrt(s)", 0.0, 1.0, "Noise", "test")}

    def drift(self, state, parameters, coupling, stimulus=0.0):
        return (0.0 * state[0] - coupling[0],)


RELAXATION = Relaxation()


def relax(taus_s, duration_s, dt_ms, solver="heun", *, every_ms=100.0, start=1.0, **options):
    """Trace ``[time, region]`` of uncoupled regions, each with a delay of its own."""
    n = len(taus_s)
    delays_s = np.diag(taus_s)
    p = make_parameters(RELAXATION, np.eye(n), None, delays_s)
    got = record(
        RELAXATION, stack([p]), (np.broadcast_to(start, (1, n)),), scan_key(1, "a", "t")[None],
        duration_s=duration_s, dt_ms=dt_ms, every_ms=every_ms, solver=solver,
        precision="double", **options,
    )  # fmt: skip
    return got.time_s, got["x"][0]


def exact(time_s, tau_s):
    """Solution of ``x'(t) = -x(t - tau)`` from a history of 1, by the method of steps.

    Between two multiples of tau it is a polynomial, of one degree more in every interval.
    """
    pieces = range(int(time_s / tau_s + 1e-9) + 2)
    return sum((-(time_s - (j - 1) * tau_s)) ** j / math.factorial(j) for j in pieces)


def test_the_exact_solution_solves_the_equation():
    for tau_s in (0.37, 0.5):
        for t in np.arange(0.02, 3.0, 0.0371):
            slope = (exact(t + 1e-6, tau_s) - exact(t - 1e-6, tau_s)) / 2e-6
            before = 1.0 if t <= tau_s else exact(t - tau_s, tau_s)
            assert slope == pytest.approx(-before, abs=2e-6)


# two are multiples of every step below, two lie a third of a step beside one
TAUS_S = (0.5, 0.4, 0.0025 * 448 / 3, 0.0025 * 304 / 3)


@pytest.mark.parametrize(("solver", "order"), [("euler", 1), ("heun", 2), ("rk4", 2)])
def test_order_of_convergence_with_delays(solver, order):
    """Interpolation between steps is of order 2, which then holds for any better solver."""
    steps_ms = (20.0, 10.0, 5.0)
    errors = []
    for dt_ms in steps_ms:
        time_s, x = relax(TAUS_S, 3.0, dt_ms, solver)
        want = np.array([[exact(t, tau_s) for tau_s in TAUS_S] for t in time_s])
        errors.append(np.sqrt(((x - want) ** 2).mean(axis=0)))
    slopes = np.polyfit(np.log(steps_ms), np.log(errors), 1)[0]
    if solver == "rk4":
        # on multiples of the step the delayed input is exact only at the ends of a step
        assert (slopes > order - 0.1).all()
    else:
        np.testing.assert_allclose(slopes, order, atol=0.1)
    assert (errors[-1] < 0.01).all()


def test_before_time_0_the_regions_rested_in_their_start():
    start, tau_s = np.array([0.7, -1.3]), 0.2
    time_s, x = relax((tau_s, tau_s), 0.2, 10.0, "euler", every_ms=10.0, start=start)
    np.testing.assert_allclose(x, start * (1.0 - time_s[:, None]), rtol=1e-13)


@pytest.mark.parametrize("solver", ["euler", "heun"])
def test_a_delay_of_one_step_and_a_half_reads_between_two_steps(solver):
    dt_s, lag = 0.01, 1.5
    _, x = relax((lag * dt_s,), 0.1, 10.0, solver, every_ms=10.0)
    path = [1.0]

    def late(k):
        earlier, later = (path[max(m, 0)] for m in (k - 2, k - 1))
        return 0.5 * (earlier + later)

    for k in range(10):
        slope = late(k) if solver == "euler" else 0.5 * (late(k) + late(k + 1))
        path.append(path[k] - dt_s * slope)
    np.testing.assert_allclose(x[:, 0], path[1:], rtol=1e-14)


def test_a_whole_number_of_steps_is_not_spoilt_by_rounding():
    """0.3 / 0.1 is 2.999...96: it is 3 steps, and the longest delay is read to its end."""
    lags = np.array([1, 3, 7, 29])
    taus_s = 1e-4 * lags, np.array([0.0001, 0.0003, 0.0007, 0.0029]), np.nextafter(1e-4 * lags, 0)
    assert not np.array_equal(taus_s[0], taus_s[1])
    first, *others = (relax(tau_s, 0.004, 0.1, every_ms=0.1)[1] for tau_s in taus_s)
    for other in others:
        np.testing.assert_array_equal(other, first)


def test_conduction_delays_of_one_velocity_and_of_each_edge():
    lengths_mm = np.array([[0.0, 120.0], [60.0, 0.0]])
    np.testing.assert_allclose(conduction_delays(lengths_mm, 6.0), [[0, 0.02], [0.01, 0]])
    velocity = np.array([[1.0, 10.0], [np.inf, 5.0]])
    np.testing.assert_allclose(conduction_delays(lengths_mm, velocity), [[0, 0.012], [0, 0]])
    np.testing.assert_array_equal(conduction_delays(lengths_mm, np.inf), np.zeros((2, 2)))


LENGTHS_MM = np.array([[0.0, 20.0, 30.0], [20.0, 0.0, 50.0], [30.0, 50.0, 0.0]])


def changed(target, source, value, base=LENGTHS_MM):
    array = np.array(base, dtype=float)
    array[target, source] = value
    return array


@pytest.mark.parametrize(
    ("lengths_mm", "velocity", "kind", "message"),
    [
        (
            LENGTHS_MM,
            0.0,
            ConfigError,
            "edge from region 1 to region 1: the conduction velocity is not positive\n"
            "  expected: more than 0 m/s\n"
            "  got: 0 m/s\n"
            "  hint: leave the velocity out, or make it infinite, for no delays",
        ),
        (
            LENGTHS_MM,
            changed(1, 2, -3.5, np.full((3, 3), 5.0)),
            ConfigError,
            "edge from region 3 to region 2: the conduction velocity is not positive\n"
            "  expected: more than 0 m/s\n"
            "  got: -3.5 m/s\n"
            "  hint: leave the velocity out, or make it infinite, for no delays",
        ),
        (
            LENGTHS_MM,
            np.nan,
            ConfigError,
            "edge from region 1 to region 1: the conduction velocity is not positive\n"
            "  expected: more than 0 m/s\n"
            "  got: nan m/s\n"
            "  hint: leave the velocity out, or make it infinite, for no delays",
        ),
        (
            changed(2, 0, -30.0),
            5.0,
            DataError,
            "edge from region 1 to region 3: a tract length is negative or not finite\n"
            "  expected: a length of at least 0 mm\n"
            "  got: -30 mm",
        ),
        (
            changed(0, 1, np.inf),
            np.inf,
            DataError,
            "edge from region 2 to region 1: a tract length is negative or not finite\n"
            "  expected: a length of at least 0 mm\n"
            "  got: inf mm",
        ),
    ],
    ids=["zero", "negative-edge", "nan", "length", "infinite-length"],
)
def test_lengths_and_velocities_that_are_refused(lengths_mm, velocity, kind, message):
    with pytest.raises(kind) as caught:
        conduction_delays(lengths_mm, velocity)
    assert isinstance(caught.value, NetmodError)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("delays_s", "message"),
    [
        (np.zeros((2, 3)), "delays have the wrong shape\n  expected: (3, 3)\n  got: (2, 3)"),
        (
            changed(1, 0, -0.02, np.zeros((3, 3))),
            "edge from region 1 to region 2: a delay is negative or not finite\n"
            "  expected: at least 0 s\n"
            "  got: -0.02 s",
        ),
        (
            changed(0, 2, np.nan, np.zeros((3, 3))),
            "edge from region 3 to region 1: a delay is negative or not finite\n"
            "  expected: at least 0 s\n"
            "  got: nan s",
        ),
    ],
    ids=["shape", "negative", "nan"],
)
def test_delays_that_are_refused(delays_s, message):
    with pytest.raises(DataError) as caught:
        make_parameters(RELAXATION, np.eye(3), None, delays_s)
    assert str(caught.value) == message


def sweep(*taus_s, weight=1.0):
    """Run lanes of one region, each with its own delay, at a step of 1 ms."""
    lanes = [make_parameters(RELAXATION, [[weight]], None, np.array([[tau_s]])) for tau_s in taus_s]
    keys = np.stack([scan_key(1, str(k), "t") for k in range(len(lanes))])
    start = (np.ones((len(lanes), 1)),)
    return record(RELAXATION, stack(lanes), start, keys, duration_s=0.01, dt_ms=1.0)


@pytest.mark.parametrize("taus_s", [(0.0004,), (0.0004, 0.005), (0.005, 0.0004), (0.0, 0.0004)])
def test_a_step_longer_than_the_shortest_delay_is_refused(taus_s):
    """In whichever lane that delay is."""
    with pytest.raises(ConfigError) as caught:
        sweep(*taus_s)
    assert str(caught.value) == (
        "dt_ms is too large for the shortest delay\n"
        "  expected: at most 0.4 ms\n"
        "  got: 1 ms\n"
        "  hint: lower dt_ms or the velocity; or set delays of less than a step to 0"
    )


def test_the_delay_of_an_edge_that_is_not_there_does_not_matter():
    still = sweep(0.0004, 0.0004, weight=0.0)
    np.testing.assert_array_equal(still["x"], 1.0)
