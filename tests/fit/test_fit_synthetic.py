"""The fit of effective connectivity on small problems with a known answer."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from netmod.dynamics.fic import TARGET_RATE_HZ, balance
from netmod.dynamics.linear import band_covariance, band_nodes, linearise
from netmod.dynamics.parameters import make_parameters
from netmod.dynamics.wiring import Wiring, long_range_weights
from netmod.errors import DataError
from netmod.fit.effective_connectivity import fit_effective_connectivity
from netmod.fit.quality import predicted_fc
from netmod.models import MODELS

RWW = MODELS["reduced_wong_wang"]
N = 6
UPPER = np.triu_indices(N, 1)
STEPS = 600


def symmetric(rng, low, high):
    C = np.zeros((N, N))
    C[UPPER] = rng.uniform(low, high, len(UPPER[0]))
    return C + C.T


@pytest.fixture(scope="module")
def problem():
    """A network with top-down inhibition, its own FC, and a blurred view of its weights."""
    rng = np.random.default_rng(71)
    truth = symmetric(rng, 0.01, 0.4)
    truth *= 1.2 / np.abs(np.linalg.eigvalsh(truth)).max()
    top_down = np.zeros((N, N))
    top_down[4, 1] = 0.1
    wiring = Wiring(0.2, top_down)
    fc, eigenvalue = predicted_fc(RWW, truth, wiring)
    assert eigenvalue.real < -0.5
    structure = truth * np.exp(symmetric(rng, -0.8, 0.8))
    structure[0, 5] = structure[5, 0] = 0.0  # a homotopic pair that tractography missed
    return truth, wiring, fc, structure


def values():
    return make_parameters(RWW, np.zeros((2, N, N))).values


@pytest.fixture(scope="module")
def fitted(problem):
    _, wiring, fc, structure = problem
    seen = []
    fit = fit_effective_connectivity(
        RWW, values(), structure, fc, wiring, [(0, 5)], steps=STEPS, regularisation=1e-7,
        progress=lambda *record: seen.append(record),
    )  # fmt: skip
    return fit, seen


def test_the_measured_fc_is_recovered(problem, fitted):
    truth, wiring, fc, structure = problem
    fit, _ = fitted
    found, eigenvalue = predicted_fc(RWW, fit.weights, wiring)
    r = np.corrcoef(found[UPPER], fc[UPPER])[0, 1]
    assert r > 0.99
    assert np.abs(found - fc)[UPPER].max() < 0.03
    assert eigenvalue.real < 0
    # with as many weights as correlations, they too are found again
    before = np.corrcoef(structure[UPPER], truth[UPPER])[0, 1]
    after = np.corrcoef(fit.weights[UPPER], truth[UPPER])[0, 1]
    assert after > max(0.95, before)


def test_the_loss_falls_and_is_reported(fitted):
    fit, seen = fitted
    assert fit.loss.shape == fit.correlation.shape == (STEPS,)
    assert fit.loss[-1] < 0.05 * fit.loss[0]
    assert fit.correlation[-1] > fit.correlation[0]
    assert [k for k, _, _ in seen] == list(range(STEPS))
    np.testing.assert_array_equal([loss for _, loss, _ in seen], fit.loss)
    np.testing.assert_array_equal([r for _, _, r in seen], fit.correlation)


def test_weights_are_symmetric_positive_and_only_on_edges(problem, fitted):
    structure = problem[3]
    weights = fitted[0].weights
    np.testing.assert_array_equal(weights, weights.T)
    np.testing.assert_array_equal(np.diag(weights), np.zeros(N))
    assert (weights[UPPER] > 0).all()  # the homotopic pair has got a weight
    assert structure[0, 5] == 0.0


@pytest.mark.slow
def test_regions_without_measured_fc_are_left_to_the_structure(problem, fitted):
    _, wiring, fc, structure = problem
    holed = fc.copy()
    holed[3, :], holed[:, 3] = np.nan, np.nan
    holed[3, 3] = 1.0
    fit = fit_effective_connectivity(
        RWW, values(), structure, holed, wiring, [(0, 5)], steps=200, regularisation=1e-7
    )
    found, _ = predicted_fc(RWW, fit.weights, wiring)
    seen = np.isfinite(holed)
    assert np.isfinite(fit.loss).all() and np.isfinite(fit.weights).all()
    assert np.corrcoef(found[seen], fc[seen])[0, 1] > 0.98
    # what the hidden region says would have told its weights apart
    full, _ = predicted_fc(RWW, fitted[0].weights, wiring)
    hidden = np.delete(np.arange(N), 3)
    assert np.abs(found - fc)[3, hidden].mean() > 2 * np.abs(full - fc)[3, hidden].mean()


@pytest.mark.slow
def test_fewer_steps_are_the_beginning_of_more(problem, fitted):
    _, wiring, fc, structure = problem
    short = fit_effective_connectivity(
        RWW, values(), structure, fc, wiring, [(0, 5)], steps=3, regularisation=1e-7
    )
    np.testing.assert_array_equal(short.loss, fitted[0].loss[:3])
    np.testing.assert_array_equal(short.correlation, fitted[0].correlation[:3])


@pytest.mark.slow
def test_regularisation_holds_the_weights_and_leaves_the_edges(problem):
    _, wiring, fc, structure = problem
    cut = structure.copy()
    cut[1, 2] = cut[2, 1] = 1e-4 * structure.max()  # below a thousandth of the maximum: no edge
    fit = fit_effective_connectivity(
        RWW, values(), cut, fc, wiring, [], steps=40, regularisation=10.0, start_radius=0.8
    )
    assert fit.weights[1, 2] == fit.weights[0, 5] == 0.0
    start = 0.8 * cut / np.abs(np.linalg.eigvalsh(cut)).max()
    on = fit.weights > 0
    assert on.sum() == N * (N - 1) - 4
    assert np.abs(np.log(fit.weights[on] / start[on])).max() < 0.05


@pytest.mark.slow
def test_emphasis_brings_an_entry_nearer(problem):
    _, wiring, fc, structure = problem
    weight = np.ones((N, N))
    weight[1, 4] = weight[4, 1] = 200.0
    error = []
    for emphasis in (None, weight):  # against a pull to the structure, entries compete
        fit = fit_effective_connectivity(
            RWW, values(), structure, fc, wiring, [], steps=300, regularisation=1e-2,
            emphasis=emphasis,
        )  # fmt: skip
        error.append(abs(predicted_fc(RWW, fit.weights, wiring)[0][1, 4] - fc[1, 4]))
    assert error[1] < 0.5 * error[0]


@pytest.mark.slow
def test_gradient_through_fic_and_spectrum_equals_finite_differences(problem):
    truth, wiring, _, _ = problem
    omegas, quadrature = band_nodes(0.01, 0.09, 4)

    @jax.jit
    def loss(log_weights):
        C = jnp.zeros((N, N)).at[UPPER].set(jnp.exp(log_weights))
        p = make_parameters(RWW, np.zeros((2, N, N))).replace(
            weights=long_range_weights(C + C.T, wiring)
        )
        J, state = balance(p, TARGET_RATE_HZ)
        p = p.replace(J=J)
        cov = band_covariance(RWW, p, linearise(RWW, p, state), omegas, quadrature)
        sd = jnp.sqrt(jnp.diag(cov))
        return jnp.mean((cov / (sd[:, None] * sd[None, :]))[UPPER] ** 2)

    with jax.enable_x64(True):
        x = jnp.log(jnp.asarray(truth[UPPER]))
        gradient = np.asarray(jax.jit(jax.grad(loss))(x))
        h = 1e-5
        numeric = np.array(
            [float(loss(x.at[k].add(h)) - loss(x.at[k].add(-h))) / (2 * h) for k in range(x.size)]
        )
    assert np.abs(gradient).max() > 1e-3
    np.testing.assert_allclose(gradient, numeric, rtol=1e-6, atol=1e-9)


def _corrupt(name):
    rng = np.random.default_rng(72)
    structure, fc = symmetric(rng, 0.1, 1.0), symmetric(rng, 0.0, 0.5) + np.eye(N)
    if name == "other size":
        return structure, fc[:4, :4]
    if name == "not square":
        return structure[:, :4], fc
    if name == "vector":
        return structure, fc[0]
    if name == "half missing":
        fc[1, 2] = np.nan
    elif name == "not measured":
        fc[UPPER] = fc.T[UPPER] = np.nan
    elif name == "infinite FC":
        fc[1, 2] = fc[2, 1] = np.inf
    elif name == "infinite structure":
        structure[0, 1] = structure[1, 0] = np.inf
    else:
        structure[0, 1] += 0.5
    return structure, fc


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("other size", "FC must be square and of the same size\n  got: (6, 6), (4, 4)"),
        ("not square", "structure must be square and of the same size\n  got: (6, 4), (6, 6)"),
        ("vector", "FC must be square and of the same size\n  got: (6, 6), (6,)"),
        ("half missing", "FC is not symmetric"),
        (
            "not measured",
            "no FC was measured\n  expected: finite values off the diagonal",
        ),
        ("infinite FC", "FC is not finite"),
        ("infinite structure", "structure is not finite"),
        ("asymmetric", "structure is not symmetric"),
    ],
)
def test_matrices_that_do_not_fit_are_refused(name, message):
    structure, fc = _corrupt(name)
    with pytest.raises(DataError) as caught:
        fit_effective_connectivity(RWW, {}, structure, fc, Wiring(0.0, 0.0), [])
    assert str(caught.value) == message
