"""Electroconvulsive therapy."""

from __future__ import annotations

from collections.abc import Mapping

from netmod.models.declaration import Parameter
from netmod.treatments.declaration import Treatment
from netmod.treatments.rtms import weekday_hours

_SEIZURE = "proposal: generalised 3 Hz discharge that ends by itself after about 43 s"


def _course(parameters: Mapping[str, float], target: str | None):
    from netmod.plasticity.events import Phase, Seizure

    phases = (Phase(parameters["discharge_hz"], parameters["seizure_s"]),)
    hours = weekday_hours(int(parameters["sessions"]), (0, 2, 4))
    return [Seizure(time_h, phases) for time_h in hours]


ECT_BL = Treatment(
    name="ect_bl",
    doc="bilateral ECT, three seizures a week",
    mechanism="each seizure drives the same calcium rule in every region's outgoing synapses with "
    "its own discharge, and raises the baseline of inhibition",
    source="course length: Oltedal et al. 2018, doi:10.1016/j.biopsych.2018.05.017",
    schedule=_course,
    parameters={
        "sessions": Parameter(
            11, "1", 1, 60, "Number of seizures, three a week", "Oltedal 2018", whole=True
        ),
        "discharge_hz": Parameter(3.0, "Hz", 0.5, 40.0, "Discharges a second", _SEIZURE),
        "seizure_s": Parameter(43.0, "s", 1.0, 300.0, "Length of the seizure", _SEIZURE),
    },
)
