"""A mass whose inhibition is a state that follows its activity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, ClassVar

from netmod.dynamics.fic.activity import activity
from netmod.models import Coupling, Model, Parameter

_NASKAR = "Naskar et al. 2021, doi:10.1162/netn_a_00197"

LAWS: Mapping[str, Parameter] = {
    # gamma = 1 there, with rates in 1/ms and time in ms
    "inhibition_rate": Parameter(1e-3, "nA s", 0.0, 1e6, "Speed of plasticity", _NASKAR),
    "inhibition_target": Parameter(3.0, "Hz", 0.0, 1e3, "Activity that is sought", _NASKAR),
}
"""What the law of inhibition adds to a model's parameters, with the published values."""


class AdaptiveInhibition(Model):
    r"""A mass whose local inhibition grows while its activity is above the target.

    .. math::

        dJ_i/dt = \eta\, r^I_i (r^E_i - \rho_i)

    This is inhibitory plasticity by the product of pre- and postsynaptic activity (Vogels et al.
    2011, doi:10.1126/science.1211095) as Naskar et al. 2021 (doi:10.1162/netn_a_00197) give it to
    a dynamic mean field; ``presynaptic=False`` leaves r_I out. Wherever r_I > 0, both forms rest
    exactly where feedback inhibition control holds the target.

    Parameters
    ----------
    model : Model
        A mass with ``inhibition``; with ``presynaptic`` also with ``inhibitory_activity``.
    presynaptic : bool
        Whether the speed is proportional to inhibitory activity.
    """

    name: ClassVar[str] = "adaptive_inhibition"

    def __init__(self, model: Model, presynaptic: bool) -> None:
        self._model = model
        self._presynaptic = presynaptic
        self.states = (*model.states, model.inhibition)
        self.parameters = {**model.parameters, **LAWS}
        self.coupling_inputs = model.coupling_inputs
        self.transmitted = model.transmitted
        self.coupling = model.coupling
        self.noise_on = model.noise_on
        self.observed = model.observed
        self.start = (*model.start, model.parameters[model.inhibition].default)
        self.stimulus = model.stimulus
        self.slow_transmission = model.slow_transmission

    def drift(
        self,
        state: Sequence[Any],
        parameters: Mapping[str, Any],
        coupling: Sequence[Any],
        stimulus: Any = 0.0,
    ) -> tuple[Any, ...]:
        """Return the drift of the mass and of its inhibition, per s."""
        fast, p = self._split(state, parameters)
        off = activity(self._model, fast, p, coupling) - p["inhibition_target"]
        change = p["inhibition_rate"] * off
        if self._presynaptic:
            change = change * self._model.inhibitory_activity(fast, p, coupling)
        return (*self._model.drift(fast, p, coupling, stimulus), change)

    def rate_hz(
        self,
        state: Sequence[Any],
        parameters: Mapping[str, Any],
        coupling: Sequence[Any],
        stimulus: Any = 0.0,
    ) -> Any:
        """Return the excitatory rate in Hz with the state's own inhibition."""
        fast, p = self._split(state, parameters)
        return self._model.rate_hz(fast, p, coupling, stimulus)

    @property
    def link(self) -> Coupling:
        """The mass's own kind of coupling."""
        return self._model.link

    def signal(self, name: str, state: Sequence[Any], parameters: Mapping[str, Any]) -> Any:
        """Return the inhibition, or a signal of the mass."""
        if name == self._model.inhibition:
            return state[-1]
        fast, p = self._split(state, parameters)
        return self._model.signal(name, fast, p)

    def clip(self, state: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the state inside its limits; inhibition does not become negative."""
        import jax.numpy as jnp

        return (*self._model.clip(state[:-1]), jnp.maximum(state[-1], 0.0))

    def leak(self, parameters: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return the decay rates of the mass, and none of the inhibition, 1/s."""
        return (*self._model.leak(parameters), 0.0)

    def time_constants(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return those of the mass, in s: plasticity is slower."""
        return self._model.time_constants(parameters)

    def _split(
        self, state: Sequence[Any], parameters: Mapping[str, Any]
    ) -> tuple[Sequence[Any], Mapping[str, Any]]:
        return state[:-1], {**parameters, self._model.inhibition: state[-1]}


@lru_cache(maxsize=16)
def adaptive(model: Model, presynaptic: bool) -> AdaptiveInhibition:
    """Return a model with adaptive inhibition: one object for each, as programs are kept by it."""
    return AdaptiveInhibition(model, presynaptic)
