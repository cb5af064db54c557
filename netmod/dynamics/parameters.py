"""The fast model's parameters for one network: regional values, long-range weights and delays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from netmod.errors import ConfigError, DataError, did_you_mean
from netmod.models import Model


class Sparse(NamedTuple):
    """Weights of a large network by its edges, padded to the largest number of sources.

    Attributes
    ----------
    source : array, shape (matrix, target, edge), int32
        Where an edge comes from; its own target where padded.
    value : array, shape (matrix, target, edge)
        Weight; 0 where padded.
    """

    source: Any
    value: Any

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the dense weights, (matrix, target, source)."""
        return (*self.value.shape[:2], self.value.shape[1])

    @property
    def matrices(self) -> int:
        """Number of matrices."""
        return self.value.shape[0]

    def dot(self, matrix: int, x: Any) -> Any:
        """Return ``W x`` of one matrix for ``x [..., region]``."""
        return (self.value[matrix] * x[..., self.source[matrix]]).sum(axis=-1)

    def strength(self, matrix: int) -> Any:
        """Return the row sums of one matrix."""
        return self.value[matrix].sum(axis=-1)

    def dense(self) -> Any:
        """Return the weights as an array (matrix, target, source)."""
        import jax.numpy as jnp

        m, i, _ = np.indices(self.value.shape)
        value = jnp.asarray(self.value)
        return jnp.zeros(self.shape, value.dtype).at[m, i, self.source].add(value)


class Parameters(NamedTuple):
    """Everything that one run of the fast model depends on, apart from noise and time.

    Attributes
    ----------
    values : dict of str to array
        Model parameters, each a scalar or ``[region]`` (a leading lane axis when stacked).
    weights : array, shape (matrix, target, source), or Sparse
        Long-range weights: one matrix for each of the model's coupling inputs, or one for all.
    delays_s : array, shape (target, source), or None
        Conduction delay of every edge in s (:func:`netmod.dynamics.delays.conduction_delays`).
    """

    values: dict[str, Any]
    weights: Any
    delays_s: Any = None

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
        return self._replace(
            values={**self.values, **values},
            weights=self.weights if weights is None else weights,
        )


def make_parameters(
    model: Model,
    weights: Any,
    values: Mapping[str, Any] | None = None,
    delays_s: Any = None,
) -> Parameters:
    """Return the parameters of one network: model defaults, some of them replaced.

    Every value becomes an array ``[region]``, so that lanes with and without regional changes
    share one compiled program.

    Parameters
    ----------
    model : Model
        The neural mass.
    weights : array, shape (target, source) or (matrix, target, source), or SciPy sparse
        Long-range weights: one matrix for all coupling inputs of the model, or one for each.
        Sparse matrices (one, or a sequence) serve networks of more than about 1000 regions.
    values : mapping, optional
        Scalars or arrays ``[region]`` by parameter name. ``noise_sd_<state>`` sets the noise of
        one state, also of one that has none by default.
    delays_s : array, shape (target, source), optional
        Conduction delay of every edge, s.

    Raises
    ------
    DataError
        If weights or delays are not finite or have another shape.
    ConfigError
        If a parameter is unknown, out of its declared range or of another shape.
    """
    weights = _checked_weights(model, weights)
    n = weights.shape[-1]
    filled = {name: np.full(n, parameter.default) for name, parameter in model.parameters.items()}
    for name, value in (values or {}).items():
        filled[name] = _checked_value(model, name, value, n)
    if delays_s is not None:
        delays_s = _checked_delays(delays_s, n)
    return Parameters(filled, weights, delays_s)


def _checked_weights(model: Model, weights: Any) -> Any:
    inputs = len(model.coupling_inputs)
    sparse = _as_sparse(weights)
    if sparse is None:
        try:
            if np.iscomplexobj(weights):
                raise TypeError
            weights = np.asarray(weights, dtype=float)
        except (TypeError, ValueError):
            raise DataError(
                "weights are not a matrix of real numbers",
                expected="(N, N), or one matrix for each coupling input",
                got=type(weights).__name__,
            ) from None
        weights = weights[None] if weights.ndim == 2 else weights
    else:
        weights = sparse
    shape = weights.shape
    square = len(shape) == 3 and shape[1] == shape[2] > 0
    if not square or shape[0] not in (1, inputs):
        raise DataError(
            "weights have the wrong shape",
            expected=f"({inputs}, N, N): one square matrix for each of {model.coupling_inputs}",
            got=str(shape),
        )
    entries = weights if sparse is None else weights.value
    if not np.isfinite(entries).all():
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(entries))[0])
        raise DataError("weights are not finite", got=f"{entries[where]} at {where}")
    return weights


def _as_sparse(weights: Any) -> Sparse | None:
    """Return SciPy sparse matrices as padded edges; None for anything else."""
    import scipy.sparse

    listed = [weights] if scipy.sparse.issparse(weights) else weights
    if isinstance(listed, Sparse):
        return listed
    if not isinstance(listed, Sequence) or not all(scipy.sparse.issparse(w) for w in listed):
        return None
    rows = [scipy.sparse.csr_array(w).astype(float) for w in listed]
    n = rows[0].shape[0]
    if any(w.shape != (n, n) for w in rows):
        raise DataError(
            "weights have the wrong shape",
            expected="square matrices of one size",
            got=", ".join(str(w.shape) for w in rows),
        )
    width = max(1, *(int(np.diff(w.indptr).max()) for w in rows))
    source = np.tile(np.arange(n, dtype=np.int32)[:, None], (len(rows), 1, width))
    value = np.zeros((len(rows), n, width))
    for m, w in enumerate(rows):
        w.sort_indices()
        target = np.repeat(np.arange(n), np.diff(w.indptr))
        place = np.arange(w.nnz) - np.repeat(w.indptr[:-1], np.diff(w.indptr))
        source[m, target, place] = w.indices
        value[m, target, place] = w.data
    return Sparse(source, value)


def _checked_value(model: Model, name: str, value: Any, n: int) -> np.ndarray:
    declared = model.parameters.get(name)
    if declared is None and name.startswith("noise_sd_"):
        model.state_index(name.removeprefix("noise_sd_"))
        declared = model.parameters["noise_sd"]
    if declared is None:
        raise ConfigError(
            f"no parameter '{name}'", got=name, hint=did_you_mean(name, model.parameters)
        )
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise ConfigError(
            f"parameter '{name}' of model '{model.name}' is not a number",
            expected=f"one number, or one for each of {n} regions",
            got=str(value)[:60],
        ) from None
    if array.shape not in ((), (n,)):
        raise ConfigError(
            f"parameter '{name}' of model '{model.name}' has the wrong shape",
            expected=f"one number, or one for each of {n} regions",
            got=str(array.shape),
        )
    inside = (array >= declared.low) & (array <= declared.high)
    if not inside.all():
        first = np.flatnonzero(~np.atleast_1d(inside))[0]
        raise ConfigError(
            f"parameter '{name}' of model '{model.name}' is out of range",
            where=f"region {first + 1}" if array.ndim else None,
            expected=f"{declared.low:g} to {declared.high:g} {declared.unit}",
            got=f"{np.atleast_1d(array)[first]:g}",
        )
    return np.broadcast_to(array, (n,)).copy()


def _checked_delays(delays_s: Any, n: int) -> np.ndarray:
    delays = np.asarray(delays_s, dtype=float)
    if delays.shape != (n, n):
        raise DataError(
            "delays have the wrong shape", expected=f"({n}, {n})", got=str(delays.shape)
        )
    bad = np.argwhere(~(np.isfinite(delays) & (delays >= 0)))
    if len(bad):
        target, source = (int(i) for i in bad[0])
        raise DataError(
            "a delay is negative or not finite",
            where=f"edge from region {source + 1} to region {target + 1}",
            expected="at least 0 s",
            got=f"{delays[target, source]:g} s",
        )
    return delays


def stack(parameters: Sequence[Parameters], *, shared: bool = False) -> Parameters:
    """Stack the parameters of several networks along a leading lane axis.

    Parameters
    ----------
    parameters : sequence of Parameters
        Networks of one model and size, all with delays or all without.
    shared : bool
        Keep the first network's weights for all lanes, without a lane axis: one matrix product
        then serves all of them. Sparse weights are always shared.

    Raises
    ------
    ConfigError
        If networks cannot run together; the first that differs is named.
    """
    first = parameters[0]
    sparse = isinstance(first.weights, Sparse)
    for k, p in enumerate(parameters[1:], start=2):
        _check_lane(k, p, first, sparse)
    shared = shared or sparse
    return Parameters(
        {name: np.stack([p.values[name] for p in parameters]) for name in first.values},
        first.weights if shared else np.stack([p.weights for p in parameters]),
        None if first.delays_s is None else np.stack([p.delays_s for p in parameters]),
    )


def _check_lane(k: int, p: Parameters, first: Parameters, sparse: bool) -> None:
    """Refuse a network that cannot share a program with the first."""
    differ = set(p.values) ^ set(first.values)
    wrong = None
    if p.weights.shape != first.weights.shape:
        wrong = "size", f"weights {first.weights.shape}", str(p.weights.shape), None
    elif differ:
        hint = "give every network the same values, if need be 0 or the default"
        wrong = "parameters", "the same names in all", ", ".join(sorted(differ)), hint
    elif (p.delays_s is None) != (first.delays_s is None):
        hint = "an infinite velocity has no delays"
        wrong = "delays", "delays in all networks or in none", "delays in some", hint
    elif isinstance(p.weights, Sparse) != sparse:
        wrong = "weights", "sparse weights in all networks or in none", "some sparse", None
    elif sparse and not all(map(np.array_equal, p.weights, first.weights)):
        hint = "run them one after the other"
        wrong = "weights", "the same sparse weights for all", "different ones", hint
    if wrong:
        what, expected, got, hint = wrong
        raise ConfigError(
            f"networks that differ in {what} cannot run together",
            where=f"network {k}",
            expected=expected,
            got=got,
            hint=hint,
        )
