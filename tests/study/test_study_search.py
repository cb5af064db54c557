"""Search for plans: chosen as a study would score them, judged by other noise."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from study_lab import SUBJECTS

from netmod.atlas import load_atlas
from netmod.errors import ConfigError
from netmod.study import search as room
from netmod.study.scan_noise import independent_volumes, scanned
from netmod.study.search import derangement, find_plans, run_search

TREATED = ("rtms_10hz", "ect_bl", "psilocybin", "ssri")


def block(over, arm="rtms_10hz", **other):
    lines = {"arm": arm, "time": "1 d", "over": over} | other
    return {"search": "{" + ", ".join(f"{k}: {v}" for k, v in lines.items()) + "}"}


@pytest.fixture
def read(scenario_of):
    def make(over, engine="linear", arms=("healthy", "mdd", "rtms_10hz"), overrides=(), **other):
        return scenario_of(engine, arms, overrides, **block(over, **other))

    return make


SLOW = [pytest.param(name, marks=pytest.mark.slow) for name in ("fc_distance", "modularity")]


@pytest.mark.parametrize("metric", ["healthy_distance", *SLOW])
def test_a_plan_is_chosen_by_what_a_study_of_that_arm_scores(read, sde_study, metric):
    """The study beside it has one arm for each of the plans, and the same noise."""
    scenario = read(f"{{treatment: [{', '.join(TREATED)}]}}", "sde", metric=metric)
    found = find_plans(scenario, load_atlas(scenario.atlas))
    signatures = pd.read_csv(sde_study / "group" / "signatures.tsv", sep="\t", na_values="n/a")
    scored = signatures[signatures.time_h == 24.0].pivot(
        index="arm", columns="subject", values=metric
    ).loc[list(TREATED)]  # fmt: skip
    best = [plan["treatment"] for plan in found.plans]
    assert best == scored.idxmin().tolist()
    assert found.best_fixed["treatment"] == scored.mean(axis=1).idxmin()
    assert found.table["chosen_on"].to_numpy() == pytest.approx(scored.min().to_numpy(), rel=1e-5)
    # the same network under other noise
    standard = scored.loc["rtms_10hz"].to_numpy()
    assert (np.abs(found.table["standard"] - standard) > 1e-6).all()
    assert found.tried == len(TREATED)


def test_higher_is_the_other_end(read):
    """Rates have no sampling noise with the linear engine: both scans say the same."""
    over = "{treatment: [rtms_10hz, psilocybin, ssri]}"
    atlas = load_atlas(read(over).atlas)
    low, high = (
        find_plans(read(over, metric="sgacc_rate_hz", towards=way), atlas)
        for way in ("lower", "higher")
    )
    assert (low.table["chosen_on"] == low.table["own"]).all()
    assert (low.table["standard"] == -high.table["standard"]).all()
    assert (low.table["own"] < -high.table["own"]).all()
    assert (low.table["own"] <= low.table["best_fixed"]).all()


def test_another_seed_judges_by_other_noise_and_chooses_alike(read):
    scenario = read("{target: [dlpfc_left, motor_left]}")
    atlas = load_atlas(scenario.atlas)
    one, same, other = (find_plans(scenario, atlas, seed=seed).table for seed in (3, 3, 4))
    pd.testing.assert_frame_equal(one, same)
    assert (one["chosen_on"] == other["chosen_on"]).all()
    assert (one["standard"] != other["standard"]).all()


@pytest.mark.slow
def test_a_simulated_judge_of_a_linear_choice(read):
    scenario = read("{target: [dlpfc_left, motor_left]}")
    atlas = load_atlas(scenario.atlas)
    linear, judged = (find_plans(scenario, atlas, judge=engine) for engine in ("linear", "sde"))
    assert judged.plans == linear.plans
    simulated = find_plans(
        scenario.model_copy(update={"engine": "sde"}), atlas, judge="sde"
    ).table["standard"]  # fmt: skip
    assert (judged.table["standard"] == simulated).all()


class Made:
    """Losses that are known: a subject's own number of sessions, and noise on either scan."""

    def __init__(self, monkeypatch, noise=0.0, slope=10.0):
        self.noise, self.slope, self.calls = noise, slope, []
        monkeypatch.setattr(room, "losses_of", self)

    def __call__(self, scenario, atlas, arms, engine, seed, replicate):
        self.calls.append((engine, seed, replicate, len(arms)))
        wanted = 20.0 + self.slope * np.arange(scenario.cohort.subjects)
        losses = np.array([np.abs(arm.parameters["sessions"] - wanted) for arm in arms])
        rng = np.random.default_rng([seed, replicate, len(arms)])
        return losses + self.noise * rng.standard_normal(losses.shape)


def test_own_fixed_standard_and_exchanged(read, monkeypatch):
    made = Made(monkeypatch)
    found = find_plans(read("{sessions: [10, 20, 30, 40]}"), None, seed=9)
    assert [plan["sessions"] for plan in found.plans] == [20, 30, 40]
    assert found.best_fixed == {"sessions": 30}
    table = found.table
    assert table["own"].tolist() == [0.0, 0.0, 0.0]
    assert table["best_fixed"].tolist() == [10.0, 0.0, 10.0]
    assert table["standard"].tolist() == [10.0, 0.0, 10.0]  # 30 sessions by default
    partner = table["exchanged_with"].to_numpy()
    assert (partner != table["subject"]).all() and sorted(partner) == [1, 2, 3]
    assert table["exchanged"].tolist() == (10.0 * np.abs(partner - table["subject"])).tolist()
    contrast = found.contrasts["own", "best_fixed"]
    assert contrast.difference == pytest.approx(-20 / 3) and contrast.n == SUBJECTS
    assert made.calls == [("linear", 5, 0, 4), ("linear", 9, 1, 4)]


def test_equal_plans_are_worth_nothing_exchanged(read, monkeypatch):
    Made(monkeypatch, slope=0.0)
    found = find_plans(read("{sessions: [10, 20, 30]}"), None)
    assert (found.table["exchanged"] == found.table["own"]).all()
    assert found.contrasts["own", "exchanged"].difference == 0.0


def test_lucky_noise_does_not_survive_the_held_out_scan(read, monkeypatch):
    """Where all plans are equal, the best of many looks good on its own scan alone."""
    Made(monkeypatch, noise=1.0, slope=0.0)
    scenario = read("{gap_min: [" + ", ".join(map(str, range(1, 41))) + "]}",
                    overrides=["cohort.subjects=200"])  # fmt: skip
    found = find_plans(scenario, None)
    # ten from the wanted number of sessions; the least of 40 normals lies 2.16 below
    assert found.table["chosen_on"].mean() == pytest.approx(10.0 - 2.16, abs=0.15)
    assert found.table["own"].mean() == pytest.approx(10.0, abs=0.25)
    gain = found.contrasts["own", "standard"]
    assert gain.ci_low < 0.0 < gain.ci_high


def test_a_large_space_is_searched_within_the_budget(read, monkeypatch):
    made = Made(monkeypatch)
    found = find_plans(read("{sessions: {low: 1, high: 200}, gap_min: {low: 1, high: 60}}"), None,
                       budget=160)  # fmt: skip
    chosen = [n for *_, replicate, n in made.calls if replicate == 0]
    assert found.tried == sum(chosen) <= 160
    assert (found.table["own"] <= 4.0).all()  # of a range of 200
    for plan in (*found.plans, found.best_fixed):
        assert isinstance(plan["sessions"], int) and 1 <= plan["gap_min"] <= 60


def test_a_budget_too_small_says_what_it_takes(read):
    with pytest.raises(ConfigError, match=r"budget is too small[\s\S]*at least 20"):
        find_plans(read("{sessions: {low: 1, high: 200}}"), None, budget=19)


def test_what_cannot_be_given_is_left_out_and_counted(read, monkeypatch):
    Made(monkeypatch)
    over = "{train_s: [4, 30], treatment: [rtms_10hz, psilocybin], sessions: [20]}"
    found = find_plans(read(over), None)
    assert found.tried == 4 and len(found.left_out) == 3
    assert found.best_fixed == {"train_s": 4, "treatment": "rtms_10hz", "sessions": 20}
    reasons = " ".join(found.left_out.values())
    assert "beyond safety limits" in reasons and "unknown key" in reasons
    with pytest.raises(ConfigError, match=r"none of the plans[\s\S]*beyond safety limits"):
        find_plans(read("{train_s: [30, 40]}"), None)


def test_a_therapy_after_the_scan_is_left_out(scenario_of, monkeypatch):
    Made(monkeypatch)
    monkeypatch.setattr(Made, "__call__", lambda self, s, a, arms, *_: np.array(
        [[arm.events()[-1].time_h] * s.cohort.subjects for arm in arms]))  # fmt: skip
    arms = "{healthy: {}, x: {sequence: [{treatment: therapy, start: 0 h, parameters: " \
        "{sessions: 1}}, {treatment: itbs, start: 0 h}]}}"  # fmt: skip
    scenario = scenario_of(overrides=[f"arms={arms}"],
                           **block("{therapy_day: [0, 0.5, 2]}", arm="x"))  # fmt: skip
    found = find_plans(scenario, None)
    assert found.left_out == {"therapy_day 2": "a schedule after the last scan (arm 'x' begins "
                              "at 2 d)"}  # fmt: skip
    assert found.best_fixed == {"therapy_day": 0}
    assert (found.table["own"] == 0.0).all()  # 12.0 for half a day


def test_what_is_written(read, tmp_path, monkeypatch, capsys):
    Made(monkeypatch)
    scenario = read("{sessions: [10, 20, 30, 40]}")
    assert run_search(scenario, tmp_path / "new", seed=9, jobs=1) == 0
    printed = capsys.readouterr().out
    assert "own - best fixed: -6.667" in printed
    assert "Research simulator: not medical advice." in printed
    table = pd.read_csv(tmp_path / "new" / "search.tsv", sep="\t")
    assert table["plan"].tolist() == ["sessions 20", "sessions 30", "sessions 40"]
    content = json.loads((tmp_path / "new" / "search.json").read_text())
    assert set(table.columns) == set(content["Columns"])
    assert content["Own"]["2"] == {"sessions": 30} and content["Seed"] == 9
    assert content["Contrasts"]["own - best_fixed"]["n"] == SUBJECTS
    first = (tmp_path / "new" / "search.json").read_bytes()
    run_search(scenario, tmp_path / "new", seed=9, jobs=1)
    assert (tmp_path / "new" / "search.json").read_bytes() == first


def test_missing_numbers_are_no_reason_to_win(read, tmp_path, monkeypatch):
    """The best plan by far diverges in one person; held-out scans may fail as well."""

    def losses(scenario, atlas, arms, engine, seed, replicate):
        found = np.array([[arm.parameters["sessions"]] * SUBJECTS for arm in arms], float)
        found[found[:, 0] == 10.0, 1] = np.nan
        found[0, 0] = np.nan if replicate else found[0, 0]
        return found

    monkeypatch.setattr(room, "losses_of", losses)
    scenario = read("{sessions: [10, 20, 30]}")
    found = find_plans(scenario, None)
    assert found.best_fixed == {"sessions": 20}
    assert found.contrasts["own", "standard"].n == SUBJECTS - 1
    assert run_search(scenario, tmp_path / "failed", jobs=1) == 3


@pytest.mark.parametrize("n", [2, 3, 9])
def test_a_derangement_moves_everybody(n):
    orders = [derangement(n, seed) for seed in range(20)]
    for order in orders:
        assert sorted(order) == list(range(n)) and (order != np.arange(n)).all()
    assert n == 2 or len({tuple(order) for order in orders}) > 1


def test_sampling_noise_is_that_of_correlations(read):
    """Fisher 1921: the SD of z is 1 / sqrt(n - 3) (recalled), whatever the correlation."""
    true = np.array([[1.0, 0.6, 0.1], [0.6, 1.0, -0.3], [0.1, -0.3, 1.0]])
    upper = np.triu_indices(3, 1)
    draws = np.array([scanned(true, 60, np.array([5, k])) for k in range(2000)])
    z = np.arctanh(draws[:, upper[0], upper[1]])
    assert z.std(axis=0) == pytest.approx(1 / np.sqrt(59 - 2), rel=0.06)
    assert z.mean(axis=0) == pytest.approx(np.arctanh(true[upper]), abs=0.015)
    long = scanned(true, 200_000, np.array([5, 1]))
    assert long == pytest.approx(true, abs=0.01)
    # one key is one scan's noise: a network that is nearly the same looks nearly the same
    near = scanned(true + 1e-6 * (1 - np.eye(3)), 60, np.array([5, 1]))
    assert near == pytest.approx(scanned(true, 60, np.array([5, 1])), abs=1e-5)


def test_a_scan_is_worth_as_many_volumes_as_its_length_and_repetition_allow(read):
    scanner = read("{sessions: [10, 20]}").scanner
    at = {
        (s, tr): independent_volumes(scanner.model_copy(update={"duration_s": s, "tr_s": tr}))
        for s, tr in ((300.0, 2.0), (600.0, 2.0), (600.0, 10.0))
    }
    assert at[600.0, 2.0] == pytest.approx(2 * at[300.0, 2.0], abs=1)
    assert at[600.0, 10.0] == 60
    # 83 by the spread of 64 simulated scans of one network of ten regions
    assert at[300.0, 2.0] == pytest.approx(83, rel=0.12)
