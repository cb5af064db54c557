"""Continuous theta-burst stimulation."""

from __future__ import annotations

from netmod.treatments.declaration import Treatment
from netmod.treatments.magnetic import MECHANISM, protocol, sessions

_HUANG = "Huang et al. 2005, doi:10.1016/j.neuron.2004.12.033"

CTBS = Treatment(
    name="ctbs",
    doc="one session of continuous theta bursts over the right dorsolateral prefrontal cortex, "
    "600 pulses in 40 s",
    mechanism=MECHANISM,
    source=_HUANG,
    schedule=sessions,
    parameters=protocol(
        _HUANG, sessions=1, pulses=600, rate_hz=5.0, burst=3, train_s=40.0, pause_s=0.0,
        intensity_rmt=80.0,
    ),
    target="dlpfc_right",
)  # fmt: skip
