"""The list of checks that every neural mass passes, whatever its equations.

A model is probed at fixed points: its start with its defaults, removable singularities, every
bound of every parameter, random corners of all ranges, and Latin hypercubes near the defaults
and over the whole ranges. States lie within ``start ± 2 max(5, a)``, where ``a`` is the farthest
that a run from the start gets, and inside the model's own limits. Inputs and stimulus reach ten
times the transmitted signal's size, at least ±10. All numbers are single-precision ones, so that
both precisions see the same point.
"""

from functools import lru_cache
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from netmod.models import MODELS

EVERY_MODEL = pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.name)
NEAR, FAR, POINTS = 48, 48, 256  # points of the two hypercubes, and of all
EPS = {np.float32: float(np.finfo(np.float32).eps), np.float64: float(np.finfo(np.float64).eps)}
QUICK = {"compiler_options": {"xla_backend_optimization_level": 0}}  # compiled once, run once

# where a literal formula would be 0/0, exactly in both precisions (inputs and stimulus are 0)
SINGULAR = {
    "reduced_wong_wang": [
        {"S_E": 0.0, "S_I": 0.0, "I_0": 0.5, "a_E": 250.0, "b_E": 125.0},
        {"S_E": 0.0, "S_I": 0.0, "I_0": 0.5, "W_I": 0.5, "a_I": 500.0, "b_I": 125.0},
    ],
    "reduced_wong_wang_single": [{"S": 0.0, "I_0": 0.5, "a": 250.0, "b": 125.0}],
}


class Probe(NamedTuple):
    """A model's points, and what it makes of them in double precision when compiled."""

    names: list[str]  # of the columns: states, parameters, inputs, stimulus
    x: np.ndarray  # [point, column]
    hypercube: slice  # points inside all ranges
    values: np.ndarray  # [point, output], by `outputs`
    jacobian: np.ndarray  # [point, output, column]

    @property
    def size(self):
        """Size of the terms that make up a value: how far it moves when its arguments round."""
        moves = np.abs(self.jacobian * self.x[:, None, :]).sum(axis=-1)
        return moves + np.abs(self.values) + 1e-30


@lru_cache
def run(model):
    """States ``[step, state]`` of one uncoupled region from the start, by Heun's method."""
    p = model.defaults()
    dt = min(map(float, model.time_constants(p).values())) / 20
    nothing = (0.0,) * len(model.coupling_inputs)

    def drift(y):
        return stacked(model.drift(tuple(y), p, nothing, 0.0), ())

    def step(y, _):
        first = drift(y)
        y = y + dt / 2 * (first + drift(y + dt * first))
        y = jnp.stack(model.clip(tuple(y)))
        return y, y

    with jax.enable_x64(True):
        start = jnp.array(model.start, float)
        return np.asarray(jax.jit(lambda y: jax.lax.scan(step, y, length=4000)[1])(start))


@lru_cache
def limits(model):
    """The box of states that is probed, lower and upper end ``[state]``."""
    start = np.array(model.start)
    width = 2 * np.maximum(5.0, np.abs(run(model) - start).max(axis=0))
    grid = start + np.linspace(-1.0, 1.0, 201)[:, None] * width
    kept = np.array([np.asarray(s) for s in model.clip(tuple(jnp.asarray(grid.T)))])
    return kept.min(axis=1), kept.max(axis=1)


def split(model, columns):
    """States, parameters, inputs and stimulus from one sequence of columns."""
    s, p = len(model.states), len(model.states) + len(model.parameters)
    parameters = dict(zip(model.parameters, columns[s:p], strict=True))
    return tuple(columns[:s]), parameters, tuple(columns[p:-1]), columns[-1]


def outputs(model, columns):
    """Everything that a model computes: drift, signals sent and observed, rate if it has one."""
    state, parameters, inputs, stimulus = split(model, columns)
    found = list(model.drift(state, parameters, inputs, stimulus))
    found += [model.signal(name, state, parameters) for name in shown(model)]
    rate = model.rate_hz(state, parameters, inputs)
    return found if rate is None else [*found, rate]


def shown(model):
    return list(dict.fromkeys((*model.sent, model.observed)))


def latin(rng, n, low, high):
    """A Latin hypercube: every column takes one value in each n-th of its range."""
    strata = np.argsort(rng.random((n, len(low))), axis=0)
    return low + (strata + rng.random((n, len(low)))) / n * (high - low)


def points(model):
    rng = np.random.default_rng(20)
    declared = list(model.parameters.values())
    names = [*model.states, *model.parameters, *model.coupling_inputs, "stimulus"]
    low, high = limits(model)
    sent = [np.abs(model.signal(s, model.start, model.defaults())) for s in model.transmitted]
    reach = 10 * np.maximum(1.0, np.array([*map(float, sent), 1.0]))
    bounds = [
        np.array([*low, *(p.low for p in declared), *-reach]),
        np.array([*high, *(p.high for p in declared), *reach]),
    ]
    usual = np.array([*model.start, *model.defaults().values(), *np.zeros(len(reach))])
    spread = 0.3 * np.maximum(np.abs(usual), 0.1)
    spread[: len(low)] = (high - low) / 20
    rows = [
        usual[None],
        latin(rng, NEAR, *np.clip([usual - spread, usual + spread], *bounds)),
        latin(rng, FAR, *bounds),
        np.where(np.arange(len(usual)) < len(low), 0.0, usual)[None],  # all states 0
    ]
    rows += [
        np.array([[special.get(n, u) for n, u in zip(names, usual, strict=True)]])
        for special in SINGULAR.get(model.name, ())
    ]
    rows += [np.where(np.eye(len(usual), dtype=bool), bound, usual) for bound in bounds]
    left = POINTS - sum(map(len, rows))
    assert left >= 16, "more points are needed for so many parameters"
    rows.append(np.where(rng.random((left, len(usual))) < 0.5, *bounds))
    x = np.concatenate(rows).astype(np.float32).astype(float)
    return names, x, slice(1, 1 + NEAR + FAR)


@lru_cache
def values_of(model):
    """Compiled outputs ``[output, point]`` of columns ``[column, point]``."""
    return jax.jit(lambda columns: stacked(outputs(model, columns), jnp.shape(columns[0])))


def stacked(found, shape):
    return jnp.stack([jnp.broadcast_to(v, shape) for v in found])


@lru_cache
def probe(model):
    """Outputs and Jacobian at every point, computed once."""
    names, x, hypercube = points(model)

    def twice(row):
        found = stacked(outputs(model, row), ())
        return found, found

    with jax.enable_x64(True):
        jacobian, values = jax.jit(jax.vmap(jax.jacfwd(twice, has_aux=True)), **QUICK)(x)
    return Probe(names, x, hypercube, np.asarray(values), np.asarray(jacobian))


def columns_of(x, dtype=np.float64):
    return [jnp.asarray(column, dtype) for column in x.T]


def places(model, bad):
    """Which output, at which point: for the message of a failed check."""
    named = [f"d{s}/dt" for s in model.states] + shown(model) + ["rate_hz"]
    return [(int(row), named[column]) for row, column in np.argwhere(bad)[:8]]


@EVERY_MODEL
def test_start_is_a_state_inside_the_limits(model):
    assert isinstance(model.start, tuple) and len(model.start) == len(model.states)
    assert np.isfinite(model.start).all()
    with jax.enable_x64(True):
        inside = model.clip(tuple(jnp.float64(s) for s in model.start))
    np.testing.assert_allclose(inside, model.start, rtol=1e-15, atol=1e-15)


@EVERY_MODEL
def test_drift_is_finite_over_all_ranges(model):
    found = probe(model)
    assert not places(model, ~np.isfinite(found.values))
    single = np.asarray(values_of(model)(columns_of(found.x, np.float32))).T
    assert not places(model, ~np.isfinite(single))


@EVERY_MODEL
def test_shape_and_precision_are_kept(model):
    def everything(columns):
        state, parameters, inputs, stimulus = split(model, columns)
        shown_signals = tuple(model.signal(name, state, parameters) for name in shown(model))
        return model.drift(state, parameters, inputs, stimulus), model.clip(state), shown_signals

    for dtype in (np.float32, np.float64):
        with jax.enable_x64(True):
            column = jax.ShapeDtypeStruct((3, 4), dtype)
            found = jax.eval_shape(everything, [column] * len(probe(model).names))
        drift, clipped, signals = found
        assert isinstance(drift, tuple) and isinstance(clipped, tuple)
        assert len(drift) == len(clipped) == len(model.states)
        assert all((v.shape, v.dtype) == ((3, 4), dtype) for v in (*drift, *clipped, *signals))


@EVERY_MODEL
def test_compilation_changes_only_rounding(model):
    found = probe(model)
    with jax.enable_x64(True), jax.disable_jit():
        plain = np.asarray(stacked(outputs(model, columns_of(found.x)), (POINTS,))).T
    with jax.enable_x64(True):
        fused = np.asarray(values_of(model)(columns_of(found.x))).T
    for other in (plain, fused):
        assert not places(model, np.abs(other - found.values) > 1e-12 * found.size)


@EVERY_MODEL
def test_single_precision_is_near_double(model):
    found = probe(model)
    single = np.asarray(values_of(model)(columns_of(found.x, np.float32))).T
    error = np.abs(single - found.values) / found.size
    assert not places(model, error > 64 * EPS[np.float32])


@EVERY_MODEL
def test_lanes_and_regions_in_either_order_equal_a_loop(model):
    regions, lanes = 3, 4
    x = probe(model).x[1 : 1 + regions * lanes].reshape(regions, lanes, -1).transpose(2, 0, 1)
    size = probe(model).size[1 : 1 + regions * lanes].reshape(regions, lanes, -1)
    first = len(model.states)
    with jax.enable_x64(True):
        by_lane = np.array(stacked(outputs(model, list(x)), (regions, lanes)))
        turned = [column.T for column in x]
        by_region = np.array(stacked(outputs(model, turned), (lanes, regions)))
        # one value for all regions, and one for each, beside full arrays
        shared = [*x[:first], *x[first:, :, :1]]
        shared[first : first + 2] = [float(v[0, 0]) for v in x[first : first + 2]]
        mixed = np.array(stacked(outputs(model, shared), (regions, lanes)))
        for i, j in np.ndindex(regions, lanes):
            one = stacked(outputs(model, [float(v) for v in x[:, i, j]]), ())
            assert (np.abs(by_lane[:, i, j] - one) <= 1e-12 * size[i, j]).all()
            assert (np.abs(by_region[:, j, i] - one) <= 1e-12 * size[i, j]).all()
        for i, j in np.ndindex(regions, lanes):
            scalars = [float(np.broadcast_to(v, (regions, lanes))[i, j]) for v in shared]
            one = np.asarray(stacked(outputs(model, scalars), ()))
            np.testing.assert_allclose(mixed[:, i, j], one, rtol=1e-9, atol=1e-12 * size.max())


@EVERY_MODEL
def test_gradients_are_finite_forward_and_backward(model):
    found = probe(model)
    assert not places(model, ~np.isfinite(found.jacobian).all(axis=-1))
    total = jax.jit(jax.grad(lambda columns: values_of(model)(columns).sum()), **QUICK)
    # single precision overflows first, and reverse mode multiplies by what it threw away
    backward = np.stack(total(columns_of(found.x, np.float32)), axis=-1)
    bad = np.argwhere(~np.isfinite(backward))
    assert not [(int(row), found.names[k]) for row, k in bad[:8]]


@EVERY_MODEL
def test_gradients_equal_finite_differences(model):
    """Central differences at two steps: their disagreement bounds their own error."""
    found, n = probe(model), 6
    rows = np.r_[1 : 1 + n, 1 + NEAR : 1 + NEAR + n]
    x, exact = found.x[rows], found.jacobian[rows]
    h = 1e-5 * np.maximum(np.abs(x), 1e-2)
    columns = x.shape[1]
    moves = np.eye(columns) * h[:, None, :]  # [point, moved column, column]
    steps = np.array([1.0, -1.0, 0.5, -0.5])
    moved = x[:, None, None] + steps[:, None, None] * moves[:, None]
    with jax.enable_x64(True):
        values = np.asarray(values_of(model)(columns_of(moved.reshape(-1, columns))))
    values = values.reshape(-1, len(rows), len(steps), columns)
    # the step that was made, after rounding
    made = np.einsum("pskk->psk", moved)
    wide = (values[:, :, 0] - values[:, :, 1]) / (made[:, 0] - made[:, 1])
    near = (values[:, :, 2] - values[:, :, 3]) / (made[:, 2] - made[:, 3])
    wide, near = wide.transpose(1, 0, 2), near.transpose(1, 0, 2)  # [point, output, column]
    rounding = 64 * EPS[np.float64] * found.size[rows][..., None] / h[:, None, :]
    tolerance = 4 * np.abs(wide - near) + rounding
    wrong = np.abs(exact - near) > tolerance
    assert not [(int(r), int(o), found.names[k]) for r, o, k in np.argwhere(wrong)[:8]]
    # and they are sharp: nearly everywhere to a ten-thousandth of the output's own size
    sharp = tolerance * np.maximum(np.abs(x), 1e-2)[:, None, :] < 1e-4 * found.size[rows][..., None]
    assert sharp.mean() > 0.95


@EVERY_MODEL
def test_every_parameter_and_input_has_an_effect(model):
    found = probe(model)
    felt = len(model.states) + len(shown(model))  # by the drift or a signal; a rate is no effect
    moves = np.abs(found.jacobian[found.hypercube, :felt]).max(axis=(0, 1)) > 0
    silent = {n for n, m in zip(found.names, moves, strict=True) if not m}
    assert silent <= {"noise_sd", "noise_tau", *model.link.parameters}


@EVERY_MODEL
def test_global_coupling_of_zero_disconnects(model):
    p = model.parameters["G"]
    assert p.low == 0.0 and p.unit
    found = probe(model)
    off = found.x[:, found.names.index("G")] == 0.0
    inputs = [found.names.index(name) for name in model.coupling_inputs]
    assert off.sum() >= 8
    assert (found.jacobian[off][..., inputs] == 0.0).all()


@EVERY_MODEL
def test_rate_is_finite_and_not_negative(model):
    found = probe(model)
    first = len(model.states) + len(shown(model))
    if found.values.shape[1] == first:
        pytest.skip("a model without rates")
    rate = found.values[:, first]
    assert (np.isfinite(rate) & (rate >= 0)).all()


@EVERY_MODEL
def test_limits_hold_once_they_are_met(model):
    low, high = limits(model)
    rng = np.random.default_rng(7)
    wide = rng.uniform(3 * low - 2 * high, 3 * high - 2 * low, (200, len(low)))
    for dtype in (np.float32, np.float64):
        with jax.enable_x64(dtype is np.float64):
            once = model.clip(tuple(columns_of(wide, dtype)))
            twice = model.clip(once)
        assert len(once) == len(model.states) and np.isfinite(once).all()
        # what wraps around may move by the rounding of a turn
        room = 8 * EPS[dtype] * np.maximum(1.0, np.abs(once))
        assert (np.abs(np.subtract(twice, once)) <= room).all()


@EVERY_MODEL
def test_leak_is_in_the_drift(model):
    """Where the rest of the drift saturates, the diagonal of the Jacobian is ``-leak`` alone."""
    found = probe(model)
    with jax.enable_x64(True):
        leak = model.leak(split(model, columns_of(found.x))[1])
        assert isinstance(leak, tuple) and len(leak) == len(model.states)
        leak = np.stack([np.broadcast_to(rate, POINTS) for rate in leak], axis=-1)
    assert np.isfinite(leak).all() and (leak >= 0).all()
    count = len(model.states)
    diagonal = np.diagonal(found.jacobian[:, :count, :count], axis1=1, axis2=2)
    rest = np.abs(diagonal + leak)
    for k, name in enumerate(model.states):
        if (leak[:, k] > 0).any():
            assert (leak[:, k] > 0).all(), name
            share = rest[found.hypercube, k] / leak[found.hypercube, k]
            assert share.min() < 1e-3, name


@EVERY_MODEL
def test_time_constants_are_positive_seconds(model):
    found = probe(model)
    with jax.enable_x64(True):
        constants = model.time_constants(split(model, columns_of(found.x))[1])
    assert constants
    for name, value in constants.items():
        assert (np.isfinite(value) & (np.asarray(value) > 0)).all(), name
    # the smallest is not longer than the fastest motion about the start: in s, not ms
    fastest = min(map(float, model.time_constants(model.defaults()).values()))
    count = len(model.states)
    rate = np.abs(np.linalg.eigvals(found.jacobian[0, :count, :count])).max()
    assert fastest * rate < 10.0
    # nor is it lost in a unit; phases move without a Jacobian of their own
    assert rate == 0.0 or fastest * rate > 1e-3


@EVERY_MODEL
def test_a_run_from_the_start_does_not_diverge(model):
    path = run(model)
    assert np.isfinite(path).all()
    # what grows without bound would have doubled many times over
    early, late = np.abs(path[:2000]).max(axis=0), np.abs(path[2000:]).max(axis=0)
    assert (late <= 1e3 * np.maximum(1.0, early)).all()


# --- in a network -------------------------------------------------------------------------------


def network(model, weights, x):
    """Outputs of coupled regions: every input is received from the weighted sums, by NumPy."""
    state, values, _, stimulus = split(model, [np.asarray(column) for column in x.T])
    inputs = []
    for W, name in zip(weights, model.transmitted, strict=True):
        own = np.asarray(model.signal(name, state, values))
        sums = [W @ np.asarray(s) for s in model.link.send(own, values)]
        inputs.append(model.link.receive(sums, own, W.sum(axis=1), values))
    return np.stack(model.drift(state, values, tuple(inputs), stimulus), axis=-1)


@EVERY_MODEL
def test_relabelling_regions_commutes_with_the_network(model):
    n, rng = 7, np.random.default_rng(11)
    count = len(model.states)
    x = probe(model).x[1 : 1 + n]
    weights = rng.uniform(0.0, 0.3, (len(model.coupling_inputs), n, n))
    order = rng.permutation(n)
    with jax.enable_x64(True):
        here = network(model, weights, x)
        there = network(model, weights[:, order][:, :, order], x[order])
        other_way = network(model, weights.transpose(0, 2, 1), x)
    size = probe(model).size[1 : 1 + n, :count] + np.abs(here)
    assert (np.abs(there - here[order]) <= 1e-12 * size[order]).all()
    # the network is there, and its direction counts
    assert (np.abs(other_way - here) > 1e-6 * size).any(axis=0).any()
