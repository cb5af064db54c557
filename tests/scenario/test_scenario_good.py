"""What a scenario means: defaults, arms, times, round trip, hash, overrides, atlas."""

import json
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

import netmod.atlas
from netmod.errors import ConfigError
from netmod.scenario import (
    Arm,
    Override,
    Scenario,
    check_against_atlas,
    json_schema,
    load_scenario,
    read_scenario,
)

HEAD = "schema_version: 1\nname: test\nseed: 7\n"


def test_defaults_are_filled(write):
    scenario = load_scenario(write(HEAD + "arms: [mdd]\n"))
    assert scenario.engine == "sde"
    assert scenario.atlas == "dk84"
    assert scenario.solver.name == "heun"
    assert scenario.solver.dt_ms == 1.0
    assert scenario.solver.noise == "gaussian"
    assert scenario.scanner.duration_s == 300.0
    assert scenario.scanner.tr_s == 2.0
    assert scenario.cohort.subjects == 16
    assert scenario.model.parameters["tau_E"] == 0.1
    assert scenario.times_h == (0.0, 2.0, 24.0, 168.0, 1008.0)
    assert (scenario.readout.louvain_runs, scenario.readout.bootstrap) == (10, 2000)
    assert scenario.cells == 16 * 1 * 5


def test_a_section_with_every_line_commented_out_is_its_default(write):
    full = load_scenario(write(HEAD + "solver:\n  # dt_ms: 1\narms: [mdd]\n"))
    assert full == load_scenario(write(HEAD + "arms: [mdd]\n"))


def test_bare_names(write):
    arms = load_scenario(write(HEAD + "arms: [healthy, mdd, sham, rtms_10hz]\n")).arms
    assert [(a.name, a.population, a.treatment, a.target) for a in arms] == [
        ("healthy", "healthy", "none", None),
        ("mdd", "mdd", "none", None),
        ("sham", "mdd", "sham", None),
        ("rtms_10hz", "mdd", "rtms_10hz", "dlpfc_left"),
    ]
    assert dict(arms[3].parameters) == {"sessions": 20.0, "frequency_hz": 10.0}


def test_a_mapping_of_empty_arms_is_the_list(write):
    listed = load_scenario(write(HEAD + "arms: [healthy, sham, ssri]\n"))
    mapped = load_scenario(write(HEAD + "arms:\n  healthy: {}\n  sham:\n  ssri: null\n"))
    assert mapped == listed
    assert hash(mapped) == hash(listed)
    assert mapped.sha256 == listed.sha256


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("x: {population: healthy}", ("healthy", "none", (), None)),
        ("x: {treatment: null, modifiers: [ketanserin]}", ("mdd", "none", ("ketanserin",), None)),
        ("sham: {population: healthy}", ("healthy", "sham", (), None)),
        ("healthy: {population: healthy, treatment: none}", ("healthy", "none", (), None)),
        ("well: {population: healthy, treatment: ssri}", ("healthy", "ssri", (), None)),
        ("x: {treatment: rtms_10hz, target: amygdala}", ("mdd", "rtms_10hz", (), "amygdala")),
        (
            "rtms_10hz: {modifiers: [target_vertex]}",
            ("mdd", "rtms_10hz", ("target_vertex",), "vertex"),
        ),
        (
            "x: {treatment: rtms_10hz, modifiers: [target_vertex], target: motor_left}",
            ("mdd", "rtms_10hz", ("target_vertex",), "motor_left"),
        ),
    ],
)
def test_arms_written_out(write, spec, expected):
    (arm,) = load_scenario(write(HEAD + f"arms:\n  {spec}\n")).arms
    assert (arm.population, arm.treatment, arm.modifiers, arm.target) == expected


def test_times_read_the_same_in_any_unit(write):
    one = load_scenario(write(HEAD + "arms: [mdd]\ntimes: [baseline, 120 min, 24h, 7 d]\n"))
    assert one.times == ("baseline", "2 h", "1 d", "1 wk")
    assert one.times_h == (0.0, 2.0, 24.0, 168.0)


def test_a_scenario_is_frozen(write, base):
    scenario = load_scenario(write(base))
    with pytest.raises(ValidationError, match="frozen"):
        scenario.seed = 3
    with pytest.raises(ValidationError, match="frozen"):
        scenario.scanner.tr_s = 3.0
    with pytest.raises(TypeError):
        scenario.model.parameters["G"] = 3.0
    with pytest.raises(TypeError):
        scenario.arms[0].parameters["sessions"] = 3.0


def test_python_and_yaml_build_the_same(write):
    arms = (Arm(name="mdd"), Arm(name="rtms_10hz", treatment="rtms_10hz"))
    built = Scenario(schema_version=1, name="test", seed=7, arms=arms)
    assert built == load_scenario(write(HEAD + "arms: [mdd, rtms_10hz]\n"))


WORDS = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,12}", fullmatch=True) | st.sampled_from(
    ["null", "true", "yes", "1e3", "0x1f", "0o17", "12", "1_0", "on"]
)


@st.composite
def scenarios(draw):
    tr_s = draw(st.sampled_from([0.5, 0.72, 0.8, 2.0, 3.0]))
    minutes = draw(st.lists(st.integers(1, 500_000), max_size=5, unique=True).map(sorted))
    arms = draw(st.lists(st.sampled_from(["healthy", "mdd", "sham", "ssri"]), max_size=3))
    mapping = dict.fromkeys(arms)
    mapping["x"] = {
        "treatment": "rtms_10hz",
        "target": draw(WORDS | st.just("a b: c#'\"é")),
        "modifiers": draw(st.sampled_from([[], ["ketanserin"], ["target_vertex"]])),
        "parameters": {"sessions": draw(st.floats(1, 60))},
    }
    return Scenario.model_validate(
        {
            "schema_version": 1,
            "name": draw(WORDS),
            "seed": draw(st.integers(0, 2**32 - 1)),
            "atlas": draw(WORDS | st.sampled_from(["/a b/c: d", "/x/#y", "/ñ/'q'"])),
            "engine": draw(st.sampled_from(["sde", "linear"])),
            "model": {"parameters": {"G": draw(st.floats(0, 10))}},
            "scanner": {"tr_s": tr_s, "duration_s": tr_s * draw(st.integers(120, 500))},
            "cohort": {"subjects": draw(st.integers(2, 10_000))},
            "times": ["baseline", *(f"{m} min" for m in minutes)],
            "arms": mapping,
        }
    )


@settings(max_examples=60, deadline=None, derandomize=True)
@given(scenario=scenarios())
def test_round_trip(scenario, tmp_path_factory):
    path = tmp_path_factory.mktemp("round") / "scenario.yaml"
    path.write_text(scenario.to_yaml(), encoding="utf-8")
    back = load_scenario(path)
    assert back == scenario
    assert back.sha256 == scenario.sha256
    assert back.to_yaml() == scenario.to_yaml()
    json.dumps(scenario.canonical(), allow_nan=False)


def test_the_hash_sees_every_value(write, base):
    edits = [
        ("seed: 7", "seed: 8"),
        ("linear", "sde"),
        ("{G: 2}", "{G: 2.0000001}"),
        ("duration_s: 300", "duration_s: 302"),
        ("dt_ms: 1}", "dt_ms: 1, noise: three_point}"),
        ("subjects: 8", "subjects: 9"),
        ("1 d]", "2 d]"),
        ("bootstrap: 500", "bootstrap: 501"),
        ("sessions: 10", "sessions: 11"),
        ("target_vertex", "target_motor"),
        ("atlas: dk84", "atlas: dk85"),
        ("name: test", "name: test2"),
    ]
    hashes = {load_scenario(write(base.replace(*edit))).sha256 for edit in edits}
    hashes.add(load_scenario(write(base)).sha256)
    assert len(hashes) == len(edits) + 1


def test_the_hash_does_not_depend_on_where_a_folder_lies(write, base, tmp_path):
    text = base.replace("atlas: dk84", "atlas: ./mine")
    (tmp_path / "deep").mkdir()
    here, there = load_scenario(write(text)), load_scenario(write(text, "deep/c.yaml"))
    assert here.atlas == str(tmp_path / "mine")
    assert there.atlas == str(tmp_path / "deep" / "mine")
    assert here.sha256 == there.sha256


# overrides


def test_overrides_replace_values(write, base):
    scenario = load_scenario(
        write(base),
        [
            "scanner.duration_s=600",
            "times=[baseline, 6 wk]",
            "plasticity=",
            "model.parameters.noise_sd=0.5",
            "arms.rtms.parameters.sessions=30",
            "arms.ssri=",
            "arms.rtms.modifiers.0=target_motor",
            "engine=sde",
            "engine=linear",
        ],
    )
    assert scenario.scanner.duration_s == 600
    assert scenario.times_h == (0.0, 1008.0)
    assert scenario.model.parameters["noise_sd"] == 0.5
    assert scenario.model.parameters["G"] == 2.0
    assert scenario.arms[1].parameters["sessions"] == 30
    assert scenario.arms[1].target == "motor_left"
    assert scenario.arms[2].treatment == "ssri"
    assert scenario.engine == "linear"


def test_an_override_reaches_into_a_listed_arm(write):
    path = write(HEAD + "arms: [mdd, rtms_10hz]\n")
    arms = load_scenario(path, ["arms.rtms_10hz.parameters.sessions=5"]).arms
    assert [arm.name for arm in arms] == ["mdd", "rtms_10hz"]
    assert arms[1].parameters["sessions"] == 5


@pytest.mark.parametrize(
    ("text", "where", "what", "hint"),
    [
        ("engine", "--set engine", "no value", "write --set engine=…"),
        ("=3", "--set ", "an empty key", "with dots between"),
        ("a..b=3", "--set a..b", "an empty key", "with dots between"),
        ("engine=sd", "--set engine", "not an accepted value", "did you mean 'sde'?"),
        ("engne=sde", "--set engne", "unknown key", "did you mean 'engine'?"),
        ("scanner.tr=2", "--set scanner.tr", "unknown key", "write 'tr_s'"),
        ("scanner={tr_s: 99}", "--set scanner: scanner.tr_s", "out of range", "use 10 or less"),
        ("seed.x=2", "--set seed.x", "'seed' holds no keys", "--set seed="),
        ("times.9=2 h", "--set times.9", "no such entry", "count from 0"),
        ("times.1=6", "--set times.1", "a time needs a unit", "write '6 h'"),
        ("seed=[1", "--set seed", "not valid YAML", "close the bracket"),
        ("seed=*x", "--set seed", "anchors and aliases", "quote it"),
        ("seed=.inf", "--set seed", "not a finite number", "write a number"),
        ("name=a\0b", "--set name", "not a text file", "control characters"),
        ("solver.dt_ms=0.3", "--set solver.dt_ms", "whole number of steps", "write 1, 0.5"),
    ],
)
def test_a_bad_override_names_itself(write, base, text, where, what, hint):
    with pytest.raises(ConfigError) as caught:
        load_scenario(write(base), [text])
    assert caught.value.where == where
    assert what in caught.value.what
    assert hint in caught.value.hint


def test_an_option_has_its_own_place(write, base):
    with pytest.raises(ConfigError) as caught:
        load_scenario(write(base), [Override("--engine", ("engine",), "fast")])
    assert caught.value.where == "--engine"


# atlas


@pytest.fixture
def small_atlas(monkeypatch):
    atlas = SimpleNamespace(
        name="small",
        folder=None,
        region=("left_a", "left_b"),
        targets={"vertex": (0,), "motor_left": (1,)},
    )
    monkeypatch.setattr(netmod.atlas, "load_atlas", lambda name: atlas)
    return atlas


@pytest.fixture
def structural(base):
    return base.replace("model: {", "model: {connectivity: structural, ")


def test_known_targets_and_regions_pass(write, structural, small_atlas):
    for target in ("vertex", "left_b"):
        text = structural.replace("[target_vertex]", f"[], target: {target}")
        scenario, positions = read_scenario(write(text))
        assert check_against_atlas(scenario, positions) is small_atlas


def test_an_unknown_target_is_placed(write, structural, small_atlas):
    text = structural.replace("[target_vertex]", "[], target: motr_left")
    with pytest.raises(ConfigError) as caught:
        check_against_atlas(*read_scenario(write(text)))
    assert caught.value.where == "c.yaml:14:55: arms.rtms.target"
    assert caught.value.hint == "did you mean 'motor_left'?"


def test_a_treatments_own_target_is_checked_too(write, small_atlas):
    with pytest.raises(ConfigError) as caught:
        text = HEAD + "arms: [mdd, rtms_10hz]\nmodel: {connectivity: structural}\n"
        check_against_atlas(*read_scenario(write(text)))
    assert caught.value.where == "c.yaml:4:13: arms.1.target"
    assert "'dlpfc_left', which arm 'rtms_10hz' aims at" in caught.value.got


def test_an_unknown_atlas_stands_at_its_key(write, base):
    with pytest.raises(ConfigError) as caught:
        check_against_atlas(*read_scenario(write(base.replace("dk84", "no_such_atlas"))))
    assert caught.value.where == "c.yaml:4:8: atlas"


@pytest.mark.parametrize(
    ("line", "where"),
    [
        ("model: {connectivity: effective}", "c.yaml:4:23: model.connectivity"),
        ("model: {parameters: {G: 1}}", "c.yaml:4:8: model"),
        ("atlas: small", "c.yaml:4:8: atlas"),
    ],
)
def test_an_atlas_without_fitted_weights_is_refused(write, small_atlas, line, where):
    with pytest.raises(ConfigError, match="no effective connectivity for model") as caught:
        check_against_atlas(*read_scenario(write(f"{HEAD}{line}\narms: [mdd]\n")))
    assert caught.value.where == where
    assert caught.value.hint == "write 'model: {connectivity: structural}'"
    scenario = load_scenario(write(HEAD + "model: {connectivity: structural}\narms: [mdd]\n"))
    assert check_against_atlas(scenario) is small_atlas


def test_arms_that_would_share_files_are_refused(write, structural, small_atlas):
    text = structural[: structural.index("arms:")] + "arms:\n  a_b: {treatment: ssri}\n"
    text += "  mdd: {}\n  ab: {treatment: sham}\n"
    with pytest.raises(ConfigError, match="the same name but for underscores") as caught:
        check_against_atlas(*read_scenario(write(text)))
    assert caught.value.where == "c.yaml:15:3: arms.ab"
    assert caught.value.got == "'a_b' and 'ab'"


# JSON Schema


def test_the_json_schema_is_composed_from_the_declarations():
    schema = json_schema()
    json.dumps(schema, allow_nan=False)
    properties = schema["properties"]
    assert set(properties) == set(Scenario.model_fields)
    assert schema["required"] == ["schema_version", "name", "seed", "arms"]
    tr_s = properties["scanner"]["properties"]["tr_s"]
    assert (tr_s["minimum"], tr_s["maximum"], tr_s["unit"]) == (0.1, 10.0, "s")
    listed, mapped = properties["arms"]["anyOf"]
    assert "rtms_10hz" in listed["items"]["enum"]
    spec = mapped["additionalProperties"]["properties"]
    assert spec["modifiers"]["items"]["enum"] == ["ketanserin", "target_vertex", "target_motor"]
    (sessions,) = spec["parameters"]["properties"]["sessions"]["anyOf"]
    assert (sessions["minimum"], sessions["maximum"]) == (1.0, 60.0)
    model = properties["model"]["anyOf"][0]["properties"]
    assert model["connectivity"]["enum"] == ["effective", "structural"]
    assert model["parameters"]["properties"]["J"]["const"] == 1.0
    assert model["parameters"]["properties"]["noise_sd"]["exclusiveMinimum"] == 0
    assert model["name"] == {"const": "reduced_wong_wang"}
    assert model["parameters"]["properties"]["tau_E"]["unit"] == "s"
