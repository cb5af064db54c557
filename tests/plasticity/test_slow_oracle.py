"""The documented equations of the slow layer, written anew for one region and solved by scipy."""

from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from netmod.plasticity.anatomy import Anatomy
from netmod.plasticity.environment import ENVIRONMENTS, PATTERNS, STRESSING
from netmod.plasticity.events import Dose, Session, Shock, Surroundings
from netmod.plasticity.induction import Factors, outcome_of
from netmod.plasticity.pharmacology import Exposure
from netmod.plasticity.pulses import PulseTrain
from netmod.plasticity.state import People, SlowState

TRAINS = (
    PulseTrain(10.0, 400, 4.0, 26.0), PulseTrain(1.0, 200), PulseTrain(5.0, 120, 2.0, 8.0, burst=3),
)  # fmt: skip
SMALL = {"mtor": 1e-4}
"""Errors too small to matter beside a range of 1; otherwise a millionth of the unit."""

PATIENT = People(np.array([1.2]), np.array([1.1]), np.array([0.8]), (4,))
PLACE = Anatomy({"here": np.ones(1)}, np.ones(1), np.ones(1), np.array([True]))
ACTIVITY, ANSWER = 1.2, 0.6
CASES = {
    "sessions": [Session(1.0, TRAINS[0], "here"), Session(1.7, TRAINS[2], "here"),
                 Session(50.0, TRAINS[1], "here"), Session(75.0, TRAINS[0], "here")],
    "seizures": [Shock(2.0, "bitemporal"), Shock(50.0, "bitemporal"), Shock(98.0, "bitemporal")],
    "drugs": [Dose(3.0, "psilocybin"), Dose(100.0, "ketamine"),
              *(Dose(24.0 * k, "escitalopram") for k in range(10))],
    "all": [Session(1.0, TRAINS[0], "here"), Dose(5.0, "lsd", 0.5), Shock(30.0, "bitemporal"),
            Dose(40.0, "escitalopram"), Session(54.0, TRAINS[2], "here"),
            Surroundings(60.0, 8.0, "threat", 0.3), Session(100.0, TRAINS[1], "here")],
}  # fmt: skip
ORDER = (
    "early", "late", "threshold", "tonic", "released", "trkb", "mtor", "spines", "brake", "vegf",
    "rise", "n1", "n2", "n3", "n4", "maturity", "autoreceptor", "glia", "vessels", "neurons",
    "atrophy", "learned",
)  # fmt: skip


def oracle(plan, times_h, c, background):
    """Solve the documented equations of one region of one person, one variable at a time."""
    stress_0, clearance, able = PATIENT.stress[0], PATIENT.clearance, PATIENT.induction[0]
    drugs = Exposure([e for e in plan if isinstance(e, Dose)], clearance)
    born = 1 - c["neurogenesis_stress"] * stress_0
    bdnf_0 = 1 - c["bdnf_stress"] * stress_0
    y = dict.fromkeys(ORDER, 0.0)
    y |= {"threshold": 1.0, "tonic": bdnf_0, "spines": 1.0, "brake": 1.0, "maturity": 1.0}
    y |= dict.fromkeys(("n1", "n2", "n3", "n4"), born)
    y["atrophy"] = -c["volume_stress"] * stress_0
    memory = {"bound": 0.0, "last": -np.inf}

    def drive(t):
        strength = dict(background)
        for e in plan:
            if isinstance(e, Surroundings) and e.time_h < t < e.time_h + e.duration_h:
                strength[e.pattern] = strength.get(e.pattern, 0.0) + e.strength
        return strength

    def slope(t, values):
        s = dict(zip(ORDER, values, strict=True))
        met = drugs.at(np.array([t]))
        strength = drive(t)
        pressure = sum(STRESSING[k] * v / 0.1 for k, v in strength.items())
        stress = stress_0 * (1 + c["environment_stress"] * min(1.0, max(-1.0, pressure)))
        stress *= np.exp(-c["stress_buffer"] * (s["n4"] / born - 1))
        share = c["serotonin_early_share"]
        tone = met.sert[0, 0] * (share + (1 - share) * s["autoreceptor"])
        tonic = 1 - c["bdnf_stress"] * stress + c["bdnf_activity"] * (ACTIVITY - 1)
        released, bdnf = s["released"], s["tonic"] + s["released"]
        open_ = 1 - s["brake"]
        trkb = s["trkb"]
        hill = trkb**3 / (trkb**3 + c["trkb_mtor"] ** 3)
        floor = 1 - c["spine_stress"] * (stress - stress_0)
        stage = 24 * c["tau_neurogenesis_d"]
        late = (
            c["consolidation_per_h"] * bdnf * (1 + c["brake_gain"] * open_)
            * (s["early"] - (abs(s["early"]) * s["late"] / abs(memory["bound"])
                             if memory["bound"] else 0.0))
            - s["late"] / (24 * c["tau_late_d"])
        )  # fmt: skip
        volume = {
            "glia": c["gliogenesis_per_d"] * released,
            "vessels": c["angiogenesis_per_d"] * s["vegf"],
            "neurons": c["neurogenesis_volume_per_d"] * max(s["n1"] - born, 0.0),
            "atrophy": -c["volume_stress"] * stress / c["tau_volume_d"],
        }
        rate = c["learning_per_d"] * bdnf * (1 + c["brake_gain"] * open_)
        rate *= 1 + c["dematurity_learning"] * (1 - s["maturity"])
        push = rate * sum(strength.values()) * ANSWER**2
        found = {
            "early": -s["early"] / c["tau_early_h"],
            "late": late,
            "threshold": (1 + c["threshold_activity"] * (ACTIVITY - 1) - s["threshold"])
            / c["tau_threshold_h"],
            "tonic": (tonic - s["tonic"]) / c["tau_bdnf_h"],
            "released": c["bdnf_nmda"] * met.nmda[0, 0] - released / c["tau_bdnf_h"],
            "trkb": c["trkb_drug"] * met.trkb[0, 0] + c["trkb_bdnf"] * released
            + c["trkb_neurogenesis"] * max(s["n4"] - born, 0.0) - trkb / c["tau_trkb_h"],
            "mtor": (hill - s["mtor"]) / c["tau_mtor_h"],
            "spines": c["spine_per_d"] / 24 * s["mtor"]
            * (1 - (s["spines"] - floor) / c["spine_max"])
            - (s["spines"] - floor) / (24 * c["tau_spine_d"]),
            "brake": open_ / (24 * c["tau_brake_d"]) - c["brake_per_d"] / 24 * trkb * s["brake"],
            "vegf": -s["vegf"] / c["tau_vegf_h"],
            "rise": -s["rise"] / (24 * c["tau_seizure_inhibition_d"]),
            "n1": ((1 + c["proliferation_tone"] * tone)
                   * (1 - c["neurogenesis_stress"] * stress) - s["n1"]) / stage,
            "n2": ((1 + c["survival_tone"] * tone) * s["n1"] - s["n2"]) / stage,
            "n3": (s["n2"] - s["n3"]) / stage,
            "n4": ((1 + c["survival_tone"] * tone) * s["n3"] - s["n4"]) / stage,
            "maturity": (1 - c["dematurity_tone"] * tone - s["maturity"])
            / (24 * c["tau_dematurity_d"]),
            "autoreceptor": (met.sert[0, 0] - s["autoreceptor"]) / (24 * c["tau_autoreceptor_d"]),
            **{k: (v - s[k] / c["tau_volume_d"]) / 24 for k, v in volume.items()},
            "learned": push * (1 - s["learned"] / c["learning_max"]) / 24
            - s["learned"] / (24 * c["tau_learning_d"]),
        }  # fmt: skip
        return [found[name] for name in ORDER]

    def release(amount):
        room = 1 - y["released"] / c["bdnf_saturation"]
        y["released"] += amount * min(1.0, max(0.0, room))

    def act(e):
        if isinstance(e, Session):
            shift = c["trkb_threshold"] * min(y["trkb"], 1.0)
            factors = Factors(threshold=y["threshold"], trkb_shift=shift, intensity=e.intensity)
            outcome = outcome_of(e.train, factors)
            offered = c["recruited"] * able * float(outcome.change)
            taken = 1 - np.exp(-(e.time_h - memory["last"]) / c["tau_refractory_h"])
            driven = 1 - np.exp(-float(outcome.up_s) / c["bdnf_calcium_s"])
            y["early"] += taken * (offered - y["early"])
            memory.update(bound=offered, last=e.time_h)
            y["threshold"] += c["threshold_session"] * driven
            release(c["bdnf_session"] * driven)
        else:
            release(c["bdnf_seizure"])
            y["vegf"] += c["vegf_seizure"]
            y["rise"] += c["seizure_inhibition"]
            y["n1"] += c["proliferation_seizure"]

    sudden = [e for e in plan if isinstance(e, Session | Shock)]
    stops = {0.0, *times_h, *(e.time_h for e in plan)}
    stops |= {e.time_h + e.duration_h for e in plan if isinstance(e, Surroundings)}
    stops = sorted(t for t in stops if t <= max(times_h))
    path = {0.0: dict(y)}
    for start, end in pairwise(stops):
        for e in sudden:
            if e.time_h == start:
                act(e)
        solved = solve_ivp(slope, (start, end), [y[name] for name in ORDER],
                           method="LSODA", rtol=1e-6, atol=1e-9, max_step=4.0)  # fmt: skip
        y.update(zip(ORDER, solved.y[:, -1], strict=True))
        path[end] = dict(y)
    return [path[t] for t in times_h]


@pytest.mark.parametrize("name", CASES)
def test_the_documented_equations_solved_by_scipy_agree_within_1_percent(name, lab, constants):
    times = [0.0, 1.5, 6.0, 12.0, 24.0, 30.5, 48.0, 60.0, 68.0, 72.0, 96.0, 120.0, 192.0, 240.0]
    around = "supportive" if name == "drugs" else "neutral"
    exact = oracle(CASES[name], times, constants, ENVIRONMENTS[around])
    answers = {k: (np.full((1, 1), ANSWER),) * 3 for k in PATTERNS}
    states = lab.follow(
        CASES[name], times, PATIENT, anatomy=PLACE, activity=ACTIVITY, answers=answers,
        environment=around,
    )  # fmt: skip
    for read_out in ORDER:
        expected = np.array([y[read_out] for y in exact])
        found = np.array([_scalar(s, read_out) for s in states])
        moved = np.abs(expected - expected[0]).max()
        # the course is read before what happens at that time, and so is the oracle
        error = np.abs(found - expected).max()
        assert error <= 0.01 * moved + SMALL.get(read_out, 1e-6), read_out


def _scalar(state: SlowState, name: str) -> float:
    if name.startswith("n") and name[1:].isdigit():
        return state.neurogenesis[0, int(name[1:]) - 1]
    if name == "tonic":
        return state.bdnf[0, 0] - state.released[0, 0]
    if name == "learned":
        return 0.0 if state.learned is None else state.learned[0, 0, 0, 0]
    if name in ("early", "late"):
        pools = getattr(state, name)
        return pools[0, 0, 0] if len(pools) else 0.0
    return np.ravel(getattr(state, name))[0]


def test_the_power_of_a_shock_is_counted_in_reference_seizures(lab, constants):
    """It comes in seconds of full discharge."""
    asked = []

    def discharge(shock):
        asked.append(shock)
        return SimpleNamespace(power=np.full((1, 1), 0.5 * constants["seizure_reference_s"]))

    (state,) = lab.follow(CASES["seizures"][:1], [2.001], PATIENT, anatomy=PLACE,
                          discharge=discharge)  # fmt: skip
    assert asked == CASES["seizures"][:1]
    assert state.vegf[0, 0] == pytest.approx(0.5, rel=1e-3)
