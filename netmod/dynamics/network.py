"""One brain network by few words: a neural mass on a connectome, simulated or solved."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from netmod.atlas import Atlas, load_atlas, load_effective_connectivity
from netmod.atlas.effective_connectivity import models_with_effective_connectivity
from netmod.dynamics.coupling import conduction_delays, coupling_of
from netmod.dynamics.fic import TARGET_RATE_HZ, balance_inhibition
from netmod.dynamics.noise import scan_key
from netmod.dynamics.parameters import Parameters, make_parameters, stack
from netmod.dynamics.record import Traces, record
from netmod.dynamics.simulate import Scan, simulate
from netmod.dynamics.stimulation import Stimulus
from netmod.dynamics.wiring import FEEDFORWARD, TOP_DOWN, Wiring, long_range_weights
from netmod.dynamics.wiring import top_down_weights as pathway_of
from netmod.errors import ConfigError, NetmodError, did_you_mean
from netmod.graph.connectivity import correlation, covariance
from netmod.models import MODELS, Model
from netmod.observe.balloon import HEMODYNAMICS, linear_response

STILL = 1e-6
"""Largest drift, in state units per s, of what counts as a fixed point."""


class Simulated(NamedTuple):
    """A simulated scan of one network.

    Attributes
    ----------
    bold : array, shape (time, region)
        BOLD at each TR, as a fraction of rest.
    rate_hz : array, shape (region,)
        Mean excitatory rate; NaN for a model without rates.
    tr_s : float
        Repetition time.
    """

    bold: np.ndarray
    rate_hz: np.ndarray
    tr_s: float

    def fc(self) -> np.ndarray:
        """Return the Pearson correlation of BOLD, shape (region, region)."""
        return correlation(covariance(self.bold.astype(float)))


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
        delays_s = None
        if velocity_m_per_s is not None:
            if lengths_mm is None:
                raise ConfigError(
                    "a conduction velocity needs tract lengths",
                    expected="lengths_mm, shape (target, source)",
                    got="none",
                    hint="give lengths_mm, or leave velocity_m_per_s out",
                )
            delays_s = conduction_delays(lengths_mm, velocity_m_per_s)
        self.parameters = make_parameters(self.model, weights, values, delays_s)
        n = self.parameters.n_regions
        self.regions = tuple(regions or (f"region {k + 1}" for k in range(n)))
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
            Fields of :class:`netmod.dynamics.simulate.Scan` (``duration_s``, ``tr_s``, ``dt_ms``,
            ...), ``stimuli`` and ``chunk_s``.

        Returns
        -------
        Simulated, or list of Simulated
        """
        scans = simulate_networks([self] * runs, seed=seed, replicates=range(runs), **options)
        return scans if runs > 1 else scans[0]

    def record(self, *, seed: int = 0, runs: int = 1, **options: Any) -> Traces:
        """Record traces of the neural signals (:func:`netmod.dynamics.record.record`).

        Parameters
        ----------
        seed : int
            Seed of the noise.
        runs : int
            Number of lanes, each with other noise.
        **options
            ``duration_s``, ``dt_ms``, ``every_ms``, ``signals``, ``stimuli``, ... of ``record``.
        """
        lanes, keys = stack([self.parameters] * runs), _keys(seed, range(runs))
        return record(self.model, lanes, _starts([self] * runs), keys, **options)

    def solve(
        self, *, low_hz: float = 0.01, high_hz: float = 0.25, hemodynamics: str = "friston2003"
    ) -> Solved:
        """Solve the linear-noise spectrum of BOLD at the fixed point, in milliseconds.

        Parameters
        ----------
        low_hz, high_hz : float
            Band of BOLD.
        hemodynamics : str
            Name in :data:`netmod.observe.balloon.HEMODYNAMICS`.

        Raises
        ------
        NetmodError
            If there is no fixed point, or it is not stable.
        """
        import jax

        from netmod.dynamics.linear import band_nodes, leading_eigenvalue, linearise

        state = self.fixed_point()
        omegas, weights = band_nodes(low_hz, high_hz)
        weights = weights * np.abs(linear_response(omegas, HEMODYNAMICS[hemodynamics])) ** 2
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
            cov = _band(self.model)(self.parameters, linear, omegas, weights)
        return Solved(state, np.asarray(cov), leading)

    def rate_hz(self) -> np.ndarray | None:
        """Return the excitatory rates at the fixed point, Hz; None for a model without rates."""
        state = self.fixed_point()
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
            pattern[self.regions.index(region) if isinstance(region, str) else region] = amplitude
        return pattern

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


def simulate_networks(
    networks: Sequence[Network],
    *,
    seed: int = 0,
    replicates: Sequence[int] | None = None,
    stimuli: Sequence[Stimulus] = (),
    chunk_s: float | None = None,
    **options: Any,
) -> list[Simulated]:
    """Simulate scans of several networks of one model at once: a sweep, a cohort.

    Parameters
    ----------
    networks : sequence of Network
        Of one model, size and kind of coupling. Networks with the same weights share one matrix
        product.
    seed : int
        Seed of the noise.
    replicates : sequence of int, optional
        Which noise each gets; the same for all by default, so that they differ by their
        parameters alone.
    stimuli, chunk_s
        As in :func:`netmod.dynamics.simulate.simulate`.
    **options
        Fields of :class:`netmod.dynamics.simulate.Scan`.

    Raises
    ------
    NetmodError
        If a run diverges.
    """
    unknown = next((name for name in options if name not in Scan._fields), None)
    if unknown is not None:
        raise ConfigError(
            f"a scan has no '{unknown}'",
            expected=", ".join(Scan._fields),
            got=unknown,
            hint=did_you_mean(unknown, Scan._fields),
        )
    scan = Scan(**options)
    first = networks[0]
    shared = all(n.parameters.weights is first.parameters.weights for n in networks)
    lanes = stack([n.parameters for n in networks], shared=shared and len(networks) > 1)
    keys = _keys(seed, [0] * len(networks) if replicates is None else replicates)
    found = simulate(
        first.model, lanes, _starts(networks), keys, scan, stimuli=stimuli, chunk_s=chunk_s
    )
    if found.divergences:
        raise NetmodError(
            "the simulation diverged",
            where=f"model '{first.model.name}'",
            got="; ".join(str(d) for d in found.divergences[:3]),
            hint="lower dt_ms, G or the noise",
        )
    return [Simulated(b, r, scan.tr_s) for b, r in zip(found.bold, found.rate_hz, strict=True)]


def _model(model: str | Model) -> Model:
    if isinstance(model, Model):
        return model
    if model not in MODELS:
        raise ConfigError(
            f"no model '{model}'",
            expected=", ".join(MODELS),
            got=str(model),
            hint=did_you_mean(str(model), MODELS),
        )
    return MODELS[model]


def _keys(seed: int, replicates: Sequence[int]) -> np.ndarray:
    return np.stack([scan_key(seed, "network", "scan", int(k)) for k in replicates])


def _starts(networks: Sequence[Network]) -> tuple[np.ndarray, ...]:
    """Return where runs start: fixed points that are known, or the model's start."""
    states = [
        n._state
        if n._state is not None
        else tuple(np.full(n.parameters.n_regions, value) for value in n.model.start)
        for n in networks
    ]
    return tuple(np.stack(s) for s in zip(*states, strict=True))


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
