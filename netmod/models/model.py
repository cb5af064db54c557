"""What every neural mass is: declared states and parameters, and a pure drift."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from netmod.errors import ConfigError, did_you_mean
from netmod.models.declaration import Parameter


class Model(ABC):
    """A neural mass: ``dstate/dt = drift(state, parameters, coupling, stimulus)``.

    A concrete model is one file with these class attributes and one method; its equations and
    reference stand in its docstring. The drift takes and returns arrays ``[..., region]`` or
    ``[region, lane]`` alike, since it acts on every region by itself.

    Attributes
    ----------
    name : str
        The word used in scenarios.
    states : tuple of str
        State variables, in the order of ``drift``'s arguments and results.
    parameters : mapping of str to Parameter
        Every parameter of the drift, with unit, range, default and source.
    coupling_inputs : tuple of str
        Names of the long-range inputs; each is the weighted sum of ``transmitted`` over sources.
    transmitted : str
        The state that leaves a region.
    noise_on : tuple of str
        States with additive white noise, of standard deviation ``noise_sd`` per square root of
        a second.
    observed : str
        The state that drives the hemodynamic response.
    start : tuple of float
        A state near the usual working point, from which fixed points are sought.
    """

    name: ClassVar[str]
    states: ClassVar[tuple[str, ...]]
    parameters: ClassVar[Mapping[str, Parameter]]
    coupling_inputs: ClassVar[tuple[str, ...]]
    transmitted: ClassVar[str]
    noise_on: ClassVar[tuple[str, ...]]
    observed: ClassVar[str]
    start: ClassVar[tuple[float, ...]]

    @abstractmethod
    def drift(
        self,
        state: Sequence[Any],
        parameters: Mapping[str, Any],
        coupling: Sequence[Any],
        stimulus: Any = 0.0,
    ) -> tuple[Any, ...]:
        """Return the time derivative of every state, in 1/s.

        Parameters
        ----------
        state : sequence of arrays
            One array per entry of ``states``.
        parameters : mapping
            Values of ``parameters``, scalars or arrays that broadcast against a state.
        coupling : sequence of arrays
            One array per entry of ``coupling_inputs``.
        stimulus : array or float
            External input, in the unit the model states.
        """

    @abstractmethod
    def rate_hz(
        self, state: Sequence[Any], parameters: Mapping[str, Any], coupling: Sequence[Any]
    ) -> Any:
        """Return the excitatory firing rate in Hz that goes with a state."""

    def clip(self, state: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the state inside its physical limits; the default has none."""
        return state

    @property
    def doc(self) -> str:
        """First line of the docstring."""
        return (self.__doc__ or "").strip().splitlines()[0]

    def defaults(self, **overrides: float) -> dict[str, float]:
        """Return the default parameters with some replaced.

        Raises
        ------
        ConfigError
            If a name is unknown or a value leaves its declared range.
        """
        values = {name: parameter.default for name, parameter in self.parameters.items()}
        for name, value in overrides.items():
            if name not in values:
                raise ConfigError(
                    f"model '{self.name}' has no parameter '{name}'",
                    expected=", ".join(values),
                    got=name,
                    hint=did_you_mean(name, values),
                )
            declared = self.parameters[name]
            if not declared.low <= value <= declared.high:
                raise ConfigError(
                    f"parameter '{name}' of model '{self.name}' is out of range",
                    expected=f"{declared.low:g} to {declared.high:g} {declared.unit}",
                    got=f"{value:g}",
                )
            values[name] = value
        return values
