"""Counter-based noise: known answers, a pure NumPy twin, and the statistics of white noise."""

import hashlib
import inspect

import jax
import numpy as np
import pytest
from scipy import stats

from netmod.dynamics.noise import normal_pair, scan_key, threefry2x32

KNOWN = (
    # Random123's kat_vectors, threefry2x32 with 20 rounds: (counter, key, block)
    ((0x00000000, 0x00000000), (0x00000000, 0x00000000), (0x6B200159, 0x99BA4EFE)),
    ((0xFFFFFFFF, 0xFFFFFFFF), (0xFFFFFFFF, 0xFFFFFFFF), (0x1CB996FC, 0xBB002BE7)),
    ((0x243F6A88, 0x85A308D3), (0x13198A2E, 0x03707344), (0xC4923A9C, 0x483DF7A0)),
)


def threefry_integers(key, counter):
    """Threefry-2x32-20 with Python integers, one round at a time."""
    mask = 0xFFFFFFFF
    k = [key[0], key[1], key[0] ^ key[1] ^ 0x1BD11BDA]
    x, y = (counter[0] + k[0]) & mask, (counter[1] + k[1]) & mask
    for round_ in range(20):
        turn = (13, 15, 26, 6, 17, 29, 16, 24)[round_ % 8]
        x = (x + y) & mask
        y = ((y << turn) & mask | y >> (32 - turn)) ^ x
        if round_ % 4 == 3:
            n = round_ // 4 + 1
            x = (x + k[n % 3]) & mask
            y = (y + k[(n + 1) % 3] + n) & mask
    return x, y


def normals_float64(key, region, step):
    """Box-Muller of one block in float64: the angle by sine and cosine of the whole circle."""
    u, v = threefry_integers(key, (region, step))
    radius = np.sqrt(-2 * np.log(((u >> 8) + 0.5) / 2**24))
    signed = v - 2**32 if v >= 2**31 else v
    angle = (signed >> 3) * np.pi / 2**30
    pair = [np.sin(angle), np.cos(angle)]
    if v & 1:
        pair.reverse()
    return radius * pair[0] * (-1 if v & 2 else 1), radius * pair[1] * (-1 if v & 4 else 1)


def words(*values):
    return tuple(np.array([v], np.uint32) for v in values)


@pytest.mark.parametrize(("counter", "key", "block"), KNOWN)
def test_known_answers(counter, key, block):
    got = threefry2x32(words(*key), words(*counter))
    assert tuple(int(np.asarray(x)[0]) for x in got) == block
    assert threefry_integers(key, counter) == block


def draw(key, regions, steps):
    """Draws [pair, step, region] of a key."""
    return np.asarray(_draw(words(*key), np.arange(regions), np.asarray(steps)))


@jax.jit
def _draw(key, region, step):
    return jax.numpy.stack(normal_pair(key, region, step[:, None]))


def test_pairs_equal_the_float64_twin():
    key = scan_key(7, "sub-01", "time-2h")
    steps = np.array([0, 1, 2, 99999, 2**31 - 1], dtype=np.uint32)
    got = draw(key, 40, steps)
    assert got.dtype == np.float32
    want = np.array(
        [[normals_float64((int(key[0]), int(key[1])), r, int(s)) for r in range(40)] for s in steps]
    )
    np.testing.assert_allclose(got, np.moveaxis(want, -1, 0), rtol=2e-6, atol=2e-6)


def test_extreme_words_give_finite_numbers():
    # the radius is largest where all 24 upper bits are zero: sqrt(2 ln 2^25) = 5.887
    uniform = np.float32(0.5) * np.float32(2.0**-24)
    assert np.sqrt(-2 * np.log(uniform)) == pytest.approx(5.887, abs=1e-3)
    # and at the other end, (2^24 - 0.5) / 2^24 may round to 1 in float32: a radius of 0, not NaN
    top = (np.float32(2**24 - 1) + np.float32(0.5)) * np.float32(2.0**-24)
    assert -2 * np.log(top) >= 0


SAMPLES = draw(scan_key(1, "sub-01", "time-0h"), 60, np.arange(8000))  # [pair, step, region]


def test_moments():
    x = SAMPLES.astype(float).ravel()
    n = x.size
    assert abs(x.mean()) < 4 / np.sqrt(n)
    assert abs((x**2).mean() - 1) < 4 * np.sqrt(2 / n)
    assert abs((x**3).mean()) < 4 * np.sqrt(15 / n)
    assert abs((x**4).mean() - 3) < 4 * np.sqrt(96 / n)


def test_distribution_is_normal():
    for member in SAMPLES:
        assert stats.kstest(member.ravel()[:200_000].astype(float), "norm").pvalue > 1e-3
    # the tails: expected count beyond 4 sigma is 6.3e-5 n
    beyond, expected = (np.abs(SAMPLES) > 4).sum(), 6.334e-5 * SAMPLES.size
    assert abs(beyond - expected) < 4 * np.sqrt(expected)


def correlate(a, b):
    return np.corrcoef(a.ravel().astype(float), b.ravel().astype(float))[0, 1]


@pytest.mark.parametrize(
    ("name", "first", "second"),
    [
        ("pair", SAMPLES[0], SAMPLES[1]),
        ("squares of the pair", SAMPLES[0] ** 2, SAMPLES[1] ** 2),
        ("neighbouring steps", SAMPLES[0, 1:], SAMPLES[0, :-1]),
        ("steps of one hemodynamic step", SAMPLES[1, 10:], SAMPLES[1, :-10]),
        ("neighbouring regions", SAMPLES[0, :, 1:], SAMPLES[0, :, :-1]),
        ("pair across steps", SAMPLES[0, 1:], SAMPLES[1, :-1]),
    ],
    ids=lambda x: x if isinstance(x, str) else "",
)
def test_nothing_correlates(name, first, second):
    assert abs(correlate(first, second)) < 4 / np.sqrt(first.size)


@pytest.mark.parametrize(
    "other",
    [
        scan_key(2, "sub-01", "time-0h"),
        scan_key(1, "sub-02", "time-0h"),
        scan_key(1, "sub-01", "time-2h"),
        scan_key(1, "sub-01", "time-0h", replicate=1),
    ],
    ids=["seed", "subject", "scan", "replicate"],
)
def test_other_keys_give_other_noise(other):
    theirs = draw(other, 60, np.arange(2000))
    mine = SAMPLES[:, :2000]
    assert (theirs == mine).mean() < 1e-3
    assert abs(correlate(theirs, mine)) < 4 / np.sqrt(mine.size)


def test_key_is_stable_and_knows_no_arm():
    assert list(inspect.signature(scan_key).parameters) == ["seed", "subject", "scan", "replicate"]
    key = scan_key(1, "sub-01", "time-2h")
    assert key.dtype == np.uint32 and key.shape == (2,)
    np.testing.assert_array_equal(key, scan_key(1, "sub-01", "time-2h", 0))
    text = b"netmod-noise-1|1|sub-01|time-2h|0"
    assert key.tobytes() == hashlib.sha256(text).digest()[:8]
    # the key is part of what a study's numbers mean: it may not drift between versions
    assert [hex(k) for k in key] == ["0xdf520396", "0x54bfc4a4"]
    assert len({tuple(scan_key(s, "a", "b", r)) for s in range(40) for r in range(40)}) == 1600


def test_draws_do_not_depend_on_the_shape_they_are_drawn_in():
    key = scan_key(3, "s", "t")
    whole = draw(key, 9, np.arange(16))
    one = np.stack([draw(key, 9, [step]) for step in range(16)], axis=1)[:, :, 0]
    np.testing.assert_array_equal(whole, one)
    np.testing.assert_array_equal(whole[:, :, :4], draw(key, 4, np.arange(16)))
