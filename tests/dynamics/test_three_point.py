"""Three-point noise: its law exactly, whose bits it takes, and what of a normal it keeps.

Statistical bounds are those of ``test_noise_statistics``: a family of m scores stays below the
two-sided normal quantile of level ``LEVEL / m``; the seeds are fixed.
"""

import itertools

import jax
import numpy as np
import pytest
from scipy import linalg, stats

from netmod.dynamics import three_point
from netmod.dynamics.increments import Increments
from netmod.dynamics.noise import MAX_REGIONS, first_word, scan_key, threefry2x32
from netmod.dynamics.parameters import make_parameters, stack
from netmod.dynamics.record import record
from netmod.dynamics.simulate import Scan, simulate
from netmod.dynamics.solvers import SOLVERS
from netmod.errors import ConfigError
from netmod.graph.connectivity import correlation
from netmod.models import MODELS

LEVEL = 1e-4
LAW = {-1: 10923, 0: 43690, 1: 10923}
"""Counts among the 65536 values of sixteen bits."""


def in_bounds(scores, freedom=np.inf):
    """Tell whether a family of standard normal, or Student, scores stays within its bound."""
    scores = np.atleast_1d(scores)
    return bool(np.abs(scores).max() < stats.t.isf(LEVEL / 2 / scores.size, freedom))


def moment(k):
    """Exact moment of the law, with the amplitude that makes the variance 1."""
    size = np.sqrt(65536 / (2 * 10923))
    return sum(count / 65536 * (sign * size) ** k for sign, count in LAW.items())


def signs_of(key, region, steps):
    """Signs [state, step, ...] by plain integers, from the blocks that the layout promises."""
    region = np.asarray(region, np.uint32)
    tagged = np.uint32(key[0]), np.uint32(key[1]) ^ np.uint32(0x33505431)
    found = []
    for step in steps:
        counter = np.broadcast_arrays(region, np.uint32(step // 2))
        block = (np.asarray(word).astype(np.int64) for word in threefry2x32(tagged, counter))
        bits = [word >> 16 if step % 2 else word & 0xFFFF for word in block]
        found.append([np.where(b % 32768 < 10923, 1 - b // 32768 * 2, 0) for b in bits])
    return np.swapaxes(np.array(found), 0, 1)


# --------------------------------------------------------------------------- the law of one draw


@pytest.mark.parametrize("state", [0, 1])
@pytest.mark.parametrize("step", [0, 1])
@pytest.mark.parametrize("rest", [0x0000, 0xFFFF, 0x7FFF, 0x8000, 0x5555])
def test_all_values_of_sixteen_bits_have_the_law_whatever_the_others_are(
    monkeypatch, state, step, rest
):
    values = np.arange(2**16, dtype=np.uint32)
    mine = (values << 16) | np.uint32(rest) if step else values | np.uint32(rest << 16)
    other = np.full_like(mine, rest * 0x10001)
    words = (mine, other) if state == 0 else (other, mine)
    monkeypatch.setattr(three_point, "threefry2x32", lambda *_: map(jax.numpy.asarray, words))
    codes = three_point.three_point_codes((np.uint32(1), np.uint32(2)), values, np.uint32(0))
    got = np.asarray(three_point.three_point_pair(codes, np.uint32(step))[state])
    size = np.float32(np.sqrt(65536 / 21846))
    assert got.dtype == np.float32 and codes.dtype == np.uint8
    levels, counts = np.unique(got, return_counts=True)
    np.testing.assert_array_equal(levels, [-size, 0.0, size])
    np.testing.assert_array_equal(counts, list(LAW.values()))


def test_moments_to_the_fifth_are_those_of_a_normal():
    size, q = three_point.AMPLITUDE, 10923 / 32768
    assert [moment(k) for k in (1, 3, 5)] == [0.0, 0.0, 0.0]
    assert moment(2) == pytest.approx(1.0, abs=1e-15)
    assert q * size**2 == pytest.approx(1.0, abs=1e-15)
    # the documented defect of the fourth
    assert moment(4) == pytest.approx(1 / q) == pytest.approx(2.99991, abs=1e-5)
    assert float(np.float32(size)) ** 2 * q == pytest.approx(1.0, abs=2 * 2.0**-24)


# ----------------------------------------------------------------- which bits belong to which draw


def increments(regions=5, lanes=3, noise="three_point", length=8, states=(True,) * 6, **values):
    shape = (length, lanes)
    values = {"noise_sd": np.ones(shape), "noise_tau": np.full(shape, 0.1), **values}
    keys = np.arange(2 * lanes, dtype=np.uint32).reshape(lanes, 2) * 7
    return Increments(MODELS["jansen_rit"], states, values, keys, regions, np.float32(1e-3), noise)


def drawn(noise, first, steps):
    """Signs ``[state, step, region, lane]`` of a block as a run reads them."""

    @jax.jit
    def pairs(first):
        block = noise.draw_block(first, steps)
        return jax.vmap(lambda k: jax.numpy.stack(block(k)))(jax.numpy.arange(steps))

    found = np.asarray(pairs(np.uint32(first)))  # [step, pair, region, lane]
    states = np.stack([found.real, found.imag], axis=2).reshape(steps, -1, *found.shape[2:])
    return np.swapaxes(states, 0, 1) / np.float32(three_point.AMPLITUDE)


@pytest.mark.parametrize(
    ("first", "steps"),
    [(0, 10), (10, 10), (5, 5), (2**32 - 6, 5), (7, 1), (2**32 - 2, 1)],
)
def test_every_draw_takes_the_bits_of_its_region_state_and_step(first, steps):
    """So none is used twice: (pair, region, step // 2) is the counter, the rest chooses the bits.

    Blocks of any length give it, that begin on even or on odd steps.
    """
    noise = increments()
    got = drawn(noise, first, steps)
    for lane, pair in itertools.product(range(3), range(3)):
        key = np.arange(6, dtype=np.uint32).reshape(3, 2)[lane] * 7
        region = np.minimum(np.arange(8), 4).astype(np.uint32) + np.uint32(pair << 24)
        want = signs_of(key, region, range(first, first + steps))
        np.testing.assert_array_equal(got[2 * pair : 2 * pair + 2, ..., lane], want)


def test_states_without_noise_draw_nothing_and_an_odd_state_stands_alone():
    some = increments(states=(False, False, True, False, True))
    everything = drawn(increments(), 0, 4)
    pairs = jax.jit(lambda: some.draw_block(np.uint32(0), 4)(np.int32(3)))()
    assert [d.dtype.kind for d in pairs] == ["c", "f"]
    for got, state in ((pairs[0].real, 2), (pairs[1], 4)):
        want = everything[state, 3] * np.float32(three_point.AMPLITUDE)
        np.testing.assert_array_equal(np.asarray(got), want)


def test_both_laws_of_a_key_share_no_block(monkeypatch):
    used = []

    def spy(key, counter):
        used.append([int(np.asarray(k).ravel()[0]) for k in key])
        return threefry2x32(key, counter)

    monkeypatch.setattr(three_point, "threefry2x32", spy)
    key = np.uint32(1), np.uint32(2)
    three_point.three_point_codes(key, np.arange(3, dtype=np.uint32), np.uint32(0))
    assert used == [[1, 2 ^ 0x33505431]]  # turned, not replaced: other keys stay other keys


def test_coloured_noise_starts_from_the_same_normals():
    laws = "three_point", "gaussian"
    ours, normal = (np.asarray(jax.jit(increments(noise=law).stationary)()) for law in laws)
    np.testing.assert_array_equal(ours, normal)
    assert len(np.unique(ours[:, :5])) == 6 * 5 * 3


# ----------------------------------------------------------------- many draws are white noise

LANES, PAIRS, STEPS, REGIONS = 8, 2, 4000, 20
KEYS = {
    "seeds": np.stack([scan_key(seed, "sub-01", "time-0h") for seed in range(LANES)]),
    "words": np.array(
        [[0, 0], [1, 0], [0, 1], [1, 1], [2, 0], [0, 2], [2**31, 0], [2**32 - 1, 2**32 - 1]],
        np.uint32,
    ),
}


@jax.jit
def _pairs(keys, first, step):
    codes = three_point.three_point_codes(
        (keys[:, :1], keys[:, 1:]), first, step[:, None, None] >> np.uint32(1)
    )
    return jax.numpy.stack(three_point.three_point_pair(codes, step[:, None, None]))


def draws(keys, step, region, pairs=range(PAIRS)):
    """Draws as a run orders them, ``[state, step, lane, region]``."""
    found = [_pairs(keys, first_word(pair, region), step) for pair in pairs]
    return np.concatenate([np.asarray(d) for d in found]).astype(float)


@pytest.fixture(scope="module", params=KEYS)
def many(request):
    """Two and a half million numbers, ``[state, step, lane, region]``."""
    step, region = np.arange(STEPS, dtype=np.uint32), np.arange(REGIONS, dtype=np.uint32)
    return draws(KEYS[request.param], step, region)


def score(a, b):
    """Standard normal score of the covariance of two independent unit samples."""
    return np.vdot(a, b) / np.sqrt(a.size)


def squares(x):
    """Unit variance again: squares correlate where sizes do."""
    return (x**2 - moment(2)) / np.sqrt(moment(4) - moment(2) ** 2)


def test_moments_to_the_fourth_of_every_state_lane_region_and_parity(many):
    def scores(x, axes):
        n = np.prod([x.shape[k] for k in axes])
        return np.array(
            [
                ((x**k).mean(axis=axes) - moment(k)) / np.sqrt((moment(2 * k) - moment(k) ** 2) / n)
                for k in (1, 2, 3, 4)
            ]
        ).ravel()

    assert in_bounds(scores(many, (0, 1, 2, 3)))
    for kept in range(4):
        if kept != 1:
            assert in_bounds(scores(many, tuple(k for k in range(4) if k != kept)))
    for parity in (0, 1):
        assert in_bounds(scores(many[:, parity::2], (1, 2, 3)))


def test_counts_are_those_of_the_law_alone_and_within_a_call(many):
    """Chi-square of the three values, and of the 81 joint values of the four draws of a call."""
    sign = np.rint(many / three_point.AMPLITUDE).astype(int) + 1
    p = np.array(list(LAW.values())) / 65536
    each = [
        stats.chisquare(np.bincount(x.ravel(), minlength=3), p * x.size).pvalue
        for x in sign.reshape(2 * PAIRS, STEPS // 2, 2, LANES, REGIONS).transpose(0, 2, 3, 1, 4)
        .reshape(-1, STEPS // 2 * REGIONS)
    ]  # fmt: skip
    call = sign.reshape(PAIRS, 2, STEPS // 2, 2, LANES, REGIONS)
    cell = 27 * call[:, 0, :, 0] + 9 * call[:, 1, :, 0] + 3 * call[:, 0, :, 1] + call[:, 1, :, 1]
    joint = np.einsum("i,j,k,l->ijkl", p, p, p, p).ravel()
    each += [
        stats.chisquare(np.bincount(x.ravel(), minlength=81), joint * x.size).pvalue for x in cell
    ]
    assert min(each) > LEVEL / len(each)


@pytest.mark.parametrize("of", [np.asarray, squares], ids=["values", "squares"])
def test_nothing_correlates_along_any_axis(many, of):
    x = of(many)
    lags = [*range(1, 21), 32, 64, 100, 128, 1000, 1024, 2048]
    assert in_bounds([score(x[:, lag:], x[:, :-lag]) for lag in lags])  # steps
    # the two steps of one call, and those of two
    assert in_bounds([score(x[:, k:-1:2], x[:, k + 1 :: 2]) for k in (0, 1)])
    assert in_bounds([score(x[..., lag:], x[..., :-lag]) for lag in range(1, REGIONS)])  # regions
    lanes, states = itertools.combinations(range(LANES), 2), range(2 * PAIRS)
    assert in_bounds([score(x[:, :, a], x[:, :, b]) for a, b in lanes])  # keys
    assert in_bounds([score(x[a], x[b]) for a, b in itertools.combinations(states, 2)])
    # states with regions and steps shifted: neighbouring counters in both words
    assert in_bounds(
        [
            score(x[a, lag:, :, 1:], x[b, :-lag, :, :-1])
            for a, b in itertools.product(states, repeat=2)
            for lag in (1, 2)
        ]
    )
    lanes = itertools.permutations(range(LANES), 2)
    assert in_bounds([score(x[:, 2:, a], x[:, :-2, b]) for a, b in lanes])


def test_first_and_last_counters_draw_alike():
    region = np.arange(MAX_REGIONS - 200, MAX_REGIONS, dtype=np.uint32)
    step = np.arange(2**32 - 202, 2**32 - 2, dtype=np.uint32)
    last = draws(KEYS["seeds"], step, region, pairs=(0, 255))
    assert in_bounds(
        [
            score(last, np.ones_like(last)),
            score(squares(last), np.ones_like(last)),
            score(last[:2], last[2:]),
            score(last[:, 1:], last[:, :-1]),
            score(last[..., 1:], last[..., :-1]),
        ]
    )


# -------------------------------------------------------------- what runs make of the noise


def run(noise, lanes, network, seconds, *, seed=1, **options):
    """Recording of lanes that differ by their noise; the model's start for all."""
    model, one = network
    start = tuple(np.full((lanes, one.n_regions), s) for s in model.start)
    keys = np.stack([scan_key(seed, str(k), "three-point") for k in range(lanes)])
    return record(
        model, stack([one] * lanes, shared=True), start, keys, duration_s=seconds, noise=noise,
        **options,
    )  # fmt: skip


@pytest.mark.parametrize("delayed", [False, True])
def test_lanes_and_chunks_change_no_bit(two_stage, delayed):
    """Blocks of five steps: every other one begins with the second half of a call."""
    lanes, rng = 5, np.random.default_rng(4)
    delays_s = rng.uniform(0.003, 0.02, (5, 5)) if delayed else None
    one = make_parameters(two_stage, rng.uniform(0, 0.1, (2, 5, 5)), {}, delays_s)
    keys = np.stack([scan_key(2, str(k), "bits") for k in range(lanes)])

    def trace(chosen, **options):
        start = (np.zeros((len(chosen), 5)),) * 2
        return record(
            two_stage, stack([one] * len(chosen)), start, keys[chosen], duration_s=0.06, dt_ms=1.0,
            every_ms=5.0, noise="three_point", signals=("x", "y"), **options,
        ).values  # fmt: skip

    whole = trace([0, 1, 2, 3, 4])
    assert len(np.unique(whole[:, -1])) == lanes * 2 * 5
    np.testing.assert_array_equal(trace([3, 1]), whole[[3, 1]])
    np.testing.assert_array_equal(trace([0, 1, 2, 3, 4], chunk_s=0.015), whole)


def test_a_path_does_not_hang_on_how_often_it_is_seen(two_stage):
    """Blocks of 1, 3 and 6 steps read the same draws; another program may round otherwise."""
    network = two_stage, make_parameters(two_stage, np.zeros((2, 5, 5)), {})
    options = {"dt_ms": 1.0, "precision": "double", "signals": ("x", "y")}
    each = run("three_point", 2, network, 0.06, **options).values
    for steps in (3, 6):
        some = run("three_point", 2, network, 0.06, every_ms=steps, **options).values
        np.testing.assert_allclose(some, each[:, steps - 1 :: steps], rtol=1e-12, atol=1e-14)


def test_the_jumps_of_a_recorded_path_have_three_sizes(ou_model):
    one = make_parameters(ou_model, np.zeros((1, 5, 5)), {"tau": 100.0})
    x = run("three_point", 2, (ou_model, one), 0.02, dt_ms=1.0, solver="euler",
            precision="double")["x"]  # fmt: skip
    before = np.concatenate([np.zeros_like(x[:, :1]), x[:, :-1]], axis=1)
    jumps = (x - before * (1 - 1e-3 / 100.0)) / np.sqrt(1e-3) / three_point.AMPLITUDE
    np.testing.assert_allclose(jumps, np.rint(jumps), atol=1e-6)
    assert set(np.rint(jumps).ravel()) == {-1.0, 0.0, 1.0}


def test_a_linear_network_has_the_mean_and_covariance_of_its_scheme(ou_model):
    """Exact for any increments of variance 1: Heun is ``x' = M x + B dw`` with known M and B."""
    W = np.array([[0, 0.9, 0, 0.3], [0.4, 0, 0.5, 0], [0, 0.7, 0, 0.2], [0.6, 0, 0.1, 0]])
    tau, sd, h, lanes = 0.05, 1.3, 0.02, 400
    one = make_parameters(ou_model, 8 * W, {"tau": tau, "noise_sd": sd})
    A = 8 * W - np.eye(4) / tau
    M = np.eye(4) + h * A + h * h * A @ A / 2
    B = np.eye(4) + h * A / 2
    want = linalg.solve_discrete_lyapunov(M, sd**2 * h * B @ B.T)
    x = run("three_point", lanes, (ou_model, one), 32.0, dt_ms=20.0, every_ms=80.0)["x"][:, 25:]
    # a step so long that another scheme would show
    exact = linalg.solve_continuous_lyapunov(A, -(sd**2) * np.eye(4))
    assert np.abs(want / exact - 1).max() > 0.02
    means, products = x.mean(axis=1), np.einsum("lti,ltj->lij", x, x) / x.shape[1]
    for each, truth in ((means, 0.0), (products, want)):
        error = each.mean(axis=0) - truth
        assert in_bounds(error / (each.std(axis=0, ddof=1) / np.sqrt(lanes)), lanes - 1)


def test_after_two_steps_the_fourth_moment_is_a_normals_and_the_sixth_is_not(ou_model):
    """Sums of two: 3 as for normals (two-point noise: 2), and 15 - 6 / 2**2 instead of 15.

    The sixth cumulant of one draw is -6, and sums of n keep 1 / n**2 of it.
    """
    n = 400
    one = make_parameters(ou_model, np.zeros((1, n, n)), {"tau": 100.0})
    x = run("three_point", 256, (ou_model, one), 0.002, dt_ms=1.0, every_ms=2.0)["x"]
    z = x.ravel() / np.sqrt(0.002)
    for k, want in ((2, 1.0), (4, 3.0), (6, 13.5)):
        # the drift shrinks the sum by 1e-5, the fourth moment of one draw is 9e-5 too small
        assert abs((z**k).mean() - want) < 4 * (z**k).std() / np.sqrt(z.size) + 1e-4 * want
    assert (z**6).mean() < 15 - 6 * (z**6).std() / np.sqrt(z.size)


def test_heun_is_weakly_of_order_2_with_it():
    """``dx = -x^3 dt + dW``: all paths of n steps with their probabilities, no sampling.

    The truth is the backward Kolmogorov equation on a fine grid, by Crank and Nicolson.
    """
    length, x0, steps = 0.4, 0.6, 400
    grid, dx = np.linspace(-5, 5, 501, retstep=True)
    drift, spread = -(grid**3) / (2 * dx), np.full(grid.size, 1 / (2 * dx**2))
    generator = np.diag(-2 * spread) + np.diag((spread + drift)[:-1], 1)
    generator += np.diag((spread - drift)[1:], -1)
    generator[[0, -1]] = 0.0
    left, right = (np.eye(grid.size) - s * length / steps / 2 * generator for s in (1, -1))
    once = linalg.solve(left, right)
    truth = np.interp(x0, grid, np.linalg.matrix_power(once, steps) @ grid**2)

    p = np.array(list(LAW.values())) / 65536
    errors = []
    for n in (2, 4, 8):
        h = length / n
        x, weight = np.array([x0]), np.array([1.0])
        for _ in range(n):
            dw = np.sqrt(h) * three_point.AMPLITUDE * np.array([-1, 0, 1])
            x, jump = (a.ravel() for a in np.broadcast_arrays(x[:, None], dw))
            weight = (weight[:, None] * p).ravel()
            (x,) = SOLVERS["heun"].step(lambda y, s: (-(y[0] ** 3),), (x,), h, (jump,), (0.0,))
        errors.append(abs(weight @ x**2 - truth))
    assert errors[-1] < 2e-3
    assert (np.log2(np.divide(errors[:-1], errors[1:])) > 1.9).all()


@pytest.mark.slow
def test_the_fc_of_a_network_is_that_of_normals(balanced_network, rww):
    one, state = balanced_network()
    lanes = 48
    parameters = stack([one] * lanes)
    start = tuple(np.tile(s, (lanes, 1)) for s in state)
    z, rate = {}, {}
    for noise in ("gaussian", "three_point"):
        keys = np.stack([scan_key(3, str(k), noise) for k in range(lanes)])
        found = simulate(rww, parameters, start, keys, Scan(60.0, 1.0, 10.0, noise=noise))
        fc = np.array([correlation(np.cov(b.T)) for b in found.bold.astype(float)])
        z[noise] = np.arctanh(fc[:, *np.triu_indices(6, 1)])
        rate[noise] = found.rate_hz
    for each in (z, rate):
        a, b = each["gaussian"], each["three_point"]
        spread = np.sqrt((a.var(axis=0, ddof=1) + b.var(axis=0, ddof=1)) / lanes)
        assert in_bounds((a.mean(axis=0) - b.mean(axis=0)) / spread, 2 * lanes - 2)
        assert np.abs(np.log(a.std(axis=0) / b.std(axis=0))).max() < 0.5  # as variable
        assert not np.array_equal(a, b)
    assert z["gaussian"].mean() > 0.1  # there is something to agree on


@pytest.mark.parametrize("how", ["scan", "trace"])
def test_an_unknown_law_is_refused_with_a_hint(how, rww, random_network):
    one = stack([random_network()])
    start = tuple(np.full((1, 6), s) for s in rww.start)
    keys = np.zeros((1, 2), np.uint32)
    with pytest.raises(ConfigError) as caught:
        if how == "scan":
            simulate(rww, one, start, keys, Scan(2.0, noise="three_points"))
        else:
            record(rww, one, start, keys, duration_s=1.0, dt_ms=1.0, noise="three_points")
    assert str(caught.value) == (
        "no noise 'three_points'\n  expected: gaussian, three_point\n  got: three_points\n"
        "  hint: did you mean 'three_point'?"
    )
