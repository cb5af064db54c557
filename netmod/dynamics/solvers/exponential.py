"""An exponential integrator: the linear leak is solved exactly, the rest as Heun does."""

from __future__ import annotations

import math
from typing import Any, ClassVar, NamedTuple

from netmod.dynamics.solvers.solver import Drift, Solver, State

NEAR = 0.5
"""Size of the exponent below which the phi functions are summed as series."""

_SERIES = tuple(1.0 / math.factorial(k + 2) for k in range(15))
"""Taylor coefficients of phi_2; the first one left out is below 1e-18 of the sum at ``NEAR``."""


class Phi(NamedTuple):
    """The exponential of a decay and its divided differences at 0.

    Attributes
    ----------
    decay : array
        ``exp(z)``.
    one : array
        ``phi_1 = (exp(z) - 1) / z``, 1 at 0.
    two : array
        ``phi_2 = (exp(z) - 1 - z) / z**2``, 1/2 at 0.
    """

    decay: Any
    one: Any
    two: Any


def phi(z: Any) -> Phi:
    """Return ``exp`` and the first two phi functions, accurate and smooth through 0.

    Near 0 the literal forms lose all digits; there phi_2 is its Taylor series and phi_1 follows
    from ``phi_1 = 1 + z phi_2``.

    Parameters
    ----------
    z : float or array
        Exponent, ``-leak * dt``.
    """
    import jax.numpy as jnp

    z = jnp.asarray(z)
    near = jnp.abs(z) < NEAR
    # the branch that is not taken must stay finite, or gradients become nan
    far = jnp.where(near, -1.0, z)
    far_one = jnp.expm1(far) / far
    close = jnp.where(near, z, 0.0)
    close_two = _SERIES[-1]
    for coefficient in _SERIES[-2::-1]:
        close_two = coefficient + close * close_two
    return Phi(
        jnp.exp(z),
        jnp.where(near, 1.0 + close * close_two, far_one),
        jnp.where(near, close_two, (far_one - 1.0) / far),
    )


class Exponential(Solver):
    r"""Exponential Runge-Kutta 2 (ETD2RK): no leak limits the step, without leak it is Heun.

    With ``l`` the leak, ``z = -l dt`` and the rest of the drift ``N(y) = f(y) + l y``:

    .. math::

        a &= e^z y + \varphi_1(z)\, dt\, N(y) + \sqrt{\varphi_1(2z)}\, dw\\
        y' &= a + \varphi_2(z)\, dt\, (N(a) - N(y))

    The factor of the noise gives it the exact variance of the leaky process over the step,
    ``sd**2 (1 - exp(-2 l dt)) / (2 l)``: where ``N`` is constant, so is an Ornstein-Uhlenbeck
    process, mean and variance are exact for any step.

    References
    ----------
    Cox SM, Matthews PC (2002). Exponential time differencing for stiff systems. J Comput Phys
    176:430, doi:10.1006/jcph.2002.6995.
    """

    name: ClassVar[str] = "exponential"
    order: ClassVar[int] = 2
    strong_order: ClassVar[float] = 1.0
    weak_order: ClassVar[float] = 2.0

    def step(self, drift: Drift, y: State, dt: Any, dw: State, leak: State) -> State:
        """Return the step of the class's formula, at fractions 0 and 1."""
        parts = tuple(_factors(rate, dt) for rate in leak)
        first = _without_leak(drift(y, 0.0), y, leak)
        guess = tuple(
            f.decay * a + (dt * f.one) * k + noise * n
            for (f, noise), a, k, n in zip(parts, y, first, dw, strict=True)
        )
        second = _without_leak(drift(guess, 1.0), guess, leak)
        return tuple(
            a + (dt * f.two) * (m - k)
            for (f, _), a, k, m in zip(parts, guess, first, second, strict=True)
        )


def _absent(rate: Any) -> bool:
    # a model that declares no leak for a state says so by a plain number
    return isinstance(rate, int | float) and rate == 0.0


def _factors(rate: Any, dt: Any) -> tuple[Phi, Any]:
    """Return the phi functions of one state, and the factor of its noise."""
    import jax.numpy as jnp

    if _absent(rate):
        return Phi(1.0, 1.0, 0.5), 1.0
    f = phi(-rate * dt)
    # phi_1(2 z) = phi_1(z) (exp(z) + 1) / 2, without a cancellation
    return f, jnp.sqrt(0.5 * f.one * (1.0 + f.decay))


def _without_leak(slope: State, y: State, leak: State) -> State:
    return tuple(
        k if _absent(rate) else k + rate * a for k, a, rate in zip(slope, y, leak, strict=True)
    )
