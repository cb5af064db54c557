"""What every neural mass is: declared states and parameters, and a pure drift."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any, ClassVar

from netmod.errors import ConfigError, did_you_mean
from netmod.models.coupling import COUPLINGS, Coupling
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
        Every parameter, with unit, range, default and source.
    coupling_inputs : tuple of str
        Names of the long-range inputs.
    transmitted : tuple of str
        For each input the signal that sources send: a state, or one that ``signal`` computes.
    coupling : str
        Kind of coupling (:data:`netmod.models.coupling.COUPLINGS`); ``coupled`` chooses another.
    noise_on : tuple of str
        States with additive noise, of standard deviation ``noise_sd`` per square root of a
        second; a value ``noise_sd_<state>`` replaces it for one state, noisy by default or not.
    observed : str
        The signal that drives the hemodynamic response.
    drive_gain, drive_rest : float
        Its scale for that: ``hemodynamic drive = drive_gain * (observed - drive_rest)``,
        dimensionless. The balloon model expects a drive of some tenths, as NMDA gating is; a
        model in mV, Hz or of a signed variable is brought there (a proposal for each model).
    start : tuple of float
        A state near the usual working point, from which fixed points are sought.
    stimulus : str
        What the drift's stimulus is, with its unit.
    slow_transmission : bool
        Whether what is transmitted hardly moves within a step, so that a simulation may evaluate
        the long-range input once a step.
    inhibition : str or None
        The parameter that feedback inhibition control sets, if the model has one.
    """

    name: ClassVar[str]
    states: ClassVar[tuple[str, ...]]
    parameters: Mapping[str, Parameter]
    coupling_inputs: ClassVar[tuple[str, ...]]
    transmitted: ClassVar[tuple[str, ...]]
    coupling: str = "linear"
    noise_on: ClassVar[tuple[str, ...]]
    observed: ClassVar[str]
    drive_gain: ClassVar[float] = 1.0
    drive_rest: ClassVar[float] = 0.0
    start: ClassVar[tuple[float, ...]]
    stimulus: ClassVar[str] = "added to the drift of the first state, in its unit per s"
    slow_transmission: ClassVar[bool] = False
    inhibition: ClassVar[str | None] = None

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

    def rate_hz(
        self,
        state: Sequence[Any],
        parameters: Mapping[str, Any],
        coupling: Sequence[Any],
        stimulus: Any = 0.0,
    ) -> Any:
        """Return the excitatory firing rate in Hz that goes with a state; None without rates."""
        return None

    def inhibitory_activity(
        self, state: Sequence[Any], parameters: Mapping[str, Any], coupling: Sequence[Any]
    ) -> Any:
        """Return the activity of the inhibitory population; None without one."""
        return None

    def signal(self, name: str, state: Sequence[Any], parameters: Mapping[str, Any]) -> Any:
        """Return a state by its name, or what a model computes from its states under a name."""
        return state[self.states.index(name)]

    def drive(self, observed: Any) -> Any:
        """Return the dimensionless hemodynamic drive that goes with the observed signal."""
        if self.drive_gain == 1.0 and self.drive_rest == 0.0:
            return observed  # no arithmetic: not a bit may change
        return self.drive_gain * (observed - self.drive_rest)

    def clip(self, state: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the state inside its physical limits; the default has none."""
        return state

    def leak(self, parameters: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return the linear decay rate of every state in 1/s, which exponential solvers take out.

        The default has none; the drift must contain ``-leak * state`` for what is returned.
        """
        return (0.0,) * len(self.states)

    def time_constants(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return named time constants in s; the smallest limits the step.

        The default takes every parameter ``tau...`` in seconds.
        """
        return {
            name: parameters[name]
            for name, declared in self.parameters.items()
            if name.startswith("tau") and declared.unit == "s"
        }

    @property
    def link(self) -> Coupling:
        """The kind of coupling itself."""
        return COUPLINGS[self.coupling]

    @property
    def sent(self) -> tuple[str, ...]:
        """The distinct transmitted signals, in order of their first use."""
        return tuple(dict.fromkeys(self.transmitted))

    @property
    def doc(self) -> str:
        """First line of the docstring."""
        return (self.__doc__ or "").strip().splitlines()[0]

    def coupled(self, kind: str) -> Model:
        """Return this model with another kind of coupling; its parameters join the model's.

        Parameters
        ----------
        kind : str
            A name in :data:`netmod.models.coupling.COUPLINGS`.

        Raises
        ------
        ConfigError
            If there is no such kind.
        """
        if kind not in COUPLINGS:
            raise ConfigError(
                f"no coupling '{kind}'",
                expected=", ".join(COUPLINGS),
                got=str(kind),
                hint=did_you_mean(str(kind), COUPLINGS),
            )
        return self if kind == self.coupling else _coupled(self, kind)

    def check(self) -> None:
        """Refuse a declaration that does not fit together.

        Raises
        ------
        ConfigError
            If names or numbers of states, inputs and signals do not agree.
        """
        inputs, sent = len(self.coupling_inputs), len(self.transmitted)
        wrong = None
        if not self.states or len(self.start) != len(self.states):
            wrong = "start needs one value for each of at least one state"
        elif not inputs or inputs != sent:
            wrong = "transmitted needs one signal for each of at least one coupling input"
        elif not set(self.noise_on) <= set(self.states):
            wrong = "noise_on may name states only"
        elif not {"noise_sd", "noise_tau"} <= set(self.parameters):
            wrong = "parameters need noise_sd and noise_tau: splice **noise(...)"
        if wrong:
            raise ConfigError(
                f"model '{self.name}' is not declared in full",
                expected=wrong,
                hint="docs/extending.md shows a complete model",
            )

    def state_index(self, name: str) -> int:
        """Return the place of a state.

        Raises
        ------
        ConfigError
            If the model has no such state.
        """
        if name not in self.states:
            raise ConfigError(
                f"model '{self.name}' has no state '{name}'",
                expected=", ".join(self.states),
                got=str(name),
                hint=did_you_mean(str(name), self.states),
            )
        return self.states.index(name)

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


@lru_cache(maxsize=64)
def _coupled(model: Model, kind: str) -> Model:
    # one object for each choice: compiled programs are remembered by it
    other = copy.copy(model)
    own = {k: v for k, v in model.parameters.items() if not k.startswith("coupling_")}
    other.coupling = kind
    other.parameters = MappingProxyType({**own, **COUPLINGS[kind].parameters})
    return other


def noise(default: float, unit: str, source: str, *, high: float = 1e3) -> dict[str, Parameter]:
    """Return the declarations of a model's noise: its size, and its correlation time.

    Coloured noise is an Ornstein-Uhlenbeck process ``tau dz = -z dt + sd dW`` added to the drift;
    as tau goes to 0 it becomes white noise of the same ``sd``.

    Parameters
    ----------
    default : float
        Standard deviation per square root of a second, in the states' unit.
    unit : str
        Its unit.
    source : str
        Author, year, DOI; or ``proposal``.
    high : float
        Largest accepted value.
    """
    return {
        "noise_sd": Parameter(default, unit, 0.0, high, "Noise on the noisy states", source),
        "noise_tau": Parameter(
            0.0,
            "s",
            0.0,
            10.0,
            "Correlation time of the noise; 0 for white",
            "Uhlenbeck and Ornstein 1930, doi:10.1103/PhysRev.36.823",
        ),
    }
