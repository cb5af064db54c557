"""Intermittent theta-burst stimulation: one session, and the standard course."""

from __future__ import annotations

from netmod.treatments.declaration import Treatment
from netmod.treatments.magnetic import MECHANISM, protocol, sessions

_HUANG = "Huang et al. 2005, doi:10.1016/j.neuron.2004.12.033"
_BLUMBERGER = "recalled: THREE-D, Blumberger et al. 2018, doi:10.1016/S0140-6736(18)30295-2"

TRAINS = {"rate_hz": 5.0, "burst": 3, "train_s": 2.0, "pause_s": 8.0}
"""Three pulses at 50 Hz five times a second, two seconds on and eight off."""

ITBS = Treatment(
    name="itbs",
    doc="one session of intermittent theta bursts over the left dorsolateral prefrontal cortex, "
    "600 pulses",
    mechanism=MECHANISM,
    source=_HUANG,
    schedule=sessions,
    parameters=protocol(_HUANG, sessions=1, pulses=600, intensity_rmt=90.0, **TRAINS),
    target="dlpfc_left",
)

ITBS_6WK = Treatment(
    name="itbs_6wk",
    doc="intermittent theta bursts over the left dorsolateral prefrontal cortex, 600 pulses a "
    "session, six weeks",
    mechanism=MECHANISM,
    source=_BLUMBERGER,
    schedule=sessions,
    parameters=protocol(_BLUMBERGER, sessions=30, pulses=600, intensity_rmt=120.0, **TRAINS),
    target="dlpfc_left",
)
