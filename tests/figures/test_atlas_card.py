"""The picture of an atlas: what is drawn of it, and that it is drawn for any atlas."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from netmod.atlas import Atlas
from netmod.figures import atlas_card, brain_panels, surfaces, write_atlas_card
from netmod.figures.atlas_numbers import fc_share, measure, side_means


def made(n=10, **changes):
    """An atlas of any size: regions on two half ellipsoids, the last one below cortex."""
    rng = np.random.default_rng(n)
    side = np.where(np.arange(n) % 2 == 0, "L", "R")
    points = rng.normal(size=(n, 3))
    points *= np.array([55, 75, 55]) / np.linalg.norm(points, axis=1, keepdims=True)
    points[:, 0] = np.where(side == "L", -1, 1) * np.abs(points[:, 0])
    weights = np.exp(rng.normal(size=(n, n)) * 2) * (rng.random((n, n)) < 0.6)
    weights = np.triu(weights, 1) + np.triu(weights, 1).T
    lengths = np.linalg.norm(points[:, None] - points[None], axis=-1)
    fc = np.corrcoef(rng.normal(size=(n, 40)))
    values = {
        "name": "made",
        "region": tuple(f"R{k:03d}" for k in range(n)),
        "label": tuple(f"region {k}" for k in range(n)),
        "hemisphere": tuple(side),
        "network": tuple(("Default", "Visual", "My own $network$")[k % 3] for k in range(n)),
        "kind": ("cortex",) * (n - 1) + ("subcortex",),
        "centroids_mm": points,
        "weights": weights,
        "lengths_mm": lengths,
        "fc": fc,
        "maps": {"GENE": rng.random(n), "HTR2A": rng.normal(size=n)},
        "targets": {"front": (0, 1)},
    }
    return Atlas(**(values | changes))


@pytest.fixture
def no_brain(monkeypatch):
    """Glass brains take a second each; layouts are checked without them."""
    monkeypatch.setattr(brain_panels, "glass_brain", lambda *args: None)


@pytest.fixture
def surface(monkeypatch):
    """Label the vertices of fsaverage5 by turns, some left out."""
    label = np.arange(10242) // 1500 - 1
    monkeypatch.setattr("netmod.atlas.surface.read_surface", lambda _: {"L": label, "R": label})
    return label


def titles(figure):
    return [text.get_text() for text in figure.texts]


# numbers


def test_numbers_of_a_small_atlas_by_hand():
    weights = np.array([[0, 2.0, 0], [2.0, 0, 4.0], [0, 4.0, 0]])
    fc = np.array([[1, 0.5, np.nan], [0.5, 1, 0.3], [np.nan, 0.3, 1]])
    lengths = np.array([[0, 30.0, 99], [30, 0, 50], [99, 50, 0]])
    n = measure(made(3, weights=weights, fc=fc, lengths_mm=lengths))
    assert (n.n_regions, n.n_edges, n.symmetric) == (3, 2, True)
    assert n.density == pytest.approx(2 / 3)
    assert n.weight_range == (2.0, 3.0, 4.0)
    assert n.length_range_mm == (30.0, 40.0, 50.0)  # of what is connected
    assert n.spectral_radius == pytest.approx(np.sqrt(20))
    assert n.strength_mean == pytest.approx(4.0)
    assert n.strength_cv == pytest.approx(np.std([2, 6, 4]) / 4)
    assert n.fc_share == pytest.approx(2 / 3)
    assert n.fc_mean == pytest.approx(0.4)
    assert np.isnan(n.r_weights_fc)  # two pairs are no correlation
    assert n.kinds == {"cortex": 2, "subcortex": 1}
    assert n.hemispheres == {"L": 2, "R": 1}


def test_directed_weights_count_both_ways():
    n = measure(made(2, weights=np.array([[0, 3.0], [0, 0]])))
    assert (n.symmetric, n.n_edges, n.density) == (False, 1, 0.5)
    assert n.spectral_radius == 0.0


def test_r_of_weights_and_fc_is_that_of_the_logarithm():
    weights = made(12).weights
    fc = np.eye(12) + np.where(weights > 0, 0.1 * np.log10(np.maximum(weights, 1e-9)), 0.77)
    np.fill_diagonal(fc, 1.0)
    assert measure(made(12, fc=fc)).r_weights_fc == pytest.approx(1.0)
    assert fc_share(None) == 0.0


def test_side_means():
    left, right = side_means(np.array([[-4.0, 0, 2], [-2, 2, 0], [6, 1, 1]]))
    assert left.tolist() == [-3, 1, 1] and right.tolist() == [6, 1, 1]
    assert len(side_means(np.array([[5.0, 0, 0]]))) == 1


# what is chosen


def test_the_map_of_5ht2a_comes_first_and_empty_ones_not_at_all():
    values = np.ones(10)
    below = np.where(np.arange(10) == 9, 1.0, np.nan)  # a value below cortex alone
    names = {f"m{k}": values for k in range(6)}
    maps = {"deep": below, **names, "HTR2A": values}
    assert atlas_card.chosen_maps(made(maps=maps)) == ("HTR2A", "m0", "m1", "m2", "m3", "m4")
    assert atlas_card.chosen_maps(made(maps={})) == ()


@pytest.mark.parametrize("most", [1, 4, 1000])
def test_strongest_edges_are_the_largest_pairs(most):
    weights = made(9).weights
    edges, count = atlas_card.strongest_edges(weights, most)
    ranked = sorted(weights[np.triu_indices(9, 1)], reverse=True)[:most]
    assert count == sum(value > 0 for value in ranked)
    assert np.array_equal(edges, edges.T)
    kept = weights[np.triu(edges) > 0]
    assert sorted(kept, reverse=True) == ranked[:count]
    strongest = np.unravel_index(np.triu(weights, 1).argmax(), weights.shape)
    assert edges[strongest] == 1.0


def test_no_edges():
    edges, count = atlas_card.strongest_edges(np.zeros((3, 3)))
    assert count == 0 and not edges.any()


@given(
    st.lists(st.tuples(st.floats(-80, 80), st.floats(-80, 80)), min_size=1, max_size=9),
    st.floats(1.0, 12.0),
)
@settings(max_examples=40, deadline=None)
def test_badges_keep_their_distance(points, distance):
    points = np.array(points)
    moved = brain_panels.apart(points, distance, rounds=2000)
    gaps = np.linalg.norm(moved[:, None] - moved[None], axis=-1)
    np.fill_diagonal(gaps, np.inf)
    assert gaps.min() > 0.95 * distance
    np.testing.assert_allclose(moved.mean(axis=0), points.mean(axis=0), atol=1e-6)


def test_badges_that_are_apart_stay():
    points = np.array([[0.0, 0], [20, 0], [0, 30]])
    assert np.array_equal(brain_panels.apart(points, 10.0), points)


# surfaces


def brute_force(points, faces, width, height):
    """The nearest vertex of the nearest face under each pixel's centre, pixel by pixel."""
    vertex = np.full((height, width), -1)
    for i in range(height):
        for j in range(width):
            best = -np.inf
            for face in faces:
                a, b, c = points[face]
                system = np.array([[*a[:2], 1], [*b[:2], 1], [*c[:2], 1]]).T
                if np.linalg.det(system) <= 1e-12:  # seen from behind, or edge-on
                    continue
                share = np.linalg.solve(system, [j + 0.5, i + 0.5, 1.0])
                depth = share @ [a[2], b[2], c[2]]
                if (share >= -1e-9).all() and depth > best:
                    best, vertex[i, j] = depth, face[share.argmax()]
    return vertex


def test_rasterised_faces_are_those_found_pixel_by_pixel():
    rng = np.random.default_rng(3)
    points = rng.uniform(-2, 14, (15, 3))
    faces = rng.integers(0, 15, (14, 3))
    faces = faces[[len(set(face)) == 3 for face in faces]]
    vertex, shade = surfaces.rasterise(points, faces, 12, 11)
    expected = brute_force(points, faces, 12, 11)
    assert (expected >= 0).mean() > 0.3
    np.testing.assert_array_equal(vertex, expected)
    assert (shade[vertex < 0] == 0).all()


def test_nothing_is_drawn_of_a_face_seen_from_behind():
    points = np.array([[0.0, 0, 0], [8, 0, 0], [0, 8, 0]])
    front, light = surfaces.rasterise(points, np.array([[0, 1, 2]]), 8, 8)
    behind, _ = surfaces.rasterise(points, np.array([[0, 2, 1]]), 8, 8)
    assert (front >= 0).sum() == 36  # half of the square with its diagonal
    assert (light[front >= 0] == 1.0).all()
    assert (behind < 0).all()


def test_views_show_the_sides_they_are_named_after():
    for view in surfaces.inflated_views():
        points, _ = surfaces._mesh("inflated", view.hemisphere)
        seen = points[np.unique(view.vertex[view.vertex >= 0])]
        outwards = -1 if view.hemisphere == "L" else 1
        lateral = "lateral" in view.name
        middle = points[:, 0].mean()
        side = np.sign((seen[:, 0].mean() - middle) * outwards)
        assert side == (1 if lateral else -1)
        # front of the brain: left in the left lateral view, right in the left medial one
        rows, columns = np.nonzero(view.vertex >= 0)
        front = points[view.vertex[rows, columns], 1]
        facing = np.corrcoef(columns, front)[0, 1]
        assert facing * (-1 if (view.hemisphere == "L") == lateral else 1) > 0.99
        assert np.corrcoef(rows, points[view.vertex[rows, columns], 2])[0, 1] < -0.99
    above = surfaces.pial_views()[1]
    assert above.hemisphere == "B"
    np.testing.assert_array_equal(above.project(np.array([[1.0, 2, 3]])), [[1, 2, 3]])


def test_parcels_take_their_colours_and_borders_are_darker():
    view = surfaces.inflated_views()[0]
    points, _ = surfaces._mesh("inflated", "L")
    label = np.where(points[:, 1] > 0, 0, 1)
    label[points[:, 2] < -40] = -1
    colours = np.array([[1.0, 0.0, 0.0], [np.nan] * 3])
    image = surfaces.paint(view, label, colours)
    brain = view.vertex >= 0
    assert np.array_equal(image[..., 3], brain.astype(float))
    region = np.where(brain, label[view.vertex], -1)
    red = image[..., 0] - image[..., 1] > 0.05
    assert not red[brain & (region != 0)].any()  # without a value: grey
    assert red[region == 0].all()
    light = image[..., 0] / np.maximum(surfaces.blank(view)[..., 0], 1e-9)
    ahead, below = np.roll(region, -1, axis=1), np.roll(region, -1, axis=0)
    borders = (region == 0) & ((ahead == 1) | (below == 1))
    inside = (region == 0) & (ahead == 0) & (below == 0)
    assert borders.any()
    assert light[borders].max() < 0.7 * light[inside].min()


# the page


def test_a_page_has_every_part_in_order(no_brain, surface):
    figure = atlas_card.draw(made(description={"title": "An atlas", "weights": {"unit": "1/s, x"}}))
    words = titles(figure)
    assert words[0] == "made" and "An atlas" in words[1]
    letters = [word for word in words if len(word) == 1 and word.isalpha()]
    assert letters == list("abcdefghi")
    assert "Weights" in words and "FC" in words and "Networks" in words
    assert "HTR2A" in words and "9 of 9 cortical regions; 1 below cortex not drawn" in words
    assert "My own $network$  3" in words
    assert "front: R000, R001" in words
    bars = [axes.get_xlabel() for axes in figure.axes]
    assert "1/s" in bars and "Pearson r" in bars


def test_missing_fc_is_hatched_and_told(no_brain, surface):
    fc = np.array(made().fc)
    fc[9, :9] = fc[:9, 9] = np.nan
    figure = atlas_card.draw(made(fc=fc))
    assert "FC, 80% of pairs measured" in titles(figure)
    hatched = [axes for axes in figure.axes if axes.patch.get_hatch()]
    (panel,) = hatched
    shown = panel.images[0].get_array()
    assert np.ma.getmaskarray(shown).sum() == 2 * 9 + 10  # and the diagonal
    whole = atlas_card.draw(made())
    assert not any(axes.patch.get_hatch() for axes in whole.axes)


def test_an_atlas_without_fc_maps_targets(no_brain, surface):
    figure = atlas_card.draw(made(fc=None, maps={}, targets={}))
    words = titles(figure)
    assert "FC: not in this atlas" in words
    assert "Maps" not in words
    assert not any("and targets" in word for word in words)


def test_weights_are_on_a_logarithmic_scale_and_zero_is_white(no_brain, surface):
    from matplotlib.colors import LogNorm

    atlas = made()
    image = atlas_card.draw(atlas).axes[0].images[0]
    assert isinstance(image.norm, LogNorm)
    positive = atlas.weights[atlas.weights > 0]
    assert (image.norm.vmin, image.norm.vmax) == (positive.min(), positive.max())
    assert image.cmap.get_bad().tolist() == [1, 1, 1, 1]
    assert np.ma.getmaskarray(image.get_array()).sum() == (atlas.weights == 0).sum()


def test_without_a_surface_centroids_are_drawn(no_brain, monkeypatch):
    monkeypatch.setattr("netmod.atlas.surface.read_surface", lambda _: None)
    atlas = made()
    figure = atlas_card.draw(atlas)
    dots = [axes.collections[0] for axes in figure.axes if axes.collections and axes.images]
    left, above, right = (len(collection.get_offsets()) for collection in dots[:3])
    assert (left, above, right) == (5, 10, 5)
    seen = sorted(map(tuple, np.asarray(dots[1].get_offsets()).round(6)))
    assert seen == sorted(map(tuple, atlas.centroids_mm[:, :2].round(6)))


@pytest.mark.parametrize("n", [2, 3, 1000])
def test_any_number_of_regions(no_brain, monkeypatch, n):
    monkeypatch.setattr("netmod.atlas.surface.read_surface", lambda _: None)
    figure = atlas_card.draw(made(n))
    assert 8 < figure.get_figheight() < 12.5
    figure.canvas.draw()


@pytest.mark.parametrize("weights", [np.zeros((4, 4)), np.ones((4, 4)) - np.eye(4)])
def test_weights_that_are_none_or_all_the_same(no_brain, monkeypatch, weights):
    monkeypatch.setattr("netmod.atlas.surface.read_surface", lambda _: None)
    atlas_card.draw(made(4, weights=weights, lengths_mm=weights * 20)).canvas.draw()


def test_networks_of_the_users_own_share_one_entry(no_brain, surface):
    network = ("Default", *(f"a network of my own, number {k}" for k in range(9)))
    words = titles(figure := atlas_card.draw(made(network=network)))
    assert "Default  1" in words and "Others  9" in words
    figure.canvas.draw()
    names = figure.axes[0].texts
    assert len({text.get_text() for text in names}) == 10
    assert all(text.get_window_extent().x0 >= 0 for text in names)


def test_many_targets_are_cut_with_a_word(no_brain, surface):
    targets = {f"target_{k}": (k % 10,) for k in range(14)}
    words = titles(atlas_card.draw(made(targets=targets)))
    assert "and 4 more" in words
    assert "target_9: R009" in words and "target_10: R000" not in words


def test_targets_stand_where_their_regions_are(monkeypatch):
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure()
    FigureCanvasAgg(figure)
    atlas = made(6)
    edges, _ = atlas_card.strongest_edges(atlas.weights)
    axes = figure.add_axes((0, 0, 1, 1))
    brain_panels.glass_brain(figure, axes, atlas, edges, [(0, 2), (1,)])
    found = {}
    for axes in figure.axes:
        for text in axes.texts:
            if text.get_text() in ("1", "2"):
                found.setdefault(text.get_text(), []).append(text.get_position())
    left = atlas.centroids_mm[[0, 2]].mean(axis=0)
    right = atlas.centroids_mm[1]
    for name, point in (("1", left), ("2", right)):
        # from its own side and from above, not from the other side
        assert sorted(map(tuple, np.round(found[name], 6))) == sorted(
            [tuple(point[[1, 2]].round(6)), tuple(point[[0, 1]].round(6))]
        )


def test_the_file_is_the_same_each_time(tmp_path):
    atlas = made(6)
    first = write_atlas_card(atlas, tmp_path / "deeper" / "a.png", dpi=100).read_bytes()
    second = write_atlas_card(atlas, tmp_path / "b.png", dpi=100).read_bytes()
    assert first == second
    with Image.open(tmp_path / "b.png") as picture:
        assert picture.width == 720 and 800 < picture.height < 1250
        assert round(picture.info["dpi"][0]) == 100
        assert set(picture.info) <= {"Software", "dpi"}
        assert len(set(picture.convert("L").resize((64, 64)).get_flattened_data())) > 20
