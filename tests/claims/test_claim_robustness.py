"""Robustness: how many changes keep a verdict, and that a change reaches the experiment."""

from functools import partial
from types import SimpleNamespace

import pytest

from netmod.claims import robustness
from netmod.claims.compute import MeasureResult, RowResult
from netmod.claims.run import compute_ledger
from netmod.claims.schema import load_ledger
from netmod.plasticity.declaration import PARAMETERS, evidence

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


def test_the_share_counts_the_changes_that_keep_the_verdict(
    result, rows_folder, tmp_path, monkeypatch
):
    done = []

    def repeated(row, folder, count, changed):
        done.append(changed)
        if len(done) == 6:
            raise KeyboardInterrupt
        return SimpleNamespace(bare_verdict="not reproduced" if "k" in changed else "reproduced")

    monkeypatch.setattr(robustness, "_rule_repeated", repeated)
    keep = tmp_path / "robust"
    with pytest.raises(KeyboardInterrupt):
        robustness.with_changed_rule(result, rows_folder, keep)
    found = robustness.with_changed_rule(result, rows_folder, keep)
    assert len(done) == 6 + 3 and done[6] == done[5]  # taken up where it was cut off
    assert found.robust_share == pytest.approx(6 / 8)
    assert found.robust_note.startswith("6 of 8 changes, 4 draws each; lost with k 2.5")
    assert found.measures == result.measures
    assert robustness.with_changed_rule(result, rows_folder, keep) == found and len(done) == 9
    (rows_folder / "R98.yaml").write_text(ROW.replace("expected: decrease", "expected: increase"))
    altered = load_ledger(["R98"], rows_folder, subjects=4).rows[0]
    robustness.with_changed_rule(RowResult(altered, result.measures, 4), rows_folder, keep)
    assert len(done) == 17


def test_continuous_bursts_depress_by_the_sliding_threshold_alone(result, rows_folder):
    """Halved or doubled, k keeps the sign; at 0, outside the changes, it would turn."""
    assert result.verdict == "reproduced"
    repeat = partial(robustness._rule_repeated, result.row, rows_folder, 4)
    assert repeat({"k": 0.0}).bare_verdict == "not reproduced"
    assert repeat({"k": 5.0}).measures[0].effect == result.measures[0].effect


STUDY = """id: P98
claim: spines grow
family: psychedelics
arms:
  mdd: {}
  drug: {treatment: psilocybin, parameters: {doses: 1}}
measures:
  - what: spine density
    observable: state
    with: {name: spines, arm: drug, at: 1 d}
    minus: {arm: mdd}
    expected: increase
    range: [0.0, 0.08]
"""
CHANGES = [("spine_per_d", 0.32), ("spine_per_d", 0.08), ("vegf_seizure", 2.0)]


@pytest.fixture
def study_results(rows_folder, tmp_path):
    (rows_folder / "P98.yaml").write_text(STUDY)
    (rows_folder / "P97.yaml").write_text(STUDY.replace("P98", "P97").replace("0.08]", "2.0]"))
    return compute_ledger(load_ledger(["P97", "P98"], rows_folder), tmp_path)


def test_a_study_is_judged_again_under_every_change_and_the_work_is_kept(
    study_results, rows_folder, tmp_path, monkeypatch
):
    monkeypatch.setattr(robustness, "study_changes", lambda: CHANGES)

    def repeat(results, most=None):
        found = robustness.with_changed_studies(results, rows_folder, None, tmp_path / "r", most)
        return {result.row.id: (result.robust_share, result.robust_note) for result in found}

    assert [found.verdict for found in study_results] == ["reproduced"] * 2
    assert repeat(study_results[1:], 1) == {
        "P98": (0.0, "0 of 1 changes, 3 subjects each; lost with spine_per_d 0.32: direction only")
    }
    given = []

    def watched(ledger, evidence, known):
        given.append((evidence.name, known))
        return compute_ledger(ledger, evidence, known=known)

    monkeypatch.setattr("netmod.claims.run.compute_ledger", watched)
    found = repeat(study_results)  # the other row, and two more changes
    unchanged = tmp_path / "r" / "unchanged"
    assert given[0] == ("unchanged", None)  # what changed studies then take their scans from
    assert [known for _, known in given[1:]] == [unchanged] * 3
    assert found["P98"][0] == pytest.approx(2 / 3)  # twice the growth leaves the range, half stays
    assert found["P97"] == (1.0, "3 of 3 changes, 3 subjects each")
    assert len(list((tmp_path / "r").glob("*.json"))) == 1 + len(CHANGES)

    def refuse(*args, **options):
        raise AssertionError("computed again")

    monkeypatch.setattr("netmod.claims.run.compute_ledger", refuse)
    assert repeat(study_results) == found
    altered = STUDY.replace("0.08]", "0.09]")
    (rows_folder / "P98.yaml").write_text(altered)
    with pytest.raises(AssertionError, match="computed again"):
        repeat(study_results)


def test_a_study_is_compared_with_itself_on_as_many_people(rows_folder, tmp_path, monkeypatch):
    """Fewer people may cost a verdict; that is not a change of constants."""
    counts = []

    def verdicts(ids, folder, engine, count, changed, keep):
        counts.append(count)
        return dict.fromkeys(ids, "direction only")

    monkeypatch.setattr(robustness, "_verdicts", verdicts)
    row = load_ledger(["R12"]).rows[0]
    found = robustness.with_changed_studies(
        [RowResult(row, (MeasureResult(row.measures[0], None, verdict="reproduced"),), 16)],
        None, None, tmp_path, 3,
    )  # fmt: skip
    assert found[0].robust_share == 1.0
    assert found[0].robust_note.startswith("3 of 3 changes")
    assert counts == [robustness.SUBJECTS] * 4


def test_changes_are_every_proposal_both_ways_in_an_order_that_is_a_fair_sample():
    found = robustness.study_changes()
    names = [name for name, p in PARAMETERS.items() if evidence(p.source) == "proposal"]
    assert found == robustness.study_changes()
    assert {name for name, _ in found} == {n for n in names if PARAMETERS[n].default != 0}
    assert len(set(found)) == len(found) > 120
    for name, value in found:
        p = PARAMETERS[name]
        assert p.low <= value <= p.high and value != p.default
        assert value / p.default in (0.5, 2.0) or value in (p.low, p.high)
    assert [name for name, _ in found] != sorted((n for n, _ in found), key=names.index)
