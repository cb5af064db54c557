"""Several treatments in one arm, places of the coil, and schedules that cannot be."""

from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netmod import treatments
from netmod.atlas import load_atlas
from netmod.errors import ConfigError, NetmodError
from netmod.plasticity.events import Dose, Session
from netmod.scenario import (
    Arm,
    Step,
    check_against_atlas,
    json_schema,
    load_scenario,
    read_scenario,
    unseen_events,
    warnings_of,
)
from netmod.treatments.declaration import Treatment

pytestmark = pytest.mark.usefixtures("shipped_registries")

HEAD = "schema_version: 1\nname: test\nseed: 7\ntimes: [baseline, 1 d, 12 wk]\narms:\n"
TWO = (
    "  x: {sequence: [{treatment: psilocybin, parameters: {doses: 1}}, "
    "{treatment: rtms_10hz, after: 7 d, parameters: {sessions: 3}}]}\n"
)


def arm_of(write, text):
    (arm,) = load_scenario(write(HEAD + text)).arms
    return arm


# what a sequence means


def test_a_sequence_is_its_steps_in_time(write):
    arm = arm_of(write, TWO)
    assert (arm.treatment, arm.target, dict(arm.parameters)) == ("sequence", None, {})
    assert [step.treatment.name for step in arm.steps] == ["psilocybin", "rtms_10hz"]
    assert [(type(e), e.time_h) for e in arm.events()] == [
        (Dose, 0.0), (Session, 168.0), (Session, 192.0), (Session, 216.0)
    ]  # fmt: skip
    assert arm.summary() == (
        "mdd × psilocybin (doses 1), then rtms_10hz at dlpfc_left (sessions 3) 1 wk later"
    )


def test_the_short_form_is_a_sequence_of_one(write):
    short = arm_of(write, "  x: {treatment: rtms_10hz, target: vertex}\n")
    long = arm_of(write, "  x: {sequence: [{treatment: rtms_10hz, target: vertex}]}\n")
    assert short.events() == long.events()
    assert short.canonical() != long.canonical()


def test_a_treatments_name_with_a_sequence_is_the_sequence(write):
    arm = arm_of(write, "  ssri: {sequence: [{treatment: ssri, start: 2 d}]}\n")
    assert arm.treatment == "sequence"
    assert arm.events()[0].time_h == 48.0


def test_a_modifier_moves_every_aimed_step_that_has_no_place_of_its_own(write):
    arm = arm_of(
        write,
        "  x:\n    modifiers: [target_vertex]\n    sequence:\n      - {treatment: lsd}\n"
        "      - {treatment: rtms_10hz, after: 1 d}\n"
        "      - {treatment: ctbs, after: 1 d, target: motor_left}\n",
    )
    assert [step.target for step in arm.sequence] == [None, "vertex", "motor_left"]
    assert arm.places() == [
        (("sequence", 1, "target"), "vertex"), (("sequence", 2, "target"), "motor_left")
    ]  # fmt: skip


def test_modifiers_reach_the_events_gates_and_surroundings(write):
    words = "[ketanserin, environment_adverse, trkb_agonist, nmda_block]"
    arm = arm_of(write, f"  x: {{treatment: psilocybin, modifiers: {words}}}\n")
    assert [e.time_h for e in arm.events()] == [-1.0, 0.0, 503.0, 504.0]
    assert arm.environment == "adverse"
    gates = arm.gates()
    assert (gates["agonist"], gates["nmda"], gates["trkb"]) == (1.0, 0.5, 1.0)
    assert arm_of(write, "  mdd: {}\n").environment == "neutral"


@pytest.mark.parametrize("name", sorted(treatments.TREATMENTS))
def test_every_treatment_loads_by_its_name_and_as_a_step(name, write):
    bare = arm_of(write, f"  {name}: {{}}\n")
    step = arm_of(write, f"  x: {{sequence: [{{treatment: {name}}}]}}\n")
    assert bare.events() == step.events() != ()


def test_an_exchange_reaches_the_events_of_every_step(write):
    arm = arm_of(
        write,
        "  x:\n    modifiers: [kinetics_exchanged_lsd]\n    sequence:\n"
        "      - {treatment: psilocybin, parameters: {doses: 1}}\n"
        "      - {treatment: lsd, start: 3 d}\n      - {treatment: ketamine, start: 6 d, "
        "parameters: {sessions: 1}}\n",
    )
    assert [event.drug for event in arm.events()] == [
        "psilocybin_kinetics_of_lsd", "lsd_kinetics_of_psilocybin", "ketamine"
    ]  # fmt: skip
    assert arm.summary().endswith("+ kinetics_exchanged_lsd")


def test_a_control_of_the_receptor_s_map_belongs_to_the_scenario(write):
    def loaded(line):
        return load_scenario(write(f"{HEAD}  mdd: {{}}\n{line}\n"))

    plain = loaded("")
    named, other = (loaded(f"plasticity: {{ht2a_map: {name}}}") for name in ("atlas", "ht1a"))
    assert plain == named and plain.sha256 == named.sha256 != other.sha256
    assert other.canonical()["plasticity"]["ht2a_map"] == "ht1a"
    assert load_scenario(write(other.to_yaml())) == other
    with pytest.raises(NetmodError) as caught:
        loaded("plasticity: {ht2a_map: unifrom}")
    assert "plasticity.ht2a_map: not an accepted value" in str(caught.value)
    assert "did you mean 'uniform'?" in str(caught.value)


def test_a_map_that_the_atlas_lacks_is_named_before_anything_runs(write, monkeypatch):
    from dataclasses import replace

    import netmod.atlas

    atlas = load_atlas("dk84")
    maps = {gene: values for gene, values in atlas.maps.items() if gene != "HTR1A"}
    monkeypatch.setattr(netmod.atlas, "load_atlas", lambda name: replace(atlas, maps=maps))
    scenario, positions = read_scenario(
        write(f"{HEAD}  mdd: {{}}\nplasticity:\n  ht2a_map: ht1a\n")
    )
    with pytest.raises(ConfigError) as caught:
        check_against_atlas(scenario, positions)
    assert str(caught.value) == (
        "c.yaml:8:13: plasticity.ht2a_map: atlas 'dk84': "
        "ht2a_map 'ht1a' needs a map that the atlas lacks\n"
        "  expected: a map HTR1A with values above 0 in cortex\n"
        "  hint: write 'ht2a_map: atlas', or choose another atlas"
    )


@pytest.mark.parametrize("name", sorted(treatments.MODIFIERS))
def test_every_modifier_loads(name, write):
    arm = arm_of(write, f"  x: {{treatment: psilocybin_rtms, modifiers: [{name}]}}\n")
    plain = arm_of(write, "  x: {treatment: psilocybin_rtms}\n")
    assert (arm.events(), arm.gates(), arm.environment) != (
        (plain.events(), plain.gates(), plain.environment)
    ) or name == "environment_neutral"


def test_python_and_yaml_build_the_same(write):
    steps = (
        Step(treatment="psilocybin", parameters={"doses": 1}),
        Step(treatment="rtms_10hz", after="1 wk", parameters={"sessions": 3}),
    )
    assert Arm(name="x", sequence=steps) == arm_of(write, TWO)


STARTS = st.one_of(
    st.just({}),
    st.integers(0, 100_000).map(lambda m: {"start": f"{m} min"}),
    st.integers(0, 365).map(lambda d: {"after": f"{d} d"}),
)
PLACES = st.sampled_from(
    [{}, {"target": "vertex"}, {"target": [-38, 44.5, 26]}, {"target": "1e-3, 2,3"},
     {"target": "individual"}, {"target": "/a/b c.tsv"}]
)  # fmt: skip


@st.composite
def sequences(draw):
    steps = []
    for i in range(draw(st.integers(1, 4))):
        name = draw(st.sampled_from(["psilocybin", "itbs", "ssri", "ect_bf", "therapy"]))
        time = draw(STARTS)
        if i and not time:
            time = {"start": "0 h"}
        if not i:
            time.pop("after", None)
        steps.append({"treatment": name, **time, **(draw(PLACES) if name == "itbs" else {})})
    changes = draw(st.sampled_from([[], ["ketanserin"], ["pv_locked", "environment_adverse"]]))
    return {"sequence": steps, "modifiers": changes, "acknowledge": ["safety"]}


@settings(max_examples=60, deadline=None, derandomize=True)
@given(spec=sequences())
def test_round_trip(spec, tmp_path_factory):
    from netmod.scenario import Scenario

    data = {"schema_version": 1, "name": "t", "seed": 1, "times": ["baseline", "520 wk"]}
    try:
        scenario = Scenario.model_validate({**data, "arms": {"x": spec}})
    except ValueError as error:
        assert "overlapping sessions" in str(error) or "two shocks within" in str(error)
        return
    path = tmp_path_factory.mktemp("round") / "scenario.yaml"
    path.write_text(scenario.to_yaml(), encoding="utf-8")
    back = load_scenario(path)
    assert back == scenario
    assert back.sha256 == scenario.sha256
    assert back.arms[0].events() == scenario.arms[0].events()


def test_the_hash_sees_steps_but_no_folder(write):
    def digest(text):
        return load_scenario(write(HEAD + text)).sha256

    texts = [TWO, TWO.replace("7 d", "8 d"), TWO.replace("doses: 1", "doses: 2")]
    texts.append(TWO.replace("sessions: 3}", "sessions: 3}, target: vertex"))
    assert len({digest(text) for text in texts}) == 4
    field = "  x: {{treatment: rtms_10hz, target: {}/field.tsv}}\n"
    assert digest(field.format("/a")) == digest(field.format("/b"))


# places


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ("[-38, 44, 26]", "-38,44,26"),
        ("'-38, 44.5,26'", "-38,44.5,26"),
        ("individual", "individual"),
        ("fox_2012", "fox_2012"),
        ("L.RMFG", "L.RMFG"),
    ],
)
def test_places_by_name_and_by_coordinate(written, place, write):
    text = HEAD + f"  x: {{treatment: itbs, target: {written}}}\n"
    scenario, positions = read_scenario(write(text))
    assert scenario.arms[0].target == place
    assert {e.place for e in scenario.arms[0].events()} == {place}
    check_against_atlas(scenario, positions)


def test_a_field_file_stands_beside_the_config(write, tmp_path):
    text = HEAD + "  x: {sequence: [{treatment: itbs, target: f.tsv}]}\n"
    scenario, positions = read_scenario(write(text))
    assert scenario.arms[0].sequence[0].target == str(tmp_path / "f.tsv")
    with pytest.raises(ConfigError, match="no such file") as caught:
        check_against_atlas(scenario, positions)
    assert caught.value.where == "c.yaml:6:44: arms.x.sequence.0.target"
    (tmp_path / "f.tsv").write_text("region\tfield\nL.BSTS\t1\n")
    with pytest.raises(ConfigError, match="regions are missing") as caught:
        check_against_atlas(scenario, positions)
    assert caught.value.where == "c.yaml:6:44: arms.x.sequence.0.target"
    rows = "".join(f"{name}\t1\n" for name in load_atlas("dk84").region)
    (tmp_path / "f.tsv").write_text(f"region\tfield\n{rows}")
    check_against_atlas(scenario, positions)


def test_a_point_outside_the_brain_is_placed(write):
    text = HEAD + '  x: {treatment: itbs, target: "100, 100, 100"}\n'
    with pytest.raises(ConfigError, match="outside the brain") as caught:
        check_against_atlas(*read_scenario(write(text)))
    assert caught.value.where.startswith("c.yaml:6:") and caught.value.where.endswith("x.target")


def test_two_shocks_at_once_are_placed(write):
    steps = "{treatment: ect_bl}, {treatment: ect_rul, start: 30 min}"
    with pytest.raises(ConfigError, match="two shocks within an hour") as caught:
        read_scenario(write(HEAD + f"  x: {{sequence: [{steps}]}}\n"))
    assert "arms.x.sequence.1" in caught.value.where


def test_an_unknown_place_in_a_step_is_placed(write):
    text = HEAD + "  x: {sequence: [{treatment: itbs, target: fox2012}]}\n"
    with pytest.raises(ConfigError, match="no such target") as caught:
        check_against_atlas(*read_scenario(write(text)))
    assert caught.value.where == "c.yaml:6:44: arms.x.sequence.0.target"
    assert caught.value.hint == "did you mean 'fox_2012'?"


# bad input, word for word

SAFETY = "Rossi et al. 2021, doi:10.1016/j.clinph.2020.10.003 (recalled)"
GO_ON = (
    "  hint: lower intensity_rmt or shorten train_s; to simulate it nevertheless, give the arm "
    "'acknowledge: [safety]'"
)
BAD = {
    "overlapping sessions of a course": (
        "  x: {treatment: saint, parameters: {sessions_a_day: 24, gap_min: 53}}",
        "c.yaml:6:54: arms.x.parameters.sessions_a_day: overlapping sessions of one coil\n"
        "  expected: each session to begin after the one before has ended\n"
        "  got: one at 24 h of 9.86 min, the next at 24.15 h\n"
        "  hint: fewer sessions a day, or a shorter gap_min",
    ),
    "overlapping steps": (
        "  x: {sequence: [{treatment: itbs}, {treatment: rtms_10hz, start: 3 min}]}",
        "c.yaml:6:37: arms.x.sequence.1: overlapping sessions of one coil\n"
        "  expected: each session to begin after the one before has ended\n"
        "  got: one at 0 h of 3.2 min, the next at 0.05 h\n"
        "  hint: begin this step later",
    ),
    "safety of a train": (
        "  x: {treatment: rtms_10hz, parameters: {train_s: 6}}",
        "c.yaml:6:29: arms.x.parameters.intensity_rmt: beyond safety limits (" + SAFETY + ")\n"
        "  expected: trains of at most 4.2 s at 10 Hz and 120 % of the resting motor threshold\n"
        "  got: 6 s\n" + GO_ON,
    ),
    "safety of a step": (
        "  x: {sequence: [{treatment: ctbs, parameters: {intensity_rmt: 110}}]}",
        "c.yaml:6:64: arms.x.sequence.0.parameters.intensity_rmt: beyond safety limits ("
        + SAFETY + ")\n"
        "  expected: at most 90 % of the resting motor threshold (other theta bursts)\n"
        "  got: 110 %\n" + GO_ON,
    ),
    "after the last scan": (
        "  x: {sequence: [{treatment: lsd}, {treatment: dmt, start: 12 wk}]}",
        "c.yaml:6:36: arms.x.sequence.1: a schedule after the last scan\n"
        "  expected: a first event before the last scan (12 wk)\n"
        "  got: arm 'x' begins at 12 wk\n"
        "  hint: add a later time to 'times', or begin earlier",
    ),
    "a first day after the last scan": (
        "  x: {treatment: therapy, parameters: {first_day: 90}}",
        "c.yaml:6:6: arms.x: a schedule after the last scan\n"
        "  expected: a first event before the last scan (12 wk)\n"
        "  got: arm 'x' begins at 90 d\n"
        "  hint: add a later time to 'times', or begin earlier",
    ),
    "no beginning": (
        "  x: {sequence: [{treatment: lsd}, {treatment: dmt}]}",
        "c.yaml:6:36: arms.x.sequence.1: it is not said when this step begins\n"
        "  expected: start or after\n"
        "  hint: add 'after: 1 d' (from the step before) or 'start: 1 d' (from day 0)",
    ),
    "two beginnings": (
        "  x: {sequence: [{treatment: lsd}, {treatment: dmt, start: 1 d, after: 2 d}]}",
        "c.yaml:6:72: arms.x.sequence.1.after: two beginnings\n"
        "  expected: one\n"
        "  got: start 1 d and after 2 d\n"
        "  hint: keep one of them",
    ),
    "nothing before": (
        "  x: {sequence: [{treatment: lsd, after: 1 d}]}",
        "c.yaml:6:42: arms.x.sequence.0.after: nothing comes before the first step\n"
        "  expected: no 'after'\n"
        "  got: 1 d\n"
        "  hint: remove it, or write 'start: …'",
    ),
    "a bare time": (
        "  x: {sequence: [{treatment: lsd, start: 3}]}",
        "c.yaml:6:42: arms.x.sequence.0.start: a time needs a unit\n"
        "  expected: a number with min, h, d or wk\n"
        "  got: 3\n"
        "  hint: write '3 h', '3 d' or '3 wk'",
    ),
    "a step that is a word": (
        "  x: {sequence: [lsd]}",
        "c.yaml:6:18: arms.x.sequence.0: not a step\n"
        "  expected: a mapping with treatment, start or after, target, parameters\n"
        "  got: 'lsd'\n"
        "  hint: write {treatment: lsd}",
    ),
    "an unknown treatment in a step": (
        "  x: {sequence: [{treatment: psilocybn}]}",
        "c.yaml:6:30: arms.x.sequence.0.treatment: unknown treatment\n"
        "  expected: one of: sham, rtms_10hz, rtms_1hz, itbs, itbs_6wk, ctbs, saint, ect_bl, "
        "ect_rul, ect_bf, psilocybin, lsd, dmt, ketamine, ssri, ssri_single, placebo, therapy, "
        "psilocybin_rtms\n"
        "  got: 'psilocybn'\n"
        "  hint: did you mean 'psilocybin'?",
    ),
    "an empty sequence": (
        "  x: {sequence: []}",
        "c.yaml:6:17: arms.x.sequence: not a sequence\n"
        "  expected: a list of 1 to 20 treatments in their order\n"
        "  got: a list of 0\n"
        "  hint: write [{treatment: psilocybin}, {treatment: rtms_10hz, after: 1 d}]",
    ),
    "no sequence": (
        "  x: {treatment: sequence}",
        "c.yaml:6:18: arms.x.treatment: no sequence\n"
        "  hint: add 'sequence: [{treatment: …}, …]'",
    ),
    "a treatment and a sequence": (
        "  x: {treatment: lsd, sequence: [{treatment: dmt}]}",
        "c.yaml:6:33: arms.x.sequence: a treatment and a sequence\n"
        "  expected: one of them\n"
        "  got: 'lsd'\n"
        "  hint: make the treatment a step of the sequence",
    ),
    "parameters beside a sequence": (
        "  x: {sequence: [{treatment: lsd}], parameters: {doses: 1}}",
        "c.yaml:6:49: arms.x.parameters: a sequence has no parameters\n"
        "  got: a mapping with doses\n"
        "  hint: move them into one of its steps",
    ),
    "a target that aims nothing": (
        "  x: {sequence: [{treatment: lsd, target: vertex}]}",
        "c.yaml:6:43: arms.x.sequence.0.target: nothing is aimed here\n"
        "  expected: no target\n"
        "  got: 'vertex' with treatment 'lsd'\n"
        "  hint: remove the target, or choose a treatment that is aimed",
    ),
    "two numbers": (
        "  x: {treatment: itbs, target: [1, 2]}",
        "c.yaml:6:32: arms.x.target: not a coordinate\n"
        "  expected: x, y, z in MNI space, each within 200 mm\n"
        "  got: a list of 2\n"
        "  hint: write [-38, 44, 26]",
    ),
    "outside any head": (
        "  x: {treatment: itbs, target: '-38, 44, 2600'}",
        "c.yaml:6:32: arms.x.target: not a coordinate\n"
        "  expected: x, y, z in MNI space, each within 200 mm\n"
        "  got: '-38, 44, 2600'\n"
        "  hint: write [-38, 44, 26]",
    ),
    "two environments": (
        "  x: {modifiers: [environment_adverse, environment_supportive]}",
        "c.yaml:6:40: arms.x.modifiers.1: two environments\n"
        "  expected: one at most\n"
        "  got: 'environment_adverse' and 'environment_supportive'\n"
        "  hint: keep one of them",
    ),
    "an exchange of drugs that are not given": (
        "  x: {treatment: rtms_10hz, modifiers: [stress_off, trkb_affinity_exchanged]}",
        "c.yaml:6:53: arms.x.modifiers.1: no drug of this arm is exchanged\n"
        "  expected: doses of psilocybin or escitalopram\n"
        "  got: 'trkb_affinity_exchanged' with no dose\n"
        "  hint: remove the modifier, or choose a treatment that gives one of these drugs",
    ),
    "an exchange of another drug": (
        "  x: {treatment: ketamine, modifiers: [kinetics_exchanged_lsd]}",
        "c.yaml:6:40: arms.x.modifiers.0: no drug of this arm is exchanged\n"
        "  expected: doses of psilocybin or lsd\n"
        "  got: 'kinetics_exchanged_lsd' with doses of ketamine\n"
        "  hint: remove the modifier, or choose a treatment that gives one of these drugs",
    ),
    "two exchanges": (
        "  x: {treatment: lsd, modifiers: [kinetics_exchanged_lsd, trkb_affinity_exchanged]}",
        "c.yaml:6:59: arms.x.modifiers.1: two exchanges\n"
        "  expected: one at most\n"
        "  got: 'kinetics_exchanged_lsd' and 'trkb_affinity_exchanged'\n"
        "  hint: keep one of them",
    ),
    "an unknown limit": (
        "  x: {treatment: itbs, acknowledge: [safty]}",
        "c.yaml:6:38: arms.x.acknowledge.0: unknown limit\n"
        "  expected: one of: safety\n"
        "  got: 'safty'\n"
        "  hint: did you mean 'safety'?",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), BAD.values(), ids=BAD)
def test_the_message_is_word_for_word(text, expected, write):
    with pytest.raises(NetmodError) as caught:
        load_scenario(write(HEAD + text + "\n"))
    assert str(caught.value) == expected
    assert caught.value.exit_code == 2


def test_all_steps_report_their_mistakes_at_once(write):
    text = "  x: {sequence: [{treatment: a}, {treatment: lsd, start: 1 d, doses: 2}, 3]}\n"
    with pytest.raises(NetmodError, match=r"^3 problems") as caught:
        load_scenario(write(HEAD + text))
    assert [f"sequence.{i}" in str(caught.value) for i in range(3)] == [True] * 3


@pytest.mark.parametrize(
    ("dose", "what", "hint"),
    [
        (Dose(0.0, "psilocybine"), "unknown drug", "did you mean 'psilocybin'?"),
        (Dose(0.0, ""), "not the name of a drug", "add the drug to"),
        (Dose(0.0, "lsd", 0.0), "a dose of lsd without an amount", "give more than 0"),
        (Dose(0.0, "lsd", float("nan")), "a dose of lsd without an amount", "give more than 0"),
    ],
)
def test_a_treatment_of_ones_own_needs_a_drug_and_an_amount(dose, what, hint, write, monkeypatch):
    own = Treatment("own", "doc", "mechanism", "source", lambda p, t: [dose])
    monkeypatch.setattr(treatments, "TREATMENTS", MappingProxyType({"own": own}))
    with pytest.raises(ConfigError) as caught:
        load_scenario(write(HEAD + "  x: {treatment: own}\n"))
    assert caught.value.where == "c.yaml:6:18: arms.x.treatment"
    assert what in caught.value.what
    assert hint in caught.value.hint


def test_pulses_that_no_coil_gives_are_placed(write):
    text = "  x: {sequence: [{treatment: lsd}, {treatment: itbs, after: 1 d, parameters: {"
    text += "rate_hz: 50, burst: 10}}]}\n"
    with pytest.raises(ConfigError) as caught:
        load_scenario(write(HEAD + text))
    assert caught.value.where == "c.yaml:6:78: arms.x.sequence.1.parameters"


# warnings


def test_acknowledged_limits_are_a_warning(write):
    text = "  x: {treatment: rtms_10hz, acknowledge: [safety], parameters: {train_s: 6}}\n"
    scenario, positions = read_scenario(write(HEAD + text))
    assert warnings_of(scenario, positions) == [
        "c.yaml:6:52: arms.x.parameters.intensity_rmt: "
        f"beyond safety limits ({SAFETY}): 6 s, acknowledged"
    ]
    assert scenario.arms[0].canonical()["acknowledge"] == ["safety"]
    assert warnings_of(*read_scenario(write(HEAD + "  itbs: {}\n"))) == []


def test_events_that_no_scan_sees_are_counted(write):
    text = HEAD.replace("12 wk", "6 wk") + "  mdd: {}\n  ssri: {}\n  itbs_6wk: {}\n"
    assert unseen_events(load_scenario(write(text))) == (
        "events after the last scan (6 wk): ssri 42 of 84"
    )
    assert unseen_events(load_scenario(write(HEAD + "  ssri: {}\n"))) is None


# overrides, JSON Schema


def test_an_override_reaches_into_a_step(write):
    path = write(HEAD + TWO)
    (arm,) = load_scenario(path, ["arms.x.sequence.1.parameters.sessions=5"]).arms
    assert len(arm.events()) == 6
    with pytest.raises(ConfigError) as caught:
        load_scenario(path, ["arms.x.sequence.1.after=5"])
    assert caught.value.where == "--set arms.x.sequence.1.after"


def test_the_json_schema_publishes_steps():
    listed, mapped = json_schema()["properties"]["arms"]["anyOf"]
    arm = mapped["additionalProperties"]["properties"]
    step = arm["sequence"]["items"]
    assert step["required"] == ["treatment"]
    assert step["properties"]["treatment"]["enum"] == list(treatments.TREATMENTS)
    assert set(step["properties"]) == set(Step.model_fields)
    assert set(arm) == set(Arm.model_fields) - {"name"}
    assert "saint" in listed["items"]["enum"]
