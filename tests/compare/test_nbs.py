"""The network-based statistic against enumeration, networkx, bctpy's numbers and null studies."""

from itertools import combinations, product

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from netmod.compare import nbs_groups, nbs_paired
from netmod.errors import ConfigError, DataError

SIDED = {"both": np.abs, "right": np.positive, "left": np.negative}


def symmetric(rng, subjects, regions):
    stack = rng.standard_normal((subjects, regions, regions))
    return (stack + stack.transpose(0, 2, 1)) / 2


def with_effects(subjects=12, regions=8):
    rng = np.random.default_rng(0)
    x, y = symmetric(rng, subjects, regions), symmetric(rng, subjects, regions)
    for i, j, effect in ((0, 1, 1.2), (1, 2, 1.2), (4, 5, -1.5)):
        x[:, i, j] += effect
        x[:, j, i] += effect
    return x, y


def by_networkx(t, threshold, tail):
    """Return extent and intensity of every component, the slow way."""
    size, found = SIDED[tail](t), []
    graph = nx.Graph()
    for i, j in combinations(range(len(t)), 2):
        if size[i, j] > threshold:
            graph.add_edge(i, j, weight=size[i, j] - threshold)
    for nodes in nx.connected_components(graph):
        part = graph.subgraph(nodes)
        found.append((part.number_of_edges(), part.size(weight="weight"), tuple(sorted(nodes))))
    return sorted(found)


def largest(t, threshold, tail, measure):
    found = by_networkx(t, threshold, tail)
    return max((one[measure == "intensity"] for one in found), default=0.0)


@pytest.mark.parametrize("tail", SIDED)
@pytest.mark.parametrize("compare", [nbs_paired, nbs_groups])
def test_t_and_components(compare, tail):
    x, y = with_effects()
    got = compare(x, y, 1.5, tail=tail, n_permutations=50)
    test = stats.ttest_rel if compare is nbs_paired else stats.ttest_ind
    expected = test(x, y, axis=0).statistic
    off = ~np.eye(8, dtype=bool)
    np.testing.assert_allclose(got.t[off], expected[off], rtol=1e-9)
    np.testing.assert_allclose(got.difference[off], (x - y).mean(axis=0)[off], atol=1e-12)
    assert (np.diagonal(got.t) == 0).all()
    mine = sorted((c.extent, c.intensity, tuple(c.regions.tolist())) for c in got.components)
    theirs = by_networkx(expected, 1.5, tail)
    assert [one[::2] for one in mine] == [one[::2] for one in theirs]
    np.testing.assert_allclose([one[1] for one in mine], [one[1] for one in theirs], rtol=1e-9)
    for component in got.components:
        i, j = component.edges.T
        assert (i < j).all()
        assert component.mean_difference == pytest.approx(got.difference[i, j].mean())
        assert (SIDED[tail](got.t[i, j]) > 1.5).all()
    assert got.components[0].extent == max(c.extent for c in got.components)


@pytest.mark.parametrize("measure", ["extent", "intensity"])
@pytest.mark.parametrize("tail", SIDED)
def test_paired_null_by_explicit_enumeration(tail, measure):
    rng = np.random.default_rng(1)
    d = symmetric(rng, 6, 5) + 0.4
    got = nbs_paired(d, np.zeros_like(d), 1.2, tail=tail, measure=measure)
    null = []
    for signs in product([1.0, -1.0], repeat=6):
        flipped = np.array(signs)[:, None, None] * d
        null.append(largest(stats.ttest_1samp(flipped, 0).statistic, 1.2, tail, measure))
    assert got.exact
    # to two sides a pattern and its opposite are the same: half of them are kept
    expected = np.sort(null)[:: 2 if tail == "both" else 1]
    np.testing.assert_allclose(np.sort(got.null), expected, rtol=1e-9)
    for component in got.components:
        as_large = np.array(null) >= getattr(component, measure) - 1e-9
        assert component.p == pytest.approx(as_large.mean())


@pytest.mark.parametrize("tail", SIDED)
def test_group_null_by_explicit_enumeration(tail):
    rng = np.random.default_rng(2)
    a, b = symmetric(rng, 4, 5) + 0.8, symmetric(rng, 3, 5)
    got = nbs_groups(a, b, 1.0, tail=tail, measure="intensity")
    pool, null = np.concatenate([a, b]), []
    for chosen in combinations(range(7), 4):
        rest = np.setdiff1d(range(7), chosen)
        t = stats.ttest_ind(pool[list(chosen)], pool[rest]).statistic
        null.append(largest(t, 1.0, tail, "intensity"))
    assert got.exact
    np.testing.assert_allclose(np.sort(got.null), np.sort(null), rtol=1e-9, atol=1e-12)
    for component in got.components:
        as_large = np.array(null) >= component.intensity - 1e-9
        assert component.p == pytest.approx(as_large.mean())


@pytest.mark.parametrize(
    ("compare", "tail", "frozen"),
    [  # bctpy 0.6.0, nbs_bct(x, y, 1.8, k=8000, seed=7): extents and p
        (nbs_paired, "both", {7: 0.02575}),
        (nbs_paired, "right", {4: 0.021875, 1: 0.76025}),
        (nbs_groups, "both", {5: 0.044375}),
    ],
)
def test_frozen_numbers_of_bctpy(compare, tail, frozen):
    got = compare(*with_effects(), 1.8, tail=tail, n_permutations=8000)
    assert {c.extent for c in got.components} == set(frozen)
    for component in got.components:
        p = frozen[component.extent]
        error = np.sqrt(p * (1 - p) * (1 / 8000 + 1 / 8000))
        assert component.p == pytest.approx(p, abs=4 * error)


def test_a_planted_network_is_found_and_nothing_else():
    rng = np.random.default_rng(3)
    a, b = symmetric(rng, 20, 16), symmetric(rng, 20, 16)
    planted = [(0, 5), (5, 9), (9, 12), (0, 12)]
    for i, j in planted:
        a[:, i, j] += 1.6
        a[:, j, i] += 1.6
    for measure in ("extent", "intensity"):
        got = nbs_paired(a, b, 4.0, measure=measure, n_permutations=999)
        best = got.components[0]
        assert set(map(tuple, best.edges.tolist())) == set(planted)
        assert best.regions.tolist() == [0, 5, 9, 12]
        assert best.p == 1 / 1000
        assert all(one.p > 0.05 for one in got.components[1:])
        assert best.mean_difference == pytest.approx(1.6, abs=0.4)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.1, 10.0))
def test_order_of_regions_and_subjects_and_scale_do_not_matter(seed, scale):
    rng = np.random.default_rng(seed)
    a, b = symmetric(rng, 7, 6), symmetric(rng, 7, 6)
    regions, subjects = rng.permutation(6), rng.permutation(7)

    def turned(stack):
        return scale * stack[subjects][:, regions][:, :, regions]

    one, other = nbs_paired(a, b, 1.5), nbs_paired(turned(a), turned(b), 1.5)
    numbers = [
        sorted((c.extent, round(c.p, 9)) for c in found.components) for found in (one, other)
    ]
    assert numbers[0] == numbers[1]
    mirrored = nbs_paired(b, a, 1.5, tail="left")
    same = nbs_paired(a, b, 1.5, tail="right")
    assert [c.p for c in mirrored.components] == [c.p for c in same.components]


@pytest.mark.parametrize("measure", ["extent", "intensity"])
@pytest.mark.parametrize("compare", [nbs_paired, nbs_groups])
def test_false_alarms_over_the_network(compare, measure):
    rng, alarms, studies = np.random.default_rng(4), 0, 250
    subjects = 8 if compare is nbs_paired else 5  # 128 or 252 permutations: all are tried
    for _ in range(studies):
        a, b = symmetric(rng, subjects, 8), symmetric(rng, subjects, 8)
        got = compare(a, b, 2.0, measure=measure)
        alarms += any(component.p <= 0.05 for component in got.components)
    # two-sided binomial bounds at 1 in 1000; extents have ties and may stay below
    assert alarms <= stats.binom.ppf(0.9995, studies, 0.05)
    assert alarms >= (stats.binom.ppf(0.0005, studies, 0.05) if measure == "intensity" else 4)


def test_chunks_do_not_change_the_answer(monkeypatch):
    x, y = with_effects()
    whole = nbs_paired(x, y, 1.8, measure="intensity")
    monkeypatch.setattr("netmod.compare.permutation._AT_ONCE", 28 * 7)
    parts = nbs_paired(x, y, 1.8, measure="intensity")
    np.testing.assert_allclose(parts.null, whole.null, rtol=1e-12)
    assert [c.p for c in parts.components] == [c.p for c in whole.components]


def test_the_same_seed_gives_the_same_null():
    rng = np.random.default_rng(5)
    a, b = symmetric(rng, 20, 6), symmetric(rng, 20, 6)
    one, same, other = (nbs_paired(a, b, 2.0, n_permutations=300, seed=s) for s in (1, 1, 2))
    np.testing.assert_array_equal(one.null, same.null)
    assert one.null.shape == (300,)
    assert not np.array_equal(one.null, other.null)


def test_nothing_beyond_the_threshold_and_no_difference_at_all():
    x, y = with_effects()
    assert nbs_paired(x, y, 50.0).components == ()
    same = nbs_paired(x, x, 2.0)
    assert same.components == ()
    assert (same.t == 0).all()
    constant = nbs_groups(np.ones((3, 4, 4)), np.ones((3, 4, 4)), 2.0)
    assert constant.components == ()
    assert (constant.null == 0).all()


def test_equal_differences_are_the_largest_there_can_be():
    x, _ = with_effects(subjects=6)
    got = nbs_paired(x + 0.5, x, 2.0)
    assert np.isfinite(got.t).all()
    assert len(got.components) == 1
    assert got.components[0].extent == 28
    assert got.components[0].p == 2 / 2**6


def test_the_diagonal_is_not_read():
    x, y = with_effects()
    filled = x.copy()
    filled[:, range(8), range(8)] = np.inf
    assert [c.p for c in nbs_paired(filled, y, 1.8).components] == [
        c.p for c in nbs_paired(x, y, 1.8).components
    ]


def test_bad_input():
    x, y = with_effects()
    broken = x.copy()
    broken[3, 1, 2] = broken[7, 0, 4] = np.nan
    with pytest.raises(DataError, match=r"not finite in 'values'(.|\n)*got: subjects 3, 7"):
        nbs_paired(broken, y, 2.0)
    lopsided = y.copy()
    lopsided[5, 0, 1] += 0.1
    with pytest.raises(DataError, match=r"not symmetric in 'reference'(.|\n)*got: subjects 5"):
        nbs_groups(x, lopsided, 2.0)
    with pytest.raises(DataError, match=r"two subjects or more(.|\n)*got: shape \[1, 8, 8\]"):
        nbs_paired(x[:1], y[:1], 2.0)
    with pytest.raises(DataError, match=r"got: shape \[12, 8, 7\]"):
        nbs_paired(x[:, :, :7], y, 2.0)
    with pytest.raises(DataError, match="both conditions of every subject"):
        nbs_paired(x, y[:10], 2.0)
    with pytest.raises(DataError, match="the same regions"):
        nbs_groups(x, y[:, :6, :6], 2.0)
    for threshold in (0.0, -2.0, np.nan):
        with pytest.raises(ConfigError, match="must be positive"):
            nbs_paired(x, y, threshold)
    with pytest.raises(ConfigError, match=r"no measure 'extend'(.|\n)*did you mean 'extent'"):
        nbs_paired(x, y, 2.0, measure="extend")
    with pytest.raises(ConfigError, match=r"no tail 'two'"):
        nbs_groups(x, y, 2.0, tail="two")
    with pytest.raises(DataError, match="needs permutations"):
        nbs_groups(np.repeat(x, 2, axis=0), y, 2.0, n_permutations=0)
