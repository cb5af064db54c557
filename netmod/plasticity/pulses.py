"""Trains of magnetic pulses: rate, bursts, trains and pauses, exact to the pulse."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Integral

import numpy as np

from netmod.errors import ConfigError


@dataclass(frozen=True)
class PulseTrain:
    """A session's pulses: trains with pauses between them, of single pulses or of bursts.

    Attributes
    ----------
    rate_hz : float
        Pulses per second within a train; with bursts, bursts per second.
    pulses : int
        Number of pulses of the session; the last train may be shorter.
    train_s, pause_s : float
        Length of a train and of the pause after it; an infinite train is continuous stimulation.
    burst : int
        Pulses in a burst; 1 means single pulses.
    burst_hz : float
        Pulses per second within a burst.
    jitter_s : float
        SD of each onset around its time (times are sorted again); 0 is exact.
    seed : int
        Seed of the jitter.

    Raises
    ------
    ConfigError
        If a value is out of range, a burst does not end before the next one begins, or a train
        runs into the next.
    """

    rate_hz: float
    pulses: int
    train_s: float = math.inf
    pause_s: float = 0.0
    burst: int = 1
    burst_hz: float = 50.0
    jitter_s: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        for name, least in (("pulses", 1), ("burst", 1), ("seed", 0)):
            value = getattr(self, name)
            if not isinstance(value, Integral) or isinstance(value, bool) or value < least:
                raise _refusal(name, f"a whole number of at least {least}", value)
        for name in ("rate_hz", "burst_hz"):
            if not 0.0 < getattr(self, name) < math.inf:
                raise _refusal(name, "a finite number above 0, in Hz", getattr(self, name))
        if not self.train_s > 0.0:
            raise _refusal("train_s", "above 0, in s; infinite for continuous", self.train_s)
        for name in ("pause_s", "jitter_s"):
            if not 0.0 <= getattr(self, name) < math.inf:
                raise _refusal(name, "a finite number of at least 0, in s", getattr(self, name))
        if self.burst > 1 and self._burst_s >= 1.0 / self.rate_hz:
            raise ConfigError(
                "a burst does not end before the next one begins",
                where="PulseTrain.burst",
                expected=f"fewer than {self.burst_hz / self.rate_hz + 1:g} pulses a burst",
                got=f"{self.burst} at {self.burst_hz:g} Hz, with {self.rate_hz:g} bursts a second",
                hint="lower the burst rate or raise burst_hz",
            )
        last_s = (self.bursts_a_train - 1) / self.rate_hz + self._burst_s
        if self.trains > 1 and last_s >= self.train_s + self.pause_s:
            raise ConfigError(
                "the last burst of a train runs into the next train",
                where="PulseTrain.pause_s",
                expected=f"a train and pause longer than {last_s:g} s together",
                got=f"{self.train_s + self.pause_s:g} s",
            )

    @property
    def _burst_s(self) -> float:
        return (self.burst - 1) / self.burst_hz

    @property
    def bursts_a_train(self) -> int:
        """Bursts (or single pulses) that begin within one train."""
        whole = -(-self.pulses // self.burst)
        if math.isinf(self.train_s):
            return whole
        # a train of 4 s at 10 Hz has 40 pulses: the one at 4 s belongs to the pause
        return min(whole, max(1, math.ceil(self.train_s * self.rate_hz - 1e-9)))

    @property
    def trains(self) -> int:
        """Number of trains; the last may be shorter."""
        return -(-self.pulses // (self.burst * self.bursts_a_train))

    def times_s(self) -> np.ndarray:
        """Return the onset of every pulse in s, increasing, shape (pulse,)."""
        k = np.arange(self.pulses)
        burst, within = np.divmod(k, self.burst)
        train, place = np.divmod(burst, self.bursts_a_train)
        period = 0.0 if math.isinf(self.train_s) else self.train_s + self.pause_s
        times = train * period + place / self.rate_hz + within / self.burst_hz
        if self.jitter_s > 0.0:
            shifts = np.random.default_rng(self.seed).standard_normal(self.pulses)
            times = np.sort(np.maximum(times + self.jitter_s * shifts, 0.0))
        return times

    @property
    def duration_s(self) -> float:
        """Time of the last pulse in s."""
        return float(self.times_s()[-1])


def _refusal(name: str, expected: str, got: object) -> ConfigError:
    return ConfigError(
        f"{name} is out of range", where=f"PulseTrain.{name}", expected=expected, got=repr(got)
    )
