"""The command line: dispatch, exit codes, messages, and what it does not import."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

import netmod
import netmod.atlas
from netmod.cli import main
from netmod.errors import IntegrityError, NetmodError
from netmod.models import MODELS
from netmod.treatments import MODIFIERS, TREATMENTS

TEXT = "schema_version: 1\nname: small\nseed: 1\narms: [healthy, mdd]\ntimes: [baseline, 2 h]\n"
TEXT += "model: {connectivity: structural}\n"
HEAVY = ("jax", "nilearn", "matplotlib", "pandas", "scipy.stats")


class Calls(list):
    """What the rooms below were called with."""


@pytest.fixture
def calls(monkeypatch):
    """Stand-ins for the rooms that the command line hands over to."""
    calls = Calls()

    def room(name, **functions):
        module = ModuleType(f"netmod.{name}")
        for function, result in functions.items():

            def call(*args, _name=f"{name}.{function}", _result=result, **_):
                calls.append((_name, args))
                if isinstance(_result, BaseException):
                    raise _result
                return _result

            setattr(module, function, call)
        monkeypatch.setitem(sys.modules, f"netmod.{name}", module)
        monkeypatch.setattr(netmod, name, module, raising=False)
        return module

    calls.room = room
    room(
        "study",
        run_study=0,
        seal_study=None,
        plan_study="the plan",
        verify_study=4,
        cite_study="@article{a}",
        compare_table="the table",
    )
    figures = room("figures", draw_all=[Path("out/figures/a.png"), Path("out/figures/b.png")])
    figures.drawing_aside = contextlib.nullcontext
    room("report", write_report=Path("out/report.html"))
    return calls


@pytest.fixture
def config(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    atlas = SimpleNamespace(name="tiny", region=("a", "b"), targets={"dlpfc_left": (0,)})
    monkeypatch.setattr(netmod.atlas, "load_atlas", lambda name: atlas)
    Path("c.yaml").write_text(TEXT, encoding="utf-8")
    return "c.yaml"


def test_run_hands_over_everything(calls, config):
    assert main(["run", config]) == 0
    rooms = ["study.run_study", "figures.draw_all", "report.write_report", "study.seal_study"]
    assert [name for name, _ in calls] == rooms
    scenario, out, device, jobs, fresh = calls[0][1]
    assert [arm.name for arm in scenario.arms] == ["healthy", "mdd"]
    assert (out, device, jobs, fresh) == (Path("out/small"), "auto", None, False)


def test_run_options(calls, config):
    words = "--engine linear --device gpu --jobs 3 --fresh -o else --set seed=5 scanner.tr_s=1"
    assert main(["run", config, *words.split()]) == 0
    scenario, out, device, jobs, fresh = calls[0][1]
    assert (scenario.engine, scenario.seed, scenario.scanner.tr_s) == ("linear", 5, 1.0)
    assert (out, device, jobs, fresh) == (Path("else"), "gpu", 3, True)


def test_repeated_set_options_add_up(calls, config):
    assert main(["run", config, "--set", "seed=5", "--set", "engine=linear"]) == 0
    scenario = calls[0][1][0]
    assert (scenario.seed, scenario.engine) == (5, "linear")


@pytest.mark.parametrize("code", [0, 1, 3, 4])
def test_run_returns_the_studys_exit_code(calls, config, code):
    calls.room("study", run_study=code, seal_study=None)
    assert main(["run", config]) == code


def test_validate_shows_the_scenario_on_one_screen(config, capsys):
    assert main(["validate", config]) == 0
    out = capsys.readouterr().out
    assert "c.yaml: a valid scenario" in out
    assert "64 = 2 arms × 16 subjects × 2 times" in out
    assert "baseline, 2 h" in out
    assert "tiny, 2 regions" in out
    assert "healthy  healthy, untreated" in out
    assert len(out.splitlines()) < 25


def test_plan_prints(calls, config, capsys):
    assert main(["plan", config]) == 0
    assert capsys.readouterr().out == "the plan\n"


@pytest.mark.parametrize(
    ("command", "code", "out"),
    [
        ("compare", 0, "the table\n"),
        ("figures", 0, "out/figures/a.png\nout/figures/b.png\n"),
        ("report", 0, "out/report.html\n"),
        ("verify", 4, ""),
        ("cite", 0, "@article{a}\n"),
    ],
)
def test_commands_on_an_output(calls, tmp_path, capsys, command, code, out):
    assert main([command, str(tmp_path)]) == code
    assert capsys.readouterr().out == out
    assert calls[0][1][0] == tmp_path


def test_compare_passes_its_metrics(calls, tmp_path):
    words = ["--metric", "modularity", "segregation", "--metric", "gbc"]
    assert main(["compare", str(tmp_path), *words]) == 0
    assert calls[0][1] == (tmp_path, ["modularity", "segregation", "gbc"])


def test_an_unknown_metric_is_refused(calls, tmp_path, capsys):
    assert main(["compare", str(tmp_path), "--metric", "modularty"]) == 2
    assert "hint: did you mean 'modularity'?" in capsys.readouterr().err
    assert not calls


@pytest.mark.parametrize("command", ["compare", "figures", "report", "verify", "cite"])
def test_a_missing_output_is_refused(calls, tmp_path, capsys, command):
    assert main([command, str(tmp_path / "none")]) == 2
    assert "no such folder" in capsys.readouterr().err
    assert not calls


@pytest.mark.parametrize("inside", ["file", "file/deeper"])
def test_an_output_that_cannot_be_made_is_refused_first(calls, config, capsys, inside):
    Path("file").write_text("x", encoding="utf-8")
    assert main(["run", config, "-o", inside]) == 2
    assert "not a folder" in capsys.readouterr().err
    assert not calls


def test_a_bad_config_writes_nothing(calls, config, tmp_path, capsys):
    assert main(["run", config, "--set", "engine=fast"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == (
        "netmod: error: --set engine: not an accepted value\n"
        "  expected: one of: sde, linear\n"
        "  got: 'fast'\n"
        "  hint: write sde or linear\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["c.yaml"]
    assert not calls


@pytest.mark.parametrize(
    ("raised", "code", "text"),
    [
        (NetmodError("no luck"), 1, "netmod: error: no luck"),
        (IntegrityError("torn", where="a.tsv"), 4, "netmod: error: a.tsv: torn"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (OSError(28, "No space left on device", "a.tsv"), 1, "a.tsv: No space left"),
        (ZeroDivisionError("oops"), 1, "unexpected ZeroDivisionError: oops"),
        (BrokenPipeError(), 0, ""),
    ],
)
def test_failures_have_an_exit_code_and_no_traceback(calls, config, capfd, raised, code, text):
    calls.room("study", run_study=raised)
    assert main(["run", config]) == code
    error = capfd.readouterr().err
    assert text in error
    assert "Traceback" not in error


@pytest.mark.parametrize("words", [["--debug", "run", "c.yaml"], ["run", "c.yaml", "--debug"]])
def test_debug_shows_the_traceback(calls, config, capsys, words):
    calls.room("study", run_study=NetmodError("no luck"))
    assert main(words) == 1
    assert "Traceback" in capsys.readouterr().err


def test_sigterm_unwinds_and_says_how_to_resume(calls, config, capsys, monkeypatch):
    unwound = []

    def run_study(*_):
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            unwound.append(True)

    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(netmod.study, "run_study", run_study)
    assert main(["run", config]) == 143
    assert "resumes" in capsys.readouterr().err
    assert unwound == [True]
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize(
    ("words", "text", "hint"),
    [
        ([], "the following arguments are required: COMMAND", "see 'netmod --help'"),
        (["rnu"], "invalid choice: 'rnu'", "did you mean 'run'?"),
        (["vlidate", "c"], "invalid choice", "did you mean 'validate'?"),
        (["run"], "the following arguments are required: CONFIG", "name the YAML file first"),
        (["run", "--set", "a=1", "c.yaml"], "required: CONFIG", "before --set"),
        (["run", "c.yaml", "--jobs", "0"], "'0' is not a whole number", "netmod run --help"),
        (["run", "c.yaml", "--engine", "linar"], "invalid choice", "did you mean 'linear'?"),
        (["run", "c.yaml", "--frsh"], "unrecognized arguments", "netmod"),
        (["models", "wong"], "unknown model", "'netmod models' lists them all"),
        (["models", "reduced_wong"], "unknown model", "did you mean 'reduced_wong_wang'?"),
        (["validate", "none.yaml"], "no such file", "netmod init"),
    ],
)
def test_wrong_usage(words, text, hint, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    error = capsys.readouterr().err
    assert error.startswith("netmod: error: ")
    assert text in error
    assert hint in error.split("hint: ")[1]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--help"], "research simulator, not medical advice"),
        (["run", "--help"], "research simulator, not medical advice"),
        (["--version"], f"netmod {netmod.__version__}"),
    ],
)
def test_help_and_version(words, text, capsys):
    assert main(words) == 0
    assert text in capsys.readouterr().out


def test_models_shows_every_parameter(capsys):
    assert main(["models"]) == 0
    out = capsys.readouterr().out
    for model in MODELS.values():
        for name, parameter in model.parameters.items():
            assert any(
                line.split()[:1] == [name] and parameter.source in line for line in out.splitlines()
            )


def test_treatments_are_told_whole_and_wrapped(capsys):
    assert main(["treatments"]) == 0
    lines = capsys.readouterr().out.splitlines()
    for name, treatment in TREATMENTS.items():
        start = lines.index(name)
        words = [line.split()[0] for line in lines[start + 1 : start + 40]]
        assert [w for w in words if w in ("mechanism:", "protocol:", "source:")][:3] == [
            "mechanism:", "protocol:", "source:"
        ]  # fmt: skip
        told = " ".join(" ".join(lines[start:]).split())
        assert treatment.doc in told
        assert treatment.mechanism in told
        assert all(parameter in words for parameter in treatment.parameters)
    assert all(f"{name} (modifier)" in lines for name in MODIFIERS)
    prose = [line for line in lines if "…" not in line and not line.startswith("  mdd: ")]
    assert max(len(line) for line in prose) <= 100


def test_one_treatment_and_one_modifier_word_for_word(capsys):
    assert main(["treatments", "ketamine", "anaesthesia", "ketanserin"]) == 0
    assert (
        capsys.readouterr().out
        == """\
ketamine
  0.5 mg/kg into a vein over 40 minutes, twice a week, three weeks
  mechanism: acute: NMDA receptors of inhibitory populations are occupied; lasting: TrkB binding
    grows spines and lowers the PV brake
  protocol: 6 x dose of ketamine (x 1), days 0 to 17
  source: recalled: twice a week, Singh et al. 2016, doi:10.1176/appi.ajp.2016.16010037
  dose_mg_per_kg  0.5 mg/kg (0.01 … 2)  Each infusion
  sessions        6 (1 … 200)  Number of infusions
  days_a_week     2 (1 … 7)  Days of the week with infusions
anaesthesia (modifier)
  stimulation under anaesthesia: calcium of both spikes reduced, the postsynaptic more
  effect: pre x 0.7 (calcium of a presynaptic spike at induction)
  effect: post x 0.6 (calcium of a postsynaptic spike at induction)
  source: proposal; direction: Gersner et al. 2011, doi:10.1523/JNEUROSCI.6751-10.2011 (recalled)
ketanserin (modifier)
  ketanserin 40 mg by mouth one hour before every dose of a psychedelic: it competes for 5-HT2A and
    leaves TrkB
  effect: dose of ketanserin 1 h before each of psilocybin, lsd, dmt
  source: Preller et al. 2018, doi:10.7554/eLife.35082; Moliner et al. 2023,
    doi:10.1038/s41593-023-01316-5
"""
    )


def test_a_modifier_says_what_doses_become(capsys):
    assert main(["treatments", "kinetics_exchanged_dmt"]) == 0
    told = capsys.readouterr().out
    assert "effect: doses of psilocybin are doses of psilocybin_kinetics_of_dmt\n" in told
    assert "effect: doses of dmt are doses of dmt_kinetics_of_psilocybin\n" in told


def test_an_acknowledged_limit_is_a_warning_on_every_command(calls, config, capsys):
    text = TEXT.replace("[healthy, mdd]", "{x: {treatment: ctbs, acknowledge: [safety], "
                        "target: dlpfc_left, parameters: {intensity_rmt: 110}}}")  # fmt: skip
    Path(config).write_text(text, encoding="utf-8")
    for command in ("validate", "plan", "run"):
        assert main([command, config]) == 0
        error = capsys.readouterr().err
        assert error.startswith("netmod: warning: c.yaml:4:")
        assert "110 %, acknowledged" in error


def test_plan_warns_once_of_events_that_no_scan_sees(calls, config, capsys):
    text = TEXT.replace("[healthy, mdd]", "[mdd, ssri, psilocybin]")
    Path(config).write_text(text, encoding="utf-8")
    assert main(["validate", config]) == 0
    assert capsys.readouterr().err == ""
    assert main(["plan", config]) == 0
    assert capsys.readouterr().err == (
        "netmod: warning: events after the last scan (2 h): ssri 83 of 84, psilocybin 1 of 2\n"
    )


@pytest.mark.parametrize("words", [["treatments"], ["metrics"], ["metrics", "modularity"]])
def test_listings_print(words, capsys):
    assert main(words) == 0
    assert capsys.readouterr().out


def test_schema_is_json(capsys):
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "netmod scenario"


def test_init_writes_a_scenario_that_loads(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["init", "my_study"]) == 0
    assert capsys.readouterr().out == "my_study.yaml\n"
    text = Path("my_study.yaml").read_text(encoding="utf-8")
    assert "not medical advice" in text
    assert "name: my_study" in text
    assert main(["init", "my_study"]) == 2
    assert "the file exists" in capsys.readouterr().err
    assert Path("my_study.yaml").read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    ("name", "hint"), [("My Study", "netmod init my_study"), ("", "netmod init scenario")]
)
def test_init_refuses_a_bad_name(name, hint, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["init", name]) == 2
    assert hint in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_init_says_when_the_folder_is_missing(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["init", "no/where"]) == 2
    assert "cannot write the file" in capsys.readouterr().err


# in a process of its own


def _run(words, cwd, code="import sys; from netmod.cli import main; rc = main(sys.argv[1:])"):
    root = str(Path(netmod.__file__).parents[1])
    environment = {**os.environ, "PYTHONPATH": root}
    return subprocess.run(
        [sys.executable, "-c", code, *words],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def atlas_folder(tmp_path):
    """Write an atlas of three regions, as a folder beside the config."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    rows = ["a\tA\tL\tDefault\tcortex\t-10\t0\t0", "b\tB\tR\tDefault\tcortex\t10\t0\t0"]
    rows.append("c\tC\tL\tLimbic\tcortex\t-20\t10\t0")
    header = "name\tlabel\themisphere\tnetwork\tkind\tmni_x_mm\tmni_y_mm\tmni_z_mm"
    (folder / "regions.tsv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    matrix = "region\ta\tb\tc\na\t0\t1\t2\nb\t1\t0\t3\nc\t2\t3\t0\n"
    for name in ("weights.tsv", "lengths.tsv"):
        (folder / name).write_text(matrix, encoding="utf-8")
    text = TEXT + "atlas: ./tiny\n"
    (tmp_path / "c.yaml").write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [["--help"], ["validate", "c.yaml"], ["models"], ["treatments"], ["schema"], ["init", "x"]],
    ids=lambda words: words[0],
)
def test_light_commands_import_nothing_heavy(words, atlas_folder):
    code = (
        "import sys; from netmod.cli import main; rc = main(sys.argv[1:]);"
        f"heavy = [m for m in {HEAVY!r} if m in sys.modules];"
        "print('HEAVY', rc, heavy)"
    )
    done = _run(words, atlas_folder, code)
    assert done.stderr == "" or words[0] == "init"
    assert done.stdout.splitlines()[-1] == "HEAVY 0 []"


def test_python_m_netmod(tmp_path):
    done = _run(
        ["--version"], tmp_path, "import runpy; runpy.run_module('netmod', None, '__main__')"
    )
    assert (done.returncode, done.stdout) == (0, f"netmod {netmod.__version__}\n")


def test_a_closed_pipe_is_quiet(tmp_path):
    code = (
        "import os, sys; from netmod.cli import main; r, w = os.pipe(); os.close(r);"
        "os.dup2(w, 1); sys.exit(main(['schema']))"
    )
    done = _run([], tmp_path, code)
    assert (done.returncode, done.stderr) == (0, "")
