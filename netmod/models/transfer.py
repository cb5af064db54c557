"""Population rate functions, finite and smooth wherever their arguments lead."""

from __future__ import annotations

from typing import Any


def transfer(x: Any, d: Any) -> Any:
    """Return ``x / (1 - exp(-d x))`` in Hz, finite and smooth at its removable singularity.

    Near 0 the literal form is 0/0; there the Taylor series to the sixth order is exact to double
    precision.

    Parameters
    ----------
    x : array
        Argument ``a I - b`` in Hz.
    d : float or array
        Curvature in s.
    """
    import jax.numpy as jnp

    u = d * x
    near = jnp.abs(u) < 0.05
    safe = jnp.where(near, 1.0, u)
    exact = safe / (1.0 - jnp.exp(-jnp.maximum(safe, -80.0)))
    square = u * u
    series = 1.0 + u / 2 + square * (1 / 12 - square * (1 / 720 - square / 30240))
    # a reciprocal of parameters leaves the time loop, a quotient does not
    return jnp.where(near, series, exact) * (1.0 / d)


def sigmoid_rate(v: Any, e0: Any, v0: Any, r: Any) -> Any:
    """Return the rate ``2 e0 / (1 + exp(r (v0 - v)))`` of a population, in the unit of ``e0``.

    Parameters
    ----------
    v : array
        Mean membrane potential in mV.
    e0 : float or array
        Half the largest rate.
    v0 : float or array
        Potential of half the largest rate, mV.
    r : float or array
        Steepness in 1/mV.
    """
    import jax

    return 2.0 * e0 * jax.nn.sigmoid(r * (v - v0))
