"""The effective connectivities of the other shipped atlases do what their records say."""

import numpy as np
import pytest

from netmod.atlas import load_atlas, load_effective_connectivity
from netmod.dynamics.wiring import FEEDFORWARD, TOP_DOWN, Wiring, top_down_weights
from netmod.fit.quality import predicted_fc
from netmod.graph.segregation import mean_between
from netmod.models import MODELS

RWW = MODELS["reduced_wong_wang"]


@pytest.fixture(
    scope="module",
    params=["schaefer100", pytest.param("glasser379", marks=pytest.mark.slow)],
)
def fitted(request):
    atlas = load_atlas(request.param)
    ec = load_effective_connectivity(atlas, RWW.name)
    wiring = Wiring(
        ec.parameters["feedforward"], top_down_weights(atlas, ec.parameters["top_down"])
    )
    fc, eigenvalue = predicted_fc(RWW, ec.weights, wiring, G=ec.parameters["G"])
    return atlas, ec, fc, eigenvalue


def test_the_record_is_what_the_weights_give(fitted):
    atlas, ec, fc, eigenvalue = fitted
    upper = np.triu_indices(atlas.n_regions, 1)
    measured = np.isfinite(atlas.fc[upper])
    ours, theirs = fc[upper][measured], atlas.fc[upper][measured]
    record = ec.metadata["fit"]
    r = np.corrcoef(ours, theirs)[0, 1]
    assert r >= 0.85 and r == pytest.approx(record["r"], abs=1e-3)
    assert np.sqrt(np.mean((ours - theirs) ** 2)) == pytest.approx(record["rmse"], abs=1e-3)
    assert measured.mean() == pytest.approx(record["measured_share"], abs=1e-4)
    # room for people to vary around the group without losing stability
    assert eigenvalue.real < -0.6
    assert eigenvalue.real == pytest.approx(record["leading_eigenvalue_per_s"], abs=1e-3)


def test_weights_are_symmetric_bounded_and_of_the_wiring_in_use(fitted):
    _, ec, _, _ = fitted
    assert ec.parameters["feedforward"] == FEEDFORWARD and ec.parameters["top_down"] == TOP_DOWN
    np.testing.assert_array_equal(ec.weights, ec.weights.T)
    assert ec.weights.min() == 0.0 and ec.weights.max() <= ec.metadata["fit"]["largest"]
    assert (ec.weights.sum(axis=1) > 0).all()


def test_the_pair_that_treatments_act_on(fitted):
    atlas, _, fc, _ = fitted
    dlpfc, sgacc = atlas.target("dlpfc_left"), atlas.target("sgacc")
    assert mean_between(fc, dlpfc, sgacc) == pytest.approx(
        mean_between(atlas.fc, dlpfc, sgacc), abs=0.03
    )
