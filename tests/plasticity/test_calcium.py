"""The calcium rule against the design study's numbers, brute force, scipy and Monte Carlo."""

import itertools
from math import erf, exp, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from netmod.plasticity.calcium import (
    PAIRING_S,
    CalciumRule,
    efficacy_after,
    synaptic_change,
    time_above,
)
from netmod.plasticity.events import Phase

RULE = CalciumRule()
CLINICAL_10 = (Phase(10.0, 4.0), Phase(0.0, 26.0))
LOWEST = 1.0 / (RULE.beta + (1 - RULE.beta) * RULE.b) - 1.0
HIGHEST = RULE.b / (RULE.beta + (1 - RULE.beta) * RULE.b) - 1.0

phases = st.builds(Phase, st.sampled_from([0.0, 0.7, 1.0, 3.0, 5.0, 10.0, 20.0, 50.0]),
                   st.floats(0.5, 8.0))  # fmt: skip


def brute_force(rule, phases, dt_s=1e-5):
    """Time above (theta_p, theta_d) of each phase from calcium on a fine grid."""
    edges = np.concatenate([[0.0], np.cumsum([p.duration_s for p in phases])])
    t = np.arange(0.0, edges[-1], dt_s) + dt_s / 2
    calcium = np.zeros_like(t)
    for start, phase in zip(edges, phases, strict=False):
        for k in range(round(phase.rate_hz * phase.duration_s)):
            pulse = start + k / phase.rate_hz
            for at, size in ((pulse + rule.delay_s, rule.c_pre), (pulse + PAIRING_S, rule.c_post)):
                after = t >= at
                calcium[after] += size * np.exp(-(t[after] - at) / rule.tau_calcium_s)
    result = []
    for a, b in itertools.pairwise(edges):
        inside = calcium[(t >= a) & (t < b)]
        result.append((dt_s * (inside > rule.theta_p).sum(), dt_s * (inside > rule.theta_d).sum()))
    return result


@pytest.mark.parametrize(
    ("rate_hz", "expected"), [(1.0, 0.008), (5.0, 0.006), (10.0, 0.557), (20.0, 0.731)]
)
def test_900_continuous_pulses_as_in_the_design_study(rate_hz, expected):
    assert efficacy_after(RULE, (Phase(rate_hz, 900 / rate_hz),)) == pytest.approx(
        expected, abs=0.005
    )


@pytest.mark.parametrize(("rate_hz", "train_s", "expected"), [(10, 4.0, 0.553), (20, 2.0, 0.73)])
def test_clinical_trains_as_in_the_design_study(rate_hz, train_s, expected):
    block = (Phase(rate_hz, train_s), Phase(0.0, 30.0 - train_s))
    assert efficacy_after(RULE, block * 75) == pytest.approx(expected, abs=0.005)


def test_the_crossover_lies_between_9_and_10_hz():
    ends = [efficacy_after(RULE, (Phase(hz, 900 / hz),)) for hz in (5, 8, 9, 10, 15, 20)]
    assert ends == sorted(ends)
    assert ends[2] < 0.5 < ends[3]


@pytest.mark.parametrize("rate_hz", [1.0, 5.0, 10.0])
def test_half_blocked_nmda_leaves_a_synapse_alone(rate_hz):
    blocked = RULE.scaled(nmda=0.5)
    train = (Phase(rate_hz, 900 / rate_hz),)
    assert efficacy_after(blocked, train) == 0.5
    assert synaptic_change(blocked, train) == 0.0


def test_nmda_block_scales_the_presynaptic_part_alone():
    assert RULE.scaled(0.5, 0.5) == CalciumRule(c_pre=0.25, c_post=0.5 * RULE.c_post)


@pytest.mark.parametrize(
    "train",
    [
        (Phase(1.0, 3.0),),
        (Phase(10.0, 2.0),),
        (Phase(20.0, 1.0), Phase(0.0, 0.5), Phase(3.0, 2.0)),
        (Phase(50.0, 0.3), Phase(0.0, 0.05), Phase(50.0, 0.3)),
    ],
)
def test_time_above_equals_brute_force(train):
    for (length, p, d), phase, (bp, bd) in zip(
        time_above(RULE, train), train, brute_force(RULE, train), strict=True
    ):
        assert length == phase.duration_s
        # a grid misses up to a step at each of a spike's crossings
        slack = 2e-5 * (2 + 4 * phase.rate_hz * phase.duration_s)
        assert p == pytest.approx(bp, abs=slack)
        assert d == pytest.approx(bd, abs=slack)


@given(st.lists(phases, min_size=1, max_size=5))
@settings(max_examples=60, deadline=None)
def test_time_above_is_ordered_and_bounded(train):
    for length, above_p, above_d in time_above(RULE, train):
        assert 0.0 <= above_p <= above_d <= length + 1e-9


def test_calcium_carries_over_into_the_next_phase():
    alone = time_above(RULE, (Phase(0.0, 1.0),))[0]
    after = time_above(RULE, (Phase(50.0, 0.5), Phase(0.0, 1.0)))[1]
    assert alone[1:] == (0.0, 0.0)
    assert after[2] > after[1] > 0.0
    # a spike still on its way when a phase ends arrives in the next one
    brief = time_above(RULE, (Phase(100.0, 0.01), Phase(0.0, 1.0)))
    assert brief[0][2] == 0.0
    assert brief[1][2] > 0.0


@pytest.mark.parametrize("start", [0.1, 0.5, 0.9])
def test_efficacy_equals_scipy(start):
    train = (Phase(10.0, 60.0), Phase(0.0, 120.0), Phase(1.0, 60.0))
    rho = start
    for length, above_p, above_d in time_above(RULE, train):
        up, down = RULE.gamma_p * above_p / length, RULE.gamma_d * above_d / length

        def slope(_, y, up=up, down=down):
            return (-y * (1 - y) * (0.5 - y) + up * (1 - y) - down * y) / RULE.tau_s

        rho = solve_ivp(slope, (0, length), [rho], rtol=1e-10, atol=1e-12).y[0, -1]
    assert efficacy_after(RULE, train, start) == pytest.approx(rho, abs=2e-4)


def test_the_closed_form_of_one_phase_is_the_papers():
    """Graupner & Brunel 2012, the formulas of their methods, written out again."""
    train = (Phase(10.0, 90.0),)
    ((length, above_p, above_d),) = time_above(RULE, train)
    alpha_p, alpha_d = above_p / length, above_d / length
    gp, gd = RULE.gamma_p * alpha_p, RULE.gamma_d * alpha_d
    tau_eff = RULE.tau_s / (gp + gd)
    rho_bar = gp / (gp + gd)
    variance = RULE.sigma**2 * (alpha_p + alpha_d) / (gp + gd)  # twice the variance, as theirs
    spread = sqrt(variance * (1 - exp(-2 * length / tau_eff)))
    low = (0.5 - rho_bar + rho_bar * exp(-length / tau_eff)) / spread
    high = (0.5 - rho_bar + (rho_bar - 1.0) * exp(-length / tau_eff)) / spread
    U = 0.5 * (1 - erf(low))
    D = 0.5 * (1 + erf(high))
    b, beta = RULE.b, RULE.beta
    change = (beta * (1 - U) + (1 - beta) * D + b * (beta * U + (1 - beta) * (1 - D))) / (
        beta + (1 - beta) * b
    )
    assert synaptic_change(RULE, train) == pytest.approx(change - 1.0, abs=1e-12)


def test_the_population_agrees_with_simulated_synapses():
    """Euler-Maruyama of 4000 synapses without the double well, calcium averaged over a pulse."""
    rng = np.random.default_rng(3)
    train = (Phase(10.0, 30.0),)
    ((length, above_p, above_d),) = time_above(RULE, train)
    up, down = RULE.gamma_p * above_p / length, RULE.gamma_d * above_d / length
    alpha = (above_p + above_d) / length
    strong = rng.random(40_000) > RULE.beta
    rho, steps = strong.astype(float), 2000
    dt = length / steps
    for _ in range(steps):
        kick = RULE.sigma * np.sqrt(alpha * dt / RULE.tau_s) * rng.standard_normal(rho.size)
        rho = rho + (up * (1 - rho) - down * rho) * dt / RULE.tau_s + kick
    mean = np.where(rho > 0.5, RULE.b, 1.0).mean() / np.where(strong, RULE.b, 1.0).mean()
    assert synaptic_change(RULE, train) == pytest.approx(mean - 1.0, abs=0.03)


@given(st.lists(phases, min_size=1, max_size=4), st.integers(1, 40), st.floats(0.1, 2.0))
@settings(max_examples=60, deadline=None)
def test_a_change_stays_within_the_synapses_range(train, repeats, amplitude):
    change = synaptic_change(RULE.scaled(amplitude), tuple(train), repeats)
    assert LOWEST - 1e-12 <= change <= HIGHEST + 1e-12


def test_more_blocks_move_on_in_the_same_direction():
    up = [synaptic_change(RULE, (Phase(20.0, 2.0), Phase(0.0, 28.0)), n) for n in (2, 5, 20, 75)]
    down = [synaptic_change(RULE, (Phase(1.0, 10.0),), n) for n in (2, 5, 20, 75)]
    assert up == sorted(up) and up[0] > 0
    assert down == sorted(down, reverse=True) and down[-1] < 0


def test_repeats_equal_the_written_out_course():
    assert synaptic_change(RULE, CLINICAL_10, 12) == pytest.approx(
        synaptic_change(RULE, CLINICAL_10 * 12), abs=1e-12
    )
    # without a pause calcium carries over from block to block
    second = (Phase(10.0, 1.0),)
    assert synaptic_change(RULE, second, 12) == pytest.approx(
        synaptic_change(RULE, second * 12), abs=1e-7
    )
    fresh = time_above(RULE, second)[0]
    assert time_above(RULE, second * 2)[1][1] > fresh[1]


def test_the_residual_field_of_a_sham_coil_changes_exactly_nothing():
    weak = RULE.scaled(0.25)
    assert time_above(weak, CLINICAL_10)[0][1:] == (0.0, 0.0)
    assert synaptic_change(weak, CLINICAL_10, 75) == 0.0
    assert synaptic_change(RULE, CLINICAL_10, 75) == pytest.approx(0.52, abs=0.01)
