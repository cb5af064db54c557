"""Relabelling the regions of a network relabels its traces, whatever carries the signals."""

from typing import NamedTuple

import numpy as np
import pytest
import scipy.sparse

from netmod.dynamics.noise import scan_key
from netmod.dynamics.parameters import make_parameters, stack
from netmod.dynamics.record import record
from netmod.models import MODELS

N = 7
STEPS = 40
# reduced Wong-Wang has one matrix for each of its two inputs
DT_MS = {"reduced_wong_wang": 1.0, "stuart_landau": 2.0, "jansen_rit": 0.5}
# regional, so that a value that stays behind shows
UNEVEN = {
    "reduced_wong_wang": ("J", "w_plus"),
    "stuart_landau": ("a", "frequency_hz"),
    "jansen_rit": ("A", "p"),
}


class Case(NamedTuple):
    """A directed network of uneven regions, with the permutation that relabels it."""

    name: str
    weights: np.ndarray  # [matrix, target, source]
    lag_steps: np.ndarray  # [target, source]
    values: dict
    start: np.ndarray  # [state, region]

    def relabelled(self, order):
        """Return the same network with region ``order[k]`` in place k."""
        return Case(
            self.name,
            self.weights[:, order][:, :, order],
            self.lag_steps[order][:, order],
            {name: value[order] for name, value in self.values.items()},
            self.start[:, order],
        )

    def record(self, form):
        """Return all states ``[time, state, region]`` of a run without noise."""
        model, dt_ms = MODELS[self.name], DT_MS[self.name]
        weights, delays_s = self.weights, None
        if form == "sparse":
            weights = [scipy.sparse.csr_array(W) for W in self.weights]
        if form == "delayed":
            delays_s = self.lag_steps * dt_ms * 1e-3
        p = make_parameters(model, weights, self.values | {"noise_sd": 0.0}, delays_s)
        got = record(
            model, stack([p]), [s[None] for s in self.start], scan_key(1, "a", "b")[None],
            duration_s=STEPS * dt_ms * 1e-3, dt_ms=dt_ms, signals=model.states, precision="double",
        )  # fmt: skip
        assert got.values.dtype == np.float64 and not got.divergences
        return got.values[0]


def case(name):
    """Weights with zeros, lags of 2 to 6.5 steps and edges without, no two regions alike."""
    model, rng = MODELS[name], np.random.default_rng(61)
    weights = rng.uniform(0.2, 1.0, (len(model.coupling_inputs), N, N)) / N
    weights *= rng.random(weights.shape) < 0.6
    lag = rng.uniform(2.0, 6.5, (N, N)) * (rng.random((N, N)) < 0.7)
    values = {k: model.parameters[k].default * rng.uniform(0.9, 1.1, N) for k in UNEVEN[name]}
    values["G"] = np.full(N, 5.0 if name == "stuart_landau" else 1.0)
    start = np.array(model.start)[:, None] + rng.uniform(0.02, 0.2, (len(model.states), N))
    return Case(name, weights, lag, values, start)


def off(a, b):
    """Largest difference of each state, relative to its size: sums round in another order."""
    return (np.abs(a - b).max(axis=(0, 2)) / np.abs(b).max(axis=(0, 2))).max()


@pytest.mark.parametrize("form", ["dense", "sparse", "delayed"])
@pytest.mark.parametrize("name", DT_MS)
def test_relabelling_commutes_with_the_run(name, form):
    network, order = case(name), np.random.default_rng(62).permutation(N)
    assert (order != np.arange(N)).any()
    here = network.record(form)
    there = network.relabelled(order).record(form)
    assert off(there, here[:, :, order]) < 1e-12
    # the run sees what is relabelled: each piece left behind changes it far more
    for field in ("lag_steps",) if form == "delayed" else ("weights", "values", "start"):
        mixed = network.relabelled(order)._replace(**{field: getattr(network, field)})
        assert off(mixed.record(form), here[:, :, order]) > 1e-6, field


def test_the_matrices_of_the_two_inputs_are_not_exchanged():
    network = case("reduced_wong_wang")
    assert len(network.weights) == 2
    swapped = network._replace(weights=network.weights[::-1])
    assert off(swapped.record("dense"), network.record("dense")) > 1e-6
