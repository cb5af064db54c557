"""The row of readouts: definitions by hand, atlases that lack parts, lazy declarations."""

import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from netmod.errors import DataError
from netmod.graph import METRICS, NetworkMasks, signature_row, signature_rows
from netmod.graph.connectivity import correlation, covariance, regress_global_signal
from netmod.graph.modularity import louvain
from netmod.graph.segregation import system_segregation

NETWORKS = ["Default"] * 4 + ["Frontoparietal"] * 3 + ["Visual"] * 3
ATLAS = SimpleNamespace(
    network=["Subcortex", *NETWORKS],
    kind=["subcortex"] + ["cortex"] * 10,
    targets={"dlpfc_left": (5, 6), "sgacc": (1, 2), "hippocampus": (0,)},
)
SCAN_METRICS = [name for name, metric in METRICS.items() if metric.scope == "scan"]


def make_cov(seed=0):
    rng = np.random.default_rng(seed)
    own = np.array([0, *[["Default", "Frontoparietal", "Visual"].index(n) for n in NETWORKS]])
    series = rng.standard_normal((150, 11)) + rng.standard_normal((150, 3))[:, own]
    return covariance(3.0 * series + 0.5 * rng.standard_normal((150, 1)))


def test_every_readout_by_its_definition():
    cov, rates = make_cov(), np.arange(11.0)
    row = signature_row(cov, rates, NetworkMasks.from_atlas(ATLAS), 5, 1)
    assert list(row) == SCAN_METRICS
    fc = correlation(cov)[1:, 1:]
    gsr = correlation(regress_global_signal(cov[1:, 1:]))
    upper = np.triu_indices(4, 1)
    expected = {
        "modularity": louvain(fc, 5, 1)[0],
        "modularity_gsr": louvain(gsr, 5, 1)[0],
        "segregation": system_segregation(fc, NETWORKS),
        "segregation_gsr": system_segregation(gsr, NETWORKS),
        "gbc": fc[~np.eye(10, dtype=bool)].mean(),
        "between": np.mean(
            [fc[i, j] for i in range(10) for j in range(i) if NETWORKS[i] != NETWORKS[j]]
        ),
        "dmn_within": fc[:4, :4][upper].mean(),
        "dmn_within_gsr": gsr[:4, :4][upper].mean(),
        "dmn_fpn": fc[:4, 4:7].mean(),
        "sgacc_dmn": fc[:2, 2:4].mean(),  # the two targets are themselves default-mode regions
        "dlpfc_sgacc": fc[4:6, :2].mean(),
        "dlpfc_sgacc_gsr": gsr[4:6, :2].mean(),
        "sgacc_rate_hz": 1.5,
    }
    assert set(SCAN_METRICS) - set(expected) == {"participation"}
    for name, value in expected.items():
        assert row[name] == pytest.approx(value, abs=1e-12), name
    assert 0 < row["participation"] < 1


def test_unit_of_the_signal_does_not_matter_and_regions_may_be_reordered():
    cov, rates = make_cov(1), np.linspace(1, 5, 11)
    row = signature_row(cov, rates, NetworkMasks.from_atlas(ATLAS), 20, 0)
    order = np.random.default_rng(2).permutation(11)
    place = np.argsort(order)
    other = SimpleNamespace(
        network=[ATLAS.network[i] for i in order],
        kind=[ATLAS.kind[i] for i in order],
        targets={k: tuple(int(place[i]) for i in v) for k, v in ATLAS.targets.items()},
    )
    moved = signature_row(
        1e-6 * cov[np.ix_(order, order)], rates[order], NetworkMasks.from_atlas(other), 20, 0
    )
    for name, value in row.items():
        assert moved[name] == pytest.approx(value, abs=1e-9), name


def test_an_atlas_without_networks_or_targets_gives_nan():
    bare = SimpleNamespace(network=["n/a"] * 11, kind=["cortex"] * 11, targets={})
    row = signature_row(make_cov(), np.ones(11), NetworkMasks.from_atlas(bare))
    missing = {name for name, value in row.items() if np.isnan(value)}
    assert missing == set(SCAN_METRICS) - {"modularity", "modularity_gsr", "gbc"}


def test_other_network_names_still_segregate():
    own = SimpleNamespace(network=list("aabb"), kind=["cortex"] * 4, targets={"sgacc": (0,)})
    row = signature_row(make_cov()[:4, :4], np.ones(4), NetworkMasks.from_atlas(own))
    assert np.isfinite([row["segregation"], row["between"], row["sgacc_rate_hz"]]).all()
    assert np.isnan(row["dmn_within"])


def test_nothing_left_after_regression_is_nan_not_an_error():
    row = signature_row(np.ones((11, 11)), np.ones(11), NetworkMasks.from_atlas(ATLAS))
    assert np.isnan([row["modularity_gsr"], row["segregation_gsr"], row["dmn_within_gsr"]]).all()
    assert row["gbc"] == pytest.approx(1.0)


def test_a_diverged_region_is_named_by_its_row_in_the_atlas():
    cov = make_cov()
    cov[7, :] = cov[:, 7] = np.nan
    with pytest.raises(DataError, match="got: region 7\n"):
        signature_row(cov, np.ones(11), NetworkMasks.from_atlas(ATLAS))
    cov = make_cov()
    cov[0, :] = cov[:, 0] = np.nan  # subcortical: no readout looks at it
    signature_row(cov, np.ones(11), NetworkMasks.from_atlas(ATLAS))


def test_shapes_that_do_not_fit():
    masks = NetworkMasks.from_atlas(ATLAS)
    with pytest.raises(DataError, match=r"got: cov \[3, 3\] and rates \[11\]"):
        signature_row(np.eye(3), np.ones(11), masks)
    with pytest.raises(DataError, match=r"without cortical(.|\n)*got: subcortex"):
        NetworkMasks.from_atlas(
            SimpleNamespace(network=["a", "b"], kind=["subcortex"] * 2, targets={})
        )
    with pytest.raises(DataError, match="2 kinds and 1 networks"):
        NetworkMasks.from_atlas(SimpleNamespace(network=["a"], kind=["cortex"] * 2, targets={}))


def test_every_metric_declares_itself():
    for name, metric in METRICS.items():
        assert name == metric.name
        assert metric.unit in ("1", "Hz", "SD")
        assert metric.doc
        assert metric.direction_note
        assert "doi:" in metric.source or metric.source == "proposal"
    assert [n for n, m in METRICS.items() if m.scope == "study"] == [
        "fc_distance",
        "healthy_distance",
    ]


def test_declarations_import_no_heavy_library():
    code = (
        "import sys, netmod.graph, netmod.graph.distance, netmod.compare\n"
        "heavy = {'jax', 'scipy', 'pandas', 'networkx', 'nilearn', 'matplotlib'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


def test_scans_together_are_what_each_is_alone():
    rng = np.random.default_rng(4)
    masks = NetworkMasks.from_atlas(ATLAS)
    covs = [np.cov(rng.normal(size=(11, 40)) + rng.normal(size=40)) for _ in range(11)]
    covs[3] = np.ones((11, 11)) + 0.0 * covs[3]  # nothing is left after regression
    rates = rng.uniform(1.0, 5.0, (11, 11))
    together = signature_rows(covs, rates, masks, 3, 2)
    assert len(together) == 11 and np.isnan(together[3]["modularity_gsr"])
    for row, cov, rate in zip(together, covs, rates, strict=True):
        assert str(row) == str(signature_row(cov, rate, masks, 3, 2))
    assert signature_rows([], [], masks) == []
