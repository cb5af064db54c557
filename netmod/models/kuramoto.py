"""Kuramoto phase oscillators (Kuramoto 1984)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

from netmod.models.coupling import COUPLINGS
from netmod.models.declaration import Parameter
from netmod.models.model import Model, noise

_CABRAL = "Cabral et al. 2011, doi:10.1016/j.neuroimage.2011.04.010 (recalled)"


class Kuramoto(Model):
    r"""Kuramoto phase oscillators, coupled by the sine of phase differences.

    .. math::

        d\theta_i/dt = 2 \pi f_i + G \sum_j C_{ij} \sin(\theta_j - \theta_i - \alpha)
            + u_i + \sigma_i \nu

    With :math:`\alpha = 0` two regions of unit weight lock where their frequencies differ by at
    most :math:`2 G`, at the phase difference :math:`\arcsin(\Delta\omega / 2G)`. In a large
    all-to-all network (weights 1/N) whose angular frequencies are Lorentzian of half-width
    :math:`\gamma`, order begins at :math:`G_c = 2\gamma` and grows as
    :math:`r = \sqrt{1 - G_c/G}`.

    The phase is kept in [-pi, pi), so that single precision does not run out in long runs; what
    is observed is its sine (``sin_theta``). The stimulus is in rad/s.

    References
    ----------
    Kuramoto Y (1984). Chemical oscillations, waves, and turbulence. Springer,
    doi:10.1007/978-3-642-69689-3.
    Strogatz SH (2000). From Kuramoto to Crawford. Physica D 143:1,
    doi:10.1016/S0167-2789(00)00094-4.
    Cabral J, Hugues E, Sporns O, Deco G (2011). Role of local network oscillations in
    resting-state functional connectivity. NeuroImage 57:130.
    """

    name: ClassVar[str] = "kuramoto"
    states: ClassVar[tuple[str, ...]] = ("theta",)
    coupling_inputs: ClassVar[tuple[str, ...]] = ("to_theta",)
    transmitted: ClassVar[tuple[str, ...]] = ("theta",)
    coupling: str = "sine"
    noise_on: ClassVar[tuple[str, ...]] = ("theta",)
    observed: ClassVar[str] = "sin_theta"
    drive_gain: ClassVar[float] = 0.3
    start: ClassVar[tuple[float, ...]] = (0.0,)
    stimulus: ClassVar[str] = "added to dtheta/dt, rad/s"
    parameters: Mapping[str, Parameter] = MappingProxyType(
        {
            "G": Parameter(
                1.0, "rad/s", 0.0, 1e4, "Global coupling of long-range input", "proposal"
            ),
            "frequency_hz": Parameter(
                10.0,
                "Hz",
                -1000.0,
                1000.0,
                "Natural frequency; negative in a rotating frame",
                "proposal (alpha rhythm; Cabral et al. 2011 take 60 Hz)",
            ),
            **COUPLINGS["sine"].parameters,
            **noise(1.25, "rad/sqrt(s)", _CABRAL),
        }
    )

    def drift(
        self,
        state: Sequence[Any],
        parameters: Mapping[str, Any],
        coupling: Sequence[Any],
        stimulus: Any = 0.0,
    ) -> tuple[Any, ...]:
        """Return (dtheta/dt,) in rad/s; the stimulus is in rad/s."""
        (theta,) = state
        omega = 2.0 * math.pi * parameters["frequency_hz"]
        # the phase itself enters by the coupling only; 0 * theta gives the result its shape
        return (omega + parameters["G"] * coupling[0] + stimulus + 0.0 * theta,)

    def signal(self, name: str, state: Sequence[Any], parameters: Mapping[str, Any]) -> Any:
        """Return the phase, or its sine under the name ``sin_theta``."""
        if name != "sin_theta":
            return super().signal(name, state, parameters)
        import jax.numpy as jnp

        return jnp.sin(state[0])

    def clip(self, state: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the phase in [-pi, pi): inside it, unchanged to the last bit."""
        import jax.numpy as jnp

        (theta,) = state
        turns = jnp.floor((theta + math.pi) / (2.0 * math.pi))
        return (theta - 2.0 * math.pi * turns,)

    def time_constants(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return the time of one radian at the natural frequency, s (1000 s or less)."""
        import numpy as np

        omega = 2.0 * math.pi * np.abs(parameters["frequency_hz"])
        return {"radian": 1.0 / np.maximum(omega, 1e-3)}
