"""Stuart-Landau oscillator: the normal form of a supercritical Hopf bifurcation."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

from netmod.models.declaration import Parameter
from netmod.models.model import Model, noise

_DECO = "Deco et al. 2017, doi:10.1038/s41598-017-03073-5"


class StuartLandau(Model):
    r"""Stuart-Landau oscillator, the normal form of a supercritical Hopf bifurcation.

    .. math::

        dx_i/dt &= (a_i - x_i^2 - y_i^2) x_i - \omega_i y_i
                   + G \sum_j C_{ij} (x_j - x_i) + \beta \nu\\
        dy_i/dt &= (a_i - x_i^2 - y_i^2) y_i + \omega_i x_i
                   + G \sum_j C_{ij} (y_j - y_i) + \beta \nu\\
        \omega_i &= 2 \pi f_i

    Time is in s, so ``a`` is a growth rate in 1/s: for ``a < 0`` the origin is stable and
    fluctuations decay within ``1/|a|``; for ``a > 0`` the region oscillates at ``f`` with
    amplitude ``sqrt(a)``. The states have no unit and the cubic term a coefficient of 1/s. The
    stimulus is added to dx/dt.

    References
    ----------
    Deco G, Kringelbach ML, Jirsa VK, Ritter P (2017). The dynamics of resting fluctuations in
    the brain: metastability and its dynamical cortical core. Sci Rep 7:3095.
    doi:10.1038/s41598-017-03073-5
    """

    name: ClassVar[str] = "stuart_landau"
    states: ClassVar[tuple[str, ...]] = ("x", "y")
    coupling_inputs: ClassVar[tuple[str, ...]] = ("to_x", "to_y")
    transmitted: ClassVar[tuple[str, ...]] = ("x", "y")
    coupling: str = "diffusive"
    noise_on: ClassVar[tuple[str, ...]] = ("x", "y")
    observed: ClassVar[str] = "x"
    start: ClassVar[tuple[float, ...]] = (0.0, 0.0)
    stimulus: ClassVar[str] = "added to dx/dt, 1/s"
    parameters: ClassVar[Mapping[str, Parameter]] = MappingProxyType(
        {
            "G": Parameter(1.0, "1/s", 0.0, 100.0, "Global coupling of differences", "proposal"),
            "a": Parameter(
                -0.02, "1/s", -100.0, 100.0, "Growth rate: below 0 damped, above 0 cycling", _DECO
            ),
            "frequency_hz": Parameter(
                0.05,
                "Hz",
                0.001,
                200.0,
                "Intrinsic frequency",
                "proposal: inside the 0.04-0.07 Hz of Deco et al. 2017 (recalled)",
            ),
            **noise(0.02, "1/sqrt(s)", f"{_DECO} (recalled)", high=100.0),
        }
    )

    def drift(
        self,
        state: Sequence[Any],
        parameters: Mapping[str, Any],
        coupling: Sequence[Any],
        stimulus: Any = 0.0,
    ) -> tuple[Any, ...]:
        """Return (dx/dt, dy/dt) in 1/s; the stimulus is added to dx/dt."""
        x, y = state
        to_x, to_y = coupling
        p = parameters
        growth = p["a"] - x * x - y * y
        omega = 2.0 * math.pi * p["frequency_hz"]
        dx = growth * x - omega * y + p["G"] * to_x + stimulus
        dy = growth * y + omega * x + p["G"] * to_y
        return dx, dy

    def time_constants(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return ``1/|a + i omega|`` in s, the inverse modulus of the linear eigenvalue."""
        omega = 2.0 * math.pi * parameters["frequency_hz"]
        return {"1/|a + i omega|": (parameters["a"] ** 2 + omega**2) ** -0.5}
