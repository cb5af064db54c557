"""Real people from a folder: what is read, how it becomes a connectome, and what is refused."""

import shutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from netmod.atlas import load_atlas, write_atlas
from netmod.atlas.tsv import table_text
from netmod.cohort.individuals import (
    LIMITS,
    personal_lengths,
    personal_weights,
    read_individuals,
    survey,
)
from netmod.errors import ConfigError, DataError

REGION = ("lA", "lB", "lC", "rA", "rB", "rC")
N = len(REGION)


def symmetric(seed, low=1.0, high=9.0):
    upper = np.triu(np.random.default_rng(seed).uniform(low, high, (N, N)), 1)
    return np.round(upper + upper.T, 6)


def write_matrix(path, matrix, names=REGION):
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [[name, *map(repr, row)] for name, row in zip(names, matrix.tolist(), strict=True)]
    path.write_text(table_text(["name", *names], rows))


@pytest.fixture(scope="session")
def atlas(tmp_path_factory):
    folder = tmp_path_factory.mktemp("atlas") / "six-one"
    rng = np.random.default_rng(0)
    write_atlas(
        folder, region=REGION, hemisphere="LLLRRR", network=["Default"] * N, kind=["cortex"] * N,
        centroids_mm=rng.uniform(-50, 50, (N, 3)), weights=symmetric(1), lengths_mm=symmetric(2),
        description={"name": "six-one", "weights": {"directed": False}}, checksums=False,
    )  # fmt: skip
    return load_atlas(folder)


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """Three people: every spelling of a name, an order of its own, another atlas beside it."""
    folder = tmp_path_factory.mktemp("made") / "people"
    folder.mkdir()
    (folder / "participants.tsv").write_text(
        "participant_id\tage\tseverity\nsub-07\t30\t1.5\nsub-A\t41\tn/a\nsub-x2\tn/a\t0\n"
    )
    weights = "sub-07/dwi/sub-07_atlas-sixone_desc-weights_relmat.tsv"
    write_matrix(folder / weights, symmetric(10))
    write_matrix(folder / weights.replace("weights", "lengths"), symmetric(11, 20, 90))
    fc = "sub-07/func/sub-07_task-rest_atlas-sixone_stat-pearsoncorrelation_relmat.tsv"
    write_matrix(folder / fc, symmetric(12, -0.9, 0.9) + np.eye(N))
    order = np.array([3, 1, 5, 0, 4, 2])
    write_matrix(
        folder / "sub-A/anat/sub-A_stat-streamlinecount_relmat.tsv",
        symmetric(13)[np.ix_(order, order)], [REGION[i] for i in order],
    )  # fmt: skip
    write_matrix(folder / "sub-A/dwi/sub-A_atlas-other_desc-weights_relmat.tsv", np.eye(N))
    write_matrix(folder / "sub-x2/sub-x2_ses-1_desc-weights_relmat.tsv", symmetric(14))
    (folder / "sub-x2" / "._sub-x2_desc-weights_relmat.tsv").write_bytes(b"\0")
    return folder


@pytest.fixture
def folder(made, tmp_path):
    """A copy to spoil."""
    return shutil.copytree(made, tmp_path / "people")


def test_everything_is_read_in_the_atlas_order(made, atlas):
    first, second, third = read_individuals(made, atlas)
    assert [p.label for p in (first, second, third)] == ["07", "A", "x2"]
    assert [p.severity for p in (first, second, third)] == [1.5, None, 0.0]
    assert np.array_equal(first.weights, symmetric(10))
    assert np.array_equal(first.lengths_mm, symmetric(11, 20, 90))
    assert first.fc == pytest.approx(symmetric(12, -0.9, 0.9) + np.eye(N))
    assert np.array_equal(second.weights, symmetric(13))
    assert np.array_equal(third.weights, symmetric(14))
    assert second.lengths_mm is None
    assert third.fc is None


def test_the_digest_is_of_the_files_and_not_of_their_place(made, folder):
    here, there = survey(made), survey(folder)
    assert here.sha256 == there.sha256
    assert here.label == ("07", "A", "x2")
    seen = {here.sha256}
    for name in ("participants.tsv", "sub-07/dwi/sub-07_atlas-sixone_desc-lengths_relmat.tsv"):
        with (folder / name).open("a") as stream:
            stream.write("\n")
        seen.add(survey(folder).sha256)
    assert len(seen) == 3
    (folder / "notes.txt").write_text("nothing of people")
    assert survey(folder).sha256 in seen


def test_a_person_is_the_group_times_own_ratio():
    effective = symmetric(1)
    mean = symmetric(2)
    ratio = np.ones((N, N))
    ratio[0, 1] = ratio[1, 0] = 1.7
    ratio[0, 2] = ratio[2, 0] = 100.0
    ratio[1, 2] = ratio[2, 1] = 0.0
    found = personal_weights(effective, mean * ratio, mean) / np.where(effective, effective, 1)
    assert found[0, 1] == pytest.approx(1.7)
    assert (found[0, 2], found[1, 2]) == pytest.approx(LIMITS[::-1])
    assert found[3, 4] == pytest.approx(1.0)


def test_an_edge_without_tract_in_anybody_stays_the_groups():
    effective, mean = symmetric(1), symmetric(2)
    mean[0, 3] = mean[3, 0] = 0.0
    assert personal_weights(effective, mean.copy(), mean)[0, 3] == effective[0, 3]


@given(
    arrays(float, (4, 4), elements=st.floats(0, 1e6)),
    arrays(float, (4, 4), elements=st.floats(0, 1e6)),
    arrays(float, (4, 4), elements=st.just(0.0) | st.floats(1e-9, 10)),
)
@settings(max_examples=100, deadline=None)
def test_no_edge_is_lost_or_new_and_factors_are_held(own, others, effective):
    found = personal_weights(effective, own, (own + others) / 2)
    assert ((found > 0) == (effective > 0)).all()
    assert (found <= LIMITS[1] * effective).all()
    assert (found >= LIMITS[0] * effective).all()


def test_lengths_are_the_groups_where_a_person_has_no_tract():
    group = symmetric(5)
    assert personal_lengths(None, group) is group
    own = symmetric(6)
    own[0, 1], own[0, 2] = 0.0, np.nan
    found = personal_lengths(own, group)
    assert found[0, 1] == group[0, 1]
    assert found[0, 2] == group[0, 2]
    assert found[3, 4] == own[3, 4]


WEIGHTS = "sub-07/dwi/sub-07_atlas-sixone_desc-weights_relmat.tsv"
LENGTHS = "sub-07/dwi/sub-07_atlas-sixone_desc-lengths_relmat.tsv"
FC = "sub-07/func/sub-07_task-rest_atlas-sixone_stat-pearsoncorrelation_relmat.tsv"
PEOPLE = "participants.tsv"


def cell(name, row, column, value):
    """Return a damage: one cell of a table replaced; row 0 is the header."""

    def spoil(folder):
        lines = [line.split("\t") for line in (folder / name).read_text().splitlines()]
        lines[row][column] = value
        (folder / name).write_text("".join("\t".join(line) + "\n" for line in lines))

    return spoil


def content(name, data):
    return lambda folder: (folder / name).write_bytes(data)


def remove(name):
    def spoil(folder):
        path = folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    return spoil


def copy(name, to):
    return lambda folder: shutil.copy(folder / name, folder / to)


def cut(name):
    def spoil(folder):
        path = folder / name
        path.write_text(path.read_text()[:-40])

    return spoil


def scale(factor):
    return lambda folder: write_matrix(folder / WEIGHTS, factor * symmetric(10))


DAMAGE = {
    "no list of people": (remove(PEOPLE), "has no participants.tsv"),
    "an empty list": (content(PEOPLE, b"participant_id\n"), "no people"),
    "an empty file": (content(PEOPLE, b""), "an empty file"),
    "no column of names": (cell(PEOPLE, 0, 0, "id"), "1:1: no column 'participant_id'"),
    "a label without sub-": (cell(PEOPLE, 1, 0, "07"), "2:1: not a person's label"),
    "a label that leaves the folder": (cell(PEOPLE, 1, 0, "sub-../x"), "not a person's label"),
    "a person twice": (cell(PEOPLE, 2, 0, "sub-07"), "3:1: sub-07 comes twice"),
    "labels that differ by zeros": (cell(PEOPLE, 2, 0, "sub-7"), "zeros or capitals"),
    "a person without folder": (cell(PEOPLE, 1, 0, "sub-99"), "2:1: sub-99 has no folder"),
    "a folder without row": (lambda f: (f / "sub-new").mkdir(), "sub-new is not in"),
    "severity is no number": (cell(PEOPLE, 1, 2, "much"), "2:11: not a finite number"),
    "a negative severity": (cell(PEOPLE, 1, 2, "-1"), "2:11: severity out of range"),
    "a clinical score": (cell(PEOPLE, 1, 2, "24"), "severity out of range"),
    "a row too short": (content(PEOPLE, b"participant_id\tage\nsub-07\n"), "too short"),
    "no weights": (remove(WEIGHTS), "sub-07 has no structural weights"),
    "weights twice": (copy(WEIGHTS, "sub-07/sub-07_desc-weights_relmat.tsv"), "two matrices of w"),
    "another person's file": (
        copy(WEIGHTS, "sub-07/sub-A_desc-weights_relmat.tsv"), "matrix of this person",
    ),
    "a name with spaces": (
        copy(WEIGHTS, "sub-07/sub-07_desc weights_relmat.tsv"), "matrix of this person",
    ),
    "an unknown region": (cell(WEIGHTS, 0, 2, "lBB"), "1:9: not a region of the atlas"),
    "a region twice": (cell(WEIGHTS, 0, 2, "lA"), "comes twice"),
    "rows in another order": (cell(WEIGHTS, 2, 0, "lC"), "3:1: the rows have another order"),
    "a negative weight": (cell(WEIGHTS, 2, 1, "-3.0"), "3:4: a negative value"),
    "a self-connection": (cell(WEIGHTS, 1, 1, "2.0"), "2:4: wrong value on the diagonal"),
    "an asymmetric weight": (cell(WEIGHTS, 2, 1, "1234.5"), "not symmetric"),
    "a missing weight": (cell(WEIGHTS, 2, 1, "n/a"), "3:4: not a finite number"),
    "an infinite weight": (cell(WEIGHTS, 2, 1, "inf"), "not a finite number"),
    "a cut file": (cut(WEIGHTS), "cut off"),
    "bytes that are no text": (content(WEIGHTS, b"\xff\xfe\x00\x01"), "binary"),
    "nothing connected": (scale(0.0), "no weight above 0"),
    "another unit": (scale(1000.0), "on another scale"),
    "a negative length": (cell(LENGTHS, 1, 2, "-5"), "2:8: a negative value"),
    "a correlation above 1": (cell(FC, 1, 2, "1.5"), "a value is too large"),
    "no diagonal of ones": (cell(FC, 1, 1, "0.0"), "wrong value on the diagonal"),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_folder_is_refused_where_it_is_damaged(name, folder, atlas):
    spoil, expected = DAMAGE[name]
    spoil(folder)
    with pytest.raises(DataError) as caught:
        read_individuals(folder, atlas)
    assert expected in str(caught.value)
    assert str(folder) in caught.value.where


def test_a_region_too_few_is_refused(folder, atlas):
    write_matrix(folder / WEIGHTS, symmetric(10)[:-1, :-1], REGION[:-1])
    with pytest.raises(DataError, match="region 'rC' is missing"):
        read_individuals(folder, atlas)


@pytest.mark.parametrize("place", ["nowhere", "participants.tsv", "x" * 5000, "a\0b", None])
def test_no_folder_is_refused(folder, place):
    with pytest.raises(ConfigError, match="cannot read the folder of people"):
        survey("" if place is None else str(folder / place))
