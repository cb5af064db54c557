"""One matrix for two inputs: the same sums, and no lane depends on who shares the batch."""

import numpy as np
import pytest

from netmod.dynamics import run
from netmod.dynamics.coupling import coupling_of, dense_sums, proportional_sums
from netmod.dynamics.noise import scan_key
from netmod.dynamics.parameters import make_parameters, stack
from netmod.dynamics.proportional import ROWS, proportional, rows_of
from netmod.dynamics.simulate import Scan, simulate
from netmod.models import MODELS

RWW = MODELS["reduced_wong_wang"]
N = 13  # no whole number of vectors
SCAN = Scan(duration_s=1.0, tr_s=0.5, warmup_s=0.0, precision="double")


def network(seed, own=(), share=0.2):
    """Return weights (2, N, N): the second a share of the first but in some rows."""
    rng = np.random.default_rng(seed)
    first = rng.uniform(0.0, 0.1, (N, N)) * (rng.random((N, N)) < 0.6)
    second = share * first
    for region in own:
        second[region] += rng.uniform(0.0, 0.1, N)
    return np.stack([first, second])


def parameters(*weights):
    return stack([make_parameters(RWW, w, {"J": 1.5}) for w in weights])


def run_of(found, keys=None, **options):
    lanes = next(iter(found.values.values())).shape[0]
    start = tuple(np.full((lanes, N), value) for value in RWW.start)
    keys = keys or [scan_key(3, str(k), "t") for k in range(lanes)]
    return simulate(RWW, found, start, np.stack(keys), SCAN._replace(**options))


@pytest.fixture
def dense(monkeypatch):
    """Return a function that runs with both matrices in full."""

    def call(found, **options):
        with monkeypatch.context() as patch:
            patch.setattr(run, "rows_of", lambda *_: None)
            return run_of(found, **options)

    return call


@pytest.mark.parametrize("own", [(), (0,), (2, 12), (N - 1,)])
@pytest.mark.parametrize("lanes", [1, 3])
def test_the_sums_are_those_of_two_matrices(own, lanes):
    weights = np.stack([network(10 + k, own) for k in range(lanes)])
    rows = rows_of(RWW, weights)
    assert rows == (ROWS if own else 0) or len(own) > N // 4
    found = proportional(weights, rows, 16)
    x = np.zeros((16, lanes))
    x[:N] = np.random.default_rng(1).random((N, lanes))
    ours = proportional_sums(RWW, found)([x])
    theirs = dense_sums(RWW, weights)([x[:N]])
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(np.asarray(a[0])[:N], b[0], rtol=1e-6, atol=1e-7)
        # what fills up a vector receives what the last region does
        np.testing.assert_array_equal(np.asarray(a[0])[N:], np.asarray(a[0])[[N - 1] * 3])
    for matrix in (0, 1):
        np.testing.assert_allclose(
            found.strength(matrix)[:, :N], weights[:, matrix].sum(axis=-1), rtol=1e-12
        )


@pytest.mark.parametrize("own", [(), (0, 5)])
@pytest.mark.parametrize("shared", [True, False])
def test_a_scan_is_that_of_two_matrices(dense, own, shared):
    found = parameters(network(1, own), network(1 if shared else 2, own))
    if shared:
        found = found._replace(weights=found.weights[0])
    ours, theirs = run_of(found), dense(found)
    np.testing.assert_allclose(ours.bold, theirs.bold, rtol=1e-9, atol=1e-13)
    np.testing.assert_allclose(ours.rate_hz, theirs.rate_hz, rtol=1e-9)
    assert np.ptp(ours.bold, axis=-1).min() > 1e-6


@pytest.mark.parametrize("own", [(), (4,)])
def test_no_bit_depends_on_the_company(own):
    keys = [scan_key(3, str(k), "t") for k in range(3)]
    all_of_them = [network(k, own[: k + 1]) for k in range(3)]
    together = run_of(parameters(*all_of_them), keys, precision="single")
    for k, weights in enumerate(all_of_them):
        alone = run_of(parameters(weights), [keys[k]], precision="single")
        np.testing.assert_array_equal(alone.bold[0], together.bold[k])


def test_one_matrix_is_used_only_where_it_does(dense):
    assert rows_of(RWW, network(0)) == 0
    assert rows_of(RWW, network(0, own=(3,))) == ROWS
    assert rows_of(RWW, network(0, own=range(4))) is None  # more than a quarter
    assert rows_of(RWW, network(0)[:1]) is None
    other = next(m for m in MODELS.values() if len(m.coupling_inputs) == 1)
    assert rows_of(other, network(0)) is None
    nearly = network(0)
    nearly[1, 2, np.argmax(nearly[1, 2])] *= 1.0 + 1e-9
    assert rows_of(RWW, nearly) == ROWS  # a difference of a weight is no rounding
    # a region whose input only inhibits needs a row, one without input does not
    empty = network(0)
    empty[0, 3] = 0.0
    assert rows_of(RWW, empty) == ROWS
    empty[1, 3] = 0.0
    assert rows_of(RWW, empty) == 0
    # one network of many decides for all of them
    assert rows_of(RWW, np.stack([network(0), network(1, own=range(4))])) is None
    found = parameters(network(0), network(1, own=range(4)))
    np.testing.assert_array_equal(run_of(found).bold, dense(found).bold)


def test_single_precision_weights_are_recognised():
    assert rows_of(RWW, network(5).astype(np.float32)) == 0


def test_shares_may_differ_between_targets():
    weights = network(6)
    weights[1] *= np.linspace(0.0, 3.0, N)[:, None]
    assert rows_of(RWW, weights) == 0
    found = make_parameters(RWW, weights)
    state = tuple(np.random.default_rng(2).random((2, N)))
    ours = proportional_sums(RWW, proportional(weights, 0, N))([state[0][:, None]])
    for (a,), b in zip(ours, coupling_of(RWW, found, state), strict=True):
        np.testing.assert_allclose(np.asarray(a)[:, 0], b, rtol=1e-6)


def test_divergence_is_located_as_with_two_matrices(dense):
    weights = network(7, own=(1,))
    found = parameters(weights, 1e308 * weights)
    ours, theirs = run_of(found), dense(found)
    assert list(ours.finite) == [True, False]
    assert ours.divergences == theirs.divergences and ours.divergences[0].lane == 1
