"""The noise-free inhibition of reduced Wong-Wang in closed form, differentiable."""

from __future__ import annotations

from typing import Any

from netmod.dynamics.parameters import Parameters, Sparse
from netmod.models.transfer import transfer

TARGET_RATE_HZ = 3.06308542427
"""Rate at I_E = b/a - 0.026 nA: the target of Deco et al. 2014 (doi in the model's file)."""

_NEWTON_STEPS = 30


def excitatory_current(rate_hz: Any, values: dict[str, Any]) -> Any:
    """Return the current I_E in nA at which the E population fires at a rate (Newton, in jax).

    Parameters
    ----------
    rate_hz : array
        Positive rates in Hz.
    values : dict
        Model parameters ``a_E``, ``b_E``, ``d_E``, ``gain``.
    """
    import jax
    import jax.numpy as jnp

    d = values["d_E"]
    rate = jnp.asarray(rate_hz)

    def step(x, _):
        value, slope = jax.jvp(lambda y: transfer(y, d), (x,), (jnp.ones_like(x),))
        # log-rates are nearly linear far below threshold, which keeps Newton from overshooting
        return x - jnp.log(value / rate) * value / slope, None

    start = jnp.where(rate < 5.0, -jnp.ones_like(rate * d) * 8.0, rate)
    x, _ = jax.lax.scan(step, start, None, length=_NEWTON_STEPS)
    return (x / (1.0 + values["gain"]) + values["b_E"]) / values["a_E"]


def balance(parameters: Parameters, target_rate_hz: Any) -> tuple[Any, tuple[Any, Any]]:
    """Solve the noise-free FIC of the reduced Wong-Wang model exactly.

    With every region at its target rate, S_E, I_E and hence the inhibition that each region
    needs are known region by region; only I_I needs a scalar root (Demirtas 2019,
    doi:10.1016/j.neuron.2019.01.017, here with long-range excitation of inhibition). All of it
    is differentiable.

    Parameters
    ----------
    parameters : Parameters
        One network with linear coupling; its ``J`` is ignored.
    target_rate_hz : array, shape (region,) or float
        Excitatory rate that each region is held at, in Hz.

    Returns
    -------
    J : array, shape (region,)
        Local inhibition in nA. A negative entry means that no inhibition suffices.
    state : tuple of arrays, shape (region,)
        The fixed point (S_E, S_I).
    """
    import jax
    import jax.numpy as jnp

    p = parameters.values
    rate = jnp.broadcast_to(jnp.asarray(target_rate_hz), p["J"].shape)
    drive = p["gamma_E"] * p["tau_E"] * rate
    S_E = drive / (1.0 + drive)
    I_E = excitatory_current(rate, p)

    to_E, to_I = _inputs(parameters.weights, S_E)
    fixed_I = p["W_I"] * p["I_0"] + p["J_N"] * (S_E + p["G"] * to_I)
    gating = p["tau_I"] * p["gamma_I"]

    def residual(I_I):
        return I_I + gating * transfer(p["a_I"] * I_I - p["b_I"], p["d_I"]) - fixed_I

    def step(I_I, _):
        value, slope = jax.jvp(residual, (I_I,), (jnp.ones_like(I_I),))
        return I_I - value / slope, None

    I_I, _ = jax.lax.scan(step, p["b_I"] / p["a_I"] * jnp.ones_like(S_E), None, length=12)
    S_I = gating * transfer(p["a_I"] * I_I - p["b_I"], p["d_I"])
    excitation = (1.0 + p["excitation"]) * p["J_N"] * (p["w_plus"] * S_E + p["G"] * to_E)
    J = (p["W_E"] * p["I_0"] + excitation + p["I_ext"] - I_E) / S_I
    return J, (S_E, S_I)


def _inputs(weights: Any, S_E: Any) -> tuple[Any, Any]:
    """Return the weighted sums onto both populations; one matrix serves both."""
    last = weights.shape[0] - 1
    if isinstance(weights, Sparse):
        return weights.dot(0, S_E), weights.dot(last, S_E)
    return weights[0] @ S_E, weights[last] @ S_E
