"""Graupner-Brunel calcium rule: from a train of pulses to the change of a synapse.

Graupner M, Brunel N (2012), PNAS 109:3991, doi:10.1073/pnas.1109359109; hippocampal-slice
constants, which separate 1 Hz from 10 Hz (the cortical-slice set does not).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import erf, exp, log, sqrt

from netmod.plasticity.events import Phase

PAIRING_S = 0.010
"""From the presynaptic spike of a magnetic pulse to the postsynaptic one (proposal)."""


@dataclass(frozen=True)
class CalciumRule:
    """Constants of the rule (hippocampal slice).

    Attributes
    ----------
    tau_calcium_s, delay_s : float
        Decay of calcium; delay of the presynaptic contribution.
    c_pre, c_post : float
        Calcium of one spike, relative to the depression threshold.
    theta_d, theta_p : float
        Thresholds of depression and potentiation.
    gamma_d, gamma_p : float
        Rates of depression and potentiation.
    sigma : float
        Noise while a threshold is exceeded.
    tau_s : float
        Time constant of efficacy.
    beta, b : float
        Fraction of synapses that start weak; strength of a strong over a weak synapse.
    """

    tau_calcium_s: float = 0.0488373
    delay_s: float = 0.0188008
    c_pre: float = 1.0
    c_post: float = 0.275865
    theta_d: float = 1.0
    theta_p: float = 1.3
    gamma_d: float = 313.0965
    gamma_p: float = 1645.59
    sigma: float = 9.1844
    tau_s: float = 688.355
    beta: float = 0.7
    b: float = 5.28145

    def scaled(self, amplitude: float = 1.0, nmda: float = 1.0) -> CalciumRule:
        """Return the rule with all calcium scaled, and the NMDA-borne presynaptic part again."""
        return replace(self, c_pre=self.c_pre * amplitude * nmda, c_post=self.c_post * amplitude)


def time_above(rule: CalciumRule, phases: Sequence[Phase]) -> list[tuple[float, float, float]]:
    """Return (duration, time above theta_p, time above theta_d) of each phase, all in s.

    Calcium decays exponentially between spikes, so each crossing time is exact; it carries over
    from one phase to the next.
    """
    calcium = 0.0
    result = []
    late: list[tuple[float, float]] = []  # arrivals that fall into the next phase
    for phase in phases:
        arrivals = sorted([*late, *_arrivals(rule, phase)])
        late = [(t - phase.duration_s, c) for t, c in arrivals if t >= phase.duration_s]
        above_p = above_d = now = 0.0
        for time, jump in [*(a for a in arrivals if a[0] < phase.duration_s), (None, 0.0)]:
            until = phase.duration_s if time is None else time
            gap = until - now
            above_p += _time_over(calcium, rule.theta_p, rule.tau_calcium_s, gap)
            above_d += _time_over(calcium, rule.theta_d, rule.tau_calcium_s, gap)
            calcium = calcium * exp(-gap / rule.tau_calcium_s) + jump
            now = until
        result.append((phase.duration_s, above_p, above_d))
    return result


def _arrivals(rule: CalciumRule, phase: Phase) -> list[tuple[float, float]]:
    if phase.rate_hz <= 0.0:
        return []
    count = round(phase.rate_hz * phase.duration_s)
    onsets = [k / phase.rate_hz for k in range(count)]
    pre = [(t + rule.delay_s, rule.c_pre) for t in onsets]
    post = [(t + PAIRING_S, rule.c_post) for t in onsets]
    return pre + post


def _time_over(calcium: float, threshold: float, tau: float, gap: float) -> float:
    return min(gap, tau * log(calcium / threshold)) if calcium > threshold else 0.0


def efficacy_after(
    rule: CalciumRule, phases: Sequence[Phase], start: float = 0.5, step_s: float = 0.5
) -> float:
    """Return the noise-free efficacy rho after the phases, double-well term included.

    Parameters
    ----------
    rule : CalciumRule
        Constants.
    phases : sequence of Phase
        Activation.
    start : float
        Initial efficacy in [0, 1].
    step_s : float
        Step over which the slow double-well term is split from the calcium terms.
    """
    rho = start
    for duration, above_p, above_d in time_above(rule, phases):
        steps = max(1, round(duration / step_s))
        dt = duration / steps
        up = rule.gamma_p * above_p / duration
        down = rule.gamma_d * above_d / duration
        total = up + down
        for _ in range(steps):
            if total > 0.0:
                aim = up / total
                rho = aim + (rho - aim) * exp(-total * dt / rule.tau_s)
            rho += -rho * (1.0 - rho) * (0.5 - rho) * dt / rule.tau_s
    return rho


@lru_cache(maxsize=256)
def synaptic_change(rule: CalciumRule, phases: tuple[Phase, ...], repeats: int = 1) -> float:
    """Return the relative change of the mean synapse, as in the paper's closed form.

    Each phase moves the mean efficacy and its variance towards their stationary values; a synapse
    counts as strong when it ends above the separatrix at 1/2. Phase by phase this composes
    exactly, since within a phase both are linear (the slow double well is left out, as there).

    Parameters
    ----------
    rule : CalciumRule
        Constants.
    phases : tuple of Phase
        One block.
    repeats : int
        Number of blocks; calcium carries over from each to the next, as from the first to the
        second.

    Returns
    -------
    float
        New over old mean strength, minus 1: between 1/(beta + (1-beta) b) - 1 = -0.56 and +1.31.
    """
    once = time_above(rule, phases)
    again = time_above(rule, (*phases, *phases))[len(phases) :] if repeats > 1 else once
    weak, strong, spread = 0.0, 1.0, 0.0
    for block in range(repeats):
        for _, above_p, above_d in again if block else once:
            up, down = rule.gamma_p * above_p, rule.gamma_d * above_d
            total = up + down
            if total == 0.0:
                continue
            decay = exp(-total / rule.tau_s)
            aim = up / total
            weak = aim + (weak - aim) * decay
            strong = aim + (strong - aim) * decay
            noise = rule.sigma**2 * (above_p + above_d) / (2.0 * total)
            spread = spread * decay**2 + noise * (1.0 - decay**2)
    if spread == 0.0:
        return 0.0

    def goes_up(mean: float) -> float:
        return 0.5 * (1.0 + erf((mean - 0.5) / sqrt(2.0 * spread)))

    up, stays = goes_up(weak), goes_up(strong)
    strong_after = rule.beta * up + (1.0 - rule.beta) * stays
    before = rule.beta + (1.0 - rule.beta) * rule.b
    return ((1.0 - strong_after) + rule.b * strong_after) / before - 1.0
