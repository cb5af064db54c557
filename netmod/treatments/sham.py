"""Sham stimulation."""

from __future__ import annotations

from netmod.treatments.declaration import Treatment
from netmod.treatments.magnetic import protocol, sessions
from netmod.treatments.rtms_10hz import COURSE, SOURCE

_RESIDUE = (
    "residual field up to a quarter of the active one, recalled: Smith and Peterchev 2018, "
    "doi:10.1088/1741-2552/aace89"
)

SHAM = Treatment(
    name="sham",
    doc="the course of rtms_10hz with a sham coil, whose residual field scales the calcium of "
    "each pulse",
    mechanism="as rtms_10hz; whether so weak a field changes anything is left to the calcium rule",
    source=SOURCE,
    schedule=sessions,
    parameters=protocol(SOURCE, **COURSE, intensity=0.25, intensity_source=_RESIDUE),
    target="dlpfc_left",
)
