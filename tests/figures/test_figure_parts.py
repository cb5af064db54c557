from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netmod.figures.intervals import bootstrap_mean
from netmod.figures.labels import ARM_LABELS, arm_label, metric_label, tick_time, title_lines
from netmod.figures.matrices import extend_of
from netmod.figures.regions import order_regions, spread
from netmod.figures.style import NETWORK_COLOURS, OKABE_ITO, Page, arm_colours, nice_limit

NAMES = [*NETWORK_COLOURS, "Own", "Another"]


def test_order_by_hand():
    network = ["Default", "Visual", "Cerebellum", "Visual", "Default", "Mine"]
    order = order_regions(network, ["R", "R", "L", "L", "L", "L"])
    assert order.index.tolist() == [3, 1, 4, 0, 2, 5]
    assert order.spans == (
        ("Visual", 0, 2),
        ("Default", 2, 4),
        ("Cerebellum", 4, 5),
        ("Mine", 5, 6),
    )
    matrix = np.arange(36).reshape(6, 6)
    assert order.apply(matrix)[0, 2] == matrix[3, 4]


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from("LRB")), min_size=1, max_size=60))
def test_order_is_a_permutation_with_whole_networks(regions):
    network, side = zip(*regions, strict=True)
    order = order_regions(network, side)
    assert sorted(order.index) == list(range(len(regions)))
    names = [name for name, _, _ in order.spans]
    assert len(names) == len(set(names))
    known = [NAMES.index(name) for name in names if name in NETWORK_COLOURS]
    assert known == sorted(known)
    assert [start for _, start, _ in order.spans[1:]] == [stop for _, _, stop in order.spans[:-1]]
    for name, start, stop in order.spans:
        inside = order.index[start:stop]
        assert {network[region] for region in inside} == {name}
        sides = ["LRB".index(side[region]) for region in inside]
        assert sides == sorted(sides)


@given(
    st.lists(st.floats(0, 100), min_size=1, max_size=12).map(sorted),
    st.floats(0.1, 8),
)
def test_spread_labels(centres, gap):
    places = spread(centres, gap, 0.0, 100.0)
    assert all(b - a >= gap - 1e-9 for a, b in pairwise(places))
    assert places[0] >= -1e-9
    assert places[-1] <= 100 + 1e-9
    apart = all(b - a >= gap for a, b in pairwise(centres))
    if apart:
        assert places == pytest.approx(centres, abs=1e-9)


def test_spread_moves_as_little_as_possible():
    assert spread([10.0, 10.0], 4.0, 0.0, 100.0) == pytest.approx([8.0, 12.0])


@pytest.mark.parametrize(
    ("values", "limit"),
    [([0.0, -0.23], 0.25), ([1.0], 1.0), ([0.011], 0.012), ([7.0, np.nan], 8.0), ([0.0], 0.1)],
)
def test_nice_limit(values, limit):
    assert nice_limit([np.array(values)], percentile=100.0) == limit


def test_nice_limit_without_values():
    assert nice_limit([]) == 0.1
    assert nice_limit([np.full(3, np.nan)]) == 0.1


@given(st.floats(1e-5, 1e4))
def test_nice_limit_holds_the_value(value):
    limit = nice_limit([np.array([value])], percentile=100.0)
    assert value <= limit * (1 + 1e-5)
    assert limit <= 1.5 * value


def test_arm_colours_are_fixed_by_name():
    main = ("healthy", "mdd", "sham", "rtms_10hz", "ect_bl", "psilocybin", "ssri")
    colours = arm_colours(main)
    assert len(set(colours.values())) == len(main)
    assert arm_colours(("ssri", "mdd")) == {"ssri": colours["ssri"], "mdd": colours["mdd"]}


def test_many_arms_have_colours():
    arms = [*ARM_LABELS][:8] + [f"own_{place}" for place in range(12)]
    colours = arm_colours(arms)
    assert list(colours) == arms
    assert set(colours.values()) <= set(OKABE_ITO.values())


def test_new_arms_take_free_colours_first():
    colours = arm_colours(("mdd", "rtms_10hz", "own"))
    assert colours["own"] not in (colours["mdd"], colours["rtms_10hz"])


def test_bootstrap_interval():
    rng = np.random.default_rng(0)
    values = rng.normal(3.0, 2.0, (400, 2))
    values[:, 1] = np.nan
    values[0, 1] = 5.0
    mean, low, high = bootstrap_mean(values, seed=1)
    assert mean[0] == pytest.approx(values[:, 0].mean())
    error = values[:, 0].std(ddof=1) / 20
    assert high[0] - mean[0] == pytest.approx(1.96 * error, rel=0.1)
    assert mean[0] - low[0] == pytest.approx(1.96 * error, rel=0.1)
    assert (mean[1], low[1], high[1]) == (5.0, 5.0, 5.0)
    again = bootstrap_mean(values, seed=1)
    assert np.array_equal(low, again[1])
    assert not np.array_equal(low[:1], bootstrap_mean(values, seed=2)[1][:1])


def test_bootstrap_without_values():
    assert np.isnan(bootstrap_mean(np.full((3, 1), np.nan), 0)).all()


def test_labels():
    assert arm_label("rtms_10hz") == "rTMS 10 Hz"
    assert arm_label("my_arm") == "my_arm"
    assert metric_label("sgacc_rate_hz").axis == "sgACC rate (Hz)"
    assert metric_label("modularity").axis == "Modularity Q"
    assert metric_label("own").title == "own"
    assert [tick_time(time) for time in (0, 2, 24, 1008)] == ["0", "2 h", "1 d", "6 wk"]


@given(st.text(max_size=80), st.integers(4, 30), st.integers(1, 3))
def test_titles_fit(text, width, lines):
    folded = title_lines(text, width, lines).split("\n")
    assert len(folded) <= lines
    assert all(len(line) <= width for line in folded)


def test_long_titles_keep_both_ends():
    assert title_lines("a very long name of arm_1", 11, lines=1) == "a ver…arm_1"
    assert title_lines("rtms_10hz_variant_12", 12) == "rtms_10hz_\nvariant_12"
    assert title_lines("x" * 15 + "y" * 15, 10) == "x" * 10 + "\n…" + "y" * 9
    assert title_lines("  two   words ", 20) == "two words"
    assert title_lines("", 5) == ""


def test_page_geometry():
    page = Page(2, 2, 1.0, 0.5, 0.6, 0.2, 0.3, 0.4, 0.1, 0.2)
    assert (page.width, page.height) == pytest.approx((2.9, 1.9))
    assert page.box(0, 0) == pytest.approx((0.6 / 2.9, 1.1 / 1.9, 1 / 2.9, 0.5 / 1.9))
    assert page.box(1, 1)[1] == pytest.approx(0.4 / 1.9)


def test_arrows_of_the_colour_bar():
    assert extend_of([np.array([0.2, -0.1])], 0.15) == "max"
    assert extend_of([np.array([0.2, -0.2])], 0.15) == "both"
    assert extend_of([np.array([0.1, np.nan])], 0.15) == "neither"
    assert extend_of([np.array([-0.3])], 0.15) == "min"
