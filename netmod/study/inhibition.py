"""Local inhibition of all lanes over hours and weeks: it follows the rates, hours behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from functools import lru_cache, partial

import numpy as np

from netmod.dynamics.homeostasis import equilibrium
from netmod.dynamics.parameters import Parameters, stack
from netmod.models import MODELS, Model

CONVERGED = 1e-6
"""Largest drift at a fixed point, 1/s."""

GRID_H = (0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 24.0, 48.0, 96.0, 168.0)
"""When J is followed: densely while a first dose or session acts, then every week."""


def grid_until(last_h: float) -> list[float]:
    """Return the grid of J up to the last scan."""
    weeks = [168.0 * week for week in range(2, int(last_h // 168.0) + 1)]
    return [time_h for time_h in (*GRID_H, *weeks) if time_h <= last_h]


class Inhibition:
    """J and the fixed point of every lane, advanced over hours and weeks.

    In each step J moves towards its equilibrium by the share ``1 - exp(-hours / tau)``, solved
    implicitly. The steps follow a grid of their own (:data:`GRID_H`), and a scan looks aside from
    it, so that adding a scan changes no other. The first call finds J in equilibrium, and a lane
    whose network has not changed since stays there to the last bit: an untreated subject is
    stationary.

    Parameters
    ----------
    model : Model
        The neural mass.
    baseline_J : array, shape (lane, region)
        Baselines to start from.
    set_point_hz : array, shape (lane, region)
        Rates that J is balanced for.
    constants : mapping
        Values of :data:`netmod.plasticity.PARAMETERS`.
    follows : array, shape (lane,), or float
        Factor of the re-balancing; 0 leaves J at its baseline.

    Attributes
    ----------
    J : array, shape (lane, region)
        Inhibition in nA.
    state : tuple of arrays, shape (lane, region)
        Noise-free fixed point.
    converged : array, shape (lane,), bool
        False where none was found; J is then where it would be without feedback.
    """

    def __init__(
        self,
        model: Model,
        baseline_J: np.ndarray,
        set_point_hz: np.ndarray,
        constants: Mapping[str, float],
        follows: np.ndarray | float = 1.0,
    ) -> None:
        self.J = baseline_J
        self.state = tuple(np.full(baseline_J.shape, value) for value in model.start)
        self.converged = np.ones(len(baseline_J), dtype=bool)
        self._set_point_hz = set_point_hz
        self._constants = constants
        self._follow = constants["homeostasis_nA_per_hz"] * np.broadcast_to(
            np.asarray(follows, float), len(baseline_J)
        )
        self._solve = _program(model.name)
        self._first: list[tuple[Parameters, np.ndarray]] = []
        self._moved = np.ones(len(baseline_J), dtype=bool)

    def aside(
        self, networks: Sequence[Parameters], baselines: Sequence[np.ndarray], hours: float
    ) -> Inhibition:
        """Return what :meth:`advance` would lead to, and stay where this is."""
        there = copy(self)
        there.advance(networks, baselines, hours)
        return there

    def advance(
        self, networks: Sequence[Parameters], baselines: Sequence[np.ndarray], hours: float
    ) -> None:
        """Move on by some hours to given networks and baselines of J.

        Parameters
        ----------
        networks : sequence of Parameters
            One a lane; their own J is ignored.
        baselines : sequence of arrays, shape (region,)
            Baseline of J of each lane, nA.
        hours : float
            Since the last call; the first call has none before it.
        """
        share = 1.0
        lanes = list(zip(networks, baselines, strict=True))
        if self._first:
            share = 1.0 - np.exp(-hours / self._constants["tau_inhibition_h"])
            changed = [not _equal(now, then) for now, then in zip(lanes, self._first, strict=True)]
            self._moved = self._moved | changed
        target = (1.0 - share) * self.J + share * np.stack(baselines)
        follow = share * self._follow
        stacked = stack([p.replace(J=J) for p, J in zip(networks, self.J, strict=True)])
        state, J, residual = self._solve(stacked, self.state, target, follow, self._set_point_hz)
        self.converged = np.where(self._moved, residual < CONVERGED, self.converged)
        renewed = (self.converged & self._moved)[:, None]
        self.J = np.where(renewed, J, np.where(self._moved[:, None], target, self.J))
        self.state = tuple(
            np.where(renewed, new, old) for new, old in zip(state, self.state, strict=True)
        )
        if not self._first:
            self._first = lanes
            self._moved = np.zeros(len(lanes), dtype=bool)


def _equal(a: tuple[Parameters, np.ndarray], b: tuple[Parameters, np.ndarray]) -> bool:
    """Tell whether two networks and their baselines of J are the same to the last bit."""
    (p, baseline), (q, other) = a, b
    return (
        np.array_equal(baseline, other)
        and np.array_equal(p.weights, q.weights)
        and all(np.array_equal(p.values[name], q.values[name]) for name in p.values)
    )


@lru_cache(maxsize=8)
def _program(model_name: str):
    """Return ``solve(parameters, start, baseline, follow, set_point)``, lanes on all devices."""
    import jax
    from jax.sharding import Mesh, PartitionSpec

    one = partial(equilibrium, MODELS[model_name])
    devices = jax.local_devices()

    def every(lanes):
        return jax.lax.map(lambda x: one(*x), lanes)

    if len(devices) == 1:
        spread = jax.jit(every)
    else:
        lanes = PartitionSpec("lanes")
        mesh = Mesh(np.array(devices), ("lanes",))
        # an own loop on each device: lanes differ in the steps that they need
        spread = jax.jit(
            jax.shard_map(every, mesh=mesh, in_specs=(lanes,), out_specs=lanes, check_vma=False)
        )

    def solve(*lanes):
        count = len(lanes[-1])
        # neighbours on different devices: those of one arm need about as many steps; the last
        # lane fills up
        order = np.arange(-(-count // len(devices)) * len(devices)).reshape(-1, len(devices))
        order = order.T.ravel()
        placed = jax.tree.map(lambda x: np.asarray(x)[np.minimum(order, count - 1)], lanes)
        back = np.argsort(order)[:count]
        return jax.tree.map(lambda x: np.asarray(x)[back], spread(placed))

    return solve
