"""Reduced Wong-Wang model with an excitatory and an inhibitory population (Deco 2014)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

from netmod.models.declaration import Parameter
from netmod.models.model import Model, noise
from netmod.models.transfer import transfer

_DECO = "Deco et al. 2014, doi:10.1523/JNEUROSCI.5068-13.2014"


class ReducedWongWang(Model):
    r"""Reduced Wong-Wang E-I dynamic mean field with long-range excitation of both populations.

    .. math::

        I^E_i &= W_E I_0 + w_{+,i} J_N S^E_i + G J_N \sum_j C_{ij} S^E_j - J_i S^I_i + I_{ext,i}\\
        I^I_i &= W_I I_0 + J_N S^E_i - S^I_i + G J_N \sum_j W^{EI}_{ij} S^E_j\\
        r^p_i &= H(x) = x / (1 - e^{-d_p x}), \quad x = (1 + g_i)(a_p I^p_i - b_p)\\
        dS^E_i/dt &= -S^E_i/\tau_E + (1 - S^E_i) \gamma_E r^E_i + \sigma_i \nu\\
        dS^I_i/dt &= -S^I_i/\tau_I + \gamma_I r^I_i + \sigma_i \nu

    ``W_EI`` is feed-forward inhibition: long-range excitation of the inhibitory population. The
    gain ``g`` (of the excitatory population only) is the receptor term of Deco et al. 2018
    (doi:10.1016/j.cub.2018.07.083). The stimulus is a current on ``I_E`` in nA.

    References
    ----------
    Deco G, Ponce-Alvarez A, Hagmann P, Romani GL, Mantini D, Corbetta M (2014). How local
    excitation-inhibition ratio impacts the whole brain dynamics. J Neurosci 34:7886.
    """

    name: ClassVar[str] = "reduced_wong_wang"
    states: ClassVar[tuple[str, ...]] = ("S_E", "S_I")
    coupling_inputs: ClassVar[tuple[str, ...]] = ("to_excitatory", "to_inhibitory")
    transmitted: ClassVar[tuple[str, ...]] = ("S_E", "S_E")
    noise_on: ClassVar[tuple[str, ...]] = ("S_E", "S_I")
    observed: ClassVar[str] = "S_E"
    start: ClassVar[tuple[float, ...]] = (0.164, 0.039)
    stimulus: ClassVar[str] = "current on the excitatory population, nA"
    slow_transmission: ClassVar[bool] = True
    inhibition: ClassVar[str | None] = "J"
    parameters: ClassVar[Mapping[str, Parameter]] = MappingProxyType(
        {
            "G": Parameter(1.0, "1", 0.0, 10.0, "Global coupling of long-range inputs", "proposal"),
            "a_E": Parameter(310.0, "1/nC", 100.0, 1000.0, "Slope of the E rate", _DECO),
            "b_E": Parameter(125.0, "Hz", 10.0, 500.0, "Threshold of the E rate", _DECO),
            "d_E": Parameter(0.16, "s", 0.01, 1.0, "Curvature of the E rate", _DECO),
            "a_I": Parameter(615.0, "1/nC", 100.0, 2000.0, "Slope of the I rate", _DECO),
            "b_I": Parameter(177.0, "Hz", 10.0, 500.0, "Threshold of the I rate", _DECO),
            "d_I": Parameter(0.087, "s", 0.01, 1.0, "Curvature of the I rate", _DECO),
            "tau_E": Parameter(0.1, "s", 0.01, 1.0, "Decay of NMDA gating", _DECO),
            "tau_I": Parameter(0.01, "s", 0.001, 0.1, "Decay of GABA gating", _DECO),
            "gamma_E": Parameter(0.641, "1", 0.1, 5.0, "Gating per spike, E", _DECO),
            "gamma_I": Parameter(1.0, "1", 0.1, 5.0, "Gating per spike, I", _DECO),
            "J_N": Parameter(0.15, "nA", 0.01, 1.0, "NMDA synaptic current", _DECO),
            "w_plus": Parameter(1.4, "1", 0.0, 3.0, "Local recurrent excitation", _DECO),
            "I_0": Parameter(0.382, "nA", 0.0, 1.0, "External background current", _DECO),
            "W_E": Parameter(1.0, "1", 0.0, 2.0, "Background scaling, E", _DECO),
            "W_I": Parameter(0.7, "1", 0.0, 2.0, "Background scaling, I", _DECO),
            "J": Parameter(1.0, "nA", 0.0, 100.0, "Local inhibition of E (set by FIC)", _DECO),
            "I_ext": Parameter(0.0, "nA", -0.5, 0.5, "Additional current on E", "proposal"),
            "gain": Parameter(
                0.0,
                "1",
                -0.9,
                2.0,
                "Receptor gain of the E rate's argument",
                "Deco et al. 2018, doi:10.1016/j.cub.2018.07.083",
            ),
            "excitation": Parameter(
                0.0, "1", -0.9, 2.0, "Receptor scaling of all excitatory current on E", "proposal"
            ),
            # the published 0.01 per sqrt(ms) is 0.316 here; docs/model.md says what it changes
            **noise(0.03, "1/sqrt(s)", "proposal", high=1.0),
        }
    )

    def drift(
        self,
        state: Sequence[Any],
        parameters: Mapping[str, Any],
        coupling: Sequence[Any],
        stimulus: Any = 0.0,
    ) -> tuple[Any, ...]:
        """Return (dS_E/dt, dS_I/dt) in 1/s; the stimulus is a current on E in nA."""
        S_E, S_I = state
        p = parameters
        rate_E, rate_I = self._rates(state, p, coupling, stimulus)
        dS_E = -S_E / p["tau_E"] + (1.0 - S_E) * p["gamma_E"] * rate_E
        dS_I = -S_I / p["tau_I"] + p["gamma_I"] * rate_I
        return dS_E, dS_I

    def leak(self, parameters: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return the decay rates of the two gating variables, 1/s."""
        return 1.0 / parameters["tau_E"], 1.0 / parameters["tau_I"]

    def clip(self, state: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return gating variables inside [0, 1]: they are fractions of open channels."""
        import jax.numpy as jnp

        return tuple(jnp.clip(s, 0.0, 1.0) for s in state)

    def rate_hz(
        self,
        state: Sequence[Any],
        parameters: Mapping[str, Any],
        coupling: Sequence[Any],
        stimulus: Any = 0.0,
    ) -> Any:
        """Return the excitatory rate r_E in Hz."""
        return self._rates(state, parameters, coupling, stimulus)[0]

    def inhibitory_activity(
        self, state: Sequence[Any], parameters: Mapping[str, Any], coupling: Sequence[Any]
    ) -> Any:
        """Return the inhibitory rate r_I in Hz."""
        return self._rates(state, parameters, coupling, 0.0)[1]

    def currents(
        self,
        state: Sequence[Any],
        parameters: Mapping[str, Any],
        coupling: Sequence[Any],
        stimulus: Any = 0.0,
    ) -> tuple[Any, Any]:
        """Return the currents (I_E, I_I) onto both populations in nA."""
        S_E, S_I = state
        to_E, to_I = coupling
        p = parameters
        excitation = (1.0 + p["excitation"]) * p["J_N"] * (p["w_plus"] * S_E + p["G"] * to_E)
        I_E = p["W_E"] * p["I_0"] + excitation - p["J"] * S_I + p["I_ext"] + stimulus
        I_I = p["W_I"] * p["I_0"] + p["J_N"] * (S_E + p["G"] * to_I) - S_I
        return I_E, I_I

    def _rates(self, state, p, coupling, stimulus):
        I_E, I_I = self.currents(state, p, coupling, stimulus)
        x_E = (1.0 + p["gain"]) * (p["a_E"] * I_E - p["b_E"])
        x_I = p["a_I"] * I_I - p["b_I"]
        return transfer(x_E, p["d_E"]), transfer(x_I, p["d_I"])
