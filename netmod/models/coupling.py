"""How one region's activity becomes another's input: the kinds of long-range coupling."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

from netmod.models.declaration import Parameter

_TVB = "Sanz Leon et al. 2013, doi:10.3389/fninf.2013.00010"


class Coupling(ABC):
    """A kind of coupling: what a source sends, and what a target makes of the weighted sums.

    Between the two lies the network alone: every signal is delayed, weighted and summed over
    sources. A model's drift scales the input by its own global coupling ``G``.

    Attributes
    ----------
    name : str
        The word used to choose it.
    signals : int
        Signals sent for each transmitted variable.
    parameters : mapping of str to Parameter
        Its own parameters; they join those of the model.
    """

    name: ClassVar[str]
    signals: ClassVar[int] = 1
    parameters: ClassVar[Mapping[str, Parameter]] = MappingProxyType({})

    def send(self, x: Any, p: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return the signals that leave a region, from its transmitted variable ``x``."""
        return (x,)

    @abstractmethod
    def receive(self, sums: Sequence[Any], x: Any, strength: Any, p: Mapping[str, Any]) -> Any:
        """Return the input of a region.

        Parameters
        ----------
        sums : sequence of arrays
            ``sum_j W_ij s_j`` of each signal.
        x : array
            The target's own transmitted variable, undelayed.
        strength : array
            ``sum_j W_ij``.
        p : mapping
            Parameter values.
        """

    @property
    def doc(self) -> str:
        """First line of the docstring."""
        return (self.__doc__ or "").strip().splitlines()[0]


class Linear(Coupling):
    """``c_i = sum_j W_ij x_j``."""

    name: ClassVar[str] = "linear"

    def receive(self, sums: Sequence[Any], x: Any, strength: Any, p: Mapping[str, Any]) -> Any:
        """Return the weighted sum itself."""
        return sums[0]


class Diffusive(Coupling):
    """``c_i = sum_j W_ij (x_j - x_i)``."""

    name: ClassVar[str] = "diffusive"

    def receive(self, sums: Sequence[Any], x: Any, strength: Any, p: Mapping[str, Any]) -> Any:
        """Return the weighted sum of differences."""
        return sums[0] - strength * x


_SIGMOID: Mapping[str, Parameter] = MappingProxyType(
    {
        "coupling_amplitude": Parameter(1.0, "1", 0.0, 1e3, "Largest coupling input", _TVB),
        "coupling_midpoint": Parameter(0.0, "1", -1e3, 1e3, "Argument of half the amplitude", _TVB),
        "coupling_slope": Parameter(1.0, "1", 1e-3, 1e3, "Steepness of the sigmoid", _TVB),
    }
)


def _sigmoid(x: Any, p: Mapping[str, Any]) -> Any:
    import jax

    gate = jax.nn.sigmoid(p["coupling_slope"] * (x - p["coupling_midpoint"]))
    return p["coupling_amplitude"] * gate


class Sigmoidal(Coupling):
    """``c_i = A / (1 + exp(-s (sum_j W_ij x_j - m)))``: the summed input saturates."""

    name: ClassVar[str] = "sigmoidal"
    parameters: ClassVar[Mapping[str, Parameter]] = _SIGMOID

    def receive(self, sums: Sequence[Any], x: Any, strength: Any, p: Mapping[str, Any]) -> Any:
        """Return the saturated sum."""
        return _sigmoid(sums[0], p)


class SigmoidalSource(Coupling):
    """``c_i = sum_j W_ij A / (1 + exp(-s (x_j - m)))``: every source saturates."""

    name: ClassVar[str] = "sigmoidal_source"
    parameters: ClassVar[Mapping[str, Parameter]] = _SIGMOID

    def send(self, x: Any, p: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return the sigmoid of the transmitted variable."""
        return (_sigmoid(x, p),)

    def receive(self, sums: Sequence[Any], x: Any, strength: Any, p: Mapping[str, Any]) -> Any:
        """Return the weighted sum itself."""
        return sums[0]


class Sine(Coupling):
    """``c_i = sum_j W_ij sin(x_j - x_i - lag)``: Kuramoto and Sakaguchi phase coupling.

    Two signals, sine and cosine, make the sum over pairs two matrix products.
    """

    name: ClassVar[str] = "sine"
    signals: ClassVar[int] = 2
    parameters: ClassVar[Mapping[str, Parameter]] = MappingProxyType(
        {
            "coupling_lag": Parameter(
                0.0,
                "rad",
                -3.15,
                3.15,
                "Phase lag of the coupling",
                "Sakaguchi and Kuramoto 1986, doi:10.1143/PTP.76.576",
            )
        }
    )

    def send(self, x: Any, p: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return sine and cosine of the phase."""
        import jax.numpy as jnp

        return jnp.sin(x), jnp.cos(x)

    def receive(self, sums: Sequence[Any], x: Any, strength: Any, p: Mapping[str, Any]) -> Any:
        """Return the sum of sines of phase differences."""
        import jax.numpy as jnp

        own = x + p["coupling_lag"]
        return sums[0] * jnp.cos(own) - sums[1] * jnp.sin(own)


COUPLINGS: Mapping[str, Coupling] = MappingProxyType(
    {c.name: c for c in (Linear(), Diffusive(), Sigmoidal(), SigmoidalSource(), Sine())}
)
"""Every kind of coupling by its name."""
