"""The calcium rule against plain integration, scipy, Monte Carlo and the paper's closed form."""

from dataclasses import replace
from math import erf, exp, log, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from netmod.errors import ConfigError
from netmod.plasticity.induction import (
    CalciumRule,
    Factors,
    efficacy_after,
    outcome_of,
    synaptic_change,
)
from netmod.plasticity.induction.calcium import contributions, trace_of
from netmod.plasticity.pulses import PulseTrain

RULE = CalciumRule()
FIXED = RULE.frozen()
BEFORE = RULE.beta + (1 - RULE.beta) * RULE.b
LOWEST, HIGHEST = 1 / BEFORE - 1, RULE.b / BEFORE - 1

trains = st.builds(
    PulseTrain,
    rate_hz=st.sampled_from([0.7, 1.0, 3.0, 5.0, 10.0]),
    pulses=st.integers(1, 200),
    train_s=st.floats(1.0, 8.0),
    pause_s=st.floats(1.0, 30.0),
    burst=st.sampled_from([1, 3]),
    jitter_s=st.sampled_from([0.0, 0.002]),
)


STEP_S = 4e-5


def integrated(train, rule, start=0.5, dt=STEP_S):
    """Euler integration of every equation of the model, written down anew, no closed form."""
    times, sizes = (part.tolist() for part in contributions(train, rule))
    end = times[-1] + 10 * rule.tau_calcium_s
    c = m = up_s = down_s = variance = weak = 0.0
    strong, rho, arrived = 1.0, start, 0
    for n in range(round(end / dt)):
        while arrived < len(times) and times[arrived] <= (n + 0.5) * dt:
            c += sizes[arrived]
            arrived += 1
        up = c > rule.theta_p * (1 + rule.k * max(m - rule.m_0, 0.0))
        down = c > rule.theta_d
        up_s += dt * up
        down_s += dt * down
        h = dt / rule.tau_s
        p, d = rule.gamma_p * up, rule.gamma_d * down
        rho += h * (-rho * (1 - rho) * (0.5 - rho) + p * (1 - rho) - d * rho)
        weak += h * (p * (1 - weak) - d * weak)
        strong += h * (p * (1 - strong) - d * strong)
        variance += h * (rule.sigma**2 * (up + down) - 2 * (p + d) * variance)
        m += dt * (c - m) / rule.tau_m_s
        c -= dt * c / rule.tau_calcium_s
    sd = sqrt(variance) if variance else 1.0
    high = [0.5 * (1 + erf((x - 0.5) / sd / sqrt(2))) for x in (weak, strong)]
    share = rule.beta * high[0] + (1 - rule.beta) * high[1]
    before = rule.beta + (1 - rule.beta) * rule.b
    return ((1 - share) + share * rule.b) / before - 1, rho, up_s, down_s


FAST = replace(RULE, tau_s=RULE.tau_s / 4)


@pytest.mark.parametrize(
    ("train", "rule"),
    [
        (PulseTrain(10.0, 25), FAST),
        # the threshold slides from the first spike on, and falls again in the pause
        (PulseTrain(5.0, 24, 0.6, 0.9, burst=3), replace(FAST, m_0=0.1, k=3.0, tau_m_s=0.6)),
        (PulseTrain(20.0, 30, jitter_s=0.004), replace(FAST, m_0=0.3)),
        (PulseTrain(5.0, 9), replace(FAST, theta_p=0.9)),
        (PulseTrain(20.0, 20), replace(FAST, gamma_p=0.0)),
    ],
)
def test_a_session_equals_plain_integration(train, rule):
    change, rho, up_s, down_s = integrated(train, rule)
    found = outcome_of(train, rule=rule)
    # a grid misses up to a step of each pulse's time above a threshold
    slack = STEP_S * train.pulses
    assert found.up_s == pytest.approx(up_s, abs=slack)
    assert found.down_s == pytest.approx(down_s, abs=slack)
    assert found.rho == pytest.approx(rho, abs=2e-3)
    assert abs(rho - 0.5) > 0.03
    assert found.change == pytest.approx(change, abs=5e-3)
    assert abs(change) > 0.02


def test_calcium_and_its_average_equal_scipy():
    train = PulseTrain(10.0, 6)
    sizes = contributions(train, RULE)[1]
    trace = trace_of(train, RULE)
    state = np.zeros(2)
    for n, size in enumerate(sizes):
        state[0] += size
        assert trace.calcium[n] == pytest.approx(state[0], rel=1e-8)
        assert trace.mean[n] == pytest.approx(state[1], rel=1e-7, abs=1e-12)
        flow = solve_ivp(
            lambda _, y: [-y[0] / RULE.tau_calcium_s, (y[0] - y[1]) / RULE.tau_m_s],
            (0.0, trace.gap_s[n]), state, rtol=1e-10, atol=1e-13,
        )  # fmt: skip
        state = flow.y[:, -1]


def test_a_pulse_is_a_presynaptic_and_a_postsynaptic_spike():
    times, sizes = contributions(PulseTrain(1.0, 2), RULE)
    assert times == pytest.approx([0.010, 0.0188008, 1.010, 1.0188008])
    assert sizes == pytest.approx([0.275865, 1.0, 0.275865, 1.0])


def test_one_pulse_stays_up_for_the_time_of_an_exponential():
    found = outcome_of(PulseTrain(1.0, 1))
    peak = 1.0 + RULE.c_post * exp(-0.0088008 / RULE.tau_calcium_s)
    assert found.down_s == pytest.approx(RULE.tau_calcium_s * log(peak), rel=1e-12)
    assert found.up_s == 0.0


@pytest.mark.parametrize("start", [0.05, 0.4, 0.5, 0.6, 0.95])
def test_alone_the_double_well_pulls_as_scipy_says(start):
    train = PulseTrain(0.5, 300)
    end = contributions(train, RULE)[0]
    length = end[-1] - end[0] + 10 * RULE.tau_calcium_s
    flow = solve_ivp(
        lambda _, y: -y * (1 - y) * (0.5 - y) / RULE.tau_s, (0, length), [start], rtol=1e-10
    )
    found = efficacy_after(train, Factors(intensity=0.0), start=start)
    assert found == pytest.approx(flow.y[0, -1], abs=1e-8)
    assert (found == 0.5) if start == 0.5 else (abs(found - 0.5) > abs(start - 0.5))


def closed_form(rule, alpha_p, alpha_d, length):
    """Graupner & Brunel 2012, the formulas of their methods."""
    gp, gd = rule.gamma_p * alpha_p, rule.gamma_d * alpha_d
    tau_eff = rule.tau_s / (gp + gd)
    rho_bar = gp / (gp + gd)
    variance = rule.sigma**2 * (alpha_p + alpha_d) / (gp + gd)  # twice the variance, as theirs
    spread = sqrt(variance * (1 - exp(-2 * length / tau_eff)))
    low = (0.5 - rho_bar + rho_bar * exp(-length / tau_eff)) / spread
    high = (0.5 - rho_bar + (rho_bar - 1.0) * exp(-length / tau_eff)) / spread
    U = 0.5 * (1 - erf(low))
    D = 0.5 * (1 + erf(high))
    b, beta = rule.b, rule.beta
    return (beta * (1 - U) + (1 - beta) * D + b * (beta * U + (1 - beta) * (1 - D))) / (
        beta + (1 - beta) * b
    ) - 1.0


def test_the_papers_closed_form_is_exact_where_one_threshold_is_passed():
    found = outcome_of(PulseTrain(1.0, 300))
    assert found.up_s == 0.0
    assert found.change == pytest.approx(closed_form(RULE, 0.0, found.down_s / 300, 300), abs=1e-12)


def test_the_papers_closed_form_is_the_limit_of_slow_efficacy():
    """It averages over a period, in which efficacy of the slice constants moves by a per cent."""
    train = PulseTrain(10.0, 600)
    error = []
    for slower in (1.0, 10.0):
        rule = replace(FIXED, tau_s=FIXED.tau_s * slower)
        found = outcome_of(train, rule=rule)
        expected = closed_form(rule, found.up_s / 60, found.down_s / 60, 60)
        error.append(abs(float(found.change) - expected))
    assert error[0] < 0.02
    assert error[1] < error[0] / 5


def test_the_population_agrees_with_simulated_synapses():
    """Euler-Maruyama of synapses with noise, without the double well."""
    rng = np.random.default_rng(3)
    train, dt = PulseTrain(20.0, 120), 2e-3
    times, sizes = contributions(train, RULE)
    grid = np.arange(0.0, times[-1] + 0.3, dt) + dt / 2
    since = grid[:, None] - times
    with np.errstate(over="ignore"):
        calcium = (np.exp(-since / RULE.tau_calcium_s) * sizes * (since > 0)).sum(axis=1)
    strong = rng.random(10_000) > RULE.beta
    rho = strong.astype(float)
    for c in calcium:
        up, down = c > FIXED.theta_p, c > FIXED.theta_d
        if up or down:
            drift = RULE.gamma_p * up * (1 - rho) - RULE.gamma_d * down * rho
            kick = RULE.sigma * sqrt((int(up) + int(down)) * dt / RULE.tau_s)
            rho += drift * dt / RULE.tau_s + kick * rng.standard_normal(rho.size)
    mean = np.where(rho > 0.5, RULE.b, 1.0).mean() / np.where(strong, RULE.b, 1.0).mean()
    assert synaptic_change(train, rule=FIXED) == pytest.approx(mean - 1.0, abs=0.04)
    assert mean > 1.5


@given(trains, st.floats(0.0, 2.0), st.floats(0.7, 1.4))
@settings(max_examples=40, deadline=None)
def test_outcomes_stay_within_their_ranges(train, intensity, threshold):
    factors = Factors(intensity=intensity, threshold=threshold)
    found = outcome_of(train, factors)
    assert LOWEST - 1e-12 <= found.change <= HIGHEST + 1e-12
    assert 0.0 <= found.rho <= 1.0
    assert 0.0 <= found.up_s <= found.down_s <= train.duration_s + 1.0
    # a threshold that rises can only shorten the time above it
    assert found.up_s <= outcome_of(train, factors, FIXED).up_s + 1e-12
    if found.down_s == 0.0:
        assert (found.change, found.rho) == (0.0, 0.5)


@given(trains, st.floats(0.3, 2.0))
@settings(max_examples=20, deadline=None)
def test_more_calcium_is_as_lower_thresholds(train, intensity):
    """The fixed rule has no unit of calcium."""
    more = outcome_of(train, Factors(intensity=intensity), FIXED)
    lower = outcome_of(train, Factors(threshold=1 / intensity), FIXED)
    assert more.rho == pytest.approx(lower.rho, abs=1e-7)
    assert more.down_s == pytest.approx(lower.down_s, abs=1e-7)


def test_a_batch_of_thresholds_equals_one_at_a_time():
    train = PulseTrain(10.0, 100)
    threshold, shift = np.array([[0.8], [1.0], [1.1]]), np.array([0.0, 0.2])
    batch = outcome_of(train, Factors(threshold=1.05), threshold=threshold, trkb_shift=shift)
    assert batch.change.shape == (3, 2)
    for i, j in np.ndindex(3, 2):
        one = outcome_of(
            train, Factors(threshold=1.05 * threshold[i, 0], trkb_shift=float(shift[j]))
        )
        for whole, single in zip(batch, one, strict=True):
            assert whole[i, j] == pytest.approx(single, abs=1e-12)


def test_more_pulses_move_on_in_the_same_direction():
    up = [synaptic_change(PulseTrain(20.0, n, 2.0, 28.0)) for n in (40, 200, 800, 3000)]
    down = [synaptic_change(PulseTrain(1.0, n)) for n in (10, 50, 200, 750)]
    assert up == sorted(up) and up[0] > 0
    assert down == sorted(down, reverse=True) and down[-1] < 0


def test_sessions_longer_than_the_padding_are_whole():
    """A second stretch of the padding is walked as the first."""
    long, short = PulseTrain(10.0, 4200), PulseTrain(10.0, 4000)
    a, b = outcome_of(long, rule=FIXED), outcome_of(short, rule=FIXED)
    per_pulse = float(b.down_s) / 4000
    assert float(a.down_s - b.down_s) == pytest.approx(200 * per_pulse, rel=1e-3)


def test_trkb_lowers_the_threshold_to_that_of_depression_at_most():
    assert RULE.thresholds(1.0, 0.2)[0] == pytest.approx(1.1)
    assert RULE.thresholds(1.0, 0.5) == (1.0, 1.0)
    assert RULE.thresholds(0.9, 0.1) == pytest.approx((0.9 * 1.2, 0.9))


@pytest.mark.parametrize(
    ("build", "where"),
    [
        (lambda: Factors(nmda=-0.1), "Factors.nmda"),
        (lambda: Factors(intensity=float("nan")), "Factors.intensity"),
        (lambda: Factors(threshold=0.0), "Factors.threshold"),
        (lambda: CalciumRule(tau_s=0.0), "CalciumRule.tau_s"),
        (lambda: CalciumRule(theta_p=-1.0), "CalciumRule.theta_p"),
        (lambda: CalciumRule(tau_m_s=0.01), "CalciumRule.tau_m_s"),
    ],
)
def test_nonsense_is_refused_by_name(build, where):
    with pytest.raises(ConfigError, match=where):
        build()
