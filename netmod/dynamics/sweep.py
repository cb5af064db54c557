"""Several networks at once: a sweep, a cohort, runs with other noise."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from netmod.dynamics.divergence import Divergence
from netmod.dynamics.noise import scan_key
from netmod.dynamics.parameters import stack
from netmod.dynamics.simulate import Scan, simulate
from netmod.dynamics.stimulation import Stimulus
from netmod.errors import ConfigError, NetmodError, did_you_mean
from netmod.graph.connectivity import correlation, covariance

if TYPE_CHECKING:
    from netmod.dynamics.network import Network

STEPS_MS = (1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001)
"""Steps to choose from: they divide the hemodynamic step of 10 ms."""

RESOLUTION = 0.1
"""Largest step that is chosen, as a share of the fastest time constant."""

Start = Mapping[str, Any]
"""Initial values by state: a number, ``[region]`` or ``[lane, region]``."""


class Simulated(NamedTuple):
    """A simulated scan of one network.

    Attributes
    ----------
    bold : array, shape (time, region), or None
        BOLD at each TR, as a fraction of rest; None if only its correlation was kept.
    rate_hz : array, shape (region,)
        Mean excitatory rate; NaN for a model without rates.
    tr_s : float
        Repetition time.
    running_fc : array, shape (region, region), or None
        The correlation, if only that was kept (``keep="fc"``).
    """

    bold: np.ndarray | None
    rate_hz: np.ndarray
    tr_s: float
    running_fc: np.ndarray | None = None

    def fc(self) -> np.ndarray:
        """Return the Pearson correlation of unfiltered BOLD, shape (region, region).

        Raises
        ------
        DataError
            If a region's BOLD is constant or not finite.
        """
        if self.bold is None:
            return correlation(self.running_fc)
        return correlation(covariance(self.bold.astype(float)))


def simulate_networks(
    networks: Sequence[Network],
    *,
    seed: int = 0,
    replicates: Sequence[int] | None = None,
    start: Start | None = None,
    stimuli: Sequence[Stimulus] = (),
    chunk_s: float | None = None,
    keep: str = "bold",
    **options: Any,
) -> list[Simulated]:
    """Simulate scans of several networks of one model at once.

    Parameters
    ----------
    networks : sequence of Network
        Of one model, size and kind of coupling, all with delays or all without. Networks with the
        same weights share one matrix product.
    seed : int
        Seed of the noise.
    replicates : sequence of int, optional
        Which noise each gets; the same for all by default, so that they differ by their
        parameters alone.
    start : mapping, optional
        Initial values by state; the fixed point where it is known, or the model's start by
        default.
    stimuli, chunk_s
        As in :func:`netmod.dynamics.simulate.simulate`; time 0 is the start of the warm-up.
    keep : {"bold", "fc"}
        The series, or only its correlation, from running co-moments: memory then does not grow
        with the length of the scan. There is then no series to filter: ``bold`` is None.
    **options
        Fields of :class:`netmod.dynamics.simulate.Scan`; without ``dt_ms`` the largest step of
        at most 1 ms is taken that fits the model (:func:`fitting_step`).

    Raises
    ------
    ConfigError
        If the networks do not go together, or an option is unknown or does not fit.
    NetmodError
        If every run diverges. If some do, their numbers are NaN and a warning names them.
    """
    networks = list(networks)
    check_alike(networks)
    check_options(options, Scan._fields, "a scan")
    if replicates is None:
        replicates = [0] * len(networks)
    if len(replicates) != len(networks):
        raise ConfigError(
            "one replicate is needed for each network",
            expected=f"{len(networks)} numbers",
            got=f"{len(replicates)}",
        )
    scan = Scan(**{"dt_ms": fitting_step(networks), **options})
    first = networks[0]
    shared = len(networks) > 1 and all(
        n.parameters.weights is first.parameters.weights for n in networks
    )
    found = simulate(
        first.model,
        stack([n.parameters for n in networks], shared=shared),
        starts(networks, start),
        noise_keys(seed, replicates),
        scan,
        stimuli=stimuli,
        chunk_s=chunk_s,
        keep=keep,
    )
    report_divergences(first, found.divergences, len(networks))
    if not found.finite.all() and not found.divergences:
        raise NetmodError(
            "the hemodynamic response left the finite numbers",
            where=f"model '{first.model.name}'",
            got=f"lane {int(np.argmin(found.finite)) + 1}",
            hint="lower the noise or the stimulus",
        )
    none = [None] * len(networks)
    bold, fc = (none if x is None else x for x in (found.bold, found.fc))
    return [Simulated(b, r, scan.tr_s, c) for b, r, c in zip(bold, found.rate_hz, fc, strict=True)]


def check_alike(networks: Sequence[Network]) -> None:
    """Refuse networks that cannot run together.

    Raises
    ------
    ConfigError
        If there is none, or two differ in model, kind of coupling, size, delays or sparseness.
    """
    if not networks:
        raise ConfigError("there is no network to simulate", expected="at least one", got="none")
    first = networks[0]
    for k, other in enumerate(networks[1:], start=2):
        if other.model is not first.model:
            raise ConfigError(
                "networks of different models cannot run together",
                where=f"network {k}",
                expected=f"{first.model.name} with {first.model.coupling} coupling",
                got=f"{other.model.name} with {other.model.coupling} coupling",
                hint="simulate them one after the other",
            )


def fitting_step(networks: Sequence[Network]) -> float:
    """Return the largest step in ms, of at most 1 ms, that fits all networks.

    It is at most a tenth of the model's fastest time constant and no longer than a delay.
    """
    limit_ms = np.inf
    for network in networks:
        p = network.parameters
        constants = network.model.time_constants(p.values)
        fastest = min((float(np.min(value)) for value in constants.values()), default=np.inf)
        limit_ms = min(limit_ms, 1e3 * RESOLUTION * fastest)
        if p.delays_s is not None and (p.delays_s > 0).any():
            limit_ms = min(limit_ms, 1e3 * p.delays_s[p.delays_s > 0].min())
    return next((step for step in STEPS_MS if step <= limit_ms * (1 + 1e-9)), STEPS_MS[-1])


def starts(networks: Sequence[Network], start: Start | None = None) -> tuple[np.ndarray, ...]:
    """Return where runs start, arrays ``[lane, region]``.

    Raises
    ------
    ConfigError
        If a state is unknown, or an array has another shape or is not finite.
    """
    model, n = networks[0].model, networks[0].parameters.n_regions
    rest = [
        net.known_state or tuple(np.full(n, value) for value in model.start) for net in networks
    ]
    states = [np.stack(s) for s in zip(*rest, strict=True)]
    for name, value in (start or {}).items():
        place = model.state_index(name)
        array = np.asarray(value, dtype=float)
        if array.shape not in ((), (n,), (len(networks), n)) or not np.isfinite(array).all():
            raise ConfigError(
                f"the start of '{name}' does not fit",
                expected=f"a finite number, [{n}] or [{len(networks)}, {n}]",
                got=f"shape {array.shape}" if np.isfinite(array).all() else "not finite",
            )
        states[place] = np.broadcast_to(array, (len(networks), n)).copy()
    return tuple(states)


def noise_keys(seed: int, replicates: Sequence[int]) -> np.ndarray:
    """Return the noise keys of runs, shape (lane, 2)."""
    return np.stack([scan_key(seed, "network", "scan", int(k)) for k in replicates])


def report_divergences(network: Network, found: Sequence[Divergence], lanes: int) -> None:
    """Warn of runs that diverged; raise if all of them did.

    Raises
    ------
    NetmodError
        If no run is left.
    """
    if not found:
        return
    names = network.regions
    what = "; ".join(d.describe(names) for d in found[:3])
    if len(found) > 3:
        what += f"; and {len(found) - 3} more"
    if len(found) == lanes:
        raise NetmodError(
            "the simulation diverged",
            where=f"model '{network.model.name}'",
            got=what,
            hint="lower dt_ms, G or the noise",
        )
    warnings.warn(f"{len(found)} of {lanes} runs diverged: {what}", RuntimeWarning, stacklevel=3)


def check_options(options: Mapping[str, Any], known: Sequence[str], what: str) -> None:
    """Refuse an option that is not known, with the nearest as a hint."""
    unknown = next((name for name in options if name not in known), None)
    if unknown is not None:
        raise ConfigError(
            f"{what} has no '{unknown}'",
            expected=", ".join(known),
            got=unknown,
            hint=did_you_mean(unknown, known),
        )


def check_runs(runs: int) -> None:
    """Refuse a number of runs that is not at least 1."""
    if not isinstance(runs, int | np.integer) or runs < 1:
        raise ConfigError("the number of runs is not a whole number of at least 1", got=str(runs))
