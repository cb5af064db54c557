"""Controls of a whole study: a receptor's map, exchanged drugs, wide fields, reversed lesions."""

from __future__ import annotations

import pytest

from netmod.atlas import load_atlas
from netmod.study.prepare import prepare

REVERSED = ("cohort.sgacc_inhibition=0.01", "cohort.dlpfc_excitability=0.01",
            "cohort.top_down=0.13", "cohort.dlpfc_inhibition=0.01")  # fmt: skip


@pytest.fixture(scope="module")
def identities(scenario_of, ten):
    """Return the identities of an arm's scans under some overrides."""

    def cells(*overrides, arms=("mdd", "psilocybin")):
        found = prepare(scenario_of(arms=arms, overrides=overrides), load_atlas(ten)).cells
        assert all(cell.converged for cell in found)
        return {(c.arm, c.subject, c.time): c.identity for c in found}

    return cells


@pytest.fixture(scope="module")
def plain(identities):
    return identities()


@pytest.mark.parametrize("name", ["uniform", "permuted", "ht1a"])
def test_another_map_changes_what_the_drug_does_and_nothing_else(plain, identities, name):
    found = identities(f"plasticity.ht2a_map={name}")
    for (arm, subject, time), identity in found.items():
        acting = arm == "psilocybin" and time == "2h"
        if arm == "mdd" or time == "baseline" or acting:
            assert (identity != plain[arm, subject, time]) == acting


def test_naming_the_default_map_changes_no_cell(plain, identities):
    assert identities("plasticity.ht2a_map=atlas") == plain


@pytest.mark.parametrize(
    "name",
    [pytest.param("kinetics_exchanged_dmt", marks=pytest.mark.slow), "trkb_affinity_exchanged"],
)
def test_an_exchange_changes_the_arm_that_has_it_once_the_drug_is_given(plain, identities, name):
    found = identities("arms.other.treatment=psilocybin", f"arms.other.modifiers=[{name}]")
    assert plain.items() <= found.items()
    others = {key: identity for key, identity in found.items() if key not in plain}
    assert {arm for arm, *_ in others} == {"other"}
    for (_, subject, time), identity in others.items():
        assert (identity != plain["psilocybin", subject, time]) == (time != "baseline")


@pytest.mark.parametrize(
    ("overrides", "changed"),
    [(("plasticity.field_mm=200",), {"rtms_10hz"}), (REVERSED, {"mdd", "rtms_10hz"})],
    ids=["field", "lesion"],
)
def test_a_wide_field_and_a_reversed_lesion_find_their_fixed_points(identities, overrides, changed):
    arms = ("healthy", "mdd", "rtms_10hz")
    before, found = identities(arms=arms), identities(*overrides, arms=arms)
    assert {key[0] for key, identity in found.items() if identity != before[key]} == changed
