"""Equilibrium of a network whose local inhibition follows its rates, against a leak."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from netmod.dynamics.linear import solve_fixed_point
from netmod.dynamics.parameters import Parameters
from netmod.models import Coupling, Model, Parameter


class Homeostatic(Model):
    """A mass whose inhibition J is a state: ``dJ/dt = baseline + k (r - r0) - J``, in slow time.

    Only its equilibrium is used: inhibitory plasticity takes hours, so within a scan J is held. It
    re-balances partly, since the leak pulls J to its own baseline; k = 0 freezes it there. The
    form is that of Vogels et al. 2011 (doi:10.1126/science.1211095) with a leak.
    """

    name: ClassVar[str] = "homeostatic"
    noise_on: ClassVar[tuple[str, ...]] = ()

    def __init__(self, model: Model) -> None:
        self._model = model
        self.states = (*model.states, "J")
        self.parameters: Mapping[str, Parameter] = model.parameters
        self.coupling_inputs = model.coupling_inputs
        self.transmitted = model.transmitted
        self.coupling = model.coupling
        self.observed = model.observed

    def drift(
        self,
        state: Sequence[Any],
        parameters: Mapping[str, Any],
        coupling: Sequence[Any],
        stimulus: Any = 0.0,
    ) -> tuple[Any, ...]:
        """Return the drift of the mass and of J (nA per unit of slow time)."""
        *fast, J = state
        p = {**parameters, "J": J}
        aim = p["J_baseline"] + p["J_follow"] * (self.rate_hz(state, p, coupling) - p["set_point"])
        return (*self._model.drift(fast, p, coupling, stimulus), aim - J)

    @property
    def link(self) -> Coupling:
        """The mass's own kind of coupling."""
        return self._model.link

    def signal(self, name: str, state: Sequence[Any], parameters: Mapping[str, Any]) -> Any:
        """Return a signal of the mass."""
        return self._model.signal(name, state[:-1], parameters)

    def rate_hz(
        self,
        state: Sequence[Any],
        parameters: Mapping[str, Any],
        coupling: Sequence[Any],
        stimulus: Any = 0.0,
    ) -> Any:
        """Return the excitatory rate in Hz with the state's own J."""
        *fast, J = state
        return self._model.rate_hz(fast, {**parameters, "J": J}, coupling, stimulus)


def equilibrium(
    model: Model,
    parameters: Parameters,
    start: Any,
    baseline: Any,
    follow: Any,
    set_point_hz: Any,
    steps: int = 12,
) -> tuple[Any, Any, Any]:
    """Solve for the state and the inhibition that hold each other.

    Parameters
    ----------
    model : Model
        The neural mass.
    parameters : Parameters
        One network; its ``J`` is the start.
    start : tuple of arrays, shape (region,)
        Fast state to start from.
    baseline : array, shape (region,)
        J in nA at the set-point.
    follow : float or array
        Change of J per change of rate, nA/Hz.
    set_point_hz : array, shape (region,)
        The subject's own set-points; no arm changes them.
    steps : int
        Newton steps.

    Returns
    -------
    state : tuple of arrays
        Fast fixed point.
    J : array, shape (region,)
        Inhibition in nA.
    residual : scalar
        Largest residual drift, 1/s.
    """
    import jax.numpy as jnp

    ones = jnp.ones_like(start[0])
    values = {
        **parameters.values,
        "J_baseline": baseline,
        "J_follow": follow * ones,
        "set_point": set_point_hz * ones,
    }
    wrapped = Homeostatic(model)
    joint = (*start, parameters.values["J"])
    state, residual = solve_fixed_point(
        wrapped, Parameters(values, parameters.weights), joint, steps=steps
    )
    return state[:-1], state[-1], residual
