import dataclasses
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from netmod.errors import NetmodError
from netmod.figures import timeline, write_timeline
from netmod.plasticity.events import Dose, Session, Shock, Surroundings
from netmod.plasticity.pulses import PulseTrain

TRAIN = PulseTrain(10.0, 3000, 4.0, 26.0)
WEEKS = [24.0 * (7 * week + day) for week in range(6) for day in range(5)]
RTMS = [Session(time_h, TRAIN, "dlpfc_left") for time_h in WEEKS]
SAINT = [Session(24.0 * d + 1.05 * k, TRAIN, "individual") for d in range(5) for k in range(10)]
ECT = [Shock(24.0 * (7 * week + day), "bitemporal") for week in range(3) for day in (0, 2, 4)]
SSRI = [Dose(24.0 * day, "escitalopram") for day in range(84)]
THERAPY = [Surroundings(168.0 * week, 1.0, "task") for week in range(12)]
BEFORE = [Dose(-1.0, "ketanserin"), Dose(0.0, "psilocybin")]
TIMES = (0.0, 2.0, 24.0, 168.0, 1008.0, 2016.0)
ARMS = [
    ("mdd", []),
    ("rtms_10hz", RTMS),
    ("saint", SAINT),
    ("ect_bl", ECT),
    ("ssri_therapy", sorted([*SSRI, *THERAPY], key=lambda event: event.time_h)),
    ("psilocybin_after_ketanserin_of_the_user", BEFORE),
]


@pytest.fixture
def axes():
    return timeline.draw(ARMS, TIMES).axes[0]


def words(axes):
    return [text.get_text() for text in axes.texts]


def test_lanes_by_kind():
    lanes = timeline.lanes_of("a", ARMS[4][1])
    assert [(lane.noun, lane.what, len(lane.events)) for lane in lanes] == [
        ("dose", "escitalopram", 84), ("stretch", "task", 12),
    ]  # fmt: skip
    assert [lane.text for lane in timeline.lanes_of("a", BEFORE)] == [
        "1 dose, ketanserin", "1 dose, psilocybin",
    ]  # fmt: skip
    moved = [*RTMS[:2], dataclasses.replace(RTMS[2], place="vertex")]
    assert [lane.text for lane in timeline.lanes_of("a", moved)] == [
        "2 sessions, dlpfc left", "1 session, vertex",
    ]  # fmt: skip


def test_every_arm_and_count_is_written(axes):
    written = words(axes)
    for text in (
        "MDD, untreated", "no treatment", "rTMS 10 Hz", "30 sessions, dlpfc left", "SAINT",
        "50 sessions, individual", "9 shocks, bitemporal", "84 doses, escitalopram",
        "12 stretches, task", "1 dose, ketanserin", "1 dose, psilocybin",
        "scans", "0", "2 h", "1 d", "1 wk", "6 wk", "12 wk",
    ):  # fmt: skip
        assert text in written, text


def test_marks_stand_at_their_days(axes):
    sessions = next(c for c in axes.collections if len(c.get_segments()) == 30).get_segments()
    assert [s[0][0] for s in sessions] == [time_h / 24 for time_h in WEEKS]
    dots = [line for line in axes.lines if line.get_linestyle() == "None"]
    found = {tuple(line.get_xdata()): line.get_marker() for line in dots}
    assert found[tuple(e.time_h / 24 for e in ECT)] == "v"
    assert found[tuple(e.time_h / 24 for e in SSRI)] == "o"
    assert found[(-1 / 24,)] == "o"
    hours = [patch for patch in axes.patches if patch.get_width() == pytest.approx(1 / 24)]
    assert [patch.get_x() for patch in hours] == [7.0 * week for week in range(12)]


def test_scans_are_lines_through_all_arms(axes):
    upright = [
        line.get_xdata()[0] for line in axes.lines
        if len(line.get_xdata()) == 2 and line.get_xdata()[0] == line.get_xdata()[1]
        and line.get_linestyle() == "--"
    ]  # fmt: skip
    assert upright == [time_h / 24 for time_h in TIMES]
    low, high = axes.get_xlim()
    assert low < -1 / 24 and high > 84
    assert axes.yaxis_inverted()
    labels = [label.get_text() for label in axes.get_xticklabels()]
    assert labels[:3] == ["0", "7", "14"] and labels[-1] == "84"


def test_ten_sessions_a_day_stay_apart():
    figure = timeline.draw([("saint", SAINT)], (0.0, 2016.0))
    axes = figure.axes[0]
    segments = axes.collections[0].get_segments()
    assert len(segments) == 50
    pixels = axes.transData.transform(np.concatenate(segments))[:, 1].reshape(50, 2)
    spans = sorted((min(pair), max(pair)) for pair in pixels[:10])  # of the first day
    gaps = [below[1] - above[0] for above, below in pairwise(spans)]
    assert all(above[1] < below[0] for above, below in pairwise(spans)), gaps
    assert all(high - low >= 3 for low, high in spans)
    low, high = sorted(axes.get_ylim())
    assert all(low <= y <= high for segment in segments for _, y in segment)


def overlaps(figure):
    from matplotlib.text import Text

    figure.draw_without_rendering()
    renderer = figure.canvas.get_renderer()
    width, height = figure.canvas.get_width_height()
    axes = figure.axes[0]
    low, high = axes.get_xlim()
    outside = {
        label for tick in axes.xaxis.get_major_ticks() for label in (tick.label1, tick.label2)
        if not low <= tick.get_loc() <= high
    }  # fmt: skip
    boxes = [
        (text.get_text(), text.get_window_extent(renderer)) for text in figure.findobj(Text)
        if text.get_visible() and text.get_text().strip() and text not in outside
    ]  # fmt: skip
    found = [
        words for words, box in boxes
        if box.x0 < -1 or box.y0 < -1 or box.x1 > width + 1 or box.y1 > height + 1
    ]  # fmt: skip
    for k, (one, a) in enumerate(boxes):
        for other, b in boxes[k + 1 :]:
            across = min(a.x1, b.x1) - max(a.x0, b.x0)
            up = min(a.y1, b.y1) - max(a.y0, b.y0)
            if across > 1 and up > 4:
                found.append((one, other))
    return found


@pytest.mark.parametrize(
    ("arms", "times"),
    [
        (ARMS, TIMES),
        (ARMS, [24.0 * day for day in (0, 0.05, 0.1, 0.3, 1, 2, 3, 5, 7, 9, 14, 21, 28, 35, 42)]),
        (ARMS[:1], (0.0,)),
        ([("saint", SAINT[:10])], (0.0, 2.0, 24.0)),
        ([(f"rtms_variant_number_{k}", RTMS) for k in range(20)], (0.0, 8736.0)),
    ],
    ids=["weeks", "many scans", "nothing", "one day", "twenty arms"],
)
def test_no_text_overlaps_or_leaves_the_page(arms, times):
    figure = timeline.draw(arms, times)
    assert not overlaps(figure)
    assert figure.get_size_inches()[0] == pytest.approx(7.2)


def scenario():
    arms = [SimpleNamespace(name=name, events=lambda own=own: tuple(own)) for name, own in ARMS]
    return SimpleNamespace(arms=arms, times_h=TIMES)


def test_a_file_with_the_same_bytes(tmp_path):
    path = tmp_path / "new" / "plan.png"
    assert write_timeline(scenario(), path) == path
    with Image.open(path) as picture:
        assert picture.width == 1440
        assert set(picture.info) <= {"Software", "dpi"}
    first = path.read_bytes()
    write_timeline(scenario(), path)
    assert path.read_bytes() == first
    assert [p.name for p in path.parent.iterdir()] == ["plan.png"]


def test_a_file_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(NetmodError, match="cannot write"):
        write_timeline(scenario(), tmp_path / "file" / "plan.png")
