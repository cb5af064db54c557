"""From values to the ledger: measures, rows, tables, the page and the picture."""

import numpy as np
import pytest

from netmod.claims import rules
from netmod.claims.compute import compute_measure, compute_row
from netmod.claims.ledger import COLUMNS, ledger_rows, measure_rows, notes, page, table_text
from netmod.claims.observables.registry import OBSERVABLES, Observable
from netmod.claims.run import summary
from netmod.claims.schema import Measure, Row
from netmod.errors import DataError
from netmod.figures.claims_page import draw_claims, read_ledger

PEOPLE = 16
SPREAD = np.linspace(-0.5, 0.5, PEOPLE)


def planted(evidence, arm, at="baseline", add=0.0):
    """Return what the evidence says of an arm."""
    if arm not in evidence:
        raise DataError("no such arm in the evidence", got=arm)
    return evidence[arm] + add


@pytest.fixture(autouse=True)
def _planted(monkeypatch):
    monkeypatch.setitem(OBSERVABLES, "planted", Observable("planted", "scans", planted))


EVIDENCE = {"well": SPREAD, "ill": SPREAD + 2.0, "blocked": SPREAD + 1e-3 * SPREAD, "pairs": None}
EVIDENCE["pairs"] = np.column_stack([SPREAD, -SPREAD + 0.1 * np.cos(9 * SPREAD)])


def measure(**keys):
    given = {"what": "it", "observable": "planted", "with": {"arm": "ill"},
             "expected": "increase", "minus": {"arm": "well"}}  # fmt: skip
    return Measure.model_validate({k: v for k, v in (given | keys).items() if v is not None})


def row(*measures, **keys):
    given = {"id": "A1", "claim": "it rises", "family": "rtms", "measures": list(measures),
             "arms": {"ill": {}, "well": {}, "blocked": {}, "pairs": {}}}  # fmt: skip
    return Row.model_validate(given | keys)


BLOCK = [{"what": "block", "with": {"arm": "blocked"}}]
SHAM = [{"what": "no lesion", "with": {"arm": "ill"}}]


def test_effect_and_control_are_differences_of_the_same_people():
    found = compute_measure(measure(controls=BLOCK), EVIDENCE, 0)
    assert found.verdict == "reproduced"
    assert found.effect.value == pytest.approx(2.0)
    assert found.controls["block"].value == pytest.approx(0.0, abs=1e-9)
    assert found.contrasts["block"].value == pytest.approx(2.0)
    assert found.effect.n == PEOPLE


def test_a_control_that_keeps_the_effect_costs_the_verdict():
    found = compute_measure(measure(controls=SHAM), EVIDENCE, 0)
    assert found.verdict == "direction only"
    assert "no lesion" in found.reasons[0]


def test_options_of_a_control_stand_over_those_of_either_condition():
    control = [{"what": "both moved", "with": {"add": 5.0}, "minus": {"add": 4.0}}]
    found = compute_measure(measure(controls=control), EVIDENCE, 0)
    assert found.controls["both moved"].value == pytest.approx(2.0 + 5.0 - 4.0)


def test_a_correlation_is_judged_as_one():
    found = compute_measure(
        measure(**{"with": {"arm": "pairs"}, "minus": None, "statistic": "correlation",
                   "expected": "decrease"}), EVIDENCE, 0)  # fmt: skip
    assert found.verdict == "reproduced"
    assert found.effect.value == pytest.approx(np.corrcoef(EVIDENCE["pairs"].T)[0, 1])


def test_what_cannot_be_computed_says_why_and_fails_the_row_alone():
    lost = measure(**{"with": {"arm": "nobody"}})
    result = compute_row(row(measure(), lost, arms={name: {} for name in (*EVIDENCE, "nobody")}),
                         EVIDENCE, PEOPLE, 0)  # fmt: skip
    assert [m.verdict for m in result.measures] == ["reproduced", "failed"]
    assert result.failed and result.verdict == "failed"
    assert result.measures[1].effect is None
    assert "no such arm in the evidence (nobody)" in notes(result)[0]


def test_people_without_a_value_are_told():
    ill = EVIDENCE["ill"].copy()
    ill[3] = np.nan
    found = compute_measure(measure(), EVIDENCE | {"ill": ill}, 0)
    assert found.effect.n == PEOPLE - 1
    assert "1 of 16 without a value" in found.reasons


def results():
    small = measure(range=[5.0, 9.0], controls=BLOCK, unit="Hz")
    return [
        compute_row(row(measure(), small, contested={"for": ["a"], "against": ["b"]}), EVIDENCE,
                    PEOPLE, 0),
        compute_row(row(measure(expected="report", cell=["drug | 1", "column"]), id="A2",
                        not_modelled=["price"]), EVIDENCE, 4, 0),
        compute_row(row(id="A3", arms={}, not_computed="no atlas"), EVIDENCE, PEOPLE, 0),
    ]  # fmt: skip


def test_the_ledger_shows_the_measure_that_decides():
    first, second, third = ledger_rows(results(), "linear")
    assert list(first) == list(COLUMNS)
    assert first["verdict"] == "direction only (contested)"
    assert (first["observed"], first["expected"]) == ("2", "increase by 5 to 9 Hz")
    assert (first["control"], first["engine"], first["subjects"]) == ("block", "linear", "16")
    assert "magnitude 2 outside 5 to 9" in first["note"]
    assert second["verdict"] == "reported" and "fewer than 16" in second["note"]
    assert (third["verdict"], third["observed"], third["note"]) == (
        "not computed", "n/a", "no atlas",
    )  # fmt: skip


def test_every_measure_and_control_has_a_line_of_its_own():
    lines = measure_rows(results())
    assert [line["id"] for line in lines] == ["A1", "A1", "A2"]
    assert (lines[0]["control"], lines[1]["control"]) == ("n/a", "block")
    assert float(lines[1]["contrast_low"]) > 1.9


def test_tables_have_no_stray_tabs_or_lines():
    text = table_text([{"a": "x\ty\nz", "b": ""}], ("a", "b"))
    assert text == "a\tb\nx y z\t\n"


def test_the_page_has_every_row_both_sides_and_the_table_of_cells():
    text = page(results(), "linear", "claims.png")
    assert "not medical advice" in text
    assert all(f"## A{k}: it rises" in text for k in (1, 2, 3))
    assert "- for: a" in text and "- against: b" in text
    assert "| drug | 1 | 2 [" in text and "not modelled" in text
    assert "1 direction only (contested), 1 not computed, 1 reported" in text
    assert "![" not in page(results(), "linear")


def test_the_summary_has_a_line_for_each_row():
    lines = summary(results()).splitlines()
    assert len(lines) == 4
    assert lines[0].startswith("A1   direction only (contested)")
    assert lines[2].endswith("it rises")


def test_the_picture_draws_every_row_and_needs_a_ledger(tmp_path):
    with pytest.raises(DataError, match="no ledger"):
        draw_claims(tmp_path)
    (tmp_path / "claims.tsv").write_text(table_text(ledger_rows(results(), "linear"), COLUMNS))
    assert [row["id"] for row in read_ledger(tmp_path / "claims.tsv")] == ["A1", "A2", "A3"]
    path = draw_claims(tmp_path)
    assert path.read_bytes().startswith(b"\x89PNG") and b"netmod" in path.read_bytes()[:1024]
    (tmp_path / "claims.tsv").write_text("id\tclaim\nA1\tx\n")
    with pytest.raises(DataError, match="not a ledger"):
        draw_claims(tmp_path)


def test_verdicts_have_a_colour():
    from netmod.figures.claims_page import COLOURS

    words = {rules.REPRODUCED, rules.DIRECTION_ONLY, rules.NOT_REPRODUCED, rules.REPORTED,
             rules.FAILED, rules.NOT_COMPUTED}  # fmt: skip
    assert set(COLOURS) == words
