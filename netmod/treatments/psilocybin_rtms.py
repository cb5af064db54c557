"""Psilocybin, then magnetic stimulation while the window is open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from netmod.models.declaration import Parameter
from netmod.treatments.declaration import Treatment
from netmod.treatments.psilocybin import PSILOCYBIN
from netmod.treatments.rtms_10hz import RTMS_10HZ

_HYPOTHESIS = "proposal; the combination is a hypothesis under trial, NCT06132178"


def _both(parameters: Mapping[str, float], target: str | None) -> list:
    doses = PSILOCYBIN.schedule({**parameters, "gap_d": parameters["dose_gap_d"]}, None)
    start_h = doses[-1].time_h + 24.0 * parameters["gap_d"]
    sessions = RTMS_10HZ.schedule(parameters, target)
    return [*doses, *(replace(s, time_h=start_h + s.time_h) for s in sessions)]


PSILOCYBIN_RTMS = Treatment(
    name="psilocybin_rtms",
    doc="psilocybin 25 mg once, then from the next day the course of rtms_10hz",
    mechanism="the drug opens the PV brake; the pulses that follow meet synapses that change more",
    source=_HYPOTHESIS,
    schedule=_both,
    parameters={
        "dose_mg": PSILOCYBIN.parameters["dose_mg"],
        "doses": Parameter(1, "1", 1, 50, "Number of doses", _HYPOTHESIS, whole=True),
        "dose_gap_d": PSILOCYBIN.parameters["gap_d"],
        "gap_d": Parameter(
            1.0, "d", 0.0, 365.0, "Days from the last dose to the first session", _HYPOTHESIS
        ),
        **RTMS_10HZ.parameters,
    },
    target="dlpfc_left",
)
