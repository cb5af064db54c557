"""Reduced Wong-Wang model with a single excitatory population per region (Deco 2013)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

from netmod.models.declaration import Parameter
from netmod.models.model import Model, noise
from netmod.models.transfer import transfer

_DECO = "Deco et al. 2013, doi:10.1523/JNEUROSCI.1091-13.2013"
_RECALLED = f"{_DECO} (recalled)"


class ReducedWongWangSingle(Model):
    r"""Reduced Wong-Wang dynamic mean field with one excitatory population per region.

    .. math::

        x_i &= w J S_i + G J \sum_j C_{ij} S_j + I_0 + I_{ext,i}\\
        H(x) &= (a x - b) / (1 - e^{-d (a x - b)})\\
        dS_i/dt &= -S_i/\tau + (1 - S_i) \gamma H(x_i) + \sigma \nu

    There is no inhibitory population, so coupling carries regions from low to high activity. At
    the defaults an isolated region has one state, of low activity; regions of a uniform network
    with row sum 1 have both for G between 0.255 and 0.898, and only the high one above. The
    stimulus is a current in nA.

    The Virtual Brain ships another working point, ``w`` 0.6 and ``I_0`` 0.33 nA (2.10.0).

    References
    ----------
    Deco G, Ponce-Alvarez A, Mantini D, Romani GL, Hagmann P, Corbetta M (2013). Resting-state
    functional connectivity emerges from structurally and dynamically shaped slow linear
    fluctuations. J Neurosci 33:11239.

    Wong KF, Wang XJ (2006). A recurrent network mechanism of time integration in perceptual
    decisions. J Neurosci 26:1314. doi:10.1523/JNEUROSCI.3733-05.2006.
    """

    name: ClassVar[str] = "reduced_wong_wang_single"
    states: ClassVar[tuple[str, ...]] = ("S",)
    coupling_inputs: ClassVar[tuple[str, ...]] = ("to_excitatory",)
    transmitted: ClassVar[tuple[str, ...]] = ("S",)
    noise_on: ClassVar[tuple[str, ...]] = ("S",)
    observed: ClassVar[str] = "S"
    start: ClassVar[tuple[float, ...]] = (0.0344,)
    stimulus: ClassVar[str] = "current on the population, nA"
    slow_transmission: ClassVar[bool] = True
    parameters: ClassVar[Mapping[str, Parameter]] = MappingProxyType(
        {
            "G": Parameter(0.5, "1", 0.0, 10.0, "Global coupling of long-range inputs", "proposal"),
            "a": Parameter(270.0, "1/nC", 100.0, 1000.0, "Slope of the rate", _DECO),
            "b": Parameter(108.0, "Hz", 10.0, 500.0, "Threshold of the rate", _DECO),
            "d": Parameter(0.154, "s", 0.01, 1.0, "Curvature of the rate", _DECO),
            "tau": Parameter(0.1, "s", 0.01, 1.0, "Decay of NMDA gating", _DECO),
            "gamma": Parameter(0.641, "1", 0.1, 5.0, "Gating per spike", _DECO),
            "w": Parameter(0.9, "1", 0.0, 3.0, "Local recurrent excitation", _RECALLED),
            "J": Parameter(0.2609, "nA", 0.01, 1.0, "Synaptic current", _DECO),
            "I_0": Parameter(0.3, "nA", 0.0, 1.0, "External background current", _RECALLED),
            "I_ext": Parameter(0.0, "nA", -0.5, 0.5, "Additional current", "proposal"),
            # the published 0.001 per sqrt(ms) (recalled) is 0.032 here
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
        """Return (dS/dt,) in 1/s; the stimulus is a current in nA."""
        (S,) = state
        rate = self._rate(S, parameters, coupling, stimulus)
        return (-S / parameters["tau"] + (1.0 - S) * parameters["gamma"] * rate,)

    def leak(self, parameters: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return the decay rate of the gating variable, 1/s."""
        return (1.0 / parameters["tau"],)

    def clip(self, state: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the gating variable inside [0, 1]: it is a fraction of open channels."""
        import jax.numpy as jnp

        return (jnp.clip(state[0], 0.0, 1.0),)

    def rate_hz(
        self,
        state: Sequence[Any],
        parameters: Mapping[str, Any],
        coupling: Sequence[Any],
        stimulus: Any = 0.0,
    ) -> Any:
        """Return the firing rate H in Hz."""
        return self._rate(state[0], parameters, coupling, stimulus)

    def _rate(self, S, p, coupling, stimulus):
        (to_E,) = coupling
        current = p["J"] * (p["w"] * S + p["G"] * to_E) + p["I_0"] + p["I_ext"] + stimulus
        return transfer(p["a"] * current - p["b"], p["d"])
