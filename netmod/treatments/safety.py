"""Limits of magnetic stimulation: what a protocol may be without a word of its own."""

from __future__ import annotations

import math
from typing import Any

SOURCE = "Rossi et al. 2021, doi:10.1016/j.clinph.2020.10.003 (recalled)"

INTENSITIES_RMT = (90.0, 100.0, 110.0, 120.0, 130.0)
LONGEST_TRAIN_S = {
    1.0: (1800.0, 1800.0, 1800.0, 360.0, 50.0),
    5.0: (10.0, 10.0, 10.0, 10.0, 10.0),
    10.0: (5.0, 5.0, 5.0, 4.2, 2.9),
    20.0: (2.05, 2.05, 1.6, 1.0, 0.55),
    25.0: (1.28, 1.28, 0.84, 0.4, 0.24),
}
"""Longest train in s by rate and by intensity in % of the resting motor threshold, recalled."""

HIGHEST_TBS_RMT = 90.0
"""Usual intensity of theta bursts, % of the resting motor threshold."""

HIGHEST_ITBS_RMT = 120.0
"""The same for bursts in trains of 2 s with pauses of 8 s, as given to thousands of patients:
Blumberger et al. 2018, doi:10.1016/S0140-6736(18)30295-2 (recalled)."""


def longest_train_s(rate_hz: float, intensity_rmt: float) -> float:
    """Return the longest train of single pulses, s.

    Between two entries of the table the stricter one holds; beyond its highest rate or
    intensity nothing does (0), and below 1 Hz there is no limit.

    Parameters
    ----------
    rate_hz : float
        Pulses per second.
    intensity_rmt : float
        % of the resting motor threshold.
    """
    if rate_hz < min(LONGEST_TRAIN_S):
        return math.inf
    row = next((limits for rate, limits in LONGEST_TRAIN_S.items() if rate_hz <= rate), None)
    column = next((i for i, high in enumerate(INTENSITIES_RMT) if intensity_rmt <= high), None)
    return 0.0 if row is None or column is None else row[column]


def excess(train: Any, intensity_rmt: float) -> tuple[str, str] | None:
    """Return what would be within the limits and what the protocol is; None when it is within.

    Parameters
    ----------
    train : PulseTrain
        The pulses of a session.
    intensity_rmt : float
        % of the resting motor threshold.
    """
    if train.burst > 1:
        intermittent = train.train_s <= 2.0 and train.pause_s >= 8.0
        highest = HIGHEST_ITBS_RMT if intermittent else HIGHEST_TBS_RMT
        if intensity_rmt <= highest:
            return None
        kind = "trains of at most 2 s, 8 s apart" if intermittent else "other theta bursts"
        return f"at most {highest:g} % of the resting motor threshold ({kind})", (
            f"{intensity_rmt:g} %"
        )
    length_s = min(train.train_s, train.pulses / train.rate_hz)
    longest_s = longest_train_s(train.rate_hz, intensity_rmt)
    if length_s <= longest_s:
        return None
    at = f"at {train.rate_hz:g} Hz and {intensity_rmt:g} % of the resting motor threshold"
    allowed = f"trains of at most {longest_s:g} s" if longest_s else "no train"
    return f"{allowed} {at}", f"{length_s:g} s"
