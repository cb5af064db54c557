"""Montbrio-Pazo-Roxin model: the exact mean field of quadratic integrate-and-fire neurons."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

from netmod.models.declaration import Parameter
from netmod.models.model import Model, noise

_MPR = "Montbrio, Pazo and Roxin 2015, doi:10.1103/PhysRevX.5.021028"
_TVB = "TVB 2.10.0 default, doi:10.3389/fninf.2013.00010"


class MontbrioPazoRoxin(Model):
    r"""Montbrio-Pazo-Roxin mean field of heterogeneous quadratic integrate-and-fire neurons.

    .. math::

        \tau dr_i/dt &= \Delta / (\pi \tau) + 2 r_i V_i\\
        \tau dV_i/dt &= V_i^2 + \eta_i + J \tau r_i - (\pi \tau r_i)^2 + I_i
                        + G [c_r \tau \sum_j C_{ij} r_j + c_v \sum_j C_{ij} V_j]

    ``r`` is the population's rate in Hz and ``V`` its mean potential, without unit. The rate
    enters the coupling as ``tau r``, as it does in the local term, so that ``c_r`` compares with
    ``J``; at ``tau`` 1 this is The Virtual Brain's form. For strong ``J`` a silent and an active
    state coexist between two values of ``eta``: at ``Delta`` 1 and ``J`` 15 between -5.74 and
    -3.14. The stimulus is a current without unit, added to ``I``.

    References
    ----------
    Montbrio E, Pazo D, Roxin A (2015). Macroscopic description for networks of spiking neurons.
    Phys Rev X 5:021028. doi:10.1103/PhysRevX.5.021028
    """

    name: ClassVar[str] = "montbrio_pazo_roxin"
    states: ClassVar[tuple[str, ...]] = ("r", "V")
    coupling_inputs: ClassVar[tuple[str, ...]] = ("rate_to_V", "potential_to_V")
    transmitted: ClassVar[tuple[str, ...]] = ("r", "V")
    noise_on: ClassVar[tuple[str, ...]] = ("V",)
    observed: ClassVar[str] = "r"
    drive_gain: ClassVar[float] = 0.5
    drive_rest: ClassVar[float] = 8.1
    start: ClassVar[tuple[float, ...]] = (8.1134, -1.9617)
    stimulus: ClassVar[str] = "current added to the drift of V times tau, no unit"
    parameters: ClassVar[Mapping[str, Parameter]] = MappingProxyType(
        {
            "G": Parameter(1.0, "1", 0.0, 100.0, "Global coupling of inputs", "proposal"),
            "tau": Parameter(
                0.01, "s", 0.001, 1.0, "Membrane time constant", "proposal: 10 ms for TVB's unit 1"
            ),
            "Delta": Parameter(1.0, "1", 0.0, 10.0, "Half-width of the excitability", _TVB),
            "J": Parameter(15.0, "1", -50.0, 50.0, "Local synaptic weight", _MPR),
            "eta": Parameter(-5.0, "1", -50.0, 50.0, "Centre of the excitability", _TVB),
            "I": Parameter(0.0, "1", -50.0, 50.0, "External current", _TVB),
            "cr": Parameter(1.0, "1", 0.0, 10.0, "Weight of coupling by the rate", _TVB),
            "cv": Parameter(0.0, "1", 0.0, 10.0, "Weight of coupling by the potential", _TVB),
            **noise(1.0, "1/sqrt(s)", "proposal", high=100.0),
        }
    )

    def drift(
        self,
        state: Sequence[Any],
        parameters: Mapping[str, Any],
        coupling: Sequence[Any],
        stimulus: Any = 0.0,
    ) -> tuple[Any, ...]:
        """Return (dr/dt in Hz/s, dV/dt in 1/s); the stimulus is a current without unit."""
        r, V = state
        from_r, from_V = coupling
        p = parameters
        tau = p["tau"]
        firing = tau * r
        network = p["G"] * (p["cr"] * tau * from_r + p["cv"] * from_V)
        dr = (p["Delta"] / (math.pi * tau) + 2.0 * r * V) / tau
        spread = (math.pi * firing) ** 2
        dV = (V * V + p["eta"] + p["J"] * firing + p["I"] + network + stimulus - spread) / tau
        return dr, dV

    def clip(self, state: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return a rate that is not negative."""
        import jax.numpy as jnp

        return jnp.maximum(state[0], 0.0), state[1]

    def rate_hz(
        self,
        state: Sequence[Any],
        parameters: Mapping[str, Any],
        coupling: Sequence[Any],
        stimulus: Any = 0.0,
    ) -> Any:
        """Return the firing rate r in Hz."""
        return state[0]
