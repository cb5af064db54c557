"""Import, export, import: what a format can carry comes back bit by bit."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from netmod.atlas import Atlas, load_atlas
from netmod.atlas.formats import FORMATS, export_atlas
from netmod.atlas.importing import import_atlas
from netmod.errors import DataError

FIELDS = (
    "region", "label", "hemisphere", "network", "kind", "centroids_mm", "weights", "lengths_mm",
    "fc", "fcd", "maps", "targets", "licence", "citation",
)  # fmt: skip
BLANK_FREE = ("tvb", "tvb-bids", "mrtrix")


def differing(a, b):
    """Return the names of the fields in which two atlases differ by a bit."""

    def same(x, y):
        if x is None or y is None:
            return x is y
        if isinstance(x, np.ndarray):
            return x.shape == y.shape and x.tobytes() == y.tobytes()
        return x == y

    found = []
    for name in FIELDS:
        x, y = getattr(a, name), getattr(b, name)
        if name == "maps":
            equal = list(x) == list(y) and all(same(x[key], y[key]) for key in x)
        else:
            equal = same(x, y) if not hasattr(x, "items") else dict(x) == dict(y)
        if not equal:
            found.append(name)
    return found


def letters(*, blanks):
    if not blanks:
        return st.text("abcXYZ019._-é:;,'/()", min_size=1, max_size=8)
    kinds = ("L", "N", "P", "S", "Zs")
    any_letter = st.characters(categories=kinds, include_characters="abc019 ,;\"'#n/a.-")
    return st.text(any_letter, min_size=1, max_size=8).map(str.strip).filter(bool)


@st.composite
def atlases(draw, *, blanks, directed):
    n = draw(st.integers(1, 5))
    word = letters(blanks=blanks)
    lists = {
        name: draw(st.lists(options, min_size=n, max_size=n))
        for name, options in {
            "label": letters(blanks=True),
            "hemisphere": st.sampled_from("LRB"),
            "network": letters(blanks=True),
            "kind": st.sampled_from(("cortex", "subcortex", "cerebellum")),
        }.items()
    }
    region = draw(st.lists(word, min_size=n, max_size=n, unique=True))
    size = st.floats(0.0, 1e308, allow_nan=False) | st.sampled_from([0.0, 5e-324, 1 / 3, 1e22])

    def matrix(values):
        flat = draw(st.lists(values, min_size=n * n, max_size=n * n))
        square = np.array(flat).reshape(n, n)
        np.fill_diagonal(square, 0.0)
        return square if directed else np.triu(square, 1) + np.triu(square, 1).T

    weights, lengths = matrix(size), matrix(st.floats(0.0, 300.0))
    fc = None
    if draw(st.booleans()):
        r = st.floats(-1.0, 1.0) | st.just(np.nan)
        upper = np.triu(
            np.array(draw(st.lists(r, min_size=n * n, max_size=n * n))).reshape(n, n), 1
        )
        fc = upper + upper.T
        fc[np.isnan(upper) | np.isnan(upper.T)] = np.nan
        np.fill_diagonal(fc, 1.0)
    place = st.floats(-200.0, 200.0, allow_subnormal=False)
    points = np.array(draw(st.lists(place, min_size=3 * n, max_size=3 * n))).reshape(n, 3)
    value = st.floats(-1e9, 1e9) | st.just(np.nan)
    names = draw(st.lists(letters(blanks=True), max_size=2, unique=True))
    maps = {f"m{key}": np.array(draw(st.lists(value, min_size=n, max_size=n))) for key in names}
    targets = {
        f"t{key}": draw(st.lists(st.integers(0, n - 1), min_size=1, max_size=n, unique=True))
        for key in names
    }
    bins = np.array([[-1.0, 0.1, 0.25], [0.1, 1.0, 0.75]])
    return Atlas(
        name="made", region=region, **lists, centroids_mm=points + 0.0, weights=weights + 0.0,
        lengths_mm=lengths + 0.0, fc=None if fc is None else fc + 0.0,
        fcd=bins if draw(st.booleans()) else None,
        maps={key: values + 0.0 for key, values in maps.items()}, targets=targets,
        licence=draw(letters(blanks=True)), citation=draw(st.sampled_from(["", "@misc{x}\n"])),
        description={"weights": {"directed": directed}},
    )  # fmt: skip


def there_and_back(atlas, name, folder):
    """Return an atlas as imported, and as imported again from its export."""
    export_atlas(atlas, folder / "start", "netmod")
    first = import_atlas(folder / "start", "first", folder=folder / "first")
    path = folder / f"export{FORMATS[name].suffix}"
    export_atlas(first, path, name)
    beside = {}
    # These two hold no coordinates, which no rule can make of any lengths.
    if name in ("npy", "mrtrix"):
        export_atlas(first, folder / "rest", "csv")
        beside = {"regions": folder / "rest/regions.csv"}
    if name == "npy":
        beside["lengths"] = folder / "rest/lengths.csv"
    again = import_atlas(path, "again", folder=folder / "again", format=name, **beside)
    return first, again


@pytest.mark.parametrize("name", FORMATS)
def test_made_atlases_come_back(name):
    chosen = FORMATS[name]

    @settings(max_examples=8, phases=(Phase.generate,), deadline=None, derandomize=True,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(
        st.booleans().flatmap(
            lambda directed: atlases(
                blanks=name not in BLANK_FREE, directed=directed and chosen.directed
            )
        )
    )
    def check(atlas):
        with tempfile.TemporaryDirectory() as scratch:
            first, again = there_and_back(atlas, name, Path(scratch))
            assert not differing(atlas, first)
            assert set(differing(first, again)) <= set(chosen.loses)

    check()


@pytest.mark.parametrize("name", FORMATS)
def test_dk84_comes_back(name, tmp_path):
    atlas = load_atlas("dk84")
    first, again = there_and_back(atlas, name, tmp_path)
    assert not differing(atlas, first)
    assert set(differing(first, again)) <= set(FORMATS[name].loses)


@pytest.mark.parametrize("name", FORMATS)
def test_what_a_format_says_it_loses_is_lost(name, tmp_path):
    """An atlas that no rule can guess: every declared loss shows."""
    n = 4
    rng = np.random.default_rng(5)
    weights = rng.uniform(1, 2, (n, n)) * (1 - np.eye(n))
    weights = weights + weights.T
    fc = np.full((n, n), 0.25) + 0.75 * np.eye(n)
    atlas = Atlas(
        name="odd", region=("L_a", "L_b", "R_c", "R_d"), label=("one", "two", "three", "four"),
        hemisphere=("R", "B", "L", "B"), network=("N1", "N2", "N3", "N4"),
        kind=("cerebellum", "subcortex", "cortex", "cerebellum"),
        centroids_mm=rng.uniform(-50, 50, (n, 3)), weights=weights, lengths_mm=30 * weights,
        fc=fc, fcd=np.array([[-1.0, 1.0, 1.0]]), maps={"m": rng.uniform(size=n)},
        targets={"t": (2, 0)}, licence="CC0-1.0", citation="@misc{odd}",
        description={"weights": {"directed": False}},
    )  # fmt: skip
    export_atlas(atlas, tmp_path / "start", "netmod")
    first = import_atlas(tmp_path / "start", "first", folder=tmp_path / "first")
    path = tmp_path / f"export{FORMATS[name].suffix}"
    export_atlas(first, path, name)
    beside = {}
    if name == "npy":
        (tmp_path / "r.csv").write_text(
            "name,x,y,z\n" + "".join(f"q{i},{i},0,0\n" for i in range(n))
        )
        beside = {"regions": tmp_path / "r.csv"}
    again = import_atlas(path, "again", folder=tmp_path / "again", format=name, **beside)
    assert set(differing(first, again)) == set(FORMATS[name].loses)


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "npy"])
def test_a_format_is_found_from_its_export(name, atlas, tmp_path):
    path = tmp_path / f"export{FORMATS[name].suffix}"
    export_atlas(atlas, path, name)
    made = import_atlas(path, "x", folder=tmp_path / "x")
    assert made.description["import"]["format"] == {"tsv": "csv"}.get(name, name)


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "netmod"])
def test_an_export_is_the_same_bytes_each_time(name, atlas, tmp_path):
    pair = [
        export_atlas(atlas, tmp_path / place / f"e{FORMATS[name].suffix}", name)
        for place in ("one", "two")
    ]
    assert [path.name for path in pair[0]] == [path.name for path in pair[1]]
    for one, two in zip(*pair, strict=True):
        assert one.read_bytes() == two.read_bytes()


def test_a_netmod_export_keeps_every_file(tmp_path):
    atlas = load_atlas("dk84")
    export_atlas(atlas, tmp_path / "copy", "netmod")
    copy = load_atlas(tmp_path / "copy")
    assert copy.sha256 == atlas.sha256
    assert (tmp_path / "copy/effective_connectivity").is_dir()
    assert (tmp_path / "copy/LICENSE").read_bytes() == (atlas.folder / "LICENSE").read_bytes()


def test_an_imported_atlas_keeps_sources_of_targets_and_further_columns(tmp_path):
    made = import_atlas(load_atlas("dk84").folder, "x", folder=tmp_path / "x")
    text = (made.folder / "targets.json").read_text()
    assert "Fox et al. 2012" in text
    assert "network_overlap" in (made.folder / "regions.tsv").read_text().splitlines()[0]


@pytest.mark.parametrize("name", ["mrtrix"])
def test_directed_weights_are_refused_where_there_is_no_direction(name, atlas, tmp_path):
    import dataclasses

    weights = atlas.weights.copy()
    weights[0, 1] *= 2
    with pytest.raises(DataError, match="cannot hold directed"):
        export_atlas(dataclasses.replace(atlas, weights=weights), tmp_path / "x", name)
    assert not list(tmp_path.glob("x*"))


@pytest.mark.parametrize("name", BLANK_FREE)
def test_names_with_blanks_are_refused_where_blanks_part_cells(name, atlas, tmp_path):
    import dataclasses

    blank = dataclasses.replace(atlas, region=("lh front", *atlas.region[1:]))
    with pytest.raises(DataError, match="'lh front' cannot be written"):
        export_atlas(blank, tmp_path / "out", name)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["small"]


def test_nothing_that_exists_is_written_over(atlas, tmp_path):
    from netmod.errors import ConfigError

    (tmp_path / "there").write_text("mine")
    with pytest.raises(ConfigError, match="exists"):
        export_atlas(atlas, tmp_path / "there", "npz")
    assert (tmp_path / "there").read_text() == "mine"
