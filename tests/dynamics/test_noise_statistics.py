"""Proofs about the noise: no counter is used twice, and what is drawn is white and Gaussian.

Every bound follows from theory: a family of m scores, each standard normal for ideal noise, must
stay below the two-sided quantile of level ``LEVEL / m``. An ideal generator fails a family with
probability ``LEVEL`` for a seed chosen at random; the seeds here are fixed.
"""

import itertools

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from netmod.dynamics import increments
from netmod.dynamics.increments import Increments
from netmod.dynamics.kernel import Tile
from netmod.dynamics.noise import (
    MAX_REGIONS,
    MAX_STATES,
    check_counter,
    first_word,
    normal_pair,
    scan_key,
    threefry2x32,
)
from netmod.dynamics.parameters import Parameters, Sparse, make_parameters, stack
from netmod.dynamics.record import record
from netmod.dynamics.run import prepare
from netmod.dynamics.simulate import Scan, check_scan, simulate
from netmod.errors import ConfigError
from netmod.models import MODELS

LEVEL = 1e-4
WORD = st.integers(0, 2**32 - 1)


def in_bounds(scores):
    """Tell whether a family of standard normal scores stays within its bound."""
    scores = np.atleast_1d(scores)
    return bool(np.abs(scores).max() < stats.norm.isf(LEVEL / 2 / scores.size))


def plausible(p_values):
    """Tell the same of p-values."""
    p_values = np.atleast_1d(p_values)
    return bool(p_values.min() > LEVEL / p_values.size)


# ------------------------------------------------------------------- no counter is used twice


def turned_back(key, block):
    """Invert Threefry-2x32-20 with Python integers."""
    mask = 0xFFFFFFFF
    k = [key[0], key[1], key[0] ^ key[1] ^ 0x1BD11BDA]
    x, y = block
    for round_ in reversed(range(20)):
        if round_ % 4 == 3:
            n = round_ // 4 + 1
            x = (x - k[n % 3]) & mask
            y = (y - k[(n + 1) % 3] - n) & mask
        y ^= x
        turn = (13, 15, 26, 6, 17, 29, 16, 24)[round_ % 8]
        y = (y >> turn) | (y << (32 - turn)) & mask
        x = (x - y) & mask
    return (x - k[0]) & mask, (y - k[1]) & mask


@jax.jit
def _blocks(k0, k1, c0, c1):
    return threefry2x32((k0, k1), (c0, c1))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(WORD, WORD, WORD, WORD)
def test_every_key_permutes_the_counters(k0, k1, c0, c1):
    """What can be inverted maps no two counters to one block."""
    words = (np.array([w], np.uint32) for w in (k0, k1, c0, c1))
    block = tuple(int(x[0]) for x in _blocks(*words))
    assert turned_back((k0, k1), block) == (c0, c1)


def test_the_first_word_is_a_number_in_two_digits():
    """256 pairs times 2**24 regions fill the word: ``pair 2**24 + region``, so none share one."""
    assert MAX_REGIONS * (MAX_STATES // 2) == 2**32
    # joining by "or" adds where no bit is set in both: in each single bit, and in all together
    bits = np.array([0, *(1 << k for k in range(24)), MAX_REGIONS - 1], np.uint32)
    for pair in range(MAX_STATES // 2):
        got = np.asarray(first_word(pair, bits)).astype(np.int64)
        np.testing.assert_array_equal(got, pair * 2**24 + bits.astype(np.int64))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.integers(0, MAX_STATES // 2 - 1), st.integers(0, MAX_REGIONS - 1))
def test_pair_and_region_can_be_read_back(pair, region):
    word = int(first_word(pair, np.uint32(region)))
    assert (word >> 24, word & 0xFFFFFF) == (pair, region)


def test_the_kernel_counts_by_pair_region_and_step(monkeypatch):
    """Counters of a run with three pairs of states, across the end of a block and of the range."""
    model, n, lanes = MODELS["jansen_rit"], 8, 2
    values = {f"noise_sd_{name}": 1.0 for name in model.states}
    job = prepare(
        model, stack([make_parameters(model, np.zeros((n, n)), values)] * lanes),
        tuple(np.full((lanes, n), s) for s in model.start),
        np.array([[1, 2], [3, 4]], np.uint32), dt_ms=0.1, block_steps=4, solver="heun",
        hold_coupling=None, precision="single", stimuli=(),
    )  # fmt: skip
    tile = Tile(model, job.numerics, jax.tree.map(lambda x: x[0], job.tiles), job.shared_weights)
    used = []

    def spy(key, first, step):
        assert [k.shape for k in key] == [(job.layout.tile,)] * 2
        both = np.broadcast_arrays(np.asarray(first), np.asarray(step))
        used.extend(zip(*(x.reshape(-1).tolist() for x in both), strict=True))
        return normal_pair(key, first, step)

    monkeypatch.setattr(increments, "normal_pair", spy)
    for start in (0, 4, 2**32 - 5):
        tile._draws(np.uint32(start), 4)
    tile._noise.stationary()
    steps = [*range(8), *range(2**32 - 5, 2**32 - 1), 2**32 - 1]
    want = itertools.product(range(3), range(n), steps)
    assert sorted(used) == sorted((pair * 2**24 + r, s) for pair, r, s in want)
    assert len(set(used)) == len(used)


def test_regions_that_fill_up_a_vector_draw_what_the_last_region_draws():
    model, n = MODELS["reduced_wong_wang"], 5
    noise = Increments(
        model, (True, True), {"noise_sd": np.ones((8, 3))},
        np.arange(6, dtype=np.uint32).reshape(3, 2), n, np.float32(1e-3),
    )  # fmt: skip
    (drawn,) = noise.draw(np.uint32(7))
    drawn = np.asarray(drawn)
    assert drawn.shape == (8, 3) and len(np.unique(drawn[:n])) == 3 * n
    np.testing.assert_array_equal(drawn[n:], np.repeat(drawn[n - 1 : n], 3, axis=0))


def test_the_longest_run_stops_before_the_counter_of_the_stationary_noise():
    """Steps are counted from 0: fewer than 2**32 of them never reach 2**32 - 1."""
    model = MODELS["reduced_wong_wang"]
    longest = (2**32 - 1) // 2000 * 2.0  # volumes of 2000 steps
    warmup, volumes, per_volume, neural = check_scan(model, Scan(longest, 2.0, 0.0, 1.0))
    assert (warmup + volumes) * per_volume * neural - 1 < 2**32 - 1
    with pytest.raises(ConfigError, match="too long for one noise counter"):
        check_scan(model, Scan(longest + 2.0, 2.0, 0.0, 1.0))


MESSAGE = "too many {} for one noise counter\n  expected: at most {}\n  got: {}"


def test_more_than_the_counter_tells_apart_is_refused():
    check_counter(MAX_REGIONS, MAX_STATES)
    with pytest.raises(ConfigError) as caught:
        check_counter(MAX_REGIONS + 1, 2)
    assert str(caught.value) == MESSAGE.format("regions", 2**24, 2**24 + 1)
    with pytest.raises(ConfigError) as caught:
        check_counter(1, MAX_STATES + 1)
    assert str(caught.value) == MESSAGE.format("states", 512, 513)


@pytest.mark.parametrize("how", ["scan", "trace"])
def test_runs_refuse_too_many_regions_before_anything_else(how):
    model, n = MODELS["reduced_wong_wang"], MAX_REGIONS + 1

    def of_all_regions(value, *lead):  # takes no memory
        return np.broadcast_to(np.asarray(value), (*lead, n))

    edges = (np.broadcast_to(np.int32(0), (1, n, 1)), np.broadcast_to(0.0, (1, n, 1)))
    values = {name: np.full((1, 1), p.default) for name, p in model.parameters.items()}
    parameters = Parameters(values, Sparse(*edges))
    start = tuple(of_all_regions(s, 1) for s in model.start)
    keys = np.zeros((1, 2), np.uint32)
    with pytest.raises(ConfigError, match="too many regions for one noise counter"):
        if how == "scan":
            simulate(model, parameters, start, keys, Scan(2.0))
        else:
            record(model, parameters, start, keys, duration_s=1.0, dt_ms=1.0)


# ------------------------------------------------------- what is drawn is white and Gaussian

LANES, PAIRS, STEPS, REGIONS = 8, 2, 4000, 20


@jax.jit
def _normals(keys, first, step):
    return jax.numpy.stack(normal_pair((keys[:, :1], keys[:, 1:]), first, step[:, None, None]))


def normals(keys, steps=STEPS, regions=REGIONS, pairs=tuple(range(PAIRS))):
    """Draws as a run orders them, ``[state, step, lane, region]``."""
    region, step = np.arange(regions, dtype=np.uint32), np.arange(steps, dtype=np.uint32)
    drawn = [_normals(keys, first_word(pair, region), step) for pair in pairs]
    return np.concatenate([np.asarray(d) for d in drawn]).astype(float)


KEYS = {
    # neighbouring seeds, as a user would choose them
    "seeds": np.stack([scan_key(seed, "sub-01", "time-0h") for seed in range(LANES)]),
    # neighbouring words, without a hash to part them
    "words": np.array(
        [[0, 0], [1, 0], [0, 1], [1, 1], [2, 0], [0, 2], [2**31, 0], [2**32 - 1, 2**32 - 1]],
        np.uint32,
    ),
}


@pytest.fixture(scope="module", params=KEYS)
def drawn(request):
    """Two and a half million numbers, ``[state, step, lane, region]``."""
    return normals(KEYS[request.param])


def score(a, b):
    """Standard normal score of the covariance of two independent unit normal samples."""
    return np.vdot(a, b) / np.sqrt(a.size)


def test_moments_to_the_fourth_of_every_state_and_lane(drawn):
    def scores(x, axes):
        n = np.prod([x.shape[k] for k in axes])
        # variances of x, x^2, x^3 and x^4 of a normal: 1, 2, 15, 96
        wanted = ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96))
        return np.array(
            [((x**k).mean(axis=axes) - m) / np.sqrt(v / n) for k, m, v in wanted]
        ).ravel()

    assert in_bounds(scores(drawn, (0, 1, 2, 3)))
    assert in_bounds(scores(drawn, (1, 2, 3)))  # states
    assert in_bounds(scores(drawn, (0, 1, 3)))  # lanes
    assert in_bounds(scores(drawn, (0, 1, 2)))  # regions


def test_distribution_and_tails(drawn):
    each = drawn.swapaxes(1, 2).reshape(2 * PAIRS * LANES, -1)
    assert plausible([stats.kstest(x, "norm").pvalue for x in each])
    limits = np.array([2.0, 3.0, 4.0, 4.5])
    expected = 2 * stats.norm.sf(limits) * drawn.size
    beyond = np.array([(np.abs(drawn) > limit).sum() for limit in limits])
    assert expected[-1] > 15
    assert plausible(
        [
            min(1.0, 2 * min(stats.poisson.cdf(k, mu), stats.poisson.sf(k - 1, mu)))
            for k, mu in zip(beyond, expected, strict=True)
        ]
    )


def test_radius_and_angle_of_a_pair(drawn):
    """Half the squared radius is exponential, the angle uniform, and they know nothing of it."""
    first, second = drawn[0].ravel(), drawn[1].ravel()
    energy, angle = (first**2 + second**2) / 2, np.arctan2(second, first)
    assert plausible(
        [
            stats.kstest(energy, "expon").pvalue,
            stats.kstest(angle, "uniform", args=(-np.pi, 2 * np.pi)).pvalue,
        ]
    )
    # octants are chosen by bits of their own: counts in them, and the radius given the octant
    octant = np.floor((angle + np.pi) / (np.pi / 4)).astype(int) % 8
    assert plausible(stats.chisquare(np.bincount(octant, minlength=8)).pvalue)
    assert in_bounds(
        [(energy[octant == k] - 1).sum() / np.sqrt((octant == k).sum()) for k in range(8)]
    )


def squares(x):
    """Unit variance again: squares correlate where sizes do."""
    return (x**2 - 1) / np.sqrt(2)


@pytest.mark.parametrize("of", [np.asarray, squares], ids=["values", "squares"])
def test_nothing_correlates_along_any_axis(drawn, of):
    x = of(drawn)
    lags = [*range(1, 21), 32, 64, 100, 128, 1000, 1024, 2048]
    assert in_bounds([score(x[:, lag:], x[:, :-lag]) for lag in lags])  # steps
    assert in_bounds([score(x[..., lag:], x[..., :-lag]) for lag in range(1, REGIONS)])  # regions
    pairs = list(itertools.combinations(range(LANES), 2))
    assert in_bounds([score(x[:, :, a], x[:, :, b]) for a, b in pairs])  # keys
    pairs = list(itertools.combinations(range(2 * PAIRS), 2))
    assert in_bounds([score(x[a], x[b]) for a, b in pairs])  # states, of one pair and of two
    # states with regions and steps shifted: neighbouring counters in both words
    assert in_bounds(
        [
            score(x[a, 1:, :, 1:], x[b, :-1, :, :-1])
            for a, b in itertools.product(range(2 * PAIRS), repeat=2)
        ]
    )
    # lanes with a step shifted: keys and counters enter by addition, and must not cancel
    assert in_bounds(
        [score(x[:, 1:, a], x[:, :-1, b]) for a, b in itertools.permutations(range(LANES), 2)]
    )


def test_region_and_step_are_not_exchanged():
    square = normals(KEYS["seeds"], steps=200, regions=200, pairs=(0,))
    other = square.swapaxes(1, 3)
    off = ~np.eye(200, dtype=bool)
    a, b = (np.moveaxis(x, 2, 0)[:, :, off] for x in (square, other))
    # every product is there twice
    assert in_bounds([score(a[:, k], b[:, m]) / np.sqrt(2) for k in range(2) for m in range(2)])
    assert not np.isclose(a, b).mean() > 1e-4


def test_first_and_last_counters_draw_alike():
    """The ends of the range: other pairs, the last regions and steps."""
    region = np.arange(MAX_REGIONS - 200, MAX_REGIONS, dtype=np.uint32)
    step = np.arange(2**32 - 201, 2**32 - 1, dtype=np.uint32)
    last = np.concatenate(
        [np.asarray(_normals(KEYS["seeds"], first_word(p, region), step)) for p in (0, 255)]
    ).astype(float)
    n = last.size
    assert in_bounds(
        [
            last.sum() / np.sqrt(n),
            squares(last).sum() / np.sqrt(n),
            score(last[:2], last[2:]),
            score(last[:, 1:], last[:, :-1]),
            score(last[..., 1:], last[..., :-1]),
        ]
    )
    assert plausible(stats.kstest(last.ravel(), "norm").pvalue)


def test_each_bit_of_key_and_counter_turns_half_the_block():
    """Avalanche: a flipped bit changes each bit of the block with probability one half."""
    rng = np.random.default_rng(5)
    n = 1500
    words = rng.integers(0, 2**32, (4, n), dtype=np.uint32)
    before = np.stack(_blocks(*words))
    turned, each_bit = [], np.zeros((2, 32))
    for word, bit in itertools.product(range(4), range(32)):
        flipped = words.copy()
        flipped[word] ^= np.uint32(1 << bit)
        changed = before ^ np.stack(_blocks(*flipped))
        count = float(np.bitwise_count(changed).sum())
        turned.append((count - 32 * n) / np.sqrt(16 * n))
        each_bit += [((w[:, None] >> np.arange(32, dtype=np.uint32)) & 1).sum(0) for w in changed]
    assert in_bounds(turned)
    trials = 128 * n
    assert in_bounds(((each_bit - trials / 2) / np.sqrt(trials / 4)).ravel())


@pytest.mark.parametrize("fault", ["reused lane", "shifted step", "clipped", "wide"])
def test_faults_are_found(fault):
    """The bounds can fail: faults of a few per cent, or in the tail alone."""
    x = normals(KEYS["seeds"])
    if fault == "reused lane":
        x[:, :40, 1] = x[:, :40, 0]  # one per cent of a lane
        assert not in_bounds(score(x[:, :, 0], x[:, :, 1]))
    elif fault == "shifted step":
        x[:, 1:] = (x[:, 1:] + 0.01 * x[:, :-1]) / np.sqrt(1 + 1e-4)
        assert not in_bounds(score(x[:, 1:], x[:, :-1]))
    elif fault == "clipped":
        x = np.clip(x, -3.4, 3.4)
        assert not in_bounds(((x**4).mean() - 3) / np.sqrt(96 / x.size))
    else:
        assert not in_bounds(squares(1.003 * x).sum() / np.sqrt(x.size))
