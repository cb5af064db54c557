"""Linear Ornstein-Uhlenbeck process: the model whose statistics are known in closed form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

from netmod.models.declaration import Parameter
from netmod.models.model import Model, noise

_OU = "Uhlenbeck and Ornstein 1930, doi:10.1103/PhysRev.36.823"


class OrnsteinUhlenbeck(Model):
    r"""Linear Ornstein-Uhlenbeck process on a network: the multivariate Gaussian null model.

    .. math::

        dx_i = \Big(-x_i/\tau_i + G \sum_j C_{ij} x_j + u_i\Big) dt + \sigma_i dW_i

    An isolated region decays as :math:`e^{-t/\tau}` and has the stationary variance
    :math:`\sigma^2 \tau / 2`; a network is stable while every eigenvalue of
    :math:`-1/\tau + G C` is negative, and its covariance solves the Lyapunov equation. The state
    has no unit; the stimulus ``u`` is in 1/s.

    References
    ----------
    Uhlenbeck GE, Ornstein LS (1930). On the theory of the Brownian motion. Phys Rev 36:823,
    doi:10.1103/PhysRev.36.823.
    """

    name: ClassVar[str] = "ornstein_uhlenbeck"
    states: ClassVar[tuple[str, ...]] = ("x",)
    coupling_inputs: ClassVar[tuple[str, ...]] = ("to_x",)
    transmitted: ClassVar[tuple[str, ...]] = ("x",)
    noise_on: ClassVar[tuple[str, ...]] = ("x",)
    observed: ClassVar[str] = "x"
    drive_gain: ClassVar[float] = 0.1
    start: ClassVar[tuple[float, ...]] = (0.0,)
    stimulus: ClassVar[str] = "added to dx/dt, 1/s"
    parameters: ClassVar[Mapping[str, Parameter]] = MappingProxyType(
        {
            "G": Parameter(
                0.5, "1/s", 0.0, 100.0, "Global coupling of long-range input", "proposal"
            ),
            "tau": Parameter(1.0, "s", 0.001, 100.0, "Decay of an isolated region", _OU),
            **noise(1.0, "1/sqrt(s)", "proposal"),
        }
    )

    def drift(
        self,
        state: Sequence[Any],
        parameters: Mapping[str, Any],
        coupling: Sequence[Any],
        stimulus: Any = 0.0,
    ) -> tuple[Any, ...]:
        """Return (dx/dt,) in 1/s; the stimulus is in 1/s."""
        (x,) = state
        return (-x / parameters["tau"] + parameters["G"] * coupling[0] + stimulus,)

    def leak(self, parameters: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return the decay rate 1/tau, 1/s."""
        return (1.0 / parameters["tau"],)
