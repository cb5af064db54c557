"""The batch: lanes do not know of each other, bad ones are marked, bad scans are refused."""

import numpy as np
import pytest

from netmod.dynamics.noise import scan_key
from netmod.dynamics.parameters import stack
from netmod.dynamics.simulate import Scan, check_scan, simulate
from netmod.errors import ConfigError, NetmodError

SCAN = Scan(duration_s=2.0, tr_s=0.5, warmup_s=0.5)


@pytest.fixture(scope="module")
def lanes(balanced_network):
    """Nine different networks with their starts and keys."""
    networks, states = zip(*(balanced_network(n=6, seed=50 + k) for k in range(9)), strict=True)
    keys = np.stack([scan_key(1, f"sub-{k:02d}", "time-0h") for k in range(9)])
    return networks, states, keys


def run(model, lanes, chosen, scan=SCAN, networks=None):
    networks = lanes[0] if networks is None else networks
    start = tuple(np.stack(s) for s in zip(*(lanes[1][k] for k in chosen), strict=True))
    return simulate(model, stack([networks[k] for k in chosen]), start, lanes[2][chosen], scan)


@pytest.fixture(scope="module")
def together(rww, lanes):
    return run(rww, lanes, list(range(9)))


def assert_same(got, want):
    np.testing.assert_array_equal(got.bold.view(np.uint32), want.bold.view(np.uint32))
    np.testing.assert_array_equal(got.rate_hz.view(np.uint32), want.rate_hz.view(np.uint32))
    np.testing.assert_array_equal(got.finite, want.finite)


def lanes_of(recording, chosen):
    return type(recording)(
        recording.bold[chosen], recording.rate_hz[chosen], recording.finite[chosen]
    )


def test_shapes(together):
    assert together.bold.shape == (9, 4, 6) and together.bold.dtype == np.float32
    assert together.rate_hz.shape == (9, 6) and together.rate_hz.dtype == np.float32
    assert together.finite.shape == (9,) and together.finite.all()
    # different networks with different noise are different
    assert len(np.unique(together.bold[:, 0, 0])) == 9


@pytest.mark.parametrize("count", [1, 2, 5, 9])
def test_lanes_do_not_depend_on_how_many_there_are(rww, lanes, together, count):
    chosen = list(range(count))
    assert_same(run(rww, lanes, chosen), lanes_of(together, chosen))


def test_lanes_do_not_depend_on_their_place(rww, lanes, together):
    order = list(np.random.default_rng(51).permutation(9))
    assert_same(run(rww, lanes, order), lanes_of(together, order))
    assert_same(run(rww, lanes, [7]), lanes_of(together, [7]))


def test_same_input_same_bytes(rww, lanes, together):
    assert_same(run(rww, lanes, list(range(9))), together)


def test_arms_share_noise_and_times_do_not(rww, lanes):
    networks, states, _ = lanes
    keys = np.stack([scan_key(1, "sub-01", t) for t in ("time-0h", "time-0h", "time-2h")])
    same = (list([networks[0]] * 3), [states[0]] * 3, keys)
    got = run(rww, same, [0, 1, 2])
    np.testing.assert_array_equal(got.bold[0], got.bold[1])
    assert not np.array_equal(got.bold[0], got.bold[2])


@pytest.mark.parametrize("poison", ["nan weight", "huge recurrence", "nan inhibition"])
def test_a_poisoned_lane_is_marked_and_harms_no_other(rww, lanes, together, poison):
    networks = list(lanes[0])
    bad = networks[2]
    if poison == "nan weight":
        weights = bad.weights.copy()
        weights[0, 1, 3] = np.nan
        networks[2] = bad.replace(weights=weights)
    elif poison == "nan inhibition":
        networks[2] = bad.replace(J=np.full(6, np.nan))
    else:
        networks[2] = bad.replace(w_plus=np.full(6, 3e38))
    got = run(rww, lanes, list(range(9)), networks=networks)
    others = [0, 1, 3, 4, 5, 6, 7, 8]
    assert_same(lanes_of(got, others), lanes_of(together, others))
    assert not got.finite[2]


def test_other_noise_is_not_another_network(rww, lanes, together):
    """What a lane is follows from its own values: change one, and only its numbers change."""
    networks = list(lanes[0])
    networks[4] = networks[4].replace(noise_sd=2 * networks[4].values["noise_sd"])
    got = run(rww, lanes, list(range(9)), networks=networks)
    changed = [k for k in range(9) if not np.array_equal(got.bold[k], together.bold[k])]
    assert changed == [4]


@pytest.mark.parametrize(
    ("scan", "what", "got"),
    [
        (Scan(dt_ms=0.3), "the hemodynamic step of 10 ms must be a whole multiple of 0.3", "10"),
        (Scan(tr_s=0.725), "tr_s in ms must be a whole multiple of 10", "725"),
        (Scan(tr_s=0.005), "tr_s in ms must be a whole multiple of 10", "5"),
        (Scan(duration_s=301.0), "duration_s must be a whole multiple of 2", "301"),
        (Scan(duration_s=0.0), "duration_s must be a whole multiple of 2", "0"),
        (
            Scan(dt_ms=5.01),
            "dt_ms is too large for the model's fastest time constant",
            "5.01 ms",
        ),
        (
            Scan(dt_ms=0.1, duration_s=429498.0),
            "the run is too long for one noise counter",
            "4295280000 steps",
        ),
    ],
    ids=["dt", "tr", "tr-short", "duration", "no-duration", "stiff", "counter"],
)
def test_scans_that_do_not_fit_are_refused(rww, scan, what, got):
    with pytest.raises(ConfigError) as caught:
        check_scan(rww, scan)
    assert isinstance(caught.value, NetmodError)
    assert caught.value.what == what
    assert caught.value.got == got
    with pytest.raises(ConfigError):
        simulate(rww, None, (), None, scan)  # before anything else is looked at


def test_messages_say_what_to_do(rww):
    with pytest.raises(ConfigError) as caught:
        check_scan(rww, Scan(dt_ms=10.0))
    assert str(caught.value) == (
        "dt_ms is too large for the model's fastest time constant\n"
        "  expected: at most 5 ms for reduced_wong_wang\n"
        "  got: 10 ms"
    )
    with pytest.raises(ConfigError) as caught:
        check_scan(rww, Scan(dt_ms=0.1, duration_s=1e6))
    assert caught.value.hint == "shorten duration_s or raise dt_ms"
    assert caught.value.expected == "fewer than 2**32 steps"


def test_longest_scan_that_still_counts(rww):
    # 2**32 steps of 0.1 ms are 429496.7 s: the last multiple of the volume below that
    longest = Scan(dt_ms=0.1, duration_s=429496.0 - 30.0, tr_s=2.0, warmup_s=30.0)
    assert check_scan(rww, longest) == (15, 214733, 200, 100)


@pytest.mark.parametrize(
    ("scan", "counts"),
    [
        (Scan(), (15, 150, 200, 10)),
        (Scan(dt_ms=0.1), (15, 150, 200, 100)),
        (Scan(duration_s=60.0, tr_s=0.72, warmup_s=0.0), None),
        (Scan(duration_s=72.0, tr_s=0.72, warmup_s=7.0), (10, 100, 72, 10)),
        (Scan(duration_s=10.0, warmup_s=0.0, dt_ms=5.0), (0, 5, 200, 2)),
    ],
)
def test_counts_of_a_scan(rww, scan, counts):
    if counts is None:
        with pytest.raises(ConfigError):
            check_scan(rww, scan)
    else:
        assert check_scan(rww, scan) == counts
