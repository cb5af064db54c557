"""Every mistake names its line and column and a likely fix."""

import pytest

from netmod.errors import ConfigError
from netmod.scenario import load_scenario

# (line replaced, its new text, line:col and key, what, hint)
LINES = [
    # document
    (1, "schema_version: 2", "1:17: schema_version", "not an accepted value", "write 1"),
    (1, "schema_version: one", "1:17: schema_version", "not an accepted value", "write 1"),
    (1, "schema_version: 1.0", "1:17: schema_version", "not an accepted value", "write 1"),
    (1, "schema_version: true", "1:17: schema_version", "not an accepted value", "write 1"),
    (1, "# nothing", "2:1: schema_version", "missing key", "add 'schema_version: 1'"),
    (1, "shema_version: 1", "1:1: shema_version", "unknown key", "'schema_version'"),
    # name
    (2, "name: 5", "2:7: name", "not a text", "put it in quotes: '5'"),
    (2, "name:", "2:1: name", "not a text", "give a value, or remove the key"),
    (2, "name: My Study", "2:7: name", "not a usable name", "write 'my_study'"),
    (2, "name: ../up", "2:7: name", "not a usable name", "write 'up'"),
    (2, "name: ''", "2:7: name", "not a usable name", "use letters and digits"),
    (2, f"name: {'x' * 65}", "2:7: name", "too long", "shorten it"),
    (2, "name: [a]", "2:7: name", "not a text", "write a single word"),
    # seed
    (3, "seed: -1", "3:7: seed", "out of range", "use 0 or more"),
    (3, "seed: 4294967296", "3:7: seed", "out of range", "use 4294967295 or less"),
    (3, "seed: 1.5", "3:7: seed", "not a whole number", "write 2"),
    (3, "seed: '7'", "3:7: seed", "not a whole number", "write 7, without quotes"),
    (3, "seed: yes", "3:7: seed", "not a whole number", "write a number"),
    (3, "seed: true", "3:7: seed", "not a whole number", "write a number"),
    (3, "seed: .nan", "3:7: seed", "not a finite number", "leave the key out"),
    (3, f"seed: {'9' * 41}", "3:7: seed", "not a finite number", "leave the key out"),
    (3, "sed: 7", "3:1: sed", "unknown key", "did you mean 'seed'?"),
    (3, "seed: 7\nseed: 8", "4:1: seed", "duplicate key", "the first is at 3:1"),
    # atlas, engine
    (4, "atlas: 84", "4:8: atlas", "not a text", "put it in quotes: '84'"),
    (4, "atlas: ''", "4:8: atlas", "empty", "give a value"),
    (5, "engine: sd", "5:9: engine", "not an accepted value", "did you mean 'sde'?"),
    (5, "engine: Linear", "5:9: engine", "not an accepted value", "did you mean 'linear'?"),
    (5, "engine: null", "5:9: engine", "not an accepted value", "write sde or linear"),
    (5, "engin: sde", "5:1: engin", "unknown key", "did you mean 'engine'?"),
    # model
    (6, "model: wong", "6:8: model", "not a mapping", "write {name: wong}"),
    (6, "model: {name: reduced_wong}", "6:15: model.name", "unknown model", "reduced_wong_wang"),
    (6, "model: {name: 3}", "6:15: model.name", "not the name of a model", "netmod models"),
    (6, "model: {parameters: {g: 2}}", "6:22: model.parameters.g", "unknown key", "remove it"),
    (6, "model: {parameters: {noise: 2}}", "6:22: model.parameters.noise", "unknown", "noise_sd"),
    (6, "model: {parameters: {G: 11}}", "6:25: model.parameters.G", "range", "use 10 or less"),
    (6, "model: {parameters: {G: '2'}}", "6:25: model.parameters.G", "not a number", "write 2"),
    (6, "model: {parameters: {G: [2]}}", "6:25: model.parameters.G", "not a number", "a number"),
    (6, "model: {parameters: [G]}", "6:21: model.parameters", "not a mapping", "{name: value}"),
    (6, "model: {params: {G: 2}}", "6:9: model.params", "unknown key", "'parameters'"),
    (6, "model: {parameters: {J: 1.1}}", "6:25: model.parameters.J", "solved by", "leave J out"),
    (6, "model: {parameters: {J: 0}}", "6:25: model.parameters.J", "solved by", "leave J out"),
    (
        6,
        "model: {parameters: {noise_sd: 0}}",
        "6:32: model.parameters.noise_sd",
        "out of range",
        "write 0.03",
    ),
    # solver
    (7, "solver: {dt_ms: 0.01}", "7:17: solver.dt_ms", "out of range", "use 0.05 or more"),
    (7, "solver: {dt: 1}", "7:10: solver.dt", "unknown key", "write 'dt_ms'"),
    (7, "solver: {dt_s: 1}", "7:10: solver.dt_s", "unknown key", "a key carries its unit, here ms"),
    (7, "solver: {dt_ms: 1 ms}", "7:17: solver.dt_ms", "not a number", "write 1: the unit is"),
    (7, "solver: {dt_ms: 0.001 s}", "7:17: solver.dt_ms", "not a number", "write 1: the unit is"),
    (7, "solver: {dt_ms: 0.3}", "7:17: solver.dt_ms", "whole number of steps", "write 1, 0.5"),
    (7, "solver: {dt_ms: 1.6}", "7:17: solver.dt_ms", "whole number of steps", "write 1, 0.5"),
    (7, "solver: {name: rk4}", "7:16: solver.name", "not an accepted value", "euler or heun"),
    (7, "solver: {name: eular}", "7:16: solver.name", "not an accepted value", "'euler'"),
    (7, "solver: heun", "7:9: solver", "not a mapping", "write {name: heun}"),
    # scanner
    (8, "scanner: {duration: 300}", "8:11: scanner.duration", "unknown", "write 'duration_s'"),
    (8, "scanner: {duration_min: 5}", "8:11: scanner.duration_min", "unknown", "'duration_s'"),
    (8, "scanner: {tr: 2}", "8:11: scanner.tr", "unknown key", "write 'tr_s'"),
    (8, "scanner: {tr_s: 2000}", "8:17: scanner.tr_s", "out of range", "if 2000 is in ms, write 2"),
    (8, "scanner: {duration_s: 5 min}", "8:23: scanner.duration_s", "not a number", "write 300"),
    (8, "scanner: {duration_s: 10}", "8:23: scanner.duration_s", "out of range", "use 60 or more"),
    (8, "scanner: {duration_s: 301}", "8:23: scanner.duration_s", "volumes", "write 300 or 302"),
    (8, "scanner: {tr_s: 0.725}", "8:17: scanner.tr_s", "hemodynamic", "write 0.72 or 0.73"),
    (8, "scanner: {tr_s: 0.105}", "8:17: scanner.tr_s", "hemodynamic", "write 0.1 or 0.11"),
    (8, "scanner: {hemodynamics: friston}", "8:25: scanner.hemodynamics", "not an", "friston2003"),
    (8, "scanner: {subjects: 2}", "8:11: scanner.subjects", "unknown", "belongs under 'cohort'"),
    (8, "scanner: {seed: 2}", "8:11: scanner.seed", "unknown", "belongs at the top"),
    (8, "tr_s: 2", "8:1: tr_s", "unknown key", "'tr_s' belongs under 'scanner'"),
    (8, "scanner: 300", "8:10: scanner", "not a mapping", "write {duration_s: 300}"),
    # cohort
    (9, "cohort: {subjects: 1}", "9:20: cohort.subjects", "out of range", "use 2 or more"),
    (9, "cohort: {subjects: 16.0}", "9:20: cohort.subjects", "not a whole number", "write 16"),
    (9, "cohort: {subjects: many}", "9:20: cohort.subjects", "not a whole number", "a number"),
    (9, "cohort: {subject: 8}", "9:10: cohort.subject", "unknown key", "'subjects'"),
    (9, "plasticity: {nonsense: 8}", "9:14: plasticity.nonsense", "unknown key", "remove it"),
    # times
    (10, "times: [baseline, 6]", "10:19: times.1", "a time needs a unit", "write '6 h'"),
    (10, "times: [baseline, 2 hours]", "10:19: times.1", "unknown unit", "write '2 h'"),
    (10, "times: [baseline, later]", "10:19: times.1", "not a time", "write baseline, 2 h"),
    (10, "times: [baseline, true]", "10:19: times.1", "not a time", "write baseline, 2 h"),
    (10, "times: [baseline, [2 h]]", "10:19: times.1", "not a time", "write baseline, 2 h"),
    (10, "times: [baseline, 1 d, 2 h]", "10:24: times.2", "times must increase", "sort"),
    (10, "times: [baseline, 24 h, 1 d]", "10:25: times.2", "times must increase", "sort"),
    (10, "times: [2 h, 1 d]", "10:9: times.0", "the first time is not baseline", "begin the list"),
    (10, "times: [baseline, 1 s]", "10:19: times.1", "unknown unit", "write '1 h'"),
    (10, "times: [baseline, 600 wk]", "10:19: times.1", "time out of range", "leave it out"),
    (10, "times: baseline", "10:8: times", "not a list of times", "write [baseline, 2 h, 1 d"),
    (10, "times: []", "10:8: times", "wrong number of times", "write [baseline, 2 h, 1 d"),
    (10, "time: [baseline]", "10:1: time", "unknown key", "did you mean 'times'?"),
    # readout
    (11, "readout: {bootstraps: 500}", "11:11: readout.bootstraps", "unknown", "'bootstrap'"),
    (11, "readout: {louvain_runs: 0}", "11:25: readout.louvain_runs", "range", "use 1 or more"),
    (11, "readout: {permutations: 1e3}", "11:25: readout.permutations", "whole", "write 1000"),
    (11, "readout: {bootstrap: 1_000}", "11:22: readout.bootstrap", "whole", "write 1000"),
    # arms
    (13, "  mddd: {}", "13:3: arms.mddd", "unknown arm", "did you mean 'mdd'?"),
    (13, "  zzz:", "13:3: arms.zzz", "unknown arm", "say what it is: 'arms: {zzz:"),
    (13, "  mdd: 3", "13:8: arms.mdd", "not a mapping", "write {treatment: …}"),
    (13, "  mdd: {name: x}", "13:9: arms.mdd.name", "unknown key", "the key above is the name"),
    (13, "  Big Arm: {treatment: sham}", "13:3: arms.Big Arm", "not a usable", "write 'big_arm'"),
    (13, "  x: {population: md}", "13:19: arms.x.population", "unknown population", "'mdd'"),
    (13, "  x: {population: 1}", "13:19: arms.x.population", "not the name", "healthy or mdd"),
    (13, "  x: {treatment: rtms}", "13:18: arms.x.treatment", "unknown treatment", "'rtms_10hz'"),
    (13, "  x: {treatmnt: sham}", "13:7: arms.x.treatmnt", "unknown key", "'treatment'"),
    (13, "  baseline: {}", "13:3: arms.baseline", "reserved name", "choose another name"),
    (13, "  baseline: {treatment: ssri}", "13:3: arms.baseline", "reserved", "another name"),
    (13, "  mdd: {population: healthy}", "13:21: arms.mdd.population", "something", "another name"),
    (13, "  mdd: {treatment: ssri}", "13:20: arms.mdd.treatment", "something", "another name"),
    (13, "  healthy: {treatment: sham}", "13:24: arms.healthy.treatment", "some", "another name"),
    (13, "  mdd: {modifiers: [ketanserin]}", "13:20: arms.mdd.modifiers", "some", "another name"),
    (13, "  x: {target: vertex}", "13:15: arms.x.target", "nothing is aimed", "choose a treatment"),
    (13, "  x: {treatment: rtms_10hz, target: 3}", "13:37: arms.x.target", "not the name", "dlpfc"),
    (13, "  x: {modifiers: ketanserin}", "13:18: arms.x.modifiers", "not a list", "[ketanserin]"),
    (13, "  x: {modifiers: [ketansrin]}", "13:19: arms.x.modifiers.0", "unknown", "'ketanserin'"),
    (
        13,
        "  x: {modifiers: [ketanserin, ketanserin]}",
        "13:31: arms.x.modifiers.1",
        "modifier given twice",
        "remove one",
    ),
    (
        13,
        "  ssri: {modifiers: [target_vertex]}",
        "13:22: arms.ssri.modifiers.0",
        "nothing is aimed here",
        "remove the modifier",
    ),
    (
        13,
        "  rtms_10hz: {modifiers: [target_vertex, target_motor]}",
        "13:42: arms.rtms_10hz.modifiers.1",
        "two targets",
        "keep one",
    ),
    (
        13,
        "  x: {parameters: {sessions: 2}}",
        "13:19: arms.x.parameters",
        "this arm has no treatment",
        "add 'treatment: …'",
    ),
    (
        13,
        "  rtms_10hz: {parameters: {session: 2}}",
        "13:28: arms.rtms_10hz.parameters.session",
        "unknown key",
        "did you mean 'sessions'?",
    ),
    (
        13,
        "  rtms_10hz: {parameters: {frequency: 2}}",
        "13:28: arms.rtms_10hz.parameters.frequency",
        "unknown key",
        "write 'frequency_hz'",
    ),
    (
        13,
        "  rtms_10hz: {parameters: {sessions: 900}}",
        "13:38: arms.rtms_10hz.parameters.sessions",
        "out of range",
        "use 60 or less",
    ),
    (
        13,
        "  psilocybin: {parameters: {dose_mg: 25 mg}}",
        "13:38: arms.psilocybin.parameters.dose_mg",
        "not a number",
        "write 25: the unit is fixed, mg",
    ),
    # YAML itself
    (5, "engine: *x", "5:9: engine", "anchors and aliases", "write the value again"),
    (5, "engine: &x sde", "5:9: engine", "anchors and aliases", "quote it"),
    (5, "engine: !!str sde", "5:9: engine", "tags (!)", "remove the tag"),
    (5, "engine: !!python/object:os.system sde", "5:9: engine", "tags (!)", "remove the tag"),
    (5, "engine: ! sde", "5:9: engine", "tags (!)", "remove the tag"),
    (5, "engine: [sde", "6:6", "not valid YAML", "close the bracket"),
    (5, "engine: 'sde", "15:1", "not valid YAML", "close the quotation mark"),
    (5, "engine: a: b", "5:10", "not valid YAML", "quote a value that contains ': '"),
    (5, "engine sde", "6:1", "not valid YAML", "every key needs a colon"),
    (5, "\tengine: sde", "5:1", "not valid YAML", "indent with spaces"),
    (5, " engine: sde", "5:8", "not valid YAML", "align the keys"),
    (5, "engine: @sde", "5:9", "not valid YAML", "quote a value"),
    (5, "---", "5:1", "more than one document", "remove this '---'"),
    (5, "<<: {engine: sde}", "5:1: <<", "unknown key", "remove it"),
    (5, "? [a]\n: b", "5:3", "a key must be a word", "write 'key: value'"),
    (5, "5: sde", "5:1", "a key must be a word", "beginning with a letter"),
    (5, "null: sde", "5:1", "a key must be a word", "beginning with a letter"),
    (5, "engine: 1e999", "5:9: engine", "not a finite number", "write a number"),
    (5, "engine: -.inf", "5:9: engine", "not a finite number", "write a number"),
    (5, 'engine: "a\\0b"', "5:9: engine", "a control character", "remove the escape"),
    (5, 'engine: "\\ud800"', "5:9: engine", "a control character", "remove the escape"),
    (5, "engine: a\x00b", "5:10", "not a text file", "UTF-8"),
    (5, "engine: " + "[" * 40, "5:40", "nested too deeply", "a scenario needs four"),
]


@pytest.mark.parametrize(
    ("line", "text", "place", "what", "hint"), LINES, ids=[f"{c[0]}-{c[1][:40]}" for c in LINES]
)
def test_a_mistake_names_its_place_and_fix(line, text, place, what, hint, base, write):
    lines = base.splitlines()
    lines[line - 1] = text
    path = write("\n".join(lines) + "\n")
    with pytest.raises(ConfigError) as caught:
        load_scenario(path)
    message = str(caught.value)
    error = _find(message, f"{path}:{place}")
    assert what in error[0]
    assert any(hint in detail for detail in error if detail.startswith("  hint: ")), message
    assert caught.value.exit_code == 2


def _find(message, head):
    """Return the lines of the one problem that stands at a place."""
    lines = message.splitlines()
    starts = [i for i, text in enumerate(lines) if text.startswith(f"{head}: ")]
    assert len(starts) == 1, f"no single problem at {head} in:\n{message}"
    end = starts[0] + 1
    while end < len(lines) and lines[end].startswith("  "):
        end += 1
    return lines[starts[0] : end]


WHOLE = [
    ("empty", "", "c.yaml:1:1", "the file is empty", "netmod init"),
    ("comments", "# a\n# b\n", "c.yaml:1:1", "the file is empty", "netmod init"),
    ("list", "- a\n", "c.yaml:1:1", "not a mapping", "netmod init"),
    ("scalar", "hello\n", "c.yaml:1:1", "not a mapping", "netmod init"),
    ("latin1", b"name: caf\xe9\n", "c.yaml:1:10", "not a text file", "UTF-8"),
    ("png", b"\x89PNG\r\n\x1a\n\0\0", "c.yaml:1:1", "not a text file", "UTF-8"),
    ("utf16", "name: x\n".encode("utf-16"), "c.yaml:1:1", "not a text file", "UTF-8"),
    ("nul", b"a: 1\nb: \0\n", "c.yaml:2:4", "not a text file", "control characters"),
    ("huge", b"#" * (1 << 20) + b"\n", "c.yaml", "too large", "is it data?"),
    ("many", "a: [" + "1," * 30_000 + "]\n", "c.yaml:1:", "too many entries", "is it data?"),
    ("yaml 1.1", "%YAML 1.1\n---\na: 1\n", "c.yaml:2:1", "YAML directives", "begins with %"),
    ("bad escape", 'a: "\\UFFFFFFFF"\n', "c.yaml:1:1", "not valid YAML", "escapes"),
    ("deep", "{a: " * 40 + "1" + "}" * 40, "c.yaml:1:129", "nested too deeply", "four"),
]


@pytest.mark.parametrize(("content", "where", "what", "hint"), [c[1:] for c in WHOLE])
def test_a_file_that_is_no_scenario(content, where, what, hint, write):
    path = write(content)
    with pytest.raises(ConfigError) as caught:
        load_scenario(path)
    error = caught.value
    assert error.where.startswith(where)
    assert what in error.what
    assert hint in error.hint


def test_a_missing_file_names_the_near_one(write, base):
    write(base, "quickstart.yaml")
    with pytest.raises(ConfigError, match="no such file") as caught:
        load_scenario("quikstart.yaml")
    assert caught.value.hint == "did you mean 'quickstart.yaml'?"


def test_a_missing_folder_is_said(write, base):
    write(base)
    with pytest.raises(ConfigError) as caught:
        load_scenario("nowhere/c.yaml")
    assert "the folder 'nowhere' does not exist either" in caught.value.hint


def test_a_folder_lists_its_configs(write, base, tmp_path):
    write(base)
    with pytest.raises(ConfigError, match="this is a folder") as caught:
        load_scenario(tmp_path)
    assert "c.yaml" in caught.value.hint


@pytest.mark.parametrize("path", ["a\0b.yaml", "x" * 5000])
def test_an_impossible_path_is_refused(path):
    with pytest.raises(ConfigError, match=r"cannot read the file|no such file"):
        load_scenario(path)


def test_all_problems_come_at_once_in_file_order(write, base):
    text = base.replace("seed: 7", "seed: -7").replace("engine: linear", "engine: x")
    text = text.replace("subjects: 8", "subjects: 1").replace("sessions: 10", "sessions: 0")
    with pytest.raises(ConfigError, match=r"^4 problems") as caught:
        load_scenario(write(text))
    places = [line.split(":")[1] for line in str(caught.value).splitlines() if "c.yaml:" in line]
    assert places == ["3", "5", "9", "14"]


@pytest.mark.parametrize(
    ("dt_ms", "tau_I", "where"),
    [
        (None, 0.0019, "6:29: model.parameters.tau_I"),
        (1, 0.0019, "7:17: solver.dt_ms"),
        (2, 0.0039, "7:17: solver.dt_ms"),
    ],
)
def test_a_step_has_to_resolve_the_fastest_time_constant(dt_ms, tau_I, where, write, base):
    text = base.replace("{G: 2}", f"{{tau_I: {tau_I}}}")
    text = text.replace(", dt_ms: 1}", "}").replace("{name: heun}", f"{{dt_ms: {dt_ms}}}")
    text = text.replace("name: reduced_wong_wang, ", "").replace("{dt_ms: None}", "{name: heun}")
    with pytest.raises(ConfigError, match="too large for the model's fastest") as caught:
        load_scenario(write(text))
    assert caught.value.where == f"c.yaml:{where}"
    assert caught.value.expected == f"solver.dt_ms at most half of tau_I: {500 * tau_I:g} ms"
    largest = {0.0019: "0.5", 0.0039: "1"}[tau_I]
    assert caught.value.hint == f"write 'dt_ms: {largest}' under 'solver'"
    load_scenario(write(text), [f"solver.dt_ms={largest}"])


def test_the_hemodynamic_step_is_the_simulators():
    from netmod.dynamics.simulate import BALLOON_DT_MS
    from netmod.scenario.schema import HEMODYNAMIC_STEP_MS, STEPS_MS

    assert HEMODYNAMIC_STEP_MS == BALLOON_DT_MS
    assert all(abs(BALLOON_DT_MS / step - round(BALLOON_DT_MS / step)) < 1e-9 for step in STEPS_MS)


@pytest.mark.parametrize("arms", ["[baseline]", "[mdd, baseline]"])
def test_a_listed_baseline_is_reserved_too(arms, write, base):
    with pytest.raises(ConfigError, match="reserved name"):
        load_scenario(write(base[: base.index("arms:")] + f"arms: {arms}\n"))


def test_bare_names_are_placed_by_their_index(write, base):
    head = base[: base.index("arms:")]
    with pytest.raises(ConfigError) as caught:
        load_scenario(write(head + "arms: [mdd, shem, sham, sham, [x], 3]\n"))
    message = str(caught.value)
    assert "c.yaml:12:13: arms.1: unknown arm" in message
    assert "did you mean 'sham'?" in message
    assert "c.yaml:12:25: arms.3: arm given twice" in message
    assert "c.yaml:12:31: arms.4: not the name of an arm" in message
    assert "c.yaml:12:36: arms.5: not the name of an arm" in message
