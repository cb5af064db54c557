"""Low-frequency stimulation of the right prefrontal cortex."""

from __future__ import annotations

from netmod.treatments.declaration import Treatment
from netmod.treatments.magnetic import MECHANISM, protocol, sessions

_MILEV = "recalled: CANMAT guideline, Milev et al. 2016, doi:10.1177/0706743716660033"

RTMS_1HZ = Treatment(
    name="rtms_1hz",
    doc="1 Hz over the right dorsolateral prefrontal cortex, 1200 pulses without pause, six weeks",
    mechanism=MECHANISM,
    source=_MILEV,
    schedule=sessions,
    parameters=protocol(
        _MILEV, sessions=30, pulses=1200, rate_hz=1.0, train_s=1200.0, pause_s=0.0,
        intensity_rmt=110.0,
    ),
    target="dlpfc_right",
)  # fmt: skip
