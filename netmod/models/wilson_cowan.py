"""Wilson-Cowan model of an excitatory and an inhibitory population, with refractoriness."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

from netmod.models.declaration import Parameter
from netmod.models.model import Model, noise

_NEUROLIB = "Cakan et al. 2021 (neurolib 0.6.2), doi:10.1007/s12559-021-09931-9"


class WilsonCowan(Model):
    r"""Wilson-Cowan populations E and I: fractions of cells active at a time.

    .. math::

        \tau_E dE_i/dt &= -E_i + (1 - E_i) S_E(c_{EE} E_i - c_{IE} I_i
                          + G \sum_j C_{ij} E_j + I_{ext,i})\\
        \tau_I dI_i/dt &= -I_i + (1 - I_i) S_I(c_{EI} E_i - c_{II} I_i + I_{inh,i})\\
        S_p(x) &= 1 / (1 + e^{-a_p (x - \mu_p)})

    A coefficient's first letter is the sender: ``c_EI`` excites I, ``c_IE`` inhibits E. By the
    input ``I_ext`` a region goes from a silent state through a limit cycle to an active one. The
    stimulus is added to the argument of S_E.

    References
    ----------
    Wilson HR, Cowan JD (1972). Excitatory and inhibitory interactions in localized populations
    of model neurons. Biophys J 12:1. doi:10.1016/S0006-3495(72)86068-5.

    Cakan C, Jajcay N, Obermayer K (2021). neurolib: a simulation framework for whole-brain
    neural mass modeling. Cogn Comput. doi:10.1007/s12559-021-09931-9.
    """

    name: ClassVar[str] = "wilson_cowan"
    states: ClassVar[tuple[str, ...]] = ("E", "I")
    coupling_inputs: ClassVar[tuple[str, ...]] = ("to_excitatory",)
    transmitted: ClassVar[tuple[str, ...]] = ("E",)
    noise_on: ClassVar[tuple[str, ...]] = ("E", "I")
    observed: ClassVar[str] = "E"
    drive_gain: ClassVar[float] = 30.0
    drive_rest: ClassVar[float] = 0.011
    start: ClassVar[tuple[float, ...]] = (0.0112, 0.0131)
    stimulus: ClassVar[str] = "added to the argument of the excitatory sigmoid, no unit"
    inhibition: ClassVar[str | None] = "c_IE"
    parameters: ClassVar[Mapping[str, Parameter]] = MappingProxyType(
        {
            "G": Parameter(0.6, "1", 0.0, 20.0, "Global coupling, for weights up to 1", _NEUROLIB),
            "tau_E": Parameter(0.0025, "s", 0.0005, 0.1, "Time constant of E", _NEUROLIB),
            "tau_I": Parameter(0.00375, "s", 0.0005, 0.1, "Time constant of I", _NEUROLIB),
            "c_EE": Parameter(16.0, "1", 0.0, 100.0, "Weight from E to E", _NEUROLIB),
            "c_EI": Parameter(15.0, "1", 0.0, 100.0, "Weight from E to I", _NEUROLIB),
            "c_IE": Parameter(12.0, "1", 0.0, 500.0, "Weight of inhibition, I to E", _NEUROLIB),
            "c_II": Parameter(3.0, "1", 0.0, 100.0, "Weight of inhibition, I to I", _NEUROLIB),
            "a_E": Parameter(1.5, "1", 0.1, 20.0, "Gain of E", _NEUROLIB),
            "a_I": Parameter(1.5, "1", 0.1, 20.0, "Gain of I", _NEUROLIB),
            "mu_E": Parameter(3.0, "1", -10.0, 20.0, "Threshold of E", _NEUROLIB),
            "mu_I": Parameter(3.0, "1", -10.0, 20.0, "Threshold of I", _NEUROLIB),
            "I_ext": Parameter(0.0, "1", -10.0, 20.0, "Background input to E", _NEUROLIB),
            "I_inh": Parameter(0.0, "1", -10.0, 20.0, "Background input to I", _NEUROLIB),
            **noise(0.05, "1/sqrt(s)", "proposal", high=10.0),
        }
    )

    def drift(
        self,
        state: Sequence[Any],
        parameters: Mapping[str, Any],
        coupling: Sequence[Any],
        stimulus: Any = 0.0,
    ) -> tuple[Any, ...]:
        """Return (dE/dt, dI/dt) in 1/s; the stimulus is added to the argument of S_E."""
        import jax

        E, I = state  # noqa: E741 - the field's symbol
        (to_E,) = coupling
        p = parameters
        x_E = p["c_EE"] * E - p["c_IE"] * I + p["G"] * to_E + p["I_ext"] + stimulus
        x_I = p["c_EI"] * E - p["c_II"] * I + p["I_inh"]
        active_E = jax.nn.sigmoid(p["a_E"] * (x_E - p["mu_E"]))
        active_I = jax.nn.sigmoid(p["a_I"] * (x_I - p["mu_I"]))
        dE = (-E + (1.0 - E) * active_E) / p["tau_E"]
        dI = (-I + (1.0 - I) * active_I) / p["tau_I"]
        return dE, dI

    def leak(self, parameters: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return the decay rates of both populations, 1/s."""
        return 1.0 / parameters["tau_E"], 1.0 / parameters["tau_I"]

    def clip(self, state: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return activities inside [0, 1]: they are fractions of cells."""
        import jax.numpy as jnp

        return tuple(jnp.clip(s, 0.0, 1.0) for s in state)

    def inhibitory_activity(
        self, state: Sequence[Any], parameters: Mapping[str, Any], coupling: Sequence[Any]
    ) -> Any:
        """Return the fraction I of inhibitory cells that are active."""
        return state[1]
