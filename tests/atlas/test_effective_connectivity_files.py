"""Fitted weights: stored with the atlas and model they belong to, refused with any other."""

from __future__ import annotations

import json

import numpy as np
import pytest

from netmod.atlas import (
    Atlas,
    load_atlas,
    load_effective_connectivity,
    write_atlas,
    write_effective_connectivity,
)
from netmod.errors import ConfigError, DataError, IntegrityError

MODEL = "reduced_wong_wang"


@pytest.fixture
def atlas(folder):
    return load_atlas(folder)


@pytest.fixture
def fitted(atlas):
    weights = np.array(atlas.weights) * 0.37
    write_effective_connectivity(
        atlas, MODEL, weights, parameters={"G": 1.0}, fit={"r": 0.97}, digits=None
    )
    return weights


def edit(atlas, **changes):
    path = atlas.folder / "effective_connectivity" / f"{MODEL}.json"
    path.write_text(
        json.dumps(json.loads(path.read_text(encoding="utf-8")) | changes), encoding="utf-8"
    )


def test_round_trip(atlas, fitted):
    found = load_effective_connectivity(load_atlas(atlas.folder), MODEL)
    assert np.array_equal(found.weights, fitted)
    assert not found.weights.flags.writeable
    assert found.model == MODEL
    assert found.parameters == {"G": 1.0}
    assert found.metadata["fit"] == {"r": 0.97}
    assert found.metadata["atlas_sha256"] == atlas.sha256


def test_does_not_disturb_the_atlas(atlas, fitted):
    again = load_atlas(atlas.folder)
    assert again.sha256 == atlas.sha256


def test_refused_for_a_model_without_a_fit(atlas, fitted):
    with pytest.raises(ConfigError) as error:
        load_effective_connectivity(atlas, "reduced_wong_wnag")
    assert error.value.expected == f"one of {MODEL}"
    assert error.value.hint == f"did you mean '{MODEL}'?"
    with pytest.raises(ConfigError, match="no effective connectivity for model 'hopf'"):
        load_effective_connectivity(atlas, "hopf")


def test_refused_where_nothing_was_fitted(atlas):
    with pytest.raises(ConfigError, match="no effective connectivity"):
        load_effective_connectivity(atlas, MODEL)


def test_a_name_is_not_a_path(atlas, fitted):
    with pytest.raises(ConfigError, match="no effective connectivity"):
        load_effective_connectivity(atlas, f"../effective_connectivity/{MODEL}")


def test_refused_when_fitted_for_another_model(atlas, fitted):
    edit(atlas, model="hopf")
    with pytest.raises(ConfigError) as error:
        load_effective_connectivity(atlas, MODEL)
    assert error.value.what == "the effective connectivity was fitted for another model"
    assert error.value.got == "'hopf'"


def test_refused_when_the_weights_changed(atlas, fitted):
    path = atlas.folder / "effective_connectivity" / f"{MODEL}.tsv"
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(IntegrityError, match="was changed"):
        load_effective_connectivity(atlas, MODEL)


def test_refused_with_other_figures(atlas, fitted, content):
    write_atlas(atlas.folder, **(content | {"fc": np.eye(7)}))
    with pytest.raises(IntegrityError, match="fitted to other figures"):
        load_effective_connectivity(load_atlas(atlas.folder), MODEL)


@pytest.mark.parametrize("key", ["model", "parameters", "fit", "atlas_sha256", "sha256"])
def test_every_key_is_needed(atlas, fitted, key):
    edit(atlas, **{key: 3})
    with pytest.raises(DataError, match=f"'{key}' is missing"):
        load_effective_connectivity(atlas, MODEL)


@pytest.mark.parametrize("problem", ["shape", "nan", "negative", "diagonal"])
def test_weights_that_are_none(atlas, problem):
    weights = np.array(atlas.weights)
    if problem == "shape":
        weights = weights[:, :3]
    elif problem == "diagonal":
        weights[2, 2] = 1.0
    else:
        weights[0, 1] = np.nan if problem == "nan" else -1.0
    with pytest.raises(DataError):
        write_effective_connectivity(atlas, MODEL, weights, parameters={}, fit={})
    assert not (atlas.folder / "effective_connectivity").exists()


def test_an_atlas_without_a_folder(atlas):
    bare = Atlas(
        name="bare",
        **{
            name: getattr(atlas, name)
            for name in ("region", "label", "hemisphere", "network", "kind")
        },
        centroids_mm=atlas.centroids_mm,
        weights=atlas.weights,
        lengths_mm=atlas.lengths_mm,
    )
    with pytest.raises(ConfigError):
        load_effective_connectivity(bare, MODEL)
    with pytest.raises(ConfigError, match="no folder"):
        write_effective_connectivity(bare, MODEL, atlas.weights, parameters={}, fit={})
