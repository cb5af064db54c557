"""Efficacy of a synapse under a train of pulses, exact from spike to spike.

Between two contributions calcium only decays, so a synapse spends first a time above both
thresholds, then a time above the lower one, then rests. In each part efficacy relaxes linearly
and its mean and variance have closed forms; a whole session is their composition. The closed form
of Graupner and Brunel (2012) is its limit for efficacy that moves little within one period.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr

from netmod.plasticity.induction.calcium import HIPPOCAMPUS, CalciumRule, Trace, trace_of
from netmod.plasticity.induction.factors import INTACT, Factors
from netmod.plasticity.pulses import PulseTrain

EVENTS = 8192
"""Sessions are padded to a multiple of so many contributions, so that few programs compile."""

STILL = 1e-6
"""Stands for a rate of 0, whose relaxation and variance have the same limits."""

NEWTON = 1
"""Newton steps towards the time of falling below the sliding threshold, from that of holding it.
One leaves an error of 4e-7 in efficacy after continuous bursts, 6e-4 if tau_m were 0.6 s."""


class Outcome(NamedTuple):
    """What a session leaves, each of the shape asked for.

    Attributes
    ----------
    change : ndarray
        New over old mean strength of a population of synapses, minus 1; between
        1/(beta + (1-beta) b) - 1 = -0.56 and b/(beta + (1-beta) b) - 1 = 1.31.
    rho : ndarray
        Noise-free efficacy of one synapse, double-well term included.
    up_s, down_s : ndarray
        Seconds above the thresholds of potentiation and of depression.
    """

    change: np.ndarray
    rho: np.ndarray
    up_s: np.ndarray
    down_s: np.ndarray


def outcome_of(
    train: PulseTrain,
    factors: Factors = INTACT,
    rule: CalciumRule = HIPPOCAMPUS,
    threshold=1.0,
    trkb_shift=0.0,
    start: float = 0.5,
) -> Outcome:
    """Return what a session leaves at a synapse.

    Parameters
    ----------
    train : PulseTrain
        The pulses; each is a presynaptic spike and, 10 ms later, a postsynaptic one.
    factors : Factors
        What drugs, states and the field change.
    rule : CalciumRule
        Constants.
    threshold, trkb_shift : array_like
        Further factors of both thresholds, and shifts of the potentiation threshold, beside those
        in ``factors``; they broadcast.
    start : float
        Efficacy of the single synapse before the session, in [0, 1].

    Returns
    -------
    Outcome
        In the broadcast shape. Where calcium never passes a threshold the change is exactly 0.

    Notes
    -----
    A population starts with a share beta of weak synapses (efficacy 0), the rest strong (1). A
    synapse counts as strong when it ends above the separatrix at 1/2. The double well is left out
    of the population, as in the paper. Noise enters while a threshold is exceeded, twice as much
    variance where both are.
    """
    rule = rule.under(factors)
    theta_p, theta_d = rule.thresholds(
        factors.threshold * np.asarray(threshold), factors.trkb_shift + np.asarray(trkb_shift)
    )
    return outcome_at(trace_of(train, rule), rule, theta_p, theta_d, start)


def outcome_at(
    trace: Trace, rule: CalciumRule, theta_p: np.ndarray, theta_d: np.ndarray, start: float = 0.5
) -> Outcome:
    """Return what a session leaves at given thresholds, as :func:`outcome_of`.

    Parameters
    ----------
    trace : Trace
        Calcium of the session.
    rule : CalciumRule
        All constants but the thresholds.
    theta_p, theta_d : ndarray, same shape
        Thresholds of potentiation (before it slides) and of depression.
    start : float
        Efficacy of the single synapse before the session.
    """
    import jax

    count = trace.gap_s.size
    # the last column drives the double well, see _well
    growth = np.exp(trace.gap_s / (2.0 * rule.tau_s))
    course = np.column_stack([trace.gap_s, trace.calcium, trace.mean, growth])
    course = np.pad(course, ((0, -count % EVENTS), (0, 0)))
    constants = {
        name: getattr(rule, name)
        for name in ("tau_calcium_s", "tau_s", "gamma_d", "gamma_p", "sigma", "tau_m_s", "m_0", "k")
    }
    with jax.enable_x64(True):
        state = _program()(course, count, constants, theta_p.ravel(), theta_d.ravel(), start)
    weak, strong, rho, variance, up_s, down_s = (
        np.asarray(part, dtype=float).reshape(theta_p.shape) for part in state
    )
    return Outcome(_mean_strength(rule, weak, strong, variance), rho, up_s, down_s)


def efficacy_after(
    train: PulseTrain,
    factors: Factors = INTACT,
    rule: CalciumRule = HIPPOCAMPUS,
    start: float = 0.5,
) -> float:
    """Return the noise-free efficacy after a session, double-well term included.

    Parameters are those of :func:`outcome_of`.
    """
    return float(outcome_of(train, factors, rule, start=start).rho)


def synaptic_change(
    train: PulseTrain, factors: Factors = INTACT, rule: CalciumRule = HIPPOCAMPUS
) -> float:
    """Return the relative change of the mean synapse after a session, in [-0.56, 1.31].

    Parameters are those of :func:`outcome_of`.
    """
    return float(outcome_of(train, factors, rule).change)


def _mean_strength(
    rule: CalciumRule, weak: np.ndarray, strong: np.ndarray, variance: np.ndarray
) -> np.ndarray:
    """Return new over old mean strength, minus 1, from the two groups' means and variance."""
    touched = variance > 0.0
    sd = np.sqrt(np.where(touched, variance, 1.0))
    strong_after = rule.beta * ndtr((weak - 0.5) / sd) + (1.0 - rule.beta) * ndtr(
        (strong - 0.5) / sd
    )
    before = rule.beta + (1.0 - rule.beta) * rule.b
    change = (1.0 - strong_after + rule.b * strong_after) / before - 1.0
    return np.where(touched, change, 0.0)


@lru_cache(maxsize=1)
def _program() -> Callable:
    """Compile the walk over all contributions, for a batch of thresholds at once."""
    import jax
    import jax.numpy as jnp

    @jax.jit
    def walk(course, count, constants, theta_p, theta_d, start):
        p = constants
        tau, tau_rho = p["tau_calcium_s"], p["tau_s"]
        share = tau / (tau - p["tau_m_s"])
        both = p["gamma_p"] + p["gamma_d"]

        log_p, log_d = jnp.log(theta_p), jnp.log(theta_d)

        def slide(mean):
            return p["k"] * jnp.maximum(mean - p["m_0"], 0.0)

        def relaxed(state, time, rate, aim, sources):
            weak, strong, rho, variance, up_s, down_s = state
            rate = jnp.maximum(rate, STILL)
            lost = -jnp.expm1(-rate * time / tau_rho)
            noise = sources * p["sigma"] ** 2 / (2.0 * rate)
            return (
                weak + (aim - weak) * lost,
                strong + (aim - strong) * lost,
                rho + (aim - rho) * lost,
                variance + (noise - variance) * lost * (2.0 - lost),
                up_s,
                down_s,
            )

        def step(n, state):
            gap, calcium, mean, growth = course[n]
            log_c = jnp.log(calcium)
            down = jnp.clip(tau * (log_c - log_d), 0.0, gap)
            up = jnp.clip(tau * (log_c - log_p - jnp.log1p(slide(mean))), 0.0, gap)

            def refined(up):
                for _ in range(NEWTON):
                    c = calcium * jnp.exp(-up / tau)
                    m = share * c + (mean - share * calcium) * jnp.exp(-up / p["tau_m_s"])
                    excess = log_c - up / tau - log_p - jnp.log1p(slide(m))
                    climb = jnp.where(m > p["m_0"], p["k"] * (c - m) / p["tau_m_s"], 0.0)
                    up = jnp.clip(up + excess / (1.0 / tau + climb / (1.0 + slide(m))), 0.0, gap)
                return up

            # with all its calcium the average would stay below m_0: the threshold stands still
            slides = mean + calcium * tau / p["tau_m_s"] > p["m_0"]
            up = jax.lax.cond(slides, refined, lambda up: up, up)
            only_up = up > down
            state = relaxed(state, jnp.minimum(up, down), both, p["gamma_p"] / both, 2.0)
            state = relaxed(
                state,
                jnp.abs(up - down),
                jnp.where(only_up, p["gamma_p"], p["gamma_d"]),
                jnp.where(only_up, 1.0, 0.0),
                1.0,
            )
            weak, strong, rho, variance, up_s, down_s = state
            return weak, strong, _well(rho, growth, jnp), variance, up_s + up, down_s + down

        zero = jnp.zeros_like(theta_p)
        state = (zero, zero + 1.0, zero + start, zero, zero, zero)
        return jax.lax.fori_loop(0, count, step, state)

    return walk


def _well(rho, growth, xp):
    """Return efficacy after the double well alone: y' = y (1/4 - y^2) / tau with y = rho - 1/2.

    ``growth`` is exp(t / (2 tau)); the equation is logistic in y^2.
    """
    y = rho - 0.5
    return 0.5 + y * xp.sqrt(growth / (1.0 + 4.0 * y**2 * (growth - 1.0)))
