"""What everything that can be computed of a network declares about itself, in four kinds.

:class:`Metric` is a column of every study, :class:`Measure` a function of one matrix,
:class:`Estimator` turns a series into a matrix, and :class:`Quantity` is any other function.
``netmod metrics`` and docs/measures.md are made from these declarations.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from numpy.typing import NDArray

from netmod.errors import ConfigError

if TYPE_CHECKING:
    from netmod.graph.signatures import Readout


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """What all kinds declare.

    Parameters
    ----------
    name : str
        Key in the registry of its kind.
    unit : str
        ``1`` when dimensionless, ``w`` in the unit of the weights, ``u`` in that of the series.
    range : str
        Values that it can take.
    doc : str
        Definition in one sentence.
    direction_note : str
        What a higher value means, and what is contested.
    source : str
        Author, year, DOI; or ``proposal``.
    """

    name: str
    unit: str
    range: str
    doc: str
    direction_note: str
    source: str


@dataclass(frozen=True, kw_only=True)
class Metric(Declaration):
    """A named readout of a study, a column of ``signatures.tsv``.

    Parameters
    ----------
    compute : callable, optional
        ``compute(Readout) -> float``; None for what needs more than one scan.
    """

    compute: Callable[[Readout], float] | None = None

    @property
    def scope(self) -> Literal["scan", "study"]:
        """``scan`` when one scan gives the value, ``study`` when others are needed."""
        return "scan" if self.compute else "study"

    @property
    def input(self) -> str:
        """What it is computed from."""
        return "covariance and rates of a scan" if self.compute else "the scans of a study"

    @property
    def gives(self) -> str:
        """What comes out."""
        return "a number per scan"

    @property
    def call(self) -> str:
        """How it is computed in Python."""
        if self.compute is None:
            return f"netmod.graph.distance.{self.name}"
        return f'netmod.graph.signature_row(cov, rates_hz, masks)["{self.name}"]'


@dataclass(frozen=True, kw_only=True)
class Measure(Declaration):
    """A named measure of one graph.

    Parameters
    ----------
    compute : callable
        ``compute(weights, **inputs)`` → float or array of shape (N,).
    per_region : bool
        Whether it gives one value per region.
    signed, directed : bool
        Whether negative weights, and asymmetric ones, are meant; if not they are refused.
    needs : tuple of str
        Keyword inputs besides the matrix: ``labels``, ``random``, ``lattice``.
    """

    compute: Callable[..., float | NDArray]
    per_region: bool = False
    signed: bool = False
    directed: bool = False
    needs: tuple[str, ...] = ()

    @property
    def input(self) -> str:
        """What it is computed from."""
        matrix = "matrix, directed or not" if self.directed else "symmetric matrix"
        sign = "negative weights allowed" if self.signed else "no negative weights"
        return "; ".join([f"{matrix}, {sign}", *self.needs])

    @property
    def gives(self) -> str:
        """What comes out."""
        return "[N], one per region" if self.per_region else "a number"

    @property
    def call(self) -> str:
        """How it is computed in Python."""
        inputs = "".join(f", {name}={name}" for name in self.needs)
        return f'netmod.graph.measure(weights, "{self.name}"{inputs})'


@dataclass(frozen=True, kw_only=True)
class Estimator(Declaration):
    """A named estimator of functional connectivity.

    Parameters
    ----------
    compute : callable
        ``compute(series [T, N], names, **options) -> ndarray [N, N]``.
    needs, takes : tuple of str
        Options that must and may be given.
    directed : bool
        Whether the matrix says who leads; it is symmetric if not.
    """

    compute: Callable[..., NDArray]
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    directed: bool = False

    @property
    def input(self) -> str:
        """What it is computed from."""
        options = [*self.needs, *(f"[{name}]" for name in self.takes)]
        return "; ".join(["series [T, N]", *([", ".join(options)] if options else [])])

    @property
    def gives(self) -> str:
        """What comes out."""
        return f"[N, N], {'who leads whom' if self.directed else 'symmetric'}"

    @property
    def call(self) -> str:
        """How it is computed in Python."""
        options = "".join(f", {name}={name}" for name in self.needs)
        return f'netmod.graph.estimate(series, "{self.name}"{options})'


@dataclass(frozen=True, kw_only=True)
class Quantity(Declaration):
    """What is computed from something else than one matrix, or gives something else than a number.

    Parameters
    ----------
    input, gives : str
        What it is computed from, and what comes out of it.
    compute : callable
        The public function; its docstring says the rest.
    """

    input: str
    gives: str
    compute: Callable[..., Any]

    @property
    def call(self) -> str:
        """How it is computed in Python."""
        parameters = inspect.signature(self.compute).parameters.values()
        needed = [one.name for one in parameters if one.default is one.empty]
        more = ["..."] if len(needed) < len(parameters) else []
        where = f"{self.compute.__module__}.{self.compute.__qualname__}"
        return f"{where}({', '.join([*needed, *more])})"


Kind = TypeVar("Kind", bound=Declaration)


def by_name(*declarations: Kind) -> Mapping[str, Kind]:
    """Return declarations by name.

    Raises
    ------
    ConfigError
        If two have the same name.
    """
    found: dict[str, Kind] = {}
    for one in declarations:
        if one.name in found:
            raise ConfigError(
                f"two declarations of the name '{one.name}'",
                expected="names that differ within a kind",
                got=f"'{found[one.name].doc}' and '{one.doc}'",
            )
        found[one.name] = one
    return MappingProxyType(found)


def declared(package: str, kind: type[Kind]) -> Mapping[str, Kind]:
    """Return all declarations of a kind in a package: those in ``DECLARED`` of its modules.

    Parameters
    ----------
    package : str
        Its modules, those of packages within it too, are imported and read in alphabetical order.
    kind : type
        Class of the declarations wanted.

    Raises
    ------
    ConfigError
        If two have the same name.
    """
    found: list[Kind] = []
    path = importlib.import_module(package).__path__
    for module in pkgutil.walk_packages(path, f"{package}."):
        listed = getattr(importlib.import_module(module.name), "DECLARED", ())
        found += [one for one in listed if isinstance(one, kind)]
    return by_name(*found)
