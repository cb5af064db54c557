"""``netmod atlas``: what it prints, writes and refuses."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import netmod
from netmod.atlas import load_atlas, write_atlas
from netmod.cli import main
from netmod.errors import DataError, IntegrityError

HEAVY = ("jax", "nilearn", "matplotlib", "pandas", "scipy.stats")


@pytest.fixture(autouse=True)
def workplace(tmp_path, monkeypatch):
    """Work in an empty folder; what is fetched or imported goes beneath it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NETMOD_DATA", str(tmp_path / "data"))
    return tmp_path


def write_small(folder, **changes):
    n = 4
    points = np.array([[-30.0, 40, 20], [30, 40, 20], [-20, -80, 5], [20, -80, 5]])
    weights = np.ones((n, n)) - np.eye(n)
    content = {
        "region": ("front_l", "front_r", "back_l", "back_r"),
        "hemisphere": ("L", "R", "L", "R"),
        "network": ("Default", "Default", "Visual", "Visual"),
        "kind": ("cortex",) * n,
        "centroids_mm": points,
        "weights": weights * 2.5,
        "lengths_mm": weights * 80,
        "targets": {"front": ["front_l", "front_r"]},
        "maps": {"GENE": np.array([0.25, 0.5, np.nan, 1.0])},
        "description": {"name": "small", "licence": "CC0-1.0", "title": "Four regions",
                        "weights": {"directed": False, "unit": "streamlines"}},
        "texts": {"CITATION.bib": "@article{one2000,\n}\n@book{two2001,\n}\n"},
    }  # fmt: skip
    return write_atlas(folder, **(content | changes))


@pytest.fixture
def small(workplace):
    return write_small(workplace / "data" / "atlases" / "small")


def finding(level, what="what", detail="detail", hint=""):
    return SimpleNamespace(level=level, what=what, detail=detail, hint=hint)


@pytest.mark.parametrize("words", [["atlas"], ["atlas", "--help"]])
def test_without_a_command_there_is_help(words, capsys):
    assert main(words) == 0
    out = capsys.readouterr().out
    for command in ("list", "show", "check", "fetch", "import", "export", "target"):
        assert f"\n    {command}" in out


@pytest.mark.parametrize(
    ("words", "text", "hint"),
    [
        (["atlas", "lst"], "invalid choice: 'lst'", "did you mean 'list'?"),
        (["atlas", "show"], "required: ATLAS", "netmod atlas show --help"),
        (["atlas", "show", "dk48"], "unknown atlas 'dk48'", "did you mean 'dk84'?"),
        (["atlas", "show", "./none"], "./none: no such atlas folder", "dk84"),
        (["atlas", "fetch", "enigma_aparc28"], "unknown source", "did you mean 'enigma_aparc82'?"),
        (["atlas", "fetch", "zzz"], "unknown source", "'netmod atlas list' lists them all"),
        (["atlas", "export", "dk84", "tbv", "-o", "x"], "format", "did you mean 'tvb'?"),
        (["atlas", "export", "dk84", "tvb"], "required: -o/--out", "netmod atlas export --help"),
        (["atlas", "import", "x.csv"], "required: --name", "netmod atlas import --help"),
        (["atlas", "import", "none.csv", "--name", "a"], "none.csv", ""),
        (["atlas", "target", "dk84", "dlpfc_lft"], "dlpfc_lft", "did you mean 'dlpfc_left'?"),
        (["atlas", "show", "dk84", "-o", "a.pdf"], "not the name of a PNG", "write a.png"),
    ],
)
def test_wrong_usage(words, text, hint, capsys, workplace):
    assert main(words) == 2
    caught = capsys.readouterr()
    assert caught.out == ""
    assert caught.err.startswith("netmod: error: ")
    assert text in caught.err
    assert hint in caught.err.partition("hint: ")[2]
    assert list(workplace.rglob("*.png")) == []


def columns(out, name):
    """The words of a line of a table, columns being two blanks apart."""
    (line,) = [line for line in out.splitlines() if line.startswith(f"{name} ")]
    return [word for word in line.split("  ") if word.strip()]


def test_list_tells_what_is_here(small, capsys):
    assert main(["atlas", "list"]) == 0
    out = capsys.readouterr().out
    head = columns(out, "atlas")
    assert [word.strip() for word in head[1:]] == [
        "regions", "where", "lengths", "FC", "FCD", "maps", "targets", "fitted for"
    ]  # fmt: skip
    found = [word.strip() for word in columns(out, "dk84")]
    assert found == ["dk84", "84", "shipped", "measured", "all", "-", "8", "8", "reduced_wong_wang"]
    found = [word.strip() for word in columns(out, "small")]
    assert found == ["small", "4", "yours", "measured", "-", "-", "1", "1", "-"]
    found = [word.strip() for word in columns(out, "schaefer100")]
    assert found[:6] == ["schaefer100", "114", "shipped", "measured", "77%", "yes"]
    assert len({line.find("where") for line in out.splitlines() if "where" in line}) == 1
    assert not any(line.endswith(" ") for line in out.splitlines())


def test_list_tells_what_can_be_fetched_until_it_is_here(workplace, capsys):
    assert main(["atlas", "list"]) == 0
    out = capsys.readouterr().out
    row = [word.strip() for word in columns(out, "pet_hansen2022")]
    assert row[1] == "dk84" and float(row[2]) > 0 and row[3].startswith("CC BY-NC-SA")
    assert columns(out, "enigma_aparc82")
    write_small(workplace / "data" / "atlases" / "enigma_aparc82")
    write_small(workplace / "data" / "atlases" / "dk84_pet_hansen2022")
    assert main(["atlas", "list"]) == 0
    _, fetchable = capsys.readouterr().out.split("to fetch")
    assert "\nenigma_aparc82 " not in fetchable and "\npet_hansen2022 " not in fetchable


def test_one_broken_folder_does_not_hide_the_others(small, capsys):
    (small / "weights.tsv").write_text("torn", encoding="utf-8")
    assert main(["atlas", "list"]) == 0
    out = capsys.readouterr().out
    assert "unreadable: " in out
    assert columns(out, "dk84")


def test_lengths_by_the_rule_of_distance_are_called_estimated(workplace, capsys):
    from netmod.atlas.lengths import lengths_from_distance

    atlas = load_atlas(write_small(workplace / "a"))
    lengths, _ = lengths_from_distance(atlas.centroids_mm)
    write_small(workplace / "data" / "atlases" / "b", lengths_mm=lengths, digits=9)
    main(["atlas", "list"])
    assert columns(capsys.readouterr().out, "b")[3].strip() == "estimated"


def test_show_prints_the_card_word_for_word(small, capsys):
    assert main(["atlas", "show", "small"]) == 0
    head, where, *rest = capsys.readouterr().out.partition("  regions ")[0].splitlines()
    assert head == "small: Four regions"
    # a long path is broken into lines
    assert "".join([where, *rest]).replace(" ", "") == f"where{small}".replace(" ", "")
    assert main(["atlas", "show", "small"]) == 0
    assert "  regions " + capsys.readouterr().out.partition("  regions ")[2] == (
        """\
  regions    4: 4 cortex; 2 left, 2 right; 2 pairs of homologues
  networks   Visual 2, Default 2
  weights    6 pairs, density 1.00; 2.5 to 2.5, median 2.5; spectral radius 7.5; strength 7.5 on
             average (SD/mean 0.00); unit: streamlines
  lengths    measured; 80 to 80, median 80 mm
  FC         none
  FCD        none
  fitted for no model
  surface    none
  targets (mean centroid on each side, MNI mm; regions)
    front  (-30, 40, 20) and (30, 40, 20)  front_l, front_r
  maps
    GENE  3 of 4 regions  0.25 to 1
  licence    CC0-1.0
  cite       one2000, two2001
"""
    )


def test_show_of_the_shipped_one(capsys):
    assert main(["atlas", "show", "dk84"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("dk84: Desikan-Killiany")
    assert "  where      shipped\n" in out
    assert "84: 68 cortex, 14 subcortex, 2 cerebellum; 42 left, 42 right; 42 pairs" in out
    assert "r with log weight 0.46" in out
    assert "fitted for reduced_wong_wang" in out
    assert "HTR2A  68 of 84 regions" in out
    assert "schirner2023" in out


@pytest.mark.parametrize(
    ("out", "written"),
    [("pictures", "pictures/atlas_small.png"), ("here.png", "here.png")],
)
def test_show_draws_where_asked(small, capsys, monkeypatch, out, written):
    seen = []
    monkeypatch.setattr(
        "netmod.figures.write_atlas_card", lambda atlas, path: seen.append(atlas.name) or path
    )
    assert main(["atlas", "show", "small", "-o", out]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == written
    assert seen == ["small"]


def test_without_it_nothing_is_drawn(small, monkeypatch):
    monkeypatch.setattr("netmod.figures.write_atlas_card", None)
    assert main(["atlas", "show", "small"]) == 0


@pytest.mark.parametrize(("levels", "code"), [(("ok", "note"), 0), (("ok", "problem"), 1)])
def test_check_prints_findings_and_ends_with_one_for_a_problem(
    small, capsys, monkeypatch, levels, code
):
    found = [finding(level, f"thing {k}") for k, level in enumerate(levels)]
    found[-1].hint = "look there"
    monkeypatch.setattr("netmod.atlas.check.check_atlas", lambda _: tuple(found))
    assert main(["atlas", "check", "small"]) == code
    width = max(map(len, levels))
    assert capsys.readouterr().out == (
        f"{levels[0]:<{width}}  thing 0  detail\n{levels[1]:<{width}}  thing 1  detail\n"
        f"{'':<{width}}    hint: look there\n"
    )


def test_check_of_what_ships_finds_no_problem(capsys):
    assert main(["atlas", "check", "dk84"]) == 0
    assert "problem" not in {line.split()[0] for line in capsys.readouterr().out.splitlines()}


def test_check_of_changed_bytes_is_an_integrity_error(small, capsys):
    with (small / "maps.tsv").open("a", encoding="utf-8") as file:
        file.write("\n")
    assert main(["atlas", "check", "small"]) == 4
    assert "maps.tsv" in capsys.readouterr().err


def test_fetch_shows_the_licence_first_and_the_folder_last(capsys, monkeypatch, workplace):
    def fetch(name, *, base, progress, replace):
        print("fetched")
        assert "licence: " in capsys.readouterr().err
        progress("0" * 64, 500_000, 2_000_000)
        progress("0" * 64, 2_000_000, 2_000_000)
        seen.update(name=name, base=base, replace=replace)
        return Path("data/atlases/dk84_pet_hansen2022")

    seen = {}
    monkeypatch.setattr("netmod.atlas.fetch.fetch_atlas", fetch)
    assert main(["atlas", "fetch", "pet_hansen2022", "--atlas", "schaefer100", "--replace"]) == 0
    caught = capsys.readouterr()
    assert seen == {"name": "pet_hansen2022", "base": "schaefer100", "replace": True}
    assert caught.out == "data/atlases/dk84_pet_hansen2022\n"
    assert caught.err.splitlines() == [f"{'0' * 64}: 2.0 of 2.0 MB"]  # no terminal: when whole


@pytest.mark.parametrize(
    ("raised", "code"), [(IntegrityError("torn", where="a.csv"), 4), (DataError("bad"), 2)]
)
def test_fetch_hands_failures_on(capsys, monkeypatch, raised, code):
    def fetch(*_, **__):
        raise raised

    monkeypatch.setattr("netmod.atlas.fetch.fetch_atlas", fetch)
    assert main(["atlas", "fetch", "enigma_aparc82"]) == code
    assert f"netmod: error: {raised}" in capsys.readouterr().err


def test_export_and_import_give_the_connectome_back(small, capsys, workplace):
    assert main(["atlas", "export", "small", "tvb", "-o", "small.zip"]) == 0
    caught = capsys.readouterr()
    assert caught.out.splitlines() == ["small.zip"]
    assert "tvb does not hold" in caught.err
    assert main(["atlas", "import", "small.zip", "--name", "again"]) == 0
    caught = capsys.readouterr()
    folder = workplace / "data" / "atlases" / "again"
    assert caught.out == f"{folder}\n"
    assert "netmod: note: " in caught.err
    again, before = load_atlas("again"), load_atlas("small")
    assert again.region == before.region
    np.testing.assert_array_equal(again.weights, before.weights)
    np.testing.assert_array_equal(again.lengths_mm, before.lengths_mm)
    assert main(["atlas", "import", "small.zip", "--name", "again"]) == 2
    assert "hint: " in capsys.readouterr().err
    assert main(["atlas", "import", "small.zip", "--name", "again", "--replace"]) == 0


def test_import_passes_every_option(small, capsys, monkeypatch, workplace):
    seen = {}

    def bring(path, name, **options):
        seen.update(path=path, name=name, **options)
        return load_atlas("small")

    monkeypatch.setattr("netmod.atlas.importing.import_atlas", bring)
    words = "w.csv --name mine --format csv --lengths l.csv --regions r.tsv --fc f.csv -o out"
    more = ["--replace", "--transpose", "--option", "weights=SC", "labels=a=b"]
    assert main(["atlas", "import", *words.split(), *more]) == 0
    assert seen == {
        "path": Path("w.csv"), "name": "mine", "folder": Path("out"), "format": "csv",
        "lengths": Path("l.csv"), "regions": Path("r.tsv"), "fc": Path("f.csv"), "replace": True,
        "transpose": True, "weights": "SC", "labels": "a=b",
    }  # fmt: skip


@pytest.mark.parametrize("word", ["weights", "=SC", "a b=1", "name=x", "folder=/tmp"])
def test_an_option_is_a_key_and_a_value(word, capsys, workplace):
    assert main(["atlas", "import", "x.npz", "--name", "a", "--option", word]) == 2
    assert "--option: not an option of a format\n  expected: KEY=VALUE" in capsys.readouterr().err


def test_an_option_reaches_the_format(small, capsys, workplace):
    np.savez(workplace / "w.npz", SC=load_atlas("small").weights, other=np.eye(3))
    regions = str(load_atlas("small").folder / "regions.tsv")
    words = ["atlas", "import", "w.npz", "--name", "chosen", "--regions", regions]
    assert main([*words, "--option", "weights=SC"]) == 0
    np.testing.assert_array_equal(load_atlas("chosen").weights, load_atlas("small").weights)
    assert main([*words, "--replace", "--option", "wieghts=SC"]) == 2
    assert "weights" in capsys.readouterr().err


def test_target_lists_regions_weights_and_distances(small, capsys):
    assert main(["atlas", "target", "small", "front"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-3].split() == ["region", "weight", "distance,", "mm", "network"]
    assert [line.split() for line in lines[-2:]] == [
        ["front_l", "0.500", "0.0", "Default"],
        ["front_r", "0.500", "0.0", "Default"],
    ]


def test_target_by_a_point(capsys):
    assert main(["atlas", "target", "dk84", "-38,44,26"]) == 0
    first = capsys.readouterr().out.split("network\n")[1].splitlines()[0].split()
    atlas = load_atlas("dk84")
    distance = np.linalg.norm(atlas.centroids_mm[atlas.index(first[0])] - [-38, 44, 26])
    assert first[0] == "L.RMFG" and float(first[2]) == pytest.approx(distance, abs=0.06)


@pytest.mark.parametrize(
    "words",
    [["atlas"], ["atlas", "list"], ["atlas", "show", "dk84"], ["atlas", "target", "dk84", "sgacc"]],
    ids=lambda words: "_".join(words),
)
def test_light_commands_import_nothing_heavy(words, workplace):
    code = (
        "import sys; from netmod.cli import main; rc = main(sys.argv[1:]);"
        f"heavy = [m for m in {HEAVY!r} if m in sys.modules];"
        "print('HEAVY', rc, heavy)"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(netmod.__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] == "HEAVY 0 []"
