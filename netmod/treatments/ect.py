"""Electroconvulsive therapy."""

from __future__ import annotations

from collections.abc import Mapping

from netmod.models.declaration import Parameter
from netmod.treatments.declaration import Treatment
from netmod.treatments.rtms import weekday_hours

_EEG = "proposal: fast tonic discharge that slows to 3 Hz clonic activity, about 40 s in all"


def _course(parameters: Mapping[str, float], target: str | None):
    from netmod.plasticity.events import Phase, Seizure

    phases = (
        Phase(parameters["onset_hz"], parameters["onset_s"]),
        Phase(parameters["tonic_hz"], parameters["tonic_s"]),
        Phase(parameters["clonic_hz"], parameters["clonic_s"]),
    )
    hours = weekday_hours(int(parameters["sessions"]), (0, 2, 4))
    return [Seizure(time_h, phases) for time_h in hours]


ECT_BL = Treatment(
    name="ect_bl",
    doc="bilateral ECT, three seizures a week",
    mechanism="each seizure drives the same calcium rule in every region's outgoing synapses with "
    "its own discharge pattern, and raises the baseline of inhibition",
    source="course length: Oltedal et al. 2018, doi:10.1016/j.biopsych.2018.05.017",
    schedule=_course,
    parameters={
        "sessions": Parameter(11, "1", 1, 60, "Number of seizures, three a week", "Oltedal 2018"),
        "onset_hz": Parameter(20.0, "Hz", 0.5, 40.0, "Discharge rate at onset", _EEG),
        "onset_s": Parameter(5.0, "s", 0.1, 60.0, "Length of onset", _EEG),
        "tonic_hz": Parameter(10.0, "Hz", 0.5, 40.0, "Discharge rate, tonic", _EEG),
        "tonic_s": Parameter(10.0, "s", 0.1, 60.0, "Length of the tonic phase", _EEG),
        "clonic_hz": Parameter(3.0, "Hz", 0.5, 10.0, "Discharge rate, clonic", _EEG),
        "clonic_s": Parameter(25.0, "s", 0.1, 120.0, "Length of the clonic phase", _EEG),
    },
)
