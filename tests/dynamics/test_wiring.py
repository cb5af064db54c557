"""How weights reach inhibition: the share of every edge, and the prefrontal pathway."""

from dataclasses import replace

import numpy as np
import pytest

from netmod.atlas import load_atlas
from netmod.dynamics.wiring import TOP_DOWN, Wiring, long_range_weights, top_down_weights


@pytest.fixture(scope="module")
def atlas():
    return load_atlas("dk84")


@pytest.mark.parametrize("kept", [1, 2])
def test_a_subgenual_region_receives_the_same_however_many_sources_share_it(atlas, kept):
    targets = dict(atlas.targets)
    targets["dlpfc_left"] = targets["dlpfc_left"][:kept]
    finer = replace(atlas, targets=targets)
    pathway = top_down_weights(finer, TOP_DOWN)
    sgacc = list(finer.targets["sgacc"])
    sources = [*finer.targets["dlpfc_left"], *finer.targets["dlpfc_right"]]
    np.testing.assert_allclose(pathway[sgacc].sum(axis=1), TOP_DOWN, rtol=1e-15)
    np.testing.assert_allclose(pathway[np.ix_(sgacc, sources)], TOP_DOWN / (kept + 2), rtol=1e-15)
    pathway[np.ix_(sgacc, sources)] = 0.0
    assert not pathway.any()


@pytest.mark.parametrize("missing", [("sgacc",), ("dlpfc_left", "dlpfc_right")])
def test_without_either_end_there_is_no_pathway(atlas, missing):
    targets = {name: regions for name, regions in atlas.targets.items() if name not in missing}
    assert not top_down_weights(replace(atlas, targets=targets), TOP_DOWN).any()


def test_inhibition_receives_a_share_of_every_weight_and_the_pathway():
    C = np.array([[0.0, 2.0], [1.0, 0.0]])
    pathway = np.array([[0.0, 0.0], [0.5, 0.0]])
    to_excitation, to_inhibition = long_range_weights(C, Wiring(0.25, pathway))
    np.testing.assert_array_equal(to_excitation, C)
    np.testing.assert_array_equal(to_inhibition, [[0.0, 0.5], [0.75, 0.0]])
