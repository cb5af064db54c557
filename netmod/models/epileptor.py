"""Epileptor: onset, evolution and end of a seizure in six states (Jirsa 2014)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

from netmod.models.declaration import Parameter
from netmod.models.model import Model, noise

_JIRSA = "Jirsa et al. 2014, doi:10.1093/brain/awu133 (values as in tvb-library 2.10)"
_PROIX = "Proix et al. 2014, doi:10.1523/JNEUROSCI.1700-14.2014 (as in tvb-library 2.10)"


class Epileptor(Model):
    r"""Epileptor: fast discharges, spike-waves and a slow permittivity that starts and ends them.

    .. math::

        T \dot x_1 &= y_1 - f_1(x_1, x_2, z) - z + I_1 + u + G K_{vf} c_1\\
        T \dot y_1 &= c - d x_1^2 - y_1\\
        T \dot z &= r \big(s (x_1 - x_0) - z - 0.1 z^7 [z < 0] + G K_s c_1\big)\\
        T \dot x_2 &= -y_2 + x_2 - x_2^3 + I_2 + b_b g - 0.3 (z - 3.5) + G K_f c_2\\
        T \dot y_2 &= \big(-y_2 + a_a \max(x_2 + 0.25, 0)\big)/\tau\\
        T \dot g &= -0.01 (g - 0.1 x_1)

    with :math:`c_n = \sum_j C_{ij} (x_{n,j} - x_{n,i})` and the piecewise

    .. math::

        f_1 = \begin{cases} a x_1^3 - b x_1^2 & x_1 < 0\\
            \big(x_2 - 0.6 (z - 4)^2 - m\big) x_1 & x_1 \ge 0 \end{cases}

    where m is ``slope``. Below the critical epileptogenicity (``x0`` about -2.06) the region rests;
    above it seizures repeat. The published unit of time is taken as 1 ms (``time_unit``
    :math:`T`), where a seizure of 1.4 s returns every 1.9 s (default ``x0``): with 0.02 s they
    last as in patients. Coupling is off until one of ``Kvf``, ``Kf``, ``Ks`` is set. What is
    observed is the local field potential ``lfp`` = x2 - x1. The stimulus is a current of the unit
    of ``Iext1``. The drift is continuous, but not smooth, at x1 = 0 and x2 = -0.25.

    References
    ----------
    Jirsa VK, Stacey WC, Quilichini PP, Ivanov AI, Bernard C (2014). On the nature of seizure
    dynamics. Brain 137:2210, doi:10.1093/brain/awu133.
    Proix T, Bartolomei F, Chauvel P, Bernard C, Jirsa VK (2014). Permittivity coupling across
    brain regions determines seizure recruitment in partial epilepsy. J Neurosci 34:15009.
    """

    name: ClassVar[str] = "epileptor"
    states: ClassVar[tuple[str, ...]] = ("x1", "y1", "z", "x2", "y2", "g")
    coupling_inputs: ClassVar[tuple[str, ...]] = ("to_x1", "to_x2")
    transmitted: ClassVar[tuple[str, ...]] = ("x1", "x2")
    coupling: str = "diffusive"
    noise_on: ClassVar[tuple[str, ...]] = ("x2", "y2")
    observed: ClassVar[str] = "lfp"
    drive_gain: ClassVar[float] = 0.1
    start: ClassVar[tuple[float, ...]] = (-1.6, -11.8, 3.0, -0.9, 0.0, -0.16)
    stimulus: ClassVar[str] = "current added to Iext1, dimensionless"
    parameters: Mapping[str, Parameter] = MappingProxyType(
        {
            "G": Parameter(1.0, "1", 0.0, 100.0, "Global coupling: scales all three K", "proposal"),
            "a": Parameter(1.0, "1", 0.5, 2.0, "Cubic term of the first population", _JIRSA),
            "b": Parameter(3.0, "1", 1.0, 5.0, "Quadratic term of the first population", _JIRSA),
            "c": Parameter(1.0, "1", -5.0, 5.0, "Offset of y1 (published as y0)", _JIRSA),
            "d": Parameter(5.0, "1", 1.0, 10.0, "Quadratic term of y1", _JIRSA),
            "r": Parameter(
                3.5e-4, "1", 0.0, 0.01, "Speed of the permittivity (published as 1/tau0)", _JIRSA
            ),
            "s": Parameter(4.0, "1", 0.1, 10.0, "Slope of the permittivity", _JIRSA),
            "x0": Parameter(-1.6, "1", -3.0, -1.0, "Epileptogenicity", _JIRSA),
            "Iext1": Parameter(3.1, "1", 0.0, 10.0, "Current into the first population", _JIRSA),
            "slope": Parameter(0.0, "1", -16.0, 6.0, "Linear term of the first population", _JIRSA),
            "Iext2": Parameter(0.45, "1", 0.0, 1.0, "Current into the second population", _JIRSA),
            "tau": Parameter(10.0, "1", 1.0, 100.0, "Slowness of y2, in time units", _JIRSA),
            "aa": Parameter(6.0, "1", 0.0, 20.0, "Drive of y2 by x2", _JIRSA),
            "bb": Parameter(2.0, "1", 0.0, 10.0, "Low-passed drive of x2 by x1", _JIRSA),
            "Kvf": Parameter(0.0, "1", 0.0, 4.0, "Coupling of x1 to x1: very fast", _PROIX),
            "Kf": Parameter(0.0, "1", 0.0, 4.0, "Coupling of x2 to x2: fast", _PROIX),
            "Ks": Parameter(0.0, "1", -4.0, 4.0, "Coupling of x1 to z: permittivity", _PROIX),
            "time_unit": Parameter(
                0.001,
                "s",
                1e-5,
                10.0,
                "Seconds in a published unit of time",
                "tvb-library 2.10 (1 ms)",
            ),
            **noise(
                1.414,
                "1/sqrt(s)",
                "tvb-library 2.10 (nsig 0.001 on x2 and y2: sqrt(2 nsig) per ms)",
            ),
        }
    )

    def drift(
        self,
        state: Sequence[Any],
        parameters: Mapping[str, Any],
        coupling: Sequence[Any],
        stimulus: Any = 0.0,
    ) -> tuple[Any, ...]:
        """Return the six derivatives in 1/s; the stimulus is a current of the unit of Iext1."""
        import jax.numpy as jnp

        x1, y1, z, x2, y2, g = state
        p = parameters
        c1, c2 = (p["G"] * c for c in coupling)
        from_rest = x1 * (p["b"] - p["a"] * x1)
        lifted = z - 4.0
        in_seizure = p["slope"] - x2 + 0.6 * lifted * lifted
        # -f1 / x1 by its branch
        factor = jnp.where(x1 < 0.0, from_rest, in_seizure)
        dx1 = y1 - z + p["Iext1"] + stimulus + p["Kvf"] * c1 + factor * x1
        dy1 = p["c"] - p["d"] * x1 * x1 - y1
        below = -0.1 * jnp.minimum(z, 0.0) ** 7
        dz = p["r"] * (p["s"] * (x1 - p["x0"]) - z + below + p["Ks"] * c1)
        dx2 = x2 - x2 * x2 * x2 - y2 + p["Iext2"] + p["bb"] * g - 0.3 * (z - 3.5) + p["Kf"] * c2
        dy2 = (p["aa"] * jnp.maximum(x2 + 0.25, 0.0) - y2) / p["tau"]
        dg = -0.01 * (g - 0.1 * x1)
        return tuple(d / p["time_unit"] for d in (dx1, dy1, dz, dx2, dy2, dg))

    def signal(self, name: str, state: Sequence[Any], parameters: Mapping[str, Any]) -> Any:
        """Return a state, or the local field potential x2 - x1 under the name ``lfp``."""
        if name == "lfp":
            return state[3] - state[0]
        return super().signal(name, state, parameters)

    def time_constants(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return the return of x1 at -1, s: Heun is stable at rest to twice the step it allows."""
        p = parameters
        return {
            "x1": p["time_unit"] / (3.0 * p["a"] + 2.0 * p["b"]),
            "y2": p["time_unit"] * p["tau"],
        }
