"""Larter-Breakspear model: conductances, feedback inhibition and chaos (Breakspear 2003)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

from netmod.models.declaration import Parameter
from netmod.models.model import Model, noise

_BREAKSPEAR = (
    "Breakspear et al. 2003, doi:10.1088/0954-898X_14_4_305 (values as in tvb-library 2.10)"
)


class LarterBreakspear(Model):
    r"""Larter-Breakspear conductance model: pyramidal cells, potassium and feedback inhibition.

    .. math::

        T\, \dot V_i &= -\big(g_{Ca} + r_{NMDA} a_{ee} E_i\big) m_{Ca} (V_i - V_{Ca})
            - g_K W_i (V_i - V_K) - g_L (V_i - V_L)\\
            &\quad - \big(g_{Na} m_{Na} + a_{ee} E_i\big) (V_i - V_{Na})
            - a_{ie} Z_i Q_Z + a_{ne} (I_i + u_i)\\
        T\, \dot W_i &= \phi (m_K - W_i)/\tau_K\\
        T\, \dot Z_i &= b \big(a_{ni} (I_i + u_i) + a_{ei} V_i Q_V\big)\\
        E_i &= (1 - C) Q_V + C G \textstyle\sum_j C_{ij} Q_{V,j}

    with :math:`m_{ion} = \frac12 (1 + \tanh((V - T_{ion})/\delta_{ion}))`,
    :math:`Q_V = \frac12 Q_{V,max} (1 + \tanh((V - V_T)/\delta_V))` and
    :math:`Q_Z = \frac12 Q_{Z,max} (1 + \tanh((Z - Z_T)/\delta_Z))`. ``C`` shares the excitation out
    between the region itself and the others; ``G`` scales the latter. What is transmitted is the
    mean firing ``Q_V``, a fraction of its maximum and not a rate in Hz. The stimulus is a
    subcortical current of the unit of ``I``, which reaches both populations. All quantities are
    dimensionless; time is ms (``time_unit`` :math:`T`). An isolated region with ``C = 0``,
    ``g_Ca = 1``, ``a_ee = 0.36`` and ``d_Z = d_V`` rests at ``d_V = 0.54``, cycles at 0.6 and is
    chaotic at 0.65.

    References
    ----------
    Larter R, Speelman B, Worth RM (1999). A coupled ordinary differential equation lattice model
    for the simulation of epileptic seizures. Chaos 9:795, doi:10.1063/1.166453.
    Breakspear M, Terry JR, Friston KJ (2003). Modulation of excitatory synaptic coupling
    facilitates synchronization and complex dynamics in a biophysical model of neuronal dynamics.
    Network 14:703, doi:10.1088/0954-898X_14_4_305.
    """

    name: ClassVar[str] = "larter_breakspear"
    states: ClassVar[tuple[str, ...]] = ("V", "W", "Z")
    coupling_inputs: ClassVar[tuple[str, ...]] = ("to_V",)
    transmitted: ClassVar[tuple[str, ...]] = ("Q_V",)
    noise_on: ClassVar[tuple[str, ...]] = ("V", "Z")
    observed: ClassVar[str] = "Q_V"
    drive_gain: ClassVar[float] = 4.0
    drive_rest: ClassVar[float] = 0.35
    start: ClassVar[tuple[float, ...]] = (-0.15738, 0.25938, 0.09926)
    stimulus: ClassVar[str] = "current added to I, on both populations, dimensionless"
    parameters: ClassVar[Mapping[str, Parameter]] = MappingProxyType(
        {
            "G": Parameter(1.0, "1", 0.0, 100.0, "Global coupling of long-range input", "proposal"),
            "C": Parameter(0.1, "1", 0.0, 1.0, "Share of long-range excitation", _BREAKSPEAR),
            "g_Ca": Parameter(1.1, "1", 0.0, 5.0, "Calcium conductance", _BREAKSPEAR),
            "g_K": Parameter(2.0, "1", 0.0, 5.0, "Potassium conductance", _BREAKSPEAR),
            "g_L": Parameter(0.5, "1", 0.0, 5.0, "Leak conductance", _BREAKSPEAR),
            "g_Na": Parameter(6.7, "1", 0.0, 10.0, "Sodium conductance", _BREAKSPEAR),
            "V_Ca": Parameter(1.0, "1", 0.5, 1.5, "Calcium reversal potential", _BREAKSPEAR),
            "V_K": Parameter(-0.7, "1", -1.0, 1.0, "Potassium reversal potential", _BREAKSPEAR),
            "V_L": Parameter(-0.5, "1", -1.0, 0.0, "Leak reversal potential", _BREAKSPEAR),
            "V_Na": Parameter(0.53, "1", 0.3, 0.8, "Sodium reversal potential", _BREAKSPEAR),
            "T_Ca": Parameter(-0.01, "1", -0.5, 0.5, "Calcium threshold", _BREAKSPEAR),
            "T_K": Parameter(0.0, "1", -0.5, 0.5, "Potassium threshold", _BREAKSPEAR),
            "T_Na": Parameter(0.3, "1", -0.5, 0.8, "Sodium threshold", _BREAKSPEAR),
            "d_Ca": Parameter(0.15, "1", 0.05, 0.5, "Spread of the calcium threshold", _BREAKSPEAR),
            "d_K": Parameter(0.3, "1", 0.05, 0.5, "Spread of the potassium threshold", _BREAKSPEAR),
            "d_Na": Parameter(0.15, "1", 0.05, 0.5, "Spread of the sodium threshold", _BREAKSPEAR),
            "phi": Parameter(0.7, "1", 0.01, 2.0, "Temperature factor of potassium", _BREAKSPEAR),
            "tau_K": Parameter(1.0, "1", 0.5, 10.0, "Potassium relaxation time", _BREAKSPEAR),
            "b": Parameter(0.1, "1", 1e-4, 1.0, "Speed of inhibition", _BREAKSPEAR),
            "a_ee": Parameter(0.4, "1", 0.0, 2.0, "Excitatory to excitatory", _BREAKSPEAR),
            "a_ei": Parameter(2.0, "1", 0.0, 5.0, "Excitatory to inhibitory", _BREAKSPEAR),
            "a_ie": Parameter(2.0, "1", 0.0, 5.0, "Inhibitory to excitatory", _BREAKSPEAR),
            "a_ne": Parameter(1.0, "1", 0.0, 2.0, "Current to excitatory", _BREAKSPEAR),
            "a_ni": Parameter(0.4, "1", 0.0, 2.0, "Current to inhibitory", _BREAKSPEAR),
            "r_NMDA": Parameter(0.25, "1", 0.0, 1.0, "Ratio of NMDA to AMPA", _BREAKSPEAR),
            "I": Parameter(0.3, "1", 0.0, 1.0, "Subcortical current", _BREAKSPEAR),
            "V_T": Parameter(0.0, "1", -0.5, 0.7, "Firing threshold, excitatory", _BREAKSPEAR),
            "d_V": Parameter(0.65, "1", 0.05, 1.0, "Spread of that threshold", _BREAKSPEAR),
            "Z_T": Parameter(0.0, "1", -0.5, 0.5, "Firing threshold, inhibitory", _BREAKSPEAR),
            "d_Z": Parameter(0.7, "1", 0.05, 1.0, "Spread of that threshold", _BREAKSPEAR),
            "Q_V_max": Parameter(1.0, "1", 0.1, 1.0, "Largest firing, excitatory", _BREAKSPEAR),
            "Q_Z_max": Parameter(1.0, "1", 0.1, 1.0, "Largest firing, inhibitory", _BREAKSPEAR),
            "time_unit": Parameter(
                0.001, "s", 1e-5, 10.0, "Seconds in a published unit of time", _BREAKSPEAR
            ),
            **noise(0.05, "1/sqrt(s)", "proposal"),
        }
    )

    def drift(
        self,
        state: Sequence[Any],
        parameters: Mapping[str, Any],
        coupling: Sequence[Any],
        stimulus: Any = 0.0,
    ) -> tuple[Any, ...]:
        """Return (dV/dt, dW/dt, dZ/dt) in 1/s; the stimulus is a current of the unit of I."""
        V, W, Z = state
        p = parameters
        m_Ca, m_K, m_Na = (_gate(V, p[f"T_{ion}"], p[f"d_{ion}"]) for ion in ("Ca", "K", "Na"))
        Q_V = p["Q_V_max"] * _gate(V, p["V_T"], p["d_V"])
        Q_Z = p["Q_Z_max"] * _gate(Z, p["Z_T"], p["d_Z"])
        excitation = p["a_ee"] * ((1.0 - p["C"]) * Q_V + p["C"] * p["G"] * coupling[0])
        current = p["I"] + stimulus
        dV = (
            -(p["g_Ca"] + p["r_NMDA"] * excitation) * m_Ca * (V - p["V_Ca"])
            - p["g_K"] * W * (V - p["V_K"])
            - p["g_L"] * (V - p["V_L"])
            - (p["g_Na"] * m_Na + excitation) * (V - p["V_Na"])
            - p["a_ie"] * Z * Q_Z
            + p["a_ne"] * current
        )
        dW = p["phi"] * (m_K - W) / p["tau_K"]
        dZ = p["b"] * (p["a_ni"] * current + p["a_ei"] * V * Q_V)
        unit = p["time_unit"]
        return dV / unit, dW / unit, dZ / unit

    def signal(self, name: str, state: Sequence[Any], parameters: Mapping[str, Any]) -> Any:
        """Return a state, or the mean firing of the pyramidal cells under the name ``Q_V``."""
        if name == "Q_V":
            p = parameters
            return p["Q_V_max"] * _gate(state[0], p["V_T"], p["d_V"])
        return super().signal(name, state, parameters)

    def time_constants(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return the membrane's time constant with all channels open, and potassium's, s."""
        p = parameters
        open_channels = p["g_Ca"] + p["g_K"] + p["g_L"] + p["g_Na"]
        return {
            "V": p["time_unit"] / (open_channels + 1e-9),
            "W": p["time_unit"] * p["tau_K"] / p["phi"],
        }


def _gate(x: Any, threshold: Any, spread: Any) -> Any:
    import jax

    # (1 + tanh u) / 2, without the cancellation where few channels are open
    return jax.nn.sigmoid(2.0 * (x - threshold) / spread)
