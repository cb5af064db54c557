"""Stimulation: exact charge, averages against quadrature, identical chunks, messages."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from netmod.dynamics.stimulation import (
    Constant,
    Pulse,
    PulseTrain,
    Sampled,
    Sinusoid,
    Stimulus,
    dbs,
    gaussian_pattern,
    patterns,
    tacs,
    tdcs,
    tms_pulse,
    tms_train,
    waveform_table,
)
from netmod.errors import ConfigError, DataError

ONE = np.ones(1)


def table_of(waveform, first, steps, dt_s):
    return waveform_table([Stimulus(waveform, ONE)], first, steps, dt_s)[:, 0]


def pulses_of(train):
    """Onsets of all pulses, as a loop over trains and pulses in rational numbers."""
    f, gap = Fraction(train.frequency_hz), Fraction(train.gap_s)
    cycle = train.pulses / f + gap
    return [
        Fraction(train.onset_s) + i * cycle + j / f
        for i in range(train.trains)
        for j in range(train.pulses)
    ]


def exact_averages(onsets, width_s, first, steps, dt_s):
    """Overlap of rectangles with steps, in rational numbers."""
    dt, width, result = Fraction(dt_s), Fraction(width_s), []
    for k in range(first, first + steps):
        low, high = k * dt, (k + 1) * dt
        overlap = sum(max(Fraction(0), min(a + width, high) - max(a, low)) for a in onsets)
        result.append(float(overlap / dt))
    return np.array(result)


def value(w, t):
    """The waveforms point by point, written from their definitions."""
    if isinstance(w, Pulse):
        return float(w.onset_s <= t < w.onset_s + w.width_s)
    if isinstance(w, PulseTrain):
        return float(any(a <= t < a + w.width_s for a in map(float, pulses_of(w))))
    s = t - w.onset_s
    if isinstance(w, Sampled):
        grid = w.dt_s * np.arange(len(w.samples))
        return float(np.interp(s, grid, w.samples, left=0.0, right=0.0))
    if not 0 <= s <= w.duration_s:
        return 0.0
    ramp = min(1.0, s / w.ramp_s, (w.duration_s - s) / w.ramp_s) if w.ramp_s else 1.0
    if isinstance(w, Constant):
        return ramp
    return ramp * math.sin(2 * math.pi * w.frequency_hz * s + w.phase_rad)


WAVEFORMS = {
    "pulse": (Pulse(0.0503, 0.0011), [0.0503, 0.0514]),
    "train": (
        PulseTrain(0.01, 40.0, 3, 0.003, 2, 0.02),
        [float(a) + e for a in pulses_of(PulseTrain(0.01, 40.0, 3, 0.003, 2, 0.02))
         for e in (0.0, 0.003)],
    ),
    "constant": (Constant(0.013, 0.15), [0.013, 0.163]),
    "ramped": (Constant(0.013, 0.15, 0.04), [0.013, 0.053, 0.123, 0.163]),
    "sinusoid": (Sinusoid(9.0, 0.02, 0.15, 0.7, 0.05), [0.02, 0.07, 0.12, 0.17]),
    "slow_sinusoid": (Sinusoid(0.003, 0.02, 0.15, 0.0, 0.05), [0.02, 0.07, 0.12, 0.17]),
    "fast_sinusoid": (Sinusoid(130.0, -0.02, 0.2, -2.0), [-0.02, 0.18]),
    "sampled": (
        Sampled([0.3, -1.0, 0.5, 0.8], 0.04, 0.03),
        [0.03, 0.07, 0.11, 0.15],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WAVEFORMS)
@pytest.mark.parametrize("length_s", [0.2, 0.017, 0.0004])
def test_averages_equal_quadrature(name, length_s):
    waveform, corners = WAVEFORMS[name]
    # the starts include both sides of every corner
    starts = np.sort(np.concatenate([np.array(corners) - 0.3 * length_s, np.arange(5) * 0.031]))
    got = waveform.mean(starts, starts + length_s)
    for start, average in zip(starts, got, strict=True):
        cuts = [start, *sorted(c for c in corners if start < c < start + length_s)]
        cuts.append(start + length_s)
        # piece by piece, with the ends of a piece not its own
        whole = sum(
            quad(lambda t: value(waveform, t), a, b, epsabs=1e-14, limit=200)[0]
            for a, b in itertools.pairwise(cuts)
        )
        assert average == pytest.approx(whole / length_s, abs=2e-11)


@settings(max_examples=60)
@given(
    onset_s=st.floats(0.0, 0.3),
    width_s=st.floats(1e-5, 0.02),
    dt_s=st.floats(2e-5, 0.01),
)
def test_a_pulse_delivers_its_charge_whatever_the_step(onset_s, width_s, dt_s):
    steps = math.ceil((onset_s + width_s) / dt_s) + 1
    table = table_of(Pulse(onset_s, width_s), 0, steps, dt_s)
    assert math.fsum(table) * dt_s == pytest.approx(width_s, rel=1e-9, abs=1e-15)
    assert table.min() >= 0.0
    assert table.max() <= 1.0 + 1e-9


@settings(max_examples=60)
@given(
    onset_s=st.floats(0.0, 0.1),
    frequency_hz=st.floats(3.0, 200.0),
    pulses=st.integers(1, 6),
    trains=st.integers(1, 3),
    gap_s=st.floats(0.0, 0.1),
    duty=st.floats(0.01, 1.0),
    dt_s=st.floats(1e-3, 0.05),
)
def test_a_train_equals_rational_arithmetic(
    onset_s, frequency_hz, pulses, trains, gap_s, duty, dt_s
):
    train = PulseTrain(onset_s, frequency_hz, pulses, duty / frequency_hz, trains, gap_s)
    onsets = pulses_of(train)
    steps = min(math.ceil(float(onsets[-1] + 1 / Fraction(frequency_hz)) / dt_s) + 2, 150)
    expected = exact_averages(onsets, train.width_s, 0, steps, dt_s)
    np.testing.assert_allclose(table_of(train, 0, steps, dt_s), expected, atol=1e-11)


@settings(max_examples=40)
@given(
    seed=st.integers(0, 2**32 - 1),
    dt_s=st.sampled_from([1e-4, 1e-3, 0.7e-3, 0.01]),
    first=st.integers(0, 10**8),
)
def test_chunks_have_the_bits_of_the_whole(seed, dt_s, first):
    rng = np.random.default_rng(seed)
    at = first * dt_s
    stimuli = [
        Stimulus(w, ONE)
        for w in (
            PulseTrain(max(0.0, at - 3.0), 130.0, 2000, 9e-5, 2, 0.01),
            Sinusoid(10.3, at - 0.02, 0.05, 0.1, 0.01),
            Constant(at + 0.001, 0.03, 0.002),
            Sampled(rng.standard_normal(40), 0.001, at),
        )
    ]
    whole = waveform_table(stimuli, first, 101, dt_s)
    assert np.abs(whole).max() > 0
    cuts = [0, *sorted(rng.integers(0, 102, 4).tolist()), 101]
    parts = [waveform_table(stimuli, first + a, b - a, dt_s) for a, b in itertools.pairwise(cuts)]
    assert np.concatenate(parts).tobytes() == whole.tobytes()


def test_no_pulse_is_lost_after_three_hours():
    at_s, dt_s = 10800.0, 1e-4
    stimulus = dbs(ONE, 0.0, 1.0, 4 * 3600.0)
    table = waveform_table([stimulus], round(at_s / dt_s), 10_000, dt_s)[:, 0]
    # 130 pulses in a second, each of 90 us
    assert math.fsum(table) * dt_s == pytest.approx(130 * 90e-6, rel=1e-12)
    late = list(pulses_at(at_s, 1.0, 130.0))
    expected = exact_averages(late[:3], 90e-6, round(at_s / dt_s), 200, dt_s)
    # edges lie on a grid of 2e-12 s there
    np.testing.assert_allclose(table[:200], expected, atol=1e-7)


def pulses_at(start_s, length_s, frequency_hz):
    f = Fraction(frequency_hz)
    first = math.ceil(Fraction(start_s) * f)
    return [j / f for j in range(first, math.floor(Fraction(start_s + length_s) * f))]


def test_edges_on_the_grid_fill_whole_steps():
    table = table_of(PulseTrain(0.1, 10.0, 3, 0.001), 0, 500, 0.001)
    expected = np.zeros(500)
    expected[[100, 200, 300]] = 1.0
    np.testing.assert_allclose(table, expected, atol=1e-12)


def test_pulses_that_touch_are_a_plateau():
    table = table_of(PulseTrain(0.0, 130.0, 260, 1 / 130), 0, 100, 0.02)
    np.testing.assert_allclose(table, 1.0, rtol=1e-12)


def test_empty_and_one_column_a_stimulus():
    assert waveform_table([], 7, 5, 1e-3).shape == (5, 0)
    assert waveform_table([Stimulus(Pulse(0, 1), ONE)], 7, 0, 1e-3).shape == (0, 1)
    assert patterns([], 3, 2).shape == (3, 0, 2)
    both = waveform_table([Stimulus(Pulse(0, 1), ONE), Stimulus(Pulse(5, 1), ONE)], 0, 2, 1.0)
    np.testing.assert_array_equal(both, [[1.0, 0.0], [0.0, 0.0]])


def test_patterns_are_shared_or_of_each_lane():
    shared, own = np.array([1.0, 2.0]), np.array([[1.0, 0.0], [0.0, 3.0], [5.0, 5.0]])
    got = patterns([Stimulus(Pulse(0, 1), shared), Stimulus(Pulse(0, 1), own)], 3, 2)
    assert got.dtype == np.float64
    np.testing.assert_array_equal(got[:, 0], [shared] * 3)
    np.testing.assert_array_equal(got[:, 1], own)


def test_a_stimulus_keeps_its_own_pattern():
    pattern = np.ones(2)
    stimulus = Stimulus(Pulse(0, 1), pattern)
    pattern[0] = 9.0
    np.testing.assert_array_equal(stimulus.pattern, 1.0)
    with pytest.raises(ValueError, match="read-only"):
        stimulus.pattern[0] = 2.0


def test_helpers_have_the_published_timing():
    field = np.array([0.5, -1.0])
    session = tms_train(field, 2.0, 3.0)
    assert session.waveform == PulseTrain(2.0, 10.0, 40, 0.001, 75, 26.0)
    np.testing.assert_array_equal(session.pattern, [1.5, -3.0])
    total = session.waveform.integral(0.0, 2.0 + 75 * 30.0)
    assert total == pytest.approx(3000 * 0.001, rel=1e-12)
    # 4 s on, 26 s off
    assert session.waveform.integral(2.0, 6.0) == pytest.approx(0.04, rel=1e-12)
    assert session.waveform.integral(6.0, 32.0) == pytest.approx(0.0, abs=1e-12)
    assert session.waveform.integral(32.0, 36.0) == pytest.approx(0.04, rel=1e-12)
    assert tms_pulse(field, 1.0, 1.0).waveform == Pulse(1.0, 0.001)
    assert tdcs(field, 0.0, 1.0).waveform.integral(-1.0, 1e4) == pytest.approx(1770.0)
    assert tacs(field, 0.0, 1.0).waveform.mean(100.0, 101.0) == pytest.approx(0.0, abs=1e-12)
    assert dbs(field, 0.0, 1.0, 10.0).waveform == PulseTrain(0.0, 130.0, 1300, 90e-6)


def test_gaussian_pattern_by_hand():
    got = gaussian_pattern([[0, 0, 0], [3, 4, 0], [0, 0, -10]], [0, 0, 0], 5.0)
    np.testing.assert_allclose(got, [1.0, math.exp(-0.5), math.exp(-2.0)], rtol=1e-15)


BAD = {
    "width": (lambda: Pulse(0.0, -1.0), ConfigError, """\
Pulse.width_s: a waveform's width_s is out of range
  expected: a positive, finite number
  got: -1.0"""),
    "onset": (lambda: Pulse(math.nan, 1.0), ConfigError, """\
Pulse.onset_s: a waveform's onset_s is out of range
  expected: a finite number
  got: nan"""),
    "frequency": (lambda: Sinusoid(0.0, 0.0, 1.0), ConfigError, """\
Sinusoid.frequency_hz: a waveform's frequency_hz is out of range
  expected: a positive, finite number
  got: 0.0"""),
    "gap": (lambda: PulseTrain(0.0, 10.0, 4, 0.001, 2, -1), ConfigError, """\
PulseTrain.gap_s: a waveform's gap_s is out of range
  expected: a finite number, 0 or more
  got: -1"""),
    "text": (lambda: Constant("now", 1.0), ConfigError, """\
Constant.onset_s: a waveform's onset_s is out of range
  expected: a finite number
  got: now"""),
    "overlap": (lambda: PulseTrain(0.0, 130.0, 5, 90.0), ConfigError, """\
PulseTrain.width_s: pulses overlap
  expected: at most 1/frequency_hz = 0.00769231 s
  got: 90
  hint: is the width in seconds?"""),
    "pulses": (lambda: PulseTrain(0.0, 10.0, 2.5, 0.001), ConfigError, """\
PulseTrain.pulses must be an integer
  expected: 1 or more
  got: 2.5"""),
    "trains": (lambda: PulseTrain(0.0, 10.0, 2, 0.001, 0), ConfigError, """\
PulseTrain.trains must be an integer
  expected: 1 or more
  got: 0"""),
    "ramp": (lambda: Constant(0.0, 10.0, 6.0), ConfigError, """\
Constant.ramp_s: the ramps do not fit
  expected: at most half the duration, 5 s
  got: 6"""),
    "samples": (lambda: Sampled([1.0, math.inf], 0.1), DataError, """\
Sampled.samples: a sampled waveform needs finite values
  expected: at least two finite numbers in one dimension
  got: shape [2], 1 not finite"""),
    "waveform": (lambda: Stimulus("pulse", ONE), ConfigError, """\
Stimulus.waveform: not a waveform
  expected: Pulse, PulseTrain, Constant, Sinusoid or Sampled
  got: str"""),
    "pattern": (lambda: Stimulus(Pulse(0, 1), [1.0, math.nan]), DataError, """\
Stimulus.pattern: a pattern needs a finite size for every region
  expected: finite numbers, shape [region] or [lane, region]
  got: shape [2], 1 not finite"""),
    "regions": (lambda: patterns([Stimulus(Pulse(0, 1), ONE)], 2, 84), DataError, """\
stimulus 0: a pattern does not fit the network
  expected: shape [84] or [2, 84]
  got: shape [1]
  hint: a pattern has one size a region, or a row of them for every lane"""),
    "first_step": (lambda: waveform_table([], -1, 5, 1e-3), ConfigError, """\
first_step must be an integer
  expected: 0 or more
  got: -1"""),
    "dt": (lambda: waveform_table([], 0, 5, 0.0), ConfigError, """\
dt_s must be positive
  expected: a finite time in s
  got: 0"""),
    "interval": (lambda: Pulse(0, 1).mean([0.0, 2.0], 1.0), ConfigError, """\
an interval must have a length
  expected: start_s before stop_s, both finite"""),
    "amplitude": (lambda: tms_pulse(ONE, 0.0, math.nan), ConfigError, """\
stimulus.amplitude: the amplitude is not finite
  expected: a finite number in the unit of the model's stimulus
  got: nan"""),
    "dbs": (lambda: dbs(ONE, 0.0, 1.0, -5.0), ConfigError, """\
dbs.duration_s: the duration of stimulation is out of range
  expected: a positive, finite number
  got: -5.0"""),
    "dbs_frequency": (lambda: dbs(ONE, 0.0, 1.0, 5.0, frequency_hz=math.inf), ConfigError, """\
PulseTrain.frequency_hz: a waveform's frequency_hz is out of range
  expected: a positive, finite number
  got: inf"""),
    "centroids": (lambda: gaussian_pattern([[0, 0]], [0, 0, 0], 5.0), DataError, """\
gaussian_pattern.centroids_mm: not places in space
  expected: finite numbers in mm, shape [region, 3]
  got: shape [1, 2]"""),
    "sigma": (lambda: gaussian_pattern([[0, 0, 0]], [0, 0, 0], 0.0), ConfigError, """\
gaussian_pattern.sigma_mm: the width of a pattern is out of range
  expected: a positive, finite number
  got: 0.0"""),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_messages(name):
    make, kind, message = BAD[name]
    with pytest.raises(kind) as caught:
        make()
    assert str(caught.value) == message


def test_infinite_times_are_refused_by_the_mean():
    with pytest.raises(ConfigError, match="must have a length"):
        Constant(0, 1).mean(math.nan, 1.0)
