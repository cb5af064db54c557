"""Robustness: how many changes keep a verdict, and that a change reaches the experiment."""

from functools import partial
from types import SimpleNamespace

import pytest

from netmod.claims import robustness
from netmod.claims.compute import MeasureResult, RowResult
from netmod.claims.run import compute_ledger
from netmod.claims.schema import load_ledger

ROW = """id: R98
claim: continuous bursts depress
family: rtms
experiment: calcium
arms:
  ctbs: {}
measures:
  - what: change of synapses
    observable: synaptic_change
    with: {arm: ctbs}
    expected: decrease
"""


@pytest.fixture
def result(rows_folder, tmp_path):
    (rows_folder / "R98.yaml").write_text(ROW)
    ledger = load_ledger(["R98"], rows_folder, subjects=4)
    return compute_ledger(ledger, tmp_path)[0]


def test_the_share_counts_the_changes_that_keep_the_verdict(result, monkeypatch, tmp_path):
    def repeated(row, folder, engine, count, changed, cache):
        return SimpleNamespace(bare_verdict="not reproduced" if "k" in changed else "reproduced")

    monkeypatch.setattr(robustness, "_repeated", repeated)
    found = robustness.with_robustness(result, None, None, tmp_path / "evidence")
    assert found.robust_share == pytest.approx(6 / 8)
    assert found.robust_note.startswith("6 of 8 changes, 4 draws each; lost with k 2.5")
    assert found.measures == result.measures


def test_continuous_bursts_depress_by_the_sliding_threshold_alone(result, rows_folder, tmp_path):
    """Halved or doubled, k keeps the sign; at 0, outside the changes, it would turn."""
    assert result.verdict == "reproduced"
    repeat = partial(robustness._repeated, result.row, rows_folder, None, 4)
    assert repeat({"k": 0.0}, tmp_path / "evidence").bare_verdict == "not reproduced"
    same = repeat({"k": 5.0}, tmp_path / "evidence")
    assert same.measures[0].effect == result.measures[0].effect


def test_a_study_is_compared_with_itself_on_as_many_people(rows_folder, tmp_path, monkeypatch):
    """Fewer people may cost a verdict; that is not a change of constants."""
    counts = []

    def repeated(row, folder, engine, count, changed, cache):
        counts.append(count)
        return SimpleNamespace(bare_verdict="direction only")

    monkeypatch.setattr(robustness, "_repeated", repeated)
    row = load_ledger(["R12"]).rows[0]
    found = robustness.with_robustness(
        RowResult(row, (MeasureResult(row.measures[0], None, verdict="reproduced"),), 16),
        None, None, tmp_path / "evidence",
    )  # fmt: skip
    assert found.robust_share == 1.0
    assert set(counts) == {robustness.SUBJECTS}


def test_what_there_is_to_say_of_a_second_mass_names_the_models():
    assert "reduced_wong_wang alone" in robustness.second_mass()
