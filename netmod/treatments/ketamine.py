"""Ketamine."""

from __future__ import annotations

from collections.abc import Mapping

from netmod.models.declaration import Parameter
from netmod.treatments.declaration import Treatment
from netmod.treatments.dosing import doses_of
from netmod.treatments.weekdays import course, session_hours

_SINGH = "recalled: twice a week, Singh et al. 2016, doi:10.1176/appi.ajp.2016.16010037"


def _infusions(parameters: Mapping[str, float], target: str | None) -> list:
    hours = session_hours(int(parameters["sessions"]), int(parameters["days_a_week"]))
    return doses_of("ketamine", parameters["dose_mg_per_kg"] / 0.5, hours)


KETAMINE = Treatment(
    name="ketamine",
    doc="0.5 mg/kg into a vein over 40 minutes, twice a week, three weeks",
    mechanism="acute: NMDA receptors of inhibitory populations are occupied; lasting: TrkB "
    "binding grows spines and lowers the PV brake",
    source=_SINGH,
    schedule=_infusions,
    parameters={
        "dose_mg_per_kg": Parameter(0.5, "mg/kg", 0.01, 2.0, "Each infusion", _SINGH),
        **course(6, 2, _SINGH, "infusions"),
    },
)
