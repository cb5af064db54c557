"""Jansen-Rit model of a cortical column: alpha rhythm and evoked potentials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

from netmod.models.declaration import Parameter
from netmod.models.model import Model, noise
from netmod.models.transfer import sigmoid_rate

_JR = "Jansen and Rit 1995, doi:10.1007/BF00199471"


class JansenRit(Model):
    r"""Jansen-Rit cortical column: pyramidal cells with excitatory and inhibitory interneurons.

    .. math::

        \dot y_0 &= y_3, \quad \dot y_3 = A a S(y_1 - y_2) - 2 a y_3 - a^2 y_0\\
        \dot y_1 &= y_4, \quad
        \dot y_4 = A a [p + C_2 S(C_1 y_0) + G \sum_j C_{ij} S(y_{1j} - y_{2j})]
                   - 2 a y_4 - a^2 y_1\\
        \dot y_2 &= y_5, \quad \dot y_5 = B b C_4 S(C_3 y_0) - 2 b y_5 - b^2 y_2\\
        S(v) &= 2 e_0 / (1 + e^{r (v_0 - v)}), \quad C_k = \alpha_k C

    ``y_0, y_1, y_2`` are postsynaptic potentials in mV and ``y_3, y_4, y_5`` their derivatives in
    mV/s. Regions send the pyramidal rate ``rate`` = S(y1 - y2) in 1/s; the pyramidal potential
    ``potential`` = y1 - y2 in mV is the EEG-like signal. The stimulus is an input rate in 1/s
    added to ``p``. At the default ``p`` a region oscillates near 10.9 Hz.

    References
    ----------
    Jansen BH, Rit VG (1995). Electroencephalogram and visual evoked potential generation in a
    mathematical model of coupled cortical columns. Biol Cybern 73:357.

    Grimbert F, Faugeras O (2006). Bifurcation analysis of Jansen's neural mass model.
    Neural Comput 18:3052. doi:10.1162/neco.2006.18.12.3052.
    """

    name: ClassVar[str] = "jansen_rit"
    states: ClassVar[tuple[str, ...]] = ("y0", "y1", "y2", "y3", "y4", "y5")
    coupling_inputs: ClassVar[tuple[str, ...]] = ("to_excitatory",)
    transmitted: ClassVar[tuple[str, ...]] = ("rate",)
    noise_on: ClassVar[tuple[str, ...]] = ("y4",)
    observed: ClassVar[str] = "potential"
    drive_gain: ClassVar[float] = 0.1
    drive_rest: ClassVar[float] = 7.5
    start: ClassVar[tuple[float, ...]] = (0.11389, 24.608, 17.088, 0.0, 0.0, 0.0)
    stimulus: ClassVar[str] = "input rate added to p, 1/s"
    parameters: ClassVar[Mapping[str, Parameter]] = MappingProxyType(
        {
            "G": Parameter(10.0, "1", 0.0, 1000.0, "Global coupling of rates", "proposal"),
            "A": Parameter(3.25, "mV", 0.0, 20.0, "Excitatory synaptic gain", _JR),
            "B": Parameter(22.0, "mV", 0.0, 110.0, "Inhibitory synaptic gain", _JR),
            "a": Parameter(100.0, "1/s", 10.0, 500.0, "Excitatory synaptic rate", _JR),
            "b": Parameter(50.0, "1/s", 5.0, 500.0, "Inhibitory synaptic rate", _JR),
            "e0": Parameter(2.5, "1/s", 0.1, 50.0, "Half the largest firing rate", _JR),
            "v0": Parameter(6.0, "mV", 0.0, 20.0, "Potential of half the largest rate", _JR),
            "r": Parameter(0.56, "1/mV", 0.05, 5.0, "Steepness of the sigmoid", _JR),
            "C": Parameter(135.0, "1", 0.0, 1350.0, "Synaptic contacts", _JR),
            "alpha_1": Parameter(1.0, "1", 0.0, 2.0, "Pyramidal to excitatory share of C", _JR),
            "alpha_2": Parameter(0.8, "1", 0.0, 2.0, "Excitatory to pyramidal share of C", _JR),
            "alpha_3": Parameter(0.25, "1", 0.0, 2.0, "Pyramidal to inhibitory share of C", _JR),
            "alpha_4": Parameter(0.25, "1", 0.0, 2.0, "Inhibitory to pyramidal share of C", _JR),
            "p": Parameter(
                220.0,
                "1/s",
                -100.0,
                1000.0,
                "Input rate from elsewhere",
                f"mean of the uniform 120 to 320 of {_JR}",
            ),
            # A a s, with s = 57.7 sqrt(0.001): that uniform input drawn anew every ms
            **noise(590.0, "mV/s/sqrt(s)", "proposal", high=1e6),
        }
    )

    def drift(
        self,
        state: Sequence[Any],
        parameters: Mapping[str, Any],
        coupling: Sequence[Any],
        stimulus: Any = 0.0,
    ) -> tuple[Any, ...]:
        """Return the derivatives of y0 to y5, in mV/s and mV/s2; the stimulus is in 1/s."""
        y0, y1, y2, y3, y4, y5 = state
        (to_E,) = coupling
        p = parameters
        A, B, a, b, C = p["A"], p["B"], p["a"], p["b"], p["C"]
        excited = p["alpha_2"] * C * _rate(p["alpha_1"] * C * y0, p)
        inhibited = p["alpha_4"] * C * _rate(p["alpha_3"] * C * y0, p)
        d3 = A * a * _rate(y1 - y2, p) - 2.0 * a * y3 - a * a * y0
        d4 = A * a * (p["p"] + excited + p["G"] * to_E + stimulus) - 2.0 * a * y4 - a * a * y1
        d5 = B * b * inhibited - 2.0 * b * y5 - b * b * y2
        return y3, y4, y5, d3, d4, d5

    def signal(self, name: str, state: Sequence[Any], parameters: Mapping[str, Any]) -> Any:
        """Return a state, the pyramidal ``potential`` in mV or the pyramidal ``rate`` in 1/s."""
        if name == "potential":
            return state[1] - state[2]
        if name == "rate":
            return _rate(state[1] - state[2], parameters)
        return super().signal(name, state, parameters)

    def rate_hz(
        self,
        state: Sequence[Any],
        parameters: Mapping[str, Any],
        coupling: Sequence[Any],
        stimulus: Any = 0.0,
    ) -> Any:
        """Return the pyramidal firing rate S(y1 - y2) in Hz."""
        return self.signal("rate", state, parameters)

    def leak(self, parameters: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return the damping of the derivatives, 2a and 2b, in 1/s."""
        a, b = parameters["a"], parameters["b"]
        return 0.0, 0.0, 0.0, 2.0 * a, 2.0 * a, 2.0 * b

    def time_constants(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return the synaptic time constants 1/a and 1/b in s."""
        return {"1/a": 1.0 / parameters["a"], "1/b": 1.0 / parameters["b"]}


def _rate(v: Any, p: Mapping[str, Any]) -> Any:
    return sigmoid_rate(v, p["e0"], p["v0"], p["r"])
