"""One brain network by few words: a neural mass on a connectome, simulated or solved."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial
from inspect import signature
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from netmod.atlas import Atlas, load_atlas, load_effective_connectivity
from netmod.atlas.effective_connectivity import models_with_effective_connectivity
from netmod.dynamics.coupling import coupling_of
from netmod.dynamics.delays import conduction_delays
from netmod.dynamics.fic import TARGET_RATE_HZ, balance_inhibition
from netmod.dynamics.parameters import Parameters, Sparse, make_parameters, stack
from netmod.dynamics.record import Traces, record
from netmod.dynamics.run import check_word
from netmod.dynamics.sweep import (
    Start,
    check_options,
    check_runs,
    fitting_step,
    noise_keys,
    report_divergences,
    simulate_networks,
    starts,
)
from netmod.dynamics.wiring import FEEDFORWARD, TOP_DOWN, Wiring, long_range_weights
from netmod.dynamics.wiring import top_down_weights as pathway_of
from netmod.errors import ConfigError, NetmodError, did_you_mean
from netmod.graph.connectivity import correlation
from netmod.models import MODELS, Model
from netmod.observe.balloon import HEMODYNAMICS, linear_response

RECORD_OPTIONS = tuple(
    name for name, p in signature(record).parameters.items() if p.kind is p.KEYWORD_ONLY
)
"""What may be said of a recording."""

STILL = 1e-6
"""Largest drift, in state units per s, of what counts as a fixed point."""


class Solved(NamedTuple):
    """The linear-noise solution of one network at its fixed point.

    Attributes
    ----------
    state : tuple of arrays, shape (region,)
        Fixed point.
    covariance : array, shape (region, region)
        Of BOLD in the band.
    leading_eigenvalue : complex
        Of the Jacobian, delays included, in 1/s.
    """

    state: tuple[np.ndarray, ...]
    covariance: np.ndarray
    leading_eigenvalue: complex

    def fc(self) -> np.ndarray:
        """Return the correlation of BOLD, shape (region, region)."""
        return correlation(self.covariance)


class Network:
    """A neural mass on a connectome.

    Nothing is changed in place: ``with_values`` and ``balanced`` return new networks.

    Parameters
    ----------
    weights : array, shape (target, source) or (matrix, target, source), or SciPy sparse
        Long-range weights: one matrix for all coupling inputs of the model, or one for each.
    model : str or Model
        A name in :data:`netmod.models.MODELS`, or a model of your own.
    coupling : str, optional
        Kind of coupling (:data:`netmod.models.coupling.COUPLINGS`); the model's own by default.
    lengths_mm : array, shape (target, source), optional
        Tract lengths; needed for delays.
    velocity_m_per_s : float or array, shape (target, source), optional
        Conduction velocity; without it nothing is delayed.
    regions : sequence of str, optional
        Names of the regions.
    **values : float or array, shape (region,)
        Parameters of the model.

    Raises
    ------
    ConfigError, DataError
        If a name is unknown, a value out of its range, or an array of the wrong shape.

    Examples
    --------
    >>> import netmod
    >>> brain = netmod.Network.from_atlas("dk84").balanced()
    >>> brain.solve().fc().shape
    (84, 84)
    """

    def __init__(
        self,
        weights: Any,
        model: str | Model = "reduced_wong_wang",
        *,
        coupling: str | None = None,
        lengths_mm: Any = None,
        velocity_m_per_s: Any = None,
        regions: Sequence[str] | None = None,
        **values: Any,
    ) -> None:
        model = _model(model)
        self.model = model if coupling is None else model.coupled(coupling)
        parameters = make_parameters(self.model, weights, values)
        if velocity_m_per_s is not None:
            if lengths_mm is None:
                raise ConfigError(
                    "a conduction velocity needs tract lengths",
                    expected="lengths_mm, shape (target, source)",
                    got="none",
                    hint="give lengths_mm, or leave velocity_m_per_s out",
                )
            delays_s = _delays_of_edges(parameters, lengths_mm, velocity_m_per_s)
            parameters = parameters._replace(delays_s=delays_s)
        self.parameters = parameters
        n = parameters.n_regions
        self.regions = tuple(regions) if regions else tuple(f"region {k + 1}" for k in range(n))
        if len(self.regions) != n:
            raise ConfigError(
                "there is not one name for each region",
                expected=f"{n} names",
                got=str(len(self.regions)),
            )
        self._state: tuple[np.ndarray, ...] | None = None

    @classmethod
    def from_atlas(
        cls,
        atlas: str | Path | Atlas,
        model: str | Model = "reduced_wong_wang",
        *,
        connectivity: str | None = None,
        **options: Any,
    ) -> Network:
        """Return a network on a connectome of ``atlases/``, or on one of your own.

        Parameters
        ----------
        atlas : str, Path or Atlas
            Name or folder.
        model : str or Model
            As in :class:`Network`.
        connectivity : {"effective", "structural"}, optional
            Weights fitted to the atlas's FC for this model, or tractography scaled to spectral
            radius 1; effective where the atlas has it by default.
        **options
            Whatever :class:`Network` takes; ``lengths_mm`` are the atlas's own.
        """
        atlas = atlas if isinstance(atlas, Atlas) else load_atlas(atlas)
        model = _model(model)
        if connectivity is None:
            fitted = model.name in models_with_effective_connectivity(atlas)
            connectivity = "effective" if fitted else "structural"
        if connectivity not in ("effective", "structural"):
            raise ConfigError(
                f"no connectivity '{connectivity}'",
                expected="effective, structural",
                got=str(connectivity),
                hint=did_you_mean(str(connectivity), ("effective", "structural")),
            )
        share, size = FEEDFORWARD, TOP_DOWN
        if connectivity == "effective":
            found = load_effective_connectivity(atlas, model.name)
            C = np.asarray(found.weights)
            share, size = (float(found.parameters[k]) for k in ("feedforward", "top_down"))
        else:
            C = atlas.weights / np.abs(np.linalg.eigvals(atlas.weights)).max()
        weights: Any = C
        if model.coupling_inputs == ("to_excitatory", "to_inhibitory"):
            weights = np.asarray(long_range_weights(C, Wiring(share, pathway_of(atlas, size))))
        options.setdefault("lengths_mm", atlas.lengths_mm)
        return cls(weights, model, regions=atlas.region, **options)

    def with_values(self, **values: Any) -> Network:
        """Return the same network with some parameters replaced; fixed points are sought anew."""
        known = self.parameters.values
        checked = make_parameters(
            self.model,
            self.parameters.weights,
            {**known, **values},
            self.parameters.delays_s,
        )
        return self._with(checked, None)

    def balanced(
        self, target_rate_hz: Any = TARGET_RATE_HZ, method: str = "exact", **options: Any
    ) -> Network:
        """Return the network with the inhibition that holds every region at a rate.

        Parameters
        ----------
        target_rate_hz : float or array, shape (region,)
            Excitatory rate, Hz.
        method : str
            As in :func:`netmod.dynamics.fic.balance_inhibition`.
        **options
            Passed on to it.
        """
        found = balance_inhibition(
            self.model, self.parameters, target_rate_hz, method=method, **options
        )
        return self._with(found.parameters, found.state)

    def fixed_point(self) -> tuple[np.ndarray, ...]:
        """Return the noise-free fixed point, one array ``[region]`` for each state.

        Raises
        ------
        NetmodError
            If Newton's method finds none from the model's start.
        """
        if self._state is None:
            import jax

            n = self.parameters.n_regions
            start = tuple(np.full(n, value) for value in self.model.start)
            with jax.enable_x64(True):
                state, residual = _solver(self.model)(self.parameters, start)
            if not float(residual) < STILL:
                raise NetmodError(
                    "no fixed point was found",
                    where=f"model '{self.model.name}'",
                    expected=f"a drift below {STILL:g} per s",
                    got=f"{float(residual):.3g}",
                    hint="an oscillating model has none; lower G, or simulate it",
                )
            self._state = tuple(np.asarray(s) for s in state)
        return self._state

    def simulate(self, *, seed: int = 0, runs: int = 1, **options: Any) -> Any:
        """Simulate a scan, or several with other noise.

        Parameters
        ----------
        seed : int
            Seed of the noise.
        runs : int
            Number of scans; with more than one a list is returned.
        **options
            Whatever :func:`netmod.dynamics.sweep.simulate_networks` takes: ``duration_s``,
            ``tr_s``, ``dt_ms``, ``noise``, ..., ``start``, ``stimuli``, ``chunk_s``, ``keep``.

        Returns
        -------
        Simulated, or list of Simulated
        """
        check_runs(runs)
        scans = simulate_networks([self] * runs, seed=seed, replicates=range(runs), **options)
        return scans if runs > 1 else scans[0]

    def record(
        self,
        *,
        duration_s: float,
        seed: int = 0,
        runs: int = 1,
        start: Start | None = None,
        **options: Any,
    ) -> Traces:
        """Record traces of the neural signals (:func:`netmod.dynamics.record.record`).

        Parameters
        ----------
        duration_s : float
            Length.
        seed : int
            Seed of the noise.
        runs : int
            Number of lanes, each with other noise.
        start : mapping, optional
            Initial values by state: a number, ``[region]`` or ``[lane, region]``; the fixed point
            where it is known, or the model's start by default.
        **options
            ``dt_ms`` (the largest that fits by default), ``every_ms``, ``signals``, ``stimuli``,
            ... of ``record``.
        """
        check_runs(runs)
        check_options(options, RECORD_OPTIONS, "a recording")
        lanes = [self] * runs
        found = record(
            self.model,
            stack([self.parameters] * runs, shared=runs > 1),
            starts(lanes, start),
            noise_keys(seed, range(runs)),
            duration_s=duration_s,
            **{"dt_ms": fitting_step([self]), **options},
        )
        report_divergences(self, found.divergences, runs)
        return found

    def solve(
        self, *, low_hz: float = 0.01, high_hz: float = 0.25, hemodynamics: str = "friston2003"
    ) -> Solved:
        """Solve the linear-noise spectrum of BOLD at the fixed point.

        Parameters
        ----------
        low_hz, high_hz : float
            Band of BOLD.
        hemodynamics : str
            Name in :data:`netmod.observe.balloon.HEMODYNAMICS`, linearised at rest: regions whose
            activity is far above rest answer less, which scales their variance, not their FC.

        Raises
        ------
        ConfigError
            If the band is empty or the hemodynamics are unknown.
        NetmodError
            If there is no fixed point, it is not stable, or its spectrum is not resolved.
        """
        import jax

        check_word("hemodynamics", hemodynamics, HEMODYNAMICS)
        if not 0 <= low_hz < high_hz < np.inf:
            raise ConfigError(
                "the band is empty",
                expected="0 <= low_hz < high_hz",
                got=f"{low_hz:g} to {high_hz:g} Hz",
            )

        from netmod.dynamics.linear import adaptive_band_covariance, leading_eigenvalue, linearise

        state = self.fixed_point()
        bold = HEMODYNAMICS[hemodynamics]
        with jax.enable_x64(True):
            linear = linearise(self.model, self.parameters, state)
            leading = leading_eigenvalue(self.model, self.parameters, linear)
            if leading.real >= 0:
                raise NetmodError(
                    "the fixed point is not stable",
                    where=f"model '{self.model.name}'",
                    expected="a leading eigenvalue below 0",
                    got=f"{leading.real:.3g} per s",
                    hint="the linear engine needs a stable fixed point; simulate it",
                )
            found = adaptive_band_covariance(
                partial(_band(self.model), self.parameters, linear),
                low_hz,
                high_hz,
                power_gain=lambda w: np.abs(linear_response(w, bold)) ** 2,
            )
        if not found.converged:
            raise NetmodError(
                "the spectrum in the band is not resolved",
                where=f"model '{self.model.name}'",
                expected="a covariance that more frequencies do not change",
                got=f"one that still changes or is not finite, panels of 12: {found.panels}",
                hint="its peaks are extremely narrow: a mode is almost undamped; raise the damping",
            )
        return Solved(state, found.covariance * self.model.drive_gain**2, leading)

    def rate_hz(self) -> np.ndarray | None:
        """Return the excitatory rates at the fixed point, Hz; None for a model without rates."""
        import jax

        state = self.fixed_point()
        with jax.enable_x64(True):
            coupling = coupling_of(self.model, self.parameters, state)
            rate = self.model.rate_hz(state, self.parameters.values, coupling)
        return None if rate is None else np.asarray(rate)

    def pattern(self, regions: str | int | Sequence[str | int], amplitude: float = 1.0) -> Any:
        """Return an array ``[region]`` that is ``amplitude`` at some regions and 0 elsewhere.

        Raises
        ------
        ConfigError
            If a region is unknown.
        """
        chosen = [regions] if isinstance(regions, (str, int)) else list(regions)
        pattern = np.zeros(self.parameters.n_regions)
        for region in chosen:
            if isinstance(region, str) and region not in self.regions:
                raise ConfigError(
                    f"no region '{region}'", got=region, hint=did_you_mean(region, self.regions)
                )
            place = self.regions.index(region) if isinstance(region, str) else int(region)
            if not 0 <= place < len(pattern):
                raise ConfigError(
                    f"no region {region}",
                    expected=f"a name, or 0 to {len(pattern) - 1}",
                    got=str(region),
                )
            pattern[place] = amplitude
        return pattern

    @property
    def known_state(self) -> tuple[np.ndarray, ...] | None:
        """The fixed point, if it has been found."""
        return self._state

    def _with(self, parameters: Parameters, state: Any) -> Network:
        other = object.__new__(Network)
        other.model, other.parameters, other.regions = self.model, parameters, self.regions
        other._state = None if state is None else tuple(np.asarray(s) for s in state)
        return other

    def __repr__(self) -> str:
        """Return model, size and kind of coupling."""
        delayed = "" if self.parameters.delays_s is None else ", delayed"
        return (
            f"Network({self.model.name}, {self.parameters.n_regions} regions, "
            f"{self.model.coupling} coupling{delayed})"
        )


def _delays_of_edges(parameters: Parameters, lengths_mm: Any, velocity_m_per_s: Any) -> np.ndarray:
    """Return the delays of edges; where there is none, lengths and velocities do not matter."""
    weights, n = parameters.weights, parameters.n_regions
    dense = np.asarray(weights.dense() if isinstance(weights, Sparse) else weights)
    edge = (dense != 0).any(axis=0)
    arrays = []
    for name, value in (("lengths_mm", lengths_mm), ("velocity_m_per_s", velocity_m_per_s)):
        array = np.asarray(value, dtype=float)
        if array.shape != (n, n) and (array.shape or name == "lengths_mm"):
            raise ConfigError(
                f"{name} has the wrong shape", expected=f"({n}, {n})", got=str(array.shape)
            )
        arrays.append(np.where(edge, array, 1.0))
    return np.where(edge, conduction_delays(*arrays), 0.0)


def _model(model: str | Model) -> Model:
    if isinstance(model, Model):
        model.check()
        return model
    if model not in MODELS:
        raise ConfigError(
            f"no model '{model}'",
            expected=", ".join(MODELS),
            got=str(model),
            hint=did_you_mean(str(model), MODELS),
        )
    return MODELS[model]


@lru_cache(maxsize=16)
def _solver(model: Model) -> Any:
    import jax

    from netmod.dynamics.linear import solve_fixed_point

    return jax.jit(lambda parameters, start: solve_fixed_point(model, parameters, start))


@lru_cache(maxsize=16)
def _band(model: Model) -> Any:
    import jax

    from netmod.dynamics.linear import band_covariance

    return jax.jit(
        lambda parameters, linear, omegas, weights: band_covariance(
            model, parameters, linear, omegas, weights
        )
    )
