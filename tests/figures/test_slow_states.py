import dataclasses

import numpy as np
import pytest
from matplotlib.colors import same_color

from netmod.figures import slow_states
from netmod.figures.labels import ARM_LABELS
from netmod.figures.style import arm_colours, arm_dashes
from netmod.study.results import load_results
from netmod.study.slow_table import MEANINGS


def panel(figure, title):
    return next(axes for axes in figure.axes if axes.get_title(loc="left") == title)


def test_panels_are_states_of_the_table():
    assert {p.state for p in slow_states.PANELS} <= set(MEANINGS)
    titles = [p.title for p in slow_states.PANELS]
    assert len(set(titles)) == len(titles) == 20


def test_lines_and_bands_are_the_table(results, atlas):
    figure = slow_states.draw(results, atlas)
    assert len(figure.axes) == len(slow_states.PANELS)
    axes = panel(figure, "PV brake")
    table = results.slow_states
    own = table[(table["state"] == "brake") & (table["where"] == "dlpfc_left")]
    assert len(axes.lines) == len(axes.collections) == len(results.arms) == 3
    for arm, line, band in zip(results.arms, axes.lines, axes.collections, strict=True):
        rows = own[own["arm"] == arm].sort_values("time_h")
        assert np.array_equal(line.get_ydata(), rows["mean"])
        assert np.allclose(np.sinh(line.get_xdata()), rows["time_h"])
        assert same_color(line.get_color(), arm_colours(results.arms)[arm])
        heights = band.get_paths()[0].vertices[:, 1]
        assert heights.max() == pytest.approx((rows["mean"] + rows["sd"]).max())
        assert heights.min() == pytest.approx((rows["mean"] - rows["sd"]).min())
    treated = own[own["arm"] == "rtms_10hz"]
    assert treated["mean"].min() < 1  # the made-up study moves this state


def test_hours_and_weeks_are_both_to_be_seen(results, atlas):
    figure = slow_states.draw(results, atlas)
    axes = figure.axes[-1]
    labels = [label.get_text() for label in axes.get_xticklabels()]
    assert labels == ["0", "2 h", "1 d", "1 wk", "6 wk"]
    ticks = axes.get_xticks()
    low, high = axes.get_xlim()
    assert low < ticks[0] and ticks[-1] < high
    assert np.diff(ticks).min() > 0.15 * (high - low)
    # away from the beginning equal ratios are equal steps
    place = slow_states.place_of
    assert place(1008.0) - place(168.0) == pytest.approx(np.log(6), abs=1e-4)
    assert next(text.get_text() for text in figure.texts).startswith("Time since")


def test_every_arm_stands_in_the_legend_once(results, atlas):
    legend = slow_states.draw(results, atlas).legends[0]
    assert [t.get_text() for t in legend.get_texts()] == [
        "Healthy", "MDD, untreated", "rTMS 10 Hz",
    ]  # fmt: skip


def test_a_state_at_rest_is_flat(results, atlas):
    axes = panel(slow_states.draw(results, atlas), "NMDA occupancy")
    low, high = axes.get_ylim()
    assert high - low >= 0.02
    assert low < 0 < high
    assert {tuple(set(line.get_ydata())) for line in axes.lines} == {(0.0,)}


def test_places_that_the_atlas_lacks_are_left_out(results, atlas):
    table = results.slow_states
    poor = dataclasses.replace(
        results, slow_states=table[table["where"].isin(["person", "cortex"])]
    )
    figure = slow_states.draw(poor, atlas)
    titles = {axes.get_title(loc="left") for axes in figure.axes}
    assert "Spine density" in titles and "5-HT tone" in titles
    assert not {"BDNF", "VEGF", "PV brake"} & titles


def test_one_time_is_a_mark(fake, atlas, tmp_path):
    out = fake.write_fake_study(tmp_path / "out", atlas, arms=("mdd", "ssri"), times=(0,))
    figure = slow_states.draw(load_results(out), atlas)
    assert {line.get_marker() for axes in figure.axes for line in axes.lines} == {"o"}
    assert figure.axes[-1].get_xticklabels()[0].get_text() == "0"


@pytest.mark.parametrize("arms", [tuple(ARM_LABELS), [f"own_{k}" for k in range(30)]])
def test_no_two_arms_look_alike(arms):
    looks = {(arm_colours(arms)[arm], arm_dashes(arms)[arm]) for arm in arms}
    assert len(looks) == len(arms)
    first = [arm for arm in arms if arm_dashes(arms)[arm] == (0, ())]
    assert len({arm_colours(arms)[arm] for arm in first}) == len(first)


def test_related_treatments_take_a_free_colour():
    colours = arm_colours(("rtms_1hz", "itbs", "saint"))
    assert len(set(colours.values())) == 3
    assert colours["rtms_1hz"] == arm_colours(("rtms_1hz",))["rtms_1hz"]
