"""The single-population reduced Wong-Wang model against a scalar form and its fixed points."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from netmod.models.reduced_wong_wang_single import ReducedWongWangSingle

MODEL = ReducedWongWangSingle()


def scalar_rate(current, p):
    u = p["a"] * current - p["b"]
    # expm1 keeps every digit where the published quotient is near 0/0
    return u / -math.expm1(-p["d"] * u) if u else 1 / p["d"]


def scalar_drift(S, to_E, stimulus, p):
    current = p["w"] * p["J"] * S + p["G"] * p["J"] * to_E + p["I_0"] + p["I_ext"] + stimulus
    return -S / p["tau"] + (1 - S) * p["gamma"] * scalar_rate(current, p)


def states_of_a_uniform_network(G):
    """Every root of the drift of regions that see their own S once more, by sign changes."""
    p = MODEL.defaults(G=G)
    with jax.enable_x64(True):
        S = np.linspace(0.0, 1.0, 4001)
        drift = np.asarray(_uniform(S, p))

        def at(value):
            return float(_uniform(value, p))

        crossed = np.flatnonzero(drift[:-1] * drift[1:] < 0)
        return [brentq(at, S[k], S[k + 1], xtol=1e-14) for k in crossed]


_uniform = jax.jit(lambda S, p: MODEL.drift((S,), p, (S,))[0])


def test_defaults_are_the_published_constants():
    published = {
        "a": 270.0, "b": 108.0, "d": 0.154, "tau": 0.1, "gamma": 0.641,
        "w": 0.9, "J": 0.2609, "I_0": 0.3, "I_ext": 0.0,
    }  # fmt: skip
    defaults = MODEL.defaults()
    assert {name: defaults[name] for name in published} == published


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_drift_equals_the_scalar_equations(seed):
    rng = np.random.default_rng(seed)
    n = 6
    p = {k: q.default * rng.uniform(0.8, 1.2, n) for k, q in MODEL.parameters.items()}
    p["I_ext"] = rng.normal(0, 0.02, n)
    S, to_E = rng.uniform(0, 1, (2, n))
    stimulus = rng.normal(0, 0.05, n)
    with jax.enable_x64(True):
        (dS,) = MODEL.drift((S,), p, (to_E,), stimulus)
        rate = np.asarray(MODEL.rate_hz((S,), p, (to_E,)))
    each = [{k: float(v[i]) for k, v in p.items()} for i in range(n)]
    want = np.array([scalar_drift(S[i], to_E[i], stimulus[i], each[i]) for i in range(n)])
    current = p["J"] * (p["w"] * S + p["G"] * to_E) + p["I_0"] + p["I_ext"]
    # the argument a I - b loses digits near threshold: errors stand against a I in Hz
    scale = 1e-12 * (p["a"] * np.abs(current)).max()
    np.testing.assert_allclose(np.asarray(dS), want, rtol=1e-12, atol=scale)
    want_rate = [scalar_rate(current[i], each[i]) for i in range(n)]
    np.testing.assert_allclose(rate, want_rate, rtol=1e-12, atol=scale)


def test_rate_at_threshold_is_the_limit():
    p = MODEL.defaults(I_0=0.4)  # b / a
    with jax.enable_x64(True):
        assert float(MODEL.rate_hz((0.0,), p, (0.0,))) == pytest.approx(1 / 0.154, rel=1e-14)


def test_isolated_region_has_one_state_of_low_activity():
    (S,) = states_of_a_uniform_network(0.0)
    p = MODEL.defaults()
    independent = brentq(lambda s: scalar_drift(s, 0.0, 0.0, p), 0.0, 0.2, xtol=1e-15)
    assert pytest.approx(independent, abs=1e-12) == S
    assert pytest.approx(0.0343550569, abs=1e-9) == S  # measured
    assert MODEL.start[0] == pytest.approx(S, abs=1e-4)
    with jax.enable_x64(True):
        rate = float(MODEL.rate_hz((S,), p, (0.0,)))
        slope = float(jax.grad(lambda s: MODEL.drift((s,), p, (0.0,))[0])(S))
    # at rest S / tau = (1 - S) gamma H
    assert rate == pytest.approx(S / (0.1 * 0.641 * (1 - S)), rel=1e-9)
    assert slope == pytest.approx(-7.804026, abs=1e-5)  # measured


def test_working_point_of_the_virtual_brain():
    p = MODEL.defaults(w=0.6, I_0=0.33)
    with jax.enable_x64(True):
        S = brentq(lambda s: float(MODEL.drift((s,), p, (0.0,))[0]), 0.0, 0.5, xtol=1e-15)
    assert pytest.approx(0.0980184532, abs=1e-9) == S  # measured


@pytest.mark.parametrize("G", [0.2, 0.253, 0.256, 0.5, 0.896, 0.899, 2.0])
def test_uniform_network_is_bistable_between_two_folds(G):
    found = states_of_a_uniform_network(G)
    # folds where dG/dS = 0 on the branch, G(S) by inversion of the rate: measured apart
    assert len(found) == (3 if 0.2547375 < G < 0.8976692 else 1)
    assert (found[0] < 0.1) == (G < 0.8976692)
    assert (found[-1] > 0.5) == (G > 0.2547375)


def test_folds_lie_where_the_branch_turns():
    p = MODEL.defaults()

    def coupling(S):
        rate = S / (p["tau"] * p["gamma"] * (1 - S))
        u = brentq(lambda v: v / -math.expm1(-p["d"] * v) - rate, -300.0, 3000.0, xtol=1e-13)
        return ((u + p["b"]) / p["a"] - p["I_0"]) / (p["J"] * S) - p["w"]

    branch = np.array([coupling(S) for S in np.linspace(0.02, 0.9, 1201)])
    step = np.diff(branch)
    folds = branch[1:-1][step[:-1] * step[1:] < 0]
    assert folds == pytest.approx([0.897669, 0.254738], abs=2e-5)


def test_gating_is_clipped_and_leak_is_in_the_drift():
    (clipped,) = MODEL.clip((np.array([-0.1, 0.5, 1.2]),))
    np.testing.assert_array_equal(clipped, np.float32([0.0, 0.5, 1.0]))
    p = MODEL.defaults()
    assert MODEL.leak(p) == (10.0,)
    assert MODEL.time_constants(p) == {"tau": 0.1}


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_drift_and_slope_are_finite_over_the_declared_ranges(seed, double):
    rng = np.random.default_rng(seed)
    with jax.enable_x64(double):
        cast = jnp.float64 if double else jnp.float32
        p = {k: cast(rng.uniform(q.low, q.high)) for k, q in MODEL.parameters.items()}
        S, to_E = (cast(v) for v in rng.uniform(0, 1, 2))
        value, slope = _value_and_slope(S, p, to_E)
    assert np.isfinite([value, *jax.tree.leaves(slope)]).all()


_value_and_slope = jax.jit(
    jax.value_and_grad(lambda S, p, c: MODEL.drift((S,), p, (c,))[0], argnums=(0, 1))
)
