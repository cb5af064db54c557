"""Complexity and gradients against published values, limits and other implementations."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netmod.errors import DataError
from netmod.graph.spectral import (
    amplitude_symbols,
    gradient_range,
    gradients,
    lempel_ziv,
    lempel_ziv_count,
    spectral_complexity,
)


def test_spectral_complexity_limits():
    assert spectral_complexity(np.eye(7)) == pytest.approx(1.0)
    assert spectral_complexity(np.ones((7, 7))) == pytest.approx(0.0, abs=1e-12)
    # k independent blocks of identical regions: k equal eigenvalues
    assert spectral_complexity(np.kron(np.eye(3), np.ones((4, 4)))) == pytest.approx(
        np.log(3) / np.log(12)
    )
    p = np.array([0.5, 0.3, 0.2])
    assert spectral_complexity(np.diag(p)) == pytest.approx(-(p * np.log(p)).sum() / np.log(3))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 10), st.integers(2, 30))
def test_spectral_complexity_of_singular_values(seed, size, times):
    series = np.random.default_rng(seed).standard_normal((times, size))
    series -= series.mean(axis=0)
    p = np.linalg.svd(series, compute_uv=False) ** 2
    p = p[p > 1e-14 * p.max()] / p.sum()
    got = spectral_complexity(np.cov(series.T) * 3.0)
    assert got == pytest.approx(-(p * np.log(p)).sum() / np.log(size), abs=1e-9)
    assert 0 <= got <= 1 + 1e-12


def test_spectral_complexity_refuses_what_is_no_covariance():
    with pytest.raises(DataError, match=r"no negative eigenvalues(.|\n)*-1 beside 3"):
        spectral_complexity([[1.0, 2.0], [2.0, 1.0]])
    with pytest.raises(DataError, match="with variance"):
        spectral_complexity(np.zeros((3, 3)))
    with pytest.raises(DataError, match="two regions or more"):
        spectral_complexity([[1.0]])
    with pytest.raises(DataError, match="at regions 1"):
        spectral_complexity([[1, np.nan, 0], [np.nan, 1, np.nan], [0, np.nan, 1]])
    with pytest.raises(DataError, match="finite variances"):
        spectral_complexity(np.diag([1.0, np.nan]))


def phrases(text):
    """Count phrases straight from the definition."""
    count = start = 0
    while start < len(text):
        end = start + 1
        while end <= len(text) and text[start:end] in text[: end - 1]:
            end += 1
        count, start = count + 1, end
    return count


def test_lempel_ziv_published_examples():
    # Lempel & Ziv 1976 and Kaspar & Schuster 1987: 0 · 001 · 10 · 100 · 1000 · 101
    assert lempel_ziv_count(b"0001101001000101") == 6
    assert lempel_ziv_count(b"0000000000") == 2
    assert lempel_ziv_count(b"0101010101") == 3
    assert [lempel_ziv_count(text) for text in (b"", b"0", b"01", b"00")] == [0, 1, 2, 2]


@settings(max_examples=200, deadline=None)
@given(st.text("01", max_size=60))
def test_lempel_ziv_by_its_definition(text):
    assert lempel_ziv_count(text.encode()) == phrases(text)


def test_lempel_ziv_of_random_symbols_tends_to_the_known_limit():
    n = 50_000
    symbols = np.random.default_rng(0).integers(0, 2, n, dtype=np.uint8).tobytes()
    # n / log2 n is approached from above
    assert 1.0 < lempel_ziv_count(symbols) * np.log2(n) / n < 1.1


def test_lempel_ziv_of_series():
    time = np.arange(400)
    rng = np.random.default_rng(1)
    noise = rng.standard_normal((400, 4))
    beat = np.sin(time / 7)[:, None] * np.sin(time / 90)[:, None] * np.ones(4)
    assert lempel_ziv(noise, 0) == pytest.approx(1.0, abs=0.1)
    assert lempel_ziv(beat, 0) < 0.2
    smooth = np.apply_along_axis(lambda x: np.convolve(x, np.ones(20), "same"), 0, noise)
    assert lempel_ziv(beat, 0) < lempel_ziv(smooth, 0) < lempel_ziv(noise, 0)
    assert lempel_ziv(noise, 3, 2) == lempel_ziv(5.0 * noise + 2.0, 3, 2)
    symbols = amplitude_symbols(noise)
    assert set(np.unique(symbols)) == {0, 1}
    with pytest.raises(DataError, match="1 or more"):
        lempel_ziv(noise, 0, 0)
    noise[:, 2] = 1.0
    with pytest.raises(DataError, match=r"constant series(.|\n)*region 2\n"):
        lempel_ziv(noise, 0)


def line_like(size=40, width=4.0):
    """Correlations that fall with distance along a line: one gradient."""
    place = np.arange(size)
    return np.exp(-(np.subtract.outer(place, place) ** 2) / (2 * width**2))


def test_the_first_gradient_orders_regions_on_a_line():
    rng = np.random.default_rng(0)
    order = rng.permutation(40)
    fc = line_like()[np.ix_(order, order)]
    found = gradients(fc, 2, sparsity=0.5)
    rank = np.argsort(np.argsort(found.maps[:, 0]))
    assert (rank == order).all() or (rank == 39 - order).all()
    assert found.eigenvalues[0] > found.eigenvalues[1] > 0
    assert gradient_range(fc, 0.5) == pytest.approx(np.ptp(found.maps[:, 0]))


def test_gradients_by_the_definition_of_the_walk():
    rng = np.random.default_rng(2)
    fc = np.corrcoef(rng.standard_normal((15, 6)))
    kept = np.where(fc >= np.quantile(fc, 0.6, axis=1, keepdims=True), fc, 0)
    unit = kept / np.linalg.norm(kept, axis=1, keepdims=True)
    affinity = np.maximum(unit @ unit.T, 0)
    q = affinity.sum(axis=1)
    kernel = affinity / np.sqrt(np.outer(q, q))
    walk = kernel / kernel.sum(axis=1, keepdims=True)
    value, vector = np.linalg.eig(walk)
    order = np.argsort(-value.real)
    value, vector = value.real[order], vector.real[:, order]
    found = gradients(fc, 3, 0.6)
    np.testing.assert_allclose(found.eigenvalues, value[1:4] / (1 - value[1:4]), rtol=1e-9)
    for k in range(3):
        expected = vector[:, k + 1] / vector[:, 0] * found.eigenvalues[k]
        own = found.maps[:, k]
        scale = own[0] / expected[0]
        # one free factor per eigenvector: here its length in the stationary measure
        np.testing.assert_allclose(own, scale * expected, atol=1e-9)
        stationary = kernel.sum(axis=1) / kernel.sum()
        assert (stationary * (own / found.eigenvalues[k]) ** 2).sum() == pytest.approx(1.0)
        assert own[np.abs(own).argmax()] > 0


def test_gradients_out_of_range():
    fc = line_like(8)
    with pytest.raises(DataError, match="1 to 7 components"):
        gradients(fc, 8)
    with pytest.raises(DataError, match=r"sparsity in \[0, 1\)"):
        gradients(fc, 1, 1.0)
    with pytest.raises(DataError, match=r"disconnected(.|\n)*2 parts"):
        gradients(np.kron(np.eye(2), np.ones((4, 4))), 1, 0.0)
