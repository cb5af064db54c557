"""Kinetics and occupancy against differential equations, analytic limits and published values."""

import time
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from netmod.errors import ConfigError
from netmod.plasticity import pharmacology
from netmod.plasticity.events import Dose
from netmod.plasticity.pharmacology import (
    DRUGS,
    PLASTICITY_ROUTES,
    RECEPTORS,
    Drug,
    Exposure,
    Intravenous,
    Oral,
    adherent,
    competition,
)

NAMES = sorted(DRUGS)
ORAL = [name for name in NAMES if isinstance(DRUGS[name].uptake, Oral)]
INFUSED = [name for name in NAMES if isinstance(DRUGS[name].uptake, Intravenous)]
EACH = pytest.mark.parametrize("name", NAMES)
FIELDS = ("ht2a", "sert", "nmda", "trkb")
ONE = np.ones(1)


def single(name, hours, **kwargs):
    return Exposure([Dose(0.0, name)], ONE, **kwargs).at(hours)


def time_above_half(occupied, hours):
    """Time at or above half of the peak, the curve being single-peaked."""
    above = hours[occupied >= 0.5 * occupied.max()]
    return above[-1] - above[0]


@pytest.mark.parametrize(
    ("name", "earliest", "latest"),
    [("psilocybin", 1.5, 2.0), ("lsd", 1.0, 3.4), ("escitalopram", 4.0, 6.0),
     ("ketanserin", 0.5, 1.5), ("ketamine", 0.66, 0.67)],
)  # fmt: skip
def test_the_peak_comes_when_published(name, earliest, latest):
    drug = DRUGS[name]
    assert earliest < drug.uptake.peak_h(np.log(2) / drug.elimination_h) < latest


def test_lsd_has_the_published_area_under_its_curve():
    # Holze et al. 2019: peak 1.7 ng/mL, area 13 (7.1 to 28) ng h/mL; only the peak was used
    t = np.linspace(0.0, 80.0, 20001)
    assert 1.7 * np.trapezoid(DRUGS["lsd"].concentration(t), t) == pytest.approx(13.0, rel=0.1)


@pytest.mark.parametrize("name", ORAL)
@pytest.mark.parametrize("clearance", [0.6, 1.0, 2.0])
def test_an_oral_course_solves_its_equations(name, clearance):
    drug = DRUGS[name]
    ka, ke = np.log(2) / drug.uptake.absorption_h, np.log(2) / drug.elimination_h
    t = np.linspace(0.0, 12.0, 25)
    blood = solve_ivp(
        lambda _, y: [-ka * y[0], ka * y[0] - clearance * ke * y[1]],
        (0, 12), [1.0, 0.0], t_eval=t, rtol=1e-10, atol=1e-13,
    ).y[1]  # fmt: skip
    typical_peak = (ka / ke) ** (-1.0 / (ka / ke - 1.0))
    assert drug.concentration(t, clearance) == pytest.approx(blood / typical_peak, abs=1e-8)


@pytest.mark.parametrize("name", INFUSED)
@pytest.mark.parametrize("clearance", [0.6, 1.0, 2.0])
def test_an_infusion_solves_its_equation(name, clearance):
    drug = DRUGS[name]
    ke, length = np.log(2) / drug.elimination_h, drug.uptake.duration_h
    during, after = np.linspace(0, length, 11), np.linspace(length, 4 * drug.elimination_h, 21)
    blood, start = [], 0.0
    for rate, t in ((1.0 / length, during), (0.0, after)):
        part = solve_ivp(
            lambda _, y, rate=rate: rate - clearance * ke * y,
            (t[0], t[-1]), [start], t_eval=t, rtol=1e-10, atol=1e-13,
        ).y[0]  # fmt: skip
        blood.append(part)
        start = part[-1]
    typical_peak = (1.0 - np.exp(-ke * length)) / (ke * length)
    got = [drug.concentration(t, clearance) for t in (during, after)]
    assert np.concatenate(got) == pytest.approx(np.concatenate(blood) / typical_peak, abs=1e-8)


def test_a_very_short_infusion_is_a_bolus():
    bolus = Drug("", Intravenous(1e-9), 2.0, 1.0, {}, "")
    t = np.array([1.0, 2.0, 4.0])
    assert bolus.concentration(t) == pytest.approx(2.0 ** (-t / 2.0), rel=1e-8)


def test_elimination_as_fast_as_absorption_has_its_limit():
    drug = DRUGS["psilocybin"]
    ka = np.log(2) / drug.uptake.absorption_h
    same = drug.elimination_h / drug.uptake.absorption_h
    t = np.linspace(0.0, 10.0, 21)
    exactly = drug.concentration(t, same)
    assert np.isfinite(exactly).all()
    assert exactly == pytest.approx(drug.concentration(t, same * (1 + 1e-7)), abs=1e-6)
    assert exactly[4] / exactly[2] == pytest.approx(2.0 * np.exp(-ka), rel=1e-9)  # t exp(-ka t)


@EACH
@pytest.mark.parametrize("clearance", [0.5, 1.0, 1.6])
def test_the_area_under_the_curve_is_dose_over_clearance(name, clearance):
    drug = DRUGS[name]
    ke = np.log(2) / drug.elimination_h
    if name in ORAL:
        r = np.log(2) / drug.uptake.absorption_h / ke
        peak = r ** (-1.0 / (r - 1.0))
    else:
        span = ke * drug.uptake.duration_h
        peak = (1.0 - np.exp(-span)) / span
    start, end = drug.uptake.peak_h(ke), 40.0 * drug.elimination_h / clearance
    t = np.concatenate([np.linspace(0, start, 4001), np.geomspace(start, end, 40001)[1:]])
    area = np.trapezoid(drug.concentration(t, clearance), t)
    assert area == pytest.approx(1.0 / (clearance * ke * peak), rel=1e-5)


@given(st.sampled_from(NAMES), st.floats(-1e3, 1e4), st.floats(0.05, 20.0))
@settings(max_examples=150, deadline=None)
def test_a_concentration_is_finite_and_never_negative(name, hours, clearance):
    level = DRUGS[name].concentration(np.array(hours), clearance)
    assert np.isfinite(level) and level >= 0.0
    if hours <= 0:
        assert level == 0.0


@given(st.floats(0.3, 1.0), st.floats(1.05, 3.0))
@settings(max_examples=30, deadline=None)
def test_faster_clearance_means_less_drug(slow, factor):
    for drug in DRUGS.values():
        t = drug.elimination_h * np.linspace(0.01, 12.0, 50)
        assert (drug.concentration(t, slow) > drug.concentration(t, slow * factor)).all()


def test_one_drug_alone_follows_the_law_of_mass_action():
    ratios = np.array([[0.0, 1.0 / 3.0, 1.0, 3.0, 1e12]])
    expected = [0.0, 0.25, 0.5, 0.75, 1.0]
    assert competition(ratios, np.array([1.0]))[0] == pytest.approx(expected, abs=1e-9)


@given(st.floats(0.01, 100.0), st.floats(0.0, 1e3))
@settings(max_examples=50, deadline=None)
def test_an_antagonist_scales_the_agonist_s_concentration(agonist, antagonist):
    # Gaddum: with B, (1 + B) times as much agonist has the effect it has alone
    ones = np.array([1.0, 0.0])
    with_both = competition(np.array([agonist * (1.0 + antagonist), antagonist]), ones)
    assert with_both.sum() == pytest.approx(agonist / (1.0 + agonist), rel=1e-9)
    assert with_both[1] == 0.0


def test_two_agonists_of_equal_potency_add_their_concentrations():
    both = competition(np.array([[0.4], [1.1]]), np.ones(2))
    assert both.sum() == pytest.approx(1.5 / 2.5)
    assert both[0] / both[1] == pytest.approx(0.4 / 1.1)


@pytest.mark.parametrize("name", ["psilocybin", "escitalopram", "ketamine"])
def test_doses_superpose(name):
    rng = np.random.default_rng(3)
    doses = [Dose(t, name, a) for t, a in rng.uniform([-5, 0], [900, 2], (60, 2))]
    clearance = np.array([0.6, 1.0, 1.9])
    times = rng.permutation(np.linspace(-10.0, 1000.0, 301))
    brute = sum(
        d.amount * DRUGS[name].concentration((times - d.time_h)[:, None], clearance) for d in doses
    )
    got = Exposure(doses, clearance).concentration(name, times)
    assert got == pytest.approx(brute, abs=1e-5)  # what twenty half-lives leave of a dose
    assert brute.max() > 1.0


def test_blocks_of_times_make_no_difference(monkeypatch):
    doses = [Dose(24.0 * day, "escitalopram") for day in range(10)]
    times, clearance = np.linspace(0, 300, 97), np.array([0.8, 1.2])
    whole = Exposure(doses, clearance).at(times).sert
    monkeypatch.setattr(pharmacology, "_BLOCK", 1)
    assert np.array_equal(Exposure(doses, clearance).at(times).sert, whole)


def test_a_course_of_twelve_weeks_takes_little_time_and_memory():
    doses = [Dose(24.0 * day, "escitalopram") for day in range(84)]
    exposure = Exposure(doses, np.linspace(0.5, 1.5, 16))
    times = np.linspace(0.0, 2016.0, 2000)
    began = time.process_time()
    occupied = exposure.at(times).sert
    assert time.process_time() - began < 1.0
    assert occupied.shape == (2000, 16)
    tracemalloc.start()
    exposure.at(times)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6  # all doses at all times at once: 21.5 MB an array


def test_a_dose_acts_just_after_its_time_and_subjects_differ():
    exposure = Exposure([Dose(5.0, "psilocybin")], np.array([0.5, 1.0, 2.0]))
    occupied = exposure.at(np.array([0.0, 5.0, 5.5, 11.0])).ht2a
    assert (occupied[:2] == 0.0).all()
    assert (np.diff(occupied[2:], axis=1) < 0.0).all()


def test_without_doses_nothing_is_occupied():
    nothing = Exposure([], np.ones(3)).at(np.linspace(0, 10, 4))
    for field in FIELDS:
        assert np.array_equal(getattr(nothing, field), np.zeros((4, 3)))


COURSES = st.lists(
    st.builds(Dose, st.floats(0.0, 200.0), st.sampled_from(NAMES), st.floats(0.0, 50.0)), max_size=8
)


@given(COURSES, st.sampled_from(sorted(PLASTICITY_ROUTES)))
@settings(max_examples=60, deadline=None)
def test_occupancies_are_shares(doses, route):
    occupied = Exposure(doses, np.array([0.4, 2.5]), route=route).at(np.linspace(0, 250, 40))
    for field in FIELDS:
        values = getattr(occupied, field)
        assert values.shape == (40, 2)
        assert (values >= 0.0).all() and (values <= 1.0 + 1e-12).all()


@given(
    st.sampled_from([name for name in NAMES if name != "ketanserin"]),
    st.floats(0.05, 5.0),
    st.floats(1.1, 5.0),
    st.sampled_from(sorted(PLASTICITY_ROUTES)),
)
@settings(max_examples=60, deadline=None)
def test_more_of_a_drug_that_acts_occupies_more(name, amount, factor, route):
    t = DRUGS[name].elimination_h * np.linspace(0.05, 5.0, 40)
    less, more = (
        Exposure([Dose(0.0, name, a)], ONE, route=route).at(t) for a in (amount, factor * amount)
    )
    for field in FIELDS:
        low, high = getattr(less, field), getattr(more, field)
        assert (high >= low).all()
        assert (high > low).all() or (high == 0.0).all()


def test_acute_effects_last_as_long_as_published():
    hours = np.concatenate([np.linspace(0, 2, 2401), np.linspace(2, 30, 5601)[1:]])
    lasts = {
        name: time_above_half(single(name, hours).ht2a[:, 0], hours)
        for name in ("dmt", "psilocybin", "lsd")
    }
    assert 20 / 60 < lasts["dmt"] < 30 / 60
    assert 4.0 < lasts["psilocybin"] < 8.0
    assert 8.0 < lasts["lsd"] < 13.0


def test_daily_escitalopram_holds_its_transporter_near_0_8():
    doses = [Dose(24.0 * day, "escitalopram") for day in range(60)]
    occupied = Exposure(doses, ONE).at(59 * 24.0 + np.linspace(0.0, 24.0, 97)).sert
    assert 0.75 < occupied.min() < occupied.max() < 0.85
    assert occupied.mean() == pytest.approx(0.8, abs=0.03)


@pytest.mark.parametrize(
    ("name", "field", "hours", "published", "within"),
    [("psilocybin", "ht2a", 1.5, 0.7, 0.05),  # Madsen et al. 2019: up to 0.72 after 3 to 30 mg
     ("escitalopram", "sert", 6.0, 0.75, 0.06),  # Klein et al. 2006: SD 0.05
     ("ketamine", "nmda", 2 / 3, 780 / (780 + 1500), 1e-12)],  # the end of the infusion
)  # fmt: skip
def test_one_dose_occupies_what_is_published(name, field, hours, published, within):
    occupied = getattr(single(name, np.array([hours])), field)[0, 0]
    assert occupied == pytest.approx(published, abs=within)


def test_psilocin_binds_trkb_a_thousand_times_more_tightly_than_antidepressants():
    affinity = {name: DRUGS[name].binding["TrkB"].ec50_nm for name in NAMES if name != "ketanserin"}
    assert affinity["escitalopram"] / affinity["psilocybin"] == pytest.approx(1000.0)
    assert affinity["ketamine"] / affinity["psilocybin"] == pytest.approx(1000.0)
    daily = [Dose(24.0 * day, "escitalopram") for day in range(60)]
    bound = Exposure(daily, ONE).at(np.array([59 * 24.0 + 5.0])).trkb[0, 0]
    assert 0.0 < bound < 0.005


@pytest.mark.parametrize("name", ["psilocybin", "lsd", "dmt"])
def test_ketanserin_removes_the_acute_effect_and_leaves_trkb(name):
    hours = np.linspace(0.0, 6.0, 1201)
    alone = single(name, hours)
    both = Exposure([Dose(-1.0, "ketanserin"), Dose(0.0, name)], ONE).at(hours)
    assert both.ht2a.max() < 0.1 * alone.ht2a.max()
    assert both.ht2a.max() > 0.0
    assert np.array_equal(both.trkb, alone.trkb)


def test_a_large_dose_of_the_agonist_overcomes_ketanserin():
    hours = np.array([2.0])
    doses = [Dose(-1.0, "ketanserin"), Dose(0.0, "psilocybin", 1e5)]
    assert Exposure(doses, ONE).at(hours).ht2a[0, 0] > 0.99


@pytest.mark.parametrize("receptor", RECEPTORS)
def test_a_block_scales_its_own_receptor(receptor):
    doses = [Dose(0.0, name) for name in ("psilocybin", "ketamine", "escitalopram")]
    hours, factor = np.linspace(0.5, 6.0, 12), np.array([0.0, 0.3, 1.0])
    intact = Exposure(doses, np.ones(3)).at(hours)
    blocked = Exposure(doses, np.ones(3), block={receptor: factor}).at(hours)
    for field, name in zip(FIELDS, ("5-HT2A", "SERT", "NMDA", "TrkB"), strict=True):
        scale = factor if name == receptor else 1.0
        assert getattr(blocked, field) == pytest.approx(getattr(intact, field) * scale, abs=1e-15)


def test_routes_weigh_the_psychedelic_by_its_5_ht2a_occupancy():
    hours = np.linspace(0.2, 10.0, 50)
    by = {route: single("psilocybin", hours, route=route) for route in PLASTICITY_ROUTES}
    through_trkb = by["trkb"].trkb
    through_2a = through_trkb * by["trkb"].ht2a
    assert by["intracellular_5ht2a"].trkb == pytest.approx(through_2a, rel=1e-12)
    assert by["both"].trkb == pytest.approx(0.5 * (through_trkb + through_2a), rel=1e-12)
    level = DRUGS["psilocybin"].concentration(hours)
    assert through_trkb[:, 0] == pytest.approx(level / (level + 50.0 / 83.0), rel=1e-12)


@pytest.mark.parametrize(
    ("before", "block"),
    [([Dose(-1.0, "ketanserin")], {}), ([], {"5-HT2A": 0.0})],
    ids=["ketanserin", "factor"],
)
def test_blocking_5_ht2a_stops_plasticity_on_the_intracellular_route_only(before, block):
    hours, doses = np.linspace(0.2, 10.0, 50), [*before, Dose(0.0, "psilocybin")]
    left = {
        route: Exposure(doses, ONE, block, route).at(hours).trkb.sum()
        / single("psilocybin", hours, route=route).trkb.sum()
        for route in PLASTICITY_ROUTES
    }
    assert left["trkb"] == 1.0
    assert left["intracellular_5ht2a"] < 0.1
    assert 0.5 < left["both"] < 0.9


def test_the_route_does_not_concern_drugs_that_are_no_psychedelics():
    hours = np.linspace(0.2, 10.0, 20)
    for name in ("ketamine", "escitalopram"):
        bound = [single(name, hours, route=route).trkb for route in PLASTICITY_ROUTES]
        assert np.array_equal(bound[0], bound[1]) and np.array_equal(bound[0], bound[2])
        assert bound[0].min() > 0.0


@EACH
def test_every_drug_is_documented(name):
    drug = DRUGS[name]
    assert set(drug.binding) <= set(RECEPTORS)
    assert drug.source and ("recalled" in drug.source or "seen" in drug.source)
    assert drug.psychedelic == (name in ("psilocybin", "lsd", "dmt"))


@pytest.mark.parametrize(
    ("doses", "kwargs", "message"),
    [
        ([Dose(3.0, "psilocibin")], {}, "did you mean 'psilocybin'?"),
        ([Dose(3.0, "")], {}, "dose at 3 h: a dose without a drug"),
        ([Dose(3.0, None)], {}, "a dose without a drug"),
        ([Dose(3.0, "lsd", -1.0)], {}, "no such amount"),
        ([Dose(3.0, "lsd", float("nan"))], {}, "no such amount"),
        ([], {"route": "trk"}, "did you mean 'trkb'?"),
        ([], {"block": {"5HT2A": 0.0}}, "did you mean '5-HT2A'?"),
    ],
)
def test_what_cannot_be_is_refused(doses, kwargs, message):
    with pytest.raises(ConfigError) as caught:
        Exposure(doses, ONE, **kwargs)
    assert message in str(caught.value)


def test_a_share_of_the_doses_is_taken():
    doses = [Dose(24.0 * day, "escitalopram") for day in range(84)]
    taken = adherent(doses, 0.75, seed=1)
    assert len(taken) == 63
    assert list(taken) == sorted(set(taken), key=lambda d: d.time_h)
    assert set(taken) < set(doses)
    assert taken == adherent(doses, 0.75, seed=1)
    assert taken != adherent(doses, 0.75, seed=2)
    assert adherent(doses, 1.0, seed=1) == tuple(doses)
    assert adherent(doses, 0.0, seed=1) == ()


@given(st.floats(0, 1), st.floats(0, 1), st.integers(0, 50))
@settings(max_examples=40, deadline=None)
def test_what_is_taken_at_a_lower_share_is_taken_at_a_higher(a, b, seed):
    doses = [Dose(24.0 * day, "escitalopram") for day in range(30)]
    few, many = (set(adherent(doses, share, seed)) for share in sorted((a, b)))
    assert few <= many


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_outside_0_to_1_is_refused(share):
    with pytest.raises(ConfigError, match="not a share"):
        adherent([Dose(0.0, "lsd")], share, seed=0)
