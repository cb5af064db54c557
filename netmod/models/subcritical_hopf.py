"""Generalised seizure as a subcritical Hopf bifurcation with fatigue."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

from netmod.models.declaration import Parameter
from netmod.models.model import Model, noise

_PROPOSAL = "proposal (values chosen for seizures of 25 to 60 s)"


class SubcriticalHopf(Model):
    r"""Seizure that starts by a push and ends by fatigue: subcritical Hopf normal form.

    .. math::

        dz &= \big[\kappa z (\lambda + 2|z|^2 - |z|^4) + i \Omega z
            + G \textstyle\sum_j C_{ij} (z_j - z_i)\big] dt + \sigma dW, \quad z = x + i y\\
        \lambda &= \lambda_0 - w + u\\
        \tau_w\, dw/dt &= k |z|^2 - w

    The stimulus ``u`` (dimensionless) is the push: an electroconvulsive current times its field in
    a region. The noise is of variance ``sigma^2`` per s on each of x and y. Without coupling,
    cycles have the squared radii :math:`1 \pm \sqrt{1 + \lambda}`, so that rest and seizure are
    both stable where :math:`-1 < \lambda < 0`: above 0 rest loses its stability, below -1 the cycle
    is gone. A seizure therefore ends when the fatigue exceeds :math:`1 + \lambda_0 + u`, which it
    does if :math:`k > 1 + \lambda_0`; rest is deeper afterwards and activity suppressed, until the
    fatigue has decayed. With the default constants a push of 2 for 6 s gives a seizure of 34 s;
    explicit Euler steps of 2 ms, whose growth :math:`\Omega^2 dt/2` adds 0.12 to lambda, make it
    43 s: use Heun's method or shorter steps.

    References
    ----------
    Deeba F, Sanz-Leon P, Robinson PA (2020). Corticothalamic dynamics of seizures. PLoS ONE
    15:e0230510, doi:10.1371/journal.pone.0230510: the bifurcation.
    Postictal suppression as a fixed point of the same form: arXiv:2505.07988.
    The fatigue and all constants are proposals of this project.
    """

    name: ClassVar[str] = "subcritical_hopf"
    states: ClassVar[tuple[str, ...]] = ("x", "y", "w")
    coupling_inputs: ClassVar[tuple[str, ...]] = ("to_x", "to_y")
    transmitted: ClassVar[tuple[str, ...]] = ("x", "y")
    coupling: str = "diffusive"
    noise_on: ClassVar[tuple[str, ...]] = ("x", "y")
    observed: ClassVar[str] = "x"
    drive_gain: ClassVar[float] = 5.0
    start: ClassVar[tuple[float, ...]] = (0.0, 0.0, 0.0)
    stimulus: ClassVar[str] = "added to the bifurcation parameter lambda, dimensionless"
    parameters: Mapping[str, Parameter] = MappingProxyType(
        {
            "G": Parameter(0.0, "1/s", 0.0, 100.0, "Global diffusive coupling", "proposal"),
            "kappa": Parameter(3.0, "1/s", 0.01, 100.0, "Speed of growth and decay", _PROPOSAL),
            "frequency_hz": Parameter(3.0, "Hz", 0.0, 100.0, "Frequency of the cycle", _PROPOSAL),
            "lambda_0": Parameter(-0.4, "1", -3.0, 2.0, "Bifurcation parameter at rest", _PROPOSAL),
            "k": Parameter(1.0, "1", 0.0, 10.0, "Fatigue per squared amplitude", _PROPOSAL),
            "tau_fatigue": Parameter(60.0, "s", 0.1, 1e4, "Time constant of fatigue", _PROPOSAL),
            **noise(0.02, "1/sqrt(s)", "proposal"),
        }
    )

    def drift(
        self,
        state: Sequence[Any],
        parameters: Mapping[str, Any],
        coupling: Sequence[Any],
        stimulus: Any = 0.0,
    ) -> tuple[Any, ...]:
        """Return (dx/dt, dy/dt, dw/dt) in 1/s; the stimulus adds to lambda."""
        x, y, w = state
        p = parameters
        square = x * x + y * y
        growth = p["kappa"] * (p["lambda_0"] - w + stimulus + square * (2.0 - square))
        omega = 2.0 * math.pi * p["frequency_hz"]
        dx = growth * x - omega * y + p["G"] * coupling[0]
        dy = growth * y + omega * x + p["G"] * coupling[1]
        dw = (p["k"] * square - w) / p["tau_fatigue"]
        return dx, dy, dw

    def signal(self, name: str, state: Sequence[Any], parameters: Mapping[str, Any]) -> Any:
        """Return a state, or the squared amplitude ``x^2 + y^2`` under the name ``power``."""
        if name == "power":
            return state[0] * state[0] + state[1] * state[1]
        return super().signal(name, state, parameters)

    def time_constants(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return fatigue, contraction onto the cycle (4 kappa at most) and one radian of it, s."""
        import numpy as np

        omega = 2.0 * math.pi * np.abs(parameters["frequency_hz"])
        return {
            "tau_fatigue": parameters["tau_fatigue"],
            "cycle": 0.25 / parameters["kappa"],
            "radian": 1.0 / np.maximum(omega, 1e-3),
        }
