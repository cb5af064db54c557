"""High-frequency stimulation of the left prefrontal cortex."""

from __future__ import annotations

from netmod.treatments.declaration import Treatment
from netmod.treatments.magnetic import MECHANISM, protocol, sessions

SOURCE = "O'Reardon et al. 2007, doi:10.1016/j.biopsych.2007.01.018"

COURSE = {
    "sessions": 30, "pulses": 3000, "rate_hz": 10.0, "train_s": 4.0, "pause_s": 26.0,
    "intensity_rmt": 120.0,
}  # fmt: skip
"""The course of the pivotal trial: 75 trains of 40 pulses in 37.5 minutes."""

RTMS_10HZ = Treatment(
    name="rtms_10hz",
    doc="10 Hz over the left dorsolateral prefrontal cortex, 3000 pulses a session, six weeks",
    mechanism=MECHANISM,
    source=SOURCE,
    schedule=sessions,
    parameters=protocol(SOURCE, **COURSE),
    target="dlpfc_left",
)
