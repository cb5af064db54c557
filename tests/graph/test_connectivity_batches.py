"""Batches in JAX are what the NumPy functions give of every scan, in both precisions."""

import subprocess
import sys

import numpy as np
import pytest

from netmod.errors import ConfigError, DataError
from netmod.graph import batches, dynamic, phase
from netmod.graph.estimators import estimate

WITHIN = {64: 1e-10, 32: 1e-5}


@pytest.fixture(scope="module")
def series():
    rng = np.random.default_rng(0)
    shared = rng.standard_normal((5, 150, 2)) @ rng.standard_normal((2, 8))
    # the mean of BOLD is large against its SD; units whose square single precision cannot hold
    unit = np.array([1.0, 30.0, 1e-30, 1e30, 1e-3])[:, None, None]
    return (rng.standard_normal((5, 150, 8)) + shared + 300.0) * unit


@pytest.mark.parametrize("precision", [32, 64])
def test_every_scan_of_a_batch_is_what_it_is_alone(series, precision):
    same = {"precision": precision, "together": 2}  # a batch that this does not divide
    got = {
        "pearson": batches.pearson(series, **same),
        "windows": batches.windows(series, 30, 20, "hamming", **same),
        "fcd": batches.fcd(series, 30, 5, apart=2, **same),
        "locking": batches.phase_locking(series, 2.0, **same),
        "order": batches.order_parameter(series, 2.0, **same),
        "metastability": batches.metastability(series, 2.0, **same),
    }
    statistics = batches.fcd_statistics(got["fcd"])
    for k, scan in enumerate(series):
        signal = phase.analytic_signal(scan, 2.0)
        values = dynamic.fcd_values(dynamic.fcd(dynamic.sliding_windows(scan, 30, 5)), 2)
        expected = {
            "pearson": estimate(scan),
            "windows": dynamic.sliding_windows(scan, 30, 20, "hamming"),
            "fcd": values,
            "locking": phase.phase_locking(signal),
            "order": phase.order_parameter(signal),
            "metastability": phase.metastability(signal),
        }
        for name, value in expected.items():
            np.testing.assert_allclose(
                got[name][k], value, rtol=0, atol=WITHIN[precision], err_msg=name
            )
        for name, value in dynamic.fcd_statistics(values).items():
            assert statistics[name][k] == pytest.approx(value, abs=WITHIN[precision])
    kind = np.float32 if precision == 32 else np.float64
    assert all(value.dtype == kind for value in got.values())


def test_without_a_band_too(series):
    signal = phase.analytic_signal(series[1], 2.0, None, drop=0)
    got = batches.phase_locking(series, 2.0, None, drop=0, precision=64)[1]
    np.testing.assert_allclose(got, phase.phase_locking(signal), atol=1e-10)


def test_bad_scans_are_named(series):
    broken = series.copy()
    broken[3, 7, 2] = np.nan
    with pytest.raises(DataError, match=r"not finite(.|\n)*got: scans 3"):
        batches.pearson(broken)
    broken = series.copy()
    broken[[1, 4], :, 2] = 0.1
    with pytest.raises(DataError, match=r"constant(.|\n)*got: scans 1, 4"):
        batches.phase_locking(broken, 2.0)
    broken = series.copy()
    broken[2, 30:60, 5] = 3e-28
    with pytest.raises(DataError, match=r"in a window(.|\n)*got: scans 2"):
        batches.fcd(broken, 30, 30)
    for call in (batches.pearson, batches.windows, batches.fcd):
        with pytest.raises(DataError, match=r"got: shape \[150, 8\]"):
            call(series[0])
    with pytest.raises(DataError, match=r"got: shape \[5, 1, 8\]"):
        batches.pearson(series[:, :1])
    with pytest.raises(DataError, match="three regions"):
        batches.fcd(series[..., :2])
    with pytest.raises(DataError, match="shorter than one window"):
        batches.windows(series, 151)
    with pytest.raises(DataError, match="too short for phases"):
        batches.metastability(series[:, :20], 2.0)


def test_bad_options(series):
    with pytest.raises(ConfigError, match="got: 16 and 8"):
        batches.pearson(series, precision=16)
    with pytest.raises(ConfigError, match="got: 32 and 0"):
        batches.pearson(series, together=0)
    with pytest.raises(ConfigError, match="dt_s must be positive"):
        batches.phase_locking(series, 0.0)


def test_jax_is_not_imported_before_it_is_needed():
    code = (
        "import sys, netmod.graph.batches, netmod.graph.estimators\n"
        "heavy = {'jax', 'scipy', 'sklearn', 'nilearn'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
