"""``netmod compare``: what every statistic prints, and what it refuses."""

from __future__ import annotations

import importlib.util
import re
import shutil
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from netmod.cli import main
from netmod.compare.table import NOTICE
from netmod.study import compare_table, load_results, verify_study
from netmod.study.statistics import fdr_rows, power_rows, select_rows

STUDIES = Path(__file__).parents[1] / "study"
MODES = (
    ["--fdr"],
    ["--fdr", "by"],
    ["--equivalent", "0.1", "--metric", "gbc"],
    ["--power", "--metric", "modularity", "gbc"],
    ["--mixed", "--metric", "gbc"],
    ["--edges"],
    ["--multiverse", "--metric", "segregation"],
)


def _load(name):
    spec = importlib.util.spec_from_file_location(name, STUDIES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def made():
    return _load("made_run")


@pytest.fixture(scope="module")
def atlas(tmp_path_factory):
    return _load("study_lab").write_small_atlas(tmp_path_factory.mktemp("atlas") / "ten")


@pytest.fixture(scope="module")
def run(made, atlas, tmp_path_factory):
    """A finished run; two of its scans have no numbers."""
    failed = [("psilocybin", 3, 24.0), ("mdd", 5, 24.0)]
    return made.write_run(tmp_path_factory.mktemp("made") / "s", atlas, failed=failed)


@pytest.fixture(scope="module")
def lone(made, atlas, tmp_path_factory):
    """A finished run in which one subject of two has numbers."""
    return made.write_lone_run(tmp_path_factory.mktemp("lone") / "s", atlas)


def needs_statsmodels(words):
    if "--mixed" in words:
        reason = "mixed models are the optional extra `statistics`"
        pytest.importorskip("statsmodels", reason=reason)


def compare(capsys, *words):
    """Return what a command prints."""
    assert main(["compare", *map(str, words)]) == 0
    return capsys.readouterr().out


# what stays as it was


def test_without_options_it_is_the_table_of_the_run(run, capsys):
    text = compare(capsys, run)
    assert text == compare_table(run) + "\n"
    assert text.startswith("baseline ") and text.endswith(f"its family\n{NOTICE}\n")
    assert "q" not in text.splitlines()[0]


def test_arms_and_times_narrow_the_table(run, capsys):
    lines = compare(capsys, run, "--arm", "psilocybin", "--time", "1 d").splitlines()
    assert lines[0].startswith("1 d ") and lines[2].startswith("psilocybin − mdd ")
    assert lines[3].startswith("mdd − baseline ")  # its null stays beside it
    assert len(lines) == 7


# what every mode has


@pytest.mark.parametrize("words", MODES, ids=" ".join)
def test_every_mode_says_n_the_effect_and_then_p_and_leaves_the_run_alone(run, words, capsys):
    needs_statsmodels(words)
    text = compare(capsys, run, "--arm", "psilocybin", *words)
    assert text.endswith(f"\n{NOTICE}\n")
    head = text.splitlines()[0]
    effect = "estimate [" if "--mixed" in words else " ["
    assert head.index(effect) < head.rindex(" p")
    assert "(rescan)" in text and "left out" in text and "nan" not in text
    assert max(map(len, text.splitlines())) < 160
    assert verify_study(run) == 0


@pytest.mark.parametrize("words", MODES, ids=" ".join)
def test_every_mode_writes_its_rows(run, words, capsys, tmp_path):
    needs_statsmodels(words)
    path = tmp_path / "rows.tsv"
    out = compare(capsys, run, *words, "--arm", "psilocybin", "--seeds", "1", "-o", path)
    assert out.splitlines()[-1] == str(path)
    table = pd.read_csv(path, sep="\t", na_values="n/a")
    assert {"n", "p"} <= set(table.columns) and len(table) >= 2
    order = list(table.columns)
    effect = "estimate" if "--mixed" in words else "difference"
    assert order.index("n") < order.index(effect) < order.index("p")


def test_the_table_of_a_run_can_be_written_as_well(run, capsys, tmp_path):
    path = tmp_path / "t.tsv"
    out = compare(capsys, run, "--metric", "gbc", "-o", path)
    assert out.endswith(f"{NOTICE}\n{path}\n")
    got = pd.read_csv(path, sep="\t", na_values="n/a")
    expected = select_rows(load_results(run), ["gbc"]).reset_index(drop=True)
    pd.testing.assert_frame_equal(got, expected, rtol=1e-6, check_dtype=False)


# word for word


FDR = """\
gbc, 1 d                     n  difference [95 %]               g       p  p max-T       q
sham − mdd                   7  +0.0000 [+0.0000, +0.0000]  +0.00  1.0000   1.0000  1.0000
psilocybin − mdd             6  +0.0514 [+0.0437, +0.0551]  +0.76   .0312    .0312   .0952
healthy − baseline (rescan)  8  +0.0170 [-0.0464, +0.0489]  +0.37   .6094   1.0000   .9873
mdd − baseline (rescan)      7  +0.0072 [-0.0528, +0.0439]  +0.16   .9062   1.0000  1.0000

pairs left out, a scan of which has no value: 1 of sham − mdd at 1 d; 2 of psilocybin − mdd at 1 d; 1 of mdd − baseline at 1 d
p max-T and q (Benjamini–Hochberg): over all rows of the family of one reference
Research simulator: not medical advice.
"""  # noqa: E501


def test_fdr_word_for_word(run, capsys):
    assert compare(capsys, run, "--fdr", "--metric", "gbc", "--time", "1 d") == FDR


EQUIVALENT = """\
gbc, 1 d                     n  difference [90 %]               g       p  equivalent
sham − mdd                   7  +0.0000 [+0.0000, +0.0000]  +0.00  <.0001         yes
psilocybin − mdd             6  +0.0514 [+0.0455, +0.0573]  +0.76   .6727          no
healthy − baseline (rescan)  8  +0.0170 [-0.0308, +0.0647]  +0.37   .1154          no
mdd − baseline (rescan)      7  +0.0072 [-0.0446, +0.0591]  +0.16   .0799          no

pairs left out, a scan of which has no value: 1 of sham − mdd at 1 d; 2 of psilocybin − mdd at 1 d; 1 of mdd − baseline at 1 d
two one-sided t tests at .05 against ±0.05 (unit 1); yes: the 90 % interval lies within
Research simulator: not medical advice.
"""  # noqa: E501


def test_equivalence_word_for_word(run, capsys):
    words = ["--equivalent", "0.05", "--metric", "gbc", "--time", "1 d"]
    assert compare(capsys, run, *words) == EQUIVALENT


POWER = """\
gbc, 2 h                 n  difference [95 %]           d_z [95 %]             power  n for 80 %  at low end       p
sham − mdd               8  +0.0000 [+0.0000, +0.0000]  +0.00 [-0.69, +0.69]    0.05        none        none  1.0000
psilocybin − mdd         8  +0.0495 [+0.0447, +0.0531]  +7.49 [+3.61, +11.38]   1.00           3           3   .0078
mdd − baseline (rescan)  8  +0.0098 [-0.0245, +0.0357]  +0.19 [-0.52, +0.88]    0.07         228        none   .5859
sham − baseline          8  +0.0098 [-0.0245, +0.0357]  +0.19 [-0.52, +0.88]    0.07         228        none   .5859
psilocybin − baseline    8  +0.0594 [+0.0271, +0.0882]  +1.08 [+0.17, +1.95]    0.75           9         268   .0234

power of a two-sided paired t test at .05 with this n, were d_z the true one; at low end: of its interval; none: no number is enough
arms and their untreated arm share noise, as in no trial; a row against baseline does not, but has no control
Research simulator: not medical advice.
"""  # noqa: E501


def test_power_word_for_word(run, capsys):
    words = ["--power", "--metric", "gbc", "--time", "2 h", "--arm", "sham", "psilocybin"]
    assert compare(capsys, run, *words) == POWER


EDGES = """\
2 h                          n  change [95 %]               single  |t| >  edges  regions  mean change      p  hubs
sham − mdd                   8  +0.0000 [+0.0000, +0.0000]       0   3.00      0        0
sham − mdd                   8  +0.0000 [+0.0000, +0.0000]       0   5.00      0        0
psilocybin − mdd             8  +0.0496 [+0.0446, +0.0542]      22   3.00     23       10      +0.0957  .0078  lSG, rDL, rSG
psilocybin − mdd             8  +0.0496 [+0.0446, +0.0542]      22   5.00     20       10      +0.1045  .0078  rDL, lSG, rSG
healthy − baseline (rescan)  8  +0.0196 [-0.0151, +0.0482]       0   3.00      1        2      +0.1505  .5547  lVI, rSG
healthy − baseline (rescan)  8  +0.0196 [-0.0151, +0.0482]       0   5.00      0        0
mdd − baseline (rescan)      8  +0.0205 [-0.0128, +0.0473]       0   3.00      1        2      +0.1587  .5547  lVI, rSG
mdd − baseline (rescan)      8  +0.0205 [-0.0128, +0.0473]       0   5.00      0        0

change: mean difference of Fisher z over all edges; single: edges with p < .05 corrected over all edges
p: of a component, over the network of one arm and time; its mean change is too large, for it was chosen by it
Research simulator: not medical advice.
"""  # noqa: E501


def test_edges_word_for_word(run, capsys):
    assert compare(capsys, run, "--edges", "3", "5", "--time", "2 h") == EDGES


MULTIVERSE = """\
dlpfc_sgacc, 2 h         signal  average  n  difference [95 %]           g      p
psilocybin − mdd         raw     r        8  +0.0420 [+0.0295, +0.0536]  +0.47  .0078
psilocybin − mdd         raw     z        8  +0.0469 [+0.0321, +0.0601]  +0.47  .0078
psilocybin − mdd         gsr     r        8  -0.0368 [-0.0539, -0.0292]  -0.48  .0078
psilocybin − mdd         gsr     z        8  -0.0379 [-0.0559, -0.0298]  -0.48  .0078
mdd − baseline (rescan)  raw     r        8  -0.0316 [-0.0825, +0.0419]  -0.40  .3750
mdd − baseline (rescan)  raw     z        8  -0.0352 [-0.0930, +0.0471]  -0.40  .3828
mdd − baseline (rescan)  gsr     r        8  -0.0307 [-0.0783, +0.0438]  -0.46  .3750
mdd − baseline (rescan)  gsr     z        8  -0.0314 [-0.0802, +0.0455]  -0.45  .3750

dlpfc_sgacc, 2 h         n  difference [95 %]               g      p  p max-T  analyses  same sign  clear  opposite   lowest … highest
psilocybin − mdd         8  +0.0420 [+0.0295, +0.0536]  +0.47  .0078    .0078    4 of 4       50 %   50 %      50 %  -0.0379 … +0.0469
mdd − baseline (rescan)  8  -0.0316 [-0.0825, +0.0419]  -0.40  .3750    .5391    4 of 4      100 %    0 %       0 %  -0.0352 … -0.0307

difference, p: analysis of the study; p max-T: corrected over all analyses; same sign: share of the analyses
clear: and an interval without 0; opposite: the other sign and such an interval; one set of scans: no probability
Research simulator: not medical advice.
"""  # noqa: E501


def test_multiverse_word_for_word(run, capsys):
    words = ["--multiverse", "--metric", "dlpfc_sgacc", "--time", "2 h", "--arm", "psilocybin"]
    assert compare(capsys, run, *words) == MULTIVERSE


def test_numbers_are_those_of_the_tables(run, capsys):
    results = load_results(run)
    rows = select_rows(results, ["gbc"], ["psilocybin"], [2.0]).iloc[:1]
    q = fdr_rows(results, rows)["q"].item()
    line = compare(capsys, run, "--fdr", "--metric", "gbc", "--arm", "psilocybin").splitlines()[1]
    assert line.split()[-1] == f"{q:.4f}".removeprefix("0")
    needed = power_rows(results, rows)["needed"].item()
    line = compare(capsys, run, "--power", "--metric", "gbc", "--arm", "psilocybin").splitlines()[1]
    assert line.split()[-3] == f"{needed:.0f}"


def test_the_linear_engine_is_named_where_a_rescan_is_no_rescan(run, tmp_path, capsys):
    copy = shutil.copytree(run, tmp_path / "s")
    path = copy / "code/scenario.resolved.yaml"
    path.write_text(path.read_text().replace("engine: sde", "engine: linear"))
    words = ["--power", "--metric", "gbc", "--time", "2 h"]
    said = "engine linear: scans have no noise, a rescan is the same scan\n"
    assert compare(capsys, copy, *words).endswith(f"\n{said}{NOTICE}\n")
    assert said not in compare(capsys, run, *words)


def test_modularity_has_its_spread_over_seeds(run, capsys):
    words = [run, "--fdr", "--metric", "modularity", "gbc", "--arm", "psilocybin"]
    lines = compare(capsys, *words, "--seeds", "2").splitlines()
    assert lines[0].endswith("seed SD") and lines[1].split()[-1][0].isdigit()
    assert "seed SD: of the difference over 2 seeds of Louvain's starts" in lines
    assert "seed SD" not in compare(capsys, *words, "--seeds", "1")
    assert "seed SD" not in compare(capsys, run, "--fdr", "--metric", "gbc")


def test_mixed_shows_terms_rescan_and_parts(run, capsys):
    needs_statsmodels("--mixed")
    text = compare(capsys, run, "--mixed", "--metric", "gbc")
    first = [line.split("  ")[0] for line in text.splitlines()]
    assert first[:9] == [
        "gbc, against mdd", "intercept", "psilocybin", "sham", "1 d", "psilocybin × 1 d",
        "sham × 1 d", "mdd − baseline (rescan), 2 h", "mdd − baseline (rescan), 1 d",
    ]  # fmt: skip
    assert "\n  n: 8 subjects, 46 scans; 2 left out\n  SD: subjects " in text


def test_one_arm_at_one_time_shows_every_analysis(run, capsys):
    words = [run, "--multiverse", "--metric", "participation", "--arm", "psilocybin"]
    both = compare(capsys, *words, "--time", "2 h")
    one = compare(capsys, *words)
    assert one.count("psilocybin − mdd") == 2 + one.count("of psilocybin")
    assert both.count("psilocybin − mdd  ") == 1 + 8
    assert [line.split()[3:5] for line in both.splitlines()[1:9]] == [
        [signal, density] for signal in ("raw", "gsr") for density in ("all", "0.1", "0.2", "0.3")
    ]


# what is refused, and what is said instead


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--equivalent", "0.1"],
         "--equivalent: a margin has the unit of one metric\n  expected: one --metric\n"
         "  got: none\n"),
        (["--equivalent", "0.1", "--metric", "gbc", "between"], "  got: gbc, between\n"),
        (["--equivalent", "-1", "--metric", "gbc"],
         "argument --equivalent: '-1' is not a difference above 0 in the unit of the metric\n"),
        (["--equivalent", "few", "--metric", "gbc"], "'few' is not a difference above 0"),
        (["--edges", "--metric", "gbc"],
         "--edges: edges are compared whatever the metric\n  expected: no --metric\n  got: gbc\n"),
        (["--edges", "0"], "argument --edges: '0' is not a value of t above 0; name OUT first\n"),
        (["--fdr", "bonferroni"],
         "argument --fdr: 'bonferroni' is neither bh nor by; name OUT first\n"),
        (["--fdr", "--power"], "argument --power: not allowed with argument --fdr\n"),
        (["--seeds", "0"], "'0' is not a whole number of 1 or more"),
        (["--metric", "modularty"], "did you mean 'modularity'?"),
        (["--power", "--arm", "psilocibin"], "no arm 'psilocibin' among the comparisons\n"),
        (["--power", "--time", "3 h"],
         "no time '3 h' among the comparisons\n  expected: baseline, 2 h, 1 d\n"),
        (["--power", "--time", "3"],
         "--time: a time needs a unit\n  expected: min, h, d or wk\n  got: '3'\n"
         "  hint: write '3 h', '3 d' or '3 wk'\n"),
        (["--arm", "psilocibin"], "did you mean 'psilocybin'?"),
        (["--multiverse", "--metric", "sgacc_rate_hz"],
         "no choice of analysis for 'sgacc_rate_hz'\n  expected: modularity, segregation, "),
        (["--mixed", "--arm", "mdd"], "a mixed model compares treated arms with an untreated one"),
        (["--fdr", "--arm", "sham", "--time", "baseline"], "no comparison is left\n"),
    ],
)  # fmt: skip
def test_what_cannot_be_computed_is_one_clear_error(run, words, message, capsys):
    assert main(["compare", str(run), *words]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("netmod: error: ") and message in captured.err
    assert "Traceback" not in captured.err


def test_the_folder_belongs_before_an_option_with_values(run, capsys):
    assert main(["compare", "--fdr", str(run)]) == 2
    assert "is neither bh nor by; name OUT first" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("rows.csv", "not the name of a table\n  expected: NAME.tsv\n"),
        ("s/rows.tsv", "the folder of a run is sealed\n  expected: a file in another folder\n"),
        ("s/group/rows.tsv", "hint: 'netmod verify' would find it not listed\n"),
        ("dir.tsv", "a folder\n  expected: a file\n"),
        ("s.yaml/rows.tsv", "not a folder"),
    ],
)
def test_a_table_that_cannot_be_written_is_refused_first(run, place, message, capsys, monkeypatch):
    (run.parent / "dir.tsv").mkdir(exist_ok=True)
    monkeypatch.chdir(run.parent)
    assert main(["compare", "s", "--fdr", "-o", place]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and message in captured.err
    assert verify_study(run) == 0


@pytest.mark.parametrize(
    "words", [words for words in MODES if "--mixed" not in words], ids=" ".join
)
def test_one_subject_is_one_clear_error(lone, words, capsys):
    assert main(["compare", str(lone), *words]) == 2
    assert capsys.readouterr().err == (
        f"netmod: error: {lone}: fewer than two pairs of scans in every comparison\n"
        "  expected: two subjects or more with scans in both conditions\n"
        "  got: 2 subjects, 12 scans without numbers\n"
        "  hint: run more subjects: 'cohort: {subjects: 16}'\n"
    )


def test_nothing_to_compare_is_said(made, atlas, tmp_path, capsys):
    run = made.write_run(tmp_path / "s", atlas, arms=("mdd",), times="[baseline]")
    assert compare(capsys, run) == "nothing to compare: one untreated arm at one time\n"
    assert main(["compare", str(run), "--power"]) == 2
    assert "nothing to compare\n  expected: two arms, or two times" in capsys.readouterr().err


def test_a_run_without_matrices_is_refused(run, tmp_path, capsys):
    copy = shutil.copytree(run, tmp_path / "s")
    (copy / "group/connectivity.npz").unlink()
    for words in MODES:
        assert main(["compare", str(copy), *words]) == 2
        assert (
            "connectivity.npz: missing file: the study is not finished" in capsys.readouterr().err
        )


def test_without_statsmodels_the_extra_is_named(run, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "statsmodels.regression.mixed_linear_model", None)
    assert main(["compare", str(run), "--mixed"]) == 2
    assert capsys.readouterr().err == (
        "netmod: error: mixed models need statsmodels, which is not installed\n"
        "  hint: pip install 'netmod[statistics]'\n"
    )


def test_a_model_that_cannot_be_fitted_is_a_line_beside_those_that_can(run, tmp_path, capsys):
    needs_statsmodels("--mixed")
    copy = shutil.copytree(run, tmp_path / "s")
    path = copy / "group/signatures.tsv"
    table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
    table["segregation"] = np.where(table["segregation"] == "n/a", "n/a", "0.5")
    table.to_csv(path, sep="\t", index=False)
    text = compare(capsys, copy, "--mixed", "--metric", "segregation", "gbc")
    assert text.startswith("segregation, against mdd")
    assert "\nnot fitted " in text and "  nothing of 'segregation' is left" in text
    assert "\ngbc, against mdd" in text and "\npsilocybin × 1 d" in text


def test_an_atlas_that_is_gone_costs_only_what_needs_it(made, atlas, tmp_path, capsys):
    moved = shutil.copytree(atlas, tmp_path / "ten")
    run = made.write_run(tmp_path / "s", moved, subjects=3)
    shutil.rmtree(moved)
    text = compare(capsys, run, "--fdr", "--metric", "modularity", "--time", "2 h")
    assert "psilocybin − mdd" in text
    assert "\nspread over Louvain seeds not computed: " in text
    assert main(["compare", str(run), "--multiverse"]) == 2
    assert "netmod: error: " in capsys.readouterr().err


def test_the_page_names_every_option_and_its_python_runs(run, capsys):
    page = (Path(__file__).parents[2] / "docs/statistics.md").read_text("utf-8")
    assert main(["compare", "--help"]) == 0
    options = set(re.findall(r"--[a-z]+", capsys.readouterr().out)) - {"--help", "--debug"}
    assert len(options) == 10
    assert not [option for option in options if f"`{option}" not in page]
    (code,) = re.findall(r"```python\n(.*?)```", page, re.S)
    exec(compile(code, "docs/statistics.md", "exec"), {"OUT": run})  # noqa: S102
    assert capsys.readouterr().out.split()[:2] == ["time_h", "difference"]
    assert max(len(line) for line in page.splitlines() if not line.startswith("|")) <= 120
