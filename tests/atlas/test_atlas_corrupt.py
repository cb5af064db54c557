"""Broken folders: one clear message with file, line and column, never a traceback."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netmod.atlas import load_atlas
from netmod.errors import ConfigError, DataError, IntegrityError, NetmodError


def cell(name: str, row: int, column: int, value: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / name
        rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
        rows[row][column] = value
        path.write_text("".join("\t".join(r) + "\n" for r in rows), encoding="utf-8")

    return change


def text(name: str, value: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_text(value, encoding="utf-8") and None


def data(name: str, value: bytes) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_bytes(value) and None


def swap(name: str, old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / name
        before = path.read_text(encoding="utf-8")
        assert old in before
        path.write_text(before.replace(old, new, 1), encoding="utf-8")

    return change


def remove(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def drop_last_line(name: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        lines = (folder / name).read_text(encoding="utf-8").splitlines(keepends=True)
        (folder / name).write_text("".join(lines[:-1]), encoding="utf-8")

    return change


def cut(name: str, share: float) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[: int(len(content) * share)])

    return change


# what was done, where the message must point (in the folder), what it must say
CASES = {
    "missing weights": (remove("weights.tsv"), "weights.tsv", "no weights.tsv"),
    "missing lengths": (remove("lengths.tsv"), "lengths.tsv", "no lengths.tsv"),
    "missing regions": (remove("regions.tsv"), "regions.tsv", "no regions.tsv"),
    "empty": (text("weights.tsv", ""), "weights.tsv", "an empty file"),
    "only blanks": (text("fc.tsv", "\n\n \n"), "fc.tsv", "an empty file"),
    "binary": (data("weights.tsv", b"\x93NUMPY\x01\x00v\x00{'descr'"), "weights.tsv", "binary"),
    "latin-1": (
        data("regions.tsv", "name\tlabel\nL\té\n".encode("latin-1")),
        "regions.tsv:2:3",
        "not UTF-8",
    ),
    "no number": (cell("weights.tsv", 2, 4, "strong"), "weights.tsv:3:", "not a finite number"),
    "NaN": (cell("weights.tsv", 1, 2, "nan"), "weights.tsv:2:12", "not a finite number"),
    "n/a in a matrix": (cell("lengths.tsv", 1, 2, "n/a"), "lengths.tsv:2:12", "not a finite"),
    "infinite": (cell("lengths.tsv", 3, 1, "inf"), "lengths.tsv:4:10", "not a finite number"),
    "too large to hold": (cell("weights.tsv", 1, 2, "1e999"), "weights.tsv:2:12", "not a finite"),
    "empty cell": (cell("weights.tsv", 1, 2, ""), "weights.tsv:2:12", "not a finite number"),
    "Python number": (cell("weights.tsv", 1, 2, "1_0"), "weights.tsv:2:12", "not a finite number"),
    "other digits": (cell("weights.tsv", 1, 2, "١"), "weights.tsv:2:12", "not a finite number"),
    "decimal comma": (cell("weights.tsv", 1, 2, "0,5"), "weights.tsv:2:12", "not a finite number"),
    "negative weight": (cell("weights.tsv", 1, 2, "-1"), "weights.tsv:2:12", "a negative value"),
    "negative length": (cell("lengths.tsv", 5, 1, "-1"), "lengths.tsv:6:9", "a negative value"),
    "self-connection": (cell("weights.tsv", 1, 1, "2"), "weights.tsv:2:10", "on the diagonal"),
    "asymmetric": (cell("weights.tsv", 2, 1, "9"), "weights.tsv:2:12", "not symmetric"),
    "asymmetric fc": (cell("fc.tsv", 2, 1, "0.99"), "fc.tsv:2:12", "not symmetric"),
    "fc diagonal": (cell("fc.tsv", 1, 1, "0"), "fc.tsv:2:10", "on the diagonal"),
    "fc above one": (cell("fc.tsv", 1, 2, "1.2"), "fc.tsv:2:12", "too large"),
    "fc below minus one": (cell("fc.tsv", 1, 2, "-1.2"), "fc.tsv:2:12", "too small"),
    "not square": (drop_last_line("weights.tsv"), "weights.tsv:1:1", "not square"),
    "short row": (cut("fc.tsv", 0.97), "fc.tsv:8:", "too short"),
    "long row": (cell("weights.tsv", 2, 2, "1\t2"), "weights.tsv:3:", "too long"),
    "comma separated": (
        text("weights.tsv", "name,a,b\na,0,1\nb,1,0\n"),
        "weights.tsv:1:1",
        "not square",
    ),
    "duplicate column": (cell("weights.tsv", 0, 2, "lh_front"), "weights.tsv:1:15", "comes twice"),
    "duplicate row": (cell("weights.tsv", 2, 0, "lh_front"), "weights.tsv:3:1", "comes twice"),
    "other row name": (cell("weights.tsv", 3, 0, "rh_frnt"), "weights.tsv:4:1", "row 3 is not"),
    "other column name": (cell("fc.tsv", 0, 3, "rh_frnt"), "fc.tsv:1:23", "column 3 is not"),
    "other matrix": (
        text("fc.tsv", "name\tlh_front\nlh_front\t1\n"),
        "fc.tsv:1:1",
        "other regions",
    ),
    "duplicate region": (cell("regions.tsv", 2, 0, "lh_front"), "regions.tsv:3:1", "comes twice"),
    "nameless region": (cell("regions.tsv", 2, 0, ""), "regions.tsv:3:1", "not a region name"),
    "padded region": (cell("regions.tsv", 2, 0, " a"), "regions.tsv:3:1", "not a region name"),
    "unknown hemisphere": (
        cell("regions.tsv", 1, 2, "left"),
        "regions.tsv:2:19",
        "unknown hemisphere",
    ),
    "unknown kind": (cell("regions.tsv", 1, 7, "cortx"), "regions.tsv:2:", "unknown kind"),
    "no network": (cell("regions.tsv", 1, 6, ""), "regions.tsv:2:", "has no network"),
    "centroid missing": (cell("regions.tsv", 1, 4, "n/a"), "regions.tsv:2:", "not a finite"),
    "centroid in metres": (
        cell("regions.tsv", 1, 4, "40000"),
        "regions.tsv:2:",
        "outside the head",
    ),
    "column missing": (
        swap("regions.tsv", "hemisphere", "hemisfere"),
        "regions.tsv:1:1",
        "no column 'hemisphere'",
    ),
    "column twice": (swap("regions.tsv", "label", "name"), "regions.tsv:1:6", "comes twice"),
    "map of other regions": (cell("maps.tsv", 2, 0, "x"), "maps.tsv:3:1", "other regions"),
    "map too short": (drop_last_line("maps.tsv"), "maps.tsv:1:1", "other regions"),
    "map without number": (cell("maps.tsv", 1, 1, "high"), "maps.tsv:2:10", "not a finite number"),
    "target of unknown region": (
        swap("targets.json", '"rh_front"', '"rh_frnt"'),
        "targets.json:5:7",
        "unknown region",
    ),
    "target names a region twice": (
        swap("targets.json", '"rh_front"', '"lh_front"'),
        "targets.json:5:7",
        "twice",
    ),
    "target without regions": (
        text("targets.json", '{"spot": {"regions": []}}'),
        "targets.json:1:2",
        "has no regions",
    ),
    "target as text": (text("targets.json", '{"spot": "stem"}'), "targets.json:1:2", "no regions"),
    "targets cut off": (cut("targets.json", 0.5), "targets.json:", "not valid JSON"),
    "targets as list": (text("targets.json", "[1]"), "targets.json:1:1", "not a JSON object"),
    "key twice": (
        text("description.json", '{"name": "a",\n "name": "b"}'),
        "description.json:2:2",
        "comes twice",
    ),
    "JSON with NaN": (text("description.json", '{"x": NaN}'), "description.json", "not a JSON"),
    "deep JSON": (text("description.json", '{"x":' + "[" * 9999), "description.json", "JSON"),
    "name as number": (text("description.json", '{"name": 3}'), "description.json", "not a text"),
    "weights as text": (
        text("description.json", '{"weights": "symmetric"}'),
        "description.json",
        "directed",
    ),
    "citation binary": (data("CITATION.bib", b"@a\0"), "CITATION.bib", "binary"),
}


@pytest.mark.parametrize("case", CASES)
def test_one_clear_message(user_folder, case):
    load_atlas(user_folder)
    change, where, says = CASES[case]
    change(user_folder)
    with pytest.raises(DataError) as error:
        load_atlas(user_folder)
    assert error.value.where.startswith(f"{user_folder}{os.sep}{where}")
    assert says in error.value.what
    assert error.value.exit_code == 2


def test_header_alone_is_no_atlas(user_folder):
    path = user_folder / "regions.tsv"
    path.write_text(path.read_text(encoding="utf-8").split("\n")[0] + "\n", encoding="utf-8")
    with pytest.raises(DataError, match="no regions"):
        load_atlas(user_folder)


def test_a_folder_where_a_file_belongs(user_folder):
    (user_folder / "fc.tsv").unlink()
    (user_folder / "fc.tsv").mkdir()
    with pytest.raises(DataError, match="cannot read the file"):
        load_atlas(user_folder)


def test_message_of_a_broken_cell(user_folder):
    cell("weights.tsv", 1, 2, "nan")(user_folder)
    with pytest.raises(DataError) as error:
        load_atlas(user_folder)
    assert str(error.value) == (
        f"{user_folder / 'weights.tsv'}:2:12: "
        "not a finite number (row 'lh_front', column 'lh_back')\n"
        "  expected: a finite decimal number\n"
        "  got: 'nan'"
    )


def test_message_of_an_asymmetric_matrix(user_folder):
    cell("weights.tsv", 1, 2, "0.25")(user_folder)
    cell("weights.tsv", 2, 1, "0.5")(user_folder)
    with pytest.raises(DataError) as error:
        load_atlas(user_folder)
    assert str(error.value) == (
        f"{user_folder / 'weights.tsv'}:2:12: "
        "the matrix is not symmetric (row 'lh_front', column 'lh_back')\n"
        "  expected: 0.5, as in row 'lh_back'\n"
        "  got: 0.25"
    )


def test_message_of_a_mislabelled_row(user_folder):
    cell("weights.tsv", 3, 0, "rh_frnt")(user_folder)
    with pytest.raises(DataError) as error:
        load_atlas(user_folder)
    assert str(error.value) == (
        f"{user_folder / 'weights.tsv'}:4:1: row 3 is not the region of regions.tsv\n"
        "  expected: 'rh_front'\n"
        "  got: 'rh_frnt'\n"
        "  hint: regions must stand in the order of regions.tsv"
    )


@pytest.mark.parametrize(
    "name", ["regions.tsv", "weights.tsv", "fc.tsv", "maps.tsv", "targets.json", "description.json"]
)
def test_one_changed_byte_is_noticed(folder, name):
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(IntegrityError) as error:
        load_atlas(folder)
    assert error.value.what == f"{name} was changed"
    assert error.value.where == str(folder / name)
    assert error.value.exit_code == 4


def test_missing_and_uncovered_files_are_noticed(folder):
    shutil.copy(folder / "maps.tsv", folder.parent / "maps.tsv")
    (folder / "maps.tsv").unlink()
    with pytest.raises(IntegrityError, match=r"maps.tsv is missing"):
        load_atlas(folder)
    shutil.copy(folder.parent / "maps.tsv", folder / "maps.tsv")
    sums = folder / "SHA256SUMS"
    lines = sums.read_text(encoding="utf-8").splitlines(keepends=True)
    sums.write_text("".join(line for line in lines if "maps" not in line), encoding="utf-8")
    with pytest.raises(IntegrityError, match=r"maps.tsv is not covered"):
        load_atlas(folder)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("abc  weights.tsv", "not a line of checksums"),
        ("0" * 64 + "  ../secret", "outside the atlas"),
        ("0" * 64 + "  ..", "outside the atlas"),
        ("0" * 64 + "  /etc/passwd", "outside the atlas"),
    ],
)
def test_malformed_checksums(folder, line, says):
    sums = folder / "SHA256SUMS"
    sums.write_text(sums.read_text(encoding="utf-8") + line + "\n", encoding="utf-8")
    with pytest.raises(DataError, match=says) as error:
        load_atlas(folder)
    assert f"{sums}:8:" in error.value.where


def test_unknown_names():
    with pytest.raises(ConfigError) as error:
        load_atlas("dk48")
    assert str(error.value) == (
        "unknown atlas 'dk48'\n"
        "  expected: a folder, or one of dk84, glasser379, schaefer100\n"
        "  got: 'dk48'\n"
        "  hint: did you mean 'dk84'?"
    )


@pytest.mark.parametrize("name", ["", ".", "..", "x" * 5000, "a\0b", "no/such/folder", "../dk84x"])
def test_strange_names_are_config_errors(name):
    with pytest.raises(NetmodError):
        load_atlas(name)


def test_a_file_is_not_a_folder(user_folder):
    with pytest.raises(ConfigError, match="not a folder"):
        load_atlas(user_folder / "weights.tsv")


def test_an_empty_folder(tmp_path):
    with pytest.raises(DataError, match=r"no regions.tsv"):
        load_atlas(tmp_path)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    name=st.sampled_from(["regions.tsv", "weights.tsv", "maps.tsv", "targets.json"]),
    place=st.floats(0, 1, exclude_max=True),
    junk=st.binary(min_size=1, max_size=6),
)
def test_random_damage_never_escapes_as_another_error(user_folder, name, place, junk):
    original = (user_folder / name).read_bytes()
    start = int(place * len(original))
    (user_folder / name).write_bytes(original[:start] + junk + original[start + len(junk) :])
    try:
        load_atlas(user_folder)
    except NetmodError as error:
        assert str(user_folder / name) in str(error) or name == "regions.tsv"
    finally:
        (user_folder / name).write_bytes(original)
