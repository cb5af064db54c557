"""Generic two-dimensional oscillator with a cubic and a quadratic nullcline (TVB)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

from netmod.models.declaration import Parameter
from netmod.models.model import Model, noise

_TVB = "Sanz Leon et al. 2013, doi:10.3389/fninf.2013.00010 (as in tvb-library 2.10)"


class Generic2dOscillator(Model):
    r"""Generic two-dimensional oscillator: a cubic nullcline and a parabola of free shape.

    .. math::

        T\, dV_i/dt &= d \tau \Big(\alpha W_i - f V_i^3 + e V_i^2 + g V_i
            + \gamma \big(I_i + G \sum_j C_{ij} V_j + u_i\big)\Big)\\
        T\, dW_i/dt &= \frac{d}{\tau} \big(a + b V_i + c V_i^2 - \beta W_i\big)

    The published time is ms: ``time_unit`` :math:`T` is 0.001 s. The default constants are the
    excitable configuration, with a focus at rest; ``a = 2`` gives a limit cycle, ``a = 1, b = 0,
    c = -5`` bistability. The stimulus is a current of the unit of ``I``, scaled by gamma with it.

    References
    ----------
    Stefanescu RA, Jirsa VK (2008). A low dimensional description of globally coupled heterogeneous
    neural networks of excitatory and inhibitory neurons. PLoS Comput Biol 4:e1000219,
    doi:10.1371/journal.pcbi.1000219.
    Sanz Leon P, Knock SA, Woodman MM, et al. (2013). The Virtual Brain: a simulator of primate
    brain network dynamics. Front Neuroinform 7:10.
    """

    name: ClassVar[str] = "generic_2d_oscillator"
    states: ClassVar[tuple[str, ...]] = ("V", "W")
    coupling_inputs: ClassVar[tuple[str, ...]] = ("to_V",)
    transmitted: ClassVar[tuple[str, ...]] = ("V",)
    noise_on: ClassVar[tuple[str, ...]] = ("V", "W")
    observed: ClassVar[str] = "V"
    drive_gain: ClassVar[float] = 10.0
    drive_rest: ClassVar[float] = -0.19
    start: ClassVar[tuple[float, ...]] = (-0.18865, -0.11348)
    stimulus: ClassVar[str] = "current added to I, dimensionless"
    parameters: ClassVar[Mapping[str, Parameter]] = MappingProxyType(
        {
            "G": Parameter(0.1, "1", 0.0, 100.0, "Global coupling of long-range input", "proposal"),
            "tau": Parameter(1.0, "1", 1.0, 5.0, "Hierarchy of the two time scales", _TVB),
            "I": Parameter(0.0, "1", -5.0, 5.0, "Current: shift of the cubic nullcline", _TVB),
            "a": Parameter(-2.0, "1", -5.0, 5.0, "Shift of the second nullcline", _TVB),
            "b": Parameter(-10.0, "1", -20.0, 15.0, "Slope of the second nullcline", _TVB),
            "c": Parameter(0.0, "1", -10.0, 10.0, "Parabola of the second nullcline", _TVB),
            "d": Parameter(0.02, "1", 1e-4, 1.0, "Speed of the whole model", _TVB),
            "e": Parameter(3.0, "1", -5.0, 5.0, "Quadratic term of the cubic nullcline", _TVB),
            "f": Parameter(1.0, "1", -5.0, 5.0, "Cubic term of the cubic nullcline", _TVB),
            "g": Parameter(0.0, "1", -5.0, 5.0, "Linear term of the cubic nullcline", _TVB),
            "alpha": Parameter(1.0, "1", -5.0, 5.0, "Feedback of W on V", _TVB),
            "beta": Parameter(1.0, "1", -5.0, 5.0, "Feedback of W on itself", _TVB),
            "gamma": Parameter(1.0, "1", -1.0, 1.0, "Scale of current and coupling", _TVB),
            "time_unit": Parameter(
                0.001, "s", 1e-5, 10.0, "Seconds in a published unit of time", _TVB
            ),
            **noise(0.1, "1/sqrt(s)", "proposal"),
        }
    )

    def drift(
        self,
        state: Sequence[Any],
        parameters: Mapping[str, Any],
        coupling: Sequence[Any],
        stimulus: Any = 0.0,
    ) -> tuple[Any, ...]:
        """Return (dV/dt, dW/dt) in 1/s; the stimulus is a current of the unit of I."""
        V, W = state
        p = parameters
        current = p["gamma"] * (p["I"] + p["G"] * coupling[0] + stimulus)
        cubic = V * (p["g"] + V * (p["e"] - p["f"] * V))
        parabola = p["a"] + V * (p["b"] + p["c"] * V)
        speed = p["d"] / p["time_unit"]
        dV = speed * p["tau"] * (p["alpha"] * W + cubic + current)
        dW = speed * (parabola - p["beta"] * W) / p["tau"]
        return dV, dW

    def time_constants(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return the inverse of the steepest slope of the cubic for |V| up to 2, s."""
        p = parameters
        steepest = 12.0 * abs(p["f"]) + 4.0 * abs(p["e"]) + abs(p["g"]) + abs(p["alpha"])
        return {"V": p["time_unit"] / (p["d"] * p["tau"] * (steepest + 1e-9))}
