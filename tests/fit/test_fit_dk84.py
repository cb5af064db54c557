"""The effective connectivity that ships with dk84 does what its record and the data say."""

import numpy as np
import pytest

from netmod.atlas import load_atlas, load_effective_connectivity
from netmod.dynamics.wiring import FEEDFORWARD, TOP_DOWN, Wiring, top_down_weights
from netmod.fit.quality import predicted_fc
from netmod.graph.modularity import louvain
from netmod.graph.segregation import mean_between, mean_within, system_segregation
from netmod.models import MODELS

RWW = MODELS["reduced_wong_wang"]


@pytest.fixture(scope="module")
def atlas():
    return load_atlas("dk84")


@pytest.fixture(scope="module")
def ec(atlas):
    return load_effective_connectivity(atlas, RWW.name)


@pytest.fixture(scope="module")
def solved(atlas, ec):
    top_down = top_down_weights(atlas, ec.parameters["top_down"])
    wiring = Wiring(ec.parameters["feedforward"], top_down)
    return predicted_fc(RWW, ec.weights, wiring, G=ec.parameters["G"])


@pytest.fixture(scope="module")
def fc(solved):
    return solved[0]


def test_it_was_fitted_with_the_wiring_that_the_model_uses(ec):
    assert ec.parameters["feedforward"] == FEEDFORWARD
    assert ec.parameters["top_down"] == TOP_DOWN
    assert ec.model == RWW.name


def test_weights_are_symmetric_with_the_recorded_size(ec):
    np.testing.assert_array_equal(ec.weights, ec.weights.T)
    assert (ec.weights >= 0).all() and not np.diag(ec.weights).any()
    fit = ec.metadata["fit"]
    radius = np.abs(np.linalg.eigvalsh(ec.weights)).max()
    assert radius == pytest.approx(fit["spectral_radius"], abs=1e-4)
    assert ec.weights.sum(axis=1).mean() == pytest.approx(fit["mean_strength"], abs=1e-4)


def test_recorded_quality(atlas, ec, solved):
    fc, eigenvalue = solved
    upper = np.triu_indices(atlas.n_regions, 1)
    fit = ec.metadata["fit"]
    r = np.corrcoef(fc[upper], atlas.fc[upper])[0, 1]
    rmse = np.sqrt(np.mean((fc - atlas.fc)[upper] ** 2))
    assert r == pytest.approx(fit["r"], abs=1e-3)
    assert rmse == pytest.approx(fit["rmse"], abs=1e-3)
    assert eigenvalue.real == pytest.approx(fit["leading_eigenvalue_per_s"], abs=1e-3)
    assert r >= 0.9
    assert eigenvalue.real < -0.5


def test_the_pair_that_treatments_act_on(atlas, fc):
    dlpfc, sgacc = atlas.target("dlpfc_left"), atlas.target("sgacc")
    measured = mean_between(atlas.fc, dlpfc, sgacc)
    assert measured == pytest.approx(0.157, abs=1e-3)
    assert mean_between(fc, dlpfc, sgacc) == pytest.approx(measured, abs=0.03)


def test_large_scale_structure(atlas, fc):
    cortex = np.flatnonzero(atlas.cortex)
    labels = np.array(atlas.network)[cortex]
    inside = np.ix_(cortex, cortex)
    assert mean_within(fc, cortex) == pytest.approx(mean_within(atlas.fc, cortex), abs=0.01)
    model, data = (system_segregation(x[inside], labels) for x in (fc, atlas.fc))
    assert model == pytest.approx(data, abs=0.05)
    q_model, q_data = (louvain(x[inside], runs=30, seed=1)[0] for x in (fc, atlas.fc))
    assert q_model == pytest.approx(q_data, abs=0.02)
    default = np.flatnonzero(atlas.in_network("Default"))
    assert mean_within(fc, default) == pytest.approx(mean_within(atlas.fc, default), abs=0.03)


def test_without_the_pathway_the_pair_is_too_high(atlas, ec, fc):
    none = Wiring(FEEDFORWARD, np.zeros_like(ec.weights))
    without, _ = predicted_fc(RWW, ec.weights, none)
    dlpfc, sgacc = atlas.target("dlpfc_left"), atlas.target("sgacc")
    assert mean_between(without, dlpfc, sgacc) > mean_between(fc, dlpfc, sgacc) + 0.1
