"""Limits of magnetic stimulation: the table, between its entries and beyond it."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netmod.plasticity.pulses import PulseTrain
from netmod.treatments import TREATMENTS
from netmod.treatments.safety import INTENSITIES_RMT, LONGEST_TRAIN_S, excess, longest_train_s


def train_of(name, **changed):
    parameters = {k: p.default for k, p in TREATMENTS[name].parameters.items()} | changed
    events = TREATMENTS[name].schedule(parameters, "dlpfc_left")
    return next(e.train for e in events if hasattr(e, "train")), parameters["intensity_rmt"]


@pytest.mark.parametrize(
    ("rate_hz", "intensity", "longest_s"),
    [
        (1.0, 120.0, 360.0),
        (10.0, 120.0, 4.2),
        (20.0, 130.0, 0.55),
        (25.0, 80.0, 1.28),  # below the table's lowest intensity: its column
        (8.0, 115.0, 4.2),  # between entries: the stricter one
        (0.5, 130.0, math.inf),
        (30.0, 90.0, 0.0),
        (10.0, 131.0, 0.0),
    ],
)
def test_the_longest_train(rate_hz, intensity, longest_s):
    assert longest_train_s(rate_hz, intensity) == longest_s


def test_the_table_is_stricter_for_more():
    rows = list(LONGEST_TRAIN_S.values())
    assert all(len(row) == len(INTENSITIES_RMT) for row in rows)
    assert all(a >= b for row in rows for a, b in itertools.pairwise(row))


@given(st.floats(1, 60), st.floats(1, 60), st.floats(10, 200), st.floats(10, 200))
def test_no_intensity_or_rate_becomes_safer_by_being_higher(rate, other, intensity, more):
    low, high = sorted((intensity, more))
    assert longest_train_s(rate, low) >= longest_train_s(rate, high)
    slow, fast = sorted((rate, other))
    assert longest_train_s(slow, intensity) >= longest_train_s(fast, intensity)


@pytest.mark.parametrize(
    "name", sorted(n for n, t in TREATMENTS.items() if "intensity_rmt" in t.parameters)
)
def test_every_shipped_protocol_is_within_the_limits(name):
    assert excess(*train_of(name)) is None


@pytest.mark.parametrize(
    ("name", "changed", "expected", "got"),
    [
        (
            "rtms_10hz", {"train_s": 5.0},
            "trains of at most 4.2 s at 10 Hz and 120 % of the resting motor threshold", "5 s",
        ),
        (
            "rtms_10hz", {"intensity_rmt": 140.0},
            "no train at 10 Hz and 140 % of the resting motor threshold", "4 s",
        ),
        (
            "rtms_1hz", {"pulses": 1801},
            "trains of at most 1800 s at 1 Hz and 110 % of the resting motor threshold", "1801 s",
        ),
        (
            "ctbs", {"intensity_rmt": 100.0},
            "at most 90 % of the resting motor threshold (other theta bursts)", "100 %",
        ),
        (
            "itbs_6wk", {"intensity_rmt": 125.0},
            "at most 120 % of the resting motor threshold (trains of at most 2 s, 8 s apart)",
            "125 %",
        ),
        (
            "itbs_6wk", {"pause_s": 4.0},
            "at most 90 % of the resting motor threshold (other theta bursts)", "120 %",
        ),
    ],
)  # fmt: skip
def test_what_is_beyond_is_said(name, changed, expected, got):
    assert excess(*train_of(name, **changed)) == (expected, got)


def test_a_session_shorter_than_a_train_counts_by_its_pulses():
    assert excess(PulseTrain(10.0, 40, train_s=100.0, pause_s=1.0), 120.0) is None
