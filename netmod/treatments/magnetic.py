"""What all magnetic stimulation shares: the parameters of a session and its schedule."""

from __future__ import annotations

import math
from collections.abc import Mapping

from netmod.models.declaration import Parameter
from netmod.treatments.weekdays import course, session_hours

MECHANISM = (
    "every pulse drives the calcium rule in the reached regions' outgoing synapses, onto "
    "excitation and inhibition alike; sessions consolidate into late efficacy"
)


def protocol(
    source: str,
    *,
    sessions: int,
    pulses: int,
    rate_hz: float,
    train_s: float,
    pause_s: float,
    intensity_rmt: float,
    days_a_week: int = 5,
    sessions_a_day: int = 1,
    gap_min: float = 50.0,
    burst: int = 1,
    intensity: float = 1.0,
    intensity_source: str = "by definition",
) -> dict[str, Parameter]:
    """Return the declared parameters of a course of magnetic stimulation.

    Parameters
    ----------
    source : str
        Of the protocol: author, year, DOI.
    sessions, pulses, rate_hz, ... : float
        Defaults of the parameters of the same name.
    intensity_source : str
        Of the field at the place.
    """
    unused = "no part of this protocol"
    return {
        **course(sessions, days_a_week, source),
        "sessions_a_day": Parameter(
            sessions_a_day, "1", 1, 24, "Sessions on such a day", source, whole=True
        ),
        "gap_min": Parameter(
            gap_min, "min", 0.0, 720.0, "Pause between two sessions of a day",
            source if sessions_a_day > 1 else unused,
        ),
        "pulses": Parameter(pulses, "1", 1, 20000, "Pulses of a session", source, whole=True),
        "rate_hz": Parameter(
            rate_hz, "Hz", 0.1, 50.0, "Pulses a second within a train; with bursts, bursts", source
        ),
        "burst": Parameter(burst, "1", 1, 10, "Pulses of a burst", source, whole=True),
        "burst_hz": Parameter(
            50.0, "Hz", 10.0, 200.0, "Pulses a second within a burst",
            source if burst > 1 else unused,
        ),
        "train_s": Parameter(train_s, "s", 0.1, 3600.0, "Length of a train", source),
        "pause_s": Parameter(
            pause_s, "s", 0.0, 600.0, "Pause after a train; 0 is continuous stimulation", source
        ),
        "intensity": Parameter(
            intensity, "1", 0.0, 2.0, "Field at the place relative to active stimulation",
            intensity_source,
        ),
        "intensity_rmt": Parameter(
            intensity_rmt, "%", 1.0, 200.0,
            "Stimulator output in % of the resting motor threshold, for the safety check", source,
        ),
        "jitter_ms": Parameter(
            0.0, "ms", 0.0, 1000.0, "SD of each pulse around its time, alike in all sessions",
            "proposal",
        ),
    }  # fmt: skip


def sessions(parameters: Mapping[str, float], place: str | None) -> list:
    """Return the sessions of a course over one place.

    Parameters
    ----------
    parameters : mapping
        Those that `protocol` declares.
    place : str
        Where the coil is.
    """
    from netmod.plasticity.events import Session
    from netmod.plasticity.pulses import PulseTrain

    p = parameters
    continuous = p["pause_s"] == 0.0
    train = PulseTrain(
        rate_hz=p["rate_hz"],
        pulses=int(p["pulses"]),
        train_s=math.inf if continuous else p["train_s"],
        pause_s=p["pause_s"],
        burst=int(p["burst"]),
        burst_hz=p["burst_hz"],
        jitter_s=p["jitter_ms"] / 1000.0,
    )
    hours = session_hours(
        int(p["sessions"]),
        int(p["days_a_week"]),
        int(p["sessions_a_day"]),
        session_s(train) / 3600.0 + p["gap_min"] / 60.0,
    )
    return [Session(time_h, train, place, p["intensity"]) for time_h in hours]


def session_s(train) -> float:
    """Return the length of a session in s, with the pause after its last train."""
    bursts = -(-train.pulses // train.burst)
    if math.isinf(train.train_s):
        return bursts / train.rate_hz
    return -(-bursts // train.bursts_a_train) * (train.train_s + train.pause_s)
