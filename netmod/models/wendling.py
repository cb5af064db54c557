"""Wendling model: Jansen-Rit with fast somatic inhibition, from background to seizure rhythms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

from netmod.models.declaration import Parameter
from netmod.models.jansen_rit import JansenRit
from netmod.models.model import Model, noise
from netmod.models.transfer import sigmoid_rate

_WENDLING = "Wendling et al. 2002, doi:10.1046/j.1460-9568.2002.01985.x (recalled)"


class Wendling(Model):
    r"""Wendling column: Jansen-Rit with slow dendritic and fast somatic inhibition.

    .. math::

        \dot y_0 &= y_5, \quad \dot y_5 = A a S(v) - 2 a y_5 - a^2 y_0\\
        \dot y_1 &= y_6, \quad
        \dot y_6 = A a [p + C_2 S(C_1 y_0) + G \sum_j C_{ij} S(v_j)] - 2 a y_6 - a^2 y_1\\
        \dot y_2 &= y_7, \quad \dot y_7 = B b C_4 S(C_3 y_0) - 2 b y_7 - b^2 y_2\\
        \dot y_3 &= y_8, \quad
        \dot y_8 = G_f g C_7 S(C_5 y_0 - C_6 y_4) - 2 g y_8 - g^2 y_3\\
        \dot y_4 &= y_9, \quad \dot y_9 = B b S(C_3 y_0) - 2 b y_9 - b^2 y_4\\
        v &= y_1 - y_2 - y_3, \quad S(v) = 2 e_0 / (1 + e^{r (v_0 - v)}),
        \quad C_k = \alpha_k C

    ``y_0`` to ``y_4`` are postsynaptic potentials in mV, ``y_5`` to ``y_9`` their derivatives in
    mV/s. The published gain G of fast inhibition is ``G_fast`` here, for ``G`` is the global
    coupling. Regions send ``rate`` = S(v) in 1/s; ``potential`` = v in mV is the EEG-like signal.
    The stimulus is an input rate in 1/s added to ``p``. With ``G_fast`` 0 the column is
    Jansen and Rit's. ``ACTIVITY_TYPES`` holds the published gains of its six rhythms.

    References
    ----------
    Wendling F, Bartolomei F, Bellanger JJ, Chauvel P (2002). Epileptic fast activity can be
    explained by a model of impaired GABAergic dendritic inhibition. Eur J Neurosci 15:1499.
    doi:10.1046/j.1460-9568.2002.01985.x
    """

    name: ClassVar[str] = "wendling"
    states: ClassVar[tuple[str, ...]] = tuple(f"y{i}" for i in range(10))
    coupling_inputs: ClassVar[tuple[str, ...]] = ("to_excitatory",)
    transmitted: ClassVar[tuple[str, ...]] = ("rate",)
    noise_on: ClassVar[tuple[str, ...]] = ("y6",)
    observed: ClassVar[str] = "potential"
    drive_gain: ClassVar[float] = 0.5
    drive_rest: ClassVar[float] = -0.6
    start: ClassVar[tuple[float, ...]] = (0.0061, 5.913, 6.335, 0.155, 0.1877) + (0.0,) * 5
    stimulus: ClassVar[str] = "input rate added to p, 1/s"
    parameters: ClassVar[Mapping[str, Parameter]] = MappingProxyType(
        {
            **{k: JansenRit.parameters[k] for k in ("G", "a", "b", "e0", "v0", "r", "C")},
            **{f"alpha_{k}": JansenRit.parameters[f"alpha_{k}"] for k in (1, 2, 3, 4)},
            "A": Parameter(5.0, "mV", 0.0, 20.0, "Excitatory synaptic gain", _WENDLING),
            "B": Parameter(50.0, "mV", 0.0, 110.0, "Slow inhibitory synaptic gain", _WENDLING),
            "G_fast": Parameter(15.0, "mV", 0.0, 110.0, "Fast inhibitory gain", _WENDLING),
            "g": Parameter(500.0, "1/s", 50.0, 2000.0, "Fast inhibitory rate", _WENDLING),
            "alpha_5": Parameter(0.3, "1", 0.0, 2.0, "Pyramidal to fast share of C", _WENDLING),
            "alpha_6": Parameter(0.1, "1", 0.0, 2.0, "Slow to fast share of C", _WENDLING),
            "alpha_7": Parameter(0.8, "1", 0.0, 2.0, "Fast to pyramidal share of C", _WENDLING),
            "p": Parameter(90.0, "1/s", -100.0, 1000.0, "Input rate from elsewhere", _WENDLING),
            # A a s, with s = 30 sqrt(0.001): input of sd 30 per s drawn anew every ms
            **noise(470.0, "mV/s/sqrt(s)", "proposal", high=1e6),
        }
    )

    def drift(
        self,
        state: Sequence[Any],
        parameters: Mapping[str, Any],
        coupling: Sequence[Any],
        stimulus: Any = 0.0,
    ) -> tuple[Any, ...]:
        """Return the derivatives of y0 to y9, in mV/s and mV/s2; the stimulus is in 1/s."""
        y0, y1, y2, y3, y4, y5, y6, y7, y8, y9 = state
        (to_E,) = coupling
        p = parameters
        A, B, F, a, b, g, C = p["A"], p["B"], p["G_fast"], p["a"], p["b"], p["g"], p["C"]
        excited = p["alpha_2"] * C * _rate(p["alpha_1"] * C * y0, p)
        slow = _rate(p["alpha_3"] * C * y0, p)
        fast = p["alpha_7"] * C * _rate(p["alpha_5"] * C * y0 - p["alpha_6"] * C * y4, p)
        d5 = A * a * _rate(y1 - y2 - y3, p) - 2.0 * a * y5 - a * a * y0
        d6 = A * a * (p["p"] + excited + p["G"] * to_E + stimulus) - 2.0 * a * y6 - a * a * y1
        d7 = B * b * (p["alpha_4"] * C * slow) - 2.0 * b * y7 - b * b * y2
        d8 = F * g * fast - 2.0 * g * y8 - g * g * y3
        d9 = B * b * slow - 2.0 * b * y9 - b * b * y4
        return y5, y6, y7, y8, y9, d5, d6, d7, d8, d9

    def signal(self, name: str, state: Sequence[Any], parameters: Mapping[str, Any]) -> Any:
        """Return a state, the pyramidal ``potential`` in mV or the pyramidal ``rate`` in 1/s."""
        if name == "potential":
            return state[1] - state[2] - state[3]
        if name == "rate":
            return _rate(state[1] - state[2] - state[3], parameters)
        return super().signal(name, state, parameters)

    def rate_hz(
        self,
        state: Sequence[Any],
        parameters: Mapping[str, Any],
        coupling: Sequence[Any],
        stimulus: Any = 0.0,
    ) -> Any:
        """Return the pyramidal firing rate S(y1 - y2 - y3) in Hz."""
        return self.signal("rate", state, parameters)

    def leak(self, parameters: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return the damping of the derivatives, 2a, 2b and 2g, in 1/s."""
        a, b, g = (2.0 * parameters[k] for k in "abg")
        return 0.0, 0.0, 0.0, 0.0, 0.0, a, a, b, g, b

    def time_constants(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return the synaptic time constants 1/a, 1/b and 1/g in s."""
        return {f"1/{k}": 1.0 / parameters[k] for k in "abg"}


ACTIVITY_TYPES: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "background": MappingProxyType({"A": 5.0, "B": 50.0, "G_fast": 15.0}),
        "sporadic_spikes": MappingProxyType({"A": 5.0, "B": 40.0, "G_fast": 15.0}),
        "sustained_spikes": MappingProxyType({"A": 5.0, "B": 25.0, "G_fast": 15.0}),
        "slow_rhythm": MappingProxyType({"A": 5.0, "B": 10.0, "G_fast": 15.0}),
        "fast_activity": MappingProxyType({"A": 5.0, "B": 5.0, "G_fast": 25.0}),
        "quasi_sinusoidal": MappingProxyType({"A": 5.0, "B": 15.0, "G_fast": 0.0}),
    }
)
"""Synaptic gains in mV of the six types of activity (Wendling et al. 2002, recalled)."""


def _rate(v: Any, p: Mapping[str, Any]) -> Any:
    return sigmoid_rate(v, p["e0"], p["v0"], p["r"])
