import importlib

import numpy as np
import pytest
from matplotlib.colors import to_hex

from netmod.figures import FIGURES, connectome, delta_fc
from netmod.figures.effects import forest_groups
from netmod.figures.regions import order_regions
from netmod.figures.style import NETWORK_COLOURS, arm_colours
from netmod.study.results import load_results

NAMES = [entry.name for entry in FIGURES]
MAIN_ARMS = ("healthy", "mdd", "sham", "rtms_10hz", "ect_bl", "psilocybin", "ssri")
MANY_ARMS = (*MAIN_ARMS, *(f"rtms_10hz_variant_number_{k}" for k in range(13)))


def draw(name, results, atlas):
    return importlib.import_module(f"netmod.figures.{name}").draw(results, atlas)


@pytest.fixture(scope="module")
def no_brain():
    """Glass brains take half a second each; layouts are checked without them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connectome, "_glass_brain", lambda *args: None)
        yield


@pytest.fixture(scope="module")
def seven(fake, tmp_path_factory):
    atlas = fake.fake_atlas(68, 16)
    out = fake.write_fake_study(
        tmp_path_factory.mktemp("seven") / "out",
        atlas,
        arms=MAIN_ARMS,
        times=(0, 2, 24, 1008),
        failed=[("ssri", "01", 24)],
    )
    return load_results(out), atlas


@pytest.fixture(scope="module")
def twenty(fake, tmp_path_factory):
    atlas = fake.fake_atlas(20, 2)
    out = tmp_path_factory.mktemp("twenty") / "out"
    fake.write_fake_study(
        out, atlas, arms=MANY_ARMS, n_subjects=2, times=(0, 2, 24, 168, 336, 1008)
    )
    return load_results(out), atlas


@pytest.fixture(scope="module")
def smallest(fake, tmp_path_factory):
    atlas = fake.fake_atlas(4, 0)
    out = tmp_path_factory.mktemp("smallest") / "out"
    fake.write_fake_study(out, atlas, arms=("mdd", "ssri"), n_subjects=2, times=(0,))
    return load_results(out), atlas


def texts(figure):
    """Every visible text with its rectangle in pixels."""
    from matplotlib.text import Text

    figure.draw_without_rendering()
    renderer = figure.canvas.get_renderer()
    found = []
    undrawn = _undrawn(figure)
    for text in figure.findobj(Text):
        if not text.get_visible() or not text.get_text().strip() or text in undrawn:
            continue
        box = text.get_window_extent(renderer)
        if box.width and box.height:
            found.append((text.get_text(), box))
    return found


def _undrawn(figure):
    """Tick labels beyond the limits, or of axes that are off: they exist, but are not drawn."""
    undrawn = set()
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            margin = 1e-9 * (high - low)
            for tick in axis.get_major_ticks():
                if not axes.axison or not low - margin <= tick.get_loc() <= high + margin:
                    undrawn |= {tick.label1, tick.label2}
    return undrawn


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "size", ["seven", pytest.param("twenty", marks=pytest.mark.slow), "smallest"]
)
def test_no_text_overlaps_or_leaves_the_page(name, size, request, no_brain):
    results, atlas = request.getfixturevalue(size)
    figure = draw(name, results, atlas)
    found = texts(figure)
    assert len(found) > 3
    width, height = figure.canvas.get_width_height()
    for words, box in found:
        inside = box.x0 >= -1 and box.y0 >= -1 and box.x1 <= width + 1 and box.y1 <= height + 1
        assert inside, f"'{words}' leaves the page: {box}"
    low = np.array([[box.x0, box.y0] for _, box in found])
    high = np.array([[box.x1, box.y1] for _, box in found])
    shared = np.minimum(high[:, None], high[None]) - np.maximum(low[:, None], low[None])
    # Boxes hold ascenders and descenders: neighbours may share a few empty pixels.
    overlap = np.triu((shared[..., 0] > 1) & (shared[..., 1] > 4), k=1)
    pairs = [(found[a][0], found[b][0]) for a, b in np.argwhere(overlap)]
    assert not pairs
    sizes = {text.get_fontsize() for text in figure.findobj(_is_text) if text.get_text().strip()}
    assert sizes <= {7.0, 8.0, 8.5}


def _is_text(artist):
    from matplotlib.text import Text

    return isinstance(artist, Text)


def images(figure):
    return [axes.images[0] for axes in figure.axes if axes.images]


def test_fc_matrices(results, atlas):
    figure = draw("fc_matrices", results, atlas)
    shown = images(figure)
    assert len(shown) == 3
    order = order_regions(atlas.network, atlas.hemisphere)
    drawn = shown[2].get_array()
    expected = results.mean_fc("rtms_10hz", 1008.0)[np.ix_(order.index, order.index)]
    assert drawn.mask.sum() == 12
    assert np.allclose(drawn.filled(1.0), np.where(np.eye(12, dtype=bool), 1.0, expected))
    limits = {image.get_clim() for image in shown}
    assert len(limits) == 1
    low, high = limits.pop()
    assert low == -high
    assert 0 < high <= 1
    titles = [axes.get_title() for axes in figure.axes if axes.images]
    assert titles == ["Healthy, 6 wk", "MDD, untreated, 6 wk", "rTMS 10 Hz, 6 wk"]
    assert figure.axes[-1].get_ylabel() == "FC (Pearson r)"


def test_network_strips_follow_the_order(results, atlas):
    figure = draw("fc_matrices", results, atlas)
    order = order_regions(atlas.network, atlas.hemisphere)
    strips = [to_hex(patch.get_facecolor()) for patch in figure.axes[0].patches]
    expected = [NETWORK_COLOURS[name].lower() for name, _, _ in order.spans for _ in range(2)]
    assert strips == expected
    names = [text.get_text() for text in figure.axes[0].texts]
    assert names[0] == "Dorsal attention"
    assert names[-2:] == ["Default", "Cerebellum"]
    lengths = [patch.get_height() for patch in figure.axes[0].patches[::2]]
    assert lengths == [stop - start for _, start, stop in order.spans]


def test_delta_fc(results, atlas):
    figure = draw("delta_fc", results, atlas)
    shown = images(figure)
    assert len(shown) == 2 * 2
    order = order_regions(atlas.network, atlas.hemisphere)
    expected = order.apply(results.delta_z("rtms_10hz", 1008.0))
    off = ~np.eye(12, dtype=bool)
    assert np.allclose(shown[3].get_array()[off], expected[off])
    assert len({image.get_clim() for image in shown}) == 1
    low, high = shown[0].get_clim()
    assert low == -high
    assert [axes.get_title() for axes in figure.axes[:2]] == ["2 h", "6 wk"]
    assert "MDD, untreated" in figure.axes[-1].get_ylabel()
    assert "Fisher z" in figure.axes[-1].get_ylabel()


def test_modularity_shows_every_subject(results, atlas):
    figure = draw("modularity_by_arm", results, atlas)
    assert len(figure.axes) == 3
    values = results.values("modularity", "rtms_10hz")
    thin = [line for line in figure.axes[2].lines if line.get_linewidth() == 0.5]
    assert len(thin) == 4
    assert np.allclose([line.get_ydata() for line in thin], values)
    colour = arm_colours(results.arms)["rtms_10hz"]
    assert {line.get_color() for line in thin} == {colour}
    bold = [line for line in figure.axes[2].lines if line.get_linewidth() == 1.5]
    assert np.allclose(bold[0].get_ydata(), values.mean(axis=0))
    assert len({axes.get_ylim() for axes in figure.axes}) == 1
    labels = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    assert labels == ["0", "2 h", "6 wk"]
    assert any(text.get_text() == "Modularity Q" for text in figure.texts)
    assert any("Time since" in text.get_text() for text in figure.texts)


def test_dlpfc_sgacc(results, atlas):
    figure = draw("dlpfc_sgacc", results, atlas)
    assert len(figure.axes) == 2 * 2
    labels = [axes.get_ylabel() for axes in figure.axes if axes.get_ylabel()]
    assert labels == ["FC L-DLPFC–sgACC (r)", "sgACC rate (Hz)"]
    assert figure.axes[0].get_ylim() == figure.axes[1].get_ylim()
    assert figure.axes[2].get_ylim() == figure.axes[3].get_ylim()
    bold = [line for line in figure.axes[3].lines if line.get_linewidth() == 1.5]
    expected = results.values("sgacc_rate_hz", "rtms_10hz").mean(axis=0)
    assert np.allclose(bold[0].get_ydata(), expected)
    bands = [axes.collections for axes in figure.axes]
    assert all(bands)


def test_effects(results, atlas):
    figure = draw("effects", results, atlas)
    assert len(figure.axes) == 8
    groups = forest_groups(results)
    assert [(group.arm, group.times_h) for group in groups] == [
        ("healthy", (0.0,)),
        ("rtms_10hz", (2.0, 1008.0)),
    ]
    table = results.comparisons
    row = table[
        (table["metric"] == "modularity")
        & (table["arm"] == "rtms_10hz")
        & (table["reference"] == "mdd")
        & (table["time_h"] == 1008)
    ].iloc[0]
    marks = [line for line in figure.axes[0].lines if line.get_marker() == "o"]
    assert marks[-1].get_xdata()[0] == row["difference"]
    filled = to_hex(marks[-1].get_markerfacecolor()) != "#ffffff"
    assert filled == (row["p_corrected"] < 0.05)
    bars = [line for line in figure.axes[0].lines if line.get_linewidth() == 1]
    assert list(bars[-1].get_xdata()) == [row["ci_low"], row["ci_high"]]
    assert figure.axes[0].yaxis_inverted()
    assert [axes.get_xlabel() for axes in figure.axes[5:]] == [
        "Difference (r)",
        "Difference (Hz)",
        "Difference (SD)",
    ]


def test_effects_show_health_with_the_sign_towards_health(results):
    table = results.comparisons
    row = table[(table["metric"] == "sgacc_rate_hz") & (table["reference"] == "healthy")].iloc[0]
    shown = forest_groups(results)[0].rows.set_index("metric").loc["sgacc_rate_hz"]
    assert row["difference"] > 0 > shown["difference"]
    assert shown["ci_low"] == -row["ci_high"]
    assert shown["ci_low"] < shown["difference"] < shown["ci_high"]


@pytest.fixture
def two_populations(fake, atlas, tmp_path):
    details = {"plain": ("mdd", "none"), "well_sham": ("healthy", "sham")}
    arms = ("healthy", "plain", "ssri", "well_sham")
    return load_results(fake.write_fake_study(tmp_path / "two", atlas, arms, details=details))


def test_changes_are_from_the_untreated_of_the_same_population(two_populations):
    def z(arm):
        table = two_populations.signatures
        rows = ((table["arm"] == arm) & (table["time_h"] == 1008)).to_numpy()
        return np.arctanh(two_populations.fc[rows, 0, 3].astype(float)).mean()

    for arm, other in (("well_sham", "healthy"), ("ssri", "plain"), ("healthy", "plain")):
        assert delta_fc.compared_with(two_populations, arm) == other
        change = delta_fc.mean_change(two_populations, arm, 1008.0)
        assert change[0, 3] == pytest.approx(z(arm) - z(other), abs=1e-9)
        assert not np.diagonal(change).any()


def test_without_a_reference_the_change_is_from_the_first_scan(fake, atlas, tmp_path):
    out = fake.write_fake_study(tmp_path / "out", atlas, ("healthy", "ssri"))
    results = load_results(out)
    assert delta_fc.compared_with(results, "ssri") is None
    assert not delta_fc.mean_change(results, "ssri", 0.0).any()
    assert delta_fc.mean_change(results, "ssri", 1008.0).any()


def test_effects_of_two_populations(two_populations, atlas):
    groups = {group.arm: group for group in forest_groups(two_populations)}
    assert list(groups) == ["healthy", "ssri", "well_sham"]
    assert set(groups["well_sham"].rows["reference"]) == {"healthy"}
    assert set(groups["ssri"].rows["reference"]) == {"plain"}
    assert set(groups["healthy"].rows["arm"]) == {"plain"}
    figure = draw("delta_fc", two_populations, atlas)
    assert "ΔFC to the arm's reference" in figure.axes[-1].get_ylabel().replace("\n", " ")


def test_strongest_change(results, atlas):
    cortex = np.flatnonzero(np.array(atlas.kind) == "cortex")
    found = connectome.strongest_change(results, "rtms_10hz", cortex, n_edges=5)
    assert found.time_h == 1008.0
    change = results.delta_z("rtms_10hz", 1008.0)[np.ix_(cortex, cortex)]
    values = np.sort(np.abs(change[np.triu_indices(len(cortex), 1)]))[::-1]
    shown = found.edges[np.triu_indices(len(cortex), 1)]
    assert np.allclose(np.sort(np.abs(shown[shown != 0]))[::-1], values[:5])
    assert np.array_equal(found.edges, found.edges.T)


def test_glass_brains_state_time_and_size(results, atlas, monkeypatch):
    drawn = []
    monkeypatch.setattr(connectome, "_glass_brain", lambda *given: drawn.append(given[2]))
    figure = draw("connectome", results, atlas)
    cortex = np.flatnonzero(np.array(atlas.kind) == "cortex")
    largest = np.abs(results.delta_z("rtms_10hz", 1008.0)[np.ix_(cortex, cortex)]).max()
    assert figure.axes[1].get_title() == f"rTMS 10 Hz, 6 wk: |ΔFC| ≤ {largest:.2g}"
    assert len(drawn) == 2
    assert np.abs(drawn[1]).max() == pytest.approx(1.0)
    assert drawn[1].shape == (10, 10)


def test_no_change_is_said(fake, atlas, tmp_path, no_brain):
    out = fake.write_fake_study(tmp_path / "out", atlas, arms=("mdd", "sham"))
    figure = draw("connectome", load_results(out), atlas)
    assert [text.get_text() for text in figure.axes[0].texts] == ["no change"]
    assert figure.axes[0].get_title() == "Sham"


def test_a_metric_without_values_says_so(fake, atlas, tmp_path):
    out = fake.write_fake_study(tmp_path / "out", atlas)
    results = load_results(out)
    chosen = results.comparisons["metric"] == "dlpfc_sgacc"
    results.comparisons.loc[chosen, ["difference", "ci_low", "ci_high"]] = np.nan
    results.signatures["dlpfc_sgacc"] = np.nan
    figure = draw("effects", results, atlas)
    silent = [
        axes.get_title()
        for axes in figure.axes
        if any("no value" in t.get_text() for t in axes.texts)
    ]
    assert silent == ["FC L-DLPFC–sgACC"]
    assert draw("dlpfc_sgacc", results, atlas).axes


def test_dollars_are_no_mathematics(fake, atlas, tmp_path):
    hostile = "a$^{x_$_%"
    out = fake.write_fake_study(tmp_path / "out", atlas, arms=("mdd", hostile))
    figure = draw("modularity_by_arm", load_results(out), atlas)
    figure.canvas.draw()
    assert figure.axes[1].get_title() == hostile
