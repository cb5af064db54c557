"""Distances of FC and to the healthy arm."""

import numpy as np
import pytest

from netmod.errors import DataError
from netmod.graph.distance import HEALTHY_FEATURES, fc_distance, healthy_distance


def test_fc_distance_by_hand():
    a, b = np.eye(3), np.eye(3)
    a[0, 1] = a[1, 0] = 0.5
    b[0, 2] = b[2, 0] = -0.2
    expected = np.sqrt((np.arctanh(0.5) ** 2 + np.arctanh(0.2) ** 2) / 3)
    assert fc_distance(a, b) == pytest.approx(expected)
    assert fc_distance(b, a) == pytest.approx(expected)
    assert fc_distance(a, a) == 0.0
    assert np.isnan(fc_distance(np.eye(1), np.eye(1)))


def test_fc_distance_of_identical_series_is_finite():
    assert np.isfinite(fc_distance(np.ones((3, 3)), np.eye(3)))


def test_fc_distance_refuses_other_shapes():
    with pytest.raises(DataError, match=r"got: \[3, 3\] and \[2, 2\]"):
        fc_distance(np.eye(3), np.eye(2))


def make_table(n=6):
    rng = np.random.default_rng(0)
    arm = np.repeat(["healthy", "mdd"], 2 * n)
    table = {
        "arm": arm,
        "subject": np.tile([f"{i:02d}" for i in range(n)], 4),
        "time_h": np.tile(np.repeat([0.0, 24.0], n), 2),
        "status": np.array(["ok"] * 4 * n),
    }
    return table | {name: rng.normal(2.0, 0.5, 4 * n) for name in HEALTHY_FEATURES}


def test_healthy_distance_by_hand():
    table = make_table()
    values = np.column_stack([table[name] for name in HEALTHY_FEATURES])
    start = values[:6]
    z = (values - start.mean(0)) / start.std(0, ddof=1)
    expected = np.sqrt((z**2).mean(axis=1))
    np.testing.assert_allclose(healthy_distance(table), expected)
    # the sum of squared z-scores of a sample about its own mean is n − 1
    assert np.sum(healthy_distance(table)[:6] ** 2) == pytest.approx(5.0)


def test_healthy_distance_never_looks_at_other_arms_or_times():
    table = make_table()
    before = healthy_distance(table)
    for name in HEALTHY_FEATURES:
        table[name] = np.where(np.arange(24) >= 7, table[name] + 9.0, table[name])
    np.testing.assert_array_equal(healthy_distance(table)[:7], before[:7])


def test_replicates_of_a_subject_are_one_observation():
    table = make_table()
    doubled = {name: np.concatenate([column, column]) for name, column in table.items()}
    np.testing.assert_allclose(healthy_distance(doubled)[:24], healthy_distance(table))


def test_features_that_an_atlas_lacks_are_left_out():
    table = make_table()
    table["sgacc_rate_hz"] = np.full(24, np.nan)
    table["dmn_fpn"] = np.full(24, 0.1)
    kept = ("dlpfc_sgacc", "sgacc_dmn", "dmn_within")
    values = np.column_stack([table[name] for name in kept])
    z = (values - values[:6].mean(0)) / values[:6].std(0, ddof=1)
    np.testing.assert_allclose(healthy_distance(table), np.sqrt((z**2).mean(axis=1)))


def test_no_healthy_arm_and_failed_rows_are_nan():
    table = make_table()
    assert np.isnan(healthy_distance(table | {"arm": np.array(["mdd"] * 24)})).all()
    status = table["status"].copy()
    status[[1, 20]] = "diverged"
    got = healthy_distance(table | {"status": status})
    assert np.flatnonzero(np.isnan(got)).tolist() == [1, 20]
    status[1:6] = "diverged"
    assert np.isnan(healthy_distance(table | {"status": status})).all()


def test_a_data_frame_is_a_table_too():
    import pandas as pd

    table = make_table()
    np.testing.assert_array_equal(healthy_distance(pd.DataFrame(table)), healthy_distance(table))


def test_missing_column():
    table = make_table()
    table["sgacc_dnm"] = table.pop("sgacc_dmn")
    with pytest.raises(DataError, match=r"no column 'sgacc_dmn'(.|\n)*did you mean 'sgacc_dnm'"):
        healthy_distance(table)
