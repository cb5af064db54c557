"""Repetitive magnetic stimulation at 10 Hz, and its sham."""

from __future__ import annotations

from collections.abc import Mapping

from netmod.models.declaration import Parameter
from netmod.treatments.declaration import Treatment

_OREARDON = "O'Reardon et al. 2007, doi:10.1016/j.biopsych.2007.01.018"

_PROTOCOL = {
    "sessions": Parameter(
        30, "1", 1, 200, "Number of sessions, five a week", _OREARDON, whole=True
    ),
    "trains": Parameter(75, "1", 1, 500, "Trains a session", _OREARDON, whole=True),
    "rate_hz": Parameter(10.0, "Hz", 0.1, 50.0, "Pulse rate within a train", _OREARDON),
    "train_s": Parameter(4.0, "s", 0.1, 600.0, "Length of a train", _OREARDON),
    "pause_s": Parameter(26.0, "s", 0.0, 600.0, "Pause after a train", _OREARDON),
}


def weekday_hours(sessions: int, days: tuple[int, ...]) -> list[float]:
    """Return start times in h of sessions on given days of each week, from the first day on."""
    weeks = -(-sessions // len(days))
    return [24.0 * (7 * week + day) for week in range(weeks) for day in days][:sessions]


def _course(parameters: Mapping[str, float], target: str | None):
    from netmod.plasticity.events import Phase, Session

    phases = (
        Phase(parameters["rate_hz"], parameters["train_s"]),
        Phase(0.0, parameters["pause_s"]),
    )
    return [
        Session(time_h, phases, int(parameters["trains"]), target, parameters["intensity"])
        for time_h in weekday_hours(int(parameters["sessions"]), (0, 1, 2, 3, 4))
    ]


RTMS_10HZ = Treatment(
    name="rtms_10hz",
    doc="10 Hz over the left dorsolateral prefrontal cortex, 3000 pulses a session, six weeks",
    mechanism="every pulse drives the calcium rule in the reached regions' outgoing synapses, onto "
    "excitation and inhibition alike; sessions consolidate into late efficacy",
    source=_OREARDON,
    schedule=_course,
    parameters={
        **_PROTOCOL,
        "intensity": Parameter(1.0, "1", 0.0, 2.0, "Field relative to active stimulation", "-"),
    },
    target="dlpfc_left",
)

SHAM = Treatment(
    name="sham",
    doc="the same course with a sham coil, whose residual field scales the calcium of each pulse",
    mechanism="as rtms_10hz; whether so weak a field changes anything is left to the calcium rule",
    source="residual field up to a quarter of the active one, recalled: Smith and Peterchev 2018, "
    "doi:10.1088/1741-2552/aace89",
    schedule=_course,
    parameters={
        **_PROTOCOL,
        "intensity": Parameter(0.25, "1", 0.0, 2.0, "Field relative to active stimulation", "-"),
    },
    target="dlpfc_left",
)
