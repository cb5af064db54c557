"""The map through which 5-HT2A acts, and the controls that take its place."""

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest

from netmod.atlas import load_atlas
from netmod.errors import ConfigError
from netmod.plasticity.anatomy import HT2A_MAPS, ht2a_of, make_anatomy
from netmod.scenario.schema import Plasticity

CONTROLS = [name for name in HT2A_MAPS if name != "atlas"]


@pytest.fixture(scope="module")
def atlas():
    return load_atlas("dk84")


@pytest.fixture(scope="module")
def cortex(atlas):
    return np.asarray(atlas.cortex)


@pytest.fixture(scope="module")
def own(atlas):
    return ht2a_of(atlas)


def test_a_scenario_can_name_each_map_and_begins_with_the_atlas_s_own():
    field = Plasticity.model_fields["ht2a_map"]
    assert get_args(field.annotation) == HT2A_MAPS
    assert field.default == HT2A_MAPS[0] == "atlas"


def test_the_atlas_s_own_is_its_expression_over_the_left_maximum(atlas, own, cortex):
    raw = np.array(atlas.maps["HTR2A"])
    for left, right in atlas.homologues():
        raw[right] = raw[left]
    assert own[cortex] == pytest.approx(raw[cortex] / raw[cortex].max())


@pytest.mark.parametrize("name", CONTROLS)
def test_a_control_keeps_the_mean_over_cortex_and_what_is_below(atlas, own, cortex, name):
    found = ht2a_of(atlas, name, seed=3)
    assert found[cortex].mean() == pytest.approx(own[cortex].mean(), rel=1e-12)
    assert np.array_equal(found[~cortex], own[~cortex])
    assert not np.allclose(found, own)
    assert found.min() >= 0.0


def test_the_uniform_map_does_not_vary_over_cortex(atlas, cortex):
    assert np.ptp(ht2a_of(atlas, "uniform")[cortex]) == 0.0


def test_the_permuted_map_holds_the_same_values_elsewhere_in_their_hemisphere(atlas, own, cortex):
    side = np.array(atlas.hemisphere)
    found = ht2a_of(atlas, "permuted", seed=3)
    for letter in "LR":
        there = cortex & (side == letter)
        assert np.array_equal(np.sort(found[there]), np.sort(own[there]))
    assert (found[cortex] != own[cortex]).mean() > 0.5


def test_the_seed_alone_decides_the_permutation(atlas):
    first, again, other = (ht2a_of(atlas, "permuted", seed) for seed in (3, 3, 4))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    for name in ("atlas", "uniform", "ht1a"):
        assert np.array_equal(ht2a_of(atlas, name, 3), ht2a_of(atlas, name, 4))


def test_neighbours_stay_more_alike_than_in_a_shuffled_map(atlas, own, cortex):
    left = np.flatnonzero(cortex & (np.array(atlas.hemisphere) == "L"))
    apart = np.linalg.norm(
        atlas.centroids_mm[left][:, None] - atlas.centroids_mm[left][None], axis=-1
    )
    i, j = np.nonzero(np.triu(apart < np.percentile(apart, 15), 1))

    def unlike(values):
        return np.mean((values[i] - values[j]) ** 2)

    rng = np.random.default_rng(0)
    spun = [unlike(ht2a_of(atlas, "permuted", seed)[left]) for seed in range(20)]
    shuffled = [unlike(rng.permutation(own[left])) for _ in range(500)]
    errors = [np.std(drawn) / np.sqrt(len(drawn)) for drawn in (spun, shuffled)]
    assert np.mean(spun) < np.mean(shuffled) - 4.0 * np.hypot(*errors)


def test_the_other_receptor_s_map_keeps_its_pattern(atlas, cortex, constants):
    found = ht2a_of(atlas, "ht1a")[cortex]
    ht1a = make_anatomy(atlas, [], constants).ht1a[cortex]
    assert np.ptp(found / ht1a) < 1e-12
    assert np.corrcoef(found, ht1a)[0, 1] == pytest.approx(1.0)


@pytest.mark.parametrize("name", HT2A_MAPS)
def test_an_anatomy_differs_in_that_map_alone(atlas, constants, name):
    plain = make_anatomy(atlas, ["dlpfc_left"], constants)
    found = make_anatomy(atlas, ["dlpfc_left"], constants, name, 3)
    assert np.array_equal(found.ht2a, ht2a_of(atlas, name, 3))
    assert np.array_equal(found.ht2a, plain.ht2a) == (name == "atlas")
    assert np.array_equal(found.ht1a, plain.ht1a)
    assert np.array_equal(found.hippocampus, plain.hippocampus)
    assert np.array_equal(found.field["dlpfc_left"], plain.field["dlpfc_left"])


@pytest.mark.parametrize(
    ("name", "lacking", "message"),
    [
        ("uniforn", (), "did you mean 'uniform'?"),
        ("uniform", ("HTR2A",), "a map HTR2A with values above 0 in cortex"),
        ("permuted", ("HTR2A",), "a map HTR2A with values above 0 in cortex"),
        ("ht1a", ("HTR2A",), "a map HTR2A with values above 0 in cortex"),
        ("ht1a", ("HTR1A",), "a map HTR1A with values above 0 in cortex"),
    ],
)
def test_what_cannot_be_made_is_refused(atlas, name, lacking, message):
    maps = {gene: values for gene, values in atlas.maps.items() if gene not in lacking}
    with pytest.raises(ConfigError) as caught:
        ht2a_of(replace(atlas, maps=maps), name)
    assert message in str(caught.value)
    assert not ht2a_of(replace(atlas, maps={})).any()  # the default does without
