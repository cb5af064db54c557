"""Evidence that is really computed: against the study's own functions, and found again."""

import numpy as np
import pytest

from netmod.atlas import load_atlas
from netmod.claims.evidence import Evidence
from netmod.claims.run import compute_ledger
from netmod.claims.schema import load_ledger
from netmod.errors import DataError
from netmod.graph import NetworkMasks, signature_row
from netmod.study.engines import run_cells
from netmod.study.prepare import prepare
from netmod.study.search import find_plans

ROW = """id: A1
claim: something falls
family: rtms
arms:
  mdd: {}
  ect: {treatment: ect_bl, parameters: {sessions: 1}}
measures:
  - what: connectivity
    observable: metric
    with: {name: gbc, arm: ect, at: 1 d}
    minus: {arm: mdd, at: baseline}
    expected: report
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory, small_atlas):
    folder = tmp_path_factory.mktemp("rows")
    (folder / "study.yaml").write_text(
        f"schema_version: 1\nname: small\nseed: 5\natlas: {small_atlas}\nengine: linear\n"
        "model: {connectivity: structural, parameters: {G: 0.8}}\ncohort: {subjects: 3}\n"
        "readout: {louvain_runs: 2}\ntimes: [baseline, 2 h, 1 d]\narms: [mdd]\n"
    )
    (folder / "A1.yaml").write_text(ROW)
    return load_ledger(["A1"], folder).study


@pytest.fixture(scope="module")
def evidence(study, tmp_path_factory):
    found = Evidence(study, load_atlas(study.atlas), tmp_path_factory.mktemp("evidence"))
    found.gather([("ect", 24.0), ("mdd", 0.0)], ["ect", "mdd"])
    return found


@pytest.fixture(scope="module")
def cohort(study):
    return prepare(study, load_atlas(study.atlas))


def test_scans_are_those_of_the_study(study, evidence, cohort):
    cells = [c for c in cohort.cells if (c.arm, c.time_h) == ("ect", 24.0)]
    readings = dict(run_cells(study, cells, lambda count: None))
    found = evidence.scans("ect", 24.0)
    masks = NetworkMasks.from_atlas(evidence.atlas)
    for k, cell in enumerate(cells):
        reading = readings[cell.identity]
        np.testing.assert_array_equal(found.fc[k], reading.fc)
        np.testing.assert_array_equal(found.weights[k], cell.parameters.weights.astype(np.float32))
        row = signature_row(reading.fc.astype(float), reading.rate_hz, masks, 2, study.seed)
        for name, value in row.items():
            np.testing.assert_allclose(found.signatures[name][k], value)
        own = cell.parameters.values["J"] * cell.start[1]
        np.testing.assert_allclose(found.gaba[k], own)
        np.testing.assert_array_equal(found.rates[k], reading.rate_hz)
    assert found.ok.all()
    assert (found.growth < 0).all()
    # what decays with the slowest rate is heard for less long than that rate alone would last
    assert ((found.pulse > 0) & (found.pulse < -0.5 * 84 / found.growth)).all()


def test_slow_states_are_those_of_the_course(evidence, cohort):
    course = {t: s for t, name, s in cohort.courses.trace if name == "ect"}
    np.testing.assert_array_equal(evidence.state("ect", "bdnf", 24.0), course[24.0].bdnf)
    np.testing.assert_array_equal(evidence.state("ect", "volume", 24.0), course[24.0].volume)
    np.testing.assert_array_equal(evidence.state("ect", "efficacy", 24.0), course[24.0].efficacy)
    found = evidence.course("ect")
    assert found.seizures["duration_s"].shape == (1, 3)
    assert evidence.course("mdd").seizures == {}
    assert found.personal["stress"].shape == (found.trace_h.size, 3)
    assert evidence.events("ect") == [0.0]


SEARCH = """id: A2
claim: one plan fits one person
family: across
arms:
  healthy: {}
  rtms: {treatment: rtms_10hz, parameters: {sessions: 1}}
variants:
  sought:
    times: [baseline, 1 d]
    search: {arm: rtms, time: 1 d, over: {sessions: [1, 2]}}
measures:
  - what: own plan less standard
    observable: held_out
    with: {plan: own, arm: rtms, healthy: healthy, variant: sought}
    minus: {plan: standard}
    expected: report
  - what: own plan less standard, in a study without a search
    observable: held_out
    with: {plan: own, arm: rtms, healthy: healthy}
    minus: {plan: standard}
    expected: report
"""


@pytest.mark.slow
def test_a_search_is_judged_once_in_its_variant_and_nowhere_else(
    rows_folder, tmp_path, monkeypatch
):
    (rows_folder / "A2.yaml").write_text(SEARCH)
    ledger = load_ledger(["A2"], rows_folder)
    within, without = compute_ledger(ledger, tmp_path)[0].measures
    own = Evidence(ledger.under("sought"), load_atlas(ledger.study.atlas), tmp_path)
    expected = find_plans(ledger.under("sought"), own.atlas)
    judged = own.judged()
    for name in ("own", "best_fixed", "standard", "exchanged"):
        np.testing.assert_array_equal(judged[name], expected.table[name])
    gain = expected.table["own"] - expected.table["standard"]
    assert within.effect.value == pytest.approx(gain.mean())
    assert judged["differs"].tolist() == [float(p != expected.best_fixed) for p in expected.plans]
    assert without.verdict == "failed" and "nothing to search" in without.reasons[0]

    def refuse(*args):
        raise AssertionError("searched again")

    monkeypatch.setattr("netmod.study.search.find_plans", refuse)
    assert own.judged().keys() == judged.keys()


VARIED = ROW.replace("id: A1", "id: A3").replace(
    "    expected: report", "    expected: report\n    controls:\n"
    "      - {what: strong shocks, with: {variant: strong}}\n"
) + "variants:\n  strong: {plasticity: {turnover_seizure: 0.3}}\n"  # fmt: skip


def test_a_control_under_a_variant_reads_the_variants_people(rows_folder, tmp_path):
    (rows_folder / "A3.yaml").write_text(VARIED)
    ledger = load_ledger(["A3"], rows_folder)
    found = compute_ledger(ledger, tmp_path)[0].measures[0]
    assert found.verdict == "reported", found.reasons
    strong = Evidence(ledger.under("strong"), load_atlas(ledger.study.atlas), tmp_path)
    change = strong.metric("gbc", "ect", 24.0) - strong.metric("gbc", "mdd", 0.0)
    assert found.controls["strong shocks"].value == pytest.approx(change.mean())
    assert found.effect.value != pytest.approx(change.mean(), rel=1e-3)


def test_what_is_there_is_not_computed_again(evidence, monkeypatch):
    def refuse(*args):
        raise AssertionError("computed again")

    monkeypatch.setattr("netmod.study.prepare.prepare", refuse)
    evidence.gather([("ect", 24.0)], ["mdd"])
    with pytest.raises(AssertionError, match="computed again"):
        evidence.gather([("ect", 2.0)], [])


def test_a_network_that_was_scanned_elsewhere_is_not_scanned_again(
    study, evidence, tmp_path, monkeypatch
):
    """Of people with another constant, baselines are the same networks; later ones are not."""
    counts = []

    def counted(scenario, cells, progress):
        counts.append(len({cell.identity for cell in cells}))
        return run_cells(scenario, cells, progress)

    monkeypatch.setattr("netmod.study.engines.run_cells", counted)
    plasticity = study.plasticity.model_copy(update={"turnover_seizure": 0.3})
    changed = study.model_copy(update={"plasticity": plasticity})
    asked = [("ect", 0.0), ("mdd", 0.0), ("ect", 24.0)]
    alone = Evidence(changed, evidence.atlas, tmp_path / "alone")
    alone.gather(asked, [])
    beside = Evidence(changed, evidence.atlas, tmp_path / "beside", known=evidence.folder)
    beside.gather(asked, [])
    people = study.cohort.subjects
    assert counts == [2 * people, people]
    for arm, time_h in asked:
        one, other = alone.scans(arm, time_h), beside.scans(arm, time_h)
        for name in ("ok", "fc", "weights", "glutamate", "gaba", "rates", "growth", "pulse"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
        for name, values in one.signatures.items():
            np.testing.assert_array_equal(values, other.signatures[name])
    # other starts of Louvain are another look at the same network
    readout = changed.readout.model_copy(update={"louvain_runs": 3})
    again = changed.model_copy(update={"readout": readout})
    Evidence(again, evidence.atlas, tmp_path / "again", known=evidence.folder).gather(asked[:2], [])
    assert counts[2] == people


def test_people_of_one_network_share_its_scan(study, evidence, tmp_path):
    alike = {f"{name}_sd": 0.0 for name in ("connectivity", "top_down", "setpoint", "severity")}
    cohort = study.cohort.model_copy(update={**alike, "reaction_sd": 0.0})
    found = Evidence(study.model_copy(update={"cohort": cohort}), evidence.atlas, tmp_path)
    found.gather([("mdd", 0.0)], [])
    scans = found.scans("mdd", 0.0)
    assert scans.ok.all() and scans.fc.shape[0] == 3
    np.testing.assert_array_equal(scans.fc[1:], scans.fc[:1].repeat(2, axis=0))


def test_files_are_named_by_what_decides_them_and_not_by_the_arms_name(study, evidence):
    renamed = tuple(
        arm.model_copy(update={"name": "shock"}) if arm.name == "ect" else arm for arm in study.arms
    )
    same = Evidence(study.model_copy(update={"arms": renamed}), evidence.atlas, evidence.folder)
    np.testing.assert_array_equal(same.scans("shock", 24.0).fc, evidence.scans("ect", 24.0).fc)
    other = Evidence(study.model_copy(update={"seed": 6}), evidence.atlas, evidence.folder)
    with pytest.raises(DataError, match="no evidence"):
        other.scans("ect", 24.0)


def test_arms_and_times_that_there_are_not_are_refused(evidence):
    with pytest.raises(DataError, match="no arm 'x'"):
        evidence.course("x")
    with pytest.raises(DataError, match="no evidence"):
        evidence.scans("mdd", 2.0)
