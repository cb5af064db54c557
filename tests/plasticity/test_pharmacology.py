"""Kinetics and occupancy against analytic values and an ODE."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from netmod.plasticity.pharmacology import DRUGS

EACH = pytest.mark.parametrize("name", sorted(DRUGS))


def rates(drug):
    return np.log(2) / drug.absorption_h, np.log(2) / drug.elimination_h


@EACH
def test_the_peak_is_1_at_the_analytic_time(name):
    drug = DRUGS[name]
    ka, ke = rates(drug)
    peak_h = np.log(ka / ke) / (ka - ke)
    assert drug.concentration(np.array(peak_h)) == pytest.approx(1.0, abs=1e-12)
    around = drug.concentration(peak_h + np.array([-0.05, 0.05]))
    assert (around < 1.0).all()


@EACH
@pytest.mark.parametrize("clearance", [0.5, 1.0, 1.6])
def test_the_tail_halves_in_an_elimination_half_life(name, clearance):
    drug = DRUGS[name]
    ka, ke = rates(drug)
    k, t = ke * clearance, 40.0 / (ka - ke * clearance)  # absorption is over
    half = drug.elimination_h / clearance
    early, late = drug.concentration(np.array([t, t + half]), clearance)
    assert late / early == pytest.approx(0.5, abs=1e-9)
    assert k == pytest.approx(np.log(2) / half)


@EACH
@pytest.mark.parametrize("clearance", [0.6, 1.0, 2.0])
def test_the_course_solves_its_equations(name, clearance):
    drug = DRUGS[name]
    ka, ke = rates(drug)
    t = np.linspace(0.0, 12.0, 25)
    gut_and_blood = solve_ivp(
        lambda _, y: [-ka * y[0], ka * y[0] - clearance * ke * y[1]],
        (0, 12), [1.0, 0.0], t_eval=t, rtol=1e-10, atol=1e-13,
    ).y[1]  # fmt: skip
    ratio = ka / ke
    typical_peak = ratio ** (-1.0 / (ratio - 1.0))
    assert drug.concentration(t, clearance) == pytest.approx(gut_and_blood / typical_peak, abs=1e-8)


def test_elimination_as_fast_as_absorption_has_its_limit():
    drug = DRUGS["psilocybin"]
    ka, ke = rates(drug)
    t = np.linspace(0.0, 10.0, 21)
    exactly = drug.concentration(t, ka / ke)
    nearly = drug.concentration(t, ka / ke * (1 + 1e-7))
    assert np.isfinite(exactly).all()
    assert exactly == pytest.approx(nearly, abs=1e-6)
    assert exactly[4] / exactly[2] == pytest.approx(2.0 * np.exp(-ka), rel=1e-9)  # t exp(-ka t)


@given(st.sampled_from(sorted(DRUGS)), st.floats(-1e3, 1e4), st.floats(0.05, 20.0))
@settings(max_examples=200, deadline=None)
def test_nothing_is_ever_negative(name, hours, clearance):
    drug = DRUGS[name]
    level = drug.concentration(np.array(hours), clearance)
    assert np.isfinite(level) and level >= 0.0
    assert 0.0 <= drug.occupancy(level) <= drug.max_occupancy
    if hours <= 0:
        assert level == 0.0


@given(st.floats(0.3, 1.0), st.floats(1.05, 3.0))
@settings(max_examples=50, deadline=None)
def test_faster_clearance_means_less_drug(slow, factor):
    t = np.linspace(0.1, 48.0, 50)
    for drug in DRUGS.values():
        assert (drug.concentration(t, slow) > drug.concentration(t, slow * factor)).all()


def test_occupancy_of_a_single_dose_of_psilocybin():
    drug = DRUGS["psilocybin"]
    occupied = drug.occupancy(drug.concentration(np.linspace(0, 12, 1201)))
    assert occupied.max() == pytest.approx(2 / 3, abs=1e-4)
    assert 1.5 < np.linspace(0, 12, 1201)[occupied.argmax()] < 2.0


def test_daily_escitalopram_holds_its_transporter_near_0_8():
    drug = DRUGS["escitalopram"]
    t = np.linspace(0.0, 24.0, 97)
    level = sum(drug.concentration(t + 24.0 * day) for day in range(40))
    occupied = drug.occupancy(level)
    assert 0.75 < occupied.min() < occupied.max() < 0.90
