"""Writing and reading back: the same numbers, the same bytes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from netmod.atlas import load_atlas, write_atlas
from netmod.errors import ConfigError, DataError


def test_round_trip_is_exact(tmp_path, content):
    atlas = load_atlas(write_atlas(tmp_path / "a", **content))
    assert atlas.name == "small"
    assert atlas.licence == "CC0-1.0"
    assert atlas.region == tuple(content["region"])
    assert atlas.label == atlas.region
    for name in ("hemisphere", "network", "kind"):
        assert getattr(atlas, name) == tuple(content[name])
    for name in ("centroids_mm", "weights", "lengths_mm", "fc"):
        assert np.array_equal(getattr(atlas, name), content[name]), name
    assert np.array_equal(atlas.maps["GENE"], content["maps"]["GENE"], equal_nan=True)
    assert atlas.targets == {"front": (0, 2), "stem_target": (6,)}


def test_rows_are_targets(tmp_path, content):
    content["weights"] = content["weights"].copy()
    content["weights"][0, 1] = 5.0  # region 0 receives from region 1
    content["description"] = {"weights": {"directed": True}}
    folder = write_atlas(tmp_path / "a", **content)
    lines = (folder / "weights.tsv").read_text(encoding="utf-8").splitlines()
    assert lines[0].split("\t")[2] == "lh_back"
    assert lines[1].split("\t")[:3:2] == ["lh_front", "5"]
    assert load_atlas(folder).weights[0, 1] == 5.0


def test_same_content_same_bytes(tmp_path, content):
    first, second = (write_atlas(tmp_path / name, **content) for name in "ab")
    for path in sorted(first.iterdir()):
        assert path.read_bytes() == (second / path.name).read_bytes()
    assert load_atlas(first).sha256 == load_atlas(second).sha256


def test_identity_follows_the_numbers_only(tmp_path, content):
    base = load_atlas(write_atlas(tmp_path / "a", **content)).sha256
    unchecked = load_atlas(write_atlas(tmp_path / "b", **content, checksums=False)).sha256
    card = load_atlas(write_atlas(tmp_path / "c", **content, texts={"README.md": "x"})).sha256
    content["lengths_mm"] = content["lengths_mm"] * 2
    other = load_atlas(write_atlas(tmp_path / "d", **content)).sha256
    assert base == unchecked == card != other


def test_least_atlas(tmp_path, content):
    needed = ("region", "hemisphere", "network", "kind", "centroids_mm", "weights", "lengths_mm")
    folder = write_atlas(
        tmp_path / "least", **{name: content[name] for name in needed}, checksums=False
    )
    assert sorted(path.name for path in folder.iterdir()) == [
        "lengths.tsv",
        "regions.tsv",
        "weights.tsv",
    ]
    atlas = load_atlas(str(folder))
    assert atlas.fc is None
    assert atlas.maps == {}
    assert atlas.targets == {}
    assert atlas.name == "least"
    assert atlas.licence == "unknown"


def test_an_earlier_atlas_is_replaced(tmp_path, content):
    folder = write_atlas(tmp_path / "a", **content)
    write_atlas(folder, **{k: v for k, v in content.items() if k not in ("fc", "maps")})
    atlas = load_atlas(folder)
    assert atlas.fc is None
    assert atlas.maps == {}


def test_files_of_windows_are_read(tmp_path, content):
    folder = write_atlas(tmp_path / "a", **content, checksums=False)
    for name in ("regions.tsv", "weights.tsv", "targets.json"):
        text = (folder / name).read_text(encoding="utf-8")
        (folder / name).write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    atlas = load_atlas(folder)
    assert np.array_equal(atlas.weights, content["weights"])
    assert atlas.targets["front"] == (0, 2)


@pytest.mark.parametrize("n", [1, 2, 300])
def test_any_number_of_regions(tmp_path, n):
    zero = np.zeros((n, n))
    folder = write_atlas(
        tmp_path / str(n),
        region=[f"r{i}" for i in range(n)],
        hemisphere=["L"] * n,
        network=["A"] * n,
        kind=["cortex"] * n,
        centroids_mm=np.zeros((n, 3)),
        weights=zero,
        lengths_mm=zero,
    )
    assert load_atlas(folder).n_regions == n


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    upper=arrays(float, (3,), elements=st.floats(0, 1e300, allow_nan=False, allow_subnormal=True))
)
def test_any_weight_reads_back_equal(tmp_path, upper):
    weights = np.zeros((3, 3))
    weights[np.triu_indices(3, 1)] = upper
    weights += weights.T
    folder = write_atlas(
        tmp_path / "w",
        region=["a", "b", "c"],
        hemisphere=["L", "R", "B"],
        network=["A", "B", "C"],
        kind=["cortex"] * 3,
        centroids_mm=np.zeros((3, 3)),
        weights=weights,
        lengths_mm=weights,
        description={"weights": {"directed": False}},
    )
    assert np.array_equal(load_atlas(folder).weights, weights)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("weights", np.zeros((3, 3))),
        ("fc", np.zeros((7, 3))),
        ("network", ["A"]),
        ("network", ["A\tB"] * 7),
        ("label", ["A\n"] * 7),
        ("maps", {"X": np.zeros(2)}),
    ],
)
def test_content_that_does_not_fit(tmp_path, content, field, value):
    with pytest.raises(DataError):
        write_atlas(tmp_path / "a", **(content | {field: value}))
    assert not (tmp_path / "a").exists()


def test_unwritable_folder(tmp_path, content):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(ConfigError, match="cannot write the atlas"):
        write_atlas(tmp_path / "file" / "a", **content)


def test_an_output_folder_does_not_hide_the_shipped_atlas(tmp_path, monkeypatch, content):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dk84").mkdir()
    assert load_atlas("dk84").n_regions == 84
    write_atlas(tmp_path / "dk84", **content)
    assert load_atlas("dk84").n_regions == 7
