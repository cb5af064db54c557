"""The fast model's parameters for one network: regional values and long-range weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from netmod.errors import ConfigError, DataError, did_you_mean
from netmod.models import Model


class Parameters(NamedTuple):
    """Everything that one run of the fast model depends on, apart from noise and time.

    Attributes
    ----------
    values : dict of str to array
        Model parameters, each a scalar or ``[region]`` (a leading lane axis when stacked).
    weights : array, shape (coupling_input, target, source)
        Long-range weights of each of the model's coupling inputs.
    """

    values: dict[str, Any]
    weights: Any

    @property
    def n_regions(self) -> int:
        """Number of regions."""
        return self.weights.shape[-1]

    def replace(self, weights: Any = None, **values: Any) -> Parameters:
        """Return a copy with other weights or values.

        Raises
        ------
        ConfigError
            If a value's name is unknown to the model.
        """
        for name in values:
            if name not in self.values:
                raise ConfigError(
                    f"no parameter '{name}'", got=name, hint=did_you_mean(name, self.values)
                )
        return Parameters({**self.values, **values}, self.weights if weights is None else weights)


def make_parameters(
    model: Model, weights: Any, values: Mapping[str, Any] | None = None
) -> Parameters:
    """Return the parameters of one network: model defaults, some of them replaced.

    Every value becomes an array ``[region]``, so that lanes with and without regional changes
    share one compiled program.

    Parameters
    ----------
    model : Model
        The neural mass.
    weights : array, shape (coupling_input, target, source)
        Long-range weights, one matrix per coupling input of the model.
    values : mapping, optional
        Scalars or arrays ``[region]`` by parameter name.

    Raises
    ------
    DataError
        If the weights are not finite or have another shape.
    ConfigError
        If a parameter is unknown.
    """
    weights = np.asarray(weights, dtype=float)
    inputs = len(model.coupling_inputs)
    if weights.ndim != 3 or weights.shape[0] != inputs or weights.shape[1] != weights.shape[2]:
        raise DataError(
            "weights have the wrong shape",
            expected=f"({inputs}, N, N): one square matrix for each of {model.coupling_inputs}",
            got=str(weights.shape),
        )
    if not np.isfinite(weights).all():
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(weights))[0])
        raise DataError("weights are not finite", got=f"{weights[where]} at {where}")
    n = weights.shape[-1]
    defaults = {name: np.full(n, parameter.default) for name, parameter in model.parameters.items()}
    parameters = Parameters(defaults, weights)
    changed = {
        name: np.broadcast_to(np.asarray(value, dtype=float), (n,)).copy()
        for name, value in (values or {}).items()
    }
    return parameters.replace(**changed)


def stack(parameters: list[Parameters]) -> Parameters:
    """Stack the parameters of several networks along a leading lane axis."""
    names = parameters[0].values
    return Parameters(
        {name: np.stack([p.values[name] for p in parameters]) for name in names},
        np.stack([p.weights for p in parameters]),
    )
