"""An inert tablet with supportive contact."""

from __future__ import annotations

from netmod.treatments.declaration import Treatment
from netmod.treatments.therapy import contacts, meetings

PLACEBO = Treatment(
    name="placebo",
    doc="an inert tablet and a supportive contact of one hour a week, twelve weeks",
    mechanism="as therapy, with a fifth of its drive to learning; no drug",
    source="proposal; supportive contact carries part of the placebo arm's change: "
    "Posternak and Zimmerman 2007, doi:10.1192/bjp.bp.106.028555",
    schedule=contacts,
    parameters=meetings(12, 0.2),
)
