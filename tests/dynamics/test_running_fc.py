"""A scan that keeps its FC alone: that of the series; in pieces, in company, beside bad lanes."""

from functools import lru_cache

import jax
import numpy as np
import pytest

import netmod
from netmod.dynamics.comoments import CoMoments, pearson
from netmod.dynamics.noise import scan_key
from netmod.dynamics.parameters import make_parameters, stack
from netmod.dynamics.simulate import Scan, simulate
from netmod.dynamics.stimulation import Sinusoid, Stimulus
from netmod.errors import ConfigError, DataError
from netmod.models.ornstein_uhlenbeck import OrnsteinUhlenbeck

LANES, N = 5, 5
SCAN = Scan(duration_s=8.0, tr_s=0.2, warmup_s=1.0, dt_ms=10.0)


class Firing(OrnsteinUhlenbeck):
    """A linear model that compiles quickly, with rates."""

    name = "firing"

    def rate_hz(self, state, parameters, coupling, stimulus=0.0):
        return 5.0 + state[0] + stimulus


MODEL = Firing()


@pytest.fixture(scope="module")
def run():
    """Simulate lanes of coupled linear regions, driven from outside; far from rest at the start."""
    rng = np.random.default_rng(3)
    each = rng.uniform(0.0, 0.3, (LANES, 1, N, N))
    lag_s = rng.uniform(0.02, 0.065, (N, N))
    start = rng.normal(0.3, 0.3, (LANES, N))
    keys = np.stack([scan_key(7, str(k), "scan") for k in range(LANES)])
    drive = Stimulus(Sinusoid(0.4, 0.5, 30.0), np.linspace(0.05, 0.2, N))

    def call(kind="own", lanes=range(LANES), scan=SCAN, **options):
        lanes = list(lanes)
        shared = kind == "shared"
        networks = [
            make_parameters(
                MODEL, each[0 if shared else k], {"noise_sd": 0.5},
                lag_s if kind == "delayed" else None,
            )
            for k in lanes
        ]  # fmt: skip
        return simulate(
            MODEL, stack(networks, shared=shared), (start[lanes],), keys[lanes], scan,
            stimuli=(drive,), **options,
        )  # fmt: skip

    return lru_cache(call)


def correlations(bold):
    return np.stack([np.corrcoef(b.T.astype(float)) for b in bold])


def assert_same(got, want):
    assert np.isfinite(want.fc).all() and np.isfinite(want.rate_hz).all()
    assert got.fc.tobytes() == want.fc.tobytes()
    assert got.rate_hz.tobytes() == want.rate_hz.tobytes()


@pytest.mark.parametrize(
    ("kind", "precision"),
    [
        ("shared", "single"),
        ("shared", "double"),
        pytest.param("own", "single", marks=pytest.mark.slow),
        pytest.param("delayed", "double", marks=pytest.mark.slow),
    ],
)
def test_it_is_the_correlation_of_the_series(run, kind, precision):
    scan = SCAN._replace(precision=precision)
    kept, got = run(kind, scan=scan), run(kind, scan=scan, keep="fc")
    want = correlations(kept.bold)
    assert kept.fc is None and got.bold is None
    assert got.fc.shape == (LANES, N, N) and got.fc.dtype == kept.bold.dtype
    assert np.abs(want[:, 0, 1]).max() < 0.999 and len(np.unique(want[:, 0, 1])) == LANES
    np.testing.assert_allclose(
        got.fc, want, rtol=0, atol={"single": 5e-6, "double": 1e-10}[precision]
    )
    assert (got.fc == got.fc.transpose(0, 2, 1)).all()
    assert (np.diagonal(got.fc, axis1=1, axis2=2) == 1.0).all()
    rtol = {"single": 2e-5, "double": 1e-12}[precision]
    np.testing.assert_allclose(got.rate_hz, kept.rate_hz, rtol=rtol, atol=rtol)
    assert got.finite.all() and got.divergences == ()


@pytest.mark.parametrize(
    ("kind", "volumes"),
    [
        ("shared", 1),
        *(
            pytest.param(*words, marks=pytest.mark.slow)
            for words in (("shared", 22), ("own", 44), ("delayed", 1), ("delayed", 7))
        ),
    ],
)
def test_pieces_are_the_same_bits(run, kind, volumes):
    whole = run(kind, keep="fc")
    assert_same(run(kind, keep="fc", chunk_s=volumes * SCAN.tr_s), whole)


@pytest.mark.parametrize("kind", ["own", "shared", pytest.param("delayed", marks=pytest.mark.slow)])
def test_lanes_know_nothing_of_each_other(run, kind):
    together = run(kind, keep="fc")
    # twenty lanes of shared weights are two tiles, the second not full
    twenty = tuple(k % LANES for k in range(20))
    for lanes in ((3,), twenty) if kind == "shared" else ((3,),):
        got = run(kind, lanes, keep="fc")
        want = list(lanes)
        assert_same(got, together._replace(fc=together.fc[want], rate_hz=together.rate_hz[want]))


def test_the_warm_up_does_not_count(run):
    got = run("shared", keep="fc").fc
    all_volumes = run("shared", scan=SCAN._replace(duration_s=9.0, warmup_s=0.0)).bold
    np.testing.assert_allclose(got, correlations(all_volumes[:, 5:]), atol=5e-6)
    for first in (0, 4, 6):  # as soon as one volume more or less would count
        assert np.abs(got - correlations(all_volumes[:, first:])).max() > 1e-4


def test_a_diverging_lane_is_named_and_harms_no_other():
    weights = np.full((4, 1, N, N), 0.05)
    start = np.random.default_rng(1).normal(0, 0.1, (4, N))
    keys = np.stack([scan_key(1, str(k), "scan") for k in range(4)])

    def scan(growth):
        weights[2, 0, 1, 1] = growth  # of region 2 in lane 3, per s
        lanes = [make_parameters(MODEL, w, {"noise_sd": 0.5}) for w in weights]
        return simulate(MODEL, stack(lanes), (start,), keys, SCAN, keep="fc")

    got, clean = scan(300.0), scan(0.05)
    assert list(got.finite) == [True, True, False, True] and clean.finite.all()
    assert [(d.lane, d.region, d.state) for d in got.divergences] == [(2, 1, "x")]
    assert np.isnan(got.fc[2]).all()
    assert np.isfinite(clean.fc).all()
    assert got.fc[[0, 1, 3]].tobytes() == clean.fc[[0, 1, 3]].tobytes()


def moments_of(series, warmup=0):
    """Correlation by running co-moments of a series ``[time, region]``, as numpy."""

    def add(moments, volume):
        return moments.add(volume[:, None], volume[:, None]), None

    begin = CoMoments.start(series[0][:, None], warmup)
    moments = jax.jit(lambda x: jax.lax.scan(add, begin, x)[0])(series)
    return np.asarray(moments.mean)[:, 0], pearson(np.array(moments.products)[None, ..., 0])[0]


def test_single_precision_does_not_cancel():
    """Fluctuations of a thousandth around 1; sums of squares would leave not one digit."""
    rng = np.random.default_rng(2)
    mixing = np.eye(4) + 0.4 * rng.normal(size=(4, 4))
    series = (1.0 + 1e-3 * rng.normal(size=(3000, 4)) @ mixing).astype(np.float32)
    mean, fc = moments_of(series)
    np.testing.assert_allclose(mean, series.mean(axis=0, dtype=float), rtol=1e-5)
    np.testing.assert_allclose(fc, np.corrcoef(series.T.astype(float)), rtol=0, atol=1e-4)
    n = np.float32(len(series))
    sums = series.sum(axis=0)
    cancelled = (series.T @ series)[0, 0] - sums[0] ** 2 / n
    assert abs(cancelled / (n * series[:, 0].astype(float).var()) - 1) > 0.1


def test_a_region_without_variance_has_no_correlation():
    series = np.random.default_rng(4).normal(size=(50, 3)).astype(np.float32)
    series[5:, 1] = 0.3  # constant once the warm-up is over
    _, fc = moments_of(series, warmup=5)
    assert np.isnan(fc[1]).all() and np.isnan(fc[:, 1]).all()
    want = np.corrcoef(series[5:, [0, 2]].T.astype(float))
    np.testing.assert_allclose(fc[np.ix_([0, 2], [0, 2])], want, atol=1e-6)
    series[3, 0] = np.nan  # in the warm-up: not counted
    np.testing.assert_array_equal(moments_of(series, warmup=5)[1], fc)
    series[10, 2] = np.inf
    mean, fc = moments_of(series, warmup=5)
    assert not np.isfinite(mean[2]) and np.isnan(fc[2]).all()


def test_networks_keep_it():
    short = {"duration_s": 6.0, "tr_s": 0.2, "warmup_s": 0.4, "dt_ms": 10.0, "seed": 2}
    brain = netmod.Network(np.zeros((4, 4)), MODEL, noise_sd=[0.5, 0.5, 0.0, 0.5])
    scan, kept = brain.simulate(keep="fc", **short), brain.simulate(keep="bold", **short)
    assert scan.bold is None and kept.running_fc is None and scan.tr_s == kept.tr_s
    np.testing.assert_array_equal(kept.bold, brain.simulate(**short).bold)
    # region 2 rests: its BOLD is constant, though not 0
    assert np.ptp(kept.bold[:, 2]) == 0.0 and np.isnan(scan.running_fc[2]).all()
    for either in (scan, kept):
        with pytest.raises(DataError, match="region 2"):
            either.fc()
    lively = [0, 1, 3]
    among = scan._replace(running_fc=scan.running_fc[np.ix_(lively, lively)]).fc()
    want = kept._replace(bold=kept.bold[:, lively]).fc()
    np.testing.assert_allclose(among, want, rtol=0, atol=5e-6)
    assert among.dtype == float and (np.diagonal(among) == 1.0).all()


def test_an_unknown_word_is_refused():
    brain = netmod.Network(np.zeros((2, 2)), MODEL)
    with pytest.raises(ConfigError) as caught:
        brain.simulate(duration_s=4.0, keep="fcs")
    assert str(caught.value) == (
        "no keep 'fcs'\n  expected: bold, fc\n  got: fcs\n  hint: did you mean 'fc'?"
    )


def test_one_volume_has_no_correlation():
    brain = netmod.Network(np.zeros((2, 2)), MODEL)
    with pytest.raises(ConfigError) as caught:
        brain.simulate(duration_s=2.0, tr_s=2.0, keep="fc")
    assert str(caught.value) == (
        "a correlation needs at least two volumes\n  expected: duration_s of at least 4\n  got: 2"
    )
