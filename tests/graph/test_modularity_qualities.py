"""Signed, Potts and random-matrix qualities against their definitions and closed forms."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netmod.errors import ConfigError, DataError
from netmod.graph.modularity import QUALITIES, louvain, modularity_of, quality_matrix

SAMPLES = {"random_modes": 200, "group_modes": 200}


def signed_fc(seed, regions=16):
    """Correlations of both signs: four networks, two of them opposed to the others."""
    rng = np.random.default_rng(seed)
    own = rng.integers(0, 4, regions)
    signals = rng.standard_normal((80, 2))
    series = rng.standard_normal((80, regions)) + 0.8 * signals[:, own % 2] * (1 - 2 * (own // 2))
    return np.corrcoef(series.T)


def fixed_matrix():
    """A signed matrix without random numbers, and a partition: what the frozen values are of."""
    i = np.arange(10)
    fc = np.cos(1.7 * i[:, None] * i[None, :]) * np.exp(-np.abs(i[:, None] - i[None, :]) / 4)
    fc = (fc + fc.T) / 2
    np.fill_diagonal(fc, 0.0)
    return fc, i % 3


def by_definition(fc, labels, gamma, positive_share, negative_share):
    """Σ over pairs as the sources print it: Q⁺ and Q⁻ and their weights."""
    total = 0.0
    strengths = {}
    for sign in (1, -1):
        w = np.maximum(sign * fc, 0)
        np.fill_diagonal(w, 0)
        strengths[sign] = w, w.sum(1), w.sum()
    v, u = strengths[1][2], strengths[-1][2]
    for sign, share in ((1, positive_share(v, u)), (-1, -negative_share(v, u))):
        w, s, mass = strengths[sign]
        q = 0.0
        for i in range(len(fc)):
            for j in range(len(fc)):
                if labels[i] == labels[j]:
                    q += w[i, j] - gamma * s[i] * s[j] / mass
        total += share * q / mass
    return total


@pytest.mark.parametrize("gamma", [0.7, 1.0, 1.4])
@pytest.mark.parametrize("seed", range(3))
def test_signed_qualities_equal_their_definition(seed, gamma):
    fc = signed_fc(seed)
    labels = np.random.default_rng(seed).integers(0, 4, 16)
    # Q* = Q⁺ − v⁻ / (v⁺ + v⁻) Q⁻; the older form weighs both by their share of the weight
    assert modularity_of(fc, labels, gamma, quality="q_star") == pytest.approx(
        by_definition(fc, labels, gamma, lambda v, u: 1.0, lambda v, u: u / (v + u)), abs=1e-12
    )
    assert modularity_of(fc, labels, gamma, quality="gomez") == pytest.approx(
        by_definition(fc, labels, gamma, lambda v, u: v / (v + u), lambda v, u: u / (v + u)),
        abs=1e-12,
    )


# bctpy 0.6.1: modularity_und_sign(W, ci, qtype) with "sta" and "gja"
FROZEN = {"q_star": -0.04170224696276696, "gomez": 0.013320709796690089}


@pytest.mark.parametrize("quality", FROZEN)
def test_signed_qualities_equal_frozen_values_of_bctpy(quality):
    fc, labels = fixed_matrix()
    assert modularity_of(fc, labels, quality=quality) == pytest.approx(FROZEN[quality], abs=1e-12)


@pytest.mark.parametrize(
    ("quality", "kind", "matrix"),
    [("q_star", "sta", "negative_asym"), ("gomez", "gja", "negative_sym")],
)
def test_signed_qualities_equal_bctpy(quality, kind, matrix):
    bct = pytest.importorskip("bct", reason="bctpy is an oracle outside the test extra")
    for seed in range(5):
        fc = signed_fc(seed, 30)
        np.fill_diagonal(fc, 0)
        labels = np.random.default_rng(seed).integers(0, 4, 30)
        assert modularity_of(fc, labels, quality=quality) == pytest.approx(
            bct.modularity_und_sign(fc, labels + 1, qtype=kind)[1], abs=1e-12
        )
        found, q = bct.community_louvain(fc, gamma=1.2, B=matrix, seed=seed)
        assert modularity_of(fc, found, 1.2, quality=quality) == pytest.approx(q, abs=1e-10)
        assert louvain(fc, 20, 0, 1.2, quality=quality)[0] >= q - 1e-10


def partitions(size):
    """Every partition of ``size`` nodes, one per row."""
    stack, rows = [(0,)], []
    while stack:
        one = stack.pop()
        if len(one) == size:
            rows.append(one)
        else:
            stack += [(*one, label) for label in range(max(one) + 2)]
    return np.array(rows)


EVERY = partitions(8)


def test_there_are_as_many_partitions_as_bell_counted():
    assert len(EVERY) == 4140


@pytest.mark.parametrize("quality", QUALITIES)
@pytest.mark.parametrize("seed", range(3))
def test_eight_regions_reach_the_exhaustive_maximum(quality, seed):
    fc = signed_fc(seed, 8)
    gamma = 0.2 if quality == "potts" else 1.0
    options = {"quality": quality, "samples": SAMPLES.get(quality)}
    matrix = quality_matrix(fc, gamma, **options)
    same = EVERY[:, :, None] == EVERY[:, None, :]
    best = np.einsum("pij,ij->p", same, matrix).max()
    q, labels = louvain(fc, 10, 0, gamma, perturbations=1, **options)
    assert q == pytest.approx(best, abs=1e-12)
    assert modularity_of(fc, labels, gamma, **options) == pytest.approx(q, abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(3, 12))
def test_without_negative_weights_the_signed_forms_are_newmans(seed, regions):
    rng = np.random.default_rng(seed)
    fc = rng.random((regions, regions))
    fc = fc + fc.T
    labels = rng.integers(0, 3, regions)
    for quality in ("q_star", "gomez"):
        assert modularity_of(fc, labels, quality=quality) == pytest.approx(
            modularity_of(fc, labels), abs=1e-12
        )


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(list(QUALITIES)))
def test_order_names_and_scale_do_not_matter(seed, quality):
    rng = np.random.default_rng(seed)
    fc = signed_fc(seed, 9)
    labels = rng.integers(0, 3, 9)
    order = rng.permutation(9)
    options = {"quality": quality, "samples": SAMPLES.get(quality)}
    q = modularity_of(fc, labels, **options)
    moved = modularity_of(fc[np.ix_(order, order)], labels[order], **options)
    assert moved == pytest.approx(q, abs=1e-10)
    assert modularity_of(fc, np.array(["x", "y", "z"])[labels], **options) == q
    if quality in ("newman", "q_star", "gomez", "uniform"):
        assert modularity_of(4.0 * fc, labels, **options) == pytest.approx(q, abs=1e-12)


def test_potts_cuts_at_its_weight():
    # two groups of four with r = 0.5 within and 0.2 between
    fc = np.full((8, 8), 0.2)
    fc[:4, :4] = fc[4:, 4:] = 0.5
    apart = [0] * 4 + [1] * 4
    weight = 24 * 0.5 + 32 * 0.2  # ordered pairs
    assert modularity_of(fc, apart, 0.3, quality="potts") == pytest.approx(24 * 0.2 / weight)
    assert louvain(fc, 5, 0, 0.3, quality="potts")[1].tolist() == apart
    assert louvain(fc, 5, 0, 0.1, quality="potts")[1].tolist() == [0] * 8
    assert louvain(fc, 5, 0, 0.6, quality="potts")[1].tolist() == list(range(8))


def test_the_uniform_null_model_has_the_mean_weight():
    fc = np.full((6, 6), -0.1)
    fc[:3, :3] = fc[3:, 3:] = 0.4
    # 12 ordered pairs of 30 weigh 0.4: mean 0.16; the negative ones are no edges
    assert modularity_of(fc, [0] * 3 + [1] * 3, quality="uniform") == pytest.approx(
        12 * (0.4 - 0.16) / (12 * 0.4)
    )


def blocks(groups, size, within, between):
    """Correlations of equal groups: ``within`` in a group, ``between`` across."""
    same = np.kron(np.eye(groups), np.ones((size, size)))
    fc = np.where(same > 0, within, between)
    np.fill_diagonal(fc, 1.0)
    return fc, np.arange(groups * size) // size


def test_random_modes_of_uncorrelated_groups_have_quality_one():
    # each group is one mode above the edge: all correlation is structure
    fc, own = blocks(3, 5, 0.6, 0.0)
    assert modularity_of(fc, own, quality="random_modes", samples=400) == pytest.approx(1.0)


def test_group_modes_leave_out_the_common_signal():
    groups, size, within, between = 4, 6, 0.7, 0.3
    fc, own = blocks(groups, size, within, between)
    n = groups * size
    group = 1 - within + size * (within - between)  # eigenvalue of the K − 1 group modes
    common = group + n * between
    expected = group * (n - size) / (n * common)
    q = modularity_of(fc, own, quality="group_modes", samples=500)
    assert q == pytest.approx(expected)
    found_q, found = louvain(fc, 5, 0, quality="group_modes", samples=500)
    assert found_q == pytest.approx(expected)
    np.testing.assert_array_equal(found, own)
    # with the common signal in, one community is best
    assert louvain(fc, 5, 0, quality="random_modes", samples=500)[1].max() == 0


@pytest.mark.parametrize(("within", "expected"), [(0.416, 0.0), (0.417, 1.0)])
def test_the_edge_of_the_random_modes(within, expected):
    # four regions, 16 time points: the edge is (1 + √(4 / 16))² = 2.25; the mode is 1 + 3 r
    fc, own = blocks(1, 4, within, 0.0)
    q = modularity_of(fc, own, quality="random_modes", samples=16)
    assert q == pytest.approx(expected)


def test_noise_has_no_group_modes():
    q, labels = louvain(np.eye(7), 3, 0, quality="random_modes", samples=50)
    assert q == 0.0
    assert labels.tolist() == list(range(7))
    # modes below the edge of too short a scan are noise as well
    fc, own = blocks(3, 5, 0.3, 0.0)
    assert modularity_of(fc, own, quality="random_modes", samples=400) == pytest.approx(1.0)
    assert modularity_of(fc, own, quality="random_modes", samples=8) == 0.0


def test_only_negative_weights():
    fc = -np.ones((2, 2))
    assert np.isnan(modularity_of(fc, [0, 1]))
    assert np.isnan(modularity_of(fc, [0, 1], quality="uniform"))
    # by hand: w⁻ − s⁻s⁻/v⁻ is ∓1/2; apart the diagonal counts alone
    for quality in ("q_star", "gomez"):
        assert modularity_of(fc, [0, 1], quality=quality) == pytest.approx(0.5)
        assert modularity_of(fc, [0, 0], quality=quality) == pytest.approx(0.0)
    assert np.isnan(modularity_of(np.eye(3), [0, 0, 1], quality="q_star"))


def test_a_stack_is_its_members():
    stack = np.stack([signed_fc(0), np.eye(16), signed_fc(1)])
    for quality in QUALITIES:
        options = {"quality": quality, "samples": SAMPLES.get(quality)}
        got = quality_matrix(stack, **options)
        for one, fc in zip(got, stack, strict=True):
            np.testing.assert_allclose(one, quality_matrix(fc, **options), atol=1e-14)


def test_every_quality_says_what_it_is():
    for name, quality in QUALITIES.items():
        assert quality.name == name
        assert len(quality.doc) > 20
        assert "doi:" in quality.source


def test_bad_input():
    fc = signed_fc(0)
    with pytest.raises(ConfigError, match="did you mean 'q_star'"):
        louvain(fc, 1, 0, quality="qstar")
    with pytest.raises(ConfigError, match="has no resolution"):
        louvain(fc, 1, 0, 1.2, quality="group_modes", samples=100)
    with pytest.raises(ConfigError, match=r"number of time points(.|\n)*got: None"):
        louvain(fc, 1, 0, quality="group_modes")
    with pytest.raises(DataError, match="a diagonal of 1"):
        louvain(3 * fc, 1, 0, quality="random_modes", samples=100)
    opposed = np.array([[1.0, -1.0], [-1.0, 1.0]])
    with pytest.raises(DataError, match="cannot normalise"):
        louvain(opposed, 1, 0, quality="random_modes", samples=100)
