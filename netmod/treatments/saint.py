"""Accelerated theta bursts in five days."""

from __future__ import annotations

from netmod.treatments.declaration import Treatment
from netmod.treatments.itbs import TRAINS
from netmod.treatments.magnetic import MECHANISM, protocol, sessions

_COLE = (
    "Cole et al. 2020, doi:10.1176/appi.ajp.2019.19070720; 50 sessions seen, the rest of the "
    "schedule recalled"
)

SAINT = Treatment(
    name="saint",
    doc="accelerated intermittent theta bursts: ten sessions of 1800 pulses a day, 50 minutes "
    "apart, five days (individual targets are modifier target_individual)",
    mechanism=MECHANISM + "; the pauses between sessions let the synapses recover",
    source=_COLE,
    schedule=sessions,
    parameters=protocol(
        _COLE, sessions=50, sessions_a_day=10, gap_min=50.0, pulses=1800, intensity_rmt=90.0,
        **TRAINS,
    ),
    target="dlpfc_left",
)  # fmt: skip
