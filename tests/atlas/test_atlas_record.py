"""The Atlas record: lookups, shapes, immutability."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from netmod.atlas import Atlas, load_atlas
from netmod.errors import ConfigError, DataError


@pytest.fixture
def atlas(folder):
    return load_atlas(folder)


def test_lookups(atlas):
    assert atlas.n_regions == 7
    assert atlas.cortex.tolist() == [True] * 4 + [False] * 3
    assert atlas.network_names == ("Visual", "Default", "Subcortex", "Ascending")
    assert np.flatnonzero(atlas.in_network("Visual")).tolist() == [1, 3]
    assert atlas.target("front").tolist() == [0, 2]
    assert atlas.target("rh_deep").tolist() == [5]
    assert atlas.index("stem") == 6
    assert atlas.map("GENE")[6] == 1.5
    assert atlas.homologues() == ((0, 2), (1, 3), (4, 5))


def test_homologues_need_the_same_kind_and_a_near_place(content):
    content = {key: content[key] for key in content if key not in ("maps", "targets")}
    content["description"] = {}
    content["label"] = content["region"]
    content["centroids_mm"] = content["centroids_mm"].copy()
    content["centroids_mm"][5] += [0, 40, 0]
    assert Atlas(name="far", **content).homologues() == ((0, 2), (1, 3))
    content["kind"] = ("subcortex", *content["kind"][1:])
    assert Atlas(name="kind", **content).homologues() == ((1, 3),)
    content["hemisphere"] = ("L",) * 7
    assert Atlas(name="one side", **content).homologues() == ()


@pytest.mark.parametrize(
    ("method", "word", "hint"),
    [
        ("target", "frnt", "did you mean 'front'?"),
        ("target", "lh_frnt", "did you mean 'lh_front'?"),
        ("in_network", "Defualt", "did you mean 'Default'?"),
        ("index", "stm", "did you mean 'stem'?"),
        ("map", "GNE", "did you mean 'GENE'?"),
    ],
)
def test_unknown_words_get_the_nearest_known_one(atlas, method, word, hint):
    with pytest.raises(ConfigError) as error:
        getattr(atlas, method)(word)
    assert error.value.hint == hint
    assert word in error.value.what
    assert error.value.where == "atlas 'small'"


def test_message_of_an_unknown_target(atlas):
    with pytest.raises(ConfigError) as error:
        atlas.target("frnt")
    assert str(error.value) == (
        "atlas 'small': unknown target 'frnt'\n"
        "  expected: one of front, stem_target\n"
        "  got: 'frnt'\n"
        "  hint: did you mean 'front'?"
    )


def test_is_read_only(atlas):
    with pytest.raises(ValueError, match="read-only"):
        atlas.weights[0, 1] = 3.0
    with pytest.raises(ValueError, match="read-only"):
        atlas.maps["GENE"][0] = 3.0
    with pytest.raises(TypeError):
        atlas.targets["new"] = (1,)
    with pytest.raises(AttributeError):
        atlas.name = "other"


def test_travels_to_a_worker_process(atlas):
    copy = pickle.loads(pickle.dumps(atlas))  # noqa: S301 (what multiprocessing does)
    assert copy.region == atlas.region
    assert np.array_equal(copy.weights, atlas.weights)
    assert np.array_equal(copy.maps["GENE"], atlas.maps["GENE"], equal_nan=True)
    assert copy.targets == atlas.targets
    assert not copy.weights.flags.writeable


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("weights", np.zeros((7, 6))),
        ("lengths_mm", np.zeros((6, 6))),
        ("fc", np.zeros(7)),
        ("centroids_mm", np.zeros((7, 2))),
        ("network", ("Visual",)),
        ("maps", {"A": np.zeros(6)}),
        ("targets", {"t": (7,)}),
        ("targets", {"t": (-1,)}),
    ],
)
def test_wrong_shapes_are_refused(atlas, field, value):
    values = {
        name: getattr(atlas, name)
        for name in ("name", "region", "label", "hemisphere", "network", "kind")
    }
    values |= {name: getattr(atlas, name) for name in ("centroids_mm", "weights", "lengths_mm")}
    Atlas(**values)
    with pytest.raises(DataError, match=r"shape|outside"):
        Atlas(**(values | {field: value}))
