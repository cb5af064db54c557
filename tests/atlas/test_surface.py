"""The regions on fsaverage5: every vertex once, at the right place, faults with a position."""

from __future__ import annotations

import itertools
import os

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netmod.atlas import load_atlas
from netmod.atlas.surface import VERTICES, read_surface
from netmod.errors import DataError

SHIPPED = ("dk84", "schaefer100", "glasser379")
HEADER = "hemisphere\tfirst\tcount\tregion\n"


@pytest.fixture(scope="module")
def positions():
    """Mid surface of fsaverage5 in mm, left and right (MNI305: some mm off MNI152)."""
    from nilearn.datasets import load_fsaverage

    meshes = load_fsaverage("fsaverage5")
    return {
        side: sum(meshes[kind].parts[part].coordinates for kind in ("pial", "white_matter")) / 2
        for side, part in (("L", "left"), ("R", "right"))
    }


@pytest.mark.parametrize("name", SHIPPED)
def test_labels_lie_where_the_regions_are(name, positions):
    atlas = load_atlas(name)
    surface = read_surface(atlas)
    assert set(surface) == {"L", "R"}
    seen = set()
    distance = []
    for side, labels in surface.items():
        assert labels.shape == (VERTICES,)
        assert not labels.flags.writeable
        assert 0.05 < np.mean(labels < 0) < 0.12  # the medial wall
        for index in np.unique(labels[labels >= 0]):
            assert atlas.hemisphere[index] == side
            centre = positions[side][labels == index].mean(axis=0)
            distance.append(np.linalg.norm(centre - atlas.centroids_mm[index]))
            seen.add(int(index))
    assert seen == set(np.flatnonzero(atlas.cortex).tolist())
    assert np.median(distance) < 5.0
    assert max(distance) < 12.0


def test_parcellations_agree_on_anatomy():
    """Vertices of area 4 are precentral, paracentral or their neighbour; of V1 pericalcarine."""
    dk84, glasser = load_atlas("dk84"), load_atlas("glasser379")
    coarse, fine = read_surface(dk84), read_surface(glasser)
    for area, stems in (
        ("4", {"PrCG", "PaCG", "PoCG"}),
        ("V1", {"PCAL", "CU", "LG", "LOG"}),
        ("A1", {"TTG", "STG", "IN"}),
        ("p9-46v", {"RMFG", "CMFG", "PTR"}),
    ):
        for side in "LR":
            mine = fine[side] == glasser.index(f"{side}_{area}")
            wanted = [dk84.index(f"{side}.{stem}") for stem in stems]
            assert np.isin(coarse[side][mine], wanted).mean() > 0.85, (side, area)


def test_an_atlas_without_a_surface(user_folder):
    assert read_surface(load_atlas(user_folder)) is None


def runs(*lines: str) -> str:
    return HEADER + "".join(line.replace(" ", "\t") + "\n" for line in lines)


SOUND = ("L 0 1000 n/a", "L 1000 9242 lh_front", "R 0 10242 stem")


def test_a_sound_file(user_folder):
    (user_folder / "surface.tsv").write_text(runs(*SOUND), encoding="utf-8")
    found = read_surface(load_atlas(user_folder))
    assert (found["L"][:1000] == -1).all()
    assert (found["L"][1000:] == 0).all()
    assert (found["R"] == 6).all()  # a midline structure may lie on either side


CASES = {
    "gap": (("L 0 1000 n/a", "L 1001 9241 n/a", "R 0 10242 n/a"), ":3:3", "gap or overlap"),
    "overlap": (("L 0 1000 n/a", "L 999 9243 n/a", "R 0 10242 n/a"), ":3:3", "gap or overlap"),
    "right first": (("R 0 10242 n/a", "L 0 10242 n/a"), ":2:1", "out of order"),
    "too long": (("L 0 10243 n/a", "R 0 10242 n/a"), ":2:5", "wrong length"),
    "empty run": (("L 0 0 n/a", *SOUND), ":2:5", "wrong length"),
    "fraction": (("L 0 1000.5 n/a", *SOUND[1:]), ":2:5", "not a whole number"),
    "no number": (("L 0 many n/a", *SOUND[1:]), ":2:5", "not a finite number"),
    "unknown": (("L 0 10242 lh_frnt", SOUND[2]), ":2:11", "unknown region"),
    "other side": (("L 0 10242 rh_back", SOUND[2]), ":2:11", "other hemisphere"),
    "cut off": (SOUND[:2], ":3:1", "not covered"),
    "too many": ((*SOUND, "R 0 1 n/a"), ":5:1", "too many"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_fault_has_its_position(user_folder, case):
    lines, where, says = CASES[case]
    (user_folder / "surface.tsv").write_text(runs(*lines), encoding="utf-8")
    with pytest.raises(DataError) as error:
        read_surface(load_atlas(user_folder))
    assert error.value.where == f"{user_folder}{os.sep}surface.tsv{where}"
    assert says in error.value.what


def test_a_missing_column(user_folder):
    text = runs(*SOUND).replace("count", "number", 1)
    (user_folder / "surface.tsv").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match="no column 'count'"):
        read_surface(load_atlas(user_folder))


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    seed=st.integers(0, 2**32 - 1),
    cuts=st.lists(st.integers(1, 2 * VERTICES - 1), max_size=30, unique=True),
)
def test_any_labelling_reads_back(user_folder, seed, cuts):
    """Runs cut at random read back as the labels that they spell, vertex by vertex."""
    atlas = load_atlas(user_folder)
    rng = np.random.default_rng(seed)
    edges = sorted({0, VERTICES, 2 * VERTICES, *cuts})
    wanted = np.full(2 * VERTICES, -1)
    lines = []
    for first, stop in itertools.pairwise(edges):
        side = "L" if first < VERTICES else "R"
        own = [-1, *(i for i, h in enumerate(atlas.hemisphere) if h in (side, "B"))]
        label = int(rng.choice(own))
        wanted[first:stop] = label
        name = atlas.region[label] if label >= 0 else "n/a"
        lines.append(f"{side} {first % VERTICES} {stop - first} {name}")
    (user_folder / "surface.tsv").write_text(runs(*lines), encoding="utf-8")
    found = read_surface(atlas)
    assert np.array_equal(np.concatenate([found["L"], found["R"]]), wanted)
