"""Graupner-Brunel calcium rule: its constants, and the calcium of a train of pulses.

Graupner M, Brunel N (2012), PNAS 109:3991, doi:10.1073/pnas.1109359109; hippocampal-slice
constants, which separate 1 Hz from 10 Hz (the cortical-slice set does not). The published rule
gives long-term potentiation for intermittent and continuous theta bursts alike; a potentiation
threshold that slides with the calcium of the last seconds (proposal) separates them:

    theta_p(t) = theta_p (1 + k [m - m_0]_+),    tau_m dm/dt = c - m
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from netmod.errors import ConfigError
from netmod.plasticity.induction.factors import Factors
from netmod.plasticity.pulses import PulseTrain

PAIRING_S = 0.010
"""From a magnetic pulse, which makes the presynaptic spike, to the postsynaptic one (proposal)."""

REST = 10.0
"""The session ends so many calcium time constants after its last spike."""


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
    tau_m_s, m_0, k : float
        Sliding potentiation threshold (proposal): time constant of the calcium average, the
        average above which the threshold rises, and its gain; a gain of 0 fixes the threshold.

    Raises
    ------
    ConfigError
        If a time constant or threshold is not above 0, or the threshold slides faster than
        calcium decays.
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
    tau_m_s: float = 5.0
    m_0: float = 0.65
    k: float = 5.0

    def __post_init__(self) -> None:
        for name in ("tau_calcium_s", "tau_s", "theta_d", "theta_p", "gamma_d"):
            if not 0.0 < getattr(self, name) < math.inf:
                raise ConfigError(
                    f"{name} is out of range",
                    where=f"CalciumRule.{name}",
                    expected="a finite number above 0",
                    got=repr(getattr(self, name)),
                )
        if not self.tau_m_s > self.tau_calcium_s:
            raise ConfigError(
                "the threshold slides faster than calcium decays",
                where="CalciumRule.tau_m_s",
                expected=f"above tau_calcium_s = {self.tau_calcium_s:g} s",
                got=repr(self.tau_m_s),
            )

    def frozen(self) -> CalciumRule:
        """Return the rule with a fixed potentiation threshold, as published."""
        return replace(self, k=0.0)

    def under(self, factors: Factors) -> CalciumRule:
        """Return the rule with the amplitudes and the rate of potentiation that factors leave."""
        return replace(
            self,
            c_pre=self.c_pre * factors.intensity * factors.pre * factors.nmda,
            c_post=self.c_post * factors.intensity * factors.post,
            gamma_p=self.gamma_p * factors.potentiation,
        )

    def thresholds(self, threshold, trkb_shift) -> tuple[np.ndarray, np.ndarray]:
        """Return the thresholds of potentiation and of depression.

        Parameters
        ----------
        threshold : array_like
            Factor of both thresholds.
        trkb_shift : array_like
            Lowers the potentiation threshold, never below that of depression.

        Returns
        -------
        theta_p, theta_d : ndarray
            In the broadcast shape, relative to the calcium of one presynaptic spike.
        """
        threshold, trkb_shift = np.broadcast_arrays(
            np.asarray(threshold, dtype=float), np.asarray(trkb_shift, dtype=float)
        )
        lowest = min(self.theta_d, self.theta_p)
        return threshold * np.maximum(self.theta_p - trkb_shift, lowest), threshold * self.theta_d


HIPPOCAMPUS = CalciumRule()
"""Constants of the hippocampal slice, with the sliding threshold."""


class Trace(NamedTuple):
    """Calcium just after each spike's contribution; it decays until the next.

    Attributes
    ----------
    gap_s : ndarray, shape (event,)
        Time until the next contribution; after the last, until calcium is gone.
    calcium : ndarray, shape (event,)
        Just after the contribution.
    mean : ndarray, shape (event,)
        Slow average m of calcium at that time.
    """

    gap_s: np.ndarray
    calcium: np.ndarray
    mean: np.ndarray


def contributions(train: PulseTrain, rule: CalciumRule) -> tuple[np.ndarray, np.ndarray]:
    """Return arrival times in s, increasing, and sizes of all calcium contributions.

    Each pulse makes a presynaptic spike, whose calcium arrives after the delay, and a
    postsynaptic spike 10 ms later.

    Returns
    -------
    times_s, sizes : ndarray, shape (2 * pulse,)
    """
    onsets = train.times_s()
    times = np.concatenate([onsets + rule.delay_s, onsets + PAIRING_S])
    sizes = np.repeat([rule.c_pre, rule.c_post], onsets.size)
    order = np.argsort(times, kind="stable")
    return times[order], sizes[order]


def trace_of(train: PulseTrain, rule: CalciumRule) -> Trace:
    """Return calcium and its slow average at every contribution, exact.

    Both are linear between contributions: c decays with tau_calcium and m follows
    (m - h c) exp(-t / tau_m) + h c exp(-t / tau_calcium), h = tau_calcium / (tau_calcium - tau_m).
    """
    times, sizes = contributions(train, rule)
    gaps = np.append(np.diff(times), REST * rule.tau_calcium_s)
    fast = np.exp(-gaps / rule.tau_calcium_s).tolist()
    slow = np.exp(-gaps / rule.tau_m_s).tolist()
    share = rule.tau_calcium_s / (rule.tau_calcium_s - rule.tau_m_s)
    calcium = mean = 0.0
    course = []
    for size, f, s in zip(sizes.tolist(), fast, slow, strict=True):
        calcium += size
        course.append((calcium, mean))
        mean = (mean - share * calcium) * s + share * calcium * f
        calcium *= f
    at = np.array(course)
    return Trace(gaps, at[:, 0], at[:, 1])
