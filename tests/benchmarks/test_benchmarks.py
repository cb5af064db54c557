"""The suites run, and what they keep holds what a reader needs; no timing is asserted."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import delays, measure, scaling, simulate
from benchmarks.runner import SUITES, suite_of
from benchmarks.scaling import power_law

ROOT = Path(__file__).parents[2]
COMMON = {"median_s", "repeats", "peak_memory_mb", "memory_before_mb", "float", "device"}
RATES = {"rate_m_per_s", "rate_min", "rate_max", "region_steps", "duration_s", "compile_s"}
OWN = {
    "simulate": RATES | {"ceiling_m_per_s", "ceiling_share"},
    "delays": RATES | {"ceiling_m_per_s", "ceiling_share", "undelayed_m_per_s"},
    "scaling": RATES | {"x", "x_name"},
    "linear": {"sde_s", "linear_ms", "spectrum_ms", "speed_up", "fc_r", "compile_s"},
    "fit": {"step_ms", "steps_per_s", "compile_s"},
    "graph": {"matrix_ms", "networkx_ms", "q", "q_networkx"},
    "slow_layer": {"first_s", "slowest", "slowest_s", "arms_s", "goal_s"},
    "accuracy": {"bold_fc_error", "neural_fc_error", "relaxation_error", "fc_difference"},
    "end_to_end": {"first_s", "child_memory_mb"},
}
FAST = ("simulate", "graph", "scaling", "end_to_end")


def run(folder, *words):
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        # small programs that run once: compiling them well would take longer than the test
        "XLA_FLAGS": "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true",
    }
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "benchmarks", *words, "-o", str(folder)],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def check(folder, suites):
    for name in suites:
        about = json.loads((folder / f"{name}_cpu.json").read_text())
        assert {"python", "netmod", "jax", "numpy"} <= about["environment"]["versions"].keys()
        assert {"devices", "machine", "cores", "date"} <= about["environment"].keys()
        assert about["suite"] == name
        assert about["device"] == "cpu"
        assert about["quick"]
        assert about["rows"]
        for row in about["rows"]:
            missing = (COMMON | OWN[name]) - row.keys()
            assert not missing, f"{name}: {sorted(missing)}"
            assert row["median_s"] > 0
            assert row["peak_memory_mb"] > 10
        for column in suite_of(name).COLUMNS:
            assert any(column.key in row for row in about["rows"]), f"{name}: {column.key}"


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    folder = tmp_path_factory.mktemp("benchmarks")
    return folder, run(folder, *FAST, "--quick")


def test_quick_suites_write_what_a_reader_needs(quick):
    folder, done = quick
    assert done.returncode == 0, done.stderr
    check(folder, FAST)
    for name in FAST:
        assert f"## {name}, cpu" in done.stdout


def test_rate_is_region_steps_per_second(quick):
    folder, _ = quick
    row = json.loads((folder / "simulate_cpu.json").read_text())["rows"][0]
    steps = row["n"] * row["lanes"] * row["duration_s"] * 1000
    assert row["region_steps"] == steps
    assert row["rate_m_per_s"] == pytest.approx(steps / row["median_s"] / 1e6)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(SUITES) - set(FAST)))
def test_other_quick_suites(name, tmp_path):
    done = run(tmp_path, name, "--quick")
    assert done.returncode == 0, done.stderr
    check(tmp_path, [name])


def test_a_process_a_case_and_only_the_cases_asked_for(tmp_path):
    done = run(tmp_path, "graph", "--only", "what=signatures", "--only", "n=84 ", "--repeats", "2")
    assert done.returncode == 0, done.stderr
    about = json.loads((tmp_path / "graph_cpu.json").read_text())
    assert about["memory_scope"] == "one case"
    (row,) = about["rows"]
    assert row["what"] == "signatures"
    assert row["repeats"] == len(row["seconds"]) == 2


def test_unknown_suite_is_refused(tmp_path):
    done = run(tmp_path, "sing", "--quick")
    assert done.returncode == 2
    assert "invalid choice: 'sing'" in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", SUITES)
def test_cases_survive_the_way_to_their_process(name):
    suite = suite_of(name)
    for quick in (True, False):
        listed = suite.cases(quick)
        assert listed == json.loads(json.dumps(listed))
        assert len({json.dumps(case) for case in listed}) == len(listed) > 0


def test_simulate_covers_the_grid():
    found = {
        (case["n"], case["lanes"], case["connectome"])
        for case in simulate.cases(False)
        if case["method"] == "heun 1 ms"
    }
    for n in (84, 100, 379, 1000):
        for lanes in (32, 128, 512):
            assert (n, lanes, "shared") in found
            assert (n, lanes, "personal") in found
        assert (n, 1, "personal") in found
    covered = {(case["lanes"], case["dt_ms"]) for case in delays.cases(False)}
    assert covered == {(1, 0.1), (1, 1.0), (32, 0.1), (32, 1.0)}


def test_connectomes_that_do_not_fit_are_named_not_run():
    case = {"n": 1000, "lanes": 512, "connectome": "personal", "method": "heun 1 ms"}
    row = simulate.measure(case, 1)
    assert row == {"not_run": "512 connectomes of 1000 regions are 4.1 GB"}
    shown = measure.table(simulate.COLUMNS, [{**case, **row}]).splitlines()[-1]
    assert shown.endswith("| – | not run: 512 connectomes of 1000 regions are 4.1 GB |")


def test_interleaved_runs_in_turn_and_sets_the_first_call_apart():
    order = []
    work = {name: (lambda name=name: order.append(name)) for name in "ab"}
    times = measure.interleaved(work, 3)
    assert "".join(order) == "ab" + "ab" * 3
    assert len(times["a"].seconds) == 3


def test_ratio_is_taken_pair_by_pair():
    slow, fast = measure.Timing(9.0, (2.0, 8.0, 6.0)), measure.Timing(9.0, (1.0, 2.0, 2.0))
    assert measure.ratio(slow, fast) == {"median": 3.0, "min": 2.0, "max": 4.0}
    assert slow.row()["compile_s"] == 3.0


@pytest.mark.parametrize("exponent", [0.5, 1.0, 2.0])
def test_power_law_finds_its_exponent(exponent):
    x = np.array([1.0, 3.0, 10.0, 40.0])
    fit = power_law(x, 0.3 * x**exponent)
    assert fit["exponent"] == pytest.approx(exponent)
    assert fit["factor"] == pytest.approx(0.3)
    assert fit["se"] == pytest.approx(0.0, abs=1e-7)


def test_standard_error_of_an_exponent():
    import scipy.stats

    rng = np.random.default_rng(4)
    x = np.geomspace(1, 100, 9)
    y = x * np.exp(rng.normal(0, 0.3, 9))
    oracle = scipy.stats.linregress(np.log(x), np.log(y))
    fit = power_law(x, y)
    assert fit["exponent"] == pytest.approx(oracle.slope)
    assert fit["se"] == pytest.approx(oracle.stderr)


def test_scaling_is_drawn_with_every_sweep_fitted(tmp_path):
    rows = []
    for case in scaling.cases(False):
        sweep = scaling.SWEEPS[case["sweep"]]
        x = case[sweep.x]
        seconds = {"median_s": 0.01 * x**2, "min_s": 0.009 * x**2, "max_s": 0.011 * x**2}
        memory = {"peak_memory_mb": 300 + 3 * x}
        rows.append({**case, **seconds, **memory, "x": x, "x_name": sweep.x_label})
    fits = scaling.finish(rows, tmp_path)["fits"]
    assert fits.keys() == scaling.SWEEPS.keys()
    for fit in fits.values():
        assert fit["exponent"] == pytest.approx(2.0)
        assert fit["last_exponent"] == pytest.approx(2.0)
        assert fit["memory_mb_per_unit"] == pytest.approx(3.0)
    assert (tmp_path / scaling.FIGURE).read_bytes().startswith(b"\x89PNG")
