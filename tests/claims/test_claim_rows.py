"""Rows as files: the shipped ones, and what is refused with its place."""

import pytest

from netmod.claims.observables import OBSERVABLES
from netmod.claims.schema import load_ledger, sorted_ids
from netmod.errors import ConfigError

IDS = [
    *(f"M{k}" for k in range(1, 4)), *(f"R{k}" for k in range(1, 19)),
    *(f"E{k}" for k in range(1, 8)), *(f"P{k}" for k in range(1, 10)),
    *(f"S{k}" for k in range(1, 6)), *(f"X{k}" for k in range(1, 12)),
]  # fmt: skip
GOOD = """id: A1
claim: something rises
family: rtms
arms:
  mdd: {}
  rtms_10hz: {}
measures:
  - what: a metric
    observable: metric
    with: {name: gbc, arm: rtms_10hz, at: 1 d}
    minus: {arm: mdd, at: baseline}
    expected: increase
"""


@pytest.fixture(scope="module")
def shipped():
    return load_ledger()


def test_every_row_of_the_ledger_is_there_in_its_order(shipped):
    assert [row.id for row in shipped.rows] == IDS
    assert sorted_ids(["X10", "P2", "X2", "M1"]) == ["M1", "P2", "X2", "X10"]


def test_every_row_that_expects_something_has_a_control(shipped):
    """E7 is a correlation over patients, which no condition can be subtracted from."""
    without = [
        row.id
        for row in shipped.rows
        if any(m.expected != "report" for m in row.measures)
        and not any(m.controls for m in row.measures)
    ]
    assert without == ["E7"]


def test_a_row_that_is_not_computed_says_why(shipped):
    assert not [row.id for row in shipped.rows if row.not_computed]
    assert all(bool(row.measures) != bool(row.not_computed) for row in shipped.rows)


def test_contested_rows_show_both_sides(shipped):
    contested = [row for row in shipped.rows if row.contested]
    assert {"M2", "R13", "E5", "E7"} <= {row.id for row in contested}
    assert all(row.contested["for"] and row.contested["against"] for row in contested)


def test_rows_selected_on_themselves_name_the_constant(shipped):
    selected = {row.id: row.selected for row in shipped.rows if row.selected_on_row}
    assert {"P4", "P5", "P6", "R17"} <= set(selected)
    assert all(selected.values())


def test_rows_use_only_arms_that_they_have_and_arms_that_they_use(shipped):
    for row in shipped.rows:
        if row.measures:
            used = set().union(*(row.arms_used(v) for v in (None, *row.variants)))
            assert used == set(row.arms), row.id


def test_every_variant_is_read(shipped):
    for row in shipped.rows:
        assert all(row.arms_used(variant) for variant in row.variants), row.id


def test_every_observable_is_documented():
    assert all(found.doc.startswith("Return ") for found in OBSERVABLES.values())


def test_scans_are_those_that_options_name(rows_folder):
    text = GOOD.replace("at: baseline}", "at: 2 h}")
    (rows_folder / "A1.yaml").write_text(text)
    row = load_ledger(["A1"], rows_folder).rows[0]
    assert row.scans() == {("rtms_10hz", 24.0), ("mdd", 2.0)}


@pytest.mark.parametrize(
    ("was", "becomes", "place", "said"),
    [
        ("observable: metric", "observable: metrics", ":9:17", "unknown observable"),
        ("arm: rtms_10hz,", "arm: rtms_10h,", ":10:28", "unknown arm"),
        ("name: gbc", "nam: gbc", ":10:12", "unknown option"),
        ("name: gbc, ", "", ":10:11", "missing option of 'metric'"),
        ("at: 1 d", "at: 1 x", ":10:", "unknown unit"),
        ("at: 1 d", "at: 3 d", ":10:", "no scan then"),
        ("expected: increase", "expected: equal", ":8:", "margin"),
        ("expected: increase", "expected: rise", ":12:", "not an accepted value"),
        ("expected: increase", "expected: increase\n    range: [3, 1]", ":13:", "not a range"),
        ("family: rtms", "family: tms", ":3:9", "not an accepted value"),
        ("  rtms_10hz: {}", "  rtms_10hz: {modifiers: [nope]}", ":6:", "unknown modifier"),
        ("id: A1", "id: A2", ":1:", "id and file differ"),
        ("claim:", "clam: x\nclaim:", ":2:1", "unknown key"),
        ("family: rtms", "family: rtms\nexperiment: calcium", ":1", "does not belong"),
        ("family: rtms", "family: rtms\nselected_on_row: true", ":4:", "but what"),
        ("family: rtms", "family: rtms\nnot_computed: no", ":", "one of them"),
    ],
)
def test_a_wrong_row_is_refused_with_its_place(rows_folder, was, becomes, place, said):
    assert was in GOOD
    (rows_folder / "A1.yaml").write_text(GOOD.replace(was, becomes))
    with pytest.raises(ConfigError) as error:
        load_ledger(["A1"], rows_folder)
    assert f"A1.yaml{place}" in str(error.value)
    assert said in str(error.value)


def test_two_rows_cannot_mean_different_arms_by_one_name(rows_folder):
    (rows_folder / "A1.yaml").write_text(GOOD)
    other = GOOD.replace("id: A1", "id: A2").replace(
        "rtms_10hz: {}", "rtms_10hz: {parameters: {sessions: 1}}"
    )
    (rows_folder / "A2.yaml").write_text(other)
    with pytest.raises(ConfigError, match="different arms by one name"):
        load_ledger([], rows_folder)


VARIANT = (
    GOOD
    + """    controls:
      - {what: a wide field, with: {variant: wide}}
variants:
  wide: {plasticity: {field_mm: 200}}
"""
)


def test_a_variant_is_the_study_with_its_sections_laid_over(rows_folder):
    (rows_folder / "A1.yaml").write_text(VARIANT)
    ledger = load_ledger(["A1"], rows_folder, "sde", 5, {"tau_early_h": 3.0, "field_mm": 20.0})
    wide = ledger.under("wide")
    assert ledger.under(None) is ledger.study
    assert wide.plasticity.parameters["field_mm"] == 200.0
    assert wide.plasticity.parameters["tau_early_h"] == 3.0
    assert (wide.engine, wide.cohort.subjects, wide.seed) == ("sde", 5, 5)
    assert ledger.study.plasticity.parameters["field_mm"] == 20.0
    row = ledger.rows[0]
    assert row.scans("wide") == row.scans(None) == {("rtms_10hz", 24.0), ("mdd", 0.0)}


def test_a_controls_condition_subtracted_is_of_its_variant_unless_it_says_another(rows_folder):
    text = VARIANT.replace("with: {variant: wide}", "with: {variant: wide}, minus: {variant: null}")
    for body, expected in ((VARIANT, ["wide", "wide"]), (text, ["wide", None])):
        (rows_folder / "A1.yaml").write_text(body)
        calls = load_ledger(["A1"], rows_folder).rows[0].measures[0].calls()
        assert [variant for _, variant, _ in calls] == [None, None, *expected]
        assert all("variant" not in options for *_, options in calls)


@pytest.mark.parametrize(
    ("was", "becomes", "place", "said"),
    [
        ("variant: wide", "variant: wid", ":14:", "unknown variant"),
        ("field_mm: 200", "field_m: 200", ":16:", "unknown key"),
        ("field_mm: 200", "field_mm: 2000", ":16:", "out of range"),
        ("{plasticity: {field_mm: 200}}", "{seed: 1}", ":16:", "no variant changes this"),
        ("{plasticity: {field_mm: 200}}", "{times: [baseline, 2 h]}", ":14:", "no scan then"),
        ("variant: wide", "variant: [wide]", ":14:", "not the name of a variant"),
        (
            "    controls:\n      - {what: a wide field, with: {variant: wide}}\n",
            "",
            ":14:",
            "no measure reads this variant",
        ),
        ("family: rtms", "family: rtms\nexperiment: calcium", ":", "no variants"),
    ],
)
def test_a_wrong_variant_is_refused_with_its_place(rows_folder, was, becomes, place, said):
    assert was in VARIANT
    (rows_folder / "A1.yaml").write_text(VARIANT.replace(was, becomes))
    with pytest.raises(ConfigError) as error:
        load_ledger(["A1"], rows_folder)
    assert f"A1.yaml{place}" in str(error.value)
    assert said in str(error.value)


def test_a_slow_state_is_asked_for_when_it_is_kept(rows_folder):
    text = GOOD.replace("name: gbc", "name: spines").replace(
        "observable: metric", "observable: state"
    )
    text = (
        text.replace("at: 1 d", "at: 30 d, variant: month")
        + "variants:\n  month: {times: [baseline, 30 d]}\n"
    )
    (rows_folder / "A1.yaml").write_text(text)
    with pytest.raises(ConfigError, match="slow states are not kept then") as error:
        load_ledger(["A1"], rows_folder)
    assert "A1.yaml:10:" in str(error.value) and "31 d" in str(error.value)


def test_study_and_variants_are_checked_against_their_atlases(rows_folder):
    (rows_folder / "A1.yaml").write_text(VARIANT)
    load_ledger(["A1"], rows_folder).check()
    text = VARIANT.replace("{plasticity: {field_mm: 200}}", "{atlas: schaefer10}")
    (rows_folder / "A1.yaml").write_text(text)
    with pytest.raises(ConfigError, match="unknown atlas") as error:
        load_ledger(["A1"], rows_folder).check()
    assert "A1.yaml:16:17" in str(error.value)
    (rows_folder / "A1.yaml").write_text(VARIANT.replace("rtms_10hz: {}", "rtms_10hz: {target: x}"))
    with pytest.raises(ConfigError, match="no such target"):
        load_ledger(["A1"], rows_folder).check()


def test_two_rows_cannot_mean_different_variants_by_one_name(rows_folder):
    (rows_folder / "A1.yaml").write_text(VARIANT)
    other = VARIANT.replace("id: A1", "id: A2").replace("field_mm: 200", "field_mm: 100")
    (rows_folder / "A2.yaml").write_text(other)
    with pytest.raises(ConfigError, match="different variants by one name"):
        load_ledger([], rows_folder)


def test_an_unknown_row_is_named_with_the_nearest_one():
    with pytest.raises(ConfigError) as error:
        load_ledger(["R19"])
    assert "no row 'R19'" in str(error.value)
    assert "R1, R2" in str(error.value)


def test_options_replace_the_studys_engine_people_and_constants(rows_folder):
    (rows_folder / "A1.yaml").write_text(GOOD)
    study = load_ledger(["A1"], rows_folder, "sde", 5, {"tau_early_h": 3.0}).study
    assert (study.engine, study.cohort.subjects) == ("sde", 5)
    assert study.plasticity.parameters["tau_early_h"] == 3.0
    assert [arm.name for arm in study.arms] == ["mdd", "rtms_10hz"]
