"""Every kind of coupling against sums written out edge by edge."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netmod.models.coupling import COUPLINGS

N = 6
KINDS = pytest.mark.parametrize("kind", COUPLINGS.values(), ids=lambda kind: kind.name)
# far from the defaults, so that no parameter can be left out or exchanged unseen
CHOSEN = {
    "coupling_amplitude": 2.5,
    "coupling_midpoint": 0.4,
    "coupling_slope": 1.7,
    "coupling_lag": 0.6,
}


def sigmoid(x, p):
    steep = p["coupling_slope"] * (x - p["coupling_midpoint"])
    return p["coupling_amplitude"] / (1.0 + math.exp(-steep))


# the published sum over sources j into target i, with floats: nothing of the two-stage form
EDGE_BY_EDGE = {
    "linear": lambda W, x, i, p: sum(W[i][j] * x[j] for j in range(len(x))),
    "diffusive": lambda W, x, i, p: sum(W[i][j] * (x[j] - x[i]) for j in range(len(x))),
    "sigmoidal": lambda W, x, i, p: sigmoid(sum(W[i][j] * x[j] for j in range(len(x))), p),
    "sigmoidal_source": lambda W, x, i, p: sum(W[i][j] * sigmoid(x[j], p) for j in range(len(x))),
    "sine": lambda W, x, i, p: sum(
        W[i][j] * math.sin(x[j] - x[i] - p["coupling_lag"]) for j in range(len(x))
    ),
}


def values_of(kind, **changed):
    return {name: declared.default for name, declared in kind.parameters.items()} | changed


def chosen(kind):
    return {name: CHOSEN[name] for name in kind.parameters}


def inputs(kind, W, x, p):
    """The input of every region: what sources send, summed by their weights, as received."""
    sums = [W @ s for s in kind.send(jnp.asarray(x), p)]
    return np.asarray(kind.receive(sums, jnp.asarray(x), jnp.asarray(W.sum(axis=1)), p))


def asymmetric(seed, n=N):
    rng = np.random.default_rng(seed)
    W = rng.uniform(0.0, 1.0, (n, n)) * (rng.random((n, n)) < 0.7)
    np.fill_diagonal(W, 0.0)  # no region is its own source
    return W, rng.uniform(-2.0, 2.0, n)


def symmetric(seed, n=N):
    W, x = asymmetric(seed, n)
    return W + W.T, x


@KINDS
def test_every_kind_has_an_oracle_and_a_complete_declaration(kind):
    assert COUPLINGS[kind.name] is kind
    assert kind.name in EDGE_BY_EDGE
    assert kind.doc.startswith("``c_i = ")
    for name, p in kind.parameters.items():
        # models tell these from their own parameters by the first word
        assert name.startswith("coupling_")
        assert p.low <= p.default <= p.high and p.low < p.high
        assert p.doc and p.unit and "doi:10." in p.source
        assert p.low <= CHOSEN[name] <= p.high and CHOSEN[name] != p.default


@KINDS
@given(seed=st.integers(0, 2**32 - 1), spread=st.floats(0.01, 3.0))
@settings(max_examples=25, deadline=None, derandomize=True)
def test_inputs_equal_the_sum_over_edges(kind, seed, spread):
    W, x = asymmetric(seed)
    x = x * spread
    with jax.enable_x64(True):
        for p in (values_of(kind), chosen(kind)):
            expected = [EDGE_BY_EDGE[kind.name](W.tolist(), x.tolist(), i, p) for i in range(N)]
            # sums of terms of order 1 that may cancel
            size = W.sum(axis=1) * (1.0 + np.abs(x).max())
            error = np.abs(inputs(kind, W, x, p) - expected)
            assert (error <= 1e-12 * np.maximum(np.abs(expected), size)).all()


@KINDS
def test_weights_are_target_by_source(kind):
    # one edge, from region 2 to region 0
    W = np.zeros((4, 4))
    W[0, 2] = 3.0
    x = np.array([0.3, -0.8, 1.1, 0.5])
    p = chosen(kind)
    with jax.enable_x64(True):
        alone = inputs(kind, np.zeros((4, 4)), x, p)
        reached = inputs(kind, W, x, p)
        moved = inputs(kind, W, x + 0.25 * (np.arange(4) == 2), p)
    assert np.flatnonzero(reached != alone).tolist() == [0]
    assert np.flatnonzero(moved != reached).tolist() == [0]
    assert reached[0] == pytest.approx(EDGE_BY_EDGE[kind.name](W, x, 0, p), rel=1e-12)


@KINDS
def test_as_many_signals_are_sent_as_declared(kind):
    signals = kind.send(jnp.linspace(-1.0, 1.0, 5), values_of(kind))
    assert isinstance(signals, tuple)
    assert len(signals) == kind.signals
    assert all(s.shape == (5,) and s.dtype == jnp.float32 for s in signals)


@KINDS
def test_relabelling_regions_relabels_inputs(kind):
    W, x = asymmetric(3)
    order = np.random.default_rng(4).permutation(N)
    with jax.enable_x64(True):
        before = inputs(kind, W, x, chosen(kind))
        after = inputs(kind, W[np.ix_(order, order)], x[order], chosen(kind))
    np.testing.assert_allclose(after, before[order], rtol=0, atol=1e-13)


@KINDS
def test_both_array_orders_and_regional_parameters_equal_a_loop(kind):
    rng = np.random.default_rng(5)
    x = rng.uniform(-2, 2, (3, 4))
    sums = [rng.uniform(-2, 2, (3, 4)) for _ in range(kind.signals)]
    strength = rng.uniform(0, 3, (3, 1))
    p = {name: rng.uniform(0.5, 2.0, (3, 1)) for name in kind.parameters}
    with jax.enable_x64(True):
        flat = kind.receive(sums, x, strength, p)
        turned = kind.receive([s.T for s in sums], x.T, strength.T, {k: v.T for k, v in p.items()})
        for i, j in np.ndindex(3, 4):
            one = kind.receive(
                [s[i, j] for s in sums],
                x[i, j],
                strength[i, 0],
                {k: v[i, 0] for k, v in p.items()},
            )
            assert float(flat[i, j]) == pytest.approx(float(one), rel=1e-12)
            assert float(turned[j, i]) == pytest.approx(float(one), rel=1e-12)


@KINDS
def test_single_precision_and_compilation_change_only_rounding(kind):
    W, x = asymmetric(6)
    p = chosen(kind)
    compiled = jax.jit(lambda W, x: inputs_traced(kind, W, x, p))
    single = np.asarray(compiled(np.float32(W), np.float32(x)))
    assert single.dtype == np.float32
    with jax.enable_x64(True):
        double = inputs(kind, W, x, p)
        fused = np.asarray(compiled(W, x))
    np.testing.assert_allclose(fused, double, rtol=0, atol=1e-13)
    np.testing.assert_allclose(single, double, rtol=0, atol=1e-5)


def inputs_traced(kind, W, x, p):
    return kind.receive([W @ s for s in kind.send(x, p)], x, W.sum(axis=1), p)


@KINDS
def test_gradients_equal_finite_differences(kind):
    W, x = asymmetric(7)
    names, point = list(kind.parameters), [*chosen(kind).values()]

    def total(x, *numbers):
        return inputs_traced(kind, W, x, dict(zip(names, numbers, strict=True)))

    h = 1e-5
    with jax.enable_x64(True):
        total = jax.jit(total)
        exact = jax.jacfwd(total, argnums=tuple(range(1 + len(names))))(x, *point)
        for j in range(N):
            step = h * np.eye(N)[j]
            near = (total(x + step, *point) - total(x - step, *point)) / (2 * h)
            np.testing.assert_allclose(exact[0][:, j], near, rtol=0, atol=1e-8)
        for k in range(len(names)):
            up, down = ([v + sign * h * (i == k) for i, v in enumerate(point)] for sign in (1, -1))
            near = (total(x, *up) - total(x, *down)) / (2 * h)
            np.testing.assert_allclose(exact[1 + k], near, rtol=0, atol=1e-8)
            assert np.abs(near).max() > 1e-3, names[k]


@pytest.mark.parametrize("level", [-3.0, 0.0, 1e3])
def test_equal_states_exchange_nothing_by_diffusion(level):
    W, _ = asymmetric(8)
    with jax.enable_x64(True):
        exchanged = inputs(COUPLINGS["diffusive"], W, np.full(N, level), {})
    assert np.abs(exchanged).max() <= 1e-14 * N * max(abs(level), 1.0)


def test_symmetric_diffusion_and_sine_conserve_their_total():
    W, x = symmetric(9)
    with jax.enable_x64(True):
        for name in ("diffusive", "sine"):
            kind = COUPLINGS[name]
            received = inputs(kind, W, x, values_of(kind))
            assert np.abs(received).max() > 0.1
            assert abs(received.sum()) < 1e-13
        # a lag, or a direction, breaks the balance
        lagged = inputs(COUPLINGS["sine"], W, x, {"coupling_lag": 0.3})
        assert abs(lagged.sum()) > 0.1
        directed = inputs(COUPLINGS["diffusive"], asymmetric(9)[0], x, {})
        assert abs(directed.sum()) > 0.1


def test_symmetric_weights_receive_what_they_send():
    W, x = symmetric(10)
    with jax.enable_x64(True):
        received = inputs(COUPLINGS["linear"], W, x, {})
    assert received.sum() == pytest.approx((W.sum(axis=0) * x).sum(), rel=1e-13)


@pytest.mark.parametrize("lag", [0.0, 0.6, -math.pi / 2, 3.1])
def test_one_edge_couples_by_the_sine_of_the_difference(lag):
    W = np.array([[0.0, 2.0], [0.5, 0.0]])
    for difference in np.linspace(-7.0, 7.0, 29):
        x = np.array([1.3, 1.3 + difference])
        with jax.enable_x64(True):
            received = inputs(COUPLINGS["sine"], W, x, {"coupling_lag": lag})
        expected = [2.0 * math.sin(difference - lag), 0.5 * math.sin(-difference - lag)]
        np.testing.assert_allclose(received, expected, rtol=0, atol=1e-14)


def test_phases_count_only_up_to_full_turns():
    W, x = asymmetric(11)
    turns = 2 * np.pi * np.array([0, 1, -1, 3, -2, 0])
    with jax.enable_x64(True):
        here, there = (
            inputs(COUPLINGS["sine"], W, y, {"coupling_lag": 0.2}) for y in (x, x + turns)
        )
    np.testing.assert_allclose(here, there, rtol=0, atol=1e-13)


@pytest.mark.parametrize("name", ["sigmoidal", "sigmoidal_source"])
def test_sigmoids_have_half_their_amplitude_at_the_midpoint(name):
    kind = COUPLINGS[name]
    p = chosen(kind)
    W = np.array([[0.0, 1.0], [1.0, 0.0]])
    received = inputs(kind, W, np.full(2, p["coupling_midpoint"]), p)
    np.testing.assert_allclose(received, p["coupling_amplitude"] / 2, rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sigmoids_saturate(dtype):
    W = np.array([[0.0, 2.0], [0.5, 0.0]], dtype)
    with jax.enable_x64(dtype is np.float64):
        whole, each = COUPLINGS["sigmoidal"], COUPLINGS["sigmoidal_source"]
        p = chosen(whole)
        for far, share in ((1e6, 1.0), (-1e6, 0.0)):
            x = np.full(2, far, dtype)
            # the sum saturates as one, or every source before its weight
            assert inputs(whole, W, x, p).tolist() == [2.5 * share] * 2
            assert inputs(each, W, x, p).tolist() == [5.0 * share, 1.25 * share]
            for kind in (whole, each):
                slope = jax.grad(lambda x, kind=kind: inputs_traced(kind, W, x, p).sum())(x)
                assert slope.tolist() == [0.0, 0.0]


def test_kinds_are_registered_once_and_for_good():
    assert list(COUPLINGS) == ["linear", "diffusive", "sigmoidal", "sigmoidal_source", "sine"]
    with pytest.raises(TypeError):
        COUPLINGS["mine"] = COUPLINGS["linear"]
