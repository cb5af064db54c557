import base64
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from netmod.errors import DataError
from netmod.figures import FIGURES
from netmod.report import write_report
from netmod.report.methods import methods
from netmod.report.tables import comparison_groups, p_text, signed
from netmod.study.results import load_results

VOID = {"meta", "img", "br", "hr", "link", "input"}
RESOURCES = {"src", "href", "srcset", "data", "action", "poster", "background"}


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.open, self.images, self.tags, self.links, self.words = [], [], [], [], []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [(tag, key, value) for key, value in attrs if key in RESOURCES]
        assert not [key for key, _ in attrs if key.startswith("on")]
        if tag == "img":
            self.images.append(dict(attrs))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "title") and data.strip():
            self.words.append(" ".join(data.split()))


@pytest.fixture
def study(fake, atlas, tmp_path, stub_figures):
    return stub_figures(
        fake.write_fake_study(tmp_path / "out", atlas, failed=[("rtms_10hz", "02", 2)])
    )


def test_page_is_whole_and_holds_everything(study):
    path = write_report(study)
    assert path == study / "report.html"
    text = path.read_text(encoding="utf-8")
    page = Page(text)
    assert page.words[0] == "Research simulator: not medical advice."
    assert len(page.images) == len(FIGURES)
    for image, entry in zip(page.images, FIGURES, strict=True):
        assert image["alt"] == entry.alt
        kind, data = image["src"].split(",")
        assert kind == "data:image/png;base64"
        file = study / "figures" / f"{entry.name}.png"
        assert base64.b64decode(data, validate=True) == file.read_bytes()
    assert all(value.startswith("data:") for _, _, value in page.links)
    assert not re.search(r"https?:|//[a-z]|url\(|@import", re.sub(r'"data:[^"]*"', "", text))
    assert not {"script", "iframe", "object", "link", "form"} & set(page.tags)
    assert page.tags.count("h1") == 1


def test_what_was_run_is_told(study):
    words = " ".join(Page(write_report(study).read_text()).words)
    for expected in (
        "Engine linear",
        "Atlas fake (12 regions)",
        "Seed 7",
        "Virtual subjects 4",
        "baseline, 2 h, 6 wk",
        "rTMS 10 Hz (rtms_10hz) mdd rtms_10hz",
        "1 of 36 cells have no numbers",
        "rtms_10hz 02 2 h failed: rates diverged",
        "netmod run code/scenario.resolved.yaml",
        "doi:10.1523/JNEUROSCI.5068-13.2014",
        "no term of the model knows the healthy state",
        "a slow layer is moved on from hour to hour and from event to event",
        "The slow layer over hours and weeks",
    ):
        assert expected in words


def test_numbers_of_the_table(study):
    results = load_results(study)
    groups = comparison_groups(results)
    assert [group.title for group in groups] == [
        "MDD, untreated, against Healthy",
        "MDD, untreated, against its own baseline",
        "rTMS 10 Hz, against MDD, untreated",
    ]
    last = groups[-1]
    assert last.times == ("2 h", "6 wk")
    assert last.n == "3–4"
    table = results.comparisons
    row = table[
        (table["metric"] == "sgacc_rate_hz")
        & (table["arm"] == "rtms_10hz")
        & (table["reference"] == "mdd")
        & (table["time_h"] == 1008)
    ].iloc[0]
    entry = dict(last.rows)["sgACC rate (Hz)"][1]
    assert entry.difference == f"−{abs(row['difference']):.2f}"
    assert entry.interval == f"[−{abs(row['ci_low']):.2f}, −{abs(row['ci_high']):.2f}]"
    assert entry.sure == (row["p_corrected"] < 0.05)
    page = write_report(study).read_text()
    assert entry.interval in page
    assert entry.difference in page


def test_treated_healthy_arms_have_their_own_reference(fake, atlas, tmp_path):
    out = fake.write_fake_study(
        tmp_path / "out", atlas, arms=("healthy", "plain", "sham", "well_sham", "ssri"),
        details={"plain": ("mdd", "none"), "well_sham": ("healthy", "sham")},
    )  # fmt: skip
    assert [group.title for group in comparison_groups(load_results(out))] == [
        "plain, against Healthy",
        "Healthy, against its own baseline",
        "plain, against its own baseline",
        "Sham, against plain",
        "well_sham, against Healthy",
        "SSRI, against plain",
    ]


def test_the_methods_say_how_fast_signals_travel(fake, atlas, tmp_path):
    results = load_results(fake.write_fake_study(tmp_path, atlas, arms=("healthy", "mdd")))
    assert "Conduction delays are left out." in methods(results, 84)[0]
    results.scenario["model"] = {**results.scenario.get("model", {}), "velocity_m_per_s": 6.0}
    assert "Signals travel along the tracts at 6 m/s." in methods(results, 84)[0]


@pytest.mark.parametrize("engine", ["linear", "sde"])
def test_words_fit_the_engine(engine, fake, atlas, tmp_path, stub_figures):
    for arms in (("healthy", "mdd", "sham"), ("sham", "ssri")):
        out = fake.write_fake_study(tmp_path / arms[0], atlas, arms=arms, engine=engine)
        words = " ".join(Page(write_report(stub_figures(out)).read_text()).words)
        assert "Conduction delays are left out." in words
        assert "with conduction delays" not in words
        assert ("no sampling noise" in words) is (engine == "linear")
        for phrase in ("other noise", "same noise", "random numbers"):
            if engine == "linear":
                assert phrase not in words
        assert ("random numbers" in words) is (engine == "sde")
        if "mdd" in arms:
            assert ("zero by construction, as this engine is exact" in words) is (
                engine == "linear"
            )
            assert ("a rescan with other noise" in words) is (engine == "sde")


def test_missing_values_stay_missing(study):
    path = study / "group/comparisons.tsv"
    table = pd.read_csv(path, sep="\t", keep_default_na=False, na_values=["n/a"])
    chosen = (table["metric"] == "gbc") & (table["time_h"] == 2)
    table.loc[chosen, ["difference", "ci_low", "ci_high", "p", "p_corrected"]] = np.nan
    table.loc[table["metric"] == "dmn_fpn", ["difference", "ci_low", "ci_high"]] = np.nan
    table.to_csv(path, sep="\t", index=False, na_rep="n/a")
    rows = dict(comparison_groups(load_results(study))[-1].rows)
    entries = rows["Global connectivity (r)"]
    assert (entries[0].difference, entries[0].interval, entries[0].sure) == ("n/a", "", False)
    assert entries[1].interval
    assert "FC default–FPN (r)" not in rows


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (0.0123, 3, "+0.012"),
        (-0.0123, 3, "−0.012"),
        (-0.0001, 3, "0.000"),
        (0.0, 2, "0.00"),
        (float("nan"), 2, "n/a"),
    ],
)
def test_signed(value, decimals, text):
    assert signed(value, decimals) == text


@pytest.mark.parametrize(
    ("p", "text"),
    [(0.0004, "p < 0.001"), (0.0123, "p = 0.012"), (0.5, "p = 0.50"), (float("nan"), "")],
)
def test_p_text(p, text):
    assert p_text(p) == text


def test_hostile_names_are_escaped(fake, atlas, tmp_path, stub_figures):
    hostile = '<script>alert(1)</script>"&'
    out = fake.write_fake_study(
        tmp_path / "out", atlas, arms=("mdd", hostile), failed=[(hostile, "01", 2)]
    )
    path = out / "code/scenario.resolved.yaml"
    path.write_text(path.read_text().replace("name: fake", "name: '<img src=x onerror=alert(1)>'"))
    text = write_report(stub_figures(out)).read_text()
    page = Page(text)
    assert "<script" not in text
    assert len(page.images) == len(FIGURES)
    assert any(hostile in words for words in page.words)
    assert "<img src=x onerror=alert(1)>" in page.words


def test_zeros_after_the_first_scan_stay(study):
    # The linear engine has no noise: a rescan differs by nothing, and that is a result.
    path = study / "group/comparisons.tsv"
    table = pd.read_csv(path, sep="\t", keep_default_na=False, na_values=["n/a"])
    table.loc[table["reference"] == "baseline", ["difference", "ci_low", "ci_high"]] = 0.0
    table.to_csv(path, sep="\t", index=False, na_rep="n/a")
    rescan = comparison_groups(load_results(study))[1]
    assert rescan.times == ("2 h", "6 wk")
    assert rescan.rows[0][1][0].difference == "0.000"


def test_parameters_are_told(study):
    path = study / "code/scenario.resolved.yaml"
    text = path.read_text()
    assert "'rtms_10hz', modifiers: []}" in text
    more = "'rtms_10hz', modifiers: [ketanserin], target: dlpfc_left, parameters: {sessions: 30.0}}"
    path.write_text(text.replace("'rtms_10hz', modifiers: []}", more))
    words = " ".join(Page(write_report(study).read_text()).words)
    assert "(target dlpfc_left; sessions = 30)" in words
    assert "mdd rtms_10hz ketanserin" in words


def test_same_study_same_bytes(study):
    first = write_report(study).read_bytes()
    assert write_report(study).read_bytes() == first


def test_all_cells_fine(fake, atlas, tmp_path, stub_figures):
    out = stub_figures(fake.write_fake_study(tmp_path / "out", atlas, arms=("sham", "ssri")))
    words = " ".join(Page(write_report(out).read_text()).words)
    assert "None: all 24 cells" in words
    assert "SSRI, against its own baseline" in words


def test_version_is_told_when_known(study):
    (study / "dataset_description.json").write_text('{"GeneratedBy": [{"Version": "9.8.7"}]}')
    assert "netmod 9.8.7" in write_report(study).read_text()
    (study / "dataset_description.json").write_text("not json")
    assert "Written by" not in write_report(study).read_text()


def test_missing_figures_are_drawn(study, monkeypatch):
    (study / "figures" / f"{FIGURES[0].name}.png").unlink()
    called = []

    def draw(out, atlas):
        called.append(out)
        (study / "figures" / f"{FIGURES[0].name}.png").write_bytes(b"drawn")

    monkeypatch.setattr("netmod.report.write.draw_all", draw)
    text = write_report(study).read_text()
    assert called == [study]
    assert base64.b64encode(b"drawn").decode() in text


def test_report_that_cannot_be_written(study):
    (study / "report.html").mkdir()
    with pytest.raises(DataError, match="cannot write the report"):
        write_report(study)


def test_a_sequence_is_told_step_by_step(fake, atlas, tmp_path, stub_figures):
    out = fake.write_fake_study(
        tmp_path / "out", atlas, arms=("healthy", "mdd", "both"),
        details={"both": ("mdd", "sequence")},
    )  # fmt: skip
    file = out / "code" / "scenario.resolved.yaml"
    steps = "[{treatment: psilocybin, target: null, parameters: {doses: 1}}, "
    steps += "{treatment: rtms_10hz, after: 1 wk, target: vertex, parameters: {sessions: 3}}]"
    text = file.read_text()
    file.write_text(text.replace("'sequence', modifiers: []", f"sequence, sequence: {steps}"))
    words = " ".join(Page(write_report(stub_figures(out)).read_text()).words)
    assert "mdd psilocybin, then rtms_10hz" in words
    assert "doses = 1 | target vertex; after 1 wk; sessions = 3" in words
    assert "twice, three weeks apart; 10 Hz over the left" in words
