"""Sites of the coil that are found for each person."""

from types import SimpleNamespace

import numpy as np
import pytest

from netmod.atlas import load_atlas
from netmod.errors import ConfigError
from netmod.plasticity.field import coil_field
from netmod.scenario.load import INDIVIDUAL, RANDOM
from netmod.study import targeting

NAMES = [str(k + 1) for k in range(40)]


@pytest.fixture(scope="module")
def atlas():
    return load_atlas("dk84")


def fields(atlas, place, names, found=None, **changes):
    constants = {"field_mm": 12.0}
    scenario = SimpleNamespace(
        seed=changes.get("seed", 1),
        plasticity=SimpleNamespace(parameters=constants),
        model=SimpleNamespace(name="reduced_wong_wang"),
        scanner=SimpleNamespace(hemodynamics="friston2003"),
    )
    found = np.ones(len(names), bool) if found is None else found
    return targeting.personal_fields(scenario, atlas, place, names, [None], (), found)


def sites(atlas, rows):
    """Return the region under the largest field of every person."""
    known = {
        tuple(coil_field(atlas, atlas.region[i], 12.0)): i for i in targeting.candidates(atlas)
    }
    return [known[tuple(row)] for row in rows]


def test_candidates_are_left_lateral_prefrontal_cortex(atlas):
    found = targeting.candidates(atlas)
    assert set(atlas.targets["dlpfc_left"]) <= set(found)
    assert all(atlas.hemisphere[i] == "L" and atlas.cortex[i] for i in found)
    assert (atlas.centroids_mm[found][:, 0] < -20).all()


def test_a_random_site_is_a_candidate_and_belongs_to_the_person(atlas):
    drawn = sites(atlas, fields(atlas, RANDOM, NAMES))
    assert set(drawn) == set(targeting.candidates(atlas))  # forty people visit all of them
    assert sites(atlas, fields(atlas, RANDOM, NAMES[::-1])) == drawn[::-1]
    assert sites(atlas, fields(atlas, RANDOM, NAMES, seed=2)) != drawn


def test_an_individual_site_is_the_least_coupled_and_nobody_without_a_scan_has_one(
    atlas, monkeypatch
):
    choice = targeting.candidates(atlas)
    wanted = [choice[0], choice[-1], choice[1]]
    covariances = np.stack([np.eye(84) + 0.5 for _ in wanted])
    for cov, site in zip(covariances, wanted, strict=True):
        for other in atlas.targets["sgacc"]:
            cov[site, other] = cov[other, site] = -0.2
    monkeypatch.setattr(targeting, "stack", lambda networks: networks)
    monkeypatch.setattr(
        targeting, "linear_program", lambda *names: lambda *given: (0, 0, covariances, 0)
    )
    found = np.array([True, True, False])
    rows = fields(atlas, INDIVIDUAL, NAMES[:3], found)
    assert sites(atlas, rows[:2]) == wanted[:2]
    assert np.array_equal(rows[2], coil_field(atlas, "dlpfc_left", 12.0))


def test_an_atlas_without_the_targets_is_refused():
    blank = SimpleNamespace(targets={"dlpfc_left": (0,)}, name="blank")
    with pytest.raises(ConfigError, match="no individual site"):
        targeting.candidates(blank)
